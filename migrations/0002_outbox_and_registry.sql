-- Outgoing mail, the registry, staff decisions, the audit chain. See 0001 for the conventions.

CREATE TABLE outbox (
    id              INTEGER PRIMARY KEY,
    kind            TEXT    NOT NULL, -- template name
    mail_id         INTEGER REFERENCES mail (id), -- the mail it answers
    judgement_id    INTEGER REFERENCES judgement (id), -- the judgement that decided it
    receipt         TEXT REFERENCES submission (receipt),
    venue_key       TEXT,             -- the clinic it concerns
    to_address      TEXT    NOT NULL,
    to_key          TEXT    NOT NULL, -- clinic::address_key of it
    envelope_from   TEXT    NOT NULL,
    subject         TEXT    NOT NULL,
    message_id      TEXT    NOT NULL UNIQUE,
    dedupe_key      TEXT    UNIQUE,   -- digest:2021-10-08T08:15:00+09:00 and the like
    basis_at        INTEGER NOT NULL, -- receipt time of the mail it answers, else creation; for budgets
    created_at      INTEGER NOT NULL,
    state           TEXT    NOT NULL CHECK (state IN ('queued', 'sending', 'sent', 'deferred', 'failed',
                        'ambiguous', 'bounced', 'suppressed', 'held')),
    attempts        INTEGER NOT NULL DEFAULT 0, -- counted when claimed, before the attempt is made
    next_attempt_at INTEGER, -- null unless queued, deferred or ambiguous
    lease_until     INTEGER, -- sending: another worker may take it after this
    fenced_at       INTEGER, -- sending: the body was about to be offered
    sent_at         INTEGER,
    last_error      TEXT,    -- the server's own words
    repeated        INTEGER NOT NULL DEFAULT 0 -- attempts made after an ambiguous one (possible duplicates)
) STRICT;
CREATE INDEX outbox_due ON outbox (next_attempt_at) WHERE next_attempt_at IS NOT NULL;
CREATE INDEX outbox_sending ON outbox (id) WHERE state = 'sending';
CREATE INDEX outbox_by_mail ON outbox (mail_id);
CREATE INDEX outbox_by_receipt ON outbox (receipt);
CREATE INDEX outbox_by_recipient ON outbox (to_key, basis_at);
CREATE INDEX outbox_by_judgement ON outbox (judgement_id);

CREATE TRIGGER outbox_is_immutable BEFORE UPDATE ON outbox
WHEN NEW.message_id IS NOT OLD.message_id OR NEW.to_address IS NOT OLD.to_address OR NEW.envelope_from IS NOT OLD.envelope_from OR NEW.mail_id IS NOT OLD.mail_id OR NEW.kind IS NOT OLD.kind
  OR NEW.attempts < OLD.attempts
BEGIN SELECT RAISE(ABORT, 'a letter is never rewritten'); END;
CREATE TRIGGER outbox_sent_is_final BEFORE UPDATE OF state ON outbox
WHEN OLD.state IN ('sent', 'bounced') AND NEW.state NOT IN ('sent', 'bounced')
BEGIN SELECT RAISE(ABORT, 'a sent letter is not sent again'); END;
CREATE TRIGGER outbox_is_kept BEFORE DELETE ON outbox
BEGIN SELECT RAISE(ABORT, 'a letter is never deleted'); END;

-- What a letter says. Beside the outbox, whose rows change with every attempt: these never do.
CREATE TABLE letter (
    outbox_id INTEGER NOT NULL PRIMARY KEY REFERENCES outbox (id),
    bytes     BLOB    NOT NULL, -- the whole message; every attempt sends exactly these
    text      TEXT    NOT NULL  -- its text part, for people
) STRICT;
CREATE TRIGGER letter_is_immutable BEFORE UPDATE ON letter
BEGIN SELECT RAISE(ABORT, 'a letter is never rewritten'); END;
CREATE TRIGGER letter_is_kept BEFORE DELETE ON letter
BEGIN SELECT RAISE(ABORT, 'a letter is never deleted'); END;

CREATE TABLE outbox_attempt (
    id         INTEGER PRIMARY KEY,
    outbox_id  INTEGER NOT NULL REFERENCES outbox (id),
    number     INTEGER NOT NULL, -- from 1
    started_at INTEGER NOT NULL,
    fenced_at  INTEGER,
    ended_at   INTEGER,
    result     TEXT CHECK (result IN ('accepted', 'deferred', 'refused', 'ambiguous', 'lost')),
    reply      TEXT, -- the server's own words
    UNIQUE (outbox_id, number)
) STRICT;

---------------------------------------------------------------------------------------------- registry

CREATE TABLE clinic (
    venue_key         TEXT    NOT NULL PRIMARY KEY,
    venue_no          TEXT    NOT NULL,
    name              TEXT    NOT NULL,
    name_kana         TEXT    NOT NULL,
    aliases           TEXT    NOT NULL, -- JSON array
    med_code          TEXT,
    ward              TEXT,             -- 中央区, 東区, 西区, 南区, 北区
    address           TEXT    NOT NULL,
    phone             TEXT    NOT NULL,
    fax               TEXT    NOT NULL,
    contact_name      TEXT    NOT NULL,
    cap               INTEGER CHECK (cap >= 0), -- 回分; null while not known
    uses_system       TEXT    NOT NULL CHECK (uses_system IN ('yes', 'no', 'unknown')),
    form_expected     INTEGER CHECK (form_expected BETWEEN 1 AND 3),
    suppress_reminder INTEGER NOT NULL CHECK (suppress_reminder IN (0, 1)),
    note              TEXT    NOT NULL,
    in_file           INTEGER NOT NULL CHECK (in_file IN (0, 1)), -- listed in the last registry file
    changed_at        INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE clinic_address (
    venue_key        TEXT    NOT NULL REFERENCES clinic (venue_key),
    address_key      TEXT    NOT NULL,
    address          TEXT    NOT NULL,
    ordinal          INTEGER NOT NULL, -- order in the registry
    status           TEXT    NOT NULL CHECK (status IN ('registered', 'provisional', 'removed')),
    source           TEXT    NOT NULL CHECK (source IN ('file', 'staff', 'mail')), -- only 'file' ones leave with an import
    undeliverable_at INTEGER, -- when one of our letters to it bounced
    added_at         INTEGER NOT NULL,
    added_by         TEXT    NOT NULL, -- actor
    PRIMARY KEY (venue_key, address_key)
) STRICT, WITHOUT ROWID;
CREATE INDEX clinic_address_by_key ON clinic_address (address_key);

CREATE TABLE cap_history (
    id        INTEGER PRIMARY KEY,
    venue_key TEXT    NOT NULL REFERENCES clinic (venue_key),
    cap       INTEGER, -- from then on
    at        INTEGER NOT NULL,
    actor     TEXT    NOT NULL,
    reason    TEXT    NOT NULL
) STRICT;
CREATE INDEX cap_history_by_venue ON cap_history (venue_key);

CREATE TABLE extension (
    id         INTEGER PRIMARY KEY,
    venue_key  TEXT    NOT NULL REFERENCES clinic (venue_key),
    submission INTEGER, -- the clinic's own deadline; null: not changed by this row
    correction INTEGER,
    at         INTEGER NOT NULL,
    actor      TEXT    NOT NULL,
    reason     TEXT    NOT NULL
) STRICT;
CREATE INDEX extension_by_venue ON extension (venue_key);

CREATE TRIGGER clinic_added AFTER INSERT ON clinic
BEGIN UPDATE counter SET value = value + 1 WHERE name = 'registry'; END;
CREATE TRIGGER clinic_changed AFTER UPDATE ON clinic
BEGIN UPDATE counter SET value = value + 1 WHERE name = 'registry'; END;
CREATE TRIGGER address_added AFTER INSERT ON clinic_address
BEGIN UPDATE counter SET value = value + 1 WHERE name = 'registry'; END;
CREATE TRIGGER address_changed AFTER UPDATE ON clinic_address
BEGIN UPDATE counter SET value = value + 1 WHERE name = 'registry'; END;

---------------------------------------------------------------------------------------------- staff

CREATE TABLE staff_decision (
    id            INTEGER PRIMARY KEY,
    at            INTEGER NOT NULL,
    actor         TEXT    NOT NULL, -- operating system's user
    kind          TEXT    NOT NULL CHECK (kind IN ('accept', 'reject', 'void', 'reassign', 'adopt', 'note',
                      'extend', 'submit', 'set', 'confirm', 'setup', 'remind', 'outbox', 'rejudge')),
    mail_id       INTEGER REFERENCES mail (id),
    submission_id INTEGER REFERENCES submission (id),
    venue_key     TEXT,
    reason        TEXT    NOT NULL CHECK (reason <> '')
) STRICT;
CREATE INDEX staff_decision_by_mail ON staff_decision (mail_id);
CREATE INDEX staff_decision_by_submission ON staff_decision (submission_id);
CREATE INDEX staff_decision_by_venue ON staff_decision (venue_key);

CREATE TABLE setup_event (
    id        INTEGER PRIMARY KEY,
    venue_key TEXT    NOT NULL REFERENCES clinic (venue_key),
    kind      TEXT    NOT NULL CHECK (kind IN ('exported', 'done', 'confirmation_requested', 'confirmed')),
    version   INTEGER NOT NULL, -- greatest version in force at that time; a newer one starts over
    at        INTEGER NOT NULL,
    actor     TEXT    NOT NULL
) STRICT;
CREATE INDEX setup_event_by_venue ON setup_event (venue_key);

CREATE TABLE export (
    id       INTEGER PRIMARY KEY,
    at       INTEGER NOT NULL,
    actor    TEXT    NOT NULL,
    file     TEXT    NOT NULL,
    sha256   TEXT    NOT NULL, -- of the file written
    is_diff  INTEGER NOT NULL CHECK (is_diff IN (0, 1))
) STRICT;

CREATE TABLE export_item (
    export_id     INTEGER NOT NULL REFERENCES export (id),
    venue_key     TEXT    NOT NULL,
    visibility    TEXT    NOT NULL CHECK (visibility IN ('public', 'private')),
    submission_id INTEGER NOT NULL REFERENCES submission (id),
    ruling_id     INTEGER NOT NULL REFERENCES ruling (id),
    PRIMARY KEY (export_id, venue_key, visibility)
) STRICT, WITHOUT ROWID;
CREATE INDEX export_item_by_submission ON export_item (submission_id);

CREATE TABLE digest_run (
    key       TEXT    NOT NULL PRIMARY KEY, -- digest:2021-10-08T08:15:00+09:00
    from_at   INTEGER NOT NULL, -- window, exclusive
    until_at  INTEGER NOT NULL, -- window, inclusive: the scheduled instant
    built_at  INTEGER NOT NULL,
    outbox_id INTEGER REFERENCES outbox (id) -- null when it was not sent
) STRICT, WITHOUT ROWID;

CREATE TABLE service_status (
    service        TEXT    NOT NULL PRIMARY KEY, -- mailbox, transport
    checked_at     INTEGER,          -- last time it answered
    degraded_since INTEGER,          -- null while healthy
    alerted_at     INTEGER,          -- staff were told of this disturbance
    detail         TEXT    NOT NULL  -- what is wrong
) STRICT, WITHOUT ROWID;

---------------------------------------------------------------------------------------------- audit

CREATE TABLE audit (
    seq       INTEGER PRIMARY KEY,
    at        INTEGER NOT NULL,
    actor     TEXT    NOT NULL, -- 'uketsuke' or the operating system's user
    kind      TEXT    NOT NULL, -- mail, ruling, clinics, extend, …
    ref       TEXT    NOT NULL, -- mail:12, receipt:8-0123-2, venue:0123, outbox:7
    payload   TEXT    NOT NULL, -- JSON, keys sorted
    prev_hash TEXT    NOT NULL,
    hash      TEXT    NOT NULL UNIQUE -- see ledger::audit
) STRICT;
CREATE INDEX audit_by_ref ON audit (ref);
CREATE TRIGGER audit_is_immutable BEFORE UPDATE ON audit
BEGIN SELECT RAISE(ABORT, 'the audit trail is never edited'); END;
CREATE TRIGGER audit_is_kept BEFORE DELETE ON audit
BEGIN SELECT RAISE(ABORT, 'the audit trail is never deleted'); END;

-- Last of all: a file without it was not prepared to the end.
PRAGMA user_version = 1;
