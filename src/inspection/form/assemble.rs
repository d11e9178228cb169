//! Pure: the sheets of one clinic become one form.

use smol_str::SmolStr;

use super::evidence::{self, Identifier, Titles};
use super::sheet::Found;
use super::{Entry, Evidence, Fields, Form, Observation, TypedTotal, clinics, notices};
use crate::inspection::normalize::token;
use crate::inspection::verdict::Visibility;

/// One input sheet, read.
pub struct SheetReading<'a> {
    pub name: &'a SmolStr,
    pub titles: Titles,
    pub fields: Fields,
    pub found: Found,
    pub totals: Vec<TypedTotal>,
    pub withdrawals: Vec<Observation>,
    pub structure: Vec<Observation>,
    pub tables: usize,
    pub has_table: bool,
}

impl SheetReading<'_> {
    pub fn is_ours(&self) -> bool {
        self.titles.ours
    }

    pub fn has_rows(&self) -> bool {
        !self.found.rows.is_empty()
    }

    /// The clinic that the sheet itself names.
    pub fn clinic(&self) -> (Option<String>, Option<String>) {
        let written = |entry: &Option<Entry<()>>| {
            entry.as_ref().filter(|entry| !entry.raw.trim().is_empty()).map(|entry| token::key(&entry.raw))
        };
        let venue = written(&self.fields.venue_no).map(|venue| venue.trim_start_matches('0').to_string());
        (venue, written(&self.fields.name))
    }
}

/// Sheets of one clinic belong to one form; a sheet that names none belongs to the one before it (or the first).
pub fn group<'r, 'a>(readings: &'r mut Vec<SheetReading<'a>>) -> Vec<Vec<SheetReading<'a>>> {
    let mut groups: Vec<Vec<SheetReading<'a>>> = Vec::new();
    let mut owners: Vec<(Option<String>, Option<String>)> = Vec::new();
    let mut waiting: Vec<SheetReading<'a>> = Vec::new();
    let mut last = None;
    for reading in readings.drain(..) {
        let (venue, name) = reading.clinic();
        if venue.is_none() && name.is_none() {
            match last.and_then(|at: usize| groups.get_mut(at)) {
                Some(group) => group.push(reading),
                None => waiting.push(reading),
            }
            continue;
        }
        let known = owners.iter().position(|(known_venue, known_name)| match (known_venue, &venue) {
            (Some(known), Some(venue)) => known == venue,
            _ => known_name.is_some() && *known_name == name,
        });
        let at = known.unwrap_or_else(|| {
            owners.push((venue, name));
            groups.push(Vec::new());
            groups.len() - 1
        });
        if let Some(group) = groups.get_mut(at) {
            group.push(reading);
        }
        last = Some(at);
    }
    match groups.first_mut() {
        Some(first) => {
            waiting.append(first);
            *first = waiting;
        }
        None => groups.push(waiting),
    }
    note_nobodys(&mut groups);
    groups
}

/// In a workbook of several clinics the slots of a sheet that names none may be anybody's.
fn note_nobodys(groups: &mut [Vec<SheetReading<'_>>]) {
    let of_clinics = groups.iter().filter(|group| group.iter().any(SheetReading::has_rows)).count();
    for reading in groups.iter_mut().flatten().filter(|_| of_clinics > 1) {
        if reading.has_rows() && reading.clinic() == (None, None) {
            reading.structure.push(Observation::NobodysSheet { sheet: reading.name.clone() });
        }
    }
}

pub struct FileEvidence<'f> {
    pub identifier: &'f Identifier,
    pub file_name: &'f str,
}

/// The form that the sheets of one clinic make; `Err`: none of them is ours, and what they said all the same.
pub fn assemble(group: Vec<SheetReading<'_>>, file: &FileEvidence<'_>) -> Result<Form, Vec<Observation>> {
    let withdrawals = || group.iter().flat_map(|reading| reading.withdrawals.clone()).collect::<Vec<_>>();
    if !group.iter().any(|reading| reading.has_table || reading.is_ours()) {
        return Err(withdrawals());
    }
    let filled = group.iter().any(SheetReading::has_rows);
    let principal = group
        .iter()
        .position(SheetReading::has_rows)
        .or_else(|| group.iter().position(|reading| reading.has_table))
        .or_else(|| group.iter().position(SheetReading::is_ours))
        .unwrap_or(0);
    let mut form = Form { observations: withdrawals(), ..Form::default() };
    let mut with_rows = Vec::new();
    let lists: usize = group.iter().filter(|reading| reading.has_rows()).map(|reading| reading.tables).sum();
    let is_used = |(index, reading): &(usize, &SheetReading<'_>)| {
        if filled { reading.has_rows() } else { *index == principal }
    };
    let used: Vec<&SheetReading<'_>> = group.iter().enumerate().filter(is_used).map(|(_, one)| one).collect();
    let two_forms = are_two_forms(&used);
    let used: Vec<bool> = group.iter().enumerate().map(|one| is_used(&one)).collect();
    // What the sheets that are used say of themselves goes before what a blank form beside them says.
    let titles = |used_only: bool| {
        let wanted = group.iter().zip(&used).filter(move |(_, used)| **used == used_only);
        wanted.map(|(reading, _)| &reading.titles)
    };
    titles(true).for_each(|titles| adopt_titles(&mut form, titles, true));
    if form.evidence.title.is_none() && form.evidence.visible_no.is_none() {
        titles(false).for_each(|titles| adopt_titles(&mut form, titles, false));
    }
    for (reading, used) in group.into_iter().zip(used) {
        adopt_fields(&mut form.fields, &reading.fields);
        if used {
            form.observations.extend(clinics::others(&form.fields, &reading.fields));
        }
        if reading.has_rows() {
            with_rows.push(reading.name.clone());
        }
        if !used && !reading.found.unused_content {
            let told = |seen: &Observation| {
                matches!(
                    seen,
                    Observation::OtherTable { .. } | Observation::Unplaced { .. } | Observation::Aside { .. }
                )
            };
            form.observations.extend(reading.found.observations.into_iter().filter(told));
            continue;
        }
        form.sheets.push(reading.name.clone());
        take_sheet(&mut form, reading, lists);
    }
    if with_rows.len() > 1 {
        form.observations.push(Observation::SeveralSheets { sheets: with_rows });
    }
    form.observations.extend(notices::samples(&form.fields));
    form.evidence.hidden_id = file.identifier.form;
    if two_forms {
        form.observations.push(Observation::TwoForms);
        form.evidence = Evidence { title: Some(3), ..Evidence::default() };
    }
    form.evidence.columns = evidence::from_columns(&form.visibility);
    form.evidence.file_name = evidence::form_in(&token::key(file.file_name));
    form.number = evidence::best(&form.evidence);
    form.period = form.period.or(file.identifier.period);
    form.template.clone_from(&file.identifier.template);
    Ok(form)
}

/// 様式１ in one sheet and 様式２ in another: together they are 様式３.
fn are_two_forms(used: &[&SheetReading<'_>]) -> bool {
    let number = |titles: &Titles| {
        titles.visible_no.or(titles.number).or(match titles.visibility {
            Some(Visibility::Public) => Some(1),
            Some(Visibility::Private) => Some(2),
            None => None,
        })
    };
    let has = |wanted: u8, visibility: Visibility| {
        used.iter().any(|reading| {
            number(&reading.titles) == Some(wanted)
                && reading.found.visibility.iter().all(|own| *own == visibility)
        })
    };
    let others = used.iter().any(|reading| number(&reading.titles).is_none_or(|number| number == 3));
    has(1, Visibility::Public) && has(2, Visibility::Private) && !others
}

fn take_sheet(form: &mut Form, reading: SheetReading<'_>, lists: usize) {
    let mut found = reading.found;
    let mut missing = std::mem::take(&mut found.missing);
    if !reading.has_table {
        missing = ["接種日", "接種時刻", "枠数"].iter().map(ToString::to_string).collect();
    }
    if !missing.is_empty() {
        form.observations.push(Observation::MissingColumns { sheet: reading.name.clone(), labels: missing });
    }
    form.visibility.extend(found.visibility);
    form.rows.append(&mut found.rows);
    form.observations.append(&mut found.observations);
    form.observations.extend(reading.structure);
    // The sum under one of several lists is not the sum of the form.
    form.typed_totals.extend(
        found
            .totals
            .into_iter()
            .filter(|total| total.dose.is_some() || lists <= 1 || !total.within.is_empty()),
    );
    form.typed_totals.extend(reading.totals);
}

pub fn adopt_titles(form: &mut Form, titles: &Titles, used: bool) {
    let number = titles.number.or(match (titles.visibility, titles.both) {
        (Some(Visibility::Public), _) => Some(1),
        (Some(Visibility::Private), _) => Some(2),
        (None, true) => Some(3),
        (None, false) => None,
    });
    if used || form.evidence.title.is_none() {
        form.evidence.title = form.evidence.title.or(number);
    }
    form.evidence.visible_no = form.evidence.visible_no.or(titles.visible_no);
    form.period = form.period.or(titles.period);
}

pub(super) fn adopt_fields(fields: &mut Fields, more: &Fields) {
    fn adopt<T: Clone>(mine: &mut Option<Entry<T>>, theirs: Option<&Entry<T>>) {
        if mine.as_ref().is_none_or(Entry::is_blank)
            && (mine.is_none() || theirs.is_some_and(|entry| !entry.is_blank()))
        {
            *mine = theirs.cloned();
        }
    }
    adopt(&mut fields.venue_no, more.venue_no.as_ref());
    adopt(&mut fields.name, more.name.as_ref());
    adopt(&mut fields.ward, more.ward.as_ref());
    adopt(&mut fields.med_code, more.med_code.as_ref());
    adopt(&mut fields.contact_name, more.contact_name.as_ref());
    adopt(&mut fields.phone, more.phone.as_ref());
    adopt(&mut fields.email, more.email.as_ref());
    adopt(&mut fields.submitted_on, more.submitted_on.as_ref());
    adopt(&mut fields.submission_kind, more.submission_kind.as_ref());
    adopt(&mut fields.cap, more.cap.as_ref());
}
