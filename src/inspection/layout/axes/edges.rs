//! Pure: the edges of a matrix: which columns hold times, which rows hold dates.

use std::collections::BTreeMap;

use super::names;
use crate::inspection::layout::grid::{Grid, Spot};
use crate::inspection::layout::label::Class;
use crate::inspection::layout::months::{is_day, month_of, month_over, sheet_month};
use crate::inspection::normalize::date::{self, Calendar};
use crate::inspection::normalize::{Read, time};
use crate::inspection::workbook::Value;

/// Columns with times, each with its rows.
pub(super) fn time_columns(grid: &Grid<'_>) -> BTreeMap<u32, Vec<u32>> {
    let mut columns: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    for spot in grid.spots().iter().filter(|spot| time::is_certain(&spot.cell.value)) {
        columns.entry(spot.column).or_default().push(spot.row);
    }
    // Under a heading 時刻 bare hours are times too.
    for spot in grid.spots().iter().filter(|spot| names(spot, Class::Start)) {
        let rows: Vec<u32> = (spot.row + 1..=spot.row.saturating_add(64).min(grid.last_row()))
            .filter(|row| grid.at(*row, spot.column).is_some_and(|below| is_hour(&below.cell.value)))
            .collect();
        if rows.len() >= 2 {
            let known = columns.entry(spot.column).or_default();
            known.extend(rows);
            known.sort_unstable();
            known.dedup();
        }
    }
    if columns.is_empty() {
        for spot in grid.spots().iter().filter(|spot| time::is_compact(&spot.cell.value)) {
            columns.entry(spot.column).or_default().push(spot.row);
        }
        // Two are enough where they go on as times do.
        let ascend = |column: u32, rows: &[u32]| {
            let values: Vec<_> = rows
                .iter()
                .filter_map(|row| grid.at(*row, column))
                .filter_map(|spot| start_of(spot))
                .collect();
            values.is_sorted_by(|before, after| before < after)
        };
        columns.retain(|column, rows| rows.len() >= 3 || (rows.len() == 2 && ascend(*column, rows)));
    }
    columns
}

fn start_of(spot: &Spot<'_>) -> Option<jiff::civil::Time> {
    match time::read(&spot.cell.value, None).read {
        Read::Value(span) => Some(span.start),
        _ => None,
    }
}

fn is_hour(value: &Value) -> bool {
    matches!(time::read(value, None).read, Read::Value(_))
}

/// Rows with dates, each with the columns that hold one.
pub(super) fn date_rows(
    grid: &Grid<'_>,
    calendar: &Calendar,
    times: &BTreeMap<u32, Vec<u32>>,
) -> BTreeMap<u32, Vec<u32>> {
    let mut dates: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    for spot in grid.spots().iter().filter(|spot| date::is_certain(&spot.cell.value, calendar)) {
        dates.entry(spot.row).or_default().push(spot.column);
    }
    let is_body = |row: u32| {
        grid.row(row)
            .iter()
            .any(|spot| times.get(&spot.column).is_some_and(|rows| rows.binary_search(&row).is_ok()))
    };
    drop_dated_counts(&mut dates, is_body);
    for row in grid.row_numbers() {
        if is_body(row) || dates.contains_key(&row) {
            continue;
        }
        let days: Vec<u32> =
            grid.row(row).iter().filter(|spot| is_day(&spot.cell.value)).map(|spot| spot.column).collect();
        let has_month = days.first().is_some_and(|column| {
            month_over(grid, row, *column).is_some() || days.len() >= 2 && sheet_month(grid).is_some()
        });
        if has_month {
            dates.insert(row, days);
        }
    }
    // A row of months over a row of days is no row of dates.
    let rows: Vec<u32> = dates.keys().copied().collect();
    for pair in rows.windows(2) {
        if let [upper, lower] = pair
            && lower - upper <= 2
            && grid.row(*upper).iter().all(|spot| month_of(spot).is_some() || spot.label.is_some())
        {
            dates.remove(upper);
        }
    }
    dates
}

/// A count that Excel made a date (6/6) stands beside a time and under a date of a row above: its row is body.
fn drop_dated_counts(dates: &mut BTreeMap<u32, Vec<u32>>, is_body: impl Fn(u32) -> bool) {
    let mut heads: Vec<u32> = Vec::new();
    dates.retain(|row, columns| {
        let (first, last) = (heads.iter().min(), heads.iter().max());
        let under = first.zip(last).is_some_and(|(first, last)| {
            // The last date may have a second sub-column.
            columns.iter().all(|column| (*first..=last.saturating_add(1)).contains(column))
        });
        let keep = !(under && is_body(*row));
        if keep {
            heads.clone_from(columns);
        }
        keep
    });
}
