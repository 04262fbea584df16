package evaluate

import (
	"strings"

	"notewatch/internal/words"
	"notewatch/rules"
)

// WatcherBlind is the name of the rule that says that one project cannot be polled.
const WatcherBlind = "watcher-blind"

// told returns the texts of an alert.
func (t *Turn) told(r *rules.Rule, a rules.Alert) rules.Told {
	told := r.Texts(a, rules.Wording{
		Project: t.data.Name, Subject: t.data.NameOf(a.Subject), Period: t.periodOf(r), Now: t.data.Now, Format: words.Figure,
		Length: words.Duration,
	})
	if r.Spec.Name == WatcherBlind && t.data.State.Failures > 0 && a.Reason != rules.Cleared {
		told = t.withCause(told)
	}
	return told
}

// withCause adds why the project cannot be polled, and the next step.
func (t *Turn) withCause(told rules.Told) rules.Told {
	told.Summary += ": " + t.data.State.Failure
	told.Advice = strings.TrimSpace("Next step: " + t.about.NextStep + ". " + told.Advice)
	return told
}
