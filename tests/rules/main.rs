//! The rules on a form, each with a form that trips it and one that nearly does.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that meets the unexpected shall fail"
)]

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
