//! What the whole-program tests share: a desk in a temporary folder, mails written in code, the binary's JSON.
#![allow(dead_code, reason = "each test file uses its part")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use base64::Engine as _;
use jiff::civil::{date, time};
use serde_json::Value;
use uketsuke::campaign::{Campaign, Settings};
use uketsuke::issue::form_workbook::{FilledForm, FilledRow, filled};

pub const BINARY: &str = env!("CARGO_BIN_EXE_uketsuke");

/// The campaign of the built-in defaults.
pub fn campaign() -> Campaign {
    let settings: Settings = uketsuke::config::Config::builtin().unwrap().campaign;
    Campaign::new(settings).unwrap()
}

/// A row of a form: dose 1 on 10/25 + n, dose 2 three weeks later.
pub fn row(day: i64, hour: i8, public: Option<u32>, private: Option<u32>) -> FilledRow {
    let first = date(2021, 10, 25).saturating_add(jiff::Span::new().days(day));
    FilledRow { date: first, start: time(hour, 0, 0, 0), end: None, public, private, ..FilledRow::default() }
}

/// Rows of both doses with the same public count.
pub fn pairs(days: &[i64], hour: i8, public: u32) -> Vec<FilledRow> {
    days.iter()
        .flat_map(|day| [row(*day, hour, Some(public), None), row(day + 21, hour, Some(public), None)])
        .collect()
}

/// A filled 様式.
pub fn form(number: u8, venue_no: &str, name: &str, rows: Vec<FilledRow>) -> Vec<u8> {
    let form = FilledForm {
        venue_no: venue_no.to_string(),
        name: name.to_string(),
        contact: "田中".to_string(),
        phone: "096-000-0000".to_string(),
        rows,
        ..FilledForm::default()
    };
    filled(number, &campaign(), &form).unwrap()
}

/// One mail as a plain UTF-8 program writes it.
pub struct Post<'a> {
    pub from: &'a str,
    pub subject: &'a str,
    pub text: &'a str,
    pub headers: &'a [&'a str],
    pub files: Vec<(&'a str, Vec<u8>)>,
    pub id: &'a str,
}

impl Default for Post<'_> {
    fn default() -> Self {
        Self {
            from: "minami@example.jp",
            subject: "予約枠報告様式の提出",
            text: "お世話になっております。様式を添付いたします。",
            headers: &[],
            files: Vec::new(),
            id: "1",
        }
    }
}

impl Post<'_> {
    pub fn bytes(&self) -> Vec<u8> {
        let encode = |bytes: &[u8]| {
            let text = base64::engine::general_purpose::STANDARD.encode(bytes);
            text.as_bytes()
                .chunks(76)
                .map(|line| String::from_utf8_lossy(line).into_owned())
                .collect::<Vec<_>>()
                .join("\r\n")
        };
        let word =
            |text: &str| format!("=?UTF-8?B?{}?=", base64::engine::general_purpose::STANDARD.encode(text));
        let mut mail = format!(
            "From: {}\r\nTo: vproject@city.kumamoto.kumamoto.jp\r\nSubject: {}\r\nMessage-ID: <{}@clinic.example.jp>\r\n\
             Date: Tue, 05 Oct 2021 10:00:00 +0900\r\nMIME-Version: 1.0\r\n",
            self.from,
            word(self.subject),
            self.id,
        );
        for header in self.headers {
            mail.push_str(header);
            mail.push_str("\r\n");
        }
        mail.push_str("Content-Type: multipart/mixed; boundary=\"=-b\"\r\n\r\n");
        mail.push_str(&format!(
            "--=-b\r\nContent-Type: text/plain; charset=UTF-8\r\nContent-Transfer-Encoding: base64\r\n\r\n{}\r\n",
            encode(self.text.as_bytes())
        ));
        for (name, bytes) in &self.files {
            mail.push_str(&format!(
                "--=-b\r\nContent-Type: application/octet-stream; name=\"{0}\"\r\n\
                 Content-Disposition: attachment; filename=\"{0}\"\r\nContent-Transfer-Encoding: base64\r\n\r\n{1}\r\n",
                word(name),
                encode(bytes)
            ));
        }
        mail.push_str("--=-b--\r\n");
        mail.into_bytes()
    }
}

/// A folder with mailbox, outgoing Maildir, database and configuration.
pub struct DeskFolder {
    pub root: tempfile::TempDir,
    extra: String,
    pub now: String,
}

pub const REGISTRY: &str = "会場番号,医療機関名,区,電話番号,メールアドレス,第８期接種可能上限量,利用区分\n\
    0123,みなみ内科クリニック,南区,096-000-0123,minami@example.jp,240,yes\n\
    0200,きた小児科医院,北区,096-000-0200,kita@example.jp;kita2@example.jp,120,yes\n\
    0300,ひがし整形外科,東区,096-000-0300,,96,yes\n\
    0400,にし眼科,西区,096-000-0400,nishi@example.jp,,yes\n";

impl DeskFolder {
    /// A desk with the registry above.
    pub fn new() -> Self {
        let desk = Self::without_registry();
        desk.import(REGISTRY);
        desk
    }

    pub fn without_registry() -> Self {
        Self {
            root: tempfile::tempdir().unwrap(),
            extra: String::new(),
            now: "2021-10-05T12:00:00+09:00".to_string(),
        }
    }

    /// More TOML for the configuration file.
    pub fn with(mut self, extra: &str) -> Self {
        self.extra.push_str(extra);
        self.extra.push('\n');
        self
    }

    pub fn at(&mut self, now: &str) -> &mut Self {
        self.now = now.to_string();
        self
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    pub fn import(&self, registry: &str) {
        let file = self.path("clinics.csv");
        std::fs::write(&file, registry).unwrap();
        let output = self.run(&["clinics", "import", file.to_str().unwrap()]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    fn configuration(&self) -> PathBuf {
        let file = self.path("uketsuke.toml");
        let root = self.root.path().display();
        let sections = format!(
            "[database]\npath = \"{root}/uketsuke.db\"\n[limits]\nallow_weak_sandbox = true\n{}\n",
            self.extra
        );
        let mailbox = if self.extra.contains("[mailbox]") {
            String::new()
        } else {
            format!("[mailbox]\npath = \"{root}/mailbox\"\n")
        };
        let outgoing = if self.extra.contains("[outgoing]") {
            String::new()
        } else {
            format!("[outgoing]\npath = \"{root}/replies\"\n")
        };
        std::fs::write(&file, format!("{mailbox}{outgoing}{sections}")).unwrap();
        file
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(BINARY);
        command.arg("--config").arg(self.configuration()).arg("--now").arg(&self.now).args(arguments);
        command.env_remove("RUST_LOG");
        command
    }

    pub fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// Runs a verb with `--format json`; answers its document and exit code.
    pub fn json(&self, arguments: &[&str]) -> (Value, i32) {
        let mut all = vec!["--format", "json", "-q"];
        all.extend(arguments);
        let output = self.run(&all);
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let value = serde_json::from_str(&text).unwrap_or_else(|cause| {
            panic!(
                "{arguments:?}: {cause}\nstdout: {text}\nstderr: {}",
                String::from_utf8_lossy(&output.stderr)
            )
        });
        (value, output.status.code().unwrap_or(-1))
    }

    /// Puts a mail into the Maildir with its receipt time.
    pub fn receive(&self, received_at: &str, bytes: &[u8]) {
        let at: jiff::Timestamp = received_at.parse().unwrap();
        let new = self.path("mailbox/new");
        for part in ["new", "cur", "tmp"] {
            std::fs::create_dir_all(self.path("mailbox").join(part)).unwrap();
        }
        let count = count_files(&self.path("mailbox"));
        std::fs::write(new.join(format!("{}.M{count:06}P1.test", at.as_second())), bytes).unwrap();
    }

    /// Receives one mail at its time and takes it in; answers `once`'s report.
    pub fn take_in(&mut self, received_at: &str, post: &Post) -> Value {
        self.receive(received_at, &post.bytes());
        self.now = received_at.to_string();
        let (report, code) = self.json(&["once"]);
        assert_eq!(code, 0, "{report}");
        report
    }

    /// The last line of `submissions`.
    pub fn last_submission(&self) -> Value {
        let (submissions, _) = self.json(&["submissions"]);
        let rows = submissions.as_array().unwrap();
        rows.iter().max_by_key(|row| row["received_at"].as_str().unwrap_or("").to_string()).cloned().unwrap()
    }

    /// Every reply file, oldest first: (name, decoded text of the mail).
    pub fn replies(&self) -> Vec<(String, String)> {
        let folder = self.path("replies/new");
        let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
        let mut replies: Vec<(String, String)> = entries
            .map(|entry| {
                let path = entry.unwrap().path();
                (path.file_name().unwrap().to_string_lossy().into_owned(), read_letter(&path))
            })
            .collect();
        replies.sort();
        replies
    }
}

/// Header and decoded body of one of our letters.
pub fn read_letter(path: &Path) -> String {
    let bytes = std::fs::read(path).unwrap();
    let opened = uketsuke::inbound::message::open(&bytes, &uketsuke::limits::Limits::default());
    format!("Subject: {}\n{}", opened.message.subject, opened.message.text)
}

pub fn count_files(folder: &Path) -> usize {
    let Ok(entries) = std::fs::read_dir(folder) else { return 0 };
    entries
        .map(|entry| entry.unwrap().path())
        .map(|path| if path.is_dir() { count_files(&path) } else { 1 })
        .sum()
}
