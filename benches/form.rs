//! How long one filled-in form of 300 rows takes: cells from bytes (ours and calamine's), form, rules. `cargo bench`.

#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "a benchmark prints its figures and may stop")]

use std::collections::BTreeMap;
use std::hint::black_box;
use std::io::Cursor;
use std::time::Instant;

use calamine::Reader as _;
use jiff::ToSpan as _;
use jiff::civil::{Date, Time};
use uketsuke::clinic::Registry;
use uketsuke::inbound::attachment::{Attachment, FileKind};
use uketsuke::inspection::rules::{self, Case, Settings};
use uketsuke::inspection::standing::Standing;
use uketsuke::inspection::{form, workbook};
use uketsuke::issue::form_workbook::{FilledForm, FilledRow, filled};
use uketsuke::limits::Limits;

#[path = "../tests/eighth/mod.rs"]
mod eighth;

const ROWS: usize = 300;
const ROUNDS: u32 = 50;

/// Ten times on each of thirty days.
fn rows() -> Vec<FilledRow> {
    let days = [Date::constant(2021, 10, 25), Date::constant(2021, 11, 15)];
    let days = days.into_iter().flat_map(|first| (0..15).map(move |day| first + day.days()));
    let rows = days.flat_map(|date| {
        (0..10).map(move |hour| FilledRow {
            date,
            start: Time::constant(9, 0, 0, 0) + i64::from(hour).hours(),
            public: Some(2),
            private: Some(1),
            ..FilledRow::default()
        })
    });
    rows.collect()
}

/// Prints nanoseconds per round.
fn measure<T>(what: &str, mut work: impl FnMut() -> T) {
    black_box(work());
    let begun = Instant::now();
    for _ in 0..ROUNDS {
        black_box(work());
    }
    println!("{what:<34}{:>14} ns per form", begun.elapsed().as_nanos() / u128::from(ROUNDS));
}

fn main() {
    let campaign = eighth::campaign();
    let limits = Limits::default();
    let sent = FilledForm {
        venue_no: "0101".into(),
        name: "さくら内科クリニック".into(),
        cap: Some(1200),
        rows: rows(),
        ..FilledForm::default()
    };
    let bytes = filled(3, &campaign, &sent).unwrap();
    let book = workbook::read(&bytes, FileKind::Xlsx, &limits).unwrap();
    let reading = form::read(&book, "form.xlsx", &campaign);
    let form = reading.forms.first().unwrap();
    assert_eq!(form.rows.len(), ROWS);
    let (registry, settings) = (Registry::default(), Settings::default());
    let (attachment, standing) = (Attachment::default(), Standing::default());
    let judge = || {
        let slots = rules::slots(form, &campaign);
        rules::on_form(&Case {
            campaign: &campaign,
            registry: &registry,
            settings: &settings,
            attachment: &attachment,
            container: FileKind::Xlsx,
            form,
            clinic: None,
            standing: &standing,
            slots: &slots,
            scope: &form.visibility,
            beside: &[],
            siblings: &[],
            twins: &[],
            with_registry: false,
        })
    };
    measure("bytes to cells (ours)", || workbook::read(&bytes, FileKind::Xlsx, &limits));
    measure("bytes to cells (calamine)", || {
        let mut file: calamine::Xlsx<_> = calamine::Xlsx::new(Cursor::new(bytes.as_slice())).unwrap();
        let names = file.sheet_names();
        let cells = names.iter().map(|name| file.worksheet_range(name).unwrap().used_cells().count());
        let formulas = BTreeMap::from_iter(cells.enumerate());
        names.iter().for_each(|name| drop(black_box(file.worksheet_formula(name))));
        formulas
    });
    measure("cells to form (form::read)", || form::read(&book, "form.xlsx", &campaign));
    measure("form to findings (rules)", judge);
}
