//! Pure: the body columns that each column of times below a row of dates serves.

use super::edges::{Edges, Head, heads_no_date};
use crate::inspection::layout::label::Class;

/// A column of times with the body columns it serves.
pub(super) struct Lane {
    /// First column whose texts speak of it.
    pub(super) left: u32,
    pub(super) start: u32,
    pub(super) end: Option<u32>,
    pub(super) from: u32,
    pub(super) to: u32,
    /// Rows with a time.
    pub(super) rows: Vec<u32>,
}

/// The lanes below one row of dates: each serves the columns up to the next column of times.
pub(super) fn of(edges: &Edges<'_, '_>, head: &Head) -> Vec<Lane> {
    let mut lanes: Vec<Lane> = Vec::new();
    let mut waiting: Option<(u32, &Vec<u32>)> = None;
    for (index, (column, rows)) in head.labels.iter().enumerate() {
        let next = head.labels.get(index + 1).map_or(u32::MAX, |(next, _)| *next);
        let next = next.min(next_corner(edges, head, *column));
        if !head.columns.iter().any(|date| *date > *column && *date < next) {
            waiting = Some((*column, rows));
            continue;
        }
        // 開始 and 終了 side by side.
        let pair = waiting.take().filter(|(before, starts)| {
            column - before <= 2 && rows.iter().filter(|row| starts.contains(row)).count() * 2 > rows.len()
        });
        let (start, end, rows) = match pair {
            Some((start, rows)) => (start, Some(*column), rows),
            None => (*column, None, rows),
        };
        let left = if lanes.is_empty() { left_of(edges, head, start) } else { start };
        let from = first_body(edges, head, *column, rows);
        let to = last_body(edges, head, (*column, next), rows);
        lanes.push(Lane { left, start, end, from, to, rows: rows.clone() });
    }
    // Times that stand behind the body only.
    if lanes.is_empty()
        && let Some((start, rows)) = waiting
        && head.columns.iter().any(|date| *date < start)
    {
        let first = head.columns.iter().min().copied().unwrap_or(0);
        let from = first.checked_sub(1).filter(|column| is_body(edges, *column, rows)).unwrap_or(first);
        let to = start.saturating_sub(1);
        lanes.push(Lane { left: 0, start, end: None, from, to, rows: rows.clone() });
    }
    lanes
}

/// 接種日 or 時刻 behind a date in the row of dates: there another table begins.
fn next_corner(edges: &Edges<'_, '_>, head: &Head, label: u32) -> u32 {
    let first_date = head.columns.iter().copied().filter(|date| *date > label).min().unwrap_or(label);
    let is_corner = |class: Option<Class>| matches!(class, Some(Class::Date | Class::Start));
    let mut behind = edges.grid.row(head.row).iter().filter(|spot| spot.column > first_date);
    behind
        .find(|spot| spot.label.is_some_and(|label| is_corner(label.class)))
        .map_or(u32::MAX, |spot| spot.column)
}

/// 0, but for another table that stands to the left.
fn left_of(edges: &Edges<'_, '_>, head: &Head, start: u32) -> u32 {
    let spots = edges.grid.between(head.row, head.limit);
    let is_free = |column: &u32| !spots.iter().any(|spot| spot.column == *column);
    let gap = (0..start).rev().take(40).find(is_free);
    gap.filter(|gap| (0..*gap).any(|column| edges.moments(column, head.row, head.limit) > 0))
        .map_or(0, |gap| gap + 1)
}

/// A column with counts of the lane's times.
fn is_body(edges: &Edges<'_, '_>, column: u32, rows: &[u32]) -> bool {
    rows.iter().any(|row| edges.is_counted(*row, column, column))
}

/// The first column with a heading that may be a date, or with counts.
fn first_body(edges: &Edges<'_, '_>, head: &Head, label: u32, rows: &[u32]) -> u32 {
    let first_date = head.columns.iter().copied().filter(|date| *date > label).min().unwrap_or(label + 1);
    let heads = |column: &u32| {
        let heading = edges.grid.covering(head.row, *column);
        match heading {
            Some(spot) => !heads_no_date(spot),
            None => is_body(edges, *column, rows),
        }
    };
    (label + 1..first_date).find(heads).unwrap_or(first_date)
}

/// The last date and what stands right behind it without a gap: its sub-columns, sums, remarks.
fn last_body(edges: &Edges<'_, '_>, head: &Head, (label, next): (u32, u32), rows: &[u32]) -> u32 {
    let grid = edges.grid;
    let dated = head.columns.iter().copied().filter(|date| *date > label && *date < next);
    let last = dated
        .max()
        .map_or(label, |date| grid.merged_at(head.row, date).map_or(date, |merged| merged.last_column));
    let mut behind: Vec<u32> = grid
        .between(head.row, head.limit)
        .iter()
        .map(|spot| spot.column)
        .filter(|column| *column > last && *column < next)
        .collect();
    behind.sort_unstable();
    behind.dedup();
    let mut to = last;
    for column in behind {
        let other = edges.is_time(head.row, column)
            || edges.moments(column, head.row + 1, head.limit) * 2 > rows.len();
        if column > to + 1 || other {
            break;
        }
        to = grid.merged_at(head.row, column).map_or(column, |merged| merged.last_column);
    }
    to.min(next.saturating_sub(1))
}

/// More rows than a form has say nothing more of what kind they are.
const SAMPLE_ROWS: usize = 200;

/// Do the rows with a time look like rows of a list? Dates or times stand in the body, or beside the times.
pub(super) fn is_list(edges: &Edges<'_, '_>, head: &Head, lane: &Lane) -> bool {
    let dated = head.columns.iter().copied().filter(|date| (lane.from..=lane.to).contains(date));
    let first = dated.clone().min().unwrap_or(lane.from);
    let is_listed = |row| edges.is_list_row(row, (first, lane.to), lane.start..=lane.to);
    let rows = lane.rows.get(..SAMPLE_ROWS).unwrap_or(&lane.rows);
    let listed = rows.iter().filter(|row| is_listed(**row)).count();
    let (mut moments, mut people) = (0, 0);
    for column in dated {
        for spot in rows.iter().filter_map(|row| edges.grid.at(*row, column)) {
            moments += usize::from(spot.is_date(edges.calendar) || spot.is_time());
            people += usize::from(spot.is_people(edges.calendar));
        }
    }
    listed * 2 > rows.len() || moments > people
}
