//! Pure: what an inspection says: findings with their cells, outcomes, totals.

use jiff::civil::{Date, Time};
use serde::{Deserialize, Serialize};
use smol_str::{SmolStr, SmolStrBuilder};

use crate::campaign::Dose;

/// Whether a slot can be booked by the public (WEB・コールセンター受付) or by the clinic alone (医療機関受付分).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Visibility {
    Public,
    Private,
}

impl Visibility {
    pub const BOTH: [Visibility; 2] = [Visibility::Public, Visibility::Private];

    pub fn as_str(self) -> &'static str {
        match self {
            Visibility::Public => "public",
            Visibility::Private => "private",
        }
    }

    /// 「公開」「非公開」
    pub fn label(self) -> &'static str {
        match self {
            Visibility::Public => "公開",
            Visibility::Private => "非公開",
        }
    }

    #[must_use]
    pub fn other(self) -> Self {
        match self {
            Visibility::Public => Visibility::Private,
            Visibility::Private => Visibility::Public,
        }
    }
}

/// Where something stands: the sheet as the clinic sees it and an A1 address (or a range, or none).
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Place {
    pub sheet: Option<SmolStr>,
    /// `B18`, `G13:G15`; `None` for the whole sheet or file.
    pub cell: Option<SmolStr>,
}

impl Place {
    /// Zero-based row and column.
    pub fn cell(sheet: &SmolStr, row: u32, column: u32) -> Self {
        Self { sheet: Some(sheet.clone()), cell: Some(a1(row, column)) }
    }

    pub fn sheet(sheet: &SmolStr) -> Self {
        Self { sheet: Some(sheet.clone()), cell: None }
    }
}

/// A1 address of a zero-based row and column.
pub fn a1(row: u32, column: u32) -> SmolStr {
    let mut name = SmolStrBuilder::new();
    push_letters(&mut name, u64::from(column) + 1);
    push_digits(&mut name, u64::from(row) + 1);
    name.finish()
}

fn push_letters(name: &mut SmolStrBuilder, number: u64) {
    if let Some(rest) = number.checked_sub(1) {
        push_letters(name, rest / 26);
        name.push(char::from(b'A' + (rest % 26) as u8));
    }
}

/// The number in decimal digits, without the machinery of `format!`: each cell that is read needs some.
pub fn push_digits(text: &mut SmolStrBuilder, number: u64) {
    if number > 9 {
        push_digits(text, number / 10);
    }
    text.push(char::from(b'0' + (number % 10) as u8));
}

/// Severity of a finding, gravest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    Error,
    Warning,
    Info,
    /// For staff only; never shown to the clinic.
    Staff,
}

impl Severity {
    pub fn as_str(self) -> &'static str {
        match self {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Info => "info",
            Severity::Staff => "staff",
        }
    }
}

/// One thing to tell.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// `R04` and the like: a code of `rules::catalogue`.
    pub code: String,
    pub severity: Severity,
    pub place: Place,
    /// The heading of the cell: 「接種日」.
    pub label: Option<String>,
    /// What was written there, raw.
    pub read: Option<String>,
    /// 理由／確認事項: one or two sentences.
    pub message: String,
    /// 修正方法: how to mend it, where there is more to say.
    pub mend: Option<String>,
}

/// What became of a submission or a mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    // In the order "worst first" of a mail with several submissions.
    Held,
    Rejected,
    Unreadable,
    NotAForm,
    AcceptedWithWarnings,
    Accepted,
    Duplicate,
    Ignored,
}

impl Outcome {
    pub const ALL: [Outcome; 8] = [
        Outcome::Held,
        Outcome::Rejected,
        Outcome::Unreadable,
        Outcome::NotAForm,
        Outcome::AcceptedWithWarnings,
        Outcome::Accepted,
        Outcome::Duplicate,
        Outcome::Ignored,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Outcome::Held => "held",
            Outcome::Rejected => "rejected",
            Outcome::Unreadable => "unreadable",
            Outcome::NotAForm => "not_a_form",
            Outcome::AcceptedWithWarnings => "accepted_with_warnings",
            Outcome::Accepted => "accepted",
            Outcome::Duplicate => "duplicate",
            Outcome::Ignored => "ignored",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Outcome::ALL.into_iter().find(|outcome| outcome.as_str() == text)
    }

    pub fn is_accepted(self) -> bool {
        matches!(self, Outcome::Accepted | Outcome::AcceptedWithWarnings)
    }
}

/// One slot with a positive count, as read. Several source rows of one date and time are merged into one slot.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Slot {
    pub date: Date,
    pub start: Time,
    pub end: Option<Time>,
    pub dose: Dose,
    pub public: u32,
    pub private: u32,
    pub sheet: SmolStr,
    /// One-based row as the clinic sees it.
    pub row: u32,
}

impl Slot {
    pub fn count(&self, visibility: Visibility) -> u32 {
        match visibility {
            Visibility::Public => self.public,
            Visibility::Private => self.private,
        }
    }
}

/// Sums by dose and visibility.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Totals {
    pub first_public: u64,
    pub first_private: u64,
    pub second_public: u64,
    pub second_private: u64,
}

impl Totals {
    pub fn of<'a>(slots: impl IntoIterator<Item = &'a Slot>) -> Self {
        let mut totals = Self::default();
        for slot in slots {
            let (public, private) = match slot.dose {
                Dose::First => (&mut totals.first_public, &mut totals.first_private),
                Dose::Second => (&mut totals.second_public, &mut totals.second_private),
            };
            *public += u64::from(slot.public);
            *private += u64::from(slot.private);
        }
        totals
    }

    pub fn first(&self) -> u64 {
        self.first_public + self.first_private
    }

    pub fn second(&self) -> u64 {
        self.second_public + self.second_private
    }

    pub fn public(&self) -> u64 {
        self.first_public + self.second_public
    }

    pub fn private(&self) -> u64 {
        self.first_private + self.second_private
    }

    pub fn sum(&self) -> u64 {
        self.public() + self.private()
    }
}

/// One line of 「前回受付分からの変更」 (rule X12).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    pub date: Date,
    pub start: Time,
    pub visibility: Visibility,
    /// People before; 0 = added.
    pub before: u32,
    /// People after; 0 = removed.
    pub after: u32,
}

/// Which text a mail of ours is: also the outbox `kind`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Template {
    Accept,
    AcceptWarn,
    Reject,
    Late,
    CorrOk,
    CorrDday,
    CorrLate,
    CorrAfterOpen,
    Noatt,
    Notxlsx,
    Passwd,
    Unreadable,
    Winmail,
    Unknown,
    Unreg,
    Dup,
    Conflict,
    Held,
    Withdraw,
    Multi,
    Confirm,
    Remind,
    RemindFix,
    Notice,
    Digest,
    Alert,
}

impl Template {
    pub const ALL: [Template; 26] = [
        Template::Accept,
        Template::AcceptWarn,
        Template::Reject,
        Template::Late,
        Template::CorrOk,
        Template::CorrDday,
        Template::CorrLate,
        Template::CorrAfterOpen,
        Template::Noatt,
        Template::Notxlsx,
        Template::Passwd,
        Template::Unreadable,
        Template::Winmail,
        Template::Unknown,
        Template::Unreg,
        Template::Dup,
        Template::Conflict,
        Template::Held,
        Template::Withdraw,
        Template::Multi,
        Template::Confirm,
        Template::Remind,
        Template::RemindFix,
        Template::Notice,
        Template::Digest,
        Template::Alert,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Template::Accept => "accept",
            Template::AcceptWarn => "accept_warn",
            Template::Reject => "reject",
            Template::Late => "late",
            Template::CorrOk => "corr_ok",
            Template::CorrDday => "corr_dday",
            Template::CorrLate => "corr_late",
            Template::CorrAfterOpen => "corr_after_open",
            Template::Noatt => "noatt",
            Template::Notxlsx => "notxlsx",
            Template::Passwd => "passwd",
            Template::Unreadable => "unreadable",
            Template::Winmail => "winmail",
            Template::Unknown => "unknown",
            Template::Unreg => "unreg",
            Template::Dup => "dup",
            Template::Conflict => "conflict",
            Template::Held => "held",
            Template::Withdraw => "withdraw",
            Template::Multi => "multi",
            Template::Confirm => "confirm",
            Template::Remind => "remind",
            Template::RemindFix => "remind_fix",
            Template::Notice => "notice",
            Template::Digest => "digest",
            Template::Alert => "alert",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Template::ALL.into_iter().find(|template| template.as_str() == text)
    }
}
