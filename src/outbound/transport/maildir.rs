//! I/O: letters as files of a Maildir, for rehearsals and for offices that send by hand.
//!
//! A file is written under `tmp`, forced to disk and renamed into `new`: whoever looks there sees whole
//! letters only. The name is the letter's own, so a second attempt finds the first one's file.

use std::io;
use std::path::{Path, PathBuf};

use tokio::fs;
use tokio::io::AsyncWriteExt as _;

use super::{Error, Event, FENCED, Outgoing, Settings};
use crate::campaign::in_jst;
use crate::outbound::delivery::Delivery;

#[derive(Debug)]
pub struct Maildir {
    path: PathBuf,
}

impl Maildir {
    pub fn open(settings: &Settings) -> Result<Self, Error> {
        let path = settings.path.clone();
        for folder in ["tmp", "new", "cur"] {
            std::fs::create_dir_all(path.join(folder))
                .map_err(|source| Error::Maildir { path: path.display().to_string(), source })?;
        }
        Ok(Self { path })
    }

    pub async fn send_batch<E, F: Future<Output = Result<(), E>>>(
        &mut self,
        letters: &[Outgoing],
        fence: impl Fn(Vec<i64>) -> F,
        mut tell: impl FnMut(Event),
        go_on: impl Fn() -> bool,
    ) -> Result<(), E> {
        for part in letters.chunks(FENCED) {
            if !go_on() {
                break;
            }
            self.send_part(part, &fence, &mut tell).await?;
        }
        Ok(())
    }

    /// All of them under one fence and one forcing to disk.
    async fn send_part<E, F: Future<Output = Result<(), E>>>(
        &mut self,
        letters: &[Outgoing],
        fence: &impl Fn(Vec<i64>) -> F,
        tell: &mut impl FnMut(Event),
    ) -> Result<(), E> {
        let mut results = Vec::with_capacity(letters.len());
        for letter in letters {
            let settled = match self.found(letter).await {
                Ok(Some(settled)) => Some(settled),
                Ok(None) => self.write(letter).await.err().map(|error| self.trouble(letter, &error)),
                Err(error) => Some(self.trouble(letter, &error)),
            };
            results.push((letter.id, settled));
        }
        let unsettled: Vec<i64> =
            results.iter().filter(|(_, settled)| settled.is_none()).map(|(id, _)| *id).collect();
        if !unsettled.is_empty() {
            fence(unsettled.clone()).await?;
            for id in unsettled {
                tell(Event::Offering(id));
            }
        }
        let mut deliveries = Vec::with_capacity(letters.len());
        for (letter, (id, settled)) in letters.iter().zip(results) {
            let delivery = match settled {
                Some(settled) => settled,
                None => match fs::rename(self.file("tmp", letter), self.file("new", letter)).await {
                    Ok(()) => Delivery::Accepted(format!("written to new/{}", name(letter))),
                    Err(error) => self.trouble(letter, &error),
                },
            };
            deliveries.push((id, delivery));
        }
        self.force(&mut deliveries).await;
        for (id, delivery) in deliveries {
            tell(Event::Settled(id, delivery));
        }
        Ok(())
    }

    pub async fn probe(&mut self) -> Result<String, String> {
        let probe = self.path.join("tmp").join(".probe");
        let tried = async {
            fs::write(&probe, b"probe").await?;
            fs::remove_file(&probe).await
        };
        match tried.await {
            Ok(()) => Ok(format!("{} can be written to", self.path.display())),
            Err(error) => Err(format!("failed to write to {}: {error}", self.path.display())),
        }
    }

    /// The file of an earlier attempt.
    async fn found(&self, letter: &Outgoing) -> io::Result<Option<Delivery>> {
        match fs::read(self.file("new", letter)).await {
            Ok(bytes) if bytes == letter.bytes => {
                Ok(Some(Delivery::Accepted(format!("new/{} is there already", name(letter)))))
            }
            Ok(_) => Ok(Some(Delivery::Refused(format!("new/{} holds another letter", name(letter))))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn write(&self, letter: &Outgoing) -> io::Result<()> {
        let mut file = fs::File::create(self.file("tmp", letter)).await?;
        file.write_all(&letter.bytes).await?;
        file.flush().await?;
        file.sync_data().await
    }

    /// Forces the names to disk, once for the batch. Without that a renamed file may be gone after a power cut.
    async fn force(&self, deliveries: &mut [(i64, Delivery)]) {
        let forced = async { fs::File::open(self.path.join("new")).await?.sync_all().await }.await;
        if let Err(error) = forced {
            for (_, delivery) in deliveries {
                if matches!(delivery, Delivery::Accepted(_)) {
                    *delivery = Delivery::Ambiguous(format!(
                        "failed to force {} to disk: {error}",
                        self.path.display()
                    ));
                }
            }
        }
    }

    fn trouble(&self, letter: &Outgoing, error: &io::Error) -> Delivery {
        Delivery::Deferred(format!("failed to write {} under {}: {error}", name(letter), self.path.display()))
    }

    fn file(&self, folder: &str, letter: &Outgoing) -> PathBuf {
        Path::new(&self.path).join(folder).join(name(letter))
    }
}

/// `20211005T143200-accept-12.eml`: receipt time in JST, kind, outbox row.
fn name(letter: &Outgoing) -> String {
    let received = in_jst(letter.received_at).strftime("%Y%m%dT%H%M%S").to_string();
    format!("{received}-{}-{}.eml", letter.kind.as_str(), letter.id)
}
