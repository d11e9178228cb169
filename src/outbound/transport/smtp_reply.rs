//! Pure: what the answers to MAIL, RCPT and DATA mean for a letter whose body has not been offered.

use std::error::Error as _;

use lettre::transport::smtp::Error;
use lettre::transport::smtp::response::Response;

use crate::inbound::certificate;
use crate::outbound::delivery::Delivery;

/// One answer of the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// A well-formed answer.
    Code(u16, String),
    /// No answer, or one that is none: the connection is of no further use.
    Broken(String),
}

impl Reply {
    pub fn of(result: Result<Response, Error>) -> Self {
        match result {
            Ok(response) => {
                let text: Vec<&str> = response.message().collect();
                Reply::Code(u16::from(response.code()), clean(&text.join(" ")))
            }
            Err(error) => match error.status() {
                Some(code) => {
                    let text = error.source().map(ToString::to_string).unwrap_or_default();
                    Reply::Code(u16::from(code), clean(&text))
                }
                None => Reply::Broken(clean(&Self::of_error(&error))),
            },
        }
    }

    /// An error in words: the server's where it spoke.
    pub fn of_error(error: &Error) -> String {
        if let Some(code) = error.status() {
            let text = error.source().map(ToString::to_string).unwrap_or_default();
            return format!("{code} {text}");
        }
        if error.is_response() {
            return "the server's answer is not SMTP".to_string();
        }
        let mut causes = Vec::new();
        let mut source = error.source();
        while let Some(cause) = source {
            let text = cause.to_string();
            if !causes.contains(&text) {
                causes.push(text);
            }
            source = cause.source();
        }
        match causes.as_slice() {
            [] => error.to_string(),
            [cause] if error.is_client() => cause.clone(),
            causes if causes.iter().any(|cause| cause.contains("certificate")) => format!(
                "its certificate is not trusted: {}; put the CA's certificate into outgoing.ca_file, or mend the server's \
                 certificate or outgoing.host",
                certificate::refusal(&causes.join(": "))
            ),
            causes => format!("the connection failed: {}", causes.join(": ")),
        }
    }

    pub fn is_done(&self) -> bool {
        matches!(self, Reply::Code(200..=299, _))
    }

    /// Must the connection be dropped after this answer?
    pub fn is_last(&self) -> bool {
        matches!(self, Reply::Broken(_) | Reply::Code(421 | 521, _))
    }

    pub fn text(&self) -> String {
        match self {
            Reply::Code(code, text) => format!("{code} {text}").trim().to_string(),
            Reply::Broken(text) => text.clone(),
        }
    }

    /// The answer to the final dot.
    pub fn after_dot(&self) -> Delivery {
        match self {
            Reply::Code(200..=299, _) => Delivery::Accepted(self.text()),
            Reply::Code(400..=499, _) => Delivery::Deferred(format!("after the message: {}", self.text())),
            Reply::Code(500..=599, _) => Delivery::Refused(format!("after the message: {}", self.text())),
            // Neither yes nor no: the server may have taken it.
            Reply::Code(..) | Reply::Broken(_) => {
                Delivery::Ambiguous(format!("after the message: {}", self.text()))
            }
        }
    }
}

/// What to do after the envelope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// The server waits for the body.
    Offer,
    /// The letter is settled; the connection goes on after RSET.
    Settled(Delivery),
    /// The letter is settled and the connection must be closed without another byte.
    Cut(Delivery),
}

/// Judges the answers to MAIL, RCPT, (RCPT of the archive copy,) DATA; `replies` ends early where the
/// conversation did.
pub fn judge(replies: &[Reply], with_archive: bool) -> Step {
    let awaits_body = replies.get(if with_archive { 3 } else { 2 }).is_some_and(|data| match data {
        Reply::Code(code, _) => (300..=399).contains(code),
        Reply::Broken(_) => false,
    });
    let settle = |delivery: Delivery| {
        // A server that answers 354 although the envelope failed would take our next command for a body.
        if awaits_body || replies.iter().any(Reply::is_last) {
            Step::Cut(delivery)
        } else {
            Step::Settled(delivery)
        }
    };
    let Some(mail) = replies.first() else {
        return Step::Cut(Delivery::Deferred("the server did not answer MAIL".into()));
    };
    match mail {
        Reply::Code(200..=299, _) => {}
        Reply::Code(..) => {
            return settle(Delivery::Deferred(format!(
                "the server refuses our sender address (outgoing.envelope_from, outgoing.from) or wants a login \
                 (outgoing.username): {}",
                mail.text()
            )));
        }
        Reply::Broken(cause) => return settle(Delivery::Deferred(format!("no answer to MAIL: {cause}"))),
    }
    let Some(recipient) = replies.get(1) else {
        return Step::Cut(Delivery::Deferred("the server did not answer RCPT".into()));
    };
    if !recipient.is_done() {
        return settle(refusal("the recipient", recipient));
    }
    match replies.get(if with_archive { 3 } else { 2 }) {
        Some(Reply::Code(354, _)) => Step::Offer,
        Some(data) if !data.is_done() => settle(refusal("the message", data)),
        Some(data) => Step::Cut(Delivery::Deferred(format!("the server answers DATA with {}", data.text()))),
        None => Step::Cut(Delivery::Deferred("the server did not answer DATA".into())),
    }
}

fn refusal(what: &str, reply: &Reply) -> Delivery {
    match reply {
        Reply::Code(530 | 534 | 535 | 538, _) => {
            Delivery::Deferred(format!("the server wants a login: {}", reply.text()))
        }
        Reply::Code(500..=599, _) => {
            Delivery::Refused(format!("the server refuses {what}: {}", reply.text()))
        }
        Reply::Broken(cause) => Delivery::Deferred(format!("no answer about {what}: {cause}")),
        Reply::Code(..) => {
            Delivery::Deferred(format!("the server does not take {what} now: {}", reply.text()))
        }
    }
}

/// A server's words for the log and the ledger: one line, bounded.
pub fn clean(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .take(400)
        .collect::<String>()
        .trim()
        .to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(codes: &[u16]) -> Vec<Reply> {
        codes
            .iter()
            .map(|code| match code {
                0 => Reply::Broken("connection reset".into()),
                code => Reply::Code(*code, "text".into()),
            })
            .collect()
    }

    #[test]
    fn answers_before_the_body_never_leave_doubt() {
        for (replies, archive, expected) in [
            (&[250, 250, 354][..], false, "offer"),
            (&[250, 250, 250, 354], true, "offer"),
            (&[250, 250, 550, 354], true, "offer"),
            (&[250, 550, 554], false, "settled refused"),
            (&[250, 450, 503], false, "settled deferred"),
            (&[250, 530, 503], false, "settled deferred"),
            (&[250, 550, 250, 354], true, "cut refused"),
            (&[250, 550, 354], false, "cut refused"),
            (&[550, 503, 503], false, "settled deferred"),
            (&[250, 250, 554], false, "settled refused"),
            (&[250, 250, 451], false, "settled deferred"),
            (&[250, 250, 421], false, "cut deferred"),
            (&[421], false, "cut deferred"),
            (&[250, 250, 250], false, "cut deferred"),
            (&[354, 250, 354], false, "cut deferred"),
            (&[250, 0], false, "cut deferred"),
            (&[], false, "cut deferred"),
        ] {
            let found = match judge(&codes(replies), archive) {
                Step::Offer => "offer".to_string(),
                Step::Settled(delivery) => format!("settled {}", word(&delivery)),
                Step::Cut(delivery) => format!("cut {}", word(&delivery)),
            };
            assert_eq!(found, expected, "{replies:?}");
        }
    }

    #[test]
    fn an_answer_after_the_dot_that_is_neither_yes_nor_no_is_ambiguous() {
        for (code, expected) in
            [(250, "accepted"), (451, "deferred"), (554, "refused"), (354, "ambiguous"), (0, "ambiguous")]
        {
            assert_eq!(word(&codes(&[code])[0].after_dot()), expected);
        }
    }

    fn word(delivery: &Delivery) -> &'static str {
        match delivery {
            Delivery::Accepted(_) => "accepted",
            Delivery::Deferred(_) => "deferred",
            Delivery::Refused(_) => "refused",
            Delivery::Ambiguous(_) => "ambiguous",
        }
    }
}
