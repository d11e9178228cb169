//! Pure: raw bytes to [`Message`]: who wrote, what it answers, what shows that it is automatic, which files it carries.
//!
//! Structure ([`structure`]), header values, file names, charsets and transfer encodings are all read from the
//! raw bytes by code of our own. Runs in the limited child process: the daemon only sees the result.

mod opening;
mod structure;
mod walk;

pub use opening::{Opened, open};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::attachment::Attachment;

/// One mailbox of a From header field: the addr-spec is what counts, the name is for display.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Author {
    pub name: String,
    /// `local@domain`, domain in lower case; empty when none could be parsed.
    pub address: String,
}

/// A `Received:` field, as far as the receipt time needs it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Received {
    /// The host after `by`, lower case.
    pub by: String,
    pub at: Option<Timestamp>,
}

/// One `Authentication-Results:` field (RFC 8601), bounded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuthenticationResults {
    pub authserv_id: String,
    /// Number of `Received:` fields that stand above this one.
    pub received_above: usize,
    pub results: Vec<MethodResult>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MethodResult {
    /// `dmarc`, `dkim`, `spf`, … in lower case.
    pub method: String,
    /// `pass`, `fail`, `none`, … in lower case.
    pub result: String,
    /// `header.from`, `header.d`, `smtp.mailfrom`, … with their values.
    pub properties: Vec<(String, String)>,
}

/// Why a mail counts as automatic (the never-reply table; names follow its rows).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum AutomaticSign {
    /// A01: the topmost Return-Path is `<>`.
    NullReturnPath,
    /// A02: an Auto-Submitted field other than `no`; its value.
    AutoSubmitted(String),
    /// A03: multipart/report (delivery-status, disposition-notification, feedback-report); its report-type.
    Report(String),
    /// A06: a List-* field; its name.
    List(String),
    /// A07: Precedence bulk, list, junk or auto_reply; its value.
    Precedence(String),
    /// A08: X-Auto-Response-Suppress with All or AutoReply.
    Suppress(String),
    /// A09: a local part that no person uses (mailer-daemon, noreply, …).
    RobotAddress(String),
    /// A10: X-Autoreply, X-Loop, X-Spam-Flag: YES, … or an out-of-office subject; the field or pattern.
    Hint(String),
}

/// What a delivery status notification (RFC 3464) says of one of our letters.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bounce {
    /// `failed`, `delayed`, … in lower case.
    pub action: String,
    /// `5.1.1` and the like.
    pub status: String,
    pub recipient: String,
    /// Message-IDs in the returned headers, with angle brackets.
    pub original_message_ids: Vec<String>,
    /// What the returned letter answered: identifiers of its References and In-Reply-To.
    pub original_answers: Vec<String>,
    /// Our letters that the address it came to names. Filled by the daemon, which knows the key; never by the mail.
    pub letters: Vec<i64>,
}

/// Something about the mail's form that the rules or staff should know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Defect {
    /// It could not be parsed at all, or broke a limit of the message itself: the reason, naming the setting.
    Unparsable(String),
    /// The message is larger than `limits.message_bytes`: only its header was fetched.
    Oversize { found: u64, allowed: u64 },
    /// More Received fields than `limits.hops`.
    TooManyHops(usize),
    /// Text parts or files beyond a limit were left unread; the setting's name.
    Truncated(String),
}

/// One decoded mail. Text fields are decoded, control and bidi characters removed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// Every mailbox of every From field; the program answers only when there is exactly one.
    pub authors: Vec<Author>,
    pub sender: Option<String>,
    pub reply_to: Vec<String>,
    /// Addresses of To and Cc, lower case.
    pub recipients: Vec<String>,
    /// To whom it was delivered, as servers note it (Delivered-To, X-Original-To, Envelope-To, …).
    pub delivered_to: Vec<String>,
    pub subject: String,
    /// First Message-ID, with angle brackets, as received (trimmed).
    pub message_id: Option<String>,
    /// Validated msg-ids of References then In-Reply-To, last = nearest, at most ten.
    pub answers: Vec<String>,
    /// `Date:`; never decides anything.
    pub date: Option<Timestamp>,
    /// Topmost Return-Path; `Some("")` is the null path.
    pub return_path: Option<String>,
    /// Topmost first.
    pub received: Vec<Received>,
    pub authentication: Vec<AuthenticationResults>,
    pub automatic: Vec<AutomaticSign>,
    pub bounce: Option<Bounce>,
    /// The readable text (text/plain, else text of the HTML), at most `limits.text_bytes`.
    pub text: String,
    /// The text of an HTML body with tables, where `text` is of a plain body beside it: programs that make the plain
    /// one leave tables out.
    pub tables: String,
    pub attachments: Vec<Attachment>,
    /// SHA-256 (hex) over From, To, Date, Subject, Message-ID and the decoded parts, trace headers left out (K3).
    pub canonical: String,
    pub defects: Vec<Defect>,
}

impl Message {
    /// The one author's address, or `""` when there is none or more than one.
    pub fn from(&self) -> &str {
        match self.authors.as_slice() {
            [author] => &author.address,
            _ => "",
        }
    }
}
