//! Pure: a clinic's workbook as plain values that can be written anew, and the proof that it would be read alike.

use std::collections::BTreeSet;

use smol_str::SmolStr;

use super::{look, marks};
use crate::campaign::Campaign;
use crate::inspection::form::{self, Entry, FileReading, Form, Row, returned};
use crate::inspection::verdict::{Place, Visibility};
use crate::inspection::workbook::{Cell, Merged, Sheet, Strike, Value, Workbook};

/// A form has some thousand cells; what is larger goes back as a list only.
const MAX_CELLS: usize = 20_000;
const MAX_SHEETS: usize = 20;
const MAX_TEXT: usize = 5_000;
/// Cells that one merged range may cover.
const MAX_MERGED: u64 = 5_000;
/// Characters of a sheet's name (Excel).
const NAME: usize = 31;

pub struct Plain {
    pub workbook: Workbook,
    /// What the clinic calls each of the sheets.
    pub own_names: Vec<String>,
}

/// The workbook without formulas, or nothing if it is too large or would not be read again as it was.
///
/// Most results of formulas stay as values. Those that only repeat something (weekday, dose, totals) are left
/// empty: a value that nobody typed must not contradict the cell that the clinic is going to mend.
pub fn plain(workbook: &Workbook, file_name: &str, new_name: &str, campaign: &Campaign) -> Option<Plain> {
    let cells: usize = workbook.sheets.iter().map(|sheet| sheet.cells.len()).sum();
    if cells == 0 || cells > MAX_CELLS || workbook.sheets.len() > MAX_SHEETS {
        return None;
    }
    let own: Vec<&Sheet> = workbook.sheets.iter().filter(|sheet| !returned::is_list(sheet)).collect();
    let mut taken = BTreeSet::from([returned::SHEET.to_string()]);
    let mut plain = Workbook {
        sheets: own.iter().map(|sheet| plain_sheet(sheet, &mut taken)).collect::<Option<_>>()?,
        names: workbook.names.iter().filter_map(form_id).take(1).collect(),
        ..Workbook::default()
    };
    let reading = form::read(&plain, new_name, campaign);
    let (echoes, sums) = (echoes(&reading), sum_rows(&reading));
    for (sheet, from) in plain.sheets.iter_mut().zip(&own) {
        let name = sheet.name.clone();
        sheet.cells.retain(|cell| {
            let computed = from.cell(cell.row, cell.column).is_some_and(|own| own.formula);
            let summed =
                matches!(cell.value, Value::Number(_)) && sums.contains(&(name.clone(), cell.row + 1));
            !(computed && (summed || echoes.contains(&Place::cell(&name, cell.row, cell.column))))
        });
    }
    let before = essence(&form::read(workbook, file_name, campaign));
    (before == essence(&form::read(&plain, new_name, campaign))).then(|| Plain {
        workbook: plain,
        own_names: own.iter().map(|sheet| sheet.name.to_string()).collect(),
    })
}

fn plain_sheet(sheet: &Sheet, taken: &mut BTreeSet<String>) -> Option<Sheet> {
    let cells: Vec<Cell> = sheet
        .cells
        .iter()
        .filter(|cell| cell.row < 1_048_576 && cell.column < 16_384)
        .filter_map(plain_cell)
        .collect();
    if !cells.iter().all(can_write) {
        return None;
    }
    let merged = sheet.merged.iter().copied().filter(can_merge).collect();
    Some(Sheet { name: sheet_name(&sheet.name, taken).into(), cells, merged: apart(merged), ..sheet.clone() })
}

/// The value as it can be written; `None`: there is nothing to show.
fn plain_cell(cell: &Cell) -> Option<Cell> {
    let value = match &cell.value {
        Value::NoResult => return None,
        Value::Number(number) | Value::Serial(number) if cell.formula && *number == 0.0 => return None,
        Value::Text(text) | Value::Error(text) => {
            let clean: SmolStr = text
                .chars()
                .filter(|c| (!c.is_control() || matches!(c, '\n' | '\t')) && !look::is_invisible(*c))
                .collect();
            if clean.is_empty() {
                return None;
            }
            Value::Text(clean)
        }
        other => other.clone(),
    };
    // Text that is struck in part is written without its line: where the line matters there is no copy.
    let strike = if cell.strike == Strike::Part { Strike::None } else { cell.strike };
    Some(Cell { value, formula: false, strike, ..cell.clone() })
}

fn can_write(cell: &Cell) -> bool {
    match &cell.value {
        Value::Number(number) | Value::Serial(number) => number.is_finite(),
        Value::Text(text) => text.chars().count() <= MAX_TEXT,
        _ => true,
    }
}

fn can_merge(range: &Merged) -> bool {
    let size = |from: u32, to: u32| u64::from(to.saturating_sub(from)) + 1;
    let area = size(range.first_row, range.last_row) * size(range.first_column, range.last_column);
    range.last_row < 1_048_576 && range.last_column < 16_384 && (2..=MAX_MERGED).contains(&area)
}

/// Ranges that do not touch an earlier one: Excel refuses a file in which they do.
fn apart(ranges: Vec<Merged>) -> Vec<Merged> {
    let mut kept: Vec<Merged> = Vec::new();
    for range in ranges {
        let meets = |other: &Merged| {
            range.first_row <= other.last_row
                && other.first_row <= range.last_row
                && range.first_column <= other.last_column
                && other.first_column <= range.last_column
        };
        if kept.len() < 1_000 && !kept.iter().any(meets) {
            kept.push(range);
        }
    }
    kept
}

/// A name that Excel takes, different from the others.
fn sheet_name(own: &str, taken: &mut BTreeSet<String>) -> String {
    let clean: String = own
        .chars()
        .filter(|c| !c.is_control() && !look::is_invisible(*c))
        .map(|c| if "[]:*?/\\".contains(c) { '_' } else { c })
        .collect();
    let clean = clean.trim_matches('\'');
    let clean = if clean.trim().is_empty() { "Sheet" } else { clean };
    let cut = |room: usize| {
        let mut units = 0;
        clean
            .chars()
            .take_while(|c| {
                units += c.len_utf16();
                units <= room
            })
            .collect::<String>()
    };
    let mut name = cut(NAME);
    let mut number = 2;
    while !taken.insert(name.to_lowercase()) {
        name = format!("{}({number})", cut(NAME - 5));
        number += 1;
    }
    name
}

/// FORM_ID, if it is nothing but the number of a form: 「="K8-3"」.
fn form_id((name, formula): &(String, String)) -> Option<(String, String)> {
    let text = formula.trim_start_matches('=').trim_matches('"');
    let plain = text.len() <= 12 && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    (name == "FORM_ID" && plain && text.starts_with('K')).then(|| (name.clone(), format!("=\"{text}\"")))
}

/// The places that only repeat what others say.
fn echoes(reading: &FileReading) -> BTreeSet<Place> {
    let mut places = BTreeSet::new();
    for form in &reading.forms {
        places.extend(form.typed_totals.iter().map(|total| total.entry.place.clone()));
        for row in &form.rows {
            places.extend(row.weekday.iter().map(|weekday| weekday.place.clone()));
            places.extend(row.dose.iter().map(|dose| dose.place.clone()));
        }
    }
    places
}

/// Rows (sheet, one-based row) that hold sums and no slots: what is computed there is a sum too.
fn sum_rows(reading: &FileReading) -> BTreeSet<(SmolStr, u32)> {
    let mut rows = BTreeSet::new();
    for form in &reading.forms {
        for total in &form.typed_totals {
            let place = &total.entry.place;
            let row =
                place.cell.as_deref().and_then(|cell| marks::cells(cell).next()).map(|(from, _)| from.0 + 1);
            rows.extend(place.sheet.clone().zip(row));
        }
        for row in &form.rows {
            rows.remove(&(row.sheet.clone(), row.row));
        }
    }
    rows
}

/// What decides about slots and identity, for comparing two readings.
fn essence(reading: &FileReading) -> Vec<String> {
    reading.forms.iter().map(|form| form_essence(form)).collect()
}

fn form_essence(form: &Form) -> String {
    let raw = |entry: &Option<Entry<()>>| entry.as_ref().map(|entry| entry.raw.trim().to_string());
    let fields = &form.fields;
    let rows: Vec<String> = form.rows.iter().map(row_essence).collect();
    let totals: Vec<_> =
        form.typed_totals.iter().map(|total| (total.dose, total.visibility, total.entry.value())).collect();
    format!(
        "{:?}",
        (
            (form.number, form.period, &form.visibility),
            [raw(&fields.venue_no), raw(&fields.name), raw(&fields.ward), raw(&fields.phone)],
            fields.cap.as_ref().and_then(Entry::value),
            rows,
            totals,
        )
    )
}

fn row_essence(row: &Row) -> String {
    let counts = Visibility::BOTH
        .map(|visibility| row.count(visibility).map(|count| (count.is_blank(), count.value())));
    format!(
        "{:?}",
        (
            row.row,
            row.date.value(),
            row.weekday.as_ref().and_then(Entry::value),
            row.dose.as_ref().and_then(Entry::value),
            row.start.value(),
            row.end.as_ref().and_then(Entry::value),
            counts,
            row.hidden,
            row.struck,
        )
    )
}
