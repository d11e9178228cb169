//! Pure: text of one cell made comparable: NFKC and our own folds, without ever joining two numbers into one.

use unicode_normalization::{UnicodeNormalization, is_nfc};

/// Stands between two numbers that folding would otherwise join: 「①６月１日」 is not 16月1日, 「6 6」 is not 66.
pub const BOUNDARY: char = '\u{1}';

/// Width, compatibility forms, dashes, colons and tildes folded; invisible characters dropped; trimmed.
/// Line breaks stay `\n`, other white space becomes a space.
pub fn fold(text: &str) -> String {
    // The sign by which Excel takes an entry as text; some programs write it out.
    let text = text
        .trim_start()
        .strip_prefix(['\'', '’', '＇'])
        .filter(|rest| rest.starts_with(|ch: char| ch.is_alphanumeric()))
        .unwrap_or(text);
    if text.bytes().all(|byte| (0x20..0x7f).contains(&byte)) {
        return text.trim().to_string();
    }
    let mut out = String::with_capacity(text.len());
    let mut after_compound = false;
    let visible = composed(text.chars().filter(|ch| !is_invisible(*ch)).collect());
    for ch in visible.chars() {
        if let Some(plain) = plain_form(ch, out.chars().next_back()) {
            if after_compound && plain.is_ascii_digit() {
                out.push(BOUNDARY);
            }
            after_compound = false;
            out.push(plain);
            continue;
        }
        let before = out.chars().next_back();
        let mut last = None;
        for (index, piece) in std::iter::once(ch).nfkc().enumerate() {
            let joins = before.is_some_and(|before| before.is_ascii_digit()) || after_compound;
            if index == 0 && joins && piece.is_ascii_digit() {
                out.push(BOUNDARY);
            }
            out.push(piece);
            last = Some(piece);
        }
        after_compound = last.is_some_and(|last| last.is_ascii_digit());
    }
    composed(out).trim().to_string()
}

/// Nearly every text is composed already, which is quicker to see than to do.
fn composed(text: String) -> String {
    if text.chars().all(stands_alone) || is_nfc(&text) { text } else { text.nfc().collect() }
}

/// Characters that are composed whatever stands beside them, unless that is itself no such character.
fn stands_alone(ch: char) -> bool {
    matches!(ch,
        '\u{1}'..='~' | '\u{3000}'..='〩' | 'ぁ'..='ゖ' | 'ァ'..='ヾ' | '\u{4e00}'..='\u{9fff}' | '！'..='～')
}

/// The folded text without white space; where that stood between two digits, a [`BOUNDARY`] stands.
pub fn squash(folded: &str) -> String {
    let mut out = String::with_capacity(folded.len());
    let mut gap = false;
    for ch in folded.chars() {
        if ch.is_whitespace() {
            gap = true;
            continue;
        }
        if gap && ch.is_ascii_digit() && out.chars().next_back().is_some_and(|last| last.is_ascii_digit()) {
            out.push(BOUNDARY);
        }
        gap = false;
        out.push(ch);
    }
    out
}

/// Folded, squashed, lower case: the form in which values are compared and parsed.
pub fn key(text: &str) -> String {
    squash(&fold(text)).to_lowercase()
}

/// 〃, 同上 and the other signs for "as above".
pub fn is_ditto(squashed: &str) -> bool {
    matches!(
        squashed,
        "〃" | "\""
            | "\"\""
            | "''"
            | "``"
            | "′′"
            | "同上"
            | "同"
            | "々"
            | "↓"
            | "↑"
            | "”"
            | "“"
            | "仝"
            | "上に同じ"
            | "上と同じ"
    )
}

/// An error value that arrived as text (CSV, or pasted), or the 「####」 of a column that was too narrow.
pub fn is_error_text(squashed: &str) -> bool {
    let narrow = squashed.len() >= 3 && squashed.bytes().all(|byte| byte == b'#');
    narrow
        || ["#ref!", "#value!", "#n/a", "#name?", "#div/0!", "#num!", "#null!"]
            .iter()
            .any(|error| squashed.eq_ignore_ascii_case(error))
}

/// The number that kanji numerals write (六, 十二, 二十五, 二五), up to 99,999.
pub fn kanji_number(text: &str) -> Option<u32> {
    let mut total = 0u32;
    let mut digit: Option<u32> = None;
    let mut seen_unit = false;
    if text.is_empty() {
        return None;
    }
    for ch in text.chars() {
        if let Some(value) = kanji_digit(ch) {
            digit = match digit {
                None => Some(value),
                Some(before) if !seen_unit => Some(before.checked_mul(10)?.checked_add(value)?),
                Some(_) => return None,
            };
            if digit? > 99_999 {
                return None;
            }
        } else {
            let unit = match ch {
                '十' => 10,
                '百' => 100,
                '千' => 1000,
                _ => return None,
            };
            total = total.checked_add(digit.unwrap_or(1).checked_mul(unit)?)?;
            digit = None;
            seen_unit = true;
        }
    }
    total.checked_add(digit.unwrap_or(0))
}

/// Kanji numerals in front of 年, 月, 日, 時, 分 written as digits; `None` when there are none.
pub fn kanji_numerals_as_digits(text: &str) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    let mut run = String::new();
    let mut changed = false;
    for ch in text.chars() {
        if kanji_digit(ch).is_some() || ch == '十' {
            run.push(ch);
            continue;
        }
        if !run.is_empty() {
            match kanji_number(&run).filter(|_| matches!(ch, '年' | '月' | '日' | '時' | '分')) {
                Some(number) => {
                    out.push_str(&number.to_string());
                    changed = true;
                }
                None => out.push_str(&run),
            }
            run.clear();
        }
        out.push(ch);
    }
    out.push_str(&run);
    changed.then_some(out)
}

fn kanji_digit(ch: char) -> Option<u32> {
    Some(match ch {
        '〇' | '零' => 0,
        '一' | '壱' => 1,
        '二' | '弐' => 2,
        '三' | '参' => 3,
        '四' => 4,
        '五' => 5,
        '六' => 6,
        '七' => 7,
        '八' => 8,
        '九' => 9,
        _ => return None,
    })
}

/// The folded character where that is one plain character; `None` for compatibility forms such as ① or ㋉.
fn plain_form(ch: char, before: Option<char>) -> Option<char> {
    Some(match ch {
        '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}' => '\n',
        '～' | '〜' | '∼' | '∿' | '〰' | '⁓' | '˜' | '~' => '~',
        '－' | '‐' | '‑' | '‒' | '–' | '—' | '―' | '−' | '﹣' | '─' | '━' | '⁻' => '-',
        // A long-vowel mark is a dash only where it does not lengthen a vowel.
        'ー' | 'ｰ' if before.is_none_or(|before| !is_kana(before)) => '-',
        'ー' | 'ｰ' => 'ー',
        '∶' | 'ː' | '꞉' | '︓' | '﹕' | '：' => ':',
        '∕' | '⁄' | '／' => '/',
        '″' | '＂' | '〝' | '〟' => '"',
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(ch) - 0xfee0)?,
        _ if ch.is_whitespace() => ' ',
        _ if ch.is_ascii() => ch,
        'ぁ'..='ゟ'
        | 'ァ'..='ヾ'
        | '\u{4e00}'..='\u{9fff}'
        | '々'
        | '〃'
        | '〇'
        | '、'
        | '。'
        | '「'..='】' => ch,
        _ => return None,
    })
}

fn is_kana(ch: char) -> bool {
    matches!(ch, 'ぁ'..='ゖ' | 'ァ'..='ヺ' | 'ー' | 'ｦ'..='ﾟ')
}

fn is_invisible(ch: char) -> bool {
    (ch.is_control() && !matches!(ch, '\n' | '\r' | '\t' | '\u{b}' | '\u{c}' | '\u{85}'))
        || matches!(ch,
            '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2064}' | '\u{feff}' | '\u{ad}'
            | '\u{61c}' | '\u{180e}' | '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}')
}
