//! I/O: one batch of whole mails in one `BEGIN IMMEDIATE` transaction: recognise, look up, number, record, commit.
//!
//! An [`Intake`] that is dropped leaves nothing behind. Do not hold one across a network call, and do not put
//! [`Intake::commit`] under a timeout or into `select!`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;
use sqlx::{Sqlite, Transaction};

use super::{Error, Ledger, audit, column, letters, progress, record, registry, standing};
use crate::clinic::{Registry, venue_key};
use crate::inbound::message::Message;
use crate::inbound::uid::{MessageKey, RawMessage};
use crate::inspection::judgement::{Inspection, Submission};
use crate::inspection::standing::{MailStanding, Standing};
use crate::outbound::letter::Letter;

/// A mail with everything that was made of it.
pub struct NewMail<'a> {
    pub raw: &'a RawMessage,
    /// Hex, of `raw.bytes`.
    pub sha256: &'a str,
    pub message: &'a Message,
    pub inspection: &'a Inspection,
    pub letters: &'a [NewLetter<'a>],
    /// The clock of the run.
    pub recorded_at: Timestamp,
}

/// A letter to be put into the outbox with the mail that it answers.
pub struct NewLetter<'a> {
    pub letter: &'a Letter,
    pub state: NewState,
    /// The submission it tells about; `None` when it tells about several or none.
    pub receipt: Option<&'a str>,
    /// Not to be sent before (a budget that defers).
    pub not_before: Option<Timestamp>,
}

/// In which state a letter enters the outbox.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum NewState {
    #[default]
    Queued,
    /// A draft that staff release.
    Held,
    /// Over a budget.
    Suppressed,
}

impl NewState {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            NewState::Queued => "queued",
            NewState::Held => "held",
            NewState::Suppressed => "suppressed",
        }
    }
}

/// A form that did not come by mail (`submit`).
pub struct NewEntry<'a> {
    /// `fax`, `phone` or `usb`.
    pub channel: &'a str,
    pub received_at: Timestamp,
    pub recorded_at: Timestamp,
    /// The file as staff entered it.
    pub file: &'a [u8],
    pub submission: &'a Submission,
    /// The operating system's user.
    pub actor: &'a str,
    pub reason: &'a str,
}

/// A mail as stored, to be judged again.
#[derive(Clone, Debug)]
pub struct StoredMail {
    pub id: i64,
    pub sha256: String,
    pub raw: RawMessage,
    /// Receipt numbers already given to its submissions, in order.
    pub receipts: Vec<Option<String>>,
    /// How often it was judged.
    pub judgements: u32,
    /// The last ruling on one of its submissions is a person's.
    pub decided: bool,
}

/// A form that was entered by hand, as stored.
#[derive(Clone, Debug)]
pub struct StoredEntry {
    pub receipt: String,
    pub venue_no: String,
    pub channel: String,
    pub received_at: Timestamp,
    pub file_name: String,
    pub file: Vec<u8>,
}

/// The open transaction of one batch.
pub struct Intake {
    ledger: Ledger,
    pub(super) tx: Transaction<'static, Sqlite>,
    pub(super) audit: audit::Chain,
    /// The last serial drawn in this batch by period and venue key.
    drawn: BTreeMap<(u32, String), u32>,
    unused: BTreeSet<String>,
    registry: Option<(i64, Arc<Registry>)>,
    /// A mail of this batch changed the registry after it was last read.
    registry_changed: bool,
}

impl Ledger {
    pub async fn begin_intake(&self) -> Result<Intake, Error> {
        let mut tx = self.write().await?;
        let audit = audit::Chain::end(&mut tx).await?;
        Ok(Intake {
            ledger: self.clone(),
            tx,
            audit,
            drawn: BTreeMap::new(),
            unused: BTreeSet::new(),
            registry: None,
            registry_changed: false,
        })
    }

    /// The bytes of a mail and where it was first found.
    pub async fn stored_mail(&self, mail_id: i64) -> Result<StoredMail, Error> {
        type Row = (String, i64, Vec<u8>, Option<i64>, String, Option<i64>, Option<i64>, Option<String>);
        let mut tx = self.read().await?;
        let row: Option<Row> = sqlx::query_as(
            "SELECT m.sha256, m.received_at, r.bytes, r.omitted, l.folder, l.uid_validity, l.uid, l.name
             FROM mail m JOIN raw_message r ON r.sha256 = m.sha256 JOIN location l ON l.mail_id = m.id
             WHERE m.id = ?1 ORDER BY l.id LIMIT 1",
        )
        .bind(mail_id)
        .fetch_optional(&mut *tx)
        .await?;
        let (sha256, received_at, bytes, omitted, folder, uid_validity, uid, name) =
            row.ok_or_else(|| Error::missing("mail", &mail_id))?;
        let receipts =
            sqlx::query_scalar("SELECT receipt FROM submission WHERE mail_id = ?1 ORDER BY ordinal")
                .bind(mail_id)
                .fetch_all(&mut *tx)
                .await?;
        let (judgements, decided): (i64, bool) = sqlx::query_as(
            "SELECT (SELECT COUNT(*) FROM judgement WHERE mail_id = ?1),
                    EXISTS (SELECT 1 FROM submission s JOIN current_ruling r ON r.submission_id = s.id
                            WHERE s.mail_id = ?1 AND r.decision_id IS NOT NULL)",
        )
        .bind(mail_id)
        .fetch_one(&mut *tx)
        .await?;
        let raw = RawMessage {
            key: progress::key(folder, uid_validity, uid, name),
            received_at: column::instant(received_at),
            bytes,
            omitted: omitted.map(|size| size as u64),
        };
        Ok(StoredMail { id: mail_id, sha256, raw, receipts, judgements: judgements as u32, decided })
    }

    /// Every mail, in the order of receipt: for `replay`.
    pub async fn mail_ids(&self) -> Result<Vec<i64>, Error> {
        Ok(sqlx::query_scalar("SELECT id FROM mail ORDER BY received_at, id")
            .fetch_all(&self.readers)
            .await?)
    }

    /// Mails from an address of which a form is held because the address was not registered for its clinic and nobody
    /// decided on it, oldest first.
    pub async fn held_for_sender(&self, address: &str) -> Result<Vec<i64>, Error> {
        Ok(sqlx::query_scalar(
            "SELECT m.id FROM mail m WHERE m.from_key = ?1 AND EXISTS
                 (SELECT 1 FROM submission s JOIN current_ruling r ON r.submission_id = s.id
                  WHERE s.mail_id = m.id AND r.outcome = 'held' AND r.decision_id IS NULL
                    AND EXISTS (SELECT 1 FROM finding f WHERE f.reading_id = r.reading_id AND f.code IN ('M07', 'M09')))
             ORDER BY m.received_at, m.id",
        )
        .bind(crate::clinic::address_key(address))
        .fetch_all(&self.readers)
        .await?)
    }

    /// Forms that did not come by mail, in the order of receipt: for `replay`.
    pub async fn entries(&self) -> Result<Vec<StoredEntry>, Error> {
        type Row = (String, String, String, i64, Option<String>, Vec<u8>);
        let rows: Vec<Row> = sqlx::query_as(
            "SELECT s.receipt, c.venue_no, s.channel, s.received_at, s.file_name, m.bytes
             FROM submission s JOIN raw_message m ON m.sha256 = s.file_sha256
             JOIN ruling r ON r.id = (SELECT MIN(id) FROM ruling WHERE submission_id = s.id)
             JOIN clinic c ON c.venue_key = r.venue_key
             WHERE s.mail_id IS NULL AND s.receipt IS NOT NULL ORDER BY s.received_at, s.id",
        )
        .fetch_all(&self.readers)
        .await?;
        let entry = |(receipt, venue_no, channel, received_at, file_name, file): Row| StoredEntry {
            receipt,
            venue_no,
            channel,
            received_at: column::instant(received_at),
            file_name: file_name.unwrap_or_default(),
            file,
        };
        Ok(rows.into_iter().map(entry).collect())
    }

    /// The greatest serial given so far by period and venue key.
    pub async fn serials(&self) -> Result<Vec<(u32, String, u32)>, Error> {
        Ok(sqlx::query_as(
            "SELECT period, receipt_key, MAX(serial) FROM submission WHERE receipt IS NOT NULL
             GROUP BY period, receipt_key",
        )
        .fetch_all(&self.readers)
        .await?)
    }

    /// Does a form of this mail wait for a decision?
    pub async fn is_held(&self, mail_id: i64) -> Result<bool, Error> {
        Ok(sqlx::query_scalar(
            "SELECT EXISTS (SELECT 1 FROM current_judgement WHERE mail_id = ?1 AND outcome = 'held')",
        )
        .bind(mail_id)
        .fetch_one(&self.readers)
        .await?)
    }

    /// Mails that were held because the registry was empty, oldest first.
    pub async fn held_for_registry(&self) -> Result<Vec<i64>, Error> {
        Ok(sqlx::query_scalar(
            "SELECT j.mail_id FROM current_judgement j JOIN mail m ON m.id = j.mail_id
             WHERE j.without_registry = 1 AND j.outcome = 'held' ORDER BY m.received_at, m.id",
        )
        .fetch_all(&self.readers)
        .await?)
    }
}

impl Intake {
    /// Books what the server reported as waiting (the other side of the reconciliation): call it with every
    /// key of a listing, or at least with those of the mails of this batch.
    pub async fn note_seen(&mut self, keys: &[MessageKey], now: Timestamp) -> Result<(), Error> {
        Ok(progress::book_sightings(&mut self.tx, keys, now).await?)
    }

    /// Bytes that are known already (K2): adds the place where they were found again and answers the mail's id.
    /// Nothing else happens: no second submission, no second reply.
    pub async fn recognise(
        &mut self,
        sha256: &str,
        raw: &RawMessage,
        now: Timestamp,
    ) -> Result<Option<i64>, Error> {
        let known: Option<(i64, i64)> = sqlx::query_as("SELECT id, received_at FROM mail WHERE sha256 = ?1")
            .bind(sha256)
            .fetch_optional(&mut *self.tx)
            .await?;
        let Some((id, received_at)) = known else { return Ok(None) };
        let added = progress::add_location(&mut self.tx, id, &raw.key, raw.received_at, now).await?;
        if added {
            let payload = serde_json::json!({
                "folder": raw.key.folder(),
                "earlier": column::micros(raw.received_at) < received_at,
            });
            self.note("alias", format!("mail:{id}"), now, payload);
        }
        Ok(Some(id))
    }

    /// Does a mail that is recorded already wait for a person?
    pub async fn needs_staff(&mut self, mail_id: i64) -> Result<bool, Error> {
        Ok(sqlx::query_scalar("SELECT needs_staff FROM current_judgement WHERE mail_id = ?1")
            .bind(mail_id)
            .fetch_optional(&mut *self.tx)
            .await?
            .unwrap_or(false))
    }

    /// The registry as this transaction sees it (also what earlier mails of the batch added).
    pub async fn registry(&mut self) -> Result<Arc<Registry>, Error> {
        if let Some((_, registry)) = self.registry.as_ref().filter(|_| !self.registry_changed) {
            return Ok(registry.clone());
        }
        let version = registry::version(&mut self.tx).await?;
        let registry = match self.ledger.cached_registry(version) {
            Some(registry) if self.registry.is_none() && !self.registry_changed => registry,
            _ => Arc::new(registry::load(&mut self.tx).await?),
        };
        self.registry = Some((version, registry.clone()));
        self.registry_changed = false;
        Ok(registry)
    }

    /// What the ledger knows that concerns the mail itself.
    pub async fn mail_standing(
        &mut self,
        message: &Message,
        received_at: Timestamp,
    ) -> Result<MailStanding, Error> {
        Ok(standing::of_mail(&mut self.tx, message, received_at, None).await?)
    }

    /// As [`Intake::mail_standing`], for a mail that is recorded already.
    pub async fn mail_standing_again(
        &mut self,
        mail_id: i64,
        message: &Message,
        received_at: Timestamp,
    ) -> Result<MailStanding, Error> {
        Ok(standing::of_mail(&mut self.tx, message, received_at, Some(mail_id)).await?)
    }

    /// What the ledger knows of one clinic, earlier mails of this batch included.
    pub async fn standing(&mut self, venue_no: &str) -> Result<Standing, Error> {
        let mut standing = standing::of_clinic(&mut self.tx, &venue_key(venue_no)).await?;
        let key = venue_key(venue_no);
        let drawn =
            self.drawn.iter().filter(|((_, venue), _)| *venue == key).map(|(_, serial)| *serial).max();
        standing.next_serial = standing.next_serial.max(drawn.map_or(0, |serial| serial + 1));
        Ok(standing)
    }

    /// Other clinics (会場番号) that have exactly these slots in force (rule X17), the latest eleven at most.
    pub async fn twins(&mut self, fingerprint: &str, venue_no: &str) -> Result<Vec<String>, Error> {
        Ok(standing::twins(&mut self.tx, fingerprint, &venue_key(venue_no)).await?)
    }

    /// Numbers that are given elsewhere and must not be drawn here.
    pub fn reserve(&mut self, serials: &[(u32, String, u32)]) {
        for (period, key, serial) in serials {
            self.drawn.insert((*period, key.clone()), *serial);
        }
    }

    /// Draws the next receipt number of a venue ("0" when the clinic is unknown): `8-0123-2`. It must be recorded
    /// in this batch, or the commit is refused; a rollback gives it back.
    pub async fn next_receipt(&mut self, period: u32, venue_no: &str) -> Result<String, Error> {
        let key = venue_key(venue_no);
        let recorded: i64 = sqlx::query_scalar(
            "SELECT COALESCE(MAX(serial), 0) FROM submission WHERE receipt_key = ?1 AND period = ?2",
        )
        .bind(&key)
        .bind(period)
        .fetch_one(&mut *self.tx)
        .await?;
        let drawn = self.drawn.entry((period, key)).or_insert(0);
        *drawn = (recorded as u32).max(*drawn) + 1;
        let receipt = format!("{period}-{venue_no}-{drawn}");
        self.unused.insert(receipt.clone());
        Ok(receipt)
    }

    /// When the latest `count` letters to clinics left or are due to leave, earlier mails of this batch included;
    /// with `domain`, only those to addresses of that domain.
    pub async fn planned_letters(
        &mut self,
        count: u32,
        domain: Option<&str>,
    ) -> Result<Vec<Timestamp>, Error> {
        Ok(letters::planned(&mut self.tx, count, domain).await?)
    }

    /// Records a mail that [`Intake::recognise`] did not know, with its submissions, slots, findings, letters and
    /// audit entry; puts what was accepted in force. Answers the mail's id.
    pub async fn record(&mut self, mail: NewMail<'_>) -> Result<i64, Error> {
        let recorded = record::mail(&mut self.tx, &mail).await?;
        self.registry_changed |= !mail.inspection.provisional.is_empty() || mail.message.bounce.is_some();
        self.use_receipts(&mail.inspection.submissions);
        let subject = format!("mail:{}", recorded.mail_id);
        self.note("mail", subject, mail.recorded_at, recorded.summary);
        Ok(recorded.mail_id)
    }

    /// Adds another judgement of a stored mail. A submission with a receipt that exists gets a new ruling; one with
    /// a new receipt is added; letters of the mail that still wait as drafts are suppressed by the new ones.
    pub async fn rejudge(
        &mut self,
        mail_id: i64,
        inspection: &Inspection,
        letters: &[NewLetter<'_>],
        now: Timestamp,
        actor: &str,
    ) -> Result<(), Error> {
        self.registry_changed |= !inspection.provisional.is_empty();
        let summary = record::judgement_again(&mut self.tx, mail_id, inspection, letters, now, actor).await?;
        self.use_receipts(&inspection.submissions);
        let entry = audit::Entry {
            at: now,
            actor,
            kind: "rejudge",
            subject: format!("mail:{mail_id}"),
            payload: summary,
        };
        self.audit.add(entry);
        Ok(())
    }

    /// Records a form that came by FAX, telephone or USB.
    pub async fn record_entry(&mut self, entry: NewEntry<'_>) -> Result<i64, Error> {
        let (id, summary) = record::entry(&mut self.tx, &entry).await?;
        self.use_receipts(std::slice::from_ref(entry.submission));
        let subject = format!("receipt:{}", entry.submission.receipt.as_deref().unwrap_or_default());
        let entry = audit::Entry {
            at: entry.recorded_at,
            actor: entry.actor,
            kind: "submit",
            subject,
            payload: summary,
        };
        self.audit.add(entry);
        Ok(id)
    }

    /// Makes everything of this batch durable, or nothing.
    pub async fn commit(mut self) -> Result<(), Error> {
        if let Some(receipt) = self.unused.into_iter().next() {
            self.tx.rollback().await?;
            return Err(Error::UnusedReceipt(receipt));
        }
        self.audit.write(&mut self.tx).await?;
        let seen = self.registry.filter(|_| !self.registry_changed);
        self.tx.commit().await?;
        if let Some((version, registry)) = seen {
            self.ledger.cache_registry(version, registry);
        }
        Ok(())
    }

    fn use_receipts(&mut self, submissions: &[Submission]) {
        for receipt in submissions.iter().filter_map(|submission| submission.receipt.as_ref()) {
            self.unused.remove(receipt);
        }
    }

    fn note(&mut self, kind: &str, subject: String, at: Timestamp, payload: serde_json::Value) {
        self.audit.add(audit::Entry { at, actor: audit::PROGRAM, kind, subject, payload });
    }
}
