//! The promise behind every accepted form: each slot comes from cells that say so.

use uketsuke::inspection::form::{Entry, FileReading, Form, Remark, Row};
use uketsuke::inspection::normalize::token;
use uketsuke::inspection::rules;
use uketsuke::inspection::verdict::{Place, Visibility, a1};
use uketsuke::inspection::workbook::{Merged, Value, Workbook};

use super::eighth::campaign;

/// Every count, date and time that was read stands in a cell, and the slots are the sums of the rows.
pub fn come_from_cells(workbook: &Workbook, reading: &FileReading) {
    for form in &reading.forms {
        for row in &form.rows {
            counts_stand_in_cells(workbook, row);
            stands(workbook, &row.date);
            stands(workbook, &row.start);
        }
        sums_agree(form);
    }
}

fn counts_stand_in_cells(workbook: &Workbook, row: &Row) {
    for visibility in Visibility::BOTH {
        let Some(entry) = row.count(visibility) else { continue };
        let Some(people) = entry.value().filter(|people| *people > 0) else { continue };
        if carried(entry) {
            continue;
        }
        let said = cells(workbook, &entry.place).into_iter().any(|value| says(value, people));
        assert!(said, "{people} people, and no such cell: {entry:#?}");
    }
}

fn carried<T>(entry: &Entry<T>) -> bool {
    entry.remarks.iter().any(|remark| matches!(remark, Remark::CarriedDown { .. }))
}

fn stands<T: Copy + std::fmt::Debug>(workbook: &Workbook, entry: &Entry<T>) {
    if entry.value().is_some() && !carried(entry) {
        assert!(!cells(workbook, &entry.place).is_empty(), "read where nothing stands: {entry:#?}");
    }
}

/// What stands at a place, or in the merged range that covers it; two sheets may bear one name.
fn cells<'a>(workbook: &'a Workbook, place: &Place) -> Vec<&'a Value> {
    let (Some(name), Some(address)) = (&place.sheet, &place.cell) else { return Vec::new() };
    let address = address.split(':').next().unwrap_or_default();
    let covers = |range: &Merged| {
        (range.first_row..=range.last_row.min(range.first_row + 5_000)).any(|row| {
            (range.first_column..=range.last_column.min(range.first_column + 300))
                .any(|column| a1(row, column) == address)
        })
    };
    workbook
        .sheets
        .iter()
        .filter(|sheet| sheet.name == *name)
        .flat_map(|sheet| {
            let own = sheet.cells.iter().find(|cell| a1(cell.row, cell.column) == address);
            let merged = || {
                let range = sheet.merged.iter().find(|range| covers(range))?;
                sheet.cell(range.first_row, range.first_column)
            };
            own.or_else(merged).map(|cell| &cell.value)
        })
        .collect()
}

/// Does this cell say that number?
pub fn says(value: &Value, number: u32) -> bool {
    match value {
        Value::Number(found) => (found - f64::from(number)).abs() < 1e-6,
        Value::Text(text) => {
            let folded: String = token::key(text).chars().filter(|ch| *ch != ',').collect();
            let kanji = folded.contains(['一', '二', '三', '四', '五', '六', '七', '八', '九', '十', '百']);
            kanji
                || folded
                    .split(|ch: char| !ch.is_ascii_digit())
                    .any(|run| run.parse::<u64>() == Ok(u64::from(number)))
        }
        _ => false,
    }
}

fn sums_agree(form: &Form) {
    for slot in rules::slots(form, &campaign()) {
        let people = |visibility| -> u64 {
            let of_slot =
                |row: &&Row| row.date.value() == Some(slot.date) && row.start.value() == Some(slot.start);
            let count = |row: &Row| row.count(visibility).and_then(Entry::value).unwrap_or(0);
            form.rows.iter().filter(of_slot).map(|row| u64::from(count(row))).sum()
        };
        let total = people(Visibility::Public) + people(Visibility::Private);
        assert!(total > 0, "a slot for nobody: {slot:#?}");
        for visibility in Visibility::BOTH {
            let all = people(visibility).min(u64::from(u32::MAX));
            assert_eq!(u64::from(slot.count(visibility)), all, "{slot:#?}");
        }
    }
}
