//! `uketsuke check`: judge workbooks or mails offline; record nothing, send nothing.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde_json::{Value, json};

use super::progress::shown;
use super::table::Table;
use super::{Context, EXIT_IO, EXIT_NO, Failure, print, print_json};
use crate::campaign::Campaign;
use crate::clinic::Registry;
use crate::daemon::progress::Progress;
use crate::daemon::registry::read_registry;
use crate::inbound::message::Message;
use crate::inspection::dissected::Dissected;
use crate::inspection::judge::{self, Desk, Known, Mail};
use crate::inspection::judgement::{Inspection, Submission};
use crate::inspection::reader::Readers;
use crate::inspection::sender::trusted_receipt;
use crate::inspection::verdict::{Finding, Outcome};
use crate::outbound::letter::Draft;
use crate::outbound::reply::{self, Occasion};
use crate::outbound::words;

#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    uketsuke check 様式３.xlsx --clinics clinics.csv --received 2021-10-05T10:00:00+09:00\n  \
    uketsuke check --format json mail.eml | jq '.[].outcome'")]
pub struct Arguments {
    /// Workbooks (.xlsx .xlsm .xlsb .xls .ods .csv) or mails (.eml).
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Registry (CSV or xlsx) to judge identity and cap by.
    #[arg(long, value_name = "FILE")]
    clinics: Option<PathBuf>,
    /// Receipt time.
    #[arg(long, value_name = "RFC3339")]
    received: Option<Timestamp>,
}

/// One judged form (or file, or mail) as the contract's JSON tells it.
struct Checked {
    json: Value,
    outcome: Outcome,
    row: Vec<String>,
    findings: Vec<Finding>,
}

pub async fn check(context: &Context, arguments: &Arguments) -> Result<u8, Failure> {
    let campaign = Campaign::new(context.config.campaign.clone())
        .map_err(|cause| Failure::new(super::EXIT_CONFIG, cause))?;
    let program = std::env::current_exe().map_err(|cause| Failure::new(EXIT_IO, cause))?;
    let readers = Readers::new(&context.config.limits, program);
    let strength = readers.probe().await.map_err(crate::daemon::Error::from)?;
    if !strength.is_sufficient() {
        super::complain("warning: no seccomp filter here; the files are read with resource limits only");
    }
    let registry_file = arguments.clinics.clone().or_else(|| {
        let configured = &context.config.clinics.file;
        (!configured.is_empty()).then(|| PathBuf::from(configured))
    });
    let registry = match &registry_file {
        Some(path) => Registry::new(read_registry(&readers, path, &read(path)?).await?),
        None => Registry::default(),
    };
    let settings = context.config.judge();
    let desk = Desk {
        campaign: &campaign,
        registry: &registry,
        settings: &settings,
        with_registry: registry_file.is_some(),
    };
    let progress = Progress::default();
    progress.expect(arguments.files.len());
    let checking = async {
        let mut checked = Vec::new();
        for path in &arguments.files {
            checked.extend(check_file(context, &desk, &readers, path, arguments.received).await?);
            progress.advance(1);
        }
        Ok::<_, Failure>(checked)
    };
    let checked = shown(context, "判定", &progress, checking).await?;
    readers.shutdown().await;
    if context.json() {
        print_json(&checked.iter().map(|one| &one.json).collect::<Vec<_>>())?;
    } else {
        print(&human(&checked));
    }
    Ok(if checked.iter().all(|one| one.outcome.is_accepted()) { 0 } else { EXIT_NO })
}

fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    std::fs::read(path)
        .map_err(|cause| Failure::new(EXIT_IO, format!("failed to read {}: {cause}", path.display())))
}

async fn check_file(
    context: &Context,
    desk: &Desk<'_>,
    readers: &Readers,
    path: &Path,
    received: Option<Timestamp>,
) -> Result<Vec<Checked>, Failure> {
    let bytes = read(path)?;
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let bare = !name.to_lowercase().ends_with(".eml");
    let mut dissected = if bare {
        let (attachment, content) =
            readers.dissect_file(&name, &bytes).await.map_err(crate::daemon::Error::from)?;
        Dissected {
            message: Message { attachments: vec![attachment], ..Message::default() },
            contents: vec![content],
        }
    } else {
        readers.dissect(&bytes, None).await.map_err(crate::daemon::Error::from)?
    };
    let received_at = received.or_else(|| trusted_receipt(&dissected.message, &desk.settings.sender));
    let examined = judge::examine(&mut dissected, desk.campaign);
    let mail = Mail {
        dissected: &dissected,
        examined: &examined,
        received_at,
        seen_at: received_at.unwrap_or_else(|| context.clock.now()),
        bare,
        entered_for: None,
    };
    let inspection = judge::inspect(desk, &mail, &Known::default());
    let drafts = reply::compose(&Occasion {
        campaign: desk.campaign,
        settings: &context.config.replies,
        inspection: &inspection,
        message: &dissected.message,
        contents: &dissected.contents,
        own_address: &context.config.outgoing.from,
        rehearsal: false,
    });
    let answer = drafts.iter().find(|draft| draft.kind != crate::inspection::verdict::Template::Notice);
    let file = path.display().to_string();
    Ok(objects(&file, &mail, &inspection, answer))
}

/// One object per spreadsheet and clinic; one for a mail without any spreadsheet.
fn objects(file: &str, mail: &Mail, inspection: &Inspection, answer: Option<&Draft>) -> Vec<Checked> {
    let (dissected, bare) = (mail.dissected, mail.bare);
    let mut checked: Vec<Checked> = inspection
        .submissions
        .iter()
        .map(|submission| {
            object(file, bare, dissected, inspection, Some(submission), submission.outcome, answer)
        })
        .collect();
    for (at, attachment) in dissected.message.attachments.iter().enumerate() {
        let told = inspection.submissions.iter().any(|submission| submission.file == Some(at));
        if attachment.kind.is_workbook()
            && !told
            && !checked.is_empty()
            && inspection.outcome != Outcome::Ignored
        {
            // A form that repeats another of the mail is taken once.
            let repeats = mail.examined.files.get(at).and_then(Option::as_ref);
            let repeats = repeats.is_some_and(|reading| !reading.forms.is_empty());
            let outcome = if repeats { Outcome::Duplicate } else { Outcome::NotAForm };
            let mut left = object(file, bare, dissected, inspection, None, outcome, None);
            if let Some(map) = left.json.as_object_mut() {
                map.insert("attachment".into(), json!(attachment.name));
            }
            checked.push(left);
        }
    }
    if checked.is_empty() {
        checked.push(object(file, bare, dissected, inspection, None, inspection.outcome, answer));
    }
    checked
}

fn object(
    file: &str,
    bare: bool,
    dissected: &Dissected,
    inspection: &Inspection,
    submission: Option<&Submission>,
    outcome: Outcome,
    answer: Option<&Draft>,
) -> Checked {
    let form = submission.and_then(|submission| submission.form.as_ref());
    let clinic = submission.and_then(|submission| submission.clinic.as_ref());
    let attachment = submission
        .and_then(|submission| submission.file)
        .and_then(|at| dissected.message.attachments.get(at))
        .filter(|attachment| {
            !bare && (attachment.kind.is_workbook() || form.is_some() || is_locked(attachment.kind))
        })
        .map(|attachment| attachment.name.clone());
    let mut findings = inspection.findings.clone();
    findings.extend(submission.iter().flat_map(|submission| submission.findings.iter().cloned()));
    let totals = submission.and_then(|submission| submission.totals).map(|totals| {
        let cap = clinic.and_then(|clinic| clinic.cap);
        json!({
            "first": { "public": totals.first_public, "private": totals.first_private },
            "second": { "public": totals.second_public, "private": totals.second_private },
            "sum": totals.sum(),
            "cap": cap,
            "own": cap.map(|cap| i64::from(cap) - totals.sum() as i64),
        })
    });
    let json = json!({
        "file": file,
        "attachment": attachment,
        "outcome": outcome.as_str(),
        "form": form.map(|form| json!({
            "number": form.number,
            "visibility": form.visibility.iter().map(|visibility| visibility.as_str()).collect::<Vec<_>>(),
            "period": form.period,
            "template": form.template,
        })),
        "clinic": clinic.map(|clinic| json!({ "venue_no": clinic.venue_no, "name": clinic.name })),
        "timing": submission.and_then(|submission| submission.timing).map(crate::campaign::Timing::as_str),
        "totals": totals,
        "slots": submission.map(slots).unwrap_or_default(),
        "findings": findings.iter().map(finding).collect::<Vec<_>>(),
        "needs_staff": inspection.needs_staff,
        "reply": answer.map(|draft| json!({
            "template": draft.kind.as_str(),
            "to": (!draft.to.is_empty()).then_some(&draft.to),
            "subject": draft.subject,
            "text": draft.text,
        })),
    });
    let row = vec![
        file.to_string(),
        clinic.map_or_else(|| "－".to_string(), |clinic| format!("{} {}", clinic.venue_no, clinic.name)),
        form.and_then(|form| form.number).map_or_else(|| "－".to_string(), |number| format!("様式{number}")),
        words::outcome(outcome.as_str()).to_string(),
        submission
            .and_then(|submission| submission.totals)
            .map_or_else(|| "－".to_string(), |totals| totals.sum().to_string()),
        answer.map_or_else(
            || "（返信なし）".to_string(),
            |draft| words::letter_kind(draft.kind.as_str()).to_string(),
        ),
    ];
    Checked { json, outcome, row, findings }
}

fn is_locked(kind: crate::inbound::attachment::FileKind) -> bool {
    use crate::inbound::attachment::FileKind;
    matches!(
        kind,
        FileKind::EncryptedWorkbook | FileKind::HtmlWorkbook | FileKind::XmlWorkbook | FileKind::OldWorkbook
    )
}

fn slots(submission: &Submission) -> Vec<Value> {
    let slots = submission.slots.iter();
    slots
        .map(|slot| {
            json!({
                "date": slot.date.to_string(),
                "start": slot.start.strftime("%H:%M").to_string(),
                "end": slot.end.map(|end| end.strftime("%H:%M").to_string()),
                "dose": slot.dose.number(),
                "public": slot.public,
                "private": slot.private,
                "sheet": slot.sheet,
                "row": slot.row,
            })
        })
        .collect()
}

/// One finding as the contract's JSON tells it.
pub fn finding(finding: &Finding) -> Value {
    json!({
        "code": finding.code,
        "severity": finding.severity.as_str(),
        "sheet": finding.place.sheet,
        "cell": finding.place.cell,
        "label": finding.label,
        "read": finding.read,
        "message": finding.message,
        "mend": finding.mend,
    })
}

fn human(checked: &[Checked]) -> String {
    let mut table = Table::new(&["ファイル", "医療機関", "様式", "判定", "合計", "返信"]).right(&[4]);
    for one in checked {
        table.row(one.row.clone());
    }
    let mut text = table.render();
    for one in checked {
        if one.findings.is_empty() {
            continue;
        }
        text.push_str(&format!("\n{}\n", one.row.first().map_or("", String::as_str)));
        let mut findings = Table::new(&["規則", "区分", "場所", "読み取り", "内容"]);
        for finding in &one.findings {
            let place = [finding.place.sheet.clone(), finding.place.cell.clone()];
            findings.row(vec![
                finding.code.clone(),
                words::severity(finding.severity.as_str()).to_string(),
                place.into_iter().flatten().collect::<Vec<_>>().join("!"),
                finding.read.clone().unwrap_or_default(),
                finding.message.clone(),
            ]);
        }
        text.push_str(&findings.render());
    }
    text
}
