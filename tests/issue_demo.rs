//! The sample mails: each opens in a mail reader, its forms in a workbook reader.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test fails by panicking"
)]

mod eighth;

use std::collections::BTreeSet;
use std::io::Cursor;
use std::time::{Duration, Instant};

use calamine::{Reader, Xlsx};
use eighth::campaign;
use mail_parser::{MessageParser, MimeHeaders};
use uketsuke::campaign::{in_jst, rfc3339};
use uketsuke::clinic::registry_file;
use uketsuke::demo::{REGISTRY_FILE, SampleMail, sample_mails, sample_registry};

fn find<'a>(mails: &'a [SampleMail], name: &str) -> &'a SampleMail {
    mails.iter().find(|mail| mail.name.ends_with(name)).unwrap()
}

#[test]
fn the_example_registry_is_without_problems() {
    let imported = registry_file::read_with_notes(REGISTRY_FILE, "example-clinics.csv").unwrap();
    assert!(imported.ignored_columns.is_empty());
    assert_eq!(imported.clinics, sample_registry());
    assert!(imported.clinics.len() >= 20);
    assert!(imported.clinics.iter().all(|clinic| clinic.ward.is_some() && clinic.venue_no.len() == 4));
}

#[test]
fn the_mails_are_many_different_and_quickly_made() {
    let started = Instant::now();
    let mails = sample_mails(&campaign()).unwrap();
    assert!(started.elapsed() < Duration::from_secs(3), "{:?}", started.elapsed());
    assert!(mails.len() >= 18);
    assert!(mails.is_sorted_by_key(|mail| mail.received_at));
    assert_eq!(rfc3339(mails[0].received_at), "2021-09-28T16:42:27+09:00");
    let names: BTreeSet<&str> = mails.iter().map(|mail| mail.name.as_str()).collect();
    assert_eq!(names.len(), mails.len());
    let again = sample_mails(&campaign()).unwrap();
    for (mail, other) in mails.iter().zip(&again) {
        assert!(mail == other, "{} differs from run to run", mail.name);
    }
}

#[test]
fn every_mail_is_a_mail() {
    let mut message_ids = BTreeSet::new();
    for mail in sample_mails(&campaign()).unwrap() {
        let name = &mail.name;
        let lone = mail.bytes.windows(2).filter(|pair| pair[1] == b'\n' && pair[0] != b'\r').count();
        assert_eq!(lone, 0, "{name}: bare line feeds");
        assert!(
            mail.bytes.split(|byte| *byte == b'\n').all(|line| line.len() < 998),
            "{name}: a line is too long"
        );
        let message = MessageParser::default().parse(&mail.bytes).unwrap();
        assert!(message_ids.insert(message.message_id().unwrap().to_string()), "{name}");
        assert!(message.from().unwrap().first().unwrap().address().unwrap().contains('@'), "{name}");
        assert!(!message.subject().unwrap().contains('\u{fffd}'), "{name}");
        let body = message.body_text(0).unwrap();
        assert!(
            !body.contains('\u{fffd}') && !body.contains("&#") && body.contains("TEL 096-000-"),
            "{name}: {body}"
        );
        let date = message.date().unwrap().to_timestamp();
        assert_eq!(mail.received_at.as_second() - date, 9, "{name}");
        assert!(message.header_raw("Received").is_some(), "{name}");
    }
}

#[test]
fn the_workbooks_in_the_mails_open() {
    let mut workbooks = 0;
    for mail in sample_mails(&campaign()).unwrap() {
        let message = MessageParser::default().parse(&mail.bytes).unwrap();
        for attachment in message.attachments() {
            let bytes = attachment.contents().to_vec();
            let file_name = attachment.attachment_name().unwrap().to_string();
            assert!(
                file_name.contains("予約枠") || file_name.contains("Book1"),
                "{}: {file_name}",
                mail.name
            );
            if bytes.starts_with(b"PK") {
                let mut book: Xlsx<_> = calamine::open_workbook_from_rs(Cursor::new(bytes)).unwrap();
                let first = book.sheet_names()[0].clone();
                let range = book.worksheet_range(&first).unwrap();
                assert!(
                    range.get_value((4, 1)).is_some_and(|venue| !venue.to_string().is_empty()),
                    "{}",
                    mail.name
                );
                workbooks += 1;
            }
        }
    }
    assert!(workbooks >= 16);
}

#[test]
fn each_kind_of_mail_is_there() {
    let mails = sample_mails(&campaign()).unwrap();
    let attachments = |name: &str| -> Vec<Vec<u8>> {
        let mail = find(&mails, name);
        let message = MessageParser::default().parse(&mail.bytes).unwrap();
        message.attachments().map(|part| part.contents().to_vec()).collect()
    };
    assert!(attachments("pdf-only")[0].starts_with(b"%PDF"));
    assert!(attachments("no-attachment").is_empty());
    assert!(attachments("out-of-office").is_empty());
    assert_eq!(attachments("two-clinics").len(), 2);
    assert_eq!(attachments("form1-outlook"), attachments("form1-sent-again"));
    let locked = attachments("12-password").remove(0);
    let mut file = cfb::CompoundFile::open(Cursor::new(locked)).unwrap();
    assert!(file.open_stream("/EncryptedPackage").is_ok() && file.open_stream("/EncryptionInfo").is_ok());
    let day = |name: &str| in_jst(find(&mails, name).received_at).strftime("%m-%d").to_string();
    assert_eq!(day("19-late"), "10-09");
    assert_eq!(day("in-time-error-mended"), "10-11");
    assert_eq!(day("21-correction"), "10-12");
    assert_eq!(day("correction-last-day"), "10-13");
    assert_eq!(day("correction-after-the-last-day"), "10-14");
    assert_eq!(day("correction-after-opening"), "10-17");
}
