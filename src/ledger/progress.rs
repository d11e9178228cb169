//! I/O: which messages of the mailbox are recorded, which still have to be filed away, and both sides of the
//! reconciliation: what the server reported (`sighting`) and what was recorded (`location`).

use std::collections::BTreeSet;

use jiff::Timestamp;
use sqlx::SqliteConnection;

use super::column::{json_text, micros};
use super::{Error, Ledger};
use crate::inbound::uid::MessageKey;

/// A recorded message that still stands where it was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unfiled {
    pub key: MessageKey,
    pub mail_id: i64,
    /// It goes to the folder for mail that needs a person.
    pub needs_staff: bool,
}

/// The two books, compared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reconciliation {
    /// Distinct mails by the server's side: sighted and recorded, plus sighted and waiting.
    pub seen: i64,
    /// Mails with an outcome, by the ledger's side.
    pub recorded: i64,
    /// Sighted, not recorded, not gone.
    pub pending: i64,
    /// `seen − recorded − pending`: 0 in a healthy ledger.
    pub difference: i64,
}

impl Ledger {
    /// Which of these keys are recorded already (K1).
    pub async fn known_keys(&self, keys: &[MessageKey]) -> Result<BTreeSet<MessageKey>, Error> {
        let rows: Vec<(i64,)> = sqlx::query_as(
            "SELECT k.key FROM json_each(?1) k
             WHERE EXISTS (SELECT 1 FROM location l WHERE l.uid IS NOT NULL AND l.folder = k.value ->> 0
                           AND l.uid_validity = k.value ->> 1 AND l.uid = k.value ->> 2)
                OR EXISTS (SELECT 1 FROM location l WHERE l.name IS NOT NULL AND l.folder = k.value ->> 0
                           AND l.name = k.value ->> 3)",
        )
        .bind(rows_of(keys))
        .fetch_all(&self.readers)
        .await?;
        Ok(rows.into_iter().filter_map(|(at,)| keys.get(at as usize).cloned()).collect())
    }

    /// Recorded, and not yet moved or flagged; in the order of recording.
    pub async fn unfiled(&self) -> Result<Vec<Unfiled>, Error> {
        type Row = (String, Option<i64>, Option<i64>, Option<String>, i64, bool);
        let rows: Vec<Row> = sqlx::query_as(
            "SELECT l.folder, l.uid_validity, l.uid, l.name, l.mail_id, j.needs_staff
             FROM location l JOIN current_judgement j ON j.mail_id = l.mail_id
             WHERE l.filed_at IS NULL ORDER BY l.id",
        )
        .fetch_all(&self.readers)
        .await?;
        Ok(rows
            .into_iter()
            .map(|(folder, uid_validity, uid, name, mail_id, needs_staff)| Unfiled {
                key: key(folder, uid_validity, uid, name),
                mail_id,
                needs_staff,
            })
            .collect())
    }

    /// These were moved to `folder`, flagged, or are to stay where they are.
    pub async fn mark_filed(&self, keys: &[MessageKey], folder: &str, at: Timestamp) -> Result<(), Error> {
        if keys.is_empty() {
            return Ok(());
        }
        let mut tx = self.write().await?;
        let rows = rows_of(keys);
        sqlx::query(
            "UPDATE location SET filed_at = ?2, filed_to = ?3 WHERE filed_at IS NULL AND id IN
                 (SELECT l.id FROM json_each(?1) k JOIN location l ON l.folder = k.value ->> 0
                  AND l.uid_validity = k.value ->> 1 AND l.uid = k.value ->> 2 AND l.uid IS NOT NULL)",
        )
        .bind(&rows)
        .bind(micros(at))
        .bind(folder)
        .execute(&mut *tx)
        .await?;
        sqlx::query(
            "UPDATE location SET filed_at = ?2, filed_to = ?3 WHERE filed_at IS NULL AND id IN
                 (SELECT l.id FROM json_each(?1) k JOIN location l ON l.folder = k.value ->> 0
                  AND l.name = k.value ->> 3 AND l.name IS NOT NULL)",
        )
        .bind(&rows)
        .bind(micros(at))
        .bind(folder)
        .execute(&mut *tx)
        .await?;
        Ok(tx.commit().await?)
    }

    /// What a complete listing of one folder reported: the keys that [`Ledger::known_keys`] did not know. Sightings
    /// that it no longer shows and that were never recorded are gone: somebody moved or deleted them. Writes nothing
    /// when nothing changed.
    pub async fn note_listing(
        &self,
        folder: &str,
        waiting: &[MessageKey],
        now: Timestamp,
    ) -> Result<(), Error> {
        let rows: Vec<(i64, i64, String)> =
            sqlx::query_as("SELECT uid_validity, uid, name FROM waiting WHERE folder = ?1")
                .bind(folder)
                .fetch_all(&self.readers)
                .await?;
        let before: BTreeSet<MessageKey> = rows
            .into_iter()
            .map(|(uid_validity, uid, name)| {
                let uid = name.is_empty().then_some(uid);
                key(folder.into(), Some(uid_validity), uid, Some(name))
            })
            .collect();
        let listed: BTreeSet<&MessageKey> = waiting.iter().collect();
        let gone: Vec<MessageKey> = before.iter().filter(|key| !listed.contains(key)).cloned().collect();
        if gone.is_empty() && listed.iter().all(|key| before.contains(*key)) {
            return Ok(());
        }
        let mut tx = self.write().await?;
        book_sightings(&mut tx, waiting, now).await?;
        sqlx::query(
            "UPDATE sighting SET gone_at = ?2, open = 0
             FROM (SELECT value ->> 0 AS folder, COALESCE(value ->> 1, 0) AS uid_validity,
                          COALESCE(value ->> 2, 0) AS uid, COALESCE(value ->> 3, '') AS name FROM json_each(?1)) k
             WHERE sighting.folder = k.folder AND sighting.uid_validity = k.uid_validity AND sighting.uid = k.uid
               AND sighting.name = k.name AND open = 1",
        )
        .bind(rows_of(&gone))
        .bind(micros(now))
        .execute(&mut *tx)
        .await?;
        Ok(tx.commit().await?)
    }

    /// Notes the UIDVALIDITY of a folder; true when it is another than the last one (rescan everything).
    pub async fn note_epoch(&self, folder: &str, uid_validity: u32, now: Timestamp) -> Result<bool, Error> {
        let last: Option<i64> = sqlx::query_scalar(
            "SELECT uid_validity FROM folder_epoch WHERE folder = ?1 ORDER BY turn DESC LIMIT 1",
        )
        .bind(folder)
        .fetch_optional(&self.readers)
        .await?;
        if last == Some(i64::from(uid_validity)) {
            return Ok(false);
        }
        let mut tx = self.write().await?;
        sqlx::query(
            "INSERT INTO folder_epoch (folder, uid_validity, first_seen_at, last_seen_at, turn)
             VALUES (?1, ?2, ?3, ?3, (SELECT COALESCE(MAX(turn), 0) + 1 FROM folder_epoch))
             ON CONFLICT DO UPDATE SET last_seen_at = excluded.last_seen_at, turn = excluded.turn",
        )
        .bind(folder)
        .bind(uid_validity)
        .bind(micros(now))
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(last.is_some())
    }

    /// Compares both books whole: for `mails`, the digest and an idle moment, not for every batch.
    pub async fn reconciliation(&self) -> Result<Reconciliation, Error> {
        let mut connection = self.readers.acquire().await?;
        Ok(reconcile(&mut connection).await?)
    }

    /// Messages that the server reported and that are neither recorded nor gone; cheap, for every cycle.
    pub async fn pending(&self) -> Result<u64, Error> {
        let count: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM waiting").fetch_one(&self.readers).await?;
        Ok(count as u64)
    }
}

pub(super) async fn reconcile(connection: &mut SqliteConnection) -> Result<Reconciliation, sqlx::Error> {
    let (sighted, pending, recorded): (i64, i64, i64) = sqlx::query_as(
        "SELECT (SELECT COUNT(DISTINCT mail_id) FROM
                    (SELECT l.mail_id FROM location l JOIN sighting s ON s.folder = l.folder AND s.name = ''
                         AND s.uid_validity = l.uid_validity AND s.uid = l.uid
                     UNION ALL
                     SELECT l.mail_id FROM location l JOIN sighting s ON s.folder = l.folder AND s.uid_validity = 0
                         AND s.uid = 0 AND s.name = l.name)),
                (SELECT COUNT(*) FROM unrecorded),
                (SELECT COUNT(*) FROM current_judgement)",
    )
    .fetch_one(connection)
    .await?;
    let seen = sighted + pending;
    Ok(Reconciliation { seen, recorded, pending, difference: seen - recorded - pending })
}

pub(super) async fn book_sightings(
    connection: &mut SqliteConnection,
    keys: &[MessageKey],
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    if keys.is_empty() {
        return Ok(());
    }
    sqlx::query(
        "INSERT INTO sighting (folder, uid_validity, uid, name, seen_at, open)
         SELECT k.value ->> 0, COALESCE(k.value ->> 1, 0), COALESCE(k.value ->> 2, 0), COALESCE(k.value ->> 3, ''), ?2,
                NOT EXISTS (SELECT 1 FROM location l WHERE l.uid IS NOT NULL AND l.folder = k.value ->> 0
                            AND l.uid_validity = k.value ->> 1 AND l.uid = k.value ->> 2)
                AND NOT EXISTS (SELECT 1 FROM location l WHERE l.name IS NOT NULL AND l.folder = k.value ->> 0
                                AND l.name = k.value ->> 3)
         FROM json_each(?1) k WHERE true
         ON CONFLICT DO UPDATE SET gone_at = NULL, open = excluded.open WHERE gone_at IS NOT NULL",
    )
    .bind(rows_of(keys))
    .bind(micros(now))
    .execute(connection)
    .await?;
    Ok(())
}

/// False when the place was known.
pub(super) async fn add_location(
    connection: &mut SqliteConnection,
    mail_id: i64,
    key: &MessageKey,
    received_at: Timestamp,
    now: Timestamp,
) -> Result<bool, sqlx::Error> {
    let (uid_validity, uid, name) = key_columns(key);
    let done = sqlx::query(
        "INSERT INTO location (mail_id, folder, uid_validity, uid, name, received_at, seen_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT DO NOTHING",
    )
    .bind(mail_id)
    .bind(key.folder())
    .bind(uid_validity)
    .bind(uid)
    .bind(name)
    .bind(micros(received_at))
    .bind(micros(now))
    .execute(connection)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// `uid_validity`, `uid`, `name` as the columns have them.
pub(super) fn key_columns(key: &MessageKey) -> (Option<u32>, Option<u32>, Option<&str>) {
    match key {
        MessageKey::Imap { uid_validity, uid, .. } => (Some(*uid_validity), Some(*uid), None),
        MessageKey::Maildir { name, .. } => (None, None, Some(name)),
    }
}

/// The key that a row of `location` describes.
pub(super) fn key(
    folder: String,
    uid_validity: Option<i64>,
    uid: Option<i64>,
    name: Option<String>,
) -> MessageKey {
    match (uid_validity, uid) {
        (Some(uid_validity), Some(uid)) => {
            MessageKey::Imap { folder, uid_validity: uid_validity as u32, uid: uid as u32 }
        }
        _ => MessageKey::Maildir { folder, name: name.unwrap_or_default() },
    }
}

/// `[folder, uid_validity, uid, name]` for each key, as one JSON text.
fn rows_of(keys: &[MessageKey]) -> String {
    let rows: Vec<_> = keys
        .iter()
        .map(|key| match key {
            MessageKey::Imap { folder, uid_validity, uid } => (folder, Some(uid_validity), Some(uid), None),
            MessageKey::Maildir { folder, name } => (folder, None, None, Some(name)),
        })
        .collect();
    json_text(&rows)
}
