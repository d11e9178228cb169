//! Pure: the registry (医療機関マスタ): clinics, how a written name or number finds one, who may submit for whom.

pub mod registry_file;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// 区: the five wards of Kumamoto City.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Ward {
    #[serde(rename = "中央区")]
    Chuo,
    #[serde(rename = "東区")]
    Higashi,
    #[serde(rename = "西区")]
    Nishi,
    #[serde(rename = "南区")]
    Minami,
    #[serde(rename = "北区")]
    Kita,
}

impl Ward {
    pub const ALL: [Ward; 5] = [Ward::Chuo, Ward::Higashi, Ward::Nishi, Ward::Minami, Ward::Kita];

    pub fn label(self) -> &'static str {
        match self {
            Ward::Chuo => "中央区",
            Ward::Higashi => "東区",
            Ward::Nishi => "西区",
            Ward::Minami => "南区",
            Ward::Kita => "北区",
        }
    }

    /// Accepts 「中央区」 and 「中央」.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim().trim_end_matches('区');
        Ward::ALL.into_iter().find(|ward| ward.label().trim_end_matches('区') == text)
    }
}

/// 利用区分: does the clinic mean to use the city's reservation system?
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Intent {
    /// 利用
    Yes,
    /// 独自: it takes its own bookings; nothing is expected of it.
    No,
    /// 未回答
    #[default]
    Unknown,
}

/// One row of the registry. `venue_no` keeps its leading zeros; `key()` is what is compared.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Clinic {
    pub venue_no: String,
    pub name: String,
    pub name_kana: String,
    pub aliases: Vec<String>,
    pub med_code: Option<String>,
    pub ward: Option<Ward>,
    pub address: String,
    pub phone: String,
    pub fax: String,
    /// Registered addresses (addr-spec as the registry writes it).
    pub emails: Vec<String>,
    /// Addresses taken on as 仮登録 because the clinic had none.
    pub provisional_emails: Vec<String>,
    pub contact_name: String,
    /// 第８期接種可能上限量（回分）; `None` while not yet known (rule X04).
    pub cap: Option<u32>,
    pub uses_system: Intent,
    /// 1, 2 or 3.
    pub form_expected: Option<u8>,
    pub suppress_reminder: bool,
    pub note: String,
    /// The last registry file no longer named it: it is kept with its history, and nothing is expected of it.
    pub not_in_file: bool,
}

/// The whole registry with its indexes.
#[derive(Clone, Debug, Default)]
pub struct Registry {
    clinics: BTreeMap<String, Clinic>,
    by_name: BTreeMap<String, Vec<String>>,
    by_code: BTreeMap<String, Vec<String>>,
    by_address: BTreeMap<String, Vec<String>>,
}

impl Registry {
    pub fn new(clinics: impl IntoIterator<Item = Clinic>) -> Self {
        let mut registry = Self::default();
        for clinic in clinics {
            let key = venue_key(&clinic.venue_no);
            for name in std::iter::once(&clinic.name).chain(&clinic.aliases) {
                registry.by_name.entry(name_key(name)).or_default().push(key.clone());
            }
            if let Some(code) = &clinic.med_code {
                registry.by_code.entry(code.clone()).or_default().push(key.clone());
            }
            for address in clinic.emails.iter().chain(&clinic.provisional_emails) {
                registry.by_address.entry(address_key(address)).or_default().push(key.clone());
            }
            registry.clinics.insert(key, clinic);
        }
        for index in [&mut registry.by_name, &mut registry.by_code, &mut registry.by_address] {
            for keys in index.values_mut() {
                keys.sort();
                keys.dedup();
            }
        }
        registry
    }

    pub fn is_empty(&self) -> bool {
        self.clinics.is_empty()
    }

    pub fn len(&self) -> usize {
        self.clinics.len()
    }

    /// All clinics in the order of their venue keys.
    pub fn iter(&self) -> impl Iterator<Item = &Clinic> {
        self.clinics.values()
    }

    /// By 会場番号, however it is written (width, leading zeros).
    pub fn by_venue_no(&self, written: &str) -> Option<&Clinic> {
        self.clinics.get(&venue_key(written))
    }

    /// By name or alias; several clinics may share a key.
    pub fn by_name(&self, written: &str) -> Vec<&Clinic> {
        self.lookup(&self.by_name, &name_key(written))
    }

    /// By 医療機関コード.
    pub fn by_med_code(&self, code: &str) -> Vec<&Clinic> {
        self.lookup(&self.by_code, code)
    }

    /// The clinics for which this address is registered (or provisionally taken on).
    pub fn by_address(&self, address: &str) -> Vec<&Clinic> {
        if address.is_empty() {
            return Vec::new();
        }
        self.lookup(&self.by_address, &address_key(address))
    }

    fn lookup(&self, index: &BTreeMap<String, Vec<String>>, key: &str) -> Vec<&Clinic> {
        if key.is_empty() {
            return Vec::new();
        }
        index.get(key).into_iter().flatten().filter_map(|key| self.clinics.get(key)).collect()
    }
}

impl Clinic {
    pub fn has_addresses(&self) -> bool {
        !self.emails.is_empty() || !self.provisional_emails.is_empty()
    }

    pub fn owns_address(&self, address: &str) -> bool {
        let key = address_key(address);
        !key.is_empty()
            && self.emails.iter().chain(&self.provisional_emails).any(|own| address_key(own) == key)
    }
}

/// What two writings of one address share: the address in lower case (the domain is case-insensitive by
/// RFC 5321 §2.4; no Japanese provider tells local parts apart by case).
pub fn address_key(address: &str) -> String {
    address.trim().to_lowercase()
}

/// What two writings of one 会場番号 share: NFKC, no white space, no leading zeros.
pub fn venue_key(written: &str) -> String {
    use unicode_normalization::UnicodeNormalization;
    let folded: String = written.nfkc().filter(|c| !c.is_whitespace()).collect();
    let stripped = folded.trim_start_matches('0');
    if stripped.is_empty() && !folded.is_empty() { "0".to_string() } else { stripped.to_string() }
}

/// A sort key that puts 0009 before 0010, however many zeros are written.
pub fn venue_order(written: &str) -> (usize, String) {
    let key = venue_key(written);
    (key.chars().count(), key)
}

/// What two writings of one clinic name share (spec: identity, name key). クリニック, 医院 and 診療所 are
/// *not* folded together: みなみ医院 and みなみクリニック are two clinics.
pub fn name_key(written: &str) -> String {
    use unicode_normalization::UnicodeNormalization;
    let folded: String = written.nfkc().map(fold_letter).filter(|c| !is_ignored(*c)).collect();
    strip_corporation(&folded).to_string()
}

fn is_ignored(c: char) -> bool {
    c.is_whitespace() || c.is_control() || "・･.-‐‑–—―−ー~〜,、「」『』\u{200b}\u{feff}".contains(c)
}

/// Variant letters (異体字), small kana, and letter case.
fn fold_letter(c: char) -> char {
    const VARIANTS: &[(&str, char)] = &[
        ("髙", '高'),
        ("﨑嵜碕埼", '崎'),
        ("邊邉", '辺'),
        ("齋齊斎", '斉'),
        ("濵濱", '浜'),
        ("德", '徳'),
        ("澤", '沢'),
        ("廣", '広'),
        ("國", '国'),
        ("眞", '真'),
        ("惠", '恵'),
        ("瀨", '瀬'),
        ("櫻", '桜'),
        ("龍", '竜'),
        ("嶋嶌", '島'),
        ("條", '条'),
        ("藏", '蔵'),
        ("豐", '豊'),
        ("吉𠮷", '吉'),
        ("榮", '栄'),
        ("冨", '富'),
        ("會", '会'),
        ("醫", '医'),
        ("學", '学'),
        ("靜", '静'),
        ("瀧", '滝'),
        ("舘", '館'),
        ("ケヶヵカ", 'ケ'),
        ("ッツっつ", 'ツ'),
        ("ァぁ", 'ア'),
        ("ィぃ", 'イ'),
        ("ゥぅ", 'ウ'),
        ("ェぇ", 'エ'),
        ("ォぉ", 'オ'),
        ("ャゃ", 'ヤ'),
        ("ュゅ", 'ユ'),
        ("ョょ", 'ヨ'),
    ];
    let lower = c.to_lowercase().next().unwrap_or(c);
    VARIANTS.iter().find(|(variants, _)| variants.contains(lower)).map_or(lower, |(_, plain)| *plain)
}

/// Removes 「医療法人○○会」 and the like in front of the clinic's own name, and 「(医)」, 「㈱」.
fn strip_corporation(name: &str) -> &str {
    const FORMS: [&str; 14] = [
        "社会医療法人社団",
        "社会医療法人財団",
        "特定医療法人社団",
        "医療法人社団",
        "医療法人財団",
        "社会医療法人",
        "特定医療法人",
        "社会福祉法人",
        "医療法人",
        "一般社団法人",
        "一般財団法人",
        "公益社団法人",
        "(医)",
        "(株)",
    ];
    let Some(rest) = FORMS.iter().find_map(|form| name.strip_prefix(form)) else { return name };
    match rest.split_once('会') {
        Some((guild, own)) if !own.is_empty() && !guild.is_empty() && guild.chars().count() <= 8 => own,
        _ => rest,
    }
}
