package evaluate

import (
	"strings"

	"notewatch/internal/words"
	"notewatch/rules"
)

// WatcherBlind is the name of the rule that says that one project cannot be polled.
const WatcherBlind = "watcher-blind"

// texts returns the texts of an alert.
func (p *Pass) texts(r *rules.Rule, a rules.Alert) rules.Texts {
	texts := r.Texts(a, rules.Wording{
		Project: p.data.Name, Subject: p.data.NameOf(a.Subject), Period: p.periodOf(r), Now: p.data.Now, Format: p.figure,
		Length: words.Duration,
	})
	if r.Spec.Name == WatcherBlind && p.data.State.Failures > 0 && a.Reason != rules.EventResolved {
		texts = p.withCause(texts)
	}
	if texts.Unit == rules.UnitMoney {
		texts.Unit = p.about.Currency
	}
	return texts.Qualified(p.data.Without())
}

// figure writes a value for people.
func (p *Pass) figure(value float64, unit string) string {
	if unit == rules.UnitMoney {
		unit = p.about.Currency
	}
	return words.Figure(value, unit)
}

// withCause adds why the project cannot be polled, and the next step.
func (p *Pass) withCause(texts rules.Texts) rules.Texts {
	texts.Summary += ": " + p.data.State.Failure
	texts.Advice = strings.TrimSpace("Next step: " + p.about.NextStep + ". " + texts.Advice)
	return texts
}
