//! Pure: which form it is, and for which period, from the hidden identifier, titles, columns and the file's name.

use std::collections::BTreeSet;

use smol_str::SmolStr;

use super::Evidence;
use crate::inspection::layout::grid::Grid;
use crate::inspection::layout::label;
use crate::inspection::normalize::{serial, token};
use crate::inspection::verdict::Visibility;
use crate::inspection::workbook::{Value, Workbook};

/// What the very hidden sheet `_form` and the defined name FORM_ID say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Identifier {
    pub form: Option<u8>,
    pub period: Option<u32>,
    pub template: Option<String>,
}

pub const SHEET: &str = "_form";

pub fn identifier(workbook: &Workbook) -> Identifier {
    let mut identifier = Identifier::default();
    for sheet in workbook.sheets.iter().filter(|sheet| sheet.name == SHEET) {
        let grid = Grid::new(sheet);
        for row in grid.row_numbers().take(20) {
            let texts: Vec<SmolStr> =
                grid.row(row).iter().map(|spot| serial::written(&spot.cell.value)).collect();
            let (name, value) = match texts.as_slice() {
                [only] => match only.split_once(['=', ':']) {
                    Some((name, value)) => (name.trim().to_string(), value.trim().to_string()),
                    None => continue,
                },
                [name, value, ..] => (name.trim().to_string(), value.trim().to_string()),
                [] => continue,
            };
            take(&mut identifier, &name, &value);
        }
    }
    for (_, formula) in workbook.names.iter().filter(|(name, _)| name.eq_ignore_ascii_case("FORM_ID")) {
        let key = token::key(formula);
        if let Some((period, form)) = form_code(&key) {
            identifier.form = identifier.form.or(Some(form));
            identifier.period = identifier.period.or(Some(period));
        }
        for part in key.split([';', ',', '"', '/', '|']) {
            if let Some((name, value)) = part.split_once('=') {
                let mut said = Identifier::default();
                take(&mut said, name, value);
                identifier.form = identifier.form.or(said.form);
                identifier.period = identifier.period.or(said.period);
            }
        }
    }
    identifier
}

fn take(identifier: &mut Identifier, name: &str, value: &str) {
    match token::key(name).as_str() {
        "form" => identifier.form = token::key(value).parse().ok().filter(|form| (1..=3).contains(form)),
        "period" => identifier.period = token::key(value).parse().ok(),
        "template" => identifier.template = Some(value.to_string()),
        _ => {}
    }
}

/// What the visible texts of a sheet outside its tables say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Titles {
    /// The form's own title stands there.
    pub ours: bool,
    pub visible_no: Option<u8>,
    pub number: Option<u8>,
    pub visibility: Option<Visibility>,
    /// The title or number speaks of both visibilities.
    pub both: bool,
    pub period: Option<u32>,
}

/// Reads the titles of a sheet; only cells above row `limit` count as titles.
pub fn titles(grid: &Grid<'_>, limit: u32) -> Titles {
    let mut titles = Titles::default();
    let mut other_period = None;
    for spot in grid.spots().iter().filter(|spot| spot.is_text() && spot.row < limit) {
        let key = spot.key.as_str();
        if key.starts_with('※') || key.chars().count() > 80 || is_sentence(key) {
            continue;
        }
        if let Some((period, form)) = form_code(key) {
            titles.visible_no = titles.visible_no.or(Some(form));
            titles.ours = true;
            other_period = other_period.or(Some(period));
        }
        let names_form = key.contains("予約枠報告") || (key.starts_with("様式") && key.chars().count() <= 24);
        if names_form && !key.contains("様式番号") {
            titles.ours |= key.contains("予約枠");
            let first = !titles.both && titles.number.is_none() && titles.visibility.is_none();
            if first {
                titles.number = form_in(key);
                titles.visibility = label::visibility_mentioned(key);
                titles.both = key.contains("公開") && titles.visibility.is_none();
            }
            titles.period = titles.period.or_else(|| label::period(key));
        }
        other_period = other_period.or_else(|| label::period(key));
    }
    if titles.number == Some(3) {
        titles.both = true;
    }
    titles.period = titles.period.or(other_period);
    titles
}

impl Titles {
    /// The one visibility that the titles allow, or `Err` when they contradict each other; the sheet's name is a title too.
    pub fn visibility(&self, sheet_name: &str, hidden: Option<u8>) -> Option<Visibility> {
        let of_form = |number: Option<u8>| match number {
            Some(1) => Some(Visibility::Public),
            Some(2) => Some(Visibility::Private),
            _ => None,
        };
        let name = token::key(sheet_name);
        let named = label::visibility_mentioned(&name).or_else(|| of_form(form_in(&name)));
        let mut votes: BTreeSet<Visibility> = BTreeSet::new();
        votes.extend(named);
        votes.extend(of_form(self.number).or(self.visibility));
        votes.extend(of_form(self.visible_no));
        let told_both = self.both || self.visible_no == Some(3) || hidden == Some(3);
        if !told_both || hidden != Some(3) {
            votes.extend(of_form(hidden));
        }
        if votes.is_empty() || votes.len() > 1 {
            return None;
        }
        // A form for both whose sheet names one is read as that sheet says.
        if told_both && named.is_none() {
            return None;
        }
        votes.first().copied()
    }
}

/// Title words in a sentence are a reference, not a title.
fn is_sentence(key: &str) -> bool {
    ["ください", "下さい", "場合", "です", "ます", "。"].iter().any(|word| key.contains(word))
}

/// 「様式番号 K8-3」: period and form.
fn form_code(key: &str) -> Option<(u32, u8)> {
    let at = key.find('k')?;
    if !key.contains("様式番号") && at != 0 && !key.starts_with(['"', '=']) {
        return None;
    }
    let code = key.get(at + 1..)?;
    let (period, form) = code.split_once('-')?;
    let form: String = form.chars().take_while(char::is_ascii_digit).collect();
    let form: u8 = form.parse().ok().filter(|form| (1..=3).contains(form))?;
    Some((period.parse().ok()?, form))
}

/// 「様式３」「様式第３号」「様式（３）」
pub fn form_in(key: &str) -> Option<u8> {
    key.match_indices("様式").find_map(|(at, word)| {
        let rest =
            key.get(at + word.len()..)?.trim_start_matches(['第', '(', '_', '-', '.', '・', ' ', '〔', '[']);
        let mut chars = rest.chars();
        let number = match chars.next()? {
            '1' | '一' => 1,
            '2' | '二' => 2,
            '3' | '三' => 3,
            _ => return None,
        };
        (!chars.next().is_some_and(|next| next.is_ascii_digit())).then_some(number)
    })
}

/// The best evidence: hidden id, 様式番号, title, columns, file name.
pub fn best(evidence: &Evidence) -> Option<u8> {
    evidence.hidden_id.or(evidence.visible_no).or(evidence.title).or(evidence.columns).or(evidence.file_name)
}

pub fn from_columns(visibility: &BTreeSet<Visibility>) -> Option<u8> {
    match (visibility.contains(&Visibility::Public), visibility.contains(&Visibility::Private)) {
        (true, true) => Some(3),
        (true, false) => Some(1),
        (false, true) => Some(2),
        (false, false) => None,
    }
}

/// The texts in the first rows of a sheet: folded for comparing, and as written.
pub fn heading_texts<'g>(grid: &'g Grid<'_>, rows: u32) -> impl Iterator<Item = (&'g str, &'g str)> {
    grid.spots().iter().take_while(move |spot| spot.row < rows).filter_map(|spot| match &spot.cell.value {
        Value::Text(text) => Some((spot.key.as_str(), text.trim())),
        _ => None,
    })
}
