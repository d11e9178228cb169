//! I/O: how letters leave: SMTP, the sendmail program, or a Maildir of drafts. The only sender of the program.
//!
//! What can happen to a letter is told by [`Delivery`]. The rule that keeps mail from being sent twice without
//! anyone knowing: the caller's `fence` is committed before the body of any letter that it names is offered. Whatever
//! fails before a letter's own body is offered is [`Delivery::Deferred`] or [`Delivery::Refused`] (nothing was
//! accepted); whatever is lost after that is [`Delivery::Ambiguous`].

pub mod settings;
mod maildir;
mod plain;
mod sendmail;
mod smtp;
mod smtp_login;
mod smtp_reply;

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::delivery::Delivery;
use crate::inspection::verdict::Template;
pub use settings::{Auth, Kind, Mode, Security, Settings};

/// Letters of one batch: one claim, one connection.
pub const BATCH: usize = 60;
/// Letters under one fence: so many at most are in doubt when the program is cut off.
pub const FENCED: usize = 20;

/// What a batch tells of itself while it goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The body of this letter is offered now.
    Offering(i64),
    Settled(i64, Delivery),
}

/// One letter as the outbox hands it over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outgoing {
    /// The outbox row.
    pub id: i64,
    pub kind: Template,
    /// Receipt time of the mail it answers, else the time it was queued; it names the Maildir file.
    pub received_at: Timestamp,
    /// Empty: the null path.
    pub envelope_from: String,
    pub to: String,
    /// CRLF-canonical, 7-bit.
    pub bytes: Vec<u8>,
    /// The second envelope recipient, if there is one.
    pub archive: Option<String>,
}

/// What keeps a transport from being opened.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("failed to set up outgoing mail: {0}")]
    Settings(String),
    #[error("failed to read {path}: {source}")]
    Read { path: String, source: std::io::Error },
    #[error("failed to make the Maildir {path}: {source}")]
    Maildir { path: String, source: std::io::Error },
    #[error("failed to prepare TLS for {host}: {cause}")]
    Tls { host: String, cause: String },
}

impl Error {
    /// Could the same call succeed later without anyone changing the configuration?
    pub fn is_transient(&self) -> bool {
        matches!(self, Error::Maildir { .. })
    }
}

/// An open way out.
#[derive(Debug)]
pub enum Transport {
    Smtp(Box<smtp::Smtp>),
    Sendmail(sendmail::Sendmail),
    Maildir(maildir::Maildir),
}

impl Transport {
    /// Checks the settings and reads what they name; connects to nothing yet.
    pub fn open(settings: &Settings) -> Result<Self, Error> {
        settings.check().map_err(Error::Settings)?;
        Ok(match settings.kind {
            Kind::Smtp => Transport::Smtp(Box::new(smtp::Smtp::open(settings)?)),
            Kind::Sendmail => Transport::Sendmail(sendmail::Sendmail::open(settings)),
            Kind::Maildir => Transport::Maildir(maildir::Maildir::open(settings)?),
        })
    }

    /// Offers the letters, in order, on one connection; at most [`BATCH`] should be given. `fence` is called before
    /// the first body is offered, with the first [`FENCED`] letters that are not settled yet, and again before the
    /// first body beyond those. Its error ends the batch; what it did not let through was not offered. Each letter
    /// is told of when its body is offered and when it is settled. Before each letter `go_on` is asked; a letter that
    /// is never told of was not offered. May be dropped at any time.
    pub async fn send_batch<E, F: Future<Output = Result<(), E>>>(
        &mut self,
        letters: &[Outgoing],
        fence: impl Fn(Vec<i64>) -> F,
        tell: impl FnMut(Event),
        go_on: impl Fn() -> bool,
    ) -> Result<(), E> {
        match self {
            Transport::Smtp(smtp) => smtp.send_batch(letters, fence, tell, go_on).await,
            Transport::Sendmail(sendmail) => sendmail.send_batch(letters, fence, tell, go_on).await,
            Transport::Maildir(maildir) => maildir.send_batch(letters, fence, tell, go_on).await,
        }
    }

    /// Connects and logs in without sending anything: for `doctor`. The text says what went wrong.
    pub async fn probe(&mut self) -> Result<String, String> {
        match self {
            Transport::Smtp(smtp) => smtp.probe().await,
            Transport::Sendmail(sendmail) => sendmail.probe().await,
            Transport::Maildir(maildir) => maildir.probe().await,
        }
    }

    /// The server's certificate (DER) as the last probe saw it; `None` where there is none.
    pub fn certificate(&self) -> Option<&[u8]> {
        match self {
            Transport::Smtp(smtp) => smtp.certificate.as_deref(),
            Transport::Sendmail(_) | Transport::Maildir(_) => None,
        }
    }

    /// Says goodbye to a server whose connection was kept. Failing to do so loses nothing.
    pub async fn close(&mut self) {
        if let Transport::Smtp(smtp) = self {
            smtp.close().await;
        }
    }
}

/// Commits the fence, [`FENCED`] letters at a time.
struct Fence<'a, F> {
    commit: &'a F,
    passed: BTreeSet<i64>,
}

impl<'a, F> Fence<'a, F> {
    fn new(commit: &'a F) -> Self {
        Self { commit, passed: BTreeSet::new() }
    }

    /// Lets the first of these letters through, and those that follow it with it.
    async fn pass<E, R: Future<Output = Result<(), E>>>(&mut self, unsettled: &[Outgoing]) -> Result<(), E>
    where
        F: Fn(Vec<i64>) -> R,
    {
        if unsettled.first().is_some_and(|letter| !self.passed.contains(&letter.id)) {
            let ids: Vec<i64> = unsettled.iter().take(FENCED).map(|letter| letter.id).collect();
            (self.commit)(ids.clone()).await?;
            self.passed.extend(ids);
        }
        Ok(())
    }
}
