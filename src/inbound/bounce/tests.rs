use crate::inbound::message::{Bounce, open};
use crate::limits::Limits;

fn bounce(raw: &str) -> Option<Bounce> {
    let crlf = raw.replace('\n', "\r\n");
    let found = open(raw.as_bytes(), &Limits::default()).message.bounce;
    assert_eq!(open(crlf.as_bytes(), &Limits::default()).message.bounce, found);
    found
}

fn check(quirk: &str, raw: &str, action: &str, status: &str, recipient: &str, ids: &[&str]) {
    let expected = Bounce {
        action: action.to_owned(),
        status: status.to_owned(),
        recipient: recipient.to_owned(),
        original_message_ids: ids.iter().map(|id| (*id).to_owned()).collect(),
        ..Bounce::default()
    };
    let found = bounce(raw).map(|bounce| Bounce { original_answers: Vec::new(), ..bounce });
    assert_eq!(found, Some(expected), "{quirk}");
}

/// A report with these per-recipient blocks and this returned part.
fn report(blocks: &str, returned: &str) -> String {
    format!(
        "Return-Path: <>\nFrom: MAILER-DAEMON@mx.jp\nContent-Type: multipart/report; report-type=delivery-status; boundary=R\n\n--R\n\nSorry.\n\n--R\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.jp\nArrival-Date: Mon, 27 Sep 2021 09:00:00 +0900\n\n{blocks}\n--R\n{returned}\n--R--\n"
    )
}

const FAILED: &str = "Final-Recipient: rfc822; taro@clinic.jp\nOriginal-Recipient: rfc822;x@y.jp\nAction: failed\nStatus: 5.1.1 (bad mailbox)\nDiagnostic-Code: smtp; 550 5.1.1 <taro@clinic.jp>\n";

#[test]
fn rfc_3464() {
    let headers = "Content-Type: text/rfc822-headers\n\nFrom: us@city.jp\nMessage-ID: <r1.x@city.jp>\n";
    check(
        "returned headers",
        &report(FAILED, headers),
        "failed",
        "5.1.1",
        "taro@clinic.jp",
        &["<r1.x@city.jp>"],
    );
    let whole = "Content-Type: message/rfc822\n\nFrom: us@city.jp\nMessage-ID:\n <r1.x@city.jp>\n\nbody\n";
    check(
        "returned message",
        &report(FAILED, whole),
        "failed",
        "5.1.1",
        "taro@clinic.jp",
        &["<r1.x@city.jp>"],
    );
    let delayed = "Final-Recipient: RFC822; <Taro@Clinic.JP>\nAction: Delayed\nStatus: 4.4.1\n";
    check("delayed", &report(delayed, headers), "delayed", "4.4.1", "Taro@clinic.jp", &["<r1.x@city.jp>"]);
    let both = format!("{delayed}\n{FAILED}");
    check(
        "the failed one speaks",
        &report(&both, headers),
        "failed",
        "5.1.1",
        "taro@clinic.jp",
        &["<r1.x@city.jp>"],
    );
    let docomo = "Final-Recipient: rfc822;a..b.@docomo.ne.jp\nAction: failed\nStatus: 5.0.0\n";
    check("docomo", &report(docomo, headers), "failed", "5.0.0", "a..b.@docomo.ne.jp", &["<r1.x@city.jp>"]);
    check(
        "nothing returned",
        &report(FAILED, "Content-Type: text/plain\n\nx\n"),
        "failed",
        "5.1.1",
        "taro@clinic.jp",
        &[],
    );
}

#[test]
fn prose_of_old_programs() {
    let qmail = "Return-Path: <>\nFrom: MAILER-DAEMON@mx.jp\nSubject: failure notice\n\nHi. This is the qmail-send program.\n\n<taro@clinic.jp>:\nSorry, no mailbox here by that name. (#5.1.1)\n\n--- Below this line is a copy of the message.\n\nFrom: us@city.jp\nMessage-ID: <r1.x@city.jp>\nSubject: x\n";
    check("qmail", qmail, "failed", "5.1.1", "taro@clinic.jp", &["<r1.x@city.jp>"]);
    let exim = "Return-Path: <>\nX-Failed-Recipients: taro@clinic.jp\nFrom: Mail Delivery System <Mailer-Daemon@mx.jp>\n\nA message that you sent could not be delivered.\n\n  taro@clinic.jp\n    550 unknown\n\n> Message-Id: <r1.x@city.jp>\n";
    check("exim", exim, "failed", "", "taro@clinic.jp", &["<r1.x@city.jp>"]);
    let japanese = "Return-Path: <>\nFrom: postmaster@provider.ne.jp\nSubject: =?UTF-8?B?6YWN5L+h5LiN6IO9?=\nContent-Type: text/plain; charset=utf-8\n\n次の宛先への配信が遅延しています。再送を試みます。\ntaro@clinic.jp\n\nMessage-ID:\n  <r1.x@city.jp>\n";
    check("Japanese provider", japanese, "delayed", "", "taro@clinic.jp", &["<r1.x@city.jp>"]);
}

#[test]
fn people_do_not_bounce() {
    let quoting = "Return-Path: <a@b.jp>\nFrom: a@b.jp\n\n> Message-ID: <r1.x@city.jp>\nこの件です\n";
    assert_eq!(bounce(quoting), None);
    assert_eq!(bounce("Return-Path: <>\nFrom: a@b.jp\n\n休診日です\n"), None);
    let passed_on = report(FAILED, "Content-Type: text/plain\n\nx\n");
    let passed_on = format!(
        "From: a@b.jp\nContent-Type: multipart/mixed; boundary=F\n\n--F\n\nこれが来ました\n--F\nContent-Type: message/rfc822\n\n{passed_on}\n--F--\n"
    );
    let message = open(passed_on.as_bytes(), &Limits::default()).message;
    assert_eq!((message.bounce, message.automatic), (None, Vec::new()));
}
