-- +goose Up

-- One row for each notewatch run that works on the database, or did until not long ago. Its times are on the machine clock.
CREATE TABLE process (
    id             TEXT PRIMARY KEY,
    host           TEXT NOT NULL,
    pid            BIGINT NOT NULL,
    version        TEXT NOT NULL, -- of the program
    rules_file     TEXT NOT NULL, -- path
    rules          TEXT NOT NULL, -- hash of what the file decides
    schema_version BIGINT NOT NULL, -- that the program knows
    started_at     BIGINT NOT NULL,
    seen_at        BIGINT NOT NULL,
    ended_at       BIGINT -- NULL: it runs, or died
) WITHOUT ROWID;

-- The hash of the rules that all processes work by; '' before the first start.
CREATE TABLE active_rules (
    id   BIGINT PRIMARY KEY CHECK (id = 1),
    hash TEXT NOT NULL
);
INSERT INTO active_rules (id, hash) VALUES (1, '');

-- The process that holds the lease; NULL: none does, or a command.
ALTER TABLE work ADD COLUMN process TEXT;

-- The attempts of which the result is not known.
CREATE INDEX attempt_open ON attempt (started) WHERE status = '';

-- Requests of Slack that some process has taken. Times are on the machine clock.
CREATE TABLE asked (
    id TEXT PRIMARY KEY,
    at BIGINT NOT NULL
) WITHOUT ROWID;
CREATE INDEX asked_at ON asked (at);

-- When the next message may be sent to what several receivers share, such as a channel of Slack: on the machine clock.
CREATE TABLE lane (
    name    TEXT PRIMARY KEY,
    next_at BIGINT NOT NULL
) WITHOUT ROWID;
