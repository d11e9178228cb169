//! Any set of slots in any layout comes back.

use std::collections::BTreeMap;

use jiff::ToSpan;
use jiff::civil::{Date, Time};
use proptest::prelude::*;
use uketsuke::inspection::workbook::{Value, Workbook};

use crate::builder::{Page, fraction, read, serial, workbook};

type Slots = BTreeMap<(Date, Time), (u32, u32)>;

fn any_slots() -> impl Strategy<Value = Slots> {
    let day = prop_oneof![0i32..16, 21i32..37];
    let slot = ((day, 0u8..48), (0u32..40, 0u32..40));
    prop::collection::vec(slot, 1..24).prop_map(|slots| {
        let first = Date::new(2021, 10, 25).unwrap();
        let mut map = Slots::new();
        for ((day, quarter), counts) in slots {
            let time = Time::new(8 + (quarter / 4) as i8, (quarter % 4 * 15) as i8, 0, 0).unwrap();
            map.insert((first.checked_add(day.days()).unwrap(), time), counts);
        }
        map
    })
}

/// How dates, times and counts are written.
#[derive(Clone, Copy, Debug)]
enum Style {
    Typed,
    Untyped,
    Half,
    Full,
}

fn full(text: &str) -> String {
    text.chars()
        .map(|ch| if ch.is_ascii_graphic() { char::from_u32(ch as u32 + 0xfee0).unwrap() } else { ch })
        .collect()
}

impl Style {
    fn date(self, date: Date) -> Value {
        let text = format!("{}年{}月{}日", date.year(), date.month(), date.day());
        match self {
            Style::Typed => Value::Serial(serial(date)),
            Style::Untyped => Value::Number(serial(date)),
            Style::Half => Value::Text(format!("{}/{}", date.month(), date.day()).into()),
            Style::Full => Value::Text(full(&text).into()),
        }
    }

    fn time(self, time: Time) -> Value {
        let text = format!("{}:{:02}", time.hour(), time.minute());
        match self {
            Style::Typed => Value::Serial(fraction(time)),
            Style::Untyped => Value::Number(fraction(time)),
            Style::Half => Value::Text(text.into()),
            Style::Full => Value::Text(full(&text).into()),
        }
    }

    fn count(self, count: u32) -> Value {
        match self {
            Style::Typed | Style::Untyped => Value::Number(f64::from(count)),
            Style::Half => Value::Text(format!("{count}名").into()),
            Style::Full => Value::Text(full(&count.to_string()).into()),
        }
    }
}

fn text(text: &str) -> Value {
    Value::Text(text.into())
}

fn header(name: &str) -> Page {
    let mut page = Page::new(name);
    page.text("A1", "予約枠報告様式３（公開・非公開）")
        .texts("A2", &["会場番号", "0123", "医療機関名", "くまもと医院"]);
    page
}

/// Writes a list with its columns in the given order; returns the row after it.
fn put_list(
    page: &mut Page,
    (top, left): (u32, u32),
    order: &[usize],
    style: Style,
    slots: &[((Date, Time), (u32, u32))],
) -> u32 {
    let headings = ["接種日", "接種時刻", "公開枠数", "非公開枠数", "曜日", "備考"];
    for (position, &role) in order.iter().enumerate() {
        let column = left + position as u32;
        page.put(top, column, text(headings[role]));
        for (index, ((date, time), (public, private))) in slots.iter().enumerate() {
            let value = match role {
                0 => style.date(*date),
                1 => style.time(*time),
                2 => style.count(*public),
                3 => style.count(*private),
                _ => continue,
            };
            page.put(top + 1 + index as u32, column, value);
        }
    }
    top + 1 + slots.len() as u32
}

fn put_matrix(page: &mut Page, top: u32, style: Style, turned: bool, slots: &Slots) {
    let mut dates: Vec<Date> = slots.keys().map(|(date, _)| *date).collect();
    let mut times: Vec<Time> = slots.keys().map(|(_, time)| *time).collect();
    dates.sort();
    dates.dedup();
    times.sort();
    times.dedup();
    let mut put = |row: u32, column: u32, value: Value| {
        let (row, column) = if turned { (column, row) } else { (row, column) };
        page.put(top + row, column, value);
    };
    put(0, 0, text(if turned { "接種日" } else { "時刻" }));
    for (index, date) in dates.iter().enumerate() {
        let column = 1 + 2 * index as u32;
        put(0, column, style.date(*date));
        put(1, column, text("公開"));
        put(1, column + 1, text("非公開"));
    }
    for (index, time) in times.iter().enumerate() {
        put(2 + index as u32, 0, style.time(*time));
        for (at, date) in dates.iter().enumerate() {
            if let Some((public, private)) = slots.get(&(*date, *time)) {
                put(2 + index as u32, 1 + 2 * at as u32, style.count(*public));
                put(2 + index as u32, 2 + 2 * at as u32, style.count(*private));
            }
        }
    }
}

fn expected(slots: &Slots) -> Vec<String> {
    slots
        .iter()
        .filter(|(_, (public, private))| public + private > 0)
        .map(|((date, time), (public, private))| {
            format!("{}/{} {}:{:02} {public} {private}", date.month(), date.day(), time.hour(), time.minute())
        })
        .collect()
}

fn lay_out(
    layout: usize,
    style: Style,
    order: &[usize],
    rows: &[((Date, Time), (u32, u32))],
    slots: &Slots,
) -> Workbook {
    let half = rows.len() / 2;
    match layout {
        0 => {
            let mut page = header("様式３");
            put_list(&mut page, (5, 0), order, style, rows);
            workbook(&[&page])
        }
        1 => {
            let mut page = header("様式３");
            let next = put_list(&mut page, (5, 0), order, style, &rows[..half]);
            put_list(&mut page, (next + 2, 0), order, style, &rows[half..]);
            workbook(&[&page])
        }
        2 => {
            let mut page = header("様式３");
            put_list(&mut page, (5, 0), order, style, &rows[..half]);
            put_list(&mut page, (5, 7), order, style, &rows[half..]);
            workbook(&[&page])
        }
        3 | 4 => {
            let mut page = header("様式３");
            put_matrix(&mut page, 5, style, layout == 4, slots);
            workbook(&[&page])
        }
        _ => {
            let (mut first, mut second) = (header("その１"), Page::new("その２"));
            put_list(&mut first, (5, 0), order, style, &rows[..half]);
            put_list(&mut second, (0, 0), order, style, &rows[half..]);
            workbook(&[&first, &second])
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn slots_come_back_from_every_layout(
        slots in any_slots(),
        layout in 0usize..6,
        style in prop_oneof![Just(Style::Typed), Just(Style::Untyped), Just(Style::Half), Just(Style::Full)],
        order in Just(vec![0usize, 1, 2, 3, 4, 5]).prop_shuffle(),
        shuffle in any::<prop::sample::Index>(),
    ) {
        let mut rows: Vec<_> = slots.iter().map(|(key, counts)| (*key, *counts)).collect();
        let turn = shuffle.index(rows.len());
        rows.rotate_left(turn);
        let book = lay_out(layout, style, &order, &rows, &slots);
        let reading = read(&book);
        let want = expected(&slots);
        prop_assert_eq!(reading.forms.len(), 1);
        prop_assert_eq!(super::builder::slots(&reading.forms[0]), want, "{:#?}", reading.forms[0].observations);
    }
}
