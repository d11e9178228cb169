//! I/O: one mail inside the ledger's transaction: ask what is known, judge, number the forms, write the letters.

use jiff::Timestamp;

use super::{Error, Office};
use crate::clinic::address_key;
use crate::inbound::uid::{MessageKey, RawMessage};
use crate::inspection::dissected::Dissected;
use crate::inspection::fault::contained;
use crate::inspection::judge::budget::Budget;
use crate::inspection::judge::{self, Desk, Examined, Known, Mail};
use crate::inspection::judgement::{Answer, Inspection};
use crate::inspection::rules::mail::m18_unaddressable;
use crate::inspection::sender::trusted_receipt;
use crate::inspection::standing::MailStanding;
use crate::ledger::{Intake, NewLetter, NewState};
use crate::outbound::letter::{Draft, Letter};
use crate::outbound::reply::{self, Occasion};

/// A mail with what the limited child made of it, ready for the ledger.
pub(super) struct Ready {
    pub raw: RawMessage,
    pub sha256: String,
    pub dissected: Dissected,
    pub examined: Examined,
}

impl Office {
    /// Judges a mail inside the ledger's transaction and writes its letters. `numbers`: receipt numbers that its
    /// forms bear already.
    pub(super) async fn judge(
        &self,
        intake: &mut Intake,
        ready: &Ready,
        received_at: Timestamp,
        standing: MailStanding,
        numbers: &[Option<String>],
    ) -> Result<(Inspection, Vec<Addressed>), Error> {
        let registry = intake.registry().await?;
        let desk = Desk {
            campaign: &self.campaign,
            registry: &registry,
            settings: &self.judge,
            with_registry: true,
        };
        let mail = Mail {
            dissected: &ready.dissected,
            examined: &ready.examined,
            received_at: Some(received_at),
            seen_at: self.now(),
            bare: false,
            entered_for: None,
        };
        let known = known(intake, &desk, &mail, standing).await?;
        let mut inspection = judge::inspect(&desk, &mail, &known);
        for (at, submission) in
            inspection.submissions.iter_mut().enumerate().filter(|(_, s)| s.form.is_some())
        {
            submission.receipt = if let Some(number) = numbers.get(at).cloned().flatten() {
                Some(number)
            } else {
                let venue = submission.clinic.as_ref().map_or("0", |clinic| &clinic.venue_no);
                Some(intake.next_receipt(self.campaign.period, venue).await?)
            };
        }
        let mut letters = self.write_letters(ready, &mut inspection);
        self.put_off(intake, &mut letters).await?;
        Ok((inspection, letters))
    }

    /// Renders the reply before the commit. An address that cannot be written to is for the telephone (M18).
    fn write_letters(&self, ready: &Ready, inspection: &mut Inspection) -> Vec<Addressed> {
        let message = &ready.dissected.message;
        let state = match inspection.answer {
            Answer::Silent(_) => return Vec::new(),
            Answer::Send(_) if self.config.outgoing.sends_to_clinics() => NewState::Queued,
            Answer::Send(_) | Answer::Draft(_) => NewState::Held,
            Answer::Suppress(_) => NewState::Suppressed,
        };
        let occasion = Occasion {
            campaign: &self.campaign,
            settings: &self.config.replies,
            inspection,
            message,
            contents: &ready.dissected.contents,
            own_address: &self.identity.from,
            rehearsal: self.config.replies.rehearsal,
        };
        let drafts: Vec<Draft> = match contained(|| reply::compose(&occasion)) {
            Ok(drafts) => drafts,
            Err(reason) => {
                inspection.needs_staff = true;
                inspection.findings.push(m18_unaddressable(message.from(), &reason));
                return Vec::new();
            }
        };
        let only_receipt = match inspection.submissions.as_slice() {
            [submission] => submission.receipt.clone(),
            _ => None,
        };
        let mut letters = Vec::new();
        for (place, draft) in drafts.iter().enumerate() {
            match draft.seal(&self.identity, &format!("{}:{place}", ready.sha256), self.now()) {
                Ok(letter) => {
                    letters.push(Addressed {
                        letter,
                        state,
                        receipt: only_receipt.clone(),
                        not_before: None,
                    });
                }
                Err(cause) => {
                    inspection.needs_staff = true;
                    inspection.findings.push(m18_unaddressable(&draft.to, &cause.to_string()));
                }
            }
        }
        letters
    }

    /// The budgets that put letters off: by domain and hour, by hour, by day.
    async fn put_off(&self, intake: &mut Intake, letters: &mut [Addressed]) -> Result<(), Error> {
        let replies = &self.config.replies;
        let now = self.now();
        let mut beside: Vec<(String, Timestamp)> = Vec::new();
        for new in letters.iter_mut().filter(|new| new.state == NewState::Queued) {
            let key = address_key(&new.letter.to);
            let domain = key.rsplit_once('@').map(|(_, domain)| domain.to_string()).unwrap_or_default();
            let mut at = now;
            for (budget, domain) in [
                (Budget::per_hour(replies.budget_per_domain_hour), Some(domain.as_str())),
                (Budget::per_hour(replies.budget_per_hour), None),
                (Budget::per_day(replies.budget_per_day), None),
            ] {
                if budget.limit == 0 {
                    continue;
                }
                let mut planned = intake.planned_letters(budget.limit, domain).await?;
                planned.extend(
                    beside.iter().filter(|(to, _)| domain.is_none_or(|own| own == to)).map(|(_, at)| *at),
                );
                at = at.max(budget.next(now, &planned));
            }
            new.not_before = (at > now).then_some(at);
            beside.push((domain, at));
        }
        Ok(())
    }

    /// INTERNALDATE decides; for a Maildir the trusted relay's time stamp, where one is configured.
    pub(super) fn receipt_time(&self, ready: &Ready) -> Timestamp {
        match ready.raw.key {
            MessageKey::Imap { .. } => ready.raw.received_at,
            MessageKey::Maildir { .. } => {
                trusted_receipt(&ready.dissected.message, &self.judge.sender).unwrap_or(ready.raw.received_at)
            }
        }
    }
}

/// Everything the judgement of a mail must be told by the ledger.
pub(super) async fn known(
    intake: &mut Intake,
    desk: &Desk<'_>,
    mail: &Mail<'_>,
    standing: MailStanding,
) -> Result<Known, Error> {
    let asks = judge::asks(desk, mail, &standing);
    let mut known = Known { mail: standing, ..Known::default() };
    for venue in asks.venues {
        let standing = intake.standing(&venue).await?;
        known.clinics.insert(venue, standing);
    }
    for (venue, fingerprint) in asks.fingerprints {
        let twins = intake.twins(&fingerprint, &venue).await?;
        known.twins.insert(fingerprint, twins);
    }
    Ok(known)
}

/// A letter with the state in which it enters the outbox.
pub(super) struct Addressed {
    letter: Letter,
    pub state: NewState,
    receipt: Option<String>,
    /// A budget puts it off.
    not_before: Option<Timestamp>,
}

impl Addressed {
    pub fn as_new(&self) -> NewLetter<'_> {
        NewLetter {
            letter: &self.letter,
            state: self.state,
            receipt: self.receipt.as_deref(),
            not_before: self.not_before,
        }
    }
}
