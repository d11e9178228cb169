//! Files made to hurt a reader, named by their rows in the hostile-input matrix. All of them are refused or read
//! within the limits, in little time and memory, without the help of the child process.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::format_collect,
    reason = "tests may"
)]

mod reader_fixtures;

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use reader_fixtures::{Package, first, form, show, zip, zip_as};
use uketsuke::inbound::attachment::FileKind;
use uketsuke::inspection::container::examine;
use uketsuke::inspection::workbook::{Refusal, Workbook, read};
use uketsuke::limits::Limits;
use zip::CompressionMethod;

fn open(bytes: &[u8]) -> Result<Workbook, Refusal> {
    let started = Instant::now();
    let result = read(bytes, FileKind::Xlsx, &Limits::default());
    assert!(started.elapsed() < Duration::from_secs(10), "took {:?}", started.elapsed());
    result
}

fn corrupt(name: &str, bytes: &[u8]) {
    let result = open(bytes);
    assert!(matches!(result, Err(Refusal::Corrupt(_))), "{name}: {result:?}");
}

fn over(setting: &str, bytes: &[u8]) {
    over_as(setting, bytes, FileKind::Xlsx);
}

fn over_as(setting: &str, bytes: &[u8], kind: FileKind) {
    match read(bytes, kind, &Limits::default()) {
        Err(Refusal::Limit { setting: named, allowed, found }) => {
            assert_eq!(named, format!("limits.{setting}"));
            assert!(found > allowed, "{setting}: {found} of {allowed}");
        }
        other => panic!("{setting}: {other:?}"),
    }
}

fn one_cell() -> Package {
    Package::new(r#"<row r="1"><c r="A1" t="s"><v>0</v></c></row>"#, &["一"])
}

#[test]
fn nothing_truncated_or_random() {
    assert_eq!(open(b""), Err(Refusal::Empty));
    corrupt("text", b"hello");
    let bytes = form(20);
    for length in [1, 4, 30, bytes.len() / 2, bytes.len() - 1] {
        corrupt("truncated", &bytes[..length]);
    }
    corrupt("zip of something else", &zip(&[("readme.txt", b"hello")]));
    // H28: archives inside are never opened.
    corrupt("nested zip", &zip(&[("inner.zip", &form(3))]));
}

#[test]
fn h29_overlapping_entries() {
    // Two directory entries that point at one local header.
    let bytes = zip_as(&[("xl/a.xml", b"aaaa"), ("xl/b.xml", b"bbbb")], CompressionMethod::Stored);
    let directory = bytes.windows(4).position(|window| window == b"PK\x01\x02").unwrap();
    let second =
        directory + 4 + bytes[directory + 4..].windows(4).position(|window| window == b"PK\x01\x02").unwrap();
    let mut overlapping = bytes.clone();
    overlapping[second + 42..second + 46].copy_from_slice(&[0, 0, 0, 0]);
    corrupt("overlap", &overlapping);
}

#[test]
fn h30_sizes_that_lie() {
    let big = "0".repeat(3_000_000);
    let mut bytes = one_cell().with("xl/worksheets/sheet1.xml", &big).bytes();
    // The central directory's uncompressed size of the last entry: 1 KB.
    let entry = bytes.windows(4).rposition(|window| window == b"PK\x01\x02").unwrap();
    bytes[entry + 24..entry + 28].copy_from_slice(&1_000_u32.to_le_bytes());
    corrupt("lying size", &bytes);
}

#[test]
fn h31_bombs() {
    let spaces = " ".repeat(51 * 1024 * 1024);
    over("entry_inflated_bytes", &one_cell().with("xl/sharedStrings.xml", &spaces).bytes());
    let half = " ".repeat(33 * 1024 * 1024);
    over("shared_string_bytes", &one_cell().with("xl/sharedStrings.xml", &half).bytes());
    over("inflated_bytes", &one_cell().with("xl/a.xml", &half).with("xl/b.xml", &half).bytes());
    over("inflation_ratio", &one_cell().with("xl/a.xml", &half).bytes());
}

#[test]
fn h32_duplicate_names() {
    let parts = one_cell();
    let mut twice = parts.parts.clone();
    twice.push(("XL\\workbook.xml".into(), b"<workbook/>".to_vec()));
    corrupt("same name but for case", &Package { parts: twice }.bytes());
}

#[test]
fn h33_names_are_never_paths() {
    let bytes =
        one_cell().with("../../etc/cron.d/x", "x").with("C:\\con", "x").with("/etc/passwd", "x").bytes();
    assert_eq!(show(first(&open(&bytes).unwrap())), ["A1='一"]);
}

#[test]
fn h34_absurd_counts() {
    let mut bytes = one_cell().bytes();
    let end = bytes.len() - 22;
    bytes[end + 8..end + 12].copy_from_slice(&[0xFF; 4]);
    over("container_entries", &bytes);
    let many: Vec<(String, Vec<u8>)> = (0..1_001).map(|index| (format!("xl/{index}"), Vec::new())).collect();
    over("container_entries", &Package { parts: many }.bytes());
}

#[test]
fn h35_unsupported_compression_and_encryption() {
    let mut bytes = one_cell().bytes();
    let entry = bytes.windows(4).rposition(|window| window == b"PK\x01\x02").unwrap();
    let mut lzma = bytes.clone();
    lzma[entry + 10..entry + 12].copy_from_slice(&14_u16.to_le_bytes());
    corrupt("LZMA", &lzma);
    bytes[entry + 8] |= 1;
    assert_eq!(open(&bytes), Err(Refusal::Password));
}

#[test]
fn h36_entities() {
    let laughs = r#"<!DOCTYPE sst [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><sst><si><t>&b;</t></si></sst>"#;
    corrupt("billion laughs", &one_cell().with("xl/sharedStrings.xml", laughs).bytes());
    let external = r#"<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><worksheet><sheetData><row><c t="inlineStr"><is><t>&e;</t></is></c></row></sheetData></worksheet>"#;
    corrupt("external entity", &one_cell().with("xl/worksheets/sheet1.xml", external).bytes());
    let late = format!("<?xml version=\"1.0\"?><!--{}--><!DOCTYPE sst><sst/>", "x".repeat(4_000));
    corrupt("late document type", &one_cell().with("xl/sharedStrings.xml", &late).bytes());
    corrupt(
        "unknown entity",
        &one_cell().with("xl/sharedStrings.xml", "<sst><si><t>&a;</t></si></sst>").bytes(),
    );
}

#[test]
fn h37_depth_attributes_encodings() {
    corrupt("depth", &one_cell().with("xl/worksheets/sheet1.xml", &"<a>".repeat(100_000)).bytes());
    let mut attributes = String::from("<worksheet");
    for index in 0..200_000 {
        write!(attributes, " a{index}=\"1\"").unwrap();
    }
    attributes.push_str("><sheetData/></worksheet>");
    let started = Instant::now();
    open(&one_cell().with("xl/worksheets/sheet1.xml", &attributes).bytes()).unwrap();
    assert!(started.elapsed() < Duration::from_secs(5));
    let mut invalid = one_cell();
    invalid.parts.last_mut().unwrap().1 = b"<worksheet>\xFF\xFE</worksheet>".to_vec();
    corrupt("invalid UTF-8", &invalid.bytes());
    let utf16: Vec<u8> =
        [0xFF, 0xFE].into_iter().chain("<worksheet/>".encode_utf16().flat_map(u16::to_le_bytes)).collect();
    invalid.parts.last_mut().unwrap().1 = utf16;
    corrupt("UTF-16", &invalid.bytes());
}

#[test]
fn h38_far_corner_costs_nothing() {
    let bytes = Package::new(
        r#"<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>2</v></c></row>"#,
        &[],
    )
    .bytes();
    let workbook = open(&bytes).unwrap();
    assert_eq!(first(&workbook).cells.len(), 2);
    assert!(first(&workbook).cell(1_048_575, 16_383).is_some());
}

#[test]
fn h39_references() {
    let cell = |reference: &str| {
        Package::new(&format!(r#"<row r="1"><c r="{reference}"><v>1</v></c></row>"#), &[]).bytes()
    };
    for reference in ["ZZZZZZZZZ1", "A0", "A-1", "XFE1", "A1048577", "A99999999999999999999", "1A", ""] {
        corrupt(reference, &cell(reference));
    }
    let row = |number: &str| Package::new(&format!(r#"<row r="{number}"/>"#), &[]).bytes();
    for number in ["0", "-1", "1048577", "x"] {
        corrupt(number, &row(number));
    }
    corrupt(
        "duplicate",
        &Package::new(r#"<row r="1"><c r="A1"><v>1</v></c><c r="A1"><v>2</v></c></row>"#, &[]).bytes(),
    );
    let lie = one_cell().edit(
        "xl/worksheets/sheet1.xml",
        "<sheetData>",
        r#"<dimension ref="A1:XFD1048576"/><sheetData>"#,
    );
    assert_eq!(show(first(&open(&lie.bytes()).unwrap())), ["A1='一"]);
}

#[test]
fn h40_masses_that_say_nothing() {
    let mut merges = String::from("</sheetData><mergeCells>");
    let mut formats = String::new();
    for row in 2..20_002 {
        write!(merges, r#"<mergeCell ref="A{row}:C{row}"/>"#).unwrap();
        write!(formats, r#"<conditionalFormatting sqref="A{row}"/>"#).unwrap();
    }
    merges.push_str("</mergeCells>");
    let bytes = one_cell()
        .edit("xl/worksheets/sheet1.xml", "</sheetData>", &format!("{merges}{formats}"))
        .edit(
            "xl/styles.xml",
            "</cellXfs>",
            &format!("{}</cellXfs>", r#"<xf numFmtId="0"/>"#.repeat(100_000)),
        )
        .edit(
            "xl/workbook.xml",
            "</sheets>",
            &format!(
                "</sheets><definedNames>{}</definedNames>",
                r#"<definedName name="a">x</definedName>"#.repeat(50_000)
            ),
        )
        .bytes();
    let workbook = open(&bytes).unwrap();
    assert!(first(&workbook).merged.is_empty());
    assert!(workbook.names.len() <= 1_000);
}

#[test]
fn h40_blank_styled_cells_are_no_content() {
    let mut rows = String::new();
    for row in 1..=20_000 {
        write!(rows, r#"<row r="{row}">"#).unwrap();
        for column in ["A", "B", "C", "D", "E", "F", "G", "H", "I"] {
            write!(rows, r#"<c r="{column}{row}" s="2"/>"#).unwrap();
        }
        rows.push_str("</row>");
    }
    let read = open(&Package::new(&rows, &[]).bytes()).unwrap();
    assert!(first(&read).cells.is_empty());
}

#[test]
fn h41_relations_that_lead_nowhere() {
    let relations = "xl/_rels/workbook.xml.rels";
    let sheet = "worksheets/sheet1.xml";
    corrupt("outside", &one_cell().edit(relations, sheet, "../../../../etc/passwd").bytes());
    corrupt(
        "http",
        &one_cell()
            .edit(relations, &format!("\"{sheet}\""), "\"http://example.com/x\" TargetMode=\"External\"")
            .bytes(),
    );
    corrupt("missing", &one_cell().without("xl/worksheets/sheet1.xml").bytes());
    corrupt(
        "cyclic",
        &one_cell()
            .edit(relations, sheet, "workbook.xml")
            .edit("xl/workbook.xml", "</sheets>", r#"<sheet name="b" r:id="rId1"/></sheets>"#)
            .bytes(),
    );
    corrupt("no relations", &one_cell().without(relations).bytes());
    // The workbook part is found without the package's relations.
    assert!(open(&one_cell().without("_rels/.rels").bytes()).is_ok());
}

#[test]
fn h43_macro_sheet_only() {
    let bytes = one_cell()
        .edit(
            "xl/_rels/workbook.xml.rels",
            "http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet",
            "http://schemas.microsoft.com/office/2006/relationships/xlMacrosheet",
        )
        .bytes();
    assert!(matches!(open(&bytes), Err(Refusal::OldFormat(_))));
}

#[test]
fn h53_shared_string_out_of_range() {
    corrupt("index", &Package::new(r#"<row r="1"><c r="A1" t="s"><v>5</v></c></row>"#, &["一"]).bytes());
    corrupt("negative", &Package::new(r#"<row r="1"><c r="A1" t="s"><v>-1</v></c></row>"#, &["一"]).bytes());
}

#[test]
fn announced_shared_strings() {
    let lie = one_cell()
        .edit("xl/sharedStrings.xml", "<sst ", r#"<sst count="1" uniqueCount="400000000" "#)
        .bytes();
    assert!(lie.len() < 8 * 1024);
    over("shared_strings", &lie);
    assert!(matches!(examine(&lie, FileKind::Xlsx, &Limits::default()), Err(Refusal::Limit { .. })));
    // .xlsb: calamine would reserve it.
    let mut record = vec![0x9F, 0x01, 0x08];
    record.extend(1_u32.to_le_bytes());
    record.extend(400_000_000_u32.to_le_bytes());
    over_as("shared_strings", &zip(&[("xl/sharedStrings.bin", &record)]), FileKind::Xlsb);
}

/// Builds a workbook with `count` of something and checks the limit one below, at and above it.
fn boundary(set: impl Fn(&mut Limits, u64), setting: &str, count: u64, bytes: &[u8]) {
    for (allowed, fits) in [(count - 1, false), (count, true), (count + 1, true)] {
        let mut limits = Limits::default();
        set(&mut limits, allowed);
        let result = read(bytes, FileKind::Xlsx, &limits);
        if fits {
            assert!(result.is_ok(), "{setting} = {allowed}: {result:?}");
        } else {
            let expected = Refusal::Limit { setting: format!("limits.{setting}"), allowed, found: count };
            assert_eq!(result.unwrap_err(), expected);
        }
    }
}

#[test]
fn boundaries() {
    let rows: String = (1..=7)
        .map(|row| {
            format!(r#"<row r="{row}"><c r="A{row}" t="s"><v>0</v></c><c r="B{row}"><v>1</v></c></row>"#)
        })
        .collect();
    let bytes = Package::new(&rows, &["あいう", "二", "三"]).bytes();
    boundary(|limits, value| limits.rows = value, "rows", 7, &bytes);
    boundary(|limits, value| limits.columns = value, "columns", 2, &bytes);
    boundary(|limits, value| limits.cells = value, "cells", 14, &bytes);
    boundary(|limits, value| limits.cell_chars = value, "cell_chars", 3, &bytes);
    boundary(|limits, value| limits.shared_strings = value, "shared_strings", 3, &bytes);
    boundary(|limits, value| limits.container_entries = value, "container_entries", 7, &bytes);
    boundary(|limits, value| limits.attachment_bytes = value, "attachment_bytes", bytes.len() as u64, &bytes);
    let strings = r#"<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><si><t>あいう</t></si><si><t>二</t></si><si><t>三</t></si></sst>"#.len() as u64;
    boundary(|limits, value| limits.shared_string_bytes = value, "shared_string_bytes", strings, &bytes);
    boundary(|limits, value| limits.sheets = value, "sheets", 3, &form(3));
}

#[test]
fn one_long_string_in_every_cell() {
    // 200,000 references to one text of 4,000 characters would be 2.4 GB.
    let text = "長".repeat(4_000);
    let rows: String = (1..=5_000)
        .map(|row| {
            let cells: String = (0..10).map(|_| r#"<c t="s"><v>0</v></c>"#).collect();
            format!(r#"<row r="{row}">{cells}</row>"#)
        })
        .collect();
    let limits = Limits { inflation_ratio: u64::MAX, ..Limits::default() };
    let result = read(&Package::new(&rows, &[&text]).bytes(), FileKind::Xlsx, &limits);
    assert!(matches!(&result, Err(Refusal::Limit { setting, .. }) if setting == "limits.child_output_bytes"));
}

#[test]
fn compound_files() {
    let xls = |bytes: &[u8]| read(bytes, FileKind::Xls, &Limits::default());
    assert!(matches!(xls(&[0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1]), Err(Refusal::Corrupt(_))));
    assert!(matches!(xls(&compound(&[("/Other", b"x")])), Err(Refusal::Corrupt(_))));
    assert_eq!(
        xls(&compound(&[("/EncryptedPackage", b"x"), ("/EncryptionInfo", b"x")])),
        Err(Refusal::Password)
    );
    let record = |kind: u16, data: &[u8]| {
        let mut bytes = kind.to_le_bytes().to_vec();
        bytes.extend((data.len() as u16).to_le_bytes());
        bytes.extend(data);
        bytes
    };
    let begin = record(0x0809, &[0, 6, 5, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    let with = |records: &[Vec<u8>]| compound(&[("/Workbook", &[begin.clone(), records.concat()].concat())]);
    assert_eq!(xls(&with(&[record(0x002F, &[1, 0, 0, 0])])), Err(Refusal::Password));
    let number = |row: u16, column: u16| {
        let mut data = [row.to_le_bytes(), column.to_le_bytes(), [0, 0]].concat();
        data.extend(1_f64.to_le_bytes());
        record(0x0203, &data)
    };
    // A sheet formatted down to its last cell announces all of it; only content counts.
    let announced = [&0_u32.to_le_bytes()[..], &65_536_u32.to_le_bytes(), &[0, 0, 0, 1, 0, 0]].concat();
    let sheet_at = (begin.len() + 4 + 8 + 1 + 4) as u32;
    let listed = [&sheet_at.to_le_bytes()[..], &[0, 0, 1, 0, b'a']].concat();
    let formatted = compound(&[(
        "/Workbook",
        &[
            begin.clone(),
            record(0x0085, &listed),
            record(0x000A, &[]),
            begin.clone(),
            record(0x0200, &announced),
            number(3, 1),
            record(0x000A, &[]),
        ]
        .concat(),
    )]);
    let workbook = xls(&formatted).unwrap();
    assert_eq!(show(first(&workbook)), ["B4=1"]);
    // Dense at once: two numbers in opposite corners.
    let corners = with(&[number(0, 0), number(65_535, 255)]);
    assert!(matches!(xls(&corners), Err(Refusal::Limit { setting, .. }) if setting == "limits.cells"));
    // A circle in the FAT: the directory's chain points at itself.
    let mut cyclic = with(&[]);
    let sector = 1_usize << cyclic[30];
    let fat = sector + sector * u32::from_le_bytes(cyclic[76..80].try_into().unwrap()) as usize;
    for entry in 0..8 {
        let value = u32::from_le_bytes(cyclic[fat + entry * 4..fat + entry * 4 + 4].try_into().unwrap());
        if value == 0xFFFF_FFFE {
            cyclic[fat + entry * 4..fat + entry * 4 + 4].copy_from_slice(&(entry as u32).to_le_bytes());
        }
    }
    let result = xls(&cyclic);
    assert!(matches!(result, Err(Refusal::Corrupt(_))), "{result:?}");
}

fn compound(streams: &[(&str, &[u8])]) -> Vec<u8> {
    use std::io::Write as _;
    let mut file = cfb::CompoundFile::create(std::io::Cursor::new(Vec::new())).unwrap();
    for (name, bytes) in streams {
        file.create_stream(name).unwrap().write_all(bytes).unwrap();
    }
    file.flush().unwrap();
    file.into_inner().into_inner()
}

fn ods(body: &str) -> Vec<u8> {
    let content = format!(
        r#"<office:document-content><office:automatic-styles><style:style style:name="s" style:family="table-cell"><style:text-properties style:text-line-through-style="solid"/></style:style></office:automatic-styles><office:body><office:spreadsheet>{body}</office:spreadsheet></office:body></office:document-content>"#
    );
    zip(&[
        ("mimetype", b"application/vnd.oasis.opendocument.spreadsheet"),
        ("content.xml", content.as_bytes()),
    ])
}

#[test]
fn ods_repeats() {
    let read = |body: &str| read(&ods(body), FileKind::Ods, &Limits::default());
    let blank = r#"<table:table table:name="a"><table:table-row table:number-rows-repeated="1048576"><table:table-cell table:number-columns-repeated="16384"/></table:table-row></table:table>"#;
    assert!(first(&read(blank).unwrap()).cells.is_empty());
    let full = r#"<table:table table:name="a"><table:table-row table:number-rows-repeated="1048576"><table:table-cell office:value-type="float" office:value="6" table:number-columns-repeated="16384"/></table:table-row></table:table>"#;
    assert!(matches!(read(full), Err(Refusal::Limit { setting, .. }) if setting == "limits.cells"));
    let absurd = r#"<table:table table:name="a"><table:table-row table:number-rows-repeated="4294967295"/><table:table-row><table:table-cell office:value-type="float" office:value="6"/></table:table-row></table:table>"#;
    assert!(matches!(read(absurd), Err(Refusal::Corrupt(_))));
    let twice = r#"<table:table table:name="a"><table:table-row table:number-rows-repeated="2"><table:table-cell/><table:table-cell office:value-type="float" office:value="6" table:number-columns-repeated="2" table:style-name="s"/></table:table-row></table:table>"#;
    assert_eq!(show(first(&read(twice).unwrap())), ["B1=~6", "C1=~6", "B2=~6", "C2=~6"]);
}

#[test]
fn ods_encrypted() {
    let bytes =
        zip(&[("META-INF/manifest.xml", b"<manifest:encryption-data/>"), ("content.xml", b"\x01\x02")]);
    assert_eq!(read(&bytes, FileKind::Ods, &Limits::default()), Err(Refusal::Password));
}
