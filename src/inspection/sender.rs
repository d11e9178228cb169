//! Pure: who sent a mail: authentication verdict, staff, registered for which clinics, automatic or not.

use std::collections::BTreeSet;

use crate::clinic::{Clinic, Registry, address_key};
use crate::inbound::message::{AutomaticSign, Message};

use super::judgement::SenderStanding;
use super::standing::MailStanding;

/// What the judgement needs to know of the program's own addresses and of whom it trusts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// Our own addresses (`outgoing.own_addresses`).
    pub own_addresses: Vec<String>,
    /// `[staff] addresses`.
    pub staff_addresses: Vec<String>,
    /// `[authentication] authserv_id`; empty: not used.
    pub authserv_id: String,
    /// `[authentication] trusted_received`: host names after `by`.
    pub trusted_received: Vec<String>,
}

/// The verdict of the configured authentication server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Authentication {
    /// Not used (no `authserv_id`), or passed.
    Pass,
    /// The server said nothing usable.
    None,
    Fail,
}

/// The sender of one mail.
#[derive(Clone, Debug)]
pub struct Sender<'a> {
    /// The one author's address, or `""`.
    pub address: &'a str,
    pub authentication: Authentication,
    pub is_staff: bool,
    /// Clinics for which the address is registered.
    pub clinics: Vec<&'a Clinic>,
    /// A01 to A05: no person sent it, or we did.
    pub surely_automatic: bool,
    /// A06 to A10: it may be a person's mail that a gateway marked.
    pub perhaps_automatic: bool,
    /// Our address stands in To or Cc (A11).
    pub addressed_to_us: bool,
    /// No registry is at hand to look the address up in: it is taken for a registered one.
    pub assumed: bool,
}

impl<'a> Sender<'a> {
    pub fn of(
        message: &'a Message,
        standing: &MailStanding,
        registry: &'a Registry,
        settings: &Settings,
    ) -> Self {
        let address = message.from();
        let own: BTreeSet<String> = settings.own_addresses.iter().map(|own| base_key(own)).collect();
        let is_staff = !address.is_empty()
            && settings.staff_addresses.iter().any(|staff| address_key(staff) == address_key(address));
        let from_us = !is_staff
            && (own.contains(&base_key(address))
                || message.return_path.as_deref().is_some_and(|path| own.contains(&base_key(path))));
        let surely = |sign: &AutomaticSign| {
            matches!(
                sign,
                AutomaticSign::NullReturnPath | AutomaticSign::AutoSubmitted(_) | AutomaticSign::Report(_)
            )
        };
        Self {
            address,
            authentication: authenticate(message, settings),
            is_staff,
            clinics: registry.by_address(address),
            surely_automatic: standing.is_ours || from_us || message.automatic.iter().any(surely),
            perhaps_automatic: message.automatic.iter().any(|sign| !surely(sign)),
            addressed_to_us: own.is_empty()
                || message.recipients.iter().any(|to| own.contains(&base_key(to))),
            assumed: false,
        }
    }

    /// The same sender where there is no registry to look the address up in.
    #[must_use]
    pub fn assumed(self) -> Self {
        Self { assumed: true, ..self }
    }

    /// May be answered and may see figures of at least one clinic.
    pub fn is_known(&self) -> bool {
        self.is_staff || !self.clinics.is_empty() || (self.assumed && !self.address.is_empty())
    }

    /// The clinic that the address alone names.
    pub fn only_clinic(&self) -> Option<&'a Clinic> {
        match self.clinics.as_slice() {
            [clinic] => Some(clinic),
            _ => None,
        }
    }

    /// No person registered the address for any clinic: an agent's mails for clinics without addresses mean the same
    /// in one mail, in two, and in any order.
    fn is_only_provisional(&self) -> bool {
        let key = address_key(self.address);
        !self.clinics.iter().any(|clinic| clinic.emails.iter().any(|own| address_key(own) == key))
    }

    /// What the address means for this clinic.
    pub fn standing_for(&self, clinic: Option<&Clinic>) -> SenderStanding {
        if self.is_staff {
            return SenderStanding::Staff;
        }
        if self.assumed && !self.address.is_empty() {
            return SenderStanding::Registered;
        }
        let Some(clinic) = clinic else {
            return if self.clinics.is_empty() {
                SenderStanding::Unknown
            } else {
                SenderStanding::Registered
            };
        };
        if clinic.owns_address(self.address) {
            SenderStanding::Registered
        } else if !clinic.has_addresses() && !self.address.is_empty() && self.is_only_provisional() {
            SenderStanding::Provisional
        } else if !self.clinics.is_empty() {
            SenderStanding::Elsewhere
        } else {
            SenderStanding::Unknown
        }
    }
}

/// As [`address_key`], without `+…` before the @: our letters leave from such addresses, and all of them are ours.
fn base_key(address: &str) -> String {
    let key = address_key(address);
    match key.split_once('@') {
        Some((local, domain)) => format!("{}@{domain}", local.split('+').next().unwrap_or_default()),
        None => key,
    }
}

/// RFC 8601 results of the configured server only, and only above the first untrusted `Received:`.
fn authenticate(message: &Message, settings: &Settings) -> Authentication {
    if settings.authserv_id.is_empty() {
        return Authentication::Pass;
    }
    let trusted_hops = message
        .received
        .iter()
        .take_while(|hop| settings.trusted_received.iter().any(|host| host.eq_ignore_ascii_case(&hop.by)))
        .count();
    let domain = message.from().rsplit('@').next().unwrap_or_default().to_lowercase();
    let trusted = message.authentication.iter().filter(|field| {
        field.authserv_id.eq_ignore_ascii_case(&settings.authserv_id) && field.received_above <= trusted_hops
    });
    // A filter for each method writes a field of its own, in any order: they are weighed together.
    let (mut passed, mut dkim_passed, mut spf_failed) = (false, false, false);
    for result in trusted.flat_map(|field| &field.results) {
        let property = |name: &str| {
            result.properties.iter().find(|(property, _)| property == name).map(|(_, value)| value.as_str())
        };
        let aligned = |name: &str| property(name).is_some_and(|value| aligned_domain(value, &domain));
        match (result.method.as_str(), result.result.as_str()) {
            ("dmarc", "fail") => return Authentication::Fail,
            ("dmarc", "pass") => {
                passed |= property("header.from").is_none_or(|value| aligned_domain(value, &domain));
            }
            ("dkim", "pass") if aligned("header.d") || aligned("header.i") => dkim_passed = true,
            ("spf", "pass") if aligned("smtp.mailfrom") => passed = true,
            ("spf", "fail") => spf_failed = true,
            _ => {}
        }
    }
    if passed || dkim_passed {
        Authentication::Pass
    } else if spf_failed {
        Authentication::Fail
    } else {
        Authentication::None
    }
}

/// Is the domain of `value` (`d.example`, `@d.example`, `user@d.example`) the author's or a parent or child of it?
fn aligned_domain(value: &str, author: &str) -> bool {
    let domain = value.rsplit('@').next().unwrap_or_default().trim().to_lowercase();
    !domain.is_empty()
        && !author.is_empty()
        && (domain == author
            || author.ends_with(&format!(".{domain}")) && domain.contains('.')
            || domain.ends_with(&format!(".{author}")))
}

/// The receipt time that the configured relay wrote, if any: the topmost `Received:` by a trusted host.
pub fn trusted_receipt(message: &Message, settings: &Settings) -> Option<jiff::Timestamp> {
    message
        .received
        .iter()
        .find(|hop| settings.trusted_received.iter().any(|host| host.eq_ignore_ascii_case(&hop.by)))
        .and_then(|hop| hop.at)
}
