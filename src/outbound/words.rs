//! Pure: the words that staff read for the stable names of the contract, the same on the terminal, in the digest and in
//! its workbook. A name that is not known is shown as it is.

/// `accepted` → 「受付」: what became of a mail or a submission.
pub fn outcome(name: &str) -> &str {
    match name {
        "accepted" => "受付",
        "accepted_with_warnings" => "受付・要確認",
        "rejected" => "要修正",
        "unreadable" => "読取不能",
        "not_a_form" => "様式なし",
        "duplicate" => "重複",
        "held" => "保留",
        "ignored" => "対象外",
        other => other,
    }
}

/// `status.state`, as the digest counts it.
pub fn clinic_state(name: &str) -> &str {
    match name {
        "held" => "要対応",
        "needs_fix" => "要修正",
        "accepted" => "受付済",
        "not_submitted" => "未提出",
        "not_using" => "利用なし",
        "unknown_intent" => "意向未確認",
        other => other,
    }
}

pub fn timing(name: &str) -> &str {
    match name {
        "on_time" => "期限内",
        "late" => "期限後",
        "fix_of_on_time" => "期限内（不備修正）",
        "correction" => "修正",
        "correction_last_day" => "期限当日修正",
        "correction_late" => "修正期限後",
        "after_opening" => "受付開始後",
        other => other,
    }
}

pub fn setup(name: &str) -> &str {
    match name {
        "none" | "" => "未",
        "exported" => "出力済",
        "done" => "セットアップ済",
        "confirmation_requested" => "確認依頼済",
        "confirmed" => "確認済",
        other => other,
    }
}

/// `outbox.state`
pub fn letter_state(name: &str) -> &str {
    match name {
        "queued" => "送信待ち",
        "sending" => "送信中",
        "sent" => "送信済",
        "deferred" => "再送待ち",
        "failed" => "送信不能",
        "ambiguous" => "送達不明",
        "bounced" => "不達",
        "suppressed" => "抑止",
        "held" => "保留",
        other => other,
    }
}

/// `outbox.kind`, the template of a letter.
pub fn letter_kind(name: &str) -> &str {
    match name {
        "accept" => "受付完了",
        "accept_warn" => "受付・要確認",
        "reject" => "要修正",
        "late" => "期限後受付",
        "corr_ok" => "修正受付",
        "corr_dday" => "修正受付（期限当日）",
        "corr_late" => "期限後修正",
        "corr_after_open" => "受付開始後の修正",
        "noatt" => "添付なし",
        "notxlsx" => "様式以外の添付",
        "passwd" => "パスワード付き",
        "unreadable" => "読取不能",
        "winmail" => "winmail.dat",
        "unknown" => "医療機関不明",
        "unreg" => "送信元未登録",
        "dup" => "受付済み",
        "conflict" => "別内容",
        "held" => "確認中",
        "withdraw" => "取下げ申出",
        "multi" => "複数の様式",
        "confirm" => "確認依頼",
        "remind" => "未提出の督促",
        "remind_fix" => "修正の督促",
        "notice" => "登録先への写し",
        "digest" => "日次集計",
        "alert" => "職員への連絡",
        other => other,
    }
}

/// `status.flags`
pub fn flag(name: &str) -> &str {
    match name {
        "provisional" => "仮登録あり",
        "undeliverable" => "メール不達",
        "reminded" => "督促済",
        "extended" => "期限延長",
        "over_cap" => "上限超過",
        "cap_unknown" => "上限量未登録",
        "earlier_version_in_force" => "前の版が有効",
        "changed_after_setup" => "セットアップ後に変更",
        "other_channel" => "FAX等",
        "not_in_file" => "マスタにない",
        other => other,
    }
}

pub fn severity(name: &str) -> &str {
    match name {
        "error" => "要修正",
        "warning" => "要確認",
        "info" => "参考",
        "staff" => "職員",
        other => other,
    }
}

pub fn channel(name: &str) -> &str {
    match name {
        "mail" => "メール",
        "fax" => "FAX",
        "phone" => "電話",
        "usb" => "USB",
        other => other,
    }
}

pub fn visibility(name: &str) -> &str {
    match name {
        "public" => "公開",
        "private" => "非公開",
        other => other,
    }
}

/// What a person or the program did: decisions and entries of the audit trail.
pub fn deed(name: &str) -> &str {
    match name {
        "mail" => "受信・記録",
        "judgement" => "自動判定",
        "rejudge" => "再判定",
        "accept" => "受付を決定",
        "reject" => "不受理を決定",
        "void" => "無効",
        "reassign" => "医療機関の変更",
        "adopt" => "アドレス登録",
        "note" => "備考・対応済み",
        "extend" => "期限延長",
        "submit" | "entry" => "手入力",
        "set" => "マスタ変更",
        "confirm" => "確認済",
        "setup" => "セットアップ完了",
        "remind" => "督促",
        "outbox" => "送信の操作",
        "clinics" => "マスタ取込み",
        "export" => "枠の出力",
        "digest" => "日次集計",
        other => other,
    }
}

/// Why a mail got no reply.
pub fn silence(name: &str) -> &str {
    match name {
        "automatic" => "自動送信メール",
        "stranger" => "未登録の送信元、様式なし",
        "password_mail" => "パスワードのお知らせ",
        "redelivery" => "再配送（返信済み）",
        "courtesy" => "返信への返事",
        "no_author" => "差出人不明",
        "unauthenticated" => "送信者認証の失敗",
        "unparsable" => "メールとして読めない",
        "quarantined" => "プログラムの添付",
        other => other,
    }
}
