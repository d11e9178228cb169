//! Pure: what a clinic wrote, made safe to repeat in a letter: short, one line, no controls, no live links.

/// Characters of one repeated value.
pub const ECHO: usize = 40;
const SENTENCE: usize = 300;

/// Endings that look like domains but are files.
const FILE_ENDINGS: [&str; 34] = [
    "xlsx", "xlsm", "xlsb", "xls", "ods", "csv", "pdf", "doc", "docx", "jtd", "rtf", "txt", "zip", "lzh",
    "rar", "7z", "jpg", "jpeg", "png", "gif", "bmp", "tif", "tiff", "heic", "ppt", "pptx", "eml", "msg",
    "dat", "htm", "html", "xml", "tsv", "xltx",
];

/// A value as it was written: at most 40 characters.
pub fn value(text: &str) -> String {
    shorten(&defang(&one_line(text)), ECHO)
}

/// A file's name: at most 40 characters, its ending kept.
pub fn file_name(name: &str) -> String {
    let name = defang(&one_line(name));
    let length = name.chars().count();
    if length <= ECHO {
        return name;
    }
    let tail: String = name.chars().skip(length - 12).collect();
    format!("{}…{tail}", name.chars().take(ECHO - 13).collect::<String>())
}

/// A sentence of ours that repeats such values.
pub fn sentence(text: &str) -> String {
    shorten(&defang(&one_line(text)), SENTENCE)
}

/// White space of every kind becomes one blank; controls, bidi marks and invisible characters go.
fn one_line(text: &str) -> String {
    let mut line = String::new();
    for c in text.chars() {
        if c == '\u{3000}' {
            line.push(c);
        } else if c.is_whitespace() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{85}') {
            if !line.ends_with(' ') {
                line.push(' ');
            }
        } else if !is_invisible(c) {
            line.push(c);
        }
    }
    line.trim().to_string()
}

fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

fn shorten(text: &str, limit: usize) -> String {
    if text.chars().count() <= limit {
        return text.to_string();
    }
    format!("{}…", text.chars().take(limit - 1).collect::<String>())
}

/// Breaks every address that a mail program would turn into a link: 「http」 becomes 「hxxp」, and the dots of a
/// domain get brackets. Numbers (10.25) and file names (様式.xlsx) stay.
fn defang(text: &str) -> String {
    let mut out = String::new();
    let mut word = String::new();
    for c in text.chars() {
        if c.is_ascii_graphic() {
            word.push(c);
        } else {
            out.push_str(&defang_word(&word));
            word.clear();
            out.push(c);
        }
    }
    out.push_str(&defang_word(&word));
    out
}

fn defang_word(word: &str) -> String {
    let lower = word.to_ascii_lowercase();
    let has_scheme = lower.contains("://");
    let linked = has_scheme || lower.contains("www.") || word.split(['/', '?', ':']).any(is_domain);
    if !linked {
        return word.to_string();
    }
    let mut out = word.replace("://", "[:]//");
    if has_scheme {
        for (from, to) in [("http", "hxxp"), ("HTTP", "hxxp"), ("Http", "hxxp"), ("ftp", "fxp")] {
            out = out.replace(from, to);
        }
    }
    out.replace('.', "[.]")
}

fn is_domain(text: &str) -> bool {
    let host = text.rsplit_once('@').map_or(text, |(_, host)| host);
    let host = host.trim_matches(|c: char| !c.is_ascii_alphanumeric());
    let Some((front, ending)) = host.rsplit_once('.') else { return false };
    let plausible = (2..=24).contains(&ending.len())
        && ending.bytes().all(|byte| byte.is_ascii_alphabetic())
        && front.bytes().any(|byte| byte.is_ascii_alphanumeric());
    plausible && !FILE_ENDINGS.contains(&ending.to_ascii_lowercase().as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn nothing_alive_comes_through(text in "(\\PC|[\r\n\t\u{202e}\u{200b}:/.a-z]){0,80}") {
            let told = value(&text);
            proptest::prop_assert!(told.chars().count() <= ECHO);
            proptest::prop_assert!(!told.contains("://") && !told.contains("www."), "{told}");
            proptest::prop_assert!(!told.chars().any(|c| c.is_control() || is_invisible(c)), "{told:?}");
        }
    }

    #[test]
    fn values_are_short_single_lines() {
        for (written, expected) in [
            ("11/12", "11/12"),
            ("9:00 6名\r\n10:00 6名", "9:00 6名 10:00 6名"),
            ("10.25", "10.25"),
            ("\u{202e}fdp.xslx\u{200b}", "fdp[.]xslx"),
            ("\u{1b}[31m赤", "[31m赤"),
            ("様式１.xlsx", "様式１.xlsx"),
            ("report.xlsx", "report.xlsx"),
            ("http://evil.example.com/a?b=1", "hxxp[:]//evil[.]example[.]com/a?b=1"),
            ("HTTPS://EVIL.COM", "hxxpS[:]//EVIL[.]COM"),
            ("見よevil.com/へ", "見よevil[.]com/へ"),
            ("www.evil.co.jp", "www[.]evil[.]co[.]jp"),
            ("a@evil.com", "a@evil[.]com"),
            ("　全角　", "全角"),
            ("", ""),
        ] {
            assert_eq!(value(written), expected, "{written:?}");
        }
        let long = "あ".repeat(100);
        assert_eq!(value(&long).chars().count(), ECHO);
        assert!(value(&long).ends_with('…'));
        assert_eq!(value("見よ http://evil.example.com/ へ"), "見よ hxxp[:]//evil[.]example[.]com/ へ");
        let name = file_name(&format!("{long}様式１.xlsx"));
        assert!(name.ends_with("様式１.xlsx") && name.chars().count() == ECHO, "{name}");
    }
}
