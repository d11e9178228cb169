//! Pure: the daily digest for staff: when it is due, its subject, its text and its HTML.
//!
//! Text and HTML are two renderings of one [`document::Document`], so they cannot tell different things.

pub mod figures;
pub mod wording;
mod document;
mod lists;
mod plain;
mod html;

use jiff::Timestamp;
use jiff::civil::{DateTime, Time, Weekday};
use serde::{Deserialize, Serialize};

use super::activity::{ClinicState, DayActivity};
use super::letter::path;
use crate::campaign::{Campaign, in_jst, jst};
use document::{Document, Extent};

/// The largest HTML part: mail programs cut longer ones off.
pub const HTML_BYTES: usize = 100_000;

/// Section `[digest]`. Times and instants are local (JST).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Staff addresses; one message each. Empty: the digest is built but not sent.
    pub to: Vec<String>,
    /// Times of day: `08:15`.
    pub at: Vec<Time>,
    /// Single further instants: `2021-10-08T17:30`.
    pub extra: Vec<DateTime>,
    /// Also on Saturdays and Sundays.
    pub weekends: bool,
    /// Rows per ward of the lists 要修正 and 未提出 in the mail; the workbook has them all.
    pub max_rows_per_ward: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            to: Vec::new(),
            at: vec![Time::constant(8, 15, 0, 0)],
            extra: vec![
                DateTime::constant(2021, 10, 8, 17, 30, 0, 0),
                DateTime::constant(2021, 10, 13, 17, 30, 0, 0),
            ],
            weekends: true,
            max_rows_per_ward: 30,
        }
    }
}

impl Settings {
    /// The first address that cannot be written to.
    pub fn check(&self) -> Result<(), String> {
        for address in &self.to {
            path::safe(address).map_err(|cause| format!("digest.to: {cause}"))?;
        }
        Ok(())
    }
}

/// The scheduled instants in `(after, until]`, in order. `weekends = false` leaves out Saturdays and Sundays of `at`,
/// never an instant of `extra`.
pub fn schedule(settings: &Settings, after: Timestamp, until: Timestamp) -> Vec<Timestamp> {
    let mut due = Vec::new();
    if until <= after {
        return due;
    }
    let last = in_jst(until).date();
    for day in in_jst(after).date().series(jiff::Span::new().days(1)).take_while(|day| *day <= last) {
        if !settings.weekends && matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday) {
            continue;
        }
        due.extend(settings.at.iter().filter_map(|time| instant(day.to_datetime(*time))));
    }
    due.extend(settings.extra.iter().filter_map(|at| instant(*at)));
    due.retain(|at| after < *at && *at <= until);
    due.sort();
    due.dedup();
    due
}

fn instant(at: DateTime) -> Option<Timestamp> {
    at.to_zoned(jst()).ok().map(|zoned| zoned.timestamp())
}

/// 「【第８期予約枠】日次集計 10月5日(火) 8:15／要対応8・要修正20・未提出118」. 要対応 counts the lines of section 1, the
/// others count clinics.
pub fn subject(activity: &DayActivity, campaign: &Campaign) -> String {
    let day = activity.day();
    let count = |state| activity.clinics.iter().filter(|line| line.state == state).count();
    format!(
        "【{}予約枠】日次集計 {}月{}日({}) {}／要対応{}・要修正{}・未提出{}",
        campaign.title,
        day.month(),
        day.day(),
        wording::weekday(day),
        wording::end_clock(activity),
        activity.work_by_clinic().len(),
        count(ClinicState::NeedsFix),
        count(ClinicState::NotSubmitted),
    )
}

/// 「第８期予約枠_日次集計_20211005.xlsx」
pub fn workbook_name(activity: &DayActivity, campaign: &Campaign) -> String {
    format!("{}予約枠_日次集計_{}.xlsx", campaign.title, activity.day().strftime("%Y%m%d"))
}

/// The text part: complete in itself, tables aligned by display width (East Asian wide and ambiguous letters are two
/// columns wide, as in the fixed-width fonts of Japanese mail programs).
pub fn text(activity: &DayActivity, campaign: &Campaign, settings: &Settings) -> String {
    plain::render(&Document::of(activity, campaign, Extent::ordinary(settings)))
}

/// The HTML part, below [`HTML_BYTES`]: where the lists are too long they are cut further, and say so.
pub fn html(activity: &DayActivity, campaign: &Campaign, settings: &Settings) -> String {
    let mut extent = Extent::ordinary(settings);
    loop {
        let rendered = html::render(&Document::of(activity, campaign, extent));
        match extent.halved() {
            Some(smaller) if rendered.len() >= HTML_BYTES => extent = smaller,
            _ => return rendered,
        }
    }
}
