//! Letters over real connections: smtp-sink with injected faults, a scripted server, a Maildir, a program.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failed step fails the test"
)]

#[path = "transport/servers.rs"]
mod servers;

use std::os::unix::fs::PermissionsExt;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use jiff::SignedDuration;
use servers::{Act, Scripted, Sink, free_port};
use uketsuke::inspection::verdict::Template;
use uketsuke::outbound::delivery::Delivery;
use uketsuke::outbound::letter::{AutoSubmitted, Draft, Identity};
use uketsuke::outbound::transport::{Auth, Event, Kind, Mode, Outgoing, Security, Settings, Transport};

fn settings(port: u16) -> Settings {
    Settings {
        kind: Kind::Smtp,
        host: "127.0.0.1".into(),
        port,
        security: Security::None,
        connect_timeout: SignedDuration::from_secs(5),
        command_timeout: SignedDuration::from_secs(5),
        final_timeout: SignedDuration::from_secs(10),
        keep_open: SignedDuration::from_mins(1),
        ..Settings::default()
    }
}

/// Little patience with a server that says nothing; ample with one that only runs on a busy machine.
fn patience(port: u16, act: &Act) -> Settings {
    match act {
        Act::Silence => Settings {
            command_timeout: SignedDuration::from_millis(300),
            final_timeout: SignedDuration::from_millis(600),
            ..settings(port)
        },
        _ => settings(port),
    }
}

fn letter(id: i64, to: &str) -> Outgoing {
    let draft = Draft {
        kind: Template::Accept,
        to: "clinic@example.jp".into(),
        subject: "【自動返信】【受付完了】".into(),
        text: format!("受け付けました。{id}\n"),
        html: None,
        attachments: Vec::new(),
        in_reply_to: None,
        references: Vec::new(),
        auto_submitted: AutoSubmitted::Replied,
    };
    let identity = Identity {
        from: "vproject@city.kumamoto.kumamoto.jp".into(),
        from_name: "ワクチン対策PT".into(),
        envelope_from: "vproject@city.kumamoto.kumamoto.jp".into(),
        key: vec![1; 32],
    };
    let received_at = "2021-10-05T14:32:10+09:00".parse().unwrap();
    let sealed = draft.seal(&identity, &id.to_string(), received_at).unwrap();
    Outgoing {
        id,
        kind: sealed.kind,
        received_at,
        envelope_from: sealed.envelope_from,
        to: to.into(),
        bytes: sealed.bytes,
        archive: None,
    }
}

/// Sends the letters and says what the fence saw.
async fn send(transport: &mut Transport, letters: &[Outgoing]) -> (Vec<Delivery>, Vec<Vec<i64>>) {
    let fences = Mutex::new(Vec::new());
    let mut events = Vec::new();
    let fence = |ids: Vec<i64>| {
        fences.lock().unwrap().push(ids);
        async { Ok::<(), ()>(()) }
    };
    transport.send_batch(letters, fence, |event| events.push(event), || true).await.unwrap();
    let fences = fences.into_inner().unwrap();
    let mut offered = std::collections::BTreeSet::new();
    let mut deliveries = Vec::new();
    for event in events {
        match event {
            Event::Offering(id) => {
                assert!(fences.iter().flatten().any(|fenced| *fenced == id) && offered.insert(id))
            }
            Event::Settled(id, delivery) => {
                assert_eq!(id, letters[deliveries.len()].id, "each in its turn");
                deliveries.push(delivery);
            }
        }
    }
    assert_eq!(deliveries.len(), letters.len());
    (deliveries, fences)
}

fn word(delivery: &Delivery) -> &'static str {
    match delivery {
        Delivery::Accepted(_) => "accepted",
        Delivery::Deferred(_) => "deferred",
        Delivery::Refused(_) => "refused",
        Delivery::Ambiguous(_) => "ambiguous",
    }
}

fn words(deliveries: &[Delivery]) -> Vec<&'static str> {
    deliveries.iter().map(word).collect()
}

#[tokio::test]
async fn a_batch_goes_over_one_connection_with_one_fence() {
    for options in [&[][..], &["-p"], &["-e"], &["-8", "-E", "-N", "-a"]] {
        let sink = Sink::start(options).await;
        let mut transport = Transport::open(&settings(sink.port)).unwrap();
        let mut letters: Vec<Outgoing> = (1..=5).map(|id| letter(id, "clinic@example.jp")).collect();
        letters[2].archive = Some("archive@example.jp".into());
        letters[3].to = "a..b@docomo.ne.jp".into();
        let (deliveries, fences) = send(&mut transport, &letters).await;
        assert_eq!(words(&deliveries), ["accepted"; 5], "{options:?} {deliveries:?}");
        assert_eq!(fences, [vec![1, 2, 3, 4, 5]]);
        transport.close().await;
        let messages = sink.messages().await;
        assert_eq!(messages.len(), 5, "{options:?}");
        let with_archive: Vec<_> =
            messages.iter().filter(|text| text.contains("<archive@example.jp>")).collect();
        assert_eq!(with_archive.len(), 1, "one envelope, two recipients");
        assert!(messages.iter().any(|text| text.contains("<\"a..b\"@docomo.ne.jp>")));
        let body = String::from_utf8(letters[0].bytes.clone()).unwrap().replace("\r\n", "\n");
        assert!(messages.iter().any(|text| text.replace("\r\n", "\n").trim_end().ends_with(body.trim_end())));
    }
}

#[tokio::test]
async fn f60_f61_f62_faults_at_each_stage() {
    let stages: [(&[&str], &str); 19] = [
        (&["-f", "CONNECT"], "deferred"),
        (&["-f", "EHLO"], "accepted"),
        (&["-f", "EHLO,HELO"], "deferred"),
        (&["-f", "MAIL"], "deferred"),
        (&["-f", "RCPT"], "refused"),
        (&["-f", "DATA"], "refused"),
        (&["-f", "."], "refused"),
        (&["-r", "CONNECT"], "deferred"),
        (&["-r", "RCPT"], "deferred"),
        (&["-r", "DATA"], "deferred"),
        (&["-r", "."], "deferred"),
        (&["-Q", "MAIL"], "deferred"),
        (&["-Q", "RCPT"], "deferred"),
        (&["-Q", "."], "deferred"),
        (&["-q", "EHLO"], "deferred"),
        (&["-q", "RCPT"], "deferred"),
        (&["-q", "DATA"], "deferred"),
        (&["-q", "."], "ambiguous"),
        (&["-A", "0"], "refused"),
    ];
    for (options, expected) in stages {
        let sink = Sink::start(options).await;
        let mut transport = Transport::open(&settings(sink.port)).unwrap();
        let (deliveries, _) = send(&mut transport, &[letter(1, "clinic@example.jp")]).await;
        assert_eq!(word(&deliveries[0]), expected, "{options:?}: {deliveries:?}");
    }
}

#[tokio::test]
async fn before_the_body_nothing_is_in_doubt_and_nothing_is_fenced() {
    let cases: [(&str, Act, &str); 16] = [
        ("MAIL", Act::Close, "deferred"),
        ("MAIL", Act::Say("abc"), "deferred"),
        ("GREETING", Act::Say("554 no service"), "deferred"),
        ("GREETING", Act::Silence, "deferred"),
        ("EHLO", Act::Say("nonsense"), "deferred"),
        ("MAIL", Act::Say("550 5.7.1 sender refused"), "deferred"),
        ("MAIL", Act::Silence, "deferred"),
        ("RCPT", Act::Say("550 5.1.1 unknown user"), "refused"),
        ("RCPT", Act::Say("450 4.2.0 greylisted"), "deferred"),
        ("RCPT", Act::Say("530 5.7.0 authenticate first"), "deferred"),
        ("RCPT", Act::Say("354 what"), "deferred"),
        ("RCPT", Act::Close, "deferred"),
        ("DATA", Act::Say("554 5.6.0 no"), "refused"),
        ("DATA", Act::Say("451 4.3.0 later"), "deferred"),
        ("DATA", Act::Say("250 what"), "deferred"),
        ("DATA", Act::SayAndClose("421 4.3.2 closing"), "deferred"),
    ];
    for pipelining in [false, true] {
        for (stage, act, expected) in cases.clone() {
            let server = Scripted::default();
            let port = server.start(&[(stage, act.clone())], pipelining, false).await;
            let mut transport = Transport::open(&patience(port, &act)).unwrap();
            let letters = [letter(1, "clinic@example.jp"), letter(2, "other@example.jp")];
            let (deliveries, fences) = send(&mut transport, &letters).await;
            assert_eq!(words(&deliveries), [expected; 2], "{stage} {act:?} {pipelining} {deliveries:?}");
            for delivery in &deliveries {
                let told = delivery.reply();
                let strange = ["error Tag", "response error", "network error", "None", "Some("];
                assert!(!strange.iter().any(|word| told.contains(word)), "{stage} {act:?}: {told}");
                let blames_us = told.contains("our sender address");
                assert!(!blames_us || matches!(act, Act::Say(_)), "{stage} {act:?}: {told}");
            }
            assert!(server.bodies.lock().unwrap().is_empty(), "{stage} {act:?}");
            assert!(fences.is_empty(), "{stage} {act:?}");
        }
    }
}

#[tokio::test]
async fn f64_after_the_body_only_a_clear_answer_settles_it() {
    let cases: [(Act, &str); 10] = [
        (Act::Close, "ambiguous"),
        (Act::Silence, "ambiguous"),
        (Act::Say("garbage"), "ambiguous"),
        (Act::Say("354 more?"), "ambiguous"),
        (Act::Say("250-first\r\n250 2.0.0 second"), "accepted"),
        (Act::Say("250"), "accepted"),
        (Act::Say("571 policy"), "refused"),
        (Act::Say("452 4.2.2 full"), "deferred"),
        (Act::Say("554 5.7.1 spam"), "refused"),
        (Act::SayAndClose("421 4.3.0 going down"), "deferred"),
    ];
    for (act, expected) in cases {
        let server = Scripted::default();
        let port = server.start(&[("BODY", act.clone())], true, true).await;
        let mut transport = Transport::open(&patience(port, &act)).unwrap();
        let letters = [letter(1, "clinic@example.jp"), letter(2, "other@example.jp")];
        let (deliveries, fences) = send(&mut transport, &letters).await;
        assert_eq!(word(&deliveries[0]), expected, "{act:?}: {deliveries:?}");
        // The script holds for the first connection only: the second letter goes over a fresh one, or the kept one.
        let kept = *server.connections.lock().unwrap() == 1;
        let second = if kept { expected } else { "accepted" };
        assert_eq!(word(&deliveries[1]), second, "{act:?}: {deliveries:?}");
        assert_eq!(fences, [vec![1, 2]], "{act:?}");
    }
}

#[tokio::test]
async fn f66_f68_the_archive_copy_never_decides() {
    for pipelining in [false, true] {
        for (script, expected, bodies) in [
            (vec![("RCPT2", Act::Say("550 no archive"))], "accepted", 1),
            (vec![("RCPT2", Act::Say("450 later"))], "accepted", 1),
            (vec![("RCPT", Act::Say("550 unknown user"))], "refused", 0),
        ] {
            let server = Scripted::default();
            let port = server.start(&script, pipelining, false).await;
            let mut transport = Transport::open(&settings(port)).unwrap();
            let mut one = letter(1, "clinic@example.jp");
            one.archive = Some("archive@example.jp".into());
            let (deliveries, _) = send(&mut transport, &[one]).await;
            transport.close().await;
            assert_eq!(word(&deliveries[0]), expected, "{script:?} {pipelining} {deliveries:?}");
            tokio::time::sleep(Duration::from_millis(30)).await;
            assert_eq!(server.bodies.lock().unwrap().len(), bodies, "{script:?} {pipelining}");
        }
    }
}

#[tokio::test]
async fn a_refused_letter_does_not_hold_up_the_next_ones() {
    for pipelining in [false, true] {
        let server = Scripted::default();
        let port = server.start(&[], pipelining, false).await;
        let mut transport = Transport::open(&settings(port)).unwrap();
        let letters =
            [letter(1, "a b@example.jp"), letter(2, "clinic@example.jp"), letter(3, "日本@example.jp")];
        let (deliveries, fences) = send(&mut transport, &letters).await;
        assert_eq!(words(&deliveries), ["refused", "accepted", "refused"], "{deliveries:?}");
        assert_eq!(fences, [vec![2, 3]]);
    }
}

#[tokio::test]
async fn commands_go_in_one_piece_where_the_server_allows_it() {
    let server = Scripted::default();
    let port = server.start(&[], true, false).await;
    let mut transport = Transport::open(&settings(port)).unwrap();
    for id in 1..=2 {
        let (deliveries, _) = send(&mut transport, &[letter(id, "clinic@example.jp")]).await;
        assert_eq!(words(&deliveries), ["accepted"]);
    }
    assert_eq!(*server.connections.lock().unwrap(), 1, "the connection is kept for the next batch");
    transport.close().await;
    tokio::time::sleep(Duration::from_millis(50)).await;
    let heard = server.heard.lock().unwrap().join("\n");
    assert!(heard.ends_with("QUIT"), "{heard}");
    let body = &server.bodies.lock().unwrap()[0];
    assert_eq!(body.as_bytes(), letter(1, "clinic@example.jp").bytes, "nothing added, nothing lost");
}

#[tokio::test]
async fn a_kept_connection_that_died_is_replaced_in_silence() {
    let server = Scripted::default();
    let port = server.start(&[("NOOP", Act::Close)], true, true).await;
    let mut transport = Transport::open(&settings(port)).unwrap();
    for id in 1..=2 {
        let (deliveries, _) = send(&mut transport, &[letter(id, "clinic@example.jp")]).await;
        assert_eq!(words(&deliveries), ["accepted"]);
    }
    assert_eq!(*server.connections.lock().unwrap(), 2);
}

#[tokio::test]
async fn when_the_fence_fails_no_body_is_offered() {
    let server = Scripted::default();
    let port = server.start(&[], true, false).await;
    let mut transport = Transport::open(&settings(port)).unwrap();
    let letters = [letter(1, "clinic@example.jp")];
    let mut told = Vec::new();
    let fence = |_| async { Err::<(), &str>("disk full") };
    let failed = transport.send_batch(&letters, fence, |event| told.push(event), || true).await;
    assert_eq!((failed, told), (Err("disk full"), vec![]));
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert!(server.bodies.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_server_that_is_not_there_defers_the_whole_batch_at_once() {
    let mut transport = Transport::open(&settings(free_port())).unwrap();
    let letters: Vec<Outgoing> = (1..=20).map(|id| letter(id, "clinic@example.jp")).collect();
    let started = Instant::now();
    let (deliveries, fences) = send(&mut transport, &letters).await;
    assert_eq!(words(&deliveries), ["deferred"; 20]);
    assert!(fences.is_empty() && started.elapsed() < Duration::from_secs(2));
    assert!(transport.probe().await.unwrap_err().contains("failed to connect to 127.0.0.1"));
}

#[tokio::test]
async fn tls_goes_only_to_a_server_that_a_trusted_authority_vouches_for() {
    let authority = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/transport/tls/ca.pem");
    for (security, starttls) in [(Security::Tls, false), (Security::Starttls, true)] {
        for (ca_file, host, expected) in [
            (authority, "localhost", "accepted"),
            (authority, "127.0.0.1", "accepted"),
            ("", "localhost", "deferred"),
        ] {
            let server = Scripted::default();
            let port = server.start_tls(starttls).await;
            let chosen = Settings { security, host: host.into(), ca_file: ca_file.into(), ..settings(port) };
            let mut transport = Transport::open(&chosen).unwrap();
            let (deliveries, _) = send(&mut transport, &[letter(1, "clinic@example.jp")]).await;
            assert_eq!(words(&deliveries), [expected], "{security:?} {host} {ca_file} {deliveries:?}");
            assert_eq!(transport.probe().await.is_ok(), expected == "accepted");
            let until = transport.certificate().and_then(uketsuke::inbound::certificate::not_after);
            assert_eq!(until.is_some(), expected == "accepted", "{security:?}: for doctor");
        }
    }
    // A server without STARTTLS never sees a letter in the clear.
    let server = Scripted::default();
    let port = server.start(&[], true, false).await;
    let chosen = Settings { security: Security::Starttls, ..settings(port) };
    let (deliveries, _) =
        send(&mut Transport::open(&chosen).unwrap(), &[letter(1, "clinic@example.jp")]).await;
    assert_eq!(words(&deliveries), ["deferred"]);
    assert!(server.bodies.lock().unwrap().is_empty());
    let unreadable =
        Settings { security: Security::Tls, ca_file: "/nonexistent.pem".into(), ..settings(port) };
    assert!(Transport::open(&unreadable).unwrap_err().to_string().contains("/nonexistent.pem"));
}

#[tokio::test]
async fn a_wrong_or_missing_password_defers_with_clear_words() {
    let server = Scripted::default();
    let script = [
        ("EHLO", Act::Say("250-scripted\r\n250 AUTH PLAIN LOGIN")),
        ("AUTH", Act::Say("535 5.7.8 authentication failed")),
    ];
    let port = server.start(&script, false, false).await;
    let mut with_login = settings(port);
    with_login.username = "vproject".into();
    with_login.password = Some("secret-pass".to_string().into());
    let mut transport = Transport::open(&with_login).unwrap();
    let (deliveries, _) = send(&mut transport, &[letter(1, "clinic@example.jp")]).await;
    let Delivery::Deferred(text) = &deliveries[0] else { panic!("{deliveries:?}") };
    assert!(text.contains("log in") && text.contains("535") && !text.contains("secret-pass"), "{text}");
    assert!(!format!("{with_login:?}{transport:?}").contains("secret-pass"));
    with_login.password = None;
    with_login.password_file = "/nonexistent/password".into();
    let mut transport = Transport::open(&with_login).unwrap();
    let (deliveries, _) = send(&mut transport, &[letter(1, "clinic@example.jp")]).await;
    assert_eq!(words(&deliveries), ["deferred"]);
}

#[tokio::test]
async fn xoauth2_logs_in_with_a_fresh_token() {
    const OFFER: (&str, Act) = ("EHLO", Act::Say("250-scripted\r\n250 AUTH PLAIN XOAUTH2"));
    // base64 of user=vproject^Aauth=Bearer tok^A^A
    const FIRST: &str = "AUTH XOAUTH2 dXNlcj12cHJvamVjdAFhdXRoPUJlYXJlciB0b2sBAQ==";
    let with = |port: u16, command: &str| Settings {
        username: "vproject".into(),
        auth: Auth::XOAuth2,
        token_command: ["sh", "-c", command].map(str::to_owned).to_vec(),
        ..settings(port)
    };
    let server = Scripted::default();
    let port = server.start(&[OFFER, ("AUTH", Act::Say("235 2.7.0 welcome"))], false, false).await;
    let mut transport = Transport::open(&with(port, "echo; echo ' tok '")).unwrap();
    let (deliveries, _) = send(&mut transport, &[letter(1, "clinic@example.jp")]).await;
    assert_eq!(words(&deliveries), ["accepted"], "{deliveries:?}");
    assert!(server.heard.lock().unwrap().iter().any(|line| line == FIRST));

    // A refused token: the reason comes as a challenge that wants an empty answer. Nothing is lost, and no secret told.
    let server = Scripted::default();
    let script = [
        OFFER,
        ("AUTH", Act::Say("334 eyJzdGF0dXMiOiI0MDEifQ==")),
        ("", Act::Say("535 5.7.8 token expired")),
    ];
    let port = server.start(&script, false, false).await;
    let mut transport = Transport::open(&with(port, "echo tok")).unwrap();
    let (deliveries, _) = send(&mut transport, &[letter(1, "clinic@example.jp")]).await;
    let Delivery::Deferred(text) = &deliveries[0] else { panic!("{deliveries:?}") };
    for told in ["log in", "token expired", r#"{"status":"401"}"#, "outgoing.token_command"] {
        assert!(text.contains(told), "{text}");
    }
    assert!(!text.contains("tok ") && !text.contains("dXNlcj"), "{text}");
    assert!(server.heard.lock().unwrap().iter().any(String::is_empty), "the challenge is answered");

    // No token is asked for, and none sent, where the server does not offer it or the command fails.
    for (offer, command, told) in [
        ("250-x\r\n250 AUTH PLAIN", "echo tok", "does not offer XOAUTH2"),
        ("250-x\r\n250 AUTH XOAUTH2", "exit 3", "outgoing.token_command failed: exit status: 3"),
        ("250-x\r\n250 AUTH XOAUTH2", "true", "not one access token"),
        ("250-x\r\n250 AUTH XOAUTH2", "echo a b", "not one access token"),
        ("250-x\r\n250 AUTH XOAUTH2", "exec /nonexistent", "outgoing.token_command failed"),
    ] {
        let server = Scripted::default();
        let port = server.start(&[("EHLO", Act::Say(offer))], false, false).await;
        let mut transport = Transport::open(&with(port, command)).unwrap();
        let (deliveries, _) = send(&mut transport, &[letter(1, "clinic@example.jp")]).await;
        let Delivery::Deferred(text) = &deliveries[0] else { panic!("{deliveries:?}") };
        assert!(text.contains(told), "{command}: {text}");
        assert!(!server.heard.lock().unwrap().iter().any(|line| line.starts_with("AUTH")), "{command}");
    }
}

#[tokio::test]
async fn a_long_batch_is_fenced_a_part_at_a_time() {
    let server = Scripted::default();
    let port = server.start(&[], true, false).await;
    let mut transport = Transport::open(&settings(port)).unwrap();
    let mut letters: Vec<Outgoing> = (1..=45).map(|id| letter(id, "clinic@example.jp")).collect();
    // The first of the second part is never offered.
    letters[20].to = "a b@example.jp".into();
    let (_, fences) = send(&mut transport, &letters).await;
    let parts: Vec<Vec<i64>> = vec![(1..=20).collect(), (22..=41).collect(), (42..=45).collect()];
    assert_eq!(fences, parts);
}

#[tokio::test]
async fn f46_after_the_word_to_stop_no_other_letter_is_offered() {
    let server = Scripted::default();
    let port = server.start(&[], true, false).await;
    let mut transport = Transport::open(&settings(port)).unwrap();
    let letters: Vec<Outgoing> = (1..=5).map(|id| letter(id, "clinic@example.jp")).collect();
    let told = Mutex::new(Vec::new());
    let settled = || told.lock().unwrap().iter().filter(|event| matches!(event, Event::Settled(..))).count();
    let fence = |_| async { Ok::<(), ()>(()) };
    let tell = |event| told.lock().unwrap().push(event);
    transport.send_batch(&letters, fence, tell, || settled() < 2).await.unwrap();
    assert_eq!(told.lock().unwrap().len(), 4, "two letters were offered and settled");
    assert_eq!(server.bodies.lock().unwrap().len(), 2);
}

/// The deliver loop runs in a task of its own, so the future must be `Send`.
#[tokio::test]
async fn a_batch_can_be_sent_from_a_task() {
    let server = Scripted::default();
    let port = server.start(&[], true, false).await;
    let sent = tokio::spawn(async move {
        let mut transport = Transport::open(&settings(port)).unwrap();
        let letters = vec![letter(1, "clinic@example.jp")];
        let fence = |ids: Vec<i64>| async move {
            tokio::time::sleep(Duration::from_millis(ids.len() as u64)).await;
            Ok::<(), ()>(())
        };
        let mut told = Vec::new();
        transport.send_batch(&letters, fence, |event| told.push(event), || true).await.unwrap();
        told
    });
    let told = sent.await.unwrap();
    assert_eq!(told[0], Event::Offering(1));
    assert!(matches!(&told[1], Event::Settled(1, Delivery::Accepted(_))), "{told:?}");
}

#[tokio::test]
async fn a_maildir_gets_whole_files_once() {
    let folder = tempfile::tempdir().unwrap();
    let at = |path: &str| folder.path().join(path);
    let mut transport =
        Transport::open(&Settings { path: folder.path().into(), ..Settings::default() }).unwrap();
    let letters = [letter(1, "clinic@example.jp"), letter(2, "other@example.jp")];
    let (deliveries, fences) = send(&mut transport, &letters).await;
    assert_eq!(words(&deliveries), ["accepted"; 2]);
    assert_eq!(fences, [vec![1, 2]]);
    let name = "new/20211005T143210-accept-1.eml";
    assert_eq!(std::fs::read(at(name)).unwrap(), letters[0].bytes);
    assert_eq!(std::fs::read_dir(at("tmp")).unwrap().count(), 0);
    let (deliveries, fences) = send(&mut transport, &letters).await;
    assert_eq!(words(&deliveries), ["accepted"; 2]);
    assert!(fences.is_empty(), "found from the first attempt");
    assert_eq!(std::fs::read_dir(at("new")).unwrap().count(), 2);
    std::fs::write(at(name), "other").unwrap();
    let (deliveries, _) = send(&mut transport, &letters).await;
    assert_eq!(words(&deliveries), ["refused", "accepted"]);
    std::fs::remove_dir_all(at("tmp")).unwrap();
    let (deliveries, _) = send(&mut transport, &[letter(3, "clinic@example.jp")]).await;
    assert_eq!(words(&deliveries), ["deferred"]);
}

#[tokio::test]
async fn the_sendmail_program_is_believed_by_its_exit_code() {
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("sendmail");
    for (code, expected) in
        [(0, "accepted"), (75, "deferred"), (71, "deferred"), (67, "refused"), (65, "refused")]
    {
        let script = format!(
            "#!/bin/sh\nprintf '%s|' \"$@\" > {0}/arguments\ncat > {0}/body\necho why >&2\nexit {code}\n",
            folder.path().display()
        );
        std::fs::write(&program, script).unwrap();
        std::fs::set_permissions(&program, PermissionsExt::from_mode(0o755)).unwrap();
        let chosen = Settings { kind: Kind::Sendmail, sendmail: program.clone(), ..Settings::default() };
        let mut transport = Transport::open(&chosen).unwrap();
        let mut one = letter(1, "-oQ/tmp@example.jp");
        one.archive = Some("archive@example.jp".into());
        let (deliveries, fences) = send(&mut transport, std::slice::from_ref(&one)).await;
        assert_eq!(words(&deliveries), [expected], "{deliveries:?}");
        assert_eq!(fences, [vec![1]]);
        let arguments = std::fs::read_to_string(folder.path().join("arguments")).unwrap();
        assert_eq!(
            arguments,
            "-i|-f|vproject@city.kumamoto.kumamoto.jp|--|-oQ/tmp@example.jp|archive@example.jp|"
        );
        let body = std::fs::read(folder.path().join("body")).unwrap();
        assert_eq!(body, String::from_utf8(one.bytes).unwrap().replace("\r\n", "\n").into_bytes());
    }
    let missing = Settings { kind: Kind::Sendmail, sendmail: "/nonexistent".into(), ..Settings::default() };
    let (deliveries, fences) =
        send(&mut Transport::open(&missing).unwrap(), &[letter(1, "clinic@example.jp")]).await;
    assert_eq!((words(&deliveries), fences.len()), (vec!["deferred"], 0));
}

#[test]
fn settings_are_checked_before_anything_is_sent() {
    let refused = |change: fn(&mut Settings), key: &str| {
        let mut settings =
            Settings { kind: Kind::Smtp, host: "smtp.example.jp".into(), ..Settings::default() };
        settings.check().unwrap();
        change(&mut settings);
        let error = settings.check().unwrap_err();
        assert!(error.contains(key), "{error}");
    };
    refused(|settings| settings.security = Security::None, "outgoing.security");
    refused(|settings| settings.host.clear(), "outgoing.host");
    refused(|settings| settings.port = 0, "outgoing.port");
    refused(|settings| settings.from = "nobody".into(), "outgoing.from");
    refused(|settings| settings.envelope_from = "a b@c".into(), "outgoing.envelope_from");
    refused(|settings| settings.archive_address = "archive".into(), "outgoing.archive_address");
    refused(|settings| settings.connections = 0, "outgoing.connections");
    refused(|settings| settings.breaker_percent = 101, "outgoing.breaker_percent");
    refused(|settings| settings.breaker_letters = 501, "outgoing.breaker_letters");
    refused(|settings| settings.auth = Auth::XOAuth2, "outgoing.username");
    refused(
        |settings| {
            settings.auth = Auth::XOAuth2;
            settings.username = "vproject".into();
        },
        "outgoing.token_command",
    );
    for host in ["127.0.0.1", "localhost", "::1", "[::1]"] {
        let settings =
            Settings { kind: Kind::Smtp, security: Security::None, host: host.into(), ..Settings::default() };
        assert_eq!(settings.check(), Ok(()), "{host}");
    }
}

#[test]
fn every_key_of_the_section_is_known_and_no_other() {
    let written = serde_json::json!({
        "kind": "smtp", "path": "var/replies", "host": "smtp.example.jp", "port": 465, "security": "starttls",
        "username": "u", "password_file": "", "from": "a@b.jp", "from_name": "x", "own_addresses": ["a@b.jp"],
        "archive_address": "", "mode": "staff-only", "connections": 2, "envelope_from": "<>",
        "bounce_extension": true, "auth": "xoauth2", "token_command": ["x"], "breaker_spam": 3, "message_id_key_file": "", "ca_file": "", "final_timeout": "10m"
    });
    let settings: Settings = serde_json::from_value(written).unwrap();
    assert_eq!((settings.mode, settings.security), (Mode::StaffOnly, Security::Starttls));
    assert_eq!((settings.sender(), settings.final_timeout), (String::new(), SignedDuration::from_mins(10)));
    assert!(serde_json::from_value::<Settings>(serde_json::json!({ "hots": "x" })).is_err());
}
