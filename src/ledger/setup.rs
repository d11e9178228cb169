//! I/O: from accepted to confirmed: exports for the reservation system, set-up, confirmation, reminders.

use jiff::Timestamp;
use jiff::civil::{Date, Time};
use serde_json::json;
use sqlx::SqliteConnection;

use super::column::{date, dose, micros, time};
use super::staff::{About, Decision, decide, known_venue};
use super::{Error, Ledger, audit, outbox};
use crate::campaign::Dose;
use crate::clinic::venue_key;
use crate::inspection::verdict::Visibility;
use crate::outbound::letter::Letter;

/// One slot in force by visibility, as the export lists it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ExportLine {
    pub venue_no: String,
    pub visibility: Visibility,
    pub date: Date,
    pub start: Time,
    pub end: Option<Time>,
    pub dose: Dose,
    pub people: u32,
    pub receipt: String,
    pub version: u32,
    /// This version of this visibility stood in an export before.
    pub exported: bool,
}

/// A written export, to be marked.
pub struct NewExport<'a> {
    pub file: &'a str,
    /// Hex, of the file's bytes.
    pub sha256: &'a str,
    pub is_diff: bool,
    pub actor: &'a str,
    pub at: Timestamp,
}

impl Ledger {
    /// Every slot in force in the order venue, visibility, date, time; one row per visibility, no zeros.
    pub async fn export_lines(&self) -> Result<Vec<ExportLine>, Error> {
        type Row = (String, String, String, String, Option<String>, i64, i64, Option<String>, i64, bool);
        let rows: Vec<Row> = sqlx::query_as(
            "SELECT c.venue_no, f.visibility, t.date, t.start, t.\"end\", t.dose,
                    CASE f.visibility WHEN 'public' THEN t.public ELSE t.private END AS people, s.receipt, r.version,
                    EXISTS (SELECT 1 FROM export_item e WHERE e.venue_key = f.venue_key
                            AND e.visibility = f.visibility AND e.submission_id = f.submission_id) AS exported
             FROM in_force f JOIN ruling r ON r.id = f.ruling_id JOIN submission s ON s.id = f.submission_id
             JOIN clinic c ON c.venue_key = f.venue_key
             JOIN slot t ON t.reading_id = COALESCE(r.reading_of, r.id)
             WHERE CASE f.visibility WHEN 'public' THEN t.public ELSE t.private END > 0
             ORDER BY f.venue_key, f.visibility DESC, t.date, t.start",
        )
        .fetch_all(&self.readers)
        .await?;
        Ok(rows
            .into_iter()
            .map(|(venue_no, visibility, day, start, end, number, people, receipt, version, exported)| {
                ExportLine {
                    venue_no,
                    visibility: if visibility == "public" { Visibility::Public } else { Visibility::Private },
                    date: date(&day),
                    start: time(&start),
                    end: end.as_deref().map(time),
                    dose: dose(number),
                    people: people as u32,
                    receipt: receipt.unwrap_or_default(),
                    version: version as u32,
                    exported,
                }
            })
            .collect())
    }

    /// The slots as they stood in the last export before (for the diff), `None` when there was none.
    pub async fn last_export_lines(&self) -> Result<Option<Vec<ExportLine>>, Error> {
        type Row = (String, String, String, String, Option<String>, i64, i64, Option<String>, Option<i64>);
        let mut tx = self.read().await?;
        let last: Option<i64> = sqlx::query_scalar("SELECT MAX(id) FROM export").fetch_one(&mut *tx).await?;
        let Some(last) = last else { return Ok(None) };
        let rows: Vec<Row> = sqlx::query_as(
            "SELECT c.venue_no, e.visibility, t.date, t.start, t.\"end\", t.dose,
                    CASE e.visibility WHEN 'public' THEN t.public ELSE t.private END AS people, s.receipt, r.version
             FROM export_item e JOIN ruling r ON r.id = e.ruling_id JOIN submission s ON s.id = e.submission_id
             JOIN clinic c ON c.venue_key = e.venue_key
             JOIN slot t ON t.reading_id = COALESCE(r.reading_of, r.id)
             WHERE e.export_id = ?1 AND CASE e.visibility WHEN 'public' THEN t.public ELSE t.private END > 0
             ORDER BY e.venue_key, e.visibility DESC, t.date, t.start",
        )
        .bind(last)
        .fetch_all(&mut *tx)
        .await?;
        Ok(Some(
            rows.into_iter()
                .map(|(venue_no, visibility, day, start, end, number, people, receipt, version)| ExportLine {
                    venue_no,
                    visibility: if visibility == "public" { Visibility::Public } else { Visibility::Private },
                    date: date(&day),
                    start: time(&start),
                    end: end.as_deref().map(time),
                    dose: dose(number),
                    people: people as u32,
                    receipt: receipt.unwrap_or_default(),
                    version: version.unwrap_or(0) as u32,
                    exported: true,
                })
                .collect(),
        ))
    }

    /// Marks everything in force as exported; answers the export's id. Call it after the file is safely written.
    /// `expected` are the lines that were written: if something else is in force by now, nothing is marked.
    pub async fn mark_exported(&self, expected: &[ExportLine], export: NewExport<'_>) -> Result<i64, Error> {
        let lines = self.export_lines().await?;
        let plain = |lines: &[ExportLine]| -> Vec<(String, Visibility, Date, Time, u32, String)> {
            lines
                .iter()
                .map(|l| (l.venue_no.clone(), l.visibility, l.date, l.start, l.people, l.receipt.clone()))
                .collect()
        };
        if plain(&lines) != plain(expected) {
            let cause = "other slots came into force in the meantime; export again";
            return Err(Error::refused("mark export", export.file, cause));
        }
        let mut tx = self.write().await?;
        let id: i64 = sqlx::query_scalar(
            "INSERT INTO export (at, actor, file, sha256, is_diff) VALUES (?1, ?2, ?3, ?4, ?5) RETURNING id",
        )
        .bind(micros(export.at))
        .bind(export.actor)
        .bind(export.file)
        .bind(export.sha256)
        .bind(export.is_diff)
        .fetch_one(&mut *tx)
        .await?;
        sqlx::query(
            "INSERT INTO export_item (export_id, venue_key, visibility, submission_id, ruling_id)
             SELECT ?1, venue_key, visibility, submission_id, ruling_id FROM in_force",
        )
        .bind(id)
        .execute(&mut *tx)
        .await?;
        sqlx::query(
            "INSERT INTO setup_event (venue_key, kind, version, at, actor)
             SELECT f.venue_key, 'exported', MAX(r.version), ?1, ?2
             FROM in_force f JOIN ruling r ON r.id = f.ruling_id GROUP BY f.venue_key
             HAVING NOT EXISTS (SELECT 1 FROM setup_event e
                                WHERE e.venue_key = f.venue_key AND e.version = MAX(r.version))",
        )
        .bind(micros(export.at))
        .bind(export.actor)
        .execute(&mut *tx)
        .await?;
        let payload = json!({ "sha256": export.sha256, "lines": lines.len() });
        let subject = format!("export:{id}");
        let entry = audit::Entry { at: export.at, actor: export.actor, kind: "export", subject, payload };
        audit::append(&mut tx, entry).await?;
        tx.commit().await?;
        Ok(id)
    }

    /// Set-up of the clinic's slots is finished. With a letter (確認依頼) the confirmation is requested in the same
    /// commit, once per version: false when that letter was queued before.
    pub async fn setup_done(
        &self,
        venue_no: &str,
        letter: Option<&Letter>,
        decision: Decision<'_>,
    ) -> Result<bool, Error> {
        let mut tx = self.write().await?;
        let venue = known_venue(&mut tx, venue_no).await?;
        let version = version_in_force(&mut tx, &venue).await?;
        let Some(version) = version else {
            return Err(Error::refused("mark set-up of clinic", venue_no, "nothing of it is in force"));
        };
        let about = About { kind: "setup", mail_id: None, submission_id: None, venue: Some(&venue) };
        decide(&mut tx, &about, format!("venue:{venue_no}"), decision).await?;
        event(&mut tx, &venue, "done", version, decision).await?;
        let mut queued = true;
        if let Some(letter) = letter {
            let dedupe = format!("confirm:{venue}:{version}");
            queued =
                outbox::put(&mut tx, letter, Some(&dedupe), Some(venue_no), decision.at).await?.is_some();
            event(&mut tx, &venue, "confirmation_requested", version, decision).await?;
        }
        tx.commit().await?;
        Ok(queued)
    }

    /// The clinic has confirmed its slots.
    pub async fn confirm(&self, venue_no: &str, decision: Decision<'_>) -> Result<(), Error> {
        let mut tx = self.write().await?;
        let venue = known_venue(&mut tx, venue_no).await?;
        let Some(version) = version_in_force(&mut tx, &venue).await? else {
            return Err(Error::refused("confirm clinic", venue_no, "nothing of it is in force"));
        };
        let about = About { kind: "confirm", mail_id: None, submission_id: None, venue: Some(&venue) };
        decide(&mut tx, &about, format!("venue:{venue_no}"), decision).await?;
        event(&mut tx, &venue, "confirmed", version, decision).await?;
        Ok(tx.commit().await?)
    }

    /// Queues a reminder and notes it; false when one with this key was queued before.
    pub async fn mark_reminded(
        &self,
        venue_no: &str,
        letter: &Letter,
        dedupe_key: &str,
        decision: Decision<'_>,
    ) -> Result<bool, Error> {
        let mut tx = self.write().await?;
        let venue = known_venue(&mut tx, venue_no).await?;
        let queued = outbox::put(&mut tx, letter, Some(dedupe_key), Some(venue_no), decision.at).await?;
        if queued.is_some() {
            let about = About { kind: "remind", mail_id: None, submission_id: None, venue: Some(&venue) };
            decide(&mut tx, &about, format!("venue:{venue_no}"), decision).await?;
        }
        tx.commit().await?;
        Ok(queued.is_some())
    }

    /// The greatest version in force of a clinic: keys the letters about it.
    pub async fn version_in_force(&self, venue_no: &str) -> Result<Option<u32>, Error> {
        let mut connection = self.readers.acquire().await?;
        let version = version_in_force(&mut connection, &venue_key(venue_no)).await?;
        Ok(version.map(|version| version as u32))
    }
}

async fn version_in_force(
    connection: &mut SqliteConnection,
    venue: &str,
) -> Result<Option<i64>, sqlx::Error> {
    sqlx::query_scalar(
        "SELECT MAX(r.version) FROM in_force f JOIN ruling r ON r.id = f.ruling_id WHERE f.venue_key = ?1",
    )
    .bind(venue)
    .fetch_one(connection)
    .await
}

async fn event(
    connection: &mut SqliteConnection,
    venue: &str,
    kind: &str,
    version: i64,
    decision: Decision<'_>,
) -> Result<(), sqlx::Error> {
    sqlx::query("INSERT INTO setup_event (venue_key, kind, version, at, actor) VALUES (?1, ?2, ?3, ?4, ?5)")
        .bind(venue)
        .bind(kind)
        .bind(version)
        .bind(micros(decision.at))
        .bind(decision.actor)
        .execute(connection)
        .await?;
    Ok(())
}
