//! Pure: mailboxes of From, Sender, Reply-To, To and Cc, and message identifiers.
//!
//! Only the addr-spec counts. Addresses that RFC 5322 forbids but mobile carriers gave out (`a..b.@docomo.ne.jp`)
//! are read; an ambiguous one is left empty, so that nobody is answered by mistake.

use super::header::{Field, Header};
use super::japanese::{one_line, words};
use super::message::Author;

/// More mailboxes than anybody answers to; the rest is left out.
const MOST: usize = 1_000;
/// RFC 5321 §4.5.3.1: 64 + 1 + 255.
const LONGEST: usize = 320;

/// Every mailbox of a list, groups opened. A mailbox without a sound address has an empty `address`.
pub fn mailboxes(field: &Field<'_>) -> Vec<Author> {
    parse(&field.text())
}

/// The same from the decoded text of a field.
pub fn parse(text: &str) -> Vec<Author> {
    let mut list = List::default();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if list.found.len() >= MOST {
            break;
        }
        match c {
            '"' => list.quoted(&mut chars),
            '(' => list.comment(&mut chars),
            '<' => list.angle(&mut chars),
            ',' | ';' => list.close(),
            ':' if !list.plain.contains('@') && !list.bracketed => list.forget(),
            _ => list.plain.push(c),
        }
    }
    list.close();
    list.found
}

/// Addresses only, as the rules compare them, empty ones left out.
pub fn addresses(header: &Header<'_>, name: &'static str) -> Vec<String> {
    let all = header.all(name).flat_map(|field| mailboxes(&field));
    all.map(|author| author.address).filter(|address| !address.is_empty()).take(MOST).collect()
}

#[derive(Default)]
struct List {
    found: Vec<Author>,
    /// Phrase, or an address without brackets, of the open mailbox; quoted pieces with their quotes.
    plain: String,
    comment: String,
    /// The address in angle brackets, normalised (empty: not sound).
    address: String,
    bracketed: bool,
}

impl List {
    /// A quote without its end is no quote: what follows it is read as usual.
    fn quoted(&mut self, chars: &mut std::str::Chars<'_>) {
        let start = chars.clone();
        let mut text = String::from('"');
        while let Some(c) = chars.next() {
            text.push(c);
            match c {
                '"' => {
                    self.plain.push_str(&text);
                    return;
                }
                '\\' => text.extend(chars.next()),
                _ => {}
            }
        }
        *chars = start;
    }

    fn comment(&mut self, chars: &mut std::str::Chars<'_>) {
        let mut depth = 1usize;
        while let Some(c) = chars.next() {
            match c {
                '(' => depth += 1,
                ')' if depth == 1 => return,
                ')' => depth -= 1,
                '\\' => self.comment.extend(chars.next()),
                _ => self.comment.push(c),
            }
        }
    }

    fn angle(&mut self, chars: &mut std::str::Chars<'_>) {
        let (mut inside, mut quoted) = (String::new(), false);
        while let Some(c) = chars.next() {
            match c {
                '>' if !quoted => break,
                '"' => quoted = !quoted,
                '\\' if quoted => {
                    inside.push(c);
                    inside.extend(chars.next());
                    continue;
                }
                _ => {}
            }
            inside.push(c);
        }
        // A source route (RFC 5322 §4.4) stands before the address.
        let routed = inside.trim_start().starts_with('@');
        let spec = if routed { inside.rsplit_once(':').map_or("", |(_, spec)| spec) } else { &inside };
        if self.bracketed {
            // Two addresses in one mailbox: both count, so that the author is ambiguous.
            self.close();
        }
        self.address = addr_spec(spec);
        self.bracketed = true;
    }

    fn forget(&mut self) {
        self.plain.clear();
        self.comment.clear();
    }

    fn close(&mut self) {
        let plain = std::mem::take(&mut self.plain);
        let comment = std::mem::take(&mut self.comment);
        let address = std::mem::take(&mut self.address);
        let phrase = plain.trim();
        if std::mem::take(&mut self.bracketed) {
            let name = if phrase.is_empty() { display(&comment) } else { display(phrase) };
            self.found.push(Author { name, address });
        } else if !phrase.is_empty() {
            let (name, address) = bare(phrase);
            let name = if name.is_empty() { display(&comment) } else { name };
            self.found.push(Author { name, address });
        }
    }
}

/// A mailbox without angle brackets: the address alone, or (not legal) a name and one address.
fn bare(phrase: &str) -> (String, String) {
    let whole = addr_spec(phrase);
    if !whole.is_empty() {
        return (String::new(), whole);
    }
    if !phrase.contains('"')
        && phrase.matches('@').count() == 1
        && let Some((name, last)) = phrase.rsplit_once(char::is_whitespace)
        && last.contains('@')
    {
        return (display(name.trim()), addr_spec(last));
    }
    (display(phrase), String::new())
}

fn display(phrase: &str) -> String {
    let mut plain = String::with_capacity(phrase.len());
    let mut chars = phrase.chars();
    while let Some(c) = chars.next() {
        match c {
            '"' => {}
            '\\' => plain.extend(chars.next()),
            _ => plain.push(c),
        }
    }
    one_line(&words::decode(&plain)).chars().take(LONGEST).collect()
}

/// `local@domain` normalised: blanks around dots dropped, needless quotes dropped, the domain in lower case and
/// without its trailing dot. Empty when it is not one address.
pub fn addr_spec(text: &str) -> String {
    let text = text.trim();
    let (local, domain) = match text.strip_prefix('"') {
        Some(rest) => {
            let mut end = None;
            let mut escaped = false;
            for (at, c) in rest.char_indices() {
                if c == '"' && !escaped {
                    end = Some(at);
                    break;
                }
                escaped = c == '\\' && !escaped;
            }
            let Some((inner, after)) = end.map(|at| rest.split_at(at)) else { return String::new() };
            let after = after.trim_start_matches('"').trim_start();
            let Some(domain) = after.strip_prefix('@') else { return String::new() };
            let plain = inner.replace('\\', "");
            let local = if is_local(&plain) { plain } else { format!("\"{inner}\"") };
            (local, domain)
        }
        None => match text.split_once('@') {
            Some((local, domain)) => (without_blanks_at_dots(local), domain),
            None => return String::new(),
        },
    };
    let domain = without_blanks_at_dots(domain).to_lowercase();
    let domain = domain.strip_suffix('.').unwrap_or(&domain);
    let local_is_sound = is_local(&local)
        || (local.starts_with('"') && local.len() > 2 && !local.chars().any(char::is_control));
    let address = format!("{local}@{domain}");
    if local_is_sound && is_domain(domain) && address.len() <= LONGEST { address } else { String::new() }
}

fn without_blanks_at_dots(text: &str) -> String {
    let pieces: Vec<&str> = text.trim().split('.').map(str::trim).collect();
    pieces.join(".")
}

/// Dots anywhere: that is what the carriers gave out.
fn is_local(local: &str) -> bool {
    !local.is_empty()
        && local.chars().all(|c| c.is_alphanumeric() || (c.is_ascii() && "!#$%&'*+-/=?^_`{|}~.".contains(c)))
}

fn is_domain(domain: &str) -> bool {
    if let Some(literal) = domain.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        return !literal.is_empty()
            && literal.chars().all(|c| c.is_ascii_alphanumeric() || ".:-".contains(c));
    }
    !domain.is_empty()
        && domain.split('.').all(|label| {
            !label.is_empty() && label.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_'))
        })
}

/// A message identifier that may safely be quoted in a header of ours: `<…>`, 1 to 250 visible ASCII
/// characters, one `@`.
pub fn message_id(token: &str) -> Option<String> {
    let inner = token.strip_prefix('<')?.strip_suffix('>')?;
    let sound = (1..=250).contains(&inner.len())
        && inner.bytes().all(|b| (0x21..=0x7E).contains(&b) && b != b'<' && b != b'>')
        && inner.matches('@').count() == 1;
    sound.then(|| token.to_owned())
}

/// Every sound identifier in a text, in order.
pub fn message_ids(text: &str) -> impl Iterator<Item = String> + '_ {
    text.split('<').skip(1).filter_map(|piece| {
        let (inner, _) = piece.split_once('>')?;
        if inner.len() > 250 { None } else { message_id(&format!("<{inner}>")) }
    })
}

#[cfg(test)]
mod tests;
