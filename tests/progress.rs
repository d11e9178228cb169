//! Progress is for a person at a terminal: shown there once the work takes long, and nowhere else.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests may")]

#[allow(dead_code, reason = "each test file uses its own part of these")]
mod support;

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output};

use support::{DeskFolder, Post, form, pairs};

/// A desk whose letters take two seconds to leave, with one mail waiting.
fn slow() -> DeskFolder {
    let desk = DeskFolder::new();
    let sendmail = desk.path("sendmail");
    std::fs::write(&sendmail, "#!/bin/sh\nsleep 2\nexec cat >/dev/null\n").unwrap();
    std::fs::set_permissions(&sendmail, std::fs::Permissions::from_mode(0o755)).unwrap();
    let book = form(1, "0123", "みなみ内科クリニック", pairs(&[0, 1], 9, 6));
    desk.receive(
        "2021-10-05T10:00:00+09:00",
        &Post { files: vec![("様式１.xlsx", book)], ..Post::default() }.bytes(),
    );
    desk.with(&format!("[outgoing]\nkind = \"sendmail\"\nsendmail = \"{}\"", sendmail.display()))
}

/// Runs a verb on a terminal of its own; what appeared on it.
fn on_a_terminal(desk: &DeskFolder, arguments: &[&str], shell: &str) -> String {
    assert!(Path::new("/usr/bin/script").exists(), "script is missing: apt-get install bsdutils");
    let command = desk.command(arguments);
    let mut line = String::from("stty cols 120; exec ");
    for word in std::iter::once(command.get_program()).chain(command.get_args()) {
        line.push_str(&format!("'{}' ", word.to_str().unwrap()));
    }
    line.push_str(shell);
    let output: Output = Command::new("/usr/bin/script")
        .args(["-qec", &line, "/dev/null"])
        .env("TERM", "xterm-256color")
        .env_remove("NO_COLOR")
        .env_remove("RUST_LOG")
        .output()
        .unwrap();
    let shown = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{shown}");
    shown
}

const BAR: &str = "受信 [";

#[test]
fn a_terminal_shows_how_far_it_is() {
    let shown = on_a_terminal(&slow(), &["once"], "");
    assert!(shown.contains(BAR) && shown.contains("1/1"), "{shown:?}");
    let answer = shown.rfind("受信 1通").unwrap_or_else(|| panic!("no answer: {shown:?}"));
    assert!(shown.rfind(BAR).unwrap() < answer, "the bar is gone before the answer stands: {shown:?}");
    let rest = &shown[shown.rfind(BAR).unwrap()..answer];
    assert!(rest.contains("\u{1b}[2K") || rest.contains("\r"), "the bar was not wiped: {rest:?}");
}

#[test]
fn nobody_else_sees_it() {
    for (quirk, arguments, shell) in [
        ("stderr goes to a file", &["once"][..], "2>/dev/null"),
        ("-q", &["-q", "once"], ""),
        ("for a script", &["--format", "json", "once"], ""),
    ] {
        let shown = on_a_terminal(&slow(), arguments, shell);
        assert!(!shown.contains(BAR), "{quirk}: {shown:?}");
    }
    let piped = slow().run(&["once"]);
    let said = String::from_utf8_lossy(&piped.stderr).into_owned();
    assert!(piped.status.success() && !said.contains(BAR) && !said.contains('\u{1b}'), "{said:?}");
}

#[test]
fn short_work_shows_nothing() {
    let shown = on_a_terminal(&DeskFolder::new(), &["verify"], "");
    assert!(!shown.contains("台帳を検査中"), "{shown:?}");
}

#[test]
fn it_has_no_colour() {
    let shown = on_a_terminal(&slow(), &["once"], "");
    let from = shown.find(BAR).unwrap();
    let bar: String = shown[from..].chars().take(60).collect();
    assert!(!bar.contains("\u{1b}[3"), "{bar:?}");
}
