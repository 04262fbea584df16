-- +goose Up

-- The UTC day of the peak, in days since 1970; 0 is that it is not known.
ALTER TABLE alert ADD COLUMN peak_on BIGINT NOT NULL DEFAULT 0;

-- The texts of the alert that the receiver shows, as in alert.told; NULL is that nothing is shown, or that an older version showed it.
ALTER TABLE delivery ADD COLUMN words TEXT;
