//! Pure: R18 to R24, R26, R30 and R33: the count of people.

use std::collections::BTreeSet;

use smol_str::SmolStr;

use super::cells::{Cell, Kind, cell, column_missing, counts, uncounted};
use crate::inspection::form::{Entry, Remark, Row, Trouble};
use crate::inspection::rules::finding::{at, count_label, raise, raise_other};
use crate::inspection::rules::slots::people;
use crate::inspection::rules::wording::{self, wide};
use crate::inspection::rules::{Case, coordinates};
use crate::inspection::verdict::{Finding, Place, Visibility};

/// More people at one time are asked back, whatever else the form holds.
const MANY_PEOPLE: u32 = 60;
/// A form's own median is worth comparing with from so many counts on.
const MEDIAN_COUNTS: usize = 5;
/// Counts that grow by one over so many rows look like Excel's fill handle.
const AUTOFILL_ROWS: usize = 5;

/// Date and time without any count; told at the first count cell.
pub(in super::super) fn r18_no_count(case: &Case) -> Vec<Finding> {
    let rows = case.form.rows.iter().filter(|row| {
        uncounted(row) && !row.date.is_blank() && !row.start.is_blank() && !column_missing(case, row, "枠")
    });
    rows.filter_map(|row| {
        let mut empty = counts(row);
        let (visibility, entry) = empty.next()?;
        let label = if empty.next().is_some() { "枠数" } else { count_label(visibility) };
        Some(at(raise("R18", &[]), entry, label))
    })
    .collect()
}

pub(in super::super) fn r19_unreadable_count(case: &Case) -> Vec<Finding> {
    in_trouble(case, "R19", |trouble| matches!(trouble, Trouble::Unreadable | Trouble::ImpossibleDate))
}

pub(in super::super) fn r20_not_whole(case: &Case) -> Vec<Finding> {
    in_trouble(case, "R20", |trouble| matches!(trouble, Trouble::NotWhole))
}

pub(in super::super) fn r24_count_is_date(case: &Case) -> Vec<Finding> {
    in_trouble(case, "R24", |trouble| matches!(trouble, Trouble::CountIsDate))
}

fn in_trouble(case: &Case, code: &str, wanted: fn(&Trouble) -> bool) -> Vec<Finding> {
    count_cells(case)
        .filter(|cell| cell.trouble.is_some_and(wanted))
        .map(|cell| cell.tell(raise(code, &[])))
        .collect()
}

fn count_cells<'c>(case: &'c Case) -> impl Iterator<Item = Cell<'c>> {
    let kinds = |row| Visibility::BOTH.into_iter().filter_map(move |one| cell(row, Kind::Count(one)));
    case.form.rows.iter().flat_map(kinds)
}

/// Written words for none each; the blank ones of two count columns once per column, since a form that leaves
/// one column empty does so on every row.
pub(in super::super) fn r21_zero(case: &Case) -> Vec<Finding> {
    let mut findings = Vec::new();
    for visibility in Visibility::BOTH {
        let mut blanks: Vec<(&Row, &Entry<u32>)> = Vec::new();
        for row in &case.form.rows {
            let Some(entry) = row.count(visibility) else { continue };
            let marked = entry.remarks.contains(&Remark::Zero);
            let empty = entry.raw.trim().is_empty();
            let beside = counts(row).any(|(other, count)| other != visibility && count.value().is_some());
            if marked && !empty {
                findings.push(at(raise("R21", &[]), entry, count_label(visibility)));
            } else if empty && beside && (marked || entry.is_blank()) {
                blanks.push((row, entry));
            }
        }
        if let Some((_, first)) = blanks.first() {
            let rows: Vec<u32> = blanks.iter().map(|(row, _)| row.row).collect();
            let values = [("rows", wording::rows(&rows))];
            findings.push(at(raise_other("R21", 0, &values), first, count_label(visibility)));
        }
    }
    findings
}

pub(in super::super) fn r22_many(case: &Case) -> Vec<Finding> {
    let positive: Vec<(Visibility, &Entry<u32>, u32)> = case
        .form
        .rows
        .iter()
        .flat_map(counts)
        .filter_map(|(visibility, entry)| {
            let people = entry.value().filter(|people| *people > 0)?;
            Some((visibility, entry, people))
        })
        .collect();
    let mut sorted: Vec<u32> = positive.iter().map(|(_, _, people)| *people).collect();
    sorted.sort_unstable();
    let twice_median = twice_median(&sorted);
    let many =
        |people: u32| people > MANY_PEOPLE || twice_median.is_some_and(|twice| u64::from(people) > 2 * twice);
    positive
        .into_iter()
        .filter(|(_, _, people)| many(*people))
        .map(|(visibility, entry, people)| {
            at(raise("R22", &[("n", people.to_string())]), entry, count_label(visibility))
        })
        .collect()
}

/// Twice the median keeps the half of an even number of counts.
fn twice_median(sorted: &[u32]) -> Option<u64> {
    if sorted.len() < MEDIAN_COUNTS {
        return None;
    }
    let upper = u64::from(*sorted.get(sorted.len() / 2)?);
    let lower = u64::from(*sorted.get((sorted.len() - 1) / 2)?);
    Some(lower + upper)
}

pub(in super::super) fn r23_unit(case: &Case) -> Vec<Finding> {
    count_cells(case)
        .filter(|cell| cell.remarks.contains(&Remark::Unit))
        .filter_map(|cell| {
            let Kind::Count(visibility) = cell.kind else { return None };
            let people = cell.row.count(visibility)?.value()?;
            Some(cell.tell(raise("R23", &[("n", people.to_string())])))
        })
        .collect()
}

/// 様式１ has no 非公開枠, 様式２ no 公開枠: told at the first such count, or at the title that names it. A title or a
/// remark that names the other visibility than the row's counts is told where it stands.
pub(in super::super) fn r26_other_visibility(case: &Case) -> Vec<Finding> {
    let mut findings: Vec<Finding> =
        case.form.rows.iter().filter_map(|row| contradiction(case, row)).collect();
    findings.extend(named_sheets(case));
    let Some((number, other)) = only(case) else { return findings };
    let mut rows = case.form.rows.iter().filter(|row| people(row, other) > 0);
    let Some((first, entry)) = rows.next().and_then(|row| Some((row, row.count(other)?))) else {
        return findings;
    };
    let rest = rows.count();
    let values = [
        ("number", wide(number)),
        ("vis", other.other().label().to_string()),
        ("other", other.label().to_string()),
        ("rest", rest.to_string()),
    ];
    let finding = if rest == 0 { raise("R26", &values) } else { raise_other("R26", 0, &values) };
    findings.push(match first.section.as_ref().filter(|title| title.value() == Some(other)) {
        Some(title) => at(finding, title, "見出し"),
        None => at(finding, entry, count_label(other)),
    });
    findings
}

/// The number of a form for one visibility, and the visibility that it has not.
fn only(case: &Case) -> Option<(u32, Visibility)> {
    match case.form.number {
        Some(1) => Some((1, Visibility::Private)),
        Some(2) => Some((2, Visibility::Public)),
        _ => None,
    }
}

/// A title over a row, or a text beside its counts, names one visibility and the count stands under the other.
fn contradiction(case: &Case, row: &Row) -> Option<Finding> {
    let under = |title: &&Entry<Visibility>| title.value().is_some_and(|said| people(row, said.other()) > 0);
    // Of two counts a remark may well speak of one.
    let beside =
        |text: &&Entry<Visibility>| under(text) && text.value().is_some_and(|said| people(row, said) == 0);
    let title = row.section.as_ref().filter(|title| title.place.cell.is_some()).filter(under);
    let entry = title.or_else(|| row.beside.as_ref().filter(beside))?;
    let said = entry.value()?;
    let count = row.count(said.other())?;
    let label = if title.is_some() { "見出し" } else { "備考" };
    let label = if entry.label.is_empty() { label } else { &entry.label };
    let number = only(case).filter(|(_, other)| *other == said).map(|(number, _)| number);
    let values = [
        ("number", wide(number.unwrap_or_default())),
        ("vis", said.other().label().to_string()),
        ("other", said.label().to_string()),
        ("cell", count.place.cell.as_deref().unwrap_or_default().to_string()),
    ];
    let finding = if title.is_some() && number.is_some() {
        raise("R26", &values)
    } else {
        Finding {
            mend: Some(
                "公開枠・非公開枠のどちらであるかご確認のうえ、記載と枠数の欄を合わせてください。"
                    .to_string(),
            ),
            ..raise_other("R26", 1, &values)
        }
    };
    Some(at(finding, entry, label))
}

/// The name of a sheet says one visibility and its counts stand under the other: once per sheet. What the form's own
/// number says against the heading is told at the count.
fn named_sheets(case: &Case) -> Vec<Finding> {
    let mut told: BTreeSet<&SmolStr> = BTreeSet::new();
    let rows = case.form.rows.iter().filter_map(|row| {
        let name = row.section.as_ref().filter(|entry| entry.place.cell.is_none())?;
        let said = name.value()?;
        let known = only(case).is_some_and(|(_, other)| other == said.other());
        let count = row.count(said.other()).filter(|_| people(row, said.other()) > 0 && !known)?;
        told.insert(&row.sheet).then_some((name, said, count))
    });
    rows.map(|(name, said, count)| {
        let values = [
            ("vis", said.other().label().to_string()),
            ("other", said.label().to_string()),
            ("cell", count.place.cell.as_deref().unwrap_or_default().to_string()),
        ];
        let mend = "公開枠・非公開枠のどちらであるかご確認のうえ、シート名と枠数の見出しを合わせてください。";
        let finding = Finding { mend: Some(mend.to_string()), ..raise_other("R26", 2, &values) };
        at(finding, name, "シート名")
    })
    .collect()
}

/// Once per merged range.
pub(in super::super) fn r30_merged_count(case: &Case) -> Vec<Finding> {
    let mut told: BTreeSet<(&str, &str)> = BTreeSet::new();
    count_cells(case)
        .filter_map(|cell| {
            let Some(Trouble::MergedCount { range }) = cell.trouble else { return None };
            if !told.insert((&cell.row.sheet, range)) {
                return None;
            }
            let mut finding = cell.tell(raise("R30", &[("range", range.replace(':', "～"))]));
            finding.place = Place { cell: range.split(':').next().map(SmolStr::from), ..cell.place.clone() };
            Some(finding)
        })
        .collect()
}

/// Counts of one column, or of one row of a matrix, that grow by exactly one over five cells or more; told at the
/// first.
pub(in super::super) fn r33_autofill(case: &Case) -> Vec<Finding> {
    let mut findings = Vec::new();
    for visibility in Visibility::BOTH {
        let mut cells: Vec<Filled> =
            case.form.rows.iter().filter_map(|row| Filled::of(row, visibility)).collect();
        cells.sort_by_key(|cell| (cell.sheet, cell.column, cell.row));
        findings.extend(runs(&cells, visibility, |above, below| above.column == below.column));
        cells.sort_by_key(|cell| (cell.sheet, cell.row, cell.column));
        findings.extend(runs(&cells, visibility, |left, right| left.row == right.row));
    }
    findings
}

/// A count and where it stands.
struct Filled<'f> {
    entry: &'f Entry<u32>,
    sheet: &'f str,
    column: u32,
    row: u32,
    people: Option<u32>,
}

impl<'f> Filled<'f> {
    fn of(row: &'f Row, visibility: Visibility) -> Option<Self> {
        let entry = row.count(visibility)?;
        let (column, number) = coordinates(entry.place.cell.as_deref()?);
        let people = entry.value().filter(|people| *people > 0);
        Some(Self { entry, sheet: &row.sheet, column, row: number, people })
    }
}

/// The runs along one line of cells.
fn runs(
    cells: &[Filled<'_>],
    visibility: Visibility,
    in_line: impl Fn(&Filled<'_>, &Filled<'_>) -> bool,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut run: Vec<(&Entry<u32>, u32)> = Vec::new();
    let mut before: Option<&Filled<'_>> = None;
    for cell in cells {
        let follows = before.is_some_and(|before| before.sheet == cell.sheet && in_line(before, cell))
            && matches!((run.last(), cell.people), (Some((_, people)), Some(now)) if people.checked_add(1) == Some(now));
        if !follows {
            findings.extend(filled(&run, visibility));
            run.clear();
        }
        run.extend(cell.people.map(|people| (cell.entry, people)));
        before = Some(cell);
    }
    findings.extend(filled(&run, visibility));
    findings
}

fn filled(run: &[(&Entry<u32>, u32)], visibility: Visibility) -> Option<Finding> {
    let ((first, _), (last, _)) = (run.first()?, run.last()?);
    if run.len() < AUTOFILL_ROWS {
        return None;
    }
    let cells = (first.place.cell.as_deref()?, last.place.cell.as_deref()?);
    let mut values: Vec<String> = run.iter().take(6).map(|(_, people)| people.to_string()).collect();
    if run.len() > 6 {
        values.push("…".to_string());
    }
    let values = [("range", format!("{}～{}", cells.0, cells.1)), ("values", values.join("、"))];
    Some(at(raise("R33", &values), first, count_label(visibility)))
}
