//! Pure: what a heading names: 接種日, 接種時刻, 公開枠数 and their many other names.

use crate::campaign::Dose;
use crate::inspection::normalize::dose;
use crate::inspection::normalize::glance::Glance;
use crate::inspection::normalize::token;
use crate::inspection::verdict::Visibility;

/// The role that a heading gives to its column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    Date,
    /// 「月」 and 「日」 in columns of their own.
    Month,
    Day,
    Weekday,
    Dose,
    /// 区分, 種別: dose or visibility, as its values say.
    Division,
    Start,
    /// 「分」 behind 「時」.
    Minute,
    End,
    Public,
    Private,
    /// A count whose visibility the heading does not tell.
    Count,
    Note,
    /// A sum, left aside.
    Total,
    /// A heading we know and do not need.
    Other,
}

/// A heading: its role, and what else it says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Label {
    pub class: Option<Class>,
    pub dose: Option<Dose>,
    pub visibility: Option<Visibility>,
    /// Smaller is more to the point, where two columns claim the same role.
    pub rank: usize,
}

impl Label {
    pub fn is_count(&self) -> bool {
        matches!(self.class, Some(Class::Public | Class::Private | Class::Count))
    }
}

/// Longer than this it is a sentence, not a heading.
const MAX_CHARS: usize = 18;

/// Terms in the order of their rank within a class. The longest one that a heading contains decides.
const TERMS: [(&str, Class); 113] = [
    ("接種日", Class::Date),
    ("接種予定日", Class::Date),
    ("接種年月日", Class::Date),
    ("接種実施日", Class::Date),
    ("実施日", Class::Date),
    ("実施年月日", Class::Date),
    ("実施予定日", Class::Date),
    ("予約日", Class::Date),
    ("開催日", Class::Date),
    ("年月日", Class::Date),
    ("月日", Class::Date),
    ("日付", Class::Date),
    ("日にち", Class::Date),
    ("日程", Class::Date),
    ("日時", Class::Date),
    ("曜日", Class::Weekday),
    ("接種回", Class::Dose),
    ("接種回数", Class::Dose),
    ("回数", Class::Dose),
    ("回目", Class::Dose),
    ("区分", Class::Division),
    ("種別", Class::Division),
    ("枠種別", Class::Division),
    ("枠区分", Class::Division),
    ("枠の種類", Class::Division),
    ("公開区分", Class::Division),
    ("公開種別", Class::Division),
    ("公開設定", Class::Division),
    ("接種時刻", Class::Start),
    ("接種時間", Class::Start),
    ("接種時間帯", Class::Start),
    ("接種開始時刻", Class::Start),
    ("接種開始時間", Class::Start),
    ("開始時刻", Class::Start),
    ("開始時間", Class::Start),
    ("予約時刻", Class::Start),
    ("予約時間", Class::Start),
    ("予約時間帯", Class::Start),
    ("時刻", Class::Start),
    ("時間枠", Class::Start),
    ("時間帯", Class::Start),
    ("時間", Class::Start),
    ("受付時刻", Class::Start),
    ("受付時間", Class::Start),
    ("受付時間帯", Class::Start),
    ("終了時刻", Class::End),
    ("終了時間", Class::End),
    ("接種終了時刻", Class::End),
    ("接種終了時間", Class::End),
    ("枠数", Class::Count),
    ("予約枠数", Class::Count),
    ("予約枠", Class::Count),
    ("設定枠", Class::Count),
    ("接種枠", Class::Count),
    ("定員", Class::Count),
    ("人数", Class::Count),
    ("接種可能数", Class::Count),
    ("接種可能人数", Class::Count),
    ("予約可能数", Class::Count),
    ("予約可能人数", Class::Count),
    ("受入人数", Class::Count),
    ("受入可能人数", Class::Count),
    ("可能数", Class::Count),
    ("予約数", Class::Count),
    ("接種数", Class::Count),
    ("件数", Class::Count),
    ("備考", Class::Note),
    ("備考欄", Class::Note),
    ("摘要", Class::Note),
    ("連絡事項", Class::Note),
    ("特記事項", Class::Note),
    ("コメント", Class::Note),
    ("メモ", Class::Note),
    ("提出日", Class::Other),
    ("提出年月日", Class::Other),
    ("提出区分", Class::Other),
    ("提出期限", Class::Other),
    ("報告年月日", Class::Other),
    ("記入年月日", Class::Other),
    ("作成年月日", Class::Other),
    ("生年月日", Class::Other),
    ("作成日時", Class::Other),
    ("更新日時", Class::Other),
    ("記入日時", Class::Other),
    ("報告日時", Class::Other),
    ("印刷日時", Class::Other),
    ("出力日時", Class::Other),
    ("締切日", Class::Other),
    ("対象期間", Class::Other),
    ("接種期間", Class::Other),
    ("診療時間", Class::Other),
    ("所要時間", Class::Other),
    ("枠番号", Class::Other),
    ("枠名", Class::Other),
    ("予約枠名", Class::Other),
    ("独自", Class::Other),
    ("様式", Class::Other),
    ("予約枠報告", Class::Other),
    ("予約管理システム", Class::Other),
    ("上限", Class::Other),
    ("ワクチン", Class::Other),
    ("会場", Class::Other),
    ("医療機関名", Class::Other),
    ("医療機関コード", Class::Other),
    ("担当", Class::Other),
    ("残数", Class::Other),
    ("残枠", Class::Other),
    ("残枠数", Class::Other),
    ("残予約枠", Class::Other),
    ("残予約枠数", Class::Other),
    ("独自枠", Class::Other),
    ("独自枠数", Class::Other),
    ("予約済", Class::Other),
];

/// Reads a folded, squashed, lower-case text as a heading.
pub fn of(key: &str) -> Option<Label> {
    if key.len() > 200 || (key.starts_with('※') && key.chars().count() > 10) {
        return None;
    }
    let (outside, inside) = split_note(key);
    let base = if outside.is_empty() { inside.as_str() } else { outside.as_str() };
    if base.is_empty() || base.chars().count() > MAX_CHARS || base.ends_with('。') {
        return None;
    }
    let words = visibility_words(base);
    let named = exact(base).or_else(|| longest(base));
    let dose = dose::mentioned(base).or_else(|| dose::mentioned(&inside)).or_else(|| dose::parse(base));
    let (class, rank) = match named {
        _ if is_total(base) => (Some(Class::Total), 0),
        None | Some((Class::Count, _)) => {
            let rank = named.map_or(usize::MAX, |(_, rank)| rank);
            let told = if words == Words::None { visibility_words(&inside) } else { words };
            match told {
                Words::Both if named.is_none() => (Some(Class::Division), 0),
                Words::One(Visibility::Public) => (Some(Class::Public), rank),
                Words::One(Visibility::Private) => (Some(Class::Private), rank),
                _ => (named.map(|(class, _)| class), rank),
            }
        }
        Some((Class::Start, rank)) => (Some(part_of_time(&inside)), rank),
        Some((class, rank)) => (Some(class), rank),
    };
    let visibility = match words {
        Words::One(visibility) => Some(visibility),
        _ => None,
    };
    (class.is_some() || dose.is_some()).then_some(Label { class, dose, visibility, rank })
}

/// 「時刻（終了）」「時間（至）」「時刻（分）」: the note tells which part of a time it is.
fn part_of_time(note: &str) -> Class {
    match note {
        "分" => Class::Minute,
        "終了" | "終" | "至" | "まで" | "終了時刻" | "終了時間" => Class::End,
        _ => Class::Start,
    }
}

/// The visibility that a sheet name, title or section heading speaks of, if it is exactly one.
pub fn visibility_mentioned(key: &str) -> Option<Visibility> {
    match visibility_words(key) {
        Words::One(visibility) => Some(visibility),
        _ => None,
    }
}

/// How a heading speaks of counts that were: 「変更前枠数」「第７期枠数」.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Age {
    /// As far as it says these are the counts that shall be.
    Present,
    /// Perhaps, beside others: 「現在の枠数」「当初枠数」.
    Earlier,
    /// In any case.
    Past,
}

/// 「第８期」「第六期」
pub fn period(key: &str) -> Option<u32> {
    key.match_indices('第').find_map(|(at, word)| {
        let rest = key.get(at + word.len()..)?;
        let (number, _) = rest.split_once('期')?;
        if number.chars().count() > 3 {
            return None;
        }
        number.parse().ok().or_else(|| token::kanji_number(number))
    })
}

/// Reads the folded heading of a count; `current`: the period of the campaign.
pub fn age(key: &str, current: u32) -> Age {
    if period(key).is_some_and(|period| period != current) {
        return Age::Past;
    }
    let glance = Glance::of(key);
    let after = glance.contains_any(&["変更後", "修正後", "訂正後"]);
    if !after && glance.contains_any(&["変更前", "修正前", "訂正前", "前回", "旧", "前期", "先月", "前月"])
    {
        Age::Past
    } else if !after && glance.contains_any(&["現在", "現行", "当初", "元の"]) {
        Age::Earlier
    } else {
        Age::Present
    }
}

/// A count of what could be taken in, not of what is offered: 「定員」「最大受入人数」.
pub fn is_capacity(key: &str) -> bool {
    Glance::of(key).contains_any(&["定員", "最大", "受入", "可能", "上限"])
}

/// 「接種日時」: date and time in one column.
pub fn is_moment(key: &str) -> bool {
    key.contains("日時")
}

/// A sum or subtotal: 合計, 小計, 10/25計.
pub fn is_total(key: &str) -> bool {
    let bare = key.trim_matches(|ch: char| "()[]【】〔〕「」<>《》:■●".contains(ch));
    Glance::of(bare).contains_any(&["合計", "小計", "総計", "累計", "総数"])
        || (bare.ends_with('計') && !["会計", "統計", "時計", "設計"].iter().any(|word| bare.ends_with(word)))
}

/// The text without its bracketed notes, and what they said.
pub fn split_note(key: &str) -> (String, String) {
    let mut outside = String::new();
    let mut inside = String::new();
    let mut depth = 0u32;
    for ch in key.chars() {
        match ch {
            '(' | '[' | '【' | '〔' | '「' | '『' | '<' | '《' | '〈' => depth += 1,
            ')' | ']' | '】' | '〕' | '」' | '』' | '>' | '》' | '〉' => {
                depth = depth.saturating_sub(1);
            }
            '※' | '★' | '●' | '■' | '◆' | '○' | '□' | '◎' | '*' | '"' => {}
            _ if depth > 0 => inside.push(ch),
            _ => outside.push(ch),
        }
    }
    (outside.trim_matches([':', '・', '、']).to_string(), inside)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Words {
    None,
    One(Visibility),
    Both,
}

const PRIVATE: [&str; 8] =
    ["非公開", "医療機関受付", "医療機関枠", "医療機関分", "院内", "自院", "当院", "かかりつけ"];
const PUBLIC: [&str; 6] = ["公開", "web", "ウェブ", "コールセンター", "市予約", "一般枠"];

fn visibility_words(text: &str) -> Words {
    match text {
        "公" => return Words::One(Visibility::Public),
        "非" => return Words::One(Visibility::Private),
        _ => {}
    }
    let glance = Glance::of(text);
    if !glance.contains_any(&PRIVATE) {
        return if glance.contains_any(&PUBLIC) { Words::One(Visibility::Public) } else { Words::None };
    }
    let rest = PRIVATE.iter().fold(text.to_string(), |rest, word| rest.replace(word, ""));
    if Glance::of(&rest).contains_any(&PUBLIC) { Words::Both } else { Words::One(Visibility::Private) }
}

fn exact(base: &str) -> Option<(Class, usize)> {
    let class = match base {
        "月" => Class::Month,
        "日" => Class::Day,
        "曜" => Class::Weekday,
        "回" => Class::Dose,
        "1回目2回目" | "1回目・2回目" | "1・2回目" | "1回目/2回目" | "1回/2回" | "1・2回" => {
            Class::Dose
        }
        "時" | "開始" | "始" | "自" => Class::Start,
        "分" => Class::Minute,
        "終了" | "終" | "至" => Class::End,
        "枠" | "人" | "数" | "公" | "非" | "変更前" | "変更後" | "修正前" | "修正後" | "訂正前"
        | "訂正後" => Class::Count,
        "no" | "no." | "番号" | "項番" | "連番" | "#" => Class::Other,
        _ => return None,
    };
    Some((class, 0))
}

fn longest(base: &str) -> Option<(Class, usize)> {
    let mut best: Option<(Class, usize, usize)> = None;
    let dose_title = dose::mentioned(base).is_some();
    let glance = Glance::of(base);
    for (rank, (term, class)) in TERMS.iter().enumerate() {
        // 「１回目」 titles a group of columns; it is no 接種回 column.
        if dose_title && *class == Class::Dose {
            continue;
        }
        if glance.contains(term) {
            let length = term.chars().count();
            if best.is_none_or(|(_, _, longest)| length > longest) {
                best = Some((*class, rank, length));
            }
        }
    }
    // 「○○枠」 is a count, whatever stands before.
    if best.is_none() && base.ends_with('枠') {
        return Some((Class::Count, TERMS.len()));
    }
    best.map(|(class, rank, _)| (class, rank))
}

/// A heading as headings are written: one of the terms, and beside it no more than a dose, a visibility or the like.
pub fn is_plain(key: &str) -> bool {
    let (outside, inside) = split_note(key);
    let base = if outside.is_empty() { inside } else { outside };
    if exact(&base).is_some() || visibility_words(&base) != Words::None {
        return true;
    }
    let terms = TERMS.iter().map(|(term, _)| *term).filter(|term| base.contains(term));
    let Some(term) = terms.max_by_key(|term| term.len()) else { return base.ends_with('枠') };
    let beside = ["第1回", "第2回", "1回目", "2回目", "初回", "第8期", "予約", "接種", "希望", "各", "の"];
    let rest = beside.iter().fold(base.replacen(term, "", 1), |rest, word| rest.replace(word, ""));
    rest.chars().count() <= 2
}

/// Short, and not a note, a sum, a printed instruction or the form's own title.
pub fn is_title(key: &str) -> bool {
    key.chars().count() <= 20
        && !key.starts_with('※')
        && !is_total(key)
        && !Glance::of(key).contains_any(&[
            "計",
            "自動",
            "上限",
            "様式",
            "報告",
            "ください",
            "下さい",
            "システム",
            "期間",
            ":",
        ])
}
