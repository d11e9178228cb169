//! Pure: of `xl/styles.xml` what decides how a cell is read: date formats and struck-through fonts.

use std::collections::BTreeMap;

use quick_xml::events::Event;

use super::Refusal;
use super::number::{is_builtin_date, is_date_format};
use super::xml::{Xml, is_true, local};

/// What one entry of `cellXfs` means for a cell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Style {
    pub date: bool,
    pub strike: bool,
}

/// `cellXfs`, by index.
#[derive(Default)]
pub(super) struct Styles {
    entries: Vec<Style>,
}

impl Styles {
    pub(super) fn get(&self, index: usize) -> Style {
        self.entries.get(index).copied().unwrap_or_default()
    }

    /// One pass over the part. Formats stand before fonts, fonts before `cellXfs` (ECMA-376 18.8.39).
    pub(super) fn read(part: &str, text: &str) -> Result<Self, Refusal> {
        let mut xml = Xml::new(part, text);
        let mut formats: BTreeMap<u32, bool> = BTreeMap::new();
        let mut fonts: Vec<bool> = Vec::new();
        let mut styles = Styles::default();
        let mut section = Section::Other;
        loop {
            let event = xml.next()?;
            let (element, has_content) = match &event {
                Event::Eof => return Ok(styles),
                Event::Start(element) => (element, true),
                Event::Empty(element) => (element, false),
                Event::End(element) => {
                    if Section::of(local(element.name().0)).is_some() {
                        section = Section::Other;
                    }
                    continue;
                }
                _ => continue,
            };
            let name = element.name();
            let name = local(name.0);
            match (section, name) {
                (Section::Other, _) if has_content => section = Section::of(name).unwrap_or_default(),
                (Section::Formats, "numFmt") => {
                    let id = xml.attribute(element, "numFmtId")?.and_then(|id| id.parse().ok());
                    if let (Some(id), Some(code)) = (id, xml.attribute(element, "formatCode")?) {
                        formats.insert(id, is_date_format(&code));
                    }
                }
                (Section::Fonts, "font") => fonts.push(false),
                (Section::Fonts, "strike") => {
                    if let Some(font) = fonts.last_mut() {
                        *font = xml.attribute(element, "val")?.is_none_or(|value| is_true(&value));
                    }
                }
                (Section::Cells, "xf") => {
                    let number = |name| -> Result<Option<u32>, Refusal> {
                        Ok(xml.attribute(element, name)?.and_then(|id| id.parse().ok()))
                    };
                    let format = number("numFmtId")?.unwrap_or_default();
                    let font = number("fontId")?.unwrap_or_default() as usize;
                    styles.entries.push(Style {
                        date: formats.get(&format).copied().unwrap_or_else(|| is_builtin_date(format)),
                        strike: fonts.get(font).copied().unwrap_or_default(),
                    });
                }
                _ => {}
            }
        }
    }
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Section {
    Formats,
    Fonts,
    Cells,
    /// Differential styles have fonts of their own, which say nothing about a cell.
    Ignored,
    #[default]
    Other,
}

impl Section {
    fn of(name: &str) -> Option<Self> {
        match name {
            "numFmts" => Some(Section::Formats),
            "fonts" => Some(Section::Fonts),
            "cellXfs" => Some(Section::Cells),
            "dxfs" | "cellStyleXfs" | "extLst" => Some(Section::Ignored),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_and_fonts() {
        let styles = Styles::read(
            "styles",
            r#"<styleSheet><numFmts count="1"><numFmt numFmtId="176" formatCode="m&quot;月&quot;d&quot;日&quot;"/></numFmts>
            <fonts><font><sz val="11"/></font><font><strike/><sz val="11"/></font><font><strike val="0"/></font></fonts>
            <cellStyleXfs><xf numFmtId="14" fontId="1"/></cellStyleXfs>
            <cellXfs><xf numFmtId="0" fontId="0"/><xf numFmtId="176" fontId="1"><alignment/></xf><xf numFmtId="56" fontId="2"/></cellXfs>
            <dxfs><dxf><font><strike/></font></dxf></dxfs></styleSheet>"#,
        )
        .unwrap();
        assert_eq!(styles.get(0), Style { date: false, strike: false });
        assert_eq!(styles.get(1), Style { date: true, strike: true });
        assert_eq!(styles.get(2), Style { date: true, strike: false });
        assert_eq!(styles.get(99), Style::default());
    }
}
