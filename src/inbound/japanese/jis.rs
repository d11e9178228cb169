//! Pure: ISO-2022-JP as mail programs really write it.
//!
//! Beyond RFC 1468: needless and repeated escapes, characters split by them, half-width kana by `ESC ( I`,
//! by SO/SI or as 8-bit bytes, NEC row 13, JIS X 0212 and 0213, and lines that end without returning to ASCII.

use encoding_rs::{EUC_JP, EUC_KR, Encoding, GBK};

#[derive(Clone, Copy, PartialEq)]
enum Mode {
    Ascii,
    Kana,
    /// Two bytes each, read through an EUC form of the set; JIS X 0212 has the prefix 0x8F there.
    Double(Set),
}

#[derive(Clone, Copy, PartialEq)]
enum Set {
    Jis0208,
    Jis0212,
    Gb2312,
    Ksc5601,
}

/// True when the bytes hold an escape sequence that only ISO-2022-JP has.
pub fn has_escape(bytes: &[u8]) -> bool {
    let mut rest = bytes;
    while let Some(at) = rest.iter().position(|&b| b == 0x1B) {
        rest = rest.get(at + 1..).unwrap_or_default();
        if matches!(rest, [b'$', b'@' | b'B' | b'(', ..] | [b'(', b'I' | b'J', ..]) {
            return true;
        }
    }
    false
}

/// Decodes one text; what cannot be read becomes U+FFFD.
pub fn decode(bytes: &[u8]) -> String {
    let mut decoder = Decoder { out: String::with_capacity(bytes.len()), ..Decoder::new() };
    let mut rest = bytes;
    while let Some((&byte, tail)) = rest.split_first() {
        rest = tail;
        if byte == 0x1B {
            if let Some((mode, length)) = escape(tail) {
                decoder.mode = mode.unwrap_or(decoder.mode);
                rest = tail.get(length..).unwrap_or_default();
            }
        } else {
            decoder.push(byte);
        }
    }
    decoder.close();
    decoder.out
}

/// What follows ESC: the mode it selects (none for a mere announcement) and its length.
fn escape(after: &[u8]) -> Option<(Option<Mode>, usize)> {
    let double = |set| Some(Mode::Double(set));
    Some(match after {
        [b'$', b'(', b'D', ..] => (double(Set::Jis0212), 3),
        [b'$', b'(', b'A', ..] => (double(Set::Gb2312), 3),
        [b'$', b'(', b'C', ..] => (double(Set::Ksc5601), 3),
        [b'$', b'(', b'@' | b'B' | b'O' | b'P' | b'Q', ..] => (double(Set::Jis0208), 3),
        [b'$', b'@' | b'B', ..] => (double(Set::Jis0208), 2),
        [b'$', b'A', ..] => (double(Set::Gb2312), 2),
        [b'(', b'I', ..] => (Some(Mode::Kana), 2),
        [b'(', b'B' | b'J' | b'H', ..] => (Some(Mode::Ascii), 2),
        [b'&', b'@', ..] | [b'.', b'A' | b'F', ..] => (None, 2),
        _ => return None,
    })
}

struct Decoder {
    out: String,
    mode: Mode,
    shifted: bool,
    /// Two-byte characters not yet converted, in EUC form, of one set.
    pairs: Vec<u8>,
    set: Set,
    /// The first half of a character. It survives escapes that change nothing.
    half: Option<u8>,
}

impl Decoder {
    fn new() -> Self {
        Self {
            out: String::new(),
            mode: Mode::Ascii,
            shifted: false,
            pairs: Vec::new(),
            set: Set::Jis0208,
            half: None,
        }
    }

    fn push(&mut self, byte: u8) {
        match (byte, self.mode) {
            (b'\n' | b'\r', _) => {
                self.put(char::from(byte));
                self.mode = Mode::Ascii;
                self.shifted = false;
            }
            (0x0E, _) => self.shifted = true,
            (0x0F, _) => self.shifted = false,
            (0xA1..=0xDF, _) => self.put_kana(byte),
            (0x21..=0x5F, Mode::Kana) => self.put_kana(byte | 0x80),
            (0x21..=0x5F, Mode::Ascii) if self.shifted => self.put_kana(byte | 0x80),
            (0x21..=0x7E, Mode::Double(set)) => self.put_half(set, byte),
            (0x80.., _) => self.put('\u{FFFD}'),
            _ => self.put(char::from(byte)),
        }
    }

    fn put_half(&mut self, set: Set, byte: u8) {
        if set != self.set {
            self.close();
            self.set = set;
        }
        match self.half.take() {
            None => self.half = Some(byte),
            Some(first) => {
                if set == Set::Jis0212 {
                    self.pairs.push(0x8F);
                }
                self.pairs.extend([first | 0x80, byte | 0x80]);
            }
        }
    }

    /// `byte` in the 8-bit form of JIS X 0201, 0xA1 to 0xDF.
    fn put_kana(&mut self, byte: u8) {
        let kana = char::from_u32(0xFF61 + u32::from(byte) - 0xA1);
        self.put(kana.unwrap_or('\u{FFFD}'));
    }

    fn put(&mut self, c: char) {
        self.close();
        self.out.push(c);
    }

    fn close(&mut self) {
        if !self.pairs.is_empty() {
            let encoding: &Encoding = match self.set {
                Set::Jis0208 | Set::Jis0212 => EUC_JP,
                Set::Gb2312 => GBK,
                Set::Ksc5601 => EUC_KR,
            };
            self.out.push_str(&encoding.decode_without_bom_handling(&self.pairs).0);
            self.pairs.clear();
        }
        if self.half.take().is_some() {
            self.out.push('\u{FFFD}');
        }
    }
}
