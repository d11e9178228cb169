//! `check` without a registry: what needs one is told once and holds nothing.

use serde_json::Value;

use crate::counter::{ON_TIME, minami, other_workbook, slots, with_file};
use crate::support::{DeskFolder, Post, form};

fn check(name: &str, bytes: &[u8]) -> Value {
    let desk = DeskFolder::without_registry();
    let file = desk.path(name);
    std::fs::write(&file, bytes).unwrap();
    let (checked, _) = desk.json(&["check", file.to_str().unwrap(), "--received", ON_TIME]);
    checked
}

#[test]
fn a_mail_is_judged_as_from_a_registered_sender() {
    for (code, from, headers, files, outcome, template) in [
        ("form", "anyone@example.com", &[][..], vec![("a.xlsx", minami(1, 6))], "accepted", "accept"),
        (
            "unknown clinic",
            "anyone@example.com",
            &[],
            vec![("a.xlsx", form(1, "7777", "どこか医院", slots(1, 6)))],
            "accepted",
            "accept",
        ),
        (
            "rejected",
            "anyone@example.com",
            &[],
            vec![("a.xlsx", crate::counter::wrong())],
            "rejected",
            "reject",
        ),
        (
            "bulk",
            "anyone@example.com",
            &["Precedence: bulk"],
            vec![("a.xlsx", minami(1, 6))],
            "accepted",
            "accept",
        ),
        (
            "another workbook",
            "anyone@example.com",
            &[],
            vec![("a.xlsx", other_workbook())],
            "not_a_form",
            "notxlsx",
        ),
        ("nothing", "anyone@example.com", &[], Vec::new(), "not_a_form", "noatt"),
    ] {
        let checked = check("mail.eml", &Post { from, headers, files, ..Post::default() }.bytes());
        let one = &checked[0];
        assert_eq!(
            (&one["outcome"], &one["reply"]["template"]),
            (&outcome.into(), &template.into()),
            "{code}: {one}"
        );
        assert_eq!(one["reply"]["to"], from, "{code}");
        let codes: Vec<&str> =
            one["findings"].as_array().unwrap().iter().map(|f| f["code"].as_str().unwrap()).collect();
        for foreign in ["M07", "M08", "M09"] {
            assert!(!codes.contains(&foreign), "{code}: {codes:?}");
        }
    }
    let checked = check("mail.eml", &with_file("a.xlsx", minami(1, 6)).bytes());
    assert!(checked[0]["reply"]["text"].as_str().unwrap().contains("合計"), "the figures are shown");
}

#[test]
fn what_holds_without_a_registry_still_holds() {
    let checked = check(
        "mail.eml",
        &Post { files: vec![("a.xlsx", minami(1, 6)), ("b.xlsx", minami(1, 7))], ..Post::default() }.bytes(),
    );
    assert_eq!(checked.as_array().unwrap().len(), 2);
    let robot = ["Auto-Submitted: auto-replied"];
    let checked = check("mail.eml", &Post { headers: &robot, ..with_file("a.xlsx", minami(1, 6)) }.bytes());
    assert_eq!((&checked[0]["outcome"], &checked[0]["reply"]), (&"held".into(), &Value::Null));
    let checked = check(
        "mail.eml",
        &Post { from: "a@example.jp, b@example.jp", ..with_file("a.xlsx", minami(1, 6)) }.bytes(),
    );
    assert_eq!((&checked[0]["outcome"], &checked[0]["reply"]), (&"held".into(), &Value::Null));
}

#[test]
fn a_bare_workbook_has_no_sender() {
    let checked = check("a.xlsx", &minami(1, 6));
    assert_eq!((&checked[0]["outcome"], &checked[0]["reply"]["to"]), (&"accepted".into(), &Value::Null));
    let checked = check("p.xlsx", &crate::counter::patients());
    assert_eq!((&checked[0]["outcome"], &checked[0]["reply"]["template"]), (&"held".into(), &"held".into()));
    assert!(!checked[0]["reply"]["text"].as_str().unwrap().contains("患者"), "{checked}");
}

#[test]
fn a_file_that_repeats_another_of_the_mail_is_a_duplicate() {
    let desk = DeskFolder::without_registry();
    let twice = vec![("a.xlsx", minami(1, 6)), ("b.xlsx", minami(1, 6)), ("c.xlsx", other_workbook())];
    std::fs::write(desk.path("mail.eml"), Post { files: twice, ..Post::default() }.bytes()).unwrap();
    std::fs::write(desk.path("clinics.csv"), crate::support::REGISTRY).unwrap();
    let [mail, clinics] = ["mail.eml", "clinics.csv"].map(|name| desk.path(name).display().to_string());
    let (checked, _) = desk.json(&["check", &mail, "--clinics", &clinics, "--received", ON_TIME]);
    let told = |at: usize| (checked[at]["attachment"].clone(), checked[at]["outcome"].clone());
    assert_eq!(told(0), ("a.xlsx".into(), "accepted".into()));
    assert_eq!(told(1), ("b.xlsx".into(), "duplicate".into()));
    assert_eq!(told(2), ("c.xlsx".into(), "not_a_form".into()));
}
