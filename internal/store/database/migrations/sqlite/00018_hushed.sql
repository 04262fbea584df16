-- +goose Up

-- Of many firing alerts few are muted or acknowledged.
CREATE INDEX alert_hushed ON alert (drill) WHERE state = 'firing' AND (mute <> '{}' OR ack <> '{}');
