//! Pure: the marked copy of a form that goes with a letter: what is told in it, and the enclosure.

use super::{Occasion, echo};
use crate::inspection::judgement::Submission;
use crate::inspection::verdict::{Finding, Severity};
use crate::inspection::workbook::Content;
use crate::issue::annotated::{Annotated, Mark, Subject, annotated};
use crate::outbound::letter::Enclosure;

/// The marked copy, or nothing when there is nothing to tell or it grew too large.
pub fn marked_copy(occasion: &Occasion, clinic: &str, submission: &Submission) -> Option<Annotated> {
    let content = submission.file.and_then(|at| occasion.contents.get(at));
    let workbook = content.and_then(|content| match content {
        // What looks like patients' data is not mailed a second time.
        Content::Workbook(workbook) if !submission.has("M17") => Some(workbook),
        _ => None,
    });
    let subject = Subject {
        clinic: &echo::value(clinic),
        receipt: submission.receipt.as_deref().unwrap_or_default(),
        file_name: submission.file_name.as_deref().unwrap_or_default(),
        workbook,
        campaign: occasion.campaign,
    };
    annotated(&subject, &marks(&submission.findings))
}

pub fn enclosure(copy: Annotated) -> Enclosure {
    Enclosure {
        name: copy.name,
        mime: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet".into(),
        bytes: copy.bytes,
    }
}

/// Errors, then warnings. A T finding is told by a sentence of the letter.
fn marks(findings: &[Finding]) -> Vec<Mark> {
    [Severity::Error, Severity::Warning]
        .into_iter()
        .flat_map(|severity| findings.iter().filter(move |finding| finding.severity == severity))
        .filter(|finding| !finding.code.starts_with('T'))
        .map(|finding| Mark {
            severity: finding.severity,
            place: finding.place.clone(),
            label: finding.label.as_deref().map(echo::value).unwrap_or_default(),
            read: finding.read.as_deref().map(echo::value).unwrap_or_default(),
            reason: echo::sentence(&finding.message),
            mend: finding.mend.as_deref().map(echo::sentence).unwrap_or_default(),
        })
        .collect()
}
