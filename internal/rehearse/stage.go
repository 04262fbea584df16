package rehearse

import (
	"context"
	"time"

	"notewatch/internal/config"
	"notewatch/internal/driven"
	"notewatch/internal/secret"
	"notewatch/internal/setup"
	"notewatch/internal/store"
	"notewatch/internal/watch"
	"notewatch/notehub"
	"notewatch/notehub/notehubtest"
	"notewatch/notify"
)

// Token is what the simulated Notehub of a stage accepts.
const Token = "simulated"

// A Config configures a stage.
type Config struct {
	File     *config.File // whose secrets are not needed; its projects are those that it names
	Hub      *notehubtest.Server
	Clock    *driven.Clock // that of the hub
	Interval time.Duration // between polls
	MaxRows  int           // of an answer; 0 is as many as Notehub sends
	// Refusal returns why a receiver does not accept a message at an instant; nil accepts. A nil function accepts all.
	Refusal func(receiver string, now time.Time) error
	// Accepted is called with each message that a receiver accepts. Nil keeps them all, for Messages.
	Accepted func(receiver string, m Message)
}

// A Stage is a watch that is rehearsed. Close ends it.
type Stage struct {
	Clock *driven.Clock
	Store *store.Store
	Watch *watch.Watch

	stands []*stand
}

// New returns a stage whose rules are applied. Polls are due at once.
func New(ctx context.Context, c Config) (*Stage, error) {
	client, err := notehub.New(notehub.Config{BaseURL: "http://notehub.invalid", Token: secret.New(Token), HTTP: c.Hub.Client()})
	if err != nil {
		return nil, err
	}
	s := &Stage{Clock: c.Clock}
	if s.Store, err = store.Temporary(ctx); err != nil {
		return nil, err
	}
	if c.Refusal == nil {
		c.Refusal = func(string, time.Time) error { return nil }
	}
	wired := setup.Rehearse(c.File, c.Clock.Clock(), client, func(r config.Receiver) notify.Receiver {
		one := &stand{name: r.Name, updates: r.Slack != nil && r.Slack.Channel != "", now: c.Clock.Now, refusal: c.Refusal, accepted: c.Accepted}
		s.stands = append(s.stands, one)
		return one
	})
	machine := driven.NewClock(c.Clock.Now())
	wired.Bot.Store, wired.Bot.Interval, wired.Bot.Machine, wired.Bot.Workers, wired.Bot.MaxRows = s.Store, c.Interval, machine.Now, 1, c.MaxRows
	wired.Sleep = func(_ context.Context, d time.Duration) { machine.Forward(machine.Now().Add(d)) }
	if s.Watch, err = watch.New(ctx, wired); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

// Close removes the database.
func (s *Stage) Close() { _ = s.Store.Close() } // nothing of it is needed

// Run serves what is due until an instant, and leaves the clock there.
func (s *Stage) Run(ctx context.Context, until time.Time) error {
	always := context.WithoutCancel(ctx) // SQLite would start a goroutine for each statement to watch a context that ends
	for !s.Clock.Now().After(until) {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		next, err := s.Watch.Turn(always)
		if err != nil {
			return err
		}
		if next.IsZero() || next.After(until) {
			break
		}
		s.Clock.Forward(next)
	}
	s.Clock.Forward(until)
	return nil
}

// Messages returns the messages that each receiver accepted, by its name, in their order, if they are kept.
func (s *Stage) Messages() map[string][]Message {
	all := make(map[string][]Message, len(s.stands))
	for _, one := range s.stands {
		all[one.name] = one.messages
	}
	return all
}
