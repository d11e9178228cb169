//! Pure: one sheet of the digest: a heading row that stays in sight, filters, print set-up, typed cells.

use jiff::Timestamp;
use jiff::civil::{Date, Time};
use rust_xlsxwriter::{Color, Format, FormatAlign, FormatBorder, Worksheet, XlsxError};

use crate::campaign::in_jst;
use crate::issue::cell_date::{fraction, serial};

/// Longest text of a cell; Excel's own limit is 32,767.
const CELL_CHARS: usize = 4_000;

/// What a cell holds. Text is always written as a string, never as a formula.
#[derive(Clone, Debug)]
pub enum Value {
    Text(String),
    Number(i64),
    Day(Date),
    /// Date and time of day (JST).
    Instant(Timestamp),
    Clock(Time),
    Empty,
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Value::Text(text.to_string())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Value::Text(text)
    }
}

impl From<u64> for Value {
    fn from(number: u64) -> Self {
        Value::Number(number as i64)
    }
}

impl From<u32> for Value {
    fn from(number: u32) -> Self {
        Value::Number(number.into())
    }
}

impl From<usize> for Value {
    fn from(number: usize) -> Self {
        Value::Number(number as i64)
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Value::Number(number)
    }
}

impl From<Date> for Value {
    fn from(date: Date) -> Self {
        Value::Day(date)
    }
}

impl From<Time> for Value {
    fn from(time: Time) -> Self {
        Value::Clock(time)
    }
}

impl From<Timestamp> for Value {
    fn from(at: Timestamp) -> Self {
        Value::Instant(at)
    }
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Value::Empty, Into::into)
    }
}

/// Writes rows below a heading row.
pub struct Page<'a> {
    sheet: &'a mut Worksheet,
    formats: Formats,
    next: u32,
}

struct Formats {
    head: Format,
    text: Format,
    number: Format,
    day: Format,
    instant: Format,
    clock: Format,
}

impl Formats {
    fn new() -> Self {
        let cell = || Format::new().set_font_name("Meiryo UI").set_font_size(10).set_align(FormatAlign::Top);
        Self {
            head: cell()
                .set_bold()
                .set_text_wrap()
                .set_background_color(Color::RGB(0x00DD_EBF7))
                .set_border(FormatBorder::Thin),
            text: cell().set_num_format("@"),
            number: cell().set_num_format("#,##0"),
            day: cell().set_num_format("[$-411]yyyy/m/d(aaa)"),
            instant: cell().set_num_format("[$-411]yyyy/m/d(aaa) h:mm"),
            clock: cell().set_num_format("h:mm"),
        }
    }
}

impl<'a> Page<'a> {
    /// `columns`: heading and width in letters.
    pub fn new(sheet: &'a mut Worksheet, name: &str, columns: &[(&str, f64)]) -> Result<Self, XlsxError> {
        sheet.set_name(name)?;
        let formats = Formats::new();
        for (column, (title, width)) in (0u16..).zip(columns) {
            sheet.set_column_width(column, *width)?;
            sheet.write_string_with_format(0, column, *title, &formats.head)?;
        }
        sheet.set_freeze_panes(1, 0)?;
        sheet.set_repeat_rows(0, 0)?;
        sheet.set_landscape().set_paper_size(9).set_print_fit_to_pages(1, 0);
        sheet.set_footer("&C&A　&P／&N");
        Ok(Self { sheet, formats, next: 1 })
    }

    pub fn row(&mut self, cells: impl IntoIterator<Item = Value>) -> Result<(), XlsxError> {
        let row = self.next;
        for (column, cell) in (0u16..).zip(cells) {
            self.cell(row, column, &cell)?;
        }
        self.next += 1;
        Ok(())
    }

    /// A second table's heading, further down.
    pub fn heading(&mut self, titles: &[&str]) -> Result<(), XlsxError> {
        self.next += 1;
        for (column, title) in (0u16..).zip(titles) {
            self.sheet.write_string_with_format(self.next, column, *title, &self.formats.head)?;
        }
        self.next += 1;
        Ok(())
    }

    fn cell(&mut self, row: u32, column: u16, cell: &Value) -> Result<(), XlsxError> {
        let Self { sheet, formats, .. } = self;
        match cell {
            Value::Text(text) => {
                sheet.write_string_with_format(row, column, printable(text), &formats.text)?;
            }
            Value::Number(number) => {
                sheet.write_number_with_format(row, column, *number as f64, &formats.number)?;
            }
            Value::Day(date) => {
                sheet.write_number_with_format(row, column, serial(*date), &formats.day)?;
            }
            Value::Instant(at) => {
                let local = in_jst(*at);
                let serial = serial(local.date()) + fraction(local.time());
                sheet.write_number_with_format(row, column, serial, &formats.instant)?;
            }
            Value::Clock(time) => {
                sheet.write_number_with_format(row, column, fraction(*time), &formats.clock)?;
            }
            Value::Empty => {}
        }
        Ok(())
    }

    /// Filters over the first table, whose last row is the one before `next` when this is called.
    pub fn filter(&mut self, columns: usize) -> Result<(), XlsxError> {
        let last = self.next.saturating_sub(1);
        self.sheet.autofilter(0, 0, last, columns.saturating_sub(1) as u16)?;
        Ok(())
    }
}

/// XML cannot hold most control characters.
fn printable(text: &str) -> String {
    text.chars().filter(|c| !c.is_control() || *c == '\n').take(CELL_CHARS).collect()
}
