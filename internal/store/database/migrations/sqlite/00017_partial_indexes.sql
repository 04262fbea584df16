-- +goose Up

-- An alert that is open and a delivery without a message are not looked up by what they lack.
DROP INDEX alert_ended;
CREATE INDEX alert_ended ON alert (ended_at) WHERE ended_at IS NOT NULL;
DROP INDEX delivery_message;
CREATE INDEX delivery_message ON delivery (message) WHERE message IS NOT NULL;
