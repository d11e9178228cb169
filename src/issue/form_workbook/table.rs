//! Pure: one sheet in the issued layout: header fields in rows 1 to 11, the table from row 12, the sum below it.
//!
//! Formula cells carry their results, so that readers which do not calculate see them too.

use rust_xlsxwriter::{Formula, Worksheet, XlsxError};

use super::layout::{
    ADDRESS, COUNT, DATE, DOSE, END, FIRST, HEAD, LAST, Layout, NO, START, WEEKDAY, address, reiwa, wide,
};
use super::style::Style;
use super::{FilledForm, FilledRow, title};
use crate::campaign::{Dose, Period, in_jst};
use crate::inspection::verdict::Visibility;
use crate::issue::cell_date::{fraction, serial, weekday};

/// Rows of the input sheet.
pub const ROWS: u32 = 300;

type Written = Result<(), XlsxError>;

/// `rows` numbered rows, the first of them filled in; `mark` stands in front of the title.
pub fn write(
    sheet: &mut Worksheet,
    layout: &Layout,
    style: &Style,
    form: &FilledForm,
    rows: u32,
    mark: Option<&str>,
) -> Written {
    let rows = rows.max(form.rows.len() as u32);
    // An empty result would otherwise be stored as 0, and a weekday of an empty row would read 「0」.
    sheet.set_formula_result_default("");
    page(sheet, layout, rows)?;
    heading(sheet, layout, style, mark)?;
    fields(sheet, layout, style, form)?;
    sums(sheet, layout, style, form, rows)?;
    columns(sheet, layout, style)?;
    for index in 0..rows {
        row(sheet, layout, style, index, form.rows.get(index as usize))?;
    }
    total(sheet, layout, style, form, rows)?;
    pasted(sheet, layout, style, form)
}

fn page(sheet: &mut Worksheet, layout: &Layout, rows: u32) -> Written {
    for (column, width) in (0u16..).zip([15.0, 16.0, 10.0, 14.0, 12.0, 11.0, 12.0, 13.0, 20.0]) {
        sheet.set_column_width(column, width)?;
    }
    // Room for a pen, and for the letters of other programs' fonts.
    sheet.set_default_row_height(18);
    sheet.set_row_height(0, 24)?;
    sheet.set_freeze_panes(FIRST, 0)?;
    sheet.set_repeat_rows(HEAD, HEAD)?;
    sheet.set_paper_size(9).set_print_fit_to_pages(1, 0);
    sheet.set_print_area(0, 0, FIRST + rows, LAST)?;
    sheet.set_footer(format!("&L様式番号 {}&C&P／&N", layout.form_id()));
    sheet.set_selection(4, 1, 4, 1)?;
    Ok(())
}

fn heading(sheet: &mut Worksheet, layout: &Layout, style: &Style, mark: Option<&str>) -> Written {
    let campaign = layout.campaign;
    let deadline = in_jst(campaign.submission_deadline).date();
    let (from, to) = (campaign.first_dose.from, campaign.second_dose.to);
    let until = if from.year() == to.year() {
        wide(&format!("{}月{}日", to.month(), to.day()))
    } else {
        reiwa(to, false)
    };
    let period = format!(
        "熊本市 コロナワクチン予約管理システム　{}（{}～{until}）",
        campaign.title,
        reiwa(from, false)
    );
    let lines = [
        format!("{}{}", mark.unwrap_or_default(), title(layout.number)),
        period,
        format!("※提出期限：{}　提出先：{ADDRESS}", reiwa(deadline, true)),
        "※パスワードを設定せず、Excel形式のまま添付してください。シート名・見出しは変更しないでください。"
            .to_string(),
    ];
    for (row, line) in (0u32..).zip(&lines) {
        sheet.write_string_with_format(row, 0, line, if row == 0 { &style.title } else { &style.line })?;
    }
    sheet.write_string_with_format(0, LAST, format!("様式番号 {}", layout.form_id()), &style.line)?;
    let periods = format!(
        "１回目接種期間：{}　２回目接種期間：{}{}",
        Layout::span(campaign.first_dose),
        Layout::span(campaign.second_dose),
        layout.gap(),
    );
    sheet.write_string_with_format(10, 0, periods, &style.line)?;
    Ok(())
}

fn fields(sheet: &mut Worksheet, layout: &Layout, style: &Style, form: &FilledForm) -> Written {
    let labels: [(u32, &str, &str); 5] = [
        (4, "会場番号", "医療機関名"),
        (5, "区", "医療機関コード"),
        (6, "担当者名", "電話番号"),
        (7, "メールアドレス", "提出日"),
        (8, "提出区分", ""),
    ];
    for (row, at_left, at_right) in labels {
        sheet.write_string_with_format(row, 0, at_left, &style.label)?;
        if !at_right.is_empty() {
            sheet.write_string_with_format(row, 3, at_right, &style.label)?;
        }
    }
    sheet.write_string_with_format(8, 3, cap_label(layout), &style.label.clone().set_shrink())?;
    sheet.write_string_with_format(5, 5, "（10桁・任意）", &style.line)?;
    sheet.write_string_with_format(8, 5, "（回分）", &style.line)?;
    sheet.merge_range(4, 4, 4, LAST, &form.name, &style.field)?;
    for (row, column, text) in [
        (4, 1, &form.venue_no),
        (5, 1, &form.ward),
        (5, 4, &form.med_code),
        (6, 1, &form.contact),
        (6, 4, &form.phone),
        (7, 1, &form.email),
        (8, 1, &form.kind),
    ] {
        if text.is_empty() {
            sheet.write_blank(row, column, &style.field)?;
        } else {
            // A long address stays legible in print.
            sheet.write_string_with_format(row, column, text, &style.field.clone().set_shrink())?;
        }
    }
    match form.submitted_on {
        Some(date) => sheet.write_number_with_format(7, 4, serial(date), &style.field_date)?,
        None => sheet.write_blank(7, 4, &style.field_date)?,
    };
    match form.cap {
        Some(cap) => sheet.write_number_with_format(8, 4, cap, &style.field_number)?,
        None => sheet.write_blank(8, 4, &style.field_number)?,
    };
    Ok(())
}

/// 「第８期接種可能上限量」
fn cap_label(layout: &Layout) -> String {
    format!("{}接種可能上限量", layout.campaign.title)
}

/// Row 10: what the form adds up by itself.
fn sums(sheet: &mut Worksheet, layout: &Layout, style: &Style, form: &FilledForm, rows: u32) -> Written {
    let campaign = layout.campaign;
    let [first, second] = [Dose::First, Dose::Second].map(|dose| {
        form.rows
            .iter()
            .filter(|row| campaign.dose_on(row.date) == Some(dose))
            .map(|row| counted(layout, row))
            .sum::<u64>()
    });
    let all: u64 = form.rows.iter().map(|row| counted(layout, row)).sum();
    let labels =
        [(0, "【自動計算】１回目 計"), (3, "２回目 計"), (5, "合計"), (7, "上限量との差（独自の受付枠）")];
    for (column, label) in labels {
        sheet.write_string_with_format(9, column, label, &style.label.clone().set_text_wrap())?;
    }
    sheet.set_row_height(9, 30)?;
    let own = form.cap.map_or(String::new(), |cap| (i64::from(cap) - all as i64).to_string());
    let formulas = [
        (2, dose_formula(layout, campaign.first_dose, rows), first.to_string()),
        (4, dose_formula(layout, campaign.second_dose, rows), second.to_string()),
        (6, format!("=SUM({})", range(COUNT, layout.note_column() - 1, rows)), all.to_string()),
        (8, "=IF(E9=\"\",\"\",E9-G10)".to_string(), own),
    ];
    for (column, formula, result) in formulas {
        sheet.write_formula_with_format(
            9,
            column,
            Formula::new(formula).set_result(result),
            &style.derived_number,
        )?;
    }
    Ok(())
}

/// What the form's own count columns say of a row.
fn counted(layout: &Layout, row: &FilledRow) -> u64 {
    layout.counts.iter().filter_map(|visibility| count(row, *visibility)).map(u64::from).sum()
}

fn count(row: &FilledRow, visibility: Visibility) -> Option<u32> {
    match visibility {
        Visibility::Public => row.public,
        Visibility::Private => row.private,
    }
}

fn dose_formula(layout: &Layout, period: Period, rows: u32) -> String {
    let dates = range(DATE, DATE, rows);
    let terms: Vec<String> = (COUNT..layout.note_column())
        .map(|column| {
            format!(
                "SUMIFS({},{dates},\">=\"&{},{dates},\"<=\"&{})",
                range(column, column, rows),
                serial(period.from),
                serial(period.to)
            )
        })
        .collect();
    format!("={}", terms.join("+"))
}

fn range(from: u16, to: u16, rows: u32) -> String {
    format!("{}:{}", address(FIRST, from, true, true), address(FIRST + rows - 1, to, true, true))
}

fn columns(sheet: &mut Worksheet, layout: &Layout, style: &Style) -> Written {
    let mut titles = vec!["No.", "接種日", "曜日", "接種回", "接種時刻", "終了時刻"];
    titles.extend(layout.counts.iter().map(|visibility| heading_of(*visibility)));
    titles.push("備考");
    for (column, title) in (NO..).zip(titles) {
        sheet.write_string_with_format(HEAD, column, title, &style.head)?;
    }
    Ok(())
}

/// The visibility is written in the sheet itself, also where the form has only one.
fn heading_of(visibility: Visibility) -> &'static str {
    match visibility {
        Visibility::Public => "公開枠数",
        Visibility::Private => "非公開枠数",
    }
}

fn row(
    sheet: &mut Worksheet,
    layout: &Layout,
    style: &Style,
    index: u32,
    filled: Option<&FilledRow>,
) -> Written {
    let at = FIRST + index;
    sheet.write_number_with_format(at, NO, index + 1, &style.no)?;
    derived(sheet, layout, style, at, filled)?;
    let Some(filled) = filled else {
        sheet.write_blank(at, DATE, &style.date)?;
        sheet.write_blank(at, START, &style.time)?;
        sheet.write_blank(at, END, &style.time)?;
        for column in COUNT..layout.note_column() {
            sheet.write_blank(at, column, &style.count)?;
        }
        sheet.write_blank(at, layout.note_column(), &style.note)?;
        return Ok(());
    };
    sheet.write_number_with_format(at, DATE, serial(filled.date), &style.date)?;
    sheet.write_number_with_format(at, START, fraction(filled.start), &style.time)?;
    match filled.end {
        Some(end) => sheet.write_number_with_format(at, END, fraction(end), &style.time)?,
        None => sheet.write_blank(at, END, &style.time)?,
    };
    for visibility in &layout.counts {
        let Some(column) = layout.count_column(*visibility) else { continue };
        match count(filled, *visibility) {
            Some(count) => sheet.write_number_with_format(at, column, count, &style.count)?,
            None => sheet.write_blank(at, column, &style.count)?,
        };
    }
    if filled.note.is_empty() {
        sheet.write_blank(at, layout.note_column(), &style.note)?;
    } else {
        sheet.write_string_with_format(at, layout.note_column(), &filled.note, &style.note)?;
    }
    Ok(())
}

/// 曜日 and 接種回, which the reader works out itself again.
fn derived(
    sheet: &mut Worksheet,
    layout: &Layout,
    style: &Style,
    at: u32,
    filled: Option<&FilledRow>,
) -> Written {
    let cell = address(at, DATE, false, true);
    let day = filled.map_or("", |row| weekday(row.date));
    let dose = filled.map_or("", |row| layout.dose_label(row.date));
    if let Some(typed) = filled.and_then(|row| row.weekday.as_ref()) {
        sheet.write_string_with_format(at, WEEKDAY, typed, &style.derived)?;
    } else {
        let formula = format!(
            "=IF(ISNUMBER({cell}),CHOOSE(WEEKDAY({cell}),\"日\",\"月\",\"火\",\"水\",\"木\",\"金\",\"土\"),\"\")"
        );
        let formula = Formula::new(formula).set_result(day);
        sheet.write_formula_with_format(at, WEEKDAY, formula, &style.derived)?;
    }
    let within =
        |period: Period| format!("AND({cell}>={},{cell}<={})", serial(period.from), serial(period.to));
    let formula = format!(
        "=IF(ISNUMBER({cell}),IF({},\"１回目\",IF({},\"２回目\",\"対象外\")),\"\")",
        within(layout.campaign.first_dose),
        within(layout.campaign.second_dose)
    );
    sheet.write_formula_with_format(at, DOSE, Formula::new(formula).set_result(dose), &style.derived)?;
    Ok(())
}

fn total(sheet: &mut Worksheet, layout: &Layout, style: &Style, form: &FilledForm, rows: u32) -> Written {
    let at = FIRST + rows;
    sheet.write_string_with_format(at, NO, "合計", &style.sum_label)?;
    for visibility in &layout.counts {
        let Some(column) = layout.count_column(*visibility) else { continue };
        let sum: u64 = form.rows.iter().filter_map(|row| count(row, *visibility)).map(u64::from).sum();
        let formula = format!("=SUM({})", range(column, column, rows));
        let formula = Formula::new(formula).set_result(sum.to_string());
        sheet.write_formula_with_format(at, column, formula, &style.derived_number)?;
    }
    Ok(())
}

/// Counts that the form has no column for, under a heading of their own to the right of the table.
fn pasted(sheet: &mut Worksheet, layout: &Layout, style: &Style, form: &FilledForm) -> Written {
    for visibility in Visibility::BOTH {
        let stray = form.rows.iter().any(|row| count(row, visibility).is_some());
        if layout.count_column(visibility).is_some() || !stray {
            continue;
        }
        sheet.write_string_with_format(HEAD, LAST, heading_of(visibility), &style.head)?;
        for (at, row) in (FIRST..).zip(&form.rows) {
            if let Some(count) = count(row, visibility) {
                sheet.write_number_with_format(at, LAST, count, &style.count)?;
            }
        }
    }
    Ok(())
}
