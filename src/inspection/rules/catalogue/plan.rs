//! Pure: X, what the rows say together.

use super::Rule;
use crate::inspection::verdict::Severity;

pub(super) const RULES: [Rule; 18] = [
    Rule::error("X01", "枠の重複", "{row1}と{row2}が同じ接種日・時刻（{date} {time}・{vis}）です。")
        .star()
        .mend("1行にまとめるか、時刻をご確認ください。")
        .source("通知2。枠名が重複する"),
    Rule::warning("X02", "時間帯の重なり", "{date}の時間帯が重なっています（{a}と{b}）。").source("手入力"),
    Rule::error(
        "X03",
        "上限量の超過",
        "予約枠数の合計（{sum}）が、{title}接種可能上限量（{cap}回分）を{over}回分超えています。\
         内訳：１回目 {first}／２回目 {second}（公開 {public}／非公開 {private}）。",
    )
    .star()
    .more(&[
        "今回の様式の{own}に{others}を加えた合計（{sum}）が、{title}接種可能上限量（{cap}回分）を{over}回分超えて\
         います。合計の内訳：１回目 {first}／２回目 {second}（公開 {public}／非公開 {private}）。",
    ])
    .mend("１回目と２回目の合計が上限量の範囲内となるよう、ご調整ください。")
    .source("通知2。岸和田市の事例"),
    Rule::staff("X04", "上限量が未登録", "上限量が登録されていません。確認のうえ受け付けてください。")
        .or(Severity::Info)
        .star()
        .defers()
        .more(&["医療機関マスタがないため、上限量と会場番号は確認していません。"])
        .source("通知2"),
    Rule::info(
        "X05",
        "独自の受付枠",
        "上限量{cap}回分から合計{sum}回分を差し引いた{rest}回分は、独自の受付枠として取り扱います。\
         独自の受付枠がある場合は、接種計画票を締切日までにご提出ください。",
    )
    .star()
    .source("通知2"),
    Rule::warning("X06", "２回目が少ない", "２回目の枠（{second}）が１回目（{first}）より{short}少なくなっています。")
        .star()
        .mend("２回目を予約管理システム外で受け付ける場合などを除き、ご確認ください。")
        .source("通知2。米原市の事例"),
    Rule::warning(
        "X07",
        "３週間後の枠",
        "{date}（１回目 {n}人）の３週間後の{later}は、２回目の枠が{m}人分です（該当 {days}日）。",
    )
    .star()
    .mend("３週間後の２回目の枠をご確認ください。")
    .source("接種間隔３週間"),
    Rule::info("X08", "２回目が多い", "２回目の枠（{second}）が１回目（{first}）より{more}多くなっています。").source("通知2"),
    Rule::warning("X09", "片方の回のみ", "{dose}の枠がありません。")
        .star()
        .mend("{dose}の枠を予約管理システムで設けない場合は、そのままで差し支えありません。")
        .source("通知1"),
    Rule::info("X10", "３週間後が祝日", "{date}の３週間後の{later}は、祝日（{holiday}）です。").source("接種間隔３週間"),
    Rule::info(
        "X11",
        "6の倍数でない日",
        "1日の合計が6の倍数でない日があります：{days}（1バイアル6回分の場合の目安）。",
    )
    .off()
    .source("ファイザー社ワクチンの1バイアル"),
    Rule::info(
        "X12",
        "前回からの変更",
        "前回受付（{receipt}）からの変更：追加{added}件・削除{removed}件・変更{changed}件、合計 {before}→{after}。",
    )
    .star()
    .source("通知4"),
    Rule::warning(
        "X13",
        "様式１と様式２の併用",
        "様式１と様式２を合わせて、様式３相当として読み取りました（公開 {public}・非公開 {private}）。",
    )
    .star()
    .source("通知3（「いずれか」）"),
    Rule::error("X14", "様式３との重複", "様式３と様式１または様式２が同時に提出され、{vis}枠が重複しています。")
        .mend("いずれか1つの様式のみを添付して、再度お送りください。")
        .source("通知3"),
    Rule::staff(
        "X15",
        "範囲の縮小",
        "前回（{receipt}）は様式３で{vis}枠{n}人がありましたが、今回は様式{number}のみです。\
         {vis}枠を取り消すか確認が必要です。",
    )
    .star()
    .defers()
    .source("公開・非公開の取り違え（姫路市の事例）"),
    Rule::warning("X16", "片方がすべて0", "様式３ですが、{vis}枠がすべて0です。")
        .mend("{vis}枠を設けない場合は、そのままで差し支えありません。")
        .source("公開・非公開の取り違え"),
    Rule::staff("X17", "他院と同一", "他の医療機関（会場番号 {others}）の提出と、明細が完全に同一です。")
        .star()
        .source("グループ内の使い回し"),
    Rule::info("X18", "大きな増減", "合計が前回の{before}から{after}になっています（増減が50%を超えています）。")
        .source("範囲・様式の取り違え"),
];
