//! I/O: the ledger's invariants, checked against its rows: each check names the first offending rows.
//!
//! I1 one row per distinct mail, each with a place · I2 one outcome each · I3 the letters that were decided, no more,
//! no fewer · I4 attempts counted, sent once · I5 answered to the sender only · I6 raw bytes match their hash ·
//! I7 audit chain and letters unaltered · I8 places · I9 timing follows from the receipt time and the deadlines stored ·
//! I10 what is in force follows from the rulings, in any order of processing · I11 SQLite's own checks.
//! `sums`, `receipts`, `versions`, `cap`: see `verify_sums`.

use std::collections::BTreeMap;

use futures::TryStreamExt;
use serde::Serialize;
use sqlx::SqliteConnection;

use super::{Error, Ledger, audit, progress, verify_sums};
use crate::sha256;

/// Rows named per check.
const NAMED: i64 = 10;

/// `verify`.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Verification {
    pub ok: bool,
    /// How many rows each check looked at.
    pub checked: BTreeMap<&'static str, u64>,
    /// The first ten of each check.
    pub violations: Vec<Violation>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Violation {
    pub invariant: &'static str,
    /// `mail:12`, `receipt:8-0123-2`, `outbox:7`, …
    pub row: String,
    /// What is wrong.
    pub message: String,
}

/// A check that SQL can make: how many rows it looks at, and which offend (`row`, `detail`).
pub(super) struct Check {
    pub invariant: &'static str,
    pub message: &'static str,
    pub count: &'static str,
    pub offending: &'static str,
}

const CHECKS: &[Check] = &[
    Check {
        invariant: "I1",
        message: "the mail was recorded without the place where it was found",
        count: "SELECT COUNT(*) FROM mail",
        offending: "SELECT 'mail:' || id, '' FROM mail
                    WHERE NOT EXISTS (SELECT 1 FROM location l WHERE l.mail_id = mail.id) LIMIT ?1",
    },
    Check {
        invariant: "I2",
        message: "the mail has no judgement, or their numbers have a hole",
        count: "SELECT COUNT(*) FROM mail",
        offending: "SELECT 'mail:' || m.id, COUNT(j.id) || ' judgements'
                    FROM mail m LEFT JOIN judgement j ON j.mail_id = m.id
                    GROUP BY m.id HAVING COUNT(j.id) = 0 OR COUNT(j.id) <> MAX(j.number) LIMIT ?1",
    },
    Check {
        invariant: "I2",
        message: "the submission has no ruling",
        count: "SELECT COUNT(*) FROM submission",
        offending: "SELECT 'receipt:' || COALESCE(receipt, id), '' FROM submission s
                    WHERE NOT EXISTS (SELECT 1 FROM ruling r WHERE r.submission_id = s.id) LIMIT ?1",
    },
    Check {
        invariant: "I3",
        message: "the outbox does not hold the letters that were decided with the mail",
        count: "SELECT COUNT(*) FROM current_judgement",
        offending: "SELECT 'mail:' || j.mail_id, 'decided ' || j.letters || ', found ' || COUNT(o.id)
                    FROM current_judgement j LEFT JOIN outbox o ON o.judgement_id = j.id
                    GROUP BY j.id HAVING COUNT(o.id) <> j.letters LIMIT ?1",
    },
    Check {
        invariant: "I3",
        message: "the answer does not agree with what was decided",
        count: "SELECT COUNT(*) FROM current_judgement",
        offending: "SELECT 'mail:' || j.mail_id, j.answer || ', letters: ' || COUNT(o.id)
                    FROM current_judgement j LEFT JOIN outbox o ON o.judgement_id = j.id AND o.kind <> 'notice'
                    GROUP BY j.id HAVING (j.answer = 'silent') <> (COUNT(o.id) = 0)
                       AND NOT (j.letters = 0 AND EXISTS
                           (SELECT 1 FROM finding f WHERE f.code = 'M18' AND (f.judgement_id = j.id
                                OR f.reading_id IN (SELECT id FROM ruling WHERE judgement_id = j.id)))) LIMIT ?1",
    },
    Check {
        invariant: "I4",
        message: "the attempts logged are not the attempts counted",
        count: "SELECT COUNT(*) FROM outbox",
        offending: "SELECT 'outbox:' || o.id, o.attempts || ' counted, ' || COUNT(a.id) || ' logged'
                    FROM outbox o LEFT JOIN outbox_attempt a ON a.outbox_id = o.id
                    GROUP BY o.id HAVING COUNT(a.id) <> o.attempts LIMIT ?1",
    },
    Check {
        invariant: "I4",
        message: "the letter was accepted more than once",
        count: "SELECT COUNT(*) FROM outbox_attempt",
        offending: "SELECT 'outbox:' || outbox_id, COUNT(*) || ' times' FROM outbox_attempt WHERE result = 'accepted'
                    GROUP BY outbox_id HAVING COUNT(*) > 1 LIMIT ?1",
    },
    Check {
        invariant: "I4",
        message: "two letters share a Message-ID",
        count: "SELECT COUNT(*) FROM outbox",
        offending: "SELECT 'outbox:' || MIN(id), message_id FROM outbox GROUP BY message_id HAVING COUNT(*) > 1 LIMIT ?1",
    },
    Check {
        invariant: "I4",
        message: "a letter to a clinic was tried while letters to clinics were stopped",
        count: "SELECT COUNT(*) FROM breaker WHERE kind = 'tripped'",
        offending: "SELECT 'outbox:' || a.outbox_id, 'attempt ' || a.number
                    FROM breaker b JOIN outbox_attempt a ON a.id > b.last_attempt
                     AND a.id <= COALESCE((SELECT MIN(n.last_attempt) FROM breaker n WHERE n.id > b.id),
                                          9223372036854775807)
                    JOIN outbox o ON o.id = a.outbox_id
                    WHERE b.kind = 'tripped' AND o.kind NOT IN ('digest', 'alert') LIMIT ?1",
    },
    Check {
        invariant: "I5",
        message: "the answer does not go to the sender of the mail",
        count: "SELECT COUNT(*) FROM outbox WHERE mail_id IS NOT NULL",
        offending: "SELECT 'outbox:' || o.id, 'mail:' || m.id FROM outbox o JOIN mail m ON m.id = o.mail_id
                    WHERE o.kind <> 'notice' AND (o.to_key <> m.from_key OR m.from_key = '') LIMIT ?1",
    },
    Check {
        invariant: "I8",
        message: "one place holds two mails, or was filed nowhere",
        count: "SELECT COUNT(*) FROM location",
        offending: "SELECT 'location:' || MIN(id), folder FROM location
                    GROUP BY folder, uid_validity, uid, name
                    HAVING COUNT(*) > 1 OR SUM((filed_at IS NULL) <> (filed_to IS NULL)) > 0 LIMIT ?1",
    },
    Check {
        invariant: "I9",
        message: "the timing does not follow from the receipt time and the deadlines stored",
        count: "SELECT COUNT(*) FROM ruling WHERE timing IS NOT NULL AND outcome <> 'duplicate'",
        offending: "SELECT 'receipt:' || COALESCE(s.receipt, s.id), r.timing
                    FROM ruling r JOIN submission s ON s.id = r.submission_id
                    WHERE r.outcome <> 'duplicate' AND CASE r.timing
                          WHEN 'on_time' THEN s.received_at > r.submission_deadline + 999999
                          WHEN 'late' THEN s.received_at <= r.submission_deadline
                          WHEN 'fix_of_on_time' THEN s.received_at <= r.submission_deadline
                               OR s.received_at > r.correction_deadline + 999999
                          WHEN 'correction' THEN s.received_at > r.correction_deadline + 999999
                          WHEN 'correction_last_day' THEN s.received_at > r.correction_deadline + 999999
                          WHEN 'correction_late' THEN s.received_at <= r.correction_deadline
                          WHEN 'after_opening' THEN 0
                          ELSE r.timing IS NOT NULL END LIMIT ?1",
    },
    Check {
        invariant: "I9",
        message: "the submission's receipt time is not its mail's",
        count: "SELECT COUNT(*) FROM submission WHERE mail_id IS NOT NULL",
        offending: "SELECT 'receipt:' || COALESCE(s.receipt, s.id), 'mail:' || m.id
                    FROM submission s JOIN mail m ON m.id = s.mail_id WHERE s.received_at <> m.received_at LIMIT ?1",
    },
    Check {
        invariant: "I10",
        message: "in force, and not the last received accepted submission of that clinic and visibility",
        count: "SELECT COUNT(*) FROM in_force",
        offending: "SELECT 'venue:' || f.venue_key, f.visibility FROM in_force f
                    WHERE f.ruling_id IS NOT
                        (SELECT r.id FROM current_ruling r
                         WHERE r.venue_key = f.venue_key AND r.outcome IN ('accepted', 'accepted_with_warnings')
                           AND r.void = 0
                           AND CASE f.visibility WHEN 'public' THEN r.scope_public ELSE r.scope_private END = 1
                         ORDER BY r.received_at DESC, r.submission_id DESC LIMIT 1)
                       OR f.submission_id <> (SELECT submission_id FROM ruling WHERE id = f.ruling_id) LIMIT ?1",
    },
    Check {
        invariant: "I10",
        message: "accepted, and nothing of that clinic and visibility is in force",
        count: "SELECT COUNT(*) FROM current_ruling WHERE outcome IN ('accepted', 'accepted_with_warnings')",
        offending: "SELECT 'venue:' || r.venue_key, v.value
                    FROM current_ruling r JOIN json_each('[\"public\", \"private\"]') v
                    WHERE r.outcome IN ('accepted', 'accepted_with_warnings')
                      AND CASE v.value WHEN 'public' THEN r.scope_public ELSE r.scope_private END = 1
                      AND NOT EXISTS (SELECT 1 FROM in_force f
                                      WHERE f.venue_key = r.venue_key AND f.visibility = v.value) LIMIT ?1",
    },
];

impl Ledger {
    /// Checks every invariant that can be seen in the ledger, in one consistent picture.
    pub async fn verify(&self) -> Result<Verification, Error> {
        let mut tx = self.read().await?;
        let mut result = Verification::default();
        for check in CHECKS.iter().chain(verify_sums::CHECKS) {
            run(&mut tx, check, &mut result).await?;
        }
        books(&mut tx, &mut result).await?;
        raw_messages(&mut tx, &mut result).await?;
        chain(&mut tx, &mut result).await?;
        letters(&mut tx, &mut result).await?;
        sqlite(&mut tx, &mut result).await?;
        result.ok = result.violations.is_empty();
        Ok(result)
    }
}

impl Verification {
    fn count(&mut self, invariant: &'static str, rows: u64) {
        *self.checked.entry(invariant).or_insert(0) += rows;
    }

    fn violate(&mut self, invariant: &'static str, row: impl Into<String>, message: impl Into<String>) {
        self.violations.push(Violation { invariant, row: row.into(), message: message.into() });
    }
}

async fn run(
    connection: &mut SqliteConnection,
    check: &Check,
    result: &mut Verification,
) -> Result<(), sqlx::Error> {
    let count: i64 = sqlx::query_scalar(check.count).fetch_one(&mut *connection).await?;
    result.count(check.invariant, count as u64);
    let rows: Vec<(String, Option<String>)> =
        sqlx::query_as(check.offending).bind(NAMED).fetch_all(connection).await?;
    for (row, detail) in rows {
        let message = match detail.filter(|detail| !detail.is_empty()) {
            Some(detail) => format!("{} ({detail})", check.message),
            None => check.message.to_string(),
        };
        result.violate(check.invariant, row, message);
    }
    Ok(())
}

/// The server's side of the books against the ledger's.
async fn books(connection: &mut SqliteConnection, result: &mut Verification) -> Result<(), sqlx::Error> {
    let books = progress::reconcile(connection).await?;
    result.count("I1", books.seen as u64);
    if books.difference != 0 {
        let message = format!(
            "{} mails seen, {} recorded, {} pending: difference {}",
            books.seen, books.recorded, books.pending, books.difference
        );
        result.violate("I1", "reconciliation", message);
    }
    Ok(())
}

async fn raw_messages(
    connection: &mut SqliteConnection,
    result: &mut Verification,
) -> Result<(), sqlx::Error> {
    let mut rows = sqlx::query_as::<_, (String, Vec<u8>)>(
        "SELECT sha256, bytes FROM raw_message WHERE erased_at IS NULL ORDER BY rowid",
    )
    .fetch(connection);
    let mut bad = 0;
    while let Some((sha256, bytes)) = rows.try_next().await? {
        result.count("I6", 1);
        if sha256::of(&bytes) != sha256 && bad < NAMED {
            bad += 1;
            result.violate("I6", format!("raw_message:{sha256}"), "the bytes do not match their SHA-256");
        }
    }
    Ok(())
}

async fn chain(connection: &mut SqliteConnection, result: &mut Verification) -> Result<(), sqlx::Error> {
    type Entry = (i64, i64, String, String, String, String, String, String);
    let mut rows = sqlx::query_as::<_, Entry>(
        "SELECT seq, at, actor, kind, ref, payload, prev_hash, hash FROM audit ORDER BY seq",
    )
    .fetch(connection);
    let (mut last, mut previous, mut bad) = (0, String::new(), 0);
    while let Some((seq, at, actor, kind, subject, payload, prev_hash, hash)) = rows.try_next().await? {
        result.count("I7", 1);
        let expected = audit::link(seq, at, &actor, &kind, &subject, &payload, &prev_hash);
        if (seq != last + 1 || prev_hash != previous || hash != expected) && bad < NAMED {
            bad += 1;
            result.violate("I7", format!("audit:{seq}"), "the hash chain is broken here");
        }
        (last, previous) = (seq, hash);
    }
    Ok(())
}

/// Letters against the hashes that the audit trail holds of them.
async fn letters(connection: &mut SqliteConnection, result: &mut Verification) -> Result<(), sqlx::Error> {
    let decided: Vec<(String, String)> = sqlx::query_as(
        "SELECT l.value ->> 'message_id', l.value ->> 'sha256' FROM audit a, json_each(a.payload, '$.letters') l
         WHERE a.kind IN ('mail', 'rejudge') AND json_valid(a.payload)
         UNION ALL
         SELECT a.payload ->> 'message_id', a.payload ->> 'sha256' FROM audit a
         WHERE a.kind = 'letter' AND json_valid(a.payload)",
    )
    .fetch_all(&mut *connection)
    .await?;
    let decided: BTreeMap<String, String> = decided.into_iter().collect();
    let mut rows = sqlx::query_as::<_, (i64, String, Vec<u8>)>(
        "SELECT id, message_id, COALESCE(bytes, x'') FROM outbox LEFT JOIN letter ON outbox_id = id ORDER BY id",
    )
    .fetch(connection);
    let mut bad = 0;
    while let Some((id, message_id, bytes)) = rows.try_next().await? {
        result.count("I7", 1);
        if decided.get(&message_id).is_none_or(|sha256| *sha256 != sha256::of(&bytes)) && bad < NAMED {
            bad += 1;
            result.violate("I7", format!("outbox:{id}"), "the letter is not the one in the audit trail");
        }
    }
    Ok(())
}

async fn sqlite(connection: &mut SqliteConnection, result: &mut Verification) -> Result<(), sqlx::Error> {
    let found: Vec<String> =
        sqlx::query_scalar("PRAGMA integrity_check(10)").fetch_all(&mut *connection).await?;
    result.count("I11", 1);
    for text in found.into_iter().filter(|text| text != "ok") {
        result.violate("I11", "database", format!("integrity_check: {text}"));
    }
    let broken: Vec<(String, Option<i64>, String)> =
        sqlx::query_as("SELECT \"table\", rowid, parent FROM pragma_foreign_key_check LIMIT 10")
            .fetch_all(connection)
            .await?;
    for (table, row, parent) in broken {
        let row = row.map_or(table.clone(), |row| format!("{table}:{row}"));
        result.violate("I11", row, format!("it points to a row of {parent} that does not exist"));
    }
    Ok(())
}
