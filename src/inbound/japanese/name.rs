//! Pure: a file name fit to be shown: never a path, never invisible, NFC, at most 200 characters.

use unicode_normalization::UnicodeNormalization;

use super::{guess, one_line};
use crate::inbound::transfer;

const LONGEST: usize = 200;
/// What stays of the extension when the name is cut.
const LONGEST_EXTENSION: usize = 10;

/// The name to show for `raw` (charset and encoded words already decoded); `None` when nothing is left of it.
pub fn display(raw: &str) -> Option<String> {
    let unescaped = percent_decoded(raw);
    let composed: String = one_line(&unescaped).nfc().collect();
    let name = without_path(composed.trim_matches(|c: char| c.is_whitespace() || c == '"'));
    let name = name.trim();
    if name.is_empty() || name.chars().all(|c| matches!(c, '.' | '_' | ' ' | '\u{FFFD}')) {
        return None;
    }
    Some(shortened(name))
}

/// The part after the last dot, in lower case; empty when there is none.
pub fn extension(name: &str) -> String {
    match name.trim().rsplit_once('.') {
        Some((stem, extension)) if !stem.is_empty() && extension.chars().count() <= LONGEST_EXTENSION => {
            let narrow: String = extension.nfkc().collect();
            narrow.to_ascii_lowercase()
        }
        _ => String::new(),
    }
}

/// `%E4%BA%88.xlsx` in a plain parameter: decoded where it is sound.
fn percent_decoded(raw: &str) -> String {
    if !raw.is_ascii() || !raw.contains('%') {
        return raw.to_owned();
    }
    let bytes = transfer::hex_escapes(raw.as_bytes(), b'%');
    if bytes.is_ascii() && bytes.iter().any(u8::is_ascii_control) {
        return raw.to_owned();
    }
    let text = guess(&bytes);
    if text.contains('\u{FFFD}') { raw.to_owned() } else { text }
}

/// A path gives its last step; a stroke inside a name (「10/25分.xlsx」) is replaced.
fn without_path(name: &str) -> String {
    let is_separator = |c: char| matches!(c, '/' | '\\');
    let drive = name.chars().nth(1) == Some(':') && name.starts_with(|c: char| c.is_ascii_alphabetic());
    if drive || name.starts_with(['/', '\\', '.', '~']) {
        let last = name.rsplit(is_separator).next().unwrap_or_default();
        return last.replace(':', "_");
    }
    name.replace(is_separator, "_")
}

fn shortened(name: &str) -> String {
    if name.chars().count() <= LONGEST {
        return name.to_owned();
    }
    match name.rsplit_once('.') {
        Some((stem, extension)) if extension.chars().count() <= LONGEST_EXTENSION => {
            let room = LONGEST - 2 - extension.chars().count();
            format!("{}….{extension}", stem.chars().take(room).collect::<String>())
        }
        _ => name.chars().take(LONGEST).collect(),
    }
}
