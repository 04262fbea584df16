package rehearse

import (
	"context"
	"slices"
	"strings"
	"time"

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
	Rules    []string  `json:"-"`     // of its changed alerts
}

// A stand stands for a receiver: it keeps the messages that it accepts, or hands them on.
type stand struct {
	name     string
	updates  bool // it changes its posts, so a quiet notification is shown
	now      func() time.Time
	refusal  func(receiver string, now time.Time) error
	accepted func(receiver string, m Message) // nil keeps them
	messages []Message
}

// Send implements notify.Receiver.
func (s *stand) Send(ctx context.Context, n notify.Notification, ref notify.Ref) (notify.Ref, error) {
	if err := s.refusal(s.name, s.now()); err != nil {
		return nil, err
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
		if !slices.Contains(m.Rules, a.Rule) {
			m.Rules = append(m.Rules, a.Rule)
		}
		m.Subjects = append(m.Subjects, a.Subject.Name)
	}
	if len(m.Rules) == 1 {
		m.Rule = m.Rules[0]
	}
	slices.Sort(m.Subjects)
	if s.accepted != nil {
		s.accepted(s.name, m)
		return
	}
	s.messages = append(s.messages, m)
}
