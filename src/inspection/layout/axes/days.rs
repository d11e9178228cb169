//! Pure: rows of bare days: under a month, behind a month or a date in their own row, or a week below another.

use std::collections::BTreeSet;

use super::edges::Edges;
use crate::inspection::layout::grid::Spot;
use crate::inspection::layout::label::{self, Class};
use crate::inspection::layout::months::{bare_day, is_day, next_month};
use crate::inspection::layout::table;
use crate::inspection::normalize::date::{self, Month};
use crate::inspection::normalize::{Read, Trouble, weekday};
use crate::inspection::workbook::Value;

/// How far behind a month in their own row days may begin.
const NEAR: u32 = 3;
/// 「10月25日(月)~10月29日(金)」
const MAX_PATTERN: usize = 48;
/// Days between two dates that stand beside one another.
const WEEK: u32 = 7;

/// A row of days by column, and the month of the last of them.
struct Days {
    row: u32,
    cells: Vec<(u32, u32)>,
    month: Month,
}

/// Adds the rows of bare days. Of the rows below one month only the first one is, and the weeks that go on from it.
pub(super) fn add(edges: &mut Edges<'_, '_>) {
    let by_sheet = edges.months.sheet.is_some();
    let grid = edges.grid;
    if !by_sheet && edges.months.is_empty() && edges.dates.is_empty() {
        return;
    }
    let mut months: BTreeSet<(u32, u32)> = BTreeSet::new();
    let mut last: Option<Days> = None;
    for row in grid.row_numbers() {
        if edges.time_rows.contains_key(&row) {
            continue;
        }
        let days: Vec<&Spot<'_>> =
            grid.row(row).iter().filter(|spot| is_day(&spot.cell.value) && !spot.formula()).collect();
        let Some(first) = days.first() else { continue };
        if edges.dates.contains_key(&row) {
            if let Some(found) = following(edges, row) {
                edges.dates.insert(row, found.cells.iter().map(|(column, _)| *column).collect());
                last = Some(found);
            }
            continue;
        }
        let over = edges.months.over(row, first.column).filter(|(at, _)| is_first_below(edges, *at, first));
        let new = match over {
            _ if is_behind_month(edges, row, &days) => true,
            Some((at, _)) => months.insert(at),
            None => days.len() >= 2 && by_sheet && go_on(&days) && !is_labelled(edges, first),
        };
        let week = if new { None } else { last.as_ref().filter(|last| is_next_week(edges, last, &days)) };
        if let Some(month) = week.map(|week| week.month) {
            edges.months.add(row, 0, month, 0);
        }
        if new || week.is_some() {
            edges.dates.insert(row, days.iter().map(|spot| spot.column).collect());
            last = read(edges, row, &days);
        }
    }
}

/// The days of a row with the month that the last of them is in.
fn read(edges: &Edges<'_, '_>, row: u32, days: &[&Spot<'_>]) -> Option<Days> {
    let days: Vec<(u32, u32)> =
        days.iter().filter_map(|spot| Some((spot.column, bare_day(&spot.cell.value)?))).collect();
    let &(column, _) = days.last()?;
    let (_, month) = edges.months.beside(row, column).or_else(|| edges.months.over(row, column))?;
    let anew = days.windows(2).any(|pair| matches!(pair, [(_, before), (_, after)] if after < before));
    Some(Days { row, cells: days, month: if anew { next_month(month) } else { month } })
}

/// Between a month and its days there are no times; what stands below 計 are sums, and below a date that happens
/// to be the first of its month a row of 非公開 has counts.
fn is_first_below(edges: &Edges<'_, '_>, (row, column): (u32, u32), first: &Spot<'_>) -> bool {
    let by_date = edges.grid.at(row, column).is_some_and(|spot| matches!(spot.cell.value, Value::Serial(_)));
    edges.time_rows.range(row + 1..first.row).next().is_none()
        && !edges
            .grid
            .row_up_to(first.row, first.column)
            .iter()
            .any(|spot| label::is_total(&spot.key) || (by_date && table::visibility_title(spot).is_some()))
}

/// Behind 公開, 非公開 or 計.
fn is_labelled(edges: &Edges<'_, '_>, first: &Spot<'_>) -> bool {
    let mut before = edges.grid.row_up_to(first.row, first.column).iter();
    before.any(|spot| label::is_total(&spot.key) || table::visibility_title(spot).is_some())
}

/// 10月 | 25 | 26: days that go on right behind a month, with no times above them.
fn is_behind_month(edges: &Edges<'_, '_>, row: u32, days: &[&Spot<'_>]) -> bool {
    let Some(first) = days.first() else { return false };
    let Some(((_, month), _)) = edges.months.beside(row, first.column) else { return false };
    let between = edges.grid.row_between(row, month + 1, first.column.saturating_sub(1));
    let heads = |spot: &Spot<'_>| {
        spot.label.is_some_and(|label| matches!(label.class, Some(Class::Date | Class::Day | Class::Weekday)))
    };
    let clear = days.len() >= 2 || (first.is_text() && first.key.contains('日'));
    let numbers = edges.grid.row(row).iter().filter(|spot| spot.column > month && !spot.is_text()).count();
    clear
        && first.column - month <= NEAR
        && between.iter().all(heads)
        && numbers == days.iter().filter(|spot| !spot.is_text()).count()
        && steps(edges, row, days)
        && !has_times_above(edges, row, days.iter().map(|spot| spot.column))
}

/// The days grow, but for where a month begins.
fn steps(edges: &Edges<'_, '_>, row: u32, days: &[&Spot<'_>]) -> bool {
    let told = |spot: &Spot<'_>| {
        (bare_day(&spot.cell.value), edges.months.beside(row, spot.column).map(|(at, _)| at))
    };
    days.windows(2).all(|pair| match pair {
        [before, after] => match (told(before), told(after)) {
            ((Some(before), here), (Some(after), there)) => {
                after > before || here != there || (before >= 20 && after <= 12)
            }
            _ => false,
        },
        _ => true,
    })
}

fn has_times_above(edges: &Edges<'_, '_>, row: u32, mut columns: impl Iterator<Item = u32>) -> bool {
    columns.any(|column| {
        let rows = edges.time_columns.get(&column);
        rows.and_then(|rows| rows.first()).is_some_and(|first| *first < row)
    })
}

/// 10/25 | 26 | 27: a month written on its first day only. The days go on within a week of one another.
fn following(edges: &mut Edges<'_, '_>, row: u32) -> Option<Days> {
    let grid = edges.grid;
    let dates = edges.dates.get(&row)?;
    let mut days = Vec::new();
    let mut told = Vec::new();
    let mut now: Option<jiff::civil::Date> = None;
    let mut bare = 0;
    for spot in grid.row(row) {
        if dates.binary_search(&spot.column).is_ok() {
            let Read::Value(date) = date::read(&spot.cell.value, edges.calendar, None).reading.read else {
                return None;
            };
            let day = u32::try_from(date.day()).ok()?;
            told.push((spot.column, Month { year: Some(date.year()), month: date.month() }, day));
            now = Some(date);
        } else if let Some(day) = bare_day(&spot.cell.value).filter(|_| !spot.formula()) {
            let from = now?;
            let next = from.series(jiff::ToSpan::days(1)).skip(1).take(WEEK as usize);
            now = Some(next.into_iter().find(|next| u32::try_from(next.day()).ok() == Some(day))?);
            bare += 1;
        } else {
            if label::is_total(&spot.key) || now.is_none() || !spot.is_text() {
                continue;
            }
            return None;
        }
        days.push((spot.column, u32::try_from(now?.day()).ok()?));
    }
    let counted = grid.row(row).first().is_some_and(|first| is_labelled(edges, first));
    if bare < 2 || counted || has_times_above(edges, row, days.iter().map(|(column, _)| *column)) {
        return None;
    }
    for (column, month, day) in told {
        edges.months.add(row, column, month, day);
    }
    let last = now?;
    Some(Days { row, cells: days, month: Month { year: Some(last.year()), month: last.month() } })
}

/// A row of a calendar: each day stands a week, or some, below the day above it, and times stand between them.
fn is_next_week(edges: &Edges<'_, '_>, last: &Days, days: &[&Spot<'_>]) -> bool {
    let Some(first) = days.first() else { return false };
    let mut common = 0;
    for spot in days {
        let Some(day) = bare_day(&spot.cell.value) else { return false };
        let Some((_, above)) = last.cells.iter().find(|(column, _)| *column == spot.column) else { continue };
        if day <= *above || (day - above) % WEEK != 0 {
            return false;
        }
        common += 1;
    }
    common >= 2
        && edges.time_rows.range(last.row + 1..first.row).next().is_some()
        && !is_labelled(edges, first)
        && steps(edges, first.row, days)
}

/// Days go on; they begin anew with a month.
fn go_on(days: &[&Spot<'_>]) -> bool {
    let numbers: Vec<u32> = days.iter().filter_map(|spot| bare_day(&spot.cell.value)).collect();
    let steps = || numbers.windows(2);
    let anew = steps().filter(|pair| matches!(pair, [before, after] if after < before)).count();
    steps().all(|pair| !matches!(pair, [before, after] if after == before)) && anew <= 2
}

/// 10/25～10/29, or 月 | 火 | 水, as an axis of a sheet without dates: they are asked back where they stand.
pub(super) fn add_patterns(edges: &mut Edges<'_, '_>) {
    let grid = edges.grid;
    if !grid.words().any(|word| word.key.len() <= MAX_PATTERN && may_be_pattern(&word.key)) {
        return;
    }
    for row in grid.row_numbers().filter(|row| !edges.time_rows.contains_key(row)) {
        let is_pattern = |spot: &&Spot<'_>| {
            spot.is_text()
                && spot.key.len() <= MAX_PATTERN
                && (weekday::parse(&spot.key).is_some()
                    || (spot.key.starts_with(|ch: char| ch.is_ascii_digit())
                        && date::read(&spot.cell.value, edges.calendar, None).reading.read
                            == Read::Not(Trouble::DateRange)))
        };
        let columns: Vec<u32> = grid.row(row).iter().filter(is_pattern).map(|spot| spot.column).collect();
        if columns.len() >= 2 {
            edges.dates.insert(row, columns);
        }
    }
}

fn may_be_pattern(key: &str) -> bool {
    weekday::parse(key).is_some() || (key.starts_with(|ch: char| ch.is_ascii_digit()) && key.contains('~'))
}
