//! Pure: .csv (and text pasted from Excel): charset and separator found, every cell kept as text.
//!
//! Numbers stay text: the form reads each column by its role, and `0012` or `10/25` would lose by guessing here.

use std::borrow::Cow;

use encoding_rs::{SHIFT_JIS, UTF_16BE, UTF_16LE};

use super::grid::Grid;
use super::{Cell, Refusal, Shown, Spent, Strike, Value, Workbook};
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
    let mut grid = Grid::new(limits, spent);
    for_each_field(&text, separator(&text), |row, column, field| {
        // ="0123" is how programs keep Excel from taking a number apart.
        let field = field
            .strip_prefix("=\"")
            .and_then(|rest| rest.strip_suffix('"'))
            .filter(|rest| !rest.contains('"'))
            .unwrap_or(field);
        let value = Value::Text(field.replace("\r\n", "\n").into());
        grid.push(Cell { row, column, value, formula: false, strike: Strike::None })
    })?;
    Ok(Workbook { sheets: vec![grid.finish(SHEET.into(), Shown::Visible)?], ..Workbook::default() })
}

/// Every field that is not empty, at the row and column where Excel shows it: a blank line is a row, a line break in
/// quotes is none (RFC 4180; a quote in the middle of a field is an ordinary character).
fn for_each_field(
    text: &str,
    separator: char,
    mut take: impl FnMut(u32, u32, &str) -> Result<(), Refusal>,
) -> Result<(), Refusal> {
    let (mut row, mut column) = (0_u32, 0_u32);
    let mut field = String::new();
    let (mut quoted, mut begun) = (false, false);
    let mut rest = text.chars().peekable();
    while let Some(character) = rest.next() {
        match character {
            '"' if quoted && rest.peek() == Some(&'"') => {
                rest.next();
                field.push('"');
            }
            '"' if quoted => quoted = false,
            '"' if !begun => (quoted, begun) = (true, true),
            other if quoted => field.push(other),
            '\r' if rest.peek() == Some(&'\n') => {}
            '\r' | '\n' => {
                take(row, column, &field)?;
                field.clear();
                (row, column, begun) = (row.saturating_add(1), 0, false);
            }
            other if other == separator => {
                take(row, column, &field)?;
                field.clear();
                (column, begun) = (column.saturating_add(1), false);
            }
            other => {
                begun = true;
                field.push(other);
            }
        }
    }
    take(row, column, &field)
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
fn separator(text: &str) -> char {
    let lines =
        |separator: char| text.lines().take(SAMPLE_LINES).filter(|line| line.contains(separator)).count();
    // A comma inside a field is common, a tab is not: of equals the last wins.
    [';', ',', '\t']
        .into_iter()
        .filter(|separator| lines(*separator) > 0)
        .max_by_key(|separator| lines(*separator))
        .unwrap_or(',')
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
                Value::Text(text) => (cell.row, cell.column, text.to_string()),
                other => panic!("{other:?}"),
            })
            .collect()
    }

    #[test]
    fn charsets_and_separators() {
        let expected = vec![
            (0, 0, "接種日".to_owned()),
            (0, 1, "枠数".to_owned()),
            (1, 0, "10/25".to_owned()),
            (1, 1, "06".to_owned()),
        ];
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
        let read = cells(b"\"a\r\nb\",c\nd,\"6\"\"\"\n");
        assert_eq!(read.first(), Some(&(0, 0, "a\nb".to_owned())));
        assert_eq!(read.last(), Some(&(1, 1, "6\"".to_owned())));
    }

    #[test]
    fn guarded_text() {
        let read = cells(b"=\"0123\",\"=\"\"0456\"\"\",=\"a\"\"b\"\n");
        let texts: Vec<&str> = read.iter().map(|(_, _, text)| text.as_str()).collect();
        assert_eq!(texts, ["0123", "0456", "=\"a\"\"b\""]);
    }

    #[test]
    fn not_text() {
        let refused = read(b"a\0b", &Limits::default(), &mut Spent::default());
        assert!(matches!(refused, Err(Refusal::Corrupt(_))));
    }
}
