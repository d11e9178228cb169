//! Pure: Japanese text out of bytes whose charset label is missing, private or wrong.
//!
//! The label is a hint, the bytes decide: escape sequences mean ISO-2022-JP, valid UTF-8 is UTF-8, the rest is
//! Windows-31J or EUC-JP by score. Header words (RFC 2047) are in [`words`], file names in [`name`].

pub mod jis;
pub mod name;
pub mod words;

use encoding_rs::{EUC_JP, Encoding, SHIFT_JIS, UTF_16BE, UTF_16LE, WINDOWS_1252};

/// How many bytes are looked at to tell Windows-31J from EUC-JP.
const SAMPLE: usize = 8 * 1024;
/// A score that no Japanese text has: a few accented letters among Latin ones.
const NOT_JAPANESE: i64 = -5;

enum Charset {
    /// No label, or one that says nothing (`us-ascii`, `x-unknown`, `_autodetect_jpn`).
    Unknown,
    Jis,
    ShiftJis,
    EucJp,
    Utf8,
    Utf7,
    Other(&'static Encoding),
}

/// Decodes `bytes` labelled with `label` (empty when there is none). Never fails: what cannot be read is U+FFFD.
pub fn decode(label: &str, bytes: &[u8]) -> String {
    let charset = charset(label);
    let ascii = bytes.is_ascii();
    match charset {
        Charset::Other(encoding) if encoding == UTF_16BE || encoding == UTF_16LE => {
            encoding.decode(bytes).0.into_owned()
        }
        Charset::Utf7 if ascii => decode_utf7(bytes),
        Charset::Jis if bytes.contains(&0x0E) => jis::decode(bytes),
        _ if ascii => guess(bytes),
        Charset::Jis if jis::has_escape(bytes) => jis::decode(bytes),
        Charset::ShiftJis => labelled(SHIFT_JIS, bytes),
        Charset::EucJp => labelled(EUC_JP, bytes),
        Charset::Other(encoding) if encoding.is_single_byte() => single_byte(encoding, bytes),
        Charset::Other(encoding) => labelled(encoding, bytes),
        Charset::Unknown | Charset::Jis | Charset::Utf8 | Charset::Utf7 => guess(bytes),
    }
}

/// Decodes bytes without a usable label.
pub fn guess(bytes: &[u8]) -> String {
    if let Some(rest) = bytes.strip_prefix(b"\xEF\xBB\xBF") {
        return guess(rest);
    }
    if bytes.starts_with(b"\xFF\xFE") || bytes.starts_with(b"\xFE\xFF") {
        return UTF_16LE.decode(bytes).0.into_owned();
    }
    let escaped = jis::has_escape(bytes);
    match std::str::from_utf8(bytes) {
        Ok(text) if !(escaped && bytes.is_ascii()) => return text.to_owned(),
        _ => {}
    }
    if escaped {
        return jis::decode(bytes);
    }
    if mostly_utf8(bytes) {
        return String::from_utf8_lossy(bytes).into_owned();
    }
    let sample = bytes.get(..SAMPLE).unwrap_or(bytes);
    let encoding = if is_rather_euc(sample) {
        EUC_JP
    } else if score_shift_jis(sample) <= NOT_JAPANESE {
        WINDOWS_1252
    } else {
        SHIFT_JIS
    };
    encoding.decode_without_bom_handling(bytes).0.into_owned()
}

/// True when `bytes` read as text in some charset: few control characters, few unreadable places.
pub fn is_text(bytes: &[u8]) -> bool {
    if bytes.starts_with(b"\xFF\xFE") || bytes.starts_with(b"\xFE\xFF") {
        return true;
    }
    let sample = bytes.get(..SAMPLE).unwrap_or(bytes);
    let controls = sample.iter().filter(|&&b| b < 0x20 && !matches!(b, 9 | 10 | 12 | 13 | 0x1B)).count();
    if sample.contains(&0) || controls * 50 > sample.len() {
        return false;
    }
    let text = guess(sample);
    let bad = text.chars().filter(|&c| c == '\u{FFFD}').count();
    bad * 20 <= text.chars().count()
}

/// Removes what must never be shown or logged on one line: control, bidi and invisible characters.
/// Line breaks and tabs become one space.
pub fn one_line(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(c, '\n' | '\r' | '\t' | '\u{2028}' | '\u{2029}' | '\u{85}') {
            if !out.ends_with(' ') {
                out.push(' ');
            }
        } else if !is_unshowable(c) {
            out.push(c);
        }
    }
    out.trim().to_owned()
}

/// The same for a text of many lines: line breaks become `\n`, tabs stay.
pub fn many_lines(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut after_return = false;
    for c in text.chars() {
        match c {
            '\n' if after_return => {}
            '\n' | '\r' | '\u{2028}' | '\u{2029}' | '\u{85}' => out.push('\n'),
            '\t' => out.push('\t'),
            _ if is_unshowable(c) => {}
            _ => out.push(c),
        }
        after_return = c == '\r';
    }
    out
}

fn is_unshowable(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{AD}' | '\u{61C}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}'
            | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}' | '\u{E0000}'..='\u{E007F}')
}

fn charset(label: &str) -> Charset {
    let key: String = label
        .split('*')
        .next()
        .unwrap_or_default()
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|c| c.to_ascii_lowercase())
        .take(60)
        .collect();
    let bare = key.strip_prefix('x').unwrap_or(&key);
    match bare.strip_prefix("cs").unwrap_or(bare) {
        "iso2022jp" | "iso2022jpms" | "iso2022jp1" | "iso2022jp2" | "iso2022jp3" | "iso2022jp2004"
        | "iso2022jpext" | "cp50220" | "cp50221" | "cp50222" | "jis" | "jis7" | "jis8" | "junet"
        | "jisencoding" | "windows50220" | "windows50221" => Charset::Jis,
        "shiftjis" | "sjis" | "cp932" | "ms932" | "windows31j" | "mskanji" | "windows932" | "mscp932"
        | "ibm943" | "ibm943c" | "cp943" | "cp943c" | "ibm932" | "932" | "sjiswin" | "shiftjisx0213"
        | "shiftjis2004" | "macjapanese" | "pck" | "shiftjisms" => Charset::ShiftJis,
        "eucjp"
        | "ujis"
        | "cp51932"
        | "eucjpms"
        | "eucjpwin"
        | "cp20932"
        | "eucpkdfmtjapanese"
        | "extendedunixcodepackedformatforjapanese"
        | "ibm33722"
        | "eucjis2004"
        | "eucjpx0213" => Charset::EucJp,
        "utf8" | "unicode11utf8" | "unicode20utf8" | "utf8n" | "utf8mb4" | "cp65001" | "65001" => {
            Charset::Utf8
        }
        "utf7" | "unicode11utf7" | "unicode20utf7" | "unicode11" | "cp65000" => Charset::Utf7,
        "" | "usascii" | "ascii" | "ansix341968" | "iso646us" | "unknown" | "unknown8bit"
        | "autodetectjpn" | "autodetect" | "default" | "none" | "binary" => Charset::Unknown,
        _ => match Encoding::for_label(label.trim().trim_matches('"').as_bytes()) {
            Some(encoding) if encoding != encoding_rs::REPLACEMENT => Charset::Other(encoding),
            _ => Charset::Unknown,
        },
    }
}

/// A multi-byte label is believed unless the bytes contradict it.
fn labelled(encoding: &'static Encoding, bytes: &[u8]) -> String {
    if let Ok(text) = std::str::from_utf8(bytes)
        && text.chars().any(|c| c.len_utf8() >= 3)
    {
        return guess(bytes);
    }
    let sample = bytes.get(..SAMPLE).unwrap_or(bytes);
    if encoding == SHIFT_JIS && is_rather_euc(sample) {
        return EUC_JP.decode_without_bom_handling(bytes).0.into_owned();
    }
    match encoding.decode_without_bom_handling_and_without_replacement(bytes) {
        Some(text) => text.into_owned(),
        None if jis::has_escape(bytes) => jis::decode(bytes),
        None => {
            let other = if encoding == SHIFT_JIS { EUC_JP } else { SHIFT_JIS };
            match other.decode_without_bom_handling_and_without_replacement(bytes) {
                Some(text) => text.into_owned(),
                None => encoding.decode_without_bom_handling(bytes).0.into_owned(),
            }
        }
    }
}

/// Latin labels on Japanese bytes are a habit of old gateways; a few accents in a Latin text are not Japanese.
fn single_byte(encoding: &'static Encoding, bytes: &[u8]) -> String {
    let sample = bytes.get(..SAMPLE).unwrap_or(bytes);
    let high = sample.iter().filter(|b| !b.is_ascii()).count();
    let letters = sample.iter().filter(|b| b.is_ascii_alphabetic()).count();
    let japanese = score_shift_jis(sample).max(score_euc(sample));
    if std::str::from_utf8(bytes).is_ok() || (high >= 4 && high > letters && japanese > 4) {
        guess(bytes)
    } else {
        encoding.decode_without_bom_handling(bytes).0.into_owned()
    }
}

/// Cut or lightly damaged UTF-8 is still UTF-8.
fn mostly_utf8(bytes: &[u8]) -> bool {
    let (mut wide, mut broken) = (0usize, 0usize);
    for chunk in bytes.get(..SAMPLE).unwrap_or(bytes).utf8_chunks() {
        wide += chunk.valid().chars().filter(|c| c.len_utf8() >= 3).count();
        broken += usize::from(!chunk.invalid().is_empty());
    }
    wide > 0 && (broken <= 1 || wide >= 4 * broken)
}

/// Half-width kana in pairs score as EUC-JP kanji one and a half times as high: then they are kana.
fn is_rather_euc(sample: &[u8]) -> bool {
    2 * score_euc(sample) > 3 * score_shift_jis(sample).max(0)
}

fn score_shift_jis(bytes: &[u8]) -> i64 {
    let mut score = 0;
    let mut rest = bytes.iter();
    while let Some(&lead) = rest.next() {
        score += match lead {
            0..=0x7F => 0,
            0xA1..=0xA5 => -1,
            0xA6..=0xDF => 1,
            0x81..=0x9F | 0xE0..=0xFC => match rest.next() {
                Some(&trail) if matches!(trail, 0x40..=0x7E | 0x80..=0xFC) => shift_jis_pair(lead, trail),
                _ => -20,
            },
            _ => -20,
        };
    }
    score
}

fn shift_jis_pair(lead: u8, trail: u8) -> i64 {
    match (lead, trail) {
        // Kana and kanji of the first level; then letters; then signs, second level, extensions.
        (0x82, 0x9F..=0xF1) | (0x83, 0x40..=0x96) | (0x88, 0x9F..) | (0x89..=0x97, _) | (0x98, ..=0x72) => 3,
        (0x82, 0x4F..=0x9A) => 2,
        (0x81 | 0x87 | 0x98..=0x9F | 0xE0..=0xEA | 0xED | 0xEE | 0xFA..=0xFC, _) => 1,
        (0xF0..=0xF9, _) => -5,
        _ => -10,
    }
}

fn score_euc(bytes: &[u8]) -> i64 {
    let mut score = 0;
    let mut rest = bytes.iter();
    while let Some(&lead) = rest.next() {
        if lead < 0x80 {
            continue;
        }
        if lead == 0x8F {
            rest.next();
        }
        let trail = rest.next().copied().unwrap_or_default();
        score += match (lead, trail) {
            (_, ..0xA1 | 0xFF) => -20,
            (0x8E, ..=0xDF) | (0xA1 | 0xAD | 0xD0..=0xF4 | 0xF9..=0xFC, _) => 1,
            (0xA4 | 0xA5 | 0xB0..=0xCF, _) => 3,
            (0xA3, _) => 2,
            (0x8F, _) => 0,
            _ => -10,
        };
    }
    score
}

/// UTF-7 (RFC 2152): `+…-` holds UTF-16 in base64, `+-` is a plus.
fn decode_utf7(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len());
    let text = String::from_utf8_lossy(bytes);
    let mut pieces = text.split('+');
    out.push_str(pieces.next().unwrap_or_default());
    for piece in pieces {
        let end = piece.find(|c: char| !(c.is_ascii_alphanumeric() || c == '/')).unwrap_or(piece.len());
        let (coded, after) = piece.split_at(end);
        if coded.is_empty() {
            out.push('+');
        } else {
            let units = super::transfer::base64(coded.as_bytes());
            out.push_str(&UTF_16BE.decode_without_bom_handling(&units).0);
        }
        out.push_str(after.strip_prefix('-').unwrap_or(after));
    }
    out
}

#[cfg(test)]
mod tests;
