//! Pure: a small reader of folded text from left to right.

/// A position in a text. Every `eat` moves on only where it matched.
#[derive(Clone, Copy, Debug)]
pub struct Scan<'a> {
    rest: &'a str,
}

impl<'a> Scan<'a> {
    pub fn new(text: &'a str) -> Self {
        Self { rest: text }
    }

    pub fn rest(&self) -> &'a str {
        self.rest
    }

    pub fn is_done(&self) -> bool {
        self.rest.is_empty()
    }

    pub fn peek(&self) -> Option<char> {
        self.rest.chars().next()
    }

    pub fn eat(&mut self, word: &str) -> bool {
        match self.rest.strip_prefix(word) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    /// The first of the words that stands here.
    pub fn eat_any<'w>(&mut self, words: &[&'w str]) -> Option<&'w str> {
        words.iter().copied().find(|word| self.eat(word))
    }

    /// One character out of the set.
    pub fn eat_char(&mut self, set: &[char]) -> Option<char> {
        let ch = self.peek().filter(|ch| set.contains(ch))?;
        self.rest = self.rest.strip_prefix(ch)?;
        Some(ch)
    }

    /// A run of digits: its number and its length. More than nine digits are no number of ours.
    pub fn number(&mut self) -> Option<(u32, usize)> {
        let end = self.rest.find(|ch: char| !ch.is_ascii_digit()).unwrap_or(self.rest.len());
        let digits = self.rest.get(..end)?;
        if digits.is_empty() || digits.len() > 9 {
            return None;
        }
        self.rest = self.rest.get(end..)?;
        Some((digits.parse().ok()?, digits.len()))
    }

    /// A number of one or two digits.
    pub fn short_number(&mut self) -> Option<u32> {
        let before = *self;
        if let Some((number, 1..=2)) = self.number() {
            return Some(number);
        }
        *self = before;
        None
    }
}
