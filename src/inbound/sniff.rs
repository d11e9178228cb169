//! Pure: what kind of file some bytes are. STAND-IN: the merge takes the other branch's version of this file.

use super::attachment::FileKind;

pub fn sniff(bytes: &[u8], name: &str) -> FileKind {
    let name = name.to_ascii_lowercase();
    let extension = name.rsplit('.').next().unwrap_or_default();
    match bytes {
        [] => FileKind::Empty,
        [b'P', b'K', ..] => match extension {
            "xlsm" => FileKind::Xlsm,
            "xlsb" => FileKind::Xlsb,
            "ods" => FileKind::Ods,
            "zip" => FileKind::Zip,
            _ => FileKind::Xlsx,
        },
        [0xD0, 0xCF, 0x11, 0xE0, ..] => FileKind::Xls,
        [b'%', b'P', b'D', b'F', ..] => FileKind::Pdf,
        _ if extension == "csv" => FileKind::Csv,
        _ => FileKind::Unknown,
    }
}
