//! Dates in parts: a month beside, over or on the first of its days; and counts that are no days.

use uketsuke::inspection::form::{Form, Observation};

use crate::builder::{Page, has, read_form, slots};

fn page(number: u8, rows: &[&[&str]]) -> Page {
    let mut page = Page::new("Sheet1");
    page.text(
        "A1",
        ["予約枠報告様式１（公開枠のみ）", "", "予約枠報告様式３（公開・非公開）"][usize::from(number) - 1],
    )
    .texts("A2", &["会場番号", "0123", "医療機関名", "くまもと医院"]);
    for (index, row) in rows.iter().enumerate() {
        page.values(&format!("A{}", index + 5), row);
    }
    page
}

fn form(number: u8, rows: &[&[&str]]) -> Form {
    read_form(&[&page(number, rows)])
}

/// 6 at 9:00 and 5 at 9:30 of each day.
fn both(days: &[&str]) -> Vec<String> {
    days.iter().flat_map(|day| [format!("{day} 9:00 6 0"), format!("{day} 9:30 5 0")]).collect()
}

fn asked(form: &Form) -> bool {
    has(form, |seen| matches!(seen, Observation::Unplaced { .. } | Observation::MissingColumns { .. }))
}

#[test]
fn growing_counts_are_no_days() {
    let form = form(
        3,
        &[
            &["", "", "11/1", "11/4", "11/5"],
            &["9:00", "公開", "6", "6", "6"],
            &["", "非公開", "4", "5", "6"],
            &["10:00", "公開", "6", "6", "6"],
            &["", "非公開", "4", "5", "6"],
        ],
    );
    let wanted = [
        "11/1 9:00 6 4",
        "11/1 10:00 6 4",
        "11/4 9:00 6 5",
        "11/4 10:00 6 5",
        "11/5 9:00 6 6",
        "11/5 10:00 6 6",
    ];
    assert_eq!(slots(&form), wanted);
}

#[test]
fn growing_counts_below_a_single_first_of_a_month_are_no_days() {
    let rows: [&[&str]; 5] = [
        &["時刻", "", "11/1"],
        &["9:00", "公開", "6"],
        &["", "非公開", "4"],
        &["10:00", "公開", "6"],
        &["", "非公開", "5"],
    ];
    assert_eq!(slots(&form(3, &rows)), ["11/1 9:00 6 4", "11/1 10:00 6 5"]);
}

#[test]
fn sums_before_the_body_are_no_days() {
    let form = form(
        3,
        &[
            &["", "合計", "9:00", "", "10:00", ""],
            &["", "", "公開枠", "非公開枠", "公開枠", "非公開枠"],
            &["11/1", "18", "4", "4", "6", "4"],
            &["11/4", "11", "8", "", "3", ""],
            &["11/6", "16", "4", "", "6", "6"],
        ],
    );
    assert_eq!(slots(&form).len(), 6, "{form:#?}");
    assert_eq!(slots(&form)[0], "11/1 9:00 4 4");
}

#[test]
fn a_month_before_its_days() {
    for days in [["25", "26", "27"], ["25日", "26日", "27日"]] {
        for lower in [["28", "29", "30"], ["15", "16", "17"]] {
            let rows: Vec<Vec<&str>> = vec![
                [&["10月"], &days[..]].concat(),
                vec!["9:00", "6", "6", "6"],
                vec!["9:30", "5", "5", "5"],
                [&["11月"], &lower[..]].concat(),
                vec!["9:00", "6", "6", "6"],
                vec!["9:30", "5", "5", "5"],
            ];
            let rows: Vec<&[&str]> = rows.iter().map(Vec::as_slice).collect();
            let form = form(1, &rows);
            let days = lower.map(|day| format!("11/{day}"));
            let mut wanted = both(&["10/25", "10/26", "10/27"]);
            wanted.extend(both(&[&days[0], &days[1], &days[2]]));
            assert_eq!(slots(&form), wanted, "{form:#?}");
            assert!(!asked(&form), "{form:#?}");
        }
    }
}

#[test]
fn weeks_of_a_calendar() {
    let week = ["", "月", "火", "水", "木", "金", "土"];
    let times = [["9:00", "6", "", "6", "", "6", ""], ["9:30", "5", "", "5", "", "5", ""]];
    let dates = ["10/25", "10/27", "10/29", "11/1", "11/3", "11/5", "11/15", "11/17", "11/19"];
    let left = form(
        1,
        &[
            &week,
            &["10月", "25", "26", "27", "28", "29", "30"],
            &times[0],
            &times[1],
            &["11月", "1", "2", "3", "4", "5", "6"],
            &times[0],
            &times[1],
            &["11月", "15", "16", "17", "18", "19", "20"],
            &times[0],
            &times[1],
        ],
    );
    assert_eq!(slots(&left), both(&dates), "{left:#?}");
    let titles = form(
        1,
        &[
            &["１０月"],
            &week,
            &["", "25", "26", "27", "28", "29", "30"],
            &times[0],
            &times[1],
            &["１１月"],
            &week,
            &["", "1", "2", "3", "4", "5", "6"],
            &times[0],
            &times[1],
            &["", "15", "16", "17", "18", "19", "20"],
            &times[0],
            &times[1],
        ],
    );
    assert_eq!(slots(&titles), both(&dates), "{titles:#?}");
    let firsts = form(
        1,
        &[
            &week,
            &["", "10/25", "26", "27", "28", "29", "30"],
            &times[0],
            &times[1],
            &["", "11/1", "2", "3", "4", "5", "6"],
            &times[0],
            &times[1],
        ],
    );
    assert_eq!(slots(&firsts), both(&dates[..6]), "{firsts:#?}");
}

#[test]
fn a_month_as_a_title_over_a_column_of_days() {
    let form = form(
        1,
        &[
            &["【10月】"],
            &["日", "9:00～", "9:30～"],
            &["25", "6", "5"],
            &["26", "6", "5"],
            &["【11月】"],
            &["日", "9:00～", "9:30～"],
            &["15", "6", "5"],
            &["16", "6", "5"],
        ],
    );
    assert_eq!(slots(&form), both(&["10/25", "10/26", "11/15", "11/16"]), "{form:#?}");
}

#[test]
fn a_month_on_the_first_of_its_days() {
    let dates = ["10/30", "10/31", "11/1", "11/15", "11/16"];
    let across = form(
        1,
        &[
            &["", "10月30日", "31日", "1日", "11月15日", "16日"],
            &["9:00", "6", "6", "6", "6", "6"],
            &["9:30", "5", "5", "5", "5", "5"],
        ],
    );
    assert_eq!(slots(&across), both(&dates), "{across:#?}");
    let estimated = |form: &Form| {
        use uketsuke::inspection::form::Remark;
        form.rows.iter().filter(|row| row.date.remarks.contains(&Remark::Estimated)).count()
    };
    assert_eq!(estimated(&across), 6);
    let down = form(
        1,
        &[
            &["", "9:00～9:30", "9:30～10:00"],
            &["10/30（土）", "6", "5"],
            &["31（日）", "6", "5"],
            &["1（月）", "6", "5"],
            &["11/15（月）", "6", "5"],
            &["16（火）", "6", "5"],
        ],
    );
    assert_eq!(slots(&down), both(&dates), "{down:#?}");
    // A number that is no day of the next week is asked back.
    let odd = form(1, &[&["", "10/25", "26", "6"], &["9:00", "6", "6", "6"], &["9:30", "5", "5", "5"]]);
    assert!(asked(&odd) || odd.rows.iter().any(|row| row.date.value().is_none()), "{odd:#?}");
}

#[test]
fn two_dates_for_one_count_are_asked_back() {
    let across = form(
        1,
        &[
            &["", "10/25", "10/26", "10/27"],
            &["", "11/15", "11/16", "11/17"],
            &["9:00", "6", "6", "6"],
            &["9:30", "5", "5", "5"],
        ],
    );
    let down = form(
        1,
        &[
            &["１回目", "２回目", "9:00～", "9:30～"],
            &["10/25", "11/15", "6", "5"],
            &["10/26", "11/16", "6", "5"],
        ],
    );
    for (form, cell) in [(across, "B5"), (down, "A6")] {
        assert!(
            has(
                &form,
                |seen| matches!(seen, Observation::Unplaced { place, .. } if place.cell.as_deref() == Some(cell))
            ),
            "{form:#?}"
        );
    }
}

#[test]
fn the_same_dates_again_are_weekdays() {
    let days = ["", "10/25", "10/26"];
    let times = [["9:00", "6", "6"], ["9:30", "5", "5"]];
    let form = form(
        3,
        &[
            &["公開枠"],
            &days,
            &["", "44494", "44495"],
            &times[0],
            &times[1],
            &[],
            &["非公開枠"],
            &days,
            &["", "44494", "44495"],
            &times[0],
            &times[1],
        ],
    );
    let wanted = ["10/25 9:00 6 6", "10/25 9:30 5 5", "10/26 9:00 6 6", "10/26 9:30 5 5"];
    assert_eq!(slots(&form), wanted, "{form:#?}");
    assert!(!asked(&form), "{form:#?}");
}

#[test]
fn months_over_days_begin_the_second_block() {
    let form = form(
        1,
        &[
            &["時間", "10月"],
            &["", "25", "26"],
            &["9:00", "6", "6"],
            &["9:30", "5", "5"],
            &["時間", "11月"],
            &["", "15", "16"],
            &["9:00", "6", "6"],
            &["9:30", "5", "5"],
        ],
    );
    assert_eq!(slots(&form), both(&["10/25", "10/26", "11/15", "11/16"]), "{form:#?}");
}
