//! Pure: what the ledger already knows when a mail is judged. Filled by `ledger`, read by the judgement.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::verdict::{Slot, Visibility};
use crate::campaign::{Campaign, Deadlines};

/// An accepted version of a clinic.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Version {
    pub receipt: String,
    pub version: u32,
    pub received_at: Timestamp,
    /// 1, 2 or 3.
    pub form_number: Option<u8>,
    /// What the form covered.
    pub scope: BTreeSet<Visibility>,
    /// What of it is in force today.
    pub in_force: BTreeSet<Visibility>,
    pub slots: Vec<Slot>,
    /// Hash of the normalised slot set and scope.
    pub fingerprint: String,
    /// The timing it was recorded with (an identical resend keeps it).
    pub timing: Option<crate::campaign::Timing>,
    /// Already handed to the reservation system (rule T09).
    pub exported: bool,
}

/// What the ledger knows of one clinic.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Standing {
    /// Versions with at least one scope in force; at most two.
    pub in_force: Vec<Version>,
    /// Fingerprints of accepted versions that were replaced since: their receipts (a replay is held).
    pub superseded: BTreeMap<String, String>,
    /// Receipt time of the first recognisable attempt (a form, or a PDF, image, password file from a registered address).
    pub first_attempt: Option<Timestamp>,
    /// Extensions of this clinic.
    pub submission_extended: Option<Timestamp>,
    pub correction_extended: Option<Timestamp>,
    /// The `n` of the next receipt number.
    pub next_serial: u32,
    /// Accepted versions so far.
    pub versions: u32,
}

impl Standing {
    pub fn deadlines(&self, campaign: &Campaign) -> Deadlines {
        let ordinary = campaign.deadlines();
        Deadlines {
            submission: self.submission_extended.unwrap_or(ordinary.submission),
            correction: self.correction_extended.unwrap_or(ordinary.correction),
        }
    }

    /// The version in force for a visibility.
    pub fn version_for(&self, visibility: Visibility) -> Option<&Version> {
        self.in_force.iter().find(|version| version.in_force.contains(&visibility))
    }

    /// The slots in force, limited to the given visibilities; counts of the others are zero.
    pub fn slots_of(&self, visibilities: &BTreeSet<Visibility>) -> Vec<Slot> {
        let mut slots = Vec::new();
        for version in &self.in_force {
            let wanted: BTreeSet<_> = version.in_force.intersection(visibilities).copied().collect();
            slots.extend(restrict(&version.slots, &wanted));
        }
        slots
    }
}

/// The slots with only these visibilities' counts; slots left without a count are dropped.
pub fn restrict(slots: &[Slot], visibilities: &BTreeSet<Visibility>) -> Vec<Slot> {
    slots
        .iter()
        .cloned()
        .map(|mut slot| {
            if !visibilities.contains(&Visibility::Public) {
                slot.public = 0;
            }
            if !visibilities.contains(&Visibility::Private) {
                slot.private = 0;
            }
            slot
        })
        .filter(|slot| slot.public + slot.private > 0)
        .collect()
}

/// One of our letters that the mail answers or bounces.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OurLetter {
    pub outbox_id: i64,
    pub kind: String,
    pub venue_no: Option<String>,
    pub receipt: Option<String>,
}

/// What the ledger knows that concerns the mail itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MailStanding {
    /// An earlier mail with the same canonical hash (K3): its id. A redelivery gets no reply.
    pub redelivery_of: Option<i64>,
    /// Another mail carries the same Message-ID with other content (K4).
    pub message_id_seen: bool,
    /// A mail of this sender that was refused for its password (M03) within the 48 hours before.
    pub password_mail: Option<i64>,
    /// The letter of ours that this mail answers (In-Reply-To, References).
    pub answers: Option<OurLetter>,
    /// The letter of ours that this mail reports as undeliverable.
    pub bounced: Option<OurLetter>,
    /// The mail's own Message-ID is one of ours (A04).
    pub is_ours: bool,
    /// Budgeted replies queued to the sender's address within the last hour and day (by receipt time).
    pub replies_last_hour: u32,
    pub replies_last_day: u32,
    /// Letters of ours that this sender answered within ten minutes and without a new file, within the last day and
    /// this mail included; 0 for a mail that answers nothing.
    pub ping_pong: u32,
}
