//! X: what the rows say together.

use std::collections::BTreeSet;

use uketsuke::inspection::form::Row;
use uketsuke::inspection::rules::Settings;
use uketsuke::inspection::verdict::{Severity, Visibility};

use crate::builder::*;

/// A pair of slots three weeks apart keeps the balance.
fn add(scene: &mut Scene, day: &str, later: &str, start: &str, people: u32) {
    for day in [day, later] {
        let number = scene.form.rows.last().unwrap().row + 1;
        scene.form.rows.push(row(number, day, start, people));
    }
}

#[test]
fn the_same_slot_twice() {
    spoiled("X01", |s| add(s, "2021-10-25", "2021-11-15", "9:00", 6), &["X01 E19 error", "X01 E20 error"]);
    spoiled("X01: another time", |s| add(s, "2021-10-25", "2021-11-15", "9:30", 6), &[]);
    let split = |s: &mut Scene| {
        add(s, "2021-10-25", "2021-11-15", "9:00", 2);
        for number in [19, 20] {
            s.row(number).public = count(number, PUBLIC, 0);
            s.row(number).private = count(number, PRIVATE, 2);
        }
        for number in [13, 16] {
            s.row(number).private = count(number, PRIVATE, 0);
        }
    };
    spoiled_both("X01: 公開 and 非公開 in two rows are one slot", split, &[]);
    let mut scene = Scene::both();
    split(&mut scene);
    assert_eq!(scene.slots().len(), 6);
    let mut matrix = Scene::clean();
    add(&mut matrix, "2021-10-25", "2021-11-15", "9:00", 6);
    matrix.row(19).start = time(12, START, "9:00");
    matrix.row(20).start = time(12, START, "9:00");
    check("X01: in a matrix, at the count", &matrix, &["X01 G19 error", "X01 G20 error"]);
    let mut named = Scene::clean();
    add(&mut named, "2021-10-25", "2021-11-15", "9:00", 6);
    let message = named.findings().remove(0).message;
    assert_eq!(message, "13行目と19行目が同じ接種日・時刻（10月25日（月） 9:00・公開）です。");
    // Where one row holds both, their cells tell them apart; on two sheets each is named.
    let mut one_row = named;
    one_row.row(19).row = 13;
    let message = |scene: &Scene| scene.findings().remove(0).message;
    assert!(message(&one_row).starts_with("G13とG19が同じ"), "{}", message(&one_row));
    let mut sheets = Scene::clean();
    add(&mut sheets, "2021-10-25", "2021-11-15", "9:00", 6);
    sheets.row(19).sheet = "追加".into();
    let both = format!("シート「{SHEET}」の13行目とシート「追加」の19行目が同じ");
    assert!(message(&sheets).starts_with(&both), "{}", message(&sheets));
}

#[test]
fn overlapping_times() {
    let until = |s: &mut Scene, end: &str| {
        add(s, "2021-10-25", "2021-11-15", "9:30", 6);
        for number in [13, 16] {
            s.row(number).end = Some(time(number, END, end));
        }
        for number in [19, 20] {
            s.row(number).end = Some(time(number, END, "10:00"));
        }
    };
    spoiled("X02: once a day", |s| until(s, "10:00"), &["X02 E19 warning", "X02 E20 warning"]);
    spoiled("X02: end to end", |s| until(s, "9:30"), &[]);
}

#[test]
fn caps() {
    let each = |people: u32| {
        move |s: &mut Scene| {
            s.form.rows.iter_mut().for_each(|row| row.public = count(row.row, PUBLIC, people));
        }
    };
    spoiled("X03", each(17), &["X03 - error"]);
    spoiled("X03: exactly the cap", each(16), &[]);
    spoiled("X04: no cap yet", |s| s.venue = Some("0200"), &["X04 - staff"]);
    spoiled("no clinic: somebody else says so", |s| s.venue = None, &[]);

    let mut scene = Scene::clean();
    each(15)(&mut scene);
    scene.beside = Scene::clean().slots();
    check("X03: with what stands beside", &scene, &["X03 - error"]);
    let over = scene.findings().remove(0);
    assert_eq!(over.read.as_deref(), Some("合計 90（１回目 45／２回目 45）"), "what stands in the form");
    assert!(
        over.message.starts_with("今回の様式の90に同時に提出された様式の36を加えた合計（126）が")
            && over.message.contains("（96回分）を30回分超えています"),
        "{}",
        over.message
    );
    let mut scene = Scene::clean();
    scene.accept();
    scene.beside = scene.slots();
    scene.form.visibility = [Visibility::Private].into();
    for row in &mut scene.form.rows {
        row.private = count(row.row, PRIVATE, 11);
        row.public = None;
    }
    let over = scene.findings().into_iter().find(|found| found.code == "X03").unwrap();
    assert_eq!(over.read.as_deref(), Some("合計 66（１回目 33／２回目 33）"));
    assert!(
        over.message
            .starts_with("今回の様式の66に受付済みの内容（受付番号 8-0123-1）の36を加えた合計（102）が"),
        "{}",
        over.message
    );

    let own = Scene::clean().findings().remove(0);
    assert_eq!((own.code.as_str(), own.severity), ("X05", Severity::Info));
    assert!(own.message.contains("上限量96回分から合計36回分を差し引いた60回分"), "{}", own.message);
}

#[test]
fn first_against_second_doses() {
    spoiled("X06 and X07", |s| s.row(18).public = count(18, PUBLIC, 4), &["X06 - warning", "X07 - warning"]);
    spoiled("X07: same sum, another day", |s| s.row(18).date = date(18, "2021-11-19"), &["X07 - warning"]);
    spoiled("X08", |s| s.row(18).public = count(18, PUBLIC, 8), &["X08 - info"]);
    spoiled("X09: no second dose", |s| s.form.rows.truncate(3), &["X09 - warning"]);
    spoiled("X09: no first dose", |s| drop(s.form.rows.drain(..3)), &["X09 - warning"]);
    spoiled("X10", |s| add(s, "2021-11-02", "2021-11-24", "9:00", 6), &["X07 - warning", "X10 - info"]);
    spoiled(
        "a row that could not be read is no imbalance",
        |s| s.row(18).date = date(18, "2021-12-01"),
        &["R06 B18 error"],
    );
    let mut seven = Scene::clean();
    for number in [13, 16] {
        seven.row(number).public = count(number, PUBLIC, 7);
    }
    check("X11 is off", &seven, &[]);
    seven.settings = Settings { overrides: [("X11".to_string(), Some(Severity::Info))].into() };
    check("X11 is asked for", &seven, &["X11 - info"]);
}

#[test]
fn against_the_version_in_force() {
    let mut scene = Scene::clean();
    scene.accept();
    check("X12: nothing changed", &scene, &[]);
    for number in [13, 16] {
        scene.row(number).public = count(number, PUBLIC, 8);
    }
    check("X12", &scene, &["X12 - info"]);
    assert_eq!(
        scene.findings().iter().find(|f| f.code == "X12").unwrap().message,
        "前回受付（8-0123-1）からの変更：追加0件・削除0件・変更2件、合計 36→40。"
    );
    for number in [13, 14, 15, 16, 17, 18] {
        scene.row(number).public = count(number, PUBLIC, 10);
    }
    check("X18: more than half as many again", &scene, &["X12 - info", "X18 - info"]);

    let mut scene = Scene::clean();
    scene.accept();
    scene.form.visibility = [Visibility::Private].into();
    scene.form.number = Some(2);
    for row in &mut scene.form.rows {
        row.private = count(row.row, PRIVATE, 2);
        row.public = None;
    }
    check("X12: a scope of its own is all additions", &scene, &["X12 - info"]);
    assert_eq!(
        scene.findings().iter().find(|f| f.code == "X12").unwrap().message,
        "前回受付（8-0123-1）からの変更：追加6件・削除0件・変更0件、合計 36→48。"
    );

    let mut scene = Scene::both();
    scene.accept();
    scene.form.rows.iter_mut().for_each(|row| row.private = None);
    scene.form.visibility = [Visibility::Public].into();
    scene.form.number = Some(1);
    check("X15: 様式１ after 様式３", &scene, &["X15 - staff"]);
    scene.siblings.push((Some(2), [Visibility::Private].into()));
    check("X15: the other half came along", &scene, &["X13 - warning"]);
    scene.siblings.clear();
    scene.standing.in_force[0].form_number = Some(2);
    scene.standing.in_force[0].scope = [Visibility::Private].into();
    scene.standing.in_force[0].in_force = [Visibility::Private].into();
    check("X15: a 様式２ of its own stays", &scene, &["X12 - info"]);
}

#[test]
fn forms_of_one_mail() {
    let only = |visibility: Visibility| BTreeSet::from([visibility]);
    spoiled("X13", |s| s.siblings.push((Some(2), only(Visibility::Private))), &["X13 - warning"]);
    spoiled(
        "X13: 様式１ twice is another matter",
        |s| s.siblings.push((Some(1), only(Visibility::Public))),
        &[],
    );
    spoiled("X14", |s| s.siblings.push((Some(3), Visibility::BOTH.into())), &["X14 - error"]);
    spoiled_both(
        "X14: from 様式３",
        |s| s.siblings.push((Some(1), only(Visibility::Public))),
        &["X14 - error"],
    );
}

#[test]
fn one_side_of_form_three_is_empty() {
    spoiled_both(
        "X16",
        |s| s.form.rows.iter_mut().for_each(|row| row.private = count(row.row, PRIVATE, 0)),
        &["X16 - warning"],
    );
    spoiled_both(
        "X16: one of them is not",
        |s| s.form.rows.iter_mut().skip(1).for_each(|row| row.private = count(row.row, PRIVATE, 0)),
        &["X06 - warning", "X07 - warning"],
    );
}

#[test]
fn somebody_elses_plan() {
    let many = |rows: u32| {
        move |s: &mut Scene| {
            let slots = (0..rows).map(|nth| {
                let start = format!("{}:{:02}", 8 + nth / 4, nth % 4 * 15);
                Row { row: 13 + nth, ..row(13 + nth, "2021-10-25", &start, 1) }
            });
            s.form.rows = slots.collect();
            s.twins = vec!["0124".into()];
        }
    };
    spoiled("X17", many(30), &["X09 - warning", "X17 - staff"]);
    spoiled("X17: 29 slots", many(29), &["X09 - warning"]);
}
