//! Pure: a letter of ours: envelope, rendered bytes, deterministic Message-ID. A resend is byte-identical.

use crate::inspection::verdict::Template;

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
