-- +goose Up

-- moves is how often the route of an alert that fires was turned away from a receiver or back to it: odd is that others are
-- told now.
ALTER TABLE delivery ADD COLUMN moves BIGINT NOT NULL DEFAULT 0;
