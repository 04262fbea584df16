package env

import (
	"time"

	"notewatch/internal/store"
)

// AccountCause returns why no project of an account can be polled, given the states of all its projects, and how many polls of one project
// in a row have failed for that cause. It is None if nothing fails for a cause that concerns the whole account, or if a poll of any of its
// projects has succeeded since the failures began.
func AccountCause(projects []store.Project) (cause store.Cause, failures int) {
	var worst store.Project
	var polled time.Time
	for _, p := range projects {
		if p.Cause.AccountWide() && p.Failures > worst.Failures {
			worst = p
		}
		if p.PolledAt.After(polled) {
			polled = p.PolledAt
		}
	}
	if polled.After(worst.FailingSince) {
		return store.None, 0
	}
	return worst.Cause, worst.Failures
}
