//! The command line itself: what happens to lost output, how mistakes are told, what every verb says of itself.

mod support;

use std::fs::File;
use std::io::Read;
use std::process::{Command, Stdio};

use support::{BINARY, DeskFolder, Post, form, pairs};

fn full() -> Stdio {
    File::options().write(true).open("/dev/full").unwrap().into()
}

#[test]
fn an_answer_that_a_full_disk_swallows_is_a_failure() {
    let mut desk = DeskFolder::new();
    let file = form(1, "0123", "みなみ内科クリニック", pairs(&[0], 9, 6));
    std::fs::write(desk.path("form.xlsx"), &file).unwrap();
    desk.take_in(
        "2021-10-05T10:00:00+09:00",
        &Post { files: vec![("様式１.xlsx", file)], ..Post::default() },
    );
    let form = desk.path("form.xlsx").to_str().unwrap().to_string();
    for arguments in [
        &["mails"][..],
        &["--format", "json", "mails"],
        &["status"],
        &["mail", "1", "--raw"],
        &["once"],
        &["check", &form],
        &["completions", "bash"],
        &["man"],
        &["--help"],
    ] {
        let output = desk.command(arguments).stdout(full()).output().unwrap();
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(74), "{arguments:?}: {told}");
        assert!(told.contains("stdout") && !told.contains("panicked"), "{arguments:?}: {told}");
    }
}

#[test]
fn a_reader_that_has_seen_enough_is_no_failure() {
    for arguments in [&["completions", "bash"][..], &["man"], &["--help"]] {
        let mut child = Command::new(BINARY)
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // Closed before the program writes.
        drop(child.stdout.take());
        let mut told = String::new();
        child.stderr.take().unwrap().read_to_string(&mut told).unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(0), "{arguments:?}: {told}");
        assert_eq!(told, "", "{arguments:?}");
    }
}

#[test]
fn verbs_that_look_make_no_ledger() {
    let desk = DeskFolder::without_registry();
    let copy = desk.path("copy.db").to_str().unwrap().to_string();
    for arguments in [
        &["status"][..],
        &["mails"],
        &["mail", "1"],
        &["submissions"],
        &["show", "8-0123-1"],
        &["slots"],
        &["outbox"],
        &["verify"],
        &["backup", &copy],
        &["export"],
        &["digest"],
        &["clinics", "list"],
        &["note", "1", "--reason", "x"],
        &["remind"],
        &["replay", "--dry-run"],
    ] {
        let output = desk.run(arguments);
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(74), "{arguments:?}: {told}");
        assert!(
            told.contains("there is no ledger at") && told.contains("uketsuke.db"),
            "{arguments:?}: {told}"
        );
        assert!(!desk.path("uketsuke.db").exists(), "{arguments:?}");
    }
    std::fs::write(desk.path("clinics.csv"), support::REGISTRY).unwrap();
    let file = desk.path("clinics.csv").to_str().unwrap().to_string();
    let output = desk.run(&["clinics", "import", &file, "--dry-run"]);
    assert!(output.status.success() && !desk.path("uketsuke.db").exists(), "{output:?}");
    assert!(String::from_utf8_lossy(&output.stdout).contains("追加 0123"));
}

fn human(desk: &DeskFolder, arguments: &[&str]) -> String {
    let output = desk.run(arguments);
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn what_people_read_is_japanese_and_laid_out() {
    let mut desk = DeskFolder::new();
    let file = form(1, "0123", "みなみ内科クリニック", pairs(&[0], 9, 6));
    desk.take_in(
        "2021-10-05T10:00:00+09:00",
        &Post { files: vec![("様式１.xlsx", file)], ..Post::default() },
    );
    let question =
        Post {
            id: "2", text: "11月3日は午前のみに変更したいです。可能でしょうか。", ..Post::default()
        };
    desk.take_in("2021-10-05T11:00:00+09:00", &question);
    human(&desk, &["export", "--out", desk.path("slots.csv").to_str().unwrap()]);
    let listings = [
        &["mail", "1"][..],
        &["mail", "2"],
        &["show", "8-0123-1"],
        &["mails"],
        &["submissions"],
        &["status"],
        &["outbox"],
        &["slots"],
        &["clinics", "list"],
    ];
    for arguments in listings {
        let text = human(&desk, arguments);
        for word in [
            "{\"",
            "accepted",
            "on_time",
            "exported",
            "not_a_form",
            "sent_at",
            "needs_staff",
            "false",
            "not_submitted",
        ] {
            assert!(!text.contains(word), "{arguments:?} says {word}:\n{text}");
        }
    }
    let text = human(&desk, &["mail", "1"]);
    for part in ["メール番号", "差出人", "■ 見つかった場所", "■ 様式", "8-0123-1", "期限内", "■ 記録"]
    {
        assert!(text.contains(part), "{part}:\n{text}");
    }
    let text = human(&desk, &["show", "8-0123-1"]);
    for part in ["受付番号", "■ 読み取った枠", "■ 判定の経過", "■ 返信", "受付完了", "送信済"]
    {
        assert!(text.contains(part), "{part}:\n{text}");
    }
    let text = human(&desk, &["mails"]);
    let last = text.lines().last().unwrap();
    assert_eq!(
        last,
        "受信 2＝受付 1＋要修正 0＋読取不能 0＋様式なし 1＋重複 0＋保留 0＋対象外 0＋未処理 0　差 0"
    );
}

#[test]
fn clinics_stand_in_the_order_of_their_numbers() {
    let desk = DeskFolder::without_registry();
    desk.import(
        "会場番号,医療機関名,区\n0107,さくら医院,中央区\n0044,みどり内科,東区\n0310,はま整形外科,南区\n",
    );
    for arguments in [&["status"][..], &["clinics", "list"]] {
        let (clinics, _) = desk.json(arguments);
        let numbers: Vec<_> =
            clinics.as_array().unwrap().iter().map(|clinic| clinic["venue_no"].clone()).collect();
        assert_eq!(numbers, ["0044", "0107", "0310"], "{arguments:?}");
        assert_eq!(clinics[0]["ward"], "東区");
    }
}

#[test]
fn a_clinic_that_left_the_registry_is_kept_and_marked() {
    let desk = DeskFolder::new();
    let shorter: String = support::REGISTRY
        .lines()
        .filter(|line| !line.starts_with("0300"))
        .map(|line| format!("{line}\n"))
        .collect();
    let file = desk.path("shorter.csv").to_str().unwrap().to_string();
    std::fs::write(&file, shorter.replace("minami@example.jp,240", "minami@example.jp,250")).unwrap();
    let text = human(&desk, &["clinics", "import", &file]);
    assert!(text.contains("マスタにない 0300 ひがし整形外科") && !text.contains("削除"), "{text}");
    assert!(text.contains("2件の変更があります"), "{text}");
    let text = human(&desk, &["clinics", "import", &file]);
    assert!(text.contains("0件の変更があります"), "a repeat prints no change: {text}");
    assert!(
        human(&desk, &["clinics", "list"])
            .lines()
            .any(|line| line.contains("0300") && line.contains("マスタにない"))
    );
    let (round, _) = desk.json(&["remind", "--dry-run"]);
    assert!(!round.to_string().contains("0300"), "nothing is expected of it: {round}");
    // An address that staff added is no change of the file's.
    human(&desk, &["adopt", "0123", "new@example.jp", "--reason", "電話で確認"]);
    let text = human(&desk, &["clinics", "import", &file]);
    assert!(text.contains("0件の変更があります"), "{text}");
}

/// The verbs of a help text.
fn verbs(help: &str) -> Vec<String> {
    let (_, commands) = help.split_once("Commands:\n").unwrap_or_default();
    let lines = commands.lines().take_while(|line| !line.is_empty());
    let named = lines.filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    named
        .filter_map(|line| line.split_whitespace().next())
        .filter(|verb| *verb != "help")
        .map(String::from)
        .collect()
}

#[test]
fn every_verb_shows_an_example() {
    let help = |arguments: &[&str]| {
        let output = Command::new(BINARY).args(arguments).arg("--help").output().unwrap();
        assert!(output.status.success(), "{arguments:?}");
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    let mut seen = 0;
    for verb in verbs(&help(&[])) {
        let text = help(&[&verb]);
        assert!(text.contains("Example"), "{verb}:\n{text}");
        for inner in verbs(&text) {
            let text = help(&[&verb, &inner]);
            assert!(text.contains("Example"), "{verb} {inner}:\n{text}");
            seen += 1;
        }
        seen += 1;
    }
    assert!(seen > 40, "only {seen} verbs were found");
}

#[test]
fn what_cannot_be_found_is_told_with_where_to_look() {
    let desk = DeskFolder::new();
    for (arguments, part) in [
        (&["show", "nope"][..], "uketsuke submissions"),
        (&["accept", "8-0123-9", "--reason", "x"], "uketsuke submissions"),
        (&["mail", "9"], "uketsuke mails"),
        (&["outbox", "retry", "9"], "uketsuke outbox"),
        (&["note", "--clinic", "9999", "--reason", "x"], "clinics list"),
        (&["adopt", "0123", "notanaddress", "--reason", "x"], "neither an e-mail address nor a 会場番号"),
    ] {
        let output = desk.run(arguments);
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(65), "{arguments:?}: {told}");
        assert!(told.contains(part), "{arguments:?}: {told}");
    }
}
