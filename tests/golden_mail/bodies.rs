//! Body text.

use uketsuke::inbound::message::{AutomaticSign, Defect};

use crate::build::*;

fn check(quirk: &str, mail: &[u8], expected: &str) {
    assert_eq!(opened(mail).message.text, expected, "{quirk}");
}

fn plain(content_type: &str, body: &[u8]) -> Vec<u8> {
    join(&[b"From: a@b.jp\n", content_type.as_bytes(), b"\n", body, b"\n"])
}

const TEXT: &str = "予約枠を送ります。①㈱\nよろしくお願いします。";

#[test]
fn charsets_of_the_body() {
    check("b01 no charset, SJIS", &plain("Content-Type: text/plain\n", &sjis(TEXT)), TEXT);
    check("b02 no Content-Type, JIS", &plain("", &jis(TEXT)), TEXT);
    check(
        "b03 JIS label on UTF-8",
        &plain("Content-Type: text/plain; charset=iso-2022-jp\n", TEXT.as_bytes()),
        TEXT,
    );
    check("cp932", &plain("Content-Type: text/plain; charset=cp932\n", &sjis(TEXT)), TEXT);
    check("us-ascii, EUC", &plain("Content-Type: text/plain; charset=us-ascii\n", &euc(TEXT)), TEXT);
    check(
        "quoted charset with blank",
        &plain("Content-Type: text/plain; charset=\"UTF-8 \"\n", TEXT.as_bytes()),
        TEXT,
    );
    let html =
        sjis("<html><head><meta charset=\"Shift_JIS\"></head><body><p>予約枠</p><p>です</p></body></html>");
    check("b04 HTML names its charset", &plain("Content-Type: text/html\n", &html), "予約枠\nです");
    let base64 = format!(
        "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: base64\n\n{}",
        b64_lines(TEXT.as_bytes())
    );
    check("base64", &plain(&base64, b""), TEXT);
    check(
        "quoted-printable",
        &plain(
            "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n",
            b"=E4=BA=88=E7=B4=\n=84=3D1   \nend",
        ),
        "予約=1\nend",
    );
    check(
        "no line end after JIS",
        &plain("Content-Type: text/plain; charset=iso-2022-jp\n", b"\x1B$BM=\nabc"),
        "予\nabc",
    );
    let utf16: Vec<u8> =
        [0xFF, 0xFE].into_iter().chain("予約".encode_utf16().flat_map(u16::to_le_bytes)).collect();
    let utf16 = format!(
        "Content-Type: text/plain; charset=utf-16\nContent-Transfer-Encoding: base64\n\n{}",
        b64_lines(&utf16)
    );
    check("utf-16", &plain(&utf16, b""), "予約");
}

#[test]
fn which_text_counts() {
    let alternative = "From: a@b.jp\nContent-Type: multipart/alternative; boundary=B\n\n--B\nContent-Type: text/plain; charset=utf-8\n\n本文\n--B\nContent-Type: text/html; charset=utf-8\n\n<b>別の文</b>\n--B--\n";
    check("plain before HTML", alternative.as_bytes(), "本文");
    let blank = alternative.replace("本文", " ");
    check("HTML when plain is blank", blank.as_bytes(), "別の文");
    let mixed = "From: a@b.jp\nContent-Type: multipart/mixed; boundary=B\n\n前置き\n--B\n\n一\n--B\nContent-Type: text/plain; charset=utf-8\n\n二\n--B--\n後書き\n";
    check("all text parts", mixed.as_bytes(), "一\n二");
    let bare =
        "From: a@b.jp\nContent-Type: multipart/mixed; boundary=B\n\n--B\n  indented, no header\n--B--\n";
    check("a part without header and empty line", bare.as_bytes(), "indented, no header");
    check("x10 boundary inside the text", b"From: a@b.jp\nContent-Type: multipart/mixed; boundary=BB\n\n--BB\n\none --BB two\n--BBB\n--BB three\n--BB--\n", "one --BB two\n--BBB\n--BB three");
    check(
        "flowed",
        b"From: a@b.jp\nContent-Type: text/plain; format=flowed; delsp=yes\n\nab \ncd\n-- \nsig\n",
        "abcd\n-- \nsig",
    );
    check("bidi in the text", &plain("", "a\u{202E}b\u{0}c".as_bytes()), "abc");
}

#[test]
fn text_is_cut_at_its_limit() {
    let mut limits = uketsuke::limits::Limits { text_bytes: 10, ..Default::default() };
    let opened = uketsuke::inbound::message::open(&plain("", "あ".repeat(9).as_bytes()), &limits);
    assert_eq!(opened.message.text, "あああ");
    assert_eq!(opened.message.defects, [Defect::Truncated("limits.text_bytes".into())]);
    limits.text_bytes = 27;
    let opened = uketsuke::inbound::message::open(&plain("", "あ".repeat(9).as_bytes()), &limits);
    assert_eq!(opened.message.text.chars().count(), 9);
    assert!(opened.message.defects.is_empty());
}

#[test]
fn line_ends_of_every_kind() {
    let lf = b"From: a@b.jp\nSubject: x\nContent-Type: multipart/mixed; boundary=B\n\n--B\n\ntext\n--B\nContent-Type: application/pdf\n\n%PDF-1.4\n--B--\n";
    let cr: Vec<u8> = lf.iter().map(|&b| if b == b'\n' { b'\r' } else { b }).collect();
    let opened = uketsuke::inbound::message::open(&cr, &Default::default());
    assert_eq!(
        (opened.message.subject.as_str(), opened.message.text.as_str()),
        ("x", "text"),
        "x08b CR only"
    );
    assert_eq!(opened.message.attachments.len(), 1);
    let doubled = String::from_utf8(lf.to_vec()).unwrap().replace('\n', "\r\r\n");
    let opened = uketsuke::inbound::message::open(doubled.as_bytes(), &Default::default());
    assert_eq!((opened.message.subject.as_str(), opened.message.text.as_str()), ("x", "text"), "CR CR LF");
    check("blank lines above the header", b"\n\nFrom: a@b.jp\n\ntext\n", "text");
    check("mailbox mark", b"From a@b.jp Mon Sep 27 2021\nFrom: a@b.jp\n\ntext\n", "text");
    check("no empty line", b"From: a@b.jp\ntext without a colon\nmore\n", "text without a colon\nmore");
}

#[test]
fn one_mail_is_one_mail_on_any_way() {
    let of = |mail: String| opened(mail.as_bytes()).message.canonical;
    let base = "From: a@b.jp\nTo: c@d.jp\nDate: Mon, 27 Sep 2021 09:00:00 +0900\nMessage-ID: <1@b>\nSubject: x\nContent-Type: text/plain; charset=utf-8\n";
    let first = of(format!("{base}\n予約\n"));
    assert_eq!(first.len(), 64);
    assert_eq!(of(format!("Received: by x; y\nX-Spam: no\n{base}\n予約\n")), first, "trace headers");
    assert_eq!(of(format!("{}\n予約\n", base.replace("To: c", "To:\n c"))), first, "folding");
    let coded = format!("{base}Content-Transfer-Encoding: base64\n\n{}", b64_lines("予約\n".as_bytes()));
    assert_eq!(of(coded), first, "transfer encoding");
    assert_ne!(of(format!("{base}\n予約2\n")), first, "another text");
    assert_ne!(of(format!("{}\n予約\n", base.replace("Subject: x", "Subject: y"))), first, "another subject");
}

#[test]
fn hints_in_the_subject_yield_to_a_form() {
    let mail = |subject: &str, part: &str| {
        let mail =
            with_workbook(format!("{part}\nContent-Disposition: attachment; filename=\"a.xlsx\"").as_bytes());
        let mail = [format!("Subject: {subject}\n").as_bytes(), &mail].concat();
        opened(&mail).message.automatic
    };
    assert!(mail("自動返信テスト", &format!("Content-Type: {TYPE}")).is_empty());
    let bare = |subject: &str| with_header(format!("From: a@b.jp\nSubject: {subject}").as_bytes()).automatic;
    assert_eq!(bare("自動応答: 休診日のため"), [AutomaticSign::Hint("自動応答".into())]);
    assert_eq!(bare("Out of Office: x"), [AutomaticSign::Hint("out of office".into())]);
    assert!(bare("Re: 担当者不在の件").is_empty());
}
