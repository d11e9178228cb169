//! Pure: the date-time of RFC 5322 as mail programs write it, to an instant.

use jiff::Timestamp;
use jiff::civil::{Date, Time};
use jiff::tz::{Offset, TimeZone};

/// `Mon, 27 Sep 2021 09:00:00 +0900 (JST)`. `None` for anything that is not one certain instant
/// (no zone, 32 September, an offset of more than 24 hours).
pub fn parse(text: &str) -> Option<Timestamp> {
    let text = without_comments(text);
    let words: Vec<&str> =
        text.split(|c: char| c.is_whitespace() || c == ',').filter(|w| !w.is_empty()).take(8).collect();
    let words = match words.as_slice() {
        [weekday, rest @ ..] if weekday.chars().all(char::is_alphabetic) => rest,
        all => all,
    };
    let [day, month, year, clock, zone, ..] = words else { return None };
    let date = Date::new(full_year(year)?, month_number(month)?, day.parse().ok()?).ok()?;
    let mut pieces = clock.splitn(3, ':');
    let hour = pieces.next()?.parse().ok()?;
    let minute = pieces.next()?.parse().ok()?;
    let second: i8 = match pieces.next() {
        Some(text) => text.split('.').next()?.parse().ok()?,
        None => 0,
    };
    // A leap second is the last of its minute.
    let second = if second == 60 { 59 } else { second };
    let time = Time::new(hour, minute, second, 0).ok()?;
    let zone = TimeZone::fixed(offset(zone)?);
    date.to_datetime(time).to_zoned(zone).ok().map(|zoned| zoned.timestamp())
}

fn full_year(text: &str) -> Option<i16> {
    let year: i16 = text.parse().ok()?;
    match (text.len(), year) {
        (2, 0..=49) => Some(2000 + year),
        (2 | 3, _) => Some(1900 + year),
        (4, _) => Some(year),
        _ => None,
    }
}

fn month_number(text: &str) -> Option<i8> {
    const NAMES: [&str; 12] =
        ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    let short: String = text.chars().take(3).collect::<String>().to_ascii_lowercase();
    NAMES.iter().zip(1..).find(|(name, _)| **name == short).map(|(_, number)| number)
}

fn offset(zone: &str) -> Option<Offset> {
    let hours = match zone.to_ascii_uppercase().as_str() {
        "UT" | "UTC" | "GMT" | "Z" => 0,
        "JST" | "KST" => 9,
        "EST" | "CDT" => -5,
        "EDT" => -4,
        "CST" | "MDT" => -6,
        "MST" | "PDT" => -7,
        "PST" => -8,
        _ => return numeric_offset(zone),
    };
    Offset::from_hours(hours).ok()
}

fn numeric_offset(zone: &str) -> Option<Offset> {
    let (sign, digits) = match zone.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, zone.strip_prefix('+')?),
    };
    let digits = digits.replace(':', "");
    if digits.len() != 4 || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let number: i32 = digits.parse().ok()?;
    let (hours, minutes) = (number / 100, number % 100);
    if hours > 23 || minutes > 59 {
        return None;
    }
    Offset::from_seconds(sign * (hours * 3600 + minutes * 60)).ok()
}

/// Drops `(…)`, nested and unterminated ones too.
pub fn without_comments(text: &str) -> String {
    let mut depth = 0usize;
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '(' => depth += 1,
            ')' if depth > 0 => {
                depth -= 1;
                out.push(' ');
            }
            _ if depth == 0 => out.push(c),
            _ => {}
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_dates_as_they_are_written() {
        let cases = [
            ("Mon, 27 Sep 2021 09:00:00 +0900", Some("2021-09-27T00:00:00Z")),
            ("27 Sep 21 09:00 +0900 (JST)", Some("2021-09-27T00:00:00Z")),
            ("Mon, 27 Sep 2021 09:00:00 JST", Some("2021-09-27T00:00:00Z")),
            ("Mon,27 Sep 2021 00:00:00 GMT", Some("2021-09-27T00:00:00Z")),
            ("Thu, 31 Dec 2020 23:59:60 +0000", Some("2020-12-31T23:59:59Z")),
            ("Thu, 1 Jan 1970 00:00:00 -0000", Some("1970-01-01T00:00:00Z")),
            ("Thu, 32 Foo 2021 00:00:00 +0900", None),
            ("Thu, 30 Feb 2021 00:00:00 +0900", None),
            ("Mon, 27 Sep 2021 09:00:00", None),
            ("Mon, 27 Sep 2021 09:00:00 +2400", None),
            ("Mon, 27 Sep 99999 09:00:00 +0900", None),
            ("", None),
        ];
        for (text, expected) in cases {
            let expected = expected.map(|at| at.parse::<Timestamp>().unwrap());
            assert_eq!(parse(text), expected, "{text}");
        }
    }
}
