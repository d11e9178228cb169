//! I/O: section `[outgoing]` of the configuration.

use std::net::IpAddr;
use std::path::PathBuf;

use jiff::SignedDuration;
use secrecy::SecretString;
use serde::Deserialize;

use crate::outbound::breaker::Limits;
use crate::outbound::letter::{Identity, path};

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    #[default]
    Maildir,
    Smtp,
    Sendmail,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Security {
    /// TLS from the first byte (RFC 8314).
    #[default]
    Tls,
    Starttls,
    /// Only to this machine.
    None,
}

/// How the program proves who it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Auth {
    #[default]
    Password,
    XOAuth2,
}

/// What may leave at all; the deliver loop obeys it, not the transport.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    #[default]
    Live,
    /// Only digests and alerts to staff leave.
    StaffOnly,
    /// Drafts only: nothing leaves.
    Observe,
}

/// Section `[outgoing]`. Durations are written `"30s"`, `"10m"`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    pub kind: Kind,
    /// Maildir only: where letters are put as files.
    pub path: PathBuf,
    /// Sendmail only: the program.
    pub sendmail: PathBuf,
    pub host: String,
    pub port: u16,
    pub security: Security,
    /// A further trusted certificate authority (PEM); empty: the system's only.
    pub ca_file: PathBuf,
    /// Empty: no login.
    pub username: String,
    pub password_file: PathBuf,
    /// From the environment; never from a file that others read.
    pub password: Option<SecretString>,
    pub auth: Auth,
    /// Program and arguments; prints a fresh access token.
    pub token_command: Vec<String>,
    pub from: String,
    pub from_name: String,
    pub own_addresses: Vec<String>,
    /// Second envelope recipient of every letter; empty: none.
    pub archive_address: String,
    pub mode: Mode,
    /// Connections at the same time.
    pub connections: u32,
    /// Empty: the same as `from`. `<>`: the null path.
    pub envelope_from: String,
    /// Adds `+{outbox id}.{mac}` to the envelope address.
    pub bounce_extension: bool,
    /// The breaker looks at so many letters to clinics in a row; 0: no breaker.
    pub breaker_letters: u32,
    /// Letters to clinics stop when more than this share of them is refused or returned; 0: never for that.
    pub breaker_percent: u32,
    /// They stop when so many of them are turned away as spam or by policy (5.7.x); 0: never for that.
    pub breaker_spam: u32,
    /// Empty: the key made with the database.
    pub message_id_key_file: PathBuf,
    /// Until the TCP connection stands.
    pub connect_timeout: SignedDuration,
    /// For each command.
    pub command_timeout: SignedDuration,
    /// From the first byte of the body to the answer after the final dot (RFC 5321 §4.5.3.2.6: ten minutes).
    pub final_timeout: SignedDuration,
    /// How long a connection is kept for the next batch.
    pub keep_open: SignedDuration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            kind: Kind::Maildir,
            path: "var/replies".into(),
            sendmail: "/usr/sbin/sendmail".into(),
            host: String::new(),
            port: 465,
            security: Security::Tls,
            ca_file: PathBuf::new(),
            username: String::new(),
            password_file: PathBuf::new(),
            password: None,
            auth: Auth::Password,
            token_command: Vec::new(),
            from: "vproject@city.kumamoto.kumamoto.jp".into(),
            from_name: "熊本市感染症対策課ワクチン対策PT".into(),
            own_addresses: vec![
                "vproject@city.kumamoto.kumamoto.jp".into(),
                "vproject@city.kumamoto.lg.jp".into(),
            ],
            archive_address: String::new(),
            mode: Mode::Live,
            connections: 2,
            envelope_from: String::new(),
            bounce_extension: false,
            breaker_letters: 50,
            breaker_percent: 5,
            breaker_spam: 5,
            message_id_key_file: PathBuf::new(),
            connect_timeout: SignedDuration::from_secs(30),
            command_timeout: SignedDuration::from_secs(60),
            final_timeout: SignedDuration::from_secs(600),
            keep_open: SignedDuration::from_secs(5),
        }
    }
}

impl Settings {
    /// The first thing that is wrong, naming its key.
    pub fn check(&self) -> Result<(), String> {
        path::safe(&self.from).map_err(|error| format!("outgoing.from: {error}"))?;
        path::reverse_path(&self.sender()).map_err(|error| format!("outgoing.envelope_from: {error}"))?;
        if !self.archive_address.is_empty() {
            path::safe(&self.archive_address)
                .map_err(|error| format!("outgoing.archive_address: {error}"))?;
        }
        for address in &self.own_addresses {
            path::safe(address).map_err(|error| format!("outgoing.own_addresses: {error}"))?;
        }
        if !(1..=16).contains(&self.connections) {
            return Err("outgoing.connections must be 1 to 16".into());
        }
        if self.breaker_letters > 500 {
            return Err("outgoing.breaker_letters must be at most 500".into());
        }
        if self.breaker_percent > 100 {
            return Err("outgoing.breaker_percent must be at most 100".into());
        }
        for (key, value) in [
            ("connect_timeout", self.connect_timeout),
            ("command_timeout", self.command_timeout),
            ("final_timeout", self.final_timeout),
        ] {
            if value <= SignedDuration::ZERO {
                return Err(format!("outgoing.{key} must be longer than nothing"));
            }
        }
        if self.port == 0 {
            return Err("outgoing.port is 0; 465 is usual with TLS, 587 with STARTTLS".into());
        }
        match self.kind {
            Kind::Maildir if self.path.as_os_str().is_empty() => {
                Err("outgoing.path is needed for kind = \"maildir\"".into())
            }
            Kind::Sendmail if self.sendmail.as_os_str().is_empty() => {
                Err("outgoing.sendmail is needed for kind = \"sendmail\"".into())
            }
            Kind::Smtp => self.check_smtp(),
            _ => Ok(()),
        }
    }

    fn check_smtp(&self) -> Result<(), String> {
        if self.host.trim().is_empty() {
            return Err("outgoing.host is needed for kind = \"smtp\"".into());
        }
        if self.auth == Auth::XOAuth2 {
            if self.username.is_empty() || !self.username.chars().all(|c| c.is_ascii_graphic()) {
                return Err(
                    "outgoing.username must be printable ASCII and not empty for auth = \"xoauth2\"".into()
                );
            }
            if self.token_command.first().is_none_or(String::is_empty) {
                return Err(
                    "outgoing.token_command is empty; auth = \"xoauth2\" needs the command that prints a \
                            fresh access token"
                        .into(),
                );
            }
        }
        let given = self.password.is_some()
            || !self.password_file.as_os_str().is_empty()
            || std::env::var_os("CREDENTIALS_DIRECTORY")
                .is_some_and(|folder| PathBuf::from(folder).join("outgoing-password").exists());
        if self.auth == Auth::Password && !self.username.is_empty() && !given {
            return Err("outgoing.username is set, but there is no password: set outgoing.password_file, \
                        UKETSUKE__OUTGOING__PASSWORD, or the systemd credential \"outgoing-password\""
                .into());
        }
        if self.security == Security::None && !is_loopback(&self.host) {
            return Err(format!(
                "outgoing.security = \"none\" is refused for {}: mail and passwords would cross the network \
                 in the clear; use \"tls\" or \"starttls\" (only a server on this machine may go without)",
                self.host
            ));
        }
        Ok(())
    }

    /// A Maildir of drafts with the sender of `other`: for rehearsals, where nothing may leave the machine.
    pub fn maildir(path: PathBuf, other: &Self) -> Self {
        Self {
            kind: Kind::Maildir,
            path,
            from: other.from.clone(),
            from_name: other.from_name.clone(),
            own_addresses: other.own_addresses.clone(),
            ..Self::default()
        }
    }

    pub fn breaker(&self) -> Limits {
        Limits { letters: self.breaker_letters, percent: self.breaker_percent, spam: self.breaker_spam }
    }

    /// May replies leave?
    pub fn sends_to_clinics(&self) -> bool {
        self.mode == Mode::Live
    }

    /// May digests and alerts leave?
    pub fn sends_to_staff(&self) -> bool {
        self.mode != Mode::Observe
    }

    /// The envelope's sender before a bounce extension; empty for the null path.
    pub fn sender(&self) -> String {
        match self.envelope_from.trim() {
            "" => self.from.clone(),
            "<>" => String::new(),
            own => own.to_string(),
        }
    }

    pub fn identity(&self, key: Vec<u8>) -> Identity {
        Identity {
            from: self.from.clone(),
            from_name: self.from_name.clone(),
            envelope_from: self.sender(),
            key,
        }
    }
}

fn is_loopback(host: &str) -> bool {
    let host = host.trim().trim_start_matches('[').trim_end_matches(']');
    host.eq_ignore_ascii_case("localhost")
        || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}
