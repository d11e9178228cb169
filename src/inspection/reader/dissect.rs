//! Pure: one raw mail to a [`Dissected`] value: the message opened, each file told apart, each workbook read.

use std::panic::{AssertUnwindSafe, catch_unwind};

use sha2::{Digest as _, Sha256};

pub use super::wire::Skip;
use crate::inbound::attachment::{Attachment, FileKind};
use crate::inbound::message::{self, Defect};
use crate::inbound::sniff::sniff;
use crate::inspection::container::Refusal;
use crate::inspection::dissected::Dissected;
use crate::inspection::workbook::{self, Content, Spent};
use crate::limits::Limits;

/// Takes a mail apart. `omitted` is its full size when only the header was fetched.
pub fn dissect(raw: &[u8], omitted: Option<u64>, limits: &Limits) -> Dissected {
    dissect_except(raw, omitted, limits, &Skip::default(), &mut |_| {})
}

/// Like [`dissect`], without opening the files that `skip` names; calls `opening` before each that it opens.
pub fn dissect_except(
    raw: &[u8],
    omitted: Option<u64>,
    limits: &Limits,
    skip: &Skip,
    opening: &mut dyn FnMut(usize),
) -> Dissected {
    let message::Opened { mut message, files } = message::open(raw, limits);
    if let Some(size) = omitted {
        message.defects.push(Defect::Unparsable(format!(
            "the message has {size} bytes, limits.message_bytes allows {}",
            limits.message_bytes
        )));
    }
    let mut spent = Spent::default();
    let mut output = postcard::experimental::serialized_size(&message).unwrap_or_default() as u64;
    let mut contents = Vec::with_capacity(files.len());
    for (index, attachment) in message.attachments.iter().enumerate() {
        let bytes = files.get(index).map_or(&[][..], Vec::as_slice);
        let content = match skip.reason(index) {
            Some(reason) if attachment.kind.is_workbook() => {
                Content::Refused(Refusal::Died(reason.to_owned()))
            }
            _ => {
                if attachment.kind.is_workbook() {
                    opening(index);
                }
                content(attachment, bytes, limits, &mut spent)
            }
        };
        contents.push(within_output(content, limits, &mut output));
    }
    Dissected { message, contents }
}

/// One file by itself, as a mail's only attachment would be read.
pub fn dissect_file(name: &str, bytes: &[u8], limits: &Limits, skip: &Skip) -> (Attachment, Content) {
    let attachment = Attachment {
        name: name.to_owned(),
        size: bytes.len() as u64,
        sha256: Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect(),
        kind: sniff(bytes, name),
        ..Attachment::default()
    };
    let content = match skip.reason(0) {
        Some(reason) => Content::Refused(Refusal::Died(reason.to_owned())),
        None => content(&attachment, bytes, limits, &mut Spent::default()),
    };
    let content = within_output(content, limits, &mut 0);
    (attachment, content)
}

fn content(attachment: &Attachment, bytes: &[u8], limits: &Limits, spent: &mut Spent) -> Content {
    let too_large = attachment.size > limits.attachment_bytes;
    match attachment.kind {
        // The bytes of a file over the limit may not even be there.
        FileKind::Unknown | FileKind::Empty if too_large => Content::Refused(over_size(attachment, limits)),
        kind if kind.is_workbook() && too_large => Content::Refused(over_size(attachment, limits)),
        kind if kind.is_workbook() => workbook(bytes, kind, limits, spent),
        FileKind::EncryptedWorkbook | FileKind::EncryptedArchive => Content::Refused(Refusal::Password),
        kind @ (FileKind::HtmlWorkbook | FileKind::XmlWorkbook | FileKind::OldWorkbook) => {
            Content::Refused(Refusal::OldFormat(kind))
        }
        FileKind::Empty => Content::Refused(Refusal::Empty),
        _ => Content::Other,
    }
}

/// calamine panics on some broken .xls and .xlsb: that is one broken file, not the end of the others beside it.
fn workbook(bytes: &[u8], kind: FileKind, limits: &Limits, spent: &mut Spent) -> Content {
    let reading = AssertUnwindSafe(|| workbook::read_further(bytes, kind, limits, spent));
    match catch_unwind(reading) {
        Ok(Ok(workbook)) => Content::Workbook(workbook),
        Ok(Err(refusal)) => Content::Refused(refusal),
        Err(_) => Content::Refused(Refusal::corrupt("the parser gave up in the middle")),
    }
}

fn over_size(attachment: &Attachment, limits: &Limits) -> Refusal {
    Refusal::limit("attachment_bytes", limits.attachment_bytes, attachment.size)
}

/// The answer of one child for one mail is bounded, however many files there are.
fn within_output(content: Content, limits: &Limits, output: &mut u64) -> Content {
    let size = postcard::experimental::serialized_size(&content).unwrap_or_default() as u64;
    let total = output.saturating_add(size);
    if total > limits.child_output_bytes && matches!(content, Content::Workbook(_)) {
        return Content::Refused(Refusal::limit("child_output_bytes", limits.child_output_bytes, total));
    }
    *output = total;
    content
}
