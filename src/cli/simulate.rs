//! `uketsuke simulate`: a folder of `.eml` files (or a Maildir) through the whole program on a simulated clock: every reply and
//! every digest that would have been sent stands in a folder afterwards. Nothing leaves the machine.

use std::path::{Path, PathBuf};
use std::time::{Instant, UNIX_EPOCH};

use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::demo::{after, line_json, list_replies, mail_table, post, rehearsal};
use super::progress::shown;
use super::{Context, EXIT_DATA, EXIT_IO, EXIT_NO, Failure, print, print_json};
use crate::campaign::in_jst;
use crate::clinic::Clinic;
use crate::clock::Clock;
use crate::daemon::Office;
use crate::daemon::daily::Written;
use crate::daemon::intake::{IntakeDesk, Taken};
use crate::daemon::progress::Progress;
use crate::demo::SampleMail;
use crate::inbound::mailbox::Mailbox;
use crate::inspection::sender::trusted_receipt;
use crate::ledger::Ledger;
use crate::outbound::digest;

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  uketsuke simulate mails --out rehearsal --clinics 医療機関マスタ.csv\n  uketsuke simulate var/mailbox --out rehearsal"
)]
pub struct Arguments {
    /// Folder of .eml files, or a Maildir.
    folder: PathBuf,
    /// Empty or new folder for replies, digests and database.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Registry (CSV or xlsx) [default: `[clinics] file`, else the one in the database].
    #[arg(long, value_name = "FILE")]
    clinics: Option<PathBuf>,
    /// Also say how many mails were handled per second.
    #[arg(long)]
    speed: bool,
}

pub async fn simulate(context: &Context, arguments: &Arguments) -> Result<u8, Failure> {
    let started = Instant::now();
    let out = prepare(&arguments.out)?;
    let files = files(&arguments.folder)?;
    let config = rehearsal(&context.config, &out);
    let mut office = Office::open(config, Clock::starting_at(context.clock.now())).await?;
    let _lock = office.take_lock().await?;
    office.require_sandbox().await?;
    let mails = mails(&office, &files).await?;
    let Some(first) = mails.first().map(|mail| mail.received_at) else {
        return Err(Failure::new(
            EXIT_DATA,
            format!("{} holds no mail (.eml files or a Maildir)", arguments.folder.display()),
        ));
    };
    let clinics = registry(context, &office, arguments.clinics.as_deref()).await?;
    office.ledger.import(&clinics, first, "simulate", false).await?;
    let progress = Progress::default();
    let rehearsing = rehearse(&mut office, &out, &mails, first, &progress);
    let (taken, digests) = shown(context, "予行", &progress, rehearsing).await?;
    let replies = list_replies(&out.join("replies"))?;
    let verification = office.ledger.verify().await?;
    office.readers.shutdown().await;
    office.ledger.close().await;
    let healthy = verification.violations.is_empty();
    let seconds = started.elapsed().as_secs_f64();
    let rate = mails.len() as f64 / seconds.max(0.001);
    if context.json() {
        print_json(&json!({
            "folder": out,
            "mails": taken.lines.iter().map(line_json).collect::<Vec<_>>(),
            "outcomes": taken.outcomes,
            "replies": replies,
            "digests": digests,
            "verified": healthy,
            "seconds": seconds,
            "mails_per_second": rate,
        }))?;
    } else {
        print(&mail_table(&taken));
        print(&format!(
            "\n{}通を受信し、返信{replies}通、日次集計{}通を {} に書き出しました。検算：{}\n",
            taken.seen,
            digests.len(),
            out.display(),
            if healthy { "一致" } else { "不一致" }
        ));
        if arguments.speed {
            print(&format!("{rate:.1} mails per second\n"));
        }
    }
    Ok(if healthy { 0 } else { EXIT_NO })
}

/// One mail after the other, with the digests that fall due between them; what came of each, and the digests.
async fn rehearse(
    office: &mut Office,
    out: &Path,
    mails: &[SampleMail],
    first: Timestamp,
    progress: &Progress,
) -> Result<(Taken, Vec<String>), Failure> {
    progress.expect(mails.len());
    let mut taken = Taken::default();
    let mut digests = Vec::new();
    let mut last = first;
    for mail in mails {
        digests.extend(until(office, out, last, mail.received_at).await?);
        last = mail.received_at;
        office.clock = Clock::starting_at(after(mail.received_at));
        post(&out.join("mailbox"), mail)?;
        let mailbox = Mailbox::open(&office.config.mailbox, &office.config.limits)
            .await
            .map_err(crate::daemon::Error::from)?;
        taken.add(IntakeDesk::new(office.clone(), mailbox).keeping_lines().intake_once().await?);
        deliver(office).await?;
        progress.advance(1);
    }
    let day_after = last.checked_add(SignedDuration::from_hours(24)).unwrap_or(last);
    digests.extend(until(office, out, last, day_after).await?);
    Ok((taken, digests))
}

/// A rehearsal never mixes with what is there already.
fn prepare(out: &Path) -> Result<PathBuf, Failure> {
    let failed = |cause: std::io::Error| {
        Failure::new(EXIT_IO, format!("failed to make the folder {}: {cause}", out.display()))
    };
    std::fs::create_dir_all(out).map_err(failed)?;
    if std::fs::read_dir(out).map_err(failed)?.next().is_some() {
        return Err(Failure::new(EXIT_IO, format!("{} is not empty; name a new folder", out.display())));
    }
    out.canonicalize().map_err(failed)
}

/// The mails of a folder: of a Maildir those in `cur` and `new`, with its subfolders.
fn files(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let failed = |cause: std::io::Error| {
        Failure::new(EXIT_IO, format!("failed to read {}: {cause}", folder.display()))
    };
    let mut found = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        let is_mail_folder = folder.file_name().is_some_and(|name| name == "cur" || name == "new");
        for entry in std::fs::read_dir(&folder).map_err(failed)? {
            let path = entry.map_err(failed)?.path();
            let is_eml = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("eml"));
            if path.is_dir() {
                if path.file_name().is_none_or(|name| name != "tmp") {
                    folders.push(path);
                }
            } else if is_eml || is_mail_folder {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}

/// In the order of receipt.
async fn mails(office: &Office, files: &[PathBuf]) -> Result<Vec<SampleMail>, Failure> {
    let mut mails = Vec::new();
    for (at, path) in files.iter().enumerate() {
        let failed = |cause: std::io::Error| {
            Failure::new(EXIT_IO, format!("failed to read {}: {cause}", path.display()))
        };
        let bytes = std::fs::read(path).map_err(failed)?;
        let received_at = match named_time(path) {
            Some(received_at) => received_at,
            None => written_time(office, path, &bytes).await?,
        };
        mails.push(SampleMail { name: format!("M{at:06}"), received_at, bytes });
    }
    mails.sort_by_key(|mail| mail.received_at);
    Ok(mails)
}

/// The seconds at the start of a Maildir file's name.
fn named_time(path: &Path) -> Option<Timestamp> {
    let name = path.file_name()?.to_str()?;
    let (seconds, _) = name.split_once('.')?;
    let plausible = seconds.len() >= 9 && seconds.bytes().all(|byte| byte.is_ascii_digit());
    plausible.then(|| seconds.parse().ok().and_then(|seconds| Timestamp::from_second(seconds).ok())).flatten()
}

/// What the trusted relay, else the last server, else the sender wrote; else when the file was written.
async fn written_time(office: &Office, path: &Path, bytes: &[u8]) -> Result<Timestamp, Failure> {
    let dissected = office.readers.dissect(bytes, None).await.map_err(crate::daemon::Error::from)?;
    let message = &dissected.message;
    let told = trusted_receipt(message, &office.judge.sender)
        .or_else(|| message.received.iter().find_map(|hop| hop.at))
        .or(message.date);
    if let Some(at) = told {
        return Ok(at);
    }
    let modified = std::fs::metadata(path)
        .and_then(|metadata| metadata.modified())
        .map_err(|cause| Failure::new(EXIT_IO, format!("failed to read {}: {cause}", path.display())))?;
    let seconds = modified.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    Ok(Timestamp::from_second(i64::try_from(seconds).unwrap_or(0)).unwrap_or_default())
}

async fn registry(context: &Context, office: &Office, file: Option<&Path>) -> Result<Vec<Clinic>, Failure> {
    let configured = &context.config.clinics.file;
    let file =
        file.map(Path::to_path_buf).or_else(|| (!configured.is_empty()).then(|| PathBuf::from(configured)));
    if let Some(file) = file {
        let bytes = std::fs::read(&file)
            .map_err(|cause| Failure::new(EXIT_IO, format!("failed to read {}: {cause}", file.display())))?;
        return Ok(office.read_registry(&file, &bytes).await?);
    }
    let database = &context.config.database.path;
    if !database.exists() {
        return Err(Failure::new(EXIT_DATA, "no registry: name one with --clinics FILE"));
    }
    let ledger = Ledger::open_read_only(database).await?;
    let clinics = ledger.registry().await?.iter().cloned().collect();
    ledger.close().await;
    Ok(clinics)
}

/// Writes every digest that falls due in `(from, to]`; answers their names.
async fn until(
    office: &mut Office,
    out: &Path,
    from: Timestamp,
    to: Timestamp,
) -> Result<Vec<String>, Failure> {
    let mut names = Vec::new();
    for at in digest::schedule(&office.config.digest, from, to) {
        office.clock = Clock::starting_at(at);
        deliver(office).await?;
        if let Some(written) = office.daily().await? {
            names.push(keep(out, at, &written)?);
        }
    }
    Ok(names)
}

fn keep(out: &Path, at: Timestamp, written: &Written) -> Result<String, Failure> {
    let name = in_jst(at).strftime("%Y%m%d-%H%M").to_string();
    super::digest::write(&out.join("digests").join(&name), written)?;
    Ok(name)
}

async fn deliver(office: &Office) -> Result<(), Failure> {
    let (_, finished) = tokio::sync::watch::channel(false);
    office.deliver_while(finished).await?;
    Ok(())
}
