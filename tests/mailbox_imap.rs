//! The IMAP mailbox against a real Dovecot.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may fail by panicking"
)]

mod rig;

use std::time::{Duration, Instant};

use jiff::Timestamp;
use secrecy::SecretString;
use uketsuke::inbound::mailbox::{After, Destination, Error, Mailbox, Patience, Security, Settings, Wake};
use uketsuke::inbound::uid::MessageKey;
use uketsuke::limits::Limits;

use rig::{Dovecot, Options};

async fn open(settings: &Settings) -> Mailbox {
    Mailbox::open(settings, &Limits::default()).await.unwrap()
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn mail(number: usize) -> Vec<u8> {
    format!("From: a@example.jp\r\nSubject: {number}\r\n\r\n{}\r\n", "x".repeat(number)).into_bytes()
}

fn deliver_numbered(dovecot: &Dovecot, count: usize) {
    let mails: Vec<Vec<u8>> = (0..count).map(mail).collect();
    dovecot.deliver_many(mails.iter().map(Vec::as_slice), at("2021-10-08T00:00:00Z"));
}

#[tokio::test]
async fn mail_comes_whole_with_its_receipt_time_and_goes_where_it_should() {
    let dovecot = Dovecot::start();
    let bytes = "Subject: =?UTF-8?B?5LqI57SE?=\r\n\r\n8bit 予約枠 * BYE {5}\r\n)\r\n".as_bytes();
    dovecot.deliver(bytes, at("2021-10-08T23:59:59+09:00"));
    dovecot.deliver(b"Subject: bare\n\nlf\n", at("2021-10-09T00:00:00+09:00"));
    let mut mailbox = open(&dovecot.settings()).await;

    let keys = mailbox.list().await.unwrap();
    assert_eq!(keys.len(), 2);
    assert_eq!(mailbox.next_set(&keys).await.unwrap(), 2);
    let fetched = mailbox.fetch(&keys).await.unwrap();
    assert!(fetched.gone.is_empty() && fetched.owed.is_empty() && fetched.later.is_empty());
    let [first, second] = fetched.messages.as_slice() else { panic!("{fetched:?}") };
    assert_eq!((first.bytes.as_slice(), first.omitted), (bytes, None));
    assert_eq!(first.received_at, at("2021-10-08T14:59:59Z"));
    assert_eq!(second.bytes, b"Subject: bare\r\n\r\nlf\r\n");
    assert_eq!(second.received_at, at("2021-10-08T15:00:00Z"));
    // Fetching is no reading: no \Seen, and nothing has moved.
    assert!(
        dovecot.file_names("INBOX").iter().all(|name| !name.ends_with('S')),
        "{:?}",
        dovecot.file_names("INBOX")
    );

    let filed = mailbox.file_away(&keys[..1], Destination::Processed).await.unwrap();
    assert_eq!(filed, keys[..1]);
    let filed = mailbox.file_away(&keys[1..], Destination::Attention).await.unwrap();
    assert_eq!(filed, keys[1..]);
    assert_eq!(dovecot.messages("Processed"), [bytes]);
    assert_eq!(dovecot.count("Attention"), 1);
    assert_eq!(mailbox.list().await.unwrap(), []);
}

#[tokio::test]
async fn sets_over_starttls() {
    let dovecot = Dovecot::start();
    deliver_numbered(&dovecot, 120);
    let settings = Settings { port: dovecot.imap, security: Security::StartTls, ..dovecot.settings() };
    let mut mailbox = open(&settings).await;
    let keys = mailbox.list().await.unwrap();
    assert_eq!(keys.len(), 120);
    let mut rest = keys.as_slice();
    let mut sets = Vec::new();
    let mut bodies = Vec::new();
    while !rest.is_empty() {
        let (set, after) = rest.split_at(mailbox.next_set(rest).await.unwrap());
        let fetched = mailbox.fetch(set).await.unwrap();
        bodies.extend(fetched.messages.into_iter().map(|message| message.bytes));
        assert_eq!(mailbox.file_away(set, Destination::Processed).await.unwrap(), set);
        sets.push(set.len());
        rest = after;
    }
    assert_eq!(sets, [50, 50, 20]);
    assert_eq!(bodies, (0..120).map(mail).collect::<Vec<_>>());
    assert_eq!((dovecot.count("INBOX"), dovecot.count("Processed")), (0, 120));
}

#[tokio::test]
async fn large_mail_comes_as_its_header() {
    let dovecot = Dovecot::start();
    let header = b"Subject: large\r\nX-Long: y\r\n\r\n";
    dovecot.deliver(
        &[header.as_slice(), &b"0123456789\r\n".repeat(10_000)].concat(),
        at("2021-10-01T00:00:00Z"),
    );
    dovecot.deliver(&mail(3), at("2021-10-01T00:00:01Z"));
    let limits = Limits { message_bytes: 100_000, batch_bytes: 50, ..Limits::default() };
    let mut mailbox = Mailbox::open(&dovecot.settings(), &limits).await.unwrap();
    let keys = mailbox.list().await.unwrap();
    // Over batch_bytes even alone: a set is never empty.
    assert_eq!(mailbox.next_set(&keys).await.unwrap(), 1);
    let fetched = mailbox.fetch(&keys).await.unwrap();
    assert_eq!(fetched.messages[0].bytes, header);
    assert_eq!(fetched.messages[0].omitted, Some(header.len() as u64 + 120_000));
    assert_eq!((fetched.messages[1].bytes.clone(), fetched.messages[1].omitted), (mail(3), None));
    let headers = mailbox.fetch_header(&keys[1..], jiff::Timestamp::UNIX_EPOCH).await.unwrap().messages;
    assert_eq!(headers[0].bytes, b"From: a@example.jp\r\nSubject: 3\r\n\r\n");
    assert_eq!(headers[0].omitted, Some(mail(3).len() as u64));
}

#[tokio::test]
async fn mail_of_megabytes_comes_whole() {
    let dovecot = Dovecot::start();
    let large: Vec<u8> = (0..300_000).flat_map(|n| format!("{n:010} attachment\r\n").into_bytes()).collect();
    let large = [b"Subject: large\r\n\r\n".as_slice(), &large].concat();
    for (bytes, time) in [(mail(1), 1), (large.clone(), 2), (mail(3), 3), (large.clone(), 4)] {
        dovecot.deliver(&bytes, Timestamp::from_second(1_633_000_000 + time).unwrap());
    }
    let mut mailbox = open(&dovecot.settings()).await;
    let keys = mailbox.list().await.unwrap();
    let fetched = mailbox.fetch(&keys).await.unwrap();
    let sizes: Vec<usize> = fetched.messages.iter().map(|message| message.bytes.len()).collect();
    assert_eq!(sizes, [mail(1).len(), large.len(), mail(3).len(), large.len()]);
    assert!(fetched.messages[1].bytes == large && fetched.messages[3].bytes == large);
    assert_eq!(fetched.messages[2].bytes, mail(3));
    mailbox.close().await;
}

#[tokio::test]
async fn f35_mail_that_people_moved_is_gone() {
    let dovecot = Dovecot::start();
    deliver_numbered(&dovecot, 3);
    let mut mailbox = open(&dovecot.settings()).await;
    let keys = mailbox.list().await.unwrap();
    let mut people = open(&dovecot.settings()).await;
    people.file_away(&keys[1..2], Destination::Attention).await.unwrap();
    let fetched = mailbox.fetch(&keys).await.unwrap();
    assert_eq!((fetched.messages.len(), fetched.gone), (2, keys[1..2].to_vec()));
    assert_eq!(mailbox.file_away(&keys, Destination::Processed).await.unwrap(), keys);
    assert_eq!((dovecot.count("Processed"), dovecot.count("Attention")), (2, 1));
    // f36: moved back, it is a new key.
    let moved = &rig::files(&dovecot.maildir(), "Attention")[0];
    std::fs::rename(moved, dovecot.maildir().join("new/1633000000.back.rig")).unwrap();
    let again = mailbox.list().await.unwrap();
    assert_eq!(again.len(), 1);
    assert!(!keys.contains(&again[0]));
}

#[tokio::test]
async fn flags_or_nothing_instead_of_moving() {
    let dovecot = Dovecot::start();
    deliver_numbered(&dovecot, 2);
    let leave = Settings { after: After::Leave, ..dovecot.settings() };
    let mut mailbox = open(&leave).await;
    let keys = mailbox.list().await.unwrap();
    assert_eq!(mailbox.fetch(&keys).await.unwrap().messages.len(), 2);
    assert_eq!(mailbox.file_away(&keys, Destination::Processed).await.unwrap(), keys);
    assert_eq!(mailbox.list().await.unwrap(), keys);
    assert!(!dovecot.maildir().join(".Processed").exists());

    let flag = Settings { after: After::Flag, ..dovecot.settings() };
    let mut mailbox = open(&flag).await;
    assert_eq!(mailbox.file_away(&keys[..1], Destination::Processed).await.unwrap(), keys[..1]);
    assert_eq!(mailbox.list().await.unwrap(), keys);
    let keywords = std::fs::read_to_string(dovecot.maildir().join("dovecot-keywords")).unwrap();
    assert!(keywords.contains("$Uketsuke"), "{keywords}");
    assert!(!dovecot.maildir().join(".Processed").exists());
}

#[tokio::test]
async fn japanese_folders_with_levels() {
    let dovecot = Dovecot::start();
    // 予約枠 in modified UTF-7.
    dovecot.deliver_to("&Toh9BGeg-", &mail(1), at("2021-10-01T00:00:00Z"));
    dovecot.deliver(&mail(2), at("2021-10-01T00:00:00Z"));
    let settings = Settings {
        folders: vec!["INBOX".to_owned(), "予約枠".to_owned()],
        processed_folder: "処理済/第８期".to_owned(),
        ..dovecot.settings()
    };
    let mut mailbox = open(&settings).await;
    let keys = mailbox.list().await.unwrap();
    let folders: Vec<&str> = keys.iter().map(MessageKey::folder).collect();
    assert_eq!(folders, ["INBOX", "予約枠"]);
    assert_eq!(mailbox.fetch(&keys).await.unwrap().messages.len(), 2);
    assert_eq!(mailbox.file_away(&keys, Destination::Processed).await.unwrap().len(), 2);
    assert_eq!(
        dovecot.count("&UeZ0Bm4I-.&eyz,GGcf-"),
        2,
        "{:?}",
        std::fs::read_dir(dovecot.maildir()).unwrap().collect::<Vec<_>>()
    );
    assert_eq!(mailbox.list().await.unwrap(), []);
}

#[tokio::test]
async fn personal_folders_below_inbox() {
    let dovecot = Dovecot::start_with(Options { separator: ".", prefix: "INBOX.", ..Options::default() });
    deliver_numbered(&dovecot, 1);
    dovecot.deliver_to("Forms", &mail(1), at("2021-10-01T00:00:00Z"));
    let settings = Settings { folders: vec!["INBOX".to_owned(), "Forms".to_owned()], ..dovecot.settings() };
    let mut mailbox = open(&settings).await;
    let keys = mailbox.list().await.unwrap();
    assert_eq!(keys.len(), 2);
    assert_eq!(mailbox.file_away(&keys, Destination::Attention).await.unwrap().len(), 2);
    assert_eq!((dovecot.count("Attention"), dovecot.count("INBOX"), dovecot.count("Forms")), (2, 0, 0));
}

#[tokio::test]
async fn f22_uidvalidity_change_makes_new_keys() {
    let mut dovecot = Dovecot::start();
    deliver_numbered(&dovecot, 2);
    let mut mailbox = open(&dovecot.settings()).await;
    let old = mailbox.list().await.unwrap();
    dovecot.stop();
    dovecot.forget_uids("INBOX");
    dovecot.restart();
    let mut mailbox = open(&dovecot.settings()).await;
    let new = mailbox.list().await.unwrap();
    assert_eq!(new.len(), 2);
    assert!(new.iter().all(|key| !old.contains(key)));
    let fetched = mailbox.fetch(&old).await.unwrap();
    assert_eq!((fetched.messages.len(), fetched.gone), (0, old.clone()));
    // Old names are done with; nothing is moved by mistake.
    assert_eq!(mailbox.file_away(&old, Destination::Processed).await.unwrap(), old);
    assert_eq!(dovecot.count("Processed"), 0);
    assert_eq!(mailbox.fetch(&new).await.unwrap().messages.len(), 2);
}

#[tokio::test]
async fn idle_tells_of_new_mail_and_misses_none() {
    let dovecot = Dovecot::start();
    let mut mailbox = open(&dovecot.settings()).await;
    assert_eq!(mailbox.list().await.unwrap(), []);
    assert_eq!(mailbox.wait(Duration::from_millis(50)).await.unwrap(), Wake::Elapsed);
    let started = Instant::now();
    let (wake, ()) = tokio::join!(mailbox.wait(Duration::from_secs(20)), async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        deliver_numbered(&dovecot, 1);
    });
    assert_eq!(wake.unwrap(), Wake::Changed);
    assert!(started.elapsed() < Duration::from_secs(10));
    // Announced while another command runs: the wait after it comes back at once.
    let keys = mailbox.list().await.unwrap();
    deliver_numbered(&dovecot, 1);
    tokio::time::sleep(Duration::from_millis(100)).await;
    mailbox.file_away(&keys, Destination::Processed).await.unwrap();
    let started = Instant::now();
    assert_eq!(mailbox.wait(Duration::from_secs(20)).await.unwrap(), Wake::Changed);
    assert!(started.elapsed() < Duration::from_secs(10));
    assert_eq!(mailbox.list().await.unwrap().len(), 1);
    // Dropped half-way, a wait leaves nothing in disorder.
    let _ = tokio::time::timeout(Duration::from_millis(50), mailbox.wait(Duration::from_secs(20))).await;
    assert_eq!(mailbox.list().await.unwrap().len(), 1);
}

#[tokio::test]
async fn f12_connection_comes_back_by_itself() {
    let mut dovecot = Dovecot::start();
    deliver_numbered(&dovecot, 2);
    let mut mailbox = open(&dovecot.settings()).await;
    let keys = mailbox.list().await.unwrap();
    dovecot.stop();
    // Dovecot's processes for a connection end a moment after their master.
    let error = loop {
        match mailbox.fetch(&keys).await {
            Ok(fetched) => assert_eq!(fetched.messages.len(), 2),
            Err(error) => break error,
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    assert!(error.is_transient() && error.is_server() && !error.is_configuration(), "{error}");
    assert!(matches!(mailbox.list().await, Err(Error::Unreachable { .. })));
}

#[tokio::test]
async fn f10_wrong_password_is_tried_once() {
    let dovecot = Dovecot::start();
    let wrong = Settings { password: Some(SecretString::from("geheim")), ..dovecot.settings() };
    let error = Mailbox::open(&wrong, &Limits::default()).await.unwrap_err();
    assert!(matches!(error, Error::Login { .. }) && error.is_configuration() && !error.is_transient());
    let text = error.to_string();
    assert!(
        text.contains("vproject") && text.contains("mailbox.username") && !text.contains("geheim"),
        "{text}"
    );
}

#[tokio::test]
async fn f07_certificate_that_is_not_trusted() {
    let dovecot = Dovecot::start_with(Options {
        extra: "listen = 127.0.0.1, 127.0.0.2".to_owned(),
        ..Options::default()
    });
    let refused = async |settings: Settings, named: &str| {
        let error = Mailbox::open(&settings, &Limits::default()).await.unwrap_err();
        assert!(matches!(error, Error::Security { .. }) && error.is_configuration(), "{error}");
        assert!(error.to_string().contains(named), "{error}");
    };
    let other = Dovecot::start();
    refused(Settings { ca_file: other.ca_file(), ..dovecot.settings() }, "mailbox.ca_file").await;
    refused(Settings { host: "127.0.0.2".to_owned(), ..dovecot.settings() }, "not trusted").await;
    refused(Settings { port: dovecot.imap, ..dovecot.settings() }, "mailbox.port").await;
    let missing = Settings { ca_file: "/nonexistent.pem".into(), ..dovecot.settings() };
    assert!(matches!(Mailbox::open(&missing, &Limits::default()).await, Err(Error::Local { .. })));
}

#[tokio::test]
async fn f27_missing_watched_folder_is_named() {
    let dovecot = Dovecot::start();
    let missing = Settings { folders: vec!["予約".to_owned()], ..dovecot.settings() };
    let error = Mailbox::open_with(&missing, &Limits::default(), Patience::default()).await.unwrap_err();
    assert!(matches!(&error, Error::Folder { folder, .. } if folder == "予約"), "{error}");
    assert!(error.to_string().contains("mailbox.folders"));
}
