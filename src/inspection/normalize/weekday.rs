//! Pure: weekdays as typed. A number in a weekday cell is an uncalculated or formatted formula: it says nothing.

use jiff::civil::Weekday;

use super::{Reading, Trouble, token};
use crate::inspection::workbook::Value;

/// Reads a weekday cell that holds no formula.
pub fn read(value: &Value) -> Reading<Weekday> {
    let Value::Text(text) = value else { return Reading::blank() };
    let key = token::key(text);
    if key.is_empty() || key == "0" || token::is_ditto(&key) || key.chars().all(|ch| "-/".contains(ch)) {
        return Reading::blank();
    }
    match parse(&key) {
        Some(weekday) => Reading::value(weekday),
        None => Reading::not(Trouble::Unreadable),
    }
}

/// 「月」「(月)」「月曜」「月曜日」「水・祝」「mon」「monday」, folded and in lower case.
pub fn parse(key: &str) -> Option<Weekday> {
    let bare = key.trim_matches(|ch: char| "()[]<>「」【】〔〕《》".contains(ch));
    for holiday in ["・祝日", "・祝", "/祝", ",祝", "、祝", "(祝)", "(祝", "祝日", "祝"] {
        if let Some(day) = bare.strip_suffix(holiday).filter(|day| !day.is_empty()) {
            return named(day);
        }
    }
    named(bare)
}

fn named(text: &str) -> Option<Weekday> {
    let text = text.strip_suffix("曜日").or_else(|| text.strip_suffix('曜')).unwrap_or(text);
    Some(match text.trim_end_matches('.') {
        "月" | "mon" | "monday" => Weekday::Monday,
        "火" | "tue" | "tues" | "tuesday" => Weekday::Tuesday,
        "水" | "wed" | "wednesday" => Weekday::Wednesday,
        "木" | "thu" | "thur" | "thurs" | "thursday" => Weekday::Thursday,
        "金" | "fri" | "friday" => Weekday::Friday,
        "土" | "sat" | "saturday" => Weekday::Saturday,
        "日" | "sun" | "sunday" => Weekday::Sunday,
        _ => return None,
    })
}
