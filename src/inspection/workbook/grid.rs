//! Pure: the cells of one sheet as they are found, counted against the limits, then put in order.

use super::{Cell, Merged, Refusal, Sheet, Shown, Value};
use crate::inspection::container::within;
use crate::limits::Limits;

/// The last row and column of a sheet (Excel 2007 and later), zero-based.
pub(super) const LAST_ROW: u32 = 1_048_575;
pub(super) const LAST_COLUMN: u32 = 16_383;

/// Content read so far, over all workbooks that share the limits.
#[derive(Clone, Copy, Debug, Default)]
pub struct Spent {
    pub cells: u64,
    pub text_bytes: u64,
}

/// One sheet under construction.
pub(super) struct Grid<'a> {
    limits: &'a Limits,
    spent: &'a mut Spent,
    cells: Vec<Cell>,
    merged: Vec<Merged>,
    hidden_rows: Vec<(u32, u32)>,
    hidden_columns: Vec<(u32, u32)>,
}

impl<'a> Grid<'a> {
    pub(super) fn new(limits: &'a Limits, spent: &'a mut Spent) -> Self {
        Self {
            limits,
            spent,
            cells: Vec::new(),
            merged: Vec::new(),
            hidden_rows: Vec::new(),
            hidden_columns: Vec::new(),
        }
    }

    /// Adds one cell. Empty text is no content.
    pub(super) fn push(&mut self, cell: Cell) -> Result<(), Refusal> {
        if cell.row > LAST_ROW || cell.column > LAST_COLUMN {
            return Err(Refusal::corrupt("a cell beyond the last row or column"));
        }
        if let Value::Text(text) | Value::Error(text) = &cell.value {
            if text.is_empty() {
                return Ok(());
            }
            // A character has at most four bytes: short texts need no counting.
            if text.len() as u64 > self.limits.cell_chars {
                within("cell_chars", self.limits.cell_chars, text.chars().count() as u64)?;
            }
            self.spent.text_bytes = self.spent.text_bytes.saturating_add(text.len() as u64);
            within("child_output_bytes", self.limits.child_output_bytes, self.spent.text_bytes)?;
        }
        self.spent.cells += 1;
        within("cells", self.limits.cells, self.spent.cells)?;
        self.cells.push(cell);
        Ok(())
    }

    pub(super) fn merge(&mut self, range: Merged) {
        self.merged.push(range);
    }

    /// Inclusive.
    pub(super) fn hide_rows(&mut self, first: u32, last: u32) {
        extend_or_push(&mut self.hidden_rows, first, last);
    }

    /// Inclusive.
    pub(super) fn hide_columns(&mut self, first: u32, last: u32) {
        extend_or_push(&mut self.hidden_columns, first, last);
    }

    /// Puts everything in order. Two contents at one position are `Corrupt`: which one would the clinic see?
    pub(super) fn finish(mut self, name: String, shown: Shown) -> Result<Sheet, Refusal> {
        if !self.cells.is_sorted_by_key(position) {
            self.cells.sort_by_key(position);
        }
        if let Some(row) = self.cells.windows(2).find_map(|pair| match pair {
            [one, other] if position(one) == position(other) => Some(one.row),
            _ => None,
        }) {
            return Err(Refusal::corrupt(format!("two cells at one position in row {}", row + 1)));
        }
        let mut rows: Vec<u32> = self.cells.iter().map(|cell| cell.row).collect();
        rows.dedup();
        within("rows", self.limits.rows, rows.len() as u64)?;
        let mut columns: Vec<u32> = self.cells.iter().map(|cell| cell.column).collect();
        columns.sort_unstable();
        columns.dedup();
        within("columns", self.limits.columns, columns.len() as u64)?;
        let merged = self.merged_with_content()?;
        Ok(Sheet {
            name: name.into(),
            shown,
            hidden_rows: keep_within(rows, self.hidden_rows),
            hidden_columns: keep_within(columns, self.hidden_columns),
            cells: self.cells,
            merged,
        })
    }

    /// A merged range without content says nothing, and thousands of them would make every lookup slow.
    fn merged_with_content(&mut self) -> Result<Vec<Merged>, Refusal> {
        let mut merged = std::mem::take(&mut self.merged);
        merged.retain(|range| {
            self.cells.binary_search_by_key(&(range.first_row, range.first_column), position).is_ok()
        });
        merged.sort_by_key(|range| (range.first_row, range.first_column));
        merged.dedup();
        within("rows", self.limits.rows, merged.len() as u64)?;
        Ok(merged)
    }
}

fn position(cell: &Cell) -> (u32, u32) {
    (cell.row, cell.column)
}

fn extend_or_push(ranges: &mut Vec<(u32, u32)>, first: u32, last: u32) {
    match ranges.last_mut() {
        Some((_, end)) if end.checked_add(1) == Some(first) => *end = last,
        _ => ranges.push((first, last)),
    }
}

/// The sorted positions that lie in one of the ranges.
fn keep_within(mut positions: Vec<u32>, mut ranges: Vec<(u32, u32)>) -> Vec<u32> {
    ranges.sort_unstable();
    let mut ranges = ranges.into_iter().peekable();
    let mut reach: Option<u32> = None;
    positions.retain(|position| {
        while let Some((_, last)) = ranges.next_if(|(first, _)| first <= position) {
            reach = reach.max(Some(last));
        }
        reach.is_some_and(|last| *position <= last)
    });
    positions
}

/// `B12` to zero-based (row, column); absolute signs are allowed.
pub(super) fn parse_reference(text: &str) -> Option<(u32, u32)> {
    let (mut row, mut column, mut digits, mut letters) = (0_u32, 0_u32, 0, 0);
    for byte in text.bytes() {
        match byte {
            b'$' => {}
            b'A'..=b'Z' | b'a'..=b'z' if digits == 0 && letters < 3 => {
                letters += 1;
                column = column * 26 + u32::from(byte.to_ascii_uppercase() - b'A') + 1;
            }
            b'0'..=b'9' if letters > 0 && digits < 7 => {
                digits += 1;
                row = row * 10 + u32::from(byte - b'0');
            }
            _ => return None,
        }
    }
    let (row, column) = (row.checked_sub(1)?, column.checked_sub(1)?);
    (row <= LAST_ROW && column <= LAST_COLUMN).then_some((row, column))
}

/// `A7:C8`, or a single cell.
pub(super) fn parse_range(text: &str) -> Option<Merged> {
    let (first, last) = text.split_once(':').unwrap_or((text, text));
    let ((top, left), (bottom, right)) = (parse_reference(first)?, parse_reference(last)?);
    Some(Merged {
        first_row: top.min(bottom),
        first_column: left.min(right),
        last_row: top.max(bottom),
        last_column: left.max(right),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references() {
        let check = |text: &str, expected: Option<(u32, u32)>| {
            assert_eq!(parse_reference(text), expected, "{text}");
        };
        check("A1", Some((0, 0)));
        check("$B$12", Some((11, 1)));
        check("XFD1048576", Some((LAST_ROW, LAST_COLUMN)));
        check("XFE1", None);
        check("A1048577", None);
        check("A0", None);
        check("ZZZZZZZZZ1", None);
        check("A99999999999", None);
        check("1", None);
        check("A", None);
        check("A-1", None);
        check("", None);
    }

    #[test]
    fn ranges_keep_what_lies_in_them() {
        let check = |positions: &[u32], ranges: &[(u32, u32)], expected: &[u32]| {
            assert_eq!(keep_within(positions.to_vec(), ranges.to_vec()), expected, "{ranges:?}");
        };
        check(&[0, 1, 5, 9], &[(1, 5)], &[1, 5]);
        check(&[0, 1, 5, 9], &[(9, 20), (0, 0)], &[0, 9]);
        check(&[3, 7], &[(0, 9), (2, 3)], &[3, 7]);
        check(&[3], &[], &[]);
    }
}
