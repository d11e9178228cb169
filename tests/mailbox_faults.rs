//! The IMAP mailbox against a server that misbehaves. Names begin with the row of the fault table.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may fail by panicking"
)]

mod rig;

use std::time::Duration;

use jiff::Timestamp;
use uketsuke::inbound::mailbox::{Auth, Destination, Error, Fetched, Mailbox, Patience, Security, Settings};
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

/// UIDs of messages, gone, owed, later.
fn outcome(fetched: &Fetched) -> [Vec<u32>; 4] {
    let arrived: Vec<MessageKey> = fetched.messages.iter().map(|message| message.key.clone()).collect();
    [uids(&arrived), uids(&fetched.gone), uids(&fetched.owed), uids(&fetched.later)]
}

async fn fetch_all(mailbox: &mut Mailbox) -> Result<Fetched, Error> {
    let keys = mailbox.list().await?;
    mailbox.fetch(&keys).await
}

/// Fetches the three mails through a fault and expects all of them.
async fn check_recovers(stub: Stub) {
    let stub = stub.start();
    let mut mailbox = open(&stub).await;
    let fetched = fetch_all(&mut mailbox).await.unwrap();
    assert_eq!(outcome(&fetched), [vec![1, 2, 3], vec![], vec![], vec![]]);
    let bytes: Vec<&[u8]> = fetched.messages.iter().map(|message| message.bytes.as_slice()).collect();
    assert_eq!(bytes, [A, B, C]);
    assert_eq!(stub.connections(), 2);
}

#[tokio::test]
async fn f01_f03_f04_no_usable_greeting() {
    let failed = async |greeting: &'static str, named: &str| {
        let error = open_as(&Stub::new().greeting(greeting).start().settings()).await.unwrap_err();
        assert!(error.to_string().contains(named), "{error}");
        error
    };
    assert!(matches!(failed("", "no greeting").await, Error::Unreachable { .. }));
    assert!(matches!(failed("* BYE too many users\r\n", "too many users").await, Error::Unreachable { .. }));
    assert!(matches!(failed("* PREAUTH welcome\r\n", "PREAUTH").await, Error::Security { .. }));
    assert!(matches!(failed("220 mail ESMTP\r\n", "220 mail").await, Error::Unreachable { .. }));
    let nobody = Settings { port: rig::free_ports::<1>()[0], ..Stub::new().start().settings() };
    assert!(matches!(open_as(&nobody).await, Err(Error::Unreachable { .. })));
}

#[tokio::test]
async fn f05_f06_starttls_fails_closed() {
    let refused = async |stub: Stub, named: &str| {
        let stub = stub.start();
        let error = open_as(&Settings { security: Security::StartTls, ..stub.settings() }).await.unwrap_err();
        assert!(matches!(error, Error::Security { .. }) && error.to_string().contains(named), "{error}");
        assert_eq!(stub.heard_of("LOGIN"), 0);
    };
    refused(Stub::new(), "STARTTLS").await;
    let offers = || Stub::new().capabilities("IMAP4rev1 STARTTLS");
    refused(offers().on("STARTTLS", Reply::Say("{tag} NO not now\r\n")), "not now").await;
    let injected = "{tag} OK go\r\n* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\n";
    refused(offers().on("STARTTLS", Reply::Say(injected)), "before the TLS handshake").await;
}

#[tokio::test]
async fn f09_logindisabled_sends_no_password() {
    let stub = Stub::new().capabilities("IMAP4rev1 LOGINDISABLED AUTH=XOAUTH2").start();
    let error = open_as(&stub.settings()).await.unwrap_err();
    assert!(matches!(error, Error::Login { .. }) && error.to_string().contains("LOGINDISABLED"), "{error}");
    assert_eq!(stub.heard_of("LOGIN"), 0);
}

#[tokio::test]
async fn f10_refused_login_is_not_hammered() {
    // Lost after the first login, refused from then on.
    let stub = three()
        .on("SEARCH ALL", Reply::Cut(""))
        .on_first(1, "LOGIN", Reply::Say("{tag} OK welcome\r\n"))
        .on("LOGIN", Reply::Say("{tag} NO [AUTHENTICATIONFAILED] password changed\r\n"))
        .start();
    let mut mailbox = open(&stub).await;
    for _ in 0..3 {
        let error = mailbox.list().await.unwrap_err();
        assert!(
            matches!(error, Error::Login { .. }) && error.to_string().contains("password changed"),
            "{error}"
        );
    }
    assert_eq!((stub.heard_of("LOGIN"), stub.connections()), (2, 2));
}

#[tokio::test]
async fn f11_xoauth2() {
    let with = |stub: &Running, command: &str| Settings {
        auth: Auth::XOAuth2,
        password: None,
        token_command: ["sh", "-c", command].map(str::to_owned).to_vec(),
        ..stub.settings()
    };
    let capable = || Stub::new().capabilities("IMAP4rev1 AUTH=XOAUTH2 IDLE MOVE");
    // base64 of user=vproject^Aauth=Bearer tok^A^A
    let token = "dXNlcj12cHJvamVjdAFhdXRoPUJlYXJlciB0b2sBAQ==";
    let stub = capable()
        .on_first(1, "AUTHENTICATE XOAUTH2", Reply::Say("+ \r\n"))
        .on_first(1, &token.to_uppercase(), Reply::Say("A0001 OK welcome\r\n"))
        .start();
    open_as(&with(&stub, "echo; echo ' tok '")).await.unwrap();
    assert_eq!(stub.heard_of("LOGIN"), 0);

    // The second challenge is the reason, and wants an empty answer.
    let stub = capable()
        .on("AUTHENTICATE", Reply::Say("+ \r\n"))
        .on(&token.to_uppercase(), Reply::Say("+ eyJzdGF0dXMiOiI0MDEifQ==\r\n"))
        .on("", Reply::Say("A0001 NO expired\r\n"))
        .start();
    let error = open_as(&with(&stub, "echo tok")).await.unwrap_err();
    assert!(matches!(error, Error::Login { .. }), "{error}");
    let text = error.to_string();
    assert!(text.contains("expired") && text.contains(r#"{"status":"401"}"#), "{text}");

    for (command, named) in
        [("exit 3", "exit status: 3"), ("true", "token_command"), ("echo a b", "token_command")]
    {
        let stub = capable().start();
        let error = open_as(&with(&stub, command)).await.unwrap_err();
        assert!(matches!(error, Error::Login { .. }) && error.to_string().contains(named), "{error}");
        assert_eq!(stub.heard_of("AUTHENTICATE"), 0);
    }
}

#[tokio::test]
async fn f12_f13_f16_cut_during_fetch() {
    check_recovers(three().on_first(1, "BODY.PEEK[]", Reply::Cut("* 1 FETCH (UID 1 BODY[] {17}\r\nSubj")))
        .await;
    check_recovers(three().on_first(1, "BODY.PEEK[]", Reply::Cut("* BYE going down\r\n"))).await;
    check_recovers(three().on_first(1, "BODY.PEEK[]", Reply::Cut(""))).await;
    check_recovers(three().on_first(1, "RFC822.SIZE INTERNALDATE)", Reply::Cut(""))).await;
    check_recovers(three().on_first(1, "SEARCH ALL", Reply::Cut("* SEARCH 1"))).await;
    let whole = "* 1 FETCH (UID 1 RFC822.SIZE 17 INTERNALDATE \"08-Oct-2021 23:59:59 +0900\" BODY[] {17}\r\n\
                 Subject: a\r\n\r\na\r\n)\r\n* 2 FE";
    check_recovers(three().on_first(1, "BODY.PEEK[]", Reply::Cut(whole))).await;
}

/// Everything that a cycle does, until it is done or fails.
async fn cycle(mailbox: &mut Mailbox, bodies: &mut Vec<Vec<u8>>) -> Result<(), Error> {
    let keys = mailbox.list().await?;
    mailbox.next_set(&keys).await?;
    let fetched = mailbox.fetch(&keys).await?;
    assert!(fetched.owed.is_empty(), "{fetched:?}");
    bodies.extend(fetched.messages.iter().map(|message| message.bytes.clone()));
    let keys: Vec<MessageKey> = fetched.messages.into_iter().map(|message| message.key).collect();
    mailbox.file_away(&keys, Destination::Processed).await?;
    Ok(())
}

#[tokio::test]
async fn f13_cut_at_every_byte() {
    let mut cuts = 0;
    for at in 0.. {
        let stub = three().cut_after(at).start();
        let mut bodies = Vec::new();
        let mut mailbox = open_as(&stub.settings()).await;
        if mailbox.is_err() {
            assert!(mailbox.as_ref().is_err_and(Error::is_transient), "cut at {at}: {mailbox:?}");
            mailbox = open_as(&stub.settings()).await;
        }
        let mut mailbox = mailbox.unwrap();
        while let Err(error) = cycle(&mut mailbox, &mut bodies).await {
            assert!(error.is_transient() && stub.connections() < 5, "cut at {at}: {error}");
        }
        bodies.sort();
        bodies.dedup();
        assert_eq!(bodies, [A, B, C], "cut at {at}");
        assert_eq!((stub.inbox(), stub.count("Processed")), (vec![], 3), "cut at {at}");
        if stub.connections() == 1 {
            break;
        }
        cuts += 1;
    }
    assert!(cuts > 1_000, "{cuts}");
}

#[tokio::test]
async fn f15_silence_in_a_command() {
    check_recovers(three().on_first(1, "BODY.PEEK[]", Reply::Silence)).await;
    check_recovers(three().on_first(1, "SEARCH ALL", Reply::Silence)).await;
}

#[tokio::test]
async fn f40_garbage_in_an_answer() {
    check_recovers(three().on_first(1, "BODY.PEEK[]", Reply::Say("* 1 FETCH (UID x)\r\n"))).await;
    check_recovers(three().on_first(1, "SEARCH ALL", Reply::Say("* SEARCH 1 two 3\r\n{tag} OK\r\n"))).await;
}

#[tokio::test]
async fn failure_is_never_taken_for_emptiness() {
    for answer in ["{tag} NO [SERVERBUG] oops\r\n", "{tag} BAD what?\r\n"] {
        let stub = three().on("SEARCH ALL", Reply::Say(answer)).start();
        assert!(matches!(open(&stub).await.list().await, Err(Error::Refused { .. })), "{answer}");
        let stub = three().on("FETCH", Reply::Say(answer)).start();
        let error = fetch_all(&mut open(&stub).await).await.unwrap_err();
        assert!(matches!(error, Error::Refused { .. }) && error.is_transient(), "{answer} {error}");
        assert_eq!(stub.connections(), 1);
    }
    let stub = three().on("SEARCH ALL", Reply::Cut("")).start();
    assert!(matches!(open(&stub).await.list().await, Err(Error::Lost { .. })));
}

#[tokio::test]
async fn f41_one_poison_message_blocks_no_other() {
    // Breaks the parser, the connection, or is refused: whenever it is in the set.
    for poison in [
        Reply::Say("* 2 FETCH (UID 2 BODY[] {3\r\n"),
        Reply::Cut(""),
        Reply::Say("{tag} NO cannot read\r\n"),
        Reply::Say("* 2 FETCH (UID 2 BODY[] {999999999}\r\n"),
    ] {
        let mut stub = Stub::new();
        for uid in 1..=20 {
            stub = stub.mail(uid, A);
        }
        for set in ["1:20 ", "1:10 ", "6:10 ", "8:10 ", "9:10 ", " 9 "] {
            stub = stub.on(&format!("FETCH {} (UID RFC822.SIZE INTERNALDATE", set.trim()), poison.clone());
        }
        let stub = stub.start();
        let fetched = fetch_all(&mut open(&stub).await).await.unwrap();
        let others: Vec<u32> = (1..=20).filter(|uid| *uid != 9).collect();
        let [mut arrived, gone, owed, later] = outcome(&fetched);
        arrived.sort_unstable();
        assert_eq!([arrived, gone, owed, later], [others, vec![], vec![9], vec![]]);
    }
}

#[tokio::test]
async fn f41_poison_alone_is_owed_and_its_header_comes() {
    let stub = Stub::new().mail(5, A).on("BODY.PEEK[]", Reply::Say("{tag} NO cannot read\r\n")).start();
    let mut mailbox = open(&stub).await;
    let error = fetch_all(&mut mailbox).await;
    assert_eq!(outcome(&error.unwrap()), [vec![], vec![], vec![5], vec![]]);
    let keys = mailbox.list().await.unwrap();
    let header = mailbox.fetch_header(&keys, Timestamp::UNIX_EPOCH).await.unwrap();
    assert_eq!(header.messages[0].bytes, b"Subject: a\r\n\r\n");
}

#[tokio::test]
async fn f35_vanished_between_list_and_fetch() {
    let stub = three().start();
    let mut mailbox = open(&stub).await;
    let keys = mailbox.list().await.unwrap();
    stub.remove(2);
    assert_eq!(outcome(&mailbox.fetch(&keys).await.unwrap()), [vec![1, 3], vec![2], vec![], vec![]]);
    // Between the sizes and the bodies, too.
    assert_eq!(mailbox.next_set(&keys).await.unwrap(), 3);
    stub.remove(3);
    assert_eq!(outcome(&mailbox.fetch(&keys).await.unwrap()), [vec![1], vec![2, 3], vec![], vec![]]);
}

/// RFC822.SIZE is what the server believes; the literal is what it sends.
#[tokio::test]
async fn f38_the_literal_decides_not_the_size_that_was_told() {
    for size in [0, 1, 17, 99, 3_000_000] {
        let stub = three().lie(2, size).start();
        let mut mailbox = open(&stub).await;
        let fetched = fetch_all(&mut mailbox).await.unwrap();
        assert_eq!(outcome(&fetched), [vec![1, 2, 3], vec![], vec![], vec![]], "{size}");
        assert_eq!((fetched.messages[1].bytes.as_slice(), fetched.messages[1].omitted), (B, None), "{size}");
        assert_eq!(stub.heard_of("BODY.PEEK[]"), 1, "{size}: nothing is fetched twice");
    }
    // Told by nobody.
    let line = "* 1 FETCH (UID 1 INTERNALDATE \"08-Oct-2021 23:59:59 +0900\" BODY[] {17}\r\n\
                Subject: a\r\n\r\na\r\n)\r\n{tag} OK done\r\n";
    let stub =
        Stub::new().mail(1, A).on("BODY.PEEK[]", Reply::Say(line)).on("SIZE", Reply::Say("{tag} OK\r\n"));
    let stub = stub.start();
    let keys = open(&stub).await.list().await.unwrap();
    assert_eq!(open(&stub).await.fetch(&keys).await.unwrap().messages[0].bytes, A);
}

#[tokio::test]
async fn f38_an_answer_without_body_or_receipt_time_is_owed() {
    const DATE: &str = "INTERNALDATE \"08-Oct-2021 23:59:59 +0900\"";
    for wrong in [
        format!("{DATE} BODY[] NIL"),
        format!("{DATE} BODY[] {{0}}\r\n"),
        "BODY[] {2}\r\nab".to_owned(),
        "INTERNALDATE \"yesterday\" BODY[] {2}\r\nab".to_owned(),
    ] {
        let line = format!("* 1 FETCH (UID 1 RFC822.SIZE 17 {wrong})\r\n{{tag}} OK done\r\n");
        let stub = Stub::new().mail(1, A).on("BODY.PEEK[]", Reply::Say(line.leak())).start();
        let fetched = fetch_all(&mut open(&stub).await).await.unwrap();
        assert_eq!(outcome(&fetched), [vec![], vec![], vec![1], vec![]], "{wrong}");
        assert_eq!(fetched.reasons.len(), 1, "{wrong}");
        assert_eq!(stub.heard_of("BODY.PEEK[]"), 3, "{wrong}");
    }
}

#[tokio::test]
async fn f21_f26_unasked_and_repeated_data() {
    let noise = "* 9 FETCH (FLAGS (\\Seen))\r\n* 1 FETCH (UID 1 FLAGS (\\Seen))\r\n* 4 EXISTS\r\n* 2 EXPUNGE\r\n\
                 * 7 FETCH (UID 77 RFC822.SIZE 1 INTERNALDATE \"08-Oct-2021 23:59:59 +0900\" BODY[] {1}\r\nx)\r\n\
                 * SEARCH 5\r\n* ESEARCH (TAG \"x\") UID ALL 9\r\n* OK [ALERT] hello\r\n";
    let stub = three().on("UID", Reply::Before(noise)).start();
    let mut mailbox = open(&stub).await;
    let keys = mailbox.list().await.unwrap();
    // A search answer cannot be told from another; a UID that is not there is found to be gone.
    assert_eq!(uids(&keys), [1, 2, 3, 5]);
    let [arrived, gone, owed, later] = outcome(&mailbox.fetch(&keys).await.unwrap());
    assert_eq!((arrived, owed), (vec![1, 2, 3], if gone.is_empty() { vec![5] } else { vec![] }));
    assert!(later.is_empty());
}

#[tokio::test]
async fn f23_f24_uidvalidity_changes_or_is_missing() {
    let stub = three().start();
    let mut mailbox = open(&stub).await;
    let old = mailbox.list().await.unwrap();
    stub.set_uid_validity(8);
    let new = mailbox.list().await.unwrap();
    assert!(new.len() == 3 && new.iter().all(|key| !old.contains(key)));
    assert_eq!(outcome(&mailbox.fetch(&old).await.unwrap()), [vec![], vec![1, 2, 3], vec![], vec![]]);
    assert_eq!(mailbox.file_away(&old, Destination::Processed).await.unwrap(), old);
    assert_eq!(stub.inbox(), [1, 2, 3]);
    assert_eq!(mailbox.fetch(&new).await.unwrap().messages.len(), 3);

    for value in [None, Some(0)] {
        let stub = three().uid_validity(value).start();
        let mut mailbox = open(&stub).await;
        let keys = mailbox.list().await.unwrap();
        assert_eq!(mailbox.list().await.unwrap(), keys);
        assert_eq!(mailbox.fetch(&keys).await.unwrap().messages.len(), 3);
        tokio::time::sleep(Duration::from_millis(2)).await;
        assert_ne!(open(&stub).await.list().await.unwrap(), keys);
    }
    let stub = three().uid_validity(Some(u32::MAX)).start();
    assert_eq!(fetch_all(&mut open(&stub).await).await.unwrap().messages.len(), 3);
}

#[tokio::test]
async fn f29_f30_f31_without_move() {
    let filed = async |stub: Stub| {
        let stub = stub.start();
        let mut mailbox = open(&stub).await;
        let keys = mailbox.list().await.unwrap();
        assert_eq!(mailbox.file_away(&keys[..2], Destination::Attention).await.unwrap(), keys[..2]);
        assert_eq!(stub.heard().iter().filter(|line| *line == "EXPUNGE" || *line == "CLOSE").count(), 0);
        stub
    };
    let stub = filed(three()).await;
    assert_eq!((stub.inbox(), stub.count("Attention")), (vec![3], 2));
    let stub = filed(three().capabilities("IMAP4rev1 UIDPLUS")).await;
    assert_eq!((stub.inbox(), stub.count("Attention"), stub.heard_of("UID EXPUNGE 1:2")), (vec![3], 2, 1));
    let stub = filed(three().capabilities("IMAP4rev1")).await;
    assert_eq!((stub.inbox().len(), stub.count("Attention")), (3, 0));
    assert_eq!([stub.keyword(1), stub.keyword(3)], [Some("$Uketsuke".to_owned()), None]);
    let stub = filed(three().capabilities("IMAP4rev1").permanent_flags("\\Seen")).await;
    assert_eq!((stub.inbox().len(), stub.heard_of("STORE")), (3, 0));
}

#[tokio::test]
async fn f32_f33_move_that_fails() {
    let stub = three().on("UID MOVE", Reply::Say("{tag} NO [OVERQUOTA] full\r\n")).start();
    let mut mailbox = open(&stub).await;
    let keys = mailbox.list().await.unwrap();
    let error = mailbox.file_away(&keys, Destination::Processed).await.unwrap_err();
    assert!(error.is_transient() && error.to_string().contains("full"), "{error}");
    // OK, and yet everything is still there: nothing counts as filed.
    let stub = three().on("UID MOVE", Reply::Say("{tag} OK done\r\n")).start();
    let mut mailbox = open(&stub).await;
    let keys = mailbox.list().await.unwrap();
    assert_eq!(mailbox.file_away(&keys, Destination::Processed).await.unwrap(), []);
    // NO, and yet it is gone.
    stub.remove(1);
    assert_eq!(mailbox.file_away(&keys, Destination::Processed).await.unwrap(), keys[..1]);
}

#[tokio::test]
async fn f34_trycreate_once() {
    let stub = three().without_folder("Processed").start();
    let mut mailbox = open(&stub).await;
    assert_eq!(stub.heard_of("CREATE \"PROCESSED\""), 1);
    let keys = mailbox.list().await.unwrap();
    assert_eq!(mailbox.file_away(&keys, Destination::Processed).await.unwrap(), keys);
    // Deleted while we run.
    let stub = three().on_first(1, "UID MOVE", Reply::Say("{tag} NO [TRYCREATE] gone\r\n")).start();
    let mut mailbox = open(&stub).await;
    assert_eq!(mailbox.file_away(&keys, Destination::Processed).await.unwrap(), keys);
    assert_eq!((stub.heard_of("UID MOVE"), stub.count("Processed")), (2, 3));
}

#[tokio::test]
async fn f37_read_only_account() {
    let stub = three()
        .read_only()
        .without_folder("Processed")
        .on("CREATE", Reply::Say("{tag} NO denied\r\n"))
        .start();
    let mut mailbox = open(&stub).await;
    let keys = mailbox.list().await.unwrap();
    assert_eq!(mailbox.fetch(&keys).await.unwrap().messages.len(), 3);
    assert_eq!(mailbox.file_away(&keys, Destination::Processed).await.unwrap(), keys);
    assert_eq!((stub.heard_of("MOVE "), stub.heard_of("STORE")), (0, 0));
}

#[tokio::test]
async fn f42_too_many_connections_is_passing() {
    for text in
        ["{tag} NO [UNAVAILABLE] later\r\n", "{tag} NO [LIMIT] x\r\n", "{tag} NO Too many connections\r\n"]
    {
        let stub = Stub::new().on("LOGIN", Reply::Say(text)).start();
        let error = open_as(&stub.settings()).await.unwrap_err();
        assert!(error.is_transient() && !error.is_configuration(), "{error}");
    }
}

#[tokio::test]
async fn round_trips_of_a_backlog() {
    let mut stub = Stub::new();
    for uid in 1..=500 {
        stub = stub.mail(uid, A);
    }
    let stub = stub.start();
    let mut mailbox = open(&stub).await;
    let before = stub.heard().len();
    let keys = mailbox.list().await.unwrap();
    let mut rest = keys.as_slice();
    while !rest.is_empty() {
        let (set, after) = rest.split_at(mailbox.next_set(rest).await.unwrap());
        assert_eq!(mailbox.fetch(set).await.unwrap().messages.len(), 50);
        assert_eq!(mailbox.file_away(set, Destination::Processed).await.unwrap().len(), 50);
        rest = after;
    }
    let trips = stub.heard().len() - before;
    assert!(trips <= 500 / 10, "{trips} round trips for 500 mails");
}
