//! Pure: the slot list for the reservation system as CSV, in UTF-8 (with BOM) or CP932, whole or as a difference.
//!
//! Slot names follow the notice, section 2; one row for each slot and visibility, zero counts left out.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::{Date, Time};
use unicode_normalization::UnicodeNormalization;

use crate::campaign::{Campaign, Dose, in_jst};
use crate::clinic::registry_file::{guarded, quoted};
use crate::clinic::{Ward, venue_order};
use crate::inspection::verdict::Visibility;
use crate::issue::cell_date::weekday;

/// One slot of one visibility in an accepted version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExportSlot {
    /// As registered, with its leading zeros.
    pub venue_no: String,
    pub clinic_name: String,
    pub ward: Option<Ward>,
    pub visibility: Visibility,
    pub date: Date,
    pub start: Time,
    pub end: Option<Time>,
    pub dose: Dose,
    /// People.
    pub count: u32,
    pub receipt: String,
    pub version: u32,
}

impl ExportSlot {
    /// 会場→公開区分→日→時刻; venues by number, so 9 stands before 0010.
    fn key(&self) -> ((usize, String), Visibility, Date, Time) {
        (venue_order(&self.venue_no), self.visibility, self.date, self.start)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChangeKind {
    Added,
    Removed,
    Changed,
}

impl ChangeKind {
    pub fn label(self) -> &'static str {
        match self {
            ChangeKind::Added => "追加",
            ChangeKind::Removed => "削除",
            ChangeKind::Changed => "変更",
        }
    }
}

/// One slot that is new, gone, or has another count than in the export before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SlotChange {
    pub kind: ChangeKind,
    /// The slot as it is now; for `Removed` as it was.
    pub slot: ExportSlot,
    /// People in the export before; 0 = added.
    pub before: u32,
    /// People now; 0 = removed.
    pub after: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// UTF-8 with a byte order mark, for Excel.
    Utf8,
    /// Shift_JIS as Windows writes it.
    Cp932,
}

/// A letter that CP932 does not have. Nothing is written then: a replaced letter could name another slot.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "failed to write the slot list in CP932: {letter:?} in {text:?} (venue {venue_no}) has no code there; use UTF-8 or mend the registry"
)]
pub struct Unmappable {
    pub letter: char,
    pub text: String,
    pub venue_no: String,
}

const COLUMNS: [&str; 14] = [
    "枠名",
    "公開区分",
    "会場番号",
    "医療機関名",
    "区",
    "接種回",
    "接種日",
    "曜日",
    "開始時刻",
    "終了時刻",
    "枠数",
    "受付番号",
    "版",
    "出力日時",
];

/// All slots, sorted; the same slots and instant give the same bytes.
pub fn csv(
    slots: &[ExportSlot],
    campaign: &Campaign,
    written_at: Timestamp,
    encoding: Encoding,
) -> Result<Vec<u8>, Unmappable> {
    let mut sorted: Vec<&ExportSlot> = slots.iter().filter(|slot| slot.count > 0).collect();
    sorted.sort_by_cached_key(|slot| slot.key());
    let mut table = Table::new(encoding, &COLUMNS);
    for slot in sorted {
        table.row(&slot.venue_no, &cells(slot, slot.count, campaign, written_at))?;
    }
    Ok(table.bytes)
}

/// What changed since an earlier export, sorted alike: 変更区分 and 変更前枠数 stand in front.
pub fn difference_csv(
    changes: &[SlotChange],
    campaign: &Campaign,
    written_at: Timestamp,
    encoding: Encoding,
) -> Result<Vec<u8>, Unmappable> {
    let mut sorted: Vec<&SlotChange> = changes.iter().collect();
    sorted.sort_by_cached_key(|change| change.slot.key());
    let columns: Vec<&str> = ["変更区分", "変更前枠数"].into_iter().chain(COLUMNS).collect();
    let mut table = Table::new(encoding, &columns);
    for change in sorted {
        let mut row = vec![change.kind.label().to_string(), change.before.to_string()];
        row.extend(cells(&change.slot, change.after, campaign, written_at));
        table.row(&change.slot.venue_no, &row)?;
    }
    Ok(table.bytes)
}

/// The slots that are new, gone or different; a slot is the same if venue, visibility, date and start are.
pub fn differences(before: &[ExportSlot], after: &[ExportSlot]) -> Vec<SlotChange> {
    let index = |slots: &[ExportSlot]| -> BTreeMap<_, ExportSlot> {
        slots.iter().filter(|slot| slot.count > 0).map(|slot| (slot.key(), slot.clone())).collect()
    };
    let (old, new) = (index(before), index(after));
    let mut changes = Vec::new();
    for (key, slot) in &new {
        match old.get(key) {
            None => changes.push((key, ChangeKind::Added, slot, 0, slot.count)),
            Some(was) if was.count != slot.count || was.end != slot.end => {
                changes.push((key, ChangeKind::Changed, slot, was.count, slot.count));
            }
            Some(_) => {}
        }
    }
    for (key, slot) in &old {
        if !new.contains_key(key) {
            changes.push((key, ChangeKind::Removed, slot, slot.count, 0));
        }
    }
    changes.sort_by(|a, b| a.0.cmp(b.0));
    changes
        .into_iter()
        .map(|(_, kind, slot, before, after)| SlotChange { kind, slot: slot.clone(), before, after })
        .collect()
}

fn cells(slot: &ExportSlot, count: u32, campaign: &Campaign, written_at: Timestamp) -> Vec<String> {
    let public = slot.visibility == Visibility::Public;
    vec![
        campaign.slot_name(public, &slot.venue_no, slot.date, slot.start),
        slot.visibility.label().into(),
        slot.venue_no.clone(),
        slot.clinic_name.clone(),
        slot.ward.map_or("", Ward::label).into(),
        slot.dose.label().into(),
        slot.date.strftime("%Y/%m/%d").to_string(),
        weekday(slot.date).into(),
        slot.start.strftime("%H:%M").to_string(),
        slot.end.map_or(String::new(), |end| end.strftime("%H:%M").to_string()),
        count.to_string(),
        slot.receipt.clone(),
        slot.version.to_string(),
        in_jst(written_at).strftime("%Y/%m/%d %H:%M:%S").to_string(),
    ]
}

/// A CSV file (RFC 4180: CRLF, quotes doubled) in the making.
struct Table {
    encoding: Encoding,
    bytes: Vec<u8>,
}

impl Table {
    fn new(encoding: Encoding, columns: &[&str]) -> Self {
        let mut table = Self { encoding, bytes: Vec::new() };
        let heading = columns.join(",") + "\r\n";
        match encoding {
            Encoding::Utf8 => {
                table.bytes.extend_from_slice("\u{feff}".as_bytes());
                table.bytes.extend_from_slice(heading.as_bytes());
            }
            Encoding::Cp932 => table.bytes.extend_from_slice(&encoding_rs::SHIFT_JIS.encode(&heading).0),
        }
        table
    }

    fn row(&mut self, venue_no: &str, cells: &[String]) -> Result<(), Unmappable> {
        for (index, cell) in cells.iter().enumerate() {
            if index > 0 {
                self.bytes.push(b',');
            }
            let quoted = quoted(&guarded(cell));
            match self.encoding {
                Encoding::Utf8 => self.bytes.extend_from_slice(quoted.as_bytes()),
                Encoding::Cp932 => {
                    let encoded = to_cp932(&quoted).map_err(|letter| Unmappable {
                        letter,
                        text: cell.clone(),
                        venue_no: venue_no.to_string(),
                    })?;
                    self.bytes.extend_from_slice(&encoded);
                }
            }
        }
        self.bytes.extend_from_slice(b"\r\n");
        Ok(())
    }
}

/// CP932 bytes; the letter that has none.
pub fn to_cp932(text: &str) -> Result<Vec<u8>, char> {
    let folded: String = text.nfc().map(fold).collect();
    let (bytes, _, replaced) = encoding_rs::SHIFT_JIS.encode(&folded);
    if !replaced && folded.chars().all(|c| !is_misread(c)) {
        return Ok(bytes.into_owned());
    }
    let missing = folded.chars().find(|c| {
        let mut letter = [0; 4];
        is_misread(*c) || encoding_rs::SHIFT_JIS.encode(c.encode_utf8(&mut letter)).2
    });
    Err(missing.unwrap_or('\u{fffd}'))
}

/// The letters that Windows and the Unicode tables of Shift_JIS give different codes.
fn fold(c: char) -> char {
    match c {
        '\u{301c}' => '\u{ff5e}',
        '\u{2014}' => '\u{2015}',
        '\u{2212}' => '\u{ff0d}',
        '\u{2016}' => '\u{2225}',
        '\u{00a2}' => '\u{ffe0}',
        '\u{00a3}' => '\u{ffe1}',
        '\u{00ac}' => '\u{ffe2}',
        '\u{00a5}' => '\u{ffe5}',
        other => other,
    }
}

/// The encoder writes `~` for the overline: another letter, without a word.
fn is_misread(c: char) -> bool {
    c == '\u{203e}' || c == '\u{0080}'
}
