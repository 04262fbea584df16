-- +goose Up

-- reason_text is why the alert was withdrawn, corrected or updated, in words; '' is that there is nothing to say. then_values are the
-- figures that only grow, as they were when it fired, escalated or de-escalated.
ALTER TABLE alert ADD COLUMN reason_text TEXT NOT NULL DEFAULT '';
ALTER TABLE alert ADD COLUMN then_values TEXT NOT NULL DEFAULT '{}'; -- JSON
ALTER TABLE transition ADD COLUMN reason_text TEXT NOT NULL DEFAULT '';

-- What the rule meant, part by part, to name the part that changed. '{}' is that an older version wrote the row.
ALTER TABLE judged ADD COLUMN semantics TEXT NOT NULL DEFAULT '{}'; -- JSON
