//! The life of a letter: claimed, fenced, settled, cut off, handled by staff.

use jiff::SignedDuration;
use uketsuke::inspection::judgement::Answer;
use uketsuke::inspection::verdict::{Outcome, Template};
use uketsuke::ledger::outbox::{Claimed, Concern, Handling, Recovered, Settlement, Unoffered};
use uketsuke::outbound::delivery::Delivery;

use super::fixture::{Desk, Draft, letter, now};

const LEASE: SignedDuration = SignedDuration::from_mins(5);

fn after(minutes: i64) -> jiff::Timestamp {
    now().checked_add(SignedDuration::from_mins(minutes)).unwrap()
}

async fn claim(desk: &Desk, minutes: i64) -> Vec<Claimed> {
    desk.ledger.claim_due(after(minutes), 20, LEASE).await.unwrap()
}

async fn state(desk: &Desk) -> (String, i64) {
    let letters = desk.ledger.outbox(None).await.unwrap();
    (letters[0].state.clone(), letters[0].attempts)
}

async fn settle(desk: &Desk, id: i64, delivery: Delivery, next: Option<i64>, minutes: i64) {
    let settlement = Settlement { id, delivery, next_attempt_at: next.map(after) };
    desk.ledger.settle(settlement, after(minutes)).await.unwrap();
}

#[tokio::test]
async fn queued_sending_deferred_sent() {
    let desk = Desk::open().await;
    desk.take(Draft::new(1, "0123", Outcome::Accepted)).await;
    let first = claim(&desk, 0).await;
    assert_eq!((first.len(), first[0].attempts, first[0].to.as_str()), (1, 1, "clinic0123@example.jp"));
    assert_eq!(state(&desk).await, ("sending".into(), 1));
    assert!(claim(&desk, 1).await.is_empty());
    settle(&desk, first[0].id, Delivery::Deferred("450 later".into()), Some(3), 2).await;
    assert_eq!(state(&desk).await, ("deferred".into(), 1));
    assert!(claim(&desk, 2).await.is_empty());
    let second = claim(&desk, 3).await;
    assert_eq!(second[0].bytes, first[0].bytes);
    assert_eq!(second[0].message_id, first[0].message_id);
    assert_eq!(desk.ledger.fence(&[second[0].id], after(3)).await.unwrap(), [second[0].id]);
    settle(&desk, second[0].id, Delivery::Accepted("250 ok".into()), None, 3).await;
    assert_eq!(state(&desk).await, ("sent".into(), 2));
    assert!(claim(&desk, 9000).await.is_empty());
    assert_eq!(desk.ledger.next_due().await.unwrap(), None);
    assert!(desk.ledger.handle_letter(second[0].id, Handling::Retry, after(9), "t", "r").await.is_err());
    desk.assert_sound().await;
}

#[tokio::test]
async fn a_cut_before_the_fence_is_sent_again_and_one_after_it_is_ambiguous() {
    let desk = Desk::open().await;
    desk.take(Draft::new(1, "0123", Outcome::Accepted)).await;
    claim(&desk, 0).await;
    assert_eq!(desk.ledger.recover(after(1)).await.unwrap(), Recovered { ambiguous: 0, requeued: 1 });
    let again = claim(&desk, 1).await;
    desk.ledger.fence(&[again[0].id], after(1)).await.unwrap();
    assert_eq!(desk.ledger.recover(after(2)).await.unwrap(), Recovered { ambiguous: 1, requeued: 0 });
    assert_eq!(state(&desk).await, ("ambiguous".into(), 2));
    assert!(claim(&desk, 11).await.is_empty());
    let third = claim(&desk, 12).await;
    assert_eq!(third[0].attempts, 3);
    settle(&desk, third[0].id, Delivery::Ambiguous("timeout".into()), None, 13).await;
    assert_eq!(desk.ledger.outbox(None).await.unwrap()[0].repeated, 1);
    assert!(desk.ledger.prove_sent(&third[0].message_id, after(14)).await.unwrap());
    assert_eq!(state(&desk).await.0, "sent");
    desk.assert_sound().await;
}

#[tokio::test]
async fn what_was_never_offered_is_given_back_as_it_was() {
    let desk = Desk::open().await;
    desk.take(Draft::new(1, "0123", Outcome::Accepted)).await;
    let give_back = async |letter: &Claimed, minutes: i64| {
        let unoffered = [Unoffered { id: letter.id, attempts: letter.attempts }];
        desk.ledger.settle_all(&[], &unoffered, after(minutes)).await.unwrap();
    };
    // Fenced with others, and then the program was asked to stop.
    let first = claim(&desk, 0).await.remove(0);
    desk.ledger.fence(&[first.id], after(0)).await.unwrap();
    give_back(&first, 1).await;
    assert_eq!(state(&desk).await, ("queued".into(), 1));
    assert_eq!(desk.ledger.recover(after(1)).await.unwrap(), Recovered::default());
    // In doubt it stays in doubt, and counts as repeated when it is.
    let second = claim(&desk, 1).await.remove(0);
    desk.ledger.fence(&[second.id], after(1)).await.unwrap();
    settle(&desk, second.id, Delivery::Ambiguous("timeout".into()), None, 2).await;
    let third = claim(&desk, 12).await.remove(0);
    give_back(&third, 13).await;
    assert_eq!(state(&desk).await, ("ambiguous".into(), 3));
    assert_eq!(desk.ledger.outbox(None).await.unwrap()[0].repeated, 0);
    // Another's claim is not touched.
    let fourth = claim(&desk, 13).await.remove(0);
    give_back(&third, 14).await;
    assert_eq!(state(&desk).await, ("sending".into(), 4));
    settle(&desk, fourth.id, Delivery::Accepted("250 ok".into()), None, 14).await;
    give_back(&fourth, 15).await;
    assert_eq!(state(&desk).await, ("sent".into(), 4));
    assert_eq!(desk.ledger.outbox(None).await.unwrap()[0].repeated, 1);
    desk.assert_sound().await;
}

#[tokio::test]
async fn an_expired_lease_is_taken_over() {
    let desk = Desk::open().await;
    desk.take(Draft::new(1, "0123", Outcome::Accepted)).await;
    claim(&desk, 0).await;
    assert!(claim(&desk, 4).await.is_empty());
    assert_eq!(claim(&desk, 5).await[0].attempts, 2);
    desk.assert_sound().await;
}

#[tokio::test]
async fn refused_and_given_up_letters_fail_and_can_be_retried() {
    let desk = Desk::open().await;
    desk.take(Draft::new(1, "0123", Outcome::Accepted)).await;
    let id = claim(&desk, 0).await[0].id;
    settle(&desk, id, Delivery::Refused("550 no such user".into()), None, 0).await;
    assert_eq!(state(&desk).await.0, "failed");
    let letters = desk.ledger.outbox(Some("failed")).await.unwrap();
    assert_eq!(letters[0].last_error.as_deref(), Some("550 no such user"));
    desk.ledger.handle_letter(id, Handling::Retry, after(5), "tanaka", "宛先確認").await.unwrap();
    assert_eq!(claim(&desk, 5).await[0].attempts, 2);
    settle(&desk, id, Delivery::Deferred("timeout".into()), None, 6).await;
    assert_eq!(state(&desk).await.0, "failed");
    desk.assert_sound().await;
}

#[tokio::test]
async fn drafts_wait_for_staff() {
    let desk = Desk::open().await;
    let mut draft = Draft::new(1, "0123", Outcome::Accepted);
    draft.answer = Answer::Draft(Template::Accept);
    desk.take(draft).await;
    let mut over = Draft::new(2, "0123", Outcome::Duplicate);
    over.answer = Answer::Suppress(Template::Dup);
    desk.take(over).await;
    assert!(claim(&desk, 0).await.is_empty());
    desk.ledger.handle_letter(1, Handling::Release, after(0), "t", "確認済").await.unwrap();
    assert_eq!(claim(&desk, 0).await.len(), 1);
    assert!(desk.ledger.handle_letter(1, Handling::Hold, after(0), "t", "r").await.is_err());
    assert!(desk.ledger.handle_letter(7, Handling::Hold, after(0), "t", "r").await.is_err());
    desk.assert_sound().await;
}

#[tokio::test]
async fn a_dedupe_key_is_used_once() {
    let desk = Desk::open().await;
    let concern = Concern { dedupe_key: Some("alert:1"), ..Concern::default() };
    let first = letter("d1", Template::Digest, "pt@example.jp");
    let second = letter("d2", Template::Digest, "pt@example.jp");
    assert!(desk.ledger.enqueue(&first, concern, now()).await.unwrap().is_some());
    assert!(desk.ledger.enqueue(&second, concern, now()).await.unwrap().is_none());
    assert_eq!(claim(&desk, 0).await.len(), 1);
    desk.assert_sound().await;
}

#[tokio::test]
async fn a_letter_that_left_although_letters_were_stopped_is_found() {
    let desk = Desk::open().await;
    desk.take(Draft::new(1, "0123", Outcome::Accepted)).await;
    desk.sql("INSERT INTO breaker (at, kind, setting, detail, last_attempt, actor) VALUES (1, 'tripped', 's', 'd', 0, 'x')").await;
    assert!(claim(&desk, 0).await.is_empty());
    assert_eq!(
        desk.ledger.next_due().await.unwrap(),
        None,
        "a clock that runs from due to due must not wait for it"
    );
    desk.assert_sound().await;
    desk.sql(
        "INSERT INTO outbox_attempt (outbox_id, number, started_at, ended_at, result) VALUES (1, 1, 1, 1, 'lost');
         UPDATE outbox SET attempts = 1",
    )
    .await;
    let found = desk.ledger.verify().await.unwrap();
    assert!(
        found.violations.iter().any(|one| one.message.contains("were stopped")),
        "{:#?}",
        found.violations
    );
}
