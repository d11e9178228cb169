//! The registry: a whole file or nothing, caps with their history, addresses by who added them.

use uketsuke::clinic::Clinic;
use uketsuke::inspection::verdict::Outcome;
use uketsuke::ledger::Error;
use uketsuke::ledger::staff::{Decision, Subject};

use super::fixture::{Desk, Draft, clinic, now};

#[tokio::test]
async fn an_import_tells_what_it_changes_and_keeps_what_it_does_not_name() {
    let desk = Desk::open().await;
    let changed = Clinic { cap: Some(90), ..clinic("0123") };
    let file = [changed, clinic("0200"), clinic("0400")];
    for dry_run in [true, false] {
        let difference = desk.ledger.import(&file, now(), "tester", dry_run).await.unwrap();
        assert_eq!(difference.added, ["0400"]);
        assert_eq!(difference.changed.len(), 1);
        assert_eq!(difference.changed[0].fields.keys().collect::<Vec<_>>(), ["cap"]);
        assert_eq!(difference.not_in_file, ["0310"]);
        assert_eq!(difference.unchanged, 1);
    }
    let again = desk.ledger.import(&file, now(), "tester", false).await.unwrap();
    assert_eq!((again.unchanged, again.not_in_file.len()), (3, 0), "a repeat changes nothing");
    let registry = desk.ledger.registry().await.unwrap();
    assert_eq!(registry.len(), 4);
    assert!(registry.by_venue_no("0310").unwrap().not_in_file);
    let status = desk.ledger.status().await.unwrap();
    let gone = status.iter().find(|line| line.venue_no == "0310").unwrap();
    assert_eq!((gone.state, gone.flags.as_slice()), ("not_using", &["not_in_file".to_string()][..]));
    // With slots in force somebody must decide what becomes of them.
    let window = (now(), now());
    let open = async || desk.ledger.day_activity(window.0, window.1, false).await.unwrap().work;
    assert!(open().await.is_empty());
    desk.take(Draft::new(1, "0310", Outcome::Accepted)).await;
    let work = open().await;
    assert_eq!((work.len(), work[0].kind.as_str()), (1, "マスタにない"));
    let status = desk.ledger.status().await.unwrap();
    assert!(status.iter().any(|line| line.venue_no == "0310" && line.state == "accepted"));
    let decision = Decision { at: now(), actor: "tanaka", reason: "枠は残す" };
    desk.ledger.note(Subject::Clinic("0310"), decision).await.unwrap();
    assert!(open().await.is_empty());
    assert_eq!(desk.ledger.clinics_not_in_file().await.unwrap(), ["0310"]);
    assert_eq!(desk.count("SELECT COUNT(*) FROM cap_history WHERE venue_key = '123'").await, 2);
    let listed =
        desk.ledger.import(&["0123", "0200", "0310", "0400"].map(clinic), now(), "tester", false).await;
    assert_eq!(listed.unwrap().listed_again, ["0310"]);
    assert!(!desk.ledger.registry().await.unwrap().by_venue_no("0310").unwrap().not_in_file);
    desk.assert_sound().await;
}

#[tokio::test]
async fn a_number_twice_in_the_file_is_refused_whole() {
    let desk = Desk::empty().await;
    let version = desk.ledger.registry_version().await.unwrap();
    let refused = desk.ledger.import(&[clinic("0123"), clinic("１２３")], now(), "tester", false).await;
    assert!(matches!(refused, Err(Error::Refused { .. })));
    assert!(desk.ledger.registry().await.unwrap().is_empty());
    assert_eq!(desk.ledger.registry_version().await.unwrap(), version);
}

#[tokio::test]
async fn an_adopted_address_survives_the_next_import_and_leaves_by_set() {
    let desk = Desk::open().await;
    let decision = Decision { at: now(), actor: "tanaka", reason: "本人確認" };
    desk.ledger.adopt("0123", "home@gmail.example", None, decision).await.unwrap();
    let file = ["0123", "0200", "0310"].map(clinic);
    let difference = desk.ledger.import(&file, now(), "tester", false).await.unwrap();
    assert_eq!(difference.unchanged, 3);
    let registry = desk.ledger.registry().await.unwrap();
    assert_eq!(registry.by_address("HOME@gmail.example").len(), 1);
    desk.ledger.set_clinic(&clinic("0123"), now(), "tanaka", "退職").await.unwrap();
    let registry = desk.ledger.registry().await.unwrap();
    assert!(registry.by_address("home@gmail.example").is_empty());
    assert_eq!(registry.by_venue_no("123").unwrap().emails, ["clinic0123@example.jp"]);
    desk.assert_sound().await;
}

#[tokio::test]
async fn what_was_stored_is_what_is_loaded() {
    let desk = Desk::empty().await;
    let full = Clinic {
        venue_no: "0055".into(),
        name: "なかむら医院".into(),
        name_kana: "ナカムライイン".into(),
        aliases: vec!["中村医院".into(), "医療法人なかむら".into()],
        med_code: Some("4310123456".into()),
        ward: uketsuke::clinic::Ward::parse("東区"),
        address: "熊本市東区".into(),
        phone: "096-000-0055".into(),
        fax: "096-000-0056".into(),
        emails: vec!["b@example.jp".into(), "a@example.jp".into()],
        provisional_emails: Vec::new(),
        contact_name: "中村".into(),
        cap: None,
        uses_system: uketsuke::clinic::Intent::No,
        form_expected: Some(2),
        suppress_reminder: true,
        note: "備考".into(),
        not_in_file: false,
    };
    desk.ledger.import(std::slice::from_ref(&full), now(), "tester", false).await.unwrap();
    assert_eq!(desk.ledger.registry().await.unwrap().by_venue_no("55"), Some(&full));
}
