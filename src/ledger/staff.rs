//! I/O: staff decisions: each a row of its own with who, when and why; what held before stays readable.
//!
//! A decision on a submission adds a ruling; what is in force follows from the rulings.

use jiff::Timestamp;
use serde_json::json;
use sqlx::SqliteConnection;

use super::column::micros;
use super::in_force::{next_version, put_in_force, venues_of};
use super::outbox::Concern;
use super::{Error, Intake, Ledger, NewLetter, audit, outbox};
use crate::clinic::{address_key, venue_key};
use crate::sha256;

/// Who decides, when and why. An empty reason is refused.
#[derive(Clone, Copy, Debug)]
pub struct Decision<'a> {
    pub at: Timestamp,
    /// The operating system's user.
    pub actor: &'a str,
    pub reason: &'a str,
}

/// What a note is about.
#[derive(Clone, Copy, Debug)]
pub enum Subject<'a> {
    Mail(i64),
    Receipt(&'a str),
    Clinic(&'a str),
}

/// What holds for a submission now.
#[derive(sqlx::FromRow)]
struct Current {
    submission_id: i64,
    ruling_id: i64,
    reading_id: i64,
    mail_id: Option<i64>,
    outcome: String,
    void: bool,
    venue_key: Option<String>,
    has_form: bool,
    scope_public: bool,
    scope_private: bool,
    errors: i64,
    received_at: i64,
}

/// What a decision makes of a submission.
struct Ruling<'a> {
    kind: &'static str,
    outcome: &'static str,
    void: bool,
    venue: Option<&'a str>,
    version: Option<i64>,
}

impl Ledger {
    /// Puts a held form in force as the clinic's next version. A form with errors, or one over the cap, is refused
    /// unless `despite_errors`; one that was received before the version in force always is.
    pub async fn accept(
        &self,
        receipt: &str,
        despite_errors: bool,
        decision: Decision<'_>,
    ) -> Result<u32, Error> {
        let mut tx = self.write().await?;
        let version = accept(&mut tx, receipt, despite_errors, decision).await?;
        tx.commit().await?;
        Ok(version)
    }

    /// Turns a held form down.
    pub async fn reject(&self, receipt: &str, decision: Decision<'_>) -> Result<(), Error> {
        let mut tx = self.write().await?;
        reject(&mut tx, receipt, decision).await?;
        Ok(tx.commit().await?)
    }

    /// Declares a submission void: it counts for nothing any more. What was in force before it is in force again;
    /// answers those receipts.
    pub async fn void(&self, receipt: &str, decision: Decision<'_>) -> Result<Vec<String>, Error> {
        let mut tx = self.write().await?;
        let current = current(&mut tx, receipt).await?;
        if current.void {
            return Err(Error::refused("void", receipt, "it is void already"));
        }
        let venue = current.venue_key.as_deref();
        let ruling = Ruling { kind: "void", outcome: "rejected", void: true, venue, version: None };
        rule(&mut tx, receipt, &current, ruling, decision).await?;
        let in_force = sqlx::query_scalar(
            "SELECT DISTINCT s.receipt FROM in_force f JOIN submission s ON s.id = f.submission_id
             WHERE f.venue_key = ?1 ORDER BY s.receipt",
        )
        .bind(venue)
        .fetch_all(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(in_force)
    }

    /// Gives a submission to another clinic, held: it was not judged by that clinic's cap yet. The receipt number stays.
    pub async fn reassign(&self, receipt: &str, venue_no: &str, decision: Decision<'_>) -> Result<(), Error> {
        let mut tx = self.write().await?;
        let current = current(&mut tx, receipt).await?;
        let venue = known_venue(&mut tx, venue_no).await?;
        if current.venue_key.as_deref() == Some(&venue) {
            return Err(Error::refused("reassign", receipt, "it belongs to that clinic already"));
        }
        let ruling =
            Ruling { kind: "reassign", outcome: "held", void: false, venue: Some(&venue), version: None };
        rule(&mut tx, receipt, &current, ruling, decision).await?;
        Ok(tx.commit().await?)
    }

    /// Registers an address for a clinic on the word of staff; the mails from it can then be judged again.
    pub async fn adopt(
        &self,
        venue_no: &str,
        address: &str,
        mail_id: Option<i64>,
        decision: Decision<'_>,
    ) -> Result<(), Error> {
        let mut tx = self.write().await?;
        let venue = known_venue(&mut tx, venue_no).await?;
        if !address.contains('@') {
            return Err(Error::refused("adopt", address, "it is not an e-mail address"));
        }
        sqlx::query(
            "INSERT INTO clinic_address (venue_key, address_key, address, ordinal, status, source, added_at, added_by)
             VALUES (?1, ?2, ?3, 500, 'registered', 'staff', ?4, ?5)
             ON CONFLICT DO UPDATE SET status = 'registered', undeliverable_at = NULL,
                 source = CASE status WHEN 'registered' THEN source ELSE 'staff' END",
        )
        .bind(&venue)
        .bind(address_key(address))
        .bind(address.trim())
        .bind(micros(decision.at))
        .bind(decision.actor)
        .execute(&mut *tx)
        .await?;
        let about = About { kind: "adopt", mail_id, submission_id: None, venue: Some(&venue) };
        decide(&mut tx, &about, format!("venue:{venue_no}"), decision).await?;
        Ok(tx.commit().await?)
    }

    /// A remark on a mail, a submission or a clinic. On a mail that waits for staff it also says: dealt with.
    pub async fn note(&self, subject: Subject<'_>, decision: Decision<'_>) -> Result<(), Error> {
        let mut tx = self.write().await?;
        match subject {
            Subject::Mail(id) => {
                let known: bool = sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM mail WHERE id = ?1)")
                    .bind(id)
                    .fetch_one(&mut *tx)
                    .await?;
                if !known {
                    return Err(Error::missing("mail", &id));
                }
                let about = About { kind: "note", mail_id: Some(id), submission_id: None, venue: None };
                decide(&mut tx, &about, format!("mail:{id}"), decision).await?;
            }
            Subject::Receipt(receipt) => {
                let current = current(&mut tx, receipt).await?;
                let about = About {
                    kind: "note",
                    mail_id: current.mail_id,
                    submission_id: Some(current.submission_id),
                    venue: current.venue_key.as_deref(),
                };
                decide(&mut tx, &about, format!("receipt:{receipt}"), decision).await?;
            }
            Subject::Clinic(venue_no) => {
                let venue = known_venue(&mut tx, venue_no).await?;
                let about = About { kind: "note", mail_id: None, submission_id: None, venue: Some(&venue) };
                decide(&mut tx, &about, format!("venue:{venue_no}"), decision).await?;
            }
        }
        Ok(tx.commit().await?)
    }

    /// Gives one clinic deadlines of its own; `None` leaves the one in force as it is.
    pub async fn extend(
        &self,
        venue_no: &str,
        submission: Option<Timestamp>,
        correction: Option<Timestamp>,
        decision: Decision<'_>,
    ) -> Result<(), Error> {
        let mut tx = self.write().await?;
        let venue = known_venue(&mut tx, venue_no).await?;
        sqlx::query(
            "INSERT INTO extension (venue_key, submission, correction, at, actor, reason)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )
        .bind(&venue)
        .bind(submission.map(micros))
        .bind(correction.map(micros))
        .bind(micros(decision.at))
        .bind(decision.actor)
        .bind(decision.reason)
        .execute(&mut *tx)
        .await?;
        let about = About { kind: "extend", mail_id: None, submission_id: None, venue: Some(&venue) };
        decide(&mut tx, &about, format!("venue:{venue_no}"), decision).await?;
        Ok(tx.commit().await?)
    }
}

impl Intake {
    /// As [`Ledger::accept`], with the letters that tell it in the same commit.
    pub async fn accept(
        &mut self,
        receipt: &str,
        despite_errors: bool,
        letters: &[NewLetter<'_>],
        decision: Decision<'_>,
    ) -> Result<u32, Error> {
        self.audit.write(&mut self.tx).await?;
        let version = accept(&mut self.tx, receipt, despite_errors, decision).await?;
        self.tell(receipt, letters, decision).await?;
        Ok(version)
    }

    /// As [`Ledger::reject`], with the letters that tell it in the same commit.
    pub async fn reject(
        &mut self,
        receipt: &str,
        letters: &[NewLetter<'_>],
        decision: Decision<'_>,
    ) -> Result<(), Error> {
        self.audit.write(&mut self.tx).await?;
        reject(&mut self.tx, receipt, decision).await?;
        self.tell(receipt, letters, decision).await
    }

    /// A draft that still waits was written before the decision: it must not leave any more.
    async fn tell(
        &mut self,
        receipt: &str,
        letters: &[NewLetter<'_>],
        decision: Decision<'_>,
    ) -> Result<(), Error> {
        sqlx::query("UPDATE outbox SET state = 'suppressed' WHERE receipt = ?1 AND state = 'held'")
            .bind(receipt)
            .execute(&mut *self.tx)
            .await?;
        let venue: Option<String> = sqlx::query_scalar(
            "SELECT c.venue_no FROM submission s JOIN current_ruling r ON r.submission_id = s.id
             JOIN clinic c ON c.venue_key = r.venue_key WHERE s.receipt = ?1",
        )
        .bind(receipt)
        .fetch_optional(&mut *self.tx)
        .await?;
        for new in letters {
            let concern = Concern {
                dedupe_key: None,
                venue_no: venue.as_deref(),
                receipt: Some(receipt),
                state: new.state,
            };
            outbox::put(&mut self.tx, new.letter, concern, decision.at).await?;
        }
        self.audit = audit::Chain::end(&mut self.tx).await?;
        Ok(())
    }
}

async fn accept(
    connection: &mut SqliteConnection,
    receipt: &str,
    despite_errors: bool,
    decision: Decision<'_>,
) -> Result<u32, Error> {
    let refused = |cause: &str| Err(Error::refused("accept", receipt, cause));
    let current = current(connection, receipt).await?;
    let Some(venue) = current.venue_key.as_deref() else {
        return refused("its clinic is not known; use `reassign` first");
    };
    if current.outcome != "held" {
        return refused(&format!("it is {}; only held submissions can be accepted", current.outcome));
    }
    if !current.has_form || !(current.scope_public || current.scope_private) {
        return refused("it holds no form that could be read");
    }
    if current.errors > 0 && !despite_errors {
        return refused("the form has errors; see `show`, or accept it despite them");
    }
    let later: Option<String> = sqlx::query_scalar(
        "SELECT s.receipt FROM in_force f JOIN submission s ON s.id = f.submission_id
         WHERE f.venue_key = ?1 AND s.received_at > ?2
           AND CASE f.visibility WHEN 'public' THEN ?3 ELSE ?4 END LIMIT 1",
    )
    .bind(venue)
    .bind(current.received_at)
    .bind(current.scope_public)
    .bind(current.scope_private)
    .fetch_optional(&mut *connection)
    .await?;
    if let Some(later) = later {
        return refused(&format!("{later} was received later and is in force; void that one first"));
    }
    if !despite_errors && let Some((sum, cap)) = over_cap(connection, venue, &current).await? {
        return refused(&format!("{sum} would be in force, the cap is {cap}"));
    }
    let version = next_version(connection, current.submission_id, Some(venue), None).await?;
    let ruling = Ruling {
        kind: "accept",
        outcome: "accepted",
        void: false,
        venue: Some(venue),
        version: Some(version),
    };
    rule(connection, receipt, &current, ruling, decision).await?;
    Ok(version as u32)
}

async fn reject(
    connection: &mut SqliteConnection,
    receipt: &str,
    decision: Decision<'_>,
) -> Result<(), Error> {
    let current = current(connection, receipt).await?;
    if current.outcome != "held" {
        let cause = format!("it is {}; only held submissions can be rejected (see `void`)", current.outcome);
        return Err(Error::refused("reject", receipt, cause));
    }
    let venue = current.venue_key.as_deref();
    let ruling = Ruling { kind: "reject", outcome: "rejected", void: false, venue, version: None };
    rule(connection, receipt, &current, ruling, decision).await
}

/// What a decision is about, as far as it is known.
pub(super) struct About<'a> {
    pub kind: &'static str,
    pub mail_id: Option<i64>,
    pub submission_id: Option<i64>,
    pub venue: Option<&'a str>,
}

/// The decision's row and its audit entry; answers the row's id.
pub(super) async fn decide(
    connection: &mut SqliteConnection,
    about: &About<'_>,
    subject: String,
    decision: Decision<'_>,
) -> Result<i64, Error> {
    if decision.reason.trim().is_empty() {
        return Err(Error::refused("decide on", &subject, "a reason is needed (--reason TEXT)"));
    }
    let id: i64 = sqlx::query_scalar(
        "INSERT INTO staff_decision (at, actor, kind, mail_id, submission_id, venue_key, reason)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) RETURNING id",
    )
    .bind(micros(decision.at))
    .bind(decision.actor)
    .bind(about.kind)
    .bind(about.mail_id)
    .bind(about.submission_id)
    .bind(about.venue)
    .bind(decision.reason)
    .fetch_one(&mut *connection)
    .await?;
    let payload =
        json!({ "decision": id, "venue": about.venue, "reason": sha256::of(decision.reason.as_bytes()) });
    let entry = audit::Entry { at: decision.at, actor: decision.actor, kind: about.kind, subject, payload };
    audit::append(connection, entry).await?;
    Ok(id)
}

/// The key of a clinic that must be in the registry.
pub(super) async fn known_venue(connection: &mut SqliteConnection, venue_no: &str) -> Result<String, Error> {
    let key: Option<String> = sqlx::query_scalar("SELECT venue_key FROM clinic WHERE venue_key = ?1")
        .bind(venue_key(venue_no))
        .fetch_optional(connection)
        .await?;
    key.ok_or_else(|| Error::missing("clinic", venue_no))
}

async fn current(connection: &mut SqliteConnection, receipt: &str) -> Result<Current, Error> {
    let current: Option<Current> = sqlx::query_as(
        "SELECT s.id AS submission_id, r.id AS ruling_id, r.reading_id, s.mail_id, r.outcome, r.void, r.venue_key,
                r.has_form, r.scope_public, r.scope_private, r.errors, s.received_at
         FROM submission s JOIN current_ruling r ON r.submission_id = s.id WHERE s.receipt = ?1",
    )
    .bind(receipt)
    .fetch_optional(connection)
    .await?;
    current.ok_or_else(|| Error::missing("submission", receipt))
}

/// What would be in force for the clinic and its cap, when that is more than the cap (or the cap is not known).
async fn over_cap(
    connection: &mut SqliteConnection,
    venue: &str,
    current: &Current,
) -> Result<Option<(i64, i64)>, sqlx::Error> {
    let (sum, cap): (i64, Option<i64>) = sqlx::query_as(
        "SELECT COALESCE((SELECT SUM(t.public * ?3 + t.private * ?4) FROM slot t WHERE t.reading_id = ?2), 0)
              + COALESCE((SELECT SUM(CASE f.visibility WHEN 'public' THEN t.public ELSE t.private END)
                          FROM in_force f JOIN ruling r ON r.id = f.ruling_id
                          JOIN slot t ON t.reading_id = COALESCE(r.reading_of, r.id)
                          WHERE f.venue_key = ?1
                            AND CASE f.visibility WHEN 'public' THEN ?3 ELSE ?4 END = 0), 0),
                (SELECT cap FROM clinic WHERE venue_key = ?1)",
    )
    .bind(venue)
    .bind(current.reading_id)
    .bind(current.scope_public)
    .bind(current.scope_private)
    .fetch_one(connection)
    .await?;
    Ok(cap.filter(|cap| sum > *cap).map(|cap| (sum, cap)))
}

/// Adds the ruling of a staff decision: everything that was read stays as it is.
async fn rule(
    connection: &mut SqliteConnection,
    receipt: &str,
    current: &Current,
    ruling: Ruling<'_>,
    decision: Decision<'_>,
) -> Result<(), Error> {
    let before = venues_of(connection, current.submission_id).await?;
    let about = About {
        kind: ruling.kind,
        mail_id: current.mail_id,
        submission_id: Some(current.submission_id),
        venue: ruling.venue,
    };
    let decision_id = decide(connection, &about, format!("receipt:{receipt}"), decision).await?;
    sqlx::query(
        "INSERT INTO ruling (submission_id, judgement_id, decision_id, reading_of, made_at, outcome, void, timing,
             submission_deadline, correction_deadline, venue_key, sender, attempt, has_form, form_number,
             scope_public, scope_private, version, fingerprint, first_public, first_private, second_public,
             second_private, cap, template, errors, warnings, infos, staff)
         SELECT submission_id, NULL, ?2, COALESCE(reading_of, id), ?3, ?4, ?5, timing,
             submission_deadline, correction_deadline, ?6, sender, attempt, has_form, form_number,
             scope_public, scope_private, ?7, fingerprint, first_public, first_private, second_public,
             second_private, (SELECT cap FROM clinic WHERE venue_key = ?6), template, errors, warnings, infos, staff
         FROM ruling WHERE id = ?1",
    )
    .bind(current.ruling_id)
    .bind(decision_id)
    .bind(micros(decision.at))
    .bind(ruling.outcome)
    .bind(ruling.void)
    .bind(ruling.venue)
    .bind(ruling.version)
    .execute(&mut *connection)
    .await?;
    for venue in ruling.venue.map(str::to_string).into_iter().chain(before) {
        put_in_force(connection, &venue, micros(decision.at)).await?;
    }
    Ok(())
}
