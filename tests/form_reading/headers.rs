//! Header fields wherever they stand.

use uketsuke::inspection::form::{Fields, Observation};
use uketsuke::inspection::workbook::Value;

use crate::builder::{Page, has, issued, read_form};

fn raw(entry: Option<&uketsuke::inspection::form::Entry<()>>) -> String {
    entry.map_or("(none)".into(), |entry| {
        format!("{}@{}", entry.raw, entry.place.cell.as_deref().unwrap_or("-"))
    })
}

fn list(page: &mut Page, row: u32) {
    page.values(&format!("A{row}"), &["接種日", "時刻", "公開枠数"]);
    page.values(&format!("A{}", row + 1), &["10/25", "9:00", "6"]);
}

fn check(page: &Page, venue: &str, name: &str) -> Fields {
    let form = read_form(&[page]);
    assert_eq!(raw(form.fields.venue_no.as_ref()), venue, "{form:#?}");
    assert_eq!(raw(form.fields.name.as_ref()), name);
    assert_eq!(form.rows.len(), 1, "{form:#?}");
    form.fields
}

#[test]
fn issued_positions() {
    let mut page = issued(3);
    page.values("A13", &["1", "10/25", "月", "１回目", "9:00", "", "6", "0"]);
    let fields = check(&page, "0123@B5", "くまもと医院@E5");
    assert_eq!(raw(fields.ward.as_ref()), "中央区@B6");
    assert_eq!(raw(fields.med_code.as_ref()), "@E6");
    assert_eq!(raw(fields.contact_name.as_ref()), "熊本花子@B7");
    assert_eq!(raw(fields.phone.as_ref()), "096-000-0000@E7");
    assert_eq!(raw(fields.email.as_ref()), "clinic@example.jp@B8");
    assert_eq!(raw(fields.submitted_on.as_ref()), "2021/10/5@E8");
    assert_eq!(raw(fields.submission_kind.as_ref()), "新規@B9");
    assert_eq!(fields.cap.as_ref().unwrap().value(), Some(120));
}

#[test]
fn label_and_value_in_one_cell() {
    let mut page = Page::new("様式１");
    page.text("A1", "会場番号：０１２３").text("A2", "医療機関名　くまもと医院");
    list(&mut page, 4);
    check(&page, "０１２３@A1", "くまもと医院@A2");
    let mut page = Page::new("様式１");
    page.text("A1", "会場番号：0123　医療機関名：くまもと医院");
    list(&mut page, 4);
    check(&page, "0123@A1", "くまもと医院@A1");
}

#[test]
fn numbers_and_spaced_labels() {
    let mut page = Page::new("様式１");
    page.text("A1", "会　場　番　号")
        .number("C1", 123.0)
        .text("A2", "医療機関の名称")
        .text("B2", "くまもと医院");
    list(&mut page, 4);
    check(&page, "123@C1", "くまもと医院@B2");
}

#[test]
fn merged_labels_and_values() {
    let mut page = Page::new("様式１");
    page.text("A1", "会場番号").merge("A1:C1").text("D1", "0123").merge("D1:F1");
    page.text("G1", "医療機関名").merge("G1:H1").text("I1", "くまもと医院").merge("I1:L1");
    list(&mut page, 4);
    check(&page, "0123@D1", "くまもと医院@I1");
}

#[test]
fn values_below_their_labels() {
    let mut page = Page::new("様式１");
    page.texts("A1", &["会場番号", "医療機関名"]).texts("A2", &["0123", "くまもと医院"]);
    list(&mut page, 4);
    check(&page, "0123@A2", "くまもと医院@B2");
}

#[test]
fn labels_below_and_beside_the_table() {
    let mut page = Page::new("様式１");
    list(&mut page, 1);
    page.texts("A5", &["会場番号", "0123", "医療機関名", "くまもと医院"]);
    check(&page, "0123@B5", "くまもと医院@D5");
    let mut page = Page::new("様式１");
    list(&mut page, 1);
    page.texts("F1", &["会場番号", "0123"]).texts("F2", &["医療機関名", "くまもと医院"]);
    check(&page, "0123@G1", "くまもと医院@G2");
}

#[test]
fn one_character_in_each_cell() {
    let mut page = Page::new("様式１");
    page.text("A1", "会場番号").number("B1", 0.0).number("C1", 1.0).text("D1", "２").number("E1", 3.0);
    page.texts("A2", &["医療機関名", "くまもと医院"]);
    page.texts("A3", &["医療機関コード", "4", "3", "1", "2", "3", "4", "5", "6", "7", "8"]);
    list(&mut page, 5);
    let fields = check(&page, "01２3@B1", "くまもと医院@B2");
    assert_eq!(fields.med_code.unwrap().raw, "4312345678");
}

#[test]
fn a_blank_field_is_blank_where_its_value_should_stand() {
    let mut page = issued(3);
    page = {
        let mut sheet = Page::new("様式３");
        for cell in page.done().cells {
            if (cell.row, cell.column) != (4, 1) {
                sheet.put(cell.row, cell.column, cell.value);
            }
        }
        sheet
    };
    page.values("A13", &["1", "10/25", "月", "１回目", "9:00", "", "6", "0"]);
    check(&page, "@B5", "くまもと医院@E5");
}

#[test]
fn typed_totals_only() {
    let mut page = Page::new("様式１");
    page.text("A1", "１回目 計").number("B1", 6.0).text("C1", "２回目 計").formula("D1", Value::Number(9.0));
    page.text("E1", "合計").number("F1", 7.0);
    list(&mut page, 4);
    let form = read_form(&[&page]);
    let totals: Vec<_> = form
        .typed_totals
        .iter()
        .map(|total| (total.entry.value().unwrap(), total.dose.map(|dose| dose.number())))
        .collect();
    assert_eq!(totals, [(6, Some(1)), (7, None)]);
}

#[test]
fn sample_values() {
    for (venue, name, sample) in [
        ("9999", "くまもと医院", true),
        ("9999", "○○医院（記入例）", true),
        ("0123", "〇〇クリニック", true),
        ("0123", "くまもと医院", false),
    ] {
        let mut page = Page::new("様式１");
        page.texts("A1", &["会場番号", venue]).texts("A2", &["医療機関名", name]);
        list(&mut page, 4);
        let form = read_form(&[&page]);
        assert_eq!(has(&form, |seen| matches!(seen, Observation::Sample { .. })), sample, "{venue} {name}");
    }
}

#[test]
fn withdrawals() {
    for (text, withdrawn) in [
        ("今回は利用しません", true),
        ("第８期は辞退します", true),
        ("取下げ", true),
        ("予約管理システムの利用を希望しない", true),
        ("システムをご利用にならない場合は提出不要です。", false),
        ("辞退する場合はご連絡ください", false),
        ("新規／修正／取下げ", false),
        ("キャンセルは辞退者リストへ", false),
    ] {
        let mut page = Page::new("様式１");
        page.text("A1", text);
        list(&mut page, 4);
        let form = read_form(&[&page]);
        assert_eq!(has(&form, |seen| matches!(seen, Observation::Withdrawal { .. })), withdrawn, "{text}");
    }
}

#[test]
fn a_header_below_a_table_whose_first_column_is_for_remarks() {
    let mut page = Page::new("様式１");
    page.values("A1", &["備考", "時刻", "接種日", "公開枠数"]);
    page.values("B2", &["9:00", "10/25", "6"]);
    page.texts("A4", &["会場番号", "0123"]).texts("A5", &["医療機関名", "くまもと医院"]);
    page.text("A6", "提出日").date("B6", 10, 5).text("A7", "第８期接種可能上限量").number("B7", 600.0);
    let fields = check(&page, "0123@B4", "くまもと医院@B5");
    assert_eq!(fields.cap.unwrap().value(), Some(600));
}

#[test]
fn a_label_in_the_columns_of_a_slot_does_not_hide_its_count() {
    for (cells, date, start) in [
        (["10/27", "担当：田中", "6"], Some("10/27"), None),
        (["10/27", "電話", "6"], Some("10/27"), None),
        (["10/27", "会場番号", "6"], Some("10/27"), None),
        (["担当：田中", "9:00", "6"], None, Some("9:00")),
        (["担当：田中", "", "6"], None, None),
        (["10/27", "TEL:096-000-0000", "6名"], Some("10/27"), None),
    ] {
        let mut page = Page::new("様式１");
        list(&mut page, 1);
        page.values("A3", &cells);
        let form = read_form(&[&page]);
        let read = form.rows.iter().find(|row| row.row == 3);
        let read = read.unwrap_or_else(|| panic!("{cells:?}: {form:#?}"));
        assert_eq!(read.date.value().is_some(), date.is_some(), "{cells:?}");
        assert_eq!(read.start.value().is_some(), start.is_some(), "{cells:?}");
        assert!(read.public.as_ref().unwrap().value() == Some(6), "{cells:?}");
    }
}

#[test]
fn header_blocks_whose_values_stand_in_the_columns_of_the_table() {
    let mut page = Page::new("様式１");
    list(&mut page, 1);
    page.text("A4", "提出日").date("B4", 10, 5).number("C4", 2021.0);
    page.texts("A5", &["会場番号"]).number("B5", 1.0).number("C5", 9.0).number("D5", 5.0);
    page.texts("A6", &["医療機関名", "くまもと医院"]);
    page.text("B7", "第８期接種可能上限量").number("C7", 600.0);
    let fields = check(&page, "195@B5", "くまもと医院@B6");
    assert_eq!(fields.cap.unwrap().value(), Some(600));
}
