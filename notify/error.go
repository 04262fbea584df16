package notify

import (
	"time"
)

// A Class says what to do after an error.
type Class int

// The classes of errors.
const (
	Temporary Class = iota // retry later
	Payload                // this notification will never be accepted
	Permanent              // nothing will be accepted until an operator fixes the cause
)

// An Error is the reason why a notification was not shown. Its text contains no secret.
type Error struct {
	Class      Class
	Status     int           // HTTP status or SMTP code; 0 if there was no answer
	RetryAfter time.Duration // requested by the receiver, at most an hour; 0 if it requested nothing
	Uncertain  bool          // the notification may have been shown nevertheless
	Err        error
}

// Error returns the text of the error.
func (e *Error) Error() string { return e.Err.Error() }

// Unwrap returns the underlying error.
func (e *Error) Unwrap() error { return e.Err }
