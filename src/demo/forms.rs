//! Pure: the forms that the sample mails carry, filled in by the clinics of the example registry.

use jiff::ToSpan;
use jiff::civil::{Date, Time};
use rust_xlsxwriter::XlsxError;

use crate::campaign::Campaign;
use crate::clinic::Clinic;
use crate::issue::form_workbook::{FilledForm, FilledRow, filled};

/// Rows for days of the first period, counted from its first day, and for the days 21 days later.
pub struct Plan<'a> {
    pub campaign: &'a Campaign,
    pub rows: Vec<FilledRow>,
}

impl<'a> Plan<'a> {
    pub fn new(campaign: &'a Campaign) -> Self {
        Self { campaign, rows: Vec::new() }
    }

    /// On each of the days, at each of the half hours, both doses.
    pub fn both(
        mut self,
        days: &[i64],
        starts: &[(i8, i8)],
        public: Option<u32>,
        private: Option<u32>,
    ) -> Self {
        for weeks in [0, 3] {
            for day in days {
                let date = self.day(*day + weeks * 7);
                self.rows.extend(starts.iter().map(|start| row(date, *start, public, private)));
            }
        }
        self
    }

    /// One row on a day counted from the first day of the first period.
    pub fn single(mut self, day: i64, start: (i8, i8), public: Option<u32>, private: Option<u32>) -> Self {
        self.rows.push(row(self.day(day), start, public, private));
        self
    }

    /// Changes the last row.
    pub fn but(mut self, change: impl FnOnce(&mut FilledRow)) -> Self {
        if let Some(last) = self.rows.last_mut() {
            change(last);
        }
        self
    }

    fn day(&self, offset: i64) -> Date {
        let first = self.campaign.first_dose.from;
        first.checked_add(offset.days()).unwrap_or(first)
    }
}

fn row(date: Date, start: (i8, i8), public: Option<u32>, private: Option<u32>) -> FilledRow {
    let start = Time::new(start.0, start.1, 0, 0).unwrap_or_default();
    let end = start.checked_add(30.minutes()).ok();
    FilledRow { date, start, end, public, private, ..FilledRow::default() }
}

/// The workbook of one clinic. `kind`: 新規 or 修正.
pub fn workbook(
    number: u8,
    clinic: &Clinic,
    kind: &str,
    submitted_on: Date,
    plan: Plan,
) -> Result<Vec<u8>, XlsxError> {
    let form = FilledForm {
        venue_no: clinic.venue_no.clone(),
        name: clinic.name.clone(),
        ward: clinic.ward.map_or("", crate::clinic::Ward::label).into(),
        med_code: clinic.med_code.clone().unwrap_or_default(),
        contact: clinic.contact_name.clone(),
        phone: clinic.phone.clone(),
        email: clinic.emails.first().cloned().unwrap_or_default(),
        submitted_on: Some(submitted_on),
        kind: kind.into(),
        cap: clinic.cap,
        rows: plan.rows,
    };
    filled(number, plan.campaign, &form)
}
