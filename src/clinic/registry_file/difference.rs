//! Pure: what an import would change, clinic by clinic and field by field.

use std::collections::BTreeMap;
use std::fmt;

use super::Column;
use crate::clinic::{Clinic, Registry, venue_key, venue_order};

/// One clinic that an import adds or changes, no longer names, or names again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClinicChange {
    Added {
        venue_no: String,
        name: String,
    },
    /// The file no longer names it: it is kept and marked.
    Unlisted {
        venue_no: String,
        name: String,
    },
    /// It was marked so, and the file names it again.
    ListedAgain {
        venue_no: String,
        name: String,
    },
    Changed {
        venue_no: String,
        name: String,
        fields: Vec<FieldChange>,
    },
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldChange {
    pub column: Column,
    /// As the file writes it; empty for none.
    pub before: String,
    pub after: String,
}

/// The changes in the order of venue numbers; new clinics in the order of the file at the end.
pub fn diff(old: &Registry, new: &[Clinic]) -> Vec<ClinicChange> {
    let by_key: BTreeMap<String, &Clinic> =
        new.iter().map(|clinic| (venue_key(&clinic.venue_no), clinic)).collect();
    let mut changes = Vec::new();
    let mut registered: Vec<&Clinic> = old.iter().collect();
    registered.sort_by_cached_key(|clinic| venue_order(&clinic.venue_no));
    for before in registered {
        let (venue_no, name) = (before.venue_no.clone(), before.name.clone());
        let Some(after) = by_key.get(&venue_key(&before.venue_no)) else {
            if !before.not_in_file {
                changes.push(ClinicChange::Unlisted { venue_no, name });
            }
            continue;
        };
        if before.not_in_file {
            changes.push(ClinicChange::ListedAgain { venue_no: venue_no.clone(), name: name.clone() });
        }
        let fields: Vec<FieldChange> = Column::ALL
            .into_iter()
            .map(|column| FieldChange { column, before: column.of(before), after: column.of(after) })
            .filter(|change| change.before != change.after)
            .collect();
        if !fields.is_empty() {
            changes.push(ClinicChange::Changed { venue_no, name, fields });
        }
    }
    for clinic in new {
        if old.by_venue_no(&clinic.venue_no).is_none() {
            changes
                .push(ClinicChange::Added { venue_no: clinic.venue_no.clone(), name: clinic.name.clone() });
        }
    }
    changes
}

impl fmt::Display for ClinicChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ClinicChange::Added { venue_no, name } => write!(f, "追加 {venue_no} {name}"),
            ClinicChange::Unlisted { venue_no, name } => {
                write!(f, "マスタにない {venue_no} {name}（記録は残し、未提出・督促の対象から外します）")
            }
            ClinicChange::ListedAgain { venue_no, name } => write!(f, "再掲 {venue_no} {name}"),
            ClinicChange::Changed { venue_no, name, fields } => {
                write!(f, "変更 {venue_no} {name}")?;
                for (index, field) in fields.iter().enumerate() {
                    let separator = if index == 0 { "：" } else { "、" };
                    let label = field.column.label();
                    write!(f, "{separator}{label} {}→{}", shown(&field.before), shown(&field.after))?;
                }
                Ok(())
            }
        }
    }
}

fn shown(value: &str) -> &str {
    if value.is_empty() { "（なし）" } else { value }
}
