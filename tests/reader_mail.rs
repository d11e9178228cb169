//! Whole mails through the child process: the message and each of its files come back, and one bad file does not
//! drown the good one beside it.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::format_collect,
    clippy::format_push_string,
    reason = "tests may"
)]

mod reader_fixtures;

use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reader_fixtures::{Package, form, zip};
use uketsuke::inbound::message::Defect;
use uketsuke::inspection::reader::{Readers, dissect};
use uketsuke::inspection::workbook::{Content, Refusal};
use uketsuke::limits::Limits;

fn readers(limits: &Limits) -> Readers {
    Readers::new(limits, PathBuf::from(env!("CARGO_BIN_EXE_uketsuke")))
}

fn limits() -> Limits {
    Limits { children: 1, ..Limits::default() }
}

fn mail(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut mail = String::from(
        "From: Clinic <clinic@example.jp>\r\nTo: vproject@example.jp\r\nSubject: form\r\nMessage-ID: <1@example.jp>\r\n\
         MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=\"b\"\r\n\r\n\
         --b\r\nContent-Type: text/plain\r\n\r\nhello\r\n",
    );
    for (name, bytes) in files {
        let lines: Vec<String> = STANDARD
            .encode(bytes)
            .as_bytes()
            .chunks(76)
            .map(|line| String::from_utf8_lossy(line).into())
            .collect();
        mail.push_str(&format!(
            "--b\r\nContent-Type: application/octet-stream; name=\"{name}\"\r\nContent-Disposition: attachment; \
             filename=\"{name}\"\r\nContent-Transfer-Encoding: base64\r\n\r\n{}\r\n",
            lines.join("\r\n")
        ));
    }
    mail.push_str("--b--\r\n");
    mail.into_bytes()
}

/// Within every limit, and yet too much for 64 MiB.
fn heavy() -> Vec<u8> {
    let strings: Vec<String> =
        (0..150_000).map(|index| format!("{index}:{}", "長い文字列".repeat(12))).collect();
    let strings: Vec<&str> = strings.iter().map(String::as_str).collect();
    Package::new(r#"<row r="1"><c r="A1" t="s"><v>0</v></c></row>"#, &strings).bytes()
}

#[tokio::test]
async fn each_file_has_its_content() {
    let raw = mail(&[
        ("a.xlsx", &form(119)),
        ("note.pdf", b"%PDF-1.7\n1 0 obj"),
        ("b.xlsx", b"PK\x03\x04broken"),
        ("empty.xlsx", b""),
        ("zipped.zip", &zip(&[("c.xlsx", &form(3))])),
        ("a.xlsx", &form(119)),
    ]);
    let expected = dissect::dissect(&raw, None, &limits());
    let found = readers(&limits()).dissect(&raw, None).await.unwrap();
    assert_eq!(found, expected);
    assert_eq!(found.message.subject, "form");
    let shown: Vec<(&str, &str)> = found
        .message
        .attachments
        .iter()
        .zip(&found.contents)
        .map(|(attachment, content)| {
            let content = match content {
                Content::Workbook(_) => "workbook",
                Content::Refused(Refusal::Corrupt(_)) => "corrupt",
                Content::Refused(Refusal::Empty) => "empty",
                Content::Refused(_) => "refused",
                Content::Other => "other",
            };
            (attachment.name.as_str(), content)
        })
        .collect();
    assert_eq!(
        shown,
        [
            ("a.xlsx", "workbook"),
            ("note.pdf", "other"),
            ("b.xlsx", "corrupt"),
            ("empty.xlsx", "empty"),
            ("c.xlsx", "workbook"),
            ("a.xlsx", "workbook")
        ]
    );
}

#[tokio::test]
async fn the_file_that_kills_is_left_out_and_the_form_beside_it_is_read() {
    let tight = readers(&Limits { child_memory_bytes: 64 * 1024 * 1024, ..limits() });
    let raw = mail(&[("heavy.xlsx", &heavy()), ("form.xlsx", &form(9))]);
    let found = tight.dissect(&raw, None).await.unwrap();
    assert_eq!(found.message.from(), "clinic@example.jp");
    assert!(
        matches!(found.contents.first(), Some(Content::Refused(Refusal::Died(_)))),
        "{:?}",
        found.contents
    );
    assert!(matches!(found.contents.get(1), Some(Content::Workbook(_))));
}

#[tokio::test]
async fn two_killers_leave_the_sender_known() {
    let tight = readers(&Limits { child_memory_bytes: 64 * 1024 * 1024, ..limits() });
    let raw = mail(&[("1.xlsx", &heavy()), ("2.xlsx", &heavy()), ("3.xlsx", &form(9))]);
    let found = tight.dissect(&raw, None).await.unwrap();
    assert_eq!(found.message.from(), "clinic@example.jp");
    assert_eq!(found.contents.len(), 3);
    assert!(found.contents.iter().all(|content| matches!(content, Content::Refused(Refusal::Died(_)))));
    let next = tight.dissect(&mail(&[("form.xlsx", &form(9))]), None).await.unwrap();
    assert!(matches!(next.contents.first(), Some(Content::Workbook(_))));
}

#[tokio::test]
async fn a_message_that_cannot_be_opened_is_a_value() {
    let hasty = readers(&Limits { child_seconds: 0, ..limits() });
    let found = hasty.dissect(&mail(&[("a.xlsx", &heavy())]), None).await.unwrap();
    assert!(matches!(found.message.defects.as_slice(), [Defect::Unparsable(_)]));
    assert!(found.contents.is_empty());
}

#[tokio::test]
async fn a_message_too_large_to_fetch() {
    let found = readers(&limits())
        .dissect(b"From: a@example.jp\r\nSubject: big\r\n\r\n", Some(41 << 20))
        .await
        .unwrap();
    assert_eq!(found.message.from(), "a@example.jp");
    let expected = Defect::Oversize { found: 41 << 20, allowed: limits().message_bytes };
    assert!(found.message.defects.contains(&expected), "{:?}", found.message.defects);
}

#[test]
fn the_files_of_one_mail_share_the_limit_on_cells() {
    let one = dissect::dissect(&mail(&[("a.xlsx", &form(100))]), None, &limits());
    let Some(Content::Workbook(workbook)) = one.contents.first() else { panic!() };
    let cells: u64 = workbook.sheets.iter().map(|sheet| sheet.cells.len() as u64).sum();
    let limits = Limits { cells: cells + 10, ..limits() };
    let both = dissect::dissect(&mail(&[("a.xlsx", &form(100)), ("b.xlsx", &form(100))]), None, &limits);
    assert!(matches!(both.contents.first(), Some(Content::Workbook(_))));
    assert!(matches!(both.contents.get(1), Some(Content::Refused(Refusal::Limit { .. }))));
}
