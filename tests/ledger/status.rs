//! The state of a clinic, the digest's figures, exports and set-up.

use uketsuke::inspection::judgement::{Answer, Silence};
use uketsuke::inspection::verdict::{Outcome, Severity, Template, Visibility};
use uketsuke::ledger::NewState;
use uketsuke::ledger::activity::DigestRun;
use uketsuke::ledger::setup::NewExport;
use uketsuke::ledger::staff::{Decision, Subject};

use super::fixture::{Desk, Draft, at, letter, now};

fn by_staff() -> Decision<'static> {
    Decision { at: now(), actor: "tanaka", reason: "確認" }
}

async fn state(desk: &Desk) -> (&'static str, Option<String>) {
    let line = desk.ledger.status().await.unwrap().remove(0);
    (line.state, line.receipt)
}

#[tokio::test]
async fn the_gravest_open_attempt_decides() {
    let desk = Desk::open().await;
    assert_eq!(state(&desk).await, ("not_submitted", None));
    desk.take(Draft::new(1, "0123", Outcome::Rejected).received("10-01T09:00:00")).await;
    assert_eq!(state(&desk).await, ("needs_fix", Some("8-0123-1".into())));
    desk.take(Draft::new(2, "0123", Outcome::Accepted).received("10-02T09:00:00")).await;
    assert_eq!(state(&desk).await, ("accepted", Some("8-0123-2".into())));
    let mut thanks =
        Draft::new(3, "0123", Outcome::NotAForm).received("10-03T09:00:00").silent(Silence::Courtesy);
    thanks.form = false;
    desk.take(thanks).await;
    assert_eq!(state(&desk).await.0, "accepted");
    desk.take(Draft::new(4, "0123", Outcome::Held).received("10-04T09:00:00")).await;
    desk.take(Draft::new(5, "0123", Outcome::Rejected).received("10-05T09:00:00")).await;
    assert_eq!(state(&desk).await, ("held", Some("8-0123-3".into())));
    desk.ledger.reject("8-0123-3", by_staff()).await.unwrap();
    assert_eq!(state(&desk).await, ("needs_fix", Some("8-0123-4".into())));
    desk.take(Draft::new(6, "0123", Outcome::Duplicate).received("10-06T09:00:00")).await;
    let line = desk.ledger.status().await.unwrap().remove(0);
    assert_eq!((line.state, line.receipt.as_deref()), ("accepted", Some("8-0123-2")));
    assert_eq!((line.sum, line.cap, line.own), (Some(12), Some(120), Some(108)));
    desk.assert_sound().await;
}

#[tokio::test]
async fn a_digest_adds_up_and_is_sent_once() {
    let desk = Desk::open().await;
    desk.take(Draft::new(1, "0123", Outcome::Rejected).received("10-03T09:00:00")).await;
    desk.take(Draft::new(2, "0123", Outcome::Accepted).received("10-04T09:00:00")).await;
    let held = Draft::new(3, "0200", Outcome::Held).received("10-04T10:00:00");
    desk.take(held.finding("M07", Severity::Staff)).await;
    let (from, until) = (at("10-04T08:15:00"), at("10-05T08:15:00"));
    let day = desk.ledger.day_activity(from, until, false).await.unwrap();
    assert_eq!(day.clinics.len(), 3);
    assert_eq!((day.changes.mended, day.changes.accepted, day.changes.newly_rejected), (1, 0, 0));
    assert_eq!(day.mails.len(), 2);
    assert_eq!(day.mails[0].receipts, ["8-0123-2"]);
    assert_eq!(day.work.len(), 1);
    assert_eq!(
        (day.work[0].kind.as_str(), day.work[0].receipt.as_deref()),
        ("送信元未登録", Some("8-0200-1"))
    );
    assert_eq!(day.work[0].clinic.as_ref().unwrap().venue_no, "0200");
    assert_eq!((day.days.len(), day.slots.len()), (2, 2));
    assert_eq!(day.days.iter().map(|day| day.public + day.private).sum::<u64>(), 12);
    assert_eq!((day.health.mails_seen, day.health.queued, day.health.difference), (3, 3, 0));

    let run = DigestRun {
        key: "digest:2021-10-05T08:15:00+09:00",
        from,
        until,
        built_at: until,
        state: uketsuke::ledger::NewState::Queued,
    };
    let letters = [letter("digest", Template::Digest, "pt@example.jp")];
    assert!(desk.ledger.digest_done(run, &letters).await.unwrap());
    assert!(!desk.ledger.digest_done(run, &letters).await.unwrap());
    assert_eq!(desk.ledger.last_digest(until).await.unwrap(), Some(until));
    assert_eq!(desk.ledger.outbox(None).await.unwrap().len(), 4);

    // A note does not close a held submission; a decision does.
    desk.ledger.note(Subject::Receipt("8-0200-1"), by_staff()).await.unwrap();
    assert_eq!(desk.ledger.day_activity(from, until, false).await.unwrap().work.len(), 1);
    desk.ledger.reject("8-0200-1", by_staff()).await.unwrap();
    assert!(desk.ledger.day_activity(from, until, false).await.unwrap().work.is_empty());
    desk.assert_sound().await;
}

#[tokio::test]
async fn a_matter_that_a_later_version_settles_leaves_the_list() {
    let desk = Desk::open().await;
    let mut locked = Draft::new(1, "0123", Outcome::Unreadable).received("10-03T09:00:00");
    locked.form = false;
    locked.answer = Answer::Send(Template::Passwd);
    desk.take(locked.finding("M03", Severity::Error)).await;
    let window = (at("10-04T08:15:00"), at("10-05T08:15:00"));
    let day = desk.ledger.day_activity(window.0, window.1, false).await.unwrap();
    assert_eq!(day.work[0].kind, "パスワード付き");
    desk.take(Draft::new(2, "0123", Outcome::Accepted)).await;
    assert!(desk.ledger.day_activity(window.0, window.1, false).await.unwrap().work.is_empty());
}

#[tokio::test]
async fn export_set_up_confirm_and_start_over_with_a_new_version() {
    let desk = Desk::open().await;
    desk.take(Draft::new(1, "0123", Outcome::Accepted).people(2)).await;
    let lines = desk.ledger.export_lines().await.unwrap();
    assert_eq!(lines.len(), 4);
    assert!(lines.iter().all(|line| !line.exported && line.people == 2));
    let export = || NewExport { file: "slots.csv", sha256: "00", is_diff: false, actor: "tanaka", at: now() };
    let id = desk.ledger.mark_exported(&lines, export()).await.unwrap();
    assert!(desk.ledger.mark_exported(&lines[1..], export()).await.is_err());
    assert!(desk.ledger.export_lines().await.unwrap().iter().all(|line| line.exported));
    assert!(desk.ledger.slots(None, Some(id)).await.unwrap().is_empty());
    let setup = async || desk.ledger.status().await.unwrap()[0].setup.clone();
    assert_eq!(setup().await, "exported");
    let ask = letter("confirm", Template::Confirm, "clinic0123@example.jp");
    assert!(desk.ledger.setup_done("0123", Some((&ask, NewState::Queued)), by_staff()).await.unwrap());
    assert!(!desk.ledger.setup_done("0123", Some((&ask, NewState::Queued)), by_staff()).await.unwrap());
    assert_eq!(setup().await, "confirmation_requested");
    desk.ledger.confirm("0123", by_staff()).await.unwrap();
    assert_eq!(setup().await, "confirmed");

    let next =
        Draft::new(2, "0123", Outcome::Accepted).received("10-05T10:00:00").scope(&[Visibility::Public]);
    desk.take(next.people(7)).await;
    let line = desk.ledger.status().await.unwrap().remove(0);
    assert_eq!(line.setup, "none");
    assert!(line.flags.contains(&"changed_after_setup".to_string()));
    let changed = desk.ledger.slots(None, Some(id)).await.unwrap();
    assert_eq!(changed.len(), 4);
    let before = desk.ledger.last_export_lines().await.unwrap().unwrap();
    assert_eq!(before.len(), 4);
    assert!(before.iter().all(|line| line.people == 2));
    let mut intake = desk.ledger.begin_intake().await.unwrap();
    let standing = intake.standing("0123").await.unwrap();
    assert_eq!(standing.in_force.iter().map(|version| version.exported).collect::<Vec<_>>(), [true, false]);
    drop(intake);
    desk.assert_sound().await;
}

#[tokio::test]
async fn the_counts_of_one_run() {
    let desk = Desk::open().await;
    desk.take(Draft::new(1, "0123", Outcome::Accepted)).await;
    let mark = desk.ledger.mark().await.unwrap();
    desk.take(Draft::new(2, "0123", Outcome::Rejected).received("10-05T09:00:00")).await;
    desk.take(Draft::new(3, "0123", Outcome::Accepted).received("10-05T10:00:00")).await;
    let counts = desk.ledger.counts_since(mark).await.unwrap();
    assert_eq!(counts.seen, 2);
    assert_eq!(
        counts.outcomes.into_iter().collect::<Vec<_>>(),
        [("accepted".into(), 1), ("rejected".into(), 1)]
    );
    let json = serde_json::to_value(desk.ledger.mails(false).await.unwrap()).unwrap();
    assert_eq!(json["reconciliation"]["accepted"], 2);
    assert_eq!(json["mails"][0]["locations"][0]["uidvalidity"], 7);
    assert_eq!(json["mails"][0]["reply"]["state"], "queued");
}

#[tokio::test]
async fn the_digest_lists_what_later_versions_of_its_window_changed() {
    let desk = Desk::open().await;
    desk.take(Draft::new(1, "0123", Outcome::Accepted).people(2).scope(&[Visibility::Public])).await;
    let (from, until) = (at("10-04T08:15:00"), at("10-05T08:15:00"));
    let told = async |from, until| desk.ledger.day_activity(from, until, false).await.unwrap().differences;
    assert!(told(from, until).await.is_empty(), "a first version changes nothing");
    let next = Draft::new(2, "0123", Outcome::Accepted).received("10-05T10:00:00");
    desk.take(next.scope(&[Visibility::Private]).people(7)).await;
    let lines = told(until, at("10-06T08:15:00")).await;
    assert!(!lines.is_empty());
    for line in &lines {
        assert_eq!((line.visibility, line.before, line.after), (Visibility::Private, 0, 7));
        assert_eq!((line.venue_no.as_str(), line.version), ("0123", 2));
    }
    assert!(told(at("10-06T08:15:00"), at("10-07T08:15:00")).await.is_empty());
}

#[tokio::test]
async fn what_a_version_changed_is_told_slot_by_slot() {
    let desk = Desk::open().await;
    let window = (at("10-04T00:00:00"), at("10-05T00:00:00"));
    let told = async || {
        let day = desk.ledger.day_activity(window.0, window.1, false).await.unwrap();
        day.differences
            .iter()
            .map(|line| {
                let (venue, date) = (&line.venue_no, line.date.strftime("%m/%d").to_string());
                let visibility = line.visibility.as_str();
                format!(
                    "{venue} {date} {visibility} {}→{} 第{}版 {}",
                    line.before, line.after, line.version, line.receipt
                )
            })
            .collect::<Vec<_>>()
    };
    desk.take(Draft::new(1, "0123", Outcome::Accepted).received("10-03T09:00:00")).await;
    desk.take(Draft::new(2, "0200", Outcome::Accepted).received("10-04T08:00:00")).await;
    assert!(told().await.is_empty(), "a first version changes nothing");
    let public = [Visibility::Public];
    desk.take(Draft::new(3, "0123", Outcome::Accepted).received("10-04T09:00:00").scope(&public).people(5))
        .await;
    assert_eq!(
        told().await,
        ["0123 10/25 public 3→5 第2版 8-0123-2", "0123 11/15 public 3→5 第2版 8-0123-2"],
        "the visibility that the form does not cover is untouched"
    );
    // A correction counts on the day on which staff accept it.
    desk.take(Draft::new(4, "0123", Outcome::Held).received("10-04T10:00:00").scope(&public).people(0)).await;
    assert_eq!(told().await.len(), 2);
    let decision = Decision { at: at("10-04T11:00:00"), actor: "tanaka", reason: "確認" };
    desk.ledger.accept("8-0123-3", false, decision).await.unwrap();
    assert_eq!(
        told().await[2..],
        ["0123 10/25 public 5→0 第3版 8-0123-3", "0123 11/15 public 5→0 第3版 8-0123-3"]
    );
    // What left force is told against what holds again.
    desk.ledger.void("8-0123-3", decision).await.unwrap();
    assert_eq!(
        told().await[2..],
        ["0123 10/25 public 0→5 第2版 8-0123-2", "0123 11/15 public 0→5 第2版 8-0123-2"]
    );
    desk.assert_sound().await;
}

#[tokio::test]
async fn a_mail_stands_as_its_forms_stand() {
    let desk = Desk::open().await;
    let counts = async || {
        let mails = desk.ledger.mails(false).await.unwrap();
        let open = desk.ledger.mails(true).await.unwrap().mails;
        let sums = mails.reconciliation;
        assert_eq!((sums.seen, sums.difference), (4, 0));
        assert_eq!(sums.accepted + sums.rejected + sums.held + sums.not_a_form, 4);
        (sums.held, sums.accepted, sums.rejected, open.iter().map(|mail| mail.id).collect::<Vec<_>>())
    };
    desk.take(Draft::new(1, "0123", Outcome::Held).received("10-03T09:00:00")).await;
    desk.take(Draft::new(2, "0200", Outcome::Held).received("10-03T10:00:00")).await;
    desk.take(Draft::new(3, "", Outcome::Held).received("10-03T11:00:00")).await;
    let mut question = Draft::new(4, "0310", Outcome::NotAForm).received("10-03T12:00:00");
    (question.form, question.needs_staff) = (false, true);
    desk.take(question.finding("M13", Severity::Staff)).await;
    assert_eq!(counts().await, (3, 0, 0, vec![1, 2, 3, 4]));
    desk.ledger.accept("8-0123-1", false, by_staff()).await.unwrap();
    assert_eq!(counts().await, (2, 1, 0, vec![2, 3, 4]));
    desk.ledger.reject("8-0200-1", by_staff()).await.unwrap();
    assert_eq!(counts().await, (1, 1, 1, vec![3, 4]));
    desk.ledger.note(Subject::Mail(4), by_staff()).await.unwrap();
    assert_eq!(counts().await, (1, 1, 1, vec![3]));
    // A form that was given to a clinic still waits; a note does not decide it.
    desk.ledger.reassign("8-0-1", "0310", by_staff()).await.unwrap();
    desk.ledger.note(Subject::Mail(3), by_staff()).await.unwrap();
    assert_eq!(counts().await, (1, 1, 1, vec![3]));
    let day = desk.ledger.day_activity(at("10-03T00:00:00"), at("10-04T00:00:00"), false).await.unwrap();
    let lines: Vec<_> =
        day.work.iter().map(|item| (item.receipt.as_deref(), item.clinic.is_some())).collect();
    assert_eq!(lines, [(Some("8-0-1"), true)]);
    assert!(day.work[0].action.contains("accept"), "{}", day.work[0].action);
    let shown = desk.ledger.mail(1).await.unwrap().mail;
    assert_eq!((shown.outcome.as_str(), shown.needs_staff), ("accepted", false));
    desk.assert_sound().await;
}

#[tokio::test]
async fn a_letter_that_came_back_is_one_matter() {
    let desk = Desk::open().await;
    let (letter, _) = desk.take(Draft::new(1, "0123", Outcome::Accepted)).await;
    desk.sql("UPDATE outbox SET state = 'sent', attempts = 1, next_attempt_at = NULL").await;
    let mut report =
        Draft::new(2, "", Outcome::Ignored).received("10-04T09:05:00").silent(Silence::Automatic);
    (report.form, report.needs_staff, report.from) = (false, true, "mailer-daemon@example.jp".into());
    let (report, _) = desk.take(report).await;
    // As the judgement of a delivery report leaves it.
    desk.sql(
        "DROP TRIGGER mail_is_immutable; UPDATE mail SET is_bounce = 1 WHERE id = 2;
         INSERT INTO finding (judgement_id, code, severity, message)
         SELECT id, 'M18', 'staff', 'clinic0123@example.jp へ返信できません。電話でご連絡ください。' FROM judgement WHERE mail_id = 2;
         UPDATE outbox SET state = 'bounced', last_error = 'bounced: 5.1.1 clinic0123@example.jp'",
    )
    .await;
    let kinds = async || {
        let day = desk.ledger.day_activity(at("10-04T00:00:00"), at("10-05T00:00:00"), false).await.unwrap();
        let open: Vec<i64> =
            desk.ledger.mails(true).await.unwrap().mails.iter().map(|mail| mail.id).collect();
        (day.work.into_iter().map(|item| (item.kind, item.mail_id)).collect::<Vec<_>>(), open)
    };
    assert_eq!(kinds().await, (vec![("返信不能".to_string(), Some(letter))], vec![report]));
    // A note on the report deals with it, like one on the letter's mail.
    desk.ledger.note(Subject::Mail(report), by_staff()).await.unwrap();
    assert_eq!(kinds().await, (Vec::new(), Vec::new()));
}

#[tokio::test]
async fn a_suppressed_reply_is_told_as_such() {
    let desk = Desk::open().await;
    let mut many = Draft::new(1, "0123", Outcome::NotAForm);
    (many.form, many.needs_staff, many.answer) = (false, true, Answer::Suppress(Template::Noatt));
    desk.take(many).await;
    let day = desk.ledger.day_activity(at("10-04T00:00:00"), at("10-05T00:00:00"), false).await.unwrap();
    assert_eq!(day.work[0].kind, "返信の抑止");
    assert!(day.work[0].action.contains("outbox release"));
}
