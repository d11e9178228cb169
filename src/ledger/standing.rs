//! I/O: what the ledger already knows of a clinic and of a mail, for the judgement.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use sqlx::SqliteConnection;

use super::column::{SlotRow, instant, maybe_instant, micros, scope};
use super::letters;
use crate::campaign::Timing;
use crate::clinic::address_key;
use crate::inbound::message::Message;
use crate::inspection::standing::{MailStanding, OurLetter, Standing, Version};
use crate::inspection::verdict::{Slot, Visibility};

#[derive(sqlx::FromRow)]
struct InForceRow {
    visibility: String,
    submission_id: i64,
    reading_id: i64,
    receipt: Option<String>,
    version: i64,
    received_at: i64,
    form_number: Option<i64>,
    scope_public: bool,
    scope_private: bool,
    fingerprint: String,
    timing: Option<String>,
    exported: bool,
}

pub(super) async fn of_clinic(
    connection: &mut SqliteConnection,
    venue: &str,
) -> Result<Standing, sqlx::Error> {
    let in_force = versions_in_force(connection, venue).await?;
    let superseded = superseded(connection, venue).await?;
    let (first_attempt, versions, serial, submission, correction): (
        Option<i64>,
        i64,
        i64,
        Option<i64>,
        Option<i64>,
    ) = sqlx::query_as(
        "SELECT (SELECT MIN(received_at) FROM current_ruling WHERE venue_key = ?1 AND attempt = 1 AND void = 0),
                (SELECT COALESCE(MAX(version), 0) FROM ruling WHERE venue_key = ?1),
                (SELECT COALESCE(MAX(serial), 0) FROM submission WHERE receipt_key = ?1),
                (SELECT submission FROM extension WHERE venue_key = ?1 AND submission IS NOT NULL
                 ORDER BY id DESC LIMIT 1),
                (SELECT correction FROM extension WHERE venue_key = ?1 AND correction IS NOT NULL
                 ORDER BY id DESC LIMIT 1)",
    )
    .bind(venue)
    .fetch_one(connection)
    .await?;
    let current: BTreeSet<&str> = in_force.iter().map(|version| version.fingerprint.as_str()).collect();
    let superseded =
        superseded.into_iter().filter(|(fingerprint, _)| !current.contains(fingerprint.as_str())).collect();
    Ok(Standing {
        in_force,
        superseded,
        first_attempt: maybe_instant(first_attempt),
        submission_extended: maybe_instant(submission),
        correction_extended: maybe_instant(correction),
        next_serial: serial as u32 + 1,
        versions: versions as u32,
    })
}

async fn versions_in_force(
    connection: &mut SqliteConnection,
    venue: &str,
) -> Result<Vec<Version>, sqlx::Error> {
    let rows: Vec<InForceRow> = sqlx::query_as(
        "SELECT f.visibility, f.submission_id, COALESCE(r.reading_of, r.id) AS reading_id, s.receipt, r.version,
                s.received_at, r.form_number, r.scope_public, r.scope_private, r.fingerprint, r.timing,
                EXISTS (SELECT 1 FROM export_item e WHERE e.submission_id = s.id AND e.venue_key = f.venue_key)
                    AS exported
         FROM in_force f JOIN ruling r ON r.id = f.ruling_id JOIN submission s ON s.id = f.submission_id
         WHERE f.venue_key = ?1 ORDER BY r.version",
    )
    .bind(venue)
    .fetch_all(&mut *connection)
    .await?;
    let mut by_submission: BTreeMap<i64, Version> = BTreeMap::new();
    for row in rows {
        let visibility = if row.visibility == "public" { Visibility::Public } else { Visibility::Private };
        if let Some(version) = by_submission.get_mut(&row.submission_id) {
            version.in_force.insert(visibility);
            continue;
        }
        let slots = slots(connection, row.reading_id).await?;
        by_submission.insert(
            row.submission_id,
            Version {
                receipt: row.receipt.unwrap_or_default(),
                version: row.version as u32,
                received_at: instant(row.received_at),
                form_number: row.form_number.map(|number| number as u8),
                scope: scope(row.scope_public, row.scope_private),
                in_force: BTreeSet::from([visibility]),
                slots,
                fingerprint: row.fingerprint,
                timing: row.timing.as_deref().and_then(Timing::parse),
                exported: row.exported,
            },
        );
    }
    let mut versions: Vec<Version> = by_submission.into_values().collect();
    versions.sort_by_key(|version| version.version);
    Ok(versions)
}

/// The slots of one reading in the order of the file.
pub(super) async fn slots(
    connection: &mut SqliteConnection,
    reading_id: i64,
) -> Result<Vec<Slot>, sqlx::Error> {
    // One row of JSON: every row that crosses to the database's thread and back costs more than its contents.
    let rows: String = sqlx::query_scalar(
        "SELECT json_group_array(json_array(date, start, \"end\", dose, public, private, sheet, row))
         FROM (SELECT * FROM slot WHERE reading_id = ?1 ORDER BY ordinal)",
    )
    .bind(reading_id)
    .fetch_one(connection)
    .await?;
    let rows: Vec<SlotRow> =
        serde_json::from_str(&rows).map_err(|cause| sqlx::Error::Decode(Box::new(cause)))?;
    Ok(rows.into_iter().map(SlotRow::slot).collect())
}

/// Fingerprints of accepted versions of which nothing is in force any more, with their receipts.
async fn superseded(
    connection: &mut SqliteConnection,
    venue: &str,
) -> Result<BTreeMap<String, String>, sqlx::Error> {
    let rows: Vec<(String, Option<String>)> = sqlx::query_as(
        "SELECT r.fingerprint, s.receipt FROM ruling r JOIN submission s ON s.id = r.submission_id
         WHERE r.venue_key = ?1 AND r.outcome IN ('accepted', 'accepted_with_warnings')
           AND NOT EXISTS (SELECT 1 FROM in_force f WHERE f.submission_id = r.submission_id)
         ORDER BY r.id",
    )
    .bind(venue)
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(|(fingerprint, receipt)| (fingerprint, receipt.unwrap_or_default())).collect())
}

pub(super) async fn twins(
    connection: &mut SqliteConnection,
    fingerprint: &str,
    venue: &str,
) -> Result<Vec<String>, sqlx::Error> {
    sqlx::query_scalar(
        "SELECT DISTINCT c.venue_no FROM ruling r
         CROSS JOIN in_force f ON f.submission_id = r.submission_id AND f.ruling_id = r.id
         JOIN clinic c ON c.venue_key = f.venue_key
         WHERE r.fingerprint = ?1 AND r.fingerprint <> '' AND f.venue_key <> ?2 ORDER BY c.venue_no",
    )
    .bind(fingerprint)
    .bind(venue)
    .fetch_all(connection)
    .await
}

/// `own` is the mail's own row when it is judged again.
pub(super) async fn of_mail(
    connection: &mut SqliteConnection,
    message: &Message,
    received_at: Timestamp,
    own: Option<i64>,
) -> Result<MailStanding, sqlx::Error> {
    let own = own.unwrap_or(0);
    let redelivery_of = if message.canonical.is_empty() {
        None
    } else {
        sqlx::query_scalar("SELECT MIN(id) FROM mail WHERE canonical = ?1 AND (?2 = 0 OR id < ?2)")
            .bind(&message.canonical)
            .bind(own)
            .fetch_one(&mut *connection)
            .await?
    };
    let (message_id_seen, is_ours): (bool, bool) = sqlx::query_as(
        "SELECT EXISTS (SELECT 1 FROM mail WHERE message_id = ?1 AND canonical <> ?2 AND (?3 = 0 OR id < ?3)),
                EXISTS (SELECT 1 FROM outbox WHERE message_id = ?1)",
    )
    .bind(&message.message_id)
    .bind(&message.canonical)
    .bind(own)
    .fetch_one(&mut *connection)
    .await?;
    let mut answers = None;
    for id in message.answers.iter().rev() {
        answers = our_letter(connection, id).await?;
        if answers.is_some() {
            break;
        }
    }
    let bounced = letters::bounced(connection, message).await?;
    let (password_mail, replies_last_hour, replies_last_day) =
        of_sender(connection, &address_key(message.from()), received_at, own).await?;
    let ping_pong = ping_pong(connection, message, received_at, own).await?;
    Ok(MailStanding {
        redelivery_of,
        message_id_seen,
        password_mail,
        answers,
        bounced,
        is_ours,
        replies_last_hour,
        replies_last_day,
        ping_pong,
    })
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

/// The sender's refused password mail of the last 48 hours, and the budgeted replies of the last hour and day.
async fn of_sender(
    connection: &mut SqliteConnection,
    sender: &str,
    received_at: Timestamp,
    own: i64,
) -> Result<(Option<i64>, u32, u32), sqlx::Error> {
    if sender.is_empty() {
        return Ok((None, 0, 0));
    }
    let hours =
        |count| micros(received_at.checked_sub(SignedDuration::from_hours(count)).unwrap_or_default());
    let (password_mail, hour, day): (Option<i64>, i64, i64) = sqlx::query_as(
        "SELECT (SELECT m.id FROM mail m
                 WHERE m.from_key = ?1 AND m.received_at >= ?2 AND m.received_at <= ?3 AND m.id <> ?6
                   AND EXISTS (SELECT 1 FROM submission s
                               JOIN finding f ON f.reading_id IN (SELECT id FROM ruling WHERE submission_id = s.id)
                               WHERE s.mail_id = m.id AND f.code = 'M03'
                               UNION ALL
                               SELECT 1 FROM judgement j JOIN finding f ON f.judgement_id = j.id
                               WHERE j.mail_id = m.id AND f.code = 'M03')
                 ORDER BY m.received_at DESC LIMIT 1),
                COALESCE(SUM(o.basis_at > ?4), 0), COUNT(*)
         FROM outbox o
         WHERE o.to_key = ?1 AND o.basis_at > ?5 AND o.basis_at <= ?3 AND o.state <> 'suppressed'
           AND o.kind IN ('noatt', 'notxlsx', 'passwd', 'unreadable', 'winmail', 'unknown', 'unreg', 'dup')
           AND o.mail_id IS NOT ?6",
    )
    .bind(sender)
    .bind(hours(48))
    .bind(micros(received_at))
    .bind(hours(1))
    .bind(hours(24))
    .bind(own)
    .fetch_one(connection)
    .await?;
    Ok((password_mail, hour as u32, day as u32))
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
