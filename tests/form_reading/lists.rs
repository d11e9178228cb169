//! Lists: issued, permuted, renamed, stacked, side by side, and the habits that break them.

use uketsuke::campaign::Dose;
use uketsuke::inspection::form::{Observation, Read, Remark, Trouble};
use uketsuke::inspection::verdict::Visibility;
use uketsuke::inspection::workbook::{Strike, Value};

use crate::builder::{Page, has, issued, read_form, row, slots};

#[test]
fn issued_form() {
    let mut page = issued(3);
    page.values("A13", &["1", "10/25", "", "", "9:00", "9:30", "6", "0"]);
    page.formula("C13", Value::Text("月".into())).formula("D13", Value::Text("１回目".into()));
    page.values("A14", &["2", "10/30", "土", "１回目", "14:00", "15:00", "0", "12", "かかりつけ患者分"]);
    page.number("A15", 3.0).formula("C15", Value::NoResult).formula("D15", Value::NoResult);
    page.text("A313", "合計").formula("G313", Value::Number(6.0)).formula("H313", Value::NoResult);
    let form = read_form(&[&page]);
    assert_eq!(slots(&form), ["10/25 9:00 6 0", "10/30 14:00 0 12"]);
    assert_eq!(form.number, Some(3));
    assert_eq!(form.visibility.len(), 2);
    assert_eq!(form.period, Some(8));
    assert_eq!(form.evidence.visible_no, Some(3));
    assert_eq!(form.evidence.title, Some(3));
    assert!(form.typed_totals.is_empty(), "{:?}", form.typed_totals);
    let first = row(&form, 13);
    assert!(first.weekday.as_ref().unwrap().is_blank() && first.dose.as_ref().unwrap().is_blank());
    assert_eq!(first.end.as_ref().unwrap().value(), Some(jiff::civil::time(9, 30, 0, 0)));
    let second = row(&form, 14);
    assert_eq!(second.dose.as_ref().unwrap().value(), Some(Dose::First));
    assert_eq!(second.note.as_ref().unwrap().raw, "かかりつけ患者分");
    assert!(
        !has(&form, |seen| matches!(seen, Observation::Moved { .. } | Observation::MissingColumns { .. })),
        "{form:#?}"
    );
    assert!(!has(&form, |seen| matches!(seen, Observation::Withdrawal { .. } | Observation::Sample { .. })));
}

#[test]
fn issued_form_of_one_visibility() {
    for (number, expected) in [(1, ["10/25 9:00 6 0"]), (2, ["10/25 9:00 0 6"])] {
        let mut page = issued(number);
        page.values("A13", &["1", "10/25", "月", "１回目", "9:00", "9:30", "6"]);
        let form = read_form(&[&page]);
        assert_eq!(slots(&form), expected);
        assert_eq!(form.number, Some(number));
        assert!(!has(&form, |seen| matches!(seen, Observation::Moved { .. })));
    }
}

#[test]
fn blank_issued_form() {
    let form = read_form(&[&issued(3)]);
    assert!(form.rows.is_empty() && !has(&form, |seen| matches!(seen, Observation::MissingColumns { .. })));
}

fn page(rows: &[&[&str]]) -> Page {
    let mut page = Page::new("Sheet1");
    for (index, row) in rows.iter().enumerate() {
        page.values(&format!("A{}", index + 1), row);
    }
    page
}

fn check(rows: &[&[&str]], expected: &[&str]) {
    let form = read_form(&[&page(rows)]);
    assert_eq!(slots(&form), expected, "{form:#?}");
}

#[test]
fn permuted_and_renamed_columns() {
    check(
        &[
            &["備考", "WEB・コールセンター受付分", "開始時間", "院内枠", "担当医", "月日"],
            &["", "6", "9:00", "2", "山田", "10/25"],
        ],
        &["10/25 9:00 6 2"],
    );
    check(
        &[&["実施日", "時間帯", "医療機関受付分", "市予約枠"], &["10/25", "9:00～10:00", "3", "4"]],
        &["10/25 9:00 4 3"],
    );
    check(
        &[
            &["接種日\n（西暦）", "接種時刻（24時間表記）", "公開枠数（人）", "非公開枠数（人）"],
            &["10/25", "9:00", "1", "2"],
        ],
        &["10/25 9:00 1 2"],
    );
    check(&[&["日付", "予約時間", "公開", "非公開"], &["10/25", "9:00", "1", "2"]], &["10/25 9:00 1 2"]);
    check(
        &[&["接種日", "開始時刻", "枠数（公開）", "枠数（非公開）"], &["10/25", "9:00", "1", "2"]],
        &["10/25 9:00 1 2"],
    );
    check(
        &[
            &["接種日", "開始時刻", "公開予約枠数", "非公開予約枠数", "合計枠数"],
            &["10/25", "9:00", "1", "2", "3"],
        ],
        &["10/25 9:00 1 2"],
    );
}

#[test]
fn two_heading_rows() {
    let mut sheet = page(&[
        &["接種日", "曜日", "接種時刻", "", "枠数", "", "備考"],
        &["", "", "開始", "終了", "公開", "非公開"],
        &["10/25", "月", "9:00", "9:30", "6", "2"],
    ]);
    sheet.merge("A1:A2").merge("B1:B2").merge("C1:D1").merge("E1:F1").merge("G1:G2");
    assert_eq!(slots(&read_form(&[&sheet])), ["10/25 9:00 6 2"]);
    let mut groups = page(&[
        &["１回目", "", "", "２回目"],
        &["接種日", "時刻", "公開枠数", "接種日", "時刻", "公開枠数"],
        &["10/25", "9:00", "6", "11/15", "9:00", "5"],
        &["", "", "", "11/16", "9:00", "4"],
    ]);
    groups.merge("A1:C1").merge("D1:F1");
    let form = read_form(&[&groups]);
    assert_eq!(slots(&form), ["10/25 9:00 6 0", "11/15 9:00 5 0", "11/16 9:00 4 0"]);
    let doses: Vec<_> = form.rows.iter().map(|row| row.dose.as_ref().unwrap().value().unwrap()).collect();
    assert_eq!(doses, [Dose::First, Dose::Second, Dose::Second]);
}

#[test]
fn stacked_tables_take_the_dose_from_their_titles() {
    let sheet = page(&[
        &["【１回目】"],
        &["接種日", "時刻", "公開枠数"],
        &["10/25", "9:00", "6"],
        &["合計", "", "6"],
        &[""],
        &["【２回目】"],
        &["接種日", "時刻", "公開枠数"],
        &["11/15", "9:00", "5"],
    ]);
    let form = read_form(&[&sheet]);
    assert_eq!(slots(&form), ["10/25 9:00 6 0", "11/15 9:00 5 0"]);
    let doses: Vec<_> = form.rows.iter().map(|row| row.dose.as_ref().unwrap().value().unwrap()).collect();
    assert_eq!(doses, [Dose::First, Dose::Second]);
    assert_eq!(form.typed_totals.len(), 1);
    assert_eq!(form.typed_totals[0].dose, Some(Dose::First));
    assert!(has(&form, |seen| matches!(seen, Observation::TotalRow { row: 4, .. })));
}

#[test]
fn both_doses_behind_one_date() {
    check(
        &[
            &["接種日", "時刻", "１回目公開枠数", "２回目公開枠数"],
            &["10/25", "9:00", "6", ""],
            &["11/15", "9:00", "", "5"],
        ],
        &["10/25 9:00 6 0", "11/15 9:00 5 0"],
    );
}

#[test]
fn visibility_by_row() {
    check(
        &[
            &["接種日", "時刻", "区分", "枠数"],
            &["10/25", "9:00", "公開", "6"],
            &["10/25", "10:00", "非公開", "2"],
        ],
        &["10/25 9:00 6 0", "10/25 10:00 0 2"],
    );
    check(
        &[
            &["様式1（公開枠のみ）予約枠報告"],
            &["接種日", "時刻", "区分", "枠数"],
            &["10/25", "9:00", "１回目", "6"],
        ],
        &["10/25 9:00 6 0"],
    );
}

#[test]
fn visibility_of_a_general_count_is_never_guessed() {
    let rows: &[&[&str]] = &[&["接種日", "時刻", "枠数"], &["10/25", "9:00", "6"]];
    let form = read_form(&[&page(rows)]);
    assert!(form.rows.is_empty() && form.visibility.is_empty());
    assert!(has(
        &form,
        |seen| matches!(seen, Observation::MissingColumns { labels, .. } if labels == &["公開枠数／非公開枠数"])
    ));
    for (title, expected) in [
        ("予約枠報告様式１（公開枠のみ）", &["10/25 9:00 6 0"][..]),
        ("予約枠報告様式２（非公開枠のみ）", &["10/25 9:00 0 6"][..]),
        ("予約枠報告様式３（公開・非公開）", &[][..]),
    ] {
        let mut sheet = Page::new("Sheet1");
        sheet.text("A1", title);
        sheet.values("A3", rows[0]).values("A4", rows[1]);
        assert_eq!(slots(&read_form(&[&sheet])), expected, "{title}");
    }
}

#[test]
fn a_missing_heading_is_told() {
    for (heading, missing) in [
        (["接種日", "開始", "公開枠数"], ""),
        (["接種日", "接種時刻", "たくさん"], "枠数"),
        (["接種日", "いつ", "公開枠数"], "接種時刻"),
        (["どの日", "接種時刻", "公開枠数"], "接種日"),
    ] {
        let form = read_form(&[&page(&[&heading, &["10/25", "9:00", "6"]])]);
        let told: Vec<_> = form
            .observations
            .iter()
            .filter_map(|seen| match seen {
                Observation::MissingColumns { labels, .. } => Some(labels.join(",")),
                _ => None,
            })
            .collect();
        assert_eq!(told.join(""), missing, "{heading:?}");
        assert_eq!(form.rows.is_empty(), !missing.is_empty());
    }
}

#[test]
fn blank_rows_and_sums_do_not_end_a_table() {
    let sheet = page(&[
        &["接種日", "時刻", "公開枠数"],
        &["10/25", "9:00", "6"],
        &[""],
        &[""],
        &[""],
        &[""],
        &["10/26", "9:00", "5"],
        &["合計", "", "11"],
        &["※１枠あたりの人数です"],
        &["10/27", "9:00", "4"],
    ]);
    let form = read_form(&[&sheet]);
    assert_eq!(slots(&form), ["10/25 9:00 6 0", "10/26 9:00 5 0", "10/27 9:00 4 0"]);
    assert_eq!(form.typed_totals.len(), 1);
    assert_eq!(form.typed_totals[0].entry.value(), Some(11));
}

#[test]
fn dates_are_carried_down_only_where_that_is_clear() {
    let mut sheet = page(&[
        &["接種日", "時刻", "公開枠数"],
        &["10/25", "9:00", "6"],
        &["", "9:30", "6"],
        &["", "9:00", "6"],
        &["〃", "10:00", "6"],
        &["10/26", "9:00", "6"],
        &["", "10:00", "6"],
        &[""],
        &["", "11:00", "6"],
    ]);
    sheet.merge("A6:A7");
    let form = read_form(&[&sheet]);
    let carried = |number| {
        let entry = &row(&form, number).date;
        (entry.value().map(|date| date.to_string()), entry.remarks.clone())
    };
    let remark = |ditto, merged| vec![Remark::CarriedDown { from: "2021/10/25".into(), ditto, merged }];
    assert_eq!(carried(3), (Some("2021-10-25".into()), remark(false, false)));
    assert_eq!(carried(4), (None, vec![]));
    assert_eq!(row(&form, 4).date.read, Read::Blank);
    assert_eq!(row(&form, 5).date.read, Read::Not(Trouble::Unreadable));
    let merged = Remark::CarriedDown { from: "2021/10/26".into(), ditto: false, merged: true };
    assert_eq!(carried(7), (Some("2021-10-26".into()), vec![merged]));
    assert_eq!(row(&form, 9).date.read, Read::Blank);
}

#[test]
fn what_is_carried_down_is_told_by_its_value() {
    let form = read_form(&[&page(&[
        &["接種日", "接種回", "時刻", "公開枠数", "非公開枠数"],
        &["10月25日(月)", "１回目", "午後1時", "休", "6名"],
        &["〃", "同上", "14:00", "〃", "々"],
        &["同上", "〃", "15:00", "同上", "〃"],
        &["", "", "16:00", "〃", "〃"],
        &["〃", "", "〃", "〃", "〃"],
        &["11/15", "２回目", "9:00", "6"],
        &["11/16", "", "9:00", "", "〃"],
    ])]);
    let from = |remarks: &[Remark]| match remarks.iter().find(|r| matches!(r, Remark::CarriedDown { .. })) {
        Some(Remark::CarriedDown { from, .. }) => from.to_string(),
        _ => String::new(),
    };
    let told = |number| {
        let row = row(&form, number);
        let dose = row.dose.as_ref().map(|dose| from(&dose.remarks)).unwrap_or_default();
        let count =
            |entry: &Option<uketsuke::inspection::form::Entry<u32>>| from(&entry.as_ref().unwrap().remarks);
        [from(&row.date.remarks), dose, from(&row.start.remarks), count(&row.public), count(&row.private)]
            .join(" ")
    };
    assert_eq!(told(3), "2021/10/25 １回目  0 6");
    assert_eq!(told(4), "2021/10/25 １回目  0 6");
    assert_eq!(told(5), "2021/10/25   0 6");
    assert_eq!(told(6), "2021/10/25  16:00 0 6");
    assert_eq!(told(8), "    0");
}

#[test]
fn date_and_time_in_one_column() {
    for heading in ["接種日時", "日時", "予約日時", "実施日時"] {
        let mut sheet = page(&[
            &[heading, "公開枠数"],
            &["", "1"],
            &["10/26(火) 9:00", "2"],
            &["2021/10/27 9:00～9:30", "3"],
            &["10月28日13時30分", "4"],
            &["2021-10-29T10:00", "5"],
            &["令和３年１１月１日（月）１０：００", "6"],
        ]);
        sheet.serial("A2", 44494.375);
        let form = read_form(&[&sheet]);
        let expected = [
            "10/25 9:00 1 0",
            "10/26 9:00 2 0",
            "10/27 9:00 3 0",
            "10/28 13:30 4 0",
            "10/29 10:00 5 0",
            "11/1 10:00 6 0",
        ];
        assert_eq!(slots(&form), expected, "{form:#?}");
        assert_eq!(row(&form, 3).weekday.as_ref().unwrap().value(), Some(jiff::civil::Weekday::Tuesday));
        assert_eq!(row(&form, 4).end.as_ref().unwrap().value(), Some(jiff::civil::time(9, 30, 0, 0)));
        assert_eq!(row(&form, 2).start.raw, "2021/10/25 9:00");
        assert!(!has(&form, |seen| matches!(seen, Observation::MissingColumns { .. })));
    }
    let titled = read_form(&[&page(&[
        &["接種日時", "公開枠数"],
        &["【１回目】"],
        &["10/25 9:00", "6"],
        &["【２回目】"],
        &["11/15 9:00", "6"],
        &["合計", "12"],
    ])]);
    assert_eq!(slots(&titled), ["10/25 9:00 6 0", "11/15 9:00 6 0"]);
    assert_eq!(row(&titled, 5).dose.as_ref().unwrap().value(), Some(Dose::Second));
    // Without such a heading the cells tell; a column of times of its own has the last word.
    let mut sheet = page(&[&["接種日", "公開枠数"], &["", "1"], &["10/26 9:00", "2"]]);
    sheet.serial("A2", 44494.375);
    assert_eq!(slots(&read_form(&[&sheet])), ["10/25 9:00 1 0", "10/26 9:00 2 0"]);
    let mut sheet = page(&[&["接種日時", "時刻", "公開枠数"], &["", "10:00", "1"]]);
    sheet.serial("A2", 44494.0);
    assert_eq!(slots(&read_form(&[&sheet])), ["10/25 10:00 1 0"]);
    let form = read_form(&[&page(&[&["接種日", "公開枠数"], &["10/25", "1"], &["10/26 9:00", "2"]])]);
    assert!(has(&form, |seen| matches!(seen, Observation::MissingColumns { .. })));
}

#[test]
fn date_and_time_in_one_column_are_never_guessed() {
    for (written, date, start) in [
        ("10/25", true, Some("blank")),
        ("10/25 9", true, None),
        ("10/25 午前", true, None),
        ("10/25 9:00、10:00", true, None),
        ("10/25～10/26 9:00", false, None),
        ("9:30", false, None),
        ("月曜 9:00", false, None),
        ("10/32 9:00", false, None),
    ] {
        let mut sheet = page(&[&["接種日時", "公開枠数"], &["", "6"]]);
        sheet.text("A2", written);
        let form = read_form(&[&sheet]);
        let read = row(&form, 2);
        assert_eq!(read.date.value().is_some(), date, "{written}: {read:#?}");
        assert_eq!(read.start.value(), None, "{written}: {read:#?}");
        assert_eq!(read.start.is_blank(), start.is_some(), "{written}: {read:#?}");
        assert_eq!(read.start.place.cell.as_deref(), Some("A2"));
    }
}

#[test]
fn month_over_bare_days() {
    let form = read_form(&[&page(&[
        &["接種日", "時刻", "公開枠数"],
        &["10月"],
        &["25", "9:00", "6"],
        &["26日", "9:00", "6"],
        &["11月"],
        &["15", "9:00", "6"],
    ])]);
    assert_eq!(slots(&form), ["10/25 9:00 6 0", "10/26 9:00 6 0", "11/15 9:00 6 0"]);
    assert_eq!(row(&form, 3).date.remarks, [Remark::Estimated]);
    check(
        &[&["月", "日", "時刻", "公開枠数"], &["10", "25", "9:00", "6"], &["", "26", "9:00", "6"]],
        &["10/25 9:00 6 0", "10/26 9:00 6 0"],
    );
}

#[test]
fn faults_keep_their_cells() {
    let form = read_form(&[&page(&[
        &["接種日", "接種時刻", "公開枠数", "非公開枠数"],
        &["11/31", "9:00", "6", "0"],
        &["10/25", "終日", "6", "0"],
        &["10/25", "10:00", "6～8", "0"],
        &["10/25", "11:00"],
        &["", "12:00", "6", "0"],
        &["10/26", "", "6", "0"],
        &["10/26", "9:00", "6"],
        &["10/26", "10:00", "休", "0"],
    ])]);
    let place = |place: &uketsuke::inspection::verdict::Place| place.cell.clone().unwrap();
    let date = &row(&form, 2).date;
    assert_eq!(
        (place(&date.place).as_str(), date.raw.as_str(), date.label.as_str()),
        ("A2", "11/31", "接種日")
    );
    assert_eq!(date.trouble(), Some(&Trouble::ImpossibleDate));
    let start = &row(&form, 3).start;
    assert_eq!((place(&start.place).as_str(), start.trouble()), ("B3", Some(&Trouble::Unreadable)));
    let count = row(&form, 4).public.as_ref().unwrap();
    assert_eq!((place(&count.place).as_str(), count.trouble()), ("C4", Some(&Trouble::Unreadable)));
    assert!(
        row(&form, 5).public.as_ref().unwrap().is_blank()
            && row(&form, 5).private.as_ref().unwrap().is_blank()
    );
    assert!(row(&form, 7).start.is_blank());
    let filled = row(&form, 8).private.as_ref().unwrap();
    assert_eq!((filled.value(), filled.remarks.as_slice()), (Some(0), [Remark::Zero].as_slice()));
}

#[test]
fn merged_counts_are_asked() {
    let mut sheet = page(&[
        &["接種日", "時刻", "公開枠数"],
        &["10/25", "9:00", "6"],
        &["10/25", "9:30"],
        &["10/25", "10:00", "4"],
    ]);
    sheet.merge("C2:C3");
    let form = read_form(&[&sheet]);
    let trouble = Trouble::MergedCount { range: "C2:C3".into() };
    assert_eq!(row(&form, 2).public.as_ref().unwrap().trouble(), Some(&trouble));
    assert_eq!(row(&form, 3).public.as_ref().unwrap().trouble(), Some(&trouble));
    assert_eq!(row(&form, 4).public.as_ref().unwrap().value(), Some(4));
}

#[test]
fn formulas_with_results_are_values_and_without_are_trouble() {
    let mut sheet = Page::new("様式１");
    sheet.texts("A1", &["接種日", "曜日", "時刻", "公開枠数"]);
    sheet.formula("A2", Value::Serial(44494.0)).formula("B2", Value::Text("火".into()));
    sheet.formula("C2", Value::Number(0.375)).formula("D2", Value::Number(6.0));
    sheet
        .formula("A3", Value::Serial(44495.0))
        .text("B3", "火")
        .text("C3", "9:00")
        .formula("D3", Value::NoResult);
    sheet.formula("A4", Value::Serial(44496.0)).formula("C4", Value::NoResult);
    let form = read_form(&[&sheet]);
    assert_eq!(slots(&form), ["10/25 9:00 6 0", "!3"]);
    assert!(row(&form, 2).weekday.as_ref().unwrap().is_blank());
    assert_eq!(row(&form, 3).public.as_ref().unwrap().trouble(), Some(&Trouble::Formula));
    assert_eq!(form.rows.len(), 2, "a row of formulas only is pre-printed");
}

#[test]
fn hidden_and_struck_rows_are_included_and_told() {
    let mut sheet = page(&[
        &["接種日", "時刻", "公開枠数"],
        &["10/25", "9:00", "6"],
        &["10/26", "9:00", "6"],
        &["10/27", "9:00", "6"],
    ]);
    sheet.hide_row(3).strike("A4").hide_column(2);
    let form = read_form(&[&sheet]);
    assert_eq!(form.rows.len(), 3);
    assert!(has(&form, |seen| matches!(seen, Observation::HiddenRows { rows, .. } if rows == &[3])));
    assert!(has(
        &form,
        |seen| matches!(seen, Observation::HiddenColumns { columns, .. } if columns == &["C"])
    ));
    assert!(has(&form, |seen| matches!(seen, Observation::Struck { rows, .. } if rows == &[4])));
}

#[test]
fn a_number_typed_into_a_formatted_cell_is_quoted_as_typed() {
    let mut sheet = page(&[&["接種日", "時刻", "公開枠数"]]);
    sheet.serial("A2", 1025.0).serial("B2", 900.0).number("C2", 6.0);
    sheet.serial("A3", 930.0).serial("B3", 24.0).number("C3", 6.0);
    sheet.serial("A4", 7969.0).serial("B4", 1.0).number("C4", 6.0);
    let form = read_form(&[&sheet]);
    let raw = |number| (row(&form, number).date.raw.to_string(), row(&form, number).start.raw.to_string());
    assert_eq!(raw(2), ("1025".to_string(), "900".to_string()));
    assert_eq!(raw(3), ("930".to_string(), "24".to_string()));
    assert_eq!(raw(4), ("1921/10/25".to_string(), "24:00".to_string()));
    assert_eq!(slots(&form), ["10/25 9:00 6 0", "!3", "!4"]);
}

#[test]
fn a_partly_struck_value_is_no_value() {
    let mut sheet = page(&[
        &["接種日", "時刻", "公開枠数"],
        &["10/25", "9:00"],
        &["10/26", "", "6"],
        &["", "9:00", "6"],
        &["10/28", "9:00", "6"],
    ]);
    sheet.text("C2", "12").struck("C2", Strike::Part);
    sheet.text("B3", "19:00").struck("B3", Strike::Part);
    sheet.text("A4", "10/27").struck("A4", Strike::Part);
    let form = read_form(&[&sheet]);
    assert_eq!(slots(&form), ["10/28 9:00 6 0", "!2", "!3", "!4"]);
    let struck = Some(&Trouble::PartlyStruck);
    assert_eq!(row(&form, 2).public.as_ref().unwrap().trouble(), struck);
    assert_eq!(row(&form, 3).start.trouble(), struck);
    assert_eq!(row(&form, 4).date.trouble(), struck);
    assert!(!has(&form, |seen| matches!(seen, Observation::Struck { .. })));
}

#[test]
fn a_visibility_that_is_struck_in_part_is_asked_back() {
    let trouble = |form: &uketsuke::inspection::form::Form, number| {
        let row = row(form, number);
        let mut counts = row.public.iter().chain(&row.private);
        let count = counts.find(|count| count.trouble() == Some(&Trouble::PartlyStruck)).unwrap();
        count.place.cell.clone().unwrap()
    };
    let mut heading = page(&[&["接種日", "時刻", "非公開枠数"], &["10/25", "9:00", "6"]]);
    heading.struck("C1", Strike::Part);
    assert_eq!(trouble(&read_form(&[&heading]), 2), "C1");
    let mut beside = page(&[
        &["接種日", "時刻", "区分", "枠数"],
        &["10/25", "9:00", "非公開", "6"],
        &["10/26", "9:00", "公開", "6"],
    ]);
    beside.struck("C2", Strike::Part);
    assert_eq!(trouble(&read_form(&[&beside]), 2), "C2");
    let mut title = page(&[
        &["接種日", "時刻", "枠数"],
        &["公開枠"],
        &["10/25", "9:00", "6"],
        &["非公開枠"],
        &["10/26", "9:00", "6"],
    ]);
    assert!(!has(&read_form(&[&title]), |seen| matches!(seen, Observation::MissingColumns { .. })));
    title.struck("A4", Strike::Part);
    assert!(has(&read_form(&[&title]), |seen| matches!(seen, Observation::MissingColumns { .. })));
}

#[test]
fn content_beside_the_table_is_not_dropped_in_silence() {
    let form = read_form(&[&page(&[
        &["接種日", "時刻", "公開枠数"],
        &["10/25", "9:00", "6", "", "10/26", "9:00", "6"],
    ])]);
    assert!(has(
        &form,
        |seen| matches!(seen, Observation::Unplaced { place, .. } if place.cell.as_deref() == Some("E2"))
    ));
}

#[test]
fn weekday_typed_inside_the_date_is_compared() {
    let form = read_form(&[&page(&[&["接種日", "時刻", "公開枠数"], &["10/25(火)", "9:00", "6"]])]);
    assert_eq!(row(&form, 2).weekday.as_ref().unwrap().value(), Some(jiff::civil::Weekday::Tuesday));
}

#[test]
fn zero_rows_and_closed_days() {
    let form = read_form(&[&page(&[
        &["No.", "接種日", "時刻", "公開枠数", "非公開枠数"],
        &["1", "10/25", "9:00", "6", "0"],
        &["2", "10/31", "休診", "－", "－"],
        &["3", "", "", "0", "0"],
        &["4"],
    ])]);
    assert_eq!(slots(&form), ["10/25 9:00 6 0"]);
}

#[test]
fn sample_row_inside_the_table_is_no_slot() {
    let form = read_form(&[&page(&[
        &["No.", "接種日", "時刻", "公開枠数"],
        &["例", "10/25", "9:00", "6"],
        &["1", "10/26", "9:00", "6"],
    ])]);
    assert_eq!(slots(&form), ["10/26 9:00 6 0"]);
    assert!(has(&form, |seen| matches!(seen, Observation::Sample { .. })));
}

#[test]
fn visibility_follows_the_columns() {
    let mut sheet = issued(1);
    sheet.text("I12", "非公開枠数").values("A13", &["1", "10/25", "月", "１回目", "9:00", "", "6", "", "3"]);
    let form = read_form(&[&sheet]);
    assert_eq!(slots(&form), ["10/25 9:00 6 3"]);
    assert_eq!(form.visibility.iter().copied().collect::<Vec<_>>(), Visibility::BOTH);
    assert_eq!((form.number, form.evidence.columns), (Some(1), Some(3)));
}

#[test]
fn fields_in_the_form_do_not_look_like_a_heading() {
    let mut sheet = page(&[
        &["受付時間", "9:00～17:00", "定員", "30"],
        &[""],
        &["接種日", "時刻", "公開枠数"],
        &["10/25", "9:00", "6"],
    ]);
    sheet.text("E1", "予約枠報告様式１");
    let form = read_form(&[&sheet]);
    assert_eq!(slots(&form), ["10/25 9:00 6 0"]);
    assert!(!has(&form, |seen| matches!(seen, Observation::MissingColumns { .. })), "{form:#?}");
}

#[test]
fn section_titles_tell_the_visibility() {
    check(
        &[
            &["公開枠"],
            &["接種日", "時刻", "枠数"],
            &["10/25", "9:00", "6"],
            &[""],
            &["非公開枠"],
            &["接種日", "時刻", "枠数"],
            &["10/25", "9:00", "2"],
        ],
        &["10/25 9:00 6 2"],
    );
    check(
        &[
            &["公開枠", "", "", "", "非公開枠"],
            &["接種日", "時刻", "枠数", "", "接種日", "時刻", "枠数"],
            &["10/25", "9:00", "6", "", "10/25", "9:00", "2"],
        ],
        &["10/25 9:00 6 2"],
    );
}

#[test]
fn a_second_dose_title_between_the_rows() {
    let form = read_form(&[&page(&[
        &["接種日", "時刻", "公開枠数"],
        &["【１回目】"],
        &["10/25", "9:00", "6"],
        &["【２回目】"],
        &["11/15", "9:00", "5"],
    ])]);
    let doses: Vec<_> =
        form.rows.iter().map(|row| row.dose.as_ref().unwrap().value().unwrap().number()).collect();
    assert_eq!((slots(&form).len(), doses), (2, vec![1, 2]));
}

#[test]
fn text_files_hold_text_only() {
    let mut sheet = Page::new("様式");
    sheet.texts("A1", &["接種日", "接種時刻", "公開枠数", "非公開枠数"]);
    sheet
        .texts("A2", &["2021/10/25", "09:00", "6", "0"])
        .texts("A3", &["10月30日（土）", "14時", "０", "１２"]);
    sheet.texts("A4", &["", "15時", "0", "3"]);
    assert_eq!(slots(&read_form(&[&sheet])), ["10/25 9:00 6 0", "10/30 14:00 0 12", "10/30 15:00 0 3"]);
}
