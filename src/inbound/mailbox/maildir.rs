//! I/O: a local Maildir (Maildir++ layout) as a mailbox.
//!
//! `new` and `cur` of each watched folder are both looked at. A mail's name is the unique part of its file name,
//! which stays the same while programs move it from `new` to `cur` and change its flags. Nothing is deleted and
//! nothing overwritten: filing away is a rename.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::io::{self, Read};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use jiff::Timestamp;
use tokio::time::Instant;

use crate::limits::Limits;

use super::folder::{in_maildir, is_inbox};
use super::{After, Destination, Error, Fetched, Settings, Wake};
use crate::inbound::uid::{MessageKey, RawMessage, delivery_time, leading_set};

/// How often the directories are looked at while waiting.
const GLANCE: Duration = Duration::from_secs(1);

#[derive(Debug)]
pub struct Maildir {
    store: Arc<Store>,
}

/// What the blocking work needs.
#[derive(Debug)]
struct Store {
    settings: Settings,
    limits: Limits,
    seen: Mutex<Seen>,
}

/// What the last look showed.
#[derive(Debug, Default)]
struct Seen {
    files: BTreeMap<MessageKey, PathBuf>,
    /// Modification times of the directories before the last listing.
    state: Vec<Option<SystemTime>>,
}

impl Maildir {
    pub(super) async fn open(settings: &Settings, limits: &Limits) -> Result<Self, Error> {
        let store = Store { settings: settings.clone(), limits: limits.clone(), seen: Mutex::default() };
        let maildir = Self { store: Arc::new(store) };
        maildir.run(Store::make).await?;
        Ok(maildir)
    }

    pub(super) async fn list(&mut self) -> Result<Vec<MessageKey>, Error> {
        self.run(|store| {
            // Taken first: what arrives during the look is a change.
            let state = store.state();
            let keys = store.look()?;
            store.seen.lock().unwrap_or_else(PoisonError::into_inner).state = state;
            Ok(keys)
        })
        .await
    }

    /// Oldest receipt first.
    pub(super) async fn in_order_of_receipt(
        &mut self,
        mut keys: Vec<MessageKey>,
    ) -> Result<Vec<MessageKey>, Error> {
        self.run(move |store| {
            keys.sort_by_cached_key(|key| {
                let path = store.find(key).ok().flatten();
                let at = path.and_then(|path| Store::receipt_time(key, &path).ok());
                (at.unwrap_or(Timestamp::MAX), key.clone())
            });
            Ok(keys)
        })
        .await
    }

    pub(super) async fn next_set(&mut self, keys: &[MessageKey]) -> Result<usize, Error> {
        let batch = usize::try_from(self.store.limits.batch).unwrap_or(usize::MAX).max(1);
        let leading = keys.iter().take(batch).cloned().collect::<Vec<_>>();
        self.run(move |store| {
            let limits = &store.limits;
            let weight = |size: u64| if size > limits.message_bytes { limits.header_bytes } else { size };
            let sizes = leading.iter().map(|key| {
                let path = store.find(key).ok()??;
                fs::metadata(path).ok().map(|found| weight(found.len()))
            });
            Ok(leading_set(sizes, limits.batch, limits.batch_bytes))
        })
        .await
    }

    pub(super) async fn fetch(&mut self, keys: &[MessageKey], header: bool) -> Result<Fetched, Error> {
        let keys = keys.to_vec();
        self.run(move |store| store.fetch(&keys, header)).await
    }

    pub(super) async fn file_away(
        &mut self,
        keys: &[MessageKey],
        to: Destination,
    ) -> Result<Vec<MessageKey>, Error> {
        let keys = keys.to_vec();
        self.run(move |store| store.file_away(keys, to)).await
    }

    pub(super) async fn wait(&mut self, at_most: Duration) -> Result<Wake, Error> {
        let until = Instant::now() + at_most.min(self.store.settings.poll_interval);
        if !self.store.settings.idle {
            tokio::time::sleep_until(until).await;
            return Ok(Wake::Elapsed);
        }
        loop {
            if self.store.has_changed() {
                return Ok(Wake::Changed);
            }
            let glance = Instant::now() + GLANCE;
            tokio::time::sleep_until(glance.min(until)).await;
            if glance >= until {
                return Ok(if self.store.has_changed() { Wake::Changed } else { Wake::Elapsed });
            }
        }
    }

    pub(super) fn describe(&self) -> String {
        let settings = &self.store.settings;
        format!("maildir:{} {}", settings.path.display(), settings.folders.join(", "))
    }

    /// File work happens where it may block.
    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Store) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let store = Arc::clone(&self.store);
        let path = self.store.settings.path.clone();
        tokio::task::spawn_blocking(move || work(&store))
            .await
            .unwrap_or_else(|cause| Err(Error::local("work on the Maildir", &path, io::Error::other(cause))))
    }
}

impl Store {
    fn directory(&self, folder: &str) -> PathBuf {
        match in_maildir(folder) {
            Some(name) => self.settings.path.join(name),
            None => self.settings.path.clone(),
        }
    }

    /// `new` and `cur` of every watched folder.
    fn watched(&self) -> impl Iterator<Item = (&String, PathBuf)> {
        self.settings.folders.iter().flat_map(|folder| {
            let directory = self.directory(folder);
            ["new", "cur"].map(|part| (folder, directory.join(part)))
        })
    }

    fn make(&self) -> Result<(), Error> {
        let settings = &self.settings;
        let targets = [&settings.processed_folder, &settings.attention_folder];
        let targets = targets.into_iter().filter(|_| settings.after == After::Move);
        for folder in settings.folders.iter().chain(targets) {
            self.make_folder(folder)?;
        }
        Ok(())
    }

    fn make_folder(&self, folder: &str) -> Result<(), Error> {
        let directory = self.directory(folder);
        for part in ["tmp", "new", "cur"] {
            let path = directory.join(part);
            fs::create_dir_all(&path).map_err(|cause| Error::local("create folder", &path, cause))?;
        }
        if is_inbox(folder) {
            return Ok(());
        }
        let mark = directory.join("maildirfolder");
        let made = fs::OpenOptions::new().create(true).append(true).open(&mark);
        made.map(|_| ()).map_err(|cause| Error::local("create", &mark, cause))
    }

    /// Reads the directories anew. Oldest first, as far as the file names tell.
    fn look(&self) -> Result<Vec<MessageKey>, Error> {
        let mut files = BTreeMap::new();
        for (folder, directory) in self.watched() {
            let failed = |cause| Error::local("read folder", &directory, cause);
            for entry in fs::read_dir(&directory).map_err(failed)? {
                let entry = entry.map_err(failed)?;
                // Only what is certainly no file is left out: an unknown type is looked at when it is fetched.
                let is_directory = entry.file_type().is_ok_and(|kind| kind.is_dir());
                if let Some(name) = unique_name(&entry.file_name()).filter(|_| !is_directory) {
                    files.insert(MessageKey::Maildir { folder: folder.clone(), name }, entry.path());
                }
            }
        }
        let keys = files.keys().cloned().collect();
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).files = files;
        Ok(keys)
    }

    fn state(&self) -> Vec<Option<SystemTime>> {
        self.watched()
            .map(|(_, directory)| fs::metadata(directory).and_then(|found| found.modified()).ok())
            .collect()
    }

    fn has_changed(&self) -> bool {
        let now = self.state();
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).state != now
    }

    fn remembered(&self, key: &MessageKey) -> Option<PathBuf> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).files.get(key).cloned()
    }

    /// The file of a mail, wherever it is now; `None` if it is gone.
    fn find(&self, key: &MessageKey) -> Result<Option<PathBuf>, Error> {
        if let Some(path) = self.remembered(key)
            && path.symlink_metadata().is_ok()
        {
            return Ok(Some(path));
        }
        self.look()?;
        Ok(self.remembered(key))
    }

    fn fetch(&self, keys: &[MessageKey], header: bool) -> Result<Fetched, Error> {
        let mut fetched = Fetched::default();
        for key in keys {
            let Some(path) = self.find(key)? else {
                fetched.gone.push(key.clone());
                continue;
            };
            match self.read(key, &path, header) {
                Ok(message) => fetched.messages.push(message),
                Err(cause) if cause.kind() == io::ErrorKind::NotFound && !path.is_symlink() => {
                    // It was renamed or taken between the two steps; the next look tells.
                    fetched.later.push(key.clone());
                }
                Err(cause) => {
                    tracing::warn!(file = %path.display(), %cause, "a message cannot be read");
                    fetched.owed.push(key.clone());
                    fetched
                        .reasons
                        .insert(key.clone(), format!("failed to read {}: {cause}", path.display()));
                }
            }
        }
        Ok(fetched)
    }

    fn read(&self, key: &MessageKey, path: &Path, header: bool) -> io::Result<RawMessage> {
        // Before opening: a FIFO would block for ever.
        let found = fs::metadata(path)?;
        if !found.is_file() {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is not a file"));
        }
        let size = found.len();
        let header = header || size > self.limits.message_bytes;
        let at_most =
            if header { self.limits.header_bytes } else { self.limits.message_bytes.saturating_add(1) };
        let mut bytes = Vec::new();
        fs::File::open(path)?.take(at_most).read_to_end(&mut bytes)?;
        if header {
            bytes.truncate(header_end(&bytes));
        } else if bytes.len() as u64 != size {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "it is being written to"));
        }
        let received_at = Self::receipt_time(key, path)?;
        Ok(RawMessage { key: key.clone(), received_at, bytes, omitted: header.then_some(size) })
    }

    /// The seconds that lead the file's name, else the time of its last change.
    fn receipt_time(key: &MessageKey, path: &Path) -> io::Result<Timestamp> {
        let name = match key {
            MessageKey::Maildir { name, .. } => name.as_str(),
            MessageKey::Imap { .. } => "",
        };
        match delivery_time(name) {
            Some(at) => Ok(at),
            None => Timestamp::try_from(fs::metadata(path)?.modified()?).map_err(io::Error::other),
        }
    }

    fn file_away(&self, keys: Vec<MessageKey>, to: Destination) -> Result<Vec<MessageKey>, Error> {
        if self.settings.after == After::Leave {
            return Ok(keys);
        }
        let mut filed = Vec::new();
        for key in keys {
            // Programs that read mail rename it, too: after a miss its new name is looked for, once.
            let mut result = self.file_one(&key, to);
            if matches!(&result, Err(Error::Local { cause, .. }) if cause.kind() == io::ErrorKind::NotFound) {
                self.make()?;
                result = self.file_one(&key, to);
            }
            result?;
            filed.push(key);
        }
        Ok(filed)
    }

    fn file_one(&self, key: &MessageKey, to: Destination) -> Result<(), Error> {
        let Some(path) = self.find(key)? else { return Ok(()) };
        let Some(name) = path.file_name().map(OsStr::as_bytes) else { return Ok(()) };
        let in_new = path.parent().and_then(Path::file_name) == Some(OsStr::new("new"));
        let target = match self.settings.after {
            After::Move => self.directory(self.settings.destination(to)).join("cur"),
            After::Flag if in_new => self.directory(key.folder()).join("cur"),
            After::Flag | After::Leave => return Ok(()),
        };
        let target = free_name(&target, name);
        fs::rename(&path, &target).map_err(|cause| Error::local("file away", &path, cause))?;
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if self.settings.after == After::Move {
            seen.files.remove(key);
        } else {
            seen.files.insert(key.clone(), target);
        }
        Ok(())
    }
}

/// A path in `directory` for a file of this name, with its flags; a number is put into the name when
/// the name is taken, so that nothing is overwritten.
fn free_name(directory: &Path, name: &[u8]) -> PathBuf {
    let colon = name.iter().position(|byte| *byte == b':').unwrap_or(name.len());
    let (unique, info) = name.split_at(colon);
    let info = if info.is_empty() { b":2,".as_slice() } else { info };
    let path = |unique: &[u8]| directory.join(OsStr::from_bytes(&[unique, info].concat()));
    let mut candidate = path(unique);
    let mut number: u32 = 1;
    while candidate.symlink_metadata().is_ok() {
        candidate = path(&[unique, format!("_{number}").as_bytes()].concat());
        number += 1;
    }
    candidate
}

/// The part of a file name that stays the same; bytes that are not UTF-8 become `\xNN`. `None` for hidden files.
fn unique_name(name: &OsStr) -> Option<String> {
    let name = name.as_bytes();
    let unique = name.split(|byte| *byte == b':').next()?;
    if unique.is_empty() || unique.first() == Some(&b'.') {
        return None;
    }
    let mut text = String::new();
    for chunk in unique.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().iter().map(|byte| format!("\\x{byte:02X}")));
    }
    Some(text)
}

/// Where the header ends, with its empty line.
fn header_end(bytes: &[u8]) -> usize {
    let mut start = 0;
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        start += line.len();
        if matches!(line, b"\n" | b"\r\n") {
            break;
        }
    }
    start
}
