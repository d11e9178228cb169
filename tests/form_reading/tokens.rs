//! Every accepted and refused writing of a date, time, count, dose and weekday.

use jiff::civil::{Weekday, date, time};
use uketsuke::campaign::Dose;
use uketsuke::inspection::form::{Read, Remark, Trouble};
use uketsuke::inspection::normalize::date::{Calendar, Month};
use uketsuke::inspection::normalize::{self, Reading};
use uketsuke::inspection::workbook::Value;

use crate::builder::campaign;

fn text(text: &str) -> Value {
    Value::Text(text.into())
}

fn number(number: f64) -> Value {
    Value::Number(number)
}

fn said<T: std::fmt::Debug>(reading: &Reading<T>, show: impl Fn(&T) -> String) -> String {
    let mut out = match &reading.read {
        Read::Blank => "blank".to_string(),
        Read::Value(value) => show(value),
        Read::Not(trouble) => match trouble {
            Trouble::MergedCount { .. } => "merged".to_string(),
            other => format!("{other:?}"),
        },
    };
    for remark in &reading.remarks {
        out.push_str(match remark {
            Remark::Estimated => " est",
            Remark::NoYear => " noyear",
            Remark::Afternoon => " afternoon",
            Remark::OldEra => " era",
            Remark::Unit => " unit",
            Remark::Zero => " zero",
            Remark::TimeRange => " range",
            Remark::Punctuation => " punct",
            Remark::DateInTime { other_day: false } => " dated",
            Remark::DateInTime { other_day: true } => " otherday",
            Remark::CarriedDown { .. } => " carried",
        });
    }
    out
}

fn check_date(value: &Value, expected: &str) {
    check_date_under(value, None, false, expected);
}

fn check_date_under(value: &Value, month: Option<i8>, epoch_1904: bool, expected: &str) {
    let calendar = Calendar::of(&campaign(), epoch_1904);
    let month = month.map(|month| Month { year: None, month });
    let reading = normalize::date::read(value, &calendar, month).reading;
    assert_eq!(said(&reading, |date| date.to_string()), expected, "{value:?}");
}

#[test]
fn dates() {
    for (written, expected) in [
        ("2021/10/25", "2021-10-25"),
        ("2021-10-25", "2021-10-25"),
        ("2021.10.25", "2021-10-25"),
        ("20211025", "2021-10-25"),
        ("2021年10月25日", "2021-10-25"),
        ("２０２１／１０／２５", "2021-10-25"),
        ("2021-10-25 00:00:00", "2021-10-25"),
        ("2021-10-25T00:00:00", "2021-10-25"),
        ("2021/10/25(月)", "2021-10-25"),
        ("令和3年10月25日", "2021-10-25"),
        ("令和３年１０月２５日（月）", "2021-10-25"),
        ("R3.10.25", "2021-10-25"),
        ("R3/10/25", "2021-10-25"),
        ("Ｒ３.10.25", "2021-10-25"),
        ("令3.10.25", "2021-10-25"),
        ("㋿3年10月25日", "2021-10-25"),
        ("令和元年10月25日", "2019-10-25"),
        ("令和2年10月25日", "2020-10-25"),
        ("H33.10.25", "2021-10-25 era"),
        ("平成33年10月25日", "2021-10-25 era"),
        ("10/25", "2021-10-25 noyear"),
        ("10月25日(月)", "2021-10-25 noyear"),
        ("10月25日月曜日", "2021-10-25 noyear"),
        ("１０ 月 ２５ 日", "2021-10-25 noyear"),
        ("10.25", "2021-10-25 noyear"),
        ("10-25", "2021-10-25 noyear"),
        ("10／25", "2021-10-25 noyear"),
        ("㋉25日", "2021-10-25 noyear"),
        ("11/3(水・祝)", "2021-11-03 noyear"),
        ("10/25㊊", "2021-10-25 noyear"),
        ("10/25 Mon", "2021-10-25 noyear"),
        ("1025", "2021-10-25 est"),
        ("十月二十五日", "2021-10-25 noyear est"),
        ("3/10/25", "2003-10-25 est"),
        ("2020/10/25", "2020-10-25"),
        ("2022/10/25", "2022-10-25"),
        ("11/31", "ImpossibleDate"),
        ("10/32", "ImpossibleDate"),
        ("2/30", "ImpossibleDate"),
        ("令和3年11月31日", "ImpossibleDate"),
        ("10/25～10/29", "DateRange"),
        ("10/25-29", "DateRange"),
        ("10月25日から29日", "DateRange"),
        ("毎週月曜", "DateRange"),
        ("平日", "DateRange"),
        ("月・水・金", "DateRange"),
        ("月～金", "DateRange"),
        ("10/25、10/26", "Several"),
        ("10/25\n10/26", "Several"),
        ("10/25(月)\n10/26(火)", "Several"),
        ("①６月１日", "Several"),
        ("①10/25", "Several"),
        ("10月末", "Unreadable"),
        ("25日", "Unreadable"),
        ("25", "Unreadable"),
        ("0625", "Unreadable"),
        ("未定", "Unreadable"),
        ("10/25(午前)", "Unreadable"),
        ("#REF!", "Formula"),
        ("#####", "Formula"),
        ("########", "Formula"),
        ("　", "blank"),
    ] {
        check_date(&text(written), expected);
    }
}

#[test]
fn date_numbers() {
    for (value, expected) in [
        (Value::Serial(44494.0), "2021-10-25"),
        (Value::Serial(44494.375), "2021-10-25"),
        (Value::Serial(0.375), "Unreadable"),
        // Typed into cells that show dates.
        (Value::Serial(1025.0), "2021-10-25 est"),
        (Value::Serial(10.25), "2021-10-25 est"),
        (Value::Serial(20_211_025.0), "2021-10-25"),
        (Value::Serial(930.0), "Unreadable"),
        (Value::Serial(25.0), "Unreadable"),
        (Value::Serial(7969.0), "1921-10-25"),
        (Value::Serial(37919.0), "2003-10-25"),
        (number(44494.0), "2021-10-25"),
        (number(37919.0), "2003-10-25"),
        (number(20_211_025.0), "2021-10-25"),
        (number(1025.0), "2021-10-25 est"),
        (number(1231.0), "Unreadable"),
        (number(10.25), "2021-10-25 est"),
        (number(10.3), "2021-10-30 est"),
        (number(11.3), "Unreadable"),
        (number(11.2), "Unreadable"),
        (number(9.3), "Unreadable"),
        (number(25.0), "Unreadable"),
        (number(50_000.0), "Unreadable"),
        (number(-1.0), "Unreadable"),
        (Value::NoResult, "Formula"),
        (Value::Error("#REF!".into()), "Formula"),
        (Value::Bool(true), "Unreadable"),
    ] {
        check_date(&value, expected);
    }
    check_date_under(&number(25.0), Some(10), false, "2021-10-25 est");
    check_date_under(&text("25日"), Some(10), false, "2021-10-25 est");
    check_date_under(&text("31"), Some(11), false, "ImpossibleDate");
    check_date_under(&number(43032.0), None, true, "2021-10-25");
}

#[test]
fn weekdays_inside_dates() {
    let calendar = Calendar::of(&campaign(), false);
    for (written, expected) in [
        ("10/25(火)", Some(Weekday::Tuesday)),
        ("(月)10/25", Some(Weekday::Monday)),
        ("2021年10月25日 月曜", Some(Weekday::Monday)),
        ("10/25", None),
    ] {
        assert_eq!(normalize::date::read(&text(written), &calendar, None).weekday, expected, "{written}");
    }
}

fn check_time(value: &Value, expected: &str) {
    let reading = normalize::time::read(value, Some(date(2021, 10, 25)));
    let show = |span: &normalize::time::Span| {
        let start = span.start.strftime("%H:%M").to_string();
        span.end.map_or(start.clone(), |end| format!("{start}-{}", end.strftime("%H:%M")))
    };
    assert_eq!(said(&reading, show), expected, "{value:?}");
}

#[test]
fn times() {
    for (written, expected) in [
        ("9:00", "09:00"),
        ("９：００", "09:00"),
        ("9時", "09:00"),
        ("9時30分", "09:30"),
        ("9時半", "09:30"),
        ("午前9時", "09:00"),
        ("午後1時30分", "13:30"),
        ("午後１：３０", "13:30"),
        ("AM9:00", "09:00"),
        ("PM 2:00", "14:00"),
        ("2:00 PM", "14:00"),
        ("正午", "12:00"),
        ("9:00～9:30", "09:00-09:30 range"),
        ("９：００～１２：００", "09:00-12:00 range"),
        ("9:00-9:30", "09:00-09:30 range"),
        ("9:00〜\n9:30", "09:00-09:30 range"),
        ("午後1:00～2:00", "13:00-14:00 range"),
        ("午前9時～午前12時", "09:00-12:00 range"),
        ("9時から10時", "09:00-10:00 range"),
        ("9:00～", "09:00"),
        ("900", "09:00"),
        ("0900", "09:00"),
        ("1330", "13:30"),
        ("9", "09:00 est"),
        ("9.30", "09:30 est"),
        ("13:30ごろ", "13:30 est"),
        ("13:30頃", "13:30 est"),
        ("9：00：", "09:00 punct"),
        ("9;00", "09:00 punct"),
        ("9:00:00", "09:00"),
        ("2:00", "02:00"),
        ("2021/10/25 9:00", "09:00 dated"),
        ("2021/10/26 9:00", "09:00 otherday"),
        ("午前", "Unreadable"),
        ("午前中", "Unreadable"),
        ("午後", "Unreadable"),
        ("終日", "Unreadable"),
        ("診療時間内", "Unreadable"),
        ("随時", "Unreadable"),
        ("AM", "Unreadable"),
        ("午前・午後", "Unreadable"),
        ("24:00", "Unreadable"),
        ("25:00", "Unreadable"),
        ("9:60", "Unreadable"),
        ("午前12時", "Unreadable"),
        ("3", "Unreadable"),
        ("9.3", "Unreadable"),
        ("9-10", "Unreadable"),
        ("①9:00", "Unreadable"),
        ("9:00、10:00", "Several"),
        ("9:00\n10:00", "Several"),
        ("9:00 6名\n10:00 6名", "Several"),
        ("9:00~9:30\n10:00~10:30", "Several"),
        ("#VALUE!", "Formula"),
        ("", "blank"),
    ] {
        check_time(&text(written), expected);
    }
}

#[test]
fn time_numbers() {
    for (value, expected) in [
        (Value::Serial(0.375), "09:00"),
        (number(0.375), "09:00"),
        (number(0.39583333), "09:30"),
        (number(900.0), "09:00"),
        (number(1330.0), "13:30"),
        (number(9.0), "09:00 est"),
        (number(21.0), "Unreadable"),
        (number(9.3), "Unreadable"),
        (number(9.5), "Unreadable"),
        (number(960.0), "Unreadable"),
        (Value::Serial(1.0), "Unreadable"),
        (Value::Serial(25.0 / 24.0), "Unreadable"),
        // Typed into cells that show times.
        (Value::Serial(900.0), "09:00"),
        (Value::Serial(1330.0), "13:30"),
        (Value::Serial(9.0), "09:00 est"),
        (Value::Serial(9.3), "Unreadable"),
        (Value::Serial(2.0), "Unreadable"),
        (Value::Serial(24.0), "Unreadable"),
        (Value::Serial(44494.375), "09:00 dated"),
        (Value::Serial(44495.375), "09:00 otherday"),
        (number(44494.375), "09:00 dated"),
        (Value::Serial(44494.0), "Unreadable"),
        (Value::NoResult, "Formula"),
    ] {
        check_time(&value, expected);
    }
}

fn check_count(value: &Value, expected: &str) {
    assert_eq!(said(&normalize::count::read(value), u32::to_string), expected, "{value:?}");
}

#[test]
fn counts() {
    for (written, expected) in [
        ("6", "6"),
        ("６", "6"),
        ("6.0", "6"),
        ("6 ", "6"),
        ("0", "0"),
        ("1,200", "1200"),
        ("6人", "6 unit"),
        ("６名", "6 unit"),
        ("⑥名", "6 unit"),
        ("6枠", "6 unit"),
        ("6回", "6 unit"),
        ("6名様", "6 unit"),
        ("各6", "6 unit"),
        ("各6名", "6 unit"),
        ("六", "6 est"),
        ("十二", "12 est"),
        ("六名", "6 est unit"),
        ("休", "0 zero"),
        ("休診", "0 zero"),
        ("×", "0 zero"),
        ("－", "0 zero"),
        ("ー", "0 zero"),
        ("―", "0 zero"),
        ("/", "0 zero"),
        ("なし", "0 zero"),
        ("無し", "0 zero"),
        ("ゼロ", "0 zero"),
        ("6.5", "NotWhole"),
        ("-6", "NotWhole"),
        ("－６", "NotWhole"),
        ("△6", "NotWhole"),
        ("6～8", "Unreadable"),
        ("6（予備2）", "Unreadable"),
        ("6×2", "Unreadable"),
        ("6+6", "Unreadable"),
        ("約6", "Unreadable"),
        ("○", "Unreadable"),
        ("〇", "Unreadable"),
        ("満", "Unreadable"),
        ("5:00", "Unreadable"),
        ("1,2", "Unreadable"),
        ("1-2", "Unreadable"),
        ("6/6", "Unreadable"),
        ("6 6", "Unreadable"),
        ("6²", "Unreadable"),
        ("½", "Unreadable"),
        ("6\n6", "Several"),
        ("6、6", "Several"),
        ("#N/A", "Formula"),
        ("　", "blank"),
    ] {
        check_count(&text(written), expected);
    }
    for (value, expected) in [
        (number(6.0), "6"),
        (number(0.0), "0"),
        (number(6.5), "NotWhole"),
        (number(-6.0), "NotWhole"),
        (Value::Serial(44353.0), "CountIsDate"),
        (number(44353.0), "CountIsDate"),
        (Value::Serial(5.0 / 24.0), "Unreadable"),
        (Value::NoResult, "Formula"),
        (Value::Error("#REF!".into()), "Formula"),
        (Value::Bool(true), "Unreadable"),
    ] {
        check_count(&value, expected);
    }
}

#[test]
fn doses() {
    for (written, expected) in [
        ("１回目", Some(Dose::First)),
        ("1回目", Some(Dose::First)),
        ("①", Some(Dose::First)),
        ("１", Some(Dose::First)),
        ("初回", Some(Dose::First)),
        ("1st", Some(Dose::First)),
        ("第１回", Some(Dose::First)),
        ("２回目", Some(Dose::Second)),
        ("②", Some(Dose::Second)),
        ("2回", Some(Dose::Second)),
        ("2nd", Some(Dose::Second)),
        ("3回目", None),
        ("1・2回目", None),
    ] {
        let reading = normalize::dose::read(&text(written));
        assert_eq!(matches!(reading.read, Read::Value(_)), expected.is_some(), "{written}");
        if let Read::Value(dose) = reading.read {
            assert_eq!(Some(dose), expected, "{written}");
        }
    }
}

#[test]
fn weekdays() {
    for written in ["月", "(月)", "（月）", "月曜", "月曜日", "㊊", "Mon", "Monday", "月・祝"] {
        let reading = normalize::weekday::read(&text(written));
        assert_eq!(reading.read, Read::Value(Weekday::Monday), "{written}");
    }
    for absent in [number(0.0), number(44494.0), Value::Serial(44494.0), Value::NoResult, text("0"), text("")]
    {
        assert_eq!(normalize::weekday::read(&absent).read, Read::Blank, "{absent:?}");
    }
    assert_eq!(normalize::weekday::read(&text("祝日")).read, Read::Not(Trouble::Unreadable));
}

#[test]
fn a_time_of_half_a_day_is_noon() {
    assert_eq!(normalize::serial::time_of(0.5), Some(time(12, 0, 0, 0)));
}
