//! I/O: the breaker's memory: what became of the latest letters to clinics, when it tripped, who reset it.
//!
//! Its state is the last row of an append-only table, and what it weighs are the attempts and bounces themselves:
//! a crash forgets neither. Only letters that left after the last reset count.

use jiff::Timestamp;
use serde_json::json;
use sqlx::SqliteConnection;

use super::column::{instant, micros};
use super::{Error, Ledger, NewState, audit, outbox};
use crate::outbound::breaker::{Cause, Fate, Limits, Stop, is_spam_coded, weigh};
use crate::outbound::letter::Letter;

impl Ledger {
    /// The breaker, if letters to clinics are stopped.
    pub async fn breaker(&self) -> Result<Option<Stop>, Error> {
        let mut connection = self.readers.acquire().await?;
        Ok(stop(&mut connection).await?)
    }

    /// Weighs what became of the latest letters; trips the breaker where a limit is exceeded. Answers it while it is
    /// open, whoever tripped it.
    pub async fn weigh_breaker(&self, limits: Limits, now: Timestamp) -> Result<Option<Stop>, Error> {
        let mut connection = self.readers.acquire().await?;
        if let Some(stop) = stop(&mut connection).await? {
            return Ok(Some(stop));
        }
        if !has_unwelcome(&mut connection).await? || weigh(&fates(&mut connection).await?, limits).is_none() {
            return Ok(None);
        }
        drop(connection);
        let mut tx = self.write().await?;
        if stop(&mut tx).await?.is_none()
            && let Some(cause) = weigh(&fates(&mut tx).await?, limits)
        {
            trip(&mut tx, &cause, now).await?;
            tracing::error!(
                setting = cause.setting,
                detail = cause.detail,
                "letters to clinics are stopped; `uketsuke outbox resume` lets them leave again"
            );
        }
        let stopped = stop(&mut tx).await?;
        tx.commit().await?;
        Ok(stopped)
    }

    /// Queues the letters that tell staff of a stop, all or none, and once only.
    pub async fn alert_of(
        &self,
        stop: &Stop,
        letters: &[Letter],
        state: NewState,
        now: Timestamp,
    ) -> Result<(), Error> {
        let mut tx = self.write().await?;
        for letter in letters {
            let key = format!("alert:breaker:{}:{}", stop.id, letter.to);
            let concern = outbox::Concern { dedupe_key: Some(&key), state, ..outbox::Concern::default() };
            outbox::put(&mut tx, letter, concern, now).await?;
        }
        Ok(tx.commit().await?)
    }

    /// A person lets letters to clinics leave again; what left before is forgiven.
    pub async fn reset_breaker(&self, now: Timestamp, actor: &str, reason: &str) -> Result<Stop, Error> {
        let mut tx = self.write().await?;
        let stopped = stop(&mut tx).await?;
        let Some(stopped) = stopped else {
            return Err(Error::refused("resume", "outgoing mail", "it is not stopped"));
        };
        event(&mut tx, now, Event { kind: "reset", setting: "", detail: reason, actor }).await?;
        tx.commit().await?;
        Ok(stopped)
    }
}

pub(super) async fn stop(connection: &mut SqliteConnection) -> Result<Option<Stop>, sqlx::Error> {
    let row: Option<(i64, i64, String, String, i64, bool)> = sqlx::query_as(
        "SELECT b.id, b.at, b.setting, b.detail,
                (SELECT COUNT(*) FROM outbox WHERE next_attempt_at IS NOT NULL AND kind NOT IN ('digest', 'alert')),
                EXISTS (SELECT 1 FROM outbox WHERE dedupe_key GLOB 'alert:breaker:' || b.id || ':*')
         FROM breaker_open b",
    )
    .fetch_optional(connection)
    .await?;
    Ok(row.map(|(id, at, setting, detail, waiting, alerted)| Stop {
        id,
        at: instant(at),
        setting,
        detail,
        waiting: waiting as u64,
        alerted,
    }))
}

/// Was anything refused, put off or returned since the last reset?
async fn has_unwelcome(connection: &mut SqliteConnection) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar(
        "SELECT EXISTS (SELECT 1 FROM outbox_attempt WHERE result IN ('refused', 'deferred')
                        AND id > (SELECT COALESCE(MAX(last_attempt), 0) FROM breaker WHERE kind = 'reset'))
             OR EXISTS (SELECT 1 FROM outbox WHERE state = 'bounced')",
    )
    .fetch_one(connection)
    .await
}

/// What became of the latest letters to clinics since the last reset, oldest first.
async fn fates(connection: &mut SqliteConnection) -> Result<Vec<Fate>, sqlx::Error> {
    type Row = (i64, String, String, String, String);
    let rows: Vec<Row> = sqlx::query_as(
        "SELECT a.outbox_id, a.result, COALESCE(a.reply, ''), o.state, COALESCE(o.last_error, '')
         FROM outbox_attempt a JOIN outbox o ON o.id = a.outbox_id
         WHERE a.id > (SELECT COALESCE(MAX(last_attempt), 0) FROM breaker WHERE kind = 'reset')
           AND o.kind NOT IN ('digest', 'alert')
           AND (a.result IN ('accepted', 'refused', 'ambiguous') OR (a.result = 'deferred' AND a.reply LIKE '%5.7.%'))
         ORDER BY a.id DESC LIMIT 500",
    )
    .fetch_all(connection)
    .await?;
    let mut seen = std::collections::BTreeSet::new();
    let mut fates: Vec<Fate> = rows
        .into_iter()
        .filter(|(letter, ..)| seen.insert(*letter))
        .filter_map(|(_, result, reply, state, last_error)| fate(&result, &reply, &state, &last_error))
        .collect();
    fates.reverse();
    Ok(fates)
}

/// `None`: it says nothing about how our letters are received.
fn fate(result: &str, reply: &str, state: &str, last_error: &str) -> Option<Fate> {
    // An address that cannot be written was offered to no server.
    let unwritable = result == "refused" && reply.starts_with("failed to write to the address");
    if state == "bounced" {
        // A mailbox that was full for days is returned with a passing code: no hard bounce.
        let hard = !last_error.starts_with("bounced: 4.");
        return Some(Fate { settled: true, hard, spam: is_spam_coded(last_error) });
    }
    match result {
        "refused" if !unwritable => Some(Fate { settled: true, hard: true, spam: is_spam_coded(reply) }),
        "accepted" => Some(Fate { settled: true, ..Fate::default() }),
        "deferred" if is_spam_coded(reply) => Some(Fate { spam: true, ..Fate::default() }),
        _ => None,
    }
}

struct Event<'a> {
    kind: &'static str,
    setting: &'a str,
    detail: &'a str,
    actor: &'a str,
}

async fn trip(connection: &mut SqliteConnection, cause: &Cause, now: Timestamp) -> Result<(), sqlx::Error> {
    let event_of =
        Event { kind: "tripped", setting: cause.setting, detail: &cause.detail, actor: audit::PROGRAM };
    event(connection, now, event_of).await
}

async fn event(
    connection: &mut SqliteConnection,
    now: Timestamp,
    event: Event<'_>,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO breaker (at, kind, setting, detail, last_attempt, actor)
         SELECT ?1, ?2, ?3, ?4, COALESCE(MAX(id), 0), ?5 FROM outbox_attempt",
    )
    .bind(micros(now))
    .bind(event.kind)
    .bind(event.setting)
    .bind(event.detail)
    .bind(event.actor)
    .execute(&mut *connection)
    .await?;
    let payload = json!({ "event": event.kind, "setting": event.setting, "detail": event.detail });
    let entry =
        audit::Entry { at: now, actor: event.actor, kind: "breaker", subject: "outbox".into(), payload };
    audit::append(connection, entry).await
}
