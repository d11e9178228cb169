//! `uketsuke forms`: write the official workbooks 様式１・２・３.

use std::path::PathBuf;

use super::{Context, EXIT_DATA, EXIT_IO, Failure, print, print_json};
use crate::campaign::Campaign;
use crate::issue::form_workbook;

#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  uketsuke forms --out 様式 --clinic 0123")]
pub struct Arguments {
    /// Folder for the three workbooks; made if it is missing.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Pre-fill the clinic's number, name, ward and cap from the registry.
    #[arg(long, value_name = "VENUE_NO")]
    clinic: Option<String>,
}

pub async fn forms(context: &Context, arguments: &Arguments) -> Result<u8, Failure> {
    let campaign = Campaign::new(context.config.campaign.clone())
        .map_err(|cause| Failure::new(super::EXIT_CONFIG, cause))?;
    let clinic = match &arguments.clinic {
        None => None,
        Some(venue_no) => {
            let registry = context.ledger().await?.registry().await?;
            let found = registry.by_venue_no(venue_no).cloned();
            Some(found.ok_or_else(|| {
                Failure::new(
                    EXIT_DATA,
                    format!("会場番号 {venue_no} is not in the registry; see `uketsuke clinics list`"),
                )
            })?)
        }
    };
    std::fs::create_dir_all(&arguments.out).map_err(|cause| {
        Failure::new(EXIT_IO, format!("failed to make the folder {}: {cause}", arguments.out.display()))
    })?;
    let mut written = Vec::new();
    for number in 1..=3 {
        let bytes = form_workbook::form_workbook(number, &campaign, clinic.as_ref())
            .map_err(|cause| Failure::new(EXIT_IO, format!("failed to write 様式{number}: {cause}")))?;
        let path = arguments.out.join(form_workbook::file_name(number));
        std::fs::write(&path, bytes)
            .map_err(|cause| Failure::new(EXIT_IO, format!("failed to write {}: {cause}", path.display())))?;
        written.push(path.display().to_string());
    }
    if context.json() {
        print_json(&written)?;
    } else {
        print(&format!("{}\n", written.join("\n")));
    }
    Ok(0)
}
