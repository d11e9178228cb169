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
        message.defects.push(if size > limits.message_bytes {
            Defect::Oversize { found: size, allowed: limits.message_bytes }
        } else {
            Defect::Unparsable(
                "the mail server did not hand out the mail whole and with its time of receipt".to_owned(),
            )
        });
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
        sha256: format!("{:x}", Sha256::digest(bytes)),
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
    let kind = attachment.kind;
    let unread = bytes.is_empty() && attachment.size > 0;
    match kind {
        FileKind::EncryptedWorkbook | FileKind::EncryptedArchive | FileKind::Encrypted => {
            Content::Refused(Refusal::Password)
        }
        FileKind::HtmlWorkbook | FileKind::XmlWorkbook | FileKind::OldWorkbook => {
            Content::Refused(Refusal::OldFormat(kind))
        }
        // A limit of the mail kept the bytes out, so nothing is known but the size.
        FileKind::Unknown | FileKind::Empty if unread => Content::Refused(kept_out(attachment, limits)),
        FileKind::Empty => Content::Refused(Refusal::Empty),
        _ if !kind.is_workbook() => Content::Other,
        _ if unread => Content::Refused(kept_out(attachment, limits)),
        _ => workbook(bytes, kind, limits, spent),
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

/// Too large by itself, or too much together with the other files of the mail.
fn kept_out(attachment: &Attachment, limits: &Limits) -> Refusal {
    if attachment.size > limits.attachment_bytes {
        Refusal::limit("attachment_bytes", limits.attachment_bytes, attachment.size)
    } else {
        Refusal::limit("attachments", limits.attachments, limits.attachments.saturating_add(1))
    }
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
