//! Pure: the net under all readers: what looks like a slot and was read by none of them is told, never dropped.

use std::collections::BTreeSet;

use super::blocks::is_field;
use super::sheet::{Context, Cover, Found};
use super::{Observation, roster};
use crate::inspection::layout::grid::{Grid, Spot};
use crate::inspection::layout::label::{self, Class};
use crate::inspection::normalize::serial;
use crate::inspection::verdict::Place;

/// Rows that lie no further apart are told as one.
const SAME_BLOCK: u32 = 3;

/// Tells dates and times with counts beside or below them that nothing accounts for.
pub fn cast(grid: &Grid<'_>, context: &Context, found: &mut Found) {
    // Asked back as a whole by its headings.
    if found.rows.is_empty() && !found.missing.is_empty() {
        return;
    }
    let net = Net::over(grid, context, found);
    let loose: Vec<&Spot<'_>> = grid.spots().iter().filter(|spot| net.is_loose_moment(spot)).collect();
    if loose.is_empty() {
        return;
    }
    let mut caught: Vec<&Spot<'_>> = Vec::new();
    for count in grid.spots().iter().filter(|spot| net.is_loose_count(spot)) {
        caught.extend(net.moments_of(count));
    }
    caught.sort_by_key(|spot| (spot.row, spot.column));
    caught.dedup_by_key(|spot| (spot.row, spot.column));
    let mut told: Option<u32> = None;
    for spot in caught {
        if told.is_none_or(|row| spot.row > row + SAME_BLOCK) {
            found.observations.extend(net.tell(spot, found));
        }
        told = Some(spot.row);
    }
}

fn row_of(place: &Place) -> Option<&str> {
    place.cell.as_deref().map(|cell| cell.trim_start_matches(char::is_alphabetic))
}

/// A date or a time heads no column of a list.
fn is_heading(spot: &Spot<'_>) -> bool {
    spot.is_text() && !spot.is_time() && !spot.key.starts_with(|ch: char| ch.is_ascii_digit())
}

struct Net<'n, 'g> {
    grid: &'n Grid<'g>,
    context: &'n Context,
    /// Rows that a list gave, or that are its sums.
    read: BTreeSet<u32>,
    lists: Vec<super::Area>,
    blocks: Cover,
}

impl<'n, 'g> Net<'n, 'g> {
    fn over(grid: &'n Grid<'g>, context: &'n Context, found: &Found) -> Self {
        let mut read: BTreeSet<u32> = found.rows.iter().map(|row| row.row.saturating_sub(1)).collect();
        let sums = found.observations.iter().filter_map(|seen| match seen {
            Observation::TotalRow { row, .. } => Some(row.saturating_sub(1)),
            // Told where it stands.
            Observation::Sample { place, .. } | Observation::Unattributed { place, .. } => {
                row_of(place).and_then(|row| row.parse::<u32>().ok()?.checked_sub(1))
            }
            _ => None,
        });
        read.extend(sums);
        let mut blocks: Vec<super::Area> = found.blocks.iter().chain(&found.others).copied().collect();
        let lists: Vec<super::Area> =
            found.areas.iter().filter(|area| !found.blocks.contains(area)).copied().collect();
        // A list whose headings are asked back is not asked back by its cells, too.
        let rivals = found.observations.iter().any(|seen| matches!(seen, Observation::RivalCounts { .. }));
        if rivals || !found.missing.is_empty() {
            blocks.extend(lists.iter().map(|list| super::Area { bottom: u32::MAX, ..*list }));
        }
        let blocks = Cover::of(&blocks, grid.last_row());
        Self { grid, context, read, lists, blocks }
    }

    /// Was this cell looked at by a reader, or does it stand under a heading of a list in a row that was read?
    fn is_accounted(&self, spot: &Spot<'_>) -> bool {
        if self.blocks.holds(spot.row, spot.column) {
            return true;
        }
        self.read.contains(&spot.row)
            && self.lists.iter().any(|list| {
                (list.top..=list.bottom).contains(&spot.row)
                    && ((list.left..=list.right).contains(&spot.column)
                        || self.grid.covering(list.top, spot.column).is_some_and(is_heading))
            })
    }

    fn is_loose_moment(&self, spot: &Spot<'_>) -> bool {
        (spot.is_date(&self.context.calendar) || spot.is_time())
            && !self.is_accounted(spot)
            && !is_field(self.grid, spot)
    }

    fn is_loose_count(&self, spot: &Spot<'_>) -> bool {
        spot.is_people(&self.context.calendar)
            && !spot.is_time()
            && !self.is_accounted(spot)
            && !is_field(self.grid, spot)
            && !self.is_sum_or_number(spot)
    }

    /// Behind or below 合計, or under a heading that we know to be no count (No.).
    fn is_sum_or_number(&self, spot: &Spot<'_>) -> bool {
        let names = |other: &Spot<'_>| {
            other.is_text()
                && (label::is_total(&other.key)
                    || other.label.is_some_and(|label| label.class == Some(Class::Other)))
        };
        self.grid.row_up_to(spot.row, spot.column).iter().any(|other| label::is_total(&other.key))
            || self.above(spot.row, spot.column).take(400).find(|other| other.is_text()).is_some_and(names)
    }

    /// The cells above, nearest first, with gaps of no more than one row.
    fn above(&self, row: u32, column: u32) -> impl Iterator<Item = &'n Spot<'g>> {
        let grid = self.grid;
        let mut at = row;
        std::iter::from_fn(move || {
            let spot = (1..=2).find_map(|up| grid.at(at.checked_sub(up)?, column))?;
            at = spot.row;
            Some(spot)
        })
    }

    /// The date or time that a count belongs to: in its row, or above it in its column.
    fn moments_of(&self, count: &Spot<'_>) -> Option<&'n Spot<'g>> {
        let grid = self.grid;
        let beside = grid.row(count.row).iter().find(|spot| self.is_loose_moment(spot));
        beside
            .or_else(|| self.above(count.row, count.column).take(400).find(|spot| self.is_loose_moment(spot)))
    }

    fn tell(&self, spot: &Spot<'_>, found: &Found) -> Option<Observation> {
        let place = self.grid.place(spot.row, spot.column);
        let told = |seen: &Observation| matches!(seen, Observation::Unplaced { place: other, .. } if row_of(other) == row_of(&place));
        if found.observations.iter().any(told) {
            return None;
        }
        let raw = serial::written(&spot.cell.value);
        let near =
            self.grid.between(spot.row.saturating_sub(SAME_BLOCK), spot.row.saturating_add(SAME_BLOCK));
        if roster::names_persons(near) {
            return Some(Observation::OtherTable { place, raw, sure: true });
        }
        Some(Observation::Unplaced { place, raw })
    }
}
