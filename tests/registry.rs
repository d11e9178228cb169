//! The registry file: what is read, what is refused (all at once), what comes back out.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test fails by panicking"
)]

use proptest::prelude::*;
use uketsuke::clinic::registry_file::{diff, from_rows, read, read_with_notes, write_csv};
use uketsuke::clinic::{Clinic, Intent, Registry, Ward};

const HEADER: &str =
    "venue_no,name,ward,cap,emails,uses_system,form_expected,suppress_reminder,aliases,med_code,note";

fn rows(body: &str) -> Vec<Clinic> {
    read(format!("{HEADER}\r\n{body}\r\n").as_bytes(), "clinics.csv").unwrap()
}

#[test]
fn columns_stand_in_any_order_under_key_or_label() {
    let text = "備考,内部メモ,会場番号（4桁）,医療機関名,第８期接種可能上限量,ｆａｘ番号\n※,x,0007,みなみ医院,\"1,200\",096\n";
    let imported = read_with_notes(text.as_bytes(), "a.csv").unwrap();
    assert_eq!(imported.ignored_columns, ["内部メモ"]);
    let clinic = &imported.clinics[0];
    assert_eq!((clinic.venue_no.as_str(), clinic.name.as_str()), ("0007", "みなみ医院"));
    assert_eq!((clinic.cap, clinic.fax.as_str(), clinic.note.as_str()), (Some(1200), "096", "※"));
}

#[test]
fn the_same_file_in_utf8_with_and_without_bom_and_in_cp932() {
    let text = "会場番号,医療機関名,区\r\n0123,髙﨑内科①㈱,中央区\r\n";
    let plain = read(text.as_bytes(), "a.csv").unwrap();
    let bom = read(format!("\u{feff}{text}").as_bytes(), "a.csv").unwrap();
    let cp932 = read(&encoding_rs::SHIFT_JIS.encode(text).0, "a.csv").unwrap();
    let tabs = read(text.replace(',', "\t").as_bytes(), "a.txt").unwrap();
    assert_eq!(plain[0].name, "髙﨑内科①㈱");
    assert!(plain == bom && plain == cp932 && plain == tabs);
}

#[test]
fn cells_are_read_as_people_write_them() {
    let check = |cells: &str, expected: Clinic| assert_eq!(rows(cells)[0], expected, "{cells}");
    let base = |venue_no: &str| Clinic { venue_no: venue_no.into(), name: "A".into(), ..Clinic::default() };
    check("0123,A,,,,,,,,,", base("0123"));
    check("０１２３,A,,,,,,,,,", base("0123"));
    check("1,A,中央,１２０,,,,,,,", Clinic { ward: Some(Ward::Chuo), cap: Some(120), ..base("1") });
    check("1,A,熊本市東区,120回分,,,,,,,", Clinic { ward: Some(Ward::Higashi), cap: Some(120), ..base("1") });
    check(
        "1,A,,0,,利用,様式３,yes,,,",
        Clinic {
            cap: Some(0),
            uses_system: Intent::Yes,
            form_expected: Some(3),
            suppress_reminder: true,
            ..base("1")
        },
    );
    check("1,A,,,,no,２,,,,", Clinic { uses_system: Intent::No, form_expected: Some(2), ..base("1") });
    check(
        "1,A,,,a@example.jp;foo..bar@docomo.ne.jp；c@example.jp,,,,い；ろ;,,",
        Clinic {
            emails: vec!["a@example.jp".into(), "foo..bar@docomo.ne.jp".into(), "c@example.jp".into()],
            aliases: vec!["い".into(), "ろ".into()],
            ..base("1")
        },
    );
    check(
        "1,A,,,,,,,,4310101239,'=1+1",
        Clinic { med_code: Some("4310101239".into()), note: "=1+1".into(), ..base("1") },
    );
}

#[test]
fn every_problem_is_told_with_its_line() {
    let body = "0123,A,,,,,,,,,\n\
                ,B,,,,,,,,,\n\
                0124,,,,,,,,,,\n\
                １２３,C,,,,,,,,,\n\
                0125,D,港区,,,,,,,,\n\
                0126,E,,百,,,,,,,\n\
                0127,F,,-5,,,,,,,\n\
                0128,G,,,foo@,,,,,,\n\
                0129,H,,,,たぶん,,,,,\n\
                0130,I,,,,,4,,,,\n\
                0131,J,,,,,,たぶん,,,\n\
                0132,K,,6.5,a b@example.jp,,,,,,";
    let problems = read(format!("{HEADER}\n{body}\n").as_bytes(), "clinics.csv").unwrap_err();
    let found: Vec<(usize, &str)> =
        problems.iter().map(|problem| (problem.line, problem.column.split('（').next().unwrap())).collect();
    assert_eq!(
        found,
        [
            (3, "venue_no"),
            (4, "name"),
            (5, "venue_no"),
            (6, "ward"),
            (7, "cap"),
            (8, "cap"),
            (9, "emails"),
            (10, "uses_system"),
            (11, "form_expected"),
            (12, "suppress_reminder"),
            (13, "emails"),
            (13, "cap"),
        ]
    );
    assert!(problems[2].to_string().contains("0123") && problems[2].to_string().contains("line 2"));
}

#[test]
fn a_file_that_is_no_registry_is_refused() {
    let check = |bytes: &[u8], expected: &str| {
        let problems = read(bytes, "clinics.csv").unwrap_err();
        let told = problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
        assert!(told.contains(expected), "{told}");
    };
    check(b"", "venue_no");
    check("電話番号,備考\n1,2\n".as_bytes(), "name（医療機関名）: the column is missing");
    check("会場番号,医療機関名,会場番号\n1,A,2\n".as_bytes(), "twice");
    check("会場番号,医療機関名\n".as_bytes(), "no clinic");
    check(b"PK\x03\x04....", "workbook");
    check(b"\x81\xff\xfe\xa0", "neither UTF-8 nor CP932");
}

#[test]
fn rows_of_a_sheet_keep_their_row_numbers() {
    let header: Vec<String> = ["会場番号", "医療機関名"].map(String::from).into();
    let row = |cells: [&str; 2]| cells.map(String::from).to_vec();
    let problems =
        from_rows(&header, [(5, row(["", ""])), (6, row(["0001", "A"])), (9, row(["1", "B"]))]).unwrap_err();
    assert_eq!(problems[0].line, 9);
}

#[test]
fn what_is_written_is_read_again_and_runs_no_formula() {
    let hostile = ["=cmd|'/c calc'!A1", "+1", "-1", "@SUM(A1)", "＝1", "a,\"b\"", "二行\nの名"];
    let clinics: Vec<Clinic> = (1..)
        .zip(hostile)
        .map(|(number, name)| Clinic {
            venue_no: format!("{number:04}"),
            name: name.into(),
            phone: "+81-96-000-0000".into(),
            cap: Some(number),
            aliases: vec!["甲".into(), "乙".into()],
            suppress_reminder: true,
            ..Clinic::default()
        })
        .collect();
    let written = write_csv(&Registry::new(clinics.clone()));
    assert!(written.starts_with("\u{feff}会場番号,".as_bytes()));
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(&written[3..]);
    for record in reader.records() {
        for cell in &record.unwrap() {
            assert!(!cell.starts_with(['=', '+', '-', '@', '＝']), "{cell}");
        }
    }
    assert_eq!(read(&written, "export.csv").unwrap(), clinics);
}

#[test]
fn an_import_tells_what_it_would_change() {
    let clinic = |venue_no: &str, cap| Clinic {
        venue_no: venue_no.into(),
        name: format!("医院{venue_no}"),
        cap,
        ..Clinic::default()
    };
    let old = Registry::new([clinic("0001", Some(10)), clinic("0002", None), clinic("0003", Some(5))]);
    let changes = diff(&old, &[clinic("0004", None), clinic("0003", Some(5)), clinic("0001", Some(12))]);
    let told: Vec<String> = changes.iter().map(ToString::to_string).collect();
    assert_eq!(
        told,
        [
            "変更 0001 医院0001：第８期接種可能上限量 10→12",
            "マスタにない 0002 医院0002（記録は残し、未提出・督促の対象から外します）",
            "追加 0004 医院0004"
        ]
    );
    let marked = Registry::new([Clinic { not_in_file: true, ..clinic("0002", None) }]);
    assert!(diff(&marked, &[]).is_empty(), "what is marked already is no change");
    let told: Vec<String> = diff(&marked, &[clinic("0002", None)]).iter().map(ToString::to_string).collect();
    assert_eq!(told, ["再掲 0002 医院0002"]);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever stands in a registry comes back the same; white space at the ends of a cell is not kept.
    #[test]
    fn any_registry_survives_being_written(
        names in proptest::collection::vec("[^\\s\u{feff}](?:.{0,20}[^\\s\u{feff}])?", 1..20),
        note in "[=+\\-@＝',;\"\\n 0-9あ-ん]{0,12}",
    ) {
        let clinics: Vec<Clinic> = names
            .into_iter()
            .zip(1..)
            .map(|(name, number): (String, u32)| Clinic {
                venue_no: format!("{number:04}"),
                name,
                note: note.trim().into(),
                ..Clinic::default()
            })
            .collect();
        let written = write_csv(&Registry::new(clinics.clone()));
        prop_assert_eq!(read(&written, "export.csv"), Ok(clinics));
    }

    /// Bytes that are no registry are refused in words, never with a panic.
    #[test]
    fn no_bytes_break_the_reader(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let header = "会場番号,医療機関名,区,第８期接種可能上限量\n".as_bytes();
        let _ = read(&bytes, "a.csv");
        let _ = read(&[header, &bytes].concat(), "a.csv");
    }
}
