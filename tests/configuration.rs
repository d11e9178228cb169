//! The configuration: every mistake is refused before anything is touched, with the key, what stands there and what may.

mod support;

use std::process::Command;

use support::BINARY;

/// Runs `once` on a configuration that must be refused; answers what is told. The mailbox and ledger would be made if the program
/// came as far.
fn refused(toml: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("uketsuke.toml");
    let root = folder.path().display();
    let mut text = format!("{toml}\n");
    if !toml.contains("[database]") {
        text.push_str(&format!("[database]\npath = \"{root}/made/uketsuke.db\"\n"));
    }
    std::fs::write(&file, text).unwrap();
    let output = Command::new(BINARY).arg("--config").arg(&file).arg("once").output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(78), "{toml}: {told}");
    for word in ["variant", "enum ", "64-bit", "sequence", "unsigned", "panicked"] {
        assert!(!told.contains(word), "{toml}: {told}");
    }
    assert!(!folder.path().join("made").exists(), "{toml}");
    told
}

fn check(toml: &str, parts: &[&str]) {
    let told = refused(toml);
    for part in parts {
        assert!(told.contains(part), "{toml}: {part:?} is missing in {told}");
    }
}

#[test]
fn wrong_values_are_told_with_the_key_and_what_may_stand_there() {
    check("[mailbox]\nkind = \"pop3\"", &["mailbox.kind is \"pop3\"", "\"maildir\", \"imap\""]);
    check("[mailbox]\nsecurity = \"ssl\"", &["mailbox.security is \"ssl\"", "\"starttls\""]);
    check("[mailbox]\nafter = \"delete\"", &["mailbox.after", "\"leave\""]);
    check("[mailbox]\nauth = \"ntlm\"", &["mailbox.auth", "\"xoauth2\""]);
    check("[outgoing]\nmode = \"on\"", &["outgoing.mode is \"on\"", "\"staff-only\""]);
    check("[replies]\naddressee = \"様\"", &["replies.addressee", "\"御中\""]);
    check("[log]\nformat = \"xml\"", &["log.format", "\"journald\""]);
    check("[log]\nlevel = \"loud\"", &["log.level is \"loud\"", "debug"]);
    check("[mailbox]\nport = 70000", &["mailbox.port is 70000", "0 to 65535"]);
    check("[mailbox]\nport = \"abc\"", &["mailbox.port is \"abc\"", "whole number"]);
    check("[mailbox]\nidle = \"maybe\"", &["mailbox.idle is \"maybe\"", "true or false"]);
    check("[mailbox]\nfolders = \"INBOX\"", &["mailbox.folders", "[\"INBOX\"]"]);
    check(
        "[outgoing]\nconnect_timeout = \"soon\"",
        &["outgoing.connect_timeout is \"soon\": write it like \"30s\""],
    );
    check(
        "[campaign]\nopens = \"yesterday\"",
        &["campaign.opens is \"yesterday\": write it like \"2021-09-28T12:00"],
    );
    check("[digest]\nat = [\"25:00\"]", &["digest.at[0] is \"25:00\": write it like [\"08:15\"]"]);
    check("[digest]\nextra = [\"2021-10-08\"]", &["digest.extra", "2021-10-08T17:30"]);
    check("[limits]\nrows = -5", &["limits.rows is -5", "0 or more"]);
    check("[replies]\nwards = [{ ward = \"東区\" }]", &["replies.wards[0] lacks `phones`"]);
    check("[rules]\nR09 = \"bad\"", &["rules.R09", "warning"]);
}

#[test]
fn values_that_cannot_be_meant_are_refused_at_the_start() {
    check("[database]\npath = \"\"", &["database.path"]);
    check("[mailbox]\nport = 0", &["mailbox.port is 0"]);
    check("[outgoing]\nport = 0", &["outgoing.port is 0"]);
    check("[outgoing]\nkind = \"smtp\"\nusername = \"u\"", &["outgoing.username", "outgoing.password_file"]);
    check("[digest]\nto = [\"bad\"]", &["digest.to", "bad"]);
    check("[staff]\naddresses = [\"bad\"]", &["staff.addresses", "bad"]);
    check("[campaign]\nperiod = 0", &["campaign.period"]);
    check(
        "[campaign]\nprevious_period = { from = \"2021-10-04\", to = \"2021-10-25\" }",
        &["campaign.previous_period", "campaign.first_dose"],
    );
    for (pattern, cause) in [
        ("same", "lacks {venue}"),
        ("{venue}", "lacks {date"),
        ("{venue}.{date:%m/%d}", "lacks {time"),
        ("{venue", "not closed"),
        ("{venue}{date:%Q}{time:%H}", "{date:%Q}"),
        ("{venue}{date:%d}{time:%H}{ward}", "{ward}"),
    ] {
        check(
            &format!("[campaign]\npublic_slot_name = \"{pattern}\""),
            &["campaign.public_slot_name", cause],
        );
    }
    let same = "{venue}{date:%d}{time:%H}";
    check(
        &format!("[campaign]\npublic_slot_name = \"{same}\"\nprivate_slot_name = \"{same}\""),
        &["campaign.private_slot_name"],
    );
    for key in
        ["message_bytes", "rows", "cells", "child_seconds", "child_memory_bytes", "batch", "inflated_bytes"]
    {
        check(&format!("[limits]\n{key} = 0"), &[&format!("limits.{key} is 0"), "at least"]);
    }
    check("[limits]\nchild_memory_bytes = 1", &["limits.child_memory_bytes", "at least 67108864"]);
}

#[test]
fn a_password_never_stands_in_a_configuration_file() {
    for section in ["mailbox", "outgoing"] {
        let told = refused(&format!("[{section}]\npassword = \"hunter2\""));
        assert!(told.contains(&format!("{section}.password_file")) && !told.contains("hunter2"), "{told}");
    }
}

#[test]
fn files_that_the_configuration_names_must_be_there() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    };
    let (good, empty) = (file("good", "secret\n"), file("empty", "\n"));
    let imap = "[mailbox]\nkind = \"imap\"\nhost = \"127.0.0.1\"\nsecurity = \"none\"\n";
    check(&format!("{imap}password_file = \"/none\""), &["mailbox.password_file", "/none"]);
    check(&format!("{imap}password_file = \"{empty}\""), &["mailbox.password_file", "empty"]);
    check(&format!("{imap}password_file = \"{good}\"\nca_file = \"/none\""), &["mailbox.ca_file", "/none"]);
    check(&format!("{imap}password_file = \"{good}\"\nca_file = \"{good}\""), &["mailbox.ca_file", "PEM"]);
    let smtp = "[outgoing]\nkind = \"smtp\"\nhost = \"127.0.0.1\"\nsecurity = \"none\"\nusername = \"u\"\n";
    check(&format!("{smtp}password_file = \"/none\""), &["outgoing.password_file", "/none"]);
    check(&format!("{smtp}password_file = \"{good}\"\nca_file = \"/none\""), &["outgoing.ca_file"]);
    check("[outgoing]\nmessage_id_key_file = \"/none\"", &["outgoing.message_id_key_file"]);
    check(
        &format!("[outgoing]\nmessage_id_key_file = \"{good}\""),
        &["outgoing.message_id_key_file", "16 bytes"],
    );
    check("[clinics]\nfile = \"/none.csv\"", &["clinics.file", "/none.csv"]);
}
