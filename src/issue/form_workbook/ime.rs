//! Pure: Japanese input is switched off where digits belong (Excel's 「日本語入力：オフ」), so that dates, times and counts
//! are typed in half width. The writer has no word for it: the attribute is put into the sheet that it wrote.

use std::io::{Cursor, Read as _, Write as _};

use rust_xlsxwriter::XlsxError;
use zip::write::SimpleFileOptions;
use zip::{ZipArchive, ZipWriter};

use super::layout::{COUNT, DATE, END, FIRST, Layout, START, address};
use super::table::ROWS;

/// The part of the input sheet, which is the first.
const PART: &str = "xl/worksheets/sheet1.xml";
const ELEMENT: &str = "<dataValidation ";

/// The same workbook with `imeMode="off"` at every rule for digits.
pub fn off_for_digits(workbook: &[u8], layout: &Layout) -> Result<Vec<u8>, XlsxError> {
    rewrite(workbook, &digits(layout)).map_err(|cause| XlsxError::ParameterError(format!("imeMode: {cause}")))
}

/// The cells of the rules that expect digits, as the sheet names them.
fn digits(layout: &Layout) -> Vec<String> {
    let column = |from: u16, to: u16| {
        let bottom = FIRST + ROWS - 1;
        format!("{}:{}", address(FIRST, from, false, false), address(bottom, to, false, false))
    };
    let mut ranges: Vec<String> =
        super::rules::DIGITS.iter().map(|(row, column, ..)| address(*row, *column, false, false)).collect();
    ranges.extend([column(DATE, DATE), column(START, END), column(COUNT, layout.note_column() - 1)]);
    ranges
}

fn rewrite(workbook: &[u8], ranges: &[String]) -> Result<Vec<u8>, String> {
    let mut archive = ZipArchive::new(Cursor::new(workbook)).map_err(|error| error.to_string())?;
    let mut out = ZipWriter::new(Cursor::new(Vec::with_capacity(workbook.len())));
    for index in 0..archive.len() {
        let mut entry = archive.by_index(index).map_err(|error| error.to_string())?;
        if entry.name().map_err(|error| error.to_string())? != PART {
            drop(entry);
            let entry = archive.by_index_raw(index).map_err(|error| error.to_string())?;
            out.raw_copy_file(entry).map_err(|error| error.to_string())?;
            continue;
        }
        let mut sheet = String::new();
        entry.read_to_string(&mut sheet).map_err(|error| error.to_string())?;
        let time = entry.last_modified().unwrap_or_default();
        let options = SimpleFileOptions::default().last_modified_time(time);
        out.start_file(PART, options).map_err(|error| error.to_string())?;
        out.write_all(switched_off(&sheet, ranges)?.as_bytes()).map_err(|error| error.to_string())?;
    }
    Ok(out.finish().map_err(|error| error.to_string())?.into_inner())
}

/// A range without its rule is a slip of ours.
fn switched_off(sheet: &str, ranges: &[String]) -> Result<String, String> {
    let mut pieces = sheet.split(ELEMENT);
    let mut text = pieces.next().unwrap_or_default().to_string();
    let mut found = 0;
    for piece in pieces {
        let tag = piece.split('>').next().unwrap_or_default();
        text.push_str(ELEMENT);
        if ranges.iter().any(|range| tag.contains(&format!("sqref=\"{range}\""))) {
            text.push_str("imeMode=\"off\" ");
            found += 1;
        }
        text.push_str(piece);
    }
    if found == ranges.len() { Ok(text) } else { Err(format!("{found} of {} rules found", ranges.len())) }
}
