//! Pure: text files that are something else: HTML and XML saved as workbooks, mails.

use crate::inbound::attachment::FileKind;
use crate::inbound::japanese;

/// How far the looks of a text are judged.
const TOP: usize = 4 * 1024;

/// The beginning of a text, decoded.
pub(super) fn top(bytes: &[u8]) -> String {
    // An even length keeps UTF-16 whole.
    japanese::guess(bytes.get(..TOP).unwrap_or(bytes))
}

pub(super) fn kind(start: &str, extension: &str) -> Option<FileKind> {
    let lower = start.to_ascii_lowercase();
    let named_workbook = extension.starts_with("xls") || extension == "xlt";
    let html = || if named_workbook { FileKind::HtmlWorkbook } else { FileKind::Html };
    if lower.starts_with("<?xml") || lower.starts_with("<?mso") || lower.starts_with("<workbook") {
        if lower.contains("urn:schemas-microsoft-com:office:spreadsheet") || lower.contains("excel.sheet") {
            return Some(FileKind::XmlWorkbook);
        }
        if lower.contains("opendocument:xmlns:office") {
            return Some(FileKind::OtherOffice);
        }
        if lower.contains("<html") {
            return Some(html());
        }
        return None;
    }
    let tags = ["<!doctype html", "<html", "<head", "<body", "<table", "<meta", "<style", "<title", "<div"];
    if tags.iter().any(|tag| lower.starts_with(tag))
        || (lower.starts_with("<!--") && (lower.contains("<html") || lower.contains("<table")))
    {
        return Some(html());
    }
    // A web archive saved as a workbook.
    if named_workbook && is_mail(start) && lower.contains("multipart/related") {
        return Some(FileKind::HtmlWorkbook);
    }
    None
}

/// True when a text begins with header fields of a mail.
pub(super) fn is_mail(start: &str) -> bool {
    let mut fields = 0;
    for line in start.lines().take(30) {
        if line.trim().is_empty() {
            break;
        }
        let name = line.split(':').next().unwrap_or_default().to_ascii_lowercase();
        fields += usize::from(matches!(
            name.as_str(),
            "received"
                | "from"
                | "to"
                | "subject"
                | "date"
                | "message-id"
                | "mime-version"
                | "return-path"
                | "content-type"
                | "delivered-to"
                | "x-mailer"
                | "reply-to"
        ));
    }
    fields >= 2
}
