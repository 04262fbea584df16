package evaluate

import (
	"context"

	"notewatch/internal/env"
	"notewatch/rules"
)

// eachFiring calls explain for each rule with the firing alerts of it that changed in this pass, by subject.
func (p *Pass) eachFiring(explain func(r *rules.Rule, alerts map[string]*rules.Alert) error) error {
	changed := map[string]map[string]*rules.Alert{} // by rule, then subject
	for _, a := range p.Commit.Alerts {
		if _, happened := p.Commit.Show[a.ID]; !happened || a.State != rules.Firing || !a.QuietSince.IsZero() {
			continue
		}
		if changed[a.Rule] == nil {
			changed[a.Rule] = map[string]*rules.Alert{}
		}
		changed[a.Rule][a.Subject] = a
	}
	for name, alerts := range changed {
		r, known := p.evaluator.rule(name)
		if !known {
			continue
		}
		if err := explain(r, alerts); err != nil {
			return err
		}
	}
	return nil
}

// forecasts adds the forecasts to alerts of one rule, which are given by subject.
func (p *Pass) forecasts(ctx context.Context, r *rules.Rule, alerts map[string]*rules.Alert) error {
	figure, ok := r.Forecasts()
	if !ok {
		return nil
	}
	data := p.data.In(p.periodOf(r))
	query := env.SubjectQuery{
		Scope: r.Spec.Each, Wants: rules.Wants{figure: rules.MembersOf("used", "forecast")},
		Selects: func(subject string) bool { return alerts[subject] != nil },
	}
	return data.EachSubject(ctx, query, func(subject string, e *rules.Env) {
		m, a := e.Metric(figure), alerts[subject]
		if rules.Known(m.Forecast) {
			at := rules.LimitAt(m.Used, m.Forecast, a.Limit, data.Now, data.Period.DaysLeft)
			a.Texts.Forecast = &rules.Forecast{AtEnd: m.Forecast, LimitAt: at}
		}
	})
}

// causes adds the notefiles that grew to alerts of one rule, which are given by subject, if that rule is about events of devices or projects.
func (p *Pass) causes(ctx context.Context, r *rules.Rule, alerts map[string]*rules.Alert) error {
	object, member := rules.CutPath(r.Show)
	notefiles := p.notefiles()
	ofEvents := object == string(rules.Events) || object == string(rules.EventsTotal)
	if !ofEvents || len(notefiles) == 0 || r.Spec.Each != rules.EachDevice && r.Spec.Each != rules.EachProject {
		return nil
	}
	wants := rules.Wants{}
	for _, figure := range notefiles {
		wants[figure] = rules.MembersOf("today", "yesterday", "median")
	}
	query := env.SubjectQuery{Scope: r.Spec.Each, Wants: wants, Selects: func(subject string) bool { return alerts[subject] != nil }}
	return p.data.EachSubject(ctx, query, func(subject string, e *rules.Env) {
		alerts[subject].Texts.Causes = rules.CausesOf(e, member, notefiles)
	})
}

// notefiles returns the figures of the notefiles that rules read.
func (p *Pass) notefiles() (all []rules.Figure) {
	for _, figure := range p.evaluator.wants.Figures() {
		if _, ok := figure.Notefile(); ok {
			all = append(all, figure)
		}
	}
	return all
}
