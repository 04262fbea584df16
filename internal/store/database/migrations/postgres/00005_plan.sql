-- +goose Up

ALTER TABLE device ADD COLUMN host_firmware TEXT COLLATE "C" NOT NULL DEFAULT '';

-- Whether more data is bought for the devices of the fleet whose plan runs out: 1 yes, -1 no, 0 not known.
ALTER TABLE fleet ADD COLUMN assured BIGINT NOT NULL DEFAULT 0;

-- One row is a SIM of a device that lists several. choice is 0 for one that does not count, 1 for the one that counts as long as nothing is
-- known of the bytes of any, 2 for the one that counts by its bytes. bytes is JSON: the bytes of complete days, by day.
CREATE TABLE sim (
    project       BIGINT NOT NULL,
    ordinal       BIGINT NOT NULL,
    iccid         TEXT COLLATE "C" NOT NULL,
    used          DOUBLE PRECISION,
    plan_limit    DOUBLE PRECISION,
    lifetime_used DOUBLE PRECISION,
    updated_at    BIGINT,
    choice        BIGINT NOT NULL,
    bytes         TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (project, ordinal, iccid)
);
