//! `uketsuke submit`: enter a form that did not come by mail; judged by the same rules, in force when accepted.

use std::path::PathBuf;

use jiff::Timestamp;
use serde_json::json;

use super::listings::outcome_label;
use super::staff::{decision, open};
use super::table::Table;
use super::{Context, EXIT_IO, EXIT_NO, Failure, print, print_json};
use crate::daemon::decide::Entry;

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  uketsuke submit 様式３.xlsx --clinic 0123 --channel fax \\\n    --received 2021-10-08T16:20:00+09:00 --reason FAXで受領し転記"
)]
pub struct Arguments {
    /// The form as a workbook (.xlsx .xlsm .xlsb .xls .ods .csv).
    file: PathBuf,
    #[arg(long, value_name = "VENUE_NO")]
    clinic: String,
    /// How it came.
    #[arg(long, value_enum)]
    channel: Channel,
    /// When it came; decides the deadlines.
    #[arg(long, value_name = "RFC3339")]
    received: Timestamp,
    /// Why it is entered by hand; goes into the audit trail.
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Channel {
    Fax,
    Phone,
    Usb,
}

impl Channel {
    fn as_str(self) -> &'static str {
        match self {
            Channel::Fax => "fax",
            Channel::Phone => "phone",
            Channel::Usb => "usb",
        }
    }
}

pub async fn submit(context: &Context, arguments: &Arguments) -> Result<u8, Failure> {
    let file = std::fs::read(&arguments.file).map_err(|cause| {
        Failure::new(EXIT_IO, format!("failed to read {}: {cause}", arguments.file.display()))
    })?;
    let name = arguments.file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let (office, actor) = open(context, &arguments.reason).await?;
    office.require_sandbox().await?;
    let entry = Entry {
        venue_no: &arguments.clinic,
        channel: arguments.channel.as_str(),
        received_at: arguments.received,
        file_name: &name,
        file: &file,
        receipt: None,
    };
    let submitted = office.submit(entry, decision(&office, &actor, &arguments.reason)).await;
    office.readers.shutdown().await;
    let submission = submitted?;
    let receipt = submission.receipt.clone().unwrap_or_default();
    let outcome = submission.outcome;
    if context.json() {
        let findings: Vec<_> = submission.findings.iter().map(super::check::finding).collect();
        print_json(&json!({
            "receipt": receipt,
            "outcome": outcome.as_str(),
            "timing": submission.timing.map(crate::campaign::Timing::as_str),
            "channel": arguments.channel.as_str(),
            "sum": submission.totals.map(|totals| totals.sum()),
            "findings": findings,
        }))?;
    } else {
        print(&format!("受付番号 {receipt}：{}\n", outcome_label(outcome.as_str())));
        if !submission.findings.is_empty() {
            let mut table = Table::new(&["規則", "区分", "シート", "セル", "読み取り", "内容"]);
            for finding in &submission.findings {
                table.row(vec![
                    finding.code.clone(),
                    finding.severity.as_str().to_string(),
                    finding.place.sheet.as_deref().unwrap_or_default().to_string(),
                    finding.place.cell.as_deref().unwrap_or_default().to_string(),
                    finding.read.clone().unwrap_or_default(),
                    finding.message.clone(),
                ]);
            }
            print(&table.render());
        }
    }
    Ok(if outcome.is_accepted() { 0 } else { EXIT_NO })
}
