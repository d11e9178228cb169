//! I/O: the state of every clinic of the registry (`status`, the digest's tables).
//!
//! An attempt is open until a version received after it is accepted or found identical, or staff decide: by a note on a
//! held mail without a form; by turning a form down, while another one is in force.
//! The state is the gravest of the open attempts, else `accepted` while something is in force.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;
use sqlx::SqliteConnection;

use super::column::{instant, maybe_instant};
use crate::campaign::Timing;
use crate::clinic::{Clinic, Intent, Registry, venue_key};
use crate::inspection::verdict::Totals;
use crate::outbound::activity::{ClinicLine, ClinicState, ErrorLine};

/// What is in force for one visibility of a clinic; totals are those of that visibility.
#[derive(sqlx::FromRow)]
struct InForce {
    venue_key: String,
    visibility: String,
    version: i64,
    receipt: Option<String>,
    received_at: i64,
    timing: Option<String>,
    form_number: Option<i64>,
    channel: String,
    warnings: i64,
    first_count: i64,
    second_count: i64,
}

#[derive(sqlx::FromRow)]
struct Open {
    venue_key: String,
    outcome: String,
    reading_id: i64,
    receipt: Option<String>,
    received_at: i64,
    timing: Option<String>,
    form_number: Option<i64>,
    warnings: i64,
    /// Staff turned it down, and why.
    turned_down: Option<String>,
    /// What was found about the mail as a whole, the gravest first.
    about_mail: Option<String>,
}

impl Open {
    /// What is to be mended where the form names no error.
    fn why(&self) -> Option<String> {
        if let Some(reason) = &self.turned_down {
            return Some(format!("職員が受け付けないこととしました（{reason}）。電話で連絡してください。"));
        }
        let plain = match self.outcome.as_str() {
            "unreadable" => "ファイルを読み取れませんでした。",
            "not_a_form" => "様式が添付されていませんでした。",
            _ => return None,
        };
        Some(self.about_mail.clone().unwrap_or_else(|| plain.to_string()))
    }
}

/// One line per clinic, in the order of the venue keys.
pub(super) async fn lines(
    connection: &mut SqliteConnection,
    registry: &Registry,
) -> Result<Vec<ClinicLine>, sqlx::Error> {
    let in_force = in_force(connection).await?;
    let open = open(connection).await?;
    let setup = setup(connection).await?;
    let marks = marks(connection).await?;
    let last_fix: Vec<i64> =
        open.values().filter_map(|open| open.last()).map(|open| open.reading_id).collect();
    let mut errors = errors(connection, &last_fix).await?;
    Ok(registry
        .iter()
        .map(|clinic| {
            let key = venue_key(&clinic.venue_no);
            let accepted = in_force.get(&key).map_or(&[][..], Vec::as_slice);
            let open = open.get(&key).map_or(&[][..], Vec::as_slice);
            let mut line = line(clinic, accepted, open);
            if let Some(last) = open.last().filter(|_| line.state == ClinicState::NeedsFix) {
                line.errors = errors.remove(&last.reading_id).unwrap_or_default();
                line.why = last.why();
            }
            let version = accepted.iter().map(|row| row.version).max();
            line.setup = setup_state(setup.get(&key), version).to_string();
            line.flags = flags(clinic, &line, marks.get(&key), setup.get(&key), version);
            line
        })
        .collect())
}

fn line(clinic: &Clinic, accepted: &[InForce], open: &[Open]) -> ClinicLine {
    let latest = accepted.iter().max_by_key(|row| (row.version, row.received_at));
    let held = open.iter().rev().find(|row| row.outcome == "held");
    let deciding = held.or_else(|| open.last());
    let state = match (held, deciding, latest) {
        (Some(_), ..) => ClinicState::Held,
        (None, Some(_), _) => ClinicState::NeedsFix,
        (None, None, Some(_)) => ClinicState::Accepted,
        // Nothing is expected of a clinic that left the registry.
        (None, None, None) if clinic.not_in_file => ClinicState::NotUsing,
        (None, None, None) => match clinic.uses_system {
            Intent::Yes => ClinicState::NotSubmitted,
            Intent::No => ClinicState::NotUsing,
            Intent::Unknown => ClinicState::UnknownIntent,
        },
    };
    let timing = |text: &Option<String>| text.as_deref().and_then(Timing::parse);
    let (receipt, received_at, timing, form, warnings) = match (deciding, latest) {
        (Some(row), _) => {
            (row.receipt.clone(), Some(row.received_at), timing(&row.timing), row.form_number, row.warnings)
        }
        (None, Some(row)) => {
            let warnings = accepted.iter().map(|row| (row.version, row.warnings)).collect::<BTreeMap<_, _>>();
            let sum = warnings.values().sum();
            (row.receipt.clone(), Some(row.received_at), timing(&row.timing), row.form_number, sum)
        }
        (None, None) => (None, None, None, None, 0),
    };
    ClinicLine {
        clinic: clinic.clone(),
        state,
        receipt,
        received_at: maybe_instant(received_at),
        timing,
        form_number: form.map(|number| number as u8),
        totals: latest.map(|_| totals(accepted)),
        warnings: warnings as u32,
        setup: String::new(),
        by_other_channel: latest.is_some_and(|row| row.channel != "mail"),
        flags: Vec::new(),
        first_told_at: match state {
            ClinicState::NeedsFix => open.first().map(|row| instant(row.received_at)),
            _ => None,
        },
        errors: Vec::new(),
        why: None,
    }
}

fn totals(accepted: &[InForce]) -> Totals {
    let mut totals = Totals::default();
    for row in accepted {
        if row.visibility == "public" {
            totals.first_public += row.first_count as u64;
            totals.second_public += row.second_count as u64;
        } else {
            totals.first_private += row.first_count as u64;
            totals.second_private += row.second_count as u64;
        }
    }
    totals
}

async fn in_force(connection: &mut SqliteConnection) -> Result<BTreeMap<String, Vec<InForce>>, sqlx::Error> {
    let rows: Vec<InForce> = sqlx::query_as(
        "SELECT f.venue_key, f.visibility, r.version, s.receipt, s.received_at, r.timing, r.form_number, s.channel,
                r.warnings,
                COALESCE(CASE f.visibility WHEN 'public' THEN r.first_public ELSE r.first_private END, 0)
                    AS first_count,
                COALESCE(CASE f.visibility WHEN 'public' THEN r.second_public ELSE r.second_private END, 0)
                    AS second_count
         FROM in_force f JOIN ruling r ON r.id = f.ruling_id JOIN submission s ON s.id = f.submission_id",
    )
    .fetch_all(connection)
    .await?;
    let mut by_venue: BTreeMap<String, Vec<InForce>> = BTreeMap::new();
    for row in rows {
        by_venue.entry(row.venue_key.clone()).or_default().push(row);
    }
    Ok(by_venue)
}

/// Open attempts by clinic, in the order of receipt. Mail without a form that was not meant as one (thanks, a
/// question) is no attempt of a clinic that has a version in force.
async fn open(connection: &mut SqliteConnection) -> Result<BTreeMap<String, Vec<Open>>, sqlx::Error> {
    let rows: Vec<Open> = sqlx::query_as(
        "SELECT r.venue_key, r.outcome, r.reading_id, s.receipt, s.received_at, r.timing, r.form_number, r.warnings,
                CASE WHEN r.outcome = 'rejected'
                     THEN (SELECT d.reason FROM staff_decision d WHERE d.id = r.decision_id) END AS turned_down,
                (SELECT f.message FROM finding f WHERE f.judgement_id = r.judgement_id
                 ORDER BY f.severity <> 'error', f.id LIMIT 1) AS about_mail
         FROM current_ruling r JOIN submission s ON s.id = r.submission_id
         WHERE r.venue_key IS NOT NULL AND r.void = 0
           AND r.outcome IN ('held', 'rejected', 'unreadable', 'not_a_form')
           AND (r.outcome <> 'not_a_form'
                OR (r.template IS NOT NULL AND r.sender IN ('registered', 'provisional', 'staff')
                    AND (r.attempt = 1 OR NOT EXISTS (SELECT 1 FROM in_force f WHERE f.venue_key = r.venue_key))))
           AND NOT (r.outcome = 'rejected' AND r.decision_id IS NOT NULL
                    AND EXISTS (SELECT 1 FROM in_force f WHERE f.venue_key = r.venue_key))
           AND NOT (r.outcome = 'held' AND s.receipt IS NULL
                    AND EXISTS (SELECT 1 FROM staff_decision d WHERE d.mail_id = s.mail_id AND d.at >= r.made_at))
           AND NOT EXISTS (
               SELECT 1 FROM current_ruling a JOIN submission sa ON sa.id = a.submission_id
               WHERE a.venue_key = r.venue_key
                 AND a.outcome IN ('accepted', 'accepted_with_warnings', 'duplicate')
                 AND (a.received_at > s.received_at
                      OR (a.received_at = s.received_at AND a.submission_id > s.id AND sa.mail_id IS NOT s.mail_id)))
         ORDER BY s.received_at, s.id",
    )
    .fetch_all(connection)
    .await?;
    let mut by_venue: BTreeMap<String, Vec<Open>> = BTreeMap::new();
    for row in rows {
        by_venue.entry(row.venue_key.clone()).or_default().push(row);
    }
    Ok(by_venue)
}

/// The set-up events of each clinic: version and kind, oldest first.
async fn setup(
    connection: &mut SqliteConnection,
) -> Result<BTreeMap<String, Vec<(i64, String)>>, sqlx::Error> {
    let rows: Vec<(String, i64, String)> =
        sqlx::query_as("SELECT venue_key, version, kind FROM setup_event ORDER BY id")
            .fetch_all(connection)
            .await?;
    let mut by_venue: BTreeMap<String, Vec<(i64, String)>> = BTreeMap::new();
    for (venue, version, kind) in rows {
        by_venue.entry(venue).or_default().push((version, kind));
    }
    Ok(by_venue)
}

/// The last event of the version in force; a newer version starts over.
fn setup_state(events: Option<&Vec<(i64, String)>>, version: Option<i64>) -> &str {
    events
        .into_iter()
        .flatten()
        .rev()
        .find(|(of, _)| Some(*of) == version)
        .map_or("none", |(_, kind)| kind.as_str())
}

/// Flags that come from other tables.
async fn marks(connection: &mut SqliteConnection) -> Result<BTreeMap<String, BTreeSet<String>>, sqlx::Error> {
    let rows: Vec<(String, String)> = sqlx::query_as(
        "SELECT venue_key, 'provisional' FROM clinic_address WHERE status = 'provisional'
         UNION SELECT venue_key, 'undeliverable' FROM clinic_address
               WHERE undeliverable_at IS NOT NULL AND status <> 'removed'
         UNION SELECT venue_key, 'reminded' FROM staff_decision WHERE kind = 'remind'
         UNION SELECT venue_key, 'extended' FROM extension
         UNION SELECT venue_key, 'not_in_file' FROM clinic WHERE in_file = 0",
    )
    .fetch_all(connection)
    .await?;
    let mut by_venue: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (venue, flag) in rows {
        by_venue.entry(venue).or_default().insert(flag);
    }
    Ok(by_venue)
}

fn flags(
    clinic: &Clinic,
    line: &ClinicLine,
    marks: Option<&BTreeSet<String>>,
    setup: Option<&Vec<(i64, String)>>,
    version: Option<i64>,
) -> Vec<String> {
    let mut flags = marks.cloned().unwrap_or_default();
    let sum = line.totals.map(|totals| totals.sum());
    if let (Some(sum), Some(cap)) = (sum, clinic.cap)
        && sum > u64::from(cap)
    {
        flags.insert("over_cap".into());
    }
    if clinic.cap.is_none() {
        flags.insert("cap_unknown".into());
    }
    if version.is_some() && line.state != ClinicState::Accepted {
        flags.insert("earlier_version_in_force".into());
    }
    let set_up = |(of, kind): &(i64, String)| Some(*of) < version && kind != "exported";
    if setup.into_iter().flatten().any(set_up) {
        flags.insert("changed_after_setup".into());
    }
    if line.by_other_channel {
        flags.insert("other_channel".into());
    }
    flags.into_iter().collect()
}

async fn errors(
    connection: &mut SqliteConnection,
    readings: &[i64],
) -> Result<BTreeMap<i64, Vec<ErrorLine>>, sqlx::Error> {
    type Row = (i64, String, Option<String>, Option<String>, Option<String>, String);
    let rows: Vec<Row> = sqlx::query_as(
        "SELECT reading_id, code, sheet, cell, read, message FROM finding
         WHERE severity = 'error' AND reading_id IN (SELECT value FROM json_each(?1)) ORDER BY id",
    )
    .bind(json!(readings).to_string())
    .fetch_all(connection)
    .await?;
    let mut by_reading: BTreeMap<i64, Vec<ErrorLine>> = BTreeMap::new();
    for (reading, code, sheet, cell, read, message) in rows {
        by_reading.entry(reading).or_default().push(ErrorLine { code, sheet, cell, read, message });
    }
    Ok(by_reading)
}
