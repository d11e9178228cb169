//! Pure: which number formats mean a date or time; serials brought to the 1900 system; float noise taken off.

use smol_str::format_smolstr;

use super::Value;

/// Days between the two epochs (1904-01-01 is serial 1462 of the 1900 system).
const DAYS_TO_1904: f64 = 1462.0;
const SECONDS_A_DAY: f64 = 86_400.0;
/// What a person may have typed into a cell that happens to show dates or times: 1025, 10.25, 900, 9; 20211025.
const TYPED: f64 = 2_400.0;
const LAST_SERIAL: f64 = 2_958_465.0;
/// A serial this close to a whole second (10 ms) means that second.
const SECOND_NOISE: f64 = 0.01;

/// Formats that need no code: ECMA-376 18.8.30 with the Japanese ones (27 to 36, 50 to 58).
pub(super) fn is_builtin_date(id: u32) -> bool {
    matches!(id, 14..=22 | 27..=36 | 45..=47 | 50..=58)
}

/// Does the first section of a number format show a date, a time or a weekday?
///
/// Quoted and escaped text, colours and conditions are skipped; `[h]` counts, `0.00E+00` and `General` do not.
pub(super) fn is_date_format(code: &str) -> bool {
    let lower = code.to_ascii_lowercase().replace("general", "").replace("standard", "");
    let mut rest = lower.chars().peekable();
    let mut era_or_weekday = (' ', 0);
    while let Some(character) = rest.next() {
        match character {
            '"' => {
                let _ = rest.by_ref().find(|next| *next == '"');
            }
            '\\' | '_' | '*' => {
                rest.next();
            }
            '[' => {
                let inside: String = rest.by_ref().take_while(|next| *next != ']').collect();
                if !inside.is_empty() && inside.chars().all(|c| matches!(c, 'h' | 'm' | 's')) {
                    return true;
                }
            }
            ';' => return false,
            'y' | 'm' | 'd' | 'h' | 's' => return true,
            'e' if !matches!(rest.peek(), Some('+' | '-')) => return true,
            'a' | 'g' | 'b' => {
                let run = if era_or_weekday.0 == character { era_or_weekday.1 + 1 } else { 1 };
                era_or_weekday = (character, run);
                // aaa is the Japanese weekday, gg the era, bb the Buddhist year.
                if (character == 'a' && run == 3) || (character != 'a' && run == 2) {
                    return true;
                }
                continue;
            }
            _ => {}
        }
        era_or_weekday = (' ', 0);
    }
    false
}

/// A stored number as a value. The 1904 system shifts what may be a day of it: neither times of day (below 1) nor
/// numbers that are no date of anybody's.
pub(super) fn number(raw: f64, date: bool, epoch_1904: bool) -> Value {
    if !raw.is_finite() {
        return Value::Error(format_smolstr!("{raw}"));
    }
    if !date {
        return Value::Number(without_noise(raw));
    }
    let serial = to_second(raw);
    let is_day = serial > TYPED && serial <= LAST_SERIAL - DAYS_TO_1904;
    Value::Serial(if epoch_1904 && is_day { serial + DAYS_TO_1904 } else { serial })
}

/// Takes off what binary arithmetic left behind the 15 digits that Excel keeps.
pub(super) fn without_noise(raw: f64) -> f64 {
    if raw.fract() == 0.0 {
        // Also turns -0 into 0.
        return raw + 0.0;
    }
    let cents = (raw * 100.0).round() / 100.0;
    #[expect(clippy::float_cmp, reason = "exactly representable means: there is no noise to take off")]
    let exact = cents == raw;
    if exact { raw } else { format!("{raw:.14e}").parse().unwrap_or(raw) }
}

fn to_second(raw: f64) -> f64 {
    let seconds = raw * SECONDS_A_DAY;
    let whole = seconds.round();
    if raw.fract() != 0.0 && (seconds - whole).abs() < SECOND_NOISE {
        whole / SECONDS_A_DAY
    } else {
        raw + 0.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn date_formats() {
        let check = |code: &str, expected: bool| assert_eq!(is_date_format(code), expected, "{code}");
        check("General", false);
        check("G/標準", false);
        check("0.00E+00", false);
        check("##0.0E-0", false);
        check("#,##0;[Red]-#,##0", false);
        check("0\"人\"", false);
        check("\"予約日\"0", false);
        check("0_);[Red]\\(0\\)", false);
        check("[$-411]General", false);
        check("@", false);
        check("\\d0", false);
        check("yyyy/m/d(aaa)", true);
        check("m\"月\"d\"日\"", true);
        check("[$-411]ggge\"年\"m\"月\"d\"日\"", true);
        check("[$-411]ge.m.d", true);
        check("[h]:mm", true);
        check("h:mm AM/PM", true);
        check("aaa", true);
        check("aaaa", true);
        check("[$-411]e", true);
        check("[$-F800]dddd\\,\\ mmmm\\ dd\\,\\ yyyy", true);
        check("[Red]yyyy/m/d", true);
    }

    #[test]
    fn noise() {
        let check =
            |raw: f64, expected: f64| assert_eq!(without_noise(raw).to_bits(), expected.to_bits(), "{raw}");
        check(0.1 + 0.2, 0.3);
        check(46_174.999_999_999_99, 46_175.0);
        check(5.999_999_999_999_999, 6.0);
        check(6.5, 6.5);
        check(-0.0, 0.0);
        check(9_007_199_254_740_993.0, 9_007_199_254_740_992.0);
        check(0.395_833_333_333_333_3, 0.395_833_333_333_333);
    }

    #[test]
    fn serials() {
        let check = |raw: f64, epoch_1904: bool, expected: Value| {
            assert_eq!(number(raw, true, epoch_1904), expected, "{raw}");
        };
        check(44_494.0, false, Value::Serial(44_494.0));
        check(43_032.0, true, Value::Serial(44_494.0));
        check(0.375, true, Value::Serial(0.375));
        check(1_025.0, true, Value::Serial(1_025.0));
        check(20_211_025.0, true, Value::Serial(20_211_025.0));
        check(46_174.999_999_999_99, false, Value::Serial(46_175.0));
        check(0.395_833_33, false, Value::Serial(34_200.0 / 86_400.0));
        check(f64::INFINITY, false, Value::Error("inf".into()));
    }
}
