//! I/O: a recorded submission as the judgement's own value: for the letters that follow a decision of staff.
//!
//! What is told is what the ledger holds, not what the file would be read as today.

use std::sync::Arc;

use jiff::Timestamp;
use smol_str::SmolStr;
use sqlx::SqliteConnection;

use super::column::{instant, scope};
use super::{Error, Intake, standing};
use crate::campaign::{Deadlines, Timing};
use crate::clinic::venue_key;
use crate::inbound::message::{Author, Message};
use crate::inspection::form::Form;
use crate::inspection::judgement::{SenderStanding, Submission};
use crate::inspection::verdict::{Finding, Outcome, Place, Severity, Template, Totals};

/// A submission with the head of its mail.
#[derive(Clone, Debug)]
pub struct Recorded {
    /// `previous` and `union` are left empty: they depend on what is in force when it is told.
    pub submission: Submission,
    /// From, Message-ID and references of its mail; `None` for a form that did not come by mail.
    pub message: Option<Message>,
    pub received_at: Timestamp,
    /// A reply about it (or about its mail) left, or will leave by itself.
    pub answered: bool,
    pub errors: u32,
}

#[derive(sqlx::FromRow)]
struct Row {
    reading_id: i64,
    mail_id: Option<i64>,
    received_at: i64,
    file_name: Option<String>,
    file_sha256: Option<String>,
    outcome: String,
    timing: Option<String>,
    submission_deadline: i64,
    correction_deadline: i64,
    venue_key: Option<String>,
    sender: String,
    has_form: bool,
    form_number: Option<i64>,
    scope_public: bool,
    scope_private: bool,
    fingerprint: String,
    template: Option<String>,
    errors: i64,
}

impl Intake {
    /// One submission as it stands, or [`Error::Missing`].
    pub async fn recorded(&mut self, receipt: &str) -> Result<Recorded, Error> {
        let row: Option<Row> = sqlx::query_as(
            "SELECT r.reading_id, s.mail_id, s.received_at, s.file_name, s.file_sha256, r.outcome, r.timing,
                    r.submission_deadline, r.correction_deadline, r.venue_key, r.sender, r.has_form, r.form_number,
                    r.scope_public, r.scope_private, r.fingerprint, r.template, r.errors
             FROM submission s JOIN current_ruling r ON r.submission_id = s.id WHERE s.receipt = ?1",
        )
        .bind(receipt)
        .fetch_optional(&mut *self.tx)
        .await?;
        let row = row.ok_or_else(|| Error::missing("submission", receipt))?;
        let registry = self.registry().await?;
        let clinic = row
            .venue_key
            .as_deref()
            .and_then(|key| registry.iter().find(|clinic| venue_key(&clinic.venue_no) == key));
        let slots = standing::slots(&mut self.tx, row.reading_id).await?;
        let answered: bool = sqlx::query_scalar(
            "SELECT EXISTS (SELECT 1 FROM outbox WHERE kind <> 'notice' AND state NOT IN ('held', 'suppressed')
                            AND (receipt = ?1 OR (mail_id = ?2 AND receipt IS NULL)))",
        )
        .bind(receipt)
        .bind(row.mail_id)
        .fetch_one(&mut *self.tx)
        .await?;
        let message = match row.mail_id {
            Some(id) => Some(head(&mut self.tx, id).await?),
            None => None,
        };
        let form = row.has_form.then(|| {
            Arc::new(Form {
                number: row.form_number.map(|number| number as u8),
                visibility: scope(row.scope_public, row.scope_private),
                ..Form::default()
            })
        });
        let submission = Submission {
            file: None,
            file_name: row.file_name,
            file_sha256: row.file_sha256,
            form,
            clinic: clinic.cloned(),
            sender: sender(&row.sender),
            outcome: Outcome::parse(&row.outcome).unwrap_or(Outcome::Held),
            timing: row.timing.as_deref().and_then(Timing::parse),
            deadlines: Deadlines {
                submission: instant(row.submission_deadline),
                correction: instant(row.correction_deadline),
            },
            receipt: Some(receipt.to_string()),
            version: None,
            findings: findings(&mut self.tx, row.reading_id).await?,
            totals: Some(Totals::of(&slots)),
            slots,
            scope: scope(row.scope_public, row.scope_private),
            fingerprint: row.fingerprint,
            previous: Vec::new(),
            changes: Vec::new(),
            union: Vec::new(),
            template: row.template.as_deref().and_then(Template::parse),
        };
        Ok(Recorded {
            submission,
            message,
            received_at: instant(row.received_at),
            answered,
            errors: row.errors as u32,
        })
    }
}

/// What a reply needs of a mail.
async fn head(connection: &mut SqliteConnection, mail_id: i64) -> Result<Message, Error> {
    let (from, subject, message_id, answers): (String, String, Option<String>, String) =
        sqlx::query_as("SELECT from_address, subject, message_id, answers FROM mail WHERE id = ?1")
            .bind(mail_id)
            .fetch_one(connection)
            .await?;
    let author = (!from.is_empty()).then(|| Author { name: String::new(), address: from });
    Ok(Message {
        authors: author.into_iter().collect(),
        subject,
        message_id,
        answers: serde_json::from_str(&answers).unwrap_or_default(),
        ..Message::default()
    })
}

/// The findings of one reading, in the order in which they were made.
pub(super) async fn findings(
    connection: &mut SqliteConnection,
    reading_id: i64,
) -> Result<Vec<Finding>, Error> {
    type Row = (
        String,
        String,
        Option<String>,
        Option<String>,
        Option<String>,
        Option<String>,
        String,
        Option<String>,
    );
    let rows: Vec<Row> = sqlx::query_as(
        "SELECT code, severity, sheet, cell, label, read, message, mend FROM finding WHERE reading_id = ?1 ORDER BY id",
    )
    .bind(reading_id)
    .fetch_all(connection)
    .await?;
    Ok(rows
        .into_iter()
        .map(|(code, level, sheet, cell, label, read, message, mend)| Finding {
            code,
            severity: severity(&level),
            place: Place { sheet: sheet.map(SmolStr::from), cell: cell.map(SmolStr::from) },
            label,
            read,
            message,
            mend,
        })
        .collect())
}

fn severity(word: &str) -> Severity {
    [Severity::Error, Severity::Warning, Severity::Info]
        .into_iter()
        .find(|severity| severity.as_str() == word)
        .unwrap_or(Severity::Staff)
}

fn sender(word: &str) -> SenderStanding {
    serde_json::from_value(serde_json::Value::from(word)).unwrap_or_default()
}

impl super::Ledger {
    /// What is in force for a clinic, and its own deadlines.
    pub async fn standing(&self, venue_no: &str) -> Result<crate::inspection::standing::Standing, Error> {
        let mut tx = self.read().await?;
        Ok(standing::of_clinic(&mut tx, &venue_key(venue_no)).await?)
    }

    /// What was found in a submission as it was last read.
    pub async fn findings_of(&self, receipt: &str) -> Result<Vec<Finding>, Error> {
        let mut tx = self.read().await?;
        let reading: Option<i64> = sqlx::query_scalar(
            "SELECT r.reading_id FROM submission s JOIN current_ruling r ON r.submission_id = s.id
             WHERE s.receipt = ?1",
        )
        .bind(receipt)
        .fetch_optional(&mut *tx)
        .await?;
        findings(&mut tx, reading.ok_or_else(|| Error::missing("submission", receipt))?).await
    }

    /// Was there an export of this number?
    pub async fn has_export(&self, id: i64) -> Result<bool, Error> {
        Ok(sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM export WHERE id = ?1)")
            .bind(id)
            .fetch_one(&self.readers)
            .await?)
    }
}
