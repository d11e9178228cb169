//! The campaign, clinics, forms and mails from which the golden letters are composed.

use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::civil::{date, time};
use uketsuke::campaign::{Campaign, Deadlines, Dose, Period, Settings as Calendar, Timing};
use uketsuke::clinic::{Clinic, Ward};
use uketsuke::inbound::attachment::Attachment;
use uketsuke::inbound::message::{Author, Message};
use uketsuke::inspection::form::{Entry, Form, Read};
use uketsuke::inspection::judgement::{Answer, Inspection, SenderStanding, Submission};
use uketsuke::inspection::standing::Version;
use uketsuke::inspection::verdict::{
    Change, Finding, Outcome, Place, Severity, Slot, Template, Totals, Visibility,
};

pub fn at(text: &str) -> Timestamp {
    format!("2021-{text}:00+09:00").parse().unwrap()
}

pub fn campaign() -> Campaign {
    let period = |from, to| Period { from, to };
    Campaign::new(Calendar {
        period: 8,
        title: "第８期".into(),
        opens: at("09-28T12:00"),
        submission_deadline: "2021-10-08T23:59:59+09:00".parse().unwrap(),
        correction_caution_from: at("10-13T00:00"),
        correction_deadline: "2021-10-13T23:59:59+09:00".parse().unwrap(),
        booking_opens: at("10-16T08:30"),
        first_dose: period(date(2021, 10, 25), date(2021, 11, 9)),
        second_dose: period(date(2021, 11, 15), date(2021, 11, 30)),
        previous_period: period(date(2021, 10, 4), date(2021, 10, 24)),
        public_slot_name: "【（第８期）WEB・コールセンター受付】{venue}.{date:%Y/%m/%d}.{time:%H:%M}".into(),
        private_slot_name: "【（第８期）医療機関受付分】{venue}.{date:%Y/%m/%d}.{time:%H:%M}".into(),
        holidays: Vec::new(),
    })
    .unwrap()
}

pub fn clinic() -> Clinic {
    Clinic {
        venue_no: "0123".into(),
        name: "みなみ風こどもクリニック".into(),
        ward: Some(Ward::Chuo),
        emails: vec!["clinic@example.jp".into()],
        cap: Some(120),
        ..Clinic::default()
    }
}

pub fn slot(month: i8, day: i8, hour: i8, public: u32, private: u32) -> Slot {
    let date = date(2021, month, day);
    Slot {
        date,
        start: time(hour, 0, 0, 0),
        end: None,
        dose: if date < jiff::civil::date(2021, 11, 15) { Dose::First } else { Dose::Second },
        public,
        private,
        sheet: "様式３".into(),
        row: 13,
    }
}

pub fn slots() -> Vec<Slot> {
    vec![
        slot(10, 25, 9, 6, 0),
        slot(10, 25, 10, 6, 0),
        slot(11, 1, 9, 24, 12),
        slot(11, 15, 9, 12, 0),
        slot(11, 22, 9, 24, 12),
    ]
}

pub fn both() -> BTreeSet<Visibility> {
    Visibility::BOTH.into_iter().collect()
}

pub fn version(exported: bool) -> Version {
    Version {
        receipt: "8-0123-1".into(),
        version: 1,
        received_at: at("10-04T10:05"),
        form_number: Some(3),
        scope: both(),
        in_force: both(),
        slots: vec![slot(11, 1, 9, 6, 0), slot(11, 2, 10, 12, 0)],
        fingerprint: "f1".into(),
        timing: Some(Timing::OnTime),
        exported,
    }
}

pub fn changes() -> Vec<Change> {
    let change = |day, hour, visibility, before, after| Change {
        date: date(2021, 11, day),
        start: time(hour, 0, 0, 0),
        visibility,
        before,
        after,
    };
    vec![
        change(1, 9, Visibility::Public, 6, 8),
        change(2, 10, Visibility::Public, 12, 0),
        change(4, 9, Visibility::Private, 0, 6),
    ]
}

pub fn finding(
    code: &str,
    severity: Severity,
    cell: &str,
    label: &str,
    read: &str,
    message: &str,
) -> Finding {
    let (place, label) = if cell.is_empty() {
        (Place::default(), None)
    } else {
        (Place { sheet: Some("様式３".into()), cell: Some(cell.into()) }, Some(label.into()))
    };
    Finding {
        code: code.into(),
        severity,
        place,
        label,
        read: (!read.is_empty()).then(|| read.into()),
        message: message.into(),
        mend: None,
    }
}

pub fn errors() -> Vec<Finding> {
    let mend = |mut finding: Finding, text: &str| {
        finding.mend = Some(text.into());
        finding
    };
    vec![
        mend(
            finding(
                "R04",
                Severity::Error,
                "B18",
                "接種日",
                "11/12",
                "11月12日は、第８期の１回目・２回目いずれの期間にも含まれていません。",
            ),
            "１回目は10月25日～11月9日、２回目は11月15日～11月30日の日付をご記入ください。",
        ),
        mend(
            finding(
                "R14",
                Severity::Error,
                "E21",
                "接種時刻",
                "2:00",
                "早朝の時刻です。午後2時の場合は14:00となります。",
            ),
            "24時間表記（14:00）でご記入ください。",
        ),
        finding("R01", Severity::Error, "B22", "接種日", "", "接種日が未記入です。"),
        finding("R01", Severity::Error, "B23", "接種日", "", "接種日が未記入です。"),
        finding(
            "X03",
            Severity::Error,
            "",
            "",
            "合計 132（１回目 60／２回目 72）",
            "予約枠数の合計（132）が第８期接種可能上限量（120回分）を12回分超えています。内訳：１回目 60／２回目 72（公開 108／非公開 24）。上限量の範囲内になるようご調整ください。",
        ),
        finding("R29", Severity::Staff, "J18", "備考", "12～15歳のみ", "職員：備考に枠の条件がある可能性"),
    ]
}

pub fn warnings() -> Vec<Finding> {
    vec![
        finding(
            "R28",
            Severity::Warning,
            "B27",
            "接種日",
            "2021/10/31",
            "10月31日は日曜日です。接種を実施されるかご確認ください。",
        ),
        finding(
            "X06",
            Severity::Warning,
            "",
            "",
            "",
            "２回目の枠（84）が１回目（96）より12少なくなっています。２回目をシステム外で受け付ける場合などを除き、ご確認ください。",
        ),
        finding("T01", Severity::Warning, "", "", "", "提出期限後の初回提出です。"),
    ]
}

fn entry(cell: &str, raw: &str) -> Entry<()> {
    Entry {
        place: Place { sheet: Some("様式３".into()), cell: Some(cell.into()) },
        label: "".into(),
        raw: raw.into(),
        read: Read::Value(()),
        remarks: Vec::new(),
    }
}

/// A form that was read without trouble from the registered clinic.
pub fn submission(outcome: Outcome, template: Template, timing: Timing) -> Submission {
    let mut form = Form { number: Some(3), ..Form::default() };
    form.fields.venue_no = Some(entry("C5", "０９９９"));
    form.fields.name = Some(entry("C6", "http://evil.example.com/ 医院"));
    Submission {
        file: Some(0),
        file_name: Some("予約枠報告様式３.xlsx".into()),
        file_sha256: None,
        form: Some(form.into()),
        clinic: Some(clinic()),
        sender: SenderStanding::Registered,
        outcome,
        timing: Some(timing),
        deadlines: campaign().deadlines(),
        receipt: Some("8-0123-2".into()),
        version: None,
        findings: Vec::new(),
        slots: slots(),
        totals: Some(Totals::of(&slots())),
        scope: both(),
        fingerprint: "f2".into(),
        previous: Vec::new(),
        changes: Vec::new(),
        union: slots(),
        template: Some(template),
    }
}

pub fn corrected(mut submission: Submission) -> Submission {
    submission.previous = vec![version(false)];
    submission.changes = changes();
    submission
}

pub fn unreadable(template: Template, name: &str) -> Submission {
    let mut submission = submission(Outcome::Unreadable, template, Timing::OnTime);
    submission.form = None;
    submission.file_name = Some(name.into());
    submission.slots.clear();
    submission.union.clear();
    submission.totals = None;
    submission
}

pub fn inspection(received: &str, submissions: Vec<Submission>) -> Inspection {
    let template = match submissions.as_slice() {
        [one] => one.template.unwrap(),
        _ => Template::Multi,
    };
    Inspection {
        outcome: submissions.iter().map(|submission| submission.outcome).min().unwrap(),
        needs_staff: false,
        findings: Vec::new(),
        submissions,
        other_files: Vec::new(),
        answer: Answer::Send(template),
        received_at: at(received),
        notify: Vec::new(),
        provisional: Vec::new(),
    }
}

pub fn message(from: &str) -> Message {
    Message {
        authors: vec![Author { name: "<script> みなみ風".into(), address: from.into() }],
        subject: "様式の提出 http://evil.example.com/".into(),
        message_id: Some("<m1@example.jp>".into()),
        answers: vec!["<r1.abc@city.kumamoto.kumamoto.jp>".into()],
        attachments: vec![Attachment {
            name: "予約枠報告様式３.xlsx".into(), ..Attachment::default()
        }],
        ..Message::default()
    }
}

pub fn extended(mut submission: Submission, correction: &str) -> Submission {
    submission.deadlines = Deadlines { correction: at(correction), ..submission.deadlines };
    submission
}
