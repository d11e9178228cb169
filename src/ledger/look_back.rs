//! I/O: the ledger as it stood at the end of a day gone by, for `digest --date`: temporary tables and views of one
//! connection stand in front of the real ones, so that the same statements answer as of then.
//!
//! What was received by then is there, with what was decided by then. Letters are those about mail received by then, in
//! the state that they have now; the registry is today's.

use jiff::Timestamp;
use sqlx::{Connection, Executor, SqliteConnection};

use super::column::micros;
use super::{Error, Ledger, options};

/// In front of the tables that grow; the views that pick the last row of each are made anew over them, once.
const STAND_INS: &str = "
    CREATE TEMP VIEW mail AS SELECT * FROM main.mail WHERE received_at <= (SELECT until FROM temp.moment);
    CREATE TEMP VIEW location AS SELECT * FROM main.location WHERE mail_id IN (SELECT id FROM temp.mail);
    CREATE TEMP VIEW judgement AS SELECT * FROM main.judgement
        WHERE mail_id IN (SELECT id FROM temp.mail)
          AND (number = 1 OR made_at <= (SELECT until FROM temp.moment));
    CREATE TEMP VIEW submission AS SELECT * FROM main.submission
        WHERE received_at <= (SELECT until FROM temp.moment)
          AND (mail_id IS NOT NULL OR recorded_at <= (SELECT until FROM temp.moment));
    CREATE TEMP VIEW ruling AS SELECT * FROM main.ruling
        WHERE submission_id IN (SELECT id FROM temp.submission)
          AND (made_at <= (SELECT until FROM temp.moment)
               OR judgement_id IN (SELECT id FROM main.judgement WHERE number = 1));
    CREATE TEMP VIEW staff_decision AS SELECT * FROM main.staff_decision
        WHERE at <= (SELECT until FROM temp.moment);
    CREATE TEMP VIEW setup_event AS SELECT * FROM main.setup_event WHERE at <= (SELECT until FROM temp.moment);
    CREATE TEMP VIEW extension AS SELECT * FROM main.extension WHERE at <= (SELECT until FROM temp.moment);
    CREATE TEMP VIEW outbox AS SELECT * FROM main.outbox WHERE basis_at <= (SELECT until FROM temp.moment);
    CREATE TEMP VIEW clinic_address AS SELECT * FROM main.clinic_address
        WHERE added_at <= (SELECT until FROM temp.moment) OR status <> 'provisional';
    CREATE TEMP TABLE current_judgement AS SELECT j.* FROM temp.judgement j
        WHERE NOT EXISTS (SELECT 1 FROM temp.judgement n WHERE n.mail_id = j.mail_id AND n.number > j.number);
    CREATE INDEX temp.current_judgement_by_mail ON current_judgement (mail_id);
    CREATE TEMP TABLE current_ruling AS
        SELECT r.*, COALESCE(r.reading_of, r.id) AS reading_id, s.received_at
        FROM temp.ruling r JOIN temp.submission s ON s.id = r.submission_id
        WHERE r.id = (SELECT MAX(n.id) FROM temp.ruling n WHERE n.submission_id = r.submission_id);
    CREATE INDEX temp.current_ruling_by_venue ON current_ruling (venue_key);
    CREATE INDEX temp.current_ruling_by_submission ON current_ruling (submission_id);
    CREATE TEMP TABLE in_force AS
        SELECT venue_key, visibility, submission_id, ruling_id, since FROM (
            SELECT r.venue_key, v.value AS visibility, r.submission_id, r.id AS ruling_id, r.made_at AS since,
                   ROW_NUMBER() OVER (PARTITION BY r.venue_key, v.value
                                      ORDER BY r.received_at DESC, r.submission_id DESC) AS place
            FROM temp.current_ruling r JOIN json_each('[\"public\", \"private\"]') v
            WHERE r.outcome IN ('accepted', 'accepted_with_warnings')
              AND CASE v.value WHEN 'public' THEN r.scope_public ELSE r.scope_private END = 1)
        WHERE place = 1;
    CREATE INDEX temp.in_force_by_venue ON in_force (venue_key);
    CREATE INDEX temp.in_force_by_submission ON in_force (submission_id);";

impl Ledger {
    /// A connection of its own that sees the ledger as of `until`; the file itself cannot be written through it.
    pub(super) async fn look_back(&self, until: Timestamp) -> Result<SqliteConnection, Error> {
        let options = options(&self.path).create_if_missing(false).read_only(true);
        let mut connection = SqliteConnection::connect_with(&options).await?;
        connection.execute("CREATE TEMP TABLE moment (until INTEGER NOT NULL)").await?;
        sqlx::query("INSERT INTO temp.moment (until) VALUES (?1)")
            .bind(micros(until))
            .execute(&mut connection)
            .await?;
        connection.execute(sqlx::raw_sql(STAND_INS)).await?;
        Ok(connection)
    }
}
