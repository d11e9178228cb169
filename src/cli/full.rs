//! `mail`, `show`: one mail, one submission in full.

use serde_json::Value;

use super::listings::{Column, SUBMISSION_COLUMNS, Shape, answer, cell, table};
use super::table::Table;
use super::{Context, Failure, output};
use crate::outbound::words;

#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  uketsuke mail 12\n  uketsuke mail 12 --raw > mail.eml")]
pub struct MailArguments {
    /// Number of the mail, as `mails` lists it.
    id: i64,
    /// Print the mail exactly as it was received.
    #[arg(long)]
    raw: bool,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  uketsuke show 8-0123-2")]
pub struct ShowArguments {
    /// Receipt number, as in the reply.
    receipt: String,
}

const FINDINGS: [Column; 6] = [
    ("code", "規則", Shape::Plain),
    ("severity", "区分", Shape::Words(words::severity)),
    ("sheet", "シート", Shape::Plain),
    ("cell", "セル", Shape::Plain),
    ("read", "読み取り", Shape::Plain),
    ("message", "内容", Shape::Plain),
];

const AUDIT: [Column; 3] = [
    ("at", "日時", Shape::Time),
    ("actor", "操作者", Shape::Plain),
    ("kind", "操作", Shape::Words(words::deed)),
];

pub async fn mail(context: &Context, arguments: &MailArguments) -> Result<u8, Failure> {
    let ledger = context.ledger().await?;
    if arguments.raw {
        output::print_bytes(&ledger.raw_mail(arguments.id).await?);
        return Ok(0);
    }
    let mail = ledger.mail(arguments.id).await?;
    answer(context, &mail, |mail| {
        let lines = [
            ("id", "メール番号", Shape::Plain),
            ("received_at", "受信", Shape::Time),
            ("recorded_at", "記録", Shape::Time),
            ("from", "差出人", Shape::Plain),
            ("subject", "件名", Shape::Plain),
            ("message_id", "Message-ID", Shape::Plain),
            ("sha256", "SHA-256", Shape::Plain),
            ("outcome", "判定", Shape::Words(words::outcome)),
            ("needs_staff", "要対応", Shape::Plain),
            ("reply.state", "返信", Shape::Words(words::letter_state)),
            ("silence", "返信しない理由", Shape::Words(words::silence)),
        ];
        let mut text = lines_of(mail, &lines);
        let places = [
            ("folder", "フォルダー", Shape::Plain),
            ("uidvalidity", "UIDVALIDITY", Shape::Plain),
            ("uid", "UID", Shape::Plain),
            ("name", "ファイル名", Shape::Plain),
            ("filed_to", "移動先", Shape::Plain),
        ];
        part(&mut text, "見つかった場所", mail.get("locations"), &places);
        part(&mut text, "様式", mail.get("submissions"), &SUBMISSION_COLUMNS);
        part(&mut text, "確認結果（メール全体）", mail.get("findings"), &FINDINGS);
        let decisions = [
            ("at", "日時", Shape::Time),
            ("actor", "操作者", Shape::Plain),
            ("kind", "決定", Shape::Words(words::deed)),
            ("reason", "理由", Shape::Plain),
        ];
        part(&mut text, "職員の決定", mail.get("decisions"), &decisions);
        part(&mut text, "記録", mail.get("audit"), &AUDIT);
        text
    })
}

pub async fn show(context: &Context, arguments: &ShowArguments) -> Result<u8, Failure> {
    let shown = context.ledger().await?.show(&arguments.receipt).await?;
    answer(context, &shown, |shown| {
        let lines = [
            ("receipt", "受付番号", Shape::Plain),
            ("venue_no", "会場", Shape::Plain),
            ("received_at", "受信", Shape::Time),
            ("recorded_at", "記録", Shape::Time),
            ("channel", "経路", Shape::Words(words::channel)),
            ("mail_id", "メール番号", Shape::Plain),
            ("file", "ファイル", Shape::Plain),
            ("outcome", "判定", Shape::Words(words::outcome)),
            ("timing", "期限", Shape::Words(words::timing)),
            ("version", "版", Shape::Plain),
            ("scope", "様式の範囲", Shape::Words(words::visibility)),
            ("in_force_scope", "有効な範囲", Shape::Words(words::visibility)),
            ("void", "無効", Shape::Plain),
            ("sum", "合計", Shape::Plain),
        ];
        let mut text = lines_of(shown, &lines);
        part(&mut text, "確認結果", shown.get("findings"), &FINDINGS);
        part(&mut text, "読み取った枠", shown.get("slots"), &SLOTS);
        let difference = [
            ("date", "接種日", Shape::Plain),
            ("start", "開始", Shape::Plain),
            ("visibility", "区分", Shape::Words(words::visibility)),
            ("before", "前", Shape::Number),
            ("after", "後", Shape::Number),
        ];
        part(&mut text, "前の版からの変更", shown.get("difference"), &difference);
        let rulings = [
            ("at", "日時", Shape::Time),
            ("outcome", "判定", Shape::Words(words::outcome)),
            ("void", "無効", Shape::Plain),
            ("version", "版", Shape::Number),
            ("actor", "操作者", Shape::Plain),
            ("kind", "決定", Shape::Words(words::deed)),
            ("reason", "理由", Shape::Plain),
        ];
        part(&mut text, "判定の経過", shown.get("rulings"), &rulings);
        part(&mut text, "記録", shown.get("audit"), &AUDIT);
        if let Some(reply) = shown.get("reply").filter(|reply| reply.is_object()) {
            text.push_str("\n■ 返信\n");
            let lines = [
                ("template", "種類", Shape::Words(words::letter_kind)),
                ("to", "宛先", Shape::Plain),
                ("subject", "件名", Shape::Plain),
                ("state", "状態", Shape::Words(words::letter_state)),
                ("sent_at", "送信", Shape::Time),
            ];
            text.push_str(&lines_of(reply, &lines));
            let written = reply.get("text").and_then(Value::as_str).unwrap_or_default();
            text.push_str(&format!("\n{written}\n"));
        }
        text
    })
}

const SLOTS: [Column; 8] = [
    ("date", "接種日", Shape::Plain),
    ("start", "開始", Shape::Plain),
    ("end", "終了", Shape::Plain),
    ("dose", "回", Shape::Plain),
    ("public", "公開", Shape::Number),
    ("private", "非公開", Shape::Number),
    ("sheet", "シート", Shape::Plain),
    ("row", "行", Shape::Number),
];

/// Label and value, one a line.
fn lines_of(value: &Value, columns: &[Column]) -> String {
    let mut table = Table::new(&["項目", "内容"]);
    for column in columns {
        let text = cell(value, column);
        table.row(vec![column.1.to_string(), if text.is_empty() { "－".into() } else { text }]);
    }
    table.render()
}

/// A table under its title; nothing where there is nothing to tell.
fn part(text: &mut String, title: &str, rows: Option<&Value>, columns: &[Column]) {
    if rows.and_then(Value::as_array).is_some_and(|rows| !rows.is_empty()) {
        text.push_str(&format!("\n■ {title}\n{}", table(rows, columns)));
    }
}
