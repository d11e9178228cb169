//! Pure: T, the time of receipt. The reply's timing sentence says these to the clinic; the texts here are for the list of findings.

use super::Rule;

pub(super) const RULES: [Rule; 11] = [
    Rule::warning("T01", "期限後の初回提出", "提出期限（{deadline}）を過ぎてのご提出です。")
        .star()
        .source("通知4"),
    Rule::info(
        "T02",
        "期限内提出の不備修正",
        "提出期限までに一度ご提出いただいているため、期限内のご提出として取り扱います。",
    )
    .star()
    .source("通知4"),
    Rule::info("T03", "修正", "修正の受付期限（{deadline}）までの修正です。").source("通知4"),
    Rule::warning(
        "T04",
        "期限当日の修正",
        "修正の受付期限（{deadline}）当日の修正のため、受付開始に間に合わない可能性があります。",
    )
    .star()
    .source("通知4"),
    Rule::staff(
        "T05",
        "期限後の修正",
        "修正の受付期限（{deadline}）を過ぎた修正です。反映の可否をご判断ください。",
    )
    .star()
    .defers()
    .source("通知4"),
    Rule::staff("T06", "受付開始後の提出", "予約の受付開始後の提出です。自動では反映していません。")
        .star()
        .defers()
        .source("通知4。予約が入っている可能性"),
    Rule::staff("T07", "送信日時との差", "送信日時（{date}）は期限内ですが、受信日時は期限後です。")
        .source("送信の遅れ"),
    Rule::info(
        "T08",
        "様式公開前の提出",
        "様式の公開（{opens}）より前に届いたため、以前の様式の可能性があります。",
    )
    .source("通知3"),
    Rule::staff(
        "T09",
        "出力済みの版の修正",
        "すでにセットアップ用に出力した内容（受付番号 {receipt}）の修正です。",
    )
    .star()
    .source("通知4"),
    Rule::info("T10", "確認の返信", "ご確認済みとの返信と思われます。").source("通知4。職員が確定"),
    Rule::staff(
        "T11",
        "受信時刻の食い違い",
        "中継の受信時刻とメールボックスの受信時刻が、期限をまたいで食い違っています。",
    )
    .star()
    .holds()
    .source("どちらの時刻によるかで結果が変わるため"),
];
