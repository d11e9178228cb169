//! I/O: one submission in full (`show RECEIPT`), one mail in full (`mail ID`).

use serde::Serialize;
use sqlx::SqliteConnection;

use super::column::instant;
use super::submissions::{SubmissionView, submission_views};
use super::views::{MailView, mail_views};
use super::{Error, Ledger, differences, mail_state, standing};
use crate::campaign::rfc3339;
use crate::inspection::verdict::{Change, Slot};

#[derive(Clone, Debug, Serialize)]
pub struct ShowView {
    #[serde(flatten)]
    pub submission: SubmissionView,
    pub findings: Vec<FindingView>,
    pub slots: Vec<ShownSlot>,
    /// Against the version before, for the visibilities of this form.
    pub difference: Vec<ChangeView>,
    pub reply: Option<ReplyView>,
    /// Audit entries about this submission and its mail, oldest first.
    pub audit: Vec<AuditView>,
    /// Every ruling, oldest first.
    pub rulings: Vec<RulingView>,
}

#[derive(Clone, Debug, Serialize, sqlx::FromRow)]
pub struct FindingView {
    pub code: String,
    pub severity: String,
    pub sheet: Option<String>,
    pub cell: Option<String>,
    pub read: Option<String>,
    pub message: String,
}

#[derive(Clone, Debug, Serialize)]
pub struct ShownSlot {
    pub date: String,
    pub start: String,
    pub end: Option<String>,
    pub dose: u8,
    pub public: u32,
    pub private: u32,
    pub sheet: String,
    pub row: u32,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ChangeView {
    pub date: String,
    pub start: String,
    pub visibility: &'static str,
    pub before: u32,
    pub after: u32,
}

#[derive(Clone, Debug, Serialize)]
pub struct ReplyView {
    pub template: String,
    pub to: String,
    pub subject: String,
    pub text: String,
    pub state: String,
    pub message_id: String,
    pub attempts: i64,
    pub sent_at: Option<String>,
}

#[derive(Clone, Debug, Serialize)]
pub struct AuditView {
    pub seq: i64,
    pub at: String,
    pub actor: String,
    pub kind: String,
    pub r#ref: String,
    pub hash: String,
}

#[derive(Clone, Debug, Serialize)]
pub struct RulingView {
    pub at: String,
    pub outcome: String,
    pub void: bool,
    pub version: Option<i64>,
    /// `uketsuke` or the user who decided.
    pub actor: String,
    pub kind: String,
    pub reason: Option<String>,
}

/// `mail ID`: the mail as `mails` lists it, and what was made of it.
#[derive(Clone, Debug, Serialize)]
pub struct MailDetail {
    #[serde(flatten)]
    pub mail: MailView,
    /// Why there is no reply; null when there is one.
    pub silence: Option<String>,
    /// Findings of the mail as a whole.
    pub findings: Vec<FindingView>,
    pub submissions: Vec<SubmissionView>,
    pub decisions: Vec<DecisionView>,
    pub audit: Vec<AuditView>,
}

#[derive(Clone, Debug, Serialize)]
pub struct DecisionView {
    pub at: String,
    pub actor: String,
    pub kind: String,
    pub reason: String,
}

struct Base {
    submission_id: i64,
    reading_id: i64,
    venue: Option<String>,
    received_at: i64,
    public: bool,
    private: bool,
}

impl Ledger {
    /// One mail, or [`Error::Missing`].
    pub async fn mail(&self, id: i64) -> Result<MailDetail, Error> {
        let registry = self.registry().await?;
        let mut tx = self.read().await?;
        let states = mail_state::states(&mut tx, &registry, Some(id)).await?;
        let mail =
            mail_views(&mut tx, Some(id), &states).await?.pop().ok_or_else(|| Error::missing("mail", &id))?;
        let (judgement, silence): (i64, Option<String>) =
            sqlx::query_as("SELECT id, silence FROM current_judgement WHERE mail_id = ?1")
                .bind(id)
                .fetch_one(&mut *tx)
                .await?;
        let findings = sqlx::query_as(
            "SELECT code, severity, sheet, cell, read, message FROM finding WHERE judgement_id = ?1 ORDER BY id",
        )
        .bind(judgement)
        .fetch_all(&mut *tx)
        .await?;
        let mut submissions = Vec::new();
        for receipt in &mail.receipts {
            submissions.extend(submission_views(&mut tx, None, Some(receipt)).await?);
        }
        let decisions: Vec<(i64, String, String, String)> = sqlx::query_as(
            "SELECT at, actor, kind, reason FROM staff_decision WHERE mail_id = ?1 ORDER BY id",
        )
        .bind(id)
        .fetch_all(&mut *tx)
        .await?;
        let decisions = decisions
            .into_iter()
            .map(|(at, actor, kind, reason)| DecisionView { at: rfc3339(instant(at)), actor, kind, reason })
            .collect();
        let audit = audit_trail(&mut tx, "", Some(id)).await?;
        Ok(MailDetail { mail, silence, findings, submissions, decisions, audit })
    }

    pub async fn show(&self, receipt: &str) -> Result<ShowView, Error> {
        let mut tx = self.read().await?;
        let submission = submission_views(&mut tx, None, Some(receipt))
            .await?
            .pop()
            .ok_or_else(|| Error::missing("submission", receipt))?;
        let base = base(&mut tx, receipt).await?;
        let slots = standing::slots(&mut tx, base.reading_id).await?;
        let findings = sqlx::query_as(
            "SELECT code, severity, sheet, cell, read, message FROM finding
             WHERE reading_id = ?1 OR judgement_id = (SELECT judgement_id FROM ruling WHERE id = ?1)
             ORDER BY judgement_id IS NULL, id",
        )
        .bind(base.reading_id)
        .fetch_all(&mut *tx)
        .await?;
        let place = (base.received_at, base.submission_id);
        let scope = (base.public, base.private);
        let difference = differences::of(&mut tx, base.venue.as_deref(), place, scope, &slots).await?;
        let reply = reply(&mut tx, receipt, submission.mail_id).await?;
        let audit = audit_trail(&mut tx, receipt, submission.mail_id).await?;
        let rulings = rulings(&mut tx, base.submission_id).await?;
        Ok(ShowView {
            submission,
            findings,
            slots: slots.into_iter().map(shown).collect(),
            difference: difference.iter().map(change_view).collect(),
            reply,
            audit,
            rulings,
        })
    }
}

async fn base(connection: &mut SqliteConnection, receipt: &str) -> Result<Base, sqlx::Error> {
    let (submission_id, reading_id, venue, received_at, public, private) = sqlx::query_as(
        "SELECT s.id, r.reading_id, r.venue_key, s.received_at, r.scope_public, r.scope_private
         FROM submission s JOIN current_ruling r ON r.submission_id = s.id WHERE s.receipt = ?1",
    )
    .bind(receipt)
    .fetch_one(connection)
    .await?;
    Ok(Base { submission_id, reading_id, venue, received_at, public, private })
}

fn change_view(change: &Change) -> ChangeView {
    ChangeView {
        date: change.date.to_string(),
        start: super::column::time_text(change.start),
        visibility: change.visibility.as_str(),
        before: change.before,
        after: change.after,
    }
}

fn shown(slot: Slot) -> ShownSlot {
    ShownSlot {
        date: slot.date.to_string(),
        start: super::column::time_text(slot.start),
        end: slot.end.map(super::column::time_text),
        dose: slot.dose.number(),
        public: slot.public,
        private: slot.private,
        sheet: slot.sheet.into(),
        row: slot.row,
    }
}

async fn reply(
    connection: &mut SqliteConnection,
    receipt: &str,
    mail_id: Option<i64>,
) -> Result<Option<ReplyView>, sqlx::Error> {
    type Row = (String, String, String, String, String, String, i64, Option<i64>);
    let row: Option<Row> = sqlx::query_as(
        "SELECT kind, to_address, subject, text, state, message_id, attempts, sent_at
         FROM outbox JOIN letter ON outbox_id = id
         WHERE kind <> 'notice' AND (receipt = ?1 OR (mail_id = ?2 AND receipt IS NULL))
         ORDER BY receipt IS NULL, id DESC LIMIT 1",
    )
    .bind(receipt)
    .bind(mail_id)
    .fetch_optional(connection)
    .await?;
    Ok(row.map(|(template, to, subject, text, state, message_id, attempts, sent_at)| ReplyView {
        template,
        to,
        subject,
        text,
        state,
        message_id,
        attempts,
        sent_at: sent_at.map(|at| rfc3339(instant(at))),
    }))
}

async fn audit_trail(
    connection: &mut SqliteConnection,
    receipt: &str,
    mail_id: Option<i64>,
) -> Result<Vec<AuditView>, sqlx::Error> {
    let rows: Vec<(i64, i64, String, String, String, String)> = sqlx::query_as(
        "SELECT seq, at, actor, kind, ref, hash FROM audit WHERE ref IN (?1, ?2) ORDER BY seq",
    )
    .bind(format!("receipt:{receipt}"))
    .bind(mail_id.map(|id| format!("mail:{id}")))
    .fetch_all(connection)
    .await?;
    Ok(rows
        .into_iter()
        .map(|(seq, at, actor, kind, subject, hash)| AuditView {
            seq,
            at: rfc3339(instant(at)),
            actor,
            kind,
            r#ref: subject,
            hash,
        })
        .collect())
}

async fn rulings(
    connection: &mut SqliteConnection,
    submission_id: i64,
) -> Result<Vec<RulingView>, sqlx::Error> {
    type Row = (i64, String, bool, Option<i64>, String, String, Option<String>);
    let rows: Vec<Row> = sqlx::query_as(
        "SELECT r.made_at, r.outcome, r.void, r.version, COALESCE(d.actor, j.actor, 'uketsuke'),
                COALESCE(d.kind, 'judgement'), d.reason
         FROM ruling r LEFT JOIN staff_decision d ON d.id = r.decision_id
         LEFT JOIN judgement j ON j.id = r.judgement_id
         WHERE r.submission_id = ?1 ORDER BY r.id",
    )
    .bind(submission_id)
    .fetch_all(connection)
    .await?;
    Ok(rows
        .into_iter()
        .map(|(at, outcome, void, version, actor, kind, reason)| RulingView {
            at: rfc3339(instant(at)),
            outcome,
            void,
            version,
            actor,
            kind,
            reason,
        })
        .collect())
}
