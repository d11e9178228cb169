//! Pure: what every sealed letter keeps.

use mail_parser::MimeHeaders as _;

use super::*;

fn identity() -> Identity {
    Identity {
        from: "vproject@city.kumamoto.kumamoto.jp".into(),
        from_name: "熊本市感染症対策課ワクチン対策PT".into(),
        envelope_from: "vproject@city.kumamoto.kumamoto.jp".into(),
        key: vec![7; 32],
    }
}

fn draft() -> Draft {
    Draft {
        kind: Template::Accept,
        to: "clinic@example.jp".into(),
        subject:
            "【自動返信】【受付完了】第８期予約枠報告（みなみ区ひまわりこどもクリニック）受付番号8-0123-2"
                .into(),
        text: "○○クリニック　御中\n\n受け付けました。\n".into(),
        html: None,
        attachments: Vec::new(),
        in_reply_to: Some("<a@b>".into()),
        references: Vec::new(),
        auto_submitted: AutoSubmitted::Replied,
    }
}

fn date() -> Timestamp {
    "2021-10-05T14:32:10+09:00".parse().unwrap()
}

fn sealed(draft: &Draft) -> String {
    String::from_utf8(draft.seal(&identity(), "k3:1", date()).unwrap().bytes).unwrap()
}

#[test]
fn every_line_is_seven_bit_crlf_and_short() {
    let mut letter = draft();
    letter.html = Some("<p>受付</p>".into());
    letter.attachments.push(Enclosure {
        name: "修正一覧（みなみ区ひまわりこどもクリニック）2021年10月5日.xlsx".into(),
        mime: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet".into(),
        bytes: vec![0, 255, 13, 10, 46, 13, 10],
    });
    letter.references = (0..30).map(|n| format!("<{n}{}@example.jp>", "x".repeat(30))).collect();
    let text = sealed(&letter);
    assert!(text.is_ascii());
    assert!(text.ends_with("\r\n"));
    for line in text.split("\r\n") {
        assert!(!line.contains(['\r', '\n']), "{line:?}");
        assert!(line.len() <= 80, "{} {line}", line.len());
    }
    assert_eq!(text.matches("@example.jp>").count(), 10);
}

#[test]
fn what_we_write_a_mail_program_reads() {
    let mut letter = draft();
    letter.attachments.push(Enclosure {
        name: "日次報告.xlsx".into(),
        mime: "application/octet-stream".into(),
        bytes: vec![1, 2, 3],
    });
    let bytes = letter.seal(&identity(), "k3:1", date()).unwrap().bytes;
    let message = mail_parser::MessageParser::default().parse(&bytes).unwrap();
    assert_eq!(message.subject(), Some(letter.subject.as_str()));
    let from = message.from().unwrap().first().unwrap();
    assert_eq!(from.name(), Some("熊本市感染症対策課ワクチン対策PT"));
    assert_eq!(from.address(), Some("vproject@city.kumamoto.kumamoto.jp"));
    assert_eq!(message.body_text(0).unwrap().replace("\r\n", "\n"), letter.text);
    let file = message.attachment(0).unwrap();
    assert_eq!(file.attachment_name(), Some("日次報告.xlsx"));
    assert_eq!(file.contents(), [1, 2, 3]);
    assert!(sealed(&letter).starts_with("Date: Tue, 05 Oct 2021 14:32:10 +0900\r\n"));
}

#[test]
fn a_resend_is_byte_identical_and_another_letter_has_another_id() {
    let first = draft().seal(&identity(), "k3:1", date()).unwrap();
    assert_eq!(first, draft().seal(&identity(), "k3:1", date()).unwrap());
    assert_ne!(first.message_id, draft().seal(&identity(), "k3:2", date()).unwrap().message_id);
    let mut notice = draft();
    notice.to = "other@example.jp".into();
    assert_ne!(first.message_id, notice.seal(&identity(), "k3:1", date()).unwrap().message_id);
    let token = first.message_id.strip_prefix("<r1.").unwrap().split_once('@').unwrap().0;
    assert_eq!(token.len(), 32);
    assert!(token.bytes().all(|byte| byte.is_ascii_lowercase() || (b'2'..=b'7').contains(&byte)));
}

#[test]
fn base32_follows_rfc_4648() {
    for (input, expected) in [("", ""), ("foobar", "mzxw6ytboi"), ("fooba", "mzxw6ytb")] {
        assert_eq!(base32(input.as_bytes()), expected);
    }
}

#[test]
fn no_foreign_byte_enters_a_header() {
    let hostile = ["<a@b>\r\nBcc: x@y", "<a b@c>", "a@b", "<a@b@c>", "<@b>", "<a@>", "<a<b@c>", "<あ@b>"];
    for id in hostile {
        let mut letter = draft();
        letter.in_reply_to = Some(id.into());
        letter.references = vec![id.into(), "<good@example.jp>".into()];
        let text = sealed(&letter);
        assert!(!text.contains("In-Reply-To"), "{id}");
        assert!(text.contains("References: <good@example.jp>\r\n"), "{id}");
        assert!(!text.contains("Bcc"), "{id}");
    }
    let mut letter = draft();
    letter.subject = "報告\r\nBcc: x@y.example".into();
    assert!(!sealed(&letter).contains("\r\nBcc"));
}

#[test]
fn addresses_that_carriers_gave_out_are_quoted_and_dangerous_ones_refused() {
    for (address, expected) in [
        ("clinic@example.jp", "clinic@example.jp"),
        (" Clinic+x@Example.JP ", "Clinic+x@Example.JP"),
        ("foo..bar@docomo.ne.jp", "\"foo..bar\"@docomo.ne.jp"),
        ("foo.@ezweb.ne.jp", "\"foo.\"@ezweb.ne.jp"),
        (".foo@docomo.ne.jp", "\".foo\"@docomo.ne.jp"),
        ("\"foo..bar\"@docomo.ne.jp", "\"foo..bar\"@docomo.ne.jp"),
        ("a@[127.0.0.1]", "a@[127.0.0.1]"),
    ] {
        assert_eq!(path::safe(address).as_deref(), Ok(expected));
        assert_eq!(path::safe(expected).as_deref(), Ok(expected));
    }
    for address in [
        "",
        "clinic",
        "@example.jp",
        "a@",
        "a b@example.jp",
        "a\r\nRCPT TO:<x@y>@example.jp",
        "a>@example.jp",
        "<a@example.jp",
        "あ@example.jp",
        "a@日本.jp",
        "a@b..jp",
        "a@b@example.jp",
        "\"a\\\"b\"@example.jp",
        "a@-x.jp",
    ] {
        assert!(path::safe(address).is_err(), "{address}");
        let mut letter = draft();
        letter.to = address.into();
        assert!(letter.seal(&identity(), "m", date()).is_err(), "{address}");
    }
}

#[test]
fn a_bounce_address_is_recognised_only_with_its_mac() {
    let identity = identity();
    let address = bounce_address(&identity, 42);
    assert_eq!(bounce_id(&identity, &address), Some(42));
    assert_eq!(bounce_id(&identity, &address.to_uppercase()), Some(42));
    assert_eq!(bounce_id(&identity, &address.replace("+42.", "+43.")), None);
    assert_eq!(bounce_id(&identity, "vproject+42.aaaaaaaaaaaa@city.kumamoto.kumamoto.jp"), None);
    assert_eq!(bounce_id(&identity, "vproject@city.kumamoto.kumamoto.jp"), None);
}
