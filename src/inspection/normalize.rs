//! Pure: what one cell says, read by the role of its column: dates, times, counts, doses, weekdays.
//!
//! Nothing here knows where a cell stands. A reader takes the cell's value and gives a [`Reading`]: a value, a
//! [`Trouble`], or nothing, and the [`Remark`]s worth telling.

use smol_str::SmolStr;

pub mod glance;
pub mod token;
pub mod serial;
pub mod scan;
pub mod date;
pub mod time;
pub mod moment;
pub mod count;
pub mod dose;
pub mod weekday;

/// What a cell said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Read<T> {
    /// Empty (or a formula helper cell that is never evidence).
    Blank,
    Value(T),
    Not(Trouble),
}

/// Why a cell gave no value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// Text that is none of the accepted writings (R02, R13, R19 by column).
    Unreadable,
    /// 11/31, 2/30 (R08).
    ImpossibleDate,
    /// 「10/25～10/29」「毎週月曜」「平日」 (R32).
    DateRange,
    /// More than one value in the cell: a line break, 「、」 (R31).
    Several,
    /// A date where a count is expected, 6/6 turned into 6月6日 (R24).
    CountIsDate,
    /// A fraction or a negative number (R20).
    NotWhole,
    /// An error value, or a formula without a stored result (F09).
    Formula,
    /// The time and the half of the day that stands beside or above it (午前, 午後) do not fit (R13).
    HalfOfDay { said: String },
    /// Some of the text is struck through: what remains is another value than the whole (F11).
    PartlyStruck,
    /// A time with seconds (R13).
    Seconds,
    /// The count's cell is merged over several rows (R30): the range and what it says.
    MergedCount { range: String },
}

/// How a value was understood, where that is worth telling.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Remark {
    /// An estimate that the clinic should confirm: 1025, 10.25, 「25日」, bare 9, text 9.30, 頃, 六 (R34).
    Estimated,
    /// 〃, 同上, or blank below a value: taken from the row above; its value (R25). `ditto` for a written sign,
    /// `merged` when the cell belongs to a merged range.
    CarriedDown { from: SmolStr, ditto: bool, merged: bool },
    /// 休, ×, －, なし read as 0; or the blank one of 様式３'s two counts (R21).
    Zero,
    /// 「６名」 read as 6 (R23).
    Unit,
    /// 「9:00～9:30」 read as start and end (R17).
    TimeRange,
    /// 午後 stands beside or above a time of the 12-hour clock, which was counted on by twelve hours (R34).
    Afternoon,
    /// No year was written.
    NoYear,
    /// Heisei or another era writing: 平成33年 = 2021.
    OldEra,
    /// A date cell in the time column, whose time part was used; true when its date differs from the row's.
    DateInTime { other_day: bool },
    /// 「9：00：」「9;00」 and the like.
    Punctuation,
}

/// A value with the remarks on how it was understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading<T> {
    pub read: Read<T>,
    pub remarks: Vec<Remark>,
}

impl<T> Reading<T> {
    pub fn blank() -> Self {
        Self { read: Read::Blank, remarks: Vec::new() }
    }

    pub fn value(value: T) -> Self {
        Self { read: Read::Value(value), remarks: Vec::new() }
    }

    pub fn not(trouble: Trouble) -> Self {
        Self { read: Read::Not(trouble), remarks: Vec::new() }
    }

    #[must_use]
    pub fn with(mut self, remark: Remark) -> Self {
        if !self.remarks.contains(&remark) {
            self.remarks.push(remark);
        }
        self
    }

    #[must_use]
    pub fn with_if(self, condition: bool, remark: Remark) -> Self {
        if condition { self.with(remark) } else { self }
    }
}
