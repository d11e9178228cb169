//! `uketsuke replay`: judge every stored mail again with today's rules and registry; list what would change.

use serde_json::json;

use super::clinics::actor;
use super::listings::outcome_label;
use super::progress::shown;
use super::table::Table;
use super::{Context, EXIT_IO, Failure, print, print_json};
use crate::daemon::replay::Purpose;

#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  uketsuke replay --dry-run\n  uketsuke replay\n  uketsuke replay --send")]
pub struct Arguments {
    /// List what would change, change nothing.
    #[arg(long, conflicts_with = "send")]
    dry_run: bool,
    /// Also send the new replies; without it they are kept as drafts.
    #[arg(long)]
    send: bool,
}

pub async fn replay(context: &Context, arguments: &Arguments) -> Result<u8, Failure> {
    let office = context.existing_office().await?;
    office.require_sandbox().await?;
    let purpose = match (arguments.dry_run, arguments.send) {
        (true, _) => Purpose::Look,
        (false, false) => Purpose::Apply,
        (false, true) => Purpose::ApplyAndSend,
    };
    let folder = std::env::temp_dir().join(format!("uketsuke-replay-{}", std::process::id()));
    let failed = |cause: std::io::Error| {
        Failure::new(EXIT_IO, format!("failed to make {}: {cause}", folder.display()))
    };
    std::os::unix::fs::DirBuilderExt::mode(&mut std::fs::DirBuilder::new(), 0o700)
        .create(&folder)
        .map_err(failed)?;
    let (scratch, actor) = (folder.join("replay.db"), actor());
    let replaying = office.replay(&scratch, purpose, &actor);
    let replayed = shown(context, "判定", &office.progress, replaying).await;
    drop(std::fs::remove_dir_all(&folder));
    office.readers.shutdown().await;
    let replayed = replayed?;
    if context.json() {
        print_json(&json!({
            "dry_run": arguments.dry_run,
            "mails": replayed.mails,
            "differences": replayed.differences,
            "applied": replayed.applied,
        }))?;
        return Ok(0);
    }
    let mut table = Table::new(&["メール", "受付番号", "判定", "→", "合計", "→", "備考"]);
    for one in &replayed.differences {
        let label = |outcome: &Option<String>| outcome.as_deref().map_or("－", outcome_label).to_string();
        let sum = |sum: Option<i64>| sum.map_or_else(|| "－".to_string(), |sum| sum.to_string());
        table.row(vec![
            one.mail.to_string(),
            one.receipt.clone().unwrap_or_default(),
            label(&one.outcome_before),
            label(&one.outcome_after),
            sum(one.sum_before),
            sum(one.sum_after),
            if one.decided { "職員が決定済み（変更しません）" } else { "" }.to_string(),
        ]);
    }
    print(&table.render());
    let done = if arguments.dry_run {
        "（--dry-run：変更していません）".to_string()
    } else {
        format!("{}通の判定を改めました。", replayed.applied.len())
    };
    print(&format!(
        "\n{}通を判定し直し、{}件が異なります。{done}\n",
        replayed.mails,
        replayed.differences.len()
    ));
    Ok(0)
}
