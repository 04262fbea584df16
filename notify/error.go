package notify

import (
	"time"
)

// A Class says what to do about an error.
type Class int

// The classes of errors.
const (
	Temporary Class = iota // try again later
	Payload                // this notification will never be accepted
	Permanent              // nothing will be accepted until an operator mends something
)

// An Error is why a notification was not shown. Its text holds no secret.
type Error struct {
	Class      Class
	Status     int           // HTTP status, or code of SMTP; 0 if there was no answer
	RetryAfter time.Duration // as the receiver asked; 0 if it did not; at most an hour
	Uncertain  bool          // it may have been shown all the same
	Err        error
}

// Error returns the text of the error.
func (e *Error) Error() string { return e.Err.Error() }

// Unwrap returns the underlying error.
func (e *Error) Unwrap() error { return e.Err }
