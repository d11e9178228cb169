//! What staff decide, over the binary: each decision with its letter, its audit row and a sound ledger afterwards.

mod support;

use serde_json::Value;
use support::{DeskFolder, Post, form, pairs, row};

const MINAMI: (&str, &str) = ("0123", "みなみ内科クリニック");

fn minami(public: u32) -> Vec<u8> {
    form(1, MINAMI.0, MINAMI.1, pairs(&[0, 1, 2], 9, public))
}

fn post<'a>(id: &'a str, file: Vec<u8>) -> Post<'a> {
    Post { id, files: vec![("様式１.xlsx", file)], ..Post::default() }
}

fn state(desk: &DeskFolder, venue_no: &str) -> Value {
    let (status, _) = desk.json(&["status"]);
    status.as_array().unwrap().iter().find(|row| row["venue_no"] == venue_no).cloned().unwrap()
}

fn show(desk: &DeskFolder, receipt: &str) -> Value {
    desk.json(&["show", receipt]).0
}

/// Runs a verb and expects exit code 0.
fn done(desk: &DeskFolder, arguments: &[&str]) -> Value {
    let (answer, code) = desk.json(arguments);
    assert_eq!(code, 0, "{arguments:?}: {answer}");
    answer
}

/// Runs a verb that must fail and answers what it says on stderr.
fn refused(desk: &DeskFolder, arguments: &[&str], code: i32) -> String {
    let output = desk.run(arguments);
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(code), "{arguments:?}: {stderr}");
    stderr
}

fn sound(desk: &DeskFolder) {
    let (verified, code) = desk.json(&["verify"]);
    assert_eq!((code, &verified["ok"]), (0, &true.into()), "{verified}");
}

/// A minute later, so that what was queued while the clock ran is due.
fn deliver(desk: &mut DeskFolder) -> Vec<(String, String)> {
    let now: jiff::Timestamp = desk.now.parse().unwrap();
    desk.now = uketsuke::campaign::rfc3339(now + jiff::SignedDuration::from_mins(1));
    done(desk, &["once"]);
    desk.replies()
}

fn kinds(desk: &DeskFolder) -> Vec<String> {
    let (outbox, _) = desk.json(&["outbox"]);
    outbox.as_array().unwrap().iter().map(|row| row["kind"].as_str().unwrap().to_string()).collect()
}

fn late_correction(desk: &mut DeskFolder) {
    desk.take_in("2021-10-05T10:00:00+09:00", &post("1", minami(6)));
    desk.take_in("2021-10-14T10:00:00+09:00", &post("2", minami(5)));
    assert_eq!(state(desk, "0123")["state"], "held");
    assert_eq!(state(desk, "0123")["sum"], 36);
}

#[test]
fn an_accepted_correction_is_in_force_and_the_clinic_is_told() {
    let mut desk = DeskFolder::new();
    late_correction(&mut desk);
    desk.at("2021-10-14T11:00:00+09:00");
    let answer = done(&desk, &["accept", "8-0123-2", "--reason", "電話で確認"]);
    assert_eq!(answer["version"], 2);
    assert_eq!(answer["letters"][0]["to"], "minami@example.jp");
    let clinic = state(&desk, "0123");
    assert_eq!(
        (&clinic["state"], &clinic["sum"], &clinic["receipt"]),
        (&"accepted".into(), &30.into(), &"8-0123-2".into())
    );
    let (name, text) = deliver(&mut desk).pop().unwrap();
    assert!(name.contains("corr_ok"), "{name}");
    assert!(text.contains("【修正受付】") && text.contains("受付番号8-0123-2"), "{text}");
    assert!(text.contains("8-0123-1") && text.contains("6人 → 5人"), "the difference is told: {text}");
    assert!(!text.contains("あらためてご連絡"), "{text}");
    let shown = show(&desk, "8-0123-2");
    assert_eq!(shown["reply"]["template"], "corr_ok");
    assert!(shown["audit"].as_array().unwrap().iter().any(|entry| entry["kind"] == "accept"), "{shown}");
    assert_eq!(shown["rulings"].as_array().unwrap().len(), 2);
    assert_eq!(shown["rulings"][1]["reason"], "電話で確認");
    refused(&desk, &["accept", "8-0123-2", "--reason", "もう一度"], 65);
    refused(&desk, &["accept", "8-0123-9", "--reason", "ない番号"], 65);
    refused(&desk, &["accept", "8-0123-2", "--reason", " "], 64);
    refused(&desk, &["accept", "8-0123-2"], 64);
    assert_eq!(deliver(&mut desk).len(), 3, "nothing is written twice");
    sound(&desk);
}

#[test]
fn a_rejected_correction_changes_nothing_and_writes_no_second_letter() {
    let mut desk = DeskFolder::new();
    late_correction(&mut desk);
    desk.at("2021-10-14T11:00:00+09:00");
    let answer = done(&desk, &["reject", "8-0123-2", "--reason", "反映できない"]);
    assert!(answer["letters"].as_array().unwrap().is_empty());
    assert_eq!(state(&desk, "0123")["sum"], 36);
    assert_eq!(show(&desk, "8-0123-2")["outcome"], "rejected");
    assert_eq!(deliver(&mut desk).len(), 2);
    sound(&desk);
}

#[test]
fn a_void_version_gives_way_to_the_one_before() {
    let mut desk = DeskFolder::new();
    desk.take_in("2021-10-05T10:00:00+09:00", &post("1", minami(6)));
    desk.take_in("2021-10-06T10:00:00+09:00", &post("2", minami(5)));
    assert_eq!(state(&desk, "0123")["sum"], 30);
    let answer = done(&desk, &["void", "8-0123-2", "--reason", "取り違え"]);
    assert_eq!(answer["in_force"][0], "8-0123-1");
    assert_eq!(state(&desk, "0123")["sum"], 36);
    refused(&desk, &["void", "8-0123-2", "--reason", "もう一度"], 65);
    sound(&desk);
}

#[test]
fn a_form_without_a_clinic_is_assigned_then_accepted() {
    let mut desk = DeskFolder::new();
    let nameless = form(1, "9876", "どこかの医院", pairs(&[0], 9, 6));
    let stranger = Post { from: "someone@example.com", ..post("1", nameless) };
    desk.take_in("2021-10-05T10:00:00+09:00", &stranger);
    let receipt = desk.last_submission()["receipt"].as_str().unwrap().to_string();
    assert_eq!(receipt, "8-0-1");
    refused(&desk, &["accept", &receipt, "--reason", "会場不明のまま"], 65);
    done(&desk, &["reassign", &receipt, "0123", "--reason", "電話で会場を確認"]);
    assert_eq!(state(&desk, "0123")["state"], "held");
    let answer = done(&desk, &["accept", &receipt, "--despite-errors", "--reason", "電話で確認"]);
    assert_eq!(state(&desk, "0123")["receipt"], "8-0-1", "the receipt number stays");
    assert_eq!(state(&desk, "0123")["sum"], 12);
    // Figures go to the clinic's own address, never to the stranger.
    assert_eq!(answer["letters"][0]["to"], "minami@example.jp");
    let letters = deliver(&mut desk);
    assert!(letters.iter().any(|(name, _)| name.contains("-accept")), "{letters:?}");
    sound(&desk);
}

#[test]
fn an_adopted_address_brings_the_held_form_in_force_with_its_first_receipt_time() {
    let mut desk = DeskFolder::new();
    let from_home = Post { from: "home@gmail.example", ..post("1", minami(6)) };
    desk.take_in("2021-10-08T23:00:00+09:00", &from_home);
    assert_eq!(state(&desk, "0123")["state"], "held");
    desk.at("2021-10-11T09:00:00+09:00");
    let answer = done(&desk, &["adopt", "8-0123-1", "--reason", "電話で本人確認"]);
    assert_eq!(answer["address"], "home@gmail.example");
    assert_eq!(answer["judged_again"][0]["outcome"], "accepted", "{answer}");
    let submission = desk.last_submission();
    assert_eq!((&submission["receipt"], &submission["timing"]), (&"8-0123-1".into(), &"on_time".into()));
    assert_eq!(submission["received_at"], "2021-10-08T23:00:00+09:00");
    let (clinics, _) = desk.json(&["clinics", "list"]);
    let minami = clinics.as_array().unwrap().iter().find(|clinic| clinic["venue_no"] == "0123").unwrap();
    assert!(
        minami["emails"].as_array().unwrap().iter().any(|email| email == "home@gmail.example"),
        "{minami}"
    );
    let letters = deliver(&mut desk);
    let accepted: Vec<_> = letters.iter().filter(|(name, _)| name.contains("-accept")).collect();
    assert_eq!(accepted.len(), 1, "{letters:?}");
    assert!(accepted[0].1.contains("受付完了"), "{}", accepted[0].1);
    // The next form from there needs nobody.
    let again = Post { from: "home@gmail.example", ..post("2", self::minami(5)) };
    let report = desk.take_in("2021-10-11T10:00:00+09:00", &again);
    assert_eq!(report["outcomes"]["accepted"], 1, "{report}");
    sound(&desk);
}

#[test]
fn an_address_can_be_adopted_by_itself_or_for_a_mail() {
    let mut desk = DeskFolder::new();
    desk.take_in("2021-10-05T10:00:00+09:00", &Post { from: "a@gmail.example", ..post("1", minami(6)) });
    desk.take_in("2021-10-05T11:00:00+09:00", &Post { from: "b@gmail.example", ..post("2", minami(5)) });
    let answer = done(&desk, &["adopt", "0123", "b@gmail.example", "--reason", "電話で確認"]);
    assert_eq!(answer["judged_again"].as_array().unwrap().len(), 1, "{answer}");
    assert_eq!(state(&desk, "0123")["sum"], 30);
    // The older form is judged again too, and does not overtake the newer one.
    let answer = done(&desk, &["adopt", "1", "0123", "--reason", "電話で確認"]);
    assert_eq!(answer["judged_again"][0]["outcome"], "held", "{answer}");
    assert_eq!(state(&desk, "0123")["sum"], 30);
    refused(&desk, &["adopt", "99", "--reason", "ないメール"], 65);
    refused(&desk, &["adopt", "9999", "x@example.jp", "--reason", "ない会場"], 65);
    refused(&desk, &["adopt", "abc", "--reason", "何か"], 64);
    sound(&desk);
}

#[test]
fn drafts_only_stay_drafts() {
    let mut desk = DeskFolder::new();
    desk = {
        let root = desk.root.path().display().to_string();
        desk.with(&format!("[outgoing]\npath = \"{root}/replies\"\nmode = \"observe\"\n"))
    };
    late_correction(&mut desk);
    desk.at("2021-10-14T11:00:00+09:00");
    done(&desk, &["accept", "8-0123-2", "--reason", "電話で確認"]);
    done(&desk, &["export", "--out", desk.path("slots.csv").to_str().unwrap()]);
    done(&desk, &["setup", "done", "0123"]);
    done(&desk, &["remind"]);
    assert!(deliver(&mut desk).is_empty());
    let (outbox, _) = desk.json(&["outbox"]);
    for row in outbox.as_array().unwrap() {
        let expected = if row["kind"] == "corr_late" { "suppressed" } else { "held" };
        assert_eq!(row["state"], expected, "{row}");
    }
    sound(&desk);
}

#[test]
fn notes_close_a_matter_and_extensions_move_a_deadline() {
    let mut desk = DeskFolder::new();
    desk.take_in("2021-10-05T10:00:00+09:00", &Post { from: "spam@example.com", ..Post::default() });
    done(&desk, &["note", "1", "--reason", "迷惑メール"]);
    refused(&desk, &["note", "77", "--reason", "ない"], 65);
    refused(&desk, &["extend", "0123", "--reason", "期限なし"], 64);
    // What gives no more time is no extension, and neither is what reaches past the opening of booking.
    for (arguments, part) in [
        (&["--correction", "2021-10-12T12:00:00+09:00"][..], "before everybody's deadline"),
        (&["--submission", "2021-10-01T12:00:00+09:00"], "before everybody's deadline"),
        (&["--submission", "2021-10-16T09:00:00+09:00"], "booking opens"),
        (&["--correction", "2021-12-01T09:00:00+09:00"], "booking opens"),
        (&["--submission", "2021-10-14T12:00:00+09:00"], "--correction"),
    ] {
        let told = refused(&desk, &[&["extend", "0123", "--reason", "停電のため"], arguments].concat(), 65);
        assert!(told.contains(part), "{told}");
    }
    let answer = done(
        &desk,
        &["extend", "0123", "--submission", "2021-10-11T12:00:00+09:00", "--reason", "停電のため"],
    );
    assert_eq!(answer["submission"], "2021-10-11T12:00:00+09:00");
    assert_eq!(answer["correction"], "2021-10-13T23:59:59+09:00");
    desk.take_in("2021-10-11T11:00:00+09:00", &post("2", minami(6)));
    assert_eq!(desk.last_submission()["timing"], "on_time");
    done(&desk, &["note", "8-0123-1", "--reason", "備考を確認"]);
    assert!(show(&desk, "8-0123-1")["audit"].as_array().unwrap().iter().any(|entry| entry["kind"] == "note"));
    sound(&desk);
}

#[test]
fn a_fax_is_entered_by_the_same_rules() {
    let mut desk = DeskFolder::new();
    desk.at("2021-10-09T09:00:00+09:00");
    let enter = |desk: &DeskFolder, name: &str, bytes: Vec<u8>, clinic: &str, received: &str| {
        let path = desk.path(name);
        std::fs::write(&path, bytes).unwrap();
        let path = path.to_str().unwrap().to_string();
        let arguments = [
            "submit",
            &path,
            "--clinic",
            clinic,
            "--channel",
            "fax",
            "--received",
            received,
            "--reason",
            "FAXで受領",
        ];
        desk.run(&[&["--format", "json"], &arguments[..]].concat())
    };
    let output = enter(&desk, "fax.xlsx", minami(6), "0123", "2021-10-08T16:20:00+09:00");
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let submission = desk.last_submission();
    assert_eq!((&submission["channel"], &submission["timing"]), (&"fax".into(), &"on_time".into()));
    assert_eq!((&submission["receipt"], &submission["in_force"]), (&"8-0123-1".into(), &true.into()));
    let clinic = state(&desk, "0123");
    assert_eq!((&clinic["state"], &clinic["sum"]), (&"accepted".into(), &36.into()));
    // Errors are told, and nothing comes in force.
    let gap = form(1, MINAMI.0, MINAMI.1, vec![row(18, 9, Some(6), None)]);
    let output = enter(&desk, "gap.xlsx", gap, "0123", "2021-10-08T17:00:00+09:00");
    assert_eq!(output.status.code(), Some(1));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(
        report["findings"].as_array().unwrap().iter().any(|finding| finding["code"] == "R04"),
        "{report}"
    );
    assert_eq!(state(&desk, "0123")["sum"], 36);
    // Another clinic's form, no form at all, and a time to come are refused and leave no trace.
    for (bytes, clinic, received) in [
        (minami(5), "0200", "2021-10-08T16:20:00+09:00"),
        (b"not a workbook".to_vec(), "0123", "2021-10-08T16:20:00+09:00"),
        (minami(5), "0123", "2021-12-08T16:20:00+09:00"),
        (minami(5), "9999", "2021-10-08T16:20:00+09:00"),
    ] {
        let output = enter(&desk, "wrong.xlsx", bytes, clinic, received);
        assert_eq!(output.status.code(), Some(65), "{}", String::from_utf8_lossy(&output.stderr));
    }
    assert_eq!(desk.json(&["submissions"]).0.as_array().unwrap().len(), 2);
    assert!(kinds(&desk).is_empty(), "no mail answers a FAX");
    sound(&desk);
}

#[test]
fn set_up_asks_once_per_version_and_the_clinic_confirms() {
    let mut desk = DeskFolder::new();
    desk.take_in("2021-10-05T10:00:00+09:00", &post("1", minami(6)));
    desk.at("2021-10-11T10:00:00+09:00");
    let file = desk.path("slots.csv").to_str().unwrap().to_string();
    let answer = done(&desk, &["export", "--out", &file]);
    assert_eq!((&answer["slots"], &answer["already_exported"]), (&6.into(), &0.into()));
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(text.contains("【（第８期）WEB・コールセンター受付】0123.2021/10/25.09:00"), "{text}");
    assert_eq!(state(&desk, "0123")["setup"], "exported");
    let answer = done(&desk, &["setup", "done", "0123"]);
    assert_eq!(answer["done"][0]["to"], "minami@example.jp");
    let letters = deliver(&mut desk);
    let (_, ask) = letters.iter().find(|(name, _)| name.contains("confirm")).unwrap();
    assert!(ask.contains("予約枠のご確認のお願い") && ask.contains("8-0123-1"), "{ask}");
    assert_eq!(state(&desk, "0123")["setup"], "confirmation_requested");
    done(&desk, &["setup", "done", "0123"]);
    assert_eq!(kinds(&desk).iter().filter(|kind| *kind == "confirm").count(), 1, "asked once");
    done(&desk, &["confirm", "0123"]);
    assert_eq!(state(&desk, "0123")["setup"], "confirmed");
    refused(&desk, &["setup", "done", "0200"], 65);
    refused(&desk, &["confirm", "0200"], 65);
    // A correction that was never handed over is not set up, and nobody is told that it is.
    desk.take_in("2021-10-11T11:00:00+09:00", &post("2", minami(7)));
    desk.at("2021-10-12T10:00:00+09:00");
    for verb in [&["setup", "done", "0123"][..], &["confirm", "0123"]] {
        let output = desk.run(verb);
        let cause = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(65), "{cause}");
        assert!(cause.contains("8-0123-2") && cause.contains("export"), "{cause}");
    }
    assert_eq!(kinds(&desk).iter().filter(|kind| *kind == "confirm").count(), 1);
    assert_eq!(state(&desk, "0123")["setup"], "none");
    let again = desk.path("slots2.csv").to_str().unwrap().to_string();
    done(&desk, &["export", "--out", &again]);
    done(&desk, &["setup", "done", "0123"]);
    assert_eq!(kinds(&desk).iter().filter(|kind| *kind == "confirm").count(), 2);
    let letters = deliver(&mut desk);
    assert!(letters.iter().any(|(name, text)| name.contains("confirm") && text.contains("8-0123-2")));
    sound(&desk);
}

#[test]
fn an_export_is_never_repeated_unawares() {
    let mut desk = DeskFolder::new();
    desk.take_in("2021-10-05T10:00:00+09:00", &post("1", minami(6)));
    let file = |name: &str| desk.path(name).to_str().unwrap().to_string();
    let (first, second, third, fourth) = (file("1.csv"), file("2.csv"), file("3.csv"), file("4.csv"));
    let id = done(&desk, &["export", "--out", &first])["export"].to_string();
    refused(&desk, &["export", "--out", &first], 74);
    let unchanged = done(&desk, &["export", "--diff", "--out", &second]);
    assert!(unchanged["export"].is_null() && !std::path::Path::new(&second).exists());
    let again = desk.run(&["export", "--out", &second]);
    assert!(String::from_utf8_lossy(&again.stderr).contains("earlier export"), "{again:?}");
    assert!(done(&desk, &["slots", "--changed-since", &id]).as_array().unwrap().is_empty());
    desk.take_in("2021-10-06T10:00:00+09:00", &post("2", form(1, MINAMI.0, MINAMI.1, pairs(&[0, 1], 9, 7))));
    assert_eq!(done(&desk, &["slots", "--changed-since", &id]).as_array().unwrap().len(), 4);
    refused(&desk, &["slots", "--changed-since", "99"], 65);
    let changed = done(&desk, &["export", "--diff", "--encoding", "cp932", "--out", &third]);
    let expected = serde_json::json!({ "added": 0, "removed": 2, "changed": 4 });
    assert_eq!(changed["changes"], expected);
    let bytes = std::fs::read(&third).unwrap();
    let (text, _, _) = encoding_rs::SHIFT_JIS.decode(&bytes);
    assert!(text.contains("変更区分") && text.contains("削除"), "{text}");
    assert!(done(&desk, &["export", "--diff", "--out", &fourth])["export"].is_null());
    sound(&desk);
}

#[test]
fn only_silent_clinics_and_unmended_forms_are_reminded() {
    let mut desk = DeskFolder::without_registry();
    desk.import(
        "会場番号,医療機関名,区,電話番号,メールアドレス,第８期接種可能上限量,利用区分,督促停止\n\
         0123,みなみ内科クリニック,南区,096-000-0123,minami@example.jp,240,yes,\n\
         0200,きた小児科医院,北区,096-000-0200,kita@example.jp,120,yes,\n\
         0300,ひがし整形外科,東区,096-000-0300,,96,yes,\n\
         0400,にし眼科,西区,096-000-0400,nishi@example.jp,80,no,\n\
         0500,ちゅうおう医院,中央区,096-000-0500,chuo@example.jp,80,yes,yes\n\
         0600,まんなか医院,中央区,096-000-0600,mannaka@example.jp,80,,\n",
    );
    let gap = form(1, MINAMI.0, MINAMI.1, vec![row(18, 9, Some(6), None)]);
    desk.take_in("2021-10-05T10:00:00+09:00", &post("1", gap));
    desk.at("2021-10-05T18:00:00+09:00");
    let today = done(&desk, &["remind", "--dry-run"]);
    assert_eq!(today["reminded"].as_array().unwrap().len(), 1, "the form was told today: {today}");
    assert_eq!(kinds(&desk), ["reject"], "a dry run queues nothing");
    desk.at("2021-10-08T09:00:00+09:00");
    let round = done(&desk, &["remind"]);
    let mut told: Vec<(&str, &str)> = round["reminded"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (one["venue_no"].as_str().unwrap(), one["kind"].as_str().unwrap()))
        .collect();
    told.sort_unstable();
    assert_eq!(told, [("0123", "remind_fix"), ("0200", "remind")], "{round}");
    let mut passed: Vec<&str> =
        round["passed"].as_array().unwrap().iter().map(|one| one["venue_no"].as_str().unwrap()).collect();
    passed.sort_unstable();
    assert_eq!(passed, ["0300", "0500"], "{round}");
    let letters = deliver(&mut desk);
    let (_, fix) = letters.iter().find(|(name, _)| name.contains("remind_fix")).unwrap();
    assert!(fix.contains("10月5日") && fix.contains("B13") && fix.contains("8-0123-1"), "{fix}");
    let again = done(&desk, &["remind"]);
    assert!(again["reminded"].as_array().unwrap().is_empty(), "{again}");
    assert!(state(&desk, "0200")["flags"].as_array().unwrap().iter().any(|flag| flag == "reminded"));
    sound(&desk);
}

#[test]
fn scheduled_reminders_go_out_once() {
    let mut desk = DeskFolder::new().with("[remind]\nat = [\"2021-10-06T09:00\"]\n");
    desk.at("2021-10-06T08:59:00+09:00");
    done(&desk, &["once"]);
    assert!(kinds(&desk).is_empty());
    desk.at("2021-10-06T09:01:00+09:00");
    done(&desk, &["once"]);
    desk.at("2021-10-06T09:05:00+09:00");
    done(&desk, &["once"]);
    assert_eq!(kinds(&desk), ["remind", "remind", "remind"]);
    sound(&desk);
}

#[test]
fn the_digest_of_a_day_gone_by_tells_that_day() {
    let mut desk = DeskFolder::new();
    desk.take_in("2021-10-05T10:00:00+09:00", &post("1", minami(6)));
    let stranger = Post {
        from: "someone@example.com",
        ..post("2", form(1, "0200", "きた小児科医院", pairs(&[0], 9, 6)))
    };
    desk.take_in("2021-10-05T11:00:00+09:00", &stranger);
    desk.take_in("2021-10-06T10:00:00+09:00", &post("3", minami(5)));
    let question =
        Post {
            id: "4", text: "11月3日は午前のみに変更したいです。可能でしょうか。", ..Post::default()
        };
    desk.take_in("2021-10-06T11:00:00+09:00", &question);
    desk.at("2021-10-07T09:00:00+09:00");
    done(&desk, &["accept", "8-0200-1", "--despite-errors", "--reason", "電話で確認"]);
    let day = |date: &str| {
        let digest = done(&desk, &["digest", "--date", date]);
        (
            digest["subject"].as_str().unwrap().to_string(),
            digest["text"].as_str().unwrap().to_string(),
            digest["work"].clone(),
        )
    };
    let (subject, text, work) = day("2021-10-05");
    assert!(subject.contains("10月5日(火) 24:00／要対応1・"), "{subject}");
    assert_eq!(work, 1);
    for part in [
        "令和3年10月5日（火）",
        "集計時点：10/5 24:00　対象期間：10/5 0:00～10/5 24:00",
        "※10/5 24:00 までに受信・決定した分の集計です（作成 10/7 9:00）",
        "新規受付 1／修正受付 0",
        "会場",
        "8-0200-1",
        "受信 2通（対象期間 2）",
        "_20211005.xlsx",
    ] {
        assert!(text.contains(part), "{part} is missing in\n{text}");
    }
    assert!(!text.contains("不一致★") && text.contains("合計"), "{text}");
    let total = text.lines().find(|line| line.starts_with("合計")).unwrap();
    assert!(total.ends_with("36"), "the version of that day: {total}");
    let (_, text, work) = day("2021-10-06");
    assert_eq!(work, 2, "{text}");
    assert!(
        text.contains("修正受付 1")
            && text.lines().any(|line| line.starts_with("合計") && line.ends_with("30")),
        "{text}"
    );
    // Today ends now; a day to come has no digest.
    let (subject, text, _) = day("2021-10-07");
    assert!(subject.contains("10月7日(木) 9:00"), "{subject}");
    assert!(!text.contains("までに受信・決定した分"), "{text}");
    refused(&desk, &["digest", "--date", "2021-10-08"], 64);
    sound(&desk);
}

#[test]
fn the_work_list_says_what_to_do_and_names_a_clinic_once() {
    let mut desk = DeskFolder::new();
    desk.take_in("2021-10-05T10:00:00+09:00", &post("1", minami(6)));
    desk.take_in("2021-10-05T11:00:00+09:00", &post("2", minami(5)));
    // The first form again: only a person can tell what is meant. And a question beside it.
    desk.take_in("2021-10-05T12:00:00+09:00", &post("3", minami(6)));
    let question =
        Post {
            id: "4", text: "11月3日は午前のみに変更したいです。可能でしょうか。", ..Post::default()
        };
    desk.take_in("2021-10-05T13:00:00+09:00", &question);
    let digest = done(&desk, &["digest"]);
    let text = digest["text"].as_str().unwrap();
    assert_eq!(digest["work"], 1, "{text}");
    let (section, _) = text.split_once("２ 前日からの変化").unwrap();
    assert_eq!(section.matches("みなみ内科クリニック").count(), 1, "{section}");
    assert!(section.contains("以前の版の再提出") && section.contains("accept または reject"), "{section}");
    assert!(section.contains("用件の数は 2"), "{section}");
    // A correction that staff turn down leaves the version in force, and nothing to mend.
    let held = desk.last_submission()["receipt"].as_str().unwrap_or("8-0123-3").to_string();
    done(&desk, &["reject", &held, "--reason", "誤送信"]);
    assert_eq!(state(&desk, "0123")["state"], "accepted");
    // A first form that staff turn down is told with the reason.
    let stranger = Post {
        from: "someone@example.com",
        ..post("5", form(1, "0200", "きた小児科医院", pairs(&[0], 9, 6)))
    };
    desk.take_in("2021-10-05T14:00:00+09:00", &stranger);
    done(&desk, &["reject", "8-0200-1", "--reason", "本人確認ができない"]);
    assert_eq!(state(&desk, "0200")["state"], "needs_fix");
    let digest = done(&desk, &["digest"]);
    let text = digest["text"].as_str().unwrap();
    assert!(text.contains("職員が受け付けないこととしました（本人確認ができない）"), "{text}");
    let (round, _) = desk.json(&["remind", "--dry-run"]);
    assert!(!round["reminded"].to_string().contains("0200"), "there is no error to remind of: {round}");
    sound(&desk);
}
