//! The whole program between a real Dovecot and a real SMTP server.

mod rig;
mod support;

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use rig::{Dovecot, SmtpSink};
use support::{DeskFolder, Post, form, pairs, row};

/// A desk that reads from this Dovecot and sends through this SMTP server.
fn desk(dovecot: &Dovecot, smtp_port: u16, security: &str) -> DeskFolder {
    let port = if security == "tls" { dovecot.imaps } else { dovecot.imap };
    let desk = DeskFolder::without_registry();
    std::fs::write(desk.path("imap-password"), rig::PASSWORD).unwrap();
    let desk = {
        let root = desk.root.path().display().to_string();
        desk.with(&format!(
            "[mailbox]\nkind = \"imap\"\nhost = \"127.0.0.1\"\nport = {port}\nsecurity = \"{security}\"\n\
             ca_file = \"{}\"\nusername = \"{}\"\npassword_file = \"{root}/imap-password\"\npoll_interval = \"2s\"\n\
             [outgoing]\nkind = \"smtp\"\nhost = \"127.0.0.1\"\nport = {smtp_port}\nsecurity = \"none\"\n",
            dovecot.ca_file().display(),
            rig::USER,
        ))
    };
    desk.import(support::REGISTRY);
    desk
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn minami(public: u32) -> Vec<u8> {
    form(1, "0123", "みなみ内科クリニック", pairs(&[0, 1, 2], 9, public))
}

#[test]
fn a_mail_goes_from_dovecot_through_the_ledger_to_the_smtp_server() {
    for security in ["tls", "starttls", "none"] {
        let dovecot = Dovecot::start();
        let sink = SmtpSink::start(&[]);
        let mut desk = desk(&dovecot, sink.port, security);
        let post = Post { files: vec![("様式１.xlsx", minami(6))], ..Post::default() };
        dovecot.deliver(&post.bytes(), at("2021-10-08T23:59:59+09:00"));
        let stranger = Post { id: "2", from: "spam@example.com", ..Post::default() };
        dovecot.deliver(&stranger.bytes(), at("2021-10-08T23:59:59+09:00"));
        desk.at("2021-10-09T08:00:00+09:00");
        let (report, code) = desk.json(&["once"]);
        assert_eq!(code, 0, "{security}: {report}");
        assert_eq!((&report["seen"], &report["filed"]), (&2.into(), &2.into()), "{security}: {report}");

        let letters = sink.wait_for(1);
        assert_eq!(letters.len(), 1);
        assert_eq!(letters[0].recipients, ["minami@example.jp"]);
        let letter =
            uketsuke::inbound::message::open(&letters[0].bytes, &uketsuke::limits::Limits::default()).message;
        assert_eq!(letter.answers.last().map(String::as_str), Some("<1@clinic.example.jp>"), "threaded");
        assert!(letter.subject.starts_with("【自動返信】【受付完了】"), "{}", letter.subject);
        assert!(String::from_utf8_lossy(&letters[0].bytes).contains("Auto-Submitted: auto-replied"));

        assert_eq!(
            (dovecot.count("INBOX"), dovecot.count("Processed"), dovecot.count("Attention")),
            (0, 1, 1)
        );
        let submission = desk.last_submission();
        assert_eq!(submission["timing"], "on_time", "INTERNALDATE decides");
        assert_eq!(submission["received_at"], "2021-10-08T23:59:59+09:00");

        let (again, _) = desk.json(&["once"]);
        assert_eq!((&again["seen"], &again["replies"]["sent"]), (&0.into(), &0.into()));
        assert_eq!(sink.received().len(), 1);
    }
}

/// Two clocks are told here: INTERNALDATE, and the stamp of a relay that the city runs.
#[test]
fn t11_a_receipt_time_that_two_clocks_dispute_is_for_a_person() {
    let sink = SmtpSink::start(&[]);
    let cases = [
        ("10-09T00:00:10", "mx.city.example", "Fri, 08 Oct 2021 23:59:50 +0900", "held", "late"),
        ("10-08T23:59:50", "mx.city.example", "Sat, 09 Oct 2021 00:00:10 +0900", "held", "on_time"),
        // They differ by hours, on one side of the limit.
        ("10-08T23:00:00", "mx.city.example", "Fri, 08 Oct 2021 18:00:00 +0900", "accepted", "on_time"),
        ("10-09T09:00:00", "mx.city.example", "Sat, 09 Oct 2021 00:30:00 +0900", "accepted", "late"),
        // Anybody may write this.
        ("10-09T00:00:10", "mx.clinic.example", "Fri, 08 Oct 2021 23:59:50 +0900", "accepted", "late"),
        ("10-08T23:59:59", "mx.city.example", "Fri, 8 Oct 2021 14:59:59 GMT", "accepted", "on_time"),
        ("10-08T23:59:50", "mx.city.example", "no date at all", "accepted", "on_time"),
    ];
    for (internal, host, stamp, outcome, timing) in cases {
        let dovecot = Dovecot::start();
        let mut desk = desk(&dovecot, sink.port, "tls")
            .with("[authentication]\ntrusted_received = [\"mx.city.example\"]\n");
        let received =
            format!("Received: from mail.clinic.example by {host} (Postfix) with ESMTP id 1; {stamp}\r\n");
        // What stands below the relay's own field was written by the sender.
        let forged = "Received: from x by mx.city.example; Mon, 04 Oct 2021 00:00:00 +0900\r\n";
        let below = if host == "mx.city.example" { forged } else { "" };
        let post = Post { files: vec![("様式１.xlsx", minami(6))], ..Post::default() };
        let bytes = [received.as_bytes(), below.as_bytes(), &post.bytes()].concat();
        dovecot.deliver(&bytes, at(&format!("2021-{internal}+09:00")));
        desk.at("2021-10-09T10:00:00+09:00");
        desk.json(&["once"]);
        let submission = desk.last_submission();
        assert_eq!(
            (&submission["outcome"], &submission["timing"]),
            (&outcome.into(), &timing.into()),
            "{internal} {stamp}: {submission}"
        );
        let (outbox, _) = desk.json(&["outbox"]);
        let kind = if outcome == "held" {
            "held"
        } else if timing == "late" {
            "late"
        } else {
            "accept"
        };
        assert_eq!(outbox[0]["kind"], kind, "{internal} {stamp}");
        let (slots, _) = desk.json(&["slots"]);
        assert_eq!(slots.as_array().unwrap().is_empty(), outcome == "held", "{internal} {stamp}");
        let (shown, _) = desk.json(&["show", submission["receipt"].as_str().unwrap()]);
        let disputed = shown["findings"].as_array().unwrap().iter().any(|finding| finding["code"] == "T11");
        assert_eq!(disputed, outcome == "held", "{shown}");
    }
}

#[test]
fn doctor_tells_a_certificate_that_ends_soon() {
    let sink = SmtpSink::start(&[]);
    let in_days = |days: i64| {
        let now = Timestamp::try_from(std::time::SystemTime::now()).unwrap();
        (now + jiff::SignedDuration::from_hours(24 * days)).to_string()
    };
    for security in ["tls", "starttls"] {
        // It was made for thirty days.
        let dovecot = Dovecot::start();
        let mut desk = desk(&dovecot, sink.port, security);
        for (days, soon) in [(0, false), (15, false), (17, true), (31, true)] {
            desk.at(&in_days(days));
            let (doctor, _) = desk.json(&["doctor"]);
            let checks = doctor["checks"].as_array().unwrap();
            let check = checks.iter().find(|check| check["name"] == "cert mailbox").unwrap();
            assert_eq!((check["ok"] == true, check["mend"].is_string()), (true, soon), "{days}: {check}");
        }
    }
    let dovecot = Dovecot::start();
    let (doctor, _) = desk(&dovecot, sink.port, "none").json(&["doctor"]);
    assert!(!doctor["checks"].as_array().unwrap().iter().any(|check| check["name"] == "cert mailbox"));
}

#[test]
fn a_bounce_finds_its_letter_by_the_envelope_it_was_sent_with() {
    let dovecot = Dovecot::start();
    let sink = SmtpSink::start(&[]);
    let mut desk = desk(&dovecot, sink.port, "tls").with("bounce_extension = true");
    let post = Post { files: vec![("様式１.xlsx", minami(6))], ..Post::default() };
    dovecot.deliver(&post.bytes(), at("2021-10-05T10:00:00+09:00"));
    desk.at("2021-10-05T10:01:00+09:00");
    desk.json(&["once"]);
    let sender = sink.wait_for(1)[0].sender.clone();
    assert!(sender.starts_with("vproject+1.") && sender.ends_with("@city.kumamoto.kumamoto.jp"), "{sender}");
    let bounce = format!(
        "Return-Path: <>\r\nDelivered-To: {sender}\r\nFrom: MAILER-DAEMON@docomo.ne.jp\r\n\
         Subject: Returned mail: User unknown\r\n\r\n550 <minami@example.jp>... User unknown\r\n"
    );
    dovecot.deliver(bounce.as_bytes(), at("2021-10-05T10:02:00+09:00"));
    desk.at("2021-10-05T10:03:00+09:00");
    desk.json(&["once"]);
    let (outbox, _) = desk.json(&["outbox"]);
    assert_eq!(outbox[0]["state"], "bounced", "{outbox}");
}

#[test]
fn the_order_of_receipt_decides_not_the_order_of_arrival_in_the_folder() {
    let dovecot = Dovecot::start();
    let sink = SmtpSink::start(&[]);
    let mut desk = desk(&dovecot, sink.port, "tls");
    let newer = Post { id: "newer", files: vec![("b.xlsx", minami(8))], ..Post::default() };
    let older = Post { id: "older", files: vec![("a.xlsx", minami(6))], ..Post::default() };
    dovecot.deliver(&newer.bytes(), at("2021-10-06T10:00:00+09:00"));
    dovecot.deliver(&older.bytes(), at("2021-10-05T10:00:00+09:00"));
    desk.at("2021-10-07T08:00:00+09:00");
    desk.json(&["once"]);
    let (slots, _) = desk.json(&["slots"]);
    assert!(slots.as_array().unwrap().iter().all(|slot| slot["public"] == 8), "{slots}");
    assert_eq!(slots.as_array().unwrap().len(), 6);
}

#[test]
fn a_dead_smtp_server_defers_and_nothing_is_lost() {
    let dovecot = Dovecot::start();
    let [dead] = rig::free_ports();
    let mut desk = desk(&dovecot, dead, "tls");
    let post = Post { files: vec![("a.xlsx", minami(6))], ..Post::default() };
    dovecot.deliver(&post.bytes(), at("2021-10-05T10:00:00+09:00"));
    desk.at("2021-10-05T10:05:00+09:00");
    let (report, code) = desk.json(&["once"]);
    assert_eq!(code, 75, "{report}");
    assert_eq!(report["replies"]["deferred"], 1);
    let (outbox, _) = desk.json(&["outbox"]);
    assert_eq!(outbox[0]["state"], "deferred");
    assert!(outbox[0]["last_error"].as_str().is_some_and(|text| !text.is_empty()));
    // The server comes back: the same letter leaves once.
    let sink = SmtpSink::start(&[]);
    let root = desk.root.path().join("uketsuke.toml");
    let revived = std::fs::read_to_string(&root).unwrap().replace(&dead.to_string(), &sink.port.to_string());
    std::fs::write(desk.path("revived.toml"), revived).unwrap();
    let output = std::process::Command::new(support::BINARY)
        .args([
            "--config",
            desk.path("revived.toml").to_str().unwrap(),
            "--now",
            "2021-10-05T12:00:00+09:00",
            "once",
        ])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(sink.received().len(), 1);
}

#[test]
fn a_dead_mailbox_exits_69_and_wrong_passwords_78() {
    let mut dovecot = Dovecot::start();
    let sink = SmtpSink::start(&[]);
    let wrong = desk(&dovecot, sink.port, "tls");
    std::fs::write(wrong.path("imap-password"), "wrong").unwrap();
    let output = wrong.run(&["once"]);
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(78), "{stderr}");
    assert!(!stderr.contains("wrong\n") && !stderr.contains("panicked"), "{stderr}");
    let unreachable = desk(&dovecot, sink.port, "tls");
    dovecot.stop();
    let output = unreachable.run(&["once"]);
    assert_eq!(output.status.code(), Some(69), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn the_daemon_answers_a_new_mail_by_itself_and_stops_on_sigterm() {
    let dovecot = Dovecot::start();
    let sink = SmtpSink::start(&[]);
    let desk = desk(&dovecot, sink.port, "tls");
    let mut daemon = desk.command(&["run"]).stderr(std::process::Stdio::null()).spawn().unwrap();
    std::thread::sleep(Duration::from_millis(700));
    let post = Post { files: vec![("a.xlsx", minami(6))], ..Post::default() };
    dovecot.deliver(&post.bytes(), at("2021-10-05T10:00:00+09:00"));
    let letters = sink.wait_for(1);
    let pid = rustix::process::Pid::from_child(&daemon);
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
    assert!(daemon.wait().unwrap().success());
    assert_eq!(letters.len(), 1);
    assert_eq!(dovecot.count("Processed"), 1);
}

/// A mixed day of mail: accepted, rejected, duplicates, strangers.
fn mixed(count: usize) -> Vec<Vec<u8>> {
    (0..count)
        .map(|n| {
            let id = format!("mixed-{n}");
            let post = match n % 5 {
                0 => Post {
                    files: vec![("a.xlsx", minami(1 + (n / 5) as u32 % 30))],
                    id: &id,
                    ..Post::default()
                },
                1 => Post {
                    files: vec![(
                        "b.xlsx",
                        form(1, "0123", "みなみ内科クリニック", vec![row(18, 9, Some(n as u32), None)]),
                    )],
                    id: &id,
                    ..Post::default()
                },
                2 => Post { from: "stranger@example.com", id: &id, ..Post::default() },
                3 => Post { text: "様式を添付します。", id: &id, ..Post::default() },
                _ => Post { headers: &["Auto-Submitted: auto-replied"], id: &id, ..Post::default() },
            };
            post.bytes()
        })
        .collect()
}

#[test]
fn killed_at_any_moment_the_end_is_the_same() {
    const MAILS: usize = 60;
    let dovecot = Dovecot::start();
    let sink = SmtpSink::start(&[]);
    let mut desk = desk(&dovecot, sink.port, "tls");
    let mails = mixed(MAILS);
    dovecot.deliver_many(mails.iter().map(Vec::as_slice), at("2021-10-05T10:00:00+09:00"));
    let mut kills = 0;
    for step in 0..40u64 {
        let mut child = desk
            .command(&["-q", "once"])
            .env("UKETSUKE__LIMITS__BATCH", "7")
            .stdout(std::process::Stdio::null())
            .stderr(std::fs::File::create(desk.path("killed.log")).unwrap())
            .spawn()
            .unwrap();
        let deadline = Instant::now() + Duration::from_millis(40 + step * 23);
        let ended = loop {
            if let Some(status) = child.try_wait().unwrap() {
                break Some(status);
            }
            if Instant::now() > deadline {
                child.kill().unwrap();
                child.wait().unwrap();
                kills += 1;
                break None;
            }
            std::thread::sleep(Duration::from_millis(2));
        };
        if ended.is_some_and(|status| status.success()) && dovecot.count("INBOX") == 0 {
            break;
        }
    }
    let log = std::fs::read_to_string(desk.path("killed.log")).unwrap();
    assert!(kills >= 3, "the program was killed {kills} times only: {log}");
    // Letters whose body may have been offered wait ten minutes before they are repeated.
    let (report, code) = desk.json(&["once"]);
    assert_eq!(code, if report["replies"]["deferred"] == 0 { 0 } else { 75 }, "{report}");
    desk.at("2021-10-05T13:00:00+09:00");
    let (report, code) = desk.json(&["once"]);
    assert_eq!(code, 0, "{report}");
    let (mails_now, _) = desk.json(&["mails"]);
    let reconciliation = &mails_now["reconciliation"];
    assert_eq!(
        (&reconciliation["seen"], &reconciliation["difference"], &reconciliation["pending"]),
        (&MAILS.into(), &0.into(), &0.into())
    );
    assert_eq!(dovecot.count("INBOX"), 0);
    assert_eq!(dovecot.count("Processed") + dovecot.count("Attention"), MAILS);
    let (verified, _) = desk.json(&["verify"]);
    assert_eq!(verified["ok"], true, "{verified}");
    // Every letter left at least once, none that is not in the outbox, and copies only of those that were fenced.
    let (outbox, _) = desk.json(&["outbox"]);
    let rows = outbox.as_array().unwrap();
    assert!(rows.iter().all(|row| matches!(row["state"].as_str(), Some("sent" | "suppressed"))), "{outbox}");
    let known: BTreeSet<String> =
        rows.iter().map(|row| row["message_id"].as_str().unwrap().to_string()).collect();
    let mut copies = std::collections::BTreeMap::new();
    for letter in sink.received() {
        let id = uketsuke::inbound::message::open(&letter.bytes, &uketsuke::limits::Limits::default())
            .message
            .message_id;
        *copies.entry(id.unwrap()).or_insert(0usize) += 1;
    }
    assert!(copies.keys().all(|id| known.contains(id)));
    let repeated: usize = copies.values().map(|count| count - 1).sum();
    assert!(repeated <= kills * 24, "{repeated} copies after {kills} kills");
}

/// The shape of the design load: 2,000 mails of some 36 KB in Dovecot, taken in, recorded and answered by `once`.
#[test]
fn backlog_of_2000_mails() {
    const MAILS: usize = 2_000;
    let dovecot = Dovecot::start();
    let sink = SmtpSink::start(&[]);
    let desk = desk(&dovecot, sink.port, "none");
    let clinics = 350;
    let mut registry = String::from("会場番号,医療機関名,区,メールアドレス,第８期接種可能上限量,利用区分\n");
    for n in 0..clinics {
        registry.push_str(&format!("{:04},第{n}内科医院,中央区,clinic{n}@example.jp,100000,yes\n", n + 1000));
    }
    desk.import(&registry);
    let mails: Vec<Vec<u8>> = (0..MAILS)
        .map(|n| {
            let clinic = n % clinics;
            let days: Vec<i64> = (0..15).collect();
            let mut rows = pairs(&days, 9, 6);
            for hour in [10, 14, 15] {
                rows.extend(pairs(&days, hour, 6));
            }
            rows.truncate(119);
            if let Some(first) = rows.first_mut() {
                first.public = Some(7 + (n / clinics) as u32);
            }
            // No clinic is another's twin.
            if let Some(last) = rows.last_mut() {
                last.public = Some(1 + clinic as u32);
            }
            let file = form(1, &format!("{:04}", clinic + 1000), &format!("第{clinic}内科医院"), rows);
            Post {
                id: &format!("backlog-{n}"),
                from: &format!("clinic{clinic}@example.jp"),
                files: vec![("様式１.xlsx", file)],
                ..Post::default()
            }
            .bytes()
        })
        .collect();
    let size = mails.iter().map(Vec::len).sum::<usize>() / MAILS;
    dovecot.deliver_many(mails.iter().map(Vec::as_slice), at("2021-10-04T10:00:00+09:00"));
    let started = Instant::now();
    let (report, code) = desk.json(&["once"]);
    let seconds = started.elapsed().as_secs_f64();
    assert_eq!(code, 0, "{report}");
    assert_eq!(report["seen"], MAILS);
    assert_eq!(report["replies"]["sent"], MAILS);
    println!(
        "backlog: {MAILS} mails of {size} bytes in {seconds:.2} s = {:.0} mails/s",
        MAILS as f64 / seconds
    );
    let (mails_now, _) = desk.json(&["mails"]);
    assert_eq!(mails_now["reconciliation"]["difference"], 0);
    let to: BTreeSet<String> = sink.received().iter().map(|letter| letter.recipients.join(",")).collect();
    assert_eq!(to.len(), clinics);
    assert_eq!(sink.received().len(), MAILS);
    let (again, _) = desk.json(&["once"]);
    assert_eq!((&again["seen"], &again["replies"]["sent"]), (&0.into(), &0.into()));
    let (verified, _) = desk.json(&["verify"]);
    assert_eq!(verified["ok"], true, "{verified}");
}
