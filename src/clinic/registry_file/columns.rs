//! Pure: the columns of the registry file, by key and Japanese label, and how cells are kept from becoming formulas.

use std::collections::BTreeMap;

use unicode_normalization::UnicodeNormalization;

use super::Problem;
use crate::clinic::{Clinic, Intent, Ward};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Column {
    VenueNo,
    Name,
    NameKana,
    Aliases,
    MedCode,
    Ward,
    Address,
    Phone,
    Fax,
    Emails,
    ContactName,
    Cap,
    UsesSystem,
    FormExpected,
    SuppressReminder,
    Note,
}

impl Column {
    pub const ALL: [Column; 16] = [
        Column::VenueNo,
        Column::Name,
        Column::NameKana,
        Column::Aliases,
        Column::MedCode,
        Column::Ward,
        Column::Address,
        Column::Phone,
        Column::Fax,
        Column::Emails,
        Column::ContactName,
        Column::Cap,
        Column::UsesSystem,
        Column::FormExpected,
        Column::SuppressReminder,
        Column::Note,
    ];

    const REQUIRED: [Column; 2] = [Column::VenueNo, Column::Name];

    pub fn key(self) -> &'static str {
        self.names().0
    }

    pub fn label(self) -> &'static str {
        self.names().1
    }

    /// Key, label, and other headings that mean the same.
    fn names(self) -> (&'static str, &'static str, &'static [&'static str]) {
        match self {
            Column::VenueNo => ("venue_no", "会場番号", &["会場no", "会場no.", "会場コード"]),
            Column::Name => ("name", "医療機関名", &["医療機関名称", "正式名称", "名称"]),
            Column::NameKana => ("name_kana", "フリガナ", &["ふりがな", "カナ", "医療機関名カナ"]),
            Column::Aliases => ("aliases", "別名", &["略称"]),
            Column::MedCode => ("med_code", "医療機関コード", &["保険医療機関コード"]),
            Column::Ward => ("ward", "区", &["行政区"]),
            Column::Address => ("address", "所在地", &["住所"]),
            Column::Phone => ("phone", "電話番号", &["電話", "tel"]),
            Column::Fax => ("fax", "FAX番号", &["fax", "ファックス番号", "ファクス番号"]),
            Column::Emails => ("emails", "メールアドレス", &["email", "e-mail", "メール"]),
            Column::ContactName => ("contact_name", "担当者名", &["担当者"]),
            Column::Cap => ("cap", "第８期接種可能上限量", &["接種可能上限量", "上限量"]),
            Column::UsesSystem => ("uses_system", "利用区分", &["システム利用"]),
            Column::FormExpected => ("form_expected", "提出予定様式", &["様式", "予定様式"]),
            Column::SuppressReminder => ("suppress_reminder", "リマインド不要", &["督促不要", "督促停止"]),
            Column::Note => ("note", "備考", &["メモ"]),
        }
    }

    fn is_called(self, heading: &str) -> bool {
        let (key, label, others) = self.names();
        std::iter::once(&key).chain([&label]).chain(others).any(|name| fold(name) == heading)
            // 「第９期接種可能上限量」 of a later campaign
            || (self == Column::Cap && heading.ends_with("接種可能上限量"))
    }

    /// The cell of a clinic, as [`super::read`] reads it.
    pub fn of(self, clinic: &Clinic) -> String {
        match self {
            Column::VenueNo => clinic.venue_no.clone(),
            Column::Name => clinic.name.clone(),
            Column::NameKana => clinic.name_kana.clone(),
            Column::Aliases => clinic.aliases.join(";"),
            Column::MedCode => clinic.med_code.clone().unwrap_or_default(),
            Column::Ward => clinic.ward.map_or("", Ward::label).to_string(),
            Column::Address => clinic.address.clone(),
            Column::Phone => clinic.phone.clone(),
            Column::Fax => clinic.fax.clone(),
            Column::Emails => clinic.emails.join(";"),
            Column::ContactName => clinic.contact_name.clone(),
            Column::Cap => clinic.cap.map_or(String::new(), |cap| cap.to_string()),
            Column::UsesSystem => match clinic.uses_system {
                Intent::Yes => "利用".into(),
                Intent::No => "独自".into(),
                Intent::Unknown => String::new(),
            },
            Column::FormExpected => clinic.form_expected.map_or(String::new(), |form| form.to_string()),
            Column::SuppressReminder => if clinic.suppress_reminder { "yes" } else { "" }.to_string(),
            Column::Note => clinic.note.clone(),
        }
    }
}

/// Where each column stands, the headings that were left aside, and what is wrong with the header.
pub fn find(header: &[String]) -> (BTreeMap<Column, usize>, Vec<String>, Vec<Problem>) {
    let mut columns = BTreeMap::new();
    let mut ignored = Vec::new();
    let mut problems = Vec::new();
    let mut tell = |what: &str, column: Column| {
        problems.push(Problem {
            line: 1,
            column: format!("{}（{}）", column.key(), column.label()),
            what: what.to_string(),
        });
    };
    for (index, written) in header.iter().enumerate() {
        let heading = fold(written);
        if heading.is_empty() {
            continue;
        }
        let Some(column) = Column::ALL.into_iter().find(|column| column.is_called(&heading)) else {
            ignored.push(written.trim().to_string());
            continue;
        };
        if columns.insert(column, index).is_some() {
            tell("the column stands twice in the header", column);
        }
    }
    for column in Column::REQUIRED {
        if !columns.contains_key(&column) {
            tell("the column is missing", column);
        }
    }
    (columns, ignored, problems)
}

/// Full width, case, white space and bracketed notes do not tell headings apart.
fn fold(heading: &str) -> String {
    let folded: String = heading.nfkc().filter(|c| !c.is_whitespace() && *c != '\u{feff}').collect();
    let bare = folded.split('(').next().unwrap_or_default();
    bare.trim_start_matches(['※', '*']).to_lowercase()
}

/// A cell that a spreadsheet program would run as a formula gets an apostrophe in front (CWE-1236).
pub fn guarded(cell: &str) -> String {
    if is_formula_like(cell) { format!("'{cell}") } else { cell.to_string() }
}

/// Undoes [`guarded`].
pub fn unguarded(cell: &str) -> &str {
    match cell.strip_prefix('\'') {
        Some(rest) if is_formula_like(rest) => rest,
        _ => cell,
    }
}

/// Also behind quotes, separators and apostrophes that are there already, so that [`unguarded`] loses nothing.
fn is_formula_like(cell: &str) -> bool {
    cell.trim_start_matches(['\'', ' ', '\u{3000}', '"', ';', ',', '\u{feff}'])
        .starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠', '\t', '\r', '\n', '\0'])
}

/// With quotes where RFC 4180 wants them.
pub fn quoted(cell: &str) -> String {
    if cell.contains([',', '"', '\r', '\n']) {
        format!("\"{}\"", cell.replace('"', "\"\""))
    } else {
        cell.to_string()
    }
}
