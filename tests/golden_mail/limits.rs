//! Limits: one below, at, and one above; nothing is dropped in silence, nothing overflows the stack.

use std::time::{Duration, Instant};

use uketsuke::inbound::message::{Defect, Message, open};
use uketsuke::limits::Limits;

use crate::build::*;

fn unparsable(message: &Message) -> Option<&str> {
    message.defects.iter().find_map(|d| match d {
        Defect::Unparsable(reason) => Some(reason.as_str()),
        _ => None,
    })
}

#[test]
fn h01_nothing_to_read() {
    for raw in [&b""[..], b"\n", b"\r\n\r\n", b"\n\n\n", b"no header here\n", b"\0\0\0", b"\x80\xFF"] {
        let opened = open(raw, &Limits::default());
        assert_eq!(unparsable(&opened.message), Some("no header fields"), "{raw:?}");
        assert_eq!(opened.message.canonical.len(), 64);
    }
}

#[test]
fn h03_header_limits() {
    let limits = Limits { header_lines: 10, ..Limits::default() };
    let lines = |n: usize| format!("{}\nbody", "X-A: b\n".repeat(n));
    assert_eq!(unparsable(&open(lines(10).as_bytes(), &limits).message), None);
    assert!(
        unparsable(&open(lines(11).as_bytes(), &limits).message).unwrap().contains("limits.header_lines")
    );
    let limits = Limits { header_bytes: 100, ..Limits::default() };
    let long = |n: usize| format!("From: a@b.jp\nX: {}\n\nbody", "y".repeat(n - 17));
    assert_eq!(unparsable(&open(long(100).as_bytes(), &limits).message), None);
    let over = open(long(101).as_bytes(), &limits).message;
    assert!(unparsable(&over).unwrap().contains("limits.header_bytes"));
    assert_eq!(over.from(), "a@b.jp", "what stands above the limit is known");
}

#[test]
fn h04_hops() {
    let mail = |n: usize| format!("{}From: a@b.jp\n\nx", "Received: by x; y\n".repeat(n));
    assert!(open(mail(50).as_bytes(), &Limits::default()).message.defects.is_empty());
    let over = open(mail(51).as_bytes(), &Limits::default()).message;
    assert_eq!(over.defects, [Defect::TooManyHops(51)]);
}

fn multiparts(depth: usize) -> Vec<u8> {
    let mut mail = b"From: a@b.jp\n".to_vec();
    for level in 1..depth {
        mail.extend(format!("Content-Type: multipart/mixed; boundary=B{level}\n\n--B{level}\n").bytes());
    }
    mail.extend(b"\ntext\n");
    mail
}

#[test]
fn h05_depth() {
    assert_eq!(unparsable(&open(&multiparts(20), &Limits::default()).message), None);
    for depth in [21, 5_000] {
        let message = open(&multiparts(depth), &Limits::default()).message;
        assert!(unparsable(&message).unwrap().contains("limits.mime_depth"));
    }
    let rfc822 = b"Content-Type: message/rfc822\n\n".repeat(500_000);
    let message = opened(&rfc822).message;
    assert_eq!(message.attachments.len(), 1, "the second level stays a file");
}

#[test]
fn h05_a_careless_setting_does_not_overflow_a_small_stack() {
    let limits = Limits { mime_depth: 1_000_000, parts: 1_000_000, ..Limits::default() };
    let small = std::thread::Builder::new().stack_size(1024 * 1024);
    let message = small.spawn(move || open(&multiparts(20_000), &limits).message).unwrap().join().unwrap();
    assert!(unparsable(&message).is_some());
}

#[test]
fn h06_parts() {
    let mail = |n: usize| {
        format!(
            "From: a@b.jp\nContent-Type: multipart/mixed; boundary=B\n\n{}--B--\n",
            "--B\n\nx\n".repeat(n)
        )
    };
    assert_eq!(unparsable(&open(mail(199).as_bytes(), &Limits::default()).message), None);
    assert!(
        unparsable(&open(mail(200).as_bytes(), &Limits::default()).message).unwrap().contains("limits.parts")
    );
    assert!(unparsable(&open(mail(100_000).as_bytes(), &Limits::default()).message).is_some());
}

#[test]
fn files_over_a_limit_are_named_not_kept() {
    let part = "--B\nContent-Type: application/pdf\n\n%PDF-1.4 x\n";
    let mail = |n: usize| {
        format!("From: a@b.jp\nContent-Type: multipart/mixed; boundary=B\n\n{}--B--\n", part.repeat(n))
    };
    let opened = open(mail(21).as_bytes(), &Limits::default());
    assert_eq!(opened.message.attachments.len(), 21);
    assert_eq!(opened.message.attachments[20].size, 10);
    assert!(opened.files[20].is_empty() && !opened.files[19].is_empty());
    assert_eq!(opened.message.defects, [Defect::Truncated("limits.attachments".into())]);
    let limits = Limits { attachment_bytes: 10, ..Limits::default() };
    assert!(open(mail(1).as_bytes(), &limits).message.defects.is_empty());
    let limits = Limits { attachment_bytes: 9, ..Limits::default() };
    let over = open(mail(1).as_bytes(), &limits);
    assert_eq!(over.message.defects, [Defect::Truncated("limits.attachment_bytes".into())]);
    assert_eq!((over.message.attachments[0].size, over.files[0].len()), (10, 0));
}

/// As large as the largest mail that is fetched whole: its file is named with its size, and not kept.
#[test]
fn d11_a_file_of_thirty_megabytes() {
    let line = format!("{}\n", "QUJD".repeat(19));
    let mail = format!(
        "From: a@b.jp\nContent-Type: multipart/mixed; boundary=B\n\n--B\n\ntext\n--B\nContent-Type: application/pdf; name=a.pdf\n\
         Content-Transfer-Encoding: base64\n\n{}--B--\n",
        line.repeat(40 * 1024 * 1024 / line.len())
    );
    let start = Instant::now();
    let opened = open(mail.as_bytes(), &Limits::default());
    assert!(start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
    assert_eq!((opened.message.text.as_str(), opened.message.attachments.len()), ("text", 1));
    assert!(opened.message.attachments[0].size > 30_000_000 && opened.files[0].is_empty());
    assert_eq!(opened.message.defects, [Defect::Truncated("limits.attachment_bytes".into())]);
}

#[test]
fn d04_a_subject_of_a_megabyte_within_wider_limits() {
    let limits = Limits { header_bytes: 1 << 22, ..Limits::default() };
    for subject in ["予約枠".repeat(120_000), "=?utf-8?B?5LqI57SE?= ".repeat(50_000), "a".repeat(1 << 20)]
    {
        let message = open(format!("From: a@b.jp\nSubject: {subject}\n\nx").as_bytes(), &limits).message;
        assert_eq!(message.subject.chars().count(), 1_000);
        assert!(message.defects.is_empty());
        let refused =
            open(format!("From: a@b.jp\nSubject: {subject}\n\nx").as_bytes(), &Limits::default()).message;
        assert!(unparsable(&refused).unwrap().contains("limits.header_bytes"));
    }
}

/// Hostile mails of about a megabyte: none may take more than a few seconds even without optimisation.
#[test]
fn no_quadratic_work() {
    let limits = Limits { header_bytes: 1 << 22, header_lines: 1 << 20, ..Limits::default() };
    let header = |line: &str, n: usize| {
        format!("From: a@b.jp\n{}\n\nx", line.replace("{}", &"{}".repeat(0)).repeat(n))
    };
    let cases: Vec<(&str, Vec<u8>)> = vec![
        ("words", format!("Subject: {}\n\nx", "=?utf-8?B?4w==?= ".repeat(60_000)).into_bytes()),
        ("half words", format!("Subject: {}\n\nx", "=?a?b?".repeat(30_000)).into_bytes()),
        ("word starts", format!("Subject: {}\n\nx", "=?".repeat(100_000)).into_bytes()),
        ("cc", format!("Cc: {}\n\nx", "a@b.jp, ".repeat(40_000)).into_bytes()),
        (
            "segments",
            format!(
                "Content-Type: a/b{}\n\nx",
                (0..50_000).map(|n| format!("; name*{n}=x")).collect::<String>()
            )
            .into_bytes(),
        ),
        ("brackets", format!("From: {}\n\nx", "(".repeat(300_000)).into_bytes()),
        ("angles", format!("From: {}\n\nx", "<".repeat(300_000)).into_bytes()),
        ("references", format!("References: {}\n\nx", "<a@b> ".repeat(50_000)).into_bytes()),
        ("results", header("Authentication-Results: x; dmarc=pass\n", 20_000).into_bytes()),
        (
            "dashes",
            format!("Content-Type: multipart/mixed; boundary=-\n\n{}", "-".repeat(5_000_000)).into_bytes(),
        ),
        ("begins", format!("A: b\n\n{}", "begin 644 x\n".repeat(50_000)).into_bytes()),
        ("html", format!("Content-Type: text/html\n\n{}", "<script><!--<".repeat(50_000)).into_bytes()),
        ("ampersands", format!("Content-Type: text/html\n\n{}", "&&#&x".repeat(100_000)).into_bytes()),
        ("escapes", format!("A: b\n\n{}", "\x1B$B\x1B(B".repeat(100_000)).into_bytes()),
        ("odd lines", format!("A: b\n{}", "junk\nB: c\n".repeat(50_000)).into_bytes()),
    ];
    for (name, mail) in cases {
        let start = Instant::now();
        open(&mail, &limits);
        assert!(start.elapsed() < Duration::from_secs(5), "{name}: {:?}", start.elapsed());
    }
}
