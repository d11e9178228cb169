//! I/O: registry files (CSV, CP932, xlsx) to clinics. A workbook is opened in the limited child like any other.

use std::path::{Path, PathBuf};

use super::{Error, Office};
use crate::clinic::{Clinic, registry_file};
use crate::inspection::reader::Readers;
use crate::inspection::workbook::{Content, Sheet, Value};

/// Reads a registry file whole, or says everything that is wrong with it.
pub async fn read_registry(readers: &Readers, path: &Path, bytes: &[u8]) -> Result<Vec<Clinic>, Error> {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let clinics = if bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(&[0xD0, 0xCF, 0x11, 0xE0]) {
        let (_, content) = readers.dissect_file(&name, bytes).await?;
        let Content::Workbook(workbook) = content else {
            return Err(wrong(path, format!("{name} is not a workbook that can be read")));
        };
        let sheet = workbook.sheets.first().ok_or_else(|| wrong(path, "the workbook has no sheet".into()))?;
        let mut rows = rows(sheet).into_iter();
        let (_, header) = rows.next().ok_or_else(|| wrong(path, "the first sheet is empty".into()))?;
        registry_file::from_rows(&header, rows).map(|imported| imported.clinics)
    } else {
        registry_file::read(bytes, &name)
    };
    clinics.map_err(|problems| {
        let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
        wrong(path, lines.join("\n"))
    })
}

fn wrong(path: &Path, problems: String) -> Error {
    Error::Registry { path: PathBuf::from(path), problems }
}

/// The rows of a sheet as text, with their one-based numbers; blank rows are left out.
fn rows(sheet: &Sheet) -> Vec<(usize, Vec<String>)> {
    let mut rows: Vec<(usize, Vec<String>)> = Vec::new();
    for cell in &sheet.cells {
        let number = cell.row as usize + 1;
        if rows.last().is_none_or(|(last, _)| *last != number) {
            rows.push((number, Vec::new()));
        }
        let Some((_, row)) = rows.last_mut() else { continue };
        let column = cell.column as usize;
        while row.len() <= column {
            row.push(String::new());
        }
        if let Some(slot) = row.get_mut(column) {
            *slot = match &cell.value {
                Value::Text(text) => text.to_string(),
                Value::Number(number) | Value::Serial(number) => number.to_string(),
                Value::Bool(value) => value.to_string(),
                Value::Error(_) | Value::NoResult => String::new(),
            };
        }
    }
    rows
}

impl Office {
    pub async fn read_registry(&self, path: &Path, bytes: &[u8]) -> Result<Vec<Clinic>, Error> {
        read_registry(&self.readers, path, bytes).await
    }
}
