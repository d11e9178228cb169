//! I/O: takes a mail apart, and checks the address that it came to: a bounce of ours is sent to
//! `local+{outbox id}.{mac}@domain` (`outgoing.bounce_extension`), which nobody else can write.

use super::{Error, Office};
use crate::inbound::bounce;
use crate::inbound::message::Message;
use crate::inspection::dissected::Dissected;
use crate::outbound::letter::{Identity, bounce_id};

impl Office {
    /// In the limited child; then the letters that a bounce's address names are noted.
    pub(super) async fn take_apart(&self, bytes: &[u8], omitted: Option<u64>) -> Result<Dissected, Error> {
        let mut dissected = self.readers.dissect(bytes, omitted).await?;
        note_letters(&mut dissected.message, &self.identity);
        Ok(dissected)
    }
}

/// Whatever else it says, a mail system's mail to such an address is about that letter. Absence notes come to it,
/// too (RFC 3834 §4): they are a person's program, not a mail system's.
fn note_letters(message: &mut Message, identity: &Identity) {
    let mut letters: Vec<i64> = message
        .delivered_to
        .iter()
        .chain(&message.recipients)
        .filter_map(|address| bounce_id(identity, address))
        .collect();
    letters.dedup();
    if letters.is_empty() {
        return;
    }
    if message.bounce.is_none() && bounce::is_by_mail_system(message) {
        message.bounce = Some(bounce::from_words(message));
    }
    if let Some(bounce) = &mut message.bounce {
        bounce.letters = letters;
    }
}
