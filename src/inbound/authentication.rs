//! Pure: `Authentication-Results` (RFC 8601), read strictly: a word in a comment, a quoted string or a reason
//! counts for nothing, and a field with a broken comment or string is dropped whole.

use super::header::Header;
use super::message::{AuthenticationResults, MethodResult};

const MOST_FIELDS: usize = 20;
const MOST_RESULTS: usize = 50;
const MOST_PROPERTIES: usize = 20;
const LONGEST_FIELD: usize = 16 * 1024;

/// All fields that can be parsed, topmost first, each with the number of `Received:` above it.
pub fn results(header: &Header<'_>) -> Vec<AuthenticationResults> {
    let mut found = Vec::new();
    let mut received_above = 0;
    for field in &header.fields {
        if field.is("Received") {
            received_above += 1;
        } else if field.is("Authentication-Results") && field.raw.len() <= LONGEST_FIELD {
            found.extend(parse(&field.text(), received_above));
        }
        if found.len() == MOST_FIELDS {
            break;
        }
    }
    found
}

/// One field's value. `None` when it is not sound or names no authserv-id.
pub fn parse(text: &str, received_above: usize) -> Option<AuthenticationResults> {
    let mut reader = Reader { chars: text.chars().collect(), at: 0 };
    reader.blank()?;
    let authserv_id = reader.value()?.to_lowercase();
    reader.blank()?;
    // The version, if there is one.
    while let Some(c) = reader.peek()
        && c.is_ascii_digit()
    {
        reader.at += 1;
    }
    reader.blank()?;
    if authserv_id.is_empty() || !matches!(reader.peek(), None | Some(';')) {
        return None;
    }
    let mut results = Vec::new();
    while reader.peek() == Some(';') {
        reader.at += 1;
        if let Some(result) = reader.result()?
            && results.len() < MOST_RESULTS
        {
            results.push(result);
        }
    }
    Some(AuthenticationResults { authserv_id, received_above, results })
}

struct Reader {
    chars: Vec<char>,
    at: usize,
}

impl Reader {
    fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    fn next(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += 1;
        Some(c)
    }

    /// Skips blanks and comments; `None` when a comment does not end.
    fn blank(&mut self) -> Option<()> {
        let mut depth = 0usize;
        while let Some(c) = self.peek() {
            match c {
                '(' => depth += 1,
                ')' if depth > 0 => depth -= 1,
                '\\' if depth > 0 => self.at += 1,
                _ if depth > 0 || c.is_whitespace() => {}
                _ => return Some(()),
            }
            self.at += 1;
        }
        (depth == 0).then_some(())
    }

    /// A quoted string, or characters up to a blank, `;`, `(` or `"`. `None` when a string does not end.
    fn value(&mut self) -> Option<String> {
        let mut out = String::new();
        if self.peek() == Some('"') {
            self.at += 1;
            loop {
                match self.next()? {
                    '"' => return Some(out),
                    '\\' => out.push(self.next()?),
                    c => out.push(c),
                }
            }
        }
        while let Some(c) = self.peek()
            && !c.is_whitespace()
            && !matches!(c, ';' | '(' | '"')
        {
            out.push(c);
            self.at += 1;
        }
        Some(out)
    }

    /// A name up to `=`, with blanks allowed around its dots and strokes.
    fn name(&mut self) -> Option<String> {
        let mut out = String::new();
        loop {
            while let Some(c) = self.peek()
                && !c.is_whitespace()
                && !matches!(c, ';' | '(' | '"' | '=')
            {
                out.push(c);
                self.at += 1;
            }
            self.blank()?;
            let joins = out.ends_with(['.', '/']) || matches!(self.peek(), Some('.' | '/'));
            if !joins || matches!(self.peek(), None | Some(';' | '"' | '=')) {
                return Some(out.to_lowercase());
            }
        }
    }

    /// One `name = value`; the inner `None` when the text at hand is something else, which is skipped.
    fn pair(&mut self) -> Option<Option<(String, String)>> {
        let name = self.name()?;
        if self.peek() == Some('=') {
            self.at += 1;
            self.blank()?;
            let value = self.value()?;
            self.blank()?;
            return Some((!name.is_empty() && !value.is_empty()).then_some((name, value)));
        }
        if name.is_empty() && !matches!(self.peek(), None | Some(';')) {
            // A stray string or bracket.
            if self.peek() == Some('"') {
                self.value()?;
            } else {
                self.at += 1;
            }
            self.blank()?;
        }
        Some(None)
    }

    /// One method's result up to the next `;`. The inner `None` for `none` and for what is no result.
    fn result(&mut self) -> Option<Option<MethodResult>> {
        self.blank()?;
        let first = self.pair()?;
        let mut properties = Vec::new();
        while !matches!(self.peek(), None | Some(';')) {
            if let Some((name, value)) = self.pair()?
                && name.contains('.')
                && properties.len() < MOST_PROPERTIES
            {
                properties.push((name, value));
            }
        }
        Some(first.map(|(method, result)| MethodResult {
            method: method.split('/').next().unwrap_or_default().to_owned(),
            result: result.to_lowercase(),
            properties,
        }))
    }
}

#[cfg(test)]
mod tests;
