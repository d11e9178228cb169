//! Pure: the formats of the issued forms.

use rust_xlsxwriter::{Color, Format, FormatAlign, FormatBorder};

pub struct Style {
    pub title: Format,
    pub line: Format,
    pub label: Format,
    /// Cells to fill in: unlocked.
    pub field: Format,
    pub field_date: Format,
    pub field_number: Format,
    pub head: Format,
    pub no: Format,
    pub date: Format,
    pub time: Format,
    pub count: Format,
    pub note: Format,
    /// Derived cells: grey and locked.
    pub derived: Format,
    pub derived_number: Format,
    pub sum_label: Format,
    pub alarm: Format,
    pub plain_date: Format,
    pub plain_time: Format,
}

impl Style {
    pub fn new() -> Self {
        let base = || {
            Format::new()
                .set_font_name("ＭＳ ゴシック")
                .set_font_size(10)
                .set_align(FormatAlign::VerticalCenter)
        };
        let boxed = || base().set_border(FormatBorder::Thin);
        let field = || boxed().set_background_color(Color::RGB(0x00FF_FFE5)).set_unlocked();
        let cell = || boxed().set_unlocked();
        let grey = || boxed().set_background_color(Color::RGB(0x00E7_E6E6));
        Self {
            title: base().set_bold().set_font_size(14),
            line: base(),
            label: boxed().set_bold().set_background_color(Color::RGB(0x00DD_EBF7)),
            field: field().set_num_format("@"),
            // Without the locale, LibreOffice outside Japan takes `aaa` for another calendar and shows 8/19 for 10/25.
            field_date: field().set_num_format("[$-411]yyyy/m/d(aaa)").set_align(FormatAlign::Left),
            field_number: field(),
            head: boxed()
                .set_bold()
                .set_background_color(Color::RGB(0x00DD_EBF7))
                .set_align(FormatAlign::Center),
            no: grey(),
            date: cell().set_num_format("[$-411]yyyy/m/d(aaa)"),
            time: cell().set_num_format("h:mm"),
            count: cell(),
            note: cell(),
            derived: grey().set_align(FormatAlign::Center),
            derived_number: grey(),
            sum_label: boxed().set_bold(),
            alarm: Format::new()
                .set_font_color(Color::RGB(0x009C_0006))
                .set_background_color(Color::RGB(0x00FF_C7CE)),
            plain_date: base().set_num_format("[$-411]yyyy/m/d(aaa)"),
            plain_time: base().set_num_format("h:mm"),
        }
    }
}
