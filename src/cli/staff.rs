//! `accept`, `reject`, `void`, `reassign`, `adopt`, `note`, `extend`: what only a person can decide. Each decision is a row of its own with who,
//! when and why; nothing is edited in place.

use jiff::Timestamp;
use serde_json::json;

use super::clinics::actor;
use super::listings::outcome_label;
use super::{Context, EXIT_DATA, EXIT_USAGE, Failure, print, print_json};
use crate::campaign::Deadlines;
use crate::daemon::Office;
use crate::daemon::decide::Decided;
use crate::ledger::staff::{Decision, Subject};
use crate::outbound::words::letter_kind;

#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  uketsuke accept 8-0123-2 --reason 電話で確認")]
pub struct AcceptArguments {
    /// Receipt number of a held form.
    receipt: String,
    /// Why; goes into the audit trail.
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// Also when the form has errors or exceeds the cap.
    #[arg(long)]
    despite_errors: bool,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  uketsuke reject 8-0123-2 --reason 本人確認ができない")]
pub struct RejectArguments {
    /// Receipt number of a held form.
    receipt: String,
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  uketsuke void 8-0123-2 --reason 医療機関から取下げの連絡")]
pub struct VoidArguments {
    /// Receipt number; what was in force before it is in force again.
    receipt: String,
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  uketsuke reassign 8-0-3 0123 --reason 電話で会場を確認")]
pub struct ReassignArguments {
    /// Receipt number; it stays the same.
    receipt: String,
    /// The clinic it belongs to; the form is then held until it is accepted.
    venue_no: String,
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    uketsuke adopt 8-0123-2 --reason 電話で本人確認           the sender of that form\n  \
    uketsuke adopt 12 0123 --reason 電話で本人確認            the sender of mail 12, for clinic 0123\n  \
    uketsuke adopt 0123 new@example.jp --reason 電話で確認    an address")]
pub struct AdoptArguments {
    /// Receipt number, mail number, or (before an address) 会場番号.
    subject: String,
    /// The address to register, or the 会場番号 that the sender of the mail is registered for.
    to: Option<String>,
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  uketsuke note 12 --reason 電話で回答済み\n  uketsuke note 8-0123-2 --reason 備考を確認\n  uketsuke note --clinic 0123 --reason 10月から担当者変更"
)]
pub struct NoteArguments {
    /// Mail number or receipt number.
    #[arg(required_unless_present = "clinic", conflicts_with = "clinic")]
    subject: Option<String>,
    /// A remark on a clinic.
    #[arg(long, value_name = "VENUE_NO")]
    clinic: Option<String>,
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  uketsuke extend 0123 --submission 2021-10-11T12:00:00+09:00 --reason 停電のため",
    group = clap::ArgGroup::new("deadline").required(true).multiple(true).args(["submission", "correction"])
)]
pub struct ExtendArguments {
    venue_no: String,
    /// The clinic's own submission deadline.
    #[arg(long, value_name = "RFC3339")]
    submission: Option<Timestamp>,
    /// The clinic's own correction deadline.
    #[arg(long, value_name = "RFC3339")]
    correction: Option<Timestamp>,
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

pub async fn accept(context: &Context, arguments: &AcceptArguments) -> Result<u8, Failure> {
    let (office, actor) = open(context, &arguments.reason).await?;
    let decision = decision(&office, &actor, &arguments.reason);
    let decided = office.accept(&arguments.receipt, arguments.despite_errors, decision).await?;
    let version = decided.version.unwrap_or_default();
    report(
        context,
        &arguments.receipt,
        "accepted",
        &decided,
        &format!("受け付けました（第{version}版）。この内容が有効です。"),
    )
}

pub async fn reject(context: &Context, arguments: &RejectArguments) -> Result<u8, Failure> {
    let (office, actor) = open(context, &arguments.reason).await?;
    let decided = office.reject(&arguments.receipt, decision(&office, &actor, &arguments.reason)).await?;
    report(context, &arguments.receipt, "rejected", &decided, "受け付けないこととしました。")
}

fn report(
    context: &Context,
    receipt: &str,
    outcome: &str,
    decided: &Decided,
    done: &str,
) -> Result<u8, Failure> {
    if context.json() {
        let letters: Vec<_> =
            decided.letters.iter().map(|(template, to)| json!({ "template": template, "to": to })).collect();
        print_json(&json!({
            "receipt": receipt, "outcome": outcome, "version": decided.version, "letters": letters,
        }))?;
        return Ok(0);
    }
    print(&format!("{receipt}：{done}\n"));
    for (template, to) in &decided.letters {
        print(&format!("返信（{}）を {to} あてに作成しました。\n", letter_kind(template)));
    }
    if decided.untold {
        print("医療機関へのメールは作成していません。必要に応じて電話でお知らせください。\n");
    }
    if !decided.letters.is_empty() && !context.config.outgoing.sends_to_clinics() {
        print("outgoing.mode の設定により、返信は保留（held）です。\n");
    }
    Ok(0)
}

pub async fn void(context: &Context, arguments: &VoidArguments) -> Result<u8, Failure> {
    let (office, actor) = open(context, &arguments.reason).await?;
    let in_force =
        office.ledger.void(&arguments.receipt, decision(&office, &actor, &arguments.reason)).await?;
    if context.json() {
        print_json(&json!({ "receipt": arguments.receipt, "void": true, "in_force": in_force }))?;
    } else if in_force.is_empty() {
        print(&format!("{}：無効としました。有効な内容はありません。\n", arguments.receipt));
    } else {
        print(&format!("{}：無効としました。有効な受付番号：{}\n", arguments.receipt, in_force.join(" ")));
    }
    Ok(0)
}

pub async fn reassign(context: &Context, arguments: &ReassignArguments) -> Result<u8, Failure> {
    let (office, actor) = open(context, &arguments.reason).await?;
    let decision = decision(&office, &actor, &arguments.reason);
    office.ledger.reassign(&arguments.receipt, &arguments.venue_no, decision).await?;
    if context.json() {
        print_json(
            &json!({ "receipt": arguments.receipt, "venue_no": arguments.venue_no, "outcome": "held" }),
        )?;
    } else {
        print(&format!(
            "{}：会場 {} の様式としました（保留）。内容を確認し、accept または reject で決定してください。\n",
            arguments.receipt, arguments.venue_no
        ));
    }
    Ok(0)
}

pub async fn adopt(context: &Context, arguments: &AdoptArguments) -> Result<u8, Failure> {
    let (office, actor) = open(context, &arguments.reason).await?;
    let (venue_no, address, mail) = match arguments.to.as_deref() {
        Some(address) if address.contains('@') => (arguments.subject.clone(), address.to_string(), None),
        Some(other) if office.ledger.registry().await?.by_venue_no(other).is_none() => {
            return Err(Failure::new(
                EXIT_DATA,
                format!(
                    "{other} is neither an e-mail address nor a 会場番号 of the registry (`uketsuke clinics list`)"
                ),
            ));
        }
        venue_no => sender_of(&office, &arguments.subject, venue_no).await?,
    };
    let judged =
        office.adopt(&venue_no, &address, mail, decision(&office, &actor, &arguments.reason)).await?;
    office.readers.shutdown().await;
    if context.json() {
        let judged: Vec<_> = judged
            .iter()
            .map(|(id, inspection)| {
                let receipts: Vec<_> = inspection
                    .submissions
                    .iter()
                    .filter_map(|submission| submission.receipt.clone())
                    .collect();
                json!({ "mail": id, "outcome": inspection.outcome.as_str(), "receipts": receipts })
            })
            .collect();
        print_json(&json!({ "venue_no": venue_no, "address": address, "judged_again": judged }))?;
        return Ok(0);
    }
    print(&format!("{address} を会場 {venue_no} のアドレスとして登録しました。\n"));
    for (id, inspection) in &judged {
        print(&format!("メール {id} を判定し直しました：{}\n", outcome_label(inspection.outcome.as_str())));
    }
    Ok(0)
}

/// Clinic, sender and number of the mail that a mail number or a receipt number means.
async fn sender_of(
    office: &Office,
    subject: &str,
    venue_no: Option<&str>,
) -> Result<(String, String, Option<i64>), Failure> {
    let (id, venue) = if subject.contains('-') {
        let shown = office.ledger.show(subject).await?.submission;
        let id = shown
            .mail_id
            .ok_or_else(|| Failure::new(EXIT_DATA, format!("{subject} did not come by mail")))?;
        (id, shown.venue_no)
    } else {
        (mail_number(subject)?, None)
    };
    let mail = office.ledger.mail(id).await?;
    let mut venues: Vec<String> = mail.submissions.iter().filter_map(|s| s.venue_no.clone()).collect();
    venues.dedup();
    let only = (venues.len() == 1).then(|| venues.remove(0));
    let venue = venue_no.map(str::to_string).or(venue).or(only).ok_or_else(|| {
        Failure::new(
            EXIT_DATA,
            format!("the clinic of mail {id} is not clear; name it: adopt {subject} VENUE_NO"),
        )
    })?;
    Ok((venue, mail.mail.from, Some(id)))
}

fn mail_number(text: &str) -> Result<i64, Failure> {
    text.parse().map_err(|_| {
        Failure::new(
            EXIT_USAGE,
            format!("{text} is neither a mail number nor a receipt number like 8-0123-2"),
        )
    })
}

pub async fn note(context: &Context, arguments: &NoteArguments) -> Result<u8, Failure> {
    let (office, actor) = open(context, &arguments.reason).await?;
    let decision = decision(&office, &actor, &arguments.reason);
    let named = match (&arguments.subject, &arguments.clinic) {
        (Some(receipt), _) if receipt.contains('-') => {
            office.ledger.note(Subject::Receipt(receipt), decision).await?;
            receipt
        }
        (Some(id), _) => {
            office.ledger.note(Subject::Mail(mail_number(id)?), decision).await?;
            id
        }
        (None, Some(venue_no)) => {
            office.ledger.note(Subject::Clinic(venue_no), decision).await?;
            venue_no
        }
        (None, None) => return Err(Failure::new(EXIT_USAGE, "name a mail, a receipt or --clinic VENUE_NO")),
    };
    let waits = match (&arguments.subject, named.contains('-')) {
        (None, _) => false,
        (Some(_), false) => office.ledger.mail(mail_number(named)?).await?.mail.needs_staff,
        (Some(_), true) => office.ledger.show(named).await?.submission.outcome == "held",
    };
    if context.json() {
        print_json(&json!({ "subject": named, "reason": arguments.reason, "needs_staff": waits }))?;
    } else {
        print(&format!("{named}：記録しました。\n"));
        if waits {
            print("様式が保留中のため、一覧に残ります。accept または reject で決定してください。\n");
        }
    }
    Ok(0)
}

pub async fn extend(context: &Context, arguments: &ExtendArguments) -> Result<u8, Failure> {
    let (office, actor) = open(context, &arguments.reason).await?;
    let decision = decision(&office, &actor, &arguments.reason);
    let now = office.ledger.standing(&arguments.venue_no).await?.deadlines(&office.campaign);
    let own = Deadlines {
        submission: arguments.submission.unwrap_or(now.submission),
        correction: arguments.correction.unwrap_or(now.correction),
    };
    let refused =
        |cause| Failure::new(EXIT_DATA, format!("failed to extend clinic {}: {cause}", arguments.venue_no));
    office.campaign.check_extension(own).map_err(refused)?;
    office.ledger.extend(&arguments.venue_no, arguments.submission, arguments.correction, decision).await?;
    let deadlines = office.ledger.standing(&arguments.venue_no).await?.deadlines(&office.campaign);
    let (submission, correction) =
        (crate::campaign::rfc3339(deadlines.submission), crate::campaign::rfc3339(deadlines.correction));
    if context.json() {
        print_json(&json!({
            "venue_no": arguments.venue_no, "submission": submission, "correction": correction,
        }))?;
    } else {
        print(&format!("会場 {}：提出期限 {submission}　修正期限 {correction}\n", arguments.venue_no));
    }
    Ok(0)
}

/// The office and who decides. A blank reason is no reason.
pub async fn open(context: &Context, reason: &str) -> Result<(Office, String), Failure> {
    if reason.trim().is_empty() {
        return Err(Failure::new(EXIT_USAGE, "--reason must say why; it goes into the audit trail"));
    }
    Ok((context.existing_office().await?, actor()))
}

pub fn decision<'a>(office: &Office, actor: &'a str, reason: &'a str) -> Decision<'a> {
    Decision { at: office.now(), actor, reason }
}
