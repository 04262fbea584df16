package incident

import (
	"cmp"
	"fmt"
	"slices"
	"time"

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
	a, subject := alerts[0], cmp.Or(i.Subject, ProjectName)
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

// Others returns the rules that were announced but should not be.
func (i Incident) Others(got Record) (others []string) {
	right := append(slices.Clone(i.Also), i.Rule)
	for _, m := range got.Messages {
		for _, rule := range m.Rules {
			if !slices.Contains(right, rule) && !slices.Contains(others, rule) {
				others = append(others, rule)
			}
		}
	}
	return others
}
