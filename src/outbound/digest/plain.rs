//! Pure: the text rendering: tables aligned by display width.

use unicode_width::UnicodeWidthStr;

use super::document::{Align, Block, Document, Table};

/// Every line ends with a line feed; no tabs.
pub fn render(document: &Document) -> String {
    let mut out = String::new();
    line(&mut out, &document.title);
    blocks(&mut out, &document.lead);
    for section in &document.sections {
        line(&mut out, "");
        line(&mut out, &section.heading);
        blocks(&mut out, &section.blocks);
    }
    line(&mut out, "");
    line(&mut out, &format!("添付：{}", document.attachment));
    out
}

fn blocks(out: &mut String, blocks: &[Block]) {
    for block in blocks {
        match block {
            Block::Line(_, text) => line(out, text),
            Block::Table(table) => self::table(out, table),
        }
    }
}

fn table(out: &mut String, table: &Table) {
    let titles: Vec<String> = table.columns.iter().map(|column| column.title.to_string()).collect();
    let rows = || std::iter::once(&titles).chain(table.rows.iter().map(|row| &row.cells));
    let widths: Vec<usize> = (0..table.columns.len())
        .map(|index| rows().filter_map(|cells| cells.get(index)).map(|cell| width(cell)).max().unwrap_or(0))
        .collect();
    for cells in rows() {
        let padded: Vec<String> = cells
            .iter()
            .zip(table.columns.iter().zip(&widths))
            .map(|(cell, (column, width))| pad(cell, *width, column.align))
            .collect();
        line(out, padded.join("  ").trim_end());
    }
}

fn pad(cell: &str, to: usize, align: Align) -> String {
    let gap = " ".repeat(to.saturating_sub(width(cell)));
    match align {
        Align::Left => format!("{cell}{gap}"),
        Align::Right => format!("{gap}{cell}"),
    }
}

/// Columns on the screen; ambiguous letters (※, ★, …) are wide in Japanese fonts.
pub fn width(text: &str) -> usize {
    text.width_cjk()
}

fn line(out: &mut String, text: &str) {
    out.push_str(text);
    out.push('\n');
}
