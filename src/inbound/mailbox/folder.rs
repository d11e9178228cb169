//! Pure: folder names as IMAP and Maildir++ want them: modified UTF-7 (RFC 3501 §5.1.3), quoting, hierarchy.

use base64::Engine;
use base64::alphabet::IMAP_MUTF7;
use base64::engine::general_purpose::{GeneralPurpose, NO_PAD};

const ENGINE: GeneralPurpose = GeneralPurpose::new(&IMAP_MUTF7, NO_PAD);

/// Is it the one folder that every account has?
pub(super) fn is_inbox(name: &str) -> bool {
    name.eq_ignore_ascii_case("INBOX")
}

/// `予約枠` → `&Toh9BGeg-`; printable ASCII stays, `&` becomes `&-`.
pub(super) fn encode(name: &str) -> String {
    let mut encoded = String::with_capacity(name.len());
    let mut run: Vec<u8> = Vec::new();
    for c in name.chars() {
        if matches!(c, ' '..='~') {
            flush(&mut run, &mut encoded);
            encoded.push(c);
            if c == '&' {
                encoded.push('-');
            }
        } else {
            run.extend(c.encode_utf16(&mut [0; 2]).iter().flat_map(|unit| unit.to_be_bytes()));
        }
    }
    flush(&mut run, &mut encoded);
    encoded
}

fn flush(run: &mut Vec<u8>, encoded: &mut String) {
    if !run.is_empty() {
        encoded.push('&');
        encoded.push_str(&ENGINE.encode(&run));
        encoded.push('-');
        run.clear();
    }
}

/// An IMAP quoted string.
pub(super) fn quote(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// The name of a configured folder on a server whose levels are separated by `delimiter`: a `/` in the
/// configuration means a level everywhere.
pub(super) fn on_server(name: &str, delimiter: Option<char>) -> String {
    if is_inbox(name) {
        return "INBOX".to_owned();
    }
    match delimiter {
        Some(delimiter) if delimiter != '/' => encode(&name.replace('/', &delimiter.to_string())),
        _ => encode(name),
    }
}

/// The directory of a folder in a Maildir++: `Processed` → `.Processed`, `A/B` → `.A.B`.
pub(super) fn in_maildir(name: &str) -> Option<String> {
    if is_inbox(name) { None } else { Some(format!(".{}", encode(&name.replace('/', ".")))) }
}

/// The prefix of the personal namespace in a NAMESPACE response (RFC 2342), if it is not empty.
pub(super) fn personal_prefix(response: &str) -> Option<String> {
    let (_, rest) = response.split_once("NAMESPACE ")?;
    let rest = rest.strip_prefix("((\"")?;
    let (prefix, _) = rest.split_once('"')?;
    if prefix.is_empty() || prefix.contains('\\') { None } else { Some(prefix.to_owned()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_modified_utf7() {
        let check = |name: &str, expected: &str| assert_eq!(encode(name), expected, "{name}");
        check("Processed", "Processed");
        check("予約枠", "&Toh9BGeg-");
        check("台北", "&U,BTFw-");
        check("~peter/mail/台北/日本語", "~peter/mail/&U,BTFw-/&ZeVnLIqe-");
        check("R&D", "R&-D");
        check("枠&枠", "&Z6A-&-&Z6A-");
        check("絵😀", "&fXXYPd4A-");
        check("tab\there", "tab&AAk-here");
    }

    #[test]
    fn levels_follow_the_server() {
        let check = |name: &str, delimiter, expected: &str| {
            assert_eq!(on_server(name, delimiter), expected, "{name}");
        };
        check("inbox", Some('.'), "INBOX");
        check("A/B", Some('.'), "A.B");
        check("A/B", Some('/'), "A/B");
        check("A/B", None, "A/B");
        assert_eq!(in_maildir("Inbox"), None);
        assert_eq!(in_maildir("A/B").as_deref(), Some(".A.B"));
    }

    #[test]
    fn namespace_prefix() {
        let check = |response: &str, expected: Option<&str>| {
            assert_eq!(personal_prefix(response).as_deref(), expected, "{response}");
        };
        check("* NAMESPACE ((\"INBOX.\" \".\")) NIL NIL", Some("INBOX."));
        check("* NAMESPACE ((\"\" \"/\")) NIL NIL", None);
        check("* NAMESPACE NIL NIL ((\"Public/\" \"/\"))", None);
    }

    #[test]
    fn quoting() {
        assert_eq!(quote(r#"a"b\c"#), r#""a\"b\\c""#);
    }
}
