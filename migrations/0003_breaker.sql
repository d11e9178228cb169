-- The breaker: when too many of our letters come back, letters to clinics stop leaving until a person lets them go on.
-- See 0001 for the conventions.

CREATE TABLE breaker (
    id           INTEGER PRIMARY KEY,
    at           INTEGER NOT NULL,
    kind         TEXT    NOT NULL CHECK (kind IN ('tripped', 'reset')), -- in turn; the last row tells the state
    setting      TEXT    NOT NULL, -- tripped: the limit that bit (outgoing.breaker_…); reset: empty
    detail       TEXT    NOT NULL CHECK (detail <> ''), -- tripped: the figures; reset: the person's reason
    last_attempt INTEGER NOT NULL, -- greatest outbox_attempt.id at that moment; a reset starts the count after it
    actor        TEXT    NOT NULL  -- 'uketsuke' or the operating system's user
) STRICT;

CREATE TRIGGER breaker_in_turn BEFORE INSERT ON breaker
WHEN NEW.kind = COALESCE((SELECT kind FROM breaker ORDER BY id DESC LIMIT 1), 'reset')
BEGIN SELECT RAISE(ABORT, 'the breaker is in that state already'); END;
CREATE TRIGGER breaker_is_immutable BEFORE UPDATE ON breaker
BEGIN SELECT RAISE(ABORT, 'the breaker''s history is never edited'); END;
CREATE TRIGGER breaker_is_kept BEFORE DELETE ON breaker
BEGIN SELECT RAISE(ABORT, 'the breaker''s history is never deleted'); END;

-- One row while letters to clinics are stopped, none otherwise.
CREATE VIEW breaker_open AS
SELECT id, at, setting, detail FROM breaker
WHERE kind = 'tripped' AND id = (SELECT MAX(id) FROM breaker);

CREATE INDEX outbox_attempt_unwelcome ON outbox_attempt (id) WHERE result IN ('refused', 'deferred');
CREATE INDEX outbox_bounced ON outbox (id) WHERE state = 'bounced';

-- Last of all: a file without it was not prepared to the end.
PRAGMA user_version = 2;
