//! `uketsuke clinics`: the registry (医療機関マスタ): import, list, export, set.

use std::path::{Path, PathBuf};

use super::progress::shown;
use super::table::Table;
use super::{Context, EXIT_DATA, EXIT_IO, Failure, print, print_json};
use crate::clinic::registry_file::{self, ClinicChange};
use crate::clinic::{Clinic, Registry, venue_order};
use crate::daemon::registry::read_registry;
use crate::inspection::reader::Readers;

#[derive(Debug, clap::Subcommand)]
pub enum Verb {
    /// Read a CSV (UTF-8 or CP932) or xlsx file; all or nothing; prints what changes.
    #[command(after_help = "Example:\n  uketsuke clinics import 医療機関マスタ.csv --dry-run")]
    Import {
        /// The registry file.
        file: PathBuf,
        /// Print what would change, change nothing.
        #[arg(long)]
        dry_run: bool,
    },
    /// One line per clinic.
    #[command(after_help = "Examples:\n  uketsuke clinics list\n  uketsuke clinics list --format json")]
    List,
    /// Write the registry as CSV (UTF-8 with BOM), without the clinics that the last file no longer named.
    #[command(after_help = "Example:\n  uketsuke clinics export 医療機関マスタ.csv")]
    Export { file: PathBuf },
    /// Change fields of one clinic; the reason goes into the audit trail.
    #[command(
        after_help = "Example:\n  uketsuke clinics set 0123 cap=120 emails='a@example.jp;b@example.jp' --reason 上限量の改定"
    )]
    Set {
        venue_no: String,
        #[arg(required = true, value_name = "KEY=VALUE")]
        changes: Vec<String>,
        #[arg(long, value_name = "TEXT")]
        reason: String,
    },
}

pub async fn clinics(context: &Context, verb: &Verb) -> Result<u8, Failure> {
    match verb {
        Verb::Import { file, dry_run } => import(context, file, *dry_run).await,
        Verb::List => list(context).await,
        Verb::Export { file } => {
            let registry = context.ledger().await?.registry().await?;
            let listed = Registry::new(registry.iter().filter(|clinic| !clinic.not_in_file).cloned());
            std::fs::write(file, registry_file::write_csv(&listed)).map_err(|cause| {
                Failure::new(EXIT_IO, format!("failed to write {}: {cause}", file.display()))
            })?;
            let left_out = registry.len() - listed.len();
            if context.json() {
                let file = file.display().to_string();
                print_json(
                    &serde_json::json!({ "file": file, "clinics": listed.len(), "left_out": left_out }),
                )?;
                return Ok(0);
            }
            print(&format!("{}件を {} に書き出しました。\n", listed.len(), file.display()));
            if left_out > 0 {
                print(&format!("（マスタにない{left_out}件は書き出していません。）\n"));
            }
            Ok(0)
        }
        Verb::Set { venue_no, changes, reason } => set(context, venue_no, changes, reason).await,
    }
}

async fn import(context: &Context, file: &PathBuf, dry_run: bool) -> Result<u8, Failure> {
    let bytes = std::fs::read(file)
        .map_err(|cause| Failure::new(EXIT_IO, format!("failed to read {}: {cause}", file.display())))?;
    if dry_run && matches!(context.config.database.path.try_exists(), Ok(false)) {
        return first_import(context, file, &bytes).await;
    }
    let office = context.office().await?;
    let clinics = office.read_registry(file, &bytes).await?;
    let before = office.ledger.registry_as_filed().await?;
    let changes = registry_file::diff(&before, &clinics);
    let mut judged_again = 0;
    if !dry_run {
        let actor = actor();
        let taking = async {
            office.ledger.import(&clinics, context.clock.now(), &actor, false).await?;
            office.judge_held_for_registry().await
        };
        judged_again = shown(context, "医療機関マスタを取り込み中", &office.progress, taking).await?;
    }
    report(context, clinics.len(), &changes, dry_run, judged_again)?;
    office.readers.shutdown().await;
    Ok(0)
}

/// What a first import would bring; no ledger is made for that.
async fn first_import(context: &Context, file: &Path, bytes: &[u8]) -> Result<u8, Failure> {
    let program = std::env::current_exe().map_err(|cause| Failure::new(EXIT_IO, cause))?;
    let readers = Readers::new(&context.config.limits, program);
    let clinics = read_registry(&readers, file, bytes).await?;
    readers.shutdown().await;
    report(context, clinics.len(), &registry_file::diff(&Registry::default(), &clinics), true, 0)?;
    Ok(0)
}

fn report(
    context: &Context,
    read: usize,
    changes: &[ClinicChange],
    dry_run: bool,
    judged_again: u64,
) -> Result<(), Failure> {
    if context.json() {
        return print_json(&serde_json::json!({
            "read": read,
            "dry_run": dry_run,
            "changes": changes.iter().map(ToString::to_string).collect::<Vec<_>>(),
            "judged_again": judged_again,
        }));
    }
    for change in changes {
        print(&format!("{change}\n"));
    }
    let done =
        if dry_run { "（--dry-run：変更していません）" } else { "取り込みました。" };
    print(&format!("{read}件を読み取り、{}件の変更があります。{done}\n", changes.len()));
    if judged_again > 0 {
        print(&format!("保留していた{judged_again}通を判定し直しました。\n"));
    }
    Ok(())
}

async fn list(context: &Context) -> Result<u8, Failure> {
    let registry = context.ledger().await?.registry().await?;
    let mut clinics: Vec<&Clinic> = registry.iter().collect();
    clinics.sort_by_cached_key(|clinic| venue_order(&clinic.venue_no));
    if context.json() {
        return print_json(&clinics).map(|()| 0);
    }
    let mut table = Table::new(&HEADINGS).right(&[3]);
    for clinic in clinics {
        table.row(row(clinic));
    }
    print(&table.render());
    Ok(0)
}

const HEADINGS: [&str; 8] = ["会場", "医療機関", "区", "上限量", "利用", "マスタ", "電話", "メール"];

fn row(clinic: &Clinic) -> Vec<String> {
    use crate::clinic::Intent;
    vec![
        clinic.venue_no.clone(),
        clinic.name.clone(),
        clinic.ward.map_or("", crate::clinic::Ward::label).to_string(),
        clinic.cap.map_or_else(|| "未登録".to_string(), |cap| cap.to_string()),
        match clinic.uses_system {
            Intent::Yes => "利用",
            Intent::No => "独自",
            Intent::Unknown => "未回答",
        }
        .to_string(),
        if clinic.not_in_file { "マスタにない" } else { "" }.to_string(),
        clinic.phone.clone(),
        clinic
            .emails
            .iter()
            .cloned()
            .chain(clinic.provisional_emails.iter().map(|address| format!("{address}（仮登録）")))
            .collect::<Vec<_>>()
            .join("; "),
    ]
}

async fn set(context: &Context, venue_no: &str, changes: &[String], reason: &str) -> Result<u8, Failure> {
    let office = context.existing_office().await?;
    let registry = office.ledger.registry().await?;
    let clinic = registry.by_venue_no(venue_no).cloned().ok_or_else(|| {
        Failure::new(
            EXIT_DATA,
            format!("会場番号 {venue_no} is not in the registry; see `uketsuke clinics list`"),
        )
    })?;
    let clinic = with_changes(clinic, changes)?;
    office.ledger.set_clinic(&clinic, context.clock.now(), &actor(), reason).await?;
    let after = office.ledger.registry().await?;
    let mut table = Table::new(&HEADINGS).right(&[3]);
    table.row(row(after.by_venue_no(venue_no).unwrap_or(&clinic)));
    print(&table.render());
    Ok(0)
}

/// A changed clinic passes through the same reader as a file, so that the same rules hold.
fn with_changes(clinic: Clinic, changes: &[String]) -> Result<Clinic, Failure> {
    let old = registry_file::write_csv(&Registry::new([clinic]));
    let text = String::from_utf8_lossy(&old);
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .from_reader(text.trim_start_matches('\u{feff}').as_bytes());
    let mut rows =
        reader.records().filter_map(Result::ok).map(|row| row.iter().map(str::to_string).collect::<Vec<_>>());
    let (header, mut row) = (rows.next().unwrap_or_default(), rows.next().unwrap_or_default());
    for change in changes {
        let (key, value) = change.split_once('=').ok_or_else(|| {
            Failure::new(super::EXIT_USAGE, format!("{change}: write it as KEY=VALUE, e.g. cap=120"))
        })?;
        let column = registry_file::column_of(key, &header).ok_or_else(|| {
            Failure::new(
                super::EXIT_USAGE,
                format!("no such key: {key}; the keys are {}", registry_file::keys().join(", ")),
            )
        })?;
        if let Some(cell) = row.get_mut(column) {
            *cell = value.to_string();
        }
    }
    let read = registry_file::from_rows(&header, [(2, row)]).map_err(|problems| {
        let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
        Failure::new(EXIT_DATA, lines.join("\n"))
    })?;
    read.clinics.into_iter().next().ok_or_else(|| Failure::new(EXIT_DATA, "the clinic would have no number"))
}

/// The operating system's user, for the audit trail.
pub fn actor() -> String {
    std::env::var("SUDO_USER")
        .or_else(|_| std::env::var("USER"))
        .unwrap_or_else(|_| format!("uid:{}", rustix::process::getuid().as_raw()))
}
