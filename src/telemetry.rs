//! I/O: the log: to stderr, times in JST, no mail contents, wire logs of the libraries kept shut.

pub mod metrics;
pub mod terminal;

use std::fmt;
use std::io::IsTerminal;

use jiff::Timestamp;
use serde::Deserialize;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::FormatTime;

use crate::campaign::in_jst;
use crate::clock::Clock;

/// Section `[log]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    pub format: Format,
    /// `error`, `warn`, `info`, `debug`, `trace`, or a filter such as `info,uketsuke::daemon=debug`.
    pub level: String,
}

impl Settings {
    /// Each part of the filter is a level, or a target with its level.
    pub fn check(&self) -> Result<(), String> {
        const LEVELS: [&str; 6] = ["off", "error", "warn", "info", "debug", "trace"];
        for part in self.level.split(',').map(str::trim) {
            let level = part.rsplit('=').next().unwrap_or(part).to_ascii_lowercase();
            if !LEVELS.contains(&level.as_str()) {
                return Err(format!(
                    "log.level is \"{}\": use one of {}, or a filter such as \"info,uketsuke::daemon=debug\"",
                    self.level,
                    LEVELS.join(", ")
                ));
            }
        }
        EnvFilter::try_new(&self.level)
            .map(drop)
            .map_err(|cause| format!("log.level is \"{}\": {cause}", self.level))
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    Text,
    Json,
    /// Text without times, with the syslog priority in front (`sd-daemon`), for systemd's journal.
    Journald,
}

/// A panic is told in the log by its place alone: what it says may quote a mail.
pub fn tell_faults() {
    std::panic::set_hook(Box::new(|fault| {
        let place = fault.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(
            place,
            "the program met a fault of its own; the work in hand goes on without it; please report this line"
        );
    }));
}

/// Starts the log once. A second call (tests) changes nothing.
pub fn start(settings: &Settings, more_verbose: i8) {
    let level = match more_verbose {
        i8::MIN..=-1 => "error",
        0 => settings.level.as_str(),
        1 => "debug",
        _ => "trace",
    };
    // These write passwords and whole mails at `trace`: never, whatever the level says.
    let filter = format!(
        "{level},async_imap=warn,imap_proto=warn,rustls=warn,tokio_rustls=warn,lettre=warn,sqlx=warn,calamine=error"
    );
    let filter = EnvFilter::try_new(&filter).unwrap_or_else(|_| EnvFilter::new("info"));
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(|| terminal::Above)
        .with_timer(JapanTime)
        .with_target(false)
        .with_ansi(std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none());
    let started = match settings.format {
        Format::Text => builder.try_init(),
        Format::Json => builder.json().flatten_event(true).try_init(),
        Format::Journald => builder.without_time().with_ansi(false).try_init(),
    };
    // Already started by another test in this process.
    drop(started);
}

struct JapanTime;

impl FormatTime for JapanTime {
    fn format_time(&self, writer: &mut Writer<'_>) -> fmt::Result {
        let now: Timestamp = Clock::system().now();
        write!(writer, "{}", in_jst(now).strftime("%Y-%m-%dT%H:%M:%S%.3f+09:00"))
    }
}
