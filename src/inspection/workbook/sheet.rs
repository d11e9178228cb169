//! Pure: one worksheet part (`xl/worksheets/sheetN.xml`) in a single pass: values, formulas, hidden rows and
//! columns, merged ranges.

use quick_xml::events::{BytesStart, Event};

use super::grid::{Grid, LAST_COLUMN, LAST_ROW, parse_range, parse_reference};
use super::number::number;
use super::plain::PlainCell;
use super::rich::{Rich, SharedStrings, displayed};
use super::styles::{Style, Styles};
use super::xml::{Xml, attributes, clip, is_true, local};
use super::{Cell, Refusal, Strike, Value};

/// What a worksheet shares with its workbook.
pub(super) struct Shared<'a> {
    pub strings: &'a SharedStrings,
    pub styles: &'a Styles,
    pub epoch_1904: bool,
}

/// Reads the part into the grid.
pub(super) fn read(part: &str, text: &str, shared: &Shared<'_>, grid: &mut Grid<'_>) -> Result<(), Refusal> {
    let mut reading = Reading {
        xml: Xml::new(part, text),
        shared,
        grid,
        row: None,
        column: None,
        row_hidden: false,
        cell: Open::default(),
        capture: Capture::Nothing,
        inline: Rich::default(),
    };
    loop {
        match reading.xml.next()? {
            Event::Eof => return Ok(()),
            Event::Start(element) if local(element.name().0) == "sheetData" => reading.rows()?,
            Event::Start(element) | Event::Empty(element) => match local(element.name().0) {
                "col" => reading.column_format(&element)?,
                "mergeCell" => reading.merge(&element)?,
                _ => {}
            },
            _ => {}
        }
    }
}

/// The type attribute of `<c>` (ECMA-376 18.18.11).
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Kind {
    #[default]
    Number,
    Shared,
    Inline,
    /// A formula's text.
    Text,
    Bool,
    Error,
    IsoDate,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Capture {
    Nothing,
    Value,
    Inline,
}

/// The cell being read.
#[derive(Default)]
struct Open {
    row: u32,
    column: u32,
    style: usize,
    kind: Kind,
    formula: bool,
    /// A `<v>` element stood there, even an empty one.
    stored: bool,
    value: String,
}

struct Reading<'a, 'g, 'l> {
    xml: Xml<'a>,
    shared: &'a Shared<'a>,
    grid: &'g mut Grid<'l>,
    /// The last row and column given, explicitly or by counting.
    row: Option<u32>,
    column: Option<u32>,
    row_hidden: bool,
    cell: Open,
    capture: Capture,
    inline: Rich,
}

impl Reading<'_, '_, '_> {
    fn rows(&mut self) -> Result<(), Refusal> {
        loop {
            match self.xml.next()? {
                Event::Start(element) => {
                    self.open(&element)?;
                    self.plain_cells()?;
                }
                Event::Empty(element) => {
                    self.empty(&element)?;
                    self.plain_cells()?;
                }
                Event::Text(text) => self.text(&text),
                Event::CData(text) => self.text(&text),
                Event::GeneralRef(reference) if self.capture != Capture::Nothing => {
                    let text = self.xml.resolve(&reference)?;
                    self.text(&text);
                }
                Event::End(element) => {
                    let name = element.name();
                    match local(name.0) {
                        "v" | "is" => self.capture = Capture::Nothing,
                        "c" => {
                            self.close()?;
                            self.plain_cells()?;
                        }
                        "sheetData" => return Ok(()),
                        other => {
                            if self.capture == Capture::Inline {
                                self.inline.end(other);
                            }
                        }
                    }
                }
                Event::Eof => return Ok(()),
                _ => {}
            }
        }
    }

    /// The cells behind a tag, as long as they are plain ones.
    fn plain_cells(&mut self) -> Result<(), Refusal> {
        while self.capture == Capture::Nothing
            && let Some(plain) = PlainCell::at(self.xml.rest())
        {
            self.new_cell();
            let mut place = None;
            for (name, value) in [("r", plain.reference), ("s", plain.style), ("t", plain.kind)] {
                if let Some(value) = value {
                    self.cell_attribute(name, value, &mut place)?;
                }
            }
            self.place_cell(place)?;
            if let Some(content) = plain.content {
                self.cell.formula = content.formula;
                self.cell.stored = content.value.is_some();
                self.cell.value.push_str(content.value.unwrap_or_default());
                self.close()?;
            }
            self.xml.skip(plain.length);
        }
        Ok(())
    }

    fn open(&mut self, element: &BytesStart<'_>) -> Result<(), Refusal> {
        match local(element.name().0) {
            "c" => self.begin_cell(element)?,
            "v" => {
                self.cell.stored = true;
                self.capture = Capture::Value;
            }
            "f" => self.cell.formula = true,
            "row" => self.begin_row(element)?,
            "is" => self.capture = Capture::Inline,
            _ if self.capture == Capture::Inline => self.inline.start(&self.xml, element)?,
            _ => {}
        }
        Ok(())
    }

    fn empty(&mut self, element: &BytesStart<'_>) -> Result<(), Refusal> {
        match local(element.name().0) {
            // A blank cell only moves the position.
            "c" => self.begin_cell(element)?,
            "v" => self.cell.stored = true,
            "f" => self.cell.formula = true,
            "row" => self.begin_row(element)?,
            _ if self.capture == Capture::Inline => self.inline.empty(&self.xml, element)?,
            _ => {}
        }
        Ok(())
    }

    fn text(&mut self, text: &str) {
        match self.capture {
            Capture::Nothing => {}
            Capture::Value => self.cell.value.push_str(text),
            Capture::Inline => self.inline.push(text),
        }
    }

    fn begin_row(&mut self, element: &BytesStart<'_>) -> Result<(), Refusal> {
        let mut row = None;
        let (mut hidden, mut flat, mut custom) = (false, false, false);
        for attribute in attributes(element) {
            let attribute = attribute.map_err(|error| self.xml.broken(error))?;
            match attribute.key.0 {
                "r" => row = Some(attribute.value.parse::<u32>().ok().and_then(|row| row.checked_sub(1))),
                "hidden" => hidden = is_true(&attribute.value),
                "ht" => flat = attribute.value.parse::<f64>().is_ok_and(|height| height <= 0.0),
                "customHeight" => custom = is_true(&attribute.value),
                _ => {}
            }
        }
        let row = match row {
            Some(given) => given.filter(|row| *row <= LAST_ROW),
            None => self.row.map_or(Some(0), |row| row.checked_add(1)),
        };
        let Some(row) = row.filter(|row| *row <= LAST_ROW) else {
            return Err(self.xml.broken("a row number out of range"));
        };
        self.row = Some(row);
        self.column = None;
        self.row_hidden = hidden || (flat && custom);
        if self.row_hidden {
            self.grid.hide_rows(row, row);
        }
        Ok(())
    }

    fn begin_cell(&mut self, element: &BytesStart<'_>) -> Result<(), Refusal> {
        self.new_cell();
        let mut place = None;
        for attribute in attributes(element) {
            let attribute = attribute.map_err(|error| self.xml.broken(error))?;
            self.cell_attribute(attribute.key.0, &attribute.value, &mut place)?;
        }
        self.place_cell(place)
    }

    fn new_cell(&mut self) {
        let mut value = std::mem::take(&mut self.cell.value);
        value.clear();
        self.cell = Open { value, ..Open::default() };
        // An inline string may have no `<is>`: nothing of the cell before must show through.
        self.inline.clear();
    }

    fn cell_attribute(
        &mut self,
        name: &str,
        value: &str,
        place: &mut Option<(u32, u32)>,
    ) -> Result<(), Refusal> {
        match name {
            "r" => {
                let given = parse_reference(value);
                let broken = || self.xml.broken(format!("cell reference {}", clip(value)));
                *place = Some(given.ok_or_else(broken)?);
            }
            "s" => self.cell.style = value.parse().unwrap_or_default(),
            "t" => {
                self.cell.kind = match value {
                    "s" => Kind::Shared,
                    "str" => Kind::Text,
                    "inlineStr" => Kind::Inline,
                    "b" => Kind::Bool,
                    "e" => Kind::Error,
                    "d" => Kind::IsoDate,
                    _ => Kind::Number,
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// At the place given, or behind the last cell.
    fn place_cell(&mut self, place: Option<(u32, u32)>) -> Result<(), Refusal> {
        let (row, column) = place.unwrap_or((
            self.row.unwrap_or_default(),
            self.column.map_or(0, |column| column.saturating_add(1)),
        ));
        if column > LAST_COLUMN {
            return Err(self.xml.broken("a column out of range"));
        }
        if self.row_hidden && self.row != Some(row) {
            self.grid.hide_rows(row, row);
        }
        self.column = Some(column);
        (self.cell.row, self.cell.column) = (row, column);
        Ok(())
    }

    fn close(&mut self) -> Result<(), Refusal> {
        let style = self.shared.styles.get(self.cell.style);
        let mut strike = if style.strike { Strike::Whole } else { Strike::None };
        let Some(value) = self.value(style, &mut strike)? else { return Ok(()) };
        // A typed text of nothing is a blank cell.
        if !self.cell.formula && matches!(&value, Value::Text(text) if text.trim().is_empty()) {
            return Ok(());
        }
        self.grid.push(Cell {
            row: self.cell.row,
            column: self.cell.column,
            value,
            formula: self.cell.formula,
            strike,
        })
    }

    /// `None` for a blank cell.
    fn value(&self, style: Style, strike: &mut Strike) -> Result<Option<Value>, Refusal> {
        let cell = &self.cell;
        if cell.kind == Kind::Inline {
            return Ok(Some(self.inline_text(style, strike)));
        }
        let stored = cell.value.trim();
        if stored.is_empty() {
            // An empty text is a result (`=IF(B13="","",…)`); an empty number or none at all is not.
            let text = cell.kind == Kind::Text && cell.stored;
            return Ok((cell.formula && !text).then_some(Value::NoResult));
        }
        Ok(Some(match cell.kind {
            Kind::Shared => {
                let (text, fonts) = stored
                    .parse()
                    .ok()
                    .and_then(|index| self.shared.strings.get(index))
                    .ok_or_else(|| self.xml.broken(format!("shared string {}", clip(stored))))?;
                *strike = fonts.in_cell(style.strike);
                Value::Text(displayed(text))
            }
            Kind::Text | Kind::Inline => Value::Text(displayed(&cell.value)),
            Kind::Bool => Value::Bool(is_true(stored)),
            Kind::Error => Value::Error(stored.into()),
            Kind::IsoDate => {
                super::ods::iso_serial(stored).map_or_else(|| Value::Text(stored.into()), Value::Serial)
            }
            Kind::Number => match stored.parse::<f64>() {
                Ok(raw) if raw.is_finite() => number(raw, style.date, self.shared.epoch_1904),
                _ => Value::Error(stored.into()),
            },
        }))
    }

    fn inline_text(&self, style: Style, strike: &mut Strike) -> Value {
        // Some programs put the text of an inline string into `<v>`.
        if self.inline.raw().is_empty() {
            return Value::Text(displayed(&self.cell.value));
        }
        *strike = self.inline.fonts().in_cell(style.strike);
        Value::Text(displayed(self.inline.raw()))
    }

    fn column_format(&mut self, element: &BytesStart<'_>) -> Result<(), Refusal> {
        let number = |name| -> Result<Option<f64>, Refusal> {
            Ok(self.xml.attribute(element, name)?.and_then(|value| value.trim().parse().ok()))
        };
        let narrow = number("width")?.is_some_and(|width| width <= 0.0);
        if !narrow && !self.xml.flag(element, "hidden")? {
            return Ok(());
        }
        if let (Some(first), Some(last)) = (number("min")?, number("max")?)
            && first >= 1.0
            && last >= first
        {
            self.grid.hide_columns(first as u32 - 1, (last as u32 - 1).min(LAST_COLUMN));
        }
        Ok(())
    }

    fn merge(&mut self, element: &BytesStart<'_>) -> Result<(), Refusal> {
        if let Some(range) = self.xml.attribute(element, "ref")?.and_then(|text| parse_range(&text)) {
            self.grid.merge(range);
        }
        Ok(())
    }
}
