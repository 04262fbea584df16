// Package transfer copies the rows of all tables from one database to another that has the same tables. Either is of SQLite or of
// PostgreSQL.
//
//   - ReadTables reads from a database which tables it has, so a new table needs no change here. Match compares both databases.
//   - Copy.Run copies table by table, in an order in which each follows those that it refers to, and in batches by primary key. A batch is
//     a transaction, and the newest key in the target says where to go on. So a copy that was interrupted goes on where it stopped.
//   - Copy.Verify reads both databases again and compares the number of rows and a checksum for each table.
//   - Copy.Number makes the target go on with the numbers that the source would have given next.
//
// The package decides nothing about its transactions: nobody may write to the source before Verify has returned, and nobody else to the target.
// That is up to its caller, package store. Memory holds one batch.
package transfer
