//! Pure: what a delivery report says: the fields of RFC 3464, else what the old programs write in prose.

use super::address::{addr_spec, message_ids};
use super::automated;
use super::header::{Entity, Header};
use super::instant::without_comments;
use super::message::{Bounce, Message};

/// Recipients and identifiers beyond these say nothing new.
const MOST_RECIPIENTS: usize = 100;
const MOST_IDS: usize = 20;
const LONGEST_REPORT: u64 = 256 * 1024;
const MOST_LINES: u64 = 5_000;

/// What the walk through the parts found.
#[derive(Default)]
pub struct Evidence {
    /// Bodies of message/delivery-status, decoded.
    pub reports: Vec<Vec<u8>>,
    /// Message-IDs of returned messages and returned header blocks.
    pub returned: Vec<String>,
    /// What these answer.
    answered: Vec<String>,
    /// The same of mails that the mail merely carries: many hosts return a letter in a plain multipart/mixed.
    enclosed: Vec<String>,
    enclosed_answered: Vec<String>,
}

impl Evidence {
    /// Takes the identifiers of a returned message, whole or only its header.
    pub fn take_returned(&mut self, bytes: &[u8]) {
        let entity = Entity::parse_mail(bytes, LONGEST_REPORT, MOST_LINES);
        take(&entity.header, &mut self.returned, &mut self.answered);
    }

    /// Takes those of a mail that the mail carries.
    pub fn take_enclosed(&mut self, header: &Header<'_>) {
        take(header, &mut self.enclosed, &mut self.enclosed_answered);
    }
}

fn take(header: &Header<'_>, own: &mut Vec<String>, answered: &mut Vec<String>) {
    for (names, into) in
        [(&["Message-ID", "X-Original-Message-ID"][..], own), (&["References", "In-Reply-To"], answered)]
    {
        for name in names {
            for field in header.all(name) {
                into.extend(message_ids(&field.text()));
            }
        }
        into.truncate(MOST_IDS);
    }
}

/// The report of one mail. `from_system` tells that its return path is null or its author a mail system, `by_system`
/// the latter alone; only then is prose believed: an absence note has a null return path, too.
pub fn read(
    evidence: &Evidence,
    header: &Header<'_>,
    message: &Message,
    from_system: bool,
    by_system: bool,
) -> Option<Bounce> {
    let report = evidence.reports.iter().find_map(|report| structured(report));
    let reported = report.is_some();
    let quoted = if from_system { quoted_ids(&message.text) } else { Vec::new() };
    let mut known: Vec<&String> = evidence.returned.iter().collect();
    if from_system {
        known.extend(evidence.enclosed.iter().chain(&quoted));
    }
    if reported || by_system {
        // The report itself may be threaded to the letter.
        known.extend(&message.answers);
    }
    let mut bounce = match report {
        Some(bounce) => bounce,
        None if from_system => prose(header, &message.text, known.is_empty())?,
        None => return None,
    };
    for id in known {
        if !bounce.original_message_ids.contains(id) && bounce.original_message_ids.len() < MOST_IDS {
            bounce.original_message_ids.push(id.clone());
        }
    }
    bounce.original_answers.clone_from(&evidence.answered);
    if from_system {
        bounce.original_answers.extend(evidence.enclosed_answered.iter().cloned());
    }
    bounce.original_answers.truncate(MOST_IDS);
    Some(bounce)
}

/// Is its author a program that carries mail, or the person behind it?
pub fn is_by_mail_system(message: &Message) -> bool {
    message.authors.iter().any(|author| {
        automated::is_robot(&author.address) || author.address.to_lowercase().starts_with("postmaster@")
    })
}

/// The report of a mail that names no letter of its own accord: for one that is known to concern a letter of ours by
/// the address that it came to.
pub fn from_words(message: &Message) -> Bounce {
    in_words(&message.text, None)
}

/// The per-recipient blocks of RFC 3464; the first failed one speaks for the report.
fn structured(report: &[u8]) -> Option<Bounce> {
    let mut rest = report;
    let mut first = None;
    for _ in 0..MOST_RECIPIENTS {
        let entity = Entity::parse_mail(rest, LONGEST_REPORT, MOST_LINES);
        if entity.header.fields.is_empty() || entity.body.len() >= rest.len() {
            break;
        }
        rest = entity.body;
        let Some(block) = recipient(&entity.header) else { continue };
        if block.action == "failed" {
            return Some(block);
        }
        first.get_or_insert(block);
    }
    first
}

fn recipient(block: &Header<'_>) -> Option<Bounce> {
    let text = |name| block.first(name).map(|field| without_comments(&field.text()));
    let person = text("Final-Recipient").or_else(|| text("Original-Recipient"))?;
    let address = person.split_once(';').map_or(person.as_str(), |(_, address)| address);
    let address = address.trim().trim_start_matches('<').trim_end_matches('>');
    let sound = addr_spec(address);
    let action = text("Action").unwrap_or_default().trim().to_ascii_lowercase();
    let status = text("Status").unwrap_or_default();
    Some(Bounce {
        action: action.chars().take(40).collect(),
        status: status_code(&status).unwrap_or_default(),
        recipient: if sound.is_empty() { address.chars().take(320).collect() } else { sound },
        ..Bounce::default()
    })
}

/// Reports without a machine-readable part: qmail, old Exim, providers' Japanese texts.
fn prose(header: &Header<'_>, text: &str, names_nothing: bool) -> Option<Bounce> {
    let failed = header
        .all("X-Failed-Recipients")
        .flat_map(|field| field.text().split(',').map(addr_spec).collect::<Vec<_>>())
        .find(|address| !address.is_empty());
    if failed.is_none() && names_nothing {
        return None;
    }
    Some(in_words(text, failed))
}

fn in_words(text: &str, failed: Option<String>) -> Bounce {
    const WAITS: [&str; 10] = [
        "delayed",
        "will be retried",
        "will retry",
        "keep trying",
        "warning:",
        "not yet been delivered",
        "遅延",
        "再送を試み",
        "再送します",
        "配送を継続",
    ];
    let lower = text.to_lowercase();
    let waits = WAITS.iter().any(|word| lower.contains(word));
    Bounce {
        action: if waits { "delayed" } else { "failed" }.to_owned(),
        status: status_code(text).unwrap_or_default(),
        recipient: failed.or_else(|| first_address(text)).unwrap_or_default(),
        ..Bounce::default()
    }
}

/// Identifiers on `Message-ID:` lines of a quoted header.
fn quoted_ids(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut open = false;
    for line in text.lines() {
        let bare = line.trim_start_matches(['>', '|', ' ', '\t']);
        let value = match bare.split_once(':') {
            Some((name, value)) if name.trim().eq_ignore_ascii_case("message-id") => value,
            // The value may stand on a line of its own.
            _ if open => bare,
            _ => continue,
        };
        let before = found.len();
        found.extend(message_ids(value));
        open = found.len() == before && value.trim().is_empty();
        if found.len() >= MOST_IDS {
            break;
        }
    }
    found
}

/// The first `<address>` of the text, or the first line that is one or ends with one.
fn first_address(text: &str) -> Option<String> {
    text.lines().take(200).find_map(|line| {
        let inside =
            line.split_once('<').and_then(|(_, rest)| rest.split_once('>')).map(|(inside, _)| inside);
        let bare = line.trim().trim_end_matches(':');
        // 「Recipient address: taro@…」
        let last = bare.rsplit([' ', ':', '：', '\t']).next().unwrap_or(bare);
        let address = addr_spec(inside.unwrap_or(last));
        (!address.is_empty() && !line.to_ascii_lowercase().contains("message-id")).then_some(address)
    })
}

/// `5.1.1`: the first enhanced status code (RFC 3463) among the words.
fn status_code(text: &str) -> Option<String> {
    text.split(|c: char| !(c.is_ascii_digit() || c == '.')).take(20_000).find_map(|word| {
        let word = word.trim_matches('.');
        let mut pieces = word.split('.');
        let class = pieces.next()?;
        let rest = [pieces.next()?, pieces.next()?];
        let sound = matches!(class, "2" | "4" | "5")
            && pieces.next().is_none()
            && rest.iter().all(|piece| (1..=3).contains(&piece.len()));
        sound.then(|| word.to_owned())
    })
}

#[cfg(test)]
mod tests;
