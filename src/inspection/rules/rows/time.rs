//! Pure: R12 to R17: the time.

use jiff::civil::Time;

use super::cells::{Cell, Kind, cells, claims, column_missing, offered, unread_count};
use crate::inspection::form::{Remark, Row, Trouble};
use crate::inspection::rules::Case;
use crate::inspection::rules::finding::{END, START, at, raise, raise_other};
use crate::inspection::rules::wording::{clock, quote};
use crate::inspection::verdict::{Finding, Severity};

/// Before this hour a time is more likely written without 「午後」.
const EARLIEST_HOUR: i8 = 7;
/// From this hour on nobody vaccinates as a rule.
const LATEST_HOUR: i8 = 21;

/// No time beside a count.
pub(in super::super) fn r12_no_time(case: &Case) -> Vec<Finding> {
    let untimed = case.form.rows.iter().filter(|row| {
        row.start.is_blank()
            && (offered(row) > 0 || (unread_count(row) && !row.date.is_blank()))
            && !column_missing(case, row, "時")
    });
    untimed.map(|row| at(raise("R12", &[]), &row.start, START)).collect()
}

/// An unreadable start is an error; an unreadable end is told only, since the slot's name has the start alone.
pub(in super::super) fn r13_unreadable_time(case: &Case) -> Vec<Finding> {
    let rows = case.form.rows.iter().flat_map(cells);
    rows.filter_map(|cell| {
        let trouble = cell.trouble?;
        match cell.kind {
            Kind::Start if unreadable(trouble) => Some(cell.tell(unread_start(trouble))),
            Kind::End if !shares_start(&cell) => {
                let end = Finding { severity: Severity::Info, mend: None, ..raise_other("R13", 0, &[]) };
                Some(cell.tell(end))
            }
            _ => None,
        }
    })
    .collect()
}

fn unread_start(trouble: &Trouble) -> Finding {
    match trouble {
        Trouble::HalfOfDay { said } => Finding {
            mend: Some("24時間表記（例：午後1時30分は「13:30」）でご記入ください。".to_string()),
            ..raise_other("R13", 1, &[("said", quote(said))])
        },
        Trouble::Seconds => Finding {
            mend: Some("「9:00」のように、開始時刻を分までご記入ください。".to_string()),
            ..raise_other("R13", 2, &[])
        },
        _ => raise("R13", &[]),
    }
}

fn unreadable(trouble: &Trouble) -> bool {
    !matches!(trouble, Trouble::DateRange | Trouble::Several | Trouble::Formula | Trouble::PartlyStruck)
}

/// Start and end were read out of one cell.
fn shares_start(cell: &Cell) -> bool {
    *cell.place == cell.row.start.place
}

/// Start times of the rows that ask for a slot.
fn starts<'c>(case: &'c Case) -> impl Iterator<Item = (&'c Row, Time)> {
    let rows = case.form.rows.iter().filter(|row| claims(row));
    rows.filter_map(|row| Some((row, row.start.value()?)))
}

pub(in super::super) fn is_early(start: Time) -> bool {
    start.hour() < EARLIEST_HOUR
}

pub(in super::super) fn r14_early_or_late(case: &Case) -> Vec<Finding> {
    starts(case)
        .filter(|(_, start)| is_early(*start) || start.hour() >= LATEST_HOUR)
        .map(|(row, start)| {
            let afternoon = Time::new((start.hour() + 12) % 24, start.minute(), 0, 0).map(clock);
            let afternoon = afternoon.unwrap_or_default();
            let values = [("time", clock(start)), ("afternoon", afternoon.clone()), ("example", afternoon)];
            let finding = if is_early(start) {
                raise("R14", &values)
            } else {
                Finding { severity: Severity::Warning, mend: None, ..raise_other("R14", 0, &values) }
            };
            at(finding, &row.start, START)
        })
        .collect()
}

pub(in super::super) fn r15_odd_minutes(case: &Case) -> Vec<Finding> {
    starts(case)
        .filter(|(_, start)| !is_early(*start) && (start.minute() % 5 != 0 || start.second() != 0))
        .map(|(row, start)| at(raise("R15", &[("time", clock(start))]), &row.start, START))
        .collect()
}

pub(in super::super) fn r16_end_before_start(case: &Case) -> Vec<Finding> {
    starts(case)
        .filter_map(|(row, start)| {
            let entry = row.end.as_ref()?;
            let end = entry.value().filter(|end| *end <= start)?;
            let values = [("start", clock(start)), ("end", clock(end))];
            let label = if entry.place == row.start.place { START } else { END };
            Some(at(raise("R16", &values), entry, label))
        })
        .collect()
}

pub(in super::super) fn r17_time_range(case: &Case) -> Vec<Finding> {
    starts(case)
        .filter(|(row, start)| !is_early(*start) && row.start.remarks.contains(&Remark::TimeRange))
        .filter_map(|(row, start)| {
            let end = row.end.as_ref()?.value().filter(|end| *end > start)?;
            let values = [("start", clock(start)), ("end", clock(end))];
            Some(at(raise("R17", &values), &row.start, START))
        })
        .collect()
}
