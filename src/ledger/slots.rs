//! I/O: the slots in force (or in an export), read as one packed text per submission: a row per slot would cost more
//! than everything else that a digest reads.

use std::collections::BTreeMap;

use jiff::civil::{Date, Time};
use sqlx::SqliteConnection;

use super::column::{date, dose, time};
use crate::campaign::Dose;
use crate::clinic::venue_order;
use crate::inspection::verdict::Visibility;
use crate::outbound::activity::{DayCount, SlotLine};

/// One slot in force by visibility, as the export lists it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ExportLine {
    pub venue_no: String,
    pub visibility: Visibility,
    pub date: Date,
    pub start: Time,
    pub end: Option<Time>,
    pub dose: Dose,
    pub people: u32,
    pub receipt: String,
    pub version: u32,
    /// This version of this visibility stood in an export before.
    pub exported: bool,
}

/// The slots of one submission, one per line: date, start, end or `-`, dose, public, private.
#[derive(sqlx::FromRow)]
struct Pack {
    venue_key: String,
    venue_no: String,
    /// Which counts are meant.
    public: bool,
    private: bool,
    receipt: Option<String>,
    version: Option<i64>,
    exported: bool,
    slots: Option<String>,
}

struct Unpacked {
    date: Date,
    start: Time,
    end: Option<Time>,
    dose: Dose,
    public: u32,
    private: u32,
}

/// By venue (0044 before 0107), date, time and receipt; only the counts of the visibilities in force.
pub(super) async fn in_force(
    connection: &mut SqliteConnection,
    venue: Option<&str>,
) -> Result<Vec<SlotLine>, sqlx::Error> {
    let packs: Vec<Pack> = sqlx::query_as(
        "SELECT f.venue_key, c.venue_no, f.public, f.private, s.receipt, r.version, 0 AS exported,
                (SELECT group_concat(t.date || ' ' || t.start || ' ' || COALESCE(t.\"end\", '-') || ' ' || t.dose
                                     || ' ' || t.public || ' ' || t.private, char(10))
                 FROM slot t WHERE t.reading_id = COALESCE(r.reading_of, r.id)) AS slots
         FROM (SELECT venue_key, submission_id, ruling_id, MAX(visibility = 'public') AS public,
                      MAX(visibility = 'private') AS private
               FROM in_force WHERE ?1 IS NULL OR venue_key = ?1 GROUP BY venue_key, submission_id, ruling_id) f
         JOIN clinic c ON c.venue_key = f.venue_key JOIN submission s ON s.id = f.submission_id
         JOIN ruling r ON r.id = f.ruling_id
         ORDER BY f.venue_key, s.id",
    )
    .bind(venue)
    .fetch_all(connection)
    .await?;
    let mut lines: Vec<SlotLine> = Vec::new();
    let mut rest = packs.as_slice();
    while let Some(first) = rest.first() {
        let own = rest.iter().take_while(|pack| pack.venue_key == first.venue_key).count();
        let (packs, others) = rest.split_at(own);
        rest = others;
        let mut of_venue: Vec<SlotLine> = packs
            .iter()
            .flat_map(|pack| {
                unpack(pack).map(|slot| SlotLine {
                    venue_no: pack.venue_no.clone(),
                    date: slot.date,
                    start: slot.start,
                    end: slot.end,
                    dose: slot.dose,
                    public: slot.public,
                    private: slot.private,
                    receipt: pack.receipt.clone().unwrap_or_default(),
                })
            })
            .collect();
        of_venue.sort_by(|a, b| (a.date, a.start, &a.receipt).cmp(&(b.date, b.start, &b.receipt)));
        lines.append(&mut of_venue);
    }
    lines.sort_by_cached_key(|line| venue_order(&line.venue_no));
    Ok(lines)
}

/// The people bookable on each day, over all clinics.
pub(super) fn by_day(slots: &[SlotLine]) -> Vec<DayCount> {
    let mut days: BTreeMap<Date, (u64, u64)> = BTreeMap::new();
    for slot in slots {
        let (public, private) = days.entry(slot.date).or_default();
        *public += u64::from(slot.public);
        *private += u64::from(slot.private);
    }
    days.into_iter().map(|(date, (public, private))| DayCount { date, public, private }).collect()
}

/// By venue, visibility, date and time: what is in force now.
pub(super) async fn export_lines(connection: &mut SqliteConnection) -> Result<Vec<ExportLine>, sqlx::Error> {
    let packs: Vec<Pack> = sqlx::query_as(
        "SELECT f.venue_key, c.venue_no, f.visibility = 'public' AS public, f.visibility = 'private' AS private,
                s.receipt, r.version,
                EXISTS (SELECT 1 FROM export_item e WHERE e.venue_key = f.venue_key
                        AND e.visibility = f.visibility AND e.submission_id = f.submission_id) AS exported,
                (SELECT group_concat(t.date || ' ' || t.start || ' ' || COALESCE(t.\"end\", '-') || ' ' || t.dose
                                     || ' ' || t.public || ' ' || t.private, char(10))
                 FROM slot t WHERE t.reading_id = COALESCE(r.reading_of, r.id)) AS slots
         FROM in_force f JOIN ruling r ON r.id = f.ruling_id JOIN submission s ON s.id = f.submission_id
         JOIN clinic c ON c.venue_key = f.venue_key
         ORDER BY f.venue_key, f.visibility DESC",
    )
    .fetch_all(connection)
    .await?;
    Ok(packs.iter().flat_map(lines_of).collect())
}

/// As [`export_lines`], as it stood in an export.
pub(super) async fn exported_lines(
    connection: &mut SqliteConnection,
    export: i64,
) -> Result<Vec<ExportLine>, sqlx::Error> {
    let packs: Vec<Pack> = sqlx::query_as(
        "SELECT e.venue_key, c.venue_no, e.visibility = 'public' AS public, e.visibility = 'private' AS private,
                s.receipt, r.version, 1 AS exported,
                (SELECT group_concat(t.date || ' ' || t.start || ' ' || COALESCE(t.\"end\", '-') || ' ' || t.dose
                                     || ' ' || t.public || ' ' || t.private, char(10))
                 FROM slot t WHERE t.reading_id = COALESCE(r.reading_of, r.id)) AS slots
         FROM export_item e JOIN ruling r ON r.id = e.ruling_id JOIN submission s ON s.id = e.submission_id
         JOIN clinic c ON c.venue_key = e.venue_key
         WHERE e.export_id = ?1 ORDER BY e.venue_key, e.visibility DESC",
    )
    .bind(export)
    .fetch_all(connection)
    .await?;
    Ok(packs.iter().flat_map(lines_of).collect())
}

fn lines_of(pack: &Pack) -> Vec<ExportLine> {
    let mut lines: Vec<ExportLine> = unpack(pack)
        .map(|slot| ExportLine {
            venue_no: pack.venue_no.clone(),
            visibility: if pack.public { Visibility::Public } else { Visibility::Private },
            date: slot.date,
            start: slot.start,
            end: slot.end,
            dose: slot.dose,
            people: slot.public + slot.private,
            receipt: pack.receipt.clone().unwrap_or_default(),
            version: pack.version.unwrap_or(0) as u32,
            exported: pack.exported,
        })
        .collect();
    lines.sort_by_key(|line| (line.date, line.start));
    lines
}

/// Slots with a count that is meant; the other counts are zero.
fn unpack(pack: &Pack) -> impl Iterator<Item = Unpacked> {
    pack.slots.iter().flat_map(|slots| slots.lines()).filter_map(|line| {
        let mut fields = line.split(' ');
        let (day, start, end) = (fields.next()?, fields.next()?, fields.next()?);
        let number = fields.next()?.parse().ok()?;
        let public: u32 = fields.next()?.parse().ok()?;
        let private: u32 = fields.next()?.parse().ok()?;
        let (public, private) = (public * u32::from(pack.public), private * u32::from(pack.private));
        (public + private > 0).then(|| Unpacked {
            date: date(day),
            start: time(start),
            end: (end != "-").then(|| time(end)),
            dose: dose(number),
            public,
            private,
        })
    })
}
