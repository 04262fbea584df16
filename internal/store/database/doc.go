// Package database opens a database of SQLite or PostgreSQL, runs transactions on it, and says why it cannot be used.
//
// [Open] opens it and makes its schema or brings that up to date, in one transaction (schema.go); each kind of database has migrations of its
// own. open.go, path.go and lock.go are about the file of SQLite, postgres.go about the URL of a server and its connections. DB.View, Update and
// Relax run a transaction ([Tx], tx.go), on PostgreSQL once more where that leaves nothing behind. An error whose cause lies outside notewatch
// is an [UnavailableError], by unavailable.go for files and by servererror.go for servers.
//
// Queries have one text for both kinds. sql.go converts variables to columns and back. upsert.go and arrays.go write many rows: on SQLite by
// one statement for each row, on PostgreSQL by arrays. Package store knows what the tables mean.
package database
