//! Pure: `value; name=…; name*0*=…` of Content-Type and Content-Disposition (RFC 2045, RFC 2231), and file names.

use std::iter::Peekable;
use std::str::Chars;

use crate::inbound::japanese::{self, name, words};
use crate::inbound::transfer;

/// No honest field has more; the rest is left out.
const MOST: usize = 2_000;

#[derive(Clone, Debug, Default)]
pub struct Parameters {
    /// `text/plain`, `attachment`: lower case, without comments.
    pub value: String,
    /// Names in lower case with their RFC 2231 marks, values unquoted; in order.
    items: Vec<(String, String)>,
}

impl Parameters {
    pub fn parse(text: &str) -> Self {
        let mut chars = text.chars().peekable();
        let mut value = String::new();
        while value.is_empty() && chars.peek().is_some_and(|&c| c != ';') {
            while chars.next_if(|c| c.is_whitespace()).is_some() {}
            value = plain(&mut chars, |c| c == ';' || c.is_whitespace());
        }
        let mut items = Vec::new();
        // A missing semicolon is read as if it were there.
        while items.len() < MOST {
            while chars.next_if(|&c| c == ';' || c.is_whitespace()).is_some() {}
            if chars.peek().is_none() {
                break;
            }
            let name = plain(&mut chars, |c| c == '=' || c == ';').trim().to_ascii_lowercase();
            if chars.next_if_eq(&'=').is_some() {
                let value = parameter_value(&mut chars);
                if !name.is_empty() {
                    items.push((name, value));
                }
            }
        }
        Self { value: value.to_ascii_lowercase(), items }
    }

    /// The value as it stands, nothing decoded: for boundaries and charsets.
    pub fn raw(&self, name: &str) -> Option<&str> {
        self.items.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The decoded value: `name*`, else `name*0…` joined, else `name`; encoded words (not legal here, but
    /// usual) decoded after joining.
    pub fn decoded(&self, name: &str) -> Option<String> {
        let mut extended = None;
        let mut segments: Vec<(u32, bool, &str)> = Vec::new();
        for (key, value) in &self.items {
            let Some(mark) = key.strip_prefix(name).and_then(|rest| rest.strip_prefix('*')) else { continue };
            if mark.is_empty() {
                extended.get_or_insert(value.as_str());
                continue;
            }
            let (number, starred) = match mark.strip_suffix('*') {
                Some(number) => (number, true),
                None => (mark, false),
            };
            if let Ok(number) = number.parse() {
                segments.push((number, starred, value));
            }
        }
        segments.sort_by_key(|(number, ..)| *number);
        segments.dedup_by_key(|(number, ..)| *number);
        let mut forms = [
            extended.map(|value| joined(&[(0, true, value)])),
            (!segments.is_empty()).then(|| joined(&segments)),
            self.raw(name).map(words::decode),
        ]
        .into_iter()
        .flatten()
        .filter(|text| !text.trim().is_empty());
        // The first form counts, unless it is damaged and another one is not.
        let first = forms.next()?;
        let sound = |text: &String| !text.contains('\u{FFFD}');
        if sound(&first) { Some(first) } else { Some(forms.find(sound).unwrap_or(first)) }
    }
}

/// The file name of a part, fit to be shown: `filename*`, `filename`, `name`, in whichever field it stands.
pub fn file_name(disposition: Option<&Parameters>, content: Option<&Parameters>) -> Option<String> {
    let sources =
        [(disposition, "filename"), (content, "name"), (content, "filename"), (disposition, "name")];
    sources.into_iter().filter_map(|(field, key)| field?.decoded(key)).find_map(|raw| name::display(&raw))
}

/// Joins RFC 2231 segments as bytes before decoding: they are cut anywhere, also inside a character.
fn joined(segments: &[(u32, bool, &str)]) -> String {
    let mut label = "";
    let mut bytes = Vec::new();
    let mut any_starred = false;
    let mut out = String::new();
    for (position, (_, starred, value)) in segments.iter().enumerate() {
        let mut value = *value;
        if *starred && position == 0 {
            let mut pieces = value.splitn(3, '\'');
            if let (Some(charset), Some(_), Some(text)) = (pieces.next(), pieces.next(), pieces.next()) {
                label = charset;
                value = text;
            }
        }
        any_starred |= *starred;
        if *starred {
            bytes.extend(transfer::hex_escapes(value.as_bytes(), b'%'));
        } else if value.is_ascii() {
            bytes.extend_from_slice(value.as_bytes());
        } else {
            out.push_str(&japanese::decode(label, &bytes));
            bytes.clear();
            out.push_str(value);
        }
    }
    if any_starred && !label.is_empty() {
        out.push_str(&japanese::decode(label, &bytes));
    } else {
        out.push_str(&japanese::guess(&bytes));
    }
    // Encoded words are looked for in any case: some programs write them into segments.
    words::decode(&out)
}

/// Text up to (not including) an end mark, without comments and quotes.
fn plain(chars: &mut Peekable<Chars<'_>>, ends: impl Fn(char) -> bool) -> String {
    let mut out = String::new();
    let mut depth = 0usize;
    while let Some(&c) = chars.peek() {
        if depth == 0 && ends(c) {
            break;
        }
        chars.next();
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            '"' => {}
            _ if depth == 0 => out.push(c),
            _ => {}
        }
    }
    out
}

fn parameter_value(chars: &mut Peekable<Chars<'_>>) -> String {
    while chars.next_if(|c| c.is_whitespace()).is_some() {}
    if chars.next_if_eq(&'"').is_none() {
        let mut out = String::new();
        while let Some(c) = chars.next_if(|&c| c != ';') {
            out.push(c);
        }
        let out = out.trim_end();
        // A comment after an unquoted value (RFC 2045); a name may hold brackets itself, so only after a blank.
        return match out.split_once(" (") {
            Some((value, comment)) if comment.ends_with(')') && !value.is_empty() && value.is_ascii() => {
                value.trim_end().to_owned()
            }
            _ => out.to_owned(),
        };
    }
    let mut out = String::new();
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next_if(|&next| matches!(next, '"' | '\\')) {
                Some(escaped) => out.push(escaped),
                None => out.push('\\'),
            },
            // A quote inside the name is not the end.
            '"' if chars.peek().is_none_or(|&next| next == ';' || next.is_whitespace()) => break,
            _ => out.push(c),
        }
    }
    out
}
