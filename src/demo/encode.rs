//! Pure: the transfer encodings of mail: base64, encoded words (RFC 2047), parameters (RFC 2231), quoted-printable.

use std::fmt::Write as _;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Charset {
    Iso2022Jp,
    Utf8,
}

impl Charset {
    pub fn name(self) -> &'static str {
        match self {
            Charset::Iso2022Jp => "iso-2022-jp",
            Charset::Utf8 => "UTF-8",
        }
    }

    pub fn encode(self, text: &str) -> Vec<u8> {
        match self {
            Charset::Iso2022Jp => encoding_rs::ISO_2022_JP.encode(text).0.into_owned(),
            Charset::Utf8 => text.as_bytes().to_vec(),
        }
    }
}

/// Lines of 76 letters, each ended by CRLF.
pub fn base64_lines(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len() * 4 / 3 + bytes.len() / 28 + 2);
    for line in bytes.chunks(57) {
        STANDARD.encode_string(line, &mut out);
        out.push_str("\r\n");
    }
    out
}

/// Encoded words of at most 75 letters, folded; ASCII stays as it is.
pub fn words(text: &str, charset: Charset) -> String {
    if text.is_ascii() {
        return text.to_string();
    }
    let letters: Vec<char> = text.chars().collect();
    letters
        .chunks(12)
        .map(|chunk| {
            let bytes = charset.encode(&chunk.iter().collect::<String>());
            format!("=?{}?B?{}?=", charset.name(), STANDARD.encode(bytes))
        })
        .collect::<Vec<_>>()
        .join("\r\n ")
}

/// `; filename*0*=UTF-8''…;\r\n filename*1*=…`: RFC 2231 in pieces, or in one where `whole`.
pub fn parameter(name: &str, value: &str, whole: bool) -> String {
    let pieces: Vec<String> = value.bytes().map(percent).collect();
    if whole {
        return format!(";\r\n\t{name}*=utf-8''{}", pieces.concat());
    }
    let mut out = String::new();
    for (index, piece) in pieces.chunks(18).enumerate() {
        let charset = if index == 0 { "UTF-8''" } else { "" };
        let _ = write!(out, ";\r\n {name}*{index}*={charset}{}", piece.concat());
    }
    out
}

fn percent(byte: u8) -> String {
    if byte.is_ascii_alphanumeric() || b"-._".contains(&byte) {
        char::from(byte).to_string()
    } else {
        format!("%{byte:02X}")
    }
}

/// Quoted-printable of text with CRLF line ends.
pub fn quoted_printable(text: &str) -> String {
    let mut out = String::new();
    for line in text.split("\r\n") {
        let mut length = 0;
        for byte in line.bytes() {
            let piece = match byte {
                b'=' => "=3D".to_string(),
                b' '..=b'~' => char::from(byte).to_string(),
                _ => format!("={byte:02X}"),
            };
            if length + piece.len() > 75 {
                out.push_str("=\r\n");
                length = 0;
            }
            length += piece.len();
            out.push_str(&piece);
        }
        out.push_str("\r\n");
    }
    out
}
