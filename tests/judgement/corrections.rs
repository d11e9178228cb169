//! What the receipt time means: corrections, extensions, older mail, disputes.

use crate::counter::{Counter, MINAMI, ON_TIME, minami, with_file, wrong};
use crate::support::Post;
use uketsuke::ledger::setup::NewExport;
use uketsuke::ledger::staff::Decision;

fn dated(post: &Post, date: &str) -> Vec<u8> {
    let text = String::from_utf8(post.bytes()).unwrap();
    text.replace("Date: Tue, 05 Oct 2021 10:00:00 +0900", &format!("Date: {date}")).into_bytes()
}

#[test]
fn an_extension_replaces_the_deadline_it_names() {
    let mut counter = Counter::new();
    let extend = |counter: &Counter, submission: Option<&str>, correction: Option<&str>| {
        let at = |text: Option<&str>| text.map(|text| text.parse::<jiff::Timestamp>().unwrap());
        let (submission, correction) = (at(submission), at(correction));
        counter.with_ledger(async |ledger| {
            let decision =
                Decision { at: ON_TIME.parse().unwrap(), actor: "tanaka", reason: "停電のため" };
            ledger.extend("0123", submission, correction, decision).await.unwrap();
        });
    };
    extend(&counter, Some("2021-10-11T23:59:59+09:00"), None);
    let first = counter.take("2021-10-11T23:59:59+09:00", with_file("a.xlsx", minami(1, 6)));
    assert_eq!(first.letters, ["accept > minami@example.jp: sent"]);
    assert_eq!(counter.show("8-0123-1")["timing"], "on_time");
    extend(&counter, None, Some("2021-10-15T23:59:59+09:00"));
    for (at, people, timing, letter) in [
        ("2021-10-14T10:00:00+09:00", 7, "correction", "corr_ok > minami@example.jp: sent"),
        ("2021-10-15T10:00:00+09:00", 8, "correction_last_day", "corr_dday > minami@example.jp: sent"),
        ("2021-10-16T00:00:00+09:00", 9, "correction_late", "corr_late > minami@example.jp: sent"),
    ] {
        let judged = counter.take(at, with_file("a.xlsx", minami(1, people)));
        assert_eq!(judged.letters, [letter], "{at}");
        assert_eq!(counter.show(&judged.receipts[0])["timing"], timing, "{at}");
    }
    assert_eq!(counter.in_force("0123"), 48);
}

#[test]
fn t02_an_attempt_in_time_counts_whatever_it_was() {
    for (code, name, bytes) in [
        ("rejected form", "a.xlsx", wrong()),
        ("PDF", "a.pdf", crate::counter::PDF.to_vec()),
        ("locked", "a.xlsx", crate::locked::workbook()),
    ] {
        let mut counter = Counter::new();
        counter.take("2021-10-08T23:59:59+09:00", with_file(name, bytes));
        let fixed = counter.take("2021-10-13T12:00:00+09:00", with_file("b.xlsx", minami(1, 6)));
        assert_eq!(counter.show(&fixed.receipts[0])["timing"], "fix_of_on_time", "{code}");
        assert_eq!(fixed.outcome, "accepted", "{code}");
        let mut counter = Counter::new();
        counter.take("2021-10-08T23:59:59+09:00", with_file("a.xlsx", wrong()));
        let late = counter.take("2021-10-14T12:00:00+09:00", with_file("b.xlsx", minami(1, 6)));
        assert_eq!(counter.show(&late.receipts[0])["timing"], "late");
    }
}

#[test]
fn t07_sent_in_time_received_late() {
    for (date, at, told) in [
        ("Fri, 08 Oct 2021 23:00:00 +0900", "2021-10-09T00:10:00+09:00", true),
        ("Fri, 08 Oct 2021 23:50:00 +0900", "2021-10-09T00:10:00+09:00", false),
        ("Sat, 09 Oct 2021 00:00:00 +0900", "2021-10-09T09:00:00+09:00", false),
        ("Fri, 08 Oct 2021 14:00:00 +0000", "2021-10-09T09:00:00+09:00", true),
        ("Thu, 32 Foo", "2021-10-09T09:00:00+09:00", false),
        ("Tue, 05 Oct 2021 10:00:00 +0900", "2021-10-08T20:00:00+09:00", false),
    ] {
        let mut counter = Counter::new();
        let judged = counter.take_bytes(at, &dated(&with_file("a.xlsx", minami(1, 6)), date));
        assert_eq!(judged.outcome, "accepted", "T07 never holds: {date}");
        assert_eq!(counter.codes("8-0123-1").contains(&"T07".to_string()), told, "{date} {at}");
        assert_eq!(judged.needs_staff, told, "{date} {at}");
    }
    // Of a correction the correction's own limit counts.
    let mut counter = Counter::new();
    counter.take(ON_TIME, with_file("a.xlsx", minami(1, 6)));
    let inside = dated(&with_file("b.xlsx", minami(1, 7)), "Fri, 08 Oct 2021 10:00:00 +0900");
    counter.take_bytes("2021-10-10T10:00:00+09:00", &inside).is(
        "accepted",
        false,
        &["corr_ok > minami@example.jp: sent"],
    );
    assert!(!counter.codes("8-0123-2").contains(&"T07".to_string()));
}

#[test]
fn t05_t06_wait_for_a_person_and_errors_are_told_at_once() {
    let mut counter = Counter::new();
    counter.take(ON_TIME, with_file("a.xlsx", minami(1, 6)));
    counter
        .take("2021-10-14T10:00:00+09:00", with_file("b.xlsx", minami(1, 7)))
        .is("held", true, &["corr_late > minami@example.jp: sent"])
        .says(&["8-0123-1"]);
    counter.take("2021-10-14T11:00:00+09:00", with_file("c.xlsx", wrong())).is(
        "rejected",
        true,
        &["reject > minami@example.jp: sent"],
    );
    counter.take("2021-10-17T11:00:00+09:00", with_file("d.xlsx", minami(1, 8))).is(
        "held",
        true,
        &["corr_after_open > minami@example.jp: sent"],
    );
    assert_eq!(counter.in_force("0123"), 36);
    // A first submission after the opening.
    let mut counter = Counter::new();
    counter
        .take("2021-10-16T08:30:00+09:00", with_file("a.xlsx", minami(1, 6)))
        .is("held", true, &["corr_after_open > minami@example.jp: sent"])
        .says(&["予約枠報告様式を受信しました。", "36"]);
}

#[test]
fn t09_a_version_that_was_exported() {
    let mut counter = Counter::new();
    counter.take(ON_TIME, with_file("a.xlsx", minami(1, 6)));
    counter.with_ledger(async |ledger| {
        let lines = ledger.export_lines().await.unwrap();
        let at = ON_TIME.parse().unwrap();
        let export = NewExport { file: "slots.csv", sha256: "00", is_diff: false, actor: "tanaka", at };
        ledger.mark_exported(&lines, export).await.unwrap();
    });
    let other_scope = counter.take("2021-10-06T10:00:00+09:00", with_file("b.xlsx", minami(2, 5)));
    other_scope.is("accepted", false, &["corr_ok > minami@example.jp: sent"]);
    let same_scope = counter.take("2021-10-06T11:00:00+09:00", with_file("c.xlsx", minami(1, 7)));
    same_scope.is("accepted", true, &["corr_ok > minami@example.jp: sent"]);
    assert!(counter.codes("8-0123-3").contains(&"T09".to_string()));
}

#[test]
fn x15_a_narrower_form_is_held() {
    let mut counter = Counter::new();
    counter.take(ON_TIME, with_file("a.xlsx", minami(3, 6)));
    assert_eq!(counter.in_force("0123"), 72);
    counter
        .take("2021-10-06T10:00:00+09:00", with_file("b.xlsx", minami(1, 7)))
        .is("held", true, &["held > minami@example.jp: sent"])
        .says(&["8-0123-1"])
        .without(&["合計", "42"]);
    assert_eq!(counter.in_force("0123"), 72);
    // Both halves together leave nothing open.
    let both = Post { files: vec![("b.xlsx", minami(1, 7)), ("c.xlsx", minami(2, 5))], ..Post::default() };
    let judged = counter.take("2021-10-06T11:00:00+09:00", both);
    assert_eq!(judged.outcome, "accepted_with_warnings", "{judged:#?}");
    assert_eq!(counter.in_force("0123"), 72);
}

#[test]
fn x12_a_scope_of_its_own_is_told_as_additions() {
    let mut counter = Counter::new();
    counter.take(ON_TIME, with_file("a.xlsx", minami(1, 6)));
    counter
        .take("2021-10-06T10:00:00+09:00", with_file("b.xlsx", minami(2, 5)))
        .is("accepted", false, &["corr_ok > minami@example.jp: sent"])
        .says(&["■ 前回受付分（8-0123-1）からの変更", "10月25日（月）9:00　非公開　追加　5人"])
        .without(&["変更はありません", "公開　削除"]);
    assert!(counter.codes("8-0123-2").contains(&"X12".to_string()));
    assert_eq!(counter.show("8-0123-2")["difference"].as_array().unwrap().len(), 6);
    assert_eq!(counter.show("8-0123-1")["difference"].as_array().unwrap().len(), 0);
    counter
        .take("2021-10-14T10:00:00+09:00", with_file("c.xlsx", minami(2, 7)))
        .is("held", true, &["corr_late > minami@example.jp: sent"])
        .says(&["■ 修正のご希望内容", "非公開　5人 → 7人"]);
}

#[test]
fn x03_names_what_counts_beside_the_form() {
    let mut counter = Counter::new();
    counter.take(ON_TIME, with_file("a.xlsx", minami(1, 30)));
    counter
        .take("2021-10-06T10:00:00+09:00", with_file("b.xlsx", minami(2, 11)))
        .is("rejected", false, &["reject > minami@example.jp: sent"])
        .says(&["合計 66（１回目 33／２回目 33）", "今回の様式の66に受付済みの内容（受付番号", "8-0123-1"]);
}

#[test]
fn a_replay_of_a_superseded_version_is_held() {
    let mut counter = Counter::new();
    counter.take(ON_TIME, with_file("a.xlsx", minami(1, 6)));
    counter.take("2021-10-06T10:00:00+09:00", with_file("b.xlsx", minami(1, 7)));
    counter
        .take("2021-10-07T10:00:00+09:00", with_file("a.xlsx", minami(1, 6)))
        .is("held", true, &["held > minami@example.jp: sent"])
        .says(&["8-0123-2"]);
    assert_eq!(counter.in_force("0123"), 42);
    // After the opening the reply is that of the opening.
    counter.take("2021-10-17T10:00:00+09:00", with_file("a.xlsx", minami(1, 6))).is(
        "held",
        true,
        &["corr_after_open > minami@example.jp: sent"],
    );
}

#[test]
fn an_older_mail_processed_later_never_replaces() {
    let mut counter = Counter::new();
    counter.take("2021-10-06T10:00:00+09:00", with_file("b.xlsx", minami(1, 7)));
    let older = Post { id: "older", ..with_file("a.xlsx", minami(1, 6)) };
    counter.take_late(ON_TIME, "2021-10-06T11:00:00+09:00", &older.bytes()).is(
        "held",
        true,
        &["held > minami@example.jp: sent"],
    );
    assert_eq!(counter.in_force("0123"), 42);
    // The same content received earlier changes nothing and needs nobody.
    let same = Post { id: "same", ..with_file("c.xlsx", minami(1, 7)) };
    counter.take_late("2021-10-05T11:00:00+09:00", "2021-10-06T12:00:00+09:00", &same.bytes()).is(
        "duplicate",
        false,
        &["dup > minami@example.jp: sent"],
    );
}

#[test]
fn t11_two_trusted_clocks_on_different_sides() {
    // A Maildir takes the relay's stamp itself, so the dispute can only be seen where both are told: in `check`.
    let counter = Counter::with("[authentication]\ntrusted_received = [\"mx.city.example\"]\n");
    let stamped = |at: &str| {
        let received = format!("Received: from a by mx.city.example; {at}\r\n");
        [received.as_bytes(), &Post { from: MINAMI, ..with_file("a.xlsx", minami(1, 6)) }.bytes()].concat()
    };
    for (relay, received, outcome, template) in [
        ("Fri, 08 Oct 2021 23:59:50 +0900", "2021-10-09T00:00:10+09:00", "held", "held"),
        ("Fri, 08 Oct 2021 23:50:00 +0900", "2021-10-08T23:55:00+09:00", "accepted", "accept"),
        // For a first submission 13 October is no limit.
        ("Tue, 12 Oct 2021 23:59:50 +0900", "2021-10-13T00:00:10+09:00", "accepted", "late"),
    ] {
        let file = counter.desk.path("mail.eml");
        std::fs::write(&file, stamped(relay)).unwrap();
        let registry = counter.desk.path("clinics.csv");
        let (checked, _) = counter.desk.json(&[
            "check",
            file.to_str().unwrap(),
            "--clinics",
            registry.to_str().unwrap(),
            "--received",
            received,
        ]);
        assert_eq!(
            (&checked[0]["outcome"], &checked[0]["reply"]["template"]),
            (&outcome.into(), &template.into()),
            "{relay}"
        );
    }
}
