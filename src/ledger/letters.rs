//! I/O: the letters that are decided together with a mail, and the bounces that name one of them.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde_json::{Value, json};
use sqlx::SqliteConnection;

use super::Error;
use super::column::{instant, micros};
use super::intake::{NewLetter, NewState};
use super::record::Origin;
use crate::clinic::{address_key, venue_key};
use crate::inbound::message::Message;
use crate::inspection::judgement::Inspection;
use crate::inspection::standing::OurLetter;
use crate::sha256;

/// Answers the Message-ID and the hash of the bytes of every letter, for the audit trail.
pub(super) async fn insert_letters(
    connection: &mut SqliteConnection,
    origin: &Origin<'_>,
    inspection: &Inspection,
    letters: &[NewLetter<'_>],
) -> Result<Vec<Value>, Error> {
    let mut told = Vec::new();
    for new in letters {
        let letter = new.letter;
        let venues: BTreeSet<String> = inspection
            .submissions
            .iter()
            .filter(|submission| new.receipt.is_none() || submission.receipt.as_deref() == new.receipt)
            .filter_map(|submission| submission.clinic.as_ref())
            .map(|clinic| venue_key(&clinic.venue_no))
            .collect();
        let venue = if venues.len() == 1 { venues.into_iter().next() } else { None };
        let due = (new.state == NewState::Queued)
            .then(|| new.not_before.map_or(origin.made_at, |at| micros(at).max(origin.made_at)));
        let ids: Vec<i64> = sqlx::query_scalar(
            "INSERT INTO outbox (kind, mail_id, judgement_id, receipt, venue_key, to_address, to_key, envelope_from,
                                 subject, message_id, basis_at, created_at, state, next_attempt_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)
             ON CONFLICT (message_id) DO UPDATE
                 SET state = excluded.state, next_attempt_at = excluded.next_attempt_at,
                     judgement_id = excluded.judgement_id
                 WHERE state IN ('held', 'suppressed') AND mail_id IS excluded.mail_id
                   AND (SELECT bytes FROM letter WHERE outbox_id = outbox.id) = ?15
             RETURNING id;
             INSERT INTO letter (outbox_id, bytes, text) SELECT id, ?15, ?16 FROM outbox WHERE message_id = ?10
             ON CONFLICT DO NOTHING",
        )
        .bind(letter.kind.as_str())
        .bind(origin.mail_id)
        .bind(origin.judgement_id)
        .bind(new.receipt)
        .bind(venue)
        .bind(&letter.to)
        .bind(address_key(&letter.to))
        .bind(&letter.envelope_from)
        .bind(&letter.subject)
        .bind(&letter.message_id)
        .bind(origin.received_at)
        .bind(origin.made_at)
        .bind(new.state.as_str())
        .bind(due)
        .bind(&letter.bytes)
        .bind(&letter.text)
        .fetch_all(&mut *connection)
        .await?;
        if ids.is_empty() {
            let cause = "another letter with this Message-ID exists";
            return Err(Error::refused("queue letter", &letter.message_id, cause));
        }
        told.push(json!({ "message_id": letter.message_id, "sha256": sha256::of(&letter.bytes) }));
    }
    Ok(told)
}

/// When the latest `count` letters to clinics (to addresses of one domain, if given) left or are due to leave.
pub(super) async fn planned(
    connection: &mut SqliteConnection,
    count: u32,
    domain: Option<&str>,
) -> Result<Vec<Timestamp>, sqlx::Error> {
    let planned: Vec<i64> = sqlx::query_scalar(
        "SELECT COALESCE(sent_at, next_attempt_at, created_at) AS at FROM outbox
         WHERE kind NOT IN ('digest', 'alert') AND state NOT IN ('held', 'suppressed')
           AND (?1 IS NULL OR substr(to_key, -length(?1) - 1) = '@' || ?1)
         ORDER BY at DESC LIMIT ?2",
    )
    .bind(domain)
    .bind(count)
    .fetch_all(connection)
    .await?;
    Ok(planned.into_iter().map(instant).collect())
}

/// The letter of ours that a delivery report is about: by the address that the report came to, else by the identifiers
/// that it returns, else by what the returned letter answers and the address that it could not reach.
pub(super) async fn bounced(
    connection: &mut SqliteConnection,
    message: &Message,
) -> Result<Option<OurLetter>, sqlx::Error> {
    let Some(bounce) = &message.bounce else { return Ok(None) };
    let row: Option<(i64, String, Option<String>, Option<String>)> = sqlx::query_as(
        "SELECT o.id, o.kind, c.venue_no, o.receipt FROM
             (SELECT id, 1 AS rank FROM outbox WHERE id IN (SELECT value FROM json_each(?1))
              UNION ALL
              SELECT id, 2 FROM outbox WHERE message_id IN (SELECT value FROM json_each(?2))
              UNION ALL
              SELECT w.id, 3 FROM mail m JOIN outbox w ON w.mail_id = m.id
              WHERE m.message_id IN (SELECT value FROM json_each(?3)) AND w.to_key = ?4 AND w.attempts > 0) found
         JOIN outbox o ON o.id = found.id LEFT JOIN clinic c ON c.venue_key = o.venue_key
         ORDER BY found.rank, o.id DESC LIMIT 1",
    )
    .bind(json!(bounce.letters).to_string())
    .bind(json!(bounce.original_message_ids).to_string())
    .bind(json!(bounce.original_answers).to_string())
    .bind(address_key(&bounce.recipient))
    .fetch_optional(connection)
    .await?;
    Ok(row.map(|(outbox_id, kind, venue_no, receipt)| OurLetter { outbox_id, kind, venue_no, receipt }))
}

/// A delivery failure of a letter of ours marks the letter and the address it went to.
pub(super) async fn note_bounce(
    connection: &mut SqliteConnection,
    message: &Message,
    at: Timestamp,
) -> Result<(), sqlx::Error> {
    let Some(bounce) = message.bounce.as_ref().filter(|bounce| bounce.action == "failed") else {
        return Ok(());
    };
    let Some(letter) = bounced(&mut *connection, message).await? else { return Ok(()) };
    let address: Option<String> = sqlx::query_scalar(
        "UPDATE outbox SET state = 'bounced', next_attempt_at = NULL, lease_until = NULL, last_error = ?2
         WHERE id = ?1 AND state IN ('sent', 'sending', 'deferred', 'ambiguous') RETURNING to_key",
    )
    .bind(letter.outbox_id)
    .bind(format!("bounced: {} {}", bounce.status, bounce.recipient))
    .fetch_optional(&mut *connection)
    .await?;
    if let Some(address) = address {
        sqlx::query("UPDATE clinic_address SET undeliverable_at = ?2 WHERE address_key = ?1")
            .bind(address)
            .bind(micros(at))
            .execute(connection)
            .await?;
    }
    Ok(())
}
