//! I/O: outgoing letters: enqueue, claim (the attempt is counted before it is made), fence, settle, recover.
//!
//! States: `queued` → `sending` → `sent` | `deferred` | `failed` | `ambiguous`; `held` and `suppressed` wait for
//! staff; `bounced` when a delivery failure came back. `sending` with `fenced_at` set means that the body may have
//! been offered: after a crash such a letter is ambiguous, one without may be sent again freely.

use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use sqlx::SqliteConnection;

use super::column::{json_text, maybe_instant, micros};
use super::{Error, Ledger, NewState, audit};
use crate::clinic::{address_key, venue_key};
use crate::outbound::delivery::Delivery;
use crate::outbound::letter::Letter;
use crate::sha256;

/// An ambiguous attempt is repeated after this time, unless the letter was proved to have arrived.
pub const AMBIGUOUS_WAIT: SignedDuration = SignedDuration::from_mins(10);

/// A letter taken for one attempt.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Claimed {
    pub id: i64,
    pub kind: String,
    #[sqlx(rename = "to_address")]
    pub to: String,
    pub envelope_from: String,
    pub message_id: String,
    pub bytes: Vec<u8>,
    /// This attempt included.
    pub attempts: i64,
    /// Microseconds UTC: receipt time of the mail that it answers, else when it was written (names the file in a Maildir).
    pub basis_at: i64,
    /// Microseconds UTC: when it was written; its time in the queue counts from here.
    pub created_at: i64,
}

/// What came of one attempt. `next_attempt_at` matters for `Deferred` (`None`: give up, `failed`) and for
/// `Ambiguous` (`None`: after [`AMBIGUOUS_WAIT`]).
#[derive(Clone, Debug)]
pub struct Settlement {
    pub id: i64,
    pub delivery: Delivery,
    pub next_attempt_at: Option<Timestamp>,
}

/// A letter that was claimed, perhaps fenced, and certainly never offered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unoffered {
    pub id: i64,
    /// [`Claimed::attempts`] of that claim: another's claim is not touched.
    pub attempts: i64,
}

/// What a letter that no mail asked for is about.
#[derive(Clone, Copy, Debug, Default)]
pub struct Concern<'a> {
    /// A second letter with the same key is not queued: `confirm:0123:2`.
    pub dedupe_key: Option<&'a str>,
    pub venue_no: Option<&'a str>,
    pub receipt: Option<&'a str>,
    /// Held or suppressed letters wait for staff.
    pub state: NewState,
}

/// What a restart found half done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Recovered {
    /// The body may have been offered.
    pub ambiguous: u64,
    /// Nothing was offered; due at once.
    pub requeued: u64,
}

/// What staff may do with a letter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Handling {
    /// Due at once: failed, deferred, ambiguous.
    Retry,
    /// Stop it: queued, deferred, ambiguous.
    Hold,
    /// Let it go: held, suppressed.
    Release,
    /// Never send it: everything that was not sent.
    Cancel,
}

/// What the deliver loop waits for.
struct Due {
    /// A letter that may leave.
    letter: Option<Timestamp>,
    /// The end of a lease.
    lease: Option<Timestamp>,
}

impl Ledger {
    /// Puts a letter that no mail asked for (confirmation, reminder, alert, the answer to a staff decision) into the
    /// outbox. `None` when one with this dedupe key exists.
    pub async fn enqueue(
        &self,
        letter: &Letter,
        concern: Concern<'_>,
        now: Timestamp,
    ) -> Result<Option<i64>, Error> {
        let mut tx = self.write().await?;
        let id = put(&mut tx, letter, concern, now).await?;
        tx.commit().await?;
        Ok(id)
    }

    /// Takes up to `limit` due letters for one attempt each; the attempt is counted in this commit. Expired leases
    /// are recovered first. While the breaker is open only letters to staff are taken.
    pub async fn claim_due(
        &self,
        now: Timestamp,
        limit: u32,
        lease: SignedDuration,
    ) -> Result<Vec<Claimed>, Error> {
        let due = self.due().await?;
        let is_over = |at: Option<Timestamp>| at.is_some_and(|at| at <= now);
        if !is_over(due.letter) && !is_over(due.lease) {
            return Ok(Vec::new());
        }
        let mut tx = self.write().await?;
        if is_over(due.lease) {
            recover_leases(&mut tx, now, Some(micros(now))).await?;
        }
        let until = now.checked_add(lease).unwrap_or(Timestamp::MAX);
        let mut claimed: Vec<Claimed> = sqlx::query_as(
            "UPDATE outbox SET state = 'sending', attempts = attempts + 1, next_attempt_at = NULL, lease_until = ?2,
                    fenced_at = NULL, repeated = repeated + (state = 'ambiguous')
             WHERE id IN (SELECT id FROM outbox WHERE next_attempt_at IS NOT NULL AND next_attempt_at <= ?1
                          AND state IN ('queued', 'deferred', 'ambiguous')
                          AND (kind IN ('digest', 'alert') OR NOT EXISTS (SELECT 1 FROM breaker_open))
                          ORDER BY next_attempt_at, id LIMIT ?3)
             RETURNING id, kind, to_address, envelope_from, message_id, attempts, basis_at, created_at,
                       (SELECT bytes FROM letter WHERE outbox_id = outbox.id) AS bytes",
        )
        .bind(micros(now))
        .bind(micros(until))
        .bind(limit)
        .fetch_all(&mut *tx)
        .await?;
        claimed.sort_by_key(|letter| letter.id);
        let ids: Vec<i64> = claimed.iter().map(|letter| letter.id).collect();
        sqlx::query(
            "INSERT INTO outbox_attempt (outbox_id, number, started_at)
             SELECT id, attempts, ?2 FROM outbox WHERE id IN (SELECT value FROM json_each(?1))",
        )
        .bind(json!(ids).to_string())
        .bind(micros(now))
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(claimed)
    }

    /// To be committed just before the bodies of these letters are offered. Answers those that may be offered:
    /// a letter whose lease was lost in the meantime is not among them.
    pub async fn fence(&self, ids: &[i64], now: Timestamp) -> Result<Vec<i64>, Error> {
        let mut tx = self.write().await?;
        let fenced: Vec<i64> = sqlx::query_scalar(
            "UPDATE outbox SET fenced_at = ?2
             WHERE id IN (SELECT value FROM json_each(?1)) AND state = 'sending' RETURNING id",
        )
        .bind(json!(ids).to_string())
        .bind(micros(now))
        .fetch_all(&mut *tx)
        .await?;
        sqlx::query(
            "UPDATE outbox_attempt SET fenced_at = ?2 WHERE ended_at IS NULL AND outbox_id IN
                 (SELECT value FROM json_each(?1))",
        )
        .bind(json!(fenced).to_string())
        .bind(micros(now))
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(fenced)
    }

    pub async fn settle(&self, settlement: Settlement, now: Timestamp) -> Result<(), Error> {
        self.settle_all(std::slice::from_ref(&settlement), &[], now).await
    }

    /// Records what came of several attempts in one commit, and gives back what was claimed and never offered.
    pub async fn settle_all(
        &self,
        settlements: &[Settlement],
        unoffered: &[Unoffered],
        now: Timestamp,
    ) -> Result<(), Error> {
        if settlements.is_empty() && unoffered.is_empty() {
            return Ok(());
        }
        let rows: Vec<_> = settlements.iter().map(|settlement| settled(settlement, now)).collect();
        let mut tx = self.write().await?;
        give_back(&mut tx, unoffered, now).await?;
        // A bounce or a staff decision that came in between is not overwritten; only the attempt is closed.
        sqlx::query(
            "UPDATE outbox SET state = s.state, next_attempt_at = s.next, lease_until = NULL, fenced_at = NULL,
                    sent_at = CASE s.state WHEN 'sent' THEN ?2 END,
                    last_error = CASE s.state WHEN 'sent' THEN NULL ELSE s.reply END
             FROM (SELECT value ->> 0 AS id, value ->> 1 AS state, value ->> 3 AS reply, value ->> 4 AS next
                   FROM json_each(?1)) s
             WHERE outbox.id = s.id AND outbox.state = 'sending';
             UPDATE outbox_attempt SET ended_at = ?2, result = s.result, reply = s.reply
             FROM (SELECT value ->> 0 AS id, value ->> 2 AS result, value ->> 3 AS reply FROM json_each(?1)) s
             WHERE outbox_id = s.id AND ended_at IS NULL",
        )
        .bind(json_text(&rows))
        .bind(micros(now))
        .execute(&mut *tx)
        .await?;
        Ok(tx.commit().await?)
    }

    /// At start, while the lock is held: nobody is sending, so whatever is `sending` was cut off.
    pub async fn recover(&self, now: Timestamp) -> Result<Recovered, Error> {
        let mut tx = self.write().await?;
        let recovered = recover_leases(&mut tx, now, None).await?;
        tx.commit().await?;
        Ok(recovered)
    }

    /// A copy of our own letter came back to the watched mailbox: an ambiguous attempt had succeeded.
    pub async fn prove_sent(&self, message_id: &str, now: Timestamp) -> Result<bool, Error> {
        let mut tx = self.write().await?;
        let done = sqlx::query(
            "UPDATE outbox SET state = 'sent', sent_at = ?2, next_attempt_at = NULL, lease_until = NULL,
                    last_error = 'proved by the archive copy'
             WHERE message_id = ?1 AND state = 'ambiguous'",
        )
        .bind(message_id)
        .bind(micros(now))
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(done.rows_affected() > 0)
    }

    /// How many letters are in each state.
    pub async fn outbox_states(&self) -> Result<Vec<(String, i64)>, Error> {
        Ok(sqlx::query_as("SELECT state, COUNT(*) FROM outbox GROUP BY state")
            .fetch_all(&self.readers)
            .await?)
    }

    /// When the next letter that may leave is due or the next lease runs out.
    pub async fn next_due(&self) -> Result<Option<Timestamp>, Error> {
        let due = self.due().await?;
        Ok(due.letter.into_iter().chain(due.lease).min())
    }

    async fn due(&self) -> Result<Due, Error> {
        let (letter, lease): (Option<i64>, Option<i64>) = sqlx::query_as(
            "SELECT (SELECT next_attempt_at FROM outbox WHERE next_attempt_at IS NOT NULL
                     AND (kind IN ('digest', 'alert') OR NOT EXISTS (SELECT 1 FROM breaker_open))
                     ORDER BY next_attempt_at LIMIT 1),
                    (SELECT MIN(lease_until) FROM outbox WHERE state = 'sending')",
        )
        .fetch_one(&self.readers)
        .await?;
        Ok(Due { letter: maybe_instant(letter), lease: maybe_instant(lease) })
    }

    /// A staff decision on one letter.
    pub async fn handle_letter(
        &self,
        id: i64,
        handling: Handling,
        now: Timestamp,
        actor: &str,
        reason: &str,
    ) -> Result<(), Error> {
        let mut tx = self.write().await?;
        let state: Option<String> = sqlx::query_scalar("SELECT state FROM outbox WHERE id = ?1")
            .bind(id)
            .fetch_optional(&mut *tx)
            .await?;
        let state = state.ok_or_else(|| Error::missing("letter", &id))?;
        let (verb, from, to, due): (&'static str, &[&str], _, _) = match handling {
            Handling::Retry => {
                ("retry letter", &["failed", "deferred", "ambiguous"], "queued", Some(micros(now)))
            }
            Handling::Hold => ("hold letter", &["queued", "deferred", "ambiguous"], "held", None),
            Handling::Release => ("release letter", &["held", "suppressed"], "queued", Some(micros(now))),
            Handling::Cancel => {
                ("cancel letter", &["queued", "deferred", "ambiguous", "failed", "held"], "suppressed", None)
            }
        };
        if !from.contains(&state.as_str()) {
            let cause = format!("it is {state}; possible for: {}", from.join(", "));
            return Err(Error::refused(verb, &id, cause));
        }
        sqlx::query("UPDATE outbox SET state = ?2, next_attempt_at = ?3 WHERE id = ?1")
            .bind(id)
            .bind(to)
            .bind(due)
            .execute(&mut *tx)
            .await?;
        sqlx::query(
            "INSERT INTO staff_decision (at, actor, kind, mail_id, venue_key, reason)
             SELECT ?2, ?3, 'outbox', NULL, venue_key, ?4 FROM outbox WHERE id = ?1",
        )
        .bind(id)
        .bind(micros(now))
        .bind(actor)
        .bind(reason)
        .execute(&mut *tx)
        .await?;
        let payload = json!({ "from": state, "to": to, "reason": reason });
        let entry = audit::Entry { at: now, actor, kind: "outbox", subject: format!("outbox:{id}"), payload };
        audit::append(&mut tx, entry).await?;
        Ok(tx.commit().await?)
    }
}

/// Adds a letter; `None` when the dedupe key is taken.
pub(super) async fn put(
    connection: &mut SqliteConnection,
    letter: &Letter,
    concern: Concern<'_>,
    now: Timestamp,
) -> Result<Option<i64>, Error> {
    if let Some(key) = concern.dedupe_key {
        let taken: bool = sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM outbox WHERE dedupe_key = ?1)")
            .bind(key)
            .fetch_one(&mut *connection)
            .await?;
        if taken {
            return Ok(None);
        }
    }
    let id: i64 = sqlx::query_scalar(
        "INSERT INTO outbox (kind, venue_key, to_address, to_key, envelope_from, subject, message_id, dedupe_key,
                             basis_at, created_at, receipt, state, next_attempt_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?9, ?10, ?11, ?12);
         INSERT INTO letter (outbox_id, bytes, text) VALUES (last_insert_rowid(), ?13, ?14) RETURNING outbox_id",
    )
    .bind(letter.kind.as_str())
    .bind(concern.venue_no.map(venue_key))
    .bind(&letter.to)
    .bind(address_key(&letter.to))
    .bind(&letter.envelope_from)
    .bind(&letter.subject)
    .bind(&letter.message_id)
    .bind(concern.dedupe_key)
    .bind(micros(now))
    .bind(concern.receipt)
    .bind(concern.state.as_str())
    .bind((concern.state == NewState::Queued).then(|| micros(now)))
    .bind(&letter.bytes)
    .bind(&letter.text)
    .fetch_one(&mut *connection)
    .await?;
    let payload = json!({
        "kind": letter.kind.as_str(),
        "message_id": letter.message_id,
        "sha256": sha256::of(&letter.bytes),
    });
    let subject = format!("outbox:{id}");
    let entry = audit::Entry { at: now, actor: audit::PROGRAM, kind: "letter", subject, payload };
    audit::append(connection, entry).await?;
    Ok(Some(id))
}

/// The letter's id, its new state, what is written of the attempt, the server's words, and when the next one is due.
fn settled(settlement: &Settlement, now: Timestamp) -> (i64, &'static str, &'static str, &str, Option<i64>) {
    let next = settlement.next_attempt_at.map(micros);
    let (state, result, reply, next) = match &settlement.delivery {
        Delivery::Accepted(reply) => ("sent", "accepted", reply, None),
        Delivery::Deferred(reply) if next.is_some() => ("deferred", "deferred", reply, next),
        Delivery::Deferred(reply) => ("failed", "deferred", reply, None),
        Delivery::Refused(reply) => ("failed", "refused", reply, None),
        Delivery::Ambiguous(reply) => {
            ("ambiguous", "ambiguous", reply, next.or_else(|| Some(after_wait(now))))
        }
    };
    (settlement.id, state, result, reply, next)
}

fn after_wait(now: Timestamp) -> i64 {
    micros(now.checked_add(AMBIGUOUS_WAIT).unwrap_or(now))
}

/// Due at once, in the state in which they were claimed. The attempt stays counted: it was `lost`.
async fn give_back(
    connection: &mut SqliteConnection,
    unoffered: &[Unoffered],
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    if unoffered.is_empty() {
        return Ok(());
    }
    let rows: Vec<_> = unoffered.iter().map(|letter| (letter.id, letter.attempts)).collect();
    sqlx::query(
        "UPDATE outbox SET state = COALESCE(before.state, 'queued'), repeated = MAX(repeated - (before.state IS 'ambiguous'), 0),
                next_attempt_at = ?2, lease_until = NULL, fenced_at = NULL
         FROM (SELECT value ->> 0 AS id, value ->> 1 AS number,
                      (SELECT iif(a.result = 'ambiguous', 'ambiguous', 'deferred') FROM outbox_attempt a
                       WHERE a.outbox_id = value ->> 0 AND a.ended_at IS NOT NULL AND a.result <> 'lost'
                       ORDER BY a.number DESC LIMIT 1) AS state
               FROM json_each(?1)) before
         WHERE outbox.id = before.id AND outbox.state = 'sending' AND outbox.attempts = before.number;
         UPDATE outbox_attempt SET ended_at = ?2, result = 'lost', fenced_at = NULL
         FROM (SELECT value ->> 0 AS id, value ->> 1 AS number FROM json_each(?1)) before
         WHERE outbox_id = before.id AND outbox_attempt.number = before.number AND ended_at IS NULL",
    )
    .bind(json_text(&rows))
    .bind(micros(now))
    .execute(connection)
    .await?;
    Ok(())
}

/// Cut-off attempts whose lease ended by `expired_by`, or all of them.
async fn recover_leases(
    connection: &mut SqliteConnection,
    now: Timestamp,
    expired_by: Option<i64>,
) -> Result<Recovered, sqlx::Error> {
    sqlx::query(
        "UPDATE outbox_attempt SET ended_at = ?1, result = CASE WHEN fenced_at IS NULL THEN 'lost' ELSE 'ambiguous' END
         WHERE ended_at IS NULL AND outbox_id IN
             (SELECT id FROM outbox WHERE state = 'sending' AND (?2 IS NULL OR lease_until <= ?2))",
    )
    .bind(micros(now))
    .bind(expired_by)
    .execute(&mut *connection)
    .await?;
    let ambiguous = sqlx::query(
        "UPDATE outbox SET state = 'ambiguous', next_attempt_at = ?1, lease_until = NULL, fenced_at = NULL,
                last_error = 'cut off after the body was offered'
         WHERE state = 'sending' AND fenced_at IS NOT NULL AND (?2 IS NULL OR lease_until <= ?2)",
    )
    .bind(after_wait(now))
    .bind(expired_by)
    .execute(&mut *connection)
    .await?;
    let requeued = sqlx::query(
        "UPDATE outbox SET state = 'deferred', next_attempt_at = ?1, lease_until = NULL,
                last_error = 'cut off before the body was offered'
         WHERE state = 'sending' AND fenced_at IS NULL AND (?2 IS NULL OR lease_until <= ?2)",
    )
    .bind(micros(now))
    .bind(expired_by)
    .execute(connection)
    .await?;
    Ok(Recovered { ambiguous: ambiguous.rows_affected(), requeued: requeued.rows_affected() })
}
