//! Titles between rows and texts beside them: 「非公開枠」「午後の部」「取消」. A title holds until the next of its kind.

use uketsuke::inspection::form::{Form, Remark, Trouble};
use uketsuke::inspection::verdict::Visibility;

use crate::builder::{Page, has, read_form, row, slots};

fn page(title: &str, rows: &[&[&str]]) -> Page {
    let mut page = Page::new("Sheet1");
    page.text("A1", title).texts("A2", &["会場番号", "0123", "医療機関名", "くまもと医院"]);
    for (index, row) in rows.iter().enumerate() {
        page.values(&format!("A{}", index + 5), row);
    }
    page
}

fn form(number: u8, rows: &[&[&str]]) -> Form {
    let title = match number {
        1 => "予約枠報告様式１（公開枠のみ）",
        2 => "予約枠報告様式２（非公開枠のみ）",
        _ => "予約枠報告様式３（公開・非公開）",
    };
    read_form(&[&page(title, rows)])
}

fn check(number: u8, rows: &[&[&str]], expected: &[&str]) {
    let form = form(number, rows);
    assert_eq!(slots(&form), expected, "{rows:?}: {form:#?}");
    assert!(!has(&form, |seen| matches!(
        seen,
        uketsuke::inspection::form::Observation::MissingColumns { .. }
    )));
}

#[test]
fn visibility_titles_in_a_matrix() {
    for (public, private) in [
        ("公開枠", "非公開枠"),
        ("【公開】", "【非公開】"),
        ("WEB・コールセンター受付分", "医療機関受付分"),
        ("一般枠", "かかりつけ枠"),
    ] {
        let rows: [&[&str]; 5] =
            [&["時刻", "10/26", "11/16"], &[public], &["9:00", "6", "5"], &[private], &["9:00", "2", "1"]];
        check(3, &rows, &["10/26 9:00 6 2", "11/16 9:00 5 1"]);
    }
    // The first title above the axis, in a body column, or with another text beside it.
    check(
        3,
        &[&["公開枠"], &["時刻", "10/26", "11/16"], &["9:00", "6", "5"], &["非公開枠"], &["9:00", "2", "1"]],
        &["10/26 9:00 6 2", "11/16 9:00 5 1"],
    );
    check(
        3,
        &[
            &["時刻", "10/26", "11/16"],
            &["", "公開枠"],
            &["9:00", "6", "5"],
            &["", "非公開枠", "（医療機関受付分）"],
            &["9:00", "2", "1"],
        ],
        &["10/26 9:00 6 2", "11/16 9:00 5 1"],
    );
    // Dates down: titles between the dates.
    check(
        3,
        &[
            &["接種日", "9:00", "10:00"],
            &["公開枠"],
            &["10/26", "6", "5"],
            &["11/16", "4", "3"],
            &["非公開枠"],
            &["10/26", "2", "1"],
            &["11/16", "", "1"],
        ],
        &["10/26 9:00 6 2", "10/26 10:00 5 1", "11/16 9:00 4 0", "11/16 10:00 3 1"],
    );
    // A label before the times, written once.
    check(
        3,
        &[
            &["区分", "時刻", "10/26", "11/16"],
            &["公開", "9:00", "6", "5"],
            &["", "10:00", "6", "5"],
            &["非公開", "14:00", "2", "1"],
            &["", "15:00", "2", "1"],
        ],
        &[
            "10/26 9:00 6 0",
            "10/26 10:00 6 0",
            "10/26 14:00 0 2",
            "10/26 15:00 0 2",
            "11/16 9:00 5 0",
            "11/16 10:00 5 0",
            "11/16 14:00 0 1",
            "11/16 15:00 0 1",
        ],
    );
    // Behind the counts.
    check(
        3,
        &[
            &["時刻", "10/26", "11/16", "区分"],
            &["9:00", "6", "5", "公開"],
            &["10:00", "2", "1", "医療機関受付分"],
        ],
        &["10/26 9:00 6 0", "10/26 10:00 0 2", "11/16 9:00 5 0", "11/16 10:00 0 1"],
    );
}

#[test]
fn visibility_titles_in_a_list() {
    for count in ["枠数", "予約枠数", "人数"] {
        check(
            3,
            &[
                &["接種日", "接種時刻", count],
                &["公開枠"],
                &["10/26", "9:00", "6"],
                &["11/16", "9:00", "5"],
                &["非公開枠", "医療機関受付分"],
                &["10/26", "9:00", "2"],
                &["11/16", "9:00", "1"],
            ],
            &["10/26 9:00 6 2", "11/16 9:00 5 1"],
        );
    }
    // A title above the heading gives way to one below it, and 様式３ may tell it row by row in any column.
    check(
        3,
        &[
            &["公開枠"],
            &["No.", "接種日", "接種時刻", "枠数"],
            &["1", "10/26", "9:00", "6"],
            &["", "【非公開枠】"],
            &["2", "10/26", "9:00", "2"],
        ],
        &["10/26 9:00 6 2"],
    );
    for heading in ["備考", "受付方法", "区分"] {
        check(
            3,
            &[
                &["接種日", "接種時刻", "枠数", heading],
                &["10/26", "9:00", "6", "公開"],
                &["10/26", "9:00", "2", "医療機関受付分"],
            ],
            &["10/26 9:00 6 2"],
        );
    }
}

#[test]
fn titles_over_lists_side_by_side() {
    let rows: [&[&str]; 6] = [
        &["公開枠"],
        &["接種日", "接種時刻", "枠数", "", "接種日", "接種時刻", "枠数"],
        &["10/26", "9:00", "6", "", "11/16", "9:00", "6"],
        &["非公開枠"],
        &["10/26", "10:00", "2", "", "11/16", "10:00", "2"],
        &["11/15", "9:00", "1"],
    ];
    let mut sheet = page("予約枠報告様式３（公開・非公開）", &rows);
    // Over the left list alone it may be meant for both.
    let missing = |form: &Form| {
        has(form, |seen| matches!(seen, uketsuke::inspection::form::Observation::MissingColumns { .. }))
    };
    assert!(missing(&read_form(&[&sheet])));
    sheet.merge("A8:G8");
    let form = read_form(&[&sheet]);
    assert!(!missing(&form));
    assert_eq!(
        slots(&form),
        ["10/26 9:00 6 0", "10/26 10:00 0 2", "11/15 9:00 0 1", "11/16 9:00 6 0", "11/16 10:00 0 2"]
    );
    // An explanation of the words above a list is no title of it.
    let explained = form_of_explanation();
    assert!(explained.rows.iter().all(|row| row.section.is_none()), "{explained:#?}");
}

fn form_of_explanation() -> Form {
    form(
        1,
        &[
            &["公開枠", "WEB・コールセンター受付"],
            &["非公開枠", "医療機関受付（様式２へ）"],
            &["接種日", "接種時刻", "公開枠数"],
            &["10/26", "9:00", "6"],
        ],
    )
}

#[test]
fn rows_above_the_first_visibility_title_are_asked_back() {
    let form = form(
        3,
        &[&["接種日", "接種時刻", "枠数"], &["10/26", "9:00", "6"], &["非公開枠"], &["10/26", "10:00", "2"]],
    );
    assert!(has(&form, |seen| matches!(
        seen,
        uketsuke::inspection::form::Observation::MissingColumns { .. }
    )));
}

#[test]
fn a_title_against_the_headings_is_kept_beside_the_row() {
    let said = |form: &Form, number| {
        let section = row(form, number).section.as_ref()?;
        Some((section.value()?, section.place.cell.clone()?))
    };
    let list = form(
        1,
        &[
            &["接種日", "接種時刻", "公開枠数"],
            &["10/26", "9:00", "6"],
            &["非公開枠"],
            &["10/26", "10:00", "2"],
        ],
    );
    assert_eq!(said(&list, 6), None);
    assert_eq!(said(&list, 8), Some((Visibility::Private, "A7".into())));
    let above = form(1, &[&["非公開枠"], &["接種日", "接種時刻", "公開枠数"], &["10/26", "9:00", "6"]]);
    assert_eq!(said(&above, 7), Some((Visibility::Private, "A5".into())));
    let matrix = form(
        3,
        &[
            &["時刻", "10/26", "", "11/16", ""],
            &["", "公開", "非公開", "公開", "非公開"],
            &["9:00", "6", "2", "6", "2"],
            &["非公開枠"],
            &["10:00", "6", "", "5", ""],
        ],
    );
    assert_eq!(said(&matrix, 9), Some((Visibility::Private, "A8".into())));
    // A sentence about the other kind is no title.
    let sentence =
        form(1, &[&["接種日", "接種時刻", "公開枠数"], &["非公開枠は別途提出"], &["10/26", "9:00", "6"]]);
    assert_eq!(slots(&sentence), ["10/26 9:00 6 0"]);
    assert_eq!(said(&sentence, 7), None);
}

#[test]
fn texts_beside_a_row() {
    let list = form(
        1,
        &[
            &["接種日", "接種時刻", "公開枠数", "備考", "変更区分"],
            &["10/26", "9:00", "6", "", "追加"],
            &["10/26", "10:00", "6", "この枠は取り消してください"],
            &["10/26", "11:00", "6", "", "削除"],
            &["10/26", "12:00", "6", "医療機関受付分"],
            &["10/26", "13:00", "6", "前日までに中止の連絡あり"],
            &["10/26", "14:00", "6", "", "", "キャンセル"],
        ],
    );
    let gone = |number| row(&list, number).gone.as_ref().and_then(|mark| mark.place.cell.clone());
    assert_eq!([gone(6), gone(7), gone(8)], [None, Some("D7".into()), Some("E8".into())]);
    assert_eq!([gone(9), gone(10), gone(11)], [None, None, Some("F11".into())]);
    let beside = row(&list, 9).beside.as_ref().unwrap();
    assert_eq!((beside.value(), beside.label.as_str()), (Some(Visibility::Private), "備考"));
    let ticked = form(
        1,
        &[
            &["接種日", "接種時刻", "公開枠数", "取消"],
            &["10/26", "9:00", "6"],
            &["10/26", "10:00", "6", "○"],
            &["10/26", "11:00", "6", "－"],
        ],
    );
    let rows: Vec<u32> = ticked.rows.iter().filter(|row| row.gone.is_some()).map(|row| row.row).collect();
    assert_eq!(rows, [7]);
    let matrix = form(
        1,
        &[
            &["時刻", "10/26", "11/16", "備考"],
            &["9:00", "6", "6", "中止"],
            &["10:00", "6", "6"],
            &["", "", "取消"],
        ],
    );
    let rows: Vec<_> = matrix.rows.iter().filter(|row| row.gone.is_some()).map(|row| row.row).collect();
    assert_eq!(rows, [6, 6, 7]);
}

/// The starts as read, `!` where a row's is asked back.
fn starts(form: &Form) -> Vec<String> {
    let one = |row: &uketsuke::inspection::form::Row| match (row.start.value(), row.start.trouble()) {
        (Some(time), _) => format!("{}:{:02}", time.hour(), time.minute()),
        (None, Some(Trouble::HalfOfDay { said })) => format!("!{said}"),
        (None, other) => format!("?{other:?}"),
    };
    form.rows.iter().map(one).collect()
}

#[test]
fn halves_of_the_day_in_the_row() {
    let list = form(
        1,
        &[
            &["接種日", "午前・午後", "接種時刻", "公開枠数"],
            &["10/26", "午前", "9:00", "6"],
            &["10/26", "午後", "7:30", "6"],
            &["10/27", "午後", "1:30", "6"],
            &["10/27", "午後", "13:30", "6"],
            &["10/28", "午前", "13:00", "6"],
            &["10/28", "PM", "2時30分", "6"],
            &["10/28", "午後", "午前9:00", "6"],
            &["10/28", "午後", "午後3時", "6"],
        ],
    );
    assert_eq!(starts(&list), ["9:00", "19:30", "13:30", "13:30", "!午前", "14:30", "!午後", "15:00"]);
    assert!(row(&list, 7).start.remarks.contains(&Remark::Afternoon));
    // Hour and minute apart, a range, an end of its own.
    let apart = form(
        1,
        &[
            &["接種日", "午前午後", "時", "分", "終了時刻", "公開枠数"],
            &["10/26", "午後", "7", "30", "8:00", "6"],
            &["10/26", "午前", "9", "0", "9:30", "6"],
        ],
    );
    assert_eq!(starts(&apart), ["19:30", "9:00"]);
    let end = row(&apart, 6).end.as_ref().unwrap().value().unwrap();
    assert_eq!((end.hour(), end.minute()), (20, 0));
    let range = form(1, &[&["接種日", "区分", "時間", "公開枠数"], &["10/26", "午後", "1:30～2:30", "6"]]);
    let first = row(&range, 6);
    assert_eq!(first.start.value().unwrap().hour(), 13);
    assert_eq!(first.end.as_ref().unwrap().value().unwrap().hour(), 14);
    // Written once for the rows below, merged or not; another day begins anew.
    let mut once = page(
        "予約枠報告様式１（公開枠のみ）",
        &[
            &["接種日", "", "接種時刻", "公開枠数"],
            &["10/26", "午前", "9:00", "6"],
            &["10/26", "", "10:00", "6"],
            &["10/26", "午後", "1:00", "6"],
            &["10/26", "", "7:30", "6"],
            &["10/27", "", "9:00", "6"],
            &["10/27", "午後", "1:00", "6"],
            &["10/27", "", "2:00", "6"],
        ],
    );
    assert_eq!(starts(&read_form(&[&once])), ["9:00", "10:00", "13:00", "!午後", "9:00", "13:00", "14:00"]);
    once.merge("B8:B9");
    assert_eq!(starts(&read_form(&[&once]))[3], "19:30");
}

#[test]
fn halves_of_the_day_as_titles() {
    let rows: [&[&str]; 8] = [
        &["接種日", "接種時刻", "公開枠数"],
        &["午前の部"],
        &["10/26", "9:00", "6"],
        &["10/26", "13:00", "6"],
        &["午後の部（13:30～16:00）"],
        &["10/26", "1:30", "6"],
        &["10/26", "14:00", "6"],
        &["10/26", "7:30", "6"],
    ];
    let afternoon = "!午後の部(13:30~16:00)";
    assert_eq!(starts(&form(1, &rows)), ["9:00", "!午前の部", "13:30", "14:00", afternoon]);
    // Above the headings, in the heading of the times, as the sheet's name.
    let list = |title: &str, heading: &str| {
        form(
            1,
            &[&[title], &["接種日", heading, "公開枠数"], &["10/26", "1:30", "6"], &["10/26", "9:00", "6"]],
        )
    };
    assert_eq!(starts(&list("午後", "接種時刻")), ["13:30", "!午後"]);
    assert_eq!(starts(&list("", "接種時刻（午後）")), ["13:30", "!接種時刻（午後）"]);
    assert_eq!(starts(&list("", "接種時刻（午前・午後）")), ["1:30", "9:00"]);
    let mut named = page(
        "予約枠報告様式１（公開枠のみ）",
        &[&["接種日", "接種時刻", "公開枠数"], &["10/26", "1:30", "6"]],
    )
    .done();
    named.name = "午後".into();
    let book = uketsuke::inspection::workbook::Workbook { sheets: vec![named], ..Default::default() };
    assert_eq!(starts(&crate::builder::read(&book).forms[0]), ["13:30"]);
    // In the headings of two counts.
    let counts = form(
        1,
        &[
            &["接種日", "接種時刻", "午前枠数", "午後枠数"],
            &["10/26", "9:00", "6", ""],
            &["10/26", "1:30", "", "6"],
            &["10/26", "7:30", "", "6"],
        ],
    );
    assert_eq!(starts(&counts), ["9:00", "13:30", "!午後枠数"]);
    // Two lists side by side.
    let twice = form(
        1,
        &[
            &["午前", "", "", "", "午後"],
            &["接種日", "接種時刻", "公開枠数", "", "接種日", "接種時刻", "公開枠数"],
            &["10/26", "9:00", "6", "", "10/26", "1:30", "6"],
        ],
    );
    assert_eq!(starts(&twice), ["9:00", "13:30"]);
}

#[test]
fn halves_of_the_day_in_a_matrix() {
    let expected = ["9:00", "9:00", "19:30", "19:30", "13:30", "13:30"];
    let mut rows: [&[&str]; 4] = [
        &["", "時刻", "10/26", "11/16"],
        &["午前", "9:00", "6", "6"],
        &["午後", "7:30", "6", "6"],
        &["午後", "1:30", "6", "6"],
    ];
    assert_eq!(starts(&form(1, &rows)), expected);
    rows[3] = &["", "1:30", "6", "6"];
    assert_eq!(starts(&form(1, &rows)), expected);
    let mut merged = page("予約枠報告様式１（公開枠のみ）", &rows);
    merged.merge("A7:A8");
    assert_eq!(starts(&read_form(&[&merged])), expected);
    // As titles between the rows, over the block, and over the times of a matrix with dates down.
    let titled = form(
        1,
        &[
            &["時刻", "10/26", "11/16"],
            &["午前"],
            &["9:00", "6", ""],
            &["午後"],
            &["1:30", "6", ""],
            &["7:30", "6", ""],
        ],
    );
    assert_eq!(starts(&titled), ["9:00", "13:30", "!午後"]);
    let over = form(1, &[&["午後の部"], &["時刻", "10/26", "11/16"], &["1:30", "6", ""], &["2:30", "6", ""]]);
    assert_eq!(starts(&over), ["13:30", "14:30"]);
    let mut down = page(
        "予約枠報告様式１（公開枠のみ）",
        &[
            &["", "午前", "", "午後", ""],
            &["接種日", "9:00", "10:00", "1:30", "7:30"],
            &["10/26", "6", "6", "6", "6"],
            &["11/16", "6", "6", "6", "6"],
        ],
    );
    down.merge("B5:C5").merge("D5:E5");
    let mut found = starts(&read_form(&[&down]));
    found.sort();
    assert_eq!(found, ["10:00", "10:00", "13:30", "13:30", "19:30", "19:30", "9:00", "9:00"]);
}

#[test]
fn seconds_are_asked_back() {
    let list = page(
        "予約枠報告様式１（公開枠のみ）",
        &[
            &["接種日", "接種時刻", "公開枠数"],
            &["10/26", "9:00", "6"],
            &["10/26", "", "6"],
            &["10/26", "9:00:30", "6"],
            &["10/26", "10:00:00", "6"],
        ],
    );
    let with = |time: f64| read_form(&[list.clone().serial("B7", time)]);
    let form = with(0.375 + 30.0 / 86_400.0);
    assert_eq!(row(&form, 7).start.trouble(), Some(&Trouble::Seconds));
    assert_eq!(row(&form, 8).start.trouble(), Some(&Trouble::Seconds));
    assert!(row(&form, 9).start.value().is_some());
    // Noise of binary fractions is none.
    let noisy: f64 = (0..19).map(|_| 1.0 / 48.0).sum();
    assert!(row(&with(noisy + 1e-9), 7).start.value().is_some());
}

#[test]
fn hours_of_another_table_are_not_the_lists() {
    let mut page = Page::new("様式１");
    page.values("A1", &["接種日", "時刻", "公開枠数"]).text("E1", "診療時間");
    page.values("A2", &["10/25", "8:00", "6"]).texts("E2", &["午前", "9時から12時"]);
    page.values("A3", &["10/26", "8:00", "6"]).texts("E3", &["午後", "14時から18時"]);
    assert_eq!(slots(&read_form(&[&page])), ["10/25 8:00 6 0", "10/26 8:00 6 0"]);
    let mut page = Page::new("様式１");
    page.values("A1", &["接種日", "時刻", "公開枠数"]);
    page.values("A2", &["10/25", "2:00", "6"]).text("D2", "午後");
    assert_eq!(slots(&read_form(&[&page])), ["10/25 14:00 6 0"]);
}

#[test]
fn the_name_of_a_sheet_against_the_headings_is_kept_beside_the_row() {
    let rows: [&[&str]; 2] = [&["接種日", "接種時刻", "公開枠数"], &["10/25", "9:00", "6"]];
    for (name, said) in [
        ("非公開枠", true),
        ("医療機関受付分", true),
        ("非公開枠（１回目）", true),
        ("公開枠", false),
        ("公開・非公開", false),
        ("様式１（公開枠のみ）", false),
        ("当院", false),
        ("院内接種", false),
        ("Sheet1", false),
    ] {
        let mut sheet = Page::new(name);
        sheet.text("A1", "予約枠報告様式１（公開枠のみ）").texts("A2", &["会場番号", "0123"]);
        sheet.values("A4", rows[0]).values("A5", rows[1]);
        let form = read_form(&[&sheet]);
        assert_eq!(slots(&form), ["10/25 9:00 6 0"], "{name}");
        let section = row(&form, 5).section.as_ref();
        assert_eq!(section.map(|entry| entry.value()), said.then_some(Some(Visibility::Private)), "{name}");
        sheet.values("D4", &["非公開枠数"]).values("D5", &["2"]);
        assert!(row(&read_form(&[&sheet]), 5).section.is_none(), "{name}");
    }
}
