-- +goose Up

-- The sums as of a day lie beside those as of the day before, and take the place of those of two days before: while the first
-- poll of a day makes its own, those that belong to the poll before are whole. parity is as_of & 1.
CREATE TABLE closed_new (
    project      TEXT NOT NULL,
    parity       BIGINT NOT NULL,
    device       TEXT NOT NULL,
    figure       BIGINT NOT NULL,
    as_of        BIGINT NOT NULL,
    period_start BIGINT NOT NULL,
    yesterday    DOUBLE PRECISION,
    used         DOUBLE PRECISION,
    d7           DOUBLE PRECISION,
    d30          DOUBLE PRECISION,
    median       DOUBLE PRECISION,
    days         DOUBLE PRECISION,
    PRIMARY KEY (project, parity, figure, device)
) WITHOUT ROWID;
INSERT INTO closed_new
    SELECT project, as_of & 1, device, figure, as_of, period_start, yesterday, used, d7, d30, median, days FROM closed;
DROP TABLE closed;
ALTER TABLE closed_new RENAME TO closed;
