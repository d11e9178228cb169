//! Pure: line ends and multipart boundaries, as mail programs and gateways leave them.

use std::borrow::Cow;

use crate::inbound::transfer::{Lines, without_end};

/// A mail whose lines end with CR alone (also only in its header) gets LF instead, one with CR CR LF loses the
/// needless CR; others stay as they are.
pub(super) fn line_ends(raw: &[u8]) -> Cow<'_, [u8]> {
    let first = Lines(raw).next().map(without_end).unwrap_or_default();
    if !first.contains(&b'\r') {
        return Cow::Borrowed(raw);
    }
    let follows = raw.iter().skip(1).chain(std::iter::once(&0));
    if first.ends_with(b"\r") {
        let needless = |(byte, next): &(&u8, &u8)| **byte == b'\r' && **next == b'\r';
        return raw.iter().zip(follows).filter(|pair| !needless(pair)).map(|(byte, _)| *byte).collect();
    }
    let mut out = raw.to_vec();
    for (byte, next) in out.iter_mut().zip(follows) {
        if *byte == b'\r' && *next != b'\n' {
            *byte = b'\n';
        }
    }
    Cow::Owned(out)
}

/// The parts between the boundary lines, at most `most`. Tolerated: no last boundary, blanks behind a boundary,
/// parts behind the last boundary, and a boundary other than the one declared. `None` when there is no part.
pub(super) fn parts<'a>(body: &'a [u8], boundary: Option<&str>, most: usize) -> Option<Vec<&'a [u8]>> {
    let declared = boundary.map(str::trim_end).filter(|text| !text.is_empty());
    let found = declared.map(|text| split(body, text.as_bytes(), most)).unwrap_or_default();
    if !found.is_empty() {
        return Some(found);
    }
    let found = split(body, likely_boundary(body)?, most);
    (!found.is_empty()).then_some(found)
}

fn split<'a>(body: &'a [u8], boundary: &[u8], most: usize) -> Vec<&'a [u8]> {
    let mut found = Vec::new();
    let mut start: Option<usize> = None;
    let mut lines = Lines(body);
    loop {
        let at = body.len() - lines.0.len();
        let Some(line) = lines.next() else { break };
        let Some(last) = delimiter(line, boundary) else { continue };
        if let Some(start) = start {
            found.push(section(body, start, at));
            if found.len() >= most {
                return found;
            }
        }
        start = (!last).then_some(at + line.len());
    }
    if let Some(start) = start {
        let section = body.get(start..).unwrap_or_default();
        if !section.is_empty() {
            found.push(section);
        }
    }
    found
}

/// Whether a line is a boundary, and whether it is the last one (`--…--`).
fn delimiter(line: &[u8], boundary: &[u8]) -> Option<bool> {
    let rest = line.strip_prefix(b"--")?.strip_prefix(boundary)?;
    match rest.trim_ascii() {
        b"" => Some(false),
        b"--" => Some(true),
        _ => None,
    }
}

/// The line end before a boundary belongs to the boundary.
fn section(body: &[u8], start: usize, end: usize) -> &[u8] {
    without_end(body.get(start..end).unwrap_or_default())
}

/// The first `--…` line that a header field follows: what a missing or wrong parameter should have said.
fn likely_boundary(body: &[u8]) -> Option<&[u8]> {
    let mut lines = Lines(body);
    while let Some(line) = lines.next() {
        let Some(text) = without_end(line).trim_ascii_end().strip_prefix(b"--") else { continue };
        let next = Lines(lines.0).next().unwrap_or_default();
        let is_field = next.len() > 8 && next.get(..8).is_some_and(|s| s.eq_ignore_ascii_case(b"content-"));
        if is_field && !text.is_empty() && text.len() <= 200 {
            return Some(text);
        }
    }
    None
}
