//! Pure: the catalogue: all 110 rules with severity, texts for clinics and staff, and source. The one place where
//! a rule's Japanese stands; `docs/RULES.md` is generated from it.
//!
//! A text says what was found in one or two sentences and never the cell (the reply prints that beside it);
//! `mend` says what to do. `{name}` is filled in by the rule.

mod file;
mod header;
mod mail;
mod plan;
mod rows;
mod timing;

use std::fmt::Write;

use super::wording::{Values, fill};
use crate::inspection::verdict::{Finding, Place, Severity};

/// One rule as everyone may read it.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// `R04`: M mail, F file, B header, R row, X plan, T timing.
    pub code: &'static str,
    /// The severity it normally has.
    pub severity: Severity,
    /// The other severity of a two-level rule (R14: error before 7:00, warning from 21:00).
    pub second: Option<Severity>,
    /// ★: the core set.
    pub starred: bool,
    /// It makes the submission `held`, whatever else was found; it cannot be overridden.
    pub holding: bool,
    /// It makes the submission `held` unless an error rejects it; it cannot be overridden.
    pub deferring: bool,
    /// Silent unless `[rules]` gives it a severity.
    pub off: bool,
    /// What it is about, in a few words.
    pub title: &'static str,
    /// 理由／確認事項.
    pub text: &'static str,
    /// Other texts of the same rule, for its other cases.
    pub more: &'static [&'static str],
    /// 修正方法.
    pub mend: Option<&'static str>,
    /// The section of the notice, the incident or the habit that it comes from.
    pub source: &'static str,
}

/// How many rules there are: M20, F15, B12, R34, X18, T11.
pub const COUNT: usize = 110;

/// All rules, in the order of the families M, F, B, R, X, T.
pub static RULES: [Rule; COUNT] = gather();

/// The rule of a code, in the writing of the catalogue (`R04`).
pub fn rule(code: &str) -> Option<&'static Rule> {
    RULES.iter().find(|rule| rule.code == code)
}

impl Rule {
    /// A finding of this rule with its normal severity and first text, at no place in particular.
    pub fn finding(&self, values: Values) -> Finding {
        self.tell(self.text, values)
    }

    /// The same with one of the other texts (`more[nth]`).
    pub fn other_finding(&self, nth: usize, values: Values) -> Finding {
        self.tell(self.more.get(nth).copied().unwrap_or(self.text), values)
    }

    fn tell(&self, text: &str, values: Values) -> Finding {
        Finding {
            code: self.code.to_string(),
            severity: self.severity,
            place: Place::default(),
            label: None,
            read: None,
            message: fill(text, values),
            mend: self.mend.map(|mend| fill(mend, values)),
        }
    }

    const fn new(code: &'static str, severity: Severity, title: &'static str, text: &'static str) -> Self {
        Self {
            code,
            severity,
            second: None,
            starred: false,
            holding: false,
            deferring: false,
            off: false,
            title,
            text,
            more: &[],
            mend: None,
            source: "",
        }
    }

    const fn error(code: &'static str, title: &'static str, text: &'static str) -> Self {
        Self::new(code, Severity::Error, title, text)
    }

    const fn warning(code: &'static str, title: &'static str, text: &'static str) -> Self {
        Self::new(code, Severity::Warning, title, text)
    }

    const fn info(code: &'static str, title: &'static str, text: &'static str) -> Self {
        Self::new(code, Severity::Info, title, text)
    }

    const fn staff(code: &'static str, title: &'static str, text: &'static str) -> Self {
        Self::new(code, Severity::Staff, title, text)
    }

    const fn or(mut self, second: Severity) -> Self {
        self.second = Some(second);
        self
    }

    const fn star(mut self) -> Self {
        self.starred = true;
        self
    }

    const fn holds(mut self) -> Self {
        self.holding = true;
        self
    }

    const fn defers(mut self) -> Self {
        self.deferring = true;
        self
    }

    const fn off(mut self) -> Self {
        self.off = true;
        self
    }

    const fn more(mut self, more: &'static [&'static str]) -> Self {
        self.more = more;
        self
    }

    const fn mend(mut self, mend: &'static str) -> Self {
        self.mend = Some(mend);
        self
    }

    const fn source(mut self, source: &'static str) -> Self {
        self.source = source;
        self
    }
}

/// The families one after another; a wrong number of rules does not compile.
#[expect(clippy::indexing_slicing, reason = "evaluated by the compiler, which refuses an index out of range")]
const fn gather() -> [Rule; COUNT] {
    let families: [&[Rule]; 6] =
        [&mail::RULES, &file::RULES, &header::RULES, &rows::RULES, &plan::RULES, &timing::RULES];
    let mut rules = [mail::RULES[0]; COUNT];
    let mut at = 0;
    let mut family = 0;
    while family < families.len() {
        let mut nth = 0;
        while nth < families[family].len() {
            rules[at] = families[family][nth];
            at += 1;
            nth += 1;
        }
        family += 1;
    }
    assert!(at == COUNT, "the catalogue must hold every rule");
    rules
}

/// `docs/RULES.md`.
pub fn markdown() -> String {
    let mut page = String::from(HEAD);
    for (letter, title) in FAMILIES {
        let family: Vec<&Rule> = RULES.iter().filter(|rule| rule.code.starts_with(letter)).collect();
        // Writing to a String cannot fail.
        let _ = write!(page, "\n## {letter}　{title}（{}件）\n\n", family.len());
        page.push_str(
            "| コード | 重大度 | 題 | 理由・確認事項 | 修正方法 | 根拠 |\n|---|---|---|---|---|---|\n",
        );
        for rule in family {
            let _ = writeln!(page, "{}", line(rule));
        }
    }
    page
}

fn line(rule: &Rule) -> String {
    let star = if rule.starred { "★" } else { "" };
    let mut severity = rule.severity.as_str().to_string();
    if let Some(second) = rule.second {
        let _ = write!(severity, "／{}", second.as_str());
    }
    if rule.holding || rule.deferring {
        severity.push_str("（保留）");
    }
    if rule.off {
        severity.push_str("（初期値 off）");
    }
    let texts: Vec<String> = std::iter::once(&rule.text).chain(rule.more).map(|text| cell(text)).collect();
    format!(
        "| {}{star} | {severity} | {} | {} | {} | {} |",
        rule.code,
        cell(rule.title),
        texts.join("<br>"),
        cell(rule.mend.unwrap_or("–")),
        cell(rule.source)
    )
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('*', "\\*")
}

const FAMILIES: [(char, &str); 6] =
    [('M', "メール"), ('F', "ファイル"), ('B', "記入者欄"), ('R', "行"), ('X', "全体"), ('T', "時期")];

const HEAD: &str = "# 点検規則

この一覧は `src/inspection/rules/catalogue.rs` から作成しています（`UPDATE_DOCS=1 cargo test --test rules` で更新）。

- 重大度: `error` 差戻し（1つでもあればファイル全体を受け付けません）・`warning` 受付のうえ確認依頼・`info` お知らせ・
  `staff` 職員のみ。「／」の後は、場合によりその重大度となるものです。
- ★ は中核の規則です。「（保留）」の規則は、職員が判断するまで受付を保留します。
- `[rules]` で `R09 = \"warning\"` のように変更できます（`error` `warning` `info` `staff` `off`）。2段階の規則は両方とも
  変わります。保留の規則と T の規則は変更できません。
- 文中の `{ }` には読み取った値が入ります。セル番地・見出し・記入内容は、文とは別に表示します。
- 枠を設けないことが明らかな行（枠数が 0 または「休」など）の日付・時刻は点検しません。
";
