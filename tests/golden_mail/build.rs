//! Builds mails, charsets and files for the tables.

use std::io::{Cursor, Write};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use uketsuke::inbound::attachment::FileKind;
use uketsuke::inbound::message::{Message, Opened, open};
use uketsuke::limits::Limits;
use zip::write::SimpleFileOptions;

pub fn jis(text: &str) -> Vec<u8> {
    encoding_rs::ISO_2022_JP.encode(text).0.into_owned()
}

pub fn sjis(text: &str) -> Vec<u8> {
    encoding_rs::SHIFT_JIS.encode(text).0.into_owned()
}

pub fn euc(text: &str) -> Vec<u8> {
    encoding_rs::EUC_JP.encode(text).0.into_owned()
}

pub fn b64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// Base64 in lines of 76.
pub fn b64_lines(bytes: &[u8]) -> String {
    let text = b64(bytes);
    text.as_bytes().chunks(76).map(|line| format!("{}\n", std::str::from_utf8(line).unwrap())).collect()
}

/// `=?label?B?…?=`
pub fn word(label: &str, bytes: &[u8]) -> String {
    format!("=?{label}?B?{}?=", b64(bytes))
}

/// Every byte as `%XX`.
pub fn percent(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("%{b:02X}")).collect()
}

pub fn join(pieces: &[&[u8]]) -> Vec<u8> {
    pieces.concat()
}

/// The same mail with CRLF.
pub fn crlf(mail: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    for &byte in mail {
        if byte == b'\n' {
            out.push(b'\r');
        }
        out.push(byte);
    }
    out
}

/// Opens the mail with LF and with CRLF, checks that both say the same, gives the result.
pub fn opened(mail: &[u8]) -> Opened {
    let limits = Limits::default();
    let (lf, windows) = (open(mail, &limits), open(&crlf(mail), &limits));
    // A mail kept as a file is its bytes, line ends and all.
    let comparable = |opened: &Opened| {
        let mut message = opened.message.clone();
        for file in message.attachments.iter_mut().filter(|file| file.kind == FileKind::Mail) {
            file.sha256.clear();
            file.size = 0;
        }
        message
    };
    assert_eq!(comparable(&lf), comparable(&windows), "LF and CRLF differ");
    assert_eq!(lf.files.len(), lf.message.attachments.len());
    lf
}

/// A mail of these header lines (without the last line end) and a short text.
pub fn with_header(header: &[u8]) -> Message {
    opened(&join(&[header, b"\n\nbody\n"])).message
}

pub fn zip_of(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in files {
        zip.start_file(*name, SimpleFileOptions::default()).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// A real workbook, always the same bytes (it holds its time of making).
pub fn xlsx() -> Vec<u8> {
    static BOOK: std::sync::LazyLock<Vec<u8>> = std::sync::LazyLock::new(|| {
        let mut book = rust_xlsxwriter::Workbook::new();
        book.add_worksheet().write(0, 0, "予約枠報告様式１").unwrap();
        book.save_to_buffer().unwrap()
    });
    BOOK.clone()
}

pub const TYPE: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/// multipart/mixed with a text and one part: its header lines and its body.
pub fn with_part(part_header: &[u8], body: &[u8]) -> Vec<u8> {
    join(&[
        b"From: a@example.jp\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=\"BB\"\n\n",
        b"--BB\nContent-Type: text/plain; charset=us-ascii\n\nhello\n--BB\n",
        part_header,
        b"\n\n",
        body,
        b"\n--BB--\n",
    ])
}

/// The same with a workbook in base64.
pub fn with_workbook(part_header: &[u8]) -> Vec<u8> {
    let header = join(&[b"Content-Transfer-Encoding: base64\n", part_header]);
    with_part(&header, b64_lines(&xlsx()).as_bytes())
}
