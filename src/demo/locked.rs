//! Pure: files that cannot be read as a form: a workbook with a password, and a printed page.

use std::fmt::Write as _;
use std::io::{Cursor, Write};

/// A password-protected workbook as Excel stores it: a compound file with `EncryptionInfo` and `EncryptedPackage`
/// (MS-OFFCRYPTO §2.3.4). Nothing can open it: the package is noise.
pub fn workbook() -> Vec<u8> {
    compound_file().unwrap_or_default()
}

fn compound_file() -> std::io::Result<Vec<u8>> {
    const DESCRIPTOR: &str = concat!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\r\n",
        "<encryption xmlns=\"http://schemas.microsoft.com/office/2006/encryption\">",
        "<keyData saltSize=\"16\" blockSize=\"16\" keyBits=\"256\" hashSize=\"64\" cipherAlgorithm=\"AES\" ",
        "cipherChaining=\"ChainingModeCBC\" hashAlgorithm=\"SHA512\" saltValue=\"5Yx0Yy1vX2m1V8n0o9b3Wg==\"/>",
        "</encryption>"
    );
    let mut file = cfb::CompoundFile::create(Cursor::new(Vec::new()))?;
    let mut info = file.create_stream("/EncryptionInfo")?;
    info.write_all(&[4, 0, 4, 0, 0x40, 0, 0, 0])?;
    info.write_all(DESCRIPTOR.as_bytes())?;
    drop(info);
    let mut package = file.create_stream("/EncryptedPackage")?;
    package.write_all(&15_000_u64.to_le_bytes())?;
    package.write_all(&noise(15_008))?;
    drop(package);
    file.flush()?;
    Ok(file.into_inner().into_inner())
}

/// Bytes without a pattern, the same every time (Marsaglia's xorshift).
fn noise(length: usize) -> Vec<u8> {
    let mut state: u64 = 0x2021_0928_1200_0900;
    std::iter::repeat_with(|| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 32) as u8
    })
    .take(length)
    .collect()
}

/// One page of PDF.
pub fn pdf() -> Vec<u8> {
    const PAGE: &str = "BT /F1 18 Tf 72 760 Td (Yoyaku-waku houkoku youshiki 1) Tj ET";
    let objects = [
        "<< /Type /Catalog /Pages 2 0 R >>".to_string(),
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_string(),
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>"
            .to_string(),
        format!("<< /Length {} >>\nstream\n{PAGE}\nendstream", PAGE.len()),
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>".to_string(),
    ];
    let mut out = String::from("%PDF-1.4\n");
    let mut starts = Vec::new();
    for (index, object) in objects.iter().enumerate() {
        starts.push(out.len());
        let _ = write!(out, "{} 0 obj\n{object}\nendobj\n", index + 1);
    }
    let table = out.len();
    let _ = write!(out, "xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1);
    for start in starts {
        let _ = writeln!(out, "{start:010} 00000 n ");
    }
    let _ =
        write!(out, "trailer\n<< /Size {} /Root 1 0 R >>\nstartxref\n{table}\n%%EOF\n", objects.len() + 1);
    out.into_bytes()
}
