//! The command line: one small file per verb; help, human tables, JSON, exit codes.

use std::io::IsTerminal;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand, ValueEnum};
use jiff::Timestamp;

use crate::clock::Clock;
use crate::config::{self, Config};
use crate::daemon::Office;
use crate::ledger::Ledger;
use crate::telemetry;

pub use output::{complain, print, print_json};

pub mod table;
mod check;
mod clinics;
mod demo;
mod demo_folder;
mod digest;
mod doctor;
mod export;
mod forms;
mod full;
mod listings;
mod once;
mod outbox;
mod output;
mod progress;
mod replay;
mod restore;
mod run;
mod setup;
mod simulate;
mod staff;
mod submit;
mod verify;

/// 受付: takes in forms that people e-mail as spreadsheets.
#[derive(Debug, Parser)]
#[command(
    name = "uketsuke",
    version,
    about = "受付: takes in forms that people e-mail as spreadsheets",
    after_help = "Examples:\n  \
        uketsuke demo                                      the whole job on sample mail, nothing to set up\n  \
        uketsuke --config /etc/uketsuke.toml run           the daemon\n  \
        uketsuke check 様式３.xlsx --clinics clinics.csv   judge a file, record nothing\n  \
        uketsuke status --format json                      one line per clinic, for scripts"
)]
pub struct Arguments {
    /// Configuration file; may be repeated, later files override earlier ones
    /// [default: config/local.toml if it exists].
    #[arg(long, global = true, value_name = "FILE")]
    config: Vec<PathBuf>,
    /// Start the program's clock at this instant (rehearsals, tests), e.g. 2021-10-08T08:00:00+09:00.
    #[arg(long, global = true, value_name = "RFC3339")]
    now: Option<Timestamp>,
    /// How to print the answer.
    #[arg(long, global = true, value_enum, default_value_t = Format::Human)]
    format: Format,
    /// More in the log (repeat for more).
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    verbose: u8,
    /// Only errors in the log.
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    quiet: bool,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    Human,
    Json,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Show the whole job on an embedded mailbox with sample mail and a rehearsed clock.
    Demo(demo::Arguments),
    /// The daemon: poll the mailbox, judge, record, reply, send the digest.
    #[command(
        after_help = "Examples:\n  uketsuke run\n  uketsuke --config /etc/uketsuke/uketsuke.toml -v run"
    )]
    Run,
    /// Everything `run` would do now, once; for cron.
    #[command(after_help = "Examples:\n  uketsuke once\n  uketsuke --format json once | jq .pending")]
    Once,
    /// Judge workbooks or mails offline; record nothing, send nothing.
    Check(check::Arguments),
    /// The registry of clinics (医療機関マスタ).
    #[command(
        subcommand,
        after_help = "Examples:\n  uketsuke clinics import 医療機関マスタ.csv --dry-run\n  uketsuke clinics list"
    )]
    Clinics(clinics::Verb),
    /// Every mail ever seen and what became of it.
    Mails(listings::MailsArguments),
    /// One mail in full.
    Mail(full::MailArguments),
    /// Recorded submissions.
    Submissions(listings::SubmissionsArguments),
    /// One submission in full.
    Show(full::ShowArguments),
    /// Registry and state: one line per clinic.
    #[command(
        after_help = "Examples:\n  uketsuke status\n  uketsuke status --format json | jq '.[] | select(.state == \"held\")'"
    )]
    Status,
    /// The slots in force.
    Slots(listings::SlotsArguments),
    /// Outgoing mail: list, retry, hold, release, cancel, resume.
    Outbox(outbox::Arguments),
    /// Put a held form in force, and tell the clinic.
    Accept(staff::AcceptArguments),
    /// Turn a held form down.
    Reject(staff::RejectArguments),
    /// Declare a submission void; what was in force before it is in force again.
    Void(staff::VoidArguments),
    /// Give a submission to another clinic; its receipt number stays.
    Reassign(staff::ReassignArguments),
    /// Register a sender's address for a clinic and judge its held mail again.
    Adopt(staff::AdoptArguments),
    /// A remark on a mail, a submission or a clinic; on a mail that waits for staff it also says: dealt with.
    Note(staff::NoteArguments),
    /// Give one clinic deadlines of its own.
    Extend(staff::ExtendArguments),
    /// Enter a form that came by FAX, telephone or USB.
    Submit(submit::Arguments),
    /// Write the slot list for the reservation system.
    Export(export::Arguments),
    /// Set-up in the reservation system.
    #[command(subcommand, after_help = "Example:\n  uketsuke setup done 0123 0200")]
    Setup(setup::Verb),
    /// The clinics have confirmed their slots.
    Confirm(setup::ConfirmArguments),
    /// Queue reminders to clinics that have not submitted, or have not mended their form.
    Remind(setup::RemindArguments),
    /// Write the official workbooks 様式１・２・３.
    Forms(forms::Arguments),
    /// Build (and optionally send) the daily digest of a date.
    Digest(digest::Arguments),
    /// Check every invariant of the ledger.
    #[command(after_help = "Examples:\n  uketsuke verify\n  uketsuke verify --format json | jq .violations")]
    Verify,
    /// Write a consistent copy of the database while the daemon runs.
    Backup(verify::BackupArguments),
    /// Put a backup where no database is; nothing is overwritten.
    Restore(restore::Arguments),
    /// Judge every stored mail again with today's rules and registry; list what changes.
    Replay(replay::Arguments),
    /// Rehearse: run a folder of mails through the whole program on a simulated clock.
    Simulate(simulate::Arguments),
    #[command(
        after_help = "Examples:\n  uketsuke doctor\n  uketsuke --config /etc/uketsuke/uketsuke.toml doctor"
    )]
    /// Check configuration, servers, registry, disk and sandbox, and say how to mend each.
    Doctor,
    /// Print shell completions.
    #[command(
        after_help = "Example:\n  uketsuke completions bash > /usr/share/bash-completion/completions/uketsuke"
    )]
    Completions { shell: clap_complete::Shell },
    /// Print the manual page.
    #[command(after_help = "Example:\n  uketsuke man > /usr/local/share/man/man1/uketsuke.1")]
    Man,
}

/// How a verb failed, and the exit code that says so.
#[derive(Debug)]
pub struct Failure {
    pub code: u8,
    pub message: String,
}

pub const EXIT_NO: u8 = 1;
pub const EXIT_USAGE: u8 = 64;
pub const EXIT_DATA: u8 = 65;
pub const EXIT_UNAVAILABLE: u8 = 69;
pub const EXIT_IO: u8 = 74;
pub const EXIT_LATER: u8 = 75;
pub const EXIT_CONFIG: u8 = 78;

impl Failure {
    pub fn new(code: u8, message: impl std::fmt::Display) -> Self {
        Self { code, message: message.to_string() }
    }
}

impl From<config::Error> for Failure {
    fn from(cause: config::Error) -> Self {
        Self::new(EXIT_CONFIG, cause)
    }
}

impl From<crate::ledger::Error> for Failure {
    fn from(cause: crate::ledger::Error) -> Self {
        Self::new(ledger_code(&cause), cause)
    }
}

fn ledger_code(cause: &crate::ledger::Error) -> u8 {
    use crate::ledger::Error;
    match cause {
        Error::Missing { .. } | Error::Refused { .. } => EXIT_DATA,
        _ if cause.is_transient() => EXIT_LATER,
        _ => EXIT_IO,
    }
}

impl From<crate::daemon::Error> for Failure {
    fn from(cause: crate::daemon::Error) -> Self {
        use crate::daemon::Error;
        let code = match &cause {
            Error::Ledger(inner) => return Self::new(ledger_code(inner), cause),
            Error::Mailbox(inner) if inner.is_configuration() => EXIT_CONFIG,
            Error::Mailbox(inner) if !inner.is_server() => EXIT_IO,
            Error::Mailbox(_) => EXIT_UNAVAILABLE,
            Error::LeaseLost => EXIT_LATER,
            Error::Transport(_)
            | Error::Reader(_)
            | Error::Task(_)
            | Error::Workbook(_)
            | Error::File { .. } => EXIT_IO,
            Error::Configuration(_) => EXIT_CONFIG,
            Error::Registry { .. } | Error::Entry { .. } => EXIT_DATA,
        };
        Self::new(code, cause)
    }
}

/// What every verb is given.
pub struct Context {
    pub config: Config,
    pub clock: Clock,
    pub format: Format,
    pub quiet: bool,
    /// The files named by `--config`, for SIGHUP.
    pub files: Vec<PathBuf>,
}

impl Context {
    pub fn json(&self) -> bool {
        self.format == Format::Json
    }

    /// The ledger, which must exist.
    pub async fn ledger(&self) -> Result<Ledger, Failure> {
        Ok(self.existing_office().await?.ledger)
    }

    /// As [`Context::office`] for verbs that look at a ledger or decide on what is in it: they make none.
    pub async fn existing_office(&self) -> Result<Office, Failure> {
        let path = &self.config.database.path;
        match path.try_exists() {
            Ok(true) => self.office().await,
            Ok(false) => Err(Failure::new(
                EXIT_IO,
                format!(
                    "there is no ledger at {}; `uketsuke run`, `once` or `clinics import` makes it (or is \
                     database.path, or the working directory, another one?)",
                    path.display()
                ),
            )),
            Err(cause) => Err(Failure::new(
                EXIT_IO,
                format!("failed to look for the ledger {}: {cause}", path.display()),
            )),
        }
    }

    /// Opens the ledger without touching mailbox or transport; makes it if there is none.
    pub async fn office(&self) -> Result<Office, Failure> {
        Ok(Office::open(self.config.clone(), self.clock).await?)
    }
}

/// Parses the command line and runs the verb.
pub fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            if error.use_stderr() {
                drop(error.print());
                return ExitCode::from(EXIT_USAGE);
            }
            let help = error.render();
            let styled = std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none();
            output::print(&if styled { help.ansi().to_string() } else { help.to_string() });
            return end(Ok(0));
        }
    };
    end(start(arguments))
}

fn end(ended: Result<u8, Failure>) -> ExitCode {
    match ended.and_then(output::ended) {
        Ok(code) => ExitCode::from(code),
        Err(failure) => {
            complain(&failure.message);
            ExitCode::from(failure.code)
        }
    }
}

fn start(arguments: Arguments) -> Result<u8, Failure> {
    let config = Config::load(&arguments.config)?;
    let verbosity = if arguments.quiet { -1 } else { i8::try_from(arguments.verbose).unwrap_or(2) };
    let quiet = matches!(arguments.verb, Verb::Demo(_)) && verbosity == 0;
    telemetry::start(&config.log, if quiet { -1 } else { verbosity });
    telemetry::tell_faults();
    drop(rustls::crypto::ring::default_provider().install_default());
    if matches!(arguments.verb, Verb::Run | Verb::Once) {
        config.check_files()?;
    }
    let context = Context {
        config,
        clock: arguments.now.map_or_else(Clock::system, Clock::starting_at),
        format: arguments.format,
        quiet: arguments.quiet,
        files: arguments.config,
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|cause| Failure::new(EXIT_IO, format!("failed to start the runtime: {cause}")))?;
    let answer = runtime.block_on(dispatch(arguments.verb, &context));
    runtime.shutdown_timeout(std::time::Duration::from_secs(1));
    answer
}

async fn dispatch(verb: Verb, context: &Context) -> Result<u8, Failure> {
    match verb {
        Verb::Demo(arguments) => demo::demo(context, &arguments).await,
        Verb::Run => run::run(context).await,
        Verb::Once => once::once(context).await,
        Verb::Check(arguments) => check::check(context, &arguments).await,
        Verb::Clinics(verb) => clinics::clinics(context, &verb).await,
        Verb::Mails(arguments) => listings::mails(context, &arguments).await,
        Verb::Mail(arguments) => full::mail(context, &arguments).await,
        Verb::Submissions(arguments) => listings::submissions(context, &arguments).await,
        Verb::Show(arguments) => full::show(context, &arguments).await,
        Verb::Status => listings::status(context).await,
        Verb::Slots(arguments) => listings::slots(context, &arguments).await,
        Verb::Outbox(arguments) => outbox::outbox(context, &arguments).await,
        Verb::Accept(arguments) => staff::accept(context, &arguments).await,
        Verb::Reject(arguments) => staff::reject(context, &arguments).await,
        Verb::Void(arguments) => staff::void(context, &arguments).await,
        Verb::Reassign(arguments) => staff::reassign(context, &arguments).await,
        Verb::Adopt(arguments) => staff::adopt(context, &arguments).await,
        Verb::Note(arguments) => staff::note(context, &arguments).await,
        Verb::Extend(arguments) => staff::extend(context, &arguments).await,
        Verb::Submit(arguments) => submit::submit(context, &arguments).await,
        Verb::Export(arguments) => export::export(context, &arguments).await,
        Verb::Setup(verb) => setup::setup(context, &verb).await,
        Verb::Confirm(arguments) => setup::confirm(context, &arguments).await,
        Verb::Remind(arguments) => setup::remind(context, &arguments).await,
        Verb::Forms(arguments) => forms::forms(context, &arguments).await,
        Verb::Digest(arguments) => digest::digest(context, &arguments).await,
        Verb::Verify => verify::verify(context).await,
        Verb::Backup(arguments) => verify::backup(context, &arguments).await,
        Verb::Restore(arguments) => restore::restore(context, &arguments).await,
        Verb::Replay(arguments) => replay::replay(context, &arguments).await,
        Verb::Simulate(arguments) => simulate::simulate(context, &arguments).await,
        Verb::Doctor => doctor::doctor(context).await,
        Verb::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Arguments::command(), "uketsuke", &mut script);
            output::print_bytes(&script);
            Ok(0)
        }
        Verb::Man => {
            let mut page = Vec::new();
            clap_mangen::Man::new(Arguments::command()).render(&mut page).map_err(|cause| {
                Failure::new(EXIT_IO, format!("failed to lay out the manual page: {cause}"))
            })?;
            output::print_bytes(&page);
            Ok(0)
        }
    }
}
