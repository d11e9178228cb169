//! Pure: X03 to X05: the sum of everything that would be in force against the clinic's 上限量.

use std::collections::BTreeSet;

use crate::inspection::rules::Case;
use crate::inspection::rules::finding::{raise, raise_other};
use crate::inspection::rules::rows::cells::complete;
use crate::inspection::verdict::{Finding, Severity, Totals, Visibility};

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
    let own = Totals::of(case.slots);
    let read = format!("合計 {}（１回目 {}／２回目 {}）", own.sum(), own.first(), own.second());
    let others = others(case);
    let finding = if others.is_empty() {
        raise("X03", &values)
    } else {
        let values: Vec<_> =
            values.into_iter().chain([("own", own.sum().to_string()), ("others", others)]).collect();
        raise_other("X03", 0, &values)
    };
    vec![Finding { read: Some(read), ..finding }]
}

/// What counts beside the form itself: 「受付済みの内容（受付番号 8-0123-1）の60」, 「同時に提出された様式の20」.
fn others(case: &Case) -> String {
    let covered = |visibility: &Visibility| {
        case.scope.contains(visibility) || case.siblings.iter().any(|(_, scope)| scope.contains(visibility))
    };
    let kept: BTreeSet<Visibility> =
        Visibility::BOTH.into_iter().filter(|visibility| !covered(visibility)).collect();
    let in_force = Totals::of(&case.standing.slots_of(&kept)).sum();
    let receipts: Vec<&str> = case
        .standing
        .in_force
        .iter()
        .filter(|version| !version.in_force.is_disjoint(&kept))
        .map(|version| version.receipt.as_str())
        .collect();
    let beside = Totals::of(case.beside).sum();
    let mut parts = Vec::new();
    if in_force > 0 {
        parts.push(format!("受付済みの内容（受付番号 {}）の{in_force}", receipts.join("、")));
    }
    if let Some(sent_too) = beside.checked_sub(in_force).filter(|people| *people > 0) {
        parts.push(format!("同時に提出された様式の{sent_too}"));
    }
    parts.join("、")
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
