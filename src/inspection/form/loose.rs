//! Pure: what stands in or beside a list without being a row of it: sums, samples, content that fits no column.

use std::collections::BTreeSet;

use super::sheet::{Context, Found};
use super::{Observation, fields};
use crate::inspection::layout::grid::{Grid, Spot};
use crate::inspection::layout::heading;
use crate::inspection::layout::label;
use crate::inspection::layout::segment::Segment;
use crate::inspection::layout::table::Table;
use crate::inspection::normalize::date::Calendar;
use crate::inspection::normalize::{Read, count, serial};

/// How many rows above a heading the title 「記入例」 may stand.
const TITLE_ROWS: u32 = 3;

/// Does anything stand under headings that do not make a list?
pub fn has_content(grid: &Grid<'_>, table: &Table, segment: &Segment, context: &Context) -> bool {
    // Dates and times to choose from, and nothing that could be a count.
    if !segment.has_count() && !has_figures(grid, table, context) {
        return false;
    }
    grid.between(table.bottom + 1, table.end).iter().any(|spot| {
        (segment.first..=segment.last).contains(&spot.column)
            && (spot.is_date(&context.calendar) || spot.is_time())
    })
}

/// A number that is neither date nor time, under no heading that we know.
fn has_figures(grid: &Grid<'_>, table: &Table, context: &Context) -> bool {
    let known = |column: u32| {
        (table.top..=table.bottom).any(|row| grid.at(row, column).is_some_and(|spot| spot.label.is_some()))
    };
    grid.between(table.bottom + 1, table.end).iter().any(|spot| {
        !known(spot.column)
            && matches!(count::read(&spot.cell.value).read, Read::Value(number) if number > 0)
            && !spot.is_date(&context.calendar)
    })
}

pub fn is_sum(spot: &Spot<'_>) -> bool {
    spot.is_text() && spot.key.chars().count() <= 14 && label::is_total(&spot.key)
}

/// Figures about the list as a whole that are no sum of it: 差引, 残, 上限, 独自枠, 平均, 延べ.
pub fn is_balance(spot: &Spot<'_>) -> bool {
    const FIRST: [&str; 6] = ["残", "上限", "独自", "total", "subtotal", "average"];
    const ANYWHERE: [&str; 5] = ["差引", "差し引", "平均", "延べ", "のべ"];
    let (outside, inside) = label::split_note(&spot.key);
    let bare = if outside.is_empty() { inside } else { outside };
    spot.is_text()
        && bare.chars().count() <= 14
        && (FIRST.iter().any(|word| bare.starts_with(word))
            || ANYWHERE.iter().any(|word| bare.contains(word)))
}

/// 「※…」「（注）…」
pub fn is_footnote(spot: &Spot<'_>) -> bool {
    let marks = ["※", "*", "(注", "注)", "注:", "注意", "注1", "注2", "【注", "備考:"];
    spot.is_text() && marks.iter().any(|mark| spot.key.starts_with(mark))
}

/// People, and a day or a time, in one text: it may be a slot, which is never left aside in silence. 「1日10名まで」 and
/// 「1時間に6名」 name neither.
pub fn tells_slot(key: &str) -> bool {
    let before = |at: usize| key.get(..at).is_some_and(|text| text.ends_with(|ch: char| ch.is_ascii_digit()));
    let after =
        |at: usize| key.get(at..).is_some_and(|text| text.starts_with(|ch: char| ch.is_ascii_digit()));
    let counted =
        ["名", "人", "枠", "回分"].iter().any(|unit| key.match_indices(unit).any(|(at, _)| before(at)));
    let moment = |(at, sign): (usize, &str)| {
        let next = at + sign.len();
        match sign {
            "時" => before(at) && !key.get(next..).is_some_and(|rest| rest.starts_with('間')),
            _ => before(at) && after(next),
        }
    };
    counted && ["/", "月", ":", "時"].iter().any(|sign| key.match_indices(sign).any(moment))
}

/// 「【記入例】下のようにご記入ください」; but not 「記入例を参照」.
fn is_sample_title(spot: &Spot<'_>) -> bool {
    let bare = spot.key.trim_start_matches(|ch: char| "([【〔「『<《〈※★●■◆○□◎↓".contains(ch));
    let rest = ["記入例", "記載例", "入力例", "見本"].iter().find_map(|word| bare.strip_prefix(word));
    let apart = |rest: &str| {
        rest.starts_with(|ch: char| ")]】〕」』>》〉:※(、。↓".contains(ch) || ch.is_ascii_digit())
    };
    is_sample_mark(spot) || rest.is_some_and(|rest| rest.is_empty() || apart(rest))
}

/// The title 「記入例」 over a list, in the rows above its heading that hold no values.
pub fn sample_title<'g, 's>(
    grid: &'g Grid<'s>,
    table: &Table,
    (left, right): (u32, u32),
    calendar: &Calendar,
) -> Option<&'g Spot<'s>> {
    if !grid.words().any(|word| word.key.contains(['例', '見', 'サ'])) {
        return None;
    }
    for above in 1..=TITLE_ROWS {
        let row = table.top.checked_sub(above)?;
        let spots = grid.row_between(row, left, right);
        if spots.iter().any(|spot| heading::is_data(spot, calendar)) {
            return None;
        }
        if let Some(title) = spots.iter().find(|spot| is_sample_title(spot)) {
            return Some(title);
        }
    }
    None
}

/// 合計, 総計, １回目合計; but not 小計 or 10/25計.
pub fn is_grand_total(key: &str) -> bool {
    let bare: String = label::split_note(key).0;
    let bare = bare.replace("1回目", "").replace("2回目", "").replace("枠数", "").replace('の', "");
    matches!(bare.as_str(), "合計" | "総計" | "計" | "総合計" | "総数")
}

pub fn is_sample_mark(spot: &Spot<'_>) -> bool {
    // One character of each of the words below: most cells need no closer look.
    if !spot.key.contains(['例', '本', 'プ']) {
        return false;
    }
    let bare = label::split_note(&spot.key);
    let bare = if bare.0.is_empty() { bare.1 } else { bare.0 };
    let stem = bare.trim_end_matches(|ch: char| ch.is_ascii_digit() || ch == ':' || ch == ')');
    let stem = stem.trim_start_matches(['←', '→', '↑', '↓']).trim_end_matches("です");
    matches!(stem, "例" | "記入例" | "記載例" | "見本" | "サンプル")
}

fn within<'g, 's>(grid: &'g Grid<'s>, table: &Table, row: u32) -> std::slice::Iter<'g, Spot<'s>> {
    grid.row_between(row, table.left, table.right).iter()
}

/// Content beside the table's columns that looks like a slot is told, never dropped in silence.
pub fn note_unplaced(grid: &Grid<'_>, table: &Table, context: &Context, found: &mut Found) {
    let labelled: BTreeSet<u32> = table
        .segments
        .iter()
        .flat_map(|segment| {
            segment.labelled.iter().copied().chain(segment.columns.values().map(|column| column.column))
        })
        .collect();
    let headed = |column: u32| {
        labelled.contains(&column)
            || grid.covering(table.bottom, column).is_some()
            || grid.covering(table.top, column).is_some()
    };
    for row in grid.rows_between(table.bottom + 1, table.end) {
        let loose: Vec<&Spot<'_>> =
            within(grid, table, row).filter(|spot| !spot.formula() && !headed(spot.column)).collect();
        if loose.len() < 2 || loose.iter().any(|spot| fields::is_label(spot) || is_sum(spot)) {
            continue;
        }
        let moment = loose.iter().find(|spot| spot.is_date(&context.calendar) || spot.is_time());
        let Some(moment) = moment else { continue };
        let counted = loose.iter().any(|spot| {
            spot.column != moment.column
                && matches!(count::read(&spot.cell.value).read, Read::Value(number) if number > 0)
        });
        if counted {
            let place = grid.place(moment.row, moment.column);
            let raw = serial::written(&moment.cell.value);
            found.observations.push(Observation::Unplaced { place, raw });
        }
    }
}
