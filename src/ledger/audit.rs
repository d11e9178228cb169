//! I/O: the audit trail: a hash chain of what was recorded and decided.
//!
//! `hash = SHA-256("v1", seq, at, actor, kind, ref, SHA-256(payload), prev_hash)`, every field written as
//! `length:bytes` so that no two field lists share one writing. The daily digest carries the head, which puts
//! an anchor outside the machine. Payloads name rows and hashes, never a person's data.

use jiff::Timestamp;
use sha2::{Digest, Sha256};
use sqlx::SqliteConnection;

use super::{Error, Ledger, column};
use crate::sha256;

/// The actor of everything that the program decides by itself.
pub const PROGRAM: &str = "uketsuke";

/// The last entry of the chain.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Head {
    /// Entries so far.
    pub seq: i64,
    /// Hex; empty for an empty chain.
    pub hash: String,
}

/// One entry to be added.
pub(super) struct Entry<'a> {
    pub at: Timestamp,
    pub actor: &'a str,
    pub kind: &'a str,
    /// `mail:12`, `receipt:8-0123-2`, `venue:0123`, `outbox:7`.
    pub subject: String,
    pub payload: serde_json::Value,
}

impl Ledger {
    pub async fn audit_head(&self) -> Result<Head, Error> {
        let mut connection = self.readers.acquire().await?;
        Ok(head(&mut connection).await?)
    }
}

pub(super) async fn head(connection: &mut SqliteConnection) -> Result<Head, sqlx::Error> {
    let row: Option<(i64, String)> = sqlx::query_as("SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1")
        .fetch_optional(connection)
        .await?;
    Ok(row.map(|(seq, hash)| Head { seq, hash }).unwrap_or_default())
}

/// Adds one entry; the transaction must be a writing one, so that nobody else adds at the same time.
pub(super) async fn append(connection: &mut SqliteConnection, entry: Entry<'_>) -> Result<(), sqlx::Error> {
    let mut last = head(connection).await?;
    append_after(connection, &mut last, entry).await
}

/// As [`append`], with the head at hand; moves it on.
pub(super) async fn append_after(
    connection: &mut SqliteConnection,
    last: &mut Head,
    entry: Entry<'_>,
) -> Result<(), sqlx::Error> {
    let seq = last.seq + 1;
    let at = column::micros(entry.at);
    let payload = entry.payload.to_string();
    let hash = link(seq, at, entry.actor, entry.kind, &entry.subject, &payload, &last.hash);
    sqlx::query(
        "INSERT INTO audit (seq, at, actor, kind, ref, payload, prev_hash, hash)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    )
    .bind(seq)
    .bind(at)
    .bind(entry.actor)
    .bind(entry.kind)
    .bind(&entry.subject)
    .bind(payload)
    .bind(&last.hash)
    .bind(&hash)
    .execute(connection)
    .await?;
    *last = Head { seq, hash };
    Ok(())
}

/// The hash of one entry.
pub(super) fn link(
    seq: i64,
    at: i64,
    actor: &str,
    kind: &str,
    subject: &str,
    payload: &str,
    previous: &str,
) -> String {
    let mut hasher = Sha256::new();
    let payload = sha256::of(payload.as_bytes());
    for field in ["v1", &seq.to_string(), &at.to_string(), actor, kind, subject, &payload, previous] {
        hasher.update(field.len().to_string());
        hasher.update(":");
        hasher.update(field);
    }
    sha256::hex(&hasher.finalize())
}
