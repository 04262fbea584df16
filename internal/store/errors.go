package store

import (
	"errors"
)

// ErrMoved means that another decision was stored meanwhile: read again, and decide again.
var ErrMoved = errors.New("another decision was stored meanwhile")
