-- +goose Up

-- What a receiver owes for an alert; see package delivery.
CREATE TABLE owed (
    alert         TEXT    NOT NULL REFERENCES alert (id) ON DELETE CASCADE,
    receiver      TEXT    NOT NULL,
    state         TEXT    NOT NULL,
    reason        TEXT    NOT NULL DEFAULT '',
    why           TEXT    NOT NULL DEFAULT '', -- text of reason
    error         TEXT    NOT NULL DEFAULT '', -- of the last attempt
    waiting_since BIGINT,
    have          BIGINT  NOT NULL DEFAULT 0,
    shown         BIGINT  NOT NULL DEFAULT 0,
    display       TEXT    NOT NULL DEFAULT 'none',
    message       TEXT REFERENCES message (id),
    via           TEXT    NOT NULL DEFAULT '', -- receiver that this one replaces
    rerouted      BOOLEAN NOT NULL DEFAULT FALSE,
    moves         BIGINT  NOT NULL DEFAULT 0,  -- changes of the route
    repairs       BIGINT  NOT NULL DEFAULT 0,  -- epoch
    figure        DOUBLE PRECISION,            -- value that the message shows; NULL: unknown or none
    words         TEXT,                        -- texts that it shows with the value; '': unknown; NULL: it does not show the value
    PRIMARY KEY (alert, receiver)
) WITHOUT ROWID;

INSERT INTO owed
SELECT alert, receiver,
    CASE
        WHEN closed THEN 'removed'
        WHEN owes AND dead THEN 'given up'
        WHEN owes AND why = '' THEN 'waiting'
        WHEN owes AND reason = 'below' THEN 'skipped'
        WHEN owes THEN 'held'
        WHEN moves % 2 = 1 OR display IN ('none', 'maybe') THEN 'skipped'
        ELSE 'delivered'
    END,
    CASE
        WHEN owes AND (dead OR why = '') THEN ''
        WHEN owes THEN reason
        WHEN moves % 2 = 1 THEN 'rerouted'
        WHEN display IN ('none', 'maybe') THEN reason
        ELSE ''
    END,
    CASE
        WHEN owes AND dead OR NOT owes AND display NOT IN ('none', 'maybe') AND moves % 2 = 0 THEN ''
        WHEN NOT owes AND moves % 2 = 1 AND why = '' THEN 'others are told of it now, as the rules file says'
        ELSE why
    END,
    error,
    CASE WHEN owes AND (dead OR why = '') THEN coalesce(waiting_since, changed_at, fired_at, 0) END,
    have, shown, display, message, via, moves % 2 = 1, moves, repairs, figure, words
FROM (
    SELECT delivery.*, want > have AS owes, alert.changed_at, alert.fired_at,
        CASE
            WHEN delivery.message IS NULL THEN 'none'
            WHEN message.posted_at IS NULL THEN 'maybe'
            WHEN shown > 0 THEN 'firing'
            WHEN alert.state = 'firing' AND alert.mute <> '{}' AND NOT (moves % 2 = 1 AND have = want) THEN 'firing'
            WHEN alert.state <> 'firing' AND want > have AND have > 0 THEN 'firing' -- it may have been muted: its end is sent
            ELSE 'ended'
        END AS display,
        CASE
            WHEN why LIKE 'over, and % is below %' THEN 'ended-below'
            WHEN why LIKE '% is below %, from which on this receiver is told' THEN 'below'
            WHEN why LIKE 'acknowledged by %' THEN 'acknowledged'
            WHEN why LIKE 'taken back %' THEN 'withdrawn'
            WHEN why LIKE 'corrected %' THEN 'corrected'
            WHEN why LIKE '%, and over since' THEN 'ended-muted'
            WHEN want > have THEN 'muted'
            ELSE 'content'
        END AS reason
    FROM delivery
    JOIN alert ON alert.id = delivery.alert
    LEFT JOIN message ON message.id = delivery.message
);

DROP TABLE delivery;
ALTER TABLE owed RENAME TO delivery;
CREATE INDEX delivery_state ON delivery (receiver, state);
CREATE INDEX delivery_message ON delivery (message) WHERE message IS NOT NULL;
CREATE INDEX delivery_value ON delivery (receiver, alert) WHERE words IS NOT NULL;

-- What an attempt displays if it is taken, and the epoch of the delivery when it began.
ALTER TABLE attempt_alert ADD COLUMN display TEXT NOT NULL DEFAULT 'firing';
ALTER TABLE attempt_alert ADD COLUMN epoch BIGINT NOT NULL DEFAULT 0;
UPDATE attempt_alert SET display = 'ended' WHERE level = 0;
UPDATE attempt_alert SET epoch = coalesce((
    SELECT repairs FROM attempt JOIN delivery ON delivery.receiver = attempt.receiver
    WHERE attempt.id = attempt_alert.attempt AND delivery.alert = attempt_alert.alert), 0)
WHERE attempt IN (SELECT id FROM attempt WHERE status = '');
