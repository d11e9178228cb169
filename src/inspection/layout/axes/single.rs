//! Pure: tables of one day each: the date as a title right above 時刻 | 枠数, beside or below one another.

use std::collections::{BTreeMap, BTreeSet};

use super::edges::is_aside;
use super::{Block, Candidate, DateColumn, TimeRow};
use crate::inspection::layout::grid::{Grid, Spot};
use crate::inspection::layout::label::{self, Class};
use crate::inspection::layout::table;
use crate::inspection::normalize::count;
use crate::inspection::normalize::date::Calendar;
use crate::inspection::normalize::{Read, time};

/// Count columns beside a column of times.
const MAX_COUNTS: u32 = 4;

/// Headings of the columns beside a column of times.
#[derive(Clone)]
struct Headings {
    row: u32,
    end: Option<u32>,
    counts: Vec<u32>,
}

/// Every such table. `known`: cells that belong to fields of the header.
pub fn find(grid: &Grid<'_>, calendar: &Calendar, known: &BTreeSet<(u32, u32)>) -> Vec<Candidate> {
    if grid.turned
        || !grid.words().any(|word| word.label.is_some_and(|label| label.class == Some(Class::Start)))
    {
        return Vec::new();
    }
    let mut headed: BTreeMap<u32, Headings> = BTreeMap::new();
    let mut columns: BTreeMap<u32, Vec<&Spot<'_>>> = BTreeMap::new();
    for spot in grid.spots() {
        columns.entry(spot.column).or_default().push(spot);
    }
    let mut found = Vec::new();
    for (column, spots) in columns {
        for (index, spot) in spots.iter().enumerate() {
            if let Some(headings) = headings(grid, spot) {
                headed.insert(column, headings);
                continue;
            }
            if !spot.is_date(calendar)
                || known.contains(&(spot.row, spot.column))
                || !stands_alone(grid, spot)
            {
                continue;
            }
            let below = spots.get(index + 1..).unwrap_or_default();
            let next = below.first().filter(|next| next.row == spot.row + 1);
            let own = next.and_then(|next| self::headings(grid, next));
            // Below the headings that were written once.
            let before = headed.get(&column).filter(|_| next.is_some_and(|next| next.is_time()));
            let Some(headings) = own.as_ref().or(before) else { continue };
            found.extend(table_below(grid, calendar, spot, headings, below));
        }
    }
    found
}

/// 時刻 | 枠数, or 時刻 | 公開 | 非公開; no date among them.
fn headings(grid: &Grid<'_>, start: &Spot<'_>) -> Option<Headings> {
    let class = |spot: &Spot<'_>| spot.label.and_then(|label| label.class);
    if class(start) != Some(Class::Start) || start.is_time() {
        return None;
    }
    let mut headings = Headings { row: start.row, end: None, counts: Vec::new() };
    for column in start.column + 1..=start.column + MAX_COUNTS {
        let Some(spot) = grid.at(start.row, column) else { break };
        match class(spot) {
            Some(Class::End) if headings.counts.is_empty() => headings.end = Some(column),
            Some(Class::Public | Class::Private | Class::Count) if !label::is_total(&spot.key) => {
                headings.counts.push(column);
            }
            _ => break,
        }
    }
    let is_date = |spot: Option<&Spot<'_>>| {
        spot.is_some_and(|spot| matches!(class(spot), Some(Class::Date | Class::Month | Class::Day)))
    };
    let (from, to) = (start.column.saturating_sub(MAX_COUNTS), start.column + MAX_COUNTS * 2);
    let filled = |column: &u32| grid.at(start.row, *column).is_some();
    let dated =
        (from..start.column).rev().take_while(filled).any(|column| is_date(grid.at(start.row, column)))
            || (start.column + 1..=to).take_while(filled).any(|column| is_date(grid.at(start.row, column)));
    (!headings.counts.is_empty() && !dated).then_some(headings)
}

/// A title: no count and no time in the cell behind it, and no date or label right before it.
fn stands_alone(grid: &Grid<'_>, spot: &Spot<'_>) -> bool {
    let behind = grid.at(spot.row, spot.column + 1);
    let before = spot.column.checked_sub(1).and_then(|column| grid.at(spot.row, column));
    behind.is_none() && before.is_none_or(|before| before.label.is_none() && !before.is_time())
}

/// The rows below a date, down to the next date, headings or two blank rows.
fn table_below(
    grid: &Grid<'_>,
    calendar: &Calendar,
    date: &Spot<'_>,
    headings: &Headings,
    below: &[&Spot<'_>],
) -> Option<Candidate> {
    let first_row = if headings.row > date.row { headings.row + 1 } else { date.row + 1 };
    let labels = below.iter().filter(|spot| spot.row >= first_row);
    let end = labels
        .clone()
        .find(|spot| {
            spot.is_date(calendar) || spot.label.is_some_and(|label| label.class == Some(Class::Start))
        })
        .map_or(u32::MAX, |spot| spot.row - 1);
    let mut rows: Vec<TimeRow> = Vec::new();
    let mut counts = 0;
    let mut last = first_row.saturating_sub(1);
    for row in grid.rows_between(first_row, end) {
        let start = grid.covering(row, date.column);
        let people = headings.counts.iter().filter_map(|column| grid.at(row, *column));
        let read = people.filter(|spot| matches!(count::read(&spot.cell.value).read, Read::Value(_))).count();
        let total = start.is_some_and(|spot| label::is_total(&spot.key));
        let timed =
            start.is_some_and(|spot| matches!(time::read(&spot.cell.value, None).read, Read::Value(_)));
        if row > last + 2 || start.is_some_and(|spot| is_aside(&spot.key)) {
            break;
        }
        if !total && !timed && read == 0 {
            continue;
        }
        last = row;
        counts += if total || !timed { 0 } else { read };
        rows.push(TimeRow {
            row,
            start: start.map(|spot| (spot.row, spot.column)),
            end: headings
                .end
                .and_then(|column| grid.covering(row, column))
                .map(|spot| (spot.row, spot.column)),
            visibility: None,
            section: None,
            half: None,
            dose: None,
            total,
        });
    }
    if counts == 0 {
        return None;
    }
    let columns = headings.counts.iter().map(|&column| DateColumn {
        column,
        date: Some((date.row, date.column)),
        month: None,
        month_is_own: false,
        weekday: None,
        visibility: grid.at(headings.row, column).and_then(table::visibility_title),
        over: None,
        section: None,
        half: None,
        dose: None,
    });
    let columns: Vec<DateColumn> = columns.collect();
    let right = columns.last().map_or(date.column, |column| column.column);
    let time_heading = grid.at(headings.row, date.column).map(|spot| spot.text.clone()).unwrap_or_default();
    let block = Block {
        top: date.row,
        left: date.column,
        right,
        date_row: date.row,
        first_row,
        end: last,
        columns,
        sums: Vec::new(),
        rows,
        label_column: date.column,
        time_heading,
        rival: None,
    };
    Some(Candidate { block, counts })
}
