//! Pure: the rules, one function each, named by its code; their Japanese texts stand in one table, [`catalogue`].
//!
//! The functions here look at one form (families F, B, R, X, and M05). Rules on the mail (M) and on the time of
//! receipt (T) are judged elsewhere with the same catalogue.

pub mod catalogue;
pub mod wording;
mod finding;
mod settings;
mod identity;
mod slots;
mod file;
mod header;
mod rows;
mod plan;
pub mod mail;
pub mod timing;

use std::collections::BTreeSet;

use smol_str::SmolStr;

use super::form::Form;
use super::standing::Standing;
use super::verdict::{Finding, Place, Slot, Visibility};
use crate::campaign::Campaign;
use crate::clinic::{Clinic, Registry};
use crate::inbound::attachment::{Attachment, FileKind};

pub use finding::{raise, raise_other};
pub use identity::{clinic_of_receipt, identify};
pub use plan::version::TWIN_SLOTS;
pub use settings::Settings;
pub use slots::{changes, changes_in_force, fingerprint, slots};

/// Everything the rules on one form may look at.
pub struct Case<'a> {
    pub campaign: &'a Campaign,
    pub registry: &'a Registry,
    pub settings: &'a Settings,
    pub attachment: &'a Attachment,
    pub container: FileKind,
    pub form: &'a Form,
    /// The clinic that was identified.
    pub clinic: Option<&'a Clinic>,
    /// What the ledger knows of that clinic.
    pub standing: &'a Standing,
    /// The slots read from the form (see `slots`).
    pub slots: &'a [Slot],
    /// Visibilities the form covers.
    pub scope: &'a BTreeSet<Visibility>,
    /// Slots that stand beside this form's if it is accepted: in force for other scopes, or in another form of the same mail.
    pub beside: &'a [Slot],
    /// The other forms of the same clinic in the same mail: their numbers and scopes (X13, X14).
    pub siblings: &'a [(Option<u8>, BTreeSet<Visibility>)],
    /// Other clinics with exactly the same slots in force (X17).
    pub twins: &'a [String],
    /// A registry is at hand; without one, identity and cap rules are reported once as info and do not hold.
    pub with_registry: bool,
}

impl<'a> Case<'a> {
    /// The clinic, where there is a registry to compare with.
    fn registered(&self) -> Option<&'a Clinic> {
        self.clinic.filter(|_| self.with_registry)
    }
}

/// The clinic of a form, with the findings B01 to B04, B12 that came of looking for it.
pub struct Identity<'a> {
    pub clinic: Option<&'a Clinic>,
    pub findings: Vec<Finding>,
}

/// One rule on a form.
pub type Check = fn(&Case) -> Vec<Finding>;

/// Every rule of the families F, B, R, X that looks at a form, with its function. F01 and F02 speak of files
/// without a form, B01 to B04 and B12 come of [`identify`].
pub const CHECKS: [(&str, Check); 73] = [
    ("M05", file::m05_macros),
    ("F03", file::f03_other_period),
    ("F04", file::f04_missing_columns),
    ("F05", file::f05_form_number),
    ("F06", file::f06_sample),
    ("F07", file::f07_several_sheets),
    ("F08", file::f08_hidden),
    ("F09", file::f09_formula),
    ("F10", file::f10_moved),
    ("F11", file::f11_struck),
    ("F12", file::f12_epoch_1904),
    ("F13", file::f13_no_slots),
    ("F14", file::f14_withdrawal),
    ("F15", file::f15_csv),
    ("B05", header::b05_contact),
    ("B06", header::b06_contact_differs),
    ("B07", header::b07_cap_differs),
    ("B08", header::b08_typed_totals),
    ("B09", header::b09_ward),
    ("B10", header::b10_med_code),
    ("B11", header::b11_submission_kind),
    ("R01", rows::date::r01_no_date),
    ("R02", rows::date::r02_unreadable_date),
    ("R03", rows::date::r03_outside),
    ("R04", rows::date::r04_gap_day),
    ("R05", rows::date::r05_previous_period),
    ("R06", rows::date::r06_after_the_end),
    ("R07", rows::date::r07_another_year),
    ("R08", rows::date::r08_impossible_date),
    ("R09", rows::date::r09_weekday),
    ("R10", rows::date::r10_dose),
    ("R11", rows::date::r11_no_dose),
    ("R12", rows::time::r12_no_time),
    ("R13", rows::time::r13_unreadable_time),
    ("R14", rows::time::r14_early_or_late),
    ("R15", rows::time::r15_odd_minutes),
    ("R16", rows::time::r16_end_before_start),
    ("R17", rows::time::r17_time_range),
    ("R18", rows::count::r18_no_count),
    ("R19", rows::count::r19_unreadable_count),
    ("R20", rows::count::r20_not_whole),
    ("R21", rows::count::r21_zero),
    ("R22", rows::count::r22_many),
    ("R23", rows::count::r23_unit),
    ("R24", rows::count::r24_count_is_date),
    ("R25", rows::reading::r25_carried_down),
    ("R26", rows::count::r26_other_visibility),
    ("R27", rows::reading::r27_total_row),
    ("R28", rows::date::r28_sunday_or_holiday),
    ("R29", rows::reading::r29_note),
    ("R30", rows::count::r30_merged_count),
    ("R31", rows::reading::r31_several_values),
    ("R32", rows::reading::r32_date_range),
    ("R33", rows::count::r33_autofill),
    ("R34", rows::reading::r34_estimated),
    ("X01", plan::x01_duplicate),
    ("X02", plan::x02_overlap),
    ("X03", plan::cap::x03_over_cap),
    ("X04", plan::cap::x04_no_cap),
    ("X05", plan::cap::x05_own_slots),
    ("X06", plan::balance::x06_fewer_second),
    ("X07", plan::balance::x07_three_weeks_later),
    ("X08", plan::balance::x08_more_second),
    ("X09", plan::balance::x09_one_dose),
    ("X10", plan::balance::x10_holiday_three_weeks_later),
    ("X11", plan::balance::x11_vials),
    ("X12", plan::version::x12_changes),
    ("X13", plan::version::x13_two_forms),
    ("X14", plan::version::x14_overlapping_forms),
    ("X15", plan::version::x15_narrower_scope),
    ("X16", plan::version::x16_one_side_empty),
    ("X17", plan::version::x17_twin),
    ("X18", plan::version::x18_large_change),
];

/// All findings on one form, in the order of its sheets, rows and columns; what concerns a sheet comes after its
/// cells, what concerns the whole form last. The overrides of `[rules]` are applied.
pub fn on_form(case: &Case) -> Vec<Finding> {
    let checks = CHECKS.iter().filter(|(code, _)| !case.settings.silences(code));
    let mut findings: Vec<Finding> = checks.flat_map(|(_, check)| check(case)).collect();
    findings.sort_by_cached_key(|finding| position(&finding.place, &case.form.sheets));
    // One cell of a matrix' edge stands for many rows: it is told once.
    let mut told: BTreeSet<(String, Place)> = BTreeSet::new();
    findings.retain(|finding| {
        finding.place.cell.is_none() || told.insert((finding.code.clone(), finding.place.clone()))
    });
    case.settings.apply(findings)
}

fn position(place: &Place, sheets: &[SmolStr]) -> (usize, u32, u32) {
    let sheet = place
        .sheet
        .as_ref()
        .map_or(usize::MAX, |name| sheets.iter().position(|sheet| sheet == name).unwrap_or(sheets.len()));
    let (column, row) = place.cell.as_deref().map_or((u32::MAX, u32::MAX), coordinates);
    (sheet, row, column)
}

/// One-based column and row of an A1 address, or of the first cell of a range.
fn coordinates(cell: &str) -> (u32, u32) {
    let letters = cell.chars().take_while(char::is_ascii_alphabetic);
    let column = letters.fold(0_u32, |column, letter| {
        let digit = u32::from(letter.to_ascii_uppercase()) - u32::from('A') + 1;
        column.saturating_mul(26).saturating_add(digit)
    });
    let row = cell
        .chars()
        .skip_while(char::is_ascii_alphabetic)
        .map_while(|digit| digit.to_digit(10))
        .fold(0_u32, |row, digit| row.saturating_mul(10).saturating_add(digit));
    (column, row)
}
