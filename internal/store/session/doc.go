// Package session connects to PostgreSQL without leaving anything in a session: every setting applies to one transaction, and no statement
// has a name. So it works through a pooler that gives each transaction another session, such as PgBouncer. A connection that leads to
// another server than the first one is refused.
//
// Callers of database/sql see only one difference: statements run only in transactions.
package session
