//! Pure: B, the header fields against the registry and against the rows. (B01 to B04 and B12 are the identity's.)

use std::collections::BTreeSet;

use unicode_normalization::UnicodeNormalization;

use super::finding::{at, raise, raise_other};
use super::slots::people;
use super::wording::quote;
use super::{Case, coordinates};
use crate::campaign::Dose;
use crate::clinic::{Ward, address_key};
use crate::inspection::form::{Area, Entry, Observation, Row, TypedTotal};
use crate::inspection::verdict::{Finding, Visibility};

/// 担当者名 and 電話番号: each where its field is there and blank; together where the form has neither field
/// and the registry knows neither.
pub(super) fn b05_contact(case: &Case) -> Vec<Finding> {
    let fields = &case.form.fields;
    let both = [(&fields.contact_name, "担当者名"), (&fields.phone, "電話番号")];
    if both.iter().all(|(field, _)| field.is_none()) {
        let unknown =
            case.registered().is_some_and(|clinic| clinic.contact_name.is_empty() && clinic.phone.is_empty());
        let labels = [("labels", "担当者名・電話番号".to_string())];
        return if unknown { vec![raise("B05", &labels)] } else { Vec::new() };
    }
    both.into_iter()
        .filter_map(|(field, label)| {
            let entry = field.as_ref().filter(|entry| entry.is_blank())?;
            Some(at(raise("B05", &[("labels", label.to_string())]), entry, label))
        })
        .collect()
}

/// For staff to update the registry by; it is never updated by itself, since a sender can be forged.
pub(super) fn b06_contact_differs(case: &Case) -> Vec<Finding> {
    let Some(clinic) = case.registered() else { return Vec::new() };
    let fields = &case.form.fields;
    let mut findings = Vec::new();
    let mut tell = |entry: &Entry<()>, label: &str| {
        findings.push(at(raise("B06", &[("label", label.to_string())]), entry, label));
    };
    if let Some(phone) = fields.phone.as_ref().filter(|phone| !phone.is_blank()) {
        let (written, registered) = (digits(&phone.raw), digits(&clinic.phone));
        if !written.is_empty() && !registered.is_empty() && !same_phone(&written, &registered) {
            tell(phone, "電話番号");
        }
    }
    if let Some(email) = fields.email.as_ref().filter(|email| !email.is_blank()) {
        let folded: String = email.raw.nfkc().collect();
        if clinic.has_addresses() && folded.contains('@') && !clinic.owns_address(&address_key(&folded)) {
            tell(email, "メールアドレス");
        }
    }
    findings
}

/// A number cell loses the leading zero of a telephone number.
fn same_phone(left: &str, right: &str) -> bool {
    left.trim_start_matches('0') == right.trim_start_matches('0')
        || left.contains(right)
        || right.contains(left)
}

fn digits(text: &str) -> String {
    text.nfkc().filter(char::is_ascii_digit).collect()
}

pub(super) fn b07_cap_differs(case: &Case) -> Vec<Finding> {
    let entry = case.form.fields.cap.as_ref();
    let (Some(entry), Some(master)) = (entry, case.registered().and_then(|clinic| clinic.cap)) else {
        return Vec::new();
    };
    match entry.value() {
        Some(form) if form != master => {
            let values = [("form", form.to_string()), ("master", master.to_string())];
            vec![at(raise("B07", &values), entry, "上限量")]
        }
        _ => Vec::new(),
    }
}

/// Typed totals against the rows they can stand for: the whole form, their sheet, or the table above them.
pub(super) fn b08_typed_totals(case: &Case) -> Vec<Finding> {
    case.form
        .typed_totals
        .iter()
        .filter_map(|total| {
            let typed = u64::from(total.entry.value()?);
            if !total.within.is_empty() {
                return b08_partial(case, total, typed);
            }
            let whole = sum(case, total, |_| true)?;
            let sheet = total.entry.place.sheet.as_deref();
            let row = total.entry.place.cell.as_deref().map_or(u32::MAX, |cell| coordinates(cell).1);
            let above = total_rows(case, sheet).into_iter().filter(|above| *above < row).max().unwrap_or(0);
            let own = sum(case, total, |one| sheet == Some(&one.sheet));
            let table = sum(case, total, |one| sheet == Some(&one.sheet) && above < one.row && one.row < row);
            if [Some(whole), own, table].contains(&Some(typed)) {
                return None;
            }
            let values = [("form", typed.to_string()), ("calc", whole.to_string())];
            Some(at(raise("B08", &values), &total.entry, "合計"))
        })
        .collect()
}

/// A sum in a matrix, against each of the rectangles that it may sum up.
fn b08_partial(case: &Case, total: &TypedTotal, typed: u64) -> Option<Finding> {
    let held = |row: &Row, area: &Area| {
        let at = |cell: &str| coordinates(cell);
        let mut counts = Visibility::BOTH.into_iter().filter_map(|visibility| row.count(visibility));
        total.entry.place.sheet.as_deref() == Some(&row.sheet)
            && counts.any(|count| {
                count
                    .place
                    .cell
                    .as_deref()
                    .map(at)
                    .is_some_and(|(column, row)| column > 0 && row > 0 && area.holds(row - 1, column - 1))
            })
    };
    let kinds = match total.visibility {
        Some(visibility) => vec![Some(visibility)],
        None => vec![None, Some(Visibility::Public), Some(Visibility::Private)],
    };
    let mut first = None;
    for area in &total.within {
        for visibility in &kinds {
            let one = TypedTotal { visibility: *visibility, ..total.clone() };
            let calculated = sum(case, &one, |row| held(row, area))?;
            if calculated == typed {
                return None;
            }
            first.get_or_insert(calculated);
        }
    }
    let values = [("form", typed.to_string()), ("calc", first?.to_string())];
    Some(at(raise("B08", &values), &total.entry, "合計"))
}

fn total_rows(case: &Case, wanted: Option<&str>) -> BTreeSet<u32> {
    let rows = case.form.observations.iter().filter_map(|observation| match observation {
        Observation::TotalRow { sheet, row } if wanted == Some(sheet) => Some(*row),
        _ => None,
    });
    rows.collect()
}

/// The people of these rows; `None` while a count or a needed date cannot be read.
fn sum(case: &Case, total: &TypedTotal, wanted: impl Fn(&Row) -> bool) -> Option<u64> {
    let mut sum = 0;
    for row in case.form.rows.iter().filter(|row| wanted(row)) {
        for visibility in Visibility::BOTH {
            if total.visibility.is_some_and(|only| only != visibility) {
                continue;
            }
            if row.count(visibility).is_some_and(|count| count.trouble().is_some()) {
                return None;
            }
            let people = u64::from(people(row, visibility));
            if people > 0 && total.dose.is_none_or(|dose| dose_of(case, row) == Some(dose)) {
                sum += people;
            }
        }
    }
    Some(sum)
}

fn dose_of(case: &Case, row: &Row) -> Option<Dose> {
    let typed = row.dose.as_ref().and_then(Entry::value);
    row.date.value().and_then(|date| case.campaign.dose_on(date)).or(typed)
}

pub(super) fn b09_ward(case: &Case) -> Vec<Finding> {
    let registered = case.registered().and_then(|clinic| clinic.ward);
    let (Some(entry), Some(ward)) = (case.form.fields.ward.as_ref(), registered) else { return Vec::new() };
    let folded: String = entry.raw.nfkc().filter(|c| !c.is_whitespace()).collect();
    let written = Ward::parse(folded.trim_start_matches("熊本市"));
    if entry.is_blank() || written.is_none_or(|written| written == ward) {
        return Vec::new();
    }
    vec![at(raise("B09", &[("ward", ward.label().to_string())]), entry, "区")]
}

/// Ten digits, the last a check digit, the first two the prefecture's.
pub(super) fn b10_med_code(case: &Case) -> Vec<Finding> {
    let Some(entry) = case.form.fields.med_code.as_ref().filter(|entry| !entry.is_blank()) else {
        return Vec::new();
    };
    let code: String =
        entry.raw.nfkc().filter(|c| !c.is_whitespace() && !"-‐‑–—―−ー・.,".contains(*c)).collect();
    let registered = case.registered().and_then(|clinic| clinic.med_code.as_deref());
    let owners = case.registry.by_med_code(&code);
    let foreign = case.registered().is_some_and(|clinic| {
        !owners.is_empty() && owners.iter().all(|owner| owner.venue_no != clinic.venue_no)
    });
    let finding = if registered == Some(code.as_str()) {
        return Vec::new();
    } else if code.len() != 10 || !code.chars().all(|c| c.is_ascii_digit()) {
        raise("B10", &[])
    } else if !checks_out(&code) {
        raise_other("B10", 0, &[])
    } else if !code.starts_with("43") {
        raise_other("B10", 1, &[])
    } else if registered.is_some() || foreign {
        raise_other("B10", 2, &[])
    } else {
        return Vec::new();
    };
    vec![at(finding, entry, "医療機関コード")]
}

/// Weights 2, 1, 2, 1 … from the left over the first nine digits, sums of the digits of the products; the
/// last digit fills the sum up to a multiple of ten. 0110113719 is right.
fn checks_out(code: &str) -> bool {
    let digits: Vec<u32> = code.chars().filter_map(|c| c.to_digit(10)).collect();
    let Some((check, body)) = digits.split_last() else { return false };
    let sum: u32 = body
        .iter()
        .enumerate()
        .map(|(nth, digit)| {
            let product = if nth % 2 == 0 { digit * 2 } else { *digit };
            product / 10 + product % 10
        })
        .sum();
    (sum + check).is_multiple_of(10)
}

/// 新規 or 修正 follows from what was received before, whatever is written.
pub(super) fn b11_submission_kind(case: &Case) -> Vec<Finding> {
    let Some(entry) = case.form.fields.submission_kind.as_ref() else { return Vec::new() };
    let corrected = !case.standing.in_force.is_empty();
    let kind = if corrected { "修正" } else { "新規" };
    if entry.is_blank() {
        return vec![at(raise("B11", &[("kind", kind.to_string())]), entry, "提出区分")];
    }
    let says_correction = ["修正", "変更", "訂正", "再提出"].iter().any(|word| entry.raw.contains(word));
    let says_new = ["新規", "初回"].iter().any(|word| entry.raw.contains(word));
    // 「新規／修正」 with both words still standing says nothing.
    if says_correction == says_new || says_correction == corrected {
        return Vec::new();
    }
    let values = [("written", quote(&entry.raw)), ("kind", kind.to_string())];
    vec![at(raise_other("B11", 0, &values), entry, "提出区分")]
}
