//! I/O: recorded submissions as the machine-readable contract lists them (`submissions`).

use serde::Serialize;
use sqlx::SqliteConnection;

use super::column::instant;
use super::{Error, Ledger};
use crate::campaign::rfc3339;
use crate::clinic::venue_key;

/// One element of `submissions`.
#[derive(Clone, Debug, Serialize)]
pub struct SubmissionView {
    pub receipt: Option<String>,
    pub venue_no: Option<String>,
    pub received_at: String,
    pub recorded_at: String,
    pub file: Option<String>,
    pub outcome: String,
    pub timing: Option<String>,
    pub version: Option<i64>,
    pub in_force: bool,
    pub channel: String,
    pub sum: Option<i64>,
    pub findings: FindingCounts,
    /// `public`, `private`: what the form covers.
    pub scope: Vec<&'static str>,
    pub in_force_scope: Vec<String>,
    pub void: bool,
    pub mail_id: Option<i64>,
}

#[derive(Clone, Copy, Debug, Serialize)]
pub struct FindingCounts {
    pub error: i64,
    pub warning: i64,
    pub info: i64,
    pub staff: i64,
}

impl Ledger {
    /// In the order of receipt.
    pub async fn submissions(&self, venue_no: Option<&str>) -> Result<Vec<SubmissionView>, Error> {
        let mut tx = self.read().await?;
        let venue = venue_no.map(venue_key);
        Ok(submission_views(&mut tx, venue.as_deref(), None).await?)
    }
}

/// Submissions of one clinic, one by its receipt number, or all.
pub(super) async fn submission_views(
    connection: &mut SqliteConnection,
    venue: Option<&str>,
    receipt: Option<&str>,
) -> Result<Vec<SubmissionView>, sqlx::Error> {
    #[derive(sqlx::FromRow)]
    struct Line {
        receipt: Option<String>,
        venue_no: Option<String>,
        received_at: i64,
        recorded_at: i64,
        file_name: Option<String>,
        outcome: String,
        timing: Option<String>,
        version: Option<i64>,
        channel: String,
        sum: Option<i64>,
        errors: i64,
        warnings: i64,
        infos: i64,
        staff: i64,
        scope_public: bool,
        scope_private: bool,
        in_force: Option<String>,
        void: bool,
        mail_id: Option<i64>,
    }
    let rows: Vec<Line> = sqlx::query_as(
        "SELECT s.receipt, c.venue_no, s.received_at, s.recorded_at, s.file_name, r.outcome, r.timing, r.version,
                s.channel, r.first_public + r.first_private + r.second_public + r.second_private AS sum,
                r.errors, r.warnings, r.infos, r.staff, r.scope_public, r.scope_private,
                (SELECT group_concat(f.visibility) FROM in_force f WHERE f.submission_id = s.id) AS in_force,
                r.void, s.mail_id
         FROM submission s JOIN current_ruling r ON r.submission_id = s.id
         LEFT JOIN clinic c ON c.venue_key = r.venue_key
         WHERE s.receipt IS NOT NULL AND (?1 IS NULL OR r.venue_key = ?1) AND (?2 IS NULL OR s.receipt = ?2)
         ORDER BY s.received_at, s.id",
    )
    .bind(venue)
    .bind(receipt)
    .fetch_all(connection)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| {
            let mut in_force: Vec<String> =
                row.in_force.iter().flat_map(|list| list.split(',')).map(str::to_string).collect();
            in_force.sort_by(|a, b| b.cmp(a));
            SubmissionView {
                receipt: row.receipt,
                venue_no: row.venue_no,
                received_at: rfc3339(instant(row.received_at)),
                recorded_at: rfc3339(instant(row.recorded_at)),
                file: row.file_name,
                outcome: row.outcome,
                timing: row.timing,
                version: row.version,
                in_force: !in_force.is_empty(),
                channel: row.channel,
                sum: row.sum,
                findings: FindingCounts {
                    error: row.errors,
                    warning: row.warnings,
                    info: row.infos,
                    staff: row.staff,
                },
                scope: [(row.scope_public, "public"), (row.scope_private, "private")]
                    .into_iter()
                    .filter_map(|(covered, name)| covered.then_some(name))
                    .collect(),
                in_force_scope: in_force,
                void: row.void,
                mail_id: row.mail_id,
            }
        })
        .collect())
}
