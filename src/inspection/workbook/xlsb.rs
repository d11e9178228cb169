//! Pure: .xlsb by calamine's streaming reader. Hidden rows and fonts are not judged in this format.

use std::collections::BTreeSet;
use std::io::Cursor;

use calamine::{DataRef, Reader as _, SheetType, SheetVisible, Xlsb, XlsbError};
use smol_str::ToSmolStr as _;

use super::grid::Grid;
use super::number::number;
use super::rich::displayed;
use super::{Cell, Refusal, Shown, Spent, Strike, Value, Workbook};
use crate::inbound::attachment::FileKind;
use crate::inspection::container::package::Package;
use crate::inspection::container::within;
use crate::limits::Limits;

pub(super) fn read(bytes: &[u8], limits: &Limits, spent: &mut Spent) -> Result<Workbook, Refusal> {
    let mut file: Xlsb<_> = Xlsb::new(Cursor::new(bytes)).map_err(|error| refusal(&error))?;
    let epoch_1904 = file.has_1904_epoch();
    let listed = file.sheets_metadata().to_vec();
    within("sheets", limits.sheets, listed.len() as u64)?;
    let mut workbook = Workbook { epoch_1904, names: file.defined_names().to_vec(), ..Workbook::default() };
    let package = Package::open(bytes, limits)?;
    workbook.has_macros = package.names().any(|name| name.ends_with("vbaproject.bin"));
    workbook.has_comments = package.names().any(|name| name.contains("/comments"));
    for sheet in listed.iter().filter(|sheet| sheet.typ == SheetType::WorkSheet) {
        let formulas = formulas(&mut file, &sheet.name, limits)?;
        let mut cells = file.worksheet_cells_reader(&sheet.name).map_err(|error| refusal(&error))?;
        let mut grid = Grid::new(limits, spent);
        while let Some(cell) = cells.next_cell().map_err(|error| refusal(&error))? {
            let (row, column) = cell.get_position();
            let formula = formulas.contains(&(row, column));
            if let Some(value) = value(cell.get_value(), epoch_1904) {
                grid.push(Cell { row, column, value, formula, strike: Strike::None })?;
            }
        }
        workbook.sheets.push(grid.finish(sheet.name.clone(), shown(sheet.visible))?);
    }
    if workbook.sheets.is_empty() {
        return Err(Refusal::OldFormat(FileKind::Xlsb));
    }
    Ok(workbook)
}

fn formulas(
    file: &mut Xlsb<Cursor<&[u8]>>,
    name: &str,
    limits: &Limits,
) -> Result<BTreeSet<(u32, u32)>, Refusal> {
    let mut formulas = BTreeSet::new();
    let mut cells = file.worksheet_cells_reader(name).map_err(|error| refusal(&error))?;
    // A formula that calamine cannot put into words ends the list, not the reading.
    while let Ok(Some(cell)) = cells.next_formula() {
        formulas.insert(cell.get_position());
        within("cells", limits.cells, formulas.len() as u64)?;
    }
    Ok(formulas)
}

fn value(data: &DataRef<'_>, epoch_1904: bool) -> Option<Value> {
    Some(match data {
        DataRef::Int(whole) => Value::Number(*whole as f64),
        DataRef::Float(raw) => number(*raw, false, epoch_1904),
        DataRef::DateTime(stamp) => number(stamp.as_f64(), true, epoch_1904),
        DataRef::String(text) | DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => {
            Value::Text(displayed(text))
        }
        DataRef::SharedString(text) => Value::Text(displayed(text)),
        DataRef::Bool(flag) => Value::Bool(*flag),
        DataRef::Error(error) => Value::Error(error.to_smolstr()),
        DataRef::Empty => return None,
    })
}

pub(super) fn shown(visible: SheetVisible) -> Shown {
    match visible {
        SheetVisible::Visible => Shown::Visible,
        SheetVisible::Hidden => Shown::Hidden,
        SheetVisible::VeryHidden => Shown::VeryHidden,
    }
}

fn refusal(error: &XlsbError) -> Refusal {
    match error {
        XlsbError::Password => Refusal::Password,
        other => Refusal::corrupt(format!("xlsb: {other}")),
    }
}
