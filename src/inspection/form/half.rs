//! Pure: a time of the 12-hour clock under 午前 or 午後.

use jiff::civil::Time;
use smol_str::SmolStr;

use super::{Entry, Remark, Trouble};
use crate::inspection::layout::mark::Half;
use crate::inspection::normalize::{Read, token};

/// 午前 or 午後 as it holds for one row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    pub half: Half,
    /// It stands in the row itself, not as a title over several rows.
    pub own: bool,
    pub raw: SmolStr,
}

/// The last hour of the morning that a title 午後 may mean as an hour of the afternoon (6:59 → 18:59).
const LAST_UNDER_TITLE: i8 = 6;

/// Counts the start on where it is of the afternoon; what does not fit becomes trouble. `end` goes with it.
pub fn apply(said: &Said, start: &mut Entry<Time>, end: Option<&mut Time>) {
    let Some(time) = start.value() else { return };
    let fits = match said.half {
        Half::Morning => time.hour() < if said.own { 12 } else { 13 },
        Half::Afternoon if time.hour() >= 12 => true,
        Half::Afternoon => {
            let shiftable = said.own || (1..=LAST_UNDER_TITLE).contains(&time.hour());
            shiftable && !names_morning(&start.raw)
        }
    };
    if !fits {
        start.read = Read::Not(Trouble::HalfOfDay { said: said.raw.to_string() });
        return;
    }
    if said.half == Half::Morning {
        return;
    }
    if let Some(later) = afternoon(time) {
        start.read = Read::Value(later);
        start.remarks.retain(|remark| *remark != Remark::Estimated);
        start.remarks.push(Remark::Afternoon);
    }
    if let Some(end) = end {
        *end = afternoon(*end).unwrap_or(*end);
    }
}

/// The end of a row whose start lies in the afternoon.
pub fn apply_to_end(said: &Said, end: &mut Entry<Time>) {
    if said.half == Half::Afternoon
        && !names_morning(&end.raw)
        && let Some(later) = end.value().and_then(afternoon)
    {
        end.read = Read::Value(later);
    }
}

fn names_morning(raw: &str) -> bool {
    let key = token::key(raw);
    key.contains("午前") || key.contains("am") || key.contains("a.m")
}

/// 1:30 → 13:30; `None` where it is of the afternoon already.
fn afternoon(time: Time) -> Option<Time> {
    if time.hour() >= 12 {
        return None;
    }
    Time::new(time.hour() + 12, time.minute(), time.second(), 0).ok()
}
