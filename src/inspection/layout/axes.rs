//! Pure: date × time matrices. Dates run across and times down; a turned [`Grid`] covers the other way round.

mod edges;
mod titles;

use std::collections::BTreeMap;

use smol_str::SmolStr;

use super::grid::{Grid, Spot};
use super::label::{self, Class};
use super::mark::{self, Half};
use super::months::{Months, bare_day, is_day};
use super::segment::Hint;
use super::table;
use crate::campaign::Dose;
use crate::inspection::normalize::date::{self, Calendar, Month};
use crate::inspection::normalize::{Read, count, time};
use crate::inspection::verdict::Visibility;
use crate::inspection::workbook::Value;

/// How far above the dates (or before the times) titles, months and groups may stand.
const REACH: u32 = 4;

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
    /// Heading of the time column, as written.
    pub time_heading: SmolStr,
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

/// Every matrix on the grid, and how many body cells hold a count.
pub fn find(grid: &Grid<'_>, calendar: &Calendar) -> (Vec<Block>, usize) {
    let times = edges::time_columns(grid);
    let dates = edges::date_rows(grid, calendar, &times);
    if times.is_empty() || dates.is_empty() {
        return (Vec::new(), 0);
    }
    let mut blocks = Vec::new();
    let mut filled = 0;
    let rows: Vec<u32> = dates.keys().copied().collect();
    for (index, &row) in rows.iter().enumerate() {
        let limit = rows.get(index + 1).map_or_else(|| grid.last_row(), |next| next - 1);
        let floor = index.checked_sub(1).and_then(|before| rows.get(before)).map_or(0, |before| before + 1);
        let Some(columns) = dates.get(&row) else { continue };
        for lane in lanes(grid, &times, columns, row, limit) {
            let span = Span { row, limit, floor };
            let block = block(grid, calendar, &span, &lane);
            if let Some(counts) = worth(grid, &block, columns, &lane) {
                filled += counts;
                blocks.push(block);
            }
        }
    }
    (blocks, filled)
}
fn names(spot: &Spot<'_>, class: Class) -> bool {
    spot.label.is_some_and(|label| label.class == Some(class))
}

/// A column of times with the body columns it serves.
struct Lane {
    /// First column whose texts speak of it.
    left: u32,
    start: u32,
    end: Option<u32>,
    from: u32,
    to: u32,
    rows: Vec<u32>,
}

/// The lanes below one row of dates: each serves the columns up to the next column of times.
fn lanes(grid: &Grid<'_>, times: &BTreeMap<u32, Vec<u32>>, dates: &[u32], row: u32, limit: u32) -> Vec<Lane> {
    let within: Vec<(u32, Vec<u32>)> = times
        .iter()
        .map(|(column, rows)| {
            (*column, rows.iter().copied().filter(|at| *at > row && *at <= limit).collect())
        })
        .filter(|(_, rows): &(u32, Vec<u32>)| !rows.is_empty())
        .collect();
    // A count that Excel made a time (5:00) makes no column of times of a body column.
    let most = within.iter().map(|(_, rows)| rows.len()).max().unwrap_or(0);
    let first_date = dates.iter().min().copied().unwrap_or(0);
    let within: Vec<(u32, Vec<u32>)> =
        within.into_iter().filter(|(column, rows)| *column < first_date || rows.len() * 2 > most).collect();
    let mut lanes: Vec<Lane> = Vec::new();
    let mut waiting: Option<(u32, Vec<u32>)> = None;
    for (index, (column, rows)) in within.iter().enumerate() {
        let next = within.get(index + 1).map_or(u32::MAX, |(next, _)| *next);
        if !dates.iter().any(|date| *date > *column && *date < next) {
            waiting = Some((*column, rows.clone()));
            continue;
        }
        // 開始 and 終了 side by side.
        let pair = waiting.take().filter(|(before, starts)| {
            column - before <= 2 && rows.iter().filter(|row| starts.contains(row)).count() * 2 > rows.len()
        });
        let (start, end, rows) = match pair {
            Some((start, rows)) => (start, Some(*column), rows),
            None => (*column, None, rows.clone()),
        };
        let from = grid
            .row(row)
            .iter()
            .filter(|spot| spot.column > *column && !heads_no_date(spot))
            .map(|spot| spot.column)
            .min()
            .unwrap_or(*column + 1);
        let left = if lanes.is_empty() { 0 } else { start };
        lanes.push(Lane { left, start, end, from, to: next.saturating_sub(1), rows });
    }
    // Times that stand behind the body only.
    if lanes.is_empty()
        && let Some((start, rows)) = waiting
        && dates.iter().any(|date| *date < start)
    {
        lanes.push(Lane { left: 0, start, end: None, from: 0, to: start.saturating_sub(1), rows });
    }
    lanes
}

struct Span {
    row: u32,
    limit: u32,
    floor: u32,
}

fn block(grid: &Grid<'_>, calendar: &Calendar, span: &Span, lane: &Lane) -> Block {
    let first_row = lane.rows.first().copied().unwrap_or(span.row + 1);
    let last_time = lane.rows.last().copied().unwrap_or(first_row);
    let (columns, sums) = columns(grid, calendar, span, lane, first_row);
    let mut rows = Vec::new();
    let mut over = titles::Over::of(grid, span, lane);
    for row in grid.rows_between(span.row + 1, span.limit) {
        if over.is_title(grid, lane, row) || row < first_row {
            continue;
        }
        let spots = grid.row(row);
        let start = grid.covering(row, lane.start).map(|spot| (spot.row, spot.column));
        let total = spots
            .iter()
            .any(|spot| (spot.column < lane.from || spot.column > lane.to) && label::is_total(&spot.key));
        if row > last_time && start.is_none() && !total && !has_stray_count(spots, &columns) {
            continue;
        }
        let visibility = row_visibility(grid, span, lane, row, &columns);
        let half = over.row(grid, span, lane, row, visibility.as_ref());
        rows.push(TimeRow {
            row,
            start,
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
        end: rows.last().map_or(last_time, |row| row.row),
        columns,
        sums,
        rows,
        time_heading,
    }
}

/// Below the last time only a typed whole number counts as content of the matrix.
fn has_stray_count(spots: &[Spot<'_>], columns: &[DateColumn]) -> bool {
    spots.iter().any(|spot| {
        let body = columns
            .binary_search_by_key(&spot.column, |column| column.column)
            .ok()
            .and_then(|at| columns.get(at))
            .is_some_and(|column| column.date.is_some());
        body && !spot.formula() && matches!(spot.cell.value, Value::Number(number) if number > 0.0)
    })
}

fn columns(
    grid: &Grid<'_>,
    calendar: &Calendar,
    span: &Span,
    lane: &Lane,
    first_row: u32,
) -> (Vec<DateColumn>, Vec<u32>) {
    let mut numbers: Vec<u32> = grid
        .between(span.row, span.limit)
        .iter()
        .map(|spot| spot.column)
        .filter(|column| (lane.from..=lane.to).contains(column))
        .collect();
    numbers.sort_unstable();
    numbers.dedup();
    let last_date = grid
        .row(span.row)
        .iter()
        .filter(|spot| date::is_certain(&spot.cell.value, calendar) || is_day(&spot.cell.value))
        .map(|spot| grid.merged_at(spot.row, spot.column).map_or(spot.column, |merged| merged.last_column))
        .max()
        .unwrap_or(0);
    let mut columns: Vec<DateColumn> = Vec::new();
    let mut sums = Vec::new();
    let mut months = Months::of(grid);
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
            None if column > last_date => continue,
            None => None,
        };
        let day =
            date.and_then(|(row, column)| grid.at(row, column)).and_then(|spot| bare_day(&spot.cell.value));
        let (month, month_is_own) = match day {
            Some(day) => {
                months.over(grid, span.row, date.map_or(column, |(_, column)| column), day, lane.from)
            }
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

/// 計, 備考, 時刻 in the row of dates.
fn heads_no_date(spot: &Spot<'_>) -> bool {
    label::is_total(&spot.key) || spot.label.is_some_and(|label| label.class.is_some())
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
        .filter_map(|spot| table::hint(spot, says(spot)))
        .max_by_key(|hint| (hint.column, hint.row))
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
    grid.at(row, lane.start).is_some_and(|spot| time::is_certain(&spot.cell.value))
}

/// Is this a matrix? If so, how many of its cells hold a count.
fn worth(grid: &Grid<'_>, block: &Block, dates: &[u32], lane: &Lane) -> Option<usize> {
    let across = dates.iter().filter(|column| (lane.from..=lane.to).contains(column)).count();
    let down = lane.rows.len();
    let mut counts = 0;
    let mut others = 0;
    for row in &block.rows {
        for column in block.columns.iter().filter(|_| !row.total) {
            let Some(spot) = grid.at(row.row, column.column) else { continue };
            match count::read(&spot.cell.value).read {
                Read::Value(_) => counts += 1,
                Read::Blank => {}
                Read::Not(_) => others += 1,
            }
        }
    }
    let corner = (block.date_row.saturating_sub(1)..block.first_row)
        .flat_map(|row| grid.row(row))
        .any(|spot| spot.column < lane.from && (names(spot, Class::Start) || names(spot, Class::Date)));
    let clear = across >= 2 && down >= 2;
    let shown = across >= 1 && down >= 1 && counts > 0 && (corner || across + down >= 4);
    ((clear || shown) && others <= counts).then_some(counts)
}
