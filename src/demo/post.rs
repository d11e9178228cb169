//! Pure: mails as the common programs write them: headers, character sets, how an attachment's name is encoded.

use std::fmt::Write as _;

use jiff::{SignedDuration, Timestamp};
use unicode_normalization::UnicodeNormalization;

use super::encode::{Charset, base64_lines, parameter, quoted_printable, words};
use crate::campaign::in_jst;

/// Where clinics write to (notice, section 4).
const TO: &str = "vproject@city.kumamoto.kumamoto.jp";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Program {
    /// ISO-2022-JP, file names as encoded words in `name` and `filename`.
    Outlook,
    /// UTF-8 as 8bit, file names in pieces (RFC 2231).
    Thunderbird,
    /// UTF-8 quoted-printable, decomposed file names (NFD) in one RFC 2231 parameter.
    AppleMail,
    /// Text and HTML alternatives in base64, file names as encoded words in UTF-8.
    Gmail,
    /// ISO-2022-JP, the file name in `name` alone.
    Becky,
}

#[derive(Clone, Debug)]
pub struct File {
    pub name: String,
    pub content_type: &'static str,
    pub bytes: Vec<u8>,
}

impl File {
    pub fn workbook(name: impl Into<String>, bytes: Vec<u8>) -> Self {
        Self {
            name: name.into(),
            content_type: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            bytes,
        }
    }
}

/// A mail before it is written out.
pub struct Draft<'a> {
    pub program: Program,
    pub from_name: &'a str,
    pub from: &'a str,
    pub subject: &'a str,
    /// Lines ended by `\n`.
    pub body: String,
    pub files: Vec<File>,
    pub received_at: Timestamp,
    /// Makes Message-ID and boundaries different from mail to mail.
    pub serial: u32,
    /// Further header lines, without line ends.
    pub headers: Vec<String>,
}

impl Program {
    fn charset(self) -> Charset {
        match self {
            Program::Outlook | Program::Becky => Charset::Iso2022Jp,
            Program::Thunderbird | Program::AppleMail | Program::Gmail => Charset::Utf8,
        }
    }

    fn boundary(self, serial: u32) -> String {
        match self {
            Program::Outlook => format!("----=_NextPart_000_{serial:04X}_01D7B4A0.5C3E1F{serial:02X}"),
            Program::Thunderbird => format!("------------8C0DE57A21F{serial:08X}9B6E4D03"),
            Program::AppleMail => format!("Apple-Mail=_4E7C21B0-93D5-4A1E-8F60-{serial:012X}"),
            Program::Gmail => format!("000000000000c0ffee05cd{serial:06x}"),
            Program::Becky => format!("------_615{serial:05X}000000004C21_MULTIPART_MIXED_"),
        }
    }

    fn message_id(self, serial: u32, domain: &str) -> String {
        match self {
            Program::Outlook => format!("<{serial:06x}01d7b4a0$5c3e1f{serial:02x}$14ba5d30$@{domain}>"),
            Program::Thunderbird => format!("<7f3c9a52-1d0e-b6a4-25c8-{serial:012x}@{domain}>"),
            Program::AppleMail => format!("<4E7C21B0-93D5-4A1E-8F60-{serial:012X}@{domain}>"),
            Program::Gmail => format!("<CAK7x2b0{serial:06}Jq9fVtYw3ZsR1mHdLpXeUo4nGi8@mail.gmail.com>"),
            Program::Becky => format!("<2021100{serial:07}.4C21.{serial:08X}@{domain}>"),
        }
    }

    fn own_headers(self) -> &'static str {
        match self {
            Program::Outlook => "X-Mailer: Microsoft Outlook 16.0\r\nContent-Language: ja\r\n",
            Program::Thunderbird => {
                "User-Agent: Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:78.0) Gecko/20100101\r\n Thunderbird/78.14.0\r\n\
                 Content-Language: ja\r\n"
            }
            Program::AppleMail => "X-Mailer: Apple Mail (2.3654.120.0.1.13)\r\n",
            Program::Gmail => "",
            Program::Becky => "X-Mailer: Becky! ver. 2.81.08 [ja]\r\n",
        }
    }
}

/// The message as the city's server stores it.
pub fn write(draft: &Draft) -> Vec<u8> {
    let charset = draft.program.charset();
    let domain = draft.from.rsplit_once('@').map_or("example.jp", |(_, domain)| domain);
    let mut out = trace(draft, domain);
    let sender = if draft.from_name.is_empty() {
        draft.from.to_string()
    } else if draft.program == Program::Outlook {
        format!("\"{}\" <{}>", words(draft.from_name, charset), draft.from)
    } else {
        format!("{} <{}>", words(draft.from_name, charset), draft.from)
    };
    let written_at = before(draft.received_at, 9);
    let _ = write!(out, "From: {sender}\r\n");
    let _ = write!(out, "To: <{TO}>\r\n");
    let _ = write!(out, "Subject: {}\r\n", words(draft.subject, charset));
    let _ = write!(out, "Date: {}\r\n", date(written_at));
    let _ = write!(out, "Message-ID: {}\r\n", draft.program.message_id(draft.serial, domain));
    for header in &draft.headers {
        out.push_str(header);
        out.push_str("\r\n");
    }
    out.push_str("MIME-Version: 1.0\r\n");
    out.push_str(draft.program.own_headers());
    let mut out = out.into_bytes();
    let text = text_part(draft);
    if draft.files.is_empty() {
        out.extend_from_slice(&text);
        return out;
    }
    let boundary = draft.program.boundary(draft.serial);
    out.extend_from_slice(
        format!(
            "Content-Type: multipart/mixed;\r\n boundary=\"{boundary}\"\r\n\r\nThis is a multi-part message in MIME format.\r\n\r\n"
        )
        .as_bytes(),
    );
    for part in std::iter::once(text).chain(draft.files.iter().map(|file| file_part(draft.program, file))) {
        out.extend_from_slice(format!("--{boundary}\r\n").as_bytes());
        out.extend_from_slice(&part);
        out.extend_from_slice(b"\r\n");
    }
    out.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
    out
}

/// Return-Path and the two servers that passed it on.
fn trace(draft: &Draft, domain: &str) -> String {
    let arrived = date(draft.received_at);
    let left = date(before(draft.received_at, 4));
    let serial = draft.serial;
    let return_path =
        if draft.headers.iter().any(|header| header.starts_with("Auto-Submitted")) { "" } else { draft.from };
    format!(
        "Return-Path: <{return_path}>\r\n\
         Received: from mail.{domain} (mail.{domain} [192.0.2.{host}])\r\n\
         \tby mx01.city.kumamoto.kumamoto.jp (Postfix) with ESMTPS id 4HK{serial:06X}z3kQ\r\n\
         \tfor <{TO}>; {arrived}\r\n\
         Received: from [192.168.1.{host}] (p{serial:04}.example.ne.jp [198.51.100.{host}])\r\n\
         \tby mail.{domain} (Postfix) with ESMTPSA id 9B{serial:06X}C1\r\n\
         \tfor <{TO}>; {left}\r\n",
        host = 10 + serial % 200,
    )
}

fn before(at: Timestamp, seconds: i64) -> Timestamp {
    at.checked_sub(SignedDuration::from_secs(seconds)).unwrap_or(at)
}

/// RFC 5322 §3.3.
fn date(at: Timestamp) -> String {
    in_jst(at).strftime("%a, %d %b %Y %H:%M:%S +0900").to_string()
}

/// The text with its own headers, after which a blank line stands.
fn text_part(draft: &Draft) -> Vec<u8> {
    let body = draft.body.trim_end().replace('\n', "\r\n") + "\r\n";
    match draft.program {
        Program::Outlook | Program::Becky => {
            let head = "Content-Type: text/plain; charset=\"iso-2022-jp\"\r\nContent-Transfer-Encoding: 7bit\r\n\r\n";
            [head.as_bytes(), &Charset::Iso2022Jp.encode(&body)].concat()
        }
        Program::Thunderbird => {
            let head = "Content-Type: text/plain; charset=utf-8; format=flowed\r\nContent-Transfer-Encoding: 8bit\r\n\r\n";
            [head.as_bytes(), body.as_bytes()].concat()
        }
        Program::AppleMail => {
            let head = "Content-Transfer-Encoding: quoted-printable\r\nContent-Type: text/plain;\r\n\tcharset=utf-8\r\n\r\n";
            [head, &quoted_printable(&body)].concat().into_bytes()
        }
        Program::Gmail => alternatives(draft, &body).into_bytes(),
    }
}

fn alternatives(draft: &Draft, body: &str) -> String {
    let boundary = format!("000000000000beefed05cd{:06x}", draft.serial);
    let escaped = body.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let html = format!("<div dir=\"ltr\">{}</div>\r\n", escaped.replace("\r\n", "<br>\r\n"));
    let part = |kind: &str, text: &str| {
        format!(
            "--{boundary}\r\nContent-Type: text/{kind}; charset=\"UTF-8\"\r\nContent-Transfer-Encoding: base64\r\n\r\n{}\r\n",
            base64_lines(text.as_bytes())
        )
    };
    format!(
        "Content-Type: multipart/alternative; boundary=\"{boundary}\"\r\n\r\n{}{}--{boundary}--\r\n",
        part("plain", body),
        part("html", &html)
    )
}

fn file_part(program: Program, file: &File) -> Vec<u8> {
    let charset = program.charset();
    let kind = file.content_type;
    let encoded = words(&file.name, charset);
    let head = match program {
        Program::Outlook => format!(
            "Content-Type: {kind};\r\n\tname=\"{encoded}\"\r\nContent-Transfer-Encoding: base64\r\n\
             Content-Disposition: attachment;\r\n\tfilename=\"{encoded}\"\r\n"
        ),
        Program::Thunderbird => format!(
            "Content-Type: {kind};\r\n name=\"{encoded}\"\r\nContent-Transfer-Encoding: base64\r\n\
             Content-Disposition: attachment{}\r\n",
            parameter("filename", &file.name, false)
        ),
        Program::AppleMail => {
            let decomposed: String = file.name.nfd().collect();
            format!(
                "Content-Disposition: attachment{}\r\nContent-Type: {kind};\r\n\tx-unix-mode=0644{}\r\n\
                 Content-Transfer-Encoding: base64\r\n",
                parameter("filename", &decomposed, true),
                parameter("name", &decomposed, true)
            )
        }
        Program::Gmail => format!(
            "Content-Type: {kind}; \r\n\tname=\"{encoded}\"\r\nContent-Disposition: attachment; \r\n\tfilename=\"{encoded}\"\r\n\
             Content-Transfer-Encoding: base64\r\nX-Attachment-Id: f_ktx0a1b20\r\n"
        ),
        Program::Becky => format!(
            "Content-Type: {kind};\r\n name=\"{encoded}\"\r\nContent-Disposition: attachment\r\n\
             Content-Transfer-Encoding: base64\r\n"
        ),
    };
    [head.as_bytes(), b"\r\n", base64_lines(&file.bytes).as_bytes()].concat()
}
