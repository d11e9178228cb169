//! Pure: the heading of a list: a run of labels in one row (or two joined) with at least two of date, time and count.

use super::grid::{Grid, Spot};
use super::label::{self, Class, Label};
use super::table::Table;
use crate::inspection::normalize::date::Calendar;
use crate::inspection::normalize::{Read, count};

/// Rows below a heading that are looked at for something that fits it.
const SAMPLE_ROWS: u32 = 40;

/// Words at the end of a text that is a value or a remark, whatever heading it contains: 「日付未定」「人数変更」.
const REMARKS: [&str; 20] = [
    "未定", "変更", "短縮", "延長", "調整", "相談", "不明", "中止", "確認", "不可", "可", "済", "別途",
    "後日", "あり", "なし", "のみ", "増", "減", "注意",
];

/// Where a heading stands.
#[derive(Clone, Debug)]
pub struct Heading {
    pub top: u32,
    pub bottom: u32,
    /// First and last labelled column.
    pub first: u32,
    pub last: u32,
    kinds: Kinds,
    /// What is named by a heading that could be nothing else.
    plain: Kinds,
    /// Columns by what they should hold.
    columns: Vec<(Kind, u32)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Date,
    Time,
    Count,
}

/// Which of date, time and count headings name.
#[derive(Clone, Copy, Debug, Default)]
struct Kinds {
    date: bool,
    time: bool,
    count: bool,
}

impl Kinds {
    fn of<'s, 'g: 's>(spots: impl Iterator<Item = &'s Spot<'g>>) -> Self {
        let mut kinds = Self::default();
        let (mut day, mut month) = (false, false);
        for label in spots.filter(|spot| heads(spot)).filter_map(|spot| spot.label) {
            match (label.class, kind(label)) {
                (Some(Class::Day), _) => day = true,
                (Some(Class::Month), _) => month = true,
                (_, Some(Kind::Date)) => kinds.date = true,
                (_, Some(Kind::Time)) => kinds.time = true,
                (_, Some(Kind::Count)) => kinds.count = true,
                _ => {}
            }
        }
        kinds.date |= day && (month || kinds.time || kinds.count);
        kinds
    }

    fn and(self, other: Self) -> Self {
        Self {
            date: self.date || other.date,
            time: self.time || other.time,
            count: self.count || other.count,
        }
    }

    fn number(self) -> u8 {
        u8::from(self.date) + u8::from(self.time) + u8::from(self.count)
    }
}

fn kind(label: Label) -> Option<Kind> {
    match label.class {
        Some(Class::Date | Class::Day) => Some(Kind::Date),
        Some(Class::Start) => Some(Kind::Time),
        _ if label.is_count() => Some(Kind::Count),
        _ => None,
    }
}

/// The headings that begin in this row, from left to right. What holds a value parts them.
pub fn of_row(grid: &Grid<'_>, calendar: &Calendar, row: u32) -> Vec<Heading> {
    let spots = grid.row(row);
    if !spots.iter().any(|spot| spot.label.is_some_and(|label| kind(label).is_some())) {
        return Vec::new();
    }
    let runs = spots.split(|spot| is_data(spot, calendar));
    runs.filter_map(|run| at(grid, calendar, row, run)).collect()
}

/// A date, a time, or no text at all.
pub fn is_data(spot: &Spot<'_>, calendar: &Calendar) -> bool {
    !spot.is_text() || spot.is_date(calendar) || spot.is_time()
}

fn at(grid: &Grid<'_>, calendar: &Calendar, row: u32, run: &[Spot<'_>]) -> Option<Heading> {
    let own = Kinds::of(run.iter());
    let below = row + 1;
    let bottom = match own.number() {
        0 => return None,
        1 => {
            let next = Kinds::of(grid.row(below).iter());
            let joined = next.number() == 1 && own.and(next).number() >= 2;
            if !(joined && is_heading_only(run) && is_heading_only(grid.row(below))) {
                return None;
            }
            below
        }
        _ if divides(grid, calendar, row, run) => below,
        _ => row,
    };
    let rows = if bottom > row { grid.row(bottom) } else { &[] };
    let (first, last) = extent(grid, run)?;
    let within = rows.iter().filter(|spot| own.number() < 2 || (first..=last).contains(&spot.column));
    let all: Vec<&Spot<'_>> = run.iter().chain(within).filter(|spot| heads(spot)).collect();
    let columns = all.iter().filter_map(|spot| Some((kind(spot.label?)?, spot.column))).collect();
    Some(Heading {
        top: row,
        bottom,
        first: all.iter().map(|spot| spot.column).min().unwrap_or(first),
        last: all.iter().map(|spot| spot.column).max().unwrap_or(last).max(last),
        kinds: Kinds::of(all.iter().copied()),
        plain: Kinds::of(all.iter().copied().filter(|spot| label::is_plain(&spot.key))),
        columns,
    })
}

/// First and last labelled column, with what is merged.
fn extent(grid: &Grid<'_>, run: &[Spot<'_>]) -> Option<(u32, u32)> {
    let labelled = || run.iter().filter(|spot| spot.label.is_some());
    let first = labelled().next()?.column;
    let last = labelled().next_back()?;
    let merged = grid.merged_at(last.row, last.column);
    Some((first, merged.map_or(last.column, |merged| merged.last_column)))
}

/// A label that is no value: 「実施日：平日」 says what the day is, 「人数変更」 is a remark.
fn heads(spot: &Spot<'_>) -> bool {
    if spot.label.is_none() {
        return false;
    }
    let named = spot.key.split_once(':').is_some_and(|(before, tail)| {
        !tail.is_empty() && !before.contains(['(', '[', '【', '〔', '「', '<'])
    });
    !named && !REMARKS.iter().any(|word| spot.key.ends_with(word))
}

fn is_heading_only(spots: &[Spot<'_>]) -> bool {
    !spots.is_empty() && spots.iter().all(|spot| spot.is_text() && spot.label.is_some())
}

/// Does the row below divide columns of the heading? It holds no values there, and says of a count or a time which
/// it is. What stands beside the heading is no matter.
fn divides(grid: &Grid<'_>, calendar: &Calendar, row: u32, run: &[Spot<'_>]) -> bool {
    let Some((first, last)) = extent(grid, run) else { return false };
    let spots = grid.row_between(row + 1, first, last);
    if spots.is_empty() || spots.iter().any(|spot| is_data(spot, calendar)) {
        return false;
    }
    // （月日）（24時間）（人）
    if spots.iter().all(|spot| spot.key.starts_with('(') && spot.key.ends_with(')')) {
        return true;
    }
    let own = Kinds::of(spots.iter());
    if own.number() >= 2 && own.date {
        return false;
    }
    // A lone 「１回目」 is a title over the rows below, not part of the heading.
    let parts = |label: Label| {
        label.is_count()
            || matches!(label.class, Some(Class::Start | Class::End))
            || (label.class.is_none() && spots.len() > 1)
    };
    // 「公開枠」 under 接種日 is a title over the rows below.
    let is_title = |spot: &Spot<'_>| {
        spot.label.is_some_and(|label| label.is_count())
            && grid.at(row, spot.column).and_then(|above| above.label).is_some_and(|above| {
                above.class.is_some_and(|class| {
                    !matches!(class, Class::Count | Class::Public | Class::Private | Class::Division)
                })
            })
    };
    let labels: Vec<Label> = spots.iter().filter(|spot| heads(spot)).filter_map(|spot| spot.label).collect();
    labels.iter().copied().any(parts)
        && !spots.iter().any(is_title)
        // A row of remarks has more to say than headings.
        && labels.len() * 2 >= spots.len()
}

impl Heading {
    pub fn meets(&self, table: &Table) -> bool {
        self.first <= table.last_column() && self.last >= table.first_column()
    }

    /// May this heading end the list above it? Not in a row of that list's own.
    pub fn follows(&self, grid: &Grid<'_>, calendar: &Calendar, above: &Table) -> bool {
        let columns = above.first_column().min(self.first)..=above.last_column().max(self.last);
        let is_row = (self.top..=self.bottom)
            .flat_map(|row| grid.row_between(row, *columns.start(), *columns.end()))
            .any(|spot| is_data(spot, calendar));
        !is_row && (self.plain.number() >= 2 || !above.is_complete())
    }

    /// All that a list needs, or something below that fits.
    pub fn has_rows(&self, grid: &Grid<'_>, calendar: &Calendar) -> bool {
        let fits = |row: u32| {
            let mut held = Kinds::default();
            for (kind, column) in &self.columns {
                let Some(spot) = grid.at(row, *column) else { continue };
                match kind {
                    Kind::Date => held.date |= spot.is_date(calendar),
                    Kind::Time => held.time |= spot.is_time(),
                    Kind::Count => {
                        held.count |=
                            matches!(count::read(&spot.cell.value).read, Read::Value(number) if number > 0);
                    }
                }
            }
            held.number() >= 2
        };
        self.kinds.number() == 3
            || grid.rows_between(self.bottom + 1, self.bottom.saturating_add(SAMPLE_ROWS)).any(fits)
    }
}
