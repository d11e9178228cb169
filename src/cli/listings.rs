//! `mails`, `submissions`, `status`, `slots`: what the ledger holds, for people and for scripts.

use serde::Serialize;
use serde_json::Value;

use super::table::Table;
use super::{Context, EXIT_DATA, EXIT_IO, Failure, print, print_json};
use crate::ledger::Ledger;
use crate::ledger::views::Reconciliation;
use crate::outbound::words;
pub use crate::outbound::words::outcome as outcome_label;

#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  uketsuke mails --needs-staff")]
pub struct MailsArguments {
    /// Only mail that a person must look at.
    #[arg(long)]
    needs_staff: bool,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  uketsuke submissions --clinic 0123")]
pub struct SubmissionsArguments {
    #[arg(long, value_name = "VENUE_NO")]
    clinic: Option<String>,
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

/// How the cells of a column are shown.
#[derive(Clone, Copy, Debug)]
pub enum Shape {
    Plain,
    Number,
    /// 「10/05 14:32」
    Time,
    /// The words that staff read for a stable name, or for each of several.
    Words(fn(&str) -> &str),
}

/// Key of the JSON (dotted for a member of a member), heading, shape.
pub type Column = (&'static str, &'static str, Shape);

pub async fn mails(context: &Context, arguments: &MailsArguments) -> Result<u8, Failure> {
    let listing = context.ledger().await?.mails(arguments.needs_staff).await?;
    let columns = [
        ("id", "番号", Shape::Number),
        ("received_at", "受信", Shape::Time),
        ("from", "差出人", Shape::Plain),
        ("subject", "件名", Shape::Plain),
        ("outcome", "判定", Shape::Words(words::outcome)),
        ("needs_staff", "要対応", Shape::Plain),
        ("receipts", "受付番号", Shape::Plain),
        ("reply.state", "返信", Shape::Words(words::letter_state)),
    ];
    let sums = sums(&listing.reconciliation);
    answer(context, &listing, |listing| format!("{}\n{sums}\n", table(listing.get("mails"), &columns)))
}

/// 「受信 9＝受付 5＋要修正 2＋…　差 0」, in the order in which the books are closed.
fn sums(books: &Reconciliation) -> String {
    let parts = [
        ("受付", books.accepted),
        ("要修正", books.rejected),
        ("読取不能", books.unreadable),
        ("様式なし", books.not_a_form),
        ("重複", books.duplicate),
        ("保留", books.held),
        ("対象外", books.ignored),
        ("未処理", books.pending),
    ];
    let parts: Vec<String> = parts.iter().map(|(name, count)| format!("{name} {count}")).collect();
    format!("受信 {}＝{}　差 {}", books.seen, parts.join("＋"), books.difference)
}

pub async fn submissions(context: &Context, arguments: &SubmissionsArguments) -> Result<u8, Failure> {
    let listing = context.ledger().await?.submissions(arguments.clinic.as_deref()).await?;
    answer(context, &listing, |listing| table(Some(listing), &SUBMISSION_COLUMNS))
}

pub const SUBMISSION_COLUMNS: [Column; 10] = [
    ("receipt", "受付番号", Shape::Plain),
    ("received_at", "受信", Shape::Time),
    ("file", "ファイル", Shape::Plain),
    ("outcome", "判定", Shape::Words(words::outcome)),
    ("timing", "期限", Shape::Words(words::timing)),
    ("version", "版", Shape::Number),
    ("in_force", "有効", Shape::Plain),
    ("sum", "合計", Shape::Number),
    ("findings.error", "要修正", Shape::Number),
    ("findings.warning", "要確認", Shape::Number),
];

pub async fn status(context: &Context) -> Result<u8, Failure> {
    let ledger = context.ledger().await?;
    let listing = ledger.status().await?;
    let stopped = stopped(&ledger).await?;
    let columns = [
        ("venue_no", "会場", Shape::Plain),
        ("name", "医療機関", Shape::Plain),
        ("ward", "区", Shape::Plain),
        ("state", "状態", Shape::Words(words::clinic_state)),
        ("receipt", "受付番号", Shape::Plain),
        ("received_at", "受信", Shape::Time),
        ("timing", "期限", Shape::Words(words::timing)),
        ("sum", "合計", Shape::Number),
        ("cap", "上限量", Shape::Number),
        ("own", "差引", Shape::Number),
        ("setup", "セットアップ", Shape::Words(words::setup)),
        ("flags", "備考", Shape::Words(words::flag)),
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
    let ledger = context.ledger().await?;
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
        ("venue_no", "会場", Shape::Plain),
        ("date", "接種日", Shape::Plain),
        ("start", "開始", Shape::Plain),
        ("end", "終了", Shape::Plain),
        ("dose", "回", Shape::Plain),
        ("public", "公開", Shape::Number),
        ("private", "非公開", Shape::Number),
        ("receipt", "受付番号", Shape::Plain),
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
pub fn table(rows: Option<&Value>, columns: &[Column]) -> String {
    let headings: Vec<&str> = columns.iter().map(|(_, heading, _)| *heading).collect();
    let numbers: Vec<usize> = columns
        .iter()
        .enumerate()
        .filter(|(_, (_, _, shape))| matches!(shape, Shape::Number))
        .map(|(at, _)| at)
        .collect();
    let mut table = Table::new(&headings).right(&numbers);
    for row in rows.and_then(Value::as_array).into_iter().flatten() {
        table.row(columns.iter().map(|column| cell(row, column)).collect());
    }
    table.render()
}

/// One member as a person reads it.
pub fn cell(row: &Value, (key, _, shape): &Column) -> String {
    let value = key.split('.').try_fold(row, |value, part| value.get(part));
    let Some(value) = value else { return plain(&Value::Null) };
    match (shape, value) {
        (Shape::Words(word), Value::String(name)) => word(name).to_string(),
        (Shape::Words(word), Value::Array(names)) => {
            names.iter().filter_map(Value::as_str).map(word).collect::<Vec<_>>().join("、")
        }
        (Shape::Time, Value::String(text)) => short_time(text),
        (_, value) => plain(value),
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
