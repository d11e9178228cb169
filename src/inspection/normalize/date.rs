//! Pure: 接種日: dates in all the writings of a Japanese office, and what must not be guessed.

use jiff::civil::{Date, Weekday};

use super::scan::Scan;
use super::{Reading, Remark, Trouble, serial, token, weekday};
use crate::campaign::Campaign;
use crate::inspection::workbook::Value;

/// What a date that is not written out in full may lean on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Calendar {
    /// The year of a date written without one.
    pub year: i16,
    /// First and last day of the campaign: 1025 is a date only in between.
    pub from: Date,
    pub to: Date,
    /// 8 for 第８期.
    pub period: u32,
    pub epoch_1904: bool,
}

impl Calendar {
    pub fn of(campaign: &Campaign, epoch_1904: bool) -> Self {
        Self {
            year: campaign.year(),
            from: campaign.first_dose.from,
            to: campaign.second_dose.to,
            period: campaign.period,
            epoch_1904,
        }
    }

    fn covers(&self, date: Date) -> bool {
        self.from <= date && date <= self.to
    }
}

/// A month written above: 「10月」, perhaps with its year.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Month {
    pub year: Option<i16>,
    pub month: i8,
}

/// A date cell: the date, and the weekday where the same cell writes one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dated {
    pub reading: Reading<Date>,
    pub weekday: Option<Weekday>,
}

/// Reads a date cell. `month` is the month that a heading above carries, for 「25」 and 「25日」.
pub fn read(value: &Value, calendar: &Calendar, month: Option<Month>) -> Dated {
    let reading = match value {
        Value::Serial(typed) if serial::is_typed_as_date(*typed) => of_number(*typed, calendar, month),
        Value::Serial(serial) => match serial::date_of(*serial) {
            Some(date) => Reading::value(date),
            None => Reading::not(Trouble::Unreadable),
        },
        Value::Number(number) => of_number(*number, calendar, month),
        Value::Text(text) => return of_text(text, calendar, month),
        Value::Bool(_) => Reading::not(Trouble::Unreadable),
        Value::Error(_) | Value::NoResult => Reading::not(Trouble::Formula),
    };
    Dated { reading, weekday: None }
}

/// A value that is a date beyond doubt: used to find the date axis of a matrix.
pub fn is_certain(value: &Value, calendar: &Calendar) -> bool {
    match value {
        Value::Serial(serial) => serial::PLAUSIBLE.contains(serial),
        Value::Number(number) => {
            let shift = if calendar.epoch_1904 { serial::DAYS_1904 } else { 0.0 };
            let Some(whole) = serial::whole(*number) else { return false };
            serial::PLAUSIBLE.contains(&(number + shift)) || is_written_out(whole)
        }
        Value::Text(text) => {
            let reading = of_text(text, calendar, None).reading;
            matches!(reading.read, super::Read::Value(_)) && !reading.remarks.contains(&Remark::Estimated)
        }
        _ => false,
    }
}

/// 20211025
fn is_written_out(number: i64) -> bool {
    (20_000_101..=20_301_231).contains(&number)
        && Date::new((number / 10_000) as i16, (number / 100 % 100) as i8, (number % 100) as i8).is_ok()
}

/// 「2022年」「令和4年」「2022年10月」: the year that a title names.
pub fn year_heading(text: &str) -> Option<i16> {
    if let Some(month) = month_heading(text) {
        return month.year;
    }
    let key = token::key(text);
    let key = key.trim_matches(|ch: char| "()[]【】〔〕「」<>《》■●◆".contains(ch));
    let mut scan = Scan::new(key);
    let year = match era(&mut scan) {
        Some((year, _)) => year,
        None => match scan.number()? {
            (year, 4) => i16::try_from(year).ok()?,
            _ => return None,
        },
    };
    (scan.eat("年") && scan.is_done()).then_some(year)
}

/// A date that is written out with at least month and day, and nothing else in the text.
pub fn plain(key: &str, year: i16) -> Option<Date> {
    let mut scan = Scan::new(key);
    let written = written(&mut scan)?;
    if !scan.is_done() {
        return None;
    }
    let (Some(month), day) = (written.month, written.day) else { return None };
    Date::new(written.year.unwrap_or(year), i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
}

/// 「10月」「10月分」「令和3年10月」「2021/10」 as a heading over days.
pub fn month_heading(text: &str) -> Option<Month> {
    let key = token::key(text);
    let key = key.trim_matches(|ch: char| "()[]【】〔〕「」<>《》■●◆".contains(ch));
    let mut scan = Scan::new(key);
    let mut year = era(&mut scan).map(|(year, _)| year);
    if year.is_some() {
        scan.eat_char(&['年', '.', '/']);
    }
    let (mut number, digits) = scan.number()?;
    if year.is_none() && digits == 4 {
        scan.eat_char(&['年', '.', '/', '-'])?;
        year = i16::try_from(number).ok();
        number = scan.short_number()?;
    }
    let marked = scan.eat("月");
    scan.eat("分");
    let month = i8::try_from(number).ok().filter(|month| (1..=12).contains(month))?;
    ((marked || year.is_some()) && scan.is_done()).then_some(Month { year, month })
}

fn of_number(number: f64, calendar: &Calendar, month: Option<Month>) -> Reading<Date> {
    let shift = if calendar.epoch_1904 { serial::DAYS_1904 } else { 0.0 };
    if serial::PLAUSIBLE.contains(&(number + shift)) {
        return match serial::date_of(number + shift) {
            Some(date) => Reading::value(date),
            None => Reading::not(Trouble::Unreadable),
        };
    }
    match serial::whole(number).and_then(|whole| u32::try_from(whole).ok()) {
        Some(day @ 1..=31) => day_of(day, calendar, month),
        Some(digits @ 101..=1231) => month_and_day(digits / 100, digits % 100, calendar),
        Some(digits @ 19_000_101..=21_001_231) => eight_digits(digits),
        Some(_) => Reading::not(Trouble::Unreadable),
        None => decimal(number, calendar),
    }
}

/// 10.25; but 10.3 may have been typed 10.30, and 11.2 be 2 or 20 November.
fn decimal(number: f64, calendar: &Calendar) -> Reading<Date> {
    let hundredths = number * 100.0;
    let Some(whole) = serial::whole((hundredths * 1e6).round() / 1e6).and_then(|n| u32::try_from(n).ok())
    else {
        return Reading::not(Trouble::Unreadable);
    };
    let (month, day) = (whole / 100, whole % 100);
    if day % 10 != 0 {
        return month_and_day(month, day, calendar);
    }
    let readings = [month_and_day(month, day, calendar), month_and_day(month, day / 10, calendar)];
    let mut possible = readings.into_iter().filter(|reading| matches!(reading.read, super::Read::Value(_)));
    match (possible.next(), possible.next()) {
        (Some(only), None) => only,
        _ => Reading::not(Trouble::Unreadable),
    }
}

/// An estimate that stands only where it falls into the campaign.
fn month_and_day(month: u32, day: u32, calendar: &Calendar) -> Reading<Date> {
    match build(calendar.year, month, day).filter(|date| calendar.covers(*date)) {
        Some(date) => Reading::value(date).with(Remark::Estimated),
        None => Reading::not(Trouble::Unreadable),
    }
}

fn eight_digits(digits: u32) -> Reading<Date> {
    let year = i16::try_from(digits / 10_000).unwrap_or(0);
    match build(year, digits / 100 % 100, digits % 100) {
        Some(date) => Reading::value(date),
        None => Reading::not(Trouble::ImpossibleDate),
    }
}

fn day_of(day: u32, calendar: &Calendar, month: Option<Month>) -> Reading<Date> {
    let Some(above) = month else { return Reading::not(Trouble::Unreadable) };
    let year = above.year.unwrap_or(calendar.year);
    match build(year, u32::try_from(above.month).unwrap_or(0), day) {
        Some(date) => Reading::value(date).with(Remark::Estimated),
        None => Reading::not(Trouble::ImpossibleDate),
    }
}

fn build(year: i16, month: u32, day: u32) -> Option<Date> {
    Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
}

fn of_text(text: &str, calendar: &Calendar, month: Option<Month>) -> Dated {
    let folded = token::fold(text);
    let key = token::squash(&folded).to_lowercase();
    let none = |reading| Dated { reading, weekday: None };
    if key.is_empty() {
        return none(Reading::blank());
    }
    if token::is_error_text(&key) {
        return none(Reading::not(Trouble::Formula));
    }
    if let Some(dated) = of_key(&key, calendar, month) {
        return dated;
    }
    if let Some(digits) = token::kanji_numerals_as_digits(&key)
        && let Some(mut dated) = of_key(&digits, calendar, month)
    {
        dated.reading = dated.reading.with(Remark::Estimated);
        return dated;
    }
    none(Reading::not(if is_rule_of_days(&key) { Trouble::DateRange } else { Trouble::Unreadable }))
}

fn of_key(key: &str, calendar: &Calendar, month: Option<Month>) -> Option<Dated> {
    let mut scan = Scan::new(key);
    let mut day_name = leading_weekday(&mut scan);
    let written = written(&mut scan)?;
    let rest = match tail(scan.rest(), &mut day_name) {
        Tail::Nothing => None,
        Tail::Range => Some(Trouble::DateRange),
        Tail::More => Some(Trouble::Several),
        Tail::Unknown => return None,
    };
    if let Some(trouble) = rest {
        return Some(Dated { reading: Reading::not(trouble), weekday: None });
    }
    Some(Dated { reading: resolve(&written, calendar, month), weekday: day_name })
}

fn leading_weekday(scan: &mut Scan<'_>) -> Option<Weekday> {
    let (head, rest) = scan.rest().strip_prefix('(')?.split_once(')')?;
    let day = weekday::parse(head)?;
    *scan = Scan::new(rest);
    Some(day)
}

/// A date as its parts were written.
#[derive(Default)]
struct Written {
    year: Option<i16>,
    month: Option<u32>,
    day: u32,
    old_era: bool,
    estimated: bool,
    /// Four digits without any sign: 1025.
    run_together: bool,
}

fn resolve(written: &Written, calendar: &Calendar, above: Option<Month>) -> Reading<Date> {
    let Some(month) = written.month else {
        return day_of(written.day, calendar, above);
    };
    if written.run_together {
        return month_and_day(month, written.day, calendar);
    }
    match build(written.year.unwrap_or(calendar.year), month, written.day) {
        Some(date) => Reading::value(date)
            .with_if(written.estimated, Remark::Estimated)
            .with_if(written.old_era, Remark::OldEra)
            .with_if(written.year.is_none(), Remark::NoYear),
        None => Reading::not(Trouble::ImpossibleDate),
    }
}

/// An era and its year, as a year of the Common Era; true for eras before 令和.
fn era(scan: &mut Scan<'_>) -> Option<(i16, bool)> {
    let before = *scan;
    let word = scan.eat_any(&["令和", "令", "r", "平成", "平", "h"])?;
    scan.eat(".");
    let (base, old) = if matches!(word, "平成" | "平" | "h") { (1988, true) } else { (2018, false) };
    let number = if scan.eat("元") { Some(1) } else { scan.short_number() };
    let Some(number) = number.and_then(|number| i16::try_from(number).ok()) else {
        *scan = before;
        return None;
    };
    Some((base + number, old))
}

const AFTER_YEAR: [char; 4] = ['年', '.', '/', '-'];
const AFTER_MONTH: [char; 4] = ['月', '.', '/', '-'];

/// The longest date that stands at the front of the text.
fn written(scan: &mut Scan<'_>) -> Option<Written> {
    if let Some((year, old_era)) = era(scan) {
        scan.eat_char(&AFTER_YEAR)?;
        let (month, day) = month_day(scan)?;
        return Some(Written { year: Some(year), month: Some(month), day, old_era, ..Written::default() });
    }
    scan.eat("西暦");
    let (first, digits) = scan.number()?;
    match digits {
        8 => {
            let year = i16::try_from(first / 10_000).ok()?;
            (1900..=2100).contains(&year).then(|| Written {
                year: Some(year),
                month: Some(first / 100 % 100),
                day: first % 100,
                ..Written::default()
            })
        }
        5 if serial::PLAUSIBLE.contains(&f64::from(first)) && scan.is_done() => {
            let date = serial::date_of(f64::from(first))?;
            Some(Written {
                year: Some(date.year()),
                month: u32::try_from(date.month()).ok(),
                day: u32::try_from(date.day()).ok()?,
                estimated: true,
                ..Written::default()
            })
        }
        4 => {
            if scan.eat_char(&AFTER_YEAR).is_none() {
                let (month, day) = (Some(first / 100), first % 100);
                return Some(Written { month, day, run_together: true, ..Written::default() });
            }
            let (month, day) = month_day(scan)?;
            Some(Written { year: i16::try_from(first).ok(), month: Some(month), day, ..Written::default() })
        }
        1..=2 => short_first(first, scan),
        _ => None,
    }
}

/// What follows a first number of one or two digits: a day, a month and day, or a short year.
fn short_first(first: u32, scan: &mut Scan<'_>) -> Option<Written> {
    if scan.eat("年") {
        let (month, day) = month_day(scan)?;
        // 「3年10月25日」 on a form printed with 令和.
        let reiwa = first < 10;
        let year = i16::try_from(first).ok()? + if reiwa { 2018 } else { 2000 };
        return Some(Written {
            year: Some(year),
            month: Some(month),
            day,
            estimated: true,
            ..Written::default()
        });
    }
    let before = *scan;
    let Some(sign) = scan.eat_char(&AFTER_MONTH) else {
        scan.eat("日");
        return Some(Written { day: first, ..Written::default() });
    };
    let Some(second) = scan.short_number() else {
        *scan = before;
        return None;
    };
    if sign == '月' {
        scan.eat("日");
        return Some(Written { month: Some(first), day: second, ..Written::default() });
    }
    let two_parts = *scan;
    if scan.eat_char(&[sign]).is_some() {
        match scan.number() {
            // 3/10/25: as Excel reads it, the year is 2003, which the rules then question.
            Some((third, 1..=2)) => {
                return Some(Written {
                    year: i16::try_from(2000 + first).ok(),
                    month: Some(second),
                    day: third,
                    estimated: true,
                    ..Written::default()
                });
            }
            Some((third, 4)) if second > 12 => {
                return Some(Written {
                    year: i16::try_from(third).ok(),
                    month: Some(first),
                    day: second,
                    estimated: true,
                    ..Written::default()
                });
            }
            Some(_) => return None,
            None => *scan = two_parts,
        }
    }
    scan.eat("日");
    Some(Written { month: Some(first), day: second, ..Written::default() })
}

fn month_day(scan: &mut Scan<'_>) -> Option<(u32, u32)> {
    let month = scan.short_number()?;
    scan.eat_char(&AFTER_MONTH)?;
    let day = scan.short_number()?;
    scan.eat("日");
    Some((month, day))
}

enum Tail {
    Nothing,
    /// 「～10/29」
    Range,
    /// Another date.
    More,
    Unknown,
}

/// What stands behind a date: a weekday, 祝, a time of day, or more than one cell can mean.
fn tail(rest: &str, day_name: &mut Option<Weekday>) -> Tail {
    let mut rest = rest;
    loop {
        rest = rest.trim_start_matches(['.', '。']);
        if rest.is_empty() || rest == "付" {
            return Tail::Nothing;
        }
        if let Some((inside, after)) = bracketed(rest) {
            let holiday = matches!(inside, "祝" | "祝日" | "休日" | "文化の日" | "勤労感謝の日");
            match weekday::parse(inside) {
                Some(day) => *day_name = Some(day),
                None if holiday => {}
                None => return Tail::Unknown,
            }
            rest = after;
            continue;
        }
        break;
    }
    if let Some(day) = weekday::parse(rest) {
        *day_name = Some(day);
        return Tail::Nothing;
    }
    if is_time_of_day(rest) {
        return Tail::Nothing;
    }
    if ["~", "-", "から", "より", "→", "以降"].iter().any(|sign| rest.starts_with(sign)) {
        return Tail::Range;
    }
    let more = rest.trim_start_matches(['、', ',', '・', '&', 'と', '及', 'び', token::BOUNDARY]);
    if more.starts_with(|ch: char| ch.is_ascii_digit()) { Tail::More } else { Tail::Unknown }
}

fn bracketed(rest: &str) -> Option<(&str, &str)> {
    [('(', ')'), ('[', ']'), ('<', '>'), ('【', '】'), ('〔', '〕'), ('「', '」')].iter().find_map(
        |(open, close)| {
            let inner = rest.strip_prefix(*open)?;
            Some(inner.split_once(*close).unwrap_or((inner, "")))
        },
    )
}

/// 「 0:00」「T00:00:00」: the time part that some programs write behind every date.
fn is_time_of_day(rest: &str) -> bool {
    let Some(time) = rest.strip_prefix([token::BOUNDARY, 't']) else { return false };
    let parts: Vec<&str> = time.split(':').collect();
    (2..=3).contains(&parts.len())
        && parts
            .iter()
            .all(|part| (1..=2).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit()))
}

/// 「毎週月曜」「平日」「月・水・金」「月～金」
fn is_rule_of_days(key: &str) -> bool {
    if [
        "毎週",
        "毎日",
        "平日",
        "週末",
        "隔週",
        "土日",
        "全日",
        "期間中",
        "各日",
        "曜日毎",
        "営業日",
        "診療日",
    ]
    .iter()
    .any(|word| key.contains(word))
    {
        return true;
    }
    let names = key.chars().filter(|ch| "月火水木金土日".contains(*ch)).count();
    names >= 2 && key.chars().all(|ch| "月火水木金土日曜・、,/~-()祝と".contains(ch))
}
