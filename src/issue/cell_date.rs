//! Pure: dates and times as spreadsheets store them (1900 system), and weekdays as Japanese readers write them.

use jiff::civil::{Date, Time, Weekday};

/// Days since 1899-12-30: 2021-10-25 is 44494.
pub fn serial(date: Date) -> f64 {
    const EPOCH: Date = Date::constant(1899, 12, 30);
    EPOCH.until(date).map_or(0.0, |span| f64::from(span.get_days()))
}

/// The fraction of a day, whole seconds: 9:00 is 0.375.
pub fn fraction(time: Time) -> f64 {
    let seconds = i32::from(time.hour()) * 3600 + i32::from(time.minute()) * 60 + i32::from(time.second());
    f64::from(seconds) / 86_400.0
}

/// 「月」
pub fn weekday(date: Date) -> &'static str {
    match date.weekday() {
        Weekday::Monday => "月",
        Weekday::Tuesday => "火",
        Weekday::Wednesday => "水",
        Weekday::Thursday => "木",
        Weekday::Friday => "金",
        Weekday::Saturday => "土",
        Weekday::Sunday => "日",
    }
}
