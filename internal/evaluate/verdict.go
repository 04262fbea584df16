package evaluate

import (
	"context"
	"math"

	"notewatch/internal/env"
	"notewatch/rules"
)

// verdict evaluates the rule as of now and, if it matters, as of the end of yesterday.
func (p *Pass) verdict(ctx context.Context, r *rules.Rule, a rules.Alert, b *env.BlockData, i int, view *rules.View) (rules.Verdict, error) {
	_, known := p.meanings[r.Spec.Name]
	v := rules.Verdict{
		Evaluation: r.Eval(view),
		DayEnd:     rules.Result{Least: rules.Inactive, Most: r.Highest},
		Period:     p.data.Period.Start,
		First:      !known,
		AsOf:       p.data.Now,
		Listed:     p.data.Counts.ListedAt,
		Members:    b.FleetSize(i),
		Shown:      p.open.Shown(a.ID),
		PeakUsual:  math.NaN(),
	}
	if v.Result.Least > rules.Inactive || a.State == rules.Firing {
		v.Growing = r.Growing(view)
	}
	if a.State != rules.Firing {
		return v, nil
	}
	if r.Kind == rules.PeriodRule || r.Kind.OfPeriod() && !a.Period.Equal(v.Period) {
		return v, p.periodEnded(ctx, r, a, b, i, &v)
	}
	usual, err := p.peakUsual(ctx, r, a, b, i, v)
	if err != nil {
		return v, err
	}
	v.PeakUsual = usual
	if !r.Kind.ByDay() || v.Result.Most >= a.Level {
		return v, nil
	}
	if today := p.data.Today.Start(); r.Kind.OfPeriod() && today.Equal(v.Period) { // yesterday belonged to another period
		v.DayEnd = rules.Result{}
		return v, nil
	}
	yesterday, err := b.EnvAt(ctx, i, p.data.Today-1)
	if err != nil {
		return v, err
	}
	b.Present(yesterday, i)
	dayEnd := rules.NewView(yesterday)
	last := r.Eval(dayEnd)
	v.DayEnd, v.DayEndGrowing, v.Last, v.LastAt = last.Result, r.Growing(dayEnd), last.Value, p.data.Today.Start()
	if a.Since.Before(v.LastAt) && v.Last > a.Peak {
		v.PeakUsual = last.Usual
	}
	return v, nil
}

// peakUsual returns what is usual on the day of the peak of an alert that becomes quiet.
func (p *Pass) peakUsual(ctx context.Context, r *rules.Rule, a rules.Alert, b *env.BlockData, i int, v rules.Verdict) (float64, error) {
	switch {
	case !r.Kind.ByDay() && r.Keep == 0, v.Result.Most > rules.Inactive, !a.QuietSince.IsZero(): // it does not become quiet
		return math.NaN(), nil
	case a.PeakOn == 0, a.Texts.Figure != r.Show, rules.UsualName(r.Show, 0) == "":
		return math.NaN(), nil
	case a.PeakOn >= p.data.Today:
		return v.Usual, nil
	}
	past, err := b.EnvAt(ctx, i, a.PeakOn)
	if err != nil {
		return math.NaN(), err
	}
	return r.Eval(rules.NewView(past)).Usual, nil
}

// periodEnded evaluates the rule as of the end of the alert's period, if that has ended and the history that was read goes back that far.
func (p *Pass) periodEnded(ctx context.Context, r *rules.Rule, a rules.Alert, b *env.BlockData, i int, v *rules.Verdict) error {
	first, next := p.data.Spec().Bounds(rules.DayOf(a.Period))
	read := env.FirstDay(p.data.Spec(), p.data.Satellite, p.data.Today, p.evaluator.wants)
	if next > p.data.Today || next <= read || !first.Start().Equal(a.Period) || a.Texts.Figure != r.Show {
		return nil
	}
	end, err := b.EnvAt(ctx, i, next-1)
	if err != nil {
		return err
	}
	v.Last, v.LastAt = r.Eval(rules.NewView(end)).Value, next.Start()
	return nil
}
