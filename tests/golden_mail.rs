//! Mails as real programs write them, each quirk with the one right answer; every mail with LF and with CRLF.

#![allow(
    clippy::pedantic,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "helpers of tests may panic"
)]

#[path = "golden_mail/build.rs"]
mod build;
#[path = "golden_mail/headers.rs"]
mod headers;
#[path = "golden_mail/names.rs"]
mod names;
#[path = "golden_mail/bodies.rs"]
mod bodies;
#[path = "golden_mail/files.rs"]
mod files;
#[path = "golden_mail/containers.rs"]
mod containers;
#[path = "golden_mail/sealed.rs"]
mod sealed;
#[path = "golden_mail/limits.rs"]
mod limits;
