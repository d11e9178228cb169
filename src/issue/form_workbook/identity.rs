//! Pure: the very hidden sheet `_form`: which form this is (A1:B6), and beside it the lists to pick from.

use rust_xlsxwriter::{Worksheet, XlsxError};

use super::layout::{Layout, address};
use super::style::Style;
use crate::issue::cell_date::{fraction, serial};

const NAME: &str = "_form";

/// Columns of the lists.
pub const DATES: u16 = 3;
pub const TIMES: u16 = 4;

/// 「=_form!$D$1:$D$32」
pub fn source(column: u16, rows: usize) -> String {
    format!("={NAME}!{}:{}", address(0, column, true, true), address(rows as u32 - 1, column, true, true))
}

pub fn write(
    sheet: &mut Worksheet,
    layout: &Layout,
    style: &Style,
    issued_to: Option<&str>,
) -> Result<(), XlsxError> {
    sheet.set_name(NAME)?;
    sheet.set_very_hidden(true);
    sheet.write_string(0, 0, "KUMAMOTO-VFRAME")?;
    let numbers = [(1, "form", u32::from(layout.number)), (2, "period", layout.campaign.period)];
    for (row, key, value) in numbers {
        sheet.write_string(row, 0, key)?;
        sheet.write_number(row, 1, value)?;
    }
    let texts = [(3, "template", layout.template()), (4, "layout", "list".into())];
    for (row, key, value) in texts {
        sheet.write_string(row, 0, key)?;
        sheet.write_string(row, 1, value)?;
    }
    sheet.write_string(5, 0, "issued_to")?;
    if let Some(venue_no) = issued_to {
        sheet.write_string(5, 1, venue_no)?;
    }
    for (row, date) in (0u32..).zip(layout.dates()) {
        sheet.write_number_with_format(row, DATES, serial(date), &style.plain_date)?;
    }
    for (row, time) in (0u32..).zip(Layout::times()) {
        sheet.write_number_with_format(row, TIMES, fraction(time), &style.plain_time)?;
    }
    Ok(())
}
