use super::*;

#[test]
fn names_of_encodings() {
    let check = |values: &[&'static str], expected: Encoding| {
        assert_eq!(Encoding::named(values.iter().map(|v| Cow::Borrowed(*v))), expected, "{values:?}");
    };
    check(&["base64"], Encoding::Base64);
    check(&["Base64;"], Encoding::Base64);
    check(&["\"BASE64\" (x)"], Encoding::Base64);
    check(&["7bit", "base64"], Encoding::Base64);
    check(&["quoted-printable"], Encoding::QuotedPrintable);
    check(&["x-uuencode"], Encoding::Uuencode);
    check(&["8bit"], Encoding::Identity);
    check(&[], Encoding::Identity);
}

#[test]
fn base64_of_every_length() {
    use base64::Engine;
    for length in 0..60usize {
        let bytes: Vec<u8> = (0..length).map(|n| (n * 37 % 251) as u8).collect();
        let text = base64::engine::general_purpose::STANDARD.encode(&bytes);
        assert_eq!(base64(text.as_bytes()), bytes);
        assert_eq!(base64(text.trim_end_matches('=').as_bytes()), bytes);
    }
    assert_eq!(
        Encoding::Base64.decode(b"this is plain text, wrongly labelled"),
        &b"this is plain text, wrongly labelled"[..]
    );
    assert_eq!(Encoding::Base64.decode(b"QUJD\r\n====\r\nREVG\r\n"), &b"ABC"[..]);
}

#[test]
fn quoted_printable_with_faults() {
    let check = |text: &str, expected: &str| {
        assert_eq!(
            String::from_utf8_lossy(&Encoding::QuotedPrintable.decode(text.as_bytes())),
            expected,
            "{text:?}"
        );
    };
    check("a=3Db", "a=b");
    check("a=\r\nb", "ab");
    check("a= \t\nb  \nc", "ab\nc");
    check("100=%=ZZ=4", "100=%=ZZ=4");
    check("=e3=81=82", "あ");
}

#[test]
fn uuencode_with_faults() {
    let found = uuencoded(b"text\nbegin 644 a b.txt\n#86)C\n`\nend\nmore\n").unwrap();
    assert_eq!((found.name, found.bytes.as_slice()), (&b"a b.txt"[..], &b"abc"[..]));
    assert_eq!((found.before, found.after), (&b"text\n"[..], &b"more\n"[..]));
    for text in [
        "begin 644 a\nnot a line\nend\n",
        "begin 644 a\n#86)C\n",
        "begin here\nend\n",
        "begin 9x4 a\n#86)C\n`\nend\n",
    ] {
        assert!(uuencoded(text.as_bytes()).is_none(), "{text}");
    }
}
