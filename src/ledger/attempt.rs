//! Pure: what counts as a recognisable attempt to submit (it decides between "late" and "mended").

use crate::inbound::attachment::FileKind;
use crate::inbound::message::Message;
use crate::inspection::judgement::{SenderStanding, Submission};

/// A form; or, from an address of the clinic, a file that was plainly meant as one.
pub(super) fn is_attempt(submission: &Submission, message: Option<&Message>) -> bool {
    if submission.form.is_some() {
        return true;
    }
    let known = matches!(
        submission.sender,
        SenderStanding::Registered | SenderStanding::Provisional | SenderStanding::Staff
    );
    if known && submission.lost_its_file() {
        return true;
    }
    let Some(message) = message else { return known && submission.file.is_some() };
    let meant = |kind: FileKind| {
        kind.is_workbook()
            || matches!(
                kind,
                FileKind::Pdf
                    | FileKind::Image
                    | FileKind::EncryptedWorkbook
                    | FileKind::EncryptedArchive
                    | FileKind::Encrypted
                    | FileKind::HtmlWorkbook
                    | FileKind::XmlWorkbook
                    | FileKind::OldWorkbook
                    | FileKind::Word
                    | FileKind::Ichitaro
                    | FileKind::Tnef
            )
    };
    known
        && match submission.file.and_then(|file| message.attachments.get(file)) {
            Some(file) => meant(file.kind),
            None => message.attachments.iter().any(|file| !file.inline && meant(file.kind)),
        }
}
