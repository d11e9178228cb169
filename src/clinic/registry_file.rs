//! Pure: the registry file (医療機関マスタ) as CSV, or as rows read from a workbook: reading with every problem told at
//! once, writing, and what an import would change.
//!
//! Columns are found by key or Japanese label, in any order; columns of other names are left aside.

mod columns;
mod difference;

use std::collections::BTreeMap;
use std::fmt;

use unicode_normalization::UnicodeNormalization;

use super::{Clinic, Intent, Registry, Ward, venue_key, venue_order};
pub use columns::{Column, guarded, quoted, unguarded};
pub use difference::{ClinicChange, diff};

/// One thing that is wrong with the file. Nothing is imported while there is one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// One-based line of the file; 1 for the header.
    pub line: usize,
    /// The column's key and label, or empty for the line or file as a whole.
    pub column: String,
    pub what: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.column.is_empty() {
            write!(f, "line {}: {}", self.line, self.what)
        } else {
            write!(f, "line {}, {}: {}", self.line, self.column, self.what)
        }
    }
}

/// A file without problems.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Imported {
    pub clinics: Vec<Clinic>,
    /// Headings of columns that were left aside, to be told.
    pub ignored_columns: Vec<String>,
}

/// Reads a CSV file: UTF-8 with or without a byte order mark, else CP932; commas, tabs or semicolons between the cells
/// (by the header line). `file_name` only serves the refusal of workbooks, which the reader's process takes apart.
pub fn read(bytes: &[u8], file_name: &str) -> Result<Vec<Clinic>, Vec<Problem>> {
    read_with_notes(bytes, file_name).map(|imported| imported.clinics)
}

/// Like [`read`], with the columns left aside.
pub fn read_with_notes(bytes: &[u8], file_name: &str) -> Result<Imported, Vec<Problem>> {
    let text =
        decode(bytes, file_name).map_err(|what| vec![Problem { line: 1, column: String::new(), what }])?;
    let delimiter = delimiter(&text);
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter)
        .from_reader(text.as_bytes());
    let mut header = None;
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|error| {
            vec![Problem { line: 1, column: String::new(), what: format!("not a CSV file: {error}") }]
        })?;
        let line = record.position().map_or(0, |position| position.line() as usize);
        let cells: Vec<String> = record.iter().map(str::to_string).collect();
        if header.is_none() {
            if cells.iter().any(|cell| !cell.trim().is_empty()) {
                header = Some(cells);
            }
        } else {
            rows.push((line, cells));
        }
    }
    let header = header.unwrap_or_default();
    from_rows(&header, rows)
}

/// The same from rows of any origin. `rows` yields the one-based line (row of a sheet) and its cells; blank rows are
/// passed over.
pub fn from_rows(
    header: &[String],
    rows: impl IntoIterator<Item = (usize, Vec<String>)>,
) -> Result<Imported, Vec<Problem>> {
    let (columns, ignored_columns, mut problems) = columns::find(header);
    if !problems.is_empty() {
        return Err(problems);
    }
    let mut clinics = Vec::new();
    let mut seen: BTreeMap<String, (usize, String)> = BTreeMap::new();
    for (line, cells) in rows {
        if cells.iter().all(|cell| cell.trim().is_empty()) {
            continue;
        }
        let clinic = row(line, &cells, &columns, &mut problems);
        let key = venue_key(&clinic.venue_no);
        if !key.is_empty() {
            if let Some((first, written)) = seen.get(&key) {
                problems.push(problem(
                    line,
                    Column::VenueNo,
                    format!("{:?} is the same venue as {written:?} in line {first}", clinic.venue_no),
                ));
            } else {
                seen.insert(key, (line, clinic.venue_no.clone()));
            }
        }
        clinics.push(clinic);
    }
    if clinics.is_empty() && problems.is_empty() {
        problems.push(Problem { line: 1, column: String::new(), what: "the file names no clinic".into() });
    }
    if problems.is_empty() { Ok(Imported { clinics, ignored_columns }) } else { Err(problems) }
}

/// The keys of the registry file.
pub fn keys() -> Vec<&'static str> {
    Column::ALL.into_iter().map(Column::key).collect()
}

/// Where the column of this key (or its Japanese heading) stands in a header.
pub fn column_of(key: &str, header: &[String]) -> Option<usize> {
    let wanted = Column::ALL.into_iter().find(|column| column.key() == key || column.label() == key)?;
    let (columns, _, _) = columns::find(header);
    columns.get(&wanted).copied()
}

fn problem(line: usize, column: Column, what: String) -> Problem {
    Problem { line, column: format!("{}（{}）", column.key(), column.label()), what }
}

fn decode(bytes: &[u8], file_name: &str) -> Result<String, String> {
    if bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(&[0xd0, 0xcf, 0x11, 0xe0]) {
        return Err(format!("{file_name} is a workbook, not a CSV file"));
    }
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return utf16(bytes).ok_or_else(|| format!("{file_name} begins like UTF-16 and is not"));
    }
    let plain = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes);
    if let Ok(text) = std::str::from_utf8(plain) {
        return Ok(text.to_string());
    }
    let (text, wrong) = encoding_rs::SHIFT_JIS.decode_without_bom_handling(plain);
    if wrong {
        return Err(format!("{file_name} is neither UTF-8 nor CP932; save it as CSV (UTF-8)"));
    }
    Ok(text.into_owned())
}

/// Excel's 「Unicode テキスト」.
fn utf16(bytes: &[u8]) -> Option<String> {
    let (encoding, length) = encoding_rs::Encoding::for_bom(bytes)?;
    let (text, wrong) = encoding.decode_without_bom_handling(bytes.get(length..)?);
    (!wrong).then(|| text.into_owned())
}

/// The delimiter that the header line has most of.
fn delimiter(text: &str) -> u8 {
    let header = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    let count = |delimiter: char| header.matches(delimiter).count();
    let (commas, tabs, semicolons) = (count(','), count('\t'), count(';'));
    if tabs > commas && tabs >= semicolons {
        b'\t'
    } else if semicolons > commas {
        b';'
    } else {
        b','
    }
}

fn row(
    line: usize,
    cells: &[String],
    columns: &BTreeMap<Column, usize>,
    problems: &mut Vec<Problem>,
) -> Clinic {
    let cell = |column: Column| -> String {
        let written = columns.get(&column).and_then(|index| cells.get(*index)).map_or("", String::as_str);
        unguarded(written.trim()).trim().to_string()
    };
    let mut tell = |column: Column, what: String| problems.push(problem(line, column, what));
    for column in [Column::VenueNo, Column::Name] {
        if cell(column).is_empty() {
            tell(column, "is empty".into());
        }
    }
    let emails = several(&cell(Column::Emails));
    for email in &emails {
        if !is_address(email) {
            tell(Column::Emails, format!("{email:?} is not an e-mail address"));
        }
    }
    let mut read = |column: Column, parsed: Result<(), String>| {
        if let Err(what) = parsed {
            problems.push(problem(line, column, what));
        }
    };
    let mut clinic = Clinic {
        venue_no: venue_no(&cell(Column::VenueNo)),
        name: cell(Column::Name),
        name_kana: cell(Column::NameKana),
        aliases: several(&cell(Column::Aliases)),
        med_code: Some(cell(Column::MedCode).nfkc().collect::<String>()).filter(|code| !code.is_empty()),
        address: cell(Column::Address),
        phone: cell(Column::Phone),
        fax: cell(Column::Fax),
        emails,
        contact_name: cell(Column::ContactName),
        note: cell(Column::Note),
        ..Clinic::default()
    };
    read(Column::Ward, ward(&cell(Column::Ward)).map(|ward| clinic.ward = ward));
    read(Column::Cap, number(&cell(Column::Cap)).map(|cap| clinic.cap = cap));
    read(Column::UsesSystem, intent(&cell(Column::UsesSystem)).map(|intent| clinic.uses_system = intent));
    read(Column::FormExpected, form(&cell(Column::FormExpected)).map(|form| clinic.form_expected = form));
    read(
        Column::SuppressReminder,
        yes(&cell(Column::SuppressReminder)).map(|yes| clinic.suppress_reminder = yes),
    );
    clinic
}

/// As written, in half width: 「０１２３」 is kept as 0123, leading zeros and all.
fn venue_no(written: &str) -> String {
    written.nfkc().filter(|c| !c.is_whitespace()).collect()
}

/// Values separated by `;`, `；` or line breaks.
fn several(cell: &str) -> Vec<String> {
    cell.split([';', '；', '\n'])
        .map(str::trim)
        .filter(|value| !value.is_empty())
        .map(str::to_string)
        .collect()
}

fn folded(cell: &str) -> String {
    cell.nfkc().filter(|c| !c.is_whitespace()).collect::<String>().to_lowercase()
}

fn ward(cell: &str) -> Result<Option<Ward>, String> {
    let written = folded(cell);
    let name = written.strip_prefix("熊本市").unwrap_or(&written);
    if name.is_empty() {
        return Ok(None);
    }
    Ward::parse(name).map(Some).ok_or_else(|| format!("{cell:?} is none of 中央区, 東区, 西区, 南区, 北区"))
}

fn number(cell: &str) -> Result<Option<u32>, String> {
    let written = folded(cell);
    let digits: String = written.trim_end_matches("回分").chars().filter(|c| *c != ',').collect();
    if digits.is_empty() && written.is_empty() {
        return Ok(None);
    }
    let whole = digits.strip_suffix(".0").unwrap_or(&digits);
    if whole.is_empty() || !whole.chars().all(|c| c.is_ascii_digit()) {
        return Err(format!("{cell:?} is not a whole number"));
    }
    whole.parse().map(Some).map_err(|_| format!("{cell:?} is too large"))
}

fn intent(cell: &str) -> Result<Intent, String> {
    match folded(cell).as_str() {
        "" | "未回答" | "unknown" => Ok(Intent::Unknown),
        "yes" | "利用" | "利用する" => Ok(Intent::Yes),
        "no" | "独自" | "利用しない" => Ok(Intent::No),
        _ => Err(format!("{cell:?} is none of yes 利用, no 独自, empty 未回答")),
    }
}

fn form(cell: &str) -> Result<Option<u8>, String> {
    match folded(cell).trim_start_matches("様式").trim_end_matches(".0") {
        "" => Ok(None),
        "1" => Ok(Some(1)),
        "2" => Ok(Some(2)),
        "3" => Ok(Some(3)),
        _ => Err(format!("{cell:?} is none of 1, 2, 3, empty")),
    }
}

fn yes(cell: &str) -> Result<bool, String> {
    match folded(cell).as_str() {
        "" | "no" => Ok(false),
        "yes" | "はい" | "不要" | "○" | "〇" => Ok(true),
        _ => Err(format!("{cell:?} is none of yes, empty")),
    }
}

/// local@domain, as loose as the addresses that Japanese carriers gave out (`foo..bar@`, `foo.@`).
fn is_address(written: &str) -> bool {
    let Some((local, domain)) = written.rsplit_once('@') else { return false };
    let quoted = local.len() > 2 && local.starts_with('"') && local.ends_with('"');
    let local_fits = quoted
        || !local.is_empty()
            && local.chars().all(|c| c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.".contains(c));
    let labels: Vec<&str> = domain.split('.').collect();
    local_fits
        && labels.len() >= 2
        && labels.iter().all(|label| {
            !label.is_empty()
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label.chars().all(|c| c.is_alphanumeric() || c == '-')
        })
}

/// The whole registry as CSV: UTF-8 with a byte order mark, CRLF, safe to open in a spreadsheet program. [`read`]
/// gives the same clinics again (provisional addresses are not part of the file).
pub fn write_csv(registry: &Registry) -> Vec<u8> {
    let mut out = String::from("\u{feff}");
    out.push_str(&Column::ALL.map(Column::label).join(","));
    out.push_str("\r\n");
    let mut clinics: Vec<&Clinic> = registry.iter().collect();
    clinics.sort_by_cached_key(|clinic| venue_order(&clinic.venue_no));
    for clinic in clinics {
        let cells = Column::ALL.map(|column| quoted(&guarded(&column.of(clinic))));
        out.push_str(&cells.join(","));
        out.push_str("\r\n");
    }
    out.into_bytes()
}
