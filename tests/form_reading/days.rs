//! Tables of one day each, cells of a matrix that are no plain counts, and marks on its edges.

use uketsuke::inspection::form::{Form, Observation, Remark, Trouble};
use uketsuke::inspection::workbook::Value;

use crate::builder::{Page, has, read_form, slots};

fn page(number: u8, rows: &[&[&str]]) -> Page {
    let mut page = Page::new("Sheet1");
    let title = if number == 1 {
        "予約枠報告様式１（公開枠のみ）"
    } else {
        "予約枠報告様式３（公開・非公開）"
    };
    page.text("A1", title).texts("A2", &["会場番号", "0123", "医療機関名", "くまもと医院"]);
    for (index, row) in rows.iter().enumerate() {
        page.values(&format!("A{}", index + 5), row);
    }
    page
}

fn form(number: u8, rows: &[&[&str]]) -> Form {
    read_form(&[&page(number, rows)])
}

fn both(days: &[&str]) -> Vec<String> {
    days.iter().flat_map(|day| [format!("{day} 9:00 6 0"), format!("{day} 9:30 5 0")]).collect()
}

fn asked(form: &Form) -> bool {
    has(form, |seen| matches!(seen, Observation::Unplaced { .. } | Observation::MissingColumns { .. }))
}

/// The cells of counts that could not be read.
fn troubled(form: &Form) -> Vec<String> {
    let counts = form.rows.iter().flat_map(|row| [row.public.as_ref(), row.private.as_ref()]).flatten();
    counts
        .filter(|count| count.trouble().is_some())
        .filter_map(|count| count.place.cell.as_ref().map(ToString::to_string))
        .collect()
}

#[test]
fn one_table_per_day() {
    let below = form(
        1,
        &[
            &["10月25日（月）"],
            &["時刻", "公開枠数"],
            &["9:00", "6"],
            &["9:30", "5"],
            &[],
            &["10月26日（火）"],
            &["時刻", "公開枠数"],
            &["9:00", "6"],
            &["9:30", "5"],
        ],
    );
    let once = form(
        1,
        &[
            &["時刻", "公開枠数"],
            &["10月25日（月）"],
            &["9:00", "6"],
            &["9:30", "5"],
            &["10月26日（火）"],
            &["9:00", "6"],
            &["9:30", "5"],
        ],
    );
    let beside = form(
        1,
        &[
            &["10月25日（月）", "", "", "10月26日（火）"],
            &["時刻", "人数", "", "時刻", "人数"],
            &["9:00", "6", "", "9:00", "6"],
            &["9:30", "5", "", "9:30", "5"],
        ],
    );
    let mut merged = page(
        1,
        &[
            &["10/25", "", "10/26"],
            &["時刻", "枠数", "時刻", "枠数"],
            &["9:00", "6", "9:00", "6"],
            &["9:30", "5", "9:30", "5"],
        ],
    );
    merged.merge("A5:B5").merge("C5:D5");
    for form in [below, once, beside, read_form(&[&merged])] {
        assert_eq!(slots(&form), both(&["10/25", "10/26"]), "{form:#?}");
        assert!(!asked(&form), "{form:#?}");
        assert_eq!(form.fields.venue_no.as_ref().unwrap().raw, "0123");
    }
}

#[test]
fn one_table_per_day_with_both_kinds_and_what_cannot_be_read() {
    let form = form(
        3,
        &[
            &["10月25日（月）"],
            &["時刻", "公開", "非公開"],
            &["9:00", "6", "1"],
            &["午前", "5", ""],
            &["10:00", "要相談", "2"],
            &["計", "11", "3"],
            &["10月26日（火）"],
            &["時刻", "公開", "非公開"],
            &["9:00", "4", "3"],
        ],
    );
    assert_eq!(slots(&form)[..3], ["10/25 9:00 6 1", "10/25 10:00 0 2", "10/26 9:00 4 3"], "{form:#?}");
    assert_eq!(troubled(&form), ["B9"]);
    assert_eq!(form.rows.iter().filter(|row| row.start.value().is_none()).count(), 1);
}

#[test]
fn whatever_stands_in_the_last_sub_row_is_told() {
    let form = form(
        3,
        &[
            &["", "", "10/25", "10/26", "10/27"],
            &["9:00", "公開", "6", "6", "6"],
            &["", "非公開", "2", "3", "2"],
            &["9:30", "公開", "5", "5", "5"],
            &["", "非公開", "6～8", "要相談", ""],
        ],
    );
    assert_eq!(troubled(&form), ["C9", "D9"], "{form:#?}");
    assert_eq!(form.rows.iter().filter(|row| row.start.value().is_none()).count(), 0);
}

#[test]
fn counts_that_nobody_can_read_are_told_where_they_stand() {
    let form = form(
        3,
        &[&["公開枠", "10/25", "10/26"], &["9:00", "6（2）", "6（3）"], &["9:30", "5（3）", "5（4）"]],
    );
    assert_eq!(troubled(&form), ["B6", "C6", "B7", "C7"], "{form:#?}");
    // Also where nothing tells 公開 from 非公開, which is asked back, too.
    let form = self::form(
        3,
        &[&["", "10/25", "10/26"], &["9:00", "6（2）", "6（3）"], &["9:30", "5（3）", "5（4）"]],
    );
    assert_eq!(troubled(&form).len(), 4, "{form:#?}");
    assert!(asked(&form));
}

#[test]
fn a_struck_date_or_time_strikes_its_slots() {
    let rows: [&[&str]; 3] = [&["", "10/25", "10/26"], &["9:00", "6", "6"], &["9:30", "5", "5"]];
    for (address, wanted) in [("B5", 2), ("A6", 2), ("B6", 1)] {
        let mut sheet = page(1, &rows);
        sheet.strike(address);
        let form = read_form(&[&sheet]);
        assert_eq!(form.rows.iter().filter(|row| row.struck).count(), wanted, "{address}");
        assert!(has(&form, |seen| matches!(seen, Observation::Struck { .. })), "{address}");
    }
}

#[test]
fn the_same_count_again() {
    let across =
        form(1, &[&["", "10/25", "10/26"], &["9:00", "6", "4"], &["9:30", "〃", "5"], &["10:00", "〃", "3"]]);
    assert_eq!(slots(&across)[..3], ["10/25 9:00 6 0", "10/25 9:30 6 0", "10/25 10:00 6 0"]);
    let down =
        form(1, &[&["", "9:00", "9:30"], &["10/25", "6", "4"], &["10/26", "〃", "5"], &["10/27", "〃", "3"]]);
    let wanted = ["10/25 9:00 6 0", "10/25 9:30 4 0", "10/26 9:00 6 0"];
    assert_eq!(slots(&down)[..3], wanted);
    for form in [&across, &down] {
        let carried = form.rows.iter().filter_map(|row| row.public.as_ref()).filter(|count| {
            matches!(count.remarks.as_slice(), [Remark::CarriedDown { ditto: true, merged: false, .. }])
        });
        assert_eq!(carried.count(), 2);
    }
    // Below a count of the other kind, or below nothing, it says nothing.
    let other = form(
        3,
        &[
            &["", "", "10/25", "10/26"],
            &["9:00", "公開", "6", ""],
            &["", "非公開", "〃", "2"],
            &["10:00", "公開", "6", "6"],
            &["", "非公開", "1", "2"],
        ],
    );
    assert_eq!(troubled(&other), ["C7"]);
    let top = form(1, &[&["", "10/25", "10/26"], &["9:00", "〃", "4"], &["9:30", "〃", "5"]]);
    assert_eq!(troubled(&top), ["B6", "B7"]);
}

#[test]
fn periods_and_weekdays_as_dates_are_asked_back_as_such() {
    let ranges = form(1, &[&["", "10/25～10/29", "11/1～11/5"], &["9:00", "6", "6"], &["9:30", "5", "5"]]);
    let weekly = form(1, &[&["", "火", "水", "木"], &["9:00", "6", "6", "6"], &["9:30", "5", "5", "5"]]);
    for (form, number) in [(ranges, 4), (weekly, 6)] {
        let asked = form.rows.iter().filter(|row| row.date.trouble() == Some(&Trouble::DateRange));
        assert_eq!(asked.count(), number, "{form:#?}");
        assert!(!asked_columns(&form), "{form:#?}");
    }
}

fn asked_columns(form: &Form) -> bool {
    has(form, |seen| matches!(seen, Observation::MissingColumns { .. }))
}

#[test]
fn a_label_of_the_block_above_is_no_title() {
    let block = [
        ["", "", "9:00", "9:30"],
        ["10/25", "公開", "6", "5"],
        ["", "非公開", "2", "2"],
        ["10/26", "公開", "6", "5"],
        ["", "非公開", "×", "×"],
    ];
    let second = [["", "", "9:00", "9:30"], ["11/15", "公開", "6", "5"], ["", "非公開", "2", "2"]];
    let rows: Vec<&[&str]> =
        block.iter().map(|row| &row[..]).chain([&[][..]]).chain(second.iter().map(|row| &row[..])).collect();
    let form = form(3, &rows);
    assert!(form.rows.iter().all(|row| row.section.is_none()), "{form:#?}");
    assert_eq!(slots(&form).len(), 6, "{form:#?}");
}

#[test]
fn figures_about_the_slots_are_no_slots() {
    let form = form(
        1,
        &[
            &["時間", "10/25", "10/26", "平均", "最大"],
            &["9:00", "6", "6", "6", "6"],
            &["12:00", "昼休み", "", "", ""],
            &["9:30", "5", "5", "5", "5"],
            &["独自の受付枠", "100"],
            &["従事医師数", "2", "2"],
            &["必要バイアル数", "2", "2"],
            &["（参考）第７期", "5", "5"],
        ],
    );
    assert_eq!(slots(&form), both(&["10/25", "10/26"]), "{form:#?}");
    assert!(!asked(&form), "{form:#?}");
}

#[test]
fn one_sum_for_the_whole_block() {
    let form = form(
        1,
        &[
            &["時間", "10/25", "11/15"],
            &["9:00", "6", "6"],
            &["9:30", "5", "5"],
            &["１回目計", "11"],
            &["合計", "22"],
        ],
    );
    assert_eq!(slots(&form), both(&["10/25", "11/15"]));
    let first: Vec<_> =
        form.typed_totals.iter().map(|total| (total.dose.is_some(), total.within[0].right)).collect();
    assert_eq!(first, [(true, 2), (false, 2)]);
}

#[test]
fn sums_below_a_short_neighbour() {
    let form = form(
        1,
        &[
            &["", "10/25", "10/26", "", "", "11/15", "11/16"],
            &["9:00", "6", "6", "", "9:00", "6", "6"],
            &["9:30", "5", "5", "", "9:30", "5", "5"],
            &["10:00", "6", "6", "", "計", "11", "11"],
            &["10:30", "6", "6"],
        ],
    );
    assert!(slots(&form).iter().all(|slot| !slot.starts_with('!')), "{form:#?}");
    assert_eq!(slots(&form).len(), 12);
}

#[test]
fn more_rows_than_a_form_can_have() {
    let mut sheet = page(1, &[]);
    for day in 0..32 {
        sheet.put(5, day + 1, Value::Serial(44494.0 + f64::from(day)));
    }
    for minute in 0..700 {
        sheet.put(6 + minute, 0, Value::Serial((480.0 + f64::from(minute)) / 1440.0));
        for day in 0..32 {
            sheet.put(6 + minute, day + 1, Value::Number(6.0));
        }
    }
    let form = read_form(&[&sheet]);
    assert_eq!(form.rows.len(), 20_000);
    let told = form.observations.iter().filter(|seen| matches!(seen, Observation::Unplaced { .. }));
    assert_eq!(told.count(), 1);
}

#[test]
fn a_title_among_dates_is_no_sub_heading() {
    let times = ["時刻", "9:00", "9:30", "10:00"];
    let days = [["10/25", "6", "5", "4"], ["10/26", "6", "5", "4"]];
    let second = [["11/15", "6", "5", "4"], ["11/16", "6", "5", "4"]];
    let wide = |left: &[&'static str], right: &[&'static str]| {
        let mut row = vec![""; 9];
        row[..left.len()].copy_from_slice(left);
        row[5..5 + right.len()].copy_from_slice(right);
        row
    };
    let rows = [
        wide(&["公開枠"], &["公開枠"]),
        wide(&times, &times),
        wide(&days[0], &second[0]),
        wide(&days[1], &second[1]),
        wide(&[], &[]),
        wide(&["非公開枠"], &["非公開枠"]),
        wide(&times, &times),
        wide(&days[0], &second[0]),
        wide(&days[1], &second[1]),
    ];
    let rows: Vec<&[&str]> = rows.iter().map(Vec::as_slice).collect();
    let form = form(3, &rows);
    assert_eq!(slots(&form).len(), 12, "{form:#?}");
    assert!(
        slots(&form)
            .iter()
            .all(|slot| slot.ends_with(" 6 6") || slot.ends_with(" 5 5") || slot.ends_with(" 4 4"))
    );
    assert!(!asked(&form), "{form:#?}");
}

#[test]
fn weeks_below_one_another_each_with_its_times() {
    let mut rows: Vec<Vec<&str>> = Vec::new();
    for week in [["10/25", "10/26", "10/27"], ["11/1", "11/2", "11/3"], ["11/15", "11/16", "11/17"]] {
        rows.push(vec!["", "9:00", "9:30", "10:00", "14:00", "14:30"]);
        rows.extend(week.map(|day| vec![day, "6", "5", "-", "4", "3"]));
        rows.push(Vec::new());
        rows.push(vec!["第〇週"]);
    }
    let rows: Vec<&[&str]> = rows.iter().map(Vec::as_slice).collect();
    let form = form(1, &rows);
    assert_eq!(slots(&form).len(), 36, "{form:#?}");
    assert!(slots(&form).iter().all(|slot| !slot.starts_with('!')));
    assert!(!asked(&form), "{form:#?}");
}
