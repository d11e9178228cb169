//! Pure: section `[rules]`: severities that an operator sets, by code.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::catalogue::{self, RULES, Rule};
use crate::inspection::verdict::{Finding, Severity};

/// Section `[rules]`: severity overrides by code (`error`, `warning`, `info`, `staff`, `off`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(try_from = "BTreeMap<String, String>")]
pub struct Settings {
    /// `None`: off.
    pub overrides: BTreeMap<String, Option<Severity>>,
}

impl TryFrom<BTreeMap<String, String>> for Settings {
    type Error = String;

    /// Codes are taken in either case (a configuration layer may have lowered them).
    fn try_from(written: BTreeMap<String, String>) -> Result<Self, String> {
        let mut overrides = BTreeMap::new();
        for (code, level) in written {
            let code = code.trim().to_ascii_uppercase();
            let level = match level.trim().to_ascii_lowercase().as_str() {
                "error" => Some(Severity::Error),
                "warning" => Some(Severity::Warning),
                "info" => Some(Severity::Info),
                "staff" => Some(Severity::Staff),
                "off" => None,
                other => {
                    return Err(format!(
                        "rules.{code}: unknown severity `{other}`; use error, warning, info, staff or off"
                    ));
                }
            };
            overrides.insert(code, level);
        }
        Ok(Self { overrides })
    }
}

impl Settings {
    /// Refuses a code that does not exist, and overrides of rules that decide who must look at a submission
    /// and when it came; the error names the key.
    pub fn check(&self) -> Result<(), String> {
        for code in self.overrides.keys() {
            let Some(rule) = catalogue::rule(code) else {
                return Err(format!("rules.{code}: no such rule; did you mean `{}`?", nearest(code)));
            };
            if rule.code.starts_with('T') {
                return Err(format!("rules.{code}: the severity of a timing rule cannot be changed"));
            }
            if rule.holding || rule.deferring {
                return Err(format!("rules.{code}: the severity of a rule that holds cannot be changed"));
            }
        }
        Ok(())
    }

    /// The findings as the operator wants them: overridden, or left out where `off`. An override of a
    /// two-level rule holds for both levels.
    pub fn apply(&self, findings: Vec<Finding>) -> Vec<Finding> {
        findings
            .into_iter()
            .filter_map(|mut finding| {
                let Some(rule) = catalogue::rule(&finding.code) else { return Some(finding) };
                if let Some(severity) = self.severity(rule, finding.severity) {
                    finding.severity = severity;
                    Some(finding)
                } else {
                    None
                }
            })
            .collect()
    }

    /// Whatever the rule finds will be left out: it need not look.
    pub fn silences(&self, code: &str) -> bool {
        catalogue::rule(code).is_some_and(|rule| self.severity(rule, rule.severity).is_none())
    }

    fn severity(&self, rule: &Rule, raised: Severity) -> Option<Severity> {
        match self.overrides.get(rule.code) {
            Some(_) if rule.holding || rule.deferring => Some(raised),
            Some(level) => *level,
            None if rule.off => None,
            None => Some(raised),
        }
    }
}

/// The code that is fewest keystrokes away.
fn nearest(written: &str) -> &'static str {
    RULES.iter().min_by_key(|rule| distance(written, rule.code)).map_or("R01", |rule| rule.code)
}

/// Levenshtein distance.
fn distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (i, a) in left.chars().take(16).enumerate() {
        let mut next = vec![i + 1];
        for ((b, above_left), above) in right.iter().zip(&row).zip(row.iter().skip(1)) {
            let substituted = above_left + usize::from(a != *b);
            let inserted = next.last().map_or(usize::MAX, |cost| cost + 1);
            next.push(substituted.min(above + 1).min(inserted));
        }
        row = next;
    }
    row.last().copied().unwrap_or(0)
}
