//! Pure: .xls (BIFF5 and BIFF8) by calamine, after the extent of its sheets was measured. Hidden rows and fonts are
//! not judged in this format.

use std::collections::BTreeSet;
use std::io::Cursor;

use calamine::{Data, Reader as _, SheetType, Xls, XlsError};
use smol_str::ToSmolStr as _;

use super::grid::Grid;
use super::number::number;
use super::xlsb::shown;
use super::{Cell, Merged, Refusal, Spent, Strike, Value, Workbook};
use crate::inspection::container::{compound, within};
use crate::limits::Limits;

pub(super) fn read(bytes: &[u8], limits: &Limits, spent: &mut Spent) -> Result<Workbook, Refusal> {
    let tamed = compound::with_small_dimensions(bytes, limits)?;
    let mut file: Xls<_> = Xls::new(Cursor::new(tamed.as_slice())).map_err(|error| refusal(&error))?;
    let epoch_1904 = file.has_1904_epoch();
    let listed = file.sheets_metadata().to_vec();
    within("sheets", limits.sheets, listed.len() as u64)?;
    let mut workbook = Workbook {
        epoch_1904,
        names: file.defined_names().to_vec(),
        has_macros: compound::has_macros(bytes),
        ..Workbook::default()
    };
    // calamine tells no shared formula (one that was filled down) from a typed value.
    let mut formulas = compound::formula_cells(&compound::workbook_stream(bytes, limits)?);
    formulas.resize(listed.len(), BTreeSet::new());
    for (sheet, mut open) in
        listed.iter().zip(formulas).filter(|(sheet, _)| sheet.typ == SheetType::WorkSheet)
    {
        let mut grid = Grid::new(limits, spent);
        let range = file.worksheet_range(&sheet.name).map_err(|error| refusal(&error))?;
        let (top, left) = range.start().unwrap_or_default();
        for (row, column, data) in range.used_cells() {
            let (row, column) = (top + row as u32, left + column as u32);
            let formula = open.remove(&(row, column));
            if let Some(value) = value(data, formula, epoch_1904) {
                grid.push(Cell { row, column, value, formula, strike: Strike::None })?;
            }
        }
        for (row, column) in open {
            grid.push(Cell { row, column, value: Value::NoResult, formula: true, strike: Strike::None })?;
        }
        for range in file.merge_cells_by_sheet_name(&sheet.name).unwrap_or_default() {
            let ((first_row, first_column), (last_row, last_column)) = (range.start, range.end);
            grid.merge(Merged { first_row, first_column, last_row, last_column });
        }
        workbook.sheets.push(grid.finish(sheet.name.clone(), shown(sheet.visible))?);
    }
    if workbook.sheets.is_empty() {
        return Err(Refusal::corrupt("xls: no worksheet"));
    }
    drop_empty_results(&mut workbook);
    Ok(workbook)
}

/// A formula whose result is empty text and one that was never calculated are stored alike. Programs calculate all
/// formulas or none: where any has a result, the empty ones (`=IF(B13="","",…)`) are results too, and blank.
fn drop_empty_results(workbook: &mut Workbook) {
    let mut cells = workbook.sheets.iter().flat_map(|sheet| &sheet.cells);
    if cells.any(|cell| cell.formula && cell.value != Value::NoResult) {
        for sheet in &mut workbook.sheets {
            sheet.cells.retain(|cell| cell.value != Value::NoResult);
        }
    }
}

/// calamine gives a formula that was never calculated as empty text.
fn value(data: &Data, formula: bool, epoch_1904: bool) -> Option<Value> {
    Some(match data {
        Data::Int(whole) => Value::Number(*whole as f64),
        Data::Float(raw) => number(*raw, false, epoch_1904),
        Data::DateTime(stamp) => number(stamp.as_f64(), true, epoch_1904),
        Data::String(text) if text.is_empty() && formula => Value::NoResult,
        Data::String(text) | Data::DateTimeIso(text) | Data::DurationIso(text) => {
            Value::Text(text.replace("\r\n", "\n").into())
        }
        Data::Bool(flag) => Value::Bool(*flag),
        Data::Error(error) => Value::Error(error.to_smolstr()),
        Data::Empty => return formula.then_some(Value::NoResult),
    })
}

fn refusal(error: &XlsError) -> Refusal {
    match error {
        XlsError::Password => Refusal::Password,
        other => Refusal::corrupt(format!("xls: {other}")),
    }
}
