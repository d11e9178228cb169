//! Who may submit for whom: staff, authentication, forged and ambiguous senders.

use crate::counter::{Counter, MINAMI, ON_TIME, kita, minami, other_workbook, with_file};
use crate::support::Post;

const PT: &str = "pt@city.example";
const STAFF: &str = "[staff]\naddresses = [\"pt@city.example\", \"vproject@city.kumamoto.lg.jp\"]\n";
const SERVER: &str = "[authentication]\nauthserv_id = \"mx.city.example\"\n";

#[test]
fn staff_submit_for_any_clinic() {
    let mut counter = Counter::with(STAFF);
    for (from, bytes, venue_no) in
        [(PT, kita(1, 6), "0200"), ("VProject@city.kumamoto.lg.jp", minami(1, 6), "0123")]
    {
        let judged = counter.take(ON_TIME, Post { from, ..with_file("a.xlsx", bytes) });
        assert_eq!((judged.outcome.as_str(), judged.letters.len()), ("accepted", 1), "{judged:#?}");
        assert_eq!(counter.in_force(venue_no), 36, "{from}");
    }
    // What colleagues write is for colleagues; a file that could not be used is told.
    counter.take(ON_TIME, Post { from: PT, text: "電話で確認済みです。", ..Post::default() }).is(
        "not_a_form",
        true,
        &[],
    );
    counter.take(ON_TIME, Post { from: PT, ..with_file("a.xlsx", other_workbook()) }).is(
        "not_a_form",
        false,
        &["notxlsx > pt@city.example: sent"],
    );
    // Their absence notes are as automatic as anybody's.
    let headers = ["Auto-Submitted: auto-replied"];
    counter.take(ON_TIME, Post { from: PT, headers: &headers, subject: "不在", ..Post::default() }).is(
        "ignored",
        false,
        &[],
    );
    counter.take(ON_TIME, Post { from: PT, headers: &headers, ..with_file("a.xlsx", kita(1, 7)) }).is(
        "held",
        true,
        &[],
    );
}

#[test]
fn staff_need_a_pass_where_authentication_is_used() {
    let settings = format!("{STAFF}{SERVER}");
    for (header, outcome, letters) in [
        ("Authentication-Results: mx.city.example; dmarc=pass header.from=city.example", "accepted", 1),
        ("Authentication-Results: mx.city.example; dmarc=pass header.from=evil.example", "held", 0),
        ("Authentication-Results: other.example; dmarc=pass header.from=city.example", "held", 0),
        ("X-Test: none", "held", 0),
        ("Authentication-Results: mx.city.example; dmarc=fail header.from=city.example", "held", 0),
    ] {
        let mut counter = Counter::with(&settings);
        let headers = [header];
        let judged =
            counter.take(ON_TIME, Post { from: PT, headers: &headers, ..with_file("a.xlsx", kita(1, 6)) });
        assert_eq!(
            (judged.outcome.as_str(), judged.letters.len()),
            (outcome, letters),
            "{header}: {judged:#?}"
        );
    }
}

#[test]
fn a12_authentication_results() {
    for (code, headers, outcome, staff, letters) in [
        (
            "dmarc fail",
            &["Authentication-Results: mx.city.example; dmarc=fail header.from=example.jp"][..],
            "held",
            true,
            0,
        ),
        (
            "spf fail alone",
            &["Authentication-Results: mx.city.example; spf=fail smtp.mailfrom=example.jp"],
            "held",
            true,
            0,
        ),
        (
            "spf fails in the first field, dkim passes in the second",
            &[
                "Authentication-Results: mx.city.example; spf=fail smtp.mailfrom=example.jp",
                "Authentication-Results: mx.city.example; dkim=pass header.d=example.jp",
            ],
            "accepted",
            false,
            1,
        ),
        ("none: as a pass, noted", &["X-Test: 1"], "accepted", true, 1),
        (
            "softfail: none",
            &["Authentication-Results: mx.city.example; spf=softfail smtp.mailfrom=example.jp"],
            "accepted",
            true,
            1,
        ),
        (
            "another server's word",
            &["Authentication-Results: evil.example; dmarc=fail header.from=example.jp"],
            "accepted",
            true,
            1,
        ),
        (
            "below a foreign Received",
            &[
                "Received: from a by evil.example; Tue, 5 Oct 2021 10:00:00 +0900",
                "Authentication-Results: mx.city.example; dmarc=pass header.from=example.jp",
            ],
            "accepted",
            true,
            1,
        ),
        (
            "dkim of a stranger",
            &["Authentication-Results: mx.city.example; dkim=pass header.d=mailer.example"],
            "accepted",
            true,
            1,
        ),
    ] {
        let mut counter = Counter::with(SERVER);
        let text = String::from_utf8(with_file("a.xlsx", minami(1, 6)).bytes()).unwrap();
        let mail = format!("{}\r\n{text}", headers.join("\r\n"));
        let judged = counter.take_bytes(ON_TIME, mail.as_bytes());
        assert_eq!(
            (judged.outcome.as_str(), judged.needs_staff, judged.letters.len()),
            (outcome, staff, letters),
            "{code}: {judged:#?}"
        );
    }
    // Without the setting nobody is asked.
    let headers = ["Authentication-Results: mx.city.example; dmarc=fail header.from=example.jp"];
    Counter::new().take(ON_TIME, Post { headers: &headers, ..with_file("a.xlsx", minami(1, 6)) }).is(
        "accepted",
        false,
        &["accept > minami@example.jp: sent"],
    );
}

#[test]
fn only_the_one_author_counts() {
    for (code, from, header) in [
        ("Reply-To elsewhere", MINAMI, "Reply-To: evil@example.com"),
        ("Sender elsewhere", MINAMI, "Sender: agent@example.com"),
        ("upper case", "MINAMI@EXAMPLE.JP", "X-Test: 1"),
        ("display name", "\"市役所 <evil@example.com>\" <minami@example.jp>", "X-Test: 1"),
        ("comment", "minami@example.jp (みなみ)", "X-Test: 1"),
    ] {
        let mut counter = Counter::new();
        let headers = [header];
        let judged =
            counter.take(ON_TIME, Post { from, headers: &headers, ..with_file("a.xlsx", minami(1, 6)) });
        assert_eq!(judged.outcome, "accepted", "{code}: {judged:#?}");
        let [letter] = &judged.letters[..] else { panic!("{code}: {judged:#?}") };
        assert!(letter.to_lowercase().starts_with("accept > minami@example.jp"), "{code}: {letter}");
    }
    for (code, from) in [
        ("a clinic's address as a name", "\"minami@example.jp\" <evil@example.com>"),
        ("a homograph domain", "minami@xn--exmple-cua.jp"),
        ("a tag", "minami+x@example.jp"),
    ] {
        let mut counter = Counter::new();
        let judged = counter.take(ON_TIME, Post { from, ..with_file("a.xlsx", minami(1, 6)) });
        assert_eq!(judged.outcome, "held", "{code}: {judged:#?}");
        assert_eq!(counter.in_force("0123"), 0, "{code}");
    }
}

#[test]
fn the_from_address_of_the_configuration_is_our_own() {
    let mut counter = Counter::new();
    counter.desk = counter.desk.with("[outgoing]\nkind = \"maildir\"\npath = \"unused\"\nfrom = \"desk@city.example\"\nown_addresses = []\nmode = \"observe\"\n");
    let judged =
        counter.take(ON_TIME, Post { from: "desk@city.example", ..with_file("a.xlsx", minami(1, 6)) });
    judged.is("held", true, &[]);
}

#[test]
fn staff_are_not_told_to_adopt_whom_nobody_can_be_sure_of() {
    let mut counter = Counter::with(SERVER);
    let headers = ["Authentication-Results: mx.city.example; dmarc=fail header.from=example.com"];
    let forged = Post { from: "x@example.com", headers: &headers, ..with_file("a.xlsx", minami(1, 6)) };
    counter.take(ON_TIME, forged).is("held", true, &[]);
    counter.take(ON_TIME, Post { from: "ad@example.com", ..Post::default() }).is("not_a_form", true, &[]);
    counter.take(ON_TIME, with_file("a.xlsx", minami(1, 6))).is(
        "accepted",
        true,
        &["accept > minami@example.jp: sent"],
    );
    let folder = counter.desk.path("digest");
    let output = counter.desk.run(&["digest", "--date", "2021-10-05", "--out", folder.to_str().unwrap()]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = std::fs::read_to_string(folder.join("digest.txt")).unwrap();
    assert!(text.contains("送信者認証の失敗") && text.contains("様式なし・未登録"), "{text}");
    assert!(!text.contains("adopt"), "{text}");
}

#[test]
fn an_agent_of_clinics_without_addresses_is_taken_on_for_each() {
    const BARE: &str = "会場番号,医療機関名,メールアドレス,第８期接種可能上限量\n0123,みなみ内科クリニック,,240\n\
                        0200,きた小児科医院,,120\n0300,ひがし整形外科,honbu@higashi.jp,96\n";
    const AGENT: &str = "jimu@agent.example";
    let desk = || {
        let desk = crate::support::DeskFolder::without_registry();
        desk.import(BARE);
        Counter::on(desk)
    };
    let listed = |counter: &Counter| -> Vec<bool> {
        let (status, _) = counter.desk.json(&["status"]);
        let rows = status.as_array().unwrap().clone();
        rows.iter()
            .map(|row| row["flags"].as_array().unwrap().iter().any(|flag| flag == "provisional"))
            .collect()
    };
    // Both in one mail.
    let mut counter = desk();
    let both = vec![("みなみ.xlsx", minami(1, 6)), ("きた.xlsx", kita(1, 1))];
    let post = Post { from: AGENT, files: both, ..Post::default() };
    counter.take(ON_TIME, post).is("accepted", false, &["multi > jimu@agent.example: sent"]);
    assert_eq!(listed(&counter), [true, true, false]);
    // The second mail of each is from an address that is known for it.
    for (bytes, venue_no) in [(minami(1, 5), "0123"), (kita(1, 2), "0200")] {
        let judged =
            counter.take("2021-10-06T10:00:00+09:00", Post { from: AGENT, ..with_file("a.xlsx", bytes) });
        assert_eq!(judged.letters, ["corr_ok > jimu@agent.example: sent"], "{judged:#?}");
        assert!(counter.in_force(venue_no) > 0);
    }
    // In two mails it is the same.
    let mut counter = desk();
    for bytes in [minami(1, 6), kita(1, 1)] {
        counter.take(ON_TIME, Post { from: AGENT, ..with_file("a.xlsx", bytes) }).is(
            "accepted",
            false,
            &["accept > jimu@agent.example: sent"],
        );
    }
    assert_eq!(listed(&counter), [true, true, false]);
    // An address that a person registered for one clinic does not take another one over.
    let post = Post { from: "honbu@higashi.jp", ..with_file("a.xlsx", minami(1, 6)) };
    desk().take(ON_TIME, post).is("held", true, &["held > honbu@higashi.jp: sent"]);
}
