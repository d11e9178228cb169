//! `uketsuke outbox`: outgoing mail: list, retry, hold, release, cancel; resume after the breaker stopped it.

use super::listings::{Shape, answer, stopped, table};
use super::{Context, EXIT_USAGE, Failure, print, print_json};
use crate::ledger::Ledger;
use crate::ledger::outbox::Handling;
use crate::outbound::words;

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  uketsuke outbox --state held\n  uketsuke outbox retry 12\n  uketsuke outbox release 7\n  uketsuke outbox resume --reason 宛先を訂正"
)]
pub struct Arguments {
    /// Only letters in this state: queued, sending, sent, deferred, failed, ambiguous, bounced, suppressed, held.
    #[arg(long)]
    state: Option<String>,
    /// Why; goes into the audit trail.
    #[arg(long, global = true, default_value = "", value_name = "TEXT")]
    reason: String,
    #[command(subcommand)]
    verb: Option<Verb>,
}

#[derive(Debug, clap::Subcommand)]
enum Verb {
    /// Try again now (failed, deferred, ambiguous).
    #[command(after_help = "Example:\n  uketsuke outbox retry 12")]
    Retry { id: i64 },
    /// Keep it back.
    #[command(after_help = "Example:\n  uketsuke outbox hold 12 --reason 内容を確認中")]
    Hold { id: i64 },
    /// Let a held or suppressed letter go.
    #[command(after_help = "Example:\n  uketsuke outbox release 7")]
    Release { id: i64 },
    /// Never send it.
    #[command(after_help = "Example:\n  uketsuke outbox cancel 7 --reason 電話で伝えた")]
    Cancel { id: i64 },
    /// Let letters to clinics leave again after too many came back (needs --reason).
    #[command(after_help = "Example:\n  uketsuke outbox resume --reason 宛先を訂正")]
    Resume,
}

const STATES: [&str; 9] =
    ["queued", "sending", "sent", "deferred", "failed", "ambiguous", "bounced", "suppressed", "held"];

pub async fn outbox(context: &Context, arguments: &Arguments) -> Result<u8, Failure> {
    let ledger = context.ledger().await?;
    if let Some(verb) = &arguments.verb {
        let (id, handling, done) = match verb {
            Verb::Retry { id } => (*id, Handling::Retry, "直ちに再送します"),
            Verb::Hold { id } => (*id, Handling::Hold, "保留しました"),
            Verb::Release { id } => (*id, Handling::Release, "送信待ちにしました"),
            Verb::Cancel { id } => (*id, Handling::Cancel, "送信を取りやめました"),
            Verb::Resume => return resume(context, &ledger, &arguments.reason).await,
        };
        // The ledger wants one; these four can be taken back, so none is asked for.
        let reason =
            Some(arguments.reason.trim()).filter(|reason| !reason.is_empty()).unwrap_or("（理由の記載なし）");
        ledger.handle_letter(id, handling, context.clock.now(), &super::clinics::actor(), reason).await?;
        if context.json() {
            print_json(&serde_json::json!({ "id": id, "done": done }))?;
        } else {
            print(&format!("{id}：{done}。\n"));
        }
        return Ok(0);
    }
    if let Some(state) = arguments.state.as_deref().filter(|state| !STATES.contains(state)) {
        return Err(Failure::new(
            EXIT_USAGE,
            format!("no such state: {state}; one of {}", STATES.join(", ")),
        ));
    }
    let listing = ledger.outbox(arguments.state.as_deref()).await?;
    let columns = [
        ("id", "番号", Shape::Number),
        ("kind", "種類", Shape::Words(words::letter_kind)),
        ("to", "宛先", Shape::Plain),
        ("subject", "件名", Shape::Plain),
        ("state", "状態", Shape::Words(words::letter_state)),
        ("attempts", "試行", Shape::Number),
        ("sent_at", "送信", Shape::Time),
        ("next_attempt_at", "次回", Shape::Time),
        ("last_error", "最後の応答", Shape::Plain),
    ];
    let stopped = stopped(&ledger).await?;
    answer(context, &listing, |listing| format!("{stopped}{}", table(Some(listing), &columns)))
}

/// What stopped letters is settled: those that wait leave with the next round.
async fn resume(context: &Context, ledger: &Ledger, reason: &str) -> Result<u8, Failure> {
    if reason.trim().is_empty() {
        return Err(Failure::new(
            EXIT_USAGE,
            "outbox resume needs --reason: what was found, and what was mended",
        ));
    }
    let stop = ledger.reset_breaker(context.clock.now(), &super::clinics::actor(), reason).await?;
    if context.json() {
        print_json(&serde_json::json!({ "resumed": true, "waiting": stop.waiting }))?;
    } else {
        print(&format!("医療機関への送信を再開します。送信待ち {}通。\n", stop.waiting));
    }
    Ok(0)
}
