//! Pure: findings as a numbered list: errors to mend, points to confirm, readings worth knowing.

use std::collections::BTreeMap;

use super::echo;
use crate::inspection::verdict::{Finding, Place, Severity};

/// Entries of the short form.
const BRIEF: usize = 5;
/// A letter that nobody ordered stays small (RFC 3834 §3): both lists together, and what warnings are left at least.
const BYTES: usize = 13_000;
const BYTES_OF_WARNINGS: usize = 2_500;
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

/// Both lists of one letter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Told {
    pub errors: List,
    pub warnings: List,
}

/// 「読み取った内容／理由／修正方法」 of the errors, then 「記入内容／確認事項」 of the warnings: `limit` places named in all,
/// the rest counted. Places of which the same is said stand in one entry, which names every one of them.
pub fn told(findings: &[Finding], limit: usize) -> Told {
    let errors = group(findings, Severity::Error);
    let warnings = group(findings, Severity::Warning);
    let sizes: Vec<usize> = errors.iter().chain(&warnings).map(|entry| entry.all.len()).collect();
    let mut shares = shares(&sizes, limit);
    let for_warnings = shares.split_off(errors.len());
    let mut bytes = if warnings.is_empty() { BYTES } else { BYTES - BYTES_OF_WARNINGS };
    let errors = list(&errors, &shares, &mut bytes, |entry, lines| {
        lines.extend(entry.read().map(|read| format!("　　読み取った内容：{read}")));
        lines.push(format!("　　理由　　　　　：{}", entry.message()));
        if let Some(mend) = &entry.first.mend {
            lines.push(format!("　　修正方法　　　：{}", echo::sentence(mend)));
        }
    });
    bytes += BYTES_OF_WARNINGS;
    let warnings = list(&warnings, &for_warnings, &mut bytes, |entry, lines| {
        lines.extend(entry.read().map(|read| format!("　　記入内容　：{read}")));
        // Often nothing is to be mended: what could be done belongs to the question.
        let mend = entry.first.mend.as_deref().map(echo::sentence).unwrap_or_default();
        lines.push(format!("　　確認事項　：{}{mend}", entry.message()));
    });
    Told { errors, warnings }
}

/// How many places each entry may name: one each as far as they go, then, in order, as many as are left.
fn shares(sizes: &[usize], limit: usize) -> Vec<usize> {
    let mut left = limit;
    let mut shares = Vec::with_capacity(sizes.len());
    for size in sizes {
        let first = (*size).min(left).min(1);
        left -= first;
        shares.push(first);
    }
    for (share, size) in shares.iter_mut().zip(sizes).filter(|(share, _)| **share > 0) {
        let more = (size - *share).min(left);
        left -= more;
        *share += more;
    }
    shares
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
        let entry = Entry { first: finding, all: vec![finding], shown: 1 };
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

/// Findings of one code that say the same of several places; the first `shown` of them are named.
struct Entry<'a> {
    first: &'a Finding,
    all: Vec<&'a Finding>,
    shown: usize,
}

fn list(
    entries: &[Entry],
    shares: &[usize],
    bytes: &mut usize,
    body: impl Fn(&Entry, &mut Vec<String>),
) -> List {
    let count = entries.iter().map(|entry| entry.all.len()).sum();
    let mut lines = Vec::new();
    let mut told = 0;
    for (entry, share) in entries.iter().zip(shares) {
        let entry = Entry { first: entry.first, all: entry.all.clone(), shown: *share };
        let mut detail = vec![format!("({}) {}", told + 1, entry.place())];
        body(&entry, &mut detail);
        let size = detail.iter().map(String::len).sum();
        if *share == 0 || *bytes < size {
            break;
        }
        *bytes -= size;
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
            None => entries.push(Entry { first: finding, all: vec![finding], shown: 1 }),
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
            self.named().filter_map(|finding| finding.place.cell.as_deref()).map(echo::value).collect();
        let place = match self.all.len().saturating_sub(self.shown) {
            0 => format!("{sheet}{}", cells.join("、")),
            more => format!("{sheet}{}ほか{more}か所", cells.join("、")),
        };
        if place.is_empty() {
            return "全体".into();
        }
        match &self.first.label {
            Some(label) if !label.trim().is_empty() => format!("{place}（{}）", echo::value(label)),
            _ => place,
        }
    }

    fn named(&self) -> impl Iterator<Item = &Finding> {
        self.all.iter().take(self.shown).copied()
    }

    /// What stood there: 「11/12」; of several places with different contents 「B18・B19「月末」、B20「来週」」.
    fn read(&self) -> Option<String> {
        let mut values: Vec<(String, Vec<String>)> = Vec::new();
        for finding in self.named() {
            let value = finding.read.as_deref().map(echo::value).unwrap_or_default();
            let cell = finding.place.cell.as_deref().map(echo::value);
            match values.iter_mut().find(|(known, _)| *known == value) {
                Some((_, cells)) => cells.extend(cell),
                None => values.push((value, cell.into_iter().collect())),
            }
        }
        let alone = values.len() == 1;
        values.retain(|(value, _)| !value.is_empty());
        let told: Vec<String> = values
            .into_iter()
            .map(|(value, cells)| {
                let in_place = alone || cells.is_empty();
                if in_place { value } else { format!("{}「{value}」", cells.join("・")) }
            })
            .collect();
        (!told.is_empty()).then(|| told.join("、"))
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

#[cfg(test)]
mod tests {
    use super::*;

    fn finding(code: &str, severity: Severity, cell: &str, read: &str) -> Finding {
        Finding {
            code: code.into(),
            severity,
            place: Place { sheet: Some("様式１".into()), cell: Some(cell.into()) },
            label: Some("接種日".into()),
            read: (!read.is_empty()).then(|| read.into()),
            message: "日付として読み取れません。".into(),
            mend: None,
        }
    }

    #[test]
    fn an_entry_names_every_cell_and_its_value() {
        let all: Vec<Finding> = [("B18", "月末"), ("B19", "月末"), ("B20", "来週"), ("B21", "")]
            .map(|(cell, read)| finding("R02", Severity::Error, cell, read))
            .into();
        let told = told(&all, 30).errors;
        assert_eq!(told.count, 4);
        assert_eq!(
            told.lines,
            [
                "(1) シート「様式１」B18、B19、B20、B21（接種日）",
                "　　読み取った内容：B18・B19「月末」、B20「来週」",
                "　　理由　　　　　：日付として読み取れません。"
            ]
        );
    }

    #[test]
    fn a_question_has_no_heading_of_its_own_for_what_could_be_done() {
        let mut warning = finding("X09", Severity::Warning, "B18", "");
        warning.mend = Some("そのままで差し支えありません。".into());
        let told = told(&[warning], 30).warnings;
        assert_eq!(told.lines[1], "　　確認事項　：日付として読み取れません。そのままで差し支えありません。");
    }

    #[test]
    fn over_the_limit_every_kind_keeps_a_place_and_the_rest_is_counted() {
        let mut all: Vec<Finding> =
            (18..58).map(|row| finding("R02", Severity::Error, &format!("B{row}"), "月末")).collect();
        all.push(finding("R12", Severity::Error, "E18", ""));
        all.push(finding("R28", Severity::Warning, "B60", "10/31"));
        let told = told(&all, 30);
        assert!(told.errors.lines[0].contains("B45ほか12か所（接種日）"), "{:?}", told.errors.lines);
        assert!(told.errors.lines.iter().any(|line| line.contains("E18")), "{:?}", told.errors.lines);
        assert_eq!((told.errors.count, told.warnings.count), (41, 1));
        assert!(told.warnings.lines[0].contains("B60"));
        assert_eq!(shares(&[40, 1, 1], 30), [28, 1, 1]);
        assert_eq!(shares(&[3, 2], 30), [3, 2]);
        assert_eq!(shares(&[1, 1, 1], 2), [1, 1, 0]);
        assert_eq!(shares(&[5], 0), [0]);
    }
}
