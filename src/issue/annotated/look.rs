//! Pure: the formats of a form sent back, and the room that texts take.

use rust_xlsxwriter::{Color, Format, FormatAlign, FormatBorder};
use unicode_width::UnicodeWidthStr;

use crate::inspection::verdict::Severity;
use crate::inspection::workbook::Value;

pub const FONT: &str = "ＭＳ Ｐゴシック";
const HEAD: Color = Color::RGB(0x00D9_E1F2);
const GRID: Color = Color::RGB(0x00A6_A6A6);

pub fn base() -> Format {
    Format::new().set_font_name(FONT).set_font_size(11).set_align(FormatAlign::VerticalCenter)
}

/// A cell of a table.
pub fn boxed(format: Format) -> Format {
    format.set_border(FormatBorder::Thin).set_border_color(GRID)
}

pub fn heading(format: Format) -> Format {
    format.set_bold().set_background_color(HEAD)
}

/// The colour of a place to mend (red) or to confirm (yellow).
pub fn fill(severity: Severity) -> Color {
    if severity == Severity::Error { Color::RGB(0x00F8_D7DA) } else { Color::RGB(0x00FF_F3CD) }
}

/// Number format of a value.
pub fn number_format(value: &Value) -> Option<&'static str> {
    match value {
        Value::Serial(serial) if *serial < 1.0 && has_seconds(*serial) => Some("h:mm:ss"),
        Value::Serial(serial) if *serial < 1.0 => Some("h:mm"),
        Value::Serial(serial) if serial.fract().abs() < 1e-9 => Some("yyyy/m/d"),
        Value::Serial(_) => Some("yyyy/m/d h:mm"),
        // Excel takes the zeros away when somebody types such a number again.
        Value::Text(text) if is_code(text) => Some("@"),
        _ => None,
    }
}

fn has_seconds(serial: f64) -> bool {
    (serial * 86_400.0).round() % 60.0 != 0.0
}

/// 「0123」, 「096-000-0000」
fn is_code(text: &str) -> bool {
    text.starts_with('0') && text.len() > 1 && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-')
}

/// Columns of a cell (a full-width letter takes two) that the value needs.
pub fn width(value: &Value) -> usize {
    match value {
        Value::Text(text) => text.lines().map(UnicodeWidthStr::width_cjk).max().unwrap_or(0),
        Value::Number(number) => number.to_string().len(),
        Value::Serial(serial) if *serial < 1.0 => 5,
        Value::Serial(serial) if serial.fract().abs() < 1e-9 => 10,
        Value::Serial(_) => 16,
        _ => 6,
    }
}

/// Marks that turn or hide text.
pub fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{fffe}' | '\u{ffff}')
}
