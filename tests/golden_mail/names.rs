//! File names.

use crate::build::*;

const NAME: &str = "予約枠報告様式１（公開枠）.xlsx";

fn check(quirk: &str, disposition: &[u8], expected: &str) {
    let header = join(&[
        format!("Content-Type: {TYPE}\n").as_bytes(),
        b"Content-Disposition: attachment;\n ",
        disposition,
    ]);
    check_header(quirk, &header, expected);
}

fn check_header(quirk: &str, header: &[u8], expected: &str) {
    let opened = opened(&with_workbook(header));
    let names: Vec<&str> = opened.message.attachments.iter().map(|a| a.name.as_str()).collect();
    assert_eq!(names, [expected], "{quirk}");
    assert_eq!(opened.files[0], xlsx(), "{quirk}");
}

#[test]
fn rfc_2231() {
    let utf8 = percent(NAME.as_bytes());
    let (a, b) = utf8.split_at(3 * 7);
    check("f01 UTF-8 cut", format!("filename*0*=UTF-8''{a};\n filename*1*={b}").as_bytes(), NAME);
    let bytes = jis(NAME);
    let (a, b) = bytes.split_at(8);
    let value = format!("filename*0*=ISO-2022-JP''{};\n filename*1*={}", percent(a), percent(b));
    check("f02 JIS cut inside a character", value.as_bytes(), NAME);
    let bytes = sjis(NAME);
    let (a, b) = bytes.split_at(7);
    let value = format!("filename*0*=Shift_JIS'ja'{};\n filename*1*={}", percent(a), percent(b));
    check("f04 SJIS cut inside a character", value.as_bytes(), NAME);
    let stem = percent("予約枠".as_bytes());
    check(
        "f03 partly encoded",
        format!("filename*0*=UTF-8''{stem};\n filename*1=\"-1.xlsx\"").as_bytes(),
        "予約枠-1.xlsx",
    );
    let (a, b) = stem.split_at(12);
    check(
        "f05 out of order",
        format!("filename*1*={b}.xlsx; filename*0*=UTF-8''{a}").as_bytes(),
        "予約枠.xlsx",
    );
    check("f06 both forms", format!("filename=\"yoyaku.xlsx\"; filename*=UTF-8''{utf8}").as_bytes(), NAME);
    check("f06 other order", format!("filename*=UTF-8''{utf8}; filename=\"yoyaku.xlsx\"").as_bytes(), NAME);
    let damaged =
        format!("filename*=UTF-8''%E4%BA%88%E7%B4; filename=\"{}\"", word("utf-8", NAME.as_bytes()));
    check("the sound form of two", damaged.as_bytes(), NAME);
    check("cp932 label", format!("filename*=cp932''{}", percent(&sjis(NAME))).as_bytes(), NAME);
    check("no charset", format!("filename*={utf8}").as_bytes(), NAME);
    check("wrong charset", format!("filename*=iso-2022-jp''{}", percent(&sjis(NAME))).as_bytes(), NAME);
    let ten: String = (0..12).map(|n| format!("; filename*{n}=\"{n}-\"")).collect();
    check("ten and more segments in order", &ten.as_bytes()[2..], "0-1-2-3-4-5-6-7-8-9-10-11-");
}

#[test]
fn encoded_words_in_parameters() {
    check("f07 in quotes", format!("filename=\"{}\"", word("UTF-8", NAME.as_bytes())).as_bytes(), NAME);
    let bytes = jis(NAME);
    let (a, b) = bytes.split_at(14);
    let folded = format!("filename=\"{}\n {}\"", word("ISO-2022-JP", a), word("ISO-2022-JP", b));
    check("f08, f08b words cut inside a character", folded.as_bytes(), NAME);
    let utf8 = NAME.as_bytes();
    let folded = format!("filename=\"{}\n {}\"", word("UTF-8", &utf8[..10]), word("UTF-8", &utf8[10..]));
    check("f08b UTF-8", folded.as_bytes(), NAME);
    check("f09 unquoted", format!("filename={}", word("iso-2022-jp", &jis(NAME))).as_bytes(), NAME);
    let text = word("UTF-8", NAME.as_bytes());
    let (a, b) = text.split_at(20);
    check("f10 word across segments", format!("filename*0=\"{a}\";\n filename*1=\"{b}\"").as_bytes(), NAME);
}

#[test]
fn raw_bytes_in_parameters() {
    let raw = |bytes: &[u8]| join(&[b"filename=\"", bytes, b"\""]);
    check("f11 raw SJIS", &raw(&sjis(NAME)), NAME);
    check("f11 raw SJIS, 0x5C at the end", &raw(&sjis("予約表")), "予約表");
    check("f12 raw UTF-8", &raw(NAME.as_bytes()), NAME);
    check("f13 raw JIS", &raw(&jis(NAME)), NAME);
    check("raw EUC", &raw(&euc(NAME)), NAME);
    check("raw SJIS unquoted", &join(&[b"filename=", &sjis("予約 枠.xlsx")]), "予約 枠.xlsx");
    let both = join(&[
        format!("Content-Type: {TYPE}; name=\"a.xlsx\"\n").as_bytes(),
        b"Content-Disposition: attachment; filename=\"b.xlsx\"",
    ]);
    check_header("h13 filename before name", &both, "b.xlsx");
    check("no semicolon between", b"filename=\"a.xlsx\" size=3", "a.xlsx");
    let no_semicolon = format!("Content-Type: {TYPE}\nContent-Disposition: attachment filename=\"a.xlsx\"");
    check_header("no semicolon before", no_semicolon.as_bytes(), "a.xlsx");
    let only = format!("Content-Type: {TYPE};\n name=\"{}\"", word("UTF-8", NAME.as_bytes()));
    check_header("f14 only in Content-Type", only.as_bytes(), NAME);
}

#[test]
fn names_fit_to_be_shown() {
    let named = |quirk: &str, name: &str, expected: &str| {
        check(quirk, format!("filename=\"{name}\"").as_bytes(), expected);
    };
    named("f16 path", "..\\\\..\\\\evil.xlsx", "evil.xlsx");
    named("f16 path, not escaped", "C:\\Users\\taro\\枠.xlsx", "枠.xlsx");
    named("unix path", "../../etc/passwd", "passwd");
    named("stroke in a name", "10/25分.xlsx", "10_25分.xlsx");
    named("f17 NFD", "テ\u{3099}ータ.xlsx", "データ.xlsx");
    named("f18 percent", &percent("予約枠.xlsx".as_bytes()), "予約枠.xlsx");
    named("f18 percent SJIS", &percent(&sjis("予約枠.xlsx")), "予約枠.xlsx");
    named("a percent sign", "100%.xlsx", "100%.xlsx");
    named("bidi", "枠\u{202E}xslx.exe", "枠xslx.exe");
    named("semicolon", "a;b.xlsx", "a;b.xlsx");
    named("escaped quote", "a\\\"b.xlsx", "a\"b.xlsx");
    named("quote inside", "a\"b\".xlsx", "a\"b\".xlsx");
    named("empty", "", "添付ファイル1");
    named("dots only", "..", "添付ファイル1");
    let long = format!("{}.xlsx", "あ".repeat(300));
    let shown =
        &opened(&with_workbook(format!("Content-Disposition: attachment; filename=\"{long}\"").as_bytes()))
            .message
            .attachments[0]
            .name
            .clone();
    assert!(shown.chars().count() <= 200 && shown.ends_with(".xlsx"), "{shown}");
    check_header("no name at all", format!("Content-Type: {TYPE}").as_bytes(), "添付ファイル1");
}
