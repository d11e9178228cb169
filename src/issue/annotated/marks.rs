//! Pure: the marked cells of one sheet: which colour, which note.

use std::collections::BTreeMap;

use super::Mark;
use crate::inspection::verdict::Severity;
use crate::inspection::workbook::Sheet;

/// Cells coloured for one place; a range of a whole column says no more than its top.
const CELLS: u32 = 300;
/// Letters of a note.
const NOTE: usize = 600;

/// A cell to colour, with its note if it has one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spot {
    pub severity: Severity,
    pub note: String,
}

/// First and last row and column.
type Range = ((u32, u16), (u32, u16));

pub type Marked = BTreeMap<(u32, u16), Spot>;

/// The marked cells of the sheet that the clinic calls `own_name`.
pub fn on(sheet: &Sheet, own_name: &str, marks: &[Mark]) -> Marked {
    let mut marked = Marked::new();
    for mark in marks.iter().filter(|mark| mark.place.sheet.as_deref() == Some(own_name)) {
        let Some(cell) = &mark.place.cell else { continue };
        for (from, to) in cells(cell) {
            colour(&mut marked, sheet, mark, from, to);
        }
    }
    marked
}

fn colour(marked: &mut Marked, sheet: &Sheet, mark: &Mark, from: (u32, u16), to: (u32, u16)) {
    let mut left = CELLS;
    let mut first = true;
    for row in from.0..=to.0 {
        for column in from.1..=to.1 {
            if left == 0 {
                return;
            }
            left -= 1;
            let at = match sheet.merged_at(row, u32::from(column)) {
                Some(merged) => (merged.first_row, u16::try_from(merged.first_column).unwrap_or(column)),
                None => (row, column),
            };
            let spot = marked.entry(at).or_insert(Spot { severity: mark.severity, note: String::new() });
            spot.severity = spot.severity.min(mark.severity);
            if std::mem::take(&mut first) {
                add(&mut spot.note, mark);
            }
        }
    }
}

fn add(note: &mut String, mark: &Mark) {
    let kind = if mark.severity == Severity::Error { "要修正" } else { "要確認" };
    let text = if mark.mend.is_empty() {
        format!("【{kind}】{}", mark.reason)
    } else {
        format!("【{kind}】{}\n→ {}", mark.reason, mark.mend)
    };
    let room = NOTE.saturating_sub(note.chars().count());
    if note.contains(&text) || room < 20 {
        return;
    }
    if !note.is_empty() {
        note.push('\n');
    }
    note.extend(text.chars().take(room));
}

/// The cells and ranges that a place names.
pub fn cells(text: &str) -> impl Iterator<Item = Range> + '_ {
    text.split(['、', ',', ' ']).filter_map(range)
}

/// The corners of 「B18」 or 「G13:G15」, zero-based.
fn range(text: &str) -> Option<Range> {
    let (from, to) = text.split_once(':').unwrap_or((text, text));
    let (from, to) = (corner(from)?, corner(to)?);
    (from.0 <= to.0 && from.1 <= to.1).then_some((from, to))
}

fn corner(text: &str) -> Option<(u32, u16)> {
    let digits = text.find(|c: char| c.is_ascii_digit())?;
    let (letters, number) = text.split_at_checked(digits)?;
    if letters.is_empty() || letters.len() > 3 || !letters.bytes().all(|byte| byte.is_ascii_uppercase()) {
        return None;
    }
    let column = letters.bytes().fold(0_u32, |sum, byte| sum * 26 + u32::from(byte - b'A') + 1) - 1;
    let row = number.parse::<u32>().ok()?.checked_sub(1)?;
    (row < 1_048_576 && column < 16_384).then_some((row, column as u16))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read() {
        let check = |text: &str, expected: Option<Range>| assert_eq!(range(text), expected, "{text}");
        check("A1", Some(((0, 0), (0, 0))));
        check("G13:G15", Some(((12, 6), (14, 6))));
        check("AA10", Some(((9, 26), (9, 26))));
        check("XFD1048576", Some(((1_048_575, 16_383), (1_048_575, 16_383))));
        for wrong in ["", "A", "1", "A0", "B3:A1", "AAAA1", "XFE1", "a1", "A1048577", "全体", "A1:"] {
            check(wrong, None);
        }
    }
}
