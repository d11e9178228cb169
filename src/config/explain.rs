//! Pure: what is wrong with a value, in the words of the configuration file: the key, what stands there, what may stand.

use std::collections::BTreeMap;

/// Keys with a fixed choice of values.
pub const CHOICES: [(&str, &[&str]); 10] = [
    ("mailbox.kind", &["maildir", "imap"]),
    ("mailbox.security", &["tls", "starttls", "none"]),
    ("mailbox.auth", &["password", "xoauth2"]),
    ("mailbox.after", &["move", "flag", "leave"]),
    ("outgoing.kind", &["maildir", "smtp", "sendmail"]),
    ("outgoing.security", &["tls", "starttls", "none"]),
    ("outgoing.auth", &["password", "xoauth2"]),
    ("outgoing.mode", &["live", "staff-only", "observe"]),
    ("replies.addressee", &["御中", "管理者様"]),
    ("log.format", &["text", "json", "journald"]),
];

/// Where the default is an empty list.
const EXAMPLES: [(&str, &str); 3] = [
    ("remind.at", "\"2021-10-06T09:00\""),
    ("digest.to", "\"pt@city.example.jp\""),
    ("campaign.holidays", "{ date = \"2021-10-20\", name = \"市の休日\" }"),
];

/// The cause as the configuration reader words it, told anew. `shown` gives the value of a key as a file writes it,
/// `defaults` those of the built-in configuration.
pub fn explain(
    cause: &str,
    shown: impl Fn(&str) -> Option<String>,
    defaults: &BTreeMap<String, String>,
) -> String {
    if let Some(field) =
        cause.strip_prefix("missing configuration field \"").and_then(|c| c.split('"').next())
    {
        return match field.rsplit_once(']') {
            Some((list, member)) if !member.is_empty() => {
                let member = member.trim_start_matches('.');
                format!("{list}] lacks `{member}`; config/example.toml shows how it is written")
            }
            _ => format!("{field} is missing; config/example.toml shows how it is written"),
        };
    }
    let Some((what, key)) = cause.rsplit_once(" for key `") else { return cause.to_string() };
    let key = key.trim_end_matches('`');
    let list = key.split('[').next().unwrap_or(key);
    // Owners of free maps name the key themselves.
    if what.starts_with(&format!("{key}.")) {
        return what.to_string();
    }
    let value = shown(key).map_or_else(String::new, |value| format!(" is {value}"));
    format!("{key}{value}: {}", expected(what, key, list, defaults))
}

fn expected(what: &str, key: &str, list: &str, defaults: &BTreeMap<String, String>) -> String {
    if let Some((_, choices)) = CHOICES.iter().find(|(known, _)| *known == key) {
        let quoted: Vec<String> = choices.iter().map(|choice| format!("\"{choice}\"")).collect();
        return format!("use one of {}", quoted.join(", "));
    }
    let wanted =
        what.strip_prefix("invalid").and_then(|rest| rest.rsplit_once("expected ")).map(|(_, wanted)| wanted);
    let kind = wanted.and_then(|wanted| {
        [
            ("16 bit", "a whole number from 0 to 65535"),
            ("integer", "a whole number, 0 or more"),
            ("boolean", "true or false"),
            ("sequence", "a list in square brackets"),
            ("map", "a table in braces"),
            ("string", "a text in quotes"),
        ]
        .into_iter()
        .find(|(words, _)| wanted.contains(words))
    });
    let example = EXAMPLES
        .iter()
        .find(|(known, _)| *known == list)
        .map(|(_, example)| (*example).to_string())
        .or_else(|| defaults.get(list).cloned());
    match (kind, example) {
        (Some((_, kind)), Some(example)) => format!("it must be {kind}, such as {example}"),
        (Some((_, kind)), None) => format!("it must be {kind}"),
        (None, Some(example)) => format!("write it like {example}"),
        (None, None) => what.to_string(),
    }
}
