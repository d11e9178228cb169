//! Several sheets, several clinics, hidden sheets, samples, other papers.

use uketsuke::campaign::Dose;
use uketsuke::inspection::form::Observation;
use uketsuke::inspection::workbook::{Shown, Value};

use crate::builder::{Page, campaign, has, issued, read, read_form, slots, workbook};

fn list(name: &str, count: &str, rows: &[&[&str]]) -> Page {
    let mut page = Page::new(name);
    page.texts("A1", &["接種日", "時刻", count]);
    for (index, row) in rows.iter().enumerate() {
        page.values(&format!("A{}", index + 2), row);
    }
    page
}

#[test]
fn sheets_by_dose() {
    let first = list("１回目", "公開枠数", &[&["10/25", "9:00", "6"]]);
    let second = list("２回目", "公開枠数", &[&["11/15", "9:00", "5"]]);
    let form = read_form(&[&first, &second]);
    assert_eq!(slots(&form), ["10/25 9:00 6 0", "11/15 9:00 5 0"]);
    assert_eq!(form.rows[1].dose.as_ref().unwrap().value(), Some(Dose::Second));
    assert!(has(&form, |seen| matches!(seen, Observation::SeveralSheets { .. })));
}

#[test]
fn sheets_by_visibility() {
    let mut cover = Page::new("表紙");
    cover
        .text("A1", "予約枠報告様式３（公開・非公開）")
        .texts("A2", &["会場番号", "0123", "医療機関名", "くまもと医院"]);
    let public = list("公開", "枠数", &[&["10/25", "9:00", "6"]]);
    let private = list("非公開", "枠数", &[&["10/25", "9:00", "5"]]);
    let form = read_form(&[&cover, &public, &private]);
    assert_eq!(slots(&form), ["10/25 9:00 6 5"]);
    assert_eq!(form.fields.venue_no.as_ref().unwrap().raw, "0123");
    assert_eq!(form.number, Some(3));
}

#[test]
fn sheets_of_several_clinics() {
    let clinic = |name: &str, venue: &str, count: &str| {
        let mut page = Page::new(name);
        page.texts("A1", &["会場番号", venue, "医療機関名", name]);
        page.texts("A3", &["接種日", "時刻", "公開枠数"]).values("A4", &["10/25", "9:00", count]);
        page
    };
    let reading = read(&workbook(&[&clinic("あ医院", "0001", "6"), &clinic("い医院", "0002", "5")]));
    let all: Vec<_> = reading.forms.iter().map(|form| (form.sheets.join(","), slots(form))).collect();
    assert_eq!(
        all,
        [
            ("あ医院".to_string(), vec!["10/25 9:00 6 0".to_string()]),
            ("い医院".to_string(), vec!["10/25 9:00 5 0".to_string()])
        ]
    );
}

#[test]
fn issued_workbook_with_its_other_sheets() {
    let mut input = issued(3);
    input.values("A13", &["1", "10/25", "月", "１回目", "9:00", "9:30", "6", "0"]);
    let mut sample = issued(3);
    sample.values("A13", &["1", "10/26", "火", "１回目", "9:00", "9:30", "99", "0"]);
    let mut sheet = sample.done();
    sheet.name = "記入例".into();
    for cell in sheet.cells.iter_mut().filter(|cell| (cell.row, cell.column) == (4, 1)) {
        cell.value = Value::Text("9999".into());
    }
    let mut identifier = Page::new("_form");
    identifier
        .text("A1", "KUMAMOTO-VFRAME")
        .texts("A2", &["form"])
        .number("B2", 3.0)
        .text("A3", "period")
        .number("B3", 8.0);
    identifier.texts("A4", &["template", "2021-09-28.1"]).shown(Shown::VeryHidden);
    let mut book = workbook(&[&input, &identifier]);
    book.sheets.insert(1, sheet);
    let reading = read(&book);
    let form = &reading.forms[0];
    assert_eq!(slots(form), ["10/25 9:00 6 0"]);
    assert_eq!((form.evidence.hidden_id, form.template.as_deref()), (Some(3), Some("2021-09-28.1")));
    assert!(form.observations.is_empty(), "{:?}", form.observations);
}

#[test]
fn hidden_sheets_with_counts_are_named_and_not_read() {
    let shown = list("様式１", "公開枠数", &[&["10/25", "9:00", "6"]]);
    let mut hidden = list("前回", "公開枠数", &[&["10/26", "9:00", "6"]]);
    hidden.shown(Shown::Hidden);
    let mut harmless = Page::new("リスト");
    harmless.text("A1", "中央区").shown(Shown::Hidden);
    let form = read_form(&[&shown, &hidden, &harmless]);
    assert_eq!(slots(&form), ["10/25 9:00 6 0"]);
    let named: Vec<_> =
        form.observations.iter().filter(|seen| matches!(seen, Observation::HiddenSheet { .. })).collect();
    assert_eq!(named, [&Observation::HiddenSheet { sheet: "前回".into() }]);
}

#[test]
fn unused_forms_of_the_same_workbook_are_left_aside() {
    let mut used = issued(1);
    used.values("A13", &["1", "10/25", "月", "１回目", "9:00", "", "6"]);
    let form = read_form(&[&used, &issued(2), &issued(3)]);
    assert_eq!((form.number, form.sheets.as_slice()), (Some(1), ["様式１".into()].as_slice()));
    assert!(!has(&form, |seen| matches!(
        seen,
        Observation::SeveralSheets { .. } | Observation::MissingColumns { .. }
    )));
}

#[test]
fn other_papers() {
    let mut plan = Page::new("Sheet1");
    plan.text("A1", "接種計画票（第８期）")
        .texts("A3", &["日付", "時間", "人数"])
        .values("A4", &["10/25", "9:00", "6"]);
    let reading = read(&workbook(&[&plan]));
    assert!(reading.forms.is_empty());
    assert_eq!(reading.companion.as_deref(), Some("接種計画票（第８期）"));
    let mut letter = Page::new("Sheet1");
    letter.text("A1", "お世話になっております");
    assert!(read(&workbook(&[&letter])).forms.is_empty());
}

#[test]
fn patients_data() {
    let mut page = list("様式１", "公開枠数", &[&["10/25", "9:00", "6"]]);
    page.texts("F1", &["氏名", "生年月日"]);
    assert!(read(&workbook(&[&page])).personal_data.is_some());
    let mut tickets = Page::new("Sheet1");
    for index in 0..3 {
        tickets.put(index, 2, Value::Number(4_310_000_000.0 + f64::from(index)));
    }
    assert!(read(&workbook(&[&tickets])).personal_data.is_some());
    assert!(read(&workbook(&[&issued(3)])).personal_data.is_none());
}

#[test]
fn titles_and_periods() {
    for (title, number, period) in [
        ("予約枠報告様式１（公開枠のみ）　第７期", Some(1), Some(7)),
        ("第六期 予約枠報告様式３", Some(3), Some(6)),
        ("予約枠報告様式（非公開枠のみ）", Some(2), None),
    ] {
        let mut page = Page::new("Sheet1");
        page.text("A1", title);
        let form = read_form(&[&page]);
        assert_eq!((form.number, form.period), (number, period), "{title}");
        assert!(has(&form, |seen| matches!(seen, Observation::MissingColumns { .. })));
    }
}

#[test]
fn file_name_is_the_weakest_evidence() {
    let page = list("Sheet1", "非公開枠数", &[&["10/25", "9:00", "6"]]);
    let reading = uketsuke::inspection::form::read(
        &workbook(&[&page]),
        "予約枠報告様式１（公開枠のみ）.xlsx",
        &campaign(),
    );
    let form = &reading.forms[0];
    assert_eq!((form.number, form.evidence.file_name), (Some(2), Some(1)));
}

#[test]
fn old_date_system() {
    let mut page = list("様式１", "公開枠数", &[]);
    page.number("A2", 43032.0).text("B2", "9:00").number("C2", 6.0);
    let mut book = workbook(&[&page]);
    book.epoch_1904 = true;
    book.has_comments = true;
    let form = &read(&book).forms[0];
    assert_eq!(slots(form), ["10/25 9:00 6 0"]);
    assert!(
        has(form, |seen| *seen == Observation::Epoch1904) && has(form, |seen| *seen == Observation::Comments)
    );
}

#[test]
fn only_the_sample_sheet_was_sent() {
    let mut sample = issued(3);
    sample.values("A13", &["1", "10/25", "月", "１回目", "9:00", "", "6", "0"]);
    let mut sheet = sample.done();
    sheet.name = "記入例".into();
    let mut book = workbook(&[]);
    book.sheets.push(sheet);
    let reading = read(&book);
    assert!(reading.forms[0].rows.is_empty());
    let filled = |form: &_| has(form, |seen| matches!(seen, Observation::FilledSample { .. }));
    assert!(filled(&reading.forms[0]));
    // It says whose it is, so that the answer can reach its clinic.
    let venue = |form: &uketsuke::inspection::form::Form| {
        form.fields.venue_no.as_ref().map(|entry| entry.raw.to_string())
    };
    assert_eq!(venue(&reading.forms[0]), Some("0123".into()));
    // The same beside the sheet that should have been filled in; and as we send it out.
    let mut both = book.clone();
    both.sheets.push(issued(3).done());
    assert!(filled(&read(&both).forms[0]));
    for cell in &mut book.sheets[0].cells {
        if cell.value == Value::Text("0123".into()) {
            cell.value = Value::Text("9999".into());
        }
    }
    let reading = read(&book);
    assert!(!filled(&reading.forms[0]));
    assert!(has(&reading.forms[0], |seen| matches!(seen, Observation::Sample { .. })));
}

fn table(name: &str, rows: &[&[&str]]) -> Page {
    let mut page = Page::new(name);
    for (index, row) in rows.iter().enumerate() {
        page.values(&format!("A{}", index + 1), row);
    }
    page
}

fn others(form: &uketsuke::inspection::form::Form) -> Vec<String> {
    let place = |seen: &Observation| match seen {
        Observation::OtherTable { place, .. } => {
            Some(format!("{}!{}", place.sheet.as_deref().unwrap(), place.cell.as_deref().unwrap()))
        }
        _ => None,
    };
    form.observations.iter().filter_map(place).collect()
}

#[test]
fn lists_of_another_kind_are_left_aside() {
    let head: [&[&str]; 2] =
        [&["予約枠報告様式１（公開枠のみ）"], &["会場番号", "0123", "", "医療機関名", "くまもと医院"]];
    let slots_list: [&[&str]; 3] =
        [&["接種日", "接種時刻", "公開枠数"], &["10/26", "9:00", "6"], &["11/16", "9:00", "6"]];
    let matrix: [&[&str]; 3] = [&["時刻", "10/26", "11/16"], &["9:00", "6", "6"], &["10:00", "", "6"]];
    let of_list = ["10/26 9:00 6 0", "11/16 9:00 6 0"];
    let of_matrix = ["10/26 9:00 6 0", "11/16 9:00 6 0", "11/16 10:00 6 0"];
    for heading in [
        ["日付", "時間", "氏名", "人数"],
        ["日付", "時間", "担当医", "人数"],
        ["日付", "時間", "職種", "定員"],
        ["実施日", "時間帯", "会議室", "人数"],
        ["時間", "曜日", "従事者", "人数"],
    ] {
        let roster: [&[&str]; 3] = [&["予定表"], &heading, &["10/27", "9:00", "医師", "2"]];
        for (form, expected) in [(&slots_list, &of_list[..]), (&matrix, &of_matrix[..])] {
            // In a matrix nothing but persons tells the other list.
            let vague = heading[2] == "会議室" && expected.len() == 3;
            let read = |pages: &[&Page]| {
                let form = read_form(pages);
                (slots(&form), others(&form))
            };
            if !vague {
                let below = table("様式", &[&head[..], form, &[&[]], &roster].concat());
                let (found, told) = read(&[&below]);
                assert_eq!(found, expected, "{heading:?}");
                assert_eq!(told.len(), 1, "{heading:?}");
            }
            if expected.len() == 3 {
                continue;
            }
            let own = table("様式", &[&head[..], form].concat());
            let beside = table("担当表", &roster);
            for pages in [[&own, &beside], [&beside, &own]] {
                let (found, told) = read(&pages);
                assert_eq!(
                    (found, told),
                    (expected.iter().map(ToString::to_string).collect(), vec!["担当表!A2".into()])
                );
            }
        }
    }
    // Beside the form's own list, under one heading row.
    let beside = table(
        "様式",
        &[
            &head[..],
            &[
                &["接種日", "接種時刻", "公開枠数", "", "日付", "時間", "氏名", "人数"],
                &["10/26", "9:00", "6", "", "10/27", "9:00", "熊本", "2"],
                &["11/16", "9:00", "6"],
            ],
        ]
        .concat(),
    );
    let form = read_form(&[&beside]);
    assert_eq!((slots(&form), others(&form)), (of_list.map(String::from).to_vec(), vec!["様式!E3".into()]));
    // A list of people under no name, below a matrix: either may be the form. A list of slots is part of it.
    let vague: [&[&str]; 3] = [&[], &["日付", "時間", "人数"], &["10/27", "9:00", "2"]];
    let form = read_form(&[&table("様式", &[&head[..], &matrix, &vague].concat())]);
    assert!(has(&form, |seen| matches!(seen, Observation::OtherTable { sure: false, .. })));
    let both: [&[&str]; 2] = [&["様式３（公開・非公開）", "予約枠報告"], head[1]];
    let explicit: [&[&str]; 3] = [&[], &["接種日", "時間", "非公開枠数"], &["10/27", "9:00", "2"]];
    let form = read_form(&[&table("様式", &[&both[..], &[&["公開枠"]], &matrix, &explicit].concat())]);
    assert_eq!(slots(&form), ["10/26 9:00 6 0", "10/27 9:00 0 2", "11/16 9:00 6 0", "11/16 10:00 6 0"]);
    // The form's own list may name persons, and count people under that name.
    for heading in [["接種日", "接種時刻", "担当医", "枠数"], ["接種日", "接種時刻", "担当医", "人数"]]
    {
        let own = table("様式", &[&head[..], &[&heading, &["10/26", "9:00", "山田", "6"]]].concat());
        let form = read_form(&[&own]);
        assert_eq!((slots(&form), others(&form)), (vec!["10/26 9:00 6 0".to_string()], Vec::new()));
    }
    let (first, second) = (
        table("１回目", &[&head[..], &slots_list].concat()),
        table("２回目", &[&["接種日", "時間", "人数"], &["11/17", "9:00", "6"]]),
    );
    assert_eq!(slots(&read_form(&[&first, &second])).len(), 3);
}

/// Places of what names a second clinic, and the sheets that name none.
fn strangers(form: &uketsuke::inspection::form::Form) -> Vec<String> {
    form.observations
        .iter()
        .filter_map(|seen| match seen {
            Observation::SecondClinic { place, raw, .. } => {
                Some(format!("{} {raw}", place.cell.as_deref().unwrap_or("")))
            }
            Observation::NobodysSheet { sheet } => Some(sheet.to_string()),
            _ => None,
        })
        .collect()
}

#[test]
fn two_clinics_in_one_sheet() {
    let mut stacked = Page::new("様式１");
    for (top, venue, name) in [(1, "0001", "あ医院"), (6, "0002", "い医院")] {
        stacked.texts(&format!("A{top}"), &["会場番号", venue, "医療機関名", name]);
        stacked.texts(&format!("A{}", top + 2), &["接種日", "時刻", "公開枠数"]);
        stacked.values(&format!("A{}", top + 3), &["10/25", "9:00", "6"]);
    }
    assert_eq!(strangers(&read_form(&[&stacked])), ["B6 0002", "D6 い医院"]);
    let mut column = Page::new("様式１");
    column.texts("A1", &["会場番号", "0001"]).texts("A3", &["会場番号", "接種日", "時刻", "公開枠数"]);
    column.texts("A4", &["1"]).values("B4", &["10/25", "9:00", "6"]);
    column.texts("A5", &["0002"]).values("B5", &["10/25", "9:30", "6"]);
    column.texts("A6", &["合計"]).values("D6", &["12"]);
    assert_eq!(strangers(&read_form(&[&column])), ["A5 0002"]);
}

#[test]
fn a_title_names_a_second_clinic() {
    let mut page = Page::new("い医院");
    page.texts("A1", &["会場番号", "0001", "医療機関名", "あ医院"]).text("A2", "あ医院");
    page.texts("A3", &["接種日", "時刻", "公開枠数", "備考"]);
    page.values("A4", &["10/25", "9:00", "6", "え医院より紹介"]);
    page.text("A6", "【う医院】").texts("A7", &["接種日", "時刻", "公開枠数"]);
    page.values("A8", &["10/26", "9:00", "6", "", "か医院"]).texts("A10", &["連絡先", "お医院"]);
    assert_eq!(strangers(&read_form(&[&page])), [" い医院", "A6 う医院"]);
}

#[test]
fn a_column_of_names_beside_a_number() {
    let mut page = Page::new("様式１");
    page.texts("A1", &["会場番号", "0001"]).texts("A3", &["医療機関名", "接種日", "時刻", "公開枠数"]);
    page.text("A4", "あ医院").values("B4", &["10/25", "9:00", "6"]);
    page.text("A5", "い医院").values("B5", &["10/25", "9:30", "6"]);
    assert_eq!(strangers(&read_form(&[&page])), ["A5 い医院"]);
}

#[test]
fn a_column_may_name_the_clinic() {
    let mut page = Page::new("様式１");
    page.texts("A1", &["会場番号", "接種日", "時刻", "公開枠数"]);
    page.texts("A2", &["0001"]).values("B2", &["10/25", "9:00", "6"]);
    page.texts("A3", &["0001"]).values("B3", &["10/25", "9:30", "6"]);
    let form = read_form(&[&page]);
    assert_eq!(form.fields.venue_no.as_ref().unwrap().raw, "0001");
    assert!(strangers(&form).is_empty());
}

#[test]
fn sheets_of_others() {
    let clinic = |sheet: &str, venue: &str, name: &str| {
        let mut page = Page::new(sheet);
        page.texts("A1", &["会場番号", venue, "医療機関名", name]);
        page.texts("A3", &["接種日", "時刻", "公開枠数"]).values("A4", &["10/25", "9:00", "6"]);
        page
    };
    let form = read_form(&[&clinic("A", "0001", "あ医院"), &clinic("B", "0001", "い医院")]);
    assert_eq!(strangers(&form), ["D1 い医院"]);
    let nobody = list("C", "公開枠数", &[&["10/26", "9:00", "5"]]);
    let sheets = [&clinic("A", "0001", "あ医院"), &clinic("B", "0002", "い医院"), &nobody];
    let reading = read(&workbook(&sheets));
    assert_eq!(reading.forms.iter().flat_map(|form| strangers(form)).collect::<Vec<_>>(), ["C"]);
    // One clinic alone may name itself once.
    assert!(strangers(&read_form(&[&clinic("A", "0001", "あ医院"), &nobody])).is_empty());
}
