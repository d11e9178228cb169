//! I/O: what `/metrics` and `/health` tell: counts from the ledger, and when the mailbox was last looked through.

use tokio::net::TcpListener;

use super::{Error, Office};
use crate::telemetry::metrics::{self, Reading};

/// The mailbox counts as lost when it was not looked through for so long (seconds).
const STALE: i64 = 900;

impl Office {
    /// Opens the port of `[metrics] listen`, if one is set.
    pub async fn listen_for_metrics(&self) -> Result<Option<TcpListener>, Error> {
        let address = &self.config.metrics.listen;
        if address.is_empty() {
            return Ok(None);
        }
        match TcpListener::bind(address).await {
            Ok(listener) => Ok(Some(listener)),
            Err(cause) => {
                Err(Error::Configuration(format!("metrics.listen: failed to listen on {address}: {cause}")))
            }
        }
    }

    /// Answers until it is dropped.
    pub async fn serve_metrics(self, listener: TcpListener) {
        metrics::serve(listener, || self.reading()).await;
    }

    async fn reading(&self) -> Reading {
        let mut reading = Reading::default();
        match self.ledger.reconciliation().await {
            Ok(sums) => {
                reading.values.insert("uketsuke_mails_seen".into(), sums.seen);
                reading.values.insert("uketsuke_mails_recorded".into(), sums.recorded);
                reading.values.insert("uketsuke_mails_pending".into(), sums.pending);
                reading.values.insert("uketsuke_mails_difference".into(), sums.difference);
                if sums.difference != 0 {
                    reading.trouble = Some(format!("reconciliation.difference is {}", sums.difference));
                }
            }
            Err(cause) => reading.trouble = Some(cause.to_string()),
        }
        match self.ledger.outbox_states().await {
            Ok(states) => {
                for (state, count) in states {
                    reading.values.insert(format!("uketsuke_outbox{{state=\"{state}\"}}"), count);
                }
            }
            Err(cause) => reading.trouble = Some(cause.to_string()),
        }
        match self.ledger.breaker().await {
            Ok(stop) => {
                reading.values.insert("uketsuke_breaker_open".into(), i64::from(stop.is_some()));
                if let Some(stop) = stop {
                    reading.trouble = Some(format!(
                        "letters to clinics are stopped by {}; uketsuke outbox resume",
                        stop.setting
                    ));
                }
            }
            Err(cause) => reading.trouble = Some(cause.to_string()),
        }
        match self.ledger.service_checked_at("mailbox").await {
            Ok(Some(at)) => {
                let age = self.now().as_second() - at.as_second();
                reading.values.insert("uketsuke_mailbox_checked_seconds_ago".into(), age);
                if age > STALE {
                    reading.trouble = Some(format!("the mailbox was last looked through {age} s ago"));
                }
            }
            Ok(None) => reading.trouble = Some("the mailbox was not looked through yet".into()),
            Err(cause) => reading.trouble = Some(cause.to_string()),
        }
        reading
    }
}
