//! I/O: mailbox → inspect → reply → ledger → file the mail away. The only order there is: commit, then move.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use futures::StreamExt;
use futures::stream;
use jiff::Timestamp;
use serde::Serialize;

use super::answer::{Addressed, Ready};
use super::{Error, Office};
use crate::inbound::mailbox::{Destination, Mailbox};
use crate::inbound::uid::{MessageKey, RawMessage};
use crate::inspection::judge;
use crate::inspection::judgement::{Answer, Inspection};
use crate::inspection::verdict::Outcome;
use crate::ledger::{Intake, NewLetter, NewMail};
use crate::sha256;

/// After so many fruitless fetches a mail is recorded as what is known of it, so that it holds up nothing.
pub const PATIENCE: u32 = 3;

/// The subject of the note that stands for a mail of which not even the header came: staff see it in their list.
const UNFETCHED: &str = "=?UTF-8?B?44K144O844OQ44O844GL44KJ5Y+W5b6X44Gn44GN44Gq44GE44Oh44O844Or?=";

/// A batch is not kept open for a mail that takes longer than this to take apart.
const LULL: Duration = Duration::from_millis(200);

/// What one round of intake did.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Taken {
    /// Mails recorded in this round.
    pub seen: u64,
    pub outcomes: BTreeMap<&'static str, u64>,
    /// Mails moved or flagged.
    pub filed: u64,
    /// Mails that wait in the mailbox for another try.
    pub pending: u64,
    pub errors: Vec<String>,
    /// Not reached in this round.
    #[serde(skip)]
    later: u64,
    /// One line per mail for `demo` and `simulate`; kept only when asked for.
    #[serde(skip)]
    pub lines: Vec<Line>,
}

/// What became of one mail, for a table.
#[derive(Clone, Debug)]
pub struct Line {
    pub received_at: Timestamp,
    pub from: String,
    pub files: Vec<String>,
    pub outcome: Outcome,
    pub needs_staff: bool,
    pub receipts: Vec<String>,
    /// Codes of the findings, gravest first.
    pub codes: Vec<String>,
    /// The reply's template; `None`: no reply.
    pub reply: Option<&'static str>,
}

impl Taken {
    pub fn add(&mut self, other: Taken) {
        self.seen += other.seen;
        for (outcome, count) in other.outcomes {
            *self.outcomes.entry(outcome).or_default() += count;
        }
        self.filed += other.filed;
        self.pending = other.pending;
        self.errors.extend(other.errors);
        self.lines.extend(other.lines);
    }
}

/// The intake desk: one mailbox, and how often each mail was owed.
pub struct IntakeDesk {
    office: Office,
    mailbox: Mailbox,
    owed: BTreeMap<MessageKey, u32>,
    keep_lines: bool,
}

impl IntakeDesk {
    pub fn new(office: Office, mailbox: Mailbox) -> Self {
        Self { office, mailbox, owed: BTreeMap::new(), keep_lines: false }
    }

    /// Also keeps one [`Line`] per mail.
    #[must_use]
    pub fn keeping_lines(mut self) -> Self {
        self.keep_lines = true;
        self
    }

    pub fn mailbox(&mut self) -> &mut Mailbox {
        &mut self.mailbox
    }

    /// Takes in everything that waits now. While one set is taken apart and recorded, the one before is filed away and
    /// the one after is fetched. Told to stop, it finishes the set in hand and leaves the rest in the mailbox.
    pub async fn intake_once(&mut self) -> Result<Taken, Error> {
        let mut taken = Taken::default();
        let listed: BTreeSet<MessageKey> = self.mailbox.list().await?.into_iter().collect();
        let all: Vec<MessageKey> = listed.iter().cloned().collect();
        let known = self.office.ledger.known_keys(&all).await?;
        let waiting: Vec<MessageKey> = listed.iter().filter(|key| !known.contains(*key)).cloned().collect();
        let missing = self.mailbox.missing();
        taken.errors.extend(missing.values().cloned());
        // What cannot be looked into is not known to be gone.
        for folder in self.office.config.mailbox.folders.iter().filter(|name| !missing.contains_key(*name)) {
            let in_folder: Vec<MessageKey> =
                waiting.iter().filter(|key| key.folder() == folder).cloned().collect();
            self.office.ledger.note_listing(folder, &in_folder, self.office.now()).await?;
        }
        let waiting =
            if waiting.is_empty() { waiting } else { self.mailbox.in_order_of_receipt(waiting).await? };
        let mut unfiled = self.left_unfiled(&listed, &missing).await?;
        self.owed.retain(|key, _| listed.contains(key));
        self.office.progress.expect(waiting.len());
        let mut rest = waiting.as_slice();
        let mut fetched = self.next_set(&mut rest, &mut taken).await?;
        // What an earlier round left may have been filed half-way.
        let mut again = true;
        while !(fetched.is_empty() && unfiled.is_empty()) {
            let office = self.office.clone();
            let recording = office.record_set(std::mem::take(&mut fetched), self.keep_lines);
            let moving = async {
                let filed = self.file_away(&unfiled, again).await;
                (filed, self.next_set(&mut rest, &mut taken).await)
            };
            let (recorded, (filed, next)) = tokio::join!(recording, moving);
            taken.filed += self.settle(filed, &mut taken.errors).await?;
            let (more, recorded) = recorded?;
            self.office.progress.advance(recorded.len());
            taken.add(more);
            unfiled = recorded;
            again = false;
            fetched = next?;
        }
        taken.pending = (self.owed.len() + rest.len()) as u64 + taken.later;
        self.office.ledger.note_service_ok("mailbox", self.office.now()).await?;
        Ok(taken)
    }

    /// Recorded in an earlier round, and still where it was found. What is not there any more was moved without our
    /// having noted it, or by somebody else: it needs no further attempt.
    async fn left_unfiled(
        &self,
        listed: &BTreeSet<MessageKey>,
        missing: &BTreeMap<String, String>,
    ) -> Result<Vec<(MessageKey, bool)>, Error> {
        let unfiled = self.office.ledger.unfiled().await?;
        let looked_into = |key: &MessageKey| !missing.contains_key(key.folder());
        let (there, gone): (Vec<_>, Vec<_>) = unfiled
            .into_iter()
            .map(|unfiled| (unfiled.key, unfiled.needs_staff))
            .filter(|(key, _)| looked_into(key))
            .partition(|(key, _)| listed.contains(key));
        for destination in [Destination::Attention, Destination::Processed] {
            let keys = bound_for(destination, &gone);
            self.office.ledger.mark_filed(&keys, self.folder(destination), self.office.now()).await?;
        }
        Ok(there)
    }

    fn folder(&self, destination: Destination) -> &str {
        match destination {
            Destination::Processed => &self.office.config.mailbox.processed_folder,
            Destination::Attention => &self.office.config.mailbox.attention_folder,
        }
    }

    /// Fetches the next set. What did not arrive is owed; owed too often, it is taken as what is known of it.
    async fn next_set(
        &mut self,
        rest: &mut &[MessageKey],
        taken: &mut Taken,
    ) -> Result<Vec<RawMessage>, Error> {
        while !rest.is_empty() && !self.office.stop.is_told() {
            let count = self.mailbox.next_set(rest).await?.clamp(1, rest.len());
            let (set, later) = rest.split_at(count);
            *rest = later;
            let mut fetched = self.mailbox.fetch(set).await?;
            taken.later += fetched.later.len() as u64;
            for key in fetched.owed {
                let reason = fetched.reasons.remove(&key).unwrap_or_default();
                let times = self.owed.entry(key.clone()).or_default();
                *times += 1;
                if *times < PATIENCE {
                    taken.errors.push(format!(
                        "failed to fetch the mail {key}: {reason}; it stays in the mailbox and is asked for again"
                    ));
                } else if let Some(message) = self.known_of(&key).await? {
                    self.owed.remove(&key);
                    let told = format!(
                        "failed to fetch the mail {key}: {reason}; it is recorded unread, for staff to look at it in \
                         the mailbox"
                    );
                    tracing::error!("{told}");
                    taken.errors.push(told);
                    fetched.messages.push(message);
                }
            }
            if !fetched.messages.is_empty() {
                return Ok(fetched.messages);
            }
        }
        Ok(Vec::new())
    }

    /// What is known of a mail that the server does not hand out as it should: its bytes without a receipt time, its
    /// header, or a note of where it lies. `None`: it is gone, or the connection was lost.
    async fn known_of(&mut self, key: &MessageKey) -> Result<Option<RawMessage>, Error> {
        let now = self.office.now();
        let keys = std::slice::from_ref(key);
        let mut whole = self.mailbox.fetch_undated(keys, now).await?;
        if let Some(message) = whole.messages.pop() {
            // It is not judged: when it came in decides too much.
            let omitted = message.omitted.or(Some(message.bytes.len() as u64));
            return Ok(Some(RawMessage { omitted, ..message }));
        }
        let mut headers = self.mailbox.fetch_header(keys, now).await?;
        if let Some(message) = headers.messages.pop() {
            return Ok(Some(message));
        }
        let bytes = note_of(key).into_bytes();
        let note = RawMessage { key: key.clone(), received_at: now, bytes, omitted: Some(0) };
        Ok(headers.owed.contains(key).then_some(note))
    }

    async fn file_away(
        &mut self,
        unfiled: &[(MessageKey, bool)],
        again: bool,
    ) -> Vec<(Destination, Result<Vec<MessageKey>, Error>)> {
        let mut done = Vec::new();
        for destination in [Destination::Attention, Destination::Processed] {
            let keys = bound_for(destination, unfiled);
            if !keys.is_empty() {
                let filed = if again {
                    self.mailbox.file_again(&keys, destination).await
                } else {
                    self.mailbox.file_away(&keys, destination).await
                };
                done.push((destination, filed.map_err(Error::from)));
            }
        }
        done
    }

    /// Notes what was filed. A mail that could not be moved is recorded and answered all the same.
    async fn settle(
        &self,
        filed: Vec<(Destination, Result<Vec<MessageKey>, Error>)>,
        errors: &mut Vec<String>,
    ) -> Result<u64, Error> {
        let mut count = 0;
        for (destination, result) in filed {
            match result {
                Ok(keys) => {
                    self.office.ledger.mark_filed(&keys, self.folder(destination), self.office.now()).await?;
                    count += keys.len() as u64;
                }
                Err(cause) => {
                    tracing::warn!(%cause, "mail is recorded but could not be filed away; trying again in the next round");
                    errors.push(cause.to_string());
                }
            }
        }
        Ok(count)
    }
}

impl Office {
    /// Judges and records one set in the order given, while the children take apart the mails that follow; answers
    /// what is to be filed away, and whether staff must look. One transaction, unless a mail lets the others wait:
    /// then what is done so far is committed, so that nobody else waits for the ledger.
    async fn record_set(
        &self,
        raws: Vec<RawMessage>,
        keep_lines: bool,
    ) -> Result<(Taken, Vec<(MessageKey, bool)>), Error> {
        let mut taken = Taken::default();
        let mut recorded = Vec::new();
        let keys: Vec<MessageKey> = raws.iter().map(|raw| raw.key.clone()).collect();
        let mut working =
            stream::iter(raws.into_iter().map(|raw| tokio::spawn(self.clone().make_ready(raw))))
                .buffered(8 * self.readers.width());
        let mut batch: Option<Intake> = None;
        loop {
            let next = if let Ok(next) = tokio::time::timeout(LULL, working.next()).await {
                next
            } else {
                if let Some(intake) = batch.take() {
                    intake.commit().await?;
                }
                working.next().await
            };
            let Some(mail) = next else { break };
            let mail = mail.map_err(|_| Error::Task("a worker ended early".to_string()))??;
            let intake = if let Some(intake) = &mut batch {
                intake
            } else {
                let mut intake = self.ledger.begin_intake().await?;
                intake.note_seen(&keys, self.now()).await?;
                batch.insert(intake)
            };
            let key = mail.raw.key.clone();
            if let Some(known) = intake.recognise(&mail.sha256, &mail.raw, self.now()).await? {
                recorded.push((key, intake.needs_staff(known).await?));
                continue;
            }
            let inspection = self.judge_and_record(intake, &mail).await?;
            if keep_lines {
                taken.lines.push(line(&mail, &inspection));
            }
            taken.seen += 1;
            *taken.outcomes.entry(inspection.outcome.as_str()).or_default() += 1;
            recorded.push((key, inspection.needs_staff));
        }
        if let Some(intake) = batch {
            intake.commit().await?;
        }
        Ok((taken, recorded))
    }

    /// A child takes the mail apart, a worker thread reads its forms.
    async fn make_ready(self, raw: RawMessage) -> Result<Ready, Error> {
        let mut dissected = self.take_apart(&raw.bytes, raw.omitted).await?;
        let examined = judge::examine(&mut dissected, &self.campaign);
        Ok(Ready { sha256: sha256::of(&raw.bytes), raw, dissected, examined })
    }

    async fn judge_and_record(&self, intake: &mut Intake, ready: &Ready) -> Result<Inspection, Error> {
        let message = &ready.dissected.message;
        let received_at = self.receipt_time(ready);
        let standing = intake.mail_standing(message, received_at).await?;
        let (inspection, letters) = self.judge(intake, ready, received_at, standing, &[]).await?;
        let letters: Vec<NewLetter> = letters.iter().map(Addressed::as_new).collect();
        let mut raw = std::borrow::Cow::Borrowed(&ready.raw);
        if raw.received_at != received_at {
            raw.to_mut().received_at = received_at;
        }
        let id = intake
            .record(NewMail {
                raw: &raw,
                sha256: &ready.sha256,
                message,
                inspection: &inspection,
                letters: &letters,
                recorded_at: self.now(),
            })
            .await?;
        tracing::info!(
            mail = id,
            outcome = inspection.outcome.as_str(),
            receipts = %receipts(&inspection),
            reply = letters.first().map_or("none", |letter| letter.letter.kind.as_str()),
            "recorded"
        );
        Ok(inspection)
    }

    /// Judges again what was held because no registry was there, and answers it with its first receipt time.
    pub async fn judge_held_for_registry(&self) -> Result<u64, Error> {
        let mut count = 0;
        for id in self.ledger.held_for_registry().await? {
            if self.ledger.registry().await?.is_empty() {
                return Ok(count);
            }
            self.judge_again(id, "uketsuke").await?;
            count += 1;
        }
        Ok(count)
    }

    /// Judges a stored mail again with its first receipt time and receipt numbers, and answers it anew.
    pub async fn judge_again(&self, id: i64, actor: &str) -> Result<Inspection, Error> {
        let stored = self.ledger.stored_mail(id).await?;
        let mut dissected = self.take_apart(&stored.raw.bytes, stored.raw.omitted).await?;
        let examined = judge::examine(&mut dissected, &self.campaign);
        let received_at = stored.raw.received_at;
        let sha256 = format!("{}:again:{}", stored.sha256, stored.judgements);
        let ready = Ready { raw: stored.raw, sha256, dissected, examined };
        let mut intake = self.ledger.begin_intake().await?;
        let standing = intake.mail_standing_again(id, &ready.dissected.message, received_at).await?;
        let (inspection, letters) =
            self.judge(&mut intake, &ready, received_at, standing, &stored.receipts).await?;
        let letters: Vec<NewLetter> = letters.iter().map(Addressed::as_new).collect();
        intake.rejudge(id, &inspection, &letters, self.now(), actor).await?;
        intake.commit().await?;
        Ok(inspection)
    }
}

/// Those of the recorded mails that go to this folder.
fn bound_for(destination: Destination, recorded: &[(MessageKey, bool)]) -> Vec<MessageKey> {
    let bound =
        recorded.iter().filter(|(_, needs_staff)| *needs_staff == (destination == Destination::Attention));
    bound.map(|(key, _)| key.clone()).collect()
}

/// Stands for a mail of which nothing came. No two places have the same note: equal bytes are one mail.
fn note_of(key: &MessageKey) -> String {
    let epoch = match key {
        MessageKey::Imap { uid_validity, .. } => format!("X-Uketsuke-UIDVALIDITY: {uid_validity}\r\n"),
        MessageKey::Maildir { .. } => String::new(),
    };
    format!("Subject: {UNFETCHED} ({key})\r\n{epoch}\r\n")
}

fn line(mail: &Ready, inspection: &Inspection) -> Line {
    let message = &mail.dissected.message;
    let mut findings: Vec<_> =
        inspection.submissions.iter().flat_map(|s| &s.findings).chain(&inspection.findings).collect();
    findings.sort_by_key(|finding| finding.severity);
    let mut codes: Vec<String> = Vec::new();
    for finding in findings {
        if !codes.contains(&finding.code) {
            codes.push(finding.code.clone());
        }
    }
    Line {
        received_at: inspection.received_at,
        from: message.from().to_string(),
        files: message.attachments.iter().map(|attachment| attachment.name.clone()).collect(),
        outcome: inspection.outcome,
        needs_staff: inspection.needs_staff,
        receipts: inspection.submissions.iter().filter_map(|submission| submission.receipt.clone()).collect(),
        codes,
        reply: match inspection.answer {
            Answer::Silent(_) => None,
            Answer::Send(template) | Answer::Draft(template) | Answer::Suppress(template) => {
                Some(template.as_str())
            }
        },
    }
}

fn receipts(inspection: &Inspection) -> String {
    let numbers: Vec<&str> =
        inspection.submissions.iter().filter_map(|submission| submission.receipt.as_deref()).collect();
    numbers.join(",")
}
