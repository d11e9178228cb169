//! Pure: a form sent back for mending: the list 「修正一覧」, then the clinic's own sheets with the places marked.
//!
//! The file is written anew from the values as read; nothing of the clinic's bytes goes back and no cell can become
//! a formula. It may be mended and returned: our reader leaves the list aside and reads the rest as usual.

mod list;
mod look;
mod marks;
mod plain;
mod sheets;

use rust_xlsxwriter::{DocProperties, ExcelDateTime, Workbook as Writer, XlsxError};

use crate::campaign::Campaign;
use crate::inspection::verdict::{Place, Severity};
use crate::inspection::workbook::Workbook;
use plain::Plain;

/// A larger file is not sent.
pub const MAX_BYTES: usize = 500 * 1024;

/// One place to mend (or to confirm): a row of the list, and a note at the cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    pub severity: Severity,
    /// Sheet and A1 address (or range) as the clinic sees them.
    pub place: Place,
    /// 見出し
    pub label: String,
    /// 読み取った内容
    pub read: String,
    /// 理由
    pub reason: String,
    /// 修正方法
    pub mend: String,
}

/// What is sent back, and about which form.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    pub clinic: &'a str,
    /// Empty in an offline check.
    pub receipt: &'a str,
    /// The name of the clinic's file.
    pub file_name: &'a str,
    /// The file as read; `None` where its sheets must not go back.
    pub workbook: Option<&'a Workbook>,
    pub campaign: &'a Campaign,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Annotated {
    /// 「修正一覧_様式１.xlsx」
    pub name: String,
    pub bytes: Vec<u8>,
    /// The clinic's sheets are in it, not the list alone.
    pub with_sheets: bool,
}

/// The file, or nothing when there is nothing to mark. The sheets are left out when no mark is in them, when they
/// would make it too large, or when they would not be read again as they were.
pub fn annotated(subject: &Subject, marks: &[Mark]) -> Option<Annotated> {
    if marks.is_empty() {
        return None;
    }
    let name = file_name(subject.file_name);
    let sheets = subject
        .workbook
        .filter(|workbook| marks.iter().any(|mark| is_in(workbook, &mark.place)))
        .and_then(|workbook| plain::plain(workbook, subject.file_name, &name, subject.campaign));
    let attempts = sheets.iter().map(Some).chain([None]);
    attempts.into_iter().find_map(|sheets| {
        let bytes = write(subject, marks, sheets).ok().filter(|bytes| bytes.len() <= MAX_BYTES)?;
        Some(Annotated { name: name.clone(), bytes, with_sheets: sheets.is_some() })
    })
}

/// Is there a cell to colour?
fn is_in(workbook: &Workbook, place: &Place) -> bool {
    let (Some(sheet), Some(cell)) = (&place.sheet, &place.cell) else { return false };
    workbook.sheets.iter().any(|own| own.name == *sheet) && marks::cells(cell).next().is_some()
}

fn write(subject: &Subject, marks: &[Mark], sheets: Option<&Plain>) -> Result<Vec<u8>, XlsxError> {
    let mut writer = Writer::new();
    // A fixed date: the same letter has the same bytes.
    let written = ExcelDateTime::from_ymd(2021, 9, 28)?;
    writer.set_properties(&DocProperties::new().set_title("修正一覧").set_creation_datetime(&written));
    list::write(writer.add_worksheet(), subject, marks, sheets)?;
    if let Some(plain) = sheets {
        for (sheet, own_name) in plain.workbook.sheets.iter().zip(&plain.own_names) {
            sheets::write(writer.add_worksheet(), sheet, &marks::on(sheet, own_name, marks))?;
        }
        for (name, formula) in &plain.workbook.names {
            writer.define_name(name, formula)?;
        }
    }
    writer.save_to_buffer()
}

/// 「修正一覧_{元の名前}.xlsx」, with letters that every system takes.
fn file_name(original: &str) -> String {
    const STEM: usize = 60;
    let base = original.rsplit(['/', '\\']).next().unwrap_or_default();
    let stem = base.rsplit_once('.').map_or(base, |(stem, _)| stem);
    let stem = stem.trim_start_matches("修正一覧_");
    let clean: String = stem
        .chars()
        .filter(|c| !c.is_control() && !look::is_invisible(*c) && !"<>:\"/\\|?*".contains(*c))
        .take(STEM)
        .collect();
    let clean = clean.trim_matches([' ', '.', '　', '_']);
    if clean.is_empty() { "修正一覧.xlsx".into() } else { format!("修正一覧_{clean}.xlsx") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_names_are_safe() {
        let check = |original: &str, expected: &str| assert_eq!(file_name(original), expected);
        check("様式１.xlsx", "修正一覧_様式１.xlsx");
        check("様式１.xls", "修正一覧_様式１.xlsx");
        check("修正一覧_様式１.xlsx", "修正一覧_様式１.xlsx");
        check("../../etc/a:b?.xlsx", "修正一覧_ab.xlsx");
        check("\u{202e}xslx.exe\r\n.xlsx", "修正一覧_xslx.exe.xlsx");
        check("C:\\Users\\院長\\報告 .csv", "修正一覧_報告.xlsx");
        check("", "修正一覧.xlsx");
        assert!(file_name(&"長".repeat(300)).chars().count() <= 70);
    }
}
