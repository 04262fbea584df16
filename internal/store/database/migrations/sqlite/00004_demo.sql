-- +goose Up

-- One row in the database of a demo: when its simulated time ended. None in any other.
CREATE TABLE demo (
    ended_at BIGINT NOT NULL
);
