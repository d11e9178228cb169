//! Pure: figures beside the counts of a list, in a column whose heading does not say what they count.

use super::Reader;
use super::span::is_whole_time;
use crate::inspection::form::{Entry, Observation, fields};
use crate::inspection::layout::grid::Spot;
use crate::inspection::layout::label::{self, Age, Class};
use crate::inspection::layout::table::Table;
use crate::inspection::normalize::{Read, count, glance::Glance, serial};

/// Words of headings over figures that are no places on offer.
const OTHER_FIGURES: [&str; 50] = [
    "医師",
    "看護",
    "ナース",
    "職員",
    "人員",
    "スタッフ",
    "従事",
    "担当",
    "要員",
    "体制",
    "ワクチン",
    "バイアル",
    "本数",
    "瓶",
    "薬",
    "シリンジ",
    "用量",
    "ml",
    "ロット",
    "延べ",
    "のべ",
    "累計",
    "残",
    "単価",
    "金額",
    "料金",
    "円",
    "所要",
    "間隔",
    "室",
    "部屋",
    "ブース",
    "レーン",
    "番号",
    "連番",
    "no.",
    "№",
    "順",
    "コード",
    "年",
    "週",
    "曜",
    "歳",
    "齢",
    "済",
    "実績",
    "枚",
    "検算",
    "照合",
    "チェック",
];

/// The figures of one column, and the counts beside them.
struct Figures {
    values: Vec<u32>,
    /// Each is the sum of the counts beside it.
    sums: bool,
}

impl Reader<'_, '_> {
    /// Tells the columns of figures that nothing explains; the rows of this list are those from `first` on.
    pub(super) fn note_strange_columns(&mut self, table: &Table, first: usize) {
        let rows: Vec<(u32, u32)> = self
            .found
            .rows
            .iter()
            .skip(first)
            .filter(|row| !(row.date.is_blank() && row.start.is_blank()))
            .map(|row| {
                let counts = [&row.public, &row.private].into_iter().flatten();
                (row.row - 1, counts.filter_map(Entry::value).fold(0, u32::saturating_add))
            })
            .collect();
        let mut columns: Vec<(u32, bool)> = Vec::new();
        for (row, _) in &rows {
            for spot in self.grid.row_between(*row, self.left, self.right) {
                if !columns.iter().any(|(known, _)| *known == spot.column) {
                    columns.push((spot.column, self.explained(table, spot.column)));
                }
            }
        }
        for (column, _) in columns.into_iter().filter(|(_, explained)| !explained) {
            let figures = self.figures(&rows, column);
            let before = column < self.plan.date.column.min(self.plan.start.column);
            let numbers =
                numbers_rows(&figures.values) || (before && figures.values.is_sorted_by(|a, b| a < b));
            if numbers {
                continue;
            }
            let heading = self.grid.covering(table.bottom, column);
            self.found.observations.push(Observation::StrangeFigures {
                place: self.grid.place(table.bottom, column),
                raw: heading.map(|spot| serial::written(&spot.cell.value)).unwrap_or_default(),
                common: figures.values.len() * 2 > rows.len() && !figures.sums,
            });
        }
    }

    /// A column that has its part in a list, or whose heading says what stands in it.
    fn explained(&self, table: &Table, column: u32) -> bool {
        let has_part = |at: u32| at == column;
        let roles =
            table.segments.iter().flat_map(|segment| segment.columns.values().chain(&segment.other_date));
        let kind = self.plan.by_row.and_then(|(_, kind)| kind);
        if roles.map(|role| role.column).chain(kind).any(has_part) || self.gone_columns.contains(&column) {
            return true;
        }
        let counts = [self.plan.public, self.plan.private, self.plan.by_row.map(|(count, _)| count)];
        let counted = counts.into_iter().flatten().any(|count| self.spans.covers(count.column, column));
        let minutes = || {
            self.spans.covers(self.plan.start.column, column)
                && self.grid.rows_between(table.bottom + 1, table.end).any(|row| {
                    let start = self.grid.at(row, self.plan.start.column);
                    start.is_some_and(|spot| !is_whole_time(spot)) && self.grid.at(row, column).is_some()
                })
        };
        if self.spans.is_merged(column) || counted || minutes() {
            return true;
        }
        (table.top..=table.bottom)
            .filter_map(|row| self.grid.covering(row, column))
            .any(|heading| self.explains(heading, column))
    }

    fn explains(&self, heading: &Spot<'_>, column: u32) -> bool {
        if Glance::of(&heading.key).contains_any(&OTHER_FIGURES) && !names_count(heading) {
            return true;
        }
        match heading.label.and_then(|label| label.class) {
            None => false,
            // Beside 公開 and 非公開 it may be their sum, or a third kind.
            Some(Class::Count) => {
                let columns = &self.plan.segment.columns;
                let both = columns.contains_key(&Class::Public) && columns.contains_key(&Class::Private);
                let present = label::age(&heading.key, self.context.calendar.period) == Age::Present;
                !(both && present) || label::is_capacity(&heading.key)
            }
            // Merged over a column of its own and this one.
            Some(Class::Public | Class::Private) => heading.column == column,
            Some(_) => true,
        }
    }

    fn figures(&self, rows: &[(u32, u32)], column: u32) -> Figures {
        let mut figures = Figures { values: Vec::new(), sums: true };
        for (row, sum) in rows {
            let Some(spot) = self.grid.at(*row, column).filter(|spot| !spot.formula()) else { continue };
            let Read::Value(value) = count::read(&spot.cell.value).read else { continue };
            if value == 0 || self.follows_label(spot) {
                continue;
            }
            figures.values.push(value);
            figures.sums &= value == *sum;
        }
        figures
    }

    /// A header field that stands to the right of the list.
    fn follows_label(&self, spot: &Spot<'_>) -> bool {
        spot.column
            .checked_sub(1)
            .and_then(|left| self.grid.covering(spot.row, left))
            .is_some_and(fields::is_label)
    }
}

fn names_count(heading: &Spot<'_>) -> bool {
    heading.label.is_some_and(|label| label.is_count())
}

/// 1, 2, 3, perhaps beginning again each day: numbers of rows.
fn numbers_rows(values: &[u32]) -> bool {
    let steps = || values.iter().zip(values.iter().skip(1));
    let one_more = |(before, after): (&u32, &u32)| before.checked_add(1) == Some(*after);
    match values {
        [] => true,
        [only] => *only == 1,
        _ => steps().any(one_more) && steps().all(|step| one_more(step) || *step.1 == 1),
    }
}
