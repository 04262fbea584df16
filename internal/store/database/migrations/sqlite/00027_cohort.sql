-- +goose Up

-- What the devices of a message have in common, as JSON; '' if nothing, or it is not known.
ALTER TABLE message ADD COLUMN cohort TEXT NOT NULL DEFAULT '';
