//! Pure: a year that stands as a title above dates written without one.

use super::sheet::Found;
use super::{Read, Remark};
use crate::inspection::layout::grid::Grid;
use crate::inspection::normalize::date::{self, Calendar};

/// Dates without a year that stand below 「2022年」 are of that year: the clinic is asked (R07), not understood.
pub fn apply(grid: &Grid<'_>, calendar: &Calendar, found: &mut Found) {
    let titled = |key: &str| key.contains('年') && key.chars().count() <= 12;
    if !grid.words().any(|word| titled(&word.key) && date::year_heading(&word.text).is_some()) {
        return;
    }
    let Some(top) = found.areas.iter().map(|area| area.top).min() else { return };
    let above = grid.spots().iter().filter(|spot| spot.row <= top && spot.is_text() && titled(&spot.key));
    let years: Vec<i16> = above.filter_map(|spot| date::year_heading(&spot.text)).collect();
    let Some(year) = years.last().copied().filter(|year| *year != calendar.year) else { return };
    if years.contains(&calendar.year) {
        return;
    }
    for row in &mut found.rows {
        if row.date.remarks.contains(&Remark::NoYear)
            && let Some(moved) = row.date.value().and_then(|date| date.with().year(year).build().ok())
        {
            row.date.read = Read::Value(moved);
        }
    }
}
