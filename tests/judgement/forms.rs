//! Several forms in one mail; the same form again; forms from others than the clinic.

use crate::counter::{Counter, KITA, MINAMI, ON_TIME, kita, minami, slots, with_file, wrong};
use crate::locked;
use crate::support::{Post, form, row};

fn files(files: Vec<(&str, Vec<u8>)>) -> Post<'_> {
    Post { files, ..Post::default() }
}

const MULTI: &[&str] = &["multi > minami@example.jp: sent"];

#[test]
fn x13_two_forms_stand_for_the_third() {
    let mut counter = Counter::new();
    let judged =
        counter.take(ON_TIME, files(vec![("様式１.xlsx", minami(1, 6)), ("様式２.xlsx", minami(2, 5))]));
    judged.is("accepted_with_warnings", false, MULTI);
    assert_eq!(judged.receipts, ["8-0123-1", "8-0123-2"]);
    assert_eq!(counter.in_force("0123"), 66);
    assert_eq!(
        (&counter.show("8-0123-1")["version"], &counter.show("8-0123-2")["version"]),
        (&1.into(), &2.into())
    );
    assert!(counter.codes("8-0123-1").contains(&"X13".to_string()));
}

#[test]
fn x03_the_cap_holds_for_both_together() {
    let mut counter = Counter::new();
    // 6 × 25 = 150 each; the cap is 240.
    let judged =
        counter.take(ON_TIME, files(vec![("様式１.xlsx", minami(1, 25)), ("様式２.xlsx", minami(2, 25))]));
    judged.is("rejected", false, MULTI);
    for receipt in ["8-0123-1", "8-0123-2"] {
        assert_eq!(counter.show(receipt)["outcome"], "rejected", "{receipt}");
        assert!(counter.codes(receipt).contains(&"X03".to_string()), "{receipt}");
    }
    assert_eq!(counter.in_force("0123"), 0);
}

#[test]
fn a_sibling_that_falls_does_not_stand_beside_the_other() {
    let mut counter = Counter::new();
    let judged = counter.take(ON_TIME, files(vec![("様式１.xlsx", wrong()), ("様式２.xlsx", minami(2, 5))]));
    judged.is("rejected", false, MULTI);
    let second = counter.show("8-0123-2");
    assert_eq!((&second["outcome"], &second["version"]), (&"accepted".into(), &1.into()), "{second}");
    assert!(!counter.codes("8-0123-2").contains(&"X13".to_string()), "it stands alone");
    assert_eq!(counter.in_force("0123"), 30);
}

#[test]
fn m11_two_of_the_same_scope_contradict_each_other() {
    let mut counter = Counter::new();
    let judged = counter.take(ON_TIME, files(vec![("a.xlsx", minami(1, 6)), ("b.xlsx", minami(1, 7))]));
    judged.is("held", true, &["conflict > minami@example.jp: sent"]).says(&["a.xlsx", "b.xlsx"]);
    assert_eq!(judged.receipts.len(), 2);
    assert_eq!(counter.in_force("0123"), 0);
    // In two mails they are versions.
    counter.take("2021-10-06T10:00:00+09:00", with_file("a.xlsx", minami(1, 6)));
    counter.take("2021-10-06T10:00:00+09:00", with_file("b.xlsx", minami(1, 7)));
    assert_eq!(counter.in_force("0123"), 42);
}

#[test]
fn m11_the_same_slots_beside_something_unreadable_are_not_the_same() {
    let mut broken = slots(1, 6);
    broken.push(row(18, 9, Some(6), None));
    let broken = form(1, "0123", "みなみ内科クリニック", broken);
    let mut counter = Counter::new();
    let judged = counter.take(ON_TIME, files(vec![("a.xlsx", minami(1, 6)), ("b.xlsx", broken)]));
    judged.is("held", true, &["conflict > minami@example.jp: sent"]);
}

#[test]
fn x14_overlapping_forms_are_rejected() {
    let mut counter = Counter::new();
    let judged =
        counter.take(ON_TIME, files(vec![("様式３.xlsx", minami(3, 6)), ("様式１.xlsx", minami(1, 6))]));
    judged.is("rejected", false, MULTI);
    assert_eq!(counter.in_force("0123"), 0);
}

#[test]
fn the_same_form_twice_in_a_mail_counts_once() {
    let mut counter = Counter::new();
    let judged =
        counter.take(ON_TIME, files(vec![("a.xlsx", minami(1, 6)), ("a のコピー.xlsx", minami(1, 6))]));
    judged.is("accepted", false, &["accept > minami@example.jp: sent"]);
    assert_eq!(judged.receipts, ["8-0123-1"]);
    assert_eq!(counter.in_force("0123"), 36);
}

#[test]
fn m06_a_repetition_is_a_duplicate_unless_something_is_wrong_with_it() {
    let mut counter = Counter::new();
    counter.take(ON_TIME, with_file("a.xlsx", minami(1, 6)));
    let again = counter.take("2021-10-14T10:00:00+09:00", with_file("a2.xlsx", minami(1, 6)));
    again.is("duplicate", false, &["dup > minami@example.jp: sent"]);
    let shown = counter.show("8-0123-2");
    assert_eq!((&shown["timing"], &shown["version"]), (&"on_time".into(), &serde_json::Value::Null));
    let mut broken = slots(1, 6);
    broken.push(row(18, 9, Some(6), None));
    let broken = form(1, "0123", "みなみ内科クリニック", broken);
    let judged = counter.take("2021-10-06T11:00:00+09:00", with_file("b.xlsx", broken));
    judged.is("rejected", false, &["reject > minami@example.jp: sent"]);
    assert!(!counter.codes("8-0123-3").contains(&"M06".to_string()));
}

#[test]
fn m10_only_who_may_see_all_sees_all() {
    let mut counter = Counter::new();
    let both = || vec![("みなみ.xlsx", minami(1, 6)), ("きた.xlsx", kita(1, 7))];
    let judged = counter.take(ON_TIME, files(both()));
    judged.is(
        "held",
        true,
        &[
            "multi > minami@example.jp: sent",
            "notice > kita2@example.jp: sent",
            "notice > kita@example.jp: sent",
        ],
    );
    assert_eq!((counter.in_force("0123"), counter.in_force("0200")), (36, 0));
    assert!(
        !judged.sent[0].contains("きた") && !judged.sent[0].contains("120") && !judged.sent[0].contains("42"),
        "{}",
        judged.sent[0]
    );
    assert!(
        judged.sent[0].contains("みなみ内科クリニック") && judged.sent[0].contains("8-0200-1"),
        "{}",
        judged.sent[0]
    );
    for notice in &judged.sent[1..] {
        assert!(!notice.contains("みなみ") && !notice.contains("合計"), "{notice}");
    }
    let stranger = counter.take(ON_TIME, Post { from: "x@example.com", ..files(both()) });
    assert_eq!(stranger.letters[0], "unreg > x@example.com: sent");
    assert!(
        !["みなみ", "きた", "合計", "10月25日"].iter().any(|secret| stranger.sent[0].contains(secret)),
        "{}",
        stranger.sent[0]
    );

    assert!(
        stranger.sent[0].contains("8-0123-2、8-0200-2") && stranger.sent[0].contains("受付番号8-0123-2ほか"),
        "every receipt is named: {}",
        stranger.sent[0]
    );
    let nobody = |at: &str| form(1, &format!("77{at}"), "どこにもない医院", slots(1, 6));
    let unknown = || files(vec![("a.xlsx", nobody("71")), ("b.xlsx", nobody("72"))]);
    let stranger = counter.take(ON_TIME, Post { from: "x@example.com", ..unknown() });
    stranger.is("held", true, &["unknown > x@example.com: sent"]).says(&["8-0-1、8-0-2"]).without(&["7771"]);
    let known = counter.take(ON_TIME, Post { from: MINAMI, ..unknown() });
    assert_eq!(known.letters, ["unknown > minami@example.jp: sent"]);
    known.says(&["8-0-3、8-0-4", "「7771」", "「7772」"]);

    let shared = "会場番号,医療機関名,メールアドレス,第８期接種可能上限量\n0123,みなみ内科クリニック,jimu@example.jp,240\n0200,きた小児科医院,jimu@example.jp,120\n";
    let mut counter = Counter::on(crate::support::DeskFolder::without_registry());
    counter.desk.import(shared);
    let judged = counter.take(ON_TIME, Post { from: "jimu@example.jp", ..files(both()) });
    judged.is("accepted", false, &["multi > jimu@example.jp: sent"]).says(&[
        "みなみ内科クリニック",
        "きた小児科医院",
        "36",
        "42",
    ]);
}

#[test]
fn m07_m08_m09_are_held_and_tell_nothing() {
    let secrets = ["合計", "240", "10月25日", "9:00"];
    let mut counter = Counter::new();
    counter
        .take(ON_TIME, Post { from: "x@example.com", ..with_file("みなみの様式.xlsx", minami(1, 6)) })
        .is("held", true, &["unreg > x@example.com: sent", "notice > minami@example.jp: sent"])
        .without(&secrets)
        .without(&["みなみの様式"]);
    counter
        .take(ON_TIME, Post { from: KITA, ..with_file("a.xlsx", minami(1, 6)) })
        .is("held", true, &["held > kita@example.jp: sent", "notice > minami@example.jp: sent"])
        .without(&secrets);
    let nobody = || form(1, "7777", "どこにもない医院", slots(1, 6));
    counter
        .take(ON_TIME, Post { from: "x@example.com", ..with_file("a.xlsx", nobody()) })
        .is("held", true, &["unknown > x@example.com: sent"])
        .without(&secrets)
        .without(&["どこにもない", "7777"]);
    counter
        .take(ON_TIME, Post { from: MINAMI, ..with_file("a.xlsx", nobody()) })
        .is("held", true, &["unknown > minami@example.jp: sent"])
        .without(&["240", "9:00"]);
    assert_eq!(counter.in_force("0123"), 0);
}

#[test]
fn other_files_beside_a_form_are_named_and_the_form_decides() {
    let mut counter = Counter::new();
    let post = files(vec![("様式１.xlsx", minami(1, 6)), ("地図.pdf", crate::counter::PDF.to_vec())]);
    counter
        .take(ON_TIME, post)
        .is("accepted", false, &["accept > minami@example.jp: sent"])
        .says(&["地図.pdf"]);
    let post = files(vec![("様式１.xlsx", minami(1, 7)), ("別紙.xlsx", locked::workbook())]);
    counter
        .take(ON_TIME, post)
        .is("accepted", true, &["corr_ok > minami@example.jp: sent"])
        .says(&["別紙.xlsx"]);
}
