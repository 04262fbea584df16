package lookup

import (
	"context"
	"math"
	"slices"
	"time"

	"notewatch/internal/env"
	"notewatch/rules"
)

// members are the members of metrics for spans.
var members = map[Span]string{Today: "today", Week: "d7", Month: "d30", Period: "used"}

// A limited is a rule with its limit for a subject.
type limited struct {
	*rules.Rule
	limit float64
}

// limiting returns the rules with a limit that certainly select the subject at an instant. No rule selects a device that is no longer
// listed.
func (r *Reader) limiting(ctx context.Context, u Usage, now time.Time) (all []limited, err error) {
	if u.Kind == KindDevice && u.Device == nil {
		return nil, nil
	}
	var limiting []*rules.Rule
	varies := false
	for _, rule := range r.config.Rules {
		if own := rule.Spec.Period; own != (rules.PeriodSpec{}) && own != r.periodOf(u.Project.UID) {
			continue // what it compares is of other days
		}
		if rule.Limited() && string(rule.Spec.Each) == string(u.Kind) {
			limiting, all = append(limiting, rule), append(all, limited{rule, rule.Limit})
			varies = varies || rule.Varies() || rule.Spec.Where != ""
		}
	}
	if !varies {
		return all, nil
	}
	every, err := r.every(ctx, u.Project.UID, slices.Values(limiting))
	if err != nil {
		return nil, err
	}
	q := env.Query{
		Project: u.Project.UID, Name: u.Project.Name, Subject: u.within(), Now: now, Every: every, Period: r.periodOf(u.Project.UID),
	}
	if u.Kind == KindFleet || u.Kind == KindRoute {
		q.Subject = u.UID
	}
	if q.Bills, err = r.bills(ctx, u.Project.UID, now); err != nil {
		return nil, err
	}
	if p, ok := r.project(u.Project.UID); ok {
		q.Satellite = p.Satellite
	}
	for _, rule := range limiting {
		reads := rule.Reads
		q.Wants = q.Wants.With(reads.Members)
		q.Counts, q.Labels, q.Objects = q.Counts || reads.Counts, q.Labels || reads.FleetNames, q.Objects.With(reads.Objects)
	}
	seen, err := env.Look(ctx, r.config.Store, q)
	if err != nil {
		return nil, err
	}
	view := rules.NewView(seen.Env)
	all = all[:0]
	for _, rule := range limiting {
		if e := rule.Eval(view); e.Selected == rules.True && rules.Known(e.Limit) {
			all = append(all, limited{rule, e.Limit})
		}
	}
	return all, nil
}

// limit returns the limit of the rule that shows a figure over a span, and the name of the rule. If several rules match, it takes the
// lowest limit that is not yet exceeded, otherwise the highest. It returns NaN if none matches.
func limit(all []limited, figure rules.Figure, span Span, total float64) (limit float64, rule string) {
	limit = math.NaN()
	for _, r := range all {
		if r.Show != string(figure)+"."+members[span] {
			continue
		}
		passed := total > limit
		if math.IsNaN(limit) || passed && r.limit > limit || !passed && r.limit < limit && !(total > r.limit) {
			limit, rule = r.limit, r.Spec.Name
		}
	}
	return limit, rule
}
