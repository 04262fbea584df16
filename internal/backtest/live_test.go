package backtest_test

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/config"
	"notewatch/internal/config/environ"
	"notewatch/internal/driven"
	"notewatch/internal/rehearse"
	"notewatch/internal/secret"
	"notewatch/internal/setup"
	"notewatch/internal/store"
	"notewatch/internal/watch"
	"notewatch/notehub"
	"notewatch/notehub/notehubtest"
	"notewatch/notify"
	"notewatch/notify/terminal"
	"notewatch/rules/muting"
)

// A liveRun is notewatch run in domain time that a test drives: the settings, the clients, the receivers and the database file are those that the
// command makes of a rules file; only Notehub is simulated.
type liveRun struct {
	t     *testing.T
	file  *config.File
	clock *driven.Clock
	hub   *notehubtest.Server
	store *store.Store
	watch *watch.Watch
	sent  map[string][]sent // by receiver
}

// A sent is a message that a receiver printed.
type sent struct {
	at                  time.Time
	rule, reason, level string
	subjects            []string
	count               int
	text                string
}

// startLive starts a watch on a Notehub.
func startLive(t *testing.T, file *config.File, clock *driven.Clock, hub *notehubtest.Server, interval time.Duration) *liveRun {
	t.Helper()
	l := &liveRun{t: t, file: file, clock: clock, hub: hub, sent: map[string][]sent{}}
	s := setup.Setup{File: file, Log: slog.New(slog.DiscardHandler), Environment: environ.Settings{
		Rules: file.Path, Database: secret.New(filepath.Join(t.TempDir(), "notewatch.db")), NotehubURL: "http://notehub.invalid", NotehubToken: secret.New(rehearse.Token),
	}}
	wired, err := s.Wire(clock.Clock())
	require.NoError(t, err)
	client, err := notehub.New(notehub.Config{BaseURL: s.Environment.NotehubURL, Token: s.Environment.NotehubToken, HTTP: hub.Client()})
	require.NoError(t, err)
	for i := range wired.Bot.Accounts {
		wired.Bot.Accounts[i].Client, wired.Bot.Accounts[i].PerMinute = client, 1e6 // rule tests have no request budget
	}
	for i, r := range wired.Receivers {
		wired.Receivers[i].Receiver = recorder{l, r.Name}
	}
	db, err := store.OpenToMigrate(t.Context(), s.Environment.Database.Reveal())
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	wired.Bot.Store, wired.Bot.Interval = db, interval
	l.store = db
	l.watch, err = watch.Start(t.Context(), wired)
	require.NoError(t, err)
	return l
}

// A recorder is the receiver terminal, with what it printed.
type recorder struct {
	live *liveRun
	name string
}

// Send implements notify.Receiver.
func (r recorder) Send(ctx context.Context, n notify.Notification, ref notify.Ref) (notify.Ref, error) {
	var text strings.Builder
	ref, err := terminal.New(&text, false).Send(ctx, n, ref)
	if err != nil {
		return ref, err
	}
	changed := notify.WorstFirst(n.ChangedAlerts())
	s := sent{at: r.live.clock.Now(), rule: changed[0].Rule, reason: changed[0].Reason, level: changed[0].Level, count: len(changed), text: text.String()}
	for _, a := range changed {
		if s.subjects = append(s.subjects, a.Subject.Name); a.Rule != s.rule {
			s.rule = ""
		}
	}
	if slices.Sort(s.subjects); s.reason != "reported" {
		r.live.sent[r.name] = append(r.live.sent[r.name], s)
	}
	return ref, nil
}

// until serves what is due until an instant.
func (l *liveRun) until(at time.Time) {
	l.t.Helper()
	for !l.clock.Now().After(at) {
		next, err := l.watch.Turn(l.t.Context())
		require.NoError(l.t, err)
		if next.IsZero() || next.After(at) {
			break
		}
		l.clock.Forward(next)
	}
	l.clock.Forward(at)
}

// play lets an input happen.
func (l *liveRun) play(in *input) {
	l.t.Helper()
	for slot := range in.slots() {
		l.until(in.at(slot).Add(-1))
		l.hub.ClearFaults()
		for _, f := range in.faultsAt(slot) {
			l.hub.Fail(f)
		}
		l.until(in.at(slot))
		for _, h := range in.hushes {
			if h.slot == slot {
				match := muting.Match{Rule: h.rule, Project: "app:1"}
				silence := muting.Silence{ID: fmt.Sprint("s-", h), Match: match, Start: in.at(slot), End: in.at(slot + h.slots), By: "amy", Because: "work"}
				require.NoError(l.t, l.watch.Bot.Silence(l.t.Context(), silence))
			}
		}
	}
	l.until(in.at(in.slots()).Add(-1))
}

// A transition is an alert that fired.
type transition struct {
	rule, subject, level string
	fired, ended         time.Time
	as                   string
}

// alerts returns the alerts of the rules file that fired, in their order.
func (l *liveRun) alerts() (all []transition) {
	l.t.Helper()
	stored, err := l.store.Alerts(l.t.Context(), store.AlertFilter{})
	require.NoError(l.t, err)
	for _, a := range stored {
		named := slices.ContainsFunc(l.file.Rules, func(r config.Rule) bool { return r.Spec.Name == a.Rule })
		if !named || a.FiredAt.IsZero() {
			continue
		}
		one := transition{rule: a.Rule, subject: cmp.Or(a.Texts.Subject, "cold-chain"), level: a.Worst.String(), fired: a.FiredAt.UTC()}
		if a.Project != "app:1" {
			one.subject = "cold-chain" // rule tests name no organizations
		}
		if !a.Open() {
			one.ended, one.as = a.EndedAt.UTC(), string(a.Reason)
		}
		all = append(all, one)
	}
	slices.SortFunc(all, func(a, b transition) int {
		return cmp.Or(a.fired.Compare(b.fired), cmp.Compare(a.rule, b.rule), cmp.Compare(a.subject, b.subject))
	})
	return all
}
