//! I/O: filing recorded mail away over IMAP: MOVE; else COPY, `\Deleted` and UID EXPUNGE; else a keyword.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use crate::inbound::mailbox::command::Connection;
use crate::inbound::mailbox::{After, Destination, Error, KEYWORD, folder};
use crate::inbound::uid::{MessageKey, sequence_set};

use super::{Group, IN_ONE_COMMAND, Imap, groups};

impl Imap {
    /// With `again` an earlier attempt may have come half-way: what it has copied is not copied again.
    pub(in super::super) async fn file_away(
        &mut self,
        keys: &[MessageKey],
        to: Destination,
        again: bool,
    ) -> Result<Vec<MessageKey>, Error> {
        if self.settings.after == After::Leave {
            return Ok(keys.to_vec());
        }
        let mut filed = Vec::new();
        for group in groups(keys) {
            for uids in group.uids.chunks(IN_ONE_COMMAND) {
                let uids: BTreeSet<u32> = uids.iter().copied().collect();
                let mut connection = self.take().await?;
                let copied = if again && self.copies(&connection) {
                    self.connection = Some(connection);
                    let copied = self.copied(&group, &uids, to).await?;
                    connection = self.take().await?;
                    copied
                } else {
                    BTreeSet::new()
                };
                let result = self.file_set(&mut connection, &group, &uids, &copied, to).await;
                if !matches!(result, Err(Error::Lost { .. })) {
                    self.connection = Some(connection);
                }
                filed.extend(result?.into_iter().map(|uid| group.key(uid)));
            }
        }
        Ok(filed)
    }

    /// Does filing leave a copy behind when it is cut off half-way?
    fn copies(&self, connection: &Connection) -> bool {
        self.settings.after == After::Move && !connection.has("MOVE") && connection.has("UIDPLUS")
    }

    /// Files messages of one folder; the UIDs that are done. Those of `copied` stand in the destination already.
    async fn file_set(
        &mut self,
        connection: &mut Connection,
        group: &Group,
        uids: &BTreeSet<u32>,
        copied: &BTreeSet<u32>,
        to: Destination,
    ) -> Result<BTreeSet<u32>, Error> {
        let selected = self.selected(connection, &group.folder).await?;
        if selected.uid_validity != group.uid_validity {
            // These names mean nothing any more; the mail is listed under new ones and known by its bytes.
            return Ok(uids.clone());
        }
        let set = sequence_set(uids);
        if selected.read_only {
            self.tell_left_in_place("the folder may only be read");
            return Ok(uids.clone());
        }
        if self.settings.after == After::Move && connection.has("MOVE") {
            return self.transfer(connection, "MOVE", uids, to).await;
        }
        if self.copies(connection) {
            let uncopied: BTreeSet<u32> = uids.difference(copied).copied().collect();
            if !uncopied.is_empty() {
                self.transfer(connection, "COPY", &uncopied, to).await?;
            }
            let stored = connection.store(&set, "\\Deleted").await?;
            connection.demand("mark copied mail as deleted", &stored)?;
            // Never a bare EXPUNGE: it would take what people have marked, too.
            let expunged = connection.expunge(&set).await?;
            connection.demand("take copied mail out of the folder", &expunged)?;
            return Ok(uids.clone());
        }
        if !selected.keywords {
            self.tell_left_in_place("the server can neither move mail (MOVE, UIDPLUS) nor store a keyword");
            return Ok(uids.clone());
        }
        let stored = connection.store(&set, KEYWORD).await?;
        connection.demand("flag recorded mail", &stored)?;
        Ok(uids.clone())
    }

    /// MOVE or COPY with its second chance when the folder is missing. For COPY every UID counts as done.
    async fn transfer(
        &mut self,
        connection: &mut Connection,
        verb: &str,
        uids: &BTreeSet<u32>,
        to: Destination,
    ) -> Result<BTreeSet<u32>, Error> {
        let set = sequence_set(uids);
        let name = self.destination(connection, to).await?;
        let mut answer = connection.transfer(verb, &set, &name).await?;
        if answer.try_create {
            self.names.remove(self.settings.destination(to));
            let name = self.destination(connection, to).await?;
            answer = connection.transfer(verb, &set, &name).await?;
        }
        if verb == "COPY" {
            connection.demand("copy mail", &answer)?;
            return Ok(uids.clone());
        }
        if answer.took(uids) {
            return Ok(uids.clone());
        }
        // OK without COPYUID, or NO half-way: what is not there any more is filed.
        let there = connection.search(&format!("UID {set}")).await?;
        let done: BTreeSet<u32> = uids.difference(&there).copied().collect();
        if !answer.ok && done.is_empty() {
            return Err(connection.refused(&format!("move mail to {name:?}"), &answer.text));
        }
        if !answer.ok {
            tracing::warn!(text = answer.text, left = uids.len() - done.len(), "not all mail could be moved");
        }
        Ok(done)
    }

    /// Which of these messages have a copy in the destination folder: one with the same Message-ID and size. A message
    /// without a Message-ID that can be searched for is taken as not copied: a second copy harms nobody.
    async fn copied(
        &mut self,
        group: &Group,
        uids: &BTreeSet<u32>,
        to: Destination,
    ) -> Result<BTreeSet<u32>, Error> {
        let keys: Vec<MessageKey> = uids.iter().map(|uid| group.key(*uid)).collect();
        let headers = self.fetch_header(&keys, Timestamp::UNIX_EPOCH).await?;
        let mut connection = self.take().await?;
        let folder = self.settings.destination(to).to_owned();
        let name = self.destination(&mut connection, to).await?;
        let mut copied = BTreeSet::new();
        if connection.select(&folder, &name, true).await? {
            let mut copies: BTreeMap<u32, u64> = BTreeMap::new();
            for message in &headers.messages {
                let MessageKey::Imap { uid, .. } = &message.key else { continue };
                let Some(id) = message_id(&message.bytes) else { continue };
                let found = connection.search(&format!("HEADER Message-ID {}", folder::quote(&id))).await?;
                let unknown: BTreeSet<u32> =
                    found.iter().copied().filter(|copy| !copies.contains_key(copy)).collect();
                copies.extend(super::fetch::sizes(&mut connection, &folder, &unknown).await?);
                if found.iter().any(|copy| copies.get(copy).copied() == message.omitted) {
                    copied.insert(*uid);
                }
            }
        }
        // The watched folder is opened again by whoever needs it.
        connection.selected = None;
        self.connection = Some(connection);
        Ok(copied)
    }
}

/// The Message-ID of a header, if it can be searched for as it is.
fn message_id(header: &[u8]) -> Option<String> {
    let header = String::from_utf8_lossy(header).replace("\r\n ", " ").replace("\r\n\t", " ");
    let value = header.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.trim_end().eq_ignore_ascii_case("message-id").then(|| value.trim().to_owned())
    })?;
    let plain = value.len() > 2 && value.len() < 500 && value.bytes().all(|byte| byte.is_ascii_graphic());
    plain.then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn message_ids_that_can_be_searched_for() {
        let check = |header: &str, expected: Option<&str>| {
            assert_eq!(message_id(header.as_bytes()).as_deref(), expected, "{header}");
        };
        check("From: a\r\nMessage-Id: <1@x.jp>\r\n\r\n", Some("<1@x.jp>"));
        check("MESSAGE-ID:\r\n <1@x.jp>\r\n\r\n", Some("<1@x.jp>"));
        check("Message-ID: <予@x.jp>\r\n\r\n", None);
        check("Message-ID: <1 2@x.jp>\r\n\r\n", None);
        check("Message-ID: \r\n\r\n", None);
        check("Subject: x\r\n\r\n", None);
    }
}
