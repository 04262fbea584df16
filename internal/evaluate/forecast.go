package evaluate

import (
	"context"

	"notewatch/internal/env"
	"notewatch/rules"
)

// forecasts adds the forecast to each firing alert that changed in this turn and whose value adds up over its period.
func (t *Turn) forecasts(ctx context.Context) error {
	changed := map[string]map[string]*rules.Alert{} // by rule, then subject
	for _, a := range t.Commit.Alerts {
		if _, happened := t.Commit.Show[a.ID]; !happened || a.State != rules.Firing || !a.QuietSince.IsZero() {
			continue
		}
		if changed[a.Rule] == nil {
			changed[a.Rule] = map[string]*rules.Alert{}
		}
		changed[a.Rule][a.Subject] = a
	}
	for name, alerts := range changed {
		r, known := t.evaluator.rule(name)
		if !known {
			continue
		}
		if err := t.forecastsOf(ctx, r, alerts); err != nil {
			return err
		}
	}
	return nil
}

// forecastsOf adds the forecasts to alerts of one rule, which are given by subject.
func (t *Turn) forecastsOf(ctx context.Context, r *rules.Rule, alerts map[string]*rules.Alert) error {
	figure, ok := r.Forecasts()
	if !ok {
		return nil
	}
	data := t.data.In(t.periodOf(r))
	query := env.SubjectQuery{
		Scope: r.Spec.Each, Wants: rules.Wants{figure: rules.MembersOf("used", "forecast")},
		Selects: func(subject string) bool { return alerts[subject] != nil },
	}
	return data.EachSubject(ctx, query, func(subject string, e *rules.Env) {
		m, a := e.Metric(figure), alerts[subject]
		if rules.Known(m.Forecast) {
			at := rules.LimitAt(m.Used, m.Forecast, a.Limit, data.Now, data.Period.DaysLeft)
			a.Told.Forecast = &rules.Forecast{AtEnd: m.Forecast, LimitAt: at}
		}
	})
}
