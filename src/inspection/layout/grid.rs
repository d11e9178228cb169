//! Pure: one sheet, indexed: rows of spots with their folded texts, merged ranges, hidden rows and columns.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Deref;
use std::rc::Rc;
use std::sync::OnceLock;

use smol_str::SmolStr;

use super::label::{self, Label};
use super::mark::{self, Mark};
use crate::inspection::normalize::date::{self, Calendar};
use crate::inspection::normalize::{Read, count, time, token};
use crate::inspection::verdict::{Place, a1};
use crate::inspection::workbook::{Cell, Merged, Sheet, Value};

/// The last row and column that a sheet of any program has; what claims to lie beyond is nothing of a clinic's.
const LAST_ROW: u32 = 1_048_575;
const LAST_COLUMN: u32 = 16_383;

/// Positions that merged ranges may cover in the index; more than this is no form.
const MAX_COVERED: u64 = 200_000;
/// Titles looked at; a form has a handful.
const MAX_TITLES: usize = 200;

/// Bytes of the longest text that a date or a time is looked for in.
const MAX_MOMENT: usize = 120;

/// One text of a sheet, folded once: a form repeats 「月」 and 「１回目」 hundreds of times.
#[derive(Debug)]
pub struct Word {
    /// Folded, white space collapsed but kept.
    pub text: SmolStr,
    /// Folded, squashed, lower case.
    pub key: String,
    pub label: Option<Label>,
    /// What it says of the row it stands in.
    pub mark: Mark,
    /// Short, and names a dose, a visibility or a half of the day.
    is_title: bool,
    /// A date or a time beyond doubt, found out once.
    date: OnceLock<bool>,
    time: OnceLock<bool>,
}

/// What a cell that is no text says as a heading.
static NO_WORD: Word = Word {
    text: SmolStr::new_static(""),
    key: String::new(),
    label: None,
    mark: Mark { visibility: None, half: None, gone: false },
    is_title: false,
    date: OnceLock::new(),
    time: OnceLock::new(),
};

impl Word {
    /// Short, and with a digit in it, as every date and time beyond doubt has: most words need no closer look.
    fn may_be_moment(&self) -> bool {
        self.key.len() <= MAX_MOMENT
            && (self.key.bytes().any(|byte| byte.is_ascii_digit()) || self.key == "正午")
    }

    fn of(text: &str) -> Self {
        let text = token::fold(text);
        let key = token::squash(&text).to_lowercase();
        let label = label::of(&key);
        let names = |label: Label| label.dose.is_some() || label.visibility.is_some() || label.is_count();
        let mark = mark::of(&key);
        let is_title = (label.is_some_and(names) || mark.half.is_some()) && label::is_title(&key);
        Self { text: text.into(), key, label, mark, is_title, date: OnceLock::new(), time: OnceLock::new() }
    }
}

/// One cell, and the word in it if it is a text.
#[derive(Clone, Debug)]
pub struct Spot<'a> {
    pub row: u32,
    pub column: u32,
    pub cell: &'a Cell,
    word: Option<Rc<Word>>,
}

impl Deref for Spot<'_> {
    type Target = Word;

    fn deref(&self) -> &Word {
        self.word.as_deref().unwrap_or(&NO_WORD)
    }
}

impl Spot<'_> {
    pub fn is_text(&self) -> bool {
        matches!(self.cell.value, Value::Text(_))
    }

    /// A date beyond doubt; one reading has one calendar.
    pub fn is_date(&self, calendar: &Calendar) -> bool {
        let value = &self.cell.value;
        match &self.word {
            Some(word) => {
                *word.date.get_or_init(|| word.may_be_moment() && date::is_certain(value, calendar))
            }
            None => date::is_certain(value, calendar),
        }
    }

    /// A time beyond doubt.
    pub fn is_time(&self) -> bool {
        let value = &self.cell.value;
        match &self.word {
            Some(word) => *word.time.get_or_init(|| word.may_be_moment() && time::is_certain(value)),
            None => time::is_certain(value),
        }
    }

    /// A positive whole number that somebody typed, and no date.
    pub fn is_people(&self, calendar: &Calendar) -> bool {
        !self.formula()
            && matches!(count::read(&self.cell.value).read, Read::Value(people) if people > 0)
            && !self.is_date(calendar)
    }

    pub fn formula(&self) -> bool {
        self.cell.formula || matches!(self.cell.value, Value::NoResult)
    }
}

/// A sheet to look around in. A turned grid has rows and columns exchanged.
#[derive(Clone, Debug)]
pub struct Grid<'a> {
    pub name: &'a SmolStr,
    pub sheet: &'a Sheet,
    pub turned: bool,
    spots: Vec<Spot<'a>>,
    words: Vec<Rc<Word>>,
    /// Row and the range of its spots, ascending.
    rows: Vec<(u32, usize, usize)>,
    covered: BTreeMap<(u32, u32), Merged>,
    /// Short texts that name a dose or a visibility: where in `spots`.
    titles: Vec<usize>,
    hidden_rows: BTreeSet<u32>,
    hidden_columns: BTreeSet<u32>,
}

impl<'a> Grid<'a> {
    pub fn new(sheet: &'a Sheet) -> Self {
        let mut seen = Seen::new();
        let mut spots = Vec::with_capacity(sheet.cells.len());
        spots.extend(sheet.cells.iter().filter_map(|cell| spot(cell, &mut seen)));
        let words = seen.into_values().collect();
        Self::build(sheet, spots, words, &within(sheet).collect::<Vec<_>>(), false)
    }

    /// The same sheet with rows and columns exchanged; places still come out as the clinic sees them.
    pub fn turned(upright: &Self) -> Self {
        let turn = |spot: &Spot<'a>| Spot { row: spot.column, column: spot.row, ..spot.clone() };
        let spots = upright.spots.iter().map(turn).collect();
        let sheet = upright.sheet;
        let merged = within(sheet)
            .map(|range| Merged {
                first_row: range.first_column,
                first_column: range.first_row,
                last_row: range.last_column,
                last_column: range.last_row,
            })
            .collect::<Vec<_>>();
        Self::build(sheet, spots, upright.words.clone(), &merged, true)
    }

    /// The same upright sheet without some of its cells.
    #[must_use]
    pub fn only(&self, keep: impl Fn(&Cell) -> bool) -> Self {
        let spots = self.spots.iter().filter(|spot| keep(spot.cell)).cloned().collect();
        Self::build(self.sheet, spots, self.words.clone(), &within(self.sheet).collect::<Vec<_>>(), false)
    }

    fn build(
        sheet: &'a Sheet,
        mut spots: Vec<Spot<'a>>,
        words: Vec<Rc<Word>>,
        merged: &[Merged],
        turned: bool,
    ) -> Self {
        spots.sort_by_key(|spot| (spot.row, spot.column));
        spots.dedup_by_key(|spot| (spot.row, spot.column));
        let mut rows: Vec<(u32, usize, usize)> = Vec::new();
        for (index, spot) in spots.iter().enumerate() {
            match rows.last_mut() {
                Some((row, _, end)) if *row == spot.row => *end = index + 1,
                _ => rows.push((spot.row, index, index + 1)),
            }
        }
        let titles = spots
            .iter()
            .enumerate()
            .filter(|(_, spot)| spot.is_title)
            .map(|(index, _)| index)
            .take(MAX_TITLES)
            .collect();
        let last_row = spots.last().map_or(0, |spot| spot.row);
        let last_column = spots.iter().map(|spot| spot.column).max().unwrap_or(0);
        let (hidden_rows, hidden_columns) = if turned {
            (&sheet.hidden_columns, &sheet.hidden_rows)
        } else {
            (&sheet.hidden_rows, &sheet.hidden_columns)
        };
        Self {
            name: &sheet.name,
            sheet,
            turned,
            spots,
            words,
            rows,
            covered: cover(merged, last_row, last_column),
            titles,
            hidden_rows: hidden_rows.iter().copied().collect(),
            hidden_columns: hidden_columns.iter().copied().collect(),
        }
    }

    pub fn spots(&self) -> &[Spot<'a>] {
        &self.spots
    }

    /// Every text of the sheet once, in no particular order.
    pub fn words(&self) -> impl Iterator<Item = &Word> {
        self.words.iter().map(Rc::as_ref)
    }

    /// Rows that hold something, ascending.
    pub fn row_numbers(&self) -> impl DoubleEndedIterator<Item = u32> + '_ {
        self.rows.iter().map(|(row, _, _)| *row)
    }

    /// Rows `from..=to` that hold something, ascending.
    pub fn rows_between(&self, from: u32, to: u32) -> impl DoubleEndedIterator<Item = u32> + '_ {
        let start = self.rows.partition_point(|(row, _, _)| *row < from);
        let end = self.rows.partition_point(|(row, _, _)| *row <= to).max(start);
        self.rows.get(start..end).unwrap_or_default().iter().map(|(row, _, _)| *row)
    }

    /// The spots of one row up to and including a column.
    pub fn row_up_to(&self, row: u32, column: u32) -> &[Spot<'a>] {
        self.row_between(row, 0, column)
    }

    /// The spots of one row in the columns `from..=to`.
    pub fn row_between(&self, row: u32, from: u32, to: u32) -> &[Spot<'a>] {
        let spots = self.row(row);
        let start = spots.partition_point(|spot| spot.column < from);
        let end = spots.partition_point(|spot| spot.column <= to).max(start);
        spots.get(start..end).unwrap_or_default()
    }

    /// The spots of one row, left to right.
    pub fn row(&self, row: u32) -> &[Spot<'a>] {
        let first = self.rows.first().map_or(0, |(first, _, _)| *first);
        // Where no row above is empty the row's place is its distance from the first one.
        let near = self.rows.get(row.saturating_sub(first) as usize).filter(|(number, _, _)| *number == row);
        let found = near.or_else(|| {
            let at = self.rows.binary_search_by_key(&row, |(number, _, _)| *number).ok()?;
            self.rows.get(at)
        });
        found.and_then(|(_, from, to)| self.spots.get(*from..*to)).unwrap_or_default()
    }

    /// Spots of the rows `from..=to`.
    pub fn between(&self, from: u32, to: u32) -> &[Spot<'a>] {
        let start = self.spots.partition_point(|spot| spot.row < from);
        let end = self.spots.partition_point(|spot| spot.row <= to);
        self.spots.get(start..end).unwrap_or_default()
    }

    /// Short texts that name a dose or a visibility, as indexes into `spots`.
    pub fn titles(&self) -> &[usize] {
        &self.titles
    }

    /// The spot at exactly this position.
    pub fn at(&self, row: u32, column: u32) -> Option<&Spot<'a>> {
        let spots = self.row(row);
        let at = spots.binary_search_by_key(&column, |spot| spot.column).ok()?;
        spots.get(at)
    }

    /// The spot at this position, or the one whose merged range covers it.
    pub fn covering(&self, row: u32, column: u32) -> Option<&Spot<'a>> {
        self.at(row, column).or_else(|| {
            let range = self.merged_at(row, column)?;
            self.at(range.first_row, range.first_column)
        })
    }

    pub fn merged_at(&self, row: u32, column: u32) -> Option<Merged> {
        self.covered.get(&(row, column)).copied()
    }

    pub fn last_row(&self) -> u32 {
        self.spots.last().map_or(0, |spot| spot.row)
    }

    pub fn row_is_hidden(&self, row: u32) -> bool {
        self.hidden_rows.contains(&row)
    }

    pub fn column_is_hidden(&self, column: u32) -> bool {
        self.hidden_columns.contains(&column)
    }

    /// The place as the clinic sees it.
    pub fn place(&self, row: u32, column: u32) -> Place {
        if self.turned { Place::cell(self.name, column, row) } else { Place::cell(self.name, row, column) }
    }

    /// `G13:G15`, as the clinic sees it.
    pub fn range(&self, merged: Merged) -> String {
        let corner = |row, column| if self.turned { a1(column, row) } else { a1(row, column) };
        format!(
            "{}:{}",
            corner(merged.first_row, merged.first_column),
            corner(merged.last_row, merged.last_column)
        )
    }
}

type Seen<'a> = BTreeMap<&'a str, Rc<Word>>;

/// `None`: a blank text, or a cell where no sheet has any.
fn spot<'a>(cell: &'a Cell, seen: &mut Seen<'a>) -> Option<Spot<'a>> {
    if cell.row > LAST_ROW || cell.column > LAST_COLUMN {
        return None;
    }
    let word = match &cell.value {
        Value::Text(text) => Some(Rc::clone(seen.entry(text).or_insert_with(|| Rc::new(Word::of(text))))),
        _ => None,
    };
    let blank = word.as_ref().is_some_and(|word| word.text.is_empty());
    (!blank).then_some(Spot { row: cell.row, column: cell.column, cell, word })
}

/// The merged ranges, cut to the size of a sheet.
fn within(sheet: &Sheet) -> impl Iterator<Item = Merged> + '_ {
    sheet.merged.iter().filter(|range| range.first_row <= LAST_ROW && range.first_column <= LAST_COLUMN).map(
        |range| Merged {
            last_row: range.last_row.min(LAST_ROW),
            last_column: range.last_column.min(LAST_COLUMN),
            ..*range
        },
    )
}

/// Every covered position within the sheet's content, so that looking one up is no search.
fn cover(merged: &[Merged], last_row: u32, last_column: u32) -> BTreeMap<(u32, u32), Merged> {
    let mut covered = BTreeMap::new();
    let mut total = 0u64;
    for range in merged {
        let bottom = range.last_row.min(last_row.max(range.first_row));
        let right = range.last_column.min(last_column.max(range.first_column));
        if bottom < range.first_row || right < range.first_column {
            continue;
        }
        total += u64::from(bottom - range.first_row + 1) * u64::from(right - range.first_column + 1);
        if total > MAX_COVERED {
            break;
        }
        for row in range.first_row..=bottom {
            for column in range.first_column..=right {
                covered.insert((row, column), *range);
            }
        }
    }
    covered
}
