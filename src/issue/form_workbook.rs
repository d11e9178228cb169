//! Pure: the official workbooks 予約枠報告様式１・２・３, blank or filled in as a clinic would.
//!
//! All dates come from the campaign. Sheets: the input sheet, 記入例, 記入要領, and the very hidden `_form` that tells
//! the reader which form it is; the same is said in the defined name FORM_ID and in print (様式番号), because mail
//! gateways and telephones drop hidden sheets and names.

mod example;
mod guide;
mod identity;
mod ime;
mod layout;
mod rules;
mod style;
mod table;

use jiff::civil::{Date, Time};
use rust_xlsxwriter::{DocProperties, ExcelDateTime, Workbook, XlsxError};

use crate::campaign::{Campaign, in_jst};
use crate::clinic::Clinic;
use layout::Layout;
use style::Style;

/// What stands in the header fields and rows of a filled-in form.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FilledForm {
    pub venue_no: String,
    pub name: String,
    pub ward: String,
    pub med_code: String,
    /// 担当者名
    pub contact: String,
    pub phone: String,
    pub email: String,
    pub submitted_on: Option<Date>,
    /// 新規 or 修正
    pub kind: String,
    /// 第８期接種可能上限量
    pub cap: Option<u32>,
    pub rows: Vec<FilledRow>,
}

/// One row of the table. A count that the form has no column for is written beside the table, under a heading of
/// its own, as clinics paste it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FilledRow {
    pub date: Date,
    pub start: Time,
    pub end: Option<Time>,
    pub public: Option<u32>,
    pub private: Option<u32>,
    pub note: String,
    /// Typed over the formula of the column 曜日.
    pub weekday: Option<String>,
}

/// 「予約枠報告様式３（公開・非公開）.xlsx」
pub fn file_name(number: u8) -> String {
    format!("{}.xlsx", title(number))
}

/// 「予約枠報告様式３（公開・非公開）」
pub fn title(number: u8) -> String {
    format!("予約枠報告{}", layout::form_label(number))
}

/// The blank form 1, 2 or 3 (another number counts as 3), with the header filled in for one clinic if given.
pub fn form_workbook(number: u8, campaign: &Campaign, clinic: Option<&Clinic>) -> Result<Vec<u8>, XlsxError> {
    let prefilled = clinic.map(|clinic| FilledForm {
        venue_no: clinic.venue_no.clone(),
        name: clinic.name.clone(),
        ward: clinic.ward.map_or(String::new(), |ward| ward.label().to_string()),
        med_code: clinic.med_code.clone().unwrap_or_default(),
        contact: clinic.contact_name.clone(),
        phone: clinic.phone.clone(),
        email: clinic.emails.first().cloned().unwrap_or_default(),
        cap: clinic.cap,
        ..FilledForm::default()
    });
    let issued_to = clinic.map(|clinic| clinic.venue_no.as_str());
    build(number, campaign, &prefilled.unwrap_or_default(), issued_to)
}

/// The issued form as a clinic sends it back.
pub fn filled(number: u8, campaign: &Campaign, form: &FilledForm) -> Result<Vec<u8>, XlsxError> {
    build(number, campaign, form, None)
}

fn build(
    number: u8,
    campaign: &Campaign,
    form: &FilledForm,
    issued_to: Option<&str>,
) -> Result<Vec<u8>, XlsxError> {
    let layout = Layout::new(number, campaign);
    let style = Style::new();
    let mut workbook = Workbook::new();
    let opens = in_jst(campaign.opens).date();
    let created = ExcelDateTime::from_ymd(opens.year() as u16, opens.month() as u8, opens.day() as u8)?;
    workbook.set_properties(
        &DocProperties::new().set_title(title(layout.number)).set_creation_datetime(&created),
    );
    let input = workbook.add_worksheet();
    input.set_name(layout.sheet_name())?;
    table::write(input, &layout, &style, form, table::ROWS, None)?;
    rules::add(input, &layout, &style)?;
    layout::protect(input);

    let example = workbook.add_worksheet();
    example.set_name("記入例")?;
    let sample = example::form(&layout);
    table::write(example, &layout, &style, &sample, sample.rows.len() as u32, Some("記入例　"))?;
    layout::protect(example);

    guide::write(workbook.add_worksheet().set_name("記入要領")?, &layout, &style)?;
    identity::write(workbook.add_worksheet(), &layout, &style, issued_to)?;
    workbook.define_name("FORM_ID", &format!("=\"{}\"", layout.form_id()))?;
    ime::off_for_digits(&workbook.save_to_buffer()?, &layout)
}
