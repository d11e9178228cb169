//! Pure: header fields and MIME bodies in 7 bits: RFC 2047 words for Japanese, base64 for texts and files.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::Enclosure;

/// Bytes of text in one encoded word: 56 base64 characters, so that name, word and frame stay within 78.
const WORD_BYTES: usize = 42;

/// A field whose value is ASCII of our own making; a fold in it is already `\r\n `.
pub fn field(out: &mut String, name: &str, value: &str) {
    let _ = write!(out, "{name}: {value}\r\n");
}

/// A field with text for people.
pub fn text_field(out: &mut String, name: &str, text: &str) {
    let _ = write!(out, "{name}: {}\r\n", words(text, 76 - name.len()));
}

/// `Name <address>`, or the bare address where there is no name.
pub fn mailbox_field(out: &mut String, name: &str, display: &str, address: &str) {
    let display = printable(display);
    if display.trim().is_empty() {
        field(out, name, address);
    } else if display.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b' ') && display.len() < 60 {
        field(out, name, &format!("{display}\r\n <{address}>"));
    } else {
        field(out, name, &format!("{}\r\n <{address}>", encode_words(&display)));
    }
}

/// Content fields and body: text alone, with an HTML alternative, or with files.
pub fn body(out: &mut String, text: &str, html: Option<&str>, files: &[Enclosure], seed: &str) {
    let seed: String = seed.chars().filter(char::is_ascii_alphanumeric).take(32).collect();
    if files.is_empty() {
        alternatives(out, text, html, &seed);
        return;
    }
    // "=_" cannot occur in base64, so the boundary never appears inside a part.
    let boundary = format!("=_m{seed}");
    multipart(out, "mixed", &boundary);
    let _ = write!(out, "--{boundary}\r\n");
    alternatives(out, text, html, &seed);
    for file in files {
        let _ = write!(out, "--{boundary}\r\n");
        file_part(out, file);
    }
    let _ = write!(out, "--{boundary}--\r\n");
}

fn alternatives(out: &mut String, text: &str, html: Option<&str>, seed: &str) {
    let Some(html) = html else {
        text_part(out, "plain", text);
        return;
    };
    let boundary = format!("=_a{seed}");
    multipart(out, "alternative", &boundary);
    for (subtype, content) in [("plain", text), ("html", html)] {
        let _ = write!(out, "--{boundary}\r\n");
        text_part(out, subtype, content);
    }
    let _ = write!(out, "--{boundary}--\r\n");
}

fn multipart(out: &mut String, subtype: &str, boundary: &str) {
    field(out, "Content-Type", &format!("multipart/{subtype};\r\n boundary=\"{boundary}\""));
    out.push_str("\r\n");
}

fn text_part(out: &mut String, subtype: &str, text: &str) {
    field(out, "Content-Type", &format!("text/{subtype}; charset=utf-8"));
    field(out, "Content-Transfer-Encoding", "base64");
    out.push_str("\r\n");
    let canonical = text.replace("\r\n", "\n").replace('\r', "\n").replace('\n', "\r\n");
    base64_lines(out, canonical.as_bytes());
}

/// Names in RFC 2231 form; old programs read the encoded word in Content-Type instead.
fn file_part(out: &mut String, file: &Enclosure) {
    let name: String =
        printable(&file.name).chars().map(|c| if "\"\\/".contains(c) { '_' } else { c }).collect();
    let mime: String =
        file.mime.chars().filter(|c| c.is_ascii_alphanumeric() || "/.+-".contains(*c)).take(100).collect();
    let plain = name.is_ascii() && name.len() <= 60;
    let shown = if plain { name.clone() } else { encode_words(&name) };
    field(out, "Content-Type", &format!("{mime};\r\n name=\"{shown}\""));
    field(out, "Content-Transfer-Encoding", "base64");
    let mut disposition = String::from("attachment");
    if plain {
        let _ = write!(disposition, ";\r\n filename=\"{name}\"");
    } else {
        for (index, segment) in percent_segments(&name).iter().enumerate() {
            let charset = if index == 0 { "UTF-8''" } else { "" };
            let _ = write!(disposition, ";\r\n filename*{index}*={charset}{segment}");
        }
    }
    field(out, "Content-Disposition", &disposition);
    out.push_str("\r\n");
    base64_lines(out, &file.bytes);
}

/// RFC 2231 §3 continuations: percent-encoded pieces of at most about 60 characters.
fn percent_segments(name: &str) -> Vec<String> {
    let mut segments = vec![String::new()];
    for c in name.chars() {
        let mut encoded = String::new();
        if c.is_ascii_alphanumeric() || "._-".contains(c) {
            encoded.push(c);
        } else {
            for byte in c.to_string().bytes() {
                let _ = write!(encoded, "%{byte:02X}");
            }
        }
        match segments.last_mut() {
            Some(last) if last.len() + encoded.len() <= 54 => last.push_str(&encoded),
            _ => segments.push(encoded),
        }
    }
    segments
}

fn base64_lines(out: &mut String, bytes: &[u8]) {
    for chunk in bytes.chunks(57) {
        STANDARD.encode_string(chunk, out);
        out.push_str("\r\n");
    }
}

/// Short ASCII as it is; everything else as encoded words, folded.
fn words(text: &str, room: usize) -> String {
    let text = printable(text);
    let plain = text.bytes().all(|byte| (0x20..0x7f).contains(&byte)) && !text.contains("=?");
    if plain && text.len() <= room && text == text.trim() { text } else { encode_words(&text) }
}

fn encode_words(text: &str) -> String {
    let mut chunks = vec![String::new()];
    for c in text.chars() {
        match chunks.last_mut() {
            Some(last) if last.len() + c.len_utf8() <= WORD_BYTES => last.push(c),
            _ => chunks.push(c.to_string()),
        }
    }
    let words: Vec<String> =
        chunks.iter().map(|chunk| format!("=?UTF-8?B?{}?=", STANDARD.encode(chunk))).collect();
    words.join("\r\n ")
}

fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}
