package evaluate

import (
	"context"
	"slices"

	"notewatch/internal/env"
	"notewatch/internal/store"
	"notewatch/rules"
)

// A Pass is one evaluation of a project: the data, the earlier decisions, and the new ones.
type Pass struct {
	Commit store.Commit
	Counts map[string]*Count // by name of the rules that are evaluated in this pass

	evaluator *Evaluator
	data      *env.ProjectData
	about     Context
	open      *store.OpenStates
	meanings  map[string]store.RuleMeaning // by rule name, from before this pass
	alone     bool                         // evaluates only the rules that read only poll; else all others
	period    rules.PeriodSpec             // of the project; data may be for that of a rule
}

// periodOf returns how a rule cuts time.
func (p *Pass) periodOf(r *rules.Rule) rules.PeriodSpec { return r.PeriodIn(p.period) }

// A group is rules for which the same metrics can be computed.
type group struct {
	period rules.PeriodSpec
	rules  []*rules.Rule
}

// groups returns rules by their periods, those first that go by the periods of the project or by none.
func (p *Pass) groups(all []*rules.Rule) []group {
	groups := []group{{period: p.period}}
	for _, r := range all {
		period := p.period
		if r.Reads.Period {
			period = p.periodOf(r)
		}
		at := slices.IndexFunc(groups, func(g group) bool { return g.period == period })
		if at < 0 {
			at = len(groups)
			groups = append(groups, group{period: period})
		}
		groups[at].rules = append(groups[at].rules, r)
	}
	return slices.DeleteFunc(groups, func(g group) bool { return len(g.rules) == 0 })
}

// wants returns what the rules of the group read.
func (g group) wants() (wants rules.Wants) {
	for _, r := range g.rules {
		wants = wants.With(r.Reads.Members)
	}
	return wants
}

// begin returns a pass without results: for the rules that read only poll, or for all others.
func (e *Evaluator) begin(ctx context.Context, data *env.ProjectData, about Context, alone bool) (*Pass, error) {
	query := store.StateQuery{Project: data.UID}
	if alone {
		query.Rules = e.pollRules()
	}
	open, err := e.store.OpenStates(ctx, query)
	if err != nil {
		return nil, err
	}
	meanings, err := e.store.Meanings(ctx, data.UID)
	if err != nil {
		return nil, err
	}
	p := &Pass{evaluator: e, data: data, about: about, open: open, meanings: meanings, alone: alone, period: data.Spec(), Counts: map[string]*Count{}}
	p.Commit = store.Commit{
		Decision: store.Decision{Now: data.Now, Show: map[string][]string{}, Fallbacks: e.fallbacks},
		Meanings: map[string]store.RuleMeaning{},
	}
	for _, r := range e.rules {
		if !p.evaluates(r) {
			p.Commit.Others = append(p.Commit.Others, r.Spec.Name)
		}
	}
	return p, nil
}

// evaluates reports whether a rule is evaluated in this pass: those about organizations in passes of their own, in which those that read only
// poll are evaluated too.
func (p *Pass) evaluates(r *rules.Rule) bool {
	switch organization := r.Spec.Each == rules.EachOrganization; {
	case organization != p.data.OfOrganization():
		return false
	case organization:
		return true
	}
	return r.Reads.OnlyPoll() == p.alone
}

// pollRules returns the names of the rules that read only poll, and of those that mute them; it is never nil.
func (e *Evaluator) pollRules() []string {
	all := []string{}
	for _, r := range e.rules {
		if r.Reads.OnlyPoll() {
			all = append(all, r.Spec.Name)
			if r.Spec.Unless != "" {
				all = append(all, r.Spec.Unless)
			}
		}
	}
	return all
}
