//! Pure: content transfer encodings, read as leniently as mail programs write them.
//!
//! Base64 with junk, without padding, with a mailing-list footer behind it or several pieces in a row;
//! quoted-printable; uuencode, also inside a plain text body.

use std::borrow::Cow;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    Identity,
    Base64,
    QuotedPrintable,
    Uuencode,
}

impl Encoding {
    /// From the values of the Content-Transfer-Encoding fields: the first that means something
    /// (`Base64;`, `"base64"`, a duplicate field after `7bit`).
    pub fn named<'a>(values: impl Iterator<Item = Cow<'a, str>>) -> Self {
        for value in values {
            let word: String = value
                .trim_start_matches([' ', '\t', '"', '\''])
                .chars()
                .take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))
                .collect();
            match word.to_ascii_lowercase().as_str() {
                "base64" | "base-64" | "b64" | "x-base64" | "b" => return Self::Base64,
                "quoted-printable" | "quoted_printable" | "quotedprintable" | "qp" => {
                    return Self::QuotedPrintable;
                }
                "x-uuencode" | "uuencode" | "x-uue" | "uue" | "x-uu" => return Self::Uuencode,
                _ => {}
            }
        }
        Self::Identity
    }

    pub fn decode(self, body: &[u8]) -> Cow<'_, [u8]> {
        match self {
            Self::Identity => Cow::Borrowed(body),
            Self::Base64 if has_binary_magic(body) => Cow::Borrowed(body),
            Self::Base64 => match base64_lines(body) {
                Some(bytes) => Cow::Owned(bytes),
                None => Cow::Borrowed(body),
            },
            Self::QuotedPrintable => Cow::Owned(quoted_printable(body)),
            Self::Uuencode => match uuencoded(body) {
                Some(found) => Cow::Owned(found.bytes),
                None => Cow::Borrowed(body),
            },
        }
    }
}

/// The lines of a text, each with its line end.
pub struct Lines<'a>(pub &'a [u8]);

impl<'a> Iterator for Lines<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let end = memchr::memchr(b'\n', self.0).map_or(self.0.len(), |at| at + 1);
        let (line, rest) = self.0.split_at_checked(end)?;
        self.0 = rest;
        if line.is_empty() { None } else { Some(line) }
    }
}

/// A line without its line end.
pub fn without_end(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}

/// Marks: 0..=63 a digit of base64, [`PAD`], [`OTHER`].
const VALUES: [u8; 256] = values();
const PAD: u8 = 64;
const OTHER: u8 = 65;

const fn values() -> [u8; 256] {
    let mut table = [OTHER; 256];
    let digits = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut i = 0;
    while i < 64 {
        #[expect(clippy::indexing_slicing, reason = "evaluated by the compiler, i < 64")]
        {
            table[digits[i] as usize] = i as u8;
        }
        i += 1;
    }
    #[expect(clippy::indexing_slicing, reason = "evaluated by the compiler")]
    {
        table[b'=' as usize] = PAD;
    }
    table
}

fn value(byte: u8) -> u8 {
    VALUES.get(usize::from(byte)).copied().unwrap_or(OTHER)
}

/// Base64 of a short text: everything outside the alphabet is skipped.
pub fn base64(text: &[u8]) -> Vec<u8> {
    let mut sink = Base64::default();
    sink.take(text);
    sink.close();
    sink.bytes
}

/// True when the text is nothing but base64 of some length, in whole groups.
pub fn looks_like_base64(body: &[u8]) -> bool {
    let mut digits = 0usize;
    for &byte in body.trim_ascii() {
        match value(byte) {
            OTHER if byte.is_ascii_whitespace() => {}
            OTHER => return false,
            _ => digits += 1,
        }
    }
    digits >= 32 && digits.is_multiple_of(4)
}

/// Base64 of a body, line by line. `None` when the body does not begin as base64 at all (a wrong label).
fn base64_lines(body: &[u8]) -> Option<Vec<u8>> {
    let mut sink = Base64 { bytes: Vec::with_capacity(body.len() / 4 * 3), ..Base64::default() };
    let (mut longest, mut last, mut interrupted) = (0usize, 0usize, false);
    for line in Lines(body) {
        let line = line.trim_ascii();
        if line.is_empty() {
            interrupted |= longest > 0;
            continue;
        }
        let other = line.iter().filter(|&&b| value(b) == OTHER).count();
        let pads = line.iter().rev().take_while(|&&b| b == b'=').count();
        let digits = line.len() - other;
        let whole = digits.is_multiple_of(4);
        let first = longest == 0;
        let ended = sink.padded || (sink.pending == 0 && (interrupted || last < longest));
        let spaced = line.iter().any(|b| *b == b' ' || !b.is_ascii());
        let accepted = if pads == line.len() && sink.pending == 0 {
            false
        } else if other == 0 {
            first || !ended || (whole && (line.len() >= 16 || pads > 0))
        } else if ended || other * 2 > line.len() {
            false
        } else {
            let closes = pads > 0 || (sink.pending + digits).is_multiple_of(4);
            digits * 10 >= longest * 9 && (!first || !spaced) || (!spaced && closes)
        };
        if accepted {
            sink.take(line);
            longest = longest.max(digits);
            last = digits;
            interrupted = false;
        } else if first {
            return None;
        } else {
            interrupted = true;
        }
    }
    sink.close();
    Some(sink.bytes)
}

#[derive(Default)]
struct Base64 {
    bytes: Vec<u8>,
    group: u32,
    /// Digits in `group`, 0 to 3.
    pending: usize,
    padded: bool,
}

impl Base64 {
    fn take(&mut self, text: &[u8]) {
        for &byte in text {
            let digit = value(byte);
            if digit < PAD {
                self.padded = false;
                self.group = self.group << 6 | u32::from(digit);
                self.pending += 1;
                if self.pending == 4 {
                    let [_, a, b, c] = self.group.to_be_bytes();
                    self.bytes.extend_from_slice(&[a, b, c]);
                    self.pending = 0;
                    self.group = 0;
                }
            } else if digit == PAD {
                self.close();
                self.padded = true;
            }
        }
    }

    /// Ends a group without waiting for its padding.
    fn close(&mut self) {
        let [_, a, b, _] = (self.group << (6 * (4 - self.pending.min(4)))).to_be_bytes();
        match self.pending {
            2 => self.bytes.push(a),
            3 => self.bytes.extend_from_slice(&[a, b]),
            _ => {}
        }
        self.pending = 0;
        self.group = 0;
    }
}

/// Bytes that are already the file, whatever the label says.
fn has_binary_magic(body: &[u8]) -> bool {
    [&b"PK\x03\x04"[..], b"\xD0\xCF\x11\xE0", b"%PDF-", b"\xFF\xD8\xFF", b"\x89PNG"]
        .iter()
        .any(|magic| body.starts_with(magic))
}

fn quoted_printable(body: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(body.len());
    for line in Lines(body) {
        let text = without_end(line);
        let end = line.get(text.len()..).unwrap_or_default();
        let text = text.trim_ascii_end();
        if let Some(soft) = text.strip_suffix(b"=") {
            out.extend(hex_escapes(soft, b'='));
        } else {
            out.extend(hex_escapes(text, b'='));
            out.extend_from_slice(end);
        }
    }
    out
}

/// `=E4` (or `%E4` with `mark` `%`) to bytes; anything else stays as it is.
pub fn hex_escapes(text: &[u8], mark: u8) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    loop {
        let plain = rest.iter().position(|&b| b == mark).unwrap_or(rest.len());
        let (before, after) = rest.split_at(plain);
        out.extend_from_slice(before);
        rest = match after {
            [] => return out,
            [_, high, low, tail @ ..] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {
                out.push(hex(*high) << 4 | hex(*low));
                tail
            }
            [other, tail @ ..] => {
                out.push(*other);
                tail
            }
        };
    }
}

fn hex(digit: u8) -> u8 {
    char::from(digit).to_digit(16).unwrap_or_default() as u8
}

/// A uuencoded file found in a text.
pub struct Uuencoded<'a> {
    pub name: &'a [u8],
    pub bytes: Vec<u8>,
    /// The text before `begin` and after `end`.
    pub before: &'a [u8],
    pub after: &'a [u8],
}

/// The first `begin 644 name` … `end` of a text, if there is one.
pub fn uuencoded(text: &[u8]) -> Option<Uuencoded<'_>> {
    let mut lines = Lines(text);
    loop {
        let start = text.len() - lines.0.len();
        let name = begin(lines.next()?);
        let Some(name) = name else { continue };
        let mut bytes = Vec::new();
        let mut data = Lines(lines.0);
        let mut sound = false;
        for line in data.by_ref() {
            let line = without_end(line);
            if line.trim_ascii() == b"end" {
                sound = true;
                break;
            }
            if !uu_line(line, &mut bytes) {
                break;
            }
        }
        if sound && !bytes.is_empty() {
            let before = text.get(..start).unwrap_or_default();
            return Some(Uuencoded { name, bytes, before, after: data.0 });
        }
        lines = Lines(lines.0);
    }
}

/// `begin 644 name`
fn begin(line: &[u8]) -> Option<&[u8]> {
    let rest = without_end(line).strip_prefix(b"begin ")?;
    let space = rest.iter().position(|&b| b == b' ')?;
    let (mode, name) = rest.split_at(space);
    let octal = (3..=4).contains(&mode.len()) && mode.iter().all(|b| (b'0'..=b'7').contains(b));
    if octal { Some(name.trim_ascii()) } else { None }
}

fn uu_line(line: &[u8], out: &mut Vec<u8>) -> bool {
    let Some((&length, data)) = line.split_first() else { return true };
    if !(0x20..=0x60).contains(&length) {
        return false;
    }
    let length = usize::from((length - 0x20) & 0x3F);
    if data.len() > 4 * length.div_ceil(3) + 2 || data.iter().any(|b| !(0x20..=0x60).contains(b)) {
        return false;
    }
    let mut left = length;
    let digit = |group: &[u8], i: usize| (group.get(i).copied().unwrap_or(0x20) - 0x20) & 0x3F;
    // Trailing spaces are zeros that some gateway cut off.
    for group in data.chunks(4).chain(std::iter::repeat(&[][..])) {
        if left == 0 {
            break;
        }
        let (a, b, c, d) = (digit(group, 0), digit(group, 1), digit(group, 2), digit(group, 3));
        let bytes = [a << 2 | b >> 4, b << 4 | c >> 2, c << 6 | d];
        out.extend(bytes.iter().take(left));
        left = left.saturating_sub(3);
    }
    true
}

#[cfg(test)]
mod tests;
