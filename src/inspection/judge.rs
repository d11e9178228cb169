//! Pure: the judgement of one mail, on one screen: set aside, or judge its forms, or answer for its lack of one.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};

use super::body::{self, Words};
use super::container::Refusal;
use super::dissected::Dissected;
use super::fault::contained;
use super::form::{self, FileReading};
use super::judgement::{Answer, Inspection, Silence, Submission};
use super::rules::{self, mail as m};
use super::sender::{self, Authentication, Sender};
use super::standing::{MailStanding, Standing};
use super::verdict::{Finding, Outcome, Place, Severity, Template};
use super::workbook::{Content, Workbook};
use crate::campaign::{Campaign, Earlier};
use crate::clinic::Registry;
use crate::inbound::attachment::FileKind;
use crate::inbound::message::{Defect, Message};

pub mod budget;
mod formless;
mod forms;
mod precedence;
mod reply;

/// What the judgement is set to.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    pub sender: sender::Settings,
    pub rules: rules::Settings,
    /// `[replies] budget_per_address_hour` and `_day`; 0 = off.
    pub budget_per_address_hour: u32,
    pub budget_per_address_day: u32,
    /// `[replies] sanitizer_markers`: what our gateways write in place of a file.
    pub sanitizer_markers: Vec<String>,
    /// `[replies] max_age`: an older mail's reply is only drafted.
    pub max_age: Option<SignedDuration>,
}

/// The desk at which a mail is judged: what is the same for every mail.
#[derive(Clone, Copy, Debug)]
pub struct Desk<'a> {
    pub campaign: &'a Campaign,
    pub registry: &'a Registry,
    pub settings: &'a Settings,
    /// False in `check` without a registry: identity and cap are then not judged and hold nothing.
    pub with_registry: bool,
}

/// One mail (or one bare workbook) to judge.
#[derive(Clone, Debug)]
pub struct Mail<'a> {
    pub dissected: &'a Dissected,
    pub examined: &'a Examined,
    /// The server's receipt time; `None` in `check` when nothing tells it.
    pub received_at: Option<Timestamp>,
    /// When the program first saw it (only for `max_age`).
    pub seen_at: Timestamp,
    /// A workbook without a mail around it: rules about senders do not apply.
    pub bare: bool,
    /// The clinic that a person entered the form for (`submit`).
    pub entered_for: Option<&'a str>,
}

/// The forms and words read out of a dissected mail: the part of the judgement that needs no ledger.
#[derive(Clone, Debug, Default)]
pub struct Examined {
    /// One per attachment; `None` where there is no workbook.
    pub files: Vec<Option<FileReading>>,
    pub words: Words,
}

impl Examined {
    pub fn has_form(&self) -> bool {
        self.files.iter().flatten().any(|file| !file.forms.is_empty())
    }
}

/// What the judgement must be told by the ledger.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Asks {
    /// 会場番号 as registered.
    pub venues: BTreeSet<String>,
    /// (会場番号, fingerprint) of forms with many slots, to find their twins (rule X17).
    pub fingerprints: BTreeSet<(String, String)>,
}

/// The ledger's answer.
#[derive(Clone, Debug, Default)]
pub struct Known {
    pub mail: MailStanding,
    pub clinics: BTreeMap<String, Standing>,
    /// Fingerprint to other clinics with the same slots in force.
    pub twins: BTreeMap<String, Vec<String>>,
}

/// Reads the forms and the words of a mail. What brings a fault of ours to light is marked as unreadable in it.
pub fn examine(dissected: &mut Dissected, campaign: &Campaign) -> Examined {
    examine_by(dissected, |workbook, name| form::read(workbook, name, campaign), body::read)
}

fn examine_by(
    dissected: &mut Dissected,
    read_form: impl Fn(&Workbook, &str) -> FileReading,
    read_words: impl Fn(&str) -> Words,
) -> Examined {
    let Dissected { message, contents } = dissected;
    let mut files = Vec::with_capacity(contents.len());
    for (attachment, content) in message.attachments.iter().zip(contents) {
        files.push(match content {
            Content::Workbook(workbook) => match contained(|| read_form(workbook, &attachment.name)) {
                Ok(reading) => Some(reading),
                Err(reason) => {
                    *content = Content::Refused(Refusal::Died(reason));
                    None
                }
            },
            Content::Refused(_) | Content::Other => None,
        });
    }
    let mut words = contained(|| read_words(&message.text)).unwrap_or_else(|reason| {
        message.defects.push(Defect::Unparsable(reason));
        Words::default()
    });
    words.typed_table |= body::is_pasted_table(&message.tables);
    Examined { files, words }
}

/// Which clinics and slot sets the ledger must be asked about.
pub fn asks(desk: &Desk, mail: &Mail, standing: &MailStanding) -> Asks {
    // The same fault meets the judgement, which tells it.
    contained(|| asks_of(desk, mail, standing)).unwrap_or_default()
}

fn asks_of(desk: &Desk, mail: &Mail, standing: &MailStanding) -> Asks {
    let sender = sender_of(desk, mail, standing);
    let mut asks = Asks::default();
    if let Some(clinic) = sender.only_clinic() {
        asks.venues.insert(clinic.venue_no.clone());
    }
    for item in forms::items(desk, mail, standing, &sender) {
        if let Some(clinic) = item.clinic {
            asks.venues.insert(clinic.venue_no.clone());
            if item.slots.len() >= rules::TWIN_SLOTS {
                asks.fingerprints.insert((clinic.venue_no.clone(), item.fingerprint.clone()));
            }
        }
    }
    asks
}

/// The whole judgement of one mail.
pub fn inspect(desk: &Desk, mail: &Mail, known: &Known) -> Inspection {
    let received_at = mail.received_at.unwrap_or(Timestamp::UNIX_EPOCH);
    or_unreadable(received_at, || weigh(desk, mail, known))
}

fn or_unreadable(received_at: Timestamp, judgement: impl FnOnce() -> Inspection) -> Inspection {
    contained(judgement).unwrap_or_else(|reason| {
        let findings = vec![m::m19_unparsable(&reason)];
        set_aside(Outcome::Unreadable, Silence::Unparsable, findings, received_at)
    })
}

/// A mail that is recorded and filed, and nothing more.
fn set_aside(
    outcome: Outcome,
    silence: Silence,
    findings: Vec<Finding>,
    received_at: Timestamp,
) -> Inspection {
    let needs_staff =
        outcome == Outcome::Unreadable || findings.iter().any(|finding| finding.severity == Severity::Staff);
    Inspection {
        outcome,
        needs_staff,
        findings,
        submissions: Vec::new(),
        other_files: Vec::new(),
        answer: Answer::Silent(silence),
        received_at,
        notify: Vec::new(),
        provisional: Vec::new(),
    }
}

fn weigh(desk: &Desk, mail: &Mail, known: &Known) -> Inspection {
    let message = &mail.dissected.message;
    let sender = sender_of(desk, mail, &known.mail);
    let hand = Hand { desk, mail, known, sender: &sender };
    if let Some(reason) = unparsable(message) {
        return hand.aside(Outcome::Unreadable, Silence::Unparsable, vec![m::m19_unparsable(&reason)]);
    }
    if !mail.bare {
        if known.mail.redelivery_of.is_some() {
            return hand.aside(Outcome::Duplicate, Silence::Redelivery, Vec::new());
        }
        let automatic = sender.surely_automatic || sender.perhaps_automatic || message.bounce.is_some();
        // What comes back with a letter of ours is our own enclosure, not a form.
        if automatic && (!mail.examined.has_form() || known.mail.bounced.is_some()) {
            let findings = m::m12_m18_automatic(message, &sender, &known.mail);
            return hand.aside(Outcome::Ignored, Silence::Automatic, hand.apply(findings));
        }
    }
    let mut inspection = if mail.examined.has_form() { forms::judge(&hand) } else { formless::judge(&hand) };
    hand.hold_back(&mut inspection);
    inspection
}

fn sender_of<'a>(desk: &Desk<'a>, mail: &Mail<'a>, standing: &MailStanding) -> Sender<'a> {
    let sender = Sender::of(&mail.dissected.message, standing, desk.registry, &desk.settings.sender);
    if desk.with_registry { sender } else { sender.assumed() }
}

/// Everything one judgement looks at.
#[derive(Clone, Copy)]
struct Hand<'a> {
    desk: &'a Desk<'a>,
    mail: &'a Mail<'a>,
    known: &'a Known,
    sender: &'a Sender<'a>,
}

impl Hand<'_> {
    fn aside(&self, outcome: Outcome, silence: Silence, findings: Vec<Finding>) -> Inspection {
        set_aside(outcome, silence, findings, self.received_at())
    }

    fn received_at(&self) -> Timestamp {
        self.mail.received_at.unwrap_or(Timestamp::UNIX_EPOCH)
    }

    fn standing(&self, venue_no: &str) -> Standing {
        self.known.clinics.get(venue_no).cloned().unwrap_or_default()
    }

    /// What the clinic had sent before, as far as the timing depends on it.
    fn earlier(&self, standing: &Standing) -> Earlier {
        let deadline = standing.deadlines(self.desk.campaign).submission;
        Earlier {
            accepted: !standing.in_force.is_empty(),
            // A deadline includes the whole second that it names.
            attempted_in_time: standing
                .first_attempt
                .is_some_and(|at| at.as_second() <= deadline.as_second()),
        }
    }

    /// The findings as `[rules]` wants them. What a clinic wrote in its own words stays with staff all the same.
    fn apply(&self, findings: Vec<Finding>) -> Vec<Finding> {
        let mut findings = self.desk.settings.rules.apply(findings);
        for finding in &mut findings {
            if finding.code == "M13" && finding.severity != Severity::Staff {
                finding.read = None;
            }
        }
        findings
    }

    /// Columns that look like patients' data, in any file of the mail (rule M17).
    fn personal_data(&self) -> Option<(usize, Place)> {
        self.mail.examined.files.iter().enumerate().find_map(|(at, reading)| {
            reading.as_ref().and_then(|reading| reading.personal_data.clone()).map(|place| (at, place))
        })
    }

    /// A program among the files.
    fn program(&self) -> Option<usize> {
        let attachments = &self.mail.dissected.message.attachments;
        attachments.iter().position(|attachment| attachment.kind == FileKind::Executable)
    }

    /// Why no reply may leave, whatever the forms say: the finding for staff and the silence.
    fn silenced(&self) -> Option<(Finding, Silence)> {
        let message = &self.mail.dissected.message;
        let sender = self.sender;
        let unproven = sender.is_staff
            && !self.desk.settings.sender.authserv_id.is_empty()
            && sender.authentication != Authentication::Pass;
        if self.mail.bare {
            None
        } else if sender.address.is_empty() {
            Some((m::no_single_author(message), Silence::NoAuthor))
        } else if sender.authentication == Authentication::Fail {
            Some((m::authentication_failed(message), Silence::Unauthenticated))
        } else if unproven {
            Some((m::staff_unproven(message), Silence::Unauthenticated))
        } else if sender.surely_automatic || (sender.perhaps_automatic && !sender.is_known()) {
            Some((m::m12_with_form(message), Silence::Automatic))
        } else if self.mail.examined.has_form() && !sender.is_known() && !sender.addressed_to_us {
            Some((m::not_addressed_to_us(), Silence::Stranger))
        } else {
            None
        }
    }

    /// Turns a reply into a draft or nothing where a budget, the mail's age or its marks demand it.
    fn hold_back(&self, inspection: &mut Inspection) {
        let Answer::Send(template) = inspection.answer.clone() else { return };
        let settings = self.desk.settings;
        let known = &self.known.mail;
        let age = self.mail.seen_at.duration_since(self.received_at());
        let spent = over(known.replies_last_hour, settings.budget_per_address_hour)
            || over(known.replies_last_day, settings.budget_per_address_day)
            || known.ping_pong >= PING_PONG;
        let (answer, finding) = if self.sender.perhaps_automatic {
            (Answer::Draft(template), m::m12_drafted(&self.mail.dissected.message))
        } else if settings.max_age.is_some_and(|limit| age > limit) {
            (Answer::Draft(template), m::too_old())
        } else if spent && self.is_budgeted(template, &inspection.submissions) {
            (Answer::Suppress(template), m::over_budget())
        } else {
            return;
        };
        inspection.answer = answer;
        inspection.findings.push(finding);
        inspection.needs_staff = true;
    }

    /// The answer to a new form from a registered address is never suppressed.
    fn is_budgeted(&self, template: Template, submissions: &[Submission]) -> bool {
        let new_form = self.sender.is_known()
            && submissions.iter().any(|one| one.form.is_some() && one.outcome != Outcome::Duplicate);
        let each_is = |one: &Submission| one.template.is_none_or(is_budgeted);
        !new_form
            && (is_budgeted(template) || (template == Template::Multi && submissions.iter().all(each_is)))
    }
}

/// So many quick answers to our letters without a new file, and the sender is a program that was not known as one.
const PING_PONG: u32 = 3;

fn over(sent: u32, budget: u32) -> bool {
    budget > 0 && sent >= budget
}

/// Only these count against a budget.
pub fn is_budgeted(template: Template) -> bool {
    matches!(
        template,
        Template::Noatt
            | Template::Notxlsx
            | Template::Passwd
            | Template::Unreadable
            | Template::Winmail
            | Template::Unknown
            | Template::Unreg
            | Template::Dup
    )
}

fn unparsable(message: &Message) -> Option<String> {
    message.defects.iter().find_map(|defect| match defect {
        Defect::Unparsable(reason) => Some(reason.clone()),
        Defect::TooManyHops(hops) => Some(format!("{hops} Received fields; limits.hops")),
        Defect::Truncated(_) | Defect::Oversize { .. } => None,
    })
}

/// The worst outcome of a mail's submissions.
fn worst(submissions: &[Submission]) -> Outcome {
    submissions.iter().map(|submission| submission.outcome).min().unwrap_or(Outcome::Ignored)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inbound::attachment::Attachment;

    fn mail_with(names: [&str; 2]) -> Dissected {
        let attachments = names.map(|name| Attachment { name: name.into(), ..Attachment::default() });
        let message = Message { attachments: attachments.into(), ..Message::default() };
        Dissected { message, contents: vec![Content::Workbook(Workbook::default()); 2] }
    }

    #[test]
    fn a_fault_in_one_form_leaves_the_others_and_the_words() {
        let mut dissected = mail_with(["a.xlsx", "b.xlsx"]);
        let read = |_: &Workbook, name: &str| {
            assert_ne!(name, "a.xlsx", "planted");
            FileReading::default()
        };
        let examined = examine_by(&mut dissected, read, |_| Words::default());
        assert!(matches!(dissected.contents[0], Content::Refused(Refusal::Died(_))));
        assert!(matches!(dissected.contents[1], Content::Workbook(_)));
        assert_eq!(examined.files, [None, Some(FileReading::default())]);
        assert!(dissected.message.defects.is_empty());
    }

    #[test]
    fn a_fault_in_the_words_or_the_judgement_makes_the_mail_unreadable() {
        let mut dissected = mail_with(["a.xlsx", "b.xlsx"]);
        examine_by(&mut dissected, |_, _| FileReading::default(), |_| unreachable!("planted"));
        assert!(unparsable(&dissected.message).is_some());

        let inspection = or_unreadable(Timestamp::UNIX_EPOCH, || unreachable!("planted"));
        assert_eq!((inspection.outcome, inspection.needs_staff), (Outcome::Unreadable, true));
        assert_eq!(inspection.findings[0].code, "M19");
        assert_eq!(inspection.answer, Answer::Silent(Silence::Unparsable));
    }
}
