//! Recording: once per mail, whole or not at all, numbers without holes.

use jiff::SignedDuration;
use uketsuke::clinic::Intent;
use uketsuke::inbound::message::{Bounce, Message};
use uketsuke::inspection::judgement::{Answer, Silence};
use uketsuke::inspection::verdict::{Outcome, Severity, Template};
use uketsuke::ledger::{Error, Ledger, lock};

use super::fixture::{Desk, Draft, at, clinic, hex, inspection, key, letter, now, take_in};

#[tokio::test]
async fn the_same_bytes_at_two_places_are_one_mail_answered_once() {
    let desk = Desk::open().await;
    let draft = Draft::new(1, "0123", Outcome::Accepted);
    let (first, receipt) = desk.take(draft.clone()).await;
    assert_eq!(receipt.as_deref(), Some("8-0123-1"));
    let mut raw = draft.raw();
    raw.key = key(99);
    let mut intake = desk.ledger.begin_intake().await.unwrap();
    intake.note_seen(&[key(99)], now()).await.unwrap();
    assert_eq!(intake.recognise(&hex(&raw.bytes), &raw, now()).await.unwrap(), Some(first));
    intake.commit().await.unwrap();
    let mails = desk.ledger.mails(false).await.unwrap();
    assert_eq!(mails.mails.len(), 1);
    assert_eq!(mails.mails[0].locations.len(), 2);
    assert_eq!(mails.reconciliation.seen, 1);
    assert_eq!(mails.reconciliation.difference, 0);
    assert_eq!(desk.ledger.outbox(None).await.unwrap().len(), 1);
    let known = desk.ledger.known_keys(&[key(1), key(2), key(99)]).await.unwrap();
    assert_eq!(known.into_iter().collect::<Vec<_>>(), [key(1), key(99)]);
    desk.assert_sound().await;
}

#[tokio::test]
async fn a_batch_that_is_dropped_leaves_nothing_and_gives_its_numbers_back() {
    let desk = Desk::open().await;
    {
        let mut intake = desk.ledger.begin_intake().await.unwrap();
        take_in(&mut intake, Draft::new(1, "0123", Outcome::Accepted)).await;
        take_in(&mut intake, Draft::new(2, "0123", Outcome::Rejected)).await;
    }
    assert!(desk.ledger.mails(false).await.unwrap().mails.is_empty());
    assert!(desk.ledger.outbox(None).await.unwrap().is_empty());
    let (_, receipt) = desk.take(Draft::new(3, "0123", Outcome::Accepted)).await;
    assert_eq!(receipt.as_deref(), Some("8-0123-1"));
    desk.assert_sound().await;
}

/// What a power cut would leave: the files as they are in the middle of a transaction and after its commit.
#[tokio::test]
async fn the_files_hold_nothing_of_a_batch_before_its_commit_and_all_of_it_after() {
    let desk = Desk::open().await;
    let copy = |name: &str| {
        let folder = desk.folder.path().join(name);
        std::fs::create_dir(&folder).unwrap();
        for suffix in ["", "-wal"] {
            let from = format!("{}{suffix}", desk.ledger.path().display());
            std::fs::copy(from, folder.join(format!("uketsuke.db{suffix}"))).unwrap();
        }
        folder.join("uketsuke.db")
    };
    let mut intake = desk.ledger.begin_intake().await.unwrap();
    for uid in 1..=20 {
        let mut draft = Draft::new(uid, "0123", Outcome::Rejected);
        draft.slots = 119;
        take_in(&mut intake, draft).await;
    }
    let during = copy("during");
    intake.commit().await.unwrap();
    let after = copy("after");
    for (path, mails) in [(during, 0), (after, 20)] {
        let ledger = Ledger::open(&path, now()).await.unwrap();
        assert_eq!(ledger.mails(false).await.unwrap().mails.len(), mails);
        assert_eq!(ledger.outbox(None).await.unwrap().len(), mails);
        assert!(ledger.verify().await.unwrap().ok);
    }
}

#[tokio::test]
async fn a_drawn_number_that_is_not_recorded_stops_the_commit() {
    let desk = Desk::open().await;
    let mut intake = desk.ledger.begin_intake().await.unwrap();
    take_in(&mut intake, Draft::new(1, "0123", Outcome::Accepted)).await;
    assert_eq!(intake.next_receipt(8, "0123").await.unwrap(), "8-0123-2");
    assert!(matches!(intake.commit().await, Err(Error::UnusedReceipt(_))));
    assert!(desk.ledger.mails(false).await.unwrap().mails.is_empty());
}

#[tokio::test]
async fn later_mails_of_a_batch_see_what_earlier_ones_did() {
    let desk = Desk::open().await;
    let mut intake = desk.ledger.begin_intake().await.unwrap();
    take_in(&mut intake, Draft::new(1, "0123", Outcome::Rejected).received("10-04T08:00:00")).await;
    take_in(&mut intake, Draft::new(2, "0123", Outcome::Accepted).people(5)).await;
    let standing = intake.standing("123").await.unwrap();
    assert_eq!(standing.in_force.len(), 1);
    assert_eq!(standing.in_force[0].slots.len(), 2);
    assert_eq!(standing.in_force[0].receipt, "8-0123-2");
    assert_eq!(standing.first_attempt, Some(at("10-04T08:00:00")));
    assert_eq!((standing.next_serial, standing.versions), (3, 1));
    let fingerprint = standing.in_force[0].fingerprint.clone();
    assert_eq!(intake.twins(&fingerprint, "0200").await.unwrap(), ["0123"]);
    assert!(intake.twins(&fingerprint, "0123").await.unwrap().is_empty());
    intake.commit().await.unwrap();
}

#[tokio::test]
async fn redelivery_collision_answer_bounce_and_budget_are_told() {
    let desk = Desk::open().await;
    let mut draft = Draft::new(1, "0123", Outcome::Unreadable).finding("M03", Severity::Error);
    draft.form = false;
    draft.answer = Answer::Send(Template::Passwd);
    let (id, _) = desk.take(draft.clone()).await;
    let mut intake = desk.ledger.begin_intake().await.unwrap();

    let again = draft.message();
    let standing = intake.mail_standing(&again, draft.received).await.unwrap();
    assert_eq!((standing.redelivery_of, standing.message_id_seen), (Some(id), false));

    let mut other = draft.message();
    other.canonical = "other".into();
    let later = draft.received.checked_add(SignedDuration::from_mins(30)).unwrap();
    let standing = intake.mail_standing(&other, later).await.unwrap();
    assert_eq!((standing.redelivery_of, standing.message_id_seen), (None, true));
    assert_eq!(standing.password_mail, Some(id));
    assert_eq!((standing.replies_last_hour, standing.replies_last_day), (1, 1));

    let two_days = draft.received.checked_add(SignedDuration::from_hours(49)).unwrap();
    let standing = intake.mail_standing(&other, two_days).await.unwrap();
    assert_eq!((standing.password_mail, standing.replies_last_day), (None, 0));

    let ours = "<out1@city.kumamoto.kumamoto.jp>".to_string();
    let answer = Message { answers: vec!["<x@y>".into(), ours.clone()], ..draft.message() };
    let standing = intake.mail_standing(&answer, later).await.unwrap();
    assert_eq!(standing.answers.unwrap().venue_no.as_deref(), Some("0123"));
    let copy = Message { message_id: Some(ours), ..draft.message() };
    assert!(intake.mail_standing(&copy, later).await.unwrap().is_ours);
}

#[tokio::test]
async fn a_bounce_marks_the_letter_and_the_address() {
    let desk = Desk::open().await;
    desk.take(Draft::new(1, "0123", Outcome::Accepted)).await;
    let claimed = desk.ledger.claim_due(now(), 10, SignedDuration::from_mins(5)).await.unwrap();
    desk.ledger.fence(&[claimed[0].id], now()).await.unwrap();
    let mut bounce = Draft::new(2, "0", Outcome::Ignored).silent(Silence::Automatic);
    bounce.form = false;
    bounce.from = "mailer-daemon@example.jp".into();
    bounce.needs_staff = true;
    bounce.message.bounce = Some(Bounce {
        action: "failed".into(),
        status: "5.1.1".into(),
        recipient: "clinic0123@example.jp".into(),
        original_message_ids: vec!["<out1@city.kumamoto.kumamoto.jp>".into()],
        ..Bounce::default()
    });
    desk.take(bounce).await;
    assert_eq!(desk.ledger.outbox(None).await.unwrap()[0].state, "bounced");
    let status = desk.ledger.status().await.unwrap();
    assert_eq!(status[0].flags, ["undeliverable"]);
    desk.assert_sound().await;
}

#[tokio::test]
async fn held_while_the_registry_is_empty_and_judged_again_after_the_import() {
    let desk = Desk::empty().await;
    let mut draft = Draft::new(1, "0123", Outcome::Held);
    draft.answer = Answer::Draft(Template::Held);
    let (id, receipt) = desk.take(draft.clone()).await;
    assert_eq!(receipt.as_deref(), Some("8-0-1"));
    assert_eq!(desk.ledger.held_for_registry().await.unwrap(), [id]);
    desk.ledger.import(&[clinic("0123")], now(), "tester", false).await.unwrap();

    let stored = desk.ledger.stored_mail(id).await.unwrap();
    assert_eq!(stored.raw.bytes, draft.raw().bytes);
    assert_eq!(stored.receipts, std::slice::from_ref(&receipt));
    let accepted = Draft { outcome: Outcome::Accepted, answer: Answer::Send(Template::Accept), ..draft };
    let submission = accepted.submission(receipt.clone(), Some(clinic("0123")));
    let new = inspection(&accepted, vec![submission]);
    let reply = letter("again1", Template::Accept, &accepted.from);
    let letters = [uketsuke::ledger::NewLetter {
        letter: &reply,
        state: uketsuke::ledger::NewState::Queued,
        receipt: receipt.as_deref(),
        not_before: None,
    }];
    let mut intake = desk.ledger.begin_intake().await.unwrap();
    intake.rejudge(id, &new, &letters, now(), "tester").await.unwrap();
    intake.commit().await.unwrap();
    assert!(desk.ledger.held_for_registry().await.unwrap().is_empty());
    let shown = desk.ledger.show("8-0-1").await.unwrap();
    assert_eq!((shown.submission.outcome.as_str(), shown.submission.version), ("accepted", Some(1)));
    assert!(shown.submission.in_force);
    assert_eq!(shown.rulings.len(), 2);
    assert_eq!(shown.reply.unwrap().state, "queued");
    assert_eq!(desk.ledger.outbox(Some("suppressed")).await.unwrap().len(), 1);
    desk.assert_sound().await;
}

#[tokio::test]
async fn a_provisional_address_is_seen_by_the_next_mail_and_kept_by_an_import() {
    let desk = Desk::empty().await;
    let bare = uketsuke::clinic::Clinic { emails: Vec::new(), ..clinic("0500") };
    desk.ledger.import(std::slice::from_ref(&bare), now(), "tester", false).await.unwrap();
    let mut intake = desk.ledger.begin_intake().await.unwrap();
    let draft = Draft { from: "new@example.jp".into(), ..Draft::new(1, "0500", Outcome::Accepted) };
    let raw = draft.raw();
    let registry = intake.registry().await.unwrap();
    let receipt = intake.next_receipt(8, "0500").await.unwrap();
    let found = registry.by_venue_no("500").cloned();
    let mut judged = inspection(&draft, vec![draft.submission(Some(receipt), found)]);
    judged.answer = Answer::Silent(Silence::Courtesy);
    judged.provisional = vec![("0500".into(), "New@example.jp".into())];
    intake.note_seen(&[key(1)], now()).await.unwrap();
    let sha256 = hex(&raw.bytes);
    let mail = uketsuke::ledger::NewMail {
        raw: &raw,
        sha256: &sha256,
        message: &draft.message(),
        inspection: &judged,
        letters: &[],
        recorded_at: now(),
    };
    intake.record(mail).await.unwrap();
    assert_eq!(intake.registry().await.unwrap().by_address("new@example.jp").len(), 1);
    intake.commit().await.unwrap();
    let difference = desk.ledger.import(&[bare], now(), "tester", false).await.unwrap();
    assert_eq!(difference.unchanged, 1);
    let registry = desk.ledger.registry().await.unwrap();
    assert_eq!(registry.by_address("new@example.jp")[0].provisional_emails, ["New@example.jp"]);
    assert_eq!(registry.by_address("new@example.jp")[0].uses_system, Intent::Yes);
    desk.assert_sound().await;
}

#[tokio::test]
async fn a_form_by_fax_counts_like_one_by_mail() {
    let desk = Desk::open().await;
    let mut intake = desk.ledger.begin_intake().await.unwrap();
    let receipt = intake.next_receipt(8, "0123").await.unwrap();
    let clinic = intake.registry().await.unwrap().by_venue_no("123").cloned();
    let submission = Draft::new(1, "0123", Outcome::Accepted).submission(Some(receipt), clinic);
    let entry = uketsuke::ledger::intake::NewEntry {
        channel: "fax",
        received_at: at("10-04T09:00:00"),
        recorded_at: now(),
        file: b"keyed in",
        submission: &submission,
        actor: "tanaka",
        reason: "FAXで受領",
    };
    intake.record_entry(entry).await.unwrap();
    intake.commit().await.unwrap();
    let line = desk.ledger.status().await.unwrap().remove(0);
    assert_eq!((line.state, line.sum), ("accepted", Some(12)));
    assert_eq!(line.flags, ["other_channel"]);
    let shown = desk.ledger.show("8-0123-1").await.unwrap();
    assert_eq!((shown.submission.channel.as_str(), shown.submission.mail_id), ("fax", None));
    assert_eq!(shown.rulings[0].reason.as_deref(), Some("FAXで受領"));
    assert_eq!(desk.ledger.mails(false).await.unwrap().reconciliation.seen, 0);
    desk.assert_sound().await;
}

#[tokio::test]
async fn a_mail_in_full_and_the_files_mode() {
    let desk = Desk::open().await;
    let (id, _) = desk.take(Draft::new(1, "0123", Outcome::Held).finding("M07", Severity::Staff)).await;
    let mail = serde_json::to_value(desk.ledger.mail(id).await.unwrap()).unwrap();
    assert_eq!((&mail["outcome"], &mail["needs_staff"]), (&"held".into(), &true.into()));
    assert_eq!(mail["submissions"][0]["findings"]["staff"], 1);
    assert!(mail["reply"]["message_id"].as_str().unwrap().starts_with('<'));
    assert_eq!(desk.ledger.raw_mail(id).await.unwrap(), Draft::new(1, "0123", Outcome::Held).raw().bytes);
    assert!(matches!(desk.ledger.mail(99).await, Err(Error::Missing { .. })));
    use std::os::unix::fs::PermissionsExt;
    let mode = std::fs::metadata(desk.ledger.path()).unwrap().permissions().mode();
    assert_eq!(mode & 0o077, 0);
}

#[tokio::test]
async fn two_writers_wait_for_each_other() {
    let desk = Desk::open().await;
    let other = Ledger::open(desk.ledger.path(), now()).await.unwrap();
    let mut intake = desk.ledger.begin_intake().await.unwrap();
    take_in(&mut intake, Draft::new(1, "0123", Outcome::Accepted)).await;
    let import = tokio::spawn(async move { other.import(&[clinic("0999")], now(), "t", false).await });
    tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    intake.commit().await.unwrap();
    import.await.unwrap().unwrap();
    assert_eq!(desk.ledger.registry().await.unwrap().len(), 4);
    desk.assert_sound().await;
}

#[tokio::test]
async fn filing_and_the_servers_side_of_the_books() {
    let desk = Desk::open().await;
    desk.ledger.note_listing("INBOX", &[key(1), key(2), key(3)], now()).await.unwrap();
    assert_eq!(desk.ledger.pending().await.unwrap(), 3);
    desk.take(Draft::new(1, "0123", Outcome::Accepted)).await;
    desk.take(Draft::new(2, "0123", Outcome::Held).received("10-04T10:00:00")).await;
    let unfiled = desk.ledger.unfiled().await.unwrap();
    assert_eq!(unfiled.iter().map(|one| one.needs_staff).collect::<Vec<_>>(), [false, true]);
    desk.ledger.mark_filed(&[key(1)], "Processed", now()).await.unwrap();
    assert_eq!(desk.ledger.unfiled().await.unwrap().len(), 1);
    assert_eq!(desk.ledger.pending().await.unwrap(), 1);
    // Somebody moved the third away before it was fetched.
    desk.ledger.note_listing("INBOX", &[key(2)], now()).await.unwrap();
    let books = desk.ledger.reconciliation().await.unwrap();
    assert_eq!((books.seen, books.recorded, books.pending, books.difference), (2, 2, 0, 0));
    desk.assert_sound().await;
    assert!(!desk.ledger.note_epoch("INBOX", 7, now()).await.unwrap());
    assert!(!desk.ledger.note_epoch("INBOX", 7, now()).await.unwrap());
    assert!(desk.ledger.note_epoch("INBOX", 8, now()).await.unwrap());
}

#[tokio::test]
async fn two_instances_newer_schema_foreign_file_and_reading_only() {
    let desk = Desk::open().await;
    let path = desk.ledger.path().to_path_buf();
    let guard = lock(&path).unwrap();
    let second = lock(&path).unwrap_err();
    assert!(matches!(second, Error::Locked(_)) && second.is_transient());
    drop(guard);
    lock(&path).unwrap();

    desk.ledger.quick_check().await.unwrap();
    let key = desk.ledger.instance_key().await.unwrap();
    assert_ne!(key, [0; 32]);
    let reader = Ledger::open_read_only(&path).await.unwrap();
    assert_eq!(reader.instance_key().await.unwrap(), key);
    assert!(matches!(reader.import(&[clinic("1")], now(), "t", false).await, Err(Error::ReadOnly)));
    reader.close().await;

    let copy = desk.folder.path().join("backup.db");
    desk.ledger.backup(&copy).await.unwrap();
    assert!(desk.ledger.backup(&copy).await.is_err());
    let back = desk.folder.path().join("restored.db");
    uketsuke::ledger::backup::restore(&copy, &back).await.unwrap();
    let restored = Ledger::open(&back, now()).await.unwrap();
    assert_eq!(restored.registry().await.unwrap().len(), 3);
    assert_eq!(restored.database_id().await.unwrap(), desk.ledger.database_id().await.unwrap());

    desk.sql("PRAGMA user_version = 3").await;
    assert!(matches!(Ledger::open(&path, now()).await, Err(Error::NewerSchema { found: 3, known: 2 })));
    desk.sql("PRAGMA application_id = 5").await;
    assert!(matches!(Ledger::open(&path, now()).await, Err(Error::NotALedger)));
    let junk = desk.folder.path().join("junk.db");
    std::fs::write(&junk, vec![b'x'; 4096]).unwrap();
    assert!(matches!(Ledger::open(&junk, now()).await, Err(Error::NotALedger)));
}
