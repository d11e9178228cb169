//! Pure: what came of one attempt to deliver a letter, and when to try again.

use jiff::{SignedDuration, Timestamp};
use sha2::{Digest as _, Sha256};

/// One attempt's result, with the server's own words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// The server took responsibility (2xx after the dot; the file was renamed into place).
    Accepted(String),
    /// Nothing was accepted; try again later (4xx, connection trouble before the fence).
    Deferred(String),
    /// Nothing was accepted and never will be (5xx, an address that cannot be written).
    Refused(String),
    /// The body was offered and no answer was read: it may have been accepted.
    Ambiguous(String),
}

impl Delivery {
    /// For logs: what became of the letter, in one word.
    pub fn as_str(&self) -> &'static str {
        match self {
            Delivery::Accepted(_) => "accepted",
            Delivery::Deferred(_) => "deferred",
            Delivery::Refused(_) => "refused",
            Delivery::Ambiguous(_) => "ambiguous",
        }
    }

    /// The server's words, or what happened instead.
    pub fn reply(&self) -> &str {
        match self {
            Delivery::Accepted(reply)
            | Delivery::Deferred(reply)
            | Delivery::Refused(reply)
            | Delivery::Ambiguous(reply) => reply,
        }
    }
}

/// What follows an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// The letter has left.
    Done,
    RetryAt(Timestamp),
    /// Failed for good: staff telephone.
    GiveUp,
}

/// Waits after the first attempts, in minutes; afterwards hourly.
const FIRST_WAITS: [i64; 4] = [1, 5, 15, 30];
/// How long a letter is tried (RFC 5321 §4.5.4.1 asks for at least four to five days).
const LIFETIME: SignedDuration = SignedDuration::from_hours(5 * 24);
/// The least wait after an ambiguous attempt: a server that did accept must have had the time to say so, and
/// the archive copy the time to arrive.
const AFTER_AMBIGUITY: SignedDuration = SignedDuration::from_mins(10);

/// The step after attempt number `attempts` (1 = the first) of the letter `id` that was queued at `first_queued`.
pub fn after(delivery: &Delivery, attempts: u32, first_queued: Timestamp, now: Timestamp, id: i64) -> Next {
    let wait = match delivery {
        Delivery::Accepted(_) => return Next::Done,
        Delivery::Refused(_) => return Next::GiveUp,
        Delivery::Deferred(_) => wait(attempts, id),
        Delivery::Ambiguous(_) => wait(attempts, id).max(AFTER_AMBIGUITY),
    };
    if now.duration_since(first_queued) >= LIFETIME {
        return Next::GiveUp;
    }
    match now.checked_add(wait) {
        Ok(at) => Next::RetryAt(at),
        Err(_) => Next::GiveUp,
    }
}

fn wait(attempts: u32, id: i64) -> SignedDuration {
    let index = usize::try_from(attempts.saturating_sub(1)).unwrap_or(usize::MAX);
    match FIRST_WAITS.get(index) {
        Some(minutes) => SignedDuration::from_mins(*minutes),
        None => SignedDuration::from_secs(3_600 + jitter(attempts, id)),
    }
}

/// Spreads the hourly attempts by up to ±10 %, fixed by letter and attempt, so that a backlog does not come
/// in one heap and a rehearsal repeats itself.
fn jitter(attempts: u32, id: i64) -> i64 {
    let digest = Sha256::digest([id.to_be_bytes().as_slice(), &attempts.to_be_bytes()].concat());
    let drawn = digest.iter().take(4).fold(0i64, |sum, byte| sum * 256 + i64::from(*byte));
    drawn % 721 - 360
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    const QUEUED: &str = "2021-10-05T12:00:00Z";

    fn seconds(delivery: &Delivery, attempts: u32) -> i64 {
        match after(delivery, attempts, at(QUEUED), at(QUEUED), 17) {
            Next::RetryAt(next) => next.duration_since(at(QUEUED)).as_secs(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn waits_grow_from_a_minute_to_an_hour() {
        let deferred = Delivery::Deferred("450".into());
        let waits: Vec<i64> = (1..=4).map(|attempts| seconds(&deferred, attempts)).collect();
        assert_eq!(waits, [60, 300, 900, 1_800]);
        for attempts in 5..120 {
            let wait = seconds(&deferred, attempts);
            assert!((54 * 60..=66 * 60).contains(&wait), "{attempts}: {wait}");
        }
        assert_ne!(seconds(&deferred, 5), seconds(&deferred, 6));
    }

    #[test]
    fn an_ambiguous_attempt_waits_ten_minutes_at_least() {
        let ambiguous = Delivery::Ambiguous("the connection was lost".into());
        let waits: Vec<i64> = (1..=3).map(|attempts| seconds(&ambiguous, attempts)).collect();
        assert_eq!(waits, [600, 600, 900]);
    }

    #[test]
    fn after_five_days_or_a_refusal_staff_telephone() {
        let deferred = Delivery::Deferred("450".into());
        let queued = at(QUEUED);
        assert_eq!(after(&deferred, 90, queued, at("2021-10-10T12:00:00Z"), 1), Next::GiveUp);
        assert!(matches!(after(&deferred, 90, queued, at("2021-10-10T11:00:00Z"), 1), Next::RetryAt(_)));
        assert_eq!(after(&Delivery::Refused("550".into()), 1, queued, queued, 1), Next::GiveUp);
        assert_eq!(after(&Delivery::Accepted("250".into()), 1, queued, queued, 1), Next::Done);
    }
}
