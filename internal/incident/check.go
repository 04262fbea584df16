package incident

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"notewatch/internal/rehearse"
	"notewatch/rules"
)

// Check returns an error unless the rule of the incident fired once, in time, about the right subject, and its alert ended in time for the
// right reason, each with one message. The project has the name ProjectName.
func (i Incident) Check(got Record) error {
	var alerts []rules.Alert
	for _, a := range got.Alerts {
		if a.Rule == i.Rule && i.during(a.FiredAt) {
			alerts = append(alerts, a)
		}
	}
	if len(alerts) != 1 {
		return fmt.Errorf("incident %q: %s fired %d times", i.Name, i.Rule, len(alerts))
	}
	a, subject := alerts[0], i.subject()
	for _, c := range []struct {
		what string
		ok   bool
		is   any
	}{
		{"subject", a.Texts.Subject == subject, a.Texts.Subject},
		{"level", a.Worst.String() == i.Level, a.Worst},
		{"start", !a.FiredAt.After(i.Start.Add(i.Within)), a.FiredAt},
		{"end", !a.Open() && !a.EndedAt.Before(i.End) && !a.EndedAt.After(i.Until()), a.EndedAt},
		{"reason of its end", string(a.Reason) == i.Ends, a.Reason},
		{"messages that it fires", i.announced(got, subject, "fired") == 1, i.announced(got, subject, "fired")},
		{"messages of its end", i.announced(got, subject, i.Ends) == 1, i.announced(got, subject, i.Ends)},
	} {
		if !c.ok {
			return fmt.Errorf("incident %q: %s: the %s is wrong: %v", i.Name, i.Rule, c.what, c.is)
		}
	}
	return nil
}

// during reports whether an instant lies between the start of the incident and the end of its alert.
func (i Incident) during(t time.Time) bool { return !t.Before(i.Start) && !t.After(i.Until()) }

// announced counts the messages about the alert with a reason.
func (i Incident) announced(got Record, subject, reason string) (n int) {
	for _, m := range got.Messages {
		if slices.Contains(m.Rules, i.Rule) && slices.Contains(m.Subjects, subject) && m.Reason == reason && i.during(m.At) {
			n++
		}
	}
	return n
}

// Others returns what fired beside the alerts that are right to fire, which fire once each: "rule of subject". Alerts that Mutes excuses are left
// out as long as none of them is announced.
func (i Incident) Others(got Record) (others []string) {
	var fired []string
	for _, a := range got.Alerts {
		what := a.Rule + " of " + a.Texts.Subject
		again := slices.Contains(fired, what)
		fired = append(fired, what)
		if again || !i.Explains(a, got) {
			others = append(others, what)
		}
	}
	return others
}

// Explains reports whether an alert is right to fire because of the incident: of its rule, or of one in Also, about its subject or the project, and
// while it lasts. The message that notewatch watches is always right.
func (i Incident) Explains(a rules.Alert, got Record) bool {
	switch {
	case a.Reason == rules.Reported:
		return true
	case !i.during(a.FiredAt):
		return false
	case i.Mutes != "" && a.Rule == i.Mutes:
		return !slices.ContainsFunc(got.Messages, func(m rehearse.Message) bool {
			return i.during(m.At) && slices.Contains(m.Rules, a.Rule) && slices.Contains(m.Subjects, a.Texts.Subject)
		})
	case a.Rule == i.Rule:
		return a.Texts.Subject == i.subject()
	}
	return slices.Contains(i.Also, a.Rule) && (a.Texts.Subject == i.subject() || a.Texts.Subject == ProjectName)
}

// subject returns the name of the subject of the alert.
func (i Incident) subject() string { return cmp.Or(i.Subject, ProjectName) }
