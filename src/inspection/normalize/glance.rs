//! Pure: which of many words stand in one short text. Most words are ruled out by their bytes before any search.

/// A text and the set of its bytes, folded to 64.
#[derive(Clone, Copy, Debug)]
pub struct Glance<'t> {
    text: &'t str,
    bytes: u64,
}

impl<'t> Glance<'t> {
    pub fn of(text: &'t str) -> Self {
        Self { text, bytes: text.bytes().fold(0, |bytes, byte| bytes | bit(byte)) }
    }

    pub fn contains(self, word: &str) -> bool {
        word.bytes().all(|byte| self.bytes & bit(byte) != 0) && self.text.contains(word)
    }

    pub fn contains_any(self, words: &[&str]) -> bool {
        words.iter().any(|word| self.contains(word))
    }
}

fn bit(byte: u8) -> u64 {
    1 << (byte & 63)
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn finds_what_a_search_finds(text in "[第1-3回目枠数公開a-c@]{0,9}", word in "[第1-3回目枠数公開a-c@]{0,2}") {
            assert_eq!(Glance::of(&text).contains(&word), text.contains(&word));
        }
    }
}
