package words

import (
	"fmt"
	"time"
)

// Polling says that a project is being polled, or waits for the request budget while another is, and for about how long; zero
// leaves that out.
func Polling(project, behind string, wait time.Duration) string {
	if behind == "" {
		return project + " is being polled"
	}
	text := "waiting for the request budget while " + behind + " is being polled"
	if wait > 0 {
		text += ", for about " + Duration(wait)
	}
	return text
}

// ReducedRate says that an account sends fewer requests a minute than it may, and until when.
func ReducedRate(rate, perMinute float64, until time.Time) string {
	return fmt.Sprintf("sending %s of %s requests a minute until %s, because Notehub rate-limited the account",
		Figure(rate, ""), Figure(perMinute, ""), Time(until))
}
