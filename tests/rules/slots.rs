//! Rows to slots, and what makes two sets of slots the same.

use jiff::civil::Time;
use uketsuke::campaign::Dose;
use uketsuke::inspection::rules::{changes, fingerprint};
use uketsuke::inspection::verdict::{Change, Totals, Visibility};

use crate::builder::*;

#[test]
fn only_readable_rows_with_people_inside_the_periods_are_slots() {
    let mut scene = Scene::both();
    scene.row(13).date = date(13, "2021-11-12");
    scene.row(14).public = count(14, PUBLIC, 0);
    scene.row(15).public = count(15, PUBLIC, 0);
    scene.row(15).private = count(15, PRIVATE, 0);
    scene.row(16).start = blank(16, START);
    // A typed dose never overrules the date.
    scene.row(17).dose = dose(17, Dose::First);
    let slots = scene.slots();
    let rows: Vec<_> = slots.iter().map(|slot| (slot.row, slot.dose, slot.public, slot.private)).collect();
    assert_eq!(rows, [(14, Dose::First, 0, 2), (17, Dose::Second, 6, 2), (18, Dose::Second, 6, 2)]);
    let totals = Totals { first_private: 2, second_public: 12, second_private: 4, ..Totals::default() };
    assert_eq!(Totals::of(&slots), totals);
}

#[test]
fn slots_are_sorted_and_merged() {
    let mut scene = Scene::clean();
    scene.form.rows.reverse();
    scene.form.rows.push(row(30, "2021-10-25", "8:30", 1));
    scene.form.rows.push(row(31, "2021-10-25", "9:00", 1));
    let slots = scene.slots();
    let first: Vec<_> = slots.iter().take(2).map(|slot| (slot.start, slot.public)).collect();
    assert_eq!(first, [(Time::constant(8, 30, 0, 0), 1), (Time::constant(9, 0, 0, 0), 7)]);
}

#[test]
fn a_fingerprint_is_of_the_content() {
    let (scene, mut moved, mut other) = (Scene::clean(), Scene::clean(), Scene::clean());
    let print = |scene: &Scene| fingerprint(&scene.slots(), &scene.form.visibility);
    moved.form.rows.reverse();
    moved.form.rows.iter_mut().for_each(|row| row.row += 7);
    moved.row(20).end = Some(time(20, END, "9:30"));
    assert_eq!(print(&scene), print(&moved), "order, rows and end times do not matter");
    assert_eq!(print(&scene).len(), 64);
    other.row(13).public = count(13, PUBLIC, 7);
    assert_ne!(print(&scene), print(&other));
    assert_ne!(print(&scene), fingerprint(&scene.slots(), &Visibility::BOTH.into()), "the scope matters");
}

#[test]
fn changes_per_visibility() {
    let (before, mut after) = (Scene::both(), Scene::both());
    after.row(13).private = count(13, PRIVATE, 0);
    after.row(13).public = count(13, PUBLIC, 8);
    after.row(14).start = time(14, START, "10:00");
    let at = |day: &str, hour| (day.parse().unwrap(), Time::constant(hour, 0, 0, 0));
    let change = |(date, start), visibility, before, after| Change { date, start, visibility, before, after };
    assert_eq!(
        changes(&before.slots(), &after.slots()),
        [
            change(at("2021-10-25", 9), Visibility::Public, 6, 8),
            change(at("2021-10-25", 9), Visibility::Private, 2, 0),
            change(at("2021-10-26", 9), Visibility::Public, 6, 0),
            change(at("2021-10-26", 9), Visibility::Private, 2, 0),
            change(at("2021-10-26", 10), Visibility::Public, 0, 6),
            change(at("2021-10-26", 10), Visibility::Private, 0, 2),
        ]
    );
    assert!(changes(&before.slots(), &before.slots()).is_empty());
}
