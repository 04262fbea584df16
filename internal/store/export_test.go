package store

import "database/sql"

// DB returns the connection that writes, to look at what a test cannot see otherwise.
func (s *Store) DB() *sql.DB { return s.write }
