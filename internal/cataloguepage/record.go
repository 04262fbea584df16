package cataloguepage

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"notewatch/internal/bot"
	"notewatch/internal/config"
	"notewatch/internal/incident"
	"notewatch/internal/rehearse"
	"notewatch/rules"
)

// A Record is the result of the incident of a rule.
type Record struct {
	Incident     incident.Incident
	Rule         *rules.Rule
	Samples      []Sample
	Fired, Ended time.Time
	First, Last  string // the first and the last message about the alert
}

// A Sample is the value of a rule at an instant. NaN is no data.
type Sample struct {
	At           time.Time
	Value, Limit float64
}

// budget is the limit for the cost of events in a month, in the currency of the rules file.
const budget = 50

// RecordAll rehearses the incidents of all rules, by the names of the rules. It returns an error if one has another result than it should.
func RecordAll(ctx context.Context) (map[string]Record, error) {
	file, err := config.Parse("rules.yaml", []byte(incident.Rules(budget)), func(string) (string, bool) { return "", false })
	if err != nil {
		return nil, err
	}
	incidents := incident.All()
	records, problems := make([]Record, len(incidents)), make([]error, len(incidents))
	var wait sync.WaitGroup
	free := make(chan struct{}, runtime.GOMAXPROCS(0))
	for n, i := range incidents {
		at := slices.IndexFunc(file.Rules, func(r config.Rule) bool { return r.Spec.Name == i.Rule })
		records[n] = Record{Incident: i, Rule: file.Rules[at].Rule}
		wait.Go(func() {
			free <- struct{}{}
			problems[n] = records[n].rehearse(ctx)
			<-free
		})
	}
	wait.Wait()
	all := map[string]Record{}
	for _, r := range records {
		all[r.Incident.Rule] = r
	}
	return all, errors.Join(problems...)
}

// rehearse runs the incident.
func (r *Record) rehearse(ctx context.Context) error {
	got, err := r.Incident.Rehearse(ctx, r.every(), r.sample)
	if err != nil {
		return err
	}
	if err := r.Incident.Check(got); err != nil {
		return err
	}
	if others := r.Incident.Others(got); len(others) > 0 {
		return fmt.Errorf("incident %q: these alerts fired too: %s", r.Incident.Name, strings.Join(others, ", "))
	}
	return r.keep(got)
}

// every returns the time between two polls: the default, unless the incident lasts for many days.
func (r *Record) every() time.Duration {
	if r.lasts() < 72*time.Hour {
		return 15 * time.Minute
	}
	return time.Hour
}

func (r *Record) lasts() time.Duration { return r.Incident.Until().Sub(r.Incident.Watch) }

// sample records the value of the rule, every hour if the incident lasts for more than a day.
func (r *Record) sample(ctx context.Context, stage *rehearse.Stage) error {
	now := stage.Clock.Now()
	if last := len(r.Samples) - 1; last >= 0 && now.Sub(r.Samples[last].At) < time.Hour && r.lasts() > 24*time.Hour {
		return nil
	}
	e, err := stage.Watch.Bot.Explain(ctx, r.Incident.Rule, incident.Project, r.Incident.SubjectUID())
	if unknown := (*bot.UnknownError)(nil); errors.As(err, &unknown) { // a device that is not there yet
		return nil
	}
	if err == nil {
		r.Samples = append(r.Samples, Sample{At: now, Value: e.Value, Limit: e.Limit})
	}
	return err
}

// keep keeps the parts of the alert that the page shows.
func (r *Record) keep(got incident.Record) error {
	for _, a := range got.Alerts {
		if a.Rule == r.Incident.Rule {
			r.Fired, r.Ended = a.FiredAt, a.EndedAt
		}
	}
	for _, m := range got.Messages {
		switch {
		case m.Rule != r.Incident.Rule:
		case m.Reason == "fired":
			r.First = m.Text
		case m.Reason == r.Incident.Ends:
			r.Last = m.Text
		}
	}
	if r.First == "" || r.Last == "" {
		return fmt.Errorf("incident %q: %s has no message of its own", r.Incident.Name, r.Incident.Rule)
	}
	return nil
}
