//! I/O: the mailbox that clinics write to: list what is there, fetch it, file it away, wait for more.
//!
//! Two kinds: an IMAP account and a local Maildir. Both promise the same: a mail is listed until it is filed
//! away or taken out by someone else; fetching changes nothing; every key that was asked for is accounted
//! for; nothing is ever deleted. After any doubt (a timeout, a cut, an answer that makes no sense) the IMAP
//! connection is dropped, the call fails or reports the rest as not yet fetched, and the next call connects anew.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;

use crate::limits::Limits;

use super::uid::{MessageKey, RawMessage};

mod settings;
mod error;
mod folder;
mod wire;
mod connect;
mod command;
mod tally;
mod imap;
mod maildir;

pub use error::Error;
pub use imap::Imap;
pub use maildir::Maildir;
pub use settings::{After, Auth, Kind, Security, Settings};

/// The keyword that marks a recorded mail where it cannot or shall not be moved.
pub const KEYWORD: &str = "$Uketsuke";

/// Where mail comes from.
#[derive(Debug)]
pub enum Mailbox {
    Imap(Box<Imap>),
    Maildir(Maildir),
}

/// Where a recorded mail goes: `processed_folder`, or `attention_folder` for mail that needs a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Destination {
    Processed,
    Attention,
}

/// What became of the keys that were asked for: each is in exactly one of the four lists.
#[derive(Debug, Default)]
pub struct Fetched {
    /// In the order in which they were asked for.
    pub messages: Vec<RawMessage>,
    /// Someone took the mail out of the folder since it was listed (or the folder's UIDVALIDITY changed).
    pub gone: Vec<MessageKey>,
    /// The mail is there but could not be fetched, and the trouble is its own (others came through): no body, no
    /// receipt time, an answer that cannot be parsed. Ask again later; after the third time it is a case for
    /// [`Mailbox::fetch_undated`], [`Mailbox::fetch_header`] and a person.
    pub owed: Vec<MessageKey>,
    /// Why each of these is owed.
    pub reasons: BTreeMap<MessageKey, String>,
    /// Not reached because the connection went away. No fault of the mail: it is listed again next time.
    pub later: Vec<MessageKey>,
}

/// Why [`Mailbox::wait`] came back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wake {
    /// The server announced something, or the Maildir changed.
    Changed,
    /// Time to look anyway: announcements are never relied on.
    Elapsed,
}

/// How long to wait for a server. Progress counts, not the total: a slow line is slow, not dead.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// One address: TCP and TLS.
    pub connect: Duration,
    pub greeting: Duration,
    /// Longest silence within one command.
    pub reply: Duration,
    /// The answer to DONE, which ends IDLE.
    pub done: Duration,
    /// Longest IDLE before it is renewed and the folder is looked through.
    pub idle: Duration,
    /// After a refused login the account is left alone for this long, lest it be locked.
    pub refused: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(20),
            greeting: Duration::from_secs(30),
            reply: Duration::from_mins(1),
            done: Duration::from_secs(15),
            idle: Duration::from_mins(5),
            refused: Duration::from_mins(10),
        }
    }
}

impl Mailbox {
    /// Connects, logs in, checks the watched folders and makes the destination folders if they are missing.
    /// A login that was refused should not be tried again for ten minutes ([`Error::is_configuration`]).
    pub async fn open(settings: &Settings, limits: &Limits) -> Result<Self, Error> {
        Self::open_with(settings, limits, Patience::default()).await
    }

    /// [`Mailbox::open`] with other waiting times.
    pub async fn open_with(settings: &Settings, limits: &Limits, patience: Patience) -> Result<Self, Error> {
        settings.check().map_err(Error::Setting)?;
        match settings.kind {
            Kind::Imap => Ok(Mailbox::Imap(Box::new(Imap::open(settings, limits, patience).await?))),
            Kind::Maildir => Ok(Mailbox::Maildir(Maildir::open(settings, limits).await?)),
        }
    }

    /// The server's certificate (DER), for `doctor`; `None` where there is none: a Maildir, a connection in the clear.
    pub async fn certificate(settings: &Settings, limits: &Limits) -> Result<Option<Vec<u8>>, Error> {
        match settings.kind {
            Kind::Imap => connect::certificate(settings, limits, Patience::default()).await,
            Kind::Maildir => Ok(None),
        }
    }

    /// Everything that is in the watched folders now, also what was seen before: the caller subtracts what
    /// its ledger knows. Sorted by folder, then by age as far as the server's numbers tell.
    pub async fn list(&mut self) -> Result<Vec<MessageKey>, Error> {
        match self {
            Mailbox::Imap(imap) => imap.list().await,
            Mailbox::Maildir(maildir) => maildir.list().await,
        }
    }

    /// The keys in the order in which the server received the messages: what is in force must not depend on the
    /// order in which mail is processed.
    pub async fn in_order_of_receipt(&mut self, keys: Vec<MessageKey>) -> Result<Vec<MessageKey>, Error> {
        match self {
            Mailbox::Imap(imap) => imap.in_order_of_receipt(keys).await,
            Mailbox::Maildir(maildir) => maildir.in_order_of_receipt(keys).await,
        }
    }

    /// How many of the leading `keys` make one set for [`Mailbox::fetch`]: at most `limits.batch` messages and
    /// `limits.batch_bytes` bytes, at least one unless `keys` is empty.
    pub async fn next_set(&mut self, keys: &[MessageKey]) -> Result<usize, Error> {
        match self {
            Mailbox::Imap(imap) => imap.next_set(keys).await,
            Mailbox::Maildir(maildir) => maildir.next_set(keys).await,
        }
    }

    /// Fetches the messages whole, without marking them as read. Of a message over `limits.message_bytes` only
    /// the header comes (`omitted` holds its size).
    /// `Err` only when nothing at all arrived and no single mail is to blame.
    pub async fn fetch(&mut self, keys: &[MessageKey]) -> Result<Fetched, Error> {
        match self {
            Mailbox::Imap(imap) => imap.fetch(keys).await,
            Mailbox::Maildir(maildir) => maildir.fetch(keys, false).await,
        }
    }

    /// As [`Mailbox::fetch`], with `otherwise` as the receipt time of mail of which the server tells none.
    pub async fn fetch_undated(
        &mut self,
        keys: &[MessageKey],
        otherwise: Timestamp,
    ) -> Result<Fetched, Error> {
        match self {
            Mailbox::Imap(imap) => imap.fetch_undated(keys, otherwise).await,
            Mailbox::Maildir(maildir) => maildir.fetch(keys, false).await,
        }
    }

    /// Fetches only the headers (`omitted` holds the size): for mail that was owed again and again. `otherwise` is
    /// the receipt time of mail of which the server tells none.
    pub async fn fetch_header(
        &mut self,
        keys: &[MessageKey],
        otherwise: Timestamp,
    ) -> Result<Fetched, Error> {
        match self {
            Mailbox::Imap(imap) => imap.fetch_header(keys, otherwise).await,
            Mailbox::Maildir(maildir) => maildir.fetch(keys, true).await,
        }
    }

    /// Watched folders that the last listing could not look into, each with a sentence that says why. Their mail is
    /// neither listed nor gone.
    pub fn missing(&self) -> BTreeMap<String, String> {
        match self {
            Mailbox::Imap(imap) => imap.missing.clone(),
            Mailbox::Maildir(_) => BTreeMap::new(),
        }
    }

    /// Files recorded mail away as `mailbox.after` says. Returns the keys that need no further attempt: filed,
    /// already gone, or rightly left where they are. Keys that are not returned are to be filed again later, by
    /// [`Mailbox::file_again`].
    pub async fn file_away(
        &mut self,
        keys: &[MessageKey],
        to: Destination,
    ) -> Result<Vec<MessageKey>, Error> {
        match self {
            Mailbox::Imap(imap) => imap.file_away(keys, to, false).await,
            Mailbox::Maildir(maildir) => maildir.file_away(keys, to).await,
        }
    }

    /// As [`Mailbox::file_away`], for mail that an earlier attempt may have copied already: a copy that stands in the
    /// destination folder is not made a second time.
    pub async fn file_again(
        &mut self,
        keys: &[MessageKey],
        to: Destination,
    ) -> Result<Vec<MessageKey>, Error> {
        match self {
            Mailbox::Imap(imap) => imap.file_away(keys, to, true).await,
            Mailbox::Maildir(maildir) => maildir.file_away(keys, to).await,
        }
    }

    /// Waits until something changed, at most `at_most`, `poll_interval` without IDLE, or five minutes with it.
    /// May be dropped at any time.
    pub async fn wait(&mut self, at_most: Duration) -> Result<Wake, Error> {
        match self {
            Mailbox::Imap(imap) => imap.wait(at_most).await,
            Mailbox::Maildir(maildir) => maildir.wait(at_most).await,
        }
    }

    /// Says goodbye to the server, waiting fifteen seconds at most. Dropping the mailbox does as well.
    pub async fn close(self) {
        if let Mailbox::Imap(imap) = self {
            imap.close().await;
        }
    }

    /// For logs: `imaps://vproject@imap.example.jp:993 INBOX`. No secrets.
    pub fn describe(&self) -> String {
        match self {
            Mailbox::Imap(imap) => imap.describe(),
            Mailbox::Maildir(maildir) => maildir.describe(),
        }
    }
}
