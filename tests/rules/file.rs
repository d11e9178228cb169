//! F and M05: the file as a whole.

use uketsuke::inbound::attachment::FileKind;
use uketsuke::inspection::form::{Evidence, Observation, Row};
use uketsuke::inspection::verdict::Place;

use crate::builder::*;

fn saw(observation: Observation) -> impl FnOnce(&mut Scene) {
    |scene| scene.form.observations.push(observation)
}

fn sheet() -> smol_str::SmolStr {
    SHEET.into()
}

#[test]
fn containers() {
    for (container, expected) in [
        (FileKind::Xlsx, &[][..]),
        (FileKind::Xls, &[]),
        (FileKind::Xlsm, &["M05 - warning"]),
        (FileKind::Csv, &["F15 - warning"]),
    ] {
        spoiled(&format!("{container:?}"), |s| s.container = container, expected);
    }
}

#[test]
fn another_period() {
    spoiled("F03: 第７期の様式", |s| s.form.period = Some(7), &["F03 - error"]);
    spoiled("F03: no period is written", |s| s.form.period = None, &[]);
    let move_rows = |rows: usize| {
        move |s: &mut Scene| {
            for number in (13..).take(rows) {
                s.row(number).date = date(number, "2021-10-18");
                s.row(number).start = time(number, START, &format!("{number}:00"));
            }
        }
    };
    spoiled(
        "F03: most dates are the previous period's",
        move_rows(4),
        &["R05 B13 error", "R05 B14 error", "R05 B15 error", "R05 B16 error", "F03 - error"],
    );
    spoiled(
        "F03: half of them is not most",
        move_rows(3),
        &["R05 B13 error", "R05 B14 error", "R05 B15 error"],
    );
}

#[test]
fn form_numbers_that_disagree() {
    let evidence = Evidence { title: Some(1), columns: Some(1), ..Evidence::default() };
    spoiled("F05: agreement", |s| s.form.evidence = evidence.clone(), &[]);
    spoiled(
        "F05: the file name says another form",
        |s| s.form.evidence = Evidence { file_name: Some(3), ..evidence.clone() },
        &["F05 - warning"],
    );
    spoiled(
        "F05: title and columns say another form than the hidden identifier",
        |s| {
            s.form.evidence =
                Evidence { hidden_id: Some(1), title: Some(3), columns: Some(3), ..Evidence::default() };
        },
        &["F05 - warning", "F05 - warning"],
    );
    let mut scene = Scene::both();
    scene.form.evidence = Evidence { file_name: Some(1), ..Evidence::default() };
    let message = &scene.findings()[0].message;
    assert_eq!(message, "ファイル名は「様式１」ですが、内容は様式３（公開・非公開）として読み取りました。");
}

#[test]
fn what_the_reader_noticed() {
    let cell = || Place::cell(&SHEET.into(), 4, 1);
    for (quirk, observation, expected) in [
        (
            "F04",
            Observation::MissingColumns { sheet: sheet(), labels: vec!["接種時刻".into()] },
            "F04 - error",
        ),
        (
            "F04: beside the table",
            Observation::Unplaced { place: cell(), raw: "10/25 9:00 6名".into() },
            "F04 B5 error",
        ),
        ("F06", Observation::Sample { place: cell(), raw: "9999".into() }, "F06 B5 error"),
        (
            "F06: filled",
            Observation::FilledSample { place: cell(), raw: "0123".into(), beside: false },
            "F06 B5 error",
        ),
        (
            "F06: also",
            Observation::FilledSample { place: cell(), raw: "0123".into(), beside: true },
            "F06 B5 warning",
        ),
        ("F04: of neither", Observation::Unattributed { place: cell(), raw: "6".into() }, "F04 B5 error"),
        ("F07", Observation::SeveralSheets { sheets: vec![sheet(), "追加".into()] }, "F07 - warning"),
        ("F08: rows", Observation::HiddenRows { sheet: sheet(), rows: vec![14, 15] }, "F08 - warning"),
        (
            "F08: columns",
            Observation::HiddenColumns { sheet: sheet(), columns: vec!["H".into()] },
            "F08 - warning",
        ),
        ("F08: sheet", Observation::HiddenSheet { sheet: "控え".into() }, "F08 - warning"),
        ("F10", Observation::Moved { sheet: sheet() }, "F10 - info"),
        ("F10: comments", Observation::Comments, "F10 - info"),
        ("F11", Observation::Struck { sheet: sheet(), rows: vec![14] }, "F11 - warning"),
        ("F12", Observation::Epoch1904, "F12 - warning"),
        ("F14", Observation::Withdrawal { place: cell(), raw: "利用しません".into() }, "F14 B5 staff"),
    ] {
        spoiled(quirk, saw(observation), &[expected]);
    }
}

#[test]
fn figures_that_nothing_explains() {
    let figures = |common| {
        let place = Place::cell(&sheet(), 11, 7);
        saw(Observation::StrangeFigures { place, raw: "電話受付".into(), common })
    };
    spoiled("F04: beside most counts", figures(true), &["F04 H12 warning"]);
    spoiled("F04: beside few, or the sum", figures(false), &[]);
    for common in [true, false] {
        spoiled_both(
            "F04: both kinds have a column",
            figures(common),
            if common { &["F04 H12 warning"] } else { &[] },
        );
        let mut scene = Scene::clean();
        scene.form.number = Some(3);
        figures(common)(&mut scene);
        check("F04: of a form for both, one kind has none", &scene, &["F04 H12 error"]);
    }
}

#[test]
fn the_same_slot_in_two_sheets() {
    let second = |day: &str| Row { sheet: "追加".into(), ..row(13, day, "9:00", 6) };
    let sheets = || Observation::SeveralSheets { sheets: vec![sheet(), "追加".into()] };
    spoiled(
        "F07: doubled",
        |s| {
            s.form.observations.push(sheets());
            s.form.rows.push(second("2021-10-25"));
        },
        // Sums of a doubled slot are told as they would stand.
        &["X01 E13 error", "F07 - error", "X06 - warning", "X07 - warning"],
    );
    spoiled(
        "F07: added up",
        |s| {
            s.form.observations.push(sheets());
            s.form.rows.push(second("2021-10-28"));
            s.form.rows.push(second("2021-11-18"));
        },
        &["F07 - warning"],
    );
}

#[test]
fn forms_without_slots() {
    spoiled("F13: no rows", |s| s.form.rows.clear(), &["F13 - error"]);
    spoiled(
        "F13: zeros only",
        |s| s.form.rows.iter_mut().for_each(|row| row.public = count(row.row, PUBLIC, 0)),
        &["F13 - error"],
    );
    spoiled(
        "F13: prepared formulas only",
        |s| {
            for row in &mut s.form.rows {
                row.date = blank(row.row, DATE);
                row.start = blank(row.row, START);
                let read = uketsuke::inspection::form::Trouble::Formula;
                row.public = Some(trouble(row.row, PUBLIC, "", read));
            }
        },
        &["F13 - error"],
    );
    spoiled(
        "F13: something beside the table is no slot",
        |s| {
            s.form.rows.clear();
            let place = Place::cell(&SHEET.into(), 20, 1);
            s.form.observations.push(Observation::Unplaced { place, raw: "10/25 9:00 6名".into() });
        },
        &["F04 B21 error", "F13 - error"],
    );
    spoiled(
        "F13: not while a count stands beside an unreadable date",
        |s| {
            s.form.rows.truncate(1);
            s.row(13).date = date(13, "2021-11-12");
        },
        &["R04 B13 error"],
    );
}
