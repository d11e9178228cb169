//! Mail without a form: what it carries instead, and what its words ask for.

use crate::counter::{Counter, KITA, MINAMI, ON_TIME, PDF, minami, other_workbook, patients, with_file};
use crate::locked;
use crate::support::Post;

fn text(text: &str) -> Post<'_> {
    Post { text, ..Post::default() }
}

/// An answer to the letter with this Message-ID.
fn answer(counter: &mut Counter, at: &str, to: &str, text: &str) -> crate::counter::Judged {
    let header = format!("In-Reply-To: {to}");
    counter.take(at, Post { text, headers: &[&header], subject: "Re: 予約枠", ..Post::default() })
}

#[test]
fn words_without_a_file() {
    let noatt: &[&str] = &["noatt > minami@example.jp: sent"];
    let withdraw: &[&str] = &["withdraw > minami@example.jp: sent"];
    for (code, words, outcome, staff, letters) in [
        ("M01 says attached", "様式を添付いたします。", "not_a_form", false, noatt),
        ("M01 nothing at all", "", "not_a_form", false, noatt),
        ("M01 asks for a change", "11/1の9時を8人に変更してください。", "not_a_form", true, noatt),
        ("M13 a question", "締切はいつでしょうか。", "not_a_form", true, noatt),
        ("M02 slots typed in the text", "10/25 9時 6人\n10/26 10時 6人", "not_a_form", true, noatt),
        (
            "M16 a link",
            "https://firestorage.jp/download/abc からダウンロードしてください。",
            "not_a_form",
            true,
            noatt,
        ),
        ("T10 confirms", "確認しました。問題ありません。", "not_a_form", true, &[]),
        ("T10 nothing to change", "確認いたしました。変更・修正はありません。", "not_a_form", true, &[]),
        ("T10 with a but", "確認しましたが、11/1の枠の変更をお願いします。", "not_a_form", true, noatt),
        ("F14 not used", "予約管理システムは利用しません。", "held", true, withdraw),
        ("F14 own way", "今回はシステムを利用せず、独自に受け付けます。", "held", true, withdraw),
        ("F14 withdrawn", "先日の予約枠は取り下げます。", "held", true, withdraw),
        ("F14 not for one day", "11月3日は実施しません。", "not_a_form", true, noatt),
        ("M04 without a locked file before", "パスワードは abc です。", "not_a_form", false, noatt),
    ] {
        let mut counter = Counter::new();
        let judged = counter.take(ON_TIME, text(words));
        assert_eq!(
            (
                judged.outcome.as_str(),
                judged.needs_staff,
                judged.letters.iter().map(String::as_str).collect::<Vec<_>>().as_slice()
            ),
            (outcome, staff, letters),
            "{code}: {judged:#?}"
        );
        judged.without(&["変更してください", "firestorage", "abc", "いつでしょうか"]);
    }
}

#[test]
fn files_that_are_no_form() {
    for (code, name, bytes, outcome, staff, kind) in [
        ("M02 PDF", "様式１.pdf", PDF.to_vec(), "not_a_form", true, "notxlsx"),
        ("F02 another workbook", "名簿.xlsx", other_workbook(), "not_a_form", false, "notxlsx"),
        ("M03 locked", "様式.xlsx", locked::workbook(), "unreadable", false, "passwd"),
        ("F01 broken", "様式.xlsx", minami(1, 6)[..2000].to_vec(), "unreadable", false, "unreadable"),
        ("M19 empty", "様式.xlsx", Vec::new(), "unreadable", false, "unreadable"),
    ] {
        let mut counter = Counter::new();
        let judged = counter.take(ON_TIME, with_file(name, bytes));
        assert_eq!((judged.outcome.as_str(), judged.needs_staff), (outcome, staff), "{code}: {judged:#?}");
        assert_eq!(judged.letters, [format!("{kind} > minami@example.jp: sent")], "{code}");
    }
    // A program is nobody's form.
    let mut program = b"MZ\x90\0\x03\0\0\0\x04\0\0\0\xff\xff\0\0".to_vec();
    program.resize(4096, 0);
    Counter::new().take(ON_TIME, with_file("様式.xlsx", program)).is("held", true, &[]);
}

#[test]
fn m17_patients_lists_are_quarantined() {
    let held: &[&str] = &["held > minami@example.jp: sent"];
    let secrets = ["患者太郎", "接種券", "名簿", "1234567891", "合計", "生年月日"];
    let mut counter = Counter::new();
    counter
        .take(ON_TIME, with_file("患者太郎名簿.xlsx", patients()))
        .is("held", true, held)
        .without(&secrets);
    let both = Post {
        files: vec![("様式１.xlsx", minami(1, 6)), ("患者太郎名簿.xlsx", patients())],
        ..Post::default()
    };
    counter.take(ON_TIME, both).is("held", true, held).without(&secrets);
    let two = Post {
        files: vec![("a.xlsx", minami(1, 6)), ("b.xlsx", minami(2, 6)), ("患者太郎名簿.xlsx", patients())],
        ..Post::default()
    };
    counter.take(ON_TIME, two).is("held", true, held).without(&secrets);
    assert_eq!(counter.in_force("0123"), 0);
    let stranger =
        Post {
            from: "x@example.com", files: vec![("患者太郎名簿.xlsx", patients())], ..Post::default()
        };
    counter.take(ON_TIME, stranger).is("held", true, &[]);
}

#[test]
fn m04_the_second_mail_with_the_password_is_not_answered() {
    let locked = || with_file("様式.xlsx", locked::workbook());
    let password = || text("先ほどの添付ファイルのパスワードは abc123 です。");
    let mut counter = Counter::new();
    counter.take(ON_TIME, locked());
    counter.take("2021-10-05T10:01:00+09:00", password()).is("not_a_form", false, &[]);
    let other = Post { from: KITA, ..password() };
    counter.take("2021-10-05T10:02:00+09:00", other).is(
        "not_a_form",
        false,
        &["noatt > kita@example.jp: sent"],
    );
    counter.take("2021-10-07T09:59:00+09:00", password()).is("not_a_form", false, &[]);
    counter
        .take("2021-10-07T10:01:00+09:00", password())
        .is("not_a_form", false, &["noatt > minami@example.jp: sent"])
        .without(&["abc123"]);
}

#[test]
fn answers_to_our_letters_are_no_missing_forms() {
    let mut counter = Counter::new();
    let first = counter.take(ON_TIME, with_file("a.xlsx", minami(1, 6)));
    let to = &first.message_ids[0];
    answer(&mut counter, "2021-10-05T10:05:00+09:00", to, "ありがとうございました。").is(
        "not_a_form",
        false,
        &[],
    );
    answer(&mut counter, "2021-10-05T10:06:00+09:00", to, "ご質問です。いつでしょうか。").is(
        "not_a_form",
        true,
        &[],
    );
    answer(&mut counter, "2021-10-05T10:07:00+09:00", to, "確認しました。").is("not_a_form", true, &[]);
    answer(&mut counter, "2021-10-05T10:08:00+09:00", to, "修正版を添付します。").is(
        "not_a_form",
        true,
        &["noatt > minami@example.jp: sent"],
    );
    answer(&mut counter, "2021-10-05T10:09:00+09:00", to, "やはり辞退いたします。")
        .is("held", true, &["withdraw > minami@example.jp: sent"])
        .says(&["8-0123-1"]);
    assert_eq!(counter.in_force("0123"), 36, "what is in force stays");
}

#[test]
fn words_beside_a_form() {
    let accept: &[&str] = &["accept > minami@example.jp: sent"];
    let withdraw: &[&str] = &["withdraw > minami@example.jp: sent"];
    for (code, words, outcome, staff, letters) in [
        (
            "a covering note",
            "様式を添付いたします。ご確認のほどよろしくお願いいたします。",
            "accepted",
            false,
            accept,
        ),
        ("M13", "11月1日は電話予約のみとしてください。", "accepted", true, accept),
        ("M14", "10/25 9時 6人\n10/26 10時 6人", "accepted", true, accept),
        ("F14", "検討の結果、システムの利用を辞退いたします。", "held", true, withdraw),
        (
            "M13 an earlier file taken back",
            "先日お送りした様式は取り下げ、添付に差し替えてください。",
            "accepted",
            true,
            accept,
        ),
    ] {
        let mut counter = Counter::new();
        let judged = counter.take(ON_TIME, Post { text: words, ..with_file("a.xlsx", minami(1, 6)) });
        assert_eq!((judged.outcome.as_str(), judged.needs_staff), (outcome, staff), "{code}: {judged:#?}");
        assert_eq!(judged.letters, letters, "{code}");
        judged.without(&["電話予約のみ", "検討の結果", "先日お送り"]);
    }
}

#[test]
fn f14_in_the_form_itself() {
    let mut book = rust_xlsxwriter::Workbook::new();
    let sheet = book.add_worksheet();
    for (row, words) in
        ["予約枠報告様式１（公開枠のみ）", "会場番号 0123", "今回は利用しません"].iter().enumerate()
    {
        sheet.write(row as u32, 0, *words).unwrap();
    }
    let bytes = book.save_to_buffer().unwrap();
    let mut counter = Counter::new();
    counter.take(ON_TIME, with_file("a.xlsx", minami(1, 6)));
    let judged = counter.take("2021-10-06T10:00:00+09:00", with_file("b.xlsx", bytes));
    judged.is("held", true, &["withdraw > minami@example.jp: sent"]).says(&["8-0123-1"]);
    assert_eq!(counter.in_force("0123"), 36);
}

#[test]
fn overrides_reach_the_mail_and_its_clinic() {
    let quiet = "[rules]\nM13 = \"off\"\nB04 = \"warning\"\n";
    let mut counter = Counter::with(quiet);
    counter.take(ON_TIME, text("締切はいつでしょうか。")).is(
        "not_a_form",
        false,
        &["noatt > minami@example.jp: sent"],
    );
    let respelled =
        crate::support::form(1, "0123", "医療法人　みなみ内科クリニック", crate::counter::slots(1, 6));
    counter.take(ON_TIME, with_file("a.xlsx", respelled)).is(
        "accepted_with_warnings",
        false,
        &["accept_warn > minami@example.jp: sent"],
    );
    let shown = "[rules]\nM13 = \"warning\"\n";
    let mut counter = Counter::with(shown);
    let post =
        Post {
            from: MINAMI, text: "院長の都合で相談があります。", ..with_file("a.xlsx", minami(1, 6))
        };
    counter.take(ON_TIME, post).without(&["院長の都合"]);
}

/// A mail as programs write it that send the text twice: the plain one without the table.
fn with_html(html: &str, rest: &str) -> Vec<u8> {
    format!(
        "Received: from a by mx.city.example; Tue, 05 Oct 2021 10:00:00 +0900\r\nFrom: minami@example.jp\r\n\
         To: vproject@city.kumamoto.kumamoto.jp\r\nSubject: x\r\nMessage-ID: <html@example.jp>\r\n\
         Date: Tue, 05 Oct 2021 10:00:00 +0900\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/mixed; boundary=out\r\n\r\n--out\r\n\
         Content-Type: multipart/related; boundary=rel\r\n\r\n--rel\r\n\
         Content-Type: multipart/alternative; boundary=in\r\n\r\n--in\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n\
         お世話になります。\r\n--in\r\nContent-Type: text/html; charset=utf-8\r\n\r\n{html}\r\n--in--\r\n{rest}--out--\r\n"
    )
    .into_bytes()
}

fn part(headers: &str, bytes: &[u8]) -> String {
    use base64::Engine as _;
    let text = base64::engine::general_purpose::STANDARD.encode(bytes);
    format!("{headers}\r\nContent-Transfer-Encoding: base64\r\n\r\n{text}\r\n")
}

#[test]
fn m14_what_is_pasted_into_the_text() {
    const TABLE: &str = "<table><tr><td>10/25</td><td>9:00</td><td>6名</td></tr>\
                         <tr><td>10/26</td><td>9:00</td><td>6名</td></tr></table>";
    const PICTURE: &str = "<p>お世話になります。<img src=\"cid:img1\"></p>";
    let form = format!(
        "--out\r\n{}",
        part(
            "Content-Type: application/octet-stream\r\nContent-Disposition: attachment; filename=a.xlsx",
            &minami(1, 6)
        )
    );
    let image = |name: &str, disposition: &str, size: usize| {
        let bytes = [&b"\x89PNG\r\n\x1a\n"[..], &vec![1; size]].concat();
        let headers = format!(
            "Content-Type: image/png\r\nContent-ID: <img1>\r\nContent-Disposition: {disposition}; filename={name}"
        );
        format!("--rel\r\n{}--rel--\r\n", part(&headers, &bytes))
    };
    for (quirk, html, rest, outcome, told) in [
        ("a table", TABLE, format!("--rel--\r\n{form}"), "accepted", true),
        ("no table", "<p>お世話になります。</p>", format!("--rel--\r\n{form}"), "accepted", false),
        ("a second picture", PICTURE, image("image002.png", "inline", 90_000) + &form, "accepted", true),
        ("called attached", PICTURE, image("image002.png", "attachment", 90_000) + &form, "accepted", true),
        ("a logo", PICTURE, image("image001.png", "inline", 9_000) + &form, "accepted", false),
        (
            "a first picture as large as a table",
            PICTURE,
            image("image001.png", "inline", 90_000) + &form,
            "accepted",
            true,
        ),
        ("an icon", PICTURE, image("image003.png", "inline", 900) + &form, "accepted", false),
        ("a table alone", TABLE, "--rel--\r\n".to_string(), "not_a_form", true),
    ] {
        let mut counter = Counter::new();
        let judged = counter.take_bytes(ON_TIME, &with_html(html, &rest));
        assert_eq!((judged.outcome.as_str(), judged.needs_staff), (outcome, told), "{quirk}: {judged:#?}");
        judged.without(&["image00"]);
    }
}
