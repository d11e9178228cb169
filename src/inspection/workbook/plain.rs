//! Pure: a cell of a worksheet as nearly every program writes it, read without an event for each of its parts.

/// `<c r="B13" s="4" t="s"><f>…</f><v>12</v></c>` or less of it: no prefix, no blank between the tags, nothing to
/// resolve. Whatever looks otherwise is left to the XML reader, so that it alone says what is well-formed.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct PlainCell<'a> {
    /// Attribute `r`.
    pub reference: Option<&'a str>,
    /// Attribute `s`.
    pub style: Option<&'a str>,
    /// Attribute `t`.
    pub kind: Option<&'a str>,
    /// `None`: an empty element.
    pub content: Option<Content<'a>>,
    /// Bytes from `<` to the last `>`.
    pub length: usize,
}

/// What stands between `<c>` and `</c>`.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Content<'a> {
    pub formula: bool,
    /// The text of `<v>`.
    pub value: Option<&'a str>,
}

impl<'a> PlainCell<'a> {
    /// The cell that begins the text, if one does.
    pub(super) fn at(text: &'a str) -> Option<Self> {
        let (tag, mut rest) = text.strip_prefix("<c")?.split_once('>')?;
        let mut cell = Self::default();
        let attributes = tag.strip_suffix('/');
        if attributes.is_none() {
            let (content, behind) = content(rest)?;
            cell.content = Some(content);
            rest = behind;
        }
        cell.length = text.len() - rest.len();
        for attribute in plain_attributes(attributes.unwrap_or(tag))? {
            let (name, value) = attribute?;
            let slot = match name {
                "r" => &mut cell.reference,
                "s" => &mut cell.style,
                "t" => &mut cell.kind,
                _ => return None,
            };
            if slot.replace(value).is_some() {
                return None;
            }
        }
        Some(cell)
    }
}

/// Each ` name="value"`; `None` where one does not look so.
fn plain_attributes(tag: &str) -> Option<impl Iterator<Item = Option<(&str, &str)>>> {
    let mut pieces = tag.split(' ');
    (pieces.next() == Some("")).then(|| pieces.map(attribute))
}

fn attribute(piece: &str) -> Option<(&str, &str)> {
    let (name, quoted) = piece.split_once('=')?;
    let value = quoted.strip_prefix('"')?.strip_suffix('"')?;
    let plain = name.bytes().all(|byte| byte.is_ascii_alphabetic())
        && value.bytes().all(|byte| !matches!(byte, b'"' | b'<'));
    (plain && !name.is_empty()).then_some((name, value))
}

fn content(text: &str) -> Option<(Content<'_>, &str)> {
    let (formula, rest) = match text.strip_prefix("<f") {
        Some(rest) => (true, formula(rest)?),
        None => (false, text),
    };
    let (value, rest) = match rest.strip_prefix("<v>") {
        Some(rest) => {
            let (value, rest) = rest.split_once('<')?;
            (Some(value), rest.strip_prefix("/v>")?)
        }
        None => (None, rest),
    };
    let resolved = !value.is_some_and(|value| value.contains('&'));
    Some((Content { formula, value }, rest.strip_prefix("</c>").filter(|_| resolved)?))
}

/// What follows the formula. Its text is of no use, but its references must end.
fn formula(text: &str) -> Option<&str> {
    let (attributes, rest) = text.split_once('>')?;
    let empty = attributes.strip_suffix('/');
    if !plain_attributes(empty.unwrap_or(attributes))?.all(|attribute| attribute.is_some()) {
        return None;
    }
    if empty.is_some() {
        return Some(rest);
    }
    let (formula, rest) = rest.split_once('<')?;
    let ends = formula.split('&').skip(1).all(|reference| reference.contains(';'));
    rest.strip_prefix("/f>").filter(|_| ends)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_cells() {
        let check = |text: &str, expected: Option<(bool, Option<&str>)>| {
            let cell = PlainCell::at(text);
            let found = cell.as_ref().and_then(|cell| cell.content.as_ref());
            assert_eq!(found.map(|content| (content.formula, content.value)), expected, "{text}");
        };
        check("<c r=\"A1\" s=\"2\"><v>5</v></c><c/>", Some((false, Some("5"))));
        check("<c><v></v></c>", Some((false, Some(""))));
        check("<c r=\"A1\"></c>", Some((false, None)));
        check("<c r=\"A1\" t=\"str\"><f>IF(A2=&quot;&quot;,1)</f><v>x y</v></c>", Some((true, Some("x y"))));
        check("<c><f t=\"shared\" ref=\"A1:A9\" si=\"0\">B1</f><v>1</v></c>", Some((true, Some("1"))));
        check("<c><f t=\"shared\" si=\"0\"/><v>1</v></c>", Some((true, Some("1"))));
        for other in [
            "<c r=\"A1\"><v>&lt;</v></c>",
            "<c r=\"A1\"> <v>5</v></c>",
            "<c r=\"A1\"><v>5</v></c >",
            "<c r='A1'><v>5</v></c>",
            "<c r=\"A1\"  s=\"1\"><v>5</v></c>",
            "<c r=\"A>1\"><v>5</v></c>",
            "<c r=A1><v>5</v></c>",
            "<c r=\"A1\"s=\"1\"><v>5</v></c>",
            "<c r=\"A1\" r=\"A2\"><v>5</v></c>",
            "<c r=\"A1\" cm=\"1\"><v>5</v></c>",
            "<c r=\"A1\" ><v>5</v></c>",
            "<c r=\"A1\"><v>5</x></c>",
            "<c r=\"A1\"><f>A&B</f><v>5</v></c>",
            "<c r=\"A1\"><f>A<b/></f><v>5</v></c>",
            "<c r=\"A1\"><is><t>5</t></is></c>",
            "<c r=\"A1\"><v>5</v>",
            "<cx r=\"A1\"><v>5</v></cx>",
            "<x:c r=\"A1\"><v>5</v></x:c>",
            " <c r=\"A1\"><v>5</v></c>",
        ] {
            check(other, None);
        }
    }

    #[test]
    fn a_blank_cell_has_a_place_only() {
        let cell = PlainCell::at("<c r=\"B2\" s=\"7\"/><c/>").unwrap();
        let expected =
            PlainCell { reference: Some("B2"), style: Some("7"), length: 17, ..PlainCell::default() };
        assert_eq!(cell, expected);
    }
}
