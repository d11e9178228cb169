//! Pure: the nine sheets of the digest's workbook.

use std::collections::BTreeMap;

use rust_xlsxwriter::{Worksheet, XlsxError};

use super::page::{Page, Value};
use crate::campaign::{Campaign, in_jst};
use crate::clinic::Clinic;
use crate::inspection::verdict::Visibility;
use crate::outbound::activity::{ClinicLine, ClinicState, DayActivity};
use crate::outbound::digest::figures::{Figures, WardFigures, ward_label};
use crate::outbound::digest::wording::weekday;
use crate::outbound::words;

type Written = Result<(), XlsxError>;

/// 「集計」: by ward, then the slots.
pub fn summary(
    sheet: &mut Worksheet,
    activity: &DayActivity,
    campaign: &Campaign,
    figures: &Figures,
) -> Written {
    let columns = [
        ("区", 26.0),
        ("対象", 10.0),
        ("受付済", 10.0),
        ("要修正", 10.0),
        ("要対応", 10.0),
        ("FAX", 10.0),
        ("未提出", 10.0),
        ("提出率(%)", 10.0),
        ("検算", 10.0),
    ];
    let mut page = Page::new(sheet, "集計", &columns)?;
    for ward in figures.wards.iter().chain([&figures.total]) {
        page.row(ward_row(ward))?;
    }
    page.filter(columns.len())?;
    page.row(["独自受付のため利用しない".into(), figures.not_using.into()])?;
    page.row(["利用意向未確認".into(), figures.unknown_intent.into()])?;
    if figures.not_in_file > 0 {
        page.row(["医療機関マスタにない".into(), figures.not_in_file.into()])?;
    }
    page.row(["検算（全体）".into(), verdict(figures.clinics_add_up())])?;
    page.heading(&["枠数", "公開", "非公開", "計"])?;
    let totals = &figures.slots;
    for (label, public, private) in [
        ("１回目", totals.first_public, totals.first_private),
        ("２回目", totals.second_public, totals.second_private),
        ("合計", totals.public(), totals.private()),
    ] {
        page.row([label.into(), public.into(), private.into(), (public + private).into()])?;
    }
    page.row(["検算（日別・枠一覧と）".into(), verdict(figures.slots_add_up())])?;
    page.row(["枠のある医療機関".into(), figures.clinics_with_slots.into()])?;
    page.row(["上限量".into(), figures.caps.into()])?;
    page.row(["差引（独自の受付枠）".into(), figures.own().into()])?;
    page.row(["上限量が未登録の医療機関".into(), figures.clinics_without_cap.into()])?;
    page.row(["上限超過で要修正".into(), figures.over_cap.len().into()])?;
    page.row(["１回目＞２回目の医療機関".into(), figures.unbalanced.into()])?;
    page.row(["１回目＞２回目の人数".into(), figures.unbalanced_sum.into()])?;
    page.heading(&["集計", ""])?;
    page.row(["集計の名称".into(), format!("{} 予約枠報告 日次集計", campaign.title).into()])?;
    page.row(["対象期間（から）".into(), activity.from.into()])?;
    page.row(["集計時点".into(), activity.until.into()])?;
    page.row(["監査記録の末尾".into(), activity.health.audit_head.as_str().into()])
}

fn ward_row(ward: &WardFigures) -> Vec<Value> {
    let mut row: Vec<Value> = vec![ward.label.into()];
    row.extend(
        [ward.expected, ward.accepted, ward.needs_fix, ward.held, ward.other_channel, ward.not_submitted]
            .map(Value::from),
    );
    row.push(ward.rate().into());
    row.push(verdict(ward.adds_up()));
    row
}

fn verdict(holds: bool) -> Value {
    if holds { "一致".into() } else { "★不一致".into() }
}

/// 会場, 名称, 区, 電話: how every list begins.
fn who(clinic: Option<&Clinic>) -> [Value; 4] {
    match clinic {
        Some(clinic) => [
            clinic.venue_no.as_str().into(),
            clinic.name.as_str().into(),
            ward_label(clinic.ward).into(),
            clinic.phone.as_str().into(),
        ],
        None => [Value::Empty, "（不明）".into(), Value::Empty, Value::Empty],
    }
}

/// 「要対応」
pub fn work(sheet: &mut Worksheet, activity: &DayActivity) -> Written {
    let columns = [
        ("No", 5.0),
        ("区分", 18.0),
        ("会場", 9.0),
        ("名称", 26.0),
        ("区", 7.0),
        ("電話", 15.0),
        ("受信日時", 20.0),
        ("送信元", 28.0),
        ("内容", 50.0),
        ("次の行動", 40.0),
        ("受付番号", 14.0),
        ("メールID", 9.0),
    ];
    let mut page = Page::new(sheet, "要対応", &columns)?;
    for (index, item) in activity.work.iter().enumerate() {
        let mut row: Vec<Value> = vec![(index + 1).into(), item.kind.as_str().into()];
        row.extend(who(item.clinic.as_ref()));
        row.extend([
            item.received_at.into(),
            item.from.clone().into(),
            item.reason.as_str().into(),
            item.action.as_str().into(),
            item.receipt.clone().into(),
            item.mail_id.into(),
        ]);
        page.row(row)?;
    }
    page.filter(columns.len())
}

/// 「要修正」: one row for each error.
pub fn needs_fix(sheet: &mut Worksheet, activity: &DayActivity) -> Written {
    let columns = [
        ("会場", 9.0),
        ("名称", 26.0),
        ("区", 7.0),
        ("電話", 15.0),
        ("シート", 14.0),
        ("セル", 9.0),
        ("読取値", 20.0),
        ("コード", 8.0),
        ("内容", 60.0),
        ("初回", 20.0),
        ("経過日", 8.0),
        ("受付番号", 14.0),
    ];
    let mut page = Page::new(sheet, "要修正", &columns)?;
    let today = activity.day();
    for line in activity.in_order().into_iter().filter(|line| line.state == ClinicState::NeedsFix) {
        let told = line.first_told_at;
        let age = told
            .and_then(|told| in_jst(told).date().until(today).ok())
            .map(|span| i64::from(span.get_days()));
        let tail = |row: &mut Vec<Value>| row.extend([told.into(), age.into(), line.receipt.clone().into()]);
        for error in &line.errors {
            let mut row = Vec::from(who(Some(&line.clinic)));
            row.extend([
                error.sheet.clone().into(),
                error.cell.clone().into(),
                error.read.clone().into(),
                error.code.as_str().into(),
                error.message.as_str().into(),
            ]);
            tail(&mut row);
            page.row(row)?;
        }
        if line.errors.is_empty() {
            let mut row = Vec::from(who(Some(&line.clinic)));
            let why = line.why.clone().into();
            row.extend([Value::Empty, Value::Empty, Value::Empty, Value::Empty, why]);
            tail(&mut row);
            page.row(row)?;
        }
    }
    page.filter(columns.len())
}

/// 「未提出」
pub fn not_submitted(sheet: &mut Worksheet, activity: &DayActivity) -> Written {
    let columns = [
        ("会場", 9.0),
        ("名称", 26.0),
        ("区", 7.0),
        ("電話", 15.0),
        ("FAX", 15.0),
        ("メール", 34.0),
        ("担当者", 14.0),
        ("上限量", 9.0),
        ("フラグ", 20.0),
        ("備考", 30.0),
    ];
    let mut page = Page::new(sheet, "未提出", &columns)?;
    for line in activity.in_order().into_iter().filter(|line| line.state == ClinicState::NotSubmitted) {
        let clinic = &line.clinic;
        let mut row = Vec::from(who(Some(clinic)));
        row.extend([
            clinic.fax.as_str().into(),
            clinic
                .emails
                .iter()
                .chain(&clinic.provisional_emails)
                .cloned()
                .collect::<Vec<_>>()
                .join("; ")
                .into(),
            clinic.contact_name.as_str().into(),
            clinic.cap.into(),
            line.flags.iter().map(|flag| words::flag(flag)).collect::<Vec<_>>().join("、").into(),
            clinic.note.as_str().into(),
        ]);
        page.row(row)?;
    }
    page.filter(columns.len())
}

/// 「受付一覧」: every clinic with slots in force or an attempt that decides its state.
pub fn receipts(sheet: &mut Worksheet, activity: &DayActivity) -> Written {
    let columns = [
        ("会場", 9.0),
        ("名称", 26.0),
        ("区", 7.0),
        ("状態", 9.0),
        ("様式", 7.0),
        ("受付番号", 14.0),
        ("受信日時", 20.0),
        ("公開1", 9.0),
        ("公開2", 9.0),
        ("非公開1", 9.0),
        ("非公開2", 9.0),
        ("合計", 9.0),
        ("上限量", 9.0),
        ("差引", 9.0),
        ("警告数", 8.0),
        ("期限区分", 14.0),
        ("セットアップ状態", 18.0),
        ("経路", 8.0),
    ];
    let mut page = Page::new(sheet, "受付一覧", &columns)?;
    for line in activity.in_order().into_iter().filter(|line| line.receipt.is_some() || line.totals.is_some())
    {
        page.row(receipt_row(line))?;
    }
    page.filter(columns.len())
}

fn receipt_row(line: &ClinicLine) -> Vec<Value> {
    let clinic = &line.clinic;
    let totals = line.totals;
    let own = totals.zip(clinic.cap).map(|(totals, cap)| i64::from(cap) - totals.sum() as i64);
    vec![
        clinic.venue_no.as_str().into(),
        clinic.name.as_str().into(),
        ward_label(clinic.ward).into(),
        words::clinic_state(line.state.as_str()).into(),
        line.form_number.map(|number| format!("様式{number}")).into(),
        line.receipt.clone().into(),
        line.received_at.into(),
        totals.map(|totals| totals.first_public).into(),
        totals.map(|totals| totals.second_public).into(),
        totals.map(|totals| totals.first_private).into(),
        totals.map(|totals| totals.second_private).into(),
        totals.map(|totals| totals.sum()).into(),
        clinic.cap.into(),
        own.into(),
        line.warnings.into(),
        line.timing.map(|timing| words::timing(timing.as_str())).into(),
        words::setup(&line.setup).into(),
        if line.by_other_channel { "FAX等" } else { "メール" }.into(),
    ]
}

/// 「日別」
pub fn days(sheet: &mut Worksheet, figures: &Figures, campaign: &Campaign) -> Written {
    let columns = [
        ("１回目", 16.0),
        ("祝日", 12.0),
        ("公開", 9.0),
        ("非公開", 9.0),
        ("計", 9.0),
        ("３週間後", 16.0),
        ("祝日", 12.0),
        ("公開", 9.0),
        ("非公開", 9.0),
        ("計", 9.0),
        ("差", 9.0),
        ("注意", 6.0),
    ];
    let mut page = Page::new(sheet, "日別", &columns)?;
    for pair in &figures.days {
        let mut row = Vec::new();
        for day in [pair.first, pair.second] {
            row.extend::<[Value; 5]>([
                day.map(|day| day.date).into(),
                day.and_then(|day| campaign.holiday(day.date)).into(),
                day.map(|day| day.public).into(),
                day.map(|day| day.private).into(),
                day.map(|day| day.public + day.private).into(),
            ]);
        }
        row.push(pair.difference().into());
        row.push(if pair.is_large_gap() { "★".into() } else { Value::Empty });
        page.row(row)?;
    }
    page.filter(columns.len())
}

/// 「変更差分」: what versions after the first changed.
pub fn differences(sheet: &mut Worksheet, activity: &DayActivity) -> Written {
    let columns = [
        ("会場", 9.0),
        ("名称", 26.0),
        ("接種日", 16.0),
        ("時刻", 8.0),
        ("区分", 9.0),
        ("前", 8.0),
        ("後", 8.0),
        ("版", 6.0),
        ("受付番号", 14.0),
    ];
    let mut page = Page::new(sheet, "変更差分", &columns)?;
    for line in &activity.differences {
        page.row([
            line.venue_no.as_str().into(),
            line.clinic_name.as_str().into(),
            line.date.into(),
            line.start.into(),
            line.visibility.label().into(),
            line.before.into(),
            line.after.into(),
            line.version.into(),
            line.receipt.as_str().into(),
        ])?;
    }
    page.filter(columns.len())
}

/// 「枠一覧」: one row for each slot name, as in the export.
pub fn slots(sheet: &mut Worksheet, activity: &DayActivity, campaign: &Campaign) -> Written {
    let columns = [
        ("枠名", 56.0),
        ("公開区分", 9.0),
        ("会場番号", 9.0),
        ("医療機関名", 26.0),
        ("区", 7.0),
        ("接種回", 8.0),
        ("接種日", 16.0),
        ("曜日", 6.0),
        ("開始時刻", 9.0),
        ("終了時刻", 9.0),
        ("枠数", 8.0),
        ("受付番号", 14.0),
    ];
    let mut page = Page::new(sheet, "枠一覧", &columns)?;
    let clinics: BTreeMap<&str, &Clinic> =
        activity.clinics.iter().map(|line| (line.clinic.venue_no.as_str(), &line.clinic)).collect();
    for slot in &activity.slots {
        let clinic = clinics.get(slot.venue_no.as_str()).copied();
        for visibility in Visibility::BOTH {
            let (public, count) = match visibility {
                Visibility::Public => (true, slot.public),
                Visibility::Private => (false, slot.private),
            };
            if count == 0 {
                continue;
            }
            page.row([
                campaign.slot_name(public, &slot.venue_no, slot.date, slot.start).into(),
                visibility.label().into(),
                slot.venue_no.as_str().into(),
                clinic.map(|clinic| clinic.name.as_str()).into(),
                clinic.map(|clinic| ward_label(clinic.ward)).into(),
                slot.dose.label().into(),
                slot.date.into(),
                weekday(slot.date).into(),
                slot.start.into(),
                slot.end.into(),
                count.into(),
                slot.receipt.as_str().into(),
            ])?;
        }
    }
    page.filter(columns.len())
}

/// 「受信ログ」
pub fn mails(sheet: &mut Worksheet, activity: &DayActivity) -> Written {
    let columns = [
        ("メールID", 9.0),
        ("受信日時", 20.0),
        ("送信元", 32.0),
        ("件名", 50.0),
        ("結果", 22.0),
        ("受付番号", 20.0),
        ("返信", 12.0),
    ];
    let mut page = Page::new(sheet, "受信ログ", &columns)?;
    for mail in &activity.mails {
        page.row([
            mail.id.into(),
            mail.received_at.into(),
            mail.from.as_str().into(),
            mail.subject.as_str().into(),
            words::outcome(&mail.outcome).into(),
            mail.receipts.join("、").into(),
            mail.reply_state.as_deref().map_or("なし", words::letter_state).into(),
        ])?;
    }
    page.filter(columns.len())
}
