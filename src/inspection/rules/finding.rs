//! Pure: making a [`Finding`] of a rule and the cell it is about.

use smol_str::SmolStr;

use super::catalogue;
use super::wording::{Values, quote};
use crate::inspection::form::Entry;
use crate::inspection::verdict::{Finding, Place, Severity, Visibility};

pub(super) const DATE: &str = "接種日";
pub(super) const START: &str = "接種時刻";
pub(super) const END: &str = "終了時刻";
pub(super) const DOSE: &str = "接種回";
pub(super) const WEEKDAY: &str = "曜日";
pub(super) const VENUE_NO: &str = "会場番号";
pub(super) const NAME: &str = "医療機関名";

/// A finding of this rule with its normal severity and first text, about the form as a whole.
pub fn raise(code: &str, values: Values) -> Finding {
    catalogue::rule(code).map_or_else(|| unknown(code), |rule| rule.finding(values))
}

/// The same with another of the rule's texts (`more[nth]`).
pub fn raise_other(code: &str, nth: usize, values: Values) -> Finding {
    catalogue::rule(code).map_or_else(|| unknown(code), |rule| rule.other_finding(nth, values))
}

/// A code outside the catalogue is a slip of ours: staff see it, nothing else happens.
fn unknown(code: &str) -> Finding {
    Finding {
        code: code.to_string(),
        severity: Severity::Staff,
        place: Place::default(),
        label: None,
        read: None,
        message: String::new(),
        mend: None,
    }
}

/// The finding at this cell, with its heading and what was written there.
pub(super) fn at<T>(finding: Finding, entry: &Entry<T>, label: &str) -> Finding {
    at_cell(finding, &entry.place, label, &entry.raw)
}

pub(super) fn at_cell(mut finding: Finding, place: &Place, label: &str, raw: &str) -> Finding {
    let read = quote(raw);
    finding.place = place.clone();
    finding.label = Some(label.to_string());
    finding.read = (!read.is_empty()).then_some(read);
    finding
}

pub(super) fn at_sheet(mut finding: Finding, sheet: &SmolStr) -> Finding {
    finding.place = Place::sheet(sheet);
    finding
}

/// 「公開枠数」「非公開枠数」
pub(super) fn count_label(visibility: Visibility) -> &'static str {
    match visibility {
        Visibility::Public => "公開枠数",
        Visibility::Private => "非公開枠数",
    }
}
