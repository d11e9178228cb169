//! Pure: the edges of matrices: rows of dates, how far down each holds, and the columns of times beside its body.
//!
//! The role of a cell is told by where it stands. Whatever stands under a date is body, whatever stands in the
//! column of times is a time: a body text 「9時～12時」 makes no axis, and the label 「10.30」 begins no new block.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

use super::days;
use crate::inspection::layout::grid::{Grid, Spot};
use crate::inspection::layout::label::{self, Class};
use crate::inspection::layout::months::{Headings, is_day, sheet_month};
use crate::inspection::layout::table;
use crate::inspection::normalize::date::{self, Calendar};
use crate::inspection::normalize::{Read, time};

/// How far before the first date bare hours are looked for.
const WEAK_REACH: u32 = 4;
/// Rows looked at where one column is asked for its times; a day has fewer.
const MAX_TIMES: usize = 200;

/// Where dates and times stand.
pub(super) struct Edges<'g, 's> {
    pub(super) grid: &'g Grid<'s>,
    pub(super) calendar: &'g Calendar,
    pub(super) months: Headings,
    /// Row to columns.
    pub(super) dates: BTreeMap<u32, Vec<u32>>,
    pub(super) time_rows: BTreeMap<u32, Vec<u32>>,
    /// Column to rows.
    pub(super) time_columns: BTreeMap<u32, Vec<u32>>,
    /// Rows of other dates that stand right above a row of dates, by the latter: the first cell of each.
    pub(super) rivals: BTreeMap<u32, (u32, u32)>,
}

/// A row of dates and the rows that belong to it.
pub(super) struct Head {
    pub(super) row: u32,
    pub(super) columns: Vec<u32>,
    /// Last row before the next head, or before headings of another kind.
    pub(super) limit: u32,
    /// First row whose titles may speak of it.
    pub(super) floor: u32,
    /// Columns with times beside the body, each with its rows down to `limit`.
    pub(super) labels: Vec<(u32, Vec<u32>)>,
}

impl Head {
    fn span(&self) -> (u32, u32) {
        span(&self.columns)
    }

    /// A date below a head in its body or in its column of times is no date of an axis.
    fn claims(&self, row: u32, column: u32) -> bool {
        let (first, last) = self.span();
        (self.row + 1..=self.limit).contains(&row)
            && ((first..=last).contains(&column) || self.labels.iter().any(|(label, _)| *label == column))
    }
}

/// First and last body column; the last date may have a second sub-column.
fn span(columns: &[u32]) -> (u32, u32) {
    let first = columns.iter().min().copied().unwrap_or(0);
    let last = columns.iter().max().copied().unwrap_or(0);
    (first, last.saturating_add(1))
}

/// Might a matrix stand on the sheet? It has a run of cells with dates, or times, and nothing counted among them.
pub fn is_plausible(grid: &Grid<'_>, calendar: &Calendar, is_field: impl Fn(&Spot<'_>) -> bool) -> bool {
    let by_months =
        sheet_month(grid).is_some() || grid.words().any(|word| date::month_heading(&word.key).is_some());
    let is_edge = |run: &[Spot<'_>]| {
        let dated = run.iter().any(|spot| spot.is_date(calendar) && !is_field(spot));
        let timed = run.iter().any(|spot| spot.is_time() && !spot.is_date(calendar));
        let days = || run.iter().filter(|spot| is_day(&spot.cell.value) && !spot.formula()).count();
        (dated != timed && !run.iter().any(|spot| spot.is_people(calendar)))
            || (by_months && !dated && !timed && days() >= 2)
    };
    let adjacent = |left: &Spot<'_>, right: &Spot<'_>| left.column + 1 == right.column;
    grid.row_numbers().any(|row| grid.row(row).chunk_by(adjacent).any(is_edge))
}

/// Those of a sorted list that lie in the range.
fn within(columns: &[u32], range: RangeInclusive<u32>) -> &[u32] {
    let from = columns.partition_point(|column| column < range.start());
    let to = columns.partition_point(|column| column <= range.end()).max(from);
    columns.get(from..to).unwrap_or_default()
}

impl<'g, 's> Edges<'g, 's> {
    /// `known`: cells (as the clinic sees them) that belong to fields of the header.
    pub(super) fn of(grid: &'g Grid<'s>, calendar: &'g Calendar, known: &BTreeSet<(u32, u32)>) -> Self {
        let mut edges = Self {
            grid,
            calendar,
            months: Headings::of(grid),
            dates: BTreeMap::new(),
            time_rows: BTreeMap::new(),
            time_columns: BTreeMap::new(),
            rivals: BTreeMap::new(),
        };
        for spot in grid.spots() {
            if spot.is_date(calendar) {
                if !known.contains(&(spot.cell.row, spot.cell.column)) {
                    edges.dates.entry(spot.row).or_default().push(spot.column);
                }
            } else if spot.is_time() {
                edges.time_rows.entry(spot.row).or_default().push(spot.column);
                edges.time_columns.entry(spot.column).or_default().push(spot.row);
            }
        }
        days::add(&mut edges);
        if edges.dates.is_empty() {
            days::add_patterns(&mut edges);
        }
        edges.dates.values_mut().for_each(|columns| columns.sort_unstable());
        edges.drop_months_over_days();
        edges.compare_rows_of_dates();
        edges
    }

    /// A row of months over a row of days is no row of dates.
    fn drop_months_over_days(&mut self) {
        let rows: Vec<u32> = self.dates.keys().copied().collect();
        for pair in rows.windows(2) {
            if let [upper, lower] = pair
                && lower - upper <= 2
                && self.is_row_of_months(*upper)
            {
                self.dates.remove(upper);
            }
        }
    }

    fn is_row_of_months(&self, row: u32) -> bool {
        let mut spots = self.grid.row(row).iter();
        spots.all(|spot| self.months.holds(row, spot.column) || spot.label.is_some())
    }

    /// Two rows of dates over the same columns: the same dates again are weekdays (aaa), others compete for the counts.
    fn compare_rows_of_dates(&mut self) {
        let rows: Vec<u32> = self.dates.keys().copied().collect();
        for pair in rows.windows(2) {
            let [upper, lower] = pair else { continue };
            let (Some(above), Some(below)) = (self.dates.get(upper), self.dates.get(lower)) else { continue };
            if lower - upper > 2 || self.time_rows.range(upper..=lower).next().is_some() {
                continue;
            }
            let shared: Vec<u32> =
                below.iter().copied().filter(|column| above.binary_search(column).is_ok()).collect();
            let near = lower - upper == 1 && shared.len() == below.len();
            if shared.is_empty() || (shared.len() < 2 && !near) || self.is_counted(*upper, 0, u32::MAX) {
                continue;
            }
            let date = |row, column| {
                let spot = self.grid.at(row, column)?;
                match date::read(&spot.cell.value, self.calendar, None).reading.read {
                    Read::Value(date) => Some(date),
                    _ => None,
                }
            };
            let first = shared.first().copied().unwrap_or(0);
            if shared.iter().any(|column| date(*upper, *column).is_none() || date(*lower, *column).is_none())
            {
                continue;
            }
            if shared.iter().all(|column| date(*upper, *column) == date(*lower, *column)) {
                if shared.len() == below.len() {
                    self.dates.remove(lower);
                }
            } else {
                self.rivals.insert(*lower, (*upper, first));
            }
        }
    }

    /// The rows of dates from top to bottom.
    pub(super) fn heads(&self) -> Vec<Head> {
        let mut heads: Vec<Head> = Vec::new();
        for (&row, columns) in &self.dates {
            let open: Vec<&Head> = heads.iter().filter(|head| head.limit >= row).collect();
            let free = |column: &u32| !open.iter().any(|head| head.claims(row, *column));
            let columns: Vec<u32> = columns
                .iter()
                .copied()
                .filter(free)
                .filter(|column| !self.is_beside_time(row, *column))
                .collect();
            if columns.is_empty() {
                continue;
            }
            let labels = self.labels(row, &columns, u32::MAX);
            let limit = self.limit(row, &columns, &labels);
            let mut labels: Vec<(u32, Vec<u32>)> = self
                .labels(row, &columns, limit)
                .into_iter()
                .map(|(column, rows)| (column, rows.to_vec()))
                .collect();
            if labels.is_empty() {
                labels.extend(self.weak_label(row, &columns, limit));
            }
            let floor = heads.iter().map(|head| head.row + 1).filter(|floor| *floor <= row).max();
            heads.push(Head { row, columns, limit, floor: floor.unwrap_or(0), labels });
        }
        heads
    }

    /// The columns of times beside the body of a row of dates, each with its rows down to `limit`.
    fn labels(&self, row: u32, columns: &[u32], limit: u32) -> Vec<(u32, &[u32])> {
        let below = |rows: &'_ [u32]| {
            let from = rows.partition_point(|at| *at <= row);
            from..rows.partition_point(|at| *at <= limit).max(from)
        };
        let within: Vec<(u32, &[u32])> = self
            .time_columns
            .iter()
            .filter(|(column, _)| !columns.contains(column))
            .filter_map(|(column, rows)| Some((*column, rows.get(below(rows))?)))
            .filter(|(_, rows)| !rows.is_empty())
            .collect();
        // A count that Excel made a time (5:00) makes no column of times of a body column.
        let most = within.iter().map(|(_, rows)| rows.len()).max().unwrap_or(0);
        let (first, last) = span(columns);
        let before = within.iter().any(|(column, _)| *column < first);
        within
            .into_iter()
            .filter(|(column, rows)| {
                let many = rows.len() * 2 > most && (*column < last || !before);
                *column < first || many || (*column < last && self.holds_times_only(row, *column, limit))
            })
            .collect()
    }

    /// Between dates: the times of another block beside the first.
    fn holds_times_only(&self, row: u32, column: u32, limit: u32) -> bool {
        let is_corner = |spot: &Spot<'_>| spot.label.is_some_and(|label| label.class == Some(Class::Start));
        self.grid.covering(row, column).is_none_or(is_corner)
            && self
                .grid
                .rows_between(row + 1, limit)
                .take(MAX_TIMES)
                .filter_map(|at| self.grid.at(at, column))
                .all(|spot| spot.is_time() || label::is_total(&spot.key))
    }

    /// Times that only their place makes times: 9, 900, 「9.00」 under 時刻, or growing beside counts under dates.
    fn weak_label(&self, row: u32, columns: &[u32], limit: u32) -> Option<(u32, Vec<u32>)> {
        let (first, last) = span(columns);
        (first.saturating_sub(WEAK_REACH)..first).rev().find_map(|column| {
            let labelled: Vec<&Spot<'_>> = self
                .grid
                .rows_between(row + 1, limit)
                .filter(|at| self.is_counted(*at, first, last))
                .filter_map(|at| self.grid.at(at, column))
                .collect();
            let top = labelled.first()?.row;
            let heading = (row.saturating_sub(1)..top)
                .rev()
                .filter_map(|at| self.grid.at(at, column))
                .filter_map(|spot| Some((spot.row, spot.label?.class?)))
                // Of the dates, or a title over the block.
                .find(|(at, class)| *class == Class::Start || (*at >= row && !heads_dates(*class)))
                .map(|(_, class)| class);
            let times: Vec<(u32, jiff::civil::Time)> =
                labelled.iter().filter_map(|spot| Some((spot.row, start_of(spot)?))).collect();
            let fits = match heading {
                Some(Class::Start) => times.len() * 2 >= labelled.len() && !times.is_empty(),
                Some(_) => false,
                None => {
                    let grow = times.is_sorted_by(|(_, before), (_, after)| before < after);
                    let clear =
                        labelled.iter().filter(|spot| time::is_compact(&spot.cell.value)).count() >= 3;
                    times.len() >= 2 && times.len() * 2 > labelled.len() && (grow || clear)
                }
            };
            fits.then(|| (column, times.into_iter().map(|(row, _)| row).collect()))
        })
    }

    fn limit(&self, row: u32, columns: &[u32], labels: &[(u32, &[u32])]) -> u32 {
        let ends = |at: &u32| self.ends(*at, columns, labels);
        match self.grid.rows_between(row + 1, u32::MAX).find(ends) {
            Some(end) => self.top_of(end, row) - 1,
            None => self.grid.last_row().max(row),
        }
    }

    /// The row of months over a row of days that begins another table, or that row itself.
    fn top_of(&self, end: u32, row: u32) -> u32 {
        let first = self.dates.get(&end).and_then(|columns| columns.first());
        let days =
            first.filter(|column| self.grid.at(end, **column).is_some_and(|spot| is_day(&spot.cell.value)));
        let over = days.filter(|column| self.months.beside(end, **column).is_none());
        let over = over.and_then(|column| self.months.over(end, *column)).map(|((above, _), _)| above);
        over.filter(|above| *above > row && self.time_rows.range(*above..end).next().is_none()).unwrap_or(end)
    }

    /// Does another table begin in this row below a row of dates?
    fn ends(&self, row: u32, columns: &[u32], labels: &[(u32, &[u32])]) -> bool {
        let dates = self.dates.get(&row).map_or(&[][..], Vec::as_slice);
        let times = self.time_rows.get(&row).map_or(&[][..], Vec::as_slice);
        if dates.is_empty() && times.is_empty() {
            return false;
        }
        let (first, last) = span(columns);
        // A list to the left or to the right has times of its own.
        let nearest = labels.iter().map(|(label, _)| *label).filter(|label| *label < first).max();
        if self.is_list_row(row, (first, last), nearest.unwrap_or(first)..=last) {
            return true;
        }
        let is_label = |column: &u32| labels.iter().any(|(label, _)| label == column);
        let in_body = |column: &u32| (first..=last).contains(column);
        let held = self.is_counted(row, first, last) || times.iter().any(is_label);
        if dates.is_empty() {
            return !held && times.iter().any(in_body);
        }
        // 公開 and 非公開 below the dates, whatever else strayed among them; one title among dates is none of these.
        let sub_headings = || {
            let spots = self.grid.row_between(row, first, last).iter();
            let titles = spots.filter(|spot| table::visibility_title(spot).is_some()).count();
            titles > 0 && titles >= dates.iter().filter(|column| in_body(column)).count()
        };
        !held
            && !sub_headings()
            && !dates.iter().all(|column| is_label(column) && self.is_among_times(row, *column))
    }

    /// A date in an unbroken run of times: 「10.30」 below 9:30.
    fn is_among_times(&self, row: u32, column: u32) -> bool {
        let Some(rows) = self.time_columns.get(&column) else { return false };
        let is_time = |at: u32| rows.binary_search(&at).is_ok();
        let is_date = |at: &u32| self.dates.get(at).is_some_and(|columns| columns.contains(&column));
        let above = (0..row).rev().find(|at| !is_date(at));
        let below = (row + 1..=self.grid.last_row()).find(|at| !is_date(at));
        above.is_some_and(is_time) || below.is_some_and(is_time)
    }

    /// Date and time (`own`: in which columns) side by side, with no count between them, outside the body: a row of a
    /// list.
    pub(super) fn is_list_row(&self, row: u32, (first, last): (u32, u32), own: RangeInclusive<u32>) -> bool {
        let (Some(dates), Some(times)) = (self.dates.get(&row), self.time_rows.get(&row)) else {
            return false;
        };
        within(times, own).iter().any(|time| {
            let near = time.saturating_sub(WEAK_REACH)..=time.saturating_add(WEAK_REACH);
            within(dates, near).iter().filter(|date| !(first..=last).contains(*date)).any(|date| {
                let (left, right) = (date.min(time), date.max(time));
                !self.is_counted(row, left + 1, right.saturating_sub(1))
            })
        })
    }

    /// A time stands in the same run of cells, with no count between them: a row of a list.
    fn is_beside_time(&self, row: u32, column: u32) -> bool {
        let Some(times) = self.time_rows.get(&row) else { return false };
        let reach = |columns: &mut dyn Iterator<Item = u32>| {
            let run = columns.take_while(|at| self.grid.covering(row, *at).is_some());
            run.take_while(|at| !self.is_counted(row, *at, *at)).any(|at| times.contains(&at))
        };
        let near = column.saturating_sub(WEAK_REACH)..column;
        reach(&mut near.rev()) || reach(&mut (column + 1..=column.saturating_add(WEAK_REACH)))
    }

    /// Is somebody's count typed in these columns?
    pub(super) fn is_counted(&self, row: u32, from: u32, to: u32) -> bool {
        let days = self.dates.get(&row).map_or(&[][..], Vec::as_slice);
        let spots = self.grid.row_between(row, from, to);
        spots.iter().any(|spot| spot.is_people(self.calendar) && !days.contains(&spot.column))
    }

    pub(super) fn is_time(&self, row: u32, column: u32) -> bool {
        self.time_rows.get(&row).is_some_and(|columns| columns.contains(&column))
    }

    /// How many dates and times stand in a column of these rows.
    pub(super) fn moments(&self, column: u32, from: u32, to: u32) -> usize {
        let times = self.time_columns.get(&column).map_or(&[][..], Vec::as_slice);
        let dates = self.dates.range(from..=to).filter(|(_, columns)| columns.contains(&column)).count();
        dates + times.iter().filter(|row| (from..=to).contains(*row)).count()
    }
}

/// 日付, 曜日 or 公開枠 in the corner.
fn heads_dates(class: Class) -> bool {
    use Class::{Date, Day, Month, Private, Public, Weekday};
    matches!(class, Date | Day | Month | Private | Public | Weekday)
}

fn start_of(spot: &Spot<'_>) -> Option<jiff::civil::Time> {
    match time::read(&spot.cell.value, None).read {
        Read::Value(span) => Some(span.start),
        _ => None,
    }
}

/// Does a cell of the row of dates head no date: 計, 備考, 時刻?
pub(super) fn heads_no_date(spot: &Spot<'_>) -> bool {
    label::is_total(&spot.key) || is_aside(&spot.key) || spot.label.is_some_and(|label| label.class.is_some())
}

/// Figures about the slots, or about something else, that are no slots: 平均, 独自の受付枠, 従事医師数.
pub fn is_aside(key: &str) -> bool {
    const WORDS: [&str; 14] = [
        "平均",
        "最大",
        "最小",
        "中央値",
        "独自",
        "医師",
        "看護師",
        "従事",
        "必要",
        "バイアル",
        "ワクチン",
        "薬剤師",
        "参考",
        "事務",
    ];
    let key = key.trim_start_matches(['(', '※', '*', '[', '【']);
    key == "差" || WORDS.iter().any(|word| key.starts_with(word))
}
