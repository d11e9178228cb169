//! A ledger in a temporary folder, and mails to put into it.

use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::civil::{date, time};
use sha2::{Digest, Sha256};
use uketsuke::campaign::{Deadlines, Dose, Timing};
use uketsuke::clinic::{Clinic, Intent};
use uketsuke::inbound::message::{Author, Message};
use uketsuke::inbound::uid::{MessageKey, RawMessage};
use uketsuke::inspection::form::Form;
use uketsuke::inspection::judgement::{Answer, Inspection, SenderStanding, Silence, Submission};
use uketsuke::inspection::verdict::{Finding, Outcome, Place, Severity, Slot, Template, Totals, Visibility};
use uketsuke::ledger::{Intake, Ledger, NewLetter, NewMail, NewState};
use uketsuke::outbound::letter::Letter;

pub struct Desk {
    pub folder: tempfile::TempDir,
    pub ledger: Ledger,
}

pub fn at(text: &str) -> Timestamp {
    format!("2021-{text}+09:00").parse().unwrap()
}

pub fn now() -> Timestamp {
    at("10-05T08:00:00")
}

pub fn clinic(venue_no: &str) -> Clinic {
    Clinic {
        venue_no: venue_no.into(),
        name: format!("第{venue_no}医院"),
        emails: vec![format!("clinic{venue_no}@example.jp")],
        cap: Some(120),
        uses_system: Intent::Yes,
        ..Clinic::default()
    }
}

impl Desk {
    /// An empty ledger.
    pub async fn empty() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let ledger = Ledger::open(&folder.path().join("var/uketsuke.db"), now()).await.unwrap();
        Self { folder, ledger }
    }

    /// With clinics 0123, 0200, 0310.
    pub async fn open() -> Self {
        let desk = Self::empty().await;
        let clinics = ["0123", "0200", "0310"].map(clinic);
        desk.ledger.import(&clinics, now(), "tester", false).await.unwrap();
        desk
    }

    /// Another connection, for planting what the ledger's own verbs refuse.
    pub async fn sql(&self, statements: &'static str) {
        use sqlx::{Connection, Executor};
        let path = self.ledger.path().to_path_buf();
        let options = sqlx::sqlite::SqliteConnectOptions::new().filename(path).foreign_keys(false);
        let mut connection = sqlx::SqliteConnection::connect_with(&options).await.unwrap();
        connection.execute(sqlx::raw_sql(statements)).await.unwrap();
        connection.close().await.unwrap();
    }

    pub async fn count(&self, query: &'static str) -> i64 {
        use sqlx::Connection;
        let options = sqlx::sqlite::SqliteConnectOptions::new().filename(self.ledger.path());
        let mut connection = sqlx::SqliteConnection::connect_with(&options).await.unwrap();
        sqlx::query_scalar(query).fetch_one(&mut connection).await.unwrap()
    }

    /// Takes one mail in, in a batch of its own, with the receipt it asks for. Answers mail id and receipt.
    pub async fn take(&self, mail: Draft) -> (i64, Option<String>) {
        let mut intake = self.ledger.begin_intake().await.unwrap();
        let taken = take_in(&mut intake, mail).await;
        intake.commit().await.unwrap();
        taken
    }

    pub async fn assert_sound(&self) {
        let verification = self.ledger.verify().await.unwrap();
        assert!(verification.ok, "{:#?}", verification.violations);
    }
}

/// What the judgement would say of a mail, shortened to what the ledger cares about.
#[derive(Clone)]
pub struct Draft {
    pub uid: u32,
    pub venue: &'static str,
    pub outcome: Outcome,
    pub received: Timestamp,
    pub scope: Vec<Visibility>,
    /// People per slot.
    pub people: u32,
    pub slots: usize,
    pub findings: Vec<Finding>,
    pub answer: Answer,
    pub form: bool,
    pub needs_staff: bool,
    pub subject: String,
    pub from: String,
    pub message: Message,
}

impl Draft {
    pub fn new(uid: u32, venue: &'static str, outcome: Outcome) -> Self {
        Self {
            uid,
            venue,
            outcome,
            received: at("10-04T09:00:00"),
            scope: Visibility::BOTH.to_vec(),
            people: 3,
            slots: 2,
            findings: Vec::new(),
            answer: Answer::Send(if outcome.is_accepted() { Template::Accept } else { Template::Reject }),
            form: true,
            needs_staff: outcome == Outcome::Held,
            subject: "予約枠報告様式".into(),
            from: format!("clinic{venue}@example.jp"),
            message: Message::default(),
        }
    }

    pub fn received(mut self, text: &str) -> Self {
        self.received = at(text);
        self
    }

    pub fn scope(mut self, scope: &[Visibility]) -> Self {
        self.scope = scope.to_vec();
        self
    }

    pub fn people(mut self, people: u32) -> Self {
        self.people = people;
        self
    }

    pub fn finding(mut self, code: &str, severity: Severity) -> Self {
        self.findings.push(Finding {
            code: code.into(),
            severity,
            place: Place::cell(&"様式３".into(), 17, 1),
            label: Some("接種日".into()),
            read: Some("11/12".into()),
            message: format!("{code} の説明"),
            mend: None,
        });
        self
    }

    pub fn silent(mut self, silence: Silence) -> Self {
        self.answer = Answer::Silent(silence);
        self
    }

    pub fn raw(&self) -> RawMessage {
        RawMessage {
            key: key(self.uid),
            received_at: self.received,
            bytes: format!("From: {}\r\nSubject: {}\r\n\r\nmail {}", self.from, self.subject, self.uid)
                .into_bytes(),
            omitted: None,
        }
    }

    pub fn slots(&self) -> Vec<Slot> {
        (0..self.slots)
            .map(|n| {
                let first = n % 2 == 0;
                let day = (n / 2 % 14) as i8;
                Slot {
                    date: if first { date(2021, 10, 25 + day % 5) } else { date(2021, 11, 15 + day % 5) },
                    start: time(9 + (n / 28) as i8, (n % 12 * 5) as i8, 0, 0),
                    end: Some(time(18, 0, 0, 0)),
                    dose: if first { Dose::First } else { Dose::Second },
                    public: if self.scope.contains(&Visibility::Public) { self.people } else { 0 },
                    private: if self.scope.contains(&Visibility::Private) { self.people } else { 0 },
                    sheet: "様式３".into(),
                    row: 13 + n as u32,
                }
            })
            .collect()
    }

    pub fn message(&self) -> Message {
        let mut message = self.message.clone();
        message.authors = vec![Author { name: String::new(), address: self.from.clone() }];
        message.subject.clone_from(&self.subject);
        message.message_id.get_or_insert_with(|| format!("<in{}@example.jp>", self.uid));
        if message.canonical.is_empty() {
            message.canonical = hex(format!("canonical {}", self.uid).as_bytes());
        }
        message
    }

    pub fn submission(&self, receipt: Option<String>, clinic: Option<Clinic>) -> Submission {
        let slots = if self.form { self.slots() } else { Vec::new() };
        let scope: BTreeSet<_> =
            if self.form { self.scope.iter().copied().collect() } else { BTreeSet::new() };
        Submission {
            file: None,
            file_name: Some("様式３.xlsx".into()),
            file_sha256: None,
            form: self.form.then(|| Form { number: Some(3), ..Form::default() }.into()),
            clinic,
            sender: SenderStanding::Registered,
            outcome: self.outcome,
            timing: Some(if self.received <= deadlines().submission { Timing::OnTime } else { Timing::Late }),
            deadlines: deadlines(),
            receipt,
            version: None,
            findings: self.findings.clone(),
            totals: self.form.then(|| Totals::of(&slots)),
            fingerprint: format!("{} {} {:?}", self.people, self.slots, self.scope),
            slots,
            scope,
            previous: Vec::new(),
            changes: Vec::new(),
            union: Vec::new(),
            template: match self.answer {
                Answer::Silent(_) => None,
                Answer::Send(template) | Answer::Draft(template) | Answer::Suppress(template) => {
                    Some(template)
                }
            },
        }
    }
}

pub fn deadlines() -> Deadlines {
    Deadlines { submission: at("10-08T23:59:59"), correction: at("10-13T23:59:59") }
}

pub fn key(uid: u32) -> MessageKey {
    MessageKey::Imap { folder: "INBOX".into(), uid_validity: 7, uid }
}

pub fn hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

pub fn letter(id: &str, kind: Template, to: &str) -> Letter {
    Letter {
        kind,
        to: to.into(),
        envelope_from: "vproject@city.kumamoto.kumamoto.jp".into(),
        subject: "【受付完了】".into(),
        message_id: format!("<{id}@city.kumamoto.kumamoto.jp>"),
        bytes: format!("Subject: test\r\n\r\n{id}").into_bytes(),
        text: "受け付けました。".into(),
    }
}

pub fn inspection(draft: &Draft, submissions: Vec<Submission>) -> Inspection {
    Inspection {
        outcome: draft.outcome,
        needs_staff: draft.needs_staff,
        findings: Vec::new(),
        submissions,
        other_files: Vec::new(),
        answer: draft.answer.clone(),
        received_at: draft.received,
        notify: Vec::new(),
        provisional: Vec::new(),
    }
}

/// Records one mail the way the daemon does: recognise, look up, number, record.
pub async fn take_in(intake: &mut Intake, draft: Draft) -> (i64, Option<String>) {
    let raw = draft.raw();
    let sha256 = hex(&raw.bytes);
    intake.note_seen(std::slice::from_ref(&raw.key), now()).await.unwrap();
    if let Some(id) = intake.recognise(&sha256, &raw, now()).await.unwrap() {
        return (id, None);
    }
    let registry = intake.registry().await.unwrap();
    let clinic = registry.by_venue_no(draft.venue).cloned();
    let receipt = if draft.form {
        let venue = clinic.as_ref().map_or("0", |clinic| clinic.venue_no.as_str());
        Some(intake.next_receipt(8, venue).await.unwrap())
    } else {
        None
    };
    let inspection = inspection(&draft, vec![draft.submission(receipt.clone(), clinic)]);
    let (kind, state) = match draft.answer {
        Answer::Silent(_) => (None, NewState::Queued),
        Answer::Send(kind) => (Some(kind), NewState::Queued),
        Answer::Draft(kind) => (Some(kind), NewState::Held),
        Answer::Suppress(kind) => (Some(kind), NewState::Suppressed),
    };
    let letter = kind.map(|kind| letter(&format!("out{}", draft.uid), kind, &draft.from));
    let letters: Vec<NewLetter<'_>> = letter
        .iter()
        .map(|letter| NewLetter { letter, state, receipt: receipt.as_deref(), not_before: None })
        .collect();
    let mail = NewMail {
        raw: &raw,
        sha256: &sha256,
        message: &draft.message(),
        inspection: &inspection,
        letters: &letters,
        recorded_at: now(),
    };
    (intake.record(mail).await.unwrap(), receipt)
}
