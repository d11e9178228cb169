//! Pure: .ods (OpenDocument 1.2) in one streaming pass over `content.xml`; repeated cells cost nothing until they
//! hold something. Dates become serials of the 1900 system.

mod cell;
mod styles;

use quick_xml::events::{BytesStart, Event};

use super::grid::{Grid, LAST_COLUMN, LAST_ROW};
use super::rich::Fonts;
use super::xml::Xml;
use super::{Cell, Merged, Refusal, Shown, Spent, Workbook};
use crate::inspection::container::package::Package;
use crate::inspection::container::within;
use crate::limits::Limits;
use cell::Typed;
pub(super) use cell::iso_serial;
use styles::OdsStyles;

const PART: &str = "content.xml";

pub(super) fn read(bytes: &[u8], limits: &Limits, spent: &mut Spent) -> Result<Workbook, Refusal> {
    let mut package = Package::open(bytes, limits)?;
    if package.text("META-INF/manifest.xml")?.is_some_and(|text| text.contains("encryption-data")) {
        return Err(Refusal::Password);
    }
    let content = package.text(PART)?.ok_or_else(|| Refusal::corrupt("no content.xml"))?;
    let mut styles = OdsStyles::default();
    if let Some(text) = package.text("styles.xml")?
        && text.contains("line-through")
    {
        styles.read("styles.xml", &text)?;
    }
    let has_macros =
        package.names().any(|name| name.starts_with("basic/script") || name.starts_with("scripts/"));
    let mut document = Document {
        xml: Xml::new(PART, &content),
        styles,
        limits,
        spent,
        workbook: Workbook { has_macros, ..Workbook::default() },
    };
    document.read()?;
    if document.workbook.sheets.is_empty() {
        return Err(Refusal::corrupt("no table"));
    }
    Ok(document.workbook)
}

struct Document<'a, 'l> {
    xml: Xml<'a>,
    styles: OdsStyles,
    limits: &'l Limits,
    spent: &'l mut Spent,
    workbook: Workbook,
}

/// Where the next cell of a table goes, and what its row says.
#[derive(Default)]
struct Place {
    row: u32,
    column: u32,
    /// The cells of the current row, pushed as often as the row is repeated.
    cells: Vec<Cell>,
    merged: Vec<Merged>,
    row_style: Option<String>,
    row_repeats: u32,
    /// Last column of each run with its default style.
    column_styles: Vec<(u32, Option<String>)>,
    next_column_format: u32,
}

impl Document<'_, '_> {
    fn read(&mut self) -> Result<(), Refusal> {
        loop {
            match self.xml.next()? {
                Event::Eof => return Ok(()),
                Event::Start(element) => match element.name().0 {
                    "table:table" => self.table(&element)?,
                    // Old versions of cells, which are no content.
                    "table:tracked-changes" => {
                        self.xml.text()?;
                    }
                    _ => self.around(&element)?,
                },
                Event::Empty(element) => self.around(&element)?,
                _ => {}
            }
        }
    }

    /// Styles, names and settings outside the tables.
    fn around(&mut self, element: &BytesStart<'_>) -> Result<(), Refusal> {
        match element.name().0 {
            "table:null-date" => {
                let epoch = self.xml.attribute(element, "date-value")?;
                self.workbook.epoch_1904 = epoch.is_some_and(|date| date.starts_with("1904-"));
            }
            "table:named-range" | "table:named-expression" => {
                let name = self.xml.attribute(element, "name")?;
                let formula = match self.xml.attribute(element, "cell-range-address")? {
                    Some(range) => Some(range),
                    None => self.xml.attribute(element, "expression")?,
                };
                if let (Some(name), Some(formula)) = (name, formula)
                    && self.workbook.names.len() < 1_000
                {
                    self.workbook.names.push((name, formula));
                }
            }
            _ => self.styles.element(&self.xml, element)?,
        }
        Ok(())
    }

    fn table(&mut self, element: &BytesStart<'_>) -> Result<(), Refusal> {
        let name = self.xml.attribute(element, "name")?.unwrap_or_default();
        let style = self.xml.attribute(element, "style-name")?.unwrap_or_default();
        let shown = if self.styles.is_hidden_table(&style) { Shown::Hidden } else { Shown::Visible };
        let mut spent = *self.spent;
        let mut grid = Grid::new(self.limits, &mut spent);
        let mut place = Place::default();
        loop {
            let event = self.xml.next()?;
            match &event {
                Event::Start(element) => match element.name().0 {
                    "table:table-row" => self.begin_row(element, &mut place, &mut grid)?,
                    "table:table-cell" | "table:covered-table-cell" => {
                        self.cell(element, true, &mut place)?;
                    }
                    "table:table-column" => self.column(element, &mut place, &mut grid)?,
                    "table:named-expressions"
                    | "table:table-row-group"
                    | "table:table-rows"
                    | "table:table-header-rows"
                    | "table:table-columns"
                    | "table:table-header-columns"
                    | "table:table-column-group" => {}
                    // Shapes, forms, sources: nothing that stands in a cell.
                    _ => {
                        self.xml.text()?;
                    }
                },
                Event::Empty(element) => match element.name().0 {
                    "table:table-cell" | "table:covered-table-cell" => {
                        self.cell(element, false, &mut place)?;
                    }
                    "table:table-column" => self.column(element, &mut place, &mut grid)?,
                    "table:table-row" => {
                        self.begin_row(element, &mut place, &mut grid)?;
                        end_row(&mut place, &mut grid)?;
                    }
                    _ => self.around(element)?,
                },
                Event::End(element) => match element.name().0 {
                    "table:table-row" => end_row(&mut place, &mut grid)?,
                    "table:table" => break,
                    _ => {}
                },
                Event::Eof => break,
                _ => {}
            }
        }
        self.workbook.sheets.push(grid.finish(name, shown)?);
        *self.spent = spent;
        within("sheets", self.limits.sheets, self.workbook.sheets.len() as u64)
    }

    fn begin_row(
        &self,
        element: &BytesStart<'_>,
        place: &mut Place,
        grid: &mut Grid<'_>,
    ) -> Result<(), Refusal> {
        place.row_repeats = self.count(element, "number-rows-repeated")?;
        place.row_style = self.xml.attribute(element, "default-cell-style-name")?;
        place.column = 0;
        if is_hidden(self.xml.attribute(element, "visibility")?) {
            grid.hide_rows(place.row, place.row.saturating_add(place.row_repeats - 1));
        }
        Ok(())
    }

    fn column(
        &self,
        element: &BytesStart<'_>,
        place: &mut Place,
        grid: &mut Grid<'_>,
    ) -> Result<(), Refusal> {
        let repeats = self.count(element, "number-columns-repeated")?;
        let first = place.next_column_format;
        let last = first.saturating_add(repeats - 1).min(LAST_COLUMN);
        if is_hidden(self.xml.attribute(element, "visibility")?) {
            grid.hide_columns(first, last);
        }
        let style = self.xml.attribute(element, "default-cell-style-name")?;
        if first <= LAST_COLUMN && place.column_styles.len() <= LAST_COLUMN as usize {
            place.column_styles.push((last, style));
        }
        place.next_column_format = last.saturating_add(1);
        Ok(())
    }

    /// A repeat count; at least 1.
    fn count(&self, element: &BytesStart<'_>, name: &str) -> Result<u32, Refusal> {
        Ok(self.xml.attribute(element, name)?.and_then(|value| value.parse().ok()).unwrap_or(1).max(1))
    }

    fn cell(
        &mut self,
        element: &BytesStart<'_>,
        has_content: bool,
        place: &mut Place,
    ) -> Result<(), Refusal> {
        let typed = Typed::of(&self.xml, element)?;
        let paragraphs = if has_content { self.paragraphs()? } else { Paragraphs::default() };
        let (row, column) = (place.row, place.column);
        place.column = column.saturating_add(typed.repeats);
        let Some(value) = typed.value(&paragraphs.text) else { return Ok(()) };
        let style = typed.style.as_deref().or(place.row_style.as_deref()).or_else(|| {
            place
                .column_styles
                .iter()
                .find(|(last, _)| column <= *last)
                .and_then(|(_, style)| style.as_deref())
        });
        let cell_strike = style.and_then(|style| self.styles.strike(style)).unwrap_or_default();
        let strike = paragraphs.fonts.in_cell(cell_strike);
        if typed.columns > 1 || typed.rows > 1 {
            place.merged.push(Merged {
                first_row: row,
                first_column: column,
                last_row: row.saturating_add(typed.rows - 1),
                last_column: column.saturating_add(typed.columns - 1),
            });
        }
        for repeat in 0..typed.repeats {
            // More than the limit cannot be accepted anyway; `Grid::push` says so when the row ends.
            if place.cells.len() as u64 > self.limits.cells {
                break;
            }
            place.cells.push(Cell {
                row,
                column: column.saturating_add(repeat),
                value: value.clone(),
                formula: typed.formula,
                strike,
            });
        }
        Ok(())
    }

    /// The text of a cell: paragraphs joined by line breaks; comments, drawings and ruby left out.
    fn paragraphs(&mut self) -> Result<Paragraphs, Refusal> {
        let mut found = Paragraphs::default();
        let mut spans: Vec<Option<bool>> = Vec::new();
        let mut depth = 1_u32;
        loop {
            match self.xml.next()? {
                Event::Start(element) => {
                    match element.name().0 {
                        "office:annotation" => {
                            self.workbook.has_comments = true;
                            self.xml.text()?;
                            continue;
                        }
                        "text:p" | "text:h" => found.paragraph(),
                        "text:span" => {
                            let style = self.xml.attribute(&element, "style-name")?;
                            let struck = style.and_then(|style| self.styles.strike(&style));
                            spans.push(struck.or(spans.last().copied().flatten()));
                            depth += 1;
                            continue;
                        }
                        "text:s" | "text:tab" | "text:line-break" => self.space(&element, &mut found)?,
                        "text:a" | "text:ruby" | "text:ruby-base" => {}
                        _ => {
                            self.xml.text()?;
                            continue;
                        }
                    }
                    depth += 1;
                }
                Event::Empty(element) => match element.name().0 {
                    "text:p" => found.paragraph(),
                    "office:annotation" => self.workbook.has_comments = true,
                    _ => self.space(&element, &mut found)?,
                },
                Event::Text(text) => found.push(&text, spans.last().copied().flatten()),
                Event::CData(text) => found.push(&text, spans.last().copied().flatten()),
                Event::GeneralRef(reference) => {
                    let text = self.xml.resolve(&reference)?;
                    found.push(&text, spans.last().copied().flatten());
                }
                Event::End(element) => {
                    if element.name().0 == "text:span" {
                        spans.pop();
                    }
                    depth -= 1;
                    if depth == 0 {
                        return Ok(found);
                    }
                }
                Event::Eof => return Ok(found),
                _ => {}
            }
        }
    }

    fn space(&self, element: &BytesStart<'_>, found: &mut Paragraphs) -> Result<(), Refusal> {
        match element.name().0 {
            "text:s" => {
                let count = self.count(element, "c")?.min(self.limits.cell_chars.min(65_536) as u32);
                found.text.extend(std::iter::repeat_n(' ', count as usize));
            }
            "text:tab" => found.text.push('\t'),
            "text:line-break" => found.text.push('\n'),
            _ => {}
        }
        Ok(())
    }
}

fn end_row(place: &mut Place, grid: &mut Grid<'_>) -> Result<(), Refusal> {
    if place.row > LAST_ROW && !place.cells.is_empty() {
        return Err(Refusal::corrupt("a row out of range"));
    }
    if !place.cells.is_empty() {
        for repeat in 0..place.row_repeats {
            for cell in &place.cells {
                grid.push(Cell { row: cell.row.saturating_add(repeat), ..cell.clone() })?;
            }
        }
    }
    for range in place.merged.drain(..) {
        grid.merge(range);
    }
    place.cells.clear();
    place.row = place.row.saturating_add(place.row_repeats);
    Ok(())
}

fn is_hidden(visibility: Option<String>) -> bool {
    visibility.is_some_and(|value| value == "collapse" || value == "filter")
}

/// The text found in a cell and the fonts of its spans.
#[derive(Default)]
struct Paragraphs {
    text: String,
    count: usize,
    fonts: Fonts,
}

impl Paragraphs {
    fn paragraph(&mut self) {
        if self.count > 0 {
            self.text.push('\n');
        }
        self.count += 1;
    }

    /// White space collapses (OpenDocument 6.1.2); real spaces are `text:s`.
    fn push(&mut self, text: &str, span_struck: Option<bool>) {
        if self.count == 0 {
            return;
        }
        for character in text.chars() {
            match character {
                ' ' | '\n' | '\r' | '\t' => {
                    if !self.text.is_empty() && !self.text.ends_with([' ', '\n']) {
                        self.text.push(' ');
                    }
                }
                other => self.text.push(other),
            }
        }
        if !text.trim().is_empty() {
            match span_struck {
                Some(true) => self.fonts.struck = true,
                Some(false) => self.fonts.plain = true,
                None => self.fonts.from_cell = true,
            }
        }
    }
}
