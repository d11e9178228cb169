//! I/O: staff decisions where ledger, judgement and letters meet: accept, reject, adopt, and forms entered by hand.
//!
//! A decision and the letter that tells it are one commit. What a letter says is what the ledger holds.

use jiff::Timestamp;

use super::answer::known;
use super::{Error, Office};
use crate::campaign::{Timing, in_jst};
use crate::inbound::message::Message;
use crate::inspection::dissected::Dissected;
use crate::inspection::judge::{self, Desk, Mail};
use crate::inspection::judgement::{Answer, Inspection, SenderStanding, Submission};
use crate::inspection::rules;
use crate::inspection::standing::{MailStanding, Standing};
use crate::inspection::verdict::{Finding, Outcome, Severity, Template, Visibility};
use crate::ledger::intake::NewEntry;
use crate::ledger::recorded::Recorded;
use crate::ledger::staff::Decision;
use crate::ledger::{Intake, NewLetter, NewState};
use crate::outbound::letter::Letter;
use crate::outbound::reply::{self, Occasion};

/// What became of a decision.
#[derive(Debug, Default)]
pub struct Decided {
    /// The number of the accepted version.
    pub version: Option<u32>,
    /// Template and recipient of each letter that was written.
    pub letters: Vec<(&'static str, String)>,
    /// Nobody could be written to.
    pub untold: bool,
}

/// A form that came by FAX, telephone or USB.
#[derive(Clone, Copy, Debug)]
pub struct Entry<'a> {
    pub venue_no: &'a str,
    pub channel: &'a str,
    pub received_at: Timestamp,
    pub file_name: &'a str,
    pub file: &'a [u8],
    /// A number that it has already (`replay`).
    pub receipt: Option<&'a str>,
}

/// Findings that only tell how our own or another layout was read; the first reply told them.
const READING_NOTES: [&str; 2] = ["R11", "R27"];

impl Office {
    /// In which state a letter to a clinic enters the outbox.
    pub fn state_for_clinics(&self) -> NewState {
        if self.config.outgoing.sends_to_clinics() { NewState::Queued } else { NewState::Held }
    }

    /// In which state a digest or an alert enters the outbox.
    pub fn state_for_staff(&self) -> NewState {
        if self.config.outgoing.sends_to_staff() { NewState::Queued } else { NewState::Held }
    }

    /// Puts a held form in force and tells the clinic.
    pub async fn accept(
        &self,
        receipt: &str,
        despite_errors: bool,
        decision: Decision<'_>,
    ) -> Result<Decided, Error> {
        let mut intake = self.ledger.begin_intake().await?;
        let mut recorded = intake.recorded(receipt).await?;
        let standing = standing(&mut intake, &recorded).await?;
        compare(&mut recorded.submission, &standing);
        recorded.submission.outcome =
            if warned(&recorded.submission) { Outcome::AcceptedWithWarnings } else { Outcome::Accepted };
        let template = self.template(&recorded, decision.at);
        let letters = self.tell(&recorded, template, decision.at);
        let new: Vec<NewLetter> = letters.iter().map(|letter| self.new_letter(letter, receipt)).collect();
        let version = intake.accept(receipt, despite_errors, &new, decision).await?;
        intake.commit().await?;
        let untold = letters.is_empty() && recorded.message.is_some();
        Ok(Decided { version: Some(version), letters: told(&letters), untold })
    }

    /// Turns a held form down. The clinic is written to only if it never had an answer and there is something to mend.
    pub async fn reject(&self, receipt: &str, decision: Decision<'_>) -> Result<Decided, Error> {
        let mut intake = self.ledger.begin_intake().await?;
        let mut recorded = intake.recorded(receipt).await?;
        let standing = standing(&mut intake, &recorded).await?;
        compare(&mut recorded.submission, &standing);
        recorded.submission.outcome = Outcome::Rejected;
        let letters = if recorded.answered || recorded.errors == 0 {
            Vec::new()
        } else {
            self.tell(&recorded, Template::Reject, decision.at)
        };
        let new: Vec<NewLetter> = letters.iter().map(|letter| self.new_letter(letter, receipt)).collect();
        intake.reject(receipt, &new, decision).await?;
        intake.commit().await?;
        Ok(Decided { version: None, letters: told(&letters), untold: letters.is_empty() })
    }

    /// Registers an address for a clinic and judges again what is held for want of it (and `mail`, if named).
    /// Answers the mails judged again with their outcomes.
    pub async fn adopt(
        &self,
        venue_no: &str,
        address: &str,
        mail: Option<i64>,
        decision: Decision<'_>,
    ) -> Result<Vec<(i64, Inspection)>, Error> {
        self.ledger.adopt(venue_no, address, mail, decision).await?;
        let mut waiting = self.ledger.held_for_sender(address).await?;
        if let Some(mail) = mail.filter(|mail| !waiting.contains(mail)) {
            let stored = self.ledger.stored_mail(mail).await?;
            if !stored.decided && self.ledger.is_held(mail).await? {
                waiting.push(mail);
            }
        }
        let mut judged = Vec::new();
        for id in waiting {
            if !self.ledger.stored_mail(id).await?.decided {
                judged.push((id, self.judge_again(id, decision.actor).await?));
            }
        }
        Ok(judged)
    }

    /// Judges a form that did not come by mail by the same rules, and records it under a receipt number.
    pub async fn submit(&self, entry: Entry<'_>, decision: Decision<'_>) -> Result<Submission, Error> {
        let refused = |cause: String| Error::Entry { file: entry.file_name.to_string(), cause };
        if entry.received_at > decision.at {
            return Err(refused("its receipt time is in the future".into()));
        }
        let (attachment, content) = self.readers.dissect_file(entry.file_name, entry.file).await?;
        let mut dissected = Dissected {
            message: Message { attachments: vec![attachment], ..Message::default() },
            contents: vec![content],
        };
        let examined = judge::examine(&mut dissected, &self.campaign);
        let mut intake = self.ledger.begin_intake().await?;
        let registry = intake.registry().await?;
        let Some(clinic) = registry.by_venue_no(entry.venue_no) else {
            return Err(refused(format!("会場番号 {} is not in the registry", entry.venue_no)));
        };
        for form in examined.files.iter().flatten().flat_map(|file| &file.forms) {
            let named = rules::identify(form, &registry, "", None).clinic;
            if let Some(other) = named.filter(|other| other.venue_no != clinic.venue_no) {
                let cause = format!(
                    "the form says it is of {} {}, not of {}",
                    other.venue_no, other.name, clinic.venue_no
                );
                return Err(refused(cause));
            }
        }
        let desk = Desk {
            campaign: &self.campaign,
            registry: &registry,
            settings: &self.judge,
            with_registry: true,
        };
        let mail = Mail {
            dissected: &dissected,
            examined: &examined,
            received_at: Some(entry.received_at),
            seen_at: decision.at,
            bare: true,
            entered_for: Some(&clinic.venue_no),
        };
        let known = known(&mut intake, &desk, &mail, MailStanding::default()).await?;
        let inspection = judge::inspect(&desk, &mail, &known);
        let mut forms: Vec<Submission> = inspection.submissions;
        forms.retain(|submission| submission.form.is_some());
        let mut submission = match (forms.pop(), forms.is_empty()) {
            (Some(submission), true) => submission,
            (Some(_), false) => return Err(refused("it holds several forms; enter them one by one".into())),
            (None, _) => {
                let messages: Vec<String> =
                    inspection.findings.into_iter().map(|finding| finding.message).collect();
                return Err(refused(
                    format!("no form could be read in it. {}", messages.join(" ")).trim().to_string(),
                ));
            }
        };
        submission.findings.extend(inspection.findings);
        submission.receipt = match entry.receipt {
            Some(receipt) => Some(receipt.to_string()),
            None => Some(intake.next_receipt(self.campaign.period, &clinic.venue_no).await?),
        };
        intake
            .record_entry(NewEntry {
                channel: entry.channel,
                received_at: entry.received_at,
                recorded_at: decision.at,
                file: entry.file,
                submission: &submission,
                actor: decision.actor,
                reason: decision.reason,
            })
            .await?;
        intake.commit().await?;
        Ok(submission)
    }

    /// The letters that tell what was decided: to the author who may speak for the clinic, else to the clinic's own
    /// addresses. None for a form that did not come by mail.
    fn tell(&self, recorded: &Recorded, template: Template, at: Timestamp) -> Vec<Letter> {
        let Some(message) = &recorded.message else { return Vec::new() };
        let mut submission = recorded.submission.clone();
        let Some(clinic) = submission.clinic.clone() else { return Vec::new() };
        submission.findings.retain(|finding| !READING_NOTES.contains(&finding.code.as_str()));
        submission.template = Some(template);
        let may_speak = clinic.owns_address(message.from())
            || matches!(submission.sender, SenderStanding::Staff) && !message.from().is_empty();
        let recipients: Vec<String> =
            if may_speak { vec![message.from().to_string()] } else { clinic.emails.clone() };
        if clinic.owns_address(message.from()) && !matches!(submission.sender, SenderStanding::Staff) {
            submission.sender = SenderStanding::Registered;
        }
        let receipt = submission.receipt.clone().unwrap_or_default();
        let inspection = Inspection {
            outcome: submission.outcome,
            needs_staff: false,
            findings: Vec::new(),
            submissions: vec![submission],
            other_files: Vec::new(),
            answer: Answer::Send(template),
            received_at: recorded.received_at,
            notify: Vec::new(),
            provisional: Vec::new(),
        };
        let occasion = Occasion {
            campaign: &self.campaign,
            settings: &self.config.replies,
            inspection: &inspection,
            message,
            contents: &[],
            own_address: &self.identity.from,
            rehearsal: self.config.replies.rehearsal,
        };
        let mut letters = Vec::new();
        for to in recipients {
            let draft = reply::decided::compose(&occasion, template, &to, at);
            match draft.seal(&self.identity, &format!("decided:{receipt}:{}", at.as_microsecond()), at) {
                Ok(letter) => letters.push(letter),
                Err(cause) => {
                    tracing::warn!(receipt, %cause, "an address cannot be written to; telephone the clinic");
                }
            }
        }
        letters
    }

    /// Which text tells the acceptance. Those that say that a person will decide are never right here.
    fn template(&self, recorded: &Recorded, at: Timestamp) -> Template {
        let submission = &recorded.submission;
        let same_day = in_jst(at).date() == in_jst(recorded.received_at).date();
        if !submission.previous.is_empty() {
            let last_day = submission.timing == Some(Timing::CorrectionLastDay) && same_day;
            return if last_day { Template::CorrDday } else { Template::CorrOk };
        }
        if submission.timing == Some(Timing::Late) && at < self.campaign.booking_opens {
            return Template::Late;
        }
        if submission.outcome == Outcome::AcceptedWithWarnings {
            Template::AcceptWarn
        } else {
            Template::Accept
        }
    }

    fn new_letter<'a>(&self, letter: &'a Letter, receipt: &'a str) -> NewLetter<'a> {
        NewLetter { letter, state: self.state_for_clinics(), receipt: Some(receipt), not_before: None }
    }
}

/// What the ledger knows of the submission's clinic; nothing while the clinic is not known.
async fn standing(intake: &mut Intake, recorded: &Recorded) -> Result<Standing, Error> {
    match &recorded.submission.clinic {
        Some(clinic) => Ok(intake.standing(&clinic.venue_no).await?),
        None => Ok(Standing::default()),
    }
}

/// Sets the submission against what is in force now.
fn compare(submission: &mut Submission, standing: &Standing) {
    submission.changes = rules::changes_in_force(standing, &submission.scope, &submission.slots);
    let untouched =
        Visibility::BOTH.into_iter().filter(|visibility| !submission.scope.contains(visibility)).collect();
    submission.union = submission.slots.iter().cloned().chain(standing.slots_of(&untouched)).collect();
    submission.previous.clone_from(&standing.in_force);
}

fn warned(submission: &Submission) -> bool {
    let counts = |finding: &Finding| finding.severity == Severity::Warning && !finding.code.starts_with('T');
    submission.findings.iter().any(counts)
}

fn told(letters: &[Letter]) -> Vec<(&'static str, String)> {
    letters.iter().map(|letter| (letter.kind.as_str(), letter.to.clone())).collect()
}
