//! Pure: the matrices of a sheet, whichever way they lie, each taken off the sheet before the next is looked for.

use std::collections::BTreeSet;

use super::sheet::{Area, Context, Cover, Found};
use super::{fields, matrix};
use crate::inspection::layout::axes::{self, Block};
use crate::inspection::layout::grid::{Grid, Spot};

/// Looks at a sheet; the blocks of one kind beside one another are found in one.
const ROUNDS: usize = 6;

/// One matrix as it lies.
struct Lying {
    block: Block,
    turned: bool,
    counts: usize,
    area: Area,
}

/// Reads the matrices of a sheet. `beside_list`: only those with counts are worth taking off a list's sheet.
pub fn read(grid: &Grid<'_>, context: &Context, beside_list: bool) -> Option<Found> {
    if beside_list && !axes::is_plausible(grid, &context.calendar, |spot| is_field(grid, spot)) {
        return None;
    }
    let mut found: Option<Found> = None;
    let mut rest = grid.clone();
    for _ in 0..ROUNDS {
        let turned = Grid::turned(&rest);
        let mut round = chosen(&rest, &turned, context, beside_list || found.is_some());
        if round.is_empty() {
            break;
        }
        round.sort_by_key(|lying| (lying.area.top, lying.area.left));
        let all = found.get_or_insert_default();
        for lying in &round {
            matrix::read(if lying.turned { &turned } else { &rest }, &lying.block, context, all);
        }
        let cover = Cover::of(round.iter().map(|lying| &lying.area), grid.last_row());
        rest = rest.only(|cell| !cover.holds(cell.row, cell.column));
    }
    found
}

/// Of the matrices that either way of looking finds, the fuller one of two that share cells.
fn chosen(upright: &Grid<'_>, turned: &Grid<'_>, context: &Context, counted: bool) -> Vec<Lying> {
    let known = field_values(upright, context);
    let lying = |grid: &Grid<'_>| {
        let found = axes::find(grid, &context.calendar, &known).into_iter();
        found
            .map(|candidate| {
                let block = matrix::trimmed(grid, &candidate.block, &context.calendar);
                let area = matrix::area(grid, &block);
                Lying { block, turned: grid.turned, counts: candidate.counts, area }
            })
            .filter(|lying| !lying.block.rows.is_empty() && !lying.block.columns.is_empty())
            .collect::<Vec<_>>()
    };
    let mut all = lying(upright);
    all.extend(lying(turned));
    all.sort_by_key(|lying| std::cmp::Reverse(lying.counts));
    let mut chosen: Vec<Lying> = Vec::new();
    for one in all {
        let free = !chosen.iter().any(|other| other.area.meets(&one.area));
        if free && (one.counts > 0 || !counted) {
            chosen.push(one);
        }
    }
    chosen
}

/// Dates that stand behind or below the label of a field: 提出日.
fn field_values(grid: &Grid<'_>, context: &Context) -> BTreeSet<(u32, u32)> {
    let dates = grid.spots().iter().filter(|spot| spot.is_date(&context.calendar));
    dates.filter(|spot| is_field(grid, spot)).map(|spot| (spot.cell.row, spot.cell.column)).collect()
}

/// Does the value belong to a field of the header: behind its label, or below a label with nothing behind it?
pub fn is_field(grid: &Grid<'_>, spot: &Spot<'_>) -> bool {
    let before =
        grid.row_up_to(spot.row, spot.column).iter().rev().find(|before| before.column < spot.column);
    if before.is_some_and(is_bare_label) {
        return true;
    }
    let above = spot.row.checked_sub(1).and_then(|row| grid.at(row, spot.column));
    above.is_some_and(|above| {
        let behind = grid.row(above.row).iter().find(|next| next.column > above.column);
        is_bare_label(above) && behind.is_none_or(is_bare_label)
    })
}

/// A label that has its value in another cell.
fn is_bare_label(spot: &Spot<'_>) -> bool {
    fields::is_label(spot) && !spot.key.trim_end_matches(':').contains(':')
}
