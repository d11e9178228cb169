//! The letters to clinics, whole, against files: `UPDATE_GOLDEN=1 cargo test --test replies` writes them anew.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failed step fails the test"
)]

#[path = "replies/occasions.rs"]
mod occasions;

use std::collections::BTreeSet;
use std::path::PathBuf;

use occasions::*;
use uketsuke::campaign::Timing;
use uketsuke::inbound::attachment::{Attachment, FileKind};
use uketsuke::inbound::message::Message;
use uketsuke::inspection::judgement::{Answer, Inspection, SenderStanding, Silence};
use uketsuke::inspection::rules::changes_in_force;
use uketsuke::inspection::rules::mail::{m19_died, m19_taken_away, refused};
use uketsuke::inspection::standing::Standing;
use uketsuke::inspection::verdict::{Outcome, Severity, Template, Visibility};
use uketsuke::inspection::workbook::{Cell, Content, Refusal, Sheet, Strike, Value, Workbook};
use uketsuke::outbound::confirm::{self, Confirmation};
use uketsuke::outbound::letter::Draft;
use uketsuke::outbound::remind::{self, Reminder, Unmended};
use uketsuke::outbound::reply::{Occasion, Settings, compose, texts, wrap};

const OWN: &str = "vproject@city.kumamoto.kumamoto.jp";

fn letters(inspection: &Inspection, message: &Message) -> Vec<Draft> {
    letters_with(inspection, message, &[])
}

fn letters_with(inspection: &Inspection, message: &Message, contents: &[Content]) -> Vec<Draft> {
    let campaign = campaign();
    let settings = Settings::default();
    compose(&Occasion {
        campaign: &campaign,
        settings: &settings,
        inspection,
        message,
        contents,
        own_address: OWN,
        rehearsal: false,
    })
}

fn reply(inspection: &Inspection) -> Draft {
    letters(inspection, &message("clinic@example.jp")).remove(0)
}

/// Compares the whole letter with its file and holds it to the rules that every letter keeps.
fn golden(name: &str, draft: &Draft) {
    let whole = format!("To: {}\nSubject: {}\n\n{}", draft.to, draft.subject, draft.text);
    let file =
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden/replies").join(format!("{name}.txt"));
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&file, &whole).unwrap();
    }
    let expected = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(whole == expected, "{name} differs from {}:\n{whole}", file.display());
    for line in draft.text.lines() {
        assert!(wrap::width(line) <= wrap::LIMIT, "{name}: {} columns: {line}", wrap::width(line));
        assert!(!line.ends_with(' ') && !line.contains("{{") && !line.contains("None"), "{name}: {line:?}");
    }
    assert!(!draft.text.contains("\n\n\n") && draft.text.ends_with('\n'), "{name}");
    assert!(draft.subject.chars().count() <= 60, "{name}: {}", draft.subject);
    assert!(!draft.text.contains("http://"), "{name} has a live link");
    assert!(draft.text.len() <= 20_000, "{name}");
}

fn golden_reply(
    name: &str,
    received: &str,
    submission: uketsuke::inspection::judgement::Submission,
) -> Draft {
    let draft = reply(&inspection(received, vec![submission]));
    golden(name, &draft);
    draft
}

#[test]
fn accepted() {
    golden_reply("accept", "10-05T14:32", submission(Outcome::Accepted, Template::Accept, Timing::OnTime));
    let mut fixed = submission(Outcome::Accepted, Template::Accept, Timing::FixOfOnTime);
    fixed.findings.push(finding(
        "R23",
        Severity::Info,
        "G18",
        "枠数",
        "６名",
        "「６名」を6と読み取りました。",
    ));
    fixed.findings.push(finding(
        "R23",
        Severity::Info,
        "G19",
        "枠数",
        "８名",
        "「８名」を8と読み取りました。",
    ));
    golden_reply("accept-fix_of_on_time", "10-12T09:00", fixed);
    let mut warned = submission(Outcome::AcceptedWithWarnings, Template::AcceptWarn, Timing::OnTime);
    warned.findings = warnings();
    golden_reply("accept_warn", "10-05T14:32", warned);
}

#[test]
fn rejected_in_each_band() {
    let rejected = |timing| {
        let mut submission = submission(Outcome::Rejected, Template::Reject, timing);
        submission.findings = errors();
        submission
    };
    let text = golden_reply("reject", "10-05T14:32", rejected(Timing::OnTime)).text;
    assert!(text.contains("10月8日（金）までに") && !text.contains("R04") && !text.contains("職員"));
    let text = golden_reply("reject-fix_of_on_time", "10-12T14:32", rejected(Timing::FixOfOnTime)).text;
    assert!(
        text.contains("遅くとも10月13日（水）までに") && text.contains("期限内のご提出として取り扱います")
    );
    golden_reply("reject-late", "10-14T14:32", rejected(Timing::Late));
    let mut correction = corrected(rejected(Timing::CorrectionLastDay));
    correction.findings.extend(warnings());
    let text = golden_reply("reject-correction_last_day", "10-13T14:32", correction).text;
    assert!(text.contains("※前回受け付けた内容（受付番号 8-0123-1、合計 18）は"));
    golden_reply("reject-correction_late", "10-14T14:32", corrected(rejected(Timing::CorrectionLate)));
    golden_reply("reject-after_opening", "10-18T14:32", corrected(rejected(Timing::AfterOpening)));
}

#[test]
fn late() {
    golden_reply("late", "10-11T14:32", submission(Outcome::Accepted, Template::Late, Timing::Late));
    let mut warned = submission(Outcome::AcceptedWithWarnings, Template::Late, Timing::Late);
    warned.findings = warnings();
    golden_reply("late-warned", "10-10T19:32", warned);
}

#[test]
fn corrections_in_each_band() {
    let accepted = |template, timing| corrected(submission(Outcome::Accepted, template, timing));
    golden_reply("corr_ok", "10-12T14:32", accepted(Template::CorrOk, Timing::Correction));
    let mut exported = accepted(Template::CorrOk, Timing::Correction);
    exported.previous = vec![version(true)];
    exported.findings = warnings();
    golden_reply("corr_ok-exported-warned", "10-12T14:32", exported);
    golden_reply("corr_dday", "10-13T14:32", accepted(Template::CorrDday, Timing::CorrectionLastDay));
    let held = |template, timing| corrected(submission(Outcome::Held, template, timing));
    golden_reply("corr_late", "10-14T19:32", held(Template::CorrLate, Timing::CorrectionLate));
    golden_reply("corr_after_open", "10-18T14:32", held(Template::CorrAfterOpen, Timing::AfterOpening));
    let first = submission(Outcome::Held, Template::CorrAfterOpen, Timing::AfterOpening);
    let text = golden_reply("corr_after_open-first", "10-18T14:32", first).text;
    assert!(text.contains("\n予約枠報告様式を受信しました。\n") && text.contains("■ 読み取り結果"));
}

#[test]
fn a_correction_of_one_scope_names_the_receipt_of_the_other() {
    let mut submission = corrected(submission(Outcome::Accepted, Template::CorrOk, Timing::Correction));
    submission.scope = BTreeSet::from([Visibility::Public]);
    let text = golden_reply("corr_ok-public-only", "10-12T14:32", submission).text;
    assert!(text.contains("非公開枠は、受付番号 8-0123-1 の"));
}

#[test]
fn a_scope_of_its_own_is_told_as_additions() {
    let mut late = submission(Outcome::Held, Template::CorrLate, Timing::CorrectionLate);
    late.form = Some(uketsuke::inspection::form::Form { number: Some(2), ..Default::default() }.into());
    late.scope = BTreeSet::from([Visibility::Private]);
    late.slots = vec![slot(11, 1, 9, 0, 10), slot(11, 22, 9, 0, 10)];
    let first = [slot(11, 1, 9, 30, 0), slot(11, 22, 9, 30, 0)];
    let mut before = version(false);
    before.scope = BTreeSet::from([Visibility::Public]);
    before.in_force = before.scope.clone();
    before.slots = first.to_vec();
    late.union = late.slots.iter().chain(&first).cloned().collect();
    let standing = Standing { in_force: vec![before.clone()], ..Standing::default() };
    late.changes = changes_in_force(&standing, &late.scope, &late.slots);
    late.previous = vec![before];
    let text = golden_reply("corr_late-new-scope", "10-14T10:00", late).text;
    assert!(text.contains("追加2件・削除0件・変更0件、合計 60 → 80"), "{text}");
    assert!(text.contains("非公開　追加　10人") && !text.contains("変更はありません"), "{text}");
}

#[test]
fn an_extension_moves_every_date() {
    let late = corrected(submission(Outcome::Accepted, Template::CorrDday, Timing::CorrectionLastDay));
    let text = golden_reply("corr_dday-extended", "10-15T10:00", extended(late, "10-15T17:00")).text;
    assert!(text.contains("本日10月15日（金）は修正の受付期限です") && !text.contains("10月13日"));
}

#[test]
fn mails_without_a_usable_form() {
    let mut none = unreadable(Template::Noatt, "");
    none.file_name = None;
    none.receipt = None;
    none.outcome = Outcome::NotAForm;
    let draft = golden_reply("noatt", "10-05T14:32", none.clone());
    assert_eq!(draft.subject, "【自動返信】【受付未完了】添付ファイルをご確認ください");
    golden_reply("noatt-fix_window", "10-12T14:32", none.clone());
    golden_reply("noatt-after_opening", "10-18T20:32", none);
    let mut inspection = inspection("10-05T14:32", vec![unreadable(Template::Notxlsx, "様式３.pdf")]);
    inspection.other_files = vec!["様式３.pdf".into(), "IMG_0001.HEIC".into()];
    golden("notxlsx", &reply(&inspection));
    golden_reply("passwd", "10-05T14:32", unreadable(Template::Passwd, "予約枠報告様式３.xlsx"));
    golden_reply("unreadable", "10-09T14:32", unreadable(Template::Unreadable, "様式３.xls"));
    golden_reply("winmail", "10-05T14:32", unreadable(Template::Winmail, "winmail.dat"));
}

#[test]
fn each_unreadable_file_has_its_own_answer() {
    let limit = |name: &str, allowed, found| Refusal::limit(name, allowed, found);
    for (name, file, refusal, expected) in [
        ("unreadable-corrupt", "様式３.xlsx", Refusal::corrupt("x"), "送信の途中で破損する"),
        (
            "unreadable-html",
            "様式３.xls",
            Refusal::OldFormat(FileKind::HtmlWorkbook),
            "ウェブページ（HTML）形式",
        ),
        (
            "unreadable-xml",
            "様式３.xls",
            Refusal::OldFormat(FileKind::XmlWorkbook),
            "XMLスプレッドシート2003",
        ),
        ("unreadable-old", "様式３.xls", Refusal::OldFormat(FileKind::OldWorkbook), "Excel 4.0以前"),
        ("unreadable-empty", "様式３.xlsx", Refusal::Empty, "空（0バイト）"),
        (
            "unreadable-rows",
            "様式３.xlsx",
            limit("rows", 5_000, 5_104),
            "（5,104行）が、取り扱える上限（5,000行）",
        ),
        ("unreadable-mail", "", limit("message_bytes", 41_943_040, 50_000_000), "（47.7MB）"),
        ("unreadable-died", "様式３.xlsx", Refusal::Died("x".into()), "担当者が確認し、あらためてご連絡"),
    ] {
        let mut submission = unreadable(Template::Unreadable, file);
        submission.file_name = Some(file.to_string()).filter(|name| !name.is_empty());
        submission.findings = vec![refused(file, &refusal)];
        if matches!(refusal, Refusal::Died(_)) {
            submission.findings.push(m19_died(file));
        }
        let text = golden_reply(name, "10-05T19:32", submission.clone()).text;
        assert!(text.replace("\n　", "").replace('\n', "").contains(expected), "{name}: {text}");
        assert!(!text.contains("limits.") && text.contains("お送りください"), "{name}");
        let mobile =
            letters(&inspection("10-05T19:32", vec![submission]), &message("a@docomo.ne.jp")).remove(0);
        assert!(
            !mobile.text.contains('■') && mobile.text.contains("受付が完了しておりません"),
            "{}",
            mobile.text
        );
    }
}

#[test]
fn twelve_cells_and_their_values_are_named() {
    let mut rejected = submission(Outcome::Rejected, Template::Reject, Timing::OnTime);
    for row in 18..30 {
        let (cell, read) = (format!("B{row}"), format!("{}月末", row - 10));
        rejected.findings.push(finding(
            "R02",
            Severity::Error,
            &cell,
            "接種日",
            &read,
            "日付として読み取れません。",
        ));
    }
    let text = golden_reply("reject-twelve", "10-05T14:32", rejected).text;
    for row in 18..30 {
        assert!(text.contains(&format!("B{row}「{}月末」", row - 10)), "{row}: {text}");
    }
    assert!(!text.contains("ほか"), "{text}");
}

#[test]
fn what_something_on_the_way_did() {
    let sealed = Attachment { name: "smime.p7m".into(), kind: FileKind::Encrypted, ..Attachment::default() };
    let mut mail = message("clinic@example.jp");
    mail.attachments = vec![sealed];
    let mut locked = unreadable(Template::Passwd, "smime.p7m");
    locked.file = Some(0);
    golden("passwd-sealed", &letters(&inspection("10-05T14:32", vec![locked]), &mail).remove(0));
    let mut gone = unreadable(Template::Held, "report.txt");
    gone.outcome = Outcome::Held;
    gone.receipt = None;
    gone.findings = vec![m19_taken_away("report.txt")];
    let told = golden_reply("held-taken_away", "10-05T14:32", gone);
    assert!(!told.text.contains("添付を確認できません") && !told.text.contains("様式を受信しました"));
}

#[test]
fn what_a_person_decides() {
    let held = |template| submission(Outcome::Held, template, Timing::OnTime);
    golden_reply("held", "10-05T14:32", corrected(held(Template::Held)));
    let mut list = held(Template::Held);
    (list.form, list.receipt) = (None, None);
    let text = golden_reply("held-no_form", "10-05T14:32", list).text;
    assert!(text.contains("\nメールを受信しました。\n") && !text.contains("予約枠報告様式を受信"), "{text}");
    golden_reply("withdraw", "10-05T18:32", corrected(held(Template::Withdraw)));
    let mut dup = submission(Outcome::Duplicate, Template::Dup, Timing::OnTime);
    dup.previous = vec![version(false)];
    dup.fingerprint = "f1".into();
    dup.findings = vec![finding("B11", Severity::Info, "B9", "提出区分", "新規", "修正として取り扱います。")];
    golden_reply("dup", "10-05T14:32", dup);
    let mut unknown = held(Template::Unknown);
    unknown.clinic = None;
    unknown.receipt = Some("8-0-3".into());
    golden_reply("unknown-registered", "10-05T14:32", unknown);
    let mut other = held(Template::Conflict);
    other.file_name = Some("様式３（修正）.xlsx".into());
    other.totals = Some(uketsuke::inspection::verdict::Totals { first_public: 12, ..Default::default() });
    let mut two = inspection("10-05T14:32", vec![held(Template::Conflict), other]);
    two.answer = Answer::Send(Template::Conflict);
    golden("conflict", &reply(&two));
}

#[test]
fn nothing_is_repeated_to_an_unregistered_address() {
    for (name, template, sender) in [
        ("unreg", Template::Unreg, SenderStanding::Unknown),
        ("unknown", Template::Unknown, SenderStanding::Unknown),
        ("held-elsewhere", Template::Held, SenderStanding::Elsewhere),
        ("notxlsx-unknown", Template::Notxlsx, SenderStanding::Unknown),
        ("passwd-unknown", Template::Passwd, SenderStanding::Unknown),
        ("withdraw-unknown", Template::Withdraw, SenderStanding::Unknown),
    ] {
        let mut submission = corrected(submission(Outcome::Held, template, Timing::OnTime));
        submission.sender = sender;
        submission.findings = errors();
        let mut inspection = inspection("10-05T14:32", vec![submission]);
        inspection.other_files = vec!["秘密.pdf".into()];
        let draft = letters(&inspection, &message("stranger@example.com")).remove(0);
        golden(name, &draft);
        let told = format!("{}{}", draft.subject, draft.text);
        for secret in [
            "みなみ風",
            "evil",
            "様式３.xlsx",
            "秘密",
            "120",
            "非公開",
            "11/12",
            "0999",
            "０９９９",
            "8-0123-1",
        ] {
            assert!(!told.contains(secret), "{name} tells {secret}: {told}");
        }
        assert!(told.contains("ご担当者　様"), "{name}");
    }
}

#[test]
fn registered_addresses_are_told_in_mails_of_their_own() {
    let mut submission = submission(Outcome::Held, Template::Unreg, Timing::OnTime);
    submission.sender = SenderStanding::Unknown;
    let mut inspection = inspection("10-05T14:32", vec![submission]);
    inspection.notify = vec!["clinic@example.jp".into(), "clinic@docomo.ne.jp".into()];
    let drafts = letters(&inspection, &message("stranger@example.com"));
    let to: Vec<&str> = drafts.iter().map(|draft| draft.to.as_str()).collect();
    assert_eq!(to, ["stranger@example.com", "clinic@example.jp", "clinic@docomo.ne.jp"]);
    assert!(drafts[1].in_reply_to.is_none() && drafts[1].kind == Template::Notice);
    assert!(!drafts[1].text.contains("非公開"), "no figures");
    golden("notice", &drafts[1]);
    inspection.received_at = at("10-17T11:00");
    let late = letters(&inspection, &message("stranger@example.com")).remove(1);
    golden("notice-after_opening", &late);
    assert!(!late.text.contains("確認を待たずに"), "a form after the opening waits for a person");
    golden("mobile-notice", &drafts[2]);
}

#[test]
fn several_forms_get_one_reply_with_the_tag_of_the_worst() {
    let mut rejected = submission(Outcome::Rejected, Template::Reject, Timing::OnTime);
    rejected.findings = errors();
    rejected.findings.extend(warnings());
    rejected.receipt = Some("8-0200-1".into());
    rejected.file_name = Some("ひがし医院.xlsx".into());
    rejected.clinic.as_mut().unwrap().venue_no = "0200".into();
    rejected.clinic.as_mut().unwrap().name = "ひがし医院".into();
    rejected.clinic.as_mut().unwrap().ward = Some(uketsuke::clinic::Ward::Higashi);
    let accepted = submission(Outcome::Accepted, Template::Accept, Timing::OnTime);
    let both = inspection("10-05T14:32", vec![accepted, rejected, unreadable(Template::Passwd, "秘.xlsx")]);
    let draft = reply(&both);
    golden("multi", &draft);
    assert!(draft.subject.contains("【要修正】"), "{}", draft.subject);
    golden("mobile-multi", &letters(&both, &message("a..b@docomo.ne.jp")).remove(0));
    let one_clinic = submission(Outcome::Accepted, Template::Accept, Timing::OnTime);
    let same = inspection("10-05T14:32", vec![one_clinic.clone(), one_clinic]);
    golden("multi-one-clinic", &reply(&same));
}

#[test]
fn mobile_telephones_get_a_short_text() {
    let mut rejected = submission(Outcome::Rejected, Template::Reject, Timing::OnTime);
    rejected.findings = errors();
    let mut warned =
        corrected(submission(Outcome::AcceptedWithWarnings, Template::CorrDday, Timing::CorrectionLastDay));
    warned.findings = warnings();
    for (name, received, submission) in [
        ("mobile-accept", "10-05T14:32", submission(Outcome::Accepted, Template::Accept, Timing::OnTime)),
        ("mobile-reject", "10-05T14:32", rejected),
        ("mobile-corr_dday", "10-13T14:32", warned),
        ("mobile-held", "10-05T14:32", corrected(submission(Outcome::Held, Template::Held, Timing::OnTime))),
        ("mobile-passwd", "10-05T14:32", unreadable(Template::Passwd, "様式.xlsx")),
    ] {
        let draft =
            letters(&inspection(received, vec![submission]), &message("a@mail.ezweb.ne.jp")).remove(0);
        golden(name, &draft);
        assert!(!draft.text.contains('■'), "{name}");
    }
}

#[test]
fn letters_that_staff_start() {
    let (campaign, settings, clinic) = (campaign(), Settings::default(), clinic());
    let slots = slots();
    for (name, now) in [("confirm", "10-12T10:00"), ("confirm-after-deadline", "10-14T10:00")] {
        let draft = confirm::compose(&Confirmation {
            campaign: &campaign,
            settings: &settings,
            clinic: &clinic,
            to: "clinic@example.jp",
            own_address: OWN,
            receipt: "8-0123-2",
            received_at: at("10-05T14:32"),
            slots: &slots,
            deadlines: campaign.deadlines(),
            now: at(now),
            rehearsal: false,
        });
        golden(name, &draft);
    }
    for (name, now) in [("remind", "10-06T09:00"), ("remind-after-deadline", "10-11T09:00")] {
        let reminder = Reminder {
            campaign: &campaign,
            settings: &settings,
            clinic: &clinic,
            to: "clinic@example.jp",
            own_address: OWN,
            deadlines: campaign.deadlines(),
            as_of: at(now),
            rehearsal: false,
        };
        golden(name, &remind::compose(&reminder));
        let unmended =
            Unmended { receipt: "8-0123-1", told_at: at("10-05T14:40"), findings: &errors(), in_force: None };
        golden(&name.replace("remind", "remind_fix"), &remind::compose_fix(&reminder, &unmended));
    }
}

#[test]
fn the_office_is_told_by_the_day_on_which_somebody_is_there() {
    let told = |received: &str| {
        let held = submission(Outcome::Held, Template::Held, Timing::OnTime);
        reply(&inspection(received, vec![held])).text.replace("\n　", "")
    };
    for (received, expected) in [
        ("10-05T00:00", Some("担当者の確認は本日の業務開始以降となります")),
        ("10-05T08:29", Some("本日の業務開始")),
        ("10-05T08:30", None),
        ("10-05T17:14", None),
        ("10-05T17:15", Some("10月6日（水）以降")),
        ("10-08T20:00", Some("10月11日（月）以降")),
        ("10-09T10:00", Some("10月11日（月）以降")),
        ("10-11T00:00", Some("本日の業務開始")),
    ] {
        let text = told(received);
        match expected {
            Some(expected) => assert!(text.contains(expected), "{received}: {text}"),
            None => assert!(!text.contains("業務時間外の"), "{received}: {text}"),
        }
    }
}

#[test]
fn silence_has_no_text_and_a_bare_workbook_no_recipient() {
    let mut silent =
        inspection("10-05T14:32", vec![submission(Outcome::Accepted, Template::Accept, Timing::OnTime)]);
    silent.answer = Answer::Silent(Silence::Automatic);
    assert!(letters(&silent, &message("clinic@example.jp")).is_empty());
    let mut offline = submission(Outcome::Rejected, Template::Reject, Timing::OnTime);
    offline.timing = None;
    offline.receipt = None;
    offline.findings = errors();
    let mut inspection = inspection("10-05T14:32", vec![offline]);
    inspection.received_at = "2026-01-01T00:00:00Z".parse().unwrap();
    let draft = letters(&inspection, &Message::default()).remove(0);
    assert_eq!(draft.to, "");
    assert!(draft.text.contains("10月8日（金）までに"), "{}", draft.text);
}

#[test]
fn the_marked_copy_goes_to_registered_addresses_that_are_no_telephone() {
    let sheet = Sheet {
        name: "様式３".into(),
        cells: vec![Cell {
            row: 0,
            column: 0,
            value: Value::Text("様式３".into()),
            formula: false,
            strike: Strike::None,
        }],
        ..Sheet::default()
    };
    let contents = [Content::Workbook(Workbook { sheets: vec![sheet], ..Workbook::default() })];
    let files = |template, sender, to: &str| {
        let mut submission = submission(Outcome::Rejected, template, Timing::OnTime);
        submission.sender = sender;
        submission.findings = errors();
        submission.file = Some(0);
        submission.file_name = Some("様式３.xlsx".into());
        let draft =
            letters_with(&inspection("10-05T14:32", vec![submission]), &message(to), &contents).remove(0);
        let said = draft.text.contains("「修正一覧_様式３.xlsx」") && draft.text.contains("色を付けた様式");
        assert_eq!(said, !draft.attachments.is_empty(), "{}", draft.text);
        draft.attachments.len()
    };
    let registered = SenderStanding::Registered;
    assert_eq!(files(Template::Reject, registered, "clinic@example.jp"), 1);
    assert_eq!(files(Template::AcceptWarn, registered, "clinic@example.jp"), 0);
    assert_eq!(files(Template::Reject, registered, "clinic@docomo.ne.jp"), 0);
    assert_eq!(files(Template::Reject, SenderStanding::Unknown, "clinic@example.jp"), 0);
    assert_eq!(files(Template::Held, registered, "clinic@example.jp"), 0);
}

#[test]
fn a_flood_of_findings_stays_a_letter() {
    let mut submission = submission(Outcome::Rejected, Template::Reject, Timing::OnTime);
    for row in 0..5_000 {
        let message = format!("{row}行目の枠数を人数として読み取れません。{}", "長い説明。".repeat(40));
        submission.findings.push(finding("R19", Severity::Error, &format!("G{row}"), "枠数", "○", &message));
    }
    let text = reply(&inspection("10-05T14:32", vec![submission])).text;
    assert!(text.contains("（5000件）") && text.contains("\n　ほか49"));
    assert!(text.len() <= 20_000, "{}", text.len());
}

#[test]
fn the_rehearsal_says_so_in_subject_and_text() {
    let (campaign, settings) = (campaign(), Settings::default());
    let mut long = submission(Outcome::AcceptedWithWarnings, Template::AcceptWarn, Timing::OnTime);
    long.clinic.as_mut().unwrap().name =
        "社会医療法人財団熊本みなみ風会附属みなみ風こどもファミリークリニック分院".into();
    let inspection = inspection("10-05T14:32", vec![long]);
    let message = message("clinic@example.jp");
    let occasion = Occasion {
        campaign: &campaign,
        settings: &settings,
        inspection: &inspection,
        message: &message,
        contents: &[],
        own_address: OWN,
        rehearsal: true,
    };
    let draft = compose(&occasion).remove(0);
    assert!(draft.subject.starts_with("【テスト】【自動返信】【受付・要確認】"), "{}", draft.subject);
    assert!(draft.subject.ends_with("…）受付番号8-0123-2") && draft.subject.chars().count() == 60);
    assert!(draft.text.contains("テストメール"));
}

#[test]
fn every_text_parses_and_keeps_to_letters_that_old_programs_know() {
    for (name, text) in texts::TEXTS {
        let (_, _, lost) = encoding_rs::ISO_2022_JP.encode(text);
        assert!(!lost, "{name} has a letter that ISO-2022-JP does not have");
        assert!(!text.contains(['①', '②', '③', '㈱', '〜', '髙', '〆', 'Ⅰ']), "{name}");
        for line in text.lines().filter(|line| !line.contains('{') && name != "result") {
            assert!(wrap::width(line) <= wrap::LIMIT, "{name}: {} {line}", wrap::width(line));
        }
    }
}

#[test]
fn golden_letters_without_a_test_are_removed() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden/replies");
    let source = include_str!("replies.rs");
    for file in std::fs::read_dir(folder).unwrap() {
        let name = file.unwrap().file_name().into_string().unwrap();
        let stem = name.trim_end_matches(".txt").replace("remind_fix", "remind");
        assert!(source.contains(&format!("\"{stem}\"")), "no test writes {name}");
    }
}
