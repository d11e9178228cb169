//! Pure: what a file is, by its bytes. Its name only decides where the bytes leave a choice.

mod archive;
mod compound;
mod markup;

use super::attachment::FileKind;
use super::japanese::{self, name::extension};

/// The test file of virus scanners; whoever sends it wants to see what we do.
const EICAR: &[u8] = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR";

/// The kind of `bytes`; `name` is the file name as shown.
pub fn sniff(bytes: &[u8], name: &str) -> FileKind {
    let extension = extension(name);
    let extension = extension.as_str();
    if bytes.is_empty() {
        return FileKind::Empty;
    }
    if bytes.starts_with(b"PK\x03\x04")
        || bytes.starts_with(b"PK\x05\x06")
        || bytes.starts_with(b"PK\x07\x08")
        || bytes.starts_with(b"PK00PK\x03\x04")
    {
        return archive::zip(bytes, extension);
    }
    if bytes.starts_with(b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1") {
        return compound::kind(bytes, extension);
    }
    if let Some(kind) = by_magic(bytes, extension) {
        return kind;
    }
    if begins_armoured(bytes) {
        return FileKind::Encrypted;
    }
    if matches!(extension, "p7s" | "sig" | "asc" | "p7c") {
        return FileKind::Signature;
    }
    if japanese::is_text(bytes) { text(bytes, extension) } else { by_extension(extension) }
}

/// An OpenPGP message in letters (RFC 4880 §6.2); a signature or a key begins otherwise.
pub fn begins_armoured(bytes: &[u8]) -> bool {
    let top = bytes.get(..4096).unwrap_or(bytes).trim_ascii_start();
    top.starts_with(b"-----BEGIN PGP MESSAGE-----")
}

fn by_magic(bytes: &[u8], extension: &str) -> Option<FileKind> {
    let starts = |magic: &[u8]| bytes.starts_with(magic);
    Some(match bytes {
        // BOF of BIFF2, 3, 4, or of a later one that lost its container.
        [0x09, 0x00, 0x04, 0x00, ..]
        | [0x09, 0x02 | 0x04, 0x06, 0x00, ..]
        | [0x09, 0x08, 0x08 | 0x10, 0x00, ..] => FileKind::OldWorkbook,
        [0xFF, 0xD8, 0xFF, ..]
        | [0x89, b'P', b'N', b'G', ..]
        | [b'G', b'I', b'F', b'8', ..]
        | [b'I', b'I', 0x2A, 0x00, ..]
        | [b'M', b'M', 0x00, 0x2A, ..]
        | [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..]
        | [b'B', b'M', _, _, _, _, 0, 0, 0, 0, ..] => FileKind::Image,
        [_, _, _, _, b'f', b't', b'y', b'p', brand @ ..] if is_heif(brand) => FileKind::Image,
        [_, _, b'-', b'l', b'h' | b'z', _, b'-', ..] => FileKind::OtherArchive,
        [0x30, 0x80 | 0x82..=0x84, ..] if extension == "p7s" => FileKind::Signature,
        _ if is_pdf(bytes) => FileKind::Pdf,
        _ if starts(b"{\\rtf") => FileKind::Word,
        _ if starts(b"7z\xBC\xAF\x27\x1C") => archive::seven_zip(bytes),
        _ if starts(b"Rar!\x1A\x07") => archive::rar(bytes),
        _ if starts(b"\x1F\x8B") || starts(b"MSCF") || starts(b"BZh") || starts(b"\xFD7zXZ\0") => {
            FileKind::OtherArchive
        }
        _ if bytes.get(257..262) == Some(b"ustar") => FileKind::OtherArchive,
        _ if starts(b"\x78\x9F\x3E\x22") => FileKind::Tnef,
        _ if starts(EICAR) => FileKind::Executable,
        _ if starts(b"MZ") && !japanese::is_text(bytes) => FileKind::Executable,
        _ if starts(b"\x7FELF")
            || starts(b"#!")
            || starts(b"\x4C\x00\x00\x00\x01\x14\x02\x00")
            || starts(b"\xCF\xFA\xED\xFE")
            || starts(b"\xCA\xFE\xBA\xBE") =>
        {
            FileKind::Executable
        }
        _ => return None,
    })
}

/// Some scanners write a few bytes before `%PDF`.
fn is_pdf(bytes: &[u8]) -> bool {
    let top = bytes.get(..1024).unwrap_or(bytes);
    bytes.starts_with(b"%PDF") || (!japanese::is_text(top) && top.windows(5).any(|w| w == b"%PDF-"))
}

fn is_heif(brand: &[u8]) -> bool {
    matches!(brand.get(..4), Some(b"heic" | b"heix" | b"hevc" | b"heim" | b"mif1" | b"msf1" | b"avif"))
}

fn text(bytes: &[u8], extension: &str) -> FileKind {
    let top = markup::top(bytes);
    let start = top.trim_start();
    let begins = |mark: &str| start.get(..mark.len()).is_some_and(|text| text.eq_ignore_ascii_case(mark));
    if begins("begin:vcard") {
        return FileKind::Vcard;
    }
    if begins("begin:vcalendar") {
        return FileKind::Calendar;
    }
    if begins("-----begin pgp signature") {
        return FileKind::Signature;
    }
    if begins("%pdf") {
        return FileKind::Pdf;
    }
    if let Some(kind) = markup::kind(start, extension) {
        return kind;
    }
    match extension {
        "csv" => FileKind::Csv,
        "eml" if markup::is_mail(start) => FileKind::Mail,
        "ics" => FileKind::Calendar,
        "vcf" => FileKind::Vcard,
        "htm" | "html" => FileKind::Html,
        "bat" | "cmd" | "vbs" | "vbe" | "js" | "jse" | "wsf" | "hta" | "ps1" | "psm1" | "sh" | "py"
        | "reg" | "url" => FileKind::Executable,
        _ => FileKind::Text,
    }
}

/// Bytes that show nothing themselves.
fn by_extension(extension: &str) -> FileKind {
    match extension {
        "jtd" | "jtdc" | "jhd" | "jttc" | "jaw" | "jbw" => FileKind::Ichitaro,
        "exe" | "com" | "scr" | "pif" | "dll" | "msi" => FileKind::Executable,
        "gpg" | "pgp" => FileKind::Encrypted,
        "xdw" | "xbd" | "one" | "pub" | "vsd" => FileKind::OtherOffice,
        _ => FileKind::Unknown,
    }
}

#[cfg(test)]
mod tests;
