//! The whole program where something around it is wrong: a folder, a mail, a clock, a port.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may fail by panicking"
)]

mod rig;
mod support;

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use rig::stub::{Reply, Running, Stub};
use support::{DeskFolder, Post, form, pairs};

fn mail(id: &str, public: u32) -> Vec<u8> {
    let file = form(1, "0123", "みなみ内科クリニック", pairs(&[0, 1], 9, public));
    Post { id, files: vec![("様式１.xlsx", file)], ..Post::default() }.bytes()
}

/// A desk that reads from this server; letters become files.
fn desk(stub: &Running, more: &str) -> DeskFolder {
    let desk = DeskFolder::without_registry();
    std::fs::write(desk.path("imap-password"), "geheim").unwrap();
    let root = desk.root.path().display().to_string();
    let desk = desk.with(&format!(
        "[mailbox]\nkind = \"imap\"\nhost = \"127.0.0.1\"\nport = {}\nsecurity = \"none\"\nusername = \"vproject\"\n\
         password_file = \"{root}/imap-password\"\n{more}\n",
        stub.port
    ));
    desk.import(support::REGISTRY);
    desk
}

/// Every file under a folder, with its bytes; but SQLite's side files, which come with looking.
fn contents(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(contents(&path));
        } else if !path.to_string_lossy().ends_with("-wal") && !path.to_string_lossy().ends_with("-shm") {
            found.insert(path.display().to_string(), std::fs::read(&path).unwrap());
        }
    }
    found
}

fn demo(folder: &Path) -> Output {
    Command::new(support::BINARY).args(["demo", "--out"]).arg(folder).output().unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Refused with this code, and nothing is touched.
fn refused(folder: &Path, code: i32) {
    let before = contents(folder);
    let output = demo(folder);
    assert_eq!(output.status.code(), Some(code), "{}", stderr(&output));
    assert!(contents(folder) == before, "{}", stderr(&output));
}

#[test]
fn a_demo_never_clears_what_is_not_a_demos() {
    // An office at work, its mailbox and its ledger beside each other.
    let mut desk = DeskFolder::new();
    desk.take_in("2021-10-05T10:00:00+09:00", &Post::default());
    refused(desk.root.path(), 64);
    // A folder with anything at all in it.
    let other = tempfile::tempdir().unwrap();
    std::fs::write(other.path().join("notes.txt"), "mine").unwrap();
    refused(other.path(), 64);
}

#[test]
fn a_demo_runs_again_in_its_own_folder_until_someone_works_there() {
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("demo");
    for round in 0..2 {
        let output = demo(&folder);
        assert!(output.status.success(), "{round}: {}", stderr(&output));
        assert!(folder.join("digest.html").is_file() && folder.join("uketsuke.db").is_file());
    }
    {
        let _lock = uketsuke::ledger::lock(&folder.join("uketsuke.db")).unwrap();
        refused(&folder, 75);
    }
    let posted = folder.join("mailbox/new/1633400000.M1P1.mx");
    std::fs::write(&posted, "Subject: a real one\r\n\r\n").unwrap();
    refused(&folder, 64);
    std::fs::remove_file(&posted).unwrap();
    // Somebody goes on with the demo's ledger: from now on it is an office's.
    let output = Command::new(support::BINARY)
        .env("UKETSUKE__DATABASE__PATH", folder.join("uketsuke.db"))
        .args(["clinics", "set", "0044", "phone=096-111-1111", "--reason", "moved"])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    refused(&folder, 64);
}

#[test]
fn f27_once_reads_the_other_folders_and_names_the_missing_one() {
    let gone = Reply::Say("{tag} NO [NONEXISTENT] no such folder\r\n");
    let stub = Stub::new().mail(1, &mail("a", 6)).on("GONE\"", gone.clone()).start();
    let desk = desk(&stub, "folders = [\"INBOX\", \"Gone\"]");
    let (report, code) = desk.json(&["once"]);
    assert_eq!((code, &report["seen"], &report["filed"]), (0, &1.into(), &1.into()), "{report}");
    let errors = report["errors"].as_array().unwrap();
    assert!(errors.len() == 1 && errors[0].as_str().unwrap().contains("\"Gone\""), "{report}");
    // None that can be read.
    let stub = Stub::new().on("GONE\"", gone).start();
    let desk = self::desk(&stub, "folders = [\"Gone\"]");
    let (report, code) = desk.json(&["once"]);
    assert_eq!(code, 69, "{report}");
}

#[test]
fn f33_a_mail_that_was_moved_by_others_is_not_moved_for_ever() {
    let stub = Stub::new()
        .mail(1, &mail("a", 6))
        .mail(2, &mail("b", 7))
        .on_first(1, "UID MOVE", Reply::Say("{tag} NO not now\r\n"))
        .start();
    let desk = desk(&stub, "");
    let filed = |desk: &DeskFolder| {
        let (mails, _) = desk.json(&["mails"]);
        let mails = mails["mails"].as_array().unwrap().clone();
        mails.iter().filter(|mail| mail["locations"][0]["filed_to"] == "Processed").count()
    };
    let (report, _) = desk.json(&["once"]);
    assert_eq!((&report["seen"], &report["filed"], filed(&desk)), (&2.into(), &0.into(), 0), "{report}");
    stub.remove(2);
    let (report, _) = desk.json(&["once"]);
    assert_eq!((&report["errors"], filed(&desk)), (&serde_json::json!([]), 2), "{report}");
    assert_eq!((stub.inbox(), stub.count("Processed")), (vec![], 1));
}

#[test]
fn f41_a_mail_that_the_server_never_hands_out_is_for_staff() {
    const NIL: &str = "* 1 FETCH (UID 1 RFC822.SIZE 17 INTERNALDATE \"05-Oct-2021 10:00:00 +0900\" BODY[] NIL)\r\n\
                       {tag} OK done\r\n";
    const NO_DATE: &str = "* 1 FETCH (UID 1 RFC822.SIZE 17 INTERNALDATE \"soon\" BODY[HEADER]<0> {28}\r\n\
                           From: a@b.jp\r\nSubject: x\r\n\r\n)\r\n{tag} OK done\r\n";
    const NO_HEADER: &str = "* 1 FETCH (UID 1 RFC822.SIZE 17 BODY[HEADER]<0> NIL)\r\n{tag} OK done\r\n";
    const UNDATED: &str = "* 1 FETCH (UID 1 RFC822.SIZE 31 INTERNALDATE \"soon\" BODY[] {31}\r\nFrom: c@d.jp\r\n\
                           Subject: x\r\n\r\ny\r\n)\r\n{tag} OK done\r\n";
    for (body, header, from) in
        [(NIL, NO_DATE, "a@b.jp"), (NIL, NO_HEADER, ""), (UNDATED, NO_HEADER, "c@d.jp")]
    {
        let stub = Stub::new()
            .mail(1, &mail("a", 6))
            .mail(2, &mail("b", 7))
            // It is asked for with the other one first.
            .on(
                "FETCH 1:2 (UID RFC822.SIZE INTERNALDATE BODY.PEEK[])",
                Reply::Say("{tag} NO not this one\r\n"),
            )
            .on("FETCH 1 (UID RFC822.SIZE INTERNALDATE BODY.PEEK[])", Reply::Say(body))
            .on("FETCH 1 (UID RFC822.SIZE INTERNALDATE BODY.PEEK[HEADER]", Reply::Say(header))
            .start();
        let desk = desk(&stub, "");
        let (report, code) = desk.json(&["once"]);
        assert_eq!((code, &report["seen"], &report["pending"]), (0, &2.into(), &0.into()), "{report}");
        assert_eq!(report["outcomes"]["accepted"], 1, "{report}");
        assert_eq!(report["outcomes"]["unreadable"], 1, "{report}");
        let told = report["errors"].to_string();
        assert!(told.contains("INBOX, UID 1: the server "), "{report}");
        assert!(told.contains("for staff") && !told.contains("Imap {"), "{report}");
        assert_eq!((stub.inbox(), stub.count("Attention")), (vec![], 1));
        let (mails, _) = desk.json(&["mails", "--needs-staff"]);
        assert_eq!(mails["mails"][0]["from"].as_str().unwrap_or(""), from, "{mails}");
        assert_eq!(mails["reconciliation"]["difference"], 0, "{mails}");
        let (again, _) = desk.json(&["once"]);
        assert_eq!((&again["seen"], &again["errors"]), (&0.into(), &serde_json::json!([])), "{again}");
    }
}

#[test]
fn f80_two_maildirs_one_inside_the_other_are_refused() {
    let root = tempfile::tempdir().unwrap();
    let at = |name: &str| root.path().join(name).display().to_string();
    std::os::unix::fs::symlink(root.path(), root.path().join("link")).unwrap();
    for (incoming, outgoing, fits) in [
        ("mail", "mail", false),
        ("mail", "mail/replies", false),
        ("mail/in", "mail", false),
        ("mail", "link/mail/", false),
        ("mail", "mail/../mail", false),
        ("mail", "mails", true),
    ] {
        let file = root.path().join("c.toml");
        let text = format!(
            "[mailbox]\npath = \"{}\"\n[outgoing]\npath = \"{}\"\n[database]\npath = \"{}\"\n[limits]\nallow_weak_sandbox = true\n",
            at(incoming),
            at(outgoing),
            at("u.db")
        );
        std::fs::write(&file, text).unwrap();
        let output = Command::new(support::BINARY).arg("--config").arg(&file).arg("once").output().unwrap();
        let code = if fits { 0 } else { 78 };
        assert_eq!(output.status.code(), Some(code), "{incoming} {outgoing}: {}", stderr(&output));
        assert!(fits || stderr(&output).contains("outgoing.path"), "{}", stderr(&output));
    }
}

#[test]
fn silent_clients_do_not_keep_health_from_others() {
    let [port] = rig::free_ports();
    let desk = DeskFolder::new().with(&format!("[metrics]\nlisten = \"127.0.0.1:{port}\""));
    let mut daemon = desk.command(&["run"]).stderr(Stdio::null()).spawn().unwrap();
    let deadline = Instant::now() + Duration::from_secs(10);
    let connect = || loop {
        match TcpStream::connect(("127.0.0.1", port)) {
            Ok(stream) => return stream,
            Err(cause) => assert!(Instant::now() < deadline, "{cause}"),
        }
        std::thread::sleep(Duration::from_millis(20));
    };
    let silent: Vec<TcpStream> = (0..10).map(|_| connect()).collect();
    let asked = Instant::now();
    let mut stream = connect();
    stream.write_all(b"GET /metrics HTTP/1.1\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK") && answer.contains("uketsuke_mails_seen"), "{answer}");
    assert!(asked.elapsed() < Duration::from_secs(1), "{:?}", asked.elapsed());
    drop(silent);
    rustix::process::kill_process(rustix::process::Pid::from_child(&daemon), rustix::process::Signal::TERM)
        .unwrap();
    assert!(daemon.wait().unwrap().success());
}

#[test]
fn f57_a_clock_that_ran_ahead_once_silences_no_digest() {
    let digests = |desk: &DeskFolder| {
        let (outbox, _) = desk.json(&["outbox"]);
        outbox.as_array().unwrap().iter().filter(|letter| letter["kind"] == "digest").count()
    };
    for made_ahead in [false, true] {
        let mut desk = DeskFolder::without_registry()
            .with("[digest]\nto = [\"staff@city.example.jp\"]\nat = [\"08:15\"]");
        if made_ahead {
            desk.at("2030-01-01T09:00:00+09:00");
        }
        desk.import(support::REGISTRY);
        desk.at("2021-10-05T09:00:00+09:00").json(&["once"]);
        desk.at("2030-01-01T09:00:00+09:00").json(&["once"]);
        let before = digests(&desk);
        for (day, expected) in [("06", 1), ("06", 1), ("07", 2), ("08", 3)] {
            desk.at(&format!("2021-10-{day}T09:00:00+09:00"));
            let output = desk.run(&["once"]);
            assert!(stderr(&output).contains("the clock stands before"), "{}", stderr(&output));
            assert_eq!(digests(&desk) - before, expected, "{made_ahead} {day}");
        }
    }
}
