package usage

import (
	"sync"

	"notewatch/internal/store/database"
	"notewatch/rules"
)

// A Store stores the data of projects from Notehub: their devices, and the figures of each day. It is safe for use by several goroutines.
// Its errors are a [database.UnavailableError] if the cause lies outside notewatch.
type Store struct {
	db *database.DB

	pruned struct { // the day before which all figures have been dropped
		sync.Mutex
		before rules.Day
	}
	damage struct { // unreadable columns that were not returned yet
		sync.Mutex
		columns map[Damage]bool
	}
}

// New returns the usage in a database.
func New(db *database.DB) *Store { return &Store{db: db} }
