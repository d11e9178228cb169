//! Our splitter and mail-parser agree on ordinary mail: the same files, byte for byte, and the same sender.

use mail_parser::{MessageParser, MimeHeaders};
use uketsuke::campaign::Campaign;
use uketsuke::config::Config;
use uketsuke::inbound::message;
use uketsuke::limits::Limits;

#[test]
fn the_sample_mails_have_the_same_files() {
    let campaign = Campaign::new(Config::builtin().unwrap().campaign).unwrap();
    let mails = uketsuke::demo::sample_mails(&campaign).unwrap();
    let mut compared = 0;
    for mail in &mails {
        let ours = message::open(&mail.bytes, &Limits::default());
        let theirs = MessageParser::default().parse(&mail.bytes).unwrap();
        let from = theirs.from().and_then(|from| from.first()).and_then(|from| from.address()).unwrap();
        assert_eq!(ours.message.from(), from, "{}", mail.name);
        let named: Vec<&[u8]> = theirs
            .attachments()
            .filter(|part| part.attachment_name().is_some())
            .map(|part| part.contents())
            .collect();
        for file in &named {
            assert!(ours.files.iter().any(|own| own == file), "{}: a file differs", mail.name);
            compared += 1;
        }
        assert!(ours.files.len() >= named.len(), "{}", mail.name);
    }
    assert!(mails.len() >= 15 && compared >= 15, "{compared} files of {} mails", mails.len());
}
