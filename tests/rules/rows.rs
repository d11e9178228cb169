//! R: what stands in a row.

use jiff::civil::Weekday;
use uketsuke::campaign::Dose;
use uketsuke::inspection::form::{Observation, Remark, Trouble};
use uketsuke::inspection::verdict::{Place, Visibility};

use crate::builder::*;

#[test]
fn a_clean_form_is_told_nothing() {
    spoiled("clean 様式１", |_| {}, &[]);
    spoiled_both("clean 様式３", |_| {}, &[]);
}

#[test]
fn a_date_that_is_missing_or_unreadable() {
    spoiled("R01: no date beside a count", |s| s.row(15).date = blank(15, DATE), &["R01 B15 error"]);
    spoiled(
        "R01: a row without any count needs no date",
        |s| {
            s.row(15).date = blank(15, DATE);
            s.row(15).public = Some(blank(15, PUBLIC));
            s.row(18).public = count(18, PUBLIC, 0);
        },
        &[],
    );
    spoiled(
        "R01 and R12: a count alone",
        |s| {
            s.row(15).date = blank(15, DATE);
            s.row(15).start = blank(15, START);
        },
        &["R01 B15 error", "R12 E15 error"],
    );
    spoiled(
        "R01: without a date column F04 says it once",
        |s| {
            s.form.rows.iter_mut().for_each(|row| row.date = blank(row.row, DATE));
            let labels = vec!["接種日".to_string()];
            s.form.observations.push(Observation::MissingColumns { sheet: SHEET.into(), labels });
        },
        &["F04 - error"],
    );
    for (quirk, raw, read, code) in [
        ("10月末", "10月末", Trouble::Unreadable, "R02"),
        ("11/31", "11/31", Trouble::ImpossibleDate, "R08"),
        ("毎週月曜", "毎週月曜", Trouble::DateRange, "R32"),
        ("two dates", "10/25、10/26", Trouble::Several, "R31"),
        ("#REF!", "#REF!", Trouble::Formula, "F09"),
    ] {
        let expected = format!("{code} B14 error");
        spoiled(quirk, |s| s.row(14).date = trouble(14, DATE, raw, read), &[&expected]);
    }
    spoiled(
        "a day off is not judged",
        |s| {
            s.row(14).date = trouble(14, DATE, "10月末", Trouble::Unreadable);
            s.row(14).public = count(14, PUBLIC, 0);
            s.row(17).public = count(17, PUBLIC, 0);
        },
        &[],
    );
}

#[test]
fn the_name_of_a_sheet_against_the_counts() {
    let named = |s: &mut Scene, said| {
        for row in &mut s.form.rows {
            let mut entry = value(1, 0, "非公開枠", said);
            entry.place = Place::sheet(&SHEET.into());
            row.section = Some(entry);
        }
    };
    spoiled("R26: once per sheet", |s| named(s, Visibility::Private), &["R26 - error"]);
    spoiled("R26: the name agrees", |s| named(s, Visibility::Public), &[]);
    spoiled(
        "R26: the form's own number says it at the count",
        |s| {
            named(s, Visibility::Private);
            s.form.number = Some(2);
        },
        &["R26 G13 error"],
    );
}

#[test]
fn a_value_that_is_struck_in_part() {
    for (quirk, spoil, expected) in [
        (
            "F11: the date",
            (|s: &mut Scene| s.row(14).date = trouble(14, DATE, "10/2510/26", Trouble::PartlyStruck))
                as fn(&mut Scene),
            "F11 B14 error",
        ),
        (
            "F11: the time",
            |s| s.row(14).start = trouble(14, START, "19:00", Trouble::PartlyStruck),
            "F11 E14 error",
        ),
        (
            "F11: the count",
            |s| s.row(14).public = Some(trouble(14, PUBLIC, "12", Trouble::PartlyStruck)),
            "F11 G14 error",
        ),
    ] {
        spoiled(quirk, spoil, &[expected]);
    }
}

#[test]
fn a_date_in_neither_period() {
    for (day, code) in [
        ("2021-09-30", "R03"),
        ("2021-10-03", "R03"),
        ("2021-11-10", "R04"),
        ("2021-11-14", "R04"),
        ("2021-10-04", "R05"),
        ("2021-10-24", "R05"),
        ("2021-12-01", "R06"),
        ("2003-10-25", "R07"),
        ("2022-10-25", "R07"),
        ("2020-11-12", "R07"),
    ] {
        let expected = format!("{code} B14 error");
        spoiled(day, |s| s.row(14).date = date(14, day), &[&expected]);
    }
    for (number, edge) in [(14, "2021-11-09"), (17, "2021-11-30")] {
        let mut scene = Scene::clean();
        scene.row(number).date = date(number, edge);
        let other = if number == 14 { (17, "2021-11-30") } else { (14, "2021-11-09") };
        scene.row(other.0).date = date(other.0, other.1);
        check(edge, &scene, &[]);
    }
    spoiled(
        "the weekday and dose of a date in doubt are not told as well",
        |s| {
            s.row(14).date = date(14, "2021-11-12");
            s.row(14).weekday = weekday(14, Weekday::Monday);
            s.row(14).dose = dose(14, Dose::Second);
        },
        &["R04 B14 error"],
    );
}

#[test]
fn dates_speak_the_language_of_the_notice() {
    let said = |day: &str| {
        let mut scene = Scene::clean();
        scene.row(14).date = date(14, day);
        let finding = scene.findings().remove(0);
        (finding.message, finding.mend.unwrap_or_default(), finding.read.unwrap_or_default())
    };
    let (message, mend, read) = said("2021-11-12");
    assert_eq!(
        message,
        "11月12日（金）は、第８期の１回目・２回目いずれの期間にも含まれていません（11月10日～14日は対象外です）。"
    );
    assert_eq!(mend, "１回目は10月25日～11月9日、２回目は11月15日～11月30日の日付をご記入ください。");
    assert_eq!(read, "2021/11/12");
    assert_eq!(
        said("2021-10-18").0,
        "10月18日（月）は、第７期の期間です。設定済みの第７期の枠はご提出不要です。"
    );
    assert_eq!(
        said("2003-10-25").0,
        "2003年の日付として読み取りました。2021年（令和3年）10月25日ではないかご確認ください。"
    );
}

#[test]
fn weekday_and_dose_against_the_date() {
    spoiled("R09", |s| s.row(14).weekday = weekday(14, Weekday::Monday), &["R09 C14 error"]);
    spoiled("R09: right", |s| s.row(14).weekday = weekday(14, Weekday::Tuesday), &[]);
    spoiled("R09: a formula is absent", |s| s.row(14).weekday = Some(blank(14, WEEKDAY)), &[]);
    spoiled("R10: first-dose day", |s| s.row(14).dose = dose(14, Dose::Second), &["R10 D14 error"]);
    spoiled("R10: second-dose day", |s| s.row(17).dose = dose(17, Dose::First), &["R10 D17 error"]);
    spoiled(
        "R10: ３回目",
        |s| s.row(14).dose = Some(trouble(14, DOSE, "３回目", Trouble::Unreadable)),
        &["R10 D14 warning"],
    );
    spoiled(
        "R11: no dose column",
        |s| s.form.rows.iter_mut().for_each(|row| row.dose = None),
        &["R11 - info"],
    );
    spoiled("R11: one dose is written", |s| s.row(14).dose = Some(blank(14, DOSE)), &[]);
    spoiled(
        "R28: a Sunday, once, and a holiday",
        |s| {
            s.row(13).date = date(13, "2021-10-31");
            s.row(14).date = date(14, "2021-10-31");
            s.row(14).start = time(14, START, "10:00");
            s.row(15).date = date(15, "2021-11-03");
            for (number, day, start) in
                [(16, "2021-11-22", "9:00"), (17, "2021-11-22", "10:00"), (18, "2021-11-24", "9:00")]
            {
                s.row(number).date = date(number, day);
                s.row(number).start = time(number, START, start);
            }
        },
        &["R28 B13 warning", "R28 B15 warning", "X07 - warning"],
    );
}

#[test]
fn times() {
    spoiled("R12", |s| s.row(14).start = blank(14, START), &["R12 E14 error"]);
    spoiled(
        "R12: a printed date without count",
        |s| {
            s.row(14).start = blank(14, START);
            s.row(14).public = Some(blank(14, PUBLIC));
            s.row(17).public = count(17, PUBLIC, 0);
        },
        &[],
    );
    spoiled(
        "R13: 午前中",
        |s| s.row(14).start = trouble(14, START, "午前中", Trouble::Unreadable),
        &["R13 E14 error"],
    );
    spoiled(
        "R13: the end is not used",
        |s| s.row(14).end = Some(trouble(14, END, "30分", Trouble::Unreadable)),
        &["R13 F14 info"],
    );
    for (start, expected) in [
        ("2:00", &["R14 E14 error"][..]),
        ("6:59", &["R14 E14 error"]),
        ("7:00", &[]),
        ("20:55", &[]),
        ("21:00", &["R14 E14 warning"]),
        ("9:07", &["R15 E14 info"]),
        ("9:05", &[]),
    ] {
        spoiled(start, |s| s.row(14).start = time(14, START, start), expected);
    }
    spoiled("R16: backwards", |s| s.row(14).end = Some(time(14, END, "8:30")), &["R16 F14 error"]);
    spoiled("R16: no length", |s| s.row(14).end = Some(time(14, END, "9:00")), &["R16 F14 error"]);
    spoiled("R16: right", |s| s.row(14).end = Some(time(14, END, "9:30")), &[]);
    spoiled(
        "R17",
        |s| {
            s.row(14).start = remark(time(14, START, "9:00"), Remark::TimeRange);
            s.row(14).end = Some(time(14, START, "9:30"));
        },
        &["R17 E14 info"],
    );
}

#[test]
fn counts() {
    spoiled("R18", |s| s.row(14).public = Some(blank(14, PUBLIC)), &["R18 G14 error"]);
    spoiled_both(
        "R18: both blank",
        |s| {
            s.row(14).public = Some(blank(14, PUBLIC));
            s.row(14).private = Some(blank(14, PRIVATE));
        },
        &["R18 G14 error"],
    );
    spoiled_both(
        "R21: one of two blank, told once per column",
        |s| {
            s.row(13).private = Some(blank(13, PRIVATE));
            s.row(16).private = Some(blank(16, PRIVATE));
        },
        &["R21 H13 info"],
    );
    for (quirk, raw, read, code) in [
        ("6～8", "6～8", Trouble::Unreadable, "R19"),
        ("6.5", "6.5", Trouble::NotWhole, "R20"),
        ("6/6", "2021/6/6", Trouble::CountIsDate, "R24"),
        ("two counts", "9:00 6名\n10:00 6名", Trouble::Several, "R31"),
        ("no stored result", "", Trouble::Formula, "F09"),
        ("merged", "6", Trouble::MergedCount { range: "G14:G15".into() }, "R30"),
    ] {
        let expected = format!("{code} G14 error");
        spoiled(quirk, |s| s.row(14).public = Some(trouble(14, PUBLIC, raw, read)), &[&expected]);
    }
    spoiled(
        "R30: once per range",
        |s| {
            for number in [14, 15] {
                let read = Trouble::MergedCount { range: "G14:G15".into() };
                s.row(number).public = Some(trouble(number, PUBLIC, "6", read));
            }
        },
        &["R30 G14 error"],
    );
    spoiled(
        "a prepared formula beside nothing",
        |s| {
            s.row(18).date = blank(18, DATE);
            s.row(18).start = blank(18, START);
            s.row(18).public = Some(trouble(18, PUBLIC, "", Trouble::Formula));
            s.row(15).public = count(15, PUBLIC, 0);
        },
        &[],
    );
    spoiled(
        "R21: 休",
        |s| {
            s.row(14).public = Some(remark(value(14, PUBLIC, "休", 0), Remark::Zero));
            s.row(17).public = count(17, PUBLIC, 0);
        },
        &["R21 G14 info"],
    );
    spoiled(
        "R23: ６名",
        |s| s.row(14).public = Some(remark(value(14, PUBLIC, "６名", 6), Remark::Unit)),
        &["R23 G14 info"],
    );
}

#[test]
fn counts_that_stand_out() {
    let even = |people: u32| {
        move |s: &mut Scene| {
            s.row(14).public = count(14, PUBLIC, people);
            s.row(17).public = count(17, PUBLIC, people);
        }
    };
    spoiled("R22: four times the median", even(25), &["R22 G14 warning", "R22 G17 warning"]);
    spoiled("R22: not more than four times", even(24), &[]);
    spoiled(
        "R22: more than 60, few counts",
        |s| {
            s.venue = Some("0300");
            s.form.rows.retain(|row| [13, 16].contains(&row.row));
            s.row(13).public = count(13, PUBLIC, 61);
            s.row(16).public = count(16, PUBLIC, 61);
        },
        &["R22 G13 warning", "R22 G16 warning", "X03 - error"],
    );
    spoiled(
        "R33: 2, 3, 4, 5, 6",
        |s| {
            for (number, people) in (13..).zip([2, 3, 4, 5, 6, 6]) {
                s.row(number).public = count(number, PUBLIC, people);
            }
        },
        &["R33 G13 warning", "X08 - info"],
    );
    spoiled(
        "R33: along a row of a matrix",
        |s| {
            for (number, (column, people)) in (13..).zip((6..).zip([2, 3, 4, 5, 6, 6])) {
                let mut entry = value(number, PUBLIC, &people.to_string(), people);
                entry.place = Place::cell(&SHEET.into(), 12, column);
                s.row(number).public = Some(entry);
            }
        },
        &["R33 G13 warning", "X08 - info"],
    );
    spoiled(
        "R33: four rows",
        |s| {
            for (number, people) in (13..).zip([6, 5, 6, 7, 8, 8]) {
                s.row(number).public = count(number, PUBLIC, people);
            }
        },
        &["X08 - info"],
    );
}

#[test]
fn counts_of_the_other_visibility() {
    spoiled(
        "R26: 非公開 in 様式１",
        |s| {
            s.row(14).private = count(14, PRIVATE, 3);
            s.row(17).private = count(17, PRIVATE, 3);
        },
        &["R26 H14 error"],
    );
    let title = |number, visibility| Some(value(number, NOTE, "非公開枠", visibility));
    spoiled(
        "R26: a title in 様式１ over a 公開 count",
        |s| s.row(14).section = title(12, Visibility::Private),
        &["R26 I12 error"],
    );
    spoiled(
        "R26: 非公開 in 様式１ under such a title",
        |s| {
            s.row(14).public = None;
            s.row(14).private = count(14, PUBLIC, 6);
            s.row(14).section = title(12, Visibility::Private);
        },
        &["R26 I12 error"],
    );
    spoiled("R26: a title that fits", |s| s.row(14).section = title(12, Visibility::Public), &[]);
    spoiled_both(
        "R26: a title in 様式３ over counts of both kinds",
        |s| s.row(14).section = title(12, Visibility::Private),
        &["R26 I12 error"],
    );
    spoiled("R26: a remark", |s| s.row(14).beside = title(14, Visibility::Private), &["R26 I14 error"]);
    spoiled_both(
        "R26: of two counts a remark may speak of one",
        |s| s.row(14).beside = title(14, Visibility::Private),
        &[],
    );
    spoiled("F11: a row called off", |s| s.row(14).gone = field(14, NOTE, "取消"), &["F11 I14 error"]);
    spoiled(
        "F11: a row called off that offers nothing",
        |s| {
            s.row(14).gone = field(14, NOTE, "取消");
            s.row(14).public = count(14, PUBLIC, 0);
            s.row(17).public = count(17, PUBLIC, 0);
        },
        &[],
    );
    spoiled("R26: a 0 is none", |s| s.row(14).private = count(14, PRIVATE, 0), &[]);
    spoiled(
        "R26: 公開 in 様式２",
        |s| {
            s.form.number = Some(2);
            s.form.rows.iter_mut().for_each(|row| row.private = count(row.row, PRIVATE, 1));
        },
        &["R26 G13 error"],
    );
}

#[test]
fn readings_that_are_asked_back() {
    let carried = |from: &str, ditto, merged| Remark::CarriedDown { from: from.into(), ditto, merged };
    spoiled(
        "R25: a sign that repeats 0 is told though the row offers nothing",
        |s| {
            s.row(15).public = count(15, PUBLIC, 0).map(|entry| remark(entry, carried("0", true, false)));
            s.row(18).public = count(18, PUBLIC, 0);
        },
        &["R25 G15 warning"],
    );
    spoiled(
        "R25: 〃 in a count",
        |s| s.row(14).public = Some(remark(value(14, PUBLIC, "〃", 6), carried("6", true, false))),
        &["R25 G14 warning"],
    );
    spoiled(
        "R25: 〃 in a date",
        |s| {
            s.row(14).date =
                remark(value(14, DATE, "〃", "2021-10-26".parse().unwrap()), carried("10/26", true, false));
        },
        &["R25 B14 info"],
    );
    for (quirk, merged, severity) in [("blanks", false, "warning"), ("merged", true, "info")] {
        let expected = format!("R25 B14 {severity}");
        spoiled(
            quirk,
            |s| {
                for number in [14, 15] {
                    let day = value(number, DATE, "", "2021-10-25".parse().unwrap());
                    s.row(number).date = remark(day, carried("2021/10/25", false, merged));
                }
                s.row(14).start = time(14, START, "9:30");
                s.row(15).start = time(15, START, "10:00");
                for number in [17, 18] {
                    s.row(number).date = date(number, "2021-11-15");
                    s.row(number).start = time(number, START, if number == 17 { "9:30" } else { "10:00" });
                }
            },
            &[&expected],
        );
    }
    spoiled(
        "R27",
        |s| s.form.observations.push(Observation::TotalRow { sheet: SHEET.into(), row: 313 }),
        &["R27 - info"],
    );
    spoiled("R29", |s| s.row(14).note = field(14, NOTE, "12～15歳のみ"), &["R29 I14 staff"]);
    for words in ["前日に中止の連絡あり", "キャンセル分を追加", "一部非公開にする予定"]
    {
        spoiled(words, |s| s.row(14).note = field(14, NOTE, words), &["R29 I14 staff"]);
    }
    spoiled("R29: no condition", |s| s.row(14).note = field(14, NOTE, "かかりつけ患者分"), &[]);
    spoiled(
        "R34: 1025",
        |s| {
            s.row(13).date =
                remark(value(13, DATE, "1025", "2021-10-25".parse().unwrap()), Remark::Estimated);
        },
        &["R34 B13 warning"],
    );
    spoiled(
        "R34: 平成33年 is told only",
        |s| s.row(13).date = remark(date(13, "2021-10-25"), Remark::OldEra),
        &["R34 B13 info"],
    );
    spoiled("R34: no year", |s| s.row(13).date = remark(date(13, "2021-10-25"), Remark::NoYear), &[]);
    spoiled(
        "R34 leaves a refused date to its error",
        |s| s.row(13).date = remark(date(13, "2021-11-12"), Remark::Estimated),
        &["R04 B13 error"],
    );
    spoiled(
        "R34: another day in the time cell",
        |s| s.row(13).start = remark(time(13, START, "9:00"), Remark::DateInTime { other_day: true }),
        &["R34 E13 warning"],
    );
}

#[test]
fn one_cell_of_a_matrix_is_told_once() {
    let mut scene = Scene::clean();
    for number in [13, 14, 15] {
        scene.row(number).date = date(12, "2021-11-12");
    }
    scene.row(14).start = time(14, START, "10:00");
    scene.row(15).start = time(15, START, "11:00");
    check("three rows under one date", &scene, &["R04 B12 error"]);
    assert_eq!(scene.form.visibility, [Visibility::Public].into());
}
