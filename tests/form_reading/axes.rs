//! The edges of a matrix: what stands in them is told by its place, whatever else it might be.

use jiff::civil::date;
use uketsuke::inspection::form::{Form, Observation, Read, Remark, Trouble};
use uketsuke::inspection::workbook::Value;

use crate::builder::{Page, at, fraction, has, read_form, serial, slots, typed};

const DATES: [&str; 4] = ["10/25", "10/26", "11/15", "11/16"];

/// Four dates and the times, 6 at each; row 5 and column A are the edges, or the other way round.
fn matrix(times: &[&str], down: bool, changes: &[(usize, usize, Option<Value>)]) -> Form {
    let mut cells = std::collections::BTreeMap::new();
    for (column, date) in DATES.iter().enumerate() {
        cells.insert((0, column + 1), typed(date));
    }
    for (row, time) in times.iter().enumerate() {
        cells.insert((row + 1, 0), typed(time));
        for column in 1..=DATES.len() {
            cells.insert((row + 1, column), Value::Number(6.0));
        }
    }
    for (row, column, value) in changes {
        cells.remove(&(*row, *column));
        if let Some(value) = value {
            cells.insert((*row, *column), value.clone());
        }
    }
    let mut page = Page::new("Sheet1");
    page.text("A1", "予約枠報告様式１（公開枠のみ）")
        .texts("A2", &["会場番号", "0123", "医療機関名", "くまもと医院"]);
    for ((row, column), value) in cells {
        let (row, column) = if down { (column, row) } else { (row, column) };
        page.put(row as u32 + 4, column as u32, value);
    }
    read_form(&[&page])
}

fn text(text: &str) -> Option<Value> {
    Some(Value::Text(text.into()))
}

/// The rows whose start (or date) could not be read, by the cell of the label; and how many slots there are.
fn outcome(form: &Form) -> (std::collections::BTreeSet<String>, usize) {
    let cells = form.rows.iter().filter_map(|row| {
        let start = (row.start.value().is_none()).then(|| row.start.place.cell.clone());
        let date = (row.date.value().is_none()).then(|| row.date.place.cell.clone());
        start.or(date).flatten().map(|cell| cell.to_string())
    });
    (cells.collect(), slots(form).iter().filter(|slot| !slot.starts_with('!')).count())
}

const PLAIN: [&str; 4] = ["9:00", "10:00", "11:00", "14:00"];

#[test]
fn a_text_in_the_body_makes_no_axis() {
    for down in [false, true] {
        for times in [["900", "1000", "1100", "1400"], PLAIN, ["9", "10", "11", "14"]] {
            for raw in ["9時～12時", "9:00", "10.30", "10/25 9:00"] {
                let form = matrix(&times, down, &[(2, 2, text(raw))]);
                let count = form.rows.iter().find_map(|row| {
                    let count = row.public.as_ref()?;
                    count.trouble().map(|_| count.place.cell.clone().unwrap())
                });
                assert_eq!(count.as_deref(), Some("C7"), "{raw}: {form:#?}");
                assert_eq!(outcome(&form).1, 15, "{raw}");
            }
        }
    }
}

#[test]
fn a_label_that_could_be_a_date_is_a_time() {
    let day = serial(date(2021, 10, 25));
    let clock = |hour| Value::Serial(day + fraction(jiff::civil::time(hour, 30, 0, 0)));
    for down in [false, true] {
        for (row, label, hour) in [(1, 9, 8), (2, 10, 9), (3, 10, 10), (4, 15, 14)] {
            for value in [Value::Text(format!("{hour}.30").into()), clock(hour)] {
                let form = matrix(&PLAIN, down, &[(row, 0, Some(value.clone()))]);
                assert_eq!(outcome(&form), ([].into(), 16), "{label} {value:?} {down}: {form:#?}");
                assert!(slots(&form).contains(&format!("10/25 {hour}:30 6 0")), "{value:?}");
            }
            for value in ["12/30", "10-30", "10/27(水)"] {
                let form = matrix(&PLAIN, down, &[(row, 0, text(value))]);
                assert_eq!(outcome(&form).1, 12, "{value}: {form:#?}");
                assert_eq!(outcome(&form).0.len(), 1, "{value}");
            }
            for value in [Value::Number(44499.0), Value::Serial(44499.0)] {
                let form = matrix(&PLAIN, down, &[(row, 0, Some(value.clone()))]);
                assert_eq!((outcome(&form).0.len(), outcome(&form).1), (1, 12), "{value:?}");
            }
        }
    }
}

#[test]
fn a_label_that_is_no_time_is_told_wherever_it_stands() {
    for down in [false, true] {
        for times in [PLAIN, ["900", "1000", "1100", "1400"]] {
            for row in [1, 2, 4] {
                let cell =
                    if down { ["", "B5", "C5", "", "E5"][row] } else { ["", "A6", "A7", "", "A9"][row] };
                for value in [
                    text("24:00"),
                    text("午前"),
                    text("終日"),
                    text("９時台"),
                    text("〃"),
                    text("※"),
                    text("#REF!"),
                    None,
                ]
                .into_iter()
                .chain([text("9:00（予備）"), text("電話のみ"), text("未定")])
                {
                    let form = matrix(&times, down, &[(row, 0, value.clone())]);
                    assert_eq!(outcome(&form), ([cell.to_string()].into(), 12), "{value:?} {row}: {form:#?}");
                }
            }
        }
    }
}

#[test]
fn a_heading_that_is_no_date_is_told_wherever_it_stands() {
    for down in [false, true] {
        for column in [1, 2, 4] {
            let cell =
                if down { ["", "A6", "A7", "", "A9"][column] } else { ["", "B5", "C5", "", "E5"][column] };
            for value in [text("10月末"), text("毎週月曜"), text("11/31"), text("#REF!"), text("〃"), None]
            {
                let form = matrix(&PLAIN, down, &[(0, column, value.clone())]);
                assert_eq!(outcome(&form), ([cell.to_string()].into(), 12), "{value:?} {column}: {form:#?}");
            }
        }
    }
}

#[test]
fn times_that_only_their_place_makes_times() {
    for down in [false, true] {
        for times in
            [["9", "10", "11", "14"], ["900", "930", "1000", "1330"], ["9.00", "10.30", "11.00", "14.00"]]
        {
            let texts: Vec<_> =
                times.iter().enumerate().map(|(row, time)| (row + 1, 0, text(time))).collect();
            let numbers = if times[0].contains('.') { Vec::new() } else { vec![matrix(&times, down, &[])] };
            for form in numbers.into_iter().chain([matrix(&PLAIN, down, &texts)]) {
                assert_eq!(outcome(&form), ([].into(), 16), "{times:?} {down}: {form:#?}");
                let estimated = form.rows.iter().all(|row| row.start.remarks.contains(&Remark::Estimated));
                assert_eq!(estimated, !times[0].ends_with("00") || times[0].contains('.'), "{times:?}");
            }
        }
    }
}

#[test]
fn counts_are_no_times() {
    // Under a heading of their own growing numbers are what it says.
    let mut sheet = Page::new("Sheet1");
    sheet
        .text("A1", "予約枠報告様式１（公開枠のみ）")
        .texts("A2", &["会場番号", "0123"])
        .values("A5", &["No", "10/25", "10/26"])
        .values("A6", &["8", "6", "6"])
        .values("A7", &["9", "6", "6"]);
    let form = read_form(&[&sheet]);
    assert!(form.rows.is_empty(), "{form:#?}");
}

#[test]
fn words_for_none_are_told_and_sums_are_noted() {
    let mut sheet = Page::new("Sheet1");
    sheet
        .text("A1", "予約枠報告様式１（公開枠のみ）")
        .texts("A2", &["会場番号", "0123"])
        .values("A5", &["時刻", "10/25", "10/26", "計"])
        .values("A6", &["9:00", "6", "休", "6"])
        .values("A7", &["10:00", "6", "", "6"])
        .values("A8", &["11:00", "6", "", "7"])
        .values("A9", &["合計", "18", "0", "50"])
        .merge("C6:C8");
    let form = read_form(&[&sheet]);
    assert_eq!(slots(&form), ["10/25 9:00 6 0", "10/25 10:00 6 0", "10/25 11:00 6 0"]);
    let none = form.rows.iter().find_map(|row| row.public.as_ref().filter(|count| count.value() == Some(0)));
    let none = none.unwrap();
    assert_eq!((none.place.cell.as_deref(), none.raw.as_str()), (Some("C6"), "休"));
    assert_eq!(none.remarks, [Remark::Zero]);
    let typed: Vec<_> = form
        .typed_totals
        .iter()
        .map(|total| (total.entry.place.cell.clone().unwrap().to_string(), total.entry.value().unwrap()))
        .collect();
    let expected = [("D6", 6), ("D7", 6), ("D8", 7), ("D9", 50), ("B9", 18), ("C9", 0)];
    assert_eq!(typed, expected.map(|(cell, people)| (cell.to_string(), people)));
    let area = form.typed_totals[3].within[0];
    assert_eq!((area.top, area.bottom), (at("A6").0, at("A8").0));
}

#[test]
fn sums_without_a_heading_are_sums() {
    let mut sheet = Page::new("Sheet1");
    sheet
        .text("A1", "予約枠報告様式１（公開枠のみ）")
        .texts("A2", &["会場番号", "0123"])
        .values("A5", &["時刻", "10/25", "10/26"])
        .values("A6", &["9:00", "6", "5", "11"])
        .values("A7", &["10:00", "6", "4", "10"])
        .values("A8", &["", "12", "9", "21"]);
    let form = read_form(&[&sheet]);
    assert_eq!(slots(&form), ["10/25 9:00 6 0", "10/25 10:00 6 0", "10/26 9:00 5 0", "10/26 10:00 4 0"]);
    // Figures that are no sums are asked back.
    sheet.values("A9", &["", "", "7"]);
    let form = read_form(&[&sheet]);
    assert!(
        form.rows
            .iter()
            .any(|row| row.start.read == Read::Blank && row.start.place.cell.as_deref() == Some("A9"))
    );
    assert!(form.rows.iter().all(|row| row.start.trouble() != Some(&Trouble::Unreadable)));
}

#[test]
fn a_date_among_the_sub_headings_begins_no_new_block() {
    let stray = |address: &str, text: &str| {
        let mut sheet = Page::new("Sheet1");
        sheet
            .text("A1", "予約枠報告様式３（公開・非公開）")
            .texts("A2", &["会場番号", "0123"])
            .values("A5", &["時刻", "10/25", "", "10/26"])
            .values("A6", &["", "公開", "非公開", "公開", "非公開"])
            .values("A7", &["9:00", "6", "1", "6", "2"])
            .values("A8", &["10:00", "6", "1", "6", "2"]);
        let mut done = sheet.done();
        let (row, column) = at(address);
        for cell in &mut done.cells {
            if (cell.row, cell.column) == (row, column) {
                cell.value = Value::Text(text.into());
            }
        }
        let book = uketsuke::inspection::workbook::Workbook { sheets: vec![done], ..Default::default() };
        let form = crate::builder::read(&book).forms.remove(0);
        let asked = has(&form, |seen| {
            matches!(seen, Observation::MissingColumns { .. } | Observation::Unplaced { .. })
        });
        assert!(asked || outcome(&form).0.len() == 1, "{address}: {form:#?}");
    };
    for address in ["B6", "C6", "D6", "E6"] {
        for text in ["10/25", "9:00", "10.30"] {
            stray(address, text);
        }
    }
}

#[test]
fn counts_that_belong_to_no_date_are_told() {
    // The third column has neither a date nor times of its own; the sheet goes on below.
    let mut sheet = Page::new("Sheet1");
    sheet
        .text("A1", "予約枠報告様式１（公開枠のみ）")
        .texts("A2", &["会場番号", "0123"])
        .values("A5", &["時刻", "", "10/25", "10/26"])
        .values("A6", &["9:00", "4", "6", "6"])
        .values("A7", &["10:00", "4", "6", "6"]);
    let form = read_form(&[&sheet]);
    assert_eq!(outcome(&form), (["B5".to_string()].into(), 4), "{form:#?}");
    // Dates whose times are missing.
    sheet.values("B9", &["11/15", "11/16"]).values("B10", &["6", "6"]);
    let form = read_form(&[&sheet]);
    assert!(has(
        &form,
        |seen| matches!(seen, Observation::Unplaced { place, .. } if place.cell.as_deref() == Some("B9"))
    ));
}
