-- +goose Up

-- Devices that joined a device list that had been read before, and of which the days before that have not been read.
CREATE TABLE unread (
    project BIGINT NOT NULL,
    ordinal BIGINT NOT NULL,
    PRIMARY KEY (project, ordinal)
) WITHOUT ROWID;
