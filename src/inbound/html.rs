//! Pure: the readable text of an HTML body: tags dropped, block elements as line breaks, nothing loaded or run.

use super::japanese;

/// Elements whose text is not shown.
const SILENT: [&str; 5] = ["script", "style", "title", "template", "noscript"];
/// Elements that stand on lines of their own.
const BLOCKS: [&str; 24] = [
    "p",
    "div",
    "br",
    "tr",
    "li",
    "ul",
    "ol",
    "dl",
    "dt",
    "dd",
    "table",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "blockquote",
    "pre",
    "hr",
    "section",
    "article",
    "header",
    "footer",
];

/// The charset named by a `<meta>` near the top, if any.
pub fn declared_charset(html: &[u8]) -> Option<String> {
    let top = String::from_utf8_lossy(html.get(..2048).unwrap_or(html)).to_ascii_lowercase();
    let (_, after) = top.split_once("charset")?;
    let value = after.trim_start().strip_prefix('=')?.trim_start_matches([' ', '"', '\'']);
    let name: String =
        value.chars().take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_')).collect();
    (!name.is_empty()).then_some(name)
}

/// Does it hold a table?
pub fn has_table(html: &str) -> bool {
    html.match_indices('<').any(|(at, _)| {
        let tag = html.get(at + 1..).unwrap_or_default();
        tag.get(..5).is_some_and(|name| name.eq_ignore_ascii_case("table"))
    })
}

/// The text of `html`, at most `max_bytes` of it; the flag tells whether something was cut.
pub fn text(html: &str, max_bytes: usize) -> (String, bool) {
    let mut out = Out { text: String::new() };
    let mut rest = html;
    loop {
        if out.text.len() > max_bytes {
            return (out.text, true);
        }
        let Some((before, after)) = rest.split_once('<') else {
            out.words(rest);
            return (out.text.trim().to_owned(), false);
        };
        out.words(before);
        rest = if let Some(comment) = after.strip_prefix("!--") {
            comment.split_once("-->").map_or("", |(_, tail)| tail)
        } else if after.starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '/' | '!' | '?')) {
            let (tag, tail) = after.split_once('>').unwrap_or((after, ""));
            out.tag(tag);
            skip_silent(tag, tail)
        } else {
            out.words("&lt;");
            after
        };
    }
}

/// Behind the end of an element whose content is not shown; otherwise where we are.
fn skip_silent<'a>(tag: &str, tail: &'a str) -> &'a str {
    let name = name_of(tag);
    if tag.ends_with('/') || !SILENT.contains(&name.as_str()) {
        return tail;
    }
    let mut rest = tail;
    while let Some((_, after)) = rest.split_once("</") {
        if name_of(after) == name {
            return after.split_once('>').map_or("", |(_, tail)| tail);
        }
        rest = after;
    }
    ""
}

fn name_of(tag: &str) -> String {
    tag.chars().take_while(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).take(20).collect()
}

struct Out {
    text: String,
}

impl Out {
    fn tag(&mut self, tag: &str) {
        let name = name_of(tag.trim_start_matches('/'));
        if BLOCKS.contains(&name.as_str()) {
            let line = self.text.trim_end_matches(' ').len();
            self.text.truncate(line);
            if name == "br" || !(self.text.is_empty() || self.text.ends_with('\n')) {
                self.text.push('\n');
            }
        } else if matches!(name.as_str(), "td" | "th") && tag.starts_with('/') {
            self.space();
        }
    }

    fn space(&mut self) {
        if !(self.text.is_empty() || self.text.ends_with([' ', '\n'])) {
            self.text.push(' ');
        }
    }

    fn words(&mut self, raw: &str) {
        let mut rest = raw;
        while let Some((before, after)) = rest.split_once('&') {
            self.plain(before);
            if let Some((c, tail)) = entity(after) {
                if c == ' ' || c == '\u{A0}' {
                    self.space();
                } else {
                    self.text.push(c);
                }
                rest = tail;
            } else {
                self.text.push('&');
                rest = after;
            }
        }
        self.plain(rest);
    }

    fn plain(&mut self, text: &str) {
        for c in text.chars() {
            if matches!(c, ' ' | '\t' | '\n' | '\r' | '\u{A0}') {
                self.space();
            } else {
                self.text.push(c);
            }
        }
    }
}

/// The character named after `&`, and the text behind its `;`.
fn entity(after: &str) -> Option<(char, &str)> {
    let end = after.char_indices().take(12).find(|(_, c)| *c == ';')?.0;
    let (name, tail) = after.split_at(end);
    let tail = tail.strip_prefix(';')?;
    let c = if let Some(number) = name.strip_prefix('#') {
        let code = match number.strip_prefix(['x', 'X']) {
            Some(hex) => u32::from_str_radix(hex, 16).ok()?,
            None => number.parse().ok()?,
        };
        char::from_u32(code)?
    } else {
        match name {
            "nbsp" | "ensp" | "emsp" | "thinsp" => ' ',
            "amp" => '&',
            "lt" => '<',
            "gt" => '>',
            "quot" => '"',
            "apos" => '\'',
            "yen" => '¥',
            "copy" => '©',
            "hellip" => '…',
            "mdash" => '—',
            "ndash" => '–',
            "middot" => '·',
            "times" => '×',
            "rarr" => '→',
            "larr" => '←',
            "lsquo" => '‘',
            "rsquo" => '’',
            "ldquo" => '“',
            "rdquo" => '”',
            "bull" => '•',
            "deg" => '°',
            _ => return None,
        }
    };
    Some((c, tail))
}

/// Decodes an HTML body: the label of the part, else the one it names itself, else by its bytes.
pub fn decoded(label: &str, html: &[u8]) -> String {
    if label.is_empty() {
        japanese::decode(&declared_charset(html).unwrap_or_default(), html)
    } else {
        japanese::decode(label, html)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strips_html_to_what_people_read() {
        let cases = [
            ("<p>予約枠</p><p>送付&nbsp;します</p>", "予約枠\n送付 します"),
            ("<html><head><title>x</title></head><body>本文<br>二行</body></html>", "本文\n二行"),
            ("<style>p{color:red}</style>a<script>if(a<b){}</script>b", "ab"),
            ("<!-- <p>隠し</p> -->表示", "表示"),
            ("1 < 2 &amp; 3 &gt; 2 &#x3042;&#12356; &unknown;", "1 < 2 & 3 > 2 あい &unknown;"),
            ("<table><tr><td>9時</td><td>6人</td></tr><tr><td>10時</td></tr></table>", "9時 6人\n10時"),
            ("<head><meta charset=x>本文が続く", "本文が続く"),
            ("終わらない<a href=\"", "終わらない"),
        ];
        for (html, expected) in cases {
            assert_eq!(text(html, 10_000).0, expected, "{html}");
        }
        assert!(text(&"<b>あ</b>".repeat(100), 30).1);
    }

    #[test]
    fn a_table_is_known_by_its_tag() {
        for (html, expected) in [
            ("<p>a</p><TABLE border=1><tr><td>6</td></tr></TABLE>", true),
            ("<p>table</p>", false),
            ("<あいうえお", false),
            ("<tab", false),
        ] {
            assert_eq!(has_table(html), expected, "{html}");
        }
    }

    #[test]
    fn finds_the_charset_that_html_names() {
        let html = b"<html><meta http-equiv=\"Content-Type\" content=\"text/html; charset=Shift_JIS\">";
        assert_eq!(declared_charset(html).as_deref(), Some("shift_jis"));
        assert_eq!(declared_charset(b"<meta charset=\"utf-8\">").as_deref(), Some("utf-8"));
        assert_eq!(declared_charset(b"<p>none</p>"), None);
    }
}
