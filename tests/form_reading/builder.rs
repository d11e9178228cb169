//! A small workbook builder, a campaign, and the slots that rows make.

use jiff::civil::{Date, Time, date};
use uketsuke::campaign::{Campaign, Period, Settings};
use uketsuke::inspection::form::{self, FileReading, Form, Observation, Row};
use uketsuke::inspection::verdict::Visibility;
use uketsuke::inspection::workbook::{Cell, Merged, Sheet, Shown, Strike, Value, Workbook};

pub fn campaign() -> Campaign {
    let at = |text: &str| text.parse().unwrap();
    Campaign::new(Settings {
        period: 8,
        title: "第８期".into(),
        opens: at("2021-09-27T00:00:00+09:00"),
        submission_deadline: at("2021-10-08T23:59:59+09:00"),
        correction_caution_from: at("2021-10-13T00:00:00+09:00"),
        correction_deadline: at("2021-10-13T23:59:59+09:00"),
        booking_opens: at("2021-10-16T08:30:00+09:00"),
        first_dose: Period { from: date(2021, 10, 25), to: date(2021, 11, 9) },
        second_dose: Period { from: date(2021, 11, 15), to: date(2021, 11, 30) },
        previous_period: Period { from: date(2021, 10, 4), to: date(2021, 10, 24) },
        public_slot_name: "公開.{venue}.{date:%m/%d}.{time:%H:%M}".into(),
        private_slot_name: "非公開.{venue}.{date:%m/%d}.{time:%H:%M}".into(),
        holidays: Vec::new(),
    })
    .unwrap()
}

pub fn serial(date: Date) -> f64 {
    f64::from(date.since(Date::new(1899, 12, 30).unwrap()).unwrap().get_days())
}

pub fn fraction(time: Time) -> f64 {
    (f64::from(time.hour()) * 60.0 + f64::from(time.minute())) / 1440.0
}

/// A1 address to zero-based row and column.
pub fn at(address: &str) -> (u32, u32) {
    let letters = address.trim_end_matches(|ch: char| ch.is_ascii_digit());
    let column = letters.bytes().fold(0, |sum, byte| sum * 26 + u32::from(byte - b'A') + 1) - 1;
    (address[letters.len()..].parse::<u32>().unwrap() - 1, column)
}

#[derive(Clone)]
pub struct Page {
    sheet: Sheet,
}

impl Page {
    pub fn new(name: &str) -> Self {
        Self { sheet: Sheet { name: name.into(), ..Sheet::default() } }
    }

    pub fn put(&mut self, row: u32, column: u32, value: Value) -> &mut Self {
        self.sheet.cells.push(Cell { row, column, value, formula: false, strike: Strike::None });
        self
    }

    pub fn formula(&mut self, address: &str, value: Value) -> &mut Self {
        let (row, column) = at(address);
        self.sheet.cells.push(Cell { row, column, value, formula: true, strike: Strike::None });
        self
    }

    pub fn text(&mut self, address: &str, text: &str) -> &mut Self {
        let (row, column) = at(address);
        self.put(row, column, Value::Text(text.into()))
    }

    pub fn number(&mut self, address: &str, number: f64) -> &mut Self {
        let (row, column) = at(address);
        self.put(row, column, Value::Number(number))
    }

    pub fn serial(&mut self, address: &str, number: f64) -> &mut Self {
        let (row, column) = at(address);
        self.put(row, column, Value::Serial(number))
    }

    pub fn date(&mut self, address: &str, month: i8, day: i8) -> &mut Self {
        self.serial(address, serial(date(2021, month, day)))
    }

    /// Texts from a cell to the right; empty ones are left out.
    pub fn texts(&mut self, address: &str, texts: &[&str]) -> &mut Self {
        let (row, column) = at(address);
        for (index, text) in texts.iter().enumerate().filter(|(_, text)| !text.is_empty()) {
            self.put(row, column + index as u32, Value::Text((*text).into()));
        }
        self
    }

    /// Values from a cell to the right: digits become numbers, 10/25 dates, 9:00 times, the rest text.
    pub fn values(&mut self, address: &str, values: &[&str]) -> &mut Self {
        let (row, column) = at(address);
        for (index, text) in values.iter().enumerate().filter(|(_, text)| !text.is_empty()) {
            self.put(row, column + index as u32, typed(text));
        }
        self
    }

    pub fn merge(&mut self, range: &str) -> &mut Self {
        let (from, to) = range.split_once(':').unwrap();
        let ((first_row, first_column), (last_row, last_column)) = (at(from), at(to));
        self.sheet.merged.push(Merged { first_row, first_column, last_row, last_column });
        self
    }

    pub fn shown(&mut self, shown: Shown) -> &mut Self {
        self.sheet.shown = shown;
        self
    }

    pub fn strike(&mut self, address: &str) -> &mut Self {
        self.struck(address, Strike::Whole)
    }

    pub fn struck(&mut self, address: &str, strike: Strike) -> &mut Self {
        let (row, column) = at(address);
        for cell in &mut self.sheet.cells {
            if (cell.row, cell.column) == (row, column) {
                cell.strike = strike;
            }
        }
        self
    }

    pub fn hide_row(&mut self, row: u32) -> &mut Self {
        self.sheet.hidden_rows.push(row - 1);
        self
    }

    pub fn hide_column(&mut self, column: u32) -> &mut Self {
        self.sheet.hidden_columns.push(column);
        self
    }

    pub fn done(&self) -> Sheet {
        let mut sheet = self.sheet.clone();
        sheet.cells.sort_by_key(|cell| (cell.row, cell.column));
        sheet
    }
}

/// What Excel makes of typed text.
pub fn typed(text: &str) -> Value {
    if let Ok(number) = text.parse::<f64>() {
        return Value::Number(number);
    }
    if let Some((month, day)) = text.split_once('/')
        && let (Ok(month), Ok(day)) = (month.parse(), day.parse())
        && let Ok(date) = Date::new(2021, month, day)
    {
        return Value::Serial(serial(date));
    }
    if let Some((hour, minute)) = text.split_once(':')
        && let (Ok(hour), Ok(minute)) = (hour.parse(), minute.parse())
        && let Ok(time) = Time::new(hour, minute, 0, 0)
    {
        return Value::Serial(fraction(time));
    }
    Value::Text(text.into())
}

pub fn workbook(pages: &[&Page]) -> Workbook {
    Workbook { sheets: pages.iter().map(|page| page.done()).collect(), ..Workbook::default() }
}

pub fn read(workbook: &Workbook) -> FileReading {
    form::read(workbook, "様式.xlsx", &campaign())
}

pub fn read_form(pages: &[&Page]) -> Form {
    let mut reading = read(&workbook(pages));
    assert_eq!(reading.forms.len(), 1, "{reading:#?}");
    std::sync::Arc::unwrap_or_clone(reading.forms.remove(0))
}

/// 「10/25 9:00 6 0」 for every row that makes a slot; the rows with trouble as 「!」.
pub fn slots(form: &Form) -> Vec<String> {
    let mut merged: std::collections::BTreeMap<(Date, Time), (u32, u32)> = std::collections::BTreeMap::new();
    let mut troubled = Vec::new();
    for row in &form.rows {
        let count = |visibility| {
            row.count(visibility).map_or(Some(0), |entry| if entry.is_blank() { None } else { entry.value() })
        };
        match (row.date.value(), row.start.value(), count(Visibility::Public), count(Visibility::Private)) {
            (Some(date), Some(start), Some(public), Some(private)) => {
                let slot = merged.entry((date, start)).or_default();
                slot.0 += public;
                slot.1 += private;
            }
            _ => troubled.push(format!("!{}", row.row)),
        }
    }
    let text = |((date, start), (public, private)): ((Date, Time), (u32, u32))| {
        format!("{}/{} {}:{:02} {public} {private}", date.month(), date.day(), start.hour(), start.minute())
    };
    merged
        .into_iter()
        .filter(|(_, (public, private))| public + private > 0)
        .map(text)
        .chain(troubled)
        .collect()
}

pub fn row(form: &Form, number: u32) -> &Row {
    form.rows.iter().find(|row| row.row == number).unwrap_or_else(|| panic!("no row {number}: {form:#?}"))
}

pub fn has(form: &Form, says: impl Fn(&Observation) -> bool) -> bool {
    form.observations.iter().any(says)
}

/// The issued 様式３ without rows: title, fields, headings in row 12.
pub fn issued(number: u8) -> Page {
    let mut page = Page::new(["様式１", "様式２", "様式３"][usize::from(number) - 1]);
    let title = [
        "予約枠報告様式１（公開枠のみ）",
        "予約枠報告様式２（非公開枠のみ）",
        "予約枠報告様式３（公開・非公開）",
    ];
    page.text("A1", title[usize::from(number) - 1]).text("H1", &format!("様式番号 K8-{number}"));
    page.text("A2", "熊本市 コロナワクチン予約管理システム　第８期（令和３年１０月２５日～１１月３０日）");
    page.text("A3", "※提出期限：令和３年１０月８日（金）　提出先：vproject@city.kumamoto.kumamoto.jp");
    page.text(
        "A4",
        "※パスワードを設定せず、Excel形式のまま添付してください。シート名・見出しは変更しないでください。",
    );
    page.texts("A5", &["会場番号", "0123", "", "医療機関名", "くまもと医院"]);
    page.texts("A6", &["区", "中央区", "", "医療機関コード", "", "（10桁・任意）"]);
    page.texts("A7", &["担当者名", "熊本花子", "", "電話番号", "096-000-0000"]);
    page.texts("A8", &["メールアドレス", "clinic@example.jp", "", "提出日"]).date("E8", 10, 5);
    page.texts("A9", &["提出区分", "新規", "", "第８期接種可能上限量"])
        .number("E9", 120.0)
        .text("F9", "（回分）");
    page.text("A10", "【自動計算】").text("B10", "１回目 計").formula("C10", Value::Number(0.0));
    page.text("D10", "２回目 計")
        .formula("E10", Value::Number(0.0))
        .text("F10", "合計")
        .formula("G10", Value::NoResult);
    page.text("H10", "上限量との差（独自の受付枠）").formula("I10", Value::Number(120.0));
    page.text(
        "A11",
        "１回目接種期間：10/25(月)～11/9(火)　２回目接種期間：11/15(月)～11/30(火)（11/10～11/14は対象外）",
    );
    let counts: &[&str] = match number {
        1 => &["公開枠数"],
        2 => &["非公開枠数"],
        _ => &["公開枠数", "非公開枠数"],
    };
    page.texts("A12", &["No.", "接種日", "曜日", "接種回", "接種時刻", "終了時刻"]).texts("G12", counts);
    page.put(11, 6 + counts.len() as u32, Value::Text("備考".into()));
    page
}
