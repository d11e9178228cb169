//! Signed and encrypted mail (H18), as openssl makes it, and PGP.

use std::path::Path;
use std::process::Command;

use uketsuke::inbound::attachment::FileKind;

use crate::build::*;

fn openssl(folder: &Path, line: &str) {
    let output = Command::new("openssl").args(line.split(' ')).current_dir(folder).output().unwrap();
    assert!(output.status.success(), "openssl {line}: {}", String::from_utf8_lossy(&output.stderr));
}

/// A folder with a key, its certificate, and `entity`: a text and a workbook, with CRLF as S/MIME wants it.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    openssl(
        folder.path(),
        "req -x509 -newkey rsa:2048 -nodes -days 9 -subj /CN=clinic -keyout k.pem -out c.pem",
    );
    let mail = with_workbook(format!("Content-Type: {TYPE}; name=\"a.xlsx\"").as_bytes());
    let entity = String::from_utf8(mail).unwrap().replace("From: a@example.jp\n", "");
    std::fs::write(folder.path().join("entity"), crlf(entity.as_bytes())).unwrap();
    folder
}

fn made(folder: &Path, line: &str) -> Vec<u8> {
    // The recipients' certificates come last.
    openssl(folder, &line.replacen(" -", " -out mail.eml -", 1));
    let made = std::fs::read(folder.join("mail.eml")).unwrap();
    [b"From: a@example.jp\n".as_slice(), &made].concat()
}

fn kinds(mail: &[u8]) -> Vec<FileKind> {
    let opened = uketsuke::inbound::message::open(mail, &Default::default());
    opened.message.attachments.iter().map(|file| file.kind).collect()
}

#[test]
fn h18_a_signed_mail_is_read_like_any_other() {
    let folder = folder();
    for (quirk, line) in [
        ("opaque", "cms -sign -nodetach -in entity -signer c.pem -inkey k.pem"),
        ("opaque, in pieces", "cms -sign -nodetach -stream -in entity -signer c.pem -inkey k.pem"),
        ("opaque, old command", "smime -sign -nodetach -in entity -signer c.pem -inkey k.pem"),
        ("apart", "cms -sign -in entity -signer c.pem -inkey k.pem"),
    ] {
        let mail = made(folder.path(), line);
        let opened = uketsuke::inbound::message::open(&mail, &Default::default());
        assert_eq!(opened.message.text, "hello", "{quirk}");
        let books: Vec<usize> = (0..opened.files.len())
            .filter(|at| opened.message.attachments[*at].kind == FileKind::Xlsx)
            .collect();
        assert_eq!(books.len(), 1, "{quirk}: {:#?}", opened.message.attachments);
        assert!(opened.files[books[0]] == xlsx(), "{quirk}");
        let rest = opened.message.attachments.iter().filter(|file| file.kind != FileKind::Xlsx);
        assert!(rest.clone().all(|file| file.kind == FileKind::Signature), "{quirk}: {rest:?}");
        // Outlook's older name of the type, a gateway that calls it a stream of bytes, and one that lost the encoding.
        let text = String::from_utf8(mail).unwrap();
        for (from, to) in [
            ("application/pkcs7-mime", "application/x-pkcs7-mime"),
            ("application/pkcs7-mime", "application/octet-stream"),
            ("Content-Transfer-Encoding: base64\n\nMI", "\nMI"),
        ] {
            if text.contains(from) && quirk.starts_with("opaque") {
                let changed = text.replacen(from, to, 1);
                assert_eq!(kinds(changed.as_bytes()), [FileKind::Xlsx], "{quirk}: {to}");
            }
        }
    }
}

#[test]
fn h18_an_encrypted_mail_is_known_as_one() {
    let folder = folder();
    for line in [
        "cms -encrypt -aes256 -in entity c.pem",
        "cms -encrypt -stream -aes128 -in entity c.pem",
        "smime -encrypt -aes256 -in entity c.pem",
    ] {
        assert_eq!(kinds(&made(folder.path(), line)), [FileKind::Encrypted], "{line}");
    }
    let broken = "From: a@b.jp\nContent-Type: application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m\n\
                  Content-Transfer-Encoding: base64\n\nMIIB\n";
    assert_eq!(kinds(broken.as_bytes()), [FileKind::Encrypted], "cut, but it says so");
    const ARMOUR: &str =
        "-----BEGIN PGP MESSAGE-----\nVersion: GnuPG v2\n\nhQEMA6kk\n=abcd\n-----END PGP MESSAGE-----\n";
    let mime = format!(
        "From: a@b.jp\nContent-Type: multipart/encrypted; protocol=\"application/pgp-encrypted\"; boundary=E\n\n--E\n\
         Content-Type: application/pgp-encrypted\n\nVersion: 1\n\n--E\nContent-Type: application/octet-stream; \
         name=\"encrypted.asc\"\n\n{ARMOUR}\n--E--\n"
    );
    assert_eq!(kinds(mime.as_bytes()), [FileKind::Signature, FileKind::Encrypted], "PGP/MIME");
    let inline = format!("From: a@b.jp\nContent-Type: text/plain\n\n{ARMOUR}");
    assert_eq!(kinds(inline.as_bytes()), [FileKind::Encrypted], "in the text");
    let file = with_part(b"Content-Type: application/octet-stream; name=a.xlsx.asc", ARMOUR.as_bytes());
    assert_eq!(kinds(&file), [FileKind::Encrypted], "a file");
    let binary = with_part(
        b"Content-Type: application/octet-stream; name=a.xlsx.gpg\nContent-Transfer-Encoding: base64",
        b64(&[0x85, 0x01, 0x0C, 0x03, 0xA9, 0x24, 0x00, 0xFF]).as_bytes(),
    );
    assert_eq!(kinds(&binary), [FileKind::Encrypted], "a binary file");
}

#[test]
fn h18_a_pgp_signature_is_no_file() {
    let signature = "-----BEGIN PGP SIGNATURE-----\n\niQEz\n=ab\n-----END PGP SIGNATURE-----\n";
    let mail = format!(
        "From: a@b.jp\nContent-Type: multipart/signed; micalg=pgp-sha256; protocol=\"application/pgp-signature\"; boundary=S\n\n\
         --S\nContent-Type: {TYPE}; name=a.xlsx\nContent-Transfer-Encoding: base64\n\n{}\n--S\n\
         Content-Type: application/pgp-signature\n\n{signature}\n--S--\n",
        b64_lines(&xlsx())
    );
    assert_eq!(kinds(mail.as_bytes()), [FileKind::Xlsx, FileKind::Signature]);
}

#[test]
fn h16_what_lies_outside_is_only_noted() {
    let mail = with_part(
        b"Content-Type: message/external-body; access-type=URL; URL=\"http://192.0.2.1/a.xlsx\"",
        b"Content-Type: application/octet-stream; name=a.xlsx\n",
    );
    assert_eq!(kinds(&mail), [FileKind::External]);
}
