package store

import (
	"errors"
)

// ErrConflict means that another decision was stored meanwhile: read again, and decide again.
var ErrConflict = errors.New("another decision was stored meanwhile")
