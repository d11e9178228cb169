//! I/O: the configuration: built-in defaults, files, environment; each module's own `Settings`, checked once.
//!
//! Every key that exists stands in `config/default.toml`; a key that does not is an error that names the nearest one.

mod explain;
mod files;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use config::{File, FileFormat, Map, Value, ValueKind};
use serde::Deserialize;

use crate::campaign::{self, Campaign};
use crate::inbound::mailbox;
use crate::inspection::{judge, rules, sender};
use crate::limits::Limits;
use crate::outbound::letter::path;
use crate::outbound::{digest, reply, transport};
use crate::telemetry::metrics;

const DEFAULTS: &str = include_str!("../config/default.toml");
const LOCAL: &str = "config/local.toml";
const ENVIRONMENT: &str = "UKETSUKE__";
/// Free maps: their keys are checked by their owners.
const OPEN_SECTIONS: [&str; 1] = ["rules"];
/// Keys without a default.
const SECRETS: [&str; 2] = ["mailbox.password", "outgoing.password"];

/// What is wrong with the configuration; always names the key and what to do.
#[derive(Debug, thiserror::Error)]
#[error("configuration: {0}")]
pub struct Error(String);

/// The whole configuration.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    pub mailbox: mailbox::Settings,
    pub outgoing: transport::Settings,
    pub database: Database,
    pub clinics: Clinics,
    pub campaign: campaign::Settings,
    pub rules: rules::Settings,
    pub replies: reply::Settings,
    pub digest: digest::Settings,
    pub limits: Limits,
    pub authentication: Authentication,
    pub staff: Staff,
    pub remind: Remind,
    pub metrics: metrics::Settings,
    pub log: crate::telemetry::Settings,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Database {
    pub path: PathBuf,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Clinics {
    /// Empty: the registry comes by `clinics import` only.
    pub file: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Authentication {
    pub authserv_id: String,
    pub trusted_received: Vec<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Staff {
    pub addresses: Vec<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Remind {
    pub at: Vec<jiff::civil::DateTime>,
}

impl Config {
    /// Reads defaults, then the named files (or `config/local.toml` if it exists), then the environment.
    pub fn load(files: &[PathBuf]) -> Result<Self, Error> {
        let environment = std::env::vars()
            .filter_map(|(name, value)| name.strip_prefix(ENVIRONMENT).map(|path| (path.to_string(), value)));
        Self::assemble(files, environment)
    }

    /// The built-in defaults alone.
    pub fn builtin() -> Result<Self, Error> {
        Self::assemble_from(config::Config::builder(), &known_keys()?)
    }

    fn assemble(
        files: &[PathBuf],
        environment: impl Iterator<Item = (String, String)>,
    ) -> Result<Self, Error> {
        let known = known_keys()?;
        let mut builder = config::Config::builder();
        let local = [PathBuf::from(LOCAL)];
        let files = if files.is_empty() && Path::new(LOCAL).exists() { &local } else { files };
        for file in files {
            let text = std::fs::read_to_string(file)
                .map_err(|cause| Error(format!("failed to read {}: {cause}", file.display())))?;
            let parsed = parse(&text).map_err(|cause| Error(format!("{}: {cause}", file.display())))?;
            refuse_unknown(&parsed, &known, &file.display().to_string())?;
            refuse_secrets(&parsed, &file.display().to_string())?;
            builder = builder.add_source(File::from_str(&text, FileFormat::Toml));
        }
        for (path, value) in environment {
            let key = environment_key(&path);
            let Some(kind) = known.get(&key).copied().or_else(|| open_kind(&key)) else {
                return Err(unknown(&key, &known, &format!("environment variable {ENVIRONMENT}{path}")));
            };
            let value = match kind {
                Kind::List => Value::from(
                    value
                        .split(',')
                        .map(str::trim)
                        .filter(|item| !item.is_empty())
                        .map(String::from)
                        .collect::<Vec<_>>(),
                ),
                Kind::Single => Value::from(value),
            };
            builder = builder
                .set_override(&key, value)
                .map_err(|cause| Error(format!("environment variable {ENVIRONMENT}{path}: {cause}")))?;
        }
        Self::assemble_from(builder, &known)
    }

    fn assemble_from(
        builder: config::ConfigBuilder<config::builder::DefaultState>,
        known: &BTreeMap<String, Kind>,
    ) -> Result<Self, Error> {
        let defaults = config::Config::builder()
            .add_source(File::from_str(DEFAULTS, FileFormat::Toml))
            .build()
            .map_err(|cause| Error(format!("built-in defaults: {cause}")))?;
        let merged = config::Config::builder()
            .add_source(defaults.clone())
            .add_source(builder.build().map_err(|cause| Error(cause.to_string()))?)
            .build()
            .map_err(|cause| Error(cause.to_string()))?;
        let config: Self = merged
            .clone()
            .try_deserialize()
            .map_err(|cause| Error(explained(&cause.to_string(), known, &merged, &defaults)))?;
        whole_instants(&merged)?;
        config.check().map_err(Error)?;
        Ok(config)
    }

    fn check(&self) -> Result<(), String> {
        if self.database.path.as_os_str().is_empty() {
            return Err("database.path is empty; name the ledger's file".into());
        }
        Campaign::new(self.campaign.clone())?;
        self.mailbox.check()?;
        self.outgoing.check()?;
        self.rules.check()?;
        self.replies.check()?;
        self.digest.check()?;
        self.metrics.check()?;
        self.log.check()?;
        for address in &self.staff.addresses {
            path::safe(address).map_err(|cause| format!("staff.addresses: {cause}"))?;
        }
        self.limits.check()
    }

    /// What the judgement is set to.
    pub fn judge(&self) -> judge::Settings {
        // The addresses under which mail reaches us and leaves us are our own, listed or not.
        let mut own_addresses = self.outgoing.own_addresses.clone();
        own_addresses.extend([self.outgoing.from.clone(), self.mailbox.username.clone()]);
        own_addresses.retain(|address| address.contains('@'));
        judge::Settings {
            sender: sender::Settings {
                own_addresses,
                staff_addresses: self.staff.addresses.clone(),
                authserv_id: self.authentication.authserv_id.clone(),
                trusted_received: self.authentication.trusted_received.clone(),
            },
            rules: self.rules.clone(),
            budget_per_address_hour: self.replies.budget_per_address_hour,
            budget_per_address_day: self.replies.budget_per_address_day,
            sanitizer_markers: self.replies.sanitizer_markers.clone(),
            max_age: self.replies.max_age(),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Single,
    List,
}

fn parse(text: &str) -> Result<Map<String, Value>, String> {
    use config::Format;
    FileFormat::Toml.parse(None, text).map_err(|cause| cause.to_string())
}

/// Every key of the built-in defaults, dotted.
fn known_keys() -> Result<BTreeMap<String, Kind>, Error> {
    let mut known = BTreeMap::new();
    let defaults = parse(DEFAULTS).map_err(|cause| Error(format!("built-in defaults: {cause}")))?;
    flatten("", &defaults, &mut |key, value| {
        let kind = if matches!(value.kind, ValueKind::Array(_)) { Kind::List } else { Kind::Single };
        known.insert(key.to_string(), kind);
    });
    known.extend(SECRETS.map(|key| (key.to_string(), Kind::Single)));
    Ok(known)
}

fn flatten(prefix: &str, table: &Map<String, Value>, visit: &mut dyn FnMut(&str, &Value)) {
    for (name, value) in table {
        let key = if prefix.is_empty() { name.clone() } else { format!("{prefix}.{name}") };
        match &value.kind {
            ValueKind::Table(inner) => flatten(&key, inner, visit),
            _ => visit(&key, value),
        }
    }
}

fn refuse_unknown(
    table: &Map<String, Value>,
    known: &BTreeMap<String, Kind>,
    source: &str,
) -> Result<(), Error> {
    let mut first = None;
    flatten("", table, &mut |key, _| {
        if first.is_none() && !known.contains_key(key) && open_kind(key).is_none() {
            first = Some(key.to_string());
        }
    });
    match first {
        Some(key) => Err(unknown(&key, known, source)),
        None => Ok(()),
    }
}

fn open_kind(key: &str) -> Option<Kind> {
    let (section, rest) = key.split_once('.')?;
    (OPEN_SECTIONS.contains(&section) && !rest.contains('.')).then_some(Kind::Single)
}

fn unknown(key: &str, known: &BTreeMap<String, Kind>, source: &str) -> Error {
    let nearest = known.keys().min_by_key(|candidate| distance(key, candidate)).cloned().unwrap_or_default();
    Error(format!(
        "{source}: unknown key `{key}`; did you mean `{nearest}`? (config/example.toml lists every key)"
    ))
}

/// `SECTION__KEY` to `section.key`; rule codes keep their capitals.
fn environment_key(path: &str) -> String {
    let key = path.split("__").map(str::to_lowercase).collect::<Vec<_>>().join(".");
    match key.split_once('.') {
        Some((section, code)) if OPEN_SECTIONS.contains(&section) => {
            format!("{section}.{}", code.to_uppercase())
        }
        _ => key,
    }
}

/// Passwords stand in files of their own (0600), in the environment or in a credential, never among the settings.
fn refuse_secrets(table: &Map<String, Value>, source: &str) -> Result<(), Error> {
    let mut found = None;
    flatten("", table, &mut |key, _| found = found.take().or(SECRETS.iter().find(|secret| **secret == key)));
    match found {
        Some(key) => Err(Error(format!(
            "{source}: {key} must not stand in a configuration file; put the password into a file of its own \
             ({key}_file) or into {ENVIRONMENT}{}",
            key.replace('.', "__").to_uppercase()
        ))),
        None => Ok(()),
    }
}

/// A date alone would mean its midnight, which nobody means.
fn whole_instants(merged: &config::Config) -> Result<(), Error> {
    for key in ["digest.extra", "remind.at"] {
        for at in merged.get_array(key).unwrap_or_default() {
            let text = at.into_string().unwrap_or_default();
            if !text.contains(['T', ' ', 't']) {
                return Err(Error(format!(
                    "{key} holds \"{text}\": write the time, too, like \"{text}T17:30\""
                )));
            }
        }
    }
    Ok(())
}

fn explained(
    cause: &str,
    known: &BTreeMap<String, Kind>,
    merged: &config::Config,
    defaults: &config::Config,
) -> String {
    if let Some(field) = cause.strip_prefix("unknown field `").and_then(|rest| rest.split('`').next()) {
        return unknown(field, known, "configuration").0;
    }
    let shown = |key: &str| {
        (!SECRETS.contains(&key)).then(|| merged.get::<Value>(key).ok()).flatten().as_ref().and_then(written)
    };
    let plain = known
        .keys()
        .filter_map(|key| Some((key.clone(), written(&defaults.get::<Value>(key).ok()?)?)))
        .collect();
    explain::explain(cause, shown, &plain)
}

/// A value as a file writes it; `None` for tables and empty lists.
fn written(value: &Value) -> Option<String> {
    match &value.kind {
        ValueKind::String(text) => Some(format!("\"{text}\"")),
        ValueKind::Array(items) => {
            let items: Vec<String> = items.iter().filter_map(written).collect();
            (!items.is_empty()).then(|| format!("[{}]", items.join(", ")))
        }
        ValueKind::Table(_) | ValueKind::Nil => None,
        other => Some(other.to_string()),
    }
}

/// Edit distance (Levenshtein).
pub fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, ca) in a.chars().enumerate() {
        let mut next = vec![i + 1];
        for (j, cb) in b.iter().enumerate() {
            let replaced = row.get(j).copied().unwrap_or(0) + usize::from(ca != *cb);
            let removed = row.get(j + 1).copied().unwrap_or(0) + 1;
            let added = next.get(j).copied().unwrap_or(0) + 1;
            next.push(replaced.min(removed).min(added));
        }
        row = next;
    }
    row.last().copied().unwrap_or(0)
}
