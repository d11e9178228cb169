//! Pure: which sentences of a mail a person must read (rule M13): all but greetings, covering notes and introductions.

use super::contains_any;

/// A wish, a question or a circumstance, whatever else stands in the sentence.
const MATTERS: [&str; 68] = [
    "変更",
    "訂正",
    "修正",
    "差替",
    "差し替え",
    "破棄",
    "キャンセル",
    "取消",
    "取り消",
    "中止",
    "中断",
    "終了",
    "見送",
    "見合わせ",
    "休診",
    "電話",
    "教えて",
    "でしょうか",
    "ですか",
    "ますか",
    "よろしいか",
    "質問",
    "相談",
    "ご連絡ください",
    "連絡を",
    "できません",
    "できない",
    "できずに",
    "できる限り",
    "わかりません",
    "分かりません",
    "不明",
    "間に合",
    "遅れ",
    "遅く",
    "至急",
    "希望",
    "ほしい",
    "欲しい",
    "たいです",
    "かもしれ",
    "ただし",
    "但し",
    "なお、",
    "のみ",
    "限定",
    "対象外",
    "未満",
    "調整",
    "不在",
    "困って",
    "迷って",
    "誤り",
    "間違",
    "お願いがあ",
    "代わり",
    "替わり",
    "変わり",
    "増やし",
    "減らし",
    "追加し",
    "追加を",
    "削除",
    "辞退",
    "取下げ",
    "取り下げ",
    "利用しません",
    "実施しません",
];

/// What offers help or asks to look at the file, though a word of [`MATTERS`] stands in it.
const OFFERS: [&str; 6] =
    ["ご不明な点", "ご不明の点", "何かございましたら", "何かありましたら", "ご査収", "お変わりなく"];

/// Phrases of greetings and covering notes.
const COVERS: [&str; 51] = [
    "世話にな",
    "お疲れ様",
    "お疲れさま",
    "よろしくお願い",
    "宜しくお願い",
    "よろしくおねがい",
    "宜しく御願い",
    "よろしく御願い",
    "お願いいたします",
    "お願い致します",
    "お願いします",
    "お願い申し上げます",
    "何卒",
    "ご確認",
    "御確認",
    "ご高覧",
    "ご覧",
    "お納め",
    "送付",
    "お送り",
    "送ります",
    "送信",
    "送らせて",
    "提出",
    "添付",
    "別添",
    "報告",
    "ご連絡まで",
    "ご連絡いたします",
    "ご連絡します",
    "ご連絡申し上げ",
    "お知らせします",
    "お知らせいたします",
    "取り急ぎ",
    "取急ぎ",
    "とり急ぎ",
    "お忙しい",
    "恐れ入り",
    "恐縮",
    "平素",
    "いつも",
    "ありがとうござ",
    "有難うござ",
    "お手数",
    "ご高配",
    "清栄",
    "失礼いたし",
    "失礼し",
    "と申します",
    "記入しました",
    "パスワードは",
];

/// Who writes: 「みなみ内科の熊本です」.
const INTRODUCTIONS: [&str; 11] =
    ["医院", "クリニック", "病院", "診療所", "内科", "外科", "小児科", "眼科", "担当の", "事務の", "院長の"];

/// How a Japanese sentence ends that says something; addresses, names and headings end in nouns.
const ENDINGS: [&str; 12] =
    ["ます", "です", "した", "ません", "ください", "下さい", "ない", "ある", "いる", "する", "なる", "たい"];

/// Is this sentence (folded) more than a greeting?
pub(super) fn is_matter(folded: &str) -> bool {
    let sentence = folded.trim_end_matches(['。', '.', ' ', '!', '」', ')', '、', '笑']);
    if contains_any(sentence, &OFFERS) {
        return false;
    }
    if contains_any(sentence, &MATTERS) {
        return true;
    }
    let says = ENDINGS.iter().any(|ending| sentence.ends_with(ending));
    let is_introduction = sentence.ends_with("です")
        && contains_any(sentence, &INTRODUCTIONS)
        && sentence.chars().count() <= 30;
    says && !is_introduction && !contains_any(sentence, &COVERS)
}

#[cfg(test)]
mod tests {
    use crate::inspection::body::read;

    #[test]
    fn greetings_and_covering_notes_are_no_matter() {
        for text in [
            "お世話になっております。様式を添付いたします。よろしくお願いいたします。",
            "様式を添付いたしますのでご査収ください。",
            "取り急ぎご連絡まで。",
            "ご確認のほどよろしくお願い申し上げます。",
            "いつもありがとうございます。",
            "標記の件につきまして、様式を送付いたします。",
            "お忙しいところ恐れ入りますが、よろしくお願いします。",
            "みなみ内科クリニックの熊本です。",
            "第８期の予約枠を報告します。",
            "ご不明な点がございましたらご連絡ください。",
            "iPhoneから送信",
            "平素より大変お世話になっております。",
            "熊本市ワクチン対策PT 御中",
            "先ほどの添付ファイルのパスワードは abc123 です。",
            "〒860-0808 熊本市中央区手取本町1-1\nTEL 096-000-0000\nhttps://example.jp/",
            "医療法人社団　みなみ内科クリニック\n院長　熊本　太郎",
        ] {
            assert_eq!(read(text).beyond_greeting, None, "{text}");
        }
    }

    #[test]
    fn everything_else_is_for_a_person() {
        for text in [
            "11/3は午前のみに変更希望です",
            "ワクチンの配送日を知りたいです。",
            "11月から担当者が山田に代わりました。",
            "駐車場が狭いため1枠3名にしています。",
            "16歳未満は受けられません。",
            "先日お送りした分は破棄してください。",
            "上限量が少ないので増やしてほしいです。",
            "至急ご対応ください。",
            "メールアドレスが変わりました。",
            "院長が入院したため枠を少なくしています。",
            "11/3は祝日ですが実施します。",
            "非公開枠は透析患者さん用です。",
            "２回目は総合体育館を案内します。",
            "余ったワクチンの扱いはどうすればよろしいか。",
            "一部の枠は調整中です。",
            "枠数はあとで追加するかもしれません。",
            "公開枠にしてよいか迷っています。",
        ] {
            assert!(read(text).beyond_greeting.is_some(), "{text}");
        }
    }
}
