//! Pure: what a file claims to hold, checked before any parser opens it.
//!
//! A workbook parser believes the counts and sizes it finds. So they are judged here first: the zip's directory
//! (entries, names, sizes, ratios, methods), the compound file's sector chains, the extent of a BIFF sheet.
//! Every refusal by a limit names its setting.

pub mod compound;
pub mod package;

use serde::{Deserialize, Serialize};

use crate::inbound::attachment::FileKind;
use crate::limits::Limits;

/// Why a file that looked like a workbook gave no cells.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Refusal {
    /// Encrypted workbook or archive (rule M03).
    Password,
    /// Broken, truncated, or not what it pretends to be (F01); the reason in plain English for the log.
    Corrupt(String),
    /// Zero bytes (M19).
    Empty,
    /// HTML saved as .xls, SpreadsheetML 2003, BIFF2 to BIFF4, a macro sheet only (F01 with advice to save as .xlsx).
    OldFormat(FileKind),
    /// Over a limit (M19): the setting's name, its value, what was found.
    Limit { setting: String, allowed: u64, found: u64 },
    /// The child process died on it (M19).
    Died(String),
}

impl Refusal {
    /// For the log: what is broken, and why it is believed to be.
    pub fn corrupt(reason: impl Into<String>) -> Self {
        Refusal::Corrupt(reason.into())
    }

    /// Over the limit `limits.{name}`.
    pub fn limit(name: &str, allowed: u64, found: u64) -> Self {
        Refusal::Limit { setting: format!("limits.{name}"), allowed, found }
    }
}

/// `Err` when `found` is more than `limits.{name}` allows.
pub(crate) fn within(name: &str, allowed: u64, found: u64) -> Result<(), Refusal> {
    if found > allowed { Err(Refusal::limit(name, allowed, found)) } else { Ok(()) }
}

/// May a parser open these bytes? Costs one look at the directory and the beginning of some parts.
pub fn examine(bytes: &[u8], kind: FileKind, limits: &Limits) -> Result<(), Refusal> {
    examine_size(bytes, limits)?;
    match kind {
        FileKind::Xlsx | FileKind::Xlsm | FileKind::Xlsb | FileKind::Ods => {
            package::Package::open(bytes, limits).and_then(|mut package| package.check_claims(kind))
        }
        FileKind::Xls => compound::examine(bytes, limits),
        FileKind::Csv => Ok(()),
        FileKind::EncryptedWorkbook | FileKind::EncryptedArchive => Err(Refusal::Password),
        FileKind::HtmlWorkbook | FileKind::XmlWorkbook | FileKind::OldWorkbook => {
            Err(Refusal::OldFormat(kind))
        }
        FileKind::Empty => Err(Refusal::Empty),
        _ => Err(Refusal::corrupt("not a workbook")),
    }
}

/// The part of [`examine`] that needs no look inside.
pub fn examine_size(bytes: &[u8], limits: &Limits) -> Result<(), Refusal> {
    if bytes.is_empty() {
        return Err(Refusal::Empty);
    }
    within("attachment_bytes", limits.attachment_bytes, bytes.len() as u64)
}
