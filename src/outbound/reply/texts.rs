//! Pure: the texts, compiled in, and how they are filled.

use std::sync::LazyLock;

use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{Environment, UndefinedBehavior};
use serde::Serialize;

/// Every text by its name: those of the templates, and the parts that several share.
pub const TEXTS: [(&str, &str); 40] = [
    ("head", include_str!("../templates/head.txt")),
    ("receipt", include_str!("../templates/receipt.txt")),
    ("summary", include_str!("../templates/summary.txt")),
    ("understood", include_str!("../templates/understood.txt")),
    ("changes", include_str!("../templates/changes.txt")),
    ("warnings", include_str!("../templates/warnings.txt")),
    ("notes", include_str!("../templates/notes.txt")),
    ("flow", include_str!("../templates/flow.txt")),
    ("deadline", include_str!("../templates/deadline.txt")),
    ("foot", include_str!("../templates/foot.txt")),
    ("corrected", include_str!("../templates/corrected.txt")),
    ("result", include_str!("../templates/result.txt")),
    ("block", include_str!("../templates/block.txt")),
    ("mobile", include_str!("../templates/mobile.txt")),
    ("mobile_block", include_str!("../templates/mobile_block.txt")),
    ("mobile_multi", include_str!("../templates/mobile_multi.txt")),
    ("accept", include_str!("../templates/accept.txt")),
    ("accept_warn", include_str!("../templates/accept_warn.txt")),
    ("reject", include_str!("../templates/reject.txt")),
    ("late", include_str!("../templates/late.txt")),
    ("corr_ok", include_str!("../templates/corr_ok.txt")),
    ("corr_dday", include_str!("../templates/corr_dday.txt")),
    ("corr_late", include_str!("../templates/corr_late.txt")),
    ("corr_after_open", include_str!("../templates/corr_after_open.txt")),
    ("noatt", include_str!("../templates/noatt.txt")),
    ("notxlsx", include_str!("../templates/notxlsx.txt")),
    ("passwd", include_str!("../templates/passwd.txt")),
    ("unreadable", include_str!("../templates/unreadable.txt")),
    ("unknown", include_str!("../templates/unknown.txt")),
    ("unreg", include_str!("../templates/unreg.txt")),
    ("dup", include_str!("../templates/dup.txt")),
    ("conflict", include_str!("../templates/conflict.txt")),
    ("held", include_str!("../templates/held.txt")),
    ("withdraw", include_str!("../templates/withdraw.txt")),
    ("multi", include_str!("../templates/multi.txt")),
    ("notice", include_str!("../templates/notice.txt")),
    ("foot_generated", include_str!("../templates/foot_generated.txt")),
    ("confirm", include_str!("../templates/confirm.txt")),
    ("remind", include_str!("../templates/remind.txt")),
    ("remind_fix", include_str!("../templates/remind_fix.txt")),
];

static ENVIRONMENT: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::SemiStrict);
    if let Ok(syntax) =
        SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).keep_trailing_newline(true).build()
    {
        environment.set_syntax(syntax);
    }
    for (name, text) in TEXTS {
        // A text that does not parse is found by the tests; `render` answers for it.
        let _ = environment.add_template(name, text);
    }
    environment
});

/// The text filled with the values. A text that could not be filled (the tests rule it out) still tells the
/// sender that the mail has arrived and that a person will answer.
pub fn render(name: &str, values: &impl Serialize) -> String {
    try_render(name, values).unwrap_or_else(|_| {
        "熊本市感染症対策課　ワクチン対策PTです。\n\nメールを受信しました。\n\
         内容を担当者が確認のうえ、あらためてご連絡いたします。\n\
         現時点では、受付は完了しておりません。\n"
            .to_string()
    })
}

/// The text, or what is wrong with it.
pub fn try_render(name: &str, values: &impl Serialize) -> Result<String, String> {
    let name = if name == "winmail" { "unreadable" } else { name };
    ENVIRONMENT
        .get_template(name)
        .and_then(|text| text.render(Serde(values)))
        .map_err(|error| format!("{name}: {error:#}"))
}
