//! Pure: every value that the texts are filled with.

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp, ToSpan as _};
use serde::Serialize;

use super::{Occasion, Settings, echo, effective_moment, findings, may_reveal, tables, wording};
use crate::campaign::{Campaign, Deadlines, Timing, in_jst};
use crate::clinic::{Clinic, Ward};
use crate::inbound::attachment::FileKind;
use crate::inspection::form::Entry;
use crate::inspection::judgement::Submission;
use crate::inspection::standing::{Version, restrict};
use crate::inspection::verdict::{Finding, Severity, Slot, Template, Totals, Visibility};
use crate::outbound::reply::settings::Addressee;

/// Values by the names that the templates use. Lists are ready lines.
#[derive(Clone, Debug, Default, Serialize)]
pub struct View {
    pub kind: &'static str,
    pub tag: &'static str,
    /// 「○○クリニック　御中」
    pub addressee: String,
    pub clinic_name: Option<String>,
    pub title: String,
    pub rehearsal: bool,
    pub number: usize,
    pub total: usize,
    pub blocks: Vec<String>,
    pub any_accepted: bool,

    pub receipt_no: Option<String>,
    pub received: Option<String>,
    pub from: Option<String>,
    pub file: Option<String>,
    pub form: Option<String>,
    pub venue_no: Option<String>,
    /// Files that are not the form.
    pub files: Vec<String>,
    pub conflicts: Vec<String>,
    /// 会場番号, 医療機関名 as written, with their cells: 「「999」（シート「様式１」C5）」.
    pub written_venue: Option<String>,
    pub written_name: Option<String>,

    /// 「読み取った内容（参考）」 of a form that is not accepted.
    pub understood: Vec<String>,
    pub summary: Vec<String>,
    pub days: Vec<String>,
    pub untouched: Vec<String>,
    pub sum: Option<u64>,
    pub cap: Option<u32>,
    pub changes: Vec<String>,
    pub previous_no: Option<String>,
    pub previous_sum: Option<u64>,
    pub previous_received: Option<String>,
    pub previous_exported: bool,
    /// A gateway of the city took the file away.
    pub taken_away: bool,
    /// Why no cells could be read, and what helps.
    pub trouble: Option<String>,
    pub remedy: Option<String>,
    /// It is the mail as a whole that could not be read.
    pub whole_mail: bool,
    /// Staff look at what could not be read.
    pub followed_up: bool,
    /// A registered address that sends the form now is answered at once.
    pub taken_at_once: bool,
    /// S/MIME or PGP, not a password.
    pub sealed: bool,
    /// A form, not only a file or a text.
    pub has_form: bool,

    pub errors: Vec<String>,
    pub error_count: usize,
    pub warnings: Vec<String>,
    pub warning_count: usize,
    pub notes: Vec<String>,
    /// A file 「修正一覧_….xlsx」 goes with the letter.
    pub annotated: bool,
    /// It holds the clinic's own sheets, marked, so that it can be mended and returned.
    pub annotated_sheets: bool,
    pub annotated_name: String,
    pub brief_errors: Vec<String>,
    pub brief_warnings: Vec<String>,

    pub timing: &'static str,
    /// 「10月8日（金）」
    pub submission_day: String,
    /// 「10月8日」
    pub submission_date: String,
    pub correction_day: String,
    /// The correction deadline is the day of receipt.
    pub last_day: bool,
    /// 「10月13日」: from here on a correction may come too late.
    pub caution_date: String,
    pub booking_day: String,
    pub submission_open: bool,
    pub correction_open: bool,
    pub booking_open: bool,
    /// 「10月8日（金）までに」 and the like.
    pub by_when: String,

    pub office_note: Option<String>,
    pub contacts: Vec<String>,
    pub phones: Vec<String>,
    pub own_address: String,
}

impl View {
    pub fn new(occasion: &Occasion, submission: Option<&Submission>, template: Template) -> Self {
        let reveal = may_reveal(occasion, submission, template);
        let mut view = Self::of_campaign(
            occasion.campaign,
            occasion.settings,
            submission.map_or(occasion.campaign.deadlines(), |submission| submission.deadlines),
            effective_moment(occasion, submission),
        );
        view.kind = template.as_str();
        view.tag = wording::tag(template);
        view.rehearsal = occasion.rehearsal;
        view.own_address = occasion.own_address.to_string();
        let clinic = submission.filter(|_| reveal).and_then(|submission| submission.clinic.as_ref());
        view.address(clinic, occasion.settings);
        view.receive(occasion);
        if let Some(submission) = submission {
            view.receipt_no.clone_from(&submission.receipt);
            view.has_form = submission.form.is_some();
            view.taken_away = submission.lost_its_file();
            let attachment = submission.file.and_then(|at| occasion.message.attachments.get(at));
            view.sealed = attachment.is_some_and(|file| file.kind == FileKind::Encrypted);
            view.timing = submission.timing.map_or("", Timing::as_str);
            view.taken_at_once =
                !view.booking_open && (view.correction_open || submission.previous.is_empty());
            if reveal {
                view.describe(occasion, submission);
                view.judge(occasion, submission);
                view.compare(occasion.campaign, submission);
                view.explain(submission);
            }
            [view.written_venue, view.written_name] = written(submission, reveal);
        }
        if reveal {
            view.files = other_files(occasion, submission, template);
            view.conflicts = conflicts(occasion);
            view.understood = match (template, submission) {
                (Template::Reject, Some(submission)) => {
                    tables::understood(occasion.campaign, &[(None, submission.slots.as_slice())])
                }
                (Template::Conflict, _) => both_understood(occasion),
                _ => Vec::new(),
            };
        }
        view
    }

    /// Why nothing could be read.
    fn explain(&mut self, submission: &Submission) {
        let is_why = |finding: &&Finding| matches!(finding.code.as_str(), "F01" | "M19");
        let mut why = submission.findings.iter().filter(is_why);
        self.followed_up = why.clone().any(|finding| finding.severity == Severity::Staff);
        self.whole_mail = submission.file_name.is_none();
        if let Some(finding) = why.find(|finding| finding.severity == Severity::Error) {
            self.trouble = Some(echo::sentence(&finding.message));
            self.remedy = finding.mend.as_deref().map(echo::sentence);
        }
    }

    /// The values that depend on the calendar alone.
    pub fn of_campaign(
        campaign: &Campaign,
        settings: &Settings,
        deadlines: Deadlines,
        now: Timestamp,
    ) -> Self {
        let inclusive =
            |deadline: Timestamp| deadline.checked_add(SignedDuration::from_millis(999)).unwrap_or(deadline);
        let band = campaign.correction_deadline.duration_since(campaign.correction_caution_from);
        let caution = deadlines.correction.checked_sub(band).unwrap_or(campaign.correction_caution_from);
        let submission_open = now <= inclusive(deadlines.submission);
        let correction_open = now <= inclusive(deadlines.correction);
        let submission_day = wording::day_of(deadlines.submission);
        let correction_day = wording::day_of(deadlines.correction);
        let by_when = if submission_open {
            format!("{submission_day}までに")
        } else if correction_open {
            format!("できるだけ早く、遅くとも{correction_day}までに")
        } else {
            "至急、".to_string()
        };
        Self {
            title: campaign.title.clone(),
            submission_day,
            submission_date: wording::short_day(in_jst(deadlines.submission).date()),
            correction_day,
            last_day: in_jst(now).date() == in_jst(deadlines.correction).date(),
            caution_date: wording::short_day(in_jst(caution).date()),
            booking_day: wording::day_of(campaign.booking_opens),
            submission_open,
            correction_open,
            booking_open: now >= campaign.booking_opens,
            by_when,
            office_note: office_note(campaign, settings, now),
            ..Self::default()
        }
    }

    /// Takes every sentence that depends on the calendar from another instant than the receipt time.
    pub fn reckon_from(
        &mut self,
        campaign: &Campaign,
        settings: &Settings,
        deadlines: Deadlines,
        now: Timestamp,
    ) {
        let calendar = Self::of_campaign(campaign, settings, deadlines, now);
        self.last_day = calendar.last_day;
        self.submission_open = calendar.submission_open;
        self.correction_open = calendar.correction_open;
        self.booking_open = calendar.booking_open;
        self.by_when = calendar.by_when;
        self.office_note = None;
    }

    /// Who is addressed, and whose telephone numbers stand at the foot.
    pub fn address(&mut self, clinic: Option<&Clinic>, settings: &Settings) {
        self.clinic_name =
            clinic.map(|clinic| clinic.name.trim().to_string()).filter(|name| !name.is_empty());
        self.addressee = match (&self.clinic_name, settings.addressee) {
            (Some(name), Addressee::Onchu) => format!("{name}　御中"),
            (Some(name), Addressee::Manager) => format!("{name}　管理者　様"),
            (None, _) => "ご担当者　様".into(),
        };
        self.cap = clinic.and_then(|clinic| clinic.cap);
        self.set_contacts(clinic.and_then(|clinic| clinic.ward), settings);
    }

    /// For a letter about several forms: the common clinic's name, or none.
    pub fn share(&mut self, told: &[&Submission], settings: &Settings) {
        self.total = told.len();
        let mut names: Vec<&str> = told
            .iter()
            .filter_map(|submission| submission.clinic.as_ref())
            .map(|clinic| clinic.venue_no.as_str())
            .collect();
        names.dedup();
        if names.len() != 1 || told.iter().any(|submission| submission.clinic.is_none()) {
            self.clinic_name = None;
            self.addressee = "ご担当者　様".into();
            let ward = |submission: &&Submission| submission.clinic.as_ref().and_then(|clinic| clinic.ward);
            let first = told.first().and_then(ward);
            let common = first.filter(|_| told.iter().all(|submission| ward(submission) == first));
            self.set_contacts(common, settings);
        }
        if told.len() > 1 {
            self.receipt_no = self.receipt_no.take().map(|worst| format!("{worst}ほか"));
        }
        self.any_accepted = told.iter().any(|submission| submission.outcome.is_accepted());
    }

    /// One text for several forms: it names every receipt, and every cell that identifies one.
    pub fn name_all(&mut self, told: &[&Submission], reveal: bool) {
        let mut receipts: Vec<&str> = told.iter().filter_map(|one| one.receipt.as_deref()).collect();
        receipts.dedup();
        if receipts.len() < 2 {
            return;
        }
        self.receipt_no = Some(receipts.join("、"));
        let mut venues = Vec::new();
        let mut names = Vec::new();
        for [venue, name] in told.iter().map(|submission| written(submission, reveal)) {
            venues.extend(venue.filter(|venue| !venues.contains(venue)));
            names.extend(name.filter(|name| !names.contains(name)));
        }
        self.written_venue = (!venues.is_empty()).then(|| venues.join("、"));
        self.written_name = (!names.is_empty()).then(|| names.join("、"));
    }

    /// Names the clinic to itself, in a letter that otherwise reveals nothing.
    pub fn reveal_identity(&mut self, submission: Option<&Submission>, occasion: &Occasion) {
        let clinic = submission.and_then(|submission| submission.clinic.as_ref());
        self.address(clinic, occasion.settings);
        self.venue_no = clinic.map(|clinic| clinic.venue_no.clone());
    }

    fn set_contacts(&mut self, ward: Option<Ward>, settings: &Settings) {
        let contacts = settings.contacts(ward);
        self.contacts = contacts
            .iter()
            .map(|contact| {
                format!("　医療機関専用ダイヤル（{}）：{}", contact.ward, contact.phones.join("／"))
            })
            .chain(
                contacts
                    .iter()
                    .filter(|contact| !contact.fax.is_empty())
                    .map(|contact| format!("　FAX（{}）：{}", contact.ward, contact.fax)),
            )
            .collect();
        self.phones = contacts
            .iter()
            .filter_map(|contact| {
                contact.phones.first().map(|phone| format!("{}専用ダイヤル{phone}", contact.ward))
            })
            .collect();
    }

    /// When and from whom. A receipt time at or before 1970 stands for none (a file judged offline).
    fn receive(&mut self, occasion: &Occasion) {
        let at = occasion.inspection.received_at;
        self.received = (at > Timestamp::UNIX_EPOCH).then(|| wording::moment(at));
        self.from = Some(occasion.message.from())
            .filter(|from| !from.is_empty())
            .map(|from| from.chars().filter(|c| !c.is_control()).take(254).collect());
    }

    /// Which form it was.
    fn describe(&mut self, occasion: &Occasion, submission: &Submission) {
        // The name of a patient list is content of it.
        let name = submission.file_name.as_deref().filter(|_| !submission.has("M17"));
        self.file = name.map(echo::file_name).map(|name| {
            let attachment = submission.file.and_then(|index| occasion.message.attachments.get(index));
            match attachment.map(|attachment| attachment.inside.as_slice()) {
                Some([first, ..]) => format!("{name}（{}内）", echo::file_name(first)),
                _ => name,
            }
        });
        self.form = submission.form.as_ref().and_then(|form| form.number).map(wording::form);
        self.venue_no = submission.clinic.as_ref().map(|clinic| clinic.venue_no.clone());
    }

    /// What was found, and the figures as read.
    fn judge(&mut self, occasion: &Occasion, submission: &Submission) {
        let mut all = occasion.inspection.findings.clone();
        all.retain(|finding| !submission.findings.contains(finding));
        all.extend(submission.findings.iter().cloned());
        if self.kind == Template::Dup.as_str() {
            // Nothing came of it, so it is not treated as a correction either.
            all.retain(|finding| finding.code != "B11");
        }
        let told = findings::told(&all, occasion.settings.max_detailed_lines);
        (self.errors, self.error_count) = (told.errors.lines, told.errors.count);
        (self.warnings, self.warning_count) = (told.warnings.lines, told.warnings.count);
        // Our own layout derives the dose and adds up by itself: that is no reading to tell of.
        let issued = submission.form.as_ref().is_some_and(|form| form.template.is_some());
        all.retain(|finding| !(issued && matches!(finding.code.as_str(), "R11" | "R27")));
        self.notes = findings::notes(&all);
        self.brief_errors = findings::brief(&all, Severity::Error);
        self.brief_warnings = findings::brief(&all, Severity::Warning);
        let slots: &[Slot] = if submission.union.is_empty() { &submission.slots } else { &submission.union };
        if !slots.is_empty() {
            let totals = Totals::of(slots);
            self.sum = Some(totals.sum());
            let cap = submission.clinic.as_ref().map(|clinic| clinic.cap);
            self.summary = tables::summary(occasion.campaign, &totals, cap);
            self.days = tables::days(slots);
        } else if let Some(totals) = &submission.totals {
            self.sum = Some(totals.sum());
        }
    }

    /// Against what was in force before.
    fn compare(&mut self, campaign: &Campaign, submission: &Submission) {
        let sum_of = |version: &&Version| Totals::of(&restrict(&version.slots, &version.in_force)).sum();
        let before: u64 = submission.previous.iter().map(|version| sum_of(&version)).sum();
        self.changes = tables::changes(&submission.changes, before, Totals::of(&submission.union).sum());
        let same = submission.previous.iter().filter(|version| {
            !submission.fingerprint.is_empty() && version.fingerprint == submission.fingerprint
        });
        let repeated: Vec<&Version> = same.collect();
        let previous: Vec<&Version> =
            if repeated.is_empty() { submission.previous.iter().collect() } else { repeated };
        if !previous.is_empty() {
            let numbers: Vec<&str> = previous.iter().map(|version| version.receipt.as_str()).collect();
            self.previous_no = Some(numbers.join("、"));
            self.previous_sum = Some(previous.iter().map(sum_of).sum());
            self.previous_received =
                previous.iter().map(|version| version.received_at).max().map(wording::moment);
        }
        self.previous_exported =
            submission.has("T09") || submission.previous.iter().any(|version| version.exported);
        self.cap = submission.clinic.as_ref().and_then(|clinic| clinic.cap);
        if submission.form.is_none() || campaign.title.is_empty() {
            return;
        }
        for visibility in Visibility::BOTH {
            let kept = submission.previous.iter().find(|version| version.in_force.contains(&visibility));
            if let Some(version) = kept.filter(|_| !submission.scope.contains(&visibility)) {
                self.untouched.push(format!(
                    "・今回の様式に含まれない{}枠は、受付番号 {} の内容のままです。上の表には、その人数を含めています。",
                    visibility.label(),
                    version.receipt
                ));
            }
        }
    }
}

/// What stands in the cells of 会場番号 and 医療機関名; to an unregistered sender only where they are.
fn written(submission: &Submission, reveal: bool) -> [Option<String>; 2] {
    let Some(form) = &submission.form else { return [None, None] };
    let written = |entry: &Option<Entry<()>>| {
        entry.as_ref().map(|entry| {
            let sheet = entry.place.sheet.as_deref().map(echo::value);
            let cell = entry.place.cell.as_deref().unwrap_or_default();
            let place = match sheet {
                Some(sheet) if reveal => format!("シート「{sheet}」{cell}"),
                _ => cell.to_string(),
            };
            let raw = echo::value(&entry.raw);
            match (reveal, raw.is_empty()) {
                (true, false) => format!("「{raw}」（{place}）"),
                (true, true) => format!("未記入（{place}）"),
                (false, _) => place,
            }
        })
    };
    [written(&form.fields.venue_no), written(&form.fields.name)]
}

/// Outside office hours and on days off, the note that a person will look at it later: `{when}` becomes the next day on
/// which somebody is there, and before opening time this same day.
fn office_note(campaign: &Campaign, settings: &Settings, at: Timestamp) -> Option<String> {
    let local = in_jst(at).datetime();
    let works =
        |date: Date| !matches!(wording::weekday(date), "土" | "日") && campaign.holiday(date).is_none();
    let note = settings.office_hours_note.trim();
    let today = works(local.date());
    if note.is_empty()
        || today && local.time() >= settings.office_opens && local.time() < settings.office_closes
    {
        return None;
    }
    let when = if today && local.time() < settings.office_opens {
        "本日の業務開始".to_string()
    } else {
        let next = local.date().series(1.day()).skip(1).take(30).find(|date| works(*date));
        next.map_or_else(|| "翌開庁日".to_string(), wording::day)
    };
    Some(note.replace("{when}", &when))
}

/// The files that a reply names because they are not what was asked for.
fn other_files(occasion: &Occasion, submission: Option<&Submission>, template: Template) -> Vec<String> {
    let mut names: Vec<String> = occasion.inspection.other_files.clone();
    if names.is_empty() && template == Template::Notxlsx {
        names.extend(submission.and_then(|submission| submission.file_name.clone()));
    }
    let mut shown: Vec<String> = names.iter().take(10).map(|name| echo::file_name(name)).collect();
    if names.len() > 10 {
        shown.push(format!("ほか{}件", names.len() - 10));
    }
    shown
}

/// The forms that contradict each other, day by day, as far as a letter goes.
fn both_understood(occasion: &Occasion) -> Vec<String> {
    let forms = conflicting(occasion);
    if forms.len() > 3 {
        return Vec::new();
    }
    let parts: Vec<(Option<String>, &[Slot])> = forms
        .iter()
        .enumerate()
        .map(|(index, submission)| {
            (Some(format!("　({}) {}", index + 1, file_of(submission))), submission.slots.as_slice())
        })
        .collect();
    tables::understood(occasion.campaign, &parts)
}

fn conflicting<'a>(occasion: &Occasion<'a>) -> Vec<&'a Submission> {
    let submissions = occasion.inspection.submissions.iter();
    submissions.filter(|submission| submission.template == Some(Template::Conflict)).collect()
}

fn file_of(submission: &Submission) -> String {
    submission.file_name.as_deref().map_or("添付ファイル".into(), echo::file_name)
}

/// 「(1) 様式１.xlsx：合計 96」 for each of the forms that contradict each other.
fn conflicts(occasion: &Occasion) -> Vec<String> {
    conflicting(occasion)
        .into_iter()
        .enumerate()
        .map(|(index, submission)| {
            let sum = submission.totals.unwrap_or_else(|| Totals::of(&submission.slots)).sum();
            format!("　({}) {}：合計 {sum}", index + 1, file_of(submission))
        })
        .collect()
}
