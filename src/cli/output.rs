//! I/O: what the verbs print. Like C's standard streams, the output remembers that something of it was lost; the end of
//! the program asks once, so that no answer that nobody could read counts as given.

use std::io::{ErrorKind, Write};
use std::sync::OnceLock;

use super::{EXIT_IO, Failure};

/// The first failure to write on stdout; nothing is written after it.
static LOST: OnceLock<std::io::Error> = OnceLock::new();

/// Prints an answer.
pub fn print(text: &str) {
    print_bytes(text.as_bytes());
}

/// Prints bytes as they are.
pub fn print_bytes(bytes: &[u8]) {
    if LOST.get().is_some() {
        return;
    }
    let mut out = std::io::stdout().lock();
    if let Err(cause) = out.write_all(bytes).and_then(|()| out.flush()) {
        drop(LOST.set(cause));
    }
}

/// Prints exactly one JSON document.
pub fn print_json(value: &impl serde::Serialize) -> Result<(), Failure> {
    let text = serde_json::to_string_pretty(value)
        .map_err(|cause| Failure::new(EXIT_IO, format!("failed to write JSON: {cause}")))?;
    print(&format!("{text}\n"));
    Ok(())
}

/// A message for the person at the terminal, on stderr.
pub fn complain(message: &str) {
    drop(writeln!(std::io::stderr(), "uketsuke: {message}"));
}

/// The end of a verb that went well: `code`, unless its answer was lost. Whoever closes the pipe (`| head`) has read
/// enough.
pub fn ended(code: u8) -> Result<u8, Failure> {
    match LOST.get() {
        Some(cause) if cause.kind() != ErrorKind::BrokenPipe => Err(Failure::new(
            EXIT_IO,
            format!("failed to write the answer to stdout: {cause}; free some space"),
        )),
        _ => Ok(code),
    }
}
