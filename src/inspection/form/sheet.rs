//! Pure: what is common to reading lists and matrices: the context of a sheet, entries with their places, findings.

use std::collections::BTreeMap;

use jiff::civil::{Date, Time, Weekday};
use smol_str::{SmolStr, ToSmolStr as _};

use super::roster::Company;
use super::{Entry, Observation, Remark, Row, TypedTotal};
use crate::campaign::Dose;
use crate::inspection::layout::grid::{Grid, Spot};
use crate::inspection::layout::mark::Half;
use crate::inspection::layout::segment::Hint;
use crate::inspection::normalize::date::{self, Calendar, Month};
use crate::inspection::normalize::{Read, Reading, Trouble, count, serial, time, token};
use crate::inspection::verdict::{Place, Visibility};
use crate::inspection::workbook::{Strike, Value};

/// What a sheet as a whole tells its tables.
#[derive(Clone, Debug)]
pub struct Context {
    pub calendar: Calendar,
    /// The visibility of a count column whose heading does not tell.
    pub visibility: Option<Visibility>,
    /// The dose that the sheet's name tells.
    pub dose: Option<Dose>,
    /// 午前 or 午後, as the sheet's name tells.
    pub half: Option<Half>,
    pub company: Company,
}

/// A rectangle of the sheet that belongs to a table, inclusive, as the clinic sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Area {
    pub top: u32,
    pub bottom: u32,
    pub left: u32,
    pub right: u32,
}

impl Area {
    pub fn meets(&self, other: &Self) -> bool {
        self.top <= other.bottom
            && other.top <= self.bottom
            && self.left <= other.right
            && other.left <= self.right
    }

    pub fn holds(&self, row: u32, column: u32) -> bool {
        (self.top..=self.bottom).contains(&row) && (self.left..=self.right).contains(&column)
    }
}

/// The cells of many areas, by row.
#[derive(Debug, Default)]
pub struct Cover {
    rows: BTreeMap<u32, Vec<(u32, u32)>>,
}

impl Cover {
    pub fn of<'a>(areas: impl IntoIterator<Item = &'a Area>, last_row: u32) -> Self {
        let mut cover = Self::default();
        for area in areas {
            for row in area.top..=area.bottom.min(last_row) {
                cover.rows.entry(row).or_default().push((area.left, area.right));
            }
        }
        cover
    }

    pub fn holds(&self, row: u32, column: u32) -> bool {
        let spans = self.rows.get(&row).map_or(&[][..], Vec::as_slice);
        spans.iter().any(|(left, right)| (*left..=*right).contains(&column))
    }
}

/// What tables gave.
#[derive(Clone, Debug, Default)]
pub struct Found {
    pub rows: Vec<Row>,
    pub totals: Vec<TypedTotal>,
    pub observations: Vec<Observation>,
    pub visibility: std::collections::BTreeSet<Visibility>,
    /// Headings not found, for F04.
    pub missing: Vec<String>,
    /// Content stands under headings that could not be used.
    pub unused_content: bool,
    pub areas: Vec<Area>,
    /// Those of them of which every cell was looked at: matrices.
    pub blocks: Vec<Area>,
    /// Where lists of another kind stand.
    pub others: Vec<Area>,
}

impl Found {
    pub fn miss(&mut self, labels: Vec<String>) {
        for label in labels {
            if !self.missing.contains(&label) {
                self.missing.push(label);
            }
        }
    }
}

pub fn entry<T>(place: Place, label: impl Into<SmolStr>, raw: SmolStr, reading: Reading<T>) -> Entry<T> {
    Entry { place, label: label.into(), raw, read: reading.read, remarks: reading.remarks }
}

pub fn blank<T>(place: Place, label: impl Into<SmolStr>) -> Entry<T> {
    entry(place, label, SmolStr::default(), Reading::blank())
}

/// An entry for a value that a title or a sheet name tells.
pub fn hinted<T: Copy>(grid: &Grid<'_>, hint: &Hint<T>) -> Entry<T> {
    entry(grid.place(hint.row, hint.column), "", hint.raw.clone(), Reading::value(hint.value))
}

/// A correction beside what it corrects (見え消し): read together they are a third value.
fn partly_struck(spot: &Spot<'_>) -> bool {
    spot.cell.strike == Strike::Part
}

/// Is this a formula's 0: a reference to an empty cell?
pub fn is_empty_reference(spot: &Spot<'_>) -> bool {
    spot.cell.formula
        && matches!(spot.cell.value, Value::Number(number) | Value::Serial(number) if number == 0.0)
}

/// Reads one date cell where it stands.
pub fn date_entry(
    grid: &Grid<'_>,
    spot: &Spot<'_>,
    heading: &SmolStr,
    calendar: &Calendar,
    month: Option<Month>,
) -> (Entry<Date>, Option<Weekday>) {
    let place = grid.place(spot.row, spot.column);
    if is_empty_reference(spot) {
        return (blank(place, heading.clone()), None);
    }
    let raw = serial::written_in_date_column(&spot.cell.value, calendar.epoch_1904);
    if partly_struck(spot) {
        return (entry(place, heading.clone(), raw, Reading::not(Trouble::PartlyStruck)), None);
    }
    let dated = date::read(&spot.cell.value, calendar, month);
    (entry(place, heading.clone(), raw, dated.reading), dated.weekday)
}

/// Reads one count cell where it stands; `columns` are the count columns, which one merged cell must not join.
pub fn count_entry(
    grid: &Grid<'_>,
    row: u32,
    column: u32,
    heading: &SmolStr,
    is_count_column: impl Fn(u32) -> bool,
) -> Entry<u32> {
    let place = grid.place(row, column);
    if let Some(merged) = grid.merged_at(row, column)
        && let Some(source) = grid.at(merged.first_row, merged.first_column)
    {
        let counts = (merged.first_column..=merged.last_column.min(merged.first_column.saturating_add(255)))
            .filter(|column| is_count_column(*column))
            .count();
        let closed = source.is_text() && count::is_zero_word(&source.key);
        if !closed && (merged.last_row > merged.first_row || counts > 1) {
            let range = grid.range(merged);
            let place = Place { sheet: place.sheet, cell: Some(range.as_str().into()) };
            let raw = serial::written(&source.cell.value);
            return entry(place, heading.clone(), raw, Reading::not(Trouble::MergedCount { range }));
        }
    }
    match grid.covering(row, column) {
        Some(spot) => Entry { place, ..count_at(grid, spot, heading) },
        None => blank(place, heading.clone()),
    }
}

/// Reads the count in one cell, whatever it is merged over.
pub fn count_at(grid: &Grid<'_>, spot: &Spot<'_>, heading: &SmolStr) -> Entry<u32> {
    let place = grid.place(spot.row, spot.column);
    let raw = serial::written(&spot.cell.value);
    if partly_struck(spot) {
        return entry(place, heading.clone(), raw, Reading::not(Trouble::PartlyStruck));
    }
    entry(place, heading.clone(), raw, count::read(&spot.cell.value))
}

pub fn is_ditto(spot: &Spot<'_>) -> bool {
    spot.is_text() && token::is_ditto(&spot.key)
}

/// A value as a person writes it.
pub trait Told: Copy {
    fn told(self) -> SmolStr;
}

impl Told for Date {
    fn told(self) -> SmolStr {
        serial::date_text(self)
    }
}

impl Told for Time {
    fn told(self) -> SmolStr {
        serial::time_text(self)
    }
}

impl Told for u32 {
    fn told(self) -> SmolStr {
        self.to_smolstr()
    }
}

impl Told for Dose {
    fn told(self) -> SmolStr {
        SmolStr::new_static(self.label())
    }
}

/// The value of the row above, taken over by 〃, by a merged range, or by a blank. What is told of it is the value: the
/// cell above may say 〃 itself.
pub fn carried<T: Told>(above: &Entry<T>, place: Place, raw: SmolStr, ditto: bool, merged: bool) -> Entry<T> {
    match &above.read {
        Read::Value(value) => Entry {
            place,
            label: above.label.clone(),
            raw,
            read: Read::Value(*value),
            remarks: vec![Remark::CarriedDown { from: value.told(), ditto, merged }],
        },
        // What could not be read above is mended there.
        Read::Not(_) => above.clone(),
        Read::Blank => {
            Entry { place, label: above.label.clone(), raw, read: Read::Blank, remarks: Vec::new() }
        }
    }
}

/// 様式３ with one of its two counts left blank: no slot of that kind.
pub fn fill_the_other(public: &mut Option<Entry<u32>>, private: &mut Option<Entry<u32>>) {
    if let (Some(public), Some(private)) = (public, private) {
        let (blank, other) = if public.is_blank() { (public, private) } else { (private, public) };
        if blank.is_blank() && !other.is_blank() {
            blank.read = Read::Value(0);
            blank.remarks.push(Remark::Zero);
        }
    }
}

/// 「B」 for column 1.
pub fn column_letters(column: u32) -> String {
    crate::inspection::verdict::a1(0, column).trim_end_matches(|ch: char| ch.is_ascii_digit()).to_string()
}

/// Reads the end of a slot: 「9:30まで」 is one.
pub fn end_entry(grid: &Grid<'_>, spot: &Spot<'_>, heading: &SmolStr, date: Option<Date>) -> Entry<Time> {
    let (end, _) = time_entry(grid, spot, heading, date);
    match (&end.read, &spot.cell.value) {
        (Read::Not(_), Value::Text(text)) if text.contains("まで") => {
            let stem = Value::Text(text.replace("まで", "").into());
            match time::read(&stem, date).read {
                Read::Value(span) if !partly_struck(spot) => Entry { read: Read::Value(span.start), ..end },
                _ => end,
            }
        }
        _ => end,
    }
}

/// Reads one time cell where it stands.
pub fn time_entry(
    grid: &Grid<'_>,
    spot: &Spot<'_>,
    heading: &SmolStr,
    date: Option<Date>,
) -> (Entry<Time>, Option<Time>) {
    let reading = if partly_struck(spot) {
        Reading::not(Trouble::PartlyStruck)
    } else {
        time::read(&spot.cell.value, date)
    };
    let end = match &reading.read {
        Read::Value(span) => span.end,
        _ => None,
    };
    let read = match reading.read {
        Read::Value(span) => Read::Value(span.start),
        Read::Blank => Read::Blank,
        Read::Not(trouble) => Read::Not(trouble),
    };
    let raw = serial::written_in_time_column(&spot.cell.value);
    (
        entry(
            grid.place(spot.row, spot.column),
            heading.clone(),
            raw,
            Reading { read, remarks: reading.remarks },
        ),
        end,
    )
}
