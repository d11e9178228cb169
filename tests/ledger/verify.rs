//! Every check finds what it is for: rows are spoiled behind the triggers' back.

use uketsuke::inspection::verdict::Outcome;

use super::fixture::{Desk, Draft};

const WITHOUT_TRIGGERS: &str = "DROP TRIGGER in_force_insert; DROP TRIGGER in_force_update;
    DROP TRIGGER ruling_supersedes; DROP TRIGGER ruling_is_immutable; DROP TRIGGER submission_is_immutable;
    DROP TRIGGER submission_is_kept; DROP TRIGGER ruling_is_kept; DROP TRIGGER slot_is_immutable;
    DROP TRIGGER slot_is_kept; DROP TRIGGER mail_is_immutable; DROP TRIGGER outbox_is_immutable;
    DROP TRIGGER outbox_sent_is_final; DROP TRIGGER outbox_is_kept; DROP TRIGGER audit_is_immutable;
    DROP TRIGGER audit_is_kept; DROP TRIGGER letter_is_immutable; DROP TRIGGER letter_is_kept;";

/// Spoils a sound ledger and expects exactly these invariants to be reported.
async fn check(statement: &'static str, expected: &[&str]) {
    let desk = Desk::open().await;
    desk.take(Draft::new(1, "0123", Outcome::Accepted).people(3)).await;
    desk.take(Draft::new(2, "0123", Outcome::Rejected).received("10-05T09:00:00").people(4)).await;
    desk.take(Draft::new(3, "0123", Outcome::Accepted).received("10-06T09:00:00").people(5)).await;
    desk.assert_sound().await;
    desk.sql(WITHOUT_TRIGGERS).await;
    desk.sql(statement).await;
    let found = desk.ledger.verify().await.unwrap();
    let mut invariants: Vec<&str> = found.violations.iter().map(|violation| violation.invariant).collect();
    invariants.sort_unstable();
    invariants.dedup();
    assert_eq!(invariants, expected, "{statement}: {:#?}", found.violations);
    assert!(!found.ok);
}

#[tokio::test]
async fn planted_violations_are_found() {
    for (statement, expected) in [
        ("DELETE FROM location WHERE mail_id = 2", &["I1"][..]),
        ("DELETE FROM sighting WHERE uid = 2", &["I1"]),
        ("UPDATE judgement SET number = 2 WHERE mail_id = 1", &["I2"]),
        ("UPDATE judgement SET letters = 2 WHERE mail_id = 1", &["I3"]),
        ("UPDATE judgement SET answer = 'silent' WHERE mail_id = 1", &["I3"]),
        ("UPDATE outbox SET attempts = 1 WHERE id = 1", &["I4"]),
        ("UPDATE outbox SET to_key = 'other@example.jp' WHERE id = 1", &["I5"]),
        ("UPDATE raw_message SET bytes = zeroblob(size) WHERE rowid = 1", &["I6"]),
        ("UPDATE audit SET actor = 'nobody' WHERE seq = 2", &["I7"]),
        ("DELETE FROM audit WHERE seq = 1", &["I7"]),
        ("UPDATE letter SET bytes = x'00' WHERE outbox_id = 1", &["I7"]),
        ("DELETE FROM letter WHERE outbox_id = 1", &["I7"]),
        ("UPDATE location SET filed_at = 1 WHERE id = 1", &["I8"]),
        ("UPDATE ruling SET timing = 'late' WHERE id = 1", &["I9"]),
        ("UPDATE ruling SET submission_deadline = 0 WHERE id = 1", &["I9"]),
        ("UPDATE submission SET received_at = received_at - 1 WHERE id = 2", &["I9"]),
        ("UPDATE in_force SET submission_id = 1, ruling_id = 1", &["I10"]),
        ("UPDATE in_force SET submission_id = 2, ruling_id = 2 WHERE visibility = 'public'", &["I10"]),
        ("DELETE FROM in_force WHERE visibility = 'private'", &["I10"]),
        ("UPDATE ruling SET venue_key = 'nowhere' WHERE id = 2", &["I11"]),
        ("UPDATE slot SET public = public + 1 WHERE reading_id = 3 AND ordinal = 0", &["sums"]),
        ("UPDATE ruling SET errors = 5 WHERE id = 2", &["sums"]),
        ("UPDATE submission SET serial = 9, receipt = '8-0123-9' WHERE id = 2", &["I11", "receipts"]),
        ("UPDATE ruling SET version = 7 WHERE id = 3", &["versions"]),
        ("UPDATE ruling SET cap = 1 WHERE id = 3", &["cap"]),
    ] {
        check(statement, expected).await;
    }
}
