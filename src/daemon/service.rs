//! I/O: `once` and `run`: the loops, started, watched and stopped in order.

use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

use super::deliver::{Carrier, Delivered};
use super::intake::{IntakeDesk, Taken};
use super::{Error, Office};
use crate::config::{self, Config};
use crate::inbound::mailbox::Mailbox;
use crate::ledger::views::OnceView;

impl Office {
    /// Everything `run` would do now, once: take in, file away, deliver, digest. The second value is what kept it
    /// from the mailbox, if anything did.
    pub async fn once(&self) -> Result<(OnceView, Option<Error>), Error> {
        let mark = self.ledger.mark().await?;
        let (writing, more) = watch::channel(true);
        let delivering = self.deliver_while(more);
        let taking = async {
            let taken = self.take_everything().await;
            let digest = self.daily_once().await;
            let reminders = self.remind_if_due().await;
            writing.send_replace(false);
            (taken, digest.and(reminders))
        };
        let ((taken, written), delivered) = tokio::join!(taking, delivering);
        written?;
        delivered?;
        let mut report = self.ledger.counts_since(mark).await?;
        if let Some(stop) = self.ledger.breaker().await? {
            report.stopped = stop.waiting as i64;
            report.errors.push(stop.line());
        }
        match taken {
            Ok(taken) => {
                report.errors.extend(taken.errors);
                Ok((report, None))
            }
            Err(cause) => {
                report.errors.push(cause.to_string());
                Ok((report, Some(cause)))
            }
        }
    }

    async fn take_everything(&self) -> Result<Taken, Error> {
        let mailbox = Mailbox::open(&self.config.mailbox, &self.config.limits).await?;
        let mut desk = IntakeDesk::new(self.clone(), mailbox);
        let mut taken = desk.intake_once().await?;
        // What was owed is asked for again; after three times it is taken by its header.
        for _ in 0..super::intake::PATIENCE {
            if taken.pending == 0 {
                break;
            }
            taken.add(desk.intake_once().await?);
        }
        Ok(taken)
    }

    /// The daemon. Comes back when SIGTERM or SIGINT asks for it, or SIGHUP brought a new, valid configuration.
    pub async fn run(&self, reload: impl Fn() -> Result<Config, config::Error>) -> Result<Ended, Error> {
        announce_campaign(self);
        let (stopping, stopped) = watch::channel(false);
        let intake = tokio::spawn(intake_loop(self.clone(), stopped.clone()));
        let deliver = tokio::spawn(deliver_loop(self.clone(), stopped.clone()));
        let daily = tokio::spawn(daily_loop(self.clone(), stopped));
        let metrics =
            self.listen_for_metrics().await?.map(|port| tokio::spawn(self.clone().serve_metrics(port)));
        let ended = wait_for_signals(reload).await?;
        tracing::info!("finishing the work in flight");
        stopping.send_replace(true);
        for (name, task) in [("intake", intake), ("deliver", deliver), ("daily", daily)] {
            match tokio::time::timeout(Duration::from_secs(20), task).await {
                Ok(Ok(Ok(()))) => {}
                Ok(Ok(Err(cause))) => tracing::error!(task = name, %cause, "ended with an error"),
                Ok(Err(cause)) => tracing::error!(task = name, %cause, "ended early"),
                Err(_) => tracing::warn!(task = name, "did not finish within 20 s; nothing is lost"),
            }
        }
        if let Some(metrics) = metrics {
            metrics.abort();
        }
        self.readers.shutdown().await;
        self.ledger.close().await;
        Ok(ended)
    }
}

/// Why the daemon came back.
#[derive(Debug)]
pub enum Ended {
    Stopped,
    /// SIGHUP: go on with this configuration.
    Reloaded(Box<Config>),
}

/// SIGHUP with a wrong configuration changes nothing.
async fn wait_for_signals(reload: impl Fn() -> Result<Config, config::Error>) -> Result<Ended, Error> {
    let failed =
        |cause: std::io::Error| Error::Configuration(format!("failed to listen for signals: {cause}"));
    let mut term = signal(SignalKind::terminate()).map_err(failed)?;
    let mut int = signal(SignalKind::interrupt()).map_err(failed)?;
    let mut hup = signal(SignalKind::hangup()).map_err(failed)?;
    loop {
        tokio::select! {
            _ = term.recv() => return Ok(Ended::Stopped),
            _ = int.recv() => return Ok(Ended::Stopped),
            _ = hup.recv() => match reload() {
                Ok(config) => return Ok(Ended::Reloaded(Box::new(config))),
                Err(cause) => tracing::error!(%cause, "the new configuration is wrong; keeping the old one"),
            },
        }
    }
}

/// Says at start when the campaign has not begun or is over, and goes on.
fn announce_campaign(office: &Office) {
    let now = office.now();
    if now < office.campaign.opens {
        tracing::warn!(opens = %office.campaign.opens, "the campaign has not begun yet");
    } else if now >= office.campaign.booking_opens {
        tracing::warn!(booking_opens = %office.campaign.booking_opens, "booking has opened: every change needs a person");
    }
}

async fn intake_loop(office: Office, mut stopped: watch::Receiver<bool>) -> Result<(), Error> {
    let mut desk: Option<IntakeDesk> = None;
    let mut backoff = Backoff::new();
    while !*stopped.borrow() {
        let round = async {
            if desk.is_none() {
                let mailbox = Mailbox::open(&office.config.mailbox, &office.config.limits).await?;
                tracing::info!(mailbox = %mailbox.describe(), "watching");
                desk = Some(IntakeDesk::new(office.clone(), mailbox));
            }
            office.judge_held_for_registry().await?;
            match desk.as_mut() {
                Some(desk) => desk.intake_once().await,
                None => Ok(Taken::default()),
            }
        };
        match round.await {
            Ok(taken) => {
                if taken.seen > 0 {
                    tracing::info!(
                        seen = taken.seen,
                        filed = taken.filed,
                        pending = taken.pending,
                        "round done"
                    );
                }
                backoff.recovered("mailbox");
                let Some(watching) = desk.as_mut() else { continue };
                let lost = tokio::select! {
                    woken = watching.mailbox().wait(Duration::from_mins(5)) => woken.err(),
                    _ = stopped.changed() => None,
                };
                if let Some(cause) = lost {
                    tracing::warn!(%cause, "lost the mailbox while waiting; connecting again");
                    desk = None;
                }
            }
            Err(cause) => {
                desk = None;
                let pause = backoff.failed_with("mailbox", &cause, is_refused(&cause), office.now());
                tokio::select! {
                    () = tokio::time::sleep(pause) => {}
                    _ = stopped.changed() => {}
                }
            }
        }
    }
    Ok(())
}

async fn deliver_loop(office: Office, mut stopped: watch::Receiver<bool>) -> Result<(), Error> {
    office.ledger.recover(office.now()).await?;
    let mut carrier = Carrier::new(&office)?;
    let mut backoff = Backoff::new();
    while !*stopped.borrow() {
        let pause = match carrier.deliver_once().await {
            Ok(delivered) => {
                backoff.recovered("outbox");
                if delivered == Delivered::default() { Duration::from_millis(250) } else { Duration::ZERO }
            }
            Err(cause) => backoff.failed_with("outbox", &cause, false, office.now()),
        };
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            _ = stopped.changed() => {}
        }
    }
    carrier.close().await;
    Ok(())
}

async fn daily_loop(office: Office, mut stopped: watch::Receiver<bool>) -> Result<(), Error> {
    while !*stopped.borrow() {
        if let Err(cause) = office.daily_once().await {
            tracing::error!(%cause, "the digest could not be written; trying again");
        }
        if let Err(cause) = office.remind_if_due().await {
            tracing::error!(%cause, "reminders could not be written; trying again");
        }
        tokio::select! {
            () = tokio::time::sleep(Duration::from_secs(20)) => {}
            _ = stopped.changed() => {}
        }
    }
    Ok(())
}

fn is_refused(cause: &Error) -> bool {
    matches!(cause, Error::Mailbox(cause) if cause.is_configuration())
}

/// How long a server has been failing, and how long to wait before the next try: 1 s doubling to 5 min, with a
/// spread so that several daemons do not knock together; a refused login waits ten minutes.
struct Backoff {
    since: Option<jiff::Timestamp>,
    tries: u32,
}

impl Backoff {
    fn new() -> Self {
        Self { since: None, tries: 0 }
    }

    fn recovered(&mut self, what: &str) {
        if let Some(since) = self.since.take() {
            tracing::info!(what, since = %crate::campaign::rfc3339(since), tries = self.tries, "works again");
        }
        self.tries = 0;
    }

    fn failed_with(&mut self, what: &str, cause: &Error, refused: bool, now: jiff::Timestamp) -> Duration {
        let since = *self.since.get_or_insert(now);
        self.tries += 1;
        let doubled =
            Duration::from_secs(1u64 << self.tries.min(9).saturating_sub(1)).min(Duration::from_mins(5));
        let pause = if refused { Duration::from_mins(10) } else { doubled.mul_f64(spread(now)) };
        tracing::warn!(
            what,
            since = %crate::campaign::rfc3339(since),
            tries = self.tries,
            next_try_seconds = pause.as_secs(),
            %cause,
            "not reachable; nothing is lost"
        );
        pause
    }
}

/// Between one half and one, from the clock's fraction of a second.
fn spread(now: jiff::Timestamp) -> f64 {
    0.5 + f64::from(now.subsec_nanosecond().unsigned_abs() % 1_000_000) / 2_000_000.0
}
