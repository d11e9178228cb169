//! Pure: 枠数: how many people. Only a plain whole number is a count; whatever could mean two numbers is none.

use super::{Reading, Remark, Trouble, serial, token};
use crate::inspection::workbook::Value;

/// Units that people write behind a count, longest first.
const UNITS: [&str; 14] = [
    "名様分",
    "人様分",
    "名様",
    "人様",
    "名分",
    "人分",
    "回分",
    "枠分",
    "人枠",
    "名",
    "人",
    "枠",
    "回",
    "件",
];
const ZERO_WORDS: [&str; 25] = [
    "×",
    "✕",
    "✖",
    "✗",
    "╳",
    "x",
    "/",
    "休",
    "休診",
    "休診日",
    "休み",
    "お休み",
    "休業",
    "休業日",
    "定休",
    "定休日",
    "なし",
    "無",
    "無し",
    "ナシ",
    "無シ",
    "ゼロ",
    "零",
    "枠なし",
    "設定なし",
];

/// Reads a count cell.
pub fn read(value: &Value) -> Reading<u32> {
    match value {
        Value::Number(number) => of_number(*number),
        Value::Serial(serial) if *serial >= 1.0 => Reading::not(Trouble::CountIsDate),
        Value::Serial(_) | Value::Bool(_) => Reading::not(Trouble::Unreadable),
        Value::Error(_) | Value::NoResult => Reading::not(Trouble::Formula),
        Value::Text(text) => of_text(text),
    }
}

/// 休, ×, － and the like: no slot here.
pub fn is_zero_word(key: &str) -> bool {
    let key = key.trim_end_matches('。');
    ZERO_WORDS.contains(&key) || (!key.is_empty() && key.chars().all(|ch| ch == '-' || ch == 'ー'))
}

fn of_number(number: f64) -> Reading<u32> {
    match serial::whole(number) {
        Some(whole) if whole < 0 => Reading::not(Trouble::NotWhole),
        // Nobody offers forty thousand places: a date that lost its format.
        Some(whole) if serial::PLAUSIBLE.contains(&(whole as f64)) => Reading::not(Trouble::CountIsDate),
        Some(whole) => match u32::try_from(whole) {
            Ok(count) => Reading::value(count),
            Err(_) => Reading::not(Trouble::Unreadable),
        },
        None => Reading::not(Trouble::NotWhole),
    }
}

fn of_text(text: &str) -> Reading<u32> {
    let folded = token::fold(text);
    let key = token::squash(&folded).to_lowercase();
    if key.is_empty() {
        return Reading::blank();
    }
    if token::is_error_text(&key) {
        return Reading::not(Trouble::Formula);
    }
    if is_zero_word(&key) {
        return Reading::value(0).with(Remark::Zero);
    }
    if let Some(reading) = number_with_unit(&key) {
        return reading;
    }
    // In a text file the date into which 6/6 was turned is a text.
    let dated = key.contains('月') || key.matches(['/', '-']).count() == 2;
    if dated && super::date::plain(&key, 2021).is_some() {
        return Reading::not(Trouble::CountIsDate);
    }
    let parts = folded.split(['\n', '、']).filter(|part| part.chars().any(|ch| ch.is_ascii_digit())).count();
    if parts >= 2 {
        return Reading::not(Trouble::Several);
    }
    Reading::not(Trouble::Unreadable)
}

fn number_with_unit(key: &str) -> Option<Reading<u32>> {
    let bare = key.strip_prefix('各').unwrap_or(key);
    let stem = UNITS.iter().find_map(|unit| bare.strip_suffix(unit)).unwrap_or(bare);
    let unit = stem.len() != key.len();
    if let Some(count) = token::kanji_number(stem).filter(|_| stem != "〇" && stem != "零") {
        return Some(Reading::value(count).with(Remark::Estimated).with_if(unit, Remark::Unit));
    }
    let unsigned = stem.strip_prefix(['-', '△', '▲', '+']).unwrap_or(stem);
    let negative = unsigned.len() != stem.len() && !stem.starts_with('+');
    let (whole, fraction) = unsigned.split_once('.').map_or((unsigned, None), |(a, b)| (a, Some(b)));
    let digits = without_thousands(whole)?;
    if stem.starts_with('+') {
        return None;
    }
    let fraction = fraction.unwrap_or("0");
    if fraction.is_empty() || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    if negative || fraction.bytes().any(|byte| byte != b'0') {
        return Some(Reading::not(Trouble::NotWhole));
    }
    let reading = of_number(digits.parse::<f64>().ok()?);
    Some(reading.with_if(unit, Remark::Unit))
}

/// 「1,200」 → 「1200」; 「1,2」 is no number.
fn without_thousands(text: &str) -> Option<String> {
    let mut groups = text.split(',');
    let first = groups.next()?;
    let mut digits = first.to_string();
    let mut grouped = false;
    for group in groups {
        if group.len() != 3 {
            return None;
        }
        grouped = true;
        digits.push_str(group);
    }
    let fits = !first.is_empty() && (!grouped || first.len() <= 3) && digits.len() <= 9;
    (fits && digits.bytes().all(|byte| byte.is_ascii_digit())).then_some(digits)
}
