//! Pure: the T rules: what the receipt time means (spec: "Timing"). They show only as a sentence of the template.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};

use crate::campaign::{Earlier, Timing, in_jst};
use crate::inspection::judge::{Desk, Mail};
use crate::inspection::sender::trusted_receipt;
use crate::inspection::standing::Standing;
use crate::inspection::verdict::{Finding, Visibility};

use super::finding::raise;
use super::wording::{clock, day};

/// A `Date:` is that much earlier than the receipt before anyone is told (the clocks of computers are wrong).
const DELAY: SignedDuration = SignedDuration::from_mins(30);

/// The receipt of one form.
#[derive(Clone, Copy, Debug)]
pub struct Receipt<'a> {
    pub mail: &'a Mail<'a>,
    pub desk: &'a Desk<'a>,
    pub standing: &'a Standing,
    /// What the form covers.
    pub scope: &'a BTreeSet<Visibility>,
    pub received_at: Timestamp,
    pub earlier: Earlier,
    pub timing: Timing,
    /// The form repeats what is in force.
    pub duplicate: bool,
}

/// The timing findings of one form.
pub fn on_timing(receipt: &Receipt) -> Vec<Finding> {
    let mut findings = Vec::new();
    if !receipt.duplicate {
        findings.extend(band(receipt));
    }
    findings.extend(t07_sent_in_time(receipt));
    if receipt.received_at < receipt.desk.campaign.opens {
        findings.push(raise("T08", &[("opens", moment(receipt.desk.campaign.opens))]));
    }
    if !receipt.duplicate {
        findings.extend(t09_exported(receipt));
    }
    findings.extend(t11_disputed(receipt));
    findings
}

fn band(receipt: &Receipt) -> Option<Finding> {
    let deadlines = receipt.standing.deadlines(receipt.desk.campaign);
    let submission = [("deadline", date(deadlines.submission))];
    let correction = [("deadline", date(deadlines.correction))];
    Some(match receipt.timing {
        Timing::OnTime => return None,
        Timing::Late => raise("T01", &submission),
        Timing::FixOfOnTime => raise("T02", &submission),
        Timing::Correction => raise("T03", &correction),
        Timing::CorrectionLastDay => raise("T04", &correction),
        Timing::CorrectionLate => raise("T05", &correction),
        Timing::AfterOpening => raise("T06", &[]),
    })
}

/// Written before the limit that it missed, received after it: staff may forgive.
fn t07_sent_in_time(receipt: &Receipt) -> Option<Finding> {
    let deadlines = receipt.standing.deadlines(receipt.desk.campaign);
    let missed = match receipt.timing {
        Timing::CorrectionLate => deadlines.correction,
        Timing::AfterOpening if receipt.earlier.accepted => deadlines.correction,
        Timing::Late | Timing::FixOfOnTime | Timing::AfterOpening => deadlines.submission,
        Timing::OnTime | Timing::Correction | Timing::CorrectionLastDay => return None,
    };
    let written = receipt.mail.dissected.message.date?;
    let delayed = written <= missed
        && receipt.received_at > missed
        && receipt.received_at.duration_since(written) > DELAY;
    delayed.then(|| raise("T07", &[("date", moment(written))]))
}

/// What this form would replace was handed to the reservation system already.
fn t09_exported(receipt: &Receipt) -> Option<Finding> {
    let exported: Vec<&str> = receipt
        .standing
        .in_force
        .iter()
        .filter(|version| version.exported && !version.in_force.is_disjoint(receipt.scope))
        .map(|version| version.receipt.as_str())
        .collect();
    (!exported.is_empty()).then(|| raise("T09", &[("receipt", exported.join("、"))]))
}

/// A trusted relay's time stamp and the mailbox's lie on different sides of a limit that decides the timing.
fn t11_disputed(receipt: &Receipt) -> Option<Finding> {
    let campaign = receipt.desk.campaign;
    let relayed_at = trusted_receipt(&receipt.mail.dissected.message, &receipt.desk.settings.sender)?;
    let deadlines = receipt.standing.deadlines(campaign);
    let as_relayed = campaign.timing(relayed_at, deadlines, receipt.earlier);
    let as_received = campaign.timing(receipt.received_at, deadlines, receipt.earlier);
    (as_relayed != as_received).then(|| raise("T11", &[]))
}

/// 「10月8日（金）」
fn date(at: Timestamp) -> String {
    day(in_jst(at).date())
}

/// 「10月8日（金）23:59」
fn moment(at: Timestamp) -> String {
    let local = in_jst(at);
    format!("{}{}", day(local.date()), clock(local.time()))
}
