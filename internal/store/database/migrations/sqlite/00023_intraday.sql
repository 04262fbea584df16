-- +goose Up

-- One row is one figure of up to 2,048 subjects on the day of a poll, as it was known after that poll. It is kept for some hours, for
-- figures of which rules read how much they grew since.
CREATE TABLE intraday (
    project   BIGINT NOT NULL,
    block     BIGINT NOT NULL,
    figure    BIGINT NOT NULL,
    polled_at BIGINT NOT NULL,
    day       BIGINT NOT NULL,
    vals      BLOB NOT NULL,
    PRIMARY KEY (project, block, figure, polled_at)
);
