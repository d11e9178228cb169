//! The marked copy of a rejected form: what it shows, that nothing in it can act, and that it can be mended and returned.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failed step fails the test"
)]

mod support;

use std::io::{Cursor, Read as _};
use std::path::Path;
use std::process::Command;

use rust_xlsxwriter::{Format, Formula, Workbook as Writer};
use support::{DeskFolder, Post, campaign, form, row};
use uketsuke::inbound::attachment::FileKind;
use uketsuke::inspection::form as reader;
use uketsuke::inspection::verdict::{Place, Severity};
use uketsuke::inspection::workbook::{self, Shown, Strike, Value, Workbook};
use uketsuke::issue::annotated::{Annotated, Mark, Subject, annotated};
use uketsuke::limits::Limits;

fn read(bytes: &[u8]) -> Workbook {
    workbook::read(bytes, FileKind::Xlsx, &Limits::default()).unwrap()
}

fn mark(severity: Severity, sheet: &str, cell: &str) -> Mark {
    Mark {
        severity,
        place: Place { sheet: Some(sheet.into()), cell: Some(cell.into()) },
        label: "接種日".into(),
        read: "11/12".into(),
        reason: "接種期間の日付ではありません。".into(),
        mend: "期間内の日付をご記入ください。".into(),
    }
}

fn copy(workbook: &Workbook, marks: &[Mark]) -> Annotated {
    let campaign = campaign();
    let subject = Subject {
        clinic: "みなみ内科クリニック",
        receipt: "8-0123-1",
        file_name: "様式１.xlsx",
        workbook: Some(workbook),
        campaign: &campaign,
    };
    annotated(&subject, marks).unwrap()
}

fn parts(bytes: &[u8]) -> Vec<(String, String)> {
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
    (0..archive.len())
        .map(|index| {
            let mut file = archive.by_index(index).unwrap();
            let mut text = String::new();
            file.read_to_string(&mut text).unwrap();
            (file.name().unwrap().to_string(), text)
        })
        .collect()
}

/// Everything that the reader makes of a file, without the places where it was said twice.
fn rows(workbook: &Workbook) -> Vec<String> {
    let reading = reader::read(workbook, "様式１.xlsx", &campaign());
    assert_eq!(reading.forms.len(), 1);
    let form = &reading.forms[0];
    form.rows
        .iter()
        .map(|row| {
            let counts = [&row.public, &row.private].map(|count| count.as_ref().map(reader::Entry::value));
            format!("{} {:?} {:?} {:?}", row.row, row.date.value(), row.start.value(), counts)
        })
        .collect()
}

/// Python with openpyxl, another program that edits workbooks.
fn python(code: &str, arguments: &[&Path]) -> String {
    let output = Command::new("/usr/bin/python3").arg("-c").arg(code).args(arguments).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn the_issued_forms_come_back_as_they_were_read() {
    for number in 1..=3 {
        let rows_filled =
            vec![row(0, 9, Some(6), None), row(18, 9, Some(6), None), row(21, 9, Some(6), None)];
        let own = read(&form(number, "0123", "みなみ内科クリニック", rows_filled));
        let sheet = own.sheets[0].name.clone();
        let copy =
            copy(&own, &[mark(Severity::Error, &sheet, "B14"), mark(Severity::Warning, &sheet, "G13:G15")]);
        assert!(copy.with_sheets && copy.bytes.len() < 100_000, "{}", copy.bytes.len());
        let back = read(&copy.bytes);
        let names: Vec<&str> = back.sheets.iter().map(|sheet| sheet.name.as_str()).collect();
        assert_eq!(names, ["修正一覧", &sheet, "記入例", "記入要領", "_form"]);
        assert_eq!(back.sheets[4].shown, Shown::VeryHidden);
        assert_eq!(rows(&back), rows(&own), "様式{number}");
        assert!(back.sheets.iter().all(|sheet| sheet.cells.iter().all(|cell| !cell.formula)));
        let reading = reader::read(&back, &copy.name, &campaign());
        assert_eq!(
            (reading.forms[0].number, reading.forms[0].evidence.hidden_id),
            (Some(number), Some(number))
        );
        assert_eq!(reading.forms[0].fields.venue_no.as_ref().unwrap().raw, "0123");
        assert!(reading.forms[0].typed_totals.is_empty(), "a computed total became the clinic's word");
        assert!(
            reading.forms[0]
                .rows
                .iter()
                .all(|row| row.weekday.as_ref().is_none_or(|day| day.value().is_none()))
        );
        let told: Vec<_> = reading.forms[0].observations.iter().collect();
        assert!(!told.contains(&&reader::Observation::Comments), "{told:?}");
        assert!(
            !told.iter().any(|seen| matches!(seen, reader::Observation::SeveralSheets { .. })),
            "{told:?}"
        );
    }
}

#[test]
fn the_list_links_to_the_cells_and_the_cells_are_coloured_with_a_note() {
    let own = read(&form(1, "0123", "みなみ内科クリニック", vec![row(18, 9, Some(6), None)]));
    let copy =
        copy(&own, &[mark(Severity::Error, "様式１", "B13"), mark(Severity::Warning, "様式１", "H13")]);
    assert_eq!(copy.name, "修正一覧_様式１.xlsx");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.xlsx");
    std::fs::write(&file, &copy.bytes).unwrap();
    let seen = python(
        "import sys, openpyxl\n\
         b = openpyxl.load_workbook(sys.argv[1])\n\
         l = b.worksheets[0]\n\
         print([c.value for c in l[6]])\n\
         print([c.value for c in l[7]])\n\
         print(l['D7'].hyperlink.location, l['D8'].hyperlink.location, b.active.title)\n\
         s = b['様式１']\n\
         print(s['B13'].fill.start_color.rgb, s['B13'].comment.text.replace('\\n', '|'), s['B13'].number_format, s['B13'].is_date)\n\
         print(s['H13'].fill.start_color.rgb, bool(s['H13'].comment))\n\
         print(s['G13'].value, s['E13'].number_format, sorted(str(m) for m in s.merged_cells.ranges)[:1] != [])\n",
        &[&file],
    );
    let lines: Vec<&str> = seen.lines().collect();
    assert_eq!(lines[0], "['No.', '区分', 'シート', 'セル', '見出し', '読み取った内容', '理由', '修正方法']");
    assert_eq!(
        lines[1],
        "[1, '要修正', '様式１', 'B13', '接種日', '11/12', '接種期間の日付ではありません。', '期間内の日付をご記入ください。']"
    );
    assert_eq!(lines[2], "'様式１'!B13 '様式１'!H13 修正一覧");
    assert_eq!(
        lines[3],
        "FFF8D7DA 【要修正】接種期間の日付ではありません。|→ 期間内の日付をご記入ください。 yyyy/m/d True"
    );
    assert_eq!(lines[4], "FFFFF3CD True");
    assert!(lines[5].starts_with("6 h:mm "), "{}", lines[5]);
}

#[test]
fn nothing_in_it_can_act() {
    let mut writer = Writer::new();
    let sheet = writer.add_worksheet();
    sheet.set_name("様式１").unwrap();
    for (at, text) in
        ["=1+1", "+1", "-1", "@SUM(A1)", "=cmd|'/c calc'!A1", "https://evil.example/x", "a\u{202e}b_x0041_"]
            .into_iter()
            .enumerate()
    {
        sheet.write_string(at as u32, 0, text).unwrap();
    }
    sheet.write_formula(8, 0, Formula::new("=HYPERLINK(\"https://evil.example\")").set_result("x")).unwrap();
    let own = read(&writer.save_to_buffer().unwrap());
    let copy = copy(&own, &[Mark { read: "=1+1".into(), ..mark(Severity::Error, "様式１", "A1") }]);
    assert!(copy.with_sheets);
    for (name, text) in parts(&copy.bytes) {
        assert!(!name.contains("sheets/sheet") || !text.contains("<f"), "{name}: {text}");
        assert!(!name.contains("externalLink") && !text.contains("TargetMode"), "{name}: {text}");
        assert!(!text.contains('\u{202e}'), "{name}");
    }
    let back = read(&copy.bytes);
    let texts: Vec<_> = back.sheets[1].cells.iter().map(|cell| cell.value.clone()).collect();
    assert!(
        texts.contains(&Value::Text("=1+1".into())) && texts.contains(&Value::Text("-1".into())),
        "{texts:?}"
    );
    assert!(texts.contains(&Value::Text("ab_x0041_".into())), "{texts:?}");
    assert_eq!(
        copy,
        self::copy(&own, &[Mark { read: "=1+1".into(), ..mark(Severity::Error, "様式１", "A1") }])
    );
}

#[test]
fn a_value_that_is_struck_in_part_is_never_sent_back_whole() {
    let mut own = read(&form(1, "0123", "みなみ内科クリニック", vec![row(0, 9, Some(12), None)]));
    let sheet = own.sheets[0].name.clone();
    let marks = [mark(Severity::Error, &sheet, "G13")];
    for (column, with_sheets) in [(6, false), (0, true)] {
        let mut struck = own.clone();
        let cell =
            struck.sheets[0].cells.iter_mut().find(|cell| (cell.row, cell.column) == (12, column)).unwrap();
        cell.strike = Strike::Part;
        assert_eq!(copy(&struck, &marks).with_sheets, with_sheets, "column {column}");
    }
    own.sheets.truncate(1);
    assert!(copy(&own, &marks).with_sheets);
}

#[test]
fn hostile_layouts_are_written_or_left_out_but_never_fail() {
    let cell = |row, column| workbook::Cell {
        row,
        column,
        value: Value::Text("x".into()),
        formula: false,
        strike: Strike::None,
    };
    let merged = |first_row, first_column, last_row, last_column| workbook::Merged {
        first_row,
        first_column,
        last_row,
        last_column,
    };
    let sheet = |name: &str| workbook::Sheet {
        name: name.into(),
        cells: vec![cell(0, 0), cell(1, 1), cell(1_048_575, 16_383)],
        merged: vec![
            merged(0, 0, 1_048_575, 16_383),
            merged(1, 1, 2, 2),
            merged(2, 2, 3, 3),
            merged(5, 5, 5, 5),
        ],
        hidden_rows: vec![1],
        hidden_columns: vec![1],
        ..workbook::Sheet::default()
    };
    let names =
        ["修正一覧", "a/b", "a:b", "'q'", "", &"長".repeat(40), &"長".repeat(41), "History", "history"];
    let own = Workbook {
        sheets: names.into_iter().map(sheet).collect(),
        names: vec![("FORM_ID".into(), "=CALL(\"x\")".into()), ("Evil".into(), "=A1".into())],
        ..Workbook::default()
    };
    let marks: Vec<Mark> = names
        .iter()
        .flat_map(|name| ["B2", "A1:XFD1048576", "C", "ほか"].map(|cell| mark(Severity::Error, name, cell)))
        .collect();
    let copy = copy(&own, &marks);
    assert!(copy.with_sheets);
    let back = read(&copy.bytes);
    assert_eq!(back.sheets.len(), names.len() + 1);
    assert!(!back.names.iter().any(|(name, _)| name == "FORM_ID" || name == "Evil"), "{:?}", back.names);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.xlsx");
    std::fs::write(&file, &copy.bytes).unwrap();
    let count =
        python("import sys, openpyxl; print(len(openpyxl.load_workbook(sys.argv[1]).worksheets))", &[&file]);
    assert_eq!(count.trim(), "10");
}

#[test]
fn what_is_too_large_goes_back_as_a_list_and_the_rest_not_at_all() {
    let cells = (0..30_000)
        .map(|row| workbook::Cell {
            row,
            column: 0,
            value: Value::Number(f64::from(row)),
            formula: false,
            strike: Strike::None,
        })
        .collect();
    let own = Workbook {
        sheets: vec![workbook::Sheet { name: "様式１".into(), cells, ..workbook::Sheet::default() }],
        ..Workbook::default()
    };
    let copy = copy(&own, &[mark(Severity::Error, "様式１", "B13")]);
    assert!(!copy.with_sheets);
    let back = read(&copy.bytes);
    assert_eq!(back.sheets.len(), 1);
    let reading = reader::read(&back, &copy.name, &campaign());
    assert!(reading.forms.is_empty());
    assert_eq!(reading.companion.as_deref(), Some("修正一覧"));
    let campaign = campaign();
    let subject =
        Subject { clinic: "a", receipt: "", file_name: "a.xlsx", workbook: Some(&own), campaign: &campaign };
    assert_eq!(annotated(&subject, &[]), None);
    let many: Vec<Mark> = (1..5_000).map(|row| mark(Severity::Error, "様式１", &format!("B{row}"))).collect();
    assert!(annotated(&subject, &many).unwrap().bytes.len() <= 500 * 1024);
}

#[test]
fn a_clinics_own_sheet_named_like_the_list_is_still_read() {
    let mut own = read(&form(1, "0123", "みなみ内科クリニック", vec![row(0, 9, Some(6), None)]));
    own.sheets[0].name = "修正一覧".into();
    assert_eq!(rows(&own).len(), 1);
    let copy = copy(&own, &[mark(Severity::Error, "修正一覧", "B13")]);
    assert!(copy.with_sheets);
    let back = read(&copy.bytes);
    assert_eq!(rows(&back), rows(&own));
    // A copy of a copy has one list, not two.
    let again = read(&self::copy(&back, &[mark(Severity::Error, &back.sheets[1].name, "B13")]).bytes);
    assert_eq!(again.sheets.len(), back.sheets.len());
}

/// A form of a clinic's own making: weekday, end time and sum are formulas, the date a text.
fn own_layout() -> Vec<u8> {
    let mut writer = Writer::new();
    let sheet = writer.add_worksheet();
    sheet.set_name("10月・11月").unwrap();
    sheet.merge_range(0, 0, 0, 6, "予約枠報告様式１（公開枠のみ）第８期", &Format::new().set_bold()).unwrap();
    for (at, (label, value)) in
        [("会場番号", "0123"), ("医療機関名", "みなみ内科クリニック")].into_iter().enumerate()
    {
        sheet.write_string(2 + at as u32, 0, label).unwrap();
        sheet.write_string(2 + at as u32, 1, value).unwrap();
    }
    for (column, head) in ["接種日", "曜日", "接種時刻", "公開枠数"].into_iter().enumerate() {
        sheet.write_string(6, 2 + column as u16, head).unwrap();
    }
    let days = [
        ("2021/10/25", "月", 9.0),
        ("2021/11/12", "金", 9.0),
        ("2021/11/15", "月", 9.0),
        ("2021/11/30", "火", 9.0),
    ];
    for (at, (day, weekday, hour)) in (7..).zip(days) {
        sheet.write_string(at, 2, day).unwrap();
        sheet
            .write_formula(at, 3, Formula::new(format!("=TEXT(C{},\"aaa\")", at + 1)).set_result(weekday))
            .unwrap();
        sheet.write_number_with_format(at, 4, hour / 24.0, &Format::new().set_num_format("h:mm")).unwrap();
        sheet.write_number(at, 5, 6).unwrap();
    }
    sheet.write_string(11, 2, "合計").unwrap();
    sheet.write_formula(11, 5, Formula::new("=SUM(F8:F11)").set_result("24")).unwrap();
    writer.save_to_buffer().unwrap()
}

#[test]
fn a_marked_copy_is_mended_returned_and_accepted() {
    let issued = form(
        1,
        "0123",
        "みなみ内科クリニック",
        [0, 18, 21, 36].map(|day| row(day, 9, Some(6), None)).to_vec(),
    );
    let cases = [
        ("予約枠報告様式１.xlsx", issued, "様式１", "B14"),
        ("自院様式.xlsx", own_layout(), "10月・11月", "C9"),
    ];
    for (name, bytes, sheet, cell) in cases {
        let mut desk = DeskFolder::new();
        let report = desk
            .take_in("2021-10-05T10:00:00+09:00", &Post { files: vec![(name, bytes)], ..Post::default() });
        assert_eq!(report["outcomes"]["rejected"], 1, "{name}: {report}");
        let letter = std::fs::read_dir(desk.path("replies/new")).unwrap().next().unwrap().unwrap().path();
        let raw = std::fs::read(letter).unwrap();
        let opened = uketsuke::inbound::message::open(&raw, &Limits::default());
        let copy = &opened.message.attachments[0];
        assert_eq!(copy.name, format!("修正一覧_{name}"));
        assert!(opened.message.text.contains(&copy.name), "{}", opened.message.text);

        let file = desk.path("returned.xlsx");
        std::fs::write(&file, &opened.files[0]).unwrap();
        let seen = python(
            "import sys, openpyxl, datetime\n\
             b = openpyxl.load_workbook(sys.argv[1])\n\
             s, c = sys.argv[2], sys.argv[3]\n\
             assert b[s][c].comment, 'no note at the cell'\n\
             assert b[s][c].fill.start_color.rgb == 'FFF8D7DA'\n\
             b[s][c].value = datetime.date(2021, 11, 9) if b[s][c].is_date else '2021/11/9'\n\
             b.save(sys.argv[1])\n\
             print(b.sheetnames)\n",
            &[&file, Path::new(sheet), Path::new(cell)],
        );
        assert!(seen.starts_with("['修正一覧', "), "{seen}");
        let mended = std::fs::read(&file).unwrap();
        let post = Post { id: "2", files: vec![(&copy.name, mended)], ..Post::default() };
        let report = desk.take_in("2021-10-06T10:00:00+09:00", &post);
        let (shown, _) = desk.json(&["show", "8-0123-2"]);
        assert_eq!(report["outcomes"]["accepted"], 1, "{name}: {report} {shown}");
        let (slots, _) = desk.json(&["slots", "--clinic", "0123"]);
        let days: Vec<&str> =
            slots.as_array().unwrap().iter().map(|slot| slot["date"].as_str().unwrap()).collect();
        assert_eq!(days, ["2021-10-25", "2021-11-09", "2021-11-15", "2021-11-30"]);
    }
}
