//! I/O: what a person must look at (「本日ご対応いただきたいもの」): one line per open matter, with the next step.
//!
//! A mail is open while a form of it is held, or while its judgement asks for staff and nobody decided on it since (a
//! note is such a decision). Matters that a later accepted version settles by itself close with that version.

use std::collections::{BTreeMap, BTreeSet};

use sqlx::SqliteConnection;

use super::column::instant;
use crate::clinic::Registry;
use crate::outbound::activity::WorkItem;

/// What a finding means for staff, in the order in which one of several is told.
struct Matter {
    code: &'static str,
    kind: &'static str,
    action: &'static str,
    /// A later accepted version of the clinic settles it.
    passes: bool,
}

const fn matter(code: &'static str, kind: &'static str, action: &'static str, passes: bool) -> Matter {
    Matter { code, kind, action, passes }
}

const MATTERS: [Matter; 27] = [
    matter("M17", "個人情報の疑い", "ファイルの取扱いを確認し、医療機関へ電話してください。", false),
    matter("T06", "受付開始後の変更", "予約状況を確認し、accept または reject で決定してください。", false),
    matter("M11", "別内容２通", "どちらが正しいか電話で確認し、accept / reject で決定してください。", true),
    matter("M08", "医療機関不明", "会場を確認し、reassign で割り当ててください。", false),
    matter("M07", "送信元未登録", "本人確認のうえ adopt で登録するか、reject してください。", false),
    matter(
        "M09",
        "会場番号不一致",
        "どちらの医療機関の枠か確認し、accept または reassign してください。",
        false,
    ),
    matter("F14", "取下げ申出", "意向を電話で確認し、void または note で記録してください。", false),
    matter("T05", "修正期限後の修正", "反映の可否を判断し、accept または reject で決定してください。", false),
    matter("T11", "受信時刻の食い違い", "受信時刻を確認し、accept または reject で決定してください。", false),
    matter(
        "X15",
        "公開のみ等に変更",
        "前回の残りの枠の扱いを確認し、accept または reject で決定してください。",
        true,
    ),
    matter("X04", "上限量未登録", "上限量を登録し（clinics set）、accept してください。", true),
    matter("M06", "以前の版の再提出", "有効な内容と比べ、accept または reject で決定してください。", true),
    matter("M03", "パスワード付き", "再送がなければ電話で依頼してください。", true),
    matter("M15", "winmail.dat", "再送がなければ電話で依頼してください。", true),
    matter("M02", "様式以外の添付", "内容を確認し、submit で入力するか再提出を依頼してください。", true),
    matter("M19", "読取不能", "ファイルを確認し、再提出を電話で依頼してください。", true),
    matter("F01", "読取不能", "ファイルを確認し、再提出を電話で依頼してください。", true),
    matter("M16", "ダウンロード用リンク", "様式を添付して再送するよう依頼してください。", true),
    matter("M18", "返信不能", "電話で結果を連絡してください。", false),
    matter("T09", "セットアップ後の修正", "予約システムの設定を差分どおりに直してください。", false),
    matter("T10", "確認済候補", "内容を確認し、confirm で記録してください。", false),
    matter("X17", "他院と同一内容", "様式の取り違えがないか確認してください。", false),
    matter("M13", "本文に連絡事項", "本文を確認し、対応後に note で記録してください。", false),
    matter("M14", "本文に表", "本文を確認し、様式での提出を依頼してください。", true),
    matter("R29", "備考に条件", "備考の条件を確認し、note で記録してください。", false),
    matter("T07", "受信時刻の確認", "期限内に送信された可能性があります。扱いを判断してください。", false),
    matter("A99", "職員確認", "内容を確認し、対応後に note で記録してください。", false),
];

#[derive(sqlx::FromRow)]
struct Open {
    mail_id: i64,
    from_address: String,
    subject: String,
    received_at: i64,
    silence: Option<String>,
    answer: String,
    is_bounce: bool,
    /// A version of the same clinic was accepted later.
    settled: bool,
}

#[derive(sqlx::FromRow)]
struct Reason {
    mail_id: i64,
    code: String,
    severity: String,
    message: String,
    read: Option<String>,
    receipt: Option<String>,
    venue_no: Option<String>,
    /// The form waits for `accept` or `reject`.
    held: bool,
    /// Staff gave it to another clinic.
    reassigned: bool,
}

/// A letter that came back or was refused for good.
struct Undelivered {
    to: String,
    item: WorkItem,
    /// Nobody dealt with it.
    open: bool,
}

const DECIDE: &str = "内容を確認し（show 受付番号）、accept または reject で決定してください。";

/// Silences that say more of the mail than the codes of its findings do.
const DOUBTFUL: [&str; 4] = ["unauthenticated", "no_author", "stranger", "quarantined"];

impl Reason {
    /// Findings on the mail as a whole borrow M07 and M08: there is no form to adopt or to reassign.
    fn is_of(&self, matter: &Matter) -> bool {
        let borrowed = self.receipt.is_none() && matches!(self.code.as_str(), "M07" | "M08");
        // To those who wrote, M06 says that nothing new came; to staff, that an old form came back.
        let told = self.code == "M06" && !(self.held && self.severity == "staff");
        self.code == matter.code && !borrowed && !told
    }
}

/// Every open matter: letters that did not arrive, mails in the order of receipt, forms of other channels, addresses.
pub(super) async fn items(
    connection: &mut SqliteConnection,
    registry: &Registry,
) -> Result<Vec<WorkItem>, sqlx::Error> {
    let (mails, undelivered) = open_matters(connection, registry).await?;
    let mut items: Vec<WorkItem> =
        undelivered.into_iter().filter(|letter| letter.open).map(|letter| letter.item).collect();
    items.extend(mails.into_iter().filter_map(|(_, item)| item));
    items.extend(by_other_channels(connection, registry).await?);
    items.extend(unlisted(connection, registry).await?);
    items.extend(provisional(connection, registry).await?);
    Ok(items)
}

/// The mails that a person must still look at.
pub(super) async fn open_mails(
    connection: &mut SqliteConnection,
    registry: &Registry,
) -> Result<BTreeSet<i64>, sqlx::Error> {
    Ok(open_matters(connection, registry).await?.0.into_iter().map(|(mail, _)| mail).collect())
}

/// The open mails with their lines, and the letters that did not arrive. A report about such a letter is the letter's
/// matter: it has no line of its own, and is open as long as the letter's.
async fn open_matters(
    connection: &mut SqliteConnection,
    registry: &Registry,
) -> Result<(Vec<(i64, Option<WorkItem>)>, Vec<Undelivered>), sqlx::Error> {
    let open = waiting(connection).await?;
    let mut reasons: BTreeMap<i64, Vec<Reason>> = BTreeMap::new();
    for reason in reasons_of(connection).await? {
        reasons.entry(reason.mail_id).or_default().push(reason);
    }
    let undelivered = undeliverable(connection, registry).await?;
    let mut mails = Vec::new();
    for mail in open {
        let reasons = reasons.remove(&mail.mail_id).unwrap_or_default();
        if mail.is_bounce {
            let about: Vec<&Undelivered> = undelivered
                .iter()
                .filter(|letter| reasons.iter().any(|reason| reason.message.contains(&letter.to)))
                .collect();
            if !about.is_empty() {
                if about.iter().any(|letter| letter.open) {
                    mails.push((mail.mail_id, None));
                }
                continue;
            }
        }
        if let Some(item) = item(&mail, &reasons, registry) {
            mails.push((mail.mail_id, Some(item)));
        }
    }
    Ok((mails, undelivered))
}

/// The gravest matter of one mail; `None` when what it is about has settled itself.
fn item(mail: &Open, reasons: &[Reason], registry: &Registry) -> Option<WorkItem> {
    let found = MATTERS
        .iter()
        .filter(|matter| !(matter.passes && mail.settled))
        .find_map(|matter| Some((matter, reasons.iter().find(|reason| reason.is_of(matter))?)));
    // Whom nobody could be sure of is not to be taken on or accepted, whatever else was found.
    let doubtful = mail.silence.as_deref().filter(|silence| DOUBTFUL.contains(silence));
    let found = found.filter(|(matter, _)| doubtful.is_none() || matter.code == "M17");
    if found.is_none() && mail.settled && doubtful.is_none() && !reasons.is_empty() {
        return None;
    }
    let waiting = reasons.iter().find(|reason| reason.held);
    let reason = found.map(|(_, reason)| reason).or(waiting).or(reasons.first());
    let clinic = reason
        .and_then(|reason| reason.venue_no.as_deref())
        .or_else(|| reasons.iter().find_map(|reason| reason.venue_no.as_deref()))
        .and_then(|venue| registry.by_venue_no(venue))
        .or_else(|| match registry.by_address(&mail.from_address).as_slice() {
            [clinic] => Some(*clinic),
            _ => None,
        });
    let held = waiting.is_some();
    let (kind, action) = match found {
        Some((_, reason)) if reason.reassigned && reason.held => ("割当済・判断待ち", DECIDE),
        // A note closes nothing that is held.
        Some((matter, _)) if held && matter.action.contains("note で") => (matter.kind, DECIDE),
        Some((matter, _)) => (matter.kind, matter.action),
        None if mail.is_bounce => ("返信不能", "電話で結果を連絡してください。"),
        None => unnamed(mail, held),
    };
    let told = reason.filter(|reason| !reason.message.is_empty()).map(|reason| match &reason.read {
        Some(read) if !read.is_empty() && !reason.message.contains(read.as_str()) => {
            format!("{}（{read}）", reason.message)
        }
        _ => reason.message.clone(),
    });
    Some(WorkItem {
        kind: kind.into(),
        mail_id: Some(mail.mail_id),
        receipt: reason.and_then(|reason| reason.receipt.clone()),
        clinic: clinic.cloned(),
        from: Some(mail.from_address.clone()).filter(|from| !from.is_empty()),
        received_at: instant(mail.received_at),
        reason: told.unwrap_or_else(|| format!("件名：{}", mail.subject)),
        action: action.into(),
    })
}

/// What a mail is about whose findings name no matter of their own.
fn unnamed(mail: &Open, held: bool) -> (&'static str, &'static str) {
    match (mail.silence.as_deref(), mail.answer.as_str()) {
        (Some("unauthenticated"), _) => {
            ("送信者認証の失敗", "なりすましの疑いがあります。医療機関へ電話してください。")
        }
        (Some("no_author"), _) => ("差出人不明", "差出人を確認してください。"),
        (Some("quarantined"), _) => ("プログラムの添付", "開かず、転送せず、医療機関へ電話してください。"),
        (Some("stranger"), _) => ("様式なし・未登録", "内容を確認し、対応後に note で記録してください。"),
        (Some("unparsable"), _) => ("読取不能のメール", "メールの原文を確認してください（mail ID --raw）。"),
        _ if held => ("保留中の様式", DECIDE),
        (Some("automatic"), _) | (_, "draft") => {
            ("自動送信メール", "様式の有無を確認し、outbox release で返信してください。")
        }
        (_, "suppress") => (
            "返信の抑止",
            "同じ送信元への返信が多いため送っていません。outbox release で送るか、電話してください。",
        ),
        _ => ("職員確認", "内容を確認し、対応後に note で記録してください。"),
    }
}

async fn waiting(connection: &mut SqliteConnection) -> Result<Vec<Open>, sqlx::Error> {
    sqlx::query_as(
        "WITH held AS (SELECT s.mail_id FROM submission s JOIN current_ruling r ON r.submission_id = s.id
                       WHERE r.outcome = 'held' AND s.receipt IS NOT NULL AND s.mail_id IS NOT NULL)
         SELECT m.id AS mail_id, m.from_address, m.subject, m.received_at, j.silence, j.answer, m.is_bounce,
                EXISTS (SELECT 1 FROM submission s JOIN current_ruling r ON r.submission_id = s.id
                        JOIN current_ruling a ON a.venue_key = r.venue_key
                        WHERE s.mail_id = m.id AND a.outcome IN ('accepted', 'accepted_with_warnings', 'duplicate')
                          AND (a.received_at, a.submission_id) > (s.received_at, s.id)
                          AND r.outcome NOT IN ('accepted', 'accepted_with_warnings')) AS settled
         FROM current_judgement j JOIN mail m ON m.id = j.mail_id
         WHERE m.id IN (SELECT mail_id FROM held)
            OR ((j.needs_staff = 1
                 OR (j.outcome = 'unreadable'
                     AND EXISTS (SELECT 1 FROM submission s JOIN ruling r ON r.submission_id = s.id
                                 JOIN finding f ON f.reading_id = r.id WHERE s.mail_id = m.id AND f.code = 'M03')))
                AND NOT EXISTS (SELECT 1 FROM staff_decision d WHERE d.mail_id = m.id AND d.at >= j.made_at))
         ORDER BY m.received_at, m.id",
    )
    .fetch_all(connection)
    .await
}

/// The findings of mails that concern staff, those of the mail first; last the held forms themselves (without a code).
async fn reasons_of(connection: &mut SqliteConnection) -> Result<Vec<Reason>, sqlx::Error> {
    let rows: Vec<Reason> = sqlx::query_as(
        "SELECT j.mail_id, f.code, f.severity, f.message, f.read, NULL AS receipt, NULL AS venue_no, 0 AS held,
                0 AS reassigned, f.id
         FROM current_judgement j JOIN finding f ON f.judgement_id = j.id
         WHERE j.needs_staff = 1 OR j.outcome IN ('unreadable', 'held')
         UNION ALL
         SELECT s.mail_id, f.code, f.severity, f.message, f.read, s.receipt, c.venue_no,
                r.outcome = 'held' AND s.receipt IS NOT NULL, r.decision_id IS NOT NULL, f.id
         FROM current_judgement j JOIN submission s ON s.mail_id = j.mail_id
         JOIN current_ruling r ON r.submission_id = s.id JOIN finding f ON f.reading_id = r.reading_id
         LEFT JOIN clinic c ON c.venue_key = r.venue_key
         WHERE j.needs_staff = 1 OR j.outcome = 'unreadable' OR r.outcome = 'held'
         UNION ALL
         SELECT s.mail_id, '', 'staff',
                COALESCE((SELECT f.message FROM finding f WHERE f.reading_id = r.reading_id
                          ORDER BY f.severity <> 'staff', f.severity <> 'error', f.id LIMIT 1), ''),
                NULL, s.receipt, c.venue_no, 1, r.decision_id IS NOT NULL, 9223372036854775807
         FROM submission s JOIN current_ruling r ON r.submission_id = s.id
         LEFT JOIN clinic c ON c.venue_key = r.venue_key
         WHERE r.outcome = 'held' AND s.receipt IS NOT NULL AND s.mail_id IS NOT NULL
         ORDER BY 1, 10",
    )
    .fetch_all(connection)
    .await?;
    let told: BTreeSet<&str> = MATTERS.iter().map(|matter| matter.code).collect();
    let counts = |reason: &Reason| reason.code.is_empty() || told.contains(reason.code.as_str());
    Ok(rows.into_iter().filter(counts).collect())
}

/// Letters that did not arrive. A note on the mail that they answer, on the clinic, or on the report that came back
/// deals with them.
async fn undeliverable(
    connection: &mut SqliteConnection,
    registry: &Registry,
) -> Result<Vec<Undelivered>, sqlx::Error> {
    type Row = (String, Option<i64>, Option<String>, Option<String>, i64, Option<String>, bool);
    let rows: Vec<Row> = sqlx::query_as(
        "SELECT o.to_address, o.mail_id, o.receipt, o.venue_key, o.basis_at, o.last_error,
                NOT EXISTS (SELECT 1 FROM staff_decision d WHERE d.at >= o.created_at AND d.kind = 'note'
                            AND (d.mail_id = o.mail_id OR d.venue_key = o.venue_key
                                 OR EXISTS (SELECT 1 FROM mail b JOIN current_judgement j ON j.mail_id = b.id
                                            JOIN finding f ON f.judgement_id = j.id
                                            WHERE b.id = d.mail_id AND b.is_bounce = 1 AND f.code = 'M18'
                                              AND instr(f.message, o.to_address) > 0)))
         FROM outbox o WHERE o.state IN ('failed', 'bounced') ORDER BY o.id",
    )
    .fetch_all(connection)
    .await?;
    Ok(rows
        .into_iter()
        .map(|(to, mail_id, receipt, venue, at, error, open)| Undelivered {
            item: WorkItem {
                kind: "返信不能".into(),
                mail_id,
                receipt,
                clinic: venue.and_then(|venue| registry.by_venue_no(&venue)).cloned(),
                reason: format!("{to} へ送信できません。{}", error.unwrap_or_default()),
                from: Some(to.clone()),
                received_at: instant(at),
                action: "電話で結果を連絡し、note で記録してください。".into(),
            },
            to,
            open,
        })
        .collect())
}

/// Held forms that came by FAX, telephone or USB: there is no mail to list them by.
async fn by_other_channels(
    connection: &mut SqliteConnection,
    registry: &Registry,
) -> Result<Vec<WorkItem>, sqlx::Error> {
    type Row = (Option<String>, Option<String>, i64, Option<String>);
    let rows: Vec<Row> = sqlx::query_as(
        "SELECT s.receipt, r.venue_key, s.received_at,
                (SELECT f.message FROM finding f WHERE f.reading_id = r.reading_id
                 ORDER BY f.severity <> 'staff', f.severity <> 'error', f.id LIMIT 1)
         FROM submission s JOIN current_ruling r ON r.submission_id = s.id
         WHERE s.mail_id IS NULL AND r.outcome = 'held' ORDER BY s.received_at, s.id",
    )
    .fetch_all(connection)
    .await?;
    Ok(rows
        .into_iter()
        .map(|(receipt, venue, at, message)| WorkItem {
            kind: "保留中の様式".into(),
            mail_id: None,
            receipt,
            clinic: venue.and_then(|venue| registry.by_venue_no(&venue)).cloned(),
            from: None,
            received_at: instant(at),
            reason: message.unwrap_or_else(|| "FAX等で届いた様式です。".into()),
            action: DECIDE.into(),
        })
        .collect())
}

/// Clinics that left the registry with slots in force, until a person remarks on the clinic.
async fn unlisted(
    connection: &mut SqliteConnection,
    registry: &Registry,
) -> Result<Vec<WorkItem>, sqlx::Error> {
    let rows: Vec<(String, Option<String>, i64)> = sqlx::query_as(
        "SELECT f.venue_key, s.receipt, MAX(s.received_at) FROM in_force f
         JOIN submission s ON s.id = f.submission_id JOIN clinic c ON c.venue_key = f.venue_key
         WHERE c.in_file = 0
           AND NOT EXISTS (SELECT 1 FROM staff_decision d WHERE d.venue_key = f.venue_key AND d.kind = 'note'
                           AND d.mail_id IS NULL AND d.submission_id IS NULL)
         GROUP BY f.venue_key ORDER BY 3",
    )
    .fetch_all(connection)
    .await?;
    Ok(rows
        .into_iter()
        .map(|(venue, receipt, at)| WorkItem {
            kind: "マスタにない".into(),
            mail_id: None,
            receipt,
            clinic: registry.by_venue_no(&venue).cloned(),
            from: None,
            received_at: instant(at),
            reason: "医療機関マスタに載っていませんが、有効な枠があります。".into(),
            action: "取り下げるなら void、残すなら note --clinic で記録してください。".into(),
        })
        .collect())
}

/// Addresses taken on by the program itself, until staff register or remove them.
async fn provisional(
    connection: &mut SqliteConnection,
    registry: &Registry,
) -> Result<Vec<WorkItem>, sqlx::Error> {
    let rows: Vec<(String, String, i64)> = sqlx::query_as(
        "SELECT venue_key, address, added_at FROM clinic_address WHERE status = 'provisional' ORDER BY added_at",
    )
    .fetch_all(connection)
    .await?;
    Ok(rows
        .into_iter()
        .map(|(venue, address, at)| WorkItem {
            kind: "仮登録".into(),
            mail_id: None,
            receipt: None,
            clinic: registry.by_venue_no(&venue).cloned(),
            reason: format!("{address} を仮登録しました。"),
            from: Some(address),
            received_at: instant(at),
            action: "医療機関のアドレスか確認し、adopt で登録してください。".into(),
        })
        .collect())
}
