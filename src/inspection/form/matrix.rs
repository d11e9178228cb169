//! Pure: the body cells of a date × time matrix, one row of the form each.

mod totals;

use std::collections::BTreeMap;

use jiff::civil::{Date, Time};
use smol_str::{SmolStr, format_smolstr};

use super::half::{self, Said};
use super::sheet::{
    self, Area, Context, Found, blank, carried, count_entry, date_entry, entry, is_ditto, time_entry,
};
use super::{Entry, Observation, Remark, Row, WeekdayEntry, fields};
use crate::inspection::layout::axes::{Block, DateColumn, TimeRow};
use crate::inspection::layout::grid::{Grid, Spot};
use crate::inspection::normalize::date::Calendar;
use crate::inspection::normalize::{Read, Reading, Trouble, count, serial, token, weekday};
use crate::inspection::verdict::{Place, Visibility};
use crate::inspection::workbook::Strike;

/// Rows that one sheet may give: 32 days of slots every five minutes, of both kinds, are 18,432.
pub const MAX_ROWS: usize = 20_000;

/// Words between morning and afternoon.
const LUNCH: [&str; 6] = ["昼休み", "お昼休み", "昼休", "昼休憩", "休憩", "昼"];

/// Reads a block, [`trimmed`] already, into `found`.
pub fn read(grid: &Grid<'_>, block: &Block, context: &Context, found: &mut Found) {
    let mut dates = Vec::new();
    let mut marks = Marks { gone: gone_marks(grid, block), above: Above::of(grid) };
    for column in &block.columns {
        dates.push(date_of(grid, block, column, context));
    }
    let mut before: Option<Timed> = None;
    for row in &block.rows {
        // One more than are kept shows that there was more.
        if found.rows.len() > MAX_ROWS {
            break;
        }
        if row.total {
            marks.above.last.clear();
            note_total(grid, row, found);
            continue;
        }
        let timed = time_of(grid, block, row, before.as_ref(), context);
        for (column, date) in block.columns.iter().zip(&dates) {
            body_cell(grid, block, (row, &timed), (column, date), &mut marks, context, found);
        }
        before = Some(timed);
    }
    totals::note(grid, block, found);
    if let Some(rival) = block.rival.and_then(|(row, column)| grid.at(row, column)) {
        let raw = serial::written_in_date_column(&rival.cell.value, context.calendar.epoch_1904);
        found.observations.push(Observation::Unplaced { place: grid.place(rival.row, rival.column), raw });
    }
    found.observations.extend(passed_over(grid, block, context));
    let area = area(grid, block);
    found.areas.push(area);
    found.blocks.push(area);
}

/// Without the header fields that stand below or beside the matrix. A label with counts of its own is none of them.
pub fn trimmed(grid: &Grid<'_>, block: &Block, calendar: &Calendar) -> Block {
    let mut block = block.clone();
    let is_label = |(row, column): (u32, u32)| {
        grid.at(row, column).is_some_and(fields::is_label) || is_field_value(grid, row, column)
    };
    let is_count = |row: u32, column: u32| {
        grid.at(row, column).is_some_and(|spot| spot.is_people(calendar))
            && !is_field_value(grid, row, column)
    };
    let rows: Vec<u32> = block.rows.iter().map(|row| row.row).collect();
    block.columns.retain(|column| {
        !column.date.is_some_and(is_label) || rows.iter().any(|row| is_count(*row, column.column))
    });
    let columns: Vec<u32> = block.columns.iter().map(|column| column.column).collect();
    block.rows.retain(|row| match row.start {
        Some(start) => !is_label(start) || columns.iter().any(|column| is_count(row.row, *column)),
        None => {
            row.total
                || columns.iter().any(|column| {
                    grid.at(row.row, *column).is_some() && !is_field_value(grid, row.row, *column)
                })
        }
    });
    block.end = block.rows.last().map_or(block.end, |row| row.row);
    block
}

/// A value beside a field's label (上限量 1200) is no count.
fn is_field_value(grid: &Grid<'_>, row: u32, column: u32) -> bool {
    let before = if grid.turned {
        row.checked_sub(1).map(|row| (row, column))
    } else {
        column.checked_sub(1).map(|column| (row, column))
    };
    before.and_then(|(row, column)| grid.at(row, column)).is_some_and(fields::is_label)
}

struct Dated {
    struck: bool,
    entry: Entry<Date>,
    weekday: Option<WeekdayEntry>,
}

struct Timed {
    struck: bool,
    start: Entry<Time>,
    end: Option<Entry<Time>>,
    visibility: Option<Visibility>,
    /// The row names a half of the day, which was applied.
    halved: bool,
}

/// What one body cell needs to know of the others.
struct Marks<'g, 's> {
    gone: Vec<&'g Spot<'s>>,
    above: Above,
}

/// The count last read in each line that the clinic sees as a column, where the sheet says 〃 anywhere.
struct Above {
    used: bool,
    last: BTreeMap<u32, (Option<Visibility>, Entry<u32>)>,
}

impl Above {
    fn of(grid: &Grid<'_>) -> Self {
        Self { used: grid.words().any(|word| token::is_ditto(&word.key)), last: BTreeMap::new() }
    }

    /// 〃 below a count of the same kind.
    fn taken_over(
        &mut self,
        line: u32,
        told: Option<Visibility>,
        spot: &Spot<'_>,
        count: Entry<u32>,
    ) -> Entry<u32> {
        if !self.used {
            return count;
        }
        let above = self.last.get(&line).filter(|(other, above)| *other == told && above.value().is_some());
        let count = match above {
            Some((_, above)) if is_ditto(spot) => carried(above, count.place, count.raw, true, false),
            _ => count,
        };
        self.last.insert(line, (told, count.clone()));
        count
    }
}

/// Texts beside the body that say that a row or a column is gone.
fn gone_marks<'g, 's>(grid: &'g Grid<'s>, block: &Block) -> Vec<&'g Spot<'s>> {
    if !grid.words().any(|word| word.mark.gone) {
        return Vec::new();
    }
    let marks = grid.between(block.top, block.end.saturating_add(2)).iter();
    marks
        .filter(|spot| spot.mark.gone && (block.left..=block.right).contains(&spot.column))
        .filter(|spot| {
            !(block.rows.iter().any(|row| row.row == spot.row)
                && block.columns.iter().any(|column| column.column == spot.column && column.date.is_some()))
        })
        .collect()
}

fn date_of(grid: &Grid<'_>, block: &Block, column: &DateColumn, context: &Context) -> Dated {
    let spot = column.date.and_then(|(row, column)| grid.at(row, column));
    let Some(spot) = spot else {
        return Dated {
            entry: blank(grid.place(block.date_row, column.column), "接種日"),
            weekday: None,
            struck: false,
        };
    };
    let (mut date, named) =
        date_entry(grid, spot, &SmolStr::new_static("接種日"), &context.calendar, column.month);
    if column.month_is_own && date.value().is_some() && date.remarks.contains(&Remark::Estimated) {
        date.remarks.retain(|remark| *remark != Remark::Estimated);
        date.remarks.push(Remark::NoYear);
    }
    if date.trouble() == Some(&Trouble::Unreadable) && named_weekday(spot) {
        date.read = Read::Not(Trouble::DateRange);
    }
    let below = column.weekday.and_then(|(row, column)| grid.at(row, column)).map(|spot| {
        let raw = serial::written(&spot.cell.value);
        entry(grid.place(spot.row, spot.column), "曜日", raw, weekday::read(&spot.cell.value))
    });
    let in_date = named.map(|day| entry(date.place.clone(), "接種日", date.raw.clone(), Reading::value(day)));
    Dated { entry: date, weekday: below.or(in_date), struck: is_struck(spot) }
}

fn time_of(
    grid: &Grid<'_>,
    block: &Block,
    row: &TimeRow,
    before: Option<&Timed>,
    context: &Context,
) -> Timed {
    let visibility = row.visibility.as_ref().map(|hint| hint.value);
    let unnamed = SmolStr::new_static("接種時刻");
    let heading = if block.time_heading.is_empty() { &unnamed } else { &block.time_heading };
    let Some(spot) = row.start.and_then(|(row, column)| grid.at(row, column)) else {
        // 公開 and 非公開 rows under one time that was written once.
        let same = before.filter(|before| visibility.is_some() && before.visibility != visibility);
        if let Some(before) = same {
            return Timed {
                start: before.start.clone(),
                end: before.end.clone(),
                struck: before.struck,
                visibility,
                halved: before.halved,
            };
        }
        let start = blank(grid.place(row.row, block.label_column), heading.clone());
        return Timed { start, end: None, visibility, halved: false, struck: false };
    };
    let (mut start, mut span_end) = time_entry(grid, spot, heading, None);
    let title =
        row.half.as_ref().map(|(hint, own)| Said { half: hint.value, own: *own, raw: hint.raw.clone() });
    let by_name = || Some(Said { half: context.half?, own: false, raw: grid.name.clone() });
    let said = title.or_else(by_name);
    if let Some(said) = &said {
        half::apply(said, &mut start, span_end.as_mut());
    }
    let mut typed = row
        .end
        .and_then(|(row, column)| grid.at(row, column))
        .map(|spot| time_entry(grid, spot, &SmolStr::new_static("終了時刻"), None).0)
        .filter(|end| !end.is_blank());
    if let (Some(said), Some(end)) = (&said, &mut typed) {
        half::apply_to_end(said, end);
    }
    let end = typed.or_else(|| {
        span_end.map(|end| {
            entry(start.place.clone(), start.label.clone(), start.raw.clone(), Reading::value(end))
        })
    });
    Timed { start, end, visibility, halved: said.is_some(), struck: is_struck(spot) }
}

fn body_cell(
    grid: &Grid<'_>,
    block: &Block,
    (row, timed): (&TimeRow, &Timed),
    (column, date): (&DateColumn, &Dated),
    marks: &mut Marks<'_, '_>,
    context: &Context,
    found: &mut Found,
) {
    let section = row.section.as_ref().or(column.section.as_ref());
    let beside = row.visibility.as_ref();
    let title = beside.or(section).map(|hint| hint.value);
    let told = column.visibility.or(title).or(column.over).or(context.visibility);
    found.visibility.extend(told);
    let line = if grid.turned { row.row } else { column.column };
    let Some(spot) = grid.at(row.row, column.column) else {
        marks.above.last.remove(&line);
        return;
    };
    let heading = match told {
        Some(visibility) => format_smolstr!("{}枠数", visibility.label()),
        None => SmolStr::new_static("枠数"),
    };
    let is_count = |at| block.columns.iter().any(|column| column.column == at);
    let count = match zero_word(grid, spot, &heading) {
        Some(zero) => zero,
        None => count_entry(grid, row.row, column.column, &heading, is_count),
    };
    let count = marks.above.taken_over(line, told, spot, count);
    // A written word for none is told; a plain 0 says nothing.
    let none = count.value() == Some(0);
    if count.is_blank() || (none && count.remarks.is_empty()) || (none && told.is_none()) {
        return;
    }
    if told.is_none() {
        found.unused_content = true;
        found.miss(vec!["公開枠数／非公開枠数".to_string()]);
        // What could not be read is told all the same.
        if count.trouble().is_none() {
            return;
        }
    }
    let (public, private) =
        if told == Some(Visibility::Private) { (None, Some(count)) } else { (Some(count), None) };
    // A title or label that contradicts the heading of the column is asked back.
    let section = section.filter(|_| beside.is_none()).or(beside.filter(|_| column.visibility.is_some()));
    let mut start = timed.start.clone();
    let mut end = timed.end.clone();
    if let Some(over) = column.half.as_ref().filter(|_| !timed.halved) {
        let said = Said { half: over.value, own: false, raw: over.raw.clone() };
        half::apply(&said, &mut start, None);
        if let Some(end) = &mut end {
            half::apply_to_end(&said, end);
        }
    }
    let gone = marks.gone.iter().find(|mark| mark.row == row.row || mark.column == column.column);
    let hint = column.dose.as_ref().or(row.dose.as_ref());
    let dose = hint.map(|hint| sheet::hinted(grid, hint)).or_else(|| {
        context.dose.map(|dose| entry(Place::sheet(grid.name), "", grid.name.clone(), Reading::value(dose)))
    });
    let (sheet_row, sheet_column) =
        if grid.turned { (column.column, row.row) } else { (row.row, column.column) };
    let (hidden_row, hidden_column) = hidden(grid, (row.row, column.column));
    found.rows.push(Row {
        sheet: grid.name.clone(),
        row: sheet_row + 1,
        date: date.entry.clone(),
        weekday: date.weekday.clone(),
        dose,
        start,
        end,
        public,
        private,
        note: None,
        section: section.map(|hint| sheet::hinted(grid, hint)),
        beside: None,
        gone: gone.map(|spot| {
            let raw = serial::written(&spot.cell.value);
            entry(grid.place(spot.row, spot.column), "", raw, Reading::value(()))
        }),
        hidden: hidden_row,
        struck: is_struck(spot) || date.struck || timed.struck,
    });
    if hidden_column {
        let columns = vec![sheet::column_letters(sheet_column)];
        let seen = Observation::HiddenColumns { sheet: grid.name.clone(), columns };
        if !found.observations.contains(&seen) {
            found.observations.push(seen);
        }
    }
}

/// Is the row, or the column, hidden in which the clinic sees this cell?
fn hidden(grid: &Grid<'_>, (row, column): (u32, u32)) -> (bool, bool) {
    let (by_row, by_column) = (grid.row_is_hidden(row), grid.column_is_hidden(column));
    if grid.turned { (by_column, by_row) } else { (by_row, by_column) }
}

/// A count beside a time, in a column that belongs to no date and has no heading of its own.
fn passed_over(grid: &Grid<'_>, block: &Block, context: &Context) -> Option<Observation> {
    let known = |column: u32| {
        column == block.label_column
            || block.columns.iter().any(|known| known.column == column)
            || block.sums.contains(&column)
            || (block.date_row..block.first_row)
                .filter_map(|row| grid.covering(row, column))
                .any(|spot| spot.label.is_some_and(|label| label.class.is_some()))
    };
    let area = block.columns.iter().map(|column| column.column).chain([block.label_column]);
    let (left, right) = (area.clone().min()?, area.max()?);
    let mut cells = block
        .rows
        .iter()
        .filter(|row| !row.total && row.start.is_some())
        .flat_map(|row| grid.row_between(row.row, left, right));
    let spot = cells.find(|spot| spot.is_people(&context.calendar) && !known(spot.column))?;
    let raw = serial::written(&spot.cell.value);
    Some(Observation::Unplaced { place: grid.place(spot.row, spot.column), raw })
}

/// 月, 火 as dates: every Monday.
fn named_weekday(spot: &Spot<'_>) -> bool {
    spot.is_text() && weekday::parse(&spot.key).is_some()
}

fn is_struck(spot: &Spot<'_>) -> bool {
    spot.cell.strike == Strike::Whole
}

/// 休 and the like, also merged over the whole day.
fn zero_word(grid: &Grid<'_>, spot: &Spot<'_>, heading: &SmolStr) -> Option<Entry<u32>> {
    let lunch = LUNCH.contains(&spot.key.as_str());
    if !spot.is_text() || !(lunch || count::is_zero_word(&spot.key)) {
        return None;
    }
    let none = Reading::value(0).with(Remark::Zero);
    let reading = if lunch { none } else { count::read(&spot.cell.value) };
    Some(entry(
        grid.place(spot.row, spot.column),
        heading.clone(),
        serial::written(&spot.cell.value),
        reading,
    ))
}

/// A row of sums that the clinic sees as a row; in a turned sheet it is a column, which needs no mention.
fn note_total(grid: &Grid<'_>, row: &TimeRow, found: &mut Found) {
    if !grid.turned {
        let sheet = grid.name.clone();
        found.observations.push(Observation::TotalRow { sheet, row: row.row + 1 });
    }
}

pub fn area(grid: &Grid<'_>, block: &Block) -> Area {
    let columns = || {
        let starts = std::iter::once(block.label_column);
        block.columns.iter().map(|column| column.column).chain(block.sums.iter().copied()).chain(starts)
    };
    let (left, right) = (columns().min().unwrap_or(0), columns().max().unwrap_or(0));
    if grid.turned {
        Area { top: left, bottom: right, left: block.date_row, right: block.end }
    } else {
        Area { top: block.date_row, bottom: block.end, left, right }
    }
}
