//! Pure: how the digest writes dates, times and numbers.

use jiff::Timestamp;
use jiff::civil::Date;

use crate::campaign::{Campaign, in_jst};
pub use crate::issue::cell_date::weekday;
use crate::outbound::activity::DayActivity;

/// 「10/25」
pub fn month_day(date: Date) -> String {
    format!("{}/{}", date.month(), date.day())
}

/// 「11/23(火・祝)」
pub fn day(date: Date, campaign: &Campaign) -> String {
    let holiday = if campaign.holiday(date).is_some() { "・祝" } else { "" };
    format!("{}({}{holiday})", month_day(date), weekday(date))
}

/// 「令和3年10月5日（火）」; before 2019 the year of the common era.
pub fn reiwa(date: Date) -> String {
    let year = match date.year() - 2018 {
        1 => "令和元年".to_string(),
        era if era > 1 => format!("令和{era}年"),
        _ => format!("{}年", date.year()),
    };
    format!("{year}{}月{}日（{}）", date.month(), date.day(), weekday(date))
}

/// 「8:14」
pub fn clock(at: Timestamp) -> String {
    let at = in_jst(at);
    format!("{}:{:02}", at.hour(), at.minute())
}

/// 「8:15」 of the window's end; the midnight that ends a day is 「24:00」.
pub fn end_clock(activity: &DayActivity) -> String {
    if in_jst(activity.until).date() == activity.day() { clock(activity.until) } else { "24:00".into() }
}

/// 「10/5 8:15」, 「10/5 24:00」
pub fn end_stamp(activity: &DayActivity) -> String {
    format!("{} {}", month_day(activity.day()), end_clock(activity))
}

/// 「10/5 8:14」
pub fn stamp(at: Timestamp) -> String {
    format!("{} {}", month_day(in_jst(at).date()), clock(at))
}

/// 「10,378」
pub fn number(value: u64) -> String {
    let digits = value.to_string();
    let mut grouped = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// 「+283」「-7」「0」
pub fn signed(value: i64) -> String {
    let sign = match value {
        1.. => "+",
        0 => "",
        ..0 => "-",
    };
    format!("{sign}{}", number(value.unsigned_abs()))
}

/// One line of someone else's text: no control or direction characters, at most `chars` letters.
pub fn one_line(text: &str, chars: usize) -> String {
    let plain: String = text
        .chars()
        .map(|c| if c.is_control() || is_invisible(c) { ' ' } else { c })
        .collect::<String>()
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ");
    if plain.chars().count() <= chars {
        return plain;
    }
    plain.chars().take(chars.saturating_sub(1)).chain(std::iter::once('…')).collect()
}

/// Zero-width, line-separating and direction-changing letters (a clinic's name must not turn a line around).
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}
