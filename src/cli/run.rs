//! `uketsuke run`: the daemon.

use super::{Context, Failure};
use crate::config::{self, Config};
use crate::daemon::Office;
use crate::daemon::service::Ended;

/// What SIGHUP brings must be as good as what a start would need.
fn reload(context: &Context) -> Result<Config, config::Error> {
    let config = Config::load(&context.files)?;
    config.check_files()?;
    Ok(config)
}

pub async fn run(context: &Context) -> Result<u8, Failure> {
    let mut office = context.office().await?;
    let _lock = office.take_lock().await?;
    office.require_sandbox().await?;
    office.load_registry_file().await?;
    loop {
        match office.run(|| reload(context)).await? {
            Ended::Stopped => return Ok(0),
            Ended::Reloaded(config) => {
                office = Office::open(*config, context.clock).await?;
                match office.load_registry_file().await {
                    Ok(()) => tracing::info!("configuration reloaded"),
                    Err(cause) => {
                        tracing::error!(%cause, "the registry could not be reloaded; keeping the old one");
                    }
                }
            }
        }
    }
}
