//! `open` is total: any bytes, and real mails with bytes changed.

use proptest::prelude::*;
use uketsuke::inbound::message::{Opened, open};
use uketsuke::limits::Limits;

use crate::build::*;
use crate::files::uu;

fn sound(opened: &Opened) {
    assert_eq!(opened.files.len(), opened.message.attachments.len());
    assert_eq!(opened.message.canonical.len(), 64);
    assert!(opened.message.text.len() as u64 <= Limits::default().text_bytes);
    for (file, bytes) in opened.message.attachments.iter().zip(&opened.files) {
        assert!(!file.name.is_empty() && file.name.chars().count() <= 200);
        assert!(!file.name.contains(['/', '\\']) && !file.name.chars().any(char::is_control));
        assert!(bytes.is_empty() || bytes.len() as u64 == file.size);
    }
    assert!(opened.message.message_id.iter().chain(&opened.message.answers).all(|id| id.is_ascii()));
}

fn seeds() -> Vec<Vec<u8>> {
    let zip = format!(
        "Content-Type: application/zip; name=\"{}\"\nContent-Transfer-Encoding: base64",
        word("iso-2022-jp", &jis("枠.zip"))
    );
    let zip_bytes = zip_of(&[("a.txt", b"x"), ("b.csv", b"a,b")]);
    let inner = with_part(zip.as_bytes(), b64_lines(&zip_bytes).as_bytes());
    vec![
        with_part(zip.as_bytes(), b64_lines(&zip_bytes).as_bytes()),
        with_part(b"Content-Type: message/rfc822", &inner),
        join(&[b"Return-Path: <>\nContent-Type: multipart/report; report-type=delivery-status; boundary=R\n\n--R\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; x\n\nFinal-Recipient: rfc822; a@b.jp\nAction: failed\nStatus: 5.1.1\n\n--R\nContent-Type: text/rfc822-headers\n\nMessage-ID: <1@b>\n--R--\n"]),
        join(&[b"From: \"", &jis("熊本"), b"\" <a@b.jp>\nSubject: ", &sjis("予約"), b"\nAuthentication-Results: mx.jp (c); dmarc=pass reason=\"x\" header.from=b.jp\n\n", uu("a.bin", b"binary").as_bytes()]),
        join(&[b"Content-Type: text/html; charset=cp932\n\n<p>", &sjis("本文"), b"&nbsp;</p>"]),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes(raw in proptest::collection::vec(any::<u8>(), 0..2_000)) {
        sound(&open(&raw, &Limits::default()));
    }

    #[test]
    fn changed_mails(
        seed in 0..5usize,
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..12),
        cut in proptest::option::of(any::<prop::sample::Index>()),
    ) {
        let mut mail = seeds().swap_remove(seed);
        for (at, byte) in changes {
            let at = at.index(mail.len());
            mail[at] = byte;
        }
        if let Some(cut) = cut {
            mail.truncate(cut.index(mail.len()));
        }
        sound(&open(&mail, &Limits::default()));
    }

    #[test]
    fn header_shaped_text(text in "(From|Subject|Content-Type|Received|Message-ID|Authentication-Results): [ -~あ\u{1B}\t]{0,80}(\r\n|\n|\r)", body in ".{0,200}") {
        sound(&open(format!("{text}\n{body}").as_bytes(), &Limits::default()));
    }
}
