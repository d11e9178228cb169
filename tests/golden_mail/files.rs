//! Attachments: transfer encodings, boundaries, where files hide.

use uketsuke::inbound::attachment::FileKind;
use uketsuke::inbound::message::Defect;

use crate::build::*;

/// One workbook must come out whole.
fn check(quirk: &str, mail: &[u8]) {
    let opened = opened(mail);
    let kinds: Vec<FileKind> = opened.message.attachments.iter().map(|a| a.kind).collect();
    assert_eq!(kinds, [FileKind::Xlsx], "{quirk}");
    assert!(opened.files[0] == xlsx(), "{quirk}: bytes differ");
    assert_eq!(opened.message.attachments[0].size, xlsx().len() as u64, "{quirk}");
    assert!(!opened.message.attachments[0].inline, "{quirk}");
}

fn encoded(quirk: &str, encoding: &str, body: &str) {
    let header = format!("Content-Type: {TYPE}; name=\"a.xlsx\"\n{encoding}");
    check(quirk, &with_part(header.trim_end().as_bytes(), body.as_bytes()));
}

const BASE64: &str = "Content-Transfer-Encoding: base64";

#[test]
fn base64_as_it_arrives() {
    let whole = b64_lines(&xlsx());
    encoded("regular", BASE64, &whole);
    encoded("x01 junk in the lines", BASE64, &whole.replace("UEs", "U!E*s").replace("AA", "A#A"));
    encoded("x01 blanks at the ends", BASE64, &whole.replace('\n', " \t\n"));
    encoded("x02 no padding", BASE64, whole.trim_end().trim_end_matches('='));
    encoded(
        "x03 list footer",
        BASE64,
        &format!(
            "{whole}\n_______________________________________________\nClinics mailing list\nhttp://example.jp/list\n"
        ),
    );
    encoded("x03 footer right behind", BASE64, &format!("{whole}-- \nSent from my phone\n"));
    encoded("x03 Japanese footer", BASE64, &format!("{whole}\nこのメールは検査済みです\n"));
    let bytes = xlsx();
    let (a, b) = bytes.split_at(100);
    encoded("x03b padded pieces in a row", BASE64, &format!("{}{}", b64_lines(a), b64_lines(b)));
    encoded("one long line", BASE64, &b64(&bytes));
    encoded("blank line in the middle", BASE64, &whole.replacen('\n', "\n\n", 3));
    encoded(
        "x13 duplicate field",
        "Content-Transfer-Encoding: 7bit\nContent-Transfer-Encoding: base64",
        &whole,
    );
    encoded("x14 semicolon", "Content-Transfer-Encoding: Base64;", &whole);
    encoded("quoted", "Content-Transfer-Encoding: \"BASE64\"", &whole);
    encoded("no field", "", &whole);
    encoded("unknown field", "Content-Transfer-Encoding: x-gateway", &whole);
    encoded("wrongly 8bit", "Content-Transfer-Encoding: 8bit", &whole);
}

#[test]
fn other_encodings() {
    let qp: String = xlsx().iter().map(|b| format!("={b:02X}")).collect::<String>();
    let lines: Vec<String> =
        qp.as_bytes().chunks(72).map(|l| format!("{}=", std::str::from_utf8(l).unwrap())).collect();
    encoded("quoted-printable", "Content-Transfer-Encoding: Quoted-Printable", &lines.join("\n"));
    encoded("u02 x-uuencode", "Content-Transfer-Encoding: x-uuencode", &uu("a.xlsx", &xlsx()));
    let binary: Vec<u8> = xlsx();
    let mail = with_part(
        format!("Content-Type: {TYPE}; name=\"a.xlsx\"\nContent-Transfer-Encoding: binary").as_bytes(),
        &binary,
    );
    let opened = uketsuke::inbound::message::open(&mail, &Default::default());
    assert!(opened.files == [binary.clone()], "x06b binary");
    let mail = with_part(format!("Content-Type: {TYPE}; name=\"a.xlsx\"\n{BASE64}").as_bytes(), &binary);
    let opened = uketsuke::inbound::message::open(&mail, &Default::default());
    assert!(opened.files == [binary], "binary under a base64 label");
    let mail = with_part(format!("Content-Type: {TYPE}; name=\"a.xlsx\"\n{BASE64}").as_bytes(), b"");
    let empty = opened_kinds(&mail);
    assert_eq!(empty, [FileKind::Empty], "x05 no bytes");
}

fn opened_kinds(mail: &[u8]) -> Vec<FileKind> {
    opened(mail).message.attachments.iter().map(|a| a.kind).collect()
}

pub fn uu(name: &str, bytes: &[u8]) -> String {
    let mut out = format!("begin 644 {name}\n");
    let digit = |value: u8| if value == 0 { '`' } else { char::from(value + 0x20) };
    for line in bytes.chunks(45) {
        out.push(digit(line.len() as u8));
        for group in line.chunks(3) {
            let at = |i: usize| group.get(i).copied().unwrap_or(0);
            let (a, b, c) = (at(0), at(1), at(2));
            for value in [a >> 2, (a & 3) << 4 | b >> 4, (b & 15) << 2 | c >> 6, c & 63] {
                out.push(digit(value));
            }
        }
        out.push('\n');
    }
    out + "`\nend\n"
}

#[test]
fn u01_uuencode_in_the_text() {
    let mail = format!("From: a@b.jp\nContent-Type: text/plain\n\nfirst\n{}last\n", uu("waku.xlsx", &xlsx()));
    let opened = opened(mail.as_bytes());
    assert!(opened.files == [xlsx()]);
    assert_eq!(opened.message.attachments[0].name, "waku.xlsx");
    assert_eq!(opened.message.text, "first\nlast");
    assert!(opened_kinds(b"From: a@b.jp\n\nbegin 644 words only\nno data\nend\n").is_empty());
}

#[test]
fn boundaries_as_they_arrive() {
    let body = b64_lines(&xlsx());
    let part = format!("Content-Type: {TYPE}; name=\"a.xlsx\"\n{BASE64}\n\n{body}");
    let mail = |parameter: &str, delimiter: &str, end: &str| {
        format!(
            "From: a@b.jp\nContent-Type: multipart/mixed; {parameter}\n\n--{delimiter}\n\ntext\n--{delimiter}\n{part}\n{end}"
        )
    };
    let good = |quirk: &str, parameter: &str, delimiter: &str, end: &str| {
        check(quirk, mail(parameter, delimiter, end).as_bytes());
    };
    good("regular", "boundary=\"BB\"", "BB", "--BB--\n");
    good("x04 no last boundary", "boundary=\"BB\"", "BB", "");
    good("x04 last one not closed", "boundary=\"BB\"", "BB", "--BB\n");
    good(
        "x07 not quoted, with equals signs",
        "boundary=----=_NextPart_000_0001",
        "----=_NextPart_000_0001",
        "------=_NextPart_000_0001--\n",
    );
    good("x08 blanks behind", "boundary=\"BB\"", "BB  \t", "--BB-- \n");
    good("x09 blank in the parameter", "boundary=\"BB \"", "BB", "--BB--\n");
    good("no parameter", "charset=utf-8", "BB", "--BB--\n");
    good("another parameter", "boundary=\"other\"", "BB", "--BB--\n");
    let long = "x".repeat(90);
    good("longer than 70", &format!("boundary=\"{long}\""), &long, &format!("--{long}--\n"));
    good("in segments", "boundary*0=\"B\"; boundary*1=\"B\"", "BB", "--BB--\n");
    good("text behind the last boundary", "boundary=BB", "BB", "--BB--\nepilogue\n");
    let inner = format!(
        "From: a@b.jp\nContent-Type: multipart/mixed; boundary=B\n\n--B\nContent-Type: multipart/mixed; boundary=BB\n\n--BB\n\ntext\n--BB\n{part}\n--B--\n"
    );
    check("h07 one boundary begins another, the inner one unclosed", inner.as_bytes());
    let inside = format!("--B\n{part}\n--B--\n");
    let coded = format!(
        "From: a@b.jp\nContent-Type: multipart/mixed; boundary=B\n{BASE64}\n\n{}",
        b64_lines(inside.as_bytes())
    );
    check("a multipart in base64", coded.as_bytes());
    let late = format!(
        "From: a@b.jp\nContent-Type: multipart/mixed; boundary=B\n\n--B\n\ntext\n--B--\n--B\n{part}\n--B--\n"
    );
    check("a part behind the last boundary", late.as_bytes());
}

#[test]
fn wherever_files_hide() {
    let body = b64_lines(&xlsx());
    let single = format!("From: a@b.jp\nContent-Type: {TYPE}; name=\"a.xlsx\"\n{BASE64}\n\n{body}");
    check("n03 the only part", single.as_bytes());
    let of = |header: &str| with_workbook(header.as_bytes());
    check("inline", &of(&format!("Content-Type: {TYPE}\nContent-Disposition: inline; filename=a.xlsx")));
    check("octet-stream without a name", &of("Content-Type: application/octet-stream"));
    check("text/plain with a name", &of("Content-Type: text/plain; name=a.xlsx"));
    check("text/plain, attached, no name", &of("Content-Type: text/plain\nContent-Disposition: attachment"));
    check("wrong type", &of("Content-Type: image/png; name=a.png"));
    let related = format!(
        "From: a@b.jp\nContent-Type: multipart/related; boundary=B\n\n--B\nContent-Type: text/html\n\n<p>x</p>\n--B\nContent-Type: {TYPE}\nContent-ID: <1>\n{BASE64}\n\n{body}--B--\n"
    );
    check("n02 related", related.as_bytes());
    let alternative = related.replace("related", "alternative");
    check("alternative", alternative.as_bytes());
}

#[test]
fn csv_bytes_stay_as_they_are() {
    let csv = sjis("日付,人数\n10/25,6\n");
    for (quirk, header) in [
        ("n04 text/csv", "Content-Type: text/csv; charset=shift_jis; name=waku.csv"),
        ("n04b text/plain", "Content-Type: text/plain; charset=shift_jis; name=waku.csv"),
        ("n04c text/csv without a name", "Content-Type: text/csv"),
    ] {
        let header = format!("{header}\n{BASE64}");
        let opened = opened(&with_part(header.as_bytes(), b64_lines(&csv).as_bytes()));
        assert_eq!(opened.message.attachments[0].kind, FileKind::Csv, "{quirk}");
        assert_eq!(opened.files, std::slice::from_ref(&csv), "{quirk}");
    }
}

#[test]
fn signature_images_are_no_files() {
    let png = b64(b"\x89PNG\r\n\x1A\n0000");
    let flag = |around: &str, extra: &str| {
        let mail = format!(
            "From: a@b.jp\nContent-Type: multipart/{around}; boundary=B\n\n--B\n\nx\n--B\nContent-Type: image/png; name=image001.png\n{extra}{BASE64}\n\n{png}\n--B--\n"
        );
        opened(mail.as_bytes()).message.attachments[0].inline
    };
    assert!(flag("related", ""));
    assert!(flag("mixed", "Content-ID: <1>\nContent-Disposition: inline\n"));
    assert!(!flag("mixed", ""));
    assert!(!flag("mixed", "Content-ID: <1>\nContent-Disposition: attachment\n"));
}

#[test]
fn names_lie_bytes_decide() {
    let kind = |name: &str, bytes: &[u8]| {
        let header =
            format!("Content-Type: {TYPE}\n{BASE64}\nContent-Disposition: attachment; filename={name}");
        opened_kinds(&with_part(header.as_bytes(), b64_lines(bytes).as_bytes()))
    };
    assert_eq!(kind("a.xlsx", b"%PDF-1.7 x"), [FileKind::Pdf]);
    assert_eq!(kind("a.xlsx", b"MZ\x90\0\x03\0\0\0\x04"), [FileKind::Executable]);
    assert_eq!(kind("a.pdf", &xlsx()), [FileKind::Xlsx]);
    assert_eq!(kind("a.xls", b"<html><table></table></html>"), [FileKind::HtmlWorkbook]);
    assert_eq!(kind("a.p7s", b"\x30\x80\x06\x09"), [FileKind::Signature]);
}

#[test]
fn h16_pieces_are_not_put_together() {
    let message = opened(b"From: a@b.jp\nContent-Type: message/partial; id=1; number=1\n\nx\n").message;
    assert!(matches!(message.defects.as_slice(), [Defect::Unparsable(_)]));
}
