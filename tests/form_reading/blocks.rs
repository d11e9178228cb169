//! Several blocks on one sheet, of any kind and orientation; and the net under all readers.

use uketsuke::inspection::form::{Form, Observation};

use crate::builder::{Page, read, read_form, slots, workbook};

const TIMES: [&str; 3] = ["9:00", "10:00", "11:00"];
const FIRST: [&str; 3] = ["10/25", "10/26", "10/27"];
const SECOND: [&str; 3] = ["11/15", "11/16", "11/17"];

fn page() -> Page {
    let mut page = Page::new("Sheet1");
    page.text("A1", "予約枠報告様式１（公開枠のみ）")
        .texts("A2", &["会場番号", "0123", "医療機関名", "くまもと医院"]);
    page
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    List,
    Across(usize, usize),
    Down(usize, usize),
}

const KINDS: [Kind; 11] = [
    Kind::List,
    Kind::Across(3, 3),
    Kind::Across(3, 2),
    Kind::Across(1, 1),
    Kind::Across(1, 2),
    Kind::Across(2, 1),
    Kind::Down(3, 3),
    Kind::Down(3, 2),
    Kind::Down(1, 1),
    Kind::Down(1, 2),
    Kind::Down(2, 1),
];

/// The rows of one block, and the slots in it.
fn block(kind: Kind, dates: [&'static str; 3]) -> (Vec<Vec<&'static str>>, Vec<String>) {
    let (days, hours) = match kind {
        Kind::List => (2, 3),
        Kind::Across(days, hours) | Kind::Down(days, hours) => (days, hours),
    };
    let (dates, times) = (&dates[..days], &TIMES[..hours]);
    let all = || dates.iter().flat_map(|date| times.iter().map(move |time| (*date, *time)));
    let headed = |heads: &[&'static str], sides: &[&'static str]| {
        let head: Vec<&str> = std::iter::once("").chain(heads.iter().copied()).collect();
        let body = sides
            .iter()
            .map(|side| std::iter::once(*side).chain(heads.iter().map(|_| "6")).collect::<Vec<&str>>());
        std::iter::once(head).chain(body).collect::<Vec<_>>()
    };
    let rows = match kind {
        Kind::List => std::iter::once(vec!["接種日", "接種時刻", "枠数"])
            .chain(all().map(|(date, time)| vec![date, time, "6"]))
            .collect(),
        Kind::Across(..) => headed(dates, times),
        Kind::Down(..) => headed(times, dates),
    };
    (rows, all().map(|(date, time)| format!("{date} {time} 6 0")).collect())
}

fn put(page: &mut Page, rows: &[Vec<&str>], top: usize, left: usize) {
    let column = ["A", "B", "C", "D", "E", "F"][left];
    for (at, row) in rows.iter().enumerate() {
        page.values(&format!("{column}{}", top + at), row);
    }
}

#[test]
fn any_two_blocks_below_or_beside_each_other() {
    for first in KINDS {
        for second in KINDS {
            let (upper, mut wanted) = block(first, FIRST);
            let (lower, more) = block(second, SECOND);
            wanted.extend(more);
            let width = upper.iter().map(Vec::len).max().unwrap();
            for (top, left) in [(5 + upper.len() + 1, 0), (5 + upper.len(), 0), (5, width + 1)] {
                let mut sheet = page();
                put(&mut sheet, &upper, 5, 0);
                put(&mut sheet, &lower, top, left);
                let form = read_form(&[&sheet]);
                assert_eq!(slots(&form), wanted, "{first:?} {second:?} at {top}, {left}: {form:#?}");
                assert_eq!(unplaced(&form), [""; 0], "{first:?} {second:?} at {top}, {left}");
            }
        }
    }
}

#[test]
fn a_matrix_below_the_heading_of_a_list_beside_it() {
    let (list, wanted) = block(Kind::List, FIRST);
    for kind in KINDS.into_iter().skip(1) {
        let (matrix, more) = block(kind, SECOND);
        let mut sheet = page();
        put(&mut sheet, &list, 5, 0);
        put(&mut sheet, &matrix, 7, 4);
        let all = [wanted.clone(), more].concat();
        assert_eq!(slots(&read_form(&[&sheet])), all, "{kind:?}");
    }
}

#[test]
fn weeks_below_each_other() {
    let mut sheet = page();
    for (top, dates, days) in [
        (5, ["10/25", "10/26", "10/27"], ["月", "火", "水"]),
        (9, ["11/1", "11/2", "11/4"], ["月", "火", "木"]),
    ] {
        sheet
            .values(&format!("B{top}"), &dates)
            .values(&format!("B{}", top + 1), &days)
            .values(&format!("A{}", top + 2), &["9:00", "6", "5", "休"])
            .values(&format!("A{}", top + 3), &["10:00", "6", "", "4"]);
    }
    let form = read_form(&[&sheet]);
    assert_eq!(slots(&form).len(), 8, "{form:#?}");
    assert_eq!(unplaced(&form), [""; 0]);
}

fn unplaced(form: &Form) -> Vec<String> {
    let cells = form.observations.iter().filter_map(|seen| match seen {
        Observation::Unplaced { place, .. } => {
            Some(format!("{}!{}", place.sheet.as_deref().unwrap(), place.cell.as_deref().unwrap()))
        }
        _ => None,
    });
    cells.collect()
}

/// A list of two slots in row 7, and other things around it.
fn with_list(around: impl Fn(&mut Page)) -> Form {
    let mut sheet = page();
    sheet
        .texts("A7", &["接種日", "接種時刻", "公開枠数"])
        .values("A8", &["10/25", "9:00", "6"])
        .values("A9", &["11/15", "9:00", "6"]);
    around(&mut sheet);
    read_form(&[&sheet])
}

#[test]
fn what_no_reader_reads_is_told() {
    let check = |quirk: &str, around: fn(&mut Page), cells: &[&str]| {
        let form = with_list(around);
        assert_eq!(unplaced(&form), cells, "{quirk}: {form:#?}");
        assert_eq!(slots(&form), ["10/25 9:00 6 0", "11/15 9:00 6 0"], "{quirk}");
    };
    check(
        "a row above the headings",
        |page| {
            page.values("A6", &["10/27", "9:00", "6"]);
        },
        &["Sheet1!A6"],
    );
    check(
        "days with their counts",
        |page| {
            page.values("F7", &["10/26", "12"]).values("F8", &["10/27", "12"]);
        },
        &["Sheet1!F7"],
    );
    check(
        "dates over counts without a time",
        |page| {
            page.values("F12", &["10/26", "10/27"]).values("F13", &["12", "12"]);
        },
        &["Sheet1!F12"],
    );
}

#[test]
fn what_is_no_slot_is_not_told() {
    let check = |quirk: &str, around: fn(&mut Page)| {
        assert_eq!(unplaced(&with_list(around)), [""; 0], "{quirk}");
    };
    check("a field and its date", |page| {
        page.text("E4", "提出日").date("F4", 10, 5).text("E5", "上限量").number("F5", 120.0);
    });
    check("sums by the day", |page| {
        page.values("F7", &["日付", "合計"]).values("F8", &["10/25", "6"]).values("F9", &["11/15", "6"]);
    });
    check("sums in the row", |page| {
        page.values("F12", &["10/25", "計", "6"]);
    });
    check("formulas", |page| {
        page.values("F7", &["10/25"]).formula("G7", uketsuke::inspection::workbook::Value::Number(6.0));
    });
    check("dates and times to choose from", |page| {
        for row in 8..12 {
            page.values(&format!("K{row}"), &["10/26", "9:15"]);
        }
    });
    check("a date of writing", |page| {
        page.text("H1", "令和3年10月5日");
    });
}

#[test]
fn a_second_sheet_without_headings() {
    let mut first = page();
    first.texts("A7", &["接種日", "接種時刻", "公開枠数"]).values("A8", &["10/25", "9:00", "6"]);
    let check = |rows: &[&[&str]], cells: &[&str]| {
        let mut second = Page::new("Sheet2");
        for (at, row) in rows.iter().enumerate() {
            second.values(&format!("A{}", at + 1), row);
        }
        let reading = read(&workbook(&[&first, &second]));
        assert_eq!(reading.forms.len(), 1);
        assert_eq!(unplaced(&reading.forms[0]), cells, "{rows:?}: {reading:#?}");
        slots(&reading.forms[0])
    };
    check(&[&["10/27", "9:00", "6"], &["10/28", "9:00", "6"]], &["Sheet2!A1"]);
    check(&[&["11月分"], &["10/27", "9:00", "6"], &["", "9:30", "6"]], &["Sheet2!A2"]);
    let both = check(&[&["", "10/27"], &["9:00", "6"], &["10:00", "6"]], &[]);
    assert_eq!(both, ["10/25 9:00 6 0", "10/27 9:00 6 0", "10/27 10:00 6 0"]);
}

#[test]
fn a_duty_roster_across_is_left_aside_with_a_word() {
    let mut sheet = page();
    sheet
        .values("A5", &["時刻", "10/25", "10/26"])
        .values("A6", &["9:00", "6", "6"])
        .values("A8", &["", "10/25", "10/26"])
        .values("A9", &["医師", "1", "1"])
        .values("A10", &["看護師", "2", "2"]);
    let form = read_form(&[&sheet]);
    assert_eq!(slots(&form), ["10/25 9:00 6 0", "10/26 9:00 6 0"]);
    assert_eq!(unplaced(&form), [""; 0]);
    let told = |seen: &&Observation| matches!(seen, Observation::OtherTable { sure: true, .. });
    assert_eq!(form.observations.iter().filter(told).count(), 1, "{form:#?}");
}
