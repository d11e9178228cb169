//! Postfix's smtp-sink: where the program's letters arrive in a test.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use tempfile::TempDir;

use super::{Server, directory, free_ports, give_away, unprivileged};

/// A mail that arrived at an [`SmtpSink`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Received {
    /// Without angle brackets; `""` is the null sender.
    pub sender: String,
    pub recipients: Vec<String>,
    /// As sent, lines ending in CRLF, without the trace header that the sink adds.
    pub bytes: Vec<u8>,
}

/// A running smtp-sink: plain SMTP, no login, accepts everything unless told otherwise.
pub struct SmtpSink {
    server: Server,
    directory: TempDir,
    pub port: u16,
}

impl SmtpSink {
    /// `options` are smtp-sink's own, such as `["-f", "DATA"]` or `["-r", "RCPT"]`.
    pub fn start(options: &[&str]) -> Self {
        // In memory, where there is such a place: what the sink does with its files is not what a test times.
        let directory = directory(Path::new("/dev/shm"));
        fs::create_dir(directory.path().join("mail")).unwrap();
        give_away(directory.path());
        for _ in 0..5 {
            let [port] = free_ports();
            let mut command = unprivileged("smtp-sink");
            let template = format!("{}/mail/", directory.path().display());
            command.args(options).args(["-d", &template, &format!("127.0.0.1:{port}"), "1000"]);
            let mut server = Server::spawn(command, &directory.path().join("smtp-sink.log"));
            if server.answers(port) {
                return Self { server, directory, port };
            }
        }
        panic!("smtp-sink does not start; is the package postfix installed?");
    }

    /// Everything that has arrived whole, in the order of arrival.
    pub fn received(&self) -> Vec<Received> {
        let mut files: Vec<(SystemTime, PathBuf)> = fs::read_dir(self.directory.path().join("mail"))
            .unwrap()
            .map(|entry| entry.unwrap())
            .map(|entry| (entry.metadata().unwrap().modified().unwrap(), entry.path()))
            .collect();
        files.sort();
        files.iter().filter_map(|(_, path)| parse_dump(&fs::read(path).unwrap())).collect()
    }

    /// Waits until `count` mails have arrived (at most ten seconds) and returns them.
    pub fn wait_for(&self, count: usize) -> Vec<Received> {
        let deadline = Instant::now() + Duration::from_secs(10);
        loop {
            let received = self.received();
            if received.len() >= count || Instant::now() > deadline {
                assert!(received.len() >= count, "{} mails arrived, not {count}", received.len());
                return received;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    pub fn stop(&mut self) {
        self.server.stop();
    }
}

/// smtp-sink's dump: envelope as `X-…-Args:` lines, its own `Received:`, the mail with LF, one empty line more.
fn parse_dump(dump: &[u8]) -> Option<Received> {
    let mut rest = dump;
    let mut received = Received { sender: String::new(), recipients: Vec::new(), bytes: Vec::new() };
    let mut in_trace = false;
    loop {
        let end = rest.iter().position(|byte| *byte == b'\n')?;
        let (line, after) = (String::from_utf8_lossy(&rest[..end]).into_owned(), &rest[end + 1..]);
        let address = |args: &str| args.split(['<', '>']).nth(1).unwrap_or_default().to_owned();
        if let Some(args) = line.strip_prefix("X-Mail-Args: ") {
            received.sender = address(args);
        } else if let Some(args) = line.strip_prefix("X-Rcpt-Args: ") {
            received.recipients.push(address(args));
        } else if line.starts_with("Received: ") && !in_trace {
            in_trace = true;
        } else if !(line.starts_with("X-") && !in_trace || line.starts_with('\t') && in_trace) {
            break;
        }
        rest = after;
    }
    // The extra empty line comes last: without it the mail is still being written.
    let mail = rest.strip_suffix(b"\n").filter(|mail| mail.ends_with(b"\n"))?;
    received.bytes = mail
        .split_inclusive(|byte| *byte == b'\n')
        .flat_map(|line| [&line[..line.len() - 1], b"\r\n"].concat())
        .collect();
    Some(received)
}
