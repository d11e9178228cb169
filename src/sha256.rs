//! Pure: SHA-256 in lower-case hex: the name of bytes in the ledger, in Message-IDs and in the audit trail.

use std::fmt::Write;

use sha2::{Digest, Sha256};

/// The hash of these bytes: 64 digits.
pub fn of(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// Any bytes as lower-case hex.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut hex, byte| {
        // Writing to a String cannot fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}
