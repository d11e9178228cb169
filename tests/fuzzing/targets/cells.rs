//! Workbooks: any bytes, any parts, any cells; and what is read from them.

use std::panic::{AssertUnwindSafe, catch_unwind};

use uketsuke::inbound::attachment::{Attachment, FileKind};
use uketsuke::inbound::sniff::sniff;
use uketsuke::inspection::form;
use uketsuke::inspection::rules::{Case, Settings, fingerprint, on_form, slots};
use uketsuke::inspection::standing::Standing;
use uketsuke::inspection::workbook::{Cell, Merged, Sheet, Shown, Strike, Value, Workbook, read};
use uketsuke::limits::Limits;

use super::eighth::campaign;
use super::reader_fixtures::{Package, zip};
use super::slots::come_from_cells;
use uketsuke::clinic::Registry;

/// Bytes of a file to cells.
pub fn workbook(data: &[u8]) {
    if let Some(workbook) = opened(data) {
        in_order(&workbook);
    }
}

/// Bytes of a file to cells, form and findings.
pub fn form(data: &[u8]) -> usize {
    let Some(workbook) = opened(data) else { return 0 };
    in_order(&workbook);
    sound_form(&workbook, "様式.xlsx")
}

/// The XML parts of a workbook, which a changed byte of the whole file would hardly ever reach: the first byte
/// chooses the format; sheet, strings, styles and workbook follow, with a zero byte between.
pub fn parts(data: &[u8]) -> usize {
    let Some((format, rest)) = data.split_first() else { return 0 };
    let text = String::from_utf8_lossy(rest);
    let (bytes, kind) = if format % 2 == 0 {
        let names = ["xl/worksheets/sheet1.xml", "xl/sharedStrings.xml", "xl/styles.xml", "xl/workbook.xml"];
        let given = names.into_iter().zip(text.split('\0')).filter(|(_, part)| !part.is_empty());
        let package = given.fold(Package::new("", &[]), |package, (name, part)| package.with(name, part));
        (package.bytes(), FileKind::Xlsx)
    } else {
        (zip(&[("content.xml", text.as_bytes())]), FileKind::Ods)
    };
    let Ok(workbook) = read(&bytes, kind, &Limits::default()) else { return 0 };
    in_order(&workbook);
    sound_form(&workbook, "様式.xlsx")
}

/// As the limited child reads a file; calamine's own panics on .xls and .xlsb are caught there.
fn opened(data: &[u8]) -> Option<Workbook> {
    let kind = sniff(data, "様式.csv");
    if !kind.is_workbook() {
        return None;
    }
    let reading = || read(data, kind, &Limits::default()).ok();
    match kind {
        FileKind::Xls | FileKind::Xlsb => catch_unwind(AssertUnwindSafe(reading)).ok().flatten(),
        _ => reading(),
    }
}

/// What every workbook promises to the code behind it.
pub fn in_order(workbook: &Workbook) {
    let limits = Limits::default();
    assert!(workbook.sheets.len() as u64 <= limits.sheets);
    for sheet in &workbook.sheets {
        let places = || sheet.cells.iter().map(|cell| (cell.row, cell.column));
        assert!(places().zip(places().skip(1)).all(|(before, after)| before < after), "cells out of order");
        assert!(sheet.cells.len() as u64 <= limits.cells);
        for range in &sheet.merged {
            assert!(sheet.cell(range.first_row, range.first_column).is_some(), "an empty merged range");
        }
        for row in &sheet.hidden_rows {
            assert!(sheet.cells.iter().any(|cell| cell.row == *row), "an empty hidden row");
        }
    }
}

/// The form of a workbook: every slot comes from a cell, and every rule has its say. How many slots there are.
pub fn sound_form(workbook: &Workbook, name: &str) -> usize {
    let campaign = campaign();
    let reading = form::read(workbook, name, &campaign);
    come_from_cells(workbook, &reading);
    let (registry, settings) = (Registry::new([]), Settings::default());
    let mut all = 0;
    for form in &reading.forms {
        let found = slots(form, &campaign);
        all += found.len();
        assert_eq!(fingerprint(&found, &form.visibility).len(), 64);
        let findings = on_form(&Case {
            campaign: &campaign,
            registry: &registry,
            settings: &settings,
            attachment: &Attachment::default(),
            container: workbook.container,
            form,
            clinic: None,
            standing: &Standing::default(),
            slots: &found,
            scope: &form.visibility,
            beside: &[],
            siblings: &[],
            twins: &[],
            with_registry: false,
        });
        for finding in findings {
            assert!(!finding.message.is_empty(), "{finding:?}");
        }
    }
    all
}

/// Headings and values that clinics write.
const WORDS: [&str; 64] = [
    "接種日",
    "接種時刻",
    "終了時刻",
    "公開枠数",
    "非公開枠数",
    "枠数",
    "曜日",
    "接種回",
    "合計",
    "小計",
    "１回目",
    "２回目",
    "〃",
    "10/25",
    "11/15",
    "11/12",
    "10月",
    "11月",
    "25日",
    "１５",
    "9:00",
    "9:30",
    "9:00～9:30",
    "午前９時",
    "午後1時30分",
    "６名",
    "6",
    "休",
    "－",
    "各5",
    "会場番号",
    "0123",
    "医療機関名",
    "医療機関名：あ",
    "くまもと医院",
    "予約枠報告様式１（公開枠のみ）",
    "予約枠報告様式３（公開・非公開）",
    "様式番号 K8-2",
    "公開",
    "非公開",
    "月",
    "火",
    "日",
    "区分",
    "備考",
    "時間",
    "例",
    "①６月１日",
    "令和３年10月25日",
    "R3.10.25",
    "10/25～11/9",
    "毎週月曜",
    "午後",
    "第８期",
    "第７期",
    "修正",
    "上限量",
    "※午前のみ",
    "1,2",
    "(",
    "）",
    "辞退します",
    "氏名",
    "9999",
];
const DAY: u8 = 200;
const QUARTER: u8 = 201;
const COUNT: u8 = 202;
const FORMULA: u8 = 203;
const MERGED: u8 = 204;
const HIDDEN: u8 = 205;
const NEXT_SHEET: u8 = 206;

/// Near the corner, or at the ends of the world.
fn place(byte: u8) -> u32 {
    match byte {
        255 => u32::MAX,
        254 => 1_048_575,
        near => u32::from(near % 48),
    }
}

/// Cells of four bytes: row, column, what, how much.
pub fn layout(data: &[u8]) -> usize {
    let mut sheets = vec![Sheet { name: "様式３".into(), ..Sheet::default() }];
    for cell in data.chunks_exact(4) {
        let (row, column, what, how) = (place(cell[0]), place(cell[1]), cell[2], cell[3]);
        if what == NEXT_SHEET && sheets.len() < 4 {
            let name = ["１回目", "非公開", "記入例", "_form"][usize::from(how % 4)];
            let shown = if how > 127 { Shown::Hidden } else { Shown::Visible };
            sheets.push(Sheet { name: name.into(), shown, ..Sheet::default() });
            continue;
        }
        let sheet = sheets.last_mut().unwrap();
        let mut put = |value, formula| {
            sheet.cells.push(Cell {
                row,
                column,
                value,
                formula,
                strike: match how {
                    250 => Strike::Whole,
                    249 => Strike::Part,
                    _ => Strike::None,
                },
            });
        };
        match what {
            DAY => put(Value::Serial(44_470.0 + f64::from(how)), false),
            QUARTER => put(Value::Number(f64::from(how) / 96.0), false),
            COUNT => put(Value::Number(f64::from(how)), false),
            FORMULA if how % 2 == 0 => put(Value::NoResult, true),
            FORMULA => put(Value::Number(f64::from(how)), true),
            MERGED => sheet.merged.push(Merged {
                first_row: row,
                first_column: column,
                last_row: row.saturating_add(u32::from(how % 8)),
                last_column: column.saturating_add(u32::from(how / 32)),
            }),
            HIDDEN if how % 2 == 0 => sheet.hidden_rows.push(row),
            HIDDEN => sheet.hidden_columns.push(column),
            word => put(Value::Text(WORDS[usize::from(word) % WORDS.len()].into()), false),
        }
    }
    for sheet in &mut sheets {
        sheet.cells.sort_by_key(|cell| (cell.row, cell.column));
        sheet.cells.dedup_by_key(|cell| (cell.row, cell.column));
        sheet.merged.sort_by_key(|range| (range.first_row, range.first_column));
        sheet.merged.dedup_by_key(|range| (range.first_row, range.first_column));
    }
    let known: Vec<Vec<(u32, u32)>> =
        sheets.iter().map(|sheet| sheet.cells.iter().map(|cell| (cell.row, cell.column)).collect()).collect();
    for (sheet, known) in sheets.iter_mut().zip(known) {
        sheet.merged.retain(|range| known.contains(&(range.first_row, range.first_column)));
    }
    sound_form(&Workbook { sheets, ..Workbook::default() }, "様式.xlsx")
}

fn word(text: &str) -> u8 {
    WORDS.iter().position(|word| *word == text).unwrap() as u8
}

/// A list, a matrix, and two lists side by side.
pub fn layout_seeds() -> Vec<Vec<u8>> {
    let title = [
        [0, 0, word("予約枠報告様式３（公開・非公開）"), 0],
        [1, 0, word("会場番号"), 0],
        [1, 1, word("0123"), 0],
        [1, 2, word("医療機関名"), 0],
        [1, 3, word("くまもと医院"), 0],
    ];
    let heading = |column: u8| {
        let names = ["接種日", "接種時刻", "公開枠数", "非公開枠数"];
        names.into_iter().zip(column..).map(|(name, column)| [3, column, word(name), 0]).collect::<Vec<_>>()
    };
    let rows = |column: u8, first: u8| {
        (0..6_u8)
            .flat_map(|row| {
                let at = 4 + row;
                [
                    [at, column, DAY, first + row / 3],
                    [at, column + 1, QUARTER, 36 + 2 * row],
                    [at, column + 2, COUNT, 6],
                    [at, column + 3, COUNT, row % 2],
                ]
            })
            .collect::<Vec<_>>()
    };
    let list: Vec<[u8; 4]> = title.into_iter().chain(heading(0)).chain(rows(0, 24)).collect();
    let beside: Vec<[u8; 4]> = list.iter().copied().chain(heading(5)).chain(rows(5, 45)).collect();
    let mut matrix: Vec<[u8; 4]> = title.to_vec();
    for column in 0..4_u8 {
        matrix.push([3, 1 + 2 * column, DAY, 24 + column]);
        matrix.push([4, 1 + 2 * column, word("公開"), 0]);
        matrix.push([4, 2 + 2 * column, word("非公開"), 0]);
        for row in 0..3_u8 {
            matrix.push([5 + row, 0, QUARTER, 36 + 2 * row]);
            matrix.push([5 + row, 1 + 2 * column, COUNT, 6]);
            matrix.push([5 + row, 2 + 2 * column, COUNT, row]);
        }
    }
    [list, beside, matrix].into_iter().map(|cells| cells.concat()).collect()
}
