//! The catalogue, its functions and its page agree.

use std::collections::BTreeSet;

use uketsuke::inspection::rules::CHECKS;
use uketsuke::inspection::rules::catalogue::{RULES, markdown, rule};
use uketsuke::inspection::rules::wording::{fill, quote, rows, span};
use uketsuke::inspection::verdict::Severity;

#[test]
fn every_code_stands_once_in_order() {
    let codes: Vec<&str> = RULES.iter().map(|rule| rule.code).collect();
    let expected: Vec<String> = [('M', 20), ('F', 15), ('B', 12), ('R', 34), ('X', 18), ('T', 11)]
        .into_iter()
        .flat_map(|(family, last)| (1..=last).map(move |number| format!("{family}{number:02}")))
        .collect();
    assert_eq!(codes, expected);
    assert_eq!(RULES.iter().filter(|rule| rule.starred).count(), 74);
    assert_eq!(rule("R04").unwrap().title, "期間の間");
    assert!(rule("r04").is_none() && rule("R35").is_none());
}

#[test]
fn severities_that_decide_outcomes() {
    let holding: Vec<&str> = RULES.iter().filter(|rule| rule.holding).map(|rule| rule.code).collect();
    assert_eq!(holding, ["M07", "M08", "M09", "M11", "M17", "F14", "T11"]);
    let deferring: Vec<&str> = RULES.iter().filter(|rule| rule.deferring).map(|rule| rule.code).collect();
    assert_eq!(deferring, ["X04", "X15", "T05", "T06"]);
    for rule in RULES.iter().filter(|rule| rule.holding || rule.deferring) {
        assert_eq!(rule.severity, Severity::Staff, "{}", rule.code);
    }
}

#[test]
fn every_rule_on_a_form_has_its_function() {
    let elsewhere = ["F01", "F02", "B01", "B02", "B03", "B04", "B12"];
    let mut expected: BTreeSet<&str> = RULES
        .iter()
        .map(|rule| rule.code)
        .filter(|code| code.starts_with(['F', 'B', 'R', 'X']) && !elsewhere.contains(code))
        .collect();
    expected.insert("M05");
    let checks: BTreeSet<&str> = CHECKS.iter().map(|(code, _)| *code).collect();
    assert_eq!(checks, expected);
    assert_eq!(checks.len(), CHECKS.len(), "no code twice");
}

#[test]
fn texts_keep_the_register() {
    for rule in &RULES {
        let texts = std::iter::once(&rule.text).chain(rule.more).chain(rule.mend.as_ref());
        for text in texts {
            assert!(text.ends_with(['。', '）', '}']), "{}: {text}", rule.code);
            for word in ["誤っています", "間違", "〆切", "貴院"] {
                assert!(!text.contains(word), "{}: {text}", rule.code);
            }
        }
        assert!(!rule.title.is_empty() && !rule.source.is_empty(), "{}", rule.code);
    }
}

/// `UPDATE_DOCS=1` writes the page instead of comparing it.
#[test]
fn the_page_is_what_the_catalogue_says() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/RULES.md");
    let page = markdown();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::create_dir_all(concat!(env!("CARGO_MANIFEST_DIR"), "/docs")).unwrap();
        std::fs::write(path, &page).unwrap();
    }
    assert_eq!(std::fs::read_to_string(path).unwrap(), page, "UPDATE_DOCS=1 cargo test --test rules");
}

#[test]
fn quotations_are_short_and_plain() {
    assert_eq!(quote("  9:00 6名\n10:00 6名 "), "9:00 6名 10:00 6名");
    assert_eq!(quote("a\u{202e}b\u{200b}c\u{7}"), "abc");
    assert_eq!(quote(&"あ".repeat(40)), "あ".repeat(40));
    assert_eq!(quote(&"あ".repeat(41)), format!("{}…", "あ".repeat(39)));
}

#[test]
fn what_is_filled_in_is_not_filled_again() {
    let values = [("raw", "{date}".to_string()), ("date", "10月25日".to_string())];
    assert_eq!(fill("「{raw}」は{date}{no}", &values), "「{date}」は10月25日{no}");
}

#[test]
fn lists_of_rows_and_days() {
    assert_eq!(rows(&[15, 13, 14, 18, 18]), "13～15、18行目");
    let day = |text: &str| text.parse().unwrap();
    assert_eq!(span(day("2021-11-10"), day("2021-11-14")), "11月10日～14日");
    assert_eq!(span(day("2021-10-30"), day("2021-11-14")), "10月30日～11月14日");
}
