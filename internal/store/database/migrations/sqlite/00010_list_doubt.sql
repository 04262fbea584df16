-- +goose Up

-- A device list that lost most devices was read at doubted_at, and still had so many of those that are stored. NULL: none was.
ALTER TABLE device_list ADD COLUMN doubted_at BIGINT;
ALTER TABLE device_list ADD COLUMN doubted_kept BIGINT NOT NULL DEFAULT 0;
