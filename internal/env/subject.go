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
	ordinal := 0
	if q.Device != "" {
		device, listed, err := db.Device(ctx, q.Project, q.Device)
		if err != nil {
			return s, err
		}
		if ordinal = device.Ordinal; listed {
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
	return s, s.measure(ctx, db, q, ordinal)
}

// measure fills in the figures of the subject of an ordinal, of a device that is not listed none.
func (s Subject) measure(ctx context.Context, db *store.Store, q Query, ordinal int) error {
	if q.Device != "" && s.Device == nil {
		return nil
	}
	member := Member{Position: ordinal % history.BlockSize}
	if s.Device != nil {
		member.Born = rules.DayOf(s.Device.Provisioned)
	}
	reader := Reader{Store: db, Project: q.Project, Period: q.Period, Figures: q.Figures, Series: true}
	metrics, err := reader.Block(ctx, ordinal/history.BlockSize, []Member{member}, rules.DayOf(q.Now))
	if err == nil {
		metrics.Fill(s.Env, 0)
	}
	return err
}
