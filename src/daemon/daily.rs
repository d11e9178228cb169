//! I/O: clock → ledger.day_activity → digest → ledger.enqueue. A digest goes out even when nothing happened.

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};

use super::{Error, Office};
use crate::campaign::{jst, rfc3339};
use crate::inspection::verdict::Template;
use crate::ledger::activity::DigestRun;
use crate::outbound::activity::DayActivity;
use crate::outbound::letter::{AutoSubmitted, Draft, Enclosure};
use crate::outbound::{digest, digest_workbook};

const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

const DAY: SignedDuration = SignedDuration::from_hours(24);

/// A digest, written out.
pub struct Written {
    pub subject: String,
    pub text: String,
    pub html: String,
    pub workbook: Vec<u8>,
    pub workbook_name: String,
    pub activity: DayActivity,
}

impl Office {
    /// Queues the digest if one is due. Several missed ones become one, which says so.
    pub async fn daily_once(&self) -> Result<bool, Error> {
        Ok(self.daily().await?.is_some())
    }

    /// As [`Office::daily_once`]; answers what was written.
    pub async fn daily(&self) -> Result<Option<Written>, Error> {
        let now = self.now();
        let last = match self.ledger.last_digest(now).await? {
            Some(last) => last,
            None => self.ledger.created_at().await?,
        };
        // A ledger that was made while the clock ran days ahead must not wait for that day.
        let yesterday = now.checked_sub(DAY).unwrap_or(now);
        let last = if last.duration_since(now) > DAY { yesterday } else { last };
        let due = digest::schedule(&self.config.digest, last, now);
        let Some(until) = due.last().copied() else { return Ok(None) };
        let written = self.write_digest(last, until, due.len() > 1).await?;
        self.queue_digest(&written, &format!("digest:{}", rfc3339(until))).await?;
        Ok(Some(written))
    }

    /// The digest of a day, 00:00 to 24:00 in Japan: of today up to now, of a day gone by as things stood at its end.
    pub async fn digest_of(&self, date: Date) -> Result<Written, Error> {
        let (from, until) = day(date)?;
        let now = self.now();
        if now < from {
            return Err(Error::Configuration(format!(
                "date {date} has not come yet; name today or a day before"
            )));
        }
        if now < until {
            return self.write_digest(from, now, false).await;
        }
        let activity = self.ledger.past_activity(from, until, now).await?;
        self.written(activity)
    }

    async fn write_digest(&self, from: Timestamp, until: Timestamp, merged: bool) -> Result<Written, Error> {
        let activity = self.ledger.day_activity(from, until, merged).await?;
        self.written(activity)
    }

    fn written(&self, activity: DayActivity) -> Result<Written, Error> {
        let workbook = digest_workbook::workbook(&activity, &self.campaign)?;
        Ok(Written {
            subject: digest::subject(&activity, &self.campaign),
            text: digest::text(&activity, &self.campaign, &self.config.digest),
            html: digest::html(&activity, &self.campaign, &self.config.digest),
            workbook,
            workbook_name: digest::workbook_name(&activity, &self.campaign),
            activity,
        })
    }

    /// Puts one letter for each address of `[digest] to` into the outbox, once per key.
    pub async fn queue_digest(&self, written: &Written, key: &str) -> Result<(), Error> {
        let mut letters = Vec::new();
        for to in &self.config.digest.to {
            let draft = Draft {
                kind: Template::Digest,
                to: to.clone(),
                subject: written.subject.clone(),
                text: written.text.clone(),
                html: Some(written.html.clone()),
                attachments: vec![Enclosure {
                    name: written.workbook_name.clone(),
                    mime: XLSX.to_string(),
                    bytes: written.workbook.clone(),
                }],
                in_reply_to: None,
                references: Vec::new(),
                auto_submitted: AutoSubmitted::Generated,
            };
            match draft.seal(&self.identity, &format!("{key}:{to}"), self.now()) {
                Ok(letter) => letters.push(letter),
                Err(cause) => {
                    return Err(Error::Configuration(format!("digest.to: failed to address {to}: {cause}")));
                }
            }
        }
        let run = DigestRun {
            key,
            from: written.activity.from,
            until: written.activity.until,
            built_at: self.now(),
            state: self.state_for_staff(),
        };
        self.ledger.digest_done(run, &letters).await?;
        tracing::info!(key, letters = letters.len(), "digest written");
        Ok(())
    }
}

fn day(date: Date) -> Result<(Timestamp, Timestamp), Error> {
    let outside = |cause: jiff::Error| Error::Configuration(format!("date {date}: {cause}"));
    let from = date.to_zoned(jst()).map_err(outside)?;
    let until = from.tomorrow().map_err(outside)?;
    Ok((from.timestamp(), until.timestamp()))
}
