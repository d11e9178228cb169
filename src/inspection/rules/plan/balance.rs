//! Pure: X06 to X11: first against second doses, and what lies three weeks later.
//!
//! Silent while a row of the form could not be read: what is missing would be told as an imbalance.

use std::collections::BTreeMap;

use jiff::ToSpan;
use jiff::civil::Date;

use super::cap::union;
use crate::campaign::Dose;
use crate::inspection::rules::Case;
use crate::inspection::rules::finding::raise;
use crate::inspection::rules::rows::cells::complete;
use crate::inspection::rules::wording::day;
use crate::inspection::verdict::{Finding, Totals};

/// The usual interval of the two doses.
const INTERVAL_DAYS: i32 = 21;
/// People that one vial serves.
const VIAL: u64 = 6;
/// Days that are named one by one.
const NAMED_DAYS: usize = 5;

/// The sums, when they can be trusted and there is something to balance.
fn totals(case: &Case) -> Option<Totals> {
    (!case.slots.is_empty() && complete(case)).then(|| union(case))
}

/// The sums, when both doses have slots.
fn both_doses(case: &Case) -> Option<Totals> {
    totals(case).filter(|totals| totals.first() > 0 && totals.second() > 0)
}

pub(in super::super) fn x06_fewer_second(case: &Case) -> Vec<Finding> {
    let Some(totals) = both_doses(case).filter(|totals| totals.second() < totals.first()) else {
        return Vec::new();
    };
    let values = [
        ("first", totals.first().to_string()),
        ("second", totals.second().to_string()),
        ("short", (totals.first() - totals.second()).to_string()),
    ];
    vec![raise("X06", &values)]
}

/// People by date.
fn days(case: &Case) -> BTreeMap<Date, u64> {
    let mut days = BTreeMap::new();
    for slot in case.slots.iter().chain(case.beside) {
        *days.entry(slot.date).or_default() += u64::from(slot.public) + u64::from(slot.private);
    }
    days
}

/// First-dose days with the day three weeks later.
fn pairs(case: &Case, days: &BTreeMap<Date, u64>) -> Vec<(Date, Date)> {
    days.keys()
        .filter(|date| case.campaign.dose_on(**date) == Some(Dose::First))
        .filter_map(|date| Some((*date, date.checked_add(INTERVAL_DAYS.days()).ok()?)))
        .collect()
}

/// One finding for all such days; the first is spelled out.
pub(in super::super) fn x07_three_weeks_later(case: &Case) -> Vec<Finding> {
    if both_doses(case).is_none() {
        return Vec::new();
    }
    let days = days(case);
    let people = |date: &Date| days.get(date).copied().unwrap_or(0);
    let short: Vec<(Date, Date)> =
        pairs(case, &days).into_iter().filter(|(date, later)| people(later) < people(date)).collect();
    let Some((date, later)) = short.first() else { return Vec::new() };
    let values = [
        ("date", day(*date)),
        ("n", people(date).to_string()),
        ("later", day(*later)),
        ("m", people(later).to_string()),
        ("days", short.len().to_string()),
    ];
    vec![raise("X07", &values)]
}

pub(in super::super) fn x08_more_second(case: &Case) -> Vec<Finding> {
    let Some(totals) = both_doses(case).filter(|totals| totals.second() > totals.first()) else {
        return Vec::new();
    };
    let values = [
        ("first", totals.first().to_string()),
        ("second", totals.second().to_string()),
        ("more", (totals.second() - totals.first()).to_string()),
    ];
    vec![raise("X08", &values)]
}

pub(in super::super) fn x09_one_dose(case: &Case) -> Vec<Finding> {
    let missing = match totals(case) {
        Some(totals) if totals.first() == 0 => Dose::First,
        Some(totals) if totals.second() == 0 => Dose::Second,
        _ => return Vec::new(),
    };
    vec![raise("X09", &[("dose", missing.label().to_string())])]
}

pub(in super::super) fn x10_holiday_three_weeks_later(case: &Case) -> Vec<Finding> {
    let days = days(case);
    let pairs = pairs(case, &days).into_iter();
    pairs
        .filter_map(|(date, later)| {
            let holiday = case.campaign.holiday(later)?.to_string();
            Some(raise("X10", &[("date", day(date)), ("later", day(later)), ("holiday", holiday)]))
        })
        .collect()
}

/// Off unless `[rules]` asks for it.
pub(in super::super) fn x11_vials(case: &Case) -> Vec<Finding> {
    let odd: Vec<String> = days(case)
        .into_iter()
        .filter(|(_, people)| people % VIAL != 0)
        .map(|(date, people)| format!("{}{people}人", day(date)))
        .collect();
    if odd.is_empty() {
        return Vec::new();
    }
    let mut named = odd.iter().take(NAMED_DAYS).cloned().collect::<Vec<_>>().join("、");
    if odd.len() > NAMED_DAYS {
        named.push_str("ほか");
    }
    vec![raise("X11", &[("days", named)])]
}
