//! I/O: fetching in sets over IMAP, with one account of what was asked for and what arrived.
//!
//! A set that breaks the connection or is refused is tried once more and then halved until the message that
//! does it stands alone: it is owed, and all others come through.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use jiff::Timestamp;

use crate::inbound::mailbox::command::Connection;
use crate::inbound::mailbox::connect::is_passing;
use crate::inbound::mailbox::tally::Tally;
use crate::inbound::mailbox::{Error, Fetched};
use crate::inbound::uid::{MessageKey, sequence_set};

use super::{Group, IN_ONE_COMMAND, Imap, groups};

/// Answers that cannot be taken (no body, no INTERNALDATE) before a message is owed.
const MISFITS: u32 = 3;
/// Failures in a row without anything arriving, before the rest is left for later. Halving a full set down to
/// one message needs eight.
const FAILURES: u32 = 12;

/// Part of a group that is asked for in one command.
struct Piece {
    uids: BTreeSet<u32>,
    /// Times that it failed as it is.
    failed: u32,
    /// Times that messages of it came misshapen.
    misfits: u32,
}

impl Imap {
    pub(in super::super) async fn fetch(&mut self, keys: &[MessageKey]) -> Result<Fetched, Error> {
        self.fetch_as(keys, false, None).await
    }

    pub(in super::super) async fn fetch_undated(
        &mut self,
        keys: &[MessageKey],
        otherwise: Timestamp,
    ) -> Result<Fetched, Error> {
        self.fetch_as(keys, false, Some(otherwise)).await
    }

    pub(in super::super) async fn fetch_header(
        &mut self,
        keys: &[MessageKey],
        otherwise: Timestamp,
    ) -> Result<Fetched, Error> {
        self.fetch_as(keys, true, Some(otherwise)).await
    }

    /// With `otherwise` also mail without a receipt time.
    async fn fetch_as(
        &mut self,
        keys: &[MessageKey],
        header: bool,
        otherwise: Option<Timestamp>,
    ) -> Result<Fetched, Error> {
        let mut fetched = Fetched::default();
        let mut trouble = None;
        let mut arrived = false;
        let mut owed_by_answer = false;
        for group in groups(keys) {
            let mut tally =
                Tally::new(&group.folder, group.uid_validity, &group.uids).or_received_at(otherwise);
            for (uid, size) in
                group.uids.iter().filter_map(|uid| Some((*uid, *self.sizes.get(&group.key(*uid))?)))
            {
                tally.sizes.insert(uid, size);
            }
            if trouble.is_none() {
                let result = self.fetch_group(&group, &mut tally, header).await;
                arrived |= tally.has_result();
                owed_by_answer |= tally.owes() && result.is_ok();
                trouble = result.err();
            }
            for uid in &group.uids {
                self.sizes.remove(&group.key(*uid));
            }
            tally.close(&group.uids, &mut fetched);
        }
        match trouble {
            Some(error) if !arrived && !owed_by_answer => Err(error),
            Some(error) => {
                tracing::warn!(%error, later = fetched.later.len(), "not all mail could be fetched");
                Ok(fetched)
            }
            None => Ok(fetched),
        }
    }

    /// Works through one folder. `Err` if the server is at fault and messages are still open; also when every
    /// one of several failed, for then it is not the mail.
    async fn fetch_group(&mut self, group: &Group, tally: &mut Tally, header: bool) -> Result<(), Error> {
        let mut work: VecDeque<Piece> = group
            .uids
            .chunks(IN_ONE_COMMAND)
            .map(|uids| Piece { uids: uids.iter().copied().collect(), failed: 0, misfits: 0 })
            .collect();
        let mut failures = 0;
        let mut blamed = None;
        while let Some(mut piece) = work.pop_front() {
            let before = tally.open.len();
            let result = self.fetch_piece(group, &piece.uids, tally, header).await;
            let progress = tally.open.len() < before;
            let asked = piece.uids.len();
            piece.uids = tally.still_open(&piece.uids);
            match result {
                Ok(()) => {
                    failures = 0;
                    settle_misfits(piece, tally, &mut work);
                }
                Err(error) if !is_worth_halving(&error) => return Err(error),
                Err(_) if piece.uids.is_empty() => {}
                Err(error) => {
                    failures = if progress { 0 } else { failures + 1 };
                    tracing::debug!(%error, asked, open = piece.uids.len(), failures, "a fetch failed");
                    if failures > FAILURES {
                        return Err(error);
                    }
                    if let Some(uid) = halve(piece, progress, &mut work) {
                        tracing::warn!(message = %tally.key(uid), %error, "a message cannot be fetched");
                        tally.settle_owed(uid, error.to_string());
                        blamed = Some(error);
                    }
                }
            }
        }
        match blamed {
            Some(error) if group.uids.len() > 1 && !tally.has_result() => Err(error),
            _ => Ok(()),
        }
    }

    /// Asks for the messages once. `Ok` does not say that all of them came: the account does.
    async fn fetch_piece(
        &mut self,
        group: &Group,
        uids: &BTreeSet<u32>,
        tally: &mut Tally,
        header: bool,
    ) -> Result<(), Error> {
        let mut connection = self.take().await?;
        let result = self.fetch_with(&mut connection, group, uids, tally, header).await;
        if !matches!(result, Err(Error::Lost { .. })) {
            self.connection = Some(connection);
        }
        result
    }

    async fn fetch_with(
        &mut self,
        connection: &mut Connection,
        group: &Group,
        uids: &BTreeSet<u32>,
        tally: &mut Tally,
        header: bool,
    ) -> Result<(), Error> {
        let selected = self.selected(connection, &group.folder).await?;
        if selected.uid_validity != group.uid_validity {
            tracing::warn!(
                folder = group.folder,
                was = group.uid_validity,
                is = selected.uid_validity,
                "UIDVALIDITY has changed; the folder is looked through anew"
            );
            for uid in uids {
                tally.settle_gone(*uid);
            }
            return Ok(());
        }
        let unsized_uids: BTreeSet<u32> =
            uids.iter().copied().filter(|uid| !tally.sizes.contains_key(uid)).collect();
        if !unsized_uids.is_empty() {
            ask(connection, &unsized_uids, "(UID RFC822.SIZE INTERNALDATE)", tally, false).await?;
        }
        // A server that tells no size is asked all the same; what is too large for us ends the connection.
        let (large, whole): (BTreeSet<u32>, BTreeSet<u32>) = uids.iter().copied().partition(|uid| {
            header || tally.sizes.get(uid).is_some_and(|size| *size > self.limits.message_bytes)
        });
        if !whole.is_empty() {
            ask(connection, &whole, "(UID RFC822.SIZE INTERNALDATE BODY.PEEK[])", tally, false).await?;
        }
        if !large.is_empty() {
            let items = format!(
                "(UID RFC822.SIZE INTERNALDATE BODY.PEEK[HEADER]<0.{}>)",
                self.limits.header_bytes.max(1)
            );
            ask(connection, &large, &items, tally, true).await?;
        }
        // OK, and yet something is missing: taken out meanwhile, or a server that skips what it cannot read.
        let missing: BTreeSet<u32> =
            tally.still_open(uids).into_iter().filter(|uid| !tally.reasons.contains_key(uid)).collect();
        if !missing.is_empty() {
            let there = connection.search(&format!("UID {}", sequence_set(&missing))).await?;
            for uid in missing.difference(&there) {
                tally.settle_gone(*uid);
            }
        }
        Ok(())
    }

    /// Asks for the sizes and INTERNALDATEs of messages; none comes of those that are gone.
    pub(super) async fn learn_sizes(&mut self, group: &Group, uids: &BTreeSet<u32>) -> Result<(), Error> {
        let uids: Vec<u32> = uids.iter().copied().collect();
        for uids in uids.chunks(IN_ONE_COMMAND) {
            let mut connection = self.take().await?;
            let mut tally = Tally::new(&group.folder, group.uid_validity, uids);
            let selected = match self.selected(&mut connection, &group.folder).await {
                Ok(selected) => selected,
                Err(error) => {
                    if !matches!(error, Error::Lost { .. }) {
                        self.connection = Some(connection);
                    }
                    return Err(error);
                }
            };
            if selected.uid_validity == group.uid_validity {
                let set = tally.open.clone();
                match ask(&mut connection, &set, "(UID RFC822.SIZE)", &mut tally, false).await {
                    // Without a size a message counts as small here; fetching it asks again, and takes care.
                    Err(error @ Error::Refused { .. }) => tracing::warn!(%error, "sizes are not known"),
                    result => result?,
                }
            }
            self.dates.extend(tally.dates.iter().map(|(uid, date)| (group.key(*uid), *date)));
            self.sizes.extend(tally.sizes.iter().map(|(uid, size)| (group.key(*uid), *size)));
            self.connection = Some(connection);
        }
        Ok(())
    }
}

/// RFC822.SIZE of messages in the open folder.
pub(super) async fn sizes(
    connection: &mut Connection,
    folder: &str,
    uids: &BTreeSet<u32>,
) -> Result<BTreeMap<u32, u64>, Error> {
    let listed: Vec<u32> = uids.iter().copied().collect();
    let mut tally = Tally::new(folder, 0, &listed);
    if !uids.is_empty() {
        ask(connection, uids, "(UID RFC822.SIZE)", &mut tally, false).await?;
    }
    Ok(tally.sizes)
}

async fn ask(
    connection: &mut Connection,
    uids: &BTreeSet<u32>,
    items: &str,
    tally: &mut Tally,
    header: bool,
) -> Result<(), Error> {
    let command = format!("UID FETCH {} {items}", sequence_set(uids));
    let answer = connection.run_keeping("fetch mail", &command, |said| tally.hear(said, header)).await?;
    connection.demand("fetch mail", &answer)
}

/// What is still open although the server said OK is asked for again, and owed after the third time.
fn settle_misfits(mut piece: Piece, tally: &mut Tally, work: &mut VecDeque<Piece>) {
    if piece.uids.is_empty() {
        return;
    }
    piece.misfits += 1;
    if piece.misfits < MISFITS {
        for uid in &piece.uids {
            tally.reasons.remove(uid);
        }
        work.push_back(piece);
        return;
    }
    for uid in piece.uids {
        let reason = tally.reasons.get(&uid).map_or("the server sends nothing of it", String::as_str);
        let reason = reason.to_owned();
        tracing::warn!(message = %tally.key(uid), reason, "a message cannot be fetched");
        tally.settle_owed(uid, reason);
    }
}

/// A failed piece goes back to work, whole or in halves; a message that fails alone for the second time is
/// returned.
fn halve(mut piece: Piece, progress: bool, work: &mut VecDeque<Piece>) -> Option<u32> {
    piece.failed = if progress { 0 } else { piece.failed + 1 };
    if piece.failed < 2 {
        work.push_front(piece);
        return None;
    }
    if piece.uids.len() == 1 {
        return piece.uids.first().copied();
    }
    let half = piece.uids.len() / 2;
    let (left, right): (Vec<u32>, Vec<u32>) =
        (piece.uids.iter().copied().take(half).collect(), piece.uids.iter().copied().skip(half).collect());
    for uids in [right, left] {
        // Once is enough now: the connection is known to come back.
        work.push_front(Piece { uids: uids.into_iter().collect(), failed: 1, misfits: piece.misfits });
    }
    None
}

/// Could one message be the cause? Not when the server is not there or says that it is in trouble.
fn is_worth_halving(error: &Error) -> bool {
    match error {
        Error::Lost { .. } => true,
        Error::Refused { text, .. } => !is_passing(text),
        _ => false,
    }
}
