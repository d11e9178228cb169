//! From the mailbox to a decoded mail: fetch (I/O), then MIME, headers, file names, attachments (pure).

pub mod uid;
pub mod japanese;
pub mod header;
pub mod transfer;
pub mod address;
pub mod instant;
pub mod authentication;
pub mod html;
pub mod sniff;
pub mod tnef;
mod ber;
pub mod smime;
pub mod certificate;
pub mod attachment;
pub mod bounce;
pub mod automated;
pub mod message;
pub mod access_token;
pub mod mailbox;
