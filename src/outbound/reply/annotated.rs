//! Pure: the file 「修正一覧.xlsx」 that goes with a letter: every place to mend or confirm, beyond the letter's limit.
//!
//! It is written anew and holds typed strings only: nothing of the clinic's own file goes back, and no cell can
//! become a formula. Its headings are not those of the forms, so that it is never taken for one when it returns.

use rust_xlsxwriter::{Color, DocProperties, ExcelDateTime, Format, FormatAlign, Workbook, XlsxError};

use super::echo;
use crate::inspection::verdict::{Finding, Severity};
use crate::outbound::letter::Enclosure;

/// A larger list stays here; the letter has told how many there are.
const MAX_BYTES: usize = 500 * 1024;
const HEADINGS: [(&str, f64); 8] = [
    ("番号", 6.0),
    ("区分", 10.0),
    ("シート", 16.0),
    ("セル", 10.0),
    ("項目", 14.0),
    ("読み取った内容", 24.0),
    ("理由・確認事項", 60.0),
    ("修正方法", 50.0),
];

/// The list, or nothing when there is nothing to list or it grew too large.
pub fn list(clinic: &str, receipt: &str, findings: &[Finding]) -> Option<Enclosure> {
    let told: Vec<&Finding> = [Severity::Error, Severity::Warning]
        .into_iter()
        .flat_map(|severity| findings.iter().filter(move |finding| finding.severity == severity))
        .filter(|finding| !finding.code.starts_with('T'))
        .collect();
    if told.is_empty() {
        return None;
    }
    let bytes = write(clinic, receipt, &told).ok().filter(|bytes| bytes.len() <= MAX_BYTES)?;
    Some(Enclosure {
        name: "修正一覧.xlsx".into(),
        mime: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet".into(),
        bytes,
    })
}

fn write(clinic: &str, receipt: &str, told: &[&Finding]) -> Result<Vec<u8>, XlsxError> {
    let mut workbook = Workbook::new();
    // A fixed date: the same letter has the same bytes.
    let written = ExcelDateTime::from_ymd(2021, 9, 28)?;
    workbook.set_properties(&DocProperties::new().set_title("修正一覧").set_creation_datetime(&written));
    let heading = Format::new().set_bold().set_background_color(Color::RGB(0x00D9_E1F2)).set_text_wrap();
    let cell = Format::new().set_text_wrap().set_align(FormatAlign::Top);
    let error = cell.clone().set_background_color(Color::RGB(0x00F8_CBAD));
    let sheet = workbook.add_worksheet();
    sheet.set_name("修正一覧")?;
    sheet.write_string(0, 0, format!("{}　受付番号 {receipt}", echo::value(clinic)))?;
    sheet.write_string(1, 0, "確認用の一覧です。修正は、お送りいただいた様式に行ってください。")?;
    for (column, (label, width)) in (0u16..).zip(HEADINGS) {
        sheet.set_column_width(column, width)?;
        sheet.write_string_with_format(3, column, label, &heading)?;
    }
    sheet.set_freeze_panes(4, 0)?;
    for (row, (number, finding)) in (4u32..).zip((1usize..).zip(told)) {
        let is_error = finding.severity == Severity::Error;
        let text = |text: &Option<String>| text.as_deref().map(echo::value).unwrap_or_default();
        let columns = [
            number.to_string(),
            if is_error { "要修正" } else { "要確認" }.to_string(),
            text(&finding.place.sheet),
            finding.place.cell.clone().unwrap_or_else(|| "全体".into()),
            text(&finding.label),
            text(&finding.read),
            echo::sentence(&finding.message),
            finding.mend.as_deref().map(echo::sentence).unwrap_or_default(),
        ];
        for (column, content) in (0u16..).zip(columns) {
            let marked = is_error && column == 1;
            sheet.write_string_with_format(row, column, content, if marked { &error } else { &cell })?;
        }
    }
    workbook.save_to_buffer()
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Read as _};

    use super::*;
    use crate::inspection::verdict::Place;

    fn finding(read: &str, row: u32) -> Finding {
        Finding {
            code: "R19".into(),
            severity: Severity::Error,
            place: Place::cell("様式１", row, 6),
            label: Some("枠数".into()),
            read: Some(read.into()),
            message: "人数として読み取れません。".into(),
            mend: None,
        }
    }

    #[test]
    fn hostile_values_stay_strings_and_bytes_repeat() {
        let findings = ["=cmd|'/c calc'!A1", "+1", "@SUM(A1)", "\u{1}\u{202e}x"].map(|read| finding(read, 3));
        let file = list("みなみ医院", "8-0123-1", &findings).unwrap();
        assert_eq!(file, list("みなみ医院", "8-0123-1", &findings).unwrap());
        let mut archive = zip::ZipArchive::new(Cursor::new(&file.bytes)).unwrap();
        let mut sheet = String::new();
        archive.by_name("xl/worksheets/sheet1.xml").unwrap().read_to_string(&mut sheet).unwrap();
        assert!(!sheet.contains("<f"), "{sheet}");
        let mut strings = String::new();
        archive.by_name("xl/sharedStrings.xml").unwrap().read_to_string(&mut strings).unwrap();
        assert!(strings.contains("=cmd|") && !strings.contains('\u{202e}'));
    }

    #[test]
    fn nothing_to_tell_or_too_much_is_no_file() {
        assert_eq!(list("みなみ医院", "8-0123-1", &[]), None);
        let mut timing = finding("x", 1);
        timing.code = "T01".into();
        assert_eq!(list("みなみ医院", "8-0123-1", &[timing]), None);
        let many: Vec<Finding> = (0..40_000).map(|row| finding(&format!("{}", row * 7919), row)).collect();
        assert_eq!(list("みなみ医院", "8-0123-1", &many), None);
    }
}
