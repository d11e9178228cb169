//! Pure: the rows of a list table.

mod left_out;
mod parts;
mod span;
mod strange;
mod title;

use jiff::civil::{Date, Time, Weekday};

use self::span::Spans;
use self::title::{Beside, HalfColumn, gone_columns, half_above, named_by_sheet, title_above};
use smol_str::SmolStr;

use super::half::{self, Said};
use super::loose::{has_content, is_sample_mark, note_unplaced};
use super::plan::{self, Plan};
use super::sheet::{
    Area, Context, Found, Told, blank, carried, count_at, count_entry, entry, is_ditto, is_empty_reference,
};
use super::written::{Written, found_visibility};
use super::{Entry, Observation, Row, Trouble, fields, loose, sheet};
use crate::campaign::Dose;
use crate::inspection::layout::grid::{Grid, Spot};
use crate::inspection::layout::label::{self, Class};
use crate::inspection::layout::mark::Half;
use crate::inspection::layout::segment::{Column, Hint};
use crate::inspection::layout::table::Table;
use crate::inspection::normalize::date::Month;
use crate::inspection::normalize::{Read, Reading, Remark, count, dose, serial, token};
use crate::inspection::verdict::{Place, Visibility};
use crate::inspection::workbook::{Strike, Value};

/// Reads every list of the table into `found`.
pub fn read(grid: &Grid<'_>, table: &Table, context: &Context, found: &mut Found) {
    let mut last_used = table.bottom;
    for (index, segment) in table.segments.iter().enumerate() {
        let left = if index == 0 { table.left } else { segment.first };
        if let Some(sample) = loose::sample_title(grid, table, (left, segment.last), &context.calendar) {
            left_out::note_sample(grid, table, (segment, sample), found);
            continue;
        }
        let missing = segment.missing();
        if !missing.is_empty() {
            found.unused_content |= has_content(grid, table, segment, context);
            found.miss(missing);
            continue;
        }
        let rivals = plan::rivals(grid, table, segment, context);
        if !rivals.is_empty() {
            let sheet = grid.name.clone();
            found.unused_content = true;
            let seen = Observation::RivalCounts { sheet, labels: rivals };
            if !found.observations.contains(&seen) {
                found.observations.push(seen);
            }
            continue;
        }
        let Some(plan) = Plan::of(grid, table, segment, context) else {
            found.unused_content |= has_content(grid, table, segment, context);
            found.miss(vec!["公開枠数／非公開枠数".to_string()]);
            continue;
        };
        found.visibility.extend(plan.visibilities());
        let right = if index + 1 == table.segments.len() { table.right } else { segment.last };
        let spans = Spans::of(grid, table, &plan, context);
        let mut reader = Reader {
            grid,
            spans,
            context,
            plan,
            left,
            right,
            gone_columns: gone_columns(grid, table),
            struck_heads: grid
                .between(table.top, table.bottom)
                .iter()
                .filter(|spot| spot.cell.strike == Strike::Part)
                .collect(),
            section: title_above(grid, segment),
            sheet_says: named_by_sheet(grid, segment),
            half: half_above(grid, segment, context),
            half_column: None,
            kind_above: None,
            doubtful: false,
            above: None,
            above_start: None,
            dose: segment.dose.clone(),
            month: segment.month,
            found,
        };
        let first = reader.found.rows.len();
        for row in grid.rows_between(table.bottom + 1, table.end) {
            if reader.row(row) {
                last_used = last_used.max(row);
            }
        }
        reader.note_strange_columns(table, first);
    }
    note_unplaced(grid, table, context, found);
    found.areas.push(Area {
        top: table.top,
        bottom: last_used,
        left: table.first_column(),
        right: table.last_column(),
    });
}

struct Reader<'r, 'g> {
    grid: &'r Grid<'g>,
    context: &'r Context,
    plan: Plan<'r>,
    /// Headings over several columns.
    spans: Spans,
    /// First column whose texts (合計) speak of this list.
    left: u32,
    /// Last column whose texts do.
    right: u32,
    /// Columns headed 取消 or 削除.
    gone_columns: Vec<u32>,
    /// Headings that are struck in part: 「非公開枠数」 without its 「非」 names the other kind.
    struck_heads: Vec<&'r Spot<'g>>,
    /// The visibility, and the half of the day, that the last title over rows named.
    section: Option<Hint<Visibility>>,
    /// The visibility that the sheet's name tells, against the only count column.
    sheet_says: Option<Visibility>,
    half: Option<Hint<Half>>,
    half_column: Option<HalfColumn>,
    /// What the column of 公開 and 非公開 said last: blanks below it in one block say the same.
    kind_above: Option<Visibility>,
    /// That visibility may be another list's.
    doubtful: bool,
    /// The last row that was read (zero-based): what is carried down comes from it. It stands last in `found`.
    above: Option<u32>,
    above_start: Option<Time>,
    dose: Option<Hint<Dose>>,
    month: Option<Month>,
    found: &'r mut Found,
}

impl Reader<'_, '_> {
    fn above(&self) -> Option<&Row> {
        self.found.rows.last().filter(|_| self.above.is_some())
    }

    /// Reads one row; true when it belongs to the table (a row of data or a sum).
    fn row(&mut self, row: u32) -> bool {
        let spots = self.grid.row_between(row, self.left, self.plan.segment.last);
        if spots.is_empty() && self.left > 0 {
            self.band(row);
            return false;
        }
        if self.under_labels(row, spots) {
            return false;
        }
        if self.is_title(spots) {
            self.doubtful = spots.iter().any(|spot| spot.cell.strike == Strike::Part);
            return false;
        }
        if self.repeats_slot(row) {
            return true;
        }
        let beside = self.beside(row);
        let (written, half) = self.written(row, &beside);
        let dated = written.typed_date && written.date.value().is_some();
        let timed = written.typed_start && written.start.value().is_some();
        let note = self.plan.segment.column(Class::Note).map(|column| column.column);
        let outside_note = || spots.iter().filter(|spot| Some(spot.column) != note);
        if !(dated && timed) {
            // A field below the table, its value in whatever column stands beside the label.
            let bare = (written.date.is_blank() && written.start.is_blank()) || !written.has_count();
            let labels = spots.iter().rev().skip(1).filter(|spot| bare || Some(spot.column) != note);
            if outside_note().chain(labels).any(fields::is_label) && !self.offers(row, dated, timed) {
                return false;
            }
            let estimated = written.start.remarks.contains(&Remark::Estimated);
            let clocked = timed && !estimated;
            if let Some(sum) = outside_note().find(|spot| !clocked && self.sums(spot, dated, timed)) {
                self.sum(row, sum);
                return true;
            }
            if !timed && self.is_remark(spots) {
                return false;
            }
        }
        if let Some(sample) = spots.iter().find(|spot| is_sample_mark(spot)) {
            let place = self.grid.place(sample.row, sample.column);
            self.found.observations.push(Observation::Sample { place, raw: sample.text.clone() });
            return true;
        }
        if self.says_nothing(spots, &written) {
            self.note_told(spots);
            return false;
        }
        self.accept(row, written, beside, half.as_ref());
        true
    }

    fn written(&mut self, row: u32, beside: &Beside) -> (Written, Option<Said>) {
        let (mut date, day_name) = self.one_date(row);
        let (mut start, mut span_end) = self.start(row, date.value());
        let half = self.half_of(row, beside, date.value());
        if let Some(half) = &half {
            half::apply(half, &mut start, span_end.as_mut());
        }
        let (public, private) = self.counts(row);
        let plan = &self.plan;
        let typed = |column: &Column| self.grid.at(row, column.column).is_some_and(|spot| !spot.formula());
        self.with_moment(row, &mut date, start.value());
        let written = Written {
            typed_date: typed(plan.date) && !plan.segment.shares,
            typed_start: typed(plan.start) && !plan.segment.shares_start,
            date,
            day_name,
            start,
            span_end,
            public,
            private,
        };
        (written, half)
    }

    fn date(&self, row: u32, column: &Column) -> (Entry<Date>, Option<Weekday>) {
        let place = self.grid.place(row, column.column);
        let month = self.row_month(row);
        let Some(spot) = self.grid.covering(row, column.column) else {
            return (blank(place, column.heading.clone()), None);
        };
        if spot.row < row {
            let (source, day_name) = self.date_at(spot, column, month.0);
            let raw = source.raw.clone();
            return (carried(&source, place, raw, false, true), day_name);
        }
        if is_ditto(spot) {
            return (self.ditto(spot, &column.heading, |above| Some(&above.date)), None);
        }
        let (mut entry, day_name) = self.date_at(spot, column, month.0);
        if month.1 && entry.value().is_some() {
            entry.remarks.retain(|remark| *remark != Remark::Estimated);
            entry.remarks.push(Remark::NoYear);
        }
        (entry, day_name)
    }

    /// The month over a bare day, and whether it stands in the row itself (a 月 column).
    fn row_month(&self, row: u32) -> (Option<Month>, bool) {
        let Some(column) = self.plan.month else { return (self.month, false) };
        let number = |spot: &Spot<'_>| match &spot.cell.value {
            Value::Number(number) => serial::whole(*number).and_then(|month| i8::try_from(month).ok()),
            Value::Text(_) => spot.key.trim_end_matches('月').parse().ok(),
            _ => None,
        };
        let own = self.grid.at(row, column.column).and_then(number);
        let known = own.or_else(|| {
            // Written once for the rows below.
            (self.plan.segment.column(Class::Month).map_or(0, |heading| heading.row) + 1..row)
                .rev()
                .take(400)
                .find_map(|above| self.grid.at(above, column.column).and_then(number))
        });
        let month = known.filter(|month| (1..=12).contains(month)).map(|month| Month { year: None, month });
        (month.or(self.month), own.is_some())
    }

    fn ditto<T: Told>(
        &self,
        spot: &Spot<'_>,
        heading: &SmolStr,
        of: impl Fn(&Row) -> Option<&Entry<T>>,
    ) -> Entry<T> {
        let place = self.grid.place(spot.row, spot.column);
        let raw = spot.text.clone();
        match self.above().and_then(of) {
            Some(above) if !above.is_blank() => carried(above, place, raw, true, false),
            _ => entry(place, heading.clone(), raw, Reading::not(Trouble::Unreadable)),
        }
    }

    fn start(&self, row: u32, date: Option<Date>) -> (Entry<Time>, Option<Time>) {
        let column = self.plan.start;
        let place = self.grid.place(row, column.column);
        let from = self.grid.covering(row, column.column).map_or(row, |spot| spot.row);
        if let Some((source, end)) = self.spanned_time(from, column, date) {
            let raw = source.raw.clone();
            return if from < row { (carried(&source, place, raw, false, true), end) } else { (source, end) };
        }
        let Some(spot) = self.grid.covering(row, column.column).filter(|spot| !is_empty_reference(spot))
        else {
            return (blank(place, column.heading.clone()), None);
        };
        if spot.row == row && is_ditto(spot) {
            return (self.ditto(spot, &column.heading, |above| Some(&above.start)), None);
        }
        let (source, end) = self.time_at(spot, column, date);
        let source = self.with_minutes(row, spot, source);
        if spot.row < row {
            let raw = source.raw.clone();
            return (carried(&source, place, raw, false, true), end);
        }
        (source, end)
    }

    fn counts(&self, row: u32) -> (Option<Entry<u32>>, Option<Entry<u32>>) {
        let struck = |spot: &Spot<'_>, column: &Column| {
            let raw = serial::written(&spot.cell.value);
            let place = self.grid.place(spot.row, spot.column);
            entry(place, column.heading.clone(), raw, Reading::not(Trouble::PartlyStruck))
        };
        let one = |column: &Column, of: fn(&Row) -> Option<&Entry<u32>>| {
            let counted = || self.grid.covering(row, column.column).is_some();
            if let Some(head) =
                self.struck_heads.iter().find(|head| head.column == column.column).filter(|_| counted())
            {
                return struck(head, column);
            }
            if let Some(spot) = self.grid.at(row, column.column).filter(|spot| is_ditto(spot)) {
                return self.ditto(spot, &column.heading, of);
            }
            if let Some(spanned) = self.spanned_count(row, column) {
                return spanned;
            }
            if let Some(first) = self.one_slot(row, column) {
                return count_at(self.grid, first, &column.heading);
            }
            count_entry(self.grid, row, column.column, &column.heading, |at| self.plan.is_count_column(at))
        };
        let section = self.section.as_ref().map(|hint| hint.value);
        let general = self.plan.general.then(|| self.plan.public.or(self.plan.private)).flatten();
        if let Some((count, kind)) = self.plan.by_row.or(general.map(|count| (count, None))) {
            let said = kind.and_then(|kind| self.grid.covering(row, kind));
            if let Some(said) = said.filter(|said| said.cell.strike == Strike::Part)
                && self.grid.covering(row, count.column).is_some()
            {
                return (Some(struck(said, count)), None);
            }
            let own = said.and_then(|spot| label::visibility_mentioned(&spot.key));
            let repeats = kind.is_some() && said.is_none_or(|said| said.row == row && is_ditto(said));
            let carried = || self.kind_above.filter(|_| repeats && self.follows_above(row));
            let said = own.or(section).or_else(carried);
            let told = if self.plan.public.is_some() { Visibility::Public } else { Visibility::Private };
            return match said.or(general.map(|_| told)) {
                Some(Visibility::Public) => (Some(one(count, |above| above.public.as_ref())), None),
                Some(Visibility::Private) => (None, Some(one(count, |above| above.private.as_ref()))),
                None => (None, None),
            };
        }
        let mut public = self.plan.public.map(|column| one(column, |above| above.public.as_ref()));
        let mut private = self.plan.private.map(|column| one(column, |above| above.private.as_ref()));
        sheet::fill_the_other(&mut public, &mut private);
        (public, private)
    }

    /// Rows with nothing to judge: numbers, formulas and notes only, closed days, stray zeros.
    fn says_nothing(&self, spots: &[Spot<'_>], written: &Written) -> bool {
        let counted = written.has_count();
        if !counted && !written.typed_start && !written.typed_date {
            return !self.is_unattributed(spots);
        }
        let has_start = !written.start.is_blank();
        let date_says = !written.date.is_blank() && written.date.trouble() != Some(&Trouble::Unreadable);
        if !counted && !has_start && !date_says {
            return true;
        }
        if !has_start && written.date.is_blank() {
            let typed =
                |column: &Column| spots.iter().any(|spot| spot.column == column.column && !spot.formula());
            let by_hand = [self.plan.public, self.plan.private].into_iter().flatten().any(typed)
                || self.plan.by_row.is_some_and(|(count, _)| typed(count));
            let wordy = written.counts().all(|count| {
                count.value() == Some(0)
                    || count.is_blank()
                    || !count
                        .raw
                        .chars()
                        .any(|ch| token::key(&ch.to_string()).chars().any(|ch| ch.is_ascii_digit()))
            });
            return written.no_more_than_zero() || !by_hand || wordy;
        }
        written.no_more_than_zero() && count::is_zero_word(&token::key(&written.start.raw))
    }

    /// A count with neither 公開 nor 非公開 beside it, in a list that says it row by row.
    fn is_unattributed(&self, spots: &[Spot<'_>]) -> bool {
        self.plan
            .by_row
            .is_some_and(|(count, _)| spots.iter().any(|spot| spot.column == count.column && !spot.formula()))
    }

    fn accept(&mut self, row: u32, mut written: Written, beside: Beside, half: Option<&Said>) {
        if self.doubtful && written.counts().any(|count| count.value().is_some_and(|people| people > 0)) {
            self.found.miss(vec!["公開枠数／非公開枠数".to_string()]);
        }
        if self.plan.general {
            found_visibility(self.found, &written);
        }
        if let Some((count, kind)) = self.plan.by_row {
            found_visibility(self.found, &written);
            if written.public.is_none() && written.private.is_none() {
                if kind.is_none() {
                    self.found.miss(vec!["公開枠数／非公開枠数".to_string()]);
                    self.found.unused_content = true;
                } else if let Some(spot) = self.grid.at(row, count.column)
                    && !matches!(count::read(&spot.cell.value).read, Read::Value(0))
                {
                    let place = self.grid.place(row, count.column);
                    let raw = serial::written(&spot.cell.value);
                    self.found.observations.push(Observation::Unattributed { place, raw });
                }
                return;
            }
        }
        if written.date.is_blank() {
            self.carry_date(row, &mut written);
        }
        let mut end = self.end(row, &written);
        if let (Some(end), Some(half)) = (&mut end, half) {
            half::apply_to_end(half, end);
        }
        let kind = self.kind_entry(row, &written);
        let reading = Row {
            sheet: self.grid.name.clone(),
            row: row + 1,
            weekday: self.weekday(row, &written),
            dose: self.dose_entry(row),
            end,
            note: self.note(row),
            section: self.section_entry(),
            beside: kind.or(beside.visibility),
            gone: beside.gone,
            hidden: self.grid.row_is_hidden(row),
            struck: self.is_struck(row),
            date: written.date,
            start: written.start,
            public: written.public,
            private: written.private,
        };
        let start_above = self.above_start.filter(|_| self.follows_above(row));
        self.above_start = reading.start.value().or(start_above);
        self.above = Some(row);
        self.found.rows.push(reading);
    }

    fn follows_above(&self, row: u32) -> bool {
        self.above.is_some_and(|above| above + 1 == row)
    }

    /// A blank date below a date, in one block, with a later time: the same day.
    fn carry_date(&self, row: u32, written: &mut Written) {
        let Some(above) = self.above().filter(|above| self.follows_above(row) && !above.date.is_blank())
        else {
            return;
        };
        let later = match (self.above_start, &written.start.read) {
            (Some(before), Read::Value(start)) => *start > before,
            (_, Read::Not(_)) => true,
            _ => false,
        };
        if later {
            written.date = carried(&above.date, written.date.place.clone(), SmolStr::default(), false, false);
        }
    }

    fn dose_entry(&self, row: u32) -> Option<Entry<Dose>> {
        let typed = self.plan.dose.as_ref().map(|column| self.typed_dose(row, column));
        if typed.as_ref().is_some_and(|entry| !entry.is_blank()) {
            return typed;
        }
        if let Some((column, dose)) = self.plan.heading_dose() {
            let place = self.grid.place(column.row, column.column);
            return Some(entry(place, "", column.heading.clone(), Reading::value(dose)));
        }
        if let Some(hint) = &self.dose {
            return Some(sheet::hinted(self.grid, hint));
        }
        if let Some(dose) = self.context.dose {
            let name = self.grid.name;
            return Some(entry(Place::sheet(name), "", name.clone(), Reading::value(dose)));
        }
        typed
    }

    fn typed_dose(&self, row: u32, column: &Column) -> Entry<Dose> {
        let place = self.grid.place(row, column.column);
        let Some(spot) = self.grid.covering(row, column.column).filter(|spot| !spot.formula()) else {
            return blank(place, column.heading.clone());
        };
        if spot.row == row && is_ditto(spot) {
            let above = self.above().and_then(|above| above.dose.as_ref());
            return match above.filter(|above| !above.is_blank()) {
                Some(above) => carried(above, place, spot.text.clone(), true, false),
                None => blank(place, column.heading.clone()),
            };
        }
        let raw = serial::written(&spot.cell.value);
        let read = entry(place.clone(), column.heading.clone(), raw.clone(), dose::read(&spot.cell.value));
        if spot.row < row { carried(&read, place, raw, false, true) } else { read }
    }
}
