//! Pure: a whole workbook: which sheets are input, which clinic each belongs to, and the form they make together.

use std::collections::BTreeSet;

use super::evidence::{self, Identifier, Titles};
use super::sheet::{Context, Found, column_letters};
use super::{Entry, Fields, FileReading, Form, Observation, TypedTotal, fields, list, matrix, notices};
use crate::campaign::Campaign;
use crate::inspection::layout::axes;
use crate::inspection::layout::grid::Grid;
use crate::inspection::layout::label::Class;
use crate::inspection::layout::table::{self, Table};
use crate::inspection::normalize::date::Calendar;
use crate::inspection::normalize::{dose, token};
use crate::inspection::verdict::Visibility;
use crate::inspection::workbook::{Sheet, Shown, Workbook};

/// Reads a workbook. Total: whatever it holds, it gives a reading.
pub fn read(workbook: &Workbook, file_name: &str, campaign: &Campaign) -> FileReading {
    let calendar = Calendar::of(campaign, workbook.epoch_1904);
    let identifier = evidence::identifier(workbook);
    let mut sorted = sort(workbook, &calendar);
    let mut readings = read_inputs(&sorted.inputs, &identifier, &calendar);
    let mut result = FileReading {
        companion: sorted.companion.take(),
        personal_data: sorted.personal_data.take(),
        ..FileReading::default()
    };
    let ours = readings.iter().any(|reading| reading.is_ours() || reading.has_table);
    if !ours {
        result.observations.append(&mut sorted.hidden);
        result.observations.extend(readings.iter().flat_map(|reading| reading.withdrawals.clone()));
        result.forms.extend(sample_form(&sorted, &identifier, file_name));
        return result;
    }
    let file = FileEvidence { identifier: &identifier, file_name };
    for group in group(&mut readings) {
        match assemble(group, &file) {
            Ok(form) => result.forms.push(form),
            Err(mut observations) => result.observations.append(&mut observations),
        }
    }
    if let Some(form) = result.forms.first_mut() {
        form.observations.append(&mut sorted.hidden);
        if form.rows.is_empty() {
            form.observations.extend(sorted.samples.iter().filter_map(filled_sample));
        }
    }
    for form in &mut result.forms {
        if workbook.epoch_1904 {
            form.observations.push(Observation::Epoch1904);
        }
        if workbook.has_comments {
            form.observations.push(Observation::Comments);
        }
    }
    result
}

/// The sheets by what they are.
struct Sorted<'w> {
    inputs: Vec<Grid<'w>>,
    samples: Vec<Grid<'w>>,
    hidden: Vec<Observation>,
    companion: Option<String>,
    personal_data: Option<crate::inspection::verdict::Place>,
}

fn sort<'w>(workbook: &'w Workbook, calendar: &Calendar) -> Sorted<'w> {
    let mut sorted = Sorted {
        inputs: Vec::new(),
        samples: Vec::new(),
        hidden: Vec::new(),
        companion: None,
        personal_data: None,
    };
    for sheet in workbook.sheets.iter().filter(|sheet| sheet.name != evidence::SHEET) {
        let grid = Grid::new(sheet);
        let is_sample = notices::is_sample_sheet(&sheet.name, &grid);
        if sorted.personal_data.is_none() && !is_sample {
            sorted.personal_data = notices::personal_data(&grid);
        }
        if is_sample {
            if sheet.shown == Shown::Visible {
                sorted.samples.push(grid);
            }
        } else if sheet.shown != Shown::Visible {
            if holds_counts(&grid, sheet, calendar) {
                sorted.hidden.push(Observation::HiddenSheet { sheet: sheet.name.clone() });
            }
        } else if let Some(title) = notices::companion_title(&grid) {
            sorted.companion.get_or_insert(title);
        } else {
            sorted.inputs.push(grid);
        }
    }
    sorted
}

/// Does a hidden sheet hold slots that somebody may think were submitted?
fn holds_counts(grid: &Grid<'_>, sheet: &Sheet, calendar: &Calendar) -> bool {
    let context = Context { calendar: *calendar, visibility: Some(Visibility::Public), dose: None };
    let (found, _, _) = read_tables(grid, sheet, &context);
    found.rows.iter().any(|row| {
        [row.public.as_ref(), row.private.as_ref()]
            .into_iter()
            .flatten()
            .any(|count| count.value().is_some_and(|n| n > 0))
    })
}

/// One input sheet, read.
struct SheetReading<'a> {
    name: &'a str,
    titles: Titles,
    fields: Fields,
    found: Found,
    totals: Vec<TypedTotal>,
    withdrawals: Vec<Observation>,
    structure: Vec<Observation>,
    tables: usize,
    has_table: bool,
}

impl SheetReading<'_> {
    fn is_ours(&self) -> bool {
        self.titles.ours
    }

    fn has_rows(&self) -> bool {
        !self.found.rows.is_empty()
    }

    /// The clinic that the sheet itself names.
    fn clinic(&self) -> (Option<String>, Option<String>) {
        let written = |entry: &Option<Entry<()>>| {
            entry.as_ref().filter(|entry| !entry.raw.trim().is_empty()).map(|entry| token::key(&entry.raw))
        };
        let venue = written(&self.fields.venue_no).map(|venue| venue.trim_start_matches('0').to_string());
        (venue, written(&self.fields.name))
    }
}

fn read_inputs<'a>(
    inputs: &'a [Grid<'a>],
    identifier: &Identifier,
    calendar: &Calendar,
) -> Vec<SheetReading<'a>> {
    let all: Vec<Titles> = inputs
        .iter()
        .map(|grid| {
            let limit = table::find(grid, calendar).first().map_or(u32::MAX, |table| table.top);
            evidence::titles(grid, limit)
        })
        .collect();
    let elsewhere = agreed(&all);
    inputs
        .iter()
        .zip(all)
        .map(|(grid, titles)| {
            let own = titles.visible_no.is_some()
                || titles.number.is_some()
                || titles.both
                || titles.visibility.is_some();
            let basis = if own { &titles } else { &elsewhere };
            let context = Context {
                calendar: *calendar,
                visibility: basis.visibility(grid.name, identifier.form),
                dose: table::dose_title(&token::key(grid.name))
                    .or_else(|| dose::parse(&token::key(grid.name)).filter(|_| grid.name.contains('回'))),
            };
            read_sheet(grid, titles, &context)
        })
        .collect()
}

/// The title that holds for a sheet without one: that of the others, if they agree.
fn agreed(all: &[Titles]) -> Titles {
    let titled: Vec<&Titles> = all.iter().filter(|titles| titles.ours).collect();
    match titled.as_slice() {
        [] => Titles::default(),
        [first, rest @ ..] => {
            let same = rest.iter().all(|other| {
                (other.number, other.visible_no, other.visibility)
                    == (first.number, first.visible_no, first.visibility)
            });
            if same { (*first).clone() } else { Titles::default() }
        }
    }
}

fn read_sheet<'a>(grid: &'a Grid<'a>, titles: Titles, context: &Context) -> SheetReading<'a> {
    let (found, tables, has_table) = read_tables(grid, grid.sheet, context);
    let (fields, typed) = fields::read(grid, &found.areas);
    let mut structure = hidden_and_struck(grid, &found, &tables);
    if !tables.is_empty() && found.missing.is_empty() && !is_issued_layout(&tables) {
        structure.push(Observation::Moved { sheet: grid.name.to_string() });
    }
    SheetReading {
        name: grid.name,
        titles,
        fields,
        totals: typed,
        withdrawals: notices::withdrawals(grid),
        structure,
        tables: found.areas.len(),
        has_table,
        found,
    }
}

/// The slots of a sheet: its lists, or else its matrices, whichever way they lie.
fn read_tables(grid: &Grid<'_>, sheet: &Sheet, context: &Context) -> (Found, Vec<Table>, bool) {
    let tables = table::find(grid, &context.calendar);
    let complete = tables.iter().any(Table::is_complete);
    let mut found = Found::default();
    for table in &tables {
        let mut part = Found::default();
        list::read(grid, table, context, &mut part);
        // Beside a complete list, two headings that happen to share a row are no table.
        if complete && !table.is_complete() && !part.unused_content {
            continue;
        }
        merge(&mut found, part);
    }
    let reads = found.rows.iter().any(|row| row.date.value().is_some() && row.start.value().is_some());
    if reads {
        return (found, tables, true);
    }
    let matrix = read_matrix(grid, sheet, context);
    match matrix {
        Some(matrix) if !matrix.rows.is_empty() || !matrix.missing.is_empty() || !complete => {
            (matrix, Vec::new(), true)
        }
        _ => {
            let has_table = !tables.is_empty();
            (found, tables, has_table)
        }
    }
}

fn merge(found: &mut Found, mut part: Found) {
    found.rows.append(&mut part.rows);
    found.totals.append(&mut part.totals);
    found.observations.append(&mut part.observations);
    found.visibility.extend(part.visibility);
    found.areas.append(&mut part.areas);
    found.unused_content |= part.unused_content;
    found.miss(part.missing);
}

fn read_matrix(grid: &Grid<'_>, sheet: &Sheet, context: &Context) -> Option<Found> {
    let (upright, filled) = axes::find(grid, &context.calendar);
    let turned_grid = Grid::turned(sheet);
    let (turned, turned_filled) = axes::find(&turned_grid, &context.calendar);
    if upright.is_empty() && turned.is_empty() {
        return None;
    }
    let mut found = Found::default();
    if turned.is_empty() || (!upright.is_empty() && filled >= turned_filled) {
        matrix::read(grid, &upright, context, &mut found);
    } else {
        matrix::read(&turned_grid, &turned, context, &mut found);
    }
    Some(found)
}

fn hidden_and_struck(grid: &Grid<'_>, found: &Found, tables: &[Table]) -> Vec<Observation> {
    let mut observations = Vec::new();
    let sheet = || grid.name.to_string();
    let rows_where = |says: fn(&super::Row) -> bool| -> Vec<u32> {
        let rows: BTreeSet<u32> = found.rows.iter().filter(|row| says(row)).map(|row| row.row).collect();
        rows.into_iter().collect()
    };
    let hidden = rows_where(|row| row.hidden);
    if !hidden.is_empty() {
        observations.push(Observation::HiddenRows { sheet: sheet(), rows: hidden });
    }
    let struck = rows_where(|row| row.struck);
    if !struck.is_empty() {
        observations.push(Observation::Struck { sheet: sheet(), rows: struck });
    }
    let roles = [
        Class::Date,
        Class::Month,
        Class::Day,
        Class::Start,
        Class::End,
        Class::Public,
        Class::Private,
        Class::Count,
    ];
    let mut columns: BTreeSet<u32> = BTreeSet::new();
    for table in tables {
        for segment in &table.segments {
            let used = roles.iter().filter_map(|class| segment.column(*class)).map(|column| column.column);
            columns.extend(used.filter(|column| {
                grid.column_is_hidden(*column)
                    && grid
                        .between(table.bottom + 1, table.end)
                        .iter()
                        .any(|spot| spot.column == *column && !spot.formula())
            }));
        }
    }
    if !columns.is_empty() {
        let columns = columns.into_iter().map(column_letters).collect();
        observations.push(Observation::HiddenColumns { sheet: sheet(), columns });
    }
    observations
}

/// Headings where the form that we issue has them (row 12, columns B to I).
fn is_issued_layout(tables: &[Table]) -> bool {
    let [table] = tables else { return false };
    let [segment] = table.segments.as_slice() else { return false };
    let at = |class: Class| segment.column(class).map(|column| column.column);
    let both = at(Class::Public).is_some() && at(Class::Private).is_some();
    let counts = if both {
        at(Class::Public) == Some(6) && at(Class::Private) == Some(7)
    } else {
        at(Class::Public).or(at(Class::Private)) == Some(6)
    };
    (table.top, table.bottom) == (11, 11)
        && at(Class::Date) == Some(1)
        && at(Class::Weekday) == Some(2)
        && at(Class::Dose) == Some(3)
        && at(Class::Start) == Some(4)
        && at(Class::End) == Some(5)
        && counts
        && at(Class::Note) == Some(if both { 8 } else { 7 })
}

/// Sheets of one clinic belong to one form; a sheet that names none belongs to the one before it (or the first).
fn group<'r, 'a>(readings: &'r mut Vec<SheetReading<'a>>) -> Vec<Vec<SheetReading<'a>>> {
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
        let at = match known {
            Some(at) => at,
            None => {
                owners.push((venue, name));
                groups.push(Vec::new());
                groups.len() - 1
            }
        };
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
    groups
}

struct FileEvidence<'f> {
    identifier: &'f Identifier,
    file_name: &'f str,
}

/// The form that the sheets of one clinic make; `Err`: none of them is ours, and what they said all the same.
fn assemble(group: Vec<SheetReading<'_>>, file: &FileEvidence<'_>) -> Result<Form, Vec<Observation>> {
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
    for (index, reading) in group.into_iter().enumerate() {
        let used = if filled { reading.has_rows() } else { index == principal };
        adopt_fields(&mut form.fields, &reading.fields);
        adopt_titles(&mut form, &reading.titles, used);
        if reading.has_rows() {
            with_rows.push(reading.name.to_string());
        }
        if !used && !reading.found.unused_content {
            continue;
        }
        form.sheets.push(reading.name.to_string());
        take_sheet(&mut form, reading, lists);
    }
    if with_rows.len() > 1 {
        form.observations.push(Observation::SeveralSheets { sheets: with_rows });
    }
    form.observations.extend(notices::samples(&form.fields));
    form.evidence.hidden_id = file.identifier.form;
    form.evidence.columns = evidence::from_columns(&form.visibility);
    form.evidence.file_name = evidence::form_in(&token::key(file.file_name));
    form.number = evidence::best(&form.evidence);
    form.period = form.period.or(file.identifier.period);
    form.template.clone_from(&file.identifier.template);
    Ok(form)
}

fn take_sheet(form: &mut Form, reading: SheetReading<'_>, lists: usize) {
    let mut found = reading.found;
    let mut missing = std::mem::take(&mut found.missing);
    if !reading.has_table {
        missing = ["接種日", "接種時刻", "枠数"].iter().map(ToString::to_string).collect();
    }
    if !missing.is_empty() {
        form.observations
            .push(Observation::MissingColumns { sheet: reading.name.to_string(), labels: missing });
    }
    form.visibility.extend(found.visibility);
    form.rows.append(&mut found.rows);
    form.observations.append(&mut found.observations);
    form.observations.extend(reading.structure);
    // The sum under one of several lists is not the sum of the form.
    form.typed_totals.extend(found.totals.into_iter().filter(|total| total.dose.is_some() || lists <= 1));
    form.typed_totals.extend(reading.totals);
}

fn adopt_titles(form: &mut Form, titles: &Titles, used: bool) {
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

fn adopt_fields(fields: &mut Fields, more: &Fields) {
    fn adopt<T: Clone>(mine: &mut Option<Entry<T>>, theirs: &Option<Entry<T>>) {
        if mine.as_ref().is_none_or(Entry::is_blank)
            && (mine.is_none() || theirs.as_ref().is_some_and(|entry| !entry.is_blank()))
        {
            mine.clone_from(theirs);
        }
    }
    adopt(&mut fields.venue_no, &more.venue_no);
    adopt(&mut fields.name, &more.name);
    adopt(&mut fields.ward, &more.ward);
    adopt(&mut fields.med_code, &more.med_code);
    adopt(&mut fields.contact_name, &more.contact_name);
    adopt(&mut fields.phone, &more.phone);
    adopt(&mut fields.email, &more.email);
    adopt(&mut fields.submitted_on, &more.submitted_on);
    adopt(&mut fields.submission_kind, &more.submission_kind);
    adopt(&mut fields.cap, &more.cap);
}

/// A 記入例 sheet in which a clinic wrote its own number instead of the input sheet.
fn filled_sample(grid: &Grid<'_>) -> Option<Observation> {
    let (fields, _) = fields::read(grid, &[]);
    let venue =
        fields.venue_no.filter(|venue| !venue.is_blank() && !notices::is_sample_number(&venue.raw))?;
    Some(Observation::Sample { place: venue.place, raw: venue.raw })
}

/// Only 記入例 sheets of ours were sent: a form without rows that says so.
fn sample_form(sorted: &Sorted<'_>, identifier: &Identifier, file_name: &str) -> Option<Form> {
    let grid = sorted.samples.iter().find(|grid| evidence::titles(grid, u32::MAX).ours)?;
    let titles = evidence::titles(grid, u32::MAX);
    let mark = notices::sample_mark(grid);
    let (row, column, raw) =
        mark.map_or((0, 0, grid.name.to_string()), |spot| (spot.row, spot.column, spot.text.clone()));
    let mut form = Form {
        sheets: vec![grid.name.to_string()],
        observations: vec![Observation::Sample { place: grid.place(row, column), raw }],
        template: identifier.template.clone(),
        ..Form::default()
    };
    adopt_titles(&mut form, &titles, true);
    form.evidence.hidden_id = identifier.form;
    form.evidence.file_name = evidence::form_in(&token::key(file_name));
    form.number = evidence::best(&form.evidence);
    form.period = form.period.or(identifier.period);
    Some(form)
}
