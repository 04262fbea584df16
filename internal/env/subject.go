package env

import (
	"context"
	"time"

	"notewatch/internal/history"
	"notewatch/internal/store"
	"notewatch/rules"
)

// A Query asks what an expression sees of one subject.
type Query struct {
	Project, Name string // UID and name of the project
	Device        string // UID; "" is the project itself
	Now           time.Time
	Every         time.Duration // between two polls; 0 is not known
	Period        rules.PeriodSpec
	Wants         rules.Wants // of the other figures nothing is known
	Counts        bool        // whether it is wanted how many devices the project has, for which all are read
}

// A Subject is what is known of one subject.
type Subject struct {
	Project
	Device *store.Device // nil is the project itself, or a device that is not listed
	Env    *rules.Env
}

// Look gathers what the store knows of one subject; of the other devices of the project at most how many there are.
func Look(ctx context.Context, db *store.Store, q Query) (s Subject, err error) {
	s.UID, s.Name, s.Now, s.Every = q.Project, q.Name, q.Now, q.Every
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
	metrics, err := s.measure(ctx, db, q)
	if err != nil {
		return s, err
	}
	s.Env = s.NewEnv(s.Device, q.Period.Period(rules.DayOf(q.Now), q.Now), metrics, 0)
	if !q.Counts {
		uncounted := s.Identity(nil, q.Now).Project
		uncounted.Known = s.Env.Project.Known
		s.Env.Project = uncounted
	}
	return s, nil
}

// measure returns the metrics of the subject, of a device that is not listed none.
func (s Subject) measure(ctx context.Context, db *store.Store, q Query) (Metrics, error) {
	block := 0
	switch {
	case s.Device != nil:
		block = s.Device.Ordinal / history.BlockSize
	case q.Device != "":
		return Metrics{}, nil
	}
	reader := Reader{Store: db, Project: q.Project, Period: q.Period, Wants: q.Wants, Polled: s.State.PolledAt}
	return reader.Block(ctx, block, []Member{MemberOf(s.Device)}, rules.DayOf(q.Now))
}
