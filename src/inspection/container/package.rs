//! Pure: the zip that .xlsx, .xlsm, .xlsb and .ods are: its directory judged, its parts inflated under caps.
//!
//! Names are only ever compared with part names we look for; nothing is extracted anywhere.

use std::collections::BTreeMap;
use std::io::{Cursor, Read};

use zip::{CompressionMethod, HasZipMetadata as _, ZipArchive};

use super::{Refusal, within};
use crate::inbound::attachment::FileKind;
use crate::limits::Limits;

/// `PK\5\6`, the end of the central directory (APPNOTE 4.3.16), and its length without the comment.
const END_OF_DIRECTORY: &[u8] = b"PK\x05\x06";
const END_LENGTH: usize = 22;
/// How far in front of the end of the file that record may stand: its longest comment.
const END_SEARCH: usize = 22 + 65_535;
/// The ratio only counts from here on: small parts compress well and hurt nobody.
const RATIO_FREE_BYTES: u64 = 1024 * 1024;
/// A document type declaration must stand before the root element, so it shows in the first kilobyte or is
/// found by the parser later.
const HEAD_BYTES: u64 = 1024;

/// An opened zip whose directory passed every check.
pub struct Package<'a> {
    archive: ZipArchive<Cursor<&'a [u8]>>,
    limits: &'a Limits,
    /// Part names in lower case with `/`, without a leading `/`, to their place in the directory.
    parts: BTreeMap<String, usize>,
    /// Bytes inflated so far.
    inflated: u64,
}

impl<'a> Package<'a> {
    pub fn open(bytes: &'a [u8], limits: &'a Limits) -> Result<Self, Refusal> {
        // zip reserves memory for as many entries as the end record announces: judge that number first.
        within("container_entries", limits.container_entries, announced_entries(bytes)?)?;
        let archive =
            ZipArchive::new(Cursor::new(bytes)).map_err(|error| Refusal::corrupt(format!("zip: {error}")))?;
        within("container_entries", limits.container_entries, archive.len() as u64)?;
        if archive.has_duplicate_names() {
            return Err(Refusal::corrupt("zip: two entries of the same name"));
        }
        let parts = directory(&archive, limits)?;
        Ok(Self { archive, limits, parts, inflated: 0 })
    }

    /// The part's name as the directory knows it: lower case, `/`, no leading `/`.
    pub fn has(&self, name: &str) -> bool {
        self.parts.contains_key(&part_name(name))
    }

    /// All part names, lower case.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.parts.keys().map(String::as_str)
    }

    /// The inflated part, or `None` when there is none of this name.
    pub fn part(&mut self, name: &str) -> Result<Option<Vec<u8>>, Refusal> {
        self.inflate(name, u64::MAX)
    }

    /// The inflated part as text (UTF-8 with or without a byte order mark).
    pub fn text(&mut self, name: &str) -> Result<Option<String>, Refusal> {
        let Some(mut bytes) = self.part(name)? else { return Ok(None) };
        if bytes.starts_with(b"\xEF\xBB\xBF") {
            bytes.drain(..3);
        }
        String::from_utf8(bytes).map(Some).map_err(|_| Refusal::corrupt(format!("{name}: not UTF-8")))
    }

    /// The announcements that a parser would believe: the number of shared strings; a document type.
    pub fn check_claims(&mut self, kind: FileKind) -> Result<(), Refusal> {
        let suspects: &[&str] = match kind {
            FileKind::Xlsx | FileKind::Xlsm => &["xl/workbook.xml", "xl/styles.xml", "xl/sharedstrings.xml"],
            FileKind::Ods => &["content.xml", "styles.xml", "meta-inf/manifest.xml"],
            _ => return self.check_binary_strings(),
        };
        for name in suspects {
            let Some(head) = self.inflate(name, HEAD_BYTES)? else { continue };
            let head = String::from_utf8_lossy(&head);
            if head.contains("<!DOCTYPE") {
                return Err(Refusal::corrupt(format!("{name}: a document type declaration")));
            }
            check_announced_strings(&head, self.limits)?;
        }
        Ok(())
    }

    /// .xlsb: `BrtBeginSst` (MS-XLSB 2.4.265) announces the strings in two little-endian words.
    fn check_binary_strings(&mut self) -> Result<(), Refusal> {
        let Some(head) = self.inflate("xl/sharedstrings.bin", 16)? else { return Ok(()) };
        if let [0x9F, 0x01, _, _, _, _, _, a, b, c, d, ..] = head.as_slice() {
            let announced = u64::from(u32::from_le_bytes([*a, *b, *c, *d]));
            within("shared_strings", self.limits.shared_strings, announced)?;
        }
        Ok(())
    }

    fn inflate(&mut self, name: &str, at_most: u64) -> Result<Option<Vec<u8>>, Refusal> {
        let Some(&index) = self.parts.get(&part_name(name)) else { return Ok(None) };
        let broken = |error: &dyn std::fmt::Display| Refusal::corrupt(format!("{name}: {error}"));
        let mut file = self.archive.by_index(index).map_err(|error| broken(&error))?;
        let declared = file.size().min(at_most);
        let mut bytes = Vec::with_capacity(declared.min(self.limits.entry_inflated_bytes) as usize);
        let allowed = self.limits.entry_inflated_bytes;
        // The declared size was judged with the directory; this counts what really comes out.
        file.by_ref()
            .take(at_most.min(allowed.saturating_add(1)))
            .read_to_end(&mut bytes)
            .map_err(|error| broken(&error))?;
        within("entry_inflated_bytes", allowed, bytes.len() as u64)?;
        self.inflated = self.inflated.saturating_add(bytes.len() as u64);
        within("inflated_bytes", self.limits.inflated_bytes, self.inflated)?;
        Ok(Some(bytes))
    }
}

/// Judges every entry of the central directory and returns the parts by name.
fn directory(
    archive: &ZipArchive<Cursor<&[u8]>>,
    limits: &Limits,
) -> Result<BTreeMap<String, usize>, Refusal> {
    let mut parts = BTreeMap::new();
    let (mut packed, mut inflated) = (0_u64, 0_u64);
    // Where each entry begins and how far it reaches at least; overlapping ones are a bomb in few bytes.
    let mut reaches = Vec::with_capacity(archive.len());
    for index in 0..archive.len() {
        let entry = archive
            .by_index_data(index)
            .map_err(|error| Refusal::corrupt(format!("zip: entry {index}: {error}")))?;
        if entry.get_metadata().is_encrypted() {
            return Err(Refusal::Password);
        }
        if !matches!(entry.compression(), CompressionMethod::Stored | CompressionMethod::Deflated) {
            return Err(Refusal::corrupt(format!("zip: unsupported compression {:?}", entry.compression())));
        }
        within("entry_inflated_bytes", limits.entry_inflated_bytes, entry.size())?;
        packed = packed.saturating_add(entry.compressed_size());
        inflated = inflated.saturating_add(entry.size());
        let start = entry.header_start();
        reaches.push((start, start.saturating_add(entry.compressed_size())));
        let name = part_name(&String::from_utf8_lossy(entry.name_raw()));
        if name.ends_with("xl/sharedstrings.xml") || name.ends_with("xl/sharedstrings.bin") {
            within("shared_string_bytes", limits.shared_string_bytes, entry.size())?;
        }
        // Names that differ only in case or slashes are one part to Excel: which one would count?
        if parts.insert(name, index).is_some() {
            return Err(Refusal::corrupt("zip: two entries of the same name"));
        }
    }
    within("inflated_bytes", limits.inflated_bytes, inflated)?;
    if inflated > RATIO_FREE_BYTES {
        within("inflation_ratio", limits.inflation_ratio, (inflated - RATIO_FREE_BYTES) / packed.max(1))?;
    }
    reaches.sort_unstable();
    let overlap = reaches.windows(2).any(|pair| matches!(pair, [(_, end), (start, _)] if end > start));
    if overlap {
        return Err(Refusal::corrupt("zip: overlapping entries"));
    }
    Ok(parts)
}

/// The number of entries that the last end-of-directory record announces.
fn announced_entries(bytes: &[u8]) -> Result<u64, Refusal> {
    let from = bytes.len().saturating_sub(END_SEARCH);
    let tail = bytes.get(from..).unwrap_or_default();
    let at = tail
        .windows(END_LENGTH)
        .rposition(|window| window.starts_with(END_OF_DIRECTORY))
        .ok_or_else(|| Refusal::corrupt("zip: no central directory"))?;
    let word = |offset: usize| {
        let low = tail.get(at + offset).copied().unwrap_or_default();
        let high = tail.get(at + offset + 1).copied().unwrap_or_default();
        u64::from(u16::from_le_bytes([low, high]))
    };
    // 0xFFFF stands for "see the ZIP64 record" (APPNOTE 4.3.14): far over the limit too, and no workbook needs it.
    Ok(word(8).max(word(10)))
}

/// Refuses a table of shared strings that announces more than there may be: a parser would reserve memory for them.
pub fn check_announced_strings(text: &str, limits: &Limits) -> Result<(), Refusal> {
    match announced_strings(text) {
        Some(announced) => within("shared_strings", limits.shared_strings, announced),
        None => Ok(()),
    }
}

/// `uniqueCount` of `<sst>`.
fn announced_strings(head: &str) -> Option<u64> {
    let (_, rest) = head.split_once("<sst").or_else(|| head.split_once(":sst"))?;
    let tag = rest.split_once('>').map_or(rest, |(tag, _)| tag);
    let (_, value) = tag.split_once("uniqueCount=")?;
    let quote = value.chars().next()?;
    value.trim_start_matches(quote).split(quote).next()?.parse().ok()
}

/// One spelling for part names: Excel ignores case, some programs write backslashes or a leading slash.
fn part_name(raw: &str) -> String {
    raw.replace('\\', "/").trim_start_matches('/').to_ascii_lowercase()
}
