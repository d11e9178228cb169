//! Pure: date × time matrices. Dates run across and times down; a turned [`Grid`] covers the other way round.

mod days;
mod edges;
mod lanes;
mod rows;
mod single;
mod titles;

use std::collections::BTreeSet;

use smol_str::SmolStr;

use self::edges::{Edges, heads_no_date};
pub use self::edges::{is_aside, is_plausible};
use self::lanes::Lane;

use super::grid::{Grid, Spot};
use super::label::{self, Class};
use super::mark::{self, Half};
use super::months::{Months, bare_day, is_day};
use super::segment::Hint;
use super::table;
use crate::campaign::Dose;
use crate::inspection::normalize::date::{Calendar, Month};
use crate::inspection::normalize::{Read, count};
use crate::inspection::verdict::Visibility;

/// How far above the dates (or before the times) titles, months and groups may stand.
const REACH: u32 = 4;
/// Rows looked at to tell a title from a label in a body.
const SAMPLE: usize = 8;

/// One matrix: its body columns and body rows, and the rows that its headings take.
#[derive(Clone, Debug)]
pub struct Block {
    pub top: u32,
    /// First and last column whose texts speak of it.
    pub left: u32,
    pub right: u32,
    pub date_row: u32,
    pub first_row: u32,
    pub end: u32,
    pub columns: Vec<DateColumn>,
    /// Columns of sums between or beside the body columns.
    pub sums: Vec<u32>,
    pub rows: Vec<TimeRow>,
    /// The column of times.
    pub label_column: u32,
    /// Heading of the time column, as written.
    pub time_heading: SmolStr,
    /// Other dates right above the dates: which of them the counts belong to cannot be told.
    pub rival: Option<(u32, u32)>,
}

/// A column of the body.
#[derive(Clone, Debug)]
pub struct DateColumn {
    pub column: u32,
    /// The cell that says the date; `None`: nothing stands there.
    pub date: Option<(u32, u32)>,
    /// The month over a bare day.
    pub month: Option<Month>,
    /// That month stands in a row of months over the days.
    pub month_is_own: bool,
    pub weekday: Option<(u32, u32)>,
    /// What its own sub-heading says.
    pub visibility: Option<Visibility>,
    /// What the title over the block, or in its corner, says.
    pub over: Option<Visibility>,
    /// In a turned sheet: the last title between the dates.
    pub section: Option<Hint<Visibility>>,
    /// 午前 or 午後 in a sub-heading or in a title over it.
    pub half: Option<Hint<Half>>,
    pub dose: Option<Hint<Dose>>,
}

/// A row of the body.
#[derive(Clone, Debug)]
pub struct TimeRow {
    pub row: u32,
    pub start: Option<(u32, u32)>,
    pub end: Option<(u32, u32)>,
    /// What a label in the row says.
    pub visibility: Option<Hint<Visibility>>,
    /// What the last title between the rows says.
    pub section: Option<Hint<Visibility>>,
    /// 午前 or 午後, and whether it stands in the row itself.
    pub half: Option<(Hint<Half>, bool)>,
    pub dose: Option<Hint<Dose>>,
    pub total: bool,
}

/// A matrix, and how many of its body cells hold a count.
pub struct Candidate {
    pub block: Block,
    pub counts: usize,
}

/// Every matrix on the grid. `known`: cells (as the clinic sees them) that belong to fields of the header.
pub fn find(grid: &Grid<'_>, calendar: &Calendar, known: &BTreeSet<(u32, u32)>) -> Vec<Candidate> {
    let edges = Edges::of(grid, calendar, known);
    let mut found = single::find(grid, calendar, known);
    for head in edges.heads() {
        for lane in lanes::of(&edges, &head) {
            let span = Span { row: head.row, limit: head.limit, floor: head.floor };
            if lanes::is_list(&edges, &head, &lane) {
                continue;
            }
            let block = block(&edges, &span, &lane);
            if let Some(counts) = rows::worth(grid, &block, &head.columns, &lane) {
                found.push(Candidate { block, counts });
            }
        }
    }
    found
}

fn names(spot: &Spot<'_>, class: Class) -> bool {
    spot.label.is_some_and(|label| label.class == Some(class))
}

struct Span {
    row: u32,
    limit: u32,
    floor: u32,
}

fn block(edges: &Edges<'_, '_>, span: &Span, lane: &Lane) -> Block {
    let grid = edges.grid;
    let first_row = rows::first_row(edges, span, lane);
    let last_time = lane.rows.last().copied().unwrap_or(first_row);
    let (columns, sums) = columns(edges, span, lane, first_row);
    let mut body: Vec<TimeRow> = Vec::new();
    let mut over = titles::Over::of(grid, span, lane);
    for row in grid.rows_between(span.row + 1, span.limit) {
        if over.is_title(grid, lane, row) || row < first_row {
            continue;
        }
        let start = grid.covering(row, lane.start);
        let total = rows::is_total_row(grid, lane, row)
            || (start.is_none() && row > last_time && rows::adds_up(edges, &columns, &body, row));
        let visibility = row_visibility(grid, span, lane, row, &columns);
        let told = (row, visibility.as_ref());
        let is_body = row <= last_time
            || total
            || rows::says_slots(edges, lane, &columns, row, start)
            || (start.is_none() && rows::is_open_sub_row(grid, lane, &columns, body.last(), told));
        if !is_body {
            continue;
        }
        let half = over.row(grid, span, lane, row, visibility.as_ref());
        body.push(TimeRow {
            row,
            start: start.map(|spot| (spot.row, spot.column)),
            end: lane.end.and_then(|column| grid.covering(row, column)).map(|spot| (spot.row, spot.column)),
            visibility,
            section: over.visibility.clone(),
            half,
            dose: if grid.turned {
                title_before(grid, lane, row, |spot| table::dose_title(&spot.key))
            } else {
                None
            },
            total,
        });
    }
    let time_heading = (span.row..first_row)
        .filter_map(|row| grid.at(row, lane.start))
        .find(|spot| spot.is_text())
        .map(|spot| spot.text.clone())
        .unwrap_or_default();
    Block {
        top: span.row.saturating_sub(REACH).max(span.floor),
        left: lane.left,
        right: lane.to,
        date_row: span.row,
        first_row,
        end: body.last().map_or(last_time, |row| row.row),
        columns,
        sums,
        rows: body,
        label_column: lane.start,
        time_heading,
        rival: edges
            .rivals
            .get(&span.row)
            .copied()
            .filter(|(_, column)| (lane.from..=lane.to).contains(column)),
    }
}

fn columns(edges: &Edges<'_, '_>, span: &Span, lane: &Lane, first_row: u32) -> (Vec<DateColumn>, Vec<u32>) {
    let grid = edges.grid;
    let mut numbers: Vec<u32> = grid
        .between(span.row, span.limit)
        .iter()
        .map(|spot| spot.column)
        .filter(|column| (lane.from..=lane.to).contains(column))
        .collect();
    numbers.sort_unstable();
    numbers.dedup();
    let last_date = grid
        .row_between(span.row, lane.from, lane.to)
        .iter()
        .filter(|spot| spot.is_date(edges.calendar) || is_day(&spot.cell.value))
        .map(|spot| grid.merged_at(spot.row, spot.column).map_or(spot.column, |merged| merged.last_column))
        .max()
        .unwrap_or(0);
    let mut columns: Vec<DateColumn> = Vec::new();
    let mut sums = Vec::new();
    let mut months = Months::of(&edges.months);
    let mut section: Option<Hint<Visibility>> = None;
    for column in numbers {
        let Some(sub) = sub_heading(grid, lane, span.row, first_row, column) else {
            sums.push(column);
            continue;
        };
        let date = match grid.covering(span.row, column) {
            Some(spot) if heads_no_date(spot) => {
                if grid.turned && mark::is_section(&spot.key) {
                    section = table::hint(spot, table::visibility_title(spot)).or(section);
                }
                if label::is_total(&spot.key) {
                    sums.push(column);
                }
                continue;
            }
            Some(spot) => Some((spot.row, spot.column)),
            None if sub.is_some() => {
                columns.last().filter(|left| left.visibility != sub).and_then(|left| left.date)
            }
            None if is_sum_above(grid, span, column) => {
                sums.push(column);
                continue;
            }
            // Counts behind the last date: sums, or a date that is missing.
            None if column > last_date => {
                let counted = |row: &u32| edges.is_counted(*row, column, column);
                if !grid.rows_between(first_row, span.limit).any(|row| counted(&row)) {
                    continue;
                }
                if rows::sums_up(edges, lane, &columns, column) {
                    sums.push(column);
                    continue;
                }
                None
            }
            None => None,
        };
        let day =
            date.and_then(|(row, column)| grid.at(row, column)).and_then(|spot| bare_day(&spot.cell.value));
        let (month, month_is_own) = match day {
            Some(day) => months.over(span.row, date.map_or(column, |(_, column)| column), day, lane.from),
            None => (None, false),
        };
        columns.push(DateColumn {
            column,
            date,
            month,
            month_is_own,
            weekday: weekday_below(grid, span.row, first_row, date.map_or(column, |(_, column)| column)),
            visibility: sub,
            over: visibility_above(grid, span, lane, first_row, column),
            section: section.clone(),
            half: titles::half_over(grid, span, lane, first_row, column),
            dose: dose_above(grid, span, lane, column),
        });
    }
    (columns, sums)
}

/// 合計 in the row of the months, where the row of the days has nothing.
fn is_sum_above(grid: &Grid<'_>, span: &Span, column: u32) -> bool {
    let top = span.row.saturating_sub(REACH).max(span.floor);
    (top..span.row).filter_map(|row| grid.at(row, column)).any(|spot| label::is_total(&spot.key))
}

/// What the rows between dates and times say of a column: `None` when it is no body column (計).
#[expect(
    clippy::option_option,
    reason = "outer: is it a body column; inner: does its heading tell a visibility"
)]
fn sub_heading(
    grid: &Grid<'_>,
    lane: &Lane,
    date_row: u32,
    first_row: u32,
    column: u32,
) -> Option<Option<Visibility>> {
    let mut told = None;
    for row in date_row + 1..first_row {
        if titles::of_row(grid, lane, row).is_some() {
            continue;
        }
        let Some(spot) = grid.covering(row, column) else { continue };
        if label::is_total(&spot.key) || names(spot, Class::Note) || names(spot, Class::Total) {
            return None;
        }
        told = table::visibility_title(spot).or(told);
    }
    Some(told)
}

fn weekday_below(grid: &Grid<'_>, date_row: u32, first_row: u32, column: u32) -> Option<(u32, u32)> {
    (date_row + 1..first_row)
        .chain(date_row.checked_sub(1))
        .filter_map(|row| grid.covering(row, column))
        .find(|spot| {
            spot.is_text()
                && !spot.formula()
                && crate::inspection::normalize::weekday::parse(&spot.key).is_some()
        })
        .map(|spot| (spot.row, spot.column))
}

/// A label in the row (公開 and 非公開 rows), or, in a turned sheet, a title over the block.
fn row_visibility(
    grid: &Grid<'_>,
    span: &Span,
    lane: &Lane,
    row: u32,
    columns: &[DateColumn],
) -> Option<Hint<Visibility>> {
    let spots = grid.row_between(row, lane.left, lane.to);
    let mut before = spots.iter().filter(|spot| spot.column < lane.from && spot.column != lane.start);
    let beside = before.find_map(|spot| table::hint(spot, table::visibility_title(spot)));
    let covering = || {
        titles::merged_before(grid, span, lane, row)
            .find_map(|spot| table::hint(spot, table::visibility_title(spot)))
    };
    // 区分 or 備考 behind the counts.
    let last = columns.last().map_or(u32::MAX, |column| column.column);
    let mut behind = spots.iter().rev().take_while(|spot| spot.column > last);
    beside
        .or_else(covering)
        .or_else(|| behind.find_map(|spot| table::hint(spot, spot.mark.visibility)))
        .or_else(|| if grid.turned { title_before(grid, lane, row, table::visibility_title) } else { None })
}

/// In a turned sheet: a title that stands over the block as the clinic sees it.
fn title_before<T>(
    grid: &Grid<'_>,
    lane: &Lane,
    row: u32,
    says: impl Fn(&Spot<'_>) -> Option<T>,
) -> Option<Hint<T>> {
    grid.titles()
        .iter()
        .filter_map(|at| grid.spots().get(*at))
        .filter(|spot| {
            spot.row <= row && (lane.start.saturating_sub(REACH)..lane.start).contains(&spot.column)
        })
        .filter(|spot| !is_in_body(grid, lane, spot))
        .filter_map(|spot| table::hint(spot, says(spot)))
        .max_by_key(|hint| (hint.column, hint.row))
}

/// A label in the body of a block above: it has counts beside it, or 公開 and 非公開 take turns.
fn is_in_body(grid: &Grid<'_>, lane: &Lane, title: &Spot<'_>) -> bool {
    let near = |column: Option<u32>| column.and_then(|column| grid.at(title.row, column));
    let said = table::visibility_title(title);
    let takes_turns = |spot: &Spot<'_>| {
        let other = table::visibility_title(spot);
        other.is_some() && said.is_some() && other != said
    };
    near(title.column.checked_sub(1)).is_some_and(takes_turns)
        || near(title.column.checked_add(1)).is_some_and(takes_turns)
        || lane
            .rows
            .iter()
            .take(SAMPLE)
            .filter_map(|row| grid.at(*row, title.column))
            .any(|spot| !spot.is_text() || matches!(count::read(&spot.cell.value).read, Read::Value(_)))
}

/// A title in the corner or above the dates, at or before this column.
fn visibility_above(
    grid: &Grid<'_>,
    span: &Span,
    lane: &Lane,
    first_row: u32,
    column: u32,
) -> Option<Visibility> {
    let near = lane.start.saturating_sub(1)..lane.from;
    let corner = (span.row..first_row)
        .flat_map(|row| grid.row(row).iter().filter(|spot| near.contains(&spot.column)))
        .find_map(table::visibility_title);
    corner.or_else(|| above(grid, span, lane, column, table::visibility_title).map(|hint| hint.value))
}

fn dose_above(grid: &Grid<'_>, span: &Span, lane: &Lane, column: u32) -> Option<Hint<Dose>> {
    above(grid, span, lane, column, |spot| table::dose_title(&spot.key))
}

fn above<T>(
    grid: &Grid<'_>,
    span: &Span,
    lane: &Lane,
    column: u32,
    says: impl Fn(&Spot<'_>) -> Option<T>,
) -> Option<Hint<T>> {
    let top = span.row.saturating_sub(REACH).max(span.floor);
    grid.titles()
        .iter()
        .filter_map(|at| grid.spots().get(*at))
        .filter(|spot| (top..span.row).contains(&spot.row) && spot.column <= column)
        .filter(|spot| !is_body_row(grid, lane, spot.row))
        .filter_map(|spot| table::hint(spot, says(spot)))
        .max_by_key(|hint| (hint.row, hint.column))
}

fn is_body_row(grid: &Grid<'_>, lane: &Lane, row: u32) -> bool {
    grid.at(row, lane.start).is_some_and(Spot::is_time)
}
