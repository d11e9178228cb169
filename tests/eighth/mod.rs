//! The 第８期 campaign as the notice of 2021-09-27 sets it.

use jiff::civil::date;
use uketsuke::campaign::{Campaign, Period, Settings};

pub fn campaign() -> Campaign {
    let at = |text: &str| text.parse().unwrap();
    Campaign::new(Settings {
        period: 8,
        title: "第８期".into(),
        opens: at("2021-09-28T12:00:00+09:00"),
        submission_deadline: at("2021-10-08T23:59:59+09:00"),
        correction_caution_from: at("2021-10-13T00:00:00+09:00"),
        correction_deadline: at("2021-10-13T23:59:59+09:00"),
        booking_opens: at("2021-10-16T08:30:00+09:00"),
        first_dose: Period { from: date(2021, 10, 25), to: date(2021, 11, 9) },
        second_dose: Period { from: date(2021, 11, 15), to: date(2021, 11, 30) },
        previous_period: Period { from: date(2021, 10, 4), to: date(2021, 10, 24) },
        public_slot_name: "【（第８期）WEB・コールセンター受付】{venue}.{date:%Y/%m/%d}.{time:%H:%M}".into(),
        private_slot_name: "【（第８期）医療機関受付分】{venue}.{date:%Y/%m/%d}.{time:%H:%M}".into(),
        holidays: Vec::new(),
    })
    .unwrap()
}
