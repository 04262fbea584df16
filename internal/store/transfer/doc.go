// Package transfer copies the rows of all tables from one database to another with the same tables. Either may be SQLite or
// PostgreSQL.
//
//   - ReadTables reads the list of tables from a database, so a new table needs no change here. Match compares both databases.
//   - Copy.Run copies table by table, each after those that it refers to, in batches by primary key. A batch is one
//     transaction, and the newest key in the target says where to continue, so an interrupted copy continues where it stopped.
//   - Copy.Verify reads both databases again and compares the number of rows and a checksum of each table.
//   - Copy.Number makes the target continue with the numbers that the source would have given next.
//
// Nothing may write to the source before Verify has returned, and nothing else to the target. The caller, package store, ensures that.
// Memory holds one batch.
package transfer
