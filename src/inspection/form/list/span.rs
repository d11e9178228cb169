//! Pure: one value that stands in several columns: under a heading that is merged over them, or with columns beside it
//! that nothing heads. Parts that make one value are read together; others are asked back, never dropped.

use jiff::civil::{Date, Time};
use smol_str::{SmolStr, SmolStrBuilder};

use super::Reader;
use crate::inspection::form::plan::Plan;
use crate::inspection::form::sheet::{Context, count_entry, entry, time_entry};
use crate::inspection::form::{Entry, Trouble, WeekdayEntry};
use crate::inspection::layout::grid::{Grid, Spot};
use crate::inspection::layout::label::Class;
use crate::inspection::layout::segment::Column;
use crate::inspection::layout::table::Table;
use crate::inspection::normalize::time::Span;
use crate::inspection::normalize::{Read, Reading, Remark, count, date, serial, time, token, weekday};
use crate::inspection::workbook::Value;

/// A heading over more columns than this is a title.
const MAX_WIDTH: u32 = 8;
/// A second time within so many minutes is the end of the slot; further away it may be a slot of its own.
const LONGEST_SLOT: i64 = 240;

/// The columns that belong to a heading beside the one below its first cell.
pub(super) struct Spans(Vec<Wide>);

struct Wide {
    column: u32,
    /// The heading is merged up to here.
    merged: u32,
    others: Vec<u32>,
}

impl Spans {
    pub(super) fn of(grid: &Grid<'_>, table: &Table, plan: &Plan<'_>, context: &Context) -> Self {
        let kind = plan.by_row.and_then(|(_, kind)| kind);
        let counts = [plan.public, plan.private, plan.by_row.map(|(count, _)| count)];
        let roles = [Some(plan.date), Some(plan.start), plan.segment.column(Class::End)];
        let last = plan.segment.columns.values().map(|column| column.column).max().unwrap_or(0);
        let headed = |column: u32| {
            (table.top..=table.bottom).any(|row| grid.at(row, column).is_some())
                || kind == Some(column)
                || plan.dose.as_ref().is_some_and(|dose| dose.column == column)
        };
        // In a form for both kinds with a column for one, what nothing heads may be the other kind's.
        let whole = context.visibility.is_some() || (plan.public.is_some() && plan.private.is_some());
        let mut spans: Vec<Wide> = Vec::new();
        for (role, counted) in
            roles.into_iter().map(|role| (role, false)).chain(counts.map(|count| (count, true)))
        {
            let Some(role) = role.filter(|role| spans.iter().all(|known| known.column != role.column)) else {
                continue;
            };
            let end = grid.merged_at(role.row, role.column).map_or(role.column, |merged| merged.last_column);
            let merged = end.min(role.column.saturating_add(MAX_WIDTH));
            let mut others: Vec<u32> =
                (role.column + 1..=merged).take_while(|column| !headed(*column)).collect();
            let beside = merged + 1..=last.min(merged.saturating_add(MAX_WIDTH));
            if beside.clone().any(headed) {
                others.extend(beside.take_while(|column| !headed(*column)));
            } else if counted
                && whole
                && !headed(merged + 1)
                && are_digits(grid, table, role.column, merged + 1)
            {
                others.push(merged + 1);
            }
            if !others.is_empty() {
                spans.push(Wide { column: role.column, merged, others });
            }
        }
        Self(spans)
    }

    fn wide(&self, column: u32) -> Option<&Wide> {
        self.0.iter().find(|wide| wide.column == column)
    }

    /// Does the heading of this role stand over that column?
    pub(super) fn covers(&self, role: u32, column: u32) -> bool {
        self.wide(role).is_some_and(|wide| wide.others.contains(&column))
    }

    pub(super) fn is_merged(&self, column: u32) -> bool {
        self.0.iter().any(|wide| wide.others.contains(&column) && column <= wide.merged)
    }
}

/// 方眼紙: one digit in each cell.
fn are_digits(grid: &Grid<'_>, table: &Table, left: u32, right: u32) -> bool {
    let digit = |spot: &Spot<'_>| {
        let key = token::key(&serial::written(&spot.cell.value));
        key.len() == 1 && key.bytes().all(|byte| byte.is_ascii_digit())
    };
    let mut pairs = grid
        .rows_between(table.bottom + 1, table.end)
        .filter_map(|row| Some((grid.at(row, left)?, grid.at(row, right)?)))
        .peekable();
    pairs.peek().is_some() && pairs.all(|(one, other)| digit(one) && digit(other))
}

/// A time with its minutes: what stands beside it is no part of it.
pub(super) fn is_whole_time(spot: &Spot<'_>) -> bool {
    (spot.is_time() && !spot.key.ends_with('時')) || time::is_compact(&spot.cell.value)
}

fn has_digit(spot: &Spot<'_>) -> bool {
    !spot.is_text() || spot.key.bytes().any(|byte| byte.is_ascii_digit())
}

fn side_by_side(spots: &[&Spot<'_>]) -> SmolStr {
    let mut raw = SmolStrBuilder::new();
    for (index, spot) in spots.iter().enumerate() {
        if index > 0 {
            raw.push(' ');
        }
        raw.push_str(&serial::written_in_time_column(&spot.cell.value));
    }
    raw.finish()
}

impl<'r, 'g> Reader<'r, 'g> {
    /// The cell of a role and those beside it that are its own; `None` where nothing stands beside it.
    fn parts(&self, row: u32, column: u32) -> Option<(&Wide, Vec<&'r Spot<'g>>)> {
        let wide = self.spans.wide(column)?;
        let grid: &'r Grid<'g> = self.grid;
        let own = grid.at(row, column);
        if own.is_none() && grid.covering(row, column).is_some() {
            return None;
        }
        let others = wide.others.iter().filter_map(|other| grid.at(row, *other));
        let mut spots: Vec<&Spot<'g>> = own.into_iter().collect();
        spots.extend(others.filter(|spot| !spot.formula() && spot.row == row));
        (spots.len() > usize::from(own.is_some())).then_some((wide, spots))
    }

    fn several<T>(&self, column: &Column, spots: &[&Spot<'g>]) -> Entry<T> {
        let at = spots.first().map_or(column.column, |spot| spot.column);
        let row = spots.first().map_or(column.row, |spot| spot.row);
        let place = self.grid.place(row, at);
        entry(place, column.heading.clone(), side_by_side(spots), Reading::not(Trouble::Several))
    }

    /// 「9時|30分」「9|:|30」「9:00|9:30」 under one heading.
    pub(super) fn spanned_time(
        &self,
        row: u32,
        column: &Column,
        date: Option<Date>,
    ) -> Option<(Entry<Time>, Option<Time>)> {
        let (wide, spots) = self.parts(row, column.column)?;
        let (first, rest) = spots.split_first()?;
        if is_whole_time(first) {
            let rest: Vec<&Spot<'g>> = rest
                .iter()
                .copied()
                .filter(|spot| has_digit(spot))
                .filter(|spot| spot.column <= wide.merged || spot.is_time())
                .collect();
            let (start, end) = time_entry(self.grid, first, &column.heading, date);
            let [only] = rest.as_slice() else {
                return (!rest.is_empty()).then(|| (self.several(column, &spots), None));
            };
            let (until, further) = time_entry(self.grid, only, &column.heading, date);
            let minutes = start.value().zip(until.value()).map(|(start, until)| {
                (i64::from(until.hour()) - i64::from(start.hour())) * 60 + i64::from(until.minute())
                    - i64::from(start.minute())
            });
            let single = end.is_none() && further.is_none() && !only.key.ends_with('~');
            let ends = single && minutes.is_some_and(|minutes| minutes <= LONGEST_SLOT);
            return Some(if ends { (start, until.value()) } else { (self.several(column, &spots), None) });
        }
        // 「午前」 beside a figure of its own column is none.
        if rest.iter().any(|spot| spot.column > wide.merged) && !has_digit(first) {
            return None;
        }
        let joined = joined_time(&spots);
        let mut reading: Reading<Span> = time::read(&Value::Text(joined.into()), date);
        let own = |spot: &&&Spot<'g>| spot.column <= wide.merged && has_digit(spot);
        if !matches!(reading.read, Read::Value(_)) && !rest.iter().any(|spot| own(&spot)) {
            return None;
        }
        reading.remarks.retain(|remark| !matches!(remark, Remark::Estimated));
        let (read, end) = match reading.read {
            Read::Value(span) => (Read::Value(span.start), span.end),
            Read::Blank => (Read::Blank, None),
            Read::Not(trouble) => (Read::Not(trouble), None),
        };
        let place = self.grid.place(first.row, first.column);
        let start = Reading { read, remarks: reading.remarks };
        Some((entry(place, column.heading.clone(), side_by_side(&spots), start), end))
    }

    /// 「10月|25日」 under one heading; two dates there are two values.
    pub(super) fn spanned_date(&self, row: u32) -> Option<Entry<Date>> {
        let column = self.plan.date;
        let (wide, spots) = self.parts(row, column.column)?;
        let (first, rest) = spots.split_first()?;
        let calendar = &self.context.calendar;
        let read = |value: &Value| date::read(value, calendar, None).reading;
        if first.is_date(calendar) {
            let own = read(&first.cell.value).read;
            let differs = |spot: &&&Spot<'g>| {
                let certain = spot.is_date(calendar);
                let merged = spot.column <= wide.merged && has_digit(spot);
                let clock = spot.is_time();
                (certain || (merged && !clock)) && read(&spot.cell.value).read != own
            };
            return rest.iter().any(|spot| differs(&spot)).then(|| self.several(column, &spots));
        }
        if !rest.iter().any(|spot| has_digit(spot)) {
            return None;
        }
        let reading = read(&Value::Text(joined_with(&spots, '/').into()));
        if !matches!(reading.read, Read::Value(_)) && !rest.iter().any(|spot| spot.column <= wide.merged) {
            return None;
        }
        let place = self.grid.place(first.row, first.column);
        Some(entry(place, column.heading.clone(), side_by_side(&spots), reading))
    }

    /// A weekday beside the date, under the date's heading or none.
    pub(super) fn spanned_weekday(&self, row: u32) -> Option<WeekdayEntry> {
        let (_, spots) = self.parts(row, self.plan.date.column)?;
        // 「10|月|26|日」 names no weekday.
        let whole = |spot: &&Spot<'g>| spot.is_date(&self.context.calendar);
        spots.first().copied().filter(|first| whole(first))?;
        let named = spots.into_iter().skip(1).find(|spot| weekday::parse(&spot.key).is_some())?;
        let raw = serial::written(&named.cell.value);
        let place = self.grid.place(named.row, named.column);
        Some(entry(place, "曜日", raw, weekday::read(&named.cell.value)))
    }

    /// 「6|人」 is 6; 「6|～|8」「1|2」 are no count.
    pub(super) fn spanned_count(&self, row: u32, column: &Column) -> Option<Entry<u32>> {
        let (wide, spots) = self.parts(row, column.column)?;
        // Beyond the heading only a figure that is a count itself may be part of one.
        let counts = |spot: &Spot<'g>| match count::read(&spot.cell.value).read {
            Read::Value(_) => has_digit(spot),
            _ => false,
        };
        let figures: Vec<&Spot<'g>> = spots
            .iter()
            .copied()
            .filter(|spot| if spot.column <= wide.merged { has_digit(spot) } else { counts(spot) })
            .collect();
        let open = !figures.is_empty() && spots.iter().skip(1).any(|spot| spot.key == "~");
        match figures.as_slice() {
            [only] if !open => {
                let elsewhere = only.column != column.column && only.column <= wide.merged;
                let own = self.grid.at(row, column.column).is_some();
                let read =
                    || count_entry(self.grid, row, only.column, &column.heading, |at| at == only.column);
                (elsewhere && !own).then(read)
            }
            [] => None,
            _ => Some(self.several(column, &spots)),
        }
    }
}

/// The parts of a time as one text: a colon between bare figures, minutes with two digits.
fn joined_time(spots: &[&Spot<'_>]) -> String {
    let mut joined = String::new();
    for spot in spots {
        let part = token::key(&serial::written_in_time_column(&spot.cell.value));
        let bare = part.bytes().all(|byte| byte.is_ascii_digit());
        if bare && joined.ends_with(|ch: char| ch.is_ascii_digit()) {
            joined.push(':');
        }
        if bare && part.len() == 1 && joined.ends_with(':') {
            joined.push('0');
        }
        joined.push_str(&part);
    }
    joined
}

fn joined_with(spots: &[&Spot<'_>], sign: char) -> String {
    let mut joined = String::new();
    for spot in spots {
        let part = token::key(&serial::written(&spot.cell.value));
        let bare = part.starts_with(|ch: char| ch.is_ascii_digit());
        if bare && joined.ends_with(|ch: char| ch.is_ascii_digit()) {
            joined.push(sign);
        }
        joined.push_str(&part);
    }
    joined
}
