-- +goose Up

-- A request is counted when it is sent, so nothing is reserved ahead: next_at is no longer read.
UPDATE account SET next_at = 0;

-- Requests that still count against the limit: JSON, pairs of a time and a number.
ALTER TABLE account ADD COLUMN sent TEXT NOT NULL DEFAULT '[]';

-- How often the rate is halved after refusals of Notehub, and since when.
ALTER TABLE account ADD COLUMN halvings BIGINT NOT NULL DEFAULT 0;
ALTER TABLE account ADD COLUMN halved_at BIGINT;
