//! Headings over several columns, and values whose parts stand beside each other.

use uketsuke::inspection::form::{Form, Trouble};

use crate::builder::{Page, read_form, row, slots};

/// A list whose first heading row is `heads`, with the merged ranges named.
fn list(merged: &[&str], rows: &[&[&str]]) -> Form {
    let mut page = Page::new("様式３");
    page.text("A1", "予約枠報告様式３（公開・非公開）").texts("A2", &["会場番号", "0123"]);
    for (index, values) in rows.iter().enumerate() {
        page.values(&format!("A{}", index + 4), values);
    }
    for range in merged {
        page.merge(range);
    }
    read_form(&[&page])
}

fn check(merged: &[&str], rows: &[&[&str]], expected: &[&str]) {
    let form = list(merged, rows);
    assert_eq!(slots(&form), expected, "{form:#?}");
}

#[test]
fn a_time_in_several_columns_is_read_together() {
    for time in [&["9", "30"][..], &["9時", "30分"], &["9", "：", "30"], &["9", "時", "30", "分"]] {
        for merged in [true, false] {
            let mut heads = vec!["接種日", "接種時刻"];
            heads.extend(vec![""; time.len() - 1]);
            heads.extend(["公開枠数", "非公開枠数"]);
            let mut values = vec!["10/26"];
            values.extend(time);
            values.extend(["6", "4"]);
            let range = format!("B4:{}4", ["B", "C", "D", "E"][time.len() - 1]);
            let ranges = [range.as_str()];
            check(if merged { &ranges } else { &[] }, &[&heads, &values], &["10/26 9:30 6 4"]);
        }
    }
    let heads = ["接種日", "接種時刻", "", "", "", "", "公開枠数", "非公開枠数"];
    let form = list(&["B4:F4"], &[&heads, &["10/26", "9", "5", "～", "10", "0", "6", "4"]]);
    assert_eq!(slots(&form), ["10/26 9:05 6 4"]);
    assert_eq!(row(&form, 5).end.as_ref().unwrap().value(), Some(jiff::civil::time(10, 0, 0, 0)));
}

#[test]
fn an_end_beside_the_start_is_the_end() {
    let heads = ["接種日", "接種時刻", "", "公開枠数", "非公開枠数"];
    for end in ["9:30", "8:00"] {
        let form = list(&["B4:C4"], &[&heads, &["10/26", "9:00", end, "6", "4"]]);
        assert_eq!(slots(&form), ["10/26 9:00 6 4"]);
        let read = row(&form, 5).end.as_ref().and_then(|end| end.value()).unwrap();
        assert_eq!(format!("{}:{:02}", read.hour(), read.minute()), end);
    }
    for far in ["14:00～", "14:00"] {
        let form = list(&["B4:C4"], &[&heads, &["10/26", "9:30", far, "6", "4"]]);
        assert_eq!(row(&form, 5).start.trouble(), Some(&Trouble::Several), "{far}");
    }
}

#[test]
fn a_weekday_beside_the_date_is_compared() {
    let heads = ["接種日", "", "接種時刻", "公開枠数", "非公開枠数"];
    for merged in [&["A4:B4"][..], &[]] {
        let form = list(merged, &[&heads, &["10/26", "金", "9:00", "6", "4"]]);
        let weekday = row(&form, 5).weekday.clone().unwrap();
        assert_eq!(weekday.value(), Some(jiff::civil::Weekday::Friday));
        assert_eq!(weekday.place.cell.as_deref(), Some("B5"));
    }
}

#[test]
fn a_date_in_several_columns() {
    let heads = ["接種日", "", "接種時刻", "公開枠数", "非公開枠数"];
    check(&["A4:B4"], &[&heads, &["10", "26", "9:00", "6", "4"]], &["10/26 9:00 6 4"]);
    check(&["A4:B4"], &[&heads, &["10月", "26日", "9:00", "6", "4"]], &["10/26 9:00 6 4"]);
    let wide = ["接種日", "", "", "", "接種時刻", "公開枠数", "非公開枠数"];
    let form = list(&["A4:D4"], &[&wide, &["10", "月", "26", "日", "9:00", "6", "4"]]);
    assert_eq!(slots(&form), ["10/26 9:00 6 4"]);
    assert!(row(&form, 5).weekday.is_none());
    check(&["A4:B4"], &[&heads, &["10/26", "祝日前", "9:00", "6", "4"]], &["10/26 9:00 6 4"]);
    let form = list(&["A4:B4"], &[&heads, &["10/26", "11/16", "9:00", "6", "4"]]);
    assert_eq!(row(&form, 5).date.trouble(), Some(&Trouble::Several));
}

#[test]
fn a_count_in_several_columns_is_asked_back() {
    let heads = ["接種日", "接種時刻", "公開枠数", "", "", "", "備考"];
    for count in [&["6", "～", "8"][..], &["6", "人", "×", "2"], &["1", "2"], &["6", "3"], &["6", "～"]] {
        for merged in [&["C4:F4"][..], &[]] {
            let mut values = vec!["10/26", "9:00"];
            values.extend(count);
            let form = list(merged, &[&heads, &values]);
            let read = row(&form, 5).public.clone().unwrap();
            assert_eq!(read.trouble(), Some(&Trouble::Several), "{count:?}");
            assert_eq!(read.place.cell.as_deref(), Some("C5"));
        }
    }
    let form = list(&["C4:F4"], &[&heads, &["10/26", "9:00", "6", "人"]]);
    assert_eq!(slots(&form), ["10/26 9:00 6 0"]);
    let form = list(&["C4:F4"], &[&heads, &["10/26", "9:00", "", "6"]]);
    assert_eq!(slots(&form), ["10/26 9:00 6 0"]);
    // A text beyond the heading is none of it.
    let heads = ["接種日", "接種時刻", "公開枠数", "", "非公開枠数"];
    let form = list(&[], &[&heads, &["10/26", "9", "6", "1診", "4"]]);
    assert_eq!(slots(&form), ["10/26 9:00 6 4"]);
    // 方眼紙, its heading over the first digit only.
    let heads = ["接種日", "接種時刻", "公開枠数", "非公開枠数"];
    let form = list(&[], &[&heads, &["10/26", "9:00", "6", "1", "2"]]);
    assert_eq!(row(&form, 5).private.as_ref().unwrap().trouble(), Some(&Trouble::Several));
}

#[test]
fn a_time_in_two_columns_may_be_merged_over_rows() {
    let heads = ["接種日", "接種時刻", "", "公開枠数", "非公開枠数"];
    let rows: [&[&str]; 3] = [&heads, &["10/26", "9", "30", "6", "4"], &["10/27", "", "", "6", "4"]];
    check(&["B4:C4", "B5:B6", "C5:C6"], &rows, &["10/26 9:30 6 4", "10/27 9:30 6 4"]);
    let heads = ["接種日", "", "接種時刻", "公開枠数", "非公開枠数"];
    let rows: [&[&str]; 3] = [&heads, &["10", "26", "9:00", "6", "4"], &["", "", "9:30", "6", "4"]];
    check(&["A4:B4", "A5:A6", "B5:B6"], &rows, &["10/26 9:00 6 4", "10/26 9:30 6 4"]);
    let rows: [&[&str]; 2] = [&heads, &["10/26", "１回目", "9:00", "6", "4"]];
    let form = list(&["A4:B4"], &rows);
    assert_eq!(slots(&form), ["10/26 9:00 6 4"]);
    assert!(row(&form, 5).dose.as_ref().and_then(|dose| dose.value()).is_some());
}

#[test]
fn doses_without_a_heading_hold() {
    let heads = ["", "接種日", "接種時刻", "公開枠数"];
    let rows: [&[&str]; 3] = [&heads, &["２回目", "10/26", "9:00", "6"], &["", "10/26", "9:30", "5"]];
    let form = list(&["A5:A6"], &rows);
    for number in [5, 6] {
        let dose = row(&form, number).dose.as_ref().and_then(|dose| dose.value());
        assert_eq!(dose, Some(uketsuke::campaign::Dose::Second));
    }
}

#[test]
fn minutes_beside_a_whole_time_are_a_duration() {
    let form = list(&[], &[&["接種日", "接種時刻", "分", "公開枠数"], &["10/26", "9:00", "15", "6"]]);
    assert_eq!(slots(&form), ["10/26 9:00 6 0"]);
    let form = list(&[], &[&["接種日", "時刻（時）", "時刻（分）", "公開枠数"], &["10/26", "9", "15", "6"]]);
    assert_eq!(slots(&form), ["10/26 9:15 6 0"]);
}

#[test]
fn an_end_is_no_start_and_a_date_with_a_time_is_no_other_time() {
    let heads = ["接種日", "接種時刻", "終了時刻", "公開枠数"];
    let form = list(&[], &[&heads, &["10/26", "9:00まで", "", "6"], &["10/26", "9:30", "10:00まで", "6"]]);
    assert_eq!(row(&form, 5).start.trouble(), Some(&Trouble::Unreadable));
    assert_eq!(row(&form, 6).end.as_ref().and_then(|end| end.value()), Some(jiff::civil::time(10, 0, 0, 0)));
    let mut page = Page::new("様式１");
    page.texts("A1", &["接種日", "接種時刻", "公開枠数"]);
    let moment = crate::builder::serial(jiff::civil::date(2021, 10, 26)) + 14.0 / 24.0;
    page.serial("A2", moment).values("B2", &["9:00", "6"]);
    page.serial("A3", moment).values("B3", &["14:00", "6"]);
    let form = read_form(&[&page]);
    assert_eq!(row(&form, 2).date.trouble(), Some(&Trouble::Several));
    assert!(row(&form, 3).date.value().is_some());
}

#[test]
fn merged_rows() {
    let heads = ["接種日", "接種時刻", "公開枠数", "非公開枠数", "備考"];
    let rows: [&[&str]; 3] = [&heads, &["10/26", "9:00", "6", "4"], &["", "", "", "", "二診"]];
    check(&["A5:A6", "B5:B6", "C5:C6", "D5:D6"], &rows, &["10/26 9:00 6 4"]);
    let long: [&[&str]; 4] = [&heads, &["10/26", "9:00", "6", "4"], &[], &["", "10:00", "6", "4"]];
    let merged = ["A5:A8", "B5:B6", "C5:C6", "D5:D6", "B7:B8", "C7:C8", "D7:D8"];
    check(&merged, &long, &["10/26 9:00 6 4", "10/26 10:00 6 4"]);
    let form = list(&["A5:A6", "C5:C6", "D5:D6"], &rows);
    assert!(matches!(row(&form, 5).public.as_ref().unwrap().trouble(), Some(Trouble::MergedCount { .. })));
    let rows: [&[&str]; 3] = [&heads, &["10/26", "9:00", "6", "4"], &["10/27", "休診"]];
    check(&["B6:D6"], &rows, &["10/26 9:00 6 4"]);
}
