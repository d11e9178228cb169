//! I/O: the clock of the run. `--now` starts it at another instant; receipt times never come from it.

use std::time::Instant;

use jiff::{SignedDuration, Timestamp};

/// Every decision that needs "now" asks this value, so that a rehearsal can run on another day.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    shifted: Option<(Timestamp, Instant)>,
}

impl Clock {
    /// The machine's own time.
    pub fn system() -> Self {
        Self { shifted: None }
    }

    /// A clock that starts now at `start` and runs on at the ordinary speed.
    pub fn starting_at(start: Timestamp) -> Self {
        Self { shifted: Some((start, Instant::now())) }
    }

    #[expect(clippy::disallowed_methods, reason = "this is the one place that reads the machine's clock")]
    pub fn now(&self) -> Timestamp {
        match self.shifted {
            None => Timestamp::now(),
            Some((start, since)) => {
                let elapsed = SignedDuration::try_from(since.elapsed()).unwrap_or(SignedDuration::ZERO);
                start.checked_add(elapsed).unwrap_or(start)
            }
        }
    }
}
