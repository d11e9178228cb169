//! Pure: the judgement of one mail, on one screen: set aside, or judge its forms, or answer for its lack of one.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};

use super::body::{self, Words};
use super::dissected::Dissected;
use super::form::{self, FileReading};
use super::judgement::{Answer, Inspection, Silence, Submission};
use super::rules::{self, mail as m};
use super::sender::{self, Authentication, Sender};
use super::standing::{MailStanding, Standing};
use super::verdict::{Finding, Outcome, Severity, Template};
use super::workbook::Content;
use crate::campaign::Campaign;
use crate::clinic::Registry;
use crate::inbound::message::{Defect, Message};

mod formless;
mod forms;
mod precedence;

/// What the judgement is set to.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    pub sender: sender::Settings,
    pub rules: rules::Settings,
    /// `[replies] budget_per_address_hour` and `_day`; 0 = off.
    pub budget_per_address_hour: u32,
    pub budget_per_address_day: u32,
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

/// Reads the forms and the words of a mail.
pub fn examine(dissected: &Dissected, campaign: &Campaign) -> Examined {
    let files = dissected
        .message
        .attachments
        .iter()
        .zip(&dissected.contents)
        .map(|(attachment, content)| match content {
            Content::Workbook(workbook) => Some(form::read(workbook, &attachment.name, campaign)),
            Content::Refused(_) | Content::Other => None,
        })
        .collect();
    Examined { files, words: body::read(&dissected.message.text) }
}

/// Which clinics and slot sets the ledger must be asked about.
pub fn asks(desk: &Desk, mail: &Mail, standing: &MailStanding) -> Asks {
    let sender = Sender::of(&mail.dissected.message, standing, desk.registry, &desk.settings.sender);
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
    let message = &mail.dissected.message;
    let sender = Sender::of(message, &known.mail, desk.registry, &desk.settings.sender);
    let hand = Hand { desk, mail, known, sender: &sender };
    if let Some(reason) = unparsable(message) {
        return hand.aside(Outcome::Unreadable, Silence::Unparsable, vec![m::m19_unparsable(&reason)]);
    }
    if !mail.bare {
        if known.mail.redelivery_of.is_some() {
            return hand.aside(Outcome::Duplicate, Silence::Redelivery, Vec::new());
        }
        let automatic = sender.surely_automatic || sender.perhaps_automatic;
        if automatic && !sender.is_staff && !mail.examined.has_form() {
            return hand.aside(
                Outcome::Ignored,
                Silence::Automatic,
                m::m12_m18_automatic(message, &known.mail),
            );
        }
    }
    let mut inspection = if mail.examined.has_form() { forms::judge(&hand) } else { formless::judge(&hand) };
    hand.hold_back(&mut inspection);
    inspection
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
    /// A mail that is recorded and filed, and nothing more.
    fn aside(&self, outcome: Outcome, silence: Silence, findings: Vec<Finding>) -> Inspection {
        let needs_staff = outcome == Outcome::Unreadable
            || findings.iter().any(|finding| finding.severity == Severity::Staff);
        Inspection {
            outcome,
            needs_staff,
            findings,
            submissions: Vec::new(),
            other_files: Vec::new(),
            answer: Answer::Silent(silence),
            received_at: self.received_at(),
            notify: Vec::new(),
            provisional: None,
        }
    }

    fn received_at(&self) -> Timestamp {
        self.mail.received_at.unwrap_or(self.desk.campaign.opens)
    }

    fn standing(&self, venue_no: &str) -> Standing {
        self.known.clinics.get(venue_no).cloned().unwrap_or_default()
    }

    /// Why no reply may leave, whatever the forms say: the finding for staff and the silence.
    fn silenced(&self) -> Option<(Finding, Silence)> {
        let message = &self.mail.dissected.message;
        if self.mail.bare {
            None
        } else if self.sender.address.is_empty() {
            Some((m::no_single_author(message), Silence::NoAuthor))
        } else if self.sender.authentication == Authentication::Fail {
            Some((m::authentication_failed(message), Silence::Unauthenticated))
        } else if self.sender.is_staff {
            let unproven = !self.desk.settings.sender.authserv_id.is_empty()
                && self.sender.authentication != Authentication::Pass;
            unproven.then(|| (m::authentication_failed(message), Silence::Unauthenticated))
        } else if self.sender.surely_automatic || (self.sender.perhaps_automatic && !self.sender.is_known()) {
            Some((m::m12_with_form(message), Silence::Automatic))
        } else {
            None
        }
    }

    /// Turns a reply into a draft or nothing where a budget, the mail's age or its marks demand it.
    fn hold_back(&self, inspection: &mut Inspection) {
        let Answer::Send(template) = inspection.answer.clone() else { return };
        let settings = self.desk.settings;
        let age = self.mail.seen_at.duration_since(self.received_at());
        if self.sender.perhaps_automatic && !self.sender.is_staff {
            inspection.answer = Answer::Draft(template);
            inspection.findings.push(m::m12_with_form(&self.mail.dissected.message));
            inspection.needs_staff = true;
        } else if settings.max_age.is_some_and(|limit| age > limit) {
            inspection.answer = Answer::Draft(template);
            inspection.needs_staff = true;
        } else if is_budgeted(template)
            && (over(self.known.mail.replies_last_hour, settings.budget_per_address_hour)
                || over(self.known.mail.replies_last_day, settings.budget_per_address_day))
        {
            inspection.answer = Answer::Suppress(template);
            inspection.needs_staff = true;
        }
    }
}

fn over(sent: u32, budget: u32) -> bool {
    budget > 0 && sent >= budget
}

/// Only these count against a budget: the answer to a new form from a registered address is never suppressed.
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
