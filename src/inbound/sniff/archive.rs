//! Pure: zip, 7z and rar: what is inside, by the names of the directory; nothing is inflated but one small entry.

use std::io::{Cursor, Read};

use zip::ZipArchive;

use crate::inbound::attachment::FileKind;

/// Entries whose names are looked at.
const MOST_NAMES: usize = 4_000;
/// The end record and the longest comment (APPNOTE 4.3.16), with some junk behind it.
const TAIL: usize = 128 * 1024;
const LOCAL: &[u8] = b"PK\x03\x04";
const CENTRAL: &[u8] = b"PK\x01\x02";
const END: &[u8] = b"PK\x05\x06";

pub(super) fn zip(bytes: &[u8], extension: &str) -> FileKind {
    let directory = central_directory(bytes).unwrap_or_else(|| local_headers(bytes));
    let has = |name: &str| directory.names.iter().any(|n| n == name);
    let has_folder = |folder: &str| directory.names.iter().any(|n| n.starts_with(folder));
    if directory.encrypted {
        return FileKind::EncryptedArchive;
    }
    if has("xl/workbook.bin") {
        return FileKind::Xlsb;
    }
    if has_folder("xl/") {
        return if has("xl/vbaproject.bin") { FileKind::Xlsm } else { FileKind::Xlsx };
    }
    if has_folder("word/") && (has("[content_types].xml") || !directory.complete) {
        return FileKind::Word;
    }
    if has("[content_types].xml") {
        // A cut file: its name is the only hint left.
        return match (directory.complete, extension) {
            (false, "xlsx" | "xls" | "xlsm") => FileKind::Xlsx,
            (false, "docx") => FileKind::Word,
            _ => FileKind::OtherOffice,
        };
    }
    if let Some(kind) = open_document(bytes, &directory, extension) {
        return kind;
    }
    if has_folder("index/") && directory.names.iter().any(|n| n.contains(".iwa")) || has("index.zip") {
        return FileKind::OtherOffice;
    }
    match extension {
        // The directory is gone, nothing inside was recognised: the reader says that it is broken.
        "xlsx" | "xlsm" | "xls" if !directory.complete => FileKind::Xlsx,
        _ => FileKind::Zip,
    }
}

/// 7z: encrypted when an AES coder stands in its plain end header; otherwise it cannot be told.
pub(super) fn seven_zip(bytes: &[u8]) -> FileKind {
    let tail = bytes.get(bytes.len().saturating_sub(4096)..).unwrap_or_default();
    let aes = tail.windows(4).any(|w| w == [0x06, 0xF1, 0x07, 0x01]);
    if aes { FileKind::EncryptedArchive } else { FileKind::OtherArchive }
}

/// RAR 4: flags of the main and the first file header. RAR 5: an encryption header comes first.
pub(super) fn rar(bytes: &[u8]) -> FileKind {
    let encrypted = match bytes.get(6..) {
        Some([0x01, 0x00, _, _, _, _, _, 0x04, ..]) => true,
        Some([0x00, _, _, 0x73, main, _, size, _, rest @ ..]) => {
            let first_file = usize::from(*size).checked_sub(7).and_then(|skip| rest.get(skip..));
            main & 0x80 != 0 || matches!(first_file, Some([_, _, 0x74, flags, ..]) if flags & 0x04 != 0)
        }
        _ => false,
    };
    if encrypted { FileKind::EncryptedArchive } else { FileKind::OtherArchive }
}

struct Directory {
    /// Lower case, with `/`.
    names: Vec<String>,
    encrypted: bool,
    /// The central directory could be read.
    complete: bool,
}

fn u16_at(bytes: &[u8], at: usize) -> Option<usize> {
    let pair = bytes.get(at..at.checked_add(2)?)?;
    Some(usize::from(u16::from_le_bytes(pair.try_into().ok()?)))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<usize> {
    let four = bytes.get(at..at.checked_add(4)?)?;
    usize::try_from(u32::from_le_bytes(four.try_into().ok()?)).ok()
}

fn folded(name: &[u8]) -> String {
    String::from_utf8_lossy(name).replace('\\', "/").to_ascii_lowercase()
}

fn central_directory(bytes: &[u8]) -> Option<Directory> {
    let tail_at = bytes.len().saturating_sub(TAIL);
    let tail = bytes.get(tail_at..)?;
    let end = tail_at + tail.windows(END.len()).rposition(|w| w == END)?;
    let (size, offset) = (u32_at(bytes, end + 12)?, u32_at(bytes, end + 16)?);
    // Counted back from its end it is found behind prepended bytes too.
    let starts = [end.checked_sub(size), Some(offset)];
    let mut at =
        starts.into_iter().flatten().find(|&at| bytes.get(at..).is_some_and(|b| b.starts_with(CENTRAL)))?;
    let mut directory = Directory { names: Vec::new(), encrypted: false, complete: true };
    while bytes.get(at..).is_some_and(|b| b.starts_with(CENTRAL)) && directory.names.len() < MOST_NAMES {
        directory.encrypted |= u16_at(bytes, at + 8)? & 1 != 0;
        let (name, extra, comment) =
            (u16_at(bytes, at + 28)?, u16_at(bytes, at + 30)?, u16_at(bytes, at + 32)?);
        directory.names.push(folded(bytes.get(at + 46..at + 46 + name)?));
        at += 46 + name + extra + comment;
    }
    Some(directory)
}

/// A cut file has no directory, but its local headers still name what it was.
fn local_headers(bytes: &[u8]) -> Directory {
    let mut directory = Directory { names: Vec::new(), encrypted: false, complete: false };
    let mut rest = bytes;
    while directory.names.len() < MOST_NAMES {
        let Some(at) = rest.iter().position(|&b| b == b'P') else { break };
        rest = rest.get(at..).unwrap_or_default();
        if rest.starts_with(LOCAL)
            && let (Some(flags), Some(length)) = (u16_at(rest, 6), u16_at(rest, 26))
            && let Some(name) = rest.get(30..30 + length.min(512))
        {
            directory.encrypted |= flags & 1 != 0;
            directory.names.push(folded(name));
        }
        rest = rest.get(1..).unwrap_or_default();
    }
    directory
}

/// ODF: its `mimetype` stands first, stored. An encrypted one says so in its manifest.
fn open_document(bytes: &[u8], directory: &Directory, extension: &str) -> Option<FileKind> {
    let top = bytes.get(..256).unwrap_or(bytes);
    let names = |kind: &[u8]| top.windows(kind.len()).any(|w| w == kind);
    let is_odf = names(b"opendocument.") || directory.names.iter().any(|n| n == "content.xml");
    if !is_odf {
        return None;
    }
    let manifest = read_small(bytes, "META-INF/manifest.xml");
    let encrypted = manifest.windows(15).any(|w| w == b"encryption-data");
    let in_manifest = |kind: &[u8]| manifest.windows(kind.len()).any(|w| w == kind);
    let is_sheet =
        names(b"opendocument.spreadsheet") || in_manifest(b"opendocument.spreadsheet") || extension == "ods";
    Some(match (is_sheet, encrypted) {
        (true, true) => FileKind::EncryptedWorkbook,
        (true, false) => FileKind::Ods,
        (false, _) => FileKind::OtherOffice,
    })
}

fn read_small(bytes: &[u8], name: &str) -> Vec<u8> {
    let mut out = Vec::new();
    if let Ok(mut archive) = ZipArchive::new(Cursor::new(bytes))
        && let Ok(entry) = archive.by_name(name)
    {
        // What could be read before an error is enough to look at.
        let _ = entry.take(64 * 1024).read_to_end(&mut out);
    }
    out
}
