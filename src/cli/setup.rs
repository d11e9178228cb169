//! `setup done`, `confirm`, `remind`: from slots in force to slots that the clinic has confirmed.

use serde_json::json;

use super::staff::{decision, open};
use super::table::Table;
use super::{Context, EXIT_DATA, Failure, print, print_json};
use crate::campaign::in_jst;
use crate::outbound::words::letter_kind;

#[derive(Debug, clap::Subcommand)]
pub enum Verb {
    /// The slots of these clinics stand in the reservation system: ask each clinic to look at them (確認依頼).
    ///
    /// Refused for a clinic of which something else is in force than the last `export` handed over.
    #[command(after_help = "Example:\n  uketsuke setup done 0123 0200")]
    Done {
        #[arg(required = true, value_name = "VENUE_NO")]
        venue_nos: Vec<String>,
        #[arg(long, value_name = "TEXT", default_value = "予約管理システムへのセットアップ完了")]
        reason: String,
    },
}

#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  uketsuke confirm 0123")]
pub struct ConfirmArguments {
    #[arg(required = true, value_name = "VENUE_NO")]
    venue_nos: Vec<String>,
    #[arg(long, value_name = "TEXT", default_value = "医療機関から確認の連絡")]
    reason: String,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  uketsuke remind --dry-run\n  uketsuke remind")]
pub struct RemindArguments {
    /// Show who would be reminded, queue nothing.
    #[arg(long)]
    dry_run: bool,
    #[arg(long, value_name = "TEXT", default_value = "未提出・未修正の督促")]
    reason: String,
}

pub async fn setup(context: &Context, verb: &Verb) -> Result<u8, Failure> {
    let Verb::Done { venue_nos, reason } = verb;
    let (office, actor) = open(context, reason).await?;
    let mut report = Vec::new();
    let mut failed = Vec::new();
    for venue_no in venue_nos {
        match office.setup_done(venue_no, decision(&office, &actor, reason)).await {
            Ok(to) => report.push((venue_no, to)),
            Err(cause) => failed.push(format!("{venue_no}: {cause}")),
        }
    }
    if context.json() {
        let rows: Vec<_> =
            report.iter().map(|(venue_no, to)| json!({ "venue_no": venue_no, "to": to })).collect();
        print_json(&json!({ "done": rows, "failed": failed }))?;
    } else {
        for (venue_no, to) in &report {
            let told = match to {
                Some(to) => format!("確認依頼を {to} あてに作成しました。"),
                None => "確認依頼は作成していません（作成済み、または送り先がありません）。".to_string(),
            };
            print(&format!("{venue_no}：セットアップ完了。{told}\n"));
        }
    }
    ended(&failed)
}

pub async fn confirm(context: &Context, arguments: &ConfirmArguments) -> Result<u8, Failure> {
    let (office, actor) = open(context, &arguments.reason).await?;
    let mut done = Vec::new();
    let mut failed = Vec::new();
    for venue_no in &arguments.venue_nos {
        match office.ledger.confirm(venue_no, decision(&office, &actor, &arguments.reason)).await {
            Ok(()) => done.push(venue_no),
            Err(cause) => failed.push(format!("{venue_no}: {cause}")),
        }
    }
    if context.json() {
        print_json(&json!({ "confirmed": done, "failed": failed }))?;
    } else {
        for venue_no in &done {
            print(&format!("{venue_no}：確認済としました。\n"));
        }
    }
    ended(&failed)
}

/// What could be done is done; the rest is named.
fn ended(failed: &[String]) -> Result<u8, Failure> {
    if failed.is_empty() { Ok(0) } else { Err(Failure::new(EXIT_DATA, failed.join("\n"))) }
}

pub async fn remind(context: &Context, arguments: &RemindArguments) -> Result<u8, Failure> {
    let (office, actor) = open(context, &arguments.reason).await?;
    let key = in_jst(office.now()).date().to_string();
    let round = office.remind(&key, arguments.dry_run, decision(&office, &actor, &arguments.reason)).await?;
    if context.json() {
        print_json(&json!({
            "dry_run": arguments.dry_run, "reminded": round.reminded, "passed": round.passed,
        }))?;
        return Ok(0);
    }
    let mut table = Table::new(&["会場", "医療機関", "種類", "宛先"]);
    for one in &round.reminded {
        table.row(vec![
            one.venue_no.clone(),
            one.name.clone(),
            letter_kind(one.kind).to_string(),
            one.to.clone(),
        ]);
    }
    print(&table.render());
    if !round.passed.is_empty() {
        let mut table = Table::new(&["会場", "医療機関", "電話", "送らない理由"]);
        for one in &round.passed {
            table.row(vec![
                one.venue_no.clone(),
                one.name.clone(),
                one.phone.clone(),
                one.reason.to_string(),
            ]);
        }
        print(&format!("\n{}", table.render()));
    }
    let done = if arguments.dry_run {
        "（--dry-run：作成していません）"
    } else {
        "を作成しました"
    };
    print(&format!("\n督促 {}通{done}\n", round.reminded.len()));
    Ok(0)
}
