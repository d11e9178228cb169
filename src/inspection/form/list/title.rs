//! Pure: what holds for whole rows of a list: titles between them, and short texts beside them.

use jiff::civil::Date;
use smol_str::SmolStr;

use super::Reader;
use crate::inspection::form::Entry;
use crate::inspection::form::half::Said;
use crate::inspection::form::sheet::{Context, entry, hinted, is_ditto};
use crate::inspection::layout::grid::{Grid, Spot};
use crate::inspection::layout::label::{self, Class};
use crate::inspection::layout::mark::{self, Half, Mark};
use crate::inspection::layout::segment::{Hint, Segment};
use crate::inspection::layout::table::{self, Table};
use crate::inspection::normalize::{Reading, date, serial, token};
use crate::inspection::verdict::{Place, Visibility};

/// A column that says 午前 or 午後 row by row: what it said last, and on which day.
pub(super) struct HalfColumn {
    column: u32,
    half: Half,
    raw: SmolStr,
    date: Option<Date>,
}

/// What the texts of one row beside its date, time and counts say of it.
#[derive(Default)]
pub(super) struct Beside {
    pub(super) visibility: Option<Entry<Visibility>>,
    pub(super) gone: Option<Entry<()>>,
    half: Option<(u32, Half, SmolStr)>,
}

impl Reader<'_, '_> {
    /// 「２回目」「11月」「非公開枠」「午後の部」 between the rows holds for the rows below it.
    pub(super) fn is_title(&mut self, spots: &[Spot<'_>]) -> bool {
        if let [only] = spots
            && let Some(month) = self.month_title(only)
        {
            self.month = Some(month);
            return true;
        }
        let mut said = Titles::default();
        for spot in spots {
            if !spot.is_text() || !self.adds(spot, &mut said) {
                return false;
            }
        }
        let Titles { dose, visibility, half } = said;
        let dose = dose.filter(|_| spots.len() == 1 || visibility.is_some() || half.is_some());
        if dose.is_none() && visibility.is_none() && half.is_none() {
            return false;
        }
        self.dose = dose.or(self.dose.take());
        self.section = visibility.or(self.section.take());
        if half.is_some() {
            self.half_column = None;
        }
        self.half = half.or(self.half.take());
        true
    }

    /// A title of another list in the heading's row: where it is merged over this one, too, or the two share their
    /// dates or times, it holds here; elsewhere it may.
    pub(super) fn band(&mut self, row: u32) {
        let before = self.section.as_ref().map(|hint| hint.value);
        let spots = self.grid.row_up_to(row, self.left);
        let [only] = spots else { return };
        if !self.is_title(std::slice::from_ref(only)) {
            return;
        }
        let merged = self.grid.merged_at(row, only.column);
        let over = merged.is_some_and(|merged| merged.last_column >= self.left);
        let shared = self.plan.segment.shares || self.plan.segment.shares_start;
        let after = self.section.as_ref().map(|hint| hint.value);
        if self.plan.general && !over && !shared && after != before {
            self.doubtful = true;
        }
    }

    fn month_title(&self, only: &Spot<'_>) -> Option<date::Month> {
        let own = self.is_time_column(only.column);
        (only.is_text() && !own && label::is_title(&only.key)).then(|| date::month_heading(&only.text))?
    }

    /// Takes what one text of a title row says; false where the row is no title.
    fn adds(&self, spot: &Spot<'_>, said: &mut Titles) -> bool {
        if Some(spot.column) == self.plan.segment.column(Class::Note).map(|column| column.column) {
            return false;
        }
        let visibility = table::visibility_title(spot).filter(|_| mark::is_section(&spot.key));
        let half = spot.mark.half;
        let in_dose_column = Some(spot.column) == self.plan.dose.as_ref().map(|column| column.column);
        let may_dose = spot.label.is_some_and(|label| label.dose.is_some())
            && !in_dose_column
            && !self.is_time_column(spot.column)
            && label::is_title(&spot.key);
        let dose = if may_dose { table::hint(spot, table::dose_title(&spot.key)) } else { None };
        if visibility.is_none() && half.is_none() && dose.is_none() {
            // Another text may stand beside a title, but no figure and nothing in the columns of a slot.
            return !self.is_role(spot.column) && !spot.key.starts_with(|ch: char| ch.is_ascii_digit());
        }
        if let Some(visibility) = table::hint(spot, visibility) {
            if said.visibility.as_ref().is_some_and(|known| known.value != visibility.value) {
                return false;
            }
            said.visibility.get_or_insert(visibility);
        }
        if let Some(half) = table::hint(spot, half) {
            if said.half.as_ref().is_some_and(|known| known.value != half.value) {
                return false;
            }
            said.half.get_or_insert(half);
        }
        if let Some(dose) = dose {
            said.dose.get_or_insert(dose);
        }
        true
    }

    /// A column of dates, times or counts.
    pub(super) fn is_role(&self, column: u32) -> bool {
        let plan = &self.plan;
        let count = plan.by_row.map(|(count, _)| count);
        let end = plan.segment.column(Class::End);
        let minute = plan.segment.column(Class::Minute);
        [Some(plan.date), plan.month, Some(plan.start), end, minute, plan.public, plan.private, count]
            .into_iter()
            .flatten()
            .chain(&plan.segment.other_date)
            .any(|role| role.column == column)
    }

    /// The texts beside the slot that speak of the whole row.
    pub(super) fn beside(&self, row: u32) -> Beside {
        let mut beside = Beside::default();
        for spot in self.grid.row_between(row, self.left, self.right) {
            let heads = spot.mark != Mark::default();
            let ticked = !heads && self.gone_columns.contains(&spot.column);
            if !(heads || ticked) || self.is_role(spot.column) {
                continue;
            }
            let Mark { visibility, half, gone } = spot.mark;
            let place = || self.grid.place(spot.row, spot.column);
            let heading = self.heading(spot.column);
            let raw = || serial::written(&spot.cell.value);
            let kind = self.plan.by_row.is_some_and(|(_, kind)| kind == Some(spot.column));
            if let Some(visibility) = visibility.filter(|_| !kind) {
                let said = entry(place(), heading.clone(), raw(), Reading::value(visibility));
                beside.visibility.get_or_insert(said);
            }
            let zero = crate::inspection::normalize::count::is_zero_word(&spot.key) || raw() == "0";
            if gone || (ticked && !zero) {
                beside.gone.get_or_insert(entry(place(), heading.clone(), raw(), Reading::value(())));
            }
            if let Some(half) = half.filter(|_| self.adjoins(spot.column)) {
                // Of two columns the one nearer to the time.
                let near = |column: u32| column.abs_diff(self.plan.start.column);
                if beside.half.as_ref().is_none_or(|(known, _, _)| near(spot.column) < near(*known)) {
                    beside.half = Some((spot.column, half, raw()));
                }
            }
        }
        beside
    }

    /// No column without a heading stands between this one and the list's own.
    fn adjoins(&self, column: u32) -> bool {
        let segment = self.plan.segment;
        let mut between = if column > segment.last {
            segment.last.saturating_add(1)..column
        } else {
            column.saturating_add(1)..segment.first
        };
        between.all(|column| self.grid.covering(self.plan.date.row, column).is_some())
    }

    fn heading(&self, column: u32) -> SmolStr {
        let top = self.plan.date.row;
        let above = self.grid.covering(top, column).filter(|spot| spot.is_text());
        above.map(|spot| serial::written(&spot.cell.value)).unwrap_or_default()
    }

    /// The half of the day that holds for a row: its own, that of a column written once, or a title's.
    pub(super) fn half_of(&mut self, row: u32, beside: &Beside, date: Option<Date>) -> Option<Said> {
        if let Some((column, half, raw)) = &beside.half {
            let note = self.plan.segment.column(Class::Note).map(|note| note.column);
            if note != Some(*column) {
                let raw = raw.clone();
                self.half_column = Some(HalfColumn { column: *column, half: *half, raw, date });
            }
            return Some(Said { half: *half, own: true, raw: raw.clone() });
        }
        if let Some(last) = &self.half_column {
            let own = self.grid.covering(row, last.column);
            let holds = own.is_none_or(|spot| spot.row < row || is_ditto(spot));
            let same_day = date.is_none() || last.date.is_none() || date == last.date;
            if holds && (own.is_some() || same_day) {
                return Some(Said { half: last.half, own: own.is_some(), raw: last.raw.clone() });
            }
        }
        let hint = self.half.as_ref()?;
        Some(Said { half: hint.value, own: false, raw: hint.raw.clone() })
    }

    /// The title over a row, or the sheet's name, where it may contradict the headings of the counts.
    pub(super) fn section_entry(&self) -> Option<Entry<Visibility>> {
        let by_name = || {
            let name = self.grid.name;
            let said = Reading::value(self.sheet_says?);
            Some(entry(Place::sheet(name), SmolStr::new_static("シート名"), name.clone(), said))
        };
        self.section.as_ref().map(|hint| hinted(self.grid, hint)).or_else(by_name)
    }
}

/// What the texts of one title row say.
#[derive(Default)]
struct Titles {
    dose: Option<Hint<crate::campaign::Dose>>,
    visibility: Option<Hint<Visibility>>,
    half: Option<Hint<Half>>,
}

/// Columns whose heading says that a row ticked there is gone.
pub(super) fn gone_columns(grid: &Grid<'_>, table: &Table) -> Vec<u32> {
    let heading = grid.between(table.top, table.bottom).iter();
    heading.filter(|spot| spot.mark.gone).map(|spot| spot.column).collect()
}

/// A title above the heading, alone in its row, that says another visibility than the only count column.
pub(super) fn title_above(grid: &Grid<'_>, segment: &Segment) -> Option<Hint<Visibility>> {
    let hint = segment.visibility.as_ref()?;
    let (other, own) = match hint.value {
        Visibility::Public => (Class::Private, Class::Public),
        Visibility::Private => (Class::Public, Class::Private),
    };
    let contradicts = segment.column(other).is_some() && segment.column(own).is_none();
    // Beside another text it is part of an explanation.
    let alone = grid.row(hint.row).len() == 1;
    let pure = || mark::of(&token::key(&hint.raw)).visibility.is_some();
    (contradicts && alone && pure()).then(|| hint.clone())
}

/// The sheet's name, where it says another visibility than the only count column, and no more than that.
pub(super) fn named_by_sheet(grid: &Grid<'_>, segment: &Segment) -> Option<Visibility> {
    let key = token::key(grid.name);
    // 「当院」「院内」 may say where, not for whom.
    let spoken = || label::visibility_mentioned(&key).filter(|_| key.contains("公開"));
    let said = mark::of(&key).visibility.or_else(spoken)?;
    let (other, own) = match said {
        Visibility::Public => (Class::Private, Class::Public),
        Visibility::Private => (Class::Public, Class::Private),
    };
    (segment.column(other).is_some() && segment.column(own).is_none()).then_some(said)
}

/// 午前 or 午後 over the whole list: a title above it, its time heading, or the sheet's name.
pub(super) fn half_above(grid: &Grid<'_>, segment: &Segment, context: &Context) -> Option<Hint<Half>> {
    let named = |class| {
        let column = segment.column(class)?;
        let (outside, inside) = label::split_note(&token::key(&column.heading));
        let value = mark::of(&inside).half.or_else(|| {
            let (morning, afternoon) = (outside.contains("午前"), outside.contains("午後"));
            let half = if morning { Half::Morning } else { Half::Afternoon };
            (morning != afternoon).then_some(half)
        })?;
        Some(Hint { value, row: column.row, column: column.column, raw: column.heading.clone() })
    };
    let heading = [Class::Start, Class::Public, Class::Private, Class::Count].into_iter().find_map(named);
    let by_name = || context.half.map(|value| Hint { value, row: 0, column: 0, raw: grid.name.clone() });
    heading.or_else(|| segment.half.clone()).or_else(by_name)
}
