//! Pure: the judgement of the forms in one mail: each with its clinic, its rules, its timing, its outcome.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::{Desk, Hand, Mail, precedence, reply, worst};
use crate::campaign::{Campaign, Timing};
use crate::clinic::Clinic;
use crate::inbound::attachment::FileKind;
use crate::inspection::form::{Entry, Form};
use crate::inspection::judgement::{Answer, Inspection, SenderStanding, Submission};
use crate::inspection::rules::{self, mail as m, timing as t};
use crate::inspection::sender::Sender;
use crate::inspection::standing::{MailStanding, Standing, restrict};
use crate::inspection::verdict::{Finding, Outcome, Place, Severity, Slot, Template, Totals, Visibility};
use crate::inspection::workbook::Content;

/// One form of the mail with what can be told without the ledger.
pub struct Item<'a> {
    pub file: usize,
    pub form: &'a Arc<Form>,
    pub clinic: Option<&'a Clinic>,
    identity: Vec<Finding>,
    pub slots: Vec<Slot>,
    scope: BTreeSet<Visibility>,
    pub fingerprint: String,
    /// What stands in rows that gave no slot, as written.
    unread: Vec<[String; 4]>,
}

impl Item<'_> {
    fn is_of_the_same_clinic(&self, other: &Self) -> bool {
        self.clinic.is_some() && venue(self) == venue(other)
    }

    fn says_the_same(&self, other: &Self) -> bool {
        self.fingerprint == other.fingerprint && self.unread == other.unread
    }

    fn repeats(&self, earlier: &Self) -> bool {
        self.is_of_the_same_clinic(earlier) && self.says_the_same(earlier)
    }
}

/// Every form of the mail, identified.
pub fn items<'a>(
    desk: &Desk<'a>,
    mail: &Mail<'a>,
    standing: &MailStanding,
    sender: &Sender<'a>,
) -> Vec<Item<'a>> {
    let thread = standing.answers.as_ref().and_then(|letter| letter.venue_no.as_deref()).or_else(|| {
        let subject = &mail.dissected.message.subject;
        rules::clinic_of_receipt(subject, desk.campaign.period, desk.registry, sender.address)
    });
    let mut items = Vec::new();
    for (file, reading) in mail.examined.files.iter().enumerate() {
        for form in reading.iter().flat_map(|reading| &reading.forms) {
            let (clinic, identity) = if let Some(venue_no) = mail.entered_for {
                (desk.registry.by_venue_no(venue_no), Vec::new())
            } else {
                let identity = rules::identify(form, desk.registry, sender.address, thread);
                (identity.clinic, identity.findings)
            };
            let slots = rules::slots(form, desk.campaign);
            let scope = form.visibility.clone();
            let fingerprint = rules::fingerprint(&slots, &scope);
            let unread = unread(form, desk.campaign);
            items.push(Item { file, form, clinic, identity, slots, scope, fingerprint, unread });
        }
    }
    items
}

/// Rows that offer something and gave no slot: two forms with the same slots may differ in these.
fn unread(form: &Form, campaign: &Campaign) -> Vec<[String; 4]> {
    let raw =
        |entry: Option<&Entry<u32>>| entry.map(|entry| entry.raw.trim().to_string()).unwrap_or_default();
    let mut rows = Vec::new();
    for row in &form.rows {
        let counts = [row.public.as_ref(), row.private.as_ref()];
        let offers = counts
            .iter()
            .flatten()
            .any(|count| count.value().is_some_and(|n| n > 0) || count.trouble().is_some());
        let complete = row.date.value().and_then(|date| campaign.dose_on(date)).is_some()
            && row.start.value().is_some()
            && counts.iter().flatten().all(|count| count.trouble().is_none());
        if offers && !complete {
            let (date, start) = (row.date.raw.trim().to_string(), row.start.raw.trim().to_string());
            rows.push([date, start, raw(row.public.as_ref()), raw(row.private.as_ref())]);
        }
    }
    rows.sort();
    rows
}

/// Judges every form of the mail.
pub fn judge(hand: &Hand) -> Inspection {
    let items = items(hand.desk, hand.mail, &hand.known.mail, hand.sender);
    let silenced = hand.silenced();
    let mut mail_findings = rules::mail::on_mail(hand.mail);
    let mut submissions = judge_all(hand, &items);
    if silenced.is_some() {
        for submission in &mut submissions {
            submission.outcome = Outcome::Held;
            submission.template = None;
        }
    }
    number_versions(hand, &mut submissions);
    let clinics = venues(&submissions).len();
    if clinics > 1 {
        mail_findings.push(m::m10_several_clinics(clinics));
    }
    let mut mail_findings = hand.apply(mail_findings);
    mail_findings.extend(rules::mail::notes(hand.mail, hand.sender, &hand.known.mail));
    mail_findings.extend(silenced.iter().map(|(finding, _)| finding.clone()));
    mail_findings.extend(reply::unread_files(hand));
    let needs_staff = submissions.iter().any(Submission::needs_staff)
        || mail_findings.iter().any(|finding| finding.severity == Severity::Staff);
    let answer = match silenced {
        Some((_, silence)) => Answer::Silent(silence),
        None => reply::answer(hand, &submissions),
    };
    Inspection {
        outcome: worst(&submissions),
        needs_staff,
        findings: mail_findings,
        notify: reply::notify(hand, &submissions),
        provisional: reply::provisional(hand, &submissions),
        submissions,
        other_files: reply::other_files(hand),
        answer,
        received_at: hand.received_at(),
    }
}

/// Every form beside its siblings. A sibling that is not accepted will not stand beside the others, so these are
/// judged again without it.
fn judge_all(hand: &Hand, items: &[Item]) -> Vec<Submission> {
    let first = |at: &usize| {
        !items.iter().take(*at).any(|earlier| items.get(*at).is_some_and(|item| item.repeats(earlier)))
    };
    let mut judged: BTreeMap<usize, Submission> = BTreeMap::new();
    let mut left_out: BTreeSet<usize> = BTreeSet::new();
    let mut waiting: Vec<usize> = (0..items.len()).filter(first).collect();
    while !waiting.is_empty() {
        for at in &waiting {
            judged.extend(judge_one(hand, items, *at, &left_out).map(|submission| (*at, submission)));
        }
        let before = left_out.len();
        let fallen =
            judged.iter().filter(|(_, one)| matches!(one.outcome, Outcome::Held | Outcome::Rejected));
        left_out.extend(fallen.map(|(at, _)| *at));
        waiting.retain(|at| left_out.len() > before && !left_out.contains(at));
    }
    judged.into_values().collect()
}

/// One form beside those of its siblings that are not left out.
fn judge_one(hand: &Hand, items: &[Item], at: usize, left_out: &BTreeSet<usize>) -> Option<Submission> {
    let item = items.get(at)?;
    let siblings = siblings(items, at, left_out);
    let attachment = hand.mail.dissected.message.attachments.get(item.file)?;
    let standing = item.clinic.map(|clinic| hand.standing(&clinic.venue_no)).unwrap_or_default();
    let sender =
        if hand.mail.bare { SenderStanding::Registered } else { hand.sender.standing_for(item.clinic) };
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
    let mut findings = hand.apply(item.identity.clone());
    findings.extend(rules::on_form(&case));
    findings.extend(holding(hand, item, sender, &siblings));
    let fate = fate(hand, item, &standing, &mut findings);
    if fate.outcome == Outcome::Rejected {
        // Its text says that both forms were accepted.
        findings.retain(|finding| finding.code != "X13");
    }
    let changes = rules::changes_in_force(&standing, &item.scope, &item.slots);
    Some(Submission {
        file: Some(item.file),
        file_name: Some(attachment.name.clone()),
        file_sha256: Some(attachment.sha256.clone()),
        form: Some(Arc::clone(item.form)),
        clinic: item.clinic.cloned(),
        sender,
        outcome: fate.outcome,
        timing: fate.timing,
        deadlines: standing.deadlines(hand.desk.campaign),
        receipt: None,
        version: None,
        findings,
        totals: Some(Totals::of(&item.slots)),
        union: item.slots.iter().chain(&beside).cloned().collect(),
        slots: item.slots.clone(),
        scope: item.scope.clone(),
        fingerprint: item.fingerprint.clone(),
        changes,
        previous: standing.in_force,
        template: Some(fate.template),
    })
}

/// What becomes of a form.
struct Fate {
    outcome: Outcome,
    template: Template,
    timing: Option<Timing>,
}

/// Compares the form with what was accepted before, adds the findings of that and of the time, and decides.
fn fate(hand: &Hand, item: &Item, standing: &Standing, findings: &mut Vec<Finding>) -> Fate {
    let identical = is_in_force(item, standing);
    // A file with something unread in it repeats only what could be read.
    let duplicate = identical && !findings.iter().any(|finding| finding.severity == Severity::Error);
    let replay = if identical { None } else { superseded(item, standing) };
    let overtaken = if identical { None } else { overtaken(hand, item, standing) };
    if duplicate {
        let versions = standing.in_force.iter().filter(|version| !version.in_force.is_disjoint(&item.scope));
        let receipts: Vec<&str> = versions.map(|version| version.receipt.as_str()).collect();
        findings.extend(hand.apply(vec![m::m06_duplicate(&receipts)]));
    }
    findings.extend(replay.map(m::replay));
    findings.extend(overtaken.map(m::overtaken));
    let earlier = hand.earlier(standing);
    let timing = hand.mail.received_at.map(|received_at| {
        let repeated = || item.scope.iter().find_map(|visibility| standing.version_for(*visibility)?.timing);
        let deadlines = standing.deadlines(hand.desk.campaign);
        let by_calendar = || hand.desk.campaign.timing(received_at, deadlines, earlier);
        if duplicate { repeated().unwrap_or_else(by_calendar) } else { by_calendar() }
    });
    if let (Some(timing), Some(received_at)) = (timing, hand.mail.received_at) {
        findings.extend(t::on_timing(&t::Receipt {
            mail: hand.mail,
            desk: hand.desk,
            standing,
            scope: &item.scope,
            received_at,
            earlier,
            timing,
            duplicate,
        }));
    }
    let held = replay.is_some() || overtaken.is_some() || reply::awaits_registry(hand);
    let (outcome, template) = precedence::decide(findings, timing, held, duplicate);
    let template = if reply::awaits_registry(hand) { Template::Held } else { template };
    Fate { outcome, template, timing }
}

/// Versions count per clinic, in the order of the forms in the mail.
fn number_versions(hand: &Hand, submissions: &mut [Submission]) {
    let mut accepted: BTreeMap<String, u32> = BTreeMap::new();
    for submission in submissions.iter_mut().filter(|submission| submission.outcome.is_accepted()) {
        let venue = venue_of(submission).unwrap_or_default().to_string();
        let before = hand.known.clinics.get(&venue).map_or(0, |standing| standing.versions);
        let count = accepted.entry(venue).or_default();
        *count += 1;
        submission.version = Some(before + *count);
    }
}

/// The codes that hold a form because of its clinic, its sender or its neighbours in the mail.
fn holding(hand: &Hand, item: &Item, sender: SenderStanding, siblings: &[&Item]) -> Vec<Finding> {
    let mut findings = Vec::new();
    findings.extend(hand.personal_data().map(|(_, place)| m::m17_personal_data(place)));
    if siblings.iter().any(|sibling| sibling.scope == item.scope) {
        findings.push(m::m11_conflict());
    }
    let withdrawn = hand.mail.examined.words.withdraws_altogether.as_deref().filter(|_| !hand.mail.bare);
    findings.extend(withdrawn.map(|sentence| m::f14_withdrawal(Place::default(), sentence)));
    if reply::awaits_registry(hand) {
        findings.push(m::no_registry_yet());
    } else if hand.desk.with_registry {
        match (item.clinic, sender) {
            (None, _) => findings.push(m::m08_unknown_clinic(item.form)),
            (Some(clinic), SenderStanding::Unknown) => {
                findings.push(m::m07_unregistered(&hand.mail.dissected.message, clinic));
            }
            (Some(clinic), SenderStanding::Elsewhere) => findings.push(m::m09_elsewhere(hand.sender, clinic)),
            (Some(_), _) => {}
        }
    }
    findings
}

/// The other forms of the same clinic in the mail that say something else.
fn siblings<'a, 'b>(items: &'b [Item<'a>], at: usize, left_out: &BTreeSet<usize>) -> Vec<&'b Item<'a>> {
    let Some(item) = items.get(at) else { return Vec::new() };
    items
        .iter()
        .enumerate()
        .filter(|(other, sibling)| {
            *other != at
                && !left_out.contains(other)
                && item.is_of_the_same_clinic(sibling)
                && !item.says_the_same(sibling)
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

/// For every scope of the form the same slots are in force already (rule M06).
fn is_in_force(item: &Item, standing: &Standing) -> bool {
    !item.scope.is_empty()
        && !item.slots.is_empty()
        && item.scope.iter().all(|visibility| standing.version_for(*visibility).is_some())
        && rules::fingerprint(&standing.slots_of(&item.scope), &item.scope) == item.fingerprint
}

/// The receipt of an accepted version with the same content that was replaced since, in whole or in part.
fn superseded<'a>(item: &Item, standing: &'a Standing) -> Option<&'a str> {
    let in_part = standing.in_force.iter().find(|version| version.fingerprint == item.fingerprint);
    let whole = standing.superseded.get(&item.fingerprint).map(String::as_str);
    whole.or_else(|| in_part.map(|version| version.receipt.as_str())).filter(|_| !item.slots.is_empty())
}

/// The receipt of a version in force that was received after this form: what is in force never depends on the order
/// in which mail is processed, so an older form waits for a person.
fn overtaken<'a>(hand: &Hand, item: &Item, standing: &'a Standing) -> Option<&'a str> {
    let received_at = hand.mail.received_at?;
    let newer = |visibility: &Visibility| {
        standing.version_for(*visibility).filter(|version| version.received_at > received_at)
    };
    item.scope.iter().find_map(newer).map(|version| version.receipt.as_str())
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

pub(super) fn venue_of(submission: &Submission) -> Option<&str> {
    submission.clinic.as_ref().map(|clinic| clinic.venue_no.as_str())
}

fn venues(submissions: &[Submission]) -> BTreeSet<&str> {
    submissions.iter().filter_map(venue_of).collect()
}
