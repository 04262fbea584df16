package sight

import (
	"context"
	"time"

	"notewatch/internal/store"
	"notewatch/rules"
)

// A Query asks what an expression sees of one subject.
type Query struct {
	Project, Name string // UID and name of the project
	Device        string // UID; "" is the project itself
	Now           time.Time
	Period        rules.PeriodSpec
	Figures       []rules.Figure // those wanted; of the others nothing is known
	Counts        bool           // whether it is wanted how many devices the project has, for which all are read
}

// A Subject is what is known of one subject.
type Subject struct {
	Project
	Device *store.Device // nil is the project itself, or a device that is not listed
	Env    *rules.Env
}

// Look gathers what the store knows of one subject; of the other devices of the project at most how many there are.
func Look(ctx context.Context, db *store.Store, q Query) (s Subject, err error) {
	s.UID, s.Name, s.Now = q.Project, q.Name, q.Now
	if s.State, err = db.Project(ctx, q.Project); err != nil {
		return s, err
	}
	if q.Counts {
		s.Counts, err = db.CountDevices(ctx, q.Project, SilentAfter)
	} else {
		s.Counts.ListedAt, err = db.Listed(ctx, q.Project)
	}
	if err != nil {
		return s, err
	}
	if q.Device != "" {
		device, listed, err := db.Device(ctx, q.Project, q.Device)
		if err != nil {
			return s, err
		}
		if listed {
			s.Device = &device
		}
	}
	s.Env = s.Identity(s.Device, s.Counts.ListedAt)
	s.Env.Period = q.Period.Period(rules.DayOf(q.Now), q.Now)
	uncounted := s.Env.Project
	s.Present(s.Env, s.Device)
	if !q.Counts {
		uncounted.Known = s.Env.Project.Known
		s.Env.Project = uncounted
	}
	return s, s.sumUp(ctx, db, q)
}

// sumUp fills in the figures.
func (s Subject) sumUp(ctx context.Context, db *store.Store, q Query) error {
	today, born := rules.DayOf(q.Now), rules.Day(0)
	if s.Device != nil {
		born = rules.DayOf(s.Device.Provisioned)
	}
	first := FirstDay(q.Period, today)
	rows, err := db.Usage(ctx, q.Project, []string{q.Device}, first, today)
	if err != nil {
		return err
	}
	past := NewLedger(q.Period, first, today, []string{q.Device}, rows)
	for _, figure := range q.Figures {
		closed := past.Closed(born, q.Device, figure, today)
		*Metric(s.Env, figure) = closed.Metric(past.Figure(q.Device, figure, today), past.Series(born, q.Device, figure, today))
	}
	return nil
}
