//! I/O: an IMAP account as a mailbox.
//!
//! The connection is taken out of [`Imap`] for each piece of work and put back only when that ended without
//! doubt. So a call that fails or is dropped half-way leaves no connection in an unknown state.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

use crate::limits::Limits;

use super::command::{Connection, Idled, Selected};
use super::connect::connect;
use super::{After, Destination, Error, Patience, Settings, Wake, folder};
use crate::inbound::uid::{MessageKey, leading_set};

mod fetch;
mod filing;

/// UIDs in one command: keeps the line under the 8,000 bytes that every server takes.
const IN_ONE_COMMAND: usize = 400;

const NOT_OPENED: &str = "the server does not open it; check mailbox.folders and the account's rights";

#[derive(Debug)]
pub struct Imap {
    settings: Settings,
    limits: Limits,
    patience: Patience,
    connection: Option<Connection>,
    /// What the server calls the configured folders that have been opened or made.
    names: BTreeMap<String, String>,
    /// Sizes of messages that were asked for by [`Imap::next_set`].
    sizes: BTreeMap<MessageKey, u64>,
    /// INTERNALDATEs that came with the sizes.
    dates: BTreeMap<MessageKey, Timestamp>,
    /// The last login that was refused.
    refused: Option<(Instant, String)>,
    /// The server took IDLE badly once.
    unwilling_to_idle: bool,
    told_left_in_place: bool,
    /// Watched folders that could not be looked into last time, and why.
    pub(super) missing: BTreeMap<String, String>,
}

/// UIDs of one folder and one UIDVALIDITY epoch, in the order of the keys.
struct Group {
    folder: String,
    uid_validity: u32,
    uids: Vec<u32>,
}

impl Imap {
    pub(super) async fn open(
        settings: &Settings,
        limits: &Limits,
        patience: Patience,
    ) -> Result<Self, Error> {
        let mut imap = Self {
            settings: settings.clone(),
            limits: limits.clone(),
            patience,
            connection: None,
            names: BTreeMap::new(),
            sizes: BTreeMap::new(),
            dates: BTreeMap::new(),
            refused: None,
            unwilling_to_idle: false,
            told_left_in_place: false,
            missing: BTreeMap::new(),
        };
        let mut connection = imap.take().await?;
        imap.look_into(&mut connection).await?;
        if imap.settings.after == After::Move {
            for to in [Destination::Processed, Destination::Attention] {
                match imap.destination(&mut connection, to).await {
                    Ok(_) => {}
                    // An account that may only read still serves: its mail is recorded and stays where it is.
                    Err(error @ Error::Folder { .. }) => {
                        tracing::warn!(%error, "mail will stay in its folder");
                    }
                    Err(error) => return Err(error),
                }
            }
        }
        imap.connection = Some(connection);
        Ok(imap)
    }

    pub(super) async fn list(&mut self) -> Result<Vec<MessageKey>, Error> {
        let reused = self.connection.is_some();
        match self.list_once().await {
            // The connection may have died while nothing was going on; that is no failure yet.
            Err(Error::Lost { .. }) if reused => self.list_once().await,
            result => result,
        }
    }

    async fn list_once(&mut self) -> Result<Vec<MessageKey>, Error> {
        let mut connection = self.take().await?;
        let mut keys = Vec::new();
        // The first folder last: it stays open, and IDLE tells of it.
        for folder in self.settings.folders.clone().iter().rev() {
            let Some(selected) = self.select_if_there(&mut connection, folder).await? else { continue };
            let found = connection.search("ALL").await?;
            keys.extend(found.into_iter().map(|uid| MessageKey::Imap {
                folder: folder.clone(),
                uid_validity: selected.uid_validity,
                uid,
            }));
        }
        self.connection = Some(connection);
        self.demand_a_folder()?;
        keys.sort();
        Ok(keys)
    }

    /// Tries every watched folder once.
    async fn look_into(&mut self, connection: &mut Connection) -> Result<(), Error> {
        for folder in self.settings.folders.clone() {
            self.select_if_there(connection, &folder).await?;
        }
        self.demand_a_folder()
    }

    /// A folder that is missing or barred keeps nobody from reading the others; it is told of once.
    async fn select_if_there(
        &mut self,
        connection: &mut Connection,
        folder: &str,
    ) -> Result<Option<Selected>, Error> {
        match self.select(connection, folder).await {
            Ok(selected) => {
                if self.missing.remove(folder).is_some() {
                    tracing::info!(folder, "a watched folder can be looked into again");
                }
                Ok(Some(selected))
            }
            Err(error @ Error::Folder { .. }) => {
                if self.missing.insert(folder.to_owned(), error.to_string()).is_none() {
                    tracing::error!(%error, "a watched folder cannot be looked into; the others are read");
                }
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    fn demand_a_folder(&self) -> Result<(), Error> {
        match self.settings.folders.first() {
            Some(folder) if self.missing.len() >= self.settings.folders.len() => {
                Err(self.no_folder(folder, NOT_OPENED))
            }
            _ => Ok(()),
        }
    }

    /// The server's name of a destination folder, which is made if it is missing.
    async fn destination(&mut self, connection: &mut Connection, to: Destination) -> Result<String, Error> {
        let folder = self.settings.destination(to).to_owned();
        if let Some(name) = self.names.get(&folder) {
            return Ok(name.clone());
        }
        let candidates = candidates(connection, &folder);
        for name in &candidates {
            if connection.exists(name).await? {
                self.names.insert(folder, name.clone());
                return Ok(name.clone());
            }
        }
        // A namespace that the server has told comes first: elsewhere the folder would be nobody's.
        let mut order: Vec<&String> = candidates.iter().collect();
        if !connection.prefix.is_empty() {
            order.reverse();
        }
        let mut cause = String::new();
        for name in order {
            match connection.create(name).await? {
                None => {
                    tracing::info!(name, "created folder");
                    self.names.insert(folder, name.clone());
                    return Ok(name.clone());
                }
                Some(text) => cause = text,
            }
        }
        Err(self.no_folder(&folder, &format!("it is missing and cannot be created: {cause}")))
    }

    /// Opens a watched folder anew, which also shows what happened to it meanwhile.
    async fn select(&mut self, connection: &mut Connection, folder: &str) -> Result<Selected, Error> {
        let only_read = self.settings.after == After::Leave;
        let known = self.names.get(folder).cloned();
        for name in known.into_iter().chain(candidates(connection, folder)) {
            if connection.select(folder, &name, only_read).await?
                && let Some(selected) = connection.selected.clone()
            {
                self.names.insert(folder.to_owned(), name);
                return Ok(selected);
            }
        }
        self.names.remove(folder);
        Err(self.no_folder(folder, NOT_OPENED))
    }

    /// The folder, opened if it is not open.
    async fn selected(&mut self, connection: &mut Connection, folder: &str) -> Result<Selected, Error> {
        match &connection.selected {
            Some(selected) if selected.folder == folder => Ok(selected.clone()),
            _ => self.select(connection, folder).await,
        }
    }

    pub(super) async fn wait(&mut self, at_most: Duration) -> Result<Wake, Error> {
        let only_folder = self.settings.folders.len() == 1;
        let can_idle = self.settings.idle && !self.unwilling_to_idle;
        // Other folders than the first are only looked at, never announced.
        let poll = at_most.min(self.settings.poll_interval);
        let longest = if only_folder { at_most.min(self.patience.idle) } else { poll };
        let until = Instant::now() + poll;
        if can_idle {
            let Some(mut connection) = self.connection.take() else { return Ok(Wake::Changed) };
            if connection.news {
                self.connection = Some(connection);
                return Ok(Wake::Changed);
            }
            if connection.has("IDLE") && connection.selected.is_some() {
                match connection.idle(longest).await? {
                    Idled::Unwilling => self.unwilling_to_idle = true,
                    Idled::Changed => {
                        self.connection = Some(connection);
                        return Ok(Wake::Changed);
                    }
                    Idled::Elapsed => {
                        self.connection = Some(connection);
                        return Ok(Wake::Elapsed);
                    }
                }
            }
            self.connection = Some(connection);
        }
        tokio::time::sleep_until(until).await;
        Ok(Wake::Elapsed)
    }

    pub(super) async fn close(mut self) {
        if let Some(connection) = self.connection.take() {
            connection.log_out().await;
        }
    }

    pub(super) fn describe(&self) -> String {
        let server = self.settings.server().replace("://", &format!("://{}@", self.settings.username));
        format!("{server} {}", self.settings.folders.join(", "))
    }

    /// The connection, made anew if there is none. The caller puts it back when its work ended well.
    async fn take(&mut self) -> Result<Connection, Error> {
        if let Some(connection) = self.connection.take() {
            return Ok(connection);
        }
        if let Some((at, cause)) = &self.refused
            && at.elapsed() < self.patience.refused
        {
            let (server, user) = (self.settings.server(), self.settings.username.clone());
            return Err(Error::Login { server, user, cause: cause.clone() });
        }
        self.refused = None;
        let result = connect(&self.settings, &self.limits, self.patience).await;
        if let Err(Error::Login { cause, .. }) = &result {
            self.refused = Some((Instant::now(), cause.clone()));
        }
        result
    }

    fn no_folder(&self, folder: &str, cause: &str) -> Error {
        Error::Folder { server: self.settings.server(), folder: folder.to_owned(), cause: cause.to_owned() }
    }

    fn tell_left_in_place(&mut self, why: &str) {
        if !self.told_left_in_place {
            tracing::warn!(mailbox = self.describe(), why, "recorded mail stays in its folder");
            self.told_left_in_place = true;
        }
    }
}

impl Group {
    fn key(&self, uid: u32) -> MessageKey {
        MessageKey::Imap { folder: self.folder.clone(), uid_validity: self.uid_validity, uid }
    }
}

/// What a configured folder may be called: as written, then inside the personal namespace, or where servers
/// without NAMESPACE keep personal folders.
fn candidates(connection: &Connection, name: &str) -> Vec<String> {
    let plain = folder::on_server(name, connection.delimiter);
    if folder::is_inbox(&plain) {
        return vec![plain];
    }
    let prefix = if connection.prefix.is_empty() {
        connection.delimiter.map(|delimiter| format!("INBOX{delimiter}")).unwrap_or_default()
    } else {
        connection.prefix.clone()
    };
    if prefix.is_empty() || plain.starts_with(&prefix) {
        return vec![plain];
    }
    let inside = format!("{prefix}{plain}");
    vec![plain, inside]
}

/// Keys by folder and epoch, each as it first appears. Maildir keys are none of ours.
fn groups(keys: &[MessageKey]) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for key in keys {
        let MessageKey::Imap { folder, uid_validity, uid } = key else { continue };
        let same = |group: &&mut Group| group.folder == *folder && group.uid_validity == *uid_validity;
        match groups.iter_mut().find(same) {
            Some(group) => group.uids.push(*uid),
            None => {
                groups.push(Group { folder: folder.clone(), uid_validity: *uid_validity, uids: vec![*uid] });
            }
        }
    }
    groups
}

impl Imap {
    /// Oldest receipt first; what the server tells no date of keeps its place by UID at the end.
    pub(super) async fn in_order_of_receipt(
        &mut self,
        mut keys: Vec<MessageKey>,
    ) -> Result<Vec<MessageKey>, Error> {
        for group in groups(&keys) {
            let uids: BTreeSet<u32> = group.uids.iter().copied().collect();
            self.learn_sizes(&group, &uids).await?;
        }
        let dates = std::mem::take(&mut self.dates);
        keys.sort_by_cached_key(|key| (dates.get(key).copied().unwrap_or(Timestamp::MAX), key.clone()));
        Ok(keys)
    }

    pub(super) async fn next_set(&mut self, keys: &[MessageKey]) -> Result<usize, Error> {
        let batch = usize::try_from(self.limits.batch).unwrap_or(usize::MAX).max(1);
        let leading = keys.get(..batch.min(keys.len())).unwrap_or(keys);
        for group in groups(leading) {
            let unknown: BTreeSet<u32> =
                group.uids.iter().copied().filter(|uid| !self.sizes.contains_key(&group.key(*uid))).collect();
            self.learn_sizes(&group, &unknown).await?;
        }
        // Of a message that is too large only the header is fetched.
        let limits = &self.limits;
        let weight =
            |size: &u64| if *size > limits.message_bytes { limits.header_bytes.min(*size) } else { *size };
        let sizes = leading.iter().map(|key| self.sizes.get(key).map(weight));
        Ok(leading_set(sizes, self.limits.batch, self.limits.batch_bytes))
    }
}
