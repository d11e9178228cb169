//! Pure: where the server keeps a mail, and the raw mail as fetched.

use jiff::Timestamp;

/// Where the server keeps a mail. Identity level K1: equal keys are the same mail, silently.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MessageKey {
    Imap {
        folder: String,
        uid_validity: u32,
        uid: u32,
    },
    /// `name` is the unique part of the file name, before the `:` of the flags.
    Maildir {
        folder: String,
        name: String,
    },
}

impl MessageKey {
    pub fn folder(&self) -> &str {
        match self {
            MessageKey::Imap { folder, .. } | MessageKey::Maildir { folder, .. } => folder,
        }
    }
}

/// One RFC 5322 message exactly as fetched.
#[derive(Clone, Debug)]
pub struct RawMessage {
    pub key: MessageKey,
    /// The server's receipt time: INTERNALDATE, or the Maildir's (file name, else modification time).
    pub received_at: Timestamp,
    pub bytes: Vec<u8>,
    /// The full size when the message was over `limits.message_bytes` and only its header was fetched.
    pub omitted: Option<u64>,
}
