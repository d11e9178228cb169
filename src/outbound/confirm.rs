//! Pure: the 確認依頼: the reservation system is set up, and the clinic is asked to look at it (notice, section 4).

use jiff::Timestamp;
use serde::Serialize;

use super::letter::{AutoSubmitted, Draft};
use super::reply::view::View;
use super::reply::{Settings, named_subject, texts, wording, wrap};
use crate::campaign::{Campaign, Deadlines, in_jst};
use crate::clinic::Clinic;
use crate::inspection::verdict::{Slot, Template, Visibility};

/// One clinic whose slots stand in the reservation system.
#[derive(Clone, Copy, Debug)]
pub struct Confirmation<'a> {
    pub campaign: &'a Campaign,
    pub settings: &'a Settings,
    pub clinic: &'a Clinic,
    pub to: &'a str,
    /// The address that the signature gives.
    pub own_address: &'a str,
    /// The version that was set up, and when it had been received.
    pub receipt: &'a str,
    pub received_at: Timestamp,
    /// The slots in force, all scopes.
    pub slots: &'a [Slot],
    /// The clinic's own deadlines.
    pub deadlines: Deadlines,
    pub now: Timestamp,
    pub rehearsal: bool,
}

#[derive(Serialize)]
struct Values {
    #[serde(flatten)]
    view: View,
    received_day: String,
    registered: Vec<String>,
    previous_title: Option<String>,
}

/// The letter that asks for a look at the slots.
pub fn compose(confirmation: &Confirmation) -> Draft {
    let Confirmation { campaign, settings, clinic, .. } = *confirmation;
    let mut view = View::of_campaign(campaign, settings, confirmation.deadlines, confirmation.now);
    view.address(Some(clinic), settings);
    view.rehearsal = confirmation.rehearsal;
    view.own_address = confirmation.own_address.to_string();
    view.receipt_no = Some(confirmation.receipt.to_string());
    view.venue_no = Some(clinic.venue_no.clone());
    let values = Values {
        received_day: wording::short_day(in_jst(confirmation.received_at).date()),
        registered: registered(campaign, confirmation.slots),
        previous_title: campaign.period.checked_sub(1).filter(|period| *period > 0).map(|period| {
            let digits: String = period.to_string().chars().map(full_width).collect();
            format!("第{digits}期")
        }),
        view,
    };
    let prefix = if confirmation.rehearsal { settings.rehearsal_prefix.as_str() } else { "" };
    let front = format!("{prefix}【熊本市ワクチン対策PT】{}予約枠のご確認のお願い", campaign.title);
    Draft {
        kind: Template::Confirm,
        to: confirmation.to.to_string(),
        subject: named_subject(&front, clinic.name.trim(), ""),
        text: wrap::fill(&texts::render("confirm", &values)),
        html: None,
        attachments: Vec::new(),
        in_reply_to: None,
        references: Vec::new(),
        auto_submitted: AutoSubmitted::Generated,
    }
}

/// 「　公開枠　：【（第８期）WEB・コールセンター受付】　16枠／96人」
fn registered(campaign: &Campaign, slots: &[Slot]) -> Vec<String> {
    Visibility::BOTH
        .into_iter()
        .map(|visibility| {
            let (label, pattern) = match visibility {
                Visibility::Public => ("　公開枠　：", &campaign.public_slot_name),
                Visibility::Private => ("　非公開枠：", &campaign.private_slot_name),
            };
            let name = pattern.split('{').next().unwrap_or_default();
            let counts = slots.iter().map(|slot| slot.count(visibility)).filter(|count| *count > 0);
            let (number, people) =
                counts.fold((0u32, 0u64), |(number, people), count| (number + 1, people + u64::from(count)));
            format!("{label}{name}　{number}枠／{people}人")
        })
        .collect()
}

fn full_width(digit: char) -> char {
    digit.to_digit(10).and_then(|value| char::from_u32('０' as u32 + value)).unwrap_or(digit)
}
