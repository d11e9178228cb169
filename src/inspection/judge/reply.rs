//! Pure: what is answered to a mail with forms, to whom, and who else is told.

use std::collections::BTreeSet;

use super::Hand;
use super::forms::venue_of;
use crate::clinic::address_key;
use crate::inbound::attachment::FileKind;
use crate::inspection::container::Refusal;
use crate::inspection::judgement::{Answer, SenderStanding, Silence, Submission};
use crate::inspection::rules::mail as m;
use crate::inspection::verdict::{Finding, Outcome, Template};
use crate::inspection::workbook::Content;

/// Texts without figures, gravest first: one of them answers a mail of which the sender may see nothing.
const BARE: [Template; 5] =
    [Template::Conflict, Template::Unknown, Template::Unreg, Template::Held, Template::Withdraw];

/// The daemon without a registry records and holds; it cannot know whose form it is.
pub fn awaits_registry(hand: &Hand) -> bool {
    hand.desk.with_registry && hand.desk.registry.is_empty()
}

/// One reply for the mail: the only form's text, or MULTI with one block each. Beside patients' data nothing is
/// told of any file; to a sender who may see none of the forms, only that they came.
pub fn answer(hand: &Hand, submissions: &[Submission]) -> Answer {
    let mut templates: Vec<Template> =
        submissions.iter().filter_map(|submission| submission.template).collect();
    templates.dedup();
    let visible = |submission: &Submission| {
        matches!(
            submission.sender,
            SenderStanding::Registered | SenderStanding::Provisional | SenderStanding::Staff
        )
    };
    let template = match templates.as_slice() {
        [] => return Answer::Silent(Silence::NoAuthor),
        _ if hand.personal_data().is_some() => Template::Held,
        [template]
            if submissions.len() == 1 || matches!(template, Template::Conflict | Template::Unknown) =>
        {
            *template
        }
        _ if submissions.iter().any(visible) => Template::Multi,
        _ => BARE.into_iter().find(|bare| templates.contains(bare)).unwrap_or(Template::Held),
    };
    if awaits_registry(hand) { Answer::Draft(template) } else { Answer::Send(template) }
}

/// Files beside the forms that could not be read: staff look, the clinic is told their names.
pub fn unread_files(hand: &Hand) -> Vec<Finding> {
    let message = &hand.mail.dissected.message;
    let files = message.attachments.iter().zip(&hand.mail.dissected.contents);
    files
        .filter_map(|(attachment, content)| match (content, attachment.kind) {
            (Content::Refused(refusal), _) => Some(m::unread_beside_a_form(&attachment.name, refusal)),
            (Content::Other, FileKind::EncryptedArchive | FileKind::OtherArchive | FileKind::Tnef) => {
                Some(m::unread_beside_a_form(&attachment.name, &Refusal::corrupt("not opened")))
            }
            (Content::Workbook(_) | Content::Other, _) => None,
        })
        .collect()
}

/// The names of the files that are none of our forms; of a mail with patients' data none is repeated.
pub fn other_files(hand: &Hand) -> Vec<String> {
    if hand.personal_data().is_some() {
        return Vec::new();
    }
    let attachments = hand.mail.dissected.message.attachments.iter();
    attachments
        .zip(&hand.mail.examined.files)
        .filter(|(attachment, reading)| {
            reading.as_ref().is_none_or(|reading| reading.forms.is_empty()) && m::is_meant(attachment)
        })
        .map(|(attachment, _)| attachment.name.clone())
        .collect()
}

/// The clinic's registered addresses hear of a form that came from elsewhere (M07, M09).
pub fn notify(hand: &Hand, submissions: &[Submission]) -> Vec<String> {
    let mut addresses = BTreeSet::new();
    for submission in submissions {
        let foreign = matches!(submission.sender, SenderStanding::Unknown | SenderStanding::Elsewhere);
        if foreign && submission.template.is_some() && submission.outcome == Outcome::Held {
            addresses.extend(submission.clinic.iter().flat_map(|clinic| clinic.emails.iter().cloned()));
        }
    }
    let sender = address_key(hand.sender.address);
    addresses.into_iter().filter(|address| address_key(address) != sender).collect()
}

/// The first address that submits for a clinic without any, for each such clinic of the mail.
pub fn provisional(hand: &Hand, submissions: &[Submission]) -> Vec<(String, String)> {
    let mut venues: Vec<&str> = submissions
        .iter()
        .filter(|one| one.sender == SenderStanding::Provisional && one.template.is_some() && !hand.mail.bare)
        .filter_map(venue_of)
        .collect();
    venues.sort_unstable();
    venues.dedup();
    venues.into_iter().map(|venue_no| (venue_no.to_string(), hand.sender.address.to_string())).collect()
}
