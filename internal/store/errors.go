package store

import (
	"errors"
)

// ErrMoved means that something else was decided meanwhile: look again, and decide afresh.
var ErrMoved = errors.New("somebody else has decided meanwhile")
