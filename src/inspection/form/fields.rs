//! Pure: the header fields: 会場番号, 医療機関名 and so on, found by their labels anywhere outside the tables.

use smol_str::{SmolStr, SmolStrBuilder};

use super::clinics::Naming;
use super::sheet::{Area, entry};
use super::{Entry, Fields, Observation, Trouble, TypedTotal, clinics};
use crate::inspection::layout::grid::{Grid, Spot};
use crate::inspection::layout::label;
use crate::inspection::normalize::glance::Glance;
use crate::inspection::normalize::{Read, Reading, count, dose, serial, token};
use crate::inspection::verdict::{Place, Visibility};
use crate::inspection::workbook::{Strike, Value};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Field {
    VenueNo,
    Name,
    Ward,
    MedCode,
    Contact,
    Phone,
    Email,
    SubmittedOn,
    Kind,
    Cap,
    /// A label whose value we do not need; it ends the search for its neighbour's.
    Other,
}

const TERMS: [(&str, Field); 62] = [
    ("会場番号", Field::VenueNo),
    ("会場no", Field::VenueNo),
    ("会場コード", Field::VenueNo),
    ("接種会場番号", Field::VenueNo),
    ("会場id", Field::VenueNo),
    ("会場№", Field::VenueNo),
    ("医療機関名", Field::Name),
    ("医療機関名称", Field::Name),
    ("医療機関の名称", Field::Name),
    ("施設名", Field::Name),
    ("施設名称", Field::Name),
    ("病院名", Field::Name),
    ("医院名", Field::Name),
    ("貴院名", Field::Name),
    ("会場名", Field::Name),
    ("接種会場名", Field::Name),
    ("行政区", Field::Ward),
    ("所在区", Field::Ward),
    ("区名", Field::Ward),
    ("医療機関コード", Field::MedCode),
    ("医療機関番号", Field::MedCode),
    ("保険医療機関コード", Field::MedCode),
    ("保険医療機関番号", Field::MedCode),
    ("機関コード", Field::MedCode),
    ("担当者名", Field::Contact),
    ("担当者氏名", Field::Contact),
    ("担当者", Field::Contact),
    ("担当者様", Field::Contact),
    ("記入者", Field::Contact),
    ("記入者名", Field::Contact),
    ("報告者", Field::Contact),
    ("報告者名", Field::Contact),
    ("電話番号", Field::Phone),
    ("電話", Field::Phone),
    ("tel", Field::Phone),
    ("連絡先", Field::Phone),
    ("メールアドレス", Field::Email),
    ("メール", Field::Email),
    ("e-mail", Field::Email),
    ("email", Field::Email),
    ("eメール", Field::Email),
    ("提出日", Field::SubmittedOn),
    ("提出年月日", Field::SubmittedOn),
    ("報告日", Field::SubmittedOn),
    ("記入日", Field::SubmittedOn),
    ("作成日", Field::SubmittedOn),
    ("提出区分", Field::Kind),
    ("提出種別", Field::Kind),
    ("接種可能上限量", Field::Cap),
    ("接種可能上限数", Field::Cap),
    ("上限量", Field::Cap),
    ("上限数", Field::Cap),
    ("割当量", Field::Cap),
    ("割当数", Field::Cap),
    ("割当", Field::Cap),
    ("住所", Field::Other),
    ("所在地", Field::Other),
    ("郵便番号", Field::Other),
    ("管理者", Field::Other),
    ("フリガナ", Field::Other),
    ("ふりがな", Field::Other),
    ("様式番号", Field::Other),
];

/// What a label may have around its term: 「第８期」, 「貴院の」.
const MAX_AROUND: usize = 5;

/// Is this cell a label of a header field (perhaps with its value behind a colon)?
pub fn is_label(spot: &Spot<'_>) -> bool {
    spot.is_text() && !spot.key.starts_with('※') && !pieces(spot).is_empty()
}

/// Is this a label whose value stands elsewhere?
pub fn is_bare_label(spot: &Spot<'_>) -> bool {
    spot.is_text()
        && !spot.key.starts_with('※')
        && pieces(spot).last().is_some_and(|(_, value)| value.is_empty())
}

/// What stands outside the tables of a sheet.
#[derive(Default)]
pub struct Head {
    pub fields: Fields,
    pub totals: Vec<TypedTotal>,
    /// Numbers and names of other clinics.
    pub others: Vec<Observation>,
}

/// Does this label name a clinic: by its name (true) or by its 会場番号 (false)?
pub fn names_clinic(spot: &Spot<'_>) -> Option<bool> {
    let (field, _) = pieces(spot).pop().filter(|_| spot.is_text())?;
    match field {
        Field::VenueNo => Some(false),
        Field::Name => Some(true),
        _ => None,
    }
}

/// Reads the fields of one sheet, and the totals that were typed outside its tables.
pub fn read(grid: &Grid<'_>, areas: &[Area]) -> Head {
    let mut head = Head::default();
    let blocked = |row, column| areas.iter().any(|area| area.holds(row, column));
    for spot in grid.spots() {
        if !spot.is_text() || spot.key.starts_with('※') || blocked(spot.row, spot.column) {
            continue;
        }
        if let Some(total) = typed_total(grid, spot, &blocked) {
            head.totals.push(total);
            continue;
        }
        let found = pieces(spot);
        let last = found.len().saturating_sub(1);
        for (index, (field, value)) in found.into_iter().enumerate() {
            let value = if is_placeholder(&value) { SmolStr::default() } else { value.into() };
            let at = if !value.is_empty() {
                Written { place: grid.place(spot.row, spot.column), raw: value, trouble: None }
            } else if index == last {
                neighbour(grid, spot, field, &blocked)
            } else {
                continue;
            };
            keep(&mut head, field, spot, at);
        }
    }
    head
}

/// A field's value where it stands; an empty `raw` means that nothing is written.
struct Written {
    place: Place,
    raw: SmolStr,
    trouble: Option<Trouble>,
}

/// The first value that is found stands; a blank gives way.
fn keep(head: &mut Head, field: Field, label: &Spot<'_>, at: Written) {
    let fields = &mut head.fields;
    let heading = label::split_note(label.text.split(':').next().unwrap_or_default()).0.trim().to_string();
    let read = match (&at.trouble, at.raw.is_empty()) {
        (Some(trouble), _) => Read::Not(trouble.clone()),
        (None, true) => Read::Blank,
        (None, false) => Read::Value(()),
    };
    if field == Field::Cap {
        if fields.cap.as_ref().is_none_or(Entry::is_blank) {
            let reading = match at.trouble {
                Some(trouble) => Reading::not(trouble),
                None => count::read(&Value::Text(at.raw.clone())),
            };
            fields.cap = Some(entry(at.place, heading, at.raw, reading));
        }
        return;
    }
    let slot = match field {
        Field::VenueNo => &mut fields.venue_no,
        Field::Name => &mut fields.name,
        Field::Ward => &mut fields.ward,
        Field::MedCode => &mut fields.med_code,
        Field::Contact => &mut fields.contact_name,
        Field::Phone => &mut fields.phone,
        Field::Email => &mut fields.email,
        Field::SubmittedOn => &mut fields.submitted_on,
        Field::Kind => &mut fields.submission_kind,
        Field::Cap | Field::Other => return,
    };
    if slot.as_ref().is_none_or(Entry::is_blank) {
        let reading = Reading { read, remarks: Vec::new() };
        *slot = Some(entry(at.place, heading, at.raw, reading));
    } else if matches!(field, Field::VenueNo | Field::Name) {
        head.others.extend(clinics::other(
            slot.as_ref(),
            at.place,
            at.raw,
            Naming::of(field == Field::Name, &label.key),
        ));
    }
}

/// The value beside or below a label that carries none itself.
fn neighbour(grid: &Grid<'_>, spot: &Spot<'_>, field: Field, blocked: &impl Fn(u32, u32) -> bool) -> Written {
    let merged = grid.merged_at(spot.row, spot.column);
    let right = merged.map_or(spot.column, |merged| merged.last_column);
    let below = merged.map_or(spot.row, |merged| merged.last_row).saturating_add(1);
    for next in grid.row(spot.row).iter().filter(|next| next.column > right) {
        if blocked(next.row, next.column) || is_label(next) || is_total_label(next) {
            break;
        }
        if next.is_text() && is_placeholder(&next.text) {
            continue;
        }
        return value_at(grid, next, field);
    }
    if let Some(next) = grid.at(below, spot.column) {
        let free = !blocked(next.row, next.column) && !is_label(next) && next.label.is_none();
        if free && !(next.is_text() && is_placeholder(&next.text)) {
            let value = value_at(grid, next, field);
            if plausible(field, &value.raw) {
                return value;
            }
        }
    }
    Written { place: grid.place(spot.row, right.saturating_add(1)), raw: SmolStr::default(), trouble: None }
}

/// What stands below a label is its value only if it looks like one.
fn plausible(field: Field, raw: &str) -> bool {
    let key = token::key(raw);
    match field {
        Field::VenueNo | Field::MedCode | Field::Phone | Field::SubmittedOn | Field::Cap => {
            key.chars().any(|ch| ch.is_ascii_digit()) && key.chars().count() <= 20
        }
        Field::Email => key.contains('@'),
        Field::Ward => key.ends_with('区') || key.chars().count() <= 2,
        Field::Name | Field::Contact | Field::Kind => key.chars().count() <= 40 && !key.ends_with('。'),
        Field::Other => false,
    }
}

fn value_at(grid: &Grid<'_>, spot: &Spot<'_>, field: Field) -> Written {
    let place = grid.place(spot.row, spot.column);
    let trouble = match &spot.cell.value {
        Value::NoResult | Value::Error(_) => Some(Trouble::Formula),
        _ if spot.cell.strike == Strike::Part => Some(Trouble::PartlyStruck),
        _ => None,
    };
    let raw = serial::written(&spot.cell.value);
    if matches!(field, Field::VenueNo | Field::MedCode)
        && let Some(joined) = joined_characters(grid, spot)
    {
        return Written { place, raw: joined, trouble: None };
    }
    Written { place, raw, trouble }
}

/// 方眼紙: one character in each cell.
fn joined_characters(grid: &Grid<'_>, first: &Spot<'_>) -> Option<SmolStr> {
    let mut joined = SmolStrBuilder::new();
    let mut column = first.column;
    while let Some(spot) = grid.at(first.row, column) {
        let raw = serial::written(&spot.cell.value);
        let mut chars = raw.chars();
        let (Some(only), None) = (chars.next(), chars.next()) else { break };
        let folded = token::fold(&raw);
        if folded.is_empty() || !folded.chars().all(|ch| ch.is_ascii_alphanumeric() || ch == '-') {
            break;
        }
        joined.push(only);
        column =
            grid.merged_at(first.row, column).map_or(column, |merged| merged.last_column).saturating_add(1);
    }
    Some(joined.finish()).filter(|joined| joined.chars().count() >= 2)
}

/// The labels in one cell, each with the value behind it: 「会場番号：０１２３　医療機関名：○○医院」.
fn pieces(spot: &Spot<'_>) -> Vec<(Field, String)> {
    let Value::Text(raw) = &spot.cell.value else { return Vec::new() };
    if raw.chars().count() > 200 {
        return Vec::new();
    }
    let pieces = chunks(raw.trim());
    if !pieces.is_empty() {
        return pieces;
    }
    // 「会 場 番 号」, or a label with the number right behind it.
    let digits = spot.key.trim_start_matches(|ch: char| !ch.is_ascii_digit());
    let plain = spot.key.strip_suffix(digits).unwrap_or(&spot.key);
    match field_of(&spot.key) {
        Some(_) if spot.key.contains(':') => Vec::new(),
        Some(field @ (Field::VenueNo | Field::MedCode))
            if digits.len() >= 3
                && digits.bytes().all(|byte| byte.is_ascii_digit())
                && field_of(plain) == Some(field) =>
        {
            vec![(field, digits.to_string())]
        }
        Some(field) => vec![(field, String::new())],
        None => Vec::new(),
    }
}

/// The parts of a text that stand apart by white space or a colon.
fn chunks(raw: &str) -> Vec<(Field, String)> {
    let colon = |ch: char| matches!(ch, ':' | '：' | '∶');
    let mut pieces: Vec<(Field, String)> = Vec::new();
    let mut rest = raw;
    // 「会 場 番 号：0123」
    if let Some((left, right)) = rest.split_once(colon)
        && let Some(field) = field_of(&token::key(left)).filter(|_| chunks(left).is_empty())
    {
        pieces.push((field, String::new()));
        rest = right;
    }
    for (index, chunk) in rest.split_whitespace().enumerate() {
        let (left, right) = chunk.split_once(colon).unwrap_or((chunk, ""));
        if let Some(field) = field_of(&token::key(left)).filter(|_| chunk != raw || chunk.contains(colon)) {
            pieces.push((field, right.to_string()));
        } else if let Some((_, value)) = pieces.last_mut() {
            if !value.is_empty() {
                value.push(' ');
            }
            value.push_str(chunk);
        } else if index == 0 {
            return Vec::new();
        }
    }
    pieces
}

fn field_of(key: &str) -> Option<Field> {
    let (outside, _) = label::split_note(key);
    let base = outside.trim_matches(|ch: char| ":・.、".contains(ch));
    let length = base.chars().count();
    if base.is_empty() || length > 18 || base.contains('差') || base.contains('@') {
        return None;
    }
    match base {
        "区" => return Some(Field::Ward),
        "fax" | "fax番号" | "カナ" => return Some(Field::Other),
        "担当" | "御担当" | "ご担当" => return Some(Field::Contact),
        _ => {}
    }
    let mut best: Option<(Field, usize)> = None;
    let glance = Glance::of(base);
    for (term, field) in TERMS {
        if glance.contains(term) {
            let term_length = term.chars().count();
            if best.is_none_or(|(_, longest)| term_length > longest) {
                best = Some((field, term_length));
            }
        }
    }
    let (field, term_length) = best?;
    (length - term_length <= MAX_AROUND).then_some(field)
}

/// Printed hints that are no values: 「（10桁・任意）」「（回分）」「令和　年　月　日」「新規／修正」.
fn is_placeholder(text: &str) -> bool {
    let key = token::key(text);
    let (outside, _) = label::split_note(&key);
    let unselected =
        (key.contains("新規") && key.contains("修正")) && !key.contains(['■', '☑', '✓', '✔', '●', '〇', '○']);
    outside.is_empty()
        || matches!(
            outside.as_str(),
            "回分"
                | "人分"
                | "人"
                | "回"
                | "様"
                | "桁"
                | "年月日"
                | "令和年月日"
                | "令和3年月日"
                | "2021年月日"
        )
        || key.chars().all(|ch| "_-.…・〇○ー/()".contains(ch))
        || key.starts_with(['※', '←', '→'])
        || key.starts_with("例:")
        || key.starts_with("例)")
        || key.starts_with("(例")
        || ["ご記入", "記入して", "選択して", "プルダウン", "入力して"].iter().any(|word| key.contains(word))
        || unselected
}

fn is_total_label(spot: &Spot<'_>) -> bool {
    spot.is_text() && total_of(&spot.key).is_some()
}

/// 「１回目 計」「公開枠 合計」 with a typed figure beside it.
fn typed_total(grid: &Grid<'_>, spot: &Spot<'_>, blocked: &impl Fn(u32, u32) -> bool) -> Option<TypedTotal> {
    let visibility = total_of(&spot.key)?;
    let right = grid.merged_at(spot.row, spot.column).map_or(spot.column, |merged| merged.last_column);
    let next = grid.row(spot.row).iter().find(|next| next.column > right)?;
    // 「合計 42 18」: one figure for each visibility.
    let split = grid.at(next.row, next.column + 1).is_some_and(|after| !after.is_text() && !after.formula());
    if split || next.formula() || blocked(next.row, next.column) || is_label(next) || is_total_label(next) {
        return None;
    }
    let raw = serial::written(&next.cell.value);
    let read =
        entry(grid.place(next.row, next.column), spot.text.clone(), raw, count::read(&next.cell.value));
    read.value()?;
    Some(TypedTotal { entry: read, dose: dose::mentioned(&spot.key), visibility, within: Vec::new() })
}

/// Is this the label of a sum over the whole form, one dose or one visibility?
#[expect(clippy::option_option, reason = "outer: is it such a label; inner: the visibility that it names")]
fn total_of(key: &str) -> Option<Option<Visibility>> {
    if !key.contains('計') {
        return None;
    }
    let (outside, _) = label::split_note(key);
    let mut bare = outside.trim_matches(':').to_string();
    let visibility = label::visibility_mentioned(&bare);
    for word in ["1回目", "2回目", "非公開", "公開", "予約", "枠", "数", "の", "人", "回分"]
    {
        bare = bare.replace(word, "");
    }
    matches!(bare.as_str(), "合計" | "計" | "総計").then_some(visibility)
}
