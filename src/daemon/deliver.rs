//! I/O: ledger.claim_due → transport.send_batch → ledger.settle. The attempt is counted before it is made.
//!
//! A batch is claimed in one commit, fenced a part at a time, and settled while it goes on: what a crash leaves in
//! doubt are the letters under the last fence of which the answer was not committed yet.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use jiff::SignedDuration;
use serde::Serialize;
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout_at};

use super::stop::LAST_DELIVERY;
use super::{Error, Office};
use crate::clock::Clock;
use crate::inspection::verdict::Template;
use crate::ledger::Ledger;
use crate::ledger::column::instant;
use crate::ledger::outbox::{Claimed, Settlement, Unoffered};
use crate::outbound::breaker;
use crate::outbound::delivery::{self, Delivery, Next};
use crate::outbound::letter::bounce_address;
use crate::outbound::transport::{self, Event, Outgoing, Transport};

/// A claim that is not settled within this time is free again: the process that held it is gone.
const LEASE: SignedDuration = SignedDuration::from_mins(15);

/// What one round of deliveries did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Delivered {
    pub sent: u64,
    pub deferred: u64,
    pub failed: u64,
}

impl Delivered {
    pub fn add(&mut self, other: Delivered) {
        self.sent += other.sent;
        self.deferred += other.deferred;
        self.failed += other.failed;
    }
}

/// Acknowledgements that wait for one commit: so many at most, and so long at most after the first of them.
const SETTLED: usize = 10;
const SETTLE_WITHIN: Duration = Duration::from_millis(100);

/// One connection's worth of sending.
pub struct Carrier {
    office: Office,
    transport: Transport,
    /// What the ledger could not be told yet: it comes before any new claim.
    owed: Books,
}

/// What became of claimed letters, until the ledger has it.
#[derive(Debug, Default)]
struct Books {
    settled: Vec<Settlement>,
    unoffered: Vec<Unoffered>,
}

impl Carrier {
    pub fn new(office: &Office) -> Result<Self, Error> {
        let transport = Transport::open(&office.config.outgoing)?;
        Ok(Self { office: office.clone(), transport, owed: Books::default() })
    }

    /// Claims and delivers batches until nothing is due, or until it is told to stop: then the delivery in flight is
    /// finished, and what was claimed beyond it is given back.
    pub async fn deliver_once(&mut self) -> Result<Delivered, Error> {
        let mut delivered = Delivered::default();
        loop {
            self.owed.write(&self.office).await?;
            if self.office.stop.is_told() {
                return Ok(delivered);
            }
            self.office.watch_breaker().await?;
            let due = self.office.ledger.claim_due(self.office.now(), transport::BATCH as u32, LEASE).await?;
            if due.is_empty() {
                return Ok(delivered);
            }
            let carried = Box::pin(self.carry(&due)).await?;
            self.office.progress.sent(carried.sent);
            delivered.add(carried);
        }
    }

    /// Sends one batch and writes down meanwhile what came of it.
    async fn carry(&mut self, due: &[Claimed]) -> Result<Delivered, Error> {
        let letters: Vec<Outgoing> = due.iter().map(|letter| self.office.outgoing(letter)).collect();
        let (ledger, clock, stop) = (self.office.ledger.clone(), self.office.clock, self.office.stop.clone());
        let stuck = &AtomicBool::new(false);
        let (events, heard) = mpsc::unbounded_channel();
        let mut desk = SettlingDesk {
            office: &self.office,
            due: due.iter().map(|letter| (letter.id, letter)).collect(),
            in_flight: BTreeSet::new(),
            books: &mut self.owed,
            stuck,
            delivered: Delivered::default(),
        };
        let transport = &mut self.transport;
        let sending = async move {
            let fence = |ids| pass_fence(ledger.clone(), ids, clock);
            // Nobody listens only when nobody is left to be told.
            let tell = |event| drop(events.send(event));
            let go_on = || !stop.is_told() && !stuck.load(Ordering::Relaxed);
            tokio::select! {
                sent = transport.send_batch(&letters, fence, tell, go_on) => sent,
                () = stop.overdue(LAST_DELIVERY) => Ok(()),
            }
        };
        let (sent, ()) = tokio::join!(sending, desk.listen(heard));
        let delivered = desk.close();
        self.owed.write(&self.office).await?;
        sent?;
        Ok(delivered)
    }

    pub async fn close(&mut self) {
        self.transport.close().await;
    }
}

impl Books {
    /// Tells the ledger. What it does not take stays here.
    async fn write(&mut self, office: &Office) -> Result<(), Error> {
        office.ledger.settle_all(&self.settled, &self.unoffered, office.now()).await?;
        self.settled.clear();
        self.unoffered.clear();
        Ok(())
    }
}

/// Hears what comes of the letters of one batch, and commits it a few at a time while the next ones are sent.
struct SettlingDesk<'a> {
    office: &'a Office,
    /// Not settled.
    due: BTreeMap<i64, &'a Claimed>,
    /// Offered, and not settled.
    in_flight: BTreeSet<i64>,
    books: &'a mut Books,
    /// Raised when the ledger takes nothing: then no further letter is offered.
    stuck: &'a AtomicBool,
    delivered: Delivered,
}

impl SettlingDesk<'_> {
    async fn listen(&mut self, mut heard: mpsc::UnboundedReceiver<Event>) {
        let mut until: Option<Instant> = None;
        loop {
            let next = match until {
                Some(until) => timeout_at(until, heard.recv()).await,
                None => Ok(heard.recv().await),
            };
            match next {
                Ok(Some(Event::Offering(id))) => {
                    self.in_flight.insert(id);
                }
                Ok(Some(Event::Settled(id, delivery))) => {
                    self.settle(id, delivery);
                    until = until.or_else(|| Some(Instant::now() + SETTLE_WITHIN));
                    if self.books.settled.len() >= SETTLED {
                        self.write().await;
                        until = None;
                    }
                }
                Ok(None) => return,
                Err(_) => {
                    self.write().await;
                    until = None;
                }
            }
        }
    }

    /// Failing, it is tried again at the end of the batch, and before the next.
    async fn write(&mut self) {
        if let Err(cause) = self.books.write(self.office).await {
            tracing::warn!(%cause, "what came of some letters could not be recorded yet; no other is sent meanwhile");
            self.stuck.store(true, Ordering::Relaxed);
        }
    }

    fn settle(&mut self, id: i64, delivery: Delivery) {
        let Some(letter) = self.due.remove(&id) else { return };
        self.in_flight.remove(&id);
        let now = self.office.now();
        let next = delivery::after(&delivery, letter.attempts as u32, instant(letter.created_at), now, id);
        match (&delivery, next) {
            (Delivery::Accepted(_), _) => self.delivered.sent += 1,
            (_, Next::GiveUp) => {
                self.delivered.failed += 1;
                let (state, why) = (delivery.as_str(), delivery.reply());
                tracing::warn!(outbox = id, state, why, "gave up on a letter; staff are told to telephone");
            }
            _ => {
                self.delivered.deferred += 1;
                let (state, why) = (delivery.as_str(), delivery.reply());
                tracing::warn!(outbox = id, state, why, "a letter has to wait");
            }
        }
        let next_attempt_at = match next {
            Next::RetryAt(at) => Some(at),
            Next::Done | Next::GiveUp => None,
        };
        self.books.settled.push(Settlement { id, delivery, next_attempt_at });
    }

    /// Nothing more will be heard: what was on its way is in doubt, what was never offered is free again.
    fn close(mut self) -> Delivered {
        for id in std::mem::take(&mut self.in_flight) {
            let cause = "the program was stopped before the server had answered; the letter may have arrived";
            self.settle(id, Delivery::Ambiguous(cause.into()));
        }
        let left = self.due.values().map(|letter| Unoffered { id: letter.id, attempts: letter.attempts });
        self.books.unoffered.extend(left);
        self.delivered
    }
}

/// Committed before the bodies of these letters are offered. A lease that was lost meanwhile ends the batch: another worker has it.
async fn pass_fence(ledger: Ledger, ids: Vec<i64>, clock: Clock) -> Result<(), Error> {
    let fenced = ledger.fence(&ids, clock.now()).await?;
    if fenced.len() == ids.len() { Ok(()) } else { Err(Error::LeaseLost) }
}

impl Office {
    fn outgoing(&self, letter: &Claimed) -> Outgoing {
        let archive = &self.config.outgoing.archive_address;
        Outgoing {
            id: letter.id,
            kind: Template::parse(&letter.kind).unwrap_or(Template::Alert),
            received_at: instant(letter.basis_at),
            envelope_from: if self.config.outgoing.bounce_extension {
                bounce_address(&self.identity, letter.id)
            } else {
                letter.envelope_from.clone()
            },
            to: letter.to.clone(),
            bytes: letter.bytes.clone(),
            archive: (!archive.is_empty()).then(|| archive.clone()),
        }
    }

    /// Stops letters to clinics where too many come back, and tells staff of it once.
    async fn watch_breaker(&self) -> Result<(), Error> {
        let now = self.now();
        let Some(stop) = self.ledger.weigh_breaker(self.config.outgoing.breaker(), now).await? else {
            return Ok(());
        };
        if stop.alerted || self.config.digest.to.is_empty() {
            return Ok(());
        }
        let material = format!("breaker:{}", stop.id);
        // One address that cannot be written must not keep the others from hearing of it.
        let letters: Vec<_> = self
            .config
            .digest
            .to
            .iter()
            .filter_map(|to| breaker::alert(&stop, to).seal(&self.identity, &material, now).ok())
            .collect();
        Ok(self.ledger.alert_of(&stop, &letters, self.state_for_staff(), now).await?)
    }

    /// Delivers everything due now over `outgoing.connections` connections, and again while `more` says that
    /// letters are still being written.
    pub async fn deliver_while(
        &self,
        mut more: tokio::sync::watch::Receiver<bool>,
    ) -> Result<Delivered, Error> {
        self.ledger.recover(self.now()).await?;
        let carriers = self.config.outgoing.connections.clamp(1, 8);
        let mut tasks = tokio::task::JoinSet::new();
        for _ in 0..carriers {
            let mut carrier = Carrier::new(self)?;
            let mut more = more.clone();
            tasks.spawn(async move {
                let mut delivered = Delivered::default();
                loop {
                    let writing = *more.borrow_and_update();
                    let round = carrier.deliver_once().await?;
                    delivered.add(round);
                    if !writing || carrier.office.stop.is_told() {
                        carrier.close().await;
                        return Ok::<Delivered, Error>(delivered);
                    }
                    if round == Delivered::default() {
                        // Letters appear in batches; the end of writing wakes us at once.
                        drop(tokio::time::timeout(Duration::from_millis(20), more.changed()).await);
                    }
                }
            });
        }
        more.mark_unchanged();
        let mut delivered = Delivered::default();
        while let Some(joined) = tasks.join_next().await {
            match joined {
                Ok(result) => delivered.add(result?),
                Err(_) => return Err(Error::Task("a deliver task ended early".to_string())),
            }
        }
        Ok(delivered)
    }
}
