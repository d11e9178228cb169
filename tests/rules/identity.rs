//! B01 to B04 and B12: whose form it is.

use uketsuke::clinic::Registry;
use uketsuke::inspection::form::{Form, Naming, Observation};
use uketsuke::inspection::rules::{clinic_of_receipt, identify};
use uketsuke::inspection::verdict::Place;

use crate::builder::{SHEET, field, registry, told};

/// What the form says and who sent it: the clinic, and all that is told.
fn check(number: &str, name: &str, code: &str, sender: &str, expected: (Option<&str>, &[&str])) {
    let mut form = Form { sheets: vec![SHEET.into()], ..Form::default() };
    form.fields.venue_no = field(5, 1, number);
    form.fields.name = field(5, 4, name);
    form.fields.med_code = field(6, 4, code);
    let registry = registry();
    let identity = identify(&form, &registry, sender, None);
    let found = identity.clinic.map(|clinic| clinic.venue_no.as_str());
    let said = told(&identity.findings);
    let said: Vec<&str> = said.iter().map(String::as_str).collect();
    assert_eq!(
        (found, said.as_slice()),
        expected,
        "{number} {name} {code} {sender}: {:#?}",
        identity.findings
    );
}

#[test]
fn the_number_is_known() {
    let minami = "みなみ内科クリニック";
    check("0123", minami, "", "", (Some("0123"), &[]));
    check("１２３", minami, "", "", (Some("0123"), &[]));
    check("No.123", minami, "", "", (Some("0123"), &[]));
    check("0123", "", "", "", (Some("0123"), &[]));
    check("0123", "医療法人社団青空会　みなみ内科クリニック", "", "", (Some("0123"), &["B04 E5 info"]));
    check("0123", "みなみ内科", "", "", (Some("0123"), &["B04 E5 info"]));
    check("0123", "山田医院", "", "minami@example.jp", (Some("0123"), &["B04 E5 info"]));
    check("0123", "山田医院", "", "", (Some("0123"), &["B03 E5 warning"]));
    check("0200", "中央クリニック", "", "", (Some("0200"), &[]));
}

#[test]
fn number_and_name_of_two_clinics() {
    check("0123", "きた医院", "", "", (Some("0123"), &["B03 E5 error"]));
    check("0123", "きた医院", "", "kita@example.jp", (Some("0124"), &["B03 E5 error"]));
    check("0123", "きた医院", "", "minami@example.jp", (Some("0123"), &["B03 E5 error"]));
    check("0124", "", "4310113719", "", (Some("0124"), &["B03 B5 error"]));
}

#[test]
fn the_number_is_not_known() {
    check("0999", "きた医院", "", "", (Some("0124"), &["B02 B5 warning"]));
    check("0999", "山田医院", "", "kita@example.jp", (None, &["B02 B5 error"]));
    check("0999", "", "", "kita@example.jp", (Some("0124"), &["B02 B5 error"]));
    check("0999", "", "4310113719", "", (Some("0123"), &["B02 B5 warning"]));
    check("0999", "中央クリニック", "", "", (None, &["B02 B5 error"]));
}

#[test]
fn there_is_no_number() {
    check("", "きた医院", "", "", (Some("0124"), &["B12 B5 warning"]));
    check("不明", "きた医院", "", "", (Some("0124"), &["B12 B5 warning"]));
    check("", "中央クリニック", "", "", (None, &["B01 B5 error"]));
    check("", "中央クリニック", "", "chuo@example.jp", (Some("0200"), &["B12 B5 warning"]));
    check("", "中央クリニック", "", "group@example.jp", (None, &["B01 B5 error"]));
    check("", "みなみ内科", "", "minami@example.jp", (Some("0123"), &["B12 B5 warning", "B04 E5 info"]));
    check("", "みなみ内科", "", "", (None, &["B01 B5 error"]));
}

#[test]
fn there_is_neither() {
    check("", "", "", "", (None, &["B01 B5 error"]));
    check("", "", "", "kita@example.jp", (Some("0124"), &["B01 B5 error"]));
    check("", "", "", "group@example.jp", (None, &["B01 B5 error"]));
    check("", "", "4310113719", "", (Some("0123"), &["B01 B5 error"]));
    let form = Form { sheets: vec![SHEET.into()], ..Form::default() };
    let registry = registry();
    let identity = identify(&form, &registry, "", Some("124"));
    assert_eq!(identity.clinic.unwrap().venue_no, "0124", "the thread names it");
    assert_eq!(told(&identity.findings), ["B01 - error"]);
}

#[test]
fn the_sample_is_told_by_f06_alone() {
    let mut form = Form { sheets: vec![SHEET.into()], ..Form::default() };
    form.fields.venue_no = field(5, 1, "9999");
    form.fields.name = field(5, 4, "○○医院（記入例）");
    for column in [1, 4] {
        let place = Place::cell(&SHEET.into(), 4, column);
        form.observations.push(Observation::Sample { place, raw: "9999".into() });
    }
    let registry = registry();
    let identity = identify(&form, &registry, "", None);
    assert!(identity.clinic.is_none() && identity.findings.is_empty(), "{:?}", identity.findings);
}

#[test]
fn without_a_registry_only_an_anonymous_form_is_told() {
    let registry = Registry::default();
    let mut form = Form::default();
    form.fields.venue_no = field(5, 1, "0123");
    assert!(identify(&form, &registry, "", None).findings.is_empty());
    form.fields.venue_no = field(5, 1, "");
    assert_eq!(told(&identify(&form, &registry, "", None).findings), ["B01 B5 error"]);
}

#[test]
fn a_receipt_number_in_the_subject_names_one_of_the_senders_clinics() {
    let registry = registry();
    for (subject, sender, expected) in [
        (
            "Re: 【自動返信】【要修正】第８期予約枠報告（中央クリニック）受付番号8-0201-1",
            "group@example.jp",
            Some("0201"),
        ),
        ("RE: 受付番号：８－０２００－１２ の件", "group@example.jp", Some("0200")),
        ("Re: 受付番号 8-0201-1", "kita@example.jp", None),
        ("Re: 受付番号 8-0201-1", "", None),
        ("Re: 受付番号 7-0201-1", "group@example.jp", None),
        ("Re: 受付番号 8-0999-1", "group@example.jp", None),
        ("Re: 受付番号 8-0201", "group@example.jp", None),
        ("8-0201-1", "group@example.jp", None),
        ("受付番号", "group@example.jp", None),
    ] {
        assert_eq!(clinic_of_receipt(subject, 8, &registry, sender), expected, "{subject} {sender}");
    }
}

#[test]
fn slots_of_another_clinic() {
    let check = |raw: &str, naming: Naming, expected: &[&str]| {
        let mut form = Form { sheets: vec![SHEET.into()], ..Form::default() };
        form.fields.venue_no = field(5, 1, "0123");
        form.observations = vec![Observation::SecondClinic {
            place: Place::cell(&SHEET.into(), 19, 1),
            raw: raw.into(),
            naming,
        }];
        let registry = registry();
        let identity = identify(&form, &registry, "", None);
        assert_eq!(told(&identity.findings), expected, "{raw}");
        assert!(told(&identify(&form, &Registry::default(), "", None).findings).is_empty());
    };
    check("0124", Naming::Number, &["B03 B20 error"]);
    check("777", Naming::Number, &["B03 B20 error"]);
    check("4310113719", Naming::Number, &[]);
    check("No.123", Naming::Number, &[]);
    check("－", Naming::Number, &[]);
    check("きた医院", Naming::Title, &["B03 B20 error"]);
    check("山田医院", Naming::Title, &[]);
    check("山田医院", Naming::Name, &["B03 B20 error"]);
    check("みなみ内科クリニック　２階", Naming::Name, &[]);
    let mut form = Form { sheets: vec![SHEET.into()], ..Form::default() };
    form.fields.venue_no = field(5, 1, "0123");
    form.observations = vec![Observation::NobodysSheet { sheet: "C".into() }];
    assert_eq!(identify(&form, &registry(), "", None).findings[0].code, "B01");
}

#[test]
fn a_name_in_the_field_of_the_number() {
    check("0123（みなみ内科クリニック）", "", "", "", (Some("0123"), &[]));
    check("0123(本院)", "", "", "", (Some("0123"), &[]));
    check("0123（きた医院）", "", "", "", (None, &["B02 B5 error"]));
}
