//! `mails`, `mail`, `submissions`, `show`, `status`, `slots`: what the ledger holds, for people and for scripts.

use serde::Serialize;
use serde_json::Value;

use super::table::Table;
use super::{Context, EXIT_DATA, EXIT_IO, Failure, print, print_json};
use crate::ledger::Ledger;

#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  uketsuke mails --needs-staff")]
pub struct MailsArguments {
    /// Only mail that a person must look at.
    #[arg(long)]
    needs_staff: bool,
}

#[derive(Debug, clap::Args)]
pub struct MailArguments {
    id: i64,
    /// Print the mail exactly as it was received.
    #[arg(long)]
    raw: bool,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  uketsuke submissions --clinic 0123")]
pub struct SubmissionsArguments {
    #[arg(long, value_name = "VENUE_NO")]
    clinic: Option<String>,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  uketsuke show 8-0123-2")]
pub struct ShowArguments {
    /// Receipt number, as in the reply.
    receipt: String,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  uketsuke slots --clinic 0123\n  uketsuke slots --changed-since 3")]
pub struct SlotsArguments {
    #[arg(long, value_name = "VENUE_NO")]
    clinic: Option<String>,
    /// Only clinics whose versions in force are not those of this export (its number).
    #[arg(long, value_name = "EXPORT")]
    changed_since: Option<i64>,
}

pub async fn mails(context: &Context, arguments: &MailsArguments) -> Result<u8, Failure> {
    let listing = context.office().await?.ledger.mails(arguments.needs_staff).await?;
    let columns = [
        ("id", "番号"),
        ("received_at", "受信"),
        ("from", "差出人"),
        ("subject", "件名"),
        ("outcome", "判定"),
        ("needs_staff", "要対応"),
        ("receipts", "受付番号"),
        ("reply.state", "返信"),
    ];
    answer(context, &listing, |listing| {
        let reconciliation = listing.get("reconciliation").cloned().unwrap_or_default();
        let sums: Vec<String> = reconciliation
            .as_object()
            .into_iter()
            .flatten()
            .map(|(name, count)| format!("{} {count}", outcome_label(name)))
            .collect();
        format!("{}\n{}\n", table(listing.get("mails"), &columns), sums.join("　"))
    })
}

pub async fn mail(context: &Context, arguments: &MailArguments) -> Result<u8, Failure> {
    let ledger = context.office().await?.ledger;
    if arguments.raw {
        super::output::print_bytes(&ledger.raw_mail(arguments.id).await?);
        return Ok(0);
    }
    let mail = ledger.mail(arguments.id).await?;
    answer(context, &mail, outline)
}

pub async fn submissions(context: &Context, arguments: &SubmissionsArguments) -> Result<u8, Failure> {
    let listing = context.office().await?.ledger.submissions(arguments.clinic.as_deref()).await?;
    let columns = [
        ("receipt", "受付番号"),
        ("received_at", "受信"),
        ("file", "ファイル"),
        ("outcome", "判定"),
        ("timing", "期限"),
        ("version", "版"),
        ("in_force", "有効"),
        ("sum", "合計"),
        ("findings.error", "要修正"),
        ("findings.warning", "要確認"),
    ];
    answer(context, &listing, |listing| table(Some(listing), &columns))
}

pub async fn show(context: &Context, arguments: &ShowArguments) -> Result<u8, Failure> {
    let shown = context.office().await?.ledger.show(&arguments.receipt).await?;
    answer(context, &shown, |shown| {
        let mut rest = shown.clone();
        let mut text = String::new();
        if let Some(map) = rest.as_object_mut() {
            let findings = map.remove("findings");
            let slots = map.remove("slots");
            let audit = map.remove("audit");
            let reply = map.remove("reply");
            text.push_str(&outline(&Value::Object(map.clone())));
            let columns = [
                ("code", "規則"),
                ("severity", "区分"),
                ("sheet", "シート"),
                ("cell", "セル"),
                ("read", "読み取り"),
                ("message", "内容"),
            ];
            text.push_str(&format!("\n■ 確認結果\n{}", table(findings.as_ref(), &columns)));
            let columns = [
                ("date", "接種日"),
                ("start", "開始"),
                ("end", "終了"),
                ("dose", "回"),
                ("public", "公開"),
                ("private", "非公開"),
            ];
            text.push_str(&format!("\n■ 読み取った枠\n{}", table(slots.as_ref(), &columns)));
            let columns = [("at", "日時"), ("actor", "操作者"), ("kind", "操作")];
            text.push_str(&format!("\n■ 記録\n{}", table(audit.as_ref(), &columns)));
            if let Some(reply) = reply.as_ref().and_then(|reply| reply.get("text")).and_then(Value::as_str) {
                text.push_str(&format!("\n■ 返信\n{reply}\n"));
            }
        }
        text
    })
}

pub async fn status(context: &Context) -> Result<u8, Failure> {
    let office = context.office().await?;
    let listing = office.ledger.status().await?;
    let stopped = stopped(&office.ledger).await?;
    let columns = [
        ("venue_no", "会場"),
        ("name", "医療機関"),
        ("ward", "区"),
        ("state", "状態"),
        ("receipt", "受付番号"),
        ("received_at", "受信"),
        ("sum", "合計"),
        ("cap", "上限量"),
        ("own", "差引"),
        ("setup", "セットアップ"),
        ("flags", "備考"),
    ];
    answer(context, &listing, |listing| format!("{stopped}{}", table(Some(listing), &columns)))
}

/// A line that says so while letters to clinics are stopped; empty otherwise. The log has it for scripts.
pub async fn stopped(ledger: &Ledger) -> Result<String, Failure> {
    Ok(match ledger.breaker().await? {
        Some(stop) => {
            tracing::warn!(setting = stop.setting, waiting = stop.waiting, "letters to clinics are stopped");
            format!("★{}。再開：uketsuke outbox resume --reason 理由\n\n", stop.line())
        }
        None => String::new(),
    })
}

pub async fn slots(context: &Context, arguments: &SlotsArguments) -> Result<u8, Failure> {
    let ledger = context.office().await?.ledger;
    if let Some(export) = arguments.changed_since
        && !ledger.has_export(export).await?
    {
        return Err(Failure::new(
            EXIT_DATA,
            format!("there is no export {export}; `uketsuke export` prints its number"),
        ));
    }
    let listing = ledger.slots(arguments.clinic.as_deref(), arguments.changed_since).await?;
    let columns = [
        ("venue_no", "会場"),
        ("date", "接種日"),
        ("start", "開始"),
        ("end", "終了"),
        ("dose", "回"),
        ("public", "公開"),
        ("private", "非公開"),
        ("receipt", "受付番号"),
    ];
    answer(context, &listing, |listing| table(Some(listing), &columns))
}

/// The JSON document, or its table for a person.
pub fn answer<T: Serialize>(
    context: &Context,
    value: &T,
    human: impl Fn(&Value) -> String,
) -> Result<u8, Failure> {
    if context.json() {
        print_json(value)?;
    } else {
        let value = serde_json::to_value(value)
            .map_err(|cause| Failure::new(EXIT_IO, format!("failed to lay out the answer: {cause}")))?;
        print(&human(&value));
    }
    Ok(0)
}

/// A table of the named members of an array of objects.
pub fn table(rows: Option<&Value>, columns: &[(&str, &str)]) -> String {
    let headings: Vec<&str> = columns.iter().map(|(_, heading)| *heading).collect();
    let numbers: Vec<usize> = columns
        .iter()
        .enumerate()
        .filter(|(_, (key, _))| {
            matches!(*key, "sum" | "cap" | "own" | "public" | "private" | "attempts" | "id" | "version")
        })
        .map(|(at, _)| at)
        .collect();
    let mut table = Table::new(&headings).right(&numbers);
    for row in rows.and_then(Value::as_array).into_iter().flatten() {
        table.row(columns.iter().map(|(key, _)| cell(row, key)).collect());
    }
    table.render()
}

fn cell(row: &Value, key: &str) -> String {
    let value = key.split('.').try_fold(row, |value, part| value.get(part));
    let text = value.map(plain).unwrap_or_default();
    match key {
        "outcome" | "state" | "reply.state" => outcome_label(&text).to_string(),
        "received_at" | "at" | "next_attempt_at" | "sent_at" => short_time(&text),
        _ => text,
    }
}

fn plain(value: &Value) -> String {
    match value {
        Value::Null => "－".to_string(),
        Value::Bool(true) => "○".to_string(),
        Value::Bool(false) => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(plain).collect::<Vec<_>>().join(" "),
        other => other.to_string(),
    }
}

/// `2021-10-05T14:32:00+09:00` to `10/05 14:32`.
fn short_time(text: &str) -> String {
    match (text.get(5..10), text.get(11..16)) {
        (Some(date), Some(time)) => format!("{} {time}", date.replace('-', "/")),
        _ => text.to_string(),
    }
}

/// The members of one object, one a line.
fn outline(value: &Value) -> String {
    let mut table = Table::new(&["項目", "内容"]);
    for (name, value) in value.as_object().into_iter().flatten() {
        let text = match value {
            Value::Object(_) => serde_json::to_string(value).unwrap_or_default(),
            Value::Array(items) if items.iter().any(Value::is_object) => {
                serde_json::to_string(value).unwrap_or_default()
            }
            other => plain(other),
        };
        table.row(vec![name.clone(), text]);
    }
    table.render()
}

/// The words that staff read for the stable names of the contract.
pub fn outcome_label(name: &str) -> &str {
    match name {
        "accepted" => "受付",
        "accepted_with_warnings" => "受付・要確認",
        "rejected" => "要修正",
        "unreadable" => "読取不能",
        "not_a_form" => "様式なし",
        "duplicate" => "重複",
        "held" => "保留",
        "ignored" => "対象外",
        "seen" => "受信",
        "pending" => "未処理",
        "difference" => "差",
        "not_submitted" => "未提出",
        "needs_fix" => "要修正中",
        "not_using" => "利用なし",
        "unknown_intent" => "意向未確認",
        "queued" => "送信待ち",
        "sending" => "送信中",
        "sent" => "送信済",
        "deferred" => "再送待ち",
        "failed" => "送信不能",
        "ambiguous" => "送達不明",
        "bounced" => "不達",
        "suppressed" => "抑止",
        other => other,
    }
}
