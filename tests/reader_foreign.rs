//! Files made by other libraries. `tests/run` installs these libraries for Debian's own Python.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::format_collect,
    reason = "tests may"
)]

mod reader_fixtures;

use std::path::Path;
use std::process::Command;

use reader_fixtures::{first, show};
use uketsuke::inbound::attachment::FileKind;
use uketsuke::inspection::workbook::{Merged, Shown, Workbook, read};
use uketsuke::limits::Limits;

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/reader_fixtures/foreign.py");

/// One workbook by each library; a missing library fails the test.
fn make(folder: &Path) -> Vec<(String, Workbook)> {
    let output = Command::new("/usr/bin/python3").arg(SCRIPT).arg(folder).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    [
        ("openpyxl.xlsx", FileKind::Xlsx),
        ("openpyxl-1904.xlsx", FileKind::Xlsx),
        ("xlwt.xls", FileKind::Xls),
        ("odfpy.ods", FileKind::Ods),
    ]
    .into_iter()
    .map(|(name, kind)| {
        let missing = "not written; apt-get install python3-openpyxl python3-xlwt python3-odf";
        let bytes =
            std::fs::read(folder.join(name)).unwrap_or_else(|cause| panic!("{name}: {cause}: {missing}"));
        (name.to_owned(), read(&bytes, kind, &Limits::default()).unwrap())
    })
    .collect()
}

#[test]
fn libraries_of_other_programs() {
    let folder = tempfile::tempdir().unwrap();
    for (name, workbook) in make(folder.path()) {
        let sheet = first(&workbook);
        assert_eq!(sheet.name, "様式１", "{name}");
        // .xls keeps neither strike-through nor hidden rows.
        let plain = name == "xlwt.xls";
        let six = if plain { "D2=6" } else { "D2=~6" };
        let third = if name.starts_with("openpyxl") { "A3=2" } else { "A3=true" };
        let cells = show(sheet);
        for expected in [
            "A1='No.",
            "E1='備考",
            "A2=1",
            "B2=#44494",
            "C2=#0.3958333333333333",
            six,
            "E2='備考\n二行目",
            third,
            "D3=f?",
            "A5='合計",
        ] {
            assert!(cells.iter().any(|cell| cell == expected), "{name}: {expected} in {cells:?}");
        }
        assert_eq!(
            sheet.merged,
            [Merged { first_row: 4, first_column: 0, last_row: 5, last_column: 2 }],
            "{name}"
        );
        assert_eq!(sheet.hidden_rows, if plain { vec![] } else { vec![2] }, "{name}");
        assert_eq!(sheet.hidden_columns, if plain { vec![] } else { vec![4] }, "{name}");
        assert_eq!(workbook.epoch_1904, name.contains("1904"), "{name}");
        assert_eq!(workbook.has_comments, !plain, "{name}");
        let other = if name.starts_with("openpyxl") { Shown::VeryHidden } else { Shown::Hidden };
        assert_eq!(workbook.sheets[1].shown, other, "{name}");
    }
}
