//! Looking after the program: restore, replay, doctor, simulate, over the binary.

mod support;

use serde_json::Value;
use support::{DeskFolder, Post, REGISTRY, form, pairs};

fn minami(public: u32) -> Vec<u8> {
    form(1, "0123", "みなみ内科クリニック", pairs(&[0, 1, 2], 9, public))
}

fn post<'a>(id: &'a str, file: Vec<u8>) -> Post<'a> {
    Post { id, files: vec![("様式１.xlsx", file)], ..Post::default() }
}

fn done(desk: &DeskFolder, arguments: &[&str]) -> Value {
    let (answer, code) = desk.json(arguments);
    assert_eq!(code, 0, "{arguments:?}: {answer}");
    answer
}

fn sound(desk: &DeskFolder) {
    let (verified, code) = desk.json(&["verify"]);
    assert_eq!((code, &verified["ok"]), (0, &true.into()), "{verified}");
}

fn text(path: &std::path::Path) -> String {
    path.to_str().unwrap().to_string()
}

#[test]
fn a_backup_comes_back_and_nothing_is_overwritten() {
    let mut desk = DeskFolder::new();
    desk.take_in("2021-10-05T10:00:00+09:00", &post("1", minami(6)));
    let copy = text(&desk.path("copy.db"));
    assert!(desk.run(&["backup", &copy]).status.success());
    let refused = desk.run(&["restore", &copy]);
    assert_eq!(refused.status.code(), Some(74), "{}", String::from_utf8_lossy(&refused.stderr));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("nothing is overwritten"));
    let database = desk.path("uketsuke.db");
    for suffix in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(format!("{}{suffix}", database.display()));
    }
    // A journal left behind belongs to another database.
    let journal = format!("{}-wal", database.display());
    std::fs::write(&journal, b"old").unwrap();
    assert_eq!(desk.run(&["restore", &copy]).status.code(), Some(74));
    assert!(!database.exists());
    std::fs::remove_file(&journal).unwrap();
    assert_eq!(desk.run(&["restore", &text(&desk.path("clinics.csv"))]).status.code(), Some(74));
    assert!(!database.exists());
    done(&desk, &["restore", &copy]);
    assert_eq!(done(&desk, &["status"])[0]["sum"], 36);
    sound(&desk);
}

#[test]
fn a_replay_by_the_same_rules_changes_nothing() {
    let mut desk = DeskFolder::new();
    desk.take_in("2021-10-05T10:00:00+09:00", &post("1", minami(6)));
    desk.take_in("2021-10-06T10:00:00+09:00", &post("2", minami(5)));
    desk.take_in("2021-10-06T11:00:00+09:00", &post("3", minami(5)));
    desk.take_in("2021-10-06T12:00:00+09:00", &Post { id: "4", ..Post::default() });
    desk.take_in("2021-10-06T12:30:00+09:00", &Post { from: "x@example.com", ..post("5", minami(4)) });
    desk.take_in("2021-10-14T10:00:00+09:00", &post("6", minami(3)));
    done(&desk, &["accept", "8-0123-5", "--reason", "電話で確認"]);
    let higashi = form(1, "0300", "ひがし整形外科", pairs(&[0], 10, 6));
    desk.take_in("2021-10-14T11:00:00+09:00", &Post { from: "higashi@example.jp", ..post("7", higashi) });
    let file = desk.path("fax.xlsx");
    std::fs::write(&file, form(1, "0200", "きた小児科医院", pairs(&[0], 10, 6))).unwrap();
    let arguments = [
        "submit",
        &text(&file),
        "--clinic",
        "0200",
        "--channel",
        "fax",
        "--received",
        "2021-10-07T10:00:00+09:00",
        "--reason",
        "FAX",
    ];
    done(&desk, &arguments);
    // A rejected FAX in time makes the mended form of the days after one in time.
    std::fs::write(&file, form(1, "0400", "にし眼科", vec![support::row(18, 9, Some(6), None)])).unwrap();
    let arguments = [
        "submit",
        &text(&file),
        "--clinic",
        "0400",
        "--channel",
        "fax",
        "--received",
        "2021-10-07T11:00:00+09:00",
        "--reason",
        "FAX",
    ];
    assert_eq!(desk.json(&arguments).1, 1);
    desk.take_in(
        "2021-10-11T10:00:00+09:00",
        &Post { from: "nishi@example.jp", ..post("8", form(1, "0400", "にし眼科", pairs(&[0], 10, 6))) },
    );
    let replayed = done(&desk, &["replay", "--dry-run"]);
    assert_eq!(replayed["mails"], 8);
    let undecided: Vec<&Value> =
        replayed["differences"].as_array().unwrap().iter().filter(|one| one["decided"] == false).collect();
    assert!(undecided.is_empty(), "{undecided:#?}");
    sound(&desk);
}

#[test]
fn a_replay_follows_a_new_cap_and_sends_nothing_by_itself() {
    let mut desk = DeskFolder::new();
    desk.take_in("2021-10-05T10:00:00+09:00", &post("1", minami(41)));
    assert_eq!(desk.last_submission()["outcome"], "rejected");
    assert_eq!(desk.replies().len(), 1);
    desk.import(&REGISTRY.replace(",240,", ",300,"));
    desk.at("2021-10-11T10:00:00+09:00");
    let looked = done(&desk, &["replay", "--dry-run"]);
    let difference = &looked["differences"][0];
    assert_eq!(
        (&difference["receipt"], &difference["outcome_after"]),
        (&"8-0123-1".into(), &"accepted".into())
    );
    assert_eq!(desk.last_submission()["outcome"], "rejected", "a dry run changes nothing");
    let applied = done(&desk, &["replay"]);
    assert_eq!(applied["applied"][0], 1);
    let submission = desk.last_submission();
    assert_eq!((&submission["outcome"], &submission["receipt"]), (&"accepted".into(), &"8-0123-1".into()));
    assert_eq!((&submission["timing"], &submission["in_force"]), (&"on_time".into(), &true.into()));
    done(&desk, &["once"]);
    assert_eq!(desk.replies().len(), 1, "the new reply is a draft");
    assert!(done(&desk, &["replay"])["differences"].as_array().unwrap().is_empty());
    let (held, _) = desk.json(&["outbox", "--state", "held"]);
    let id = held[0]["id"].to_string();
    assert!(desk.run(&["outbox", "release", &id, "--reason", "確認済"]).status.success());
    desk.at("2021-10-11T10:05:00+09:00");
    done(&desk, &["once"]);
    assert!(desk.replies().iter().any(|(name, _)| name.contains("accept")));
    sound(&desk);
}

#[test]
fn the_doctor_names_what_is_wrong_and_how_to_mend_it() {
    let desk = DeskFolder::without_registry();
    let (found, code) = desk.json(&["doctor"]);
    assert_eq!((code, &found["ok"]), (1, &false.into()), "{found}");
    let check = |found: &Value, name: &str| {
        let checks = found["checks"].as_array().unwrap();
        checks
            .iter()
            .find(|check| check["name"] == name)
            .cloned()
            .unwrap_or_else(|| panic!("{name}: {found}"))
    };
    assert!(check(&found, "registry")["mend"].as_str().unwrap().contains("clinics import"));
    assert!(!desk.path("uketsuke.db").exists(), "looking makes no database");
    desk.import(REGISTRY);
    let (found, code) = desk.json(&["doctor"]);
    assert_eq!((code, &found["ok"]), (0, &true.into()), "{found}");
    for name in ["configuration", "ledger", "registry", "clock", "mailbox", "outgoing", "sandbox", "disk"] {
        assert_eq!(check(&found, name)["ok"], true, "{name}: {found}");
    }
    let mut desk = desk;
    desk.at("2020-01-01T00:00:00+09:00");
    let (found, code) = desk.json(&["doctor"]);
    assert_eq!((code, &check(&found, "clock")["ok"]), (1, &false.into()), "the clock went back: {found}");
    let unreachable = DeskFolder::without_registry().with(
        "[mailbox]\nkind = \"imap\"\nhost = \"127.0.0.1\"\nport = 1\nsecurity = \"none\"\nusername = \"u\"\npassword_file = \"Cargo.toml\"\n\
         [outgoing]\nkind = \"smtp\"\nhost = \"127.0.0.1\"\nport = 1\nsecurity = \"none\"\n",
    );
    unreachable.import(REGISTRY);
    let (found, code) = unreachable.json(&["doctor"]);
    assert_eq!(code, 1, "{found}");
    for name in ["mailbox", "outgoing"] {
        assert_eq!(check(&found, name)["ok"], false, "{name}: {found}");
        assert!(check(&found, name)["mend"].as_str().unwrap().contains("port"), "{found}");
    }
}

#[test]
fn a_simulation_writes_what_would_have_been_sent() {
    let desk = DeskFolder::new();
    let mails = desk.path("mails");
    std::fs::create_dir_all(&mails).unwrap();
    let first = Post {
        headers: &["Received: from a by mx.city.example; Tue, 05 Oct 2021 10:00:00 +0900"],
        ..post("1", minami(6))
    };
    let second = Post {
        headers: &["Received: from a by mx.city.example; Thu, 07 Oct 2021 10:00:00 +0900"],
        ..post("2", minami(5))
    };
    std::fs::write(mails.join("b.eml"), first.bytes()).unwrap();
    std::fs::write(mails.join("a.eml"), second.bytes()).unwrap();
    std::fs::write(mails.join("readme.txt"), "no mail").unwrap();
    let out = desk.path("rehearsal");
    let report = done(&desk, &["simulate", &text(&mails), "--out", &text(&out)]);
    assert_eq!(report["mails"].as_array().unwrap().len(), 2, "{report}");
    assert_eq!(report["mails"][0]["received_at"], "2021-10-05T10:00:00+09:00");
    assert_eq!((&report["outcomes"]["accepted"], &report["replies"]), (&2.into(), &2.into()), "{report}");
    assert_eq!(report["digests"], serde_json::json!(["20211006-0815", "20211007-0815", "20211008-0815"]));
    assert_eq!(report["verified"], true);
    assert!(out.join("digests/20211006-0815/digest.html").exists());
    let replies: Vec<String> = std::fs::read_dir(out.join("replies"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .filter(|name| name.ends_with(".eml"))
        .collect();
    assert!(replies.len() == 2 && replies.iter().any(|name| name.contains("corr_ok")), "{replies:?}");
    // The real desk knows nothing of it, and a second rehearsal needs a folder of its own.
    assert!(desk.json(&["submissions"]).0.as_array().unwrap().is_empty());
    assert!(desk.replies().is_empty());
    assert_eq!(desk.run(&["simulate", &text(&mails), "--out", &text(&out)]).status.code(), Some(74));
    let empty = text(&desk.path("rehearsal2"));
    assert_eq!(desk.run(&["simulate", &text(&out.join("digests")), "--out", &empty]).status.code(), Some(65));
}
