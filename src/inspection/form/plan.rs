//! Pure: which column of a list plays which part, and whether its counts are public.

use smol_str::SmolStr;

use super::Read;
use super::sheet::Context;
use crate::campaign::Dose;
use crate::inspection::layout::grid::{Grid, Spot};
use crate::inspection::layout::label::{self, Class};
use crate::inspection::layout::mark;
use crate::inspection::layout::segment::{Column, Segment};
use crate::inspection::layout::table::{self, Table};
use crate::inspection::normalize::{count, dose, token};
use crate::inspection::verdict::Visibility;

/// Which column plays which part, settled once for a list.
pub struct Plan<'s> {
    pub segment: &'s Segment,
    pub date: &'s Column,
    pub month: Option<&'s Column>,
    pub start: &'s Column,
    pub public: Option<&'s Column>,
    pub private: Option<&'s Column>,
    /// A count column whose visibility a column beside it tells, or (`None`) the titles between the rows.
    pub by_row: Option<(&'s Column, Option<u32>)>,
    /// `public` or `private` is a general count: a title between the rows may say otherwise.
    pub general: bool,
    /// Headed so, or (without a heading) holding nothing but doses.
    pub dose: Option<Column>,
}

impl<'s> Plan<'s> {
    /// `None`: nothing tells whether the counts are public.
    pub fn of(grid: &Grid<'_>, table: &Table, segment: &'s Segment, context: &Context) -> Option<Self> {
        let mut plan = Self::roles(grid, table, segment, context)?;
        if plan.dose.is_none() {
            plan.dose = unheaded_dose(grid, table, plan.date);
        }
        Some(plan)
    }

    fn roles(grid: &Grid<'_>, table: &Table, segment: &'s Segment, context: &Context) -> Option<Self> {
        let column = |class| segment.column(class);
        let mut plan = Self {
            segment,
            date: column(Class::Date).or_else(|| column(Class::Day))?,
            month: if segment.columns.contains_key(&Class::Date) { None } else { column(Class::Month) },
            start: column(Class::Start)?,
            public: column(Class::Public),
            private: column(Class::Private),
            by_row: None,
            general: false,
            dose: column(Class::Dose).cloned(),
        };
        let division = column(Class::Division).map(|column| (column, division(grid, table, column.column)));
        if let Some((column, Division::Dose)) = division
            && plan.dose.is_none()
        {
            plan.dose = Some(column.clone());
        }
        let Some(general) = column(Class::Count) else { return Some(plan) };
        if plan.public.or(plan.private).is_some() {
            return Some(plan);
        }
        if let Some((kind, Division::Visibility)) = division {
            plan.by_row = Some((general, Some(kind.column)));
            return Some(plan);
        }
        plan.general = true;
        match segment.visibility.as_ref().map(|hint| hint.value).or(context.visibility) {
            Some(Visibility::Public) => plan.public = Some(general),
            Some(Visibility::Private) => plan.private = Some(general),
            None => match telling(grid, table, segment, general) {
                Some(kind) => plan.by_row = Some((general, Some(kind))),
                None if has_sections(grid, table) => plan.by_row = Some((general, None)),
                None => return None,
            },
        }
        Some(plan)
    }

    pub fn visibilities(&self) -> Vec<Visibility> {
        if self.by_row.is_some() {
            return Vec::new();
        }
        let public = self.public.map(|_| Visibility::Public);
        public.into_iter().chain(self.private.map(|_| Visibility::Private)).collect()
    }

    pub fn is_count_column(&self, column: u32) -> bool {
        [self.public, self.private].into_iter().flatten().any(|count| count.column == column)
    }

    /// The dose that the heading of a count column names.
    pub fn heading_dose(&self) -> Option<(&'s Column, Dose)> {
        let named = [
            self.public,
            self.private,
            self.by_row.map(|(count, _)| count),
            Some(self.start),
            Some(self.date).filter(|_| self.segment.other_date.is_none()),
        ];
        named.into_iter().flatten().find_map(|column| column.dose.map(|dose| (column, dose)))
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Division {
    Dose,
    Visibility,
    Neither,
}

/// What the values of a 区分 column divide.
fn division(grid: &Grid<'_>, table: &Table, column: u32) -> Division {
    let mut doses = 0;
    let mut kinds = 0;
    for row in grid.rows_between(table.bottom + 1, table.end) {
        let Some(spot) = grid.at(row, column) else { continue };
        if label::visibility_mentioned(&spot.key).is_some() {
            kinds += 1;
        } else if matches!(dose::read(&spot.cell.value).read, Read::Value(_)) {
            doses += 1;
        }
    }
    match (doses, kinds) {
        (0, 0) => Division::Neither,
        (doses, kinds) if kinds >= doses => Division::Visibility,
        _ => Division::Dose,
    }
}

/// A column without a heading that says 「１回目」 or 「２回目」 beside dates, and nothing else.
fn unheaded_dose(grid: &Grid<'_>, table: &Table, date: &Column) -> Option<Column> {
    let doses = |key: &str| key.contains('回') && dose::parse(key).is_some();
    if !grid.words().any(|word| doses(&word.key)) {
        return None;
    }
    let beside_date =
        |spot: &Spot<'_>| grid.covering(spot.row, date.column).is_some_and(|at| at.column == date.column);
    let body = || grid.between(table.bottom + 1, table.end).iter();
    let first = body().find(|spot| {
        doses(&spot.key)
            && (table.left..=table.right).contains(&spot.column)
            && (table.top..=table.bottom).all(|row| grid.at(row, spot.column).is_none())
            && beside_date(spot)
    })?;
    let mut texts = body().filter(|spot| spot.column == first.column && spot.is_text());
    texts.all(|spot| doses(&spot.key) && beside_date(spot)).then(|| Column {
        row: table.bottom,
        column: first.column,
        heading: SmolStr::default(),
        dose: None,
        rank: 0,
    })
}

/// The 備考, or whatever column it is, that says 公開 or 非公開 in every row with a count.
fn telling(grid: &Grid<'_>, table: &Table, segment: &Segment, general: &Column) -> Option<u32> {
    let counted = |row: &u32| {
        grid.at(*row, general.column).is_some_and(
            |spot| matches!(count::read(&spot.cell.value).read, Read::Value(people) if people > 0),
        )
    };
    let rows: Vec<u32> = grid.rows_between(table.bottom + 1, table.end).filter(counted).collect();
    let tells = |column: u32| {
        rows.iter().all(|row| grid.covering(*row, column).is_some_and(|spot| spot.mark.visibility.is_some()))
    };
    let mut columns = grid.row(*rows.first()?).iter().map(|spot| spot.column);
    columns.find(|column| *column >= segment.first && tells(*column))
}

/// Do titles between the rows tell the visibility?
fn has_sections(grid: &Grid<'_>, table: &Table) -> bool {
    grid.titles().iter().filter_map(|at| grid.spots().get(*at)).any(|spot| {
        (table.bottom + 1..=table.end).contains(&spot.row)
            && table::visibility_title(spot).is_some()
            && mark::is_section(&spot.key)
    })
}

/// The headings of two counts that claim the same slots: two of one kind, or, in a form for both kinds, a general
/// one beside a single explicit one from which it differs.
pub fn rivals(grid: &Grid<'_>, table: &Table, segment: &Segment, context: &Context) -> Vec<String> {
    if !segment.rivals.is_empty() {
        return segment.rivals.clone();
    }
    let explicit = segment.column(Class::Public).or_else(|| segment.column(Class::Private));
    match (explicit, segment.column(Class::Count)) {
        (Some(explicit), Some(general))
            if context.visibility.is_none()
                && !label::is_capacity(&token::key(&general.heading))
                && !agrees(grid, table, general.column, explicit.column) =>
        {
            vec![explicit.heading.to_string(), general.heading.to_string()]
        }
        _ => Vec::new(),
    }
}

/// A general count repeats the explicit one.
fn agrees(grid: &Grid<'_>, table: &Table, general: u32, explicit: u32) -> bool {
    let read = |row, column| grid.at(row, column).map(|spot| count::read(&spot.cell.value).read);
    grid.rows_between(table.bottom + 1, table.end)
        .all(|row| read(row, general).is_none_or(|value| Some(value) == read(row, explicit)))
}
