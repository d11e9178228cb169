//! Pure: lists of another kind beside the form's own: duty rosters, staff plans.

use smol_str::SmolStr;

use super::sheet::{Area, Context, Found};
use super::{Observation, fields};
use crate::inspection::layout::grid::{Grid, Spot};
use crate::inspection::layout::label::Class;
use crate::inspection::layout::segment::Segment;
use crate::inspection::layout::table::Table;
use crate::inspection::normalize::date::Calendar;
use crate::inspection::normalize::{glance::Glance, serial};

/// What the lists of a workbook are, taken together.
#[derive(Clone, Copy, Debug, Default)]
pub struct Company {
    /// A list counts 公開枠数 or 非公開枠数.
    explicit: bool,
    /// A list is complete and names no person.
    plain: bool,
}

/// Is a person named among these cells, other than by the form's own fields?
pub fn names_persons(spots: &[Spot<'_>]) -> bool {
    spots.iter().any(|spot| Glance::of(&spot.key).contains_any(&PERSONS) && !fields::is_label(spot))
}

/// What one list is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
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
    let (mut own, mut others): (Vec<Table>, Vec<Table>) = tables.into_iter().partition(ours);
    for table in &mut own {
        others.extend(beside(grid, table));
    }
    (own, others)
}

/// Takes the lists of another kind out of a table whose heading they share.
fn beside(grid: &Grid<'_>, table: &mut Table) -> Vec<Table> {
    let alone = |segment: &Segment| Table { segments: vec![segment.clone()], ..table.clone() };
    if table.segments.len() < 2 || !table.segments.iter().any(|segment| counts_slots(&alone(segment))) {
        return Vec::new();
    }
    let strange = |segment: &Segment| {
        let own = segment.column(Class::Date).is_some() && !segment.shares && !segment.shares_start;
        own && kind(grid, &alone(segment)) != Kind::Ours
    };
    let others: Vec<Table> = table.segments.iter().filter(|segment| strange(segment)).map(alone).collect();
    let apart: Vec<u32> = others.iter().map(Table::first_column).collect();
    table.segments.retain(|segment| !apart.contains(&segment.first));
    others
}

/// Tells a list that was left aside, if anything stands in it; not `sure`: the form may be this one.
pub fn note(grid: &Grid<'_>, table: &Table, calendar: &Calendar, sure: bool, found: &mut Found) {
    let (left, right) = (table.first_column(), table.last_column());
    let within = |spot: &&Spot<'_>| table.segments.is_empty() || (left..=right).contains(&spot.column);
    let mut bottom = table.bottom;
    for spot in grid.between(table.bottom + 1, table.end).iter().filter(within) {
        if spot.is_date(calendar) || spot.is_time() {
            bottom = spot.row;
        }
    }
    found.others.push(Area { top: table.top, bottom, left, right: right.max(left) });
    if bottom == table.bottom {
        return;
    }
    let spots: Vec<&Spot<'_>> = grid.between(table.top, table.bottom).iter().filter(within).collect();
    let raw: Vec<SmolStr> = spots.iter().map(|spot| serial::written(&spot.cell.value)).collect();
    let place = grid.place(table.top, spots.first().map_or(left, |spot| spot.column));
    found.observations.push(Observation::OtherTable { place, raw: raw.join("・").into(), sure });
}

fn counts_slots(table: &Table) -> bool {
    let named = [Class::Public, Class::Private];
    table.segments.iter().any(|segment| named.iter().any(|class| segment.column(*class).is_some()))
}

/// Reads the headings of a list, and the texts in it.
pub fn kind(grid: &Grid<'_>, table: &Table) -> Kind {
    let reach = match table.segments.as_slice() {
        [only] => only.first..=only.last,
        _ => 0..=u32::MAX,
    };
    let within = |spot: &&Spot<'_>| reach.contains(&spot.column);
    let mut heading = grid.between(table.top, table.bottom).iter();
    let persons = heading.any(|spot| Glance::of(&spot.key).contains_any(&PERSONS));
    let says_slots = |segment: &Segment| {
        segment.visibility.is_some()
            || segment.dose.is_some()
            || segment
                .column(Class::Count)
                .is_some_and(|count| count.dose.is_some() || count.heading.contains('枠'))
    };
    let body = grid.between(table.bottom + 1, table.end).iter();
    let told = || body.clone().filter(within).any(|spot| spot.mark.visibility.is_some());
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
