//! Pure: what a delivery report says: the fields of RFC 3464, else what the old programs write in prose.

use super::address::{addr_spec, message_ids};
use super::header::{Entity, Header};
use super::instant::without_comments;
use super::message::Bounce;

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
}

impl Evidence {
    /// Takes the identifier of a returned message, whole or only its header.
    pub fn take_returned(&mut self, bytes: &[u8]) {
        let entity = Entity::parse_mail(bytes, LONGEST_REPORT, MOST_LINES);
        let ids: Vec<String> = entity
            .header
            .all("Message-ID")
            .flat_map(|f| message_ids(&f.text()).collect::<Vec<_>>())
            .collect();
        self.returned.extend(ids);
        self.returned.truncate(MOST_IDS);
    }
}

/// The report of one mail. `from_system` tells that its return path is null or its author a mail system;
/// only then is prose believed.
pub fn read(evidence: &Evidence, header: &Header<'_>, text: &str, from_system: bool) -> Option<Bounce> {
    let mut bounce = evidence.reports.iter().find_map(|report| structured(report));
    if bounce.is_none() && from_system {
        bounce = prose(header, text, !evidence.returned.is_empty());
    }
    let mut bounce = bounce?;
    let quoted = if from_system { quoted_ids(text) } else { Vec::new() };
    for id in evidence.returned.iter().cloned().chain(quoted) {
        if !bounce.original_message_ids.contains(&id) && bounce.original_message_ids.len() < MOST_IDS {
            bounce.original_message_ids.push(id);
        }
    }
    Some(bounce)
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
        original_message_ids: Vec::new(),
    })
}

/// Reports without a machine-readable part: qmail, old Exim, providers' Japanese texts.
fn prose(header: &Header<'_>, text: &str, has_returned: bool) -> Option<Bounce> {
    let failed: Vec<String> = header
        .all("X-Failed-Recipients")
        .flat_map(|field| field.text().split(',').map(addr_spec).collect::<Vec<_>>())
        .filter(|address| !address.is_empty())
        .collect();
    if failed.is_empty() && !has_returned && quoted_ids(text).is_empty() {
        return None;
    }
    let recipient = failed.into_iter().next().or_else(|| first_address(text)).unwrap_or_default();
    let lower = text.to_lowercase();
    let waits = ["delayed", "will be retried", "warning:", "遅延", "再送を試み", "配送を継続"];
    let action = if waits.iter().any(|word| lower.contains(word)) { "delayed" } else { "failed" };
    Some(Bounce {
        action: action.to_owned(),
        status: status_code(text).unwrap_or_default(),
        recipient,
        original_message_ids: Vec::new(),
    })
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

/// The first `<address>` of the text, or the first line that is one.
fn first_address(text: &str) -> Option<String> {
    text.lines().take(200).find_map(|line| {
        let inside =
            line.split_once('<').and_then(|(_, rest)| rest.split_once('>')).map(|(inside, _)| inside);
        let address = addr_spec(inside.unwrap_or(line.trim().trim_end_matches(':')));
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
