//! Pure: the answer to a decision of staff: the automatic text, by the calendar of the day on which it is decided.

use jiff::Timestamp;

use super::view::View;
use super::{Occasion, body, enclose, principal, subject};
use crate::inspection::verdict::Template;
use crate::outbound::letter::{AutoSubmitted, Draft};

/// Writes to `to`: the author of the mail, or a registered address of the clinic when the author is a stranger.
/// Only the author's own letter joins the thread.
pub fn compose(occasion: &Occasion, template: Template, to: &str, decided_at: Timestamp) -> Draft {
    let submission = principal(occasion.inspection, template);
    let mut view = View::new(occasion, submission, template);
    let deadlines = submission.map_or(occasion.campaign.deadlines(), |submission| submission.deadlines);
    view.reckon_from(occasion.campaign, occasion.settings, deadlines, decided_at);
    let mut attachments = Vec::new();
    attachments.extend(enclose(&mut view, occasion, submission, template, to));
    let is_author = to == occasion.message.from();
    let mut references = Vec::new();
    if is_author {
        references.extend(occasion.message.answers.iter().cloned());
        references.extend(occasion.message.message_id.clone());
    }
    Draft {
        kind: template,
        to: to.to_string(),
        subject: subject(occasion, template, &view),
        text: body(occasion, template, &view, to),
        html: None,
        attachments,
        in_reply_to: occasion.message.message_id.clone().filter(|_| is_author),
        references,
        auto_submitted: if is_author { AutoSubmitted::Replied } else { AutoSubmitted::Generated },
    }
}
