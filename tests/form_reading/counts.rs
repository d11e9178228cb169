//! Several columns that look like the count.

use uketsuke::inspection::form::{Form, Observation};

use crate::builder::{Page, has, read_form, slots};

fn page(rows: &[&[&str]]) -> Page {
    let mut page = Page::new("Sheet1");
    for (index, row) in rows.iter().enumerate() {
        page.values(&format!("A{}", index + 1), row);
    }
    page
}

fn of_form(number: u8, rows: &[&[&str]]) -> Form {
    let title = if number == 1 {
        "予約枠報告様式１（公開枠のみ）"
    } else {
        "予約枠報告様式３（公開・非公開）"
    };
    let head: [&[&str]; 2] = [&[title], &["会場番号", "0123", "", "医療機関名", "くまもと医院"]];
    read_form(&[&page(&[&head[..], rows].concat())])
}

#[test]
fn a_count_that_names_its_visibility_wins() {
    for other in [
        "残枠数",
        "独自枠数",
        "第７期枠数",
        "前回枠数",
        "最大受入人数",
        "定員",
        "枠数",
        "人数",
        "変更前枠数",
        "予約可能数",
    ] {
        for (heads, row) in [(["公開枠数", other], ["6", "9"]), ([other, "公開枠数"], ["9", "6"])] {
            let form = of_form(
                1,
                &[
                    &["接種日", "接種時刻", heads[0], heads[1]],
                    &["10/26", "9:00", row[0], row[1]],
                    &["10/26", "10:00", row[0], row[1]],
                ],
            );
            assert_eq!(slots(&form), ["10/26 9:00 6 0", "10/26 10:00 6 0"], "{heads:?}");
        }
        let both = of_form(
            3,
            &[&["接種日", "接種時刻", "公開枠数", "非公開枠数", other], &["10/26", "9:00", "6", "2", "9"]],
        );
        assert_eq!(slots(&both), ["10/26 9:00 6 2"], "{other}");
    }
}

#[test]
fn counts_that_were_give_way() {
    for heads in [
        ["変更前枠数", "変更後枠数"],
        ["変更前", "変更後"],
        ["旧枠数", "新枠数"],
        ["現在の公開枠数", "修正後の公開枠数"],
        ["当初枠数", "公開枠数"],
        ["第７期枠数", "第８期枠数"],
        ["前回の予約枠数", "今回の予約枠数"],
        ["残枠数", "枠数"],
    ] {
        for turned in [false, true] {
            let (heads, counts) =
                if turned { ([heads[1], heads[0]], ["6", "9"]) } else { (heads, ["9", "6"]) };
            let form = of_form(
                1,
                &[
                    &["接種日", "接種時刻", heads[0], heads[1]],
                    &["10/26", "9:00", counts[0], counts[1]],
                    &["11/16", "9:00", counts[0], counts[1]],
                ],
            );
            assert_eq!(slots(&form), ["10/26 9:00 6 0", "11/16 9:00 6 0"], "{heads:?}");
        }
    }
    // Alone they are no count at all, or, where the word may mean the present, they are.
    let past = of_form(1, &[&["接種日", "接種時刻", "変更前枠数"], &["10/26", "9:00", "6"]]);
    assert!(past.rows.is_empty() && has(&past, |seen| matches!(seen, Observation::MissingColumns { .. })));
    let present = of_form(1, &[&["接種日", "接種時刻", "現在の枠数"], &["10/26", "9:00", "6"]]);
    assert_eq!(slots(&present), ["10/26 9:00 6 0"]);
}

#[test]
fn two_equal_claims_are_asked_back() {
    for (number, heads) in [
        (1, ["定員", "予約枠数"]),
        (1, ["公開枠数（Ａ医師）", "公開枠数（Ｂ医師）"]),
        (1, ["午前枠数", "午後枠数"]),
        (3, ["公開枠数", "枠数"]),
    ] {
        let form = of_form(
            number,
            &[
                &["接種日", "接種時刻", heads[0], heads[1]],
                &["10/26", "9:00", "6", "9"],
                &["11/16", "9:00", "6", "9"],
            ],
        );
        assert!(form.rows.is_empty(), "{heads:?}: {form:#?}");
        let told = form.observations.iter().find_map(|seen| match seen {
            Observation::RivalCounts { labels, .. } => Some(labels.clone()),
            _ => None,
        });
        assert_eq!(told, Some(heads.map(String::from).to_vec()));
        assert!(!has(&form, |seen| matches!(seen, Observation::MissingColumns { .. })));
        assert_eq!(form.fields.venue_no.as_ref().unwrap().raw, "123");
    }
    // One count for each dose is no claim to the same slots; a repeated one neither.
    let doses = of_form(
        1,
        &[
            &["接種日", "接種時刻", "１回目枠数", "２回目枠数"],
            &["10/26", "9:00", "6", ""],
            &["11/16", "9:00", "", "6"],
        ],
    );
    assert_eq!(slots(&doses), ["10/26 9:00 6 0", "11/16 9:00 6 0"]);
    let same = of_form(1, &[&["接種日", "接種時刻", "定員", "予約枠数"], &["10/26", "9:00", "6", "6"]]);
    assert_eq!(slots(&same), ["10/26 9:00 6 0"]);
}

fn strange(form: &Form) -> Vec<String> {
    let told = form.observations.iter().filter_map(|seen| match seen {
        Observation::StrangeFigures { place, raw, common } => {
            Some(format!("{} {raw} {common}", place.cell.as_deref().unwrap_or("-")))
        }
        _ => None,
    });
    told.collect()
}

#[test]
fn figures_under_a_heading_that_explains_nothing_are_told() {
    let of_heading = |number, head: &str, figures: [&str; 3]| {
        let row = |day, at: usize| [day, "9:00", "6", figures[at], "4"];
        let heads = ["接種日", "接種時刻", "公開枠数", head, "非公開枠数"];
        let (first, second, third) = (row("10/25", 0), row("10/26", 1), row("11/15", 2));
        let rows: [&[&str]; 4] = [&heads, &first, &second, &third];
        of_form(number, &rows)
    };
    for (head, figures, expected) in [
        ("電話受付", ["3", "3", "2"], &["D2 電話受付 true"][..]),
        ("電話受付分", ["3名", "3", ""], &["D2 電話受付分 true"]),
        ("電話枠", ["3", "3", "3"], &["D2 電話枠 true"]),
        ("電話受付", ["", "", "2"], &["D2 電話受付 false"]),
        ("合わせて", ["10", "10", "10"], &["D2 合わせて false"]),
        ("枠数", ["10", "10", "10"], &["D2 枠数 false"]),
        ("通し", ["1", "2", "3"], &[]),
        ("通し", ["1", "2", "1"], &[]),
        ("No.", ["3", "3", "3"], &[]),
        ("計", ["10", "10", "10"], &[]),
        ("定員", ["12", "12", "12"], &[]),
        ("残枠数", ["3", "3", "3"], &[]),
        ("予約済", ["3", "3", "3"], &[]),
        ("医師名", ["2", "2", "2"], &[]),
        ("ワクチン本数", ["2", "2", "2"], &[]),
        ("延べ", ["10", "20", "30"], &[]),
        ("単価", ["2070", "2070", "2070"], &[]),
        ("電話受付", ["0", "", "なし"], &[]),
    ] {
        let heads = of_heading(3, head, figures);
        let told: Vec<String> = expected.iter().map(|told| told.replace("D2", "D3")).collect();
        assert_eq!(strange(&heads), told, "{head}");
        assert_eq!(slots(&heads).len(), 3, "{head}");
    }
}

#[test]
fn numbers_of_rows_are_no_figures() {
    for numbers in [["1", "2", "3"], ["1", "3", "4"], ["101", "105", "202"]] {
        let rows: [[&str; 5]; 3] = [
            [numbers[0], "10/25", "9:00", "6", "4"],
            [numbers[1], "10/26", "9:00", "6", "4"],
            [numbers[2], "11/15", "9:00", "6", "4"],
        ];
        let head: &[&str] = &["", "接種日", "接種時刻", "公開枠数", "非公開枠数"];
        let form = of_form(3, &[head, &rows[0], &rows[1], &rows[2]]);
        assert!(strange(&form).is_empty(), "{numbers:?}");
    }
}

#[test]
fn a_count_without_heading_is_told_where_the_form_is_for_both() {
    let form = of_form(
        3,
        &[
            &["接種日", "接種時刻", "公開枠数"],
            &["10/25", "9:00", "6", "4"],
            &["10/26", "9:00", "6"],
            &["11/15", "9:00", "6", ""],
        ],
    );
    assert_eq!(strange(&form), ["D3  false"]);
    let beside = of_form(
        3,
        &[
            &["接種日", "接種時刻", "公開枠数", "非公開枠数", "", "会場番号", "0123"],
            &["10/25", "9:00", "6", "4", "", "第８期接種可能上限量", "600"],
        ],
    );
    assert!(strange(&beside).is_empty(), "{beside:#?}");
}
