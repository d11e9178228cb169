//! Pure: an address as it may stand in an envelope and in a header (RFC 5321 §4.1.2).
//!
//! Japanese carriers gave out addresses that break the grammar (`foo..bar@docomo.ne.jp`, `foo.@…`); they are
//! written with a quoted local part, which their servers take.

/// An address that cannot be written safely: staff telephone instead (rule M18).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("failed to write to the address {address:?}: {reason}")]
pub struct Unaddressable {
    pub address: String,
    pub reason: &'static str,
}

/// The address in the form that goes onto the wire; quoting is added where the local part needs it. Applying
/// it twice changes nothing.
pub fn safe(address: &str) -> Result<String, Unaddressable> {
    let address = address.trim();
    let refuse = |reason| Err(Unaddressable { address: address.chars().take(254).collect(), reason });
    if address.is_empty() {
        return refuse("there is no address");
    }
    if address.len() > 254 {
        return refuse("it is longer than 254 characters (RFC 5321 §4.5.3.1.3)");
    }
    let Some((local, domain)) = address.rsplit_once('@') else { return refuse("there is no @") };
    if !is_domain(domain) {
        return refuse("the part after the @ is not a domain name");
    }
    if local.is_empty() || local.len() > 64 {
        return refuse("the part before the @ is empty or longer than 64 characters");
    }
    if let Some(inner) = local.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
        let plain = inner.bytes().all(|byte| (0x21..=0x7e).contains(&byte) && !b"\"\\<>".contains(&byte));
        return if plain && !inner.is_empty() {
            Ok(address.to_string())
        } else {
            refuse("the quoted part before the @ holds characters that we do not write")
        };
    }
    if !local.bytes().all(is_atext_or_dot) {
        return refuse("the part before the @ holds characters that we do not write");
    }
    if local.starts_with('.') || local.ends_with('.') || local.contains("..") {
        return Ok(format!("\"{local}\"@{domain}"));
    }
    Ok(address.to_string())
}

/// The address in angle brackets for MAIL FROM; empty = the null path.
pub fn reverse_path(address: &str) -> Result<String, Unaddressable> {
    if address.trim().is_empty() { Ok("<>".into()) } else { Ok(format!("<{}>", safe(address)?)) }
}

fn is_atext_or_dot(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~.".contains(&byte)
}

/// Host names and, for tests on one machine, address literals. No IDN: those go to staff.
fn is_domain(domain: &str) -> bool {
    if let Some(literal) = domain.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        return !literal.is_empty()
            && literal.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".:".contains(&byte));
    }
    !domain.is_empty()
        && domain.split('.').all(|label| {
            (1..=63).contains(&label.len())
                && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
                && !label.starts_with('-')
                && !label.ends_with('-')
        })
}
