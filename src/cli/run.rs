//! `uketsuke run`: the daemon.

use std::sync::Arc;

use super::{Context, Failure};
use crate::config::{self, Config};
use crate::daemon::Office;
use crate::daemon::service::{Ended, Signals};

/// What SIGHUP brings must be as good as what a start would need.
fn reload(context: &Context) -> Result<Config, config::Error> {
    let config = Config::load(&context.files)?;
    config.check_files()?;
    Ok(config)
}

pub async fn run(context: &Context) -> Result<u8, Failure> {
    let mut signals = Signals::listen()?;
    let mut office = context.office().await?;
    let _lock = office.take_lock().await?;
    office.require_sandbox().await?;
    office.load_registry_file().await?;
    let mut proven = office.config.clone();
    loop {
        match office.run(&mut signals, || reload(context)).await {
            Ok(Ended::Stopped) => return Ok(0),
            Ok(Ended::Reloaded(_)) if signals.is_stopped() => return Ok(0),
            Ok(Ended::Reloaded(config)) => {
                proven = office.config.clone();
                office = reopened(context, *config, &proven).await?;
            }
            // It came with the reload, and does not work here.
            Err(cause) if !Arc::ptr_eq(&proven, &office.config) => {
                tracing::error!(%cause, "the new configuration is wrong; keeping the old one");
                office = Office::open(Config::clone(&proven), context.clock).await?;
                proven = office.config.clone();
            }
            Err(cause) => return Err(cause.into()),
        }
    }
}

/// With the new configuration, or with the old one where the new one is wrong.
async fn reopened(context: &Context, config: Config, old: &Config) -> Result<Office, Failure> {
    let office = match Office::open(config, context.clock).await {
        Ok(office) => office,
        Err(cause) => {
            tracing::error!(%cause, "the new configuration is wrong; keeping the old one");
            return Ok(Office::open(old.clone(), context.clock).await?);
        }
    };
    match office.load_registry_file().await {
        Ok(()) => tracing::info!("configuration reloaded"),
        Err(cause) => tracing::error!(%cause, "the registry could not be reloaded; keeping the old one"),
    }
    Ok(office)
}
