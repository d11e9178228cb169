//! Pure: one XML part as a stream of events: no document types, no entities but the five, bounded depth.

use std::borrow::Cow;

use quick_xml::Reader;
use quick_xml::escape::{resolve_xml_entity, unescape};
use quick_xml::events::attributes::Attribute;
use quick_xml::events::{BytesRef, BytesStart, Event};

use super::Refusal;

/// Deeper than any real part; deep nesting is an attack on parsers that recurse.
const DEPTH: u32 = 256;

/// Events of one part, errors told with the part's name.
pub(super) struct Xml<'a> {
    reader: Reader<&'a [u8]>,
    text: &'a str,
    part: &'a str,
    depth: u32,
}

impl<'a> Xml<'a> {
    pub(super) fn new(part: &'a str, text: &'a str) -> Self {
        Self { reader: Reader::from_str(text), text, part, depth: 0 }
    }

    /// The next event; `Eof` at the end.
    #[inline]
    pub(super) fn next(&mut self) -> Result<Event<'a>, Refusal> {
        let event = self.reader.read_event().map_err(|error| self.broken(error))?;
        match &event {
            Event::Start(_) => {
                self.depth += 1;
                if self.depth > DEPTH {
                    return Err(self.broken("elements nested too deeply"));
                }
            }
            Event::End(_) => self.depth = self.depth.saturating_sub(1),
            Event::DocType(_) => return Err(self.broken("a document type declaration")),
            Event::Eof if self.depth > 0 => return Err(self.broken("ends inside an element")),
            _ => {}
        }
        Ok(event)
    }

    /// What stands behind the tag that was read last, to be read by other means and then to be skipped; nothing
    /// where two elements more would be too deep.
    pub(super) fn rest(&self) -> &'a str {
        let read = self.text.len() - self.reader.get_ref().len();
        let shallow = self.depth + 2 <= DEPTH;
        self.text.get(read..).filter(|_| shallow).unwrap_or_default()
    }

    /// Leaves out so many bytes of [`Self::rest`], which must be whole elements.
    pub(super) fn skip(&mut self, bytes: usize) {
        let rest = self.reader.get_mut();
        *rest = rest.get(bytes..).unwrap_or_default();
    }

    pub(super) fn broken(&self, reason: impl std::fmt::Display) -> Refusal {
        Refusal::corrupt(format!("{}: {reason}", self.part))
    }

    /// `&amp;`, `&#12354;` and the like; anything else is refused, never expanded.
    pub(super) fn resolve(&self, reference: &BytesRef<'_>) -> Result<Cow<'static, str>, Refusal> {
        if let Some(character) = reference.resolve_char_ref().map_err(|error| self.broken(error))? {
            return Ok(Cow::Owned(character.to_string()));
        }
        resolve_xml_entity(reference)
            .map(Cow::Borrowed)
            .ok_or_else(|| self.broken(format!("unknown entity &{};", clip(reference))))
    }

    /// The attribute of this local name, unescaped.
    pub(super) fn attribute(&self, element: &BytesStart<'_>, name: &str) -> Result<Option<String>, Refusal> {
        for attribute in attributes(element) {
            let attribute = attribute.map_err(|error| self.broken(error))?;
            if local(attribute.key.0) == name {
                return unescape(&attribute.value)
                    .map(|value| Some(value.into_owned()))
                    .map_err(|error| self.broken(error));
            }
        }
        Ok(None)
    }

    /// Is the boolean attribute set? (`1`, `true`, `on`.)
    pub(super) fn flag(&self, element: &BytesStart<'_>, name: &str) -> Result<bool, Refusal> {
        Ok(self.attribute(element, name)?.is_some_and(|value| is_true(&value)))
    }

    /// All character data up to the end of the element just started, elements inside included.
    pub(super) fn text(&mut self) -> Result<String, Refusal> {
        let mut text = String::new();
        let until = self.depth;
        loop {
            match self.next()? {
                Event::Text(part) => text.push_str(&part),
                Event::CData(part) => text.push_str(&part),
                Event::GeneralRef(reference) => text.push_str(&self.resolve(&reference)?),
                Event::End(_) if self.depth < until => return Ok(text),
                Event::Eof => return Ok(text),
                _ => {}
            }
        }
    }
}

/// Attributes without the quadratic check for duplicates; the first of a name counts.
#[inline]
pub(super) fn attributes<'e>(
    element: &'e BytesStart<'_>,
) -> impl Iterator<Item = Result<Attribute<'e>, quick_xml::events::attributes::AttrError>> {
    let mut attributes = element.attributes();
    attributes.with_checks(false);
    attributes
}

/// A name without its namespace prefix: some programs write `<x:row>`.
#[inline]
pub(super) fn local(name: &str) -> &str {
    name.rsplit_once(':').map_or(name, |(_, local)| local)
}

pub(super) fn is_true(value: &str) -> bool {
    matches!(value, "1" | "true" | "on" | "TRUE" | "True")
}

/// Enough of a foreign text for the log.
pub(super) fn clip(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(40).collect()
}
