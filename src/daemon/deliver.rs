//! I/O: ledger.claim_due → transport.send_batch → ledger.settle. The attempt is counted before it is made.

use std::time::Duration;

use jiff::SignedDuration;
use serde::Serialize;

use super::{Error, Office};
use crate::clock::Clock;
use crate::inspection::verdict::Template;
use crate::ledger::Ledger;
use crate::ledger::column::instant;
use crate::ledger::outbox::{Claimed, Settlement};
use crate::outbound::breaker;
use crate::outbound::delivery::{self, Delivery, Next};
use crate::outbound::letter::bounce_address;
use crate::outbound::transport::{self, Outgoing, Transport};

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

/// One connection's worth of sending.
pub struct Carrier {
    office: Office,
    transport: Transport,
}

impl Carrier {
    pub fn new(office: &Office) -> Result<Self, Error> {
        let transport = Transport::open(&office.config.outgoing)?;
        Ok(Self { office: office.clone(), transport })
    }

    /// Claims and delivers batches until nothing is due.
    pub async fn deliver_once(&mut self) -> Result<Delivered, Error> {
        let mut delivered = Delivered::default();
        loop {
            self.office.watch_breaker().await?;
            let due = self.office.ledger.claim_due(self.office.now(), transport::BATCH as u32, LEASE).await?;
            if due.is_empty() {
                return Ok(delivered);
            }
            let carried = self.carry(&due).await?;
            self.office.progress.sent(carried.sent);
            delivered.add(carried);
        }
    }

    async fn carry(&mut self, due: &[Claimed]) -> Result<Delivered, Error> {
        let archive = &self.office.config.outgoing.archive_address;
        let letters: Vec<Outgoing> = due
            .iter()
            .map(|letter| Outgoing {
                id: letter.id,
                kind: Template::parse(&letter.kind).unwrap_or(Template::Alert),
                received_at: instant(letter.basis_at),
                envelope_from: if self.office.config.outgoing.bounce_extension {
                    bounce_address(&self.office.identity, letter.id)
                } else {
                    letter.envelope_from.clone()
                },
                to: letter.to.clone(),
                bytes: letter.bytes.clone(),
                archive: (!archive.is_empty()).then(|| archive.clone()),
            })
            .collect();
        let ledger: Ledger = self.office.ledger.clone();
        let clock = self.office.clock;
        let results =
            self.transport.send_batch(&letters, |ids| pass_fence(ledger.clone(), ids, clock)).await?;
        let now = self.office.now();
        let mut delivered = Delivered::default();
        let mut settled = Vec::new();
        for (id, delivery) in results {
            let Some(letter) = due.iter().find(|letter| letter.id == id) else { continue };
            let next =
                delivery::after(&delivery, letter.attempts as u32, instant(letter.created_at), now, id);
            match (&delivery, next) {
                (Delivery::Accepted(_), _) => delivered.sent += 1,
                (_, Next::GiveUp) => {
                    delivered.failed += 1;
                    tracing::warn!(
                        outbox = id,
                        ?delivery,
                        "gave up on a letter; staff are told to telephone"
                    );
                }
                _ => {
                    delivered.deferred += 1;
                    tracing::warn!(outbox = id, ?delivery, "letter deferred");
                }
            }
            let next_attempt_at = match next {
                Next::RetryAt(at) => Some(at),
                Next::Done | Next::GiveUp => None,
            };
            settled.push(Settlement { id, delivery, next_attempt_at });
        }
        self.office.ledger.settle_all(&settled, now).await?;
        Ok(delivered)
    }

    pub async fn close(&mut self) {
        self.transport.close().await;
    }
}

/// Committed before the first body is offered. A lease that was lost meanwhile ends the batch: another worker has it.
async fn pass_fence(ledger: Ledger, ids: Vec<i64>, clock: Clock) -> Result<(), Error> {
    let fenced = ledger.fence(&ids, clock.now()).await?;
    if fenced.len() == ids.len() { Ok(()) } else { Err(Error::LeaseLost) }
}

impl Office {
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
                    if !writing {
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
