//! What the rules promise whatever a form holds: a form without an error loses no person, and no cell breaks them.

use proptest::prelude::*;
use uketsuke::inspection::form::{Entry, Row, Trouble};
use uketsuke::inspection::rules::{CHECKS, catalogue};
use uketsuke::inspection::verdict::{Place, Severity, Totals};

use crate::builder::*;

const DAYS: [&str; 9] = [
    "2021-10-25",
    "2021-10-26",
    "2021-11-09",
    "2021-11-15",
    "2021-11-30",
    "2021-11-12",
    "2021-10-18",
    "2003-10-25",
    "2021-12-01",
];

fn troubles() -> [Trouble; 7] {
    [
        Trouble::Unreadable,
        Trouble::ImpossibleDate,
        Trouble::DateRange,
        Trouble::Several,
        Trouble::CountIsDate,
        Trouble::NotWhole,
        Trouble::Formula,
    ]
}

/// A value most of the time, else blank or in trouble.
fn or_not<T: Clone + std::fmt::Debug + 'static>(
    number: u32,
    column: u32,
    written: impl Strategy<Value = Entry<T>> + 'static,
) -> BoxedStrategy<Entry<T>> {
    prop_oneof![
        8 => written,
        1 => Just(blank(number, column)),
        1 => (0..7_usize).prop_map(move |nth| trouble(number, column, "?", troubles()[nth].clone())),
    ]
    .boxed()
}

fn any_row(number: u32) -> impl Strategy<Value = Row> {
    let date = or_not(number, DATE, (0..DAYS.len()).prop_map(move |nth| date(number, DAYS[nth])));
    let start =
        or_not(number, START, (0..24_i8).prop_map(move |hour| time(number, START, &format!("{hour}:00"))));
    let people = |column| or_not(number, column, (0..9_u32).prop_map(move |n| value(number, column, "n", n)));
    (date, start, people(PUBLIC), people(PRIVATE)).prop_map(move |(date, start, public, private)| Row {
        date,
        start,
        public: Some(public),
        private: Some(private),
        dose: None,
        ..row(number, DAYS[0], "9:00", 0)
    })
}

proptest! {
    #[test]
    fn no_error_means_nobody_is_lost(
        rows in (1..6_u32).prop_flat_map(|n| (0..n).map(|nth| any_row(13 + nth)).collect::<Vec<_>>())
    ) {
        let mut scene = Scene::both();
        scene.form.rows = rows;
        let findings = scene.findings();
        let written: u64 = scene
            .form
            .rows
            .iter()
            .flat_map(|row| [&row.public, &row.private])
            .filter_map(|count| count.as_ref()?.value())
            .map(u64::from)
            .sum();
        if findings.iter().all(|finding| finding.severity != Severity::Error) {
            prop_assert_eq!(Totals::of(&scene.slots()).sum(), written, "{:#?}", scene.form.rows);
            prop_assert!(written > 0, "nothing to accept: {:#?}", scene.form.rows);
        }
        for finding in &findings {
            prop_assert!(catalogue::rule(&finding.code).is_some());
            prop_assert!(!finding.message.contains(['{', '}']), "{:?}", finding);
        }
    }

    #[test]
    fn strange_addresses_and_texts_break_nothing(cell in "[A-Z0-9:]{0,40}", raw in any::<String>()) {
        let mut scene = Scene::both();
        scene.row(14).date = trouble(14, DATE, &raw, Trouble::Unreadable);
        scene.row(14).date.place = Place { sheet: None, cell: Some(cell.into()) };
        scene.form.fields.med_code = field(6, 4, &raw);
        scene.form.fields.ward = field(6, 1, &raw);
        scene.form.fields.email = field(8, 1, &raw);
        let findings = scene.findings();
        prop_assert!(findings.iter().any(|finding| finding.code == "R02"));
    }
}

#[test]
fn every_function_tells_its_own_code() {
    // Each function is run on every scene of a few that trip many rules.
    let mut scene = Scene::both();
    scene.row(13).date = date(13, "2021-11-12");
    scene.row(14).start = time(14, START, "2:07");
    scene.row(15).public = count(15, PUBLIC, 600);
    scene.form.period = Some(7);
    for (code, check) in CHECKS {
        for finding in scene.run(check) {
            assert_eq!(finding.code, code);
        }
    }
}
