//! The matrix of hostile mail, rows H01 to H27 (the message) and H54 to H66 (headers and addresses): what becomes of each
//! when a registered clinic sends it. Rows H16, H18 and H22 stand in `gateways`.

use std::io::Write;

use crate::counter::{Counter, MINAMI, ON_TIME, OWN, PDF, kita, minami, with_file};
use crate::support::Post;

const ACCEPTED: (&str, bool, &[&str]) = ("accepted", false, &["accept > minami@example.jp: sent"]);
/// Staff alone see it.
const SHUT: (&str, bool, &[&str]) = ("unreadable", true, &[]);
const HELD: (&str, bool, &[&str]) = ("held", true, &[]);
const BROKEN: (&str, bool, &[&str]) = ("unreadable", false, &["unreadable > minami@example.jp: sent"]);
const NOT_A_FORM: (&str, bool, &[&str]) = ("not_a_form", true, &["notxlsx > minami@example.jp: sent"]);
const NO_FILE: (&str, bool, &[&str]) = ("not_a_form", false, &["noatt > minami@example.jp: sent"]);

#[track_caller]
fn check(row: &str, bytes: &[u8], expected: (&str, bool, &[&str])) -> crate::counter::Judged {
    let judged = Counter::new().take_bytes(ON_TIME, bytes);
    assert_eq!(
        (
            judged.outcome.as_str(),
            judged.needs_staff,
            judged.letters.iter().map(String::as_str).collect::<Vec<_>>().as_slice()
        ),
        expected,
        "{row}: {judged:#?}"
    );
    judged
}

fn form() -> Vec<u8> {
    with_file("様式１.xlsx", minami(1, 6)).bytes()
}

/// The mail with a form, as text to be changed.
fn text() -> String {
    String::from_utf8(form()).unwrap()
}

fn changed(from: &str, to: &str) -> Vec<u8> {
    let text = text();
    assert!(text.contains(from), "{from}");
    text.replacen(from, to, 1).into_bytes()
}

fn with_header(lines: &str) -> Vec<u8> {
    [lines.as_bytes(), &form()].concat()
}

fn file(name: &str, bytes: &[u8]) -> Vec<u8> {
    with_file(name, bytes.to_vec()).bytes()
}

fn zip_of(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, bytes) in files {
        zip.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

#[test]
fn h01_to_h06_what_cannot_be_taken_apart_is_for_staff() {
    for (row, bytes) in [
        ("H01 nothing", b"\n".to_vec()),
        ("H01 only line ends", b"\r\n\r\n\r\n".to_vec()),
        ("H01 no header", b"\x00\x01\x02 no header at all\n".to_vec()),
        ("H03 a header line of 300 kB", with_header(&format!("X-Long: {}\r\n", "x".repeat(300_000)))),
        ("H03 too many lines", with_header(&"X-A: b\r\n".repeat(1_100))),
        (
            "H04 too many hops",
            with_header(&"Received: from a by b; Tue, 5 Oct 2021 10:00:00 +0900\r\n".repeat(60)),
        ),
    ] {
        check(row, &bytes, SHUT);
    }
    check("H04 a thousand authors", &with_header(&"From: x@example.com\r\n".repeat(900)), HELD);
    let deep: String = (0..200)
        .map(|level| format!("Content-Type: multipart/mixed; boundary=B{level}\r\n\r\n--B{level}\r\n"))
        .collect();
    let head = format!("From: {MINAMI}\r\nTo: {OWN}\r\nMIME-Version: 1.0\r\n");
    check("H05 nested 200 deep", format!("{head}{deep}\r\nx").as_bytes(), SHUT);
    let parts = "--B\r\n\r\n\r\n".repeat(5_000);
    let many = format!("{head}Content-Type: multipart/mixed; boundary=B\r\n\r\n{parts}--B--\r\n");
    check("H06 5,000 empty parts", many.as_bytes(), SHUT);
}

#[test]
fn h02_h07_h10_h12_h13_what_careless_programs_write_is_read() {
    let lf = text().replace("\r\n", "\n");
    check("H02 LF", lf.as_bytes(), ACCEPTED);
    check("H02 CR", text().replace("\r\n", "\r").as_bytes(), ACCEPTED);
    check("H02 CR CR LF", text().replace("\r\n", "\r\r\n").as_bytes(), ACCEPTED);
    check("H02 mixed", text().replacen("\r\n", "\n", 4).as_bytes(), ACCEPTED);
    check(
        "H02 NUL in the text",
        &changed("Content-Type: text/plain;", "X-Nul: \0\r\nContent-Type: text/plain;"),
        ACCEPTED,
    );
    check("H07 no boundary parameter", &changed("; boundary=\"=-b\"", ""), ACCEPTED);
    check("H07 an empty one", &changed("boundary=\"=-b\"", "boundary=\"\""), ACCEPTED);
    check("H07 unterminated", &changed("--=-b--\r\n", ""), ACCEPTED);
    let long = "y".repeat(120);
    check("H07 longer than 70", text().replace("=-b", &long).as_bytes(), ACCEPTED);
    let of_file = "Content-Disposition: attachment; filename";
    for (row, encoding) in [
        ("H10 unknown", "x-gateway"),
        ("H10 a lie", "7bit"),
        ("H10 twice", "8bit\r\nContent-Transfer-Encoding: base64"),
        ("H09 in quotes", "\"Base64\";"),
    ] {
        let text = text();
        let (head, tail) = text.split_at(text.find(of_file).unwrap());
        let tail = tail.replacen(
            "Content-Transfer-Encoding: base64",
            &format!("Content-Transfer-Encoding: {encoding}"),
            1,
        );
        check(row, format!("{head}{tail}").as_bytes(), ACCEPTED);
    }
    check("H12 no name at all", &changed("; filename=", "; x="), ACCEPTED);
    let judged = check("H13 two names", &changed("; name=\"", "; name=\"other.pdf\"; x=\""), ACCEPTED);
    judged.says(&["様式１.xlsx"]).without(&["other.pdf"]);
    for (row, charset) in [
        ("H14 unknown", "x-nothing"),
        ("H14 UTF-7", "utf-7"),
        ("H14 escapes", "iso-2022-jp"),
        ("H14 UTF-16", "utf-16le"),
        ("H14 none", ""),
    ] {
        check(row, &changed("charset=UTF-8", &format!("charset={charset}")), ACCEPTED);
    }
    let odd = b"\x1B$B\x80\xFF\xED\xA0\x80 \x1B(J\x1B$@$\x22\xF0\x40\x1B";
    let text = text();
    let at = text.find("Content-Transfer-Encoding: base64\r\n\r\n").unwrap();
    let (head, tail) = text.split_at(at);
    let (_, rest) = tail.split_once("\r\n--=-b").unwrap();
    let raw = [head.as_bytes(), b"\r\n", odd, b"\r\n--=-b", rest.as_bytes()].concat();
    check("H14 bytes of no charset", &raw, ACCEPTED);
}

#[test]
fn h08_h09_h11_damaged_and_mislabelled_files() {
    let whole = minami(1, 6);
    check("H08 cut", &file("様式１.xlsx", &whole[..whole.len() / 2]), BROKEN);
    let text = text();
    let end = text.rfind("\r\n--=-b--").unwrap();
    check("H08 cut base64, no end", text[..end - 2_001].as_bytes(), BROKEN);
    check("H08 nothing left", &file("様式１.xlsx", b""), BROKEN);
    check(
        "H09 yEnc is no file",
        &Post { text: "=ybegin line=128 size=9 name=a.xlsx\nabc\n=yend size=9", ..Post::default() }.bytes(),
        NO_FILE,
    );
    check("H11 a PDF called xlsx", &file("様式１.xlsx", PDF), NOT_A_FORM);
    check(
        "H11 a page called xlsx",
        &file("様式１.xlsx", b"<html><table><tr><td>1</td></tr></table></html>"),
        BROKEN,
    );
    check("H11 a form called pdf", &file("様式１.pdf", &whole), ACCEPTED);
    for (row, bytes) in
        [("H11 a program", &b"MZ\x90\0\x03\0\0\0\x04"[..]), ("H11 a script", b"#!/bin/sh\nrm -rf /\n")]
    {
        check(row, &file("様式１.xlsx", bytes), HELD);
    }
    const EICAR: &[u8] = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*";
    check("H26", &file("様式１.xlsx", EICAR), HELD);
    check("H26 in a zip", &file("様式１.zip", &zip_of(&[("様式１.txt", EICAR)])), HELD);
}

#[test]
fn h15_h17_h19_h20_h21_h23_h24_h25_h27_where_the_form_is_or_is_not() {
    let inner = text();
    let forwarded = text().replace("<1@clinic", "<2@clinic").replace("=-b", "=-outer").replacen(
        "application/octet-stream",
        "message/rfc822",
        1,
    );
    let at = forwarded.find("Content-Type: message/rfc822").unwrap();
    let mail = format!("{}Content-Type: message/rfc822\r\n\r\n{inner}\r\n--=-outer--\r\n", &forwarded[..at]);
    let judged =
        check("H15 forwarded", mail.as_bytes(), ("accepted", true, &["accept > minami@example.jp: sent"]));
    judged.says(&["eml内"]);
    check(
        "H17 winmail.dat without anything",
        &file("winmail.dat", b"\x78\x9F\x3E\x22\x01\x00"),
        ("unreadable", true, &["winmail > minami@example.jp: sent"]),
    );
    let link = "下記URLよりダウンロードしてください。 https://firestorage.example/abc";
    check(
        "H19",
        &Post { text: link, ..Post::default() }.bytes(),
        ("not_a_form", true, &["noatt > minami@example.jp: sent"]),
    );
    let gif = b"GIF89a\x01\x00\x01\x00";
    let logo = String::from_utf8(file("image001.gif", gif)).unwrap().replace(
        "Content-Disposition: attachment;",
        "Content-ID: <image001>\r\nContent-Disposition: inline;",
    );
    check("H20 a signature's logo", logo.as_bytes(), NO_FILE);
    let cards = Post {
        files: vec![
            ("a.vcf", b"BEGIN:VCARD\r\nEND:VCARD\r\n".to_vec()),
            ("a.ics", b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n".to_vec()),
        ],
        ..Post::default()
    };
    check("H20 cards", &cards.bytes(), NO_FILE);
    let two = |second: Vec<u8>| Post {
        files: vec![("a.xlsx", minami(1, 6)), ("b.xlsx", second)],
        ..Post::default()
    };
    check(
        "H21 one clinic twice",
        &two(minami(1, 7)).bytes(),
        ("held", true, &["conflict > minami@example.jp: sent"]),
    );
    let judged = Counter::new().take_bytes(ON_TIME, &two(kita(1, 1)).bytes());
    assert_eq!(
        (judged.outcome.as_str(), judged.letters[0].as_str()),
        ("held", "multi > minami@example.jp: sent"),
        "H21"
    );
    let page = format!(
        "From: {MINAMI}\r\nTo: {OWN}\r\nSubject: x\r\nMessage-ID: <h23@clinic>\r\nContent-Type: text/html; charset=utf-8\r\n\r\n\
         <style>{}</style><script>document.location='http://x'</script><img src=http://192.0.2.1/p.gif><p>送ります</p>",
        "a{b:c}".repeat(100_000)
    );
    check("H23 a page", page.as_bytes(), NO_FILE).without(&["script", "192.0.2.1"]);
    let zipped = zip_of(&[("様式１.xlsx", &minami(1, 6))]);
    check("H24", &file("様式１.zip", &zipped), ACCEPTED);
    let twenty_one: Vec<(String, Vec<u8>)> = (0..21).map(|n| (format!("{n}.txt"), b"x".to_vec())).collect();
    let refs: Vec<(&str, &[u8])> = twenty_one.iter().map(|(n, b)| (n.as_str(), b.as_slice())).collect();
    let judged = Counter::new().take_bytes(ON_TIME, &file("様式１.zip", &zip_of(&refs)));
    assert!(
        judged.outcome != "accepted" && judged.needs_staff && judged.letters.len() == 1,
        "H24: {judged:#?}"
    );
    let mut locked = zipped.clone();
    let central = locked.windows(4).position(|w| w == b"PK\x01\x02").unwrap();
    locked[6] |= 1;
    locked[central + 8] |= 1;
    check(
        "H25 zip",
        &file("様式１.zip", &locked),
        ("unreadable", false, &["passwd > minami@example.jp: sent"]),
    );
    check(
        "H25 workbook",
        &file("様式１.xlsx", &crate::locked::workbook()),
        ("unreadable", false, &["passwd > minami@example.jp: sent"]),
    );
    let mut counter = Counter::new();
    counter.take(ON_TIME, with_file("a.xlsx", minami(1, 6)));
    let again = counter.take(
        "2021-10-06T10:00:00+09:00",
        Post { text: "> 様式を添付します", ..with_file("a.xlsx", minami(1, 6)) },
    );
    again.is("duplicate", false, &["dup > minami@example.jp: sent"]);
}

/// The header of the only letter, raw.
fn letter_header(counter: &Counter) -> String {
    let folder = counter.desk.path("replies/new");
    let path = std::fs::read_dir(folder).unwrap().next().unwrap().unwrap().path();
    let letter = String::from_utf8(std::fs::read(path).unwrap()).unwrap();
    letter.split_once("\r\n\r\n").unwrap().0.to_string()
}

#[test]
fn h54_h57_h58_h64_no_byte_of_a_header_enters_ours() {
    use base64::Engine as _;
    let word = |text: &str| format!("=?UTF-8?B?{}?=", base64::engine::general_purpose::STANDARD.encode(text));
    let evil = "件名\r\nBcc: evil@example.com\r\n\r\nbody";
    for (row, bytes) in [
        ("H54 subject", with_header(&format!("Subject: {}\r\n", word(evil)))),
        (
            "H54 name",
            changed("From: minami@example.jp", &format!("From: {} <minami@example.jp>", word(evil))),
        ),
        (
            "H54 file",
            text()
                .replace("filename=\"", "filename*=utf-8''a%0D%0ABcc%3A%20evil@example.com.xlsx; x=\"")
                .into_bytes(),
        ),
        ("H54 identifier", changed("<1@clinic.example.jp>", "<1@clinic\u{0}\tBcc: evil@example.com>")),
        (
            "H54 references",
            with_header("References: <a@b>\r\n Bcc: evil@example.com\r\nIn-Reply-To: <x y@z>\r\n"),
        ),
        ("H57 Reply-To", with_header("Reply-To: evil@example.com\r\n")),
        ("H58 Sender", with_header("Sender: evil@example.com\r\nResent-From: evil@example.com\r\n")),
        ("H64 no identifier", changed("Message-ID: <1@clinic.example.jp>\r\n", "")),
        ("H64 one of 64 kB", changed("<1@clinic.example.jp>", &format!("<{}@clinic>", "1".repeat(65_000)))),
        ("H64 two", changed("Message-ID:", "Message-ID: <other@evil.example>\r\nMessage-ID:")),
        ("H64 with blanks", changed("<1@clinic.example.jp>", "< 1 @ clinic >")),
        (
            "H65 long references",
            with_header(&format!("References:{}\r\n", " <junk <a@b> x@y>".repeat(3_000))),
        ),
        ("H63 1970", changed("Tue, 05 Oct 2021 10:00:00 +0900", "Thu, 01 Jan 1970 00:00:00 +0000")),
        ("H63 9999", changed("Tue, 05 Oct 2021 10:00:00 +0900", "Fri, 31 Dec 9999 23:59:60 +2400")),
        ("H63 nonsense", changed("Tue, 05 Oct 2021 10:00:00 +0900", "Thu, 32 Foo")),
        ("H63 none", changed("Date: Tue, 05 Oct 2021 10:00:00 +0900\r\n", "")),
    ] {
        let mut counter = Counter::new();
        let judged = counter.take_bytes(ON_TIME, &bytes);
        assert_eq!(
            (judged.outcome.as_str(), judged.letters.as_slice()),
            ("accepted", ["accept > minami@example.jp: sent".to_string()].as_slice()),
            "{row}: {judged:#?}"
        );
        let header = letter_header(&counter);
        assert!(!header.to_lowercase().contains("evil@"), "{row}: {header}");
        assert!(
            !header.contains("Bcc") && header.contains("\r\nTo: minami@example.jp\r\n"),
            "{row}: {header}"
        );
        let ids: Vec<&str> = header.lines().filter(|line| line.trim_start().starts_with('<')).collect();
        assert!(ids.len() <= 10 && header.len() < 4_000, "{row}: {header}");
        assert_eq!(counter.desk.last_submission()["timing"], "on_time", "{row}");
    }
}

#[test]
fn h55_h56_h60_h61_h62_h66_whose_address_counts() {
    for from in [
        "MINAMI@EXAMPLE.JP",
        "minami@example.jp.",
        "みなみ (minami) <minami@example.jp>",
        "\"kita@example.jp\" <minami@example.jp>",
        "\"市役所 <evil@example.com>\" <minami@example.jp>",
        "<@relay.example:minami@example.jp>",
    ] {
        let judged = Counter::new().take(ON_TIME, Post { from, ..with_file("a.xlsx", minami(1, 6)) });
        assert_eq!(judged.outcome, "accepted", "{from}: {judged:#?}");
        assert_eq!(judged.letters[0].to_lowercase(), "accept > minami@example.jp: sent", "{from}");
    }
    // Not the registered one: an alias, a homograph in each of its writings, an address literal.
    for from in [
        "minami+vaccine@example.jp",
        "minami@ехample.jp",
        "minami@xn--ample-4ve3b.jp",
        "minami@example.jp.evil.example",
        "minami@[192.0.2.1]",
        "\"mina mi\"@example.jp",
    ] {
        let judged = Counter::new().take(ON_TIME, Post { from, ..with_file("a.xlsx", minami(1, 6)) });
        assert_eq!(judged.outcome, "held", "{from}: {judged:#?}");
        assert!(!judged.letters.iter().any(|letter| letter.starts_with("accept")), "{from}: {judged:#?}");
    }
    for from in ["a@b@c", "<a@example.jp> <b@example.jp>", "undisclosed-recipients:;"] {
        check(from, &with_file("a.xlsx", minami(1, 6)).bytes(), ACCEPTED);
        let judged = Counter::new().take(ON_TIME, Post { from, ..with_file("a.xlsx", minami(1, 6)) });
        judged.is("held", true, &[]);
    }
    // Carriers gave out addresses that break the rules.
    let mut counter = Counter::on(crate::support::DeskFolder::without_registry());
    counter.desk.import("会場番号,医療機関名,メールアドレス,第８期接種可能上限量\n0123,みなみ内科クリニック,a..b.@docomo.ne.jp,240\n");
    let judged =
        counter.take(ON_TIME, Post { from: "a..b.@docomo.ne.jp", ..with_file("a.xlsx", minami(1, 6)) });
    assert_eq!((judged.outcome.as_str(), judged.letters.len()), ("accepted", 1), "H55 docomo: {judged:#?}");

    check(
        "H60 only the topmost Return-Path",
        &with_header("Return-Path: <minami@example.jp>\r\nReturn-Path: <>\r\n"),
        ACCEPTED,
    );
    check("H60 Delivered-To is no authority", &with_header("Delivered-To: kita@example.jp\r\n"), ACCEPTED);
    check(
        "H60 no overrides nothing",
        &with_header("Auto-Submitted: no\r\nPrecedence: bulk\r\n"),
        ("accepted", true, &["accept > minami@example.jp: held"]),
    );
    // H61 is A04; H62: an answer to our letter with a new form is an ordinary correction.
    let mut counter = Counter::new();
    let first = counter.take(ON_TIME, with_file("a.xlsx", minami(1, 6)));
    let header = format!("In-Reply-To: {}", first.message_ids[0]);
    let post = Post { headers: &[header.as_str()], ..with_file("b.xlsx", minami(1, 7)) };
    counter.take("2021-10-06T10:00:00+09:00", post).is(
        "accepted",
        false,
        &["corr_ok > minami@example.jp: sent"],
    );
    assert_eq!(counter.in_force("0123"), 42);
}
