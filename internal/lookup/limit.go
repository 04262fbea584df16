package lookup

import (
	"context"
	"math"
	"slices"
	"time"

	"notewatch/internal/env"
	"notewatch/rules"
)

// members are what rules call the figures over spans.
var members = map[Span]string{Today: "today", Week: "d7", Month: "d30", Period: "used"}

// limiting returns the rules with a limit that surely select the subject at an instant. A device that is no longer listed is
// evaluated by none.
func (d *Desk) limiting(ctx context.Context, u Usage, now time.Time) ([]*rules.Rule, error) {
	if u.Kind == KindDevice && u.Device == nil {
		return nil, nil
	}
	limiting := slices.DeleteFunc(slices.Clone(d.Rules), func(r *rules.Rule) bool {
		return math.IsNaN(r.Limit) || string(r.Spec.Each) != string(u.Kind)
	})
	if !slices.ContainsFunc(limiting, func(r *rules.Rule) bool { return r.Spec.Where != "" }) {
		return limiting, nil
	}
	every, err := d.every(ctx, u.Project.UID, slices.Values(limiting))
	if err != nil {
		return nil, err
	}
	subject := u.within()
	if u.Kind == KindFleet {
		subject = u.UID
	}
	var wants rules.Wants
	for _, r := range limiting {
		wants = wants.With(r.Reads.Members)
	}
	seen, err := env.Look(ctx, d.Store, env.Query{
		Project: u.Project.UID, Name: u.Project.Name, Subject: subject, Now: now, Every: every, Period: d.Period, Wants: wants,
		Counts: slices.ContainsFunc(limiting, func(r *rules.Rule) bool { return r.Reads.Counts }),
	})
	if err != nil {
		return nil, err
	}
	view := rules.NewView(seen.Env)
	return slices.DeleteFunc(limiting, func(r *rules.Rule) bool { return r.Eval(view).Selected != rules.True }), nil
}

// limit returns the limit of the rule that shows a figure over a span, and the name of the rule. If several rules match, it takes the
// lowest limit that is not yet exceeded, otherwise the highest. It returns NaN if none matches.
func limit(all []*rules.Rule, figure rules.Figure, span Span, total float64) (limit float64, rule string) {
	limit = math.NaN()
	for _, r := range all {
		if r.Show != string(figure)+"."+members[span] {
			continue
		}
		passed := total > limit
		if math.IsNaN(limit) || passed && r.Limit > limit || !passed && r.Limit < limit && !(total > r.Limit) {
			limit, rule = r.Limit, r.Spec.Name
		}
	}
	return limit, rule
}
