//! I/O: the files that the configuration names. Checked when the program is to work with them (`run`, `once`, SIGHUP,
//! `doctor`): verbs that only look at the ledger may be run by people who cannot read the passwords.

use std::path::Path;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use super::{Config, Error};
use crate::inbound::mailbox;
use crate::outbound::transport;

/// Fewer secret bytes than this can be guessed.
const KEY_BYTES: usize = 16;

impl Config {
    /// The first file that is missing or holds the wrong thing, naming its key.
    pub fn check_files(&self) -> Result<(), Error> {
        self.files().map_err(Error)
    }

    fn files(&self) -> Result<(), String> {
        let (mailbox, outgoing) = (&self.mailbox, &self.outgoing);
        if mailbox.kind == mailbox::Kind::Imap {
            certificates("mailbox.ca_file", &mailbox.ca_file)?;
            if mailbox.auth == mailbox::Auth::Password && mailbox.password.is_none() {
                secret("mailbox.password_file", &mailbox.password_file)?;
            }
        }
        if outgoing.kind == transport::Kind::Smtp {
            certificates("outgoing.ca_file", &outgoing.ca_file)?;
            let logs_in = outgoing.auth == transport::Auth::Password && !outgoing.username.is_empty();
            if logs_in && outgoing.password.is_none() {
                secret("outgoing.password_file", &outgoing.password_file)?;
            }
        }
        let key = &outgoing.message_id_key_file;
        if !key.as_os_str().is_empty() && read("outgoing.message_id_key_file", key)?.len() < KEY_BYTES {
            return Err(format!(
                "outgoing.message_id_key_file: {} holds fewer than {KEY_BYTES} bytes; make it with \
                 `head -c 32 /dev/urandom`",
                key.display()
            ));
        }
        if !self.clinics.file.is_empty() {
            read("clinics.file", Path::new(&self.clinics.file))?;
        }
        Ok(())
    }
}

fn read(key: &str, path: &Path) -> Result<Vec<u8>, String> {
    std::fs::read(path).map_err(|cause| {
        format!("{key}: failed to read {}: {cause}; check the path and who may read it", path.display())
    })
}

/// Empty: the password comes from elsewhere.
fn secret(key: &str, path: &Path) -> Result<(), String> {
    if path.as_os_str().is_empty() {
        return Ok(());
    }
    let text = read(key, path)?;
    if text.iter().all(u8::is_ascii_whitespace) {
        return Err(format!("{key}: {} is empty; it must hold the password on one line", path.display()));
    }
    Ok(())
}

fn certificates(key: &str, path: &Path) -> Result<(), String> {
    if path.as_os_str().is_empty() {
        return Ok(());
    }
    let pem = read(key, path)?;
    match CertificateDer::pem_slice_iter(&pem).next() {
        Some(Ok(_)) => Ok(()),
        _ => Err(format!(
            "{key}: {} holds no certificate in PEM (-----BEGIN CERTIFICATE-----)",
            path.display()
        )),
    }
}
