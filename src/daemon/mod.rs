//! I/O: where the worlds meet: mailbox → inspection → ledger → replies → transport, joined in three loops.
//!
//! Each loop has a step (`intake_once`, `deliver_once`, `daily_once`), so that tests and `once` drive them by hand.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;

use crate::campaign::Campaign;
use crate::clock::Clock;
use crate::config::Config;
use crate::inbound::mailbox;
use crate::inspection::judge;
use crate::inspection::reader::{self, Readers};
use crate::ledger::{self, Ledger, LockGuard};
use crate::outbound::letter::Identity;
use crate::outbound::transport;

use progress::Progress;
use stop::Stop;

pub mod intake;
mod answer;
mod bounced;
pub mod deliver;
pub mod daily;
pub mod decide;
pub mod reminders;
pub mod replay;
pub mod progress;
pub mod registry;
pub mod service;
pub mod stop;
mod watch;

/// What a verb of the daemon can fail with.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Mailbox(#[from] mailbox::Error),
    #[error(transparent)]
    Ledger(#[from] ledger::Error),
    #[error(transparent)]
    Transport(#[from] transport::Error),
    #[error(transparent)]
    Reader(#[from] reader::Error),
    #[error("configuration: {0}")]
    Configuration(String),
    #[error("failed to deliver a batch: its lease ran out; its letters are tried again")]
    LeaseLost,
    #[error("failed to go on: {0}")]
    Task(String),
    #[error("failed to write a workbook: {0}")]
    Workbook(#[from] rust_xlsxwriter::XlsxError),
    #[error("failed to read {path}: {cause}")]
    File { path: PathBuf, cause: std::io::Error },
    #[error("failed to enter {file}: {cause}; nothing was recorded")]
    Entry { file: String, cause: String },
    #[error("registry {path}: {problems}")]
    Registry { path: PathBuf, problems: String },
}

/// The office: everything that a verb works with, opened once.
#[derive(Clone)]
pub struct Office {
    pub config: Arc<Config>,
    pub clock: Clock,
    pub campaign: Arc<Campaign>,
    pub judge: Arc<judge::Settings>,
    pub ledger: Ledger,
    pub readers: Readers,
    pub identity: Arc<Identity>,
    /// How far the work in hand has come, for whoever waits at a terminal.
    pub progress: Progress,
    /// Told when nothing new is to be begun.
    pub stop: Stop,
}

impl Office {
    /// Opens the ledger; mailbox and transport are not touched.
    pub async fn open(config: Config, clock: Clock) -> Result<Self, Error> {
        let campaign = Campaign::new(config.campaign.clone()).map_err(Error::Configuration)?;
        keep_apart(&config).map_err(Error::Configuration)?;
        let ledger = Ledger::open(&config.database.path, clock.now()).await?;
        let key = message_id_key(&config, &ledger).await?;
        let identity = config.outgoing.identity(key);
        let program = std::env::current_exe()
            .map_err(|cause| Error::File { path: PathBuf::from("/proc/self/exe"), cause })?;
        Ok(Self {
            clock,
            campaign: Arc::new(campaign),
            judge: Arc::new(config.judge()),
            ledger,
            readers: Readers::new(&config.limits, program),
            identity: Arc::new(identity),
            progress: Progress::default(),
            stop: Stop::default(),
            config: Arc::new(config),
        })
    }

    /// The lock of the verbs that touch mailbox or transport, and the checks that go before them.
    pub async fn take_lock(&self) -> Result<LockGuard, Error> {
        let guard = ledger::lock(&self.config.database.path)?;
        self.ledger.quick_check().await?;
        Ok(guard)
    }

    /// Foreign bytes are parsed only in a child that is really limited.
    pub async fn require_sandbox(&self) -> Result<(), Error> {
        let strength = self.readers.probe().await?;
        if !strength.is_sufficient() && !self.config.limits.allow_weak_sandbox {
            return Err(Error::Configuration(
                "this kernel offers no seccomp filter, so mail would be parsed unprotected; \
                 set limits.allow_weak_sandbox = true to accept that"
                    .to_string(),
            ));
        }
        if !strength.is_sufficient() {
            tracing::warn!("no seccomp filter: mail is parsed with resource limits only");
        }
        Ok(())
    }

    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Loads `[clinics] file` when it is set.
    pub async fn load_registry_file(&self) -> Result<(), Error> {
        let file = &self.config.clinics.file;
        if file.is_empty() {
            return Ok(());
        }
        let path = PathBuf::from(file);
        let bytes = std::fs::read(&path).map_err(|cause| Error::File { path: path.clone(), cause })?;
        let clinics = self.read_registry(&path, &bytes).await?;
        let imported = self.ledger.import(&clinics, self.now(), "config", false).await?;
        tracing::info!(file = %path.display(), clinics = clinics.len(), added = imported.added.len(), changed = imported.changed.len(), "registry loaded");
        Ok(())
    }
}

/// Our own letters must not come back as mail: of two Maildirs neither may lie in the other.
fn keep_apart(config: &Config) -> Result<(), String> {
    if config.mailbox.kind != mailbox::Kind::Maildir || config.outgoing.kind != transport::Kind::Maildir {
        return Ok(());
    }
    let (incoming, outgoing) = (resolved(&config.mailbox.path), resolved(&config.outgoing.path));
    if incoming.starts_with(&outgoing) || outgoing.starts_with(&incoming) {
        return Err(format!(
            "mailbox.path is {} and outgoing.path is {}: letters written there would be taken in as mail; use two \
             folders, neither inside the other",
            incoming.display(),
            outgoing.display()
        ));
    }
    Ok(())
}

/// The path as the file system knows it, as far as it exists.
fn resolved(path: &Path) -> PathBuf {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
    let mut rest = PathBuf::new();
    for ancestor in absolute.ancestors() {
        if let Ok(found) = ancestor.canonicalize() {
            return found.join(rest);
        }
        rest = ancestor.file_name().map_or_else(PathBuf::new, |name| Path::new(name).join(&rest));
    }
    absolute
}

async fn message_id_key(config: &Config, ledger: &Ledger) -> Result<Vec<u8>, Error> {
    let file = &config.outgoing.message_id_key_file;
    if file.as_os_str().is_empty() {
        return Ok(ledger.instance_key().await?.to_vec());
    }
    let path = PathBuf::from(file);
    let key = std::fs::read(&path).map_err(|cause| Error::File { path: path.clone(), cause })?;
    if key.len() < 16 {
        return Err(Error::Configuration(format!(
            "outgoing.message_id_key_file: {} holds fewer than 16 bytes",
            path.display()
        )));
    }
    Ok(key)
}
