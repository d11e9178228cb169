//! Pure: goes through the parts of a mail once and sorts them: text, files, reports, mails inside the mail.

use sha2::{Digest, Sha256};

use super::structure::{line_ends, parts};
use crate::inbound::attachment::FileKind;
use crate::inbound::attachment::gather::{Candidate, Gathered, Place};
use crate::inbound::bounce::Evidence;
use crate::inbound::header::parameters::{Parameters, file_name};
use crate::inbound::header::{Entity, Header};
use crate::inbound::html;
use crate::inbound::japanese::{self, name};
use crate::inbound::smime::{self, Wrapped};
use crate::inbound::sniff::begins_armoured;
use crate::inbound::transfer::{self, Encoding};
use crate::inbound::{address, automated};
use crate::limits::Limits;

/// The walk is recursive; whatever the setting says, the stack must hold it.
const DEEPEST: u64 = 64;

pub(super) struct Walk<'l> {
    pub gathered: Gathered<'l>,
    pub evidence: Evidence,
    /// Why the mail as a whole cannot be read.
    pub unparsable: Option<String>,
    /// A calendar program answers an invitation.
    pub calendar_answer: bool,
    /// Digests of the decoded parts, in order.
    pub digest: Sha256,
    plain: String,
    html: Vec<(String, Vec<u8>)>,
    limits: &'l Limits,
    parts: u64,
}

#[derive(Clone)]
struct Scope {
    depth: u64,
    /// Subtype of the multipart around the part; empty outside of one.
    around: String,
    /// Inside a mail that the mail carries.
    nested: bool,
    place: Place,
}

impl<'l> Walk<'l> {
    pub fn new(limits: &'l Limits) -> Self {
        Self {
            gathered: Gathered::new(limits),
            evidence: Evidence::default(),
            unparsable: None,
            calendar_answer: false,
            digest: Sha256::new(),
            plain: String::new(),
            html: Vec::new(),
            limits,
            parts: 0,
        }
    }

    pub fn mail(&mut self, header: &Header<'_>, body: &[u8]) {
        let scope = Scope { depth: 1, around: String::new(), nested: false, place: Place::default() };
        self.entity(header, body, &scope);
    }

    /// The text of an HTML body that has a table, if there is a plain body, too; before [`Walk::text`] takes it.
    pub fn tables(&self) -> String {
        let most = usize::try_from(self.limits.text_bytes).unwrap_or(usize::MAX);
        let mut text = String::new();
        if self.plain.trim().is_empty() {
            return text;
        }
        for (label, bytes) in &self.html {
            let decoded = html::decoded(label, bytes);
            if html::has_table(&decoded) && text.len() < most {
                join(&mut text, &html::text(&decoded, most).0);
            }
        }
        let mut end = text.len().min(most);
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        text.truncate(end);
        text
    }

    /// Is this picture shown in an HTML body that was read before it?
    fn is_shown(&self, header: &Header<'_>) -> bool {
        let id = header.first("Content-ID").map(|field| field.text()).unwrap_or_default();
        let id = id.trim().trim_start_matches('<').trim_end_matches('>');
        let reference = format!("cid:{id}");
        !id.is_empty()
            && self.html.iter().any(|(_, html)| {
                html.windows(reference.len()).any(|text| text.eq_ignore_ascii_case(reference.as_bytes()))
            })
    }

    /// The readable text: text/plain, else that of a winmail.dat, else the HTML's.
    pub fn text(&mut self) -> String {
        let most = usize::try_from(self.limits.text_bytes).unwrap_or(usize::MAX);
        let mut text = std::mem::take(&mut self.plain);
        if text.trim().is_empty() {
            for (label, bytes) in std::mem::take(&mut self.html) {
                let (piece, _) = html::text(&html::decoded(&label, &bytes), most);
                join(&mut text, &piece);
            }
        }
        if text.trim().is_empty() {
            text = self.gathered.tnef_body.take().unwrap_or_default();
        }
        let mut text = japanese::many_lines(&text).trim().to_owned();
        if text.len() > most {
            let mut end = most;
            while !text.is_char_boundary(end) {
                end -= 1;
            }
            text.truncate(end);
            self.gathered.over.insert("limits.text_bytes");
        }
        text
    }

    fn entity(&mut self, header: &Header<'_>, body: &[u8], scope: &Scope) {
        self.parts += 1;
        if self.parts > self.limits.parts {
            self.refuse("more parts than limits.parts");
        } else if scope.depth > self.limits.mime_depth.min(DEEPEST) {
            self.refuse("nested deeper than limits.mime_depth");
        }
        if self.unparsable.is_some() {
            return;
        }
        let mut content = header.parameters("Content-Type").unwrap_or_default();
        if !content.value.contains('/') && !content.value.starts_with("multipart") {
            let default = if scope.around == "digest" { "message/rfc822" } else { "text/plain" };
            default.clone_into(&mut content.value);
        }
        if let Some(subtype) = content.value.strip_prefix("multipart") {
            let inner = Scope {
                depth: scope.depth + 1,
                around: subtype.trim_start_matches('/').to_owned(),
                ..scope.clone()
            };
            let boundary = match content.raw("boundary") {
                Some(boundary) => Some(boundary.to_owned()),
                None => content.decoded("boundary"),
            };
            let boundary = boundary.as_deref();
            // Encoding a multipart is forbidden (RFC 2045 §6.4); some gateways do it all the same.
            let encoding = transfer_encoding(header);
            if self.sections(body, boundary, &inner)
                || (encoding != Encoding::Identity && self.sections(&encoding.decode(body), boundary, &inner))
            {
                return;
            }
            "text/plain".clone_into(&mut content.value);
        }
        self.leaf(header, &content, body, scope);
    }

    /// Goes through the parts of a multipart; false when there is none.
    fn sections(&mut self, body: &[u8], boundary: Option<&str>, inner: &Scope) -> bool {
        let most = usize::try_from(self.limits.parts).unwrap_or(usize::MAX).saturating_add(1);
        let Some(sections) = parts(body, boundary, most) else { return false };
        for section in sections {
            let part = Entity::parse(section, self.limits.header_bytes, self.limits.header_lines);
            self.gathered.over.extend(part.over);
            self.entity(&part.header, part.body, inner);
        }
        true
    }

    fn refuse(&mut self, reason: &str) {
        self.unparsable.get_or_insert_with(|| reason.to_owned());
    }

    fn leaf(&mut self, header: &Header<'_>, content: &Parameters, body: &[u8], scope: &Scope) {
        let disposition = header.parameters("Content-Disposition");
        let attached = disposition.as_ref().is_some_and(|d| d.value == "attachment");
        let name = file_name(disposition.as_ref(), Some(content));
        let encoding = transfer_encoding(header);
        let kind = content.value.as_str();
        let is_text = matches!(kind, "text/plain" | "text/html" | "text/enriched" | "text/richtext");
        let is_body = is_text && name.is_none() && !attached;
        let mut bytes = encoding.decode(body);
        if encoding == Encoding::Identity && !is_body && transfer::looks_like_base64(body) {
            let decoded = transfer::base64(body);
            let found = crate::inbound::sniff::sniff(&decoded, "");
            if !matches!(found, FileKind::Unknown | FileKind::Text | FileKind::Empty) {
                bytes = decoded.into();
            }
        }
        let by_lines = is_text || matches!(encoding, Encoding::Identity | Encoding::QuotedPrintable);
        self.digest_part(&bytes, by_lines);
        match kind {
            // In a mail that somebody passes on, a report is only a text.
            "message/delivery-status" | "message/global-delivery-status" if !scope.nested => {
                self.evidence.reports.push(bytes.into_owned());
            }
            "message/disposition-notification" | "message/feedback-report" => {}
            "text/rfc822-headers" | "message/rfc822-headers" | "message/global-headers" if !scope.nested => {
                self.evidence.take_returned(&bytes);
            }
            "message/rfc822" | "message/global" | "message/news" if scope.around == "report" => {
                self.evidence.take_returned(&bytes);
            }
            "message/rfc822" | "message/global" | "message/news" => {
                self.nested(candidate(name, content, false, bytes.into_owned()), scope);
            }
            "application/pkcs7-mime" | "application/x-pkcs7-mime" => {
                let file = candidate(name, content, false, bytes.into_owned());
                self.wrapped(file, content, body, scope);
            }
            "application/octet-stream" if has_ending(name.as_deref(), ".p7m") => {
                let file = candidate(name, content, false, bytes.into_owned());
                self.wrapped(file, content, body, scope);
            }
            "application/pkcs7-signature"
            | "application/x-pkcs7-signature"
            | "application/pgp-signature"
            | "application/pgp-keys"
            | "application/pgp-encrypted" => {
                let file = candidate(name, content, true, bytes.into_owned());
                self.gathered.keep(file, FileKind::Signature, &scope.place);
            }
            _ if scope.around == "encrypted" => {
                let file = candidate(name, content, false, bytes.into_owned());
                self.gathered.keep(file, FileKind::Encrypted, &scope.place);
            }
            "message/external-body" => {
                let file = candidate(name, content, false, bytes.into_owned());
                self.gathered.keep(file, FileKind::External, &scope.place);
            }
            "message/partial" => self.refuse("message/partial: one piece of a mail sent in pieces"),
            _ if is_body => self.body(content, &bytes, scope),
            _ => {
                let shown_inline = !attached
                    && kind.starts_with("image/")
                    && (header.has("Content-ID") || scope.around == "related");
                let inline = shown_inline || kind == "application/applefile";
                let mut file = candidate(name, content, inline, bytes.into_owned());
                let found = file.kind();
                let beside_html = header.has("Content-ID") || scope.around == "related";
                // Some programs call attached what they show in the text.
                file.inline |=
                    found == FileKind::Image && if attached { self.is_shown(header) } else { beside_html };
                if found == FileKind::Mail && file.bytes.first() != Some(&0xD0) {
                    self.nested(file, scope);
                } else {
                    self.calendar_answer |= found == FileKind::Calendar
                        && !scope.nested
                        && automated::is_calendar_answer(&file.bytes);
                    self.gathered.add(file, found, &scope.place);
                }
            }
        }
    }

    /// S/MIME in one piece: what was signed is read like any part; what was sealed stays a file.
    fn wrapped(&mut self, file: Candidate, content: &Parameters, body: &[u8], scope: &Scope) {
        let found = smime::unwrap(&file.bytes).or_else(|| smime::unwrap(&transfer::base64(body)));
        let says_sealed = content.raw("smime-type").is_some_and(|kind| {
            matches!(kind.to_ascii_lowercase().as_str(), "enveloped-data" | "authenveloped-data")
        });
        match found {
            Some(Wrapped::Signed(entity)) => {
                let inner = Entity::parse(&entity, self.limits.header_bytes, self.limits.header_lines);
                self.gathered.over.extend(inner.over);
                let within = Scope { depth: scope.depth + 1, around: String::new(), ..scope.clone() };
                self.entity(&inner.header, inner.body, &within);
            }
            Some(Wrapped::Bare) => self.gathered.keep(file, FileKind::Signature, &scope.place),
            Some(Wrapped::Sealed) => self.gathered.keep(file, FileKind::Encrypted, &scope.place),
            None if says_sealed => self.gathered.keep(file, FileKind::Encrypted, &scope.place),
            None => {
                let kind = file.kind();
                self.gathered.add(file, kind, &scope.place);
            }
        }
    }

    /// What travels as lines counts without the line ends that the way gave it.
    fn digest_part(&mut self, bytes: &[u8], by_lines: bool) {
        let digest = if by_lines && bytes.contains(&b'\r') {
            let unix: Vec<u8> = bytes.iter().copied().filter(|&b| b != b'\r').collect();
            Sha256::digest(&unix)
        } else {
            Sha256::digest(bytes)
        };
        self.digest.update(digest);
    }

    fn body(&mut self, content: &Parameters, bytes: &[u8], scope: &Scope) {
        let label = content.decoded("charset").unwrap_or_default().trim().to_owned();
        if content.value == "text/html" {
            // Styles and pictures may be many times the text.
            let most = self.limits.text_bytes.saturating_mul(32);
            if bytes.len() as u64 > most {
                self.gathered.over.insert("limits.text_bytes");
            }
            if !scope.nested {
                let kept = bytes.get(..usize::try_from(most).unwrap_or(usize::MAX)).unwrap_or(bytes);
                self.html.push((label, kept.to_vec()));
            }
            return;
        }
        if begins_armoured(bytes) {
            let name = Some("PGP MESSAGE.asc".to_owned());
            let file = candidate(name, content, false, bytes.to_vec());
            return self.gathered.keep(file, FileKind::Encrypted, &scope.place);
        }
        let mut rest = bytes;
        while let Some(found) = transfer::uuencoded(rest) {
            self.plain_piece(content, &label, found.before, scope);
            let shown = name::display(&japanese::words::decode(&japanese::guess(found.name)));
            let file = Candidate {
                name: shown,
                declared_type: "application/octet-stream".to_owned(),
                inline: false,
                bytes: found.bytes,
            };
            let kind = file.kind();
            self.gathered.add(file, kind, &scope.place);
            rest = found.after;
        }
        self.plain_piece(content, &label, rest, scope);
    }

    fn plain_piece(&mut self, content: &Parameters, label: &str, bytes: &[u8], scope: &Scope) {
        // Four bytes hold every character that one kept byte can come from.
        let most = self.limits.text_bytes.saturating_mul(4);
        if scope.nested {
            return;
        }
        if (bytes.len() as u64).max(self.plain.len() as u64) > most {
            self.gathered.over.insert("limits.text_bytes");
        }
        if self.plain.len() as u64 > most {
            return;
        }
        let sample = bytes.get(..usize::try_from(most).unwrap_or(usize::MAX)).unwrap_or(bytes);
        let text = japanese::decode(label, sample);
        let flowed = content.raw("format").is_some_and(|format| format.eq_ignore_ascii_case("flowed"));
        if flowed {
            let delete = content.raw("delsp").is_some_and(|value| value.eq_ignore_ascii_case("yes"));
            join(&mut self.plain, &unflowed(&text, delete));
        } else {
            join(&mut self.plain, &text);
        }
    }

    /// A mail inside the mail: its files are taken out, one level; a further level stays a file.
    fn nested(&mut self, mut mail: Candidate, scope: &Scope) {
        let bytes = std::mem::take(&mut mail.bytes);
        let unified = line_ends(&bytes);
        let inner = Entity::parse_mail(&unified, self.limits.header_bytes, self.limits.header_lines);
        self.gathered.over.extend(inner.over);
        let header = &inner.header;
        if !scope.nested {
            self.evidence.take_enclosed(header);
        }
        let subject = header.first("Subject").map(|field| field.readable()).unwrap_or_default();
        if mail.name.is_none() && !subject.is_empty() {
            mail.name = name::display(&format!("{subject}.eml"));
        }
        let before = self.gathered.attachments.len();
        if !scope.nested && !header.fields.is_empty() {
            let label = mail.name.clone().unwrap_or_else(|| "転送メール.eml".to_owned());
            let id = header.all("Message-ID").find_map(|field| address::message_id(field.text().trim()));
            let mut place = scope.place.clone();
            place.inside.push(label);
            place.nested_mail = id.or((!subject.is_empty()).then_some(subject));
            let inside = Scope { depth: scope.depth + 1, around: String::new(), nested: true, place };
            self.entity(header, inner.body, &inside);
        }
        if self.gathered.attachments.len() == before {
            drop(inner);
            drop(unified);
            mail.bytes = bytes;
            self.gathered.keep(mail, FileKind::Mail, &scope.place);
        }
    }
}

fn has_ending(name: Option<&str>, ending: &str) -> bool {
    name.is_some_and(|name| name.to_lowercase().ends_with(ending))
}

fn transfer_encoding(header: &Header<'_>) -> Encoding {
    Encoding::named(header.all("Content-Transfer-Encoding").map(|field| field.text()))
}

fn candidate(name: Option<String>, content: &Parameters, inline: bool, bytes: Vec<u8>) -> Candidate {
    let declared_type: String = japanese::one_line(&content.value).chars().take(100).collect();
    Candidate { name, declared_type, inline, bytes }
}

fn join(text: &mut String, piece: &str) {
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
    text.push_str(piece);
}

/// RFC 3676: a line that ends with a blank goes on in the next one.
fn unflowed(text: &str, delete_blank: bool) -> String {
    let mut out = String::with_capacity(text.len());
    for line in text.lines() {
        let line = line.strip_prefix(' ').unwrap_or(line);
        match line.strip_suffix(' ') {
            Some(soft) if line != "-- " => {
                out.push_str(if delete_blank { soft } else { line });
            }
            _ => {
                out.push_str(line);
                out.push('\n');
            }
        }
    }
    out
}
