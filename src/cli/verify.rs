//! `uketsuke verify` and `backup`: is the ledger sound, and a copy of it.

use std::path::PathBuf;

use super::progress::shown;
use super::{Context, EXIT_IO, EXIT_NO, Failure, print, print_json};

pub async fn verify(context: &Context) -> Result<u8, Failure> {
    let office = context.existing_office().await?;
    let verification = shown(context, "台帳を検査中", &office.progress, office.ledger.verify()).await?;
    let sound = verification.violations.is_empty();
    if context.json() {
        print_json(&serde_json::json!({
            "ok": sound,
            "checked": verification.checked,
            "violations": verification.violations,
        }))?;
    } else {
        for (invariant, count) in &verification.checked {
            print(&format!("{invariant:<4} {count}件を確認\n"));
        }
        for violation in &verification.violations {
            print(&format!("違反 {} {}：{}\n", violation.invariant, violation.row, violation.message));
        }
        print(if sound {
            "台帳に矛盾はありません。\n"
        } else {
            "台帳に矛盾があります。バックアップを取り、管理者に連絡してください。\n"
        });
    }
    Ok(if sound { 0 } else { EXIT_NO })
}

#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  uketsuke backup backup/uketsuke-20211008.db")]
pub struct BackupArguments {
    /// The copy; must not exist.
    file: PathBuf,
}

pub async fn backup(context: &Context, arguments: &BackupArguments) -> Result<u8, Failure> {
    if arguments.file.exists() {
        return Err(Failure::new(
            EXIT_IO,
            format!("{} exists; a backup never overwrites", arguments.file.display()),
        ));
    }
    let office = context.existing_office().await?;
    let copying = office.ledger.backup(&arguments.file);
    shown(context, "書き出し中", &office.progress, copying).await?;
    if context.json() {
        return print_json(&serde_json::json!({ "file": arguments.file.display().to_string() })).map(|()| 0);
    }
    print(&format!("{} に書き出しました。\n", arguments.file.display()));
    Ok(0)
}
