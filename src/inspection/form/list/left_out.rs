//! Pure: what stands among the rows of a list and is none of them: sums, footnotes, fields, the sample's own table.

use smol_str::SmolStr;

use super::Reader;
use crate::inspection::form::loose::{is_balance, is_footnote, is_sum, tells_slot};
use crate::inspection::form::sheet::{Area, Found, entry, is_ditto};
use crate::inspection::form::written::Written;
use crate::inspection::form::{Entry, Observation, Remark, fields};
use crate::inspection::layout::grid::{Grid, Spot};
use crate::inspection::layout::label::Class;
use crate::inspection::layout::segment::Segment;
use crate::inspection::layout::table::Table;
use crate::inspection::normalize::{Read, Reading};
use crate::inspection::verdict::Visibility;

/// The table under 「記入例」: told, and not read.
pub(super) fn note_sample(
    grid: &Grid<'_>,
    table: &Table,
    (segment, title): (&Segment, &Spot<'_>),
    found: &mut Found,
) {
    // The form is not looked for elsewhere.
    found.unused_content = true;
    let place = grid.place(title.row, title.column);
    found.observations.push(Observation::Sample { place, raw: title.text.clone() });
    let (left, right) = (segment.first, segment.last);
    let mut rows = grid.rows_between(table.bottom + 1, table.end);
    let used = rows.rfind(|row| !grid.row_between(*row, left, right).is_empty());
    found.others.push(Area { top: title.row, bottom: used.unwrap_or(table.bottom), left, right });
}

impl Reader<'_, '_> {
    /// A word for a sum, or for a balance (差引, 残) where a date or time would stand or nothing else does. Before a bare
    /// hour, which may be the sum itself, it must lead the row.
    pub(super) fn sums(&self, spot: &Spot<'_>, dated: bool, timed: bool) -> bool {
        let (date, start) = (self.plan.date.column, self.plan.start.column);
        let leads = [date, start].contains(&spot.column);
        if timed {
            return spot.column < start && !dated && (is_sum(spot) || (leads && is_balance(spot)));
        }
        is_sum(spot) || ((leads || !dated) && is_balance(spot))
    }

    /// Footnotes, and a note that is merged over the columns of the list. One that speaks of a slot stays in.
    pub(super) fn is_remark(&self, spots: &[Spot<'_>]) -> bool {
        let date = self.plan.date.column;
        let over = |spot: &Spot<'_>| {
            let merged = self.grid.merged_at(spot.row, spot.column);
            merged.is_some_and(|merged| {
                (merged.first_column..=merged.last_column).contains(&date)
                    && (merged.first_column..=merged.last_column).contains(&self.plan.start.column)
                    && merged.first_column != merged.last_column
            })
        };
        let remark =
            |spot: &Spot<'_>| spot.is_text() && (is_footnote(spot) || over(spot)) && !tells_slot(&spot.key);
        let of_list = |spot: &&Spot<'_>| self.is_role(spot.column) && !spot.formula();
        spots.iter().any(remark) && spots.iter().filter(of_list).all(remark)
    }

    /// A text that may tell a slot, in a row that is none: told, though it is not read.
    pub(super) fn note_told(&mut self, spots: &[Spot<'_>]) {
        let note = self.plan.segment.column(Class::Note).map(|column| column.column);
        let told = spots.iter().find(|spot| {
            spot.is_text() && Some(spot.column) != note && self.is_role(spot.column) && tells_slot(&spot.key)
        });
        if let Some(spot) = told {
            let place = self.grid.place(spot.row, spot.column);
            self.found.observations.push(Observation::Aside { place, raw: spot.text.clone() });
        }
    }

    /// The values of header fields whose labels stand in the row above.
    pub(super) fn under_labels(&self, row: u32, spots: &[Spot<'_>]) -> bool {
        let Some(above) = row.checked_sub(1).filter(|above| *above > self.plan.date.row) else {
            return false;
        };
        !spots.is_empty()
            && spots.iter().all(|spot| self.grid.at(above, spot.column).is_some_and(fields::is_bare_label))
    }

    /// What the column of 公開 and 非公開 says of a row, where it was left blank under the row above.
    pub(super) fn kind_entry(&mut self, row: u32, written: &Written) -> Option<Entry<Visibility>> {
        let (_, Some(column)) = self.plan.by_row? else { return None };
        let told = if written.public.is_some() { Visibility::Public } else { Visibility::Private };
        let own = self.grid.covering(row, column);
        let ditto = own.is_some_and(is_ditto);
        let carried = (own.is_none() || ditto) && self.section.is_none();
        self.kind_above = Some(told);
        carried.then(|| {
            let from = SmolStr::new_static(told.label());
            let remarks = vec![Remark::CarriedDown { from, ditto, merged: false }];
            let raw = own.map(|spot| spot.text.clone()).unwrap_or_default();
            let reading = Reading { read: Read::Value(told), remarks };
            entry(self.grid.place(row, column), "区分", raw, reading)
        })
    }
}
