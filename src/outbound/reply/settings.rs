//! Pure: section `[replies]` of the configuration: telephone numbers, carriers, budgets.

use jiff::civil::{Date, Time, date, time};
use serde::{Deserialize, Serialize};

use crate::clinic::{Ward, address_key};

/// How a clinic is addressed; 御中 and 様 are never combined.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Addressee {
    /// 「○○クリニック　御中」
    #[default]
    #[serde(rename = "御中")]
    Onchu,
    /// 「○○クリニック　管理者　様」, as the notice has it.
    #[serde(rename = "管理者様")]
    Manager,
}

/// Telephone and FAX of one ward (notice, contact block).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WardContact {
    /// 「中央区」
    pub ward: String,
    /// 医療機関専用ダイヤル
    pub phones: Vec<String>,
    #[serde(default)]
    pub fax: String,
}

/// Section `[replies]`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    pub addressee: Addressee,
    /// Office hours on working days; outside them `office_hours_note` is added.
    pub office_opens: Time,
    pub office_closes: Time,
    /// Added to letters that a person must follow up, `{when}` being the day on which somebody is there; empty: never.
    pub office_hours_note: String,
    pub wards: Vec<WardContact>,
    /// Mobile carriers: short texts without tables. A subdomain counts too.
    pub carrier_domains: Vec<String>,
    /// Budgets of replies that tell of no new form, per address; 0 = off.
    pub budget_per_address_hour: u32,
    pub budget_per_address_day: u32,
    /// Where set, these only put replies off.
    pub budget_per_domain_hour: u32,
    pub budget_per_hour: u32,
    pub budget_per_day: u32,
    /// Replies to mail older than this at first sight are held: `"7d"`; empty: off.
    pub max_age: String,
    /// What the city's own gateways write, in the text or in a file, where they took an attachment away. Compared
    /// without regard to full-width forms and capitals.
    pub sanitizer_markers: Vec<String>,
    /// Send back a marked list of the places to mend (registered addresses that are no carrier's).
    pub annotate: bool,
    /// Entries told in full in one letter.
    pub max_detailed_lines: usize,
    /// Letters of a rehearsal say so in their subject.
    pub rehearsal: bool,
    /// In front of the subject of a rehearsal's letters.
    pub rehearsal_prefix: String,
    /// Date of the notice that asked for the forms.
    pub request_date: Date,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            addressee: Addressee::Onchu,
            office_opens: time(8, 30, 0, 0),
            office_closes: time(17, 15, 0, 0),
            office_hours_note: "※業務時間外の受信のため、担当者の確認は{when}以降となります。".into(),
            wards: default_wards(),
            carrier_domains: [
                "docomo.ne.jp",
                "mopera.net",
                "ezweb.ne.jp",
                "au.com",
                "softbank.ne.jp",
                "i.softbank.jp",
                "vodafone.ne.jp",
                "disney.ne.jp",
                "ymobile.ne.jp",
                "yahoo-mail.jp",
                "ymobile1.ne.jp",
                "willcom.com",
                "pdx.ne.jp",
                "emnet.ne.jp",
                "uqmobile.jp",
                "rakumail.jp",
            ]
            .map(String::from)
            .to_vec(),
            budget_per_address_hour: 6,
            budget_per_address_day: 20,
            budget_per_domain_hour: 0,
            budget_per_hour: 0,
            budget_per_day: 0,
            max_age: String::new(),
            sanitizer_markers: SANITIZER_MARKERS.map(String::from).to_vec(),
            annotate: true,
            max_detailed_lines: 30,
            rehearsal: false,
            rehearsal_prefix: "【テスト】".into(),
            request_date: date(2021, 9, 27),
        }
    }
}

const SANITIZER_MARKERS: [&str; 18] = [
    "添付ファイルを削除しました",
    "添付ファイルは削除されました",
    "添付ファイルが削除されました",
    "添付ファイルを除去しました",
    "添付ファイルは除去されました",
    "添付ファイルが除去されました",
    "添付ファイルを隔離しました",
    "添付ファイルは隔離されました",
    "添付ファイルの無害化に失敗",
    "無害化できないファイル",
    "無害化できなかった",
    "無害化に失敗しました",
    "ウイルスが検出されたため",
    "ウイルスを検出したため",
    "attachment has been removed",
    "attachment was removed",
    "attachments were removed",
    "deleted0.txt",
];

/// The notice prints 東区's number twice; it is shown once.
fn default_wards() -> Vec<WardContact> {
    [
        ("中央区", &["080-3279-5794", "080-7045-4013"][..], "096-328-8833"),
        ("東区", &["080-3279-5822"], "096-328-8834"),
        ("西区", &["080-3279-6054"], "096-328-8835"),
        ("南区", &["080-3277-8298"], "096-328-8836"),
        ("北区", &["080-3277-8987"], "096-328-8837"),
    ]
    .map(|(ward, phones, fax)| WardContact {
        ward: ward.into(),
        phones: phones.iter().map(|phone| (*phone).to_string()).collect(),
        fax: fax.into(),
    })
    .to_vec()
}

impl Settings {
    /// The first thing that is wrong, naming its key.
    pub fn check(&self) -> Result<(), String> {
        for contact in &self.wards {
            if Ward::parse(&contact.ward).is_none() {
                return Err(format!("replies.wards: {} is none of the five wards", contact.ward));
            }
            if contact.phones.is_empty() {
                return Err(format!("replies.wards: {} needs a telephone number", contact.ward));
            }
        }
        if self.wards.is_empty() {
            return Err("replies.wards must not be empty: every letter names a telephone number".into());
        }
        if self.office_opens > self.office_closes {
            return Err("replies.office_closes must not be before replies.office_opens".into());
        }
        if self.max_detailed_lines == 0 {
            return Err("replies.max_detailed_lines must be at least 1".into());
        }
        if !self.max_age.trim().is_empty() {
            self.max_age
                .parse::<jiff::Span>()
                .map_err(|error| format!("replies.max_age must be like \"7d\": {error}"))?;
        }
        Ok(())
    }

    /// `max_age` as a length of time; `None`: off.
    pub fn max_age(&self) -> Option<jiff::SignedDuration> {
        let span = self.max_age.trim().parse::<jiff::Span>().ok()?;
        span.to_duration(jiff::SpanRelativeTo::days_are_24_hours()).ok()
    }

    /// Does this address belong to a mobile carrier?
    pub fn is_carrier(&self, address: &str) -> bool {
        let key = address_key(address);
        let Some((_, domain)) = key.rsplit_once('@') else { return false };
        self.carrier_domains.iter().map(|carrier| carrier.trim().to_lowercase()).any(|carrier| {
            domain == carrier || domain.strip_suffix(&carrier).is_some_and(|rest| rest.ends_with('.'))
        })
    }

    /// The contacts that concern a ward; all of them where the ward is not known.
    pub fn contacts(&self, ward: Option<Ward>) -> Vec<&WardContact> {
        let own: Vec<_> = self
            .wards
            .iter()
            .filter(|contact| ward.is_some() && Ward::parse(&contact.ward) == ward)
            .collect();
        if own.is_empty() { self.wards.iter().collect() } else { own }
    }
}
