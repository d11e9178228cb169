//! I/O: access tokens for mail servers that want no password (SASL XOAUTH2): a command of the operator prints a fresh
//! one. Shared by the mailbox and by outgoing mail.

use std::process::Stdio;
use std::time::Duration;

use secrecy::SecretString;
use tokio::time::timeout;

/// Runs the program with its arguments; what it prints is the token. The error is a phrase to stand behind the name
/// of the setting: 「… failed: exit status: 3」. Nothing of what was printed is repeated.
pub async fn fetch(command: &[String], within: Duration) -> Result<SecretString, String> {
    let Some((program, arguments)) = command.split_first() else {
        return Err("is empty".to_owned());
    };
    let run = tokio::process::Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output();
    let output = timeout(within, run)
        .await
        .map_err(|_| "did not finish in time".to_owned())?
        .map_err(|cause| format!("cannot be run: {cause}"))?;
    let token = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    if !output.status.success() {
        return Err(format!("failed: {}", output.status));
    }
    if token.is_empty() || !token.chars().all(|c| c.is_ascii_graphic()) {
        return Err("printed something that is not one access token".to_owned());
    }
    Ok(SecretString::from(token))
}

/// The client's only answer in an XOAUTH2 conversation, before base64.
pub fn first_answer(username: &str, token: &str) -> String {
    format!("user={username}\x01auth=Bearer {token}\x01\x01")
}
