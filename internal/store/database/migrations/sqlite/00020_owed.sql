-- +goose Up

-- What a receiver still owes, and what it keeps back, is found without what it ever was sent. To give up what waits, or to try it again,
-- changes no index: waiting_since is set in both states.
DROP INDEX delivery_state;
CREATE INDEX delivery_owed ON delivery (receiver) WHERE waiting_since IS NOT NULL;
CREATE INDEX delivery_kept ON delivery (receiver, state) WHERE state IN ('held', 'removed');
