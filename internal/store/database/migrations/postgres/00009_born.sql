-- +goose Up

-- When a project was born is when the first of its devices was provisioned, listed or not.
CREATE INDEX device_born ON device (project, provisioned);
