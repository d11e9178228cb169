//! Pure: titles over a matrix and between its rows: 「非公開枠」「午後の部」.

use super::{Lane, REACH, Span, above, title_before};
use crate::inspection::layout::grid::{Grid, Spot};
use crate::inspection::layout::mark::{self, Half};
use crate::inspection::layout::segment::Hint;
use crate::inspection::layout::table;
use crate::inspection::verdict::Visibility;

/// What one row without counts says of the rows below it.
pub(super) struct Said {
    visibility: Option<Hint<Visibility>>,
    half: Option<Hint<Half>>,
}

/// A row of nothing but texts, one of which names a visibility or a half of the day.
pub(super) fn of_row(grid: &Grid<'_>, lane: &Lane, row: u32) -> Option<Said> {
    if grid.turned {
        return None;
    }
    let spots = grid.row_between(row, lane.left, lane.to);
    let mut said = Said { visibility: None, half: None };
    for spot in spots {
        let figure = spot.key.starts_with(|ch: char| ch.is_ascii_digit());
        if !spot.is_text() || (figure && spot.label.is_none()) || spot.formula() {
            return None;
        }
        if spot.column == lane.start && spot.is_time() {
            return None;
        }
        let visibility = table::visibility_title(spot).filter(|_| mark::is_section(&spot.key));
        let half = table::hint(spot, spot.mark.half);
        // Two that differ head columns.
        if !agree(said.visibility.as_ref(), visibility) || !agree(said.half.as_ref(), spot.mark.half) {
            return None;
        }
        said.visibility = said.visibility.or_else(|| table::hint(spot, visibility));
        said.half = said.half.or(half);
    }
    (said.visibility.is_some() || said.half.is_some()).then_some(said)
}

fn agree<T: PartialEq>(known: Option<&Hint<T>>, new: Option<T>) -> bool {
    !matches!((known, new), (Some(known), Some(new)) if known.value != new)
}

/// What holds for the row that is being read.
pub(super) struct Over {
    pub(super) visibility: Option<Hint<Visibility>>,
    half: Option<Hint<Half>>,
}

impl Over {
    /// Above the first row: what the corner says.
    pub(super) fn of(grid: &Grid<'_>, span: &Span, lane: &Lane) -> Self {
        let corner = grid.at(span.row, lane.start);
        Self { visibility: None, half: corner.and_then(|spot| table::hint(spot, spot.mark.half)) }
    }

    /// Takes what a title row says; false for any other row.
    pub(super) fn is_title(&mut self, grid: &Grid<'_>, lane: &Lane, row: u32) -> bool {
        let Some(said) = of_row(grid, lane, row) else { return false };
        self.visibility = said.visibility.or(self.visibility.take());
        self.half = said.half.or(self.half.take());
        true
    }

    /// The half of the day of one row, and whether it is the row's own. A label before the times that is not
    /// merged holds for the rows below it, too.
    pub(super) fn row(
        &mut self,
        grid: &Grid<'_>,
        span: &Span,
        lane: &Lane,
        row: u32,
        beside: Option<&Hint<Visibility>>,
    ) -> Option<(Hint<Half>, bool)> {
        if let Some(label) = beside.filter(|label| !grid.turned && label.column < lane.start) {
            self.visibility = Some(label.clone());
        }
        let spots = grid.row_between(row, lane.left, lane.to);
        let mut other = spots.iter().filter(|spot| spot.column != lane.start);
        let own = other.find_map(|spot| table::hint(spot, spot.mark.half)).or_else(|| {
            merged_before(grid, span, lane, row).find_map(|spot| table::hint(spot, spot.mark.half))
        });
        if let Some(own) = own {
            if !grid.turned {
                self.half = Some(own.clone());
            }
            return Some((own, true));
        }
        let title = if grid.turned { title_before(grid, lane, row, |spot| spot.mark.half) } else { None };
        title.or_else(|| self.half.clone()).map(|hint| (hint, false))
    }
}

/// Labels before the body that are merged over this row.
pub(super) fn merged_before<'g, 's>(
    grid: &'g Grid<'s>,
    span: &Span,
    lane: &Lane,
    row: u32,
) -> impl Iterator<Item = &'g Spot<'s>> {
    let (start, floor) = (lane.start, span.row);
    (lane.from.saturating_sub(REACH * 2)..lane.from).filter(move |column| *column != start).filter_map(
        move |column| {
            let merged = grid.merged_at(row, column).filter(|merged| merged.first_row > floor)?;
            grid.at(merged.first_row, merged.first_column)
        },
    )
}

/// 午前 or 午後 in a sub-heading of a column or in a title over it.
pub(super) fn half_over(
    grid: &Grid<'_>,
    span: &Span,
    lane: &Lane,
    first_row: u32,
    column: u32,
) -> Option<Hint<Half>> {
    let sub = (span.row + 1..first_row)
        .filter(|row| of_row(grid, lane, *row).is_none())
        .filter_map(|row| grid.covering(row, column))
        .find_map(|spot| table::hint(spot, spot.mark.half));
    let over = || if grid.turned { None } else { above(grid, span, lane, column, |spot| spot.mark.half) };
    sub.or_else(over)
}
