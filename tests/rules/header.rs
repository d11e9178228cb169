//! B: the header fields (identity has its own tests).

use uketsuke::campaign::Dose;
use uketsuke::inspection::form::{Area, TypedTotal};
use uketsuke::inspection::verdict::Visibility;

use crate::builder::*;

#[test]
fn contact() {
    spoiled("B05: no name", |s| s.form.fields.contact_name = field(7, 1, ""), &["B05 B7 warning"]);
    spoiled("B05: no number", |s| s.form.fields.phone = field(7, 4, ""), &["B05 E7 warning"]);
    spoiled(
        "B05: a layout without these fields, of a clinic whose number is known",
        |s| {
            s.form.fields.contact_name = None;
            s.form.fields.phone = None;
        },
        &[],
    );
    spoiled(
        "B05: neither here nor in the registry",
        |s| {
            s.venue = Some("0300");
            s.form.fields.contact_name = None;
            s.form.fields.phone = None;
        },
        &["B05 - warning"],
    );
    spoiled("B06: another number", |s| s.form.fields.phone = field(7, 4, "096-000-1111"), &["B06 E7 info"]);
    spoiled("B06: a number cell drops the zero", |s| s.form.fields.phone = field(7, 4, "963280000"), &[]);
    spoiled("B06: another address", |s| s.form.fields.email = field(8, 1, "x@example.jp"), &["B06 B8 info"]);
    spoiled("B06: full width", |s| s.form.fields.email = field(8, 1, "Ｍinami＠example.jp"), &[]);
}

#[test]
fn against_the_registry() {
    let cap = |people| Some(value(9, 4, "x", people));
    spoiled("B07", |s| s.form.fields.cap = cap(120), &["B07 E9 warning"]);
    spoiled("B07: right", |s| s.form.fields.cap = cap(96), &[]);
    spoiled("B09", |s| s.form.fields.ward = field(6, 1, "東区"), &["B09 B6 info"]);
    spoiled("B09: right", |s| s.form.fields.ward = field(6, 1, "熊本市中央区"), &[]);
    spoiled(
        "without a registry nothing is compared, and that is told once",
        |s| {
            s.form.fields.cap = cap(120);
            s.form.fields.ward = field(6, 1, "東区");
            s.form.fields.phone = field(7, 4, "096-000-1111");
            s.with_registry = false;
        },
        &["X04 - info"],
    );
}

#[test]
fn typed_totals() {
    let total = |people, dose, visibility| TypedTotal {
        entry: value(313, PUBLIC, "x", people),
        dose,
        visibility,
        within: Vec::new(),
    };
    for (quirk, typed, expected) in [
        ("whole", total(36, None, None), &[][..]),
        ("whole, wrong", total(35, None, None), &["B08 G313 warning"]),
        ("one dose", total(18, Some(Dose::First), None), &[]),
        ("one dose, wrong", total(20, Some(Dose::Second), None), &["B08 G313 warning"]),
        ("one visibility", total(36, None, Some(Visibility::Public)), &[]),
        ("one visibility, wrong", total(1, None, Some(Visibility::Private)), &["B08 G313 warning"]),
    ] {
        spoiled(quirk, |s| s.form.typed_totals.push(typed), expected);
    }
    // In a matrix: any of the rectangles that it may sum up.
    let area = |top, bottom| Area { top, bottom, left: 6, right: 6 };
    for (quirk, people, within, expected) in [
        ("part", 18, vec![area(12, 14)], &[][..]),
        ("the whole column", 36, vec![area(14, 17), area(12, 17)], &[]),
        ("part, wrong", 20, vec![area(12, 14), area(12, 17)], &["B08 G313 warning"]),
    ] {
        let typed = TypedTotal { within, ..total(people, None, None) };
        spoiled(quirk, |s| s.form.typed_totals.push(typed), expected);
    }
    spoiled(
        "B08: silent while a count is unreadable",
        |s| {
            s.form.typed_totals.push(total(38, None, None));
            let read = uketsuke::inspection::form::Trouble::Unreadable;
            s.row(14).public = Some(trouble(14, PUBLIC, "6～8", read));
        },
        &["R19 G14 error"],
    );
}

#[test]
fn medical_institution_codes() {
    for (code, expected) in [
        ("4310113719", &[][..]),
        ("４３-１０１１３７１９", &[]),
        ("", &[]),
        ("431011371", &["B10 E6 warning"]),
        ("43A0113719", &["B10 E6 warning"]),
        ("4310113718", &["B10 E6 warning"]),
        ("0110113719", &["B10 E6 warning"]),
    ] {
        spoiled(code, |s| s.form.fields.med_code = field(6, 4, code), expected);
    }
    spoiled(
        "another clinic's code",
        |s| {
            s.venue = Some("0124");
            s.form.fields.med_code = field(6, 4, "4310113719");
        },
        &["B10 E6 warning"],
    );
    let message = |code: &str| {
        let mut scene = Scene::clean();
        scene.form.fields.med_code = field(6, 4, code);
        scene.findings().into_iter().find(|f| f.code == "B10").unwrap().message
    };
    assert!(message("0110113719").contains("熊本県"), "the published example is of another prefecture");
    assert!(message("4310113718").contains("検査数字"));
}

#[test]
fn new_or_corrected() {
    let kind = |raw: &'static str| move |s: &mut Scene| s.form.fields.submission_kind = field(9, 1, raw);
    spoiled("B11: blank", kind(""), &["B11 B9 info"]);
    spoiled("B11: right", kind("新規"), &[]);
    spoiled("B11: nothing came before", kind("修正"), &["B11 B9 info"]);
    spoiled("B11: both printed", kind("新規／修正"), &[]);
    let mut scene = Scene::clean();
    scene.accept();
    scene.form.fields.submission_kind = field(9, 1, "新規");
    check("B11: something came before", &scene, &["B11 B9 info"]);
}
