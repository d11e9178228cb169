//! An invented day, 5 October 2021, whose numbers are consistent.

use jiff::civil::{date, time};
use uketsuke::campaign::Dose;
use uketsuke::clinic::{Clinic, Intent, Ward};
use uketsuke::inspection::verdict::Totals;
use uketsuke::outbound::activity::{
    Changes, ClinicLine, ClinicState, DayActivity, DayCount, ErrorLine, Health, SlotLine, WorkItem,
};

/// Clinics by ward: 受付済, 要修正, 要対応, FAX, 未提出.
const WARDS: [(Ward, [usize; 5]); 5] = [
    (Ward::Chuo, [52, 6, 3, 2, 33]),
    (Ward::Higashi, [39, 4, 2, 1, 28]),
    (Ward::Nishi, [21, 3, 1, 1, 18]),
    (Ward::Minami, [30, 5, 1, 1, 21]),
    (Ward::Kita, [19, 2, 1, 0, 18]),
];

pub fn clinic_line(number: usize, ward: Ward, state: ClinicState) -> ClinicLine {
    let venue_no = format!("{number:04}");
    ClinicLine {
        clinic: Clinic {
            name: format!("第{number}医院"),
            ward: Some(ward),
            phone: format!("096-000-{venue_no}"),
            fax: format!("096-001-{venue_no}"),
            emails: vec![format!("c{venue_no}@example.jp")],
            cap: Some(20),
            uses_system: Intent::Yes,
            venue_no,
            ..Clinic::default()
        },
        state,
        receipt: None,
        received_at: None,
        timing: None,
        form_number: None,
        totals: None,
        warnings: 0,
        setup: "none".into(),
        by_other_channel: false,
        flags: Vec::new(),
        first_told_at: None,
        errors: Vec::new(),
        why: None,
    }
}

pub fn work_item(kind: &str, clinic: Option<Clinic>) -> WorkItem {
    WorkItem {
        kind: kind.into(),
        mail_id: Some(41),
        receipt: None,
        clinic,
        from: Some("someone@example.com".into()),
        received_at: "2021-10-04T17:52:00+09:00".parse().unwrap(),
        reason: "合計48の様式１が未登録のアドレスから届きました".into(),
        action: "本人確認のうえ、アドレスを登録してください".into(),
    }
}

/// Nothing happened, nobody is registered.
pub fn quiet_day() -> DayActivity {
    let until = "2021-10-05T08:15:00+09:00".parse().unwrap();
    DayActivity {
        from: "2021-10-04T08:15:00+09:00".parse().unwrap(),
        until,
        looked_back_at: None,
        merged: false,
        clinics: Vec::new(),
        work: Vec::new(),
        changes: Changes::default(),
        days: Vec::new(),
        slots: Vec::new(),
        differences: Vec::new(),
        mails: Vec::new(),
        health: Health {
            last_check_at: Some("2021-10-05T08:14:00+09:00".parse().unwrap()),
            ..Health::default()
        },
    }
}

pub fn day() -> DayActivity {
    let mut activity = quiet_day();
    let mut number = 0;
    for (ward, counts) in WARDS {
        let states = [
            ClinicState::Accepted,
            ClinicState::NeedsFix,
            ClinicState::Held,
            ClinicState::Accepted,
            ClinicState::NotSubmitted,
        ];
        for (column, (state, count)) in states.into_iter().zip(counts).enumerate() {
            for _ in 0..count {
                number += 1;
                let mut line = clinic_line(number, ward, state);
                line.by_other_channel = column == 3;
                dress(&mut line, number);
                activity.clinics.push(line);
            }
        }
    }
    for index in 0..43 {
        let state = if index < 31 { ClinicState::NotUsing } else { ClinicState::UnknownIntent };
        activity.clinics.push(clinic_line(1000 + index, Ward::Kita, state));
    }
    slots(&mut activity);
    let held: Vec<Clinic> = activity
        .clinics
        .iter()
        .filter(|line| line.state == ClinicState::Held)
        .take(1)
        .map(|line| line.clinic.clone())
        .collect();
    activity.work = vec![work_item("送信元未登録", held.first().cloned()), work_item("医療機関不明", None)];
    activity.changes = Changes {
        accepted: 37,
        corrected: 9,
        mended: 11,
        newly_rejected: 14,
        withdrawals: 1,
        ..Changes::default()
    };
    activity.health = Health {
        mails_seen: 212,
        mails_in_window: 75,
        replies_sent: 191,
        not_answered: 20,
        failed: 1,
        audit_head: "9f2c".into(),
        audit_count: 640,
        ..activity.health
    };
    activity
}

fn dress(line: &mut ClinicLine, number: usize) {
    match line.state {
        ClinicState::Accepted => {
            line.receipt = Some(format!("8-{}-1", line.clinic.venue_no));
            line.totals =
                Some(Totals { first_public: 4, first_private: 2, second_public: 4, second_private: 2 });
        }
        ClinicState::NeedsFix => {
            line.first_told_at = Some("2021-10-02T10:00:00+09:00".parse().unwrap());
            line.errors = vec![ErrorLine {
                code: if number == 53 { "X03" } else { "R04" }.into(),
                sheet: Some("様式１".into()),
                cell: Some("B18".into()),
                read: Some("11/12".into()),
                message: "予約枠数の合計（32）が第８期接種可能上限量（20回分）を12回分超えています。".into(),
            }];
        }
        _ => {}
    }
}

/// Each accepted clinic: one slot on 2 November and one three weeks later for all but two, whose second is a day late.
fn slots(activity: &mut DayActivity) {
    let accepted: Vec<Clinic> = activity
        .clinics
        .iter()
        .filter(|line| line.state == ClinicState::Accepted)
        .map(|line| line.clinic.clone())
        .collect();
    let mut days = std::collections::BTreeMap::new();
    for (index, clinic) in accepted.iter().enumerate() {
        let second = if index < 100 { date(2021, 11, 24) } else { date(2021, 11, 23) };
        for (day, dose) in [(date(2021, 11, 2), Dose::First), (second, Dose::Second)] {
            let count = days.entry(day).or_insert(DayCount { date: day, public: 0, private: 0 });
            count.public += 4;
            count.private += 2;
            activity.slots.push(SlotLine {
                venue_no: clinic.venue_no.clone(),
                date: day,
                start: time(9, 0, 0, 0),
                end: Some(time(9, 30, 0, 0)),
                dose,
                public: 4,
                private: 2,
                receipt: format!("8-{}-1", clinic.venue_no),
            });
        }
    }
    activity.days = days.into_values().collect();
}
