//! Pure: X12 to X18: the form against what was accepted before, against the other forms of its mail, against other clinics.

use std::collections::BTreeSet;

use crate::inspection::form::Observation;
use crate::inspection::rules::Case;
use crate::inspection::rules::finding::raise;
use crate::inspection::rules::rows::cells::complete;
use crate::inspection::rules::slots::changes_in_force;
use crate::inspection::rules::wording::wide;
use crate::inspection::standing::restrict;
use crate::inspection::verdict::{Finding, Slot, Totals, Visibility};

/// So many other clinics are named.
const TWINS_NAMED: usize = 10;

/// Identical slots of two clinics are remarkable from so many on.
pub const TWIN_SLOTS: usize = 30;

/// What is in force of this form's scope, and what the form would put there.
fn before_and_after(case: &Case) -> (Vec<Slot>, Vec<Slot>) {
    (case.standing.slots_of(case.scope), restrict(case.slots, case.scope))
}

/// The difference that it makes for the clinic as a whole (spec: "Version model").
pub(in super::super) fn x12_changes(case: &Case) -> Vec<Finding> {
    let changes = changes_in_force(case.standing, case.scope, case.slots);
    if changes.is_empty() {
        return Vec::new();
    }
    let receipts: Vec<&str> = case.standing.in_force.iter().map(|version| version.receipt.as_str()).collect();
    // The other visibility, which stays as it is, counts on both sides.
    let kept: u64 = Totals::of(&case.standing.slots_of(&uncovered(case.scope))).sum();
    let (before, after) = before_and_after(case);
    let added = changes.iter().filter(|change| change.before == 0).count();
    let removed = changes.iter().filter(|change| change.after == 0).count();
    let values = [
        ("receipt", receipts.join("、")),
        ("added", added.to_string()),
        ("removed", removed.to_string()),
        ("changed", (changes.len() - added - removed).to_string()),
        ("before", (kept + Totals::of(&before).sum()).to_string()),
        ("after", (kept + Totals::of(&after).sum()).to_string()),
    ];
    vec![raise("X12", &values)]
}

fn uncovered(scope: &BTreeSet<Visibility>) -> BTreeSet<Visibility> {
    Visibility::BOTH.into_iter().filter(|visibility| !scope.contains(visibility)).collect()
}

fn is_both(number: Option<u8>, scope: &BTreeSet<Visibility>) -> bool {
    number == Some(3) || (number.is_none() && scope.len() == 2)
}

/// 様式１ and 様式２ in one mail stand for 様式３.
pub(in super::super) fn x13_two_forms(case: &Case) -> Vec<Finding> {
    let single =
        |number: Option<u8>, scope: &BTreeSet<Visibility>| !is_both(number, scope) && scope.len() == 1;
    let complement = case.siblings.iter().any(|(number, scope)| {
        single(*number, scope) && single(case.form.number, case.scope) && scope.is_disjoint(case.scope)
    });
    let in_one = case.form.observations.contains(&Observation::TwoForms);
    if !complement && !in_one {
        return Vec::new();
    }
    let totals = Totals::of(case.slots.iter().chain(case.beside));
    vec![raise("X13", &[("public", totals.public().to_string()), ("private", totals.private().to_string())])]
}

/// 様式３ together with a form of one visibility.
pub(in super::super) fn x14_overlapping_forms(case: &Case) -> Vec<Finding> {
    let own = is_both(case.form.number, case.scope);
    let doubled: BTreeSet<Visibility> = case
        .siblings
        .iter()
        .filter(|(number, scope)| is_both(*number, scope) != own)
        .flat_map(|(_, scope)| scope.intersection(case.scope).copied())
        .collect();
    if doubled.is_empty() {
        return Vec::new();
    }
    let labels: Vec<&str> = doubled.iter().map(|visibility| visibility.label()).collect();
    vec![raise("X14", &[("vis", labels.join("・"))])]
}

/// After 様式３ a form of one visibility: is the other withdrawn, or unchanged? Only a person can tell.
pub(in super::super) fn x15_narrower_scope(case: &Case) -> Vec<Finding> {
    let [covered] = case.scope.iter().copied().collect::<Vec<_>>()[..] else { return Vec::new() };
    let other = if covered == Visibility::Public { Visibility::Private } else { Visibility::Public };
    let Some(version) = case.standing.version_for(other) else { return Vec::new() };
    let people: u64 = version.slots.iter().map(|slot| u64::from(slot.count(other))).sum();
    let sent_too = case.siblings.iter().any(|(_, scope)| scope.contains(&other));
    if !is_both(version.form_number, &version.scope) || people == 0 || sent_too {
        return Vec::new();
    }
    let number = case.form.number.unwrap_or(if covered == Visibility::Public { 1 } else { 2 });
    let values = [
        ("receipt", version.receipt.clone()),
        ("vis", other.label().to_string()),
        ("n", people.to_string()),
        ("number", wide(u32::from(number))),
    ];
    vec![raise("X15", &values)]
}

/// 様式３ of which one side is empty.
pub(in super::super) fn x16_one_side_empty(case: &Case) -> Vec<Finding> {
    if case.form.number != Some(3) || case.slots.is_empty() || !complete(case) {
        return Vec::new();
    }
    let totals = Totals::of(case.slots);
    let empty = match (totals.public(), totals.private()) {
        (0, _) => Visibility::Public,
        (_, 0) => Visibility::Private,
        _ => return Vec::new(),
    };
    vec![raise("X16", &[("vis", empty.label().to_string())])]
}

pub(in super::super) fn x17_twin(case: &Case) -> Vec<Finding> {
    if case.twins.is_empty() || case.slots.len() < TWIN_SLOTS {
        return Vec::new();
    }
    let (named, more) = case.twins.split_at(case.twins.len().min(TWINS_NAMED));
    let others = format!("{}{}", named.join("、"), if more.is_empty() { "" } else { "ほか" });
    vec![raise("X17", &[("others", others)])]
}

/// More than half as many again, or less than half.
pub(in super::super) fn x18_large_change(case: &Case) -> Vec<Finding> {
    let (before, after) = before_and_after(case);
    let (before, after) = (Totals::of(&before).sum(), Totals::of(&after).sum());
    if before == 0 || !complete(case) || before.abs_diff(after) * 2 <= before {
        return Vec::new();
    }
    vec![raise("X18", &[("before", before.to_string()), ("after", after.to_string())])]
}
