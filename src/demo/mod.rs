//! Pure: the material of the rehearsal: an example registry and the mails of one campaign, as the mail programs of
//! clinics write them. No clinic, person or address in it exists.

mod encode;
mod forms;
mod locked;
mod post;
mod script;

use jiff::Timestamp;
use rust_xlsxwriter::XlsxError;

use crate::campaign::Campaign;
use crate::clinic::{Clinic, registry_file};

/// The example registry as a file, for `clinics import`.
pub const REGISTRY_FILE: &[u8] = include_bytes!("../../config/example-clinics.csv");

/// One mail as it lies in the mailbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SampleMail {
    /// What it shows: `01-form1-outlook`.
    pub name: String,
    /// When the city's server took it.
    pub received_at: Timestamp,
    /// The whole message, CRLF.
    pub bytes: Vec<u8>,
}

/// The clinics of `config/example-clinics.csv`, which is compiled in (and read without a problem: there is a test).
pub fn sample_registry() -> Vec<Clinic> {
    registry_file::read(REGISTRY_FILE, "example-clinics.csv").unwrap_or_default()
}

/// The mails of a whole campaign in the order of their receipt. The dates are the campaign's own, so that another
/// campaign gets mails for its periods; the same campaign gives the same bytes.
pub fn sample_mails(campaign: &Campaign) -> Result<Vec<SampleMail>, XlsxError> {
    let mut mails = script::mails(campaign, &sample_registry())?;
    mails.sort_by_key(|mail| mail.received_at);
    Ok(mails)
}
