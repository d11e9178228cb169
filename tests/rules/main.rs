//! The rules on a form, each with a form that trips it and one that nearly does.

mod builder;
mod catalogue;
mod file;
mod header;
mod identity;
mod plan;
mod rows;
mod settings;
mod slots;
