//! Mail that something on the way wrapped, sealed, emptied or cut: rows H01 to H27 of the matrix of hostile mail, as far as
//! they decide what becomes of a mail.

use uketsuke::outbound::reply::Settings;

use crate::counter::{Counter, MINAMI, ON_TIME, OWN, minami, with_file};
use crate::support::Post;

/// A registered clinic's mail with this header and body below its own From, To and Message-ID.
fn mail(from: &str, rest: &str) -> Vec<u8> {
    let head = format!(
        "From: {from}\nTo: {OWN}\nSubject: x\nMessage-ID: <1@clinic.example.jp>\nMIME-Version: 1.0\n{rest}"
    );
    head.replace('\n', "\r\n").into_bytes()
}

const BEGUN: &str = "-----BEGIN PGP MESSAGE-----\n\nhQEMA6kk\n-----END PGP MESSAGE-----\n";

#[test]
fn h18_encrypted_mail_is_answered_with_what_to_do() {
    let inline = format!("Content-Type: text/plain\n\n{BEGUN}");
    let mime = format!(
        "Content-Type: multipart/encrypted; boundary=E\n\n--E\nContent-Type: application/pgp-encrypted\n\nVersion: 1\n--E\n\
         Content-Type: application/octet-stream; name=encrypted.asc\n\n{BEGUN}--E--\n"
    );
    let smime = "Content-Type: application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m\n\
                 Content-Transfer-Encoding: base64\n\nMIIBBgYJKoZIhvcNAQcDoIH4MIH1\n";
    for rest in [inline.as_str(), &mime, smime] {
        let mut counter = Counter::new();
        let judged = counter.take_bytes(ON_TIME, &mail(MINAMI, rest));
        judged.is("unreadable", false, &["passwd > minami@example.jp: sent"]);
        judged
            .says(&["暗号化（S/MIME、PGPなど）されているため", "暗号化せずに"])
            .without(&["パスワードが設定"]);
        // In time is in time: the readable form that follows after the deadline mends it.
        let late = Post { id: "2", ..with_file("a.xlsx", minami(1, 6)) };
        counter.take("2021-10-11T10:00:00+09:00", late).is(
            "accepted",
            true,
            &["accept > minami@example.jp: sent"],
        );
        assert_eq!(counter.desk.last_submission()["timing"], "fix_of_on_time");
        // A stranger is told nothing.
        Counter::new().take_bytes(ON_TIME, &mail("x@example.com", rest)).is("unreadable", true, &[]);
    }
}

#[test]
fn h16_what_lies_elsewhere_is_never_fetched() {
    let outside = "Content-Type: message/external-body; access-type=URL; URL=\"http://127.0.0.1:9/a.xlsx\"\n\n\
                   Content-Type: application/octet-stream; name=a.xlsx\n\n";
    let judged = Counter::new().take_bytes(ON_TIME, &mail(MINAMI, outside));
    judged.is("held", true, &[]);
    let piece = "Content-Type: message/partial; id=\"1\"; number=1; total=2\n\nSubject: y\n\nbody\n";
    Counter::new().take_bytes(ON_TIME, &mail(MINAMI, piece)).is("unreadable", true, &[]);
    // Beside a form it is staff's to know of, and the form is judged.
    let text = String::from_utf8(with_file("a.xlsx", minami(1, 6)).bytes()).unwrap();
    let both = text.replace("--=-b--", &format!("--=-b\r\n{}--=-b--", outside.replace('\n', "\r\n")));
    let judged = Counter::new().take_bytes(ON_TIME, both.as_bytes());
    judged.is("accepted", true, &["accept > minami@example.jp: sent"]);
}

#[test]
fn h22_a_file_that_our_gateway_took_away_is_nobodys_fault() {
    let shift_jis = |text: &str| encoding_rs::SHIFT_JIS.encode(text).0.into_owned();
    let report = "【無害化処理結果】\r\n次の添付ファイルを削除しました。\r\n様式１.xlsx\r\n";
    let html = "<html><body><p>The <b>attachment</b> has been removed by policy.</p></body></html>";
    let cut = minami(1, 6)[..900].to_vec();
    for (quirk, post) in [
        ("a text file", with_file("report.txt", report.as_bytes().to_vec())),
        ("in Shift_JIS", with_file("削除通知.txt", shift_jis(report))),
        ("a page", with_file("notice.html", html.as_bytes().to_vec())),
        ("by its name", with_file("DELETED0.TXT", b"0".to_vec())),
        (
            "in the text",
            Post {
                text: "お世話になります。様式を添付します。\n\n===\n※添付ファイルは　削除されました。",
                ..Post::default()
            },
        ),
        (
            "full-width capitals",
            Post {
                text: "ＡＴＴＡＣＨＭＥＮＴ　ＷＡＳ　ＲＥＭＯＶＥＤ", ..Post::default()
            },
        ),
        (
            "beside a file that it broke",
            Post {
                files: vec![("様式１.xlsx", cut), ("report.txt", report.as_bytes().to_vec())],
                ..Post::default()
            },
        ),
    ] {
        let quirk_text = post.text.replace('　', "");
        let post = if quirk == "in the text" { Post { text: &quirk_text, ..post } } else { post };
        let mut counter = Counter::new();
        let judged = counter.take(ON_TIME, post);
        assert_eq!(
            (judged.outcome.as_str(), judged.needs_staff, judged.letters.as_slice()),
            ("held", true, ["held > minami@example.jp: sent".to_string()].as_slice()),
            "{quirk}: {judged:#?}"
        );
        judged.says(&["市のメール設備", "取り除かれたため"]);
        judged.without(&["添付を確認できませんでした", "添付のうえ", "様式を受信しました", "破損"]);
        // It was sent in time.
        let late = Post { id: "2", ..with_file("a.xlsx", minami(1, 6)) };
        counter.take("2021-10-11T10:00:00+09:00", late);
        assert_eq!(counter.desk.last_submission()["timing"], "fix_of_on_time", "{quirk}");
    }
    // What our own letters say is no marker: clinics quote them.
    let letters: String = uketsuke::outbound::reply::texts::TEXTS.iter().map(|(_, text)| *text).collect();
    for marker in Settings::default().sanitizer_markers {
        assert!(!letters.replace('\n', "").contains(&marker), "{marker}");
    }
    // A form that came through is judged, whatever the gateway says below it; what it took away may have been another
    // form, so staff are told. A quotation says nothing.
    let form = Post {
        text: "他の添付ファイルを削除しました。", ..with_file("a.xlsx", minami(1, 6))
    };
    Counter::new().take(ON_TIME, form).is("accepted", true, &["accept > minami@example.jp: sent"]);
    let quoted =
        Post { text: "添付します。\n> 添付ファイルを削除しました。", ..Post::default() };
    Counter::new().take(ON_TIME, quoted).is("not_a_form", false, &["noatt > minami@example.jp: sent"]);
    // Another gateway's words are the operator's to name.
    let mut own = Counter::with("[replies]\nsanitizer_markers = [\"SecureGate stripped\"]\n");
    let post = Post { text: "[securegate STRIPPED 1 file]", ..Post::default() };
    own.take(ON_TIME, post).is("held", true, &["held > minami@example.jp: sent"]);
    let mut off = Counter::with("[replies]\nsanitizer_markers = []\n");
    off.take(ON_TIME, with_file("report.txt", report.as_bytes().to_vec())).is(
        "not_a_form",
        true,
        &["notxlsx > minami@example.jp: sent"],
    );
    // A stranger hears nothing.
    let stranger = Post { from: "x@example.com", ..with_file("report.txt", report.as_bytes().to_vec()) };
    Counter::new().take(ON_TIME, stranger).is("held", true, &[]);
}
