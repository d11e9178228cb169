//! Pure: where the server keeps a mail, and the raw mail as fetched; sets of messages, times of receipt.

use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::civil::{Date, Time};
use jiff::tz::Offset;

/// Where the server keeps a mail. Identity level K1: equal keys are the same mail, silently.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MessageKey {
    Imap {
        folder: String,
        uid_validity: u32,
        uid: u32,
    },
    /// `name` is the unique part of the file name, before the `:` of the flags.
    Maildir {
        folder: String,
        name: String,
    },
}

impl MessageKey {
    pub fn folder(&self) -> &str {
        match self {
            MessageKey::Imap { folder, .. } | MessageKey::Maildir { folder, .. } => folder,
        }
    }
}

/// For people: `INBOX, UID 7`, `INBOX, file 1632990000.M1P2.host`.
impl std::fmt::Display for MessageKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            MessageKey::Imap { folder, uid, .. } => write!(f, "{folder}, UID {uid}"),
            MessageKey::Maildir { folder, name } => write!(f, "{folder}, file {name}"),
        }
    }
}

/// One RFC 5322 message exactly as fetched.
#[derive(Clone, Debug)]
pub struct RawMessage {
    pub key: MessageKey,
    /// The server's receipt time: INTERNALDATE, or the Maildir's (file name, else modification time).
    pub received_at: Timestamp,
    pub bytes: Vec<u8>,
    /// The full size when the message was over `limits.message_bytes` and only its header was fetched.
    pub omitted: Option<u64>,
}

/// An IMAP sequence set (RFC 3501 §9): `1:3,7`. Names exactly these UIDs, never one in between.
pub fn sequence_set(uids: &BTreeSet<u32>) -> String {
    let mut runs: Vec<(u32, u32)> = Vec::new();
    for &uid in uids {
        match runs.last_mut() {
            Some((_, last)) if last.checked_add(1) == Some(uid) => *last = uid,
            _ => runs.push((uid, uid)),
        }
    }
    let runs: Vec<String> = runs
        .into_iter()
        .map(|(first, last)| if first == last { first.to_string() } else { format!("{first}:{last}") })
        .collect();
    runs.join(",")
}

/// How many of the leading messages make one set: at most `count` messages and `bytes` bytes, at least one
/// unless there is none. An unknown size counts as nothing.
pub fn leading_set(sizes: impl IntoIterator<Item = Option<u64>>, count: u64, bytes: u64) -> usize {
    let mut total: u64 = 0;
    let mut taken: usize = 0;
    for size in sizes {
        total = total.saturating_add(size.unwrap_or(0));
        if taken > 0 && (taken as u64 >= count || total > bytes) {
            break;
        }
        taken += 1;
    }
    taken
}

/// INTERNALDATE (RFC 3501 §9, date-time): ` 7-Feb-2021 02:44:25 +0900`, the day padded or not.
pub fn internal_date(text: &str) -> Option<Timestamp> {
    const MONTHS: [&str; 12] =
        ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    let mut words = text.split_ascii_whitespace();
    let (date, time, zone) = (words.next()?, words.next()?, words.next()?);
    let mut date = date.split('-');
    let day: i8 = date.next()?.parse().ok()?;
    let month = date.next()?.to_ascii_lowercase();
    let month = MONTHS.iter().position(|name| *name == month)? + 1;
    let year: i16 = date.next()?.parse().ok()?;
    let mut time = time.split(':').map(|part| part.parse::<i8>().ok());
    let (hour, minute, second) = (time.next()??, time.next()??, time.next()??);
    // A leap second is the last second of its minute: later would be another minute.
    let time = Time::new(hour, minute, second.min(59), 0).ok()?;
    let zone: i32 = match zone.split_at_checked(1)? {
        ("+", hhmm) if hhmm.len() == 4 => hhmm.parse().ok()?,
        ("-", hhmm) if hhmm.len() == 4 => -hhmm.parse::<i32>().ok()?,
        _ => return None,
    };
    let offset = Offset::from_seconds((zone / 100) * 3600 + (zone % 100) * 60).ok()?;
    let date = Date::new(year, i8::try_from(month).ok()?, day).ok()?;
    offset.to_timestamp(date.to_datetime(time)).ok()
}

/// The delivery time that a Maildir file name begins with (`1632990000.M1P2.host`), if it is a plausible one:
/// whole seconds between 1990 and 2100.
pub fn delivery_time(name: &str) -> Option<Timestamp> {
    let digits = name.split(|c: char| !c.is_ascii_digit()).next()?;
    let seconds: i64 = digits.parse().ok()?;
    if (631_152_000..4_102_444_800).contains(&seconds) { Timestamp::from_second(seconds).ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sequence_sets_name_exactly_the_uids() {
        let check = |uids: &[u32], expected: &str| {
            assert_eq!(sequence_set(&uids.iter().copied().collect()), expected);
        };
        check(&[], "");
        check(&[7], "7");
        check(&[3, 1, 2, 7, 9, 10], "1:3,7,9:10");
        check(&[u32::MAX, u32::MAX - 1, 5], "5,4294967294:4294967295");
    }

    #[test]
    fn sets_keep_both_limits_and_are_never_empty() {
        let check = |sizes: &[u64], expected: usize| {
            assert_eq!(leading_set(sizes.iter().map(|size| Some(*size)), 3, 100), expected, "{sizes:?}");
        };
        check(&[], 0);
        check(&[500], 1);
        check(&[500, 1], 1);
        check(&[60, 40, 1], 2);
        check(&[1, 1, 1, 1], 3);
        assert_eq!(leading_set([None, None, Some(200)], 3, 100), 2);
    }

    #[test]
    fn internal_dates() {
        let check = |text: &str, expected: Option<&str>| {
            assert_eq!(internal_date(text).map(|at| at.to_string()).as_deref(), expected, "{text}");
        };
        check("08-Oct-2021 23:59:59 +0900", Some("2021-10-08T14:59:59Z"));
        check(" 8-oct-2021 23:59:60 +0900", Some("2021-10-08T14:59:59Z"));
        check("17-Jul-1996 02:44:25 -0730", Some("1996-07-17T10:14:25Z"));
        check("29-Feb-2021 00:00:00 +0000", None);
        check("08-Oct-2021 23:59:59", None);
        check("08-Oct-2021 23:59:59 JST", None);
        check("08-Xxx-2021 23:59:59 +0900", None);
        check("", None);
    }

    #[test]
    fn delivery_times_in_file_names() {
        let check = |name: &str, expected: Option<i64>| {
            assert_eq!(delivery_time(name).map(Timestamp::as_second), expected, "{name}");
        };
        check("1632990000.M1P2.host", Some(1_632_990_000));
        check("1632990000", Some(1_632_990_000));
        check("0001.eml", None);
        check("20211001120000.eml", None);
        check("第８期.eml", None);
        check("", None);
    }
}
