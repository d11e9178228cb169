//! Letters of ours that come back, as the hosts of clinics' addresses return them, and what only looks like it.

use uketsuke::outbound::letter::{Identity, bounce_address};

use crate::counter::{Counter, MINAMI, ON_TIME, OWN, minami, with_file};
use crate::support::Post;

/// A clinic's mail was answered: its desk, the letter's Message-ID and the address that a bounce of it comes to.
fn answered() -> (Counter, String, String) {
    let mut counter = Counter::new();
    let first = counter.take(ON_TIME, with_file("a.xlsx", minami(1, 6)));
    first.is("accepted", false, &["accept > minami@example.jp: sent"]);
    let mut address = String::new();
    counter.with_ledger(async |ledger| {
        let identity = Identity {
            from: OWN.into(),
            from_name: String::new(),
            envelope_from: OWN.into(),
            key: ledger.instance_key().await.unwrap().to_vec(),
        };
        let id = ledger.outbox(None).await.unwrap()[0].id;
        address = bounce_address(&identity, id);
    });
    (counter, first.message_ids[0].clone(), address)
}

fn check(quirk: &str, mail: impl Fn(&str, &str) -> String, expected: &str) {
    let (mut counter, id, address) = answered();
    let mail = mail(&id, &address).replace('\n', "\r\n");
    let judged = counter.take_bytes("2021-10-05T10:30:00+09:00", mail.as_bytes());
    assert_eq!(judged.outcome, "ignored", "{quirk}: {judged:#?}");
    assert_eq!(judged.needs_staff, expected == "bounced", "{quirk}: {judged:#?}");
    assert!(judged.letters.is_empty(), "{quirk}");
    assert_eq!(counter.outbox()[0]["state"], expected, "{quirk}");
    let (status, _) = counter.desk.json(&["status"]);
    let minami = status.as_array().unwrap().iter().find(|line| line["venue_no"] == "0123").unwrap().clone();
    let flagged = minami["flags"].as_array().unwrap().iter().any(|flag| flag == "undeliverable");
    assert_eq!(flagged, expected == "bounced", "{quirk}");
    let (verified, _) = counter.desk.json(&["verify"]);
    assert_eq!(verified["ok"], true, "{quirk}: {verified}");
}

const DOCOMO: &str = "The original message was received at Tue, 5 Oct 2021 10:00:05 +0900\nfrom mail.city.example [192.0.2.1]\n\n\
   ----- The following addresses had permanent fatal errors -----\n<minami@example.jp>\n\n\
   ----- Transcript of session follows -----\n... while talking to mfsmax.docomo.ne.jp.:\n\
>>> RCPT To:<minami@example.jp>\n<<< 550 Unknown user minami@example.jp\n550 <minami@example.jp>... User unknown\n";
const AU: &str = "This Message was undeliverable due to the following reason:\n\n\
Each of the following recipients was rejected by a remote mail server.\n\
The reasons given by the server are included to help you determine why\neach recipient was rejected.\n\n\
    Recipient: <minami@example.jp>\n    Reason:    <minami@example.jp>... User Unknown\n\n\
Please reply to <Postmaster@ezweb.ne.jp>\nif you feel this message to be in error.\n";

/// A plain-text report from a mail system to this address.
fn plain(from: &str, to: &str, text: &str) -> String {
    format!(
        "Return-Path: <>\nFrom: {from}\nTo: <{to}>\nSubject: Mail System Error - Returned Mail\nMessage-ID: <x@host.example>\n\
         Content-Type: text/plain; charset=iso-2022-jp\n\n{text}"
    )
}

#[test]
fn by_the_identifiers_that_the_report_returns() {
    check(
        "Exchange NDR, threaded, the letter inside",
        |id, _| {
            format!(
                "Return-Path: <>\nFrom: postmaster@example.jp\nTo: <{OWN}>\nSubject: =?utf-8?B?6YWN5L+h5LiN6IO9?=: x\n\
                 Message-ID: <ndr@exchange.example>\nIn-Reply-To: {id}\nReferences: <c@clinic> {id}\nMIME-Version: 1.0\n\
                 Content-Type: multipart/report; report-type=delivery-status; boundary=\"_n_\"\n\n--_n_\n\
                 Content-Type: multipart/alternative; boundary=\"_a_\"\n\n--_a_\nContent-Type: text/plain; charset=utf-8\n\n\
                 mx.example.jp は次の宛先へのメッセージを拒否しました\n--_a_--\n--_n_\nContent-Type: message/delivery-status\n\n\
                 Reporting-MTA: dns;EX01.example.jp\n\nFinal-recipient: RFC822;minami@example.jp\nAction: failed\n\
                 Status: 5.1.10\nRemote-MTA: dns;mx.example.jp\n\n--_n_\nContent-Type: message/rfc822\n\n\
                 From: <{OWN}>\nSubject: x\n\nbody\n--_n_--\n"
            )
        },
        "bounced",
    );
    check(
        "the letter in a plain multipart/mixed",
        |id, _| {
            format!(
                "Return-Path: <>\nFrom: MAILER-DAEMON@ezweb.ne.jp\nTo: <{OWN}>\nSubject: Returned Mail\nMIME-Version: 1.0\n\
                 Content-Type: multipart/mixed; boundary=m\n\n--m\n\n{AU}\n--m\nContent-Type: message/rfc822\n\n\
                 From: <{OWN}>\nTo: minami@example.jp\nMessage-ID: {id}\n\nbody\n--m--\n"
            )
        },
        "bounced",
    );
    check(
        "softbank: header fields quoted in prose",
        |id, _| {
            plain(
                "Postmaster@softbank.ne.jp",
                OWN,
                &format!(
                    "This report relates to a message you sent with the following header fields:\n\n  Message-id: {id}\n\
                     \x20 Date: Tue, 05 Oct 2021 10:00:05 +0900\n\nYour message cannot be delivered to the following recipients:\n\n\
                     \x20 Recipient address: minami@example.jp\n  Reason: unknown user\n"
                ),
            )
        },
        "bounced",
    );
    check(
        "only the header that names what the letter answered",
        |_, _| {
            format!(
                "Return-Path: <>\nFrom: MAILER-DAEMON@mx.example\nTo: <{OWN}>\nSubject: Returned mail\nMIME-Version: 1.0\n\
                 Content-Type: multipart/report; report-type=delivery-status; boundary=r\n\n--r\n\nsorry\n--r\n\
                 Content-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example\n\n\
                 Final-Recipient: rfc822; Minami@Example.JP\nAction: failed\nStatus: 5.2.1\n\n--r\n\
                 Content-Type: text/rfc822-headers\n\nFrom: <{OWN}>\nReferences: <1-1@clinic.example.jp>\n--r--\n"
            )
        },
        "bounced",
    );
}

#[test]
fn by_the_address_that_the_report_came_to() {
    for (quirk, from, text) in [
        ("docomo", "Mail Delivery Subsystem <MAILER-DAEMON@docomo.ne.jp>", DOCOMO),
        ("au", "Mail Administrator <Postmaster@ezweb.ne.jp>", AU),
        ("nothing but words", "MAILER-DAEMON@mx.example.jp", "このメールは配信できませんでした。\n"),
    ] {
        check(quirk, |_, address| plain(from, address, text), "bounced");
        // The list server rewrote To; the envelope's recipient stands in the trace.
        let traced = |_: &str, address: &str| format!("X-Original-To: {address}\n{}", plain(from, OWN, text));
        check(quirk, traced, "bounced");
        check(quirk, |_, _| plain(from, OWN, text), "sent");
        // Another letter's number with this one's seal, or a seal of the attacker's own.
        check(quirk, |_, address| plain(from, &address.replace("+1.", "+2."), text), "sent");
        let forged = |_: &str, address: &str| {
            let (token, domain) = address.split_once('@').unwrap();
            let seal = token.rsplit_once('.').unwrap().1;
            format!("{}@{domain}", token.replace(seal, "aaaaaaaaaaaa"))
        };
        check(quirk, |id, address| plain(from, &forged(id, address), text), "sent");
    }
    let delayed = "Your message has been delayed and will be retried.\n<minami@example.jp>\n";
    check("delayed", |_, address| plain("MAILER-DAEMON@mx.example.jp", address, delayed), "sent");
}

#[test]
fn what_is_no_bounce() {
    // Absence notes go to the envelope sender with a null return path (RFC 3834), too.
    let absent = |id: &str, address: &str| {
        format!("In-Reply-To: {id}\n{}", plain(MINAMI, address, "休診のため不在です。\n"))
    };
    check("absence note", absent, "sent");
    // A stranger who passes a report on, or invents one, knows no identifier and no seal.
    let invented =
        |_: &str, _: &str| plain("MAILER-DAEMON@evil.example", OWN, &DOCOMO.replace("minami", "kita"));
    check("invented", invented, "sent");
    let wrong_recipient = |_: &str, _: &str| {
        format!(
            "Return-Path: <>\nFrom: MAILER-DAEMON@evil.example\nTo: <{OWN}>\nSubject: x\nContent-Type: multipart/report; \
             report-type=delivery-status; boundary=r\n\n--r\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; e\n\n\
             Final-Recipient: rfc822; kita@example.jp\nAction: failed\nStatus: 5.1.1\n\n--r\nContent-Type: text/rfc822-headers\n\n\
             References: <1-1@clinic.example.jp>\n--r--\n"
        )
    };
    check("another recipient", wrong_recipient, "sent");
}

#[test]
fn our_enclosure_that_comes_back_is_no_form() {
    // A rejected form is sent back marked; its bounce carries it again.
    let (mut counter, id, _) = answered();
    let inner = String::from_utf8(with_file("様式１_修正箇所.xlsx", minami(1, 9)).bytes()).unwrap();
    let inner = inner.replace("<1@clinic.example.jp>", &id);
    let bounce = format!(
        "Return-Path: <>\r\nFrom: MAILER-DAEMON@ezweb.ne.jp\r\nTo: <{OWN}>\r\nSubject: Returned Mail\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/mixed; boundary=m\r\n\r\n--m\r\n\r\nUser unknown <minami@example.jp>\r\n--m\r\n\
         Content-Type: message/rfc822\r\n\r\n{inner}\r\n--m--\r\n"
    );
    counter.take_bytes("2021-10-05T10:30:00+09:00", bounce.as_bytes()).is("ignored", true, &[]);
    assert_eq!(counter.outbox()[0]["state"], "bounced");
    assert_eq!(counter.in_force("0123"), 36);
}

#[test]
fn a_report_with_a_form_is_held_without_a_reply() {
    for report in ["delivery-status", "disposition-notification", "feedback-report"] {
        let mut counter = Counter::new();
        let text = String::from_utf8(with_file("様式１.xlsx", minami(1, 6)).bytes()).unwrap();
        let mail = text.replace("multipart/mixed;", &format!("multipart/report; report-type={report};"));
        counter.take_bytes(ON_TIME, mail.as_bytes()).is("held", true, &[]);
        assert_eq!(counter.in_force("0123"), 0, "{report}");
        let without = String::from_utf8(Post::default().bytes()).unwrap();
        let without = without
            .replace("multipart/mixed;", &format!("multipart/report; report-type={report};"))
            .replace("<1@clinic", "<2@clinic");
        counter.take_bytes(ON_TIME, without.as_bytes()).is("ignored", false, &[]);
    }
}
