//! I/O: what an accepted submission changed for its clinic, against what had been accepted before it.

use jiff::Timestamp;
use sqlx::SqliteConnection;

use super::column::micros;
use super::standing;
use crate::clinic::Registry;
use crate::inspection::rules;
use crate::inspection::standing::restrict;
use crate::inspection::verdict::{Change, Slot, Visibility};
use crate::outbound::activity::DifferenceLine;

/// One submission with the ruling that holds today.
pub(super) struct Base {
    pub submission_id: i64,
    pub reading_id: i64,
    pub venue: Option<String>,
    pub received_at: i64,
    pub public: bool,
    pub private: bool,
}

pub(super) async fn base(connection: &mut SqliteConnection, receipt: &str) -> Result<Base, sqlx::Error> {
    let (submission_id, reading_id, venue, received_at, public, private) = sqlx::query_as(
        "SELECT s.id, r.reading_id, r.venue_key, s.received_at, r.scope_public, r.scope_private
         FROM submission s JOIN current_ruling r ON r.submission_id = s.id WHERE s.receipt = ?1",
    )
    .bind(receipt)
    .fetch_one(connection)
    .await?;
    Ok(Base { submission_id, reading_id, venue, received_at, public, private })
}

/// What the submission with these slots changed: a visibility that nothing covered before is all additions. Empty for
/// a clinic's first.
pub(super) async fn of(
    connection: &mut SqliteConnection,
    base: &Base,
    slots: &[Slot],
) -> Result<Vec<Change>, sqlx::Error> {
    let mut first = true;
    let mut changes = Vec::new();
    for visibility in Visibility::BOTH {
        let before = slots_before(connection, base, visibility).await?;
        first &= before.is_none();
        let covered = if visibility == Visibility::Public { base.public } else { base.private };
        if covered {
            let own = [visibility].into();
            let before = restrict(&before.unwrap_or_default(), &own);
            changes.extend(rules::changes(&before, &restrict(slots, &own)));
        }
    }
    changes.sort_by_key(|change| (change.date, change.start, change.visibility));
    if first {
        changes.clear();
    }
    Ok(changes)
}

/// The changes by the versions that the window (see `activity`) brought.
pub(super) async fn in_window(
    connection: &mut SqliteConnection,
    registry: &Registry,
    from: Timestamp,
    until: Timestamp,
    since: Option<i64>,
) -> Result<Vec<DifferenceLine>, sqlx::Error> {
    let versions: Vec<(String, String, i64)> = sqlx::query_as(
        "WITH event AS (
             SELECT r.*, CASE WHEN j.number = 1 THEN r.received_at ELSE r.made_at END AS at
             FROM current_ruling r LEFT JOIN judgement j ON j.id = r.judgement_id
         )
         SELECT s.receipt, c.venue_no, e.version
         FROM event e JOIN submission s ON s.id = e.submission_id JOIN clinic c ON c.venue_key = e.venue_key
         WHERE e.void = 0 AND e.outcome IN ('accepted', 'accepted_with_warnings') AND e.version > 1
           AND s.receipt IS NOT NULL AND e.at <= ?2 AND (e.at > ?1 OR e.made_at > ?3)
         ORDER BY e.venue_key, e.received_at, e.submission_id",
    )
    .bind(micros(from))
    .bind(micros(until))
    .bind(since)
    .fetch_all(&mut *connection)
    .await?;
    let mut lines = Vec::new();
    for (receipt, venue_no, version) in versions {
        let base = base(connection, &receipt).await?;
        let slots = standing::slots(connection, base.reading_id).await?;
        let name = registry.by_venue_no(&venue_no).map(|clinic| clinic.name.clone()).unwrap_or_default();
        lines.extend(of(connection, &base, &slots).await?.into_iter().map(|change| DifferenceLine {
            venue_no: venue_no.clone(),
            clinic_name: name.clone(),
            date: change.date,
            start: change.start,
            visibility: change.visibility,
            before: change.before,
            after: change.after,
            version: version as u32,
            receipt: receipt.clone(),
        }));
    }
    Ok(lines)
}

/// The slots of the accepted version that was received last before this submission and covers the visibility.
async fn slots_before(
    connection: &mut SqliteConnection,
    base: &Base,
    visibility: Visibility,
) -> Result<Option<Vec<Slot>>, sqlx::Error> {
    let reading: Option<i64> = sqlx::query_scalar(
        "SELECT r.reading_id FROM current_ruling r
         WHERE r.venue_key = ?1 AND r.outcome IN ('accepted', 'accepted_with_warnings')
           AND CASE ?2 WHEN 'public' THEN r.scope_public ELSE r.scope_private END = 1
           AND (r.received_at, r.submission_id) < (?3, ?4)
         ORDER BY r.received_at DESC, r.submission_id DESC LIMIT 1",
    )
    .bind(&base.venue)
    .bind(visibility.as_str())
    .bind(base.received_at)
    .bind(base.submission_id)
    .fetch_optional(&mut *connection)
    .await?;
    match reading {
        Some(reading) => Ok(Some(standing::slots(connection, reading).await?)),
        None => Ok(None),
    }
}
