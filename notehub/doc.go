// Package notehub reads usage, devices, fleets, routes, projects and organizations from the Blues Notehub API.
//
// A [Client] makes single attempts: it neither waits nor retries, and returns typed errors, so that its caller can. Rows are passed to a
// callback one at a time as they arrive; memory does not grow with the answer. Notehub adds and renames fields every few weeks, so unknown
// fields are ignored and older names are understood. An answer that is truncated, mistyped or not Notehub's is always an error, never a
// shorter result. Rows passed on before an error belong to an incomplete answer and must be discarded. There are two exceptions, which are
// marked as Invalid or as not known: a number that is not a count, and an unexpected type in a field of fleets, routes, projects,
// organizations and firmware updates.
//
// All days, weeks and months are UTC.
package notehub
