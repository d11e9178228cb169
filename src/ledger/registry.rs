//! I/O: the registry as stored: loading, importing a file as a whole, changing one clinic, its caps over time.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Value, json};
use sqlx::{Row, SqliteConnection};

use super::column::micros;
use super::{Error, Ledger, audit};
use crate::clinic::{Clinic, Intent, Registry, Ward, address_key, venue_key};

/// What an import changed (or would change).
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Difference {
    /// 会場番号 of clinics that are new.
    pub added: Vec<String>,
    pub changed: Vec<ClinicChange>,
    /// Listed by the file before and not by this one: they are kept with their history, marked.
    pub not_in_file: Vec<String>,
    /// Marked so far, and named by this file again.
    pub listed_again: Vec<String>,
    pub unchanged: usize,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ClinicChange {
    pub venue_no: String,
    /// Key of the registry file, before, after.
    pub fields: BTreeMap<String, (Value, Value)>,
}

impl Ledger {
    /// The registry as committed; the same value as long as nothing changed.
    pub async fn registry(&self) -> Result<Arc<Registry>, Error> {
        let mut tx = self.read().await?;
        let version = version(&mut tx).await?;
        if let Some(registry) = self.cached_registry(version) {
            return Ok(registry);
        }
        let registry = Arc::new(load(&mut tx).await?);
        self.cache_registry(version, registry.clone());
        Ok(registry)
    }

    /// Grows with every change of a clinic or address, whoever makes it.
    pub async fn registry_version(&self) -> Result<i64, Error> {
        let mut connection = self.readers.acquire().await?;
        Ok(version(&mut connection).await?)
    }

    /// As the last registry file can know it: without the addresses that staff adopted. To be set against a new file.
    pub async fn registry_as_filed(&self) -> Result<Registry, Error> {
        let mut tx = self.read().await?;
        let registry = load(&mut tx).await?;
        let adopted = adopted(&mut tx).await?;
        Ok(Registry::new(registry.iter().map(|clinic| without(clinic, &adopted))))
    }

    /// Takes in a whole registry file, or nothing. Addresses that staff or mails added stay; a clinic that the file
    /// does not name stays too. With `dry_run` only the difference is computed.
    pub async fn import(
        &self,
        clinics: &[Clinic],
        now: Timestamp,
        actor: &str,
        dry_run: bool,
    ) -> Result<Difference, Error> {
        let mut keys = BTreeSet::new();
        for clinic in clinics {
            let key = venue_key(&clinic.venue_no);
            if key.is_empty() || !keys.insert(key) {
                let cause = "the number is empty or stands in the file twice";
                return Err(Error::refused("import clinic", &clinic.venue_no, cause));
            }
        }
        let mut tx = self.write().await?;
        let before = load(&mut tx).await?;
        let adopted = adopted(&mut tx).await?;
        let mut difference = Difference::default();
        for clinic in clinics {
            let old = before.by_venue_no(&clinic.venue_no);
            difference.listed_again.extend(old.filter(|old| old.not_in_file).map(|old| old.venue_no.clone()));
            match old {
                None => difference.added.push(clinic.venue_no.clone()),
                Some(old) => match changes(&without(old, &adopted), clinic) {
                    fields if fields.is_empty() => {
                        difference.unchanged += 1;
                        continue;
                    }
                    fields => {
                        difference.changed.push(ClinicChange { venue_no: clinic.venue_no.clone(), fields });
                    }
                },
            }
            store(&mut tx, old, clinic, now, actor, "clinics import", false).await?;
        }
        difference.not_in_file = before
            .iter()
            .filter(|clinic| !clinic.not_in_file && !keys.contains(&venue_key(&clinic.venue_no)))
            .map(|clinic| clinic.venue_no.clone())
            .collect();
        if dry_run {
            tx.rollback().await?;
            return Ok(difference);
        }
        mark_listed(&mut tx, &keys).await?;
        let payload = json!({
            "added": difference.added.len(),
            "changed": difference.changed.iter().map(|change| &change.venue_no).collect::<Vec<_>>(),
            "not_in_file": difference.not_in_file,
        });
        let entry = audit::Entry { at: now, actor, kind: "clinics", subject: "clinics".into(), payload };
        audit::append(&mut tx, entry).await?;
        tx.commit().await?;
        Ok(difference)
    }

    /// Replaces one clinic's entry (`clinics set`); answers what changed.
    pub async fn set_clinic(
        &self,
        clinic: &Clinic,
        now: Timestamp,
        actor: &str,
        reason: &str,
    ) -> Result<ClinicChange, Error> {
        let mut tx = self.write().await?;
        let before = load(&mut tx).await?;
        let old =
            before.by_venue_no(&clinic.venue_no).ok_or_else(|| Error::missing("clinic", &clinic.venue_no))?;
        let change = ClinicChange { venue_no: old.venue_no.clone(), fields: changes(old, clinic) };
        store(&mut tx, Some(old), clinic, now, actor, reason, true).await?;
        sqlx::query(
            "INSERT INTO staff_decision (at, actor, kind, venue_key, reason) VALUES (?1, ?2, 'set', ?3, ?4)",
        )
        .bind(micros(now))
        .bind(actor)
        .bind(venue_key(&clinic.venue_no))
        .bind(reason)
        .execute(&mut *tx)
        .await?;
        let payload = json!({ "fields": change.fields.keys().collect::<Vec<_>>(), "reason": reason });
        let subject = format!("venue:{}", old.venue_no);
        audit::append(&mut tx, audit::Entry { at: now, actor, kind: "set", subject, payload }).await?;
        tx.commit().await?;
        Ok(change)
    }

    /// 会場番号 of clinics that the last registry file did not name.
    pub async fn clinics_not_in_file(&self) -> Result<Vec<String>, Error> {
        Ok(sqlx::query_scalar("SELECT venue_no FROM clinic WHERE in_file = 0 ORDER BY venue_key")
            .fetch_all(&self.readers)
            .await?)
    }
}

pub(super) async fn version(connection: &mut SqliteConnection) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar("SELECT value FROM counter WHERE name = 'registry'").fetch_one(connection).await
}

pub(super) async fn load(connection: &mut SqliteConnection) -> Result<Registry, sqlx::Error> {
    let mut addresses: BTreeMap<String, (Vec<String>, Vec<String>)> = BTreeMap::new();
    let rows: Vec<(String, String, String)> = sqlx::query_as(
        "SELECT venue_key, address, status FROM clinic_address WHERE status <> 'removed'
         ORDER BY venue_key, ordinal, address_key",
    )
    .fetch_all(&mut *connection)
    .await?;
    for (venue, address, status) in rows {
        let (registered, provisional) = addresses.entry(venue).or_default();
        if status == "provisional" { provisional.push(address) } else { registered.push(address) }
    }
    let rows = sqlx::query(
        "SELECT venue_key, venue_no, name, name_kana, aliases, med_code, ward, address, phone, fax, contact_name, cap,
                uses_system, form_expected, suppress_reminder, note, in_file FROM clinic",
    )
    .fetch_all(connection)
    .await?;
    let mut clinics = Vec::with_capacity(rows.len());
    for row in rows {
        let key: String = row.try_get("venue_key")?;
        let (emails, provisional_emails) = addresses.remove(&key).unwrap_or_default();
        let aliases: String = row.try_get("aliases")?;
        let ward: Option<String> = row.try_get("ward")?;
        let uses_system: String = row.try_get("uses_system")?;
        clinics.push(Clinic {
            venue_no: row.try_get("venue_no")?,
            name: row.try_get("name")?,
            name_kana: row.try_get("name_kana")?,
            aliases: serde_json::from_str(&aliases).unwrap_or_default(),
            med_code: row.try_get("med_code")?,
            ward: ward.as_deref().and_then(Ward::parse),
            address: row.try_get("address")?,
            phone: row.try_get("phone")?,
            fax: row.try_get("fax")?,
            emails,
            provisional_emails,
            contact_name: row.try_get("contact_name")?,
            cap: row.try_get("cap")?,
            uses_system: match uses_system.as_str() {
                "yes" => Intent::Yes,
                "no" => Intent::No,
                _ => Intent::Unknown,
            },
            form_expected: row.try_get("form_expected")?,
            suppress_reminder: row.try_get("suppress_reminder")?,
            note: row.try_get("note")?,
            not_in_file: !row.try_get::<bool, _>("in_file")?,
        });
    }
    Ok(Registry::new(clinics))
}

/// Addresses that staff registered: venue key and address key.
async fn adopted(connection: &mut SqliteConnection) -> Result<BTreeSet<(String, String)>, sqlx::Error> {
    let rows: Vec<(String, String)> = sqlx::query_as(
        "SELECT venue_key, address_key FROM clinic_address WHERE status = 'registered' AND source <> 'file'",
    )
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().collect())
}

/// The clinic as a registry file could know it: without the addresses that staff adopted.
fn without(clinic: &Clinic, adopted: &BTreeSet<(String, String)>) -> Clinic {
    let key = venue_key(&clinic.venue_no);
    let mut clinic = clinic.clone();
    clinic.emails.retain(|address| !adopted.contains(&(key.clone(), address_key(address))));
    clinic
}

/// Field by field, by the keys of the registry file.
fn changes(old: &Clinic, new: &Clinic) -> BTreeMap<String, (Value, Value)> {
    let mut fields = BTreeMap::new();
    let (Value::Object(old_fields), Value::Object(new_fields)) = (json!(old), json!(new)) else {
        return fields;
    };
    for (key, after) in new_fields {
        let before = old_fields.get(&key).cloned().unwrap_or_default();
        let same = match key.as_str() {
            "provisional_emails" | "not_in_file" => true,
            "emails" => keys_of(&old.emails) == keys_of(&new.emails),
            _ => before == after,
        };
        if !same {
            fields.insert(key, (before, after));
        }
    }
    fields
}

fn keys_of(addresses: &[String]) -> BTreeSet<String> {
    addresses.iter().map(|address| address_key(address)).collect()
}

async fn store(
    connection: &mut SqliteConnection,
    old: Option<&Clinic>,
    clinic: &Clinic,
    now: Timestamp,
    actor: &str,
    reason: &str,
    whole: bool,
) -> Result<(), sqlx::Error> {
    let key = venue_key(&clinic.venue_no);
    sqlx::query(
        "INSERT INTO clinic (venue_key, venue_no, name, name_kana, aliases, med_code, ward, address, phone, fax,
                             contact_name, cap, uses_system, form_expected, suppress_reminder, note, in_file, changed_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, 1, ?17)
         ON CONFLICT DO UPDATE SET venue_no = excluded.venue_no, name = excluded.name,
             name_kana = excluded.name_kana, aliases = excluded.aliases, med_code = excluded.med_code,
             ward = excluded.ward, address = excluded.address, phone = excluded.phone, fax = excluded.fax,
             contact_name = excluded.contact_name, cap = excluded.cap, uses_system = excluded.uses_system,
             form_expected = excluded.form_expected, suppress_reminder = excluded.suppress_reminder,
             note = excluded.note, changed_at = excluded.changed_at",
    )
    .bind(&key)
    .bind(&clinic.venue_no)
    .bind(&clinic.name)
    .bind(&clinic.name_kana)
    .bind(json!(clinic.aliases).to_string())
    .bind(&clinic.med_code)
    .bind(clinic.ward.map(Ward::label))
    .bind(&clinic.address)
    .bind(&clinic.phone)
    .bind(&clinic.fax)
    .bind(&clinic.contact_name)
    .bind(clinic.cap)
    .bind(match clinic.uses_system {
        Intent::Yes => "yes",
        Intent::No => "no",
        Intent::Unknown => "unknown",
    })
    .bind(clinic.form_expected)
    .bind(clinic.suppress_reminder)
    .bind(&clinic.note)
    .bind(micros(now))
    .execute(&mut *connection)
    .await?;
    if old.is_none_or(|old| old.cap != clinic.cap) {
        sqlx::query(
            "INSERT INTO cap_history (venue_key, cap, at, actor, reason) VALUES (?1, ?2, ?3, ?4, ?5)",
        )
        .bind(&key)
        .bind(clinic.cap)
        .bind(micros(now))
        .bind(actor)
        .bind(reason)
        .execute(&mut *connection)
        .await?;
    }
    store_addresses(connection, &key, &clinic.emails, now, actor, whole).await
}

/// The addresses of the file become the registered ones; what an earlier file had put
/// there leaves. `whole`: the list is complete, so that addresses which staff added leave too.
async fn store_addresses(
    connection: &mut SqliteConnection,
    venue: &str,
    addresses: &[String],
    now: Timestamp,
    actor: &str,
    whole: bool,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "UPDATE clinic_address SET status = 'removed'
         WHERE venue_key = ?1 AND status = 'registered' AND (source = 'file' OR ?3)
           AND address_key NOT IN (SELECT value FROM json_each(?2))",
    )
    .bind(venue)
    .bind(json!(keys_of(addresses)).to_string())
    .bind(whole)
    .execute(&mut *connection)
    .await?;
    for (ordinal, address) in addresses.iter().enumerate().filter(|(_, address)| !address.trim().is_empty()) {
        sqlx::query(
            "INSERT INTO clinic_address (venue_key, address_key, address, ordinal, status, source, added_at, added_by)
             VALUES (?1, ?2, ?3, ?4, 'registered', 'file', ?5, ?6)
             ON CONFLICT DO UPDATE SET address = excluded.address, ordinal = excluded.ordinal, status = 'registered',
                 source = 'file'",
        )
        .bind(venue)
        .bind(address_key(address))
        .bind(address.trim())
        .bind(ordinal as i64)
        .bind(micros(now))
        .bind(actor)
        .execute(&mut *connection)
        .await?;
    }
    Ok(())
}

async fn mark_listed(connection: &mut SqliteConnection, keys: &BTreeSet<String>) -> Result<(), sqlx::Error> {
    sqlx::query(
        "UPDATE clinic SET in_file = (venue_key IN (SELECT value FROM json_each(?1)))
         WHERE in_file <> (venue_key IN (SELECT value FROM json_each(?1)))",
    )
    .bind(json!(keys).to_string())
    .execute(connection)
    .await?;
    Ok(())
}
