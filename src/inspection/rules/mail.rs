//! Pure: the M rules: what the mail as a whole shows (spec: "Mail level").

use crate::clinic::Clinic;
use crate::inbound::attachment::{Attachment, FileKind};
use crate::inbound::message::{AutomaticSign, Message};
use crate::inspection::form::Form;
use crate::inspection::judge::Mail;
use crate::inspection::judgement::Submission;
use crate::inspection::sender::{Authentication, Sender};
use crate::inspection::standing::{MailStanding, Standing};
use crate::inspection::verdict::{Finding, Place, Severity};
use crate::inspection::workbook::Refusal;

use super::finding::note as finding;

/// The findings on the mail itself, beside those that decide what becomes of it.
pub fn on_mail(mail: &Mail, sender: &Sender, standing: &MailStanding) -> Vec<Finding> {
    let message = &mail.dissected.message;
    let words = &mail.examined.words;
    let mut findings = Vec::new();
    if mail.bare {
        return findings;
    }
    findings.extend(words.beyond_greeting.as_deref().map(m13_words));
    if words.typed_table && mail.examined.has_form() {
        findings.push(finding(
            "M14",
            Severity::Staff,
            "本文に表または枠の記載があります。添付の様式との関係をご確認ください。",
        ));
    }
    if words.download_link && !mail.examined.has_form() {
        findings.push(finding(
            "M16",
            Severity::Staff,
            "ファイル転送サービス等のURLが記載されています。自動では取得していません。",
        ));
    }
    for attachment in message.attachments.iter().filter(|a| a.inside.iter().any(|name| is_zip(name))) {
        let mut note =
            finding("M20", Severity::Info, "パスワードのないzipファイルから取り出して読み取りました。");
        note.read = Some(attachment.inside.join("/"));
        findings.push(note);
        break;
    }
    for attachment in message.attachments.iter().filter(|attachment| attachment.nested_mail.is_some()) {
        let mut note = finding(
            "M20",
            Severity::Staff,
            "転送されたメールの中の添付ファイルです。差出人をご確認ください。",
        );
        note.read = attachment.nested_mail.clone();
        findings.push(note);
        break;
    }
    if standing.message_id_seen {
        findings.push(finding(
            "M06",
            Severity::Staff,
            "同じMessage-IDで内容の異なるメールを受信しています。",
        ));
    }
    if sender.authentication == Authentication::None {
        findings.push(finding("M07", Severity::Staff, "送信ドメイン認証の結果を確認できませんでした。"));
    }
    findings
}

fn is_zip(name: &str) -> bool {
    name.to_lowercase().ends_with(".zip")
}

/// Is the file something the clinic meant to send (not a signature picture, a contact card, a signature)?
pub fn is_meant(attachment: &Attachment) -> bool {
    let noise = matches!(attachment.kind, FileKind::Vcard | FileKind::Signature | FileKind::Calendar)
        || (attachment.kind == FileKind::Image && attachment.inline)
        || (matches!(attachment.kind, FileKind::Text | FileKind::Html) && attachment.inline);
    !noise
}

pub fn m01_no_form() -> Finding {
    finding("M01", Severity::Error, "予約枠報告様式の添付を確認できませんでした。")
}

pub fn m02_not_a_spreadsheet(files: &[String]) -> Finding {
    let mut found = finding("M02", Severity::Error, "Excel形式の様式を確認できませんでした。");
    found.read = Some(files.join("、"));
    found
}

pub fn m02_typed_in_body() -> Finding {
    finding("M02", Severity::Error, "本文に枠の記載がありますが、Excel形式の様式を確認できませんでした。")
}

/// M03, M19, F01 by the reason for which a file gave no cells.
pub fn refused(file: &str, refusal: &Refusal) -> Finding {
    let (code, message) = match refusal {
        Refusal::Password => {
            ("M03", "添付ファイルにパスワードが設定されているため、内容を確認できませんでした。".to_string())
        }
        Refusal::Corrupt(_) => ("F01", "添付ファイルを開くことができませんでした。".to_string()),
        Refusal::OldFormat(kind) => {
            ("F01", format!("添付ファイルの形式（{}）は読み取れませんでした。", format_name(*kind)))
        }
        Refusal::Empty => ("M19", "添付ファイルが空（0バイト）でした。".to_string()),
        Refusal::Limit { setting, allowed, found } => (
            "M19",
            format!("添付ファイルの大きさが上限を超えています（{setting}：{found}／上限 {allowed}）。"),
        ),
        Refusal::Died(_) => ("M19", "添付ファイルを読み取ることができませんでした。".to_string()),
    };
    let mut found = finding(code, Severity::Error, &message);
    found.read = Some(file.to_string());
    found.mend = Some(match refusal {
        Refusal::Password => "パスワードを設定せずにお送りください。".to_string(),
        _ => "Excelで開いて「名前を付けて保存」→「Excelブック（*.xlsx）」で保存し直したうえで、再度お送りください。".to_string(),
    });
    found
}

fn format_name(kind: FileKind) -> &'static str {
    match kind {
        FileKind::HtmlWorkbook => "HTML形式",
        FileKind::XmlWorkbook => "XMLスプレッドシート2003",
        FileKind::OldWorkbook => "Excel 4.0以前",
        _ => "対応していない形式",
    }
}

/// The same trouble beside a form that could be read: for staff only.
pub fn unread_beside_a_form(file: &str, refusal: &Refusal) -> Finding {
    let mut found = refused(file, refusal);
    found.severity = Severity::Staff;
    found
}

pub fn m04_password_mail(first: Option<i64>) -> Finding {
    let first = first.map_or(String::new(), |id| format!("（メール {id}）"));
    finding(
        "M04",
        Severity::Info,
        &format!("パスワードをお知らせする2通目のメールです{first}。返信していません。"),
    )
}

pub fn m06_duplicate(standing: &Standing) -> Finding {
    let receipts: Vec<&str> = standing.in_force.iter().map(|version| version.receipt.as_str()).collect();
    finding(
        "M06",
        Severity::Info,
        &format!("すでに受け付けた内容（受付番号 {}）と同じです。", receipts.join("、")),
    )
}

/// A superseded version came again: never put back in force by itself.
pub fn replay(standing: &Standing, fingerprint: &str) -> Finding {
    let receipt = standing.superseded.get(fingerprint).map_or("", String::as_str);
    finding(
        "M06",
        Severity::Staff,
        &format!(
            "以前に受け付けて差し替えられた内容（受付番号 {receipt}）と同じです。どちらを有効とするかご確認ください。"
        ),
    )
}

/// A form received before the version in force, but processed after it.
pub fn overtaken(receipt: &str) -> Finding {
    finding(
        "M06",
        Severity::Staff,
        &format!(
            "有効な版（受付番号 {receipt}）より前に受信した様式です。どちらを有効とするかご確認ください。"
        ),
    )
}

pub fn m07_unregistered(address: &str) -> Finding {
    let mut found = finding(
        "M07",
        Severity::Staff,
        "送信元のメールアドレスが登録されていません。本人確認のうえ、登録または受付をお願いします。",
    );
    found.read = Some(address.to_string());
    found
}

pub fn m08_unknown_clinic(form: &Form) -> Finding {
    let field = form.fields.venue_no.as_ref().or(form.fields.name.as_ref());
    let mut found = finding("M08", Severity::Staff, "会場番号・医療機関名から医療機関を特定できません。");
    if let Some(field) = field {
        found.place = field.place.clone();
        found.read = Some(field.raw.clone());
    }
    found
}

pub fn m09_elsewhere(sender: &Sender, clinic: &Clinic) -> Finding {
    let registered: Vec<&str> = sender.clinics.iter().map(|clinic| clinic.name.as_str()).collect();
    finding(
        "M09",
        Severity::Staff,
        &format!(
            "{}は「{}」の登録アドレスですが、様式は「{}（{}）」です。",
            sender.address,
            registered.join("、"),
            clinic.name,
            clinic.venue_no
        ),
    )
}

pub fn m10_several_clinics(submissions: &[Submission]) -> Finding {
    finding(
        "M10",
        Severity::Info,
        &format!("1通のメールに複数の医療機関の様式（{}件）があります。", submissions.len()),
    )
}

pub fn m11_conflict() -> Finding {
    finding(
        "M11",
        Severity::Staff,
        "同じ医療機関の様式が複数届き、内容が異なっています。どちらが正しいか確認できないため、いずれも受付を保留しています。",
    )
}

/// Automatic mail without a form: ignored; a bounce of our own letter goes to staff (M18).
pub fn m12_m18_automatic(message: &Message, standing: &MailStanding) -> Vec<Finding> {
    let mut findings = vec![m12(message, Severity::Info)];
    if let (Some(letter), Some(bounce)) = (&standing.bounced, &message.bounce) {
        let receipt = letter.receipt.as_deref().unwrap_or("－");
        findings.push(finding(
            "M18",
            Severity::Staff,
            &format!(
                "{}へ返信できません（{} {}、受付番号 {receipt}）。電話でご連絡ください。",
                bounce.recipient, bounce.action, bounce.status
            ),
        ));
    }
    findings
}

pub fn m12_with_form(message: &Message) -> Finding {
    m12(message, Severity::Staff)
}

fn m12(message: &Message, severity: Severity) -> Finding {
    let signs: Vec<String> = message.automatic.iter().map(sign_name).collect();
    let mut found = finding("M12", severity, "自動送信のメールと判断しました。返信していません。");
    found.read = (!signs.is_empty()).then(|| signs.join("、"));
    found
}

fn sign_name(sign: &AutomaticSign) -> String {
    match sign {
        AutomaticSign::NullReturnPath => "Return-Path: <>".to_string(),
        AutomaticSign::AutoSubmitted(value) => format!("Auto-Submitted: {value}"),
        AutomaticSign::Report(kind) => format!("multipart/report {kind}"),
        AutomaticSign::List(field) => field.clone(),
        AutomaticSign::Precedence(value) => format!("Precedence: {value}"),
        AutomaticSign::Suppress(value) => format!("X-Auto-Response-Suppress: {value}"),
        AutomaticSign::RobotAddress(local) => format!("{local}@"),
        AutomaticSign::Hint(hint) => hint.clone(),
    }
}

fn m13_words(sentence: &str) -> Finding {
    let mut found = finding("M13", Severity::Staff, "本文に連絡事項の記載があります。");
    found.read = Some(sentence.to_string());
    found
}

pub fn m15_winmail(file: &str) -> Finding {
    let mut found = finding(
        "M15",
        Severity::Error,
        "添付が「winmail.dat」として届いたため、内容を取り出せませんでした。",
    );
    found.read = Some(file.to_string());
    found.mend = Some(
        "Outlookのメッセージ形式を「HTML形式」または「テキスト形式」に変更してお送りください。".to_string(),
    );
    found
}

pub fn m17_personal_data(place: Place) -> Finding {
    let mut found = finding(
        "M17",
        Severity::Staff,
        "個人情報と思われる列があります。内容を転記・転送せず、取扱いをご確認ください。",
    );
    found.place = place;
    found
}

pub fn m19_unparsable(reason: &str) -> Finding {
    let mut found = finding("M19", Severity::Staff, "メールの形式を解析できませんでした。");
    found.read = Some(reason.to_string());
    found
}

pub fn f02_not_our_form(file: &str) -> Finding {
    let mut found = finding(
        "F02",
        Severity::Error,
        &format!("添付の「{file}」は予約枠報告様式１～３のいずれとも確認できませんでした。"),
    );
    found.read = Some(file.to_string());
    found.mend = Some("市ホームページの様式をご使用ください。".to_string());
    found
}

pub fn f14_withdrawal(place: Place, raw: &str) -> Finding {
    let mut found = finding(
        "F14",
        Severity::Staff,
        "利用しない（取下げ）旨の記載があります。確認までは現状を維持します。",
    );
    found.place = place;
    found.read = Some(raw.to_string());
    found
}

pub fn t10_confirmed() -> Finding {
    finding(
        "T10",
        Severity::Staff,
        "確認依頼への返信（確認しました）と思われます。確認済候補として職員が確定してください。",
    )
}

pub fn companion(title: &str) -> Finding {
    finding(
        "M13",
        Severity::Staff,
        &format!("「{title}」が添付されています。予約枠報告とは別に担当者が確認してください。"),
    )
}

pub fn stranger(address: &str) -> Finding {
    let mut found = finding(
        "M07",
        Severity::Staff,
        "登録されていない送信元からの、様式のないメールです。返信していません。",
    );
    found.read = Some(address.to_string());
    found
}

pub fn not_addressed_to_us() -> Finding {
    finding("M12", Severity::Staff, "宛先（To・Cc）に当方のアドレスがないメールです。返信していません。")
}

pub fn no_single_author(message: &Message) -> Finding {
    let authors: Vec<&str> = message.authors.iter().map(|author| author.address.as_str()).collect();
    let mut found =
        finding("M08", Severity::Staff, "差出人（From）を1つに特定できません。返信していません。");
    found.read = (!authors.is_empty()).then(|| authors.join("、"));
    found
}

pub fn authentication_failed(message: &Message) -> Finding {
    let mut found = finding(
        "M07",
        Severity::Staff,
        "送信ドメイン認証に失敗しました（なりすましの可能性）。返信していません。",
    );
    found.read = Some(message.from().to_string());
    found
}

pub fn no_registry_yet() -> Finding {
    finding(
        "M08",
        Severity::Staff,
        "医療機関マスタが未登録のため、受付を保留しています。clinics import の後に自動で判定し直します。",
    )
}

/// A reply that cannot be addressed at all.
pub fn m18_unaddressable(address: &str, cause: &str) -> Finding {
    let mut found = finding(
        "M18",
        Severity::Staff,
        &format!("{address}へ返信できません（{cause}）。電話でご連絡ください。"),
    );
    found.read = Some(address.to_string());
    found
}
