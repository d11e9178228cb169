//! Pure: the breaker: when so many of our letters come back that going on would harm the address, letters to clinics
//! stop until a person looks. What it counts, when it trips, what staff are told.

use jiff::Timestamp;

use super::letter::{AutoSubmitted, Draft};
use crate::campaign::{in_jst, rfc3339};
use crate::inspection::verdict::Template;

/// When to stop; `[outgoing] breaker_*`. 0 switches a limit off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// How many letters in a row are looked at together.
    pub letters: u32,
    /// More refused or returned letters than this share of them trip it.
    pub percent: u32,
    /// So many letters turned away as spam or by policy (5.7.x) among them trip it.
    pub spam: u32,
}

/// What became of one letter to a clinic that left, or that a server would not have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Fate {
    /// A server took it, or refused it for good; a letter that is only put off does not count among the letters.
    pub settled: bool,
    /// Refused for good, or returned.
    pub hard: bool,
    /// Turned away as spam or by policy.
    pub spam: bool,
}

/// Why the breaker trips.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cause {
    /// The setting that bit.
    pub setting: &'static str,
    /// The figures, in Japanese.
    pub detail: String,
}

/// The breaker while it is open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stop {
    /// Of the event in the ledger.
    pub id: i64,
    pub at: Timestamp,
    pub setting: String,
    pub detail: String,
    /// Letters to clinics that wait.
    pub waiting: u64,
    /// Staff have been written to.
    pub alerted: bool,
}

impl Stop {
    /// One line for people: `status`, `doctor`, `outbox`, the digest.
    pub fn line(&self) -> String {
        let at = in_jst(self.at);
        format!(
            "{}月{}日 {:02}:{:02} から、医療機関への送信を停止しています（{}。設定 {}）。送信待ち {}通",
            at.month(),
            at.day(),
            at.hour(),
            at.minute(),
            self.detail,
            self.setting,
            self.waiting
        )
    }
}

/// Does what became of the letters, in the order in which they left, trip the breaker? The share is weighed over
/// whole windows only: one failure among the first three letters says nothing.
pub fn weigh(fates: &[Fate], limits: Limits) -> Option<Cause> {
    let window = limits.letters as usize;
    if window == 0 {
        return None;
    }
    let spam = most(&fates.iter().map(|fate| fate.spam).collect::<Vec<_>>(), window.min(fates.len()));
    if limits.spam > 0 && spam >= limits.spam as usize {
        return Some(Cause {
            setting: "outgoing.breaker_spam",
            detail: format!("迷惑メール・送信規制を理由とする拒否 {spam}通（上限 {}通未満）", limits.spam),
        });
    }
    let settled: Vec<bool> = fates.iter().filter(|fate| fate.settled).map(|fate| fate.hard).collect();
    if limits.percent == 0 || settled.len() < window {
        return None;
    }
    let hard = most(&settled, window);
    (hard * 100 > window * limits.percent as usize).then(|| Cause {
        setting: "outgoing.breaker_percent",
        detail: format!("続けて送った{window}通のうち {hard}通が不達（上限 {}％）", limits.percent),
    })
}

/// The most marks in any `window` neighbours.
fn most(marks: &[bool], window: usize) -> usize {
    let count = |marks: &[bool]| marks.iter().filter(|mark| **mark).count();
    if window == 0 { 0 } else { marks.windows(window).map(count).max().unwrap_or(0) }
}

/// Does an answer or a delivery report turn a letter away as spam, or by policy against its sender? 5.7.x
/// (RFC 3463 §3.8), except where the client is asked for a login or for encryption (RFC 4954 §6, RFC 5248).
pub fn is_spam_coded(text: &str) -> bool {
    const LOGIN: [&str; 9] = ["3", "4", "8", "9", "10", "11", "12", "13", "14"];
    let mut numbers = text.split(|c: char| !(c.is_ascii_digit() || c == '.')).filter(|word| !word.is_empty());
    let wants_login =
        numbers.clone().any(|word| matches!(word.trim_matches('.'), "530" | "534" | "535" | "538"));
    !wants_login
        && numbers.any(|word| {
            word.trim_matches('.').strip_prefix("5.7.").is_some_and(|rest| {
                !rest.contains('.') && (1..=3).contains(&rest.len()) && !LOGIN.contains(&rest)
            })
        })
}

/// What one member of staff is told, once.
pub fn alert(stop: &Stop, to: &str) -> Draft {
    let text = format!(
        "医療機関への自動送信を停止しました。\n\n\
         停止した時刻：{}\n\
         理由：{}\n\
         効いた設定：{}\n\
         送信待ち：{}通\n\n\
         届いたメールの受付と記録は、これまでどおり続いています。\n\
         返信・確認依頼・督促は、再開するまで送信されません（失われません）。\n\
         日次集計とこのお知らせは送信されます。\n\n\
         ■ 対応\n\
         1. 届かなかった返信と理由を確認してください。\n\
         \u{3000}\u{3000}uketsuke outbox --state failed\n\
         \u{3000}\u{3000}uketsuke outbox --state bounced\n\
         2. 迷惑メールと判定されている場合は、メールサーバーの管理者に相談してください。\n\
         \u{3000}\u{3000}宛先の誤りの場合は、医療機関マスタのアドレスを直してください。\n\
         3. 原因が解消したら、送信を再開してください。\n\
         \u{3000}\u{3000}uketsuke outbox resume --reason 理由\n",
        rfc3339(stop.at),
        stop.detail,
        stop.setting,
        stop.waiting,
    );
    Draft {
        kind: Template::Alert,
        to: to.to_string(),
        subject: "【要対応】医療機関への自動送信を停止しました".into(),
        text,
        html: None,
        attachments: Vec::new(),
        in_reply_to: None,
        references: Vec::new(),
        auto_submitted: AutoSubmitted::Generated,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits { letters: 50, percent: 5, spam: 5 };

    /// `.` sent, `x` refused or returned, `s` turned away as spam, `d` put off with a policy code.
    fn fates(text: &str) -> Vec<Fate> {
        text.chars()
            .map(|c| Fate { settled: c != 'd', hard: matches!(c, 'x' | 's'), spam: matches!(c, 's' | 'd') })
            .collect()
    }

    fn check(text: &str, expected: Option<&str>) {
        let found = weigh(&fates(text), LIMITS).map(|cause| cause.setting);
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn more_than_five_percent_of_fifty_letters_or_five_for_spam() {
        let sent = |count: usize| ".".repeat(count);
        const PERCENT: Option<&str> = Some("outgoing.breaker_percent");
        const SPAM: Option<&str> = Some("outgoing.breaker_spam");
        check("", None);
        check(&format!("xx{}", sent(48)), None);
        check(&format!("xxx{}", sent(47)), PERCENT);
        check(&format!("xxx{}", sent(46)), None);
        check("xxx", None);
        // Any fifty in a row count, also when the news of the failures comes late.
        check(&format!("{}x{}x{}x{}", sent(30), sent(20), sent(20), sent(300)), PERCENT);
        check(&format!("x{}x{}x{}", sent(25), sent(25), sent(200)), None);
        check("ssss", None);
        check("sssss", SPAM);
        check("ddddd", SPAM);
        check(&format!("s{}s{}ddd", sent(10), sent(10)), SPAM);
        check(&format!("ss{}sss", sent(60)), PERCENT);
        for (limits, text) in [
            (Limits { letters: 0, ..LIMITS }, "sssssss".to_string()),
            (Limits { spam: 0, ..LIMITS }, "sssssss".to_string()),
            (Limits { percent: 0, ..LIMITS }, format!("xxxxxx{}", sent(60))),
        ] {
            assert_eq!(weigh(&fates(&text), limits), None, "{limits:?}");
        }
    }

    #[test]
    fn spam_codes() {
        for text in [
            "550 5.7.1 Message rejected as spam",
            "the server refuses the message: 550-5.7.26 This mail is unauthenticated",
            "554 5.7.0 blocked",
            "bounced: 5.7.606 a@example.jp",
            "the server refuses our sender address or wants a login: 550 5.7.1 sender refused",
        ] {
            assert!(is_spam_coded(text), "{text}");
        }
        for text in [
            "550 5.1.1 user unknown",
            "535 5.7.8 authentication failed",
            "530 5.7.0 authenticate first",
            "550 5.7.3 requires authentication",
            "452 4.7.1 try again",
            "10.5.7.1 refused",
            "550 15.7.1",
            "",
        ] {
            assert!(!is_spam_coded(text), "{text}");
        }
    }
}
