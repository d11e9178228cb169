//! Pure: whose form it is, out of 会場番号, 医療機関コード, 医療機関名, sender and thread, in that order of weight.
//!
//! A number and a name that are both known and belong to different clinics are never reconciled by guessing.

use super::Identity;
use super::finding::{NAME, VENUE_NO, at, at_cell, at_sheet, raise, raise_other};
use super::wording::quote;
use crate::clinic::{Clinic, Registry, name_key};
use crate::inspection::form::{Entry, Form, Naming, Observation, Read, Trouble};
use crate::inspection::normalize::token;
use crate::inspection::verdict::{Finding, Place, Severity};

/// The clinic that a receipt number of ours in the subject names (「受付番号 8-0123-2」), if it is one of the sender's:
/// anybody can write a number.
pub fn clinic_of_receipt<'a>(
    subject: &str,
    period: u32,
    registry: &'a Registry,
    sender: &str,
) -> Option<&'a str> {
    let key = token::key(subject);
    let number = key.split_once("受付番号")?.1.trim_start_matches([':', '.', '「', '(']);
    let end = number.find(|ch: char| !(ch.is_ascii_alphanumeric() || ch == '-')).unwrap_or(number.len());
    let (said, rest) = number.get(..end)?.split_once('-')?;
    let (venue_no, nth) = rest.rsplit_once('-')?;
    let ours = said.parse() == Ok(period) && nth.parse::<u32>().is_ok();
    let clinic = registry.by_venue_no(venue_no).filter(|_| ours)?;
    has(&registry.by_address(sender), clinic).then_some(clinic.venue_no.as_str())
}

/// What the form says of its clinic, each looked up in the registry.
struct Signals<'a, 'f> {
    form: &'f Form,
    /// The 会場番号 as written, when it can be read as one.
    number: Option<&'f Entry<()>>,
    numbered: Option<&'a Clinic>,
    name: Option<&'f Entry<()>>,
    /// All clinics of that name.
    named: Vec<&'a Clinic>,
    coded: Vec<&'a Clinic>,
    /// Clinics for which the sender is registered.
    senders: Vec<&'a Clinic>,
    thread: Option<&'a Clinic>,
}

/// The clinic of a form, with the findings B01 to B04 and B12. `sender` is the bare From address (empty: none),
/// `thread_venue` the 会場番号 of the letter of ours that the mail answers.
///
/// With an empty registry nobody is identified, and only a form that names no clinic at all is reported.
pub fn identify<'a>(
    form: &Form,
    registry: &'a Registry,
    sender: &str,
    thread_venue: Option<&str>,
) -> Identity<'a> {
    let number = written(form, form.fields.venue_no.as_ref()).filter(|entry| legible(&entry.raw));
    let name = written(form, form.fields.name.as_ref());
    let signals = Signals {
        form,
        number,
        numbered: number.and_then(|entry| by_number(registry, &entry.raw)),
        name,
        named: name.map(|entry| by_name(registry, &entry.raw)).unwrap_or_default(),
        coded: form
            .fields
            .med_code
            .as_ref()
            .map(|entry| registry.by_med_code(&digits(&entry.raw)))
            .unwrap_or_default(),
        senders: registry.by_address(sender),
        thread: thread_venue.and_then(|venue| registry.by_venue_no(venue)),
    };
    let mut identity = signals.identify(registry);
    let own = identity.clinic;
    identity.findings.extend(form.observations.iter().filter_map(|seen| somebody_elses(seen, own, registry)));
    identity
}

/// Slots of another clinic in the same form: an error, since they would be offered under this one's name.
fn somebody_elses(seen: &Observation, own: Option<&Clinic>, registry: &Registry) -> Option<Finding> {
    let (place, raw, naming) = match seen {
        Observation::NobodysSheet { sheet } => return Some(at_sheet(raise_other("B01", 2, &[]), sheet)),
        Observation::SecondClinic { place, raw, naming } => (place, raw, *naming),
        _ => return None,
    };
    let of_own = |clinics: &[&Clinic]| own.is_some_and(|own| has(clinics, own));
    let foreign = if naming == Naming::Number {
        // A long one is another authority's.
        let like_ours = legible(raw) && raw.trim().chars().count() <= 6;
        let known = by_number(registry, raw);
        !registry.is_empty() && known.map_or(like_ours, |one| !of_own(&[one]))
    } else {
        let named = by_name(registry, raw);
        let stranger = || naming == Naming::Name && own.is_some_and(|own| !resembles(raw, own));
        if named.is_empty() { stranger() } else { !of_own(&named) }
    };
    let finding = || Finding {
        mend: Some(
            "医療機関ごとにシートを分け、それぞれに会場番号と医療機関名をご記入ください。".to_string(),
        ),
        ..raise_other("B03", 2, &[])
    };
    foreign.then(|| at_cell(finding(), place, if naming == Naming::Number { VENUE_NO } else { NAME }, raw))
}

impl<'a> Signals<'a, '_> {
    fn identify(&self, registry: &Registry) -> Identity<'a> {
        let fields = &self.form.fields;
        let own = |place: &Place| {
            [&fields.venue_no, &fields.name].into_iter().flatten().any(|entry| entry.place == *place)
        };
        let headless = fields.venue_no.is_none() && fields.name.is_none();
        let is_sample = |seen: &Observation| match seen {
            Observation::Sample { place, .. } => headless || own(place),
            Observation::FilledSample { beside, .. } => !beside,
            _ => false,
        };
        let sample = self.form.observations.iter().any(is_sample);
        if self.number.is_none() && self.name.is_none() {
            // A form that still carries the sample's number or name is told so by F06 alone.
            let findings = if sample { Vec::new() } else { vec![self.nameless()] };
            return Identity { clinic: self.without_name_or_number(), findings };
        }
        if registry.is_empty() {
            return Identity { clinic: None, findings: Vec::new() };
        }
        if let Some(clinic) = self.numbered {
            return self.by_number(clinic);
        }
        self.by_the_rest(sample)
    }
    /// The 会場番号 is one of the registry's.
    fn by_number(&self, clinic: &'a Clinic) -> Identity<'a> {
        let Some(name) = self.name else {
            let foreign = !self.coded.is_empty() && !has(&self.coded, clinic);
            let findings = if foreign { vec![self.contradiction(clinic, 1)] } else { Vec::new() };
            return Identity { clinic: Some(clinic), findings };
        };
        if has(&self.named, clinic) {
            return Identity {
                clinic: Some(clinic),
                findings: respelled(clinic, name).into_iter().collect(),
            };
        }
        if !self.named.is_empty() {
            let addressed = if has(&self.senders, clinic) {
                clinic
            } else {
                self.named.iter().copied().find(|named| has(&self.senders, named)).unwrap_or(clinic)
            };
            let values = [
                ("no", clinic.venue_no.clone()),
                ("name", clinic.name.clone()),
                ("written", quote(&name.raw)),
            ];
            return Identity {
                clinic: Some(addressed),
                findings: vec![at(raise("B03", &values), name, NAME)],
            };
        }
        let seconded = has(&self.senders, clinic)
            || has(&self.coded, clinic)
            || self.thread.is_some_and(|thread| same(thread, clinic))
            || resembles(&name.raw, clinic);
        let finding = if seconded {
            at(raise("B04", &[("name", clinic.name.clone())]), name, NAME)
        } else {
            let mut finding = self.contradiction(clinic, 0);
            finding.severity = Severity::Warning;
            finding
        };
        Identity { clinic: Some(clinic), findings: vec![finding] }
    }

    /// B03 with another text: 0, a name that nobody has; 1, somebody else's 医療機関コード.
    fn contradiction(&self, clinic: &Clinic, nth: usize) -> Finding {
        let raw = self.name.map(|name| quote(&name.raw)).unwrap_or_default();
        let values = [("no", clinic.venue_no.clone()), ("name", clinic.name.clone()), ("written", raw)];
        let finding = raise_other("B03", nth, &values);
        match (self.name, self.number) {
            (Some(name), _) => at(finding, name, NAME),
            (None, Some(number)) => at(finding, number, VENUE_NO),
            (None, None) => finding,
        }
    }

    /// No 会場番号, or one that is not in the registry.
    fn by_the_rest(&self, sample: bool) -> Identity<'a> {
        let found = self.unnumbered();
        let mut findings = Vec::new();
        match (self.number, found) {
            (Some(number), Some(clinic)) => {
                let mut finding = raise_other("B02", 0, &[("no", clinic.venue_no.clone())]);
                // The sender alone is no second reading of what the form says.
                finding = if self.name.is_some() || has(&self.coded, clinic) {
                    Finding { severity: Severity::Warning, ..finding }
                } else {
                    raise("B02", &[])
                };
                findings.push(at(finding, number, VENUE_NO));
            }
            (Some(number), None) => findings.push(at(raise("B02", &[]), number, VENUE_NO)),
            (None, _) if sample => {}
            (None, Some(clinic)) => {
                findings.push(self.at_number(raise("B12", &[("no", clinic.venue_no.clone())])));
            }
            (None, None) => findings.push(self.at_number(raise_other("B01", 0, &[]))),
        }
        if let (Some(clinic), Some(name)) = (found, self.name) {
            findings.extend(respelled(clinic, name));
        }
        Identity { clinic: found, findings }
    }

    /// The clinic that everything but the number points to.
    fn unnumbered(&self) -> Option<&'a Clinic> {
        if let [clinic] = self.named.as_slice() {
            // A code of another clinic beside the name leaves two candidates.
            return (self.coded.is_empty() || has(&self.coded, clinic)).then_some(*clinic);
        }
        if !self.named.is_empty() {
            return only(self.named.iter().copied().filter(|named| has(&self.coded, named)))
                .or_else(|| only(self.named.iter().copied().filter(|named| has(&self.senders, named))));
        }
        let coded = only(self.coded.iter().copied());
        match self.name {
            None => self.without_name_or_number(),
            Some(name) => coded
                .filter(|clinic| resembles(&name.raw, clinic) || has(&self.senders, clinic))
                .or_else(|| only(self.senders.iter().copied().filter(|own| resembles(&name.raw, own)))),
        }
    }

    /// By code, by the sender's only clinic, by the thread.
    fn without_name_or_number(&self) -> Option<&'a Clinic> {
        only(self.coded.iter().copied())
            .or_else(|| only(self.senders.iter().copied()))
            .or_else(|| self.thread.filter(|thread| self.senders.is_empty() || has(&self.senders, thread)))
    }

    /// B01 where neither field says anything.
    fn nameless(&self) -> Finding {
        let fields = &self.form.fields;
        match (&fields.venue_no, &fields.name) {
            (None, None) => self.at_number(raise_other("B01", 1, &[])),
            _ => self.at_number(raise("B01", &[])),
        }
    }

    /// At the cell of the number; else of the name; else at the sheet.
    fn at_number(&self, finding: Finding) -> Finding {
        let fields = &self.form.fields;
        match (&fields.venue_no, &fields.name, self.form.sheets.first()) {
            (Some(number), _, _) => at(finding, number, VENUE_NO),
            (None, Some(name), _) => at(finding, name, NAME),
            (None, None, Some(sheet)) => at_sheet(finding, sheet),
            (None, None, None) => finding,
        }
    }
}

/// A field in which something legible stands that is not the sample's.
fn written<'f>(form: &Form, entry: Option<&'f Entry<()>>) -> Option<&'f Entry<()>> {
    let entry = entry?;
    let sample = form
        .observations
        .iter()
        .any(|seen| matches!(seen, Observation::Sample { place, .. } if *place == entry.place));
    let says = match &entry.read {
        Read::Blank | Read::Not(Trouble::Formula | Trouble::PartlyStruck) => false,
        Read::Value(()) | Read::Not(_) => !entry.raw.trim().is_empty(),
    };
    (says && !sample).then_some(entry)
}

/// A number has at least one letter or digit: 「－」「？」「不明」 are none.
fn legible(raw: &str) -> bool {
    use unicode_normalization::UnicodeNormalization;
    raw.nfkc().any(|c| c.is_ascii_alphanumeric())
}

fn digits(raw: &str) -> String {
    use unicode_normalization::UnicodeNormalization;
    raw.nfkc().filter(char::is_ascii_digit).collect()
}

/// As written, else without 「No.」, 「第…号」 and the like around it.
fn by_number<'a>(registry: &'a Registry, raw: &str) -> Option<&'a Clinic> {
    use unicode_normalization::UnicodeNormalization;
    registry.by_venue_no(raw).or_else(|| {
        let folded: String = raw.nfkc().filter(|c| !c.is_whitespace()).collect();
        let mut bare = folded.as_str();
        for before in ["会場番号", "会場", "第", "番号", "No", "NO", "no", "#", ".", ":"] {
            bare = bare.strip_prefix(before).unwrap_or(bare);
        }
        for after in ["会場", "号", "番"] {
            bare = bare.strip_suffix(after).unwrap_or(bare);
        }
        (!bare.is_empty()).then(|| registry.by_venue_no(bare)).flatten().or_else(|| noted(registry, bare))
    })
}

/// 「0101（みなみ坂クリニック）」: the note is the clinic's name, or none that another has.
fn noted<'a>(registry: &'a Registry, written: &str) -> Option<&'a Clinic> {
    let (number, note) = written.strip_suffix(')')?.split_once('(')?;
    let clinic = registry.by_venue_no(number)?;
    let named = by_name(registry, note);
    (named.is_empty() || has(&named, clinic)).then_some(clinic)
}

/// As written, else without a bracketed note or 「様」 「御中」 behind it.
fn by_name<'a>(registry: &'a Registry, raw: &str) -> Vec<&'a Clinic> {
    let exact = registry.by_name(raw);
    if !exact.is_empty() {
        return exact;
    }
    let bare = raw.trim().trim_end_matches('様').trim_end_matches("御中").trim();
    let bare = match bare.split_once(['（', '(']) {
        Some((own, note)) if !own.trim().is_empty() && note.trim_end().ends_with(['）', ')']) => own.trim(),
        _ => bare,
    };
    registry.by_name(bare)
}

/// One name contains the other: みなみ内科 and みなみ内科クリニック. Never enough alone.
fn resembles(raw: &str, clinic: &Clinic) -> bool {
    let written = name_key(raw);
    written.chars().count() >= 2
        && std::iter::once(&clinic.name).chain(&clinic.aliases).any(|name| {
            let own = name_key(name);
            own.chars().count() >= 2 && (own.contains(&written) || written.contains(&own))
        })
}

/// B04 where the name was written otherwise than the registry has it.
fn respelled(clinic: &Clinic, name: &Entry<()>) -> Option<Finding> {
    let raw = name.raw.trim();
    let known = std::iter::once(&clinic.name).chain(&clinic.aliases).any(|own| own.trim() == raw);
    (!known).then(|| at(raise("B04", &[("name", clinic.name.clone())]), name, NAME))
}

fn same(left: &Clinic, right: &Clinic) -> bool {
    left.venue_no == right.venue_no
}

fn has(clinics: &[&Clinic], clinic: &Clinic) -> bool {
    clinics.iter().any(|one| same(one, clinic))
}

/// The single item, if there is exactly one.
fn only<'a>(mut clinics: impl Iterator<Item = &'a Clinic>) -> Option<&'a Clinic> {
    let first = clinics.next()?;
    clinics.next().is_none().then_some(first)
}
