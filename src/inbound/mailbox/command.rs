//! I/O: one logged-in IMAP connection and the commands we use on it.
//!
//! The protocol layer reports failure as emptiness; here every tagged status is checked and the end of the
//! stream is an error. [`Error::Lost`] means that the connection must not be used again. Only UIDs are used;
//! sequence numbers are read past.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::ops::Range;
use std::panic::AssertUnwindSafe;
use std::time::{Duration, SystemTime};

use async_imap::imap_proto::rfc4315::UidSetMember;
use async_imap::imap_proto::{MailboxDatum, NameAttribute, RequestId, Response, ResponseCode, Status};
use futures::FutureExt;
use tokio::time::{Instant, timeout_at};

use super::connect::{Capabilities, names};
use super::error::shown;
use super::folder;
use super::wire::Wire;
use super::{Error, KEYWORD, Patience};

/// More messages than this in one folder is taken for nonsense.
const MOST_UIDS: usize = 5_000_000;
const ALIEN: &str = "an answer to a command that we did not send";

type Caught<T> = Result<T, Box<dyn std::any::Any + Send>>;

#[derive(Debug)]
pub(super) struct Connection {
    session: async_imap::Session<Wire>,
    server: String,
    patience: Patience,
    capabilities: Capabilities,
    pub(super) delimiter: Option<char>,
    /// Of the personal namespace, such as `INBOX.`; empty on most servers.
    pub(super) prefix: String,
    pub(super) selected: Option<Selected>,
    /// By folder, where the server tells no UIDVALIDITY.
    epochs: BTreeMap<String, u32>,
    /// Messages in the selected folder, as far as the server has told.
    exists: u32,
    /// The server announced mail after the last search.
    pub(super) news: bool,
}

/// The folder that is open.
#[derive(Clone, Debug)]
pub(super) struct Selected {
    /// As configured.
    pub(super) folder: String,
    pub(super) uid_validity: u32,
    pub(super) read_only: bool,
    /// Our keyword can be stored.
    pub(super) keywords: bool,
}

/// What is handed on while a command runs.
pub(super) enum Said<'a, 'b> {
    Response(&'a Response<'b>),
    /// The part of the response before that was to be kept.
    Bytes(Vec<u8>),
}

/// How an IDLE ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Idled {
    Changed,
    Elapsed,
    /// The server refused it, whatever its capabilities say.
    Unwilling,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Heard {
    Continue,
    Data,
    Done,
}

/// What LIST tells of a folder.
struct Found {
    delimiter: Option<char>,
    selectable: bool,
}

/// A tagged answer.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) ok: bool,
    pub(super) try_create: bool,
    pub(super) read_only: bool,
    /// UIDs that COPYUID names as moved or copied.
    copied: BTreeSet<u32>,
    pub(super) text: String,
}

impl Connection {
    pub(super) async fn new(
        session: async_imap::Session<Wire>,
        server: String,
        patience: Patience,
    ) -> Result<Self, Error> {
        let mut connection = Self {
            session,
            server,
            patience,
            capabilities: Capabilities::new(),
            delimiter: None,
            prefix: String::new(),
            selected: None,
            epochs: BTreeMap::new(),
            exists: 0,
            news: false,
        };
        connection.learn().await?;
        Ok(connection)
    }

    /// Capabilities after the login, hierarchy and namespace.
    async fn learn(&mut self) -> Result<(), Error> {
        let mut capabilities = Capabilities::new();
        let answer = self.run("ask for capabilities", "CAPABILITY", |response| {
            if let Response::Capabilities(list) = response {
                capabilities = names(list);
            }
        });
        let answer = answer.await?;
        self.demand("ask for capabilities", &answer)?;
        self.capabilities = capabilities;
        self.delimiter =
            self.list("ask for the hierarchy", "LIST \"\" \"\"").await?.and_then(|found| found.delimiter);
        if self.has("NAMESPACE") {
            let answer = self.run("ask for namespaces", "NAMESPACE", |_| {}).await?;
            let told = self.session.as_mut().take_namespace().filter(|_| answer.ok);
            self.prefix = told.and_then(|told| folder::personal_prefix(&told)).unwrap_or_default();
        }
        Ok(())
    }

    pub(super) fn has(&self, capability: &str) -> bool {
        self.capabilities.contains(capability)
    }

    /// Runs a command to its tagged answer; untagged data goes to `each`.
    pub(super) async fn run(
        &mut self,
        doing: &str,
        command: &str,
        mut each: impl FnMut(&Response<'_>) + Send,
    ) -> Result<Answer, Error> {
        let each = |said: Said<'_, '_>| {
            if let Said::Response(response) = said {
                each(response);
            }
            None
        };
        self.run_keeping(doing, command, each).await
    }

    /// [`Connection::run`] for large data: for each response `each` may name a part of it (as it lies in memory),
    /// and is then called with the bytes of that part, which are moved, not copied.
    pub(super) async fn run_keeping(
        &mut self,
        doing: &str,
        command: &str,
        mut each: impl FnMut(Said<'_, '_>) -> Option<Range<usize>> + Send,
    ) -> Result<Answer, Error> {
        self.session.as_mut().expect_within(self.patience.reply);
        let tag = self.session.run_command(command).await.map_err(|cause| self.lost(doing, &cause))?;
        let mut copied = BTreeSet::new();
        loop {
            let response = AssertUnwindSafe(self.session.read_response()).catch_unwind().await;
            let response = self.arrived(doing, response)?;
            self.note(doing, response.parsed())?;
            match response.parsed() {
                Response::Done { tag: answered, status, outcome } if *answered == tag => {
                    collect_copied(outcome.code.as_ref(), &mut copied);
                    return Ok(Answer {
                        ok: *status == Status::Ok,
                        try_create: outcome.code == Some(ResponseCode::TryCreate),
                        read_only: outcome.code == Some(ResponseCode::ReadOnly),
                        copied,
                        text: shown(outcome.information.as_deref().unwrap_or_default()),
                    });
                }
                Response::Done { .. } => return Err(self.lost(doing, ALIEN)),
                Response::Data { outcome, .. } => collect_copied(outcome.code.as_ref(), &mut copied),
                _ => {}
            }
            if let Some(part) = each(Said::Response(response.parsed())) {
                let whole = response.borrow_owner().as_ptr_range();
                if part.start < whole.start.addr() || part.end > whole.end.addr() {
                    return Err(self.lost(doing, "a part of the answer lies outside of it"));
                }
                let start = part.start - whole.start.addr();
                let mut bytes: Vec<u8> = response.into_owner().into();
                bytes.truncate(start + part.len());
                bytes.drain(..start);
                each(Said::Bytes(bytes));
            }
        }
    }

    /// The end of the stream is an error, too, and so is an answer on which the parser panics.
    fn arrived<R>(&self, doing: &str, response: Caught<io::Result<Option<R>>>) -> Result<R, Error> {
        match response {
            Ok(Ok(Some(response))) => Ok(response),
            Ok(Ok(None)) => Err(self.lost(doing, "the server closed the connection")),
            Ok(Err(cause)) => Err(self.lost(doing, &cause)),
            Err(_) => Err(self.lost(doing, "the server sent something that cannot be parsed")),
        }
    }

    /// What concerns every command: BYE is an error, news of the folder are noted.
    fn note(&mut self, doing: &str, response: &Response<'_>) -> Result<(), Error> {
        match response {
            Response::Data { status: Status::Bye, outcome } => {
                let text = outcome.information.as_deref().unwrap_or_default();
                return Err(self.lost(doing, &format!("the server said goodbye: {}", shown(text))));
            }
            Response::Data { outcome, .. } if outcome.code == Some(ResponseCode::Alert) => {
                let text = shown(outcome.information.as_deref().unwrap_or_default());
                tracing::warn!(server = %self.server, text, "the mail server asks to tell the operator");
            }
            Response::MailboxData(MailboxDatum::Exists(count)) => {
                self.news |= *count > self.exists;
                self.exists = *count;
            }
            Response::Expunge(_) => self.exists = self.exists.saturating_sub(1),
            _ => {}
        }
        Ok(())
    }

    /// What IDLE hears: did the server go on, or end it?
    async fn hear(&mut self, doing: &str, tag: &RequestId) -> Result<Heard, Error> {
        let response = AssertUnwindSafe(self.session.read_response()).catch_unwind().await;
        let response = self.arrived(doing, response)?;
        self.note(doing, response.parsed())?;
        match response.parsed() {
            Response::Continue(_) => Ok(Heard::Continue),
            Response::Done { tag: answered, .. } if answered == tag => Ok(Heard::Done),
            Response::Done { .. } => Err(self.lost(doing, ALIEN)),
            _ => Ok(Heard::Data),
        }
    }

    /// Opens a folder. `folder` is its configured name, `name` what the server calls it.
    pub(super) async fn select(&mut self, folder: &str, name: &str, only_read: bool) -> Result<bool, Error> {
        let doing = format!("open folder {folder:?}");
        self.selected = None;
        self.exists = 0;
        let mut uid_validity = None;
        let mut keywords = None;
        let verb = if only_read { "EXAMINE" } else { "SELECT" };
        let command = format!("{verb} {}", folder::quote(name));
        let answer = self.run(&doing, &command, |response| {
            let Response::Data { status: Status::Ok, outcome } = response else { return };
            match &outcome.code {
                Some(ResponseCode::UidValidity(told)) => uid_validity = Some(*told).filter(|told| *told > 0),
                Some(ResponseCode::PermanentFlags(flags)) => {
                    keywords =
                        Some(flags.iter().any(|flag| flag == "\\*" || flag.eq_ignore_ascii_case(KEYWORD)));
                }
                _ => {}
            }
        });
        let answer = answer.await?;
        self.news = false;
        if answer.ok {
            self.selected = Some(Selected {
                folder: folder.to_owned(),
                uid_validity: uid_validity.unwrap_or_else(|| self.epoch(folder)),
                read_only: only_read || answer.read_only,
                keywords: keywords.unwrap_or(true),
            });
        } else {
            tracing::debug!(server = %self.server, name, text = answer.text, "folder not opened");
        }
        Ok(answer.ok)
    }

    /// A server that tells no UIDVALIDITY promises nothing about its UIDs: each connection is a world of its
    /// own, and mail seen before is recognised by its bytes.
    fn epoch(&mut self, folder: &str) -> u32 {
        if let Some(epoch) = self.epochs.get(folder) {
            return *epoch;
        }
        tracing::warn!(server = %self.server, folder, "the server tells no UIDVALIDITY; all mail is looked at again");
        let since_1970 = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let epoch = (since_1970.as_millis() as u32).max(1);
        self.epochs.insert(folder.to_owned(), epoch);
        epoch
    }

    /// UIDs in the open folder that match.
    pub(super) async fn search(&mut self, criteria: &str) -> Result<BTreeSet<u32>, Error> {
        let doing = "search the folder";
        let mut uids = BTreeSet::new();
        let mut too_many = false;
        self.news = false;
        let command = format!("UID SEARCH {criteria}");
        let answer = self.run(doing, &command, |response| {
            if let Response::MailboxData(MailboxDatum::Search(found)) = response {
                too_many |= uids.len() + found.len() > MOST_UIDS;
                if !too_many {
                    uids.extend(found.iter().copied().filter(|uid| *uid > 0));
                }
            }
        });
        let answer = answer.await?;
        self.demand(doing, &answer)?;
        if too_many {
            return Err(self.lost(doing, "the server names more than five million messages"));
        }
        Ok(uids)
    }

    /// Moves or copies messages of the open folder: `UID MOVE`, `UID COPY`. The UIDs that the server says it
    /// took are in [`Answer::took`].
    pub(super) async fn transfer(&mut self, verb: &str, set: &str, name: &str) -> Result<Answer, Error> {
        let doing = format!("move mail to {name:?}");
        self.run(&doing, &format!("UID {verb} {set} {}", folder::quote(name)), |_| {}).await
    }

    pub(super) async fn store(&mut self, set: &str, flag: &str) -> Result<Answer, Error> {
        self.run("flag mail", &format!("UID STORE {set} +FLAGS.SILENT ({flag})"), |_| {}).await
    }

    pub(super) async fn expunge(&mut self, set: &str) -> Result<Answer, Error> {
        self.run("take moved mail out of the folder", &format!("UID EXPUNGE {set}"), |_| {}).await
    }

    /// Says goodbye; the connection is of no use any more.
    pub(super) async fn log_out(mut self) {
        self.patience.reply = self.patience.done;
        // The answer is BYE, which every other command takes for a loss.
        let _ = self.run("log out", "LOGOUT", |_| {}).await;
    }

    /// Is there a folder of this name that can hold mail?
    pub(super) async fn exists(&mut self, name: &str) -> Result<bool, Error> {
        let found = self.list("look for a folder", &format!("LIST \"\" {}", folder::quote(name))).await?;
        Ok(found.is_some_and(|found| found.selectable))
    }

    /// Makes a folder and shows it to the people who use the mailbox; `Some(text)` is the server's refusal.
    pub(super) async fn create(&mut self, name: &str) -> Result<Option<String>, Error> {
        let answer = self.run("create a folder", &format!("CREATE {}", folder::quote(name)), |_| {}).await?;
        if !answer.ok && !answer.text.to_ascii_uppercase().contains("[ALREADYEXISTS]") {
            return Ok(Some(answer.text));
        }
        // Some servers have no subscriptions; the folder is there all the same.
        self.run("subscribe to a folder", &format!("SUBSCRIBE {}", folder::quote(name)), |_| {}).await?;
        Ok(None)
    }

    async fn list(&mut self, doing: &str, command: &str) -> Result<Option<Found>, Error> {
        let mut found = None;
        let answer = self.run(doing, command, |response| {
            if let Response::MailboxData(MailboxDatum::List(data)) = response {
                let barred = |attribute: &NameAttribute<'_>| match attribute {
                    NameAttribute::NoSelect => true,
                    NameAttribute::Extension(name) => name.eq_ignore_ascii_case("\\NonExistent"),
                    _ => false,
                };
                found = Some(Found {
                    delimiter: data.delimiter.as_deref().and_then(|delimiter| delimiter.chars().last()),
                    selectable: !data.name_attributes.iter().any(barred),
                });
            }
        });
        let answer = answer.await?;
        Ok(found.filter(|_| answer.ok))
    }

    /// IDLE until the server announces mail, but not longer than `at_most`.
    pub(super) async fn idle(&mut self, at_most: Duration) -> Result<Idled, Error> {
        let doing = "wait for mail";
        let until = Instant::now() + at_most;
        self.session.as_mut().expect_within(self.patience.reply);
        let tag = self.session.run_command("IDLE").await.map_err(|cause| self.lost(doing, &cause))?;
        loop {
            match self.hear(doing, &tag).await? {
                Heard::Continue => break,
                Heard::Done => return Ok(Idled::Unwilling),
                Heard::Data => {}
            }
        }
        // Silence is what IDLE is for: `until` ends it.
        self.session.as_mut().expect_within(at_most + self.patience.reply);
        while !self.news {
            let Ok(heard) = timeout_at(until, self.hear(doing, &tag)).await else { break };
            if heard? == Heard::Done {
                return Err(self.lost(doing, "the server ended IDLE by itself"));
            }
        }
        self.session.as_mut().expect_within(self.patience.done);
        self.session.run_command_untagged("DONE").await.map_err(|cause| self.lost(doing, &cause))?;
        while self.hear(doing, &tag).await? != Heard::Done {}
        Ok(if self.news { Idled::Changed } else { Idled::Elapsed })
    }

    /// The tagged answer must be OK.
    pub(super) fn demand(&self, doing: &str, answer: &Answer) -> Result<(), Error> {
        if answer.ok { Ok(()) } else { Err(self.refused(doing, &answer.text)) }
    }

    pub(super) fn refused(&self, doing: &str, text: &str) -> Error {
        Error::Refused { server: self.server.clone(), doing: doing.to_owned(), text: text.to_owned() }
    }

    fn lost(&self, doing: &str, cause: &(impl ToString + ?Sized)) -> Error {
        let cause = cause.to_string();
        // The parser quotes everything that it could not read: letters, names, megabytes.
        let cause = if cause.contains(" during parsing of ") {
            "the server sent something that cannot be parsed".to_owned()
        } else {
            shown(&cause)
        };
        Error::Lost { server: self.server.clone(), doing: doing.to_owned(), cause }
    }
}

impl Answer {
    /// The server names every one of these as moved or copied.
    pub(super) fn took(&self, uids: &BTreeSet<u32>) -> bool {
        self.ok && uids.is_subset(&self.copied)
    }
}

/// The UIDs at the source in a COPYUID code (RFC 4315); a range of more than anyone asks for is not believed.
fn collect_copied(code: Option<&ResponseCode<'_>>, copied: &mut BTreeSet<u32>) {
    let Some(ResponseCode::CopyUid(_, source, _)) = code else { return };
    for member in source {
        match member {
            UidSetMember::Uid(uid) => {
                copied.insert(*uid);
            }
            UidSetMember::UidRange(range) => copied.extend(range.clone().take(100_000)),
        }
    }
}
