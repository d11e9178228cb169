//! Pure: the result of an inspection, as the reply, the ledger and `check` need it.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::form::Form;
use super::standing::Version;
use super::verdict::{Change, Finding, Outcome, Slot, Template, Totals, Visibility};
use crate::campaign::{Deadlines, Timing};
use crate::clinic::Clinic;

/// What the sender's address means for the clinic of a form.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SenderStanding {
    /// Registered for this clinic (or for any clinic, when the mail has no form).
    Registered,
    /// The clinic had no address: taken on as 仮登録.
    Provisional,
    /// A staff address, on the clinic's behalf.
    Staff,
    /// Registered, but for another clinic (M09).
    Elsewhere,
    #[default]
    Unknown,
}

/// One judged form: what `check` prints, the ledger records and the reply tells.
#[derive(Clone, Debug, PartialEq)]
pub struct Submission {
    /// Index into `Dissected::message.attachments`; `None` for a mail without any file.
    pub file: Option<usize>,
    pub file_name: Option<String>,
    pub file_sha256: Option<String>,
    /// `None`: nothing could be read (password, broken, not a form).
    pub form: Option<Arc<Form>>,
    /// The clinic as registered at the time of the judgement.
    pub clinic: Option<Clinic>,
    pub sender: SenderStanding,
    pub outcome: Outcome,
    pub timing: Option<Timing>,
    pub deadlines: Deadlines,
    /// `8-0123-2`; `None` only in `check` or where nothing was judged.
    pub receipt: Option<String>,
    /// The accepted version's number; `None` when not accepted.
    pub version: Option<u32>,
    pub findings: Vec<Finding>,
    pub slots: Vec<Slot>,
    pub totals: Option<Totals>,
    /// The visibilities that the form covers.
    pub scope: BTreeSet<Visibility>,
    /// Hash of the normalised slot set and scope.
    pub fingerprint: String,
    /// The versions that were in force before this submission.
    pub previous: Vec<Version>,
    /// Against what was in force for the same scope; empty for a first submission.
    pub changes: Vec<Change>,
    /// What would be (or is) in force for the whole clinic if this form is accepted.
    pub union: Vec<Slot>,
    /// The text this form gets; `None`: no reply for it.
    pub template: Option<Template>,
}

impl Submission {
    pub fn has(&self, code: &str) -> bool {
        self.findings.iter().any(|finding| finding.code == code)
    }

    /// A gateway of the city took the file away before the mail reached us.
    pub fn lost_its_file(&self) -> bool {
        self.form.is_none() && self.outcome == Outcome::Held && self.has("M19")
    }

    pub fn needs_staff(&self) -> bool {
        self.outcome == Outcome::Held
            || self.findings.iter().any(|finding| {
                finding.severity == super::verdict::Severity::Staff
                    || matches!(finding.code.as_str(), "M02" | "M15")
            })
    }
}

/// Why a mail gets no reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Silence {
    /// Automatic mail, a list, a bounce, our own mail.
    Automatic,
    /// A stranger without a form.
    Stranger,
    /// The second mail with the password (M04).
    PasswordMail,
    /// A redelivery of a mail that was answered.
    Redelivery,
    /// An answer to one of our letters that needs no form (thanks, 「確認しました」).
    Courtesy,
    /// No single author that could be answered.
    NoAuthor,
    /// Authentication failed.
    Unauthenticated,
    /// The message itself could not be parsed.
    Unparsable,
    /// A program among the files of a mail without a form.
    Quarantined,
}

/// What to do about a reply.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    Silent(Silence),
    /// Queue it.
    Send(Template),
    /// Draft it, outbox state `held`: staff release it.
    Draft(Template),
    /// Over a budget: draft it, outbox state `suppressed`.
    Suppress(Template),
}

/// The judgement of one mail.
#[derive(Clone, Debug, PartialEq)]
pub struct Inspection {
    /// The worst of its submissions.
    pub outcome: Outcome,
    pub needs_staff: bool,
    /// Findings of the mail as a whole (M and T11).
    pub findings: Vec<Finding>,
    /// One per form and clinic; a mail without any has one with `form: None` unless it is ignored.
    pub submissions: Vec<Submission>,
    /// Names of other files, for 「次のファイルは…」.
    pub other_files: Vec<String>,
    pub answer: Answer,
    pub received_at: Timestamp,
    /// Registered addresses that get a copy of the notice as mails of their own (M07, M09).
    pub notify: Vec<String>,
    /// Addresses taken on as provisional: venue_no and address; an agent may write for several clinics.
    pub provisional: Vec<(String, String)>,
}
