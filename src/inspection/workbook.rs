//! Pure: bytes to [`Workbook`]: sparse plain cells with absolute positions, merged ranges, hidden rows and columns,
//! strike-through. The only user of calamine; runs in the limited child process.
//!
//! .xlsx, .xlsm and .ods are read by one streaming pass of our own, because calamine shows neither hidden rows nor
//! struck-through fonts and lays .ods out densely; .xlsb and .xls are calamine's. Sizes are judged by
//! [`super::container`] first.

mod csv;
mod grid;
mod number;
mod ods;
mod plain;
mod rich;
mod sheet;
mod styles;
mod xls;
mod xlsb;
mod xlsx;
mod xml;

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use super::container;
pub use super::container::Refusal;
use crate::inbound::attachment::FileKind;
use crate::limits::Limits;
pub use grid::Spent;

/// What a cell holds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Value {
    /// A number without a date format.
    Number(f64),
    Text(SmolStr),
    Bool(bool),
    /// `#REF!` and the like, as Excel writes it.
    Error(SmolStr),
    /// A number with a date or time format: a serial of the **1900** system (1904 workbooks are already shifted), or
    /// whatever was typed into such a cell (1025, 900): the column tells.
    Serial(f64),
    /// A formula without a stored result.
    NoResult,
}

/// One non-empty cell. Row and column are zero-based and absolute.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Cell {
    pub row: u32,
    pub column: u32,
    pub value: Value,
    /// The cell contains a formula (`value` is its stored result).
    pub formula: bool,
    pub strike: Strike,
}

/// How much of a cell's text is struck through.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Strike {
    #[default]
    None,
    /// Some of it: a correction written beside what it corrects (見え消し).
    Part,
    Whole,
}

/// An inclusive merged range, zero-based.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Merged {
    pub first_row: u32,
    pub first_column: u32,
    pub last_row: u32,
    pub last_column: u32,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Shown {
    #[default]
    Visible,
    Hidden,
    VeryHidden,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Sheet {
    pub name: SmolStr,
    pub shown: Shown,
    /// Sorted by row, then column; no empty cells.
    pub cells: Vec<Cell>,
    /// Sorted by first row, then first column; only those whose first cell holds something.
    pub merged: Vec<Merged>,
    /// Zero-based rows that hold a cell and are hidden (also by a filter).
    pub hidden_rows: Vec<u32>,
    /// Zero-based columns that hold a cell and are hidden (also of width 0).
    pub hidden_columns: Vec<u32>,
}

impl Sheet {
    pub fn cell(&self, row: u32, column: u32) -> Option<&Cell> {
        let at = self.cells.binary_search_by_key(&(row, column), |cell| (cell.row, cell.column)).ok()?;
        self.cells.get(at)
    }

    /// The merged range that covers this position, if any. Only ranges whose first cell holds something are kept.
    pub fn merged_at(&self, row: u32, column: u32) -> Option<Merged> {
        self.merged.iter().copied().take_while(|range| range.first_row <= row).find(|range| {
            (range.first_row..=range.last_row).contains(&row)
                && (range.first_column..=range.last_column).contains(&column)
        })
    }
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Workbook {
    pub container: FileKind,
    pub sheets: Vec<Sheet>,
    /// The workbook counts days from 1904 (Mac). Untyped numbers in date columns need +1462 days.
    pub epoch_1904: bool,
    /// Defined names with their formulas (`FORM_ID`).
    pub names: Vec<(String, String)>,
    pub has_comments: bool,
    pub has_macros: bool,
}

/// What came of one attachment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Content {
    Workbook(Workbook),
    Refused(Refusal),
    /// Not a workbook: PDF, image, text, …
    Other,
}

/// Reads one workbook, after the container was examined.
pub fn read(bytes: &[u8], kind: FileKind, limits: &Limits) -> Result<Workbook, Refusal> {
    read_further(bytes, kind, limits, &mut Spent::default())
}

/// Like [`read`], for one of several workbooks that share the limits on content (the files of one mail).
pub fn read_further(
    bytes: &[u8],
    kind: FileKind,
    limits: &Limits,
    spent: &mut Spent,
) -> Result<Workbook, Refusal> {
    match kind {
        // Our own readers check every part as they inflate it.
        FileKind::Xlsx | FileKind::Xlsm | FileKind::Ods => container::examine_size(bytes, limits)?,
        _ => container::examine(bytes, kind, limits)?,
    }
    let mut workbook = match kind {
        FileKind::Xlsx | FileKind::Xlsm => xlsx::read(bytes, limits, spent),
        FileKind::Xlsb => xlsb::read(bytes, limits, spent),
        FileKind::Xls => xls::read(bytes, limits, spent),
        FileKind::Ods => ods::read(bytes, limits, spent),
        FileKind::Csv => csv::read(bytes, limits, spent),
        _ => Err(Refusal::corrupt("not a workbook")),
    }?;
    workbook.container = kind;
    Ok(workbook)
}
