//! Servers for end-to-end tests, each in a temporary directory of its own, on loopback ports of its own, gone
//! when the value is dropped:
//!
//! - [`Dovecot`]: a real IMAP server with one account ([`USER`], [`PASSWORD`]) and its mail in a Maildir that the
//!   test fills and reads directly. Debian package `dovecot-imapd`; needs `openssl`, too.
//! - [`SmtpSink`]: Postfix's `smtp-sink`, which takes every mail and writes it to a file. Debian package `postfix`.
//! - [`SlowSmtp`]: an SMTP server that takes its time after the dot.
//! - [`stub::Stub`]: a scripted IMAP server for what a good server never does.
//!
//! Works as an ordinary user and as root (Dovecot refuses to open mail as root, so both servers are then started
//! as `nobody` by `setpriv`). Nothing is shared between two rigs: tests may run side by side.
//!
//! ```ignore
//! mod rig;
//! let dovecot = rig::Dovecot::start();
//! dovecot.deliver(b"Subject: x\r\n\r\ny\r\n", "2021-10-08T23:59:59+09:00".parse().unwrap());
//! // … point the program at 127.0.0.1:{dovecot.imaps}, ca_file = dovecot.ca_file() …
//! assert_eq!(dovecot.count("Processed"), 1);
//! ```

#![allow(dead_code, unused_imports, reason = "each test program uses its own part of the rig")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a rig that does not stand is a test that fails"
)]

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime};

use jiff::Timestamp;
use secrecy::SecretString;
use tempfile::TempDir;
use uketsuke::inbound::mailbox::{Kind, Settings};

mod sink;
mod slow;
pub mod stub;

pub use sink::{Received, SmtpSink};
pub use slow::SlowSmtp;

pub const USER: &str = "vproject";
pub const PASSWORD: &str = "pa\"ss\\word";

/// The ordinary user that the servers run as when the tests are run by root.
const NOBODY: &str = "nobody";

/// What differs from a plain Dovecot.
pub struct Options {
    /// Between levels of folder names.
    pub separator: &'static str,
    /// Of the personal namespace, such as `INBOX.`; empty as usual.
    pub prefix: &'static str,
    /// More lines for `dovecot.conf`.
    pub extra: String,
}

impl Default for Options {
    fn default() -> Self {
        Self { separator: "/", prefix: "", extra: String::new() }
    }
}

/// A running Dovecot.
pub struct Dovecot {
    // Dropped in this order: the server ends before its directory goes.
    server: Server,
    directory: TempDir,
    options: Options,
    /// Plain text and STARTTLS.
    pub imap: u16,
    /// TLS from the first byte.
    pub imaps: u16,
}

impl Dovecot {
    pub fn start() -> Self {
        Self::start_with(Options::default())
    }

    pub fn start_with(options: Options) -> Self {
        let directory = directory(&std::env::temp_dir());
        certificates(directory.path());
        for name in ["run", "state", "home"] {
            fs::create_dir(directory.path().join(name)).unwrap();
        }
        for part in ["tmp", "new", "cur"] {
            fs::create_dir_all(directory.path().join("home").join(USER).join("Maildir").join(part)).unwrap();
        }
        give_away(directory.path());
        let (server, [imap, imaps]) = launch(&directory, &options);
        Self { server, directory, options, imap, imaps }
    }

    /// Stops the server; mail and UIDs stay.
    pub fn stop(&mut self) {
        self.server.stop();
    }

    /// Starts it again, on other ports.
    pub fn restart(&mut self) {
        self.stop();
        let (server, [imap, imaps]) = launch(&self.directory, &self.options);
        (self.server, self.imap, self.imaps) = (server, imap, imaps);
    }

    /// The certificate of the CA that signed the server's certificate (for `localhost` and `127.0.0.1`), PEM.
    pub fn ca_file(&self) -> PathBuf {
        self.directory.path().join("ca.pem")
    }

    /// Section `[mailbox]` for this server: TLS, moving, IDLE.
    pub fn settings(&self) -> Settings {
        Settings {
            kind: Kind::Imap,
            host: "localhost".to_owned(),
            port: self.imaps,
            ca_file: self.ca_file(),
            username: USER.to_owned(),
            password: Some(SecretString::from(PASSWORD)),
            ..Settings::default()
        }
    }

    /// The Maildir of [`USER`].
    pub fn maildir(&self) -> PathBuf {
        self.directory.path().join("home").join(USER).join("Maildir")
    }

    /// What Dovecot wrote, to look at when a test fails.
    pub fn log(&self) -> String {
        fs::read_to_string(self.directory.path().join("dovecot.log")).unwrap_or_default()
    }

    /// Puts a mail into INBOX. `at` becomes its INTERNALDATE. Lines that end in LF only are served with CRLF.
    /// Returns the file's name.
    pub fn deliver(&self, bytes: &[u8], at: Timestamp) -> String {
        self.deliver_to("INBOX", bytes, at)
    }

    /// Puts a mail into a folder, which is made if it is missing. `folder` is the name on disk (modified UTF-7).
    pub fn deliver_to(&self, folder: &str, bytes: &[u8], at: Timestamp) -> String {
        let directory = folder_path(&self.maildir(), folder);
        if !directory.exists() {
            for part in ["tmp", "new", "cur"] {
                fs::create_dir_all(directory.join(part)).unwrap();
            }
            give_away(&directory);
        }
        let name = deliver_file(&directory, bytes, at);
        give_away(&directory.join("new").join(&name));
        name
    }

    /// Puts many mails into INBOX, one second apart from `first` on.
    pub fn deliver_many<'a>(
        &self,
        mails: impl IntoIterator<Item = &'a [u8]>,
        first: Timestamp,
    ) -> Vec<String> {
        let at = |n: i64| Timestamp::from_second(first.as_second() + n).unwrap();
        mails.into_iter().zip(0..).map(|(bytes, n)| self.deliver(bytes, at(n))).collect()
    }

    /// Number of mails in a folder (`new` and `cur`); 0 if there is no such folder.
    pub fn count(&self, folder: &str) -> usize {
        files(&self.maildir(), folder).len()
    }

    /// The mails of a folder as they are on disk, in the order of their file names.
    pub fn messages(&self, folder: &str) -> Vec<Vec<u8>> {
        messages(&self.maildir(), folder)
    }

    /// File names in a folder, flags included (`…:2,S`).
    pub fn file_names(&self, folder: &str) -> Vec<String> {
        let name = |path: &PathBuf| path.file_name().unwrap().to_string_lossy().into_owned();
        files(&self.maildir(), folder).iter().map(name).collect()
    }

    /// A new UIDVALIDITY for a folder with the same mail: Dovecot forgets which UIDs it gave. Close other
    /// connections first or expect them to be cut.
    pub fn forget_uids(&self, folder: &str) {
        let directory = folder_path(&self.maildir(), folder);
        for entry in fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if name.starts_with("dovecot") && !name.starts_with("dovecot-uidvalidity") {
                fs::remove_file(path).unwrap();
            }
        }
    }
}

/// Writes `bytes` into `directory/new` with a proper name and modification time; for Maildirs without a server.
pub fn deliver_file(directory: &Path, bytes: &[u8], at: Timestamp) -> String {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let name = format!("{}.M{count:06}P{}.rig", at.as_second(), std::process::id());
    let draft = directory.join("tmp").join(&name);
    let mut file = fs::File::create(&draft).unwrap();
    file.write_all(bytes).unwrap();
    file.set_modified(SystemTime::from(at)).unwrap();
    fs::rename(draft, directory.join("new").join(&name)).unwrap();
    name
}

/// The files of a folder of any Maildir++, sorted by name.
pub fn files(maildir: &Path, folder: &str) -> Vec<PathBuf> {
    let directory = folder_path(maildir, folder);
    let mut files: Vec<PathBuf> = ["new", "cur"]
        .iter()
        .filter_map(|part| fs::read_dir(directory.join(part)).ok())
        .flatten()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort_by_key(|path| path.file_name().map(std::ffi::OsStr::to_owned));
    files
}

/// The mails of a folder of any Maildir++, in the order of their file names.
pub fn messages(maildir: &Path, folder: &str) -> Vec<Vec<u8>> {
    files(maildir, folder).iter().map(|path| fs::read(path).unwrap()).collect()
}

fn folder_path(maildir: &Path, folder: &str) -> PathBuf {
    if folder == "INBOX" { maildir.to_owned() } else { maildir.join(format!(".{folder}")) }
}

/// A child process that is ended with its rig.
struct Server {
    child: Child,
}

impl Server {
    fn spawn(mut command: Command, log: &Path) -> Self {
        let log = fs::File::create(log).unwrap();
        command.stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log);
        // A group of its own, so that what the server starts ends with it.
        command.process_group(0);
        let child = command.spawn().unwrap_or_else(|error| panic!("{command:?} cannot be started: {error}"));
        Self { child }
    }

    /// Waits until the server greets on the port; false if it ends or stays silent.
    fn answers(&mut self, port: u16) -> bool {
        let deadline = Instant::now() + Duration::from_secs(10);
        while Instant::now() < deadline {
            if self.child.try_wait().unwrap().is_some() {
                return false;
            }
            if let Ok(stream) = TcpStream::connect(("127.0.0.1", port)) {
                stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
                return BufReader::new(stream).read_line(&mut String::new()).is_ok_and(|count| count > 0);
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        false
    }

    fn stop(&mut self) {
        if self.child.try_wait().is_ok_and(|status| status.is_some()) {
            return;
        }
        let pid = rustix::process::Pid::from_child(&self.child);
        let _ = rustix::process::kill_process_group(pid, rustix::process::Signal::TERM);
        let deadline = Instant::now() + Duration::from_secs(1);
        while self.child.try_wait().is_ok_and(|status| status.is_none()) && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(5));
        }
        let _ = rustix::process::kill_process_group(pid, rustix::process::Signal::KILL);
        let _ = self.child.wait();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop();
    }
}

fn launch(directory: &TempDir, options: &Options) -> (Server, [u16; 2]) {
    let path = directory.path();
    let log = path.join("dovecot.log");
    for _ in 0..5 {
        let [imap, imaps] = free_ports();
        fs::write(path.join("dovecot.conf"), configuration(path, options, imap, imaps)).unwrap();
        let mut command = unprivileged("dovecot");
        command.arg("-F").arg("-c").arg(path.join("dovecot.conf"));
        let mut server = Server::spawn(command, &path.join("start.log"));
        if server.answers(imap) {
            return (server, [imap, imaps]);
        }
    }
    panic!(
        "dovecot does not start; is the package dovecot-imapd installed? {}{}",
        fs::read_to_string(path.join("start.log")).unwrap_or_default(),
        fs::read_to_string(log).unwrap_or_default()
    );
}

/// Every role is the one unprivileged user; no chroot, which only root can do.
fn configuration(path: &Path, options: &Options, imap: u16, imaps: u16) -> String {
    let (d, user, group) = (path.display(), id("-un"), id("-gn"));
    let Options { separator, prefix, extra } = options;
    format!(
        "
base_dir = {d}/run
state_dir = {d}/state
log_path = {d}/dovecot.log
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
first_valid_uid = 1
protocols = imap
listen = 127.0.0.1
ssl = yes
ssl_cert = <{d}/cert.pem
ssl_key = <{d}/key.pem
disable_plaintext_auth = no
auth_mechanisms = plain login
auth_failure_delay = 0
passdb {{
  driver = static
  args = password={PASSWORD}
}}
userdb {{
  driver = static
  args = uid={user} gid={group} home={d}/home/%u allow_all_users=yes
}}
mail_location = maildir:~/Maildir
mail_max_userip_connections = 100
namespace inbox {{
  inbox = yes
  separator = {separator}
  prefix = {prefix}
}}
service anvil {{
  chroot =
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {imap}
  }}
  inet_listener imaps {{
    port = {imaps}
    ssl = yes
  }}
}}
service stats {{
  chroot =
}}
{extra}
"
    )
}

/// A CA and a certificate for `localhost` and `127.0.0.1` that it signed.
fn certificates(directory: &Path) {
    let openssl = |line: &str| {
        let output = Command::new("openssl")
            .args(line.split_ascii_whitespace())
            .current_dir(directory)
            .output()
            .unwrap();
        assert!(output.status.success(), "openssl {line}: {}", String::from_utf8_lossy(&output.stderr));
    };
    fs::write(
        directory.join("leaf.ext"),
        "subjectAltName=DNS:localhost,IP:127.0.0.1\nbasicConstraints=CA:FALSE\n",
    )
    .unwrap();
    let key = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes";
    openssl(&format!("req -x509 {key} -days 30 -subj /CN=rig-ca -keyout ca.key -out ca.pem"));
    openssl(&format!("req {key} -subj /CN=localhost -keyout key.pem -out leaf.csr"));
    openssl(
        "x509 -req -in leaf.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 30 -extfile leaf.ext -out cert.pem",
    );
}

/// A folder in `place`, if that can be written to, else where temporary files go. A short path: names of Unix sockets
/// may have 107 bytes.
fn directory(place: &Path) -> TempDir {
    let mut builder = tempfile::Builder::new();
    builder.prefix("rig");
    let directory = builder.tempdir_in(place).or_else(|_| builder.tempdir()).unwrap();
    fs::set_permissions(directory.path(), fs::Permissions::from_mode(0o755)).unwrap();
    directory
}

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// A server program, run as [`NOBODY`] if the test is run by root.
fn unprivileged(program: &str) -> Command {
    // Where daemons live is not on an ordinary user's path.
    let program = ["/usr/sbin", "/usr/local/sbin", "/usr/bin"]
        .iter()
        .map(|directory| Path::new(directory).join(program))
        .find(|path| path.exists())
        .unwrap_or_else(|| PathBuf::from(program));
    if !is_root() {
        return Command::new(program);
    }
    let mut command = Command::new("setpriv");
    command
        .arg(format!("--reuid={NOBODY}"))
        .arg(format!("--regid={}", id("-g")))
        .arg("--clear-groups")
        .arg("--");
    command.arg(program);
    command
}

/// Hands a file or a tree to the user that the servers run as.
fn give_away(path: &Path) {
    if !is_root() {
        return;
    }
    let (uid, gid) = (id("-u").parse().unwrap(), id("-g").parse().unwrap());
    chown(path, Some(uid), Some(gid)).unwrap();
    if path.is_dir() {
        for entry in fs::read_dir(path).unwrap() {
            give_away(&entry.unwrap().path());
        }
    }
}

/// `id OPTION` of the user that the servers run as.
fn id(option: &str) -> String {
    let mut command = Command::new("id");
    command.arg(option);
    if is_root() {
        command.arg(NOBODY);
    }
    String::from_utf8(command.output().unwrap().stdout).unwrap().trim().to_owned()
}

/// Ports that nobody listens on at the moment.
pub fn free_ports<const N: usize>() -> [u16; N] {
    let listeners = [(); N].map(|()| TcpListener::bind("127.0.0.1:0").unwrap());
    listeners.map(|listener| listener.local_addr().unwrap().port())
}
