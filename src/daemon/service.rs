//! I/O: `once` and `run`: the loops, started, watched and stopped in order.

use std::time::Duration;

use futures::FutureExt;
use jiff::SignedDuration;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;
use tokio::time::{Instant, timeout_at};

use super::deliver::{Carrier, Delivered};
use super::intake::{IntakeDesk, Taken};
use super::stop::LAST_DELIVERY;
use super::{Error, Office};
use crate::config::{self, Config};
use crate::inbound::mailbox::Mailbox;
use crate::ledger::views::OnceView;

/// For what follows the last delivery: its commit, the farewell to the server.
const GRACE: Duration = Duration::from_secs(5);

/// Between two askings of `once` for the same mail: a server that stumbled may be on its feet again.
const BREATH: Duration = Duration::from_millis(500);
/// So far a clock may be set back without a word.
const SLACK: SignedDuration = SignedDuration::from_mins(1);

impl Office {
    /// Everything `run` would do now, once: take in, file away, deliver, digest. The second value is what kept it
    /// from the mailbox, if anything did. Told to stop, it ends as `run` does.
    pub async fn once(&self) -> Result<(OnceView, Option<Error>), Error> {
        self.announce_clock().await?;
        let mark = self.ledger.mark().await?;
        let (writing, more) = watch::channel(true);
        let delivering = self.deliver_while(more);
        let taking = async {
            let taken = self.take_everything().await;
            let written = if self.stop.is_told() { Ok(()) } else { self.write_what_is_due().await };
            writing.send_replace(false);
            (taken, written)
        };
        let work = async { tokio::join!(taking, delivering) };
        let ended = tokio::select! {
            ended = work => Some(ended),
            () = self.stop.overdue(LAST_DELIVERY + GRACE) => None,
        };
        let mut report = self.ledger.counts_since(mark).await?;
        if let Some(stop) = self.ledger.breaker().await? {
            report.stopped = stop.waiting as i64;
            report.errors.push(stop.line());
        }
        report.errors.extend(self.in_doubt().await?);
        let Some(((taken, written), delivered)) = ended else {
            report.errors.push("stopped before everything was done; nothing is lost".to_string());
            return Ok((report, None));
        };
        written?;
        delivered?;
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

    /// A line about letters that were cut off while they were sent.
    async fn in_doubt(&self) -> Result<Option<String>, Error> {
        let states = self.ledger.outbox_states().await?;
        let count = states.iter().find(|(state, _)| state == "ambiguous").map_or(0, |(_, count)| *count);
        Ok((count > 0).then(|| {
            format!(
                "letters that may have arrived although no answer was read: {count}; they are sent again, ten minutes \
                 later at the earliest (uketsuke outbox --state ambiguous)"
            )
        }))
    }

    async fn write_what_is_due(&self) -> Result<(), Error> {
        let digest = self.daily_once().await;
        let reminders = self.remind_if_due().await;
        digest.and(reminders).map(drop)
    }

    /// Has [`Office::stop`] told on SIGTERM or SIGINT, while this is waited for.
    pub async fn stop_on(&self, signals: &mut Signals) -> std::convert::Infallible {
        signals.stop().await;
        tracing::info!("finishing the work in flight");
        self.stop.tell();
        std::future::pending().await
    }

    async fn take_everything(&self) -> Result<Taken, Error> {
        let mailbox = Mailbox::open(&self.config.mailbox, &self.config.limits).await?;
        let mut desk = IntakeDesk::new(self.clone(), mailbox);
        let mut taken = desk.intake_once().await?;
        // What was owed is asked for again; after three times it is taken by its header.
        for _ in 0..super::intake::PATIENCE {
            if taken.pending == 0 || self.stop.is_told() {
                break;
            }
            self.stop.pause(BREATH).await;
            taken.add(desk.intake_once().await?);
        }
        Ok(taken)
    }

    /// The daemon. Comes back when SIGTERM or SIGINT asks for it, or SIGHUP brought a new, valid configuration.
    pub async fn run(
        &self,
        signals: &mut Signals,
        reload: impl Fn() -> Result<Config, config::Error>,
    ) -> Result<Ended, Error> {
        announce_campaign(self);
        self.announce_clock().await?;
        let metrics =
            self.listen_for_metrics().await?.map(|port| tokio::spawn(self.clone().serve_metrics(port)));
        let tasks = [
            ("intake", tokio::spawn(intake_loop(self.clone()))),
            ("deliver", tokio::spawn(deliver_loop(self.clone()))),
            ("daily", tokio::spawn(daily_loop(self.clone()))),
        ];
        let ended = signals.end(reload).await;
        tracing::info!("finishing the work in flight");
        self.stop.tell();
        let deadline = Instant::now() + LAST_DELIVERY + GRACE;
        for (name, mut task) in tasks {
            match timeout_at(deadline, &mut task).await {
                Ok(Ok(())) => {}
                Ok(Err(cause)) => tracing::error!(task = name, %cause, "ended early"),
                Err(_) => {
                    tracing::warn!(task = name, "did not finish in time; nothing is lost");
                    task.abort();
                }
            }
        }
        if let Some(metrics) = metrics {
            metrics.abort();
        }
        self.readers.shutdown().await;
        // A connection that a cut-off task still holds must not keep the program.
        drop(tokio::time::timeout(GRACE, self.ledger.close()).await);
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

/// The signals of the program, listened to from its start: none is lost while the loops are started anew.
#[derive(Debug)]
pub struct Signals {
    term: Signal,
    int: Signal,
    hup: Signal,
}

impl Signals {
    pub fn listen() -> Result<Self, Error> {
        let on = |kind| {
            signal(kind)
                .map_err(|cause| Error::Configuration(format!("failed to listen for signals: {cause}")))
        };
        Ok(Self {
            term: on(SignalKind::terminate())?,
            int: on(SignalKind::interrupt())?,
            hup: on(SignalKind::hangup())?,
        })
    }

    /// SIGTERM or SIGINT.
    async fn stop(&mut self) {
        tokio::select! {
            _ = self.term.recv() => {}
            _ = self.int.recv() => {}
        }
    }

    /// SIGHUP with a wrong configuration changes nothing.
    async fn end(&mut self, reload: impl Fn() -> Result<Config, config::Error>) -> Ended {
        loop {
            tokio::select! {
                biased;
                _ = self.term.recv() => return Ended::Stopped,
                _ = self.int.recv() => return Ended::Stopped,
                _ = self.hup.recv() => match reload() {
                    Ok(config) => return Ended::Reloaded(Box::new(config)),
                    Err(cause) => tracing::error!(%cause, "the new configuration is wrong; keeping the old one"),
                },
            }
        }
    }

    /// Was the program asked to stop meanwhile?
    pub fn is_stopped(&mut self) -> bool {
        self.stop().now_or_never().is_some()
    }
}

impl Office {
    /// Warns when the clock stands before what the ledger has seen already: digests and delays go by it.
    async fn announce_clock(&self) -> Result<(), Error> {
        let now = self.now();
        let ahead = |last: &jiff::Timestamp| last.duration_since(now) > SLACK;
        if let Some(last) = self.ledger.last_entry_at().await?.filter(ahead) {
            tracing::warn!(
                now = %crate::campaign::rfc3339(now),
                last_entry = %crate::campaign::rfc3339(last),
                "the clock stands before the last entry of the ledger; it is wrong now, or was wrong then"
            );
        }
        Ok(())
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

async fn intake_loop(office: Office) {
    let mut desk: Option<IntakeDesk> = None;
    let mut backoff = Backoff::new();
    while !office.stop.is_told() {
        match intake_round(&office, &mut desk).await {
            Ok(taken) => {
                if taken.seen > 0 {
                    tracing::info!(
                        seen = taken.seen,
                        filed = taken.filed,
                        pending = taken.pending,
                        "round done"
                    );
                }
                backoff.recovered();
                let Some(watching) = desk.as_mut() else { continue };
                let lost = tokio::select! {
                    woken = watching.mailbox().wait(Duration::from_mins(5)) => woken.err(),
                    () = office.stop.told() => None,
                };
                if let Some(cause) = lost {
                    tracing::warn!(%cause, "lost the mailbox while waiting; connecting again");
                    desk = None;
                }
            }
            Err(cause) => {
                // Trouble of this machine is no reason to leave the server: what the desk knows of its mail is kept.
                if matches!(cause, Error::Mailbox(_)) {
                    desk = None;
                }
                office.stop.pause(backoff.failed("mailbox", &cause, office.now())).await;
            }
        }
    }
}

async fn intake_round(office: &Office, desk: &mut Option<IntakeDesk>) -> Result<Taken, Error> {
    if desk.is_none() {
        let mailbox = Mailbox::open(&office.config.mailbox, &office.config.limits).await?;
        tracing::info!(mailbox = %mailbox.describe(), "watching");
        *desk = Some(IntakeDesk::new(office.clone(), mailbox));
    }
    office.judge_held_for_registry().await?;
    match desk.as_mut() {
        Some(desk) => desk.intake_once().await,
        None => Ok(Taken::default()),
    }
}

async fn deliver_loop(office: Office) {
    let mut carrier: Option<Carrier> = None;
    let mut backoff = Backoff::new();
    while !office.stop.is_told() {
        let pause = match deliver_round(&office, &mut carrier).await {
            Ok(delivered) => {
                backoff.recovered();
                if delivered == Delivered::default() { Duration::from_millis(250) } else { Duration::ZERO }
            }
            Err(cause) => backoff.failed("outbox", &cause, office.now()),
        };
        office.stop.pause(pause).await;
    }
    if let Some(mut carrier) = carrier {
        carrier.close().await;
    }
}

/// The first time it settles what an earlier run was cut off from.
async fn deliver_round(office: &Office, carrier: &mut Option<Carrier>) -> Result<Delivered, Error> {
    if carrier.is_none() {
        let opened = Carrier::new(office)?;
        office.ledger.recover(office.now()).await?;
        *carrier = Some(opened);
    }
    match carrier.as_mut() {
        Some(carrier) => carrier.deliver_once().await,
        None => Ok(Delivered::default()),
    }
}

async fn daily_loop(office: Office) {
    while !office.stop.is_told() {
        if let Err(cause) = office.daily_once().await {
            tracing::error!(%cause, "the digest could not be written; trying again");
        }
        if let Err(cause) = office.remind_if_due().await {
            tracing::error!(%cause, "reminders could not be written; trying again");
        }
        office.stop.pause(Duration::from_secs(20)).await;
    }
}

fn is_refused(cause: &Error) -> bool {
    matches!(cause, Error::Mailbox(cause) if cause.is_configuration())
}

/// How long something has been failing, and how long to wait before the next try: 1 s doubling to 5 min (30 s for
/// this machine's own trouble, which costs no server anything), with a spread so that several daemons do not knock
/// together; a refused login waits ten minutes.
struct Backoff {
    since: Option<jiff::Timestamp>,
    what: &'static str,
    tries: u32,
}

impl Backoff {
    fn new() -> Self {
        Self { since: None, what: "", tries: 0 }
    }

    fn recovered(&mut self) {
        if let Some(since) = self.since.take() {
            tracing::info!(what = self.what, since = %crate::campaign::rfc3339(since), tries = self.tries, "works again");
        }
        self.tries = 0;
    }

    /// `what` is reached for; the cause may lie elsewhere.
    fn failed(&mut self, what: &'static str, cause: &Error, now: jiff::Timestamp) -> Duration {
        let since = *self.since.get_or_insert(now);
        self.tries += 1;
        let (what, told, longest) = match cause {
            Error::Mailbox(_) | Error::Transport(_) => {
                (what, "not reachable; nothing is lost", Duration::from_mins(5))
            }
            Error::Ledger(crate::ledger::Error::Full) => {
                ("disk", "no room; work waits for it, nothing is moved or lost", Duration::from_secs(30))
            }
            Error::Ledger(_) => {
                ("ledger", "it cannot be used now; nothing is moved or lost", Duration::from_secs(30))
            }
            _ => (what, "this machine is in trouble; nothing is lost", Duration::from_secs(30)),
        };
        self.what = what;
        let doubled = Duration::from_secs(1u64 << self.tries.min(9).saturating_sub(1)).min(longest);
        let pause = if is_refused(cause) { Duration::from_mins(10) } else { doubled.mul_f64(spread(now)) };
        tracing::warn!(
            what,
            since = %crate::campaign::rfc3339(since),
            tries = self.tries,
            next_try_seconds = pause.as_secs(),
            %cause,
            "{told}"
        );
        pause
    }
}

/// Between one half and one, from the clock's fraction of a second.
fn spread(now: jiff::Timestamp) -> f64 {
    0.5 + f64::from(now.subsec_nanosecond().unsigned_abs() % 1_000_000) / 2_000_000.0
}
