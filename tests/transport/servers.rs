//! Servers to send to: Postfix's smtp-sink, and a listener that follows a script.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncWrite, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

/// Postfix's test server on a port of its own, dumping each message to a file.
pub struct Sink {
    child: Child,
    pub port: u16,
    folder: tempfile::TempDir,
}

impl Sink {
    pub async fn start(options: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let port = free_port();
        let mut command = Command::new("/usr/sbin/smtp-sink");
        if rustix::process::geteuid().is_root() {
            use std::os::unix::fs::PermissionsExt;
            std::fs::set_permissions(folder.path(), PermissionsExt::from_mode(0o777)).unwrap();
            command.args(["-u", "nobody"]);
        }
        let child = command
            .current_dir(folder.path())
            .args(["-d", "mail."])
            .args(options)
            .args([format!("127.0.0.1:{port}"), "20".into()])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("smtp-sink of Debian's package postfix is needed");
        for _ in 0..200 {
            if TcpStream::connect(("127.0.0.1", port)).await.is_ok() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Self { child, port, folder }
    }

    /// The dumped messages: envelope lines of smtp-sink, then the message.
    pub async fn messages(&self) -> Vec<String> {
        tokio::time::sleep(Duration::from_millis(150)).await;
        let mut files: Vec<PathBuf> =
            std::fs::read_dir(self.folder.path()).unwrap().map(|entry| entry.unwrap().path()).collect();
        files.sort();
        let read = |path: &Path| String::from_utf8(std::fs::read(path).unwrap()).unwrap();
        files.iter().map(|path| read(path)).filter(|text| text.contains("Message-ID")).collect()
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// What the scripted server does when a command comes.
#[derive(Clone, Debug)]
pub enum Act {
    /// This line instead of the usual answer.
    Say(&'static str),
    /// This line, then the connection is closed.
    SayAndClose(&'static str),
    /// Nothing: the connection is closed.
    Close,
    /// Nothing, and it goes on.
    Nothing,
    /// Nothing at all, for ever.
    Silence,
}

/// Records what it hears; `script` is looked up by the command's first word (`GREETING`, `BODY` for the dot).
#[derive(Clone, Default)]
pub struct Scripted {
    pub heard: Arc<Mutex<Vec<String>>>,
    pub bodies: Arc<Mutex<Vec<String>>>,
    pub connections: Arc<Mutex<usize>>,
}

impl Scripted {
    /// `once`: only the first connection follows the script, later ones behave.
    pub async fn start(&self, script: &[(&'static str, Act)], pipelining: bool, once: bool) -> u16 {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let server = self.clone();
        let script: Vec<(&'static str, Act)> = script.to_vec();
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let number = {
                    let mut connections = server.connections.lock().unwrap();
                    *connections += 1;
                    *connections
                };
                let script = if once && number > 1 { Vec::new() } else { script.clone() };
                tokio::spawn(server.clone().serve(stream, script, pipelining));
            }
        });
        port
    }

    /// The same behind TLS: at once, or after STARTTLS.
    pub async fn start_tls(&self, starttls: bool) -> u16 {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (server, acceptor) = (self.clone(), acceptor());
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let (server, acceptor) = (server.clone(), acceptor.clone());
                tokio::spawn(async move {
                    let (stream, script) = if starttls {
                        (prelude(stream).await, vec![("GREETING", Act::Nothing)])
                    } else {
                        (stream, Vec::new())
                    };
                    if let Ok(secured) = acceptor.accept(stream).await {
                        server.serve(secured, script, true).await;
                    }
                });
            }
        });
        port
    }

    async fn serve<S: AsyncRead + AsyncWrite + Unpin>(
        self,
        stream: S,
        script: Vec<(&'static str, Act)>,
        pipelining: bool,
    ) {
        let mut stream = BufReader::new(stream);
        if !act(&mut stream, &script, "GREETING", "220 scripted ESMTP").await {
            return;
        }
        let mut line = String::new();
        let mut recipients = 0;
        loop {
            line.clear();
            if stream.read_line(&mut line).await.unwrap_or(0) == 0 {
                return;
            }
            let text = line.trim_end().to_string();
            self.heard.lock().unwrap().push(text.clone());
            let word = text.split([' ', ':']).next().unwrap_or_default().to_uppercase();
            let key = if word == "RCPT" {
                recipients += 1;
                if recipients % 2 == 0 { "RCPT2" } else { "RCPT" }
            } else {
                recipients = 0;
                word.as_str()
            };
            let usual = match key {
                "EHLO" if pipelining => "250-scripted\r\n250 PIPELINING",
                "DATA" => "354 go on",
                "QUIT" => "221 bye",
                _ => "250 ok",
            };
            if !act(&mut stream, &script, key, usual).await {
                return;
            }
            let waits = script.iter().all(|(name, _)| *name != "DATA");
            if key == "DATA" && waits {
                let mut body = String::new();
                loop {
                    line.clear();
                    if stream.read_line(&mut line).await.unwrap_or(0) == 0 {
                        return;
                    }
                    if line == ".\r\n" {
                        break;
                    }
                    body.push_str(&line);
                }
                self.bodies.lock().unwrap().push(body);
                if !act(&mut stream, &script, "BODY", "250 2.0.0 queued as ABC").await {
                    return;
                }
            }
        }
    }
}

fn acceptor() -> TlsAcceptor {
    let certificate = CertificateDer::from_pem_slice(include_bytes!("tls/server.pem")).unwrap();
    let key = PrivateKeyDer::from_pem_slice(include_bytes!("tls/server.key")).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    TlsAcceptor::from(Arc::new(config))
}

/// Greeting, EHLO and STARTTLS in the clear.
async fn prelude(stream: TcpStream) -> TcpStream {
    let mut plain = BufReader::new(stream);
    plain.get_mut().write_all(b"220 scripted\r\n").await.unwrap();
    for (command, answer) in [("EHLO", "250-scripted\r\n250 STARTTLS"), ("STARTTLS", "220 go")] {
        let mut line = String::new();
        plain.read_line(&mut line).await.unwrap();
        assert!(line.starts_with(command), "{line}");
        plain.get_mut().write_all(format!("{answer}\r\n").as_bytes()).await.unwrap();
    }
    plain.into_inner()
}

async fn act<S: AsyncRead + AsyncWrite + Unpin>(
    stream: &mut BufReader<S>,
    script: &[(&'static str, Act)],
    key: &str,
    usual: &str,
) -> bool {
    let step = script.iter().find(|(name, _)| *name == key).map(|(_, act)| act.clone());
    let (line, goes_on) = match step {
        None => (usual.to_string(), true),
        Some(Act::Say(line)) => (line.to_string(), true),
        Some(Act::SayAndClose(line)) => (line.to_string(), false),
        Some(Act::Close) => return false,
        Some(Act::Nothing) => return true,
        Some(Act::Silence) => {
            tokio::time::sleep(Duration::from_mins(1)).await;
            return false;
        }
    };
    let sent = stream.get_mut().write_all(format!("{line}\r\n").as_bytes()).await.is_ok();
    sent && goes_on
}
