//! Pure: what stands in the sheet 記入例. 会場番号 9999 and ○○医院 are sentinels: a clinic that leaves them in its own
//! sheet is told so.

use jiff::ToSpan;
use jiff::civil::{Date, Time};

use super::layout::Layout;
use super::{FilledForm, FilledRow};
use crate::campaign::in_jst;
use crate::inspection::verdict::Visibility;

pub fn form(layout: &Layout) -> FilledForm {
    let campaign = layout.campaign;
    FilledForm {
        venue_no: "9999".into(),
        name: "○○医院（記入例）".into(),
        ward: "中央区".into(),
        med_code: String::new(),
        contact: "○○　○○".into(),
        phone: "096-000-0000".into(),
        email: "example@example.jp".into(),
        submitted_on: Some(in_jst(campaign.opens).date()),
        kind: "新規".into(),
        cap: Some(60),
        rows: rows(layout),
    }
}

/// Mornings for the public, one Saturday afternoon for the clinic's own patients; the second doses 21 days later.
fn rows(layout: &Layout) -> Vec<FilledRow> {
    let first = layout.campaign.first_dose.from;
    let saturday = first.checked_add(5.days()).unwrap_or(first);
    let mut rows = Vec::new();
    for weeks in [0, 3] {
        let shifted = |date: Date| date.checked_add(weeks.weeks()).unwrap_or(date);
        rows.push(row(layout, shifted(first), (9, 0), (9, 30), 6, false));
        rows.push(row(layout, shifted(first), (9, 30), (10, 0), 6, false));
        rows.push(row(layout, shifted(saturday), (14, 0), (15, 0), 12, true));
    }
    rows
}

fn row(
    layout: &Layout,
    date: Date,
    start: (i8, i8),
    end: (i8, i8),
    people: u32,
    own_patients: bool,
) -> FilledRow {
    let time = |(hour, minute)| Time::new(hour, minute, 0, 0).unwrap_or_default();
    let both = layout.counts.len() > 1;
    let count = |visibility: Visibility| {
        let chosen = !both || (visibility == Visibility::Private) == own_patients;
        layout.counts.contains(&visibility).then_some(if chosen { people } else { 0 })
    };
    FilledRow {
        date,
        start: time(start),
        end: Some(time(end)),
        public: count(Visibility::Public),
        private: count(Visibility::Private),
        note: if own_patients && both { "かかりつけ患者分".into() } else { String::new() },
        weekday: None,
    }
}
