//! Pure: one of the clinic's sheets, written anew from its values, in its own layout, with the marks.

use std::collections::{BTreeMap, BTreeSet};

use rust_xlsxwriter::{Format, FormatAlign, Note, Worksheet, XlsxError};

use super::look;
use super::marks::{Marked, Spot};
use crate::inspection::workbook::{Cell, Sheet, Shown, Strike, Value};

const NARROWEST: f64 = 6.0;
const WIDEST: usize = 40;
/// Blank cells framed as part of the table.
const FRAMED: u64 = 20_000;

pub fn write(worksheet: &mut Worksheet, sheet: &Sheet, marked: &Marked) -> Result<(), XlsxError> {
    worksheet.set_name(sheet.name.as_str())?;
    match sheet.shown {
        Shown::Visible => {}
        Shown::Hidden => {
            worksheet.set_hidden(true);
        }
        Shown::VeryHidden => {
            worksheet.set_very_hidden(true);
        }
    }
    worksheet.set_landscape().set_paper_size(9).set_print_fit_to_pages(1, 0);
    let table = Table::of(sheet);
    set_widths(worksheet, sheet)?;
    for range in &sheet.merged {
        let at = (range.first_row, narrow(range.first_column));
        let value = sheet.cell(range.first_row, range.first_column).map(|cell| &cell.value);
        let format = table.format(sheet, at, value, marked.get(&at));
        let (last_row, last_column) = (range.last_row, narrow(range.last_column));
        worksheet.merge_range(at.0, at.1, last_row, last_column, "", &format)?;
    }
    for cell in &sheet.cells {
        let at = (cell.row, narrow(cell.column));
        let mut format = table.format(sheet, at, Some(&cell.value), marked.get(&at));
        if cell.strike == Strike::Whole {
            format = format.set_font_strikethrough();
        }
        put(worksheet, cell, &format)?;
    }
    let blank = |row: u32, column: u16| {
        sheet.cell(row, u32::from(column)).is_none() && sheet.merged_at(row, u32::from(column)).is_none()
    };
    for (row, column) in table.positions().chain(marked.keys().copied()).filter(|at| blank(at.0, at.1)) {
        let format = table.format(sheet, (row, column), None, marked.get(&(row, column)));
        worksheet.write_blank(row, column, &format)?;
    }
    for ((row, column), spot) in marked.iter().filter(|(_, spot)| !spot.note.is_empty()) {
        worksheet.insert_note(*row, *column, &note(&spot.note))?;
    }
    for row in &sheet.hidden_rows {
        worksheet.set_row_hidden(*row)?;
    }
    for column in &sheet.hidden_columns {
        worksheet.set_column_hidden(narrow(*column))?;
    }
    Ok(())
}

fn narrow(column: u32) -> u16 {
    u16::try_from(column).unwrap_or(u16::MAX)
}

/// Typed, and never as a formula: 「=1+1」 stays a text.
fn put(worksheet: &mut Worksheet, cell: &Cell, format: &Format) -> Result<(), XlsxError> {
    let (row, column) = (cell.row, narrow(cell.column));
    match &cell.value {
        Value::Number(number) | Value::Serial(number) => {
            worksheet.write_number_with_format(row, column, *number, format)?
        }
        Value::Bool(truth) => worksheet.write_boolean_with_format(row, column, *truth, format)?,
        Value::Text(text) | Value::Error(text) => {
            worksheet.write_string_with_format(row, column, text.as_str(), format)?
        }
        Value::NoResult => worksheet.write_blank(row, column, format)?,
    };
    Ok(())
}

fn note(text: &str) -> Note {
    let lines: usize = text.lines().map(|line| 1 + line.chars().count() / 18).sum();
    let height = u32::try_from(24 + lines * 17).unwrap_or(400).clamp(60, 400);
    Note::new(text)
        .add_author_prefix(false)
        .set_width(280)
        .set_height(height)
        .set_font_name(look::FONT)
        .set_font_size(10)
}

/// The part of a sheet that is framed: from the row with the most headings downward.
struct Table {
    head: u32,
    bottom: u32,
    left: u16,
    right: u16,
}

impl Table {
    fn of(sheet: &Sheet) -> Self {
        let mut rows: BTreeMap<u32, BTreeSet<u32>> = BTreeMap::new();
        for cell in &sheet.cells {
            rows.entry(cell.row).or_default();
            if matches!(cell.value, Value::Text(_)) {
                rows.entry(cell.row).or_default().insert(cell.column);
            }
        }
        let widest = rows.values().map(BTreeSet::len).max().unwrap_or(0);
        let none = Self { head: u32::MAX, bottom: 0, left: 0, right: 0 };
        if widest < 3 {
            return none;
        }
        let Some((head, columns)) = rows.iter().find(|(_, columns)| columns.len() == widest) else {
            return none;
        };
        let bottom = rows.keys().next_back().copied().unwrap_or(*head);
        let (left, right) = (columns.first().copied().unwrap_or(0), columns.last().copied().unwrap_or(0));
        let area = u64::from(bottom - head + 1) * u64::from(right - left + 1);
        if area > FRAMED {
            return none;
        }
        Self { head: *head, bottom, left: narrow(left), right: narrow(right) }
    }

    fn holds(&self, (row, column): (u32, u16)) -> bool {
        (self.head..=self.bottom).contains(&row) && (self.left..=self.right).contains(&column)
    }

    fn positions(&self) -> impl Iterator<Item = (u32, u16)> + '_ {
        // Without a table the head lies below the bottom: no rows.
        (self.head..=self.bottom).flat_map(|row| (self.left..=self.right).map(move |column| (row, column)))
    }

    fn format(&self, sheet: &Sheet, at: (u32, u16), value: Option<&Value>, spot: Option<&Spot>) -> Format {
        let mut format = look::base();
        if self.holds(at) || spot.is_some() {
            format = look::boxed(format);
        }
        if at.0 == self.head && value.is_some() && self.holds(at) {
            format = look::heading(format).set_align(FormatAlign::Center).set_text_wrap();
        } else if let Some(Value::Text(text)) = value
            && (text.contains('\n')
                || (look::width(&Value::Text(text.clone())) > WIDEST && !runs_over(sheet, at)))
        {
            format = format.set_text_wrap();
        }
        if let Some(number) = value.and_then(look::number_format) {
            format = format.set_num_format(number);
        }
        match spot {
            Some(spot) => format.set_background_color(look::fill(spot.severity)),
            None => format,
        }
    }
}

/// A text that shows over the empty cells to its right: a title, an instruction.
fn runs_over(sheet: &Sheet, (row, column): (u32, u16)) -> bool {
    sheet.merged_at(row, u32::from(column)).is_some() || sheet.cell(row, u32::from(column) + 1).is_none()
}

fn set_widths(worksheet: &mut Worksheet, sheet: &Sheet) -> Result<(), XlsxError> {
    let mut widths: BTreeMap<u16, usize> = BTreeMap::new();
    for cell in &sheet.cells {
        let at = (cell.row, narrow(cell.column));
        let width = look::width(&cell.value);
        let text = matches!(cell.value, Value::Text(_));
        if sheet.merged_at(cell.row, cell.column).is_none() && !(text && width > 24 && runs_over(sheet, at)) {
            let column = widths.entry(at.1).or_default();
            *column = (*column).max(width.min(WIDEST));
        }
    }
    for (column, width) in widths {
        worksheet.set_column_width(column, (width as f64 + 2.5).max(NARROWEST))?;
    }
    Ok(())
}
