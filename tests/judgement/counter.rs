//! The reception counter of these tests: puts mails in, tells what became of each.

use serde_json::Value;

use crate::support::{DeskFolder, Post, form, pairs, row};
use uketsuke::issue::form_workbook::FilledRow;
use uketsuke::ledger::Ledger;

pub const MINAMI: &str = "minami@example.jp";
pub const KITA: &str = "kita@example.jp";
pub const OWN: &str = "vproject@city.kumamoto.kumamoto.jp";
pub const ON_TIME: &str = "2021-10-05T10:00:00+09:00";

/// 様式 of みなみ内科クリニック (0123, cap 240): 6 slots of this many people.
pub fn minami(number: u8, people: u32) -> Vec<u8> {
    form(number, "0123", "みなみ内科クリニック", slots(number, people))
}

/// 様式 of きた小児科医院 (0200, cap 120).
pub fn kita(number: u8, people: u32) -> Vec<u8> {
    form(number, "0200", "きた小児科医院", slots(number, people))
}

pub fn slots(number: u8, people: u32) -> Vec<FilledRow> {
    if number == 1 {
        return pairs(&[0, 1, 2], 9, people);
    }
    let public = (number == 3).then_some(people);
    [0, 1, 2, 21, 22, 23].iter().map(|day| row(*day, 9, public, Some(people))).collect()
}

/// A form that is rejected: its only slot lies between the two periods (R04).
pub fn wrong() -> Vec<u8> {
    form(1, "0123", "みなみ内科クリニック", vec![row(18, 9, Some(6), None)])
}

/// 氏名, 生年月日, 接種券番号 of people who do not exist.
pub fn patients() -> Vec<u8> {
    let mut book = rust_xlsxwriter::Workbook::new();
    let sheet = book.add_worksheet();
    for (column, heading) in ["氏名", "生年月日", "接種券番号"].iter().enumerate() {
        sheet.write(0, column as u16, *heading).unwrap();
    }
    for person in 1..=4_u32 {
        sheet.write(person, 0, format!("患者太郎{person}")).unwrap();
        sheet.write(person, 1, "1980/1/1").unwrap();
        sheet.write(person, 2, f64::from(1_234_567_890 + person)).unwrap();
    }
    book.save_to_buffer().unwrap()
}

pub fn other_workbook() -> Vec<u8> {
    let mut book = rust_xlsxwriter::Workbook::new();
    book.add_worksheet().write(0, 0, "職員名簿").unwrap();
    book.save_to_buffer().unwrap()
}

pub const PDF: &[u8] = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer<<>>\n%%EOF\n";

/// What became of one mail.
#[derive(Debug)]
pub struct Judged {
    pub outcome: String,
    pub needs_staff: bool,
    pub receipts: Vec<String>,
    /// `kind > to: state` of every letter, in the order of writing.
    pub letters: Vec<String>,
    /// What left: headers and text of each letter.
    pub sent: Vec<String>,
    pub message_ids: Vec<String>,
}

impl Judged {
    #[track_caller]
    pub fn is(&self, outcome: &str, needs_staff: bool, letters: &[&str]) -> &Self {
        let told: Vec<&str> = self.letters.iter().map(String::as_str).collect();
        assert_eq!(
            (self.outcome.as_str(), needs_staff, told.as_slice()),
            (outcome, self.needs_staff, letters),
            "{self:#?}"
        );
        self
    }

    #[track_caller]
    pub fn without(&self, secrets: &[&str]) -> &Self {
        for secret in secrets {
            assert!(!self.sent.iter().any(|letter| letter.contains(secret)), "{secret} in {:#?}", self.sent);
        }
        self
    }

    #[track_caller]
    pub fn says(&self, words: &[&str]) -> &Self {
        for word in words {
            assert!(
                self.sent.iter().any(|letter| letter.replace('\n', "").contains(word)),
                "{word} not in {:#?}",
                self.sent
            );
        }
        self
    }
}

pub struct Counter {
    pub desk: DeskFolder,
    serial: u32,
}

impl Counter {
    pub fn new() -> Self {
        Self::on(DeskFolder::new())
    }

    pub fn with(extra: &str) -> Self {
        let desk = DeskFolder::without_registry().with(extra);
        desk.import(crate::support::REGISTRY);
        Self::on(desk)
    }

    pub fn on(desk: DeskFolder) -> Self {
        Self { desk, serial: 0 }
    }

    /// Takes in one mail at its receipt time; every mail gets a Message-ID of its own.
    pub fn take(&mut self, received_at: &str, post: Post) -> Judged {
        self.serial += 1;
        let id = format!("{}-{}", post.id, self.serial);
        let bytes = Post { id: &id, ..post }.bytes();
        self.take_bytes(received_at, &bytes)
    }

    pub fn take_bytes(&mut self, received_at: &str, bytes: &[u8]) -> Judged {
        self.take_late(received_at, received_at, bytes)
    }

    /// A mail that is processed at another time than it was received.
    pub fn take_late(&mut self, received_at: &str, now: &str, bytes: &[u8]) -> Judged {
        let before = self.outbox().len();
        self.desk.receive(received_at, bytes);
        self.desk.now = now.to_string();
        let (report, code) = self.desk.json(&["once"]);
        let deferred = report["replies"]["deferred"].as_u64().unwrap() > 0;
        assert_eq!(code, if deferred { 75 } else { 0 }, "{report}");
        let (mails, _) = self.desk.json(&["mails"]);
        assert_eq!(mails["reconciliation"]["difference"], 0);
        let mails = mails["mails"].as_array().unwrap().clone();
        let mail = mails.iter().max_by_key(|mail| mail["id"].as_i64()).unwrap();
        let mut written: Vec<Value> = self.outbox();
        written.sort_by_key(|letter| letter["id"].as_i64());
        let written = written.split_off(before);
        let replies = self.desk.replies();
        let text = |letter: &Value| {
            let end = format!("-{}.eml", letter["id"]);
            replies.iter().find(|(name, _)| name.ends_with(&end)).map(|(_, text)| text.clone())
        };
        let word = |letter: &Value, key: &str| letter[key].as_str().unwrap().to_string();
        Judged {
            outcome: word(mail, "outcome"),
            needs_staff: mail["needs_staff"].as_bool().unwrap(),
            receipts: mail["receipts"]
                .as_array()
                .unwrap()
                .iter()
                .map(|one| one.as_str().unwrap().to_string())
                .collect(),
            letters: written
                .iter()
                .map(|letter| {
                    format!("{} > {}: {}", word(letter, "kind"), word(letter, "to"), word(letter, "state"))
                })
                .collect(),
            sent: written.iter().filter_map(text).collect(),
            message_ids: written.iter().map(|letter| word(letter, "message_id")).collect(),
        }
    }

    pub fn outbox(&self) -> Vec<Value> {
        self.desk.json(&["outbox"]).0.as_array().unwrap().clone()
    }

    pub fn show(&self, receipt: &str) -> Value {
        self.desk.json(&["show", receipt]).0
    }

    /// Does something with the ledger itself, as a verb for staff would.
    pub fn with_ledger(&self, work: impl AsyncFnOnce(&Ledger)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let ledger =
                Ledger::open(&self.desk.path("uketsuke.db"), ON_TIME.parse().unwrap()).await.unwrap();
            work(&ledger).await;
            ledger.close().await;
        });
    }

    /// The codes of a submission's findings.
    pub fn codes(&self, receipt: &str) -> Vec<String> {
        let shown = self.show(receipt);
        let findings = shown["findings"].as_array().unwrap().clone();
        findings.iter().map(|finding| finding["code"].as_str().unwrap().to_string()).collect()
    }

    /// People in force for a clinic.
    pub fn in_force(&self, venue_no: &str) -> u64 {
        let (slots, _) = self.desk.json(&["slots", "--clinic", venue_no]);
        let slots = slots.as_array().unwrap().clone();
        slots.iter().map(|slot| slot["public"].as_u64().unwrap() + slot["private"].as_u64().unwrap()).sum()
    }
}

/// A mail with this one file.
pub fn with_file(name: &str, bytes: Vec<u8>) -> Post<'_> {
    Post { files: vec![(name, bytes)], ..Post::default() }
}
