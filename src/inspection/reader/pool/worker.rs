//! I/O: one child process as the daemon sees it: a question down its pipe, an answer back, a deadline, and its end.

use std::path::Path;
use std::process::Stdio;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::time::timeout;

use super::Error;
use crate::inspection::reader::child::VERB;
use crate::inspection::reader::sandbox::Strength;
use crate::inspection::reader::wire::{self, Answer, Request};
use crate::limits::Limits;

/// How long a child may take to enter its sandbox on a busy machine.
const START: Duration = Duration::from_secs(20);
/// Kept of what it says on standard error.
const STDERR_BYTES: usize = 2_048;
/// Beside the files, an answer holds the message; its own caps are far below this.
const OUTPUT_SLACK: u64 = 4 * 1024 * 1024;
/// Larger answers are decoded off the event loop.
const DECODE_INLINE: usize = 256 * 1024;

#[derive(Debug)]
pub(super) struct Worker {
    process: Child,
    input: ChildStdin,
    output: ChildStdout,
    stderr: Arc<Mutex<Vec<u8>>>,
    strength: Strength,
    served: u64,
    since: Instant,
}

/// How a child ended instead of answering.
#[derive(Debug)]
pub(super) struct Death {
    /// In plain English, without anything from the mail.
    pub reason: String,
    /// The file that was open.
    pub file: Option<u32>,
    /// It did not die: it was still at work when its time was over.
    pub hung: bool,
    /// The end of what it said; for the log only.
    pub stderr: String,
}

impl Worker {
    /// Starts the program as a child and waits until it stands in its sandbox.
    pub(super) async fn start(program: &Path, limits: &Limits) -> Result<Self, Error> {
        let mut process = Command::new(program)
            .arg(VERB)
            .arg(limits.child_memory_bytes.to_string())
            .env_clear()
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let (Some(input), Some(mut output), Some(errors)) =
            (process.stdin.take(), process.stdout.take(), process.stderr.take())
        else {
            return Err(Error::NotReady("it has no pipes".into()));
        };
        let stderr = Arc::new(Mutex::new(Vec::new()));
        tokio::spawn(keep_errors(errors, Arc::clone(&stderr)));
        let hello = timeout(START, frame(&mut output, wire::REQUEST_BYTES)).await;
        let strength = match hello {
            Ok(Ok((wire::HELLO, bytes))) => postcard::from_bytes(&bytes).ok(),
            _ => None,
        };
        let Some(strength) = strength else {
            return Err(Error::NotReady(format!("it did not answer: {}", text_of(&stderr))));
        };
        Ok(Self { process, input, output, stderr, strength, served: 0, since: Instant::now() })
    }

    pub(super) fn strength(&self) -> &Strength {
        &self.strength
    }

    /// Requests answered so far.
    pub(super) fn served(&self) -> u64 {
        self.served
    }

    pub(super) fn idle_for(&self) -> Duration {
        self.since.elapsed()
    }

    pub(super) fn is_alive(&mut self) -> bool {
        matches!(self.process.try_wait(), Ok(None))
    }

    /// Its answer was taken; it waits from now on.
    pub(super) fn rest(&mut self) {
        self.since = Instant::now();
    }

    /// One question, one answer, within `limits.child_seconds`. After an error the child is gone.
    pub(super) async fn ask(
        &mut self,
        request: &Request,
        bytes: &[u8],
        limits: &Limits,
    ) -> Result<Answer, Death> {
        let mut file = None;
        let head = match postcard::to_stdvec(request) {
            Ok(head) => head,
            Err(error) => return Err(self.end(format!("failed to write the request: {error}"), file).await),
        };
        let input = &mut self.input;
        // Written while the answer is read: the child announces files before it has an answer, and neither side
        // may wait for the other with a full pipe.
        let write = async {
            input.write_all(&wire::header(wire::REQUEST, head.len() as u64)).await?;
            input.write_all(&head).await?;
            input.write_all(&wire::header(wire::BYTES, bytes.len() as u64)).await?;
            input.write_all(bytes).await?;
            input.flush().await
        };
        let read = answer(&mut self.output, limits.child_output_bytes, &mut file);
        // A failed write shows as the end of the answers, with the better reason.
        let both = async { tokio::join!(write, read).1 };
        let seconds = limits.child_seconds;
        match timeout(Duration::from_secs(seconds), both).await {
            Ok(Ok(bytes)) => match decode(bytes).await {
                Some(answer) => {
                    self.served += 1;
                    Ok(answer)
                }
                None => Err(self.end("it gave an answer that cannot be read".into(), file).await),
            },
            Ok(Err(Broken::Flood(length))) => {
                let allowed = limits.child_output_bytes;
                let reason =
                    format!("its answer has {length} bytes, limits.child_output_bytes allows {allowed}");
                Err(self.end(reason, file).await)
            }
            Ok(Err(Broken::Nonsense)) => Err(self.end("it gave no proper answer".into(), file).await),
            Ok(Err(Broken::Ended)) => {
                let how = match timeout(Duration::from_secs(1), self.process.wait()).await {
                    Ok(Ok(status)) => status.to_string(),
                    _ => "it closed its pipe".to_owned(),
                };
                let memory = limits.child_memory_bytes;
                let reason = format!("it ended ({how}) with limits.child_memory_bytes = {memory}");
                Err(self.end(reason, file).await)
            }
            Err(_) => {
                let reason = format!("no answer within limits.child_seconds = {seconds}");
                Err(Death { hung: true, ..self.end(reason, file).await })
            }
        }
    }

    /// Kills and reaps it.
    async fn end(&mut self, reason: String, file: Option<u32>) -> Death {
        let _ = self.process.start_kill();
        let _ = timeout(Duration::from_secs(2), self.process.wait()).await;
        Death { reason, file, hung: false, stderr: text_of(&self.stderr) }
    }
}

enum Broken {
    Ended,
    Flood(u64),
    Nonsense,
}

/// Reads frames up to the answer, noting which file is being opened.
async fn answer(output: &mut ChildStdout, at_most: u64, file: &mut Option<u32>) -> Result<Vec<u8>, Broken> {
    loop {
        match frame(output, at_most.saturating_add(OUTPUT_SLACK)).await? {
            (wire::OPENING, index) => {
                *file = Some(u32::from_le_bytes(index.try_into().map_err(|_| Broken::Nonsense)?));
            }
            (wire::ANSWER, bytes) => return Ok(bytes),
            _ => return Err(Broken::Nonsense),
        }
    }
}

async fn frame(output: &mut ChildStdout, at_most: u64) -> Result<(u8, Vec<u8>), Broken> {
    let mut header = [0; wire::FRAME_HEADER];
    output.read_exact(&mut header).await.map_err(|_| Broken::Ended)?;
    let (tag, length) = wire::parse_header(header);
    if length > at_most {
        return Err(Broken::Flood(length));
    }
    // Grows with what arrives, not with what is announced.
    let mut bytes = Vec::new();
    output.take(length).read_to_end(&mut bytes).await.map_err(|_| Broken::Ended)?;
    if bytes.len() as u64 == length { Ok((tag, bytes)) } else { Err(Broken::Ended) }
}

async fn decode(bytes: Vec<u8>) -> Option<Answer> {
    let answer: Answer = if bytes.len() <= DECODE_INLINE {
        postcard::from_bytes(&bytes).ok()?
    } else {
        tokio::task::spawn_blocking(move || postcard::from_bytes(&bytes).ok()).await.ok()??
    };
    match &answer {
        Answer::Mail(dissected) if dissected.contents.len() != dissected.message.attachments.len() => None,
        _ => Some(answer),
    }
}

/// Drains standard error, so that a talkative child never blocks, and keeps the first of it.
async fn keep_errors(mut errors: impl AsyncRead + Unpin, kept: Arc<Mutex<Vec<u8>>>) {
    let mut buffer = [0; 1_024];
    while let Ok(count @ 1..) = errors.read(&mut buffer).await {
        let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
        let room = STDERR_BYTES.saturating_sub(kept.len());
        kept.extend(buffer.iter().take(count.min(room)));
    }
}

fn text_of(stderr: &Mutex<Vec<u8>>) -> String {
    let kept = stderr.lock().unwrap_or_else(PoisonError::into_inner);
    String::from_utf8_lossy(&kept).chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}
