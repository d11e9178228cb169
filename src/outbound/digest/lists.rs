//! Pure: the digest's lists of clinics: work for today, 期限・修正, 要修正, 未提出.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;

use super::document::{Block, Column, Extent, Row, Section, Table, Tone, days_between, left, right};
use super::figures::ward_label;
use super::wording::{number, one_line, stamp};
use crate::campaign::{Timing, in_jst};
use crate::clinic::{Clinic, Ward};
use crate::outbound::activity::{ClinicLine, ClinicState, DayActivity, ErrorLine, WorkItem};

/// １ 本日ご対応いただきたいもの
pub fn work(activity: &DayActivity, extent: Extent) -> Section {
    let columns = vec![
        right("No", 1),
        left("区分", 3),
        left("会場", 2),
        left("医療機関", 3),
        left("区", 2),
        left("電話", 3),
        left("内容", 6),
    ];
    let lines = activity.work_by_clinic();
    let rows: Vec<Row> = lines
        .iter()
        .take(extent.rows)
        .enumerate()
        .map(|(index, items)| Row { tone: Tone::Alarm, cells: work_cells(index + 1, items, extent.chars) })
        .collect();
    let held = activity.clinics.iter().filter(|line| line.state == ClinicState::Held).count();
    let mut blocks = listed(columns, rows, lines.len(), "ご対応いただきたいものはありません。", "要対応");
    if activity.work.len() > lines.len() {
        blocks.push(Block::line(format!(
            "（医療機関ごとに1行にまとめています。用件の数は {}。1件ずつの一覧は添付ファイルのシート「要対応」）",
            activity.work.len()
        )));
    }
    if held > 0 {
        blocks.push(Block::line(format!(
            "（うち判断待ちで保留中の医療機関 {held}。「３ 区別の状況」の「要対応」はこの数です。）"
        )));
    }
    Section {
        heading: format!("１ 本日ご対応いただきたいもの（{}件）", lines.len()), blocks
    }
}

/// Matters of one clinic that are told in its line; the workbook has them all.
const MATTERS: usize = 3;

fn work_cells(no: usize, items: &[&WorkItem], chars: usize) -> Vec<String> {
    let first = items.first();
    let clinic = first.and_then(|item| item.clinic.as_ref());
    let mut kinds: Vec<&str> = Vec::new();
    for item in items {
        if !kinds.contains(&item.kind.as_str()) {
            kinds.push(&item.kind);
        }
    }
    let more = if kinds.len() > 1 { format!(" ほか{}", kinds.len() - 1) } else { String::new() };
    let mut told: Vec<String> = items.iter().take(MATTERS).map(|item| matter(item, chars)).collect();
    if items.len() > MATTERS {
        told.push(format!("ほか{}件", items.len() - MATTERS));
    }
    vec![
        no.to_string(),
        format!("{}{more}", one_line(kinds.first().unwrap_or(&""), 12)),
        clinic.map_or("-".into(), |clinic| one_line(&clinic.venue_no, 12)),
        clinic.map_or("（不明）".into(), name),
        clinic.map_or("-".into(), |clinic| ward_label(clinic.ward).into()),
        clinic.map_or("-".into(), phone),
        told.join("／"),
    ]
}

fn matter(item: &WorkItem, chars: usize) -> String {
    let from = match (&item.from, &item.clinic) {
        (Some(from), None) => format!("（{}から）", one_line(from, 40)),
        _ => String::new(),
    };
    let number = match (&item.receipt, item.mail_id) {
        (Some(receipt), _) => format!(" {receipt}"),
        (None, Some(mail)) => format!(" メール{mail}"),
        (None, None) => String::new(),
    };
    format!(
        "{}{number} {}{from}。{}",
        stamp(item.received_at),
        one_line(&item.reason, chars).trim_end_matches('。'),
        one_line(&item.action, chars)
    )
}

/// ６: who came after a deadline, by time of receipt: 10/13's corrections are a queue to work through.
pub fn timing(activity: &DayActivity, extent: Extent) -> Vec<Block> {
    let mut late: Vec<(&ClinicLine, &str)> =
        activity.clinics.iter().filter_map(|line| Some((line, timing_label(line.timing?)?))).collect();
    if late.is_empty() {
        return Vec::new();
    }
    late.sort_by_key(|(line, _)| line.received_at);
    let columns = vec![
        left("受信", 3),
        left("区分", 4),
        left("会場", 3),
        left("医療機関", 5),
        left("区", 2),
        left("電話", 3),
    ];
    let rows = late
        .iter()
        .take(extent.rows)
        .map(|(line, label)| Row {
            tone: Tone::Plain,
            cells: vec![
                line.received_at.map_or("-".into(), stamp),
                (*label).to_string(),
                line.clinic.venue_no.clone(),
                name(&line.clinic),
                ward_label(line.clinic.ward).into(),
                phone(&line.clinic),
            ],
        })
        .collect();
    listed(columns, rows, late.len(), "", "受付一覧")
}

/// 「期限後提出」 and the like; `None` for what came in time.
pub fn timing_label(timing: Timing) -> Option<&'static str> {
    match timing {
        Timing::OnTime | Timing::FixOfOnTime | Timing::Correction => None,
        Timing::Late => Some("期限後提出"),
        Timing::CorrectionLastDay => Some("期限当日修正"),
        Timing::CorrectionLate => Some("修正期限後"),
        Timing::AfterOpening => Some("受付開始後"),
    }
}

/// ７ 要修正, oldest first
pub fn needs_fix(activity: &DayActivity, extent: Extent) -> Section {
    let mut lines = activity.in_order();
    lines.retain(|line| line.state == ClinicState::NeedsFix);
    lines.sort_by_key(|line| line.first_told_at.or(line.received_at));
    let columns = vec![
        left("会場", 2),
        left("医療機関", 4),
        left("区", 2),
        left("電話", 3),
        left("初回連絡", 2),
        right("経過", 1),
        right("不備", 1),
        left("主な内容", 5),
    ];
    let rows = by_ward(&lines, extent.rows_per_ward)
        .map(|line| Row {
            tone: Tone::Fix,
            cells: vec![
                line.clinic.venue_no.clone(),
                name(&line.clinic),
                ward_label(line.clinic.ward).into(),
                phone(&line.clinic),
                line.first_told_at.map_or("未連絡".into(), stamp),
                line.first_told_at
                    .map_or("-".into(), |told| format!("{}日", days_since(told, activity.day()))),
                if line.errors.is_empty() { "-".into() } else { line.errors.len().to_string() },
                line.errors.first().map_or_else(
                    || one_line(line.why.as_deref().unwrap_or_default(), extent.chars),
                    |error| main_error(error, extent.chars),
                ),
            ],
        })
        .collect();
    Section {
        heading: format!("７ 要修正（{}件）古い順", lines.len()),
        blocks: listed(columns, rows, lines.len(), "要修正の医療機関はありません。", "要修正"),
    }
}

/// Whole days by the calendar, as people count them.
pub fn days_since(told: Timestamp, day: Date) -> i32 {
    days_between(in_jst(told).date(), day)
}

fn main_error(error: &ErrorLine, chars: usize) -> String {
    let cell = error.cell.as_ref().map_or(String::new(), |cell| format!("{} ", one_line(cell, 12)));
    format!("{} {cell}{}", error.code, one_line(&error.message, chars))
}

/// ８ 未提出, by ward and venue number
pub fn not_submitted(activity: &DayActivity, extent: Extent) -> Section {
    let mut lines = activity.in_order();
    lines.retain(|line| line.state == ClinicState::NotSubmitted);
    let columns = vec![
        left("会場", 2),
        left("医療機関", 3),
        left("区", 2),
        left("電話", 3),
        left("FAX", 3),
        right("上限量", 2),
        left("リマインド", 2),
        left("メール", 3),
    ];
    let rows = by_ward(&lines, extent.rows_per_ward)
        .map(|line| Row {
            tone: Tone::Plain,
            cells: vec![
                line.clinic.venue_no.clone(),
                name(&line.clinic),
                ward_label(line.clinic.ward).into(),
                phone(&line.clinic),
                one_line(&line.clinic.fax, 20),
                line.clinic.cap.map_or("未登録".into(), |cap| number(cap.into())),
                reminded(line).into(),
                address(&line.clinic),
            ],
        })
        .collect();
    Section {
        heading: format!("８ 未提出（{}件）区別・会場番号順", lines.len()),
        blocks: listed(columns, rows, lines.len(), "未提出の医療機関はありません。", "未提出"),
    }
}

pub fn reminded(line: &ClinicLine) -> &'static str {
    let has = |flag: &str| line.flags.iter().any(|own| own == flag);
    if has("undeliverable") {
        "不達"
    } else if has("reminded") {
        "済"
    } else if line.clinic.suppress_reminder {
        "不要"
    } else if line.clinic.has_addresses() {
        "-"
    } else {
        "電話のみ"
    }
}

fn address(clinic: &Clinic) -> String {
    clinic
        .emails
        .first()
        .or(clinic.provisional_emails.first())
        .map_or("なし".into(), |email| one_line(email, 40))
}

/// At most `limit` lines of each ward, in the order given.
fn by_ward<'a>(lines: &'a [&'a ClinicLine], limit: usize) -> impl Iterator<Item = &'a ClinicLine> {
    let mut seen: BTreeMap<Option<Ward>, usize> = BTreeMap::new();
    lines.iter().copied().filter(move |line| {
        let count = seen.entry(line.clinic.ward).or_default();
        *count += 1;
        *count <= limit
    })
}

/// The table, or `nothing`; and how many lines stand in the workbook only.
fn listed(columns: Vec<Column>, rows: Vec<Row>, all: usize, nothing: &str, sheet: &str) -> Vec<Block> {
    if all == 0 {
        return vec![Block::line(nothing)];
    }
    let left_out = all - rows.len();
    let mut blocks = Vec::new();
    if !rows.is_empty() {
        blocks.push(Block::Table(Table { columns, rows }));
    }
    if left_out > 0 {
        blocks.push(Block::line(format!(
            "ほか{left_out}件は、添付ファイルのシート「{sheet}」をご覧ください。"
        )));
    }
    blocks
}

fn name(clinic: &Clinic) -> String {
    one_line(&clinic.name, 20)
}

fn phone(clinic: &Clinic) -> String {
    if clinic.phone.trim().is_empty() { "（未登録）".into() } else { one_line(&clinic.phone, 30) }
}
