package deliver

import (
	"context"
	"encoding/json"

	"notewatch/internal/cohort"
	"notewatch/internal/store/outbox"
	"notewatch/notify"
	"notewatch/rules"
)

// cohort returns what the devices of a new message have in common, to store with the message; "" if nothing, or its alerts are few or of
// several rules.
func (s *Sender) cohort(ctx context.Context, members []outbox.Delivery) (string, error) {
	if s.hooks.Cohort == nil || len(members) < cohort.Least {
		return "", nil
	}
	first := &members[0].Alert
	devices := make([]string, len(members))
	for i := range members {
		a := &members[i].Alert
		if a.Rule != first.Rule || a.Project != first.Project || rules.ScopeOf(a.Project, a.Subject) != rules.EachDevice {
			return "", nil
		}
		devices[i] = a.Subject
	}
	found, ok, err := s.hooks.Cohort(ctx, first.Rule, first.Project, devices)
	if err != nil || !ok {
		return "", err
	}
	text, err := json.Marshal(found)
	return string(text), err
}

// cohortOf converts what is stored with a message; nil if that is nothing.
func cohortOf(m outbox.Message) (*notify.Cohort, error) {
	if m.Cohort == "" {
		return nil, nil
	}
	var c cohort.Cohort
	if err := json.Unmarshal([]byte(m.Cohort), &c); err != nil {
		return nil, err
	}
	return &notify.Cohort{Trait: string(c.Kind), Value: c.Value, Alerts: c.Alerts, Of: c.Of, Share: c.Share}, nil
}
