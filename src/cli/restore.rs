//! `uketsuke restore`: a backup back to where the database was. It refuses to overwrite anything.

use std::path::{Path, PathBuf};

use serde_json::json;

use super::progress::shown;
use super::{Context, EXIT_IO, Failure, print, print_json};
use crate::daemon::progress::Progress;
use crate::ledger::{self, backup};

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  systemctl stop uketsuke\n  mv var/uketsuke.db* broken/\n  uketsuke restore backup/uketsuke-20211008.db"
)]
pub struct Arguments {
    /// A file written by `uketsuke backup`.
    file: PathBuf,
}

pub async fn restore(context: &Context, arguments: &Arguments) -> Result<u8, Failure> {
    let target = &context.config.database.path;
    let io = |cause: String| Failure::new(EXIT_IO, cause);
    if !arguments.file.is_file() {
        return Err(io(format!("failed to read {}: there is no such file", arguments.file.display())));
    }
    if let Some(folder) = target.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder)
            .map_err(|cause| io(format!("failed to make the folder {}: {cause}", folder.display())))?;
    }
    let _lock = ledger::lock(target)?;
    // A journal that was left behind would be folded into the restored database.
    for path in [target.clone(), beside(target, "-wal"), beside(target, "-shm"), beside(target, "-journal")] {
        if path.exists() {
            return Err(io(format!(
                "failed to restore: {} exists, and nothing is overwritten; move {}* to another folder first",
                path.display(),
                target.display()
            )));
        }
    }
    let copying = backup::restore(&arguments.file, target);
    shown(context, "復元中", &Progress::default(), copying).await?;
    if context.json() {
        print_json(
            &json!({ "restored": target.display().to_string(), "from": arguments.file.display().to_string() }),
        )?;
    } else {
        print(&format!(
            "{} を {} に復元しました。控えより後に届いたメールは、受信箱へ戻すと受け付け直します。\n",
            arguments.file.display(),
            target.display()
        ));
    }
    Ok(0)
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_os_string();
    name.push(suffix);
    PathBuf::from(name)
}
