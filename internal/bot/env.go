package bot

import (
	"context"
	"time"

	"notewatch/internal/sight"
	"notewatch/internal/store"
	"notewatch/rules"
)

// env returns what an expression sees of a subject as of now.
func (f *fleet) env(subject string) *rules.Env {
	p, device := f.sight(), f.device(subject)
	env := p.Identity(device, f.counts.ListedAt)
	today, known := f.current[subject]
	if !known {
		today = rules.Unknown()
	}
	closed, summed := f.closed[subject]
	for _, figure := range f.reads.Figures {
		if !summed {
			break
		}
		var series []float64
		if f.reads.Series {
			series = f.past.Series(f.born(subject), subject, figure, f.today)
		}
		*sight.Metric(env, figure) = closed[figure].Metric(today[figure], series)
	}
	env.Period = f.period
	p.Present(env, device)
	return env
}

// envAt returns what an expression would have seen of a subject at the end of a day, with the figures known now. What has
// no past is no data.
func (f *fleet) envAt(ctx context.Context, subject string, day rules.Day) (*rules.Env, error) {
	if !f.past.Covers(subject) {
		if err := f.remember(ctx, []string{subject}); err != nil {
			return nil, err
		}
	}
	env := f.sight().Identity(f.device(subject), day.End())
	born := f.born(subject)
	for _, figure := range f.reads.Figures {
		closed := f.past.Closed(born, subject, figure, day)
		series := f.past.Series(born, subject, figure, day)
		*sight.Metric(env, figure) = closed.Metric(f.past.Figure(subject, figure, day), series)
	}
	env.Period = f.Period.Period(day, day.End())
	return env, nil
}

// sight is the project as of now.
func (f *fleet) sight() sight.Project {
	return sight.Project{UID: f.project.UID, Name: f.project.Name, Now: f.now, State: f.state, Counts: f.counts}
}

// count counts the devices. One that was never heard of is neither active nor silent.
func (f *fleet) count(listedAt time.Time) store.DeviceCounts {
	counts := store.DeviceCounts{ListedAt: listedAt, All: len(f.devices)}
	for _, d := range f.devices {
		switch {
		case d.Disabled:
			continue
		case d.LastActivity.IsZero():
		case listedAt.Sub(d.LastActivity) > sight.SilentAfter:
			counts.Silent++
		default:
			counts.Active++
		}
		counts.Enabled++
	}
	return counts
}
