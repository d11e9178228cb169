//! Workbooks for the reader's tests: forms written by rust_xlsxwriter, and packages put together by hand.

#![allow(dead_code, reason = "each test file uses its own part of these")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::format_collect, reason = "tests may")]

use std::io::{Cursor, Write};

use rust_xlsxwriter::{ExcelDateTime, Format, Formula, Workbook as Writer};
use uketsuke::inspection::workbook::{Sheet, Strike, Value, Workbook};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

/// A form as a clinic would return it: header fields, `rows` slots, an example sheet, a very hidden one.
pub fn form(rows: u32) -> Vec<u8> {
    let mut writer = Writer::new();
    let date = Format::new().set_num_format("yyyy/m/d(aaa)");
    let time = Format::new().set_num_format("h:mm");
    let grey = Format::new().set_background_color("D9D9D9");
    for (name, count) in [("様式３", rows), ("記入例", 4)] {
        let sheet = writer.add_worksheet().set_name(name).unwrap();
        sheet.write(0, 0, "予約枠報告様式３（公開・非公開）").unwrap();
        sheet.write(4, 0, "会場番号").unwrap().write(4, 1, "0012").unwrap();
        sheet.write(4, 3, "医療機関名").unwrap();
        sheet.merge_range(4, 4, 4, 8, "熊本中央クリニック", &Format::new()).unwrap();
        for (column, label) in
            ["No.", "接種日", "曜日", "接種回", "接種時刻", "終了時刻", "公開枠数", "非公開枠数", "備考"]
                .iter()
                .enumerate()
        {
            sheet.write(11, column as u16, *label).unwrap();
        }
        for index in 0..count {
            let row = 12 + index;
            sheet.write(row, 0, index + 1).unwrap();
            let day = ExcelDateTime::from_ymd(2021, 10, 25 + (index / 20) as u8).unwrap();
            sheet.write_with_format(row, 1, &day, &date).unwrap();
            let formula = Formula::new(format!("=TEXT(B{},\"aaa\")", row + 1)).set_result("月");
            sheet.write_with_format(row, 2, formula, &grey).unwrap();
            let at = ExcelDateTime::from_hms((9 + (index % 20) / 2) as u16, ((index % 2) * 30) as u8, 0.0)
                .unwrap();
            sheet.write_with_format(row, 4, &at, &time).unwrap();
            sheet.write(row, 6, 6).unwrap().write(row, 7, index % 3).unwrap();
            sheet.write(row, 8, if index % 10 == 0 { "かかりつけ患者分" } else { "" }).unwrap();
        }
    }
    let hidden = writer.add_worksheet().set_name("_form").unwrap();
    hidden.write(0, 0, "KUMAMOTO-VFRAME").unwrap().set_very_hidden(true);
    writer.define_name("FORM_ID", "='_form'!$A$1").unwrap();
    writer.save_to_buffer().unwrap()
}

/// A zip of these entries, deflated.
pub fn zip(parts: &[(&str, &[u8])]) -> Vec<u8> {
    zip_as(parts, CompressionMethod::Deflated)
}

pub fn zip_as(parts: &[(&str, &[u8])], method: CompressionMethod) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in parts {
        let options = SimpleFileOptions::default().compression_method(method).large_file(false);
        writer.start_file(*name, options).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

pub const CONTENT_TYPES: &str = r#"<?xml version="1.0" encoding="UTF-8"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/></Types>"#;
pub const ROOT_RELATIONS: &str = r#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>"#;
pub const STYLES: &str = r#"<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><fonts count="2"><font><sz val="11"/></font><font><strike/><sz val="11"/></font></fonts><cellXfs count="4"><xf numFmtId="0" fontId="0"/><xf numFmtId="56" fontId="0"/><xf numFmtId="0" fontId="1"/><xf numFmtId="20" fontId="0"/></cellXfs></styleSheet>"#;

/// A hand-made .xlsx, part by part.
#[derive(Clone)]
pub struct Package {
    pub parts: Vec<(String, Vec<u8>)>,
}

impl Package {
    /// One sheet with this `<sheetData>` content and these shared strings.
    pub fn new(rows: &str, strings: &[&str]) -> Self {
        let sheet = format!(
            r#"<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{rows}</sheetData></worksheet>"#
        );
        let strings: String = strings.iter().map(|text| format!("<si><t>{text}</t></si>")).collect();
        Self { parts: Vec::new() }
            .with("[Content_Types].xml", CONTENT_TYPES)
            .with("_rels/.rels", ROOT_RELATIONS)
            .with("xl/workbook.xml", r#"<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="様式１" sheetId="1" r:id="rId1"/></sheets></workbook>"#)
            .with("xl/_rels/workbook.xml.rels", r#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="rId2" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/sharedStrings" Target="sharedStrings.xml"/><Relationship Id="rId3" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/styles" Target="styles.xml"/></Relationships>"#)
            .with("xl/styles.xml", STYLES)
            .with("xl/sharedStrings.xml", &format!(r#"<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">{strings}</sst>"#))
            .with("xl/worksheets/sheet1.xml", &sheet)
    }

    /// Sets or replaces a part.
    pub fn with(mut self, name: &str, content: &str) -> Self {
        self.parts.retain(|(known, _)| known != name);
        self.parts.push((name.to_owned(), content.as_bytes().to_vec()));
        self
    }

    pub fn edit(mut self, name: &str, from: &str, to: &str) -> Self {
        let part = self.parts.iter_mut().find(|(known, _)| known == name).unwrap();
        let text = String::from_utf8(part.1.clone()).unwrap();
        assert!(text.contains(from), "{name} has no {from}");
        part.1 = text.replace(from, to).into_bytes();
        self
    }

    pub fn without(mut self, name: &str) -> Self {
        self.parts.retain(|(known, _)| known != name);
        self
    }

    pub fn bytes(&self) -> Vec<u8> {
        let parts: Vec<(&str, &[u8])> =
            self.parts.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())).collect();
        zip(&parts)
    }
}

/// The cells as `A1=value` lines, with `f` for a formula and `~` for strike-through.
pub fn show(sheet: &Sheet) -> Vec<String> {
    sheet
        .cells
        .iter()
        .map(|cell| {
            let column = char::from(b'A' + u8::try_from(cell.column).unwrap());
            let value = match &cell.value {
                Value::Number(number) => number.to_string(),
                Value::Serial(serial) => format!("#{serial}"),
                Value::Text(text) => format!("'{text}"),
                Value::Bool(flag) => flag.to_string(),
                Value::Error(error) => format!("!{error}"),
                Value::NoResult => "?".to_owned(),
            };
            let formula = if cell.formula { "f" } else { "" };
            let strike = match cell.strike {
                Strike::None => "",
                Strike::Part => "~-",
                Strike::Whole => "~",
            };
            format!("{column}{}={formula}{strike}{value}", cell.row + 1)
        })
        .collect()
}

pub fn first(workbook: &Workbook) -> &Sheet {
    workbook.sheets.first().unwrap()
}
