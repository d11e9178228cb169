//! Pure: X03 to X05: the sum of everything that would be in force against the clinic's 上限量.

use crate::inspection::rules::Case;
use crate::inspection::rules::finding::{raise, raise_other};
use crate::inspection::rules::rows::cells::complete;
use crate::inspection::verdict::{Finding, Severity, Totals};

/// What would be in force for the whole clinic.
pub(super) fn union(case: &Case) -> Totals {
    Totals::of(case.slots.iter().chain(case.beside))
}

pub(in super::super) fn x03_over_cap(case: &Case) -> Vec<Finding> {
    let Some(cap) = case.registered().and_then(|clinic| clinic.cap) else { return Vec::new() };
    let totals = union(case);
    let Some(over) = totals.sum().checked_sub(u64::from(cap)).filter(|over| *over > 0) else {
        return Vec::new();
    };
    let values = [
        ("sum", totals.sum().to_string()),
        ("title", case.campaign.title.clone()),
        ("cap", cap.to_string()),
        ("over", over.to_string()),
        ("first", totals.first().to_string()),
        ("second", totals.second().to_string()),
        ("public", totals.public().to_string()),
        ("private", totals.private().to_string()),
    ];
    let read = format!("合計 {}（１回目 {}／２回目 {}）", totals.sum(), totals.first(), totals.second());
    vec![Finding { read: Some(read), ..raise("X03", &values) }]
}

/// Held while the cap is not known. Without any registry it is told once that nothing was compared.
pub(in super::super) fn x04_no_cap(case: &Case) -> Vec<Finding> {
    if !case.with_registry {
        return vec![Finding { severity: Severity::Info, ..raise_other("X04", 0, &[]) }];
    }
    let unknown = case.clinic.is_some_and(|clinic| clinic.cap.is_none());
    if unknown { vec![raise("X04", &[])] } else { Vec::new() }
}

/// What is left of the cap is the clinic's own (notice, section 2).
pub(in super::super) fn x05_own_slots(case: &Case) -> Vec<Finding> {
    let Some(cap) = case.registered().and_then(|clinic| clinic.cap) else { return Vec::new() };
    let sum = union(case).sum();
    let Some(rest) = u64::from(cap).checked_sub(sum) else { return Vec::new() };
    if case.slots.is_empty() || !complete(case) {
        return Vec::new();
    }
    vec![raise("X05", &[("cap", cap.to_string()), ("sum", sum.to_string()), ("rest", rest.to_string())])]
}
