use super::*;

fn sjis(text: &str) -> Vec<u8> {
    SHIFT_JIS.encode(text).0.into_owned()
}

fn euc(text: &str) -> Vec<u8> {
    EUC_JP.encode(text).0.into_owned()
}

#[test]
fn tells_charsets_apart_without_a_label() {
    let texts = [
        "予約枠",
        "熊本市",
        "公開枠のみ",
        "様式１",
        "お世話になっております。",
        "医療法人　熊本会",
        "担当：山田（内線１２）①",
        "ワクチン接種",
        "10月25日 9時から6人です",
    ];
    for text in texts {
        assert_eq!(guess(&sjis(text)), text, "Shift_JIS");
        assert_eq!(guess(text.as_bytes()), text, "UTF-8");
        assert_eq!(guess(&encoding_rs::ISO_2022_JP.encode(text).0), text, "ISO-2022-JP");
    }
    for text in ["予約枠の報告", "熊本医院です", "お世話になっております。", "ワクチン接種"]
    {
        assert_eq!(guess(&euc(text)), text, "EUC-JP");
    }
    assert_eq!(guess(&sjis("ｶﾀｶﾅ")), "ｶﾀｶﾅ");
    assert_eq!(guess(&sjis("髙﨑㈱")), "髙﨑㈱");
    let cut = "予約枠報告".as_bytes();
    assert_eq!(guess(&cut[..cut.len() - 1]), "予約枠報\u{FFFD}");
    assert_eq!(guess(b"plain"), "plain");
    assert_eq!(guess(b"Die Fr\xF6sche"), "Die Frösche");
}

#[test]
fn iso_2022_jp_beyond_the_standard() {
    let check = |bytes: &[u8], expected: &str| assert_eq!(jis::decode(bytes), expected, "{bytes:?}");
    check(b"\x1B$@M=\x1B(J-\x1B$BLs\x1B(H", "予-約");
    check(b"\x1B&@\x1B$BM=\x1B(B", "予");
    check(b"\x1B$(D\x30\x21\x1B(B", "丂");
    check(b"\x1B$(Q\x4D\x3D\x1B(B", "予");
    check(b"\x1B$BM=\x4C", "予\u{FFFD}");
    check(b"\x1B$BM= Ls\x1B(B", "予 約");
    check(b"\x1B$B\x1B(B\x1B$BM=\x1B(B\x1B(B", "予");
    check(b"\x1B[31mred", "[31mred");
}

#[test]
fn text_fit_to_be_shown() {
    assert_eq!(one_line("a\r\n\tb\u{202E}c\u{7F}\u{FEFF} "), "a bc");
    assert_eq!(one_line("邊\u{E0101}"), "邊\u{E0101}", "a variant of a kanji is kept");
    assert_eq!(many_lines("a\r\nb\rc\n\td\u{1B}"), "a\nb\nc\n\td");
}
