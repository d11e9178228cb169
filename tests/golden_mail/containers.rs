//! Files inside zip, mails and winmail.dat.

use uketsuke::inbound::attachment::{Attachment, FileKind};
use uketsuke::inbound::message::{Opened, open};
use uketsuke::limits::Limits;

use crate::build::*;

fn with_file(name: &str, bytes: &[u8]) -> Vec<u8> {
    let header =
        format!("Content-Type: application/octet-stream; name=\"{name}\"\nContent-Transfer-Encoding: base64");
    with_part(header.as_bytes(), b64_lines(bytes).as_bytes())
}

fn summary(opened: &Opened) -> Vec<(String, FileKind, String)> {
    let line = |a: &Attachment| (a.name.clone(), a.kind, a.inside.join("/"));
    opened.message.attachments.iter().map(line).collect()
}

fn check(quirk: &str, mail: &[u8], expected: &[(&str, FileKind, &str)]) {
    let found = summary(&opened(mail));
    let found: Vec<(&str, FileKind, &str)> =
        found.iter().map(|(n, k, i)| (n.as_str(), *k, i.as_str())).collect();
    assert_eq!(found, expected, "{quirk}");
}

/// The zip with the bytes of `from` replaced by `to` everywhere (raw names, flags).
fn patched(zip: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    assert_eq!(from.len(), to.len());
    let mut out = zip.to_vec();
    for at in 0..=out.len() - from.len() {
        if out[at..].starts_with(from) {
            out[at..at + to.len()].copy_from_slice(to);
        }
    }
    out
}

#[test]
fn zip_one_level() {
    let book = xlsx();
    let zip =
        zip_of(&[("予約枠.xlsx", &book), ("__MACOSX/._x", b"x"), ("dir/読んで.txt", "はい".as_bytes())]);
    check(
        "utf-8 names",
        &with_file("枠.zip", &zip),
        &[("予約枠.xlsx", FileKind::Xlsx, "枠.zip"), ("読んで.txt", FileKind::Text, "枠.zip")],
    );
    let opened = opened(&with_file("枠.zip", &zip));
    assert!(opened.files[0] == book);
    let cp932 = patched(&zip_of(&[("ABCDEF.xlsx", &book)]), b"ABCDEF", &sjis("予約枠"));
    check("CP932 names", &with_file("a.zip", &cp932), &[("予約枠.xlsx", FileKind::Xlsx, "a.zip")]);
    let nested = zip_of(&[("inner.zip", &zip_of(&[("a.xlsx", &book)]))]);
    check("a zip in a zip stays", &with_file("a.zip", &nested), &[("inner.zip", FileKind::Zip, "a.zip")]);
    check(
        "a zip named xlsx",
        &with_file("a.xlsx", &zip_of(&[("b.xlsx", &book)])),
        &[("b.xlsx", FileKind::Xlsx, "a.xlsx")],
    );
    check("an empty zip stays", &with_file("a.zip", &zip_of(&[])), &[("a.zip", FileKind::Zip, "")]);
}

#[test]
fn encrypted_zip_stays_one() {
    let mut zip = zip_of(&[("a.xlsx", b"xxxx")]);
    let central = zip.windows(4).position(|w| w == b"PK\x01\x02").unwrap();
    zip[6] |= 1;
    zip[central + 8] |= 1;
    check("encrypted", &with_file("a.zip", &zip), &[("a.zip", FileKind::EncryptedArchive, "")]);
    check("encrypted, named xlsx", &with_file("a.xlsx", &zip), &[("a.xlsx", FileKind::EncryptedArchive, "")]);
}

#[test]
fn zip_within_its_limits() {
    let files: Vec<(String, Vec<u8>)> = (0..21).map(|n| (format!("{n}.txt"), b"x".to_vec())).collect();
    let of = |count: usize| {
        let refs: Vec<(&str, &[u8])> =
            files[..count].iter().map(|(n, b)| (n.as_str(), b.as_slice())).collect();
        opened(&with_file("a.zip", &zip_of(&refs))).message
    };
    assert_eq!(of(20).attachments.len(), 20);
    assert!(of(20).defects.is_empty());
    let over = of(21);
    assert_eq!(over.attachments.len(), 1);
    assert_eq!(over.attachments[0].kind, FileKind::Zip);
    assert_eq!(format!("{:?}", over.defects), r#"[Truncated("limits.zip_files")]"#);
    let bomb = zip_of(&[("bomb.txt", &vec![0u8; 4 * 1024 * 1024]), ("a.xlsx", &xlsx())]);
    let message = opened(&with_file("a.zip", &bomb)).message;
    assert_eq!(format!("{:?}", message.defects), r#"[Truncated("limits.inflation_ratio")]"#);
    assert_eq!((message.attachments[0].size, message.attachments[1].kind), (4 * 1024 * 1024, FileKind::Xlsx));
    let mut cut = zip_of(&[("a.xlsx", &xlsx()), ("b.xlsx", &xlsx())]);
    // Damage the data of the second entry only.
    let second = cut.windows(6).rposition(|w| w == b"b.xlsx").unwrap().min(cut.len());
    let data = cut.windows(4).rposition(|w| w == b"PK\x03\x04").unwrap();
    assert!(data < second);
    for byte in &mut cut[data + 60..data + 90] {
        *byte ^= 0x55;
    }
    let kinds: Vec<FileKind> =
        opened(&with_file("a.zip", &cut)).message.attachments.iter().map(|a| a.kind).collect();
    assert_eq!(kinds, [FileKind::Zip, FileKind::Xlsx], "the zip stays as evidence");
}

fn forwarded(inner_header: &str) -> Vec<u8> {
    let inner = with_workbook(format!("Content-Type: {TYPE}; name=\"枠.xlsx\"").as_bytes());
    // A boundary of its own, as every mail program makes one.
    let inner = String::from_utf8(inner).unwrap().replace("--BB", "--inner").replace("\"BB\"", "inner");
    join(&[inner_header.as_bytes(), inner.as_bytes()])
}

#[test]
fn mails_in_mails() {
    let inner = forwarded("Subject: 予約枠\nMessage-ID: <in@b>\n");
    let n01 = with_part(b"Content-Type: message/rfc822", &inner);
    check("n01 forwarded", &n01, &[("枠.xlsx", FileKind::Xlsx, "予約枠.eml")]);
    let opened_n01 = opened(&n01);
    assert_eq!(opened_n01.message.attachments[0].nested_mail.as_deref(), Some("<in@b>"));
    assert_eq!(opened_n01.message.text, "hello", "the inner text is not the writer's");
    assert!(opened_n01.files == [xlsx()]);
    let n01b = with_part(
        b"Content-Type: message/rfc822\nContent-Transfer-Encoding: base64",
        b64_lines(&inner).as_bytes(),
    );
    check("n01b in base64", &n01b, &[("枠.xlsx", FileKind::Xlsx, "予約枠.eml")]);
    check(
        "n01c .eml as octet-stream",
        &with_file("転送.eml", &inner),
        &[("枠.xlsx", FileKind::Xlsx, "転送.eml")],
    );
    let digest =
        join(&[b"From: a@b.jp\nContent-Type: multipart/digest; boundary=D\n\n--D\n\n", &inner, b"\n--D--\n"]);
    check("digest", &digest, &[("枠.xlsx", FileKind::Xlsx, "予約枠.eml")]);
    let no_id = with_part(b"Content-Type: message/rfc822", &forwarded("Subject: 予約枠\n"));
    assert_eq!(opened(&no_id).message.attachments[0].nested_mail.as_deref(), Some("予約枠"));
    let nothing = with_part(b"Content-Type: message/rfc822", b"From: x@y.jp\nSubject: note\n\ntext\n");
    check("a mail without files is a file", &nothing, &[("note.eml", FileKind::Mail, "")]);
    // A different inner boundary is needed for two levels.
    let two = join(&[b"Subject: two\nContent-Type: message/rfc822\n\n", &inner]);
    let two = with_part(
        b"Content-Type: message/rfc822\nContent-Transfer-Encoding: base64",
        b64_lines(&two).as_bytes(),
    );
    check("two levels stay a file", &two, &[("予約枠.eml", FileKind::Mail, "two.eml")]);
    let zipped = with_file("a.zip", &zip_of(&[("a.xlsx", &xlsx())]));
    let zipped = with_part(
        b"Content-Type: message/rfc822\nContent-Transfer-Encoding: base64",
        b64_lines(&join(&[b"Subject: z\n", &zipped])).as_bytes(),
    );
    check("a zip in a mail in a mail", &zipped, &[("a.xlsx", FileKind::Xlsx, "z.eml/a.zip")]);
}

fn attribute(level: u8, id: u32, data: &[u8]) -> Vec<u8> {
    let sum: u16 = data.iter().fold(0u16, |sum, &b| sum.wrapping_add(u16::from(b)));
    join(&[&[level], &id.to_le_bytes(), &(data.len() as u32).to_le_bytes(), data, &sum.to_le_bytes()])
}

fn winmail(title: &[u8], long_name: Option<&str>, data: &[u8]) -> Vec<u8> {
    let mut out = join(&[&[0x78, 0x9F, 0x3E, 0x22, 1, 0], &attribute(1, 0x0002_800C, &sjis("本文です\0"))]);
    out.extend(attribute(2, 0x0006_9002, &[0; 14]));
    out.extend(attribute(2, 0x0001_8010, title));
    out.extend(attribute(2, 0x0006_800F, data));
    if let Some(name) = long_name {
        let wide: Vec<u8> = name.encode_utf16().chain([0]).flat_map(u16::to_le_bytes).collect();
        let mut value = join(&[&1u32.to_le_bytes(), &(wide.len() as u32).to_le_bytes(), &wide]);
        value.resize(value.len().next_multiple_of(4), 0);
        // A fixed property, one of many values, one with a name, then the long file name.
        let properties = join(&[
            &4u32.to_le_bytes(),
            &[0x03, 0x00, 0x05, 0x37, 1, 0, 0, 0],
            &[0x03, 0x10, 0x01, 0x40, 2, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0],
            &[0x1F, 0x10, 0x01, 0x80],
            &[0; 16],
            &[0, 0, 0, 0, 9, 0, 0, 0],
            &[2, 0, 0, 0, 2, 0, 0, 0, b'a', 0, 0, 0, 2, 0, 0, 0, b'b', 0, 0, 0],
            &[0x1F, 0x00, 0x07, 0x37],
            &value,
        ]);
        out.extend(attribute(2, 0x0006_9005, &properties));
    }
    out
}

#[test]
fn t01_winmail() {
    let book = xlsx();
    let long = winmail(b"YOYAKU~1.XLS\0", Some("予約枠報告様式１.xlsx"), &book);
    check(
        "long name",
        &with_file("winmail.dat", &long),
        &[("予約枠報告様式１.xlsx", FileKind::Xlsx, "winmail.dat")],
    );
    assert!(opened(&with_file("winmail.dat", &long)).files == [book.clone()]);
    let short = winmail(&sjis("予約枠.xlsx\0"), None, &book);
    check(
        "title in CP932",
        &with_file("winmail.dat", &short),
        &[("予約枠.xlsx", FileKind::Xlsx, "winmail.dat")],
    );
    let zipped = winmail(b"a.zip\0", None, &zip_of(&[("b.xlsx", &book)]));
    check(
        "zip inside",
        &with_file("winmail.dat", &zipped),
        &[("b.xlsx", FileKind::Xlsx, "winmail.dat/a.zip")],
    );
    check("nothing inside", &with_file("winmail.dat", &long[..6]), &[("winmail.dat", FileKind::Tnef, "")]);
    for length in 0..long.len().min(400) {
        open(&with_file("winmail.dat", &long[..length]), &Limits::default());
    }
}
