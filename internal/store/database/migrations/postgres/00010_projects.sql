-- +goose Up

-- The projects that Notehub listed for an account of which all projects are watched. One that the newest list lacks is missing, and is
-- deleted when the next list confirms that.
CREATE TABLE listed_project (
    account TEXT NOT NULL,
    uid     TEXT NOT NULL,
    name    TEXT NOT NULL,
    missing BOOLEAN NOT NULL,
    PRIMARY KEY (account, uid)
);
