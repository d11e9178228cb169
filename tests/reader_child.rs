//! The child process: its sandbox, its answers, and that no mail can take more than its own child down.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::format_collect,
    reason = "tests may"
)]

mod reader_fixtures;

use std::path::PathBuf;
use std::time::{Duration, Instant};

use reader_fixtures::{Package, first, form};
use uketsuke::inbound::attachment::FileKind;
use uketsuke::inspection::reader::{Error, Readers, dissect};
use uketsuke::inspection::workbook::{Content, Refusal};
use uketsuke::limits::Limits;

fn readers(limits: &Limits) -> Readers {
    Readers::new(limits, PathBuf::from(env!("CARGO_BIN_EXE_uketsuke")))
}

fn limits() -> Limits {
    Limits { children: 1, ..Limits::default() }
}

async fn read(readers: &Readers, bytes: &[u8]) -> Content {
    let (attachment, content) = readers.dissect_file("様式１.xlsx", bytes).await.unwrap();
    assert_eq!(attachment.name, "様式１.xlsx");
    assert_eq!(attachment.size, bytes.len() as u64);
    content
}

/// A workbook that is within every limit, and yet needs some 90 MiB.
fn heavy() -> Vec<u8> {
    let strings: Vec<String> =
        (0..150_000).map(|index| format!("{index}:{}", "長い文字列".repeat(12))).collect();
    let strings: Vec<&str> = strings.iter().map(String::as_str).collect();
    Package::new(r#"<row r="1"><c r="A1" t="s"><v>0</v></c></row>"#, &strings).bytes()
}

#[tokio::test]
async fn same_as_in_process() {
    let readers = readers(&limits());
    let bytes = form(119);
    let (attachment, content) = readers.dissect_file("a.xlsx", &bytes).await.unwrap();
    let expected = dissect::dissect_file("a.xlsx", &bytes, &limits(), &dissect::Skip::default());
    assert_eq!((attachment, content), expected);
    let Content::Workbook(workbook) = expected.1 else { panic!("{:?}", expected.1) };
    assert_eq!(workbook.container, FileKind::Xlsx);
    readers.shutdown().await;
    assert!(matches!(readers.dissect_file("a.xlsx", &bytes).await, Err(Error::ShutDown)));
}

#[tokio::test]
async fn sandbox_holds() {
    let strength = readers(&limits()).probe().await.unwrap();
    assert!(strength.seccomp, "{strength:?}");
    assert!(strength.rlimits, "{strength:?}");
    assert_eq!(strength.escapes, Vec::<String>::new());
    assert!(strength.is_sufficient());
}

#[tokio::test]
async fn refusals_are_values_and_the_next_file_is_fine() {
    let readers = readers(&limits());
    assert_eq!(read(&readers, b"").await, Content::Refused(Refusal::Empty));
    assert!(matches!(read(&readers, b"PK\x03\x04broken").await, Content::Refused(Refusal::Corrupt(_))));
    let bomb = Package::new("", &[]).with("xl/a.xml", &" ".repeat(40 * 1024 * 1024)).bytes();
    assert!(matches!(read(&readers, &bomb).await, Content::Refused(Refusal::Limit { .. })));
    assert!(matches!(read(&readers, &form(9)).await, Content::Workbook(_)));
}

#[tokio::test]
async fn too_little_memory_kills_one_child_only() {
    let roomy = readers(&limits());
    assert!(matches!(read(&roomy, &heavy()).await, Content::Workbook(_)));
    let tight = readers(&Limits { child_memory_bytes: 64 * 1024 * 1024, ..limits() });
    assert!(matches!(read(&tight, &form(9)).await, Content::Workbook(_)));
    let content = read(&tight, &heavy()).await;
    assert!(
        matches!(&content, Content::Refused(Refusal::Died(reason)) if reason.contains("limits.child_memory_bytes")),
        "{content:?}"
    );
    assert!(matches!(read(&tight, &form(9)).await, Content::Workbook(_)));
}

#[tokio::test]
async fn a_child_that_takes_too_long_is_killed() {
    let readers = readers(&Limits { child_seconds: 0, ..limits() });
    let started = Instant::now();
    let content = read(&readers, &heavy()).await;
    assert!(
        matches!(&content, Content::Refused(Refusal::Died(reason)) if reason.contains("limits.child_seconds")),
        "{content:?}"
    );
    assert!(started.elapsed() < Duration::from_secs(10));
}

#[tokio::test]
async fn an_answer_over_the_cap_is_refused() {
    let readers = readers(&Limits { child_output_bytes: 1_000, ..limits() });
    let content = read(&readers, &form(119)).await;
    assert!(
        matches!(&content, Content::Refused(Refusal::Limit { setting, .. }) if setting == "limits.child_output_bytes"),
        "{content:?}"
    );
}

#[tokio::test]
async fn more_than_a_pipe_holds_in_both_directions() {
    let readers = readers(&limits());
    let rows: String = (1..=4_900)
        .map(|row| {
            let cells: String =
                (0..20).map(|_| r#"<c t="inlineStr"><is><t>これは長めの備考です</t></is></c>"#).collect();
            format!(r#"<row r="{row}">{cells}</row>"#)
        })
        .collect();
    let package = Package::new(&rows, &[]);
    let parts: Vec<(&str, &[u8])> =
        package.parts.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())).collect();
    let bytes = reader_fixtures::zip_as(&parts, zip::CompressionMethod::Stored);
    assert!(bytes.len() > 4 * 1024 * 1024);
    let Content::Workbook(workbook) = read(&readers, &bytes).await else { panic!() };
    assert_eq!(first(&workbook).cells.len(), 98_000);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_at_once_and_children_are_replaced() {
    let readers = readers(&Limits { children: 2, child_mails: 3, ..Limits::default() });
    let tasks: Vec<_> = (0..20)
        .map(|index| {
            let readers = readers.clone();
            tokio::spawn(async move {
                let Content::Workbook(workbook) = read(&readers, &form(index + 1)).await else { panic!() };
                // Six header cells above the table, the labels, and at least six cells in each row.
                assert!(first(&workbook).cells.len() as u32 >= 15 + 6 * (index + 1));
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
}

#[tokio::test]
async fn a_program_that_cannot_be_started_is_the_machines_trouble() {
    for program in ["/nonexistent", "/bin/true"] {
        let readers = Readers::new(&limits(), PathBuf::from(program));
        let error = readers.dissect(b"Subject: x\r\n\r\n", None).await.unwrap_err();
        assert!(error.is_transient());
        assert!(error.to_string().starts_with("failed to start a reader process"), "{error}");
    }
}

/// The worst that the limits admit still fits into the child's memory: 150,000 long strings, 200,000 cells.
#[tokio::test]
async fn the_largest_workbook_within_the_limits_is_read() {
    let strings: Vec<String> =
        (0..150_000).map(|index| format!("{index}:{}", "長い文字列".repeat(12))).collect();
    let strings: Vec<&str> = strings.iter().map(String::as_str).collect();
    let mut index = 0;
    let rows: String = (1..=5_000)
        .map(|row| {
            let cells: String = (0..40)
                .map(|_| {
                    index = (index + 7) % 150_000;
                    format!(r#"<c t="s"><v>{index}</v></c>"#)
                })
                .collect();
            format!(r#"<row r="{row}">{cells}</row>"#)
        })
        .collect();
    let bytes = Package::new(&rows, &strings).bytes();
    let readers = readers(&limits());
    let content = read(&readers, &bytes).await;
    let Content::Workbook(workbook) = content else { panic!("{content:?}") };
    assert_eq!(first(&workbook).cells.len(), 200_000);
}
