//! I/O: from accepted to confirmed: exports for the reservation system, set-up, confirmation, reminders.

use jiff::Timestamp;
use jiff::civil::{Date, Time};
use serde_json::json;
use sqlx::SqliteConnection;

use super::column::micros;
use super::outbox::Concern;
pub use super::slots::ExportLine;
use super::staff::{About, Decision, decide, known_venue};
use super::{Error, Ledger, NewState, audit, outbox, slots};
use crate::clinic::venue_key;
use crate::inspection::verdict::Visibility;
use crate::outbound::letter::Letter;

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
        let mut tx = self.read().await?;
        Ok(slots::export_lines(&mut tx).await?)
    }

    /// The slots as they stood in the last export (for the diff), `None` when there was none.
    pub async fn last_export_lines(&self) -> Result<Option<Vec<ExportLine>>, Error> {
        let mut tx = self.read().await?;
        let last: Option<i64> = sqlx::query_scalar("SELECT MAX(id) FROM export").fetch_one(&mut *tx).await?;
        match last {
            Some(last) => Ok(Some(slots::exported_lines(&mut tx, last).await?)),
            None => Ok(None),
        }
    }

    /// Marks everything in force as exported; answers the export's id. Call it after the file is safely written.
    /// `expected` are the lines that were written: if something else is in force by now, nothing is marked.
    pub async fn mark_exported(&self, expected: &[ExportLine], export: NewExport<'_>) -> Result<i64, Error> {
        let mut tx = self.write().await?;
        let lines = slots::export_lines(&mut tx).await?;
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
             SELECT g.venue_key, 'exported', g.version, ?1, ?2
             FROM (SELECT f.venue_key, MAX(r.version) AS version
                   FROM in_force f JOIN ruling r ON r.id = f.ruling_id GROUP BY f.venue_key) g
             WHERE NOT EXISTS (SELECT 1 FROM setup_event e
                               WHERE e.venue_key = g.venue_key AND e.version = g.version)",
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

    /// Set-up of the clinic's slots is finished; refused where what is in force is not what the last export handed over:
    /// nobody can have set that up, and no clinic may be told so. With a letter (確認依頼) the confirmation is requested in the same
    /// commit, once per version: false when that letter was queued before.
    pub async fn setup_done(
        &self,
        venue_no: &str,
        letter: Option<(&Letter, NewState)>,
        decision: Decision<'_>,
    ) -> Result<bool, Error> {
        let mut tx = self.write().await?;
        let venue = known_venue(&mut tx, venue_no).await?;
        let version = version_in_force(&mut tx, &venue).await?;
        let Some(version) = version else {
            return Err(Error::refused("mark set-up of clinic", venue_no, "nothing of it is in force"));
        };
        if let Some(cause) = not_as_exported(&mut tx, &venue).await? {
            return Err(Error::refused("mark set-up of clinic", venue_no, cause));
        }
        let about = About { kind: "setup", mail_id: None, submission_id: None, venue: Some(&venue) };
        decide(&mut tx, &about, format!("venue:{venue_no}"), decision).await?;
        event(&mut tx, &venue, "done", version, decision).await?;
        let mut queued = true;
        if let Some((letter, state)) = letter {
            let dedupe = format!("confirm:{venue}:{version}");
            let concern =
                Concern { dedupe_key: Some(&dedupe), venue_no: Some(venue_no), receipt: None, state };
            queued = outbox::put(&mut tx, letter, concern, decision.at).await?.is_some();
            event(&mut tx, &venue, "confirmation_requested", version, decision).await?;
        }
        tx.commit().await?;
        Ok(queued)
    }

    /// The clinic has confirmed its slots; refused like [`Ledger::setup_done`].
    pub async fn confirm(&self, venue_no: &str, decision: Decision<'_>) -> Result<(), Error> {
        let mut tx = self.write().await?;
        let venue = known_venue(&mut tx, venue_no).await?;
        let Some(version) = version_in_force(&mut tx, &venue).await? else {
            return Err(Error::refused("confirm clinic", venue_no, "nothing of it is in force"));
        };
        if let Some(cause) = not_as_exported(&mut tx, &venue).await? {
            return Err(Error::refused("confirm clinic", venue_no, cause));
        }
        let about = About { kind: "confirm", mail_id: None, submission_id: None, venue: Some(&venue) };
        decide(&mut tx, &about, format!("venue:{venue_no}"), decision).await?;
        event(&mut tx, &venue, "confirmed", version, decision).await?;
        Ok(tx.commit().await?)
    }

    /// Queues a reminder and notes it; false when one with this key was queued before.
    pub async fn mark_reminded(
        &self,
        venue_no: &str,
        letter: (&Letter, NewState),
        dedupe_key: &str,
        decision: Decision<'_>,
    ) -> Result<bool, Error> {
        let mut tx = self.write().await?;
        let venue = known_venue(&mut tx, venue_no).await?;
        let (letter, state) = letter;
        let concern =
            Concern { dedupe_key: Some(dedupe_key), venue_no: Some(venue_no), receipt: None, state };
        let queued = outbox::put(&mut tx, letter, concern, decision.at).await?;
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

/// Why what is in force of a clinic cannot stand in the reservation system: since the last export a version came into
/// force, or one went out of it.
async fn not_as_exported(
    connection: &mut SqliteConnection,
    venue: &str,
) -> Result<Option<String>, sqlx::Error> {
    let (new, gone): (String, i64) = sqlx::query_as(
        "WITH last AS (SELECT * FROM export_item
                       WHERE export_id = (SELECT MAX(id) FROM export) AND venue_key = ?1),
              now AS (SELECT * FROM in_force WHERE venue_key = ?1)
         SELECT COALESCE((SELECT group_concat(DISTINCT COALESCE(s.receipt, '?'))
                          FROM now n JOIN submission s ON s.id = n.submission_id
                          WHERE NOT EXISTS (SELECT 1 FROM last l WHERE l.visibility = n.visibility
                                            AND l.submission_id = n.submission_id)), ''),
                (SELECT COUNT(*) FROM last l
                 WHERE NOT EXISTS (SELECT 1 FROM now n WHERE n.visibility = l.visibility))",
    )
    .bind(venue)
    .fetch_one(connection)
    .await?;
    Ok(if !new.is_empty() {
        Some(format!("{new} is in force but not in the last export: run `export` and set that up first"))
    } else if gone > 0 {
        Some(
            "a part of the last export is no longer in force: run `export` and take it out first".to_string(),
        )
    } else {
        None
    })
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
