use crate::inbound::message::{AutomaticSign as Sign, open};
use crate::limits::Limits;

fn check(header: &str, expected: &[Sign]) {
    let raw = format!("From: a@b.jp\n{header}\n\nx\n");
    assert_eq!(open(raw.as_bytes(), &Limits::default()).message.automatic, expected, "{header}");
}

#[test]
fn signs_of_the_table() {
    let text = |text: &str| text.to_owned();
    check("Return-Path: <>", &[Sign::NullReturnPath]);
    check("Return-Path: <a@b.jp>\nReturn-Path: <>", &[]);
    check("Auto-Submitted: no", &[]);
    check("Auto-Submitted: No (a person)", &[]);
    check("Auto-Submitted: auto-replied; x=y", &[Sign::AutoSubmitted(text("auto-replied"))]);
    check(
        "Auto-Submitted: no\nAuto-Submitted: auto-generated",
        &[Sign::AutoSubmitted(text("auto-generated"))],
    );
    check(
        "Content-Type: multipart/report; report-type=\"delivery-status\"; boundary=x",
        &[Sign::Report(text("delivery-status"))],
    );
    check(
        "Content-Type: multipart/report; report-type=disposition-notification",
        &[Sign::Report(text("disposition-notification"))],
    );
    check(
        "list-id: <x.jp>\nList-Unsubscribe: <mailto:x>",
        &[Sign::List(text("List-Id")), Sign::List(text("List-Unsubscribe"))],
    );
    check("Precedence: BULK", &[Sign::Precedence(text("bulk"))]);
    check("Precedence: first-class", &[]);
    check("X-Auto-Response-Suppress: DR, AutoReply", &[Sign::Suppress(text("DR, AutoReply"))]);
    check("X-Auto-Response-Suppress: OOF", &[]);
    check("X-Autoreply: yes", &[Sign::Hint(text("X-Autoreply"))]);
    check("X-Loop: x", &[Sign::Hint(text("X-Loop"))]);
    check("X-Spam-Flag: YES", &[Sign::Hint(text("X-Spam-Flag"))]);
    check("X-Spam-Flag: NO", &[]);
    check("Feedback-ID: 1", &[Sign::Hint(text("Feedback-ID"))]);
    check("Subject: =?UTF-8?B?6Ieq5YuV6L+U5L+h?=", &[Sign::Hint(text("自動返信"))]);
    check("Subject: Re: Undeliverable", &[]);
}

#[test]
fn a_calendar_answers_by_itself() {
    let part = |kind: &str, calendar: &str| {
        format!(
            "Content-Type: multipart/alternative; boundary=B\n\n--B\n\n\n--B\nContent-Type: {kind}\n\n{calendar}\n--B--"
        )
    };
    let reply = "BEGIN:VCALENDAR\nMETHOD:REPLY\nEND:VCALENDAR";
    let answered = [Sign::Hint("calendar".to_owned())];
    check(&part("text/calendar; charset=utf-8; method=REPLY", reply), &answered);
    check(&part("text/calendar", reply), &answered);
    check(&part("application/ics; name=invite.ics", reply), &answered);
    check(&part("text/calendar; method=COUNTER", "BEGIN:VCALENDAR\nMETHOD:COUNTER"), &answered);
    // An invitation is written by a person, and so is an entry that is passed on.
    check(&part("text/calendar; method=REQUEST", "BEGIN:VCALENDAR\nMETHOD:REQUEST"), &[]);
    check(&part("text/calendar", "BEGIN:VCALENDAR\nVERSION:2.0"), &[]);
    check(&part("text/plain", reply), &[]);
}

#[test]
fn addresses_that_no_person_uses() {
    for robot in [
        "MAILER-DAEMON@b.jp",
        "no-reply@b.jp",
        "noreply+1@b.jp",
        "do_not_reply@b.jp",
        "DoNotReply@b.jp",
        "root@b.jp",
        "bounces+x=y@b.jp",
        "bounce@b.jp",
        "x-bounces@b.jp",
        "owner-x@b.jp",
        "x-owner@b.jp",
        "x-request@b.jp",
        "listserv@b.jp",
    ] {
        assert!(super::is_robot(robot), "{robot}");
    }
    for person in [
        "taro@b.jp",
        "owner@b.jp",
        "postmaster@b.jp",
        "rooter@b.jp",
        "request@b.jp",
        "bouncer@b.jp",
        "",
        "info@noreply.jp",
    ] {
        assert!(!super::is_robot(person), "{person}");
    }
}
