//! The program asked to stop, or cut off, in the middle of its work (rows F45, F46 and F47 of the fault table).

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may fail by panicking"
)]

mod rig;
mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use rig::SlowSmtp;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use support::{DeskFolder, Post, form, pairs};

const BEFORE: &str = "2021-10-05T10:00:00+09:00";

/// A desk with a Maildir, sending through this server.
fn desk(server: &SlowSmtp) -> DeskFolder {
    let desk = DeskFolder::without_registry().with(&format!(
        "[outgoing]\nkind = \"smtp\"\nhost = \"127.0.0.1\"\nport = {}\nsecurity = \"none\"\nconnections = 1\n",
        server.port
    ));
    desk.import(support::REGISTRY);
    desk
}

/// Puts so many forms into the mailbox; each gets its answer.
fn receive(desk: &DeskFolder, count: usize) {
    for n in 0..count {
        let file = form(1, "0123", "みなみ内科クリニック", pairs(&[0, 1], 9, 1 + n as u32));
        let post = Post { id: &format!("m{n}"), files: vec![("様式１.xlsx", file)], ..Post::default() };
        desk.receive(BEFORE, &post.bytes());
    }
}

fn start(desk: &DeskFolder, verb: &str) -> Child {
    let log = std::fs::File::create(desk.path("log")).unwrap();
    let mut command = desk.command(&[verb]);
    command.env("UKETSUKE__LIMITS__BATCH", "5").stdout(Stdio::null()).stderr(log).spawn().unwrap()
}

fn signal(child: &Child, signal: Signal) {
    kill_process(Pid::from_child(child), signal).unwrap();
}

/// Its exit code, which comes within this time.
fn ends_within(child: &mut Child, time: Duration, desk: &DeskFolder) -> Option<i32> {
    let deadline = Instant::now() + time;
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return status.code();
        }
        if Instant::now() > deadline {
            child.kill().unwrap();
            panic!("it does not end: {}", std::fs::read_to_string(desk.path("log")).unwrap());
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// How many letters are in each state.
fn states(desk: &DeskFolder) -> BTreeMap<String, usize> {
    let (outbox, _) = desk.json(&["outbox"]);
    let mut states = BTreeMap::new();
    for letter in outbox.as_array().unwrap() {
        *states.entry(letter["state"].as_str().unwrap().to_string()).or_insert(0) += 1;
    }
    states
}

fn of(pairs: &[(&str, usize)]) -> BTreeMap<String, usize> {
    pairs.iter().map(|(state, count)| (state.to_string(), *count)).collect()
}

/// Sent once each, whatever happened before.
fn ends_well(desk: &mut DeskFolder, server: &SlowSmtp, count: usize) {
    server.set_delay(Duration::ZERO);
    desk.at("2021-10-05T13:00:00+09:00");
    let (report, code) = desk.json(&["once"]);
    assert_eq!(code, 0, "{report}");
    assert_eq!(states(desk), of(&[("sent", count)]));
    let taken = server.taken();
    assert_eq!(taken.iter().collect::<BTreeSet<_>>().len(), count);
    assert_eq!(taken.len(), count, "nothing twice");
    let (verified, _) = desk.json(&["verify"]);
    assert_eq!(verified["ok"], true, "{verified}");
}

#[test]
fn f46_sigterm_finishes_the_letter_in_flight_and_gives_back_the_others() {
    for verb in ["run", "once"] {
        let server = SlowSmtp::start(Duration::from_millis(1_500));
        let mut desk = desk(&server);
        receive(&desk, 5);
        let mut child = start(&desk, verb);
        server.wait_for_bodies(1);
        // The others are recorded by then or on their way.
        std::thread::sleep(Duration::from_millis(300));
        signal(&child, Signal::TERM);
        assert_eq!(ends_within(&mut child, Duration::from_secs(10), &desk), Some(0), "{verb}");
        assert_eq!(server.taken().len(), 1, "{verb}");
        assert_eq!(states(&desk), of(&[("sent", 1), ("queued", 4)]), "{verb}");
        ends_well(&mut desk, &server, 5);
    }
}

#[test]
fn f46_a_server_that_does_not_answer_is_waited_for_no_longer_than_twenty_seconds() {
    let server = SlowSmtp::start(Duration::from_mins(2));
    let desk = desk(&server);
    receive(&desk, 3);
    let mut child = start(&desk, "run");
    server.wait_for_bodies(1);
    std::thread::sleep(Duration::from_millis(300));
    signal(&child, Signal::TERM);
    let told = Instant::now();
    assert_eq!(ends_within(&mut child, Duration::from_secs(30), &desk), Some(0));
    assert!((19..=24).contains(&told.elapsed().as_secs()), "{:?}", told.elapsed());
    // Only the letter that was on its way is in doubt.
    assert_eq!(states(&desk), of(&[("ambiguous", 1), ("queued", 2)]));
}

#[test]
fn f46_sigint_between_two_letters() {
    let server = SlowSmtp::start(Duration::from_millis(100));
    let mut desk = desk(&server);
    receive(&desk, 30);
    let mut child = start(&desk, "run");
    server.wait_for_taken(12);
    signal(&child, Signal::INT);
    assert_eq!(ends_within(&mut child, Duration::from_secs(10), &desk), Some(0));
    let taken = server.taken().len();
    assert!((12..=15).contains(&taken), "{taken}");
    assert_eq!(states(&desk).get("sent"), Some(&taken), "{:?}", states(&desk));
    assert!(!states(&desk).contains_key("ambiguous"), "{:?}", states(&desk));
    ends_well(&mut desk, &server, 30);
}

#[test]
fn f46_sigterm_while_sighup_is_at_work_is_heard() {
    let server = SlowSmtp::start(Duration::from_secs(1));
    let mut desk = desk(&server);
    receive(&desk, 2);
    let mut child = start(&desk, "run");
    server.wait_for_bodies(1);
    signal(&child, Signal::HUP);
    std::thread::sleep(Duration::from_millis(200));
    signal(&child, Signal::TERM);
    assert_eq!(ends_within(&mut child, Duration::from_secs(8), &desk), Some(0));
    ends_well(&mut desk, &server, 2);
}

#[test]
fn f47_a_reload_that_cannot_be_used_changes_nothing() {
    let server = SlowSmtp::start(Duration::ZERO);
    let mut desk = desk(&server);
    receive(&desk, 1);
    let mut child = start(&desk, "run");
    server.wait_for_taken(1);
    let file = desk.path("uketsuke.toml");
    let good = std::fs::read_to_string(&file).unwrap();
    for wrong in ["[metrics]\nlisten = \"192.0.2.1:1\"\n", "[campaign]\nperiod = \"eight\"\n"] {
        std::fs::write(&file, format!("{good}{wrong}")).unwrap();
        signal(&child, Signal::HUP);
        std::thread::sleep(Duration::from_millis(700));
        assert!(child.try_wait().unwrap().is_none(), "{wrong}");
    }
    let post = Post { id: "another", ..Post::default() };
    desk.receive("2021-10-05T10:05:00+09:00", &post.bytes());
    server.wait_for_taken(2);
    signal(&child, Signal::TERM);
    assert_eq!(ends_within(&mut child, Duration::from_secs(8), &desk), Some(0));
    std::fs::write(&file, good).unwrap();
    ends_well(&mut desk, &server, 2);
}

#[test]
fn f46_a_backlog_waits_in_the_mailbox_after_sigterm() {
    const MAILS: usize = 600;
    for verb in ["run", "once"] {
        let server = SlowSmtp::start(Duration::ZERO);
        let mut desk = desk(&server);
        for n in 0..MAILS {
            let post = Post { id: &format!("s{n}"), from: "stranger@example.com", ..Post::default() };
            desk.receive(BEFORE, &post.bytes());
        }
        let mut child = start(&desk, verb);
        let new = desk.path("mailbox/new");
        let waiting = || support::count_files(&new);
        let deadline = Instant::now() + Duration::from_secs(20);
        while waiting() == MAILS && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(2));
        }
        signal(&child, Signal::TERM);
        assert_eq!(ends_within(&mut child, Duration::from_secs(10), &desk), Some(0), "{verb}");
        let left = waiting();
        assert!(left > 0 && left < MAILS, "{verb}: {left}");
        let (mails, _) = desk.json(&["mails"]);
        assert_eq!(mails["mails"].as_array().unwrap().len(), MAILS - left, "{verb}: recorded and filed");
        assert_eq!(mails["reconciliation"]["difference"], 0, "{verb}");
        desk.at("2021-10-05T13:00:00+09:00");
        let (report, code) = desk.json(&["once"]);
        assert_eq!((code, &report["seen"]), (0, &left.into()), "{verb}: {report}");
    }
}

/// What was in the air is in doubt, and no more than that.
#[test]
fn f45_a_kill_while_sending_leaves_few_letters_in_doubt_and_once_tells_of_them() {
    let server = SlowSmtp::start(Duration::from_millis(30));
    let mut desk = desk(&server);
    receive(&desk, 50);
    let mut child = start(&desk, "run");
    server.wait_for_taken(25);
    child.kill().unwrap();
    child.wait().unwrap();
    std::thread::sleep(Duration::from_millis(100));
    let taken = server.taken().len();
    server.set_delay(Duration::ZERO);
    let (report, code) = desk.json(&["once"]);
    let doubtful = states(&desk).get("ambiguous").copied().unwrap_or(0);
    assert!((1..=20).contains(&doubtful), "{doubtful}");
    assert_eq!((code, &report["replies"]["deferred"]), (75, &doubtful.into()), "{report}");
    let told = |error: &Value| error.as_str().unwrap().contains("may have arrived");
    assert!(report["errors"].as_array().unwrap().iter().any(told), "{report}");
    // Ten minutes later they leave again, byte for byte: most of them had never been offered.
    desk.at("2021-10-05T13:00:00+09:00");
    assert_eq!(desk.json(&["once"]).1, 0);
    let all = server.taken();
    let distinct: BTreeSet<&String> = all.iter().collect();
    assert_eq!(distinct.len(), 50);
    assert!(all.len() - 50 <= 11, "{} letters twice after a kill at letter {taken}", all.len() - 50);
}
