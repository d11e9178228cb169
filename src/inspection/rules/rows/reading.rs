//! Pure: R25, R27, R29, R31, R32 and R34: how cells were understood, in any column.

use super::cells::{Cell, Kind, cell, cells, claims, offered, outside};
use super::time::is_early;
use crate::inspection::form::{Entry, Observation, Remark, Row, Trouble};
use crate::inspection::layout::label;
use crate::inspection::normalize::token;
use crate::inspection::rules::Case;
use crate::inspection::rules::finding::{at, at_sheet, raise, raise_other};
use crate::inspection::rules::slots::people;
use crate::inspection::rules::wording::{self, clock, day, quote};
use crate::inspection::verdict::{Finding, Severity, Visibility};

/// Words in 備考 that look like a condition which the reservation system cannot express.
const CONDITIONS: [&str; 23] = [
    "のみ",
    "限定",
    "不可",
    "調整",
    "電話",
    "小児",
    "相談",
    "※",
    "だけ",
    "削除",
    "取消",
    "取り消",
    "取下",
    "取り下",
    "取止",
    "取り止",
    "取りやめ",
    "とりやめ",
    "中止",
    "キャンセル",
    "廃止",
    "休診",
    "未定",
];

/// 〃 and 同上 each; a run of blanks under one value once, at its first cell.
pub(in super::super) fn r25_carried_down(case: &Case) -> Vec<Finding> {
    let mut findings = Vec::new();
    for kind in [
        Kind::Date,
        Kind::Dose,
        Kind::Start,
        Kind::End,
        Kind::Count(Visibility::Public),
        Kind::Count(Visibility::Private),
    ] {
        let mut blanks: Vec<(Cell, &Remark)> = Vec::new();
        for row in &case.form.rows {
            let carried = cell(row, kind).or_else(|| repeated_zero(row, kind)).and_then(|cell| {
                let remark = cell.remarks.iter().find(|r| matches!(r, Remark::CarriedDown { .. }))?;
                Some((cell, remark))
            });
            let blank = matches!(carried, Some((_, Remark::CarriedDown { ditto: false, .. })));
            let same_run = matches!((&carried, blanks.last()), (Some((cell, remark)), Some((above, last)))
                if blank && remark == last && cell.row.sheet == above.row.sheet);
            if !same_run {
                findings.extend(carried_blanks(&blanks));
                blanks.clear();
            }
            match carried {
                Some(carried) if blank => blanks.push(carried),
                Some((cell, Remark::CarriedDown { from, .. })) => {
                    findings.push(carried_sign(&cell, from));
                }
                _ => {}
            }
        }
        findings.extend(carried_blanks(&blanks));
    }
    findings.extend(carried_kinds(case));
    findings
}

/// 公開 or 非公開 written once for several rows: each run of blanks once, at its first cell.
fn carried_kinds(case: &Case) -> Vec<Finding> {
    let mut runs: Vec<(&Entry<Visibility>, Vec<u32>)> = Vec::new();
    let mut last = None;
    for row in case.form.rows.iter().filter(|row| claims(row)) {
        let carried = |entry: &&Entry<Visibility>| {
            entry.remarks.iter().any(|r| matches!(r, Remark::CarriedDown { .. }))
        };
        let Some(kind) = row.beside.as_ref().filter(carried) else {
            last = None;
            continue;
        };
        match runs.last_mut() {
            Some((first, rows))
                if last == kind.value()
                    && first.raw.is_empty()
                    && kind.raw.is_empty()
                    && first.place.sheet == kind.place.sheet =>
            {
                rows.push(row.row);
            }
            _ => runs.push((kind, vec![row.row])),
        }
        last = kind.value();
    }
    let told = runs.into_iter().filter_map(|(first, rows)| {
        let value = quote(first.value()?.label());
        let values = [("rows", wording::rows(&rows)), ("value", value)];
        // 〃
        let finding =
            if first.raw.is_empty() { raise_other("R25", 0, &values) } else { raise("R25", &values) };
        Some(at(finding, first, "枠の区分"))
    });
    told.collect()
}

/// A sign that repeats 0 makes the row one without a slot: that is worth as much as one that repeats 6.
fn repeated_zero(row: &Row, kind: Kind) -> Option<Cell<'_>> {
    let Kind::Count(visibility) = kind else { return None };
    let sign = |remark: &Remark| matches!(remark, Remark::CarriedDown { ditto: true, .. });
    let repeats = row.count(visibility)?.remarks.iter().any(sign);
    let placed = !row.date.is_blank() && !row.start.is_blank();
    Cell::at(row, kind).filter(|_| repeats && placed)
}

/// A written sign: it decides people or the time, so it is asked back; for date and dose it is told.
fn carried_sign(cell: &Cell, from: &str) -> Finding {
    let severity = match cell.kind {
        Kind::Count(_) | Kind::Start => Severity::Warning,
        Kind::Date | Kind::Dose | Kind::End => Severity::Info,
    };
    cell.tell(Finding { severity, ..raise("R25", &[("value", quote(from))]) })
}

fn carried_blanks(run: &[(Cell, &Remark)]) -> Option<Finding> {
    let (first, Remark::CarriedDown { from, merged, .. }) = run.first()? else { return None };
    let rows: Vec<u32> = run.iter().map(|(cell, _)| cell.row.row).collect();
    let values = [("rows", wording::rows(&rows)), ("value", quote(from))];
    let told_only = *merged || matches!(first.kind, Kind::Dose | Kind::End);
    let severity = if told_only { Severity::Info } else { Severity::Warning };
    Some(first.tell(Finding { severity, ..raise_other("R25", 0, &values) }))
}

pub(in super::super) fn r27_total_row(case: &Case) -> Vec<Finding> {
    let rows = case.form.observations.iter().filter_map(|observation| match observation {
        Observation::TotalRow { sheet, row } => {
            Some(at_sheet(raise("R27", &[("row", row.to_string())]), sheet))
        }
        _ => None,
    });
    rows.collect()
}

pub(in super::super) fn r29_note(case: &Case) -> Vec<Finding> {
    // What calls the row off altogether is F11's.
    let rows = case.form.rows.iter().filter(|row| claims(row) && row.gone.is_none());
    rows.filter_map(|row| {
        let note = row.note.as_ref()?;
        let conditional =
            CONDITIONS.iter().any(|word| note.raw.contains(word)) || speaks_of_other(row, &note.raw);
        conditional.then(|| at(raise("R29", &[("raw", quote(&note.raw))]), note, "備考"))
    })
    .collect()
}

/// The remark names the visibility that the row does not have, among other things.
fn speaks_of_other(row: &Row, note: &str) -> bool {
    let said = if note.contains("公開") { label::visibility_mentioned(&token::key(note)) } else { None };
    said.is_some_and(|said| row.beside.is_none() && people(row, said) == 0)
}

pub(in super::super) fn r31_several_values(case: &Case) -> Vec<Finding> {
    in_trouble(case, "R31", |trouble| matches!(trouble, Trouble::Several))
}

pub(in super::super) fn r32_date_range(case: &Case) -> Vec<Finding> {
    in_trouble(case, "R32", |trouble| matches!(trouble, Trouble::DateRange))
}

/// In dates, starts and counts; dose and end time decide nothing and have their own rules.
fn in_trouble(case: &Case, code: &str, wanted: fn(&Trouble) -> bool) -> Vec<Finding> {
    let rows = case.form.rows.iter().flat_map(cells);
    rows.filter(|cell| !matches!(cell.kind, Kind::Dose | Kind::End))
        .filter(|cell| cell.trouble.is_some_and(wanted))
        .map(|cell| cell.tell(raise(code, &[])))
        .collect()
}

/// Estimates are asked back; other eras and stray punctuation are told. A cell that an error names is left to it.
pub(in super::super) fn r34_estimated(case: &Case) -> Vec<Finding> {
    let rows = case.form.rows.iter().flat_map(cells);
    rows.filter_map(|cell| {
        let severity = cell.remarks.iter().filter_map(doubt).min()?;
        let value = understood(case, &cell)?;
        Some(cell.tell(Finding { severity, ..raise("R34", &[("value", value)]) }))
    })
    .collect()
}

fn doubt(remark: &Remark) -> Option<Severity> {
    match remark {
        Remark::Estimated | Remark::DateInTime { other_day: true } => Some(Severity::Warning),
        Remark::OldEra | Remark::Punctuation | Remark::Afternoon => Some(Severity::Info),
        _ => None,
    }
}

/// The value as it was understood; `None` where there is none, or where another rule refuses it.
fn understood(case: &Case, cell: &Cell) -> Option<String> {
    let row: &Row = cell.row;
    match cell.kind {
        Kind::Date => row.date.value().filter(|date| outside(case.campaign, *date).is_none()).map(day),
        Kind::Start => row.start.value().filter(|start| !is_early(*start)).map(clock),
        // An end out of the start's own cell is told with the start.
        Kind::End => row.end.as_ref().filter(|end| end.place != row.start.place)?.value().map(clock),
        Kind::Dose => row.dose.as_ref().and_then(Entry::value).map(|dose| dose.label().to_string()),
        Kind::Count(visibility) if offered(row) > 0 => {
            row.count(visibility).and_then(Entry::value).map(|people| people.to_string())
        }
        Kind::Count(_) => None,
    }
}
