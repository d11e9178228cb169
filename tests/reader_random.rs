//! Random damage: whatever happens to the bytes of a workbook, the reader answers with a value.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::format_collect,
    reason = "tests may"
)]

mod reader_fixtures;

use proptest::prelude::*;
use reader_fixtures::{Package, form, zip};
use uketsuke::inbound::attachment::FileKind;
use uketsuke::inspection::workbook::{Workbook, read};
use uketsuke::limits::Limits;

const SHEET: &str = r#"<worksheet><cols><col min="2" max="3" hidden="1" width="0"/></cols><sheetData><row r="1" hidden="1" ht="0" customHeight="1"><c r="A1" t="s"><v>0</v></c><c r="B1" s="1"><v>44494</v></c><c t="inlineStr"><is><r><rPr><strike/></rPr><t>a&amp;b</t></r><rPh><t>x</t></rPh></is></c><c r="D1"><f t="shared" si="0">A1</f><v>6</v></c></row><row><c t="str"><f/><v></v></c><c t="e"><v>#REF!</v></c><c t="d"><v>2021-10-25</v></c></row></sheetData><mergeCells><mergeCell ref="A1:C2"/></mergeCells></worksheet>"#;
const STRINGS: &str = r#"<sst uniqueCount="2"><si><t>_x000D_&#12354;</t></si><si><r><rPr><strike val="0"/></rPr><t>b</t></r></si></sst>"#;
const STYLES: &str = r#"<styleSheet><numFmts><numFmt numFmtId="176" formatCode="[$-411]ge.m.d;@"/></numFmts><fonts><font><strike/></font></fonts><cellXfs><xf numFmtId="176" fontId="0"/><xf numFmtId="14"/></cellXfs></styleSheet>"#;
const ODS: &str = r#"<d><style:style style:name="s" style:family="table-cell" style:parent-style-name="s"><style:text-properties style:text-line-through-style="solid"/></style:style><table:null-date table:date-value="1904-01-01"/><table:table table:name="a"><table:table-column table:number-columns-repeated="3" table:visibility="collapse"/><table:table-row table:number-rows-repeated="2" table:visibility="filter"><table:table-cell office:value-type="date" office:date-value="2021-10-25" table:number-columns-repeated="2" table:style-name="s"/><table:table-cell office:value-type="string" table:number-rows-spanned="2"><text:p>a<text:s text:c="3"/><text:span text:style-name="s">b</text:span></text:p><office:annotation/></table:table-cell><table:table-cell table:formula="x"/></table:table-row></table:table></d>"#;

/// Replaces some characters, removes some, repeats a piece.
fn damage(text: &str, edits: &[(prop::sample::Index, u8, String)]) -> String {
    let mut characters: Vec<char> = text.chars().collect();
    for (place, kind, put) in edits {
        if characters.is_empty() {
            break;
        }
        let at = place.index(characters.len());
        match kind % 3 {
            0 => characters.splice(at..=at, put.chars()).for_each(drop),
            1 => characters.truncate(at),
            _ => {
                let end = (at + 40).min(characters.len());
                let piece: Vec<char> = characters[at..end].to_vec();
                characters.splice(at..at, piece).for_each(drop);
            }
        }
    }
    characters.into_iter().collect()
}

/// What every workbook promises to the code behind it.
fn is_in_order(workbook: &Workbook) {
    for sheet in &workbook.sheets {
        assert!(
            sheet.cells.windows(2).all(|pair| (pair[0].row, pair[0].column) < (pair[1].row, pair[1].column))
        );
        for range in &sheet.merged {
            assert!(sheet.cell(range.first_row, range.first_column).is_some());
        }
        for row in &sheet.hidden_rows {
            assert!(sheet.cells.iter().any(|cell| cell.row == *row));
        }
    }
}

fn check(bytes: &[u8], kind: FileKind) {
    if let Ok(workbook) = read(bytes, kind, &Limits::default()) {
        is_in_order(&workbook);
    }
}

fn edits() -> impl Strategy<Value = Vec<(prop::sample::Index, u8, String)>> {
    let put = prop_oneof![
        Just("9999999999".to_owned()),
        Just("-1".to_owned()),
        Just("\"".to_owned()),
        Just("<c r=\"ZZZ1\">".to_owned()),
        Just("_x".to_owned()),
        "\\PC{0,3}",
    ];
    prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), put), 1..4)
}

#[test]
fn undamaged_parts_are_read() {
    let package =
        Package::new("", &[]).with("xl/worksheets/sheet1.xml", SHEET).with("xl/sharedStrings.xml", STRINGS);
    let bytes = package.with("xl/styles.xml", STYLES).bytes();
    assert_eq!(read(&bytes, FileKind::Xlsx, &Limits::default()).unwrap().sheets[0].cells.len(), 6);
    assert_eq!(
        read(&zip(&[("content.xml", ODS.as_bytes())]), FileKind::Ods, &Limits::default()).unwrap().sheets[0]
            .cells
            .len(),
        8
    );
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn damaged_parts(edits in edits(), part in 0..4_usize) {
        let mut package = Package::new("", &[])
            .with("xl/worksheets/sheet1.xml", SHEET)
            .with("xl/sharedStrings.xml", STRINGS)
            .with("xl/styles.xml", STYLES);
        let name = ["xl/worksheets/sheet1.xml", "xl/sharedStrings.xml", "xl/styles.xml", "xl/workbook.xml"][part];
        let text = package.parts.iter().find(|(known, _)| known == name).unwrap().1.clone();
        package = package.with(name, &damage(&String::from_utf8(text).unwrap(), &edits));
        check(&package.bytes(), FileKind::Xlsx);
    }

    #[test]
    fn damaged_ods(edits in edits()) {
        check(&zip(&[("content.xml", damage(ODS, &edits).as_bytes())]), FileKind::Ods);
    }

    #[test]
    fn damaged_zip(flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6)) {
        let mut bytes = form(3);
        for (place, value) in flips {
            let at = place.index(bytes.len());
            bytes[at] = value;
        }
        check(&bytes, FileKind::Xlsx);
    }

    #[test]
    fn any_bytes_as_csv(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        check(&bytes, FileKind::Csv);
    }

    #[test]
    fn any_bytes_as_xls(bytes in prop::collection::vec(any::<u8>(), 0..2_000)) {
        check(&[&[0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1][..], &bytes].concat(), FileKind::Xls);
    }
}
