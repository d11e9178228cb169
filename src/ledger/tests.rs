//! What only the ledger itself can arrange: a disk that is full while a transaction is open.

#![allow(clippy::unwrap_used, reason = "a failed step fails the test")]

use super::*;
use crate::inbound::uid::MessageKey;

fn keys(count: u32) -> Vec<MessageKey> {
    (0..count).map(|n| MessageKey::Maildir { folder: "INBOX".into(), name: format!("{n:0>200}") }).collect()
}

async fn page_limit(ledger: &Ledger, pages: i64) {
    let text = format!("PRAGMA max_page_count = {pages}");
    sqlx::query(sqlx::AssertSqlSafe(text)).execute(&ledger.writer).await.unwrap();
}

#[tokio::test]
async fn f49_a_disk_that_was_full_once_is_written_again() {
    let folder = tempfile::tempdir().unwrap();
    let now = Timestamp::UNIX_EPOCH;
    let ledger = Ledger::open(&folder.path().join("uketsuke.db"), now).await.unwrap();
    let pages: i64 = sqlx::query_scalar("PRAGMA page_count").fetch_one(&ledger.writer).await.unwrap();
    for round in 0..3 {
        page_limit(&ledger, pages + 2).await;
        let full = ledger.note_listing("INBOX", &keys(2_000), now).await;
        assert!(matches!(full, Err(Error::Full)), "{round}: {full:?}");
        // Here SQLite has rolled back by itself, and our own ROLLBACK finds nothing to do: it fails.
        page_limit(&ledger, pages + 2).await;
        let mut tx = ledger.write().await.unwrap();
        let full =
            sqlx::query("INSERT INTO meta (key, value) VALUES ('x', zeroblob(1000000))").execute(&mut *tx);
        assert!(matches!(full.await.map_err(Error::from), Err(Error::Full)), "{round}");
        drop(tx);
        ledger.note_service_ok("mailbox", now).await.unwrap();
        assert_eq!(ledger.pending().await.unwrap(), 0, "nothing of it is kept");
    }
    // Room again: nobody has to start the program anew.
    page_limit(&ledger, 1_000_000).await;
    ledger.note_listing("INBOX", &keys(2_000), now).await.unwrap();
    assert_eq!(ledger.pending().await.unwrap(), 2_000);
}
