//! I/O: the ledger as the machine-readable contract shows it: `mails`, `status`, `slots`, `outbox`,
//! and the counts of `once`. Every struct serialises to exactly the keys of that contract.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use sqlx::SqliteConnection;

use super::column::{instant, time_text};
use super::mail_state::{self, MailState};
use super::{Error, Ledger, clinics, progress, slots};
use crate::campaign::rfc3339;
use crate::clinic::{venue_key, venue_order};

/// `mails`.
#[derive(Clone, Debug, Serialize)]
pub struct Mails {
    pub reconciliation: Reconciliation,
    pub mails: Vec<MailView>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Reconciliation {
    pub seen: i64,
    /// With and without warnings.
    pub accepted: i64,
    pub rejected: i64,
    pub unreadable: i64,
    pub not_a_form: i64,
    pub duplicate: i64,
    pub held: i64,
    pub ignored: i64,
    pub pending: i64,
    pub difference: i64,
}

#[derive(Clone, Debug, Serialize)]
pub struct MailView {
    pub id: i64,
    pub sha256: String,
    pub locations: Vec<LocationView>,
    pub received_at: String,
    pub recorded_at: String,
    pub from: String,
    pub subject: String,
    pub message_id: Option<String>,
    pub outcome: String,
    pub needs_staff: bool,
    pub receipts: Vec<String>,
    pub reply: Option<ReplyState>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LocationView {
    pub folder: String,
    /// Null for a Maildir.
    pub uidvalidity: Option<i64>,
    pub uid: Option<i64>,
    /// Unique part of the file name in a Maildir; null for IMAP.
    pub name: Option<String>,
    /// Where it was filed to; null while it is not.
    pub filed_to: Option<String>,
}

#[derive(Clone, Debug, Serialize)]
pub struct ReplyState {
    pub state: String,
    pub message_id: String,
    pub attempts: i64,
}

/// One element of `status`.
#[derive(Clone, Debug, Serialize)]
pub struct StatusView {
    pub venue_no: String,
    pub name: String,
    pub ward: Option<&'static str>,
    pub state: &'static str,
    pub receipt: Option<String>,
    pub received_at: Option<String>,
    pub timing: Option<&'static str>,
    pub sum: Option<u64>,
    pub cap: Option<u32>,
    /// 差引（独自の受付枠）: cap − sum; null while either is not known.
    pub own: Option<i64>,
    pub setup: String,
    pub flags: Vec<String>,
}

/// One element of `slots`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SlotView {
    pub venue_no: String,
    pub date: String,
    pub start: String,
    pub end: Option<String>,
    pub dose: u8,
    pub public: u32,
    pub private: u32,
    pub receipt: String,
}

/// One element of `outbox`.
#[derive(Clone, Debug, Serialize)]
pub struct OutboxView {
    pub id: i64,
    pub kind: String,
    pub to: String,
    pub subject: String,
    pub message_id: String,
    pub state: String,
    pub attempts: i64,
    pub next_attempt_at: Option<String>,
    pub sent_at: Option<String>,
    pub last_error: Option<String>,
    pub receipt: Option<String>,
    /// Attempts made after an ambiguous one: the recipient may have got it twice.
    pub repeated: i64,
    /// It waits because letters to clinics are stopped.
    pub stopped: bool,
}

/// Where a run of `once` began; see [`Ledger::counts_since`].
#[derive(Clone, Copy, Debug, Default)]
pub struct Mark {
    mail: i64,
    attempt: i64,
    letter: i64,
    filed: i64,
}

/// `once` (the caller adds its errors).
#[derive(Clone, Debug, Default, Serialize)]
pub struct OnceView {
    pub seen: i64,
    pub outcomes: BTreeMap<String, i64>,
    pub replies: ReplyCounts,
    pub filed: i64,
    pub pending: i64,
    /// Letters to clinics that the breaker keeps back.
    pub stopped: i64,
    pub errors: Vec<String>,
}

#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct ReplyCounts {
    pub sent: i64,
    pub deferred: i64,
    pub failed: i64,
    pub suppressed: i64,
}

impl Ledger {
    /// Every mail in the order of recording, and the reconciliation of all of them.
    pub async fn mails(&self, needs_staff: bool) -> Result<Mails, Error> {
        let registry = self.registry().await?;
        let mut tx = self.read().await?;
        let states = mail_state::states(&mut tx, &registry, None).await?;
        let reconciliation = reconciliation(&mut tx, &states).await?;
        let mut mails = mail_views(&mut tx, None, &states).await?;
        mails.retain(|mail| mail.needs_staff || !needs_staff);
        Ok(Mails { reconciliation, mails })
    }

    /// The bytes of one mail.
    pub async fn raw_mail(&self, id: i64) -> Result<Vec<u8>, Error> {
        let bytes: Option<Vec<u8>> = sqlx::query_scalar(
            "SELECT r.bytes FROM mail m JOIN raw_message r ON r.sha256 = m.sha256 WHERE m.id = ?1",
        )
        .bind(id)
        .fetch_optional(&self.readers)
        .await?;
        bytes.ok_or_else(|| Error::missing("mail", &id))
    }

    /// One line per clinic, in the order of the venue numbers: 0044 before 0107.
    pub async fn status(&self) -> Result<Vec<StatusView>, Error> {
        let registry = self.registry().await?;
        let mut tx = self.read().await?;
        let mut lines = clinics::lines(&mut tx, &registry).await?;
        lines.sort_by_cached_key(|line| venue_order(&line.clinic.venue_no));
        Ok(lines
            .into_iter()
            .map(|line| {
                let sum = line.totals.map(|totals| totals.sum());
                let cap = line.clinic.cap;
                StatusView {
                    venue_no: line.clinic.venue_no,
                    name: line.clinic.name,
                    ward: line.clinic.ward.map(crate::clinic::Ward::label),
                    state: line.state.as_str(),
                    receipt: line.receipt,
                    received_at: line.received_at.map(rfc3339),
                    timing: line.timing.map(crate::campaign::Timing::as_str),
                    sum,
                    cap,
                    own: cap.zip(sum).map(|(cap, sum)| i64::from(cap) - sum as i64),
                    setup: line.setup,
                    flags: line.flags,
                }
            })
            .collect())
    }

    /// The slots in force; with `changed_since` only those of clinics whose versions in force are not the ones of
    /// that export.
    pub async fn slots(
        &self,
        venue_no: Option<&str>,
        changed_since: Option<i64>,
    ) -> Result<Vec<SlotView>, Error> {
        let mut tx = self.read().await?;
        let venue = venue_no.map(venue_key);
        let rows = slots::in_force(&mut tx, venue.as_deref()).await?;
        let unchanged: BTreeSet<String> = match changed_since {
            None => BTreeSet::new(),
            Some(export) => sqlx::query_scalar(
                "SELECT DISTINCT f.venue_key FROM in_force f WHERE NOT EXISTS
                         (SELECT 1 FROM in_force g WHERE g.venue_key = f.venue_key AND NOT EXISTS
                             (SELECT 1 FROM export_item e WHERE e.export_id = ?1 AND e.venue_key = g.venue_key
                              AND e.visibility = g.visibility AND e.submission_id = g.submission_id))",
            )
            .bind(export)
            .fetch_all(&mut *tx)
            .await?
            .into_iter()
            .collect(),
        };
        Ok(rows
            .into_iter()
            .filter(|row| !unchanged.contains(&venue_key(&row.venue_no)))
            .map(|row| SlotView {
                venue_no: row.venue_no,
                date: row.date.to_string(),
                start: time_text(row.start),
                end: row.end.map(time_text),
                dose: row.dose.number(),
                public: row.public,
                private: row.private,
                receipt: row.receipt,
            })
            .collect())
    }

    /// Outgoing letters, all or those in one state.
    pub async fn outbox(&self, state: Option<&str>) -> Result<Vec<OutboxView>, Error> {
        type Row = (i64, String, String, String, String, String, i64, Option<i64>, Option<i64>);
        type More = (Option<String>, Option<String>, i64, bool);
        let mut tx = self.read().await?;
        let rows: Vec<Row> = sqlx::query_as(
            "SELECT id, kind, to_address, subject, message_id, state, attempts, next_attempt_at, sent_at
             FROM outbox WHERE ?1 IS NULL OR state = ?1 ORDER BY id",
        )
        .bind(state)
        .fetch_all(&mut *tx)
        .await?;
        let more: Vec<More> = sqlx::query_as(
            "SELECT last_error, receipt, repeated, next_attempt_at IS NOT NULL AND kind NOT IN ('digest', 'alert')
                    AND EXISTS (SELECT 1 FROM breaker_open)
             FROM outbox WHERE ?1 IS NULL OR state = ?1 ORDER BY id",
        )
        .bind(state)
        .fetch_all(&mut *tx)
        .await?;
        Ok(rows
            .into_iter()
            .zip(more)
            .map(
                |(
                    (id, kind, to, subject, message_id, state, attempts, next, sent),
                    (error, receipt, repeated, stopped),
                )| {
                    OutboxView {
                        id,
                        kind,
                        to,
                        subject,
                        message_id,
                        state,
                        attempts,
                        next_attempt_at: next.map(|at| rfc3339(instant(at))),
                        sent_at: sent.map(|at| rfc3339(instant(at))),
                        last_error: error,
                        receipt,
                        repeated,
                        stopped,
                    }
                },
            )
            .collect())
    }

    /// Where the ledger stands now, to be handed to [`Ledger::counts_since`] at the end of the run.
    pub async fn mark(&self) -> Result<Mark, Error> {
        let (mail, attempt, letter, filed) = sqlx::query_as(
            "SELECT (SELECT COALESCE(MAX(id), 0) FROM mail),
                    (SELECT COALESCE(MAX(id), 0) FROM outbox_attempt), (SELECT COALESCE(MAX(id), 0) FROM outbox),
                    (SELECT COUNT(*) FROM location WHERE filed_at IS NOT NULL)",
        )
        .fetch_one(&self.readers)
        .await?;
        Ok(Mark { mail, attempt, letter, filed })
    }

    /// What happened since the mark. A letter that a budget puts off counts as deferred, and so does each that was cut
    /// off while it was sent, now or earlier: it waits. `seen` counts messages found (the same bytes at two places are two).
    pub async fn counts_since(&self, mark: Mark) -> Result<OnceView, Error> {
        let mut tx = self.read().await?;
        let outcomes: Vec<(String, i64)> = sqlx::query_as(
            "SELECT outcome, COUNT(*) FROM current_judgement WHERE mail_id > ?1 GROUP BY outcome",
        )
        .bind(mark.mail)
        .fetch_all(&mut *tx)
        .await?;
        let (sent, deferred, failed, suppressed, recorded, filed_now): (i64, i64, i64, i64, i64, i64) =
            sqlx::query_as(
                "WITH tried AS (SELECT DISTINCT outbox_id FROM outbox_attempt WHERE id > ?1)
                 SELECT (SELECT COUNT(*) FROM tried JOIN outbox o ON o.id = outbox_id
                         WHERE o.state IN ('sent', 'bounced')),
                        (SELECT COUNT(*) FROM tried JOIN outbox o ON o.id = outbox_id WHERE o.state = 'deferred')
                        + (SELECT COUNT(*) FROM outbox WHERE state = 'ambiguous')
                        + (SELECT COUNT(*) FROM outbox WHERE id > ?2 AND state = 'queued' AND next_attempt_at > created_at),
                        (SELECT COUNT(*) FROM tried JOIN outbox o ON o.id = outbox_id WHERE o.state = 'failed'),
                        (SELECT COUNT(*) FROM outbox WHERE id > ?2 AND state = 'suppressed'),
                        (SELECT COUNT(*) FROM mail WHERE id > ?3),
                        (SELECT COUNT(*) FROM location WHERE filed_at IS NOT NULL)",
            )
            .bind(mark.attempt)
            .bind(mark.letter)
            .bind(mark.mail)
            .fetch_one(&mut *tx)
            .await?;
        let pending: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM waiting").fetch_one(&mut *tx).await?;
        Ok(OnceView {
            seen: recorded + pending,
            outcomes: outcomes.into_iter().collect(),
            replies: ReplyCounts { sent, deferred, failed, suppressed },
            filed: filed_now - mark.filed,
            pending,
            stopped: 0,
            errors: Vec::new(),
        })
    }
}

/// Every mail once, by its outcome as it stands; the difference comes from the books of places.
async fn reconciliation(
    connection: &mut SqliteConnection,
    states: &BTreeMap<i64, MailState>,
) -> Result<Reconciliation, sqlx::Error> {
    let mut outcomes: BTreeMap<&str, i64> = BTreeMap::new();
    for state in states.values() {
        *outcomes.entry(&state.outcome).or_default() += 1;
    }
    let of = |name: &str| outcomes.get(name).copied().unwrap_or(0);
    let books = progress::reconcile(connection).await?;
    Ok(Reconciliation {
        seen: books.seen,
        accepted: of("accepted") + of("accepted_with_warnings"),
        rejected: of("rejected"),
        unreadable: of("unreadable"),
        not_a_form: of("not_a_form"),
        duplicate: of("duplicate"),
        held: of("held"),
        ignored: of("ignored"),
        pending: books.pending,
        difference: books.difference,
    })
}

pub(super) async fn mail_views(
    connection: &mut SqliteConnection,
    id: Option<i64>,
    states: &BTreeMap<i64, MailState>,
) -> Result<Vec<MailView>, sqlx::Error> {
    type Head = (i64, String, i64, i64, String, String, Option<String>, Option<String>);
    let heads: Vec<Head> = sqlx::query_as(
        "SELECT m.id, m.sha256, m.received_at, m.recorded_at, m.from_address, m.subject, m.message_id,
                (SELECT json_group_array(s.receipt) FROM submission s
                                WHERE s.mail_id = m.id AND s.receipt IS NOT NULL)
         FROM mail m JOIN current_judgement j ON j.mail_id = m.id
         WHERE ?1 IS NULL OR m.id = ?1 ORDER BY m.id",
    )
    .bind(id)
    .fetch_all(&mut *connection)
    .await?;
    let mut locations = locations(connection, id).await?;
    let mut replies = replies(connection, id).await?;
    Ok(heads
        .into_iter()
        .map(|(id, sha256, received, recorded, from, subject, message_id, receipts)| {
            let state = states.get(&id);
            MailView {
                id,
                sha256,
                locations: locations.remove(&id).unwrap_or_default(),
                received_at: rfc3339(instant(received)),
                recorded_at: rfc3339(instant(recorded)),
                from,
                subject,
                message_id,
                outcome: state.map_or_else(String::new, |state| state.outcome.clone()),
                needs_staff: state.is_some_and(|state| state.needs_staff),
                receipts: receipts.and_then(|json| serde_json::from_str(&json).ok()).unwrap_or_default(),
                reply: replies.remove(&id),
            }
        })
        .collect())
}

async fn locations(
    connection: &mut SqliteConnection,
    mail: Option<i64>,
) -> Result<BTreeMap<i64, Vec<LocationView>>, sqlx::Error> {
    type Row = (i64, String, Option<i64>, Option<i64>, Option<String>, Option<String>);
    let rows: Vec<Row> = sqlx::query_as(
        "SELECT mail_id, folder, uid_validity, uid, name, filed_to FROM location
         WHERE ?1 IS NULL OR mail_id = ?1 ORDER BY id",
    )
    .bind(mail)
    .fetch_all(connection)
    .await?;
    let mut by_mail: BTreeMap<i64, Vec<LocationView>> = BTreeMap::new();
    for (mail, folder, uidvalidity, uid, name, filed_to) in rows {
        by_mail.entry(mail).or_default().push(LocationView { folder, uidvalidity, uid, name, filed_to });
    }
    Ok(by_mail)
}

/// The answer to each mail: the first letter of its last judgement that is not a copy to others.
async fn replies(
    connection: &mut SqliteConnection,
    mail: Option<i64>,
) -> Result<BTreeMap<i64, ReplyState>, sqlx::Error> {
    let rows: Vec<(i64, String, String, i64)> = sqlx::query_as(
        "SELECT mail_id, state, message_id, attempts FROM outbox
         WHERE mail_id IS NOT NULL AND kind <> 'notice' AND (?1 IS NULL OR mail_id = ?1)
         ORDER BY judgement_id, id DESC",
    )
    .bind(mail)
    .fetch_all(connection)
    .await?;
    Ok(rows
        .into_iter()
        .map(|(mail, state, message_id, attempts)| (mail, ReplyState { state, message_id, attempts }))
        .collect())
}
