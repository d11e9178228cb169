//! Pure: the T rules: what the receipt time means (spec: "Timing"). They show only as a sentence of the template.

use jiff::{SignedDuration, Timestamp};

use crate::campaign::Timing;
use crate::inspection::judge::{Desk, Mail};
use crate::inspection::sender::{disputed, trusted_receipt};
use crate::inspection::standing::Standing;
use crate::inspection::verdict::{Finding, Severity};

use super::finding::note as finding;

/// The timing findings of one form.
pub fn on_timing(
    mail: &Mail,
    desk: &Desk,
    standing: &Standing,
    timing: Timing,
    duplicate: bool,
    received_at: Timestamp,
) -> Vec<Finding> {
    let message = &mail.dissected.message;
    let deadlines = standing.deadlines(desk.campaign);
    let mut findings = Vec::new();
    if !duplicate {
        findings.extend(band(timing));
    }
    if message.date.is_some_and(|date| t07_sent_in_time(date, received_at, deadlines.submission)) {
        findings.push(finding(
            "T07",
            Severity::Staff,
            "送信日時（Date）は提出期限内ですが、受信は期限後です。",
        ));
    }
    if received_at < desk.campaign.opens {
        findings.push(finding(
            "T08",
            Severity::Info,
            "様式の公開前の受信です。以前の様式の可能性があります。",
        ));
    }
    if !duplicate && standing.in_force.iter().any(|version| version.exported) {
        findings.push(finding(
            "T09",
            Severity::Staff,
            "セットアップ用に出力済みの版への修正です。差分をご確認ください。",
        ));
    }
    let relayed_at = trusted_receipt(message, &desk.settings.sender);
    if relayed_at.is_some_and(|relayed_at| disputed(relayed_at, received_at, deadlines, desk.campaign)) {
        findings.push(finding(
            "T11",
            Severity::Staff,
            "中継サーバーの受信時刻とメールサーバーの受信時刻が、期限をはさんで食い違っています。",
        ));
    }
    findings
}

fn band(timing: Timing) -> Option<Finding> {
    Some(match timing {
        Timing::OnTime => return None,
        Timing::Late => finding("T01", Severity::Warning, "提出期限を過ぎてのご提出です。"),
        Timing::FixOfOnTime => {
            finding("T02", Severity::Info, "提出期限内のご提出の不備修正として取り扱います。")
        }
        Timing::Correction => finding("T03", Severity::Info, "受付済みの内容の修正です。"),
        Timing::CorrectionLastDay => finding("T04", Severity::Warning, "修正の受付期限当日の修正です。"),
        Timing::CorrectionLate => {
            finding("T05", Severity::Staff, "修正の受付期限を過ぎた修正です。反映の可否をご判断ください。")
        }
        Timing::AfterOpening => {
            finding("T06", Severity::Staff, "予約受付開始後の受信です。自動では反映していません。")
        }
    })
}

fn t07_sent_in_time(date: Timestamp, received_at: Timestamp, deadline: Timestamp) -> bool {
    date <= deadline
        && received_at > deadline
        && received_at.duration_since(date) > SignedDuration::from_mins(30)
}
