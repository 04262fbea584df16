-- +goose Up

-- A route shares the ordinals of the devices of its project, and keeps its row as a device does. born is the UTC day of its first event;
-- NULL: none is known.
CREATE TABLE route (
    project     BIGINT NOT NULL,
    ordinal     BIGINT NOT NULL,
    uid         TEXT COLLATE "C" NOT NULL,
    listed      BOOLEAN NOT NULL,
    unlisted_on BIGINT,
    name        TEXT COLLATE "C" NOT NULL,
    type        TEXT COLLATE "C" NOT NULL,
    disabled    BOOLEAN NOT NULL,
    born        BIGINT,
    PRIMARY KEY (project, ordinal),
    UNIQUE (project, uid)
);

CREATE TABLE route_list (
    project BIGINT PRIMARY KEY,
    read_at BIGINT NOT NULL
);
