-- +goose Up

-- The organization that pays for the projects of an account, as Notehub says. Of what is NULL or "" nothing is known. suspended: -1 is false,
-- 0 not known, 1 true. seen is the names of all that the token sees, if it is not clear which one pays. balances is by day.
CREATE TABLE organization (
    account          TEXT COLLATE "C" PRIMARY KEY,
    uid              TEXT COLLATE "C" NOT NULL,
    seen             TEXT COLLATE "C" NOT NULL,
    name             TEXT COLLATE "C" NOT NULL,
    type             TEXT COLLATE "C" NOT NULL,
    suspended        BIGINT NOT NULL,
    balance          DOUBLE PRECISION,
    capacity         DOUBLE PRECISION,
    ends_at          BIGINT,
    read_at          BIGINT,
    failure          TEXT COLLATE "C" NOT NULL,
    collection       TEXT COLLATE "C" NOT NULL,
    balances         TEXT COLLATE "C" NOT NULL,
    balances_read_at BIGINT
);
