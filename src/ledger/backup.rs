//! I/O: online copies (`VACUUM INTO`) and putting one back. Neither overwrites anything.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use sqlx::Connection;
use sqlx::sqlite::SqliteConnection;

use super::{Error, Ledger, lock, options, refuse_foreign};

impl Ledger {
    /// A consistent copy while others go on writing. Refuses an existing file; a half-written copy never has the
    /// final name.
    pub async fn backup(&self, target: &Path) -> Result<(), Error> {
        let options = options(&self.path).create_if_missing(false).read_only(true);
        let mut connection = SqliteConnection::connect_with(&options).await?;
        copy_into(&mut connection, target).await?;
        Ok(connection.close().await?)
    }
}

/// Checks a backup and copies it to where no database is yet. The caller holds the lock of `target`.
pub async fn restore(source: &Path, target: &Path) -> Result<(), Error> {
    let options = options(source).create_if_missing(false).read_only(true);
    let mut connection = SqliteConnection::connect_with(&options).await?;
    if refuse_foreign(&mut connection).await? == 0 {
        return Err(Error::NotALedger);
    }
    let found: Vec<String> =
        sqlx::query_scalar("PRAGMA integrity_check(5)").fetch_all(&mut connection).await?;
    if found.first().map(String::as_str) != Some("ok") {
        return Err(Error::Corrupt(found.join("; ")));
    }
    copy_into(&mut connection, target).await?;
    Ok(connection.close().await?)
}

async fn copy_into(connection: &mut SqliteConnection, target: &Path) -> Result<(), Error> {
    let refused = |cause: &str| Error::refused("write a copy to", &target.display(), cause);
    if target.exists() {
        return Err(refused("the file exists; choose another name"));
    }
    let mut part = target.as_os_str().to_os_string();
    part.push(".part");
    let part = PathBuf::from(part);
    let io = |verb: &'static str| {
        let path = target.to_path_buf();
        move |source| Error::Io { verb, path, source }
    };
    match std::fs::remove_file(&part) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(io("clear the way for")(error)),
        _ => {}
    }
    lock::make_private(&part)?;
    let name = part.to_str().ok_or_else(|| refused("its name is not UTF-8"))?;
    sqlx::query("VACUUM INTO ?1").bind(name).execute(connection).await?;
    File::open(&part).and_then(|file| file.sync_all()).map_err(io("flush"))?;
    std::fs::rename(&part, target).map_err(io("name"))?;
    let folder = target.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(io("flush the folder of"))
}
