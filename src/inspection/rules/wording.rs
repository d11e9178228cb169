//! Pure: how dates, times, numbers and what a clinic wrote are put into a Japanese sentence.

use jiff::civil::{Date, Time, Weekday};

use crate::campaign::{Campaign, Period};

/// What a rule puts into the `{name}`s of its text.
pub type Values<'a> = &'a [(&'a str, String)];

/// Characters of a quotation from a form, at most.
const QUOTED_CHARS: usize = 40;

/// Fills the `{name}`s of a text in one pass: what is put in is never looked at again. An unknown name stays.
pub fn fill(text: &str, values: Values) -> String {
    let mut filled = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        filled.push_str(before);
        let named = after.split_once('}').and_then(|(name, tail)| {
            values.iter().find(|(key, _)| *key == name).map(|(_, value)| (value, tail))
        });
        if let Some((value, tail)) = named {
            filled.push_str(value);
            rest = tail;
        } else {
            filled.push('{');
            rest = after;
        }
    }
    filled.push_str(rest);
    filled
}

/// 「10月8日（金）」
pub fn day(date: Date) -> String {
    format!("{}（{}）", plain_day(date), weekday(date.weekday()))
}

/// 「10月8日」
pub fn plain_day(date: Date) -> String {
    format!("{}月{}日", date.month(), date.day())
}

/// 「月」
pub fn weekday(weekday: Weekday) -> &'static str {
    match weekday {
        Weekday::Monday => "月",
        Weekday::Tuesday => "火",
        Weekday::Wednesday => "水",
        Weekday::Thursday => "木",
        Weekday::Friday => "金",
        Weekday::Saturday => "土",
        Weekday::Sunday => "日",
    }
}

/// 「9:00」
pub fn clock(time: Time) -> String {
    format!("{}:{:02}", time.hour(), time.minute())
}

/// 「10月25日～11月9日」
pub fn period(period: &Period) -> String {
    format!("{}～{}", plain_day(period.from), plain_day(period.to))
}

/// 「11月10日～14日」: the second month is left out when it is the first again.
pub fn span(from: Date, to: Date) -> String {
    if (from.year(), from.month()) == (to.year(), to.month()) {
        format!("{}～{}日", plain_day(from), to.day())
    } else {
        format!("{}～{}", plain_day(from), plain_day(to))
    }
}

/// 「令和3年」; years before Reiwa in the common era only.
pub fn era(year: i16) -> String {
    match year - 2018 {
        ..=0 => format!("{year}年"),
        1 => "令和元年".to_string(),
        reiwa => format!("令和{reiwa}年"),
    }
}

/// 「第７期」 in the notice's writing.
pub fn term(number: u32) -> String {
    format!("第{}期", wide(number))
}

/// 「第７期」 for the campaign of 「第８期」.
pub fn previous_term(campaign: &Campaign) -> String {
    term(campaign.period.saturating_sub(1))
}

/// 「様式３」's digit and the like: full width, as the notice writes them.
pub fn wide(number: u32) -> String {
    number
        .to_string()
        .chars()
        .map(|digit| char::from_u32(u32::from(digit) - u32::from('0') + u32::from('０')).unwrap_or(digit))
        .collect()
}

/// 「３（公開・非公開）」
pub fn form(number: u8) -> String {
    let kind = match number {
        1 => "（公開枠のみ）",
        2 => "（非公開枠のみ）",
        3 => "（公開・非公開）",
        _ => "",
    };
    format!("{}{kind}", wide(u32::from(number)))
}

/// 「13～15、18行目」 out of one-based rows.
pub fn rows(numbers: &[u32]) -> String {
    let mut sorted = numbers.to_vec();
    sorted.sort_unstable();
    sorted.dedup();
    let mut runs: Vec<(u32, u32)> = Vec::new();
    for row in sorted {
        match runs.last_mut() {
            Some((_, last)) if last.saturating_add(1) == row => *last = row,
            _ => runs.push((row, row)),
        }
    }
    let shown: Vec<String> = runs
        .iter()
        .take(10)
        .map(|(first, last)| if first == last { first.to_string() } else { format!("{first}～{last}") })
        .collect();
    let rest = if runs.len() > 10 { "ほか" } else { "" };
    format!("{}行目{rest}", shown.join("、"))
}

/// What was written, fit to be quoted in one line: no control or bidirectional characters, 40 characters at most.
pub fn quote(raw: &str) -> String {
    let flat: String =
        raw.chars().map(|c| if c.is_whitespace() { ' ' } else { c }).filter(|c| !unseen(*c)).collect();
    let flat = flat.trim_matches(' ');
    if flat.chars().count() <= QUOTED_CHARS {
        return flat.to_string();
    }
    let mut cut: String = flat.chars().take(QUOTED_CHARS - 1).collect();
    cut.push('…');
    cut
}

/// Control characters and the ones that turn or hide text around them.
fn unseen(c: char) -> bool {
    c.is_control()
        || matches!(
            u32::from(c),
            0x00AD | 0x061C | 0x180E | 0x200B..=0x200F | 0x202A..=0x202E | 0x2060..=0x206F | 0xFEFF | 0xFFF9..=0xFFFB
        )
}
