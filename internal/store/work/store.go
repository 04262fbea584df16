package work

import "notewatch/internal/store/database"

// A Store keeps due work, the processes that do it and the rules that they work by. It is safe for concurrent use. Its errors are a
// [database.UnavailableError] if the cause lies outside notewatch.
type Store struct{ db *database.DB }

// New returns the work of a database.
func New(db *database.DB) *Store { return &Store{db} }
