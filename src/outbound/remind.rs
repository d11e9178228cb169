//! Pure: reminders: to clinics that have not submitted, and to those whose form still has to be mended.

use jiff::Timestamp;
use serde::Serialize;

use super::letter::{AutoSubmitted, Draft};
use super::reply::view::View;
use super::reply::{Settings, findings, named_subject, texts, wording, wrap};
use crate::campaign::{Campaign, Deadlines, Period, in_jst};
use crate::clinic::Clinic;
use crate::inspection::verdict::{Finding, Template};

/// One clinic to be reminded. Whether it should be (利用区分, 督促停止, other channels, carriers) is decided before.
#[derive(Clone, Copy, Debug)]
pub struct Reminder<'a> {
    pub campaign: &'a Campaign,
    pub settings: &'a Settings,
    pub clinic: &'a Clinic,
    pub to: &'a str,
    /// The address that the signature gives.
    pub own_address: &'a str,
    /// The clinic's own deadlines.
    pub deadlines: Deadlines,
    /// The instant for which 「ご提出を確認できておりません」 holds.
    pub as_of: Timestamp,
    pub rehearsal: bool,
}

/// What still has to be mended.
#[derive(Clone, Copy, Debug)]
pub struct Unmended<'a> {
    pub receipt: &'a str,
    /// When the clinic was told.
    pub told_at: Timestamp,
    pub findings: &'a [Finding],
    /// The receipt that stays in force meanwhile.
    pub in_force: Option<&'a str>,
}

#[derive(Serialize)]
struct Values {
    #[serde(flatten)]
    view: View,
    request_date: String,
    as_of: String,
    first_dose: String,
    second_dose: String,
    told_day: String,
}

/// 未提出: please submit.
pub fn compose(reminder: &Reminder) -> Draft {
    let values = values(reminder);
    let front = format!(
        "{}【熊本市ワクチン対策PT】{}予約枠報告様式のご提出について（期限：{}）",
        prefix(reminder),
        reminder.campaign.title,
        values.view.submission_date
    );
    draft(reminder, Template::Remind, front, &values)
}

/// 不備未解消: please mend what you were told.
pub fn compose_fix(reminder: &Reminder, unmended: &Unmended) -> Draft {
    let mut values = values(reminder);
    let errors = findings::told(unmended.findings, reminder.settings.max_detailed_lines).errors;
    (values.view.errors, values.view.error_count) = (errors.lines, errors.count);
    values.view.receipt_no = Some(unmended.receipt.to_string());
    values.view.previous_no = unmended.in_force.map(String::from);
    values.told_day = wording::short_day(in_jst(unmended.told_at).date());
    let front = format!(
        "{}【熊本市ワクチン対策PT】{}予約枠報告様式の修正のお願い",
        prefix(reminder),
        reminder.campaign.title
    );
    let subject = named_subject(&front, reminder.clinic.name.trim(), "");
    draft(reminder, Template::RemindFix, subject, &values)
}

fn values(reminder: &Reminder) -> Values {
    let Reminder { campaign, settings, clinic, .. } = *reminder;
    let mut view = View::of_campaign(campaign, settings, reminder.deadlines, reminder.as_of);
    view.address(Some(clinic), settings);
    view.rehearsal = reminder.rehearsal;
    view.own_address = reminder.own_address.to_string();
    view.venue_no = Some(clinic.venue_no.clone());
    let as_of = in_jst(reminder.as_of);
    Values {
        view,
        request_date: wording::short_day(settings.request_date),
        as_of: format!("{}{}時", wording::day(as_of.date()), as_of.hour()),
        first_dose: period(campaign.first_dose),
        second_dose: period(campaign.second_dose),
        told_day: String::new(),
    }
}

fn draft(reminder: &Reminder, kind: Template, subject: String, values: &Values) -> Draft {
    Draft {
        kind,
        to: reminder.to.to_string(),
        subject,
        text: wrap::fill(&texts::render(kind.as_str(), values)),
        html: None,
        attachments: Vec::new(),
        in_reply_to: None,
        references: Vec::new(),
        auto_submitted: AutoSubmitted::Generated,
    }
}

fn prefix<'a>(reminder: &Reminder<'a>) -> &'a str {
    if reminder.rehearsal { &reminder.settings.rehearsal_prefix } else { "" }
}

fn period(period: Period) -> String {
    format!("{}～{}", wording::day(period.from), wording::day(period.to))
}
