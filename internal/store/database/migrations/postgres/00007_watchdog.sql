-- +goose Up

-- Minutes of silence after which Notehub makes an event for a device of the fleet; 0 is never, NULL is not known.
ALTER TABLE fleet ADD COLUMN watchdog_mins DOUBLE PRECISION;
