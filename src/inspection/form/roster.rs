//! Pure: lists of another kind beside the form's own: duty rosters, staff plans.

use super::Observation;
use super::sheet::{Area, Context, Found};
use crate::inspection::layout::grid::Grid;
use crate::inspection::layout::label::Class;
use crate::inspection::layout::table::Table;
use crate::inspection::normalize::date::{self, Calendar};
use crate::inspection::normalize::{glance::Glance, serial, time};

/// What the lists of a workbook are, taken together.
#[derive(Clone, Copy, Debug, Default)]
pub struct Company {
    /// A list counts 公開枠数 or 非公開枠数.
    explicit: bool,
    /// A list is complete and names no person.
    plain: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// It says in its headings or titles that it counts slots.
    Ours,
    /// It counts people of whatever kind.
    Vague,
    /// It names persons and counts them.
    Persons,
}

/// Headings that a list of slots has no need of.
const PERSONS: [&str; 10] =
    ["氏名", "担当", "従事", "職種", "医師", "看護", "スタッフ", "勤務", "シフト", "配置"];

impl Company {
    pub fn of<'t>(sheets: impl Iterator<Item = (&'t Grid<'t>, &'t [Table])>) -> Self {
        let mut company = Self::default();
        for (grid, tables) in sheets {
            for table in tables.iter().filter(|table| table.is_complete()) {
                company.explicit |= counts_slots(table);
                company.plain |= kind(grid, table) != Kind::Persons;
            }
        }
        company
    }
}

/// Parts the lists of a sheet into the form's own and those of another kind.
pub fn part(grid: &Grid<'_>, tables: Vec<Table>, context: &Context) -> (Vec<Table>, Vec<Table>) {
    let ours = |table: &Table| match kind(grid, table) {
        Kind::Ours => true,
        Kind::Vague => context.dose.is_some() || !context.company.explicit,
        Kind::Persons => context.dose.is_some() || !context.company.plain,
    };
    tables.into_iter().partition(ours)
}

/// Does a list name persons? Then a matrix on the same sheet is the form.
pub fn names_persons(grid: &Grid<'_>, table: &Table) -> bool {
    kind(grid, table) == Kind::Persons
}

/// Tells a list that was left aside, if anything stands in it.
pub fn note(grid: &Grid<'_>, table: &Table, calendar: &Calendar, found: &mut Found) {
    let mut bottom = table.bottom;
    for spot in grid.between(table.bottom + 1, table.end) {
        if date::is_certain(&spot.cell.value, calendar) || time::is_certain(&spot.cell.value) {
            bottom = spot.row;
        }
    }
    let (left, right) = (table.first_column(), table.last_column());
    found.others.push(Area { top: table.top, bottom, left, right: right.max(left) });
    if bottom == table.bottom {
        return;
    }
    let spots = grid.between(table.top, table.bottom);
    let raw: Vec<String> = spots.iter().map(|spot| serial::written(&spot.cell.value)).collect();
    let place = grid.place(table.top, spots.first().map_or(left, |spot| spot.column));
    found.observations.push(Observation::OtherTable { place, raw: raw.join("・") });
}

fn counts_slots(table: &Table) -> bool {
    let named = [Class::Public, Class::Private];
    table.segments.iter().any(|segment| named.iter().any(|class| segment.column(*class).is_some()))
}

fn kind(grid: &Grid<'_>, table: &Table) -> Kind {
    let heading = grid.between(table.top, table.bottom);
    let persons = heading.iter().any(|spot| Glance::of(&spot.key).contains_any(&PERSONS));
    let says_slots = |segment: &crate::inspection::layout::segment::Segment| {
        segment.visibility.is_some()
            || segment.dose.is_some()
            || segment
                .column(Class::Count)
                .is_some_and(|count| count.dose.is_some() || count.heading.contains('枠'))
    };
    let told = || grid.between(table.bottom + 1, table.end).iter().any(|spot| spot.mark.visibility.is_some());
    if counts_slots(table) || table.segments.iter().any(says_slots) || told() {
        Kind::Ours
    } else if persons {
        Kind::Persons
    } else if table.is_complete() {
        Kind::Vague
    } else {
        Kind::Ours
    }
}
