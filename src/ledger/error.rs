//! I/O: what can go wrong with the ledger, told apart by what the caller should do about it.

use std::path::PathBuf;

/// Messages read `failed to <verb> <object>: <cause>` and say what to do.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Another process held the write lock for longer than the busy timeout. Transient.
    #[error("failed to write the ledger: another process holds it for more than 10 s; try again")]
    Busy,
    /// No space left on the disk. Transient: intake pauses until there is room.
    #[error("failed to write the ledger: the disk or the database is full; free some space")]
    Full,
    /// The disk failed; what it holds can no longer be trusted. The program must stop.
    #[error("failed to read or write the ledger: the disk reported an error ({0})")]
    Disk(String),
    #[error("failed to {verb} {}: {source}", path.display())]
    Io { verb: &'static str, path: PathBuf, source: std::io::Error },
    /// Another instance holds the lock file. Transient; exit code 75.
    #[error("failed to lock {}: another instance is running", .0.display())]
    Locked(PathBuf),
    #[error(
        "failed to open the ledger: the database has schema {found}, this program knows {known}; use the newer program"
    )]
    NewerSchema { found: i64, known: i64 },
    #[error(
        "failed to open the ledger: the database has schema {found}, this program needs {known}; run `uketsuke once` to migrate it"
    )]
    OlderSchema { found: i64, known: i64 },
    #[error("failed to open the ledger: the file is a database of another program")]
    NotALedger,
    #[error("failed to read the ledger: the database is damaged ({0}); restore a backup")]
    Corrupt(String),
    #[error("failed to open the ledger: {0}")]
    CannotOpen(String),
    #[error("failed to write the ledger: it is open for reading only")]
    ReadOnly,
    #[error("failed to prepare the ledger: {0}")]
    Migration(sqlx::migrate::MigrateError),
    /// What was named does not exist: 「受付番号」, mail, letter, clinic.
    #[error("failed to find {what} {id}; {}", listed_by(what))]
    Missing { what: &'static str, id: String },
    /// The staff decision is not possible in this state; why, and what to do instead.
    #[error("failed to {verb} {id}: {cause}")]
    Refused { verb: &'static str, id: String, cause: String },
    /// A receipt number was drawn and not used: committing would leave a hole.
    #[error("failed to record the batch: receipt number {0} was drawn and not used")]
    UnusedReceipt(String),
    #[error("failed to use the ledger: {0}")]
    Database(sqlx::Error),
}

/// Where what was named wrongly can be looked up.
fn listed_by(what: &str) -> &'static str {
    match what {
        "submission" => "`uketsuke submissions` lists the receipt numbers",
        "mail" => "`uketsuke mails` lists the numbers",
        "letter" => "`uketsuke outbox` lists the numbers",
        "clinic" => "`uketsuke clinics list` shows the registry",
        _ => "nothing was changed",
    }
}

impl Error {
    /// Trying again later may help; nothing was written.
    pub fn is_transient(&self) -> bool {
        matches!(self, Error::Busy | Error::Full | Error::Locked(_))
    }

    pub(super) fn missing(what: &'static str, id: &(impl ToString + ?Sized)) -> Self {
        Error::Missing { what, id: id.to_string() }
    }

    pub(super) fn refused(
        verb: &'static str,
        id: &(impl ToString + ?Sized),
        cause: impl Into<String>,
    ) -> Self {
        Error::Refused { verb, id: id.to_string(), cause: cause.into() }
    }
}

impl From<sqlx::Error> for Error {
    /// SQLite's primary result code (the low byte of the extended one) decides.
    fn from(error: sqlx::Error) -> Self {
        let Some(database) = error.as_database_error() else {
            return match error {
                sqlx::Error::PoolTimedOut => Error::Busy,
                other => Error::Database(other),
            };
        };
        let code = database.code().and_then(|code| code.parse::<u32>().ok()).unwrap_or(0);
        let text = database.message().to_string();
        match code & 0xff {
            5 | 6 => Error::Busy,
            8 => Error::ReadOnly,
            10 => Error::Disk(text),
            11 => Error::Corrupt(text),
            13 => Error::Full,
            14 => Error::CannotOpen(text),
            26 => Error::NotALedger,
            _ => Error::Database(error),
        }
    }
}
