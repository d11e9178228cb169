//! Pure: Excel's serial numbers as dates and times, and cells as a person sees them.

use jiff::ToSpan;
use jiff::civil::{Date, Time};
use smol_str::{SmolStr, SmolStrBuilder, ToSmolStr as _, format_smolstr};

use crate::inspection::verdict::push_digits;
use crate::inspection::workbook::Value;

/// Days between the two date systems of Excel.
pub const DAYS_1904: f64 = 1462.0;
/// Serials of 2000-01-01 and 2030-12-30: what an untyped number in a date column may be.
pub const PLAUSIBLE: std::ops::RangeInclusive<f64> = 36526.0..=47847.0;
const LAST_SERIAL: f64 = 2_958_465.0;
const DAY_SECONDS: f64 = 86_400.0;

/// A number typed into a cell that shows dates: 1025, 10.25, 20211025. Read as a serial it would be a day before May
/// 1903, or none at all.
pub fn is_typed_as_date(serial: f64) -> bool {
    (1.0..=1231.0).contains(&serial) || serial > LAST_SERIAL + 0.999
}

/// A number typed into a cell that shows times: 9, 900, 1330. Durations end at 47:59 (24:00, 25:00).
pub fn is_typed_as_time(serial: f64) -> bool {
    (2.0..=2400.0).contains(&serial)
}

/// The day of a serial of the 1900 system; its time of day is left aside.
pub fn date_of(serial: f64) -> Option<Date> {
    if !(1.0..=LAST_SERIAL + 0.999).contains(&serial) {
        return None;
    }
    let days = (serial + 0.5 / DAY_SECONDS).floor() as i32;
    // Excel counts a 29 February 1900 that never was.
    let base = if days >= 60 { Date::new(1899, 12, 30) } else { Date::new(1899, 12, 31) };
    base.ok()?.checked_add(days.days()).ok()
}

/// The time of day of a serial, rounded to the second; `None` when it rounds to 24:00.
pub fn time_of(serial: f64) -> Option<Time> {
    if !serial.is_finite() || serial < 0.0 {
        return None;
    }
    let whole = (serial + 0.5 / DAY_SECONDS).floor();
    let seconds = ((serial - whole).max(0.0) * DAY_SECONDS).round() as i64;
    clock(seconds)
}

fn clock(seconds: i64) -> Option<Time> {
    if !(0..86_400).contains(&seconds) {
        return None;
    }
    Time::new((seconds / 3600) as i8, (seconds / 60 % 60) as i8, (seconds % 60) as i8, 0).ok()
}

/// A whole number, allowing for the noise of binary fractions.
pub fn whole(number: f64) -> Option<i64> {
    let rounded = number.round();
    ((number - rounded).abs() < 1e-9 && rounded.abs() < 9e15).then_some(rounded as i64)
}

/// The cell as a person sees it.
pub fn written(value: &Value) -> SmolStr {
    match value {
        Value::Number(number) => number_text(*number),
        Value::Text(text) => trimmed(text),
        Value::Bool(true) => SmolStr::new_static("TRUE"),
        Value::Bool(false) => SmolStr::new_static("FALSE"),
        Value::Error(error) => error.clone(),
        Value::Serial(serial) => serial_text(*serial),
        Value::NoResult => SmolStr::new_static("数式"),
    }
}

/// Without the blanks around it; a text that has none is shared, not copied.
fn trimmed(text: &SmolStr) -> SmolStr {
    let inner = text.trim();
    if inner.len() == text.len() { text.clone() } else { inner.into() }
}

/// The cell as a person sees it in a column of times: 1.0 is 24:00 there, not the first day of 1900.
pub fn written_in_time_column(value: &Value) -> SmolStr {
    match value {
        Value::Number(number) if *number > 0.0 && *number < 1.0 => serial_text(*number),
        Value::Serial(serial) if is_typed_as_time(*serial) => number_text(*serial),
        Value::Serial(serial) if (1.0..2.0).contains(serial) => {
            let minutes = (serial * 1440.0).round() as i64;
            format_smolstr!("{}:{:02}", minutes / 60, minutes % 60)
        }
        _ => written(value),
    }
}

/// The cell as a person sees it in a column of dates, where an untyped number may be a serial.
pub fn written_in_date_column(value: &Value, epoch_1904: bool) -> SmolStr {
    match value {
        Value::Number(number) => {
            let serial = number + if epoch_1904 { DAYS_1904 } else { 0.0 };
            if PLAUSIBLE.contains(&serial) { serial_text(serial) } else { written(value) }
        }
        Value::Serial(serial) if is_typed_as_date(*serial) => number_text(*serial),
        _ => written(value),
    }
}

/// 2021/10/25
pub fn date_text(date: Date) -> SmolStr {
    let mut text = SmolStrBuilder::new();
    push(&mut text, date.year());
    for part in [date.month(), date.day()] {
        text.push('/');
        push(&mut text, part.into());
    }
    text.finish()
}

/// 9:00, with seconds only where there are any.
pub fn time_text(time: Time) -> SmolStr {
    let mut text = SmolStrBuilder::new();
    push(&mut text, time.hour().into());
    let second = Some(time.second()).filter(|second| *second != 0);
    for part in std::iter::once(time.minute()).chain(second) {
        text.push_str(if part < 10 { ":0" } else { ":" });
        push(&mut text, part.into());
    }
    text.finish()
}

/// None of these is negative: serials begin in 1900.
fn push(text: &mut SmolStrBuilder, number: i16) {
    push_digits(text, u64::from(number.unsigned_abs()));
}

fn serial_text(serial: f64) -> SmolStr {
    if (0.0..1.0).contains(&serial) {
        return match time_of(serial) {
            Some(time) => time_text(time),
            None => SmolStr::new_static("24:00"),
        };
    }
    let Some(date) = date_of(serial) else { return number_text(serial) };
    match time_of(serial) {
        Some(time) if time != Time::midnight() => format_smolstr!("{} {}", date_text(date), time_text(time)),
        _ => date_text(date),
    }
}

fn number_text(number: f64) -> SmolStr {
    match whole(number) {
        Some(whole) => whole.to_smolstr(),
        None => number.to_smolstr(),
    }
}
