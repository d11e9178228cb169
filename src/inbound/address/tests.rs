use super::*;

#[test]
fn address_specs() {
    let cases = [
        ("a@b.jp", "a@b.jp"),
        (" A.B @ C.JP ", "A.B@c.jp"),
        ("a . b@c . jp", "a.b@c.jp"),
        ("\"a\\\"b\"@c.jp", "\"a\\\"b\"@c.jp"),
        ("a b@c.jp", ""),
        ("a@b c.jp", ""),
        ("a@", ""),
        ("@b.jp", ""),
        ("a@b..jp", ""),
        ("a@b@c.jp", ""),
        ("a\n@b.jp", "a@b.jp"),
        ("a@b.jp>", ""),
        ("a@[IPv6:::1]", "a@[ipv6:::1]"),
        ("\"unclosed@b.jp", ""),
    ];
    for (text, expected) in cases {
        assert_eq!(addr_spec(text), expected, "{text:?}");
    }
    assert_eq!(addr_spec(&format!("{}@b.jp", "a".repeat(400))), "");
}

#[test]
fn identifiers_in_a_text() {
    let found: Vec<String> = message_ids("<a@b> junk <no> <c@d><<e@f> <g h@i> <j@k").collect();
    assert_eq!(found, ["<a@b>", "<c@d>", "<e@f>"]);
}
