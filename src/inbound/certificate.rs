//! Pure: what a server's certificate says: until when it is valid (RFC 5280 §4.1), and why it is not trusted.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::Offset;

use super::ber::Element;

const SEQUENCE: u8 = 0x30;
const VERSION: u8 = 0xA0;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;

/// Why a certificate is not trusted, from the words of the TLS library, and what to do; `ca_file` names the key.
pub fn distrust(reason: &str, ca_file: &str) -> String {
    // RFC 5280 §4.2.1.9: a CA's certificate is not one for a server, trusted or not.
    if reason.contains("CaUsedAsEndEntity") {
        return format!(
            "its certificate is self-signed as a CA's, which no server may show; give the server a certificate that \
             your CA has signed (basicConstraints CA:FALSE), and put the CA's certificate into {ca_file}"
        );
    }
    let host = ca_file.replace("ca_file", "host");
    format!(
        "its certificate is not trusted: {}; put the CA's certificate into {ca_file}, or mend the server's \
         certificate or {host}",
        refusal(reason)
    )
}

/// notAfter of a certificate in DER; `None` when it cannot be read.
pub fn not_after(der: &[u8]) -> Option<Timestamp> {
    let certificate = Element::first(der).filter(|one| one.tag == SEQUENCE)?;
    let to_be_signed = Element::first(certificate.content).filter(|one| one.tag == SEQUENCE)?;
    let mut serial = Element::first(to_be_signed.content)?;
    if serial.tag == VERSION {
        serial = Element::first(serial.rest)?;
    }
    let algorithm = Element::first(serial.rest)?;
    let issuer = Element::first(algorithm.rest)?;
    let validity = Element::first(issuer.rest).filter(|one| one.tag == SEQUENCE)?;
    let not_before = Element::first(validity.content)?;
    time(Element::first(not_before.rest)?)
}

/// The TLS library's reason for refusing a certificate, in words where it names only a variant.
pub fn refusal(text: &str) -> String {
    [
        ("UnknownIssuer", "its issuer is not known here"),
        ("Expired", "it has expired"),
        ("NotValidYet", "it is not valid yet"),
        ("NotValidForName", "it is for another host name"),
        ("BadSignature", "its signature does not fit"),
        ("BadEncoding", "it cannot be read"),
        ("Revoked", "it was revoked"),
        ("UnhandledCriticalExtension", "it makes demands that are not known here"),
        ("InvalidPurpose", "it is not for servers"),
    ]
    .into_iter()
    .fold(text.to_owned(), |text, (name, words)| {
        if text.trim_end().ends_with(name) { text.replace(name, words) } else { text }
    })
}

/// `YYMMDDHHMMSSZ`, from 2050 on `YYYYMMDDHHMMSSZ` (RFC 5280 §4.1.2.5).
fn time(element: Element<'_>) -> Option<Timestamp> {
    let text = std::str::from_utf8(element.content).ok()?.strip_suffix('Z')?;
    let text = match element.tag {
        UTC_TIME if text.get(..2)? < "50" => format!("20{text}"),
        UTC_TIME => format!("19{text}"),
        GENERALIZED_TIME => text.to_owned(),
        _ => return None,
    };
    let at = DateTime::strptime("%Y%m%d%H%M%S", &text).ok()?;
    Offset::UTC.to_timestamp(at).ok()
}

#[cfg(test)]
mod tests {
    use rustls::pki_types::CertificateDer;
    use rustls::pki_types::pem::PemObject as _;

    use super::*;

    #[test]
    fn refusals_in_words() {
        assert_eq!(
            refusal("invalid peer certificate: UnknownIssuer"),
            "invalid peer certificate: its issuer is not known here"
        );
        assert_eq!(refusal("NotValidForName"), "it is for another host name");
        let told = "certificate not valid for name \"b\"; certificate is only valid for DnsName(\"a\")";
        assert_eq!(refusal(told), told);
    }

    #[test]
    fn of_a_real_certificate_and_of_both_ways_to_write_a_time() {
        let pem = include_bytes!("../../tests/transport/tls/server.pem");
        let der = CertificateDer::from_pem_slice(pem).unwrap().to_vec();
        let until = not_after(&der).unwrap();
        assert!(until > "2026-01-01T00:00:00Z".parse().unwrap(), "{until}");
        for end in 0..40 {
            assert_eq!(not_after(&der[..end]), None);
        }
        let check = |tag, text: &str, expected: Option<&str>| {
            let element = Element { tag, content: text.as_bytes(), rest: &[] };
            assert_eq!(time(element), expected.map(|at| at.parse().unwrap()), "{text}");
        };
        check(UTC_TIME, "491231235959Z", Some("2049-12-31T23:59:59Z"));
        check(UTC_TIME, "500101000000Z", Some("1950-01-01T00:00:00Z"));
        check(GENERALIZED_TIME, "20510102030405Z", Some("2051-01-02T03:04:05Z"));
        check(UTC_TIME, "491331235959Z", None);
        check(UTC_TIME, "4912312359", None);
        check(4, "491231235959Z", None);
    }

    #[test]
    fn a_ca_that_stands_in_for_a_server_is_told_as_that() {
        let told = distrust("Other(OtherError(CaUsedAsEndEntity))", "mailbox.ca_file");
        assert!(told.contains("self-signed") && !told.contains("OtherError"), "{told}");
        let told = distrust("UnknownIssuer", "outgoing.ca_file");
        assert!(told.contains("outgoing.ca_file") && told.contains("outgoing.host"), "{told}");
    }
}
