-- +goose Up

-- The number of the oldest schema whose programs can use this one. A migration that removes what they use raises it.
CREATE TABLE usable (
    id     BIGINT PRIMARY KEY CHECK (id = 1),
    oldest BIGINT NOT NULL
);
INSERT INTO usable (id, oldest) VALUES (1, 2);
