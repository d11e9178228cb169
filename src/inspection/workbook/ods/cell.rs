//! Pure: what the attributes of one OpenDocument cell say: its type, its stored value, how often it is repeated.

use jiff::civil::{Date, DateTime};
use quick_xml::events::BytesStart;

use crate::inspection::workbook::number::number;
use crate::inspection::workbook::xml::{Xml, attributes};
use crate::inspection::workbook::{Refusal, Value};

/// The attributes of one cell.
pub(super) struct Typed {
    pub kind: String,
    pub stored: Option<String>,
    pub error: bool,
    pub formula: bool,
    pub style: Option<String>,
    pub repeats: u32,
    pub columns: u32,
    pub rows: u32,
}

impl Typed {
    pub(super) fn of(xml: &Xml<'_>, element: &BytesStart<'_>) -> Result<Self, Refusal> {
        let mut typed = Typed {
            kind: String::new(),
            stored: None,
            error: false,
            formula: false,
            style: None,
            repeats: 1,
            columns: 1,
            rows: 1,
        };
        for attribute in attributes(element) {
            let attribute = attribute.map_err(|error| xml.broken(error))?;
            let number = || attribute.value.parse::<u32>().unwrap_or(1).max(1);
            match attribute.key.0 {
                "office:value-type" => typed.kind = attribute.value.into_owned(),
                "calcext:value-type" => typed.error = attribute.value == "error",
                "office:value" | "office:date-value" | "office:time-value" | "office:boolean-value" => {
                    typed.stored = Some(attribute.value.into_owned());
                }
                "office:string-value" => {
                    let text = quick_xml::escape::unescape(&attribute.value);
                    typed.stored = Some(text.map_err(|error| xml.broken(error))?.into_owned());
                }
                "table:formula" => typed.formula = true,
                "table:style-name" => typed.style = Some(attribute.value.into_owned()),
                "table:number-columns-repeated" => typed.repeats = number(),
                "table:number-columns-spanned" => typed.columns = number(),
                "table:number-rows-spanned" => typed.rows = number(),
                _ => {}
            }
        }
        Ok(typed)
    }

    /// `None` for a blank cell.
    pub(super) fn value(&self, text: &str) -> Option<Value> {
        if self.error {
            // An error must not vanish because its text is missing.
            return Some(Value::Error(if text.is_empty() { "#N/A" } else { text }.into()));
        }
        let stored = self.stored.as_deref().map(str::trim);
        Some(match (self.kind.as_str(), stored) {
            ("float" | "percentage" | "currency", Some(stored)) => match stored.parse::<f64>() {
                Ok(raw) if raw.is_finite() => number(raw, false, false),
                _ => Value::Error(stored.into()),
            },
            ("date", Some(stored)) => {
                iso_serial(stored).map_or_else(|| Value::Text(stored.into()), Value::Serial)
            }
            ("time", Some(stored)) => {
                duration_days(stored).map_or_else(|| Value::Text(stored.into()), Value::Serial)
            }
            ("boolean", Some(stored)) => Value::Bool(stored == "true"),
            ("", _) if self.formula && text.is_empty() => Value::NoResult,
            _ if text.is_empty() => match self.stored.as_deref() {
                Some(stored) if !stored.is_empty() => Value::Text(stored.into()),
                _ => return None,
            },
            _ => Value::Text(text.into()),
        })
    }
}

/// `2021-10-25` or `2021-10-25T09:00:00` as a serial of the 1900 system; dates before March 1900 have none.
pub(crate) fn iso_serial(text: &str) -> Option<f64> {
    let text = text.trim_end_matches('Z');
    let at: DateTime = match text.parse::<DateTime>() {
        Ok(at) => at,
        Err(_) => text.parse::<Date>().ok()?.to_datetime(jiff::civil::Time::midnight()),
    };
    let epoch = jiff::civil::date(1899, 12, 30);
    let days = at.date().duration_since(epoch).as_hours() / 24;
    let seconds = at.time().duration_since(jiff::civil::Time::midnight()).as_secs_f64();
    (days > 60).then(|| match number(days as f64 + seconds / 86_400.0, true, false) {
        Value::Serial(serial) => serial,
        _ => days as f64,
    })
}

/// `PT09H30M00S` (also with days) in days.
fn duration_days(text: &str) -> Option<f64> {
    let rest = text.strip_prefix('P')?;
    let (mut days, mut digits) = (0.0, String::new());
    for character in rest.chars() {
        let share = match character {
            '0'..='9' | '.' => {
                digits.push(character);
                continue;
            }
            ',' => {
                digits.push('.');
                continue;
            }
            'T' => continue,
            'D' => 1.0,
            'H' => 24.0,
            'M' => 1_440.0,
            'S' => 86_400.0,
            _ => return None,
        };
        days += digits.parse::<f64>().ok()? / share;
        digits.clear();
    }
    match number(days, true, false) {
        Value::Serial(serial) => Some(serial),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates() {
        let check = |text: &str, expected: Option<f64>| assert_eq!(iso_serial(text), expected, "{text}");
        check("2021-10-25", Some(44_494.0));
        check("2021-10-25T09:00:00", Some(44_494.375));
        check("2021-10-25T09:00:00.000000000", Some(44_494.375));
        check("1899-12-30", None);
        check("2021-13-45", None);
        check("", None);
    }

    #[test]
    fn durations() {
        let check = |text: &str, expected: Option<f64>| assert_eq!(duration_days(text), expected, "{text}");
        check("PT09H00M00S", Some(0.375));
        check("PT09H30M00S", Some(34_200.0 / 86_400.0));
        check("PT13H30M00.000000000S", Some(0.5625));
        check("P1DT12H", Some(1.5));
        check("09:30", None);
    }
}
