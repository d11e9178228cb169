//! Pure: 接種回: which dose a cell or a title names.

use super::glance::Glance;
use super::{Reading, Trouble, serial, token};
use crate::campaign::Dose;
use crate::inspection::workbook::Value;

/// Reads a dose cell that holds no formula.
pub fn read(value: &Value) -> Reading<Dose> {
    match value {
        Value::Number(number) => match serial::whole(*number) {
            Some(0) => Reading::blank(),
            Some(number) => named(u8::try_from(number).ok()),
            None => Reading::not(Trouble::Unreadable),
        },
        Value::Text(text) => {
            let key = token::key(text);
            if key.is_empty() || key == "-" {
                return Reading::blank();
            }
            match parse(&key) {
                Some(dose) => Reading::value(dose),
                None => Reading::not(Trouble::Unreadable),
            }
        }
        Value::Error(_) | Value::NoResult => Reading::not(Trouble::Formula),
        Value::Bool(_) | Value::Serial(_) => Reading::not(Trouble::Unreadable),
    }
}

fn named(number: Option<u8>) -> Reading<Dose> {
    match number.and_then(Dose::from_number) {
        Some(dose) => Reading::value(dose),
        None => Reading::not(Trouble::Unreadable),
    }
}

/// A cell that says a dose and nothing else, folded and in lower case.
pub fn parse(key: &str) -> Option<Dose> {
    let bare = key.trim_matches(|ch: char| "()[]【】〔〕「」<>《》■●◆・".contains(ch));
    let bare = bare.trim_start_matches('第');
    let stem = ["回目接種", "回目分", "回目枠", "回接種", "回目", "回分", "度目", "回", "st", "nd"]
        .iter()
        .find_map(|tail| bare.strip_suffix(tail))
        .unwrap_or(bare);
    match stem {
        "1" | "一" | "i" => Some(Dose::First),
        "2" | "二" | "ii" => Some(Dose::Second),
        _ => match bare {
            "初回" | "初回接種" | "first" => Some(Dose::First),
            "second" => Some(Dose::Second),
            _ => None,
        },
    }
}

/// The dose that a title or heading speaks of, if it speaks of exactly one.
pub fn mentioned(key: &str) -> Option<Dose> {
    let glance = Glance::of(key);
    let first = glance.contains_any(&["1回目", "第1回", "一回目", "初回", "1st", "1度目"]);
    let second = glance.contains_any(&["2回目", "第2回", "二回目", "2nd", "2度目"]);
    match (first, second) {
        (true, false) => Some(Dose::First),
        (false, true) => Some(Dose::Second),
        _ => None,
    }
}
