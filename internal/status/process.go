package status

import (
	"context"
	"time"

	"notewatch/internal/lookup"
	"notewatch/internal/store/work"
)

// A Process describes a process on the database that is running, or that has died and was not restarted.
type Process struct {
	Host      string    `json:"host"`
	PID       int       `json:"pid"`
	Version   string    `json:"version"`
	Schema    int64     `json:"schema"`     // the newest that it knows
	RulesFile string    `json:"rules_file"` // path
	Rules     string    `json:"rules"`      // their hash
	Started   time.Time `json:"started_at"`
	Seen      time.Time `json:"seen_at"`
	Lives     bool      `json:"alive"`
	StandsBy  bool      `json:"standing_by"` // its rules are not the active ones
	Holds     []Work    `json:"doing"`
	Name      string    `json:"-"` // for people
}

// A Work counts the work items of a kind that a process has leased.
type Work struct {
	Kind work.Kind `json:"kind"`
	Key  string    `json:"key,omitempty"`
}

// processes returns the running processes, the newest first, and those that have died.
func processes(ctx context.Context, r *lookup.Reader, now time.Time) (all []Process, err error) {
	known, err := r.Store().Work.Processes(ctx)
	if err != nil {
		return nil, err
	}
	active, err := r.Store().Work.ActiveRules(ctx)
	if err != nil {
		return nil, err
	}
	held, err := r.Store().Work.Held(ctx, now)
	type place struct{ host, file string }
	startedAgain := map[place]bool{}
	for _, p := range known {
		status := Process{
			Host: p.Host, PID: p.PID, Version: p.Version, Schema: p.Schema, RulesFile: p.File, Rules: p.Rules, Started: p.Started, Seen: p.Seen,
			Lives: p.Lives(now), StandsBy: p.Rules != active, Name: p.Name(),
		}
		for _, h := range held {
			if h.Process == p.ID {
				status.Holds = append(status.Holds, Work{h.Kind, h.Key})
			}
		}
		at := place{p.Host, p.File}
		if status.Lives || p.Ended.IsZero() && !startedAgain[at] {
			all = append(all, status)
		}
		startedAgain[at] = true
	}
	return all, err
}
