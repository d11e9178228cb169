//! Whole-program stories on a Maildir: the binary, its JSON, its replies.

mod support;

use serde_json::Value;
use support::{DeskFolder, Post, form, pairs, row};

const MINAMI: (&str, &str) = ("0123", "みなみ内科クリニック");

fn minami(number: u8, public: u32) -> Vec<u8> {
    form(number, MINAMI.0, MINAMI.1, pairs(&[0, 1, 2], 9, public))
}

fn state(desk: &DeskFolder, venue_no: &str) -> Value {
    let (status, _) = desk.json(&["status"]);
    status.as_array().unwrap().iter().find(|row| row["venue_no"] == venue_no).cloned().unwrap()
}

#[test]
fn a_clean_form_is_accepted_recorded_and_answered_once() {
    let mut desk = DeskFolder::new();
    let post = Post { files: vec![("様式１.xlsx", minami(1, 6))], ..Post::default() };
    let report = desk.take_in("2021-10-05T10:00:00+09:00", &post);
    assert_eq!(report["seen"], 1);
    assert_eq!(report["outcomes"]["accepted"], 1, "{report}");
    assert_eq!(report["replies"]["sent"], 1);
    assert_eq!(report["filed"], 1);

    let (mails, _) = desk.json(&["mails"]);
    assert_eq!(mails["reconciliation"]["difference"], 0);
    assert_eq!(mails["reconciliation"]["seen"], 1);
    let mail = &mails["mails"][0];
    assert_eq!(mail["from"], "minami@example.jp");
    assert_eq!(mail["message_id"], "<1@clinic.example.jp>");
    assert_eq!(mail["received_at"], "2021-10-05T10:00:00+09:00");
    assert_eq!(mail["receipts"][0], "8-0123-1");
    assert_eq!(mail["reply"]["state"], "sent");
    assert_eq!(mail["reply"]["attempts"], 1);

    let submission = desk.last_submission();
    assert_eq!(submission["receipt"], "8-0123-1");
    assert_eq!(submission["timing"], "on_time");
    assert_eq!(submission["version"], 1);
    assert_eq!(submission["in_force"], true);
    assert_eq!(submission["sum"], 36);
    let clinic = state(&desk, "0123");
    assert_eq!(
        (&clinic["state"], &clinic["sum"], &clinic["cap"], &clinic["own"]),
        (&"accepted".into(), &36.into(), &240.into(), &204.into())
    );
    let (slots, _) = desk.json(&["slots", "--clinic", "0123"]);
    assert_eq!(slots.as_array().unwrap().len(), 6);
    assert_eq!(slots[0]["date"], "2021-10-25");
    assert_eq!(slots[0]["start"], "09:00");
    assert_eq!(slots[0]["public"], 6);

    let replies = desk.replies();
    assert_eq!(replies.len(), 1);
    assert!(replies[0].0.contains("accept"), "{}", replies[0].0);
    assert!(
        replies[0]
            .1
            .contains("【自動返信】【受付完了】第８期予約枠報告（みなみ内科クリニック）受付番号8-0123-1"),
        "{}",
        replies[0].1
    );

    let (again, code) = desk.json(&["once"]);
    assert_eq!(
        (code, &again["seen"], &again["replies"]["sent"], &again["filed"]),
        (0, &0.into(), &0.into(), &0.into())
    );
    let (verified, code) = desk.json(&["verify"]);
    assert_eq!((code, &verified["ok"]), (0, &true.into()), "{verified}");
}

#[test]
fn a_rejected_form_never_replaces_what_is_in_force() {
    let mut desk = DeskFolder::new();
    desk.take_in(
        "2021-10-05T10:00:00+09:00",
        &Post { files: vec![("a.xlsx", minami(1, 6))], ..Post::default() },
    );
    let bad = form(1, MINAMI.0, MINAMI.1, vec![row(18, 9, Some(6), None)]); // 11/12: the gap
    let report = desk.take_in(
        "2021-10-06T10:00:00+09:00",
        &Post { id: "2", files: vec![("b.xlsx", bad)], ..Post::default() },
    );
    assert_eq!(report["outcomes"]["rejected"], 1, "{report}");
    let (shown, _) = desk.json(&["show", "8-0123-2"]);
    let gap = shown["findings"]
        .as_array()
        .unwrap()
        .iter()
        .find(|finding| finding["code"] == "R04")
        .cloned()
        .unwrap();
    assert_eq!(gap["cell"], "B13");
    let clinic = state(&desk, "0123");
    assert_eq!((&clinic["state"], &clinic["sum"]), (&"needs_fix".into(), &36.into()));
    let reply = desk.replies().pop().unwrap().1;
    assert!(reply.contains("要修正") && reply.contains("B13"), "{reply}");
    assert!(reply.contains("8-0123-1"), "the version in force is named: {reply}");
}

#[test]
fn timing_follows_the_calendar_of_the_notice() {
    let mut desk = DeskFolder::new();
    let steps = [
        ("2021-10-08T23:59:59+09:00", 6, "on_time", "accept", true),
        ("2021-10-12T10:00:00+09:00", 5, "correction", "corr_ok", true),
        ("2021-10-13T00:00:00+09:00", 4, "correction_last_day", "corr_dday", true),
        ("2021-10-13T23:59:59+09:00", 3, "correction_last_day", "corr_dday", true),
        ("2021-10-14T00:00:00+09:00", 2, "correction_late", "corr_late", false),
        ("2021-10-16T08:30:00+09:00", 1, "after_opening", "corr_after_open", false),
    ];
    for (at, public, timing, template, accepted) in steps {
        let id = format!("{public}");
        desk.take_in(at, &Post { id: &id, files: vec![("a.xlsx", minami(1, public))], ..Post::default() });
        let submission = desk.last_submission();
        assert_eq!(submission["timing"], timing, "{at}");
        let outcome = submission["outcome"].as_str().unwrap().to_string();
        assert_eq!(outcome.starts_with("accepted"), accepted, "{at}: {outcome}");
        let reply = desk.replies().pop().unwrap();
        assert!(reply.0.contains(template), "{at}: {}", reply.0);
    }
    // The last accepted one stays in force.
    assert_eq!(state(&desk, "0123")["sum"], 18);
}

#[test]
fn late_and_mended_are_told_apart() {
    let mut desk = DeskFolder::new();
    let late = form(1, "0200", "きた小児科医院", pairs(&[0], 10, 6));
    desk.take_in(
        "2021-10-09T00:00:00+09:00",
        &Post { from: "kita@example.jp", files: vec![("a.xlsx", late)], ..Post::default() },
    );
    assert_eq!(desk.last_submission()["timing"], "late");
    assert!(desk.replies().pop().unwrap().0.contains("late"));
    let wrong = form(1, MINAMI.0, MINAMI.1, vec![row(18, 9, Some(6), None)]);
    desk.take_in(
        "2021-10-08T12:00:00+09:00",
        &Post { id: "w", files: vec![("a.xlsx", wrong)], ..Post::default() },
    );
    desk.take_in(
        "2021-10-11T12:00:00+09:00",
        &Post { id: "r", files: vec![("a.xlsx", minami(1, 6))], ..Post::default() },
    );
    let (submissions, _) = desk.json(&["submissions", "--clinic", "0123"]);
    let timings: Vec<&str> =
        submissions.as_array().unwrap().iter().map(|row| row["timing"].as_str().unwrap()).collect();
    assert!(timings.contains(&"fix_of_on_time"), "{timings:?}");
}

#[test]
fn the_same_content_again_is_a_duplicate_whatever_its_bytes() {
    let mut desk = DeskFolder::new();
    desk.take_in(
        "2021-10-05T10:00:00+09:00",
        &Post { files: vec![("a.xlsx", minami(1, 6))], ..Post::default() },
    );
    let mut rows = pairs(&[0, 1, 2], 9, 6);
    rows.reverse();
    let shuffled = form(1, MINAMI.0, MINAMI.1, rows);
    let report = desk.take_in(
        "2021-10-06T10:00:00+09:00",
        &Post { id: "2", files: vec![("b.xlsx", shuffled)], ..Post::default() },
    );
    assert_eq!(report["outcomes"]["duplicate"], 1, "{report}");
    assert!(desk.replies().pop().unwrap().0.contains("dup"));
    assert_eq!(state(&desk, "0123")["receipt"], "8-0123-1");
}

#[test]
fn the_same_bytes_twice_are_one_mail_with_two_places() {
    let mut desk = DeskFolder::new();
    let post = Post { files: vec![("a.xlsx", minami(1, 6))], ..Post::default() };
    desk.receive("2021-10-05T10:00:00+09:00", &post.bytes());
    desk.receive("2021-10-05T10:00:01+09:00", &post.bytes());
    desk.at("2021-10-05T10:01:00+09:00");
    let (report, _) = desk.json(&["once"]);
    assert_eq!(report["seen"], 1, "{report}");
    let (mails, _) = desk.json(&["mails"]);
    assert_eq!(mails["mails"].as_array().unwrap().len(), 1);
    assert_eq!(mails["mails"][0]["locations"].as_array().unwrap().len(), 2);
    assert_eq!(mails["reconciliation"]["difference"], 0);
    assert_eq!(desk.replies().len(), 1);
}

#[test]
fn strangers_and_robots_get_no_reply() {
    let mut desk = DeskFolder::new();
    desk.take_in("2021-10-05T10:00:00+09:00", &Post { from: "spam@example.com", ..Post::default() });
    let headers = ["Auto-Submitted: auto-replied"];
    desk.take_in(
        "2021-10-05T10:01:00+09:00",
        &Post { id: "2", subject: "不在通知", headers: &headers, ..Post::default() },
    );
    assert!(desk.replies().is_empty());
    let (mails, _) = desk.json(&["mails"]);
    let outcomes: Vec<&str> =
        mails["mails"].as_array().unwrap().iter().map(|mail| mail["outcome"].as_str().unwrap()).collect();
    assert!(outcomes.contains(&"not_a_form") && outcomes.contains(&"ignored"), "{outcomes:?}");
    let (staff, _) = desk.json(&["mails", "--needs-staff"]);
    assert_eq!(staff["mails"].as_array().unwrap().len(), 1);
}

#[test]
fn a_form_from_an_unregistered_address_is_held_without_figures() {
    let mut desk = DeskFolder::new();
    desk.take_in(
        "2021-10-05T10:00:00+09:00",
        &Post { from: "someone@gmail.com", files: vec![("a.xlsx", minami(1, 6))], ..Post::default() },
    );
    assert_eq!(desk.last_submission()["outcome"], "held");
    assert_eq!(state(&desk, "0123")["state"], "held");
    let (slots, _) = desk.json(&["slots"]);
    assert!(slots.as_array().unwrap().is_empty());
    let replies = desk.replies();
    let unreg = replies.iter().find(|(name, _)| name.contains("unreg")).unwrap();
    for secret in ["240", "みなみ", "合計", "10月25日"] {
        assert!(!unreg.1.contains(secret), "{secret} in {}", unreg.1);
    }
    assert!(
        replies.iter().any(|(name, _)| name.contains("notice")),
        "the clinic's own address is told: {replies:?}"
    );
}

#[test]
fn a_clinic_without_addresses_takes_on_the_first_one() {
    let mut desk = DeskFolder::new();
    let higashi = |public| form(1, "0300", "ひがし整形外科", pairs(&[0], 10, public));
    let post = Post { from: "higashi@example.jp", files: vec![("a.xlsx", higashi(6))], ..Post::default() };
    let report = desk.take_in("2021-10-05T10:00:00+09:00", &post);
    assert_eq!(report["outcomes"]["accepted"], 1, "{report}");
    let other =
        Post { id: "2", from: "evil@example.com", files: vec![("a.xlsx", higashi(7))], ..Post::default() };
    let report = desk.take_in("2021-10-06T10:00:00+09:00", &other);
    assert_eq!(report["outcomes"]["held"], 1, "{report}");
}

#[test]
fn an_empty_registry_holds_and_an_import_answers() {
    let mut desk = DeskFolder::without_registry();
    let report = desk.take_in(
        "2021-10-05T10:00:00+09:00",
        &Post { files: vec![("a.xlsx", minami(1, 6))], ..Post::default() },
    );
    assert_eq!(report["outcomes"]["held"], 1, "{report}");
    assert!(desk.replies().is_empty());
    desk.import(support::REGISTRY);
    desk.at("2021-10-09T12:00:00+09:00");
    desk.json(&["once"]);
    let submission = desk.last_submission();
    assert_eq!(
        (&submission["outcome"], &submission["timing"]),
        (&"accepted".into(), &"on_time".into()),
        "{submission}"
    );
    assert_eq!(desk.replies().len(), 1);
    assert_eq!(state(&desk, "0123")["state"], "accepted");
}

#[test]
fn no_cap_yet_holds_and_over_the_cap_rejects() {
    let mut desk = DeskFolder::new();
    let nishi = form(1, "0400", "にし眼科", pairs(&[0], 10, 6));
    desk.take_in(
        "2021-10-05T10:00:00+09:00",
        &Post { from: "nishi@example.jp", files: vec![("a.xlsx", nishi)], ..Post::default() },
    );
    assert_eq!(desk.last_submission()["outcome"], "held");
    desk.take_in(
        "2021-10-05T11:00:00+09:00",
        &Post { id: "2", files: vec![("a.xlsx", minami(1, 41))], ..Post::default() },
    );
    let (shown, _) = desk.json(&["show", "8-0123-1"]);
    assert_eq!(shown["outcome"], "rejected");
    assert!(shown["findings"].as_array().unwrap().iter().any(|finding| finding["code"] == "X03"), "{shown}");
}

#[test]
fn wrong_configuration_exits_78_and_names_the_key() {
    let desk =
        DeskFolder::without_registry().with("[mailbox]\nkind = \"maildir\"\npoll_intervall = \"5s\"\n");
    let output = desk.run(&["once"]);
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(78), "{stderr}");
    assert!(stderr.contains("poll_intervall") && stderr.contains("mailbox.poll_interval"), "{stderr}");
}

#[test]
fn two_instances_exclude_each_other() {
    let desk = DeskFolder::new();
    let mut first = desk.command(&["run"]).stderr(std::process::Stdio::null()).spawn().unwrap();
    let mut code = None;
    for _ in 0..50 {
        std::thread::sleep(std::time::Duration::from_millis(100));
        code = desk.run(&["once"]).status.code();
        if code == Some(75) {
            break;
        }
    }
    let pid = rustix::process::Pid::from_child(&first);
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
    assert!(first.wait().unwrap().success(), "SIGTERM ends the daemon with 0");
    assert_eq!(code, Some(75));
}
