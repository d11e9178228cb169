//! I/O: what the ledger already knows of a clinic and of a mail, for the judgement.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use sqlx::SqliteConnection;

use super::column::{SlotRow, maybe_instant, micros, scope};
use super::letters;
use crate::campaign::Timing;
use crate::clinic::address_key;
use crate::inbound::message::Message;
use crate::inspection::standing::{MailStanding, OurLetter, Standing, Version};
use crate::inspection::verdict::{Slot, Visibility};

/// What a clinic has, beside one of its accepted rulings; without any ruling its columns are null.
#[derive(sqlx::FromRow)]
struct ClinicRow {
    first_attempt: Option<i64>,
    versions: i64,
    serial: i64,
    submission_extended: Option<i64>,
    correction_extended: Option<i64>,
    #[sqlx(flatten)]
    accepted: AcceptedRow,
}

/// One accepted ruling of a clinic, once for each visibility in which its submission is in force.
#[derive(sqlx::FromRow)]
struct AcceptedRow {
    ruling_id: Option<i64>,
    submission_id: Option<i64>,
    reading_id: Option<i64>,
    receipt: Option<String>,
    version: Option<i64>,
    received_at: Option<i64>,
    form_number: Option<i64>,
    scope_public: Option<bool>,
    scope_private: Option<bool>,
    fingerprint: Option<String>,
    timing: Option<String>,
    /// `None`: replaced, nothing of the submission is in force.
    visibility: Option<String>,
    /// This very ruling is in force, for this clinic.
    rules: bool,
    exported: bool,
}

/// Everything in one round trip: every statement that crosses to the database's thread and back costs more than
/// its work.
pub(super) async fn of_clinic(
    connection: &mut SqliteConnection,
    venue: &str,
) -> Result<Standing, sqlx::Error> {
    let rows: Vec<ClinicRow> = sqlx::query_as(
        "SELECT (SELECT MIN(received_at) FROM current_ruling WHERE venue_key = ?1 AND attempt = 1 AND void = 0)
                    AS first_attempt,
                (SELECT COALESCE(MAX(version), 0) FROM ruling WHERE venue_key = ?1) AS versions,
                (SELECT COALESCE(MAX(serial), 0) FROM submission WHERE receipt_key = ?1) AS serial,
                (SELECT submission FROM extension WHERE venue_key = ?1 AND submission IS NOT NULL
                 ORDER BY id DESC LIMIT 1) AS submission_extended,
                (SELECT correction FROM extension WHERE venue_key = ?1 AND correction IS NOT NULL
                 ORDER BY id DESC LIMIT 1) AS correction_extended,
                r.id AS ruling_id, r.submission_id, COALESCE(r.reading_of, r.id) AS reading_id, s.receipt, r.version,
                s.received_at, r.form_number, r.scope_public, r.scope_private, r.fingerprint, r.timing, f.visibility,
                f.ruling_id IS r.id AND f.venue_key IS r.venue_key AS rules,
                EXISTS (SELECT 1 FROM export_item e WHERE e.submission_id = s.id AND e.venue_key = ?1) AS exported
         FROM (SELECT 1)
         LEFT JOIN ruling r ON r.venue_key = ?1 AND r.outcome IN ('accepted', 'accepted_with_warnings')
         LEFT JOIN submission s ON s.id = r.submission_id
         LEFT JOIN in_force f ON f.submission_id = r.submission_id
         ORDER BY r.id",
    )
    .bind(venue)
    .fetch_all(&mut *connection)
    .await?;
    let mut standing = Standing { next_serial: 1, ..Standing::default() };
    if let Some(row) = rows.first() {
        standing.first_attempt = maybe_instant(row.first_attempt);
        standing.submission_extended = maybe_instant(row.submission_extended);
        standing.correction_extended = maybe_instant(row.correction_extended);
        standing.next_serial = row.serial as u32 + 1;
        standing.versions = row.versions as u32;
    }
    let mut in_force: Vec<(i64, Version)> = Vec::new();
    for row in rows.into_iter().map(|row| row.accepted) {
        let (Some(_), Some(submission_id), Some(reading_id)) =
            (row.ruling_id, row.submission_id, row.reading_id)
        else {
            continue;
        };
        let Some(visibility) = &row.visibility else {
            // The last ruling with these slots names the receipt.
            standing.superseded.insert(row.fingerprint.unwrap_or_default(), row.receipt.unwrap_or_default());
            continue;
        };
        if !row.rules {
            continue;
        }
        let visibility = if visibility == "public" { Visibility::Public } else { Visibility::Private };
        if let Some((_, version)) = in_force.iter_mut().find(|(id, _)| *id == submission_id) {
            version.in_force.insert(visibility);
            continue;
        }
        let version = Version {
            receipt: row.receipt.unwrap_or_default(),
            version: row.version.unwrap_or_default() as u32,
            received_at: maybe_instant(row.received_at).unwrap_or_default(),
            form_number: row.form_number.map(|number| number as u8),
            scope: scope(row.scope_public.unwrap_or_default(), row.scope_private.unwrap_or_default()),
            in_force: BTreeSet::from([visibility]),
            slots: slots(connection, reading_id).await?,
            fingerprint: row.fingerprint.unwrap_or_default(),
            timing: row.timing.as_deref().and_then(Timing::parse),
            exported: row.exported,
        };
        in_force.push((submission_id, version));
    }
    standing.in_force = in_force.into_iter().map(|(_, version)| version).collect();
    standing.in_force.sort_by_key(|version| version.version);
    for version in &standing.in_force {
        standing.superseded.remove(&version.fingerprint);
    }
    Ok(standing)
}

/// The slots of one reading in the order of the file.
pub(super) async fn slots(
    connection: &mut SqliteConnection,
    reading_id: i64,
) -> Result<Vec<Slot>, sqlx::Error> {
    // One row of JSON: every row that crosses to the database's thread and back costs more than its contents. It is
    // put together by hand because json_array() takes each value apart again.
    let rows: String = sqlx::query_scalar(
        "SELECT '[' || COALESCE(group_concat('[\"' || date || '\",\"' || start || '\",'
                    || COALESCE('\"' || \"end\" || '\"', 'null') || ',' || dose || ',' || public || ',' || private || ','
                    || json_quote(sheet) || ',' || row || ']'), '') || ']'
         FROM (SELECT * FROM slot WHERE reading_id = ?1 ORDER BY ordinal)",
    )
    .bind(reading_id)
    .fetch_one(connection)
    .await?;
    let rows: Vec<SlotRow> =
        serde_json::from_str(&rows).map_err(|cause| sqlx::Error::Decode(Box::new(cause)))?;
    Ok(rows.into_iter().map(SlotRow::slot).collect())
}

/// Clinics with the same slots in force, the latest eleven at most: enough to say "and others".
pub(super) async fn twins(
    connection: &mut SqliteConnection,
    fingerprint: &str,
    venue: &str,
) -> Result<Vec<String>, sqlx::Error> {
    let mut twins: Vec<String> = sqlx::query_scalar(
        "SELECT c.venue_no FROM ruling r JOIN clinic c ON c.venue_key = r.venue_key
         WHERE r.fingerprint = ?1 AND r.fingerprint <> '' AND r.venue_key <> ?2
           AND EXISTS (SELECT 1 FROM in_force f WHERE f.submission_id = r.submission_id AND f.ruling_id = r.id)
         ORDER BY r.id DESC LIMIT 11",
    )
    .bind(fingerprint)
    .bind(venue)
    .fetch_all(connection)
    .await?;
    twins.sort_unstable();
    Ok(twins)
}

/// `own` is the mail's own row when it is judged again.
pub(super) async fn of_mail(
    connection: &mut SqliteConnection,
    message: &Message,
    received_at: Timestamp,
    own: Option<i64>,
) -> Result<MailStanding, sqlx::Error> {
    let own = own.unwrap_or(0);
    let mut standing = of_ids_and_sender(connection, message, received_at, own).await?;
    for id in message.answers.iter().rev() {
        standing.answers = our_letter(connection, id).await?;
        if standing.answers.is_some() {
            break;
        }
    }
    standing.bounced = letters::bounced(connection, message).await?;
    standing.ping_pong = ping_pong(connection, message, received_at, own).await?;
    Ok(standing)
}

/// How many letters of ours were answered within ten minutes and without a new file, by this mail and by those of the
/// same sender within the day before; 0 for a mail that answers nothing.
async fn ping_pong(
    connection: &mut SqliteConnection,
    message: &Message,
    received_at: Timestamp,
    own: i64,
) -> Result<u32, sqlx::Error> {
    if message.answers.is_empty() || message.from().is_empty() {
        return Ok(0);
    }
    let files: Vec<&str> =
        message.attachments.iter().filter(|file| !file.inline).map(|file| file.sha256.as_str()).collect();
    let day_ago = received_at.checked_sub(SignedDuration::from_hours(24)).unwrap_or_default();
    // The two clocks, ours and the mailbox's, may differ a little: a minute is allowed for that.
    let letters: i64 = sqlx::query_scalar(
        "WITH answer (id, at, answers) AS (
             SELECT m.id, m.received_at, m.answers FROM mail m
             WHERE m.from_key = ?1 AND m.received_at > ?2 AND m.received_at <= ?3 AND m.id <> ?4
               AND NOT EXISTS (SELECT 1 FROM submission s WHERE s.mail_id = m.id AND s.file_sha256 IS NOT NULL
                               AND NOT EXISTS (SELECT 1 FROM submission e
                                               WHERE e.file_sha256 = s.file_sha256 AND e.id < s.id))
             UNION ALL
             SELECT 0, ?3, ?5 WHERE NOT EXISTS (SELECT 1 FROM json_each(?6) f WHERE NOT EXISTS
                                                   (SELECT 1 FROM submission s WHERE s.file_sha256 = f.value)))
         SELECT COUNT(DISTINCT o.id) FROM answer a, json_each(a.answers) j
         JOIN outbox o ON o.message_id = j.value
         WHERE o.state NOT IN ('held', 'suppressed')
           AND a.at - COALESCE(o.sent_at, o.created_at) BETWEEN -60000000 AND 600000000",
    )
    .bind(address_key(message.from()))
    .bind(micros(day_ago))
    .bind(micros(received_at))
    .bind(own)
    .bind(serde_json::json!(message.answers).to_string())
    .bind(serde_json::json!(files).to_string())
    .fetch_one(connection)
    .await?;
    Ok(letters as u32)
}

/// Mails and letters with the same ids, the sender's refused password mail of the last 48 hours, and the budgeted
/// replies of the last hour and day, in one round trip.
async fn of_ids_and_sender(
    connection: &mut SqliteConnection,
    message: &Message,
    received_at: Timestamp,
    own: i64,
) -> Result<MailStanding, sqlx::Error> {
    type Row = (Option<i64>, bool, bool, Option<i64>, i64, i64);
    let hours =
        |count| micros(received_at.checked_sub(SignedDuration::from_hours(count)).unwrap_or_default());
    let (redelivery_of, message_id_seen, is_ours, password_mail, hour, day): Row = sqlx::query_as(
        "SELECT (SELECT MIN(id) FROM mail WHERE canonical = ?7 AND ?7 <> '' AND (?6 = 0 OR id < ?6)),
                EXISTS (SELECT 1 FROM mail WHERE message_id = ?8 AND canonical <> ?7 AND (?6 = 0 OR id < ?6)),
                EXISTS (SELECT 1 FROM outbox WHERE message_id = ?8),
                (SELECT m.id FROM mail m
                 WHERE m.from_key = ?1 AND ?1 <> '' AND m.received_at >= ?2 AND m.received_at <= ?3 AND m.id <> ?6
                   AND EXISTS (SELECT 1 FROM submission s
                               JOIN finding f ON f.reading_id IN (SELECT id FROM ruling WHERE submission_id = s.id)
                               WHERE s.mail_id = m.id AND f.code = 'M03'
                               UNION ALL
                               SELECT 1 FROM judgement j JOIN finding f ON f.judgement_id = j.id
                               WHERE j.mail_id = m.id AND f.code = 'M03')
                 ORDER BY m.received_at DESC LIMIT 1),
                COALESCE(SUM(o.basis_at > ?4), 0), COUNT(*)
         FROM outbox o
         WHERE o.to_key = ?1 AND ?1 <> '' AND o.basis_at > ?5 AND o.basis_at <= ?3 AND o.state <> 'suppressed'
           AND o.kind IN ('noatt', 'notxlsx', 'passwd', 'unreadable', 'winmail', 'unknown', 'unreg', 'dup')
           AND o.mail_id IS NOT ?6",
    )
    .bind(address_key(message.from()))
    .bind(hours(48))
    .bind(micros(received_at))
    .bind(hours(1))
    .bind(hours(24))
    .bind(own)
    .bind(&message.canonical)
    .bind(&message.message_id)
    .fetch_one(connection)
    .await?;
    Ok(MailStanding {
        redelivery_of,
        message_id_seen,
        password_mail,
        is_ours,
        replies_last_hour: hour as u32,
        replies_last_day: day as u32,
        ..MailStanding::default()
    })
}

async fn our_letter(
    connection: &mut SqliteConnection,
    message_id: &str,
) -> Result<Option<OurLetter>, sqlx::Error> {
    let row: Option<(i64, String, Option<String>, Option<String>)> = sqlx::query_as(
        "SELECT o.id, o.kind, c.venue_no, o.receipt FROM outbox o LEFT JOIN clinic c ON c.venue_key = o.venue_key
         WHERE o.message_id = ?1",
    )
    .bind(message_id)
    .fetch_optional(connection)
    .await?;
    Ok(row.map(|(outbox_id, kind, venue_no, receipt)| OurLetter { outbox_id, kind, venue_no, receipt }))
}
