//! Pure: findings as a numbered list: errors to mend, points to confirm, readings worth knowing.

use std::collections::BTreeMap;

use super::echo;
use crate::inspection::verdict::{Finding, Place, Severity};

/// Cells named in one entry.
const CELLS: usize = 8;
/// Different values repeated in one entry.
const VALUES: usize = 3;
/// Entries of the short form.
const BRIEF: usize = 5;
/// Lines of 「読み替えた点」.
const NOTES: usize = 5;

/// What was read in another way than it was written: the info findings that a clinic is told.
const NOTED: [&str; 17] = [
    "M20", "F10", "F12", "B04", "B11", "R11", "R15", "R17", "R21", "R23", "R25", "R27", "R34", "X08", "X10",
    "X11", "M05",
];

/// A list ready for the letter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct List {
    /// Places to mend or confirm, also those behind 「ほか」.
    pub count: usize,
    pub lines: Vec<String>,
}

/// What one letter still has room for: a letter that nobody ordered stays small (RFC 3834 §3).
#[derive(Clone, Copy, Debug)]
pub struct Room {
    entries: usize,
    bytes: usize,
}

impl Room {
    pub fn new(entries: usize) -> Self {
        Self { entries, bytes: 13_000 }
    }
}

/// 「読み取った内容／理由／修正方法」
pub fn errors(findings: &[Finding], room: &mut Room) -> List {
    list(findings, Severity::Error, room, |entry, lines| {
        if let Some(read) = entry.read() {
            lines.push(format!("　　読み取った内容：{read}"));
        }
        lines.push(format!("　　理由　　　　　：{}", entry.message()));
        if let Some(mend) = &entry.first.mend {
            lines.push(format!("　　修正方法　　　：{}", echo::sentence(mend)));
        }
    })
}

/// 「記入内容／確認事項」
pub fn warnings(findings: &[Finding], room: &mut Room) -> List {
    list(findings, Severity::Warning, room, |entry, lines| {
        if let Some(read) = entry.read() {
            lines.push(format!("　　記入内容　：{read}"));
        }
        lines.push(format!("　　確認事項　：{}", entry.message()));
        if let Some(mend) = &entry.first.mend {
            lines.push(format!("　　修正方法　：{}", echo::sentence(mend)));
        }
    })
}

/// 「読み替えた点」, one line for each kind.
pub fn notes(findings: &[Finding]) -> Vec<String> {
    let mut lines: Vec<(&str, String, usize)> = Vec::new();
    for finding in findings {
        if finding.severity != Severity::Info || !NOTED.contains(&finding.code.as_str()) {
            continue;
        }
        if let Some((_, _, count)) = lines.iter_mut().find(|(code, _, _)| *code == finding.code) {
            *count += 1;
            continue;
        }
        let entry = Entry { first: finding, all: vec![finding] };
        let place = match (&finding.place.sheet, &finding.place.cell) {
            (Some(_), Some(_)) if !finding.message.contains("シート「") => format!("{}：", entry.place()),
            _ => String::new(),
        };
        lines.push((&finding.code, format!("・{place}{}", entry.message()), 1));
    }
    let mut told: Vec<String> = lines
        .iter()
        .take(NOTES)
        .map(|(_, line, count)| match count {
            1 => line.clone(),
            more => format!("{line}（同様の読み替え：ほか{}か所）", more - 1),
        })
        .collect();
    if lines.len() > NOTES {
        told.push(format!("・ほか{}件", lines.len() - NOTES));
    }
    told
}

/// For a mobile telephone, at most five: 「・様式１ B18 接種日 「11/12」→…」
pub fn brief(findings: &[Finding], severity: Severity) -> Vec<String> {
    let entries = group(findings, severity);
    let mut lines: Vec<String> = entries.iter().take(BRIEF).map(Entry::brief).collect();
    let left: usize = entries.iter().skip(BRIEF).map(|entry| entry.all.len()).sum();
    if left > 0 {
        lines.push(format!("ほか{left}件"));
    }
    lines
}

/// Findings of one code that say the same of several places.
struct Entry<'a> {
    first: &'a Finding,
    all: Vec<&'a Finding>,
}

fn list(
    findings: &[Finding],
    severity: Severity,
    room: &mut Room,
    body: impl Fn(&Entry, &mut Vec<String>),
) -> List {
    let entries = group(findings, severity);
    let count = entries.iter().map(|entry| entry.all.len()).sum();
    let mut lines = Vec::new();
    let mut told = 0;
    for entry in &entries {
        let mut detail = vec![format!("({}) {}", told + 1, entry.place())];
        body(entry, &mut detail);
        let size = detail.iter().map(String::len).sum();
        if room.entries == 0 || room.bytes < size {
            break;
        }
        *room = Room { entries: room.entries - 1, bytes: room.bytes - size };
        lines.extend(detail);
        told += 1;
    }
    let left: usize = entries.iter().skip(told).map(|entry| entry.all.len()).sum();
    if left > 0 {
        lines.push(format!("　ほか{left}件"));
    }
    List { count, lines }
}

/// In the order of first appearance. A T finding is told by a sentence of its template, never as an entry.
fn group(findings: &[Finding], severity: Severity) -> Vec<Entry<'_>> {
    let mut entries: Vec<Entry> = Vec::new();
    let mut places = BTreeMap::new();
    for finding in findings {
        if finding.severity != severity || finding.code.starts_with('T') {
            continue;
        }
        let same = (&finding.code, &finding.place.sheet, bare_message(finding), &finding.mend);
        let index = *places.entry(same).or_insert(entries.len());
        match entries.get_mut(index) {
            Some(entry) => entry.all.push(finding),
            None => entries.push(Entry { first: finding, all: vec![finding] }),
        }
    }
    entries
}

impl Entry<'_> {
    /// 「シート「様式１」B18（接種日）」, 「シート「様式１」B18、B19、B20」, 「全体」.
    fn place(&self) -> String {
        let sheet = match &self.first.place.sheet {
            Some(sheet) => format!("シート「{}」", echo::value(sheet)),
            None => String::new(),
        };
        let cells: Vec<String> =
            self.all.iter().filter_map(|finding| finding.place.cell.as_deref()).map(echo::value).collect();
        let named = cells.iter().take(CELLS).cloned().collect::<Vec<_>>().join("、");
        let place = match cells.len().saturating_sub(CELLS) {
            0 => format!("{sheet}{named}"),
            more => format!("{sheet}{named}ほか{more}か所"),
        };
        if place.is_empty() {
            return "全体".into();
        }
        match &self.first.label {
            Some(label) if !label.trim().is_empty() => format!("{place}（{}）", echo::value(label)),
            _ => place,
        }
    }

    /// What stood there, once for each different value.
    fn read(&self) -> Option<String> {
        let mut values: Vec<String> = Vec::new();
        for finding in &self.all {
            if let Some(read) = &finding.read {
                let value = echo::value(read);
                if !value.is_empty() && !values.contains(&value) {
                    values.push(value);
                }
            }
        }
        if values.is_empty() {
            return None;
        }
        let more = if values.len() > VALUES { " など" } else { "" };
        values.truncate(VALUES);
        Some(format!("{}{more}", values.join("、")))
    }

    fn brief(&self) -> String {
        let finding = self.first;
        let Place { sheet, cell } = &finding.place;
        let place = [sheet.as_deref(), cell.as_deref(), finding.label.as_deref()];
        let mut words: Vec<String> = place.into_iter().flatten().map(echo::value).collect();
        words.extend(finding.read.as_deref().map(|read| format!("「{}」", echo::value(read))));
        if self.all.len() > 1 {
            words.push(format!("ほか{}か所", self.all.len() - 1));
        }
        let arrow = if words.is_empty() { "" } else { "→" };
        format!("・{}{arrow}{}", words.join(" "), first_sentence(&self.message()))
    }

    fn message(&self) -> String {
        echo::sentence(&bare_message(self.first))
    }
}

fn first_sentence(text: &str) -> &str {
    text.split_inclusive('。').next().unwrap_or_default()
}

/// The message without the place that stands above it already.
fn bare_message(finding: &Finding) -> String {
    let message = finding.message.trim();
    let (Some(cell), Some((front, rest))) = (&finding.place.cell, message.split_once('：')) else {
        return message.to_string();
    };
    if front.chars().count() <= 60 && front.contains(cell.as_str()) && !rest.trim().is_empty() {
        rest.trim().to_string()
    } else {
        message.to_string()
    }
}
