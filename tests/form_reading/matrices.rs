//! Date × time matrices in every direction.

use uketsuke::inspection::form::{Observation, Read, Remark, Trouble};
use uketsuke::inspection::workbook::Value;

use crate::builder::{Page, has, read_form, slots};

fn page(rows: &[&[&str]]) -> Page {
    let mut page = Page::new("Sheet1");
    page.text("A1", "予約枠報告様式１（公開枠のみ）")
        .texts("A2", &["会場番号", "0123", "医療機関名", "くまもと医院"]);
    for (index, row) in rows.iter().enumerate() {
        page.values(&format!("A{}", index + 5), row);
    }
    page
}

#[test]
fn dates_across() {
    let form = read_form(&[&page(&[
        &["時刻", "10/25", "10/26", "11/15", "計"],
        &["9:00", "6", "", "5", "11"],
        &["9:30", "0", "4", "休", "4"],
        &["合計", "6", "4", "5", "15"],
    ])]);
    assert_eq!(slots(&form), ["10/25 9:00 6 0", "10/26 9:30 4 0", "11/15 9:00 5 0"]);
    assert_eq!(form.number, Some(1));
    assert!(!has(&form, |seen| matches!(seen, Observation::MissingColumns { .. })));
    assert_eq!(form.fields.venue_no.as_ref().unwrap().raw, "0123");
}

#[test]
fn dates_down() {
    let form = read_form(&[&page(&[
        &["接種日", "曜日", "9:00", "9:30", "10:00～10:30"],
        &["10/25", "月", "6", "", "5"],
        &["10/26", "火", "", "4", ""],
        &["11/15", "月", "", "", "3"],
    ])]);
    assert_eq!(slots(&form), ["10/25 9:00 6 0", "10/25 10:00 5 0", "10/26 9:30 4 0", "11/15 10:00 3 0"]);
    let row = form.rows.iter().find(|row| row.row == 7).unwrap();
    assert_eq!(row.public.as_ref().unwrap().place.cell.as_deref(), Some("D7"));
    assert_eq!(row.date.place.cell.as_deref(), Some("A7"));
    assert_eq!(row.weekday.as_ref().unwrap().place.cell.as_deref(), Some("B7"));
}

#[test]
fn split_dates() {
    let mut sheet = page(&[
        &["", "10月", "", "11月"],
        &["", "30", "31", "1", "2"],
        &["時刻", "土", "日", "月", "火"],
        &["9:00", "6", "5", "4", "3"],
        &["10:00", "6", "", "", ""],
    ]);
    sheet.merge("B5:C5").merge("D5:E5");
    let form = read_form(&[&sheet]);
    assert_eq!(
        slots(&form),
        ["10/30 9:00 6 0", "10/30 10:00 6 0", "10/31 9:00 5 0", "11/1 9:00 4 0", "11/2 9:00 3 0"]
    );
    assert!(form.rows.iter().all(|row| row.date.remarks == [Remark::NoYear]), "the months are the axis' own");
    let rolled = read_form(&[&page(&[
        &["", "10月"],
        &["時刻", "30", "31", "1", "2"],
        &["9:00", "6", "5", "4", "3"],
        &["10:00", "6", "", "", ""],
    ])]);
    assert_eq!(slots(&rolled).len(), 5);
    assert_eq!(slots(&rolled)[3], "11/1 9:00 4 0");
}

#[test]
fn split_dates_down() {
    let form = read_form(&[&page(&[
        &["月", "日", "曜日", "9:00", "9:30"],
        &["10月", "25", "月", "6", ""],
        &["", "26", "火", "", "4"],
        &["11月", "15", "月", "3", ""],
    ])]);
    assert_eq!(slots(&form), ["10/25 9:00 6 0", "10/26 9:30 4 0", "11/15 9:00 3 0"]);
}

#[test]
fn sub_columns() {
    let mut sheet = page(&[
        &["時刻", "10/25", "", "10/26", ""],
        &["", "公開", "非公開", "公開", "非公開"],
        &["9:00", "6", "1", "5", ""],
        &["9:30", "", "2", "", "3"],
    ]);
    sheet.merge("B5:C5").merge("D5:E5");
    let expected = ["10/25 9:00 6 1", "10/25 9:30 0 2", "10/26 9:00 5 0", "10/26 9:30 0 3"];
    assert_eq!(slots(&read_form(&[&sheet])), expected);
    let unmerged = page(&[
        &["時刻", "10/25", "", "10/26", ""],
        &["", "公開", "非公開", "公開", "非公開"],
        &["9:00", "6", "1", "5", ""],
        &["9:30", "", "2", "", "3"],
    ]);
    assert_eq!(slots(&read_form(&[&unmerged])), expected);
    let mut down = page(&[
        &["", "9:00", "", "9:30", ""],
        &["接種日", "公開", "非公開", "公開", "非公開"],
        &["10/25", "6", "1", "", "2"],
        &["10/26", "5", "", "", "3"],
    ]);
    down.merge("B5:C5").merge("D5:E5");
    assert_eq!(slots(&read_form(&[&down])), expected);
}

#[test]
fn sub_rows() {
    let mut sheet = page(&[
        &["時刻", "", "10/25", "10/26"],
        &["9:00", "公開", "6", "5"],
        &["", "非公開", "1", ""],
        &["9:30", "公開", "", ""],
        &["", "非公開", "2", "3"],
    ]);
    sheet.merge("A6:A7").merge("A8:A9");
    assert_eq!(
        slots(&read_form(&[&sheet])),
        ["10/25 9:00 6 1", "10/25 9:30 0 2", "10/26 9:00 5 0", "10/26 9:30 0 3"]
    );
}

#[test]
fn separate_blocks() {
    let expected = ["10/25 9:00 6 1", "10/26 9:30 4 2"];
    let stacked = page(&[
        &["公開枠"],
        &["時刻", "10/25", "10/26"],
        &["9:00", "6", ""],
        &["9:30", "", "4"],
        &[""],
        &["非公開枠"],
        &["時刻", "10/25", "10/26"],
        &["9:00", "1", ""],
        &["9:30", "", "2"],
    ]);
    assert_eq!(slots(&read_form(&[&stacked])), expected);
    let beside = page(&[
        &["公開枠", "", "", "", "非公開枠"],
        &["時刻", "10/25", "10/26", "", "時刻", "10/25", "10/26"],
        &["9:00", "6", "", "", "9:00", "1", ""],
        &["9:30", "", "4", "", "9:30", "", "2"],
    ]);
    assert_eq!(slots(&read_form(&[&beside])), expected);
    let down = page(&[
        &["公開枠", "", "", "", "非公開枠"],
        &["日付", "9:00", "9:30", "", "日付", "9:00", "9:30"],
        &["10/25", "6", "", "", "10/25", "1", ""],
        &["10/26", "", "4", "", "10/26", "", "2"],
    ]);
    assert_eq!(slots(&read_form(&[&down])), expected);
    let down_stacked = page(&[
        &["公開枠"],
        &["日付", "9:00", "9:30"],
        &["10/25", "6", ""],
        &["10/26", "", "4"],
        &[""],
        &["非公開枠"],
        &["日付", "9:00", "9:30"],
        &["10/25", "1", ""],
        &["10/26", "", "2"],
    ]);
    assert_eq!(slots(&read_form(&[&down_stacked])), expected);
}

#[test]
fn one_date_and_one_time() {
    assert_eq!(slots(&read_form(&[&page(&[&["時刻", "10/25"], &["9:00", "6"]])])), ["10/25 9:00 6 0"]);
    assert_eq!(slots(&read_form(&[&page(&[&["接種日", "9:00"], &["10/25", "6"]])])), ["10/25 9:00 6 0"]);
}

#[test]
fn headings_over_both_axes() {
    let mut sheet = page(&[
        &["接種日", "接種時刻", "", ""],
        &["", "9:00", "9:30", "10:00"],
        &["10/25", "6", "5", ""],
        &["10/26", "", "4", "3"],
    ]);
    sheet.merge("A5:A6").merge("B5:D5");
    let form = read_form(&[&sheet]);
    assert_eq!(slots(&form), ["10/25 9:00 6 0", "10/25 9:30 5 0", "10/26 9:30 4 0", "10/26 10:00 3 0"]);
    assert!(!has(&form, |seen| matches!(seen, Observation::MissingColumns { .. })));
}

#[test]
fn faults_keep_their_cells() {
    let form = read_form(&[&page(&[
        &["時刻", "10/25", "11/31", "11/15"],
        &["9:00", "6", "5", "６～８"],
        &["午前", "4", "", ""],
        &["10:00", "", "", "3"],
    ])]);
    let troubles: Vec<_> = form
        .rows
        .iter()
        .filter_map(|row| {
            let count = row.public.as_ref().unwrap();
            let date = row.date.trouble().map(|_| row.date.place.cell.clone().unwrap());
            let start = row.start.trouble().map(|_| row.start.place.cell.clone().unwrap());
            date.or(start).or(count.trouble().map(|_| count.place.cell.clone().unwrap()))
        })
        .collect();
    assert_eq!(troubles, ["C5", "D6", "A7"]);
    assert_eq!(form.rows[1].date.read, Read::Not(Trouble::ImpossibleDate));
}

#[test]
fn visibility_of_a_matrix_is_never_guessed() {
    let mut sheet = Page::new("Sheet1");
    sheet
        .values("A1", &["時刻", "10/25", "10/26"])
        .values("A2", &["9:00", "6", "5"])
        .values("A3", &["9:30", "6", "5"]);
    let form = read_form(&[&sheet]);
    assert!(form.rows.is_empty());
    assert!(has(&form, |seen| matches!(seen, Observation::MissingColumns { .. })));
}

#[test]
fn untyped_serials_and_fractions_on_the_axes() {
    let mut sheet = page(&[]);
    sheet.text("A5", "時刻").number("B5", 44494.0).number("C5", 44495.0);
    sheet.number("A6", 0.375).number("B6", 6.0).number("C6", 5.0);
    sheet.number("A7", 0.395_833_33).put(6, 1, Value::Text("７".into()));
    assert_eq!(slots(&read_form(&[&sheet])), ["10/25 9:00 6 0", "10/25 9:30 7 0", "10/26 9:00 5 0"]);
}

#[test]
fn months_over_days() {
    // Written once over a run of days; a month that is only counted on is an estimate.
    let form = read_form(&[&page(&[
        &["月", "10月", "", "11月", "", ""],
        &["日", "26", "27", "16", "17", "1"],
        &["9:00", "6", "6", "6", "6", ""],
        &["10:00", "6", "6", "6", "6", ""],
    ])]);
    assert!(form.rows.iter().all(|row| row.date.remarks == [Remark::NoYear]), "{form:#?}");
    assert_eq!(slots(&form).len(), 8);
    let rolled = read_form(&[&page(&[
        &["", "10月"],
        &["時刻", "31", "1"],
        &["9:00", "6", "5"],
        &["10:00", "6", "5"],
    ])]);
    let estimated = |row: &uketsuke::inspection::form::Row| row.date.remarks.contains(&Remark::Estimated);
    assert_eq!(rolled.rows.iter().map(estimated).collect::<Vec<_>>(), [false, true, false, true]);
}

#[test]
fn dates_and_times_as_bare_numbers() {
    let form = read_form(&[&page(&[
        &["時刻", "20211026", "20211027", "20211116"],
        &["9:00", "6", "", "5"],
        &["10:00", "", "4", ""],
    ])]);
    assert_eq!(slots(&form), ["10/26 9:00 6 0", "10/27 10:00 4 0", "11/16 9:00 5 0"]);
    let mut sheet = page(&[
        &["接種日", "10/26", "10/27", "11/16"],
        &["曜日", "火", "水", "火"],
        &["", "6名", "", "5名"],
        &["", "", "4名", ""],
    ]);
    sheet.text("A7", "0900").text("A8", "1000");
    assert_eq!(slots(&read_form(&[&sheet])), ["10/26 9:00 6 0", "10/27 10:00 4 0", "11/16 9:00 5 0"]);
    let down = read_form(&[&page(&[&["接種日", "900", "1000"], &["10/26", "6", ""], &["10/27", "", "4"]])]);
    assert_eq!(slots(&down), ["10/26 9:00 6 0", "10/27 10:00 4 0"]);
}

#[test]
fn a_year_above_dates_without_one() {
    let years = |title: &str, rows: &[&[&str]]| {
        let mut sheet = page(rows);
        sheet.text("A4", title);
        let form = read_form(&[&sheet]);
        form.rows.iter().filter_map(|row| row.date.value()).map(|date| date.year()).collect::<Vec<_>>()
    };
    let list: [&[&str]; 3] =
        [&["接種日", "接種時刻", "公開枠数"], &["10月25日", "9:00", "6"], &["10/26", "9:00", "6"]];
    let matrix: [&[&str]; 3] = [&["時刻", "10月25日", "10月26日"], &["9:00", "6", ""], &["10:00", "", "6"]];
    for (title, expected) in [
        ("2022年", [2022, 2022]),
        ("【令和4年】", [2022, 2022]),
        ("2022年10月", [2022, 2022]),
        ("令和3年", [2021, 2021]),
        ("2021年度", [2021, 2021]),
    ] {
        assert_eq!(years(title, &matrix), expected, "{title}");
        // A date cell has its own year.
        assert_eq!(years(title, &list), [expected[0], 2021], "{title}");
    }
}

#[test]
fn a_list_on_its_side_is_none_of_our_forms() {
    let form = read_form(&[&page(&[
        &["接種日", "10/26", "10/26", "11/16"],
        &["接種時刻", "9:00", "10:00", "9:00"],
        &["公開枠数", "6", "6", "6"],
    ])]);
    assert!(form.rows.is_empty(), "{form:#?}");
    assert!(has(&form, |seen| matches!(seen, Observation::MissingColumns { .. })));
}
