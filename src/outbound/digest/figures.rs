//! Pure: the numbers of the digest, each counted from its own source, so that the check lines can fail.

use std::collections::{BTreeMap, BTreeSet};

use jiff::ToSpan;
use jiff::civil::Date;

use crate::campaign::{Campaign, Dose};
use crate::clinic::{Ward, venue_key};
use crate::inspection::verdict::Totals;
use crate::outbound::activity::{ClinicLine, ClinicState, DayActivity, DayCount};

/// Clinics of one ward by state.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WardFigures {
    pub label: &'static str,
    /// 対象: distinct venues that are expected to submit.
    pub expected: usize,
    /// 受付済, by mail
    pub accepted: usize,
    pub needs_fix: usize,
    /// 要対応
    pub held: usize,
    /// FAX: accepted by FAX, phone or USB
    pub other_channel: usize,
    pub not_submitted: usize,
}

impl WardFigures {
    fn of<'a>(label: &'static str, lines: impl Iterator<Item = &'a ClinicLine>) -> Self {
        let mut figures = Self { label, ..Self::default() };
        let mut venues = BTreeSet::new();
        for line in lines {
            match line.state {
                ClinicState::Held => figures.held += 1,
                ClinicState::NeedsFix => figures.needs_fix += 1,
                ClinicState::Accepted if line.by_other_channel => figures.other_channel += 1,
                ClinicState::Accepted => figures.accepted += 1,
                ClinicState::NotSubmitted => figures.not_submitted += 1,
                ClinicState::NotUsing | ClinicState::UnknownIntent => continue,
            }
            venues.insert(venue_key(&line.clinic.venue_no));
        }
        figures.expected = venues.len();
        figures
    }

    /// 受付済＋要修正＋要対応＋FAX＋未提出
    pub fn parts(&self) -> usize {
        self.accepted + self.needs_fix + self.held + self.other_channel + self.not_submitted
    }

    pub fn adds_up(&self) -> bool {
        self.expected == self.parts()
    }

    /// 提出率 in whole percent, `None` when nothing is expected.
    pub fn rate(&self) -> Option<usize> {
        let submitted = self.expected.saturating_sub(self.not_submitted);
        (self.expected > 0).then(|| (submitted * 200 + self.expected) / (self.expected * 2))
    }
}

/// One clinic over its cap: by how many, where that is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OverCap {
    pub venue_no: String,
    pub over: Option<u64>,
    /// Its form was refused for that; otherwise the cap was lowered after the form was accepted, or a person decides.
    pub needs_fix: bool,
}

/// A day of the first period beside the day three weeks later; either may be missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DayPair {
    pub first: Option<DayCount>,
    pub second: Option<DayCount>,
}

impl DayPair {
    /// People of the second day less those of the first.
    pub fn difference(&self) -> Option<i64> {
        let (first, second) = (self.first?, self.second?);
        Some((second.public + second.private) as i64 - (first.public + first.private) as i64)
    }

    /// ★: three weeks later at least 6 people (one vial) and a fifth of the day are without a second slot.
    pub fn is_large_gap(&self) -> bool {
        let people = self.first.map_or(0, |first| first.public + first.private) as i64;
        self.difference().is_some_and(|difference| -difference >= 6 && -difference * 5 >= people)
    }
}

/// All numbers of one digest.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// The five wards in order, and 「区未設定」 where a clinic has none.
    pub wards: Vec<WardFigures>,
    pub total: WardFigures,
    pub not_using: usize,
    pub unknown_intent: usize,
    /// No longer in the registry file, and silent.
    pub not_in_file: usize,
    /// Every line of the registry is in one of the states.
    pub clinics: usize,
    /// Slots in force, by the clinics' lines.
    pub slots: Totals,
    pub clinics_with_slots: usize,
    /// Sum of the caps of the clinics with slots, as far as they are known.
    pub caps: u64,
    pub clinics_without_cap: usize,
    /// Slots of the clinics whose cap is not known; they are no part of 差引.
    pub uncapped_sum: u64,
    pub over_cap: Vec<OverCap>,
    /// Clinics with fewer second than first doses, and by how many together.
    pub unbalanced: usize,
    pub unbalanced_sum: u64,
    pub days: Vec<DayPair>,
    /// The same slots by the days and by the list of slots.
    pub slots_by_day: Totals,
    pub slots_by_slot: Totals,
}

impl Figures {
    pub fn of(activity: &DayActivity, campaign: &Campaign) -> Self {
        let mut figures = Self {
            total: WardFigures::of("計", activity.clinics.iter()),
            clinics: activity.clinics.len(),
            days: day_pairs(&activity.days, campaign),
            ..Self::default()
        };
        for ward in Ward::ALL {
            figures.wards.push(WardFigures::of(ward_label(Some(ward)), activity.in_ward(Some(ward))));
        }
        if activity.in_ward(None).next().is_some() {
            figures.wards.push(WardFigures::of(ward_label(None), activity.in_ward(None)));
        }
        for line in &activity.clinics {
            figures.add_clinic(line);
        }
        for day in &activity.days {
            if let Some(dose) = campaign.dose_on(day.date) {
                add(&mut figures.slots_by_day, dose, day.public, day.private);
            }
        }
        for slot in &activity.slots {
            add(&mut figures.slots_by_slot, slot.dose, slot.public.into(), slot.private.into());
        }
        figures
    }

    fn add_clinic(&mut self, line: &ClinicLine) {
        match line.state {
            ClinicState::NotUsing if line.clinic.not_in_file => self.not_in_file += 1,
            ClinicState::NotUsing => self.not_using += 1,
            ClinicState::UnknownIntent => self.unknown_intent += 1,
            _ => {}
        }
        if line.state != ClinicState::NotUsing && is_over_cap(line) {
            self.over_cap.push(OverCap {
                venue_no: line.clinic.venue_no.clone(),
                over: over_by(line),
                needs_fix: line.state == ClinicState::NeedsFix,
            });
        }
        let Some(totals) = line.totals.filter(|totals| totals.sum() > 0) else { return };
        self.clinics_with_slots += 1;
        self.slots.first_public += totals.first_public;
        self.slots.first_private += totals.first_private;
        self.slots.second_public += totals.second_public;
        self.slots.second_private += totals.second_private;
        if let Some(cap) = line.clinic.cap {
            self.caps += u64::from(cap);
        } else {
            self.clinics_without_cap += 1;
            self.uncapped_sum += totals.sum();
        }
        if totals.first() > totals.second() {
            self.unbalanced += 1;
            self.unbalanced_sum += totals.first() - totals.second();
        }
    }

    /// 差引（独自の受付枠）: caps less the slots of the clinics whose cap is known.
    pub fn own(&self) -> i64 {
        self.caps as i64 - (self.slots.sum() as i64 - self.uncapped_sum as i64)
    }

    /// 対象＝受付済＋要修正＋要対応＋FAX＋未提出, in each ward and together, and no clinic outside.
    pub fn clinics_add_up(&self) -> bool {
        let by_ward: usize = self.wards.iter().map(|ward| ward.expected).sum();
        self.wards.iter().all(WardFigures::adds_up)
            && self.total.adds_up()
            && by_ward == self.total.expected
            && self.clinics == self.total.expected + self.not_using + self.unknown_intent + self.not_in_file
    }

    /// The clinics' sums, the days and the list of slots say the same.
    pub fn slots_add_up(&self) -> bool {
        self.slots == self.slots_by_day && self.slots == self.slots_by_slot
    }
}

/// 「中央」; 「未設定」 without a ward.
pub fn ward_label(ward: Option<Ward>) -> &'static str {
    ward.map_or("未設定", |ward| ward.label().trim_end_matches('区'))
}

fn add(totals: &mut Totals, dose: Dose, public: u64, private: u64) {
    let (to_public, to_private) = match dose {
        Dose::First => (&mut totals.first_public, &mut totals.first_private),
        Dose::Second => (&mut totals.second_public, &mut totals.second_private),
    };
    *to_public += public;
    *to_private += private;
}

fn is_over_cap(line: &ClinicLine) -> bool {
    line.flags.iter().any(|flag| flag == "over_cap") || line.errors.iter().any(|error| error.code == "X03")
}

/// From the sums where they are over the cap themselves, otherwise from the text of X03 (「…を12回分超えています」).
fn over_by(line: &ClinicLine) -> Option<u64> {
    let told = line.errors.iter().filter(|error| error.code == "X03").find_map(|error| {
        let (before, _) = error.message.split_once("回分超えて")?;
        let digits: String = before.chars().rev().take_while(|c| c.is_ascii_digit() || *c == ',').collect();
        digits.chars().rev().filter(char::is_ascii_digit).collect::<String>().parse().ok()
    });
    let cap = u64::from(line.clinic.cap?);
    told.or_else(|| line.totals.map(|totals| totals.sum()).filter(|sum| *sum > cap).map(|sum| sum - cap))
}

/// Every day of the first period with the one 21 days later; days of the second period without a partner follow.
fn day_pairs(days: &[DayCount], campaign: &Campaign) -> Vec<DayPair> {
    let mut counts: BTreeMap<Date, DayCount> = BTreeMap::new();
    for day in days {
        let count = counts.entry(day.date).or_insert(DayCount { date: day.date, ..DayCount::default() });
        count.public += day.public;
        count.private += day.private;
    }
    let count = |date: Date| counts.get(&date).copied().unwrap_or(DayCount { date, ..DayCount::default() });
    let mut pairs = Vec::new();
    let mut paired = BTreeSet::new();
    for date in dates(campaign.first_dose.from, campaign.first_dose.to) {
        let later = date.checked_add(21.days()).ok().filter(|later| campaign.second_dose.contains(*later));
        paired.extend(later);
        pairs.push(DayPair { first: Some(count(date)), second: later.map(count) });
    }
    for date in dates(campaign.second_dose.from, campaign.second_dose.to) {
        if !paired.contains(&date) {
            pairs.push(DayPair { first: None, second: Some(count(date)) });
        }
    }
    pairs
}

fn dates(from: Date, to: Date) -> impl Iterator<Item = Date> {
    from.series(1.day()).take_while(move |date| *date <= to)
}
