//! `uketsuke demo`: the main job, whole, on an embedded mailbox with sample mail and a rehearsed clock.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::demo_folder::DemoFolder;
use super::table::Table;
use super::{Context, EXIT_IO, Failure, print, print_json};
use crate::campaign::{Campaign, in_jst};
use crate::clock::Clock;
use crate::config::Config;
use crate::daemon::Office;
use crate::daemon::intake::{IntakeDesk, Line, Taken};
use crate::demo::{self, SampleMail};
use crate::inbound::mailbox::Mailbox;
use crate::inspection::rules;
use crate::inspection::verdict::Severity;

#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  uketsuke demo\n  uketsuke demo --out /tmp/uketsuke-demo")]
pub struct Arguments {
    /// Folder for mailbox, replies, digest and database [default: a fresh temporary folder].
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

pub async fn demo(context: &Context, arguments: &Arguments) -> Result<u8, Failure> {
    let started = Instant::now();
    let folder = folder(arguments)?;
    let place = DemoFolder::take(&folder).await?;
    let config = rehearsal(&context.config, &folder);
    let campaign =
        Campaign::new(config.campaign.clone()).map_err(|cause| Failure::new(super::EXIT_CONFIG, cause))?;
    let mails = demo::sample_mails(&campaign).map_err(|cause| Failure::new(EXIT_IO, cause))?;
    let first = mails.first().map_or(campaign.opens, |mail| mail.received_at);
    let mut office = Office::open(config, Clock::starting_at(first)).await?;
    let strength = office.readers.probe().await.map_err(crate::daemon::Error::from)?;
    if !strength.is_sufficient() {
        super::complain("warning: no seccomp filter here; the mails are read with resource limits only");
    }
    office.ledger.import(&demo::sample_registry(), first, "demo", false).await?;
    let mut taken = Taken::default();
    for mail in &mails {
        office.clock = Clock::starting_at(after(mail.received_at));
        post(&folder.join("mailbox"), mail)?;
        let mailbox = Mailbox::open(&office.config.mailbox, &office.config.limits)
            .await
            .map_err(crate::daemon::Error::from)?;
        taken.add(IntakeDesk::new(office.clone(), mailbox).keeping_lines().intake_once().await?);
    }
    let (_, finished) = tokio::sync::watch::channel(false);
    let delivered = office.deliver_while(finished).await?;
    let replies = list_replies(&folder.join("replies"))?;
    let last = mails.last().map_or(first, |mail| mail.received_at);
    // The desk goes on looking: a digest of that night says that the mailbox is in order.
    office.clock = Clock::starting_at(night(last));
    let mailbox = Mailbox::open(&office.config.mailbox, &office.config.limits)
        .await
        .map_err(crate::daemon::Error::from)?;
    taken.add(IntakeDesk::new(office.clone(), mailbox).intake_once().await?);
    let written = office.digest_of(in_jst(last).date()).await?;
    super::digest::write(&folder, &written)?;
    let verification = office.ledger.verify().await?;
    place.finish(&office.ledger.audit_head().await?.hash)?;
    office.readers.shutdown().await;
    office.ledger.close().await;
    let healthy = verification.violations.is_empty();
    if context.json() {
        print_json(&json!({
            "folder": folder,
            "mails": taken.lines.iter().map(line_json).collect::<Vec<_>>(),
            "outcomes": taken.outcomes,
            "replies": delivered,
            "verified": healthy,
            "seconds": started.elapsed().as_secs_f64(),
        }))?;
    } else {
        print(&report(&folder, &taken, replies, healthy, started.elapsed()));
    }
    Ok(if healthy { 0 } else { super::EXIT_NO })
}

/// The folder that was named, or a fresh one.
fn folder(arguments: &Arguments) -> Result<PathBuf, Failure> {
    let failed = |path: &Path, cause: std::io::Error| {
        Failure::new(EXIT_IO, format!("failed to make the folder {}: {cause}", path.display()))
    };
    let path = match &arguments.out {
        Some(path) => {
            std::fs::create_dir_all(path).map_err(|cause| failed(path, cause))?;
            path.clone()
        }
        None => fresh_folder(&std::env::temp_dir())?,
    };
    path.canonicalize().map_err(|cause| failed(&path, cause))
}

fn fresh_folder(parent: &Path) -> Result<PathBuf, Failure> {
    let mut path = parent.join(format!("uketsuke-demo-{}", std::process::id()));
    let mut number = 1;
    loop {
        match std::fs::create_dir(&path) {
            Ok(()) => return Ok(path),
            Err(cause) if cause.kind() == std::io::ErrorKind::AlreadyExists => {
                number += 1;
                path = parent.join(format!("uketsuke-demo-{}-{number}", std::process::id()));
            }
            Err(cause) => {
                let text = format!("failed to make the folder {}: {cause}", path.display());
                return Err(Failure::new(EXIT_IO, text));
            }
        }
    }
}

/// The configuration of the rehearsal: everything inside the folder, nothing leaves the machine.
pub(super) fn rehearsal(config: &Config, folder: &Path) -> Config {
    let mut config = config.clone();
    config.mailbox = crate::inbound::mailbox::Settings::maildir(folder.join("mailbox"));
    config.outgoing = crate::outbound::transport::Settings::maildir(folder.join("replies"), &config.outgoing);
    config.database.path = folder.join("uketsuke.db");
    config.clinics.file = String::new();
    config.digest.to.clear();
    config
}

/// A minute after the mail came in.
pub(super) fn after(received_at: Timestamp) -> Timestamp {
    received_at.checked_add(SignedDuration::from_mins(1)).unwrap_or(received_at)
}

/// Ten minutes before midnight in Japan, on that day.
fn night(at: Timestamp) -> Timestamp {
    in_jst(at).with().hour(23).minute(50).build().map_or(at, |night| night.timestamp())
}

/// The name of the first file, without the part that all of them share.
fn file_label(line: &Line) -> String {
    line.files.first().map_or("－".into(), |name| name.replacen("予約枠報告様式", "様式", 1))
}

/// The first receipt number, and how many more there are.
fn receipts(line: &Line) -> String {
    match line.receipts.as_slice() {
        [] => String::new(),
        [only] => only.clone(),
        [first, rest @ ..] => format!("{first} ほか{}", rest.len()),
    }
}

/// What must be mended, confirmed or looked at; readings and routine remarks stay out of the table.
fn told(line: &Line) -> String {
    let routine =
        |code: &str| rules::catalogue::rule(code).is_some_and(|rule| rule.severity == Severity::Info);
    let codes = line.codes.iter().map(String::as_str).filter(|code| code.starts_with('T') || !routine(code));
    codes.collect::<Vec<_>>().join(" ")
}

/// Puts a sample mail into the Maildir as a server would: its receipt time leads the file name.
pub(super) fn post(mailbox: &Path, mail: &SampleMail) -> Result<(), Failure> {
    let failed = |cause: std::io::Error| {
        Failure::new(EXIT_IO, format!("failed to write {}: {cause}", mailbox.display()))
    };
    let name = format!("{}.{}.demo", mail.received_at.as_second(), mail.name);
    for part in ["tmp", "new", "cur"] {
        std::fs::create_dir_all(mailbox.join(part)).map_err(failed)?;
    }
    let temporary = mailbox.join("tmp").join(&name);
    std::fs::write(&temporary, &mail.bytes).map_err(failed)?;
    std::fs::rename(&temporary, mailbox.join("new").join(&name)).map_err(failed)
}

/// Shows the replies as `replies/*.eml`, beside the Maildir's own folders.
pub(super) fn list_replies(replies: &Path) -> Result<u64, Failure> {
    let failed = |cause: std::io::Error| {
        Failure::new(EXIT_IO, format!("failed to list {}: {cause}", replies.display()))
    };
    let mut count = 0;
    for entry in std::fs::read_dir(replies.join("new")).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        std::fs::copy(entry.path(), replies.join(entry.file_name())).map_err(failed)?;
        count += 1;
    }
    Ok(count)
}

pub(super) fn line_json(line: &Line) -> serde_json::Value {
    json!({
        "received_at": crate::campaign::rfc3339(line.received_at),
        "from": line.from,
        "files": line.files,
        "outcome": line.outcome.as_str(),
        "needs_staff": line.needs_staff,
        "receipts": line.receipts,
        "codes": line.codes,
        "reply": line.reply,
    })
}

/// One line per mail.
pub(super) fn mail_table(taken: &Taken) -> String {
    let mut table = Table::new(&["受信", "差出人", "添付ファイル", "判定", "受付番号", "規則", "返信"]);
    for line in &taken.lines {
        let more = if line.files.len() > 1 {
            format!("（ほか{}）", line.files.len() - 1)
        } else {
            String::new()
        };
        table.row(vec![
            in_jst(line.received_at).strftime("%m/%d %H:%M").to_string(),
            super::table::cut(&line.from, 15),
            super::table::cut(&format!("{}{more}", file_label(line)), 14),
            format!(
                "{}{}",
                super::listings::outcome_label(line.outcome.as_str()),
                if line.needs_staff { " ★" } else { "" }
            ),
            receipts(line),
            super::table::cut(&told(line), 8),
            line.reply.unwrap_or("（返信なし）").to_string(),
        ]);
    }
    table.render()
}

fn report(folder: &Path, taken: &Taken, replies: u64, healthy: bool, took: Duration) -> String {
    let mut text = mail_table(taken);
    text.push_str(&format!(
        "\n{}通を受信し、{}通を返信しました（★ は職員の確認が必要なもの）。検算：{}　所要 {:.1} 秒\n\n",
        taken.seen,
        replies,
        if healthy { "一致" } else { "不一致" },
        took.as_secs_f64()
    ));
    for (name, what) in [
        ("mailbox/", "受信メール（Maildir。処理済みは .Processed、職員確認は .Attention）"),
        ("replies/*.eml", "医療機関への返信"),
        ("digest.html", "職員向け日次集計（digest.txt、digest.xlsx も同じ内容）"),
        ("uketsuke.db", "台帳（SQLite）"),
    ] {
        text.push_str(&format!("  {}  {what}\n", folder.join(name).display()));
    }
    text
}
