//! .xlsb (MS-XLSB 2.1.4) and .xls (MS-XLS 2.1.4) put together record by record, where no library writes what is asked.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::format_collect,
    reason = "tests may"
)]

mod reader_fixtures;

use reader_fixtures::{first, show, zip};
use uketsuke::inbound::attachment::FileKind;
use uketsuke::inspection::workbook::{Refusal, Shown, Workbook, read};
use uketsuke::limits::Limits;

fn record(kind: u16, data: &[u8]) -> Vec<u8> {
    let mut bytes =
        if kind < 0x80 { vec![kind as u8] } else { vec![(kind & 0x7F) as u8 | 0x80, (kind >> 7) as u8] };
    let mut length = data.len();
    while length >= 0x80 {
        bytes.push((length & 0x7F) as u8 | 0x80);
        length >>= 7;
    }
    bytes.push(length as u8);
    bytes.extend(data);
    bytes
}

fn wide(text: &str) -> Vec<u8> {
    let units: Vec<u16> = text.encode_utf16().collect();
    let mut bytes = (units.len() as u32).to_le_bytes().to_vec();
    bytes.extend(units.into_iter().flat_map(u16::to_le_bytes));
    bytes
}

fn cell(kind: u16, column: u32, style: u32, data: &[u8]) -> Vec<u8> {
    record(kind, &[&column.to_le_bytes()[..], &style.to_le_bytes(), data].concat())
}

/// `row` holds the records of row 1.
fn xlsb(epoch_1904: bool, row: &[Vec<u8>]) -> Vec<u8> {
    let sheet = [&1_u32.to_le_bytes()[..], &1_u32.to_le_bytes(), &wide("rId1"), &wide("様式１")].concat();
    let book = [
        record(0x0083, &[]),
        record(0x0099, &[u8::from(epoch_1904), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
        record(0x008F, &[]),
        record(0x009C, &sheet),
        record(0x0090, &[]),
        record(0x009D, &[0; 26]),
        record(0x0084, &[]),
    ]
    .concat();
    let styles = [
        record(0x0269, &2_u32.to_le_bytes()),
        record(0x002F, &[0; 16]),
        record(0x002F, &[0, 0, 56, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
        record(0x026A, &[]),
    ]
    .concat();
    let cells = [
        record(0x0081, &[]),
        record(0x0094, &[0; 16]),
        record(0x0091, &[]),
        record(0x0000, &[0; 25]),
        row.concat(),
        record(0x0092, &[]),
        record(0x0082, &[]),
    ]
    .concat();
    zip(&[
        ("xl/workbook.bin", &book),
        (
            "xl/_rels/workbook.bin.rels",
            br#"<Relationships><Relationship Id="rId1" Target="worksheets/sheet1.bin"/></Relationships>"#,
        ),
        ("xl/styles.bin", &styles),
        ("xl/worksheets/sheet1.bin", &cells),
    ])
}

fn open(bytes: &[u8]) -> Result<Workbook, Refusal> {
    read(bytes, FileKind::Xlsb, &Limits::default())
}

fn row() -> Vec<Vec<u8>> {
    let result =
        [&6_f64.to_le_bytes()[..], &[0, 0], &7_u32.to_le_bytes(), &[0x1E, 6, 0, 0x1E, 0, 0, 0x03], &[0; 4]]
            .concat();
    vec![
        cell(0x0006, 0, 0, &wide("接種日")),
        cell(0x0005, 1, 1, &44_494_f64.to_le_bytes()),
        cell(0x0002, 2, 0, &((6_i32 << 2) | 2).to_le_bytes()),
        cell(0x0001, 3, 0, &[]),
        cell(0x0009, 4, 0, &result),
        cell(0x0003, 5, 0, &[0x17]),
        cell(0x0004, 6, 0, &[1]),
    ]
}

#[test]
fn values_formats_and_formulas() {
    let workbook = open(&xlsb(false, &row())).unwrap();
    assert_eq!(first(&workbook).name, "様式１");
    assert_eq!(first(&workbook).shown, Shown::Hidden);
    assert_eq!(show(first(&workbook)), ["A1='接種日", "B1=#44494", "C1=6", "E1=f6", "F1=!#REF!", "G1=true"]);
}

#[test]
fn epoch_1904() {
    let workbook = open(&xlsb(true, &row())).unwrap();
    assert!(workbook.epoch_1904);
    assert_eq!(show(first(&workbook))[1], "B1=#45956");
}

#[test]
fn broken_records() {
    let whole = xlsb(false, &row());
    assert!(matches!(open(&whole[..whole.len() / 2]), Err(Refusal::Corrupt(_))));
    let no_part = zip(&[("xl/workbook.bin", b"\x83\x01\x00")]);
    assert!(open(&no_part).is_err());
}

/// An .xls with one sheet of these records.
fn xls(cells: &[Vec<u8>]) -> Vec<u8> {
    use std::io::Write as _;
    let record =
        |kind: u16, data: &[u8]| [&kind.to_le_bytes()[..], &(data.len() as u16).to_le_bytes(), data].concat();
    let begin = record(0x0809, &[0, 6, 5, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    let sheet_at = (begin.len() + 4 + 9 + 4) as u32;
    let listed = [&sheet_at.to_le_bytes()[..], &[0, 0, 1, 0, b'a']].concat();
    let cells: Vec<u8> = cells.iter().flat_map(|data| record(0x0006, data)).collect();
    let stream =
        [begin.clone(), record(0x0085, &listed), record(0x000A, &[]), begin, cells, record(0x000A, &[])]
            .concat();
    let mut file = cfb::CompoundFile::create(std::io::Cursor::new(Vec::new())).unwrap();
    file.create_stream("/Workbook").unwrap().write_all(&stream).unwrap();
    file.flush().unwrap();
    file.into_inner().into_inner()
}

/// A formula cell of row 1 with its stored result.
fn formula(column: u16, result: [u8; 8]) -> Vec<u8> {
    [&[0, 0][..], &column.to_le_bytes(), &[0, 0], &result, &[0; 6], &[3, 0, 0x1E, 6, 0]].concat()
}

#[test]
fn empty_results_of_xls_formulas() {
    const EMPTY: [u8; 8] = [3, 0, 0, 0, 0, 0, 0xFF, 0xFF];
    let check = |cells: &[Vec<u8>], expected: &[&str]| {
        let workbook = read(&xls(cells), FileKind::Xls, &Limits::default()).unwrap();
        assert_eq!(show(first(&workbook)), expected);
    };
    check(&[formula(0, EMPTY), formula(1, EMPTY)], &["A1=f?", "B1=f?"]);
    check(&[formula(0, EMPTY), formula(1, 6_f64.to_le_bytes())], &["B1=f6"]);
}
