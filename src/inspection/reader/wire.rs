//! Pure: what the daemon and its child say to each other: frames of a tag, a length and that many bytes.

use serde::{Deserialize, Serialize};

use crate::inbound::attachment::Attachment;
use crate::inspection::dissected::Dissected;
use crate::inspection::workbook::Content;
use crate::limits::Limits;

/// Tag and length (little-endian).
pub(super) const FRAME_HEADER: usize = 9;

/// Child: it stands in its sandbox ([`super::Strength`]).
pub(super) const HELLO: u8 = b'H';
/// Child: it is about to open the file of this index (four bytes, little-endian).
pub(super) const OPENING: u8 = b'O';
/// Child: the answer ([`Answer`]).
pub(super) const ANSWER: u8 = b'A';
/// Daemon: the request ([`Request`]); a frame `BYTES` follows.
pub(super) const REQUEST: u8 = b'R';
/// Daemon: the foreign bytes.
pub(super) const BYTES: u8 = b'B';

/// A request is small; what is longer is not one.
pub(super) const REQUEST_BYTES: u64 = 1024 * 1024;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Request {
    pub limits: Limits,
    pub task: Task,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) enum Task {
    /// The bytes are a whole mail, or its header when the rest was not fetched.
    Mail { omitted: Option<u64>, skip: Skip },
    /// The bytes are one file.
    File { name: String, skip: Skip },
    /// No bytes: try to break out.
    Probe,
}

/// Files that killed an earlier child, with the reason.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Skip {
    pub files: Vec<(u32, String)>,
    /// Open none at all.
    pub all: Option<String>,
}

impl Skip {
    pub fn reason(&self, index: usize) -> Option<&str> {
        let named = self.files.iter().find(|(skipped, _)| *skipped as usize == index);
        named.map(|(_, reason)| reason.as_str()).or(self.all.as_deref())
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) enum Answer {
    Mail(Box<Dissected>),
    File(Box<(Attachment, Content)>),
    Probe(Vec<String>),
}

/// The header of a frame.
pub(super) fn header(tag: u8, length: u64) -> [u8; FRAME_HEADER] {
    let mut header = [tag; FRAME_HEADER];
    if let Some(rest) = header.get_mut(1..) {
        rest.copy_from_slice(&length.to_le_bytes());
    }
    header
}

/// The tag and length of a frame.
pub(super) fn parse_header(header: [u8; FRAME_HEADER]) -> (u8, u64) {
    let [tag, length @ ..] = header;
    (tag, u64::from_le_bytes(length))
}
