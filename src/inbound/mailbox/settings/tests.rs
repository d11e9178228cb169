//! What section `[mailbox]` accepts and refuses.

use super::*;

fn imap() -> Settings {
    Settings {
        kind: Kind::Imap,
        host: "imap.example.jp".to_owned(),
        username: "vproject".to_owned(),
        password: Some(SecretString::from("secret word")),
        ..Settings::default()
    }
}

/// `expected`: a piece of the complaint, or nothing.
fn check(change: impl FnOnce(&mut Settings), expected: &str) {
    let mut settings = imap();
    change(&mut settings);
    match settings.check() {
        Ok(()) => assert_eq!(expected, "", "accepted"),
        Err(text) => assert!(!expected.is_empty() && text.contains(expected), "{text:?} lacks {expected:?}"),
    }
}

#[test]
fn defaults_are_a_maildir() {
    assert_eq!(Settings::default().check(), Ok(()));
    assert_eq!(Settings::default().kind, Kind::Maildir);
}

#[test]
fn imap_settings() {
    check(|_| {}, "");
    check(|s| s.host.clear(), "mailbox.host");
    check(|s| s.port = 0, "mailbox.port");
    check(|s| s.username.clear(), "mailbox.username");
    check(|s| s.username = "予約".to_owned(), "mailbox.username");
    check(|s| s.password = Some(SecretString::from("a\r\nA1 DELETE INBOX")), "mailbox.password");
    check(|s| s.password = Some(SecretString::from("パスワード")), "mailbox.password");
    check(|s| s.password = None, "mailbox.password_file");
    check(|s| (s.password, s.password_file) = (None, "/run/secret".into()), "");
    check(|s| s.auth = Auth::XOAuth2, "mailbox.token_command");
    check(|s| (s.auth, s.token_command) = (Auth::XOAuth2, vec!["token".to_owned()]), "");
    check(|s| s.poll_interval = Duration::ZERO, "mailbox.poll_interval");
    check(|s| s.poll_interval = Duration::MAX, "mailbox.poll_interval");
    check(|s| s.folders.clear(), "mailbox.folders");
}

#[test]
fn plain_text_only_to_this_machine() {
    let plain =
        |host: &'static str| move |s: &mut Settings| (s.security, s.host) = (Security::None, host.to_owned());
    check(plain("imap.example.jp"), "mailbox.security");
    check(plain("192.0.2.1"), "mailbox.security");
    check(plain("localhost.example.jp"), "mailbox.security");
    check(plain("localhost"), "");
    check(plain("127.0.0.1"), "");
    check(plain("::1"), "");
}

#[test]
fn f80_source_is_target() {
    check(|s| s.processed_folder = "inbox".to_owned(), "mailbox.processed_folder");
    check(|s| s.attention_folder = "INBOX".to_owned(), "mailbox.attention_folder");
    check(|s| s.folders = vec!["INBOX".to_owned(), "A/B".to_owned()], "");
    check(
        |s| (s.folders, s.processed_folder) = (vec!["A/B".to_owned()], "A.B".to_owned()),
        "mailbox.processed_folder",
    );
    check(
        |s| (s.folders, s.processed_folder) = (vec!["INBOX.Processed".to_owned()], "Processed".to_owned()),
        "mailbox.processed_folder",
    );
    check(|s| (s.after, s.processed_folder) = (After::Leave, "INBOX".to_owned()), "");
}

#[test]
fn maildir_folders_stay_inside() {
    for name in ["..", "a/../b", "", "a//b", "x\0y"] {
        check(
            |s| (s.kind, s.processed_folder) = (Kind::Maildir, name.to_owned()),
            "mailbox.processed_folder",
        );
    }
}

#[test]
fn values_in_toml_terms() {
    let read = |json: &str| serde_json::from_str::<Settings>(json).map_err(|error| error.to_string());
    let settings = read(
        r#"{"kind": "imap", "security": "starttls", "auth": "xoauth2", "after": "flag", "poll_interval": "1m 30s",
            "password": "geheim"}"#,
    )
    .unwrap();
    assert_eq!(settings.poll_interval, Duration::from_secs(90));
    assert_eq!(
        (settings.security, settings.auth, settings.after),
        (Security::StartTls, Auth::XOAuth2, After::Flag)
    );
    assert!(!format!("{settings:?}").contains("geheim"));
    for (wrong, named) in [
        (r#"{"kind": "pop3"}"#, "pop3"),
        (r#"{"after": "delete"}"#, "delete"),
        (r#"{"auth": "plain"}"#, "plain"),
        (r#"{"poll_interval": "soon"}"#, "soon"),
        (r#"{"poll_interval": "-5s"}"#, "-5s"),
        (r#"{"pasword": "x"}"#, "pasword"),
    ] {
        let text = read(wrong).unwrap_err();
        assert!(text.contains(named), "{text}");
    }
}

#[test]
fn password_file_loses_its_line_end() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("password");
    let with = |bytes: &str| {
        std::fs::write(&path, bytes).unwrap();
        let settings = Settings { password: None, password_file: path.clone(), ..imap() };
        settings.read_password().map(|password| password.expose_secret().to_owned())
    };
    assert_eq!(with("geheim\r\n").unwrap(), "geheim");
    assert_eq!(with(" a b ").unwrap(), " a b ");
    assert!(matches!(with("\n"), Err(Error::Setting(_))));
    assert!(matches!(with("two\nlines"), Err(Error::Setting(_))));
    std::fs::remove_file(&path).unwrap();
    let settings = Settings { password: None, password_file: path, ..imap() };
    assert!(matches!(settings.read_password(), Err(Error::Local { .. })));
}
