//! I/O: what the digest tells: the state of every clinic, what changed in a window, what is in force by day, and
//! the program's own health. Fills `outbound::activity`; the counting is done in SQL.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::json;
use sqlx::{Connection, Row, SqliteConnection};

use super::column::{instant, maybe_instant, micros};
use super::{
    Error, Ledger, NewState, audit, breaker, differences, mail_state, outbox, progress, slots, work,
};
use crate::clinic::Registry;
use crate::outbound::activity::{Changes, DayActivity, Health, MailLine};
use crate::outbound::letter::Letter;

/// A digest that was built.
#[derive(Clone, Copy, Debug)]
pub struct DigestRun<'a> {
    /// `digest:` + scheduled instant.
    pub key: &'a str,
    /// The window `(from, until]`.
    pub from: Timestamp,
    pub until: Timestamp,
    pub built_at: Timestamp,
    /// In which its letters enter the outbox.
    pub state: NewState,
}

impl Ledger {
    /// Everything of one digest. `(from, until]` is the window of what changed; states are those of now.
    pub async fn day_activity(
        &self,
        from: Timestamp,
        until: Timestamp,
        merged: bool,
    ) -> Result<DayActivity, Error> {
        let registry = self.registry().await?;
        let mut tx = self.read().await?;
        gather(&mut tx, &registry, from, until, merged).await
    }

    /// The same of a window that is over, with the states of its end (see `look_back`).
    pub async fn past_activity(
        &self,
        from: Timestamp,
        until: Timestamp,
        now: Timestamp,
    ) -> Result<DayActivity, Error> {
        let registry = self.registry().await?;
        let mut connection = self.look_back(until).await?;
        let activity = gather(&mut connection, &registry, from, until, false).await?;
        connection.close().await?;
        Ok(DayActivity { looked_back_at: Some(now), ..activity })
    }

    /// Marks a digest as built and queues its letters, in one commit; false when it was done before.
    pub async fn digest_done(&self, run: DigestRun<'_>, letters: &[Letter]) -> Result<bool, Error> {
        let mut tx = self.write().await?;
        let known: bool = sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM digest_run WHERE key = ?1)")
            .bind(run.key)
            .fetch_one(&mut *tx)
            .await?;
        if known {
            return Ok(false);
        }
        let mut first = None;
        for letter in letters {
            let dedupe = format!("{}:{}", run.key, letter.to);
            let concern =
                outbox::Concern { dedupe_key: Some(&dedupe), state: run.state, ..outbox::Concern::default() };
            let id = outbox::put(&mut tx, letter, concern, run.built_at).await?;
            first = first.or(id);
        }
        sqlx::query("INSERT INTO digest_run (key, from_at, until_at, built_at, outbox_id) VALUES (?1, ?2, ?3, ?4, ?5)")
            .bind(run.key)
            .bind(micros(run.from))
            .bind(micros(run.until))
            .bind(micros(run.built_at))
            .bind(first)
            .execute(&mut *tx)
            .await?;
        let payload = json!({ "letters": letters.len() });
        let entry = audit::Entry {
            at: run.built_at,
            actor: audit::PROGRAM,
            kind: "digest",
            subject: run.key.to_string(),
            payload,
        };
        audit::append(&mut tx, entry).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// The end of the last window that a digest covered, as of `now`: one that was written while the clock ran ahead
    /// does not count yet.
    pub async fn last_digest(&self, now: Timestamp) -> Result<Option<Timestamp>, Error> {
        let at: Option<i64> = sqlx::query_scalar("SELECT MAX(until_at) FROM digest_run WHERE until_at <= ?1")
            .bind(micros(now))
            .fetch_one(&self.readers)
            .await?;
        Ok(maybe_instant(at))
    }

    /// A service (`mailbox`, `transport`) answered.
    pub async fn note_service_ok(&self, service: &str, now: Timestamp) -> Result<(), Error> {
        let mut tx = self.write().await?;
        sqlx::query(
            "INSERT INTO service_status (service, checked_at, detail) VALUES (?1, ?2, '')
             ON CONFLICT DO UPDATE SET checked_at = excluded.checked_at, degraded_since = NULL, alerted_at = NULL,
                 detail = ''",
        )
        .bind(service)
        .bind(micros(now))
        .execute(&mut *tx)
        .await?;
        Ok(tx.commit().await?)
    }

    /// When a service answered last.
    pub async fn service_checked_at(&self, service: &str) -> Result<Option<Timestamp>, Error> {
        let at: Option<Option<i64>> =
            sqlx::query_scalar("SELECT checked_at FROM service_status WHERE service = ?1")
                .bind(service)
                .fetch_optional(&self.readers)
                .await?;
        Ok(maybe_instant(at.flatten()))
    }

    /// A service does not answer; answers since when.
    pub async fn note_service_down(
        &self,
        service: &str,
        detail: &str,
        now: Timestamp,
    ) -> Result<Timestamp, Error> {
        let mut tx = self.write().await?;
        let since: i64 = sqlx::query_scalar(
            "INSERT INTO service_status (service, degraded_since, detail) VALUES (?1, ?2, ?3)
             ON CONFLICT DO UPDATE SET degraded_since = COALESCE(degraded_since, excluded.degraded_since),
                 detail = excluded.detail
             RETURNING degraded_since",
        )
        .bind(service)
        .bind(micros(now))
        .bind(detail)
        .fetch_one(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(instant(since))
    }
}

async fn gather(
    connection: &mut SqliteConnection,
    registry: &Registry,
    from: Timestamp,
    until: Timestamp,
    merged: bool,
) -> Result<DayActivity, Error> {
    let mut clinics = super::clinics::lines(&mut *connection, registry).await?;
    clinics.sort_by_key(|line| (line.clinic.ward, crate::clinic::venue_key(&line.clinic.venue_no)));
    let since = since(&mut *connection, from).await?;
    let in_force = slots::in_force(&mut *connection, None).await?;
    Ok(DayActivity {
        from,
        until,
        looked_back_at: None,
        merged,
        clinics,
        work: work::items(&mut *connection, registry).await?,
        changes: changes(&mut *connection, from, until, since).await?,
        differences: differences::lines(&mut *connection, registry, from, until, since).await?,
        days: slots::by_day(&in_force),
        slots: in_force,
        mails: mail_lines(&mut *connection, registry, from, until, since).await?,
        health: health(connection, from, until, since).await?,
    })
}

/// When the digest before this window was built: what was recorded after that and received before the window
/// was told by no digest yet.
async fn since(connection: &mut SqliteConnection, from: Timestamp) -> Result<Option<i64>, sqlx::Error> {
    sqlx::query_scalar("SELECT MAX(built_at) FROM digest_run WHERE until_at = ?1")
        .bind(micros(from))
        .fetch_one(connection)
        .await
}

/// A ruling counts when its mail was received; one by staff, of a form entered by hand, or of a later judgement
/// when it was made.
async fn changes(
    connection: &mut SqliteConnection,
    from: Timestamp,
    until: Timestamp,
    since: Option<i64>,
) -> Result<Changes, sqlx::Error> {
    let row = sqlx::query(
        "WITH event AS (
             SELECT r.*, CASE WHEN j.number = 1 THEN r.received_at ELSE r.made_at END AS at
             FROM current_ruling r LEFT JOIN judgement j ON j.id = r.judgement_id
         ), told AS (
             SELECT e.*, e.outcome IN ('accepted', 'accepted_with_warnings') AS is_accepted,
                    EXISTS (SELECT 1 FROM current_ruling p
                            WHERE p.venue_key = e.venue_key AND p.outcome IN ('accepted', 'accepted_with_warnings')
                              AND (p.received_at, p.submission_id) < (e.received_at, e.submission_id)) AS had_version,
                    EXISTS (SELECT 1 FROM current_ruling p
                            WHERE p.venue_key = e.venue_key AND p.outcome IN ('rejected', 'unreadable') AND p.void = 0
                              AND (p.received_at, p.submission_id) < (e.received_at, e.submission_id)) AS had_errors
             FROM event e
             WHERE e.void = 0 AND e.at <= ?2 AND (e.at > ?1 OR e.made_at > ?3)
         )
         SELECT COALESCE(SUM(is_accepted AND NOT had_version AND NOT had_errors), 0) AS accepted,
                COALESCE(SUM(is_accepted AND had_version), 0) AS corrected,
                COALESCE(SUM(is_accepted AND NOT had_version AND had_errors), 0) AS mended,
                COALESCE(SUM(outcome IN ('rejected', 'unreadable')), 0) AS newly_rejected,
                COALESCE(SUM(timing = 'late'), 0) AS late,
                COALESCE(SUM(timing = 'correction_last_day'), 0) AS last_day,
                COALESCE(SUM(timing IN ('correction_late', 'after_opening')), 0) AS corrected_late,
                COALESCE(SUM(EXISTS (SELECT 1 FROM finding f
                                     WHERE f.reading_id = told.reading_id AND f.code = 'F14')
                          OR EXISTS (SELECT 1 FROM finding f
                                     WHERE f.judgement_id = told.judgement_id AND f.code = 'F14')), 0) AS withdrawals,
                COALESCE(SUM(is_accepted AND EXISTS
                    (SELECT 1 FROM setup_event s WHERE s.venue_key = told.venue_key AND s.kind <> 'exported'
                     AND s.version < told.version)), 0) AS after_setup
         FROM told",
    )
    .bind(micros(from))
    .bind(micros(until))
    .bind(since)
    .fetch_one(connection)
    .await?;
    let count = |column: &str| row.try_get::<i64, _>(column).map(|count| count as u32);
    Ok(Changes {
        accepted: count("accepted")?,
        corrected: count("corrected")?,
        mended: count("mended")?,
        newly_rejected: count("newly_rejected")?,
        withdrawals: count("withdrawals")?,
        late: count("late")?,
        corrected_last_day: count("last_day")?,
        corrected_late: count("corrected_late")?,
        after_setup: count("after_setup")?,
    })
}

async fn mail_lines(
    connection: &mut SqliteConnection,
    registry: &Registry,
    from: Timestamp,
    until: Timestamp,
    since: Option<i64>,
) -> Result<Vec<MailLine>, sqlx::Error> {
    type Line = (i64, i64, String, String, Option<String>, Option<String>);
    let states = mail_state::states(&mut *connection, registry, None).await?;
    let rows: Vec<Line> = sqlx::query_as(
        "SELECT m.id, m.received_at, m.from_address, m.subject,
                (SELECT json_group_array(s.receipt) FROM submission s
                 WHERE s.mail_id = m.id AND s.receipt IS NOT NULL),
                (SELECT o.state FROM outbox o WHERE o.mail_id = m.id AND o.kind <> 'notice'
                 ORDER BY o.judgement_id DESC, o.id LIMIT 1)
         FROM mail m JOIN current_judgement j ON j.mail_id = m.id
         WHERE m.received_at <= ?2 AND (m.received_at > ?1 OR m.recorded_at > ?3)
         ORDER BY m.received_at, m.id",
    )
    .bind(micros(from))
    .bind(micros(until))
    .bind(since)
    .fetch_all(connection)
    .await?;
    Ok(rows
        .into_iter()
        .map(|(id, received_at, from, subject, receipts, reply_state)| MailLine {
            id,
            received_at: instant(received_at),
            from,
            subject,
            outcome: states.get(&id).map_or_else(String::new, |state| state.outcome.clone()),
            receipts: receipts.and_then(|json| serde_json::from_str(&json).ok()).unwrap_or_default(),
            reply_state,
        })
        .collect())
}

/// Every mail counts once: by the state of its answer, or as not answered.
async fn health(
    connection: &mut SqliteConnection,
    from: Timestamp,
    until: Timestamp,
    since: Option<i64>,
) -> Result<Health, sqlx::Error> {
    let rows: Vec<(Option<String>, i64)> = sqlx::query_as(
        "SELECT (SELECT o.state FROM outbox o WHERE o.mail_id = m.id AND o.kind <> 'notice'
                 ORDER BY o.judgement_id DESC, o.id LIMIT 1) AS state, COUNT(*)
         FROM mail m GROUP BY state",
    )
    .fetch_all(&mut *connection)
    .await?;
    let states: BTreeMap<Option<String>, i64> = rows.into_iter().collect();
    let of = |names: &[&str]| -> u64 {
        states
            .iter()
            .filter(|(state, _)| state.as_deref().is_some_and(|state| names.contains(&state)))
            .map(|(_, count)| *count as u64)
            .sum()
    };
    let in_window: i64 = sqlx::query_scalar(
        "SELECT COUNT(*) FROM mail WHERE received_at <= ?2 AND (received_at > ?1 OR recorded_at > ?3)",
    )
    .bind(micros(from))
    .bind(micros(until))
    .bind(since)
    .fetch_one(&mut *connection)
    .await?;
    let checked: Option<i64> =
        sqlx::query_scalar("SELECT checked_at FROM service_status WHERE service = 'mailbox'")
            .fetch_optional(&mut *connection)
            .await?
            .flatten();
    let books = progress::reconcile(&mut *connection).await?;
    let stopped = breaker::stop(&mut *connection).await?.map(|stop| stop.line());
    let head = audit::head(connection).await?;
    Ok(Health {
        stopped,
        last_check_at: maybe_instant(checked),
        mails_seen: books.seen as u64,
        mails_in_window: in_window as u64,
        replies_sent: of(&["sent"]),
        not_answered: of(&["held", "suppressed"]) + states.get(&None).map_or(0, |count| *count as u64),
        failed: of(&["failed", "bounced"]),
        ambiguous: of(&["ambiguous"]),
        queued: of(&["queued", "deferred", "sending"]),
        pending: books.pending as u64,
        difference: books.difference,
        audit_head: head.hash,
        audit_count: head.seq as u64,
    })
}
