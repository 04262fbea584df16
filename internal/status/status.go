package status

import (
	"context"
	"fmt"
	"time"

	"notewatch/internal/delivery"
	"notewatch/internal/lookup"
	"notewatch/internal/store"
	"notewatch/internal/store/work"
	"notewatch/internal/words"
	"notewatch/rules"
)

// A Status is the state of projects, accounts, receivers and alerts.
type Status struct {
	Now       time.Time  `json:"now"`                      // UTC; the end of the demo for a demo database
	Demo      bool       `json:"demo"`                     // a demo database, on which nothing is running
	DiskError string     `json:"database_error,omitempty"` // why the database cannot be written; "" if its disk has room
	Projects  []Project  `json:"projects"`
	Accounts  []Account  `json:"accounts"`
	Receivers []Receiver `json:"receivers"` // empty for a demo database
	Alerts    Alerts     `json:"alerts"`
	Processes []Process  `json:"processes"`
}

// Alerts counts the open alerts.
type Alerts struct {
	Info         int `json:"info"` // firing
	Warning      int `json:"warning"`
	Critical     int `json:"critical"`
	Pending      int `json:"pending"`
	Muted        int `json:"muted"`        // of the firing ones
	Acknowledged int `json:"acknowledged"` // of the firing ones
	Silences     int `json:"silences"`     // active ones, not alerts
}

// Firing returns the number of firing alerts at each level as text, the highest first: "1 critical", "3 warning".
func (c Alerts) Firing() (counts []string) {
	for _, of := range []struct {
		n     int
		level rules.Level
	}{{c.Critical, rules.Critical}, {c.Warning, rules.Warning}, {c.Info, rules.Info}} {
		if of.n > 0 {
			counts = append(counts, fmt.Sprintf("%d %s", of.n, of.level))
		}
	}
	return counts
}

// A Receiver counts the alerts whose newest state a receiver does not show.
type Receiver struct {
	Name    string        `json:"name"`
	Waiting int           `json:"waiting"`           // alerts
	GivenUp int           `json:"gave_up"`           // alerts
	Held    int           `json:"held"`              // alerts: muted, acknowledged, or new outside the hours of the receiver
	Oldest  time.Duration `json:"oldest_seconds"`    // age of the oldest waiting one
	Next    time.Time     `json:"next_try,omitzero"` // when it is served next; zero: when there is something new

	Outside bool      `json:"outside_hours"`        // it is outside its hours
	Begin   time.Time `json:"hours_begin,omitzero"` // when they begin, if it is outside of them
}

// Hours returns that the receiver is outside its hours: "outside its hours until Mon 15 Jun 08:00 UTC, 3 alerts held"; "" if it is not.
func (r Receiver) Hours() string {
	switch {
	case !r.Outside:
		return ""
	case r.Held > 0:
		return words.OutsideHours(r.Begin) + ", " + words.Count(r.Held, "alert") + " held"
	}
	return words.OutsideHours(r.Begin)
}

// Of returns the state of projects, accounts, receivers and alerts.
func Of(ctx context.Context, r *lookup.Reader) (Status, error) {
	s := Status{Now: r.Now().UTC()}
	end, err := r.Store().DemoEnd(ctx)
	if err != nil {
		return s, err
	}
	s.Demo = !end.IsZero()
	if err := r.Store().CheckDisk(); err != nil {
		s.DiskError = err.Error()
	}
	standing, err := r.Store().Standing(ctx, s.Now)
	if err != nil {
		return s, err
	}
	if err := countAlerts(ctx, r, &s, standing); err != nil {
		return s, err
	}
	if s.Processes, err = processes(ctx, r, s.Now); err != nil {
		return s, err
	}
	if err := readPolls(ctx, r, &s); err != nil {
		return s, err
	}
	if !s.Demo {
		s.Receivers, err = receivers(ctx, r, standing)
	}
	return s, err
}

// receivers returns the state of the receivers of the rules file.
func receivers(ctx context.Context, r *lookup.Reader, standing store.Standing) (all []Receiver, err error) {
	for _, name := range r.Config().Receivers {
		queue := standing.Queues[name]
		next, _, err := r.Store().Work.NextDue(ctx, work.Receiver, name)
		if err != nil {
			return nil, err
		}
		begin, outside := r.Config().Hours[name].Begin(rules.Alert{}, r.Now())
		if !outside {
			begin = time.Time{}
		}
		all = append(all, Receiver{
			Name: name, Waiting: queue.Count[delivery.Waiting], GivenUp: queue.Count[delivery.GivenUp], Held: queue.Count[delivery.Held],
			Oldest: queue.Oldest, Next: next, Outside: outside, Begin: begin.UTC(),
		})
	}
	return all, nil
}

// countAlerts counts the open alerts.
func countAlerts(ctx context.Context, r *lookup.Reader, s *Status, standing store.Standing) error {
	muted, acknowledged, err := r.Store().CountMutedAndAcknowledged(ctx)
	if err != nil {
		return err
	}
	silences, _, err := r.Store().Silences(ctx, s.Now)
	s.Alerts = Alerts{
		Info: standing.Firing[rules.Info], Warning: standing.Firing[rules.Warning], Critical: standing.Firing[rules.Critical],
		Pending: standing.Pending, Muted: muted, Acknowledged: acknowledged, Silences: len(silences),
	}
	return err
}
