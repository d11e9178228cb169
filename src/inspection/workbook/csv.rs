//! Pure: .csv (and text pasted from Excel): charset and separator found, every cell kept as text.
//!
//! Numbers stay text: the form reads each column by its role, and `0012` or `10/25` would lose by guessing here.

use std::borrow::Cow;

use encoding_rs::{SHIFT_JIS, UTF_16BE, UTF_16LE};

use super::grid::Grid;
use super::{Cell, Refusal, Shown, Spent, Value, Workbook};
use crate::limits::Limits;

/// The name of the only sheet.
const SHEET: &str = "CSV";
/// The separator is judged by this much of the beginning.
const SAMPLE_LINES: usize = 50;

pub(super) fn read(bytes: &[u8], limits: &Limits, spent: &mut Spent) -> Result<Workbook, Refusal> {
    let text = decode(bytes);
    if text.contains('\0') {
        return Err(Refusal::corrupt("csv: binary content"));
    }
    let mut rows = ::csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(separator(&text))
        .from_reader(text.as_bytes());
    let mut grid = Grid::new(limits, spent);
    let mut record = ::csv::StringRecord::new();
    loop {
        // Blank lines are no records, yet they count as rows: the address must be the one that Excel shows.
        let more = rows.read_record(&mut record).map_err(|error| Refusal::corrupt(format!("csv: {error}")))?;
        if !more {
            break;
        }
        let line = record.position().map_or(0, ::csv::Position::line);
        let row = u32::try_from(line.saturating_sub(1)).unwrap_or(u32::MAX);
        for (column, field) in record.iter().enumerate() {
            if field.is_empty() {
                continue;
            }
            grid.push(Cell {
                row,
                column: u32::try_from(column).unwrap_or(u32::MAX),
                value: Value::Text(field.replace("\r\n", "\n")),
                formula: false,
                strike: false,
            })?;
        }
    }
    Ok(Workbook { sheets: vec![grid.finish(SHEET.into(), Shown::Visible)?], ..Workbook::default() })
}

/// Byte order mark, else strict UTF-8, else CP932 as Excel on Windows writes it.
fn decode(bytes: &[u8]) -> Cow<'_, str> {
    match bytes {
        [0xEF, 0xBB, 0xBF, rest @ ..] => String::from_utf8_lossy(rest),
        [0xFF, 0xFE, rest @ ..] => UTF_16LE.decode_without_bom_handling(rest).0,
        [0xFE, 0xFF, rest @ ..] => UTF_16BE.decode_without_bom_handling(rest).0,
        _ => match std::str::from_utf8(bytes) {
            Ok(text) => Cow::Borrowed(text),
            Err(_) => SHIFT_JIS.decode_without_bom_handling(bytes).0,
        },
    }
}

/// The one of comma, semicolon and tab that most lines have; a comma when none has any.
fn separator(text: &str) -> u8 {
    let lines = |separator: char| text.lines().take(SAMPLE_LINES).filter(|line| line.contains(separator)).count();
    // A comma inside a field is common, a tab is not: the tab wins a draw.
    [(b'\t', '\t'), (b',', ','), (b';', ';')]
        .into_iter()
        .rev()
        .max_by_key(|(_, character)| lines(*character))
        .filter(|(_, character)| lines(*character) > 0)
        .map_or(b',', |(byte, _)| byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cells(bytes: &[u8]) -> Vec<(u32, u32, String)> {
        let workbook = read(bytes, &Limits::default(), &mut Spent::default()).unwrap();
        let sheet = workbook.sheets.first().unwrap();
        assert_eq!(sheet.name, "CSV");
        sheet
            .cells
            .iter()
            .map(|cell| match &cell.value {
                Value::Text(text) => (cell.row, cell.column, text.clone()),
                other => panic!("{other:?}"),
            })
            .collect()
    }

    #[test]
    fn charsets_and_separators() {
        let expected = vec![(0, 0, "接種日".to_owned()), (0, 1, "枠数".to_owned()), (1, 0, "10/25".to_owned()), (1, 1, "06".to_owned())];
        let plain = "接種日,枠数\r\n10/25,06\r\n";
        assert_eq!(cells(plain.as_bytes()), expected);
        assert_eq!(cells(format!("\u{feff}{plain}").as_bytes()), expected);
        assert_eq!(cells(&SHIFT_JIS.encode(plain).0), expected);
        assert_eq!(cells(plain.replace(',', "\t").as_bytes()), expected);
        assert_eq!(cells(plain.replace(',', ";").as_bytes()), expected);
        let utf16: Vec<u8> = [0xFF, 0xFE]
            .into_iter()
            .chain(plain.replace(',', "\t").encode_utf16().flat_map(u16::to_le_bytes))
            .collect();
        assert_eq!(cells(&utf16), expected);
    }

    #[test]
    fn blank_lines_keep_the_row_numbers() {
        assert_eq!(cells(b"a,b\n\n\nc,d\n").last(), Some(&(3, 1, "d".to_owned())));
    }

    #[test]
    fn quoted_line_break() {
        assert_eq!(cells(b"\"a\r\nb\",c\n").first(), Some(&(0, 0, "a\nb".to_owned())));
    }

    #[test]
    fn not_text() {
        let refused = read(b"a\0b", &Limits::default(), &mut Spent::default());
        assert!(matches!(refused, Err(Refusal::Corrupt(_))));
    }
}
