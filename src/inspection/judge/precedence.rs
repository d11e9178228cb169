//! Pure: who wins: from findings to the outcome and the text of one submission (spec: "Outcome of a submission").

use crate::campaign::Timing;
use crate::inspection::verdict::{Finding, Outcome, Severity, Template};

/// Codes that hold a form whatever else was found, in the order in which they choose the reply.
/// `REPLAY` and `REGISTRY` are staff findings without a code of their own.
const HOLDING: [(&str, Template); 9] = [
    ("M17", Template::Held),
    ("M11", Template::Conflict),
    ("M08", Template::Unknown),
    ("M07", Template::Unreg),
    ("M09", Template::Held),
    ("F14", Template::Withdraw),
    ("T06", Template::CorrAfterOpen),
    ("T05", Template::CorrLate),
    ("T11", Template::Held),
];

/// T05 and T06 hold only where nothing else is wrong; the others always.
const HOLD_ALWAYS: [&str; 7] = ["M17", "M11", "M08", "M07", "M09", "F14", "T11"];
const HOLD_IF_CLEAN: [&str; 4] = ["X04", "X15", "T05", "T06"];

/// Outcome and template of a judged form. `replay`: a superseded version came again; `duplicate`: rule M06.
pub fn decide(
    findings: &[Finding],
    timing: Option<Timing>,
    replay: bool,
    duplicate: bool,
) -> (Outcome, Template) {
    let has = |code: &str| findings.iter().any(|finding| finding.code == code && holds(finding));
    if replay || HOLD_ALWAYS.iter().any(|code| has(code)) {
        return (Outcome::Held, held_template(&has));
    }
    if findings.iter().any(|finding| finding.severity == Severity::Error) {
        return (Outcome::Rejected, Template::Reject);
    }
    if !duplicate && HOLD_IF_CLEAN.iter().any(|code| has(code)) {
        return (Outcome::Held, held_template(&has));
    }
    if duplicate {
        return (Outcome::Duplicate, Template::Dup);
    }
    let warned = findings
        .iter()
        .any(|finding| finding.severity == Severity::Warning && !finding.code.starts_with('T'));
    let outcome = if warned { Outcome::AcceptedWithWarnings } else { Outcome::Accepted };
    let template = match timing {
        Some(Timing::Late) => Template::Late,
        Some(Timing::Correction) => Template::CorrOk,
        Some(Timing::CorrectionLastDay) => Template::CorrDday,
        Some(Timing::CorrectionLate) => Template::CorrLate,
        Some(Timing::AfterOpening) => Template::CorrAfterOpen,
        Some(Timing::OnTime | Timing::FixOfOnTime) | None if warned => Template::AcceptWarn,
        Some(Timing::OnTime | Timing::FixOfOnTime) | None => Template::Accept,
    };
    (outcome, template)
}

/// A holding code holds at the severity the catalogue gives it; as mere information (no registry) it does not.
fn holds(finding: &Finding) -> bool {
    finding.severity != Severity::Info
}

fn held_template(has: &dyn Fn(&str) -> bool) -> Template {
    HOLDING.iter().find(|(code, _)| has(code)).map_or(Template::Held, |(_, template)| *template)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspection::verdict::Place;

    fn finding(code: &str, severity: Severity) -> Finding {
        Finding {
            code: code.into(),
            severity,
            place: Place::default(),
            label: None,
            read: None,
            message: String::new(),
            mend: None,
        }
    }

    #[test]
    fn the_first_holding_code_chooses_the_reply() {
        use Severity::{Error, Staff, Warning};
        let check = |codes: &[(&str, Severity)], timing, expected| {
            let findings: Vec<Finding> =
                codes.iter().map(|(code, severity)| finding(code, *severity)).collect();
            assert_eq!(decide(&findings, timing, false, false), expected, "{codes:?}");
        };
        let on_time = Some(Timing::OnTime);
        check(&[], on_time, (Outcome::Accepted, Template::Accept));
        check(&[("R28", Warning)], on_time, (Outcome::AcceptedWithWarnings, Template::AcceptWarn));
        check(&[("T01", Warning)], Some(Timing::Late), (Outcome::Accepted, Template::Late));
        check(&[("R04", Error), ("M07", Staff)], on_time, (Outcome::Held, Template::Unreg));
        check(&[("M08", Staff), ("M07", Staff)], on_time, (Outcome::Held, Template::Unknown));
        check(
            &[("R04", Error), ("T06", Staff)],
            Some(Timing::AfterOpening),
            (Outcome::Rejected, Template::Reject),
        );
        check(&[("T06", Staff)], Some(Timing::AfterOpening), (Outcome::Held, Template::CorrAfterOpen));
        check(&[("T05", Staff)], Some(Timing::CorrectionLate), (Outcome::Held, Template::CorrLate));
        check(&[("X15", Staff)], Some(Timing::Correction), (Outcome::Held, Template::Held));
        check(&[("R29", Staff)], on_time, (Outcome::Accepted, Template::Accept));
    }
}
