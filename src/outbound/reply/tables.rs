//! Pure: the tables of a letter: sums, people by day, differences. Columns are made of full-width blanks.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::wording::day;
use super::wrap::width;
use crate::campaign::Campaign;
use crate::inspection::verdict::{Change, Slot, Totals};

/// Width of the first column and of the three columns of numbers.
const LABEL: usize = 26;
const NUMBERS: [usize; 3] = [8, 10, 8];

/// 「■ 読み取り結果」 with the sums by dose and visibility; `cap` `None`: not yet known.
pub fn summary(campaign: &Campaign, totals: &Totals, cap: Option<Option<u32>>) -> Vec<String> {
    let mut lines = sums("■ 読み取り結果", campaign, totals);
    let last = |label: &str, value: String| {
        let room = LABEL + NUMBERS.iter().sum::<usize>() - width(label);
        format!("{label}{}", right(&value, room))
    };
    match cap {
        Some(Some(cap)) => {
            lines.push(last(&format!("　{}接種可能上限量", campaign.title), cap.to_string()));
            if let Some(rest) = u64::from(cap).checked_sub(totals.sum()) {
                lines.push(last("　差引（独自の受付枠）", rest.to_string()));
            }
        }
        Some(None) => lines.push(last(&format!("　{}接種可能上限量", campaign.title), "確認中".into())),
        None => {}
    }
    lines
}

/// 「■ 読み取った内容（参考）」: what was read of forms that are not accepted, each under its name where there are
/// several: the sums of one, and the people by day. Nothing where nothing could be read.
pub fn understood(campaign: &Campaign, forms: &[(Option<String>, &[Slot])]) -> Vec<String> {
    const HEADING: &str = "■ 読み取った内容（参考）";
    if forms.iter().all(|(_, slots)| slots.is_empty()) {
        return Vec::new();
    }
    if let [(None, slots)] = forms {
        let mut lines = sums(HEADING, campaign, &Totals::of(*slots));
        lines.push(String::new());
        lines.extend(days(slots));
        return lines;
    }
    let mut lines = vec![HEADING.to_string()];
    for (name, slots) in forms {
        lines.extend(name.clone());
        lines.extend(days(slots).into_iter().map(|line| format!("　{line}")));
    }
    lines
}

/// Under a heading, by dose and visibility.
fn sums(heading: &str, campaign: &Campaign, totals: &Totals) -> Vec<String> {
    let period = |name: &str, period: crate::campaign::Period| {
        let short = |date: Date| format!("{}/{}", date.month(), date.day());
        format!("　{name}({}～{})", short(period.from), short(period.to))
    };
    let row = |label: &str, values: [u64; 3]| line(label, &values.map(|value| value.to_string()));
    vec![
        line(heading, &["公開枠".into(), "非公開枠".into(), "計".into()]),
        row(
            &period("１回目", campaign.first_dose),
            [totals.first_public, totals.first_private, totals.first()],
        ),
        row(
            &period("２回目", campaign.second_dose),
            [totals.second_public, totals.second_private, totals.second()],
        ),
        row("　合計", [totals.public(), totals.private(), totals.sum()]),
    ]
}

/// 「10月25日（月）　公開 12　非公開 0」, one line for each day with a slot.
pub fn days(slots: &[Slot]) -> Vec<String> {
    let mut days: BTreeMap<Date, (u64, u64)> = BTreeMap::new();
    for slot in slots {
        let (public, private) = days.entry(slot.date).or_default();
        *public += u64::from(slot.public);
        *private += u64::from(slot.private);
    }
    days.into_iter()
        .map(|(date, (public, private))| {
            let label = format!("　{}", day(date));
            let room = 16usize.saturating_sub(width(&label));
            format!("{label}{}　公開 {public}　非公開 {private}", blanks(room))
        })
        .collect()
}

/// 「追加1件・削除1件・変更1件、合計 18 → 20」, then 「・11月1日（月）9:00　公開　6人 → 8人」 for each.
pub fn changes(changes: &[Change], before: u64, after: u64) -> Vec<String> {
    let added = changes.iter().filter(|change| change.before == 0).count();
    let removed = changes.iter().filter(|change| change.after == 0).count();
    let changed = changes.len() - added - removed;
    let counts = format!("　追加{added}件・削除{removed}件・変更{changed}件、合計 {before} → {after}");
    let first = (!changes.is_empty()).then_some(counts);
    let each = changes.iter().map(|change| {
        let what = match (change.before, change.after) {
            (before, 0) => format!("削除（{before}人）"),
            (0, after) => format!("追加　{after}人"),
            (before, after) => format!("{before}人 → {after}人"),
        };
        format!(
            "　・{}{}:{:02}　{}　{what}",
            day(change.date),
            change.start.hour(),
            change.start.minute(),
            change.visibility.label()
        )
    });
    first.into_iter().chain(each).collect()
}

fn line(label: &str, numbers: &[String; 3]) -> String {
    let mut line = format!("{label}{}", blanks(LABEL.saturating_sub(width(label))));
    for (number, columns) in numbers.iter().zip(NUMBERS) {
        line.push_str(&right(number, columns));
    }
    line
}

fn right(text: &str, columns: usize) -> String {
    format!("{}{text}", blanks(columns.saturating_sub(width(text))))
}

/// Full-width blanks as far as they go: mail programs collapse them less often, and fonts draw them even.
fn blanks(columns: usize) -> String {
    format!("{}{}", " ".repeat(columns % 2), "　".repeat(columns / 2))
}
