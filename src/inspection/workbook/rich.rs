//! Pure: the text of a shared or inline string: runs joined, phonetic hints (ふりがな) left out, strike-through noted.

use smol_str::SmolStr;

use super::xml::{Xml, is_true, local};
use super::{Refusal, Strike};
use quick_xml::events::{BytesStart, Event};

/// Which fonts the visible runs of a text have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Fonts {
    /// Some run brings no font of its own: it has the cell's.
    pub from_cell: bool,
    /// Some run is struck through.
    pub struck: bool,
    /// Some run is not.
    pub plain: bool,
}

impl Fonts {
    /// How the text is struck through in a cell whose own font is (`cell`) or is not.
    pub(super) fn in_cell(self, cell: bool) -> Strike {
        let struck = self.struck || (self.from_cell && cell);
        let plain = self.plain || (self.from_cell && !cell);
        match (struck, plain) {
            (true, true) => Strike::Part,
            (true, false) => Strike::Whole,
            // No visible text at all.
            (false, false) if cell => Strike::Whole,
            (false, _) => Strike::None,
        }
    }
}

/// The content of one `<si>` or `<is>` element.
#[derive(Default)]
pub(super) struct Rich {
    text: String,
    in_text: bool,
    phonetic: bool,
    own_font: bool,
    struck: bool,
    fonts: Fonts,
}

impl Rich {
    pub(super) fn clear(&mut self) {
        *self = Rich { text: std::mem::take(&mut self.text), ..Rich::default() };
        self.text.clear();
    }

    pub(super) fn start(&mut self, xml: &Xml<'_>, element: &BytesStart<'_>) -> Result<(), Refusal> {
        match local(element.name().0) {
            "t" => self.in_text = true,
            "rPh" => self.phonetic = true,
            "r" => (self.own_font, self.struck) = (false, false),
            "rPr" => self.own_font = true,
            "strike" => {
                self.struck = xml.attribute(element, "val")?.is_none_or(|value| is_true(&value));
            }
            _ => {}
        }
        Ok(())
    }

    pub(super) fn end(&mut self, name: &str) {
        match local(name) {
            "t" => self.in_text = false,
            "rPh" => self.phonetic = false,
            "r" => (self.own_font, self.struck) = (false, false),
            _ => {}
        }
    }

    /// An element without content, like `<strike/>`.
    pub(super) fn empty(&mut self, xml: &Xml<'_>, element: &BytesStart<'_>) -> Result<(), Refusal> {
        if matches!(local(element.name().0), "strike" | "rPr") { self.start(xml, element) } else { Ok(()) }
    }

    pub(super) fn push(&mut self, text: &str) {
        if !self.in_text || self.phonetic {
            return;
        }
        self.text.push_str(text);
        if !text.trim().is_empty() {
            match (self.own_font, self.struck) {
                (false, _) => self.fonts.from_cell = true,
                (true, true) => self.fonts.struck = true,
                (true, false) => self.fonts.plain = true,
            }
        }
    }

    /// Feeds one event inside the element.
    pub(super) fn event(&mut self, xml: &Xml<'_>, event: &Event<'_>) -> Result<(), Refusal> {
        match event {
            Event::Start(element) => self.start(xml, element)?,
            Event::Empty(element) => self.empty(xml, element)?,
            Event::End(element) => self.end(element.name().0),
            Event::Text(text) => self.push(text),
            Event::CData(text) => self.push(text),
            Event::GeneralRef(reference) => self.push(&xml.resolve(reference)?),
            _ => {}
        }
        Ok(())
    }

    pub(super) fn raw(&self) -> &str {
        &self.text
    }

    pub(super) fn fonts(&self) -> Fonts {
        self.fonts
    }
}

/// The text as Excel shows it: `_x000D_` escapes decoded (ECMA-376 22.9.2.19), line ends as `\n`.
pub(super) fn displayed(raw: &str) -> SmolStr {
    if !raw.contains("_x") && !raw.contains('\r') {
        return raw.into();
    }
    let mut text = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some((before, after)) = rest.split_once("_x") {
        text.push_str(before);
        let code = after
            .get(..4)
            .filter(|_| after.get(4..5) == Some("_"))
            .and_then(|digits| u32::from_str_radix(digits, 16).ok())
            .and_then(char::from_u32);
        if let (Some(character), Some(tail)) = (code, after.get(5..)) {
            text.push(character);
            rest = tail;
        } else {
            text.push_str("_x");
            rest = after;
        }
    }
    text.push_str(rest);
    text.replace("\r\n", "\n").replace('\r', "\n").into()
}

/// All shared strings of a workbook, in one buffer.
#[derive(Default)]
pub(super) struct SharedStrings {
    text: String,
    /// End of each string in `text`, and the fonts of its runs.
    ends: Vec<(u32, Fonts)>,
}

impl SharedStrings {
    /// Reads `xl/sharedStrings.xml`. Its announced counts are ignored; the real one is limited.
    pub(super) fn read(part: &str, text: &str, allowed: u64) -> Result<Self, Refusal> {
        let mut xml = Xml::new(part, text);
        let mut strings = SharedStrings::default();
        let mut item = Rich::default();
        let mut inside = false;
        loop {
            let event = xml.next()?;
            match &event {
                Event::Eof => return Ok(strings),
                Event::Start(element) if local(element.name().0) == "si" => {
                    item.clear();
                    inside = true;
                }
                Event::Empty(element) if local(element.name().0) == "si" => {
                    item.clear();
                    strings.push(&item, allowed)?;
                }
                Event::End(element) if local(element.name().0) == "si" => {
                    strings.push(&item, allowed)?;
                    inside = false;
                }
                _ if inside => item.event(&xml, &event)?,
                _ => {}
            }
        }
    }

    fn push(&mut self, item: &Rich, allowed: u64) -> Result<(), Refusal> {
        self.text.push_str(item.raw());
        self.ends.push((self.text.len() as u32, item.fonts()));
        crate::inspection::container::within("shared_strings", allowed, self.ends.len() as u64)
    }

    pub(super) fn get(&self, index: usize) -> Option<(&str, Fonts)> {
        let (end, fonts) = *self.ends.get(index)?;
        let start = index.checked_sub(1).and_then(|before| self.ends.get(before)).map_or(0, |(end, _)| *end);
        Some((self.text.get(start as usize..end as usize)?, fonts))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes() {
        let check = |raw: &str, expected: &str| assert_eq!(displayed(raw), expected, "{raw}");
        check("備考", "備考");
        check("一行目_x000D_\n二行目", "一行目\n二行目");
        check("_x005F_x000D_", "_x000D_");
        check("a_xZZZZ_b", "a_xZZZZ_b");
        check("_x", "_x");
        check("_x000", "_x000");
        check("_xあいう", "_xあいう");
        check("a\rb", "a\nb");
    }

    #[test]
    fn runs_and_phonetics() {
        // How the text is struck through in a cell that is not, and in one that is.
        let check = |inner: &str, text: &str, plain: Strike, struck: Strike| {
            let part = format!("<sst><si>{inner}</si></sst>");
            let strings = SharedStrings::read("sst", &part, 10).unwrap();
            let (read, fonts) = strings.get(0).unwrap();
            assert_eq!((read, fonts.in_cell(false), fonts.in_cell(true)), (text, plain, struck), "{inner}");
        };
        check("<t>熊本</t>", "熊本", Strike::None, Strike::Whole);
        check(
            "<t>熊本</t><rPh sb=\"0\" eb=\"2\"><t>クマモト</t></rPh><phoneticPr fontId=\"1\"/>",
            "熊本",
            Strike::None,
            Strike::Whole,
        );
        check("<r><rPr><strike/></rPr><t>6</t></r>", "6", Strike::Whole, Strike::Whole);
        check("<r><rPr><strike val=\"0\"/></rPr><t>6</t></r>", "6", Strike::None, Strike::None);
        check("<r><rPr><strike/></rPr><t>6</t></r><r><rPr/><t>8</t></r>", "68", Strike::Part, Strike::Part);
        check(
            "<r><rPr><strike/></rPr><t>6</t></r><r><rPr/><t xml:space=\"preserve\"> </t></r>",
            "6 ",
            Strike::Whole,
            Strike::Whole,
        );
        check("<r><t>6</t></r><r><rPr><strike/></rPr><t>8</t></r>", "68", Strike::Part, Strike::Whole);
        check("<r><t>6</t></r><r><rPr/><t>8</t></r>", "68", Strike::None, Strike::Part);
        check("<t>a&amp;b&#12354;</t>", "a&bあ", Strike::None, Strike::Whole);
        check("<t><![CDATA[<6>]]></t>", "<6>", Strike::None, Strike::Whole);
    }

    #[test]
    fn entities_are_not_expanded() {
        assert!(SharedStrings::read("sst", "<sst><si><t>&lol;</t></si></sst>", 10).is_err());
        assert!(SharedStrings::read("sst", "<!DOCTYPE x><sst><si><t>a</t></si></sst>", 10).is_err());
    }

    #[test]
    fn count_limit() {
        let three = "<sst><si/><si/><si/></sst>";
        assert!(SharedStrings::read("sst", three, 3).is_ok());
        assert_eq!(SharedStrings::read("sst", three, 2).err(), Some(Refusal::limit("shared_strings", 2, 3)));
    }
}
