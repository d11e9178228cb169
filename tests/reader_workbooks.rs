//! Ordinary and odd workbooks: what the reader makes of them, and that calamine sees the same cells.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::format_collect,
    reason = "tests may"
)]

mod reader_fixtures;

use std::io::Cursor;

use calamine::{Data, Reader as _, Xlsx};
use reader_fixtures::{Package, first, form, show};
use rust_xlsxwriter::{ExcelDateTime, Format, Note, Workbook as Writer};
use uketsuke::inbound::attachment::FileKind;
use uketsuke::inspection::workbook::{Merged, Shown, Value, Workbook, read};
use uketsuke::limits::Limits;

fn open(bytes: &[u8]) -> Workbook {
    read(bytes, FileKind::Xlsx, &Limits::default()).unwrap()
}

/// Every non-empty cell that calamine finds must be ours too, and no other.
fn same_as_calamine(bytes: &[u8]) {
    let ours = open(bytes);
    let mut theirs: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).unwrap();
    assert_eq!(ours.sheets.iter().map(|sheet| sheet.name.clone()).collect::<Vec<_>>(), theirs.sheet_names());
    for sheet in &ours.sheets {
        let range = theirs.worksheet_range(&sheet.name).unwrap();
        let (top, left) = range.start().unwrap_or_default();
        let expected: Vec<(u32, u32, Value)> = range
            .used_cells()
            .filter_map(|(row, column, data)| {
                let value = match data {
                    Data::Int(whole) => Value::Number(*whole as f64),
                    Data::Float(number) => Value::Number(*number),
                    Data::DateTime(stamp) => Value::Serial(stamp.as_f64()),
                    Data::String(text) if text.is_empty() => return None,
                    Data::String(text) => Value::Text(text.into()),
                    Data::Bool(flag) => Value::Bool(*flag),
                    Data::Error(error) => Value::Error(error.to_string().into()),
                    other => panic!("{other:?}"),
                };
                Some((top + row as u32, left + column as u32, value))
            })
            .collect();
        let found: Vec<(u32, u32, Value)> = sheet
            .cells
            .iter()
            .filter(|cell| cell.value != Value::NoResult)
            .map(|cell| (cell.row, cell.column, cell.value.clone()))
            .collect();
        assert_eq!(found.len(), expected.len(), "{}", sheet.name);
        for (found, expected) in found.iter().zip(&expected) {
            match (&found.2, &expected.2) {
                (Value::Serial(one), Value::Serial(other)) => {
                    assert!((one - other).abs() < 1e-6, "{found:?} {expected:?}");
                }
                _ => assert_eq!(found, expected),
            }
        }
    }
}

#[test]
fn form_with_119_rows() {
    let bytes = form(119);
    same_as_calamine(&bytes);
    let workbook = open(&bytes);
    assert_eq!(workbook.container, FileKind::Xlsx);
    assert_eq!(
        workbook.sheets.iter().map(|sheet| (sheet.name.as_str(), sheet.shown)).collect::<Vec<_>>(),
        [("様式３", Shown::Visible), ("記入例", Shown::Visible), ("_form", Shown::VeryHidden)]
    );
    assert_eq!(workbook.names, [("FORM_ID".to_owned(), "'_form'!$A$1".to_owned())]);
    let sheet = first(&workbook);
    assert_eq!(sheet.cell(12, 1).unwrap().value, Value::Serial(44_494.0));
    assert_eq!(sheet.cell(13, 4).unwrap().value, Value::Serial(34_200.0 / 86_400.0));
    assert!(sheet.cell(12, 2).unwrap().formula);
    assert_eq!(sheet.cell(12, 2).unwrap().value, Value::Text("月".into()));
    let merged = Merged { first_row: 4, first_column: 4, last_row: 4, last_column: 8 };
    assert_eq!(sheet.merged_at(4, 8), Some(merged));
    assert_eq!(sheet.merged_at(5, 8), None);
}

#[test]
fn styles_that_matter() {
    let mut writer = Writer::new();
    let sheet = writer.add_worksheet().set_name("様式１").unwrap();
    let strike = Format::new().set_font_strikethrough();
    sheet.write(0, 0, 6).unwrap().write_with_format(1, 0, 6, &strike).unwrap();
    sheet.write_rich_string(2, 0, &[(&strike, "消した")]).unwrap();
    sheet.write_rich_string(3, 0, &[(&strike, "消した"), (&Format::new(), "残した")]).unwrap();
    sheet.write(4, 0, "隠した行").unwrap().set_row_hidden(4).unwrap();
    sheet.write(0, 2, "隠した列").unwrap().set_column_hidden(2).unwrap();
    sheet.write(0, 3, "幅ゼロ").unwrap().set_column_width(3, 0).unwrap();
    sheet.set_row_hidden(9).unwrap();
    sheet.insert_note(0, 0, &Note::new("コメント")).unwrap();
    let bytes = writer.save_to_buffer().unwrap();
    let workbook = open(&bytes);
    let sheet = first(&workbook);
    assert_eq!(
        show(sheet),
        ["A1=6", "C1='隠した列", "D1='幅ゼロ", "A2=~6", "A3=~'消した", "A4=~-'消した残した", "A5='隠した行"]
    );
    assert_eq!(sheet.hidden_rows, [4]);
    assert_eq!(sheet.hidden_columns, [2, 3]);
    assert!(workbook.has_comments);
    assert!(!workbook.has_macros);
    same_as_calamine(&bytes);
}

#[test]
fn autofilter_hides_rows() {
    let mut writer = Writer::new();
    let sheet = writer.add_worksheet();
    for (row, text) in ["区分", "公開", "非公開"].iter().enumerate() {
        sheet.write(row as u32, 0, *text).unwrap();
    }
    sheet.autofilter(0, 0, 2, 0).unwrap();
    sheet.filter_column(0, &rust_xlsxwriter::FilterCondition::new().add_list_filter("公開")).unwrap();
    let bytes = writer.save_to_buffer().unwrap();
    assert_eq!(first(&open(&bytes)).hidden_rows, [2]);
}

/// One row of cells as written, and what they are read as.
fn check(rows: &str, expected: &[&str]) {
    let bytes = Package::new(rows, &["一", "<![CDATA[<二>]]>", "a_x000D_\nb"]).bytes();
    assert_eq!(show(first(&open(&bytes))), expected, "{rows}");
}

#[test]
fn cell_types() {
    check(r#"<row r="1"><c r="A1"><v>6</v></c><c r="B1" t="n"><v>6.5</v></c></row>"#, &["A1=6", "B1=6.5"]);
    check(
        r#"<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>1</v></c><c r="C1" t="s"><v>2</v></c></row>"#,
        &["A1='一", "B1='<二>", "C1='a\nb"],
    );
    check(
        r#"<row r="1"><c r="A1" t="inlineStr"><is><t>直接</t><rPh sb="0" eb="1"><t>チョクセツ</t></rPh></is></c></row>"#,
        &["A1='直接"],
    );
    // A cell of inline text without any: nothing of the cell before it shows through.
    check(
        r#"<row r="1"><c r="A1" t="inlineStr"><is><t>直接</t></is></c><c r="B1" t="inlineStr"></c><c r="C1" t="inlineStr"/></row>"#,
        &["A1='直接"],
    );
    check(
        r#"<row r="1"><c r="A1" t="inlineStr"><is><r><rPr><strike/></rPr><t>消</t></r></is></c></row>"#,
        &["A1=~'消"],
    );
    // An empty one is blank, whatever stood in the cell before it.
    for empty in ["", "<is/>", "<is></is>", "<is><t/></is>", "<is><t> </t></is>"] {
        let cells = format!(
            r#"<row r="1"><c r="A1" t="inlineStr"><is><t>6</t></is></c><c r="B1" t="inlineStr">{empty}</c><c r="C1"><v>1</v></c></row>"#
        );
        check(&cells, &["A1='6", "C1=1"]);
    }
    check(
        r#"<row r="1"><c r="A1" t="b"><v>1</v></c><c r="B1" t="e"><v>#REF!</v></c><c r="C1" t="d"><v>2021-10-25</v></c></row>"#,
        &["A1=true", "B1=!#REF!", "C1=#44494"],
    );
    check(r#"<row r="1"><c r="A1" t="str"><f>B1</f><v>a&amp;b</v></c></row>"#, &["A1=f'a&b"]);
}

#[test]
fn numbers() {
    check(
        r#"<row r="1"><c r="A1" s="1"><v>44494</v></c><c r="B1" s="3"><v>0.39583333</v></c></row>"#,
        &["A1=#44494", "B1=#0.3958333333333333"],
    );
    check(
        r#"<row r="1"><c r="A1" s="1"><v>46174.99999999999</v></c><c r="B1"><v>5.9999999999999991</v></c></row>"#,
        &["A1=#46175", "B1=6"],
    );
    check(
        r#"<row r="1"><c r="A1"><v>1e999</v></c><c r="B1"><v>NaN</v></c><c r="C1"><v>abc</v></c></row>"#,
        &["A1=!1e999", "B1=!NaN", "C1=!abc"],
    );
    check(
        r#"<row r="1"><c r="A1"><v>-0</v></c><c r="B1"><v>1E+2</v></c><c r="C1"><v> 7 </v></c></row>"#,
        &["A1=0", "B1=100", "C1=7"],
    );
}

#[test]
fn formulas_without_a_result() {
    check(r#"<row r="1"><c r="A1"><f>SUM(B1:B9)</f></c></row>"#, &["A1=f?"]);
    check(r#"<row r="1"><c r="A1"><f>SUM(B1:B9)</f><v></v></c></row>"#, &["A1=f?"]);
    check(r#"<row r="1"><c r="A1"><f>SUM(B1:B9)</f><v/></c></row>"#, &["A1=f?"]);
    check(r#"<row r="1"><c r="A1"><f t="shared" si="0"/></c></row>"#, &["A1=f?"]);
    // An empty text is a result: the cell is blank.
    check(
        r#"<row r="1"><c r="A1" t="str"><f>IF(B1="","",1)</f><v></v></c><c r="B1"><v>1</v></c></row>"#,
        &["B1=1"],
    );
    check(r#"<row r="1"><c r="A1"><f>B1</f><v>6</v></c></row>"#, &["A1=f6"]);
}

#[test]
fn positions() {
    // H39: without references, out of order, a dimension that lies.
    check("<row><c><v>1</v></c><c><v>2</v></c></row><row><c><v>3</v></c></row>", &["A1=1", "B1=2", "A2=3"]);
    check(
        r#"<row r="3"><c r="B3"><v>3</v></c><c><v>4</v></c></row><row r="1"><c r="A1"><v>1</v></c></row>"#,
        &["A1=1", "B3=3", "C3=4"],
    );
    check(r#"<row r="1"><c r="A1" s="2"/><c r="B1"><v>1</v></c></row>"#, &["B1=1"]);
    // A blank duplicate is no second content.
    check(r#"<row r="1"><c r="A1"/><c r="A1"><v>1</v></c></row>"#, &["A1=1"]);
}

#[test]
fn epoch_1904_shifts_only_dates() {
    let rows = r#"<row r="1"><c r="A1" s="1"><v>43032</v></c><c r="B1"><v>43032</v></c><c r="C1" s="3"><v>0.375</v></c></row>"#;
    let bytes = Package::new(rows, &[])
        .edit("xl/workbook.xml", "<sheets>", r#"<workbookPr date1904="1"/><sheets>"#)
        .bytes();
    let workbook = open(&bytes);
    assert!(workbook.epoch_1904);
    assert_eq!(show(first(&workbook)), ["A1=#44494", "B1=43032", "C1=#0.375"]);
}

#[test]
fn prefixed_elements_and_strict_namespaces() {
    let bytes = Package::new("", &[])
        .with("xl/worksheets/sheet1.xml", r#"<x:worksheet xmlns:x="http://purl.oclc.org/ooxml/spreadsheetml/main"><x:sheetData><x:row r="1"><x:c r="A1" t="s"><x:v>0</x:v></x:c></x:row></x:sheetData></x:worksheet>"#)
        .with("xl/sharedStrings.xml", r#"<x:sst xmlns:x="http://purl.oclc.org/ooxml/spreadsheetml/main" count="1" uniqueCount="1"><x:si><x:t>熊本</x:t></x:si></x:sst>"#)
        .edit("xl/_rels/workbook.xml.rels", "http://schemas.openxmlformats.org/officeDocument/2006/relationships", "http://purl.oclc.org/ooxml/officeDocument/relationships")
        .bytes();
    assert_eq!(show(first(&open(&bytes))), ["A1='熊本"]);
}

#[test]
fn other_folders_backslashes_and_case() {
    let plain = Package::new(r#"<row r="1"><c r="A1"><v>6</v></c></row>"#, &[]);
    let backslashes = Package {
        parts: plain.parts.iter().map(|(name, bytes)| (name.replace('/', "\\"), bytes.clone())).collect(),
    };
    assert_eq!(show(first(&open(&backslashes.bytes()))), ["A1=6"]);
    let absolute =
        plain.edit("xl/_rels/workbook.xml.rels", "worksheets/sheet1.xml", "/xl/Worksheets/Sheet1.xml");
    assert_eq!(show(first(&open(&absolute.bytes()))), ["A1=6"]);
}

#[test]
fn chart_and_macro_sheets_are_passed_over() {
    let bytes = Package::new(r#"<row r="1"><c r="A1"><v>6</v></c></row>"#, &[])
        .edit("xl/workbook.xml", "<sheets>", r#"<sheets><sheet name="グラフ" sheetId="2" r:id="rId8"/><sheet name="Macro1" sheetId="3" r:id="rId9"/>"#)
        .edit("xl/_rels/workbook.xml.rels", "</Relationships>", r#"<Relationship Id="rId8" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/chartsheet" Target="chartsheets/sheet1.xml"/><Relationship Id="rId9" Type="http://schemas.microsoft.com/office/2006/relationships/xlMacrosheet" Target="macrosheets/sheet1.xml"/></Relationships>"#)
        .bytes();
    let workbook = open(&bytes);
    assert_eq!(workbook.sheets.len(), 1);
    assert!(workbook.has_macros);
}

#[test]
fn protected_but_not_encrypted() {
    // H52
    let mut writer = Writer::new();
    writer.add_worksheet().write(0, 0, 6).unwrap().protect_with_password("x");
    assert_eq!(show(first(&open(&writer.save_to_buffer().unwrap()))), ["A1=6"]);
}

#[test]
fn mail_footer_behind_the_zip() {
    let mut bytes = form(3);
    bytes.extend_from_slice(b"\r\n-- \r\nThis mail was scanned.\r\n".repeat(40).as_slice());
    assert_eq!(open(&bytes).sheets.len(), 3);
}

#[test]
fn japanese_builtin_formats_are_dates() {
    let mut writer = Writer::new();
    let sheet = writer.add_worksheet();
    let date = ExcelDateTime::from_ymd(2021, 10, 25).unwrap();
    for (row, id) in [14_u8, 27, 31, 32, 55, 56, 57, 58].iter().enumerate() {
        sheet.write_with_format(row as u32, 0, &date, &Format::new().set_num_format_index(*id)).unwrap();
    }
    let bytes = writer.save_to_buffer().unwrap();
    let sheet = first(&open(&bytes)).clone();
    assert_eq!(sheet.cells.len(), 8);
    assert!(sheet.cells.iter().all(|cell| cell.value == Value::Serial(44_494.0)), "{:?}", show(&sheet));
}
