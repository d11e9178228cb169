//! I/O: section `[mailbox]`: its keys, what is wrong with their values, and where the password comes from.

use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::SignedDuration;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Deserializer};

use super::{Destination, Error};

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    #[default]
    Maildir,
    Imap,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Security {
    #[default]
    Tls,
    StartTls,
    /// Only to a loopback address.
    None,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Auth {
    #[default]
    Password,
    XOAuth2,
}

/// What happens to a mail once it is recorded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum After {
    #[default]
    Move,
    /// The keyword `$Uketsuke` is set; in a Maildir the file goes from `new` to `cur`.
    Flag,
    Leave,
}

/// Section `[mailbox]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    pub kind: Kind,
    /// Maildir only; made if missing.
    pub path: PathBuf,
    pub host: String,
    pub port: u16,
    pub security: Security,
    /// Extra trusted CA certificates (PEM); empty: only those of the system.
    pub ca_file: PathBuf,
    pub username: String,
    /// Normally from the environment, never in a file that others can read.
    pub password: Option<SecretString>,
    pub password_file: PathBuf,
    pub auth: Auth,
    /// Program and arguments; prints a fresh access token.
    pub token_command: Vec<String>,
    pub folders: Vec<String>,
    pub after: After,
    pub processed_folder: String,
    pub attention_folder: String,
    /// A duration such as `"60s"`.
    #[serde(deserialize_with = "duration")]
    pub poll_interval: Duration,
    pub idle: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            kind: Kind::Maildir,
            path: PathBuf::from("var/mailbox"),
            host: String::new(),
            port: 993,
            security: Security::Tls,
            ca_file: PathBuf::new(),
            username: String::new(),
            password: None,
            password_file: PathBuf::new(),
            auth: Auth::Password,
            token_command: Vec::new(),
            folders: vec!["INBOX".to_owned()],
            after: After::Move,
            processed_folder: "Processed".to_owned(),
            attention_folder: "Attention".to_owned(),
            poll_interval: Duration::from_mins(1),
            idle: true,
        }
    }
}

impl Settings {
    /// A local Maildir, for rehearsals.
    pub fn maildir(path: PathBuf) -> Self {
        Self { kind: Kind::Maildir, path, ..Self::default() }
    }

    /// Names the key that is wrong and how to mend it. Reads no file and asks no server.
    pub fn check(&self) -> Result<(), String> {
        if self.folders.is_empty() {
            return Err("mailbox.folders is empty; name at least \"INBOX\"".to_owned());
        }
        if !(Duration::from_secs(1)..=Duration::from_hours(24)).contains(&self.poll_interval) {
            return Err("mailbox.poll_interval must lie between \"1s\" and \"24h\"".to_owned());
        }
        self.check_folders()?;
        if self.port == 0 {
            return Err("mailbox.port is 0; 993 is usual with TLS, 143 with STARTTLS".to_owned());
        }
        match self.kind {
            Kind::Maildir if self.path.as_os_str().is_empty() => {
                Err("mailbox.path is empty; name the Maildir".to_owned())
            }
            Kind::Maildir => Ok(()),
            Kind::Imap => self.check_imap(),
        }
    }

    fn check_folders(&self) -> Result<(), String> {
        let targets =
            [("processed_folder", &self.processed_folder), ("attention_folder", &self.attention_folder)];
        let named = self.folders.iter().map(|folder| ("folders", folder));
        for (key, folder) in named.chain(targets) {
            if folder.trim().is_empty() || folder.chars().any(char::is_control) {
                return Err(format!("mailbox.{key} holds {folder:?}, which cannot be a folder's name"));
            }
            if self.kind == Kind::Maildir && folder.split('/').any(|part| matches!(part, "" | "." | "..")) {
                return Err(format!(
                    "mailbox.{key} holds {folder:?}, which cannot be a Maildir folder's name"
                ));
            }
        }
        if self.after != After::Move {
            return Ok(());
        }
        for (key, target) in targets {
            if let Some(folder) = self.folders.iter().find(|folder| same_folder(folder, target)) {
                return Err(format!(
                    "mailbox.{key} is {target:?}, which mailbox.folders watches as {folder:?}: recorded mail would \
                     come back; use another folder"
                ));
            }
        }
        Ok(())
    }

    fn check_imap(&self) -> Result<(), String> {
        if self.host.is_empty() || !self.host.chars().all(|c| c.is_ascii_graphic()) {
            return Err(format!("mailbox.host is {:?}; name the IMAP server", self.host));
        }
        if self.username.is_empty() || !printable(&self.username) {
            return Err("mailbox.username must be printable ASCII and not empty".to_owned());
        }
        if self.security == Security::None && !is_loopback(&self.host) {
            return Err(format!(
                "mailbox.security = \"none\" is refused because mailbox.host {:?} is not this machine; use \"tls\" or \
                 \"starttls\"",
                self.host
            ));
        }
        if self.auth == Auth::XOAuth2 {
            return match self.token_command.first() {
                Some(program) if !program.is_empty() => Ok(()),
                _ => Err("mailbox.token_command is empty; auth = \"xoauth2\" needs the command that prints a fresh \
                          access token"
                    .to_owned()),
            };
        }
        match &self.password {
            Some(password) if !password.expose_secret().is_empty() && !printable(password.expose_secret()) => {
                Err("mailbox.password must be printable ASCII; other characters are not portable in IMAP".to_owned())
            }
            Some(password) if !password.expose_secret().is_empty() => Ok(()),
            _ if !self.password_file.as_os_str().is_empty() || credential().is_some() => Ok(()),
            _ => Err("no password: set mailbox.password_file, UKETSUKE__MAILBOX__PASSWORD or the systemd credential \
                      \"mailbox-password\""
                .to_owned()),
        }
    }

    /// The password, from wherever it is configured.
    pub(super) fn read_password(&self) -> Result<SecretString, Error> {
        if let Some(password) = &self.password
            && !password.expose_secret().is_empty()
        {
            return Ok(password.clone());
        }
        let path = if self.password_file.as_os_str().is_empty() {
            credential().ok_or_else(|| Error::Setting("no password is configured".to_owned()))?
        } else {
            self.password_file.clone()
        };
        let text = std::fs::read_to_string(&path)
            .map_err(|cause| Error::local("read password file", &path, cause))?;
        let password = text.trim_end_matches(['\r', '\n']);
        if password.is_empty() || !printable(password) {
            return Err(Error::Setting(format!(
                "the password in {} must be one line of printable ASCII",
                path.display()
            )));
        }
        Ok(SecretString::from(password))
    }

    pub(super) fn destination(&self, to: Destination) -> &str {
        match to {
            Destination::Processed => &self.processed_folder,
            Destination::Attention => &self.attention_folder,
        }
    }

    /// `imaps://host:993`, for messages.
    pub(super) fn server(&self) -> String {
        let scheme = match self.security {
            Security::Tls => "imaps",
            Security::StartTls => "imap+starttls",
            Security::None => "imap",
        };
        format!("{scheme}://{}:{}", self.host, self.port)
    }
}

fn credential() -> Option<PathBuf> {
    let directory = std::env::var_os("CREDENTIALS_DIRECTORY")?;
    let path = Path::new(&directory).join("mailbox-password");
    path.exists().then_some(path)
}

fn printable(text: &str) -> bool {
    text.chars().all(|c| c == ' ' || c.is_ascii_graphic())
}

fn is_loopback(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost") || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// INBOX is the same in any case; other names are compared as they are, whatever separates their levels.
fn same_folder(left: &str, right: &str) -> bool {
    let plain = |name: &str| name.trim_start_matches("INBOX.").trim_start_matches("INBOX/").replace('.', "/");
    left.eq_ignore_ascii_case("INBOX") && right.eq_ignore_ascii_case("INBOX") || plain(left) == plain(right)
}

fn duration<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    let text = String::deserialize(deserializer)?;
    let parsed = text.parse::<SignedDuration>().ok().and_then(|d| Duration::try_from(d).ok());
    parsed.ok_or_else(|| {
        serde::de::Error::custom(format!("{text:?} is not a duration such as \"60s\" or \"5m\""))
    })
}

#[cfg(test)]
mod tests;
