//! Pure: where each thing stands in the issued forms, and the campaign's dates in words.

use jiff::ToSpan;
use jiff::civil::{Date, Time};
use rust_xlsxwriter::{ProtectionOptions, Worksheet};

use crate::campaign::{Campaign, Dose, Period, in_jst};
use crate::inspection::verdict::Visibility;
use crate::issue::cell_date::weekday;

/// Zero-based rows of the issued position.
pub const HEAD: u32 = 11;
pub const FIRST: u32 = 12;

/// Columns that all forms share.
pub const NO: u16 = 0;
pub const DATE: u16 = 1;
pub const WEEKDAY: u16 = 2;
pub const DOSE: u16 = 3;
pub const START: u16 = 4;
pub const END: u16 = 5;
pub const COUNT: u16 = 6;
pub const LAST: u16 = 8;

/// The address of the notice.
pub const ADDRESS: &str = "vproject@city.kumamoto.kumamoto.jp";

pub struct Layout<'a> {
    pub number: u8,
    pub campaign: &'a Campaign,
    /// The count columns, in order.
    pub counts: Vec<Visibility>,
}

/// 「様式３（公開・非公開）」
pub fn form_label(number: u8) -> &'static str {
    match number {
        1 => "様式１（公開枠のみ）",
        2 => "様式２（非公開枠のみ）",
        _ => "様式３（公開・非公開）",
    }
}

impl<'a> Layout<'a> {
    pub fn new(number: u8, campaign: &'a Campaign) -> Self {
        let (number, counts) = match number {
            1 => (1, vec![Visibility::Public]),
            2 => (2, vec![Visibility::Private]),
            _ => (3, Visibility::BOTH.to_vec()),
        };
        Self { number, campaign, counts }
    }

    /// 「様式３」
    pub fn sheet_name(&self) -> &'static str {
        match self.number {
            1 => "様式１",
            2 => "様式２",
            _ => "様式３",
        }
    }

    /// 「K8-3」
    pub fn form_id(&self) -> String {
        format!("K{}-{}", self.campaign.period, self.number)
    }

    /// 「2021-09-28.1」: the day the forms were published, and which edition of that day.
    pub fn template(&self) -> String {
        format!("{}.1", in_jst(self.campaign.opens).date())
    }

    /// The column of a visibility's count; `None` if the form has none.
    pub fn count_column(&self, visibility: Visibility) -> Option<u16> {
        self.counts.iter().position(|own| *own == visibility).map(|index| COUNT + index as u16)
    }

    pub fn note_column(&self) -> u16 {
        COUNT + self.counts.len() as u16
    }

    /// The dates that can be picked: both periods, in order.
    pub fn dates(&self) -> Vec<Date> {
        [self.campaign.first_dose, self.campaign.second_dose].into_iter().flat_map(days).collect()
    }

    /// 8:00 to 20:30 in steps of 15 minutes.
    pub fn times() -> Vec<Time> {
        (0..=50_i8).filter_map(|step| Time::new(8 + step / 4, step % 4 * 15, 0, 0).ok()).collect()
    }

    pub fn dose_label(&self, date: Date) -> &'static str {
        self.campaign.dose_on(date).map_or("対象外", Dose::label)
    }

    /// 「10/25(月)～11/9(火)」
    pub fn span(period: Period) -> String {
        format!("{}～{}", short(period.from), short(period.to))
    }

    /// 「（11/10～11/14は対象外）」; empty when the periods touch.
    pub fn gap(&self) -> String {
        let from = self.campaign.first_dose.to.checked_add(1.day());
        let to = self.campaign.second_dose.from.checked_sub(1.day());
        match (from, to) {
            (Ok(from), Ok(to)) if from <= to => {
                format!("（{}/{}～{}/{}は対象外）", from.month(), from.day(), to.month(), to.day())
            }
            _ => String::new(),
        }
    }
}

fn days(period: Period) -> Vec<Date> {
    let to = period.to;
    period.from.series(1.day()).take_while(|date| *date <= to).collect()
}

/// 「10/25(月)」
pub fn short(date: Date) -> String {
    format!("{}/{}({})", date.month(), date.day(), weekday(date))
}

/// 「令和３年１０月８日（金）」, full-width as in the notice.
pub fn reiwa(date: Date, with_weekday: bool) -> String {
    let year = match date.year() - 2018 {
        1 => "令和元年".to_string(),
        era if era > 1 => format!("令和{era}年"),
        _ => format!("{}年", date.year()),
    };
    let day = if with_weekday { format!("（{}）", weekday(date)) } else { String::new() };
    wide(&format!("{year}{}月{}日", date.month(), date.day())) + &day
}

/// Digits in full width.
pub fn wide(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '0'..='9' => char::from_u32(u32::from(c) - u32::from('0') + u32::from('０')).unwrap_or(c),
            other => other,
        })
        .collect()
}

/// 「G13」 of a zero-based row and column, `$`-marked where asked.
pub fn address(row: u32, column: u16, fixed_row: bool, fixed_column: bool) -> String {
    let letter = char::from(b'A' + (column % 26) as u8);
    format!("{}{letter}{}{}", if fixed_column { "$" } else { "" }, if fixed_row { "$" } else { "" }, row + 1)
}

/// Against slips only: no password, and everything that is not a formula may be changed.
pub fn protect(sheet: &mut Worksheet) {
    let options = ProtectionOptions {
        format_cells: true,
        format_columns: true,
        format_rows: true,
        insert_rows: true,
        delete_rows: true,
        sort: true,
        use_autofilter: true,
        ..ProtectionOptions::new()
    };
    sheet.protect_with_options(&options);
}
