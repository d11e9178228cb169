//! Acceptance: about a thousand workbooks as clinics send them (`tests/corpus/generate.py`), judged by the binary.
//! Every slot, outcome and finding must be the expected one; the generator knows nothing of the reader.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

const PROGRAM: &str = env!("CARGO_BIN_EXE_uketsuke");
/// Fewer cases than this mean that the generator broke off.
const AT_LEAST: usize = 1000;

fn generate(folder: &Path, seed: &str) {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus/generate.py");
    let made = Command::new("/usr/bin/python3")
        .args(["-B".as_ref(), script.as_os_str(), folder.as_os_str()])
        .args(["--seed", seed, "--uketsuke", PROGRAM])
        .output()
        .expect("python3 is needed to write the corpus: apt-get install python3");
    assert!(
        made.status.success(),
        "the corpus was not written; it needs python3 with openpyxl, xlwt and odfpy, and LibreOffice \
         (apt-get install python3-openpyxl python3-xlwt python3-odf libreoffice-calc):\n{}",
        String::from_utf8_lossy(&made.stderr)
    );
}

fn judge(folder: &Path, files: &[&str]) -> BTreeMap<String, Vec<Value>> {
    let out = Command::new(PROGRAM)
        .current_dir(folder)
        .args(["--format", "json", "-q", "check", "--clinics", "clinics.csv"])
        .args(["--received", "2021-10-05T10:00:00+09:00"])
        .args(files)
        .output()
        .unwrap();
    let objects: Vec<Value> = serde_json::from_slice(&out.stdout)
        .unwrap_or_else(|cause| panic!("{cause}: {}", String::from_utf8_lossy(&out.stderr)));
    let mut by_file: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for object in objects {
        by_file.entry(object["file"].as_str().unwrap().to_string()).or_default().push(object);
    }
    by_file
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

type SlotKey = (String, String);
type SlotValue = (u64, u64, u64);

/// Slots by date and time; the two visibilities of one time may stand in two rows.
fn slots(value: &Value) -> BTreeMap<SlotKey, SlotValue> {
    let mut by_key: BTreeMap<SlotKey, SlotValue> = BTreeMap::new();
    for slot in list(value) {
        let number = |key: &str| slot[key].as_u64().unwrap();
        let at = by_key
            .entry((text(&slot["date"]).to_string(), text(&slot["start"]).to_string()))
            .or_insert((number("dose"), 0, 0));
        at.1 += number("public");
        at.2 += number("private");
    }
    by_key
}

/// Does one of the findings have this code and, where one is named, this cell?
fn stands(findings: &[&Value], wanted: &Value) -> bool {
    findings
        .iter()
        .any(|found| found["code"] == wanted[0] && (wanted[1].is_null() || found["cell"] == wanted[1]))
}

#[derive(Default)]
struct Tally {
    cases: usize,
    failed: usize,
    wrong_slots: usize,
    report: String,
}

fn compare(expected: &Value, got: &Value) -> (Vec<String>, bool) {
    let mut complaints = Vec::new();
    let venue = &got["clinic"]["venue_no"];
    if expected["venue"] != "*" && expected["venue"] != *venue {
        complaints.push(format!("clinic {venue} for {}", expected["venue"]));
    }
    let refusable = expected["refusable"] == true;
    if refusable && !text(&got["outcome"]).starts_with("accepted") {
        return (complaints, false);
    }
    if !refusable && !list(&expected["outcome"]).contains(&got["outcome"]) {
        complaints.push(format!("outcome {} for {}", got["outcome"], expected["outcome"]));
    }
    if !expected["form"].is_null() && expected["form"] != got["form"]["number"] {
        complaints.push(format!("form {} for {}", got["form"]["number"], expected["form"]));
    }
    let mut wrong = false;
    if expected["slots"].is_array() {
        let (wanted, found) = (slots(&expected["slots"]), slots(&got["slots"]));
        wrong = found.iter().any(|(key, value)| wanted.get(key) != Some(value));
        if wanted != found {
            complaints.push(format!("slots {found:?} for {wanted:?}"));
        }
    }
    let all: Vec<&Value> = list(&got["findings"]).iter().collect();
    let grave: Vec<&Value> = all.iter().copied().filter(|finding| finding["severity"] != "info").collect();
    for wanted in list(&expected["findings"]).iter().filter(|wanted| !stands(&grave, wanted)) {
        complaints.push(format!("not found: {wanted}"));
    }
    for wanted in list(&expected["told"]).iter().filter(|wanted| !stands(&all, wanted)) {
        complaints.push(format!("not told: {wanted}"));
    }
    for found in grave {
        let named = list(&expected["findings"]).iter().any(|wanted| stands(&[found], wanted));
        if !named && !refusable && !list(&expected["tolerated"]).contains(&found["code"]) {
            complaints.push(format!("unexpected: {found}"));
        }
    }
    (complaints, wrong)
}

fn compare_file(case: &Value, objects: &[Value], tally: &mut Tally) {
    let forms = list(&case["forms"]);
    let mut complaints = Vec::new();
    if objects.len() != forms.len() {
        complaints.push(format!("{} objects for {} forms", objects.len(), forms.len()));
    }
    let mut rest: Vec<&Value> = objects.iter().collect();
    for expected in forms {
        let own = rest.iter().position(|got| got["clinic"]["venue_no"] == expected["venue"]).unwrap_or(0);
        if rest.is_empty() {
            break;
        }
        let (found, wrong) = compare(expected, rest.remove(own));
        tally.wrong_slots += usize::from(wrong);
        complaints.extend(found);
    }
    tally.cases += 1;
    if !complaints.is_empty() {
        tally.failed += 1;
        writeln!(tally.report, "{}\n    {}", text(&case["file"]), complaints.join("\n    ")).unwrap();
    }
}

fn check(seed: &str) {
    let folder = tempfile::tempdir().unwrap();
    generate(folder.path(), seed);
    let expected: Value =
        serde_json::from_slice(&std::fs::read(folder.path().join("expected.json")).unwrap()).unwrap();
    let cases = list(&expected);
    assert!(cases.len() >= AT_LEAST, "only {} cases were written", cases.len());
    let files: Vec<&str> = cases.iter().map(|case| text(&case["file"])).collect();
    let judged = judge(folder.path(), &files);
    let mut tally = Tally::default();
    for case in cases {
        let none = Vec::new();
        compare_file(case, judged.get(text(&case["file"])).unwrap_or(&none), &mut tally);
    }
    assert!(
        tally.failed == 0,
        "seed {seed}: {} of {} files judged wrongly, {} with a wrong slot\n{}",
        tally.failed,
        tally.cases,
        tally.wrong_slots,
        tally.report
    );
}

#[test]
fn every_form_of_the_corpus() {
    check("8");
}
