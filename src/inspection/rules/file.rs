//! Pure: F, the file as a whole: which form it is, what was read of it and what was not.

use std::collections::{BTreeMap, BTreeSet};

use smol_str::SmolStr;

use super::Case;
use super::finding::{NAME, VENUE_NO, at_cell, at_sheet, count_label, raise, raise_other};
use super::rows::cells::{Kind, cells, claims, lacking, offered, unread_count};
use super::rows::count::r26_other_visibility;
use super::slots::people;
use super::wording::{form as form_title, previous_term, quote, rows, term, wide};
use crate::inbound::attachment::FileKind;
use crate::inspection::form::{Entry, Observation, Trouble};
use crate::inspection::verdict::{Finding, Severity, Visibility};

/// What the reader noticed, each turned into at most one finding.
fn seen(case: &Case, tell: impl Fn(&Observation) -> Option<Finding>) -> Vec<Finding> {
    case.form.observations.iter().filter_map(tell).collect()
}

pub(super) fn m05_macros(case: &Case) -> Vec<Finding> {
    if case.container == FileKind::Xlsm { vec![raise("M05", &[])] } else { Vec::new() }
}

/// The form says another period, or most of its dates are the previous period's.
pub(super) fn f03_other_period(case: &Case) -> Vec<Finding> {
    let title = ("title", case.campaign.title.clone());
    if let Some(period) = case.form.period.filter(|period| *period != case.campaign.period) {
        return vec![raise("F03", &[("other", term(period)), title])];
    }
    let dates: Vec<_> =
        case.form.rows.iter().filter(|row| claims(row)).filter_map(|row| row.date.value()).collect();
    let previous = dates.iter().filter(|date| case.campaign.previous_period.contains(**date)).count();
    if previous * 2 <= dates.len() {
        return Vec::new();
    }
    let values = [
        ("n", dates.len().to_string()),
        ("m", previous.to_string()),
        ("other", previous_term(case.campaign)),
        title,
    ];
    vec![raise_other("F03", 0, &values)]
}

pub(super) fn f04_missing_columns(case: &Case) -> Vec<Finding> {
    seen(case, |observation| match observation {
        Observation::MissingColumns { sheet, labels } => {
            Some(at_sheet(raise("F04", &[("labels", labels.join("」「"))]), sheet))
        }
        Observation::RivalCounts { sheet, labels } => {
            let finding = Finding {
                mend: Some(
                    "予約枠とする列を1つとし、見出しを「公開枠数」または「非公開枠数」としてご記入ください。"
                        .to_string(),
                ),
                ..raise_other("F04", 1, &[("labels", labels.join("」「"))])
            };
            Some(at_sheet(finding, sheet))
        }
        Observation::Unplaced { place, raw } => {
            let finding = Finding {
                mend: Some(
                    "予約枠とする場合は表の中にご記入いただき、そうでない場合は削除してください。"
                        .to_string(),
                ),
                ..raise_other("F04", 0, &[])
            };
            Some(at_cell(finding, place, "表の外の記入", raw))
        }
        Observation::Aside { place, raw } => {
            let finding = Finding {
                severity: Severity::Warning,
                mend: Some("予約枠とする場合は、表の中にご記入ください。".to_string()),
                ..raise_other("F04", 0, &[])
            };
            Some(at_cell(finding, place, "表の外の記入", raw))
        }
        Observation::Unattributed { place, raw } => {
            let finding = Finding {
                mend: Some("行ごとに「公開」または「非公開」をご記入ください。".to_string()),
                ..raise_other("F04", 3, &[])
            };
            Some(at_cell(finding, place, "枠数", raw))
        }
        Observation::StrangeFigures { place, raw, common } => {
            let finding = strange_figures(case, *common)?;
            Some(at_cell(finding, place, "見出し", raw))
        }
        _ => None,
    })
}

/// In a form for both visibilities with a column for one, the figures are the other's.
fn strange_figures(case: &Case, common: bool) -> Option<Finding> {
    if let Some(missing) = lacking(case) {
        return Some(raise("F04", &[("labels", count_label(missing).to_string())]));
    }
    common.then(|| Finding {
        severity: Severity::Warning,
        mend: Some("予約枠とする場合は、「公開枠数」または「非公開枠数」の欄にご記入ください。".to_string()),
        ..raise_other("F04", 2, &[])
    })
}

/// One warning for each source that says another form than the one it was read as.
pub(super) fn f05_form_number(case: &Case) -> Vec<Finding> {
    let Some(number) = case.form.number else { return Vec::new() };
    // R26 says what the columns have to do with the form.
    let told = !r26_other_visibility(case).is_empty();
    let evidence = &case.form.evidence;
    [
        ("様式の識別情報", evidence.hidden_id),
        ("様式番号", evidence.visible_no),
        ("様式の題名", evidence.title),
        ("枠数の列", evidence.columns),
        ("ファイル名", evidence.file_name),
    ]
    .into_iter()
    .filter_map(|(source, said)| {
        let other = said.filter(|said| *said != number && !(told && source == "枠数の列"))?;
        let values = [
            ("source", source.to_string()),
            ("other", wide(u32::from(other))),
            ("number", form_title(number)),
        ];
        Some(raise("F05", &values))
    })
    .collect()
}

pub(super) fn f06_sample(case: &Case) -> Vec<Finding> {
    seen(case, |observation| match observation {
        Observation::FilledSample { place, raw, beside: true } => {
            let finding = Finding {
                severity: Severity::Warning,
                mend: Some(
                    "予約枠とする場合は、様式のシートにご記入のうえ、再度お送りください。".to_string(),
                ),
                ..raise_other("F06", 1, &[])
            };
            Some(at_cell(finding, place, VENUE_NO, raw))
        }
        Observation::FilledSample { place, raw, beside: false } => {
            let finding = Finding {
                mend: Some("様式のシートにご記入のうえ、再度お送りください。".to_string()),
                ..raise_other("F06", 0, &[])
            };
            Some(at_cell(finding, place, VENUE_NO, raw))
        }
        Observation::Sample { place, raw } => {
            let fields = &case.form.fields;
            let is = |field: &Option<Entry<()>>| field.as_ref().is_some_and(|entry| entry.place == *place);
            let mut finding = raise("F06", &[("raw", quote(raw))]);
            let label = if is(&fields.name) {
                NAME
            } else if is(&fields.venue_no) {
                VENUE_NO
            } else {
                finding.mend = Some("記入例の表または行を削除して、再度お送りください。".to_string());
                "記入例"
            };
            Some(at_cell(finding, place, label, raw))
        }
        _ => None,
    })
}

/// A list of another kind is left aside. Several sheets are added up; an error where the same slot stands in two of them.
pub(super) fn f07_several_sheets(case: &Case) -> Vec<Finding> {
    seen(case, |observation| match observation {
        Observation::SeveralSheets { sheets } => {
            let names: Vec<String> = sheets.iter().map(|sheet| quote(sheet)).collect();
            let values = [("sheets", names.join("、"))];
            Some(if doubled_across_sheets(case) {
                Finding { severity: Severity::Error, ..raise_other("F07", 0, &values) }
            } else {
                raise("F07", &values)
            })
        }
        Observation::OtherTable { place, raw, sure: false } => {
            let finding = Finding {
                severity: Severity::Error,
                mend: Some("予約枠を1つの表にまとめるか、予約枠でない表を削除してください。".to_string()),
                ..raise_other("F07", 2, &[])
            };
            Some(at_cell(finding, place, "表", raw))
        }
        Observation::OtherTable { place, raw, sure: true } => {
            let finding = Finding {
                mend: Some(
                    "予約枠とする場合は、「公開枠数」または「非公開枠数」の欄にご記入ください。".to_string(),
                ),
                ..raise_other("F07", 1, &[])
            };
            Some(at_cell(finding, place, "表", raw))
        }
        _ => None,
    })
}

fn doubled_across_sheets(case: &Case) -> bool {
    let mut sheet_of = BTreeMap::new();
    for row in &case.form.rows {
        let (Some(date), Some(start)) = (row.date.value(), row.start.value()) else { continue };
        for visibility in Visibility::BOTH.into_iter().filter(|visibility| people(row, *visibility) > 0) {
            let first: &SmolStr = sheet_of.entry((date, start, visibility)).or_insert(&row.sheet);
            if *first != row.sheet {
                return true;
            }
        }
    }
    false
}

pub(super) fn f08_hidden(case: &Case) -> Vec<Finding> {
    seen(case, |observation| match observation {
        Observation::HiddenRows { sheet, rows: hidden } => {
            Some(at_sheet(raise("F08", &[("rows", rows(hidden))]), sheet))
        }
        Observation::HiddenColumns { sheet, columns } => {
            Some(at_sheet(raise_other("F08", 0, &[("columns", columns.join("、"))]), sheet))
        }
        Observation::HiddenSheet { sheet } => Some(at_sheet(
            Finding {
                mend: Some("予約枠とする場合は、シートを再表示して、再度お送りください。".to_string()),
                ..raise_other("F08", 1, &[])
            },
            sheet,
        )),
        _ => None,
    })
}

/// A date, start time or count that is a formula without a usable result. The end time is not used and stays with R13.
pub(super) fn f09_formula(case: &Case) -> Vec<Finding> {
    let rows = case.form.rows.iter().flat_map(cells);
    rows.filter(|cell| cell.trouble == Some(&Trouble::Formula))
        .filter(|cell| matches!(cell.kind, Kind::Date | Kind::Start | Kind::Count(_)))
        .map(|cell| cell.tell(raise("F09", &[])))
        .collect()
}

/// Once per sheet; comments once per file.
pub(super) fn f10_moved(case: &Case) -> Vec<Finding> {
    let mut sheets = BTreeSet::new();
    let mut findings = Vec::new();
    for observation in &case.form.observations {
        match observation {
            Observation::Moved { sheet } if sheets.insert(sheet) => {
                findings.push(at_sheet(raise("F10", &[]), sheet));
            }
            Observation::Comments => findings.push(raise_other("F10", 0, &[])),
            _ => {}
        }
    }
    findings
}

/// Struck rows are told; a value that is struck in part and a row that a word in it calls off are asked back, where
/// they stand.
pub(super) fn f11_struck(case: &Case) -> Vec<Finding> {
    let rows_gone = case.form.rows.iter().filter(|row| claims(row)).filter_map(|row| {
        let mark = row.gone.as_ref()?;
        let finding = Finding {
            severity: Severity::Error,
            mend: Some(
                "枠を設けない行は削除し、設ける行はこの記載を消して、再度お送りください。".to_string(),
            ),
            ..raise_other("F11", 0, &[("raw", quote(&mark.raw))])
        };
        let label = if mark.label.is_empty() { "取り消しの記載" } else { &mark.label };
        Some(at_cell(finding, &mark.place, label, &mark.raw))
    });
    let mut findings: Vec<Finding> = rows_gone.collect();
    let struck_in_part = case.form.rows.iter().flat_map(cells).filter(|cell| {
        cell.trouble == Some(&Trouble::PartlyStruck) && !matches!(cell.kind, Kind::Dose | Kind::End)
    });
    findings.extend(struck_in_part.map(|cell| {
        let mend = "取り消し線の文字を消して、残す値のみをご記入ください。".to_string();
        cell.tell(Finding { severity: Severity::Error, mend: Some(mend), ..raise_other("F11", 1, &[]) })
    }));
    findings.extend(seen(case, |observation| match observation {
        Observation::Struck { sheet, rows: struck } => {
            Some(at_sheet(raise("F11", &[("rows", rows(struck))]), sheet))
        }
        _ => None,
    }));
    findings
}

pub(super) fn f12_epoch_1904(case: &Case) -> Vec<Finding> {
    seen(case, |observation| matches!(observation, Observation::Epoch1904).then(|| raise("F12", &[])))
}

/// No count of 1 or more anywhere, and none that could be one. Without a count column F04 says so already.
pub(super) fn f13_no_slots(case: &Case) -> Vec<Finding> {
    let headless = case
        .form
        .observations
        .iter()
        .any(|seen| matches!(seen, Observation::MissingColumns { .. } | Observation::RivalCounts { .. }));
    let counted = case.form.rows.iter().any(|row| offered(row) > 0 || unread_count(row));
    if headless || counted { Vec::new() } else { vec![raise("F13", &[])] }
}

pub(super) fn f14_withdrawal(case: &Case) -> Vec<Finding> {
    seen(case, |observation| match observation {
        Observation::Withdrawal { place, raw } => {
            Some(at_cell(raise("F14", &[("raw", quote(raw))]), place, "記載", raw))
        }
        _ => None,
    })
}

pub(super) fn f15_csv(case: &Case) -> Vec<Finding> {
    if case.container == FileKind::Csv { vec![raise("F15", &[])] } else { Vec::new() }
}
