//! I/O: the children that the daemon talks to: started when needed, reused for some mails, replaced after trouble.
//!
//! DIAGNOSTICS: `Err` means that this machine could not start a child; try again later. Whatever a mail did to its
//! child is told in the value: `Refusal::Died` for the file that was open, `Defect::Unparsable` when the message
//! itself could not be opened.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use tokio::sync::Semaphore;

use super::sandbox::Strength;
use super::wire::{Answer, Request, Skip, Task};
use crate::inbound::attachment::Attachment;
use crate::inbound::message::{Defect, Message};
use crate::inspection::container::Refusal;
use crate::inspection::dissected::Dissected;
use crate::inspection::workbook::Content;
use crate::limits::Limits;

mod worker;

use worker::{Death, Worker};

/// A child that waits longer gives its memory back.
const IDLE: Duration = Duration::from_mins(1);
const REAP_EVERY: Duration = Duration::from_secs(15);

/// The machine's trouble, never the mail's.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("failed to start a reader process: {0}")]
    Start(#[from] std::io::Error),
    #[error("failed to start a reader process: {0}")]
    NotReady(String),
    #[error("failed to use the reader processes: they are shut down")]
    ShutDown,
}

impl Error {
    /// Is it worth trying again later?
    pub fn is_transient(&self) -> bool {
        !matches!(self, Error::ShutDown)
    }
}

/// The pool. Cheap to clone; all clones share the children.
#[derive(Clone, Debug)]
pub struct Readers {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    limits: Limits,
    program: PathBuf,
    count: u32,
    permits: Semaphore,
    idle: Mutex<Vec<Worker>>,
    reaping: AtomicBool,
}

impl Readers {
    /// Starts nothing yet. `program` is this very program: it is run with the argument
    /// [`super::child::VERB`], an empty environment, and `/` as its working directory.
    pub fn new(limits: &Limits, program: PathBuf) -> Self {
        let processors = std::thread::available_parallelism().map_or(1, std::num::NonZero::get) as u64;
        let count = if limits.children == 0 { processors } else { limits.children }.clamp(1, 64) as u32;
        Self {
            inner: Arc::new(Inner {
                limits: limits.clone(),
                program,
                count,
                permits: Semaphore::new(count as usize),
                idle: Mutex::new(Vec::new()),
                reaping: AtomicBool::new(false),
            }),
        }
    }

    /// How many children work at the same time.
    pub fn width(&self) -> usize {
        self.inner.count as usize
    }

    /// One mail. `omitted` is its full size when only the header was fetched.
    pub async fn dissect(&self, raw: &[u8], omitted: Option<u64>) -> Result<Dissected, Error> {
        let task = |skip: &Skip| Task::Mail { omitted, skip: skip.clone() };
        match self.persist(raw, task).await? {
            Ok(Answer::Mail(dissected)) => Ok(*dissected),
            Ok(_) => Ok(unparsable("the reader process gave another answer".into())),
            Err(reason) => Ok(unparsable(reason)),
        }
    }

    /// One file by itself; `name` is what the attachment will be called.
    pub async fn dissect_file(&self, name: &str, bytes: &[u8]) -> Result<(Attachment, Content), Error> {
        let task = |skip: &Skip| Task::File { name: name.to_owned(), skip: skip.clone() };
        let reason = match self.persist(bytes, task).await? {
            Ok(Answer::File(file)) => return Ok(*file),
            Ok(_) => "the reader process gave another answer".into(),
            Err(reason) => reason,
        };
        let attachment =
            Attachment { name: name.to_owned(), size: bytes.len() as u64, ..Attachment::default() };
        Ok((attachment, Content::Refused(Refusal::Died(reason))))
    }

    /// What the sandbox can do on this machine; the child also tries to open a file, make a socket and fork.
    pub async fn probe(&self) -> Result<Strength, Error> {
        let _permit = self.inner.permits.acquire().await.map_err(|_| Error::ShutDown)?;
        let mut worker = self.inner.start().await?;
        let mut strength = worker.strength().clone();
        match worker.ask(&self.inner.request(Task::Probe), &[], &self.inner.limits).await {
            Ok(Answer::Probe(escapes)) => strength.escapes = escapes,
            Ok(_) => return Err(Error::NotReady("it gave another answer to the self-test".into())),
            Err(death) => return Err(Error::NotReady(death.reason)),
        }
        Ok(strength)
    }

    /// Waits for the mails in work, then ends all children. Later calls are refused.
    pub async fn shutdown(&self) {
        if let Ok(all) = self.inner.permits.acquire_many(self.inner.count).await {
            all.forget();
        }
        self.inner.permits.close();
        self.inner.idle().clear();
    }

    /// Tries until there is an answer or the bytes have killed every attempt; then the last reason.
    ///
    /// 1. any child; 2. when that was a used one and it died, a fresh one; 3. without the file that was open;
    /// 4. without any file, so that at least the sender is known.
    async fn persist(
        &self,
        bytes: &[u8],
        task: impl Fn(&Skip) -> Task,
    ) -> Result<Result<Answer, String>, Error> {
        let _permit = self.inner.permits.acquire().await.map_err(|_| Error::ShutDown)?;
        let mut skip = Skip::default();
        let mut fresh_only = false;
        loop {
            let mut worker = self.inner.take(fresh_only).await?;
            let used = worker.served() > 0;
            let request = self.inner.request(task(&skip));
            let death = match worker.ask(&request, bytes, &self.inner.limits).await {
                Ok(answer) => {
                    self.inner.put_back(worker, &answer);
                    return Ok(Ok(answer));
                }
                Err(death) => death,
            };
            tracing::warn!(reason = %death.reason, file = ?death.file, stderr = %death.stderr, "a reader process ended");
            let Death { reason, file, hung, .. } = death;
            let repeat = used && !hung && !fresh_only;
            fresh_only = true;
            match file {
                _ if repeat => {}
                _ if skip.all.is_some() => return Ok(Err(reason)),
                Some(file) if skip.files.is_empty() => skip.files.push((file, reason)),
                _ => skip.all = Some(reason),
            }
        }
    }
}

fn unparsable(reason: String) -> Dissected {
    Dissected {
        message: Message { defects: vec![Defect::Unparsable(reason)], ..Message::default() },
        contents: Vec::new(),
    }
}

impl Inner {
    fn request(&self, task: Task) -> Request {
        Request { limits: self.limits.clone(), task }
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<Worker>> {
        // A list of children is whole after every step: a panic elsewhere cannot have left it half done.
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes one without keeping the list locked.
    fn pop_idle(&self) -> Option<Worker> {
        self.idle().pop()
    }

    async fn start(&self) -> Result<Worker, Error> {
        Worker::start(&self.program, &self.limits).await
    }

    async fn take(&self, fresh_only: bool) -> Result<Worker, Error> {
        if !fresh_only {
            while let Some(mut worker) = self.pop_idle() {
                if worker.idle_for() < IDLE && worker.is_alive() {
                    return Ok(worker);
                }
            }
        }
        self.start().await
    }

    /// Keeps the child for the next mail, unless it has served enough or met something over a limit.
    fn put_back(self: &Arc<Self>, mut worker: Worker, answer: &Answer) {
        worker.rest();
        if worker.served() >= self.limits.child_mails || met_a_limit(answer) {
            return;
        }
        self.idle().push(worker);
        if !self.reaping.swap(true, Ordering::AcqRel) {
            tokio::spawn(reap(Arc::downgrade(self)));
        }
    }
}

/// Ends children that have waited too long; stops itself when none is left waiting.
async fn reap(pool: Weak<Inner>) {
    loop {
        tokio::time::sleep(REAP_EVERY).await;
        let Some(pool) = pool.upgrade() else { return };
        let mut idle = pool.idle();
        idle.retain(|worker| worker.idle_for() < IDLE);
        if idle.is_empty() {
            pool.reaping.store(false, Ordering::Release);
            return;
        }
    }
}

/// What was over a limit may have left the child's memory in shreds.
fn met_a_limit(answer: &Answer) -> bool {
    let over = |content: &Content| matches!(content, Content::Refused(Refusal::Limit { .. }));
    match answer {
        Answer::Mail(dissected) => dissected.contents.iter().any(over),
        Answer::File(file) => over(&file.1),
        Answer::Probe(_) => true,
    }
}
