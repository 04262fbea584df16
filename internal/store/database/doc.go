// Package database opens a database of SQLite or PostgreSQL, runs transactions on it, and returns the reason if it cannot be used.
//
// [Open] opens it and creates or migrates its schema in one transaction (schema.go); each kind of database has its own migrations. open.go,
// path.go and lock.go handle the file of SQLite, postgres.go the URL of a server and its connections. DB.View, Update and Relax run a
// transaction ([Tx], tx.go); on PostgreSQL they run it again if it left nothing behind. An error whose cause lies outside notewatch is an
// [UnavailableError]: unavailable.go handles files, servererror.go servers.
//
// A migration only adds: what the version before uses is removed a version later, so that both versions may run side by side. The migration that
// removes it raises usable.oldest, and programs that know only an older schema end. Tables whose rows must be rewritten are created empty; package
// usage converts the old rows afterwards, a day of a project in each transaction, so a kill loses nothing.
//
// DB.Relax is for data that can be read again, such as leases and what Notehub says: it does not wait for the disk. The next Update waits for
// it too.
//
// Queries have one text for both kinds. sql.go converts variables to columns and back. upsert.go and arrays.go write many rows: on SQLite
// with one statement for each row, on PostgreSQL with arrays. Package store knows the meaning of the tables.
package database
