//! Pure: aligned tables for a terminal, by display width (a kanji is two columns wide).

use unicode_width::UnicodeWidthStr;

/// Headings and rows; the last column is not padded.
#[derive(Debug, Default)]
pub struct Table {
    rows: Vec<Vec<String>>,
    right: Vec<usize>,
    widest: usize,
}

impl Table {
    pub fn new(headings: &[&str]) -> Self {
        Self { rows: vec![headings.iter().map(ToString::to_string).collect()], right: Vec::new(), widest: 44 }
    }

    /// Columns (from 0) whose cells are numbers.
    #[must_use]
    pub fn right(mut self, columns: &[usize]) -> Self {
        self.right = columns.to_vec();
        self
    }

    pub fn row(&mut self, cells: Vec<String>) {
        self.rows.push(cells.into_iter().map(|cell| clean(&cell)).collect());
    }

    pub fn render(&self) -> String {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        let widths: Vec<usize> = (0..columns)
            .map(|column| {
                let cells = self.rows.iter().filter_map(|row| row.get(column));
                cells.map(|cell| cell.width().min(self.widest)).max().unwrap_or(0)
            })
            .collect();
        let mut text = String::new();
        for row in &self.rows {
            let mut line = String::new();
            for (column, cell) in row.iter().enumerate() {
                let width = widths.get(column).copied().unwrap_or(0);
                let last = column + 1 == row.len();
                let cell = if last { cell.clone() } else { cut(cell, self.widest) };
                let gap = " ".repeat(width.saturating_sub(cell.width()));
                if self.right.contains(&column) {
                    line.push_str(&gap);
                    line.push_str(&cell);
                } else {
                    line.push_str(&cell);
                    if !last {
                        line.push_str(&gap);
                    }
                }
                if !last {
                    line.push_str("  ");
                }
            }
            text.push_str(line.trim_end());
            text.push('\n');
        }
        text
    }
}

/// Cuts to a display width, with 「…」 where something is left out.
pub fn cut(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_string();
    }
    let mut kept = String::new();
    for c in text.chars() {
        if kept.width() + unicode_width::UnicodeWidthChar::width(c).unwrap_or(0) + 1 > width {
            break;
        }
        kept.push(c);
    }
    kept.push('…');
    kept
}

/// Nothing from a mail may steer the terminal.
fn clean(text: &str) -> String {
    text.chars().map(|c| if c.is_control() || is_bidi(c) { ' ' } else { c }).collect()
}

fn is_bidi(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_align_by_display_width() {
        let mut table = Table::new(&["会場", "名称", "合計"]).right(&[2]);
        table.row(vec!["0012".into(), "みなみ内科".into(), "96".into()]);
        table.row(vec!["7".into(), "A\u{1b}[31m".into(), "1,200".into()]);
        let lines: Vec<String> = table.render().lines().map(String::from).collect();
        assert_eq!(lines, ["会場  名称         合計", "0012  みなみ内科     96", "7     A [31m      1,200"]);
    }
}
