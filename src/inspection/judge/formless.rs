//! Pure: the judgement of a mail without any of our forms: what it carries instead, and whether that wants a reply.

use super::Hand;
use crate::campaign::{Earlier, Timing};
use crate::inbound::attachment::{Attachment, FileKind};
use crate::inbound::message::Defect;
use crate::inspection::judgement::{Answer, Inspection, Silence, Submission};
use crate::inspection::rules::{self, mail as m};
use crate::inspection::verdict::{Finding, Outcome, Severity, Template};
use crate::inspection::workbook::{Content, Refusal};

/// What the mail amounts to.
struct Answered {
    /// The file it is about.
    file: Option<usize>,
    outcome: Outcome,
    findings: Vec<Finding>,
    reply: Result<Template, Silence>,
}

/// Judges a mail in which no form was found.
pub fn judge(hand: &Hand) -> Inspection {
    let silenced = hand.silenced();
    let mut answered = first_file(hand).unwrap_or_else(|| words_only(hand));
    let mut mail_findings = rules::mail::on_mail(hand.mail, hand.sender, &hand.known.mail);
    let stranger = !hand.mail.bare && !hand.sender.is_known();
    if let Some((finding, silence)) = silenced {
        answered.reply = Err(silence);
        answered.outcome = Outcome::Held;
        mail_findings.push(finding);
    } else if stranger {
        answered.reply = Err(Silence::Stranger);
        mail_findings.push(m::stranger(hand.sender.address));
    } else if !hand.mail.bare && !hand.sender.addressed_to_us && answered.reply.is_ok() {
        answered.reply = Err(Silence::Courtesy);
        mail_findings.push(m::not_addressed_to_us());
    }
    let submission = submission(hand, &answered);
    let needs_staff = stranger
        || submission.needs_staff()
        || mail_findings.iter().any(|finding| finding.severity == Severity::Staff);
    Inspection {
        outcome: answered.outcome,
        needs_staff,
        findings: mail_findings,
        other_files: names(hand),
        submissions: vec![submission],
        answer: match answered.reply {
            Ok(template) => Answer::Send(template),
            Err(silence) => Answer::Silent(silence),
        },
        received_at: hand.received_at(),
        notify: Vec::new(),
        provisional: None,
    }
}

fn submission(hand: &Hand, answered: &Answered) -> Submission {
    let clinic = match hand.mail.entered_for {
        Some(venue_no) => hand.desk.registry.by_venue_no(venue_no),
        None => hand.sender.only_clinic(),
    };
    let standing = clinic.map(|clinic| hand.standing(&clinic.venue_no)).unwrap_or_default();
    let deadlines = standing.deadlines(hand.desk.campaign);
    let attachment = answered.file.and_then(|at| hand.mail.dissected.message.attachments.get(at));
    let timing = hand.mail.received_at.filter(|_| clinic.is_some()).map(|received_at| -> Timing {
        let earlier = Earlier {
            accepted: !standing.in_force.is_empty(),
            attempted_in_time: standing.first_attempt.is_some_and(|at| at <= deadlines.submission),
        };
        hand.desk.campaign.timing(received_at, deadlines, earlier)
    });
    Submission {
        file: answered.file,
        file_name: attachment.map(|attachment| attachment.name.clone()),
        file_sha256: attachment.map(|attachment| attachment.sha256.clone()),
        form: None,
        clinic: clinic.cloned(),
        sender: hand.sender.standing_for(clinic),
        outcome: answered.outcome,
        timing,
        deadlines,
        receipt: None,
        version: None,
        findings: answered.findings.clone(),
        slots: Vec::new(),
        totals: None,
        scope: std::collections::BTreeSet::new(),
        fingerprint: String::new(),
        changes: Vec::new(),
        union: Vec::new(),
        previous: standing.in_force,
        template: answered.reply.ok(),
    }
}

/// The file that decides: patients' data first, then what could not be opened, then what is not a form.
fn first_file(hand: &Hand) -> Option<Answered> {
    personal_data(hand)
        .or_else(|| oversize(hand))
        .or_else(|| refused(hand))
        .or_else(|| withdrawn_in_file(hand))
        .or_else(|| companion(hand))
        .or_else(|| not_a_form(hand))
}

fn files<'a>(hand: &'a Hand) -> impl Iterator<Item = (usize, &'a Attachment, &'a Content)> {
    let message = &hand.mail.dissected.message;
    message
        .attachments
        .iter()
        .zip(&hand.mail.dissected.contents)
        .enumerate()
        .map(|(at, (attachment, content))| (at, attachment, content))
}

fn personal_data(hand: &Hand) -> Option<Answered> {
    let (at, place) = hand.mail.examined.files.iter().enumerate().find_map(|(at, reading)| {
        reading.as_ref().and_then(|reading| reading.personal_data.clone()).map(|place| (at, place))
    })?;
    let findings = vec![m::m17_personal_data(place)];
    Some(Answered { file: Some(at), outcome: Outcome::Held, findings, reply: Ok(Template::Held) })
}

/// A mail so large that only its header was fetched (M19).
fn oversize(hand: &Hand) -> Option<Answered> {
    let refusal = hand.mail.dissected.message.defects.iter().find_map(|defect| match defect {
        Defect::Oversize { found, allowed } => Some(Refusal::limit("limits.message_bytes", *allowed, *found)),
        _ => None,
    })?;
    let findings = vec![m::refused("メール全体", &refusal)];
    Some(Answered { file: None, outcome: Outcome::Unreadable, findings, reply: Ok(Template::Unreadable) })
}

/// Rules M03, M15, M19, F01: a file that gave no cells.
fn refused(hand: &Hand) -> Option<Answered> {
    let mut unreadable = None;
    for (at, attachment, content) in files(hand) {
        let locked = matches!(content, Content::Refused(Refusal::Password))
            || matches!(attachment.kind, FileKind::EncryptedArchive | FileKind::EncryptedWorkbook);
        let refusal = match content {
            _ if locked => Refusal::Password,
            Content::Refused(refusal) => refusal.clone(),
            _ if attachment.kind == FileKind::Tnef => {
                let findings = vec![m::m15_winmail(&attachment.name)];
                unreadable.get_or_insert(Answered {
                    file: Some(at),
                    outcome: Outcome::Unreadable,
                    findings,
                    reply: Ok(Template::Winmail),
                });
                continue;
            }
            _ => continue,
        };
        let template = if locked { Template::Passwd } else { Template::Unreadable };
        let answered = Answered {
            file: Some(at),
            outcome: Outcome::Unreadable,
            findings: vec![m::refused(&attachment.name, &refusal)],
            reply: Ok(template),
        };
        if locked {
            return Some(answered);
        }
        unreadable.get_or_insert(answered);
    }
    unreadable
}

/// A workbook that says only 「利用しません」 (F14).
fn withdrawn_in_file(hand: &Hand) -> Option<Answered> {
    use crate::inspection::form::Observation;
    let readings = hand.mail.examined.files.iter().enumerate();
    let (at, place, raw) =
        readings.filter_map(|(at, reading)| Some((at, reading.as_ref()?))).find_map(|(at, reading)| {
            reading.observations.iter().find_map(|observation| match observation {
                Observation::Withdrawal { place, raw } => Some((at, place.clone(), raw.clone())),
                _ => None,
            })
        })?;
    let findings = vec![m::f14_withdrawal(place, &raw)];
    Some(Answered { file: Some(at), outcome: Outcome::Held, findings, reply: Ok(Template::Withdraw) })
}

/// Only 接種計画票 and the like: recognised and left aside; the form itself is still missing.
fn companion(hand: &Hand) -> Option<Answered> {
    let mut companions = Vec::new();
    for (at, attachment, _) in files(hand).filter(|(_, attachment, _)| m::is_meant(attachment)) {
        let title = hand
            .mail
            .examined
            .files
            .get(at)
            .and_then(Option::as_ref)
            .and_then(|file| file.companion.clone())?;
        companions.push((at, title, attachment.name.clone()));
    }
    let (at, title, _) = companions.first()?.clone();
    let findings = vec![m::m01_no_form(), m::companion(&title)];
    Some(Answered { file: Some(at), outcome: Outcome::NotAForm, findings, reply: Ok(Template::Noatt) })
}

/// Rules F02 and M02: workbooks that are none of our forms, PDF, pictures, Word.
fn not_a_form(hand: &Hand) -> Option<Answered> {
    let meant: Vec<_> = files(hand).filter(|(_, attachment, _)| m::is_meant(attachment)).collect();
    let (at, attachment, _) = meant
        .iter()
        .find(|(_, attachment, _)| attachment.kind.is_workbook())
        .or_else(|| meant.first())
        .copied()?;
    let finding = if attachment.kind.is_workbook() {
        m::f02_not_our_form(&attachment.name)
    } else {
        m::m02_not_a_spreadsheet(&names(hand))
    };
    Some(Answered {
        file: Some(at),
        outcome: Outcome::NotAForm,
        findings: vec![finding],
        reply: Ok(Template::Notxlsx),
    })
}

/// No file at all: the words decide.
fn words_only(hand: &Hand) -> Answered {
    let words = &hand.mail.examined.words;
    let known = &hand.known.mail;
    let answer = |outcome, findings, reply| Answered { file: None, outcome, findings, reply };
    if words.mentions_password && known.password_mail.is_some() {
        let findings = vec![m::m04_password_mail(known.password_mail)];
        return answer(Outcome::NotAForm, findings, Err(Silence::PasswordMail));
    }
    if let Some(sentence) = &words.withdraws {
        let findings = vec![m::f14_withdrawal(crate::inspection::verdict::Place::default(), sentence)];
        return answer(Outcome::Held, findings, Ok(Template::Withdraw));
    }
    let wants_form = words.says_attached || words.asks_change;
    if words.confirms && !wants_form {
        return answer(Outcome::NotAForm, vec![m::t10_confirmed()], Err(Silence::Courtesy));
    }
    if known.answers.is_some() && !wants_form {
        return answer(Outcome::NotAForm, Vec::new(), Err(Silence::Courtesy));
    }
    let mut findings = vec![m::m01_no_form()];
    if words.typed_table {
        findings = vec![m::m02_typed_in_body()];
    }
    answer(Outcome::NotAForm, findings, Ok(Template::Noatt))
}

fn names(hand: &Hand) -> Vec<String> {
    files(hand)
        .filter(|(_, attachment, _)| m::is_meant(attachment))
        .map(|(_, attachment, _)| attachment.name.clone())
        .collect()
}
