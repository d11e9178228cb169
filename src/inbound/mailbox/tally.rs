//! Pure: asked versus arrived. Every UID of a fetch ends as received, gone, owed, or not reached.

use std::collections::{BTreeMap, BTreeSet};

use async_imap::imap_proto::{AttributeValue, MessageSection, Response, SectionPath};
use jiff::Timestamp;

use crate::inbound::uid::{MessageKey, RawMessage, internal_date};

use super::Fetched;

/// The account of one fetch from one folder in one UIDVALIDITY epoch.
#[derive(Debug)]
pub(super) struct Tally {
    folder: String,
    uid_validity: u32,
    /// Asked for and not settled.
    pub(super) open: BTreeSet<u32>,
    pub(super) sizes: BTreeMap<u32, u64>,
    /// INTERNALDATEs that were told.
    pub(super) dates: BTreeMap<u32, Timestamp>,
    messages: BTreeMap<u32, RawMessage>,
    gone: BTreeSet<u32>,
    owed: BTreeSet<u32>,
    /// Why the last answer for a message was not taken.
    pub(super) reasons: BTreeMap<u32, String>,
}

impl Tally {
    pub(super) fn new(folder: &str, uid_validity: u32, uids: &[u32]) -> Self {
        Self {
            folder: folder.to_owned(),
            uid_validity,
            open: uids.iter().copied().collect(),
            sizes: BTreeMap::new(),
            dates: BTreeMap::new(),
            messages: BTreeMap::new(),
            gone: BTreeSet::new(),
            owed: BTreeSet::new(),
            reasons: BTreeMap::new(),
        }
    }

    pub(super) fn key(&self, uid: u32) -> MessageKey {
        MessageKey::Imap { folder: self.folder.clone(), uid_validity: self.uid_validity, uid }
    }

    pub(super) fn still_open(&self, uids: &BTreeSet<u32>) -> BTreeSet<u32> {
        self.open.intersection(uids).copied().collect()
    }

    pub(super) fn settle_gone(&mut self, uid: u32) {
        if self.open.remove(&uid) {
            self.gone.insert(uid);
        }
    }

    pub(super) fn settle_owed(&mut self, uid: u32) {
        if self.open.remove(&uid) {
            self.owed.insert(uid);
        }
    }

    /// Something came of it: a message, or the certainty that it is gone.
    pub(super) fn has_result(&self) -> bool {
        !self.messages.is_empty() || !self.gone.is_empty()
    }

    pub(super) fn owes(&self) -> bool {
        !self.owed.is_empty()
    }

    /// Takes an untagged response. With `header` only the header was asked for. Data of other messages and
    /// answers without the body (flags that someone changed) are read past.
    pub(super) fn take(&mut self, response: &Response<'_>, header: bool) {
        let Response::Fetch(_, attributes) = response else { return };
        let Some(uid) =
            attributes.iter().find_map(|a| if let AttributeValue::Uid(uid) = a { Some(*uid) } else { None })
        else {
            return;
        };
        if !self.open.contains(&uid) {
            return;
        }
        let size = attributes.iter().find_map(|attribute| match attribute {
            AttributeValue::Rfc822Size(size) => Some(u64::from(*size)),
            _ => None,
        });
        if let Some(size) = size {
            self.sizes.insert(uid, size);
        }
        let date = attributes.iter().find_map(|attribute| match attribute {
            AttributeValue::InternalDate(date) => Some(internal_date(date)),
            _ => None,
        });
        if let Some(date) = date.flatten() {
            self.dates.insert(uid, date);
        }
        let body = attributes.iter().find_map(|attribute| match attribute {
            AttributeValue::BodySection { section: None, data, .. } if !header => Some(data.as_deref()),
            AttributeValue::BodySection {
                section: Some(SectionPath::Full(MessageSection::Header)),
                data,
                ..
            } if header => Some(data.as_deref()),
            _ => None,
        });
        let Some(body) = body else { return };
        let size = self.sizes.get(&uid).copied();
        match judge(body, size, date.flatten(), header) {
            Ok((received_at, size)) => {
                let bytes = body.unwrap_or_default().to_vec();
                let message =
                    RawMessage { key: self.key(uid), received_at, bytes, omitted: header.then_some(size) };
                self.open.remove(&uid);
                self.messages.insert(uid, message);
            }
            Err(reason) => {
                self.reasons.insert(uid, reason);
            }
        }
    }

    /// Closes the account; what is still open was not reached.
    pub(super) fn close(mut self, order: &[u32], fetched: &mut Fetched) {
        for uid in order {
            if let Some(message) = self.messages.remove(uid) {
                fetched.messages.push(message);
            }
        }
        let keys = |uids: &BTreeSet<u32>| uids.iter().map(|uid| self.key(*uid)).collect::<Vec<_>>();
        fetched.gone.extend(keys(&self.gone));
        fetched.owed.extend(keys(&self.owed));
        fetched.later.extend(keys(&self.open));
    }
}

/// Is the answer whole? The receipt time and the size of the message.
fn judge(
    body: Option<&[u8]>,
    size: Option<u64>,
    date: Option<Timestamp>,
    header: bool,
) -> Result<(Timestamp, u64), String> {
    let received_at = date.ok_or("the server tells no INTERNALDATE that can be read")?;
    let size = size.ok_or("the server tells no RFC822.SIZE")?;
    let length = body.map_or(0, <[u8]>::len) as u64;
    if header {
        return if length > 0 {
            Ok((received_at, size))
        } else {
            Err("the server sent no header".to_owned())
        };
    }
    if length == size {
        Ok((received_at, size))
    } else {
        Err(format!("the server sent {length} bytes of a message that it says has {size}"))
    }
}
