-- +goose Up

-- Since when the receiver has owed something without a gap; NULL is that it owes nothing, or that why stands in the way.
ALTER TABLE delivery ADD COLUMN waiting_since BIGINT;
UPDATE delivery SET waiting_since = (SELECT coalesce(changed_at, fired_at) FROM alert WHERE alert.id = delivery.alert) WHERE want > have AND why = '';
