//! Mail: header fields, addresses, Authentication-Results, delivery reports, whole messages.

use uketsuke::clinic::Registry;
use uketsuke::demo::sample_registry;
use uketsuke::inbound::header::Entity;
use uketsuke::inbound::header::parameters::Parameters;
use uketsuke::inbound::message::{Opened, open};
use uketsuke::inbound::{address, authentication, japanese};
use uketsuke::inspection::judge::{self, Desk, Known, Mail, Settings};
use uketsuke::inspection::reader::dissect::dissect;
use uketsuke::inspection::workbook::Content;
use uketsuke::limits::Limits;

use super::cells::sound_form;
use super::eighth::campaign;

pub fn header(data: &[u8]) {
    let limits = Limits::default();
    let entity = Entity::parse_mail(data, limits.header_bytes, limits.header_lines);
    assert!(entity.body.len() <= data.len());
    for field in &entity.header.fields {
        let readable = field.readable();
        assert!(!readable.chars().any(char::is_control), "{readable:?}");
        assert!(!field.text().contains(['\r', '\n']));
        let parameters = Parameters::parse(&field.text());
        for name in ["name", "filename", "boundary", "charset"] {
            let name = parameters.decoded(name).and_then(|raw| japanese::name::display(&raw));
            if let Some(name) = name {
                assert!(!name.is_empty() && !name.contains(['/', '\\']), "{name:?}");
                assert!(!name.chars().any(char::is_control), "{name:?}");
            }
        }
    }
    let _ = japanese::decode("iso-2022-jp", data);
    let _ = japanese::decode("", data);
}

pub fn address(data: &[u8]) {
    let text = japanese::guess(data);
    for author in address::parse(&text) {
        let Some((local, domain)) = author.address.rsplit_once('@') else {
            assert!(author.address.is_empty(), "{author:?}");
            continue;
        };
        assert!(!local.is_empty() && !domain.is_empty(), "{author:?}");
        assert!(!author.address.chars().any(|ch| ch.is_control() || ch == '\u{FEFF}'), "{author:?}");
        assert_eq!(domain, domain.to_lowercase(), "{author:?}");
        assert_eq!(
            address::addr_spec(&author.address),
            author.address,
            "reading twice gives another address"
        );
    }
    for id in address::message_ids(&text) {
        assert!(id.starts_with('<') && id.ends_with('>') && id.is_ascii() && id.contains('@'), "{id:?}");
    }
}

pub fn authentication(data: &[u8]) {
    let text = japanese::guess(data);
    let Some(found) = authentication::parse(&text, 0) else { return };
    assert!(!found.authserv_id.is_empty());
    // A quoted value is without its strokes.
    let text = text.to_lowercase().replace('\\', "");
    for method in &found.results {
        assert!(!method.method.is_empty() && !method.result.is_empty(), "{method:?}");
        assert!(text.contains(&method.result.replace('\\', "")), "{method:?}");
    }
}

/// The data is a delivery report's body: as a report of its own, and as the prose of an old program.
pub fn bounce(data: &[u8]) {
    let report = [
        b"Return-Path: <>\r\nFrom: MAILER-DAEMON@mx.example.jp\r\nContent-Type: multipart/report; report-type=delivery-status; boundary=R\r\n\r\n--R\r\nContent-Type: message/delivery-status\r\n\r\n".as_slice(),
        data,
        b"\r\n--R--\r\n",
    ];
    let prose = [
        b"Return-Path: <>\r\nFrom: MAILER-DAEMON@mx.example.jp\r\nSubject: Undelivered Mail Returned to Sender\r\n\r\n"
            .as_slice(),
        data,
    ];
    for raw in [report.concat(), prose.concat(), data.to_vec()] {
        let opened = open(&raw, &Limits::default());
        sound_message(&opened);
        if let Some(bounce) = opened.message.bounce {
            assert!(!bounce.recipient.contains(['\r', '\n']), "{bounce:?}");
            assert!(bounce.original_message_ids.iter().all(|id| id.is_ascii()), "{bounce:?}");
        }
    }
}

/// A whole mail, from its bytes to the judgement.
pub fn message(data: &[u8]) {
    let limits = Limits::default();
    sound_message(&open(data, &limits));
    let mut dissected = dissect(data, None, &limits);
    assert_eq!(dissected.contents.len(), dissected.message.attachments.len());
    for (file, content) in dissected.message.attachments.iter().zip(&dissected.contents) {
        if let Content::Workbook(workbook) = content {
            sound_form(workbook, &file.name);
        }
    }
    let campaign = campaign();
    let examined = judge::examine(&mut dissected, &campaign);
    let registry = Registry::new(sample_registry());
    let settings = Settings::default();
    let desk = Desk { campaign: &campaign, registry: &registry, settings: &settings, with_registry: true };
    let at = "2021-10-05T10:00:00+09:00".parse().unwrap();
    let mail = Mail {
        dissected: &dissected,
        examined: &examined,
        received_at: Some(at),
        seen_at: at,
        bare: false,
        entered_for: None,
    };
    let _ = judge::inspect(&desk, &mail, &Known::default());
}

fn sound_message(opened: &Opened) {
    let message = &opened.message;
    assert_eq!(opened.files.len(), message.attachments.len());
    assert_eq!(message.canonical.len(), 64);
    assert!(message.text.len() as u64 <= Limits::default().text_bytes);
    assert!(!message.subject.chars().any(char::is_control), "{:?}", message.subject);
    for (file, bytes) in message.attachments.iter().zip(&opened.files) {
        assert!(!file.name.is_empty() && file.name.chars().count() <= 200);
        assert!(!file.name.contains(['/', '\\']) && !file.name.chars().any(char::is_control));
        assert!(bytes.is_empty() || bytes.len() as u64 == file.size);
    }
    assert!(message.message_id.iter().chain(&message.answers).all(|id| id.is_ascii()));
}
