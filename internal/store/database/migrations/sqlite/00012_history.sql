-- +goose Up

-- Projects get numbers, which the tables of figures have in their keys. next_ordinal numbers the subjects of a project, of which 0
-- is the project itself; no number is given twice. damaged is how many columns the last poll could not read.
CREATE TABLE project_new (
    id            INTEGER PRIMARY KEY,
    uid           TEXT NOT NULL UNIQUE,
    next_ordinal  BIGINT NOT NULL DEFAULT 1,
    polled_at     BIGINT,
    failures      BIGINT NOT NULL DEFAULT 0,
    failure       TEXT NOT NULL DEFAULT '',
    truncated     BOOLEAN NOT NULL DEFAULT FALSE,
    reread_on     BIGINT NOT NULL DEFAULT 0,
    cause         TEXT NOT NULL DEFAULT '',
    failing_since BIGINT,
    damaged       BIGINT NOT NULL DEFAULT 0,
    read_days     TEXT NOT NULL DEFAULT '{}' -- JSON: of an older version; what has been read is kept by figure
);
INSERT INTO project_new (uid, polled_at, failures, failure, truncated, reread_on, cause, failing_since, read_days)
    SELECT uid, polled_at, failures, failure, truncated, reread_on, cause, failing_since, read_days FROM project;
DROP TABLE project;
ALTER TABLE project_new RENAME TO project;

-- The figures of each project, and the days that have been read of them. NULL is that none has been. A value is stored times scale.
CREATE TABLE figure (
    id      INTEGER PRIMARY KEY,
    project BIGINT NOT NULL REFERENCES project (id),
    name    TEXT NOT NULL,
    scale   BIGINT NOT NULL DEFAULT 1,
    first   BIGINT,
    last    BIGINT,
    UNIQUE (project, name)
);

-- One row is one figure of up to 2,048 subjects on one day. A block is ordinals / 2048.
CREATE TABLE history (
    project BIGINT NOT NULL,
    block   BIGINT NOT NULL,
    figure  BIGINT NOT NULL,
    day     BIGINT NOT NULL,
    vals    BLOB NOT NULL,
    PRIMARY KEY (project, block, figure, day)
);

DROP TABLE closed;
ALTER TABLE change RENAME TO usage_change; -- of an older version, as usage

-- Days that were over when a figure changed and that no poll has evaluated since: one bit for each subject.
CREATE TABLE change (
    project BIGINT NOT NULL,
    block   BIGINT NOT NULL,
    figure  BIGINT NOT NULL,
    day     BIGINT NOT NULL,
    bits    BLOB NOT NULL,
    PRIMARY KEY (project, block, figure, day)
);
