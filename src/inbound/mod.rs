//! From the mailbox to a decoded mail: fetch (I/O), then MIME, headers, file names, attachments (pure).

pub mod uid;
pub mod message;
pub mod japanese;
pub mod attachment;
pub mod sniff;
pub mod automated;
pub mod mailbox;
