package demo

import (
	"context"
	"fmt"
	"time"

	"notewatch/internal/config"
	"notewatch/internal/driven"
	"notewatch/internal/secret"
	"notewatch/internal/watch"
	"notewatch/notify"
	"notewatch/rules"
)

// Fixed settings of the demo.
const (
	Token             = "demo" // of the simulated Notehub
	requestsPerMinute = 7      // as of the real Notehub
)

// receive replaces the receivers of a rules file with those of a demo: the terminal, and a webhook URL and a Slack channel unless they are
// "".
func receive(file *config.File, webhook, channel string) {
	file.Receivers = []config.Receiver{{Name: "terminal", Terminal: true}}
	if webhook != "" {
		hook := &config.Webhook{URL: secret.New(webhook), AllowPrivate: true}
		file.Receivers = append(file.Receivers, config.Receiver{Name: "webhook", Webhook: hook})
	}
	if channel != "" {
		file.Receivers = append(file.Receivers, config.Receiver{Name: "slack", Slack: &config.Slack{Channel: channel}})
	}
	for i, all := range file.All { // each stands for one simulated project
		all.UID, all.Name = fmt.Sprintf("app:00000000-0000-4000-8000-%012d", i+1), fmt.Sprintf("project-%d", i+1)
		file.Projects = append(file.Projects, all)
	}
	file.All = nil
	var names []string
	for _, r := range file.Receivers {
		names = append(names, r.Name)
	}
	file.DefaultReceivers = names
	for i := range file.Projects {
		file.Projects[i].Notify = names
	}
	for i := range file.Rules {
		file.Rules[i].Notify = nil
	}
}

// A Summary counts the results of a demo.
type Summary struct {
	Firing    int // alerts at its end
	Receivers []Counts
}

// Counts are the messages that a receiver accepted.
type Counts struct {
	Receiver     string
	Messages     int
	Fired        int
	Escalated    int
	Reminded     int
	Updated      int // without those that the columns above count
	Ended        int
	Reports      int
	Duplicates   int // states of alerts that had been sent before
	NotDelivered int // alerts that it does not show as in the database
}

// Play runs the wired watch with its database until the story has ended or ctx is done. It takes the time lasts, or longer.
func (s Story) Play(ctx context.Context, wired watch.Config, clock *driven.Clock, lasts time.Duration) (Summary, error) {
	db := wired.Bot.Store
	if err := db.MarkDemo(ctx, s.Start); err != nil {
		return Summary{}, err
	}
	wired.Bot.Interval = s.interval
	var receivers []*countingReceiver
	for i, r := range wired.Receivers {
		receivers = append(receivers, &countingReceiver{Receiver: r.Receiver, name: r.Name, events: map[string]int{}, seen: map[string]bool{}})
		wired.Receivers[i].Receiver = receivers[i]
	}
	w, err := watch.New(ctx, wired)
	if err != nil {
		return Summary{}, err
	}
	end := s.End
	if err := follow(ctx, w, clock, end, lasts); err != nil {
		return Summary{}, err
	}
	ctx = context.WithoutCancel(ctx)
	if clock.Now().Before(end) {
		end = clock.Now()
	}
	if err := db.MarkDemo(ctx, end); err != nil {
		return Summary{}, err
	}
	return summarize(ctx, wired, receivers)
}

// summarize counts the results, and checks that every receiver shows the same as the database.
func summarize(ctx context.Context, wired watch.Config, receivers []*countingReceiver) (s Summary, err error) {
	db := wired.Bot.Store
	for _, p := range wired.Bot.Projects {
		open, err := db.OpenAlerts(ctx, p.UID)
		if err != nil {
			return s, err
		}
		for _, a := range open {
			if a.State == rules.Firing {
				s.Firing++
			}
		}
	}
	for _, w := range receivers {
		missing, _, err := db.Outbox.Unshown(ctx, w.name)
		if err != nil {
			return s, err
		}
		c := Counts{
			Receiver: w.name, Messages: w.messages, Fired: w.events["fired"], Escalated: w.events["escalated"], Reminded: w.events["reminded"],
			Ended:   w.events["resolved"] + w.events["period_ended"] + w.events["corrected"] + w.events["withdrawn"],
			Reports: w.events["reported"], Duplicates: w.twice, NotDelivered: missing,
		}
		for _, n := range w.events {
			c.Updated += n
		}
		c.Updated -= c.Fired + c.Escalated + c.Reminded + c.Ended + c.Reports
		s.Receivers = append(s.Receivers, c)
	}
	return s, nil
}

// A countingReceiver wraps a receiver and counts what it accepts.
type countingReceiver struct {
	notify.Receiver
	name     string
	messages int
	twice    int            // states of alerts that had been sent before
	events   map[string]int // by reason
	seen     map[string]bool
}

// Send implements notify.Receiver.
func (w *countingReceiver) Send(ctx context.Context, n notify.Notification, ref notify.Ref) (notify.Ref, error) {
	shown, err := w.Receiver.Send(ctx, n, ref)
	if err != nil {
		return shown, err
	}
	w.messages++
	for _, a := range n.Alerts {
		if !a.Changed {
			continue
		}
		w.events[a.Reason]++
		state := fmt.Sprintf("%s %d", a.ID, a.Version)
		if w.seen[state] {
			w.twice++
		}
		w.seen[state] = true
	}
	return shown, nil
}
