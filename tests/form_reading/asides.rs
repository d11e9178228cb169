//! What stands among or beside the rows of a list and is no slot, and what must not be taken for such.

use uketsuke::inspection::form::{Form, Observation, Remark, Trouble};

use crate::builder::{Page, has, issued, read, read_form, row, slots, workbook};

const HEADS: [&str; 5] = ["接種日", "接種時刻", "公開枠数", "非公開枠数", "備考"];

fn form(rows: &[&[&str]], merged: &[&str]) -> Form {
    let mut page = Page::new("様式３");
    page.text("A1", "予約枠報告様式３（公開・非公開）").texts("A2", &["会場番号", "0123"]);
    for (index, values) in rows.iter().enumerate() {
        page.values(&format!("A{}", index + 4), values);
    }
    for range in merged {
        page.merge(range);
    }
    read_form(&[&page])
}

fn is_sample(seen: &Observation) -> bool {
    matches!(seen, Observation::Sample { .. })
}

#[test]
fn a_kind_written_once_holds_for_the_block() {
    let rows: [&[&str]; 6] = [
        &["区分", "接種日", "接種時刻", "枠数"],
        &["公開", "10/26", "9:00", "6"],
        &["", "10/26", "9:30", "5"],
        &["非公開", "10/27", "9:00", "4"],
        &["", "10/27", "9:30", "3"],
        &["", "10/28", "9:00", "2"],
    ];
    let read = form(&rows, &[]);
    assert_eq!(
        slots(&read),
        ["10/26 9:00 6 0", "10/26 9:30 5 0", "10/27 9:00 0 4", "10/27 9:30 0 3", "10/28 9:00 0 2"]
    );
    let carried = row(&read, 6).beside.clone().unwrap();
    assert!(matches!(carried.remarks.as_slice(), [Remark::CarriedDown { ditto: false, .. }]));
    assert!(row(&read, 5).beside.is_none());
}

#[test]
fn a_kind_may_be_repeated_by_a_sign() {
    let rows: [&[&str]; 4] = [
        &["区分", "接種日", "接種時刻", "枠数"],
        &["非公開", "10/26", "9:00", "6"],
        &["〃", "10/26", "9:30", "5"],
        &["個別", "10/27", "9:30", "5"],
    ];
    let read = form(&rows, &[]);
    assert_eq!(slots(&read), ["10/26 9:00 0 6", "10/26 9:30 0 5"]);
    let carried = row(&read, 6).beside.clone().unwrap();
    assert!(matches!(carried.remarks.as_slice(), [Remark::CarriedDown { ditto: true, .. }]));
    assert!(has(&read, |seen| matches!(seen, Observation::Unattributed { .. })));
}

#[test]
fn a_kind_does_not_hold_beyond_a_gap() {
    let rows: [&[&str]; 5] = [
        &["区分", "接種日", "接種時刻", "枠数"],
        &["公開", "10/26", "9:00", "6"],
        &[],
        &["", "10/27", "9:00", "4"],
        &["", "10/27", "9:30", "0"],
    ];
    let read = form(&rows, &[]);
    assert_eq!(slots(&read), ["10/26 9:00 6 0"]);
    let told: Vec<_> =
        read.observations.iter().filter(|seen| matches!(seen, Observation::Unattributed { .. })).collect();
    assert_eq!(told.len(), 1, "{:?}", read.observations);
}

#[test]
fn the_samples_own_table_and_row() {
    for title in ["記入例", "【記入例】", "（例）", "見本"] {
        let rows: [&[&str]; 6] =
            [&[title], &HEADS, &["10/25", "9:00", "6", "0"], &[], &HEADS, &["10/26", "9:00", "6", "4"]];
        let above = form(&rows, &[]);
        assert_eq!(slots(&above), ["10/26 9:00 6 4"], "{title}");
        assert!(has(&above, is_sample), "{title}");
        let rows: [&[&str]; 3] = [&HEADS, &["10/25", "9:00", "6", "0", title], &["10/26", "9:00", "6", "4"]];
        let noted = form(&rows, &[]);
        assert_eq!(slots(&noted), ["10/26 9:00 6 4"], "{title}");
        assert!(has(&noted, is_sample), "{title}");
    }
    let heads = ["接種日", "接種時刻", "公開枠数", "非公開枠数"];
    let rows: [&[&str]; 3] = [
        &["接種日", "接種時刻", "公開枠数", "非公開枠数", "", "記入例"],
        &["10/26", "9:00", "6", "4", "", heads[0], heads[1], heads[2], heads[3]],
        &["10/27", "9:00", "6", "4", "", "10/25", "9:00", "6", "0"],
    ];
    let beside = form(&rows, &[]);
    assert_eq!(slots(&beside), ["10/26 9:00 6 4", "10/27 9:00 6 4"]);
    assert!(has(&beside, is_sample));
    let one_row: [&[&str]; 3] = [
        &["入力欄", "", "", "", "", "記入例"],
        &[heads[0], heads[1], heads[2], heads[3], "", heads[0], heads[1], heads[2], heads[3]],
        &["10/27", "9:00", "6", "4", "", "10/25", "9:00", "6", "0"],
    ];
    let beside = form(&one_row, &[]);
    assert_eq!(slots(&beside), ["10/27 9:00 6 4"]);
    assert!(has(&beside, is_sample));
    for (title, sample) in
        [("【記入例】下のようにご記入ください", true), ("記入例を参照してご記入ください", false)]
    {
        let rows: [&[&str]; 3] = [&[title], &HEADS, &["10/25", "9:00", "6", "0"]];
        let read = form(&rows, &[]);
        assert_eq!((has(&read, is_sample), read.rows.is_empty()), (sample, sample), "{title}");
    }
    let rows: [&[&str]; 2] = [&HEADS, &["10/25", "9:00", "6", "0", "例年どおり"]];
    assert!(!has(&form(&rows, &[]), is_sample));
}

#[test]
fn footnotes_are_no_rows() {
    for note in ["※2回目は3週間後", "（注）2回目は3週間後", "＊予約は10日前まで"] {
        let rows: [&[&str]; 4] = [&HEADS, &["10/26", "9:00", "6", "4"], &[], &["", "", note]];
        assert_eq!(slots(&form(&rows, &[])), ["10/26 9:00 6 4"], "{note}");
    }
    let rows: [&[&str]; 4] = [
        &HEADS,
        &["10/26", "9:00", "6", "4"],
        &["11/3（祝）は休診のため枠なし"],
        &["10/27", "9:00", "6", "4"],
    ];
    assert_eq!(slots(&form(&rows, &["A6:D6"])), ["10/26 9:00 6 4", "10/27 9:00 6 4"]);
    for note in ["※1日10名まで", "※1時間に6名", "（注）公開枠は6名まで"] {
        let rows: [&[&str]; 3] = [&HEADS, &["10/26", "9:00", "6", "4"], &["", "", note]];
        let read = form(&rows, &[]);
        assert_eq!(slots(&read), ["10/26 9:00 6 4"], "{note}");
        assert!(!has(&read, |seen| matches!(seen, Observation::Unplaced { .. })), "{note}");
    }
    let rows: [&[&str]; 3] = [&HEADS, &["10/26", "9:00", "6", "4"], &["※10/28 10:00 6名"]];
    assert!(has(&form(&rows, &[]), |seen| matches!(seen, Observation::Aside { .. })));
    // What may be a slot stays an error.
    let rows: [&[&str]; 3] = [&HEADS, &["10/26", "9:00", "6", "4"], &["10/27 9:30から5名"]];
    let read = form(&rows, &["A6:D6"]);
    assert_eq!(slots(&read).last().map(String::as_str), Some("!6"));
    let rows: [&[&str]; 3] = [&HEADS, &["10/26", "9:00", "6", "4"], &["", "", "※10/27 9:30にも5名"]];
    assert_eq!(slots(&form(&rows, &[])).last().map(String::as_str), Some("!6"));
}

#[test]
fn balances_are_no_rows() {
    for word in ["差引", "残", "残り", "上限", "独自枠", "1日平均", "平均", "延べ", "Total", "total"]
    {
        let rows: [&[&str]; 3] = [&HEADS, &["10/26", "9:00", "6", "4"], &[word, "", "2940"]];
        let read = form(&rows, &[]);
        assert_eq!(slots(&read), ["10/26 9:00 6 4"], "{word}");
    }
    let rows: [&[&str]; 5] = [
        &HEADS,
        &["10/26", "9:00", "6", "4"],
        &["公開枠合計", "6"],
        &["非公開枠合計", "18"],
        &["合計", "10"],
    ];
    let read = form(&rows, &[]);
    assert_eq!(slots(&read), ["10/26 9:00 6 4"]);
    // So does one at a bare hour.
    let rows: [&[&str]; 3] = [&HEADS, &["10/26", "9:00", "6", "4"], &["", "10", "6", "4", "小計"]];
    assert_eq!(slots(&form(&rows, &[])).len(), 2);
    // A slot with such a remark stays one.
    let rows: [&[&str]; 2] = [&HEADS, &["10/26", "9:00", "6", "4", "残り枠は電話"]];
    assert_eq!(slots(&form(&rows, &[])), ["10/26 9:00 6 4"]);
    let rows: [&[&str]; 2] = [&HEADS, &["10/26", "", "6", "4", "残り枠"]];
    assert_eq!(slots(&form(&rows, &[])), ["!5"]);
}

#[test]
fn a_days_sum_is_not_the_forms() {
    let rows: [&[&str]; 4] =
        [&HEADS, &["10/26", "9:00", "6", "4"], &["10/27", "9:00", "6", "4"], &["10/27", "計", "6", "4"]];
    let read = form(&rows, &[]);
    assert!(read.typed_totals.is_empty(), "{:?}", read.typed_totals);
    let mut page = Page::new("様式３");
    page.values("A1", &["合計", "", "6", "4"]).texts("A3", &HEADS).values("A4", &["10/26", "9:00", "6", "4"]);
    let read = read_form(&[&page]);
    assert!(read.typed_totals.is_empty(), "{:?}", read.typed_totals);
}

#[test]
fn fields_below_the_list_with_their_labels_above() {
    let mut page = Page::new("様式３");
    page.texts("A1", &HEADS).values("A2", &["10/26", "9:00", "6", "4"]);
    page.texts("A5", &["会場番号", "医療機関名", "担当者名", "電話番号"]);
    page.texts("A6", &["0123", "くまもと医院", "山田", "096-111-0001"]);
    let read = read_form(&[&page]);
    assert_eq!(slots(&read), ["10/26 9:00 6 4"]);
    assert_eq!(read.fields.venue_no.as_ref().unwrap().raw, "0123");
    assert_eq!(read.fields.name.as_ref().unwrap().raw, "くまもと医院");
    assert_eq!(read.fields.phone.as_ref().unwrap().raw, "096-111-0001");
}

#[test]
fn a_blank_form_beside_the_filled_one_says_nothing() {
    let mut third = issued(3);
    third.values("A13", &["1", "10/26", "", "", "9:00", "", "6", "4"]);
    for blank in [1, 2] {
        let read = read_form(&[&issued(blank), &third]);
        assert_eq!((read.number, read.evidence.visible_no), (Some(3), Some(3)));
    }
}

#[test]
fn two_forms_in_one_workbook() {
    let (mut first, mut second) = (issued(1), issued(2));
    first.values("A13", &["1", "10/26", "", "", "9:00", "", "6"]);
    second.values("A13", &["1", "10/26", "", "", "9:00", "", "4"]);
    let read = read_form(&[&first, &second]);
    assert_eq!(slots(&read), ["10/26 9:00 6 4"]);
    assert_eq!(read.number, Some(3));
    assert!(read.observations.contains(&Observation::TwoForms));
}

#[test]
fn withdrawals_speak_of_the_system() {
    let withdraws = |text: &str| {
        let mut page = Page::new("様式３");
        page.texts("A1", &["備考", text]).texts("A3", &HEADS).values("A4", &["10/26", "9:00", "6", "4"]);
        has(&read_form(&[&page]), |seen| matches!(seen, Observation::Withdrawal { .. }))
    };
    for text in [
        "システムは使いません",
        "今期は参加を見送ります",
        "接種を中止します",
        "予約システムは利用しません",
        "利用しません",
        "今回は辞退します",
        "電話で受けるためシステムは利用しません",
    ] {
        assert!(withdraws(text), "{text}");
    }
    for text in [
        "キャンセル待ちリストは利用しません",
        "FAXは利用しません",
        "メールは利用しない",
        "体調不良の方は接種を見送ります",
        "発熱時は接種を中止します",
    ] {
        assert!(!withdraws(text), "{text}");
    }
}

#[test]
fn rows_in_the_sample_sheet_of_a_filled_form() {
    let mut input = issued(3);
    input.values("A13", &["1", "10/26", "", "", "9:00", "", "6", "4"]);
    let mut sample = issued(3);
    sample.values("A13", &["1", "11/16", "", "", "9:00", "", "6", "4"]);
    let mut sheet = sample.done();
    sheet.name = "記入例".into();
    let mut book = workbook(&[&input]);
    book.sheets.push(sheet);
    let told = |book: &_| {
        has(&read(book).forms[0], |seen| matches!(seen, Observation::FilledSample { beside: true, .. }))
    };
    assert!(told(&book));
    for cell in &mut book.sheets[1].cells {
        if (cell.row, cell.column) == (4, 1) {
            cell.value = uketsuke::inspection::workbook::Value::Text("9999".into());
        }
    }
    assert!(!told(&book));
}

#[test]
fn a_missing_heading_is_named_by_the_list() {
    let missing = |heads: &[&str]| {
        let rows: Vec<Vec<&str>> = ["10/26", "10/27", "10/28", "10/29"]
            .iter()
            .flat_map(|day| [vec![*day, "9:00", "6", "4"], vec![*day, "9:30", "5", "3"]])
            .collect();
        let mut all: Vec<&[&str]> = vec![heads];
        all.extend(rows.iter().map(Vec::as_slice));
        let read = form(&all, &[]);
        assert!(read.rows.is_empty(), "{:?}", read.rows);
        let labels = read.observations.iter().find_map(|seen| match seen {
            Observation::MissingColumns { labels, .. } => Some(labels.join(",")),
            _ => None,
        });
        labels.unwrap()
    };
    assert_eq!(missing(&["接種日", "A", "公開枠数", "非公開枠数"]), "接種時刻");
    assert_eq!(missing(&["A", "接種時刻", "公開枠数", "非公開枠数"]), "接種日");
}

#[test]
fn a_date_as_text_in_a_count_cell() {
    let mut page = Page::new("様式１");
    page.texts("A1", &["接種日", "接種時刻", "公開枠数"]);
    for (index, text) in ["6月6日", "2021/6/6", "2021-06-06"].iter().enumerate() {
        let line = index + 2;
        page.values(&format!("A{line}"), &["10/26", "9:00"]).text(&format!("C{line}"), text);
        let read = read_form(&[&page]);
        let count = row(&read, u32::try_from(line).unwrap()).public.clone().unwrap();
        assert_eq!(count.trouble(), Some(&Trouble::CountIsDate), "{text}");
    }
}
