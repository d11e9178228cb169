//! Pure: list tables: a heading row (or two joined) with at least two of date, time and count, and what it spans.

use smol_str::{SmolStr, format_smolstr};

use super::grid::{Grid, Spot};
use super::heading::{self, Heading};
use super::label::{self, Class};
use super::mark::Half;
use super::segment::{self, Column, Hint, Segment};
use crate::campaign::Dose;
use crate::inspection::normalize::date::{self, Calendar, Month};
use crate::inspection::normalize::dose;
use crate::inspection::verdict::Visibility;

/// How many rows above a heading a title may stand.
const TITLE_ROWS: u32 = 4;

/// A list: its heading rows, the last row of its region, and its segments from left to right.
#[derive(Clone, Debug)]
pub struct Table {
    pub top: u32,
    pub bottom: u32,
    /// Last row that belongs to it: up to the next table below it or the end of the sheet.
    pub end: u32,
    /// First and last column whose texts speak of it: up to its neighbours'.
    pub left: u32,
    pub right: u32,
    pub segments: Vec<Segment>,
}

impl Table {
    pub fn is_complete(&self) -> bool {
        self.segments.iter().all(|segment| segment.missing().is_empty())
    }

    pub fn first_column(&self) -> u32 {
        self.segments.iter().map(|segment| segment.first).min().unwrap_or(0)
    }

    pub fn last_column(&self) -> u32 {
        self.segments.iter().map(|segment| segment.last).max().unwrap_or(0)
    }
}

/// Every list on the sheet, top to bottom. Lists may stand side by side with their headings in different rows.
pub fn find(grid: &Grid<'_>, calendar: &Calendar) -> Vec<Table> {
    let mut tables: Vec<Table> = Vec::new();
    for row in grid.row_numbers() {
        for heading in heading::of_row(grid, calendar, row) {
            let over = |table: &&mut Table| table.end >= row && heading.meets(table);
            if tables.iter_mut().any(|table| over(&table) && table.bottom >= row) {
                continue;
            }
            let beside = tables.iter().any(|table| table.end >= row);
            let stands = match tables.iter_mut().rfind(over) {
                Some(above) => heading.follows(grid, calendar, above),
                None => !beside || heading.has_rows(grid, calendar),
            };
            if !stands {
                continue;
            }
            let floor =
                tables.iter().filter(|table| heading.meets(table)).map(|table| table.bottom + 1).max();
            let (left, right) = neighbours(&tables, &heading);
            let segments = segments_of(grid, calendar, &heading, (left, right), floor.unwrap_or(0));
            if segments.is_empty() {
                continue;
            }
            give_way(&mut tables, &heading);
            let (top, bottom) = (heading.top, heading.bottom);
            tables.push(Table { top, bottom, end: grid.last_row(), left, right, segments });
        }
    }
    drop_summaries(grid, calendar, &mut tables);
    tables
}

/// What a list adds up to on each day may stand beside it under headings of its own.
fn drop_summaries(grid: &Grid<'_>, calendar: &Calendar, tables: &mut Vec<Table>) {
    let [_, _, ..] = tables.as_slice() else { return };
    let lists = tables.iter().filter(|table| table.is_complete());
    let list = lists.flat_map(|table| table.segments.iter().map(|one| (table.bottom, one.clone()))).next();
    let Some((bottom, list)) = list else { return };
    tables.retain(|table| {
        let sums = |one| segment::sums_up(grid, calendar, (table.bottom, one), (bottom, &list));
        !table.segments.iter().all(sums)
    });
}

/// How far a list may reach to the left and right of its headings.
fn neighbours(tables: &[Table], heading: &Heading) -> (u32, u32) {
    let beside = || tables.iter().filter(|table| table.end >= heading.top && !heading.meets(table));
    let left = beside().map(Table::last_column).filter(|last| *last < heading.first).max();
    let right = beside().map(Table::first_column).filter(|first| *first > heading.last).min();
    (left.map_or(0, |last| last + 1), right.map_or(u32::MAX, |first| first.saturating_sub(1)))
}

/// A list ends above the next one below it, and before the next one beside it.
fn give_way(tables: &mut [Table], heading: &Heading) {
    for table in tables.iter_mut().filter(|table| table.end >= heading.top) {
        if heading.meets(table) {
            table.end = heading.top.saturating_sub(1).max(table.bottom);
        } else if table.last_column() < heading.first {
            table.right = table.right.min(heading.first.saturating_sub(1));
        } else {
            table.left = table.left.max(heading.last + 1);
        }
    }
}

fn segments_of(
    grid: &Grid<'_>,
    calendar: &Calendar,
    heading: &Heading,
    (left, right): (u32, u32),
    floor: u32,
) -> Vec<Segment> {
    let Heading { top, bottom, .. } = *heading;
    let spots = || (top..=bottom).flat_map(|row| grid.row_between(row, left, right));
    let mut columns: Vec<u32> = spots().filter(|spot| spot.label.is_some()).map(|spot| spot.column).collect();
    columns.sort_unstable();
    columns.dedup();
    let columns: Vec<(Option<Class>, Column)> =
        columns.into_iter().filter_map(|column| compose(grid, top, bottom, column)).collect();
    let mut segments = segment::split(grid, calendar, bottom, columns);
    for segment in &mut segments {
        segment.labelled.extend(spots().map(|spot| spot.column));
    }
    let mut below = top;
    while below > floor && top - below < TITLE_ROWS {
        below -= 1;
        adopt_titles(grid.row_between(below, left, right), calendar, &mut segments);
    }
    for segment in &mut segments {
        segment.month = segment.month.or_else(|| {
            let date = segment.columns.get(&Class::Date)?;
            month_in(&date.heading)
        });
    }
    segments
}

/// 「接種日（10月）」
fn month_in(heading: &str) -> Option<Month> {
    let (_, inside) = label::split_note(&crate::inspection::normalize::token::key(heading));
    date::month_heading(&inside)
}

/// The heading over one column, joined from its rows and from a group heading merged over it.
fn compose(grid: &Grid<'_>, top: u32, bottom: u32, column: u32) -> Option<(Option<Class>, Column)> {
    let lower = if bottom > top { grid.at(bottom, column).filter(|spot| spot.label.is_some()) } else { None };
    let upper = if lower.is_some() { grid.covering(top, column) } else { grid.at(top, column) };
    let upper = upper.filter(|spot| spot.label.is_some());
    let group =
        top.checked_sub(1).and_then(|row| grid.covering(row, column)).filter(|spot| groups(grid, spot));
    let layers: Vec<&Spot<'_>> = [lower, upper, group].into_iter().flatten().collect();
    let nearest = *layers.first()?;
    let mut class = None;
    let mut rank = usize::MAX;
    let mut dose = None;
    let mut heading = SmolStr::default();
    for layer in &layers {
        let Some(label) = layer.label else { continue };
        dose = dose.or(label.dose);
        match (class, label.class) {
            (None, Some(found)) => {
                class = Some(found);
                rank = label.rank;
            }
            (Some(Class::Count), Some(found @ (Class::Public | Class::Private))) => class = Some(found),
            (Some(Class::Count), _) => {
                class = match label.visibility {
                    Some(Visibility::Public) => Some(Class::Public),
                    Some(Visibility::Private) => Some(Class::Private),
                    None => class,
                };
            }
            _ => {}
        }
        let text: String = layer.text.split('\n').map(str::trim).collect();
        heading = if heading.is_empty() { as_written(layer) } else { format_smolstr!("{text}　{heading}") };
    }
    Some((class, Column { row: nearest.row, column, heading, dose, rank }))
}

/// The heading as the clinic sees it, on one line.
fn as_written(spot: &Spot<'_>) -> SmolStr {
    match &spot.cell.value {
        crate::inspection::workbook::Value::Text(text) => {
            text.split(['\n', '\r']).map(str::trim).collect::<String>().trim().into()
        }
        _ => spot.text.clone(),
    }
}

/// A heading above the headings: merged over several columns, and about counts, visibility or dose.
fn groups(grid: &Grid<'_>, spot: &Spot<'_>) -> bool {
    let wide =
        grid.merged_at(spot.row, spot.column).is_some_and(|merged| merged.last_column > merged.first_column);
    let about = spot.label.is_some_and(|label| label.is_count() || label.class.is_none());
    wide && about && spot.key.chars().count() <= 16
}

/// Takes dose, visibility and month from one row of titles above the heading, where not yet known.
fn adopt_titles(spots: &[Spot<'_>], calendar: &Calendar, segments: &mut [Segment]) {
    if spots.iter().any(|spot| heading::is_data(spot, calendar)) {
        return;
    }
    let titles = || spots.iter().filter(|spot| label::is_title(&spot.key));
    let doses: Vec<Hint<Dose>> = titles().filter_map(|spot| hint(spot, dose_title(&spot.key))).collect();
    let seen: Vec<Hint<Visibility>> =
        titles().filter_map(|spot| hint(spot, visibility_title(spot))).collect();
    let halves: Vec<Hint<Half>> = titles().filter_map(|spot| hint(spot, spot.mark.half)).collect();
    let month = titles().find_map(|spot| date::month_heading(&spot.text));
    let lists = segments.len();
    for segment in segments {
        // Titles come left to right: the last one that begins within or before the segment holds. More
        // titles than lists say nothing of any one list.
        if segment.dose.is_none() && distinct(&doses) <= lists {
            segment.dose = doses.iter().rfind(|hint| hint.column <= segment.last).cloned();
        }
        if segment.visibility.is_none() && distinct(&seen) <= lists {
            segment.visibility = seen.iter().rfind(|hint| hint.column <= segment.last).cloned();
        }
        if segment.half.is_none() && distinct(&halves) <= lists {
            segment.half = halves.iter().rfind(|hint| hint.column <= segment.last).cloned();
        }
        segment.month = segment.month.or(month);
    }
}

pub fn hint<T>(spot: &Spot<'_>, value: Option<T>) -> Option<Hint<T>> {
    value.map(|value| Hint { value, row: spot.row, column: spot.column, raw: spot.text.clone() })
}

fn distinct<T: Copy + PartialEq>(hints: &[Hint<T>]) -> usize {
    let mut seen: Vec<T> = Vec::new();
    for hint in hints {
        if !seen.contains(&hint.value) {
            seen.push(hint.value);
        }
    }
    seen.len()
}

/// 「公開枠」 as a title over a table.
pub fn visibility_title(spot: &Spot<'_>) -> Option<Visibility> {
    match spot.label?.class? {
        Class::Public => Some(Visibility::Public),
        Class::Private => Some(Visibility::Private),
        _ => None,
    }
}

/// 「１回目」「第２回接種」 as a title over a table.
pub fn dose_title(key: &str) -> Option<Dose> {
    let said = dose::mentioned(key).or_else(|| dose::parse(key).filter(|_| key.contains('回')));
    said.filter(|_| !key.contains("期間"))
}
