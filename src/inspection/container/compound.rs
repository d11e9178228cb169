//! Pure: the compound file (MS-CFB) that an .xls is, and the extent of the sheets in it (MS-XLS records).
//!
//! Sector chains that run in circles are rejected by the `cfb` crate before calamine follows them. calamine
//! lays a sheet out densely, so two far corners cost gigabytes: the extent is counted here first.

use std::collections::BTreeSet;
use std::io::{Cursor, Read, Write};

use super::{Refusal, within};
use crate::inbound::attachment::FileKind;
use crate::limits::Limits;

/// Positions that a dense layout may have for each allowed cell; about 100 MiB at the default limits.
const DENSITY: u64 = 5;

/// The record that announces a sheet's extent.
const DIMENSIONS: u16 = 0x0200;
const BEGIN_OF_FILE: u16 = 0x0809;
const END_OF_FILE: u16 = 0x000A;
const BOUND_SHEET: u16 = 0x0085;
const FORMULA: u16 = 0x0006;

/// Checks an .xls: sound chains, no password, a Workbook stream of acceptable size and extent.
pub fn examine(bytes: &[u8], limits: &Limits) -> Result<(), Refusal> {
    let stream = workbook_stream(bytes, limits)?;
    measure(&stream, limits)
}

/// The bytes of the `Workbook` (BIFF8) or `Book` (BIFF5) stream.
pub fn workbook_stream(bytes: &[u8], limits: &Limits) -> Result<Vec<u8>, Refusal> {
    let broken = |error: std::io::Error| Refusal::corrupt(format!("compound file: {error}"));
    let mut compound = cfb::CompoundFile::open(Cursor::new(bytes)).map_err(broken)?;
    if compound.exists("/EncryptedPackage") {
        return Err(Refusal::Password);
    }
    let name = stream_name(&compound)?;
    let length = compound.entry(name).map_err(broken)?.len();
    // A stream cannot be longer than the file that holds it: a longer one lies.
    if length > bytes.len() as u64 {
        return Err(Refusal::corrupt("compound file: the Workbook stream is longer than the file"));
    }
    within("entry_inflated_bytes", limits.entry_inflated_bytes, length)?;
    let mut stream = Vec::with_capacity(length as usize);
    compound.open_stream(name).map_err(broken)?.take(length).read_to_end(&mut stream).map_err(broken)?;
    Ok(stream)
}

/// The file with every announced extent (`Dimensions`, MS-XLS 2.4.90) made small: calamine reserves memory for what
/// it announces, and a sheet that is merely formatted down to its last row announces gigabytes.
pub fn with_small_dimensions(bytes: &[u8], limits: &Limits) -> Result<Vec<u8>, Refusal> {
    let broken = |error: std::io::Error| Refusal::corrupt(format!("compound file: {error}"));
    let mut stream = workbook_stream(bytes, limits)?;
    let mut at = 0_usize;
    let mut places = Vec::new();
    for (kind, data) in records(&stream) {
        if kind == DIMENSIONS {
            places.push((at + 4, data.len()));
        }
        at += 4 + data.len();
    }
    for (start, length) in places {
        let Some(data) = stream.get_mut(start..start + length) else { continue };
        // First row 0, rows 1, first column 0, columns 1: in words of four and two bytes, or of two in BIFF5.
        let wide = data.len() >= 14;
        for (index, byte) in data.iter_mut().enumerate() {
            *byte = u8::from(index == if wide { 4 } else { 2 } || index == if wide { 10 } else { 6 });
        }
    }
    let mut compound = cfb::CompoundFile::open(Cursor::new(bytes.to_vec())).map_err(broken)?;
    let name = stream_name(&compound)?;
    compound.open_stream(name).and_then(|mut out| out.write_all(&stream)).map_err(broken)?;
    compound.flush().map_err(broken)?;
    Ok(compound.into_inner().into_inner())
}

fn stream_name<F>(compound: &cfb::CompoundFile<F>) -> Result<&'static str, Refusal> {
    ["/Workbook", "/Book", "/WORKBOOK", "/BOOK"]
        .into_iter()
        .find(|name| compound.is_stream(name))
        .ok_or_else(|| Refusal::corrupt("compound file: no Workbook stream"))
}

/// Does the compound file carry a VBA project?
pub fn has_macros(bytes: &[u8]) -> bool {
    cfb::CompoundFile::open(Cursor::new(bytes)).is_ok_and(|compound| compound.exists("/_VBA_PROJECT_CUR"))
}

/// The records of a BIFF stream: type and data. Ends at the first one that is cut off.
pub fn records(stream: &[u8]) -> impl Iterator<Item = (u16, &[u8])> {
    let mut rest = stream;
    std::iter::from_fn(move || {
        let (header, tail) = rest.split_at_checked(4)?;
        let word = |at: usize| {
            u16::from_le_bytes([
                header.get(at).copied().unwrap_or_default(),
                header.get(at + 1).copied().unwrap_or_default(),
            ])
        };
        let (data, tail) = tail.split_at_checked(usize::from(word(2)))?;
        rest = tail;
        Some((word(0), data))
    })
}

/// The cells with formulas of every sheet in the order in which the workbook lists them, shared formulas too.
pub fn formula_cells(stream: &[u8]) -> Vec<BTreeSet<(u32, u32)>> {
    let listed =
        records(stream).take_while(|(kind, _)| *kind != END_OF_FILE).filter(|(kind, _)| *kind == BOUND_SHEET);
    listed
        .map(|(_, data)| {
            let start = usize::from(word(data, 0)) | usize::from(word(data, 2)) << 16;
            sheet_formulas(stream.get(start..).unwrap_or_default())
        })
        .collect()
}

/// From a sheet's first record to its end, without the charts inside it.
fn sheet_formulas(stream: &[u8]) -> BTreeSet<(u32, u32)> {
    let mut depth = 0_u32;
    let mut cells = BTreeSet::new();
    for (kind, data) in records(stream) {
        match kind {
            BEGIN_OF_FILE => depth += 1,
            END_OF_FILE if depth <= 1 => break,
            END_OF_FILE => depth -= 1,
            FORMULA if depth == 1 => {
                cells.insert((u32::from(word(data, 0)), u32::from(word(data, 2))));
            }
            _ => {}
        }
    }
    cells
}

/// The little-endian word at `at`; 0 beyond the end.
pub fn word(data: &[u8], at: usize) -> u16 {
    let byte = |index: usize| data.get(index).copied().unwrap_or_default();
    u16::from_le_bytes([byte(at), byte(at + 1)])
}

/// Walks all records once: password, old formats, macro-only files, and the dense area of every sheet.
fn measure(stream: &[u8], limits: &Limits) -> Result<(), Refusal> {
    let mut area = 0_u64;
    let mut extent: Option<[u64; 4]> = None;
    let (mut sheets, mut macro_sheets) = (0_u64, 0_u64);
    for (kind, data) in records(stream) {
        match kind {
            // BOF of BIFF2, 3, 4.
            0x0009 | 0x0209 | 0x0409 if sheets == 0 => {
                return Err(Refusal::OldFormat(FileKind::OldWorkbook));
            }
            // FilePass
            0x002F if word(data, 0) != 0 || data.len() > 2 => return Err(Refusal::Password),
            // BoundSheet: the sixth byte tells worksheet (0), macro sheet (1), chart (2), module (6).
            0x0085 => match data.get(5) {
                Some(0) => sheets += 1,
                Some(1) => macro_sheets += 1,
                _ => {}
            },
            // BOF, EOF: one sheet is over.
            0x0809 | 0x000A => area = area.saturating_add(take_area(&mut extent)),
            // Formula, Number, Label, BoolErr, Rk, LabelSst, RString, MulRk
            0x0006 | 0x0203 | 0x0204 | 0x0205 | 0x027E | 0x00FD | 0x00D6 | 0x00BD => {
                let (row, first) = (u64::from(word(data, 0)), u64::from(word(data, 2)));
                let last =
                    if kind == 0x00BD { u64::from(word(data, data.len().saturating_sub(2))) } else { first };
                let [top, bottom, left, right] = extent.unwrap_or([row, row, first, last]);
                extent = Some([top.min(row), bottom.max(row), left.min(first), right.max(last)]);
            }
            _ => {}
        }
    }
    area = area.saturating_add(take_area(&mut extent));
    if sheets == 0 && macro_sheets > 0 {
        return Err(Refusal::OldFormat(FileKind::Xls));
    }
    within("sheets", limits.sheets, sheets)?;
    within("cells", limits.cells.saturating_mul(DENSITY), area)
}

fn take_area(extent: &mut Option<[u64; 4]>) -> u64 {
    extent
        .take()
        .map_or(0, |[top, bottom, left, right]| (bottom - top + 1) * (right.saturating_sub(left) + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(kind: u16, data: &[u8]) -> Vec<u8> {
        [&kind.to_le_bytes(), &u16::try_from(data.len()).unwrap().to_le_bytes(), data].concat()
    }

    fn formula(row: u16, column: u16) -> Vec<u8> {
        record(FORMULA, &[&row.to_le_bytes()[..], &column.to_le_bytes(), &[0; 18]].concat())
    }

    #[test]
    fn formulas_of_each_sheet_without_those_of_its_charts() {
        let begin = record(BEGIN_OF_FILE, &[0; 16]);
        let end = record(END_OF_FILE, &[]);
        let bound = |at: u32| record(BOUND_SHEET, &[&at.to_le_bytes()[..], &[0, 0]].concat());
        let head = begin.len() + 2 * bound(0).len() + end.len();
        let first = [
            begin.clone(),
            formula(1, 2),
            begin.clone(),
            formula(7, 7),
            end.clone(),
            formula(3, 4),
            end.clone(),
        ]
        .concat();
        let second = [begin.clone(), formula(0, 9), end.clone()].concat();
        let (one, two) = (u32::try_from(head).unwrap(), u32::try_from(head + first.len()).unwrap());
        let stream = [begin, bound(one), bound(two), end, first, second].concat();
        assert_eq!(formula_cells(&stream), [BTreeSet::from([(1, 2), (3, 4)]), BTreeSet::from([(0, 9)])]);
    }

    #[test]
    fn a_sheet_beyond_the_end_has_no_formulas() {
        let stream = record(BOUND_SHEET, &[0xFF, 0xFF, 0xFF, 0x7F, 0, 0]);
        assert_eq!(formula_cells(&stream), [BTreeSet::new()]);
    }
}
