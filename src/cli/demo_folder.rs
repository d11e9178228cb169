//! The folder of a demo: only what an earlier demo left there is ever cleared away.
//!
//! A marker file says that a folder is the demo's, and how the ledger stood when the demo ended: a ledger that
//! somebody went on with, a mail that somebody put there, or any other file makes it a folder like any other.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use super::{EXIT_IO, EXIT_USAGE, Failure};
use crate::ledger::{self, Ledger, LockGuard};

const MARKER: &str = ".uketsuke-demo";
/// What the marker says until the demo has come to its end.
const UNFINISHED: &str = "unfinished";
const DATABASE: &str = "uketsuke.db";
/// What a demo writes besides the marker and the lock.
const FOLDERS: [&str; 2] = ["mailbox", "replies"];
const FILES: [&str; 6] =
    ["uketsuke.db", "uketsuke.db-wal", "uketsuke.db-shm", "digest.html", "digest.txt", "digest.xlsx"];
const LOCK: &str = "uketsuke.db.lock";

/// A folder that is empty but for the marker and the lock, which is held.
pub(super) struct DemoFolder {
    path: PathBuf,
    _lock: LockGuard,
}

impl DemoFolder {
    /// Takes the lock, then clears away what an earlier demo left. A folder that holds anything else is refused,
    /// and nothing in it is touched.
    pub(super) async fn take(path: &Path) -> Result<Self, Failure> {
        let marked = refuse_foreign(path)?;
        let database = path.join(DATABASE);
        let lock = ledger::lock(&database)?;
        if let Some(head) = marked.filter(|head| head != UNFINISHED) {
            refuse_used(path, &database, &head).await?;
        }
        for name in FOLDERS {
            let old = path.join(name);
            if old.exists() {
                std::fs::remove_dir_all(&old).map_err(|cause| failed("clear away", &old, &cause))?;
            }
        }
        for name in FILES {
            let old = path.join(name);
            if old.exists() {
                std::fs::remove_file(&old).map_err(|cause| failed("clear away", &old, &cause))?;
            }
        }
        let folder = Self { path: path.to_path_buf(), _lock: lock };
        folder.finish(UNFINISHED)?;
        Ok(folder)
    }

    /// Notes how the ledger stands at the end: the hash of its last entry.
    pub(super) fn finish(&self, head: &str) -> Result<(), Failure> {
        let marker = self.path.join(MARKER);
        std::fs::write(&marker, head).map_err(|cause| failed("write", &marker, &cause))
    }
}

/// What the marker says; `None` for an empty folder.
fn refuse_foreign(path: &Path) -> Result<Option<String>, Failure> {
    let names = names_in(path)?;
    let marker = path.join(MARKER);
    let head = std::fs::read_to_string(&marker).ok();
    let known = |name: &OsStr| {
        let name = name.to_string_lossy();
        let ours = FOLDERS.iter().chain(&FILES).any(|known| *known == name);
        head.is_some() && (ours || name == MARKER || name == LOCK)
    };
    if let Some(name) = names.iter().find(|name| !known(name)) {
        return Err(foreign(path, &name.to_string_lossy()));
    }
    refuse_mail(path, &path.join("mailbox"))?;
    Ok(head)
}

/// A mail that no demo put into the mailbox.
fn refuse_mail(path: &Path, folder: &Path) -> Result<(), Failure> {
    if !folder.is_dir() || folder.is_symlink() {
        return Ok(());
    }
    for name in names_in(folder)? {
        let inner = folder.join(&name);
        let text = name.to_string_lossy();
        if inner.is_dir() {
            refuse_mail(path, &inner)?;
        } else if text != "maildirfolder" && !text.contains(".demo") {
            return Err(foreign(path, &inner.strip_prefix(path).unwrap_or(&inner).display().to_string()));
        }
    }
    Ok(())
}

/// A ledger that was written to since the demo ended.
async fn refuse_used(path: &Path, database: &Path, head: &str) -> Result<(), Failure> {
    if !database.exists() {
        return Ok(());
    }
    let now = match Ledger::open_read_only(database).await {
        Ok(ledger) => {
            let now = ledger.audit_head().await;
            ledger.close().await;
            now.map(|now| now.hash).unwrap_or_default()
        }
        Err(_) => String::new(),
    };
    if now == head.trim() {
        Ok(())
    } else {
        Err(foreign(path, "a ledger that was used since the demo ended"))
    }
}

fn names_in(path: &Path) -> Result<Vec<std::ffi::OsString>, Failure> {
    let list =
        || std::fs::read_dir(path)?.map(|entry| Ok(entry?.file_name())).collect::<std::io::Result<Vec<_>>>();
    list().map_err(|cause| failed("look into", path, &cause))
}

fn foreign(path: &Path, what: &str) -> Failure {
    let text = format!(
        "failed to use {} for the demo: it holds {what}, which no earlier demo wrote, and the demo clears its folder; \
         name a new or an empty folder",
        path.display()
    );
    Failure::new(EXIT_USAGE, text)
}

fn failed(verb: &str, path: &Path, cause: &std::io::Error) -> Failure {
    Failure::new(EXIT_IO, format!("failed to {verb} {}: {cause}", path.display()))
}
