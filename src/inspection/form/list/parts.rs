//! Pure: a date or a time of one row that stands in several columns, and the sums below the rows.

use jiff::civil::{Date, Time, Weekday};
use smol_str::format_smolstr;

use super::Reader;
use crate::inspection::form::loose::is_grand_total;
use crate::inspection::form::sheet::entry;
use crate::inspection::form::{Entry, Observation, Trouble, TypedTotal};
use crate::inspection::layout::grid::Spot;
use crate::inspection::layout::label::Class;
use crate::inspection::normalize::{Read, Remark, count, dose, serial, token};
use crate::inspection::verdict::Visibility;

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
        date.raw = format_smolstr!("{}、{}", date.raw, other.raw);
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
        hour.raw = format_smolstr!("{} {written}", hour.raw);
        hour.remarks.retain(|remark| *remark != Remark::Estimated);
        hour.read = together.map_or(Read::Not(Trouble::Unreadable), Read::Value);
        hour
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
            let of_all = is_grand_total(&mark.key) && !divided;
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
}
