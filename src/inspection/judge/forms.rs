//! Pure: the judgement of the forms in one mail: each with its clinic, its rules, its timing, its outcome.

use std::collections::BTreeSet;

use super::{Desk, Hand, Mail, precedence, worst};
use crate::campaign::{Earlier, Timing};
use crate::clinic::Clinic;
use crate::inbound::attachment::FileKind;
use crate::inspection::form::Form;
use crate::inspection::judgement::{Answer, Inspection, SenderStanding, Submission};
use crate::inspection::rules::{self, mail as m, timing as t};
use crate::inspection::sender::Sender;
use crate::inspection::standing::{MailStanding, Standing, restrict};
use crate::inspection::verdict::{Finding, Outcome, Severity, Slot, Template, Totals, Visibility};
use crate::inspection::workbook::Content;

/// One form of the mail with what can be told without the ledger.
pub struct Item<'a> {
    pub file: usize,
    pub form: &'a Form,
    pub clinic: Option<&'a Clinic>,
    identity: Vec<Finding>,
    pub slots: Vec<Slot>,
    scope: BTreeSet<Visibility>,
    pub fingerprint: String,
}

/// Every form of the mail, identified.
pub fn items<'a>(
    desk: &Desk<'a>,
    mail: &Mail<'a>,
    standing: &MailStanding,
    sender: &Sender<'a>,
) -> Vec<Item<'a>> {
    let thread = standing.answers.as_ref().and_then(|letter| letter.venue_no.as_deref());
    let mut items = Vec::new();
    for (file, reading) in mail.examined.files.iter().enumerate() {
        for form in reading.iter().flat_map(|reading| &reading.forms) {
            let (clinic, identity) = match mail.entered_for {
                Some(venue_no) => (desk.registry.by_venue_no(venue_no), Vec::new()),
                None => {
                    let identity = rules::identify(form, desk.registry, sender.address, thread);
                    (identity.clinic, identity.findings)
                }
            };
            let slots = rules::slots(form, desk.campaign);
            let scope = form.visibility.clone();
            let fingerprint = rules::fingerprint(&slots, &scope);
            items.push(Item { file, form, clinic, identity, slots, scope, fingerprint });
        }
    }
    items
}

/// Judges every form of the mail.
pub fn judge(hand: &Hand) -> Inspection {
    let items = items(hand.desk, hand.mail, &hand.known.mail, hand.sender);
    let silenced = hand.silenced();
    let mut mail_findings = rules::mail::on_mail(hand.mail, hand.sender, &hand.known.mail);
    mail_findings.extend(silenced.iter().map(|(finding, _)| finding.clone()));
    mail_findings.extend(unread_files(hand));
    let mut submissions: Vec<Submission> = Vec::new();
    for at in 0..items.len() {
        let accepted_before =
            submissions.iter().filter(|earlier| earlier.outcome.is_accepted()).collect::<Vec<_>>();
        if let Some(mut submission) = judge_one(hand, &items, at, &accepted_before) {
            if silenced.is_some() {
                submission.outcome = Outcome::Held;
                submission.version = None;
                submission.template = None;
            }
            submissions.push(submission);
        }
    }
    if venues(&submissions).len() > 1 {
        mail_findings.push(m::m10_several_clinics(&submissions));
    }
    let outcome = worst(&submissions);
    let needs_staff = submissions.iter().any(Submission::needs_staff)
        || mail_findings.iter().any(|finding| finding.severity == Severity::Staff);
    let answer = match silenced {
        Some((_, silence)) => Answer::Silent(silence),
        None => answer(hand, &submissions),
    };
    Inspection {
        outcome,
        needs_staff,
        findings: mail_findings,
        notify: notify(hand, &submissions),
        provisional: provisional(hand, &submissions),
        submissions,
        other_files: other_files(hand),
        answer,
        received_at: hand.received_at(),
    }
}

/// One form. `None` only for a form that stands twice in the mail with the same content.
fn judge_one(hand: &Hand, items: &[Item], at: usize, accepted: &[&Submission]) -> Option<Submission> {
    let item = items.get(at)?;
    let siblings = siblings(items, at);
    let repeated = items.iter().take(at).any(|earlier| {
        item.clinic.is_some() && venue(earlier) == venue(item) && earlier.fingerprint == item.fingerprint
    });
    if repeated {
        return None;
    }
    let attachment = hand.mail.dissected.message.attachments.get(item.file)?;
    let standing = item.clinic.map(|clinic| hand.standing(&clinic.venue_no)).unwrap_or_default();
    let sender =
        if hand.mail.bare { SenderStanding::Registered } else { hand.sender.standing_for(item.clinic) };
    let deadlines = standing.deadlines(hand.desk.campaign);
    let duplicate = is_duplicate(item, &standing);
    let replay = !duplicate && standing.superseded.contains_key(&item.fingerprint);
    let overtaken = overtaken(hand, item, &standing);
    let timing = timing(hand, item, &standing, duplicate);
    let beside = beside(item, &siblings, &standing);
    let case = rules::Case {
        campaign: hand.desk.campaign,
        registry: hand.desk.registry,
        settings: &hand.desk.settings.rules,
        attachment,
        container: container(hand, item.file),
        form: item.form,
        clinic: item.clinic,
        standing: &standing,
        slots: &item.slots,
        scope: &item.scope,
        beside: &beside,
        siblings: &siblings
            .iter()
            .map(|sibling| (sibling.form.number, sibling.scope.clone()))
            .collect::<Vec<_>>(),
        twins: hand.known.twins.get(&item.fingerprint).map_or(&[], Vec::as_slice),
        with_registry: hand.desk.with_registry,
    };
    let mut findings = item.identity.clone();
    findings.extend(rules::on_form(&case));
    findings.extend(holding(hand, item, sender, &siblings));
    if duplicate {
        findings.push(m::m06_duplicate(&standing));
    }
    if replay {
        findings.push(m::replay(&standing, &item.fingerprint));
    }
    if let Some(receipt) = &overtaken {
        findings.push(m::overtaken(receipt));
    }
    if let Some(timing) = timing {
        findings.extend(t::on_timing(hand.mail, hand.desk, &standing, timing, duplicate, hand.received_at()));
    }
    let (outcome, template) = precedence::decide(
        &findings,
        timing,
        replay || overtaken.is_some() || awaits_registry(hand),
        duplicate,
    );
    let scope_before = standing.slots_of(&item.scope);
    let changes = if standing.in_force.iter().any(|version| !version.in_force.is_disjoint(&item.scope)) {
        rules::changes(&scope_before, &item.slots)
    } else {
        Vec::new()
    };
    let earlier = accepted.iter().filter(|other| venue_of(other) == venue(item)).count() as u32;
    Some(Submission {
        file: Some(item.file),
        file_name: Some(attachment.name.clone()),
        file_sha256: Some(attachment.sha256.clone()),
        form: Some(item.form.clone()),
        clinic: item.clinic.cloned(),
        sender,
        outcome,
        timing,
        deadlines,
        receipt: None,
        version: outcome.is_accepted().then_some(standing.versions + 1 + earlier),
        findings,
        totals: Some(Totals::of(&item.slots)),
        union: item.slots.iter().chain(&beside).cloned().collect(),
        slots: item.slots.clone(),
        scope: item.scope.clone(),
        fingerprint: item.fingerprint.clone(),
        changes,
        previous: standing.in_force,
        template: Some(template),
    })
}

/// The codes that hold a form because of its clinic, its sender or its neighbours in the mail.
fn holding(hand: &Hand, item: &Item, sender: SenderStanding, siblings: &[&Item]) -> Vec<Finding> {
    let mut findings = Vec::new();
    let personal = hand.mail.examined.files.iter().flatten().find_map(|file| file.personal_data.clone());
    findings.extend(personal.map(m::m17_personal_data));
    let conflict =
        siblings.iter().any(|sibling| sibling.scope == item.scope && sibling.fingerprint != item.fingerprint);
    if conflict {
        findings.push(m::m11_conflict());
    }
    if awaits_registry(hand) {
        findings.push(m::no_registry_yet());
    } else if hand.desk.with_registry {
        match (item.clinic, sender) {
            (None, _) => findings.push(m::m08_unknown_clinic(item.form)),
            (Some(_), SenderStanding::Unknown) => findings.push(m::m07_unregistered(hand.sender.address)),
            (Some(clinic), SenderStanding::Elsewhere) => findings.push(m::m09_elsewhere(hand.sender, clinic)),
            (Some(_), _) => {}
        }
    }
    findings
}

/// The daemon without a registry records and holds; it cannot know whose form it is.
fn awaits_registry(hand: &Hand) -> bool {
    hand.desk.with_registry && hand.desk.registry.is_empty()
}

fn siblings<'a, 'b>(items: &'b [Item<'a>], at: usize) -> Vec<&'b Item<'a>> {
    let Some(item) = items.get(at) else { return Vec::new() };
    items
        .iter()
        .enumerate()
        .filter(|(other, sibling)| {
            *other != at
                && item.clinic.is_some()
                && venue(sibling) == venue(item)
                && sibling.fingerprint != item.fingerprint
        })
        .map(|(_, sibling)| sibling)
        .collect()
}

/// Slots that would stand beside this form's: of scopes that neither it nor a sibling replaces, and the siblings' own.
fn beside(item: &Item, siblings: &[&Item], standing: &Standing) -> Vec<Slot> {
    let mut untouched: BTreeSet<Visibility> = Visibility::BOTH.into_iter().collect();
    untouched.retain(|visibility| {
        !item.scope.contains(visibility) && !siblings.iter().any(|sibling| sibling.scope.contains(visibility))
    });
    let mut slots = standing.slots_of(&untouched);
    for sibling in siblings {
        let own: BTreeSet<_> = sibling.scope.difference(&item.scope).copied().collect();
        slots.extend(restrict(&sibling.slots, &own));
    }
    slots
}

/// Rule M06: for every scope of the form the same slots are in force already.
fn is_duplicate(item: &Item, standing: &Standing) -> bool {
    !item.scope.is_empty()
        && !item.slots.is_empty()
        && item.scope.iter().all(|visibility| standing.version_for(*visibility).is_some())
        && rules::fingerprint(&standing.slots_of(&item.scope), &item.scope) == item.fingerprint
}

/// The receipt of a version in force that was received after this form: what is in force never depends on the order
/// in which mail is processed, so an older form waits for a person.
fn overtaken(hand: &Hand, item: &Item, standing: &Standing) -> Option<String> {
    let received_at = hand.mail.received_at?;
    let newer = |visibility: &Visibility| {
        standing.version_for(*visibility).filter(|version| version.received_at > received_at)
    };
    item.scope.iter().find_map(newer).map(|version| version.receipt.clone())
}

fn timing(hand: &Hand, item: &Item, standing: &Standing, duplicate: bool) -> Option<Timing> {
    let received_at = hand.mail.received_at?;
    if duplicate {
        let repeated = item.scope.iter().find_map(|visibility| standing.version_for(*visibility));
        if let Some(timing) = repeated.and_then(|version| version.timing) {
            return Some(timing);
        }
    }
    let deadlines = standing.deadlines(hand.desk.campaign);
    let earlier = Earlier {
        accepted: !standing.in_force.is_empty(),
        attempted_in_time: standing.first_attempt.is_some_and(|at| at <= deadlines.submission),
    };
    Some(hand.desk.campaign.timing(received_at, deadlines, earlier))
}

fn container(hand: &Hand, file: usize) -> FileKind {
    match hand.mail.dissected.contents.get(file) {
        Some(Content::Workbook(workbook)) => workbook.container,
        _ => FileKind::Unknown,
    }
}

fn venue<'a>(item: &Item<'a>) -> Option<&'a str> {
    item.clinic.map(|clinic| clinic.venue_no.as_str())
}

fn venue_of(submission: &Submission) -> Option<&str> {
    submission.clinic.as_ref().map(|clinic| clinic.venue_no.as_str())
}

fn venues(submissions: &[Submission]) -> BTreeSet<&str> {
    submissions.iter().filter_map(venue_of).collect()
}

/// Files beside the forms that could not be read: staff look, the clinic is told their names.
fn unread_files(hand: &Hand) -> Vec<Finding> {
    let message = &hand.mail.dissected.message;
    let files = message.attachments.iter().zip(&hand.mail.dissected.contents);
    files
        .filter_map(|(attachment, content)| match content {
            Content::Refused(refusal) => Some(m::unread_beside_a_form(&attachment.name, refusal)),
            Content::Workbook(_) | Content::Other => None,
        })
        .collect()
}

fn other_files(hand: &Hand) -> Vec<String> {
    let attachments = hand.mail.dissected.message.attachments.iter();
    attachments
        .zip(&hand.mail.examined.files)
        .filter(|(attachment, reading)| {
            reading.as_ref().is_none_or(|reading| reading.forms.is_empty()) && m::is_meant(attachment)
        })
        .map(|(attachment, _)| attachment.name.clone())
        .collect()
}

/// One reply for the mail: the only form's text, or MULTI with one block each.
fn answer(hand: &Hand, submissions: &[Submission]) -> Answer {
    let mut templates: Vec<Template> =
        submissions.iter().filter_map(|submission| submission.template).collect();
    templates.dedup();
    let template = match templates.as_slice() {
        [] => return Answer::Silent(crate::inspection::judgement::Silence::NoAuthor),
        [template]
            if submissions.len() == 1 || matches!(template, Template::Conflict | Template::Unknown) =>
        {
            *template
        }
        _ => Template::Multi,
    };
    if awaits_registry(hand) { Answer::Draft(template) } else { Answer::Send(template) }
}

/// The clinic's registered addresses hear of a form that came from elsewhere (M07, M09).
fn notify(hand: &Hand, submissions: &[Submission]) -> Vec<String> {
    let mut addresses = BTreeSet::new();
    for submission in submissions {
        let foreign = matches!(submission.sender, SenderStanding::Unknown | SenderStanding::Elsewhere);
        if foreign && submission.template.is_some() && submission.outcome == Outcome::Held {
            addresses.extend(submission.clinic.iter().flat_map(|clinic| clinic.emails.iter().cloned()));
        }
    }
    addresses.remove(hand.sender.address);
    addresses.into_iter().collect()
}

fn provisional(hand: &Hand, submissions: &[Submission]) -> Option<(String, String)> {
    let taken_on = submissions
        .iter()
        .find(|submission| submission.sender == SenderStanding::Provisional && !hand.mail.bare)?;
    let silent = taken_on.template.is_none();
    let venue_no = venue_of(taken_on)?.to_string();
    (!silent).then(|| (venue_no, hand.sender.address.to_string()))
}
