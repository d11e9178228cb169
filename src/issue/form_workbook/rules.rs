//! Pure: what the input sheet checks while it is filled in: lists to pick from and hints (warnings, never a stop), and
//! red cells for dates outside, slots written twice, and a sum over the cap.

use rust_xlsxwriter::{
    ConditionalFormatFormula, DataValidation, DataValidationErrorStyle, DataValidationRule, Formula,
    Worksheet, XlsxError,
};

use super::identity::{DATES, TIMES, source};
use super::layout::{COUNT, DATE, END, FIRST, Layout, START, address};
use super::style::Style;
use super::table::ROWS;
use crate::campaign::Period;
use crate::clinic::Ward;
use crate::issue::cell_date::serial;

/// Header fields of digits alone (row, column), with what is told while they are filled in.
pub const DIGITS: [(u32, u16, &str, &str); 5] = [
    (4, 1, "会場番号", "通知の会場番号を半角で入力（先頭の0も省略しない）"),
    (5, 4, "医療機関コード", "10桁の数字を半角で入力（任意）"),
    (6, 4, "電話番号", "半角で入力（例 096-000-0000）"),
    (7, 4, "提出日", "年/月/日 の形で半角で入力"),
    (8, 4, "上限量", "通知の上限量（回分）を半角の数字だけで入力"),
];

const BOTTOM: u32 = FIRST + ROWS - 1;

pub fn add(sheet: &mut Worksheet, layout: &Layout, style: &Style) -> Result<(), XlsxError> {
    let periods = [layout.campaign.first_dose, layout.campaign.second_dose].map(Layout::span);
    let date = DataValidation::new()
        .allow_list_formula(Formula::new(source(DATES, layout.dates().len())))
        .set_error_style(DataValidationErrorStyle::Warning)
        .set_error_title("接種日")?
        .set_error_message(format!(
            "接種日は {} または {} です。このまま入力しますか。",
            periods[0], periods[1]
        ))?
        .set_input_title("接種日")?
        .set_input_message(
            "一覧から選ぶか、2021/10/25 のように半角で入力".replace("2021/10/25", &first_day(layout)),
        )?;
    sheet.add_data_validation(FIRST, DATE, BOTTOM, DATE, &date)?;
    let time = DataValidation::new()
        .allow_list_formula(Formula::new(source(TIMES, Layout::times().len())))
        .set_error_style(DataValidationErrorStyle::Warning)
        .set_error_title("時刻")?
        .set_error_message(
            "一覧にない時刻です。24時間表記（例 14:00）か確認してください。このまま入力しますか。",
        )?
        .set_input_title("時刻")?
        .set_input_message("24時間表記・半角（例 14:00）")?;
    sheet.add_data_validation(FIRST, START, BOTTOM, END, &time)?;
    let count = DataValidation::new()
        .allow_whole_number(DataValidationRule::Between(0, 999))
        .set_error_style(DataValidationErrorStyle::Warning)
        .set_error_title("枠数")?
        .set_error_message("人数を半角の整数だけで入力してください（例 6）。このまま入力しますか。")?
        .set_input_title("枠数（人数）")?
        .set_input_message("半角の整数だけ（例 6）。枠がなければ 0")?;
    sheet.add_data_validation(FIRST, COUNT, BOTTOM, layout.note_column() - 1, &count)?;
    lists(sheet)?;
    marks(sheet, layout, style)
}

fn first_day(layout: &Layout) -> String {
    layout.campaign.first_dose.from.strftime("%Y/%-m/%-d").to_string()
}

fn lists(sheet: &mut Worksheet) -> Result<(), XlsxError> {
    let picked = |values: &[&str]| -> Result<DataValidation, XlsxError> {
        DataValidation::new()
            .allow_list_strings(values)?
            .set_error_style(DataValidationErrorStyle::Warning)
            .set_error_message("一覧にない値です。このまま入力しますか。")
    };
    let wards: Vec<&str> = Ward::ALL.iter().map(|ward| ward.label()).collect();
    sheet.add_data_validation(5, 1, 5, 1, &picked(&wards)?)?;
    sheet.add_data_validation(8, 1, 8, 1, &picked(&["新規", "修正"])?)?;
    for (row, column, title, message) in DIGITS {
        let hint = DataValidation::new().set_input_title(title)?.set_input_message(message)?;
        sheet.add_data_validation(row, column, row, column, &hint)?;
    }
    Ok(())
}

fn marks(sheet: &mut Worksheet, layout: &Layout, style: &Style) -> Result<(), XlsxError> {
    let date = address(FIRST, DATE, false, true);
    let start = address(FIRST, START, false, true);
    let within =
        |period: Period| format!("AND({date}>={},{date}<={})", serial(period.from), serial(period.to));
    let outside = format!(
        "=AND({date}<>\"\",NOT(OR({},{})))",
        within(layout.campaign.first_dose),
        within(layout.campaign.second_dose)
    );
    let all =
        |column| format!("{}:{}", address(FIRST, column, true, true), address(BOTTOM, column, true, true));
    let twice =
        format!("=AND({date}<>\"\",{start}<>\"\",COUNTIFS({},{date},{},{start})>1)", all(DATE), all(START));
    let mark = |rule: &str| ConditionalFormatFormula::new().set_rule(rule).set_format(&style.alarm);
    sheet.add_conditional_format(FIRST, DATE, BOTTOM, DATE, &mark(&outside))?;
    sheet.add_conditional_format(FIRST, START, BOTTOM, START, &mark(&twice))?;
    sheet.add_conditional_format(9, 6, 9, 8, &mark("=AND($E$9<>\"\",$G$10>$E$9)"))?;
    Ok(())
}
