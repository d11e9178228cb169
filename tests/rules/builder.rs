//! A clean form as the reader would hand it over, to be spoiled one cell at a time.

use std::collections::BTreeSet;

use jiff::civil::{Date, Time, Weekday};
use uketsuke::campaign::{Campaign, Dose, Period, Settings as Calendar};
use uketsuke::clinic::{Clinic, Registry, Ward};
use uketsuke::inbound::attachment::{Attachment, FileKind};
use uketsuke::inspection::form::{Entry, Form, Read, Remark, Row, Trouble};
use uketsuke::inspection::rules::catalogue::rule;
use uketsuke::inspection::rules::{Case, Settings, fingerprint, on_form, slots};
use uketsuke::inspection::standing::{Standing, Version};
use uketsuke::inspection::verdict::{Finding, Place, Slot, Visibility};

pub const SHEET: &str = "様式";
pub const DATE: u32 = 1;
pub const WEEKDAY: u32 = 2;
pub const DOSE: u32 = 3;
pub const START: u32 = 4;
pub const END: u32 = 5;
pub const PUBLIC: u32 = 6;
pub const PRIVATE: u32 = 7;
pub const NOTE: u32 = 8;

/// Everything a case borrows.
pub struct Scene {
    pub campaign: Campaign,
    pub registry: Registry,
    pub settings: Settings,
    pub container: FileKind,
    pub form: Form,
    pub venue: Option<&'static str>,
    pub standing: Standing,
    pub beside: Vec<Slot>,
    pub siblings: Vec<(Option<u8>, BTreeSet<Visibility>)>,
    pub twins: Vec<String>,
    pub with_registry: bool,
}

pub fn campaign() -> Campaign {
    let period = |from: &str, to: &str| Period { from: from.parse().unwrap(), to: to.parse().unwrap() };
    Campaign::new(Calendar {
        period: 8,
        title: "第８期".into(),
        opens: "2021-09-28T12:00:00+09:00".parse().unwrap(),
        submission_deadline: "2021-10-08T23:59:59+09:00".parse().unwrap(),
        correction_caution_from: "2021-10-13T00:00:00+09:00".parse().unwrap(),
        correction_deadline: "2021-10-13T23:59:59+09:00".parse().unwrap(),
        booking_opens: "2021-10-16T08:30:00+09:00".parse().unwrap(),
        first_dose: period("2021-10-25", "2021-11-09"),
        second_dose: period("2021-11-15", "2021-11-30"),
        previous_period: period("2021-10-04", "2021-10-24"),
        public_slot_name: "公開.{venue}.{date:%Y/%m/%d}.{time:%H:%M}".into(),
        private_slot_name: "非公開.{venue}.{date:%Y/%m/%d}.{time:%H:%M}".into(),
        holidays: Vec::new(),
    })
    .unwrap()
}

pub fn registry() -> Registry {
    let clinic = |venue_no: &str, name: &str, emails: &[&str], cap| Clinic {
        venue_no: venue_no.into(),
        name: name.into(),
        emails: emails.iter().map(|email| (*email).to_string()).collect(),
        phone: "096-328-0000".into(),
        ward: Some(Ward::Chuo),
        cap,
        ..Clinic::default()
    };
    Registry::new([
        Clinic {
            med_code: Some("4310113719".into()),
            ..clinic("0123", "みなみ内科クリニック", &["minami@example.jp"], Some(96))
        },
        clinic("0124", "きた医院", &["kita@example.jp"], Some(60)),
        clinic("0200", "中央クリニック", &["chuo@example.jp", "group@example.jp"], None),
        clinic("0201", "中央クリニック", &["group@example.jp"], Some(30)),
        Clinic {
            contact_name: String::new(),
            phone: String::new(),
            ..clinic("0300", "無連絡医院", &[], Some(96))
        },
    ])
}

pub fn entry<T>(row: u32, column: u32, raw: &str, read: Read<T>) -> Entry<T> {
    Entry {
        place: Place::cell(&SHEET.into(), row - 1, column),
        label: "".into(),
        raw: raw.into(),
        read,
        remarks: Vec::new(),
    }
}

pub fn value<T>(row: u32, column: u32, raw: &str, value: T) -> Entry<T> {
    entry(row, column, raw, Read::Value(value))
}

pub fn blank<T>(row: u32, column: u32) -> Entry<T> {
    entry(row, column, "", Read::Blank)
}

pub fn trouble<T>(row: u32, column: u32, raw: &str, trouble: Trouble) -> Entry<T> {
    entry(row, column, raw, Read::Not(trouble))
}

pub fn field(row: u32, column: u32, raw: &str) -> Option<Entry<()>> {
    Some(if raw.is_empty() { blank(row, column) } else { value(row, column, raw, ()) })
}

pub fn date(row: u32, iso: &str) -> Entry<Date> {
    let date: Date = iso.parse().unwrap();
    value(row, DATE, &date.strftime("%Y/%-m/%-d").to_string(), date)
}

pub fn weekday(row: u32, weekday: Weekday) -> Option<Entry<Weekday>> {
    Some(value(row, WEEKDAY, "", weekday))
}

pub fn time(row: u32, column: u32, raw: &str) -> Entry<Time> {
    let (hour, minute) = raw.split_once(':').unwrap();
    value(row, column, raw, Time::constant(hour.parse().unwrap(), minute.parse().unwrap(), 0, 0))
}

pub fn count(row: u32, column: u32, people: u32) -> Option<Entry<u32>> {
    Some(value(row, column, &people.to_string(), people))
}

/// One row of 様式１.
pub fn row(number: u32, day: &str, start: &str, people: u32) -> Row {
    let date = date(number, day);
    let dose = campaign().dose_on(date.value().unwrap());
    Row {
        sheet: SHEET.into(),
        row: number,
        weekday: None,
        dose: dose.map(|dose| value(number, DOSE, dose.label(), dose)),
        start: time(number, START, start),
        end: None,
        public: count(number, PUBLIC, people),
        private: None,
        note: None,
        section: None,
        beside: None,
        gone: None,
        hidden: false,
        struck: false,
        date,
    }
}

impl Scene {
    /// 様式１ of clinic 0123: rows 13 to 18, three days of each dose, six people each.
    pub fn clean() -> Self {
        let days = ["2021-10-25", "2021-10-26", "2021-10-27", "2021-11-15", "2021-11-16", "2021-11-17"];
        let rows = days.iter().zip(13..).map(|(day, number)| row(number, day, "9:00", 6)).collect();
        let mut form = Form {
            number: Some(1),
            visibility: [Visibility::Public].into(),
            period: Some(8),
            sheets: vec![SHEET.into()],
            rows,
            ..Form::default()
        };
        form.fields.venue_no = field(5, 1, "0123");
        form.fields.name = field(5, 4, "みなみ内科クリニック");
        form.fields.contact_name = field(7, 1, "山田");
        form.fields.phone = field(7, 4, "096-328-0000");
        Self {
            campaign: campaign(),
            registry: registry(),
            settings: Settings::default(),
            container: FileKind::Xlsx,
            form,
            venue: Some("0123"),
            standing: Standing::default(),
            beside: Vec::new(),
            siblings: Vec::new(),
            twins: Vec::new(),
            with_registry: true,
        }
    }

    /// The same as 様式３, six and two people.
    pub fn both() -> Self {
        let mut scene = Self::clean();
        scene.form.number = Some(3);
        scene.form.visibility = Visibility::BOTH.into();
        for row in &mut scene.form.rows {
            row.private = count(row.row, PRIVATE, 2);
        }
        scene
    }

    /// The row of that number.
    pub fn row(&mut self, number: u32) -> &mut Row {
        self.form.rows.iter_mut().find(|row| row.row == number).unwrap()
    }

    pub fn slots(&self) -> Vec<Slot> {
        slots(&self.form, &self.campaign)
    }

    /// An accepted version with exactly this form's slots.
    pub fn accept(&mut self) -> &mut Version {
        let (slots, scope) = (self.slots(), self.form.visibility.clone());
        self.standing.in_force.push(Version {
            receipt: "8-0123-1".into(),
            version: 1,
            received_at: "2021-10-05T10:00:00+09:00".parse().unwrap(),
            form_number: self.form.number,
            fingerprint: fingerprint(&slots, &scope),
            in_force: scope.clone(),
            scope,
            slots,
            timing: None,
            exported: false,
        });
        self.standing.in_force.last_mut().unwrap()
    }

    pub fn findings(&self) -> Vec<Finding> {
        self.run(on_form)
    }

    pub fn run(&self, judge: fn(&Case) -> Vec<Finding>) -> Vec<Finding> {
        let slots = self.slots();
        judge(&Case {
            campaign: &self.campaign,
            registry: &self.registry,
            settings: &self.settings,
            attachment: &Attachment::default(),
            container: self.container,
            form: &self.form,
            clinic: self.venue.and_then(|venue| self.registry.by_venue_no(venue)),
            standing: &self.standing,
            slots: &slots,
            scope: &self.form.visibility,
            beside: &self.beside,
            siblings: &self.siblings,
            twins: &self.twins,
            with_registry: self.with_registry,
        })
    }
}

/// `R04 B18 error`, and `X03 - error` where there is no cell; the ever-present X05 left out.
pub fn told(findings: &[Finding]) -> Vec<String> {
    findings
        .iter()
        .filter(|finding| finding.code != "X05")
        .map(|finding| {
            let cell = finding.place.cell.as_deref().unwrap_or("-");
            format!("{} {cell} {}", finding.code, finding.severity.as_str())
        })
        .collect()
}

/// One table row: what was done to the scene, and all that is then told.
pub fn check(quirk: &str, scene: &Scene, expected: &[&str]) {
    let findings = scene.findings();
    assert_eq!(told(&findings), expected, "{quirk}: {findings:#?}");
    for finding in &findings {
        let said = format!("{}{}", finding.message, finding.mend.as_deref().unwrap_or(""));
        assert!(!said.contains(['{', '}']) && !finding.message.is_empty(), "{quirk}: {finding:#?}");
        let rule = rule(&finding.code).unwrap();
        let levels = [Some(rule.severity), rule.second];
        let overridden = scene.settings.overrides.contains_key(rule.code);
        assert!(overridden || levels.contains(&Some(finding.severity)), "{quirk}: {finding:#?}");
        assert!(finding.read.as_ref().is_none_or(|read| read.chars().count() <= 40), "{quirk}: {finding:#?}");
        if let Some(cell) = &finding.place.cell
            && finding.code != "R33"
            && finding.code != "R30"
        {
            assert!(!said.contains(cell.as_str()), "{quirk}: the reply prints the cell: {finding:#?}");
        }
    }
}

/// Spoils a clean scene and checks it.
pub fn spoiled(quirk: &str, spoil: impl FnOnce(&mut Scene), expected: &[&str]) {
    let mut scene = Scene::clean();
    spoil(&mut scene);
    check(quirk, &scene, expected);
}

/// Spoils a clean 様式３.
pub fn spoiled_both(quirk: &str, spoil: impl FnOnce(&mut Scene), expected: &[&str]) {
    let mut scene = Scene::both();
    spoil(&mut scene);
    check(quirk, &scene, expected);
}

pub fn remark<T>(mut entry: Entry<T>, remark: Remark) -> Entry<T> {
    entry.remarks.push(remark);
    entry
}

pub fn dose(row: u32, dose: Dose) -> Option<Entry<Dose>> {
    Some(value(row, DOSE, dose.label(), dose))
}
