//! The Maildir mailbox on a real file system, and the rig's mail sink.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may fail by panicking"
)]

mod rig;

use std::ffi::OsStr;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::time::{Duration, Instant, SystemTime};

use jiff::Timestamp;
use tempfile::TempDir;
use uketsuke::inbound::mailbox::{After, Destination, Error, Mailbox, Settings, Wake};
use uketsuke::inbound::uid::MessageKey;
use uketsuke::limits::Limits;

use rig::{SmtpSink, deliver_file, files, messages};

fn settings(directory: &TempDir) -> Settings {
    Settings { path: directory.path().join("mailbox"), ..Settings::default() }
}

async fn open(settings: &Settings) -> Mailbox {
    Mailbox::open(settings, &Limits::default()).await.unwrap()
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn key(name: &str) -> MessageKey {
    MessageKey::Maildir { folder: "INBOX".to_owned(), name: name.to_owned() }
}

/// Puts a file in place whose modification time is the first second of October 2021.
fn put(path: &Path, bytes: &[u8]) {
    fs::write(path, bytes).unwrap();
    let file = fs::File::options().write(true).open(path).unwrap();
    file.set_modified(SystemTime::from(at("2021-10-01T00:00:00Z"))).unwrap();
}

#[tokio::test]
async fn made_if_missing_in_maildir_plus_plus_layout() {
    let directory = tempfile::tempdir().unwrap();
    let settings = Settings { attention_folder: "要確認/第８期".to_owned(), ..settings(&directory) };
    let mut mailbox = open(&settings).await;
    assert_eq!(mailbox.list().await.unwrap(), []);
    for path in [
        "new",
        "cur",
        "tmp",
        ".Processed/new",
        ".Processed/cur",
        ".Processed/tmp",
        ".Processed/maildirfolder",
    ] {
        assert!(settings.path.join(path).exists(), "{path}");
    }
    // 要確認 and 第８期 in modified UTF-7, as Dovecot names them on disk.
    assert!(settings.path.join(".&iYF4uoqN-.&eyz,GGcf-/cur").exists());
    assert!(mailbox.describe().starts_with("maildir:/") && mailbox.describe().ends_with(" INBOX"));
}

#[tokio::test]
async fn new_and_cur_are_fetched_and_filed_with_their_flags() {
    let directory = tempfile::tempdir().unwrap();
    let settings = settings(&directory);
    let mut mailbox = open(&settings).await;
    let first = deliver_file(&settings.path, b"Subject: 1\n\nbare\n", at("2021-10-08T23:59:59+09:00"));
    put(&settings.path.join("cur/1633705200.two.host:2,FS"), b"Subject: 2\r\n\r\n");
    put(&settings.path.join("new/.hidden"), b"");
    fs::create_dir(settings.path.join("new/directory")).unwrap();
    let keys = mailbox.list().await.unwrap();
    assert_eq!(keys, [key(&first), key("1633705200.two.host")]);
    assert_eq!(mailbox.next_set(&keys).await.unwrap(), 2);
    let fetched = mailbox.fetch(&keys).await.unwrap();
    // The file's bytes as they are.
    assert_eq!(fetched.messages[0].bytes, b"Subject: 1\n\nbare\n");
    assert_eq!(fetched.messages[0].received_at, at("2021-10-08T14:59:59Z"));
    assert_eq!(fetched.messages[1].received_at, at("2021-10-08T15:00:00Z"));
    assert_eq!(mailbox.file_away(&keys[..1], Destination::Attention).await.unwrap(), keys[..1]);
    assert_eq!(mailbox.file_away(&keys[1..], Destination::Processed).await.unwrap(), keys[1..]);
    assert!(settings.path.join(".Attention/cur").join(format!("{first}:2,")).exists());
    assert!(settings.path.join(".Processed/cur/1633705200.two.host:2,FS").exists());
    assert_eq!(mailbox.list().await.unwrap(), []);
    // Done already: nothing left to do.
    assert_eq!(mailbox.file_away(&keys, Destination::Processed).await.unwrap(), keys);
}

#[tokio::test]
async fn receipt_time_without_a_name_that_tells() {
    let directory = tempfile::tempdir().unwrap();
    let settings = settings(&directory);
    let mut mailbox = open(&settings).await;
    for name in ["01_第８期.eml", "20211001120000.eml", "報告.eml", "7"] {
        put(&settings.path.join("new").join(name), b"Subject: x\r\n\r\n");
        let fetched = mailbox.fetch(&[key(name)]).await.unwrap();
        assert_eq!(fetched.messages[0].received_at, at("2021-10-01T00:00:00Z"), "{name}");
    }
}

#[tokio::test]
async fn flag_and_leave() {
    let directory = tempfile::tempdir().unwrap();
    let settings = Settings { after: After::Flag, ..settings(&directory) };
    let mut mailbox = open(&settings).await;
    put(&settings.path.join("new/1633705200.a"), b"a\r\n");
    put(&settings.path.join("cur/1633705201.b:2,S"), b"b\r\n");
    let keys = mailbox.list().await.unwrap();
    assert_eq!(mailbox.file_away(&keys, Destination::Processed).await.unwrap(), keys);
    assert!(
        settings.path.join("cur/1633705200.a:2,").exists()
            && settings.path.join("cur/1633705201.b:2,S").exists()
    );
    assert!(!settings.path.join(".Processed").exists());
    assert_eq!(mailbox.list().await.unwrap(), keys);

    let settings = Settings { after: After::Leave, ..settings };
    let mut mailbox = open(&settings).await;
    put(&settings.path.join("new/1633705202.c"), b"c\r\n");
    assert_eq!(mailbox.file_away(&[key("1633705202.c")], Destination::Attention).await.unwrap().len(), 1);
    assert!(settings.path.join("new/1633705202.c").exists());
}

#[tokio::test]
async fn people_rename_take_away_and_bring_back() {
    let directory = tempfile::tempdir().unwrap();
    let settings = settings(&directory);
    let mut mailbox = open(&settings).await;
    let new = settings.path.join("new");
    for name in ["1633705200.a", "1633705201.b", "1633705202.c"] {
        put(&new.join(name), name.as_bytes());
    }
    let keys = mailbox.list().await.unwrap();
    fs::rename(new.join("1633705200.a"), settings.path.join("cur/1633705200.a:2,S")).unwrap();
    fs::remove_file(new.join("1633705201.b")).unwrap();
    let fetched = mailbox.fetch(&keys).await.unwrap();
    assert_eq!((fetched.messages.len(), fetched.gone.as_slice()), (2, &keys[1..2]));
    // Same name at the destination, other bytes: both are kept.
    put(&settings.path.join(".Processed/cur/1633705202.c:2,"), b"older");
    assert_eq!(mailbox.file_away(&keys, Destination::Processed).await.unwrap(), keys);
    let names: Vec<_> =
        files(&settings.path, "Processed").iter().map(|p| p.file_name().unwrap().to_owned()).collect();
    assert_eq!(names, ["1633705200.a:2,S", "1633705202.c:2,", "1633705202.c_1:2,"].map(OsStr::new));
    assert_eq!(messages(&settings.path, "Processed")[1..], [b"older".to_vec(), b"1633705202.c".to_vec()]);
    // The destination vanished: it is made again.
    fs::remove_dir_all(settings.path.join(".Processed")).unwrap();
    put(&new.join("1633705203.d"), b"d");
    assert_eq!(mailbox.file_away(&[key("1633705203.d")], Destination::Processed).await.unwrap().len(), 1);
    assert_eq!(messages(&settings.path, "Processed"), [b"d"]);
}

#[tokio::test]
async fn what_cannot_be_read_is_owed_and_blocks_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let settings = settings(&directory);
    let mut mailbox = open(&settings).await;
    put(&settings.path.join("new/1.good"), b"good");
    std::os::unix::fs::symlink("/dev/zero", settings.path.join("new/2.device")).unwrap();
    std::os::unix::fs::symlink("/nonexistent", settings.path.join("new/3.dangling")).unwrap();
    // CP932 in a file name.
    put(&settings.path.join("new").join(OsStr::from_bytes(b"4.\x97\x5c\x96\xf1")), b"cp932");
    let keys = mailbox.list().await.unwrap();
    assert_eq!(keys.len(), 4);
    let fetched = mailbox.fetch(&keys).await.unwrap();
    let bodies: Vec<&[u8]> = fetched.messages.iter().map(|message| message.bytes.as_slice()).collect();
    assert_eq!(bodies, [b"good".as_slice(), b"cp932"]);
    assert_eq!((fetched.owed, fetched.later), (vec![key("2.device"), key("3.dangling")], vec![]));
    let cp932 = fetched.messages[1].key.clone();
    assert_eq!(mailbox.file_away(&[cp932], Destination::Processed).await.unwrap().len(), 1);
    assert_eq!(messages(&settings.path, "Processed"), [b"cp932"]);
}

#[tokio::test]
async fn large_mail_comes_as_its_header() {
    let directory = tempfile::tempdir().unwrap();
    let settings = settings(&directory);
    let limits = Limits { message_bytes: 100, batch_bytes: 150, ..Limits::default() };
    let mut mailbox = Mailbox::open(&settings, &limits).await.unwrap();
    put(&settings.path.join("new/1.large"), &[b"Subject: l\n\n".as_slice(), &[b'x'; 200]].concat());
    put(&settings.path.join("new/2.limit"), &[b'y'; 100]);
    put(&settings.path.join("new/3.limit"), &[b'z'; 100]);
    let keys = mailbox.list().await.unwrap();
    assert_eq!(mailbox.next_set(&keys[1..]).await.unwrap(), 1);
    let fetched = mailbox.fetch(&keys).await.unwrap().messages;
    assert_eq!((fetched[0].bytes.as_slice(), fetched[0].omitted), (b"Subject: l\n\n".as_slice(), Some(212)));
    assert_eq!((fetched[1].bytes.len(), fetched[1].omitted), (100, None));
    let header = mailbox.fetch_header(&keys[..1], jiff::Timestamp::UNIX_EPOCH).await.unwrap().messages;
    assert_eq!(header[0].bytes, b"Subject: l\n\n");
}

#[tokio::test]
async fn waiting_notices_new_mail_but_not_what_was_listed() {
    let directory = tempfile::tempdir().unwrap();
    let settings = settings(&directory);
    let mut mailbox = open(&settings).await;
    deliver_file(&settings.path, b"1", at("2021-10-01T00:00:00Z"));
    mailbox.list().await.unwrap();
    assert_eq!(mailbox.wait(Duration::from_millis(50)).await.unwrap(), Wake::Elapsed);
    // Longer than the grain of file times.
    tokio::time::sleep(Duration::from_millis(20)).await;
    deliver_file(&settings.path, b"2", at("2021-10-01T00:00:00Z"));
    // A look at single mails in between does not hide it.
    mailbox.fetch(&[key("1.missing")]).await.unwrap();
    let started = Instant::now();
    assert_eq!(mailbox.wait(Duration::from_secs(20)).await.unwrap(), Wake::Changed);
    assert!(started.elapsed() < Duration::from_secs(5));
    assert_eq!(mailbox.list().await.unwrap().len(), 2);
}

#[tokio::test]
async fn a_directory_that_goes_away_is_an_error_not_an_empty_mailbox() {
    let directory = tempfile::tempdir().unwrap();
    let settings = settings(&directory);
    let mut mailbox = open(&settings).await;
    fs::remove_dir_all(&settings.path).unwrap();
    let error = mailbox.list().await.unwrap_err();
    assert!(matches!(error, Error::Local { .. }) && !error.is_server(), "{error}");
    assert!(error.to_string().contains("mailbox/new"), "{error}");
}

#[test]
fn the_sink_shows_what_was_sent() {
    let sink = SmtpSink::start(&[]);
    let mut stream = BufReader::new(TcpStream::connect(("127.0.0.1", sink.port)).unwrap());
    for line in [
        "",
        "EHLO test",
        "MAIL FROM:<>",
        "RCPT TO:<a@example.jp>",
        "RCPT TO:<b@example.jp>",
        "DATA",
        "X-Own: 1\r\nReceived: by me\r\nSubject: x\r\n\r\n..dot\r\n\r\n.",
        "QUIT",
    ] {
        if !line.is_empty() {
            write!(stream.get_mut(), "{line}\r\n").unwrap();
        }
        let mut answer = String::from("-");
        while answer.get(3..4).is_none_or(|mark| mark == "-") {
            answer.clear();
            stream.read_line(&mut answer).unwrap();
        }
        assert!(answer.starts_with('2') || answer.starts_with('3'), "{line}: {answer}");
    }
    let received = &sink.wait_for(1)[0];
    assert_eq!(
        (received.sender.as_str(), received.recipients.as_slice()),
        ("", ["a@example.jp", "b@example.jp"].map(str::to_owned).as_slice())
    );
    assert_eq!(received.bytes, b"X-Own: 1\r\nReceived: by me\r\nSubject: x\r\n\r\n.dot\r\n\r\n");
    assert_eq!(sink.received().len(), 1);
}
