//! The never-reply table A01 to A18: without a form ignored, with a form held or drafted, never answered.

use crate::counter::{Counter, MINAMI, ON_TIME, OWN, minami, with_file};
use crate::support::Post;

struct Row {
    code: &'static str,
    from: &'static str,
    subject: &'static str,
    header: &'static str,
    /// Outcome of the same mail with a form, and its letter.
    with_form: (&'static str, &'static [&'static str]),
}

const HELD: (&str, &[&str]) = ("held", &[]);
const SENT: (&str, &[&str]) = ("accepted", &["accept > minami@example.jp: sent"]);
const UNREG: (&str, &[&str]) =
    ("held", &["unreg > ad@example.com: sent", "notice > minami@example.jp: sent"]);
const DRAFTED: (&str, &[&str]) = ("accepted", &["accept > minami@example.jp: held"]);

const fn row(
    code: &'static str,
    header: &'static str,
    with_form: (&'static str, &'static [&'static str]),
) -> Row {
    Row { code, from: MINAMI, subject: "ご連絡", header, with_form }
}

const ROWS: [Row; 35] = [
    row("A01 null return path", "Return-Path: <>", HELD),
    row("A02 auto-replied", "Auto-Submitted: auto-replied", HELD),
    row("A02 auto-generated with a parameter", "Auto-Submitted: Auto-Generated; x=1", HELD),
    row("A02 no beside yes", "Auto-Submitted: no\r\nAuto-Submitted: auto-notified", HELD),
    Row { code: "A05 our own address", from: OWN, subject: "控え", header: "X-Test: 1", with_form: HELD },
    row("A05 our own return path", "Return-Path: <vproject@city.kumamoto.kumamoto.jp>", HELD),
    row(
        "A05 our own bounce address",
        "Return-Path: <vproject+7.abcdefghijkl@city.kumamoto.kumamoto.jp>",
        HELD,
    ),
    row("A06 list", "List-Id: <staff.example.jp>", DRAFTED),
    row("A06 unsubscribe", "List-Unsubscribe: <mailto:a@example.jp>", DRAFTED),
    row("A07 bulk", "Precedence: bulk", DRAFTED),
    row("A07 auto_reply", "Precedence: auto_reply", DRAFTED),
    row("A08 suppress all", "X-Auto-Response-Suppress: DR, RN, NRN, OOF, AutoReply", DRAFTED),
    Row {
        code: "A09 robot, not registered",
        from: "noreply@example.com",
        subject: "お知らせ",
        header: "X-Test: 1",
        with_form: HELD,
    },
    row("A10 X-Autoreply", "X-Autoreply: yes", DRAFTED),
    row("A10 spam flag", "X-Spam-Flag: YES", DRAFTED),
    Row {
        code: "A10 subject is a tie-breaker only",
        from: MINAMI,
        subject: "自動返信：院長不在のお知らせ",
        header: "X-Test: 1",
        with_form: ("accepted", &["accept > minami@example.jp: sent"]),
    },
    Row {
        code: "A10 out of office",
        from: MINAMI,
        subject: "Out of Office",
        header: "X-Test: 1",
        with_form: ("accepted", &["accept > minami@example.jp: sent"]),
    },
    Row {
        code: "A09 mailer-daemon",
        from: "MAILER-DAEMON@example.com",
        subject: "failure",
        header: "X-Test: 1",
        with_form: HELD,
    },
    Row {
        code: "A09 owner-",
        from: "owner-list@example.com",
        subject: "list",
        header: "X-Test: 1",
        with_form: HELD,
    },
    Row {
        code: "A07 stranger with bulk",
        from: "ad@example.com",
        subject: "広告",
        header: "Precedence: bulk",
        with_form: HELD,
    },
    row("A02 in brackets", "X-Test: 1\r\nAuto-Submitted: auto-replied (report)", HELD),
    row("A06 help", "List-Help: <mailto:a@example.jp>", DRAFTED),
    row("A06 subscribe", "List-Subscribe: <mailto:a@example.jp>", DRAFTED),
    row("A06 post", "List-Post: NO", DRAFTED),
    row("A06 owner", "List-Owner: <mailto:a@example.jp>", DRAFTED),
    row("A06 archive", "List-Archive: <http://example.jp/>", DRAFTED),
    row("A07 list", "Precedence: list", DRAFTED),
    row("A07 junk", "Precedence: Junk", DRAFTED),
    row("A08 all", "X-Auto-Response-Suppress: All", DRAFTED),
    row("A10 X-Autorespond", "X-Autorespond: 1", DRAFTED),
    row("A10 X-FC-Machinegenerated", "X-FC-Machinegenerated: true", DRAFTED),
    row("A10 X-Loop", "X-Loop: clinic", DRAFTED),
    Row {
        code: "A10 undeliverable",
        from: MINAMI,
        subject: "配信不能: x",
        header: "X-Test: 1",
        with_form: SENT,
    },
    row("A10 Feedback-ID", "Feedback-ID: 1:x", SENT),
    Row {
        code: "A10 a stranger's form under a bounce's subject",
        from: "ad@example.com",
        subject: "Undelivered Mail Returned to Sender",
        header: "X-Test: 1",
        with_form: UNREG,
    },
];

#[test]
fn a09_a_postmaster_may_be_a_person() {
    let mut counter = Counter::new();
    counter
        .take(ON_TIME, Post { from: "postmaster@example.com", text: "お尋ねします。", ..Post::default() })
        .is("not_a_form", true, &[]);
}

#[test]
fn a09_robots_of_every_spelling_are_never_answered() {
    for robot in [
        "LISTSERV@x.jp",
        "majordomo@x.jp",
        "mailman@x.jp",
        "sympa@x.jp",
        "news-request@x.jp",
        "owner-news@x.jp",
        "news-owner@x.jp",
        "news-bounces@x.jp",
        "no-reply@x.jp",
        "noreply@x.jp",
        "do-not-reply@x.jp",
        "donotreply@x.jp",
        "daemon@x.jp",
        "root@x.jp",
        "bounce@x.jp",
        "bounces+1@x.jp",
        "Mailer-Daemon@x.jp",
    ] {
        let judged = Counter::new().take(ON_TIME, Post { from: robot, ..Post::default() });
        assert_eq!((judged.outcome.as_str(), judged.letters.len()), ("ignored", 0), "{robot}");
    }
}

#[test]
fn automatic_mail_is_ignored_and_its_forms_are_never_answered() {
    let mut counter = Counter::new();
    for row in &ROWS {
        let headers = [row.header];
        let post = Post {
            from: row.from,
            subject: row.subject,
            headers: &headers,
            text: "自動です。",
            ..Post::default()
        };
        let judged = counter.take(ON_TIME, post);
        assert_eq!(
            (judged.outcome.as_str(), judged.needs_staff),
            ("ignored", false),
            "{}: {judged:#?}",
            row.code
        );
        assert!(judged.letters.is_empty(), "{}", row.code);
    }
    for row in &ROWS {
        let mut counter = Counter::new();
        let headers = [row.header];
        let post = with_file("様式１.xlsx", minami(1, 6));
        let judged =
            counter.take(ON_TIME, Post { from: row.from, subject: row.subject, headers: &headers, ..post });
        let (outcome, letters) = row.with_form;
        assert_eq!(
            (judged.outcome.as_str(), judged.letters.as_slice()),
            (outcome, letters.iter().map(|l| l.to_string()).collect::<Vec<_>>().as_slice()),
            "{}: {judged:#?}",
            row.code
        );
        let silent = !letters.iter().any(|letter| letter.ends_with("sent"));
        assert_eq!(
            judged.needs_staff,
            silent || outcome == "held",
            "{}: silence must never look like acceptance",
            row.code
        );
    }
}

#[test]
fn a09_a_registered_robot_address_is_judged_and_drafted() {
    let mut counter = Counter::on(crate::support::DeskFolder::without_registry());
    counter.desk.import("会場番号,医療機関名,メールアドレス,第８期接種可能上限量\n0123,みなみ内科クリニック,noreply@minami.jp,240\n");
    let post = Post { from: "noreply@minami.jp", ..with_file("様式１.xlsx", minami(1, 6)) };
    counter.take(ON_TIME, post).is("accepted", true, &["accept > noreply@minami.jp: held"]);
}

#[test]
fn automatic_mail_of_a_clinic_with_a_file_is_for_staff() {
    let mut counter = Counter::new();
    let headers = ["Precedence: bulk"];
    let post = Post { headers: &headers, ..with_file("様式.pdf", crate::counter::PDF.to_vec()) };
    counter.take(ON_TIME, post).is("ignored", true, &[]);
}

#[test]
fn a04_our_own_letter_that_comes_back_is_ignored() {
    let mut counter = Counter::new();
    let first = counter.take(ON_TIME, with_file("様式１.xlsx", minami(1, 6)));
    let text = String::from_utf8(Post { from: MINAMI, text: "控え", ..Post::default() }.bytes()).unwrap();
    let copy = text.replace("<1@clinic.example.jp>", &first.message_ids[0]);
    counter.take_bytes(ON_TIME, copy.as_bytes()).is("ignored", false, &[]);
}

#[test]
fn a11_blind_copies_are_answered_only_to_registered_senders_with_a_form() {
    for (code, from, files, outcome, letters) in [
        ("registered, no form", MINAMI, Vec::new(), "not_a_form", &[][..]),
        (
            "registered, form",
            MINAMI,
            vec![("a.xlsx", minami(1, 6))],
            "accepted",
            &["accept > minami@example.jp: sent"][..],
        ),
        ("stranger, form", "x@example.com", vec![("a.xlsx", minami(1, 6))], "held", &[][..]),
    ] {
        let mut counter = Counter::new();
        let post = Post { from, files, ..Post::default() };
        let text = String::from_utf8(post.bytes()).unwrap();
        let blind = text.replace(&format!("To: {OWN}"), "To: undisclosed-recipients:;");
        let judged = counter.take_bytes(ON_TIME, blind.as_bytes());
        assert_eq!(
            (judged.outcome.as_str(), judged.letters.len()),
            (outcome, letters.len()),
            "{code}: {judged:#?}"
        );
        assert_eq!(judged.needs_staff, letters.is_empty(), "{code}");
    }
}

#[test]
fn a14_malformed_and_ambiguous_mail_is_never_answered() {
    let form = || with_file("a.xlsx", minami(1, 6));
    for (code, from) in [
        ("two authors", "minami@example.jp, other@example.jp"),
        ("group", "clinic: minami@example.jp, kita@example.jp;"),
        ("empty group", "undisclosed:;"),
        ("none", ""),
        ("unparsable", "minami at example.jp"),
    ] {
        for with_form in [true, false] {
            let mut counter = Counter::new();
            let post = if with_form { Post { from, ..form() } } else { Post { from, ..Post::default() } };
            let judged = counter.take(ON_TIME, post);
            assert_eq!(
                (judged.outcome.as_str(), judged.needs_staff, judged.letters.len()),
                ("held", true, 0),
                "{code}: {judged:#?}"
            );
            assert_eq!(counter.in_force("0123"), 0, "{code}");
        }
    }
    let mut counter = Counter::new();
    counter.take_bytes(ON_TIME, b"\n\n").is("unreadable", true, &[]);
    let hops = "Received: from a by b; Tue, 5 Oct 2021 10:00:00 +0900\r\n".repeat(60);
    let looped = [hops.as_bytes(), &with_file("a.xlsx", minami(1, 6)).bytes()].concat();
    counter.take_bytes(ON_TIME, &looped).is("unreadable", true, &[]);
}

#[test]
fn a13_strangers_without_a_form_are_for_staff() {
    let mut counter = Counter::new();
    for files in [
        Vec::new(),
        vec![("a.pdf", crate::counter::PDF.to_vec())],
        vec![("a.xlsx", crate::counter::other_workbook())],
    ] {
        let judged = counter.take(ON_TIME, Post { from: "x@example.com", files, ..Post::default() });
        judged.is("not_a_form", true, &[]);
    }
}

#[test]
fn a16_redelivery_is_a_duplicate_without_a_reply() {
    let mut counter = Counter::new();
    let bytes = with_file("a.xlsx", minami(1, 6)).bytes();
    counter.take_bytes(ON_TIME, &bytes).is("accepted", false, &["accept > minami@example.jp: sent"]);
    let again = [b"Received: from x by y; Tue, 5 Oct 2021 10:05:00 +0900\r\n", bytes.as_slice()].concat();
    counter.take_bytes("2021-10-05T10:05:00+09:00", &again).is("duplicate", false, &[]);
    // The same Message-ID with other content is another mail.
    let other = with_file("a.xlsx", minami(1, 7)).bytes();
    counter.take_bytes("2021-10-05T10:10:00+09:00", &other).is(
        "accepted",
        true,
        &["corr_ok > minami@example.jp: sent"],
    );
}

#[test]
fn a17_an_old_mail_is_answered_by_a_draft() {
    let old = |counter: &mut Counter| {
        counter.take_late(ON_TIME, "2021-10-09T10:00:00+09:00", &with_file("a.xlsx", minami(1, 6)).bytes())
    };
    let mut counter = Counter::with("[replies]\nmax_age = \"72h\"\n");
    old(&mut counter).is("accepted", true, &["accept > minami@example.jp: held"]);
    old(&mut Counter::new()).is("accepted", false, &["accept > minami@example.jp: sent"]);
}

#[test]
fn a18_observe_only_drafts() {
    let mut counter = Counter::new();
    counter.desk =
        counter.desk.with("[outgoing]\nkind = \"maildir\"\npath = \"unused\"\nmode = \"observe\"\n");
    counter.take(ON_TIME, with_file("a.xlsx", minami(1, 6))).is(
        "accepted",
        false,
        &["accept > minami@example.jp: held"],
    );
}

#[test]
fn m18_a_bounce_of_our_reply_is_for_the_telephone() {
    let mut counter = Counter::new();
    let first = counter.take(ON_TIME, with_file("a.xlsx", minami(1, 6)));
    let bounce = |action: &str, status: &str| {
        format!(
            "Return-Path: <>\r\nFrom: MAILER-DAEMON@example.jp\r\nTo: {OWN}\r\nSubject: Undelivered\r\nMessage-ID: <b{status}@example.jp>\r\n\
             MIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n--b\r\n\r\nsorry\r\n\
             --b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; example.jp\r\n\r\n\
             Final-Recipient: rfc822; minami@example.jp\r\nAction: {action}\r\nStatus: {status}\r\n\r\n\
             --b\r\nContent-Type: message/rfc822\r\n\r\nMessage-ID: {}\r\nSubject: x\r\n\r\nx\r\n--b--\r\n",
            first.message_ids[0]
        )
    };
    counter.take_bytes(ON_TIME, bounce("delayed", "4.4.1").as_bytes()).is("ignored", false, &[]);
    counter.take_bytes(ON_TIME, bounce("failed", "5.1.1").as_bytes()).is("ignored", true, &[]);
    assert_eq!(counter.outbox()[0]["state"], "bounced");
}
