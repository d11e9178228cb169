//! Pure: what a workbook says beside its slots: withdrawal, sample values, other papers, patients' data.

use super::evidence;
use super::{Fields, Observation};
use crate::inspection::layout::grid::{Grid, Spot};
use crate::inspection::layout::label;
use crate::inspection::normalize::glance::Glance;
use crate::inspection::normalize::{serial, token};
use crate::inspection::verdict::Place;
use crate::inspection::workbook::Value;

/// 記入例 and 記入要領 sheets: never read as input, never remarked on.
pub fn is_sample_sheet(name: &str, grid: &Grid<'_>) -> bool {
    let name = token::key(name);
    let named = [
        "記入例",
        "記載例",
        "記入要領",
        "記載要領",
        "記入方法",
        "見本",
        "サンプル",
        "説明",
        "手引",
        "入力例",
        "作成要領",
    ]
    .iter()
    .any(|word| name.contains(word));
    named || sample_mark(grid).is_some()
}

/// The watermark text 記入例 in the first cell.
pub fn sample_mark<'g, 's>(grid: &'g Grid<'s>) -> Option<&'g Spot<'s>> {
    let first = grid.at(0, 0).or_else(|| grid.spots().first().filter(|spot| spot.row == 0))?;
    let (outside, inside) = label::split_note(&first.key);
    let says = |text: &str| matches!(text, "記入例" | "記載例" | "見本" | "入力例" | "サンプル");
    (says(&outside) || (outside.is_empty() && says(&inside))).then_some(first)
}

/// Other means of theirs that a clinic does without: no word about the system.
const OTHER_MEANS: [&str; 12] = [
    "キャンセル待ち",
    "リスト",
    "fax",
    "ファックス",
    "ファクス",
    "電話",
    "メール",
    "郵送",
    "line",
    "駐車場",
    "送迎",
    "備考欄",
];

const WITHDRAWAL: [&str; 32] = [
    "システムは使いません",
    "システムを使いません",
    "システムは使わない",
    "システムを使わない",
    "システムは使用しません",
    "システムを使用しません",
    "使用を希望しません",
    "参加を見送",
    "利用を見送",
    "提出を見送",
    "接種を見送ります",
    "今回は見送",
    "接種を中止します",
    "接種を中止いたします",
    "利用しません",
    "利用しない",
    "利用いたしません",
    "利用致しません",
    "利用を希望しません",
    "利用を希望しない",
    "利用を希望いたしません",
    "利用を取りやめ",
    "利用を取り止め",
    "利用を中止",
    "参加しません",
    "辞退",
    "取下げ",
    "取り下げ",
    "取下",
    "とりさげ",
    "撤回",
    "取消を希望",
];

/// 「利用しません」「辞退します」 written by the clinic; our own printed instructions do not count.
pub fn withdrawals(grid: &Grid<'_>) -> Vec<Observation> {
    if !grid.words().any(|word| says_withdrawal(&word.key)) {
        return Vec::new();
    }
    grid.spots()
        .iter()
        .filter(|spot| spot.is_text() && says_withdrawal(&spot.key))
        .map(|spot| Observation::Withdrawal {
            place: grid.place(spot.row, spot.column),
            raw: serial::written(&spot.cell.value),
        })
        .collect()
}

pub fn says_withdrawal(key: &str) -> bool {
    if !Glance::of(key).contains_any(&WITHDRAWAL) {
        return false;
    }
    let means = OTHER_MEANS.iter().any(|word| key.contains(word));
    if means
        && !["システム", "予約枠", "辞退", "取下", "取り下", "撤回"].iter().any(|word| key.contains(word))
    {
        return false;
    }
    let chosen = key.contains(['■', '☑', '✓', '✔', '☒']);
    let offered = !chosen && (key.contains('□') || (key.contains("新規") && key.contains("修正")));
    let printed = ["場合", "ください", "下さい", "辞退者", "の方は", "際は", "ときは", "時は", "提出不要"];
    !offered && !printed.iter().any(|word| key.contains(word))
}

/// 会場番号 9999 and ○○医院 are the values of our 記入例.
pub fn samples(fields: &Fields) -> Vec<Observation> {
    let mut samples = Vec::new();
    if let Some(venue) = &fields.venue_no
        && is_sample_number(&venue.raw)
    {
        samples.push(Observation::Sample { place: venue.place.clone(), raw: venue.raw.clone() });
    }
    if let Some(name) = &fields.name
        && is_sample_name(&name.raw)
    {
        samples.push(Observation::Sample { place: name.place.clone(), raw: name.raw.clone() });
    }
    samples
}

pub fn is_sample_number(raw: &str) -> bool {
    is_sample_key(&token::key(raw))
}

pub fn is_sample_key(key: &str) -> bool {
    key.trim_start_matches('0') == "9999"
}

fn is_sample_name(raw: &str) -> bool {
    let key = token::key(raw);
    let circles = key.replace(['〇', '◯', '●', '◎'], "○").replace("××", "○○").replace("△△", "○○");
    key.contains("記入例") || circles.contains("○○")
}

const COMPANIONS: [&str; 9] = [
    "接種計画票",
    "医療物品配布希望調査",
    "医療物品",
    "物品配布希望",
    "ワクチン配送",
    "ワクチン配分",
    "配送希望",
    "希望調査票",
    "在庫報告",
];

/// The title of another paper of the campaign that clinics send along.
pub fn companion_title(grid: &Grid<'_>) -> Option<String> {
    let ours = evidence::heading_texts(grid, 12).any(|(key, _)| key.contains("予約枠報告"));
    if ours {
        return None;
    }
    let in_cells = evidence::heading_texts(grid, 6)
        .find(|(key, _)| key.chars().count() <= 40 && is_companion(key))
        .map(|(_, text)| text.to_string());
    in_cells.or_else(|| is_companion(&token::key(grid.name)).then(|| grid.name.to_string()))
}

fn is_companion(key: &str) -> bool {
    !key.starts_with('※')
        && COMPANIONS.iter().any(|word| key.contains(word))
        && !["ください", "提出して", "場合", "別途"].iter().any(|word| key.contains(word))
}

const BORN: [&str; 1] = ["生年月日"];
const TICKET: [&str; 3] = ["接種券番号", "券番号", "被保険者番号"];

/// Columns of patients' data: where they begin, never what they say.
pub fn personal_data(grid: &Grid<'_>) -> Option<Place> {
    let headed = grid
        .words()
        .map(|word| Glance::of(&word.key))
        .any(|word| word.contains_any(&BORN) || word.contains_any(&TICKET));
    for row in grid.row_numbers().filter(|_| headed) {
        let spots = grid.row(row);
        let heads = |words: &[&str]| {
            spots.iter().find(|spot| {
                spot.is_text()
                    && spot.key.chars().count() <= 12
                    && words.iter().any(|word| spot.key.contains(word))
            })
        };
        let person = heads(&["氏名", "患者名", "お名前", "接種者名", "フリガナ", "患者"]);
        let born = heads(&BORN);
        if let (Some(person), Some(_)) = (person, born) {
            return Some(grid.place(person.row, person.column));
        }
        if let Some(ticket) = heads(&TICKET)
            && (row + 1..=row.saturating_add(10))
                .any(|below| grid.at(below, ticket.column).is_some_and(is_long_number))
        {
            return Some(grid.place(ticket.row, ticket.column));
        }
    }
    let mut runs: std::collections::BTreeMap<u32, u32> = std::collections::BTreeMap::new();
    for spot in grid.spots().iter().filter(|spot| is_long_number(spot)) {
        let run = runs.entry(spot.column).or_default();
        *run += 1;
        if *run >= 3 {
            return Some(grid.place(spot.row, spot.column));
        }
    }
    None
}

/// Ten digits, as 接種券番号 have.
fn is_long_number(spot: &Spot<'_>) -> bool {
    match &spot.cell.value {
        Value::Number(number) => {
            serial::whole(*number).is_some_and(|n| (1_000_000_000..10_000_000_000).contains(&n))
        }
        Value::Text(_) => {
            spot.key.len() == 10
                && spot.key.bytes().all(|byte| byte.is_ascii_digit())
                && !spot.key.starts_with('0')
        }
        _ => false,
    }
}
