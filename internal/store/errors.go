package store

import (
	"errors"
)

// Errors that callers test for.
var (
	// ErrLeaseLost means that the work was taken over: whoever gets it must drop what it did and start over.
	ErrLeaseLost = errors.New("the lease was lost")
	// ErrMoved means that something else was decided meanwhile: look again, and decide afresh.
	ErrMoved = errors.New("somebody else has decided meanwhile")
	// ErrNoMessage means that there is no message of that ID, or no more.
	ErrNoMessage = errors.New("there is no such message")
)
