-- Times are Unix milliseconds and days count from 1970-01-01; NULL is no time and no data.

-- +goose Up

-- One row for each device and day, day first: a poll writes today's rows into neighbouring pages.
-- Device '' is the project's total.
CREATE TABLE usage (
    day           BIGINT NOT NULL,
    project       TEXT NOT NULL,
    device        TEXT NOT NULL,
    bytes         BIGINT,
    sat           BIGINT,
    session_bytes BIGINT,
    events        BIGINT,
    events_total  BIGINT,
    platform      BIGINT,
    watchdog      BIGINT,
    sessions      BIGINT,
    tls           BIGINT,
    first_syncs   BIGINT,
    reboots       BIGINT,
    fw_updates    BIGINT,
    PRIMARY KEY (day, project, device)
) WITHOUT ROWID;

-- Days that were over when their usage changed and that no poll has judged since.
CREATE TABLE change (
    project TEXT NOT NULL,
    device  TEXT NOT NULL,
    day     BIGINT NOT NULL,
    PRIMARY KEY (project, device, day)
) WITHOUT ROWID;

-- Derived from usage. figure is a rules.Figure: whoever adds or moves one empties this table.
CREATE TABLE closed (
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
    PRIMARY KEY (project, device, figure)
) WITHOUT ROWID;

CREATE TABLE device (
    project       TEXT NOT NULL,
    uid           TEXT NOT NULL,
    name          TEXT NOT NULL,
    sku           TEXT NOT NULL,
    product       TEXT NOT NULL,
    firmware      TEXT NOT NULL,
    fleets        TEXT NOT NULL, -- JSON
    voltage       DOUBLE PRECISION,
    disabled      BOOLEAN NOT NULL,
    provisioned   BIGINT,
    last_activity BIGINT,
    PRIMARY KEY (project, uid)
) WITHOUT ROWID;

CREATE TABLE device_list (
    project TEXT PRIMARY KEY,
    read_at BIGINT NOT NULL
) WITHOUT ROWID;

CREATE TABLE project (
    uid        TEXT PRIMARY KEY,
    polled_at  BIGINT,
    failures   BIGINT NOT NULL,
    failure    TEXT NOT NULL,
    truncated  BOOLEAN NOT NULL,
    read_days  TEXT NOT NULL, -- JSON
    reread_on  BIGINT NOT NULL
) WITHOUT ROWID;

CREATE TABLE judged (
    project TEXT NOT NULL,
    rule    TEXT NOT NULL,
    hash    TEXT NOT NULL,
    since   BIGINT,
    PRIMARY KEY (project, rule)
) WITHOUT ROWID;

-- One row for each episode; ended ones stay until they are pruned.
CREATE TABLE alert (
    id          TEXT PRIMARY KEY,
    rule        TEXT NOT NULL,
    project     TEXT NOT NULL,
    subject     TEXT NOT NULL,
    period      BIGINT,
    state       TEXT NOT NULL,
    level       BIGINT NOT NULL,
    worst       BIGINT NOT NULL,
    version     BIGINT NOT NULL,
    reason      TEXT NOT NULL,
    already     BOOLEAN NOT NULL,
    holds       TEXT NOT NULL, -- JSON
    since       BIGINT,
    fired_at    BIGINT,
    raised_at   BIGINT,
    notified_at BIGINT,
    changed_at  BIGINT,
    doubted     BOOLEAN NOT NULL,
    quiet_since BIGINT,
    ended_at    BIGINT,
    value       DOUBLE PRECISION,
    peak        DOUBLE PRECISION,
    threshold   DOUBLE PRECISION,
    usual       DOUBLE PRECISION,
    as_of       BIGINT,
    told        TEXT NOT NULL -- JSON
) WITHOUT ROWID;

CREATE UNIQUE INDEX alert_open ON alert (project, rule, subject, coalesce(period, 0))
    WHERE state IN ('pending', 'firing');
CREATE INDEX alert_subject ON alert (project, rule, subject);
CREATE INDEX alert_ended ON alert (ended_at);

CREATE TABLE message (
    id        TEXT PRIMARY KEY,
    receiver  TEXT NOT NULL,
    ref       TEXT NOT NULL,
    posted_at BIGINT
) WITHOUT ROWID;

-- repairs counts the times that Repair corrected the row.
CREATE TABLE delivery (
    alert    TEXT NOT NULL REFERENCES alert (id) ON DELETE CASCADE,
    receiver TEXT NOT NULL,
    want     BIGINT NOT NULL,
    have     BIGINT NOT NULL,
    shown    BIGINT NOT NULL,
    message  TEXT REFERENCES message (id),
    dead     BOOLEAN NOT NULL,
    error    TEXT NOT NULL,
    repairs  BIGINT NOT NULL,
    PRIMARY KEY (alert, receiver)
) WITHOUT ROWID;

CREATE INDEX delivery_due ON delivery (receiver) WHERE want > have;
CREATE INDEX delivery_message ON delivery (message);

CREATE TABLE attempt (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    message  TEXT NOT NULL REFERENCES message (id) ON DELETE CASCADE,
    receiver TEXT NOT NULL,
    started  BIGINT NOT NULL,
    ended    BIGINT,
    status   TEXT NOT NULL,
    error    TEXT NOT NULL
);

CREATE INDEX attempt_message ON attempt (message);
CREATE INDEX attempt_started ON attempt (started);

-- What an attempt was about to show.
CREATE TABLE attempt_alert (
    attempt BIGINT NOT NULL REFERENCES attempt (id) ON DELETE CASCADE,
    alert   TEXT NOT NULL,
    version BIGINT NOT NULL,
    level   BIGINT NOT NULL,
    PRIMARY KEY (attempt, alert)
) WITHOUT ROWID;

-- due_at NULL is never. A row is held while lease_token is not NULL and leased_until lies ahead.
CREATE TABLE work (
    kind         TEXT NOT NULL,
    key          TEXT NOT NULL,
    due_at       BIGINT,
    version      BIGINT NOT NULL,
    lease_token  TEXT,
    leased_until BIGINT,
    failures     BIGINT NOT NULL,
    PRIMARY KEY (kind, key)
) WITHOUT ROWID;

-- next_at is the theoretical arrival time of the generic cell rate algorithm.
CREATE TABLE account (
    name       TEXT PRIMARY KEY,
    next_at    BIGINT NOT NULL,
    held_until BIGINT
) WITHOUT ROWID;
