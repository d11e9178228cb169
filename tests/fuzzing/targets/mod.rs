//! One entry point for each fuzz target: bytes in, and what must hold whatever they are.
//!
//! `tests/fuzzing` calls them with changed seeds on every test run, `fuzz/` calls the same functions under libFuzzer.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a target fails by panicking"
)]

mod cells;
mod mail;
mod normalise;
mod seeds;
mod slots;

#[path = "../../eighth/mod.rs"]
mod eighth;
#[path = "../../reader_fixtures/mod.rs"]
mod reader_fixtures;

/// A target: its name (`fuzz/fuzz_targets/{name}.rs`), what it does with the bytes, and where it starts from.
pub struct Target {
    pub name: &'static str,
    pub run: fn(&[u8]),
    pub seeds: fn() -> Vec<Vec<u8>>,
}

pub const TARGETS: [Target; 10] = [
    Target { name: "normalise", run: normalise::cell, seeds: seeds::cells },
    Target { name: "layout", run: |data| _ = cells::layout(data), seeds: cells::layout_seeds },
    Target { name: "workbook", run: cells::workbook, seeds: seeds::workbooks },
    Target { name: "parts", run: |data| _ = cells::parts(data), seeds: seeds::parts },
    Target { name: "form", run: |data| _ = cells::form(data), seeds: seeds::workbooks },
    Target { name: "header", run: mail::header, seeds: seeds::headers },
    Target { name: "address", run: mail::address, seeds: seeds::addresses },
    Target { name: "authentication", run: mail::authentication, seeds: seeds::authentications },
    Target { name: "bounce", run: mail::bounce, seeds: seeds::bounces },
    Target { name: "message", run: mail::message, seeds: seeds::messages },
];

/// Runs the target of that name.
pub fn run(name: &str, data: &[u8]) {
    let target = TARGETS.iter().find(|target| target.name == name);
    (target.unwrap_or_else(|| panic!("no target {name}")).run)(data);
}

/// How many slots the target of that name finds in one input.
pub fn slots_of(name: &str, data: &[u8]) -> usize {
    match name {
        "layout" => cells::layout(data),
        "form" => cells::form(data),
        _ => cells::parts(data),
    }
}
