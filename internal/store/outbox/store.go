package outbox

import "notewatch/internal/store/database"

// A Store keeps what receivers owe and what they were sent. It is safe for use by several goroutines. Its errors are a
// [database.UnavailableError] if the cause lies outside notewatch.
type Store struct{ db *database.DB }

// New returns the deliveries of a database.
func New(db *database.DB) *Store { return &Store{db} }
