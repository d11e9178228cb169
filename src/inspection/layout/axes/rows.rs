//! Pure: which rows belong to the body of a matrix, which are sums, and whether it is one at all.

use super::edges::{Edges, is_aside};
use super::lanes::Lane;
use super::{Block, DateColumn, Span, TimeRow, names, titles};
use crate::inspection::layout::grid::{Grid, Spot};
use crate::inspection::layout::label::{self, Class};
use crate::inspection::layout::segment::Hint;
use crate::inspection::normalize::{Read, Reading, count, time};
use crate::inspection::verdict::Visibility;

/// The first row with a time, or above it the first with counts whose label is no heading: 「午前」, 24:00, nothing.
pub(super) fn first_row(edges: &Edges<'_, '_>, span: &Span, lane: &Lane) -> u32 {
    let grid = edges.grid;
    let first_time = lane.rows.first().copied().unwrap_or(span.row + 1);
    let is_heading = |row: u32| {
        grid.at(row, lane.start).is_some_and(|spot| {
            let capacity = label::is_capacity(&spot.key);
            label::is_total(&spot.key)
                || spot.label.is_some_and(|label| match label.class {
                    Some(Class::Count) => capacity,
                    Some(Class::Public | Class::Private | Class::Start) | None => false,
                    Some(_) => true,
                })
        })
    };
    grid.rows_between(span.row + 1, first_time.saturating_sub(1))
        .find(|row| {
            edges.is_counted(*row, lane.from, lane.to)
                && titles::of_row(grid, lane, *row).is_none()
                && !is_total_row(grid, lane, *row)
                && !is_heading(*row)
        })
        .unwrap_or(first_time)
}

/// 合計 before or behind the body.
pub(super) fn is_total_row(grid: &Grid<'_>, lane: &Lane, row: u32) -> bool {
    let end = lane.to.max(lane.start);
    grid.row_between(row, lane.left, end).iter().any(|spot| {
        (spot.column < lane.from || spot.column > lane.to || spot.column == lane.start)
            && label::is_total(&spot.key)
    })
}

/// Figures without a label that are the sums of their columns.
pub(super) fn adds_up(edges: &Edges<'_, '_>, columns: &[DateColumn], rows: &[TimeRow], row: u32) -> bool {
    let people =
        |row: u32, column: u32| match edges.grid.at(row, column).map(|spot| count::read(&spot.cell.value)) {
            Some(Reading { read: Read::Value(people), .. }) => u64::from(people),
            _ => 0,
        };
    let sum =
        |column: u32| rows.iter().filter(|row| !row.total).map(|row| people(row.row, column)).sum::<u64>();
    let mut figures = columns.iter().filter(|column| people(row, column.column) > 0).peekable();
    rows.len() >= 2
        && figures.peek().is_some()
        && figures.all(|column| people(row, column.column) == sum(column.column))
}

/// Below the last time: a time all the same, or something like a count under a date.
pub(super) fn says_slots(
    edges: &Edges<'_, '_>,
    lane: &Lane,
    columns: &[DateColumn],
    row: u32,
    start: Option<&Spot<'_>>,
) -> bool {
    if start.is_some_and(|spot| matches!(time::read(&spot.cell.value, None).read, Read::Value(_))) {
        return true;
    }
    if start.is_some_and(|spot| is_aside(&spot.key)) {
        return false;
    }
    edges.grid.row_between(row, lane.from, lane.to).iter().any(|spot| {
        let under = columns.iter().any(|column| column.column == spot.column && column.date.is_some());
        let attempt = spot.key.chars().count() <= 8 && spot.key.starts_with(|ch: char| ch.is_ascii_digit());
        under && (spot.is_people(edges.calendar) || (attempt && start.is_some()))
    })
}

/// Right below the last row of the body: 非公開 under a time that was written once, with whatever was typed there.
pub(super) fn is_open_sub_row(
    grid: &Grid<'_>,
    lane: &Lane,
    columns: &[DateColumn],
    above: Option<&TimeRow>,
    (row, visibility): (u32, Option<&Hint<Visibility>>),
) -> bool {
    let (Some(above), Some(said)) = (above, visibility) else { return false };
    let other = above.visibility.as_ref().is_some_and(|upper| upper.value != said.value);
    other
        && !above.total
        && above.row + 1 == row
        && (said.row, above.start.is_some()) == (row, true)
        && said.column < lane.from
        && said.column != lane.start
        && columns.iter().any(|column| {
            column.date.is_some() && grid.at(row, column.column).is_some_and(|spot| !spot.formula())
        })
}

/// Figures without a heading that are the sums of their rows.
pub(super) fn sums_up(edges: &Edges<'_, '_>, lane: &Lane, columns: &[DateColumn], column: u32) -> bool {
    let people =
        |row: u32, column: u32| match edges.grid.at(row, column).map(|spot| count::read(&spot.cell.value)) {
            Some(Reading { read: Read::Value(people), .. }) => u64::from(people),
            _ => 0,
        };
    columns.len() >= 2
        && lane.rows.iter().all(|row| {
            people(*row, column) == columns.iter().map(|column| people(*row, column.column)).sum::<u64>()
        })
}

/// Is this a matrix? If so, how many of its cells hold a count.
pub(super) fn worth(grid: &Grid<'_>, block: &Block, dates: &[u32], lane: &Lane) -> Option<usize> {
    let across = dates.iter().filter(|column| (lane.from..=lane.to).contains(column)).count();
    let down = lane.rows.len();
    // Counts beside one date: a row of a matrix that lies the other way, with the times of the next one below it.
    let is_count = |column: &&DateColumn| {
        column
            .date
            .filter(|(_, at)| dates.binary_search(at).is_err())
            .and_then(|(row, at)| grid.at(row, at))
            .is_some_and(|spot| matches!(count::read(&spot.cell.value).read, Read::Value(_)))
    };
    if block.columns.iter().filter(is_count).count() > across {
        return None;
    }
    let mut counts = 0;
    let (mut others, mut tried) = (0, 0);
    // Those with a date and a time; they tell which of two ways to look at a sheet is the right one.
    let mut sure = 0;
    for row in &block.rows {
        for column in block.columns.iter().filter(|column| !row.total && column.date.is_some()) {
            let Some(spot) = grid.at(row.row, column.column) else { continue };
            match count::read(&spot.cell.value).read {
                Read::Value(_) => {
                    counts += 1;
                    let dated = column.date.is_some_and(|(_, at)| dates.binary_search(&at).is_ok());
                    let timed = row.start.is_none() || lane.rows.binary_search(&row.row).is_ok();
                    sure += usize::from(dated && timed);
                }
                Read::Blank => {}
                Read::Not(_) if is_attempt(spot) => tried += 1,
                Read::Not(_) => others += 1,
            }
        }
    }
    let corner = (block.date_row.saturating_sub(1)..block.first_row)
        .flat_map(|row| grid.row(row))
        .any(|spot| spot.column < lane.from && (names(spot, Class::Start) || names(spot, Class::Date)));
    let clear = across >= 2 && down >= 2;
    // One date, or one time, right beside its counts.
    let near = lane.start + 1 == lane.from && block.first_row == block.date_row + 1;
    // 公開 and 非公開 between the edges and the counts.
    let between = |said: &Hint<Visibility>| (lane.start + 1..lane.from).contains(&said.column);
    let told = across + down >= 3
        && lane.start < lane.from
        && (block.columns.iter().any(|column| column.visibility.is_some())
            || block.rows.iter().any(|row| row.visibility.as_ref().is_some_and(between)));
    let shown = across >= 1 && down >= 1 && counts > 0 && (corner || near || told || across + down >= 4);
    // Counts that nobody can read are asked back one by one.
    let asked = if clear { tried } else { 0 };
    ((clear || shown) && others + tried <= counts + asked * 2)
        .then(|| sure.max(usize::from(counts > 0)) + asked)
}

/// 「6（2）」「6～8」: a figure with more about it.
fn is_attempt(spot: &Spot<'_>) -> bool {
    spot.is_text()
        && spot.key.starts_with(|ch: char| ch.is_ascii_digit())
        && spot.key.chars().count() <= 12
        && spot.label.is_none()
        && !spot.is_time()
}
