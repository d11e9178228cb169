//! Section `[rules]`.

use jiff::civil::Weekday;
use uketsuke::inspection::rules::Settings;

use crate::builder::*;

fn read(json: &str) -> Result<Settings, String> {
    serde_json::from_str(json).map_err(|error| error.to_string())
}

#[test]
fn severities_are_read_and_checked() {
    for (json, problem) in [
        (r#"{"R09": "warning", "x11": "info", "M05": "off"}"#, None),
        (r#"{"R09": "fatal"}"#, Some("rules.R09: unknown severity `fatal`")),
        (r#"{"R99": "error"}"#, Some("did you mean `R09`")),
        (r#"{"R4": "error"}"#, Some("did you mean `R04`")),
        (r#"{"M11": "warning"}"#, Some("rules.M11")),
        (r#"{"F14": "off"}"#, Some("rules.F14")),
        (r#"{"X04": "info"}"#, Some("rules.X04")),
        (r#"{"X15": "off"}"#, Some("rules.X15")),
        (r#"{"T01": "info"}"#, Some("rules.T01")),
    ] {
        let result = read(json).and_then(|settings| settings.check());
        match problem {
            None => assert_eq!(result, Ok(()), "{json}"),
            Some(part) => assert!(result.as_ref().unwrap_err().contains(part), "{json}: {result:?}"),
        }
    }
}

#[test]
fn overrides_hold_for_both_levels() {
    let set = |json: &str| read(json).unwrap();
    spoiled(
        "R09 as a warning",
        |s| {
            s.settings = set(r#"{"R09": "warning"}"#);
            s.row(14).weekday = weekday(14, Weekday::Monday);
        },
        &["R09 C14 warning"],
    );
    spoiled(
        "R14 as information, early and late",
        |s| {
            s.settings = set(r#"{"R14": "info"}"#);
            s.row(14).start = time(14, START, "2:00");
            s.row(15).start = time(15, START, "21:00");
        },
        &["R14 E14 info", "R14 E15 info"],
    );
    spoiled(
        "R09 off",
        |s| {
            s.settings = set(r#"{"R09": "off"}"#);
            s.row(14).weekday = weekday(14, Weekday::Monday);
        },
        &[],
    );
}
