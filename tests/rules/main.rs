//! The rules on a form, each with a form that trips it and one that nearly does.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that meets the unexpected shall fail"
)]
#![allow(clippy::unnecessary_wraps, reason = "the builder gives what the form's optional cells take")]

mod builder;
mod catalogue;
mod file;
mod header;
mod identity;
mod plan;
mod promise;
mod rows;
mod settings;
mod slots;
