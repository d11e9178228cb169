//! Pure: the sheet 記入要領: how to fill the form in, in words.

use rust_xlsxwriter::{Worksheet, XlsxError};

use super::layout::{ADDRESS, Layout, reiwa, short};
use super::style::Style;
use crate::campaign::in_jst;

pub fn write(sheet: &mut Worksheet, layout: &Layout, style: &Style) -> Result<(), XlsxError> {
    sheet.set_column_width(0, 100)?;
    sheet.set_paper_size(9).set_print_fit_to_pages(1, 0);
    let wrapped = style.line.clone().set_text_wrap();
    for (row, line) in (0u32..).zip(lines(layout)) {
        sheet.write_string_with_format(row, 0, line, if row == 0 { &style.title } else { &wrapped })?;
    }
    Ok(())
}

fn lines(layout: &Layout) -> Vec<String> {
    let campaign = layout.campaign;
    let deadline = in_jst(campaign.submission_deadline).date();
    let correction = in_jst(campaign.correction_deadline).date();
    let opening = in_jst(campaign.booking_opens).date();
    let columns = match layout.number {
        1 => {
            "この様式は公開枠（WEB・コールセンター受付）だけの様式です。非公開枠もある場合は様式３をお使いください。"
        }
        2 => "この様式は非公開枠（医療機関受付分）だけの様式です。公開枠もある場合は様式３をお使いください。",
        _ => {
            "公開枠（WEB・コールセンター受付）と非公開枠（医療機関受付分）の人数を、別々の列に記入してください。枠がない方は0です。"
        }
    };
    vec![
        format!("記入要領（{}）", super::title(layout.number)),
        String::new(),
        format!("１　提出期限は{}です。メールに添付し、{ADDRESS} へお送りください。", reiwa(deadline, true)),
        "２　Excel形式のまま、パスワードを設定せずに添付してください。PDF・写真では受け付けられません。マクロ付きの形式は避けてください。".into(),
        "３　シート名と見出しは変更しないでください。記入するのは色の付いた欄と表の白い欄だけです。".into(),
        "４　会場番号は通知に記載の番号を、先頭の0も含めて記入してください。".into(),
        format!(
            "５　接種日は、１回目が{}、２回目が{}です。{}",
            Layout::span(campaign.first_dose),
            Layout::span(campaign.second_dose),
            layout.gap()
        ),
        format!(
            "６　{}の期間として設定済みの予約枠は記入しないでください。第８期として新しく受け付ける枠だけを記入します。",
            Layout::span(campaign.previous_period)
        )
        .replace("第８期", &campaign.title),
        "７　1行に1枠です。期間や曜日（「毎週月曜」など）ではなく、1日ごと、時刻ごとに行を分けてください。".into(),
        "８　接種時刻は24時間表記の開始時刻です（午後2時は 14:00）。終了時刻は省略できます。".into(),
        "９　枠数は1枠の人数を半角の整数で記入してください（例 6）。「６～８」「６人」のような書き方はしないでください。".into(),
        format!("10　{columns}"),
        format!(
            "11　１回目と２回目の合計が、{}接種可能上限量の範囲内に収まるようにしてください。差し引き分は独自の受付枠として取り扱います。",
            campaign.title
        ),
        "12　２回目の枠は、１回目の３週間後の同じ曜日にも設けてください（２回目をシステム外で受け付ける場合を除きます）。".into(),
        "13　曜日・接種回・合計は自動で計算されます。灰色の欄への記入は不要です。".into(),
        format!(
            "14　提出後に変更する場合は、変更箇所だけでなく、すべての枠を記入した様式を{}までにお送りください。",
            short(correction)
        ),
        format!("　　{}以降のご依頼は、{}の受付開始に間に合わない可能性があります。", short(in_jst(campaign.correction_caution_from).date()), short(opening)),
        "15　予約管理システムを利用せず独自に受け付ける場合は、提出の必要はありません。".into(),
    ]
}
