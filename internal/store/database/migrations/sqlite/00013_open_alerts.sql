-- +goose Up

-- alert_worst has all that this one had.
DROP INDEX alert_firing;

-- words is not NULL where the message shows the value of the alert, which is then kept up to date.
CREATE INDEX delivery_value ON delivery (receiver, alert) WHERE words IS NOT NULL;
