//! The issued forms and the slot list, read again with another program's eyes (calamine).

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test fails by panicking"
)]

mod eighth;

use std::io::{Cursor, Read};

use calamine::{Data, Reader, SheetVisible, Xlsx};
use eighth::campaign;
use jiff::civil::{date, time};
use uketsuke::campaign::{Campaign, Dose, Period};
use uketsuke::clinic::Ward;
use uketsuke::inspection::verdict::Visibility;
use uketsuke::issue::form_workbook::{FilledForm, FilledRow, file_name, filled, form_workbook};
use uketsuke::issue::slot_export::{ChangeKind, Encoding, ExportSlot, csv, difference_csv, differences};

type Book = Xlsx<Cursor<Vec<u8>>>;

fn open(bytes: Vec<u8>) -> Book {
    calamine::open_workbook_from_rs(Cursor::new(bytes)).unwrap()
}

fn cell(book: &mut Book, sheet: &str, at: (u32, u32)) -> Data {
    book.worksheet_range(sheet).unwrap().get_value(at).cloned().unwrap_or_default()
}

fn part(bytes: &[u8], name: &str) -> String {
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes.to_vec())).unwrap();
    let mut text = String::new();
    archive.by_name(name).unwrap().read_to_string(&mut text).unwrap();
    text
}

/// A date or time as `date 44494`, so that a mere number is told apart.
fn text(data: &Data) -> String {
    match data {
        Data::DateTime(serial) => format!("date {}", serial.as_f64()),
        other => other.to_string(),
    }
}

fn morning() -> FilledForm {
    let row = |day, hour, public, private| FilledRow {
        date: day,
        start: time(hour, 0, 0, 0),
        end: Some(time(hour, 30, 0, 0)),
        public,
        private,
        ..FilledRow::default()
    };
    FilledForm {
        venue_no: "0123".into(),
        name: "=あおぞらクリニック".into(),
        ward: "中央区".into(),
        kind: "新規".into(),
        submitted_on: Some(date(2021, 10, 1)),
        cap: Some(40),
        rows: vec![
            row(date(2021, 10, 25), 9, Some(6), Some(2)),
            row(date(2021, 11, 12), 9, Some(1), None),
            row(date(2021, 11, 15), 9, Some(6), Some(3)),
        ],
        ..FilledForm::default()
    }
}

#[test]
fn the_blank_forms_have_the_issued_layout() {
    let check = |number: u8, title: &str, sheet: &str, head: &[&str]| {
        let bytes = form_workbook(number, &campaign(), None).unwrap();
        assert_eq!(file_name(number), format!("{title}.xlsx"));
        let mut book = open(bytes);
        assert_eq!(book.sheet_names(), [sheet, "記入例", "記入要領", "_form"]);
        let visible: Vec<SheetVisible> = book.sheets_metadata().iter().map(|sheet| sheet.visible).collect();
        assert_eq!(visible[..3], [SheetVisible::Visible; 3]);
        assert_eq!(visible[3], SheetVisible::VeryHidden);
        assert_eq!(text(&cell(&mut book, sheet, (0, 0))), title);
        assert_eq!(text(&cell(&mut book, sheet, (0, 8))), format!("様式番号 K8-{number}"));
        let said = text(&cell(&mut book, sheet, (1, 0)));
        assert!(said.contains("第８期（令和３年１０月２５日～１１月３０日）"), "{said}");
        let said = text(&cell(&mut book, sheet, (2, 0)));
        assert!(said.contains("※提出期限：令和３年１０月８日（金）"), "{said}");
        let said = text(&cell(&mut book, sheet, (10, 0)));
        assert_eq!(
            said,
            "１回目接種期間：10/25(月)～11/9(火)　２回目接種期間：11/15(月)～11/30(火)（11/10～11/14は対象外）"
        );
        let found: Vec<String> = (0..9).map(|column| text(&cell(&mut book, sheet, (11, column)))).collect();
        assert_eq!(&found[..head.len()], head);
        assert!(found[head.len()..].iter().all(String::is_empty));
        assert_eq!(text(&cell(&mut book, sheet, (311, 0))), "300");
        assert_eq!(text(&cell(&mut book, sheet, (312, 0))), "合計");
        assert_eq!(text(&cell(&mut book, "_form", (0, 0))), "KUMAMOTO-VFRAME");
        assert_eq!(text(&cell(&mut book, "_form", (1, 1))), number.to_string());
        assert_eq!(text(&cell(&mut book, "_form", (2, 1))), "8");
        assert_eq!(text(&cell(&mut book, "_form", (3, 1))), "2021-09-28.1");
        assert_eq!(text(&cell(&mut book, "_form", (4, 1))), "list");
        assert_eq!(text(&cell(&mut book, "_form", (31, 3))), "date 44530");
        let names = book.defined_names().to_vec();
        assert!(
            names.iter().any(|(name, value)| name == "FORM_ID" && value.contains(&format!("K8-{number}")))
        );
        assert!(text(&cell(&mut book, "記入例", (0, 0))).starts_with("記入例"));
        assert_eq!(text(&cell(&mut book, "記入例", (4, 1))), "9999");
    };
    let front = ["No.", "接種日", "曜日", "接種回", "接種時刻", "終了時刻"];
    let head = |rest: &[&'static str]| [&front[..], rest].concat();
    check(1, "予約枠報告様式１（公開枠のみ）", "様式１", &head(&["公開枠数", "備考"]));
    check(2, "予約枠報告様式２（非公開枠のみ）", "様式２", &head(&["非公開枠数", "備考"]));
    check(3, "予約枠報告様式３（公開・非公開）", "様式３", &head(&["公開枠数", "非公開枠数", "備考"]));
}

#[test]
fn a_filled_form_carries_values_and_formula_results() {
    let mut book = open(filled(3, &campaign(), &morning()).unwrap());
    let sheet = "様式３";
    let check =
        |book: &mut Book, at, expected: &str| assert_eq!(text(&cell(book, sheet, at)), expected, "{at:?}");
    check(&mut book, (4, 1), "0123");
    check(&mut book, (4, 4), "=あおぞらクリニック");
    check(&mut book, (8, 4), "40");
    check(&mut book, (9, 2), "8");
    check(&mut book, (9, 4), "9");
    check(&mut book, (9, 6), "18");
    check(&mut book, (9, 8), "22");
    check(&mut book, (12, 1), "date 44494");
    check(&mut book, (12, 2), "月");
    check(&mut book, (12, 3), "１回目");
    check(&mut book, (13, 3), "対象外");
    check(&mut book, (14, 3), "２回目");
    check(&mut book, (14, 7), "3");
    check(&mut book, (15, 2), "");
    check(&mut book, (312, 6), "13");
    check(&mut book, (312, 7), "5");
    check(&mut book, (12, 4), "date 0.375");
}

#[test]
fn a_form_for_one_clinic_is_filled_in_at_the_top_only() {
    let clinics = uketsuke::demo::sample_registry();
    let clinic = clinics.iter().find(|clinic| clinic.venue_no == "0123").unwrap();
    let mut book = open(form_workbook(1, &campaign(), Some(clinic)).unwrap());
    assert_eq!(text(&cell(&mut book, "様式１", (4, 1))), "0123");
    assert_eq!(text(&cell(&mut book, "様式１", (8, 4))), "120");
    assert_eq!(text(&cell(&mut book, "様式１", (12, 1))), "");
    assert_eq!(text(&cell(&mut book, "_form", (5, 1))), "0123");
}

#[test]
fn a_count_without_a_column_is_pasted_beside_the_table() {
    let mut book = open(filled(1, &campaign(), &morning()).unwrap());
    assert_eq!(text(&cell(&mut book, "様式１", (11, 8))), "非公開枠数");
    assert_eq!(text(&cell(&mut book, "様式１", (12, 8))), "2");
    assert_eq!(text(&cell(&mut book, "様式１", (9, 6))), "13");
}

#[test]
fn the_sheet_helps_and_protects_without_stopping_anyone() {
    let bytes = form_workbook(3, &campaign(), None).unwrap();
    let sheet = part(&bytes, "xl/worksheets/sheet1.xml");
    assert!(sheet.contains("<sheetProtection") && !sheet.contains("password="));
    // Date, time, count and five header fields are typed in half width; 区 and 提出区分 are picked.
    let rules: Vec<&str> = sheet.split("<dataValidation ").skip(1).collect();
    let off = |rule: &&&str| rule.split('>').next().unwrap().contains("imeMode=\"off\"");
    assert_eq!((rules.len(), rules.iter().filter(off).count()), (10, 8));
    assert_eq!(rules.iter().filter(|rule| rule.contains("type=\"list\"")).count(), 4);
    for ranges in ["B13:B312", "E13:F312", "G13:H312", "B5", "E9"] {
        let rule = rules.iter().find(|rule| rule.contains(&format!("sqref=\"{ranges}\""))).unwrap();
        assert!(off(&rule), "{ranges}");
    }
    assert!(!sheet.contains("errorStyle=\"stop\""));
    assert!(sheet.matches("errorStyle=\"warning\"").count() >= 5);
    assert!(sheet.contains("_form!$D$1:$D$32") && sheet.contains("_form!$E$1:$E$51"));
    assert_eq!(sheet.matches("<conditionalFormatting").count(), 3);
    assert!(sheet.contains("paperSize=\"9\"") && sheet.contains("orientation=\"portrait\""));
    assert!(sheet.contains("fitToHeight=\"0\""));
    assert!(part(&bytes, "docProps/core.xml").contains("2021-09-28T00:00:00Z"));
    let styles = part(&bytes, "xl/styles.xml");
    assert!(styles.contains("yyyy/m/d(aaa)") && styles.contains("locked=\"0\""));
}

#[test]
fn another_campaign_gets_its_own_dates() {
    let mut settings = (*campaign()).clone();
    settings.period = 9;
    settings.title = "第９期".into();
    settings.submission_deadline = "2021-11-12T23:59:59+09:00".parse().unwrap();
    settings.correction_caution_from = "2021-11-17T00:00:00+09:00".parse().unwrap();
    settings.correction_deadline = "2021-11-17T23:59:59+09:00".parse().unwrap();
    settings.booking_opens = "2021-11-20T08:30:00+09:00".parse().unwrap();
    settings.first_dose = Period { from: date(2021, 12, 1), to: date(2021, 12, 21) };
    settings.second_dose = Period { from: date(2021, 12, 22), to: date(2022, 1, 11) };
    let next = Campaign::new(settings).unwrap();
    for number in 1..=3 {
        let mut book = open(form_workbook(number, &next, None).unwrap());
        for sheet in book.sheet_names() {
            for cell in book.worksheet_range(&sheet).unwrap().cells().map(|(_, _, cell)| text(cell)) {
                for old in ["第８期", "10/25", "11/30", "１０月２５日", "K8"] {
                    assert!(!cell.contains(old), "{sheet}: {cell}");
                }
            }
        }
        let sheet = book.sheet_names()[0].clone();
        let said = text(&cell(&mut book, &sheet, (1, 0)));
        assert!(said.contains("第９期（令和３年１２月１日～令和４年１月１１日）"), "{said}");
        let said = text(&cell(&mut book, &sheet, (10, 0)));
        assert_eq!(said, "１回目接種期間：12/1(水)～12/21(火)　２回目接種期間：12/22(水)～1/11(火)");
    }
    assert!(uketsuke::demo::sample_mails(&next).unwrap().len() >= 18);
}

fn slot(venue_no: &str, visibility: Visibility, day: i8, hour: i8, count: u32) -> ExportSlot {
    ExportSlot {
        venue_no: venue_no.into(),
        clinic_name: "あおぞらクリニック".into(),
        ward: Some(Ward::Chuo),
        visibility,
        date: date(2021, 10, day),
        start: time(hour, 0, 0, 0),
        end: None,
        dose: Dose::First,
        count,
        receipt: format!("8-{venue_no}-1"),
        version: 1,
    }
}

fn written_at() -> jiff::Timestamp {
    "2021-10-09T08:00:00+09:00".parse().unwrap()
}

#[test]
fn the_slot_list_is_sorted_and_named_as_in_the_notice() {
    let slots = [
        slot("0123", Visibility::Private, 25, 9, 2),
        slot("0123", Visibility::Public, 26, 9, 3),
        slot("0123", Visibility::Public, 25, 13, 4),
        slot("0123", Visibility::Public, 25, 9, 6),
        slot("0123", Visibility::Public, 27, 9, 0),
        slot("0009", Visibility::Private, 30, 9, 1),
    ];
    let bytes = csv(&slots, &campaign(), written_at(), Encoding::Utf8).unwrap();
    let text = String::from_utf8(bytes.clone()).unwrap();
    let lines: Vec<&str> = text.strip_prefix('\u{feff}').unwrap().split_terminator("\r\n").collect();
    assert_eq!(
        lines[0],
        "枠名,公開区分,会場番号,医療機関名,区,接種回,接種日,曜日,開始時刻,終了時刻,枠数,受付番号,版,出力日時"
    );
    assert_eq!(
        lines[2],
        "【（第８期）WEB・コールセンター受付】0123.2021/10/25.09:00,公開,0123,あおぞらクリニック,中央区,１回目,2021/10/25,月,09:00,,6,8-0123-1,1,2021/10/09 08:00:00"
    );
    let names: Vec<&str> = lines[1..].iter().map(|line| line.split(',').next().unwrap()).collect();
    assert_eq!(
        names,
        [
            "【（第８期）医療機関受付分】0009.2021/10/30.09:00",
            "【（第８期）WEB・コールセンター受付】0123.2021/10/25.09:00",
            "【（第８期）WEB・コールセンター受付】0123.2021/10/25.13:00",
            "【（第８期）WEB・コールセンター受付】0123.2021/10/26.09:00",
            "【（第８期）医療機関受付分】0123.2021/10/25.09:00",
        ]
    );
    let mut shuffled = slots.to_vec();
    shuffled.reverse();
    assert_eq!(csv(&shuffled, &campaign(), written_at(), Encoding::Utf8).unwrap(), bytes);
}

#[test]
fn cp932_folds_what_windows_folds_and_refuses_the_rest() {
    let check = |name: &str, expected: Result<&str, char>| {
        let slots = [ExportSlot { clinic_name: name.into(), ..slot("0123", Visibility::Public, 25, 9, 6) }];
        let written = csv(&slots, &campaign(), written_at(), Encoding::Cp932);
        match (written, expected) {
            (Ok(bytes), Ok(cell)) => {
                let text = encoding_rs::SHIFT_JIS.decode_without_bom_handling(&bytes).0;
                assert!(text.contains(&format!(",{cell},")), "{text}");
                assert!(!text.contains("&#") && !text.contains('\u{feff}'));
            }
            (Err(refused), Err(letter)) => assert_eq!(refused.letter, letter),
            (written, expected) => panic!("{name}: {written:?}, expected {expected:?}"),
        }
    };
    check("髙﨑内科①㈱", Ok("髙﨑内科①㈱"));
    check("9〜12時—内科", Ok("9～12時―内科"));
    check("か\u{3099}ん病院", Ok("がん病院"));
    check("¥医院", Ok("￥医院"));
    check("𠮷田医院", Err('𠮷'));
    check("🏥", Err('🏥'));
    check("Café", Err('é'));
    check("A‾B", Err('‾'));
}

#[test]
fn no_cell_of_the_slot_list_is_a_formula() {
    for name in ["=1+1", "+1", "-1", "@SUM", "\t=1", "＝1", "\"=1", ";=1"] {
        let slots = [ExportSlot { clinic_name: name.into(), ..slot("0123", Visibility::Public, 25, 9, 6) }];
        let bytes = csv(&slots, &campaign(), written_at(), Encoding::Utf8).unwrap();
        let mut reader = ::csv::ReaderBuilder::new().from_reader(&bytes[3..]);
        let record = reader.records().next().unwrap().unwrap();
        assert_eq!(record[3], format!("'{name}"));
    }
}

#[test]
fn a_difference_names_new_gone_and_changed_slots() {
    let public = |day, count| slot("0123", Visibility::Public, day, 9, count);
    let before = [public(25, 6), public(26, 6), public(27, 6)];
    let after = [public(25, 6), public(26, 8), public(28, 4), public(27, 0)];
    let changes = differences(&before, &after);
    let told: Vec<_> = changes.iter().map(|change| (change.kind, change.before, change.after)).collect();
    assert_eq!(told, [(ChangeKind::Changed, 6, 8), (ChangeKind::Removed, 6, 0), (ChangeKind::Added, 0, 4)]);
    let text =
        String::from_utf8(difference_csv(&changes, &campaign(), written_at(), Encoding::Utf8).unwrap())
            .unwrap();
    assert!(text.contains("変更,6,【（第８期）WEB・コールセンター受付】0123.2021/10/26.09:00,"), "{text}");
    assert!(differences(&after, &after).is_empty());
}
