//! One cell: dates, times, counts, doses, weekdays.

use jiff::civil::Time;
use uketsuke::inspection::form::Trouble;
use uketsuke::inspection::normalize::date::Calendar;
use uketsuke::inspection::normalize::{Read, count, date, dose, time, token, weekday};
use uketsuke::inspection::workbook::Value;

use super::eighth::campaign;
use super::slots::says;

/// The first byte chooses what kind of cell the rest is.
pub fn cell(data: &[u8]) {
    let Some((&kind, rest)) = data.split_first() else { return };
    let mut number = [0; 8];
    let given = rest.len().min(8);
    number[..given].copy_from_slice(&rest[..given]);
    let number = f64::from_le_bytes(number);
    match kind % 4 {
        0 => check(&Value::Number(number)),
        1 => check(&Value::Serial(number)),
        _ => {
            let text = String::from_utf8_lossy(rest).into_owned();
            check(&Value::Text(text.as_str().into()));
            same_in_full_width(&text);
        }
    }
}

fn check(value: &Value) {
    let calendar = Calendar::of(&campaign(), false);
    let month = date::month_heading("10月");
    for month in [None, month] {
        if let Read::Value(date) = date::read(value, &calendar, month).reading.read {
            if let Value::Text(text) = value {
                assert!(digits(text).contains(&date.day().to_string()), "{text:?} says no {date}");
            }
        }
    }
    let Read::Value(count) = count::read(value).read else { return other(value) };
    assert!(count == 0 || says(value, count), "{value:?} is no {count}");
    other(value);
}

fn other(value: &Value) {
    let calendar = Calendar::of(&campaign(), true);
    let _ = (dose::read(value), weekday::read(value), date::is_certain(value, &calendar));
    if let Read::Value(span) = time::read(value, None).read {
        assert_eq!(span.start.subsec_nanosecond(), 0, "{value:?}");
    }
    let certain = time::is_certain(value) || time::is_compact(value);
    // A time with seconds is one, too, but not one that a slot could begin at.
    let read = matches!(time::read(value, None).read, Read::Value(_) | Read::Not(Trouble::Seconds));
    assert!(!certain || read, "{value:?} is a time, and is none");
}

/// Every digit of the text, kanji ones too, as ASCII.
fn digits(text: &str) -> String {
    let kanji = |ch| "〇一二三四五六七八九".chars().position(|digit| digit == ch);
    let folded = token::fold(text);
    if folded.contains(['十', '廿', '卅', '元']) {
        return (1..=31).map(|day: u32| day.to_string()).collect();
    }
    let digit = |ch: char| ch.to_digit(10).or_else(|| kanji(ch).map(|at| at as u32));
    folded.chars().filter_map(digit).map(|digit| digit.to_string()).collect()
}

/// 「9:00」 and 「９：００」 are one writing.
fn same_in_full_width(text: &str) {
    let wide: String = text
        .chars()
        .map(|ch| if ch.is_ascii_alphanumeric() || "/:".contains(ch) { full(ch) } else { ch })
        .collect();
    let calendar = Calendar::of(&campaign(), false);
    let (narrow, wide) = (Value::Text(text.into()), Value::Text(wide.into()));
    let date = |value: &Value| date::read(value, &calendar, None).reading.read;
    assert_eq!(date(&narrow), date(&wide), "{text:?}");
    let start = |value: &Value| -> Read<Time> {
        match time::read(value, None).read {
            Read::Value(span) => Read::Value(span.start),
            Read::Blank => Read::Blank,
            Read::Not(trouble) => Read::Not(trouble),
        }
    };
    assert_eq!(start(&narrow), start(&wide), "{text:?}");
    assert_eq!(count::read(&narrow).read, count::read(&wide).read, "{text:?}");
}

fn full(ch: char) -> char {
    char::from_u32(u32::from(ch) + 0xFEE0).unwrap_or(ch)
}
