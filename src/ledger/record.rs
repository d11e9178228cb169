//! I/O: the rows of one mail: raw bytes, mail, place, judgement, submissions, findings, slots, what is in force,
//! letters. Always inside the transaction of an intake or of a staff decision.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Value, json};
use sqlx::{QueryBuilder, Sqlite, SqliteConnection};

use super::attempt::is_attempt;
use super::column::{ROWS, micros, time_text};
use super::in_force::{next_version, put_in_force, venues_of};
use super::intake::{NewEntry, NewLetter, NewMail};
use super::letters::{insert_letters, note_bounce};
use super::{Error, audit, progress};
use crate::clinic::{address_key, venue_key};
use crate::inbound::message::Message;
use crate::inspection::judgement::{Answer, Inspection, Submission};
use crate::inspection::verdict::{Finding, Severity, Slot, Visibility};
use crate::sha256;

/// A recorded mail and what the audit trail says about it.
pub(super) struct Recorded {
    pub mail_id: i64,
    pub summary: Value,
}

/// Where a submission comes from.
pub(super) struct Origin<'a> {
    pub mail_id: Option<i64>,
    pub judgement_id: Option<i64>,
    pub decision_id: Option<i64>,
    pub channel: &'a str,
    pub received_at: i64,
    pub made_at: i64,
    pub message: Option<&'a Message>,
}

pub(super) async fn mail(connection: &mut SqliteConnection, mail: &NewMail<'_>) -> Result<Recorded, Error> {
    let mail_id = insert_mail(connection, mail).await?;
    let judgement_id = insert_judgement(
        connection,
        mail_id,
        mail.inspection,
        mail.letters.len(),
        mail.recorded_at,
        audit::PROGRAM,
    )
    .await?;
    insert_findings(connection, judgement_id, &mail.inspection.findings).await?;
    let origin = Origin {
        mail_id: Some(mail_id),
        judgement_id: Some(judgement_id),
        decision_id: None,
        channel: "mail",
        received_at: micros(mail.raw.received_at),
        made_at: micros(mail.recorded_at),
        message: Some(mail.message),
    };
    let mut told = Vec::new();
    for (ordinal, submission) in mail.inspection.submissions.iter().enumerate() {
        let id = insert_submission(connection, &origin, ordinal as i64, submission).await?;
        told.push(rule(connection, &origin, id, submission, false).await?);
    }
    for (venue_no, address) in &mail.inspection.provisional {
        take_on(connection, venue_no, address, mail.recorded_at).await?;
    }
    let letters = insert_letters(connection, &origin, mail.inspection, mail.letters).await?;
    note_bounce(connection, mail.message, mail.raw.received_at).await?;
    let summary = json!({
        "sha256": mail.sha256,
        "outcome": mail.inspection.outcome.as_str(),
        "submissions": told,
        "letters": letters,
    });
    Ok(Recorded { mail_id, summary })
}

pub(super) async fn judgement_again(
    connection: &mut SqliteConnection,
    mail_id: i64,
    inspection: &Inspection,
    letters: &[NewLetter<'_>],
    now: Timestamp,
    actor: &str,
) -> Result<Value, Error> {
    let received_at: Option<i64> = sqlx::query_scalar("SELECT received_at FROM mail WHERE id = ?1")
        .bind(mail_id)
        .fetch_optional(&mut *connection)
        .await?;
    let received_at = received_at.ok_or_else(|| Error::missing("mail", &mail_id))?;
    sqlx::query("UPDATE outbox SET state = 'suppressed' WHERE mail_id = ?1 AND state = 'held'")
        .bind(mail_id)
        .execute(&mut *connection)
        .await?;
    let judgement_id = insert_judgement(connection, mail_id, inspection, letters.len(), now, actor).await?;
    insert_findings(connection, judgement_id, &inspection.findings).await?;
    let origin = Origin {
        mail_id: Some(mail_id),
        judgement_id: Some(judgement_id),
        decision_id: None,
        channel: "mail",
        received_at,
        made_at: micros(now),
        message: None,
    };
    let mut told = Vec::new();
    for (ordinal, submission) in inspection.submissions.iter().enumerate() {
        let known: Option<i64> = sqlx::query_scalar(
            "SELECT id FROM submission WHERE mail_id = ?1
               AND CASE WHEN ?2 IS NULL THEN receipt IS NULL AND ordinal = ?3 ELSE receipt = ?2 END",
        )
        .bind(mail_id)
        .bind(&submission.receipt)
        .bind(ordinal as i64)
        .fetch_optional(&mut *connection)
        .await?;
        let id = if let Some(id) = known {
            id
        } else {
            let free: i64 =
                sqlx::query_scalar("SELECT COALESCE(MAX(ordinal) + 1, 0) FROM submission WHERE mail_id = ?1")
                    .bind(mail_id)
                    .fetch_one(&mut *connection)
                    .await?;
            insert_submission(connection, &origin, free, submission).await?
        };
        told.push(rule(connection, &origin, id, submission, true).await?);
    }
    for (venue_no, address) in &inspection.provisional {
        take_on(connection, venue_no, address, now).await?;
    }
    let letters = insert_letters(connection, &origin, inspection, letters).await?;
    Ok(json!({ "outcome": inspection.outcome.as_str(), "submissions": told, "letters": letters }))
}

pub(super) async fn entry(
    connection: &mut SqliteConnection,
    entry: &NewEntry<'_>,
) -> Result<(i64, Value), Error> {
    let sha256 = sha256::of(entry.file);
    store_file(connection, &sha256, entry.file).await?;
    let venue = entry.submission.clinic.as_ref().map(|clinic| venue_key(&clinic.venue_no));
    let decision_id: i64 = sqlx::query_scalar(
        "INSERT INTO staff_decision (at, actor, kind, venue_key, reason) VALUES (?1, ?2, 'submit', ?3, ?4)
         RETURNING id",
    )
    .bind(micros(entry.recorded_at))
    .bind(entry.actor)
    .bind(venue)
    .bind(entry.reason)
    .fetch_one(&mut *connection)
    .await?;
    let origin = Origin {
        mail_id: None,
        judgement_id: None,
        decision_id: Some(decision_id),
        channel: entry.channel,
        received_at: micros(entry.received_at),
        made_at: micros(entry.recorded_at),
        message: None,
    };
    let id = insert_submission(connection, &origin, 0, entry.submission).await?;
    let told = rule(connection, &origin, id, entry.submission, false).await?;
    Ok((id, json!({ "sha256": sha256, "channel": entry.channel, "submission": told })))
}

async fn store_file(
    connection: &mut SqliteConnection,
    sha256: &str,
    bytes: &[u8],
) -> Result<(), sqlx::Error> {
    sqlx::query("INSERT INTO raw_message (sha256, size, bytes) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING")
        .bind(sha256)
        .bind(bytes.len() as i64)
        .bind(bytes)
        .execute(connection)
        .await?;
    Ok(())
}

/// Bytes, mail and place in one round trip; answers the mail's id. (sqlx counts a parameter number that a
/// statement leaves out as one of its own: together they must stay fewer than the values bound.)
async fn insert_mail(connection: &mut SqliteConnection, mail: &NewMail<'_>) -> Result<i64, sqlx::Error> {
    let message = mail.message;
    let (uid_validity, uid, name) = progress::key_columns(&mail.raw.key);
    sqlx::query_scalar(
        "INSERT INTO raw_message (sha256, size, omitted, bytes) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING;
         INSERT INTO mail (sha256, received_at, recorded_at, date_header, from_address, from_key, subject, message_id,
                           canonical, is_bounce, answers)
         VALUES (?1, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14);
         INSERT INTO location (mail_id, folder, uid_validity, uid, name, received_at, seen_at)
         VALUES (last_insert_rowid(), ?15, ?16, ?17, ?18, ?5, ?6) ON CONFLICT DO NOTHING;
         SELECT id FROM mail WHERE sha256 = ?1",
    )
    .bind(mail.sha256)
    .bind(mail.raw.bytes.len() as i64)
    .bind(mail.raw.omitted.map(|size| size as i64))
    .bind(&mail.raw.bytes)
    .bind(micros(mail.raw.received_at))
    .bind(micros(mail.recorded_at))
    .bind(message.date.map(micros))
    .bind(message.from())
    .bind(address_key(message.from()))
    .bind(&message.subject)
    .bind(&message.message_id)
    .bind(&message.canonical)
    .bind(message.bounce.is_some())
    .bind(json!(message.answers).to_string())
    .bind(mail.raw.key.folder())
    .bind(uid_validity)
    .bind(uid)
    .bind(name)
    .fetch_one(connection)
    .await
}

async fn insert_judgement(
    connection: &mut SqliteConnection,
    mail_id: i64,
    inspection: &Inspection,
    letters: usize,
    made_at: Timestamp,
    actor: &str,
) -> Result<i64, sqlx::Error> {
    let (answer, silence, template) = match inspection.answer {
        Answer::Silent(silence) => ("silent", Some(word(&silence)), None),
        Answer::Send(template) => ("send", None, Some(template)),
        Answer::Draft(template) => ("draft", None, Some(template)),
        Answer::Suppress(template) => ("suppress", None, Some(template)),
    };
    sqlx::query_scalar(
        "INSERT INTO judgement (mail_id, number, made_at, actor, outcome, needs_staff, answer, silence, template,
                                notify, letters, without_registry, other_files)
         VALUES (?1, (SELECT COALESCE(MAX(number), 0) + 1 FROM judgement WHERE mail_id = ?1), ?2, ?3, ?4, ?5, ?6, ?7,
                 ?8, ?9, ?10, NOT EXISTS (SELECT 1 FROM clinic), ?11)
         RETURNING id",
    )
    .bind(mail_id)
    .bind(micros(made_at))
    .bind(actor)
    .bind(inspection.outcome.as_str())
    .bind(inspection.needs_staff)
    .bind(answer)
    .bind(silence)
    .bind(template.map(crate::inspection::verdict::Template::as_str))
    .bind(inspection.notify.len() as i64)
    .bind(letters as i64)
    .bind(json!(inspection.other_files).to_string())
    .fetch_one(connection)
    .await
}

async fn insert_submission(
    connection: &mut SqliteConnection,
    origin: &Origin<'_>,
    ordinal: i64,
    submission: &Submission,
) -> Result<i64, Error> {
    let parts = submission.receipt.as_deref().map(receipt_parts).transpose()?;
    let (period, key, serial) = match parts {
        Some((period, key, serial)) => (Some(period), Some(key), Some(serial)),
        None => (None, None, None),
    };
    let id = sqlx::query_scalar(
        "INSERT INTO submission (receipt, period, receipt_key, serial, mail_id, ordinal, channel, received_at,
                                 recorded_at, file_name, file_sha256)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11) RETURNING id",
    )
    .bind(&submission.receipt)
    .bind(period)
    .bind(key)
    .bind(serial)
    .bind(origin.mail_id)
    .bind(ordinal)
    .bind(origin.channel)
    .bind(origin.received_at)
    .bind(origin.made_at)
    .bind(&submission.file_name)
    .bind(&submission.file_sha256)
    .fetch_one(connection)
    .await?;
    Ok(id)
}

/// `8-0123-2` → 8, `123`, 2. The number in the middle may itself hold hyphens.
fn receipt_parts(receipt: &str) -> Result<(u32, String, u32), Error> {
    let parts = receipt.split_once('-').and_then(|(period, rest)| {
        let (venue, serial) = rest.rsplit_once('-')?;
        Some((period.parse().ok()?, venue_key(venue), serial.parse().ok()?))
    });
    parts.ok_or_else(|| Error::refused("record receipt number", receipt, "it is not period-venue-serial"))
}

/// Adds the ruling of the program on a submission, with its slots and findings, and settles what is in force.
/// `known`: there may be earlier rulings on it.
async fn rule(
    connection: &mut SqliteConnection,
    origin: &Origin<'_>,
    submission_id: i64,
    submission: &Submission,
    known: bool,
) -> Result<Value, Error> {
    let venue = submission.clinic.as_ref().map(|clinic| venue_key(&clinic.venue_no));
    let before = if known { venues_of(connection, submission_id).await? } else { Vec::new() };
    let version = match submission.version {
        _ if !submission.outcome.is_accepted() => None,
        // Proposed from what this very transaction saw: it is free.
        Some(proposed) if !known => Some(i64::from(proposed)),
        proposed => Some(next_version(connection, submission_id, venue.as_deref(), proposed).await?),
    };
    let id = insert_ruling(connection, origin, submission_id, submission, venue.as_deref(), version).await?;
    insert_reading(connection, id, &submission.slots, &submission.findings).await?;
    if submission.outcome.is_accepted() || !before.is_empty() {
        for venue in venue.iter().chain(&before).collect::<BTreeSet<_>>() {
            put_in_force(connection, venue, origin.made_at).await?;
        }
    }
    Ok(json!({
        "receipt": submission.receipt,
        "outcome": submission.outcome.as_str(),
        "venue": venue,
        "version": version,
        "fingerprint": submission.fingerprint,
        "sum": submission.totals.map(|totals| totals.sum()),
    }))
}

async fn insert_ruling(
    connection: &mut SqliteConnection,
    origin: &Origin<'_>,
    submission_id: i64,
    submission: &Submission,
    venue: Option<&str>,
    version: Option<i64>,
) -> Result<i64, sqlx::Error> {
    let of =
        |severity| submission.findings.iter().filter(|finding| finding.severity == severity).count() as i64;
    let totals = submission.totals;
    sqlx::query_scalar(
        "INSERT INTO ruling (submission_id, judgement_id, decision_id, made_at, outcome, void, timing,
             submission_deadline, correction_deadline, venue_key, sender, attempt, has_form, form_number,
             scope_public, scope_private, version, fingerprint, first_public, first_private, second_public,
             second_private, cap, template, errors, warnings, infos, staff)
         VALUES (?1, ?2, ?3, ?4, ?5, 0, ?6, ?7, ?8, (SELECT venue_key FROM clinic WHERE venue_key = ?9), ?10, ?11,
             ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24, ?25, ?26, ?27)
         RETURNING id",
    )
    .bind(submission_id)
    .bind(origin.judgement_id)
    .bind(origin.decision_id)
    .bind(origin.made_at)
    .bind(submission.outcome.as_str())
    .bind(submission.timing.map(crate::campaign::Timing::as_str))
    .bind(micros(submission.deadlines.submission))
    .bind(micros(submission.deadlines.correction))
    .bind(venue)
    .bind(word(&submission.sender))
    .bind(is_attempt(submission, origin.message))
    .bind(submission.form.is_some())
    .bind(submission.form.as_ref().and_then(|form| form.number))
    .bind(submission.scope.contains(&Visibility::Public))
    .bind(submission.scope.contains(&Visibility::Private))
    .bind(version)
    .bind(&submission.fingerprint)
    .bind(totals.map(|totals| totals.first_public as i64))
    .bind(totals.map(|totals| totals.first_private as i64))
    .bind(totals.map(|totals| totals.second_public as i64))
    .bind(totals.map(|totals| totals.second_private as i64))
    .bind(submission.clinic.as_ref().and_then(|clinic| clinic.cap))
    .bind(submission.template.map(crate::inspection::verdict::Template::as_str))
    .bind(of(Severity::Error))
    .bind(of(Severity::Warning))
    .bind(of(Severity::Info))
    .bind(of(Severity::Staff))
    .fetch_one(connection)
    .await
}

/// What was read of a form, and what is to be said of it, in one round trip.
async fn insert_reading(
    connection: &mut SqliteConnection,
    reading_id: i64,
    slots: &[Slot],
    findings: &[Finding],
) -> Result<(), sqlx::Error> {
    if slots.is_empty() && findings.is_empty() {
        return Ok(());
    }
    let mut insert = QueryBuilder::<Sqlite>::new("");
    let rows: Vec<_> = (0i64..).zip(slots).collect();
    for rows in rows.chunks(ROWS) {
        insert.push(
            "INSERT INTO slot (reading_id, ordinal, date, start, \"end\", dose, public, private, sheet, row) ",
        );
        insert.push_values(rows, |mut row, (ordinal, slot)| {
            row.push_bind(reading_id)
                .push_bind(ordinal)
                .push_bind(slot.date.to_string())
                .push_bind(time_text(slot.start))
                .push_bind(slot.end.map(time_text))
                .push_bind(slot.dose.number())
                .push_bind(slot.public)
                .push_bind(slot.private)
                .push_bind(slot.sheet.as_str())
                .push_bind(slot.row);
        });
        insert.push(";");
    }
    push_findings(&mut insert, None, Some(reading_id), findings);
    insert.build().persistent(false).execute(connection).await?;
    Ok(())
}

async fn insert_findings(
    connection: &mut SqliteConnection,
    judgement_id: i64,
    findings: &[Finding],
) -> Result<(), sqlx::Error> {
    if findings.is_empty() {
        return Ok(());
    }
    let mut insert = QueryBuilder::<Sqlite>::new("");
    push_findings(&mut insert, Some(judgement_id), None, findings);
    insert.build().persistent(false).execute(connection).await?;
    Ok(())
}

fn push_findings(
    insert: &mut QueryBuilder<Sqlite>,
    judgement_id: Option<i64>,
    reading_id: Option<i64>,
    findings: &[Finding],
) {
    for findings in findings.chunks(ROWS) {
        insert.push(
            "INSERT INTO finding (judgement_id, reading_id, code, severity, sheet, cell, label, read, message, mend) ",
        );
        insert.push_values(findings, |mut row, finding| {
            row.push_bind(judgement_id)
                .push_bind(reading_id)
                .push_bind(&finding.code)
                .push_bind(finding.severity.as_str())
                .push_bind(finding.place.sheet.as_deref())
                .push_bind(finding.place.cell.as_deref())
                .push_bind(&finding.label)
                .push_bind(&finding.read)
                .push_bind(&finding.message)
                .push_bind(&finding.mend);
        });
        insert.push(";");
    }
}

/// 仮登録: the first address that submits for a clinic without any.
async fn take_on(
    connection: &mut SqliteConnection,
    venue_no: &str,
    address: &str,
    at: Timestamp,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO clinic_address (venue_key, address_key, address, ordinal, status, source, added_at,
                                     added_by)
         VALUES (?1, ?2, ?3, 1000, 'provisional', 'mail', ?4, ?5)
         ON CONFLICT DO UPDATE SET status = 'provisional', added_at = excluded.added_at WHERE status = 'removed'",
    )
    .bind(venue_key(venue_no))
    .bind(address_key(address))
    .bind(address)
    .bind(micros(at))
    .bind(audit::PROGRAM)
    .execute(connection)
    .await?;
    Ok(())
}

/// The stable word of an enum without fields, as serde writes it.
fn word<T: Serialize>(value: &T) -> String {
    match serde_json::to_value(value) {
        Ok(Value::String(word)) => word,
        _ => String::new(),
    }
}
