//! Pure: a header block as raw bytes: its fields, unfolded and decoded on demand.
//!
//! Line ends are CRLF or LF. A line that is no field is kept as a continuation when fields follow it (a subject
//! folded without its blank), and ends the block otherwise (the empty line is missing).

pub mod parameters;

use std::borrow::Cow;

use super::japanese;
use super::transfer::{Lines, without_end};
use parameters::Parameters;

/// A header and what stands below it.
pub struct Entity<'a> {
    pub header: Header<'a>,
    pub body: &'a [u8],
    /// The setting that the header block goes beyond, if any; it was read up to there.
    pub over: Option<&'static str>,
}

#[derive(Default)]
pub struct Header<'a> {
    pub fields: Vec<Field<'a>>,
}

/// One field as it stands in the mail.
#[derive(Clone, Copy)]
pub struct Field<'a> {
    pub name: &'a [u8],
    /// After the colon, with its folds.
    pub raw: &'a [u8],
}

impl<'a> Entity<'a> {
    /// Reads a whole mail: blank lines and mailbox marks above its header are skipped.
    pub fn parse_mail(bytes: &'a [u8], max_bytes: u64, max_lines: u64) -> Self {
        Self::parse(without_preamble(bytes), max_bytes, max_lines)
    }

    /// Reads the header block of `bytes`, at most `max_bytes` and `max_lines` of it.
    pub fn parse(bytes: &'a [u8], max_bytes: u64, max_lines: u64) -> Self {
        let mut fields: Vec<Field<'a>> = Vec::new();
        let mut lines = Lines(bytes);
        let mut count = 0u64;
        let mut over = None;
        // Where the value of the open field starts.
        let mut value_at = 0usize;
        loop {
            let at = bytes.len() - lines.0.len();
            let Some(line) = lines.next() else { break };
            count += 1;
            let end = at + line.len();
            if without_end(line).is_empty() {
                break;
            }
            if count > max_lines {
                over = Some("limits.header_lines");
                break;
            }
            if end as u64 > max_bytes {
                over = Some("limits.header_bytes");
                break;
            }
            let folded = line.starts_with(b" ") || line.starts_with(b"\t");
            match (field_name(line), folded) {
                (Some(name), false) => {
                    let colon = line.iter().position(|&b| b == b':').unwrap_or_default();
                    value_at = at + colon + 1;
                    let raw = bytes.get(value_at..end).unwrap_or_default();
                    fields.push(Field { name, raw });
                }
                (name, folded)
                    if (name.is_none() || folded) && (fields.is_empty() || !(folded || goes_on(&lines))) =>
                {
                    lines.0 = bytes.get(at..).unwrap_or_default();
                    break;
                }
                _ if folded && line.trim_ascii().is_empty() && !goes_on(&lines) => break,
                _ => {
                    if let Some(last) = fields.last_mut() {
                        last.raw = bytes.get(value_at..end).unwrap_or_default();
                    }
                }
            }
        }
        Self { header: Header { fields }, body: lines.0, over }
    }
}

impl<'a> Header<'a> {
    pub fn all(&self, name: &'static str) -> impl Iterator<Item = Field<'a>> + '_ {
        self.fields.iter().copied().filter(move |field| field.is(name))
    }

    pub fn first(&self, name: &'static str) -> Option<Field<'a>> {
        self.all(name).next()
    }

    pub fn has(&self, name: &'static str) -> bool {
        self.first(name).is_some()
    }

    /// The structured value of the first such field, its parameters with it.
    pub fn parameters(&self, name: &'static str) -> Option<Parameters> {
        self.first(name).map(|field| Parameters::parse(&field.text()))
    }
}

impl<'a> Field<'a> {
    pub fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name.as_bytes())
    }

    /// The value without line breaks, from whatever charset its raw bytes are in; encoded words stay.
    pub fn text(&self) -> Cow<'a, str> {
        let raw = self.raw.trim_ascii();
        let folded = raw.contains(&b'\n') || raw.contains(&b'\r');
        if !folded && raw.is_ascii() && !raw.contains(&0x1B) {
            return Cow::Borrowed(std::str::from_utf8(raw).unwrap_or_default());
        }
        let unfolded: Vec<u8> = raw.iter().copied().filter(|b| !matches!(b, b'\r' | b'\n')).collect();
        Cow::Owned(japanese::guess(&unfolded))
    }

    /// The value as people read it: encoded words decoded, on one line.
    pub fn readable(&self) -> String {
        japanese::one_line(&japanese::words::decode(&self.text()))
    }
}

/// Skips what mailbox files and careless tools put above a header.
fn without_preamble(bytes: &[u8]) -> &[u8] {
    let mut rest = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    while let Some(line) = Lines(rest).next() {
        let skip = without_end(line).trim_ascii().is_empty()
            || line.starts_with(b"From ")
            || line.starts_with(b">From ");
        if !skip {
            break;
        }
        rest = rest.get(line.len()..).unwrap_or_default();
    }
    rest
}

/// True when the next line is a field: the odd line before it belongs to the header.
fn goes_on(lines: &Lines<'_>) -> bool {
    Lines(lines.0).next().is_some_and(|line| field_name(line).is_some())
}

fn field_name(line: &[u8]) -> Option<&[u8]> {
    let colon = line.iter().take(200).position(|&b| b == b':')?;
    let name = line.get(..colon)?.trim_ascii_end();
    let sound = !name.is_empty() && name.iter().all(|b| (0x21..0x7F).contains(b));
    sound.then_some(name)
}
