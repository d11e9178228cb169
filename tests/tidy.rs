//! The structure holds: who may import whom, no cycles, sizes, first lines, and documents that name real paths.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Top-level modules and what they may import. `config` and `cli` are at the top; the four stages only know the
/// stages before them, and of those only the pure parts.
const ALLOWED: [(&str, &[&str]); 17] = [
    ("clock", &[]),
    ("limits", &[]),
    ("sha256", &[]),
    ("campaign", &[]),
    ("clinic", &["campaign"]),
    ("inbound", &["campaign", "limits", "sha256"]),
    ("inspection", &["campaign", "clinic", "limits", "sha256", "inbound"]),
    ("outbound", &["campaign", "clinic", "inbound", "inspection", "issue"]),
    ("ledger", &["campaign", "clinic", "sha256", "inbound", "inspection", "outbound"]),
    ("issue", &["campaign", "clinic", "inspection"]),
    ("demo", &["campaign", "clinic", "issue"]),
    ("telemetry", &["campaign", "clock"]),
    ("config", &["campaign", "clinic", "limits", "inbound", "inspection", "outbound", "telemetry"]),
    (
        "daemon",
        &[
            "campaign",
            "clinic",
            "clock",
            "config",
            "inbound",
            "inspection",
            "ledger",
            "limits",
            "outbound",
            "issue",
            "sha256",
            "telemetry",
        ],
    ),
    (
        "cli",
        &[
            "campaign",
            "clinic",
            "clock",
            "config",
            "daemon",
            "demo",
            "inbound",
            "inspection",
            "issue",
            "ledger",
            "outbound",
            "sha256",
            "telemetry",
        ],
    ),
    ("lib", &[]),
    ("main", &["cli", "inspection"]),
];

/// The I/O adapters never see each other, and no pure stage sees one.
const ADAPTERS: [&str; 3] = ["inbound::mailbox", "ledger", "outbound::transport"];

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// `src/inbound/mailbox/imap.rs` → `inbound::mailbox::imap`.
fn module(path: &Path) -> String {
    let relative = path.strip_prefix(root().join("src")).unwrap().with_extension("");
    let parts: Vec<String> = relative.iter().map(|part| part.to_string_lossy().into_owned()).collect();
    let parts: Vec<String> = parts.into_iter().filter(|part| part != "mod").collect();
    parts.join("::")
}

fn is_test(path: &Path) -> bool {
    let name = path.file_stem().unwrap().to_string_lossy().into_owned();
    name == "tests" || name.ends_with("_tests") || path.iter().any(|part| part == "tests")
}

/// Every `crate::a::b` that a file names outside its tests.
fn imports(path: &Path) -> BTreeSet<String> {
    let text = std::fs::read_to_string(path).unwrap();
    let code = text.split("#[cfg(test)]").next().unwrap_or_default();
    let mut found = BTreeSet::new();
    for line in code.lines().filter(|line| !line.trim_start().starts_with("//")) {
        for after in line.split("crate::").skip(1) {
            let name: String =
                after.chars().take_while(|c| c.is_alphanumeric() || *c == '_' || *c == ':').collect();
            found.insert(name.trim_end_matches(':').to_string());
        }
    }
    found
}

#[test]
fn stages_import_only_what_stands_before_them() {
    let allowed: BTreeMap<&str, &[&str]> = ALLOWED.into_iter().collect();
    let mut wrong = Vec::new();
    let mut checked = 0;
    for path in sources(&root().join("src")).iter().filter(|path| !is_test(path)) {
        let module = module(path);
        let top = module.split("::").next().unwrap().to_string();
        let Some(may) = allowed.get(top.as_str()) else {
            wrong.push(format!("{}: no row for module {top}", path.display()));
            continue;
        };
        for import in imports(path) {
            let target = import.split("::").next().unwrap_or_default();
            checked += 1;
            if target != top
                && !may.contains(&target)
                && target.chars().next().is_some_and(char::is_lowercase)
            {
                wrong.push(format!("{module} imports {import}"));
            }
        }
    }
    assert!(checked > 100, "the test looked at {checked} imports only");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn adapters_do_not_see_each_other() {
    let mut wrong = Vec::new();
    for path in sources(&root().join("src")).iter().filter(|path| !is_test(path)) {
        let module = module(path);
        if ["daemon", "cli", "config", "main", "lib"].iter().any(|top| module.starts_with(top)) {
            continue;
        }
        for import in imports(path) {
            for adapter in ADAPTERS {
                if import.starts_with(adapter) && !module.starts_with(adapter) {
                    wrong.push(format!("{module} imports {import}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn files_and_functions_stay_small() {
    let mut wrong = Vec::new();
    for path in sources(&root().join("src")) {
        let text = std::fs::read_to_string(&path).unwrap();
        let lines = text.lines().count();
        if lines > 500 {
            wrong.push(format!("{}: {lines} lines", path.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_file_opens_with_what_it_does() {
    let mut wrong = Vec::new();
    for path in sources(&root().join("src")).iter().filter(|path| !is_test(path)) {
        let text = std::fs::read_to_string(path).unwrap();
        if !text.starts_with("//! ") || text.contains("(to be written)") {
            wrong.push(path.display().to_string());
        }
        let pure = text.starts_with("//! Pure");
        let impure = ["tokio::", "sqlx::", "std::fs", "std::net", "std::process", "std::env"];
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        if pure && impure.iter().any(|io| code.contains(io)) {
            wrong.push(format!("{} says it is pure and touches the world", path.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn documents_name_real_paths() {
    let mut wrong = Vec::new();
    let mut named = 0;
    for document in ["README.md", "docs/ARCHITECTURE.md", "docs/DECISIONS.md", "deploy/OPERATIONS.md"] {
        let text = std::fs::read_to_string(root().join(document)).unwrap();
        for word in text.split(['`', '(', ')', ' ', '\n', '「', '」', '、', '，']) {
            let is_path = ["src/", "docs/", "config/", "migrations/", "deploy/", "tests/"]
                .iter()
                .any(|folder| word.starts_with(folder));
            if is_path && !word.contains(['*', '{', '…']) && word != "config/local.toml" {
                named += 1;
                let path = word.trim_end_matches(['.', ',', ':', ';', '。']);
                if !root().join(path).exists() {
                    wrong.push(format!("{document} names {path}"));
                }
            }
        }
    }
    assert!(named > 20, "only {named} paths were found in the documents");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_example_configuration_explains_every_key() {
    let keys = |text: &str, commented: bool| -> BTreeSet<String> {
        let mut section = String::new();
        let mut keys = BTreeSet::new();
        for line in text.lines() {
            let line = if commented { line.trim_start_matches("# ").trim_start_matches('#') } else { line };
            if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.split(']').next()) {
                section = name.to_string();
            } else if let Some((key, _)) = line.split_once(" = ")
                && key.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
            {
                keys.insert(format!("{section}.{key}"));
            }
        }
        keys
    };
    let defaults = keys(&std::fs::read_to_string(root().join("config/default.toml")).unwrap(), false);
    let example = keys(&std::fs::read_to_string(root().join("config/example.toml")).unwrap(), true);
    let missing: Vec<_> = defaults.difference(&example).collect();
    assert!(defaults.len() > 60);
    assert!(missing.is_empty(), "config/example.toml lacks {missing:?}");
}
