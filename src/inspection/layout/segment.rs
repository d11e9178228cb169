//! Pure: the columns of one list under one heading. Lists that stand side by side share a heading row but not a segment.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use smol_str::SmolStr;

use super::grid::Grid;
use super::label::{self, Age, Class};
use super::mark::Half;
use crate::campaign::Dose;
use crate::inspection::normalize::date::{self, Calendar, Month};
use crate::inspection::normalize::{Read, count, moment, time, token};
use crate::inspection::verdict::Visibility;
use crate::inspection::workbook::Value;

/// Rows looked at to decide which of two columns of one role is meant.
const SAMPLE_ROWS: u32 = 40;

/// Something said above a table, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hint<T> {
    pub value: T,
    pub row: u32,
    pub column: u32,
    pub raw: SmolStr,
}

/// A column with its heading.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Where the heading stands.
    pub row: u32,
    pub column: u32,
    pub heading: SmolStr,
    /// The dose that the heading names: 「１回目　枠数」.
    pub dose: Option<Dose>,
    pub rank: usize,
}

/// One list.
#[derive(Clone, Debug, Default)]
pub struct Segment {
    pub columns: BTreeMap<Class, Column>,
    /// A second date column, for the other dose: 「１回目接種日」「２回目接種日」 in one row.
    pub other_date: Option<Column>,
    pub first: u32,
    pub last: u32,
    /// Columns of the whole heading that carry any text.
    pub labelled: BTreeSet<u32>,
    pub dose: Option<Hint<Dose>>,
    pub visibility: Option<Hint<Visibility>>,
    pub month: Option<Month>,
    /// The headings of two counts, this list's and a neighbour's, that claim the same slots.
    pub rivals: Vec<String>,
    /// 午前 or 午後 as a title above.
    pub half: Option<Hint<Half>>,
    /// Its date column (and perhaps its time column) serves another list too: a row without a count of its
    /// own says nothing here.
    pub shares: bool,
    /// The same for its time column.
    pub shares_start: bool,
}

impl Segment {
    pub fn column(&self, class: Class) -> Option<&Column> {
        self.columns.get(&class)
    }

    pub fn has_count(&self) -> bool {
        [Class::Public, Class::Private, Class::Count].iter().any(|class| self.columns.contains_key(class))
    }

    fn has_date(&self) -> bool {
        self.columns.contains_key(&Class::Date) || self.columns.contains_key(&Class::Day)
    }

    /// The required headings that are not there, as the notice calls them.
    pub fn missing(&self) -> Vec<String> {
        let mut missing = Vec::new();
        if !self.has_date() {
            missing.push("接種日".to_string());
        }
        if !self.columns.contains_key(&Class::Start) {
            missing.push("接種時刻".to_string());
        }
        if !self.has_count() {
            missing.push("枠数".to_string());
        }
        missing
    }
}

/// Divides the columns of one heading into lists: a role that comes again begins another list.
pub fn split(
    grid: &Grid<'_>,
    calendar: &Calendar,
    bottom: u32,
    columns: Vec<(Option<Class>, Column)>,
) -> Vec<Segment> {
    let labelled: BTreeSet<u32> = columns.iter().map(|(_, column)| column.column).collect();
    let mut groups: Vec<Vec<(Class, Column)>> = vec![Vec::new()];
    for (class, column) in present(columns, calendar.period) {
        let Some(class) = class.filter(|class| !matches!(class, Class::Other | Class::Total)) else {
            continue;
        };
        let again = !matches!(class, Class::Note | Class::Division | Class::Month)
            && groups.last().is_some_and(|group| group.iter().any(|(known, _)| *known == class));
        if again {
            groups.push(Vec::new());
        }
        if let Some(group) = groups.last_mut() {
            group.push((class, column));
        }
    }
    let groups = join_halves(groups);
    let mut segments: Vec<Segment> =
        groups.into_iter().map(|group| build(grid, calendar, bottom, group)).collect();
    summaries(grid, calendar, bottom, &mut segments);
    share(&mut segments);
    for segment in &mut segments {
        join_moments(grid, calendar, bottom, segment);
    }
    rivals(grid, bottom, &mut segments);
    bound(&mut segments, &labelled);
    segments
}

fn is_count(class: Class) -> bool {
    matches!(class, Class::Public | Class::Private | Class::Count)
}

/// Without the counts that were (変更前枠数 beside 変更後枠数).
fn present(columns: Vec<(Option<Class>, Column)>, period: u32) -> Vec<(Option<Class>, Column)> {
    let aged: Vec<(Option<Class>, Age, bool)> = columns
        .iter()
        .map(|(class, column)| {
            let counts = class.is_some_and(is_count);
            if !counts {
                return (*class, Age::Present, false);
            }
            let key = token::key(&column.heading);
            (*class, label::age(&key, period), label::is_capacity(&key))
        })
        .collect();
    let replaced = |class: Option<Class>| {
        aged.iter().any(|(other, age, capacity)| {
            *age == Age::Present
                && !capacity
                && other.is_some_and(is_count)
                && (*other == class || class == Some(Class::Count))
        })
    };
    let stays = |class: Option<Class>, age: Age| match age {
        Age::Present => true,
        Age::Earlier => !replaced(class),
        Age::Past => false,
    };
    let keep: Vec<bool> = aged.iter().map(|(class, age, _)| stays(*class, *age)).collect();
    columns.into_iter().zip(keep).filter(|(_, keep)| *keep).map(|(column, _)| column).collect()
}

/// A list of days beside the list, without times, whose counts are what the list adds up to on each day: no slots.
fn summaries(grid: &Grid<'_>, calendar: &Calendar, bottom: u32, segments: &mut Vec<Segment>) {
    let Some(list) = segments.iter().find(|one| one.missing().is_empty()).cloned() else { return };
    segments.retain(|one| !sums_up(grid, calendar, (bottom, one), (bottom, &list)));
}

/// Do the counts of the first say for each of its days what the second adds up to? Each with the row of its headings.
pub fn sums_up(grid: &Grid<'_>, calendar: &Calendar, one: (u32, &Segment), list: (u32, &Segment)) -> bool {
    if !one.1.columns.contains_key(&Class::Date) || one.1.column(Class::Start).is_some() {
        return false;
    }
    let days = by_day(grid, calendar, one.0, one.1);
    let sums = by_day(grid, calendar, list.0, list.1);
    !days.is_empty() && days.iter().all(|(day, count)| sums.get(day) == Some(count))
}

/// The people of each day, of both visibilities or of any.
fn by_day(grid: &Grid<'_>, calendar: &Calendar, bottom: u32, list: &Segment) -> BTreeMap<Date, u64> {
    let mut days = BTreeMap::new();
    let Some(dates) = list.column(Class::Date) else { return days };
    let mut day = None;
    for row in grid.rows_between(bottom + 1, grid.last_row()) {
        if let Some(spot) = grid.at(row, dates.column) {
            day = match date::read(&spot.cell.value, calendar, list.month).reading.read {
                Read::Value(date) => Some(date),
                _ => None,
            };
        }
        let counts = [Class::Public, Class::Private, Class::Count].into_iter().filter_map(|class| {
            let spot = grid.at(row, list.column(class)?.column)?;
            match count::read(&spot.cell.value).read {
                Read::Value(people) => Some(u64::from(people)),
                _ => None,
            }
        });
        let people: u64 = counts.sum();
        if let Some(day) = day.filter(|_| people > 0) {
            *days.entry(day).or_default() += people;
        }
    }
    days
}

/// Two counts of one kind beside one date and time, that nothing tells apart: neither is taken.
fn rivals(grid: &Grid<'_>, bottom: u32, segments: &mut Vec<Segment>) {
    let mut index = 1;
    while index < segments.len() {
        let (before, after) = segments.split_at_mut(index);
        let (Some(left), Some(right)) = (before.last_mut(), after.first_mut()) else { return };
        match rivalry(grid, bottom, left, right) {
            Rivalry::None => index += 1,
            Rivalry::Repeats => {
                segments.remove(index);
            }
            Rivalry::Rival(headings) => {
                left.rivals.clone_from(&headings);
                right.rivals = headings;
                index += 1;
            }
        }
    }
}

enum Rivalry {
    None,
    /// The second count says what the first says.
    Repeats,
    Rival(Vec<String>),
}

fn rivalry(grid: &Grid<'_>, bottom: u32, left: &Segment, right: &Segment) -> Rivalry {
    let place = |segment: &Segment, class| segment.column(class).map(|column| column.column);
    let same = |class| place(left, class) == place(right, class);
    if !(same(Class::Date) && same(Class::Day) && same(Class::Start)) {
        return Rivalry::None;
    }
    let classes = [Class::Public, Class::Private, Class::Count];
    let pair = classes.into_iter().find_map(|class| Some((class, left.column(class)?, right.column(class)?)));
    let Some((class, one, other)) = pair.filter(|(_, one, other)| one.dose == other.dose) else {
        return Rivalry::None;
    };
    let value = |row: u32, column: &Column| match grid.at(row, column.column) {
        Some(spot) => count::read(&spot.cell.value).read,
        None => Read::Blank,
    };
    let positive = |read: &Read<u32>| matches!(read, Read::Value(people) if *people > 0);
    let rows =
        || grid.rows_between(bottom + 1, grid.last_row()).map(|row| (value(row, one), value(row, other)));
    if class == Class::Count && rows().all(|(one, other)| one == other) {
        return Rivalry::Repeats;
    }
    if rows().any(|(one, other)| positive(&one) && positive(&other)) {
        Rivalry::Rival(vec![one.heading.to_string(), other.heading.to_string()])
    } else {
        Rivalry::None
    }
}

/// A group without a count is no list of its own: two columns merely have similar headings (時間帯, 開始時刻).
fn join_halves(groups: Vec<Vec<(Class, Column)>>) -> Vec<Vec<(Class, Column)>> {
    let counts = |group: &[(Class, Column)]| {
        group.iter().any(|(class, _)| matches!(class, Class::Public | Class::Private | Class::Count))
    };
    let mut joined: Vec<Vec<(Class, Column)>> = Vec::new();
    for group in groups {
        match joined.last_mut() {
            Some(previous) if !counts(previous) || !counts(&group) => previous.extend(group),
            _ => joined.push(group),
        }
    }
    joined
}

fn build(grid: &Grid<'_>, calendar: &Calendar, bottom: u32, group: Vec<(Class, Column)>) -> Segment {
    let mut candidates: BTreeMap<Class, Vec<Column>> = BTreeMap::new();
    let mut segment = Segment {
        first: group.iter().map(|(_, column)| column.column).min().unwrap_or(0),
        last: group.iter().map(|(_, column)| column.column).max().unwrap_or(0),
        ..Segment::default()
    };
    for (class, column) in group {
        candidates.entry(class).or_default().push(column);
    }
    for (class, columns) in candidates {
        let best = columns.iter().min_by_key(|column| {
            let fitting = fitting(grid, calendar, class, bottom, column.column);
            (std::cmp::Reverse(fitting), column.rank, column.column)
        });
        if let Some(column) = best.cloned() {
            if class == Class::Date && column.dose.is_some() {
                let other = |other: &Column| other.dose.is_some() && other.dose != column.dose;
                segment.other_date = columns.into_iter().find(other);
            }
            segment.columns.insert(class, column);
        }
    }
    // A general count beside 公開 and 非公開 is their sum.
    if segment.columns.contains_key(&Class::Public) && segment.columns.contains_key(&Class::Private) {
        segment.columns.remove(&Class::Count);
    }
    if segment.columns.contains_key(&Class::Date) {
        segment.columns.remove(&Class::Day);
        segment.columns.remove(&Class::Month);
    }
    segment
}

/// How many cells below suit the role; only asked where two columns claim it, but cheap either way.
fn fitting(grid: &Grid<'_>, calendar: &Calendar, class: Class, bottom: u32, column: u32) -> usize {
    (bottom + 1..=bottom.saturating_add(SAMPLE_ROWS).min(grid.last_row()))
        .filter_map(|row| grid.at(row, column))
        .filter(|spot| suits(class, &spot.cell.value, calendar))
        .count()
}

fn suits(class: Class, value: &Value, calendar: &Calendar) -> bool {
    match class {
        Class::Date => date::is_certain(value, calendar),
        Class::Start | Class::End => time::is_certain(value),
        Class::Public | Class::Private | Class::Count => matches!(count::read(value).read, Read::Value(_)),
        _ => true,
    }
}

/// A list without its own date or time shares those of its neighbour: 「１回目」「２回目」 columns behind one date.
fn share(segments: &mut [Segment]) {
    let shared = [
        Class::Date,
        Class::Month,
        Class::Day,
        Class::Weekday,
        Class::Start,
        Class::Minute,
        Class::End,
        Class::Dose,
    ];
    let mut index = 1;
    while index < segments.len() {
        let (before, after) = segments.split_at_mut(index);
        if let (Some(left), Some(right)) = (before.last(), after.first_mut()) {
            inherit(left, right, &shared);
        }
        index += 1;
    }
    while index > 1 {
        index -= 1;
        let (before, after) = segments.split_at_mut(index);
        if let (Some(left), Some(right)) = (before.last_mut(), after.first()) {
            inherit(right, left, &shared);
        }
    }
    let date_column = |segment: &Segment| {
        segment.column(Class::Date).or_else(|| segment.column(Class::Day)).map(|column| column.column)
    };
    let start_column = |segment: &Segment| segment.column(Class::Start).map(|column| column.column);
    let dates: Vec<Option<u32>> = segments.iter().map(date_column).collect();
    let starts: Vec<Option<u32>> = segments.iter().map(start_column).collect();
    for segment in segments {
        let start = start_column(segment);
        segment.shares_start = start.is_some() && starts.iter().filter(|other| **other == start).count() > 1;
        let own = date_column(segment);
        segment.shares = own.is_some() && dates.iter().filter(|date| **date == own).count() > 1;
    }
}

/// A column of dates that says the time, too, where no other does: 「接種日時」, or cells with date and time.
fn join_moments(grid: &Grid<'_>, calendar: &Calendar, bottom: u32, segment: &mut Segment) {
    let Some(column) = segment.column(Class::Date).filter(|_| segment.column(Class::Start).is_none()) else {
        return;
    };
    if segment.other_date.is_some() {
        return;
    }
    let mut spots = (bottom + 1..=bottom.saturating_add(SAMPLE_ROWS).min(grid.last_row()))
        .filter_map(|row| grid.at(row, column.column))
        .filter(|spot| spot.is_date(calendar) || moment::is_certain(&spot.cell.value, calendar))
        .peekable();
    let all = spots.peek().is_some() && spots.all(|spot| moment::is_certain(&spot.cell.value, calendar));
    if all || label::is_moment(&token::key(&column.heading)) {
        let column = column.clone();
        segment.columns.insert(Class::Start, column);
    }
}

fn inherit(from: &Segment, to: &mut Segment, shared: &[Class]) {
    let no_date = !to.has_date();
    let no_start = !to.columns.contains_key(&Class::Start);
    for class in shared {
        let wanted = match class {
            Class::Start | Class::Minute | Class::End => no_start,
            Class::Dose => no_date && no_start,
            _ => no_date,
        };
        if let Some(column) = from.columns.get(class).filter(|_| wanted) {
            to.columns.entry(*class).or_insert_with(|| column.clone());
        }
    }
}

/// Each list reaches to the beginning of the next: to the column that nothing heads between them, else to the first
/// heading (No., 担当) that is none of its own.
fn bound(segments: &mut [Segment], labelled: &BTreeSet<u32>) {
    let starts: Vec<(u32, u32)> = segments.iter().map(|segment| (segment.first, segment.last)).collect();
    for (segment, (next, _)) in segments.iter_mut().zip(starts.iter().skip(1)) {
        let between = || segment.last.saturating_add(1)..*next;
        let gap = between().rev().find(|column| !labelled.contains(column));
        let begin = gap.map(|gap| gap + 1).or_else(|| between().next()).unwrap_or(*next);
        segment.last = begin.saturating_sub(1).max(segment.first);
    }
    for index in 1..segments.len() {
        let (before, after) = segments.split_at_mut(index);
        if let (Some(left), Some(right)) = (before.last(), after.first_mut()) {
            right.first = right.first.min(left.last.saturating_add(1)).max(left.first);
        }
    }
}
