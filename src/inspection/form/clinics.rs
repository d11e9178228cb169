//! Pure: what names a second clinic in a form: another 会場番号 further down, a column of 医療機関名, a sheet of another's.

use smol_str::SmolStr;

use super::sheet::{Area, entry};
use super::{Entry, Fields, Observation, fields};
use crate::inspection::layout::grid::{Grid, Spot};
use crate::inspection::layout::table::Table;
use crate::inspection::normalize::{Reading, serial, token};
use crate::inspection::verdict::Place;
use crate::inspection::workbook::Value;

/// What names a clinic beside the form's own number and name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Naming {
    Number,
    /// Under a label that says so: 医療機関名.
    Name,
    /// A title, a sheet, a 会場名: the clinic's only if it is known as such.
    Title,
}

impl Naming {
    pub fn of(name: bool, label: &str) -> Self {
        match (name, label.contains("会場")) {
            (false, _) => Self::Number,
            (true, true) => Self::Title,
            (true, false) => Self::Name,
        }
    }
}

/// A value that is not the form's own. A form without a name may have another's as well.
pub fn other(own: Option<&Entry<()>>, place: Place, raw: SmolStr, naming: Naming) -> Option<Observation> {
    let key = |raw: &str| match naming {
        Naming::Number => token::key(raw).trim_start_matches('0').to_string(),
        Naming::Name | Naming::Title => token::key(raw),
    };
    let own = own.filter(|own| !own.raw.trim().is_empty());
    let differs = match own {
        Some(own) => key(&own.raw) != key(&raw),
        None => naming != Naming::Number,
    };
    let naming = if own.is_none() && naming == Naming::Name { Naming::Title } else { naming };
    (differs && !raw.trim().is_empty()).then_some(Observation::SecondClinic { place, raw, naming })
}

/// What another sheet of the same form says.
pub fn others(own: &Fields, sheet: &Fields) -> Vec<Observation> {
    let pairs = [(&own.venue_no, &sheet.venue_no, Naming::Number), (&own.name, &sheet.name, Naming::Title)];
    let told = pairs.into_iter().filter_map(|(own, theirs, naming)| {
        let theirs = theirs.as_ref().filter(|theirs| theirs.trouble().is_none())?;
        other(own.as_ref(), theirs.place.clone(), theirs.raw.clone(), naming)
    });
    told.collect()
}

/// Columns of 会場番号 or 医療機関名 in the lists: without such a field the one clinic that they name is the form's.
pub fn of_columns(grid: &Grid<'_>, tables: &[Table], fields: &mut Fields) -> Vec<Observation> {
    let mut others = Vec::new();
    for table in tables {
        for heading in grid.between(table.top, table.bottom) {
            let Some(name) = fields::names_clinic(heading) else { continue };
            let values = distinct(grid, table, heading.column, name);
            let unnamed = fields.venue_no.as_ref().is_none_or(Entry::is_blank);
            let slot = if name { &mut fields.name } else { &mut fields.venue_no };
            // Beside a number 「本院」 names no clinic.
            if unnamed
                && slot.as_ref().is_none_or(Entry::is_blank)
                && let Some((place, raw)) = values.first()
            {
                let label = heading.text.clone();
                *slot = Some(entry(place.clone(), label, raw.clone(), Reading::value(())));
            }
            let own = slot.as_ref();
            let naming = Naming::of(name, &heading.key);
            others.extend(values.into_iter().filter_map(|(place, raw)| other(own, place, raw, naming)));
        }
    }
    others
}

/// How the names of clinics end.
const KINDS: [&str; 8] = ["医院", "クリニック", "病院", "診療所", "内科", "外科", "小児科", "耳鼻咽喉科"];

/// The name of another clinic as a title over a list, or as the sheet's name: no label says whose it is. What stands in
/// `known` already is not told again.
pub fn of_titles(
    grid: &Grid<'_>,
    areas: &[Area],
    fields: &Fields,
    known: &[Observation],
) -> Vec<Observation> {
    let told = |here: &Place| {
        known.iter().any(|seen| matches!(seen, Observation::SecondClinic { place, .. } if place == here))
    };
    let named = |key: &str| KINDS.iter().any(|kind| key.ends_with(kind)) && key.chars().count() <= 30;
    let bare = |text: &str| -> SmolStr {
        text.trim_matches(|ch: char| "■◆●◎○□・【】[]()〔〕<>《》 ".contains(ch)).into()
    };
    let mut others = Vec::new();
    let own = fields.name.as_ref();
    let sheet = bare(&token::key(grid.name));
    if named(&sheet) {
        others.extend(other(own, Place::sheet(grid.name), sheet, Naming::Title));
    }
    if !grid.words().any(|word| named(&bare(&word.key))) {
        return others;
    }
    for spot in grid.spots().iter().filter(|spot| spot.is_text() && named(&bare(&spot.key))) {
        let inside = areas.iter().any(|area| area.holds(spot.row, spot.column));
        let before = grid.row_up_to(spot.row, spot.column).iter().rev().nth(1);
        let above = spot.row.checked_sub(1).and_then(|above| grid.at(above, spot.column));
        let labelled = [before, above].into_iter().flatten().any(fields::is_bare_label);
        // Beside a date or a count it is a remark.
        let titles = grid.row(spot.row).iter().all(Spot::is_text);
        if titles
            && !inside
            && !labelled
            && !told(&grid.place(spot.row, spot.column))
            && !fields::is_label(spot)
        {
            others.extend(other(own, grid.place(spot.row, spot.column), bare(&spot.text), Naming::Title));
        }
    }
    others
}

/// What a column says, each value once, where it first stands.
fn distinct(grid: &Grid<'_>, table: &Table, column: u32, name: bool) -> Vec<(Place, SmolStr)> {
    let mut known: Vec<String> = Vec::new();
    let mut values = Vec::new();
    for row in grid.rows_between(table.bottom + 1, table.end) {
        // A value alone in its row is no row of the list.
        let Some(spot) = grid.at(row, column).filter(|_| grid.row(row).len() > 1) else { continue };
        let raw = serial::written(&spot.cell.value);
        let key = token::key(&raw);
        let fits = match &spot.cell.value {
            Value::Text(_) if name => !token::is_ditto(&key) && !fields::is_label(spot),
            Value::Text(_) | Value::Number(_) => {
                !name && !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_digit())
            }
            _ => false,
        };
        if fits && !known.contains(&key) {
            known.push(key);
            values.push((grid.place(row, column), raw));
        }
    }
    values
}
