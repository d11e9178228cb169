//! Pure: what an application/pkcs7-mime part holds (RFC 8551, RFC 5652): a signed mail, taken out of its wrapping, or a
//! sealed one. Signatures are not checked: who may submit is told by the address and its authentication.

use super::ber::{CONSTRUCTED, DEEPEST, Element};

const SIGNED: &[u8] = b"\x2A\x86\x48\x86\xF7\x0D\x01\x07\x02";
const SEALED: [&[u8]; 4] = [
    // enveloped-data, encrypted-data, signed-and-enveloped-data, authEnveloped-data
    b"\x2A\x86\x48\x86\xF7\x0D\x01\x07\x03",
    b"\x2A\x86\x48\x86\xF7\x0D\x01\x07\x06",
    b"\x2A\x86\x48\x86\xF7\x0D\x01\x07\x04",
    b"\x2A\x86\x48\x86\xF7\x0D\x01\x09\x10\x01\x17",
];

const OCTETS: u8 = 0x04;
const IDENTIFIER: u8 = 0x06;
const SEQUENCE: u8 = 0x30;
const CONTENT: u8 = 0xA0;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wrapped {
    /// The MIME entity that was signed.
    Signed(Vec<u8>),
    /// Certificates only, or a signature without what it signs.
    Bare,
    /// Encrypted: nobody but the holder of a key reads it.
    Sealed,
}

/// `None`: not what it says it is, or broken.
pub fn unwrap(bytes: &[u8]) -> Option<Wrapped> {
    let info = Element::first(bytes).filter(|info| info.tag == SEQUENCE)?;
    let kind = Element::first(info.content).filter(|kind| kind.tag == IDENTIFIER)?;
    if SEALED.contains(&kind.content) {
        return Some(Wrapped::Sealed);
    }
    if kind.content != SIGNED {
        return None;
    }
    let explicit = Element::first(kind.rest).filter(|explicit| explicit.tag == CONTENT)?;
    let signed = Element::first(explicit.content).filter(|signed| signed.tag == SEQUENCE)?;
    // version, digestAlgorithms, encapContentInfo
    let version = Element::first(signed.content)?;
    let algorithms = Element::first(version.rest)?;
    let encapsulated = Element::first(algorithms.rest).filter(|one| one.tag == SEQUENCE)?;
    let kind = Element::first(encapsulated.content).filter(|kind| kind.tag == IDENTIFIER)?;
    let Some(content) = Element::first(kind.rest).filter(|content| content.tag == CONTENT) else {
        return Some(Wrapped::Bare);
    };
    let mut inner = Vec::new();
    octets(Element::first(content.content)?, &mut inner, 0)?;
    Some(if inner.is_empty() { Wrapped::Bare } else { Wrapped::Signed(inner) })
}

/// The bytes of an octet string, whole or in pieces.
fn octets(string: Element<'_>, out: &mut Vec<u8>, depth: usize) -> Option<()> {
    if string.tag == OCTETS {
        out.extend_from_slice(string.content);
        return Some(());
    }
    if string.tag != OCTETS | CONSTRUCTED || depth > DEEPEST {
        return None;
    }
    let mut rest = string.content;
    while !rest.is_empty() {
        let piece = Element::first(rest)?;
        octets(piece, out, depth + 1)?;
        rest = piece.rest;
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn der(tag: u8, content: &[u8]) -> Vec<u8> {
        let mut out = vec![tag];
        match content.len() {
            length @ 0..=0x7F => out.push(length as u8),
            length => {
                out.push(0x83);
                out.extend(&(length as u32).to_be_bytes()[1..]);
            }
        }
        out.extend(content);
        out
    }

    fn indefinite(tag: u8, content: &[u8]) -> Vec<u8> {
        [&[tag, 0x80], content, &[0, 0]].concat()
    }

    type Make = fn(u8, &[u8]) -> Vec<u8>;

    fn signed(of: Make, string: Option<Vec<u8>>) -> Vec<u8> {
        let data = der(IDENTIFIER, b"\x2A\x86\x48\x86\xF7\x0D\x01\x07\x01");
        let content = string.map(|string| of(CONTENT, &string)).unwrap_or_default();
        let encapsulated = of(SEQUENCE, &[data, content].concat());
        let body =
            [der(2, &[1]), der(0x31, &[]), encapsulated, of(CONTENT, &der(SEQUENCE, &[])), der(0x31, &[])];
        let explicit = of(CONTENT, &of(SEQUENCE, &body.concat()));
        of(SEQUENCE, &[der(IDENTIFIER, SIGNED), explicit].concat())
    }

    #[test]
    fn what_was_signed_comes_out_whole() {
        let entity = [b"Content-Type: text/plain\r\n\r\n".as_slice(), &b"x\0\0y".repeat(100)].concat();
        for of in [der as Make, indefinite] {
            let whole = signed(of, Some(der(OCTETS, &entity)));
            assert_eq!(unwrap(&whole), Some(Wrapped::Signed(entity.clone())));
            let pieces: Vec<u8> = entity.chunks(7).flat_map(|piece| der(OCTETS, piece)).collect();
            let nested = of(OCTETS | CONSTRUCTED, &of(OCTETS | CONSTRUCTED, &pieces));
            assert_eq!(unwrap(&signed(of, Some(nested))), Some(Wrapped::Signed(entity.clone())));
            assert_eq!(unwrap(&signed(of, None)), Some(Wrapped::Bare));
            for end in 0..whole.len().min(80) {
                assert_eq!(unwrap(&whole[..end]), None, "cut at {end}");
            }
        }
        for oid in SEALED {
            let sealed = indefinite(SEQUENCE, &[der(IDENTIFIER, oid), indefinite(CONTENT, &[])].concat());
            assert_eq!(unwrap(&sealed), Some(Wrapped::Sealed));
        }
    }

    #[test]
    fn any_bytes_end_in_time() {
        assert_eq!(unwrap(&[0x30, 0x80].repeat(500_000)), None);
        assert_eq!(unwrap(&[0x24, 0x80].repeat(500_000)), None);
        assert_eq!(unwrap(b"\x30\x84\xFF\xFF\xFF\xFF"), None);
        assert_eq!(unwrap(b""), None);
        let wide = [b"\x30\x80".as_slice(), &[5, 0].repeat(1_000_000)].concat();
        assert_eq!(unwrap(&wide), None);
    }

    proptest::proptest! {
        #[test]
        fn it_is_total(bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..400)) {
            let _ = unwrap(&bytes);
            let mut made = signed(indefinite, Some(der(OCTETS, b"abc")));
            for (at, byte) in bytes.iter().enumerate().take(6) {
                let place = usize::from(*byte) * (at + 1) % made.len();
                made[place] ^= byte;
            }
            let _ = unwrap(&made);
        }
    }
}
