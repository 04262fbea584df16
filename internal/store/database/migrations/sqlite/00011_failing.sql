-- +goose Up

-- cause is the kind of the last failure, failing_since when the first of those that followed each other was.
ALTER TABLE project ADD COLUMN cause TEXT NOT NULL DEFAULT '';
ALTER TABLE project ADD COLUMN failing_since BIGINT;
