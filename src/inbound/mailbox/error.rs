//! Pure: what can go wrong with a mailbox. Bad mail is not among it.

use std::io;
use std::path::{Path, PathBuf};

/// Longest piece of a server's text in a message or a log line, in characters.
const SHOWN: usize = 200;

/// Texts say what failed, on which object, why, and what to do. Server text is cut to 200 characters.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No connection: name not found, refused, silent, or turned away with BYE.
    #[error("failed to reach {server}: {cause}; check mailbox.host, mailbox.port and the network")]
    Unreachable { server: String, cause: String },
    /// The connection was in doubt and has been dropped; the next call connects anew.
    #[error("failed to {doing} at {server}: {cause}; the connection was dropped and is made anew")]
    Lost { server: String, doing: String, cause: String },
    /// A tagged NO or BAD.
    #[error("failed to {doing} at {server}: the server answered {text:?}")]
    Refused { server: String, doing: String, text: String },
    /// The account was refused.
    #[error("failed to log in to {server} as {user:?}: {cause}")]
    Login { server: String, user: String, cause: String },
    /// No trustworthy connection; nothing secret was sent.
    #[error("failed to secure the connection to {server}: {cause}")]
    Security { server: String, cause: String },
    #[error("failed to open folder {folder:?} at {server}: {cause}")]
    Folder { server: String, folder: String, cause: String },
    /// The Maildir, or a file that a setting names.
    #[error("failed to {doing} {}: {cause}", path.display())]
    Local { doing: &'static str, path: PathBuf, cause: io::Error },
    #[error("failed to use section [mailbox]: {0}")]
    Setting(String),
}

impl Error {
    /// Worth trying again by itself, with growing pauses.
    pub fn is_transient(&self) -> bool {
        match self {
            Error::Unreachable { .. } | Error::Lost { .. } | Error::Refused { .. } | Error::Folder { .. } => {
                true
            }
            Error::Login { .. } | Error::Security { .. } | Error::Setting(_) => false,
            Error::Local { cause, .. } => {
                !matches!(cause.kind(), io::ErrorKind::NotFound | io::ErrorKind::PermissionDenied)
            }
        }
    }

    /// Someone has to change the configuration (or the account, or the server's certificate).
    pub fn is_configuration(&self) -> bool {
        matches!(self, Error::Login { .. } | Error::Security { .. } | Error::Setting(_))
    }

    /// The server is at fault or away, not this machine.
    pub fn is_server(&self) -> bool {
        !matches!(self, Error::Local { .. } | Error::Setting(_))
    }

    pub(super) fn local(doing: &'static str, path: &Path, cause: io::Error) -> Self {
        Error::Local { doing, path: path.to_owned(), cause }
    }
}

/// A server's text for a message or a log: one line, no control characters, at most 200 characters.
pub(super) fn shown(text: &str) -> String {
    let mut shown: String =
        text.chars().map(|c| if c.is_control() || c == '\u{FFFD}' { ' ' } else { c }).take(SHOWN).collect();
    if text.chars().nth(SHOWN).is_some() {
        shown.push('…');
    }
    shown.trim().to_owned()
}
