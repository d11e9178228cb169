//! Subjects and authors.

use uketsuke::inbound::message::AutomaticSign;

use crate::build::*;

fn check_subject(quirk: &str, value: &[u8], expected: &str) {
    let message = with_header(&join(&[b"From: a@example.jp\nSubject: ", value]));
    assert_eq!(message.subject, expected, "{quirk}");
}

const SUBJECT: &str = "予約枠報告様式１の提出について";

/// The text cut into encoded words after `first` bytes, charset `label`, second word on a folded line.
fn cut(label: &str, bytes: &[u8], first: usize) -> Vec<u8> {
    let (a, b) = bytes.split_at(first);
    format!("{}\n {}", word(label, a), word(label, b)).into_bytes()
}

#[test]
fn subjects_in_encoded_words() {
    let compliant =
        format!("{}\n {}", word("ISO-2022-JP", &jis("予約枠")), word("ISO-2022-JP", &jis("報告")));
    check_subject("s01 every word ends in ASCII", compliant.as_bytes(), "予約枠報告");
    let all = jis(SUBJECT);
    check_subject("s02 JIS cut inside a character", &cut("iso-2022-jp", &all, 14), SUBJECT);
    // Each word with escapes of its own around half a character.
    let halves = format!(
        "{} {}",
        word("ISO-2022-JP", b"\x1B$BM=\x4C\x1B(B"),
        word("ISO-2022-JP", b"\x1B$B\x73\x4F\x48\x1B(B")
    );
    check_subject("s02 escapes around half a character", halves.as_bytes(), "予約枠");
    check_subject("s02b UTF-8 cut inside a character", &cut("UTF-8", SUBJECT.as_bytes(), 10), SUBJECT);
    check_subject("s02c SJIS cut inside a character", &cut("Shift_JIS", &sjis(SUBJECT), 7), SUBJECT);
    let q = "=?UTF-8?Q?=E4=BA=88=E7=B4?=\n =?UTF-8?Q?=84=E6=9E=A0_1?=";
    check_subject("s02d Q cut inside a character", q.as_bytes(), "予約枠 1");
    let special = word("iso-2022-jp", b"\x1B$B-!-j|b\x1B(B");
    check_subject("s03 CP50221 characters", special.as_bytes(), "①㈱髙");
    let numero = word("iso-2022-jp", &jis("№㌔Ⅳ"));
    check_subject("s03 NEC row 13", numero.as_bytes(), "№㌔Ⅳ");
    check_subject("s04 ESC ( I", word("iso-2022-jp", b"\x1B(I6@6E\x1B(B-1").as_bytes(), "ｶﾀｶﾅ-1");
    check_subject("s04b SO SI", word("iso-2022-jp", b"\x0E6@6E\x0F-1").as_bytes(), "ｶﾀｶﾅ-1");
    let eight = word("iso-2022-jp", b"\x1B$BM=\x1B(B\xB6\xC0\xB6\xC5");
    check_subject("s04c 8-bit kana", eight.as_bytes(), "予ｶﾀｶﾅ");
    let kana_after = word("iso-2022-jp", b"\x1B$BM=\x1B(B\x1B(I6\x1B(B\x1B$BLs\x1B(B");
    check_subject("escapes in a row leave nothing", kana_after.as_bytes(), "予ｶ約");
}

#[test]
fn subjects_under_every_label() {
    let sjis_labels = [
        "windows-31j",
        "x-sjis",
        "shift_jis",
        "Shift-JIS",
        "MS932",
        "MS_Kanji",
        "SJIS",
        "cp932",
        "CP943C",
        "us-ascii",
        "x-unknown",
        "_autodetect_jpn",
        "iso-8859-1",
        "euc-jp",
        "utf-8",
    ];
    for label in sjis_labels {
        check_subject(label, word(label, &sjis(SUBJECT)).as_bytes(), SUBJECT);
    }
    let jis_labels = [
        "iso-2022-jp",
        "iso-2022-jp-ms",
        "cp50220",
        "cp50221",
        "CP50222",
        "iso-2022-jp-1",
        "iso-2022-jp-2",
        "iso-2022-jp-3",
        "us-ascii",
        "utf-8",
        "shift_jis",
        "unknown-8bit",
    ];
    for label in jis_labels {
        check_subject(label, word(label, &jis(SUBJECT)).as_bytes(), SUBJECT);
    }
    for label in ["euc-jp", "x-euc-jp", "eucJP", "cp51932", "eucJP-ms", "us-ascii", "shift_jis"] {
        check_subject(label, word(label, &euc(SUBJECT)).as_bytes(), SUBJECT);
    }
    for label in ["utf8", "UTF-8", "utf-8*ja", "us-ascii", "iso-2022-jp", "Shift_JIS", "euc-jp"] {
        check_subject(label, word(label, SUBJECT.as_bytes()).as_bytes(), SUBJECT);
    }
    check_subject("UTF-7", b"=?unicode-1-1-utf-7?Q?+Toh9BGeg-1?=", "予約枠1");
    check_subject("KOI8 is left alone", word("koi8-r", b"\xF0\xD2\xC9").as_bytes(), "При");
    check_subject(
        "Latin 1 is left alone",
        word("iso-8859-1", b"Caf\xE9 M\xFCller").as_bytes(),
        "Café Müller",
    );
}

#[test]
fn subjects_against_the_rules() {
    check_subject("h01 raw SJIS", &sjis(SUBJECT), SUBJECT);
    check_subject("h03 raw JIS", &jis(SUBJECT), SUBJECT);
    check_subject("h03b raw EUC", &euc(SUBJECT), SUBJECT);
    check_subject("raw UTF-8", SUBJECT.as_bytes(), SUBJECT);
    check_subject("raw folded UTF-8", "予約枠\n 報告".as_bytes(), "予約枠 報告");
    check_subject("h04 lower-case b", b"=?utf-8?b?5LqI57SE?=\n =?utf-8?b?5p6g?=", "予約枠");
    check_subject("h06 blanks in the data", b"=?UTF-8?B?5LqI 57SE 5p6g?=", "予約枠");
    check_subject("h07 text right beside a word", b"Re:=?UTF-8?B?5LqI57SE?=(1)", "Re:予約(1)");
    check_subject("no padding", b"=?UTF-8?B?5LqI57SEMQ?=", "予約1");
    check_subject("not a word", b"1 =? 2 =?x?= =?UTF-8?X?abc?=", "1 =? 2 =?x?= =?UTF-8?X?abc?=");
    check_subject("blank between word and text stays", b"=?UTF-8?B?5LqI?= A =?UTF-8?B?57SE?=", "予 A 約");
    check_subject("a group of four cut in two words", b"=?UTF-8?B?5LqI5?=\n =?UTF-8?B?7SE?=", "予約");
    check_subject(
        "line break inside a word",
        word("utf-8", "件名\r\nBcc: x@y.jp".as_bytes()).as_bytes(),
        "件名 Bcc: x@y.jp",
    );
    check_subject("bidi and controls", "A\u{202E}B\u{7}C".as_bytes(), "ABC");
    let twice = with_header("From: a@b.jp\nSubject: 一\nSubject: 二".as_bytes());
    assert_eq!(twice.subject, "一", "h12 the first subject counts");
    let odd = with_header("From: a@b.jp\nSubject: 予約枠の\n報告\nX-A: b".as_bytes());
    assert_eq!(odd.subject, "予約枠の報告", "folded without a blank");
}

fn check_authors(quirk: &str, header: &[u8], expected: &[(&str, &str)]) {
    let message = with_header(&join(&[header, b"\nSubject: x"]));
    let found: Vec<(&str, &str)> =
        message.authors.iter().map(|a| (a.name.as_str(), a.address.as_str())).collect();
    assert_eq!(found, expected, "{quirk}");
}

#[test]
fn authors() {
    let check = |quirk: &str, value: &str, expected: &[(&str, &str)]| {
        check_authors(quirk, format!("From: {value}").as_bytes(), expected);
    };
    check("bare", "Taro@Example.JP", &[("", "Taro@example.jp")]);
    check("name", "\"熊本　太郎\" <a@b.jp>", &[("熊本　太郎", "a@b.jp")]);
    check("old comment form", "a@b.jp (熊本医院)", &[("熊本医院", "a@b.jp")]);
    check("h05 quoted word", "\"=?UTF-8?B?54aK5pys?=\" <a@b.jp>", &[("熊本", "a@b.jp")]);
    check("h10 docomo", "a..b.@docomo.ne.jp", &[("", "a..b.@docomo.ne.jp")]);
    check("docomo, dot first", "<.foo@docomo.ne.jp>", &[("", ".foo@docomo.ne.jp")]);
    check("docomo, quoted", "\"a..b.\"@docomo.ne.jp", &[("", "a..b.@docomo.ne.jp")]);
    check("quoted blank", "\"a b\"@x.jp", &[("", "\"a b\"@x.jp")]);
    check("h56 name with an address", "\"clinic@a.jp\" <evil@b.jp>", &[("clinic@a.jp", "evil@b.jp")]);
    check("h56 quoted angle", "\"市役所 <evil@x.jp>\" <me@y.jp>", &[("市役所 <evil@x.jp>", "me@y.jp")]);
    check("two angles", "<a@x.jp> <b@y.jp>", &[("", "a@x.jp"), ("", "b@y.jp")]);
    check("two authors", "a@x.jp, B <b@y.jp>", &[("", "a@x.jp"), ("B", "b@y.jp")]);
    check("group", "院: a@x.jp, b@y.jp;", &[("", "a@x.jp"), ("", "b@y.jp")]);
    check("empty group", "undisclosed-recipients:;", &[]);
    check("empty", "", &[]);
    check("a@b@c", "<a@b@c.jp>", &[("", "")]);
    check("no address", "熊本医院", &[("熊本医院", "")]);
    check("IP literal", "a@[192.0.2.1]", &[("", "a@[192.0.2.1]")]);
    check("trailing dot", "a@b.jp.", &[("", "a@b.jp")]);
    check("tag", "user+tag@b.jp", &[("", "user+tag@b.jp")]);
    check("comments everywhere", "(x) a(y)@(z)b.jp(w)", &[("xyzw", "a@b.jp")]);
    check("source route", "<@x.jp,@y.jp:a@b.jp>", &[("", "a@b.jp")]);
    check("IDN stays", "a@病院.JP", &[("", "a@病院.jp")]);
    check("name without brackets", "熊本医院 a@b.jp", &[("熊本医院", "a@b.jp")]);
    check("comma in a quoted name", "\"熊本, 太郎\" <a@b.jp>", &[("熊本, 太郎", "a@b.jp")]);
    check("unclosed angle", "A <a@b.jp", &[("A", "a@b.jp")]);
    check("unclosed quote", "\"A <a@b.jp>", &[("A", "a@b.jp")]);
    check("colon in a name", "担当:山田 <a@b.jp>", &[("山田", "a@b.jp")]);
    check("not folded away", "A\n <a@b.jp>", &[("A", "a@b.jp")]);
    check("word with comma", "=?UTF-8?Q?=E7=86=8A=2C=E6=9C=AC?= <a@b.jp>", &[("熊,本", "a@b.jp")]);
    // 本 is `\\K` in JIS, 表 ends with 0x5C in Shift_JIS: no quote, bracket or escape may be seen in them.
    let raw = |name: &[u8]| join(&[b"From: \"", name, b"\" <a@b.jp>"]);
    check_authors("h03 raw JIS", &raw(&jis("熊本表医院")), &[("熊本表医院", "a@b.jp")]);
    check_authors("h01 raw SJIS", &raw(&sjis("予約表")), &[("予約表", "a@b.jp")]);
    check_authors("h03b raw EUC", &raw(&euc("熊本医院")), &[("熊本医院", "a@b.jp")]);
    check_authors("two fields", b"From: a@x.jp\nFrom: b@y.jp", &[("", "a@x.jp"), ("", "b@y.jp")]);
}

#[test]
fn who_counts_is_one_author_only() {
    assert_eq!(with_header(b"From: a@x.jp").from(), "a@x.jp");
    assert_eq!(with_header(b"From: a@x.jp, b@y.jp").from(), "");
    assert_eq!(with_header(b"Subject: x").from(), "");
}

#[test]
fn identifiers_and_threads() {
    let id = |value: &str| with_header(format!("From: a@b.jp\nMessage-ID: {value}").as_bytes()).message_id;
    assert_eq!(id("<a@b>").as_deref(), Some("<a@b>"));
    assert_eq!(id("\n <a@b>  ").as_deref(), Some("<a@b>"));
    assert_eq!(id("<a@b> (added by mx)").as_deref(), Some("<a@b>"));
    for bad in ["a@b", "<a b@c>", "<ab>", "<a@b@c>", "<>", "", "<あ@b>", "<a@b>x", "<a@b"] {
        assert_eq!(id(bad), None, "{bad}");
    }
    assert_eq!(id(&format!("<{}@b>", "a".repeat(249))), None);
    assert!(id(&format!("<{}@b>", "a".repeat(248))).is_some());
    let many: String = (0..30).map(|n| format!("\n <n{n}@b>")).collect();
    let header = format!("From: a@b.jp\nIn-Reply-To: <n28@b> <x y@b> junk\nReferences:{many}");
    let answers = with_header(header.as_bytes()).answers;
    assert_eq!(answers.len(), 10);
    assert_eq!(answers.last().map(String::as_str), Some("<n28@b>"));
    assert_eq!(answers.iter().filter(|id| *id == "<n28@b>").count(), 1);
}

#[test]
fn trace_and_envelope() {
    let message = with_header(
        b"Return-Path: <x@Y.jp>\nReturn-Path: <>\nReceived: from a (by evil.jp) by MX.city.jp (Postfix) with ESMTP\n id 1; Mon, 27 Sep 2021 09:00:00 +0900 (JST)\nReceived: junk\nFrom: a@b.jp\nSender: S <s@b.jp>\nReply-To: r@c.jp\nTo: X <U@City.jp>\nCc: v@city.jp\nDate: Mon, 27 Sep 2021 08:59:00 +0900",
    );
    assert_eq!(message.return_path.as_deref(), Some("x@y.jp"), "the topmost counts");
    assert_eq!(message.received.len(), 2);
    assert_eq!(message.received[0].by, "mx.city.jp");
    assert_eq!(message.received[0].at.unwrap().to_string(), "2021-09-27T00:00:00Z");
    assert_eq!((message.received[1].by.as_str(), message.received[1].at), ("", None));
    assert_eq!(message.sender.as_deref(), Some("s@b.jp"));
    assert_eq!(message.reply_to, ["r@c.jp"]);
    assert_eq!(message.recipients, ["u@city.jp", "v@city.jp"]);
    assert_eq!(message.date.unwrap().to_string(), "2021-09-26T23:59:00Z");
    assert!(message.automatic.is_empty());
    let named_by = with_header(b"From: a@b.jp\nReceived: from by (x by y) by mx.city.jp with SMTP; x");
    assert_eq!(named_by.received[0].by, "mx.city.jp");
    let null = with_header(b"Return-Path: < >\nFrom: a@b.jp");
    assert_eq!(null.return_path.as_deref(), Some(""));
    assert_eq!(null.automatic, [AutomaticSign::NullReturnPath]);
}
