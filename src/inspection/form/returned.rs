//! Pure: the sheet 「修正一覧」 that stands in front of a form that we sent back for mending. The clinic may mend that
//! very file and return it; the list itself is no input.

use crate::inspection::workbook::{Sheet, Value};

/// Name of the sheet.
pub const SHEET: &str = "修正一覧";

/// Headings of the list, as we write them.
pub const HEADINGS: [&str; 8] =
    ["No.", "区分", "シート", "セル", "見出し", "読み取った内容", "理由", "修正方法"];

/// Rows in which the headings are looked for.
const TOP: u32 = 12;

/// Is this our list? Known by its headings, not by its name: a clinic may call its own sheet 「修正一覧」.
pub fn is_list(sheet: &Sheet) -> bool {
    let mut row = None;
    let mut found = 0;
    for cell in sheet.cells.iter().take_while(|cell| cell.row < TOP) {
        if row != Some(cell.row) {
            row = Some(cell.row);
            found = 0;
        }
        let Value::Text(text) = &cell.value else { continue };
        // Our own words come back letter by letter.
        found += usize::from(HEADINGS.contains(&text.trim()));
        if found == HEADINGS.len() {
            return true;
        }
    }
    false
}
