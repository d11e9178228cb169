//! Budgets stop loops, not service.

use crate::counter::{Counter, MINAMI, minami, with_file};
use crate::support::Post;

fn minute(minute: u32) -> String {
    format!("2021-10-05T{:02}:{:02}:00+09:00", 10 + minute / 60, minute % 60)
}

#[test]
fn a15_the_seventh_reply_of_an_hour_is_suppressed_and_a_form_is_answered() {
    let mut counter = Counter::new();
    let noatt = |counter: &mut Counter, at: u32| {
        counter.take(&minute(at), Post { text: "添付します。", ..Post::default() })
    };
    for at in 0..6 {
        noatt(&mut counter, at).is("not_a_form", false, &["noatt > minami@example.jp: sent"]);
    }
    noatt(&mut counter, 6).is("not_a_form", true, &["noatt > minami@example.jp: suppressed"]);
    counter.take(&minute(7), with_file("a.xlsx", minami(1, 6))).is(
        "accepted",
        false,
        &["accept > minami@example.jp: sent"],
    );
    counter.take(&minute(8), with_file("a.xlsx", minami(1, 6))).is(
        "duplicate",
        true,
        &["dup > minami@example.jp: suppressed"],
    );
    counter.take(&minute(9), with_file("a.xlsx", minami(1, 7))).is(
        "accepted",
        false,
        &["corr_ok > minami@example.jp: sent"],
    );
    // Another sender has a budget of its own; an hour later there is room again.
    counter.take(&minute(10), Post { from: "kita@example.jp", text: "添付します。", ..Post::default() }).is(
        "not_a_form",
        false,
        &["noatt > kita@example.jp: sent"],
    );
    noatt(&mut counter, 61).is("not_a_form", false, &["noatt > minami@example.jp: sent"]);
}

#[test]
fn the_answer_to_a_new_form_whose_clinic_is_unclear_is_not_suppressed() {
    let mut counter = Counter::with("[replies]\nbudget_per_address_hour = 1\n");
    let nobody =
        |people| crate::support::form(1, "7777", "どこにもない医院", crate::counter::slots(1, people));
    for people in 1..4 {
        counter.take(&minute(people), with_file("a.xlsx", nobody(people))).is(
            "held",
            true,
            &["unknown > minami@example.jp: sent"],
        );
    }
    let stranger = |people| Post { from: "x@example.com", ..with_file("a.xlsx", nobody(people)) };
    counter.take(&minute(5), stranger(1)).is("held", true, &["unknown > x@example.com: sent"]);
    counter.take(&minute(6), stranger(2)).is("held", true, &["unknown > x@example.com: suppressed"]);
}

#[test]
fn a_budget_of_zero_is_off() {
    let mut counter = Counter::with("[replies]\nbudget_per_address_hour = 0\nbudget_per_address_day = 0\n");
    for at in 0..8 {
        counter.take(&minute(at), Post { text: "添付します。", ..Post::default() }).is(
            "not_a_form",
            false,
            &["noatt > minami@example.jp: sent"],
        );
    }
}

#[test]
fn budgets_of_domain_hour_and_day_only_put_off() {
    for (code, settings, other_domain) in [
        ("domain", "[replies]\nbudget_per_domain_hour = 1\n", true),
        ("hour", "[replies]\nbudget_per_hour = 1\n", false),
        ("day", "[replies]\nbudget_per_day = 1\n", false),
    ] {
        let mut counter = Counter::on(crate::support::DeskFolder::without_registry().with(settings));
        counter.desk.import(
            "会場番号,医療機関名,メールアドレス,第８期接種可能上限量\n\
             0123,みなみ内科クリニック,minami@example.jp,240\n0200,きた小児科医院,kita@example.org,120\n",
        );
        let first = counter.take(&minute(0), with_file("a.xlsx", minami(1, 6)));
        first.is("accepted", false, &["accept > minami@example.jp: sent"]);
        let second = counter.take(&minute(1), with_file("a.xlsx", minami(1, 7)));
        second.is("accepted", false, &["corr_ok > minami@example.jp: queued"]);
        let kita = Post { from: "kita@example.org", ..with_file("a.xlsx", crate::counter::kita(1, 6)) };
        let third = counter.take(&minute(2), kita);
        let state = if other_domain { "sent" } else { "queued" };
        assert_eq!(third.letters, [format!("accept > kita@example.org: {state}")], "{code}");
        let due = |index: usize| {
            counter
                .outbox()
                .iter()
                .filter_map(|letter| letter["next_attempt_at"].as_str().map(String::from))
                .nth(index)
        };
        let hours = if code == "day" { "2021-10-06T10:00" } else { "2021-10-05T11:00" };
        assert!(due(0).unwrap().starts_with(hours), "{code}: {:?}", due(0));
        // It leaves when its time has come.
        counter.desk.at(if code == "day" {
            "2021-10-06T10:00:30+09:00"
        } else {
            "2021-10-05T11:00:30+09:00"
        });
        counter.desk.json(&["once"]);
        let letters = counter.outbox();
        let corr = letters.iter().find(|letter| letter["kind"] == "corr_ok").unwrap();
        assert_eq!(corr["state"], "sent", "{code}");
    }
}

#[test]
fn ping_pong_is_muted_after_three_quick_answers() {
    let mut counter = Counter::new();
    let first = counter.take(&minute(0), Post { text: "添付します。", ..Post::default() });
    let mut to = first.message_ids[0].clone();
    let mut states = Vec::new();
    for at in 1..5 {
        let header = format!("In-Reply-To: {to}");
        let judged = counter.take(
            &minute(at),
            Post { from: MINAMI, text: "添付のとおり。", headers: &[&header], ..Post::default() },
        );
        states.extend(judged.letters.clone());
        to = judged.message_ids[0].clone();
    }
    let sent = states.iter().filter(|letter| letter.ends_with("sent")).count();
    assert_eq!(sent, 2, "{states:?}");
    // A person who sends the form at last is answered.
    let header = format!("In-Reply-To: {}", first.message_ids[0]);
    let headers = [header.as_str()];
    counter.take(&minute(6), Post { headers: &headers, ..with_file("a.xlsx", minami(1, 6)) }).is(
        "accepted",
        false,
        &["accept > minami@example.jp: sent"],
    );
}
