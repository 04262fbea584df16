// Package prepared opens SQLite databases whose connections keep prepared statements and run them again. Parsing and
// planning a statement takes SQLite longer than running it on a few rows.
//
// Callers of database/sql see no difference.
package prepared
