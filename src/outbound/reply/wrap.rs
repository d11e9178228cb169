//! Pure: lines of at most 35 full-width characters, with hanging indents and Japanese line breaking rules.

use unicode_width::UnicodeWidthChar as _;

/// Columns of a line; a full-width character takes two.
pub const LIMIT: usize = 70;

const NEVER_FIRST: &str =
    "、。，．・：；？！）」』】〉》］｝〕ーぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮヵヶ々％,.:;?!)]}%";
const NEVER_LAST: &str = "（「『【〈《［｛〔([{";

/// Columns that the text takes. Ambiguous characters (※, →, …) count two, as Japanese mail programs draw them.
pub fn width(text: &str) -> usize {
    text.chars().map(char_width).sum()
}

/// Breaks overlong lines. Paragraphs whose lines all fit keep the breaks they were written with; where a filled-in
/// value made a line too long, its whole paragraph (or list item) is filled anew.
pub fn fill(text: &str) -> String {
    let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    let mut out: Vec<String> = Vec::new();
    let mut rest = lines.as_slice();
    while let Some((first, tail)) = rest.split_first() {
        let follow = following(first, tail);
        let (item, after) = (tail.get(..follow).unwrap_or_default(), tail.get(follow..).unwrap_or_default());
        if width(first) <= LIMIT && item.iter().all(|line| width(line) <= LIMIT) {
            out.push((*first).to_string());
            out.extend(item.iter().map(|line| (*line).to_string()));
        } else {
            let mut joined = (*first).to_string();
            for line in item {
                joined.push_str(line.trim_start());
            }
            out.extend(split(&joined));
        }
        rest = after;
    }
    finish(&out)
}

/// Breaks overlong lines, each by itself.
pub fn fill_lines(text: &str) -> String {
    let lines: Vec<String> = text.lines().flat_map(|line| split(line.trim_end())).collect();
    finish(&lines)
}

/// No blank lines at the start or end, never two in a row.
fn finish(lines: &[String]) -> String {
    let mut out = String::new();
    let mut blank = true;
    for line in lines {
        if line.is_empty() {
            if !blank {
                out.push('\n');
            }
            blank = true;
        } else {
            out.push_str(line);
            out.push('\n');
            blank = false;
        }
    }
    while out.ends_with("\n\n") {
        out.pop();
    }
    out
}

/// How many of the next lines belong to the item or sentence that `first` begins.
fn following(first: &str, tail: &[&str]) -> usize {
    let plain = !first.trim_start().starts_with(['・', '※']);
    let mut ended = plain && first.ends_with('。');
    let mut count = 0;
    for line in tail {
        if ended || !continues(first, line) {
            break;
        }
        ended = plain && line.ends_with('。');
        count += 1;
    }
    count
}

/// Does the line go on with the item that `first` begins?
fn continues(first: &str, line: &str) -> bool {
    if line.is_empty() || first.is_empty() {
        return false;
    }
    let indent = leading(first);
    let own = leading(line);
    let body = line.trim_start();
    if is_rule(first) || is_heading(first) || body.starts_with(['■', '・', '※', '(', '（']) || is_rule(line)
    {
        return false;
    }
    if first.trim_start().starts_with(['・', '※']) {
        own == indent + 2 && label_column(line).is_none()
    } else {
        indent == 0 && own == 0
    }
}

fn is_rule(line: &str) -> bool {
    line.len() > 10 && line.chars().all(|c| c == '-')
}

fn is_heading(line: &str) -> bool {
    line.starts_with('■') || line.trim_start().starts_with('(')
}

/// Columns of white space in front.
fn leading(line: &str) -> usize {
    line.chars().take_while(|c| c.is_whitespace()).map(char_width).sum()
}

/// Where the value of 「　　理由　　　　：…」 begins.
fn label_column(line: &str) -> Option<usize> {
    let (label, _) = line.split_once('：')?;
    let columns = width(label);
    (line.starts_with('　') && columns <= 26 && !label.contains(['。', '、', '「'])).then_some(columns + 2)
}

/// Columns of the 「(12) 」 in front of an entry.
fn number_columns(body: &str) -> usize {
    let number = body.strip_prefix('(').and_then(|rest| rest.split_once(") ")).map(|(number, _)| number);
    let counts = |number: &&str| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    number.filter(counts).map_or(0, |number| number.len() + 3)
}

/// One logical line as several, the later ones indented under the first one's text.
fn split(line: &str) -> Vec<String> {
    if width(line) <= LIMIT {
        return vec![line.to_string()];
    }
    let hang = label_column(line).unwrap_or_else(|| {
        let body = line.trim_start();
        let bullet = if body.starts_with(['・', '※']) { 2 } else { number_columns(body) };
        leading(line) + bullet
    });
    let indent = format!("{}{}", "　".repeat(hang / 2), " ".repeat(hang % 2));
    let mut lines = Vec::new();
    let mut rest: Vec<char> = line.chars().collect();
    let mut prefix = String::new();
    while width(&prefix) + columns(&rest) > LIMIT {
        let room = LIMIT - width(&prefix);
        let at = break_point(&rest, room, if lines.is_empty() { hang } else { 0 });
        let tail = rest.split_off(at.min(rest.len()));
        lines.push(format!("{prefix}{}", rest.iter().collect::<String>().trim_end()));
        rest = tail.into_iter().skip_while(|c| *c == ' ').collect();
        prefix.clone_from(&indent);
    }
    if !rest.is_empty() {
        lines.push(format!("{prefix}{}", rest.iter().collect::<String>()));
    }
    lines
}

/// The index before which to break so that the front fits into `room` columns: in the last third after a 、 or 。,
/// else between two phrases there, else wherever the rules allow it, else hard.
fn break_point(chars: &[char], room: usize, hang: usize) -> usize {
    let mut used = 0;
    let mut fitting = 0;
    for c in chars {
        used += char_width(*c);
        if used > room {
            break;
        }
        fitting += 1;
    }
    let (mut pause, mut phrase, mut allowed) = (None, None, None);
    let mut used = 0;
    for (index, pair) in chars.windows(2).enumerate().take(fitting) {
        let (Some(before), Some(after)) = (pair.first(), pair.last()) else { break };
        used += char_width(*before);
        if used <= hang || !may_break(*before, *after) {
            continue;
        }
        allowed = Some(index + 1);
        if used * 3 >= room * 2 {
            if matches!(before, '、' | '。') {
                pause = Some(index + 1);
            } else if between_phrases(*before, *after, chars.get(index + 2).copied()) {
                phrase = Some(index + 1);
            }
        }
    }
    pause.or(phrase).or(allowed).unwrap_or(fitting).max(1)
}

fn may_break(before: char, after: char) -> bool {
    let joined = |c: char| c.is_ascii_graphic();
    // A number keeps its counter: 10月13日 and 84人 stay whole.
    let counted = before.is_ascii_digit() && "年月日時分人件回枠番".contains(after)
        || after.is_ascii_digit() && "年月第".contains(before)
        || before == '日' && after == '（'
        || before == '様' && after == '式'
        || before == '式' && ('０'..='９').contains(&after);
    let held_together = joined(before) && joined(after) || counted;
    let forbidden = NEVER_FIRST.contains(after) || NEVER_LAST.contains(before) || after == ' ';
    !held_together && !forbidden
}

/// Japanese phrases mostly end in hiragana and begin with something else, or with the honorific ご or お.
fn between_phrases(before: char, after: char, next: Option<char>) -> bool {
    let hiragana = |c: char| ('\u{3041}'..='\u{309f}').contains(&c);
    let kanji = |c: char| ('\u{4e00}'..='\u{9fff}').contains(&c);
    if !hiragana(before) || matches!(before, 'ご' | 'お') {
        return false;
    }
    if matches!(after, 'ご' | 'お') { next.is_some_and(kanji) } else { !hiragana(after) }
}

fn columns(chars: &[char]) -> usize {
    chars.iter().copied().map(char_width).sum()
}

fn char_width(c: char) -> usize {
    c.width_cjk().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_paragraphs_keep_their_breaks() {
        let text = "一行目です。\n二行目です。\n\n・項目の\n　続きです。\n";
        assert_eq!(fill(text), text);
        assert_eq!(fill("\n\n一\n\n\n\n二\n\n"), "一\n\n二\n");
    }

    #[test]
    fn an_item_that_grew_is_filled_anew_under_its_bullet() {
        let text = format!("・{}、\n　続きの文です。\n・次の項目です。\n", "あ".repeat(36));
        let filled = fill(&text);
        assert_eq!(filled, format!("・{}\n　ああ、続きの文です。\n・次の項目です。\n", "あ".repeat(34)));
    }

    #[test]
    fn a_labelled_value_hangs_under_its_value() {
        let text = format!("　　理由　　　　　：{}。\n", "い".repeat(30));
        let filled = fill(&text);
        let lines: Vec<&str> = filled.lines().collect();
        assert_eq!(lines[0], format!("　　理由　　　　　：{}", "い".repeat(25)));
        assert_eq!(lines[1], format!("　　　　　　　　　　{}。", "い".repeat(5)));
    }

    #[test]
    fn a_numbered_entry_hangs_under_its_text() {
        let cells: Vec<String> = (18..40).map(|row| format!("B{row}")).collect();
        let filled = fill(&format!("(1) シート「様式１」{}（接種日）\n", cells.join("、")));
        let lines: Vec<&str> = filled.lines().collect();
        assert!(lines.len() > 1 && lines[1..].iter().all(|line| line.starts_with("　　B")), "{filled}");
    }

    #[test]
    fn breaks_follow_the_rules_and_lose_nothing() {
        let samples = [
            format!("{}。{}（水）までに10月13日にお送りください、と書く。", "う".repeat(33), "え".repeat(20)),
            "a".repeat(200),
            format!("　{}", "long-word-without-a-break.".repeat(9)),
            format!("・{}「かぎ」", "お".repeat(33)),
        ];
        for sample in samples {
            let filled = fill(&sample);
            for line in filled.lines() {
                assert!(width(line) <= LIMIT, "{line}");
                let body = line.trim_start();
                assert!(
                    !NEVER_FIRST.contains(body.chars().next().unwrap()) || body.starts_with('・'),
                    "{line}"
                );
            }
            let squeeze = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
            assert_eq!(squeeze(&filled), squeeze(&sample));
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_fits_and_is_whole(text in "([ぁ-ん一-龠、。（）「」：・※■　a-z0-9 -]{0,90}\n){0,6}") {
            let squeeze = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
            for filled in [fill(&text), fill_lines(&text)] {
                for line in filled.lines() {
                    proptest::prop_assert!(width(line) <= LIMIT, "{line}");
                }
                proptest::prop_assert_eq!(squeeze(&filled), squeeze(&text));
            }
        }
    }
}
