//! Outgoing mail: what is written (pure) and how it leaves (I/O, `transport` only).

pub mod letter;
pub mod reply;
pub mod confirm;
pub mod remind;
pub mod words;
pub mod activity;
pub mod digest;
pub mod digest_workbook;
pub mod delivery;
pub mod breaker;
pub mod transport;
