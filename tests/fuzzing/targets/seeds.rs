//! Where each target starts from: mails and workbooks as clinics send them.

use std::io::{Cursor, Write};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use uketsuke::demo::sample_mails;
use uketsuke::inbound::message::open;
use uketsuke::limits::Limits;

use super::eighth::campaign;
use super::reader_fixtures::{form, zip};

const SHEET: &str = r#"<worksheet><cols><col min="2" max="3" hidden="1" width="0"/></cols><sheetData><row r="1" hidden="1" ht="0" customHeight="1"><c r="A1" t="s"><v>0</v></c><c r="B1" s="1"><v>44494</v></c><c t="inlineStr"><is><r><rPr><strike/></rPr><t>a&amp;b</t></r><rPh><t>x</t></rPh></is></c><c r="D1"><f t="shared" si="0">A1</f><v>6</v></c></row><row><c t="str"><f/><v></v></c><c t="e"><v>#REF!</v></c><c t="d"><v>2021-10-25</v></c></row></sheetData><mergeCells><mergeCell ref="A1:C2"/></mergeCells></worksheet>"#;
const FORM: &str = r#"<worksheet><sheetData><row r="1"><c r="A1" t="s"><v>0</v></c></row><row r="2"><c r="A2" t="s"><v>1</v></c><c r="B2"><v>123</v></c></row><row r="4"><c r="A4" t="s"><v>2</v></c><c r="B4" t="s"><v>3</v></c><c r="C4" t="s"><v>4</v></c></row><row r="5"><c r="A5" s="1"><v>44494</v></c><c r="B5" s="3"><v>0.375</v></c><c r="C5"><v>6</v></c></row><row r="6"><c r="A6" t="str"><v>〃</v></c><c r="B6" t="str"><v>９：３０～</v></c><c r="C6" t="str"><v>６名</v></c></row><row r="7"><c r="A7" s="1"><v>44515</v></c><c r="B7"><v>0.375</v></c><c r="C7" s="2"><v>6</v></c></row></sheetData></worksheet>"#;
const STRINGS: &str = r#"<sst uniqueCount="5"><si><t>予約枠報告様式１（公開枠のみ）_x000D_</t></si><si><t>会場番号</t></si><si><r><rPr><strike val="0"/></rPr><t>接種</t></r><r><t>日</t></r></si><si><t>接種時刻</t></si><si><t>公開枠数</t><rPh sb="0" eb="2"><t>コウカイ</t></rPh></si></sst>"#;
const STYLES: &str = r#"<styleSheet><numFmts><numFmt numFmtId="176" formatCode="[$-411]ge.m.d;@"/></numFmts><fonts><font/><font><strike/></font></fonts><cellXfs><xf numFmtId="0" fontId="0"/><xf numFmtId="176" fontId="0"/><xf numFmtId="14" fontId="1"/><xf numFmtId="32"/></cellXfs></styleSheet>"#;
const ODS: &str = r#"<d><style:style style:name="s" style:family="table-cell" style:parent-style-name="s"><style:text-properties style:text-line-through-style="solid"/></style:style><table:null-date table:date-value="1904-01-01"/><table:table table:name="a"><table:table-column table:number-columns-repeated="3" table:visibility="collapse"/><table:table-row table:number-rows-repeated="2" table:visibility="filter"><table:table-cell office:value-type="date" office:date-value="2021-10-25" table:number-columns-repeated="2" table:style-name="s"/><table:table-cell office:value-type="string" table:number-rows-spanned="2"><text:p>a<text:s text:c="3"/><text:span text:style-name="s">b</text:span></text:p><office:annotation/></table:table-cell><table:table-cell table:formula="x"/></table:table-row></table:table></d>"#;

fn texts(texts: &[&str]) -> Vec<Vec<u8>> {
    texts.iter().map(|text| text.as_bytes().to_vec()).collect()
}

/// One cell each, with the byte that chooses its kind.
pub fn cells() -> Vec<Vec<u8>> {
    let written = [
        "2021/10/25",
        "令和３年１０月２５日（月）",
        "R3.10.25",
        "㋿3年10月25日",
        "H33.10.25",
        "10月25日(月)",
        "25日",
        "20211025",
        "10.25",
        "10/25～10/29",
        "毎週月曜",
        "十月二十五日",
        "11/31",
        "9:00",
        "９：００～９：３０",
        "午前9時半",
        "午後1時30分",
        "PM 2:00",
        "13:30頃",
        "0900",
        "24:00",
        "午前",
        "６名",
        "各5",
        "６名様",
        "6.5",
        "－",
        "休診",
        "六",
        "1,200",
        "6×2",
        "〃",
        "１回目",
        "①",
        "㊊",
        "月曜日",
        "①６月１日",
        "01420",
    ];
    let texts = written.iter().map(|text| [&[2], text.as_bytes()].concat());
    let numbers =
        [44494.0_f64, 0.375, 44494.375, 1025.0, 10.25, 900.0, 9.0, 6.0, 6.5, -6.0, f64::NAN, f64::MAX];
    let kinds =
        numbers.iter().flat_map(|number| [0, 1].map(|kind| [&[kind], &number.to_le_bytes()[..]].concat()));
    texts.chain(kinds).collect()
}

/// Files: the forms of the rehearsal, a small one, other formats.
pub fn workbooks() -> Vec<Vec<u8>> {
    let mails = sample_mails(&campaign()).unwrap();
    let files = mails.iter().flat_map(|mail| open(&mail.bytes, &Limits::default()).files);
    let mut all: Vec<Vec<u8>> = files.filter(|bytes| !bytes.is_empty()).take(8).collect();
    all.push(form(3));
    all.push(zip(&[("content.xml", ODS.as_bytes())]));
    all.extend(texts(&[
        "予約枠報告様式１（公開枠のみ）\r\n会場番号,0123,医療機関名,くまもと医院\r\n接種日,接種時刻,公開枠数\r\n10/25,9:00,6\r\n11/15,９：００,６名\r\n",
        "\"a\"\"\n\",b;c\td\n",
    ]));
    all.push([&[0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1][..], &[0; 600]].concat());
    all
}

/// Sheet, strings and styles of an .xlsx; the content of an .ods.
pub fn parts() -> Vec<Vec<u8>> {
    texts(&[
        &format!("\u{0}{}", [SHEET, STRINGS, STYLES].join("\0")),
        &format!("\u{0}{}", [FORM, STRINGS, STYLES].join("\0")),
        &format!("\u{1}{ODS}"),
    ])
}

fn jis(text: &str) -> Vec<u8> {
    encoding_rs::ISO_2022_JP.encode(text).0.into_owned()
}

fn sjis(text: &str) -> Vec<u8> {
    encoding_rs::SHIFT_JIS.encode(text).0.into_owned()
}

fn word(bytes: &[u8]) -> String {
    format!("=?iso-2022-jp?B?{}?=", STANDARD.encode(bytes))
}

pub fn headers() -> Vec<Vec<u8>> {
    let mails = sample_mails(&campaign()).unwrap();
    let mut all: Vec<Vec<u8>> =
        mails.iter().map(|mail| mail.bytes[..mail.bytes.len().min(1_200)].to_vec()).collect();
    all.push(
        [b"Subject: ".as_slice(), &jis("予約枠"), b"\nFrom: ", &sjis("予約 <a@b.jp>"), b"\n\n"].concat(),
    );
    all.push(
        format!("Subject: {}\n {}\n", word(&jis("予約枠")[..5]), word(&jis("予約枠")[5..])).into_bytes(),
    );
    all.extend(texts(&[
        "Content-Disposition: attachment; filename*0*=iso-2022-jp''%1B$BM=Ls%1B; filename*1*=(B; filename=\"=?utf-8?Q?a=E3?=\"\n",
        "Content-Type: text/plain; name*=utf-8'ja'%E3%83%86%E3%82%99.xlsx; charset=x-sjis (c\n",
    ]));
    all
}

pub fn addresses() -> Vec<Vec<u8>> {
    texts(&[
        "\"熊本 太郎\" <a.B@clinic.example.JP>, b@c.jp",
        "foo..bar.@docomo.ne.jp",
        "\"foo..bar\"@docomo.ne.jp (comment (nested)) , <x@[192.0.2.1]>",
        "team: a@b.jp, c@d.jp;, <@relay.jp:e@f.jp>",
        "=?utf-8?B?54aK5pys?= <a@b.jp",
        "<a@b> junk <no> <c@d><<e@f> <g h@i> <j@k",
        "a@b.jp <c@d.jp>",
    ])
}

pub fn authentications() -> Vec<Vec<u8>> {
    texts(&[
        "mx.city.jp 1; spf=pass smtp.mailfrom=a@b.jp; dmarc=PASS (p=none dis=none) header.from=B.jp",
        "x.jp; dmarc = pass reason=\"ok; dmarc=fail\" header . from = b.jp",
        "x.jp; spf=none (a \\) ; dmarc=pass)",
        "x.jp (c (nested)); DKIM/1=fail; junk; none",
        "x.jp; spf=none smtp.mailfrom=\"; dmarc=pass\"",
    ])
}

pub fn bounces() -> Vec<Vec<u8>> {
    texts(&[
        "Reporting-MTA: dns; mx.jp\n\nFinal-Recipient: rfc822; taro@clinic.jp\nAction: failed\nStatus: 5.1.1 (bad mailbox)\nDiagnostic-Code: smtp; 550 5.1.1 <taro@clinic.jp>\n\nFinal-Recipient: RFC822; <Taro@Clinic.JP>\nAction: Delayed\nStatus: 4.4.1\n",
        "Hi. This is the qmail-send program at mx.jp.\n\n<a@b.jp>:\nSorry, no mailbox here by that name. (#5.1.1)\n\n--- Below this line is a copy of the message.\n\nMessage-ID: <x.1@city.jp>\n",
        "This message was created automatically by mail delivery software.\n\n  a@b.jp\n    host mx [192.0.2.1]: 550 User unknown\n",
        "次の受信者へのメッセージは配信できませんでした：\n<a@docomo.ne.jp>: 550 Unknown user a@docomo.ne.jp\nMessage-ID: <x.1@city.jp>\n",
    ])
}

fn archive(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in files {
        zip.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// multipart/mixed with a text and one part.
fn with_part(head: &str, body: &[u8]) -> Vec<u8> {
    [
        b"From: a@example.jp\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=\"BB\"\n\n--BB\nContent-Type: text/plain; charset=us-ascii\n\nhello\n--BB\n".as_slice(),
        head.as_bytes(),
        b"\n\n",
        body,
        b"\n--BB--\n",
    ]
    .concat()
}

/// The mails of the rehearsal, and small ones with what those lack.
pub fn messages() -> Vec<Vec<u8>> {
    let zip_head = format!(
        "Content-Type: application/zip; name=\"{}\"\nContent-Transfer-Encoding: base64",
        word(&jis("枠.zip"))
    );
    let zipped = STANDARD.encode(archive(&[("a.txt", b"x"), ("b.csv", b"a,b")]));
    let inner = with_part(&zip_head, zipped.as_bytes());
    let workbook = "Content-Type: application/octet-stream; name=a.xlsx\nContent-Transfer-Encoding: base64";
    let mut all = vec![
        with_part("Content-Type: message/rfc822", &inner),
        inner,
        with_part(workbook, STANDARD.encode(form(2)).as_bytes()),
        b"Return-Path: <>\nContent-Type: multipart/report; report-type=delivery-status; boundary=R\n\n--R\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; x\n\nFinal-Recipient: rfc822; a@b.jp\nAction: failed\nStatus: 5.1.1\n\n--R\nContent-Type: text/rfc822-headers\n\nMessage-ID: <1@b>\n--R--\n".to_vec(),
        [b"From: \"".as_slice(), &jis("熊本"), b"\" <a@b.jp>\nSubject: ", &sjis("予約"), b"\nAuthentication-Results: mx.jp (c); dmarc=pass reason=\"x\" header.from=b.jp\n\nbegin 644 a.bin\n&8FEN87)Y\n`\nend\n"].concat(),
        [b"Content-Type: text/html; charset=cp932\n\n<p>".as_slice(), &sjis("本文"), b"&nbsp;</p>"].concat(),
    ];
    all.extend(sample_mails(&campaign()).unwrap().into_iter().map(|mail| mail.bytes));
    all
}
