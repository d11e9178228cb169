//! I/O: letters that staff bring about: reminders, and the 確認依頼 after set-up. Each is queued once per occasion.

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use super::{Error, Office};
use crate::campaign::{in_jst, jst};
use crate::clinic::{Clinic, Intent};
use crate::inspection::verdict::{Severity, Visibility};
use crate::ledger::staff::Decision;
use crate::outbound::activity::{ClinicLine, ClinicState};
use crate::outbound::confirm::{self, Confirmation};
use crate::outbound::letter::{Draft, Letter};
use crate::outbound::remind::{self, Reminder, Unmended};

/// A scheduled round of reminders (`[remind] at`) that was missed by more than this is left to staff.
const LATEST: SignedDuration = SignedDuration::from_hours(6);

/// One clinic that is (or, in a dry run, would be) reminded.
#[derive(Clone, Debug, Serialize)]
pub struct Reminded {
    pub venue_no: String,
    pub name: String,
    /// `remind` or `remind_fix`.
    pub kind: &'static str,
    pub to: String,
    pub subject: String,
}

/// One clinic that should be reminded and is not written to.
#[derive(Clone, Debug, Serialize)]
pub struct Passed {
    pub venue_no: String,
    pub name: String,
    pub phone: String,
    pub reason: &'static str,
}

#[derive(Clone, Debug, Default, Serialize)]
pub struct Round {
    pub reminded: Vec<Reminded>,
    /// To be telephoned, or left alone on purpose.
    pub passed: Vec<Passed>,
}

/// What is said to one clinic, or why nothing is.
enum Case {
    Write { draft: Box<Draft>, subject_of: String },
    Pass(&'static str),
    Nothing,
}

impl Office {
    /// Queues a reminder to every clinic that is expected to submit and has not, and to those whose rejected form was
    /// told before today and is not mended. `key` tells one round from another. A dry run queues nothing.
    pub async fn remind(&self, key: &str, dry_run: bool, decision: Decision<'_>) -> Result<Round, Error> {
        let activity = self.ledger.day_activity(decision.at, decision.at, false).await?;
        let mut round = Round::default();
        for line in &activity.clinics {
            let clinic = &line.clinic;
            match self.case(line, decision.at).await? {
                Case::Nothing => {}
                Case::Pass(reason) => round.passed.push(passed(clinic, reason)),
                Case::Write { draft, subject_of } => {
                    let dedupe = format!("{}:{subject_of}:{key}", draft.kind.as_str());
                    let Ok(letter) = draft.seal(&self.identity, &dedupe, decision.at) else {
                        round.passed.push(passed(clinic, "アドレスにメールを送れません。電話してください"));
                        continue;
                    };
                    let state = self.state_for_clinics();
                    let queued = dry_run
                        || self
                            .ledger
                            .mark_reminded(&clinic.venue_no, (&letter, state), &dedupe, decision)
                            .await?;
                    if queued {
                        round.reminded.push(reminded(clinic, &letter));
                    } else {
                        round.passed.push(passed(clinic, "この回の督促はすでに作成しています"));
                    }
                }
            }
        }
        Ok(round)
    }

    /// Reminders whose time (`[remind] at`) has come; the newest only.
    pub async fn remind_if_due(&self) -> Result<usize, Error> {
        let now = self.now();
        let due = |at: &jiff::civil::DateTime| {
            let at = at.to_zoned(jst()).ok()?.timestamp();
            (at <= now && now.duration_since(at) <= LATEST).then_some(at)
        };
        let Some(at) = self.config.remind.at.iter().filter_map(due).max() else { return Ok(0) };
        let decision = Decision { at: now, actor: "uketsuke", reason: "[remind] at" };
        let round = self.remind(&crate::campaign::rfc3339(at), false, decision).await?;
        if !round.reminded.is_empty() {
            tracing::info!(letters = round.reminded.len(), "reminders written");
        }
        Ok(round.reminded.len())
    }

    async fn case(&self, line: &ClinicLine, at: Timestamp) -> Result<Case, Error> {
        let clinic = &line.clinic;
        let unmended = line.state == ClinicState::NeedsFix && !line.errors.is_empty();
        if !(line.state == ClinicState::NotSubmitted || unmended) || clinic.uses_system == Intent::No {
            return Ok(Case::Nothing);
        }
        if clinic.not_in_file {
            return Ok(Case::Pass("医療機関マスタにありません"));
        }
        if clinic.suppress_reminder {
            return Ok(Case::Pass("督促停止の登録があります"));
        }
        if line.by_other_channel {
            return Ok(Case::Pass("FAX等で受付済みです。電話で確認してください"));
        }
        let Some(to) = address_of(clinic) else {
            return Ok(Case::Pass("メールアドレスがありません。電話してください"));
        };
        if line.flags.iter().any(|flag| flag == "undeliverable") {
            return Ok(Case::Pass("メールが届きません。電話してください"));
        }
        let reminder = Reminder {
            campaign: &self.campaign,
            settings: &self.config.replies,
            clinic,
            to,
            own_address: &self.identity.from,
            deadlines: self.ledger.standing(&clinic.venue_no).await?.deadlines(&self.campaign),
            as_of: at,
            rehearsal: self.config.replies.rehearsal,
        };
        if !unmended {
            let draft = Box::new(remind::compose(&reminder));
            return Ok(Case::Write { draft, subject_of: clinic.venue_no.clone() });
        }
        if self.config.replies.is_carrier(to) {
            return Ok(Case::Pass("携帯電話のアドレスです。電話してください"));
        }
        let (Some(receipt), Some(told_at)) = (line.receipt.as_deref(), line.first_told_at) else {
            return Ok(Case::Nothing);
        };
        if in_jst(told_at).date() >= in_jst(at).date() {
            return Ok(Case::Nothing);
        }
        let mut findings = self.ledger.findings_of(receipt).await?;
        findings.retain(|finding| finding.severity == Severity::Error);
        let in_force = self.ledger.standing(&clinic.venue_no).await?.in_force;
        let in_force: Vec<&str> = in_force.iter().map(|version| version.receipt.as_str()).collect();
        let in_force = (!in_force.is_empty()).then(|| in_force.join("、"));
        let unmended = Unmended { receipt, told_at, findings: &findings, in_force: in_force.as_deref() };
        let draft = Box::new(remind::compose_fix(&reminder, &unmended));
        Ok(Case::Write { draft, subject_of: receipt.to_string() })
    }

    /// Marks the set-up of a clinic's slots as finished and asks the clinic to look at them. Answers the address that
    /// was written to; `None`: there is none, or it was asked about this version before.
    pub async fn setup_done(&self, venue_no: &str, decision: Decision<'_>) -> Result<Option<String>, Error> {
        let registry = self.ledger.registry().await?;
        let clinic = registry.by_venue_no(venue_no);
        let letter = match clinic {
            Some(clinic) => self.confirmation(clinic, decision.at).await?,
            None => None,
        };
        let with_state = letter.as_ref().map(|letter| (letter, self.state_for_clinics()));
        let queued = self.ledger.setup_done(venue_no, with_state, decision).await?;
        Ok(letter.filter(|_| queued).map(|letter| letter.to))
    }

    async fn confirmation(&self, clinic: &Clinic, at: Timestamp) -> Result<Option<Letter>, Error> {
        let Some(to) = address_of(clinic) else { return Ok(None) };
        let standing = self.ledger.standing(&clinic.venue_no).await?;
        let Some(received_at) = standing.in_force.iter().map(|version| version.received_at).max() else {
            return Ok(None);
        };
        let receipts: Vec<&str> = standing.in_force.iter().map(|version| version.receipt.as_str()).collect();
        let draft = confirm::compose(&Confirmation {
            campaign: &self.campaign,
            settings: &self.config.replies,
            clinic,
            to,
            own_address: &self.identity.from,
            receipt: &receipts.join("、"),
            received_at,
            slots: &standing.slots_of(&Visibility::BOTH.into_iter().collect()),
            deadlines: standing.deadlines(&self.campaign),
            now: at,
            rehearsal: self.config.replies.rehearsal,
        });
        let material = format!("confirm:{}:{}", clinic.venue_no, receipts.join(":"));
        match draft.seal(&self.identity, &material, at) {
            Ok(letter) => Ok(Some(letter)),
            Err(cause) => {
                tracing::warn!(venue_no = clinic.venue_no, %cause, "an address cannot be written to; telephone the clinic");
                Ok(None)
            }
        }
    }
}

/// Where a clinic is written to when no mail asked for it: its first address.
fn address_of(clinic: &Clinic) -> Option<&str> {
    clinic.emails.iter().chain(&clinic.provisional_emails).map(String::as_str).next()
}

fn passed(clinic: &Clinic, reason: &'static str) -> Passed {
    Passed {
        venue_no: clinic.venue_no.clone(),
        name: clinic.name.clone(),
        phone: clinic.phone.clone(),
        reason,
    }
}

fn reminded(clinic: &Clinic, letter: &Letter) -> Reminded {
    Reminded {
        venue_no: clinic.venue_no.clone(),
        name: clinic.name.clone(),
        kind: letter.kind.as_str(),
        to: letter.to.clone(),
        subject: letter.subject.clone(),
    }
}
