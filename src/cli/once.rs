//! `uketsuke once`: everything `run` would do now, once.

use super::progress::shown;
use super::{Context, EXIT_LATER, Failure, print, print_json};
use crate::daemon::service::Signals;

pub async fn once(context: &Context) -> Result<u8, Failure> {
    let mut signals = Signals::listen()?;
    let office = context.office().await?;
    let _lock = office.take_lock().await?;
    office.require_sandbox().await?;
    office.load_registry_file().await?;
    office.judge_held_for_registry().await?;
    let work = async {
        tokio::select! {
            ended = office.once() => ended,
            never = office.stop_on(&mut signals) => match never {},
        }
    };
    let ended = shown(context, "受信", &office.progress, work).await;
    office.readers.shutdown().await;
    let (report, trouble) = ended?;
    if context.json() {
        print_json(&report)?;
    } else {
        let outcomes: Vec<String> =
            report.outcomes.iter().map(|(outcome, count)| format!("{outcome} {count}")).collect();
        print(&format!(
            "受信 {}通（{}）　返信 送信{}／再送待ち{}／送信不能{}／抑止{}　整理 {}通　未処理 {}通\n",
            report.seen,
            if outcomes.is_empty() { "変化なし".to_string() } else { outcomes.join("、") },
            report.replies.sent,
            report.replies.deferred,
            report.replies.failed,
            report.replies.suppressed,
            report.filed,
            report.pending
        ));
        for trouble in &report.errors {
            print(&format!("★{trouble}\n"));
        }
    }
    office.ledger.close().await;
    if let Some(cause) = trouble {
        return Err(cause.into());
    }
    if office.stop.is_told() {
        return Ok(0);
    }
    Ok(if report.replies.deferred + report.stopped > 0 { EXIT_LATER } else { 0 })
}
