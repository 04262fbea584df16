-- +goose Up

ALTER TABLE alert ADD COLUMN mute TEXT NOT NULL DEFAULT '{}'; -- JSON
ALTER TABLE alert ADD COLUMN ack TEXT NOT NULL DEFAULT '{}'; -- JSON
ALTER TABLE alert ADD COLUMN drill BOOLEAN NOT NULL DEFAULT FALSE;

-- Each version of an alert, for history.
CREATE TABLE transition (
    alert   TEXT NOT NULL REFERENCES alert (id) ON DELETE CASCADE,
    version BIGINT NOT NULL,
    at      BIGINT,
    reason  TEXT NOT NULL,
    state   TEXT NOT NULL,
    level   BIGINT NOT NULL,
    value   DOUBLE PRECISION,
    mute    TEXT NOT NULL, -- JSON
    ack     TEXT NOT NULL, -- JSON
    PRIMARY KEY (alert, version)
) WITHOUT ROWID;

-- figure is the value of the alert that is shown. why says why what is wanted is not sent until there is a newer version;
-- '' is that nothing stands in the way. via is the receiver in whose place this one is told. closed is that the receiver is
-- no longer there.
ALTER TABLE delivery ADD COLUMN figure DOUBLE PRECISION;
ALTER TABLE delivery ADD COLUMN why TEXT NOT NULL DEFAULT '';
ALTER TABLE delivery ADD COLUMN via TEXT NOT NULL DEFAULT '';
ALTER TABLE delivery ADD COLUMN closed BOOLEAN NOT NULL DEFAULT FALSE;

CREATE INDEX attempt_alert_alert ON attempt_alert (alert);

DROP INDEX delivery_due;
CREATE INDEX delivery_waiting ON delivery (receiver) WHERE want > have;

-- What fires is looked up by project at every poll, and must not lead through all that ever did.
CREATE INDEX alert_firing ON alert (project) WHERE state = 'firing';
DROP INDEX alert_subject;
CREATE INDEX alert_subject ON alert (subject, rule, project);

-- begun_at is when the first attempt was made; a digest holds what was too much for messages of its own.
ALTER TABLE message ADD COLUMN begun_at BIGINT;
ALTER TABLE message ADD COLUMN digest BOOLEAN NOT NULL DEFAULT FALSE;

CREATE INDEX message_begun ON message (receiver, begun_at);
CREATE INDEX message_digest ON message (receiver, begun_at) WHERE digest;

-- seq grows with every change of any silence. What a silence matches is '' where it matches all.
CREATE TABLE silence (
    id       TEXT PRIMARY KEY,
    seq      BIGINT NOT NULL,
    alert    TEXT NOT NULL,
    rule     TEXT NOT NULL,
    project  TEXT NOT NULL,
    subject  TEXT NOT NULL,
    start_at BIGINT NOT NULL,
    end_at   BIGINT NOT NULL,
    by_whom  TEXT NOT NULL,
    because  TEXT NOT NULL,
    ended_by TEXT NOT NULL
) WITHOUT ROWID;
