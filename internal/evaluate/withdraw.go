package evaluate

import (
	"time"

	"notewatch/internal/store"
)

// Withdraw returns a commit that withdraws open alerts with a reason.
func Withdraw(open *store.OpenStates, why string, now time.Time) (store.Commit, error) {
	p := Pass{open: open, Commit: store.Commit{Decision: store.Decision{Now: now, Show: map[string][]string{}}}}
	for a, err := range open.All() {
		if err != nil {
			return store.Commit{}, err
		}
		next, event := a.Withdraw(why, now)
		p.record(nil, a, next, event, nil)
	}
	return p.Commit, nil
}
