package bot

import (
	"strings"

	"notewatch/internal/metrics"
	"notewatch/notify"
	"notewatch/rules"
)

// told puts an alert into words.
func (t *turn) told(r *Rule, a rules.Alert) rules.Told {
	told := r.Texts(a, rules.Wording{
		Project: t.project.Name, Subject: t.name(a.Subject), Period: t.Period, Now: t.now, Format: notify.FormatFigure,
	})
	if r.Spec.Name == watcherBlind && t.state.Failures > 0 && a.Reason != rules.Cleared {
		told = t.withCause(told)
	}
	return told
}

// withCause adds why the project cannot be polled, and what to do about that.
func (t *turn) withCause(told rules.Told) rules.Told {
	told.Summary += ": " + t.state.Failure
	_, account, err := t.Bot.project(t.project.UID)
	if err != nil {
		return told // which cannot be: the project is being polled
	}
	step := "Next step: " + remedy(metrics.Class(t.state.Cause), account) + "."
	told.Advice = strings.TrimSpace(step + " " + told.Advice)
	return told
}
