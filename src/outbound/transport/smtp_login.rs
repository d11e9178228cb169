//! I/O: the login of an SMTP session: a password, or a fresh access token (XOAUTH2).

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use lettre::transport::smtp::Error as SmtpError;
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS, Mechanism};
use lettre::transport::smtp::client::AsyncSmtpConnection;
use secrecy::{ExposeSecret as _, SecretString};
use tokio::time::timeout;

use super::settings::{Auth, Settings};
use super::smtp_reply::{Reply, clean};
use crate::inbound::access_token;

/// Logs in where a user name is set. The error says what went wrong, without secrets; the caller names the server.
pub async fn log_in(
    settings: &Settings,
    connection: &mut AsyncSmtpConnection,
    within: Duration,
) -> Result<(), String> {
    if settings.username.is_empty() {
        return Ok(());
    }
    let conversation = async {
        match settings.auth {
            Auth::Password => with_password(settings, connection).await,
            Auth::XOAuth2 => with_token(settings, connection, within).await,
        }
    };
    timeout(within, conversation).await.unwrap_or_else(|_| Err("no answer in time".into()))
}

async fn with_password(settings: &Settings, connection: &mut AsyncSmtpConnection) -> Result<(), String> {
    let password = password(settings).await?;
    let credentials = Credentials::new(settings.username.clone(), password.expose_secret().to_string());
    connection.auth(DEFAULT_MECHANISMS, &credentials).await.map(drop).map_err(|error| explain(&error))
}

/// A server that refuses the token tells the reason in a challenge, which wants an empty answer.
async fn with_token(
    settings: &Settings,
    connection: &mut AsyncSmtpConnection,
    within: Duration,
) -> Result<(), String> {
    if !connection.server_info().supports_auth_mechanism(Mechanism::Xoauth2) {
        return Err("it does not offer XOAUTH2; use outgoing.auth = \"password\"".into());
    }
    let token = access_token::fetch(&settings.token_command, within)
        .await
        .map_err(|why| format!("outgoing.token_command {why}"))?;
    let first = STANDARD.encode(access_token::first_answer(&settings.username, token.expose_secret()));
    let answer = connection.command(format!("AUTH XOAUTH2 {first}\r\n")).await;
    let reason = match answer {
        Ok(response) if response.has_code(334) => {
            let challenge: String = response.message().collect();
            let decoded = STANDARD.decode(challenge.trim()).unwrap_or_default();
            clean(&String::from_utf8_lossy(&decoded))
        }
        Ok(_) => return Ok(()),
        Err(error) => return Err(refused(&explain(&error), "")),
    };
    match connection.command("\r\n").await {
        Ok(_) => Err(refused("it accepted no token", &reason)),
        Err(error) => Err(refused(&explain(&error), &reason)),
    }
}

fn refused(answer: &str, reason: &str) -> String {
    let reason = if reason.is_empty() { String::new() } else { format!(" {reason}") };
    format!("{answer}{reason}; check outgoing.username and outgoing.token_command")
}

/// From the environment, the password file, or the credential that systemd hands over. Read at each connection,
/// so that a changed password needs no restart.
async fn password(settings: &Settings) -> Result<SecretString, String> {
    if let Some(password) = &settings.password {
        return Ok(password.clone());
    }
    let file = if settings.password_file.as_os_str().is_empty() {
        match std::env::var_os("CREDENTIALS_DIRECTORY") {
            Some(folder) => std::path::PathBuf::from(folder).join("outgoing-password"),
            None => {
                return Err(
                    "outgoing.username is set, but there is no password: set outgoing.password_file, \
                            UKETSUKE__OUTGOING__PASSWORD, or the systemd credential \"outgoing-password\""
                        .into(),
                );
            }
        }
    } else {
        settings.password_file.clone()
    };
    match tokio::fs::read_to_string(&file).await {
        Ok(text) => Ok(text.trim_end_matches(['\r', '\n']).to_string().into()),
        Err(error) => Err(format!("failed to read the password file {}: {error}", file.display())),
    }
}

/// lettre's error with what is underneath it.
pub fn explain(error: &SmtpError) -> String {
    clean(&Reply::of_error(error))
}
