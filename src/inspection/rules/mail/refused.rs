//! Pure: M03, M19, F01: why a file gave no cells, in words that tell the clinic what helps.

use crate::inbound::attachment::FileKind;
use crate::inspection::rules::finding::{raise, raise_other};
use crate::inspection::verdict::Finding;
use crate::inspection::workbook::Refusal;

use super::{for_staff, reading};

const MIB: u64 = 1024 * 1024;

/// The finding by the reason. A limit's setting stands beside the file's name, for those who may change it.
pub fn refused(file: &str, refusal: &Refusal) -> Finding {
    match refusal {
        Refusal::Password => reading(raise("M03", &[("file", file.to_string())]), file),
        Refusal::Corrupt(_) => reading(raise("F01", &[]), file),
        Refusal::OldFormat(kind) => {
            reading(raise_other("F01", 0, &[("format", format_name(*kind).to_string())]), file)
        }
        Refusal::Empty => {
            let again =
                "お手数ですが、お手元のファイルを開けることをご確認のうえ、再度添付してお送りください。";
            reading(mended(raise_other("M19", 0, &[]), again), file)
        }
        Refusal::Limit { setting, allowed, found } => {
            let (what, unit) = measure(setting);
            let values = [
                ("what", what.to_string()),
                ("found", unit.found(*found)),
                ("allowed", unit.allowed(*allowed)),
            ];
            let alone = "お手数ですが、予約枠報告様式のみを、ほかのデータを含めずに「Excelブック（*.xlsx）」で\
                         保存し直して、再度お送りください。";
            reading(mended(raise_other("M19", 1, &values), alone), &format!("{file}（{setting}）"))
        }
        Refusal::Died(_) => reading(raise("M19", &[]), file),
    }
}

/// What killed the child that read it is for people to find out.
pub fn m19_died(file: &str) -> Finding {
    let found = Finding { mend: None, ..raise_other("M19", 6, &[("file", file.to_string())]) };
    for_staff(reading(found, file))
}

fn mended(finding: Finding, mend: &str) -> Finding {
    Finding { mend: Some(mend.to_string()), ..finding }
}

fn format_name(kind: FileKind) -> &'static str {
    match kind {
        FileKind::HtmlWorkbook => "ウェブページ（HTML）形式",
        FileKind::XmlWorkbook => "「XMLスプレッドシート2003」形式",
        FileKind::OldWorkbook => "Excel 4.0以前の古い形式",
        _ => "対応していない形式",
    }
}

/// How the number of a limit is written.
#[derive(Clone, Copy)]
enum Unit {
    Bytes,
    Counted(&'static str),
}

impl Unit {
    /// Rounded up, so that it never reads like the limit itself.
    fn found(self, found: u64) -> String {
        match self {
            Unit::Bytes => megabytes(found.saturating_mul(10).div_ceil(MIB)),
            Unit::Counted(unit) => format!("{}{unit}", grouped(found)),
        }
    }

    fn allowed(self, allowed: u64) -> String {
        match self {
            Unit::Bytes => megabytes(allowed.saturating_mul(10) / MIB),
            Unit::Counted(unit) => format!("{}{unit}", grouped(allowed)),
        }
    }
}

/// What a setting of `[limits]` measures, in a clinic's words.
fn measure(setting: &str) -> (&'static str, Unit) {
    match setting.trim_start_matches("limits.") {
        "rows" => ("記入のある行の数", Unit::Counted("行")),
        "columns" => ("記入のある列の数", Unit::Counted("列")),
        "cells" => ("記入のあるセルの数", Unit::Counted("個")),
        "cell_chars" => ("1つのセルの文字数", Unit::Counted("文字")),
        "sheets" => ("シートの数", Unit::Counted("枚")),
        "attachments" | "zip_files" => ("添付ファイルの数", Unit::Counted("個")),
        "attachment_bytes" => ("添付ファイルの大きさ", Unit::Bytes),
        "message_bytes" => ("メールの大きさ", Unit::Bytes),
        "inflation_ratio" => ("ファイルの圧縮率", Unit::Counted("倍")),
        "container_entries" => ("ファイルを構成する部品の数", Unit::Counted("個")),
        "shared_strings" => ("ファイルに含まれる文字列の数", Unit::Counted("個")),
        name if name.ends_with("_bytes") => ("ファイルを開いたときの大きさ", Unit::Bytes),
        _ => ("ファイルに含まれるデータの数", Unit::Counted("個")),
    }
}

/// 「10.5MB」 of 105 tenths.
fn megabytes(tenths: u64) -> String {
    match tenths % 10 {
        0 => format!("{}MB", grouped(tenths / 10)),
        rest => format!("{}.{rest}MB", grouped(tenths / 10)),
    }
}

/// 「5,104」
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_refusal_says_what_helps() {
        let limit = |name: &str, allowed, found| Refusal::limit(name, allowed, found);
        for (refusal, code, message, mend) in [
            (Refusal::Password, "M03", "パスワードが設定されている", "パスワードを設定せず"),
            (Refusal::corrupt("x"), "F01", "送信の途中で破損する", "保存し直した"),
            (Refusal::OldFormat(FileKind::HtmlWorkbook), "F01", "ウェブページ（HTML）形式", "保存し直した"),
            (Refusal::OldFormat(FileKind::XmlWorkbook), "F01", "XMLスプレッドシート2003", "保存し直した"),
            (Refusal::OldFormat(FileKind::OldWorkbook), "F01", "Excel 4.0以前", "保存し直した"),
            (Refusal::Empty, "M19", "空（0バイト）", "再度添付して"),
            (
                limit("rows", 5_000, 5_104),
                "M19",
                "行の数（5,104行）が、取り扱える上限（5,000行）",
                "予約枠報告様式のみ",
            ),
            (
                limit("attachment_bytes", 10 * MIB, 10 * MIB + 1),
                "M19",
                "大きさ（10.1MB）が、取り扱える上限（10MB）",
                "予約枠報告様式のみ",
            ),
            (limit("xyz", 1, 1_234_567), "M19", "（1,234,567個）", "予約枠報告様式のみ"),
            (Refusal::Died("x".into()), "M19", "最後まで読み取ることができません", "担当者"),
        ] {
            let found = refused("a.xlsx", &refusal);
            assert_eq!(found.code, code, "{refusal:?}");
            assert!(found.message.contains(message), "{refusal:?}: {}", found.message);
            assert!(
                found.mend.as_deref().unwrap_or_default().contains(mend),
                "{refusal:?}: {:?}",
                found.mend
            );
            assert!(!found.message.contains("limits."), "{}", found.message);
        }
        assert_eq!(refused("a.xlsx", &limit("rows", 1, 2)).read.as_deref(), Some("a.xlsx（limits.rows）"));
    }
}
