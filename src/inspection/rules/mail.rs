//! Pure: the M rules: what the mail as a whole shows (spec: "Mail level"). Their texts stand in the catalogue.

mod refused;

use crate::clinic::Clinic;
use crate::inbound::attachment::{Attachment, FileKind};
use crate::inbound::message::{AutomaticSign, Defect, Message};
use crate::inspection::form::Form;
use crate::inspection::judge::Mail;
use crate::inspection::sender::{Authentication, Sender};
use crate::inspection::standing::MailStanding;
use crate::inspection::verdict::{Finding, Place, Severity};
use crate::inspection::workbook::Refusal;

use super::finding::{NAME, VENUE_NO, at_cell, raise, raise_other};
pub use refused::{m19_died, refused};

/// The first picture of a text is taken for a signature's logo (image001.png), unless it is larger than one.
const LOGO: u64 = 50_000;

/// Smaller ones are icons and spacers, whatever they are called.
const ICON: u64 = 4_096;

/// The findings on the mail itself, beside those that decide what becomes of it.
pub fn on_mail(mail: &Mail) -> Vec<Finding> {
    let message = &mail.dissected.message;
    let words = &mail.examined.words;
    let mut findings = Vec::new();
    if mail.bare {
        return findings;
    }
    findings.extend(words.beyond_greeting.as_deref().map(m13_words));
    let pasted = message.attachments.iter().any(|file| is_pasted_picture(file) && !is_logo(file));
    if pasted || words.typed_table {
        findings.push(raise("M14", &[]));
    }
    if words.download_link && !mail.examined.has_form() {
        findings.push(raise("M16", &[]));
    }
    let zipped = message.attachments.iter().find(|file| file.inside.iter().any(|name| is_zip(name)));
    findings.extend(zipped.map(|file| reading(raise("M20", &[("file", file.inside.join("/"))]), &file.name)));
    findings
}

/// What staff should know of the mail that has no code of its own; not subject to `[rules]`.
pub fn notes(mail: &Mail, sender: &Sender, standing: &MailStanding) -> Vec<Finding> {
    let message = &mail.dissected.message;
    let mut findings = Vec::new();
    if mail.bare {
        return findings;
    }
    let nested = message.attachments.iter().find_map(|file| file.nested_mail.as_ref());
    findings.extend(nested.map(|name| for_staff(raise_other("M20", 0, &[("file", name.clone())]))));
    if standing.message_id_seen {
        findings.push(for_staff(raise_other("M06", 2, &[])));
    }
    if sender.authentication == Authentication::None {
        findings.push(raise_other("M07", 3, &[]));
    }
    for defect in &message.defects {
        if let Defect::Truncated(setting) = defect {
            let found = Finding { mend: None, ..raise_other("M19", 3, &[("setting", setting.clone())]) };
            findings.push(for_staff(found));
        }
    }
    let outside = message.attachments.iter().any(|file| file.kind == FileKind::External);
    findings.extend((outside && mail.examined.has_form()).then(m16_external));
    let program = message.attachments.iter().find(|file| file.kind == FileKind::Executable);
    findings.extend(program.map(|file| m19_program(&file.name)));
    findings
}

fn is_zip(name: &str) -> bool {
    name.to_lowercase().ends_with(".zip")
}

fn is_pasted_picture(attachment: &Attachment) -> bool {
    attachment.kind == FileKind::Image && attachment.inline
}

fn is_logo(picture: &Attachment) -> bool {
    let first = picture.name.to_lowercase().starts_with("image001.");
    picture.size < if first { LOGO } else { ICON }
}

fn for_staff(finding: Finding) -> Finding {
    Finding { severity: Severity::Staff, ..finding }
}

fn reading(finding: Finding, read: &str) -> Finding {
    Finding { read: (!read.is_empty()).then(|| read.to_string()), ..finding }
}

/// Is the file something the clinic meant to send (not a signature picture, a contact card, a signature)?
pub fn is_meant(attachment: &Attachment) -> bool {
    let noise = matches!(attachment.kind, FileKind::Vcard | FileKind::Signature | FileKind::Calendar)
        || is_pasted_picture(attachment)
        || (matches!(attachment.kind, FileKind::Text | FileKind::Html) && attachment.inline);
    !noise
}

pub fn m01_no_form() -> Finding {
    raise("M01", &[])
}

pub fn m02_not_a_spreadsheet(files: &[String]) -> Finding {
    let names = files.join("、");
    reading(raise("M02", &[("files", names.clone())]), &names)
}

pub fn m02_typed_in_body() -> Finding {
    raise_other("M02", 0, &[])
}

/// S/MIME or PGP: nobody here holds a key.
pub fn m03_sealed() -> Finding {
    raise_other("M03", 0, &[])
}

/// A gateway's note instead of a file.
pub fn m19_taken_away(file: &str) -> Finding {
    let found = Finding { mend: None, ..raise_other("M19", 5, &[("file", file.to_string())]) };
    for_staff(reading(found, file))
}

/// message/external-body.
pub fn m16_external() -> Finding {
    for_staff(raise_other("M16", 0, &[]))
}

/// The same trouble beside a form that could be read: for staff only.
pub fn unread_beside_a_form(file: &str, refusal: &Refusal) -> Finding {
    for_staff(refused(file, refusal))
}

pub fn m04_password_mail(first: Option<i64>) -> Finding {
    let first = first.map_or_else(|| "－".to_string(), |id| id.to_string());
    raise("M04", &[("mail", first)])
}

pub fn m06_duplicate(receipts: &[&str]) -> Finding {
    raise("M06", &[("receipt", receipts.join("、"))])
}

/// A superseded version came again: never put back in force by itself.
pub fn replay(receipt: &str) -> Finding {
    for_staff(raise_other("M06", 0, &[("receipt", receipt.to_string())]))
}

/// A form received before the version in force, but processed after it.
pub fn overtaken(receipt: &str) -> Finding {
    for_staff(raise_other("M06", 1, &[("receipt", receipt.to_string())]))
}

pub fn m07_unregistered(message: &Message, clinic: &Clinic) -> Finding {
    let authors = authors(message);
    let from = if authors.is_empty() { "（差出人不明）".to_string() } else { authors.clone() };
    reading(raise("M07", &[("from", from), ("clinic", named(clinic))]), &authors)
}

/// Every address of From, also where there is not exactly one.
fn authors(message: &Message) -> String {
    let authors: Vec<&str> = message.authors.iter().map(|author| author.address.as_str()).take(10).collect();
    authors.join("、")
}

pub fn m08_unknown_clinic(form: &Form) -> Finding {
    let found = raise("M08", &[]);
    match (&form.fields.venue_no, &form.fields.name) {
        (Some(number), _) => at_cell(found, &number.place, VENUE_NO, &number.raw),
        (None, Some(name)) => at_cell(found, &name.place, NAME, &name.raw),
        (None, None) => found,
    }
}

pub fn m09_elsewhere(sender: &Sender, clinic: &Clinic) -> Finding {
    let registered: Vec<String> = sender.clinics.iter().map(|clinic| named(clinic)).collect();
    let values =
        [("from", sender.address.to_string()), ("other", registered.join("、")), ("clinic", named(clinic))];
    raise("M09", &values)
}

/// 「みなみ内科クリニック（0123）」
fn named(clinic: &Clinic) -> String {
    format!("「{}（{}）」", clinic.name, clinic.venue_no)
}

pub fn m10_several_clinics(clinics: usize) -> Finding {
    raise("M10", &[("n", clinics.to_string())])
}

pub fn m11_conflict() -> Finding {
    raise("M11", &[])
}

/// Automatic mail without a form: ignored; staff hear of a letter of ours that came back (M18), and of a file that
/// a registered sender's program may have sent in earnest.
pub fn m12_m18_automatic(message: &Message, sender: &Sender, standing: &MailStanding) -> Vec<Finding> {
    let mut note = m12(message);
    if sender.is_known() && message.bounce.is_none() && message.attachments.iter().any(is_meant) {
        note.severity = Severity::Staff;
    }
    let mut findings = vec![note];
    if let (Some(letter), Some(bounce)) = (&standing.bounced, &message.bounce)
        && bounce.action == "failed"
    {
        let receipt = letter.receipt.as_deref().unwrap_or("－");
        let cause = format!("{} {}、受付番号 {receipt}", bounce.action, bounce.status);
        findings.push(raise_other("M18", 0, &[("address", bounce.recipient.clone()), ("cause", cause)]));
    }
    findings
}

/// A form with signs that no person sent it, from someone whom that leaves without any reply.
pub fn m12_with_form(message: &Message) -> Finding {
    for_staff(m12(message))
}

/// The same from a registered sender: the reply waits as a draft.
pub fn m12_drafted(message: &Message) -> Finding {
    let signs = signs(message);
    for_staff(reading(raise_other("M12", 1, &[("sign", signs.clone())]), &signs))
}

fn m12(message: &Message) -> Finding {
    let signs = signs(message);
    if signs.is_empty() {
        return raise_other("M12", 0, &[]);
    }
    reading(raise("M12", &[("sign", signs.clone())]), &signs)
}

fn signs(message: &Message) -> String {
    message.automatic.iter().map(sign_name).collect::<Vec<_>>().join("、")
}

fn sign_name(sign: &AutomaticSign) -> String {
    match sign {
        AutomaticSign::NullReturnPath => "Return-Path: <>".to_string(),
        AutomaticSign::AutoSubmitted(value) => format!("Auto-Submitted: {value}"),
        AutomaticSign::Report(kind) => format!("multipart/report {kind}"),
        AutomaticSign::List(field) => field.clone(),
        AutomaticSign::Precedence(value) => format!("Precedence: {value}"),
        AutomaticSign::Suppress(value) => format!("X-Auto-Response-Suppress: {value}"),
        AutomaticSign::RobotAddress(address) => format!("差出人 {address}"),
        AutomaticSign::Hint(hint) => hint_name(hint),
    }
}

/// A field's name as it is; what stood in the subject as a quotation.
fn hint_name(hint: &str) -> String {
    let is_field = hint.contains('-') && hint.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    match hint {
        "calendar" => "予定表の返信".to_string(),
        _ if is_field => hint.to_string(),
        _ => format!("件名に「{hint}」"),
    }
}

fn m13_words(sentence: &str) -> Finding {
    reading(raise("M13", &[]), sentence)
}

pub fn m15_winmail(file: &str) -> Finding {
    reading(raise("M15", &[]), file)
}

pub fn m17_personal_data(place: Place) -> Finding {
    Finding { place, ..raise("M17", &[]) }
}

pub fn m19_unparsable(reason: &str) -> Finding {
    for_staff(reading(Finding { mend: None, ..raise_other("M19", 2, &[]) }, reason))
}

/// A program among the files: nobody opens it, and nothing is answered.
pub fn m19_program(file: &str) -> Finding {
    let found = Finding { mend: None, ..raise_other("M19", 4, &[("file", file.to_string())]) };
    for_staff(reading(found, file))
}

pub fn f02_not_our_form(file: &str) -> Finding {
    reading(raise("F02", &[("file", file.to_string())]), file)
}

pub fn f14_withdrawal(place: Place, raw: &str) -> Finding {
    reading(Finding { place, ..raise("F14", &[("raw", raw.to_string())]) }, raw)
}

/// Staff settle that a clinic has confirmed its slots.
pub fn t10_confirmed() -> Finding {
    for_staff(raise("T10", &[]))
}

pub fn companion(title: &str) -> Finding {
    raise_other("M13", 0, &[("title", title.to_string())])
}

pub fn stranger(address: &str) -> Finding {
    reading(raise_other("M07", 0, &[]), address)
}

/// A11.
pub fn not_addressed_to_us() -> Finding {
    for_staff(raise_other("M12", 2, &[]))
}

/// A17.
pub fn too_old() -> Finding {
    for_staff(raise_other("M12", 3, &[]))
}

/// A15.
pub fn over_budget() -> Finding {
    for_staff(raise_other("M12", 4, &[]))
}

/// A14.
pub fn no_single_author(message: &Message) -> Finding {
    reading(raise_other("M08", 0, &[]), &authors(message))
}

/// A12.
pub fn authentication_failed(message: &Message) -> Finding {
    reading(raise_other("M07", 1, &[]), message.from())
}

pub fn staff_unproven(message: &Message) -> Finding {
    reading(raise_other("M07", 2, &[]), message.from())
}

pub fn no_registry_yet() -> Finding {
    raise_other("M08", 1, &[])
}

/// A reply that cannot be addressed at all.
pub fn m18_unaddressable(address: &str, cause: &str) -> Finding {
    let values = [("address", address.to_string()), ("cause", cause.to_string())];
    reading(raise_other("M18", 0, &values), address)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inbound::message::Author;

    #[test]
    fn every_author_and_every_sign_is_named() {
        let author = |address: &str| Author { address: address.into(), ..Author::default() };
        let clinic = Clinic { name: "みなみ内科".into(), venue_no: "0123".into(), ..Clinic::default() };
        for (authors, expected) in [
            (vec![author("a@x.jp")], "送信元 a@x.jp は"),
            (vec![author("a@x.jp"), author("b@x.jp")], "送信元 a@x.jp、b@x.jp は"),
            (vec![], "送信元 （差出人不明） は"),
        ] {
            let message = Message { authors, ..Message::default() };
            let told = m07_unregistered(&message, &clinic).message;
            assert!(told.starts_with(expected), "{told}");
        }
        let message = Message {
            automatic: vec![
                AutomaticSign::RobotAddress("MAILER-DAEMON@x.jp".into()),
                AutomaticSign::Hint("undeliver".into()),
                AutomaticSign::Hint("X-Loop".into()),
            ],
            ..Message::default()
        };
        let told = m12(&message).message;
        assert!(told.contains("（差出人 MAILER-DAEMON@x.jp、件名に「undeliver」、X-Loop）"), "{told}");
    }
}
