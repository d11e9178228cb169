//! I/O: the audit trail: a hash chain of what was recorded and decided.
//!
//! `hash = SHA-256("v1", seq, at, actor, kind, ref, SHA-256(payload), prev_hash)`, every field written as
//! `length:bytes` so that no two field lists share one writing. The daily digest carries the head, which puts
//! an anchor outside the machine. Payloads name rows and hashes, never a person's data.

use jiff::Timestamp;
use sha2::{Digest, Sha256};
use sqlx::{QueryBuilder, Sqlite, SqliteConnection};

use super::column::{self, ROWS};
use super::{Error, Ledger};
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
    let mut chain = Chain::end(connection).await?;
    chain.add(entry);
    chain.write(connection).await
}

/// The end of the chain inside a writing transaction, and the entries that are still to be written.
pub(super) struct Chain {
    head: Head,
    unwritten: Vec<Row>,
}

struct Row {
    seq: i64,
    at: i64,
    actor: String,
    kind: String,
    subject: String,
    payload: String,
    previous: String,
    hash: String,
}

impl Chain {
    pub async fn end(connection: &mut SqliteConnection) -> Result<Self, sqlx::Error> {
        Ok(Self { head: head(connection).await?, unwritten: Vec::new() })
    }

    /// Links one entry; it stands in the ledger after [`Chain::write`].
    pub fn add(&mut self, entry: Entry<'_>) {
        let seq = self.head.seq + 1;
        let at = column::micros(entry.at);
        let payload = entry.payload.to_string();
        let hash = link(seq, at, entry.actor, entry.kind, &entry.subject, &payload, &self.head.hash);
        let head = Head { seq, hash: hash.clone() };
        self.unwritten.push(Row {
            seq,
            at,
            actor: entry.actor.into(),
            kind: entry.kind.into(),
            subject: entry.subject,
            payload,
            previous: std::mem::replace(&mut self.head, head).hash,
            hash,
        });
    }

    pub async fn write(&mut self, connection: &mut SqliteConnection) -> Result<(), sqlx::Error> {
        for rows in std::mem::take(&mut self.unwritten).chunks(ROWS) {
            let mut insert = QueryBuilder::<Sqlite>::new(
                "INSERT INTO audit (seq, at, actor, kind, ref, payload, prev_hash, hash) ",
            );
            insert.push_values(rows, |mut values, row| {
                values
                    .push_bind(row.seq)
                    .push_bind(row.at)
                    .push_bind(&row.actor)
                    .push_bind(&row.kind)
                    .push_bind(&row.subject)
                    .push_bind(&row.payload)
                    .push_bind(&row.previous)
                    .push_bind(&row.hash);
            });
            insert.build().persistent(false).execute(&mut *connection).await?;
        }
        Ok(())
    }
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
