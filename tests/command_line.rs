//! The command line itself: what happens to lost output, how mistakes are told, what every verb says of itself.

mod support;

use std::fs::File;
use std::io::Read;
use std::process::{Command, Stdio};

use support::{BINARY, DeskFolder, Post, form, pairs};

fn full() -> Stdio {
    File::options().write(true).open("/dev/full").unwrap().into()
}

#[test]
fn an_answer_that_a_full_disk_swallows_is_a_failure() {
    let mut desk = DeskFolder::new();
    let file = form(1, "0123", "みなみ内科クリニック", pairs(&[0], 9, 6));
    std::fs::write(desk.path("form.xlsx"), &file).unwrap();
    desk.take_in(
        "2021-10-05T10:00:00+09:00",
        &Post { files: vec![("様式１.xlsx", file)], ..Post::default() },
    );
    let form = desk.path("form.xlsx").to_str().unwrap().to_string();
    for arguments in [
        &["mails"][..],
        &["--format", "json", "mails"],
        &["status"],
        &["mail", "1", "--raw"],
        &["once"],
        &["check", &form],
        &["completions", "bash"],
        &["man"],
        &["--help"],
    ] {
        let output = desk.command(arguments).stdout(full()).output().unwrap();
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(74), "{arguments:?}: {told}");
        assert!(told.contains("stdout") && !told.contains("panicked"), "{arguments:?}: {told}");
    }
}

#[test]
fn a_reader_that_has_seen_enough_is_no_failure() {
    for arguments in [&["completions", "bash"][..], &["man"], &["--help"]] {
        let mut child = Command::new(BINARY)
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // Closed before the program writes.
        drop(child.stdout.take());
        let mut told = String::new();
        child.stderr.take().unwrap().read_to_string(&mut told).unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(0), "{arguments:?}: {told}");
        assert_eq!(told, "", "{arguments:?}");
    }
}
