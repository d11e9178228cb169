//! How long recording takes, printed; the bound is generous, for a debug build on a busy machine.

use std::time::Instant;

use uketsuke::clinic::Clinic;
use uketsuke::inspection::verdict::Outcome;

use super::fixture::{Desk, Draft, at, clinic, now, take_in};

#[tokio::test]
async fn two_thousand_mails_of_119_slots() {
    let desk = Desk::empty().await;
    let venues: Vec<String> = (1..=1000).map(|n| format!("{n:04}")).collect();
    let clinics: Vec<_> = venues.iter().map(|venue| Clinic { cap: Some(300), ..clinic(venue) }).collect();
    let start = Instant::now();
    desk.ledger.import(&clinics, now(), "tester", false).await.unwrap();
    println!("import of 1,000 clinics: {:?}", start.elapsed());
    let names: Vec<&'static str> = venues.iter().map(|venue| &*venue.clone().leak()).collect();
    let start = Instant::now();
    for batch in 0..40 {
        let mut intake = desk.ledger.begin_intake().await.unwrap();
        for n in 0..50 {
            let uid = batch * 50 + n;
            let mut draft = Draft::new(uid, names[uid as usize % 1000], Outcome::Accepted);
            draft.slots = 119;
            draft.people = 1;
            draft.received = at("10-04T09:00:00");
            take_in(&mut intake, draft).await;
        }
        intake.commit().await.unwrap();
    }
    let taken = start.elapsed();
    println!("2,000 mails: {taken:?}, {:?} each", taken / 2000);
    let start = Instant::now();
    let day = desk.ledger.day_activity(at("10-04T08:15:00"), at("10-05T08:15:00"), false).await.unwrap();
    println!("digest of {} clinics and {} slots: {:?}", day.clinics.len(), day.slots.len(), start.elapsed());
    assert_eq!((day.clinics.len(), day.slots.len(), day.mails.len()), (1000, 119_000, 2000));
    let start = Instant::now();
    desk.assert_sound().await;
    println!("verify: {:?}", start.elapsed());
    assert!(taken.as_secs() < 120);
}
