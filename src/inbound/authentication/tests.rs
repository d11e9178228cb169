use super::*;

/// `method=result[name=value,…]` for each, after the authserv-id.
fn shown(text: &str) -> Option<String> {
    let results = parse(text, 0)?;
    let mut out = vec![results.authserv_id];
    for result in results.results {
        let properties: Vec<String> =
            result.properties.iter().map(|(name, value)| format!("{name}={value}")).collect();
        out.push(format!("{}={}[{}]", result.method, result.result, properties.join(",")));
    }
    Some(out.join(" "))
}

#[test]
fn reads_what_gateways_write() {
    let cases = [
        ("mx.city.jp; none", "mx.city.jp"),
        ("mx.city.jp 1; spf=pass smtp.mailfrom=a@b.jp", "mx.city.jp spf=pass[smtp.mailfrom=a@b.jp]"),
        (
            "MX.City.jp;\tdkim=pass (2048-bit key; unprotected) header.d=b.jp header.i=@b.jp header.b=\"x=;\";\tdmarc=PASS (p=none dis=none) header.from=B.jp",
            "mx.city.jp dkim=pass[header.d=b.jp,header.i=@b.jp,header.b=x=;] dmarc=pass[header.from=B.jp]",
        ),
        (
            "x.jp; dmarc = pass reason=\"ok; dmarc=fail\" header . from = b.jp",
            "x.jp dmarc=pass[header.from=b.jp]",
        ),
        ("x.jp (c (nested)); DKIM/1=fail", "x.jp dkim=fail[]"),
        ("x.jp; iprev=pass policy.iprev=192.0.2.1 (a.b)", "x.jp iprev=pass[policy.iprev=192.0.2.1]"),
        ("x.jp;", "x.jp"),
        ("x.jp; junk; spf=none", "x.jp spf=none[]"),
        ("x.jp; /1=fail; spf=none", "x.jp spf=none[]"),
    ];
    for (text, expected) in cases {
        assert_eq!(shown(text).as_deref(), Some(expected), "{text}");
    }
}

#[test]
fn a_pass_in_the_wrong_place_counts_for_nothing() {
    let cases = [
        ("x.jp; spf=none (dmarc=pass)", "x.jp spf=none[]"),
        ("x.jp; spf=none (a; dmarc=pass header.from=b.jp)", "x.jp spf=none[]"),
        ("x.jp; spf=none (a \\) ; dmarc=pass)", "x.jp spf=none[]"),
        ("x.jp; spf=none reason=\"; dmarc=pass\"", "x.jp spf=none[]"),
        ("x.jp; spf=none dmarc=pass", "x.jp spf=none[]"),
        ("x.jp; \"dmarc=pass\"", "x.jp"),
        ("x.jp; spf=none smtp.mailfrom=\"; dmarc=pass\"", "x.jp spf=none[smtp.mailfrom=; dmarc=pass]"),
    ];
    for (text, expected) in cases {
        assert_eq!(shown(text).as_deref(), Some(expected), "{text}");
    }
    for broken in [
        "",
        ";",
        "x.jp; spf=none (a; dmarc=pass",
        "x.jp; a=\"; dmarc=pass",
        "spf=pass (x) smtp.helo=a; dmarc=pass",
        "a b; dmarc=pass",
    ] {
        assert_eq!(shown(broken), None, "{broken}");
    }
}

#[test]
fn counts_the_received_fields_above() {
    let raw = b"Authentication-Results: a; none\nReceived: x\nReceived: y\nAuthentication-Results: b;\n dmarc=pass\n\n";
    let entity = super::super::header::Entity::parse(raw, 1_000, 10);
    let found: Vec<(String, usize)> =
        results(&entity.header).into_iter().map(|r| (r.authserv_id, r.received_above)).collect();
    assert_eq!(found, [("a".to_owned(), 0), ("b".to_owned(), 2)]);
}
