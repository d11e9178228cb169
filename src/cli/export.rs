//! `uketsuke export`: the slot list for the reservation system; what was written is marked, so that nothing is handed over
//! twice unawares.

use std::path::PathBuf;

use serde_json::json;

use super::clinics::actor;
use super::{Context, EXIT_DATA, EXIT_IO, Failure, complain, print, print_json};
use crate::campaign::in_jst;
use crate::clinic::Registry;
use crate::daemon::Office;
use crate::issue::slot_export::{self, ChangeKind, Encoding, ExportSlot};
use crate::ledger::setup::{ExportLine, NewExport};

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  uketsuke export --out 枠一覧.csv\n  uketsuke export --diff --encoding cp932 --out 変更分.csv"
)]
pub struct Arguments {
    /// The file; must not exist [default: slots-DATE-TIME.csv].
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    #[arg(long, value_enum, default_value_t = Code::Utf8)]
    encoding: Code,
    /// Only what changed since the last export.
    #[arg(long)]
    diff: bool,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Code {
    Utf8,
    Cp932,
}

pub async fn export(context: &Context, arguments: &Arguments) -> Result<u8, Failure> {
    let office = context.existing_office().await?;
    let now = office.now();
    let lines = office.ledger.export_lines().await?;
    let before = office.ledger.last_export_lines().await?;
    let registry = office.ledger.registry().await?;
    let slots = named(&registry, &lines);
    let changes = slot_export::differences(&named(&registry, &before.clone().unwrap_or_default()), &slots);
    let again = lines.iter().filter(|line| line.exported).count();
    if arguments.diff && before.is_some() && changes.is_empty() {
        return nothing(context);
    }
    let encoding = match arguments.encoding {
        Code::Utf8 => Encoding::Utf8,
        Code::Cp932 => Encoding::Cp932,
    };
    let written = if arguments.diff {
        slot_export::difference_csv(&changes, &office.campaign, now, encoding)
    } else {
        slot_export::csv(&slots, &office.campaign, now, encoding)
    };
    let bytes = written.map_err(|cause| Failure::new(EXIT_DATA, cause))?;
    let path = arguments
        .out
        .clone()
        .unwrap_or_else(|| PathBuf::from(format!("slots-{}.csv", in_jst(now).strftime("%Y%m%d-%H%M%S"))));
    write_new(&path, &bytes)?;
    let id = mark(&office, &lines, &path, &bytes, arguments.diff).await?;
    if !arguments.diff && again > 0 {
        complain(&format!(
            "warning: {again} of {} slots stood in an earlier export; --diff writes only changes",
            lines.len()
        ));
    }
    let count = |kind| changes.iter().filter(|change| change.kind == kind).count();
    if context.json() {
        print_json(&json!({
            "export": id,
            "file": path.display().to_string(),
            "diff": arguments.diff,
            "slots": lines.len(),
            "already_exported": again,
            "changes": {
                "added": count(ChangeKind::Added),
                "removed": count(ChangeKind::Removed),
                "changed": count(ChangeKind::Changed),
            },
        }))?;
    } else {
        print(&format!(
            "{} に書き出しました（出力番号 {id}、{}枠。前回から追加{}、削除{}、変更{}）。\n",
            path.display(),
            lines.len(),
            count(ChangeKind::Added),
            count(ChangeKind::Removed),
            count(ChangeKind::Changed)
        ));
    }
    Ok(0)
}

fn nothing(context: &Context) -> Result<u8, Failure> {
    if context.json() {
        print_json(&json!({
            "export": null, "file": null, "diff": true, "slots": 0, "already_exported": 0,
            "changes": { "added": 0, "removed": 0, "changed": 0 },
        }))?;
    } else {
        print("前回の出力から変更はありません。ファイルは作成していません。\n");
    }
    Ok(0)
}

/// Flushes before it is marked: what is marked as exported is safely on the disk.
fn write_new(path: &std::path::Path, bytes: &[u8]) -> Result<(), Failure> {
    use std::io::Write;
    let failed =
        |cause: std::io::Error| Failure::new(EXIT_IO, format!("failed to write {}: {cause}", path.display()));
    let mut file = std::fs::File::options().write(true).create_new(true).open(path).map_err(failed)?;
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(failed)
}

async fn mark(
    office: &Office,
    lines: &[ExportLine],
    path: &std::path::Path,
    bytes: &[u8],
    is_diff: bool,
) -> Result<i64, Failure> {
    let actor = actor();
    let export = NewExport {
        file: &path.display().to_string(),
        sha256: &crate::sha256::of(bytes),
        is_diff,
        actor: &actor,
        at: office.now(),
    };
    match office.ledger.mark_exported(lines, export).await {
        Ok(id) => Ok(id),
        Err(cause) => {
            // A file that is not marked must not be handed over.
            drop(std::fs::remove_file(path));
            Err(cause.into())
        }
    }
}

fn named(registry: &Registry, lines: &[ExportLine]) -> Vec<ExportSlot> {
    lines
        .iter()
        .map(|line| {
            let clinic = registry.by_venue_no(&line.venue_no);
            ExportSlot {
                venue_no: line.venue_no.clone(),
                clinic_name: clinic.map_or_else(String::new, |clinic| clinic.name.clone()),
                ward: clinic.and_then(|clinic| clinic.ward),
                visibility: line.visibility,
                date: line.date,
                start: line.start,
                end: line.end,
                dose: line.dose,
                count: line.people,
                receipt: line.receipt.clone(),
                version: line.version,
            }
        })
        .collect()
}
