//! I/O: every stored mail judged again by today's rules and registry, in the order of receipt, in a ledger of its own:
//! what stands in the real one does not colour the judgement, and is not touched unless that is asked for.

use std::path::Path;

use jiff::Timestamp;
use serde::Serialize;

use super::answer::Ready;
use super::decide::Entry;
use super::{Error, Office};
use crate::inspection::judge;
use crate::inspection::judgement::Inspection;
use crate::inspection::verdict::Outcome;
use crate::ledger::intake::{NewMail, StoredEntry};
use crate::ledger::staff::Decision;
use crate::ledger::submissions::SubmissionView;
use crate::ledger::{Ledger, NewLetter, NewState};

/// One form (or mail without one) that would be judged differently.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Difference {
    pub mail: i64,
    pub receipt: Option<String>,
    pub outcome_before: Option<String>,
    pub outcome_after: Option<String>,
    pub sum_before: Option<i64>,
    pub sum_after: Option<i64>,
    pub timing_before: Option<String>,
    pub timing_after: Option<String>,
    /// A person decided on this mail: it is left alone.
    pub decided: bool,
}

#[derive(Clone, Debug, Default, Serialize)]
pub struct Replayed {
    pub mails: usize,
    pub differences: Vec<Difference>,
    /// Mails that got a new judgement.
    pub applied: Vec<i64>,
}

/// What a replay is to do with what it finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    Look,
    /// New judgements; new replies are kept as drafts.
    Apply,
    /// New judgements and new replies.
    ApplyAndSend,
}

/// What stands next in the order of receipt.
enum Next {
    Mail(i64),
    Entry(Box<StoredEntry>),
}

impl Office {
    /// `scratch` is the path of a database that does not exist yet; the caller removes it.
    pub async fn replay(&self, scratch: &Path, purpose: Purpose, actor: &str) -> Result<Replayed, Error> {
        let rehearsal = self.rehearsal(scratch).await?;
        let serials = self.ledger.serials().await?;
        let mut replayed = Replayed::default();
        let all = self.in_order_of_receipt().await?;
        self.progress.expect(all.len());
        for next in all {
            self.progress.advance(1);
            let id = match next {
                Next::Entry(entry) => {
                    rehearsal.enter(&entry).await;
                    rehearsal.repeat_decision(&self.ledger.show(&entry.receipt).await?.submission).await;
                    continue;
                }
                Next::Mail(id) => id,
            };
            replayed.mails += 1;
            let stored = self.ledger.stored_mail(id).await?;
            let before = self.ledger.mail(id).await?;
            let mut dissected = self.readers.dissect(&stored.raw.bytes, stored.raw.omitted).await?;
            let examined = judge::examine(&mut dissected, &self.campaign);
            let received_at = stored.raw.received_at;
            let sha256 = format!("{}:again:{}", stored.sha256, stored.judgements);
            let ready = Ready { raw: stored.raw, sha256, dissected, examined };
            let mut intake = rehearsal.ledger.begin_intake().await?;
            intake.reserve(&serials);
            let standing = intake.mail_standing(&ready.dissected.message, received_at).await?;
            let (inspection, mut letters) =
                self.judge(&mut intake, &ready, received_at, standing, &stored.receipts).await?;
            let new: Vec<NewLetter> = letters.iter().map(super::answer::Addressed::as_new).collect();
            intake
                .record(NewMail {
                    raw: &ready.raw,
                    sha256: &stored.sha256,
                    message: &ready.dissected.message,
                    inspection: &inspection,
                    letters: &new,
                    recorded_at: self.now(),
                })
                .await?;
            intake.commit().await?;
            for submission in &before.submissions {
                if stored.decided {
                    rehearsal.repeat_decision(submission).await;
                }
            }
            let mail_outcome = before.mail.outcome.clone();
            let differences = compare(id, &mail_outcome, &before.submissions, &inspection, stored.decided);
            if !differences.is_empty() && !stored.decided && purpose != Purpose::Look {
                if purpose == Purpose::Apply {
                    for letter in &mut letters {
                        letter.state = NewState::Held;
                    }
                }
                let new: Vec<NewLetter> = letters.iter().map(super::answer::Addressed::as_new).collect();
                let mut intake = self.ledger.begin_intake().await?;
                intake.rejudge(id, &inspection, &new, self.now(), actor).await?;
                intake.commit().await?;
                replayed.applied.push(id);
            }
            replayed.differences.extend(differences);
        }
        rehearsal.ledger.close().await;
        Ok(replayed)
    }

    /// An office with a ledger of its own that knows today's registry and extensions, and nothing else.
    async fn rehearsal(&self, scratch: &Path) -> Result<Office, Error> {
        let start = self.ledger.created_at().await?;
        let office = Office { ledger: Ledger::open(scratch, start).await?, ..self.clone() };
        let registry = self.ledger.registry().await?;
        let mut clinics: Vec<_> = registry.iter().cloned().collect();
        for clinic in &mut clinics {
            // What was taken on provisionally is taken on again by the mail that brought it.
            clinic.provisional_emails.clear();
        }
        office.ledger.import(&clinics, start, "replay", false).await?;
        for clinic in &clinics {
            let standing = self.ledger.standing(&clinic.venue_no).await?;
            let (submission, correction) = (standing.submission_extended, standing.correction_extended);
            if submission.is_some() || correction.is_some() {
                office.ledger.extend(&clinic.venue_no, submission, correction, replaying(start)).await?;
            }
        }
        Ok(office)
    }

    async fn in_order_of_receipt(&self) -> Result<Vec<Next>, Error> {
        let mut all: Vec<(Timestamp, Next)> = Vec::new();
        for id in self.ledger.mail_ids().await? {
            all.push((self.ledger.stored_mail(id).await?.raw.received_at, Next::Mail(id)));
        }
        for entry in self.ledger.entries().await? {
            all.push((entry.received_at, Next::Entry(Box::new(entry))));
        }
        all.sort_by_key(|(at, _)| *at);
        Ok(all.into_iter().map(|(_, next)| next).collect())
    }

    /// A form entered by hand that can no longer be entered counts for nothing in the rehearsal.
    async fn enter(&self, entry: &StoredEntry) {
        let again = Entry {
            venue_no: &entry.venue_no,
            channel: &entry.channel,
            received_at: entry.received_at,
            file_name: &entry.file_name,
            file: &entry.file,
            receipt: Some(&entry.receipt),
        };
        if let Err(cause) = self.submit(again, replaying(self.now())).await {
            tracing::warn!(receipt = entry.receipt, %cause, "cannot be entered again");
        }
    }

    /// What staff decided holds in the rehearsal too, where it still can.
    async fn repeat_decision(&self, before: &SubmissionView) {
        let Some(receipt) = before.receipt.as_deref() else { return };
        let decision = replaying(self.now());
        let repeated = match Outcome::parse(&before.outcome) {
            _ if before.void => self.ledger.void(receipt, decision).await.map(|_| ()),
            Some(outcome) if outcome.is_accepted() => {
                self.ledger.accept(receipt, true, decision).await.map(|_| ())
            }
            Some(Outcome::Rejected) => self.ledger.reject(receipt, decision).await,
            _ => Ok(()),
        };
        if let Err(cause) = repeated {
            tracing::debug!(receipt, %cause, "the decision needs no repeating");
        }
    }
}

fn replaying(at: Timestamp) -> Decision<'static> {
    Decision { at, actor: "replay", reason: "replay" }
}

fn compare(
    mail: i64,
    outcome: &str,
    before: &[SubmissionView],
    after: &Inspection,
    decided: bool,
) -> Vec<Difference> {
    let mut differences = Vec::new();
    let forms: Vec<_> = after.submissions.iter().filter(|submission| submission.receipt.is_some()).collect();
    for old in before {
        let new = forms.iter().find(|submission| submission.receipt == old.receipt);
        differences.push(Difference {
            mail,
            receipt: old.receipt.clone(),
            outcome_before: Some(old.outcome.clone()),
            outcome_after: new.map(|new| new.outcome.as_str().to_string()),
            sum_before: old.sum,
            sum_after: new.and_then(|new| new.totals).map(|totals| totals.sum() as i64),
            timing_before: old.timing.clone(),
            timing_after: new.and_then(|new| new.timing).map(|timing| timing.as_str().to_string()),
            decided,
        });
    }
    for new in forms.iter().filter(|new| !before.iter().any(|old| old.receipt == new.receipt)) {
        differences.push(Difference {
            mail,
            receipt: new.receipt.clone(),
            outcome_before: None,
            outcome_after: Some(new.outcome.as_str().to_string()),
            sum_before: None,
            sum_after: new.totals.map(|totals| totals.sum() as i64),
            timing_before: None,
            timing_after: new.timing.map(|timing| timing.as_str().to_string()),
            decided,
        });
    }
    if differences.is_empty() {
        differences.push(Difference {
            mail,
            receipt: None,
            outcome_before: Some(outcome.to_string()),
            outcome_after: Some(after.outcome.as_str().to_string()),
            sum_before: None,
            sum_after: None,
            timing_before: None,
            timing_after: None,
            decided,
        });
    }
    differences.retain(|one| {
        (&one.outcome_before, one.sum_before, &one.timing_before)
            != (&one.outcome_after, one.sum_after, &one.timing_after)
    });
    differences
}
