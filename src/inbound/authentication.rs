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
    sound(text, received_above).ok()
}

/// A comment or string that does not end, or no authserv-id.
struct Broken;

fn sound(text: &str, received_above: usize) -> Result<AuthenticationResults, Broken> {
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
        return Err(Broken);
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
    Ok(AuthenticationResults { authserv_id, received_above, results })
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

    /// Skips blanks and comments.
    fn blank(&mut self) -> Result<(), Broken> {
        let mut depth = 0usize;
        while let Some(c) = self.peek() {
            match c {
                '(' => depth += 1,
                ')' if depth > 0 => depth -= 1,
                '\\' if depth > 0 => self.at += 1,
                _ if depth > 0 || c.is_whitespace() => {}
                _ => return Ok(()),
            }
            self.at += 1;
        }
        if depth == 0 { Ok(()) } else { Err(Broken) }
    }

    /// A quoted string, or characters up to a blank, `;`, `(` or `"`.
    fn value(&mut self) -> Result<String, Broken> {
        let mut out = String::new();
        if self.peek() == Some('"') {
            self.at += 1;
            loop {
                match self.next().ok_or(Broken)? {
                    '"' => return Ok(out),
                    '\\' => out.push(self.next().ok_or(Broken)?),
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
        Ok(out)
    }

    /// A name up to `=`, with blanks allowed around its dots and strokes.
    fn name(&mut self) -> Result<String, Broken> {
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
                return Ok(out.to_lowercase());
            }
        }
    }

    /// One `name = value`; `None` when the text at hand is something else, which is skipped.
    fn pair(&mut self) -> Result<Option<(String, String)>, Broken> {
        let name = self.name()?;
        if self.peek() == Some('=') {
            self.at += 1;
            self.blank()?;
            let value = self.value()?;
            self.blank()?;
            return Ok((!name.is_empty() && !value.is_empty()).then_some((name, value)));
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
        Ok(None)
    }

    /// One method's result up to the next `;`. `None` for `none` and for what is no result.
    fn result(&mut self) -> Result<Option<MethodResult>, Broken> {
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
        // A method stands before its version; `/1=fail` names none.
        let named = |(name, result): (String, String)| {
            let method = name.split('/').next().filter(|method| !method.is_empty())?.to_owned();
            Some((method, result.to_lowercase()))
        };
        let first = first.and_then(named);
        Ok(first.map(|(method, result)| MethodResult { method, result, properties }))
    }
}

#[cfg(test)]
mod tests;
