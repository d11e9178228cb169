//! `uketsuke digest`: build the daily digest of a date; write it to files, or queue it for staff.

use std::path::PathBuf;

use jiff::civil::Date;
use serde_json::json;

use super::{Context, EXIT_CONFIG, EXIT_IO, EXIT_USAGE, Failure, print, print_json};
use crate::campaign::in_jst;
use crate::daemon::daily::Written;

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  uketsuke digest\n  uketsuke digest --date 2021-10-08 --out /tmp/digest\n  uketsuke digest --send"
)]
pub struct Arguments {
    /// The day, 00:00 to 24:00 in Japan [default: today].
    #[arg(long, value_name = "YYYY-MM-DD")]
    date: Option<Date>,
    /// Write digest.txt, digest.html and digest.xlsx into this folder.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Queue it for the addresses of `[digest] to`; `run` or `once` delivers it.
    #[arg(long)]
    send: bool,
}

pub async fn digest(context: &Context, arguments: &Arguments) -> Result<u8, Failure> {
    let office = context.existing_office().await?;
    let today = in_jst(context.clock.now()).date();
    let date = arguments.date.unwrap_or(today);
    if date > today {
        let message =
            format!("--date {date} has not come yet (today is {today}); name today or a day before");
        return Err(Failure::new(EXIT_USAGE, message));
    }
    let written = office.digest_of(date).await?;
    if let Some(folder) = &arguments.out {
        write(folder, &written)?;
    }
    if arguments.send {
        if context.config.digest.to.is_empty() {
            return Err(Failure::new(EXIT_CONFIG, "digest.to is empty: name the staff addresses there"));
        }
        let key = format!("digest:{date}:{}", crate::campaign::rfc3339(context.clock.now()));
        office.queue_digest(&written, &key).await?;
    }
    if context.json() {
        print_json(&json!({
            "date": date.to_string(),
            "subject": written.subject,
            "text": written.text,
            "work": written.activity.work_by_clinic().len(),
            "to": context.config.digest.to,
            "queued": arguments.send,
        }))?;
    } else {
        print(&format!("件名：{}\n{}", written.subject, written.text));
    }
    Ok(0)
}

/// Writes the three files; also for `demo`.
pub fn write(folder: &std::path::Path, written: &Written) -> Result<(), Failure> {
    let failed = |cause: std::io::Error| {
        Failure::new(EXIT_IO, format!("failed to write {}: {cause}", folder.display()))
    };
    std::fs::create_dir_all(folder).map_err(failed)?;
    let text = format!("件名：{}\n{}", written.subject, written.text);
    std::fs::write(folder.join("digest.txt"), text).map_err(failed)?;
    std::fs::write(folder.join("digest.html"), &written.html).map_err(failed)?;
    std::fs::write(folder.join("digest.xlsx"), &written.workbook).map_err(failed)
}
