//! Pure: an inspection becomes the letters that tell its result: one to the author, notices to registered addresses.
//!
//! The wording stands in `templates/`, one file for each text; this module chooses the text and the recipient,
//! [`view`] works out every value that is filled in. Nothing that came with a mail is repeated to an address
//! that is not registered.

pub mod settings;
pub mod annotated;
pub mod echo;
pub mod wrap;
pub mod wording;
pub mod tables;
pub mod findings;
pub mod texts;
pub mod view;
pub mod decided;

use jiff::Timestamp;

use super::letter::{AutoSubmitted, Draft, Enclosure};
use crate::campaign::Campaign;
use crate::inbound::message::Message;
use crate::inspection::judgement::{Answer, Inspection, SenderStanding, Submission};
use crate::inspection::verdict::Template;
use crate::inspection::workbook::Content;
use crate::issue::annotated::Annotated;
pub use settings::Settings;
use view::View;

/// Characters of a subject.
const SUBJECT: usize = 60;

/// What there is to answer.
#[derive(Clone, Copy, Debug)]
pub struct Occasion<'a> {
    pub campaign: &'a Campaign,
    pub settings: &'a Settings,
    pub inspection: &'a Inspection,
    /// The mail that is answered; without an author (a bare workbook) the reply has no recipient.
    pub message: &'a Message,
    /// What was read of each of its attachments; may be empty, then nothing of them goes back.
    pub contents: &'a [Content],
    /// The address that the signature gives.
    pub own_address: &'a str,
    pub rehearsal: bool,
}

/// The reply to the author (none when the answer is silence) and then the notices. Whether they leave is told
/// by `inspection.answer`: a draft, a suppressed reply and one that is sent have the same text.
pub fn compose(occasion: &Occasion) -> Vec<Draft> {
    let mut drafts: Vec<Draft> = answer(occasion).into_iter().collect();
    drafts.extend(occasion.inspection.notify.iter().map(|address| notice(occasion, address)));
    drafts
}

fn answer(occasion: &Occasion) -> Option<Draft> {
    let template = match occasion.inspection.answer {
        Answer::Silent(_) => return None,
        Answer::Send(template) | Answer::Draft(template) | Answer::Suppress(template) => template,
    };
    let to = occasion.message.from();
    let mut attachments = Vec::new();
    let (subject, text) = if template == Template::Multi {
        multi(occasion, to)
    } else {
        let submission = principal(occasion.inspection, template);
        let mut view = View::new(occasion, submission, template);
        let told: Vec<&Submission> = occasion.inspection.submissions.iter().collect();
        let reveal = may_reveal(occasion, submission, template);
        view.name_all(&told, reveal);
        attachments.extend(enclose(&mut view, occasion, submission, template, to));
        (subject(occasion, template, &view), body(occasion, template, &view, to))
    };
    let mut references = occasion.message.answers.clone();
    references.extend(occasion.message.message_id.clone());
    Some(Draft {
        kind: template,
        to: to.to_string(),
        subject,
        text,
        html: None,
        attachments,
        in_reply_to: occasion.message.message_id.clone(),
        references,
        auto_submitted: AutoSubmitted::Replied,
    })
}

/// The marked copy as an enclosure, and the view told of it.
fn enclose(
    view: &mut View,
    occasion: &Occasion,
    submission: Option<&Submission>,
    template: Template,
    to: &str,
) -> Option<Enclosure> {
    let copy = submission.and_then(|submission| annotation(occasion, submission, template, to))?;
    view.annotated = true;
    view.annotated_sheets = copy.with_sheets;
    view.annotated_name = echo::file_name(&copy.name);
    Some(annotated::enclosure(copy))
}

/// The rejected form with all places to mend marked: for a registered address that is no mobile telephone's.
fn annotation(
    occasion: &Occasion,
    submission: &Submission,
    template: Template,
    to: &str,
) -> Option<Annotated> {
    let wanted = occasion.settings.annotate
        && submission.sender == SenderStanding::Registered
        && template == Template::Reject
        && !to.is_empty()
        && !occasion.settings.is_carrier(to);
    let clinic = submission.clinic.as_ref().filter(|_| wanted)?;
    annotated::marked_copy(occasion, &clinic.name, submission)
}

/// The submission that a single text is about: the one that gets this text, else the worst.
fn principal(inspection: &Inspection, template: Template) -> Option<&Submission> {
    inspection
        .submissions
        .iter()
        .find(|submission| submission.template == Some(template))
        .or_else(|| inspection.submissions.iter().min_by_key(|submission| submission.outcome))
}

fn body(occasion: &Occasion, template: Template, view: &View, to: &str) -> String {
    if occasion.settings.is_carrier(to) {
        wrap::fill_lines(&texts::render("mobile", view))
    } else {
        wrap::fill(&texts::render(template.as_str(), view))
    }
}

/// One reply for several forms: a block each, the tag of the worst.
fn multi(occasion: &Occasion, to: &str) -> (String, String) {
    let told: Vec<&Submission> =
        occasion.inspection.submissions.iter().filter(|submission| submission.template.is_some()).collect();
    let worst = told.iter().min_by_key(|submission| submission.outcome).copied();
    let worst_template = worst.and_then(|submission| submission.template).unwrap_or(Template::Held);
    let mut view = View::new(occasion, worst, Template::Multi);
    view.share(&told, occasion.settings);
    let mobile = occasion.settings.is_carrier(to);
    for (index, submission) in told.iter().enumerate() {
        let template = submission.template.unwrap_or(Template::Held);
        let mut block = View::new(occasion, Some(submission), template);
        block.number = index + 1;
        let rendered = texts::render(if mobile { "mobile_block" } else { "block" }, &block);
        view.blocks.push(rendered.trim_end().to_string());
    }
    let text = if mobile {
        wrap::fill_lines(&texts::render("mobile_multi", &view))
    } else {
        wrap::fill(&texts::render("multi", &view))
    };
    (subject(occasion, worst_template, &view), text)
}

/// The copy that a clinic's registered addresses get when someone else submitted for it.
fn notice(occasion: &Occasion, address: &str) -> Draft {
    let concerned = occasion
        .inspection
        .submissions
        .iter()
        .find(|submission| submission.clinic.as_ref().is_some_and(|clinic| clinic.owns_address(address)))
        .or(occasion.inspection.submissions.first());
    let mut view = View::new(occasion, concerned, Template::Notice);
    let told: Vec<&Submission> = occasion
        .inspection
        .submissions
        .iter()
        .filter(|submission| submission.clinic.as_ref().is_some_and(|clinic| clinic.owns_address(address)))
        .collect();
    view.name_all(&told, false);
    // The clinic itself reads this one: its own name and number are no secret to it, the form's content stays one.
    view.reveal_identity(concerned, occasion);
    Draft {
        kind: Template::Notice,
        to: address.to_string(),
        subject: subject(occasion, Template::Notice, &view),
        text: body(occasion, Template::Notice, &view, address),
        html: None,
        attachments: Vec::new(),
        in_reply_to: None,
        references: Vec::new(),
        auto_submitted: AutoSubmitted::Generated,
    }
}

/// 【自動返信】【{結果}】第８期予約枠報告（{医療機関名}）受付番号{no}, at most 60 characters.
fn subject(occasion: &Occasion, template: Template, view: &View) -> String {
    let prefix = if occasion.rehearsal { occasion.settings.rehearsal_prefix.as_str() } else { "" };
    let head = format!("{prefix}【自動返信】【{}】", wording::tag(template));
    if template == Template::Noatt {
        return format!("{head}添付ファイルをご確認ください");
    }
    let number = match &view.receipt_no {
        Some(receipts) if template != Template::Multi => match receipts.split_once('、') {
            Some((first, _)) => format!("受付番号{first}ほか"),
            None => format!("受付番号{receipts}"),
        },
        Some(receipt) => format!("受付番号{receipt}"),
        None => String::new(),
    };
    let name = view.clinic_name.clone().unwrap_or_default();
    named_subject(&format!("{head}{}予約枠報告", occasion.campaign.title), &name, &number)
}

/// Shortens the clinic's name until the subject fits.
pub(super) fn named_subject(front: &str, name: &str, back: &str) -> String {
    let room = SUBJECT.saturating_sub(front.chars().count() + back.chars().count() + 2);
    let length = name.chars().count();
    if length == 0 {
        format!("{front}{}{back}", if back.is_empty() { "" } else { "　" })
    } else if length <= room {
        format!("{front}（{name}）{back}")
    } else {
        let short: String = name.chars().take(room.saturating_sub(1)).collect();
        format!("{front}（{short}…）{back}")
    }
}

/// May this text name what the mail contained, to this sender? A mail without an author is a file at hand.
fn may_reveal(occasion: &Occasion, submission: Option<&Submission>, template: Template) -> bool {
    if matches!(template, Template::Unreg | Template::Notice) {
        return false;
    }
    let Some(submission) = submission else { return false };
    let judged = matches!(
        template,
        Template::Accept
            | Template::AcceptWarn
            | Template::Reject
            | Template::Late
            | Template::CorrOk
            | Template::CorrDday
            | Template::CorrLate
            | Template::CorrAfterOpen
            | Template::Dup
    );
    judged
        || occasion.message.from().is_empty()
        || matches!(
            submission.sender,
            SenderStanding::Registered | SenderStanding::Provisional | SenderStanding::Staff
        )
}

/// The instant whose bands decide what a text says. A form judged without a receipt time reads as on time.
fn effective_moment(occasion: &Occasion, submission: Option<&Submission>) -> Timestamp {
    let received = occasion.inspection.received_at;
    match submission {
        Some(submission) if submission.timing.is_none() && submission.form.is_some() => {
            received.min(submission.deadlines.submission)
        }
        _ => received,
    }
}
