-- +goose Up

-- The device list as an older version kept it: notewatch run takes it over and empties it, as usage and usage_change.
DROP INDEX device_name;
ALTER TABLE device RENAME TO device_row;

-- A device keeps its row, and with it its ordinal, as long as there are figures of it. unlisted_on is the UTC day of the first list
-- without it; NULL: it is listed. What a list says that changes often is in listing.
CREATE TABLE device (
    project     BIGINT NOT NULL,
    ordinal     BIGINT NOT NULL,
    uid         TEXT NOT NULL,
    listed      BOOLEAN NOT NULL,
    unlisted_on BIGINT,
    name        TEXT NOT NULL,
    sku         TEXT NOT NULL,
    product     TEXT NOT NULL,
    firmware    TEXT NOT NULL,
    fleets      TEXT NOT NULL, -- JSON
    disabled    BOOLEAN NOT NULL,
    provisioned BIGINT,
    PRIMARY KEY (project, ordinal),
    UNIQUE (project, uid)
) WITHOUT ROWID;

CREATE INDEX device_name ON device (name COLLATE NOCASE) WHERE listed;
CREATE INDEX device_unlisted ON device (unlisted_on) WHERE NOT listed;

-- One row is what the newest device list says about one figure of up to 2,048 devices.
CREATE TABLE listing (
    project BIGINT NOT NULL,
    block   BIGINT NOT NULL,
    figure  BIGINT NOT NULL,
    vals    BLOB NOT NULL,
    PRIMARY KEY (project, block, figure)
);

-- Raised with each device list that is saved.
ALTER TABLE device_list ADD COLUMN version BIGINT NOT NULL DEFAULT 0;
