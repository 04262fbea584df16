// Package nested opens a database on one connection that is inside a transaction, for code that needs a database of its own. Its
// transactions are savepoints, and its changes last only if the transaction is committed.
package nested
