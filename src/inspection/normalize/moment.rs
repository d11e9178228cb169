//! Pure: 接種日時: a date and a time of day in one cell. Both must stand there beyond doubt.

use super::date::{self, Calendar, Dated};
use super::time::{self, Span};
use super::{Read, Reading, Remark, Trouble, serial, token};
use crate::inspection::workbook::Value;

/// Reads a cell of date and time; a date alone leaves the time blank.
pub fn read(value: &Value, calendar: &Calendar) -> (Dated, Reading<Span>) {
    if let Some((date, time)) = split(value, calendar) {
        return (date::read(&date, calendar, None), time::read(&time, None));
    }
    let whole = date::read(value, calendar, None);
    match (&whole.reading.read, value) {
        (Read::Value(_), Value::Text(text)) => {
            // A date alone; what stands behind one that could be read may be a time that could not.
            let alone = !token::key(text).contains([token::BOUNDARY, ':', '時']);
            (whole, if alone { Reading::blank() } else { Reading::not(Trouble::Unreadable) })
        }
        (Read::Value(_) | Read::Blank, _) => (whole, Reading::blank()),
        (Read::Not(_), Value::Text(text)) => {
            match fronts(text).rev().find_map(|(front, rest)| dated(front, rest, calendar)) {
                Some(date) => (date, Reading::not(Trouble::Unreadable)),
                None => (whole, Reading::not(Trouble::Unreadable)),
            }
        }
        (Read::Not(trouble), _) => {
            let trouble = trouble.clone();
            (whole, Reading::not(trouble))
        }
    }
}

/// Does the cell say a date and a time, and nothing else?
pub fn is_certain(value: &Value, calendar: &Calendar) -> bool {
    split(value, calendar).is_some()
}

/// The date and the time, each as a cell of its own would hold it.
fn split(value: &Value, calendar: &Calendar) -> Option<(Value, Value)> {
    match value {
        Value::Serial(serial) => of_serial(*serial),
        Value::Number(number) => {
            of_serial(number + if calendar.epoch_1904 { serial::DAYS_1904 } else { 0.0 })
        }
        Value::Text(text) => {
            let mut found: Option<(Value, Value, Parts)> = None;
            for (front, rest) in fronts(text) {
                let (date, time) = (Value::Text(front.into()), Value::Text(rest.into()));
                let Some(parts) = parts(&date, &time, calendar) else { continue };
                // 「10/2 5 9:00」: two ways to divide it are one too many.
                if found.as_ref().is_some_and(|(_, _, known)| *known != parts) {
                    return None;
                }
                found = Some((date, time, parts));
            }
            found.map(|(date, time, _)| (date, time))
        }
        _ => None,
    }
}

fn of_serial(serial: f64) -> Option<(Value, Value)> {
    if !serial::PLAUSIBLE.contains(&serial) {
        return None;
    }
    let time = serial::time_of(serial).filter(|time| *time != jiff::civil::Time::midnight())?;
    let seconds = time.duration_since(jiff::civil::Time::midnight()).as_secs();
    Some((Value::Serial(serial.floor()), Value::Serial(seconds as f64 / 86_400.0)))
}

type Parts = (jiff::civil::Date, Span);

/// Neither may be an estimate.
fn parts(date: &Value, time: &Value, calendar: &Calendar) -> Option<Parts> {
    let sure = |remarks: &[Remark]| !remarks.contains(&Remark::Estimated);
    let time = time::read(time, None);
    let Read::Value(span) = time.read else { return None };
    let date = date::read(date, calendar, None).reading;
    match date.read {
        Read::Value(day) if sure(&date.remarks) && sure(&time.remarks) => Some((day, span)),
        _ => None,
    }
}

/// A date that stands in front of something else.
fn dated(front: &str, rest: &str, calendar: &Calendar) -> Option<Dated> {
    let date = date::read(&Value::Text(front.into()), calendar, None);
    (matches!(date.reading.read, Read::Value(_)) && !rest.trim().is_empty()).then_some(date)
}

/// Where a date may end: at white space, behind a bracket, 日 or 曜.
fn fronts(text: &str) -> impl DoubleEndedIterator<Item = (&str, &str)> {
    let ends = |ch: char| ch.is_whitespace() || matches!(ch, ')' | '）' | ']' | '】' | '日' | '曜' | 'T');
    text.char_indices().filter(move |(_, ch)| ends(*ch)).filter_map(|(at, ch)| {
        let behind = at + ch.len_utf8();
        let front = if ch == 'T' { at } else { behind };
        Some((text.get(..front)?, text.get(behind..)?)).filter(|(_, rest)| !rest.trim().is_empty())
    })
}
