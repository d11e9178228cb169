//! `uketsuke doctor`: is everything there that the daemon needs? Each check says how to mend what it found.

use std::path::Path;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use serde_json::json;

use super::{Context, EXIT_NO, Failure, print, print_json};
use crate::campaign::{Campaign, rfc3339};
use crate::config::Config;
use crate::inbound::certificate::not_after;
use crate::inbound::mailbox::{self, Mailbox};
use crate::inspection::reader::Readers;
use crate::ledger::Ledger;
use crate::outbound::transport::{self, Transport};

/// A certificate that ends sooner is told.
const EXPIRES_SOON: SignedDuration = SignedDuration::from_hours(14 * 24);
/// Longest time for one server.
const PATIENCE: Duration = Duration::from_secs(45);
/// A clock may be set back by as much without harm.
const STEP: SignedDuration = SignedDuration::from_mins(1);
/// Less free space than this is a problem.
const ROOM: u64 = 1 << 30;

#[derive(Debug, Serialize)]
struct Check {
    name: &'static str,
    ok: bool,
    detail: String,
    /// What to do; null when nothing has to be done.
    mend: Option<String>,
}

impl Check {
    fn good(name: &'static str, detail: impl Into<String>) -> Self {
        Self { name, ok: true, detail: detail.into(), mend: None }
    }

    fn note(name: &'static str, detail: impl Into<String>, mend: impl Into<String>) -> Self {
        Self { name, ok: true, detail: detail.into(), mend: Some(mend.into()) }
    }

    fn bad(name: &'static str, detail: impl Into<String>, mend: impl Into<String>) -> Self {
        Self { name, ok: false, detail: detail.into(), mend: Some(mend.into()) }
    }
}

pub async fn doctor(context: &Context) -> Result<u8, Failure> {
    let config = &context.config;
    let mut checks = configuration(context);
    checks.extend(ledger(context).await);
    checks.extend(names(config).await);
    checks.push(mail(config).await);
    if let Ok(Ok(Some(der))) =
        tokio::time::timeout(PATIENCE, Mailbox::certificate(&config.mailbox, &config.limits)).await
    {
        checks.push(certificate("cert mailbox", &config.mailbox.host, &der, context.clock.now()));
    }
    let (answer, der) = outgoing(config).await;
    checks.push(answer);
    checks.extend(
        der.map(|der| certificate("cert outgoing", &config.outgoing.host, &der, context.clock.now())),
    );
    checks.push(sandbox(config).await);
    checks.push(room(&config.database.path));
    let ok = checks.iter().all(|check| check.ok);
    if context.json() {
        print_json(&json!({ "ok": ok, "checks": checks }))?;
    } else {
        for check in &checks {
            let sign = match (check.ok, &check.mend) {
                (true, None) => "○",
                (true, Some(_)) => "△",
                (false, _) => "×",
            };
            print(&format!("{sign} {:<14} {}\n", check.name, check.detail));
            if let Some(mend) = &check.mend {
                print(&format!("  {:<14} → {mend}\n", ""));
            }
        }
        print(if ok {
            "問題は見つかりませんでした。\n"
        } else {
            "× の項目を直してください。\n"
        });
    }
    Ok(if ok { 0 } else { EXIT_NO })
}

/// Loading the configuration has checked its keys and values; this is what may be meant otherwise.
fn configuration(context: &Context) -> Vec<Check> {
    let config = &context.config;
    let mut checks = vec![match config.check_files() {
        Ok(()) => Check::good("configuration", "every key is known and valid, its files are there"),
        Err(cause) => {
            Check::bad("configuration", cause.to_string(), "mend that key, or the file that it names")
        }
    }];
    match Campaign::new(config.campaign.clone()) {
        Err(cause) => checks.push(Check::bad("campaign", cause, "mend section [campaign]")),
        Ok(campaign) => {
            let now = context.clock.now();
            if now < campaign.opens || now >= campaign.booking_opens {
                let detail = format!(
                    "now is {}, outside {} to {}",
                    rfc3339(now),
                    rfc3339(campaign.opens),
                    rfc3339(campaign.booking_opens)
                );
                checks.push(Check::note(
                    "campaign",
                    detail,
                    "check [campaign] if the campaign should be running",
                ));
            } else {
                checks.push(Check::good("campaign", format!("{} is running", campaign.title)));
            }
        }
    }
    let own = config.outgoing.own_addresses.iter().any(|own| own.eq_ignore_ascii_case(&config.outgoing.from));
    if !own {
        let detail = format!(
            "{} is not among own_addresses: a copy of our own mail would be judged",
            config.outgoing.from
        );
        checks.push(Check::bad("addresses", detail, "add outgoing.from to outgoing.own_addresses"));
    }
    if config.digest.to.is_empty() {
        checks.push(Check::note(
            "digest",
            "nobody gets the daily digest",
            "name staff addresses in digest.to",
        ));
    }
    if !config.outgoing.sends_to_clinics() {
        let mend = "read them with `uketsuke outbox --state held`; set outgoing.mode = \"live\" to send";
        checks.push(Check::note("mode", "letters to clinics are kept as drafts", mend));
    }
    checks
}

/// Looks only: a missing database is not made.
async fn ledger(context: &Context) -> Vec<Check> {
    let path = &context.config.database.path;
    if !path.exists() {
        let detail = format!("{} does not exist yet", path.display());
        return vec![Check::bad("registry", detail, "uketsuke clinics import 医療機関マスタ.csv")];
    }
    let ledger = match Ledger::open_read_only(path).await {
        Ok(ledger) => ledger,
        Err(cause) => {
            return vec![Check::bad(
                "ledger",
                cause.to_string(),
                "restore a backup, or check database.path and its owner",
            )];
        }
    };
    let mut checks = vec![match ledger.quick_check().await {
        Ok(()) => Check::good("ledger", format!("{} is sound", path.display())),
        Err(cause) => Check::bad("ledger", cause.to_string(), "stop the daemon and restore a backup"),
    }];
    checks.push(match ledger.registry().await {
        Ok(registry) if registry.is_empty() => Check::bad(
            "registry",
            "it is empty: every form is held",
            "uketsuke clinics import 医療機関マスタ.csv",
        ),
        Ok(registry) => {
            let silent = registry.iter().filter(|clinic| !clinic.has_addresses()).count();
            let capless = registry.iter().filter(|clinic| clinic.cap.is_none()).count();
            let gone = registry.iter().filter(|clinic| clinic.not_in_file).count();
            let detail = format!(
                "{} clinics, {silent} without address, {capless} without cap, {gone} not in the last file",
                registry.len()
            );
            if capless > 0 {
                Check::note(
                    "registry",
                    detail,
                    "forms of clinics without a cap are held; uketsuke clinics set VENUE_NO cap=…",
                )
            } else {
                Check::good("registry", detail)
            }
        }
        Err(cause) => Check::bad("registry", cause.to_string(), "uketsuke verify"),
    });
    checks.push(match ledger.breaker().await {
        Ok(None) => Check::good("breaker", "letters to clinics may leave"),
        Ok(Some(stop)) => Check::bad(
            "breaker",
            stop.line(),
            "see `uketsuke outbox --state failed` and `--state bounced`, mend the cause, then \
             uketsuke outbox resume --reason …",
        ),
        Err(cause) => Check::bad("breaker", cause.to_string(), "uketsuke verify"),
    });
    let now = context.clock.now();
    checks.push(match ledger.last_entry_at().await {
        Ok(Some(last)) if last.duration_since(now) > STEP => {
            let detail =
                format!("now is {}, but the ledger was last written at {}", rfc3339(now), rfc3339(last));
            Check::bad("clock", detail, "set the machine's clock (systemctl status systemd-timesyncd)")
        }
        Ok(_) => Check::good("clock", rfc3339(now)),
        Err(cause) => Check::bad("clock", cause.to_string(), "uketsuke verify"),
    });
    ledger.close().await;
    checks
}

/// Can the servers' names be found?
async fn names(config: &Config) -> Vec<Check> {
    let mut servers: Vec<(&'static str, String, u16)> = Vec::new();
    if config.mailbox.kind == mailbox::Kind::Imap {
        servers.push(("dns mailbox", config.mailbox.host.clone(), config.mailbox.port));
    }
    if config.outgoing.kind == transport::Kind::Smtp {
        servers.push(("dns outgoing", config.outgoing.host.clone(), config.outgoing.port));
    }
    let mut checks = Vec::new();
    for (name, host, port) in servers {
        let found = tokio::time::timeout(PATIENCE, tokio::net::lookup_host((host.as_str(), port))).await;
        checks.push(match found {
            Ok(Ok(addresses)) => {
                let addresses: Vec<String> = addresses.map(|address| address.ip().to_string()).collect();
                Check::good(name, format!("{host} is {}", addresses.join(", ")))
            }
            Ok(Err(cause)) => {
                Check::bad(name, format!("{host}: {cause}"), "check the host's name and /etc/resolv.conf")
            }
            Err(_) => {
                Check::bad(name, format!("{host}: no answer"), "check the name server in /etc/resolv.conf")
            }
        });
    }
    checks
}

/// Connects, checks the certificate, logs in, looks into every watched folder.
async fn mail(config: &Config) -> Check {
    let look = async {
        let mut mailbox = Mailbox::open(&config.mailbox, &config.limits).await?;
        let waiting = mailbox.list().await?.len();
        let detail =
            format!("{}: {waiting} mails in {}", mailbox.describe(), config.mailbox.folders.join(", "));
        mailbox.close().await;
        Ok::<String, mailbox::Error>(detail)
    };
    match tokio::time::timeout(PATIENCE, look).await {
        Ok(Ok(detail)) => Check::good("mailbox", detail),
        Ok(Err(cause)) if cause.is_configuration() => {
            Check::bad("mailbox", cause.to_string(), "check username, password_file and folders in [mailbox]")
        }
        Ok(Err(cause)) => Check::bad(
            "mailbox",
            cause.to_string(),
            "check host, port, security and ca_file in [mailbox], and the firewall",
        ),
        Err(_) => Check::bad(
            "mailbox",
            "no answer within 45 s",
            "check host and port in [mailbox], and the firewall",
        ),
    }
}

/// The connection stood, so the certificate is valid today; the question is for how long.
fn certificate(name: &'static str, host: &str, der: &[u8], now: Timestamp) -> Check {
    let Some(until) = not_after(der) else {
        return Check::note(
            name,
            format!("{host}: its end cannot be read"),
            "look at the server's certificate",
        );
    };
    let left = until.duration_since(now);
    let detail = format!("{host}: valid until {} ({} days)", rfc3339(until), left.as_hours() / 24);
    if left < EXPIRES_SOON {
        Check::note(
            name,
            detail,
            "have the certificate renewed before that, or mail stands still from then on",
        )
    } else {
        Check::good(name, detail)
    }
}

async fn outgoing(config: &Config) -> (Check, Option<Vec<u8>>) {
    let mut transport = match Transport::open(&config.outgoing) {
        Ok(transport) => transport,
        Err(cause) => return (Check::bad("outgoing", cause.to_string(), "mend section [outgoing]"), None),
    };
    let probed = tokio::time::timeout(PATIENCE, transport.probe()).await;
    let check = match probed {
        Ok(Ok(detail)) => Check::good("outgoing", detail),
        Ok(Err(cause)) => Check::bad(
            "outgoing",
            cause,
            "check host, port, security, username and password_file in [outgoing]",
        ),
        Err(_) => Check::bad(
            "outgoing",
            "no answer within 45 s",
            "check host and port in [outgoing], and the firewall",
        ),
    };
    (check, transport.certificate().map(<[u8]>::to_vec))
}

async fn sandbox(config: &Config) -> Check {
    let strength = match std::env::current_exe() {
        Ok(program) => {
            let readers = Readers::new(&config.limits, program);
            let strength = readers.probe().await.map_err(|cause| cause.to_string());
            readers.shutdown().await;
            strength
        }
        Err(cause) => Err(cause.to_string()),
    };
    match strength {
        Ok(strength) if strength.is_sufficient() => {
            let landlock = if strength.landlock { "with" } else { "without" };
            Check::good("sandbox", format!("seccomp and resource limits hold, {landlock} Landlock"))
        }
        Ok(_) if config.limits.allow_weak_sandbox => Check::note(
            "sandbox",
            "no seccomp filter; accepted by limits.allow_weak_sandbox",
            "run on a kernel with seccomp",
        ),
        Ok(strength) => {
            let mut missing = strength.escapes.clone();
            missing.extend((!strength.seccomp).then(|| "seccomp".to_string()));
            missing.extend((!strength.rlimits).then(|| "rlimits".to_string()));
            let mend =
                "run on a kernel with seccomp, or set limits.allow_weak_sandbox = true to accept the risk";
            Check::bad("sandbox", format!("not effective: {}", missing.join(", ")), mend)
        }
        Err(cause) => Check::bad(
            "sandbox",
            cause,
            "check that the program may start itself (limits of processes and memory)",
        ),
    }
}

/// Room where the database grows; the folder may not exist yet.
fn room(database: &Path) -> Check {
    let folder = database.ancestors().skip(1).find(|folder| folder.exists()).unwrap_or(Path::new("."));
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    match rustix::fs::statvfs(folder) {
        Ok(disk) => {
            let free = disk.f_bavail.saturating_mul(disk.f_frsize);
            let detail = format!("{} MiB free in {}", free >> 20, folder.display());
            if free < ROOM {
                Check::bad("disk", detail, "free at least 1 GiB; intake stops when the disk is full")
            } else {
                Check::good("disk", detail)
            }
        }
        Err(cause) => Check::bad("disk", format!("{}: {cause}", folder.display()), "check database.path"),
    }
}
