//! Pure: a date or a time of one row that stands in several columns, and the sums below the rows.

use jiff::civil::{Date, Time, Weekday};
use smol_str::format_smolstr;

use super::Reader;
use super::span::is_whole_time;
use crate::inspection::form::loose::is_grand_total;
use crate::inspection::form::sheet::{
    blank, carried, date_entry, end_entry, entry, is_ditto, is_empty_reference, time_entry,
};
use crate::inspection::form::written::Written;
use crate::inspection::form::{Entry, Observation, Trouble, TypedTotal, WeekdayEntry, fields};
use crate::inspection::layout::grid::Spot;
use crate::inspection::layout::label::{self, Class};
use crate::inspection::layout::segment::Column;
use crate::inspection::normalize::date::Month;
use crate::inspection::normalize::{Read, Reading, Remark, count, dose, moment, serial, token, weekday};
use crate::inspection::verdict::Visibility;
use crate::inspection::workbook::{Strike, Value};

impl Reader<'_, '_> {
    /// A row of the list, though a label like 「担当：田中」 stands in it: it has a count beside a date or time (`dated`,
    /// `timed`) that is no header field's value; or the count itself is none, beside a field that has its own.
    pub(super) fn offers(&self, row: u32, dated: bool, timed: bool) -> bool {
        let plan = &self.plan;
        let at = |column: &Column| self.grid.at(row, column.column);
        let free = |column| at(column).is_some_and(|spot| !self.is_field_value(spot));
        let placed = (dated && free(plan.date)) || (timed && free(plan.start));
        let complete = |spot: &Spot<'_>| fields::is_label(spot) && !fields::is_bare_label(spot);
        let beside = || dated || timed || [plan.date, plan.start].into_iter().filter_map(at).any(complete);
        let counts = [plan.public, plan.private, plan.by_row.map(|(count, _)| count)];
        let mut spots = counts.into_iter().flatten().filter_map(at);
        spots.any(|spot| {
            if spot.formula() || fields::is_label(spot) {
                return false;
            }
            match count::read(&spot.cell.value).read {
                Read::Value(people) => people > 0 && (placed || (beside() && !self.is_field_value(spot))),
                Read::Not(_) => placed,
                Read::Blank => false,
            }
        })
    }

    /// The nearest text before it is a label without a value of its own; single characters between are 方眼紙.
    fn is_field_value(&self, spot: &Spot<'_>) -> bool {
        let before = self.grid.row_up_to(spot.row, spot.column).iter().rev().skip(1);
        let mut wide = before.skip_while(|spot| serial::written(&spot.cell.value).chars().count() == 1);
        wide.next().is_some_and(fields::is_bare_label)
    }

    /// The date of a row; where each dose has a date of its own, the one that is written.
    pub(super) fn one_date(&self, row: u32) -> (Entry<Date>, Option<Weekday>) {
        let from = self.grid.covering(row, self.plan.date.column).map_or(row, |spot| spot.row);
        if let Some(source) = self.spanned_date(from) {
            let (place, raw) = (self.grid.place(row, self.plan.date.column), source.raw.clone());
            return (if from < row { carried(&source, place, raw, false, true) } else { source }, None);
        }
        let (mut date, day_name) = self.date(row, self.plan.date);
        let Some(column) = &self.plan.segment.other_date else { return (date, day_name) };
        let (other, other_name) = self.date(row, column);
        if other.is_blank() {
            return (date, day_name);
        }
        if date.is_blank() {
            return (other, other_name);
        }
        date.raw = format_smolstr!("{}、{}", date.raw, other.raw);
        date.read = Read::Not(Trouble::Several);
        (date, None)
    }

    /// Date and time stand in one column.
    fn joined(&self) -> bool {
        self.plan.date.column == self.plan.start.column
    }

    /// A column of times alone: no title over rows stands there.
    pub(super) fn is_time_column(&self, column: u32) -> bool {
        self.plan.start.column == column && !self.joined()
    }

    pub(super) fn date_at(
        &self,
        spot: &Spot<'_>,
        column: &Column,
        month: Option<Month>,
    ) -> (Entry<Date>, Option<Weekday>) {
        let calendar = &self.context.calendar;
        let (mut date, day_name) = date_entry(self.grid, spot, &column.heading, calendar, month);
        if !self.joined() || date.trouble() == Some(&Trouble::PartlyStruck) || date.read == Read::Blank {
            return (date, day_name);
        }
        let (dated, _) = moment::read(&spot.cell.value, calendar);
        (date.read, date.remarks) = (dated.reading.read, dated.reading.remarks);
        (date, dated.weekday)
    }

    pub(super) fn time_at(
        &self,
        spot: &Spot<'_>,
        column: &Column,
        date: Option<Date>,
    ) -> (Entry<Time>, Option<Time>) {
        let (mut start, end) = time_entry(self.grid, spot, &column.heading, date);
        if !self.joined() || start.trouble() == Some(&Trouble::PartlyStruck) || start.read == Read::Blank {
            return (start, end);
        }
        let (_, time) = moment::read(&spot.cell.value, &self.context.calendar);
        let (read, end) = match time.read {
            Read::Value(span) => (Read::Value(span.start), span.end),
            Read::Blank => return (blank(start.place, column.heading.clone()), None),
            Read::Not(trouble) => (Read::Not(trouble), None),
        };
        start.raw = serial::written_in_date_column(&spot.cell.value, self.context.calendar.epoch_1904);
        (start.read, start.remarks) = (read, time.remarks);
        (start, end)
    }

    /// 「時」 and 「分」 in columns of their own.
    /// Beside a whole time the minutes are a duration, unless the time's own heading says that it is an hour.
    pub(super) fn with_minutes(&self, row: u32, source: &Spot<'_>, mut hour: Entry<Time>) -> Entry<Time> {
        let (start, minute) = (self.plan.start.column, self.plan.segment.column(Class::Minute));
        let Some(column) = minute.filter(|minute| (start..=start + 2).contains(&minute.column)) else {
            return hour;
        };
        let (Some(time), Some(spot)) = (hour.value(), self.grid.at(row, column.column)) else { return hour };
        if is_whole_time(source) && !is_hour(&self.plan.start.heading) {
            return hour;
        }
        let written = serial::written(&spot.cell.value);
        let minutes = token::key(&written).trim_end_matches('分').parse::<i8>().ok();
        let together =
            minutes.filter(|_| time.minute() == 0).and_then(|m| Time::new(time.hour(), m, 0, 0).ok());
        hour.raw = format_smolstr!("{} {written}", hour.raw);
        hour.remarks.retain(|remark| *remark != Remark::Estimated);
        hour.read = together.map_or(Read::Not(Trouble::Unreadable), Read::Value);
        hour
    }

    /// A date cell with a time of day beside another time: nobody can tell which is meant.
    pub(super) fn with_moment(&self, row: u32, date: &mut Entry<Date>, start: Option<Time>) {
        let at = self.grid.at(row, self.plan.date.column).filter(|_| !self.joined());
        let Some(Value::Serial(typed)) = at.map(|spot| &spot.cell.value) else { return };
        let said = serial::time_of(*typed).filter(|said| *said != Time::midnight());
        if let (Some(said), Some(start)) = (said, start)
            && (said.hour(), said.minute()) != (start.hour(), start.minute())
            && date.value().is_some()
        {
            date.read = Read::Not(Trouble::Several);
        }
    }

    /// Date, time and this count are merged over the same rows: one slot, written large. Gives its first row.
    pub(super) fn one_slot(&self, row: u32, count: &Column) -> Option<&Spot<'_>> {
        let merged = self.grid.merged_at(row, count.column)?;
        let same = |column: u32| {
            self.grid
                .merged_at(row, column)
                .is_some_and(|other| (other.first_row, other.last_row) == (merged.first_row, merged.last_row))
        };
        let tall = merged.last_row > merged.first_row && merged.first_column == merged.last_column;
        // The date may be merged over several such slots.
        let dated = self
            .grid
            .merged_at(row, self.plan.date.column)
            .is_some_and(|other| other.first_row <= merged.first_row && merged.last_row <= other.last_row);
        let whole = tall && dated && same(self.plan.start.column);
        self.grid.at(merged.first_row, merged.first_column).filter(|_| whole)
    }

    /// A further row of such a slot: it was read in the first.
    pub(super) fn repeats_slot(&self, row: u32) -> bool {
        let counts = [self.plan.public, self.plan.private, self.plan.by_row.map(|(count, _)| count)];
        let mut counts = counts.into_iter().flatten().peekable();
        counts.peek().is_some()
            && counts.all(|count| self.one_slot(row, count).is_some_and(|spot| spot.row < row))
    }

    /// A 合計 row: left aside, and compared where its figures were typed.
    pub(super) fn sum(&mut self, row: u32, mark: &Spot<'_>) {
        let columns = [(self.plan.public, Visibility::Public), (self.plan.private, Visibility::Private)];
        let mut figures = false;
        for (column, visibility) in columns {
            let Some(column) = column else { continue };
            let Some(spot) = self.grid.at(row, column.column) else { continue };
            figures = true;
            // Where titles divide the counts of one column its sum is neither kind's.
            let divided = self.plan.general && self.section.is_some();
            // 「11/17 計」 is the day's.
            let of_day = self
                .grid
                .at(row, self.plan.date.column)
                .is_some_and(|spot| spot.is_date(&self.context.calendar));
            let of_all = is_grand_total(&mark.key) && !divided && !of_day;
            if spot.formula() || !of_all {
                continue;
            }
            let place = self.grid.place(row, column.column);
            let raw = serial::written(&spot.cell.value);
            let read = entry(place, mark.text.clone(), raw, count::read(&spot.cell.value));
            let dose = dose::mentioned(&mark.key)
                .or_else(|| self.plan.heading_dose().map(|(_, dose)| dose))
                .or_else(|| self.dose.as_ref().map(|hint| hint.value))
                .or(self.context.dose);
            if read.value().is_some() {
                self.found.totals.push(TypedTotal {
                    entry: read,
                    dose,
                    visibility: Some(visibility),
                    within: Vec::new(),
                });
            }
        }
        if figures {
            let sheet = self.grid.name.clone();
            self.found.observations.push(Observation::TotalRow { sheet, row: row + 1 });
        }
    }

    pub(super) fn weekday(&self, row: u32, written: &Written) -> Option<WeekdayEntry> {
        let spanned = || self.spanned_weekday(row);
        let typed = self.plan.segment.column(Class::Weekday).map(|column| {
            let place = self.grid.place(row, column.column);
            match self.grid.covering(row, column.column).filter(|spot| !spot.formula()) {
                Some(spot) => entry(
                    self.grid.place(spot.row, spot.column),
                    column.heading.clone(),
                    serial::written(&spot.cell.value),
                    weekday::read(&spot.cell.value),
                ),
                None => blank(place, column.heading.clone()),
            }
        });
        let typed = typed.or_else(spanned);
        let Some(named) = written.day_name else { return typed };
        let in_date = || {
            entry(
                written.date.place.clone(),
                written.date.label.clone(),
                written.date.raw.clone(),
                Reading::value(named),
            )
        };
        match typed.as_ref().and_then(Entry::value) {
            None => Some(in_date()),
            // Of two weekdays the one that does not fit the date is worth telling.
            Some(day) if written.date.value().is_some_and(|date| date.weekday() == day) => Some(in_date()),
            Some(_) => typed,
        }
    }

    pub(super) fn end(&self, row: u32, written: &Written) -> Option<Entry<Time>> {
        let typed = self.plan.segment.column(Class::End).map(|column| {
            let place = self.grid.place(row, column.column);
            match self
                .grid
                .covering(row, column.column)
                .filter(|spot| !is_ditto(spot) && !is_empty_reference(spot))
            {
                Some(spot) if count::is_zero_word(&spot.key) => blank(place, column.heading.clone()),
                Some(spot) => match self.spanned_time(row, column, written.date.value()) {
                    Some((end, _)) => end,
                    None => end_entry(self.grid, spot, &column.heading, written.date.value()),
                },
                None => blank(place, column.heading.clone()),
            }
        });
        match (typed, written.span_end) {
            (Some(typed), Some(_)) if !typed.is_blank() => Some(typed),
            (_, Some(end)) => {
                let start = &written.start;
                Some(entry(start.place.clone(), start.label.clone(), start.raw.clone(), Reading::value(end)))
            }
            (typed, None) => typed,
        }
    }

    pub(super) fn note(&self, row: u32) -> Option<Entry<()>> {
        let column = self.plan.segment.column(Class::Note)?;
        let spot = self.grid.covering(row, column.column).filter(|spot| spot.is_text())?;
        let raw = serial::written(&spot.cell.value);
        Some(entry(self.grid.place(spot.row, spot.column), column.heading.clone(), raw, Reading::value(())))
    }

    pub(super) fn is_struck(&self, row: u32) -> bool {
        let columns = [Some(self.plan.date), Some(self.plan.start), self.plan.public, self.plan.private];
        columns
            .into_iter()
            .flatten()
            .filter_map(|column| self.grid.at(row, column.column))
            .any(|spot| spot.cell.strike == Strike::Whole)
    }
}

/// 「時」「時刻（時）」: the heading of an hour.
fn is_hour(heading: &str) -> bool {
    let (outside, inside) = label::split_note(&token::key(heading));
    outside == "時" || inside == "時"
}
