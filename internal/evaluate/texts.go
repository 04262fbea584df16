package evaluate

import (
	"strings"

	"notewatch/internal/words"
	"notewatch/rules"
)

// WatcherBlind is the name of the rule that says that one project cannot be polled.
const WatcherBlind = "watcher-blind"

// texts returns the texts of an alert.
func (t *Turn) texts(r *rules.Rule, a rules.Alert) rules.Texts {
	texts := r.Texts(a, rules.Wording{
		Project: t.data.Name, Subject: t.data.NameOf(a.Subject), Period: t.periodOf(r), Now: t.data.Now, Format: t.figure,
		Length: words.Duration,
	})
	if r.Spec.Name == WatcherBlind && t.data.State.Failures > 0 && a.Reason != rules.EventResolved {
		texts = t.withCause(texts)
	}
	if texts.Unit == rules.UnitMoney {
		texts.Unit = t.about.Currency
	}
	if without := t.data.Without(); without != "" {
		texts.Summary += ", " + without
		if texts.Dated != "" {
			texts.Dated += ", " + without
		}
	}
	return texts
}

// figure writes a value for people.
func (t *Turn) figure(value float64, unit string) string {
	if unit == rules.UnitMoney {
		unit = t.about.Currency
	}
	return words.Figure(value, unit)
}

// withCause adds why the project cannot be polled, and the next step.
func (t *Turn) withCause(texts rules.Texts) rules.Texts {
	texts.Summary += ": " + t.data.State.Failure
	texts.Advice = strings.TrimSpace("Next step: " + t.about.NextStep + ". " + texts.Advice)
	return texts
}
