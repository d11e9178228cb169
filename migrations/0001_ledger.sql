-- The ledger: every mail, what was made of it, what was answered, what is in force.
--
-- Times are INTEGER microseconds since 1970-01-01T00:00:00Z. Dates are TEXT YYYY-MM-DD, times of day TEXT HH:MM.
-- Booleans are INTEGER 0 or 1. Hashes are TEXT, lower-case hex, unless a comment says otherwise.
-- A venue_key is the 会場番号 without leading zeros (clinic::venue_key); a venue_no is as registered.
-- Released migrations are never edited.

PRAGMA application_id = 1970561355; -- "utsK"

CREATE TABLE meta (
    key   TEXT NOT NULL PRIMARY KEY, -- instance_key, database_id, created_at
    value BLOB NOT NULL              -- instance_key: 32 random bytes; the others UTF-8
) STRICT, WITHOUT ROWID;

CREATE TABLE counter (
    name  TEXT    NOT NULL PRIMARY KEY, -- 'registry': grows with every change of clinic, address or extension
    value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO counter (name, value) VALUES ('registry', 1);

---------------------------------------------------------------------------------------------- mail

CREATE TABLE raw_message (
    sha256  TEXT    NOT NULL PRIMARY KEY CHECK (length(sha256) = 64), -- of bytes
    size    INTEGER NOT NULL CHECK (size = length(bytes) OR erased_at IS NOT NULL), -- of bytes
    omitted INTEGER,          -- the full size, when only the header was fetched (limits.message_bytes)
    erased_at INTEGER,        -- when retention emptied the bytes; null otherwise
    bytes   BLOB    NOT NULL  -- exactly as fetched, or the file of a form entered by hand
) STRICT;

CREATE TABLE mail (
    id           INTEGER PRIMARY KEY,
    sha256       TEXT    NOT NULL UNIQUE REFERENCES raw_message (sha256),
    received_at  INTEGER NOT NULL, -- the server's receipt time; written once
    recorded_at  INTEGER NOT NULL, -- the clock of the run
    date_header  INTEGER,          -- Date:, never decides anything
    from_address TEXT    NOT NULL, -- the one author's bare address, or empty
    from_key     TEXT    NOT NULL, -- clinic::address_key of it
    subject      TEXT    NOT NULL, -- decoded
    message_id   TEXT,             -- first one, with angle brackets
    canonical    TEXT    NOT NULL, -- identity K3, empty when the mail could not be parsed
    is_bounce    INTEGER NOT NULL CHECK (is_bounce IN (0, 1)),
    answers      TEXT    NOT NULL  -- JSON array of the msg-ids it answers
) STRICT;
CREATE INDEX mail_by_canonical ON mail (canonical);
CREATE INDEX mail_by_message_id ON mail (message_id);
CREATE INDEX mail_by_sender ON mail (from_key, received_at);
CREATE INDEX mail_by_receipt ON mail (received_at);

-- The ledger's side of the books: where each recorded mail was found.
CREATE TABLE location (
    id           INTEGER PRIMARY KEY,
    mail_id      INTEGER NOT NULL REFERENCES mail (id),
    folder       TEXT    NOT NULL,
    uid_validity INTEGER, -- IMAP; null for a Maildir
    uid          INTEGER, -- IMAP; null for a Maildir
    name         TEXT,    -- Maildir: unique part of the file name; null for IMAP
    received_at  INTEGER NOT NULL, -- as this place reports it; the first one recorded counts
    seen_at      INTEGER NOT NULL, -- when this place was recorded
    filed_at     INTEGER, -- when it was moved or flagged; null while still owed
    filed_to     TEXT,    -- the folder it went to
    CHECK ((uid IS NULL) = (uid_validity IS NULL) AND (uid IS NULL) <> (name IS NULL))
) STRICT;
CREATE UNIQUE INDEX location_imap ON location (folder, uid_validity, uid) WHERE uid IS NOT NULL;
CREATE UNIQUE INDEX location_maildir ON location (folder, name) WHERE name IS NOT NULL;
CREATE INDEX location_by_mail ON location (mail_id);
CREATE INDEX location_unfiled ON location (id) WHERE filed_at IS NULL;

-- The server's side of the books: every message it ever reported as waiting.
CREATE TABLE sighting (
    folder       TEXT    NOT NULL,
    uid_validity INTEGER NOT NULL, -- 0 for a Maildir
    uid          INTEGER NOT NULL, -- 0 for a Maildir
    name         TEXT    NOT NULL, -- '' for IMAP
    seen_at      INTEGER NOT NULL,
    open         INTEGER NOT NULL CHECK (open IN (0, 1)), -- 0: recorded or gone; only narrows the search for waiting ones
    gone_at      INTEGER,          -- no longer reported, and never recorded: somebody moved or deleted it
    PRIMARY KEY (folder, uid_validity, uid, name)
) STRICT, WITHOUT ROWID;

CREATE INDEX sighting_open ON sighting (folder) WHERE open = 1;
CREATE TRIGGER location_settles AFTER INSERT ON location
BEGIN
    UPDATE sighting SET open = 0 WHERE folder = NEW.folder AND uid_validity = COALESCE(NEW.uid_validity, 0)
       AND uid = COALESCE(NEW.uid, 0) AND name = COALESCE(NEW.name, '');
END;

-- Reported by the server, neither recorded nor gone.
CREATE VIEW unrecorded AS
SELECT s.folder, s.uid_validity, s.uid, s.name FROM sighting s
WHERE s.gone_at IS NULL
  AND NOT EXISTS (SELECT 1 FROM location l WHERE s.name = '' AND l.uid IS NOT NULL
                  AND l.folder = s.folder AND l.uid_validity = s.uid_validity AND l.uid = s.uid)
  AND NOT EXISTS (SELECT 1 FROM location l WHERE s.name <> '' AND l.name IS NOT NULL
                  AND l.folder = s.folder AND l.name = s.name);

-- The same, found by the index: for every cycle.
CREATE VIEW waiting AS
SELECT s.folder, s.uid_validity, s.uid, s.name FROM sighting s INDEXED BY sighting_open
WHERE s.open = 1 AND s.gone_at IS NULL;

CREATE TABLE folder_epoch (
    folder        TEXT    NOT NULL,
    uid_validity  INTEGER NOT NULL,
    first_seen_at INTEGER NOT NULL,
    last_seen_at  INTEGER NOT NULL, -- when it last became the current one
    turn          INTEGER NOT NULL, -- grows; the greatest of a folder is the current epoch
    PRIMARY KEY (folder, uid_validity)
) STRICT, WITHOUT ROWID;

-- One judgement of a mail: the first, or a later one with another registry. The last one counts.
CREATE TABLE judgement (
    id               INTEGER PRIMARY KEY,
    mail_id          INTEGER NOT NULL REFERENCES mail (id),
    number           INTEGER NOT NULL, -- 1, 2, … per mail
    made_at          INTEGER NOT NULL,
    actor            TEXT    NOT NULL, -- 'uketsuke' or the user who asked for it
    outcome          TEXT    NOT NULL CHECK (outcome IN ('held', 'rejected', 'unreadable', 'not_a_form',
                         'accepted_with_warnings', 'accepted', 'duplicate', 'ignored')),
    needs_staff      INTEGER NOT NULL CHECK (needs_staff IN (0, 1)),
    answer           TEXT    NOT NULL CHECK (answer IN ('silent', 'send', 'draft', 'suppress')),
    silence          TEXT,             -- why there is no reply
    template         TEXT,             -- which text was chosen
    notify           INTEGER NOT NULL, -- how many registered addresses get a copy of the notice
    letters          INTEGER NOT NULL, -- how many outbox rows were decided with it
    without_registry INTEGER NOT NULL CHECK (without_registry IN (0, 1)), -- the registry was empty
    other_files      TEXT    NOT NULL, -- JSON array of names
    UNIQUE (mail_id, number)
) STRICT;

---------------------------------------------------------------------------------------------- submission

-- The unchanging part of a submission: one form of one clinic (or one mail without any).
CREATE TABLE submission (
    id           INTEGER PRIMARY KEY,
    receipt      TEXT    UNIQUE,   -- 8-0123-2; null where nothing was judged
    period       INTEGER,          -- parts of the receipt number
    receipt_key  TEXT,             -- venue_key in the receipt number; '0' when not identified
    serial       INTEGER,          -- from 1 per venue
    mail_id      INTEGER REFERENCES mail (id), -- null for other channels
    ordinal      INTEGER NOT NULL, -- position within its mail
    channel      TEXT    NOT NULL CHECK (channel IN ('mail', 'fax', 'phone', 'usb')),
    received_at  INTEGER NOT NULL, -- the mail's, or as staff state it
    recorded_at  INTEGER NOT NULL,
    file_name    TEXT,
    file_sha256  TEXT,
    CHECK ((mail_id IS NULL) = (channel <> 'mail')),
    CHECK ((receipt IS NULL) = (serial IS NULL) AND (receipt IS NULL) = (receipt_key IS NULL)),
    UNIQUE (receipt_key, period, serial),
    UNIQUE (mail_id, ordinal)
) STRICT;

-- What holds for a submission. The last ruling of a submission counts; earlier ones stay.
CREATE TABLE ruling (
    id             INTEGER PRIMARY KEY,
    submission_id  INTEGER NOT NULL REFERENCES submission (id),
    judgement_id   INTEGER REFERENCES judgement (id), -- null: by staff, or a form entered by hand
    decision_id    INTEGER REFERENCES staff_decision (id), -- the staff decision that made it
    reading_of     INTEGER REFERENCES ruling (id), -- the ruling whose slots and findings hold; null: its own
    made_at        INTEGER NOT NULL,
    outcome        TEXT    NOT NULL CHECK (outcome IN ('held', 'rejected', 'unreadable', 'not_a_form',
                       'accepted_with_warnings', 'accepted', 'duplicate', 'ignored')),
    void           INTEGER NOT NULL CHECK (void IN (0, 1)), -- declared void by staff
    timing         TEXT,
    submission_deadline INTEGER NOT NULL, -- the deadlines it was judged by
    correction_deadline INTEGER NOT NULL,
    venue_key      TEXT REFERENCES clinic (venue_key), -- null: clinic not identified
    sender         TEXT    NOT NULL, -- registered, provisional, staff, elsewhere, unknown
    attempt        INTEGER NOT NULL CHECK (attempt IN (0, 1)), -- a recognisable attempt
    has_form       INTEGER NOT NULL CHECK (has_form IN (0, 1)),
    form_number    INTEGER CHECK (form_number BETWEEN 1 AND 3),
    scope_public   INTEGER NOT NULL CHECK (scope_public IN (0, 1)),
    scope_private  INTEGER NOT NULL CHECK (scope_private IN (0, 1)),
    version        INTEGER, -- accepted versions of the clinic, from 1; null when not accepted
    fingerprint    TEXT    NOT NULL, -- of the normalised slots and scope
    first_public   INTEGER, first_private  INTEGER, -- totals; null when nothing was read
    second_public  INTEGER, second_private INTEGER,
    cap            INTEGER, -- 上限量 used
    template       TEXT,    -- the text this form gets
    errors         INTEGER NOT NULL,
    warnings       INTEGER NOT NULL,
    infos          INTEGER NOT NULL,
    staff          INTEGER NOT NULL,
    CHECK (outcome NOT IN ('accepted', 'accepted_with_warnings')
           OR (version IS NOT NULL AND venue_key IS NOT NULL AND scope_public + scope_private > 0 AND void = 0))
) STRICT;
CREATE INDEX ruling_by_submission ON ruling (submission_id);
CREATE INDEX ruling_by_venue ON ruling (venue_key);
CREATE INDEX ruling_by_fingerprint ON ruling (fingerprint);

CREATE VIEW current_ruling AS
SELECT r.*, COALESCE(r.reading_of, r.id) AS reading_id, s.received_at
FROM ruling r JOIN submission s ON s.id = r.submission_id
WHERE NOT EXISTS (SELECT 1 FROM ruling n WHERE n.submission_id = r.submission_id AND n.id > r.id);

CREATE VIEW current_judgement AS
SELECT j.* FROM judgement j
WHERE NOT EXISTS (SELECT 1 FROM judgement n WHERE n.mail_id = j.mail_id AND n.number > j.number);

CREATE TABLE slot (
    reading_id INTEGER NOT NULL REFERENCES ruling (id),
    ordinal    INTEGER NOT NULL,
    date       TEXT    NOT NULL,
    start      TEXT    NOT NULL,
    "end"      TEXT,
    dose       INTEGER NOT NULL CHECK (dose IN (1, 2)),
    public     INTEGER NOT NULL CHECK (public >= 0),
    private    INTEGER NOT NULL CHECK (private >= 0),
    sheet      TEXT    NOT NULL,
    row        INTEGER NOT NULL, -- one-based
    PRIMARY KEY (reading_id, ordinal)
) STRICT, WITHOUT ROWID;

CREATE TABLE finding (
    id           INTEGER PRIMARY KEY,
    judgement_id INTEGER REFERENCES judgement (id), -- of the mail as a whole
    reading_id   INTEGER REFERENCES ruling (id),    -- of one submission
    code         TEXT    NOT NULL,
    severity     TEXT    NOT NULL CHECK (severity IN ('error', 'warning', 'info', 'staff')),
    sheet        TEXT,
    cell         TEXT, -- A1 address
    label        TEXT,
    read         TEXT, -- raw
    message      TEXT    NOT NULL,
    mend         TEXT,
    CHECK ((judgement_id IS NULL) <> (reading_id IS NULL))
) STRICT;
CREATE INDEX finding_by_judgement ON finding (judgement_id) WHERE judgement_id IS NOT NULL;
CREATE INDEX finding_by_reading ON finding (reading_id) WHERE reading_id IS NOT NULL;
CREATE INDEX finding_by_code ON finding (code);

-- What is in force: at most one submission per clinic and visibility, always an accepted one of that scope.
CREATE TABLE in_force (
    venue_key     TEXT    NOT NULL REFERENCES clinic (venue_key),
    visibility    TEXT    NOT NULL CHECK (visibility IN ('public', 'private')),
    submission_id INTEGER NOT NULL REFERENCES submission (id),
    ruling_id     INTEGER NOT NULL REFERENCES ruling (id),
    since         INTEGER NOT NULL, -- when the ledger put it in force
    PRIMARY KEY (venue_key, visibility)
) STRICT, WITHOUT ROWID;
CREATE INDEX in_force_by_submission ON in_force (submission_id);

CREATE TRIGGER in_force_insert BEFORE INSERT ON in_force
WHEN NOT EXISTS (
    SELECT 1 FROM current_ruling r
    WHERE r.id = NEW.ruling_id AND r.submission_id = NEW.submission_id AND r.venue_key = NEW.venue_key
      AND r.outcome IN ('accepted', 'accepted_with_warnings')
      AND CASE NEW.visibility WHEN 'public' THEN r.scope_public ELSE r.scope_private END = 1)
BEGIN SELECT RAISE(ABORT, 'only an accepted submission of that clinic and scope can be in force'); END;

CREATE TRIGGER in_force_update BEFORE UPDATE ON in_force
WHEN NOT EXISTS (
    SELECT 1 FROM current_ruling r
    WHERE r.id = NEW.ruling_id AND r.submission_id = NEW.submission_id AND r.venue_key = NEW.venue_key
      AND r.outcome IN ('accepted', 'accepted_with_warnings')
      AND CASE NEW.visibility WHEN 'public' THEN r.scope_public ELSE r.scope_private END = 1)
BEGIN SELECT RAISE(ABORT, 'only an accepted submission of that clinic and scope can be in force'); END;

-- A new ruling ends the force of the one before; the same transaction puts the right one in force.
CREATE TRIGGER ruling_supersedes AFTER INSERT ON ruling
BEGIN DELETE FROM in_force WHERE submission_id = NEW.submission_id; END;

CREATE TRIGGER ruling_is_immutable BEFORE UPDATE ON ruling
BEGIN SELECT RAISE(ABORT, 'a ruling is never edited'); END;
CREATE TRIGGER ruling_is_kept BEFORE DELETE ON ruling
BEGIN SELECT RAISE(ABORT, 'a ruling is never deleted'); END;
CREATE TRIGGER submission_is_immutable BEFORE UPDATE ON submission
BEGIN SELECT RAISE(ABORT, 'a submission is never edited'); END;
CREATE TRIGGER submission_is_kept BEFORE DELETE ON submission
BEGIN SELECT RAISE(ABORT, 'a submission is never deleted'); END;
CREATE TRIGGER slot_is_immutable BEFORE UPDATE ON slot
BEGIN SELECT RAISE(ABORT, 'a slot is never edited'); END;
CREATE TRIGGER slot_is_kept BEFORE DELETE ON slot
BEGIN SELECT RAISE(ABORT, 'a slot is never deleted'); END;
CREATE TRIGGER mail_is_immutable BEFORE UPDATE ON mail
BEGIN SELECT RAISE(ABORT, 'a mail is never edited'); END;
CREATE TRIGGER mail_is_kept BEFORE DELETE ON mail
BEGIN SELECT RAISE(ABORT, 'a mail is never deleted'); END;
CREATE TRIGGER raw_message_is_kept BEFORE DELETE ON raw_message
BEGIN SELECT RAISE(ABORT, 'a raw message is never deleted'); END;
