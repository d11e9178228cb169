//! Pure: R01 to R11 and R28: the date, and what is said beside it of weekday and dose.

use std::collections::BTreeSet;

use jiff::civil::{Date, Weekday};

use super::cells::{
    Cell, Kind, Outside, cell, claims, column_missing, counts, offered, outside, unread_count,
};
use crate::campaign::Dose;
use crate::inspection::form::{Entry, Row, Trouble};
use crate::inspection::rules::Case;
use crate::inspection::rules::finding::{DATE, DOSE, WEEKDAY, at, raise, raise_other};
use crate::inspection::rules::wording::{day, era, period, plain_day, previous_term, quote, span, weekday};
use crate::inspection::verdict::{Finding, Severity};

/// No date beside a count. A row with neither date nor time nor a readable count is told for its count alone.
pub(in super::super) fn r01_no_date(case: &Case) -> Vec<Finding> {
    let undated = case.form.rows.iter().filter(|row| {
        row.date.is_blank()
            && (offered(row) > 0 || (unread_count(row) && !row.start.is_blank()))
            && !column_missing(case, row, "日")
    });
    undated.map(|row| at(raise("R01", &[("n", written_counts(row))]), &row.date, DATE)).collect()
}

fn written_counts(row: &Row) -> String {
    let raw = counts(row).filter(|(_, count)| !count.is_blank()).map(|(_, count)| quote(&count.raw));
    let raw: Vec<String> = raw.filter(|raw| !raw.is_empty()).collect();
    if raw.is_empty() { offered(row).to_string() } else { raw.join("・") }
}

pub(in super::super) fn r02_unreadable_date(case: &Case) -> Vec<Finding> {
    dates_in_trouble(case, |trouble| {
        !matches!(
            trouble,
            Trouble::ImpossibleDate
                | Trouble::DateRange
                | Trouble::Several
                | Trouble::Formula
                | Trouble::PartlyStruck
        )
    })
    .map(|cell| {
        let example = case.campaign.first_dose.from;
        let slash = format!("{}/{}/{}", example.year(), example.month(), example.day());
        cell.tell(raise("R02", &[("slash", slash), ("day", plain_day(example))]))
    })
    .collect()
}

pub(in super::super) fn r03_outside(case: &Case) -> Vec<Finding> {
    dates_outside(case, "R03", Outside::Elsewhere)
}

pub(in super::super) fn r04_gap_day(case: &Case) -> Vec<Finding> {
    dates_outside(case, "R04", Outside::Gap)
}

pub(in super::super) fn r05_previous_period(case: &Case) -> Vec<Finding> {
    dates_outside(case, "R05", Outside::Previous)
}

pub(in super::super) fn r06_after_the_end(case: &Case) -> Vec<Finding> {
    dates_outside(case, "R06", Outside::After)
}

pub(in super::super) fn r07_another_year(case: &Case) -> Vec<Finding> {
    dates_outside(case, "R07", Outside::AnotherYear)
}

pub(in super::super) fn r08_impossible_date(case: &Case) -> Vec<Finding> {
    dates_in_trouble(case, |trouble| matches!(trouble, Trouble::ImpossibleDate))
        .map(|cell| cell.tell(raise("R08", &[])))
        .collect()
}

fn dates_in_trouble<'c>(case: &'c Case, wanted: fn(&Trouble) -> bool) -> impl Iterator<Item = Cell<'c>> {
    let dates = case.form.rows.iter().filter_map(|row| cell(row, Kind::Date));
    dates.filter(move |date| date.trouble.is_some_and(wanted))
}

fn dates_outside(case: &Case, code: &str, wanted: Outside) -> Vec<Finding> {
    let campaign = case.campaign;
    let rows = case.form.rows.iter().filter(|row| claims(row));
    rows.filter_map(|row| {
        let date = row.date.value().filter(|date| outside(campaign, *date) == Some(wanted))?;
        let gap = campaign
            .first_dose
            .to
            .tomorrow()
            .and_then(|from| campaign.second_dose.from.yesterday().map(|to| span(from, to)));
        let values = [
            ("date", day(date)),
            ("title", campaign.title.clone()),
            ("previous", previous_term(campaign)),
            ("first", period(&campaign.first_dose)),
            ("second", period(&campaign.second_dose)),
            ("gap", gap.unwrap_or_default()),
            ("end", plain_day(campaign.second_dose.to)),
            ("written", date.year().to_string()),
            ("year", campaign.year().to_string()),
            ("era", era(campaign.year())),
            ("day", plain_day(date)),
            ("slash", format!("{}/{}", date.month(), date.day())),
        ];
        Some(at(raise(code, &values), &row.date, DATE))
    })
    .collect()
}

/// The date of a row that asks for a slot, if it lies in one of the periods.
fn good_date(case: &Case, row: &Row) -> Option<(Date, Dose)> {
    let date = row.date.value().filter(|_| claims(row))?;
    Some((date, case.campaign.dose_on(date)?))
}

/// Only a weekday that somebody typed; a date that is itself in doubt is told alone.
pub(in super::super) fn r09_weekday(case: &Case) -> Vec<Finding> {
    let rows = case.form.rows.iter();
    rows.filter_map(|row| {
        let (date, _) = good_date(case, row)?;
        let entry = row.weekday.as_ref()?;
        let written = entry.value().filter(|written| *written != date.weekday())?;
        let values = [
            ("date", plain_day(date)),
            ("right", weekday(date.weekday()).to_string()),
            ("written", weekday(written).to_string()),
        ];
        Some(at(raise("R09", &values), entry, if entry.place == row.date.place { DATE } else { WEEKDAY }))
    })
    .collect()
}

pub(in super::super) fn r10_dose(case: &Case) -> Vec<Finding> {
    let rows = case.form.rows.iter();
    rows.filter_map(|row| {
        let (date, right) = good_date(case, row)?;
        let entry = row.dose.as_ref()?;
        if entry.trouble().is_some_and(|trouble| *trouble != Trouble::Formula) {
            let unread = Finding {
                severity: Severity::Warning,
                mend: Some("相違がないかご確認ください。".to_string()),
                ..raise_other("R10", 1, &[])
            };
            return Some(at(unread, entry, DOSE));
        }
        let written = entry.value().filter(|written| *written != right)?;
        let values = [
            ("date", day(date)),
            ("right", right.label().to_string()),
            ("written", written.label().to_string()),
            ("previous", previous_term(case.campaign)),
        ];
        // Second doses on first-dose days are what the previous period has already set up (notice, section 1).
        let finding =
            if written == Dose::Second { raise_other("R10", 0, &values) } else { raise("R10", &values) };
        Some(at(finding, entry, DOSE))
    })
    .collect()
}

/// Once per form, when no row says which dose it is.
pub(in super::super) fn r11_no_dose(case: &Case) -> Vec<Finding> {
    let unsaid = case.form.rows.iter().all(|row| row.dose.as_ref().is_none_or(Entry::is_blank));
    if unsaid && !case.slots.is_empty() { vec![raise("R11", &[])] } else { Vec::new() }
}

/// Once per date.
pub(in super::super) fn r28_sunday_or_holiday(case: &Case) -> Vec<Finding> {
    let mut told = BTreeSet::new();
    let rows = case.form.rows.iter().filter(|row| offered(row) > 0);
    rows.filter_map(|row| {
        let (date, _) = good_date(case, row)?;
        let what = match (case.campaign.holiday(date), date.weekday()) {
            (Some(name), _) => format!("祝日（{name}）"),
            (None, Weekday::Sunday) => "日曜日".to_string(),
            (None, _) => return None,
        };
        let values = [("date", plain_day(date)), ("what", what)];
        told.insert(date).then(|| at(raise("R28", &values), &row.date, DATE))
    })
    .collect()
}
