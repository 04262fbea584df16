-- +goose Up

CREATE TABLE fleet (
    project TEXT NOT NULL,
    uid     TEXT NOT NULL,
    name    TEXT NOT NULL,
    PRIMARY KEY (project, uid)
) WITHOUT ROWID;

-- How many requests were sent on the UTC day requests_on.
ALTER TABLE account ADD COLUMN requests_on BIGINT NOT NULL DEFAULT 0;
ALTER TABLE account ADD COLUMN requests BIGINT NOT NULL DEFAULT 0;

CREATE INDEX device_name ON device (name COLLATE NOCASE);

-- Who made this version of an alert; '' is notewatch itself.
ALTER TABLE alert ADD COLUMN by_whom TEXT NOT NULL DEFAULT '';
ALTER TABLE transition ADD COLUMN by_whom TEXT NOT NULL DEFAULT '';

-- The worst of what is open, and how much that is, is asked most in a storm: all it takes is in the index.
CREATE INDEX alert_worst ON alert (project, level DESC, since DESC, subject, state, drill) WHERE state IN ('pending', 'firing');

-- By figure first, so that who used most of one is found without reading the others.
CREATE TABLE closed_new (
    project      TEXT NOT NULL,
    device       TEXT NOT NULL,
    figure       BIGINT NOT NULL,
    as_of        BIGINT NOT NULL,
    period_start BIGINT NOT NULL,
    yesterday    DOUBLE PRECISION,
    used         DOUBLE PRECISION,
    d7           DOUBLE PRECISION,
    d30          DOUBLE PRECISION,
    median       DOUBLE PRECISION,
    days         DOUBLE PRECISION,
    PRIMARY KEY (project, figure, device)
) WITHOUT ROWID;
INSERT INTO closed_new SELECT * FROM closed;
DROP TABLE closed;
ALTER TABLE closed_new RENAME TO closed;

-- end_at NULL is until the alert that is silenced is over. ended_at is when somebody ended it before that; NULL is that nobody did.
CREATE TABLE silence_new (
    id       TEXT PRIMARY KEY,
    seq      BIGINT NOT NULL,
    alert    TEXT NOT NULL,
    rule     TEXT NOT NULL,
    project  TEXT NOT NULL,
    subject  TEXT NOT NULL,
    start_at BIGINT NOT NULL,
    end_at   BIGINT,
    by_whom  TEXT NOT NULL,
    because  TEXT NOT NULL,
    ended_by TEXT NOT NULL,
    ended_at BIGINT
) WITHOUT ROWID;
INSERT INTO silence_new SELECT *, CASE WHEN ended_by <> '' THEN end_at END FROM silence;
DROP TABLE silence;
ALTER TABLE silence_new RENAME TO silence;
