//! I/O: SMTP at the level of the connection (RFC 5321), so that the stage of every failure is known.
//!
//! lettre frames commands, answers, TLS and the body; the order of the conversation, the time limits and what
//! an answer means are ours. A connection that was in doubt once is dropped, never repaired.

use std::time::{Duration, Instant};

use jiff::SignedDuration;
use lettre::transport::smtp::Error as SmtpError;
use lettre::transport::smtp::client::{AsyncSmtpConnection, Certificate, TlsParameters};
use lettre::transport::smtp::commands::Ehlo;
use lettre::transport::smtp::extension::ClientId;
use lettre::transport::smtp::response::Response;
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::plain::PlainStream;
use super::smtp_login::{self, explain};
use super::smtp_reply::{Reply, Step, clean, judge};
use super::{Error, Event, Fence, Outgoing, Security, Settings};
use crate::outbound::delivery::Delivery;
use crate::outbound::letter::path;

/// Letters after which a kept connection is closed: servers count them.
const LETTERS_PER_CONNECTION: usize = 100;
/// Patience with a server that we are leaving anyway.
const FAREWELL: Duration = Duration::from_secs(3);
/// An answer that came while we were still writing is there at once or not at all.
const LATE_ANSWER: Duration = Duration::from_millis(500);
/// Fresh connections within one batch, so that a server that cuts after each letter does not hold it up.
const CONNECTIONS_PER_BATCH: usize = 5;

/// A server, and the connection to it that is open from the last batch.
pub struct Smtp {
    settings: Settings,
    tls: Option<TlsParameters>,
    session: Option<Session>,
    /// The server's own (DER), as `probe` saw it.
    pub certificate: Option<Vec<u8>>,
}

struct Session {
    connection: AsyncSmtpConnection,
    pipelining: bool,
    letters: usize,
    last_used: Instant,
}

impl std::fmt::Debug for Smtp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Smtp").field("server", &self.server()).finish_non_exhaustive()
    }
}

impl Smtp {
    pub fn open(settings: &Settings) -> Result<Self, Error> {
        let tls = match settings.security {
            Security::None => None,
            Security::Tls | Security::Starttls => Some(tls_parameters(settings)?),
        };
        Ok(Self { settings: settings.clone(), tls, session: None, certificate: None })
    }

    pub async fn send_batch<E, F: Future<Output = Result<(), E>>>(
        &mut self,
        letters: &[Outgoing],
        fence: impl Fn(Vec<i64>) -> F,
        mut tell: impl FnMut(Event),
        go_on: impl Fn() -> bool,
    ) -> Result<(), E> {
        let mut fence = Fence::new(&fence);
        let mut unreachable: Option<String> = None;
        let mut connections = 0;
        for (index, letter) in letters.iter().enumerate() {
            if !go_on() {
                break;
            }
            let envelope = match Envelope::of(letter) {
                Ok(envelope) => envelope,
                Err(error) => {
                    tell(Event::Settled(letter.id, Delivery::Refused(error.to_string())));
                    continue;
                }
            };
            if self.session.is_none() && unreachable.is_none() && connections >= CONNECTIONS_PER_BATCH {
                unreachable = Some(format!("{} closes its connections too often", self.server()));
            }
            // The session is taken out while it is in use: a batch that is cancelled in the middle of a
            // command must not leave a half-spoken connection behind.
            let session = match (&unreachable, self.session.take()) {
                (Some(reason), _) => Err(reason.clone()),
                (None, kept) => {
                    connections += usize::from(kept.is_none());
                    self.ready(kept, index == 0).await
                }
            };
            let delivery = match session {
                Ok(session) => {
                    let unsettled = letters.get(index..).unwrap_or_default();
                    self.converse(session, letter, &envelope, unsettled, &mut fence, &mut tell).await?
                }
                Err(reason) => {
                    unreachable = Some(reason.clone());
                    Delivery::Deferred(reason)
                }
            };
            tell(Event::Settled(letter.id, delivery));
        }
        Ok(())
    }

    pub async fn probe(&mut self) -> Result<String, String> {
        self.close().await;
        let session = self.connect().await?;
        self.certificate = session.connection.peer_certificate().ok();
        let greeting = session.connection.server_info().name().to_string();
        self.session = Some(session);
        self.close().await;
        Ok(format!("{} answers as {}", self.server(), clean(&greeting)))
    }

    pub async fn close(&mut self) {
        if let Some(mut session) = self.session.take() {
            // Whatever it answers, or not: the letters are settled already.
            let _ = timeout(FAREWELL, session.connection.quit()).await;
        }
    }

    fn server(&self) -> String {
        format!("{}:{}", self.settings.host, self.settings.port)
    }

    /// A connection that answers: the kept one if it still does, else a new one.
    async fn ready(&mut self, kept: Option<Session>, first_of_batch: bool) -> Result<Session, String> {
        if let Some(mut session) = kept {
            if !first_of_batch {
                return Ok(session);
            }
            let fresh = session.last_used.elapsed() <= duration(self.settings.keep_open)
                && session.letters < LETTERS_PER_CONNECTION;
            if fresh && timeout(FAREWELL, session.connection.test_connected()).await.unwrap_or(false) {
                return Ok(session);
            }
            if !fresh {
                let _ = timeout(FAREWELL, session.connection.quit()).await;
            }
        }
        self.connect().await
    }

    /// Connects, secures, logs in. Every failure here defers: it is the machine's or the configuration's
    /// trouble, never the letter's.
    async fn connect(&self) -> Result<Session, String> {
        let server = self.server();
        let connection = match self.greet(false).await? {
            Ok(connection) => connection,
            // A server on this machine that does not know EHLO gets HELO.
            Err(error)
                if self.settings.security == Security::None
                    && error.status().is_some_and(|code| matches!(u16::from(code), 500 | 502 | 504)) =>
            {
                let connection = self.greet(true).await?;
                let connection = connection
                    .map_err(|error| format!("failed to connect to {server}: {}", explain(&error)))?;
                return Ok(Session::new(connection, false));
            }
            Err(error) => return Err(format!("failed to connect to {server}: {}", explain(&error))),
        };
        let connection = self.secure(connection).await?;
        let mut connection = self.log_in(connection).await?;
        // lettre keeps only the extensions that it knows, and PIPELINING is none of them: ask again.
        let asking = connection.command(Ehlo::new(ClientId::default()));
        let pipelining = match timeout(duration(self.settings.command_timeout), asking).await {
            Ok(Ok(response)) => response.message().any(|line| line.trim().eq_ignore_ascii_case("PIPELINING")),
            Ok(Err(error)) => return Err(format!("failed to greet {server}: {}", explain(&error))),
            Err(_) => return Err(format!("failed to greet {server}: no answer in time")),
        };
        Ok(Session::new(connection, pipelining))
    }

    /// Up to the server's answer to EHLO (or HELO). The outer error is that there was none in time.
    async fn greet(&self, helo: bool) -> Result<Result<AsyncSmtpConnection, SmtpError>, String> {
        let own_name = ClientId::default();
        let address = (self.settings.host.trim_matches(['[', ']']), self.settings.port);
        let connect_within = duration(self.settings.connect_timeout);
        let within = connect_within + 2 * duration(self.settings.command_timeout);
        let opening = async {
            if self.settings.security == Security::Tls {
                let tls = self.tls.clone();
                return Ok(AsyncSmtpConnection::connect_tokio1(
                    address,
                    Some(connect_within),
                    &own_name,
                    tls,
                    None,
                )
                .await);
            }
            let connecting = timeout(connect_within, TcpStream::connect(address));
            let failed = |cause: String| format!("failed to connect to {}: {cause}", self.server());
            let stream = connecting
                .await
                .map_err(|_| failed("no answer in time".into()))?
                .map_err(|error| failed(error.to_string()))?;
            // The dot is a write of its own: without this it would wait for the delayed acknowledgement of the body.
            stream.set_nodelay(true).map_err(|error| failed(error.to_string()))?;
            if self.settings.security == Security::Starttls {
                return Ok(AsyncSmtpConnection::connect_with_transport(Box::new(stream), &own_name).await);
            }
            let stream = Box::new(PlainStream::new(stream, helo));
            Ok(AsyncSmtpConnection::connect_with_transport(stream, &own_name).await)
        };
        timeout(within, opening)
            .await
            .unwrap_or_else(|_| Err(format!("failed to connect to {}: no greeting in time", self.server())))
    }

    async fn secure(&self, mut connection: AsyncSmtpConnection) -> Result<AsyncSmtpConnection, String> {
        if self.settings.security != Security::Starttls {
            return Ok(connection);
        }
        let server = self.server();
        let Some(tls) = self.tls.clone() else { return Err(format!("failed to secure {server}: no TLS")) };
        let within = 3 * duration(self.settings.command_timeout);
        match timeout(within, connection.starttls(tls, &ClientId::default())).await {
            Ok(Ok(())) => Ok(connection),
            Ok(Err(error)) => Err(format!("failed to secure {server}: {}", explain(&error))),
            Err(_) => Err(format!("failed to secure {server}: no answer in time")),
        }
    }

    async fn log_in(&self, mut connection: AsyncSmtpConnection) -> Result<AsyncSmtpConnection, String> {
        let within = 3 * duration(self.settings.command_timeout);
        match smtp_login::log_in(&self.settings, &mut connection, within).await {
            Ok(()) => Ok(connection),
            Err(cause) => {
                let username = &self.settings.username;
                Err(format!("failed to log in to {} as {username}: {cause}", self.server()))
            }
        }
    }

    /// One letter on an open connection. The session is kept only if nothing about it is in doubt.
    async fn converse<E, F: Future<Output = Result<(), E>>>(
        &mut self,
        mut session: Session,
        letter: &Outgoing,
        envelope: &Envelope,
        unsettled: &[Outgoing],
        fence: &mut Fence<'_, impl Fn(Vec<i64>) -> F>,
        tell: &mut impl FnMut(Event),
    ) -> Result<Delivery, E> {
        let within = duration(self.settings.command_timeout);
        let replies = session.say(&envelope.commands(), within).await;
        match judge(&replies, envelope.archive.is_some()) {
            Step::Offer => {}
            Step::Cut(delivery) => return Ok(delivery),
            Step::Settled(delivery) => {
                if session.say(&["RSET\r\n".into()], within).await.first().is_some_and(Reply::is_done) {
                    self.keep(session);
                }
                return Ok(delivery);
            }
        }
        // On an error the session is dropped: the server sees the connection end and discards the message.
        fence.pass(unsettled).await?;
        tell(Event::Offering(letter.id));
        let reply = session.offer(&letter.bytes, duration(self.settings.final_timeout)).await;
        if !reply.is_last() {
            self.keep(session);
        }
        Ok(reply.after_dot())
    }

    fn keep(&mut self, mut session: Session) {
        session.letters += 1;
        session.last_used = Instant::now();
        self.session = Some(session);
    }
}

impl Session {
    fn new(connection: AsyncSmtpConnection, pipelining: bool) -> Self {
        Self { connection, pipelining, letters: 0, last_used: Instant::now() }
    }

    /// Sends the commands, in one piece where the server allows (RFC 2920), and reads an answer to each. Without
    /// pipelining the conversation ends at the first MAIL or RCPT that fails, but a refused archive copy
    /// (third command of four) does not end it.
    async fn say(&mut self, commands: &[String], within: Duration) -> Vec<Reply> {
        let mut replies = Vec::with_capacity(commands.len());
        if self.pipelining {
            replies.push(answer(within, self.connection.command(commands.concat())).await);
            while replies.len() < commands.len() && !replies.iter().any(Reply::is_last) {
                replies.push(answer(within, self.connection.read_response()).await);
            }
            return replies;
        }
        for (index, command) in commands.iter().enumerate() {
            let reply = answer(within, self.connection.command(command)).await;
            let go_on = reply.is_done() || (index == 2 && commands.len() == 4 && !reply.is_last());
            replies.push(reply);
            if !go_on {
                break;
            }
        }
        replies
    }

    /// The body, the dot and the answer.
    async fn offer(&mut self, bytes: &[u8], within: Duration) -> Reply {
        // lettre ends the body with CRLF itself.
        let body = bytes.strip_suffix(b"\r\n").unwrap_or(bytes);
        let reply = answer(within, self.connection.message(body)).await;
        if let Reply::Broken(cause) = &reply {
            // A server that refuses a message while it is still being written closes right after its answer,
            // which then waits unread. A yes that is found there proves nothing: the dot was not written.
            let late = answer(LATE_ANSWER, self.connection.read_response()).await;
            if let Reply::Code(400..=599, text) = &late {
                tracing::debug!(cause, text, "the server answered before the message was complete");
                return late;
            }
        }
        reply
    }
}

/// MAIL, RCPT, perhaps a second RCPT, DATA.
struct Envelope {
    from: String,
    to: String,
    archive: Option<String>,
}

impl Envelope {
    fn of(letter: &Outgoing) -> Result<Self, path::Unaddressable> {
        Ok(Self {
            from: path::reverse_path(&letter.envelope_from)?,
            to: path::safe(&letter.to)?,
            // An archive address that cannot be written never keeps a letter from its reader.
            archive: letter.archive.as_deref().and_then(|archive| path::safe(archive).ok()),
        })
    }

    fn commands(&self) -> Vec<String> {
        let mut commands = vec![format!("MAIL FROM:{}\r\n", self.from), format!("RCPT TO:<{}>\r\n", self.to)];
        commands.extend(self.archive.iter().map(|archive| format!("RCPT TO:<{archive}>\r\n")));
        commands.push("DATA\r\n".into());
        commands
    }
}

async fn answer(within: Duration, asking: impl Future<Output = Result<Response, SmtpError>>) -> Reply {
    match timeout(within, asking).await {
        Ok(result) => Reply::of(result),
        Err(_) => Reply::Broken(format!("no answer within {} s", within.as_secs())),
    }
}

fn tls_parameters(settings: &Settings) -> Result<TlsParameters, Error> {
    let host = settings.host.trim_matches(['[', ']']).to_string();
    let trouble = |cause: String| Error::Tls { host: host.clone(), cause };
    let mut builder = TlsParameters::builder(host.clone());
    if !settings.ca_file.as_os_str().is_empty() {
        let pem = std::fs::read(&settings.ca_file)
            .map_err(|source| Error::Read { path: settings.ca_file.display().to_string(), source })?;
        let certificate = Certificate::from_pem(&pem).map_err(|error| trouble(error.to_string()))?;
        builder = builder.add_root_certificate(certificate);
    }
    builder.build().map_err(|error| trouble(error.to_string()))
}

fn duration(signed: SignedDuration) -> Duration {
    Duration::try_from(signed).unwrap_or(Duration::ZERO)
}
