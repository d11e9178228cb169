//! Pure: the campaign's calendar: its periods, its deadlines, and the band in which an instant falls.
//!
//! Source: the notice of 2021-09-27, sections 1 (対象期間) and 4 (作業スケジュール).

use jiff::civil::{Date, Time};
use jiff::tz::{Offset, TimeZone};
use jiff::{Timestamp, Zoned};
use serde::{Deserialize, Serialize};

/// Japan Standard Time: a fixed offset (Japan has no daylight saving time), so no time-zone database is needed.
pub fn jst() -> TimeZone {
    TimeZone::fixed(Offset::constant(9))
}

/// An instant as people in Kumamoto read it.
pub fn in_jst(at: Timestamp) -> Zoned {
    at.to_zoned(jst())
}

/// An instant as the JSON contract writes it: RFC 3339 with `+09:00`, whole seconds.
pub fn rfc3339(at: Timestamp) -> String {
    in_jst(at).strftime("%Y-%m-%dT%H:%M:%S+09:00").to_string()
}

/// 接種回: the first or the second dose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Dose {
    First,
    Second,
}

impl Dose {
    pub fn number(self) -> u8 {
        match self {
            Dose::First => 1,
            Dose::Second => 2,
        }
    }

    pub fn from_number(number: u8) -> Option<Self> {
        match number {
            1 => Some(Dose::First),
            2 => Some(Dose::Second),
            _ => None,
        }
    }

    /// 「１回目」「２回目」 as the notice writes them.
    pub fn label(self) -> &'static str {
        match self {
            Dose::First => "１回目",
            Dose::Second => "２回目",
        }
    }
}

/// An inclusive range of dates.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Period {
    pub from: Date,
    pub to: Date,
}

impl Period {
    pub fn contains(&self, date: Date) -> bool {
        self.from <= date && date <= self.to
    }
}

/// Section `[campaign]` of the configuration.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    pub period: u32,
    pub title: String,
    pub opens: Timestamp,
    pub submission_deadline: Timestamp,
    pub correction_caution_from: Timestamp,
    pub correction_deadline: Timestamp,
    pub booking_opens: Timestamp,
    pub first_dose: Period,
    pub second_dose: Period,
    pub previous_period: Period,
    pub public_slot_name: String,
    pub private_slot_name: String,
    /// Extra holidays `{ date, name }` beside the Cabinet Office's list that is compiled in.
    #[serde(default)]
    pub holidays: Vec<Holiday>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Holiday {
    pub date: Date,
    pub name: String,
}

/// The holidays of 2021 that touch a campaign of that autumn and winter (Cabinet Office list; the
/// Olympic special act moved スポーツの日 to 23 July, so October 2021 has none).
const HOLIDAYS_2021: [(i8, i8, &str); 17] = [
    (1, 1, "元日"),
    (1, 11, "成人の日"),
    (2, 11, "建国記念の日"),
    (2, 23, "天皇誕生日"),
    (3, 20, "春分の日"),
    (4, 29, "昭和の日"),
    (5, 3, "憲法記念日"),
    (5, 4, "みどりの日"),
    (5, 5, "こどもの日"),
    (7, 22, "海の日"),
    (7, 23, "スポーツの日"),
    (8, 8, "山の日"),
    (8, 9, "休日"),
    (9, 20, "敬老の日"),
    (9, 23, "秋分の日"),
    (11, 3, "文化の日"),
    (11, 23, "勤労感謝の日"),
];

/// The deadlines that hold for one clinic: the campaign's, or those of an extension.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deadlines {
    pub submission: Timestamp,
    pub correction: Timestamp,
}

/// What the clinic had sent before, as far as `Timing` depends on it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Earlier {
    /// An accepted version is in force, whatever its scope.
    pub accepted: bool,
    /// A recognisable attempt was received up to the submission deadline.
    pub attempted_in_time: bool,
}

/// In which band of the calendar a submission was received (spec: "Timing").
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Timing {
    OnTime,
    Late,
    FixOfOnTime,
    Correction,
    CorrectionLastDay,
    CorrectionLate,
    AfterOpening,
}

impl Timing {
    pub fn as_str(self) -> &'static str {
        match self {
            Timing::OnTime => "on_time",
            Timing::Late => "late",
            Timing::FixOfOnTime => "fix_of_on_time",
            Timing::Correction => "correction",
            Timing::CorrectionLastDay => "correction_last_day",
            Timing::CorrectionLate => "correction_late",
            Timing::AfterOpening => "after_opening",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        [
            Timing::OnTime,
            Timing::Late,
            Timing::FixOfOnTime,
            Timing::Correction,
            Timing::CorrectionLastDay,
            Timing::CorrectionLate,
            Timing::AfterOpening,
        ]
        .into_iter()
        .find(|timing| timing.as_str() == text)
    }
}

/// The campaign, checked.
#[derive(Clone, Debug, PartialEq)]
pub struct Campaign {
    settings: Settings,
}

impl std::ops::Deref for Campaign {
    type Target = Settings;
    fn deref(&self) -> &Settings {
        &self.settings
    }
}

impl Campaign {
    /// Refuses a calendar that runs backwards; the error names the key.
    pub fn new(settings: Settings) -> Result<Self, String> {
        let instants = [
            ("campaign.opens", settings.opens),
            ("campaign.submission_deadline", settings.submission_deadline),
            ("campaign.correction_deadline", settings.correction_deadline),
            ("campaign.booking_opens", settings.booking_opens),
        ];
        for pair in instants.windows(2) {
            if let [(earlier, from), (later, to)] = pair
                && from >= to
            {
                return Err(format!("{later} must be after {earlier}"));
            }
        }
        if settings.correction_caution_from > settings.correction_deadline {
            return Err(
                "campaign.correction_caution_from must not be after campaign.correction_deadline".into()
            );
        }
        for (key, period) in [
            ("campaign.first_dose", settings.first_dose),
            ("campaign.second_dose", settings.second_dose),
            ("campaign.previous_period", settings.previous_period),
        ] {
            if period.from > period.to {
                return Err(format!("{key}: `from` must not be after `to`"));
            }
        }
        if settings.period == 0 {
            return Err("campaign.period is 0; receipt numbers begin with it: 8 for 第８期".into());
        }
        if settings.previous_period.to >= settings.first_dose.from {
            return Err("campaign.previous_period must end before campaign.first_dose begins".into());
        }
        for (key, pattern) in [
            ("campaign.public_slot_name", &settings.public_slot_name),
            ("campaign.private_slot_name", &settings.private_slot_name),
        ] {
            check_pattern(pattern).map_err(|cause| format!("{key}: {cause}"))?;
        }
        if settings.public_slot_name == settings.private_slot_name {
            return Err("campaign.private_slot_name is the same as campaign.public_slot_name: the reservation system \
                        could not tell the slots apart"
                .into());
        }
        if settings.first_dose.to >= settings.second_dose.from {
            return Err("campaign.second_dose must begin after campaign.first_dose ends".into());
        }
        Ok(Self { settings })
    }

    /// The dose is fully determined by the date (notice, section 1).
    pub fn dose_on(&self, date: Date) -> Option<Dose> {
        if self.first_dose.contains(date) {
            Some(Dose::First)
        } else if self.second_dose.contains(date) {
            Some(Dose::Second)
        } else {
            None
        }
    }

    /// The days between the two periods, which belong to neither (10/11 to 14 November for 第８期).
    pub fn in_gap(&self, date: Date) -> bool {
        self.first_dose.to < date && date < self.second_dose.from
    }

    /// The year that a date written without one means.
    pub fn year(&self) -> i16 {
        self.first_dose.from.year()
    }

    /// 「文化の日」 and the like; `None` on a working day.
    pub fn holiday(&self, date: Date) -> Option<&str> {
        if let Some(own) = self.holidays.iter().find(|holiday| holiday.date == date) {
            return Some(&own.name);
        }
        if date.year() != 2021 {
            return None;
        }
        HOLIDAYS_2021
            .iter()
            .find(|(month, day, _)| (*month, *day) == (date.month(), date.day()))
            .map(|(_, _, name)| *name)
    }

    pub fn deadlines(&self) -> Deadlines {
        Deadlines { submission: self.submission_deadline, correction: self.correction_deadline }
    }

    /// A clinic's own deadlines may give it more time, up to the opening of booking, never less.
    pub fn check_extension(&self, own: Deadlines) -> Result<(), String> {
        for (name, at, usual) in [
            ("submission", own.submission, self.submission_deadline),
            ("correction", own.correction, self.correction_deadline),
        ] {
            if at < usual {
                return Err(format!(
                    "--{name} {} is before everybody's deadline, {}",
                    rfc3339(at),
                    rfc3339(usual)
                ));
            }
            if at >= self.booking_opens {
                return Err(format!(
                    "--{name} {} is not before booking opens, {}; from then on staff decide on every form (accept)",
                    rfc3339(at),
                    rfc3339(self.booking_opens)
                ));
            }
        }
        if own.correction < own.submission {
            return Err(format!(
                "the correction deadline {} would be before the submission deadline {}; extend it, too (--correction)",
                rfc3339(own.correction),
                rfc3339(own.submission)
            ));
        }
        Ok(())
    }

    /// The table "Timing" of the specification, by the server's receipt time.
    pub fn timing(&self, received_at: Timestamp, deadlines: Deadlines, earlier: Earlier) -> Timing {
        if received_at >= self.booking_opens {
            Timing::AfterOpening
        } else if earlier.accepted {
            if received_at > end_of(deadlines.correction) {
                Timing::CorrectionLate
            } else if received_at >= self.caution_from(deadlines) {
                Timing::CorrectionLastDay
            } else {
                Timing::Correction
            }
        } else if received_at <= end_of(deadlines.submission) {
            Timing::OnTime
        } else if earlier.attempted_in_time && received_at <= end_of(deadlines.correction) {
            Timing::FixOfOnTime
        } else {
            Timing::Late
        }
    }

    /// Where the last-day band begins: for a clinic with an extension, as long before its own deadline
    /// as the campaign's band begins before the campaign's deadline.
    fn caution_from(&self, deadlines: Deadlines) -> Timestamp {
        let band = self.correction_deadline.duration_since(self.correction_caution_from);
        deadlines.correction.checked_sub(band).unwrap_or(self.correction_caution_from)
    }

    /// The name of one slot in the reservation system, from the notice's two patterns.
    pub fn slot_name(&self, public: bool, venue: &str, date: Date, time: Time) -> String {
        let pattern = if public { &self.public_slot_name } else { &self.private_slot_name };
        let mut name = String::new();
        let mut rest = pattern.as_str();
        while let Some((before, after)) = rest.split_once('{') {
            name.push_str(before);
            let Some((field, tail)) = after.split_once('}') else {
                name.push('{');
                rest = after;
                break;
            };
            match field.split_once(':') {
                Some(("date", format)) => name.push_str(&date.strftime(format).to_string()),
                Some(("time", format)) => name.push_str(&time.strftime(format).to_string()),
                None if field == "venue" => name.push_str(venue),
                _ => {
                    name.push('{');
                    name.push_str(field);
                    name.push('}');
                }
            }
            rest = tail;
        }
        name.push_str(rest);
        name
    }
}

/// A pattern of slot names needs the clinic, the day and the time, each in a form that can be written.
fn check_pattern(pattern: &str) -> Result<(), String> {
    let mut missing = vec!["{venue}", "{date:%Y/%m/%d}", "{time:%H:%M}"];
    let mut rest = pattern;
    while let Some((_, after)) = rest.split_once('{') {
        let Some((field, tail)) = after.split_once('}') else {
            return Err(format!("{pattern:?}: a `{{` is not closed"));
        };
        let written = match field.split_once(':') {
            Some(("date", format)) => jiff::fmt::strtime::format(format, Date::constant(2021, 10, 25)),
            Some(("time", format)) => jiff::fmt::strtime::format(format, Time::constant(9, 0, 0, 0)),
            None if field == "venue" => Ok(String::new()),
            _ => {
                return Err(format!(
                    "{pattern:?}: there is no field {{{field}}}; use {{venue}}, {{date:%Y/%m/%d}}, {{time:%H:%M}}"
                ));
            }
        };
        written.map_err(|cause| format!("{pattern:?}: {{{field}}} cannot be written: {cause}"))?;
        let name = field.split(':').next().unwrap_or(field);
        missing.retain(|known| !known.trim_start_matches('{').starts_with(name));
        rest = tail;
    }
    match missing.first() {
        Some(field) => {
            Err(format!("{pattern:?} lacks {field}: the names of different slots would be the same"))
        }
        None => Ok(()),
    }
}

/// A deadline of 23:59:59 includes the whole second that it names.
fn end_of(deadline: Timestamp) -> Timestamp {
    deadline.checked_add(jiff::SignedDuration::from_millis(999)).unwrap_or(deadline)
}
