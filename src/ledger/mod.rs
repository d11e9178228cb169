//! I/O: every SQL statement of the program, as verbs over one SQLite file.
//!
//! One writer connection, every write in `BEGIN IMMEDIATE`; a small pool of readers. WAL with
//! `synchronous = FULL`: what is committed survives a loss of power. All SQL is static text with bound values.
//! A database that was written by a newer program is refused, never migrated down.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqlitePool, SqlitePoolOptions,
    SqliteSynchronous,
};
use sqlx::{ConnectOptions, Connection, Sqlite, Transaction};

use crate::clinic::Registry;
use crate::sha256;

pub mod column;
mod error;
mod lock;
pub mod audit;
pub mod intake;
mod attempt;
mod record;
mod in_force;
mod letters;
mod standing;
pub mod progress;
pub mod outbox;
pub mod breaker;
pub mod registry;
pub mod staff;
pub mod recorded;
pub mod setup;
pub mod activity;
mod clinics;
mod slots;
mod work;
mod mail_state;
mod differences;
mod look_back;
pub mod views;
pub mod submissions;
pub mod show;
pub mod verify;
mod verify_sums;
pub mod backup;

pub use error::Error;
pub use intake::{Intake, NewLetter, NewMail, NewState};
pub use lock::{LockGuard, lock};

/// `PRAGMA user_version` that this program writes and reads.
pub const SCHEMA: i64 = 2;
/// `PRAGMA application_id`: "utsK".
const APPLICATION_ID: i64 = 1_970_561_355;

static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!("./migrations");

/// The write lock is taken at once, so that no transaction fails half-way for want of it.
const WRITE: &str = "BEGIN IMMEDIATE";

/// A version and the registry that it names.
type CachedRegistry = (i64, Arc<Registry>);

/// The ledger, open. Cheap to clone; all clones share the connections.
#[derive(Clone, Debug)]
pub struct Ledger {
    path: PathBuf,
    writer: SqlitePool,
    readers: SqlitePool,
    /// The registry as of a version that is committed.
    registry: Arc<Mutex<Option<CachedRegistry>>>,
}

impl Ledger {
    /// Opens the database, creating it (and its folder) when it is missing, and brings its schema up to date.
    /// `now` dates the creation only.
    pub async fn open(path: &Path, now: Timestamp) -> Result<Self, Error> {
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            std::fs::create_dir_all(folder).map_err(|source| Error::Io {
                verb: "create the folder",
                path: folder.to_path_buf(),
                source,
            })?;
        }
        lock::make_private(path)?;
        prepare(path, now).await?;
        let writer = SqlitePoolOptions::new()
            .max_connections(1)
            .idle_timeout(None)
            .max_lifetime(None)
            .test_before_acquire(false)
            .connect_lazy_with(
                options(path)
                    .statement_cache_capacity(200)
                    // A batch of fifty mails is some 4 MB: it must not be spilled to the WAL more than once.
                    .pragma("cache_size", "-8192")
                    .pragma("wal_autocheckpoint", "4000"),
            );
        let readers = SqlitePoolOptions::new()
            .max_connections(3)
            .max_lifetime(None)
            .test_before_acquire(false)
            .connect_lazy_with(options(path).pragma("query_only", "ON"));
        Ok(Self { path: path.to_path_buf(), writer, readers, registry: Arc::default() })
    }

    /// Opens an existing database for looking only; every writing verb answers [`Error::ReadOnly`].
    pub async fn open_read_only(path: &Path) -> Result<Self, Error> {
        let options = options(path).create_if_missing(false).read_only(true);
        let mut connection = SqliteConnection::connect_with(&options).await?;
        let version = refuse_foreign(&mut connection).await?;
        connection.close().await?;
        if version < SCHEMA {
            return Err(Error::OlderSchema { found: version, known: SCHEMA });
        }
        let readers = SqlitePoolOptions::new()
            .max_connections(3)
            .max_lifetime(None)
            .test_before_acquire(false)
            .connect_lazy_with(options);
        Ok(Self { path: path.to_path_buf(), writer: readers.clone(), readers, registry: Arc::default() })
    }

    /// `PRAGMA quick_check`: for the start of `run` and `once`.
    pub async fn quick_check(&self) -> Result<(), Error> {
        let found: Vec<String> = sqlx::query_scalar("PRAGMA quick_check(5)").fetch_all(&self.readers).await?;
        match found.first().map(String::as_str) {
            Some("ok") => Ok(()),
            _ => Err(Error::Corrupt(found.join("; "))),
        }
    }

    /// Waits for the running statements and closes every connection (the last one folds the WAL in).
    pub async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The 32 random bytes made with the database (Message-IDs, bounce addresses).
    pub async fn instance_key(&self) -> Result<[u8; 32], Error> {
        let key: Vec<u8> = sqlx::query_scalar("SELECT value FROM meta WHERE key = 'instance_key'")
            .fetch_one(&self.readers)
            .await?;
        key.try_into().map_err(|_| Error::Corrupt("meta.instance_key is not 32 bytes long".into()))
    }

    /// When the database was made.
    pub async fn created_at(&self) -> Result<Timestamp, Error> {
        let at: Vec<u8> = sqlx::query_scalar("SELECT value FROM meta WHERE key = 'created_at'")
            .fetch_one(&self.readers)
            .await?;
        let text = String::from_utf8_lossy(&at).into_owned();
        text.parse().map_err(|_| Error::Corrupt(format!("meta.created_at is {text:?}")))
    }

    /// When the last entry of the audit trail was made.
    pub async fn last_entry_at(&self) -> Result<Option<Timestamp>, Error> {
        let at: Option<i64> =
            sqlx::query_scalar("SELECT MAX(at) FROM audit").fetch_one(&self.readers).await?;
        Ok(column::maybe_instant(at))
    }

    /// Tells one database from another (hex).
    pub async fn database_id(&self) -> Result<String, Error> {
        let id: Vec<u8> = sqlx::query_scalar("SELECT value FROM meta WHERE key = 'database_id'")
            .fetch_one(&self.readers)
            .await?;
        Ok(String::from_utf8_lossy(&id).into_owned())
    }

    /// A transaction that writes. Where the last one could neither be committed nor rolled back by us (SQLite rolls
    /// back by itself when the disk is full), its connection counts as still inside it: that one is thrown away.
    async fn write(&self) -> Result<Transaction<'static, Sqlite>, Error> {
        use sqlx::Error::{BeginFailed, InvalidSavePointStatement, WorkerCrashed};
        match self.writer.begin_with(WRITE).await {
            Err(cause @ (InvalidSavePointStatement | BeginFailed | WorkerCrashed)) => {
                tracing::debug!(%cause, "the ledger's connection is in doubt and is opened anew");
                // Closing it takes back whatever is open; an error of the closing changes nothing about that.
                drop(self.writer.acquire().await?.close().await);
                Ok(self.writer.begin_with(WRITE).await?)
            }
            begun => Ok(begun?),
        }
    }

    /// One consistent picture for several statements.
    async fn read(&self) -> Result<Transaction<'static, Sqlite>, Error> {
        Ok(self.readers.begin().await?)
    }

    fn cached_registry(&self, version: i64) -> Option<Arc<Registry>> {
        let cached = self.registry.lock().unwrap_or_else(PoisonError::into_inner);
        cached.as_ref().filter(|(known, _)| *known == version).map(|(_, registry)| registry.clone())
    }

    fn cache_registry(&self, version: i64, registry: Arc<Registry>) {
        *self.registry.lock().unwrap_or_else(PoisonError::into_inner) = Some((version, registry));
    }
}

fn options(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .foreign_keys(true)
        .busy_timeout(Duration::from_secs(10))
        .synchronous(SqliteSynchronous::Full)
        .pragma("trusted_schema", "OFF")
        .pragma("cell_size_check", "ON")
        .pragma("secure_delete", "ON")
        .pragma("temp_store", "MEMORY")
        .pragma("journal_size_limit", "67108864")
        .disable_statement_logging()
}

/// Creates or migrates the file over one connection of its own, so that no pool ever sees an old schema.
async fn prepare(path: &Path, now: Timestamp) -> Result<(), Error> {
    let mut connection =
        SqliteConnection::connect_with(&options(path).journal_mode(SqliteJournalMode::Wal)).await?;
    let version = refuse_foreign(&mut connection).await?;
    if version < SCHEMA {
        MIGRATIONS.run(&mut connection).await.map_err(Error::Migration)?;
    }
    if meta_rows(&mut connection).await? == 0 {
        let mut tx = connection.begin_with("BEGIN IMMEDIATE").await?;
        let mut id = lock::random(path)?.to_vec();
        id.truncate(8);
        for (key, value) in [
            ("instance_key", lock::random(path)?.to_vec()),
            ("database_id", sha256::hex(&id).into_bytes()),
            ("created_at", crate::campaign::rfc3339(now).into_bytes()),
        ] {
            sqlx::query("INSERT INTO meta (key, value) VALUES (?1, ?2) ON CONFLICT DO NOTHING")
                .bind(key)
                .bind(value)
                .execute(&mut *tx)
                .await?;
        }
        tx.commit().await?;
    }
    connection.close().await?;
    Ok(())
}

async fn meta_rows(connection: &mut SqliteConnection) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar("SELECT COUNT(*) FROM meta").fetch_one(connection).await
}

/// The schema's version; 0 for an empty file. Another program's database and a newer schema are refused.
async fn refuse_foreign(connection: &mut SqliteConnection) -> Result<i64, Error> {
    let id: i64 = sqlx::query_scalar("PRAGMA application_id").fetch_one(&mut *connection).await?;
    let version: i64 = sqlx::query_scalar("PRAGMA user_version").fetch_one(&mut *connection).await?;
    let tables: i64 =
        sqlx::query_scalar("SELECT COUNT(*) FROM sqlite_master WHERE name NOT LIKE '\\_sqlx%' ESCAPE '\\'")
            .fetch_one(&mut *connection)
            .await?;
    if id != APPLICATION_ID && (id != 0 || tables > 0) {
        return Err(Error::NotALedger);
    }
    if version > SCHEMA {
        return Err(Error::NewerSchema { found: version, known: SCHEMA });
    }
    Ok(if id == 0 { 0 } else { version })
}

#[cfg(test)]
mod tests;
