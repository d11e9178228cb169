//! I/O: what the versions of a window changed, slot by slot: every version after a clinic's first against the one before,
//! and a version that left force (void, given to another clinic) against the one that holds again.

use jiff::Timestamp;
use sqlx::SqliteConnection;

use super::column::micros;
use super::standing;
use crate::clinic::{Registry, venue_order};
use crate::inspection::rules;
use crate::inspection::standing::restrict;
use crate::inspection::verdict::{Change, Slot, Visibility};
use crate::outbound::activity::DifferenceLine;

/// An accepted version of a clinic for one visibility.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(super) struct Accepted {
    pub reading_id: i64,
    version: i64,
    receipt: Option<String>,
}

/// A version that came into force in the window, or left it.
#[derive(sqlx::FromRow)]
struct Event {
    venue_key: String,
    submission_id: i64,
    reading_id: i64,
    received_at: i64,
    version: i64,
    receipt: Option<String>,
    scope_public: bool,
    scope_private: bool,
    left: bool,
}

/// By clinic, then version by version. `since`: what earlier digests had told by then, as in `activity::changes`.
pub(super) async fn lines(
    connection: &mut SqliteConnection,
    registry: &Registry,
    from: Timestamp,
    until: Timestamp,
    since: Option<i64>,
) -> Result<Vec<DifferenceLine>, sqlx::Error> {
    let mut lines = Vec::new();
    for event in events(connection, from, until, since).await? {
        let slots = standing::slots(connection, event.reading_id).await?;
        let place = (event.received_at, event.submission_id);
        let venue = Some(event.venue_key.as_str());
        let mut before = Vec::new();
        for visibility in Visibility::BOTH {
            before.push((visibility, version_before(connection, venue, visibility, place).await?));
        }
        // A clinic's first version changes nothing; neither does taking it back leave anything to compare with.
        let followed = before.iter().any(|(_, version)| version.is_some());
        let mut changed = Vec::new();
        for (visibility, version) in before {
            if !event.covers(visibility) || !(followed || event.left) {
                continue;
            }
            if event.left && is_replaced(connection, &event, visibility).await? {
                continue;
            }
            let earlier = match &version {
                Some(version) => standing::slots(connection, version.reading_id).await?,
                None => Vec::new(),
            };
            let (changes, version) = if event.left {
                (changes(&slots, &earlier, visibility), version)
            } else {
                (changes(&earlier, &slots, visibility), None)
            };
            let now = version.unwrap_or_else(|| event.version());
            changed.extend(changes.into_iter().map(|change| line(registry, &event.venue_key, &change, &now)));
        }
        changed.sort_by_key(|line| (line.date, line.start, line.visibility));
        lines.append(&mut changed);
    }
    lines.sort_by_cached_key(|line| venue_order(&line.venue_no));
    Ok(lines)
}

impl Event {
    fn covers(&self, visibility: Visibility) -> bool {
        match visibility {
            Visibility::Public => self.scope_public,
            Visibility::Private => self.scope_private,
        }
    }

    fn version(&self) -> Accepted {
        Accepted { reading_id: self.reading_id, version: self.version, receipt: self.receipt.clone() }
    }
}

fn line(registry: &Registry, venue: &str, change: &Change, version: &Accepted) -> DifferenceLine {
    let clinic = registry.by_venue_no(venue);
    DifferenceLine {
        venue_no: clinic.map_or_else(|| venue.to_string(), |clinic| clinic.venue_no.clone()),
        clinic_name: clinic.map_or_else(String::new, |clinic| clinic.name.clone()),
        date: change.date,
        start: change.start,
        visibility: change.visibility,
        before: change.before,
        after: change.after,
        version: version.version as u32,
        receipt: version.receipt.clone().unwrap_or_default(),
    }
}

/// A version counts when its mail was received; one by staff or of a later judgement when it was made. A version that
/// left force counts when that was decided.
async fn events(
    connection: &mut SqliteConnection,
    from: Timestamp,
    until: Timestamp,
    since: Option<i64>,
) -> Result<Vec<Event>, sqlx::Error> {
    sqlx::query_as(
        "WITH came AS (
             SELECT r.venue_key, r.submission_id, r.reading_id, r.received_at, r.version, r.scope_public,
                    r.scope_private, r.made_at, CASE WHEN j.number = 1 THEN r.received_at ELSE r.made_at END AS at,
                    0 AS left
             FROM current_ruling r LEFT JOIN judgement j ON j.id = r.judgement_id
             WHERE r.outcome IN ('accepted', 'accepted_with_warnings')
         ), went AS (
             SELECT p.venue_key, p.submission_id, COALESCE(p.reading_of, p.id) AS reading_id, c.received_at, p.version,
                    p.scope_public, p.scope_private, c.made_at, c.made_at AS at, 1 AS left
             FROM current_ruling c JOIN ruling p ON p.id = (SELECT MAX(id) FROM ruling
                                                            WHERE submission_id = c.submission_id AND id < c.id)
             WHERE p.outcome IN ('accepted', 'accepted_with_warnings')
               AND (c.outcome NOT IN ('accepted', 'accepted_with_warnings') OR c.venue_key IS NOT p.venue_key)
         )
         SELECT e.venue_key, e.submission_id, e.reading_id, e.received_at, e.version, s.receipt, e.scope_public,
                e.scope_private, e.left
         FROM (SELECT * FROM came UNION ALL SELECT * FROM went) e JOIN submission s ON s.id = e.submission_id
         WHERE e.at <= ?2 AND (e.at > ?1 OR e.made_at > ?3)
         ORDER BY e.received_at, e.submission_id",
    )
    .bind(micros(from))
    .bind(micros(until))
    .bind(since)
    .fetch_all(connection)
    .await
}

/// The accepted version that covers the visibility and was received last before `place` (receipt time, submission).
pub(super) async fn version_before(
    connection: &mut SqliteConnection,
    venue: Option<&str>,
    visibility: Visibility,
    place: (i64, i64),
) -> Result<Option<Accepted>, sqlx::Error> {
    sqlx::query_as(
        "SELECT r.reading_id, r.version, s.receipt FROM current_ruling r JOIN submission s ON s.id = r.submission_id
         WHERE r.venue_key = ?1 AND r.outcome IN ('accepted', 'accepted_with_warnings')
           AND CASE ?2 WHEN 'public' THEN r.scope_public ELSE r.scope_private END = 1
           AND (r.received_at, r.submission_id) < (?3, ?4)
         ORDER BY r.received_at DESC, r.submission_id DESC LIMIT 1",
    )
    .bind(venue)
    .bind(visibility.as_str())
    .bind(place.0)
    .bind(place.1)
    .fetch_optional(connection)
    .await
}

/// A later version covered it already: that it left changes nothing.
async fn is_replaced(
    connection: &mut SqliteConnection,
    event: &Event,
    visibility: Visibility,
) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar(
        "SELECT EXISTS (SELECT 1 FROM current_ruling r
                        WHERE r.venue_key = ?1 AND r.outcome IN ('accepted', 'accepted_with_warnings')
                          AND CASE ?2 WHEN 'public' THEN r.scope_public ELSE r.scope_private END = 1
                          AND (r.received_at, r.submission_id) > (?3, ?4))",
    )
    .bind(&event.venue_key)
    .bind(visibility.as_str())
    .bind(event.received_at)
    .bind(event.submission_id)
    .fetch_one(connection)
    .await
}

/// What the submission with these slots changed, received at `place`: a visibility of its own that nothing covered
/// before is all additions. Empty for a clinic's first. `scope`: does it cover 公開, does it cover 非公開?
pub(super) async fn of(
    connection: &mut SqliteConnection,
    venue: Option<&str>,
    place: (i64, i64),
    scope: (bool, bool),
    slots: &[Slot],
) -> Result<Vec<Change>, sqlx::Error> {
    let mut followed = false;
    let mut found = Vec::new();
    for (visibility, covered) in [(Visibility::Public, scope.0), (Visibility::Private, scope.1)] {
        let version = version_before(connection, venue, visibility, place).await?;
        followed |= version.is_some();
        if covered {
            let before = match version {
                Some(version) => standing::slots(connection, version.reading_id).await?,
                None => Vec::new(),
            };
            found.extend(changes(&before, slots, visibility));
        }
    }
    found.sort_by_key(|change| (change.date, change.start, change.visibility));
    Ok(if followed { found } else { Vec::new() })
}

/// What was added, removed or changed for one visibility.
fn changes(before: &[Slot], after: &[Slot], visibility: Visibility) -> Vec<Change> {
    let own = [visibility].into();
    rules::changes(&restrict(before, &own), &restrict(after, &own))
}
