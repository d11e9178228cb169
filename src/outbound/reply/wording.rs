//! Pure: dates and times as official Japanese letters write them, and names of forms and results.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Weekday};

use crate::campaign::in_jst;
use crate::inspection::verdict::Template;

/// 「10月8日（金）」
pub fn day(date: Date) -> String {
    format!("{}（{}）", short_day(date), weekday(date))
}

/// 「10月8日」
pub fn short_day(date: Date) -> String {
    format!("{}月{}日", date.month(), date.day())
}

/// 「令和3年10月5日（火）14時32分」
pub fn moment(at: Timestamp) -> String {
    let local: DateTime = in_jst(at).datetime();
    format!("{}{}{}時{:02}分", year(local.date()), day(local.date()), local.hour(), local.minute())
}

pub fn day_of(at: Timestamp) -> String {
    day(in_jst(at).date())
}

/// 令和 from 2019-05-01; earlier years are written in the Western way.
fn year(date: Date) -> String {
    if date >= Date::constant(2019, 5, 1) {
        match date.year() - 2018 {
            1 => "令和元年".into(),
            year => format!("令和{year}年"),
        }
    } else {
        format!("{}年", date.year())
    }
}

pub fn weekday(date: Date) -> &'static str {
    match date.weekday() {
        Weekday::Monday => "月",
        Weekday::Tuesday => "火",
        Weekday::Wednesday => "水",
        Weekday::Thursday => "木",
        Weekday::Friday => "金",
        Weekday::Saturday => "土",
        Weekday::Sunday => "日",
    }
}

/// 「様式３（公開・非公開）」
pub fn form(number: u8) -> String {
    match number {
        1 => "様式１（公開枠のみ）".into(),
        2 => "様式２（非公開枠のみ）".into(),
        3 => "様式３（公開・非公開）".into(),
        other => format!("様式{other}"),
    }
}

/// The result between 【】 in the subject, by which staff filter.
pub fn tag(template: Template) -> &'static str {
    match template {
        Template::Accept => "受付完了",
        Template::AcceptWarn => "受付・要確認",
        Template::Reject => "要修正",
        Template::Late => "期限後受付",
        Template::CorrOk | Template::CorrDday => "修正受付",
        Template::CorrLate => "期限後修正",
        Template::CorrAfterOpen | Template::Unknown => "要確認",
        Template::Noatt | Template::Notxlsx | Template::Passwd | Template::Unreadable | Template::Winmail => {
            "受付未完了"
        }
        Template::Dup => "受付済み",
        _ => "確認中",
    }
}
