//! Every fuzz target, driven with changed seeds: real mails and workbooks with bytes, words and pieces exchanged.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests may")]

mod targets;

use std::path::Path;
use std::time::{Duration, Instant};

use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::{Config, TestRunner};
use targets::{TARGETS, Target};

/// More than this for one input would be a mail that holds the others up.
const SLOWEST: Duration = Duration::from_secs(10);
const CASES: u32 = 150;

/// What stands in mails and workbooks where a reader might stumble.
const WORDS: [&[u8]; 28] = [
    b"9999999999",
    b"-1",
    b"\"",
    b"<c r=\"ZZZ1\">",
    b"_x000D_",
    b"\x1B$B",
    b"\x1B(B\x1B(I",
    b"=?iso-2022-jp?B?",
    b"?=",
    b"''%E3%83",
    b"*1*=",
    b"\r\n ",
    b"\n--BB\n",
    b"Content-Type: message/rfc822\n\n",
    b"Content-Transfer-Encoding: base64\n",
    b"; charset=",
    b"@",
    b"<",
    b"(",
    b"\0",
    b"\xFF\xFE",
    b"\xE3\x80\x80",
    b"\xEF\xBC\x91",
    b"\xE3\x82\x99",
    b"PK\x03\x04",
    b"</row>",
    b"e308",
    b"10/25",
];

#[derive(Clone, Debug)]
enum Edit {
    Byte(Index, u8),
    Word(Index, Index),
    Cut(Index),
    Remove(Index, u8),
    Repeat(Index, u8, u8),
    /// The end of another seed after the start of this one.
    Splice(Index, Index, Index),
}

fn edit() -> impl Strategy<Value = Edit> {
    let at = any::<Index>;
    prop_oneof![
        4 => (at(), any::<u8>()).prop_map(|(place, byte)| Edit::Byte(place, byte)),
        4 => (at(), at()).prop_map(|(place, word)| Edit::Word(place, word)),
        1 => at().prop_map(Edit::Cut),
        2 => (at(), any::<u8>()).prop_map(|(place, length)| Edit::Remove(place, length)),
        2 => (at(), any::<u8>(), 1..5_u8).prop_map(|(place, length, times)| Edit::Repeat(place, length, times)),
        1 => (at(), at(), at()).prop_map(|(seed, place, other)| Edit::Splice(seed, place, other)),
    ]
}

fn change(bytes: &mut Vec<u8>, edit: &Edit, seeds: &[Vec<u8>]) {
    let place = |at: &Index, bytes: &[u8]| at.index(bytes.len() + 1);
    match edit {
        Edit::Byte(at, byte) if !bytes.is_empty() => {
            let at = at.index(bytes.len());
            bytes[at] = *byte;
        }
        Edit::Byte(_, byte) => bytes.push(*byte),
        Edit::Word(at, word) => {
            let at = place(at, bytes);
            bytes.splice(at..at, WORDS[word.index(WORDS.len())].iter().copied());
        }
        Edit::Cut(at) => bytes.truncate(place(at, bytes)),
        Edit::Remove(at, length) => {
            let at = place(at, bytes);
            let end = (at + usize::from(*length)).min(bytes.len());
            bytes.drain(at..end);
        }
        Edit::Repeat(at, length, times) => {
            let at = place(at, bytes);
            let piece = bytes[at..(at + usize::from(*length)).min(bytes.len())].repeat(usize::from(*times));
            bytes.splice(at..at, piece);
        }
        Edit::Splice(seed, at, from) => {
            let other = &seeds[seed.index(seeds.len())];
            bytes.truncate(place(at, bytes));
            bytes.extend_from_slice(&other[place(from, other)..]);
        }
    }
}

fn timely(target: &Target, data: &[u8]) {
    let start = Instant::now();
    targets::run(target.name, data);
    assert!(start.elapsed() < SLOWEST, "{}: {:?} for {} bytes", target.name, start.elapsed(), data.len());
}

fn drive(name: &str) {
    let target = TARGETS.iter().find(|target| target.name == name).unwrap();
    let seeds = (target.seeds)();
    assert!(seeds.len() > 2, "{name} starts from nothing");
    for seed in &seeds {
        timely(target, seed);
    }
    let config = Config { cases: CASES, failure_persistence: None, ..Config::default() };
    let changed = (any::<Index>(), prop::collection::vec(edit(), 1..10));
    TestRunner::new(config)
        .run(&changed, |(seed, edits)| {
            let mut data = seeds[seed.index(seeds.len())].clone();
            edits.iter().for_each(|edit| change(&mut data, edit, &seeds));
            timely(target, &data);
            Ok(())
        })
        .unwrap_or_else(|cause| panic!("{name}: {cause}"));
    let noise = prop::collection::vec(any::<u8>(), 0..400);
    let config = Config { cases: CASES, failure_persistence: None, ..Config::default() };
    TestRunner::new(config)
        .run(&noise, |data| {
            timely(target, &data);
            Ok(())
        })
        .unwrap_or_else(|cause| panic!("{name}: {cause}"));
}

#[test]
fn normalise() {
    drive("normalise");
}

#[test]
fn layout() {
    drive("layout");
}

#[test]
fn workbook() {
    drive("workbook");
}

#[test]
fn parts() {
    drive("parts");
}

#[test]
fn form() {
    drive("form");
}

#[test]
fn header() {
    drive("header");
}

#[test]
fn address() {
    drive("address");
}

#[test]
fn authentication() {
    drive("authentication");
}

#[test]
fn bounce() {
    drive("bounce");
}

#[test]
fn message() {
    drive("message");
}

/// A seed that is refused at the door tests nothing behind it.
#[test]
fn seeds_are_read() {
    let slots = |name: &str| -> Vec<usize> {
        let target = TARGETS.iter().find(|target| target.name == name).unwrap();
        (target.seeds)().iter().map(|seed| targets::slots_of(name, seed)).collect()
    };
    for (name, at_least) in [("layout", 3), ("form", 6), ("parts", 1)] {
        let found = slots(name);
        assert!(found.iter().filter(|slots| **slots > 0).count() >= at_least, "{name}: {found:?}");
    }
    // For libFuzzer, which starts from files.
    if let Some(corpus) = std::env::var_os("FUZZ_CORPUS") {
        for target in &TARGETS {
            let folder = Path::new(&corpus).join(target.name);
            std::fs::create_dir_all(&folder).unwrap();
            for (number, seed) in (target.seeds)().iter().enumerate() {
                std::fs::write(folder.join(format!("seed-{number:02}")), seed).unwrap();
            }
        }
    }
}

/// libFuzzer runs the same targets: each has its file and its entry.
#[test]
fn every_target_is_in_the_fuzz_folder() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz");
    let manifest = std::fs::read_to_string(folder.join("Cargo.toml")).unwrap();
    for target in &TARGETS {
        let path = format!("fuzz_targets/{}.rs", target.name);
        let text = std::fs::read_to_string(folder.join(&path)).unwrap_or_default();
        assert!(text.contains(&format!("run(\"{}\", ", target.name)), "{path}");
        assert!(manifest.contains(&format!("path = \"{path}\"")), "fuzz/Cargo.toml lacks {path}");
    }
    let files = std::fs::read_dir(folder.join("fuzz_targets")).unwrap().count();
    assert_eq!(files, TARGETS.len());
}
