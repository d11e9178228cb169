//! The IMAP mailbox where only a part works: one folder of several, half of a filing, a header without its mail.
//! Names begin with the row of the fault table.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may fail by panicking"
)]

mod rig;

use std::time::Duration;

use jiff::Timestamp;
use uketsuke::inbound::mailbox::{Destination, Error, Mailbox, Patience, Settings};
use uketsuke::inbound::uid::MessageKey;
use uketsuke::limits::Limits;

use rig::stub::{Reply, Running, Stub};

const A: &[u8] = b"Subject: a\r\n\r\na\r\n";
const B: &[u8] = b"Subject: b\r\n\r\nbb\r\n";
const C: &[u8] = b"Subject: c\r\n\r\nccc\r\n";

fn three() -> Stub {
    Stub::new().mail(1, A).mail(2, B).mail(3, C)
}

fn patience() -> Patience {
    let short = Duration::from_millis(800);
    Patience { connect: short, greeting: short, reply: short, done: short, ..Patience::default() }
}

async fn open_as(settings: &Settings) -> Result<Mailbox, Error> {
    Mailbox::open_with(settings, &Limits::default(), patience()).await
}

async fn open(stub: &Running) -> Mailbox {
    open_as(&stub.settings()).await.unwrap()
}

fn uids(keys: &[MessageKey]) -> Vec<u32> {
    let uid = |key: &MessageKey| match key {
        MessageKey::Imap { uid, .. } => *uid,
        MessageKey::Maildir { .. } => panic!("{key:?}"),
    };
    keys.iter().map(uid).collect()
}

#[tokio::test]
async fn f41_a_header_without_a_receipt_time_is_taken_at_the_last() {
    let line = "* 1 FETCH (UID 1 RFC822.SIZE 17 INTERNALDATE \"yesterday\" BODY[HEADER]<0> {14}\r\n\
                Subject: a\r\n\r\n)\r\n{tag} OK done\r\n";
    let stub = Stub::new().mail(1, A).on("HEADER", Reply::Say(line)).start();
    let mut mailbox = open(&stub).await;
    let keys = mailbox.list().await.unwrap();
    let at: Timestamp = "2021-10-05T12:00:00+09:00".parse().unwrap();
    let header = mailbox.fetch_header(&keys, at).await.unwrap();
    assert_eq!(header.messages[0].received_at, at);
    assert_eq!(
        (header.messages[0].bytes.as_slice(), header.messages[0].omitted),
        (&b"Subject: a\r\n\r\n"[..], Some(17))
    );
}

/// COPY worked, what follows it did not.
#[tokio::test]
async fn f29_a_copy_that_stands_in_the_folder_is_not_made_again() {
    const X: &[u8] = b"Message-ID: <x@clinic.jp>\r\n\r\nx\r\n";
    const Y: &[u8] = b"Message-ID: <y@clinic.jp>\r\n\r\ny\r\n";
    for trouble in ["UID STORE", "UID EXPUNGE"] {
        let stub = Stub::new()
            .mail(1, X)
            .mail(2, Y)
            .mail(3, A)
            .capabilities("IMAP4rev1 UIDPLUS")
            .on_first(3, trouble, Reply::Say("{tag} NO not now\r\n"))
            .start();
        let mut mailbox = open(&stub).await;
        let keys = mailbox.list().await.unwrap();
        mailbox.file_away(&keys[..1], Destination::Processed).await.unwrap_err();
        for _ in 0..2 {
            // In another process, as far as the mailbox knows.
            let mut mailbox = open(&stub).await;
            mailbox.file_again(&keys[..1], Destination::Processed).await.unwrap_err();
        }
        assert_eq!((stub.count("Processed"), stub.heard_of("UID COPY")), (1, 1), "{trouble}");
        // What was not copied is; what cannot be looked for is copied to be safe.
        let mut mailbox = open(&stub).await;
        assert_eq!(mailbox.file_again(&keys, Destination::Processed).await.unwrap(), keys, "{trouble}");
        assert_eq!((stub.count("Processed"), stub.inbox()), (3, vec![]), "{trouble}");
    }
}

/// The same Message-ID alone is no copy.
#[tokio::test]
async fn f29_another_mail_with_the_same_id_is_no_copy() {
    let stub = Stub::new()
        .mail(1, b"Message-ID: <x@clinic.jp>\r\n\r\nx\r\n")
        .mail(2, b"Message-ID: <x@clinic.jp>\r\n\r\nanother\r\n")
        .capabilities("IMAP4rev1 UIDPLUS")
        .start();
    let mut mailbox = open(&stub).await;
    let keys = mailbox.list().await.unwrap();
    for key in keys.chunks(1) {
        assert_eq!(mailbox.file_again(key, Destination::Processed).await.unwrap(), key);
    }
    assert_eq!((stub.count("Processed"), stub.inbox()), (2, vec![]));
}

#[tokio::test]
async fn f27_a_missing_folder_keeps_nobody_from_reading_the_others() {
    let gone = Reply::Say("{tag} NO [NONEXISTENT] no such folder\r\n");
    for folders in [["INBOX", "Gone"], ["Gone", "INBOX"]] {
        let stub = three().on("GONE\"", gone.clone()).start();
        let folders: Vec<String> = folders.map(str::to_owned).to_vec();
        let mut mailbox = open_as(&Settings { folders, ..stub.settings() }).await.unwrap();
        assert_eq!(uids(&mailbox.list().await.unwrap()), [1, 2, 3]);
        let missing = mailbox.missing();
        assert_eq!(missing.keys().collect::<Vec<_>>(), ["Gone"]);
        assert!(missing["Gone"].contains("mailbox.folders"), "{missing:?}");
    }
    // All of them.
    let stub = three().on("SELECT", gone.clone()).start();
    let folders = vec!["Gone".to_owned(), "Lost".to_owned()];
    let error = open_as(&Settings { folders, ..stub.settings() }).await.unwrap_err();
    assert!(matches!(error, Error::Folder { .. }), "{error}");
    let stub = three().on_first(1, "SELECT", Reply::Before("")).on("SELECT", gone).start();
    let mut mailbox = open(&stub).await;
    assert!(matches!(mailbox.list().await, Err(Error::Folder { .. })));
}

#[tokio::test]
async fn f10_a_refusal_is_told_in_the_servers_words() {
    let stub =
        Stub::new().on("LOGIN", Reply::Say("{tag} NO [AUTHENTICATIONFAILED] no such \\\"user\r\n")).start();
    let text = open_as(&stub.settings()).await.unwrap_err().to_string();
    assert!(text.contains("no such") && text.contains("mailbox.username"), "{text}");
    assert!(!text.contains("Some(") && !text.contains("None"), "{text}");
}
