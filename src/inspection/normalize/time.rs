//! Pure: 接種時刻: a time of day, or a range whose start names the slot.

use jiff::civil::{Date, Time};

use super::scan::Scan;
use super::{Reading, Remark, Trouble, serial, token};
use crate::inspection::workbook::Value;

/// A start, and the end where the same cell says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    pub start: Time,
    pub end: Option<Time>,
}

/// Reads a time cell; the row's date tells whether a date inside the cell is another day.
///
/// A slot is named by hour and minute: a start with seconds would share its name with another.
pub fn read(value: &Value, row_date: Option<Date>) -> Reading<Span> {
    let reading = unrounded(value, row_date);
    match &reading.read {
        super::Read::Value(span) if span.start.second() != 0 => Reading::not(Trouble::Seconds),
        _ => reading,
    }
}

fn unrounded(value: &Value, row_date: Option<Date>) -> Reading<Span> {
    match value {
        Value::Number(number) => of_number(*number, row_date),
        Value::Serial(serial) => of_serial(*serial, row_date),
        Value::Text(text) => of_text(text, row_date),
        Value::Bool(_) => Reading::not(Trouble::Unreadable),
        Value::Error(_) | Value::NoResult => Reading::not(Trouble::Formula),
    }
}

/// A value that is a time beyond doubt: no bare hour, no estimate. Used to find the time axis of a matrix.
pub fn is_certain(value: &Value) -> bool {
    match value {
        Value::Serial(serial) => *serial > 0.0 && *serial < 1.0,
        Value::Number(number) if *number > 0.0 && *number < 1.0 => {
            let minutes = number * 1440.0;
            (minutes - minutes.round()).abs() < 0.02
        }
        Value::Text(text) => {
            let reading = of_text(text, None);
            matches!(reading.read, super::Read::Value(_))
                && !reading.remarks.contains(&Remark::Estimated)
                && !token::key(text).bytes().all(|byte| byte.is_ascii_digit())
        }
        _ => false,
    }
}

/// 900, 930, 1330: a time only among others of its kind.
pub fn is_compact(value: &Value) -> bool {
    let number = match value {
        Value::Number(number) => serial::whole(*number),
        Value::Text(text) => {
            Some(token::key(text)).filter(|key| key.len() <= 4).and_then(|key| key.parse().ok())
        }
        _ => None,
    };
    number.is_some_and(|n| (700..=2100).contains(&n) && n % 100 < 60 && n % 5 == 0)
}

fn just(start: Time) -> Reading<Span> {
    Reading::value(Span { start, end: None })
}

fn unreadable() -> Reading<Span> {
    Reading::not(Trouble::Unreadable)
}

fn of_number(number: f64, row_date: Option<Date>) -> Reading<Span> {
    if (0.0..1.0).contains(&number) || serial::PLAUSIBLE.contains(&number) {
        return of_serial(number, row_date);
    }
    // 9.3 may be 9:30 or 9:18; it is asked, not guessed.
    let Some(whole) = serial::whole(number).and_then(|whole| u32::try_from(whole).ok()) else {
        return unreadable();
    };
    if whole >= 100 {
        return match compact(whole) {
            Some(time) => just(time),
            None => unreadable(),
        };
    }
    bare_hour(whole).map_or_else(unreadable, |time| just(time).with(Remark::Estimated))
}

fn of_serial(serial: f64, row_date: Option<Date>) -> Reading<Span> {
    if serial < 0.0 {
        return unreadable();
    }
    if serial < 1.0 {
        return serial::time_of(serial).map_or_else(unreadable, just);
    }
    if serial::is_typed_as_time(serial) {
        return of_number(serial, row_date);
    }
    // Below the plausible dates it is a duration: 24:00, 25:00.
    if !serial::PLAUSIBLE.contains(&serial) || (serial - serial.round()).abs() < 1e-7 {
        return unreadable();
    }
    match (serial::time_of(serial), serial::date_of(serial)) {
        (Some(time), date) => {
            let other_day = row_date.is_some() && date != row_date;
            just(time).with(Remark::DateInTime { other_day })
        }
        _ => unreadable(),
    }
}

fn compact(number: u32) -> Option<Time> {
    clock(number / 100, number % 100)
}

fn bare_hour(hour: u32) -> Option<Time> {
    (7..=20).contains(&hour).then(|| clock(hour, 0)).flatten()
}

fn clock(hour: u32, minute: u32) -> Option<Time> {
    Time::new(i8::try_from(hour).ok()?, i8::try_from(minute).ok()?, 0, 0).ok()
}

fn of_text(text: &str, row_date: Option<Date>) -> Reading<Span> {
    let key = token::key(text);
    if key.is_empty() {
        return Reading::blank();
    }
    if token::is_error_text(&key) {
        return Reading::not(Trouble::Formula);
    }
    if let Some((first, rest)) = key.split_once(token::BOUNDARY) {
        return of_two_tokens(first, rest, &key, row_date);
    }
    let plain = key.replace("から", "~").replace("より", "~").replace('→', "~");
    // 「9:00まで」 says when it ends.
    if plain.contains("まで") && !plain.contains(['~', '-']) {
        return unreadable();
    }
    let plain = plain.replace("まで", "").replace("開始", "").replace("スタート", "");
    let vague = ["頃", "ごろ", "ころ"];
    let about = vague.iter().any(|word| plain.contains(word)) || plain.starts_with('約');
    let plain = vague.iter().fold(plain, |text, word| text.replace(word, ""));
    let plain = plain.trim_start_matches('約');
    match span(plain) {
        Some(reading) => reading.with_if(about, Remark::Estimated),
        // 十時三十分
        None if let Some(reading) =
            token::kanji_numerals_as_digits(plain).and_then(|digits| span(&digits)) =>
        {
            reading.with(Remark::Estimated)
        }
        None if clock_marks(&key) >= 2 && key.contains(['、', ',', '・', '&', 'と']) => {
            Reading::not(Trouble::Several)
        }
        None if is_concatenated(&key) => Reading::not(Trouble::Several),
        None => unreadable(),
    }
}

/// Two numbers with white space between: a date and a time, or several values.
fn of_two_tokens(first: &str, rest: &str, key: &str, row_date: Option<Date>) -> Reading<Span> {
    let dated = first.contains(['/', '年', '月']) || first.matches('-').count() == 2;
    if dated && let Some(reading) = span(rest) {
        let year = row_date.map_or(2021, Date::year);
        let date = super::date::plain(first, year);
        if date.is_some() {
            let other_day = row_date.is_some() && date != row_date;
            return reading.with(Remark::DateInTime { other_day });
        }
    }
    if span(first).is_some() || clock_marks(key) >= 2 {
        return Reading::not(Trouble::Several);
    }
    unreadable()
}

/// How many clock times a text seems to hold.
fn clock_marks(key: &str) -> usize {
    key.matches([':', '時']).count()
}

/// 「9:00~9:3010:00~10:30」: lines that stood below each other.
fn is_concatenated(key: &str) -> bool {
    clock_marks(key) >= 3
}

/// A start, alone or with an end.
fn span(text: &str) -> Option<Reading<Span>> {
    let Some((left, right, dash)) = split_range(text) else {
        let one = clock_text(text, None, false)?;
        return Some(remarked(Span { start: one.time, end: None }, &[&one]));
    };
    let start = clock_text(left, None, false)?;
    if right.is_empty() {
        return Some(remarked(Span { start: start.time, end: None }, &[&start]));
    }
    let end = clock_text(right, start.afternoon, true)?;
    // 「9-10」 may be 9:10.
    if dash && start.bare && end.bare {
        return None;
    }
    let mut reading = remarked(Span { start: start.time, end: Some(end.time) }, &[&start, &end]);
    // 「9～10時」: the sign behind the end holds for the start too.
    if start.bare && !end.bare && right.contains('時') {
        reading.remarks.retain(|remark| *remark != Remark::Estimated);
    }
    Some(reading.with(Remark::TimeRange))
}

fn remarked(span: Span, parts: &[&Clock]) -> Reading<Span> {
    Reading::value(span)
        .with_if(parts.iter().any(|part| part.estimated), Remark::Estimated)
        .with_if(parts.iter().any(|part| part.punctuation), Remark::Punctuation)
}

fn split_range(text: &str) -> Option<(&str, &str, bool)> {
    if let Some((left, right)) = text.split_once('~') {
        let right = right.trim_start_matches(['~', '-']);
        return (!left.is_empty()).then_some((left.trim_end_matches('-'), right, false));
    }
    let (left, right) = text.split_once('-')?;
    (!left.is_empty()).then_some((left, right.trim_start_matches('-'), true))
}

struct Clock {
    time: Time,
    /// 午前 or 午後 was written: the latter is true.
    afternoon: Option<bool>,
    estimated: bool,
    punctuation: bool,
    /// Only an hour was written.
    bare: bool,
}

const HALVES: [(&str, bool); 10] = [
    ("午前", false),
    ("午後", true),
    ("am", false),
    ("pm", true),
    ("a.m.", false),
    ("p.m.", true),
    ("a.m", false),
    ("p.m", true),
    ("朝", false),
    ("夜", true),
];

/// One clock time. `inherited`: the half of the day that the start of a range named.
fn clock_text(text: &str, inherited: Option<bool>, is_end: bool) -> Option<Clock> {
    if text == "正午" {
        let time = clock(12, 0)?;
        return Some(Clock { time, afternoon: None, estimated: false, punctuation: false, bare: false });
    }
    let mut written_half = None;
    let mut body = text;
    for (word, afternoon) in HALVES {
        if let Some(rest) = body.strip_prefix(word).or_else(|| body.strip_suffix(word)) {
            written_half = Some(afternoon);
            body = rest;
            break;
        }
    }
    let body = body.trim_start_matches([':', '.']);
    let face = face(body, written_half.is_some())?;
    let half = written_half.or_else(|| inherited.filter(|afternoon| *afternoon && face.hour < 12));
    let hour = match half {
        Some(true) if face.hour < 12 => face.hour + 12,
        // 午前12時 is noon to some and midnight to others; as an end only noon makes sense.
        Some(false) if face.hour == 12 && !is_end => return None,
        Some(false) if face.hour > 12 => return None,
        _ => face.hour,
    };
    let time = clock(hour, face.minute)?;
    let time = if face.second == 0 {
        time
    } else {
        Time::new(time.hour(), time.minute(), i8::try_from(face.second).ok()?, 0).ok()?
    };
    Some(Clock {
        time,
        afternoon: half,
        estimated: face.estimated,
        punctuation: face.punctuation,
        bare: face.bare && written_half.is_none(),
    })
}

#[derive(Default)]
struct Face {
    hour: u32,
    minute: u32,
    second: u32,
    estimated: bool,
    punctuation: bool,
    bare: bool,
}

/// The digits of a clock time. `halved`: 午前 or 午後 stands before it, so that a bare hour is no estimate.
fn face(text: &str, halved: bool) -> Option<Face> {
    let mut scan = Scan::new(text);
    let (number, digits) = scan.number()?;
    if scan.is_done() {
        return match digits {
            1..=2 if halved => Some(Face { hour: number, ..Face::default() }),
            1..=2 => {
                bare_hour(number)?;
                Some(Face { hour: number, estimated: true, bare: true, ..Face::default() })
            }
            3..=4 => Some(Face { hour: number / 100, minute: number % 100, ..Face::default() }),
            _ => None,
        };
    }
    if digits > 2 {
        return None;
    }
    if scan.eat(".") {
        return after_point(number, scan);
    }
    if scan.eat("時") {
        let minute = if scan.eat("半") { 30 } else { scan.short_number().unwrap_or(0) };
        scan.eat("分");
        return scan.is_done().then(|| Face { hour: number, minute, ..Face::default() });
    }
    let mut face = Face { hour: number, ..Face::default() };
    let mut signs = 0;
    while let Some(sign) = scan.eat_char(&[':', ';']) {
        signs += 1;
        face.punctuation |= sign == ';' || signs > 1;
    }
    if signs == 0 {
        return None;
    }
    match scan.number()? {
        (minute, 2) => face.minute = minute,
        _ => return None,
    }
    scan.eat("分");
    if scan.eat_char(&[':', ';']).is_some() {
        match scan.number() {
            Some((second, 2)) => face.second = second,
            None => face.punctuation = true,
            Some(_) => return None,
        }
    }
    if scan.eat_char(&['.', ',', '。']).is_some() {
        face.punctuation = true;
    }
    scan.is_done().then_some(face)
}

/// 「9.30」 as text is 9:30 by the usual habit; 「0.375」 is a fraction of a day; 「9.3」 is neither.
fn after_point(hour: u32, mut scan: Scan<'_>) -> Option<Face> {
    let (number, digits) = scan.number()?;
    if !scan.is_done() {
        return None;
    }
    if digits == 2 {
        return Some(Face { hour, minute: number, estimated: true, ..Face::default() });
    }
    if hour != 0 || digits < 3 {
        return None;
    }
    let fraction = f64::from(number) / 10f64.powi(i32::try_from(digits).ok()?);
    let time = serial::time_of(fraction)?;
    Some(Face {
        hour: u32::try_from(time.hour()).ok()?,
        minute: u32::try_from(time.minute()).ok()?,
        second: u32::try_from(time.second()).ok()?,
        estimated: true,
        ..Face::default()
    })
}
