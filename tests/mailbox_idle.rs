//! Waiting for mail over IMAP: IDLE where it works, and every way in which it does not.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may fail by panicking"
)]

mod rig;

use std::time::{Duration, Instant};

use uketsuke::inbound::mailbox::{After, Error, Mailbox, Patience, Settings, Wake};
use uketsuke::limits::Limits;

use rig::stub::{Reply, Running, Stub};

const A: &[u8] = b"Subject: a\r\n\r\na\r\n";

fn three() -> Stub {
    Stub::new().mail(1, A).mail(2, A).mail(3, A)
}

async fn open(stub: &Running) -> Mailbox {
    let short = Duration::from_millis(800);
    let patience = Patience { reply: short, done: short, ..Patience::default() };
    Mailbox::open_with(&stub.settings(), &Limits::default(), patience).await.unwrap()
}

#[tokio::test]
async fn f17_f18_f19_f20_idle() {
    let wait = async |mailbox: &mut Mailbox| mailbox.wait(Duration::from_millis(100)).await;
    // Not offered, or refused although offered: the clock decides.
    for stub in [
        three().capabilities("IMAP4rev1"),
        three().on("IDLE", Reply::Say("{tag} NO not today\r\n")),
        three().on("IDLE", Reply::Say("{tag} BAD what?\r\n")),
    ] {
        let stub = stub.start();
        let mut mailbox = open(&stub).await;
        mailbox.list().await.unwrap();
        let started = Instant::now();
        assert_eq!(wait(&mut mailbox).await.unwrap(), Wake::Elapsed);
        assert!(started.elapsed() >= Duration::from_millis(100));
        assert_eq!(wait(&mut mailbox).await.unwrap(), Wake::Elapsed);
        assert!(stub.heard_of("IDLE") <= 1);
        assert_eq!(mailbox.list().await.unwrap().len(), 3);
        assert_eq!(stub.connections(), 1);
    }
    // The server hangs up, falls silent before "+", or forgets DONE: a new connection.
    for reply in [
        Reply::Cut("+ idling\r\n"),
        Reply::Cut(""),
        Reply::Silence,
        Reply::Cut("+ idling\r\n* BYE idle too long\r\n"),
        Reply::Say("+ idling\r\n{tag} OK that is all\r\n"),
    ] {
        let stub = three().on("IDLE", reply).start();
        let mut mailbox = open(&stub).await;
        mailbox.list().await.unwrap();
        assert!(matches!(wait(&mut mailbox).await, Err(Error::Lost { .. })));
        assert_eq!(mailbox.list().await.unwrap().len(), 3);
        assert_eq!(stub.connections(), 2);
    }
    let stub =
        three().on("DONE", Reply::Silence).on("IDLE", Reply::Say("+ idling\r\n* OK still here\r\n")).start();
    let mut mailbox = open(&stub).await;
    mailbox.list().await.unwrap();
    assert!(matches!(wait(&mut mailbox).await, Err(Error::Lost { .. })));
    assert_eq!(mailbox.list().await.unwrap().len(), 3);
}

#[tokio::test]
async fn idle_wakes_for_new_mail_only() {
    let stub = three().start();
    let mut mailbox = open(&stub).await;
    mailbox.list().await.unwrap();
    stub.remove(1);
    assert_eq!(mailbox.wait(Duration::from_millis(100)).await.unwrap(), Wake::Elapsed);
    stub.add(9, A);
    assert_eq!(mailbox.wait(Duration::from_secs(10)).await.unwrap(), Wake::Changed);
    assert_eq!(mailbox.list().await.unwrap().len(), 3);
    // Configured off: the server is not asked.
    let off = Settings { idle: false, after: After::Leave, ..stub.settings() };
    let before = stub.heard_of("IDLE");
    let mut mailbox = Mailbox::open(&off, &Limits::default()).await.unwrap();
    assert_eq!(mailbox.wait(Duration::from_millis(20)).await.unwrap(), Wake::Elapsed);
    assert_eq!(stub.heard_of("IDLE"), before);
}
