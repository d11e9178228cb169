//! Pure: rows to slots: what a form asks for, once read; and what tells two such sets apart.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use jiff::civil::{Date, Time};

use crate::campaign::Campaign;
use crate::inspection::form::{Entry, Form, Row};
use crate::inspection::standing::{Standing, restrict};
use crate::inspection::verdict::{Change, Slot, Visibility};
use crate::sha256;

/// The slots of a form: rows whose date, start and counts could be read, with a positive count, inside one of
/// the two periods. 公開 and 非公開 of one date and time are one slot. Sorted by date and time.
///
/// The dose follows from the date alone (notice, section 1), whatever was typed.
pub fn slots(form: &Form, campaign: &Campaign) -> Vec<Slot> {
    let mut slots: BTreeMap<(Date, Time), Slot> = BTreeMap::new();
    for row in &form.rows {
        let (Some(date), Some(start)) = (row.date.value(), row.start.value()) else { continue };
        let start = to_the_minute(start);
        let Some(dose) = campaign.dose_on(date) else { continue };
        let (public, private) = (people(row, Visibility::Public), people(row, Visibility::Private));
        if public == 0 && private == 0 {
            continue;
        }
        let end = row.end.as_ref().and_then(Entry::value);
        let slot = slots.entry((date, start)).or_insert_with(|| Slot {
            date,
            start,
            end,
            dose,
            public: 0,
            private: 0,
            sheet: row.sheet.clone(),
            row: row.row,
        });
        slot.public = slot.public.saturating_add(public);
        slot.private = slot.private.saturating_add(private);
        slot.end = slot.end.or(end);
    }
    slots.into_values().collect()
}

/// A slot's name has hours and minutes only.
pub(super) fn to_the_minute(start: Time) -> Time {
    Time::new(start.hour(), start.minute(), 0, 0).unwrap_or(start)
}

/// The people a row offers; 0 where the count is blank or could not be read.
pub(super) fn people(row: &Row, visibility: Visibility) -> u32 {
    row.count(visibility).and_then(Entry::value).unwrap_or(0)
}

/// SHA-256 (hex) of what a version consists of: its scope, and date, time and counts of each slot.
/// Sheets, rows, order and end times do not matter: an Excel re-save is no change.
pub fn fingerprint(slots: &[Slot], scope: &BTreeSet<Visibility>) -> String {
    let mut lines = String::from("scope");
    for visibility in scope {
        lines.push(' ');
        lines.push_str(visibility.as_str());
    }
    lines.push('\n');
    for ((date, start), counts) in tally(slots) {
        // Writing to a String cannot fail.
        let _ = writeln!(lines, "{date} {start} {} {}", counts.0, counts.1);
    }
    sha256::of(lines.as_bytes())
}

/// What changed, per visibility, sorted by date, time and visibility.
pub fn changes(before: &[Slot], after: &[Slot]) -> Vec<Change> {
    let (before, after) = (tally(before), tally(after));
    let keys: BTreeSet<_> = before.keys().chain(after.keys()).copied().collect();
    let mut changes = Vec::new();
    for (date, start) in keys {
        let old = before.get(&(date, start)).copied().unwrap_or_default();
        let new = after.get(&(date, start)).copied().unwrap_or_default();
        for (visibility, before, after) in
            [(Visibility::Public, old.0, new.0), (Visibility::Private, old.1, new.1)]
        {
            if before != after {
                changes.push(Change { date, start, visibility, before, after });
            }
        }
    }
    changes
}

/// What accepting a form of this scope and these slots would change for the clinic, against everything that is in force.
/// A visibility that it covers for the first time is all additions, one that it does not cover stays. Empty for a
/// clinic of which nothing is in force yet: a first submission changes nothing.
pub fn changes_in_force(standing: &Standing, scope: &BTreeSet<Visibility>, slots: &[Slot]) -> Vec<Change> {
    if standing.in_force.is_empty() {
        return Vec::new();
    }
    changes(&standing.slots_of(scope), &restrict(slots, scope))
}

/// (公開, 非公開) by date and time; slots without people leave no trace.
fn tally(slots: &[Slot]) -> BTreeMap<(Date, Time), (u32, u32)> {
    let mut tally: BTreeMap<(Date, Time), (u32, u32)> = BTreeMap::new();
    for slot in slots.iter().filter(|slot| slot.public > 0 || slot.private > 0) {
        let counts = tally.entry((slot.date, slot.start)).or_default();
        counts.0 = counts.0.saturating_add(slot.public);
        counts.1 = counts.1.saturating_add(slot.private);
    }
    tally
}
