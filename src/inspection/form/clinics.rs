//! Pure: what names a second clinic in a form: another 会場番号 further down, a column of 医療機関名, a sheet of another's.

use smol_str::SmolStr;

use super::sheet::{Area, entry};
use super::{Entry, Fields, Observation, fields};
use crate::inspection::layout::grid::Grid;
use crate::inspection::layout::table::Table;
use crate::inspection::normalize::{Reading, serial, token};
use crate::inspection::verdict::Place;
use crate::inspection::workbook::Value;

/// A value that is not the form's own.
pub fn other(own: Option<&Entry<()>>, place: Place, raw: SmolStr, name: bool) -> Option<Observation> {
    let key = |raw: &str| {
        let key = token::key(raw);
        if name { key } else { key.trim_start_matches('0').to_string() }
    };
    let own = own.filter(|own| !own.raw.trim().is_empty())?;
    let differs = !raw.trim().is_empty() && key(&own.raw) != key(&raw);
    differs.then_some(Observation::SecondClinic { place, raw, name })
}

/// What another sheet of the same form says.
pub fn others(own: &Fields, sheet: &Fields) -> Vec<Observation> {
    let pairs = [(&own.venue_no, &sheet.venue_no, false), (&own.name, &sheet.name, true)];
    let told = pairs.into_iter().filter_map(|(own, theirs, name)| {
        let theirs = theirs.as_ref().filter(|theirs| theirs.trouble().is_none())?;
        other(own.as_ref(), theirs.place.clone(), theirs.raw.clone(), name)
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
            others.extend(values.into_iter().filter_map(|(place, raw)| other(own, place, raw, name)));
        }
    }
    others
}

/// How the names of clinics end.
const KINDS: [&str; 8] = ["医院", "クリニック", "病院", "診療所", "内科", "外科", "小児科", "耳鼻咽喉科"];

/// The name of another clinic as a title over a list, or as the sheet's name: no label says whose it is.
pub fn of_titles(grid: &Grid<'_>, areas: &[Area], fields: &Fields) -> Vec<Observation> {
    let named = |key: &str| KINDS.iter().any(|kind| key.ends_with(kind)) && key.chars().count() <= 30;
    let bare = |text: &str| -> SmolStr {
        text.trim_matches(|ch: char| "■◆●◎○□・【】[]()〔〕<>《》 ".contains(ch)).into()
    };
    let mut others = Vec::new();
    let own = fields.name.as_ref();
    let sheet = bare(&token::key(grid.name));
    if named(&sheet) {
        others.extend(other(own, Place::sheet(grid.name), sheet, true));
    }
    if !grid.words().any(|word| named(&bare(&word.key))) {
        return others;
    }
    for spot in grid.spots().iter().filter(|spot| spot.is_text() && named(&bare(&spot.key))) {
        let inside = areas.iter().any(|area| area.holds(spot.row, spot.column));
        let before = grid.row_up_to(spot.row, spot.column).iter().rev().nth(1);
        let above = spot.row.checked_sub(1).and_then(|above| grid.at(above, spot.column));
        let labelled = [before, above].into_iter().flatten().any(fields::is_bare_label);
        if !inside && !labelled && !fields::is_label(spot) {
            others.extend(other(own, grid.place(spot.row, spot.column), bare(&spot.text), true));
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
