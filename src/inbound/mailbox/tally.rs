//! Pure: asked versus arrived. Every UID of a fetch ends as received, gone, owed, or not reached.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use async_imap::imap_proto::{AttributeValue, MessageSection, Response, SectionPath};
use jiff::Timestamp;

use crate::inbound::uid::{MessageKey, RawMessage, internal_date};

use super::Fetched;
use super::command::Said;

/// Larger bodies keep the memory that they were received in.
const COPIED: usize = 256 * 1024;

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
    /// The message whose bytes are moved here next.
    expecting: Option<(u32, RawMessage)>,
    gone: BTreeSet<u32>,
    /// With the reason.
    owed: BTreeMap<u32, String>,
    /// The receipt time of a message of which the server tells none; `None`: such an answer is not taken.
    otherwise: Option<Timestamp>,
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
            expecting: None,
            gone: BTreeSet::new(),
            owed: BTreeMap::new(),
            otherwise: None,
            reasons: BTreeMap::new(),
        }
    }

    /// Takes answers without a receipt time, too, as received at `otherwise`.
    pub(super) fn or_received_at(mut self, otherwise: Option<Timestamp>) -> Self {
        self.otherwise = otherwise;
        self
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

    pub(super) fn settle_owed(&mut self, uid: u32, reason: String) {
        if self.open.remove(&uid) {
            self.owed.insert(uid, reason);
        }
    }

    /// Something came of it: a message, or the certainty that it is gone.
    pub(super) fn has_result(&self) -> bool {
        !self.messages.is_empty() || !self.gone.is_empty()
    }

    pub(super) fn owes(&self) -> bool {
        !self.owed.is_empty()
    }

    /// Takes what comes in answer to a FETCH. With `header` only the header was asked for. Data of other messages
    /// and answers without the body (flags that someone changed) are read past.
    pub(super) fn hear(&mut self, said: Said<'_, '_>, header: bool) -> Option<Range<usize>> {
        match said {
            Said::Response(Response::Fetch(_, attributes)) => self.take(attributes, header),
            Said::Response(_) => None,
            Said::Bytes(bytes) => {
                if let Some((uid, message)) = self.expecting.take() {
                    self.arrive(uid, RawMessage { bytes, ..message });
                }
                None
            }
        }
    }

    fn take(&mut self, attributes: &[AttributeValue<'_>], header: bool) -> Option<Range<usize>> {
        let answer = Attributes::of(attributes, header);
        let uid = answer.uid.filter(|uid| self.open.contains(uid))?;
        if let Some(size) = answer.size {
            self.sizes.insert(uid, size);
        }
        if let Some(date) = answer.date {
            self.dates.insert(uid, date);
        }
        let body = answer.body?;
        let size = self.sizes.get(&uid).copied();
        let received_at = match judge(body, size, answer.date.or(self.otherwise)) {
            Ok(received_at) => received_at,
            Err(reason) => {
                self.reasons.insert(uid, reason);
                return None;
            }
        };
        let omitted = header.then(|| size.unwrap_or(body.len() as u64));
        if body.len() > COPIED {
            let message = RawMessage { key: self.key(uid), received_at, bytes: Vec::new(), omitted };
            self.expecting = Some((uid, message));
            let start = body.as_ptr().addr();
            return Some(start..start + body.len());
        }
        self.arrive(uid, RawMessage { key: self.key(uid), received_at, bytes: body.to_vec(), omitted });
        None
    }

    fn arrive(&mut self, uid: u32, message: RawMessage) {
        if self.open.remove(&uid) {
            self.messages.insert(uid, message);
        }
    }

    /// Closes the account; what is still open was not reached.
    pub(super) fn close(mut self, order: &[u32], fetched: &mut Fetched) {
        for uid in order {
            if let Some(message) = self.messages.remove(uid) {
                fetched.messages.push(message);
            }
        }
        fetched.gone.extend(self.gone.iter().map(|uid| self.key(*uid)));
        fetched.owed.extend(self.owed.keys().map(|uid| self.key(*uid)));
        fetched.reasons.extend(self.owed.iter().map(|(uid, reason)| (self.key(*uid), reason.clone())));
        fetched.later.extend(self.open.iter().map(|uid| self.key(*uid)));
    }
}

/// What a FETCH response tells of one message.
struct Attributes<'a> {
    uid: Option<u32>,
    size: Option<u64>,
    date: Option<Timestamp>,
    /// NIL is no bytes.
    body: Option<&'a [u8]>,
}

impl<'a> Attributes<'a> {
    fn of(attributes: &'a [AttributeValue<'_>], header: bool) -> Self {
        let mut told = Self { uid: None, size: None, date: None, body: None };
        for attribute in attributes {
            match attribute {
                AttributeValue::Uid(uid) => told.uid = Some(*uid),
                AttributeValue::Rfc822Size(size) => told.size = Some(u64::from(*size)),
                AttributeValue::InternalDate(date) => told.date = internal_date(date),
                AttributeValue::BodySection { section: None, data, .. } if !header => {
                    told.body = Some(data.as_deref().unwrap_or_default());
                }
                AttributeValue::BodySection {
                    section: Some(SectionPath::Full(MessageSection::Header)),
                    data,
                    ..
                } if header => told.body = Some(data.as_deref().unwrap_or_default()),
                _ => {}
            }
        }
        told
    }
}

/// The receipt time, if the answer can be taken. A literal arrives whole or breaks the connection, so what arrived
/// is the message; RFC822.SIZE is what the server believes (some compute it before they convert a message).
fn judge(body: &[u8], size: Option<u64>, date: Option<Timestamp>) -> Result<Timestamp, String> {
    let received_at = date.ok_or("the server tells no INTERNALDATE that can be read")?;
    match size {
        Some(size) if body.is_empty() && size > 0 => {
            Err(format!("the server sends nothing of a message that it says has {size} bytes"))
        }
        _ => Ok(received_at),
    }
}
