//! Pure: the files of a mail: type sniffed from the bytes, safe display name, SHA-256, caps; zip, nested mail
//! and winmail.dat opened one level.

pub mod archive;
pub mod gather;

use serde::{Deserialize, Serialize};

/// What the bytes are, whatever the name says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum FileKind {
    Xlsx,
    Xlsm,
    Xlsb,
    /// BIFF5/BIFF8 in a compound file.
    Xls,
    Ods,
    Csv,
    /// A compound file with an EncryptedPackage, or an .xls with FilePass.
    EncryptedWorkbook,
    /// An HTML table saved as .xls.
    HtmlWorkbook,
    /// SpreadsheetML 2003 (`<?mso-application progid="Excel.Sheet"?>`).
    XmlWorkbook,
    /// BIFF2 to BIFF4, not in a compound file.
    OldWorkbook,
    /// A plain zip that could not be opened one level further (nested, over the caps); normally its entries stand instead.
    Zip,
    EncryptedArchive,
    /// S/MIME or PGP: a mail or a file that only the holder of a key can read.
    Encrypted,
    /// message/external-body: a note that says where the file could be fetched. Nobody fetches it.
    External,
    /// 7z, rar, lzh: not opened.
    OtherArchive,
    Pdf,
    Image,
    /// doc, docx, rtf.
    Word,
    /// .jtd
    Ichitaro,
    /// ppt, pptx, Numbers, one-note, …
    OtherOffice,
    Text,
    Html,
    /// winmail.dat that could not be opened.
    Tnef,
    Calendar,
    Vcard,
    /// S/MIME or PGP signature.
    Signature,
    Executable,
    Mail,
    Empty,
    #[default]
    Unknown,
}

impl FileKind {
    /// Could the reader find a form in it?
    pub fn is_workbook(self) -> bool {
        matches!(
            self,
            FileKind::Xlsx | FileKind::Xlsm | FileKind::Xlsb | FileKind::Xls | FileKind::Ods | FileKind::Csv
        )
    }
}

/// One candidate file, without its bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attachment {
    /// For display only, NFC, never a path; 「添付ファイル1」 when the mail gives none.
    pub name: String,
    pub declared_type: String,
    pub size: u64,
    /// Hex.
    pub sha256: String,
    pub kind: FileKind,
    /// Shown in the text (signature images), not offered as a file.
    pub inline: bool,
    /// The containers it was taken out of, outermost first: 「転送.eml」, 「枠.zip」, 「winmail.dat」.
    pub inside: Vec<String>,
    /// Message-ID or subject of the nested mail it was in, if any.
    pub nested_mail: Option<String>,
    /// The beginning of a text file, to recognise what a gateway writes in place of a file; empty for other kinds.
    pub excerpt: String,
}
