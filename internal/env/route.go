package env

import (
	"context"
	"math"

	"notewatch/internal/history"
	"notewatch/internal/store/usage"
	"notewatch/rules"
)

// memberOfRoute returns a route as a member of its block. One without any event is yet to be born.
func memberOfRoute(r *usage.Route) Member {
	m := Member{Position: r.Ordinal % history.BlockSize, Born: unborn.Start()}
	if r.Born > 0 {
		m.Born = r.Born.Start()
	}
	return m
}

// unborn is the first day of what has not existed yet.
const unborn rules.Day = 1 << 20

// hideUnborn makes the days before a route existed no data: they were stored as 0.
func hideUnborn(days []float64, last, born rules.Day) {
	for i := range days {
		if last-rules.Day(len(days)-1-i) < born {
			days[i] = math.NaN()
		}
	}
}

// routeSeen returns what expressions see of a route.
func routeSeen(r *usage.Route) rules.Route {
	return rules.Route{Known: true, UID: r.UID, Name: r.Name, Type: r.Type, Disabled: r.Disabled}
}

// lookAtRoute gathers what is known of a route.
func (s *Subject) lookAtRoute(ctx context.Context, db *usage.Store, q Query) (err error) {
	if s.Routes, err = db.Routes(ctx, q.Project); err != nil {
		return err
	}
	if err := s.count(ctx, db, q); err != nil {
		return err
	}
	data := Source{Usage: db, Period: q.Period}.Data(s.Project, nil)
	for _, b := range data.Blocks(rules.EachRoute) {
		block, err := data.Read(ctx, data.Reader(q.Wants), b)
		if err != nil {
			return err
		}
		for i := range block.Size() {
			if block.Subject(i) == q.Subject {
				s.name, s.Env = data.NameOf(q.Subject), new(rules.Env)
				block.See(s.Env, i)
				s.hideUncounted(q)
				return nil
			}
		}
	}
	s.Env = s.Identity(nil, q.Now)
	return nil
}
