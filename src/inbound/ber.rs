//! Pure: BER, as far as signed mail and certificates need it: definite and indefinite lengths, short tags (X.690 §8.1).

/// Deeper nesting is neither a mail's nor a certificate's.
pub const DEEPEST: usize = 24;
/// The bit of a tag whose content is elements.
pub const CONSTRUCTED: u8 = 0x20;

/// One element, and what follows it.
#[derive(Clone, Copy)]
pub struct Element<'a> {
    pub tag: u8,
    pub content: &'a [u8],
    pub rest: &'a [u8],
}

impl<'a> Element<'a> {
    pub fn first(bytes: &'a [u8]) -> Option<Self> {
        Self::at(bytes, 0)
    }

    fn at(bytes: &'a [u8], depth: usize) -> Option<Self> {
        let (&tag, rest) = bytes.split_first()?;
        let (&length, rest) = rest.split_first()?;
        // No tag that we look for needs the long form.
        if depth > DEEPEST || tag & 0x1F == 0x1F {
            return None;
        }
        if length == 0x80 {
            return if tag & CONSTRUCTED == 0 { None } else { Self::until_end(tag, rest, depth) };
        }
        let (length, rest) = match length {
            0..=0x7F => (usize::from(length), rest),
            0x81..=0x84 => {
                let (digits, rest) = rest.split_at_checked(usize::from(length & 0x0F))?;
                (digits.iter().fold(0usize, |sum, digit| sum << 8 | usize::from(*digit)), rest)
            }
            _ => return None,
        };
        let (content, rest) = rest.split_at_checked(length)?;
        Some(Self { tag, content, rest })
    }

    /// Indefinite length: elements until two zero bytes.
    fn until_end(tag: u8, bytes: &'a [u8], depth: usize) -> Option<Self> {
        let mut rest = bytes;
        loop {
            if let Some(after) = rest.strip_prefix(b"\0\0") {
                let content = bytes.get(..bytes.len() - rest.len())?;
                return Some(Self { tag, content, rest: after });
            }
            rest = Self::at(rest, depth + 1)?.rest;
        }
    }
}
