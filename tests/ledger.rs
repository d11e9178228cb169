//! The ledger against real files: idempotence, crashes, versions, the outbox, planted violations.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::format_collect,
    clippy::items_after_statements,
    reason = "tests and their fixtures stop at the first surprise, and print how long they took"
)]

#[path = "ledger/fixture.rs"]
mod fixture;
#[path = "ledger/intake.rs"]
mod intake;
#[path = "ledger/versions.rs"]
mod versions;
#[path = "ledger/outbox.rs"]
mod outbox;
#[path = "ledger/registry.rs"]
mod registry;
#[path = "ledger/status.rs"]
mod status;
#[path = "ledger/verify.rs"]
mod verify;
#[path = "ledger/speed.rs"]
mod speed;
