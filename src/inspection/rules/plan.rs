//! Pure: X, what the rows say together: X01 and X02 here, the sums, balances and versions below.

pub(super) mod cap;
pub(super) mod balance;
pub(super) mod version;

use std::collections::BTreeMap;

use jiff::civil::{Date, Time};
use smol_str::SmolStr;

use super::finding::{START, at, count_label, raise};
use super::slots::{people, to_the_minute};
use super::wording::{clock, day, quote};
use super::{Case, coordinates};
use crate::inspection::form::{Entry, Row};
use crate::inspection::verdict::{Finding, Visibility};

/// Two positive counts of one visibility at one date and time. Told at the second row, which names the first.
pub(super) fn x01_duplicate(case: &Case) -> Vec<Finding> {
    let mut firsts: BTreeMap<(Date, Time), [Option<&Row>; 2]> = BTreeMap::new();
    let mut findings = Vec::new();
    for row in &case.form.rows {
        let (Some(date), Some(start)) = (row.date.value(), row.start.value()) else { continue };
        let start = to_the_minute(start);
        let mut doubled: Vec<(Visibility, &Row)> = Vec::new();
        let firsts = firsts.entry((date, start)).or_default();
        for (visibility, first) in Visibility::BOTH.into_iter().zip(firsts) {
            match first {
                _ if people(row, visibility) == 0 => {}
                Some(first) => doubled.push((visibility, first)),
                None => *first = Some(row),
            }
        }
        let Some((visibility, first)) = doubled.first().copied() else { continue };
        let labels: Vec<&str> = doubled.iter().map(|(visibility, _)| visibility.label()).collect();
        let (row1, row2) = names(first, row, visibility);
        let values = [
            ("row1", row1),
            ("row2", row2),
            ("date", day(date)),
            ("time", clock(start)),
            ("vis", labels.join("・")),
        ];
        findings.push(at_row(raise("X01", &values), row, visibility));
    }
    findings
}

/// 「13行目」 each, with its sheet where they stand on two; their cells where one row of a matrix holds both.
fn names(first: &Row, second: &Row, visibility: Visibility) -> (String, String) {
    let with_sheet = |row: &Row| format!("シート「{}」の{}行目", quote(&row.sheet), row.row);
    if first.sheet != second.sheet {
        return (with_sheet(first), with_sheet(second));
    }
    let cell = |row: &Row| row.count(visibility).and_then(|count| count.place.cell.clone());
    match (cell(first), cell(second)) {
        (Some(one), Some(other)) if first.row == second.row => (one.to_string(), other.to_string()),
        _ => (format!("{}行目", first.row), format!("{}行目", second.row)),
    }
}

/// At the time in a list; in a matrix, where times and dates stand at the edges, at the count.
fn at_row(finding: Finding, row: &Row, visibility: Visibility) -> Finding {
    let own = |cell: &Option<SmolStr>| cell.as_deref().is_some_and(|cell| coordinates(cell).1 == row.row);
    match row.count(visibility) {
        Some(count) if !(own(&row.start.place.cell) && own(&row.date.place.cell)) => {
            at(finding, count, count_label(visibility))
        }
        _ => at(finding, &row.start, START),
    }
}

/// Times of one day that overlap, by their end times; told once per day, at the first row that begins too early.
pub(super) fn x02_overlap(case: &Case) -> Vec<Finding> {
    let mut days: BTreeMap<Date, Vec<(Time, Time, &Row)>> = BTreeMap::new();
    for row in &case.form.rows {
        let (Some(date), Some(start)) = (row.date.value(), row.start.value()) else { continue };
        let Some(end) = row.end.as_ref().and_then(Entry::value).filter(|end| *end > start) else { continue };
        if Visibility::BOTH.into_iter().any(|visibility| people(row, visibility) > 0) {
            days.entry(date).or_default().push((start, end, row));
        }
    }
    days.into_iter()
        .filter_map(|(date, mut times)| {
            times.sort_by_key(|(start, end, _)| (*start, *end));
            let mut reaching: Option<(Time, Time)> = None;
            for (start, end, row) in times {
                // The same start is one slot of two visibilities, or X01.
                if let Some((from, to)) = reaching.filter(|(from, to)| *from < start && start < *to) {
                    let values = [
                        ("date", day(date)),
                        ("a", format!("{}～{}", clock(from), clock(to))),
                        ("b", format!("{}～{}", clock(start), clock(end))),
                    ];
                    return Some(at(raise("X02", &values), &row.start, START));
                }
                if reaching.is_none_or(|(_, to)| end > to) {
                    reaching = Some((start, end));
                }
            }
            None
        })
        .collect()
}
