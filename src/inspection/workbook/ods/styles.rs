//! Pure: of an OpenDocument's styles what decides how a cell is read: strike-through, and tables that are not shown.

use std::collections::{BTreeMap, BTreeSet};

use quick_xml::events::{BytesStart, Event};

use crate::inspection::workbook::Refusal;
use crate::inspection::workbook::xml::Xml;

/// Styles inherit; a chain longer than this runs in a circle.
const ANCESTORS: usize = 16;

/// Styles by name. Cell and text styles share one map: their names never meet in one attribute.
#[derive(Default)]
pub(super) struct OdsStyles {
    strikes: BTreeMap<String, (Option<bool>, Option<String>)>,
    hidden_tables: BTreeSet<String>,
    current: Option<String>,
}

impl OdsStyles {
    /// Adds the styles of a whole part (`styles.xml`).
    pub(super) fn read(&mut self, part: &str, text: &str) -> Result<(), Refusal> {
        let mut xml = Xml::new(part, text);
        loop {
            match xml.next()? {
                Event::Eof => return Ok(()),
                Event::Start(element) | Event::Empty(element) => self.element(&xml, &element)?,
                _ => {}
            }
        }
    }

    /// Adds one element from the style sections of `content.xml`.
    pub(super) fn element(&mut self, xml: &Xml<'_>, element: &BytesStart<'_>) -> Result<(), Refusal> {
        match element.name().0 {
            "style:style" => {
                let family = xml.attribute(element, "family")?.unwrap_or_default();
                self.current = match family.as_str() {
                    "table-cell" | "text" | "table" => xml.attribute(element, "name")?,
                    _ => None,
                };
                if let Some(name) = &self.current
                    && family != "table"
                {
                    let parent = xml.attribute(element, "parent-style-name")?;
                    self.strikes.insert(name.clone(), (None, parent));
                }
            }
            "style:text-properties" => {
                let line = match xml.attribute(element, "text-line-through-style")? {
                    Some(line) => Some(line),
                    None => xml.attribute(element, "text-line-through-type")?,
                };
                if let (Some(name), Some(line)) = (&self.current, line)
                    && let Some((own, _)) = self.strikes.get_mut(name)
                {
                    *own = Some(line != "none");
                }
            }
            "style:table-properties" => {
                if let Some(name) = &self.current
                    && xml.attribute(element, "display")?.as_deref() == Some("false")
                {
                    self.hidden_tables.insert(name.clone());
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// `None`: the style does not say.
    pub(super) fn strike(&self, name: &str) -> Option<bool> {
        let mut name = name;
        for _ in 0..ANCESTORS {
            let (own, parent) = self.strikes.get(name)?;
            if own.is_some() {
                return *own;
            }
            name = parent.as_deref()?;
        }
        None
    }

    pub(super) fn is_hidden_table(&self, name: &str) -> bool {
        self.hidden_tables.contains(name)
    }
}
