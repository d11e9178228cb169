//! I/O: from nothing to a logged-in IMAP session: TCP, TLS or STARTTLS, greeting, capabilities, login.
//!
//! Fails closed: without the security that is configured no name and no password is sent.

use std::collections::BTreeSet;
use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_imap::imap_proto::{Capability, Response, ResponseCode, Status};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use secrecy::{ExposeSecret, SecretString};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use crate::inbound::access_token;
use crate::inbound::certificate::distrust;
use crate::limits::Limits;

use super::command::Connection;
use super::error::shown;
use super::wire::{Stream, Wire};
use super::{Auth, Error, Patience, Security, Settings};

/// Names in capitals.
pub(super) type Capabilities = BTreeSet<String>;

type Session = async_imap::Session<Wire>;
type LoginResult = Result<Session, (async_imap::error::Error, async_imap::Client<Wire>)>;

/// Connects and logs in.
pub(super) async fn connect(
    settings: &Settings,
    limits: &Limits,
    patience: Patience,
) -> Result<Connection, Error> {
    let attempt = Attempt { settings, patience, server: settings.server(), largest: largest_literal(limits) };
    let tcp = attempt.dial().await?;
    let stream = match settings.security {
        Security::Tls => attempt.handshake(tcp).await?,
        Security::StartTls | Security::None => Stream::Plain(tcp),
    };
    let mut wire = attempt.wire(stream, patience.greeting);
    let mut capabilities = attempt.greeting(&mut wire).await?;
    wire.expect_within(patience.reply);
    if settings.security == Security::StartTls {
        wire = attempt.start_tls(wire, capabilities).await?;
        // What was said before the handshake may have been said by anyone.
        capabilities = None;
    }
    let capabilities = match capabilities {
        Some(capabilities) => capabilities,
        None => attempt.capabilities(&mut wire).await?,
    };
    let session = attempt.log_in(wire, &capabilities).await?;
    Connection::new(session, attempt.server, patience).await
}

/// The server's own certificate (DER); `None` where the connection is not secured. Nobody logs in.
pub(super) async fn certificate(
    settings: &Settings,
    limits: &Limits,
    patience: Patience,
) -> Result<Option<Vec<u8>>, Error> {
    let attempt = Attempt { settings, patience, server: settings.server(), largest: largest_literal(limits) };
    let tcp = attempt.dial().await?;
    let stream = match settings.security {
        Security::None => return Ok(None),
        Security::Tls => Some(attempt.handshake(tcp).await?),
        Security::StartTls => {
            let mut wire = attempt.wire(Stream::Plain(tcp), patience.greeting);
            let capabilities = attempt.greeting(&mut wire).await?;
            attempt.start_tls(wire, capabilities).await?.into_inner()
        }
    };
    Ok(match stream {
        Some(Stream::Tls(tls)) => {
            let chain = tls.get_ref().1.peer_certificates().unwrap_or_default();
            chain.first().map(|leaf| leaf.to_vec())
        }
        Some(Stream::Plain(_)) | None => None,
    })
}

/// A message of the largest size that is fetched whole, with room for a size that was told wrongly.
fn largest_literal(limits: &Limits) -> u64 {
    limits.message_bytes.max(limits.header_bytes).saturating_add(64 * 1024)
}

struct Attempt<'a> {
    settings: &'a Settings,
    patience: Patience,
    server: String,
    largest: u64,
}

impl Attempt<'_> {
    fn wire(&self, stream: Stream, patience: Duration) -> Wire {
        Wire::new(stream, self.largest, patience)
    }

    fn unreachable(&self, cause: impl AsRef<str>) -> Error {
        Error::Unreachable { server: self.server.clone(), cause: shown(cause.as_ref()) }
    }

    fn insecure(&self, cause: impl Into<String>) -> Error {
        Error::Security { server: self.server.clone(), cause: cause.into() }
    }

    fn denied(&self, cause: impl Into<String>) -> Error {
        let user = self.settings.username.clone();
        Error::Login { server: self.server.clone(), user, cause: cause.into() }
    }

    /// Every address of the host in turn.
    async fn dial(&self) -> Result<TcpStream, Error> {
        let host = (self.settings.host.as_str(), self.settings.port);
        let addresses = timeout(self.patience.connect, tokio::net::lookup_host(host))
            .await
            .map_err(|_| self.unreachable("the name was not resolved in time"))?
            .map_err(|cause| self.unreachable(format!("mailbox.host cannot be resolved: {cause}")))?;
        let mut last = self.unreachable("mailbox.host has no address");
        for address in addresses {
            match timeout(self.patience.connect, dial_one(address)).await {
                Ok(Ok(stream)) => return Ok(stream),
                Ok(Err(cause)) => last = self.unreachable(format!("{address}: {cause}")),
                Err(_) => last = self.unreachable(format!("{address}: no connection in time")),
            }
        }
        Err(last)
    }

    async fn handshake(&self, tcp: TcpStream) -> Result<Stream, Error> {
        let config = client_config(&self.settings.ca_file).map_err(|error| match error {
            Trust::File(error) => error,
            Trust::None(cause) => self.insecure(cause),
        })?;
        let name = ServerName::try_from(self.settings.host.clone())
            .map_err(|_| self.insecure("mailbox.host is neither a host name nor an address"))?;
        let connector = TlsConnector::from(Arc::new(config));
        match timeout(self.patience.connect, connector.connect(name, tcp)).await {
            Ok(Ok(stream)) => Ok(Stream::Tls(Box::new(stream))),
            Ok(Err(cause)) => Err(self.tls_failure(&cause)),
            Err(_) => Err(self.unreachable("the TLS handshake did not finish in time")),
        }
    }

    fn tls_failure(&self, cause: &io::Error) -> Error {
        let tls = cause.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
        match tls {
            Some(rustls::Error::InvalidCertificate(reason)) => {
                self.insecure(distrust(&reason.to_string(), "mailbox.ca_file"))
            }
            Some(rustls::Error::PeerIncompatible(_)) => self.insecure(
                "it does not speak TLS 1.2 or 1.3 in a way that is known here; have the server brought up to date",
            ),
            Some(rustls::Error::InvalidMessage(_)) => self.insecure(
                "it does not speak TLS on this port; check mailbox.port and mailbox.security".to_owned(),
            ),
            Some(error) => self.insecure(shown(&error.to_string())),
            None => self.unreachable(format!("the TLS handshake failed: {cause}")),
        }
    }

    /// Reads the greeting; its capabilities, if it names them.
    async fn greeting(&self, wire: &mut Wire) -> Result<Option<Capabilities>, Error> {
        let line =
            self.read(wire).await.map_err(|cause| self.unreachable(format!("no greeting: {cause}")))?;
        match Response::parse(&line) {
            Ok((_, Response::Data { status: Status::Ok, outcome })) => Ok(match &outcome.code {
                Some(ResponseCode::Capabilities(list)) => Some(names(list)),
                _ => None,
            }),
            Ok((_, Response::Data { status: Status::Bye, outcome })) => {
                let text = outcome.information.unwrap_or_default();
                Err(self.unreachable(format!("the server turned us away: {}", shown(&text))))
            }
            Ok((_, Response::Data { status: Status::PreAuth, .. })) => Err(self.insecure(
                "it greets with PREAUTH, as if logged in already: a sign of someone in between, or of a wrong port",
            )),
            _ => Err(self.unreachable(format!("not an IMAP greeting: {}", shown(&String::from_utf8_lossy(&line))))),
        }
    }

    async fn read(&self, wire: &mut Wire) -> io::Result<Vec<u8>> {
        wire.line().await?.ok_or_else(|| io::Error::from(io::ErrorKind::UnexpectedEof))
    }

    /// Runs a command before the login; its untagged capabilities, and the tagged answer.
    async fn ask(&self, wire: &mut Wire, command: &str) -> io::Result<(Capabilities, bool, String)> {
        const TAG: &str = "U1";
        let mut capabilities = Capabilities::new();
        wire.send(&format!("{TAG} {command}")).await?;
        loop {
            let line = self.read(wire).await?;
            match Response::parse(&line) {
                Ok((_, Response::Capabilities(list))) => capabilities = names(&list),
                Ok((_, Response::Done { tag, status, outcome })) if tag.0 == TAG => {
                    let text = outcome.information.unwrap_or_default();
                    return Ok((capabilities, status == Status::Ok, shown(&text)));
                }
                Ok((_, Response::Data { status: Status::Bye, outcome })) => {
                    let text = outcome.information.unwrap_or_default();
                    return Err(io::Error::other(format!("the server said goodbye: {}", shown(&text))));
                }
                _ => {}
            }
        }
    }

    async fn capabilities(&self, wire: &mut Wire) -> Result<Capabilities, Error> {
        match self.ask(wire, "CAPABILITY").await {
            Ok((capabilities, true, _)) => Ok(capabilities),
            Ok((_, false, text)) => {
                Err(self.unreachable(format!("it does not tell its capabilities: {text}")))
            }
            Err(cause) => Err(self.unreachable(format!("it does not tell its capabilities: {cause}"))),
        }
    }

    async fn start_tls(&self, mut wire: Wire, known: Option<Capabilities>) -> Result<Wire, Error> {
        let capabilities = match known {
            Some(capabilities) => capabilities,
            None => self.capabilities(&mut wire).await?,
        };
        if !capabilities.contains("STARTTLS") {
            return Err(self.insecure(
                "it does not offer STARTTLS, and no password is sent without it; use mailbox.security = \"tls\" with \
                 port 993, or have the server mended",
            ));
        }
        match self.ask(&mut wire, "STARTTLS").await {
            Ok((_, true, _)) => {}
            Ok((_, false, text)) => return Err(self.insecure(format!("it refused STARTTLS: {text}"))),
            Err(cause) => return Err(self.unreachable(format!("STARTTLS: {cause}"))),
        }
        match wire.into_inner() {
            Some(Stream::Plain(tcp)) => Ok(self.wire(self.handshake(tcp).await?, self.patience.reply)),
            _ => Err(self.insecure(
                "it sent more before the TLS handshake than its answer to STARTTLS: perhaps someone in between",
            )),
        }
    }

    async fn log_in(&self, wire: Wire, capabilities: &Capabilities) -> Result<Session, Error> {
        let client = async_imap::Client::new(wire);
        match self.settings.auth {
            Auth::Password => {
                if capabilities.contains("LOGINDISABLED") {
                    return Err(self.denied(
                        "it has switched password login off (LOGINDISABLED); use mailbox.security = \"tls\" or \
                         \"starttls\", or mailbox.auth = \"xoauth2\"",
                    ));
                }
                let password = self.settings.read_password()?;
                let result = client.login(&self.settings.username, password.expose_secret()).await;
                self.logged_in(result, "", "check mailbox.username and the password")
            }
            Auth::XOAuth2 => {
                if !capabilities.contains("AUTH=XOAUTH2") {
                    return Err(self.denied("it does not offer XOAUTH2; use mailbox.auth = \"password\""));
                }
                let token = self.token().await?;
                let challenge = Arc::new(Mutex::new(String::new()));
                let bearer = Bearer {
                    first: Some(access_token::first_answer(&self.settings.username, token.expose_secret())),
                    challenge: Arc::clone(&challenge),
                };
                let result = client.authenticate("XOAUTH2", bearer).await;
                let challenge = challenge.lock().unwrap_or_else(PoisonError::into_inner).clone();
                self.logged_in(result, &challenge, "check mailbox.username and mailbox.token_command")
            }
        }
    }

    fn logged_in(&self, result: LoginResult, challenge: &str, mend: &str) -> Result<Session, Error> {
        use async_imap::error::Error as Imap;
        match result {
            Ok(session) => Ok(session),
            Err((Imap::No(text) | Imap::Bad(text), _)) if is_passing(&text) => {
                Err(self.unreachable(format!("no login for now: {}", said(&text))))
            }
            Err((Imap::No(text) | Imap::Bad(text), _)) => {
                let text = said(&text);
                let challenge =
                    if challenge.is_empty() { String::new() } else { format!(" {}", shown(challenge)) };
                Err(self.denied(format!("the server answered {text:?}{challenge}; {mend}")))
            }
            Err((Imap::ConnectionLost, _)) => Err(self.unreachable("the connection ended during the login")),
            Err((Imap::Io(cause), _)) => Err(self.unreachable(format!("the login was cut off: {cause}"))),
            Err(_) => Err(self.unreachable("the server answered the login with something that is no IMAP")),
        }
    }

    async fn token(&self) -> Result<SecretString, Error> {
        let command = &self.settings.token_command;
        access_token::fetch(command, self.patience.reply)
            .await
            .map_err(|why| self.denied(format!("mailbox.token_command {why}")))
    }
}

/// The server's own words in the protocol layer's account of a refusal: `code: None, info: Some("[…] …")`.
fn said(text: &str) -> String {
    let told = text.split_once("info: Some(\"").and_then(|(_, rest)| rest.strip_suffix("\")"));
    match told {
        Some(words) => shown(&words.replace("\\\"", "\"").replace("\\\\", "\\")),
        None if text.starts_with("code: ") => "nothing but a refusal".to_owned(),
        None => shown(text),
    }
}

async fn dial_one(address: SocketAddr) -> io::Result<TcpStream> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    socket.set_keepalive(true)?;
    let stream = socket.connect(address).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

enum Trust {
    File(Error),
    None(String),
}

/// TLS 1.2 and 1.3, the system's certificates and those of `ca_file`.
fn client_config(ca_file: &Path) -> Result<ClientConfig, Trust> {
    let mut roots = RootCertStore::empty();
    let native = rustls_native_certs::load_native_certs();
    roots.add_parsable_certificates(native.certs);
    if !ca_file.as_os_str().is_empty() {
        let unreadable = |cause: String| {
            Trust::File(Error::local(
                "read mailbox.ca_file",
                ca_file,
                io::Error::new(io::ErrorKind::InvalidData, cause),
            ))
        };
        let pem = std::fs::read(ca_file)
            .map_err(|cause| Trust::File(Error::local("read mailbox.ca_file", ca_file, cause)))?;
        let before = roots.len();
        for certificate in CertificateDer::pem_slice_iter(&pem) {
            let certificate = certificate.map_err(|cause| unreadable(cause.to_string()))?;
            roots.add(certificate).map_err(|cause| unreadable(cause.to_string()))?;
        }
        if roots.len() == before {
            return Err(unreadable("it holds no PEM certificate".to_owned()));
        }
    }
    if roots.is_empty() {
        return Err(Trust::None(
            "this machine has no trusted certificates; install ca-certificates or set mailbox.ca_file"
                .to_owned(),
        ));
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|cause| Trust::None(cause.to_string()))?;
    Ok(builder.with_root_certificates(roots).with_no_client_auth())
}

/// Answers a XOAUTH2 exchange; a second challenge is the server's reason for refusing.
struct Bearer {
    first: Option<String>,
    challenge: Arc<Mutex<String>>,
}

impl async_imap::Authenticator for Bearer {
    type Response = String;

    fn process(&mut self, challenge: &[u8]) -> String {
        self.first.take().unwrap_or_else(|| {
            *self.challenge.lock().unwrap_or_else(PoisonError::into_inner) =
                String::from_utf8_lossy(challenge).into_owned();
            String::new()
        })
    }
}

pub(super) fn names(list: &[Capability<'_>]) -> Capabilities {
    let name = |capability: &Capability<'_>| match capability {
        Capability::Imap4rev1 => "IMAP4REV1".to_owned(),
        Capability::Auth(mechanism) => format!("AUTH={}", mechanism.to_ascii_uppercase()),
        Capability::Atom(atom) => atom.to_ascii_uppercase(),
    };
    list.iter().map(name).collect()
}

/// Refused now, not for good: RFC 5530 codes, and what servers say about too many connections.
pub(super) fn is_passing(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    if text.contains("[authenticationfailed]") {
        return false;
    }
    [
        "[unavailable]",
        "[inuse]",
        "[limit]",
        "[serverbug]",
        "[overquota]",
        "too many",
        "again later",
        "temporar",
    ]
    .iter()
    .any(|sign| text.contains(sign))
}
