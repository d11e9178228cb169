//! The digest on an invented but consistent day: its sums, its order, its width, what hostile text does to it.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test fails by panicking"
)]

mod digest_day;
mod eighth;

use digest_day::{clinic_line, day, quiet_day, work_item};
use eighth::campaign;
use jiff::Timestamp;
use uketsuke::campaign::rfc3339;
use uketsuke::clinic::Ward;
use uketsuke::outbound::activity::{ClinicState, DayActivity};
use uketsuke::outbound::digest::figures::Figures;
use uketsuke::outbound::digest::{HTML_BYTES, Settings, html, schedule, subject, text, workbook_name};
use unicode_width::UnicodeWidthStr;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn rendered(activity: &DayActivity) -> [String; 2] {
    let settings = Settings::default();
    [text(activity, &campaign(), &settings), html(activity, &campaign(), &settings)]
}

#[test]
fn the_schedule_counts_each_instant_once() {
    let check = |settings: &Settings, after: &str, until: &str, expected: &[&str]| {
        let due: Vec<String> = schedule(settings, at(after), at(until)).into_iter().map(rfc3339).collect();
        assert_eq!(due, expected, "{after} to {until}");
    };
    let every_day = Settings::default();
    check(&every_day, "2021-10-05T08:15:00+09:00", "2021-10-05T23:00:00+09:00", &[]);
    check(
        &every_day,
        "2021-10-04T08:15:00+09:00",
        "2021-10-05T08:15:00+09:00",
        &["2021-10-05T08:15:00+09:00"],
    );
    check(
        &every_day,
        "2021-10-05T08:14:59+09:00",
        "2021-10-05T08:15:00+09:00",
        &["2021-10-05T08:15:00+09:00"],
    );
    let friday_to_sunday = [
        "2021-10-08T08:15:00+09:00",
        "2021-10-08T17:30:00+09:00",
        "2021-10-09T08:15:00+09:00",
        "2021-10-10T08:15:00+09:00",
    ];
    check(&every_day, "2021-10-07T12:00:00+09:00", "2021-10-10T12:00:00+09:00", &friday_to_sunday);
    let workdays = Settings { weekends: false, ..Settings::default() };
    check(&workdays, "2021-10-07T12:00:00+09:00", "2021-10-10T12:00:00+09:00", &friday_to_sunday[..2]);
    check(&every_day, "2021-10-10T12:00:00+09:00", "2021-10-07T12:00:00+09:00", &[]);
    let twice: Settings =
        serde_json::from_str(r#"{"at": ["17:30", "08:15"], "extra": ["2021-10-08T17:30"]}"#).unwrap();
    check(&twice, "2021-10-08T00:00:00+09:00", "2021-10-09T00:00:00+09:00", &friday_to_sunday[..2]);
    assert!(serde_json::from_str::<Settings>(r#"{"too": []}"#).is_err());
}

#[test]
fn subject_and_file_name_carry_the_counts_and_the_day() {
    assert_eq!(
        subject(&day(), &campaign()),
        "【第８期予約枠】日次集計 10月5日(火) 8:15／要対応2・要修正20・未提出118"
    );
    assert_eq!(workbook_name(&day(), &campaign()), "第８期予約枠_日次集計_20211005.xlsx");
}

#[test]
fn all_sections_stand_in_order_in_text_and_html() {
    for rendered in rendered(&day()) {
        let mut rest = rendered.as_str();
        for heading in [
            "令和3年10月5日（火）　第８期 予約枠報告 日次集計",
            "集計時点：10/5 8:15　対象期間：10/4 8:15～10/5 8:15　提出期限まで あと3日（10/8 金）",
            "１ 本日ご対応いただきたいもの（2件）",
            "２ 前日からの変化",
            "新規受付 37／修正受付 9／要修正→受付 11／新たに要修正 14／取下げ申出 1",
            "３ 区別の状況",
            "※対象＝受付済＋要修正＋要対応＋FAX＋未提出（検算一致）",
            "「独自受付のため利用しない」31、利用意向未確認 12",
            "４ 枠数（受付済166医療機関）",
            "（検算一致）",
            "差引（独自の受付枠）",
            "上限超過で要修正：1医療機関（0053 +12）",
            "５ 日別",
            "６ 期限・修正",
            "期限後提出 0／期限当日修正 －／修正期限後 －／セットアップ後の修正 0",
            "７ 要修正（20件）古い順",
            "８ 未提出（118件）区別・会場番号順",
            "９ システム",
            "最終受信確認 8:14／受信 212通（対象期間 75）／自動返信 191／返信せず 20／送信失敗 1／結果不明 0／送信待ち 0／未処理 0",
            "（検算一致）",
            "監査記録 640件　末尾 9f2c",
            "添付：第８期予約枠_日次集計_20211005.xlsx",
        ] {
            let (_, after) =
                rest.split_once(heading).unwrap_or_else(|| panic!("{heading} is missing in\n{rest}"));
            rest = after;
        }
        assert!(!rendered.contains("検算不一致"));
    }
}

#[test]
fn the_wards_add_up_as_in_the_notebook_of_the_city() {
    let text = text(&day(), &campaign(), &Settings::default());
    let cells = |label: &str| -> Vec<String> {
        let line = text.lines().find(|line| line.starts_with(label)).unwrap();
        line.split_whitespace().map(str::to_string).collect()
    };
    assert_eq!(cells("中央"), ["中央", "96", "52", "6", "3", "2", "33", "66%"]);
    assert_eq!(cells("北 "), ["北", "40", "19", "2", "1", "0", "18", "55%"]);
    assert_eq!(cells("計 "), ["計", "312", "161", "20", "8", "5", "118", "62%"]);
    assert_eq!(cells("合計"), ["合計", "1,328", "664", "1,992"]);
}

#[test]
fn sums_that_do_not_hold_are_told_loudly() {
    let check = |what: &str, spoil: fn(&mut DayActivity)| {
        let mut activity = day();
        spoil(&mut activity);
        for rendered in rendered(&activity) {
            assert!(rendered.contains("★★検算不一致★★"), "{what}");
        }
    };
    check("a clinic counted twice", |activity| {
        let twice = activity.clinics[0].clone();
        activity.clinics.push(twice);
    });
    check("a day forgotten", |activity| activity.days.truncate(1));
    check("a slot forgotten", |activity| activity.slots.truncate(1));
    check("a mail unaccounted for", |activity| activity.health.mails_seen += 1);
    check("the mailbox holds another mail", |activity| activity.health.difference = 1);
}

#[test]
fn tables_are_aligned_by_display_width() {
    let text = text(&day(), &campaign(), &Settings::default());
    let lines: Vec<&str> = text.lines().collect();
    let check = |heading: &str, rows: usize| {
        let start = lines.iter().position(|line| line.starts_with(heading)).unwrap();
        let table = &lines[start..=start + rows];
        let end = |line: &str| line.trim_end_matches(['★', ' ']).width_cjk();
        for line in table {
            assert_eq!(end(line), end(table[0]), "{line}");
        }
    };
    check("区    対象", 6);
    check("１回目  ", 16);
}

#[test]
fn days_stand_beside_those_three_weeks_later() {
    let text = text(&day(), &campaign(), &Settings::default());
    let line = |day: &str| {
        text.lines().find(|line| line.starts_with(day)).unwrap_or_else(|| panic!("{day}\n{text}"))
    };
    assert!(
        line("11/2(火)").contains("|11/23(火・祝)") && line("11/2(火)").ends_with('★'),
        "{}",
        line("11/2(火)")
    );
    assert!(line("11/3(水・祝)").contains("|11/24(水)"));
    assert!(!line("10/25(月)").contains('★'));
    assert!(line("11/9(火)").contains("|11/30(火)"));
}

#[test]
fn a_quiet_day_is_told_too() {
    for rendered in rendered(&quiet_day()) {
        assert!(rendered.contains("変化なし（対象期間の受信 0通）"), "{rendered}");
        assert!(rendered.contains("ご対応いただきたいものはありません。"));
        assert!(!rendered.contains("検算不一致"));
    }
}

#[test]
fn the_next_deadline_is_counted_in_days() {
    let check = |until: &str, expected: &str| {
        let activity = DayActivity { until: at(until), ..quiet_day() };
        let text = text(&activity, &campaign(), &Settings::default());
        assert!(text.contains(expected), "{text}");
    };
    check("2021-10-08T17:30:00+09:00", "提出期限は本日（10/8 金）");
    check("2021-10-09T08:15:00+09:00", "修正受付期限まで あと4日（10/13 水）");
    check("2021-10-13T23:59:59+09:00", "修正受付期限は本日（10/13 水）");
    check("2021-10-14T08:15:00+09:00", "予約受付開始まで あと2日（10/16 土）");
    check("2021-10-17T08:15:00+09:00", "予約受付開始後");
}

#[test]
fn a_mailbox_that_was_not_checked_is_an_alarm() {
    let mut activity = quiet_day();
    activity.health.last_check_at = Some(activity.until - jiff::SignedDuration::from_hours(3));
    assert!(
        text(&activity, &campaign(), &Settings::default())
            .contains("★受信箱を 10/5 5:15 から確認できていません。")
    );
    activity.health.last_check_at = None;
    assert!(text(&activity, &campaign(), &Settings::default()).contains("★受信箱をまだ一度も"));
}

#[test]
fn late_clinics_are_listed_by_time_of_receipt() {
    let mut activity = day();
    let line = |number: usize, hour: i8| {
        let mut line = clinic_line(number, Ward::Chuo, ClinicState::Accepted);
        line.timing = Some(uketsuke::campaign::Timing::CorrectionLastDay);
        line.received_at = Some(at(&format!("2021-10-13T{hour:02}:00:00+09:00")));
        line
    };
    activity.clinics.extend([line(901, 15), line(902, 9)]);
    activity.until = at("2021-10-13T17:30:00+09:00");
    activity.changes.corrected_last_day = 2;
    let text = text(&activity, &campaign(), &Settings::default());
    assert!(text.contains("期限当日修正 2／修正期限後 －"), "{text}");
    let position = |venue: &str| text.find(&format!("期限当日修正  {venue}")).unwrap();
    assert!(position("0902") < position("0901"));
}

#[test]
fn lists_go_by_ward_and_venue_number() {
    let mut activity = quiet_day();
    for (number, ward) in [(10, Ward::Kita), (9, Ward::Kita), (100, Ward::Chuo), (11, Ward::Higashi)] {
        activity.clinics.push(clinic_line(number, ward, ClinicState::NotSubmitted));
    }
    let mut nowhere = clinic_line(1, Ward::Kita, ClinicState::NotSubmitted);
    nowhere.clinic.ward = None;
    activity.clinics.push(nowhere);
    let text = text(&activity, &campaign(), &Settings::default());
    let listed: Vec<&str> =
        text.lines().filter(|line| line.contains("096-001-")).map(|line| &line[..4]).collect();
    assert_eq!(listed, ["0100", "0011", "0009", "0010", "0001"]);
}

#[test]
fn clinics_cannot_write_markup_or_lines_into_the_digest() {
    let mut activity = quiet_day();
    let mut line = clinic_line(1, Ward::Chuo, ClinicState::NotSubmitted);
    line.clinic.name = "<script>alert('x')</script>&\"医院\n９ システム\u{202e}".into();
    activity.clinics.push(line.clone());
    let mut item = work_item("本文に連絡事項", Some(line.clinic));
    item.reason = "javascript:<img src=x>".into();
    activity.work.push(item);
    let [text, html] = rendered(&activity);
    assert!(!html.contains("<script") && !html.contains("<img") && html.contains("&lt;script&gt;"));
    assert!(!html.contains("href") && !html.contains("src=\""));
    assert_eq!(text.lines().filter(|line| line.starts_with("９ システム")).count(), 1);
    assert!(!text.contains('\u{202e}') && !html.contains('\u{202e}'));
}

#[test]
fn the_html_is_one_table_that_outlook_lays_out() {
    let [_, html] = rendered(&day());
    assert_eq!(html.matches("<table").count(), 1);
    assert!(html.contains(
        "<table role=\"presentation\" width=\"680\" cellpadding=\"4\" cellspacing=\"0\" border=\"1\""
    ));
    for forbidden in ["<style", "flex", "float", "@media", "rowspan", "<img", "<div", "http"] {
        let found = html.replace("http-equiv", "").contains(forbidden);
        assert!(!found, "{forbidden}");
    }
    for row in html.split("<tr").skip(1) {
        let cells = row.split_once("</tr>").unwrap().0;
        let units: usize = cells
            .split('<')
            .filter(|tag| tag.starts_with("td") || tag.starts_with("th"))
            .map(|tag| {
                let tag = tag.split('>').next().unwrap();
                tag.split_once("colspan=\"")
                    .map_or(1, |(_, span)| span.split('"').next().unwrap().parse().unwrap())
            })
            .sum();
        assert_eq!(units, 20, "{cells}");
    }
    assert!(html.contains("#F8D7DA") && html.contains("#FFF3CD"));
}

#[test]
fn the_html_stays_small_and_says_what_it_left_out() {
    let mut activity = quiet_day();
    for number in 1..2_000 {
        let ward = Ward::ALL[number % 5];
        let mut line = clinic_line(number, ward, ClinicState::NotSubmitted);
        line.clinic.name = "医".repeat(80);
        activity.clinics.push(line);
        let mut item = work_item("備考に条件", Some(activity.clinics[number - 1].clinic.clone()));
        item.reason = "＆".repeat(500);
        activity.work.push(item);
    }
    let settings = Settings { max_rows_per_ward: 500, ..Settings::default() };
    let html = html(&activity, &campaign(), &settings);
    assert!(html.len() < HTML_BYTES, "{}", html.len());
    assert!(html.contains("件は、添付ファイルのシート「未提出」をご覧ください。"));
    assert!(html.contains("件は、添付ファイルのシート「要対応」をご覧ください。"));
    let text = text(&activity, &campaign(), &Settings::default());
    assert!(text.contains("ほか1849件は、添付ファイルのシート「未提出」"), "30 rows for each of five wards");
}

#[test]
fn a_clinic_whose_cap_is_unknown_is_left_out_of_the_rest() {
    let mut activity = day();
    let line = activity.clinics.iter_mut().find(|line| line.state == ClinicState::Accepted).unwrap();
    line.clinic.cap = None;
    let figures = Figures::of(&activity, &campaign());
    assert_eq!((figures.clinics_without_cap, figures.uncapped_sum), (1, 12));
    assert_eq!(figures.own(), figures.caps as i64 - (figures.slots.sum() as i64 - 12));
    assert!(text(&activity, &campaign(), &Settings::default()).contains("上限量が未登録の1医療機関、12人分"));
}
