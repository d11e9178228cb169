use std::io::{Cursor, Write};

use super::*;

fn zip_of(names: &[&str]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for name in names {
        zip.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(b"<x/>").unwrap();
    }
    zip.finish().unwrap().into_inner()
}

fn compound(streams: &[(&str, &[u8])]) -> Vec<u8> {
    let mut file = cfb::CompoundFile::create(Cursor::new(Vec::new())).unwrap();
    for (name, bytes) in streams {
        file.create_stream(name).unwrap().write_all(bytes).unwrap();
    }
    file.into_inner().into_inner()
}

const BOF: &[u8] = &[0x09, 0x08, 0x04, 0x00, 0, 6, 5, 0];

fn check(quirk: &str, bytes: &[u8], name: &str, expected: FileKind) {
    assert_eq!(sniff(bytes, name), expected, "{quirk}");
}

#[test]
fn zip_by_its_directory() {
    let types = "[Content_Types].xml";
    check("xlsx", &zip_of(&[types, "xl/workbook.xml"]), "a.pdf", FileKind::Xlsx);
    check("xlsx with back strokes", &zip_of(&[types, "xl\\workbook.xml"]), "", FileKind::Xlsx);
    check("workbook of another name", &zip_of(&[types, "xl/book2.xml"]), "", FileKind::Xlsx);
    check("xlsm", &zip_of(&[types, "xl/workbook.xml", "xl/vbaProject.bin"]), "a.xlsx", FileKind::Xlsm);
    check("xlsb", &zip_of(&[types, "xl/workbook.bin"]), "a.xlsx", FileKind::Xlsb);
    check("docx", &zip_of(&[types, "word/document.xml"]), "a.xlsx", FileKind::Word);
    check("pptx", &zip_of(&[types, "ppt/presentation.xml"]), "a.xlsx", FileKind::OtherOffice);
    check("numbers", &zip_of(&["Index/Document.iwa"]), "a.numbers", FileKind::OtherOffice);
    check("plain", &zip_of(&["a.xlsx"]), "a.xlsx", FileKind::Zip);
    let whole = zip_of(&[types, "xl/workbook.xml"]);
    check("junk behind", &[whole.clone(), vec![0; 70_000]].concat(), "", FileKind::Xlsx);
    check("cut", &whole[..whole.len() / 2], "a.xlsx", FileKind::Xlsx);
    check("cut to nothing", b"PK\x03\x04", "a.xlsx", FileKind::Xlsx);
    check("cut to nothing, no name", b"PK\x03\x04", "", FileKind::Zip);
}

#[test]
fn open_document() {
    let of = |kind: &str, manifest: &str| {
        let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
        let stored =
            zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
        for (name, text) in [("mimetype", kind), ("content.xml", "<x/>"), ("META-INF/manifest.xml", manifest)]
        {
            zip.start_file(name, stored).unwrap();
            zip.write_all(text.as_bytes()).unwrap();
        }
        zip.finish().unwrap().into_inner()
    };
    let sheet = "application/vnd.oasis.opendocument.spreadsheet";
    check("ods", &of(sheet, ""), "a.xlsx", FileKind::Ods);
    check(
        "ods with a password",
        &of(sheet, "<manifest:encryption-data/>"),
        "a.ods",
        FileKind::EncryptedWorkbook,
    );
    check("odt", &of("application/vnd.oasis.opendocument.text", ""), "a.odt", FileKind::OtherOffice);
}

#[test]
fn compound_by_its_streams() {
    check("xls", &compound(&[("Workbook", BOF)]), "a.xlsx", FileKind::Xls);
    check("BIFF5", &compound(&[("Book", BOF)]), "a.xls", FileKind::Xls);
    let encrypted = [BOF, &[0x86, 0, 0, 0], &[0x2F, 0, 6, 0, 0, 0, 1, 2, 3, 4]].concat();
    check("FilePass", &compound(&[("Workbook", &encrypted)]), "a.xls", FileKind::EncryptedWorkbook);
    let data = [BOF, &[0x42, 0, 4, 0, 0x2F, 0, 6, 0]].concat();
    check("0x2F inside a record", &compound(&[("Workbook", &data)]), "a.xls", FileKind::Xls);
    let package = compound(&[("EncryptionInfo", b"x"), ("EncryptedPackage", b"x")]);
    check("encrypted xlsx", &package, "a.xlsx", FileKind::EncryptedWorkbook);
    check("encrypted xlsx named pdf", &package, "a.pdf", FileKind::EncryptedWorkbook);
    check("encrypted docx", &package, "a.docx", FileKind::Word);
    check("doc", &compound(&[("WordDocument", b"x")]), "a.xls", FileKind::Word);
    check("jtd", &compound(&[("DocumentText", b"x")]), "a.jtd", FileKind::Ichitaro);
    check("ppt", &compound(&[("PowerPoint Document", b"x")]), "a.ppt", FileKind::OtherOffice);
    check("broken xls", b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1 cut", "a.xls", FileKind::Xls);
    let whole = compound(&[("EncryptedPackage", &[7; 9_000])]);
    check("cut, encrypted", &whole[..whole.len() - 512], "a.xlsx", FileKind::EncryptedWorkbook);
}

#[test]
fn other_magic() {
    check("empty", b"", "a.xlsx", FileKind::Empty);
    check("BIFF3", &[9, 2, 6, 0, 0, 0], "a.xls", FileKind::OldWorkbook);
    check("pdf", b"%PDF-1.4", "a.xlsx", FileKind::Pdf);
    check("heic", b"\0\0\0\x18ftypheic", "a.jpg", FileKind::Image);
    check("jpeg", b"\xFF\xD8\xFF\xE0", "a.xlsx", FileKind::Image);
    check("rtf", b"{\\rtf1", "a.doc", FileKind::Word);
    check("7z", b"7z\xBC\xAF\x27\x1C\0\x04", "a.7z", FileKind::OtherArchive);
    check("7z with AES", b"7z\xBC\xAF\x27\x1C\0\x04...\x06\xF1\x07\x01", "a.7z", FileKind::EncryptedArchive);
    check("rar 5", b"Rar!\x1A\x07\x01\0\0\0\0\0\x05\x01", "a.rar", FileKind::OtherArchive);
    check("rar 5 encrypted", b"Rar!\x1A\x07\x01\0\0\0\0\0\x05\x04", "a.rar", FileKind::EncryptedArchive);
    check("lzh", b"\x1A\x2B-lh5-x", "a.lzh", FileKind::OtherArchive);
    check("exe", b"MZ\x90\0\x03\0\0", "a.xlsx", FileKind::Executable);
    check("script", b"#!/bin/sh\n", "a.csv", FileKind::Executable);
    check("tnef", b"\x78\x9F\x3E\x22\0\0", "a", FileKind::Tnef);
    check("p7s", b"\x30\x82\x01\x02\x06", "smime.p7s", FileKind::Signature);
    check("unknown", &[0, 1, 2, 3, 0xFE], "a.xlsx", FileKind::Unknown);
}

#[test]
fn texts() {
    let sjis = |text: &str| encoding_rs::SHIFT_JIS.encode(text).0.into_owned();
    check("csv", &sjis("日付,人数\n10/25,6\n"), "a.CSV", FileKind::Csv);
    check("csv of one word beginning with MZ", b"MZ,1\n", "a.csv", FileKind::Csv);
    check("csv of noise", &[0, 0xFF, 0x81, 0, 1, 2], "a.csv", FileKind::Unknown);
    check("text", "メモ".as_bytes(), "a.txt", FileKind::Text);
    let wide: Vec<u8> =
        [0xFF, 0xFE].into_iter().chain("日付\t人数".encode_utf16().flat_map(u16::to_le_bytes)).collect();
    check("UTF-16 csv", &wide, "a.csv", FileKind::Csv);
    check("html as xls", b"\xEF\xBB\xBF \n<HTML xmlns:x=\"urn\"><table>", "a.xls", FileKind::HtmlWorkbook);
    check("html", b"<!DOCTYPE html><p>", "a.htm", FileKind::Html);
    let wide: Vec<u8> =
        [0xFF, 0xFE].into_iter().chain("<html><table>".encode_utf16().flat_map(u16::to_le_bytes)).collect();
    check("UTF-16 html as xls", &wide, "a.xls", FileKind::HtmlWorkbook);
    let xml = b"<?xml version=\"1.0\"?>\n<?mso-application progid=\"Excel.Sheet\"?>\n<Workbook xmlns=\"urn:schemas-microsoft-com:office:spreadsheet\">";
    check("SpreadsheetML", xml, "a.xls", FileKind::XmlWorkbook);
    check("other xml", b"<?xml version=\"1.0\"?><a/>", "a.xml", FileKind::Text);
    check(
        "web archive as xls",
        b"MIME-Version: 1.0\nContent-Type: multipart/related; boundary=x\n\n",
        "a.xls",
        FileKind::HtmlWorkbook,
    );
    check("vcard", b"BEGIN:VCARD\n", "a.txt", FileKind::Vcard);
    check("calendar", b"BEGIN:VCALENDAR\n", "invite", FileKind::Calendar);
    check("mail", b"Received: x\nFrom: a@b.jp\n\nx", "a.eml", FileKind::Mail);
    check("script by name", b"WScript.Echo 1", "a.vbs", FileKind::Executable);
}
