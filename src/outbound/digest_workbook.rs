//! Pure: the digest's workbook: the full lists behind the mail, one sheet each.
//!
//! No cell is a formula: what clinics wrote is stored as text, whatever it begins with.

mod sheets;
mod page;

use rust_xlsxwriter::{DocProperties, ExcelDateTime, Workbook, XlsxError};

use super::activity::DayActivity;
use super::digest::figures::Figures;
use crate::campaign::Campaign;

/// The bytes of an .xlsx file; the same activity gives the same bytes.
pub fn workbook(activity: &DayActivity, campaign: &Campaign) -> Result<Vec<u8>, XlsxError> {
    let figures = Figures::of(activity, campaign);
    let mut workbook = Workbook::new();
    let day = activity.day();
    let created = ExcelDateTime::from_ymd(day.year() as u16, day.month() as u8, day.day() as u8)?;
    workbook.set_properties(
        &DocProperties::new()
            .set_title(format!("{}予約枠報告 日次集計", campaign.title))
            .set_creation_datetime(&created),
    );
    sheets::summary(workbook.add_worksheet(), activity, campaign, &figures)?;
    sheets::work(workbook.add_worksheet(), activity)?;
    sheets::needs_fix(workbook.add_worksheet(), activity)?;
    sheets::not_submitted(workbook.add_worksheet(), activity)?;
    sheets::receipts(workbook.add_worksheet(), activity)?;
    sheets::days(workbook.add_worksheet(), &figures, campaign)?;
    sheets::differences(workbook.add_worksheet(), activity)?;
    sheets::slots(workbook.add_worksheet(), activity, campaign)?;
    sheets::mails(workbook.add_worksheet(), activity)?;
    workbook.save_to_buffer()
}
