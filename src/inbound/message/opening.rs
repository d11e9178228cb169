//! Pure: one raw mail to one [`Message`] and the bytes of its files.

use jiff::Timestamp;
use sha2::{Digest, Sha256};

use super::structure::line_ends;
use super::walk::Walk;
use super::{AutomaticSign, Defect, Message, Received};
use crate::inbound::attachment::FileKind;
use crate::inbound::header::{Entity, Field, Header};
use crate::inbound::{address, authentication, automated, bounce, instant};
use crate::limits::Limits;
use crate::sha256;

/// The nearest messages of a thread are enough to find ours among them.
const MOST_ANSWERS: usize = 10;
const LONGEST_SUBJECT: usize = 1_000;
/// Where servers note the envelope's recipient.
const DELIVERED: [&str; 6] =
    ["Delivered-To", "X-Original-To", "Envelope-To", "X-Envelope-To", "X-Delivered-To", "Apparently-To"];
const MOST_DELIVERED: usize = 20;

/// A mail taken apart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Opened {
    pub message: Message,
    /// The decoded bytes of `message.attachments[i]`; empty where a limit kept them out (then `size` is larger).
    pub files: Vec<Vec<u8>>,
}

/// Takes a mail apart. Total: what cannot be read is a [`Defect`] of the message, never an error.
pub fn open(raw: &[u8], limits: &Limits) -> Opened {
    let bytes = line_ends(raw);
    let entity = Entity::parse_mail(&bytes, limits.header_bytes, limits.header_lines);
    let header = &entity.header;
    let mut message = envelope(header, limits);
    let refusal = match entity.over {
        _ if header.fields.is_empty() => Some("no header fields".to_owned()),
        Some(setting) => Some(format!("the header is larger than {setting}")),
        None => None,
    };
    let mut digest = header_digest(header);
    if let Some(reason) = refusal {
        digest.update(entity.body);
        message.canonical = sha256::hex(&digest.finalize());
        message.defects.push(Defect::Unparsable(reason));
        return Opened { message, files: Vec::new() };
    }
    let mut walk = Walk::new(limits);
    walk.mail(header, entity.body);
    message.tables = walk.tables();
    message.text = walk.text();
    digest.update(walk.digest.clone().finalize());
    message.canonical = sha256::hex(&digest.finalize());
    message.attachments = std::mem::take(&mut walk.gathered.attachments);
    message.defects.extend(walk.unparsable.take().map(Defect::Unparsable));
    let truncated = walk.gathered.over.iter().map(|setting| Defect::Truncated((*setting).to_owned()));
    message.defects.extend(truncated);

    let content = header.parameters("Content-Type").unwrap_or_default();
    let form_possible = message.attachments.iter().any(|file| may_hold_form(file.kind));
    let by_system = bounce::is_by_mail_system(&message);
    let from_system = message.return_path.as_deref() == Some("") || by_system;
    if !from_system && content.value != "multipart/report" {
        // Somebody passes a report on.
        walk.evidence.reports.clear();
    }
    let has_report = !walk.evidence.reports.is_empty();
    message.automatic = automated::signs(header, &content, &message, form_possible, has_report);
    if walk.calendar_answer && !form_possible {
        message.automatic.push(AutomaticSign::Hint("calendar".to_owned()));
    }
    message.bounce = bounce::read(&walk.evidence, header, &message, from_system, by_system);
    Opened { message, files: walk.gathered.files }
}

fn may_hold_form(kind: FileKind) -> bool {
    kind.is_workbook()
        || matches!(
            kind,
            FileKind::EncryptedWorkbook
                | FileKind::HtmlWorkbook
                | FileKind::XmlWorkbook
                | FileKind::OldWorkbook
                | FileKind::Zip
                | FileKind::EncryptedArchive
                | FileKind::OtherArchive
        )
}

/// What the header says.
fn envelope(header: &Header<'_>, limits: &Limits) -> Message {
    let mut message = Message {
        authors: header.all("From").flat_map(|field| address::mailboxes(&field)).take(1_000).collect(),
        sender: address::addresses(header, "Sender").into_iter().next(),
        reply_to: address::addresses(header, "Reply-To"),
        recipients: address::addresses(header, "To"),
        subject: header.first("Subject").map(|field| subject(&field)).unwrap_or_default(),
        message_id: header.first("Message-ID").and_then(|field| own_id(&field)),
        answers: answers(header),
        date: header.first("Date").and_then(|field| instant::parse(&field.text())),
        return_path: header.first("Return-Path").map(|field| return_path(&field)),
        received: header.all("Received").map(|field| received(&field)).collect(),
        authentication: authentication::results(header),
        ..Message::default()
    };
    for name in DELIVERED {
        message.delivered_to.extend(address::addresses(header, name));
    }
    message.delivered_to.truncate(MOST_DELIVERED);
    message.recipients.extend(address::addresses(header, "Cc"));
    for recipient in &mut message.recipients {
        *recipient = recipient.to_lowercase();
    }
    let hops = message.received.len();
    if hops as u64 > limits.hops {
        message.defects.push(Defect::TooManyHops(hops));
    }
    message
}

fn subject(field: &Field<'_>) -> String {
    field.readable().chars().take(LONGEST_SUBJECT).collect()
}

/// The identifier at the start of the value; what follows it may only be a comment.
fn own_id(field: &Field<'_>) -> Option<String> {
    let text = field.text();
    let text = text.trim();
    let (inner, rest) = text.strip_prefix('<')?.split_once('>')?;
    let sound = rest.is_empty() || rest.starts_with([' ', '\t', '(']);
    if sound { address::message_id(&format!("<{inner}>")) } else { None }
}

/// References, then In-Reply-To: the last is the nearest.
fn answers(header: &Header<'_>) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for name in ["References", "In-Reply-To"] {
        for field in header.all(name) {
            for id in address::message_ids(&field.text()) {
                // The nearest mention counts.
                if let Some(at) = found.iter().position(|known| *known == id) {
                    found.remove(at);
                }
                found.push(id);
                if found.len() > MOST_ANSWERS {
                    found.remove(0);
                }
            }
        }
    }
    found
}

/// `""` for the null path.
fn return_path(field: &Field<'_>) -> String {
    let text = instant::without_comments(&field.text());
    let inside = match text.split_once('<') {
        Some((_, rest)) => rest.rsplit_once('>').map_or(rest, |(inside, _)| inside),
        None => text.as_str(),
    };
    let inside = inside.trim();
    let sound = address::addr_spec(inside);
    if sound.is_empty() { inside.chars().filter(|c| !c.is_control()).take(320).collect() } else { sound }
}

fn received(field: &Field<'_>) -> Received {
    let text = instant::without_comments(&field.text());
    let (trace, date) = text.rsplit_once(';').unwrap_or((&text, ""));
    let mut words = trace.split_whitespace();
    // The name after `from` is the sender's own choice: a host that calls itself `by` must not shift the rest.
    if trace.trim_start().to_ascii_lowercase().starts_with("from ") {
        words.next();
        words.next();
    }
    let by = words.find(|word| word.eq_ignore_ascii_case("by")).and_then(|_| words.next());
    let by = by.unwrap_or_default().trim_matches(|c| matches!(c, '.' | ',' | ';' | '[' | ']'));
    let by: String = by.chars().take(255).collect::<String>().to_lowercase();
    let at: Option<Timestamp> = instant::parse(date);
    Received { by, at }
}

/// Identity level K3: the fields a sender writes, unfolded, blanks made one. Trace headers are left out.
fn header_digest(header: &Header<'_>) -> Sha256 {
    let mut digest = Sha256::new();
    for name in ["From", "To", "Date", "Subject", "Message-ID"] {
        for field in header.all(name) {
            digest.update(name);
            for word in field.raw.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty()) {
                digest.update(b" ");
                digest.update(word);
            }
            digest.update(b"\n");
        }
    }
    digest
}
