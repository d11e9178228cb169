//! Pure: a whole workbook: which sheets are input, which clinic each belongs to, and the form they make together.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::assemble::{FileEvidence, SheetReading, adopt_fields, adopt_titles, assemble, group};
use super::evidence::{self, Identifier, Titles};
use super::roster::{self, Company, Kind};
use super::sheet::{Area, Context, Cover, Found, column_letters};
use super::{
    Entry, Fields, FileReading, Form, Observation, blocks, clinics, fields, list, matrix, net, notices,
    returned, year,
};
use crate::campaign::Campaign;
use crate::inspection::layout::grid::{Grid, Spot};
use crate::inspection::layout::label::Class;
use crate::inspection::layout::mark;
use crate::inspection::layout::table::{self, Table};
use crate::inspection::normalize::date::Calendar;
use crate::inspection::normalize::{dose, token};
use crate::inspection::verdict::Visibility;
use crate::inspection::workbook::{Shown, Workbook};

/// How far above a matrix headings may stand that are its own.
const HEADING_ROWS: u32 = 4;

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
        result.forms.extend(sample_form(&sorted, &identifier, file_name, &calendar).map(Arc::new));
        if sorted.returned && result.forms.is_empty() {
            result.companion.get_or_insert_with(|| returned::SHEET.to_string());
        }
        return result;
    }
    let file = FileEvidence { identifier: &identifier, file_name };
    let mut forms = Vec::new();
    for group in group(&mut readings) {
        match assemble(group, &file) {
            Ok(form) => forms.push(form),
            Err(mut observations) => result.observations.append(&mut observations),
        }
    }
    if let Some(form) = forms.first_mut() {
        form.observations.append(&mut sorted.hidden);
        // Beside a filled form the clinic may have gone on writing there.
        let beside = !form.rows.is_empty();
        for (told, fields) in
            sorted.samples.iter().filter_map(|sample| filled_sample(sample, &calendar, beside))
        {
            form.observations.push(told);
            if !beside {
                adopt_fields(&mut form.fields, &fields);
            }
        }
    }
    for form in &mut forms {
        if workbook.epoch_1904 {
            form.observations.push(Observation::Epoch1904);
        }
        // The notes of a file that we sent back are our own.
        if workbook.has_comments && !sorted.returned {
            form.observations.push(Observation::Comments);
        }
    }
    result.forms = forms.into_iter().map(Arc::new).collect();
    result
}

/// The sheets by what they are.
struct Sorted<'w> {
    inputs: Vec<Grid<'w>>,
    samples: Vec<Grid<'w>>,
    hidden: Vec<Observation>,
    /// Our list 「修正一覧」 is among the sheets.
    returned: bool,
    companion: Option<String>,
    personal_data: Option<crate::inspection::verdict::Place>,
}

fn sort<'w>(workbook: &'w Workbook, calendar: &Calendar) -> Sorted<'w> {
    let mut sorted = Sorted {
        inputs: Vec::new(),
        samples: Vec::new(),
        hidden: Vec::new(),
        returned: false,
        companion: None,
        personal_data: None,
    };
    for sheet in workbook.sheets.iter().filter(|sheet| sheet.name != evidence::SHEET) {
        if returned::is_list(sheet) {
            sorted.returned = true;
            continue;
        }
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
            if holds_counts(&grid, calendar) {
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
fn holds_counts(grid: &Grid<'_>, calendar: &Calendar) -> bool {
    let context = Context {
        calendar: *calendar,
        visibility: Some(Visibility::Public),
        dose: None,
        half: None,
        company: Company::default(),
    };
    let (mut found, _, _) = read_tables(grid, table::find(grid, calendar), &context);
    net::cast(grid, &context, &mut found);
    let unplaced = found.observations.iter().any(|seen| matches!(seen, Observation::Unplaced { .. }));
    unplaced
        || found.rows.iter().any(|row| {
            [row.public.as_ref(), row.private.as_ref()]
                .into_iter()
                .flatten()
                .any(|count| count.value().is_some_and(|n| n > 0))
        })
}

fn read_inputs<'a>(
    inputs: &'a [Grid<'a>],
    identifier: &Identifier,
    calendar: &Calendar,
) -> Vec<SheetReading<'a>> {
    let tables = inputs.iter().map(|grid| table::find(grid, calendar)).collect::<Vec<_>>();
    let limits = tables.iter().map(|tables| tables.first().map_or(u32::MAX, |table| table.top));
    let all: Vec<Titles> =
        inputs.iter().zip(limits).map(|(grid, limit)| evidence::titles(grid, limit)).collect();
    let elsewhere = agreed(&all);
    let company = Company::of(inputs.iter().zip(tables.iter().map(Vec::as_slice)));
    inputs
        .iter()
        .zip(all)
        .zip(tables)
        .map(|((grid, titles), tables)| {
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
                half: mark::of(&token::key(grid.name)).half,
                company,
            };
            read_sheet(grid, titles, tables, &context)
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

fn read_sheet<'a>(
    grid: &'a Grid<'a>,
    titles: Titles,
    tables: Vec<Table>,
    context: &Context,
) -> SheetReading<'a> {
    let (mut found, tables, has_table) = read_tables(grid, tables, context);
    net::cast(grid, context, &mut found);
    year::apply(grid, &context.calendar, &mut found);
    let areas: Vec<Area> = found.areas.iter().chain(&found.others).copied().collect();
    let mut head = fields::read(grid, &areas);
    let mut structure = hidden_and_struck(grid, &found, &tables);
    structure.append(&mut head.others);
    structure.extend(clinics::of_columns(grid, &tables, &mut head.fields));
    structure.extend(clinics::of_titles(grid, &areas, &head.fields, &structure));
    if !tables.is_empty() && found.missing.is_empty() && !is_issued_layout(&tables) {
        structure.push(Observation::Moved { sheet: grid.name.clone() });
    }
    SheetReading {
        name: grid.name,
        titles,
        fields: head.fields,
        totals: head.totals,
        withdrawals: notices::withdrawals(grid),
        structure,
        tables: found.areas.len(),
        has_table,
        found,
    }
}

/// The slots of a sheet: its matrices, whichever way they lie, and its lists, read without the matrices' cells.
fn read_tables(grid: &Grid<'_>, tables: Vec<Table>, context: &Context) -> (Found, Vec<Table>, bool) {
    let (mut found, tables, has_table) = read_all(grid, tables, context);
    if let Some(more) = found.rows.get(matrix::MAX_ROWS) {
        let cell = more.public.as_ref().or(more.private.as_ref());
        let place = cell.map_or_else(|| more.date.place.clone(), |count| count.place.clone());
        let raw = cell.map(|count| count.raw.clone()).unwrap_or_default();
        found.rows.truncate(matrix::MAX_ROWS);
        found.observations.push(Observation::Unplaced { place, raw });
    }
    (found, tables, has_table)
}

fn read_all(grid: &Grid<'_>, tables: Vec<Table>, context: &Context) -> (Found, Vec<Table>, bool) {
    let (tables, others) = roster::part(grid, tables, context);
    let complete = tables.iter().any(Table::is_complete);
    let matrix = blocks::read(grid, context, complete || !others.is_empty());
    let masked = matrix.as_ref().map(|matrix| {
        let cover = Cover::of(&matrix.blocks, grid.last_row());
        grid.only(|cell| !cover.holds(cell.row, cell.column))
    });
    let rest = masked.as_ref().unwrap_or(grid);
    let mut found = Found::default();
    for other in &others {
        roster::note(rest, other, &context.calendar, true, &mut found);
    }
    // A sheet with nothing but a roster, or a roster beside a matrix.
    if tables.is_empty() && !others.is_empty() {
        let Some(mut matrix) = matrix else { return (found, tables, false) };
        merge(&mut matrix, found);
        return (matrix, tables, true);
    }
    for table in &tables {
        let mut part = Found::default();
        list::read(rest, table, context, &mut part);
        // Beside a complete list, two headings that happen to share a row are no table.
        let idle = complete && !table.is_complete() && !part.unused_content;
        let heads_matrix = matrix.as_ref().is_some_and(|matrix| is_heading_of(table, matrix));
        if idle || (heads_matrix && !reads(&part)) {
            continue;
        }
        merge(&mut found, part);
    }
    let Some(matrix) = matrix else {
        if !reads(&found) && is_transposed(grid) {
            found = Found::default();
            found.miss(["接種日", "接種時刻", "枠数"].map(String::from).to_vec());
            return (found, tables, true);
        }
        let has_table = !tables.is_empty();
        return (found, tables, has_table);
    };
    let rosters = tables.iter().all(|table| roster::kind(grid, table) == Kind::Persons);
    if reads(&found) || (rosters && !tables.is_empty()) {
        return (with_matrix(rest, &tables, found, matrix, context), Vec::new(), true);
    }
    if complete && matrix.rows.is_empty() && matrix.missing.is_empty() {
        return (found, tables, true);
    }
    // Headings of a list that did not read are told as such, unless a matrix reads clearly.
    if (!found.rows.is_empty() || found.unused_content) && !reads_clearly(&matrix) {
        return (found, tables, true);
    }
    merge(&mut found, matrix);
    (found, Vec::new(), true)
}

/// At least one slot of it is whole.
fn reads_clearly(found: &Found) -> bool {
    found.rows.iter().any(|row| {
        let mut counts = [row.public.as_ref(), row.private.as_ref()].into_iter().flatten();
        row.date.value().is_some()
            && row.start.value().is_some()
            && counts.any(|count| count.value().is_some())
    })
}

/// Did a list give a row that can be told from a chance likeness?
fn reads(found: &Found) -> bool {
    found.observations.iter().any(|seen| matches!(seen, Observation::RivalCounts { .. }))
        || found.rows.iter().any(|row| row.date.value().is_some() && row.start.value().is_some())
}

/// Do the headings of a list stand over or in a matrix, of which they are the headings?
fn is_heading_of(table: &Table, matrix: &Found) -> bool {
    matrix.blocks.iter().any(|area| {
        let near = area.top.saturating_sub(HEADING_ROWS)..=area.bottom;
        let columns = area.left.saturating_sub(1)..=area.right.saturating_add(1);
        near.contains(&table.bottom)
            && (columns.contains(&table.first_column()) || columns.contains(&table.last_column()))
    })
}

/// A matrix and lists on one sheet: lists of the form are added to it, rosters left aside, others asked back.
fn with_matrix(
    grid: &Grid<'_>,
    lists: &[Table],
    mut found: Found,
    mut matrix: Found,
    context: &Context,
) -> Found {
    let of =
        |kind| lists.iter().filter(|list| list.is_complete()).all(|list| roster::kind(grid, list) == kind);
    let persons = of(Kind::Persons);
    if !persons && !of(Kind::Vague) {
        merge(&mut found, matrix);
        return found;
    }
    for list in lists {
        roster::note(grid, list, &context.calendar, persons, &mut matrix);
    }
    matrix
}

fn merge(found: &mut Found, mut part: Found) {
    found.rows.append(&mut part.rows);
    found.totals.append(&mut part.totals);
    found.observations.append(&mut part.observations);
    found.visibility.extend(part.visibility);
    found.areas.append(&mut part.areas);
    found.blocks.append(&mut part.blocks);
    found.others.append(&mut part.others);
    found.unused_content |= part.unused_content;
    found.miss(part.missing);
}

/// A list whose headings stand below one another, and whose slots run to the right: none of our forms.
fn is_transposed(grid: &Grid<'_>) -> bool {
    let names = |spot: &Spot<'_>, class| spot.label.is_some_and(|label| label.class == Some(class));
    let starts = grid.spots().iter().filter(|spot| names(spot, Class::Start));
    starts.into_iter().any(|start| {
        let mut near = (start.row.saturating_sub(4)..=start.row.saturating_add(4))
            .filter_map(|row| grid.at(row, start.column));
        let behind = |row| grid.row(row).iter().filter(|spot| spot.column > start.column);
        let dates = near.clone().any(|spot| names(spot, Class::Date));
        dates
            && near.any(|spot| spot.label.is_some_and(|label| label.is_count()))
            && behind(start.row).any(Spot::is_time)
    })
}

fn hidden_and_struck(grid: &Grid<'_>, found: &Found, tables: &[Table]) -> Vec<Observation> {
    let mut observations = Vec::new();
    let sheet = || grid.name.clone();
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

/// A 記入例 sheet in which a clinic wrote its own number instead of the input sheet.
fn filled_sample(grid: &Grid<'_>, calendar: &Calendar, beside: bool) -> Option<(Observation, Fields)> {
    if grid.words().any(|word| notices::is_sample_key(&word.key)) {
        return None;
    }
    let fields = fields::read(grid, &[]).fields;
    let own = |venue: &&Entry<()>| !venue.is_blank() && !notices::is_sample_number(&venue.raw);
    let venue = fields.venue_no.as_ref().filter(own)?;
    let (place, raw) = (venue.place.clone(), venue.raw.clone());
    (!beside || holds_counts(grid, calendar))
        .then_some((Observation::FilledSample { place, raw, beside }, fields))
}

/// Only 記入例 sheets of ours were sent: a form without rows that says so.
fn sample_form(
    sorted: &Sorted<'_>,
    identifier: &Identifier,
    file_name: &str,
    calendar: &Calendar,
) -> Option<Form> {
    let grid = sorted.samples.iter().find(|grid| evidence::titles(grid, u32::MAX).ours)?;
    let titles = evidence::titles(grid, u32::MAX);
    let mark = notices::sample_mark(grid);
    let (row, column, raw) =
        mark.map_or((0, 0, grid.name.clone()), |spot| (spot.row, spot.column, spot.text.clone()));
    let (told, fields) = filled_sample(grid, calendar, false)
        .unwrap_or_else(|| (Observation::Sample { place: grid.place(row, column), raw }, Fields::default()));
    let mut form = Form {
        fields,
        sheets: vec![grid.name.clone()],
        observations: vec![told],
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
