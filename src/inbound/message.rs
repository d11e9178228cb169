//! Pure: raw bytes to [`Message`]: who wrote, what it answers, what shows that it is automatic, which files it carries.
//!
//! mail-parser gives the structure only; header values, file names and charsets are decoded from the raw
//! bytes by [`super::japanese`]. Runs in the limited child process: the daemon only sees the result.

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
}

/// Something about the mail's form that the rules or staff should know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Defect {
    /// It could not be parsed at all, or broke a limit of the message itself: the reason, naming the setting.
    Unparsable(String),
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

/// A mail opened: its message and the bytes of its files, in the order of `message.attachments`.
/// STAND-IN: the merge takes the other branch's version of this file.
pub struct Opened {
    pub message: Message,
    pub files: Vec<Vec<u8>>,
}

/// STAND-IN for the MIME reader: a subject line and files as `--name length\n` blocks.
pub fn open(raw: &[u8], _limits: &crate::limits::Limits) -> Opened {
    let mut opened = Opened { message: Message::default(), files: Vec::new() };
    let mut rest = raw;
    while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
        let (line, tail) = rest.split_at(end);
        rest = tail.get(1..).unwrap_or_default();
        let line = String::from_utf8_lossy(line).into_owned();
        if let Some((name, length)) = line.strip_prefix("--").and_then(|line| line.rsplit_once(' ')) {
            let length = length.parse::<usize>().unwrap_or_default().min(rest.len());
            let (file, tail) = rest.split_at(length);
            rest = tail;
            let kind = super::sniff::sniff(file, name);
            opened.message.attachments.push(Attachment {
                name: name.to_owned(),
                size: file.len() as u64,
                kind,
                ..Attachment::default()
            });
            opened.files.push(file.to_vec());
        } else if let Some(subject) = line.strip_prefix("Subject: ") {
            opened.message.subject = subject.to_owned();
        }
    }
    opened
}
