//! I/O: the sendmail program, one child for each letter; its exit code decides (sysexits.h).

use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::{Child, Command};
use tokio::time::timeout;

use super::smtp_reply::clean;
use super::{Event, Fence, Outgoing, Settings};
use crate::outbound::delivery::Delivery;
use crate::outbound::letter::path;

#[derive(Debug)]
pub struct Sendmail {
    program: PathBuf,
    within: Duration,
}

impl Sendmail {
    pub fn open(settings: &Settings) -> Self {
        let within = Duration::try_from(settings.final_timeout).unwrap_or(Duration::from_mins(10));
        Self { program: settings.sendmail.clone(), within }
    }

    pub async fn send_batch<E, F: Future<Output = Result<(), E>>>(
        &mut self,
        letters: &[Outgoing],
        fence: impl Fn(Vec<i64>) -> F,
        mut tell: impl FnMut(Event),
        go_on: impl Fn() -> bool,
    ) -> Result<(), E> {
        let mut fence = Fence::new(&fence);
        for (index, letter) in letters.iter().enumerate() {
            if !go_on() {
                break;
            }
            let delivery = match arguments(letter) {
                Err(error) => Delivery::Refused(error.to_string()),
                Ok(arguments) => match self.start(&arguments) {
                    Err(error) => {
                        Delivery::Deferred(format!("failed to start {}: {error}", self.program.display()))
                    }
                    Ok(child) => {
                        fence.pass(letters.get(index..).unwrap_or_default()).await?;
                        tell(Event::Offering(letter.id));
                        self.feed(child, &letter.bytes).await
                    }
                },
            };
            tell(Event::Settled(letter.id, delivery));
        }
        Ok(())
    }

    pub async fn probe(&mut self) -> Result<String, String> {
        match tokio::fs::metadata(&self.program).await {
            Ok(metadata) if metadata.is_file() => Ok(format!("{} is there", self.program.display())),
            Ok(_) => Err(format!("{} is not a program", self.program.display())),
            Err(error) => Err(format!("failed to find {}: {error}", self.program.display())),
        }
    }

    fn start(&self, arguments: &[String]) -> std::io::Result<Child> {
        Command::new(&self.program)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
    }

    async fn feed(&self, mut child: Child, bytes: &[u8]) -> Delivery {
        let stdin = child.stdin.take();
        let stderr = child.stderr.take();
        // The program takes lines as this system writes them.
        let body = bytes.iter().copied().filter(|byte| *byte != b'\r').collect::<Vec<u8>>();
        let writing = async {
            let Some(mut stdin) = stdin else { return false };
            let written = stdin.write_all(&body).await.is_ok();
            written && stdin.shutdown().await.is_ok()
        };
        let reading = async {
            let mut words = Vec::new();
            if let Some(stderr) = stderr {
                let _ = stderr.take(2_000).read_to_end(&mut words).await;
            }
            String::from_utf8_lossy(&words).into_owned()
        };
        let all = async { tokio::join!(writing, reading, child.wait()) };
        let Ok((written, words, status)) = timeout(self.within, all).await else {
            return Delivery::Ambiguous(format!(
                "{} did not end within {} s",
                self.program.display(),
                self.within.as_secs()
            ));
        };
        let program = self.program.display();
        match status.map(|status| status.code()) {
            Ok(Some(0)) if written => Delivery::Accepted(format!("{program} took it")),
            Ok(Some(0)) => {
                Delivery::Ambiguous(format!("{program} ended before it had read the whole letter"))
            }
            Ok(Some(code)) => refusal(code, &format!("{program} ended with {code}: {}", clean(&words))),
            Ok(None) => Delivery::Ambiguous(format!("{program} was killed: {}", clean(&words))),
            Err(error) => Delivery::Ambiguous(format!("failed to wait for {program}: {error}")),
        }
    }
}

/// EX_DATAERR, EX_NOUSER, EX_NOHOST, EX_UNAVAILABLE, EX_NOPERM are about the letter; EX_TEMPFAIL and the
/// machine's own troubles pass.
fn refusal(code: i32, text: &str) -> Delivery {
    match code {
        65 | 67 | 68 | 69 | 77 => Delivery::Refused(text.to_string()),
        _ => Delivery::Deferred(text.to_string()),
    }
}

fn arguments(letter: &Outgoing) -> Result<Vec<String>, path::Unaddressable> {
    let from = path::reverse_path(&letter.envelope_from)?;
    let bare = if from == "<>" { from } else { from.trim_matches(['<', '>']).to_string() };
    let mut arguments = vec!["-i".into(), "-f".into(), bare, "--".into(), path::safe(&letter.to)?];
    // An archive address that cannot be written never keeps a letter from its reader.
    arguments.extend(letter.archive.as_deref().and_then(|archive| path::safe(archive).ok()));
    Ok(arguments)
}
