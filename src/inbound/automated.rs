//! Pure: the signs that no person sent a mail (never-reply table A01 to A03 and A06 to A10).
//!
//! Own addresses and own Message-IDs (A04, A05) are known to the daemon only.

use super::header::Header;
use super::header::parameters::Parameters;
use super::message::{AutomaticSign, Message};

const LIST_FIELDS: [&str; 7] =
    ["List-Id", "List-Help", "List-Subscribe", "List-Unsubscribe", "List-Post", "List-Owner", "List-Archive"];

const ROBOTS: [&str; 14] = [
    "mailerdaemon",
    "listserv",
    "majordomo",
    "mailman",
    "sympa",
    "daemon",
    "root",
    "autoreply",
    "autoresponder",
    "noreply",
    "donotreply",
    "noresponse",
    "nobody",
    "systemdaemon",
];

const HINT_FIELDS: [&str; 6] = [
    "X-Autoreply",
    "X-Autorespond",
    "X-Autoresponder",
    "X-Auto-Reply-From",
    "X-FC-Machinegenerated",
    "X-Loop",
];

/// Subjects of absence notes, receipts and delivery reports; looked at only when no file could hold a form.
const HINT_SUBJECTS: [&str; 22] = [
    "自動返信",
    "自動応答",
    "自動送信",
    "自動配信",
    "不在",
    "休暇中",
    "配信不能",
    "配信できません",
    "配送不能",
    "送信できません",
    "送信失敗",
    "開封済み",
    "開封確認",
    "out of office",
    "out of the office",
    "automatic reply",
    "auto reply",
    "autoreply",
    "undeliver",
    "delivery status notification",
    "mail delivery fail",
    "returned mail",
];

/// Every sign in the table's order. `content` is the top Content-Type; `form_possible` tells whether a file could
/// hold a form (then a subject alone proves nothing); `has_report` whether a delivery status was found.
pub fn signs(
    header: &Header<'_>,
    content: &Parameters,
    message: &Message,
    form_possible: bool,
    has_report: bool,
) -> Vec<AutomaticSign> {
    let mut found = Vec::new();
    if message.return_path.as_deref() == Some("") {
        found.push(AutomaticSign::NullReturnPath);
    }
    for field in header.all("Auto-Submitted") {
        let value = keyword(&field.text());
        if value != "no" {
            found.push(AutomaticSign::AutoSubmitted(value));
        }
    }
    found.extend(report(content, has_report));
    let is_list = |name: &&&str| header.fields.iter().any(|field| field.is(name));
    found.extend(LIST_FIELDS.iter().filter(is_list).map(|name| AutomaticSign::List((*name).to_owned())));
    for field in header.all("Precedence") {
        let value = keyword(&field.text());
        if matches!(value.as_str(), "bulk" | "list" | "junk" | "auto_reply" | "auto-reply") {
            found.push(AutomaticSign::Precedence(value));
        }
    }
    for field in header.all("X-Auto-Response-Suppress") {
        let value = field.readable();
        let words = value.split([',', ';', ' ']).map(str::trim);
        if words.into_iter().any(|w| w.eq_ignore_ascii_case("all") || w.eq_ignore_ascii_case("autoreply")) {
            found.push(AutomaticSign::Suppress(value));
        }
    }
    let robots = message.authors.iter().filter(|author| is_robot(&author.address));
    found.extend(robots.map(|author| AutomaticSign::RobotAddress(author.address.clone())));
    found.extend(hints(header, message, form_possible));
    found
}

/// True for what a calendar program sends when an invitation is accepted, declined or put off (RFC 5546 §1.4).
pub fn is_calendar_answer(calendar: &[u8]) -> bool {
    let start = calendar.get(..calendar.len().min(4_096)).unwrap_or_default();
    start.split(|byte| matches!(byte, b'\r' | b'\n')).any(|line| {
        let line = line.trim_ascii().to_ascii_uppercase();
        line.strip_prefix(b"METHOD:").is_some_and(|method| {
            matches!(method.trim_ascii(), b"REPLY" | b"COUNTER" | b"DECLINECOUNTER" | b"REFRESH")
        })
    })
}

/// True for a local part that belongs to a program, not to a person.
pub fn is_robot(address: &str) -> bool {
    let Some((local, _)) = address.rsplit_once('@') else { return false };
    let local = local.to_lowercase();
    let local = local.split('+').next().unwrap_or_default();
    let plain: String = local.chars().filter(|c| c.is_alphanumeric()).collect();
    ROBOTS.contains(&plain.as_str())
        || ["noreply", "donotreply", "mailerdaemon"].iter().any(|start| plain.starts_with(start))
        || plain.ends_with("noreply")
        || local == "bounce"
        || local.starts_with("bounces")
        || local.starts_with("bounce-")
        || local.starts_with("owner-")
        || ["-request", "-owner", "-bounces", "-bounce"].iter().any(|end| local.ends_with(end))
}

fn report(content: &Parameters, has_report: bool) -> Option<AutomaticSign> {
    let kind = content.raw("report-type").unwrap_or_default().trim().to_ascii_lowercase();
    if content.value == "multipart/report" {
        let kind = if kind.is_empty() && has_report { "delivery-status".to_owned() } else { kind };
        return Some(AutomaticSign::Report(kind));
    }
    let direct = content
        .value
        .strip_prefix("message/")
        .filter(|kind| matches!(*kind, "delivery-status" | "disposition-notification" | "feedback-report"));
    if let Some(kind) = direct {
        return Some(AutomaticSign::Report(kind.to_owned()));
    }
    has_report.then(|| AutomaticSign::Report("delivery-status".to_owned()))
}

fn hints(header: &Header<'_>, message: &Message, form_possible: bool) -> Vec<AutomaticSign> {
    let hint = |text: &str| AutomaticSign::Hint(text.to_owned());
    let is_present = |name: &&&str| header.fields.iter().any(|field| field.is(name));
    let mut found: Vec<AutomaticSign> =
        HINT_FIELDS.iter().filter(is_present).map(|name| hint(name)).collect();
    if header.all("X-Spam-Flag").any(|field| keyword(&field.text()) == "yes") {
        found.push(hint("X-Spam-Flag"));
    }
    if form_possible {
        return found;
    }
    if header.has("Feedback-ID") {
        found.push(hint("Feedback-ID"));
    }
    let subject = message.subject.to_lowercase();
    // A person's answer keeps the subject that it answers.
    let is_answer = ["re:", "re：", "ｒｅ：", "fw:", "fwd:"].iter().any(|start| subject.starts_with(start));
    if !is_answer {
        found.extend(HINT_SUBJECTS.iter().find(|pattern| subject.contains(*pattern)).map(|p| hint(p)));
    }
    found
}

/// The first word of a value in lower case, without parameters and comments.
fn keyword(text: &str) -> String {
    let end = |c: char| c == ';' || c == '(' || c.is_whitespace();
    text.trim()
        .split(end)
        .next()
        .unwrap_or_default()
        .chars()
        .take(60)
        .collect::<String>()
        .to_ascii_lowercase()
}

#[cfg(test)]
mod tests;
