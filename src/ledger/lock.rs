//! I/O: the lock file beside the database, and the machine's random bytes.

use std::fs::{File, OpenOptions};
use std::io::Read;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, flock};

use super::Error;

/// Held as long as it lives; the kernel gives it back however the process ends. The file itself stays.
#[derive(Debug)]
pub struct LockGuard {
    _file: File,
}

/// Keeps every other instance from touching mailbox and transport. `path` is the database's.
pub fn lock(path: &Path) -> Result<LockGuard, Error> {
    let lock_path = beside(path);
    let io = |verb| {
        let path = lock_path.clone();
        move |source| Error::Io { verb, path, source }
    };
    if let Some(folder) = lock_path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder).map_err(io("create the folder of"))?;
    }
    let file = OpenOptions::new()
        .create(true)
        .truncate(false)
        .read(true)
        .write(true)
        .open(&lock_path)
        .map_err(io("open"))?;
    match flock(&file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(LockGuard { _file: file }),
        Err(rustix::io::Errno::WOULDBLOCK) => Err(Error::Locked(lock_path)),
        Err(errno) => Err(io("lock")(errno.into())),
    }
}

/// Creates the file, empty and for its owner only, if it is missing: the ledger holds people's addresses.
/// SQLite gives its side files the same mode.
pub(super) fn make_private(path: &Path) -> Result<(), Error> {
    OpenOptions::new()
        .create(true)
        .append(true)
        .mode(0o600)
        .open(path)
        .map(drop)
        .map_err(|source| Error::Io { verb: "open", path: path.to_path_buf(), source })
}

fn beside(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_os_string();
    name.push(".lock");
    PathBuf::from(name)
}

/// 32 bytes from the kernel. `path` is what they are for, to be named in an error.
pub(super) fn random(path: &Path) -> Result<[u8; 32], Error> {
    let mut bytes = [0; 32];
    File::open("/dev/urandom")
        .and_then(|mut source| source.read_exact(&mut bytes))
        .map_err(|source| Error::Io { verb: "draw random bytes for", path: path.to_path_buf(), source })?;
    Ok(bytes)
}
