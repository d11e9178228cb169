//! Pure: the first sheet 「修正一覧」: one row for each place, its cell name a link to the cell.

use rust_xlsxwriter::{Color, FormatAlign, FormatUnderline, Url, Worksheet, XlsxError};

use super::plain::Plain;
use super::{Mark, Subject, look, marks};
use crate::inspection::form::returned;
use crate::inspection::verdict::{Severity, a1};
use crate::inspection::workbook::{Shown, Value};

/// Rows of the list; who has more to mend begins with these.
const ROWS: usize = 1_000;
/// The row of the headings.
const HEAD: u32 = 5;
const WIDTHS: [f64; 8] = [5.0, 8.0, 14.0, 8.0, 14.0, 22.0, 52.0, 44.0];

pub fn write(
    sheet: &mut Worksheet,
    subject: &Subject,
    marks: &[Mark],
    sheets: Option<&Plain>,
) -> Result<(), XlsxError> {
    sheet.set_name(returned::SHEET)?;
    sheet.set_landscape().set_paper_size(9).set_print_fit_to_pages(1, 0).set_repeat_rows(HEAD, HEAD)?;
    sheet.set_screen_gridlines(false);
    introduce(sheet, subject, sheets.is_some())?;
    let heading = look::heading(look::boxed(look::base())).set_text_wrap();
    for (column, (label, width)) in (0_u16..).zip(returned::HEADINGS.into_iter().zip(WIDTHS)) {
        sheet.set_column_width(column, width)?;
        sheet.write_string_with_format(HEAD, column, label, &heading)?;
    }
    sheet.set_freeze_panes(HEAD + 1, 0)?;
    for (row, (number, mark)) in (HEAD + 1..).zip((1_u32..).zip(marks.iter().take(ROWS))) {
        entry(sheet, row, number, mark, sheets)?;
    }
    if marks.len() > ROWS {
        let last = HEAD + 1 + ROWS as u32;
        sheet.write_string_with_format(last, 1, format!("ほか{}件", marks.len() - ROWS), &look::base())?;
    }
    Ok(())
}

fn introduce(sheet: &mut Worksheet, subject: &Subject, with_sheets: bool) -> Result<(), XlsxError> {
    let receipt = match subject.receipt {
        "" => String::new(),
        receipt => format!("　受付番号 {receipt}"),
    };
    sheet.set_row_height(0, 24)?;
    sheet.write_string_with_format(0, 0, returned::SHEET, &look::base().set_bold().set_font_size(16))?;
    sheet.write_string_with_format(1, 0, format!("{}{receipt}", subject.clinic), &look::base().set_bold())?;
    let lines = if with_sheets {
        [
            "次のシートで色を付けたセル（赤：要修正、黄：要確認）をご確認のうえ修正し、このファイルをメールへの返信でお送りください。",
            "「セル」欄を押すと、そのセルへ移動します。曜日や合計など計算で表示されていた欄は空欄にしていますが、ご記入は不要です。",
        ]
    } else {
        ["確認用の一覧です。修正は、お送りいただいた様式に行ってください。", ""]
    };
    for (row, line) in (2..).zip(lines) {
        sheet.write_string_with_format(row, 0, line, &look::base())?;
    }
    Ok(())
}

fn entry(
    sheet: &mut Worksheet,
    row: u32,
    number: u32,
    mark: &Mark,
    sheets: Option<&Plain>,
) -> Result<(), XlsxError> {
    let cell = look::boxed(look::base()).set_text_wrap().set_align(FormatAlign::Top);
    let coloured = cell.clone().set_background_color(look::fill(mark.severity));
    let kind = if mark.severity == Severity::Error { "要修正" } else { "要確認" };
    let own_name = mark.place.sheet.as_deref().unwrap_or_default();
    let address = mark.place.cell.as_deref().unwrap_or("全体");
    sheet.write_number_with_format(row, 0, number, &cell)?;
    sheet.write_string_with_format(row, 1, kind, &coloured)?;
    sheet.write_string_with_format(row, 2, clean(own_name), &cell)?;
    match sheets.and_then(|plain| target(plain, mark)) {
        Some(target) => {
            let link =
                cell.clone().set_font_color(Color::RGB(0x0005_63C1)).set_underline(FormatUnderline::Single);
            let url = Url::new(format!("internal:{target}")).set_text(clean(address));
            sheet.write_url_with_format(row, 3, url, &link)?
        }
        None => sheet.write_string_with_format(row, 3, clean(address), &cell)?,
    };
    let mut lines = 1;
    for (column, text) in (4_u16..).zip([&mark.label, &mark.read, &mark.reason, &mark.mend]) {
        let width =
            WIDTHS.get(usize::from(column)).map_or(10, |width| *width as usize).saturating_sub(2).max(1);
        lines = lines.max(look::width(&Value::Text(text.as_str().into())).div_ceil(width));
        sheet.write_string_with_format(row, column, clean(text), &cell)?;
    }
    // Not every program finds the height of wrapped text by itself.
    sheet.set_row_height(row, (lines as f64 * 15.0 + 3.0).min(300.0))?;
    Ok(())
}

/// 「'様式１'!B18」, if that sheet can be seen.
fn target(plain: &Plain, mark: &Mark) -> Option<String> {
    let own_name = mark.place.sheet.as_ref()?;
    let at = plain.own_names.iter().position(|name| name == own_name)?;
    let sheet = plain.workbook.sheets.get(at).filter(|sheet| sheet.shown == Shown::Visible)?;
    let first = mark.place.cell.as_deref().and_then(|cell| marks::cells(cell).next());
    let ((row, column), _) = first.unwrap_or_default();
    Some(format!("'{}'!{}", sheet.name.replace('\'', "''"), a1(row, u32::from(column))))
}

fn clean(text: &str) -> String {
    text.chars().filter(|c| !c.is_control() && !look::is_invisible(*c)).take(1_000).collect()
}
