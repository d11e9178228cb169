//! Pure: what the digest tells: filled by `ledger`, rendered by `digest` and `digest_workbook`.

use std::collections::BTreeMap;

use jiff::civil::{Date, Time};
use jiff::{SignedDuration, Timestamp};

use crate::campaign::{Dose, Timing, in_jst};
use crate::clinic::{Clinic, Intent, Ward, venue_order};
use crate::inspection::verdict::{Totals, Visibility};

/// State of one clinic (spec: `status.state`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ClinicState {
    Held,
    NeedsFix,
    Accepted,
    NotSubmitted,
    NotUsing,
    UnknownIntent,
}

impl ClinicState {
    pub fn as_str(self) -> &'static str {
        match self {
            ClinicState::Held => "held",
            ClinicState::NeedsFix => "needs_fix",
            ClinicState::Accepted => "accepted",
            ClinicState::NotSubmitted => "not_submitted",
            ClinicState::NotUsing => "not_using",
            ClinicState::UnknownIntent => "unknown_intent",
        }
    }
}

/// One line of `status`, one line of 「受付一覧」.
#[derive(Clone, Debug)]
pub struct ClinicLine {
    pub clinic: Clinic,
    pub state: ClinicState,
    /// The submission that decides the state; for `accepted` the latest version in force.
    pub receipt: Option<String>,
    pub received_at: Option<Timestamp>,
    pub timing: Option<Timing>,
    pub form_number: Option<u8>,
    /// Sums of the slots in force (all scopes).
    pub totals: Option<Totals>,
    pub warnings: u32,
    /// `none`, `exported`, `done`, `confirmation_requested`, `confirmed`.
    pub setup: String,
    /// By FAX, phone or USB.
    pub by_other_channel: bool,
    /// `provisional`, `undeliverable`, `reminded`, `extended`, `over_cap`, …
    pub flags: Vec<String>,
    /// Errors of an unmended submission: first told at, how many, the main ones.
    pub first_told_at: Option<Timestamp>,
    pub errors: Vec<ErrorLine>,
    /// Why it needs mending where no error of a form says so (a file that could not be read, a form turned down).
    pub why: Option<String>,
}

#[derive(Clone, Debug)]
pub struct ErrorLine {
    pub code: String,
    pub sheet: Option<String>,
    pub cell: Option<String>,
    pub read: Option<String>,
    pub message: String,
}

/// Something a person must look at: one line of 「本日ご対応いただきたいもの」.
#[derive(Clone, Debug)]
pub struct WorkItem {
    /// 「送信元未登録」「パスワード付き」「備考に条件」「返信不能」 …
    pub kind: String,
    pub mail_id: Option<i64>,
    pub receipt: Option<String>,
    pub clinic: Option<Clinic>,
    pub from: Option<String>,
    pub received_at: Timestamp,
    /// What it is about.
    pub reason: String,
    /// What to do next (a command or a telephone call).
    pub action: String,
}

/// What changed in the digest's window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    pub accepted: u32,
    pub corrected: u32,
    pub mended: u32,
    pub newly_rejected: u32,
    pub withdrawals: u32,
    pub late: u32,
    pub corrected_last_day: u32,
    pub corrected_late: u32,
    pub after_setup: u32,
}

/// The people bookable on one day by visibility, over all clinics with slots in force.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DayCount {
    pub date: Date,
    pub public: u64,
    pub private: u64,
}

/// One slot in force, for the sheet 「枠一覧」.
#[derive(Clone, Debug)]
pub struct SlotLine {
    pub venue_no: String,
    pub date: Date,
    pub start: Time,
    pub end: Option<Time>,
    pub dose: Dose,
    pub public: u32,
    pub private: u32,
    pub receipt: String,
}

/// One slot that a version changed, for the sheet 「変更差分」.
#[derive(Clone, Debug)]
pub struct DifferenceLine {
    pub venue_no: String,
    pub clinic_name: String,
    pub date: Date,
    pub start: Time,
    pub visibility: Visibility,
    /// People before; 0 = added.
    pub before: u32,
    /// People after; 0 = removed.
    pub after: u32,
    /// The version that brought the change.
    pub version: u32,
    pub receipt: String,
}

/// One mail of the window, for the sheet 「受信ログ」.
#[derive(Clone, Debug)]
pub struct MailLine {
    pub id: i64,
    pub received_at: Timestamp,
    pub from: String,
    pub subject: String,
    pub outcome: String,
    pub receipts: Vec<String>,
    pub reply_state: Option<String>,
}

/// The program's own health. Each mail seen is counted in exactly one of `replies_sent`, `not_answered`, `failed`,
/// `ambiguous`, `queued` and `pending`, so that these six add up to `mails_seen`; the digest says whether they do.
#[derive(Clone, Debug, Default)]
pub struct Health {
    pub last_check_at: Option<Timestamp>,
    /// Distinct mails of the whole campaign.
    pub mails_seen: u64,
    pub mails_in_window: u64,
    pub replies_sent: u64,
    pub not_answered: u64,
    pub failed: u64,
    pub ambiguous: u64,
    pub queued: u64,
    pub pending: u64,
    /// `reconciliation.difference`: 0 in a healthy ledger.
    pub difference: i64,
    /// The breaker, while letters to clinics are stopped.
    pub stopped: Option<String>,
    /// Head of the audit chain and its length.
    pub audit_head: String,
    pub audit_count: u64,
}

/// Everything one digest tells.
#[derive(Clone, Debug)]
pub struct DayActivity {
    /// The scheduled instant; the window is `(from, until]`.
    pub from: Timestamp,
    pub until: Timestamp,
    /// The window was over when this was put together: when that was.
    pub looked_back_at: Option<Timestamp>,
    /// More than one scheduled instant was missed and is merged into this digest.
    pub merged: bool,
    /// In the order of ward and venue number.
    pub clinics: Vec<ClinicLine>,
    pub work: Vec<WorkItem>,
    pub changes: Changes,
    pub days: Vec<DayCount>,
    pub slots: Vec<SlotLine>,
    /// Changes by the versions accepted in the window (not by first versions).
    pub differences: Vec<DifferenceLine>,
    pub mails: Vec<MailLine>,
    pub health: Health,
}

impl DayActivity {
    /// The last day of the window: one that ends at midnight ends with the day before.
    pub fn day(&self) -> Date {
        let last = self.until.checked_sub(SignedDuration::from_nanos(1)).unwrap_or(self.until);
        in_jst(last.max(self.from)).date()
    }

    /// The work by clinic, in the order in which each appears first; what belongs to no clinic stands alone.
    pub fn work_by_clinic(&self) -> Vec<Vec<&WorkItem>> {
        let mut lines: Vec<Vec<&WorkItem>> = Vec::new();
        let mut places: BTreeMap<&str, usize> = BTreeMap::new();
        for item in &self.work {
            let venue = item.clinic.as_ref().map(|clinic| clinic.venue_no.as_str());
            let known = venue.and_then(|venue| places.get(venue)).and_then(|place| lines.get_mut(*place));
            if let Some(line) = known {
                line.push(item);
            } else {
                places.extend(venue.map(|venue| (venue, lines.len())));
                lines.push(vec![item]);
            }
        }
        lines
    }

    /// Clinics that are expected to submit: everyone but 独自 and those whose intent is unknown and who are silent.
    pub fn expected(&self) -> impl Iterator<Item = &ClinicLine> {
        self.clinics
            .iter()
            .filter(|line| !matches!(line.state, ClinicState::NotUsing | ClinicState::UnknownIntent))
    }

    /// By ward (clinics without one last), then by venue number: 0009 before 0010.
    pub fn in_order(&self) -> Vec<&ClinicLine> {
        let mut lines: Vec<&ClinicLine> = self.clinics.iter().collect();
        lines.sort_by_cached_key(|line| {
            (line.clinic.ward.is_none(), line.clinic.ward, venue_order(&line.clinic.venue_no))
        });
        lines
    }

    pub fn in_ward(&self, ward: Option<Ward>) -> impl Iterator<Item = &ClinicLine> {
        self.clinics.iter().filter(move |line| line.clinic.ward == ward)
    }

    pub fn not_using(&self) -> usize {
        self.clinics.iter().filter(|line| line.clinic.uses_system == Intent::No).count()
    }
}
