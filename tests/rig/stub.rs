//! A scripted IMAP server: what a good server never does, it does on command.
//!
//! It keeps a small INBOX and answers the commands that a mail reader needs, correctly and by the book, so that a
//! test only writes down the one thing that is different: a *rule*, matched against each command line.
//!
//! ```ignore
//! let stub = Stub::new().mail(1, b"Subject: x\r\n\r\n").on("FETCH", Reply::Cut("* 1 FETCH (UID 1 BODY[] {99}\r\nab"));
//! let stub = stub.start();
//! ```

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use secrecy::SecretString;
use uketsuke::inbound::mailbox::{Kind, Security, Settings};

/// What a rule does in place of the ordinary answer. `{tag}` in a text is the command's tag.
#[derive(Clone)]
pub enum Reply {
    /// Send this text and go on.
    Say(&'static str),
    /// Send this text, then close the connection.
    Cut(&'static str),
    /// Say nothing more, keep the connection open.
    Silence,
    /// Send this text first, then the ordinary answer.
    Before(&'static str),
}

#[derive(Clone)]
struct Rule {
    /// Part of the command line, in capitals, such as `UID FETCH` or `FETCH 2 `; `""` is an empty line.
    pattern: String,
    reply: Reply,
    /// How often it applies; `None`: always.
    times: Option<u32>,
}

#[derive(Clone)]
struct State {
    greeting: &'static str,
    capabilities: &'static str,
    uid_validity: Option<u32>,
    permanent_flags: &'static str,
    read_only: bool,
    mails: BTreeMap<u32, Vec<u8>>,
    /// UID → what RFC822.SIZE claims.
    lies: BTreeMap<u32, u32>,
    /// Folder name on the wire → UIDs' bytes that were moved or copied there.
    folders: BTreeMap<String, Vec<Vec<u8>>>,
    deleted: BTreeSet<u32>,
    keywords: BTreeMap<u32, String>,
    rules: Vec<Rule>,
    /// Every command line, without its tag.
    heard: Vec<String>,
    connections: u32,
    /// The folder that is open; of others than INBOX only what was filed there.
    open: String,
    /// The number of mails that the client was last told.
    announced: usize,
    /// The first connection is closed after this many bytes.
    cut_after: usize,
}

/// A script that is being written.
pub struct Stub {
    state: State,
}

/// A stub at work. Change its mailbox while it runs by [`Running::change`].
pub struct Running {
    pub port: u16,
    state: Arc<Mutex<State>>,
}

impl Stub {
    pub fn new() -> Self {
        let folders = ["Processed", "Attention"].map(|name| (name.to_owned(), Vec::new()));
        Self {
            state: State {
                greeting: "* OK stub ready\r\n",
                capabilities: "IMAP4rev1 MOVE UIDPLUS IDLE",
                uid_validity: Some(7),
                permanent_flags: "\\Seen \\Deleted \\*",
                read_only: false,
                mails: BTreeMap::new(),
                lies: BTreeMap::new(),
                folders: folders.into(),
                deleted: BTreeSet::new(),
                keywords: BTreeMap::new(),
                rules: Vec::new(),
                heard: Vec::new(),
                connections: 0,
                open: "INBOX".to_owned(),
                announced: 0,
                cut_after: usize::MAX,
            },
        }
    }

    /// `""`: no greeting at all.
    pub fn greeting(mut self, line: &'static str) -> Self {
        self.state.greeting = line;
        self
    }

    pub fn capabilities(mut self, list: &'static str) -> Self {
        self.state.capabilities = list;
        self
    }

    pub fn mail(mut self, uid: u32, bytes: &[u8]) -> Self {
        self.state.mails.insert(uid, bytes.to_vec());
        self
    }

    /// RFC822.SIZE tells this of a mail.
    pub fn lie(mut self, uid: u32, size: u32) -> Self {
        self.state.lies.insert(uid, size);
        self
    }

    pub fn uid_validity(mut self, value: Option<u32>) -> Self {
        self.state.uid_validity = value;
        self
    }

    pub fn permanent_flags(mut self, flags: &'static str) -> Self {
        self.state.permanent_flags = flags;
        self
    }

    pub fn read_only(mut self) -> Self {
        self.state.read_only = true;
        self
    }

    /// Without this folder (there are `Processed` and `Attention`).
    pub fn without_folder(mut self, name: &str) -> Self {
        self.state.folders.remove(name);
        self
    }

    /// The first connection is closed after so many bytes from the server.
    pub fn cut_after(mut self, bytes: usize) -> Self {
        self.state.cut_after = bytes;
        self
    }

    /// Always, for commands that contain `pattern` (in capitals).
    pub fn on(self, pattern: &str, reply: Reply) -> Self {
        self.rule(pattern, reply, None)
    }

    /// Only the first `times` times.
    pub fn on_first(self, times: u32, pattern: &str, reply: Reply) -> Self {
        self.rule(pattern, reply, Some(times))
    }

    fn rule(mut self, pattern: &str, reply: Reply, times: Option<u32>) -> Self {
        self.state.rules.push(Rule { pattern: pattern.to_owned(), reply, times });
        self
    }

    pub fn start(self) -> Running {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let state = Arc::new(Mutex::new(self.state));
        let shared = Arc::clone(&state);
        // The threads end with the test program; a closed peer ends them sooner.
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let state = Arc::clone(&shared);
                state.lock().unwrap().connections += 1;
                std::thread::spawn(move || serve(stream, &state));
            }
        });
        Running { port, state }
    }
}

impl Running {
    /// Section `[mailbox]` for this server: plain text, moving, IDLE. Any name and password will do.
    pub fn settings(&self) -> Settings {
        Settings {
            kind: Kind::Imap,
            host: "127.0.0.1".to_owned(),
            port: self.port,
            security: Security::None,
            username: "vproject".to_owned(),
            password: Some(SecretString::from("geheim")),
            ..Settings::default()
        }
    }

    /// Command lines so far, without tags.
    pub fn heard(&self) -> Vec<String> {
        self.state.lock().unwrap().heard.clone()
    }

    /// How many of them contain this (in capitals).
    pub fn heard_of(&self, pattern: &str) -> usize {
        self.heard().iter().filter(|line| line.to_ascii_uppercase().contains(pattern)).count()
    }

    pub fn connections(&self) -> u32 {
        self.state.lock().unwrap().connections
    }

    /// UIDs in INBOX.
    pub fn inbox(&self) -> Vec<u32> {
        self.state.lock().unwrap().mails.keys().copied().collect()
    }

    pub fn keyword(&self, uid: u32) -> Option<String> {
        self.state.lock().unwrap().keywords.get(&uid).cloned()
    }

    /// Number of mails that were moved or copied to a folder.
    pub fn count(&self, folder: &str) -> usize {
        self.state.lock().unwrap().folders.get(folder).map_or(0, Vec::len)
    }

    pub fn remove(&self, uid: u32) {
        self.state.lock().unwrap().mails.remove(&uid);
    }

    pub fn add(&self, uid: u32, bytes: &[u8]) {
        self.state.lock().unwrap().mails.insert(uid, bytes.to_vec());
    }

    pub fn set_uid_validity(&self, value: u32) {
        self.state.lock().unwrap().uid_validity = Some(value);
    }
}

/// One connection.
fn serve(stream: TcpStream, state: &Mutex<State>) -> Option<()> {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let (greeting, left) = {
        let mut state = state.lock().unwrap();
        (state.greeting, std::mem::replace(&mut state.cut_after, usize::MAX))
    };
    let mut out = Out { stream, left };
    out.write_all(greeting.as_bytes()).ok()?;
    loop {
        let line = read_line(&mut reader)?;
        // A line of one word goes on with the command before it: DONE, or the answer to a challenge.
        let (tag, command) = line.split_once(' ').unwrap_or(("", line.as_str()));
        state.lock().unwrap().heard.push(command.to_owned());
        match pick_rule(state, command) {
            Some(Reply::Say(text)) => out.write_all(text.replace("{tag}", tag).as_bytes()).ok()?,
            Some(Reply::Cut(text)) => {
                out.write_all(text.replace("{tag}", tag).as_bytes()).ok()?;
                return None;
            }
            Some(Reply::Silence) => std::thread::sleep(Duration::from_mins(10)),
            Some(Reply::Before(text)) => {
                out.write_all(text.replace("{tag}", tag).as_bytes()).ok()?;
                ordinary(state, tag, command, &mut reader, &mut out)?;
            }
            None => ordinary(state, tag, command, &mut reader, &mut out)?,
        }
    }
}

/// What the client is sent; an error when no more shall be.
struct Out {
    stream: TcpStream,
    left: usize,
}

impl Write for Out {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        if self.left == 0 {
            return Err(std::io::ErrorKind::ConnectionAborted.into());
        }
        let count = self.stream.write(&bytes[..bytes.len().min(self.left)])?;
        self.left = self.left.saturating_sub(count);
        Ok(count)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.stream.flush()
    }
}

fn read_line(reader: &mut BufReader<TcpStream>) -> Option<String> {
    let mut line = String::new();
    if reader.read_line(&mut line).ok()? == 0 {
        return None;
    }
    Some(line.trim_end().to_owned())
}

fn pick_rule(state: &Mutex<State>, command: &str) -> Option<Reply> {
    let command = command.to_ascii_uppercase();
    let mut state = state.lock().unwrap();
    let rule = state.rules.iter_mut().find(|rule| {
        let fits = if rule.pattern.is_empty() { command.is_empty() } else { command.contains(&rule.pattern) };
        fits && rule.times != Some(0)
    })?;
    if let Some(times) = &mut rule.times {
        *times -= 1;
    }
    Some(rule.reply.clone())
}

/// The answer by the book.
fn ordinary(
    state: &Mutex<State>,
    tag: &str,
    command: &str,
    reader: &mut BufReader<TcpStream>,
    out: &mut Out,
) -> Option<()> {
    let upper = command.to_ascii_uppercase();
    let words: Vec<&str> = command.split(' ').collect();
    if upper == "IDLE" {
        return idle(state, tag, reader, out);
    }
    let mut answer = Vec::new();
    let done = {
        let mut state = state.lock().unwrap();
        match upper.split(' ').collect::<Vec<_>>().as_slice() {
            ["CAPABILITY"] => {
                answer.extend(format!("* CAPABILITY {}\r\n", state.capabilities).bytes());
                "OK done"
            }
            ["LOGIN" | "NOOP" | "SUBSCRIBE", ..] => "OK done",
            ["LIST", _, "\"\""] => {
                answer.extend(b"* LIST (\\Noselect) \"/\" \"\"\r\n");
                "OK done"
            }
            ["LIST", _, _] => {
                let name = words[2].trim_matches('"');
                if state.folders.contains_key(name) {
                    answer.extend(format!("* LIST () \"/\" \"{name}\"\r\n").bytes());
                }
                "OK done"
            }
            ["CREATE", _] => {
                state.folders.insert(words[1].trim_matches('"').to_owned(), Vec::new());
                "OK created"
            }
            ["SELECT" | "EXAMINE", _] => {
                state.open = words[1].trim_matches('"').to_owned();
                select(&mut state, &mut answer)
            }
            ["UID", "SEARCH", "HEADER", "MESSAGE-ID", id] => {
                let id = id.trim_matches('"').to_ascii_uppercase();
                let mails = mails_of(&state);
                let has = |bytes: &[u8]| String::from_utf8_lossy(bytes).to_ascii_uppercase().contains(&id);
                let found = mails.iter().filter(|(_, bytes)| has(bytes));
                let uids: Vec<String> = found.map(|(uid, _)| uid.to_string()).collect();
                answer.extend(format!("* SEARCH {}\r\n", uids.join(" ")).bytes());
                "OK done"
            }
            ["UID", "SEARCH", "ALL"] => search(&state, "1:*", &mut answer),
            ["UID", "SEARCH", "UID", set] => search(&state, set, &mut answer),
            ["UID", "FETCH", set, ..] => {
                fetch(&state, set, &upper, &mut answer);
                "OK done"
            }
            ["UID", verb @ ("MOVE" | "COPY"), set, _] => {
                transfer(&mut state, *verb == "MOVE", set, words[3].trim_matches('"'), &mut answer)
            }
            ["UID", "STORE", set, _, flag] => {
                for uid in chosen(&state, set) {
                    if *flag == "(\\DELETED)" {
                        state.deleted.insert(uid);
                    } else {
                        state.keywords.insert(uid, words[4].trim_matches(['(', ')']).to_owned());
                    }
                }
                "OK done"
            }
            ["UID", "EXPUNGE", set] => {
                for uid in chosen(&state, set) {
                    if state.deleted.remove(&uid) {
                        state.mails.remove(&uid);
                    }
                }
                "OK done"
            }
            _ => "BAD unknown command",
        }
    };
    answer.extend(format!("{tag} {done}\r\n").bytes());
    out.write_all(&answer).ok()
}

fn select(state: &mut State, answer: &mut Vec<u8>) -> &'static str {
    let count = state.mails.len();
    state.announced = count;
    answer.extend(format!("* {count} EXISTS\r\n* 0 RECENT\r\n* FLAGS (\\Seen)\r\n").bytes());
    answer.extend(format!("* OK [PERMANENTFLAGS ({})] kept\r\n", state.permanent_flags).bytes());
    if let Some(value) = state.uid_validity {
        answer.extend(format!("* OK [UIDVALIDITY {value}] valid\r\n").bytes());
    }
    if state.read_only { "OK [READ-ONLY] open" } else { "OK [READ-WRITE] open" }
}

fn search(state: &State, set: &str, answer: &mut Vec<u8>) -> &'static str {
    let uids: Vec<String> = chosen(state, set).iter().map(u32::to_string).collect();
    answer.extend(format!("* SEARCH {}\r\n", uids.join(" ")).trim_end().bytes().chain(*b"\r\n"));
    "OK done"
}

fn fetch(state: &State, set: &str, items: &str, answer: &mut Vec<u8>) {
    let mails = mails_of(state);
    for uid in chosen(state, set) {
        let bytes = &mails[&uid];
        let size = state.lies.get(&uid).map_or(bytes.len(), |size| *size as usize);
        let number = mails.range(..=uid).count();
        let date = "08-Oct-2021 23:59:59 +0900";
        answer.extend(format!("* {number} FETCH (UID {uid} RFC822.SIZE {size}").bytes());
        if items.contains("BODY.PEEK[HEADER]") {
            let end = bytes.windows(4).position(|w| w == b"\r\n\r\n").map_or(bytes.len(), |at| at + 4);
            answer.extend(format!(" INTERNALDATE \"{date}\" BODY[HEADER]<0> {{{end}}}\r\n").bytes());
            answer.extend(&bytes[..end]);
        } else if items.contains("BODY.PEEK[]") {
            answer.extend(format!(" INTERNALDATE \"{date}\" BODY[] {{{}}}\r\n", bytes.len()).bytes());
            answer.extend(bytes);
        }
        answer.extend(b")\r\n");
    }
}

fn transfer(
    state: &mut State,
    take_out: bool,
    set: &str,
    folder: &str,
    answer: &mut Vec<u8>,
) -> &'static str {
    if !state.folders.contains_key(folder) {
        return "NO [TRYCREATE] no such folder";
    }
    for uid in chosen(state, set) {
        let bytes = state.mails[&uid].clone();
        state.folders.get_mut(folder).unwrap().push(bytes);
        if take_out {
            let number = state.mails.range(..=uid).count();
            state.mails.remove(&uid);
            state.announced = state.announced.saturating_sub(1);
            answer.extend(format!("* {number} EXPUNGE\r\n").bytes());
        }
    }
    "OK done"
}

/// IDLE as it should be: announces what came and went, ends on DONE.
fn idle(state: &Mutex<State>, tag: &str, reader: &mut BufReader<TcpStream>, out: &mut Out) -> Option<()> {
    out.write_all(b"+ idling\r\n").ok()?;
    reader.get_ref().set_read_timeout(Some(Duration::from_millis(10))).unwrap();
    let started = Instant::now();
    let mut line = String::new();
    while started.elapsed() < Duration::from_mins(10) {
        let (known, now) = {
            let mut state = state.lock().unwrap();
            let now = state.mails.len();
            (std::mem::replace(&mut state.announced, now), now)
        };
        for _ in now..known {
            out.write_all(b"* 1 EXPUNGE\r\n").ok()?;
        }
        if now > known {
            out.write_all(format!("* {now} EXISTS\r\n").as_bytes()).ok()?;
        }
        match reader.read_line(&mut line) {
            Ok(0) => return None,
            Ok(_) => break,
            Err(_) => {}
        }
    }
    reader.get_ref().set_read_timeout(None).unwrap();
    state.lock().unwrap().heard.push(line.trim_end().to_owned());
    out.write_all(format!("{tag} OK idle ended\r\n").as_bytes()).ok()
}

/// What the open folder holds.
fn mails_of(state: &State) -> BTreeMap<u32, Vec<u8>> {
    match state.folders.get(&state.open) {
        Some(filed) => (1..).zip(filed.iter().cloned()).collect(),
        None => state.mails.clone(),
    }
}

/// The UIDs of a sequence set that exist.
fn chosen(state: &State, set: &str) -> Vec<u32> {
    let mails = mails_of(state);
    let last = mails.keys().last().copied().unwrap_or(0);
    let number = |text: &str| if text == "*" { last } else { text.parse().unwrap() };
    let ranges: Vec<(u32, u32)> = set
        .split(',')
        .map(|part| part.split_once(':').unwrap_or((part, part)))
        .map(|(first, last)| (number(first), number(last)))
        .collect();
    mails.keys().copied().filter(|uid| ranges.iter().any(|(a, b)| a <= uid && uid <= b)).collect()
}
