//! Pure: short texts that speak of whole rows: 「非公開枠」「午後の部」「取消」 beside a row or as a title over several.

use super::label;
use crate::inspection::normalize::glance::Glance;
use crate::inspection::verdict::Visibility;

/// What a short text says of the row it stands in, if it says nothing else.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Mark {
    pub visibility: Option<Visibility>,
    pub half: Option<Half>,
    /// The row is gone: 削除, 取消, 中止.
    pub gone: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Half {
    Morning,
    Afternoon,
}

/// Longer than this it is a sentence with more in it.
const MAX_CHARS: usize = 30;

/// Reads a folded, squashed, lower-case text.
pub fn of(key: &str) -> Mark {
    // Dates, times and counts written as text are most of the texts of a list.
    if key.len() > 4 * MAX_CHARS || key.starts_with(|ch: char| ch.is_ascii_digit()) {
        return Mark::default();
    }
    let glance = Glance::of(key);
    let half = if glance.contains_any(&["午", "am", "pm", "a.m", "p.m", "夜"]) { half(key) } else { None };
    let gone = glance.contains_any(&GONE) && says_gone(key);
    let visibility = if glance.contains_any(&NAMES) { visibility(key) } else { None };
    Mark { visibility, half, gone }
}

const GONE: [&str; 19] = [
    "削除",
    "取消",
    "取り消",
    "取りけ",
    "とりけし",
    "とり消",
    "取止",
    "取り止",
    "取りや",
    "とりや",
    "取下",
    "取り下",
    "中止",
    "キャンセル",
    "廃止",
    "抹消",
    "無効",
    "ボツ",
    "なくなりました",
];

/// What may stand around the word: the row itself, politeness, tense.
const AROUND_GONE: [&str; 33] = [
    "お願いいたします",
    "お願い致します",
    "お願いします",
    "お願い",
    "願います",
    "いたしました",
    "いたします",
    "致しました",
    "致します",
    "しました",
    "してください",
    "して下さい",
    "ください",
    "下さい",
    "となりました",
    "になりました",
    "とします",
    "します",
    "する",
    "です",
    "した",
    "この",
    "こちら",
    "予約枠",
    "接種",
    "時間",
    "希望",
    "予定",
    "扱い",
    "対象",
    "当該",
    "区分",
    "理由",
];

/// Single characters that add nothing: particles, tense, brackets.
const FILLERS: &str =
    "枠行分本日は、。をのにでとて済みめしりげ消下止()[]【】〔〕「」『』<>《》■●○◎◆★※*!・:-→~";

fn says_gone(key: &str) -> bool {
    if key.chars().count() > MAX_CHARS || key.contains("追加") || key.contains("しない") {
        return false;
    }
    without(key, &AROUND_GONE, &GONE).chars().all(|ch| FILLERS.contains(ch))
}

fn without(key: &str, around: &[&str], words: &[&str]) -> String {
    around
        .iter()
        .chain(words)
        .fold(key.to_string(), |rest, word| if rest.contains(word) { rest.replace(word, "") } else { rest })
}

const NAMES: [&str; 8] =
    ["非公開", "医療機関受付", "医療機関枠", "医療機関分", "公開", "コールセンター", "市予約", "一般枠"];

const AROUND_NAMES: [&str; 23] = [
    "お願いいたします",
    "お願い致します",
    "お願いします",
    "として",
    "とします",
    "します",
    "です",
    "希望",
    "予約枠",
    "予約",
    "枠数",
    "受付",
    "患者",
    "対応",
    "専用",
    "限定",
    "のみ",
    "だけ",
    "区分",
    "ください",
    "web",
    "ウェブ",
    "する",
];

const AROUND: &str = "枠行分人様用の部は、。をにでと()[]【】〔〕「」『』<>《》■●○◎◆★※*!・:-→~123456789回目";

/// 「非公開」「医療機関受付分」「公開枠です」: one visibility, and nothing but it.
fn visibility(key: &str) -> Option<Visibility> {
    if key.chars().count() > MAX_CHARS || label::is_total(key) {
        return None;
    }
    let said = label::visibility_mentioned(key)?;
    without(key, &NAMES, &AROUND_NAMES).chars().all(|ch| AROUND.contains(ch)).then_some(said)
}

/// 「午後」「午後の部」「【午前】」「公開枠（午後）」.
fn half(key: &str) -> Option<Half> {
    let (outside, inside) = label::split_note(key);
    let one = |text: &str| {
        let bare = text.trim_matches(|ch: char| " -~:・、".contains(ch));
        let stem = [
            "の部",
            "の時間帯",
            "時間帯",
            "の予約枠",
            "予約枠",
            "の枠",
            "枠",
            "の接種",
            "接種",
            "の診療",
            "診療",
            "受付分",
            "受付",
            "分",
            "のみ",
            "部",
            "帯",
        ]
        .iter()
        .fold(bare, |rest, word| rest.strip_suffix(word).unwrap_or(rest));
        match stem {
            "午前" | "am" | "a.m." | "a.m" | "午前中" => Some(Half::Morning),
            "午後" | "pm" | "p.m." | "p.m" | "夜" | "夜間" => Some(Half::Afternoon),
            // 「午前の部9:00~12:00」
            _ if text.starts_with("午前の部") && !text.contains("午後") => Some(Half::Morning),
            _ if text.starts_with("午後の部") && !text.contains("午前") => Some(Half::Afternoon),
            _ => None,
        }
    };
    match (one(&outside), one(&inside)) {
        (Some(out), Some(within)) if out != within => None,
        (out, within) => out.or(within),
    }
}

/// A title over rows that names a visibility: no sentence about it (「非公開枠は別途」「非公開枠なし」).
pub fn is_section(key: &str) -> bool {
    let says_more =
        ["は", "を", "が", "も", "別", "提出", "なし", "無し", "ません", "あり", "済", "です", "場合"];
    label::is_title(key) && !says_more.iter().any(|word| key.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gone() {
        for text in [
            "削除",
            "取消",
            "取り消し",
            "取消し",
            "中止",
            "キャンセル",
            "廃止",
            "この枠は取り消してください",
            "この行は削除してください",
            "【削除】",
            "削除分",
            "取消済",
            "中止します",
            "キャンセルとなりました",
            "※取消",
            "削除をお願いします",
            "取下げ",
            "取りやめ",
            "とりやめ",
            "枠の取り消し",
        ] {
            assert!(of(text).gone, "{text}");
        }
        for text in [
            "",
            "追加・削除",
            "追加",
            "変更",
            "9:00の枠から変更",
            "前日に中止の連絡をします",
            "キャンセル待ち",
            "雨天中止",
            "削除しない",
            "キャンセル料なし",
            "6",
        ] {
            assert!(!of(text).gone, "{text}");
        }
    }

    #[test]
    fn visibility_and_nothing_else() {
        let private = Some(Visibility::Private);
        for text in ["非公開", "非公開枠", "医療機関受付分", "(非公開)", "非公開でお願いします"]
        {
            assert_eq!(of(text).visibility, private, "{text}");
        }
        for text in ["公開", "公開枠", "web・コールセンター受付分", "一般枠"] {
            assert_eq!(of(text).visibility, Some(Visibility::Public), "{text}");
        }
        for text in ["公開・非公開", "院内", "当院2階", "非公開枠は別途提出", "公開時間に注意", "非公開枠計"]
        {
            assert_eq!(of(text).visibility, None, "{text}");
        }
    }

    #[test]
    fn halves() {
        for (text, expected) in [
            ("午後", Some(Half::Afternoon)),
            ("【午後】", Some(Half::Afternoon)),
            ("午後の部", Some(Half::Afternoon)),
            ("午後の部(13:30~16:00)", Some(Half::Afternoon)),
            ("pm", Some(Half::Afternoon)),
            ("公開枠(午後)", Some(Half::Afternoon)),
            ("午前", Some(Half::Morning)),
            ("午前の部", Some(Half::Morning)),
            ("am", Some(Half::Morning)),
            ("午前・午後", None),
            ("午後休診", None),
            ("午後1:30", None),
            ("午前中に電話", None),
            ("pm2.5", None),
        ] {
            assert_eq!(of(text).half, expected, "{text}");
        }
    }
}
