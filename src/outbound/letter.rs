//! Pure: a letter of ours: envelope, rendered bytes, deterministic Message-ID. A resend is byte-identical.
//!
//! A [`Draft`] is what was written; [`Draft::seal`] turns it into the one immutable message that is stored
//! and sent. No byte of an incoming mail enters a header, except message identifiers that were checked
//! (RFC 3834 §5, RFC 5322 §3.6.4).

pub mod header;
pub mod path;

use hmac::{Hmac, Mac};
use jiff::Timestamp;
use sha2::Sha256;

use crate::campaign::in_jst;
use crate::inspection::verdict::Template;
pub use path::Unaddressable;

/// A letter ready for the outbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    pub kind: Template,
    /// The one recipient (addr-spec).
    pub to: String,
    pub envelope_from: String,
    pub subject: String,
    /// With angle brackets.
    pub message_id: String,
    /// The whole message, CRLF-canonical and 7-bit.
    pub bytes: Vec<u8>,
    /// The text part, for `show` and `check`.
    pub text: String,
}

/// Value of `Auto-Submitted` (RFC 3834 §5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AutoSubmitted {
    /// An answer to a mail.
    Replied,
    /// Written without a mail that it answers: reminders, digests, notices.
    Generated,
}

/// A file that goes with a letter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Enclosure {
    pub name: String,
    /// `application/vnd.openxmlformats-officedocument.spreadsheetml.sheet`
    pub mime: String,
    pub bytes: Vec<u8>,
}

/// What is to be said to one recipient.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    pub kind: Template,
    /// Addr-spec; empty where nobody can be written to (a bare workbook in `check`).
    pub to: String,
    pub subject: String,
    /// Lines end with LF.
    pub text: String,
    pub html: Option<String>,
    pub attachments: Vec<Enclosure>,
    /// With angle brackets, as received; left out when it is not a well-formed identifier.
    pub in_reply_to: Option<String>,
    /// Oldest first; at most the last ten well-formed ones are kept.
    pub references: Vec<String>,
    pub auto_submitted: AutoSubmitted,
}

/// Who writes: the same for every letter of a run.
#[derive(Clone)]
pub struct Identity {
    /// From and Reply-To.
    pub from: String,
    pub from_name: String,
    /// Empty: the null path `<>`.
    pub envelope_from: String,
    /// The instance's secret: makes Message-IDs that cannot be guessed and that a resend repeats.
    pub key: Vec<u8>,
}

impl std::fmt::Debug for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Identity")
            .field("from", &self.from)
            .field("envelope_from", &self.envelope_from)
            .finish_non_exhaustive()
    }
}

impl Draft {
    /// Renders the message. `material` must be the same for the same letter and differ between letters (the
    /// incoming mail's hash and the letter's place in the outbox); `date` becomes the Date field.
    pub fn seal(
        &self,
        identity: &Identity,
        material: &str,
        date: Timestamp,
    ) -> Result<Letter, Unaddressable> {
        let to = path::safe(&self.to)?;
        let from = path::safe(&identity.from)?;
        let message_id = message_id(identity, self.kind, &self.to, material);
        let boundary_seed = message_id.trim_start_matches("<r1.");
        let mut out = String::new();
        let zoned = in_jst(date);
        header::field(&mut out, "Date", &zoned.strftime("%a, %d %b %Y %H:%M:%S +0900").to_string());
        header::mailbox_field(&mut out, "From", &identity.from_name, &from);
        header::mailbox_field(&mut out, "Reply-To", "", &from);
        header::mailbox_field(&mut out, "To", "", &to);
        header::text_field(&mut out, "Subject", &self.subject);
        header::field(&mut out, "Message-ID", &message_id);
        self.thread_fields(&mut out);
        let automatic = match self.auto_submitted {
            AutoSubmitted::Replied => "auto-replied",
            AutoSubmitted::Generated => "auto-generated",
        };
        header::field(&mut out, "Auto-Submitted", automatic);
        header::field(&mut out, "X-Auto-Response-Suppress", "All");
        header::field(&mut out, "Content-Language", "ja");
        header::field(&mut out, "MIME-Version", "1.0");
        header::body(&mut out, &self.text, self.html.as_deref(), &self.attachments, boundary_seed);
        Ok(Letter {
            kind: self.kind,
            to: self.to.trim().to_string(),
            envelope_from: identity.envelope_from.clone(),
            subject: self.subject.clone(),
            message_id,
            bytes: out.into_bytes(),
            text: self.text.clone(),
        })
    }

    fn thread_fields(&self, out: &mut String) {
        if let Some(id) = self.in_reply_to.as_deref().filter(|id| is_message_id(id)) {
            header::field(out, "In-Reply-To", id);
        }
        let mut ids: Vec<&str> = Vec::new();
        for id in self.references.iter().map(String::as_str).filter(|id| is_message_id(id)) {
            if !ids.contains(&id) {
                ids.push(id);
            }
        }
        let kept = ids.get(ids.len().saturating_sub(10)..).unwrap_or_default();
        if !kept.is_empty() {
            header::field(out, "References", &kept.join("\r\n "));
        }
    }
}

/// Is this a message identifier that may stand in a header of ours?
pub fn is_message_id(id: &str) -> bool {
    let Some(inner) = id.strip_prefix('<').and_then(|rest| rest.strip_suffix('>')) else { return false };
    (3..=250).contains(&inner.len())
        && inner.bytes().all(|byte| (0x21..=0x7e).contains(&byte) && !matches!(byte, b'<' | b'>'))
        && inner.matches('@').count() == 1
        && !inner.starts_with('@')
        && !inner.ends_with('@')
}

/// The envelope address that brings a bounce back to one outbox row: `local+{id}.{mac}@domain`.
pub fn bounce_address(identity: &Identity, outbox_id: i64) -> String {
    match identity.envelope_from.rsplit_once('@') {
        Some((local, domain)) => {
            format!("{local}+{outbox_id}.{}@{domain}", bounce_mac(&identity.key, outbox_id))
        }
        None => identity.envelope_from.clone(),
    }
}

/// The outbox row that a bounce address of ours names; `None` for an address that we did not make.
pub fn bounce_id(identity: &Identity, address: &str) -> Option<i64> {
    let (local, domain) = address.trim().rsplit_once('@')?;
    let (own_local, own_domain) = identity.envelope_from.rsplit_once('@')?;
    let (base, token) = local.rsplit_once('+')?;
    let (id, mac) = token.split_once('.')?;
    let id: i64 = id.parse().ok()?;
    let ours = base.eq_ignore_ascii_case(own_local)
        && domain.eq_ignore_ascii_case(own_domain)
        && mac.eq_ignore_ascii_case(&bounce_mac(&identity.key, id));
    ours.then_some(id)
}

fn bounce_mac(key: &[u8], outbox_id: i64) -> String {
    token(key, &["bounce", &outbox_id.to_string()], 12)
}

fn message_id(identity: &Identity, kind: Template, to: &str, material: &str) -> String {
    let domain = identity.from.rsplit_once('@').map_or("localhost", |(_, domain)| domain);
    let token = token(&identity.key, &["reply", material, kind.as_str(), &to.to_lowercase()], 32);
    format!("<r1.{token}@{}>", domain.to_ascii_lowercase())
}

/// HMAC-SHA-256 over the parts (each ended by a zero byte), in lower-case base32 (RFC 4648 §6), shortened.
fn token(key: &[u8], parts: &[&str], length: usize) -> String {
    // HMAC takes a key of any length, so the error arm cannot be reached; it yields another, still fixed, token.
    let digest = match Hmac::<Sha256>::new_from_slice(key) {
        Ok(mut mac) => {
            for part in parts {
                mac.update(part.as_bytes());
                mac.update(&[0]);
            }
            mac.finalize().into_bytes().to_vec()
        }
        Err(_) => Vec::new(),
    };
    base32(&digest).chars().take(length).collect()
}

fn base32(bytes: &[u8]) -> String {
    let mut out = String::new();
    for group in bytes.chunks(5) {
        // Five bytes are eight digits; a shorter last group is filled with zero bits and cut.
        let pool = (0..5).fold(0u64, |pool, at| (pool << 8) | u64::from(group.get(at).copied().unwrap_or(0)));
        let digits = (group.len() * 8).div_ceil(5);
        for at in 0..digits {
            let digit = ((pool >> (35 - 5 * at)) & 31) as u8;
            out.push(char::from(if digit < 26 { b'a' + digit } else { b'2' + digit - 26 }));
        }
    }
    out
}

#[cfg(test)]
mod tests;
