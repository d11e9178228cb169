//! Pure: dates that are split over rows: a month heading over bare days.

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

/// The month that stands over a column: in the nearest of the rows above, at or before it; and where.
pub fn month_over(grid: &Grid<'_>, row: u32, column: u32) -> Option<((u32, u32), Month)> {
    (row.saturating_sub(REACH)..row).rev().find_map(|above| {
        let spots = grid.row_up_to(above, column);
        let bare = spots.iter().any(|spot| spot.key == "月");
        let says = |spot: &Spot<'_>| month_of(spot).or_else(|| month_number(spot).filter(|_| bare));
        spots.iter().rev().find_map(|spot| says(spot).map(|month| ((spot.row, spot.column), month)))
    })
}

/// 10 in a row headed 「月」.
fn month_number(spot: &Spot<'_>) -> Option<Month> {
    let Value::Number(number) = spot.cell.value else { return None };
    let month = i8::try_from(serial::whole(number)?).ok()?;
    (1..=12).contains(&month).then_some(Month { year: None, month })
}

/// A month heading; a date cell counts when it is the first of a month (shown as 「10月」).
pub fn month_of(spot: &Spot<'_>) -> Option<Month> {
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

/// The month as one goes from left to right along a row of bare days.
pub struct Months {
    heading: Option<(u32, u32)>,
    month: Option<Month>,
    day: u32,
}

impl Months {
    pub fn of(grid: &Grid<'_>) -> Self {
        Self { heading: None, month: sheet_month(grid), day: 0 }
    }

    /// The month over a day, and whether it stands in a row of months over the days, which begin in column `from`.
    pub fn over(
        &mut self,
        grid: &Grid<'_>,
        row: u32,
        column: u32,
        day: u32,
        from: u32,
    ) -> (Option<Month>, bool) {
        let over = month_over(grid, row, column);
        let heading = over.map(|(at, _)| at);
        if heading != self.heading {
            self.heading = heading;
            self.month = over.map(|(_, month)| month);
        } else if day < self.day {
            // 31 is followed by 1 under a month that was written once.
            self.month = self.month.map(next_month);
        }
        self.day = day;
        let own = heading.is_some_and(|(_, at)| at >= from);
        (self.month, own && over.map(|(_, month)| month) == self.month)
    }
}

fn next_month(month: Month) -> Month {
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
