//! Pure: how values stand in a column: instants as microseconds, dates and times as text, sets as two flags.

use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::civil::{Date, Time};
use serde::Serialize;

use crate::campaign::Dose;
use crate::inspection::verdict::{Slot, Visibility};

/// Rows of at most ten values in one statement: SQLite takes 32,766 values.
pub(super) const ROWS: usize = 1_000;

pub(super) fn micros(at: Timestamp) -> i64 {
    at.as_microsecond()
}

pub fn instant(micros: i64) -> Timestamp {
    Timestamp::from_microsecond(micros).unwrap_or_default()
}

pub(super) fn maybe_instant(micros: Option<i64>) -> Option<Timestamp> {
    micros.map(instant)
}

pub(super) fn time_text(time: Time) -> String {
    format!("{:02}:{:02}", time.hour(), time.minute())
}

/// A date as the ledger wrote it.
pub(super) fn date(text: &str) -> Date {
    text.parse().unwrap_or_default()
}

/// A time of day as the ledger wrote it.
pub(super) fn time(text: &str) -> Time {
    text.split_once(':')
        .and_then(|(hour, minute)| Time::new(hour.parse().ok()?, minute.parse().ok()?, 0, 0).ok())
        .unwrap_or_default()
}

/// A list as the JSON text that `json_each` takes.
pub(super) fn json_text<T: Serialize>(list: &[T]) -> String {
    // Only keys of maps can fail to serialise, and there are none.
    serde_json::to_string(list).unwrap_or_default()
}

pub(super) fn scope(public: bool, private: bool) -> BTreeSet<Visibility> {
    let mut scope = BTreeSet::new();
    if public {
        scope.insert(Visibility::Public);
    }
    if private {
        scope.insert(Visibility::Private);
    }
    scope
}

/// A row of table `slot`, as a JSON array in this order.
#[derive(serde::Deserialize)]
pub(super) struct SlotRow<'a> {
    date: &'a str,
    start: &'a str,
    end: Option<&'a str>,
    dose: i64,
    public: i64,
    private: i64,
    sheet: String,
    row: i64,
}

impl SlotRow<'_> {
    pub fn slot(self) -> Slot {
        Slot {
            date: date(self.date),
            start: time(self.start),
            end: self.end.map(time),
            dose: dose(self.dose),
            public: self.public as u32,
            private: self.private as u32,
            sheet: self.sheet.into(),
            row: self.row as u32,
        }
    }
}

pub(super) fn dose(number: i64) -> Dose {
    u8::try_from(number).ok().and_then(Dose::from_number).unwrap_or(Dose::First)
}
