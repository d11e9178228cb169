//! Pure: encoded words (RFC 2047) in subjects, names and file names.
//!
//! Neighbouring words of one charset are joined *before* they are decoded, because mail programs cut them in
//! the middle of a character and ISO-2022-JP words end and begin with escapes.

use super::decode as decode_charset;
use crate::inbound::transfer;

/// The longest single word that is looked for; RFC 2047 allows 75.
const LONGEST: usize = 8 * 1024;

/// Replaces every encoded word by what it says. Works inside quoted strings too, as mail programs do.
pub fn decode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut run = Run::default();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("=?") {
        if let Some((word, tail)) = word(after) {
            if run.label.is_empty() || !before.trim().is_empty() {
                run.flush(&mut out);
                out.push_str(before);
            }
            run.add(&word, &mut out);
            rest = tail;
        } else {
            run.flush(&mut out);
            out.push_str(before);
            out.push_str("=?");
            rest = after;
        }
    }
    run.flush(&mut out);
    out.push_str(rest);
    out
}

struct Word<'a> {
    label: &'a str,
    base64: bool,
    data: &'a str,
}

/// The word whose opening `=?` has just been read, and the text after it.
fn word(after: &str) -> Option<(Word<'_>, &str)> {
    let mut end = after.len().min(LONGEST);
    while !after.is_char_boundary(end) {
        end -= 1;
    }
    let window = after.get(..end)?;
    let (label, rest) = window.split_once('?')?;
    let (coding, rest) = rest.split_once('?')?;
    let base64 = match coding {
        "B" | "b" => true,
        "Q" | "q" => false,
        _ => return None,
    };
    let (data, _) = rest.split_once("?=")?;
    if label.is_empty() || label.len() > 60 || label.contains(char::is_whitespace) {
        return None;
    }
    let used = label.len() + 1 + coding.len() + 1 + data.len() + 2;
    Some((Word { label, base64, data }, after.get(used..)?))
}

/// Words that follow each other, with the same charset.
#[derive(Default)]
struct Run {
    label: String,
    bytes: Vec<u8>,
    /// Base64 characters of a word that was cut inside a group of four.
    cut: Vec<u8>,
}

impl Run {
    fn add(&mut self, word: &Word<'_>, out: &mut String) {
        let label = word.label.split('*').next().unwrap_or_default().to_ascii_lowercase();
        if label != self.label {
            self.flush(out);
            self.label = label;
        }
        if word.base64 {
            self.cut.extend(word.data.bytes().filter(|b| !b.is_ascii_whitespace()));
            // One left over cannot end a text: the next word goes on with the same group.
            if self.cut.contains(&b'=') || self.cut.len() % 4 != 1 {
                self.close_base64();
            }
        } else {
            self.close_base64();
            let underscores: Vec<u8> = word.data.bytes().map(|b| if b == b'_' { b' ' } else { b }).collect();
            self.bytes.extend(transfer::hex_escapes(&underscores, b'='));
        }
    }

    fn close_base64(&mut self) {
        if !self.cut.is_empty() {
            self.bytes.extend(transfer::base64(&self.cut));
            self.cut.clear();
        }
    }

    fn flush(&mut self, out: &mut String) {
        self.close_base64();
        if !self.label.is_empty() {
            out.push_str(&decode_charset(&self.label, &self.bytes));
        }
        self.label.clear();
        self.bytes.clear();
    }
}
