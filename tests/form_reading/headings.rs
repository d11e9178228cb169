//! Where a list's headings begin and end: remarks that sound like headings, lists side by side, two levels.

use uketsuke::inspection::form::{Form, Observation};

use crate::builder::{Page, issued, read_form, slots};

fn check(page: &Page, expected: &[&str]) -> Form {
    let form = read_form(&[page]);
    assert_eq!(slots(&form), expected, "{form:#?}");
    form
}

/// A list of four rows in columns A to D; E and F are for remarks.
fn list() -> Page {
    let mut page = Page::new("様式１");
    page.values("A1", &["接種日", "時刻", "公開枠数", "担当"]);
    for (row, date) in [(2, "10/25"), (3, "10/26"), (4, "11/15"), (5, "11/16")] {
        page.values(&format!("A{row}"), &[date, "9:00", "6"]);
    }
    page
}

const ALL: [&str; 4] = ["10/25 9:00 6 0", "10/26 9:00 6 0", "11/15 9:00 6 0", "11/16 9:00 6 0"];

#[test]
fn remarks_that_sound_like_headings_end_no_list() {
    for remarks in
        [["時間変更", "人数変更"], ["受付時間", "定員"], ["日付", "枠数"], ["実施日：平日", "接種時間：午前"]]
    {
        let mut page = list();
        page.texts("E3", &remarks);
        check(&page, &ALL);
    }
    let mut page = list();
    page.text("E3", "受付時間").values("F3", &["9:00"]).text("G3", "定員").text("H3", "60名");
    check(&page, &ALL);
}

#[test]
fn words_in_place_of_values_are_a_row() {
    let mut page = list();
    page.values("A6", &["日付未定", "時間未定", "人数未定"]).values("A7", &["11/17", "9:00", "6"]);
    check(&page, &[&ALL[..], &["11/17 9:00 6 0", "!6"]].concat());
}

#[test]
fn a_sunday_written_as_a_heading_is() {
    let mut page = issued(1);
    page.values("A13", &["1", "10/30", "土", "１回目", "9:00", "", "6"]);
    page.values("A14", &["2", "10/31", "日", "１回目", "9:00", "", "6", "時間短縮"]);
    page.values("A15", &["3", "11/1", "月", "１回目", "9:00", "", "6"]);
    check(&page, &["10/30 9:00 6 0", "10/31 9:00 6 0", "11/1 9:00 6 0"]);
}

#[test]
fn lists_side_by_side_with_headings_in_different_rows() {
    for (left, right) in [(3, 5), (5, 3), (3, 4), (4, 3), (3, 3)] {
        for column in ["D", "E"] {
            let mut page = Page::new("様式１");
            page.values(&format!("A{left}"), &["接種日", "時刻", "公開枠数"]);
            page.values(&format!("{column}{right}"), &["接種日", "時刻", "公開枠数"]);
            for (number, dates) in
                [("10/25", "11/15"), ("10/26", "11/16"), ("10/27", "11/17")].iter().enumerate()
            {
                page.values(&format!("A{}", left + 1 + number), &[dates.0, "9:00", "6"]);
                page.values(&format!("{column}{}", right + 1 + number), &[dates.1, "9:00", "6"]);
            }
            let mut expected = vec!["10/25 9:00 6 0", "10/26 9:00 6 0", "10/27 9:00 6 0"];
            expected.extend(["11/15 9:00 6 0", "11/16 9:00 6 0", "11/17 9:00 6 0"]);
            let form = check(&page, &expected);
            assert_eq!(form.observations.len(), 1, "{:?}", form.observations);
        }
    }
}

#[test]
fn a_second_level_of_headings_beside_other_texts() {
    let both = |page: &mut Page| {
        page.text("A2", "接種日").merge("A2:A3").text("B2", "時刻").merge("B2:B3");
        page.text("C2", "枠数").merge("C2:D2").texts("C3", &["公開", "非公開"]);
        page.values("A4", &["10/25", "9:00", "6", "4"]);
        page.values("A5", &["11/15", "9:00", "6", "4"]);
    };
    let expected = ["10/25 9:00 6 4", "11/15 9:00 6 4"];
    let mut page = Page::new("Sheet1");
    both(&mut page);
    page.text("F3", "memo");
    check(&page, &expected);
    let mut page = Page::new("Sheet1");
    both(&mut page);
    page.text("G2", "電話番号").values("H2", &["096"]).text("G3", "提出日").values("H3", &["10/5"]);
    check(&page, &expected);
    let mut page = Page::new("Sheet1");
    both(&mut page);
    page.text("E2", "ワクチン").text("E3", "種類").text("E4", "ファイザー");
    check(&page, &expected);
}

#[test]
fn units_below_the_headings() {
    let mut page = Page::new("様式１");
    page.values("A1", &["接種日", "接種時刻", "公開枠数"]).texts("A2", &["（月日）", "（24時間）", "（人）"]);
    page.values("A3", &["10/25", "9:00", "6"]);
    check(&page, &["10/25 9:00 6 0"]);
}

#[test]
fn a_title_over_the_number_column_is_of_the_right_list() {
    for title in ["F1", "G1", "H1"] {
        let mut page = Page::new("様式１");
        page.text("A1", "１回目").text(title, "２回目");
        page.values("A2", &["No.", "接種日", "時刻", "公開枠数"]);
        page.values("F2", &["No.", "担当医", "接種日", "時刻", "公開枠数"]);
        page.values("A3", &["1", "10/25", "9:00", "6"]).values("F3", &["1", "山本", "11/15", "9:00", "6"]);
        let form = check(&page, &["10/25 9:00 6 0", "11/15 9:00 6 0"]);
        let doses: Vec<_> =
            form.rows.iter().map(|row| row.dose.as_ref().unwrap().value().unwrap().number()).collect();
        assert_eq!(doses, [1, 2], "{title}");
    }
}

#[test]
fn notes_tell_the_parts_of_a_time() {
    for (start, end) in
        [("時刻（開始）", "時刻（終了）"), ("時間（自）", "時間（至）"), ("時間帯", "時間帯（まで）")]
    {
        let mut page = Page::new("様式１");
        page.values("A1", &["接種日", end, start, "公開枠数"]);
        page.values("A2", &["10/25", "9:30", "9:00", "6"]).values("A3", &["10/26", "10:30", "10:00", "6"]);
        check(&page, &["10/25 9:00 6 0", "10/26 10:00 6 0"]);
    }
    let mut page = Page::new("様式１");
    page.values("A1", &["接種日", "時刻（時）", "時刻（分）", "公開枠数"]);
    page.values("A2", &["10/25", "9", "30", "6"]).values("A3", &["10/26", "13", "0", "6"]);
    check(&page, &["10/25 9:30 6 0", "10/26 13:00 6 0"]);
}

#[test]
fn a_summary_of_the_days_beside_the_list_is_no_list() {
    let page = |counts: [&str; 2], below: u32| {
        let mut page = Page::new("様式１");
        page.values("A1", &["接種日", "時刻", "公開枠数"]);
        page.values(&format!("E{}", 1 + below), &["接種日", "公開"]);
        page.values("A2", &["10/25", "9:00", "6"]).values("A3", &["10/25", "10:00", "4"]);
        page.values("A4", &["10/26", "9:00", "6"]);
        page.values(&format!("E{}", 2 + below), &["10/25", counts[0]]);
        page.values(&format!("E{}", 3 + below), &["10/26", counts[1]]);
        page
    };
    for below in [0, 1] {
        check(&page(["10", "6"], below), &["10/25 9:00 6 0", "10/25 10:00 4 0", "10/26 9:00 6 0"]);
        // What does not add up is not left aside in silence.
        let form = read_form(&[&page(["10", "7"], below)]);
        let missing = |seen: &Observation| matches!(seen, Observation::MissingColumns { .. });
        assert!(form.rows.len() > 3 || form.observations.iter().any(missing), "{form:#?}");
    }
}
