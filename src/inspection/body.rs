//! Pure: what a person wrote in the body of a mail, without quotations and signatures, and what it asks for.

mod matter;

/// What the clinic's own words amount to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Words {
    /// The clinic's own sentences, quotations of our letters and the signature left out.
    pub own: String,
    /// 「パスワード」「PW」 (rule M04).
    pub mentions_password: bool,
    /// 「添付」「お送りします」: it says that something is attached.
    pub says_attached: bool,
    /// 「変更」「訂正」…: it asks for a change.
    pub asks_change: bool,
    /// 「確認しました」「問題ありません」 (rule T10).
    pub confirms: bool,
    /// 「利用しません」「辞退」「取下げ」 (rule F14): the sentence.
    pub withdraws: Option<String>,
    /// The same, where it cannot mean only an earlier file that the one attached is to replace.
    pub withdraws_altogether: Option<String>,
    /// More than greetings and a covering note: questions, circumstances, wishes (rule M13): an excerpt.
    pub beyond_greeting: Option<String>,
    /// A link of a file transfer service instead of a file (rule M16).
    pub download_link: bool,
    /// Several lines that look like slots (date, time, count) typed into the body (rules M02, M14).
    pub typed_table: bool,
}

/// Reads the decoded text of a mail.
pub fn read(text: &str) -> Words {
    let own = own_words(text);
    let folded = fold(&own);
    let sentences = sentences(&own);
    Words {
        mentions_password: contains_any(
            &folded,
            &["パスワード", "ぱすわーど", "password", "pw:", "pw :", "passwd"],
        ),
        says_attached: contains_any(
            &folded,
            &[
                "添付",
                "別添",
                "送付いたします",
                "送付します",
                "お送りします",
                "お送りいたします",
                "提出します",
                "提出いたします",
            ],
        ),
        asks_change: asks_change(&folded),
        confirms: contains_any(
            &folded,
            &[
                "確認しました",
                "確認致しました",
                "確認いたしました",
                "確認済",
                "確認できました",
                "問題ありません",
                "問題ないです",
                "問題なし",
                "問題ございません",
                "相違ありません",
                "間違いありません",
                "間違いございません",
                "異常ありません",
            ],
        ) && !contains_any(
            &folded,
            &["確認しましたが", "確認したところ", "確認いたしましたが", "確認致しましたが"],
        ),
        withdraws: sentences.iter().find(|sentence| is_withdrawal(&fold(sentence))).map(|s| shorten(s, 40)),
        withdraws_altogether: sentences
            .iter()
            .find(|sentence| {
                let folded = fold(sentence);
                is_withdrawal(&folded) && !contains_any(&folded, &EARLIER)
            })
            .map(|s| shorten(s, 40)),
        beyond_greeting: sentences
            .iter()
            .find(|sentence| matter::is_matter(&fold(sentence)))
            .map(|s| shorten(s, 60)),
        download_link: has_download_link(&folded),
        typed_table: own.lines().filter(|line| looks_like_slot(line)).count() >= 2,
        own,
    }
}

/// Words of a sentence that takes back an earlier file, not the participation.
const EARLIER: [&str; 13] = [
    "前に",
    "前回",
    "先日",
    "先ほど",
    "先程",
    "以前",
    "昨日",
    "差替",
    "差し替",
    "訂正",
    "修正",
    "変更",
    "古い",
];

/// Does it ask for a change? 「変更はありません」 does not.
fn asks_change(folded: &str) -> bool {
    const CHANGES: [&str; 11] = [
        "変更",
        "修正",
        "訂正",
        "差替",
        "差し替え",
        "追加して",
        "削除して",
        "減らし",
        "増やし",
        "に直し",
        "へ直し",
    ];
    CHANGES.iter().any(|word| {
        folded.match_indices(word).any(|(at, _)| {
            let after = folded.get(at + word.len()..).unwrap_or_default();
            let after: String = after.chars().take_while(|c| !"。、\n".contains(*c)).take(12).collect();
            !contains_any(
                &after,
                &["ありません", "ございません", "なし", "無し", "不要", "ないこと", "必要ない"],
            )
        })
    })
}

/// Is this sentence a withdrawal (rule F14)? Our own printed instructions are not, nor is a single day off.
pub fn is_withdrawal(folded: &str) -> bool {
    const SIGNS: [&str; 42] = [
        "利用しません",
        "利用致しません",
        "利用いたしません",
        "利用はしません",
        "利用はいたしません",
        "利用を希望しません",
        "利用は希望しません",
        "利用希望しません",
        "利用を希望いたしません",
        "利用しないこと",
        "利用しない予定",
        "利用しない旨",
        "利用せず",
        "利用を見送",
        "利用は見送",
        "利用を見合わせ",
        "利用は見合わせ",
        "システムは使用しません",
        "システムを使用しません",
        "システムは使用いたしません",
        "システムを使用いたしません",
        "システムは使用せず",
        "システムを使用せず",
        "システムは使いません",
        "システムを使いません",
        "システムは使わず",
        "システムを使わず",
        "システムは使わない",
        "システムを使わない",
        "辞退",
        "取下げ",
        "取り下げ",
        "取りさげ",
        "参加しません",
        "参加いたしません",
        "参加致しません",
        "不参加",
        "利用を取りやめ",
        "利用をとりやめ",
        "利用を中止",
        "第8期は見送",
        "今回は見送",
    ];
    // 「11月3日は実施しません」 is a day off, 「接種を実施しません」 is the end of it.
    const WHOLE: [&str; 15] = [
        "実施しません",
        "実施いたしません",
        "実施致しません",
        "接種は行いません",
        "接種を行いません",
        "接種は行わない",
        "接種を行わない",
        "接種を中止",
        "接種を終了",
        "枠は設けません",
        "枠を設けません",
        "提出しません",
        "提出はしません",
        "提出いたしません",
        "提出はいたしません",
    ];
    const CONDITIONAL: [&str; 9] = [
        "場合は",
        "場合に",
        "場合、",
        "場合も",
        "されない場合",
        "ならない場合",
        "提出不要",
        "辞退者",
        "辞退され",
    ];
    let whole = folded.replace("第8期", "");
    let whole = contains_any(&whole, &WHOLE)
        && !contains_any(&whole, &["様式", "計画票"])
        && !whole.chars().any(|c| c.is_ascii_digit() || "日月火水木金土祝".contains(c));
    (contains_any(folded, &SIGNS) || whole) && !contains_any(folded, &CONDITIONAL)
}

/// The text without quoted lines, what follows a quotation header, and the signature.
fn own_words(text: &str) -> String {
    let mut kept = Vec::new();
    for line in text.lines() {
        let trimmed = line.trim();
        if starts_quotation(trimmed) {
            break;
        }
        if trimmed.starts_with('>') || trimmed.starts_with('＞') || trimmed.starts_with('|') {
            continue;
        }
        if is_signature_rule(trimmed) && kept.iter().any(|line: &&str| !line.trim().is_empty()) {
            break;
        }
        kept.push(line);
    }
    kept.join("\n").trim().to_string()
}

/// Headers that mail programs put before the quoted original.
fn starts_quotation(line: &str) -> bool {
    let lower = line.to_lowercase();
    lower.starts_with("-----original message")
        || lower.starts_with("----- original message")
        || line.contains("元のメッセージ")
        || lower.starts_with("________________________________")
        || (lower.starts_with("from:") && lower.contains('@'))
        || line.starts_with("差出人:")
        || line.starts_with("差出人：")
        || line.starts_with("送信元:")
        || (lower.starts_with("on ") && lower.ends_with("wrote:"))
        || ((line.ends_with("のメール:") || line.ends_with(':') || line.ends_with('：'))
            && line.contains('<')
            && line.contains('@')
            && line.chars().any(|c| c.is_ascii_digit()))
}

/// A line of dashes, equals signs, stars, or 「--」: the signature follows.
fn is_signature_rule(line: &str) -> bool {
    if line == "--" || line == "-- " {
        return true;
    }
    let count = line.chars().count();
    count >= 6 && line.chars().all(|c| "-=_*+~#・･‥…─━═＝－ー―—☆★◇◆□■◎○●♪.＊/／\\|｜∞≪≫<> 　".contains(c))
}

fn sentences(text: &str) -> Vec<String> {
    text.split(['。', '\n', '！', '？', '!', '?'])
        .map(|piece| piece.trim().to_string())
        .filter(|piece| piece.chars().count() >= 4)
        .collect()
}

fn has_download_link(folded: &str) -> bool {
    let link = folded.contains("http://") || folded.contains("https://");
    link && contains_any(
        folded,
        &[
            "ダウンロード",
            "download",
            "ファイル転送",
            "firestorage",
            "gigafile",
            "datadeliver",
            "box.com",
            "drive.google",
            "docs.google",
            "dropbox",
            "1drv",
            "sharepoint",
            "onedrive",
            "wetransfer",
            "icloud.com",
            "有効期限",
        ],
    )
}

/// 「10/25 9時～ 6人」
/// Several rows of an HTML table, as lines, that begin with a date or time and go on in numbers.
pub fn is_pasted_table(text: &str) -> bool {
    let is_number = |word: &&str| word.starts_with(|c: char| c.is_ascii_digit());
    let rows = text.lines().filter(|line| {
        let folded = fold(line);
        let timed = folded.contains(['/', '月', ':', '時']);
        timed && folded.split_whitespace().filter(is_number).count() >= 2
    });
    rows.take(2).count() == 2
}

fn looks_like_slot(line: &str) -> bool {
    let folded = fold(line);
    let digits = folded.chars().filter(char::is_ascii_digit).count();
    digits >= 4
        && (folded.contains('/') || folded.contains('月'))
        && (folded.contains(':') || folded.contains('時'))
        && contains_any(&folded, &["人", "名", "枠", "\t", "  ", "、"])
}

/// Full-width forms and capitals as plain ones, as the words of a mail are compared.
pub fn fold(text: &str) -> String {
    use unicode_normalization::UnicodeNormalization;
    text.nfkc().flat_map(char::to_lowercase).collect()
}

fn contains_any(text: &str, needles: &[&str]) -> bool {
    needles.iter().any(|needle| text.contains(needle))
}

fn shorten(text: &str, chars: usize) -> String {
    text.chars().filter(|c| !c.is_control()).take(chars).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotations_and_signatures_are_not_the_clinics_words() {
        for (quirk, text) in [
            ("angle quotes", "確認しました。\n\n> 修正がある場合は\n> 取下げ"),
            ("outlook", "確認しました。\r\n\r\n-----Original Message-----\r\nFrom: a@b\r\n修正"),
            ("outlook ja", "確認しました。\n差出人: vproject\n修正"),
            (
                "gmail ja",
                "確認しました。\n\n2021年10月12日(火) 9:00 ワクチン対策PT <vproject@city.jp>:\n\n修正",
            ),
            ("signature", "確認しました。\n------------------------\n○○医院 辞退\n電話"),
            ("signature dashes", "確認しました。\n-- \n修正"),
        ] {
            let words = read(text);
            assert!(words.confirms, "{quirk}");
            assert!(!words.asks_change, "{quirk}: {:?}", words.own);
            assert_eq!(words.withdraws, None, "{quirk}");
        }
    }

    #[test]
    fn intentions_are_told_apart() {
        assert!(read("システムは利用しません。").withdraws.is_some());
        assert!(read("予約枠の件、取り下げをお願いします").withdraws.is_some());
        assert!(read("ご利用しない場合は提出不要とのことですが").withdraws.is_none());
        assert!(read("都合により、システムの利用を見送ります。").withdraws.is_some());
        assert!(
            read("システムを利用せず独自に受け付けられる場合は、その旨をご返信ください。")
                .withdraws
                .is_none()
        );
        assert!(read("11月3日は祝日のため実施しません。").withdraws.is_none());
        assert!(
            read("前回お送りした様式は取下げ、添付に差し替えてください。").withdraws_altogether.is_none()
        );
        for (text, withdraws) in [
            ("システムは使わず、独自に受け付けます。", true),
            ("第８期は参加いたしません。", true),
            ("今回はシステムの利用を見合わせます。", true),
            ("当院では独自予約で対応するため、提出はいたしません。", true),
            ("第８期の個別接種は行わないことにしました。", true),
            ("第８期の接種を中止します。", true),
            ("システムは使用いたしません。", true),
            ("第８期は見送ります。", true),
            ("ワクチン接種を終了しました。", true),
            ("第８期は不参加です。", true),
            ("予約枠は設けません。", true),
            ("上限量との差は独自に受け付けます。", false),
            ("11月3日は予約枠は設けません。", false),
            ("日曜の接種は行いません。", false),
            ("様式２は提出しません。", false),
            ("接種計画票は提出いたしません。", false),
            ("システムを使用せずに受け付ける場合は提出不要", false),
        ] {
            assert_eq!(read(text).withdraws.is_some(), withdraws, "{text}");
        }
        assert!(read("予約システムの利用を辞退します。").withdraws_altogether.is_some());
        assert!(!read("確認しました。変更・修正はありません。").asks_change);
        assert!(read("変更ありませんが、11/1を削除してください").asks_change);
        assert!(!read("確認しましたが、11/1の枠が違います").confirms);
        assert!(read("ＰＡＳＳＷＯＲＤは abc です").mentions_password);
        assert!(read("下記URLよりダウンロードしてください https://xgf.nu/abc").download_link);
        assert!(read("10/25 9時 6人\n10/26 10時 6人").typed_table);
        for (rows, expected) in [
            ("接種日 時刻 人数\n10/25 9:00 6名\n10/26 9:00 6名", true),
            ("日付 9:00 9:30\n10/25 6 6\n10/26 6 6", true),
            ("○○医院\nTEL 096-000-0000 FAX 096-000-0001\n受付 9:00 ～", false),
            ("10/25 9:00 6名", false),
        ] {
            assert_eq!(is_pasted_table(rows), expected, "{rows}");
        }
    }
}
