//! Pure: dates that are split over rows: a month heading over bare days.

use std::collections::BTreeMap;

use super::grid::{Grid, Spot};
use crate::inspection::normalize::date::{self, Month};
use crate::inspection::normalize::{serial, token};
use crate::inspection::workbook::Value;

/// How far above its days a month may stand.
const REACH: u32 = 4;

/// 25, 「25」, 「25日」
pub fn is_day(value: &Value) -> bool {
    match value {
        Value::Number(number) => serial::whole(*number).is_some_and(|day| (1..=31).contains(&day)),
        Value::Text(text) => {
            let key = token::key(text);
            let digits = key.split('(').next().unwrap_or_default().trim_end_matches('日');
            digits.len() <= 2 && digits.parse::<u8>().is_ok_and(|day| (1..=31).contains(&day))
        }
        _ => false,
    }
}

/// 10 in a row headed 「月」.
fn month_number(spot: &Spot<'_>) -> Option<Month> {
    let Value::Number(number) = spot.cell.value else { return None };
    let month = i8::try_from(serial::whole(number)?).ok()?;
    (1..=12).contains(&month).then_some(Month { year: None, month })
}

/// A month heading; a date cell counts when it is the first of a month (shown as 「10月」).
fn month_of(spot: &Spot<'_>) -> Option<Month> {
    match spot.cell.value {
        Value::Text(_) => date::month_heading(&spot.text),
        Value::Serial(number) => serial::date_of(number)
            .filter(|date| date.day() == 1)
            .map(|date| Month { year: Some(date.year()), month: date.month() }),
        _ => None,
    }
}

pub fn sheet_month(grid: &Grid<'_>) -> Option<Month> {
    date::month_heading(grid.name)
}

/// A month that some cell tells for the bare days behind or below it.
#[derive(Clone, Copy, Debug)]
struct Told {
    column: u32,
    month: Month,
    /// The day that the same cell says; 0: none.
    day: u32,
}

/// The months that a sheet tells, by the row and column of their cells.
pub struct Headings {
    pub sheet: Option<Month>,
    rows: BTreeMap<u32, Vec<Told>>,
}

impl Headings {
    pub fn of(grid: &Grid<'_>) -> Self {
        let mut rows: BTreeMap<u32, Vec<Told>> = BTreeMap::new();
        let by_words = grid.words().any(|word| date::month_heading(&word.key).is_some());
        let by_number = grid.words().any(|word| word.key == "月");
        for row in grid.row_numbers() {
            let spots = grid.row(row);
            let of_dates = is_row_of_dates(spots);
            let mut bare = false;
            for spot in spots {
                bare |= by_number && spot.key == "月";
                let said = match spot.cell.value {
                    Value::Text(_) if !by_words => None,
                    Value::Serial(_) if of_dates => None,
                    _ => month_of(spot).or_else(|| month_number(spot).filter(|_| bare)),
                };
                if let Some(month) = said {
                    rows.entry(row).or_default().push(Told { column: spot.column, month, day: 0 });
                }
            }
        }
        Self { sheet: sheet_month(grid), rows }
    }

    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    pub fn holds(&self, row: u32, column: u32) -> bool {
        self.rows.get(&row).is_some_and(|told| told.binary_search_by_key(&column, |told| told.column).is_ok())
    }

    /// A date, or a week before, that the bare days of this row go on from.
    pub fn add(&mut self, row: u32, column: u32, month: Month, day: u32) {
        let told = self.rows.entry(row).or_default();
        let new = Told { column, month, day };
        match told.binary_search_by_key(&column, |told| told.column) {
            Ok(at) => told.get_mut(at).into_iter().for_each(|old| *old = new),
            Err(at) => told.insert(at, new),
        }
    }

    fn last_in(&self, row: u32, column: u32) -> Option<((u32, u32), Told)> {
        let told = self.rows.get(&row)?;
        let until = told.partition_point(|told| told.column <= column);
        told.get(..until)?.last().map(|told| ((row, told.column), *told))
    }

    /// The month before a column in its own row.
    pub fn beside(&self, row: u32, column: u32) -> Option<((u32, u32), Month)> {
        self.last_in(row, column).map(|(at, told)| (at, told.month))
    }

    /// The month over a column: in the nearest of the rows above, at or before it; and where.
    pub fn over(&self, row: u32, column: u32) -> Option<((u32, u32), Month)> {
        self.above(row, column).map(|(at, told)| (at, told.month))
    }

    fn above(&self, row: u32, column: u32) -> Option<((u32, u32), Told)> {
        (row.saturating_sub(REACH)..row).rev().find_map(|above| self.last_in(above, column))
    }
}

/// Dates, one of which is the first of a month: 11/1 beside 11/4 is no month over what stands below it.
fn is_row_of_dates(spots: &[Spot<'_>]) -> bool {
    let days = spots.iter().filter_map(|spot| match spot.cell.value {
        Value::Serial(number) if serial::PLAUSIBLE.contains(&number) => serial::date_of(number),
        _ => None,
    });
    let (mut firsts, mut others) = (false, false);
    for day in days {
        firsts |= day.day() == 1;
        others |= day.day() != 1;
    }
    firsts && others
}

/// The month as one goes from left to right along a row of bare days.
pub struct Months<'h> {
    headings: &'h Headings,
    heading: Option<(u32, u32)>,
    month: Option<Month>,
    day: u32,
}

impl<'h> Months<'h> {
    pub fn of(headings: &'h Headings) -> Self {
        Self { headings, heading: None, month: headings.sheet, day: 0 }
    }

    /// The month over a day, and whether it stands in a row of months over the days, which begin in column `from`.
    pub fn over(&mut self, row: u32, column: u32, day: u32, from: u32) -> (Option<Month>, bool) {
        let over = self.headings.last_in(row, column).or_else(|| self.headings.above(row, column));
        let heading = over.map(|(at, _)| at);
        if heading != self.heading {
            self.heading = heading;
            self.month = over.map(|(_, told)| told.month);
            self.day = over.map_or(0, |(_, told)| told.day);
        }
        if day < self.day {
            // 31 is followed by 1 under a month that was written once.
            self.month = self.month.map(next_month);
        }
        self.day = day;
        let own = heading.is_some_and(|(at, column)| at < row && column >= from);
        (self.month, own && over.map(|(_, told)| told.month) == self.month)
    }
}

pub fn next_month(month: Month) -> Month {
    if month.month == 12 {
        Month { year: month.year.map(|year| year.saturating_add(1)), month: 1 }
    } else {
        Month { year: month.year, month: month.month + 1 }
    }
}

pub fn bare_day(value: &Value) -> Option<u32> {
    if !is_day(value) {
        return None;
    }
    match value {
        Value::Number(number) => serial::whole(*number).and_then(|day| u32::try_from(day).ok()),
        Value::Text(text) => {
            let key = token::key(text);
            key.chars().take_while(char::is_ascii_digit).collect::<String>().parse().ok()
        }
        _ => None,
    }
}
