//! I/O: which accepted submission is in force for each visibility of a clinic: a function of the rulings, settled
//! in the same transaction as every new ruling.

use sqlx::SqliteConnection;

/// Makes table `in_force` of one clinic what the rulings say: for each visibility the accepted submission that
/// covers it and was received last. The order in which mails were processed plays no part.
pub(super) async fn put_in_force(
    connection: &mut SqliteConnection,
    venue: &str,
    at: i64,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "DELETE FROM in_force WHERE venue_key = ?1 AND ruling_id IS NOT
             (SELECT r.id FROM current_ruling r
              WHERE r.venue_key = ?1 AND r.outcome IN ('accepted', 'accepted_with_warnings')
                AND CASE in_force.visibility WHEN 'public' THEN r.scope_public ELSE r.scope_private END = 1
              ORDER BY r.received_at DESC, r.submission_id DESC LIMIT 1);
         INSERT INTO in_force (venue_key, visibility, submission_id, ruling_id, since)
         SELECT ?1, v.value, r.submission_id, r.id, ?2
         FROM json_each('[\"public\", \"private\"]') v
         JOIN current_ruling r ON r.id =
             (SELECT c.id FROM current_ruling c
              WHERE c.venue_key = ?1 AND c.outcome IN ('accepted', 'accepted_with_warnings')
                AND CASE v.value WHEN 'public' THEN c.scope_public ELSE c.scope_private END = 1
              ORDER BY c.received_at DESC, c.submission_id DESC LIMIT 1)
         WHERE NOT EXISTS (SELECT 1 FROM in_force f WHERE f.venue_key = ?1 AND f.visibility = v.value)",
    )
    .bind(venue)
    .bind(at)
    .execute(connection)
    .await?;
    Ok(())
}

/// Clinics for which an earlier ruling accepted this submission.
pub(super) async fn venues_of(
    connection: &mut SqliteConnection,
    submission_id: i64,
) -> Result<Vec<String>, sqlx::Error> {
    sqlx::query_scalar(
        "SELECT DISTINCT venue_key FROM ruling
         WHERE submission_id = ?1 AND outcome IN ('accepted', 'accepted_with_warnings')",
    )
    .bind(submission_id)
    .fetch_all(connection)
    .await
}

/// The number of an accepted version: the one it has already, else the proposed one if it is free, else the next.
pub(super) async fn next_version(
    connection: &mut SqliteConnection,
    submission_id: i64,
    venue: Option<&str>,
    proposed: Option<u32>,
) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar(
        "SELECT COALESCE(
             (SELECT MAX(version) FROM ruling WHERE submission_id = ?1 AND venue_key = ?2),
             MAX(COALESCE((SELECT MAX(version) FROM ruling WHERE venue_key = ?2), 0) + 1, ?3))",
    )
    .bind(submission_id)
    .bind(venue)
    .bind(proposed.unwrap_or(0))
    .fetch_one(connection)
    .await
}
