//! Pure: the cells of a row under one type, and which of them are worth judging.

use jiff::civil::Date;

use super::super::finding::{DATE, DOSE, END, START, at_cell, count_label};
use crate::campaign::Campaign;
use crate::inspection::form::{Entry, Observation, Remark, Row, Trouble};
use crate::inspection::rules::Case;
use crate::inspection::verdict::{Finding, Place, Visibility};

/// The column a cell stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Kind {
    Date,
    Dose,
    Start,
    End,
    Count(Visibility),
}

impl Kind {
    /// In the order in which the cells of a row are judged.
    const ALL: [Kind; 6] = [
        Kind::Date,
        Kind::Start,
        Kind::End,
        Kind::Dose,
        Kind::Count(Visibility::Public),
        Kind::Count(Visibility::Private),
    ];

    pub(in super::super) fn label(self) -> &'static str {
        match self {
            Kind::Date => DATE,
            Kind::Dose => DOSE,
            Kind::Start => START,
            Kind::End => END,
            Kind::Count(visibility) => count_label(visibility),
        }
    }
}

/// One cell of a row, whatever its type.
pub(in super::super) struct Cell<'f> {
    pub row: &'f Row,
    pub kind: Kind,
    pub place: &'f Place,
    pub raw: &'f str,
    pub trouble: Option<&'f Trouble>,
    pub remarks: &'f [Remark],
}

impl<'f> Cell<'f> {
    /// `None`: the form has no such column.
    pub(in super::super) fn at(row: &'f Row, kind: Kind) -> Option<Self> {
        Some(match kind {
            Kind::Date => Self::of(row, kind, &row.date),
            Kind::Start => Self::of(row, kind, &row.start),
            Kind::End => Self::of(row, kind, row.end.as_ref()?),
            Kind::Dose => Self::of(row, kind, row.dose.as_ref()?),
            Kind::Count(visibility) => Self::of(row, kind, row.count(visibility)?),
        })
    }

    fn of<T>(row: &'f Row, kind: Kind, entry: &'f Entry<T>) -> Self {
        Self {
            row,
            kind,
            place: &entry.place,
            raw: &entry.raw,
            trouble: entry.trouble(),
            remarks: &entry.remarks,
        }
    }

    /// The finding at this cell.
    pub(in super::super) fn tell(&self, finding: Finding) -> Finding {
        at_cell(finding, self.place, self.kind.label(), self.raw)
    }
}

/// The cells of a row that are judged and have more to say than their value: of a row that offers nothing, none.
pub(in super::super) fn cells(row: &Row) -> impl Iterator<Item = Cell<'_>> {
    Kind::ALL.into_iter().filter_map(|kind| cell(row, kind))
}

/// The cell of this kind, if it is such a one.
pub(in super::super) fn cell(row: &Row, kind: Kind) -> Option<Cell<'_>> {
    let cell = Cell::at(row, kind)?;
    ((cell.trouble.is_some() || !cell.remarks.is_empty()) && claims(row)).then_some(cell)
}

/// The count cells that the form has.
pub(in super::super) fn counts(row: &Row) -> impl Iterator<Item = (Visibility, &Entry<u32>)> {
    Visibility::BOTH.into_iter().filter_map(|visibility| Some((visibility, row.count(visibility)?)))
}

/// The people of all visibilities.
pub(in super::super) fn offered(row: &Row) -> u32 {
    counts(row).filter_map(|(_, count)| count.value()).fold(0, u32::saturating_add)
}

/// A count that says something which could not be read. A formula without a result beside neither date nor
/// time is a prepared row, not a slot.
pub(in super::super) fn unread_count(row: &Row) -> bool {
    let placed = !row.date.is_blank() || !row.start.is_blank();
    counts(row)
        .filter_map(|(_, count)| count.trouble())
        .any(|trouble| placed || !matches!(trouble, Trouble::Formula))
}

/// Every count cell is empty (and there is at least one).
pub(in super::super) fn uncounted(row: &Row) -> bool {
    let mut counts = counts(row).peekable();
    counts.peek().is_some() && counts.all(|(_, count)| count.is_blank())
}

/// The row asks for a slot, or may: a positive or unreadable count, or date and time without any count.
pub(in super::super) fn claims(row: &Row) -> bool {
    let dated = !row.date.is_blank();
    let timed = !row.start.is_blank();
    let no_columns = counts(row).next().is_none();
    offered(row) > 0
        || unread_count(row)
        || (uncounted(row) && dated && timed)
        || (no_columns && (dated || timed))
}

/// Where a readable date lies that is in neither period; the first that fits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Outside {
    AnotherYear,
    Gap,
    Previous,
    After,
    Elsewhere,
}

pub(in super::super) fn outside(campaign: &Campaign, date: Date) -> Option<Outside> {
    if campaign.dose_on(date).is_some() {
        return None;
    }
    let years = campaign.first_dose.from.year()..=campaign.second_dose.to.year();
    Some(if !years.contains(&date.year()) {
        Outside::AnotherYear
    } else if campaign.in_gap(date) {
        Outside::Gap
    } else if campaign.previous_period.contains(date) {
        Outside::Previous
    } else if date > campaign.second_dose.to {
        Outside::After
    } else {
        Outside::Elsewhere
    })
}

/// The reader found no column of this label class on the row's sheet: F04 says so once.
pub(in super::super) fn column_missing(case: &Case, row: &Row, class: &str) -> bool {
    case.form.observations.iter().any(|observation| match observation {
        Observation::MissingColumns { sheet, labels } => {
            *sheet == row.sheet && labels.iter().any(|label| label.contains(class))
        }
        _ => false,
    })
}

/// The visibility that a form for both has no column for.
pub(in super::super) fn lacking(case: &Case) -> Option<Visibility> {
    let own = &case.form.visibility;
    let one = case.form.number == Some(3) && own.len() == 1;
    one.then(|| own.first().map(|visibility| visibility.other())).flatten()
}

/// Every row that asks for a slot became one: only then do sums and balances say anything.
pub(in super::super) fn complete(case: &Case) -> bool {
    case.form.rows.iter().filter(|row| claims(row)).all(|row| {
        let dated = row.date.value().is_some_and(|date| case.campaign.dose_on(date).is_some());
        dated && row.start.value().is_some() && !unread_count(row) && !uncounted(row)
    }) && !case.form.observations.iter().any(|seen| match seen {
        Observation::MissingColumns { .. }
        | Observation::RivalCounts { .. }
        | Observation::Unplaced { .. } => true,
        Observation::StrangeFigures { .. } => lacking(case).is_some(),
        _ => false,
    })
}
