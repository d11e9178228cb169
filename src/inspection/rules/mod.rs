//! Pure: the rules, one function each, named by its code; their Japanese texts stand in one table, [`catalogue`].

use std::collections::{BTreeMap, BTreeSet};

use super::form::Form;
use super::standing::Standing;
use super::verdict::{Finding, Severity, Slot, Visibility};
use crate::campaign::Campaign;
use crate::clinic::{Clinic, Registry};
use crate::inbound::attachment::{Attachment, FileKind};

/// Section `[rules]`: severity overrides by code (`error`, `warning`, `info`, `staff`, `off`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    pub overrides: BTreeMap<String, Option<Severity>>,
}

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

/// The clinic of a form, with the findings B01 to B04, B12 that came of looking for it.
pub struct Identity<'a> {
    pub clinic: Option<&'a Clinic>,
    pub findings: Vec<Finding>,
}
