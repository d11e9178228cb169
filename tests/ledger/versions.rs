//! Which submission is in force: per visibility, by receipt time, never a rejected one.

use uketsuke::inspection::verdict::{Outcome, Severity, Visibility};
use uketsuke::ledger::Error;
use uketsuke::ledger::staff::Decision;

use super::fixture::{Desk, Draft, at, now};

const PUBLIC: &[Visibility] = &[Visibility::Public];
const PRIVATE: &[Visibility] = &[Visibility::Private];

fn by_staff() -> Decision<'static> {
    Decision { at: now(), actor: "tanaka", reason: "電話で確認" }
}

async fn in_force(desk: &Desk) -> Vec<(String, i64, i64)> {
    let mut lines = std::collections::BTreeMap::new();
    for slot in desk.ledger.slots(Some("123"), None).await.unwrap() {
        let sums: &mut (i64, i64) = lines.entry(slot.receipt).or_default();
        sums.0 += i64::from(slot.public);
        sums.1 += i64::from(slot.private);
    }
    lines.into_iter().map(|(receipt, (public, private))| (receipt, public, private)).collect()
}

#[tokio::test]
async fn a_form_replaces_only_its_own_scope() {
    let desk = Desk::open().await;
    desk.take(Draft::new(1, "0123", Outcome::Accepted).people(3)).await;
    desk.take(Draft::new(2, "0123", Outcome::Accepted).received("10-05T09:00:00").scope(PUBLIC).people(5))
        .await;
    assert_eq!(in_force(&desk).await, [("8-0123-1".into(), 0, 6), ("8-0123-2".into(), 10, 0)]);
    let submissions = desk.ledger.submissions(Some("0123")).await.unwrap();
    assert_eq!(submissions[0].in_force_scope, ["private"]);
    assert_eq!((submissions[1].version, submissions[1].in_force), (Some(2), true));
    desk.take(Draft::new(3, "0123", Outcome::Accepted).received("10-06T09:00:00").scope(PRIVATE).people(1))
        .await;
    assert_eq!(in_force(&desk).await, [("8-0123-2".into(), 10, 0), ("8-0123-3".into(), 0, 2)]);
    let mut intake = desk.ledger.begin_intake().await.unwrap();
    let standing = intake.standing("0123").await.unwrap();
    assert_eq!(standing.superseded.values().collect::<Vec<_>>(), ["8-0123-1"]);
    assert_eq!(standing.in_force.len(), 2);
    drop(intake);
    desk.assert_sound().await;
}

#[tokio::test]
async fn rejected_held_unreadable_and_duplicate_never_touch_it() {
    let desk = Desk::open().await;
    desk.take(Draft::new(1, "0123", Outcome::Accepted)).await;
    let before = in_force(&desk).await;
    for (uid, outcome) in [
        (2, Outcome::Rejected),
        (3, Outcome::Held),
        (4, Outcome::Unreadable),
        (5, Outcome::NotAForm),
        (6, Outcome::Duplicate),
        (7, Outcome::Ignored),
    ] {
        desk.take(Draft::new(uid, "0123", outcome).received("10-06T09:00:00").people(9)).await;
        assert_eq!(in_force(&desk).await, before, "{outcome:?}");
    }
    desk.assert_sound().await;
}

#[tokio::test]
async fn the_order_of_processing_plays_no_part() {
    let desk = Desk::open().await;
    desk.take(Draft::new(1, "0123", Outcome::Accepted).received("10-06T09:00:00").people(5)).await;
    desk.take(Draft::new(2, "0123", Outcome::Accepted).received("10-05T09:00:00").people(1)).await;
    assert_eq!(in_force(&desk).await, [("8-0123-1".into(), 10, 10)]);
    desk.assert_sound().await;
}

#[tokio::test]
async fn staff_accept_reject_void_and_reassign() {
    let desk = Desk::open().await;
    desk.take(Draft::new(1, "0123", Outcome::Accepted).people(3)).await;
    desk.take(Draft::new(2, "0123", Outcome::Held).received("10-14T09:00:00").people(4)).await;
    assert_eq!(desk.ledger.accept("8-0123-2", false, by_staff()).await.unwrap(), 2);
    assert_eq!(in_force(&desk).await, [("8-0123-2".into(), 8, 8)]);
    let shown = desk.ledger.show("8-0123-2").await.unwrap();
    assert_eq!(shown.rulings[1].actor, "tanaka");
    assert_eq!(shown.rulings[1].reason.as_deref(), Some("電話で確認"));
    assert_eq!((shown.difference[0].before, shown.difference[0].after), (3, 4));
    assert_eq!(shown.slots.len(), 2);
    assert_eq!(shown.audit.len(), 2);

    assert!(matches!(desk.ledger.reject("8-0123-2", by_staff()).await, Err(Error::Refused { .. })));
    assert_eq!(desk.ledger.void("8-0123-2", by_staff()).await.unwrap(), ["8-0123-1"]);
    assert_eq!(in_force(&desk).await, [("8-0123-1".into(), 6, 6)]);

    desk.take(Draft::new(3, "0123", Outcome::Held).received("10-14T10:00:00")).await;
    desk.ledger.reassign("8-0123-3", "200", by_staff()).await.unwrap();
    assert_eq!(desk.ledger.accept("8-0123-3", false, by_staff()).await.unwrap(), 1);
    let moved = desk.ledger.show("8-0123-3").await.unwrap();
    assert_eq!(moved.submission.venue_no.as_deref(), Some("0200"));
    assert_eq!(in_force(&desk).await, [("8-0123-1".into(), 6, 6)]);
    desk.assert_sound().await;
}

#[tokio::test]
async fn staff_cannot_put_an_older_a_faulty_or_an_oversized_form_in_force() {
    let desk = Desk::open().await;
    desk.take(Draft::new(1, "0123", Outcome::Held).received("10-04T09:00:00")).await;
    desk.take(Draft::new(2, "0123", Outcome::Accepted).received("10-05T09:00:00")).await;
    let faulty = Draft::new(3, "0123", Outcome::Held).received("10-06T09:00:00");
    desk.take(faulty.finding("R04", Severity::Error)).await;
    desk.take(Draft::new(4, "0123", Outcome::Held).received("10-07T09:00:00").people(40)).await;
    for (receipt, cause) in
        [("8-0123-1", "later"), ("8-0123-3", "errors"), ("8-0123-4", "cap"), ("8-0123-2", "accepted")]
    {
        let error = desk.ledger.accept(receipt, false, by_staff()).await.unwrap_err();
        assert!(error.to_string().contains(cause), "{receipt}: {error}");
    }
    assert!(matches!(desk.ledger.accept("8-0123-9", false, by_staff()).await, Err(Error::Missing { .. })));
    let silent = Decision { reason: " ", ..by_staff() };
    assert!(desk.ledger.reject("8-0123-4", silent).await.is_err());
    desk.ledger.accept("8-0123-3", true, by_staff()).await.unwrap();
    assert_eq!(in_force(&desk).await[0].0, "8-0123-3");
    desk.assert_sound().await;
}

#[tokio::test]
async fn an_extension_is_seen_by_the_judgement() {
    let desk = Desk::open().await;
    desk.ledger.extend("0123", Some(at("10-10T12:00:00")), None, by_staff()).await.unwrap();
    desk.ledger.extend("0123", None, Some(at("10-15T12:00:00")), by_staff()).await.unwrap();
    let mut intake = desk.ledger.begin_intake().await.unwrap();
    let standing = intake.standing("0123").await.unwrap();
    assert_eq!(standing.submission_extended, Some(at("10-10T12:00:00")));
    assert_eq!(standing.correction_extended, Some(at("10-15T12:00:00")));
}

#[tokio::test]
async fn triggers_refuse_a_rejected_form_in_force_and_any_editing() {
    let desk = Desk::open().await;
    desk.take(Draft::new(1, "0123", Outcome::Rejected)).await;
    desk.take(Draft::new(2, "0123", Outcome::Accepted).scope(PUBLIC)).await;
    use sqlx::{Connection, Executor};
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(desk.ledger.path());
    let mut raw = sqlx::SqliteConnection::connect_with(&options).await.unwrap();
    for statement in [
        "INSERT INTO in_force VALUES ('123', 'private', 1, 1, 0)",
        "INSERT INTO in_force VALUES ('123', 'private', 2, 2, 0)",
        "UPDATE in_force SET submission_id = 1, ruling_id = 1",
        "UPDATE ruling SET outcome = 'accepted', version = 9",
        "DELETE FROM ruling",
        "UPDATE slot SET public = 99",
        "UPDATE letter SET bytes = x'00'",
        "DELETE FROM outbox",
        "DELETE FROM letter",
        "UPDATE audit SET actor = 'nobody'",
        "DELETE FROM audit",
        "UPDATE mail SET received_at = 0",
        "DELETE FROM raw_message",
    ] {
        assert!(raw.execute(statement).await.is_err(), "{statement}");
    }
}
