//! Pure: [`Workbook`] to [`Form`]s: typed header fields and rows, each value with its cell and what was written there.
//!
//! This stage reads and remarks; it never judges. A value that cannot be read is a [`Trouble`], an
//! interpretation worth telling a [`Remark`]; the rules turn both into findings.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::civil::{Date, Time, Weekday};
use smol_str::SmolStr;

use super::verdict::{Place, Visibility};
use crate::campaign::Dose;

pub use super::normalize::{Read, Remark, Trouble};
pub use clinics::Naming;
pub use read::read;
pub use sheet::Area;

mod evidence;
mod fields;
mod assemble;
mod blocks;
mod clinics;
mod half;
mod list;
mod loose;
mod matrix;
mod net;
mod notices;
mod plan;
mod read;
pub mod returned;
mod roster;
mod sheet;
mod written;
mod year;

/// One cell as the clinic filled it in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry<T> {
    pub place: Place,
    /// The column's or field's heading as written there, for 「（接種日）」; empty when there is none.
    pub label: SmolStr,
    /// What was written, as a person would see it (dates as `2021/10/25`, times as `9:00`), untouched otherwise.
    pub raw: SmolStr,
    pub read: Read<T>,
    pub remarks: Vec<Remark>,
}

impl<T: Copy> Entry<T> {
    pub fn value(&self) -> Option<T> {
        match &self.read {
            Read::Value(value) => Some(*value),
            _ => None,
        }
    }
}

impl<T> Entry<T> {
    pub fn is_blank(&self) -> bool {
        matches!(self.read, Read::Blank)
    }

    pub fn trouble(&self) -> Option<&Trouble> {
        match &self.read {
            Read::Not(trouble) => Some(trouble),
            _ => None,
        }
    }
}

/// The weekday that a clinic typed (formula results are never evidence).
pub type WeekdayEntry = Entry<Weekday>;

/// One row of the table (or one body cell of a matrix) that says something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    pub sheet: SmolStr,
    /// One-based, as the clinic sees it.
    pub row: u32,
    pub date: Entry<Date>,
    /// `None`: no such column.
    pub weekday: Option<WeekdayEntry>,
    pub dose: Option<Entry<Dose>>,
    pub start: Entry<Time>,
    pub end: Option<Entry<Time>>,
    /// `None`: the form has no such column.
    pub public: Option<Entry<u32>>,
    pub private: Option<Entry<u32>>,
    /// 備考
    pub note: Option<Entry<()>>,
    /// The visibility that a title over the row names.
    pub section: Option<Entry<Visibility>>,
    /// The visibility that a text beside the counts names, and nothing else.
    pub beside: Option<Entry<Visibility>>,
    /// A text in the row that says that the row is gone: 削除, 取消.
    pub gone: Option<Entry<()>>,
    pub hidden: bool,
    pub struck: bool,
}

impl Row {
    pub fn count(&self, visibility: Visibility) -> Option<&Entry<u32>> {
        match visibility {
            Visibility::Public => self.public.as_ref(),
            Visibility::Private => self.private.as_ref(),
        }
    }
}

/// The header fields, each where it was found. `read` is `Value(())` when something is written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fields {
    /// 会場番号; `raw` is what was written, a number cell without ".0".
    pub venue_no: Option<Entry<()>>,
    /// 医療機関名
    pub name: Option<Entry<()>>,
    pub ward: Option<Entry<()>>,
    pub med_code: Option<Entry<()>>,
    pub contact_name: Option<Entry<()>>,
    pub phone: Option<Entry<()>>,
    pub email: Option<Entry<()>>,
    pub submitted_on: Option<Entry<()>>,
    /// 提出区分: 新規／修正
    pub submission_kind: Option<Entry<()>>,
    /// 第８期接種可能上限量 as the clinic wrote it.
    pub cap: Option<Entry<u32>>,
}

/// A total that the clinic **typed** (formula results are ignored), for rule B08.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TypedTotal {
    pub entry: Entry<u32>,
    /// `None`: both doses.
    pub dose: Option<Dose>,
    /// `None`: both visibilities.
    pub visibility: Option<Visibility>,
    /// Rectangles of the sheet, any of which it may sum up; none: the form, the sheet or the table above it.
    pub within: Vec<Area>,
}

/// Which of the three forms, by each source of evidence that was present.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Evidence {
    /// The very hidden sheet `_form` or the defined name FORM_ID.
    pub hidden_id: Option<u8>,
    /// 「様式番号 K8-3」
    pub visible_no: Option<u8>,
    pub title: Option<u8>,
    /// From the count columns: public only 1, private only 2, both 3.
    pub columns: Option<u8>,
    pub file_name: Option<u8>,
}

/// What the reader noticed about a file or sheet as a whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Observation {
    /// A required heading is missing (F04): the sheet and the labels not found (接種日, 接種時刻, 枠数).
    MissingColumns {
        sheet: SmolStr,
        labels: Vec<String>,
    },
    /// Several columns claim to be the count of the same slots (F04): none was read.
    RivalCounts {
        sheet: SmolStr,
        labels: Vec<String>,
    },
    /// 様式１ and 様式２, filled in as sheets of one workbook (X13).
    TwoForms,
    /// More than one input sheet was read and added up (F07).
    SeveralSheets {
        sheets: Vec<SmolStr>,
    },
    /// A list of another kind (a duty roster), left aside (F07): where its headings begin, and what they say.
    /// Not `sure`: the form may be this one.
    OtherTable {
        place: Place,
        raw: SmolStr,
        sure: bool,
    },
    /// Hidden rows or columns of a sheet that is read (F08), one-based rows, column letters.
    HiddenRows {
        sheet: SmolStr,
        rows: Vec<u32>,
    },
    HiddenColumns {
        sheet: SmolStr,
        columns: Vec<String>,
    },
    /// A hidden sheet holds a table with counts and is *not* included (F08).
    HiddenSheet {
        sheet: SmolStr,
    },
    /// Columns or rows were inserted, or headings moved (F10).
    Moved {
        sheet: SmolStr,
    },
    /// Rows with a struck-through font (F11).
    Struck {
        sheet: SmolStr,
        rows: Vec<u32>,
    },
    /// The 1904 date system (F12).
    Epoch1904,
    /// 会場番号 9999 or ○○医院 stands in what would be read (F06).
    Sample {
        place: Place,
        raw: SmolStr,
    },
    /// A clinic filled in the 記入例 sheet and left the others empty, or (`beside`) did not: its number there (F06).
    FilledSample {
        place: Place,
        raw: SmolStr,
        beside: bool,
    },
    /// 「利用しません」「辞退」「取下げ」 (F14).
    Withdrawal {
        place: Place,
        raw: SmolStr,
    },
    /// A 合計 row left out of the detail (R27), one-based.
    TotalRow {
        sheet: SmolStr,
        row: u32,
    },
    /// Content below or beside the table that has a date or time and a count but fits no column (never dropped in silence).
    Unplaced {
        place: Place,
        raw: SmolStr,
    },
    /// A text beside or below the table that may tell a slot in words (F04, a warning).
    Aside {
        place: Place,
        raw: SmolStr,
    },
    /// A count of which nothing says whether it is 公開 or 非公開, in a list that says it row by row (F04).
    Unattributed {
        place: Place,
        raw: SmolStr,
    },
    /// Figures under a heading that does not say what they count, or under none (F04): the heading's cell.
    /// `common`: beside most counts, and not their sum.
    StrangeFigures {
        place: Place,
        raw: SmolStr,
        common: bool,
    },
    /// Another 会場番号 or 医療機関名 than the form's in the same form: it may be somebody else's (B03).
    SecondClinic {
        place: Place,
        raw: SmolStr,
        naming: Naming,
    },
    /// A sheet with slots that names no clinic, in a workbook of several (B01).
    NobodysSheet {
        sheet: SmolStr,
    },
    Comments,
    /// .xlsm (M05) and .csv (F15) are told from `Workbook::container` by the rules.
    Other(String),
}

/// One clinic's form out of one workbook.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Form {
    /// 1, 2 or 3: the best evidence.
    pub number: Option<u8>,
    pub evidence: Evidence,
    /// The visibilities for which the form has a count column.
    pub visibility: BTreeSet<Visibility>,
    /// The period the form says it is for (第８期 → 8).
    pub period: Option<u32>,
    /// `2021-09-28.1` from `_form`.
    pub template: Option<String>,
    /// Sheets read, in order.
    pub sheets: Vec<SmolStr>,
    pub fields: Fields,
    pub rows: Vec<Row>,
    pub typed_totals: Vec<TypedTotal>,
    pub observations: Vec<Observation>,
}

/// What a workbook turned out to be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FileReading {
    /// Usually one; several when the workbook holds several clinics' sheets. Empty: not one of our forms (F02).
    pub forms: Vec<Arc<Form>>,
    /// 接種計画票, 医療物品配布希望調査票 and the like, recognised by title and left aside: the title.
    pub companion: Option<String>,
    /// Columns that look like patients' data (氏名, 生年月日, 接種券番号): rule M17. Where; never the content.
    pub personal_data: Option<Place>,
    /// Observations when no form was read (hidden tables, withdrawal text, …).
    pub observations: Vec<Observation>,
}
