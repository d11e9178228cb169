//! Pure: OLE compound files: workbook, encrypted workbook, Word, Ichitaro and others, by their streams.

use std::io::{Cursor, Read};

use cfb::CompoundFile;

use crate::inbound::attachment::FileKind;

/// FilePass stands among the first records of the Workbook stream ([MS-XLS] 2.1.7.20.1).
const FIRST_RECORDS: usize = 32;

pub(super) fn kind(bytes: &[u8], extension: &str) -> FileKind {
    let Ok(mut file) = CompoundFile::open(Cursor::new(bytes)) else { return broken(bytes, extension) };
    if file.is_stream("/EncryptedPackage") {
        return encrypted(extension);
    }
    for name in ["/Workbook", "/Book", "/WORKBOOK", "/BOOK"] {
        if file.is_stream(name) {
            let mut top = Vec::new();
            if let Ok(stream) = file.open_stream(name) {
                // An unreadable stream shows no FilePass; the reader reports it.
                let _ = stream.take(16 * 1024).read_to_end(&mut top);
            }
            return if has_file_pass(&top) { FileKind::EncryptedWorkbook } else { FileKind::Xls };
        }
    }
    if file.is_stream("/WordDocument") {
        return FileKind::Word;
    }
    if file.is_stream("/__properties_version1.0") {
        return FileKind::Mail;
    }
    if file.exists("/JSRV_SegmentInformation") || file.exists("/DocumentText") || is_ichitaro(extension) {
        return FileKind::Ichitaro;
    }
    if extension == "msi" { FileKind::Executable } else { FileKind::OtherOffice }
}

fn is_ichitaro(extension: &str) -> bool {
    matches!(extension, "jtd" | "jtdc" | "jtt" | "jttc" | "jhd")
}

/// The same container holds encrypted workbooks, documents and presentations; only the name tells them apart.
fn encrypted(extension: &str) -> FileKind {
    match extension {
        "docx" | "doc" | "docm" => FileKind::Word,
        "pptx" | "ppt" | "pptm" => FileKind::OtherOffice,
        _ => FileKind::EncryptedWorkbook,
    }
}

/// The container is damaged: stream names may still stand in its bytes.
fn broken(bytes: &[u8], extension: &str) -> FileKind {
    let names = |name: &str| {
        let wide: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
        bytes.windows(wide.len()).any(|w| w == wide)
    };
    match extension {
        "xls" | "xlt" | "xla" => FileKind::Xls,
        _ if names("EncryptedPackage") => encrypted(extension),
        _ if names("Workbook\0") || names("Book\0") => FileKind::Xls,
        "doc" => FileKind::Word,
        _ if names("WordDocument") => FileKind::Word,
        _ if is_ichitaro(extension) => FileKind::Ichitaro,
        "xlsx" | "xlsm" | "xlsb" => FileKind::Xls,
        _ => FileKind::Unknown,
    }
}

fn has_file_pass(stream: &[u8]) -> bool {
    let mut rest = stream;
    for _ in 0..FIRST_RECORDS {
        let [id_low, id_high, low, high, data @ ..] = rest else { return false };
        if u16::from_le_bytes([*id_low, *id_high]) == 0x002F {
            return true;
        }
        let length = usize::from(u16::from_le_bytes([*low, *high]));
        rest = data.get(length..).unwrap_or_default();
    }
    false
}
