//! Pure: list tables: a heading row (or two joined) with at least two of date, time and count, and what it spans.

use smol_str::{SmolStr, format_smolstr};

use super::grid::{Grid, Spot};
use super::label::{self, Class, Label};
use super::mark::Half;
use super::segment::{self, Column, Hint, Segment};
use crate::campaign::Dose;
use crate::inspection::normalize::date::{self, Calendar, Month};
use crate::inspection::normalize::{dose, time};
use crate::inspection::verdict::Visibility;

/// How many rows above a heading a title may stand.
const TITLE_ROWS: u32 = 4;

/// A list: its heading rows, the last row of its region, and its segments from left to right.
#[derive(Clone, Debug)]
pub struct Table {
    pub top: u32,
    pub bottom: u32,
    /// Last row that belongs to it: up to the next table or the end of the sheet.
    pub end: u32,
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

/// Every list on the sheet, top to bottom.
pub fn find(grid: &Grid<'_>, calendar: &Calendar) -> Vec<Table> {
    let rows: Vec<u32> = grid.row_numbers().collect();
    let mut tables: Vec<Table> = Vec::new();
    let mut index = 0;
    while let Some(&row) = rows.get(index) {
        index += 1;
        if tables.last().is_some_and(|table| table.bottom >= row) {
            continue;
        }
        let Some((top, bottom)) = heading_at(grid, row) else { continue };
        if let Some(previous) = tables.last_mut() {
            previous.end = top.saturating_sub(1).max(previous.bottom);
        }
        let floor = tables.last().map_or(0, |table| table.bottom + 1);
        let segments = segments_of(grid, calendar, top, bottom, floor);
        if !segments.is_empty() {
            tables.push(Table { top, bottom, end: grid.last_row(), segments });
        }
    }
    tables
}

/// Which of date, time and count a row's headings name.
#[derive(Clone, Copy, Default)]
struct Kinds {
    date: bool,
    time: bool,
    count: bool,
}

impl Kinds {
    fn of(spots: &[Spot<'_>]) -> Self {
        let mut kinds = Self::default();
        let (mut day, mut month) = (false, false);
        for label in spots.iter().filter_map(|spot| spot.label) {
            match label.class {
                Some(Class::Date) => kinds.date = true,
                Some(Class::Start) => kinds.time = true,
                Some(Class::Day) => day = true,
                Some(Class::Month) => month = true,
                _ if label.is_count() => kinds.count = true,
                _ => {}
            }
        }
        kinds.date |= day && (month || kinds.time || kinds.count);
        kinds
    }

    fn and(self, other: Self) -> Self {
        Self {
            date: self.date || other.date,
            time: self.time || other.time,
            count: self.count || other.count,
        }
    }

    fn number(self) -> u8 {
        u8::from(self.date) + u8::from(self.time) + u8::from(self.count)
    }
}

/// The heading that begins in this row: its first and last row.
fn heading_at(grid: &Grid<'_>, row: u32) -> Option<(u32, u32)> {
    let own = Kinds::of(grid.row(row));
    if own.number() == 0 {
        return None;
    }
    let below = row + 1;
    if own.number() >= 2 {
        return Some((row, if is_second_heading(grid, below) { below } else { row }));
    }
    let next = Kinds::of(grid.row(below));
    let joined = next.number() == 1 && own.and(next).number() >= 2;
    (joined && is_heading_only(grid.row(row)) && is_heading_only(grid.row(below))).then_some((row, below))
}

fn is_heading_only(spots: &[Spot<'_>]) -> bool {
    !spots.is_empty() && spots.iter().all(|spot| spot.is_text() && spot.label.is_some())
}

/// The second row of a heading holds headings only, and at least one that divides a column.
fn is_second_heading(grid: &Grid<'_>, row: u32) -> bool {
    let spots = grid.row(row);
    // A lone 「１回目」 is a title over the rows below, not part of the heading.
    let divides = |label: Label| {
        label.is_count()
            || matches!(label.class, Some(Class::Start | Class::End))
            || (label.class.is_none() && spots.len() > 1)
    };
    // 「公開枠」 under 接種日 is a title over the rows below.
    let is_title = |spot: &Spot<'_>| {
        spot.label.is_some_and(|label| label.is_count())
            && grid.at(row - 1, spot.column).and_then(|above| above.label).is_some_and(|above| {
                above
                    .class
                    .is_some_and(|class| !matches!(class, Class::Count | Class::Public | Class::Private))
            })
    };
    is_heading_only(spots)
        && !spots.iter().any(is_title)
        && spots.iter().filter_map(|spot| spot.label).any(divides)
        && !(Kinds::of(spots).number() >= 2 && Kinds::of(spots).date)
}

fn segments_of(grid: &Grid<'_>, calendar: &Calendar, top: u32, bottom: u32, floor: u32) -> Vec<Segment> {
    let mut columns: Vec<u32> = grid
        .between(top, bottom)
        .iter()
        .filter(|spot| spot.label.is_some())
        .map(|spot| spot.column)
        .collect();
    columns.sort_unstable();
    columns.dedup();
    let columns: Vec<(Option<Class>, Column)> =
        columns.into_iter().filter_map(|column| compose(grid, top, bottom, column)).collect();
    let mut segments = segment::split(grid, calendar, bottom, columns);
    let heading = grid.between(top, bottom);
    for segment in &mut segments {
        segment.labelled.extend(heading.iter().map(|spot| spot.column));
    }
    let mut below = top;
    while below > floor && top - below < TITLE_ROWS {
        below -= 1;
        adopt_titles(grid, calendar, below, &mut segments);
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
fn adopt_titles(grid: &Grid<'_>, calendar: &Calendar, row: u32, segments: &mut [Segment]) {
    let spots = grid.row(row);
    let is_data = spots.iter().any(|spot| {
        !spot.is_text() || date::is_certain(&spot.cell.value, calendar) || time::is_certain(&spot.cell.value)
    });
    if is_data {
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
