//! The digest's workbook, read again with calamine.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test fails by panicking"
)]

mod digest_day;
mod eighth;

use std::io::{Cursor, Read};

use calamine::{Data, Range, Reader, Xlsx};
use digest_day::{day, quiet_day};
use eighth::campaign;
use jiff::civil::{date, time};
use uketsuke::inspection::verdict::Visibility;
use uketsuke::outbound::activity::{ClinicState, DayActivity, DifferenceLine, MailLine};
use uketsuke::outbound::digest_workbook::workbook;

fn busy() -> DayActivity {
    let mut activity = day();
    activity.clinics[0].clinic.name = "=HYPERLINK(\"http://example.jp\")".into();
    activity.clinics[0].clinic.phone = "+81-96".into();
    activity.differences.push(DifferenceLine {
        venue_no: "0007".into(),
        clinic_name: "@SUM(A1)".into(),
        date: date(2021, 11, 1),
        start: time(9, 0, 0, 0),
        visibility: Visibility::Public,
        before: 6,
        after: 8,
        version: 2,
        receipt: "8-0007-2".into(),
    });
    activity.mails.push(MailLine {
        id: 41,
        received_at: "2021-10-04T17:52:00+09:00".parse().unwrap(),
        from: "someone@example.com".into(),
        subject: "-1+cmd|' /C calc'!A0\u{0}\u{1b}[31m".into(),
        outcome: "held".into(),
        receipts: vec!["8-0107-1".into()],
        reply_state: Some("sent".into()),
    });
    activity
}

fn open(activity: &DayActivity) -> Xlsx<Cursor<Vec<u8>>> {
    calamine::open_workbook_from_rs(Cursor::new(workbook(activity, &campaign()).unwrap())).unwrap()
}

fn row(range: &Range<Data>, index: u32) -> Vec<String> {
    (0..range.width() as u32)
        .map(|column| range.get_value((index, column)).cloned().unwrap_or_default().to_string())
        .collect()
}

fn column(range: &Range<Data>, title: &str) -> u32 {
    row(range, 0).iter().position(|cell| cell == title).unwrap() as u32
}

#[test]
fn every_sheet_is_there_with_its_rows() {
    let mut book = open(&busy());
    assert_eq!(
        book.sheet_names(),
        ["集計", "要対応", "要修正", "未提出", "受付一覧", "日別", "変更差分", "枠一覧", "受信ログ"]
    );
    let mut rows = |sheet: &str| book.worksheet_range(sheet).unwrap().height() - 1;
    assert_eq!(rows("要対応"), 2);
    assert_eq!(rows("要修正"), 20);
    assert_eq!(rows("未提出"), 118);
    assert_eq!(rows("受付一覧"), 166);
    assert_eq!(rows("日別"), 16);
    assert_eq!(rows("変更差分"), 1);
    assert_eq!(rows("枠一覧"), 166 * 2 * 2);
    assert_eq!(rows("受信ログ"), 1);
}

#[test]
fn the_summary_says_what_the_mail_says() {
    let mut book = open(&busy());
    let range = book.worksheet_range("集計").unwrap();
    assert_eq!(row(&range, 1), ["中央", "96", "52", "6", "3", "2", "33", "66", "一致"]);
    assert_eq!(row(&range, 6), ["計", "312", "161", "20", "8", "5", "118", "62", "一致"]);
    let sums =
        (0..range.height() as u32).map(|index| row(&range, index)).find(|row| row[0] == "合計").unwrap();
    assert_eq!(sums[1..4], ["1328", "664", "1992"]);
}

#[test]
fn what_clinics_write_is_text_and_never_a_formula() {
    let bytes = workbook(&busy(), &campaign()).unwrap();
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
    let mut sheets = 0;
    for index in 0..archive.len() {
        let mut entry = archive.by_index(index).unwrap();
        let name = entry.name().unwrap().into_owned();
        if !name.starts_with("xl/worksheets/sheet") {
            continue;
        }
        let mut xml = String::new();
        entry.read_to_string(&mut xml).unwrap();
        assert!(!xml.contains("<f>") && !xml.contains("<f "), "{name}");
        assert!(!xml.contains("<hyperlink"));
        assert!(xml.contains("<autoFilter") && xml.contains("state=\"frozen\""));
        assert!(xml.contains("paperSize=\"9\"") && xml.contains("orientation=\"landscape\""));
        sheets += 1;
    }
    assert_eq!(sheets, 9);
    let mut text = String::new();
    archive.by_name("docProps/core.xml").unwrap().read_to_string(&mut text).unwrap();
    assert!(text.contains("2021-10-05T00:00:00Z"), "{text}");
    text.clear();
    archive.by_name("xl/workbook.xml").unwrap().read_to_string(&mut text).unwrap();
    assert_eq!(text.matches("_xlnm.Print_Titles").count(), 9);
    let mut book = open(&busy());
    let range = book.worksheet_range("受付一覧").unwrap();
    assert_eq!(range.get_value((1, 1)), Some(&Data::String("=HYPERLINK(\"http://example.jp\")".into())));
    let range = book.worksheet_range("受信ログ").unwrap();
    assert_eq!(range.get_value((1, 3)), Some(&Data::String("-1+cmd|' /C calc'!A0[31m".into())));
}

#[test]
fn venue_numbers_are_text_and_dates_are_dates() {
    let mut book = open(&busy());
    let range = book.worksheet_range("枠一覧").unwrap();
    let at = |title: &str| range.get_value((1, column(&range, title))).cloned().unwrap();
    assert_eq!(at("会場番号"), Data::String("0001".into()));
    assert_eq!(at("枠名"), Data::String("【（第８期）WEB・コールセンター受付】0001.2021/11/02.09:00".into()));
    assert_eq!(at("曜日"), Data::String("火".into()));
    match (at("接種日"), at("開始時刻"), at("枠数")) {
        (Data::DateTime(day), Data::DateTime(start), Data::Float(count)) => {
            assert_eq!((day.as_f64(), start.as_f64(), count), (44502.0, 0.375, 4.0));
        }
        other => panic!("{other:?}"),
    }
    let range = book.worksheet_range("日別").unwrap();
    assert!(matches!(range.get_value((1, 0)), Some(Data::DateTime(_))));
    let holiday = (1..17).map(|index| row(&range, index)).find(|row| row[6] == "勤労感謝の日").unwrap();
    assert_eq!(holiday[11], "★");
}

#[test]
fn every_error_of_a_clinic_is_a_row() {
    let mut activity = busy();
    let line = activity.clinics.iter_mut().find(|line| line.state == ClinicState::NeedsFix).unwrap();
    let error = line.errors[0].clone();
    line.errors.push(error);
    let mut book = open(&activity);
    let range = book.worksheet_range("要修正").unwrap();
    assert_eq!(range.height() - 1, 21);
    assert_eq!(row(&range, 1)[..9][4..8], ["様式１", "B18", "11/12", "X03"]);
    assert_eq!(row(&range, 1)[10], "3");
}

#[test]
fn a_quiet_day_gives_an_empty_but_whole_workbook() {
    let mut book = open(&quiet_day());
    assert_eq!(book.sheet_names().len(), 9);
    assert_eq!(book.worksheet_range("受信ログ").unwrap().height(), 1);
    assert_eq!(workbook(&quiet_day(), &campaign()).unwrap(), workbook(&quiet_day(), &campaign()).unwrap());
}
