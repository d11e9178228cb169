//! Pure: the sums that a clinic typed below and beside a matrix.

use smol_str::SmolStr;

use super::super::TypedTotal;
use super::super::sheet::{Area, Found, entry};
use crate::inspection::layout::axes::{Block, TimeRow};
use crate::inspection::layout::grid::{Grid, Spot};
use crate::inspection::layout::{label, table};
use crate::inspection::normalize::{count, serial};

/// Notes each typed sum with what it may sum up: the whole row or column, or what follows the sum before it.
pub fn note(grid: &Grid<'_>, block: &Block, found: &mut Found) {
    let (Some(first), Some(last)) = (block.columns.first(), block.columns.last()) else { return };
    let whole = (first.column, last.column.max(block.sums.iter().max().copied().unwrap_or(0)));
    let mut since = block.first_row;
    for row in &block.rows {
        let rows = if row.total { (block.first_row, row.row) } else { (row.row, row.row + 1) };
        let short = if row.total { (since, row.row) } else { rows };
        let mut left = whole.0;
        for &column in &block.sums {
            let columns = [whole, (left, column)];
            let spans = columns.into_iter().flat_map(|columns| [rows, short].map(|rows| (rows, columns)));
            figure(grid, block, row, column, spans.collect(), found);
            left = column;
        }
        if row.total {
            // One figure for the whole block, or for a dose of it.
            let figures =
                block.columns.iter().filter(|column| grid.at(row.row, column.column).is_some()).count();
            for column in &block.columns {
                let own = (column.column, column.column);
                let columns = if figures == 1 && block.columns.len() > 1 { whole } else { own };
                figure(
                    grid,
                    block,
                    row,
                    column.column,
                    vec![(rows, columns), (short, columns), (rows, own)],
                    found,
                );
            }
            since = row.row;
        }
    }
}

type Span = ((u32, u32), (u32, u32));

/// `spans`: rows without the last one, columns with it.
fn figure(grid: &Grid<'_>, block: &Block, row: &TimeRow, column: u32, spans: Vec<Span>, found: &mut Found) {
    let Some(spot) = grid.at(row.row, column).filter(|spot| !spot.formula()) else { return };
    let raw = serial::written(&spot.cell.value);
    let heading = grid.covering(block.date_row, column);
    let label = grid.covering(row.row, block.label_column);
    let text = |spot: Option<&Spot<'_>>| spot.map(|spot| spot.text.clone()).unwrap_or_default();
    let name: SmolStr = if row.total { text(label) } else { text(heading) };
    let read = entry(grid.place(row.row, column), name, raw, count::read(&spot.cell.value));
    if read.value().is_none() {
        return;
    }
    let said = |spot: Option<&Spot<'_>>| spot.and_then(|spot| label::visibility_mentioned(&spot.key));
    let visibility = said(heading).or_else(|| if row.total { said(label) } else { None });
    let area = |((top, bottom), (left, right)): Span| {
        let bottom = bottom.saturating_sub(1).max(top);
        if grid.turned {
            Area { top: left, bottom: right, left: top, right: bottom }
        } else {
            Area { top, bottom, left, right }
        }
    };
    let mut within: Vec<Area> = spans.into_iter().map(area).collect();
    within.dedup();
    let dose = if row.total { label.and_then(|label| table::dose_title(&label.key)) } else { None };
    found.totals.push(TypedTotal { entry: read, dose, visibility, within });
}
