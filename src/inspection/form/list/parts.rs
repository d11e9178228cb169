//! Pure: a date or a time of one row that stands in several columns.

use jiff::civil::{Date, Time, Weekday};

use super::Reader;
use crate::inspection::form::{Entry, Trouble};
use crate::inspection::layout::label::Class;
use crate::inspection::normalize::{Read, Remark, serial, token};

impl Reader<'_, '_> {
    /// The date of a row; where each dose has a date of its own, the one that is written.
    pub(super) fn one_date(&self, row: u32) -> (Entry<Date>, Option<Weekday>) {
        let (mut date, day_name) = self.date(row, self.plan.date);
        let Some(column) = &self.plan.segment.other_date else { return (date, day_name) };
        let (other, other_name) = self.date(row, column);
        if other.is_blank() {
            return (date, day_name);
        }
        if date.is_blank() {
            return (other, other_name);
        }
        date.raw = format!("{}、{}", date.raw, other.raw);
        date.read = Read::Not(Trouble::Several);
        (date, None)
    }

    /// 「時」 and 「分」 in columns of their own.
    pub(super) fn with_minutes(&self, row: u32, mut hour: Entry<Time>) -> Entry<Time> {
        let (start, minute) = (self.plan.start.column, self.plan.segment.column(Class::Minute));
        let Some(column) = minute.filter(|minute| (start..=start + 2).contains(&minute.column)) else {
            return hour;
        };
        let (Some(time), Some(spot)) = (hour.value(), self.grid.at(row, column.column)) else { return hour };
        let written = serial::written(&spot.cell.value);
        let minutes = token::key(&written).trim_end_matches('分').parse::<i8>().ok();
        let together =
            minutes.filter(|_| time.minute() == 0).and_then(|m| Time::new(time.hour(), m, 0, 0).ok());
        hour.raw = format!("{} {written}", hour.raw);
        hour.remarks.retain(|remark| *remark != Remark::Estimated);
        hour.read = together.map_or(Read::Not(Trouble::Unreadable), Read::Value);
        hour
    }
}
