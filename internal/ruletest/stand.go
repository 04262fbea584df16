package ruletest

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"notewatch/internal/config"
	"notewatch/internal/ruletest/testfile"
	"notewatch/notify"
	"notewatch/notify/terminal"
)

// A Message is a message that a receiver accepted.
type Message struct {
	At       time.Time `json:"at"`
	Rule     string    `json:"rule"`     // "" if its alerts are of several rules
	Subjects []string  `json:"subjects"` // names of what its changed alerts are about
	Reason   string    `json:"reason"`
	Level    string    `json:"level"`
	Count    int       `json:"count"` // changed alerts
	Text     string    `json:"text"`  // as the terminal prints it

	rules []string
}

// A stand stands for a receiver: it keeps the messages that it accepts.
type stand struct {
	name     string
	updates  bool // it changes its posts, so a quiet notification is shown
	now      func() time.Time
	refusal  func(now time.Time) testfile.Refusal // "" accepts
	messages []Message
}

// newStand returns what stands for a receiver of the rules file in a test.
func newStand(r config.Receiver, t *testfile.Test, now func() time.Time) *stand {
	return &stand{name: r.Name, updates: r.Slack != nil && r.Slack.Channel != "", now: now, refusal: func(now time.Time) testfile.Refusal {
		for _, s := range t.Steps {
			if s.Receiver == r.Name && !now.Before(s.When.In(t.Begins())) && now.Before(ends(s, t)) {
				if s.Answers == "" {
					return testfile.Unavailable
				}
				return s.Answers
			}
		}
		return ""
	}}
}

// Send implements notify.Receiver.
func (s *stand) Send(ctx context.Context, n notify.Notification, ref notify.Ref) (notify.Ref, error) {
	switch s.refusal(s.now()) {
	case testfile.Unavailable:
		return nil, &notify.Error{Class: notify.Temporary, Err: errors.New("unavailable in this test")}
	case testfile.Refused:
		return nil, &notify.Error{Class: notify.Permanent, Err: errors.New("refuses all messages in this test")}
	case testfile.Malformed:
		return nil, &notify.Error{Class: notify.Payload, Err: errors.New("cannot show this message in this test")}
	}
	if n.Quiet && s.updates {
		return ref, nil
	}
	var text strings.Builder
	shown, err := terminal.New(&text, false).Send(ctx, n, ref)
	if err == nil {
		s.keep(n, text.String())
	}
	return shown, err
}

// keep keeps a message, unless it is a report.
func (s *stand) keep(n notify.Notification, text string) {
	changed := notify.WorstFirst(n.ChangedAlerts())
	m := Message{At: s.now(), Reason: changed[0].Reason, Level: changed[0].Level, Count: len(changed), Text: text}
	if m.Reason == "reported" {
		return
	}
	for _, a := range changed {
		if !slices.Contains(m.rules, a.Rule) {
			m.rules = append(m.rules, a.Rule)
		}
		m.Subjects = append(m.Subjects, a.Subject.Name)
	}
	if len(m.rules) == 1 {
		m.Rule = m.rules[0]
	}
	slices.Sort(m.Subjects)
	s.messages = append(s.messages, m)
}
