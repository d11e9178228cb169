//! I/O: what holds for a mail now. A judgement is never edited: what staff decided on its forms since is in their rulings.

use std::collections::BTreeMap;

use sqlx::SqliteConnection;

use super::work;
use crate::clinic::Registry;
use crate::inspection::verdict::Outcome;

/// One mail as it stands.
#[derive(Clone, Debug)]
pub(super) struct MailState {
    /// The judgement's; the worst of its submissions once staff decided on one of them.
    pub outcome: String,
    /// It is on the list of what a person must look at.
    pub needs_staff: bool,
}

/// Every mail that was judged, or one.
pub(super) async fn states(
    connection: &mut SqliteConnection,
    registry: &Registry,
    mail: Option<i64>,
) -> Result<BTreeMap<i64, MailState>, sqlx::Error> {
    let open = work::open_mails(connection, registry).await?;
    let judged: Vec<(i64, String)> =
        sqlx::query_as("SELECT mail_id, outcome FROM current_judgement WHERE ?1 IS NULL OR mail_id = ?1")
            .bind(mail)
            .fetch_all(&mut *connection)
            .await?;
    let mut decided = decided(connection, mail).await?;
    Ok(judged
        .into_iter()
        .map(|(id, outcome)| {
            let outcome = decided.remove(&id).map_or(outcome, |worst| worst.as_str().to_string());
            (id, MailState { outcome, needs_staff: open.contains(&id) })
        })
        .collect())
}

/// The worst outcome of the submissions of those mails where a person decided on one.
async fn decided(
    connection: &mut SqliteConnection,
    mail: Option<i64>,
) -> Result<BTreeMap<i64, Outcome>, sqlx::Error> {
    let rows: Vec<(i64, String)> = sqlx::query_as(
        "SELECT s.mail_id, r.outcome FROM submission s JOIN current_ruling r ON r.submission_id = s.id
         WHERE s.mail_id IN (SELECT o.mail_id FROM submission o JOIN current_ruling d ON d.submission_id = o.id
                             WHERE d.decision_id IS NOT NULL AND (?1 IS NULL OR o.mail_id = ?1))",
    )
    .bind(mail)
    .fetch_all(connection)
    .await?;
    let mut worst: BTreeMap<i64, Outcome> = BTreeMap::new();
    for (mail, outcome) in rows {
        let Some(outcome) = Outcome::parse(&outcome) else { continue };
        let known = worst.entry(mail).or_insert(outcome);
        *known = (*known).min(outcome);
    }
    Ok(worst)
}
