//! Pure: the judgement of a mail without any of our forms: what it carries instead, and whether that wants a reply.

use super::Hand;
use crate::inbound::attachment::{Attachment, FileKind};
use crate::inbound::message::Defect;
use crate::inspection::body;
use crate::inspection::judgement::{Answer, Inspection, Silence, Submission};
use crate::inspection::rules::{self, mail as m};
use crate::inspection::verdict::{Finding, Outcome, Place, Severity, Template};
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
    answered.findings = hand.apply(answered.findings);
    let mut mail_findings = hand.apply(rules::mail::on_mail(hand.mail));
    mail_findings.extend(rules::mail::notes(hand.mail, hand.sender, &hand.known.mail));
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
    // What a colleague writes is for colleagues: only a file that could not be used is worth a reply.
    let colleague = hand.sender.is_staff && answered.file.is_none();
    if colleague && answered.reply.is_ok() {
        answered.reply = Err(Silence::Courtesy);
    }
    let submission = submission(hand, &answered);
    let needs_staff = stranger
        || colleague
        || submission.needs_staff()
        || mail_findings.iter().any(|finding| finding.severity == Severity::Staff);
    Inspection {
        outcome: answered.outcome,
        needs_staff,
        findings: mail_findings,
        other_files: if hand.personal_data().is_some() { Vec::new() } else { names(hand) },
        submissions: vec![submission],
        answer: match answered.reply {
            Ok(template) => Answer::Send(template),
            Err(silence) => Answer::Silent(silence),
        },
        received_at: hand.received_at(),
        notify: Vec::new(),
        provisional: Vec::new(),
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
    let timing = hand
        .mail
        .received_at
        .filter(|_| clinic.is_some())
        .map(|received_at| hand.desk.campaign.timing(received_at, deadlines, hand.earlier(&standing)));
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

/// What decides before the words alone do: patients' data, a program, a withdrawal, what could not be opened, what
/// is not a form.
fn first_file(hand: &Hand) -> Option<Answered> {
    personal_data(hand)
        .or_else(|| program(hand))
        .or_else(|| taken_away(hand))
        .or_else(|| external(hand))
        .or_else(|| withdrawn_in_text(hand))
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
    let (at, place) = hand.personal_data()?;
    let findings = vec![m::m17_personal_data(place)];
    Some(Answered { file: Some(at), outcome: Outcome::Held, findings, reply: Ok(Template::Held) })
}

/// Nobody means to submit a program; staff look, without a reply.
fn program(hand: &Hand) -> Option<Answered> {
    let at = hand.program()?;
    Some(Answered {
        file: Some(at),
        outcome: Outcome::Held,
        findings: Vec::new(),
        reply: Err(Silence::Quarantined),
    })
}

/// A gateway of the city put a note in place of the file: the clinic did nothing wrong and is not told that it did.
fn taken_away(hand: &Hand) -> Option<Answered> {
    let markers: Vec<String> =
        hand.desk.settings.sanitizer_markers.iter().map(|marker| body::fold(marker)).collect();
    let message = &hand.mail.dissected.message;
    let marked = |text: &str| {
        let folded = body::fold(text);
        markers.iter().any(|marker| !marker.is_empty() && folded.contains(marker.as_str()))
    };
    if hand.mail.bare || markers.is_empty() {
        return None;
    }
    let file = message.attachments.iter().position(|file| marked(&file.name) || marked(&file.excerpt));
    let in_text =
        || message.text.lines().any(|line| !line.trim_start().starts_with(['>', '＞']) && marked(line));
    if file.is_none() && !in_text() {
        return None;
    }
    let name = file.and_then(|at| message.attachments.get(at)).map_or("本文", |file| file.name.as_str());
    let findings = vec![m::m19_taken_away(name)];
    Some(Answered { file, outcome: Outcome::Held, findings, reply: Ok(Template::Held) })
}

/// A note that says where the file could be fetched: nobody fetches it, nobody is answered.
fn external(hand: &Hand) -> Option<Answered> {
    let (at, ..) = files(hand).find(|(_, attachment, _)| attachment.kind == FileKind::External)?;
    Some(Answered {
        file: Some(at),
        outcome: Outcome::Held,
        findings: vec![m::m16_external()],
        reply: Err(Silence::Unparsable),
    })
}

/// 「利用しません」 in the clinic's own words (F14).
fn withdrawn_in_text(hand: &Hand) -> Option<Answered> {
    let sentence = hand.mail.examined.words.withdraws.as_deref().filter(|_| !hand.mail.bare)?;
    let findings = vec![m::f14_withdrawal(Place::default(), sentence)];
    Some(Answered { file: None, outcome: Outcome::Held, findings, reply: Ok(Template::Withdraw) })
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
            || matches!(
                attachment.kind,
                FileKind::EncryptedArchive | FileKind::EncryptedWorkbook | FileKind::Encrypted
            );
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
            findings: match (attachment.kind, &refusal) {
                (FileKind::Encrypted, _) => vec![m::m03_sealed()],
                (_, Refusal::Died(_)) => {
                    vec![m::refused(&attachment.name, &refusal), m::m19_died(&attachment.name)]
                }
                _ => vec![m::refused(&attachment.name, &refusal)],
            },
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
    if let Some(courtesy) = courtesy(hand) {
        let findings = courtesy.findings.into_iter().chain([m::companion(&title)]).collect();
        return Some(Answered { file: Some(at), findings, ..courtesy });
    }
    let findings = vec![m::m01_no_form(), m::companion(&title)];
    Some(Answered { file: Some(at), outcome: Outcome::NotAForm, findings, reply: Ok(Template::Noatt) })
}

/// 「確認しました」, thanks, an answer to one of our letters that brings nothing and asks for nothing: no reply.
fn courtesy(hand: &Hand) -> Option<Answered> {
    let words = &hand.mail.examined.words;
    if words.says_attached || words.asks_change {
        return None;
    }
    let findings = if words.confirms {
        vec![m::t10_confirmed()]
    } else if hand.known.mail.answers.is_some() {
        Vec::new()
    } else {
        return None;
    };
    Some(Answered { file: None, outcome: Outcome::NotAForm, findings, reply: Err(Silence::Courtesy) })
}

/// Rules F02 and M02: workbooks that are none of our forms, PDF, pictures, Word.
fn not_a_form(hand: &Hand) -> Option<Answered> {
    let meant: Vec<_> = files(hand).filter(|(_, attachment, _)| m::is_meant(attachment)).collect();
    let (at, attachment, _) = meant
        .iter()
        .find(|(_, attachment, _)| attachment.kind.is_workbook())
        .or_else(|| meant.first())
        .copied()?;
    if !attachment.kind.is_workbook()
        && hand.mail.examined.words.confirms
        && let Some(courtesy) = courtesy(hand)
    {
        return Some(courtesy);
    }
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
    if let Some(courtesy) = courtesy(hand) {
        return courtesy;
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
